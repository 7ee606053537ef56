"""robots.txt (RFC 9309): read once a day a site, kept on disk, so that short-lived processes share it.

- 2xx: its rules hold; only the first 500 KiB count.
- 4xx except 429: there are no rules, everything is allowed.
- 5xx, 429, no answer: rules read in the last 30 days hold on; without any, nothing is fetched there for now, and the
  caller may try again: the next attempt asks anew after a minute.

Feeds are declared by the user and published to be polled, so they are asked for whatever robots.txt says.
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from protego import Protego

from monitor.errors import AddressBlocked, FetchError

MAX_ROBOTS_BYTES = 500 * 1024
"""What is read of a robots.txt (RFC 9309, 2.5)."""

FRESH_S = 86_400.0
"""How long a robots.txt is used without asking again."""

STALE_S = 30 * 86_400.0
"""How long a robots.txt is used while it cannot be had."""

RETRY_S = 60.0
"""How long a site whose robots.txt cannot be had is left alone."""

LOOK_AGAIN_S = 600.0
"""How often the disk is looked at for rules that another process may have read meanwhile."""

_KEPT_IN_MEMORY = 5_000

Load = Callable[[str], Awaitable[tuple[int, bytes]]]
"""Gets a robots.txt: status and body; raises FetchError."""


class RobotsUnreachable(Exception):
    """Nothing is known of a site's rules; `reason` says why, as a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rules:
    """What one site's robots.txt says to `agent`, and when (seconds since the epoch) it was read."""

    parsed: Protego
    agent: str
    read_at: float

    def allows(self, url: str) -> bool:
        """Whether `url`, of this site, may be fetched."""
        return bool(self.parsed.can_fetch(url, self.agent))

    @property
    def crawl_delay_s(self) -> float:
        """The pause between requests it asks for, 0 where it asks for none."""
        return float(self.parsed.crawl_delay(self.agent) or 0)


class Robots:
    """The rules of all sites met, each read once however many ask at the same time."""

    def __init__(self, folder: Path, agent: str, load: Load) -> None:
        self._folder = folder
        self._agent = agent
        self._load = load
        self._known: dict[str, Rules] = {}
        self._failed: dict[str, tuple[float, str]] = {}
        self._reading: dict[str, asyncio.Lock] = {}
        self._look_again: dict[str, float] = {}

    def known(self, url: str) -> Rules | None:
        """The rules of the site of `url`, if they are at hand; nothing is asked for."""
        origin = _origin(url)
        if origin not in self._known:
            now = time.monotonic()
            if now < self._look_again.get(origin, 0):
                return None
            self._look_again[origin] = now + LOOK_AGAIN_S
        return self._fresh(origin)

    async def rules(self, url: str) -> Rules:
        """The rules of the site of `url`. Raises RobotsUnreachable, and AddressBlocked where it may not be asked."""
        origin = _origin(url)
        while (rules := self._fresh(origin)) is None:  # ends: the lock's holder leaves rules or raises
            lock = self._reading.setdefault(origin, asyncio.Lock())
            async with lock:
                if (rules := self._fresh(origin)) is None:
                    rules = await self._read(origin)
                    self._remember(origin, rules)
            self._reading.pop(origin, None)
        return rules

    def _fresh(self, origin: str) -> Rules | None:
        rules = self._known.get(origin) or self._stored(origin)
        if rules is None or time.time() - rules.read_at > FRESH_S:
            return None
        self._known[origin] = rules
        return rules

    def _remember(self, origin: str, rules: Rules) -> None:
        if len(self._known) >= _KEPT_IN_MEMORY:
            self._known.clear()
            self._look_again.clear()
        self._known[origin] = rules

    async def _read(self, origin: str) -> Rules:
        failed_at, reason = self._failed.get(origin, (0.0, ""))
        if time.monotonic() - failed_at > RETRY_S or not reason:
            try:
                status, body = await self._load(f"{origin}/robots.txt")
            except AddressBlocked:
                raise  # no trouble of the site's: whoever asked must know that it is not to be asked
            except FetchError as error:
                reason = str(error)
            else:
                if status < 500 and status != 429:
                    body = body[:MAX_ROBOTS_BYTES] if 200 <= status < 300 else b""
                    self._failed.pop(origin, None)
                    self._store(origin, body)
                    return self._parse(body, time.time())
                reason = f"it answered {status}"
            self._failed[origin] = (time.monotonic(), reason)
        stored = self._stored(origin)
        if stored is not None and time.time() - stored.read_at < STALE_S:
            # Use what we know, and ask again in a minute.
            return Rules(stored.parsed, self._agent, time.time() - FRESH_S + RETRY_S)
        raise RobotsUnreachable(reason)

    def _parse(self, body: bytes, read_at: float) -> Rules:
        return Rules(Protego.parse(body.decode("utf-8", "replace").lstrip("\ufeff")), self._agent, read_at)

    def _file(self, origin: str) -> Path:
        return self._folder / quote(origin, safe="")[:200]

    def _stored(self, origin: str) -> Rules | None:
        path = self._file(origin)
        try:
            return self._parse(path.read_bytes(), path.stat().st_mtime)
        except OSError:
            return None

    def _store(self, origin: str, body: bytes) -> None:
        """Keep a copy for other processes; without one (disk full) they ask themselves."""
        path = self._file(origin)
        draft = path.with_name(f".{path.name[:150]}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(body)
            draft.replace(path)
        except OSError:
            with suppress(OSError):
                draft.unlink()


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
