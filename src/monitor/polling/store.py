"""The poller's working memory, HOME/state/feeds.sqlite; the only importer of sqlite3.

    sync(feeds) -> claim_due(now) -> … poll … -> unseen(…) -> … spool batch … -> commit(results) -> release

Several processes may poll side by side (trigger, safety net, command line). A claim is a lease: nobody else gets the
feed until it is committed or the lease runs out, as after `kill -9`. `commit` comes after the spool batch is on disk:
dying in between means that the same entries are found again, and the archive knows them by their keys. Losing the
whole file costs one round of full polls whose entries count as `first_poll`, nothing else.

Poll records are not worth a spool file a second. They collect here until `take_polls` hands them to the next batch;
`drop_polls` forgets them once that batch is on disk. Between the two they may be handed out twice, which their key
makes harmless, but never lost.
"""

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock
from os import getpid, urandom
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from monitor.errors import MemoryFileError
from monitor.model import Feed, Poll
from monitor.polling.state import FeedState, FeedStatus, new_state

logger = logging.getLogger(__name__)

SCHEMA_VERSION = 1
FORGET_AFTER_S = 60 * 86_400.0
"""Entry ids that a feed has not listed for this long are forgotten."""
BUSY_TIMEOUT_S = 20.0
_FORGET_EVERY_S = 3_600.0
_FORGOTTEN = "forgotten"
"""In place of a lease: the feed's state was dropped and nobody has claimed it since."""

_SCHEMA = """
CREATE TABLE feeds (
    url TEXT PRIMARY KEY,
    is_declared INTEGER NOT NULL,
    next_poll_at REAL NOT NULL,
    leased_until REAL NOT NULL DEFAULT 0,
    lease TEXT,
    state TEXT NOT NULL,
    memory BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX feeds_due ON feeds (is_declared, next_poll_at);
CREATE TABLE seen (
    feed_url TEXT NOT NULL,
    entry_id BLOB NOT NULL,
    seen_at REAL NOT NULL,
    PRIMARY KEY (feed_url, entry_id)
) WITHOUT ROWID;
CREATE TABLE polls (poll_id TEXT PRIMARY KEY, polled_at REAL NOT NULL, poll TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """What one poll leaves behind: the new state, the record, and the ids of all entries now in the feed.

    `entry_ids` is empty where no body was read.
    """

    state: FeedState
    poll: Poll
    entry_ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """One row of `monitor status`: how a feed is doing."""

    url: str
    source_id: str
    status: FeedStatus
    failures: int
    last_ok_at: datetime | None
    last_poll_at: datetime | None
    next_poll_at: datetime
    interval_s: float
    error: str | None


class FeedStore:
    """One connection to the working memory. Not to be shared between threads; each process opens its own.

    Opening creates the file; one that is corrupt, or of another version, is set aside beside it with a loud log.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lease = f"{getpid()}-{urandom(6).hex()}"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = _opened(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; leases that are still held run out by themselves."""
        self._connection.close()

    # ---- which feeds ---------------------------------------------------------------------------------------------
    def sync(self, feeds: Iterable[Feed], now: datetime) -> None:
        """Make `feeds` the declared ones: new ones are due at once, others rest until they are declared again."""
        declared = {feed.url: feed for feed in feeds}
        with self._transaction() as cursor:
            known = {
                url: (_state_of(state, memory), bool(is_declared))
                for url, state, memory, is_declared in cursor.execute(
                    "SELECT url, state, memory, is_declared FROM feeds"
                )
            }
            new = [_row(new_state(feed, now)) for url, feed in declared.items() if url not in known]
            cursor.executemany(
                "INSERT INTO feeds (url, is_declared, next_poll_at, state, memory) VALUES (?, 1, ?, ?, ?)",
                [(url, next_poll_at, state, memory) for next_poll_at, state, memory, url in new],
            )
            changed = []
            for url, (state, is_declared) in known.items():
                feed = declared.get(url)
                if feed is None:
                    continue
                renamed = replace(state, source_id=feed.source_id, language=feed.language)
                if renamed != state or not is_declared:
                    changed.append(_row(renamed))
            cursor.executemany(
                "UPDATE feeds SET is_declared = 1, next_poll_at = ?, state = ?, memory = ? WHERE url = ?", changed
            )
            retired = [(url,) for url, (_, is_declared) in known.items() if is_declared and url not in declared]
            cursor.executemany("UPDATE feeds SET is_declared = 0 WHERE url = ?", retired)

    def claim_due(self, now: datetime, limit: int, lease_s: float) -> list[FeedState]:
        """Up to `limit` feeds that are due at `now`, longest overdue first, ours alone for `lease_s` seconds."""
        at = now.timestamp()
        with self._transaction() as cursor:
            rows = cursor.execute(
                "SELECT url, state, memory FROM feeds WHERE is_declared = 1 AND next_poll_at <= ? AND leased_until <= ?"
                " ORDER BY next_poll_at, url LIMIT ?",
                (at, at, limit),
            ).fetchall()
            cursor.executemany(
                "UPDATE feeds SET leased_until = ?, lease = ? WHERE url = ?",
                [(at + lease_s, self._lease, url) for url, _, _ in rows],
            )
        return [_state_of(state, memory) for _, state, memory in rows]

    def put_off(self, states: Iterable[FeedState]) -> None:
        """Give back feeds that were claimed here and not asked, due when their `states` say."""
        with self._transaction() as cursor:
            cursor.executemany(
                "UPDATE feeds SET next_poll_at = ?, state = ?, leased_until = 0, lease = NULL"
                " WHERE url = ? AND lease = ?",
                [(*_row(state)[:2], state.url, self._lease) for state in states],
            )

    def release(self, urls: Iterable[str]) -> None:
        """Give back feeds that were claimed here and not polled after all."""
        with self._transaction() as cursor:
            cursor.executemany(
                "UPDATE feeds SET leased_until = 0, lease = NULL WHERE url = ? AND lease = ?",
                [(url, self._lease) for url in urls],
            )

    def next_due_at(self) -> datetime | None:
        """When the next feed falls due that nobody holds; None without feeds. For how long a poller may sleep."""
        row = self._connection.execute(
            "SELECT min(max(next_poll_at, leased_until)) FROM feeds WHERE is_declared = 1"
        ).fetchone()
        return None if row[0] is None else datetime.fromtimestamp(row[0], UTC)

    def forget(self, now: datetime) -> None:
        """Forget what the feeds have shown, as if each were new: due at once, and what they hold then is old news.

        For an archive that lacks what was seen. What is being polled right now is read before, so its commit leaves
        nothing but the poll's record.
        """
        with self._transaction() as cursor:
            rows = cursor.execute("SELECT state, memory FROM feeds").fetchall()
            states = [_state_of(state, memory) for state, memory in rows]
            cursor.executemany(
                "UPDATE feeds SET next_poll_at = ?, state = ?, memory = ?, leased_until = 0, lease = ? WHERE url = ?",
                [(*_row(new_state(state.feed, now))[:3], _FORGOTTEN, state.url) for state in states],
            )
            cursor.execute("DELETE FROM seen")

    # ---- what is new ---------------------------------------------------------------------------------------------
    def unseen(self, entry_ids: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
        """Of the entries of each feed (by its URL), those that this feed has not shown before."""
        return {url: self._unseen_of(url, ids) for url, ids in entry_ids.items()}

    def _unseen_of(self, url: str, ids: Sequence[str]) -> frozenset[str]:
        seen: set[str] = set()
        for start in range(0, len(ids), 500):
            part = [bytes.fromhex(entry_id) for entry_id in ids[start : start + 500]]
            marks = ",".join("?" * len(part))
            rows = self._connection.execute(
                f"SELECT entry_id FROM seen WHERE feed_url = ? AND entry_id IN ({marks})",  # noqa: S608 - marks only
                (url, *part),
            )
            seen.update(row[0].hex() for row in rows)
        return frozenset(ids) - seen

    def commit(self, results: Iterable[PollResult], now: datetime) -> None:
        """Keep what a round of polls brought, in one transaction; call it when the spool batch is on disk.

        Frees the leases. A feed whose lease ran out and was polled by someone else meanwhile keeps the newer state.
        """
        results = list(results)
        at = now.timestamp()
        with self._transaction() as cursor:
            forgotten = {url for (url,) in cursor.execute("SELECT url FROM feeds WHERE lease = ?", (_FORGOTTEN,))}
            kept = [result for result in results if result.state.url not in forgotten]
            cursor.executemany(
                "UPDATE feeds SET next_poll_at = ?, state = ?, memory = ?,"
                " leased_until = CASE WHEN lease = ? THEN 0 ELSE leased_until END,"
                " lease = CASE WHEN lease = ? THEN NULL ELSE lease END"
                " WHERE url = ? AND coalesce(json_extract(state, '$.last_poll_at'), '') <= ?",
                [
                    (*_row(result.state)[:3], self._lease, self._lease, result.state.url, _last_poll(result.state))
                    for result in kept
                ],
            )
            cursor.executemany(
                "INSERT INTO seen VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at",
                [(result.state.url, bytes.fromhex(entry_id), at) for result in kept for entry_id in result.entry_ids],
            )
            cursor.executemany(
                "INSERT OR IGNORE INTO polls VALUES (?, ?, ?)",
                [
                    (result.poll.poll_id, result.poll.polled_at.timestamp(), _to_json(asdict(result.poll)))
                    for result in results
                ],
            )
            self._forget(cursor, at)

    @staticmethod
    def _forget(cursor: sqlite3.Cursor, at: float) -> None:
        """Forget entries that a feed, read since, has not listed for long. Feeds that fail keep theirs."""
        row = cursor.execute("SELECT value FROM facts WHERE name = 'forgotten_at'").fetchone()
        if row is not None and at - row[0] < _FORGET_EVERY_S:
            return
        cursor.execute("INSERT OR REPLACE INTO facts VALUES ('forgotten_at', ?)", (at,))
        cursor.execute(
            "DELETE FROM seen WHERE seen_at < ? AND seen_at < coalesce((SELECT max(other.seen_at) FROM seen AS other"
            " WHERE other.feed_url = seen.feed_url), 0)",
            (at - FORGET_AFTER_S,),
        )

    # ---- poll records --------------------------------------------------------------------------------------------
    def take_polls(self, now: datetime, *, min_age_s: float = 0.0, limit: int = 20_000) -> list[Poll]:
        """The collected Poll records, oldest first; none while the oldest is younger than `min_age_s`.

        They stay until `drop_polls`: write them to the spool, then drop them.
        """
        rows = self._connection.execute(
            "SELECT polled_at, poll FROM polls ORDER BY polled_at, poll_id LIMIT ?", (limit,)
        ).fetchall()
        if not rows or now.timestamp() - rows[0][0] < min_age_s:
            return []
        return [_poll_of(text) for _, text in rows]

    def drop_polls(self, poll_ids: Iterable[str]) -> None:
        """Forget records that are in the spool now."""
        with self._transaction() as cursor:
            cursor.executemany("DELETE FROM polls WHERE poll_id = ?", [(poll_id,) for poll_id in poll_ids])

    # ---- how they are doing --------------------------------------------------------------------------------------
    def states(self) -> list[FeedState]:
        """The states of all declared feeds, by URL."""
        rows = self._connection.execute("SELECT state, memory FROM feeds WHERE is_declared = 1 ORDER BY url")
        return [_state_of(state, memory) for state, memory in rows]

    def feed_health(self) -> list[FeedHealth]:
        """How the declared feeds are doing: those in trouble first, longest without an answer first."""
        order = {"gone": 0, "dead": 0, "failing": 1, "ok": 2}
        never = datetime.min.replace(tzinfo=UTC)
        health = [
            FeedHealth(**{field.name: getattr(state, field.name) for field in fields(FeedHealth)})
            for state in self.states()
        ]
        return sorted(health, key=lambda row: (order[row.status], row.last_ok_at or never, row.url))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Cursor]:
        """A write transaction: takes the lock at once, so that two writers wait instead of failing half-way."""
        cursor = self._connection.cursor()
        with _plain_errors(self._path):
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk may have rolled it back already
                    cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    """What the system refuses, as a sentence; anything else that SQLite finds is a bug of ours and surfaces."""
    try:
        yield
    except (sqlite3.OperationalError, PermissionError) as error:
        raise MemoryFileError(
            f"{path}: {error}. See that its disk has room and that the folder belongs to who runs the monitor; where "
            "another process holds it, try again in a minute."
        ) from error


# ---- opening -----------------------------------------------------------------------------------------------------
def _opened(path: Path) -> sqlite3.Connection:
    # One process at a time: neither the switch to WAL nor setting a broken file aside stands two at once.
    with _plain_errors(path), path.with_name(f"{path.name}.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        try:
            return _connected(path)
        except sqlite3.OperationalError:
            raise  # locked, disk full, no permission: nothing is wrong with the file
        except sqlite3.DatabaseError as error:
            _set_aside(path, error)
        return _connected(path)


def _set_aside(path: Path, error: sqlite3.DatabaseError) -> None:
    aside = path.with_name(f"{path.name}.broken-{datetime.now(UTC):%Y%m%dT%H%M%S}-{urandom(3).hex()}")
    logger.error(
        "%s cannot be used (%s). It is set aside as %s and a new one is begun: all feeds are asked again, and what "
        "they hold now is archived without alerts.",
        path,
        error,
        aside.name,
    )
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # A power cut may lose the last transactions, which costs re-polls; it cannot corrupt the file.
        connection.execute("PRAGMA synchronous = NORMAL")
        _check(connection)
        if _version(connection) == 0:
            connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA}; PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    """Raise DatabaseError unless the file is sound, and empty or of our version."""
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("it is damaged")
    version = _version(connection)
    if version not in {0, SCHEMA_VERSION}:
        raise sqlite3.DatabaseError(f"it is of version {version}, not {SCHEMA_VERSION}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


# ---- rows --------------------------------------------------------------------------------------------------------
_TIMES = frozenset(
    {"next_poll_at", "full_at", "first_ok_at", "last_ok_at", "last_poll_at", "failing_since", "polled_at"}
)


def _row(state: FeedState) -> tuple[float, str, bytes, str]:
    """next_poll_at, state, memory, url."""
    values = {field.name: getattr(state, field.name) for field in fields(FeedState) if field.name != "memory"}
    return state.next_poll_at.timestamp(), _to_json(values), state.memory, state.url


def _last_poll(state: FeedState) -> str:
    return "" if state.last_poll_at is None else state.last_poll_at.isoformat()


def _to_json(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False, default=datetime.isoformat)


def _state_of(text: str, memory: bytes) -> FeedState:
    values = _with_times(json.loads(text))
    values["arrivals"] = tuple(datetime.fromisoformat(at) for at in values["arrivals"])
    return FeedState(**values, memory=memory)


def _poll_of(text: str) -> Poll:
    return Poll(**_with_times(json.loads(text)))


def _with_times(values: dict[str, Any]) -> dict[str, Any]:
    for name in _TIMES & values.keys():
        if values[name] is not None:
            values[name] = datetime.fromisoformat(values[name])
    return values
