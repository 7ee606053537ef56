"""The poll stage: what feeds hold is spooled once, whatever the feeds, the configuration or this process do."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from flow_world import HANG, LONG_AGO, Answer, Site, follow, ids, make_settings, names, spooled
from monitor.errors import ConfigError
from monitor.feeds import parse_feed
from monitor.model import Entry, Poll, utc_now
from monitor.pipeline import poll as poll_module
from monitor.pipeline.poll import Poller, poll, watch
from monitor.polling.store import FeedStore
from monitor.settings import Settings


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as one:
        yield one


@pytest.fixture
def settings(tmp_path: Path, site: Site) -> Settings:
    made = make_settings(tmp_path, poll_min_s=0.02, poll_max_s=0.02)
    site.publish("one")
    site.publish("two")
    follow(made, site.url("/feed.xml"))
    return made


def entries_of(settings: Settings) -> list[Entry]:
    return spooled(settings, "entries", Entry)


def again(settings: Settings) -> dict[str, int]:
    """Poll once more, when all feeds that answered are due again."""
    time.sleep(0.03)
    return poll(settings).counts


# -- what is new -----------------------------------------------------------------------------------------------------


def test_entries_are_spooled_once(settings: Settings, site: Site) -> None:
    assert poll(settings).counts == {"polled": 1, "new": 2, "failed": 0}
    assert again(settings) == {"polled": 1, "new": 0, "failed": 0}
    site.publish("three")
    assert again(settings) == {"polled": 1, "new": 1, "failed": 0}
    assert [one.title for one in entries_of(settings)] == ["Report two", "Report one", "Report three"]


def test_only_what_a_feed_held_when_first_asked_is_marked(settings: Settings, site: Site) -> None:
    poll(settings)
    site.publish("three")
    again(settings)
    assert [one.first_poll for one in entries_of(settings)] == [True, True, False]


def test_items_that_cannot_be_used_are_counted_in_the_record(settings: Settings, site: Site) -> None:
    rss = "<rss version='2.0'><channel><item><title>Good</title></item><item><pubDate/></item></channel></rss>"
    site.pages["/feed.xml"] = Answer(rss.encode(), headers={"Content-Type": "application/rss+xml"})
    poll(settings)
    (record,) = spooled(settings, "polls", Poll)
    assert (record.entries, record.faulty) == (1, 1)


def test_a_feed_that_failed_first_is_still_first_polled(settings: Settings, site: Site) -> None:
    site.pages["/feed.xml"] = Answer(b"", 500)
    assert poll(settings).counts == {"polled": 1, "new": 0, "failed": 1}
    del site.pages["/feed.xml"]
    time.sleep(0.12)  # after a failure the feed is left alone for longer
    again(settings)
    assert [one.first_poll for one in entries_of(settings)] == [True, True]


def test_feeds_of_a_host_that_wants_a_pause_wait_and_have_not_failed(tmp_path: Path, site: Site) -> None:
    settings = make_settings(tmp_path)
    site.publish("one", feed="/a.xml")
    site.publish("two", feed="/b.xml")
    follow(settings, site.url("/a.xml"), site.url("/b.xml"))
    site.pages["/a.xml"] = site.pages["/b.xml"] = Answer(b"", 429, {"Retry-After": "600"})
    assert poll(settings).counts == {"polled": 1, "new": 0, "failed": 1}
    with FeedStore(settings.state_dir / "feeds.sqlite") as store:
        asked, waiting = sorted(store.feed_health(), key=lambda feed: feed.status)
    assert (asked.status, waiting.status, waiting.failures, waiting.error) == ("failing", "ok", 0, None)
    assert waiting.last_poll_at is None
    assert 590 < (waiting.next_poll_at - utc_now()).total_seconds() < 700
    assert not any(poll(settings).counts.values())
    assert len([path for path, _ in site.requests if path.endswith(".xml")]) == 1


def test_after_trouble_a_feed_is_still_asked_conditionally(settings: Settings, site: Site) -> None:
    poll(settings)
    site.pages["/feed.xml"] = Answer(b"", 503)
    again(settings)
    del site.pages["/feed.xml"]
    time.sleep(0.12)
    again(settings)
    assert [headers.get("If-None-Match") is not None for _, headers in site.requests] == [False, True, True]
    with FeedStore(settings.state_dir / "feeds.sqlite") as store:
        assert [feed.status for feed in store.feed_health()] == ["ok"]


def test_a_feed_is_asked_conditionally_and_304_is_recorded(settings: Settings, site: Site) -> None:
    poll(settings)
    again(settings)
    site.publish("three")
    again(settings)
    assert [headers.get("If-None-Match") is not None for _, headers in site.requests] == [False, True, True]
    assert [(one.outcome, one.status, one.new) for one in spooled(settings, "polls", Poll)] == [
        ("new", 200, 2),
        ("not_modified", 304, 0),
        ("new", 200, 1),
    ]


def test_the_same_body_is_no_news_without_validators_either(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, poll_min_s=0.02, poll_max_s=0.02)
    with Site(validators=False) as site:
        site.publish("one", published=LONG_AGO)
        follow(settings, site.url("/feed.xml"))
        poll(settings)
        again(settings)
        site.publish("two")
        again(settings)
    assert [(one.outcome, one.status) for one in spooled(settings, "polls", Poll)] == [
        ("new", 200),
        ("not_modified", 200),
        ("new", 200),
    ]


def test_records_of_polls_without_news_are_collected(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    poll(settings)
    for _ in range(3):
        again(settings)
    assert len(spooled(settings, "polls", Poll)) == 1
    monkeypatch.setattr(poll_module, "POLLS_COLLECT_S", 0.0)
    again(settings)
    assert len(spooled(settings, "polls", Poll)) == 5
    assert len(names(settings, "polls")) == 2


# -- dying in between ------------------------------------------------------------------------------------------------


def test_entries_spooled_but_not_remembered_are_found_again_with_the_same_ids(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(FeedStore, "commit", die)
        with pytest.raises(Killed):
            poll(settings)
    before = entries_of(settings)
    assert len(before) == 2
    assert poll(settings).counts["new"] == 2
    assert ids(entries_of(settings)) == sorted(2 * ids(before))
    assert all(one.first_poll for one in entries_of(settings))


def test_records_of_polls_survive_dying_before_they_are_spooled(
    settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(FeedStore, "take_polls", full)
        with pytest.raises(OSError, match="No space"):
            poll(settings)
    site.publish("three")
    again(settings)
    assert [one.new for one in spooled(settings, "polls", Poll)] == [2, 1]


# -- many feeds ------------------------------------------------------------------------------------------------------


def test_all_feeds_that_are_due_are_asked_however_few_at_a_time(tmp_path: Path, site: Site) -> None:
    settings = make_settings(tmp_path, poll_concurrency=1, poll_min_s=60, poll_max_s=60)
    feeds = [f"/feed{number}.xml" for number in range(12)]
    for feed in feeds:
        site.publish(f"story-of-{feed[1:-4]}", feed=feed)
    follow(settings, *map(site.url, feeds))
    assert poll(settings).counts == {"polled": 12, "new": 12, "failed": 0}


async def test_a_feed_that_hangs_holds_up_no_other(tmp_path: Path, site: Site) -> None:
    settings = make_settings(tmp_path)
    with Site("localhost") as slow:
        site.publish("one")
        slow.pages["/feed.xml"] = HANG
        follow(settings, slow.url("/feed.xml"), site.url("/feed.xml"))
        wake_ups = watch(settings)
        told = await asyncio.wait_for(anext(wake_ups), 4)
        assert (told["polled"], told["new"]) == (1, 1)
        await wake_ups.aclose()  # type: ignore[attr-defined]
    assert [one.title for one in entries_of(settings)] == ["Report one"]


def test_one_poll_asks_each_feed_once_though_it_falls_due_again(tmp_path: Path, site: Site) -> None:
    settings = make_settings(tmp_path, request_timeout_s=0.7)
    with Site("localhost") as slow:
        site.publish("one")
        slow.pages["/feed.xml"] = HANG
        follow(settings, slow.url("/feed.xml"), site.url("/feed.xml"))
        assert poll(settings).counts == {"polled": 2, "new": 1, "failed": 1}
    assert site.asked("/feed.xml") == 1


def test_a_feed_that_breaks_the_reading_is_a_failing_feed(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(tmp_path)
    site.publish("good", feed="/good.xml")
    site.publish("bad", feed="/bad.xml")
    follow(settings, site.url("/bad.xml"), site.url("/good.xml"))

    def breaks(body: bytes, **more: Any) -> object:
        if more["feed"].url.endswith("/bad.xml"):
            raise RecursionError("too deep")
        return parse_feed(body, **more)

    monkeypatch.setattr(poll_module, "parse_feed", breaks)
    with capture_logs() as logs:
        assert poll(settings).counts == {"polled": 2, "new": 1, "failed": 1}
    assert any(line["event"] == "feed broke the polling" for line in logs)
    with FeedStore(settings.state_dir / "feeds.sqlite") as store:
        (bad,) = [feed for feed in store.feed_health() if feed.status == "failing"]
    assert bad.url == site.url("/bad.xml")
    assert "too deep" in (bad.error or "")


# -- the configuration -----------------------------------------------------------------------------------------------


async def go_on(poller: Poller, until: Callable[[], bool]) -> None:
    """Let the poller work until something is so."""
    for _ in range(1000):
        if until():
            return
        if not await poller.step():
            await asyncio.sleep(0.005)
    raise AssertionError("it never came to be so")


async def test_an_edit_of_the_sources_is_taken_over_as_it_runs(settings: Settings, site: Site) -> None:
    site.publish("other", feed="/other.xml")
    async with Poller(settings) as poller:
        await go_on(poller, lambda: site.asked("/feed.xml") == 1)
        assert site.asked("/other.xml") == 0
        follow(settings, site.url("/feed.xml"), site.url("/other.xml"))
        await go_on(poller, lambda: site.asked("/other.xml") >= 1)
        follow(settings, site.url("/other.xml"))
        await go_on(poller, lambda: not poller.under_way)
        asked = site.asked("/feed.xml"), site.asked("/other.xml")
        await go_on(poller, lambda: site.asked("/other.xml") > asked[1] + 3)
        assert site.asked("/feed.xml") <= asked[0] + 1


async def test_a_bad_edit_is_told_once_and_the_last_good_version_goes_on(settings: Settings, site: Site) -> None:
    async with Poller(settings) as poller:
        await go_on(poller, lambda: site.asked("/feed.xml") == 1)
        settings.sources_file.write_text("sources:\n  - {id: x, feeds: []}\n", encoding="utf-8")
        with capture_logs() as logs:
            await go_on(poller, lambda: site.asked("/feed.xml") >= 4)
    told = [line for line in logs if line["log_level"] == "error"]
    assert len(told) == 1
    assert "sources.yaml:2" in told[0]["problems"]


def test_a_file_that_was_never_good_is_a_sentence(settings: Settings) -> None:
    settings.sources_file.write_text("sources: 7\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"sources\.yaml:1"):
        poll(settings)


async def test_while_nothing_can_be_kept_no_feed_is_asked_again_and_nothing_is_lost(
    settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(poll_module, "_PAUSE_AFTER_TROUBLE_S", 0.02)
    wake_ups = watch(settings)
    first = asyncio.ensure_future(anext(wake_ups))
    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(poll_module, "write_batch", full)
        await asyncio.sleep(1.0)
    pauses = [line["pause_s"] for line in logs if "polling stopped" in line["event"]]
    assert pauses == [0.02 * 2**nth for nth in range(len(pauses))]
    assert 4 <= len(pauses) <= 6
    assert site.asked("/feed.xml") == 1
    assert (await asyncio.wait_for(first, 5))["new"] == 2
    await wake_ups.aclose()  # type: ignore[attr-defined]


async def test_trouble_that_lasts_is_met_with_a_new_connection_and_long_pauses(
    settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: object) -> None:
        raise RuntimeError("database is locked")

    monkeypatch.setattr(poll_module, "_PAUSE_AFTER_TROUBLE_S", 0.05)
    monkeypatch.setattr(poll_module, "_LONGEST_PAUSE_S", 0.2)
    wake_ups = watch(settings)
    first = asyncio.ensure_future(anext(wake_ups))
    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(FeedStore, "commit", locked)
        await asyncio.sleep(1.2)
    assert {line["pause_s"] for line in logs if "polling broke" in line["event"]} == {0.05, 0.1, 0.2}
    assert 2 <= site.asked("/feed.xml") <= 6
    await asyncio.wait_for(first, 5)
    await wake_ups.aclose()  # type: ignore[attr-defined]
    assert len(set(ids(entries_of(settings)))) == 2


async def test_watching_goes_on_after_trouble(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    good = settings.sources_file.read_text(encoding="utf-8")
    settings.sources_file.write_text("sources: 7\n", encoding="utf-8")
    monkeypatch.setattr(poll_module, "_PAUSE_AFTER_TROUBLE_S", 0.05)
    wake_ups = watch(settings)
    first = asyncio.ensure_future(anext(wake_ups))
    with capture_logs() as logs:
        await asyncio.sleep(0.3)
    assert any("polling stopped" in line["event"] for line in logs)
    settings.sources_file.write_text(good, encoding="utf-8")
    assert (await asyncio.wait_for(first, 5))["new"] == 2
    await wake_ups.aclose()  # type: ignore[attr-defined]
