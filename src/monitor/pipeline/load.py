"""The load stage: analysed batches into the archive, alerts queued in the same transaction. One writer."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import structlog

from monitor.alerts import new_article_alerts, operations_alert
from monitor.archive import Archive
from monitor.model import Alert, AnalysedPage, Counts, Poll, Source, utc_now
from monitor.pipeline.config import current_sources, current_watchlist
from monitor.settings import Settings
from monitor.spool import list_batches, read_batch, remove_batch
from monitor.watchlist import Watchlist

log = structlog.get_logger()

T = TypeVar("T")

BATCHES_A_TRANSACTION = 40
"""Enough that opening and closing the archive is cheap, few enough that a transaction stays short."""


def load(settings: Settings) -> Counts:
    """Merge all waiting polls and analysed pages into the archive and queue alerts for what is new.

    A batch is removed from the spool only after the transaction that holds it has committed; one that is loaded twice
    changes nothing. Raises ArchiveError when the archive cannot be written: the spool then keeps everything.
    """
    sources, watchlist = current_sources(settings), current_watchlist(settings)
    archive = Archive(settings)
    totals = {"polls": 0, "entries": 0, "articles": 0, "matches": 0, "alerts": 0}
    trouble = _trouble(settings, [loaded.error for loaded in (sources, watchlist)])
    while True:
        poll_batches = list_batches(settings.spool_dir, "polls")[:BATCHES_A_TRANSACTION]
        page_batches = list_batches(settings.spool_dir, "analysed")[:BATCHES_A_TRANSACTION]
        if not poll_batches and not page_batches and not trouble:
            break
        polls, pages = _read_all(poll_batches, Poll), _read_all(page_batches, AnalysedPage)
        alerts = _alerts(settings, archive, pages, sources.value, watchlist.value)
        done = archive.load_batch(polls=polls, pages=pages, sources=sources.value, alerts=[*alerts, *trouble])
        for name in totals:
            totals[name] += getattr(done, name)
        for path in (*poll_batches, *page_batches):
            remove_batch(path)
        trouble = []
    counts = Counts(stage="load", counts=totals)
    log.info(str(counts))
    return counts


def _read_all(paths: Sequence[Path], item_type: type[T]) -> list[T]:
    items: list[T] = []
    for path in paths:
        batch = read_batch(path, item_type)
        if batch.problem:
            log.error("spool batch is damaged", problem=batch.problem)
        items += batch.items
    return items


def _alerts(
    settings: Settings,
    archive: Archive,
    pages: Sequence[AnalysedPage],
    sources: Sequence[Source],
    watchlist: Watchlist,
) -> list[Alert]:
    matched = [page for page in pages if page.matches]
    if not matched:
        return []
    ids = {page.article_id for page in matched}
    return new_article_alerts(
        matched,
        known_article_ids=archive.known_article_ids(ids),
        alerted=archive.alerted_topics(ids),
        sources={source.id: source for source in sources},
        topics={topic.id: topic for topic in watchlist.topics},
        now=utc_now(),
        max_age_s=settings.alert_max_age_s,
        alert_first_poll=settings.alert_first_poll,
        timezone=settings.timezone,
    )


def _trouble(settings: Settings, errors: Sequence[Exception | None]) -> list[Alert]:
    """What the operators should hear; told once a day while it lasts, because that is in the alert's key."""
    if settings.ops_channel is None:
        return []
    title = "A bad edit is not in use; the last good version goes on"
    return [
        operations_alert(title, str(error), channel=settings.ops_channel, now=utc_now()) for error in errors if error
    ]
