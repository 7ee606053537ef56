"""Slack's Web API: the only importer of slack_sdk's client.

`SlackSender.send` posts one message and says what came of it as a Delivery; `SlackSender.find` looks up, by their
metadata, messages of which we do not know whether they arrived. Deciding what to do next is `outbox`'s.

slack_sdk's own retries are taken off: they post a message a second time when Slack accepted it and the answer was
lost. The token goes into the client and nowhere else; no error, log line or repr shows it.
"""

import difflib
import json
import logging
import re
import ssl
import threading
import time
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.models.metadata import Metadata
from slack_sdk.web import SlackResponse

from monitor.answers import retry_after_s
from monitor.errors import SlackError
from monitor.model import Alert, Delivery, DeliveryOutcome, utc_now
from monitor.settings import Settings

EVENT_TYPE = "monitor_alert"
"""`metadata.event_type` of each message; `event_payload` is `{"alert_id": …}`."""

CLOCK_MARGIN = timedelta(hours=1)
"""How far Slack's clock and ours may be apart when a message is looked up by time."""
HISTORY_PAGE = 200
HISTORY_PAGES = 50
CHANNEL_PAGES = 50
BURST = 5
BURST_WINDOW_S = 5.0
"""Slack takes about a message a second a channel and short bursts: at most BURST in BURST_WINDOW_S."""
REQUEST_TIMEOUT_S = 30

_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{7,}")
_ERROR_NAME = re.compile(r"[a-z0-9_]{1,80}")
_UNCLEAR_ERRORS = frozenset(
    {"fatal_error", "internal_error", "service_unavailable", "request_timeout", "unknown_error"}
)
_RATE_ERRORS = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded", "accesslimited"})

_BLOCKS_REFUSED = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
_THREAD_GONE = frozenset(
    {
        "cannot_reply_to_message",
        "invalid_thread_ts",
        "message_not_found",
        "restricted_action_thread_locked",
        "thread_not_found",
    }
)

_ADVICE = {
    "invalid_auth": "Slack does not know this token. Set SLACK_BOT_TOKEN to your app's Bot User OAuth Token (xoxb-…).",
    "not_authed": "No token reached Slack. Set SLACK_BOT_TOKEN to your app's Bot User OAuth Token (xoxb-…).",
    "account_inactive": "The token belongs to a removed user or app. Install the app again and set SLACK_BOT_TOKEN.",
    "token_revoked": "The token was revoked. Install the app again and set SLACK_BOT_TOKEN.",
    "token_expired": "The token has expired. Set a fresh SLACK_BOT_TOKEN.",
    "not_allowed_token_type": "This kind of token cannot post. Set SLACK_BOT_TOKEN to a bot token (xoxb-…).",
    "missing_scope": "The app lacks a permission. Give it chat:write, channels:read, channels:history (for private "
    "channels groups:read and groups:history too) and install it again.",
    "is_archived": "The channel is archived. Unarchive it, or give the topic another channel in watchlist.yaml.",
    "not_in_channel": "The app is not a member of the channel. Invite it there: /invite @your-app.",
    "invalid_blocks": "Slack finds the message faulty; this is a defect of the monitor.",
    "msg_too_long": "Slack finds the message too long; this is a defect of the monitor.",
    "no_text": "Slack finds the message empty; this is a defect of the monitor.",
}


def _silent_logger() -> logging.Logger:
    # slack_sdk logs each failure itself, at ERROR and with bodies; ours are Deliveries with a sentence.
    # Outside the hierarchy, so that no logging configuration can turn it on again.
    return logging.Logger("slack_sdk, silent", level=logging.CRITICAL + 1)  # noqa: LOG001 - for that very reason


class _Unclear(SlackError):
    """No usable answer: the message may have arrived."""


class SlackSender:
    """Posts alerts with one bot token. Safe to use from several threads, one a channel.

    Raises ValueError without a token in `settings`: then there is nothing to send with.
    """

    def __init__(self, settings: Settings, *, timeout_s: int = REQUEST_TIMEOUT_S) -> None:
        if settings.slack_bot_token is None:
            raise ValueError("SLACK_BOT_TOKEN is not set")
        self._api_url = settings.slack_api_url
        self._timeout_s = timeout_s
        self._client = WebClient(
            token=settings.slack_bot_token.get_secret_value(),
            base_url=settings.slack_api_url,
            timeout=timeout_s,
            retry_handlers=[],
            logger=_silent_logger(),
        )
        if _is_loopback(settings.slack_api_url):
            self._client.proxy = None  # slack_sdk takes HTTPS_PROXY for every host, NO_PROXY or not
        self._lock = threading.Lock()
        self._ids: dict[str, str] = {}
        self._finished: dict[str, deque[float]] = {}

    def __repr__(self) -> str:
        return f"SlackSender({self._api_url})"

    def pause_s(self, channel: str) -> float:
        """Seconds to wait before the next message to `channel`, so that Slack need not refuse it; 0 as a rule."""
        recent = self._finished.get(channel)
        if recent is None or len(recent) < BURST:
            return 0.0
        return max(0.0, recent[0] + BURST_WINDOW_S + 0.05 - time.monotonic())

    def send(self, alert: Alert, attempt: int, thread_ts: str | None = None) -> Delivery:
        """Post `alert` once, into the thread that the message `thread_ts` began if that is given, and say what came of
        it: `sent`, `retry`, `unclear` or `rejected`.

        When Slack calls the blocks invalid, the plain text goes instead, and when the thread is gone, the alert stands
        for itself: an ugly alert is better than none.
        """
        try:
            return self._post_anywhere(alert, attempt, thread_ts)
        except _Unclear as error:
            return self._delivery(alert, "unclear", attempt, error)
        except SlackError as error:
            if error.code in _RATE_ERRORS or error.retry_after_s is not None:
                wait = timedelta(seconds=error.retry_after_s if error.retry_after_s is not None else 1.0)
                return self._delivery(alert, "retry", attempt, error, retry_at=utc_now() + wait)
            if error.code == "connection":
                return self._delivery(alert, "retry", attempt, error)
            return self._delivery(alert, "rejected", attempt, error)
        finally:
            with self._lock:
                self._finished.setdefault(alert.channel, deque(maxlen=BURST)).append(time.monotonic())

    def find(self, alerts: Sequence[Alert], since: datetime, threads: Collection[str] = ()) -> Mapping[str, Delivery]:
        """Which of `alerts`, all of one channel, are in the channel's history after `since` (less CLOCK_MARGIN), or in
        one of `threads` (timestamps of what began them): alert id -> `found` Delivery. What is missing from the result
        did not arrive.

        Raises SlackError when the history could not be read, or not back to `since`.
        """
        if not alerts:
            return {}
        channel_id = self._channel_id(alerts[0].channel)
        if channel_id is None:
            raise self._unknown_channel(alerts[0].channel)
        wanted = {alert.alert_id: alert for alert in alerts}
        found: dict[str, Delivery] = {}
        oldest = f"{(since - CLOCK_MARGIN).timestamp():.6f}"
        for thread_ts in threads:
            self._find_in_thread(channel_id, thread_ts, oldest, wanted, found)
        if len(found) < len(wanted):
            self._find_in_channel(channel_id, oldest, wanted, found)
        # What began a thread may have been unclear itself, and what followed it stands there only.
        keys = {alert.thread_key for alert in alerts if alert.alert_id not in found} - {None}
        begun = {found[alert.alert_id].ts for alert in alerts if alert.alert_id in found and alert.thread_key in keys}
        for thread_ts in sorted(ts for ts in begun - set(threads) if ts is not None):
            self._find_in_thread(channel_id, thread_ts, oldest, wanted, found)
        return found

    def _find_in_channel(
        self, channel_id: str, oldest: str, wanted: Mapping[str, Alert], found: dict[str, Delivery]
    ) -> None:
        latest: str | None = None
        for _ in range(HISTORY_PAGES):
            answer = self._call(
                "conversations.history",
                channel=channel_id,
                oldest=oldest,
                latest=latest,
                limit=HISTORY_PAGE,
                include_all_metadata="true",
            )
            messages = _note_found(answer, channel_id, wanted, found)
            if len(found) == len(wanted) or not answer.get("has_more"):
                return
            next_latest = messages[-1].get("ts") if messages else None
            if next_latest in {None, latest}:
                break
            latest = next_latest
        # What was not met on the pages read may stand on the others: nobody may take it for not sent.
        channel = next(iter(wanted.values())).channel
        since = datetime.fromtimestamp(float(oldest), UTC) + CLOCK_MARGIN
        raise SlackError(
            f"The history of {channel!r} since {since:%Y-%m-%d %H:%M} UTC is too long to be searched "
            f"({HISTORY_PAGES} pages), so it stays open whether the message arrived. Look into the channel.",
            code="history_too_long",
        )

    def _find_in_thread(
        self, channel_id: str, thread_ts: str, oldest: str, wanted: Mapping[str, Alert], found: dict[str, Delivery]
    ) -> None:
        cursor: str | None = None
        for _ in range(HISTORY_PAGES):
            try:
                answer = self._call(
                    "conversations.replies",
                    channel=channel_id,
                    ts=thread_ts,
                    oldest=oldest,
                    limit=HISTORY_PAGE,
                    cursor=cursor,
                    include_all_metadata="true",
                )
            except SlackError as error:
                if error.code not in _THREAD_GONE:
                    raise
                return
            _note_found(answer, channel_id, wanted, found)
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if len(found) == len(wanted) or not cursor:
                return
        raise SlackError(
            "A thread is too long to be searched, so it stays open whether the message arrived. Look into the channel.",
            code="history_too_long",
        )

    def check(self) -> str:
        """Whose token this is, as a sentence (`auth.test`). Raises SlackError with what to do."""
        answer = self._call("auth.test")
        return f"Slack knows the token: {answer.get('user')} in {answer.get('team')}."

    def _post_anywhere(self, alert: Alert, attempt: int, thread_ts: str | None) -> Delivery:
        target = self._ids.get(alert.channel, alert.channel)
        try:
            return self._post(alert, attempt, target, thread_ts)
        except SlackError as error:
            if error.code != "channel_not_found":
                raise
            # Private channels answer to their id only; and the list tells a slip of the pen from a missing invitation.
            channel_id = self._channel_id_quietly(alert.channel)
            if channel_id is None or channel_id == target:
                raise self._unknown_channel(alert.channel) from None
        return self._post(alert, attempt, channel_id, thread_ts)

    def _post(self, alert: Alert, attempt: int, target: str, thread_ts: str | None) -> Delivery:
        blocks: list[Any] | None = json.loads(alert.blocks)
        notes: list[str] = []
        while True:
            try:
                answer = self._post_once(alert, target, blocks, thread_ts)
                break
            except SlackError as error:
                if blocks is not None and error.code in _BLOCKS_REFUSED:
                    notes.append(f"{error.code}: {error} Sent as plain text instead.")
                    blocks = None
                elif thread_ts is not None and error.code in _THREAD_GONE:
                    notes.append(f"{error.code}: The thread is gone; sent as a message of its own.")
                    thread_ts = None
                else:
                    raise
        channel_id = str(answer.get("channel") or target)
        with self._lock:
            self._ids[alert.channel] = channel_id
        return Delivery(
            alert_id=alert.alert_id,
            at=utc_now(),
            outcome="sent",
            attempt=attempt,
            channel_id=channel_id,
            ts=answer.get("ts"),
            error=" ".join(notes) or None,
        )

    def _post_once(self, alert: Alert, target: str, blocks: list[Any] | None, thread_ts: str | None) -> SlackResponse:
        message: dict[str, Any] = {
            "channel": target,
            "text": alert.text,
            "metadata": Metadata(event_type=EVENT_TYPE, event_payload={"alert_id": alert.alert_id}).to_dict(),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if blocks:
            message["blocks"] = blocks
        if thread_ts is not None:
            message |= {"thread_ts": thread_ts, "reply_broadcast": alert.broadcast}
        return self._call("chat.postMessage", json_body=message)

    def _delivery(
        self,
        alert: Alert,
        outcome: DeliveryOutcome,
        attempt: int,
        error: SlackError,
        *,
        retry_at: datetime | None = None,
    ) -> Delivery:
        return Delivery(
            alert_id=alert.alert_id,
            at=utc_now(),
            outcome=outcome,
            attempt=attempt,
            channel_id=alert.channel if outcome == "rejected" else self._ids.get(alert.channel),
            error=f"{error.code}: {error}",
            retry_at=retry_at,
        )

    def _call(
        self, method: str, *, json_body: dict[str, Any] | None = None, **params: str | int | None
    ) -> SlackResponse:
        """One request, one answer with `ok`. Raises SlackError; `_Unclear` where it may have had its effect."""
        try:
            if json_body is not None:
                return self._client.api_call(method, json=json_body)
            given = {name: value for name, value in params.items() if value is not None}
            return self._client.api_call(method, params=given)
        except SlackApiError as error:
            raise _from_answer(error.response, method) from None
        except (SlackClientError, OSError, HTTPException, ValueError, LookupError, AttributeError, TypeError) as error:
            # slack_sdk lets what urllib, the decoders and its own unpacking of odd JSON raise pass through.
            raise _from_exception(error, self._api_url, self._timeout_s) from None

    def _channel_id(self, channel: str) -> str | None:
        """The id of a channel given by name or id; None where the app can see no such channel. Raises SlackError."""
        name = channel.lstrip("#")
        if _CHANNEL_ID.fullmatch(name):
            return name
        with self._lock:
            known = self._ids.get(channel)
        return known or self._list_channels().get(name)

    def _channel_id_quietly(self, channel: str) -> str | None:
        try:
            return self._channel_id(channel)
        except SlackError:
            return None

    def _list_channels(self) -> dict[str, str]:
        """Names and ids of all channels the app can see: private ones too where it may read them."""
        try:
            return self._list_of("public_channel,private_channel")
        except SlackError as error:
            if error.code != "missing_scope":
                raise
            return self._list_of("public_channel")

    def _list_of(self, types: str) -> dict[str, str]:
        names: dict[str, str] = {}
        cursor: str | None = None
        for _ in range(CHANNEL_PAGES):
            answer = self._call("conversations.list", types=types, limit=1_000, cursor=cursor)
            for channel in answer.get("channels") or []:
                names.setdefault(str(channel.get("name")), str(channel.get("id")))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
        with self._lock:
            self._ids.update({name: channel_id for name, channel_id in names.items() if name not in self._ids})
        return names

    def _unknown_channel(self, channel: str) -> SlackError:
        name = channel.lstrip("#")
        with self._lock:
            close = difflib.get_close_matches(name, list(self._ids), n=1)
        guess = f" Did you mean {close[0]}?" if close and close[0] != name else ""
        return SlackError(
            f"Slack channel {channel!r} does not exist, or it is private and the app was not invited.{guess} Put the "
            "channel right in watchlist.yaml (MONITOR_OPS_CHANNEL for the monitor's own alerts), or invite the app "
            "there: /invite @your-app.",
            code="channel_not_found",
        )


def _alert_id(message: Mapping[str, Any]) -> str | None:
    metadata = message.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != EVENT_TYPE:
        return None
    payload = metadata.get("event_payload")
    alert_id = payload.get("alert_id") if isinstance(payload, dict) else None
    return alert_id if isinstance(alert_id, str) else None


def _note_found(
    answer: SlackResponse, channel_id: str, wanted: Mapping[str, Alert], found: dict[str, Delivery]
) -> list[dict[str, Any]]:
    """Note which of `wanted` are among the messages of an answer; returns those messages."""
    messages = [message for message in answer.get("messages") or [] if isinstance(message, dict)]
    for message in messages:
        alert_id = _alert_id(message)
        if alert_id is not None and alert_id in wanted:
            found[alert_id] = Delivery(
                alert_id=alert_id, at=utc_now(), outcome="found", channel_id=channel_id, ts=message.get("ts")
            )
    return messages


def _from_answer(response: SlackResponse | Mapping[str, Any], method: str) -> SlackError:
    """The error that an answer without `ok` is."""
    status = int(getattr(response, "status_code", 200))
    headers = getattr(response, "headers", None) or {}
    code = str(response.get("error") or "") if isinstance(getattr(response, "data", response), Mapping) else ""
    if status == 429 or code in _RATE_ERRORS:
        wait = _retry_after(headers)
        return SlackError(f"Slack asks us to wait {wait:g} seconds.", code="ratelimited", retry_after_s=wait)
    if status >= 500:
        return _Unclear(f"Slack is in trouble (HTTP {status}).", code=f"http_{status}")
    if not _ERROR_NAME.fullmatch(code):
        return _Unclear(
            f"Slack, or something before it, answered {method} with no JSON (HTTP {status}).", code="no_json"
        )
    if code in _UNCLEAR_ERRORS:
        return _Unclear(f"Slack is in trouble ({code}).", code=code)
    advice = _ADVICE.get(code, f"Slack refused it: {code}.")
    details = _details(response)
    return SlackError(f"{advice}{details}", code=code)


def _details(response: SlackResponse | Mapping[str, Any]) -> str:
    parts = [f"needed: {response.get('needed')}"] if isinstance(response.get("needed"), str) else []
    metadata = response.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    parts += [str(message)[:200] for message in messages[:3]] if isinstance(messages, list) else []
    return f" ({'; '.join(parts)})" if parts else ""


def _retry_after(headers: Mapping[str, Any]) -> float:
    given = {str(k).lower(): str(v[0] if isinstance(v, list) and v else v) for k, v in headers.items()}
    return min(max(retry_after_s(given, utc_now()) or 1.0, 0.5), 86_400.0)


def _from_exception(error: Exception, api_url: str, timeout_s: int) -> SlackError:
    """The error that a missing answer is: `retry` where the request cannot have reached Slack, else unclear."""
    host = urlsplit(api_url).hostname or api_url
    reason = error.reason if isinstance(error, URLError) and isinstance(error.reason, Exception) else error
    if isinstance(reason, TimeoutError):
        return _Unclear(f"{host} did not answer within {timeout_s} seconds.", code="timeout")
    if isinstance(reason, ssl.SSLCertVerificationError):
        return SlackError(
            f"{host} shows a certificate that this machine does not trust ({reason.verify_message}). Check "
            "SLACK_API_URL and the machine's certificates.",
            code="connection",
        )
    # urllib wraps trouble before and while sending in URLError, trouble while reading the answer it lets through.
    # A connection that could not be made has not carried the message.
    if (
        isinstance(error, URLError)
        and isinstance(reason, OSError)
        and not isinstance(reason, ConnectionResetError | BrokenPipeError)
    ):
        return SlackError(f"{host} cannot be reached ({type(reason).__name__}). Check the network.", code="connection")
    return _Unclear(f"The connection to {host} ended without an answer ({type(reason).__name__}).", code="no_answer")


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
