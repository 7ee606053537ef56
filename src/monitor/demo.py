"""The demonstration: a recorded week of news, replayed on loopback, through the whole flow into the terminal.

No internet, no Slack, no Airflow; everything is written to a folder of its own, which stays for a look afterwards.
"""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path

import structlog
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table
from rich.text import Text

from monitor.archive import Archive
from monitor.errors import ConfigError, MonitorError
from monitor.model import Alert
from monitor.pipeline.analyse import analyse
from monitor.pipeline.fetch import fetch
from monitor.pipeline.load import load
from monitor.pipeline.poll import poll
from monitor.pipeline.send import send_or_return
from monitor.pipeline.status import work_waits
from monitor.pipeline.upkeep import publish
from monitor.replay import Newsroom, demo_recording, load_recording
from monitor.settings import Settings

PACE_S = 75.0
"""Seconds in which the recorded week goes by; with start and end the demo stays well below three minutes."""
GRACE_S = 30.0
"""How long the flow may take, after the recording has ended, to catch up."""
PAUSE_S = 0.5

SUMMARY_SQL = """\
SELECT topic_id, language, count(*) AS articles
FROM topic_articles
GROUP BY ALL
ORDER BY topic_id, language"""


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What was shown, and where it lies."""

    home: Path
    articles: int
    published: int
    alerts: int
    seconds: float


def run_demo(
    settings: Settings,
    *,
    console: Console,
    render_alert: Callable[[Alert], RenderableType],
    pace_s: float = PACE_S,
    recording: Path | None = None,
) -> DemoResult:
    """Replay `recording` (default: the one that comes with the package) and show each alert as it comes.

    `settings` say where the watchlist is; nothing else of them is used, above all no Slack token. Raises ConfigError
    for a bad watchlist or recording.
    """
    if not settings.watchlist_file.is_file():
        raise ConfigError(f"{settings.watchlist_file}: there is no such file; point MONITOR_CONFIG to its folder.")
    home = Path(tempfile.mkdtemp(prefix="monitor-demo-"))
    ours = _settings(settings, home)
    ours.config.mkdir()
    shutil.copy(settings.watchlist_file, ours.watchlist_file)
    return asyncio.run(_show(ours, console, render_alert, pace_s, recording or demo_recording()))


def _settings(settings: Settings, home: Path) -> Settings:
    """Settings for a folder of our own, loopback, and a hurry that a real outlet would not thank us for."""
    return settings.model_copy(
        update={
            "home": home,
            "config": home / "config",
            "archive": None,
            "slack_bot_token": None,
            "ops_channel": None,
            "allow_networks": (ip_network("127.0.0.0/8"),),
            "poll_min_s": 1.0,
            "poll_max_s": 1.0,
            "host_delay_s": 0.0,
            "alert_max_age_s": None,
            "alert_first_poll": False,
        }
    )


async def _show(
    settings: Settings, console: Console, render_alert: Callable[[Alert], RenderableType], pace_s: float, path: Path
) -> DemoResult:
    recording = load_recording(path)
    span = (recording.end - recording.start).total_seconds()
    began = time.monotonic()
    shown = 0
    async with Newsroom(recording, speed=0, shift=True) as newsroom:
        settings.sources_file.write_text(newsroom.sources_yaml(), encoding="utf-8")
        _introduce(console, newsroom)
        await asyncio.to_thread(_round, settings)  # the first poll finds empty feeds, and libraries are loaded
        newsroom.clock.set(recording.start, speed=span / pace_s)
        with _progress(console, span) as move:
            deadline: float | None = None
            while True:
                alerts = await asyncio.to_thread(_round, settings)
                now = newsroom.clock.now()
                shown += len(alerts)
                for alert in alerts:
                    console.print(render_alert(alert))
                move(min(now, recording.end), (now - recording.start).total_seconds(), newsroom.appeared(), shown)
                if now >= recording.end:
                    deadline = deadline or time.monotonic() + GRACE_S
                    if await asyncio.to_thread(_has_all, settings, newsroom) or time.monotonic() > deadline:
                        break
                await asyncio.sleep(PAUSE_S)
        published = newsroom.appeared()
    await asyncio.to_thread(publish, settings)
    archived = _summarise(settings, console)
    return DemoResult(settings.home, archived, published, shown, time.monotonic() - began)


def _round(settings: Settings) -> Sequence[Alert]:
    """Once through the flow; what Slack would have been sent."""
    poll(settings)
    if not work_waits(settings):
        return ()
    fetch(settings)
    analyse(settings)
    load(settings)
    return send_or_return(settings)[1]


def _has_all(settings: Settings, newsroom: Newsroom) -> bool:
    """Whether the archive holds every article that is still up."""
    urls = {item.url for outlet in newsroom.recording.outlets for item in newsroom.visible(outlet)}
    return len(Archive(settings).known_articles(urls)) == len(urls)


# -- what people see -------------------------------------------------------------------------------------------------


def _introduce(console: Console, newsroom: Newsroom) -> None:
    recording = newsroom.recording
    console.print(f"[bold]{recording.title}[/bold], replayed in about a minute and a half.")
    console.print(
        f"{len(recording.outlets)} outlets with feeds in RSS, RDF, Atom and JSON, in English, Chinese and Russian, "
        f"publish {len(recording.articles)} articles on loopback. Alerts appear as Slack would show them, "
        "dated as if it all happened now.",
        highlight=False,
    )
    console.print()


@contextmanager
def _progress(console: Console, span: float) -> Iterator[Callable[[datetime, float, int, int], None]]:
    """A line with the recorded clock below what scrolls by; without a terminal, a line now and then."""
    text = "{task.fields[clock]}"
    columns = (TextColumn(text), BarColumn(bar_width=30), TextColumn("{task.fields[counts]}", style="dim"))
    progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task: TaskID = progress.add_task("", total=span, clock="", counts="")
    last_day = ""

    def move(now: datetime, done: float, published: int, shown: int) -> None:
        nonlocal last_day
        counts = f"{published} published, {shown} alerts"
        progress.update(task, completed=done, clock=f"{now:%a %d %b %Y %H:%M}", counts=counts)
        if not console.is_terminal and f"{now:%a %d %b}" != last_day:
            last_day = f"{now:%a %d %b}"
            console.print(f"-- {last_day} {now:%Y %H:%M} UTC, {counts}", highlight=False)

    with progress:
        yield move


def _summarise(settings: Settings, console: Console) -> int:
    """The archive asked in SQL: a bar a topic and language. Returns the number of articles archived."""
    with Archive(settings).read_published() as con:
        rows = con.execute(SUMMARY_SQL).fetchall()
        (archived,) = con.execute("SELECT count(*) FROM articles").fetchall()[0]
    console.print()
    console.print("[bold]What the archive says[/bold]")
    console.print(Text(SUMMARY_SQL, style="dim"))
    table = Table(box=None, pad_edge=False, show_header=False)
    most = max((count for _, _, count in rows), default=1)
    last = ""
    for topic, language, count in rows:
        table.add_row(
            topic if topic != last else "", language, Text("█" * round(30 * count / most), "cyan"), str(count)
        )
        last = topic
    console.print(table)
    return int(archived)


def show_result(result: DemoResult, console: Console) -> None:
    """The last lines: counts, and where everything is."""
    console.print()
    console.print(
        f"{result.published} articles published, {result.articles} archived, {result.alerts} alerts, "
        f"in {result.seconds:.0f} seconds.",
        highlight=False,
    )
    text = f"Everything is in {result.home}: the archive, the pages as they came (warc/), the configuration."
    console.print(text, highlight=False, soft_wrap=True)
    console.print("Ask it:", style="bold")
    query = "SELECT outlet, title FROM topic_articles WHERE topic_id = 'ps2'"
    console.print(f'  MONITOR_HOME={result.home} monitor sql "{query}"', highlight=False, soft_wrap=True)


def quiet_logs() -> None:
    """Only errors are logged from here on: what the stages count would scroll between the alerts."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("ERROR"))


def failure(result: DemoResult) -> MonitorError | None:
    """What to tell when the demo did not do what it shows; None when it did."""
    if result.alerts and result.articles:
        return None
    return MonitorError(
        f"the demo archived {result.articles} articles and told {result.alerts} alerts; something is wrong, "
        "`monitor doctor` may know what."
    )
