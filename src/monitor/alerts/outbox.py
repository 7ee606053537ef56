"""What to do next with each alert, decided from its deliveries alone.

    no delivery yet                 send
    attempted, unclear              the message may have arrived: look it up first, then send if it is not there
    retry                           send again once `retry_at` has come
    rejected                        send again ever less often, until whatever was wrong has been put right
    sent, found                     done
    not_sent                        done: there was no token, it was shown instead; a token set later does not flood
                                    the channels with the past

A channel gets its alerts oldest first, and a channel in trouble never holds up another. While Slack rejects all that
goes to a channel, only the oldest alert knocks; when it gets through, the others follow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from monitor.model import Alert, Delivery

Step = Literal["send", "look_up", "wait", "done"]
Scope = Literal["token", "channel", "message"]
Pending = tuple[Alert, Sequence[Delivery]]

TOKEN_ERRORS = frozenset(
    {
        "access_denied",
        "account_inactive",
        "ekm_access_denied",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
    }
)
CHANNEL_ERRORS = frozenset(
    {
        "channel_not_found",
        "channel_type_not_supported",
        "history_too_long",  # ours: a look-up that did not reach back far enough; new messages can be sent
        "is_archived",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
    }
)

RETRY_REJECTED_MIN = timedelta(minutes=5)
RETRY_BLOCKED_MAX = timedelta(hours=1)
"""At the longest between two knocks at a channel that rejects everything."""
RETRY_MESSAGE_MAX = timedelta(days=1)
"""Likewise for a message that Slack finds faulty: only a new version of the monitor helps."""
RETRY_MIN = timedelta(seconds=5)
RETRY_MAX = timedelta(minutes=5)


def error_code(delivery: Delivery) -> str:
    """Slack's name of what went wrong, the part of `Delivery.error` before the colon; empty where nothing did."""
    return (delivery.error or "").partition(":")[0]


def error_scope(code: str) -> Scope:
    """Whether an error concerns every message, every message to this channel, or this message alone."""
    if code in TOKEN_ERRORS:
        return "token"
    return "channel" if code in CHANNEL_ERRORS else "message"


def retry_delay(attempt: int) -> timedelta:
    """How long to wait after the `attempt`-th unsuccessful attempt (from 1) when Slack names no time: 5 seconds,
    doubled each time, at most 5 minutes."""
    return min(RETRY_MIN * int(2 ** min(max(attempt - 1, 0), 16)), RETRY_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an alert stands.

    `attempts` were made so far. `due` is when the next one may be made (None: at once). `unresolved_since` is when
    the first attempt was made whose outcome is unknown, `last_attempt` the last. `retrying` says that Slack asked
    to wait, `rejected` holds Slack's code where it said no, at `rejected_at`.
    """

    step: Step
    attempts: int = 0
    due: datetime | None = None
    unresolved_since: datetime | None = None
    last_attempt: datetime | None = None
    retrying: bool = False
    rejected: str | None = None
    rejected_at: datetime | None = None

    @property
    def blocked(self) -> bool:
        """Whether the trouble is the channel's or the token's rather than this message's."""
        return self.rejected is not None and error_scope(self.rejected) != "message"


def in_order(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Deliveries of one alert as they happened: by attempt, which a clock set back cannot shuffle."""
    return sorted(deliveries, key=lambda d: (d.attempt, d.outcome != "attempted", d.at))


def standing(alert: Alert, deliveries: Sequence[Delivery], now: datetime) -> Standing:
    """Where `alert` stands after `deliveries`, and the next step at `now`."""
    if any(delivery.outcome in {"sent", "found", "not_sent"} for delivery in deliveries):
        return Standing(step="done", attempts=max(d.attempt for d in deliveries))
    events = in_order(deliveries)
    # What happened up to a rejection by another channel is settled: the alert was given this channel since.
    elsewhere = [
        n for n, d in enumerate(events) if d.outcome == "rejected" and d.channel_id not in {None, alert.channel}
    ]
    events = events[elsewhere[-1] + 1 :] if elsewhere else events
    attempts = max((d.attempt for d in deliveries), default=0)
    unresolved_since = last_attempt = None
    rejections: list[Delivery] = []
    for event in events:
        if event.outcome in {"attempted", "unclear"}:
            unresolved_since = unresolved_since or event.at
            last_attempt = event.at
        else:
            unresolved_since = None
        if event.outcome == "rejected":
            rejections.append(event)
        elif event.outcome != "attempted":
            rejections.clear()
    newest = events[-1] if events else None
    due = newest.retry_at if newest is not None else None
    rejected = error_code(newest) if newest is not None and newest.outcome == "rejected" else None
    if newest is not None and rejected is not None:
        age = newest.at - rejections[0].at
        longest = RETRY_MESSAGE_MAX if error_scope(rejected) == "message" else RETRY_BLOCKED_MAX
        due = newest.at + min(max(age / 4, RETRY_REJECTED_MIN), longest)
    step: Step = "look_up" if unresolved_since else "send"
    return Standing(
        step="wait" if due is not None and due > now else step,
        attempts=attempts,
        due=due,
        unresolved_since=unresolved_since,
        last_attempt=last_attempt,
        retrying=newest is not None and newest.outcome == "retry",
        rejected=rejected,
        rejected_at=newest.at if newest is not None and rejected is not None else None,
    )


@dataclass(frozen=True, slots=True)
class Task:
    """An alert whose turn has come, and where it stands."""

    alert: Alert
    standing: Standing


@dataclass(frozen=True, slots=True)
class ChannelQueue:
    """What goes to one channel now, oldest first.

    `behind` are new alerts that wait for the first of `tasks`, which tries whether the channel works again; if it
    is rejected, so are they.
    """

    channel: str
    tasks: tuple[Task, ...]
    behind: tuple[Task, ...] = ()


def plan(
    pending: Sequence[Pending], now: datetime, *, limit: int = 1_000, knock: bool = False
) -> tuple[ChannelQueue, ...]:
    """What to send now: a queue for each channel that has something due, with at most `limit` alerts.

    `knock` tries what was rejected at once, without waiting until it is due: for a user who has just put it right.
    """
    channels: dict[str, list[Task]] = {}
    sent_at = _last_sent(pending)
    for alert, deliveries in sorted(pending, key=lambda item: (item[0].created_at, item[0].alert_id)):
        where = standing(alert, deliveries, now)
        taken = sent_at.get(alert.channel)
        if where.blocked and taken is not None and where.rejected_at is not None and taken >= where.rejected_at:
            where = replace(where, step="send", rejected=None)
        elif knock and where.rejected:
            where = replace(where, step="send")
        if where.step != "done":
            channels.setdefault(alert.channel, []).append(Task(alert, where))
    queues = (_queue(channel, tasks, now, limit) for channel, tasks in channels.items())
    return tuple(queue for queue in queues if queue.tasks)


def _last_sent(pending: Sequence[Pending]) -> dict[str, datetime]:
    """When each channel last took a message, as far as `pending` knows."""
    latest: dict[str, datetime] = {}
    for alert, deliveries in pending:
        for delivery in deliveries:
            if delivery.outcome == "sent":
                latest[alert.channel] = max(delivery.at, latest.get(alert.channel, delivery.at))
    return latest


def _queue(channel: str, tasks: list[Task], now: datetime, limit: int) -> ChannelQueue:
    if any(task.standing.retrying and task.standing.due is not None and task.standing.due > now for task in tasks):
        return ChannelQueue(channel, ())  # Slack asked this channel to wait; a newer alert must not overtake
    if any(task.standing.blocked for task in tasks):
        knocker = next(t for t in tasks if t.standing.blocked or t.standing.step != "wait")
        new = tuple(t for t in tasks if t is not knocker and t.standing.attempts == 0 and not t.standing.rejected)
        if knocker.standing.step == "wait" and not new:
            return ChannelQueue(channel, ())
        return ChannelQueue(channel, (knocker,), new[:limit])
    return ChannelQueue(channel, tuple(t for t in tasks if t.standing.step != "wait")[:limit])


def reroute(alert: Alert, deliveries: Sequence[Delivery], channels: Mapping[str, str]) -> Alert:
    """`alert` with the channel that its claim or topics have now, where Slack rejected the one they had when it was
    made.

    So a channel that was misspelt in the watchlist and put right gets what it missed. `channels` is topic or claim id
    -> channel. An alert whose last attempt is unclear keeps its channel, because that is where it must be looked up.
    """
    events = in_order(deliveries)
    if not events or events[-1].outcome != "rejected" or error_scope(error_code(events[-1])) != "channel":
        return alert
    about = (alert.claim_id,) if alert.claim_id is not None and alert.claim_id in channels else alert.topics
    wanted = [channels[one] for one in about if one in channels]
    return replace(alert, channel=wanted[0]) if wanted and alert.channel not in wanted else alert
