"""Each alert arrives exactly once, whatever Slack does and whenever the sender dies."""

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fake_slack import FakeSlack
from monitor.alerts import operations_alert
from monitor.alerts.outbox import error_code
from monitor.model import Alert, Delivery, utc_now
from monitor.settings import Settings
from monitor.slack import SlackSender
from monitor.slack.delivery import Sending, deliver

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(("xi-putin", "siberia", "sco"), burst_window_s=0.0) as server:
        yield server


def sender_to(slack: FakeSlack, timeout_s: int = 5) -> SlackSender:
    given = {"SLACK_BOT_TOKEN": "xoxb-test", "SLACK_API_URL": slack.url}
    return SlackSender(Settings.model_validate(given), timeout_s=timeout_s)


def alert(name: str, channel: str = "xi-putin", order: int = 0) -> Alert:
    made = operations_alert(name, "Xi met Putin.", channel=channel, now=utc_now() - timedelta(minutes=10 - order))
    return dataclasses.replace(made, alert_id=name, kind="new_article", topics=("t",))


class Outbox:
    """Stands for the archive: alerts, and deliveries appended all or none."""

    def __init__(self, *alerts: Alert) -> None:
        self.alerts = alerts
        self.deliveries: dict[str, list[Delivery]] = {alert.alert_id: [] for alert in alerts}
        self.transactions = 0

    def pending(self) -> list[tuple[Alert, Sequence[Delivery]]]:
        return [(alert, list(self.deliveries[alert.alert_id])) for alert in self.alerts]

    def record(self, deliveries: Sequence[Delivery]) -> None:
        self.transactions += 1
        for delivery in deliveries:
            self.deliveries[delivery.alert_id].append(delivery)

    def outcomes(self, alert_id: str) -> list[str]:
        return [delivery.outcome for delivery in self.deliveries[alert_id]]

    def run(
        self,
        sender: SlackSender | None,
        *,
        budget_s: float = 10,
        knock: bool = False,
        settle_s: float = 0.02,
        channels: Mapping[str, str] | None = None,
    ) -> Sending:
        return deliver(
            self.pending(),
            sender,
            record=self.record,
            now=utc_now,
            budget_s=budget_s,
            knock=knock,
            settle_s=settle_s,
            channels=channels,
            threads=self.threads(),
        )

    def threads(self) -> dict[tuple[str, str], str]:
        """As the archive answers it: what began each thread, by channel and key."""
        begun: dict[tuple[str, str], Delivery] = {}
        for alert in self.alerts:
            for event in self.deliveries[alert.alert_id]:
                if alert.thread_key is not None and event.outcome in {"sent", "found"} and event.ts:
                    known = begun.get((alert.channel, alert.thread_key))
                    if known is None or event.at < known.at:
                        begun[alert.channel, alert.thread_key] = event
        return {place: event.ts or "" for place, event in begun.items()}


def test_alerts_are_sent_in_order_with_two_transactions(slack: FakeSlack) -> None:
    outbox = Outbox(*(alert(f"a{n}", order=n) for n in (2, 0, 1)))
    sending = outbox.run(sender_to(slack))
    assert slack.alert_ids() == ["a0", "a1", "a2"]
    assert outbox.transactions == 2
    assert outbox.outcomes("a0") == ["attempted", "sent"]
    assert sending.counts.counts["sent"] == 3
    assert sending.troubles == ()


def test_what_was_delivered_is_not_sent_again(slack: FakeSlack) -> None:
    outbox = Outbox(alert("a"))
    for _ in range(3):
        outbox.run(sender_to(slack))
    assert slack.alert_ids() == ["a"]
    assert outbox.transactions == 2


def test_nothing_pending_costs_nothing(slack: FakeSlack) -> None:
    outbox = Outbox()
    assert not any(outbox.run(sender_to(slack)).counts.counts.values())
    assert (outbox.transactions, slack.calls) == (0, [])


@pytest.mark.parametrize(
    "fault", ["ratelimited", "error", "gateway", "garbage", "lost", "refused", "slow", "internal_error"]
)
def test_passing_trouble_is_overcome_in_the_same_run_with_each_alert_once(slack: FakeSlack, fault: str) -> None:
    slack.fault(fault, 2, seconds=0.2)
    outbox = Outbox(*(alert(f"a{n}", order=n) for n in range(3)), alert("other", "siberia"))
    outbox.run(sender_to(slack))
    assert slack.alert_ids("xi-putin") == ["a0", "a1", "a2"]
    assert slack.alert_ids("siberia") == ["other"]


def test_a_lost_answer_is_recorded_as_found(slack: FakeSlack) -> None:
    slack.fault("lost")
    outbox = Outbox(alert("a"))
    assert outbox.run(sender_to(slack)).counts.counts["found"] == 1
    assert outbox.outcomes("a") == ["attempted", "found"]
    assert outbox.deliveries["a"][-1].ts == slack.messages[0]["ts"]


def test_a_message_that_slack_still_works_on_is_not_sent_twice(slack: FakeSlack) -> None:
    slack.fault("late", seconds=0.2)
    Outbox(alert("a")).run(sender_to(slack), settle_s=0.6)
    assert slack.alert_ids() == ["a"]


def test_a_slow_channel_holds_up_no_other(slack: FakeSlack) -> None:
    slack.fault("slow", channel="xi-putin", seconds=1.5)
    begin = time.time()
    outbox = Outbox(alert("a"), alert("b", "siberia"), alert("c", "sco"))
    outbox.run(sender_to(slack))
    arrived = {message["channel_name"]: float(message["ts"]) - begin for message in slack.messages}
    assert arrived["siberia"] < 1
    assert arrived["sco"] < 1
    assert set(arrived) == {"xi-putin", "siberia", "sco"}


def test_a_burst_is_paced_so_that_slack_refuses_nothing() -> None:
    with FakeSlack(("xi-putin",), burst_window_s=5) as slack:
        Outbox(*(alert(f"a{n}", order=n) for n in range(6))).run(sender_to(slack))
        assert slack.alert_ids() == [f"a{n}" for n in range(6)]
        assert [call["status"] for call in slack.posts()] == [200] * 6


def test_a_wait_longer_than_the_budget_is_left_to_a_later_run(slack: FakeSlack) -> None:
    slack.fault("ratelimited", seconds=60)
    outbox = Outbox(alert("a", order=0), alert("b", order=1))
    begin = time.monotonic()
    sending = outbox.run(sender_to(slack), budget_s=2)
    assert time.monotonic() - begin < 1.5
    assert slack.alert_ids() == []
    assert sending.counts.counts["retry"] == 2
    assert all(outbox.outcomes(name) == ["attempted", "retry"] for name in ("a", "b"))
    outbox.run(sender_to(slack), budget_s=2)
    assert len(slack.posts()) == 1, "Slack is left in peace until then"


def test_slack_out_of_order_all_the_while_leaves_every_alert_for_later(slack: FakeSlack) -> None:
    slack.fault("error", 100)
    outbox = Outbox(alert("a", order=0), alert("b", order=1))
    sending = outbox.run(sender_to(slack), budget_s=1)
    assert slack.alert_ids() == []
    assert sending.troubles
    assert "Slack is in trouble" in sending.troubles[0]
    slack.faults.clear()
    later = _later(outbox, timedelta(minutes=6))
    later.run(sender_to(slack))
    assert slack.alert_ids() == ["a", "b"]


def _later(outbox: Outbox, by: timedelta) -> Outbox:
    """The same outbox when that much time has passed."""
    moved = Outbox(*outbox.alerts)
    for alert_id, deliveries in outbox.deliveries.items():
        moved.deliveries[alert_id] = [
            dataclasses.replace(d, at=d.at - by, retry_at=d.retry_at and d.retry_at - by) for d in deliveries
        ]
    return moved


# What will not work until somebody does something


def test_a_blocked_channel_stops_no_other_and_says_what_to_do(slack: FakeSlack) -> None:
    slack.archive("xi-putin")
    outbox = Outbox(alert("a", order=0), alert("b", order=1), alert("c", "siberia"))
    sending = outbox.run(sender_to(slack))
    assert slack.alert_ids() == ["c"]
    assert len([call for call in slack.posts() if call["error"] == "is_archived"]) == 1
    assert (sending.counts.counts["rejected"], sending.counts.counts["sent"]) == (2, 1)
    assert sending.troubles == (
        "xi-putin: The channel is archived. Unarchive it, or give the topic another channel in watchlist.yaml.",
    )


def test_a_channel_put_right_gets_all_it_missed_in_order(slack: FakeSlack) -> None:
    slack.archive("xi-putin")
    outbox = Outbox(*(alert(f"a{n}", order=n) for n in range(3)))
    outbox.run(sender_to(slack))
    slack.archive("xi-putin", undo=True)
    outbox.run(sender_to(slack))
    assert slack.alert_ids() == [], "not due yet"
    _later(outbox, timedelta(minutes=6)).run(sender_to(slack))
    assert slack.alert_ids() == ["a0", "a1", "a2"]


def test_a_new_alert_finds_out_that_the_channel_works_again(slack: FakeSlack) -> None:
    slack.archive("xi-putin")
    outbox = Outbox(alert("a", order=0), alert("b", order=1))
    outbox.run(sender_to(slack))
    slack.archive("xi-putin", undo=True)
    more = Outbox(*outbox.alerts, alert("c", order=2))
    more.deliveries |= outbox.deliveries
    more.run(sender_to(slack))
    assert slack.alert_ids() == ["a", "b", "c"]


def test_while_it_stays_blocked_only_one_alert_knocks(slack: FakeSlack) -> None:
    slack.archive("xi-putin")
    outbox = Outbox(*(alert(f"a{n}", order=n) for n in range(4)))
    outbox.run(sender_to(slack))
    more = Outbox(*outbox.alerts, alert("new", order=5))
    more.deliveries |= outbox.deliveries
    more.run(sender_to(slack))
    assert len(slack.posts()) == 2
    assert more.outcomes("new") == ["rejected"]
    assert more.outcomes("a3") == ["attempted", "rejected"]


def test_a_fixed_token_can_be_tried_at_once(slack: FakeSlack) -> None:
    outbox = Outbox(alert("a"), alert("b", "siberia"))
    slack.token = "xoxb-other"
    sending = outbox.run(sender_to(slack))
    assert slack.alert_ids() == []
    assert all("SLACK_BOT_TOKEN" in trouble for trouble in sending.troubles)
    slack.token = "xoxb-test"
    outbox.run(sender_to(slack), knock=True)
    assert sorted(slack.alert_ids()) == ["a", "b"]


def test_a_misspelt_channel_put_right_in_the_watchlist_gets_what_it_missed(slack: FakeSlack) -> None:
    outbox = Outbox(alert("a", "xi-puttin"))
    outbox.run(sender_to(slack))
    assert error_code(outbox.deliveries["a"][-1]) == "channel_not_found"
    outbox.run(sender_to(slack), channels={"t": "xi-putin"})
    assert slack.alert_ids("xi-putin") == ["a"]


def test_a_message_that_slack_finds_faulty_stops_no_other(slack: FakeSlack) -> None:
    slack.fault("msg_too_long")
    outbox = Outbox(alert("a", order=0), alert("b", order=1))
    outbox.run(sender_to(slack))
    assert slack.alert_ids() == ["b"]
    assert outbox.outcomes("a") == ["attempted", "rejected"]


def test_a_history_that_may_not_be_read_keeps_the_unclear_alert_and_stops_no_other(slack: FakeSlack) -> None:
    slack.missing_scopes = ("channels:history",)
    outbox = Outbox(alert("a", order=0), alert("b", order=1))
    outbox.record([Delivery(alert_id="a", at=utc_now() - timedelta(minutes=5), outcome="attempted", attempt=1)])
    sending = outbox.run(sender_to(slack))
    assert slack.alert_ids() == ["b"]
    assert outbox.outcomes("a")[-1] == "unclear"
    assert "channels:history" in sending.troubles[0]
    slack.missing_scopes = ()
    _later(outbox, timedelta(minutes=10)).run(sender_to(slack))
    assert slack.alert_ids() == ["b", "a"]


# Without a token


def test_without_a_token_alerts_are_handed_back_and_kept_as_not_sent(slack: FakeSlack) -> None:
    outbox = Outbox(alert("a"), alert("b"))
    sending = outbox.run(None)
    assert [shown.alert_id for shown in sending.not_sent] == ["a", "b"]
    assert outbox.outcomes("a") == ["not_sent"]
    assert outbox.run(None).not_sent == ()
    outbox.run(sender_to(slack))
    assert slack.alert_ids() == [], "a token set later does not flood the channels with the past"


def test_without_a_token_what_was_tried_with_one_waits(slack: FakeSlack) -> None:
    outbox = Outbox(alert("a"))
    slack.fault("ratelimited", seconds=60)
    outbox.run(sender_to(slack), budget_s=1)
    assert outbox.run(None).counts.counts == {"not_sent": 0, "waiting": 1}
    assert outbox.outcomes("a") == ["attempted", "retry"]


# Dying


class Killed(BaseException):
    """Stands for kill -9: from here on this process does nothing more."""


class Mortal:
    """An outbox and a sender that die together at their n-th step: before or after each thing they do."""

    def __init__(self, outbox: Outbox, sender: SlackSender, dies_at: int) -> None:
        self.outbox, self.sender, self.left, self.dead = outbox, sender, dies_at, False

    def step(self) -> None:
        self.left -= 1
        if self.dead or self.left < 0:
            self.dead = True
            raise Killed

    def record(self, deliveries: Sequence[Delivery]) -> None:
        self.step()
        self.outbox.record(deliveries)
        self.step()

    def pause_s(self, channel: str) -> float:
        return self.sender.pause_s(channel)

    def send(self, alert: Alert, attempt: int, thread_ts: str | None = None) -> Delivery:
        self.step()
        delivery = self.sender.send(alert, attempt, thread_ts)
        self.step()
        return delivery

    def find(self, alerts: Sequence[Alert], since: datetime, threads: Collection[str] = ()) -> Mapping[str, Delivery]:
        self.step()
        found = self.sender.find(alerts, since, threads)
        self.step()
        return found


def of_claim(name: str, order: int, claim: str = "capacity", *, broadcast: bool = False, **more: str) -> Alert:
    made = alert(name, order=order, **more)
    return dataclasses.replace(made, kind="claim_change", thread_key=f"claim {claim}", broadcast=broadcast)


def test_alerts_of_a_claim_stand_in_one_thread_and_shown_in_the_channel_where_they_ask_for_it(slack: FakeSlack) -> None:
    outbox = Outbox(
        of_claim("first", 0), of_claim("second", 1, broadcast=True), of_claim("third", 2), alert("plain", order=3)
    )
    outbox.run(sender_to(slack))
    first, second, third, plain = slack.messages
    assert ("thread_ts" in first, "thread_ts" in plain) == (False, False)
    assert second["thread_ts"] == third["thread_ts"] == first["ts"]
    assert (second.get("reply_broadcast"), third.get("reply_broadcast")) == (True, None)


def test_each_claim_and_each_channel_has_its_own_thread(slack: FakeSlack) -> None:
    outbox = Outbox(
        of_claim("a1", 0), of_claim("a2", 1), of_claim("b1", 2, "contract"), of_claim("b2", 3, "contract"),
        of_claim("c1", 4, channel="siberia"),
    )  # fmt: skip
    outbox.run(sender_to(slack))
    sent = {m["metadata"]["event_payload"]["alert_id"]: m for m in slack.messages}
    assert sent["a2"]["thread_ts"] == sent["a1"]["ts"]
    assert sent["b2"]["thread_ts"] == sent["b1"]["ts"]
    assert not any("thread_ts" in sent[name] for name in ("a1", "b1", "c1"))


def test_a_thread_is_found_again_after_a_restart(slack: FakeSlack) -> None:
    outbox = Outbox(of_claim("first", 0))
    outbox.run(sender_to(slack))
    outbox.alerts = (*outbox.alerts, of_claim("later", 5))
    outbox.deliveries["later"] = []
    outbox.run(sender_to(slack))
    assert slack.messages[1]["thread_ts"] == slack.messages[0]["ts"]


@pytest.mark.parametrize("fault", ["lost", "error", "garbage", "ratelimited", "refused"])
def test_trouble_in_a_thread_is_overcome_with_each_alert_once(slack: FakeSlack, fault: str) -> None:
    outbox = Outbox(of_claim("first", 0))
    outbox.run(sender_to(slack))
    slack.fault(fault, 2, seconds=0.1)
    outbox.alerts = (*outbox.alerts, of_claim("second", 1), of_claim("third", 2, broadcast=True))
    outbox.deliveries |= {"second": [], "third": []}
    outbox.run(sender_to(slack))
    assert slack.alert_ids() == ["first", "second", "third"]
    assert {message.get("thread_ts") for message in slack.messages[1:]} == {slack.messages[0]["ts"]}


def test_when_the_thread_is_gone_an_alert_stands_for_itself_and_begins_another(slack: FakeSlack) -> None:
    outbox = Outbox(of_claim("first", 0))
    outbox.run(sender_to(slack))
    slack.delete(slack.messages[0]["ts"])
    outbox.alerts = (*outbox.alerts, of_claim("second", 1))
    outbox.deliveries["second"] = []
    sending = outbox.run(sender_to(slack))
    (message,) = slack.messages
    assert "thread_ts" not in message
    assert (sending.troubles, sending.counts.counts["sent"]) == ((), 1)
    assert "The thread is gone" in (outbox.deliveries["second"][-1].error or "")


def test_a_long_thread_is_searched_to_its_end(slack: FakeSlack) -> None:
    slack.page_size = 3
    outbox = Outbox(*(of_claim(f"a{number}", number) for number in range(8)))
    outbox.run(sender_to(slack))
    slack.fault("lost")
    outbox.alerts = (*outbox.alerts, of_claim("last", 9))
    outbox.deliveries["last"] = []
    outbox.run(sender_to(slack))
    assert slack.alert_ids() == [*(f"a{number}" for number in range(8)), "last"]
    assert outbox.outcomes("last") == ["attempted", "found"]


@pytest.mark.parametrize("fault", [None, "lost", "refused", "error"])
@pytest.mark.parametrize("threaded", [False, True])
def test_dying_at_any_step_loses_and_doubles_nothing(slack: FakeSlack, fault: str | None, threaded: bool) -> None:
    died = 0
    for dies_at in range(40):
        slack.reset()
        made = of_claim if threaded else alert
        outbox = Outbox(made("a", order=0), made("b", order=1), alert("c", "siberia"))
        if fault:
            slack.fault(fault, channel="xi-putin")
        mortal = Mortal(outbox, sender_to(slack), dies_at)
        try:
            deliver(outbox.pending(), mortal, record=mortal.record, now=utc_now, budget_s=10, settle_s=0.001)
        except Killed:
            died += 1
        outbox.run(sender_to(slack), settle_s=0.001)
        assert sorted(slack.alert_ids()) == ["a", "b", "c"], f"died at step {dies_at}"
        assert slack.alert_ids("xi-putin") == ["a", "b"]
    assert died >= 9


def test_dying_again_and_again_loses_and_doubles_nothing(slack: FakeSlack) -> None:
    outbox = Outbox(*(alert(f"a{n}", order=n) for n in range(4)))
    for dies_at in (3, 2, 4, 3, 5, 4, 3, 2, 6):
        mortal = Mortal(outbox, sender_to(slack), dies_at)
        try:
            deliver(outbox.pending(), mortal, record=mortal.record, now=utc_now, budget_s=10, settle_s=0.001)
        except Killed:
            continue
    outbox.run(sender_to(slack), settle_s=0.001)
    assert slack.alert_ids() == ["a0", "a1", "a2", "a3"]


def test_an_interruption_records_what_is_known(slack: FakeSlack) -> None:
    slack.fault("slow", channel="xi-putin", seconds=1.0)
    outbox = Outbox(alert("a"), alert("b", "siberia"))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.4)
    try:
        with pytest.raises(KeyboardInterrupt):
            outbox.run(sender_to(slack))
    finally:
        signal.signal(signal.SIGALRM, before)
    assert outbox.outcomes("b") == ["attempted", "sent"]
    outbox.run(sender_to(slack))
    assert sorted(slack.alert_ids()) == ["a", "b"]


def test_a_defect_surfaces_after_the_outcomes_are_on_record(slack: FakeSlack) -> None:
    class Faulty(SlackSender):
        def send(self, alert: Alert, attempt: int, thread_ts: str | None = None) -> Delivery:
            if alert.alert_id == "b":
                raise ZeroDivisionError
            return super().send(alert, attempt, thread_ts)

    outbox = Outbox(alert("a", order=0), alert("b", order=1))
    given = {"SLACK_BOT_TOKEN": "xoxb-test", "SLACK_API_URL": slack.url}
    with pytest.raises(ZeroDivisionError):
        outbox.run(Faulty(Settings.model_validate(given)))
    assert outbox.outcomes("a") == ["attempted", "sent"]
    assert outbox.outcomes("b") == ["attempted"]


# A real process, really killed

SENDING_PROCESS = """
import json, os, sys
from datetime import timedelta
from pathlib import Path
import msgspec
from monitor.locks import sole_holder
from monitor.model import Alert, Delivery, utc_now
from monitor.slack.delivery import deliver
from monitor.settings import load_settings
from monitor.slack import SlackSender

home = Path(sys.argv[1])
journal = home / "deliveries.jsonl"

def record(deliveries):
    lines = b"".join(msgspec.json.encode(d) + b"\\n" for d in deliveries)
    with journal.open("ab") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())

with sole_holder(home / "send.lock", wait_s=5) as alone:
    assert alone
    alerts = msgspec.json.decode((home / "alerts.json").read_bytes(), type=list[Alert])
    lines = journal.read_bytes().splitlines() if journal.exists() else []
    deliveries = [msgspec.json.decode(line, type=Delivery) for line in lines]
    pending = [(a, [d for d in deliveries if d.alert_id == a.alert_id]) for a in alerts]
    print("ready", flush=True)
    print(deliver(pending, SlackSender(load_settings()), record=record, now=utc_now, budget_s=30, settle_s=0.3).counts)
"""


def _start(slack: FakeSlack, home: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"SLACK_BOT_TOKEN": "xoxb-test", "SLACK_API_URL": slack.url}
    process = subprocess.Popen(  # noqa: S603 - our own lines above
        [sys.executable, "-c", SENDING_PROCESS, str(home)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_process_killed_while_it_sends_leaves_each_alert_sent_once(slack: FakeSlack, tmp_path: Path) -> None:
    alerts = [alert(f"a{n}", ("xi-putin", "siberia", "sco")[n % 3], order=n) for n in range(15)]
    rows = [dataclasses.asdict(made) for made in alerts]
    (tmp_path / "alerts.json").write_text(json.dumps(rows, default=datetime.isoformat), "utf-8")
    # Killed while the answer to an accepted message is on its way, was lost, or Slack has yet to take the message.
    for fault in ("slow", "lost", "late", "slow"):
        slack.faults.clear()
        for channel in ("xi-putin", "siberia", "sco"):
            slack.fault(fault, 1, channel=channel, seconds=0.25)
        posts = len(slack.posts())
        process = _start(slack, tmp_path)
        give_up = time.monotonic() + 10
        while len(slack.posts()) <= posts and process.poll() is None and time.monotonic() < give_up:
            time.sleep(0.002)
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    slack.faults.clear()
    process = _start(slack, tmp_path)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "0 unclear" in output
    assert sorted(slack.alert_ids()) == sorted(made.alert_id for made in alerts)


# Another's idea of Slack


@pytest.mark.skipif("MONITOR_SLACK_SERVER" not in os.environ, reason="MONITOR_SLACK_SERVER names no Slack stand-in")
@pytest.mark.parametrize("kind", ["ratelimited", "error", "lost", "refused", "garbage", "invalid_auth"])
def test_a_stand_in_that_others_wrote_gets_each_alert_once(kind: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(  # noqa: S603 - the tester names the program
        [sys.executable, os.environ["MONITOR_SLACK_SERVER"], "--port", str(port), "--channels", "xi-putin,siberia"],
        stdout=subprocess.PIPE,
    )
    try:
        assert server.stdout is not None
        server.stdout.readline()
        given = {"SLACK_BOT_TOKEN": "xoxb-test", "SLACK_API_URL": f"{base}/api/"}
        sender = SlackSender(Settings.model_validate(given))
        urllib.request.urlopen(f"{base}/_fault?kind={kind}&count=2", data=b"").close()  # noqa: S310 - loopback
        outbox = Outbox(*(alert(f"a{n}", ("xi-putin", "siberia")[n % 2], order=n) for n in range(6)))
        outbox.run(sender, budget_s=20)
        outbox.run(sender, budget_s=20, knock=True)
        with urllib.request.urlopen(f"{base}/_messages") as answer:  # noqa: S310 - loopback
            messages = json.load(answer)
        ids = [message["metadata"]["event_payload"]["alert_id"] for message in messages]
        assert [name for name in ids if name in {"a0", "a2", "a4"}] == ["a0", "a2", "a4"]
        assert sorted(ids) == [f"a{n}" for n in range(6)]
    finally:
        server.kill()
        server.communicate()
