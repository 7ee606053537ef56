"""The send stage: from the outbox to Slack, or, without a token, to whoever can show it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import archive_samples as samples
from fake_slack import TOKEN, FakeSlack
from flow_world import make_settings
from monitor.archive import Archive
from monitor.locks import sole_holder
from monitor.model import utc_now
from monitor.pipeline import send as send_module
from monitor.pipeline.send import AlertsWait, alerts_are_due, send, send_or_return, tell_operators, told
from monitor.settings import Settings


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(("siberia", "ops"), burst_window_s=0) as server:
        yield server


def queue(settings: Settings, *names: str, channel: str = "siberia") -> None:
    alerts = [samples.alert(name, channel=channel, created_at=utc_now(), topics=("pipeline",)) for name in names]
    Archive(settings).load_batch(polls=[], pages=[], sources=[], alerts=alerts)


def outcomes(settings: Settings) -> list[tuple[str, str]]:
    with Archive(settings).read() as con:
        return con.execute("SELECT alert_id, outcome FROM deliveries ORDER BY occurred_at, outcome").fetchall()


def with_token(folder: Path, slack: FakeSlack, **more: str) -> Settings:
    return make_settings(folder, SLACK_BOT_TOKEN=TOKEN, SLACK_API_URL=slack.url, **more)


def test_an_empty_outbox_costs_nothing(tmp_path: Path, slack: FakeSlack) -> None:
    assert not any(send(with_token(tmp_path, slack)).counts.values())
    assert slack.calls == []


def test_without_a_token_alerts_are_returned_once_and_recorded_as_not_sent(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    queue(settings, "a", "b")
    counts, shown = send_or_return(settings)
    assert counts.counts == {"not_sent": 2, "waiting": 0}
    assert [alert.alert_id for alert in shown] == ["alert-a", "alert-b"]
    assert [outcome for _, outcome in outcomes(settings)] == ["not_sent", "not_sent"]
    assert send_or_return(settings)[1] == ()


def test_without_a_token_alerts_are_logged(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    queue(settings, "a")
    with capture_logs() as logs:
        send(settings)
    (line,) = [line for line in logs if line["event"].startswith("alert not sent")]
    assert (line["channel"], line["text"]) == ("siberia", "News a")


def test_with_a_token_alerts_are_sent_once(tmp_path: Path, slack: FakeSlack) -> None:
    settings = with_token(tmp_path, slack)
    queue(settings, "a", "b")
    assert send(settings).counts["sent"] == 2
    assert not any(send(settings).counts.values())
    assert sorted(slack.alert_ids()) == ["alert-a", "alert-b"]
    assert [outcome for _, outcome in outcomes(settings)] == ["attempted", "attempted", "sent", "sent"]


def test_two_senders_at_once_send_once(tmp_path: Path, slack: FakeSlack) -> None:
    settings = with_token(tmp_path, slack)
    queue(settings, "a", "b", "c")
    threads = [threading.Thread(target=send, args=(settings,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slack.alert_ids()) == ["alert-a", "alert-b", "alert-c"]


def test_who_finds_another_sender_at_work_leaves_it_to_that_one(
    tmp_path: Path, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = with_token(tmp_path, slack)
    queue(settings, "a")
    monkeypatch.setattr(send_module, "BUDGET_S", 0.1)
    with sole_holder(settings.state_dir / "send.lock", wait_s=1):
        assert not any(send(settings).counts.values())
    assert slack.messages == []


def test_what_slack_refuses_waits_and_is_told(tmp_path: Path, slack: FakeSlack) -> None:
    settings = with_token(tmp_path, slack)
    queue(settings, "a", channel="nowhere")
    queue(settings, "b")
    with capture_logs() as logs, pytest.raises(AlertsWait, match="nowhere: ") as raised:
        send(settings)
    assert (raised.value.counts.counts["rejected"], told(raised.value.counts)) == (1, 1)
    assert ("alert-a", "rejected") in outcomes(settings)
    (line,) = [line for line in logs if line["event"] == "alerts wait"]
    assert line["trouble"].startswith("nowhere: ")
    slack.create("nowhere")
    counts, _ = send_or_return(settings, knock=True)  # a person has mended it
    assert counts.counts["sent"] == 1


def test_what_was_refused_is_due_again_later_and_only_then_tried(tmp_path: Path, slack: FakeSlack) -> None:
    settings = with_token(tmp_path, slack)
    assert not alerts_are_due(settings)
    slack.archive("siberia")
    queue(settings, "a")
    assert alerts_are_due(settings)
    with pytest.raises(AlertsWait, match="Unarchive it"):
        send(settings)
    assert not alerts_are_due(settings)
    counts = send(settings)
    assert (counts.counts["waiting"], told(counts)) == (1, 0)
    queue(settings, "b", channel="ops")
    assert alerts_are_due(settings)


def test_an_invalid_token_is_told(tmp_path: Path, slack: FakeSlack) -> None:
    queue(with_token(tmp_path, slack), "a")
    wrong = make_settings(tmp_path, SLACK_BOT_TOKEN="xoxb-wrong", SLACK_API_URL=slack.url)
    with pytest.raises(AlertsWait, match="SLACK_BOT_TOKEN"):
        send(wrong)
    assert not alerts_are_due(wrong)


def test_without_a_token_only_new_alerts_are_due(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    queue(settings, "a")
    assert alerts_are_due(settings)
    assert told(send(settings)) == 1
    assert not alerts_are_due(settings)


def test_operators_are_told_past_the_outbox(tmp_path: Path, slack: FakeSlack) -> None:
    tell_operators(with_token(tmp_path, slack, ops_channel="ops"), "ingest has stalled", "Open the DAG.")
    (message,) = slack.messages
    assert message["channel_name"] == "ops"
    assert "ingest has stalled" in message["text"]
    with capture_logs() as logs:
        tell_operators(make_settings(tmp_path), "ingest has stalled", "Open the DAG.")
    assert "MONITOR_OPS_CHANNEL" in logs[0]["event"]
