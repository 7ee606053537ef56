"""The load stage: analysed batches into the archive, alerts queued in the same transaction. One writer."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import msgspec
import structlog

from monitor.alerts import AlertTopic, new_article_alerts, operations_alert
from monitor.archive import Archive, Identity
from monitor.errors import MonitorError
from monitor.locks import sole_holder
from monitor.model import Alert, AnalysedPage, Counts, Poll, Source, key, utc_now
from monitor.pipeline import Progress
from monitor.pipeline.claims import Claimed, claim_alerts, decide_claims
from monitor.pipeline.config import current_sources, current_watchlist
from monitor.polling.store import FeedStore
from monitor.settings import Settings
from monitor.spool import Batch, Stage, list_batches, read_batch, remove_batch, set_aside
from monitor.watchlist import Watchlist

log = structlog.get_logger()

BATCHES_A_TRANSACTION = 40
"""Enough that opening and closing the archive is cheap, few enough that a transaction stays short."""

PATIENCE_S = 60.0
"""How long to wait for another process to finish loading."""

STAGES: tuple[Stage, ...] = ("polls", "analysed")

HOPELESS = 8
"""So many records that fail one by one, and none that can be loaded: it is not the records."""

_MARK = "archive.json"
"""In state/: which archive the poller's memory goes with, and how far that had come."""

Record = Poll | AnalysedPage

_COUNTED = ("polls", "entries", "articles", "matches", "observations", "changes", "alerts")


class LoadCrashed(MonitorError):
    """Something could not be loaded; everything else was. Raised last, with what was done, so that the bug is seen."""

    def __init__(self, message: str, counts: Counts) -> None:
        super().__init__(message)
        self.counts = counts


def load(settings: Settings, *, progress: Progress | None = None) -> Counts:
    """Merge all waiting polls and analysed pages into the archive and queue alerts for what is new.

    A batch is removed from the spool only after the transaction that holds it has committed; one that is loaded twice
    changes nothing. Raises ArchiveError when the archive cannot be written: the spool then keeps everything. Raises
    LoadCrashed, after all else is loaded, when a record had to be set aside or a batch could not be read or loaded.
    """
    # What is news is decided before the transaction: two that met the same article in two batches could both tell it.
    with sole_holder(settings.state_dir / "load.lock", wait_s=PATIENCE_S) as ours:
        if not ours:
            log.info("load: another process is loading")
            return Counts(stage="load", counts=dict.fromkeys(_COUNTED, 0))
        return _load_all(settings, progress)


def _load_all(settings: Settings, progress: Progress | None) -> Counts:
    sources, watchlist = current_sources(settings), current_watchlist(settings)
    run = _Load(settings, Archive(settings), sources.value, watchlist.value)
    _notice_restored(settings, run.archive)
    run.trouble = [*_trouble(settings, [loaded.error for loaded in (sources, watchlist)]), *_lost_feeds(settings)]
    done = 0
    while True:
        waiting = [path for stage in STAGES for path in list_batches(settings.spool_dir, stage) if path not in run.left]
        if not waiting and not run.trouble:
            break
        batches = waiting[:BATCHES_A_TRANSACTION]
        run.load(batches)
        done += len(batches)
        if progress is not None:
            progress(done, done + len(waiting) - len(batches))
    _remember_archive(settings, run.archive)
    counts = Counts(stage="load", counts=run.totals)
    log.info(str(counts))
    if run.set_aside or run.left:
        raise LoadCrashed(run.report(), counts)
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
    left: dict[Path, str] = field(default_factory=dict)
    """Batches that stay in the spool, each with a sentence why."""
    claims_are_known: bool = False
    """Whether the archive has the watchlist's claims, and beliefs by their present rules."""

    def load(self, batches: Sequence[Path]) -> None:
        """Load `batches` in one transaction, then remove those that are done with."""
        records = [(path, record) for path in batches for record in self._read(path)]
        try:
            self._write([record for _, record in records])
        except MonitorError:
            raise  # the archive cannot be used now: nothing is wrong with the records
        except Exception as error:
            if not records:
                raise
            log.warning("a record broke the loading; looking for it", problem=repr(error))
            self._sift(records)
        for path in batches:
            if path not in self.left:
                remove_batch(path)

    def report(self) -> str:
        """What could not be loaded, in sentences."""
        sentences = list(dict.fromkeys(self.left.values()))
        if self.set_aside:
            sentences.append(
                f"{self.set_aside} records could not be loaded; their batches are kept in "
                f"{self.settings.spool_dir / 'quarantine'} for `monitor retry-quarantine`. "
                "The tracebacks are in this log: please report them."
            )
        return " ".join([*sentences, "Everything else was loaded."])

    def _read(self, path: Path) -> Sequence[Record]:
        try:
            return _items(path)
        except MonitorError as error:  # the disk does not give it: the others must not wait for that
            log.error("spool batch cannot be read", problem=str(error))  # noqa: TRY400 - a sentence for users
            self.left[path] = str(error)
            return ()

    def _sift(self, records: Sequence[tuple[Path, Record]]) -> None:
        """Load what can be loaded, a kind at a time, and set aside the batches of what cannot.

        Where nothing of a kind can be loaded, the fault is hardly in the records: their batches stay in the spool.
        """
        for kind in (Poll, AnalysedPage):
            of_kind = [(path, record) for path, record in records if isinstance(record, kind)]
            loaded: list[Record] = []
            broken: list[tuple[Path, Record]] = []
            if of_kind:
                self._halve(of_kind, loaded, broken)
            if loaded:
                for path, _ in broken:
                    set_aside(path)  # left in the spool it would stop everything for good
                self.set_aside += len(broken)
            elif broken:
                reason = (
                    f"Nothing of {len(of_kind)} records in {self.settings.spool_dir / of_kind[0][0].parent.name} could "
                    "be loaded; they stay there. The tracebacks are in this log: please report them."
                )
                self.left |= dict.fromkeys((path for path, _ in of_kind), reason)

    def _halve(
        self, records: Sequence[tuple[Path, Record]], loaded: list[Record], broken: list[tuple[Path, Record]]
    ) -> None:
        """Load `records`; where one of them breaks that, half by half, until it stands alone and goes to `broken`."""
        if len(broken) >= HOPELESS and not loaded:
            return
        try:
            self._write([record for _, record in records])
        except MonitorError:
            raise
        except Exception as error:
            if len(records) == 1:
                (path, record), seen_before = records[0], bool(broken)
                text = str(record)[:300]  # one traceback tells the bug; a thousand hide it
                log.error(  # noqa: TRY400
                    "record broke the loading",
                    batch=path.name,
                    record=text,
                    error=repr(error),
                    exc_info=not seen_before,
                )
                broken.append(records[0])
                return
            for half in (records[::2], records[1::2]):  # every other, so that the first to be found are of all places
                self._halve(half, loaded, broken)
        else:
            loaded += [record for _, record in records]

    def _write(self, records: Sequence[Record]) -> None:
        polls = [record for record in records if isinstance(record, Poll)]
        pages = [record for record in records if isinstance(record, AnalysedPage)]
        alerts = _alerts(self.settings, self.archive, pages, self.sources, self.watchlist)
        claimed = self._claimed(pages)
        alerts += claim_alerts(
            claimed, pages, self.archive, settings=self.settings, watchlist=self.watchlist, sources=self.sources
        )
        done = self.archive.load_batch(
            polls=polls,
            pages=pages,
            sources=self.sources,
            alerts=[*alerts, *self.trouble],
            claimed=claimed.records,
        )
        self.trouble = []
        self.claims_are_known = True
        for name in self.totals:
            self.totals[name] += len(claimed.told) if name == "changes" else getattr(done, name)

    def _claimed(self, pages: Sequence[AnalysedPage]) -> Claimed:
        if self.claims_are_known and not any(page.observations for page in pages):
            return Claimed()
        return decide_claims(
            self.archive, pages, settings=self.settings, watchlist=self.watchlist, sources=self.sources
        )


def _items(path: Path) -> list[Poll] | list[AnalysedPage]:
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
        settled_article_ids=archive.settled_articles(ids),
        alerted=archive.alerted_topics(ids),
        sources={source.id: source for source in sources},
        topics=cast("Mapping[str, AlertTopic]", {topic.id: topic for topic in watchlist.topics}),
        now=utc_now(),
        max_age_s=settings.alert_max_age_s,
        alert_first_poll=settings.alert_first_poll,
        timezone=settings.timezone,
    )


def _lost_feeds(settings: Settings) -> list[Alert]:
    """Feeds that are dead or gone: each told once, because the key holds since when."""
    memory = settings.state_dir / "feeds.sqlite"
    if settings.ops_channel is None or not memory.exists():
        return []
    with FeedStore(memory) as store:
        lost = [state for state in store.states() if state.status in ("dead", "gone")]
    return [
        replace(
            operations_alert(
                f"A feed of {state.source_id} is {state.status}",
                f"{state.error}\nIt is still asked, ever less often. Mend or remove it in sources.yaml.",
                channel=settings.ops_channel,
                now=utc_now(),
            ),
            alert_id=key("lost feed", settings.ops_channel, state.url, state.status, str(state.failing_since)),
        )
        for state in lost
    ]


def _notice_restored(settings: Settings, archive: Archive) -> None:
    """Where the archive is another than it was, or has not come as far (a backup was put in its place), let the poller
    forget what it saw: it is archived again while the feeds list it, as old news."""
    try:
        before = msgspec.json.decode((settings.state_dir / _MARK).read_bytes(), type=Identity)
    except (FileNotFoundError, msgspec.DecodeError):
        return
    now = archive.identity()
    if now.archive_id == before.archive_id and now.generation >= before.generation:
        return
    log.warning("the archive is an older or another one than before: all feeds are polled afresh, without alerts")
    with FeedStore(settings.state_dir / "feeds.sqlite") as store:
        store.forget(utc_now())
    _remember_archive(settings, archive)


def _remember_archive(settings: Settings, archive: Archive) -> None:
    if settings.archive_file.exists():
        mark = settings.state_dir / _MARK
        new = mark.with_suffix(".new")
        with suppress(OSError):  # an older mark does as well; what is loaded is loaded
            new.write_bytes(msgspec.json.encode(archive.identity()))
            new.replace(mark)


def _trouble(settings: Settings, errors: Sequence[Exception | None]) -> list[Alert]:
    """What the operators should hear; told once a day while it lasts, because that is in the alert's key."""
    if settings.ops_channel is None:
        return []
    title = "A bad edit is not in use; the last good version goes on"
    return [
        operations_alert(title, str(error), channel=settings.ops_channel, now=utc_now()) for error in errors if error
    ]
