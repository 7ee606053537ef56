"""`monitor explain`: why a text is on a topic or says something of a claim, and why not."""

import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.claims import load_observer, observation_row
from monitor.cli.items import (
    Item,
    WatchlistOption,
    archived,
    item_of,
    items_of,
    language_of,
    published_at,
    read_text,
    write_line,
)
from monitor.cli.terminal import harmless
from monitor.cli.watchlist import load_matcher
from monitor.errors import MonitorError

if TYPE_CHECKING:  # rich, pydantic and the matcher load when the command runs
    from rich.tree import Tree

    from monitor.claims.observer import Observer, Seen
    from monitor.topics import Explanation, Matcher, Outcome


@dataclass(frozen=True, slots=True)
class Chosen:
    """The topics and claims that are asked about."""

    topics: tuple[str, ...]
    claims: tuple[str, ...]


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
    topic: Annotated[str | None, typer.Option(help="Only this topic and its claims.")] = None,
    claim: Annotated[str | None, typer.Option(help="Only this claim.")] = None,
    published: Annotated[
        str, typer.Option(help='When it was published, as in 2022-09-20; "next month" counts from there.')
    ] = "",
    language: Annotated[str, typer.Option("--lang", help="Its language, if known (en, zh, ru).")] = "",
    watchlist: WatchlistOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one JSON object a text.")] = False,
) -> None:
    """Show why a text is on a topic and says something of a claim, or why not.

    For topics every rule and alias, what was missing, what blocked it; for claims which words, subject and value
    decided, and why a sentence that looked like one was not taken.
    """
    given = [file is not None, bool(title or text), article is not None, jsonl]
    if sum(given) != 1:
        raise typer.BadParameter("give one of: a file, --text (and --title), --article, --jsonl", param_hint="explain")
    matcher, observer = load_matcher(watchlist), load_observer(watchlist)
    chosen = _chosen(matcher, topic, claim)
    if jsonl:
        items: Iterable[Item] = items_of(sys.stdin.buffer)
    elif article is not None:
        items = [archived(article)]
    elif file is not None:
        items = [item_of(read_text(file), language)]
    else:
        items = [Item(None, title, text, language)]
    for item in items:
        dated = replace(item, published=published) if published else item
        try:
            when = published_at(dated)
        except ValueError as error:
            if published:
                raise typer.BadParameter(str(error), param_hint="--published") from None
            raise MonitorError(str(error)) from None
        explained = [
            one
            for one in matcher.explain(title=item.title, text=item.text, language=language_of(item))
            if one.topic_id in chosen.topics
        ]
        seen = [
            one
            for one in observer.explain(title=item.title, text=item.text, language=language_of(item), published=when)
            if one.claim_id in chosen.claims
        ]
        if as_json:
            rows = [_seen_row(one, observer) for one in seen]
            write_line(sys.stdout.buffer, {"id": item.id, "topics": [asdict(one) for one in explained], "claims": rows})
        else:
            show_explanations(item, explained)
            show_claims(seen, chosen)


def _chosen(matcher: "Matcher", topic: str | None, claim: str | None) -> Chosen:
    """What the options choose. Raises BadParameter for a topic or claim that is not in the watchlist."""
    topics = tuple(one.id for one in matcher.watchlist.topics)
    claims = {one.id: one.topic for one in matcher.watchlist.claims}
    for name, value, known in (("--topic", topic, topics), ("--claim", claim, tuple(claims))):
        if value is not None and value not in known:
            what = name.removeprefix("--")
            raise typer.BadParameter(f'no {what} "{value}"; there are: {", ".join(known) or "none"}', param_hint=name)
    if claim is not None:
        return Chosen((topic,) if topic is not None else (), (claim,))
    if topic is not None:
        return Chosen((topic,), tuple(name for name, of in claims.items() if of == topic))
    return Chosen(topics, tuple(claims))


def _seen_row(one: "Seen", observer: "Observer") -> dict[str, Any]:
    return {
        "claim": one.claim_id,
        "field": one.field,
        "start": one.start,
        "end": one.end,
        "sentence": one.sentence,
        "subject": one.subject,
        "observation": observation_row(one.observation, observer.watchlist) if one.observation else None,
        "found": one.found,
        "refusals": list(one.refusals),
    }


def show_claims(seen: list["Seen"], chosen: Chosen) -> None:
    """Print a tree a claim: the sentences that say something of it, and those that only looked like it."""
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    console = Console(highlight=False)
    silent = [name for name in chosen.claims if not any(one.claim_id == name for one in seen)]
    for name in chosen.claims:
        sentences = [one for one in seen if one.claim_id == name]
        if not sentences:
            continue
        taken = sum(one.observation is not None for one in sentences)
        verdict = f"{taken} observation{'s' if taken != 1 else ''}" if taken else "nothing is said of it"
        tree = Tree(Text(f"{name}: {verdict}", style="green" if taken else "dim"))
        for one in sentences[:20]:
            _add_seen(tree, one)
        if len(sentences) > 20:
            tree.add(Text(f"and {len(sentences) - 20} more sentences", style="dim"))
        console.print(tree)
    if silent:
        words = "its subject and its words do not occur together"
        console.print(Text(f"{', '.join(silent)}: {words}", style="dim"))


def _add_seen(tree: "Tree", one: "Seen") -> None:
    from rich.text import Text

    mark, style = ("✓", "green") if one.observation else ("✗", "red")
    branch = tree.add(Text(f"{mark} {one.field} {one.start}–{one.end}: {harmless(one.sentence)}", style=style))
    if one.subject:
        branch.add(Text(f"subject: {harmless(one.subject)}"))
    if (found := one.observation) is not None:
        branch.add(Text(f"value: {harmless(one.found)}"))
        mood = f"{'denied' if found.polarity == '-' else 'affirmed'}, {found.modality}"
        told = [mark for mark in found.marks if mark.role in {"polarity", "modality"}]
        words = ", ".join(f'"{one.sentence[mark.start - one.start : mark.end - one.start]}"' for mark in told)
        branch.add(Text(harmless(f"mood: {mood}" + (f", by {words}" if words else ""))))
        who = found.speaker or "the outlet itself"
        known = (
            f" ({', '.join(filter(None, (found.speaker_entity, found.speaker_bloc)))})" if found.speaker_bloc else ""
        )
        chain = f", passed on by {', '.join(found.chain)}" if found.chain else ""
        branch.add(Text(harmless(f"said by: {who}{known}{chain}")))
    for why in one.refusals[:8]:
        branch.add(Text(f"not taken: {harmless(why)}", style="yellow"))


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
