"""The fetch stage: from Entries in the spool to Pages in WARC files.

Two lanes, so that a host that hangs never holds up the others' news: `fetch` gives every page one quick attempt, and
what did not come goes to the spool's `retries`, which `retry_pages` works through with patience.
"""

import asyncio
import math
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

import structlog

from monitor.answers import Answer, page_status_of, page_status_of_error
from monitor.archive import Archive
from monitor.errors import FetchError
from monitor.fetch import HttpClient
from monitor.model import Counts, Entry, Page, PageStatus, WarcRef, key, utc_now
from monitor.pipeline import Progress
from monitor.settings import Settings
from monitor.spool import count_items, list_batches, lock_batch, read_batch, remove_batch, write_batch
from monitor.warc import write_warc

log = structlog.get_logger()

T = TypeVar("T")

QUICK_ATTEMPT_S = 5.0
"""What one page may take in the quick lane."""

SETTLE_S = 5.0
"""How long a run goes on for more once it holds a page that somebody may be waiting for."""

RETRY_BUDGET_S = 240.0
"""How long one run of the patient lane goes on."""

MAX_ATTEMPTS = 3
"""After this many the article is made from the feed's own text."""

RETRY_PAUSE = timedelta(minutes=1)
"""Before the second attempt; four times as long before the third."""

TOO_MANY_REQUESTS = 429

PATIENCE = timedelta(hours=6)
"""How long a host may put us off with 429 before that counts as an attempt."""

PAGES_A_BATCH = 64
BYTES_A_BATCH = 32_000_000
"""Finished pages are written out at this number or size, so that memory stays small and the next stage can begin."""

ENTRIES_HELD = 5_000
BATCHES_HELD = 150
"""One run takes up no more entries and no more batches (each an open file) at a time; the rest waits in the spool."""

_TICK_S = 0.25
_GRACE_S = 1.0


@dataclass(frozen=True, slots=True)
class Job:
    """One address to fetch for all entries that point to it."""

    entries: tuple[Entry, ...]

    @property
    def link(self) -> str | None:
        """The address as the first feed gave it."""
        return self.entries[0].link

    @property
    def alertable(self) -> bool:
        """Whether somebody may be waiting for it: not so for what a feed already held when it was first asked."""
        return not all(entry.first_poll for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one job: a page, with the answer to keep where there was a body; or entries to try again."""

    page: Page | None = None
    answer: Answer | None = None
    again: tuple[Entry, ...] = ()


def group_jobs(entries: Iterable[Entry]) -> list[Job]:
    """One job an address, entries met twice dropped; what may be alerted first, else in the order given."""
    by_address: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        address = entry.url or entry.link or entry.entry_id
        by_address.setdefault(address, {}).setdefault(entry.entry_id, entry)
    jobs = [Job(tuple(found.values())) for found in by_address.values()]
    return sorted(jobs, key=lambda job: not job.alertable)


def after_failure(
    job: Job, now: datetime, *, status: PageStatus, error: str, retryable: bool, http_status: int | None
) -> Outcome:
    """Whether an address that could not be had is tried again, or the article is made from the feed's text."""
    attempts = max(entry.attempts for entry in job.entries)
    asked_to_wait = http_status == TOO_MANY_REQUESTS and now - min(e.seen_at for e in job.entries) < PATIENCE
    if not asked_to_wait:  # a host that asks for a pause was not tried in vain
        attempts += 1
    if retryable and attempts < MAX_ATTEMPTS:
        due = now + RETRY_PAUSE * 4 ** max(0, attempts - 1)
        return Outcome(again=tuple(replace(entry, attempts=attempts, not_before=due) for entry in job.entries))
    return Outcome(page=_page(job, now, status=status, http_status=http_status, error=error))


def _page(job: Job, now: datetime, *, status: PageStatus, **more: object) -> Page:
    page = Page(
        page_id=key("page", *(entry.entry_id for entry in job.entries), now.isoformat()),
        entries=job.entries,
        requested_url=job.link,
        final_url=None,
        fetched_at=now,
        status=status,
    )
    return replace(page, **more)  # type: ignore[arg-type]  # the callers' keywords are fields


async def _attempt(client: HttpClient, job: Job, limit_s: float) -> Outcome:
    """One attempt at a job. Never raises: an address that breaks us must not hold up the others."""
    try:
        return await _ask(client, job, limit_s)
    except Exception as bug:
        log.exception("page broke the fetching", url=job.link)
        error = f"{job.link}: fetching it broke ({type(bug).__name__}: {bug})"
        return after_failure(job, utc_now(), status="failed", error=error, retryable=True, http_status=None)


async def _ask(client: HttpClient, job: Job, limit_s: float) -> Outcome:
    if job.link is None:
        return Outcome(page=_page(job, utc_now(), status="no_link", error="the feed's entry has no link"))
    try:
        answer = await client.get(job.link, timeout_s=limit_s)
    except FetchError as error:
        status, text, retryable = page_status_of_error(error)
        return after_failure(job, utc_now(), status=status, error=text, retryable=retryable, http_status=error.status)
    status, problem, retryable = page_status_of(answer)
    if retryable:
        text, at = problem or "", answer.fetched_at
        return after_failure(job, at, status=status, error=text, retryable=True, http_status=answer.status)
    page = _page(
        job,
        answer.fetched_at,
        status=status,
        final_url=answer.final_url,
        http_status=answer.status,
        content_type=answer.content_type,
        charset=answer.charset,
        error=problem,
    )
    return Outcome(page=page, answer=answer if status == "fetched" else None)


@dataclass
class _Lane:
    """One run over one stage's entries: which batches it holds, what is done and what is not."""

    settings: Settings
    stage: Literal["entries", "retries"]
    held: ExitStack
    batches: dict[Path, None] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    waiting: dict[str, Entry] = field(default_factory=dict)
    again: list[Entry] = field(default_factory=list)
    finished: list[tuple[Page, Answer | None]] = field(default_factory=list)
    finished_bytes: int = 0
    counts: dict[str, int] = field(default_factory=lambda: {"fetched": 0, "known": 0, "from_feed": 0, "again": 0})

    def take_new_batches(self) -> list[Job]:
        """Lock and read batches that turned up; their entries, less those the archive has, as jobs."""
        fresh = self._read_batches()
        if not fresh:
            return []
        archive = Archive(self.settings)
        archived = archive.known_entries(entry.entry_id for entry in fresh)
        articles = archive.known_articles(entry.url for entry in fresh if entry.url)
        settled = archive.settled_articles(articles.values())
        for entry_id in archived:
            self.waiting.pop(entry_id, None)
        jobs = []
        for job in group_jobs(entry for entry in fresh if entry.entry_id not in archived):
            known = articles.get(job.entries[0].url or "")
            if known is None or (known not in settled and job.alertable):
                jobs.append(job)  # new, or only now brought by a feed that we follow: load tells it
            else:
                self.settle(Outcome(page=_page(job, utc_now(), status="known", known_article_id=known)))
        return jobs

    def _read_batches(self) -> list[Entry]:
        """The entries of batches that nobody works on, each once a run, while there is room for more."""
        fresh: list[Entry] = []
        paths = list_batches(self.settings.spool_dir, self.stage)
        if self.stage == "entries":
            paths.reverse()  # news first, whatever lies there from yesterday
        for path in paths:
            if len(self.batches) >= BATCHES_HELD or len(self.waiting) >= ENTRIES_HELD:
                break
            if path in self.batches or not self._hold(path):
                continue
            batch = read_batch(path, Entry)
            if batch.problem:
                log.error("spool batch is damaged", problem=batch.problem)
            new = {entry.entry_id: entry for entry in batch.items if entry.entry_id not in self.taken}
            fresh += new.values()
            self.waiting |= new
            self.taken |= new.keys()
            self.batches[path] = None  # and only now may it be removed in the end
        return fresh

    def _hold(self, path: Path) -> bool:
        """Whether the batch is ours from now to the end of the run."""
        with ExitStack() as lock:
            if not lock.enter_context(lock_batch(path)):
                return False  # and its file is closed again: we come by here several times a second
            self.held.push(lock.pop_all())
        return True

    def settle(self, outcome: Outcome) -> None:
        """Note what came of a job; write a batch out when enough has come together."""
        if outcome.page is not None:
            for entry in outcome.page.entries:
                self.waiting.pop(entry.entry_id, None)
            self.finished.append((outcome.page, outcome.answer))
            if outcome.answer is not None:
                self.finished_bytes += len(outcome.answer.body) + len(outcome.answer.raw_body or b"")
            name = outcome.page.status if outcome.page.status in ("fetched", "known") else "from_feed"
            self.counts[name] += 1
        for entry in outcome.again:
            self.waiting.pop(entry.entry_id, None)
            self.again.append(entry)
            self.counts["again"] += 1
        if len(self.finished) >= PAGES_A_BATCH or self.finished_bytes >= BYTES_A_BATCH:
            self.flush()

    def settle_all(self, outcomes: Iterable[Outcome]) -> None:
        """Note what came of several jobs."""
        for outcome in outcomes:
            self.settle(outcome)

    def flush(self) -> None:
        """Write finished pages: their bytes to WARC, then the batch that points there."""
        if not self.finished:
            return
        now = utc_now()
        with_body = [(page, answer) for page, answer in self.finished if answer is not None]
        refs: dict[str, WarcRef] = {}
        if with_body:
            name = f"{now:%H%M%S%f}-{with_body[0][0].page_id[:8]}.warc.gz"
            target = self.settings.warc_dir / "landing" / f"{now:%Y-%m-%d}" / name
            written = write_warc(target, self.settings.home, [answer for _, answer in with_body])
            refs = {page.page_id: ref for (page, _), ref in zip(with_body, written, strict=True)}
        pages = [replace(page, warc=refs.get(page.page_id)) for page, _ in self.finished]
        write_batch(self.settings.spool_dir, "pages", "fetch", pages)
        self.finished.clear()
        self.finished_bytes = 0

    def close(self) -> None:
        """Leave the spool so that what is done is with the next stage and what is not waits here again."""
        self.flush()
        if len(self.batches) == 1 and self.waiting and len(self.waiting) == sum(map(count_items, self.batches)):
            return  # nothing is due yet: the batch stays as it is
        if self.again:
            write_batch(self.settings.spool_dir, "retries", "again", self.again)
        if self.waiting:
            write_batch(self.settings.spool_dir, self.stage, "left", self.waiting.values())
        for path in self.batches:
            remove_batch(path)


async def _run_lane(
    settings: Settings,
    stage: Literal["entries", "retries"],
    *,
    limit_s: float,
    budget_s: float,
    progress: Progress | None = None,
) -> _Lane:
    """Work on a stage's entries for `budget_s` seconds at most; without a limit, until none is left that is due."""
    with ExitStack() as held:
        lane = _Lane(settings, stage, held)
        try:
            async with HttpClient(settings, concurrency=settings.fetch_concurrency) as client:
                await _work(lane, client, limit_s=limit_s, budget_s=budget_s, progress=progress)
        finally:  # also when interrupted: what is done goes on, what is not waits
            lane.close()
    return lane


async def _work(lane: _Lane, client: HttpClient, *, limit_s: float, budget_s: float, progress: Progress | None) -> None:
    loop = asyncio.get_running_loop()
    running: dict[asyncio.Task[Outcome], Job] = {}
    deadline = loop.time() + budget_s
    try:
        while True:
            now = utc_now()
            for job in await _in_thread(lane.take_new_batches):
                if all(entry.not_before is None or entry.not_before <= now for entry in job.entries):
                    running[asyncio.create_task(_attempt(client, job, limit_s))] = job
            if progress is not None:
                done = sum(lane.counts.values())
                progress(done, done + len(running))
            if not running:
                return
            done_now, _ = await asyncio.wait(running, timeout=_TICK_S, return_when=asyncio.FIRST_COMPLETED)
            jobs = [running.pop(task) for task in done_now]
            await _in_thread(partial(lane.settle_all, [task.result() for task in done_now]))
            if math.isfinite(deadline) and any(job.alertable for job in jobs):
                news_waits = any(job.alertable for job in running.values())
                deadline = min(deadline, loop.time() + (SETTLE_S if news_waits else 0))
            if loop.time() >= deadline:
                if running:
                    await asyncio.wait(running, timeout=_GRACE_S)  # give requests under way a moment
                return
    finally:
        for task in running:  # what is cut off waits in the spool and loses no attempt
            task.cancel()
        ended = await asyncio.gather(*running, return_exceptions=True)
        lane.settle_all(outcome for outcome in ended if isinstance(outcome, Outcome))


async def _in_thread(work: Callable[[], T]) -> T:
    """`work` off the event loop. It is waited for also when we are cancelled, so that nobody else touches the lane."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def fetch(settings: Settings, *, until_done: bool = False, progress: Progress | None = None) -> Counts:
    """Fetch the pages of waiting entries, each with one quick attempt, for at most `settings.fetch_budget_s`.

    As soon as all that somebody may wait for is there the run ends, and older entries wait for the next one.
    `until_done` goes on instead until every entry had its attempt, however long that takes.
    """
    budget_s = math.inf if until_done else settings.fetch_budget_s
    lane = asyncio.run(_run_lane(settings, "entries", limit_s=QUICK_ATTEMPT_S, budget_s=budget_s, progress=progress))
    return _told("fetch", lane)


def retry_pages(settings: Settings, *, progress: Progress | None = None) -> Counts:
    """Fetch again, with patience, the pages that did not come before and are due."""
    limit_s = settings.request_timeout_s
    lane = asyncio.run(_run_lane(settings, "retries", limit_s=limit_s, budget_s=RETRY_BUDGET_S, progress=progress))
    return _told("retry_pages", lane)


def _told(stage: str, lane: _Lane) -> Counts:
    counts = Counts(stage=stage, counts=lane.counts)
    log.info(str(counts), left=len(lane.waiting))
    return counts


def waiting_pages(settings: Settings, *, groups: int) -> list[list[str]]:
    """The names of batches that wait to be analysed, dealt out to at most `groups` groups."""
    names = [path.name for path in list_batches(settings.spool_dir, "pages")]
    return [dealt for start in range(groups) if (dealt := names[start::groups])]
