"""The analyse stage: from Pages to Articles, Matches and Observations. CPU-bound; any number of processes may run it
side by side."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import structlog

from monitor.claims.observer import Observer
from monitor.errors import ConfigError, MonitorError
from monitor.extract import article_from_feed, article_from_page, searchable_text
from monitor.extract.skim import skim_page
from monitor.language import fold
from monitor.model import AnalysedPage, Article, Counts, Entry, Match, Page, Source, WarcRef, utc_now
from monitor.pipeline import Progress
from monitor.pipeline.config import current_sources, current_watchlist
from monitor.pipeline.under_way import DEATHS, UnderWay
from monitor.settings import Settings
from monitor.spool import count_items, list_batches, lock_batch, read_batch, remove_batch, set_aside, write_batch
from monitor.topics import Matcher
from monitor.warc import copy_records, read_page
from monitor.watchlist import Watchlist

log = structlog.get_logger()

_COUNTED = ("articles", "extracted", "matched", "observed", "known", "crashed")


class AnalysisCrashed(MonitorError):
    """A page broke the analysis. Everything is archived all the same; raised last, so that the bug is seen."""


@lru_cache(maxsize=1)
def matcher_for(watchlist: Watchlist) -> Matcher:
    """The matcher of a watchlist, built once a process."""
    return Matcher(watchlist)


@lru_cache(maxsize=1)
def observer_for(watchlist: Watchlist, sources: tuple[Source, ...] = ()) -> Observer:
    """The observer of a watchlist's claims, built once a process; outlets that are quoted speak for their bloc."""
    return Observer(watchlist, sources)


@dataclass(frozen=True, slots=True)
class Readers:
    """What reads articles: the watchlist made ready."""

    matcher: Matcher
    observer: Observer


def readers_for(settings: Settings) -> Readers:
    """The configured watchlist and outlets, made ready once a process. Raises ConfigError as `current_watchlist`."""
    watchlist = current_watchlist(settings).value
    try:
        sources = current_sources(settings).value
    except ConfigError:  # logged where it is read, and polling fails of it; analysing does without
        sources = ()
    return Readers(matcher_for(watchlist), observer_for(watchlist, sources))


def analyse_page(page: Page, body: bytes | None, matcher: Matcher, observer: Observer | None = None) -> AnalysedPage:
    """What a page holds: skimmed first, extracted exactly only where some topic could match or a claim be spoken of.

    `body` is None where there is no page; the article is then made from the feed's own text.
    """
    return _analysed(page, body, Readers(matcher, observer or observer_for(matcher.watchlist)))


def _analysed(page: Page, body: bytes | None, readers: Readers) -> AnalysedPage:
    if page.known_article_id is not None:
        return AnalysedPage(article_id=page.known_article_id, entries=page.entries)
    if body is None:
        return _read(page, article_from_feed(page), readers)
    skim = skim_page(body, charset=page.charset, url=page.final_url or page.requested_url or "")
    text = searchable_text(page, skim)
    folded = fold(text)
    exact = readers.matcher.could_match(text, folded) or readers.observer.could_observe(text, folded)
    article = article_from_page(page, body, skim=skim, exact=exact)
    if not exact:
        return AnalysedPage(article_id=article.article_id, entries=page.entries, article=article)
    return _read(page, article, readers)


def _read(page: Page, article: Article, readers: Readers) -> AnalysedPage:
    """The article with the topics it is on and what it says of claims."""
    matcher, observer = readers.matcher, readers.observer
    matches = tuple(
        Match(
            article_id=article.article_id,
            revision_id=article.revision_id,
            topic_id=topic.topic_id,
            score=topic.score,
            evidence=topic.evidence,
            watchlist_hash=matcher.watchlist.hash,
        )
        for topic in matcher.match(title=article.title, text=article.text, language=article.language)
    )
    observations = observer.observe(
        title=article.title,
        text=article.text,
        language=article.language,
        published=article.published,
        article_id=article.article_id,
        revision_id=article.revision_id,
        source_id=article.source_id,
        observed_at=article.fetched_at,
    )
    return AnalysedPage(
        article_id=article.article_id, entries=page.entries, article=article, matches=matches, observations=observations
    )


def analyse(settings: Settings, batches: Sequence[str] | None = None, *, progress: Progress | None = None) -> Counts:
    """Analyse waiting batches of pages: those named, or all.

    Raises AnalysisCrashed when pages broke the analysis, after everything was written.
    """
    counts = dict.fromkeys(_COUNTED, 0)
    waiting = [p for p in list_batches(settings.spool_dir, "pages") if batches is None or p.name in batches]
    pages = [count_items(path) for path in waiting]
    readers = readers_for(settings) if waiting else None
    for at, path in enumerate(waiting):
        if progress is not None:
            progress(sum(pages[:at]), sum(pages))
        with lock_batch(path) as ours:
            if ours and readers is not None:
                _analyse_batch(settings, path, readers, counts)
    return _told(counts)


def analyse_in_parallel(settings: Settings, workers: int, *, progress: Progress | None = None) -> Counts:
    """Analyse all waiting batches in `workers` processes; for use without Airflow. Raises as `analyse` does."""
    waiting = list_batches(settings.spool_dir, "pages")
    pages = {path.name: count_items(path) for path in waiting}
    counts = dict.fromkeys(_COUNTED, 0)
    done = 0
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(_counts_of, settings, path.name): path.name for path in waiting}
        for future in as_completed(running):
            try:
                found = future.result()
            except BrokenProcessPool:
                raise AnalysisCrashed(
                    "A page killed the process that analysed it, or somebody else did. Run this again: nothing is "
                    f"lost, and a page that kills {DEATHS} times is archived with the feed's own text."
                ) from None
            for name, count in found.items():
                counts[name] += count
            done += pages[running[future]]
            if progress is not None:
                progress(done, sum(pages.values()))
    return _told(counts)


def _counts_of(settings: Settings, batch: str) -> dict[str, int]:
    """`analyse` for one batch, as a worker process calls it; a crash is a count, because the sum is told."""
    counts = dict.fromkeys(_COUNTED, 0)
    path = settings.spool_dir / "pages" / batch
    with lock_batch(path) as ours:
        if ours:
            _analyse_batch(settings, path, readers_for(settings), counts)
    return counts


def _told(counts: dict[str, int]) -> Counts:
    total = Counts(stage="analyse", counts=counts)
    log.info(str(total))
    if counts["crashed"]:
        raise AnalysisCrashed(
            f"{counts['crashed']} pages broke the analysis; they were archived with the feed's own text, their batches "
            "are kept in the spool's quarantine, and the tracebacks are in this log. Please report them."
        )
    return total


def _analyse_batch(settings: Settings, path: Path, readers: Readers, counts: dict[str, int]) -> None:
    batch = read_batch(path, Page)
    if batch.problem:
        log.error("spool batch is damaged", problem=batch.problem)
    crashed_before = counts["crashed"]
    with UnderWay(path) as under_way:
        if under_way.is_suspect:
            _load_libraries(readers)  # now, so that no page is blamed for a death in the seconds that this takes
        found = [_analyse_stored(settings, page, readers, under_way, counts) for page in batch.items]
    if counts["crashed"] > crashed_before:
        set_aside(path)
    analysed = _keep_evidence(settings, [one for one in found if one is not None])
    for one in analysed:
        counts["known" if one.article is None else "articles"] += 1
        counts["extracted"] += one.article is not None and one.article.text_origin == "extracted"
        counts["matched"] += bool(one.matches)
        counts["observed"] += len(one.observations)
    if analysed:
        write_batch(settings.spool_dir, "analysed", "analyse", analysed)
    remove_batch(path)
    under_way.forget()


def _load_libraries(readers: Readers) -> None:
    """Extract a page of our own exactly and match it, which loads whatever that needs.

    Short, in several scripts, at an address without a name: this page takes the longest way everywhere.
    """
    now, url = utc_now(), "http://192.0.2.1/2022/09/15/a-title.html"
    text = "<p>Some words in English, несколько слов по-русски, 還有幾個漢字, until it is an article.</p>" * 3
    body = f"<html><title>A title</title><article><time>2022-09-15</time>{text}</article></html>".encode()
    entry = Entry(entry_id="", feed_url="", source_id="", seen_at=now, title="A title", link=url, url=url)
    page = Page(page_id="", entries=(entry,), requested_url=url, final_url=url, fetched_at=now, status="fetched")
    skim = skim_page(body, charset="utf-8", url=url)
    readers.matcher.could_match(searchable_text(page, skim))
    _read(page, article_from_page(page, body, skim=skim, exact=True), readers)


def _analyse_stored(
    settings: Settings, page: Page, readers: Readers, under_way: UnderWay, counts: dict[str, int]
) -> AnalysedPage | None:
    """The article of one page. A page that breaks, kills or hangs the analysis must not hold up the others: its
    article is made from the feed's text. None where not even that can be done."""
    try:
        if not under_way.begin(page.page_id):
            log.error("page killed the analysis before; it is not read again", url=page.requested_url)
            counts["crashed"] += 1
            return _from_feed(page, readers, "the page kills its reader")
        body = read_page(settings.home, page.warc).body if page.warc is not None else None
        return _analysed(page, body, readers)
    except MonitorError as error:
        log.error("stored page cannot be read", problem=str(error))  # noqa: TRY400 - a sentence for users
        return _from_feed(replace(page, warc=None), readers, str(error))
    except Exception:
        counts["crashed"] += 1
        log.exception("page broke the analysis", url=page.requested_url)
        try:
            return _from_feed(page, readers, "analysis crashed")
        except Exception:
            log.exception("so did the feed's own text: the page is left out", url=page.requested_url)
            return None


def _from_feed(page: Page, readers: Readers, error: str) -> AnalysedPage:
    return _read(page, article_from_feed(replace(page, status="failed", error=error)), readers)


def _keep_evidence(settings: Settings, analysed: list[AnalysedPage]) -> list[AnalysedPage]:
    """Copy the WARC records of pages that matched, or say something of a claim, to where they are kept for good, and
    point there."""
    telling = [one for one in analysed if one.matches or one.observations]
    refs: list[WarcRef] = [one.article.warc for one in telling if one.article and one.article.warc]
    if not refs:
        return analysed
    now = utc_now()
    target = settings.warc_dir / "kept" / f"{now:%Y-%m-%d}" / f"{now:%H%M%S%f}-{refs[0].sha256[:8]}.warc.gz"
    kept = dict(zip(refs, copy_records(settings.home, refs, target), strict=True))
    return [
        replace(one, article=replace(one.article, warc=kept[one.article.warc]))
        if (one.matches or one.observations) and one.article and one.article.warc
        else one
        for one in analysed
    ]
