"""Texts that the commands are given: lines of JSON on standard input, a file, an archived article."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from monitor.cli.terminal import harmless_json
from monitor.errors import ArchiveError, MonitorError
from monitor.settings import load_settings

WatchlistOption = Annotated[
    Path | None, typer.Option("--watchlist", help="The watchlist file; default: watchlist.yaml in MONITOR_CONFIG.")
]


@dataclass(frozen=True, slots=True)
class Item:
    """One text: a line of the JSON Lines interface. `published` is as given, for those who ask (`published_at`)."""

    id: object
    title: str
    text: str
    language: str
    published: object = None


def answer_lines(answer: Callable[[Item], object]) -> None:
    """Answer each line of standard input at once. A line that cannot be used is named on standard error and left out;
    the exit status is then 1. `answer` raises ValueError with a sentence for such a line."""
    faulty = 0
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            answered = answer(read_item(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line))
        except ValueError as error:
            faulty += 1
            print(f"monitor: line {number}: {error}", file=sys.stderr, flush=True)
            continue
        write_line(sys.stdout.buffer, answered)
    if faulty:
        print(f"monitor: {faulty} {'line' if faulty == 1 else 'lines'} left out", file=sys.stderr)
        raise typer.Exit(1)


def read_item(line: bytes) -> Item:
    """The item in a line. A missing or null title, text or lang counts as empty.

    Raises ValueError with a sentence when the line is no JSON object or a field is no text.
    """
    try:
        row: Any = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 (byte {error.start})") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(row, dict):
        raise ValueError(  # noqa: TRY004  one kind of error for whatever a line may hold
            'not a JSON object; wanted: {"id": …, "title": "…", "text": "…"}'
        )
    values = {}
    for name in ("title", "text", "lang"):
        value = row.get(name)
        if value is not None and not isinstance(value, str):
            raise ValueError(f'"{name}" must be text or null, not {type(value).__name__}')
        values[name] = value or ""
    return Item(row.get("id"), values["title"], values["text"], values["lang"], row.get("published"))


def published_at(item: Item) -> datetime | None:
    """When the item was published: ISO 8601, or as mail and feeds write dates; without a zone it is UTC.

    Raises ValueError with a sentence when it is neither.
    """
    if item.published is None or item.published == "":
        return None
    if isinstance(item.published, datetime):
        return item.published
    if isinstance(item.published, str):
        for parse in (datetime.fromisoformat, parsedate_to_datetime):
            try:
                moment = parse(item.published.strip())
                return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
            except (ValueError, OverflowError):
                continue
    raise ValueError(f'"published" must be a date as in 2022-09-20T08:30:00Z or null, not {item.published!r:.60}')


def language_of(item: Item) -> str:
    """The declared language's code; a hint: what the text itself shows decides."""
    return item.language.lower().replace("_", "-").split("-")[0] or "und"


def write_line(out: BinaryIO, answer: object) -> None:
    """Write one line of JSON, at once."""
    out.write(harmless_json(answer).encode("utf-8") + b"\n")
    out.flush()


def watchlist_file(file: Path | None) -> Path:
    """The watchlist that an option names, or the configured one."""
    return file or load_settings().watchlist_file


def items_of(lines: BinaryIO) -> Iterator[Item]:
    """The items of lines of JSON. Raises MonitorError that names the first line that is none."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield read_item(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
            except ValueError as error:
                raise MonitorError(f"line {number}: {error}") from None


def read_text(file: Path) -> str:
    """A file's text, or standard input's for `-`. Raises MonitorError when it cannot be read."""
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise MonitorError(f"{file}: cannot be read: {error.strerror or error}.") from None
    return raw.decode("utf-8-sig", "replace")


def item_of(content: str, language: str) -> Item:
    """A text whose first line is the title."""
    title, _, text = content.lstrip().partition("\n")
    return Item(None, title.strip(), text.strip(), language)


_ARCHIVED = """
SELECT revisions.title, revisions.text, revisions.language, revisions.published
FROM revisions JOIN articles USING (article_id)
WHERE articles.article_id = $article OR articles.url = $article
ORDER BY revisions.recorded_at DESC
LIMIT 1
"""


def archived(article: str) -> Item:
    """The newest revision of an article in the archive. Raises ArchiveError when there is none."""
    from monitor.archive import Archive
    from monitor.archive.query import run_query

    settings = load_settings()
    archive = Archive(settings)
    if not archive.file.exists():
        raise ArchiveError(f"There is no archive yet at {archive.file}. Start the monitor, or `monitor run --once`.")
    archive.publish(on_demand=True)
    with run_query(archive, _ARCHIVED, timezone="UTC", parameters={"article": article}) as result:
        row = next(result.rows, None)
    if row is None:
        raise ArchiveError(f'The archive has no article with the id or address "{article}".')
    return Item(article, str(row[0]), str(row[1]), str(row[2]), row[3])
