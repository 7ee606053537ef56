"""`monitor sql`: questions to the archive."""

import csv
import json
import math
import re
import sys
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.cli.terminal import harmless, harmless_json, harmless_lines, tell
from monitor.errors import ArchiveError
from monitor.settings import Settings, load_settings

if TYPE_CHECKING:  # every `monitor` command loads this module; DuckDB and Arrow only this one needs
    from monitor.archive import Archive, SqlFile
    from monitor.archive.query import Result

CELL_LIMIT = 300
"""Characters of a value that a table shows at most, unless asked for all."""
ROW_LIMIT = 500
"""Rows that a table shows unless asked for more."""


def sql(
    query: Annotated[
        str | None,
        typer.Argument(
            help="SQL, or @NAME for a named query, or - to read SQL from standard input.", show_default=False
        ),
    ] = None,
    *,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="Read the SQL from this file.")] = None,
    show_list: Annotated[bool, typer.Option("--list", help="Show the named queries.")] = False,
    parameter: Annotated[
        list[str] | None, typer.Option("--param", "-p", help="NAME=VALUE for $NAME in the SQL; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one JSON object a row.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated values with a header.")] = False,
    wide: Annotated[bool, typer.Option("--wide", help="Show values in full, however long the lines.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="Rows a table shows; 0 for all.")] = ROW_LIMIT,
    live: Annotated[bool, typer.Option("--live", help="Read the archive itself; new articles wait meanwhile.")] = False,
    files: Annotated[
        Path | None, typer.Option("--files", help="A folder whose files the SQL may read and write (COPY … TO).")
    ] = None,
) -> None:
    """Ask the archive in SQL.

    Reads the published copy, which is renewed first where the archive has changed, so that a long query keeps nobody
    waiting. Nothing can be written to it. Try `monitor sql @tables`, and docs/archive.md for what the tables say.
    """
    if show_list:
        _show_queries()
        return
    if as_json and as_csv:
        raise typer.BadParameter("choose one of --json and --csv")
    text, parameters = _sql_text(query, file), _parameters(parameter or [])
    settings = load_settings()
    from monitor.archive.query import run_query

    folder = None if files is None else _folder(files, settings)
    archive, behind = open_copy(settings, live=live)
    try:
        with run_query(
            archive, text, timezone=settings.timezone, parameters=parameters, live=live, files=folder
        ) as result:
            if as_json:
                _print_json(result)
            elif as_csv:
                _print_csv(result)
            else:
                _print_table(result, settings.timezone, wide=wide, limit=limit)
    except ArchiveError as error:  # DuckDB quotes values, which come from outside
        raise ArchiveError(harmless_lines(str(error))) from error
    if behind is not None:
        print(
            f"monitor: the archive has changed since this copy of it was made at {behind:%H:%M:%S} UTC", file=sys.stderr
        )


def shown(value: object) -> str:  # noqa: PLR0911 - one line a type
    """A value as a table shows it, on one line."""
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.10g}"
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S")
        case timedelta():
            return _duration(value)
        case bytes():
            return value.hex()
        case list() | tuple():
            return f"[{', '.join(shown(one) for one in value)}]"
        case dict():
            return f"{{{', '.join(f'{shown(name)}: {shown(one)}' for name, one in value.items())}}}"
        case _:
            return harmless(str(value))


def plain(value: Any) -> Any:  # noqa: ANN401, PLR0911 - whatever JSON can hold, one line a type
    """A value as JSON can hold it: times in ISO 8601 with their offset, durations in seconds."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return plain(float(value))
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes():
            return value.hex()
        case list() | tuple():
            return [plain(one) for one in value]
        case dict():
            return {str(name): plain(one) for name, one in value.items()}
        case None | bool() | int() | str():
            return value
        case _:
            return str(value)


def _sql_text(query: str | None, file: Path | None) -> str:
    if (query is None) == (file is None):
        raise typer.BadParameter('give SQL ("SELECT …"), @NAME, - or --file; --list shows the named queries')
    if file is not None:
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ArchiveError(f"{file} could not be read: {error}") from error
    if query == "-":
        return sys.stdin.read()
    if query is not None and query.startswith("@"):
        return _named(query.removeprefix("@")).text
    return query or ""


def _named(name: str) -> "SqlFile":
    from monitor.archive import sql_files

    queries = {one.name: one for one in sql_files("queries")}
    if name not in queries:
        raise typer.BadParameter(f"there is no query @{name}; there are {', '.join(f'@{one}' for one in queries)}")
    return queries[name]


def _parameters(given: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    for name, equals, _ in pairs:
        if not equals or not name.isidentifier():
            raise typer.BadParameter(f"{name!r}: write --param NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _folder(files: Path, settings: Settings) -> Path:
    """The folder that a query may use; never one that holds the archive, which a query could then attach to write."""
    folder = files.resolve()
    if not folder.is_dir():
        raise typer.BadParameter(f"--files: {files} is no folder")
    for kept in (settings.home.resolve(), settings.archive_file.resolve().parent):
        if folder == kept or folder in kept.parents or kept in folder.parents:
            raise typer.BadParameter(f"--files: choose a folder apart from the monitor's own ({kept})")
    return folder


def open_copy(settings: Settings, *, live: bool = False) -> tuple["Archive", datetime | None]:
    """The archive with its published copy brought up to date, and when it is behind all the same, from when it is.

    With `live` the copy is left alone. Raises ArchiveError where there is no archive yet.
    """
    from monitor.archive import Archive

    archive = Archive(settings)
    if not archive.file.exists():
        raise ArchiveError(f"There is no archive yet at {archive.file}. Start the monitor, or `monitor run --once`.")
    if live:
        return archive, None
    try:
        archive.publish(on_demand=True)
    except ArchiveError as error:
        if not archive.published_file.exists():
            raise
        tell(f"monitor: the published copy could not be renewed: {error}", error=True)
    return archive, archive.behind_since()


def _show_queries() -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("query", no_wrap=True)
    table.add_column("what it answers")
    from monitor.archive import sql_files

    for one in sql_files("queries"):
        table.add_row(f"@{one.name}", one.title)
    Console().print(table)


def _print_json(result: "Result") -> None:
    names = _distinct(result.columns)
    for row in result.rows:
        sys.stdout.write(harmless_json(dict(zip(names, map(plain, row), strict=True))) + "\n")


def _print_csv(result: "Result") -> None:
    clean = harmless if sys.stdout.isatty() else str
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(map(clean, result.columns))
    for row in result.rows:
        writer.writerow([clean(_csv_cell(value)) for value in row])


def _csv_cell(value: object) -> str:
    if value is None:
        return ""
    simple = plain(value)
    return simple if isinstance(simple, str) else json.dumps(simple, ensure_ascii=False)


def _print_table(result: "Result", timezone: str, *, wide: bool, limit: int) -> None:
    console = Console(highlight=False)
    rows = list(islice(result.rows, limit + 1)) if limit else list(result.rows)
    more = bool(limit) and len(rows) > limit
    rows = rows[:limit] if more else rows
    if not result.columns:
        return
    cell_limit = None if wide else CELL_LIMIT
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name, kind in zip(result.columns, result.types, strict=True):
        table.add_column(Text(harmless(name)), justify="right" if _is_number(kind) else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(_cell(value, cell_limit) for value in row))
    if wide or not console.is_terminal:
        console.width = max(console.width, *(_line_width(table, console),))
    console.print(table)
    counted = f"first {limit:,} rows; --limit 0 shows all" if more else f"{len(rows):,} row{'s' * (len(rows) != 1)}"
    zone = f"; times in {timezone}" if any("TIME ZONE" in kind for kind in result.types) else ""
    console.print(Text(f"({counted}{zone})", style="dim"))


def _line_width(table: Table, console: Console) -> int:
    return console.measure(table, options=console.options.update(max_width=10_000_000)).maximum


def _cell(value: object, limit: int | None) -> Text:
    if value is None:
        return Text("NULL", style="dim")
    text = shown(value)
    return Text(text if limit is None or len(text) <= limit else text[:limit] + "…")


def _is_number(kind: str) -> bool:
    return bool(re.fullmatch(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*", kind))


def _duration(value: timedelta) -> str:
    seconds = abs(value)
    days, rest = seconds.days, str(timedelta(seconds=seconds.seconds))
    return f"{'-' * (value < timedelta())}{f'{days} d ' * bool(days)}{rest:0>8}"


def _distinct(names: Iterable[str]) -> list[str]:
    """`names` with a number at those that come again: a JSON object can hold each once."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return out
