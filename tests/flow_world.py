"""A small world for tests of the flow: sites on loopback that do as they are told, settings, a watchlist of our own."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from monitor.model import Entry, key, utc_now
from monitor.settings import Settings
from monitor.spool import Stage, list_batches, read_batch
from monitor.urls import canonical_url

T = TypeVar("T")

WATCHLIST = """\
version: 1
topics:
  - {id: pipeline, name: {en: The pipeline}, channel: siberia, match: {text: {en: [Amber Pipeline]}}}
  - {id: gas, name: {en: Gas talks}, channel: siberia, match: {text: {en: [gas talks]}}}
  - {id: summit, name: {en: The summit}, channel: sco, match: {text: {en: [Lakeside Summit]}}}
"""
ON_PIPELINE = "Engineers said on Tuesday that the Amber Pipeline would reach the border next spring."
ON_NOTHING = "The town library will stay open until nine in the evening during the winter months."
_FILLER = (
    "Officials gave no further details and said that a longer statement would follow in the course of the week.",
    "Residents who spoke to this newspaper said that they had heard of it for the first time on the radio.",
)


@dataclass(frozen=True)
class Answer:
    """What a site answers at one address."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})


@dataclass(frozen=True)
class Item:
    """One item of a feed."""

    link: str
    title: str
    summary: str = ""
    published: datetime | None = None


HANG = Answer(status=0)
"""No answer until the site is closed."""


def page(title: str, text: str, canonical: str | None = None) -> Answer:
    """A page with an article."""
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in (text, *_FILLER))
    link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    html = (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{escape(title)}</title>{link}</head>"
        f"<body><nav><a href=/>Home</a></nav><article><h1>{escape(title)}</h1>{paragraphs}</article></body></html>"
    )
    return Answer(html.encode())


class Site:
    """A web server on loopback; a context manager. `pages` are answers by path, `feeds` items by path (newest first).

    `name` is the host it goes by: `localhost` and `127.0.0.1` are two hosts for the monitor's politeness.
    """

    def __init__(self, name: str = "127.0.0.1", *, validators: bool = True) -> None:
        self.name, self.validators = name, validators
        self.pages: dict[str, Answer] = {}
        self.feeds: dict[str, list[Item]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.closing = threading.Event()
        site = self

        class Handler(_Handler):
            world = site

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str) -> str:
        return f"http://{self.name}:{self._server.server_address[1]}{path}"

    def publish(self, slug: str, text: str = ON_NOTHING, *, feed: str = "/feed.xml", **more: Any) -> Item:
        """Put a page at /slug, and an item that links to it at the head of a feed."""
        title = more.pop("title", f"Report {slug}")
        self.pages[f"/{slug}"] = page(title, text)
        item = Item(more.pop("link", self.url(f"/{slug}")), title, **{"published": utc_now()} | more)
        self.feeds.setdefault(feed, []).insert(0, item)
        return item

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        return sum(asked.partition("?")[0] == path for asked, _ in self.requests)

    def answer(self, path: str, headers: dict[str, str]) -> Answer:
        self.requests.append((path, headers))
        path = path.partition("?")[0]
        if path in self.feeds and path not in self.pages:
            return self._feed(path, headers)
        return self.pages.get(path, Answer(b"nothing here", 404))

    def _feed(self, path: str, headers: dict[str, str]) -> Answer:
        items = "".join(
            f"<item><guid isPermaLink='false'>{escape(item.link)}</guid><link>{escape(item.link)}</link>"
            f"<title>{escape(item.title)}</title><description>{escape(item.summary)}</description>"
            + (f"<pubDate>{format_datetime(item.published)}</pubDate>" if item.published else "")
            + "</item>"
            for item in self.feeds[path]
        )
        body = f"<rss version='2.0'><channel><title>News</title>{items}</channel></rss>".encode()
        told = {"Content-Type": "application/rss+xml"}
        if self.validators:
            told["ETag"] = f'"{sha256(body).hexdigest()[:16]}"'
            if headers.get("If-None-Match") == told["ETag"]:
                return Answer(status=304, headers=told)
        return Answer(body, headers=told)


class _Handler(BaseHTTPRequestHandler):
    world: Site
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        answer = self.world.answer(self.path, dict(self.headers.items()))
        if answer is HANG:
            self.world.closing.wait(60)
            self.close_connection = True
            return
        try:
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if answer.status != 304:
                self.wfile.write(answer.body)
        except OSError:
            self.close_connection = True


def make_settings(folder: Path, **more: Any) -> Settings:
    """Settings for a home in `folder`, with the watchlist above, in a hurry that only loopback forgives."""
    config = folder / "config"
    config.mkdir(exist_ok=True)
    if not (config / "watchlist.yaml").exists():
        (config / "watchlist.yaml").write_text(WATCHLIST, encoding="utf-8")
    given: dict[str, Any] = {
        "home": folder / "var",
        "config": config,
        "archive": None,
        "allow_networks": (ip_network("127.0.0.0/8"),),
        "poll_min_s": 0.001,
        "poll_max_s": 0.001,
        "host_delay_s": 0.0,
        "request_timeout_s": 5.0,
        "ops_channel": None,
        "SLACK_BOT_TOKEN": None,
    }
    return Settings(**given | more)


def follow(settings: Settings, *feeds: str) -> None:
    """Declare one source a feed."""
    rows = "".join(f"  - {{id: outlet{at}, name: Outlet {at}, feeds: ['{feed}']}}\n" for at, feed in enumerate(feeds))
    settings.sources_file.write_text(f"sources:\n{rows}", encoding="utf-8")


def entry(link: str | None, *, feed: str = "https://outlet.example/feed", **more: Any) -> Entry:
    """An entry as the poll stage would have made it."""
    fixed: dict[str, Any] = {
        "source_id": "outlet0",
        "seen_at": utc_now(),
        "title": f"Report at {link}",
        "summary": "What the feed itself says of the Amber Pipeline in a sentence.",
        "url": canonical_url(link) if link else None,
        "published": utc_now(),
    }
    return Entry(entry_id=key(feed, link), feed_url=feed, link=link, **fixed | more)


def spooled(settings: Settings, stage: Stage, item_type: type[T]) -> list[T]:
    """Everything that waits in one stage of the spool, oldest batch first."""
    return [item for path in list_batches(settings.spool_dir, stage) for item in read_batch(path, item_type).items]


def names(settings: Settings, *stages: Stage) -> list[str]:
    """The names of the batches that wait in some stages."""
    return [path.name for stage in stages for path in list_batches(settings.spool_dir, stage)]


def ids(entries: Iterable[Entry]) -> list[str]:
    """The ids of entries, sorted."""
    return sorted(one.entry_id for one in entries)


LONG_AGO = datetime(2022, 9, 15, 12, tzinfo=UTC)
