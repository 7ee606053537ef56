"""Asking web servers: what comes back, who is never asked, what is cut off, and whose turn it is."""

import asyncio
import gzip
import socket
import ssl
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
import trustme
from aiohttp.abc import AbstractResolver, ResolveResult

from monitor.errors import AddressBlocked, BodyTooLarge, FetchError, FetchTimeout, RobotsDisallowed
from monitor.fetch import ACCEPT_FEED, HttpClient
from monitor.settings import Settings

LOOPBACK = (ip_network("127.0.0.0/8"),)
HTML = "<html><p>Встреча в Самарканде завершилась.</p></html>".encode() * 50

GZIPPED = gzip.compress(HTML)

Reply = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def ok(body: bytes = HTML, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: text/html; charset=utf-8", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(to: str, status: int = 302) -> bytes:
    return f"HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


class Site:
    """An outlet's server on an address of its own: paths with what it sends, byte for byte, and a log."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        self.replies: dict[str, Reply] = {}
        self.heads: list[str] = []
        self.times: list[tuple[float, float]] = []
        self.port = 0
        self.connections = 0

    def url(self, path: str = "/", name: str | None = None, scheme: str = "http") -> str:
        return f"{scheme}://{name or self.host}:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        return [head.split(" ")[1] for head in self.heads]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                self.heads.append(head)
                began = time.monotonic()
                reply = self.replies.get(head.split(" ")[1], ok(b"none", status="404 Not Found"))
                if isinstance(reply, bytes):
                    writer.write(reply)
                    await writer.drain()
                    if b"Content-Length" not in reply.partition(b"\r\n\r\n")[0]:
                        break
                else:
                    await reply(writer)
                    break
                self.times.append((began, time.monotonic()))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def running(self, ssl_context: ssl.SSLContext | None = None) -> AsyncIterator["Site"]:
        server = await asyncio.start_server(self.serve, self.host, 0, ssl=ssl_context)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site().running() as running:
        yield running


def settings(tmp_path: Path, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "home": tmp_path,
        "allow_networks": LOOPBACK,
        "host_delay_s": 0,
        "request_timeout_s": 5,
        "max_body_bytes": 1_000_000,
    }
    return Settings(**given | more)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[HttpClient]:
    async with HttpClient(settings(tmp_path)) as running:
        yield running


class Names(AbstractResolver):
    """Names with the addresses they resolve to, one answer after the other."""

    def __init__(self, **answers: list[list[str]]) -> None:
        self.answers = answers

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - the resolver's interface
    ) -> list[ResolveResult]:
        waiting = self.answers[host.partition(".")[0]]
        addresses = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        kinds = [socket.AF_INET6 if ":" in address else socket.AF_INET for address in addresses]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)
            for address, kind in zip(addresses, kinds, strict=True)
        ]

    async def close(self) -> None:
        pass


# ---- answers -----------------------------------------------------------------------------------------------------
async def test_an_answer_tells_what_came_and_keeps_it_as_it_came(
    site: Site, client: HttpClient, tmp_path: Path
) -> None:
    site.replies["/a?b=1"] = ok(HTML, "Set-Cookie: a=1", "Set-Cookie: b=2", 'ETag: "x"')
    answer = await client.get(site.url("/a?b=1#part"), accept=ACCEPT_FEED, check_robots=False)
    assert (answer.status, answer.reason, answer.body, answer.raw_body) == (200, "OK", HTML, None)
    assert (answer.url, answer.final_url) == (site.url("/a?b=1#part"), site.url("/a?b=1#part"))
    assert answer.permanent_url is None
    assert answer.headers["set-cookie"] == "a=1, b=2"
    assert answer.headers["etag"] == '"x"'
    assert (b"Set-Cookie", b"b=2") in answer.raw_headers
    assert (answer.content_type, answer.charset, answer.ip) == ("text/html", "utf-8", "127.0.0.1")
    assert abs(time.time() - answer.fetched_at.timestamp()) < 5
    head = site.heads[0]
    assert head.startswith("GET /a?b=1 HTTP/1.1\r\n")
    assert f"User-Agent: {settings(tmp_path).user_agent}\r\n" in head
    assert f"Accept: {ACCEPT_FEED}\r\n" in head
    assert ("User-Agent", settings(tmp_path).user_agent) in answer.request_headers


async def test_cookies_are_not_kept_and_connections_are(site: Site, client: HttpClient) -> None:
    site.replies["/"] = ok(HTML, "Set-Cookie: spy=1")
    for _ in range(3):
        assert (await client.get(site.url(), check_robots=False)).status == 200
    assert not any("cookie" in head.lower() for head in site.heads)
    assert site.connections == 1


async def test_asked_again_with_validators_an_unchanged_page_is_a_304(site: Site, client: HttpClient) -> None:
    site.replies["/"] = b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 0\r\n\r\n'
    answer = await client.get(site.url(), etag='"x"', last_modified="Thu, 15 Sep 2022 12:00:00 GMT", check_robots=False)
    assert (answer.status, answer.body) == (304, b"")
    assert 'If-None-Match: "x"\r\n' in site.heads[0]
    assert "If-Modified-Since: Thu, 15 Sep 2022 12:00:00 GMT\r\n" in site.heads[0]


async def test_validators_cannot_carry_headers(site: Site, client: HttpClient) -> None:
    site.replies["/"] = ok()
    await client.get(site.url(), etag='"x"\r\nX-Injected: 1', last_modified="é", check_robots=False)
    assert "X-Injected" not in site.heads[0]


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(HTML)),
        ("x-gzip", gzip.compress(HTML[:500]) + gzip.compress(HTML[500:])),
        ("deflate", zlib.compress(HTML)),
        ("deflate", zlib.compress(HTML)[2:-4]),
        ("br", brotli.compress(HTML)),
        ("gzip, br", brotli.compress(gzip.compress(HTML))),
    ],
)
async def test_bodies_are_decoded(site: Site, client: HttpClient, coding: str, packed: bytes) -> None:
    site.replies["/"] = ok(packed, f"Content-Encoding: {coding}")
    answer = await client.get(site.url(), check_robots=False)
    assert (answer.body, answer.raw_body) == (HTML, packed)


async def test_every_status_is_an_answer(site: Site, client: HttpClient) -> None:
    for status in (204, 300, 404, 410, 418, 500):
        site.replies["/"] = ok(b"" if status == 204 else b"x", status=f"{status} So")
        assert (await client.get(site.url(), check_robots=False)).status == status


async def test_old_servers_are_understood(site: Site, client: HttpClient) -> None:
    site.replies["/"] = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + HTML
    answer = await client.get(site.url(), check_robots=False)
    assert (answer.body, answer.http_version) == (HTML, "1.0")


# ---- redirects ---------------------------------------------------------------------------------------------------
async def test_redirects_are_followed_and_permanent_ones_are_told(site: Site, client: HttpClient) -> None:
    site.replies |= {"/1": redirect("/2", 301), "/2": redirect(site.url("/3"), 308), "/3": ok()}
    answer = await client.get(site.url("/1"), check_robots=False)
    assert (answer.url, answer.final_url, answer.permanent_url) == (site.url("/1"), site.url("/3"), site.url("/3"))
    site.replies["/2"] = redirect("3#x", 302)
    answer = await client.get(site.url("/1"), check_robots=False)
    assert (answer.final_url, answer.permanent_url) == (site.url("/3"), None)


async def test_where_a_redirect_leads_can_be_shown_to_people(site: Site, client: HttpClient) -> None:
    odd = "/a\x9b31m\u202e b\u0434"
    site.replies |= {"/1": redirect(odd), "/a%C2%9B31m%E2%80%AE%20b%D0%B4": ok()}
    answer = await client.get(site.url("/1"), check_robots=False)
    assert answer.final_url == site.url("/a%C2%9B31m%E2%80%AE%20bд")
    site.replies["/1"] = redirect("/\x9b").replace(b"\xc2\x9b", b"\x9b")
    site.replies["/%9B"] = redirect("/1")
    with pytest.raises(FetchError, match="redirects more than 5 times") as caught:
        await client.get(site.url("/1"), check_robots=False)
    assert "/%9B" in site.paths
    assert str(caught.value).isprintable()


async def test_redirects_end(site: Site, client: HttpClient) -> None:
    site.replies |= {"/1": redirect("/2"), "/2": redirect("/1")}
    with pytest.raises(FetchError, match="redirects more than 5 times") as caught:
        await client.get(site.url("/1"), check_robots=False)
    assert len(site.heads) == 6
    assert (caught.value.url, caught.value.retryable) == (site.url("/1"), False)


@pytest.mark.parametrize(
    "to", ["ftp://127.0.0.1/", "javascript:alert(1)", "file:///etc/passwd", "http://a:b@127.0.0.1/", "http://[::1/"]
)
async def test_redirects_lead_to_web_pages_only(site: Site, client: HttpClient, to: str) -> None:
    site.replies["/1"] = redirect(to)
    with pytest.raises(FetchError, match="which is not the address of a web page"):
        await client.get(site.url("/1"), check_robots=False)


# ---- the guard ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "evil.example", "mixed.example"])
async def test_nothing_outside_the_public_internet_is_asked(site: Site, tmp_path: Path, host: str) -> None:
    names = Names(localhost=[["127.0.0.1"]], evil=[["127.0.0.1"]], mixed=[["127.0.0.1", "::1", "10.0.0.1"]])
    async with HttpClient(settings(tmp_path, allow_networks=()), resolver=names) as client:
        with pytest.raises(AddressBlocked, match="MONITOR_ALLOW_NETWORKS") as caught:
            await client.get(site.url(name=host), check_robots=False)
    assert not caught.value.retryable
    assert site.heads == []


async def test_of_several_addresses_the_allowed_one_is_asked(site: Site, client: HttpClient) -> None:
    site.replies["/"] = ok()  # the system's resolver says 127.0.0.1 and, on most systems, ::1, which is not allowed
    assert (await client.get(site.url(name="localhost"), check_robots=False)).ip == "127.0.0.1"


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1"])
async def test_odd_forms_of_addresses_are_no_way_round(site: Site, tmp_path: Path, host: str) -> None:
    async with HttpClient(settings(tmp_path, allow_networks=())) as client:
        with pytest.raises(FetchError):
            await client.get(site.url(name=host), check_robots=False)
    assert site.heads == []


@pytest.mark.parametrize("to", ["http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://[fd00::1]/"])
@pytest.mark.parametrize("check_robots", [True, False])
async def test_redirects_are_guarded(site: Site, client: HttpClient, to: str, check_robots: bool) -> None:
    site.replies["/1"] = redirect(to, 301)
    with pytest.raises(AddressBlocked, match="outside the public internet") as caught:
        await client.get(site.url("/1"), check_robots=check_robots)
    assert caught.value.url == site.url("/1")


async def test_a_name_that_changes_its_address_is_checked_at_each_connection(site: Site, tmp_path: Path) -> None:
    site.replies["/"] = b"HTTP/1.0 200 OK\r\n\r\n" + HTML  # closes, so that the next request connects anew
    names = Names(rebinding=[["127.0.0.1"], ["10.0.0.1"]])
    async with HttpClient(settings(tmp_path), resolver=names) as client:
        assert (await client.get(site.url(name="rebinding.example"), check_robots=False)).status == 200
        assert client._session is not None
        client._session.connector.clear_dns_cache()  # type: ignore[union-attr]
        with pytest.raises(AddressBlocked):
            await client.get(site.url(name="rebinding.example"), check_robots=False)


@pytest.mark.parametrize(
    "url",
    ["", "news/1", "mailto:a@example.com", "ftp://example.com/", "http://", "http://a b/", "http://u:p@127.0.0.1/"],
)
async def test_what_is_no_web_address_is_told(client: HttpClient, url: str) -> None:
    with pytest.raises(FetchError, match="is not the address of a web page") as caught:
        await client.get(url)
    assert not caught.value.retryable


# ---- limits ------------------------------------------------------------------------------------------------------
async def test_a_decompression_bomb_is_cut_without_being_held(site: Site, client: HttpClient) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000) * 30  # 300 MB
    assert len(bomb) < 1_000_000
    site.replies["/"] = ok(bomb, "Content-Encoding: gzip")
    tracemalloc.start()
    try:
        with pytest.raises(BodyTooLarge, match="1000000 bytes") as caught:
            await client.get(site.url(), check_robots=False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000
    assert not caught.value.retryable


async def test_a_body_that_says_it_is_too_large_is_not_read(site: Site, client: HttpClient) -> None:
    site.replies["/"] = b"HTTP/1.1 200 OK\r\nContent-Length: 2000000000\r\n\r\n" + b"x" * 100
    with pytest.raises(BodyTooLarge):
        await client.get(site.url(), check_robots=False)


async def test_a_body_without_end_is_cut(site: Site, client: HttpClient) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while sent < 100_000_000:
            writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            sent += 0x10000
            await writer.drain()

    site.replies["/"] = endless
    with pytest.raises(BodyTooLarge):
        await client.get(site.url(), check_robots=False)
    assert sent < 20_000_000


async def test_a_server_that_hangs_is_left(site: Site, client: HttpClient) -> None:
    async def hang(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3)

    site.replies["/"] = hang
    began = time.monotonic()
    with pytest.raises(FetchTimeout, match=r"within 0\.3 s") as caught:
        await client.get(site.url(), check_robots=False, timeout_s=0.3)
    assert time.monotonic() - began < 2
    assert caught.value.retryable


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"])
async def test_a_server_that_drips_is_left(
    site: Site, client: HttpClient, head: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)

    monkeypatch.setattr("monitor.fetch._SLOW_GRACE_S", 0.2)
    site.replies["/"] = drip
    began = time.monotonic()
    with pytest.raises(FetchTimeout, match="too slowly" if head else "within"):
        await client.get(site.url(), check_robots=False, timeout_s=1)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("sent", "what"),
    [
        pytest.param(b"", "without an answer", id="nothing"),
        pytest.param(b"\x15\x03\x01\x00\x02\x02", "valid HTTP|connection", id="no HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nabc", "broke off", id="shorter than declared"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "broke|valid", id="broken chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "broke off", id="half a chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", "valid HTTP", id="a huge header"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5_000 + b"\r\n", "valid HTTP", id="many headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + GZIPPED[:-20], "decoded", id="half a gzip"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nplain text", "decoded", id="no Brotli"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n(\xb5/\xfd", "not asked for", id="zstd"),
    ],
)  # fmt: skip
async def test_broken_answers_are_told(site: Site, client: HttpClient, sent: bytes, what: str) -> None:
    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()

    site.replies["/"] = send
    with pytest.raises(FetchError, match=what) as caught:
        await client.get(site.url(), check_robots=False)
    assert caught.value.retryable
    assert site.url() in str(caught.value)
    site.replies["/"] = ok()
    assert (await client.get(site.url(), check_robots=False)).body == HTML


async def test_more_than_declared_is_not_taken_for_the_next_answer(site: Site, client: HttpClient) -> None:
    site.replies["/1"] = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    )
    site.replies["/2"] = ok()
    assert (await client.get(site.url("/1"), check_robots=False)).body == b"abc"
    assert (await client.get(site.url("/2"), check_robots=False)).body == HTML


async def test_nobody_there_is_told(client: HttpClient) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(FetchError, match="cannot connect") as caught:
        await client.get(f"http://127.0.0.1:{port}/", check_robots=False)
    assert caught.value.retryable


async def test_a_name_that_does_not_resolve_is_told(tmp_path: Path) -> None:
    class NoNames(Names):
        async def resolve(self, *_: Any, **__: Any) -> list[ResolveResult]:
            raise socket.gaierror(-2, "Name or service not known")

    async with HttpClient(settings(tmp_path), resolver=NoNames()) as client:
        with pytest.raises(FetchError, match="cannot be resolved") as caught:
            await client.get("http://nowhere.example/", check_robots=False)
    assert caught.value.retryable


# ---- certificates ------------------------------------------------------------------------------------------------
async def test_certificates_are_verified(tmp_path: Path) -> None:
    authority = trustme.CA()
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("news.example").configure_cert(served)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    names = Names(news=[["127.0.0.1"]], other=[["127.0.0.1"]])
    async with Site().running(served) as site:
        site.replies["/"] = ok()
        async with HttpClient(settings(tmp_path), resolver=names, ssl_context=trusting) as client:
            assert (await client.get(site.url(name="news.example", scheme="https"), check_robots=False)).body == HTML
            with pytest.raises(FetchError, match="certificate"):
                await client.get(site.url(name="other.example", scheme="https"), check_robots=False)
        async with HttpClient(settings(tmp_path), resolver=names) as client:
            with pytest.raises(FetchError, match=r"certificate .* cannot be trusted") as caught:
                await client.get(site.url(name="news.example", scheme="https"), check_robots=False)
    assert not caught.value.retryable


# ---- turns -------------------------------------------------------------------------------------------------------
async def test_a_host_is_asked_one_at_a_time_with_a_pause_between_starts(tmp_path: Path) -> None:
    times: list[tuple[float, float]] = []

    async def slow(writer: asyncio.StreamWriter) -> None:
        began = time.monotonic()
        await asyncio.sleep(0.05)
        times.append((began, time.monotonic()))
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nx")
        await writer.drain()

    async with Site("127.0.1.1").running() as slow_site, HttpClient(settings(tmp_path, host_delay_s=0.1)) as client:
        slow_site.replies |= {f"/{n}": slow for n in range(4)}
        await asyncio.gather(*(client.get(slow_site.url(f"/{n}"), check_robots=False) for n in range(4)))
    assert len(times) == 4
    for (before, ended), (after, _) in pairwise(times):
        assert after - before >= 0.1
        assert after > ended


async def test_two_runs_share_the_pause(site: Site, tmp_path: Path) -> None:
    site.replies["/"] = ok()
    for _ in range(2):
        async with HttpClient(settings(tmp_path, host_delay_s=0.4)) as client:
            await client.get(site.url(), check_robots=False)
    assert site.times[1][0] - site.times[0][0] > 0.35


async def test_a_host_that_hangs_holds_up_nobody_else(tmp_path: Path) -> None:
    async def hang(_: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3)

    async with (
        Site("127.0.1.1").running() as stuck,
        Site("127.0.1.2").running() as fine,
        HttpClient(settings(tmp_path), concurrency=2) as client,
    ):
        stuck.replies["/"] = hang
        fine.replies["/"] = ok()
        waiting = [asyncio.create_task(client.get(stuck.url(), check_robots=False)) for _ in range(10)]
        await asyncio.sleep(0.05)
        began = time.monotonic()
        answers = await asyncio.gather(*(client.get(fine.url(), check_robots=False) for _ in range(20)))
        assert time.monotonic() - began < 1.5
        assert {answer.status for answer in answers} == {200}
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        stuck.replies["/"] = ok()
        assert (await client.get(stuck.url(), check_robots=False)).status == 200  # the turn was given back


async def test_retry_after_is_honoured_for_the_whole_host(tmp_path: Path) -> None:
    async with (
        Site("127.0.1.1").running() as busy,
        Site("127.0.1.2").running() as fine,
        HttpClient(settings(tmp_path)) as client,
    ):
        busy.replies["/"] = ok(b"", "Retry-After: 600", status="429 Too Many Requests")
        fine.replies["/"] = ok()
        assert (await client.get(busy.url(), check_robots=False)).status == 429
        with pytest.raises(FetchError, match="asked to be left alone for 600 s") as caught:
            await client.get(busy.url("/other"), check_robots=False)
        assert caught.value.retryable
        assert busy.paths == ["/"]
        assert (await client.get(fine.url(), check_robots=False)).status == 200
    async with HttpClient(settings(tmp_path)) as client:
        with pytest.raises(FetchError, match="left alone"):
            await client.get(busy.url(), check_robots=False)


# ---- robots.txt --------------------------------------------------------------------------------------------------
async def test_robots_txt_is_obeyed_and_read_once(site: Site, client: HttpClient) -> None:
    site.replies |= {
        "/robots.txt": ok(b"User-agent: *\nDisallow: /private/\nUser-agent: Claim-Monitor\nDisallow: /p/"),
        "/a": ok(),
        "/private/1": ok(),
    }
    answers = await asyncio.gather(*(client.get(site.url("/a")) for _ in range(5)))
    assert {answer.status for answer in answers} == {200}
    assert (await client.get(site.url("/private/1"))).status == 200  # the rules that name us hold, not those for all
    with pytest.raises(RobotsDisallowed, match=r"robots\.txt of 127\.0\.0\.1 disallows") as caught:
        await client.get(site.url("/p/1"))
    assert not caught.value.retryable
    assert site.paths.count("/robots.txt") == 1
    assert "/p/1" not in site.paths


async def test_robots_txt_is_obeyed_where_a_redirect_leads(site: Site, client: HttpClient) -> None:
    async with Site("127.0.1.9").running() as other:
        other.replies["/robots.txt"] = ok(b"User-agent: *\nDisallow: /")
        site.replies["/a"] = redirect(other.url("/b"))
        with pytest.raises(RobotsDisallowed):
            await client.get(site.url("/a"))
        assert other.paths == ["/robots.txt"]


async def test_a_declared_feed_is_asked_for_whatever_robots_txt_says(site: Site, client: HttpClient) -> None:
    site.replies |= {"/robots.txt": ok(b"User-agent: *\nDisallow: /"), "/feed": ok()}
    assert (await client.get(site.url("/feed"), check_robots=False)).status == 200
    assert site.paths == ["/feed"]


async def test_crawl_delay_lengthens_the_pause(site: Site, client: HttpClient) -> None:
    site.replies |= {"/robots.txt": ok(b"User-agent: *\nCrawl-delay: 0.3"), "/": ok()}
    for _ in range(3):
        await client.get(site.url())
    starts = [began for began, _ in site.times]
    assert starts[3] - starts[2] > 0.28


async def test_without_an_answer_about_robots_nothing_is_fetched_for_now(site: Site, client: HttpClient) -> None:
    site.replies |= {"/robots.txt": ok(b"", status="503 Busy"), "/": ok()}
    with pytest.raises(FetchError, match=r"while its robots\.txt cannot be read: it answered 503") as caught:
        await client.get(site.url())
    assert caught.value.retryable
    assert not isinstance(caught.value, RobotsDisallowed)
    assert site.paths == ["/robots.txt"]
