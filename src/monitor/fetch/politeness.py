"""Taking turns at a host: one request at a time and a pause between starts, for all processes that share a folder.

A host is a host name or address without port: what one machine's operator notices. Within a process an asyncio lock
keeps the order; between processes (the poller, a fetch run, the command line) a file per host does, `folder/HOST`,
locked while a request runs and holding the time of the next allowed start. The lock goes with the process that held
it, also after kill -9. Where the folder cannot be written the turns are kept within the process only.
"""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

log = structlog.get_logger()

MAX_CRAWL_DELAY_S = 30.0
"""A longer Crawl-delay in robots.txt is taken for this."""

MAX_PAUSE_S = 3_600.0
"""A longer Retry-After is taken for this."""

_LOCK_RETRY_S = 0.05


class HostPaused(Exception):
    """The host asked to be left alone for `seconds` more, which is longer than the caller wants to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass
class Turn:
    """Somebody's turn at a host, from the start of a request to its end."""

    descriptor: int | None
    next_start: float
    """Seconds since the epoch; wall time, because processes share it."""
    delay_s: float = 0.0

    def asked(self, at: float) -> None:
        """Note that the server had our request by `at` (seconds since the epoch): the pause counts from there."""
        if self.delay_s > 0:
            self.next_start = max(self.next_start, at + self.delay_s)
            self.write()

    def pause(self, seconds: float) -> None:
        """Let nobody ask this host for `seconds` (Retry-After), capped at `MAX_PAUSE_S`."""
        self.next_start = max(self.next_start, time.time() + min(seconds, MAX_PAUSE_S))
        self.write()

    def write(self) -> None:
        """Let the other processes know."""
        if self.descriptor is not None:
            try:
                os.pwrite(self.descriptor, b"%017.6f" % self.next_start, 0)
            except OSError as error:  # a full disk must not stop the news
                log.warning("cannot share turns with other processes", problem=str(error))


@dataclass
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    delay_s: float = 0.0
    next_start: float = 0.0


class HostTurns:
    """Hands out turns, at most `concurrency` at a time.

    Who waits, for a host or for its pause to end, takes none of the `concurrency` and no open file, so any number may
    wait, and a host that hangs holds up nobody else. A turn that is cancelled while waiting or running is given back.
    """

    def __init__(self, folder: Path, delay_s: float, concurrency: int) -> None:
        self._folder = str(folder)
        self._delay_s = delay_s
        self._hosts: dict[str, _Host] = {}
        self._shared = True
        self.slots = asyncio.Semaphore(concurrency)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._warn(error)

    def lengthen(self, host: str, delay_s: float) -> None:
        """Hold robots.txt's Crawl-delay of `host` from now on, where it is longer than our own delay."""
        if delay_s > self._delay_s:
            self._hosts.setdefault(host, _Host()).delay_s = min(delay_s, MAX_CRAWL_DELAY_S)

    @asynccontextmanager
    async def turn(self, host: str, patience_s: float) -> AsyncIterator[Turn]:
        """Wait for the turn at `host` and hold it.

        Raises HostPaused where the host asked for a pause (Retry-After) that lasts longer than `patience_s`.
        """
        state = self._hosts.setdefault(host, _Host())
        state.users += 1
        try:
            async with state.lock:
                turn = await self._begin(host, state, max(patience_s, MAX_CRAWL_DELAY_S))
                try:
                    turn.asked(time.time())
                    yield turn
                finally:
                    state.next_start = turn.next_start
                    self._give_back(turn.descriptor)
        finally:
            state.users -= 1
            if not state.users and not state.delay_s and state.next_start <= time.time():
                self._hosts.pop(host, None)

    async def _begin(self, host: str, state: _Host, patience_s: float) -> Turn:
        """A turn that may start now. The waiting ends when other processes let go or die; the caller may cancel."""
        while True:
            wait_s = state.next_start - time.time()
            if wait_s > MAX_PAUSE_S + 1:  # a clock that was set back must not stop a host for years
                wait_s = 0
            if wait_s > patience_s:
                raise HostPaused(wait_s)
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            await self.slots.acquire()
            descriptor = self._open(host)
            if descriptor is None:
                return Turn(None, state.next_start, max(self._delay_s, state.delay_s))
            if not _locked(descriptor):
                self._give_back(descriptor)
                await asyncio.sleep(_LOCK_RETRY_S)
                continue
            at = _time_in(descriptor)
            if not 0 < at - time.time() <= MAX_PAUSE_S + 1:
                return Turn(descriptor, at, max(self._delay_s, state.delay_s))
            state.next_start = at
            self._give_back(descriptor)

    def _open(self, host: str) -> int | None:
        if not self._shared:
            return None
        try:
            return os.open(f"{self._folder}/{host}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            self._warn(error)
            return None

    def _give_back(self, descriptor: int | None) -> None:
        if descriptor is not None:
            os.close(descriptor)  # which also unlocks it
        self.slots.release()

    def _warn(self, error: OSError) -> None:
        self._shared = False
        log.warning("turns at hosts are kept within this process only", folder=self._folder, problem=str(error))


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: the turn is kept within the process
        return True
    return True


def _time_in(descriptor: int) -> float:
    try:
        return float(os.pread(descriptor, 32, 0) or 0)
    except (OSError, ValueError):
        return 0.0
