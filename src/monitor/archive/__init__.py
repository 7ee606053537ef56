"""The archive: one DuckDB file behind a gate, its published copy, and SQL over it.

    gate        one writer or many readers, among all our processes
    database    the file, its schema, DuckDB's errors as sentences; the only importer of duckdb
    tables      records -> Arrow
    load        batches in, each record once
    lookups     what the stages ask before they act
    ledgers     what is known of claims, for deciding about what is new
    publish     the copy for other tools
    retention   how long pages are kept

Every access opens the file late, does one short thing and closes it again, so that processes take turns.
"""

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from monitor.archive import database, ledgers, load, lookups, publish, retention
from monitor.archive.database import Connection, SqlFile, query_error, sql_files
from monitor.archive.gate import pass_gate
from monitor.archive.ledgers import ClaimFacts
from monitor.archive.load import NOTHING_CLAIMED, ClaimRecords, LoadCounts
from monitor.archive.lookups import Identity
from monitor.archive.tables import deliveries_table
from monitor.errors import ArchiveError
from monitor.model import Alert, AnalysedPage, Delivery, Observation, Poll, Source, utc_now
from monitor.settings import Settings
from monitor.watchlist import Claim

__all__ = [
    "Archive",
    "ClaimFacts",
    "ClaimRecords",
    "Connection",
    "Identity",
    "LoadCounts",
    "SqlFile",
    "query_error",
    "sql_files",
]

GATE_TIMEOUT_S = 60.0


class Archive:
    """The archive that `settings` name. Holds no connection; cheap to make, safe to share between threads.

    Every method raises ArchiveError, with a sentence, when the archive cannot be used: busy for longer than
    `timeout_s`, open in another program, disk full, damaged, or written by a newer version. Nothing is then lost, and
    everything may be called again.
    """

    def __init__(self, settings: Settings, *, timeout_s: float = GATE_TIMEOUT_S) -> None:
        self.file = settings.archive_file
        self.published_file = settings.published_file
        self._settings = settings
        self._timeout_s = timeout_s

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only connection at one state of the archive; no process can write inside the block: keep it short.

        An archive that is missing is made, one that is older is brought up to date first.
        """
        for may_migrate in (True, False):
            if self.file.exists():
                with self._gate(exclusive=False), self._open(read_only=True) as con:
                    if database.is_current(con, self.file):
                        yield con
                        return
            if may_migrate:
                with self.write():
                    pass
        raise ArchiveError(f"The archive {self.file} vanished while it was being opened.")

    @contextmanager
    def read_published(self) -> Iterator[Connection]:
        """A read-only connection to the published copy, for as long as it takes: it keeps nobody waiting."""
        if not self.published_file.exists():
            raise ArchiveError(f"There is no published copy of the archive at {self.published_file} yet.")
        with database.open_file(self.published_file, read_only=True, temp_dir=self._temp_dir) as con:
            yield con

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection inside one transaction, committed with the block, alone: keep it short.

        After an error the transaction may have been committed all the same (disk full during the checkpoint), so
        whatever is written must be harmless to write again.
        """
        with self._gate(exclusive=True):
            if not self.file.exists():
                self._create()
            with self._open(read_only=False) as con:
                database.bring_up_to_date(con, self.file)
                with database.transaction(con):
                    yield con

    def load_batch(
        self,
        *,
        polls: Sequence[Poll],
        pages: Sequence[AnalysedPage],
        sources: Sequence[Source],
        alerts: Sequence[Alert],
        claimed: ClaimRecords = NOTHING_CLAIMED,
    ) -> LoadCounts:
        """Add a batch in one transaction; what the archive has already, by key, is left out.

        `sources` are all outlets of the configuration (or none, to leave the mirror of them alone). `claimed` is what
        the pages say of claims, and what was decided of that.
        """
        batch = load.prepare(polls=polls, pages=pages, sources=sources, alerts=alerts, claimed=claimed)
        with self.write() as con:
            return load.write(con, batch, utc_now())

    def record_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Add what happened to alerts; the same event twice is one."""
        rows = load.Rows("deliveries", ("alert_id", "attempt", "outcome", "occurred_at"), deliveries_table(deliveries))
        if deliveries:
            with self.write() as con:
                load.insert_new(con, rows, utc_now())

    def identity(self) -> Identity:
        """Which archive this is, and how far it has come."""
        with self.read() as con:
            return lookups.identity(con)

    def prune_polls(self) -> int:
        """Delete polls older than 30 days that tell nothing, neither news nor another outcome than before; how many."""
        with self.write() as con:
            return retention.prune_polls(con, utc_now())

    def known_entries(self, entry_ids: Iterable[str]) -> set[str]:
        """Those of `entry_ids` that are archived."""
        with self.read() as con:
            return lookups.known_keys(con, "entries", "entry_id", entry_ids)

    def known_article_ids(self, article_ids: Iterable[str]) -> set[str]:
        """Those of `article_ids` that are archived."""
        with self.read() as con:
            return lookups.known_keys(con, "articles", "article_id", article_ids)

    def settled_articles(self, article_ids: Iterable[str]) -> set[str]:
        """Those of `article_ids` that are no news any more: archived, and not only from what feeds held when they were
        first asked."""
        with self.read() as con:
            return lookups.settled_articles(con, article_ids)

    def known_articles(self, urls: Iterable[str]) -> dict[str, str]:
        """The article_id of each canonical URL that is archived, as the article's own address or as an entry's."""
        with self.read() as con:
            return lookups.known_articles(con, urls)

    def alerted_topics(self, article_ids: Iterable[str]) -> dict[str, frozenset[str]]:
        """The topics that each of these articles has an alert for; articles without one are left out."""
        with self.read() as con:
            return lookups.alerted_topics(con, article_ids)

    def claim_facts(self, observed: Sequence[Observation], claims: Sequence[Claim]) -> ClaimFacts:
        """Which of `observed` are new, and what is known of the claims (of `claims`) that they touch."""
        with self.read() as con:
            return ledgers.claim_facts(con, observed, claims)

    def article_links(self, article_ids: Iterable[str]) -> dict[str, tuple[str, str | None]]:
        """Title and address of each of these articles that is archived."""
        with self.read() as con:
            return lookups.article_links(con, article_ids)

    def threads(self, thread_keys: Iterable[str]) -> dict[tuple[str, str], str]:
        """By channel and thread key, Slack's timestamp of the message that began the thread, as far as there is one."""
        with self.read() as con:
            return lookups.threads(con, thread_keys)

    def pending_alerts(self) -> list[tuple[Alert, list[Delivery]]]:
        """Alerts that are neither sent nor shown, oldest first, each with its deliveries so far in order."""
        with self.read() as con:
            return lookups.pending_alerts(con)

    def publish(self, *, on_demand: bool = False) -> bool:
        """Renew the published copy, and return whether that was done.

        False when nothing changed since the last copy, when another process is at it, or when the last copy is younger
        than 30 seconds or than 20 times what it took; `on_demand` that holds only for copies that take more than a
        moment. Readers go on meanwhile, writers wait.
        """
        target = self.published_file
        with publish.OnlyCopier(target) as ours:
            if not ours or (self.file.exists() and not self._copy_is_due(on_demand=on_demand)):
                return False
            if not self.file.exists() or self._wal.exists():
                with self.write():
                    pass  # makes the archive, or takes in the log that a killed writer left
            with self.read():  # DuckDB's own lock keeps out who does not know the gate
                publish.copy_file(self.file, target)
        return True

    def behind_since(self) -> datetime | None:
        """When the published copy was made, if the archive has changed since; None when it is up to date."""
        last = publish.last_copy(self.published_file)
        if last is None or not self.file.exists():
            return None
        same = not self._wal.exists() and publish.is_same(last, self.file.stat())
        return None if same else datetime.fromtimestamp(last.at, UTC)

    def prune_warc(self, *, pending_since: datetime | None = None) -> int:
        """Delete pages that matched nothing and are older than `settings.warc_keep_days`; return how many files."""
        return retention.prune_warc(
            self._settings.warc_dir,
            now=utc_now(),
            keep_days=self._settings.warc_keep_days,
            pending_since=pending_since,
        )

    @property
    def _temp_dir(self) -> Path:
        return self._settings.home / "tmp"

    @property
    def _wal(self) -> Path:
        return self.file.with_name(self.file.name + ".wal")

    def _copy_is_due(self, *, on_demand: bool) -> bool:
        return self._wal.exists() or publish.is_due(
            publish.last_copy(self.published_file), self.file.stat(), time.time(), on_demand=on_demand
        )

    def _gate(self, *, exclusive: bool) -> AbstractContextManager[None]:
        return pass_gate(self.file, exclusive=exclusive, timeout_s=self._timeout_s)

    def _open(self, *, read_only: bool) -> AbstractContextManager[Connection]:
        return database.open_file(self.file, read_only=read_only, temp_dir=self._temp_dir)

    def _create(self) -> None:
        """Make the file under another name first: a process killed while DuckDB writes its first bytes would leave
        a file that nothing can open."""
        new = self.file.with_name(f".{self.file.name}.new")
        for left in (new, new.with_name(new.name + ".wal")):
            left.unlink(missing_ok=True)
        with database.open_file(new, read_only=False, temp_dir=self._temp_dir) as con:
            database.bring_up_to_date(con, self.file)
        new.rename(self.file)
        folder = os.open(self.file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # or a power cut could take the archive away after what it holds has left the spool
        finally:
            os.close(folder)
