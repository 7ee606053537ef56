"""monitor poll | fetch | analyse | load | send | run: the flow by hand, what it says, and how it ends."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner, Result

from fake_slack import TOKEN, FakeSlack
from flow_world import HANG, ON_PIPELINE, Site, entry, follow, make_settings, names, spooled
from monitor.archive import Archive
from monitor.cli import app
from monitor.errors import ArchiveError
from monitor.model import Counts, Page
from monitor.pipeline import is_interrupt
from monitor.pipeline import run as run_module
from monitor.pipeline.fetch import fetch
from monitor.pipeline.poll import poll
from monitor.settings import Settings
from monitor.spool import write_batch

MONITOR = Path(sys.executable).with_name("monitor")


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as one:
        yield one


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "MONITOR_HOME": str(tmp_path / "var"),
        "MONITOR_CONFIG": str(tmp_path / "config"),
        "MONITOR_ARCHIVE": "",
        "MONITOR_ALLOW_NETWORKS": "127.0.0.0/8",
        "MONITOR_HOST_DELAY_S": "0",
        "MONITOR_POLL_MIN_S": "0.01",
        "MONITOR_POLL_MAX_S": "0.01",
        "MONITOR_ALERT_FIRST_POLL": "true",
        "MONITOR_OPS_CHANNEL": "",
        "SLACK_BOT_TOKEN": "",
    }


@pytest.fixture
def settings(tmp_path: Path, site: Site) -> Settings:
    made = make_settings(tmp_path)
    site.publish("one", ON_PIPELINE)
    site.publish("two")
    follow(made, site.url("/feed.xml"))
    return made


@pytest.fixture
def monitor(environment: dict[str, str]) -> Iterator[Callable[..., Result]]:
    """Run a command in this process, with logs where `main` sends them."""
    before = signal.getsignal(signal.SIGTERM)
    structlog.configure(
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )

    def run(*arguments: str, **more: str) -> Result:
        return CliRunner().invoke(app, arguments, env={**environment, **more})

    yield run
    signal.signal(signal.SIGTERM, before)
    structlog.reset_defaults()


def start(environment: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    """Run a command as a user does."""
    command = [str(MONITOR), *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(  # noqa: S603 - our own command
        command, env={**os.environ, **environment}, stdout=pipe, stderr=pipe, text=True
    )


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def articles(settings: Settings) -> int:
    if not settings.archive_file.exists():
        return 0
    with Archive(settings).read() as con:
        return len(con.execute("SELECT * FROM articles").fetchall())


@pytest.mark.usefixtures("settings")
def test_stage_by_stage(monitor: Callable[..., Result]) -> None:
    def counts(stage: str) -> Any:
        result = monitor(stage, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    assert counts("poll") == {"polled": 1, "new": 2, "failed": 0}
    assert counts("fetch") == {"fetched": 2, "known": 0, "from_feed": 0, "again": 0}
    assert counts("analyse") == {"articles": 2, "extracted": 1, "matched": 1, "observed": 0, "known": 0, "crashed": 0}
    assert counts("load") == {
        "polls": 1,
        "entries": 2,
        "articles": 2,
        "matches": 1,
        "observations": 0,
        "changes": 0,
        "alerts": 1,
    }
    assert counts("send") == {"not_sent": 1, "waiting": 0}


@pytest.mark.usefixtures("settings")
def test_the_summary_is_one_line_for_people(monitor: Callable[..., Result]) -> None:
    assert monitor("poll").stdout == "poll: 1 polled, 2 new, 0 failed\n"
    assert "Polling" in monitor("poll", FORCE_COLOR="1").stderr


@pytest.mark.usefixtures("settings")
def test_several_workers_analyse(monitor: Callable[..., Result]) -> None:
    monitor("poll")
    monitor("fetch")
    assert monitor("analyse", "--workers", "2").stdout.startswith("analyse: 2 articles, 1 extracted, 1 matched")


@pytest.mark.usefixtures("settings")
def test_without_a_token_alerts_are_shown(monitor: Callable[..., Result]) -> None:
    result = monitor("run", "--once")
    assert result.exit_code == 0
    assert "Amber Pipeline" in result.stderr
    assert "Amber Pipeline" not in monitor("send").stderr


def test_run_once_archives_sends_and_publishes_everything(
    settings: Settings, site: Site, monitor: Callable[..., Result]
) -> None:
    for number in range(6):
        site.publish(f"story{number}", ON_PIPELINE)
    with FakeSlack(("siberia",), burst_window_s=0) as slack:
        hurry = {"MONITOR_FETCH_BUDGET_S": "0.3", "MONITOR_HOST_DELAY_S": "0.15"}
        result = monitor("run", "--once", SLACK_BOT_TOKEN=TOKEN, SLACK_API_URL=slack.url, **hurry)
        assert result.exit_code == 0, result.output
        assert len(slack.alert_ids()) == len(set(slack.alert_ids())) == 7
    assert names(settings, "polls", "entries", "pages", "analysed") == []
    assert articles(settings) == 8
    assert settings.published_file.exists()
    assert "poll: 1 polled, 8 new, 0 failed" in result.stderr


def test_a_stage_that_fails_does_not_keep_the_others_from_their_work(
    settings: Settings, monitor: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(_: Settings) -> Counts:
        raise ArchiveError("busy: close the other program")

    with monkeypatch.context() as patch:
        patch.setattr(run_module, "load", busy)
        result = monitor("run", "--once")
    assert result.exit_code == 1
    assert "analyse: 2 articles" in result.stderr
    assert "send: " in result.stderr
    assert monitor("run", "--once").exit_code == 0
    assert articles(settings) == 2


def test_running_on_survives_errors_and_stops_cleanly(
    settings: Settings, monitor: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[int] = []

    def breaks_first(settings: Settings) -> Counts:
        if not rounds:
            raise ZeroDivisionError("a bug")
        return poll(settings)

    def pause(_: float) -> None:
        rounds.append(1)
        if len(rounds) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(run_module, "poll", breaks_first)
    monkeypatch.setattr("monitor.cli.flow.time.sleep", pause)
    result = monitor("run")
    assert result.exit_code == 0
    assert "Stopped." in result.stderr
    assert articles(settings) == 2


def test_an_interrupt_is_known_behind_an_error_of_another_kind() -> None:
    told_as = RuntimeError("Query interrupted")
    told_as.__cause__ = KeyboardInterrupt()
    assert is_interrupt(told_as)
    assert is_interrupt(KeyboardInterrupt())
    assert not is_interrupt(RuntimeError("Query failed"))


@pytest.mark.usefixtures("settings")
def test_an_interrupted_query_ends_a_run(monitor: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Settings) -> Counts:
        raise RuntimeError("Query interrupted") from KeyboardInterrupt()

    monkeypatch.setattr(run_module, "load", interrupted)
    result = monitor("run")
    assert result.exit_code == 0
    assert "Stopped." in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(settings: Settings, environment: dict[str, str], number: signal.Signals) -> None:
    process = start(environment, "run", "--every", "1")
    wait_until(lambda: articles(settings) == 2)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert "Stopped." in said
    assert "Traceback" not in said


def test_an_interrupted_fetch_keeps_what_it_has(settings: Settings, environment: dict[str, str], site: Site) -> None:
    with Site("localhost") as slow:
        slow.pages["/slow"] = HANG
        write_batch(settings.spool_dir, "entries", "poll", [entry(site.url("/one")), entry(slow.url("/slow"))])
        process = start(environment, "fetch")
        wait_until(lambda: slow.asked("/slow") and site.asked("/one"))
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert [page.requested_url for page in spooled(settings, "pages", Page)] == [site.url("/one")]
    assert fetch(settings).counts["again"] + fetch(settings).counts["from_feed"] == 1


def test_what_the_user_can_mend_is_told_in_a_sentence(settings: Settings, environment: dict[str, str]) -> None:
    settings.sources_file.write_text("sources: 7\n", encoding="utf-8")
    process = start(environment, "poll")
    told, said = process.communicate(timeout=60)
    assert (process.returncode, told) == (1, "")
    assert said.startswith("monitor: ")
    assert "sources.yaml:1" in said
    assert "Traceback" not in said
