"""`monitor match`, `monitor explain`, `monitor watchlist`: what the watchlist finds, why, and whether it is sound."""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from monitor.cli.backtest import backtest
from monitor.cli.terminal import harmless, harmless_json, tell
from monitor.errors import ArchiveError, MonitorError
from monitor.settings import load_settings

if TYPE_CHECKING:  # rich, pydantic and the matcher load when a command runs
    from rich.tree import Tree

    from monitor.topics import Explanation, Matcher, Outcome

app = typer.Typer(help="The topics and claims that are followed.", no_args_is_help=True)
app.command("backtest")(backtest)

WatchlistOption = Annotated[
    Path | None, typer.Option("--watchlist", help="The watchlist file; default: watchlist.yaml in MONITOR_CONFIG.")
]


@dataclass(frozen=True, slots=True)
class Item:
    """One text to match: a line of the JSON Lines interface."""

    id: object
    title: str
    text: str
    language: str


# -- monitor match ----------------------------------------------------------------------------------------------------


def match(
    *,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help='Read {"id", "title", "text", "lang"?} a line from standard input.')
    ] = False,
    watchlist: WatchlistOption = None,
) -> None:
    """Say which topics texts are on: JSON Lines in, JSON Lines out, one line at once for each.

    A line that cannot be used is named on standard error and left out; the exit status is then 1.
    """
    if not jsonl:
        raise typer.BadParameter("say --jsonl: one JSON object a line on standard input", param_hint="match")
    matcher = _matcher(watchlist)
    faulty = 0
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            item = read_item(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
        except ValueError as error:
            faulty += 1
            print(f"monitor: line {number}: {error}", file=sys.stderr, flush=True)
            continue
        _write_line(sys.stdout.buffer, match_item(item, matcher))
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
    return Item(row.get("id"), values["title"], values["text"], values["lang"])


def match_item(item: Item, matcher: "Matcher") -> dict[str, object]:
    """The answer for one item: its id and the topics it is on, with score and evidence."""
    found = matcher.match(title=item.title, text=item.text, language=_language(item))
    topics = [
        {
            "topic": topic.topic_id,
            "score": topic.score,
            "evidence": [
                {"field": one.field, "start": one.start, "end": one.end, "text": one.text, "alias": one.alias}
                for one in topic.evidence
            ],
        }
        for topic in found
    ]
    return {"id": item.id, "topics": topics}


def _language(item: Item) -> str:
    """The declared language's code; only topics that ask for entity types look at it."""
    return item.language.lower().replace("_", "-").split("-")[0] or "und"


def _write_line(out: BinaryIO, answer: object) -> None:
    out.write(harmless_json(answer).encode("utf-8") + b"\n")
    out.flush()


def _matcher(file: Path | None) -> "Matcher":
    from monitor.topics import Matcher
    from monitor.watchlist import load_watchlist

    return Matcher(load_watchlist(_file(file)))


def _file(file: Path | None) -> Path:
    return file or load_settings().watchlist_file


# -- monitor explain --------------------------------------------------------------------------------------------------


def explain(
    file: Annotated[
        Path | None, typer.Argument(help="A text file; its first line is the title. - reads standard input.")
    ] = None,
    *,
    title: Annotated[str, typer.Option(help="A title to explain, with --text or alone.")] = "",
    text: Annotated[str, typer.Option(help="A text to explain.")] = "",
    article: Annotated[str | None, typer.Option(help="Id or address of an archived article.")] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Explain each line of standard input, as `match` reads it.")
    ] = False,
    topic: Annotated[str | None, typer.Option(help="Only this topic.")] = None,
    language: Annotated[str, typer.Option("--lang", help="Its language, if known (en, zh, ru).")] = "",
    watchlist: WatchlistOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one JSON object a text.")] = False,
) -> None:
    """Show why a text is on a topic, or why not: every rule, every alias, what was missing, what blocked it."""
    given = [file is not None, bool(title or text), article is not None, jsonl]
    if sum(given) != 1:
        raise typer.BadParameter("give one of: a file, --text (and --title), --article, --jsonl", param_hint="explain")
    matcher = _matcher(watchlist)
    known = [one.id for one in matcher.watchlist.topics]
    if topic is not None and topic not in known:
        raise typer.BadParameter(f'no topic "{topic}"; there are: {", ".join(known)}', param_hint="--topic")
    if jsonl:
        items: Iterable[Item] = _items(sys.stdin.buffer)
    elif article is not None:
        items = [_archived(article)]
    elif file is not None:
        items = [_from_text(_read_text(file), language)]
    else:
        items = [Item(None, title, text, language)]
    for item in items:
        explained = matcher.explain(title=item.title, text=item.text, language=_language(item))
        chosen = [one for one in explained if topic in {None, one.topic_id}]
        if as_json:
            _write_line(sys.stdout.buffer, {"id": item.id, "topics": [asdict(one) for one in chosen]})
        else:
            show_explanations(item, chosen)


def show_explanations(item: Item, explanations: Iterable["Explanation"]) -> None:
    """Print a tree a topic: what holds, with the places, and what does not, with the reason."""
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    console = Console(highlight=False)
    heading = item.title or item.text[:80]
    console.print(Text(harmless(heading), style="bold"))
    for one in explanations:
        style = "green" if one.matched else "dim"
        verdict = "on topic" if one.matched else "not on topic"
        if not one.matched and one.outcome.holds:
            verdict = "too low a score"
        parts = " + ".join(f"{zone} {value:g}" for zone, value in one.parts.items())
        score = f"score {one.score:g} of {one.threshold:g} needed" + (f" ({parts})" if parts else "")
        tree = Tree(Text(f"{one.topic_id}: {verdict}, {score}", style=style))
        _add_outcome(tree, one.outcome, item)
        for loss in one.losses[:20]:
            place = _context(item, loss.hit.field, loss.hit.start, loss.hit.end)
            tree.add(
                Text(f"did not count: {harmless(loss.hit.alias)}, which {harmless(loss.reason)}: {place}", "yellow")
            )
        console.print(tree)


def _add_outcome(tree: "Tree", outcome: "Outcome", item: Item) -> None:
    from rich.text import Text

    mark, style = ("✓", "green") if outcome.holds else ("✗", "red")
    why = f": {outcome.why_not}" if outcome.why_not else ""
    branch = tree.add(Text(f"{mark} {harmless(outcome.label)}{harmless(why)}  [{outcome.rule}]", style=style))
    for blocker in outcome.blocked_by:
        blocked = branch.add(Text("blocked by none, because this occurs:", style="red"))
        _add_outcome(blocked, blocker, item)
    if not outcome.children:
        for hit, _ in outcome.places[:5]:
            place = _context(item, hit.field, hit.start, hit.end)
            branch.add(Text(f"{harmless(hit.alias)} in {hit.field} {hit.start}–{hit.end}: {place}"))
        if len(outcome.places) > 5:
            branch.add(Text(f"and {len(outcome.places) - 5} more places", style="dim"))
    for child in outcome.children:
        _add_outcome(branch, child, item)


def _context(item: Item, field: str, start: int, end: int) -> str:
    """The place with some text around it, on one line."""
    source = item.title if field == "title" else item.text
    before, after = source[max(0, start - 30) : start], source[end : end + 30]
    shown = f"{'…' if start > 30 else ''}{before}[{source[start:end]}]{after}{'…' if end + 30 < len(source) else ''}"
    return harmless(" ".join(shown.split()))


def _items(lines: BinaryIO) -> Iterator[Item]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield read_item(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
            except ValueError as error:
                raise MonitorError(f"line {number}: {error}") from None


def _read_text(file: Path) -> str:
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise MonitorError(f"{file}: cannot be read: {error.strerror or error}.") from None
    return raw.decode("utf-8-sig", "replace")


def _from_text(content: str, language: str) -> Item:
    title, _, text = content.lstrip().partition("\n")
    return Item(None, title.strip(), text.strip(), language)


_ARCHIVED = """
SELECT revisions.title, revisions.text, revisions.language
FROM revisions JOIN articles USING (article_id)
WHERE articles.article_id = $article OR articles.url = $article
ORDER BY revisions.recorded_at DESC
LIMIT 1
"""


def _archived(article: str) -> Item:
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
    return Item(article, str(row[0]), str(row[1]), str(row[2]))


# -- monitor watchlist ------------------------------------------------------------------------------------------------


@app.command("check")
def check(
    file: Annotated[
        Path | None, typer.Argument(help="The watchlist file; default: watchlist.yaml in MONITOR_CONFIG.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: JSON on standard output.")] = False,
) -> None:
    """Check the watchlist; name file and line of everything that is wrong."""
    from monitor.errors import ConfigError
    from monitor.watchlist import doubts, load_watchlist

    path = _file(file)
    try:
        watchlist = load_watchlist(path)
    except ConfigError as error:
        if as_json:
            _write_line(sys.stdout.buffer, {"ok": False, "errors": str(error).splitlines()})
        else:
            tell(error, error=True)
        raise typer.Exit(1) from None
    warnings = list(doubts(watchlist))
    if as_json:
        topics = [{"id": topic.id, "name": topic.title(), "channel": topic.channel} for topic in watchlist.topics]
        channels = {topic.id: topic.channel for topic in watchlist.topics}
        claims = [
            {
                "id": claim.id,
                "kind": claim.kind,
                "says": claim.title(),
                "topic": claim.topic,
                "channel": claim.channel or channels[claim.topic],
            }
            for claim in watchlist.claims
        ]
        answer = {"ok": True, "hash": watchlist.hash, "topics": topics, "claims": claims, "warnings": warnings}
        _write_line(sys.stdout.buffer, answer)
        return
    for warning in warnings:
        tell(f"{path}: {warning}", error=True)
    aliases = sum(len(entity.aliases) for entity in watchlist.entities.values())
    counted = f"{len(watchlist.topics)} topics, {len(watchlist.claims)} claims, {len(watchlist.entities)} entities"
    print(f"{path}: {counted}, {aliases} names")
    for topic in watchlist.topics:
        tell(f"  {topic.id}: {topic.title()} -> #{topic.channel}")
        for claim in watchlist.claims:
            if claim.topic == topic.id:
                channel = f" -> #{claim.channel}" if claim.channel else ""
                tell(f"    {claim.id} ({claim.kind}): {claim.title()}{channel}")


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of watchlist.yaml, for editors that check while one types."""
    from monitor.watchlist import schema_text

    sys.stdout.write(schema_text())
