"""`monitor match` and `monitor watchlist`: what the watchlist finds, and whether it is sound."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.backtest import backtest
from monitor.cli.items import Item, WatchlistOption, answer_lines, language_of, watchlist_file, write_line
from monitor.cli.terminal import tell

if TYPE_CHECKING:  # pydantic and the matcher load when a command runs
    from monitor.topics import Matcher

app = typer.Typer(help="The topics and claims that are followed.", no_args_is_help=True)
app.command("backtest")(backtest)


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
    matcher = load_matcher(watchlist)
    answer_lines(lambda item: match_item(item, matcher))


def match_item(item: Item, matcher: "Matcher") -> dict[str, object]:
    """The answer for one item: its id and the topics it is on, with score and evidence."""
    found = matcher.match(title=item.title, text=item.text, language=language_of(item))
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


def load_matcher(file: Path | None) -> "Matcher":
    """The matcher of the watchlist that an option names, or of the configured one."""
    from monitor.topics import Matcher
    from monitor.watchlist import load_watchlist

    return Matcher(load_watchlist(watchlist_file(file)))


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

    path = watchlist_file(file)
    try:
        watchlist = load_watchlist(path)
    except ConfigError as error:
        if as_json:
            write_line(sys.stdout.buffer, {"ok": False, "errors": str(error).splitlines()})
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
        write_line(sys.stdout.buffer, answer)
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
