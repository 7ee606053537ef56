"""News for tests: made-up stories in three languages, on topics of the watchlist and on none, and who publishes them.

`ReplayedNewsroom` serves invented outlets in this process and publishes on demand; beside them runs an aggregator
whose feed links to the outlets' pages with tracking parameters.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from email.utils import formatdate
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar

from monitor.model import Source
from monitor.replay import FAULTS, Newsroom, load_recording

T = TypeVar("T")

CHANNELS = {"ps2": "siberia", "sco": "sco", "congress20": "congress", "river_fair": "xi-putin"}
"""Topics that stories are written on, and where they are told. The last is not in the watchlist at first."""

TOPICS = ("ps2", "sco", "congress20")
"""Those that are."""

WELL = ("steppe-wire", "quillford-courier", "eastgate-ledger", "yunan-ribao", "haijiao-youbao", "beregovoy-listok")
"""Outlets that always answer."""
FAULTY = tuple(f"outlet-{kind}" for kind in FAULTS)
"""One outlet a fault; they answer until they are told not to."""
LATER = "later-herald"
"""An outlet that is not in sources.yaml at first."""

_OUTLETS = (
    {"id": "steppe-wire", "name": "Steppe Wire", "language": "en", "country": "KZ", "feed": "rss"},
    {"id": "quillford-courier", "name": "The Quillford Courier", "language": "en", "country": "GB", "feed": "atom"},
    {"id": "eastgate-ledger", "name": "Eastgate Ledger", "language": "en", "country": "HK", "feed": "json"},
    {"id": "yunan-ribao", "name": "云岸日报", "language": "zh", "country": "CN", "feed": "rss", "encoding": "gb18030"},
    {"id": "haijiao-youbao", "name": "海角郵報", "language": "zh-Hant", "country": "TW", "feed": "json"},
    {"id": "beregovoy-listok", "name": "Береговой листок", "language": "ru", "country": "RU", "feed": "rdf"}
    | {"encoding": "windows-1251"},
    *({"id": name, "name": name.title(), "language": "en", "country": "GB"} for name in FAULTY),
    {"id": LATER, "name": "The Later Herald", "language": "en", "country": "GB", "feed": "atom"},
)


@dataclass(frozen=True)
class Story:
    """An article that was published: where it can be read, and in which channel it should be told (None: nowhere)."""

    outlet: str
    url: str
    title: str
    lead: str
    topic: str | None
    at: float
    """When it appeared, seconds since 1970."""

    @property
    def told(self) -> tuple[str, str] | None:
        """Its alert: address and channel."""
        return (self.url, self.channel) if self.channel else None

    @property
    def channel(self) -> str | None:
        """Where the watchlist tells of it."""
        return CHANNELS.get(self.topic or "")


class ReplayedNewsroom:
    """The outlets, in a thread of their own, and the aggregator, in another."""

    def __init__(self, folder: Path) -> None:
        path = folder / "newsroom.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in _recording()), encoding="utf-8")
        self._newsroom = Newsroom(load_recording(path), speed=1, shift=True)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._on_loop(self._newsroom.__aenter__)
        self.aggregator = Aggregator()
        self.stories: list[Story] = []
        self.first_urls = frozenset(
            self._newsroom.article_url(outlet, article)
            for outlet, article in self._newsroom.recording.articles
            if outlet != LATER
        )
        """Articles that were there before anybody asked."""

    def close(self) -> None:
        """End both."""
        self.aggregator.close()
        self._on_loop(lambda: self._newsroom.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def publish(self, outlet: str, topic: str | None = None) -> Story:
        """A new article of `outlet`, on a topic or on none."""
        number = len(self.stories) + 1
        language = self._newsroom.recording.outlets[outlet].language
        title, paragraphs = write(language, topic, number)
        url = self._on_loop(_coroutine(lambda: self._newsroom.publish(outlet, f"story-{number}", title, paragraphs)))
        at = self._newsroom.clock.shown(self._newsroom.clock.now()).timestamp()
        story = Story(outlet, url, title, paragraphs[0], topic, at)
        self.stories.append(story)
        return story

    def set_fault(self, outlet: str, kind: str) -> None:
        """What `outlet` answers from now on; `none` is well again."""
        self._on_loop(_coroutine(lambda: self._newsroom.set_fault(outlet, kind)))

    def is_asked(self, outlet: str) -> bool:
        """Whether anybody has asked the outlet for its feed."""
        return any(request.outlet == outlet and "news/" not in request.path for request in list(self._newsroom.log))

    def feed_url(self, outlet: str) -> str:
        """The address of the outlet's feed."""
        return self._newsroom.feed_url(outlet)

    def sources_yaml(self, *, later: bool = False) -> str:
        """A sources.yaml for the outlets and the aggregator; `later`: with the outlet that is added later."""
        sources = [source for source in self._newsroom.sources() if later or source.id != LATER]
        feeds = (self.aggregator.url,)
        sources.append(replace(sources[0], id="all-in-one", name="All in One", family="all-in-one", feeds=feeds))
        return f"sources:\n{''.join(f'  - {_flow(source)}{chr(10)}' for source in sources)}"

    def _on_loop(self, work: Callable[[], Coroutine[object, object, T]]) -> T:
        return asyncio.run_coroutine_threadsafe(work(), self._loop).result(10)


def _coroutine(work: Callable[[], T]) -> Callable[[], Coroutine[object, object, T]]:
    async def run() -> T:
        return work()

    return run


def _flow(source: Source) -> str:
    # JSON is YAML, and needs no rules of its own for quoting.
    fields = {name: getattr(source, name) for name in ("id", "name", "country", "language", "bloc", "family", "tier")}
    return json.dumps({**fields, "feeds": list(source.feeds)}, ensure_ascii=False)


class Aggregator:
    """A feed that lists others' articles, with the tracking parameters that aggregators put behind addresses."""

    def __init__(self) -> None:
        self._items: list[str] = []
        self.listed: list[str] = []
        """The articles' own addresses."""
        aggregator = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = aggregator._feed() if self.path == "/feed.xml" else b"User-agent: *\nAllow: /\n"
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml" if body.startswith(b"<") else "text/plain")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/feed.xml"

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    def list_story(self, story: Story) -> None:
        """List an outlet's article, with its first paragraph."""
        number = len(self._items)
        self.listed.append(story.url)
        link = f"{story.url}?utm_source=all-in-one&utm_medium=rss&utm_campaign=n{number}&fbclid=x{number}"
        self._items.insert(
            0,
            f"<item><title>{escape(story.title)}</title><link>{escape(link)}</link><guid>a{number}</guid>"
            f"<pubDate>{formatdate(story.at)}</pubDate><description>{escape(story.lead)}</description></item>",
        )

    def _feed(self) -> bytes:
        items = "".join(self._items[:50])
        return f'<rss version="2.0"><channel><title>All in One</title>{items}</channel></rss>'.encode()


# ---- the stories -----------------------------------------------------------------------------------------------------
_LEADS = {
    ("en", "ps2"): "Engineers presented route {n} of the Power of Siberia 2 pipeline, which crosses Mongolia.",
    ("en", "sco"): "The Shanghai Cooperation Organisation opened meeting {n} with a debate about rail freight.",
    ("en", "congress20"): "Delegates to the 20th National Congress of the Communist Party of China received paper {n}.",
    ("en", "river_fair"): "The Quillford river fair opened for the {n}th time, with boats from both banks.",
    ("zh", "ps2"): "西伯利亚力量2号天然气管道第{n}段的设计方案昨天公布，管道将经过蒙古国。",
    ("zh", "sco"): "上海合作组织第{n}次专家会议开幕，与会者讨论铁路货运。",
    ("zh", "congress20"): "中共二十大代表收到第{n}号文件，会议将在北京举行。",
    ("ru", "ps2"): "Инженеры показали участок {n} газопровода «Сила Сибири — 2», который пройдёт через Монголию.",
    ("ru", "sco"): "Шанхайская организация сотрудничества открыла встречу номер {n} спором о железных дорогах.",
    ("ru", "congress20"): "Делегаты XX съезда КПК получили документ номер {n}.",
}
_TITLES = {
    "en": ("Plan {n} is on the table", "Harbour office counts ship number {n}"),
    "zh": ("第{n}号方案公布", "港务局迎来第{n}艘货轮"),
    "ru": ("План номер {n} представлен", "Порт встретил судно номер {n}"),
}
_BODIES = {
    "en": (
        "The paper runs to {n} pages and a map, and whoever wanted to read it early had to queue in the corridor.",
        "Questions were taken for {n} minutes. The next session begins in the morning, with the minutes of this one.",
        "In the town the tram stopped at all {n} stops on time, the museum sold out and the market closed at dusk.",
    ),
    "zh": (
        "文件共{n}页，另附一张地图。上午想看到全文的人，只能在走廊里排队等候。",
        "提问环节持续了{n}分钟。下一场会议将于次日上午开始，首先通过本次会议的记录。",
        "市内电车在全部{n}个站点准点停靠，博物馆门票售罄，集市在黄昏时收摊。",
    ),
    "ru": (
        "В документе {n} страниц и карта, и тем, кто хотел прочитать его до полудня, пришлось стоять в коридоре.",
        "На вопросы отвечали {n} минут. Следующее заседание начнётся утром с протокола этого.",
        "В городе трамвай вовремя прошёл все {n} остановок, музей продал все билеты, рынок закрылся в сумерках.",
    ),
}


def write(language: str, topic: str | None, number: int) -> tuple[str, list[str]]:
    """Title and paragraphs of story `number`."""
    spoken = language.partition("-")[0]
    on_topic, off_topic = _TITLES[spoken]
    body = [text.format(n=number) for text in _BODIES[spoken]]
    lead = [] if topic is None else [_LEADS[spoken, topic].format(n=number)]
    return (on_topic if topic else off_topic).format(n=number), [*lead, *body]


def _recording() -> list[dict[str, object]]:
    """All outlets, each with two articles that were there before anybody asked: one on a topic, one on none."""
    lines: list[dict[str, object]] = [{"kind": "recording", "start": "2026-01-05T12:00Z", "end": "2026-01-05T12:00Z"}]
    lines += [{"kind": "outlet", **outlet} for outlet in _OUTLETS]
    for number, outlet in enumerate(_OUTLETS):
        for minute, topic in enumerate((None, TOPICS[number % 3])):
            title, paragraphs = write(str(outlet["language"]), topic, 1000 + 2 * number + minute)
            lines.append(
                {
                    "kind": "publish",
                    "at": f"2026-01-05T11:{minute:02}Z",
                    "outlet": outlet["id"],
                    "article": f"before-{minute}",
                    "title": title,
                    "paragraphs": paragraphs,
                }
            )
    return lines
