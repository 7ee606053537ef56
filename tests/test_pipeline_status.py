"""What status says of the flow, and what counts as work that waits."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

import archive_samples as samples
from flow_world import entry, follow, make_settings
from monitor.archive import Archive
from monitor.model import Delivery, Feed, utc_now
from monitor.pipeline.status import POLLS_WAIT, RUN_TAKES, left_behind, status_of_flow, work_waits
from monitor.polling.state import FeedStatus, new_state
from monitor.polling.store import FeedStore, PollResult
from monitor.settings import Settings
from monitor.spool import read_batch, write_batch


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = make_settings(tmp_path)
    follow(made, "https://outlet.example/feed")
    return made


def test_nothing_is_wrong_before_anything_happened(settings: Settings) -> None:
    status = status_of_flow(settings)
    assert not any(status.backlog.values())
    assert (status.feeds, status.alerts, status.problems) == ({}, {}, ())
    assert not settings.archive_file.exists()


def test_the_backlog_counts_items_a_stage(settings: Settings) -> None:
    write_batch(settings.spool_dir, "entries", "poll", [entry("https://o.example/1"), entry("https://o.example/2")])
    write_batch(settings.spool_dir, "entries", "poll", [entry("https://o.example/3")])
    write_batch(settings.spool_dir, "retries", "again", [entry("https://o.example/4")])
    assert status_of_flow(settings).backlog == {"polls": 0, "entries": 3, "retries": 1, "pages": 0, "analysed": 0}


@pytest.mark.parametrize(("status", "is_problem"), [("ok", False), ("failing", False), ("dead", True), ("gone", True)])
def test_feeds_are_counted_and_dead_ones_named(settings: Settings, status: FeedStatus, is_problem: bool) -> None:
    feed = Feed(url="https://outlet.example/feed", source_id="outlet0")
    state = new_state(feed, utc_now())
    with FeedStore(settings.state_dir / "feeds.sqlite") as store:
        store.sync([feed], utc_now())
        changed = type(state)(
            url=feed.url,
            source_id="outlet0",
            next_poll_at=utc_now(),
            last_poll_at=utc_now(),
            status=status,
            error=f"{feed.url} has trouble",
        )
        store.commit([PollResult(state=changed, poll=samples.poll(1))], utc_now())
    told = status_of_flow(settings)
    assert told.feeds == {status: 1}
    assert any(feed.url in problem and status in problem for problem in told.problems) is is_problem


def test_alerts_are_counted_by_where_they_stand(settings: Settings) -> None:
    archive = Archive(settings)
    alerts = [samples.alert(name) for name in ("queued", "sent", "rejected", "unclear")]
    archive.load_batch(polls=[], pages=[], sources=[], alerts=alerts)
    for outcome in ("sent", "rejected", "unclear"):
        error = None if outcome == "sent" else f"{outcome}: what to do"
        delivery = Delivery(alert_id=f"alert-{outcome}", at=utc_now(), outcome=outcome, attempt=1, error=error)
        archive.record_deliveries([delivery])
    status = status_of_flow(settings)
    assert status.alerts == {"queued": 1, "rejected": 1, "unclear": 1}
    assert status.problems == ("alert not sent: rejected: what to do",)


def test_an_archive_that_cannot_be_read_is_a_problem(settings: Settings) -> None:
    settings.archive_file.parent.mkdir(parents=True, exist_ok=True)
    settings.archive_file.write_bytes(b"no archive")
    (problem,) = status_of_flow(settings).problems
    assert str(settings.archive_file) in problem


def test_batches_set_aside_are_a_problem(settings: Settings) -> None:
    path = write_batch(settings.spool_dir, "entries", "poll", [entry("https://o.example/1")])
    path.write_bytes(b"{")
    read_batch(path, type(entry("https://o.example/1")))
    (problem,) = status_of_flow(settings).problems
    assert "1 batches could not be used" in problem
    assert "retry-quarantine" in problem


def test_every_bad_configuration_file_is_told(settings: Settings) -> None:
    settings.sources_file.write_text("sources: 7\n", encoding="utf-8")
    settings.watchlist_file.write_text("version: 9\n", encoding="utf-8")
    problems = status_of_flow(settings).problems
    assert ["sources.yaml:1" in problems[0], "watchlist.yaml:1" in problems[1], len(problems)] == [True, True, 2]


# -- what waits ------------------------------------------------------------------------------------------------------


def test_new_entries_are_work_at_once(settings: Settings) -> None:
    assert not work_waits(settings)
    write_batch(settings.spool_dir, "entries", "poll", [entry("https://o.example/1")])
    assert work_waits(settings)


def aged(path: Path, age: timedelta) -> Path:
    then = time.time() - age.total_seconds()
    os.utime(path, (then, then))
    return path


def test_what_a_killed_run_left_is_left_behind_after_a_while(settings: Settings) -> None:
    paths = [
        aged(write_batch(settings.spool_dir, stage, "x", []), RUN_TAKES + timedelta(seconds=5))
        for stage in ("pages", "analysed")
    ]
    write_batch(settings.spool_dir, "pages", "young", [])
    assert left_behind(settings) == paths


def test_records_of_polls_wait_for_news_but_not_for_ever(settings: Settings) -> None:
    path = write_batch(settings.spool_dir, "polls", "poll", [samples.poll(1)])
    assert not work_waits(settings)
    aged(path, POLLS_WAIT + timedelta(seconds=5))
    assert work_waits(settings)
