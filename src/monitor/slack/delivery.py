"""Sends what the outbox says is due, so that each alert arrives once, whenever this process dies.

    record `attempted` for all    ->  look up what is unclear  ->  send, one thread a channel  ->  record outcomes
        one transaction                                                                          one transaction

A message may leave only after its `attempted` is on record. If we die before its outcome is, the next run finds an
attempt without outcome, looks the message up in the channel's history and sends it only if it is not there. Two
senders at once would defeat that, so each reads the outbox and delivers inside `locks.sole_holder`.
"""

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from monitor.alerts.outbox import (
    ChannelQueue,
    Pending,
    Task,
    error_code,
    error_scope,
    plan,
    reroute,
    retry_delay,
    standing,
)
from monitor.errors import SlackError
from monitor.model import Alert, Counts, Delivery

SETTLE_S = 2.0
"""Slack may still be working on a request whose answer we lost: wait this long before looking the message up."""
MAX_TRIES = 5
"""Of one alert in one run; then it waits for the next run."""
MAX_ROUNDS = 3
"""One as a rule; a second when a channel that rejected everything works again; more are for later runs."""
_STOP_GRACE_S = 2.0
_NO_TROUBLE = frozenset({"", "ratelimited", "not_reached", "out_of_time"})
"""What the user need not hear of: the next run goes on with it."""


class Sender(Protocol):
    """What `deliver` needs of Slack: `slack.SlackSender`."""

    def pause_s(self, channel: str) -> float:
        """Seconds to wait before the next message to `channel`."""

    def send(self, alert: Alert, attempt: int, thread_ts: str | None = None) -> Delivery:
        """Post once, into the thread that began with the message `thread_ts`, and say what came of it."""

    def find(self, alerts: Sequence[Alert], since: datetime, threads: Collection[str] = ()) -> Mapping[str, Delivery]:
        """Those of `alerts`, all of one channel, that are in its history or in `threads`; raises SlackError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """What came of one run.

    `troubles` are sentences for the user, one a channel and cause. `not_sent` are alerts to be shown instead, for
    want of a token.
    """

    counts: Counts
    troubles: tuple[str, ...] = ()
    not_sent: tuple[Alert, ...] = ()


def deliver(
    pending: Sequence[Pending],
    sender: Sender | None,
    *,
    record: Callable[[Sequence[Delivery]], None],
    now: Callable[[], datetime],
    budget_s: float,
    channels: Mapping[str, str] | None = None,
    threads: Mapping[tuple[str, str], str] | None = None,
    knock: bool = False,
    settle_s: float = SETTLE_S,
) -> Sending:
    """Bring `pending` alerts, each with its deliveries so far, to their channels; `sender` None means no token.

    `record` appends deliveries to the archive, all or none. It is called twice as a rule: before the first message
    leaves and at the end, also when an exception (KeyboardInterrupt too) ends the run. No new message is begun after
    `budget_s`; one under way may take the sender's time-out longer. `channels` (topic id -> channel of the present
    watchlist) sends what a wrong channel rejected to the right one. `threads` are the messages (timestamps) that began
    threads so far, by channel and thread key. `knock` tries rejected alerts at once.
    """
    if sender is None:
        return _show_instead(pending, record, now)
    deadline = time.monotonic() + budget_s
    history = {alert.alert_id: list(deliveries) for alert, deliveries in pending}
    alerts = [reroute(alert, deliveries, channels or {}) for alert, deliveries in pending]
    events: list[Delivery] = []
    begun = dict(threads or {})
    for round_ in range(MAX_ROUNDS):
        standings = [(alert, history[alert.alert_id]) for alert in alerts]
        queues = plan(standings, now(), limit=int(budget_s) + 10, knock=knock and round_ == 0)
        if not queues or time.monotonic() >= deadline:
            break
        attempts = [_attempted(task, now()) for queue in queues for task in queue.tasks]
        record(attempts)
        run = _Run(sender=sender, now=now, deadline=deadline, settle_s=settle_s, threads=begun)
        try:
            run.send_all(queues)
        finally:
            outcomes = run.take_events()
            if outcomes:
                record(outcomes)
        events += outcomes
        for event in (*attempts, *outcomes):
            history[event.alert_id].append(event)
    return _summary(alerts, history, events, now())


def _show_instead(
    pending: Sequence[Pending], record: Callable[[Sequence[Delivery]], None], now: Callable[[], datetime]
) -> Sending:
    """Without a token: what is new is recorded as not sent, once. What was tried with a token waits for the next."""
    new = tuple(alert for alert, deliveries in pending if not deliveries)
    waiting = sum(standing(alert, deliveries, now()).step != "done" for alert, deliveries in pending) - len(new)
    if new:
        record([Delivery(alert_id=alert.alert_id, at=now(), outcome="not_sent") for alert in new])
    return Sending(counts=Counts(stage="send", counts={"not_sent": len(new), "waiting": waiting}), not_sent=new)


def _attempted(task: Task, at: datetime) -> Delivery:
    return Delivery(alert_id=task.alert.alert_id, at=at, outcome="attempted", attempt=task.standing.attempts + 1)


def _summary(
    alerts: Sequence[Alert], history: Mapping[str, Sequence[Delivery]], events: Sequence[Delivery], at: datetime
) -> Sending:
    counts = dict.fromkeys(("sent", "found", "retry", "unclear", "rejected"), 0)
    newest = {event.alert_id: event for event in events}
    for last in newest.values():
        counts[last.outcome] += 1
    undone = [alert for alert in alerts if standing(alert, history[alert.alert_id], at).step != "done"]
    counts["waiting"] = sum(alert.alert_id not in newest for alert in undone)
    troubles = dict.fromkeys(
        f"{alert.channel}: {(event.error or '').partition(': ')[2]}"
        for alert in undone
        if (event := newest.get(alert.alert_id)) and error_code(event) not in _NO_TROUBLE
    )
    return Sending(counts=Counts(stage="send", counts=counts), troubles=tuple(troubles))


@dataclass
class _Run:
    """One round: a thread a channel, all appending to one list of outcomes."""

    sender: Sender
    now: Callable[[], datetime]
    deadline: float
    settle_s: float
    threads: dict[tuple[str, str], str] = field(default_factory=dict)
    """The message that began each thread; one channel is one queue, so no two append to one key."""
    stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _events: list[Delivery] = field(default_factory=list)
    _bugs: list[BaseException] = field(default_factory=list)

    def send_all(self, queues: Sequence[ChannelQueue]) -> None:
        """Work off all queues; raises what a thread raised, after all have ended."""
        # Daemons: a request that hangs must not keep an interrupted process alive; its attempt stays on record.
        threads = [threading.Thread(target=self._guarded, args=(queue,), daemon=True) for queue in queues]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        except BaseException:
            self.stop.set()
            give_up = time.monotonic() + _STOP_GRACE_S
            for thread in threads:
                if thread.ident is not None:
                    thread.join(max(0.0, give_up - time.monotonic()))
            raise
        if self._bugs:
            raise self._bugs[0]

    def take_events(self) -> list[Delivery]:
        """The outcomes known so far, newest last."""
        with self._lock:
            return list(self._events)

    def _guarded(self, queue: ChannelQueue) -> None:
        try:
            self._work_off(queue)
        except BaseException as bug:  # noqa: BLE001 - raised again by send_all, in the thread that waits
            self._bugs.append(bug)

    def _note(self, event: Delivery) -> None:
        with self._lock:
            self._events.append(event)

    def _thread(self, alert: Alert) -> str | None:
        """The message that began the thread in which `alert` belongs; None where it begins one itself."""
        return None if alert.thread_key is None else self.threads.get((alert.channel, alert.thread_key))

    def _delivered(self, alert: Alert, event: Delivery) -> None:
        if alert.thread_key is not None and event.ts and event.outcome in {"sent", "found"}:
            self.threads.setdefault((alert.channel, alert.thread_key), event.ts)

    def _wait(self, seconds: float) -> bool:
        """Sleep; False where the budget or the run ends before `seconds` are over."""
        if self.stop.is_set() or time.monotonic() + seconds > self.deadline:
            return False
        return not self.stop.wait(seconds) if seconds > 0 else True

    def _work_off(self, queue: ChannelQueue) -> None:
        todo = self._look_up_unclear(queue)
        for at, task in enumerate(todo):
            event = self._send(task)
            if event is None or event.outcome in {"retry", "unclear"}:
                # The channel waits: a newer alert must not overtake, and none may be left looking as if attempted.
                self._release(todo[at if event is None else at + 1 :], event)
                return
            if event.outcome == "rejected" and error_scope(error_code(event)) != "message":
                rest = [(rest.alert, rest.standing.attempts + 1) for rest in todo[at + 1 :]]
                rest += [(behind.alert, 0) for behind in queue.behind]
                for alert, attempt in rest:
                    self._note(_rejected_with(event, alert, attempt, self.now()))
                return

    def _look_up_unclear(self, queue: ChannelQueue) -> list[Task]:
        """The tasks still to be sent; those that had arrived after all are noted as found."""
        unclear = [task for task in queue.tasks if task.standing.unresolved_since is not None]
        if not unclear:
            return list(queue.tasks)
        newest = max(task.standing.last_attempt or task.standing.unresolved_since or self.now() for task in unclear)
        age = (self.now() - newest).total_seconds()
        since = min(task.standing.unresolved_since or self.now() for task in unclear)
        found: Mapping[str, Delivery] = {}
        error: SlackError | None = None
        if self._wait(min(max(self.settle_s - age, 0.0), self.settle_s)):
            try:
                alerts = [task.alert for task in unclear]
                threads = {ts for alert in alerts if (ts := self._thread(alert)) is not None}
                found = self.sender.find(alerts, since, sorted(threads))
            except SlackError as trouble:
                error = trouble
        else:
            error = SlackError("The time of this run was over before the look-up.", code="out_of_time")
        todo = []
        # Missing rights to read the history concern the unclear ones alone; trouble on the way, the whole channel.
        channel_waits = error is not None and error_scope(error.code) == "message"
        for task in queue.tasks:
            if task.standing.unresolved_since is None:
                if channel_waits:
                    self._release([task], None)
                else:
                    todo.append(task)
            elif error is not None:
                self._note(self._still_unclear(task, error))
            elif (event := found.get(task.alert.alert_id)) is not None:
                self._note(replace(event, attempt=task.standing.attempts + 1))
                self._delivered(task.alert, event)
            else:
                todo.append(task)
        return todo

    def _send(self, task: Task) -> Delivery | None:
        """Send until the outcome is clear, tries or time are over. The last event, noted; None when never begun."""
        event: Delivery | None = None
        attempt = task.standing.attempts + 1
        for tries in range(1, MAX_TRIES + 1):
            if not self._wait(self.sender.pause_s(task.alert.channel)):
                break
            event = self.sender.send(task.alert, attempt, self._thread(task.alert))
            if event.outcome == "unclear":
                event = self._resolve(task, event, tries)
                if event.outcome == "unclear":
                    break
                if event.outcome == "retry":
                    continue
            if event.outcome != "retry":
                self._note(event)
                self._delivered(task.alert, event)
                return event
            if event.retry_at is None:
                event = replace(event, retry_at=self.now() + retry_delay(tries))
            if event.retry_at is None or tries == MAX_TRIES:
                break
            if not self._wait(max(0.0, (event.retry_at - self.now()).total_seconds())):
                break
        if event is not None:
            if event.retry_at is None:
                event = replace(event, retry_at=self.now() + retry_delay(attempt))
            self._note(event)
        return event

    def _resolve(self, task: Task, unclear: Delivery, tries: int) -> Delivery:
        """After an answer that says nothing: `found`, or `retry` when it did not arrive, or `unclear` still."""
        if not self._wait(self.settle_s * 2 ** (tries - 1)):
            return unclear
        try:
            thread = self._thread(task.alert)
            since = task.standing.unresolved_since or unclear.at
            found = self.sender.find([task.alert], since, [thread] if thread else [])
        except SlackError as error:
            return self._still_unclear(task, error)
        event = found.get(task.alert.alert_id)
        if event is not None:
            return replace(event, attempt=unclear.attempt)
        return Delivery(
            alert_id=unclear.alert_id, at=self.now(), outcome="retry", attempt=unclear.attempt, error=unclear.error
        )

    def _still_unclear(self, task: Task, error: SlackError) -> Delivery:
        attempt = task.standing.attempts + 1
        wait = timedelta(seconds=error.retry_after_s) if error.retry_after_s else retry_delay(attempt)
        return Delivery(
            alert_id=task.alert.alert_id,
            at=self.now(),
            outcome="unclear",
            attempt=attempt,
            error=f"{error.code}: It is not known whether this alert arrived, and looking it up failed. {error}",
            retry_at=self.now() + wait,
        )

    def _release(self, tasks: Sequence[Task], cause: Delivery | None) -> None:
        """Note that these were not tried after all, so that nobody looks them up."""
        for task in tasks:
            self._note(
                Delivery(
                    alert_id=task.alert.alert_id,
                    at=self.now(),
                    outcome="retry",
                    attempt=task.standing.attempts + 1,
                    error="not_reached: The run ended before this alert's turn.",
                    retry_at=cause.retry_at if cause is not None and cause.retry_at else self.now(),
                )
            )


def _rejected_with(event: Delivery, alert: Alert, attempt: int, at: datetime) -> Delivery:
    """`alert` rejected for the same reason as the one before it in the channel, without asking Slack again."""
    return replace(event, alert_id=alert.alert_id, attempt=attempt, at=at)
