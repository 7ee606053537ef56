"""Serves a recording on loopback: every outlet at an address of its own, faults on demand, a log of requests."""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote, unquote

from aiohttp import web

from monitor.errors import StackError
from monitor.model import Source, utc_now
from monitor.replay.clock import Clock
from monitor.replay.documents import CONTENT_TYPES, PIXEL, Item, render_feed, render_missing, render_page
from monitor.replay.faults import FAULTS
from monitor.replay.recording import Outlet, RecordedArticle, Recording, apply_event, dump_json, event_of, parse_time

SOURCES_MARK = "# Written by monitor replay: the replayed feeds"
"""First line of its sources.yaml; only a file that begins with it is ever replaced."""
FEED_ITEMS = 50
LOG_LIMIT = 100_000
_FEED_NAMES = {"rss": "feed.xml", "atom": "atom.xml", "rdf": "index.rdf", "json": "feed.json"}


@dataclass(frozen=True, slots=True)
class Request:
    """One request that was served: when (UTC), at which recorded time, and what came of it."""

    at: str
    recorded: str
    host: str
    method: str
    path: str
    outlet: str | None
    status: int
    agent: str
    conditional: bool


class Newsroom:
    """A replayed recording, as an async context manager.

    `port` 0 takes any free one. `speed` is recorded seconds a second; at 0 the clock stands until it is told.
    `shift` dates everything by the wall clock at which it appears. `slow_s` is how long the fault `slow` waits.
    Outlets have addresses of their own, 127.0.1.1, 127.0.1.2, …, where the machine can bind them (`own_addresses`
    False, or a machine that cannot: they are told apart by path on 127.0.0.1).
    """

    def __init__(
        self,
        recording: Recording,
        *,
        port: int = 0,
        speed: float = 1.0,
        start: datetime | None = None,
        shift: bool = False,
        own_addresses: bool = True,
        slow_s: float = 8.0,
    ) -> None:
        self.recording = recording
        self.port = port
        self.clock = Clock(start or recording.start, speed=speed, shift=shift)
        self.log: deque[Request] = deque(maxlen=LOG_LIMIT)
        self._articles = dict(recording.articles)
        self._faults: dict[str, str] = {}
        self._own_addresses = own_addresses
        self._slow_s = slow_s
        self._hosts: dict[str, str] = {}
        self._outlet_of: dict[str, str] = {}
        self._runner: web.AppRunner | None = None

    # -- life --------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2, handler_cancellation=True)
        await self._runner.setup()
        try:
            await self._bind(self._runner)
        except BaseException:
            await self._runner.cleanup()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _bind(self, runner: web.AppRunner) -> None:
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        try:
            await site.start()
        except OSError as error:
            raise StackError(
                f"port {self.port} on 127.0.0.1 cannot be used ({error.strerror or error}); "
                "another program has it, choose one with --port."
            ) from None
        self.port = int(runner.addresses[0][1])
        hosts = {name: f"127.0.1.{number}" for number, name in enumerate(self.recording.outlets, 1)}
        if self._own_addresses and len(hosts) < 255 and await self._bind_all(runner, list(hosts.values())):
            self._hosts = hosts
        else:
            self._hosts = dict.fromkeys(hosts, "127.0.0.1")
        self._outlet_of = {host: name for name, host in self._hosts.items() if host != "127.0.0.1"}

    async def _bind_all(self, runner: web.AppRunner, hosts: list[str]) -> bool:
        """Whether every one of `hosts` could be bound; macOS has only 127.0.0.1 unless told otherwise."""
        bound: list[web.TCPSite] = []
        for host in hosts:
            site = web.TCPSite(runner, host, self.port)
            try:
                await site.start()
            except OSError:
                for other in bound:
                    await other.stop()
                return False
            bound.append(site)
        return True

    # -- what is there now -------------------------------------------------------------------------------------------

    @property
    def index_url(self) -> str:
        """Where the feeds are listed and the replay is controlled."""
        return f"http://127.0.0.1:{self.port}/"

    def home(self, outlet: str) -> str:
        """The outlet's front address."""
        host = self._hosts[outlet]
        return f"http://{host}:{self.port}/" + (f"{quote(outlet)}/" if host == "127.0.0.1" else "")

    def feed_url(self, outlet: str) -> str:
        """The address of the outlet's feed."""
        return self.home(outlet) + _FEED_NAMES[self.recording.outlets[outlet].feed]

    def article_url(self, outlet: str, article: str) -> str:
        """The address of a page."""
        return f"{self.home(outlet)}news/{quote(article)}.html"

    def sources(self) -> tuple[Source, ...]:
        """The outlets as sources, to follow them."""
        return tuple(
            Source(
                id=outlet.id,
                name=outlet.name,
                country=outlet.country,
                language=outlet.language.partition("-")[0],
                bloc=outlet.bloc,
                family=outlet.family or outlet.id,
                tier=outlet.tier,
                feeds=(self.feed_url(outlet.id),),
            )
            for outlet in self.recording.outlets.values()
        )

    def sources_yaml(self) -> str:
        """A sources.yaml for the replayed feeds."""
        rows = [{**asdict(source), "feeds": list(source.feeds)} for source in self.sources()]
        # JSON is YAML, and needs no rules of its own for quoting.
        entries = "".join(f"  - {json.dumps(row, ensure_ascii=False)}\n" for row in rows)
        return f"{SOURCES_MARK}\n# {self.recording.title}\nsources:\n{entries}"

    def visible(self, outlet: str) -> list[Item]:
        """What the outlet shows now, the newest first."""
        now = self.clock.now()
        found = [
            (article, version)
            for article in self._articles.values()
            if article.outlet == outlet and (version := article.at(now)) is not None
        ]
        found.sort(key=lambda pair: pair[0].published, reverse=True)
        return [
            Item(
                guid=f"tag:{self.recording.outlets[outlet].site or outlet},2022:{article.article}",
                url=self.article_url(outlet, article.article),
                title=version.title,
                paragraphs=version.paragraphs,
                authors=article.authors,
                published=self.clock.shown(article.published),
                modified=self.clock.shown(version.at),
                image_url=f"{self.home(outlet)}img/{quote(article.article)}.png",
                video=article.video,
            )
            for article, version in found
        ]

    def appeared(self) -> int:
        """How many articles have been published by now, deleted ones included."""
        now = self.clock.now()
        return sum(article.published <= now for article in self._articles.values())

    # -- what may be changed while it runs ---------------------------------------------------------------------------

    def set_fault(self, outlet: str, kind: str) -> None:
        """What `outlet` answers from now on instead of its feed and pages. Raises ValueError for unknown names."""
        if outlet not in self.recording.outlets:
            raise ValueError(f'no outlet "{outlet}"; there are: {", ".join(self.recording.outlets)}')
        if kind != "none" and kind not in FAULTS:
            raise ValueError(f'no fault "{kind}"; there are: none, {", ".join(FAULTS)}')
        self._faults[outlet] = kind

    def publish(self, outlet: str, article: str, title: str, paragraphs: list[str], **more: object) -> str:
        """Let a new article appear now; returns its URL. Raises ValueError when it cannot."""
        self._apply("publish", {"outlet": outlet, "article": article, "title": title, "paragraphs": paragraphs, **more})
        return self.article_url(outlet, article)

    def edit(self, outlet: str, article: str, **changes: object) -> None:
        """Change `title` or `paragraphs` of an article now. Raises ValueError when it cannot."""
        self._apply("edit", {"outlet": outlet, "article": article, **changes})

    def delete(self, outlet: str, article: str) -> None:
        """Take an article down now: it leaves the feed, its page answers 410. Raises ValueError when it cannot."""
        self._apply("delete", {"outlet": outlet, "article": article})

    def _apply(self, kind: Literal["publish", "edit", "delete"], fields: Mapping[str, object]) -> None:
        event = event_of(kind, {**fields, "at": self.clock.now()})
        apply_event(self.recording.outlets, self._articles, event)

    # -- requests ----------------------------------------------------------------------------------------------------

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        outlet, path = self._address(request)
        response: web.StreamResponse | None = None
        try:
            if outlet is None:
                response = await self._control(request, path)
            else:
                response = await self._outlet_answer(request, self.recording.outlets[outlet], path)
            return response
        finally:
            self._note(request, outlet, 499 if response is None else response.status)

    def _address(self, request: web.Request) -> tuple[str | None, str]:
        """Which outlet a request is for (None: the control address), and the path there."""
        path = unquote(request.match_info["path"])
        server = request.transport.get_extra_info("sockname")[0] if request.transport is not None else ""
        outlet = self._outlet_of.get(server)
        if outlet is not None:
            return outlet, path
        first, _, rest = path.partition("/")
        if self._hosts.get(first) == "127.0.0.1":
            return first, rest
        return None, path

    def _note(self, request: web.Request, outlet: str | None, status: int) -> None:
        self.log.append(
            Request(
                at=utc_now().isoformat(timespec="milliseconds"),
                recorded=self.clock.now().isoformat(timespec="seconds"),
                host=request.host,
                method=request.method,
                path=request.path_qs,
                outlet=outlet,
                status=status,
                agent=request.headers.get("User-Agent", ""),
                conditional="If-None-Match" in request.headers or "If-Modified-Since" in request.headers,
            )
        )

    async def _outlet_answer(self, request: web.Request, outlet: Outlet, path: str) -> web.StreamResponse:
        fault = self._faults.get(outlet.id, "none")
        if fault != "none":
            faulty = await FAULTS[fault](self._slow_s)
            if faulty is not None:
                return faulty
        if path == "robots.txt":
            return web.Response(text="User-agent: *\nAllow: /\n")
        if path == _FEED_NAMES[outlet.feed]:
            return self._feed(request, outlet)
        if path.startswith("img/"):
            return web.Response(body=PIXEL, content_type="image/png")
        if path.startswith("news/") and path.endswith(".html"):
            return self._page(outlet, path.removeprefix("news/").removesuffix(".html"))
        return self._missing(outlet, 404)

    def _feed(self, request: web.Request, outlet: Outlet) -> web.Response:
        items = self.visible(outlet.id)[:FEED_ITEMS]
        notice = self.recording.notice_in(outlet.language)
        body = render_feed(outlet, self.home(outlet.id), items, notice)
        tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
        headers = {"ETag": tag}
        if items:
            newest = max(item.modified for item in items)
            headers["Last-Modified"] = format_datetime(newest.replace(microsecond=0), usegmt=True)
        if _unchanged(request, headers):
            return web.Response(status=304, headers=headers)
        charset = "" if outlet.feed == "json" else f"; charset={outlet.encoding}"
        headers["Content-Type"] = CONTENT_TYPES[outlet.feed] + charset
        return web.Response(body=body, headers=headers)

    def _page(self, outlet: Outlet, article: str) -> web.Response:
        items = self.visible(outlet.id)
        url = self.article_url(outlet.id, article)
        item = next((item for item in items if item.url == url), None)
        if item is None:
            known: RecordedArticle | None = self._articles.get((outlet.id, article))
            gone = known is not None and known.published <= self.clock.now()
            return self._missing(outlet, 410 if gone else 404)
        others = [other for other in items if other is not item]
        notice = self.recording.notice_in(outlet.language)
        body = render_page(outlet, self.home(outlet.id), item, others, notice)
        return web.Response(body=body, headers={"Content-Type": f"text/html; charset={outlet.encoding}"})

    def _missing(self, outlet: Outlet, status: int) -> web.Response:
        body = render_missing(outlet, status, self.recording.notice_in(outlet.language))
        return web.Response(status=status, body=body, headers={"Content-Type": f"text/html; charset={outlet.encoding}"})

    # -- control -----------------------------------------------------------------------------------------------------

    async def _control(self, request: web.Request, path: str) -> web.Response:
        if request.method == "POST":
            try:
                await self._command(request, path)
            except KeyError as error:
                return _json({"error": f"{error.args[0]!r} is missing"}, status=400)
            except (ValueError, OverflowError) as error:
                return _json({"error": str(error)}, status=400)
            return _json({"ok": True, **self._state()})
        pages: dict[str, Callable[[], web.Response]] = {
            "": self._index,
            "feeds.json": self._index,
            "sources.yaml": lambda: web.Response(text=self.sources_yaml(), content_type="application/yaml"),
            "clock": lambda: _json(self._state()),
            "log": self._log_lines,
        }
        if path in pages:
            return pages[path]()
        return _json({"error": f"nothing at /{path}; there are: {', '.join(f'/{page}' for page in pages)}"}, status=404)

    def _index(self) -> web.Response:
        return _json({**self._state(), "title": self.recording.title, "feeds": self._feed_list()})

    def _log_lines(self) -> web.Response:
        lines = "".join(f"{json.dumps(asdict(entry), ensure_ascii=False)}\n" for entry in self.log)
        return web.Response(text=lines, content_type="application/jsonl")

    async def _command(self, request: web.Request, path: str) -> None:
        query = request.query
        match path:
            case "clock":
                speed = float(query["speed"]) if "speed" in query else None
                if speed is not None and not 0 <= speed <= 1e7:
                    raise ValueError("speed: allowed: 0 to 10,000,000 recorded seconds a second")
                if "to" in query:
                    self.clock.set(parse_time(query["to"]), speed=speed)
                elif "advance" in query or speed is not None:
                    self.clock.set(self.clock.now() + timedelta(seconds=float(query.get("advance", 0))), speed=speed)
                else:
                    raise ValueError("say to=TIME, advance=SECONDS or speed=NUMBER")
            case "fault":
                self.set_fault(query["outlet"], query["kind"])
            case "publish" | "edit" | "delete":
                body = json.loads(await request.text() or "{}")
                self._apply(path, {**(body if isinstance(body, dict) else {}), **query})
            case _:
                raise ValueError(f"no command /{path}; there are: /clock /fault /publish /edit /delete")

    def _state(self) -> dict[str, object]:
        return {
            "now": self.clock.now().isoformat(timespec="seconds"),
            "end": self.recording.end.isoformat(timespec="seconds"),
            "speed": self.clock.speed,
        }

    def _feed_list(self) -> list[dict[str, object]]:
        return [
            {
                "outlet": outlet.id,
                "name": outlet.name,
                "feed": self.feed_url(outlet.id),
                "format": outlet.feed,
                "encoding": outlet.encoding,
                "language": outlet.language,
                "items": sum(article.outlet == outlet.id for article in self._articles.values()),
                "fault": self._faults.get(outlet.id, "none"),
            }
            for outlet in self.recording.outlets.values()
        ]


def _unchanged(request: web.Request, headers: dict[str, str]) -> bool:
    """Whether the client has this version, by RFC 9110: the date counts only where no tag was sent."""
    tags = request.headers.get("If-None-Match")
    if tags is not None:
        return headers["ETag"] in tags
    return "Last-Modified" in headers and request.headers.get("If-Modified-Since") == headers["Last-Modified"]


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=dump_json(value), status=status, content_type="application/json")
