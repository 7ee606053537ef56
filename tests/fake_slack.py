"""A Slack for tests on loopback: as strict as the real one about what it takes, and failing on demand as it fails.

In a test:

    with FakeSlack(channels=("xi-putin", "ops")) as slack:
        settings = Settings(slack_bot_token=slack.token, slack_api_url=slack.url)
        slack.fault("lost")
        ...
        assert [m["text"] for m in slack.messages] == [...]

As a process, for tests that kill the sender and not Slack:

    python tests/fake_slack.py --port 0 --channels xi-putin,ops     prints its base address

    GET  /_messages        everything accepted, in order
    GET  /_calls           each call: method, channel, outcome
    POST /_fault?kind=KIND&count=N[&method=][&channel=][&seconds=]
    POST /_archive?channel=NAME[&undo=1]
    POST /_reset

Faults: ratelimited (429 with Retry-After), error (500), slow (accepted, answered after `seconds`), late (accepted only
after `seconds`; the connection ends at once), lost (accepted, the connection ends without an answer), refused (it
ends, not accepted), garbage (200 with HTML), gateway (502 with HTML), and any error name of Slack's (invalid_auth, …).
"""

import argparse
import contextlib
import json
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]
TOKEN = "xoxb-test"
_TEXT_LIMITS = {"section": 3_000, "header": 150, "context": 3_000}
_MARKUP = re.compile(r"<(?:https?://[^<>|\s]+(?:\|[^<>]+)?|!date\^-?\d+\^[^<>|^]+\|[^<>|]+)>")


def text_faults(text: object, where: str, limit: int, kinds: tuple[str, ...] = ("mrkdwn", "plain_text")) -> list[str]:
    """What Slack would object to in a text object; stricter in one thing: `<` must begin a link or a date."""
    if not isinstance(text, dict) or text.get("type") not in kinds or not isinstance(text.get("text"), str):
        return [f"{where}: must be one of {kinds}"]
    content = str(text["text"])
    faults = [] if content.strip() else [f"{where}: empty"]
    if len(content) > limit:
        faults.append(f"{where}: {len(content)} characters, at most {limit}")
    if text["type"] == "mrkdwn" and re.search(r"[<>]", _MARKUP.sub("", content)):
        faults.append(f"{where}: unescaped < or > in {content!r}")
    if text["type"] == "mrkdwn" and re.search(r"&(?!amp;|lt;|gt;)", content):
        faults.append(f"{where}: unescaped & in {content!r}")
    return faults


def block_faults(blocks: object) -> list[str]:
    """What Slack would object to in the blocks of a message, as far as the monitor uses them."""
    if not isinstance(blocks, list) or len(blocks) > 50:
        return ["blocks: must be a list of at most 50"]
    faults: list[str] = []
    for index, block in enumerate(blocks):
        where = f"blocks[{index}]"
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "section":
            faults += text_faults(block.get("text"), f"{where}.text", _TEXT_LIMITS[kind])
        elif kind == "header":
            faults += text_faults(block.get("text"), f"{where}.text", _TEXT_LIMITS[kind], ("plain_text",))
        elif kind == "context":
            elements = block.get("elements")
            if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
                faults.append(f"{where}.elements: 1 to 10")
            else:
                for at, element in enumerate(elements):
                    faults += text_faults(element, f"{where}.elements[{at}]", _TEXT_LIMITS[kind])
        elif kind != "divider":
            faults.append(f"{where}: unknown block {kind}")
    return faults


@dataclass
class Fault:
    """What the next matching call does instead of working."""

    kind: str
    method: str = "chat.postMessage"
    channel: str | None = None
    seconds: float = 1.0


@dataclass
class Answer:
    """Status None ends the connection without an answer."""

    status: int | None
    body: Json | str = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    then: Callable[[], None] | None = None


class FakeSlack:
    """The server; a context manager that serves from a thread of its own."""

    def __init__(
        self,
        channels: tuple[str, ...] = ("xi-putin", "siberia", "sco", "congress", "ops"),
        *,
        private: tuple[str, ...] = (),
        token: str = TOKEN,
        port: int = 0,
        burst_window_s: float = 5.0,
        page_size: int = 100,
        missing_scopes: tuple[str, ...] = (),
    ) -> None:
        self.names, self.private, self.token = channels, private, token
        self.burst_window_s, self.page_size, self.missing_scopes = burst_window_s, page_size, missing_scopes
        self._lock = threading.RLock()
        self.reset()
        slack = self

        class Handler(_Handler):
            fake = slack

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/"

    def reset(self) -> None:
        with self._lock:
            self.channels: dict[str, Json] = {}
            for name in (*self.names, *self.private):
                self.create(name, private=name in self.private)
            self.messages: list[Json] = []
            self.calls: list[Json] = []
            self.faults: list[Fault] = []
            self._accepted: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=5))
            self._last_stamp = 0

    def create(self, name: str, *, private: bool = False) -> str:
        with self._lock:
            channel_id = f"C{len(self.channels) + 1:010d}"
            self.channels[channel_id] = {"id": channel_id, "name": name, "is_archived": False, "is_private": private}
            return channel_id

    def channel_id(self, name: str) -> str:
        return next(channel_id for channel_id, channel in self.channels.items() if channel["name"] == name)

    def delete(self, ts: str) -> None:
        """Somebody deletes a message."""
        self.messages = [message for message in self.messages if message["ts"] != ts]

    def archive(self, name: str, *, undo: bool = False) -> None:
        self.channels[self.channel_id(name)]["is_archived"] = not undo

    def fault(
        self,
        kind: str,
        count: int = 1,
        *,
        method: str = "chat.postMessage",
        channel: str | None = None,
        seconds: float = 1.0,
    ) -> None:
        """The next `count` calls of `method` (to `channel`) go wrong in this way."""
        with self._lock:
            self.faults += [Fault(kind, method, channel, seconds) for _ in range(count)]

    def alert_ids(self, channel: str | None = None) -> list[str]:
        """The monitor's alert ids of all accepted messages, in the order Slack took them."""
        with self._lock:
            return [
                m["metadata"]["event_payload"]["alert_id"]
                for m in self.messages
                if channel in {None, m["channel"], m["channel_name"]}
            ]

    def posts(self) -> list[Json]:
        """All calls of chat.postMessage, whatever came of them."""
        with self._lock:
            return [call for call in self.calls if call["method"] == "chat.postMessage"]

    def call(self, method: str, args: Json, token: str) -> Answer:
        with self._lock:
            fault = self._take_fault(method, args)
            answer = self._faulty(fault, method, args, token) if fault else self._call(method, args, token)
            outcome = answer.body.get("error") if isinstance(answer.body, dict) else "no_json"
            self.calls.append(
                {"at": time.time(), "method": method, "channel": args.get("channel"), "error": outcome, "args": args}
                | {"status": answer.status, "fault": fault.kind if fault else None}
            )
            return answer

    def _take_fault(self, method: str, args: Json) -> Fault | None:
        for fault in self.faults:
            if fault.method == method and fault.channel in {None, str(args.get("channel", "")).lstrip("#")}:
                self.faults.remove(fault)
                return fault
        return None

    def _faulty(self, fault: Fault, method: str, args: Json, token: str) -> Answer:
        def later() -> None:
            time.sleep(fault.seconds)
            self._call(method, args, token)

        if fault.kind == "late":
            return Answer(None, then=later)
        if fault.kind in {"slow", "lost"}:
            answer = self._call(method, args, token)
            return replace(answer, delay_s=fault.seconds) if fault.kind == "slow" else Answer(None)
        wait = {"Retry-After": f"{fault.seconds:g}"}
        without_effect = {
            "ratelimited": Answer(429, {"ok": False, "error": "ratelimited"}, wait),
            "error": Answer(500, {"ok": False, "error": "fatal_error"}),
            "refused": Answer(None),
            "garbage": Answer(200, "<html><body>Service Unavailable</body></html>"),
            "gateway": Answer(502, "<html><body>Bad Gateway</body></html>"),
        }
        return without_effect.get(fault.kind) or _no(fault.kind)

    def _call(self, method: str, args: Json, token: str) -> Answer:
        if token != self.token:
            return _no("invalid_auth" if token else "not_authed")
        if method == "auth.test":
            return Answer(200, {"ok": True, "team": "Test", "user": "monitor"})
        reading = {
            "conversations.list": self._list,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
        }
        if method in reading:
            return reading[method](args)
        if method == "chat.postMessage":
            with self._lock:
                return self._post(args)
        return _no("unknown_method")

    def _list(self, args: Json) -> Answer:
        types = str(args.get("types") or "public_channel").split(",")
        for kind, scope in (("public_channel", "channels:read"), ("private_channel", "groups:read")):
            if kind in types and scope in self.missing_scopes:
                return _no("missing_scope", needed=scope)
        rows = [
            c for c in self.channels.values() if ("private_channel" if c["is_private"] else "public_channel") in types
        ]
        begin = int(args.get("cursor") or 0)
        end = begin + min(int(args.get("limit") or 100), self.page_size)
        cursor = str(end) if end < len(rows) else ""
        return Answer(200, {"ok": True, "channels": rows[begin:end], "response_metadata": {"next_cursor": cursor}})

    def _history(self, args: Json) -> Answer:
        if "channels:history" in self.missing_scopes:
            return _no("missing_scope", needed="channels:history")
        channel = str(args.get("channel"))
        if channel not in self.channels:  # the real one takes no names here
            return _no("channel_not_found")
        oldest, latest = float(args.get("oldest") or 0), float(args.get("latest") or 1e12)
        rows = [
            m
            for m in reversed(self.messages)
            if m["channel"] == channel
            and oldest < float(m["ts"]) < latest
            and (m.get("thread_ts") is None or m.get("reply_broadcast"))  # replies stand in their thread only
        ]
        page = rows[: min(int(args.get("limit") or 100), self.page_size)]
        return Answer(200, {"ok": True, "messages": _with_metadata(page, args), "has_more": len(rows) > len(page)})

    def _replies(self, args: Json) -> Answer:
        if "channels:history" in self.missing_scopes:
            return _no("missing_scope", needed="channels:history")
        channel, ts = str(args.get("channel")), str(args.get("ts"))
        if channel not in self.channels:
            return _no("channel_not_found")
        if self._thread_root(channel, ts) is None:
            return _no("thread_not_found")
        oldest, begin = float(args.get("oldest") or 0), int(args.get("cursor") or 0)
        rows = [
            m
            for m in self.messages
            if m["channel"] == channel and (m["ts"] == ts or (m.get("thread_ts") == ts and oldest < float(m["ts"])))
        ]
        end = begin + min(int(args.get("limit") or 100), self.page_size)
        cursor = str(end) if end < len(rows) else ""
        more = {"has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}
        return Answer(200, {"ok": True, "messages": _with_metadata(rows[begin:end], args), **more})

    def _thread_root(self, channel: str, ts: str) -> Json | None:
        return next(
            (m for m in self.messages if m["channel"] == channel and m["ts"] == ts and m.get("thread_ts") is None), None
        )

    def _post(self, args: Json) -> Answer:
        wanted = str(args.get("channel") or "").lstrip("#")
        channel = next(
            (c for c in self.channels.values() if wanted == c["id"] or (wanted == c["name"] and not c["is_private"])),
            None,
        )
        faults = block_faults(args["blocks"]) if args.get("blocks") is not None else []
        if channel is None:
            return _no("channel_not_found")
        if error := _message_error(args, channel, faults):
            return _no(error, response_metadata={"messages": faults})
        thread_ts = args.get("thread_ts")
        if thread_ts is not None and self._thread_root(channel["id"], str(thread_ts)) is None:
            return _no("thread_not_found")
        recent, now = self._accepted[channel["id"]], time.monotonic()
        if len(recent) == recent.maxlen and now - recent[0] < self.burst_window_s:
            return Answer(429, {"ok": False, "error": "ratelimited"}, {"Retry-After": "1"})
        recent.append(now)
        self._last_stamp = max(self._last_stamp + 1, int(time.time() * 1e6))
        message = {key: args.get(key) for key in ("text", "blocks", "metadata", "unfurl_links", "unfurl_media")}
        message |= {"type": "message", "channel": channel["id"], "channel_name": channel["name"]}
        message |= {key: args[key] for key in ("thread_ts", "reply_broadcast") if args.get(key)}
        message["ts"] = f"{self._last_stamp // 10**6}.{self._last_stamp % 10**6:06d}"
        self.messages.append(message)
        return Answer(200, {"ok": True, "channel": channel["id"], "ts": message["ts"], "message": message})

    def add_message(self, name: str, at: datetime, **fields: Any) -> None:
        """A message of somebody else's."""
        stamp = f"{at.timestamp():.6f}"
        self.messages.append(
            {"type": "message", "channel": self.channel_id(name), "channel_name": name, "ts": stamp} | fields
        )

    def manage(self, path: str, query: dict[str, str]) -> Json | list[Json]:
        """The addresses that begin with an underscore."""
        with self._lock:
            if path == "/_messages":
                return [m for m in self.messages if query.get("channel") in {None, m["channel"], m["channel_name"]}]
            if path == "/_calls":
                return self.calls
            if path == "/_fault":
                more = {name: query[name] for name in ("method", "channel") if name in query}
                self.fault(query["kind"], int(query.get("count", 1)), seconds=float(query.get("seconds", 1)), **more)
            elif path == "/_archive":
                self.archive(query["channel"], undo="undo" in query)
            elif path == "/_reset":
                self.reset()
            else:
                return {"ok": False, "error": f"no such address: {path}"}
            return {"ok": True}


def _message_error(args: Json, channel: Json, faults: list[str]) -> str | None:
    if channel["is_archived"]:
        return "is_archived"
    if not args.get("text") and not args.get("blocks"):
        return "no_text"
    if len(str(args.get("text") or "")) > 40_000:
        return "msg_too_long"
    return "invalid_blocks" if faults else None


def _with_metadata(messages: list[Json], args: Json) -> list[Json]:
    if str(args.get("include_all_metadata", "")).lower() in {"true", "1"}:
        return messages
    return [{k: v for k, v in m.items() if k != "metadata"} for m in messages]


def _no(error: str, **more: object) -> Answer:
    return Answer(200, {"ok": False, "error": error, **more})


class _Handler(BaseHTTPRequestHandler):
    fake: FakeSlack
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if parts.path.startswith("/_"):
            self._write(200, self.fake.manage(parts.path, query), {})
            return
        if "json" in self.headers.get("Content-Type", ""):
            args = json.loads(raw or b"{}")
        else:
            args = {name: values[-1] for name, values in parse_qs(raw.decode()).items()}
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ").strip()
        answer = self.fake.call(parts.path.rsplit("/", 1)[-1], query | args, token)
        if answer.then is not None:
            threading.Thread(target=answer.then, daemon=True).start()
        if answer.status is None:
            self.close_connection = True
            return
        time.sleep(answer.delay_s)
        self._write(answer.status, answer.body, answer.headers)

    def _write(self, status: int, body: Json | list[Json] | str, headers: dict[str, str]) -> None:
        raw = (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
        try:
            self.send_response(status)
            self.send_header(
                "Content-Type", "text/html" if isinstance(body, str) else "application/json; charset=utf-8"
            )
            self.send_header("Content-Length", str(len(raw)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)
        except OSError:
            self.close_connection = True  # the sender was killed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--channels", default="xi-putin,siberia,sco,congress,ops")
    parser.add_argument("--private", default="")
    parser.add_argument("--token", default="xoxb-test")
    parser.add_argument("--burst-window", type=float, default=5.0)
    args = parser.parse_args()
    private = tuple(name for name in args.private.split(",") if name)
    channels = tuple(name for name in args.channels.split(",") if name)
    with FakeSlack(
        channels, private=private, token=args.token, port=args.port, burst_window_s=args.burst_window
    ) as slack:
        print(slack.url, flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
