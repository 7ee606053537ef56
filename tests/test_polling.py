"""When a feed is asked again: its pace, what it asks for, what goes wrong, and that it is never given up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.answers import retry_after_s
from monitor.model import Feed
from monitor.polling import (
    DEAD_AFTER,
    REDIRECTS_TO_BELIEVE,
    STATED_CAP_S,
    FeedAnswer,
    FeedRequest,
    after_answer,
    after_failure,
    freshness_s,
    pace_s,
    put_off,
    request_for,
)
from monitor.polling.state import FeedState, new_state
from monitor.settings import Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEED = Feed(url="https://a.example/feed", source_id="a")
SETTINGS = Settings(poll_min_s=60, poll_max_s=86_400)
HOUR = timedelta(hours=1)


def answer(at: datetime = NOW, status: int = 200, **more: Any) -> FeedAnswer:
    values = {"headers": {}, "body_hash": at.isoformat(), "entries": 30, "parser": "libxml2"} if status == 200 else {}
    return FeedAnswer(**{"status": status, "headers": {}, "at": at, **values, **more})


def read_once(at: datetime = NOW, **more: Any) -> FeedState:
    return after_answer(new_state(FEED, at), answer(at, **more), SETTINGS)[0]


def wait_s(state: FeedState) -> float:
    assert state.last_poll_at is not None
    return (state.next_poll_at - state.last_poll_at).total_seconds()


# ---- pace --------------------------------------------------------------------------------------------------------
def test_a_feed_that_has_just_published_is_asked_again_at_the_shortest_interval() -> None:
    state, poll = after_answer(read_once(), answer(NOW + HOUR, new=1), SETTINGS)
    assert 60 <= wait_s(state) <= 66
    assert (poll.outcome, poll.new, poll.next_poll_at) == ("new", 1, state.next_poll_at)


def test_the_interval_grows_again_while_nothing_comes() -> None:
    state, _ = after_answer(read_once(), answer(NOW + HOUR, new=1), SETTINGS)
    waits = []
    for _ in range(12):
        state, _ = after_answer(state, answer(state.next_poll_at, new=0), SETTINGS)
        waits.append(wait_s(state))
    assert waits[-1] > 5 * waits[0]


def test_a_busy_feed_is_asked_more_often_than_a_slow_one() -> None:
    hourly = [NOW - n * HOUR for n in range(1, 168)]
    daily = [NOW - n * 24 * HOUR for n in range(1, 8)]
    since = NOW - timedelta(days=30)
    busy, slow = (pace_s(arrivals, NOW, known_since=since) for arrivals in (hourly, daily))
    assert busy == pytest.approx(360, rel=0.02)
    assert slow == pytest.approx(8640, rel=0.02)


def test_a_feed_without_news_for_weeks_is_asked_ever_less_often_but_at_least_daily() -> None:
    state = read_once()
    waits = []
    while state.next_poll_at < NOW + timedelta(days=60):
        state, _ = after_answer(state, answer(state.next_poll_at, status=304), SETTINGS)
        waits.append(wait_s(state))
    assert waits[0] < 900
    assert waits[-1] == 86_400


def test_the_dates_of_what_a_new_feed_holds_tell_its_pace_from_the_start() -> None:
    hourly = tuple(NOW - n * HOUR for n in range(1, 160))
    assert wait_s(read_once(new=159, published=hourly)) < wait_s(read_once(new=7, published=hourly[::24]))


def test_two_feeds_of_one_pace_do_not_march_in_step() -> None:
    waits = set()
    for number in range(20):
        feed = replace(FEED, url=f"https://a.example/{number}")
        waits.add(wait_s(after_answer(new_state(feed, NOW), answer(), SETTINGS)[0]))
    assert len(waits) == 20


# ---- what the server asks for ------------------------------------------------------------------------------------
def test_ttl_and_max_age_and_expires_are_honoured_up_to_an_hour() -> None:
    busy = read_once(new=5)

    def waited(**more: Any) -> float:
        return wait_s(after_answer(busy, answer(NOW + HOUR, new=5, **more), SETTINGS)[0])

    assert 1800 <= waited(ttl_s=1800.0) <= 1980
    assert 1200 <= waited(headers={"cache-control": "public, max-age=1200"}) <= 1320
    expires = format_datetime(NOW + HOUR + timedelta(seconds=900))
    assert 900 <= waited(headers={"expires": expires}) <= 990
    assert STATED_CAP_S <= waited(ttl_s=86_400.0) <= STATED_CAP_S * 1.1
    assert waited(headers={"cache-control": "no-cache, max-age=1200"}) <= 66


def test_the_ttl_of_the_last_body_holds_while_nothing_changes() -> None:
    state = read_once(ttl_s=1800.0)
    state, _ = after_answer(state, answer(NOW + HOUR, new=3, ttl_s=1800.0), SETTINGS)
    state, _ = after_answer(state, answer(NOW + 2 * HOUR, status=304), SETTINGS)
    assert wait_s(state) >= 1800


def test_a_lower_poll_max_wins_over_what_feeds_ask_for() -> None:
    quick = Settings(poll_min_s=1, poll_max_s=5)
    state, _ = after_answer(new_state(FEED, NOW), answer(ttl_s=3600.0), quick)
    assert wait_s(state) == 5


@pytest.mark.parametrize("status", [200, 304, 429, 503])
def test_retry_after_is_honoured_in_full_on_any_answer(status: int) -> None:
    state, _ = after_answer(read_once(), answer(NOW + HOUR, status=status, headers={"retry-after": "172800"}), SETTINGS)
    assert wait_s(state) >= 172_800


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"cache-control": 'max-age="60"'}, 60),
        ({"cache-control": "max-age=abc"}, None),
        ({"cache-control": "max-age=0", "expires": "Sun, 01 Mar 2026 13:00:00 GMT"}, None),
        ({"expires": "Sun, 01 Mar 2026 13:00:00 GMT", "date": "Sun, 01 Mar 2026 12:30:00 GMT"}, 1800),
        ({"expires": "0"}, None),
        ({"expires": "Fri, 31 Dec 9999 23:59:59 -1200"}, None),
        ({}, None),
    ],
)
def test_freshness_is_max_age_else_expires(headers: dict[str, str], expected: float | None) -> None:
    assert freshness_s(headers, NOW) == expected


# ---- conditional requests ----------------------------------------------------------------------------------------
def test_validators_of_the_last_body_are_sent_until_a_day_has_passed() -> None:
    state = read_once(headers={"etag": '"one"', "last-modified": "Sun, 01 Mar 2026 11:00:00 GMT"})
    soon = request_for(state, NOW + HOUR)
    assert (soon.url, soon.etag, soon.last_modified) == (FEED.url, '"one"', "Sun, 01 Mar 2026 11:00:00 GMT")
    state, poll = after_answer(state, answer(NOW + HOUR, status=304), SETTINGS)
    assert poll.outcome == "not_modified"
    assert request_for(state, NOW + 2 * HOUR).etag == '"one"'
    assert request_for(state, NOW + 25 * HOUR).etag is None, "some servers answer 304 for ever"


@pytest.mark.parametrize("status", [429, 500, 503, 404])
def test_trouble_is_no_reason_to_ask_for_the_whole_body(status: int) -> None:
    state = read_once(headers={"etag": '"one"'})
    state, _ = after_answer(state, answer(NOW + HOUR, status=status), SETTINGS)
    assert request_for(state, NOW + 2 * HOUR).etag == '"one"'
    state, _ = after_failure(state, at=NOW + 2 * HOUR, error="timed out", settings=SETTINGS)
    assert request_for(state, NOW + 3 * HOUR).etag == '"one"'
    state, poll = after_answer(state, answer(NOW + 3 * HOUR, status=304), SETTINGS)
    assert (poll.outcome, state.status) == ("not_modified", "ok")


def test_the_declared_address_does_not_get_the_validators_of_the_one_it_moved_to() -> None:
    state = read_once(headers={"etag": '"one"'})
    state = replace(state, moved_to="https://b.example/feed", moves_seen=REDIRECTS_TO_BELIEVE)
    assert request_for(state, NOW + HOUR).etag == '"one"'
    state, _ = after_failure(state, at=NOW + HOUR, error="no answer", settings=SETTINGS)
    assert request_for(state, NOW + HOUR) == FeedRequest(url=FEED.url, etag=None, last_modified=None)


def test_a_feed_whose_host_wants_a_pause_is_due_later_and_otherwise_as_before() -> None:
    before = replace(read_once(), next_poll_at=NOW)
    after = put_off(before, NOW, 600.0, SETTINGS)
    assert 600 <= (after.next_poll_at - NOW).total_seconds() <= 660
    assert replace(after, next_poll_at=NOW) == before


def test_the_same_body_counts_as_not_modified_whatever_the_etag_says() -> None:
    state = read_once(body_hash="same", headers={"etag": '"1"'}, memory=b"kept")
    state, poll = after_answer(state, answer(NOW + HOUR, body_hash="same", headers={"etag": '"2"'}), SETTINGS)
    assert poll.outcome == "not_modified"
    assert (state.etag, state.memory) == ('"2"', b"kept")


def test_validators_that_a_new_body_comes_without_are_forgotten() -> None:
    state = read_once(headers={"etag": '"one"'})
    state, poll = after_answer(state, answer(NOW + HOUR), SETTINGS)
    assert (state.etag, poll.outcome) == (None, "unchanged")


def test_a_304_for_a_feed_that_was_never_read_is_a_failure() -> None:
    state, poll = after_answer(new_state(FEED, NOW), answer(status=304), SETTINGS)
    assert (poll.outcome, state.is_first_poll) == ("failed", True)


def test_what_a_feed_holds_is_old_news_until_it_was_read_once() -> None:
    state, _ = after_failure(new_state(FEED, NOW), at=NOW, error="no answer", settings=SETTINGS)
    assert state.is_first_poll
    state, _ = after_answer(state, answer(NOW + HOUR, status=200, error="It is no feed."), SETTINGS)
    assert state.is_first_poll
    state, _ = after_answer(state, answer(NOW + 2 * HOUR), SETTINGS)
    assert not state.is_first_poll


# ---- redirects ---------------------------------------------------------------------------------------------------
def test_a_permanent_redirect_is_remembered_once_it_was_seen_consistently() -> None:
    state, at = read_once(), NOW
    outcomes = []
    for _ in range(REDIRECTS_TO_BELIEVE):
        assert request_for(state, at).url == FEED.url
        at += HOUR
        state, poll = after_answer(state, answer(at, permanent_url="https://b.example/feed"), SETTINGS)
        outcomes.append(poll.outcome)
    assert outcomes[-1] == "moved"
    assert "moved" not in outcomes[:-1]
    assert request_for(state, at).url == "https://b.example/feed"
    assert state.url == poll.feed_url == FEED.url, "the declared address stays its identity"
    state, _ = after_answer(state, answer(at + HOUR), SETTINGS)
    assert request_for(state, at).url == "https://b.example/feed"


def test_a_redirect_that_wavers_is_not_believed() -> None:
    state = read_once()
    for number in range(6):
        state, _ = after_answer(
            state, answer(NOW + number * HOUR, permanent_url=f"https://{number % 2}.example/"), SETTINGS
        )
    assert request_for(state, NOW).url == FEED.url


def test_when_the_new_address_dies_the_declared_one_is_asked_again_and_may_take_over() -> None:
    state = replace(read_once(), moved_to="https://b.example/feed", moves_seen=REDIRECTS_TO_BELIEVE)
    state, _ = after_failure(state, at=NOW + HOUR, error="no answer", settings=SETTINGS)
    assert request_for(state, NOW).url == FEED.url
    state, _ = after_failure(state, at=NOW + 2 * HOUR, error="no answer", settings=SETTINGS)
    assert request_for(state, NOW).url == "https://b.example/feed"
    state, _ = after_failure(state, at=NOW + 3 * HOUR, error="no answer", settings=SETTINGS)
    state, _ = after_answer(state, answer(NOW + 4 * HOUR), SETTINGS)
    assert (state.moved_to, request_for(state, NOW).url) == (None, FEED.url)


# ---- trouble -----------------------------------------------------------------------------------------------------
def test_failures_are_retried_ever_later_and_one_good_answer_restores_the_feed() -> None:
    state = read_once()
    waits = []
    for _ in range(6):
        state, poll = after_failure(state, at=state.next_poll_at, error="timed out", settings=SETTINGS)
        waits.append(wait_s(state))
        assert (poll.outcome, state.status) == ("failed", "failing")
    assert 300 <= waits[0] <= 330
    assert all(later > 1.8 * earlier for earlier, later in pairwise(waits))
    assert state.error == f"{FEED.url}: timed out"
    state, _ = after_answer(state, answer(state.next_poll_at), SETTINGS)
    assert (state.status, state.failures, state.error) == ("ok", 0, None)
    assert wait_s(state) < 3600


def test_a_feed_that_fails_for_a_week_is_dead_and_still_asked_daily_then_weekly() -> None:
    state = read_once()
    days = []
    while state.next_poll_at < NOW + timedelta(days=400):
        state, _ = after_failure(state, at=state.next_poll_at, error="timed out", settings=SETTINGS)
        if state.status == "dead":
            days.append(wait_s(state) / 86_400)
    assert state.failures > DEAD_AFTER
    assert 1 <= days[0] <= 1.1
    assert 7 <= days[-1] <= 7.7
    state, _ = after_answer(state, answer(state.next_poll_at), SETTINGS)
    assert state.status == "ok"


def test_many_quick_failures_alone_do_not_make_a_feed_dead() -> None:
    state = read_once()
    for number in range(DEAD_AFTER * 2):
        at = NOW + number * timedelta(minutes=1)
        state, _ = after_failure(state, at=at, error="timed out", settings=SETTINGS)
    assert state.status == "failing"


def test_a_410_is_gone_at_once_shown_and_asked_daily_then_weekly() -> None:
    state, poll = after_answer(read_once(), answer(NOW + HOUR, status=410), SETTINGS)
    assert (state.status, poll.outcome, poll.status) == ("gone", "gone", 410)
    assert poll.error is not None
    assert FEED.url in poll.error
    assert 86_400 <= wait_s(state) <= 86_400 * 1.1
    while state.next_poll_at < NOW + timedelta(days=200):
        state, _ = after_answer(state, answer(state.next_poll_at, status=410), SETTINGS)
    assert wait_s(state) >= 7 * 86_400
    state, _ = after_answer(state, answer(state.next_poll_at), SETTINGS)
    assert state.status == "ok"


def test_a_body_that_is_no_feed_is_told_apart_from_an_answer_that_failed() -> None:
    state = read_once(headers={"etag": '"good"'}, memory=b"kept")
    state, poll = after_answer(state, answer(NOW + HOUR, error="It is a web page.", entries=0), SETTINGS)
    assert (poll.outcome, poll.error, state.status) == ("unreadable", "It is a web page.", "failing")
    assert state.memory == b"kept"
    assert request_for(state, NOW + HOUR).etag is None, "so that a 304 cannot confirm the rubbish"


@pytest.mark.parametrize("status", [302, 403, 404, 429, 500, 503])
def test_every_error_is_a_sentence_with_the_address_and_the_status(status: int) -> None:
    _, poll = after_answer(read_once(), answer(NOW + HOUR, status=status), SETTINGS)
    assert poll.error is not None
    assert FEED.url in poll.error
    assert str(status) in poll.error
    assert poll.error.endswith(".")


def test_the_same_input_gives_the_same_answer() -> None:
    first, second = (after_answer(read_once(), answer(NOW + HOUR, new=2), SETTINGS) for _ in range(2))
    assert first == second


# ---- whatever happens --------------------------------------------------------------------------------------------
EVENTS = st.lists(
    st.one_of(
        st.builds(
            lambda status, new, retry, age, moved: {
                "status": status,
                "new": new,
                "headers": {"retry-after": retry, "cache-control": age, "expires": retry},
                "permanent_url": moved,
            },
            st.sampled_from([200, 200, 304, 204, 301, 404, 410, 429, 500, 599]),
            st.integers(0, 10_000),
            st.one_of(st.text(max_size=20), st.integers(-5, 10**12).map(str), st.datetimes().map(str)),
            st.one_of(st.text(max_size=20), st.integers(-5, 10**12).map("max-age={}".format)),
            st.sampled_from([None, "https://b.example/", "https://c.example/"]),
        ),
        st.none(),
    ),
    max_size=25,
)


@given(
    events=EVENTS, poll_min=st.sampled_from([0.1, 1.0, 60.0, 600.0]), poll_max=st.sampled_from([2.0, 3600.0, 86_400.0])
)
def test_whatever_comes_the_feed_is_asked_again_later_and_within_eight_days(
    events: list[dict[str, Any] | None], poll_min: float, poll_max: float
) -> None:
    settings = Settings(poll_min_s=poll_min, poll_max_s=max(poll_min, poll_max))
    state, at = new_state(FEED, NOW), NOW
    for number, event in enumerate(events):
        if event is None:
            state, poll = after_failure(state, at=at, error="no answer", settings=settings)
        else:
            came = answer(at, **{**event, "body_hash": str(number % 3)})
            state, poll = after_answer(state, came, settings)
        waited = wait_s(state)
        assert poll_min * 0.999 <= waited <= max(7.7 * 86_400, 1.1 * poll_min)
        if state.status == "ok" and event is not None and retry_after_s(event["headers"], at) is None:
            assert waited <= max(poll_max, 1.1 * poll_min)
        assert poll.next_poll_at == state.next_poll_at
        assert (poll.error is None) == (state.status == "ok")
        assert len(state.arrivals) <= 500
        request_for(state, at)
        at = state.next_poll_at
