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
    """Hands out turns; a turn that is cancelled while waiting or running is given back."""

    def __init__(self, folder: Path, delay_s: float) -> None:
        self._folder = folder
        self._delay_s = delay_s
        self._hosts: dict[str, _Host] = {}
        self._shared = True
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
                descriptor = await self._locked_file(host)
                turn = Turn(descriptor, state.next_start)
                try:
                    await self._until_start(state, turn, patience_s)
                    yield turn
                finally:
                    state.next_start = turn.next_start
                    if descriptor is not None:
                        os.close(descriptor)  # which also unlocks it
        finally:
            state.users -= 1
            if not state.users and not state.delay_s and state.next_start <= time.time():
                self._hosts.pop(host, None)

    async def _until_start(self, state: _Host, turn: Turn, patience_s: float) -> None:
        turn.delay_s = max(self._delay_s, state.delay_s)
        if turn.descriptor is not None:
            turn.next_start = max(turn.next_start, _time_in(turn.descriptor))
        wait_s = turn.next_start - time.time()
        if wait_s > MAX_PAUSE_S + 1:  # a clock that was set back must not stop a host for years
            wait_s = turn.next_start = 0.0
        if wait_s > max(patience_s, MAX_CRAWL_DELAY_S):
            raise HostPaused(wait_s)
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        turn.asked(time.time())

    async def _locked_file(self, host: str) -> int | None:
        if not self._shared:
            return None
        try:
            descriptor = os.open(self._folder / host, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            self._warn(error)
            return None
        try:
            while True:  # ends when the process that holds it lets go or dies; the caller may cancel
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    await asyncio.sleep(_LOCK_RETRY_S)
                else:
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise

    def _warn(self, error: OSError) -> None:
        self._shared = False
        log.warning("turns at hosts are kept within this process only", folder=str(self._folder), problem=str(error))


def _time_in(descriptor: int) -> float:
    try:
        return float(os.pread(descriptor, 32, 0) or 0)
    except (OSError, ValueError):
        return 0.0
