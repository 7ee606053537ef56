"""The archive's DuckDB file: opening it, its schema, and DuckDB's errors as sentences. The only importer of duckdb.

The file is attached under the name `archive` to a connection in memory, so that the same statements can run on
another catalog. Whoever calls holds the gate (`gate.pass_gate`).
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from hashlib import sha256
from pathlib import Path

import duckdb

from monitor.errors import ArchiveError
from monitor.model import utc_now

# Importing DuckDB opens a database in memory with threads of its own: nobody needs it, and processes are forked from
# ones that have imported this.
duckdb.close()

Connection = duckdb.DuckDBPyConnection

STORAGE_VERSION = "v1.2.0"
"""The file format: text is then ZSTD- or FSST-compressed, as DuckDB's samples have it; the newer
DICT_FSST takes many times as long to write."""
ROW_GROUP_SIZE = 16_384
"""Rows DuckDB compresses together, instead of 122,880: it merges small groups as they come in, and merging a full
one of article texts would hold up the writer for ten seconds."""
ZSTD_FROM_LENGTH = 256
"""Columns whose values are this long on average may be ZSTD-compressed; DuckDB's own 4096 would miss short articles."""
OUTSIDE_LOCK_S = 5.0
"""How long to wait for a program that opened the file past our gate."""

_LOCK_HOLDER = re.compile(r"Conflicting lock is held in (.*?)\s*\(PID (\d+)\)")


@dataclass(frozen=True, slots=True)
class SqlFile:
    """One file of sql/: its name without ending, its text, and what its first comment line says."""

    name: str
    text: str
    sha256: str

    @property
    def title(self) -> str:
        """What the file answers, as its first line says."""
        return self.text.partition("\n")[0].removeprefix("--").strip()


@cache
def sql_files(kind: str) -> tuple[SqlFile, ...]:
    """The files of sql/`kind` (`migrations`, `views`, `queries`), by name."""
    package = Path(__file__).parent.parent
    folder = next(root for root in (package / "sql", package.parent.parent / "sql") if root.is_dir()) / kind
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.sql"))}
    return tuple(SqlFile(name, text, sha256(text.encode()).hexdigest()) for name, text in texts.items())


@contextmanager
def open_file(file: Path, *, read_only: bool, temp_dir: Path) -> Iterator[Connection]:
    """A connection with the archive `file` as its current catalog, closed with the block.

    Raises ArchiveError, also for what happens to the file inside the block: locked by another program, disk full,
    no DuckDB file, made by a newer DuckDB, a transaction that could not be begun or committed. Errors in a statement
    itself pass through.
    """
    con = duckdb.connect(
        ":memory:",
        config={
            "temp_directory": str(temp_dir),
            "zstd_min_string_length": ZSTD_FROM_LENGTH,
            # Nothing is fetched from the network, and no Python variable is ever taken for a table.
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        },
    )
    try:
        con.execute("SET TimeZone = 'UTC'")
        _attach(con, file, read_only=read_only)
        con.execute("USE archive")
        yield con
        if not read_only:
            _settle(con, "CHECKPOINT archive")  # close() would do it too, but keep an error to itself
    except _Unsettled as error:
        raise ArchiveError(_sentence(error.cause, file)) from error.cause
    except (duckdb.IOException, duckdb.FatalException, duckdb.OutOfMemoryException) as error:
        raise ArchiveError(_sentence(error, file)) from error
    finally:
        con.close()


def _attach(con: Connection, file: Path, *, read_only: bool) -> None:
    path = str(file).replace("'", "''")
    options = "READ_ONLY" if read_only else f"STORAGE_VERSION '{STORAGE_VERSION}', ROW_GROUP_SIZE {ROW_GROUP_SIZE}"
    deadline = time.monotonic() + OUTSIDE_LOCK_S
    while True:
        try:
            con.execute(f"ATTACH '{path}' AS archive ({options})")
        except duckdb.IOException as error:
            if "Could not set lock" not in str(error) or time.monotonic() >= deadline:
                raise
            time.sleep(0.05)
        else:
            return


class _Unsettled(Exception):
    """DuckDB could not begin, commit or write out: that is about the file, whatever class of error it chose."""

    def __init__(self, cause: duckdb.Error) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _settle(con: Connection, statement: str) -> None:
    try:
        con.execute(statement)
    except duckdb.Error as error:
        raise _Unsettled(error) from error


@contextmanager
def transaction(con: Connection) -> Iterator[None]:
    """One transaction around the block: all of it, or, after an exception, nothing of it.

    Works inside `open_file` only, which turns what keeps it from being committed into a sentence.
    """
    _settle(con, "BEGIN TRANSACTION")
    try:
        yield
        _settle(con, "COMMIT")
    except BaseException:
        with suppress(duckdb.Error):  # the error that brought us here is the one to tell
            con.execute("ROLLBACK")
        raise


def is_current(con: Connection, file: Path) -> bool:
    """Whether the schema is the one this code was written for; raises ArchiveError when it is a newer or another."""
    return not any(_pending(con, file))


def bring_up_to_date(con: Connection, file: Path) -> None:
    """Apply the migrations that are missing, each in one transaction with its record, and renew changed views.

    Raises ArchiveError when the archive was written by a newer version, or an applied migration was edited since.
    """
    migrations, views = _pending(con, file)
    for migration in migrations:
        with transaction(con):
            con.execute(migration.text)
            _record(con, migration.name, migration.sha256)
    if views:
        with transaction(con):
            for view in _in_order(views):
                con.execute(view.text)
                con.execute(f"COMMENT ON VIEW {view.name} IS '{view.title.replace(chr(39), chr(39) * 2)}'")
                _record(con, f"views/{view.name}", view.sha256)


def _pending(con: Connection, file: Path) -> tuple[list[SqlFile], list[SqlFile]]:
    """The migrations and the views that `con` lacks."""
    applied = _applied(con)
    migrations = {migration.name: migration for migration in sql_files("migrations")}
    for version, digest in applied.items():
        if version.startswith("views/"):
            continue
        if version not in migrations:
            raise ArchiveError(
                f"The archive {file} was written by a newer version of the monitor (its migration {version} is unknown "
                "here). Update the monitor, or point MONITOR_HOME to another folder."
            )
        if digest != migrations[version].sha256:
            raise ArchiveError(
                f"sql/migrations/{version}.sql was edited after it had been applied to {file}, so nobody can tell what "
                "the archive looks like. Restore the file, and put the change into a new migration."
            )
    return (
        [migration for migration in migrations.values() if migration.name not in applied],
        [view for view in sql_files("views") if applied.get(f"views/{view.name}") != view.sha256],
    )


def _applied(con: Connection) -> dict[str, str]:
    exists = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'schema_migrations' AND database_name = 'archive'"
    if con.execute(exists).fetchone() is None:
        return {}
    newest = "SELECT version, max_by(sha256, applied_at) FROM schema_migrations GROUP BY version ORDER BY version"
    return dict(con.execute(newest).fetchall())


def _record(con: Connection, version: str, digest: str) -> None:
    con.execute("INSERT INTO schema_migrations VALUES (?, ?, ?)", [version, digest, utc_now()])


def _in_order(views: list[SqlFile]) -> list[SqlFile]:
    """Each view after those that it mentions."""
    by_name = {view.name: view for view in views}
    mentions = {
        name: [other for other in by_name if other != name and re.search(rf"\b{other}\b", view.text)]
        for name, view in by_name.items()
    }
    return [by_name[name] for name in TopologicalSorter(mentions).static_order()]


def _sentence(error: duckdb.Error, file: Path) -> str:
    message = str(error)
    holder = _LOCK_HOLDER.search(message)
    if "Could not set lock" in message:
        who = f"{holder[1]} (process {holder[2]})" if holder else "another program"
        return (
            f"The archive {file} is open in {who}, which keeps the monitor out. Close it there, and open the copy in "
            "the folder published/ instead, which blocks nobody. Nothing is lost: what is new waits in the spool."
        )
    if "No space left" in message or "not enough disk space" in message or "Disk quota" in message:
        return (
            f"The disk is full: the archive {file} could not be written. Free some space; what is new waits in the "
            "spool and is loaded then."
        )
    if "not a valid DuckDB database file" in message:
        return f"{file} is no DuckDB file. Move it away (a new archive is then made), or restore it from a backup."
    return f"The archive {file} could not be used: {message.splitlines()[0]}"


def query_error(error: Exception) -> str | None:
    """What DuckDB says about a statement it could not run, with the place in it; None when it is no DuckDB error."""
    return str(error).strip() if isinstance(error, duckdb.Error) else None


def restrict(con: Connection, *, timezone: str, folder: Path | None) -> None:
    """Make `con` safe for statements that a person typed: no files but those in `folder`, no change of settings.

    Times are shown in `timezone` (IANA name); raises ArchiveError when DuckDB does not know it.
    """
    try:
        con.execute("SET TimeZone = $zone", {"zone": timezone})
    except duckdb.Error as error:
        raise ArchiveError(
            f"MONITOR_TIMEZONE ({timezone!r}) is no time zone: use a name such as Asia/Tashkent"
        ) from error
    if folder is not None:
        con.execute("SET allowed_directories = [$folder]", {"folder": f"{folder}/"})
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
