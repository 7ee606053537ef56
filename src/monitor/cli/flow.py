"""The stages of the flow, by hand and without Airflow: `monitor poll | fetch | analyse | load | send | run`, and
`retry-quarantine`."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from monitor.model import Counts
from monitor.pipeline import is_interrupt
from monitor.settings import Settings, load_settings

if TYPE_CHECKING:  # the stages' libraries are loaded by their commands only
    from monitor.pipeline import Progress as Told

Json = Annotated[bool, typer.Option("--json", help="Print the counts as one JSON object.")]


def poll(as_json: Json = False) -> None:
    """Poll the feeds that are due; new entries wait in the spool."""
    from monitor.pipeline.poll import poll as stage

    _run("Polling", lambda settings, told: stage(settings, progress=told), as_json)


def fetch(as_json: Json = False) -> None:
    """Fetch the pages of all waiting entries into WARC files, then those that are due for another attempt."""
    from monitor.pipeline.fetch import fetch as stage
    from monitor.pipeline.fetch import retry_pages

    def both(settings: Settings, told: "Told") -> Counts:
        first = stage(settings, until_done=True, progress=told)
        again = retry_pages(settings, progress=told)
        return Counts(stage="fetch", counts={name: first.counts[name] + again.counts[name] for name in first.counts})

    _run("Fetching", both, as_json)


def analyse(
    as_json: Json = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes to work in.")] = 1,
) -> None:
    """Skim, extract and match the pages that wait in the spool."""
    from monitor.pipeline.analyse import analyse as stage
    from monitor.pipeline.analyse import analyse_in_parallel

    def work(settings: Settings, told: "Told") -> Counts:
        if workers > 1:
            return analyse_in_parallel(settings, workers, progress=told)
        return stage(settings, progress=told)

    _run("Analysing", work, as_json)


def load(as_json: Json = False) -> None:
    """Merge what was analysed into the archive and queue alerts."""
    from monitor.pipeline.load import load as stage

    _run("Loading", lambda settings, told: stage(settings, progress=told), as_json)


def send(as_json: Json = False) -> None:
    """Send waiting alerts to Slack; without a token they are shown here and kept as not sent."""
    _run("Sending", lambda settings, _: _send_or_show(settings, knock=True), as_json)


def retry_quarantine() -> None:
    """Put batches that could not be used back into the spool, to be tried again: after an update, or a mended disk."""
    from monitor.spool import retry_quarantine as put_back

    back = put_back(load_settings().spool_dir)
    for path in back:
        print(path)
    print(f"{len(back)} batches wait in the spool again; the next run takes them up")


def run(
    once: Annotated[
        bool, typer.Option("--once", help="Go on until everything new is archived and sent, then end.")
    ] = False,
    every: Annotated[float, typer.Option(min=1, help="Otherwise: seconds between two rounds.")] = 10.0,
) -> None:
    """All stages one after the other, without Airflow: until interrupted, or once."""
    from monitor.pipeline.run import Run

    settings, console = load_settings(), Console(stderr=True)
    flow = Run(settings, send=_send_or_show)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))  # end as cleanly as at Ctrl-C
    try:
        while True:
            for counts in flow.round(until_done=once):
                if once or any(counts.counts.values()):
                    console.print(str(counts), highlight=False)
            if once:
                break
            time.sleep(every)
    except KeyboardInterrupt:
        console.print("Stopped. What was begun waits in the spool and goes on with the next run.")
        return
    if flow.failures:
        raise typer.Exit(1)


def _send_or_show(settings: Settings, *, knock: bool = False) -> Counts:
    from monitor.cli.alert_view import render_alert
    from monitor.pipeline.send import send_or_return

    counts, not_sent = send_or_return(settings, knock=knock)
    for alert in not_sent:
        Console(stderr=True).print(render_alert(alert))
    return counts


def _run(title: str, stage: "Callable[[Settings, Told], Counts]", as_json: bool) -> None:
    settings = load_settings()
    try:
        with _progress(title) as told:
            counts = stage(settings, told)
    except BaseException as error:
        if not is_interrupt(error):
            raise
        Console(stderr=True).print("Stopped. What was begun waits in the spool and goes on with the next run.")
        raise typer.Exit(130) from None
    print(json.dumps(counts.counts) if as_json else counts)


@contextmanager
def _progress(title: str) -> "Iterator[Told]":
    """A bar on standard error where a person waits; nothing where a program does."""
    console = Console(stderr=True)
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
