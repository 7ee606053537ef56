"""A replayed newsroom: what it serves, when, and the faults it plays. Over real HTTP on loopback."""

import asyncio
import calendar
import gzip
import json
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import feedparser
import pytest

from monitor.cli.replay import write_sources
from monitor.errors import ConfigError, StackError
from monitor.replay import FAULTS, Newsroom, Outlet, Recording, demo_recording, load_recording
from monitor.replay.clock import Clock
from monitor.replay.documents import CONTENT_TYPES
from monitor.sources import load_sources

START = datetime(2022, 9, 15, 9, 0, tzinfo=UTC)

LINES: list[dict[str, Any]] = [
    {
        "kind": "recording",
        "title": "Two outlets",
        "start": "2022-09-15T09:00Z",
        "end": "2022-09-15T18:00Z",
        "notice": {"en": "Demonstration.", "ru": "Демонстрация."},
    },
    {
        "kind": "outlet",
        "id": "wire",
        "name": "Wire & Co",
        "site": "wire.example",
        "language": "en",
        "bloc": "western",
        "family": "group",
        "tier": 1,
        "country": "GB",
    },
    {"kind": "outlet", "id": "listok", "name": "Листок", "language": "ru", "feed": "atom", "encoding": "windows-1251"},
    {
        "kind": "publish",
        "at": "2022-09-15T08:00Z",
        "outlet": "wire",
        "article": "early",
        "title": "Early <news> & more",
        "paragraphs": ["First paragraph.", "Second."],
        "authors": ["A Desk"],
    },
    {
        "kind": "publish",
        "at": "2022-09-15T10:00Z",
        "outlet": "wire",
        "article": "later",
        "title": "38 bcm",
        "paragraphs": ["Thirty-eight."],
        "video": True,
    },
    {
        "kind": "edit",
        "at": "2022-09-15T12:00Z",
        "outlet": "wire",
        "article": "later",
        "title": "50 bcm",
        "paragraphs": ["Fifty."],
    },
    {"kind": "delete", "at": "2022-09-15T14:00Z", "outlet": "wire", "article": "later"},
    {
        "kind": "publish",
        "at": "2022-09-15T08:30Z",
        "outlet": "listok",
        "article": "vest",
        "title": "Новость — «важная»",
        "paragraphs": ["Первый абзац ✓."],
    },
]


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    path = tmp_path / "recording.jsonl"
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in LINES), encoding="utf-8")
    return load_recording(path)


@pytest.fixture
async def newsroom(recording: Recording) -> AsyncIterator[Newsroom]:
    async with Newsroom(recording, speed=0) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield session


async def get(http: aiohttp.ClientSession, url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    async with http.get(url, headers=headers, allow_redirects=False) as answer:
        return answer.status, {key.lower(): value for key, value in answer.headers.items()}, await answer.read()


async def post(http: aiohttp.ClientSession, url: str, body: object = None) -> tuple[int, dict[str, Any]]:
    async with http.post(url, json=body) as answer:
        return answer.status, await answer.json()


class TestTime:
    async def test_only_what_was_published_by_now_is_there(
        self, newsroom: Newsroom, http: aiohttp.ClientSession
    ) -> None:
        _, _, body = await get(http, newsroom.feed_url("wire"))
        assert [entry.title for entry in feedparser.parse(body).entries] == ["Early <news> & more"]
        assert (await get(http, newsroom.article_url("wire", "later")))[0] == 404
        newsroom.clock.set(START + timedelta(hours=1))
        _, _, body = await get(http, newsroom.feed_url("wire"))
        assert [entry.title for entry in feedparser.parse(body).entries] == ["38 bcm", "Early <news> & more"]

    async def test_an_edit_changes_page_and_feed(self, newsroom: Newsroom, http: aiohttp.ClientSession) -> None:
        newsroom.clock.set(START + timedelta(hours=3))
        assert b"Fifty." in (await get(http, newsroom.article_url("wire", "later")))[2]
        before, after = feedparser.parse((await get(http, newsroom.feed_url("wire")))[2]).entries, "50 bcm"
        assert before[0].title == after
        assert before[0].id == "tag:wire.example,2022:later"

    async def test_a_deleted_article_leaves_the_feed_and_answers_410(
        self, newsroom: Newsroom, http: aiohttp.ClientSession
    ) -> None:
        newsroom.clock.set(START + timedelta(hours=6))
        assert (await get(http, newsroom.article_url("wire", "later")))[0] == 410
        assert b"later" not in (await get(http, newsroom.feed_url("wire")))[2]

    async def test_the_clock_runs_at_its_speed(self, recording: Recording) -> None:
        async with Newsroom(recording, speed=3600) as running:
            await asyncio.sleep(0.2)
            ahead = running.clock.now() - START
        assert timedelta(minutes=10) < ahead < timedelta(hours=6)

    def test_dates_can_be_those_at_which_things_appear(self) -> None:
        wall = [datetime(2030, 1, 1, tzinfo=UTC)]
        clock = Clock(START, speed=60, shift=True, wall_clock=lambda: wall[0])
        first = wall[0]
        assert clock.shown(START - timedelta(hours=2)) == first - timedelta(hours=2)
        wall[0] += timedelta(seconds=60)
        assert clock.now() == START + timedelta(hours=1)
        assert clock.shown(START + timedelta(minutes=30)) == first + timedelta(seconds=30)
        clock.set(START + timedelta(days=2), speed=0)
        jumped = wall[0]
        wall[0] += timedelta(seconds=60)
        assert clock.shown(START + timedelta(days=1)) == jumped
        assert clock.shown(START + timedelta(minutes=30)) == first + timedelta(seconds=30)

    async def test_with_shift_a_feed_is_dated_now(self, recording: Recording, http: aiohttp.ClientSession) -> None:
        async with Newsroom(recording, speed=0, shift=True) as running:
            running.clock.set(START + timedelta(hours=2))
            entry = feedparser.parse((await get(http, running.feed_url("wire")))[2]).entries[0]
        said = datetime.fromtimestamp(calendar.timegm(entry.published_parsed), UTC)
        assert abs(datetime.now(UTC) - said) < timedelta(seconds=20)


class TestFeeds:
    async def test_tags_and_dates_make_conditional_requests_cheap(
        self, newsroom: Newsroom, http: aiohttp.ClientSession
    ) -> None:
        url = newsroom.feed_url("wire")
        status, headers, _ = await get(http, url)
        assert status == 200
        tag, date = headers["etag"], headers["last-modified"]
        assert (await get(http, url, **{"If-None-Match": tag}))[0] == 304
        assert (await get(http, url, **{"If-Modified-Since": date}))[0] == 304
        assert (await get(http, url, **{"If-None-Match": '"other"', "If-Modified-Since": date}))[0] == 200
        newsroom.clock.set(START + timedelta(hours=1))
        assert (await get(http, url, **{"If-None-Match": tag}))[0] == 200

    @pytest.mark.parametrize("kind", list(CONTENT_TYPES))
    async def test_every_format_is_read_by_a_feed_reader(
        self, recording: Recording, http: aiohttp.ClientSession, kind: str
    ) -> None:
        outlet = {**{name: getattr(recording.outlets["wire"], name) for name in Outlet.__slots__}, "feed": kind}
        changed = Recording(
            **{
                **{name: getattr(recording, name) for name in Recording.__slots__},
                "outlets": {"wire": Outlet(**outlet)},
            }
        )
        async with Newsroom(changed, speed=0) as running:
            _, headers, body = await get(http, running.feed_url("wire"))
            link = running.article_url("wire", "early")
        assert headers["content-type"].startswith(CONTENT_TYPES[kind])
        if kind == "json":
            item = json.loads(body)["items"][0]
            found = (item["title"], item["url"], item["date_published"][:16])
        else:
            feed = feedparser.parse(body)
            assert not feed.bozo
            entry = feed.entries[0]
            stamp = entry.get("published_parsed") or entry.updated_parsed
            found = (entry.title, entry.link, datetime.fromtimestamp(calendar.timegm(stamp), UTC).isoformat()[:16])
        assert found == ("Early <news> & more", link, "2022-09-15T08:00")

    async def test_an_old_code_page_is_kept_on_feed_and_page(
        self, newsroom: Newsroom, http: aiohttp.ClientSession
    ) -> None:
        _, headers, body = await get(http, newsroom.feed_url("listok"))
        assert headers["content-type"] == "application/atom+xml; charset=windows-1251"
        assert "Новость — «важная»".encode("cp1251") in body
        assert feedparser.parse(body).entries[0].summary == "Первый абзац ✓."
        _, headers, page = await get(http, newsroom.article_url("listok", "vest"))
        assert headers["content-type"] == "text/html; charset=windows-1251"
        assert "Демонстрация." in page.decode("cp1251")


class TestPages:
    async def test_a_page_has_the_article_the_notice_and_the_usual_clutter(
        self, newsroom: Newsroom, http: aiohttp.ClientSession
    ) -> None:
        newsroom.clock.set(START + timedelta(hours=1))
        url = newsroom.article_url("wire", "early")
        status, _, body = await get(http, url)
        text = body.decode()
        assert status == 200
        for part in (
            "Demonstration.",
            "<h1>Early &lt;news&gt; &amp; more</h1>",
            "<p>First paragraph.</p>",
            f'<link rel="canonical" href="{url}">',
            'property="og:image"',
            '"datePublished": "2022-09-15T08:00:00Z"',
            "cookie-consent",
            "38 bcm",  # another article's headline
        ):
            assert part in text
        assert "<news>" not in text
        assert (await get(http, newsroom.article_url("wire", "later")))[2].count(b"<video") == 1

    async def test_pictures_and_robots_are_there_and_nothing_else(
        self, newsroom: Newsroom, http: aiohttp.ClientSession
    ) -> None:
        home = newsroom.home("wire")
        assert (await get(http, f"{home}img/early.png"))[2].startswith(b"\x89PNG")
        assert b"Allow: /" in (await get(http, f"{home}robots.txt"))[2]
        assert (await get(http, f"{home}secret"))[0] == 404


class TestAddresses:
    async def test_each_outlet_has_an_address_of_its_own_where_it_can(self, newsroom: Newsroom) -> None:
        homes = {newsroom.home(outlet) for outlet in ("wire", "listok")}
        own = {f"http://127.0.1.1:{newsroom.port}/", f"http://127.0.1.2:{newsroom.port}/"}
        shared = {f"http://127.0.0.1:{newsroom.port}/{name}/" for name in ("wire", "listok")}
        assert homes in (own, shared)

    async def test_on_one_address_paths_tell_them_apart(
        self, recording: Recording, http: aiohttp.ClientSession
    ) -> None:
        async with Newsroom(recording, speed=0, own_addresses=False) as running:
            assert running.feed_url("listok") == f"http://127.0.0.1:{running.port}/listok/atom.xml"
            assert (await get(http, running.feed_url("listok")))[0] == 200
            assert (await get(http, running.article_url("wire", "early")))[0] == 200
            assert (await get(http, f"{running.index_url}feeds.json"))[0] == 200

    async def test_a_port_in_use_is_a_sentence(self, recording: Recording) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            with pytest.raises(StackError, match="choose one with --port"):
                async with Newsroom(recording, port=taken.getsockname()[1]):
                    pass

    async def test_after_the_end_nothing_listens(self, recording: Recording) -> None:
        async with Newsroom(recording) as running:
            port = running.port
        with pytest.raises(OSError, match=r"."):
            await asyncio.open_connection("127.0.0.1", port)


class TestControl:
    async def test_the_index_lists_the_feeds(self, newsroom: Newsroom, http: aiohttp.ClientSession) -> None:
        index = json.loads((await get(http, f"{newsroom.index_url}feeds.json"))[2])
        assert index["now"] == "2022-09-15T09:00:00+00:00"
        assert [(feed["outlet"], feed["format"], feed["items"]) for feed in index["feeds"]] == [
            ("wire", "rss", 2),
            ("listok", "atom", 1),
        ]

    async def test_the_sources_file_can_be_followed(
        self, newsroom: Newsroom, http: aiohttp.ClientSession, tmp_path: Path
    ) -> None:
        path = tmp_path / "sources.yaml"
        path.write_bytes((await get(http, f"{newsroom.index_url}sources.yaml"))[2])
        sources = load_sources(path)
        assert sources == newsroom.sources()
        assert (sources[0].bloc, sources[0].family, sources[0].tier) == ("western", "group", 1)
        assert (await get(http, sources[0].feeds[0]))[0] == 200

    async def test_the_clock_is_set_over_http(self, newsroom: Newsroom, http: aiohttp.ClientSession) -> None:
        index = newsroom.index_url
        assert (await post(http, f"{index}clock?advance=3600"))[1]["now"] == "2022-09-15T10:00:00+00:00"
        assert (await post(http, f"{index}clock?to=2022-09-15T12:00Z&speed=0"))[1]["now"].startswith("2022-09-15T12:00")
        for bad in ("clock", "clock?to=never", "clock?advance=x", "clock?speed=-1", "clock?advance=1e300", "nothing"):
            assert (await post(http, f"{index}{bad}"))[0] == 400

    async def test_articles_appear_change_and_go_on_demand(
        self, newsroom: Newsroom, http: aiohttp.ClientSession
    ) -> None:
        index = newsroom.index_url
        article = {"outlet": "wire", "article": "now", "title": "Just in", "paragraphs": ["Text."]}
        assert (await post(http, f"{index}publish", article))[0] == 200
        url = newsroom.article_url("wire", "now")
        assert b"Just in" in (await get(http, url))[2]
        assert (await post(http, f"{index}edit", {"outlet": "wire", "article": "now", "title": "Changed"}))[0] == 200
        assert b"Changed" in (await get(http, url))[2]
        assert (await post(http, f"{index}delete?outlet=wire&article=now"))[0] == 200
        assert (await get(http, url))[0] == 410
        status, told = await post(http, f"{index}publish", article)
        assert (status, "was published before" in told["error"]) == (400, True)

    async def test_every_request_is_logged(self, newsroom: Newsroom, http: aiohttp.ClientSession) -> None:
        await get(http, newsroom.feed_url("wire"), **{"User-Agent": "tester/1", "If-None-Match": '"x"'})
        rows = [json.loads(line) for line in (await get(http, f"{newsroom.index_url}log"))[2].splitlines()]
        row = rows[-1]
        assert (row["outlet"], row["status"], row["agent"], row["conditional"]) == ("wire", 200, "tester/1", True)


class TestFaults:
    async def fault(self, newsroom: Newsroom, http: aiohttp.ClientSession, kind: str) -> None:
        assert (await post(http, f"{newsroom.index_url}fault?outlet=wire&kind={kind}"))[0] == 200

    @pytest.mark.parametrize(("kind", "status"), [("gone", 410), ("error", 503), ("redirect", 302), ("garbage", 200)])
    async def test_a_fault_is_played_by_one_outlet_until_it_is_lifted(
        self, newsroom: Newsroom, http: aiohttp.ClientSession, kind: str, status: int
    ) -> None:
        await self.fault(newsroom, http, kind)
        found, headers, body = await get(http, newsroom.feed_url("wire"))
        assert found == status
        assert kind != "error" or headers["retry-after"] == "120"
        assert kind != "redirect" or headers["location"].startswith("http://169.254.")
        assert kind != "garbage" or feedparser.parse(body).entries == []
        assert (await get(http, newsroom.feed_url("listok")))[0] == 200
        await self.fault(newsroom, http, "none")
        assert (await get(http, newsroom.feed_url("wire")))[0] == 200

    async def test_a_bomb_is_small_on_the_wire_and_huge_unpacked(
        self, newsroom: Newsroom, http: aiohttp.ClientSession
    ) -> None:
        await self.fault(newsroom, http, "bomb")
        async with aiohttp.ClientSession(auto_decompress=False) as raw:
            _, headers, body = await get(raw, newsroom.feed_url("wire"))
        assert headers["content-encoding"] == "gzip"
        assert len(body) < 1_000_000
        assert len(gzip.decompress(body)) == 100_000_000

    async def test_slow_answers_late_and_hang_never(self, recording: Recording) -> None:
        async with Newsroom(recording, speed=0, slow_s=0.3) as running, aiohttp.ClientSession() as http:
            running.set_fault("wire", "slow")
            before = asyncio.get_running_loop().time()
            assert (await get(http, running.feed_url("wire")))[0] == 200
            assert asyncio.get_running_loop().time() - before >= 0.3
            running.set_fault("wire", "hang")
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(get(http, running.feed_url("wire")), 0.3)

    async def test_unknown_outlets_and_faults_are_refused(
        self, newsroom: Newsroom, http: aiohttp.ClientSession
    ) -> None:
        for query in ("outlet=nobody&kind=gone", "outlet=wire&kind=fire", "outlet=wire", ""):
            status, told = await post(http, f"{newsroom.index_url}fault?{query}")
            assert status == 400
            assert told["error"]
        assert set(FAULTS) == {"gone", "error", "slow", "hang", "garbage", "bomb", "redirect"}


class TestRecordingFiles:
    OUTLET = '{"kind": "outlet", "id": "a", "name": "A"}\n'

    def test_a_compressed_file_is_read_as_well(self, tmp_path: Path) -> None:
        path = tmp_path / "r.jsonl.gz"
        path.write_bytes(gzip.compress(self.OUTLET.encode()))
        assert list(load_recording(path).outlets) == ["a"]

    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            ("", "no line declares an outlet"),
            ("{}", r":1: .*kind"),
            ("nonsense", r":1: "),
            ('{"kind": "publsh"}', r":1: "),
            (OUTLET + OUTLET, r":2: .*twice"),
            ('{"kind": "outlet", "id": "log", "name": "x"}', r":1: .*cannot be named"),
            ('{"kind": "outlet", "id": "a", "name": "x", "encoding": "klingon"}', r":1: .*no encoding"),
            (
                OUTLET + '{"kind": "delete", "at": "2022-09-15T08:00Z", "outlet": "a", "article": "x"}',
                r":2: .*no article",
            ),
            (
                OUTLET + '{"kind": "delete", "at": "2022-09-15T08:00Z", "outlet": "b", "article": "x"}',
                r":2: .*no outlet",
            ),
            (
                OUTLET
                + '{"kind": "publish", "at": "soon", "outlet": "a", "article": "x", "title": "t", "paragraphs": ["p"]}',
                r":2: publish\.at: ",
            ),
        ],
    )
    def test_a_bad_line_is_named(self, tmp_path: Path, lines: str, said: str) -> None:
        path = tmp_path / "r.jsonl"
        path.write_text(lines)
        with pytest.raises(ConfigError, match=said):
            load_recording(path)

    def test_a_missing_file_is_a_sentence(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="cannot be read"):
            load_recording(tmp_path / "none.jsonl")


async def test_the_sources_of_a_replay_replace_no_file_of_somebodys_own(tmp_path: Path) -> None:
    async with Newsroom(load_recording(demo_recording()), speed=0) as newsroom:
        text = newsroom.sources_yaml()
    file = tmp_path / "replay" / "sources.yaml"
    write_sources(file, text)
    write_sources(file, text)
    assert file.read_text(encoding="utf-8") == text
    own = tmp_path / "sources.yaml"
    own.write_text("sources: []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="not written by a replay"):
        write_sources(own, text)
    assert own.read_text(encoding="utf-8") == "sources: []\n"
