"""Polling 2,000 feeds with conditional GETs, nine in ten answered 304: this project's client against httpx.

    python bench/polling.py [--feeds N] [--hosts N] [--rounds N]

Both ask the same server on loopback, in a process of its own whose CPU time does not count, with 64 requests at a time
over kept connections. Ours has everything on that it has in production: address guard, turns at hosts (without a pause,
which costs no CPU), limits, decoding.
"""

import argparse
import asyncio
import contextlib
import gzip
import multiprocessing
import multiprocessing.connection
import sys
import tempfile
from ipaddress import ip_network
from pathlib import Path

import httpx

from measure import compare
from monitor.fetch import ACCEPT_FEED, HttpClient
from monitor.settings import Settings

CONCURRENCY = 64
_ITEM = b"<item><title>Ministers meet in Samarkand, talks go on %d</title><link>https://news.example/%d</link></item>"
FEED = b"<rss version='2.0'><channel>" + b"".join(_ITEM % (n, n) for n in range(30)) + b"</channel></rss>"


def serve(ready: multiprocessing.connection.Connection) -> None:
    """A small keep-alive HTTP server: /0, /10, /20 … have changed, the rest has not."""
    packed = gzip.compress(FEED)
    changed = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Encoding: gzip\r\nETag: \"2\"\r\n"
        b"Content-Length: %d\r\n\r\n" % len(packed)
    ) + packed  # fmt: skip
    unchanged = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:  # ends when the client closes
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1]
                conditional = b"if-none-match" in head.lower()
                writer.write(unchanged if conditional and not path.endswith(b"0") else changed)
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "0.0.0.0", 0)  # noqa: S104 - many loopback addresses
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def poll_ours(urls: list[str], home: Path) -> None:
    """All feeds once, with this project's client."""
    settings = Settings(home=home, host_delay_s=0, allow_networks=(ip_network("127.0.0.0/8"),))
    async with HttpClient(settings, concurrency=CONCURRENCY) as client:
        answers = await asyncio.gather(
            *(client.get(url, etag='"1"', accept=ACCEPT_FEED, check_robots=False) for url in urls)
        )
    assert sum(answer.body == FEED for answer in answers) == sum(url.endswith("0") for url in urls)
    assert {answer.status for answer in answers} == {200, 304}


async def poll_httpx(urls: list[str]) -> None:
    """The same with httpx."""
    limits = httpx.Limits(max_connections=CONCURRENCY, max_keepalive_connections=CONCURRENCY)
    async with httpx.AsyncClient(limits=limits, timeout=30, trust_env=False) as client:
        slots = asyncio.Semaphore(CONCURRENCY)

        async def get(url: str) -> httpx.Response:
            async with slots:
                return await client.get(url, headers={"If-None-Match": '"1"', "Accept": ACCEPT_FEED})

        answers = await asyncio.gather(*map(get, urls))
    assert sum(answer.content == FEED for answer in answers) == sum(url.endswith("0") for url in urls)


def main() -> int:
    """Print both rates and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=2_000)
    parser.add_argument("--hosts", type=int, default=200, help="outlets that the feeds belong to")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    here, there = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    try:
        port = here.recv()
        urls = [
            f"http://127.0.{n % arguments.hosts // 250}.{n % arguments.hosts % 250 + 1}:{port}/{n}"
            for n in range(arguments.feeds)
        ]
        with tempfile.TemporaryDirectory() as home:
            compare(
                "polling, 90 % 304",
                ("this project's client (aiohttp)", lambda: asyncio.run(poll_ours(urls, Path(home)))),
                ("httpx", lambda: asyncio.run(poll_httpx(urls))),
                arguments.feeds,
                "feeds",
                rounds=arguments.rounds,
                aim=5,
            )
    finally:
        server.kill()
        server.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
