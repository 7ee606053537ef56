"""The send stage: from the outbox to Slack."""

from collections.abc import Sequence

import structlog

from monitor.alerts import operations_alert
from monitor.alerts.outbox import plan, reroute
from monitor.archive import Archive
from monitor.errors import MonitorError
from monitor.locks import sole_holder
from monitor.model import Alert, Counts, utc_now
from monitor.pipeline.config import current_watchlist
from monitor.settings import Settings
from monitor.slack import SlackSender
from monitor.slack.delivery import deliver

log = structlog.get_logger()

BUDGET_S = 60.0
"""How long one run goes on; what is left is sent by the next."""


class AlertsWait(MonitorError):
    """Slack took some alerts not, for reasons that somebody has to put right; they wait in the outbox.

    Raised last: all others were sent, and everything is on record.
    """

    def __init__(self, message: str, counts: Counts) -> None:
        super().__init__(message)
        self.counts = counts


def told(counts: Counts) -> int:
    """How many alerts a run brought to their readers, by Slack or, without a token, by the log."""
    return sum(counts.counts.get(outcome, 0) for outcome in ("sent", "found", "not_sent"))


def alerts_are_due(settings: Settings) -> bool:
    """Whether `send` would try anything now."""
    if not settings.archive_file.exists():
        return False
    pending = Archive(settings).pending_alerts()
    if settings.slack_bot_token is None:
        return any(not deliveries for _, deliveries in pending)
    channels = _channels(settings)
    return bool(plan([(reroute(alert, events, channels), events) for alert, events in pending], utc_now()))


def _channels(settings: Settings) -> dict[str, str]:
    """The channel of each topic and claim, which share no ids."""
    watchlist = current_watchlist(settings).value
    topics = {topic.id: topic.channel for topic in watchlist.topics}
    return topics | {claim.id: claim.channel or topics[claim.topic] for claim in watchlist.claims}


def send(settings: Settings) -> Counts:
    """Send what is due in the outbox; without a token, log it and keep it as not sent. Raises AlertsWait."""
    counts, not_sent = send_or_return(settings)
    for alert in not_sent:
        log.info("alert not sent, no SLACK_BOT_TOKEN", channel=alert.channel, text=alert.text)
    return counts


def send_or_return(settings: Settings, *, knock: bool = False) -> tuple[Counts, Sequence[Alert]]:
    """The same, but alerts that stay unsent for want of a token are returned, for the caller to show.

    `knock` tries rejected alerts at once, for a person who has just mended the token or a channel. Raises AlertsWait,
    with a sentence a channel and cause, when all is done that could be done and some alerts were refused.
    """
    archive = Archive(settings)
    with sole_holder(settings.state_dir / "send.lock", wait_s=BUDGET_S) as ours:
        if not ours:
            log.info("send: another process is sending")
            return Counts(stage="send", counts={"sent": 0}), ()
        pending = archive.pending_alerts()
        if not pending:
            return Counts(stage="send", counts={"sent": 0}), ()
        thread_keys = {alert.thread_key for alert, _ in pending if alert.thread_key is not None}
        sent = deliver(
            pending,
            SlackSender(settings) if settings.slack_bot_token is not None else None,
            record=archive.record_deliveries,
            now=utc_now,
            budget_s=BUDGET_S,
            knock=knock,
            channels=_channels(settings),
            threads=archive.threads(thread_keys) if thread_keys else {},
        )
    for trouble in sent.troubles:
        log.error("alerts wait", trouble=trouble)
    log.info(str(sent.counts))
    if sent.troubles:
        raise AlertsWait(f"Some alerts wait in the outbox. {' '.join(sent.troubles)}", sent.counts)
    return sent.counts, sent.not_sent


def tell_operators(settings: Settings, title: str, detail: str) -> None:
    """Tell the operators something now, past the outbox: for trouble that may have stopped the outbox itself."""
    if settings.ops_channel is None or settings.slack_bot_token is None:
        log.error("nobody is told in Slack: MONITOR_OPS_CHANNEL or SLACK_BOT_TOKEN is not set", title=title)
        return
    alert = operations_alert(title, detail, channel=settings.ops_channel, now=utc_now())
    delivery = SlackSender(settings).send(alert, attempt=1)
    log.info("operators told", outcome=delivery.outcome, error=delivery.error)
