"""The fetch stage: from Entries in the spool to Pages in WARC files.

Two lanes, so that a host that hangs never holds up the others' news: `fetch` gives every page one quick attempt, and
what did not come goes to the spool's `retries`, which `retry_pages` works through with patience.
"""

import asyncio
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import structlog

from monitor.answers import Answer, page_status_of, page_status_of_error
from monitor.archive import Archive
from monitor.errors import FetchError
from monitor.fetch import HttpClient
from monitor.model import Counts, Entry, Page, PageStatus, WarcRef, key, utc_now
from monitor.settings import Settings
from monitor.spool import list_batches, lock_batch, read_batch, remove_batch, write_batch
from monitor.warc import write_warc

log = structlog.get_logger()

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
"""Finished pages are written out at this number, so that memory stays small and the next stage can begin."""

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
    return replace(page, **more)  # type: ignore[arg-type]


async def _attempt(client: HttpClient, job: Job, limit_s: float) -> Outcome:
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
    batches: list[Path] = field(default_factory=list)
    waiting: dict[str, Entry] = field(default_factory=dict)
    again: list[Entry] = field(default_factory=list)
    finished: list[tuple[Page, Answer | None]] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: {"fetched": 0, "known": 0, "from_feed": 0, "again": 0})

    def take_new_batches(self) -> list[Job]:
        """Lock and read batches that turned up; their entries, less those the archive has, as jobs."""
        fresh: list[Entry] = []
        for path in list_batches(self.settings.spool_dir, self.stage):
            if path in self.batches or not self.held.enter_context(lock_batch(path)):
                continue
            batch = read_batch(path, Entry)
            if batch.problem:
                log.error("spool batch is damaged", problem=batch.problem)
            self.batches.append(path)
            fresh += [entry for entry in batch.items if entry.entry_id not in self.waiting]
        if not fresh:
            return []
        archive = Archive(self.settings)
        archived = archive.known_entries(entry.entry_id for entry in fresh)
        articles = archive.known_articles(entry.url for entry in fresh if entry.url)
        self.waiting |= {entry.entry_id: entry for entry in fresh if entry.entry_id not in archived}
        jobs = []
        for job in group_jobs(entry for entry in fresh if entry.entry_id not in archived):
            known = articles.get(job.entries[0].url or "")
            if known is None:
                jobs.append(job)
            else:
                self.settle(Outcome(page=_page(job, utc_now(), status="known", known_article_id=known)))
        return jobs

    def settle(self, outcome: Outcome) -> None:
        """Note what came of a job; write a batch out when enough has come together."""
        if outcome.page is not None:
            for entry in outcome.page.entries:
                self.waiting.pop(entry.entry_id, None)
            self.finished.append((outcome.page, outcome.answer))
            name = outcome.page.status if outcome.page.status in ("fetched", "known") else "from_feed"
            self.counts[name] += 1
        for entry in outcome.again:
            self.waiting.pop(entry.entry_id, None)
            self.again.append(entry)
            self.counts["again"] += 1
        if len(self.finished) >= PAGES_A_BATCH:
            self.flush()

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
        self.written.append(write_batch(self.settings.spool_dir, "pages", "fetch", pages).name)
        self.finished.clear()

    def close(self) -> None:
        """Leave the spool so that what is done is with the next stage and what is not waits here again."""
        self.flush()
        if not any(self.counts.values()) and len(self.batches) == 1:
            return  # nothing is due yet
        if self.again:
            write_batch(self.settings.spool_dir, "retries", "again", self.again)
        if self.waiting:
            write_batch(self.settings.spool_dir, self.stage, "left", self.waiting.values())
        for path in self.batches:
            remove_batch(path)


async def _run_lane(
    settings: Settings, stage: Literal["entries", "retries"], *, limit_s: float, budget_s: float
) -> _Lane:
    loop = asyncio.get_running_loop()
    with ExitStack() as held:
        lane = _Lane(settings, stage, held)
        running: dict[asyncio.Task[Outcome], Job] = {}
        deadline = loop.time() + budget_s
        async with HttpClient(settings, concurrency=settings.fetch_concurrency) as client:
            while True:
                now = utc_now()
                for job in await asyncio.to_thread(lane.take_new_batches):
                    if all(entry.not_before is None or entry.not_before <= now for entry in job.entries):
                        running[asyncio.create_task(_attempt(client, job, limit_s))] = job
                if not running:
                    break
                done, _ = await asyncio.wait(running, timeout=_TICK_S, return_when=asyncio.FIRST_COMPLETED)
                had_news = any(running[task].alertable for task in done)
                for task in done:
                    del running[task]
                    await asyncio.to_thread(lane.settle, task.result())
                news_waits = any(job.alertable for job in running.values())
                if had_news:
                    deadline = min(deadline, loop.time() + (SETTLE_S if news_waits else 0))
                if loop.time() >= deadline:
                    break
            if running:
                await _wind_up(running, lane)
        await asyncio.to_thread(lane.close)
    return lane


async def _wind_up(running: dict[asyncio.Task[Outcome], Job], lane: _Lane) -> None:
    """Give requests under way a moment; what is cut off waits in the spool and loses no attempt."""
    done, pending = await asyncio.wait(running, timeout=_GRACE_S)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        lane.settle(task.result())


def fetch(settings: Settings) -> Counts:
    """Fetch the pages of waiting entries, each with one quick attempt, for at most `settings.fetch_budget_s`.

    As soon as all that somebody may wait for is there the run ends, and older entries wait for the next one.
    """
    lane = asyncio.run(_run_lane(settings, "entries", limit_s=QUICK_ATTEMPT_S, budget_s=settings.fetch_budget_s))
    return _told("fetch", lane)


def retry_pages(settings: Settings) -> Counts:
    """Fetch again, with patience, the pages that did not come before and are due."""
    lane = asyncio.run(_run_lane(settings, "retries", limit_s=settings.request_timeout_s, budget_s=RETRY_BUDGET_S))
    return _told("retry_pages", lane)


def _told(stage: str, lane: _Lane) -> Counts:
    counts = Counts(stage=stage, counts=lane.counts)
    log.info(str(counts), left=len(lane.waiting))
    return counts


def waiting_pages(settings: Settings, *, groups: int) -> list[list[str]]:
    """The names of batches that wait to be analysed, dealt out to at most `groups` groups."""
    names = [path.name for path in list_batches(settings.spool_dir, "pages")]
    return [dealt for start in range(groups) if (dealt := names[start::groups])]
