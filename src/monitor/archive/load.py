"""Writing to the archive: batches in bulk, each record once by its key.

Tables are made before the transaction and joined against what is there inside it, so that loading the same batch
again, after a crash at any moment, changes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from monitor.archive import tables
from monitor.archive.database import Connection
from monitor.changes import Dated
from monitor.model import Alert, AnalysedPage, Belief, Change, Poll, Source, Withdrawal
from monitor.watchlist import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCounts:
    """How many rows were new to the archive."""

    polls: int = 0
    entries: int = 0
    articles: int = 0
    revisions: int = 0
    matches: int = 0
    alerts: int = 0
    observations: int = 0
    beliefs: int = 0
    changes: int = 0
    withdrawals: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRecords:
    """What a batch says of claims, and what was decided of that. `claims` are all of the watchlist; None leaves the
    mirror of them alone."""

    claims: Sequence[Claim] | None = None
    observations: Sequence[Dated] = ()
    beliefs: Sequence[Belief] = ()
    changes: Sequence[Change] = ()
    withdrawals: Sequence[Withdrawal] = ()


NOTHING_CLAIMED = ClaimRecords()


@dataclass(frozen=True, slots=True)
class Rows:
    """New rows for one table: those whose `keys` are in the table already are left out."""

    target: str
    keys: tuple[str, ...]
    table: pa.Table
    recorded: bool = False
    """Whether the table has a column `recorded_at`."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch, ready to be written."""

    rows: tuple[Rows, ...]
    sources: pa.Table
    feeds: pa.Table
    claims: pa.Table | None


def prepare(
    *,
    polls: Sequence[Poll],
    pages: Sequence[AnalysedPage],
    sources: Sequence[Source],
    alerts: Sequence[Alert],
    claimed: ClaimRecords = NOTHING_CLAIMED,
) -> Prepared:
    """Everything about a batch that can be done without the archive."""
    return Prepared(
        (
            Rows("polls", ("poll_id",), tables.polls_table(polls)),
            Rows("entries", ("entry_id",), tables.entries_table(pages), recorded=True),
            Rows("articles", ("article_id",), tables.articles_table(pages), recorded=True),
            Rows("revisions", ("revision_id",), tables.revisions_table(pages), recorded=True),
            Rows(
                "matches",
                ("revision_id", "topic_id", "watchlist_hash"),
                tables.matches_table(pages),
                recorded=True,
            ),
            Rows("alerts", ("alert_id",), tables.alerts_table(alerts)),
            Rows("observations", ("observation_id",), tables.observations_table(claimed.observations), recorded=True),
            Rows("beliefs", ("belief_id",), tables.beliefs_table(claimed.beliefs), recorded=True),
            Rows("changes", ("change_id",), tables.changes_table(claimed.changes), recorded=True),
            Rows("withdrawals", ("observation_id",), tables.withdrawals_table(claimed.withdrawals), recorded=True),
        ),
        tables.sources_table(sources),
        tables.feeds_table(sources),
        None if claimed.claims is None else tables.claims_table(claimed.claims),
    )


def write(con: Connection, batch: Prepared, now: datetime) -> LoadCounts:
    """Add what is new of `batch`, inside the caller's transaction; `now` is recorded with it (UTC)."""
    counts = {rows.target: insert_new(con, rows, now) for rows in batch.rows}
    if any(counts.values()):
        con.execute("UPDATE archive_identity SET generation = generation + 1")
    if batch.sources.num_rows:  # an empty list is no list: never retire every outlet by mistake
        _mirror(con, "sources", "source_id", batch.sources, now)
        _mirror(con, "feeds", "feed_url", batch.feeds, now)
    if batch.claims is not None:
        _mirror(con, "claims", "claim_id", batch.claims, now)
    return LoadCounts(**counts)


def insert_new(con: Connection, rows: Rows, now: datetime) -> int:
    """Insert the rows whose keys are new, and return how many."""
    if not rows.table.num_rows:
        return 0
    con.register("incoming", rows.table)
    names = ", ".join(rows.table.column_names)
    stamp = (", recorded_at", ", $now") if rows.recorded else ("", "")
    counted = con.execute(
        f"INSERT INTO {rows.target} ({names}{stamp[0]}) "  # noqa: S608 - names of our own tables
        f"SELECT {names}{stamp[1]} FROM incoming ANTI JOIN {rows.target} USING ({', '.join(rows.keys)})",
        {"now": now} if rows.recorded else {},
    ).fetchone()
    con.unregister("incoming")
    return int(counted[0]) if counted else 0


def _mirror(con: Connection, target: str, key: str, table: pa.Table, now: datetime) -> None:
    """Make `target` say what the configuration says; rows that left it stay, marked."""
    names = table.column_names
    wanted = {_comparable(row.values()) for row in table.to_pylist()}
    select = f"SELECT {', '.join(names)} FROM {target} WHERE declared"  # noqa: S608 - names of our own tables
    if {_comparable(row) for row in con.execute(select).fetchall()} == wanted:
        return
    facts = [name for name in names if name != key]
    changed = " OR ".join(f"{target}.{name} IS DISTINCT FROM incoming.{name}" for name in facts)
    con.register("incoming", table)
    con.execute(
        f"MERGE INTO {target} USING incoming ON {target}.{key} = incoming.{key} "  # noqa: S608 - names of our own tables
        f"WHEN MATCHED AND (NOT {target}.declared OR {changed}) THEN UPDATE SET "
        f"{', '.join(f'{name} = incoming.{name}' for name in facts)}, declared = true, changed_at = $now "
        f"WHEN NOT MATCHED THEN INSERT ({', '.join(names)}, declared, changed_at) "
        f"VALUES ({', '.join(f'incoming.{name}' for name in names)}, true, $now)",
        {"now": now},
    )
    con.execute(
        f"UPDATE {target} SET declared = false, changed_at = $now "  # noqa: S608 - names of our own tables
        f"WHERE declared AND {key} NOT IN (SELECT {key} FROM incoming)",
        {"now": now},
    )
    con.unregister("incoming")


def _comparable(row: Iterable[object]) -> tuple[object, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in row)
