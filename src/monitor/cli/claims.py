"""`monitor observe`: what texts say of the watchlist's claims, and who says it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.items import Item, WatchlistOption, answer_lines, language_of, published_at, watchlist_file

if TYPE_CHECKING:  # pydantic and the observer load when the command runs
    from monitor.claims.observer import Observer
    from monitor.model import Observation
    from monitor.watchlist import Watchlist


def observe(
    *,
    jsonl: Annotated[
        bool,
        typer.Option("--jsonl", help='Read {"id", "title", "text", "lang"?, "published"?} a line from standard input.'),
    ] = False,
    watchlist: WatchlistOption = None,
) -> None:
    """Say what texts say of the claims: JSON Lines in, JSON Lines out, one line at once for each.

    "Next month" counts from `published`, or from now without one. A line that cannot be used is named on standard
    error and left out; the exit status is then 1.
    """
    if not jsonl:
        raise typer.BadParameter("say --jsonl: one JSON object a line on standard input", param_hint="observe")
    observer = load_observer(watchlist)
    answer_lines(lambda item: observe_item(item, observer))


def load_observer(file: Path | None) -> "Observer":
    """The observer of the watchlist that an option names, or of the configured one."""
    from monitor.claims.observer import Observer
    from monitor.watchlist import load_watchlist

    return Observer(load_watchlist(watchlist_file(file)))


def observe_item(item: Item, observer: "Observer") -> dict[str, object]:
    """The answer for one item: its id and what it says of the claims. Raises ValueError where it has no usable date."""
    found = observer.observe(title=item.title, text=item.text, language=language_of(item), published=published_at(item))
    return {"id": item.id, "observations": [observation_row(one, observer.watchlist) for one in found]}


def observation_row(one: "Observation", watchlist: "Watchlist") -> dict[str, Any]:
    """An observation as programs read it. `value` is a number, the two ends of a range, a date, the id of a step or
    stance, a person, or a list where the claim allows several values; `attribution` is null where the outlet speaks."""
    several = {claim.id for claim in watchlist.claims if claim.several}
    value: object = one.value
    if one.number is not None:
        value = _plain(one.number) if one.number_hi is None else [_plain(one.number), _plain(one.number_hi)]
    elif one.claim_id in several:
        value = one.value.split("+")
    return {
        "claim": one.claim_id,
        "kind": one.kind,
        "value": value,
        "value_hi": None if one.number_hi is None else _plain(one.number_hi),
        "comparator": one.comparator,
        "unit": one.unit,
        "aspect": one.aspect,
        "previous": one.previous,
        "polarity": one.polarity,
        "modality": one.modality,
        "attribution": one.speaker,
        "entity": one.speaker_entity,
        "bloc": one.speaker_bloc,
        "chain": list(one.chain),
        "field": one.field,
        "sentence": one.sentence,
        "start": one.start,
        "end": one.end,
        "carried": one.carried,
    }


def _plain(number: float) -> int | float:
    return int(number) if number == int(number) else number
