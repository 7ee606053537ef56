"""The load stage: analysed batches into the archive, alerts queued in the same transaction. One writer."""

import fcntl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import structlog

from monitor.alerts import AlertTopic, new_article_alerts, operations_alert
from monitor.archive import Archive
from monitor.errors import MonitorError
from monitor.model import Alert, AnalysedPage, Counts, Poll, Source, utc_now
from monitor.pipeline import Progress
from monitor.pipeline.config import current_sources, current_watchlist
from monitor.settings import Settings
from monitor.spool import Batch, Stage, list_batches, read_batch, remove_batch, set_aside
from monitor.watchlist import Watchlist

log = structlog.get_logger()

BATCHES_A_TRANSACTION = 40
"""Enough that opening and closing the archive is cheap, few enough that a transaction stays short."""

PATIENCE_S = 60.0
"""How long to wait for another process to finish loading."""

STAGES: tuple[Stage, ...] = ("polls", "analysed")
_COUNTED = ("polls", "entries", "articles", "matches", "alerts")


class LoadCrashed(MonitorError):
    """A record broke the loading. It was set aside and all others are loaded; raised last, so that the bug is seen."""


def load(settings: Settings, *, progress: Progress | None = None) -> Counts:
    """Merge all waiting polls and analysed pages into the archive and queue alerts for what is new.

    A batch is removed from the spool only after the transaction that holds it has committed; one that is loaded twice
    changes nothing. Raises ArchiveError when the archive cannot be written: the spool then keeps everything. Raises
    LoadCrashed, after all else is loaded, when a record had to be set aside.
    """
    with _sole_loader(settings) as ours:
        if not ours:
            log.info("load: another process is loading")
            return Counts(stage="load", counts=dict.fromkeys(_COUNTED, 0))
        return _load_all(settings, progress)


def _load_all(settings: Settings, progress: Progress | None) -> Counts:
    sources, watchlist = current_sources(settings), current_watchlist(settings)
    run = _Load(settings, Archive(settings), sources.value, watchlist.value)
    run.trouble = _trouble(settings, [loaded.error for loaded in (sources, watchlist)])
    done = 0
    while True:
        waiting = [path for stage in STAGES for path in list_batches(settings.spool_dir, stage)]
        if not waiting and not run.trouble:
            break
        batches = waiting[:BATCHES_A_TRANSACTION]
        run.load(batches)
        done += len(batches)
        if progress is not None:
            progress(done, done + len(waiting) - len(batches))
    counts = Counts(stage="load", counts=run.totals)
    log.info(str(counts))
    if run.set_aside:
        raise LoadCrashed(
            f"{run.set_aside} records could not be loaded; their batches are kept in "
            f"{settings.spool_dir / 'quarantine'}, everything else was loaded, and the tracebacks are in this log. "
            "Please report them."
        )
    return counts


@dataclass
class _Load:
    """One run of the stage: the configuration it goes by, and what it has done."""

    settings: Settings
    archive: Archive
    sources: Sequence[Source]
    watchlist: Watchlist
    trouble: list[Alert] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTED, 0))
    set_aside: int = 0

    def load(self, batches: Sequence[Path]) -> None:
        """Load `batches` in one transaction, then remove them."""
        records = [(path, record) for path in batches for record in _read(path)]
        self._merge(records)
        for path in batches:
            remove_batch(path)

    def _merge(self, records: Sequence[tuple[Path, Poll | AnalysedPage]]) -> None:
        """Write `records` in one transaction; where one of them breaks that, halve by halve, until it stands alone."""
        try:
            self._write([record for _, record in records])
        except MonitorError:
            raise  # the archive cannot be used now: nothing is wrong with the records
        except Exception:
            if not records:
                raise
            if len(records) == 1:
                path, record = records[0]
                log.exception("record broke the loading", batch=path.name, record=str(record)[:300])
                set_aside(path)  # left in the spool it would stop everything for good
                self.set_aside += 1
                return
            middle = len(records) // 2
            self._merge(records[:middle])
            self._merge(records[middle:])

    def _write(self, records: Sequence[Poll | AnalysedPage]) -> None:
        polls = [record for record in records if isinstance(record, Poll)]
        pages = [record for record in records if isinstance(record, AnalysedPage)]
        alerts = _alerts(self.settings, self.archive, pages, self.sources, self.watchlist)
        done = self.archive.load_batch(polls=polls, pages=pages, sources=self.sources, alerts=[*alerts, *self.trouble])
        self.trouble = []
        for name in self.totals:
            self.totals[name] += getattr(done, name)


@contextmanager
def _sole_loader(settings: Settings) -> Iterator[bool]:
    """Whether this process is the only one that loads: what is news is decided before the transaction, so two that
    met the same article in two batches could both tell it."""
    lock = settings.state_dir / "load.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as handle:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    yield False
                    return
                time.sleep(0.05)
            else:
                yield True
                return


def _read(path: Path) -> list[Poll] | list[AnalysedPage]:
    batch: Batch[Poll] | Batch[AnalysedPage]
    batch = read_batch(path, Poll) if path.parent.name == "polls" else read_batch(path, AnalysedPage)
    if batch.problem:
        log.error("spool batch is damaged", problem=batch.problem)
    return batch.items


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
        topics=cast("Mapping[str, AlertTopic]", {topic.id: topic for topic in watchlist.topics}),
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
