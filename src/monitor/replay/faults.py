"""What a faulty outlet answers: each fault answers a request, or lets it pass (None) after a while."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from functools import lru_cache

from aiohttp import web

BOMB_BYTES = 100_000_000
HANG_S = 300.0


async def _gone(_slow_s: float) -> web.Response:
    return web.Response(status=410, text="gone")


async def _error(_slow_s: float) -> web.Response:
    return web.Response(status=503, headers={"Retry-After": "120"}, text="service unavailable")


async def _slow(slow_s: float) -> None:
    await asyncio.sleep(slow_s)


async def _hang(_slow_s: float) -> web.Response:
    await asyncio.sleep(HANG_S)
    return web.Response(status=504)


async def _garbage(_slow_s: float) -> web.Response:
    return web.Response(body=bytes(range(256)) * 40, headers={"Content-Type": "application/rss+xml"})


async def _bomb(_slow_s: float) -> web.Response:
    headers = {"Content-Type": "application/rss+xml", "Content-Encoding": "gzip"}
    return web.Response(body=await asyncio.to_thread(_bomb_body), headers=headers)


async def _redirect(_slow_s: float) -> web.Response:
    # To where cloud machines tell their secrets; a careful client does not follow.
    return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})


@lru_cache(maxsize=1)
def _bomb_body() -> bytes:
    """A gzip stream of some 100 kB that unpacks to BOMB_BYTES."""
    packer = zlib.compressobj(9, wbits=31)
    piece = b" " * 1_000_000
    return b"".join(packer.compress(piece) for _ in range(BOMB_BYTES // len(piece))) + packer.flush()


FAULTS: dict[str, Callable[[float], Awaitable[web.Response | None]]] = {
    "gone": _gone,
    "error": _error,
    "slow": _slow,
    "hang": _hang,
    "garbage": _garbage,
    "bomb": _bomb,
    "redirect": _redirect,
}
"""By name; the argument is how many seconds `slow` waits. `none` is no fault and not listed."""
