"""The poll stage: from due feeds to new Entries in the spool.

`poll` asks whatever is due, once; `watch` does so for ever, in the triggerer. Any number of processes may poll side by
side: a feed that is due is leased to one of them.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import structlog

from monitor.answers import Answer
from monitor.errors import ConfigError, FeedUnreadable, FetchError, HostResting, MonitorError
from monitor.feeds import ParsedFeed, parse_feed
from monitor.fetch import ACCEPT_FEED, HttpClient
from monitor.model import Counts, Entry, utc_now
from monitor.pipeline import Progress
from monitor.pipeline.config import current_sources
from monitor.pipeline.status import left_behind
from monitor.polling import FeedAnswer, after_answer, after_failure, put_off, request_for
from monitor.polling.state import FeedState
from monitor.polling.store import FeedStore, PollResult
from monitor.settings import Settings
from monitor.sources import feeds_of
from monitor.spool import list_batches, write_batch

log = structlog.get_logger()

T = TypeVar("T")

LEASE_S = 180.0
"""How long a claimed feed is ours: a time-out, a redirect or two and the wait for its host's turn."""

POLLS_COLLECT_S = 300.0
"""Records of polls without news go to the spool together, this often."""

REMIND_S = 60.0
"""After this long without anybody taking up what waits, the wake-up is given again."""

_CLAIMS_A_SLOT = 4
"""Feeds claimed for each request that may run: most of those of one host wait for their turn, and a host that hangs
with all its feeds must not keep the others from being claimed."""

_TICK_S = 0.25
_PAUSE_AFTER_TROUBLE_S = 5.0
_LONGEST_PAUSE_S = 300.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """A feed that was asked: what came back, or why nothing did."""

    state: FeedState
    answer: Answer | None = None
    error: FetchError | None = None


@dataclass(frozen=True, slots=True)
class _Read:
    """A poll whose answer was read: what to remember of the feed, and its entries that are new."""

    result: PollResult
    entries: tuple[Entry, ...] = ()


class WakeUps:
    """Decides when `ingest` is woken: once for what waits, not again while that has not been taken up.

    Batches that are added meanwhile are found by the run that is on its way; so busy minutes give a few full runs
    instead of a queue of empty ones. After REMIND_S the wake-up is given again, for one that was lost.
    """

    def __init__(self) -> None:
        self._announced: frozenset[str] = frozenset()
        self._at = float("-inf")

    def is_due(self, waiting: Iterable[str], now_s: float) -> bool:
        """Whether to wake now, given the names of the batches that wait; `now_s` is on any clock that only goes on."""
        names = frozenset(waiting)
        if not names:
            return False
        if self._announced & names and now_s - self._at < REMIND_S:
            return False
        self._announced, self._at = names, now_s
        return True


class Poller:
    """One process's polling: its HTTP client, and the poller's memory in a thread of its own."""

    def __init__(self, settings: Settings, *, once: bool = False) -> None:
        """`once`: leave alone what falls due again while others are still being asked."""
        self._settings = settings
        self._once = once
        self._due_by: datetime | None = None
        self._client = HttpClient(settings, concurrency=settings.poll_concurrency)
        # SQLite's connection belongs to one thread, and neither it nor parsing may block the event loop.
        self._thread = ThreadPoolExecutor(1, "feed-store")
        self._store: FeedStore | None = None
        self._config: tuple[int, int] | None = None
        self._running: dict[asyncio.Task[_Asked], FeedState] = {}
        self._unkept: list[_Asked] = []
        self.counts = {"polled": 0, "new": 0, "failed": 0}

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        try:
            await self._in_thread(self._open)
        except BaseException:
            await self._client.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        try:
            await self._in_thread(self._close)
        finally:
            self._thread.shutdown()
            await self._client.__aexit__(kind, error, trace)

    @property
    def under_way(self) -> int:
        """How many feeds are being asked now."""
        return len(self._running)

    async def step(self) -> bool:
        """Claim what is due, wait a moment, keep what came. Returns False when there was nothing to do.

        What could not be kept (a full disk, a memory that is locked) is raised and kept by the next step, before any
        feed is asked again.
        """
        await self._keep_all()
        room = self._settings.poll_concurrency * _CLAIMS_A_SLOT - len(self._running)
        if room > 0:
            asked_now = {state.url for state in self._running.values()}
            for state in await self._in_thread(lambda: self._claim(room)):
                if state.url not in asked_now:  # or it waits so long for its host that its lease ran out
                    self._running[asyncio.create_task(self._ask(state))] = state
        if not self._running:
            return False
        done, _ = await asyncio.wait(self._running, timeout=_TICK_S, return_when=asyncio.FIRST_COMPLETED)
        if done:
            self._unkept += [task.result() for task in done]
            for task in done:
                del self._running[task]
            await self._keep_all()
        return True

    async def _keep_all(self) -> None:
        if self._unkept:
            await self._in_thread(lambda: self._keep(self._unkept))
            self._unkept = []

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def _ask(self, state: FeedState) -> _Asked:
        """Ask one feed. Never raises: one that breaks us must not hold up the others."""
        try:
            request = request_for(state, utc_now())
            # A feed is published to be polled: robots.txt does not forbid it, but its Crawl-delay holds.
            answer = await self._client.get(
                request.url,
                etag=request.etag,
                last_modified=request.last_modified,
                accept=ACCEPT_FEED,
                check_robots=False,
            )
        except FetchError as error:
            return _Asked(state, error=error)
        except Exception as bug:
            log.exception("feed broke the polling", feed=state.url)
            return _Asked(state, error=FetchError(f"asking broke ({type(bug).__name__}: {bug})", url=state.url))
        return _Asked(state, answer=answer)

    # ---- in the store's thread -----------------------------------------------------------------------------------
    def _open(self) -> None:
        self._store = FeedStore(self._settings.state_dir / "feeds.sqlite")

    def _close(self) -> None:
        if self._store is not None:
            self._store.release([state.url for state in (*self._running.values(), *(a.state for a in self._unkept))])
            self._store.close()

    @property
    def _memory(self) -> FeedStore:
        if self._store is None:
            raise RuntimeError("the poller is used outside its context")
        return self._store

    def _claim(self, limit: int) -> list[FeedState]:
        self._follow_configuration()
        now, due = utc_now(), self._memory.next_due_at()
        if self._once:
            self._due_by = self._due_by or now
        if due is None or due > (self._due_by or now):
            return []
        return self._memory.claim_due(now, limit, LEASE_S)

    def _follow_configuration(self) -> None:
        """Take over an edit of sources.yaml; a bad one is logged once and the last good version goes on."""
        stat = self._settings.sources_file.stat() if self._settings.sources_file.exists() else None
        version = (stat.st_mtime_ns, stat.st_size) if stat else (0, 0)
        if version == self._config:
            return
        self._memory.sync(feeds_of(current_sources(self._settings).value), utc_now())
        self._config = version

    def _keep(self, asked: Sequence[_Asked]) -> None:
        """Spool what is new, then remember that it was seen: dying in between finds it again and loses nothing."""
        self._put_off(asked)
        read = [self._read(one) for one in asked if not isinstance(one.error, HostResting)]
        if not read:
            return
        entries = [entry for one in read for entry in one.entries]
        if entries:
            write_batch(self._settings.spool_dir, "entries", "poll", entries)
        self._memory.commit([one.result for one in read], utc_now())
        polls = self._memory.take_polls(utc_now(), min_age_s=0 if entries else POLLS_COLLECT_S)
        if polls:
            write_batch(self._settings.spool_dir, "polls", "poll", polls)
            self._memory.drop_polls([poll.poll_id for poll in polls])
        self.counts["polled"] += len(read)
        self.counts["new"] += len(entries)
        self.counts["failed"] += sum(one.result.poll.error is not None for one in read)
        for one in read:
            if one.result.poll.error:
                log.warning("feed could not be read", feed=one.result.state.url, error=one.result.poll.error)

    def _put_off(self, asked: Sequence[_Asked]) -> None:
        """Feeds whose host wants a pause were not asked at all: they are due later, and have not failed."""
        now = utc_now()
        resting = [
            put_off(one.state, now, one.error.wait_s, self._settings)
            for one in asked
            if isinstance(one.error, HostResting)
        ]
        if resting:
            self._memory.put_off(resting)
            log.info("feeds wait until their host may be asked again", feeds=len(resting))

    def _read(self, asked: _Asked) -> _Read:
        """What an answer says. A feed that breaks the reading is a failing feed, and the others are read."""
        try:
            return self._understand(asked)
        except Exception as bug:
            log.exception("feed broke the polling", feed=asked.state.url)
            error = f"reading it broke ({type(bug).__name__}: {bug})"
            state, poll = after_failure(asked.state, at=utc_now(), error=error, settings=self._settings)
            return _Read(PollResult(state=state, poll=poll))

    def _understand(self, asked: _Asked) -> _Read:
        state, answer = asked.state, asked.answer
        if answer is None:
            error = asked.error
            new_state, poll = after_failure(
                state,
                at=utc_now(),
                error=str(error),
                status=error.status if error else None,
                settings=self._settings,
            )
            return _Read(PollResult(state=new_state, poll=poll))
        told = FeedAnswer(
            status=answer.status,
            headers=answer.headers,
            at=answer.fetched_at,
            duration_ms=answer.duration_ms,
            permanent_url=answer.permanent_url,
        )
        if not 200 <= answer.status < 300:
            new_state, poll = after_answer(state, told, self._settings)
            return _Read(PollResult(state=new_state, poll=poll))
        digest = hashlib.sha256(answer.body).hexdigest()
        told = replace(told, body_hash=digest, size=len(answer.body))
        if digest == state.body_hash:
            new_state, poll = after_answer(state, told, self._settings)
            return _Read(PollResult(state=new_state, poll=poll))
        try:
            parsed = parse_feed(
                answer.body,
                feed=state.feed,
                content_type=answer.headers.get("content-type"),
                seen_at=answer.fetched_at,
                base_url=answer.final_url,
                memory=state.memory,
                max_bytes=self._settings.max_body_bytes,
            )
        except FeedUnreadable as error:
            new_state, poll = after_answer(state, replace(told, error=str(error)), self._settings)
            return _Read(PollResult(state=new_state, poll=poll))
        return self._parsed(state, told, parsed)

    def _parsed(self, state: FeedState, told: FeedAnswer, parsed: ParsedFeed) -> _Read:
        unseen = self._memory.unseen({state.url: parsed.entry_ids})[state.url]
        new = tuple(
            replace(entry, first_poll=state.is_first_poll) for entry in parsed.entries if entry.entry_id in unseen
        )
        told = replace(
            told,
            entries=len(parsed.entry_ids),
            new=len(new),
            faulty=parsed.faulty,
            published=tuple(entry.published for entry in new if entry.published is not None),
            parser=parsed.parser,
            memory=parsed.memory,
            ttl_s=parsed.ttl_s,
        )
        new_state, poll = after_answer(state, told, self._settings)
        return _Read(PollResult(state=new_state, poll=poll, entry_ids=parsed.entry_ids), entries=new)


def poll(settings: Settings, *, progress: Progress | None = None) -> Counts:
    """Poll every feed that is due, once; new entries wait in the spool."""

    async def once() -> dict[str, int]:
        async with Poller(settings, once=True) as poller:
            while await poller.step():
                if progress is not None:
                    progress(poller.counts["polled"], poller.counts["polled"] + poller.under_way)
            return poller.counts

    counts = Counts(stage="poll", counts=asyncio.run(once()))
    log.info(str(counts))
    return counts


async def watch(settings: Settings) -> AsyncIterator[dict[str, int]]:
    """Poll for ever; yield the counts since the last time whenever `ingest` should be woken.

    Trouble (a full disk, an unusable configuration) is logged and tried again, after pauses that double while it
    lasts; it never ends the watch. What came meanwhile is held, and no feed is asked again before it could be kept.
    """
    wake_ups = WakeUps()
    loop = asyncio.get_running_loop()
    pause_s = _PAUSE_AFTER_TROUBLE_S
    while True:
        try:
            async with Poller(settings) as poller:
                while True:
                    try:
                        is_busy = await poller.step()
                    except Exception as error:
                        if pause_s >= _LONGEST_PAUSE_S:
                            raise  # begin anew, in case it is the connection
                        _tell_trouble(error, pause_s)
                        await asyncio.sleep(pause_s)
                        pause_s = _next_pause(pause_s, error)
                        continue
                    if not is_busy or poller.counts["polled"]:
                        pause_s = _PAUSE_AFTER_TROUBLE_S
                    waiting = await asyncio.to_thread(_waiting, settings)
                    if wake_ups.is_due(waiting, loop.time()):
                        told, poller.counts = poller.counts, dict.fromkeys(poller.counts, 0)
                        yield {**told, "batches": len(waiting)}
                    if not is_busy:
                        await asyncio.sleep(_TICK_S)
        except Exception as error:  # noqa: BLE001 - told, with its traceback where it is a bug
            _tell_trouble(error, pause_s)
            await asyncio.sleep(pause_s)
            pause_s = _next_pause(pause_s, error)


def _next_pause(pause_s: float, error: Exception) -> float:
    """Twice as long; not after an unusable configuration, with which nobody is asked, and which somebody is mending."""
    return pause_s if isinstance(error, ConfigError) else min(pause_s * 2, _LONGEST_PAUSE_S)


def _tell_trouble(error: Exception, pause_s: float) -> None:
    if isinstance(error, MonitorError | OSError):
        log.error("polling stopped; it goes on after a pause", error=str(error), pause_s=pause_s)
    else:
        log.error("polling broke; it goes on after a pause", pause_s=pause_s, exc_info=error)


def _waiting(settings: Settings) -> list[str]:
    """Names of batches that `ingest` should take up: new entries, and what a run that was killed left behind."""
    paths: list[Path] = list_batches(settings.spool_dir, "entries")
    return [path.name for path in (*paths, *left_behind(settings))]
