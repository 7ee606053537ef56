"""One message to Slack, every kind of answer, and looking up what may have arrived."""

import json
import logging
import socket
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from fake_slack import FakeSlack
from monitor.alerts import operations_alert
from monitor.alerts.outbox import error_code
from monitor.errors import SlackError
from monitor.model import Alert, utc_now
from monitor.settings import Settings
from monitor.slack import BURST, SlackSender

TOKEN = "xoxb-test"


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(("xi-putin", "siberia"), private=("board",), burst_window_s=0.0) as server:
        yield server


def sender_to(slack: FakeSlack, token: str = TOKEN, **more: Any) -> SlackSender:
    return SlackSender(settings_for(slack.url, token), **more)


def settings_for(url: str, token: str | None = TOKEN) -> Settings:
    return Settings.model_validate({"SLACK_BOT_TOKEN": token, "SLACK_API_URL": url})


def alert(name: str = "Leaders meet", channel: str = "xi-putin") -> Alert:
    return operations_alert(name, "Xi met Putin.", channel=channel, now=utc_now())


def test_a_message_carries_text_blocks_and_its_key_and_unfurls_nothing(slack: FakeSlack) -> None:
    given = alert()
    delivery = sender_to(slack).send(given, 3)
    (message,) = slack.messages
    assert (delivery.outcome, delivery.attempt, delivery.error) == ("sent", 3, None)
    assert (delivery.channel_id, delivery.ts) == (slack.channel_id("xi-putin"), message["ts"])
    assert (message["text"], message["blocks"]) == (given.text, json.loads(given.blocks))
    assert message["metadata"] == {"event_type": "monitor_alert", "event_payload": {"alert_id": given.alert_id}}
    assert message["unfurl_links"] is False
    assert message["unfurl_media"] is False


@pytest.mark.parametrize(
    ("fault", "outcome", "code", "accepted"),
    [
        ("ratelimited", "retry", "ratelimited", 0),
        ("error", "unclear", "http_500", 0),
        ("gateway", "unclear", "http_502", 0),
        ("garbage", "unclear", "no_json", 0),
        ("lost", "unclear", "no_answer", 1),
        ("refused", "unclear", "no_answer", 0),
        ("internal_error", "unclear", "internal_error", 0),
        ("invalid_auth", "rejected", "invalid_auth", 0),
        ("account_inactive", "rejected", "account_inactive", 0),
        ("not_in_channel", "rejected", "not_in_channel", 0),
        ("msg_too_long", "rejected", "msg_too_long", 0),
        ("an_error_of_next_year", "rejected", "an_error_of_next_year", 0),
    ],
)
def test_each_answer_has_its_outcome_and_one_request(
    slack: FakeSlack, fault: str, outcome: str, code: str, accepted: int
) -> None:
    slack.fault(fault)
    delivery = sender_to(slack).send(alert(), 1)
    assert (delivery.outcome, error_code(delivery)) == (outcome, code)
    assert len(slack.posts()) == 1
    assert len(slack.messages) == accepted


def test_the_wait_that_slack_asks_for_is_kept(slack: FakeSlack) -> None:
    slack.fault("ratelimited", seconds=30)
    delivery = sender_to(slack).send(alert(), 1)
    assert delivery.retry_at is not None
    assert 29 < (delivery.retry_at - utc_now()).total_seconds() <= 30


def test_no_answer_in_time_is_unclear(slack: FakeSlack) -> None:
    slack.fault("slow", seconds=2)
    delivery = sender_to(slack, timeout_s=1).send(alert(), 1)
    assert (delivery.outcome, error_code(delivery)) == ("unclear", "timeout")
    assert len(slack.messages) == 1


def test_a_slow_answer_is_waited_for(slack: FakeSlack) -> None:
    slack.fault("slow", seconds=0.5)
    assert sender_to(slack).send(alert(), 1).outcome == "sent"


def test_a_host_that_cannot_be_reached_has_not_got_the_message() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    delivery = SlackSender(settings_for(f"http://127.0.0.1:{port}/api/")).send(alert(), 1)
    assert (delivery.outcome, error_code(delivery)) == ("retry", "connection")
    assert "cannot be reached" in (delivery.error or "")


def test_blocks_that_slack_calls_invalid_do_not_lose_the_alert(slack: FakeSlack) -> None:
    slack.fault("invalid_blocks")
    delivery = sender_to(slack).send(alert(), 1)
    assert delivery.outcome == "sent"
    assert error_code(delivery) == "invalid_blocks"
    assert slack.messages[0]["blocks"] is None
    assert "Leaders meet" in slack.messages[0]["text"]


# Channels


def test_an_unknown_channel_is_explained_with_the_nearest_name(slack: FakeSlack) -> None:
    delivery = sender_to(slack).send(alert(channel="xi-puttin"), 1)
    assert (delivery.outcome, error_code(delivery), delivery.channel_id) == (
        "rejected",
        "channel_not_found",
        "xi-puttin",
    )
    assert "'xi-puttin' does not exist" in (delivery.error or "")
    assert "Did you mean xi-putin?" in (delivery.error or "")
    assert "watchlist.yaml" in (delivery.error or "")


def test_an_archived_channel_is_explained(slack: FakeSlack) -> None:
    slack.archive("xi-putin")
    delivery = sender_to(slack).send(alert(), 1)
    assert (delivery.outcome, error_code(delivery)) == ("rejected", "is_archived")
    assert "Unarchive it" in (delivery.error or "")


@pytest.mark.parametrize("written", ["xi-putin", "#xi-putin"])
def test_a_channel_may_be_written_with_its_sign(slack: FakeSlack, written: str) -> None:
    assert sender_to(slack).send(alert(channel=written), 1).outcome == "sent"


def test_a_private_channel_is_reached_by_its_name_through_its_id(slack: FakeSlack) -> None:
    assert sender_to(slack).send(alert(channel="board"), 1).outcome == "sent"
    assert sender_to(slack).send(alert(channel=slack.channel_id("board")), 1).outcome == "sent"


def test_a_channel_far_down_a_long_list_is_found(slack: FakeSlack) -> None:
    slack.page_size = 3
    for n in range(10):
        slack.create(f"other-{n}")
    slack.create("late-private", private=True)
    assert sender_to(slack).send(alert(channel="late-private"), 1).outcome == "sent"


# Looking up


def test_what_arrived_is_found_and_what_did_not_is_missing(slack: FakeSlack) -> None:
    here, there, nowhere = alert("one"), alert("two"), alert("three")
    slack.fault("lost", 2)
    sender = sender_to(slack)
    sender.send(here, 1)
    sender.send(there, 1)
    found = sender_to(slack).find([here, there, nowhere], utc_now() - timedelta(minutes=1))
    assert set(found) == {here.alert_id, there.alert_id}
    assert found[here.alert_id].outcome == "found"
    assert found[here.alert_id].ts == slack.messages[0]["ts"]
    assert found[here.alert_id].channel_id == slack.channel_id("xi-putin")


def test_a_message_is_found_behind_many_others(slack: FakeSlack) -> None:
    slack.page_size = 5
    given = alert()
    slack.fault("lost")
    sender = sender_to(slack)
    sender.send(given, 1)
    for n in range(23):
        slack.add_message("xi-putin", utc_now() + timedelta(seconds=n), text=f"chatter {n}", metadata={"event_type": n})
    assert given.alert_id in sender.find([given], utc_now())


def test_a_history_longer_than_we_read_says_nothing_about_what_was_not_met(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.page_size = 2
    monkeypatch.setattr("monitor.slack.HISTORY_PAGES", 3)
    given = alert()
    slack.fault("lost")
    sender = sender_to(slack)
    sender.send(given, 1)
    for n in range(5):
        slack.add_message("xi-putin", utc_now() + timedelta(seconds=n), text=f"chatter {n}")
    assert given.alert_id in sender.find([given], utc_now())
    slack.add_message("xi-putin", utc_now() + timedelta(seconds=9), text="one too many")
    with pytest.raises(SlackError, match="too long") as raised:
        sender.find([given], utc_now())
    assert raised.value.code == "history_too_long"


def test_clocks_that_differ_by_minutes_do_not_hide_a_message(slack: FakeSlack) -> None:
    given = alert()
    sender = sender_to(slack)
    sender.send(given, 1)
    assert given.alert_id in sender.find([given], utc_now() + timedelta(minutes=30))


def test_messages_of_others_with_odd_metadata_are_passed_over(slack: FakeSlack) -> None:
    for metadata in ({"event_type": "monitor_alert"}, {"event_type": "monitor_alert", "event_payload": []}, "x", None):
        slack.add_message("xi-putin", utc_now(), text="odd", metadata=metadata)
    assert sender_to(slack).find([alert()], utc_now()) == {}


def test_a_history_that_may_not_be_read_says_which_right_is_missing(slack: FakeSlack) -> None:
    slack.missing_scopes = ("channels:history",)
    with pytest.raises(SlackError, match="needed: channels:history") as raised:
        sender_to(slack).find([alert()], utc_now())
    assert raised.value.code == "missing_scope"


def test_without_the_right_to_list_private_channels_public_ones_are_still_found(slack: FakeSlack) -> None:
    slack.missing_scopes = ("groups:read",)
    given = alert()
    sender_to(slack).send(given, 1)
    assert given.alert_id in sender_to(slack).find([given], utc_now())


# Pace


def test_the_first_messages_to_a_channel_go_without_a_pause_and_then_about_one_a_second(slack: FakeSlack) -> None:
    sender = sender_to(slack)
    for n in range(BURST):
        assert sender.pause_s("xi-putin") == 0
        sender.send(alert(f"{n}"), 1)
    assert 4 < sender.pause_s("xi-putin") <= 5.1
    assert sender.pause_s("siberia") == 0


# The token


def test_the_token_is_shown_nowhere(slack: FakeSlack, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "xoxb-very-secret"
    sender = sender_to(slack, token=secret)
    deliveries = [sender.send(alert(), 1)]
    slack.fault("lost")
    deliveries.append(sender.send(alert(), 1))
    with pytest.raises(SlackError) as raised:
        sender.check()
    shown = f"{sender!r} {vars(sender)} {deliveries} {raised.value!r} {caplog.text}"
    assert error_code(deliveries[0]) == "invalid_auth"
    assert "SLACK_BOT_TOKEN" in (deliveries[0].error or "")
    assert secret not in shown


def test_a_token_can_be_checked(slack: FakeSlack) -> None:
    assert sender_to(slack).check() == "Slack knows the token: monitor in Test."


def test_without_a_token_there_is_no_sender(slack: FakeSlack) -> None:
    with pytest.raises(ValueError, match="SLACK_BOT_TOKEN"):
        SlackSender(settings_for(slack.url, None))


def test_a_proxy_for_the_internet_does_not_swallow_loopback(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(urllib.request, "_opener", None)  # read the environment again
    assert sender_to(slack).send(alert(), 1).outcome == "sent"


# The fake itself: it must be as strict as it claims, or the tests above prove little


def test_the_fake_refuses_what_slack_refuses(slack: FakeSlack) -> None:
    def error_of(blocks: list[dict[str, Any]]) -> object:
        args = {"channel": "xi-putin", "text": "x", "blocks": blocks}
        body = slack.call("chat.postMessage", args, TOKEN).body
        assert isinstance(body, dict)
        return body.get("error")

    def section(text: str) -> dict[str, Any]:
        return {"type": "section", "text": {"type": "mrkdwn", "text": text}}

    assert error_of([section("fine <https://example.com/a|b> &amp; more")]) is None
    for faulty in ("", "x" * 3_001, "<!channel>", "a < b", "a & b"):
        assert error_of([section(faulty)]) == "invalid_blocks"
    assert error_of([section("x")] * 51) == "invalid_blocks"
    assert error_of([{"type": "context", "elements": []}]) == "invalid_blocks"


def test_the_fake_limits_bursts() -> None:
    with FakeSlack(("c",), burst_window_s=5) as slack:
        sender = sender_to(slack)
        outcomes = [sender.send(alert(f"{n}", "c"), 1).outcome for n in range(6)]
    assert outcomes == ["sent"] * 5 + ["retry"]
