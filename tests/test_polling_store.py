"""The poller's working memory: claims, what is new, records that wait, and what happens when it is lost."""

import logging
import multiprocessing
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.errors import MemoryFileError
from monitor.model import Feed, Poll, key
from monitor.polling.state import FeedState
from monitor.polling.store import FORGET_AFTER_S, FeedStore, PollResult

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEED = Feed(url="https://a.example/feed", source_id="a", language="ru")
OTHER = Feed(url="https://b.example/feed", source_id="b")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "feeds.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[FeedStore]:
    with FeedStore(path) as opened:
        yield opened


def poll_of(state: FeedState, at: datetime) -> Poll:
    return Poll(
        poll_id=key(state.url, at.isoformat()),
        feed_url=state.url,
        source_id=state.source_id,
        polled_at=at,
        outcome="new",
        status=200,
        next_poll_at=state.next_poll_at,
    )


def result_of(state: FeedState, at: datetime, *entry_ids: str, wait_s: float = 60) -> PollResult:
    polled = replace(
        state,
        next_poll_at=at + timedelta(seconds=wait_s),
        last_poll_at=at,
        first_ok_at=state.first_ok_at or at,
        last_ok_at=at,
    )
    return PollResult(state=polled, poll=poll_of(polled, at), entry_ids=entry_ids)


# ---- declared feeds ----------------------------------------------------------------------------------------------
def test_a_new_feed_is_due_at_once_and_was_never_polled(store: FeedStore) -> None:
    store.sync([FEED], NOW)
    (state,) = store.claim_due(NOW, 10, 60)
    assert (state.url, state.source_id, state.language) == (FEED.url, "a", "ru")
    assert state.is_first_poll
    assert state.feed == FEED


def test_a_feed_that_is_no_longer_declared_rests_and_keeps_what_is_known_of_it(store: FeedStore) -> None:
    store.sync([FEED, OTHER], NOW)
    (state,) = [state for state in store.claim_due(NOW, 10, 60) if state.url == FEED.url]
    entry = key("one")
    store.commit([result_of(state, NOW, entry)], NOW)
    store.sync([OTHER], NOW)
    later = NOW + timedelta(days=1)
    assert [state.url for state in store.claim_due(later, 10, 60)] == [OTHER.url]
    store.sync([FEED, OTHER], later)
    (again,) = store.claim_due(later, 10, 60)
    assert again.url == FEED.url
    assert not again.is_first_poll
    assert store.unseen({FEED.url: [entry]}) == {FEED.url: frozenset()}


def test_a_feed_that_is_put_off_is_free_and_due_when_it_says(store: FeedStore) -> None:
    store.sync([FEED], NOW)
    (state,) = store.claim_due(NOW, 10, 60)
    store.put_off([replace(state, next_poll_at=NOW + timedelta(minutes=10))])
    assert store.next_due_at() == NOW + timedelta(minutes=10)
    assert store.claim_due(NOW + timedelta(minutes=9), 10, 60) == []
    (again,) = store.claim_due(NOW + timedelta(minutes=10), 10, 60)
    assert again.next_poll_at == NOW + timedelta(minutes=10)


def test_a_feed_that_changes_hands_keeps_its_state_under_its_new_source(store: FeedStore) -> None:
    store.sync([FEED], NOW)
    store.sync([replace(FEED, source_id="renamed", language="zh")], NOW)
    (state,) = store.claim_due(NOW, 10, 60)
    assert (state.source_id, state.language) == ("renamed", "zh")


# ---- claims ------------------------------------------------------------------------------------------------------
def test_a_claimed_feed_is_nobody_elses_until_the_lease_runs_out(store: FeedStore, path: Path) -> None:
    store.sync([FEED], NOW)
    with FeedStore(path) as rival:
        assert len(store.claim_due(NOW, 10, lease_s=60)) == 1
        assert rival.claim_due(NOW + timedelta(seconds=59), 10, lease_s=60) == []
        assert len(rival.claim_due(NOW + timedelta(seconds=60), 10, lease_s=60)) == 1


def test_the_longest_overdue_are_claimed_first_and_no_more_than_asked_for(store: FeedStore) -> None:
    feeds = [Feed(url=f"https://{number}.example/", source_id="s") for number in range(5)]
    for number in range(5):
        store.sync(feeds[: number + 1], NOW + timedelta(seconds=-number))
    claimed = store.claim_due(NOW, 2, 60)
    assert [state.url for state in claimed] == ["https://4.example/", "https://3.example/"]


def test_a_commit_frees_the_feed_for_when_it_is_due_next(store: FeedStore) -> None:
    store.sync([FEED], NOW)
    (state,) = store.claim_due(NOW, 10, 3600)
    store.commit([result_of(state, NOW, wait_s=60)], NOW)
    assert store.next_due_at() == NOW + timedelta(seconds=60)
    assert store.claim_due(NOW + timedelta(seconds=59), 10, 60) == []
    assert len(store.claim_due(NOW + timedelta(seconds=60), 10, 60)) == 1


def test_a_feed_given_back_unpolled_is_due_again_at_once(store: FeedStore, path: Path) -> None:
    store.sync([FEED], NOW)
    store.claim_due(NOW, 10, 3600)
    with FeedStore(path) as rival:
        rival.release([FEED.url])
        assert rival.claim_due(NOW, 10, 60) == [], "only the holder gives a feed back"
        store.release([FEED.url])
        assert len(rival.claim_due(NOW, 10, 60)) == 1


def test_who_comes_back_after_the_lease_ran_out_does_not_undo_the_newer_poll(store: FeedStore, path: Path) -> None:
    store.sync([FEED], NOW)
    (slow,) = store.claim_due(NOW, 10, lease_s=10)
    later = NOW + timedelta(seconds=20)
    with FeedStore(path) as rival:
        (state,) = rival.claim_due(later, 10, lease_s=1000)
        rival.commit([result_of(replace(state, etag='"newer"'), later, wait_s=600)], later)
    store.commit([result_of(replace(slow, etag='"older"'), NOW, key("late"))], later)
    (kept,) = store.states()
    assert kept.etag == '"newer"'
    assert store.unseen({FEED.url: [key("late")]}) == {FEED.url: frozenset()}


def _claim(path: str, start: object, queue: "multiprocessing.Queue[list[str]]") -> None:
    with FeedStore(Path(path)) as store:
        start.wait()  # type: ignore[attr-defined]
        claimed: list[str] = []
        while batch := store.claim_due(NOW, 7, lease_s=3600):
            claimed += [state.url for state in batch]
        queue.put(claimed)


def test_processes_side_by_side_never_claim_the_same_feed(store: FeedStore, path: Path) -> None:
    feeds = [Feed(url=f"https://{number}.example/", source_id="s") for number in range(200)]
    store.sync(feeds, NOW)
    context = multiprocessing.get_context("fork")
    start, queue = context.Event(), context.Queue()
    workers = [context.Process(target=_claim, args=(str(path), start, queue)) for _ in range(4)]
    for worker in workers:
        worker.start()
    start.set()
    claimed = [url for _ in workers for url in queue.get(timeout=30)]
    for worker in workers:
        worker.join(30)
    assert sorted(claimed) == sorted(feed.url for feed in feeds)


# ---- what is new -------------------------------------------------------------------------------------------------
def test_an_entry_is_unseen_until_it_is_committed_and_only_at_its_own_feed(store: FeedStore) -> None:
    store.sync([FEED, OTHER], NOW)
    one, two = key("one"), key("two")
    state = next(state for state in store.claim_due(NOW, 10, 60) if state.url == FEED.url)
    assert store.unseen({FEED.url: [one]}) == {FEED.url: {one}}
    assert store.unseen({FEED.url: [one]}) == {FEED.url: {one}}, "asking remembers nothing"
    store.commit([result_of(state, NOW, one)], NOW)
    assert store.unseen({FEED.url: [one, two], OTHER.url: [one]}) == {FEED.url: {two}, OTHER.url: {one}}


def test_thousands_of_entries_are_told_apart(store: FeedStore) -> None:
    store.sync([FEED], NOW)
    ids = [key(str(number)) for number in range(2500)]
    (state,) = store.claim_due(NOW, 1, 60)
    store.commit([result_of(state, NOW, *ids[:2000])], NOW)
    assert store.unseen({FEED.url: ids}) == {FEED.url: frozenset(ids[2000:])}


def test_entries_not_listed_for_long_are_forgotten_those_still_listed_are_not(store: FeedStore) -> None:
    store.sync([FEED, OTHER], NOW)
    old, kept, quiet = key("old"), key("kept"), key("quiet")
    by_url = {state.url: state for state in store.claim_due(NOW, 10, 60)}
    store.commit([result_of(by_url[FEED.url], NOW, old, kept), result_of(by_url[OTHER.url], NOW, quiet)], NOW)
    later = NOW + timedelta(seconds=FORGET_AFTER_S + 60)
    store.commit([result_of(by_url[FEED.url], later, kept)], later)
    assert store.unseen({FEED.url: [old, kept], OTHER.url: [quiet]}) == {FEED.url: {old}, OTHER.url: frozenset()}, (
        "a feed from which nothing was read since keeps all of its entries"
    )


def test_the_whole_state_survives_the_file(store: FeedStore, path: Path) -> None:
    store.sync([FEED], NOW)
    (state,) = store.claim_due(NOW, 1, 60)
    full = replace(
        state,
        etag='"e"',
        last_modified="Sun, 01 Mar 2026 12:00:00 GMT",
        body_hash="ab",
        full_at=NOW,
        moved_to="https://c.example/",
        moves_seen=2,
        interval_s=61.5,
        ttl_s=60.0,
        arrivals=(NOW - timedelta(hours=1), NOW),
        first_ok_at=NOW,
        last_ok_at=NOW,
        last_poll_at=NOW,
        failures=3,
        failing_since=NOW,
        status="failing",
        error="«ошибка» 错误",
        memory=b"\x00\x01",
    )
    store.commit([PollResult(state=full, poll=poll_of(full, NOW))], NOW)
    with FeedStore(path) as again:
        assert again.states() == [full]


# ---- poll records ------------------------------------------------------------------------------------------------
def test_poll_records_wait_until_the_oldest_is_old_enough_and_stay_until_dropped(store: FeedStore) -> None:
    store.sync([FEED], NOW)
    (state,) = store.claim_due(NOW, 1, 60)
    first = result_of(state, NOW)
    second = result_of(state, NOW + timedelta(seconds=200))
    store.commit([first], NOW)
    store.commit([second], NOW + timedelta(seconds=200))
    assert store.take_polls(NOW + timedelta(seconds=299), min_age_s=300) == []
    taken = store.take_polls(NOW + timedelta(seconds=300), min_age_s=300)
    assert taken == [first.poll, second.poll]
    later = NOW + timedelta(seconds=300)
    assert store.take_polls(later) == taken, "a crash before they are in the spool loses nothing"
    store.drop_polls([first.poll.poll_id])
    assert store.take_polls(later) == [second.poll]


# ---- health ------------------------------------------------------------------------------------------------------
def test_health_lists_feeds_in_trouble_first(store: FeedStore) -> None:
    feeds = [Feed(url=f"https://{name}.example/", source_id=name) for name in ("fine", "ill", "gone", "dead")]
    store.sync(feeds, NOW)
    results = []
    for state in store.claim_due(NOW, 10, 60):
        result = result_of(state, NOW)
        match state.source_id:
            case "ill":
                changed = replace(result.state, status="failing", failures=2, error="it broke")
            case "gone":
                changed = replace(result.state, status="gone")
            case "dead":
                changed = replace(result.state, status="dead")
            case _:
                changed = result.state
        results.append(replace(result, state=changed))
    store.commit(results, NOW)
    rows = store.feed_health()
    assert [row.source_id for row in rows] == ["dead", "gone", "ill", "fine"]
    assert (rows[2].failures, rows[2].error, rows[2].next_poll_at) == (2, "it broke", NOW + timedelta(seconds=60))


# ---- loss --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("damage", ["garbage", "middle", "version"])
def test_a_broken_file_is_set_aside_loudly_and_everything_begins_anew(
    path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    with FeedStore(path) as store:
        store.sync([Feed(url=f"https://{n}.example/{'x' * 200}", source_id="s") for n in range(500)], NOW)
    if damage == "garbage":
        path.write_bytes(b"this is no database " * 1000)
    elif damage == "middle":
        content = bytearray(path.read_bytes())
        content[4096 * 3 : 4096 * 20] = b"\xff" * (4096 * 17)
        path.write_bytes(content)
    else:
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version = 99")
        connection.close()
    with caplog.at_level(logging.ERROR), FeedStore(path) as store:
        assert store.states() == []
        store.sync([FEED], NOW)
        (state,) = store.claim_due(NOW, 1, 60)
        assert state.is_first_poll
    assert len(list(path.parent.glob("feeds.sqlite.broken-*"))) == 1
    assert "set aside" in caplog.text
    assert str(path) in caplog.text


def test_a_round_of_two_thousand_feeds_takes_one_transaction_and_little_time(store: FeedStore) -> None:
    feeds = [Feed(url=f"https://{number}.example/feed", source_id="s") for number in range(2000)]
    store.sync(feeds, NOW)
    started = datetime.now(UTC)
    states = store.claim_due(NOW, 2000, 60)
    store.commit([result_of(state, NOW, key(state.url)) for state in states], NOW)
    assert len(states) == 2000
    assert (datetime.now(UTC) - started).total_seconds() < 10


def test_a_memory_that_another_process_holds_is_told_in_a_sentence(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.polling.store.BUSY_TIMEOUT_S", 0.05)
    with FeedStore(path) as store, sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(MemoryFileError, match=r"feeds\.sqlite: database is locked\. See that"):
            store.sync([FEED], NOW)
        other.execute("ROLLBACK")
        store.sync([FEED], NOW)
    other.close()
