"""Statements that a person typed, over the published copy or the live archive: reading only, nothing outside."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.archive import Archive, database
from monitor.errors import ArchiveError

ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement answered: column names, their DuckDB types, and the rows, read as they are asked for."""

    columns: Sequence[str]
    types: Sequence[str]
    rows: Iterator[tuple[Any, ...]]


@contextmanager
def run_query(
    archive: Archive,
    sql: str,
    *,
    timezone: str,
    parameters: Mapping[str, str],
    live: bool = False,
    files: Path | None = None,
) -> Iterator[Result]:
    """Run `sql` (one or more statements; the last one's result counts) with `$name` taken from `parameters`.

    Reads the published copy, or with `live` the archive itself, which keeps writers waiting meanwhile. Nothing can be
    written to either; other files can be read and written in the folder `files` only. Raises ArchiveError with DuckDB's
    message and the place in the statement.
    """
    with archive.read() if live else archive.read_published() as con:
        database.restrict(con, timezone=timezone, folder=files)
        try:
            con.execute(sql, dict(parameters)) if parameters else con.execute(sql)
            description = con.description or []
            yield Result([column[0] for column in description], [str(column[1]) for column in description], _rows(con))
        except Exception as error:
            message = database.query_error(error)
            if message is None:
                raise
            raise ArchiveError(message) from error


def _rows(con: database.Connection) -> Iterator[tuple[Any, ...]]:
    while rows := con.fetchmany(ROWS_AT_ONCE):
        yield from rows
