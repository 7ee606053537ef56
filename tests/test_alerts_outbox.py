"""What happens next to an alert, told by its deliveries."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.outbox import error_scope, plan, reroute, retry_delay, standing
from monitor.model import Alert, Delivery, DeliveryOutcome

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def alert(name: str = "a", channel: str = "c", minutes_ago: float = 10, topics: tuple[str, ...] = ("t",)) -> Alert:
    at = NOW - timedelta(minutes=minutes_ago)
    return Alert(
        alert_id=name, kind="new_article", created_at=at, channel=channel, text="x", blocks="[]", topics=topics
    )


def event(
    outcome: DeliveryOutcome,
    seconds_ago: float = 60,
    *,
    attempt: int = 1,
    error: str | None = None,
    retry_in: float | None = None,
    name: str = "a",
    channel_id: str | None = None,
) -> Delivery:
    return Delivery(
        alert_id=name,
        at=NOW - timedelta(seconds=seconds_ago),
        outcome=outcome,
        attempt=attempt,
        error=error,
        retry_at=None if retry_in is None else NOW + timedelta(seconds=retry_in),
        channel_id=channel_id,
    )


GONE = "channel_not_found: No such channel."
FAULTY = "invalid_blocks: The message is faulty."


@pytest.mark.parametrize(
    ("deliveries", "step"),
    [
        ([], "send"),
        ([event("attempted")], "look_up"),
        ([event("attempted"), event("unclear", 30)], "look_up"),
        ([event("attempted"), event("unclear", 30, retry_in=5)], "wait"),
        ([event("attempted"), event("retry", 30, retry_in=5)], "wait"),
        ([event("attempted"), event("retry", 30, retry_in=-5)], "send"),
        ([event("attempted"), event("sent", 30)], "done"),
        ([event("attempted"), event("unclear", 50), event("found", 30)], "done"),
        ([event("not_sent")], "done"),
        ([event("attempted"), event("rejected", 30, error=GONE)], "wait"),
        ([event("attempted", 3600), event("rejected", 3600, error=GONE)], "send"),
        ([event("attempted", 90), event("retry", 80), event("attempted", 70, attempt=2)], "look_up"),
        ([event("attempted", 90), event("rejected", 80, error=GONE), event("attempted", 70, attempt=2)], "look_up"),
    ],
)
def test_the_next_step_follows_from_the_deliveries(deliveries: list[Delivery], step: str) -> None:
    assert standing(alert(), deliveries, NOW).step == step


@given(st.permutations([event("attempted", 90), event("retry", 80), event("attempted", 70, attempt=2)]))
def test_the_order_in_which_deliveries_are_handed_over_does_not_matter(deliveries: list[Delivery]) -> None:
    assert standing(alert(), deliveries, NOW).step == "look_up"


def test_a_clock_set_back_between_attempts_hides_no_unclear_one() -> None:
    deliveries = [event("attempted", 60), event("retry", 50), event("attempted", 300, attempt=2)]
    assert standing(alert(), deliveries, NOW).step == "look_up"


def test_the_look_up_reaches_back_to_the_first_attempt_in_doubt() -> None:
    deliveries = [
        event("attempted", 900),
        event("retry", 890),
        event("attempted", 600, attempt=2),
        event("attempted", 300, attempt=3),
    ]
    where = standing(alert(), deliveries, NOW)
    assert where.unresolved_since == NOW - timedelta(seconds=600)
    assert where.last_attempt == NOW - timedelta(seconds=300)
    assert where.attempts == 3


def test_waiting_grows_and_stays_below_five_minutes() -> None:
    assert [retry_delay(n).total_seconds() for n in (1, 2, 3, 10, 10_000)] == [5, 10, 20, 300, 300]


def test_a_rejected_alert_is_tried_ever_less_often() -> None:
    def wait_after(age: timedelta, error: str) -> timedelta:
        deliveries = [
            event("rejected", age.total_seconds(), error=error),
            event("rejected", 0, attempt=2, error=error),
        ]
        due = standing(alert(), deliveries, NOW).due
        assert due is not None
        return due - NOW

    assert wait_after(timedelta(minutes=1), GONE) == timedelta(minutes=5)
    assert wait_after(timedelta(hours=2), GONE) == timedelta(minutes=30)
    assert wait_after(timedelta(days=30), GONE) == timedelta(hours=1)
    assert wait_after(timedelta(days=30), FAULTY) == timedelta(days=1)


@pytest.mark.parametrize(
    ("code", "scope"),
    [("invalid_auth", "token"), ("is_archived", "channel"), ("invalid_blocks", "message"), ("new_error", "message")],
)
def test_errors_concern_the_token_the_channel_or_the_message(code: str, scope: str) -> None:
    assert error_scope(code) == scope


# The plan over all alerts


def names(pending: list[tuple[Alert, list[Delivery]]], **more: bool) -> dict[str, list[str]]:
    return {queue.channel: [task.alert.alert_id for task in queue.tasks] for queue in plan(pending, NOW, **more)}


def test_each_channel_gets_its_alerts_oldest_first() -> None:
    pending: list[tuple[Alert, list[Delivery]]] = [
        (alert("new", minutes_ago=1), []),
        (alert("old", minutes_ago=9), []),
        (alert("other", "d", minutes_ago=5), []),
        (alert("done"), [event("sent")]),
    ]
    assert names(pending) == {"c": ["old", "new"], "d": ["other"]}


def test_while_slack_asks_a_channel_to_wait_nothing_overtakes_there_and_others_go_on() -> None:
    pending = [
        (alert("a", minutes_ago=9), [event("attempted"), event("retry", retry_in=20)]),
        (alert("b", minutes_ago=5), []),
        (alert("c", "d"), []),
    ]
    assert names(pending) == {"d": ["c"]}


def test_an_alert_that_is_unclear_for_longer_does_not_hold_up_its_channel() -> None:
    pending = [
        (alert("a", minutes_ago=9), [event("attempted"), event("unclear", retry_in=20)]),
        (alert("b", minutes_ago=5), []),
    ]
    assert names(pending) == {"c": ["b"]}


def test_a_faulty_message_does_not_hold_up_its_channel() -> None:
    pending = [(alert("a", minutes_ago=9), [event("rejected", error=FAULTY)]), (alert("b", minutes_ago=5), [])]
    assert names(pending) == {"c": ["b"]}


def rejected(seconds_ago: float = 60) -> list[Delivery]:
    return [event("attempted", seconds_ago), event("rejected", seconds_ago, error=GONE)]


def test_a_channel_that_rejects_everything_is_left_alone_until_it_is_due() -> None:
    assert names([(alert("a"), rejected()), (alert("b", minutes_ago=5), rejected())]) == {}


def test_when_it_is_due_the_oldest_alert_alone_knocks() -> None:
    assert names([(alert("a"), rejected(3600)), (alert("b", minutes_ago=5), rejected(3600))]) == {"c": ["a"]}


def test_a_new_alert_makes_the_oldest_knock_at_once() -> None:
    (queue,) = plan([(alert("a"), rejected()), (alert("b", minutes_ago=5), [])], NOW)
    assert [task.alert.alert_id for task in queue.tasks] == ["a"]
    assert [task.alert.alert_id for task in queue.behind] == ["b"]


def test_once_the_channel_took_a_message_the_others_follow() -> None:
    sent = [*rejected(), event("attempted", 10, attempt=2), event("sent", 9, attempt=2)]
    pending = [(alert("a"), sent), (alert("b", minutes_ago=5), rejected()), (alert("c", minutes_ago=1), [])]
    assert names(pending) == {"c": ["b", "c"]}


def test_a_user_who_put_it_right_need_not_wait() -> None:
    pending = [(alert("a"), rejected(1)), (alert("m", "d"), [event("rejected", 1, error=FAULTY)])]
    assert names(pending) == {}
    assert names(pending, knock=True) == {"c": ["a"], "d": ["m"]}


def test_no_more_is_planned_than_fits() -> None:
    pending: list[tuple[Alert, list[Delivery]]] = [(alert(f"{n}", minutes_ago=60 - n), []) for n in range(30)]
    (queue,) = plan(pending, NOW, limit=7)
    assert [task.alert.alert_id for task in queue.tasks] == [f"{n}" for n in range(7)]


# A channel put right in the watchlist


def test_an_alert_rejected_by_a_wrong_channel_goes_to_the_right_one_at_once() -> None:
    wrong = alert(channel="xi-puttin")
    deliveries = [event("attempted"), event("rejected", error=GONE, channel_id="xi-puttin")]
    right = reroute(wrong, deliveries, {"t": "xi-putin"})
    assert right == replace(wrong, channel="xi-putin")
    assert standing(right, deliveries, NOW).step == "send"


@pytest.mark.parametrize(
    "deliveries",
    [
        [],
        [event("attempted")],
        [event("attempted"), event("retry")],
        [event("rejected", error="invalid_auth: No.")],
        [event("rejected", 90, error=GONE), event("attempted", 60, attempt=2)],
    ],
)
def test_any_other_alert_keeps_its_channel(deliveries: list[Delivery]) -> None:
    assert reroute(alert(), deliveries, {"t": "elsewhere"}) == alert()


def test_an_alert_whose_channel_is_still_one_of_its_topics_keeps_it() -> None:
    made = alert(topics=("t", "u"))
    assert reroute(made, rejected(), {"t": "elsewhere", "u": "c"}) == made


def test_an_alert_of_a_claim_goes_to_the_channel_of_the_claim_even_where_its_topics_is_another() -> None:
    wrong = replace(alert(), claim_id="capacity")
    assert reroute(wrong, rejected(), {"t": "elsewhere", "capacity": "numbers"}).channel == "numbers"
    assert reroute(wrong, rejected(), {"t": "elsewhere"}).channel == "elsewhere"
