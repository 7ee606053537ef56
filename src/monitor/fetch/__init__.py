"""HTTP, politely and guarded: the only importer of the HTTP client.

- Guard: every socket is checked as it is made (`_guarded_socket`), whatever the name resolved to, at each redirect
  and for addresses written out. Only the public internet and MONITOR_ALLOW_NETWORKS are connected to. Proxies named in
  the environment are not used, because the guard could not see past them.
- Politeness: one request at a time and a delay a host (`politeness`), robots.txt (`robots`), Retry-After of 429 and
  503. A feed's address was declared by the user and published to be polled: `check_robots=False` leaves out
  robots.txt, but a Crawl-delay that is known holds.
- Limits: time in total and between bytes, a least speed, size as sent and as decoded, redirects, headers. Bodies are
  decoded piece by piece and dropped at the limit.
- No cookies; certificates are verified; connections are reused.

`HttpClient.get` returns an Answer for every HTTP status and raises FetchError (or below) where there is no answer.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from monitor.answers import Answer, page_status_of, page_status_of_error, retry_after_s
from monitor.decoding import ACCEPT_ENCODING, BodyDecoder, BrokenEncoding, TooMuchOutput
from monitor.errors import AddressBlocked, BodyTooLarge, FetchError, FetchTimeout, HostResting, RobotsDisallowed
from monitor.fetch.politeness import HostPaused, HostTurns, Turn
from monitor.fetch.robots import Robots, RobotsUnreachable
from monitor.model import utc_now
from monitor.settings import Network, Settings
from monitor.urls import host_of, is_public, shown_url

__all__ = ["ACCEPT_FEED", "ACCEPT_PAGE", "Answer", "HttpClient", "page_status_of", "page_status_of_error"]

ACCEPT_PAGE = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"
ACCEPT_FEED = (
    "application/rss+xml,application/atom+xml,application/feed+json;q=0.9,application/rdf+xml;q=0.9,"
    "application/xml;q=0.8,text/xml;q=0.8,application/json;q=0.7,*/*;q=0.5"
)

ROBOTS_AGENT = "claim-monitor"
"""The product token that robots.txt files name us by."""

MAX_HEADER_BYTES = 32_768
"""Of one header line; more is no honest answer."""

MIN_BYTES_PER_S = 256
"""A body that comes slower than this, after `_SLOW_GRACE_S`, is given up: it would hold its host's turn for nothing."""

_SLOW_GRACE_S = 5.0
_CONNECT_S = 10.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_DNS_THREADS = 16
_DNS_TTL_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What stays the same on all hops of one `get`."""

    url: str
    headers: dict[str, str]
    check_robots: bool
    polite: bool
    timeout_s: float
    max_bytes: int


class HttpClient:
    """Asks web servers; an async context manager, to be used within one event loop.

    At most `concurrency` requests run at a time (by default the larger of `poll_concurrency` and `fetch_concurrency`).
    A `get` waits for its host's turn first and only then takes one of them, so any number may be started at once:
    a host that hangs holds up nothing but its own. A cancelled `get` gives its turn back. `resolver` and `ssl_context`
    replace name resolution and the certificates that are trusted.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        concurrency: int | None = None,
        resolver: AbstractResolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        concurrency = concurrency or max(settings.poll_concurrency, settings.fetch_concurrency)
        self._turns = HostTurns(settings.state_dir / "hosts", settings.host_delay_s, concurrency)
        self._robots = Robots(settings.state_dir / "robots", ROBOTS_AGENT, self._load_robots)
        self._resolver = resolver
        self._ssl_context = ssl_context
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._resolver = self._resolver or _Resolver()
        connector = aiohttp.TCPConnector(
            limit=0,  # `concurrency` is kept here, where waiting for a host does not count
            resolver=self._resolver,
            ttl_dns_cache=_DNS_TTL_S,
            ssl=self._ssl_context or True,
            socket_factory=lambda info: _guarded_socket(info, self._settings.allow_networks),
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": self._settings.user_agent, "Accept-Encoding": ACCEPT_ENCODING},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            response_class=_Response,
            max_line_size=MAX_HEADER_BYTES,
            max_field_size=MAX_HEADER_BYTES,
            trust_env=False,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
        if self._resolver is not None:
            await self._resolver.close()

    async def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        accept: str = ACCEPT_PAGE,
        check_robots: bool = True,
        polite: bool = True,
        timeout_s: float | None = None,
    ) -> Answer:
        """The answer to GET `url`, redirects followed, whatever its status.

        `etag` and `last_modified` of an earlier answer make it conditional (304, without a body). `timeout_s` limits
        each request (default `request_timeout_s`); waiting for the host's turn does not count. `polite=False` skips
        turns, for addresses that are asked once by a person who waits.

        Raises AddressBlocked, BodyTooLarge, FetchTimeout, HostResting, RobotsDisallowed, or FetchError for all else:
        names that do not resolve, refused connections, bad certificates, redirects without end, answers that break off.
        """
        validators = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {"Accept": accept} | {
            name: value for name, value in validators.items() if value and value.isascii() and value.isprintable()
        }
        return await self._get(
            _Request(
                url=url.strip(),
                headers=headers,
                check_robots=check_robots,
                polite=polite,
                timeout_s=timeout_s or self._settings.request_timeout_s,
                max_bytes=self._settings.max_body_bytes,
            )
        )

    async def _get(self, request: _Request) -> Answer:
        target = request.url
        permanent = True
        for hops in range(self._settings.max_redirects + 1):
            answer, location = await self._hop(request, target)
            if location is None:
                moved = target if hops and permanent else None
                return answer if moved is None else replace(answer, permanent_url=moved)
            permanent = permanent and answer.status in _PERMANENT
            target = _redirect_target(target, location, request.url)
        raise FetchError(
            f"{request.url} redirects more than {self._settings.max_redirects} times, last to {target}",
            url=request.url,
            status=answer.status,
        )

    async def _hop(self, request: _Request, target: str) -> tuple[Answer, str | None]:
        """One request of a `get`: the answer, and the address it redirects to."""
        host = host_of(target)
        if host is None:
            raise FetchError(f"{request.url!r} is not the address of a web page", url=request.url)
        if request.check_robots:
            await self._obey_robots(request, target, host)
        elif (rules := self._robots.known(target)) is not None:
            self._turns.lengthen(host, rules.crawl_delay_s)
        if not request.polite:
            async with self._turns.slots:
                return await self._ask(request, target)
        try:
            async with self._turns.turn(host, request.timeout_s) as turn:
                answer, location = await self._ask(request, target)
                turn.asked(answer.fetched_at.timestamp())
                _note_retry_after(turn, answer)
                return answer, location
        except HostPaused as pause:
            message = f"{host} asked to be left alone for {pause.seconds:.0f} s more"
            raise HostResting(message, url=request.url, wait_s=pause.seconds) from None

    async def _obey_robots(self, request: _Request, target: str, host: str) -> None:
        try:
            rules = await self._robots.rules(target)
        except RobotsUnreachable as trouble:
            message = f"nothing is fetched from {host} while its robots.txt cannot be read: {trouble.reason}"
            raise FetchError(message, url=request.url, retryable=True) from None
        except AddressBlocked as blocked:
            raise AddressBlocked(str(blocked), url=request.url) from None
        if not rules.allows(target):
            raise RobotsDisallowed(f"robots.txt of {host} disallows {target}", url=request.url)
        self._turns.lengthen(host, rules.crawl_delay_s)

    async def _load_robots(self, url: str) -> tuple[int, bytes]:
        answer = await self._get(
            _Request(
                url=url,
                headers={"Accept": "text/plain,*/*;q=0.5"},
                check_robots=False,
                polite=True,
                timeout_s=min(_CONNECT_S, self._settings.request_timeout_s),
                max_bytes=self._settings.max_body_bytes,
            )
        )
        return answer.status, answer.body

    async def _ask(self, request: _Request, target: str) -> tuple[Answer, str | None]:
        """The request itself, with every way it can fail turned into a FetchError."""
        try:
            return await self._exchange(request, target)
        except FetchError:
            raise
        except TimeoutError:
            message = f"{target} did not finish answering within {request.timeout_s:g} s"
            raise FetchTimeout(message, url=request.url, retryable=True) from None
        except TooMuchOutput:
            message = f"{target} is larger than the {request.max_bytes} bytes allowed (MONITOR_MAX_BODY_BYTES)"
            raise BodyTooLarge(message, url=request.url) from None
        except (aiohttp.ClientError, OSError, ValueError, LookupError) as error:
            raise _as_fetch_error(error, target, request.url) from error

    async def _exchange(self, request: _Request, target: str) -> tuple[Answer, str | None]:
        assert self._session is not None, "use HttpClient as an async context manager"  # noqa: S101 - our own misuse
        started = time.monotonic()
        timeout = aiohttp.ClientTimeout(
            total=request.timeout_s,
            sock_connect=min(_CONNECT_S, request.timeout_s),
            ceil_threshold=request.timeout_s + 1,
        )
        async with self._session.get(
            URL(target), headers=request.headers, allow_redirects=False, timeout=timeout
        ) as response:
            fetched_at = utc_now()
            location = response.headers.get("Location") if response.status in _REDIRECTS else None
            raw, body = b"", b""
            if location is None and response.status != 304:
                raw, body = await _read_body(response, request, target, started)
            answer = Answer(
                url=request.url,
                final_url=target,
                status=response.status,
                headers=_joined(response.raw_headers),
                body=body,
                fetched_at=fetched_at,
                raw_body=None if raw is body else raw,
                raw_headers=response.raw_headers,
                request_headers=tuple(response.request_info.headers.items()) if body else (),
                reason=response.reason or "",
                http_version="1.0" if response.version == aiohttp.HttpVersion10 else "1.1",
                ip=response.peer if isinstance(response, _Response) else None,
                duration_ms=round((time.monotonic() - started) * 1000),
            )
            return answer, location


class _Response(aiohttp.ClientResponse):
    """Remembers the server's address, which is gone once a short body has arrived."""

    peer: str | None = None

    async def start(self, connection: "aiohttp.client.Connection") -> aiohttp.ClientResponse:  # type: ignore[name-defined]  # not exported
        if connection.transport is not None:
            peer = connection.transport.get_extra_info("peername")
            self.peer = peer[0] if isinstance(peer, tuple) else None
        return await super().start(connection)


class _Blocked(OSError):
    """A socket was asked for to an address that may not be connected to."""

    def __init__(self, address: str) -> None:
        super().__init__("outside the public internet")
        self.address = address


def _guarded_socket(
    info: tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]], allow: Iterable[Network]
) -> socket.socket:
    family, kind, protocol, _, address = info
    if not is_public(address[0], tuple(allow)):
        raise _Blocked(address[0])
    return socket.socket(family, kind, protocol)


class _Resolver(AbstractResolver):
    """The system's resolver in threads of its own: names that hang must not use up the event loop's few."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_DNS_THREADS, thread_name_prefix="dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        )
        return [
            ResolveResult(hostname=host, host=str(at[0]), port=port, family=kind, proto=protocol, flags=0)
            for kind, _, protocol, _, at in found
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


async def _read_body(
    response: aiohttp.ClientResponse, request: _Request, target: str, started: float
) -> tuple[bytes, bytes]:
    """The body as sent and as decoded; the same object twice where nothing was encoded."""
    declared = response.headers.get("Content-Length", "")
    if declared.isascii() and declared.isdigit() and int(declared[:18]) > request.max_bytes:
        raise TooMuchOutput
    decoder = BodyDecoder(response.headers.get("Content-Encoding", ""), request.max_bytes)
    sent: list[bytes] = []
    decoded: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        size += len(chunk)
        if size > request.max_bytes:
            raise TooMuchOutput
        seconds = time.monotonic() - started
        if seconds > _SLOW_GRACE_S and size < MIN_BYTES_PER_S * seconds:
            message = f"{target} sends too slowly: {size} bytes in {seconds:.0f} s"
            raise FetchTimeout(message, url=request.url, retryable=True)
        sent.append(chunk)
        if not decoder.is_identity:
            decoded.append(decoder.feed(chunk))
    raw = b"".join(sent)
    if decoder.is_identity:
        return raw, raw
    decoded.append(decoder.finish())
    return raw, b"".join(decoded)


def _redirect_target(target: str, location: str, url: str) -> str:
    try:
        followed = urljoin(target, location.strip())
    except ValueError:
        followed = location
    if host_of(followed) is None:
        raise FetchError(f"{url} redirects to {location[:200]!r}, which is not the address of a web page", url=url)
    return shown_url(followed.partition("#")[0])  # it goes into logs and sentences


def _note_retry_after(turn: Turn, answer: Answer) -> None:
    if answer.status in {429, 503}:
        seconds = retry_after_s(answer.headers, answer.fetched_at)
        if seconds:
            turn.pause(seconds)


def _joined(raw_headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw_headers:
        name = raw_name.decode("latin-1").lower()
        value = raw_value.decode("utf-8", "replace")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


_SENTENCES: tuple[tuple[type[Exception], str, bool], ...] = (
    # The first that fits; whether the same request may work later.
    (aiohttp.InvalidURL, "{target!r} is not the address of a web page", False),
    (aiohttp.ClientConnectorCertificateError, "the certificate of {target} cannot be trusted: {cause}", False),
    (aiohttp.ClientConnectorDNSError, "the name in {target} cannot be resolved: {cause}", True),
    (aiohttp.ClientConnectorError, "cannot connect to {target}: {cause}", True),
    (aiohttp.ClientResponseError, "{target} did not answer in valid HTTP: {cause}", True),
    (aiohttp.ServerDisconnectedError, "{target} closed the connection without an answer", True),
    (aiohttp.ClientPayloadError, "the answer of {target} broke off: {cause}", True),
    (BrokenEncoding, "the answer of {target} cannot be decoded: {cause}", True),
    (aiohttp.ClientError, "the connection to {target} failed: {cause}", True),
    (OSError, "the connection to {target} failed: {cause}", True),
    (Exception, "{target!r} cannot be asked for: {cause}", False),
)


def _as_fetch_error(error: Exception, target: str, url: str) -> FetchError:
    """What a failed request means, as a sentence."""
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    if isinstance(cause, _Blocked):
        return AddressBlocked(
            f"{target} leads to {cause.address}, which is outside the public internet; "
            "name its network in MONITOR_ALLOW_NETWORKS to allow it",
            url=url,
        )
    sentence, retryable = next((text, again) for kind, text, again in _SENTENCES if isinstance(error, kind))
    return FetchError(sentence.format(target=target, cause=cause), url=url, retryable=retryable)
