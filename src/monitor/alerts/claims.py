"""A changed claim as a Slack message: what changed, the sentence that says so, who said it, what the others still say.

All messages of a claim stand in one thread a channel; a change shows in the channel too, its confirmation by a second
source in the thread only. All that comes from outside goes through `mrkdwn`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.alerts.blocks import Block, context, dump, excerpt, section, shown_time
from monitor.alerts.mrkdwn import escape, link, render, safe_link
from monitor.model import Alert, Belief, Change, Mark, Observation, Source, key
from monitor.watchlist import Claim, Topic

NAMED = 5
"""Outlets that are named of those who say one thing; the others are counted."""

_HEADLINE_LIMIT = 700
_SENTENCE_LIMIT = 1_400
_NAME_LIMIT = 200
_TITLE_LIMIT = 300
_LINE_LIMIT = 900
_TEXT_LIMIT = 3_000
_LANGUAGES = {"en": "English", "zh": "Chinese", "ru": "Russian", "und": "language unknown"}
_DECIDED = frozenset({"value", "previous", "cue", "polarity", "modality"})
"""Marks that are shown bold; subject and speaker are told otherwise."""
_UNITS = {"person": "people", "count": ""}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_QUANTITY = re.compile(r"([<>]?)(-?\d[\d.e+-]*?)(?:\.\.(-?\d[\d.e+-]*))?")
_BOUNDS = {">": "more than ", "<": "up to ", "": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A change to tell, with the observation that brought it about, its article's title and address, and what is
    believed of the claim now in every layer (of each holder the newest counts)."""

    change: Change
    observation: Observation
    title: str
    link: str | None
    beliefs: Sequence[Belief]


def claim_change_alert(
    told: Told,
    *,
    claim: Claim,
    topic: Topic,
    names: Mapping[str, str],
    sources: Mapping[str, Source],
    now: datetime,
    timezone: str = "UTC",
) -> Alert:
    """The alert for a change of `claim`, which belongs to `topic`.

    `names` are what values that are ids of entities are called. `timezone` is for readers whose program does not show
    times in their own zone (IANA name).
    """
    change, said = told.change, told.observation
    channel = claim.channel or topic.channel
    label = escape(claim_label(claim, topic), _NAME_LIMIT)
    what = escape(_what(change, said, claim, names), _HEADLINE_LIMIT - _NAME_LIMIT)
    source = sources.get(said.source_id)
    outlet = escape((source.name if source else "") or said.source_id, _NAME_LIMIT)
    sentence = render(excerpt(said.sentence, (0, len(said.sentence)), _marks(said)), _SENTENCE_LIMIT)
    blocks: list[Block] = [section(f"*{label}: {what}*")]
    if sentence:
        blocks.append(section(f"“{sentence}”"))
    lines = [_who(said, outlet), _where(told, source, outlet, timezone), _how_sure(change)]
    blocks.append(context([line for line in lines if line]))
    others = _others(told, claim, names, sources)
    if others:
        blocks.append(context(others))
    return Alert(
        alert_id=key("claim_change", change.change_id, channel),
        kind="claim_change",
        created_at=now,
        channel=channel,
        text=_fallback(f"{label}: {what}", sentence, outlet, told.link),
        blocks=dump(blocks),
        article_id=change.article_id,
        topics=(claim.topic,),
        claim_id=claim.id,
        thread_key=f"claim {claim.id}",
        broadcast=change.confirms is None,
    )


def claim_label(claim: Claim, topic: Topic) -> str:
    """What a claim is called in short: `Power of Siberia 2, capacity` where its id begins with that of its topic, else
    its statement."""
    rest = claim.id.removeprefix(f"{claim.topic}_")
    return f"{topic.title()}, {rest.replace('_', ' ')}" if rest != claim.id else claim.title()


def shown_values(claim: Claim, values: Sequence[str], names: Mapping[str, str], *, unit: bool = True) -> str:
    """Values as people write them: `50 or 38 bcm/yr`, `16 October 2022`, `contract signed`."""
    if not values:
        return "nothing"
    text = " or ".join(_shown(claim, value, names) for value in values)
    if not unit or claim.quantity is None:
        return text
    name = _UNITS.get(claim.quantity.unit, claim.quantity.unit)
    return f"{text}{name}" if name == "%" else f"{text} {name}".rstrip()


def _shown(claim: Claim, value: str, names: Mapping[str, str]) -> str:
    denied, text = value.startswith("not "), value.removeprefix("not ")
    if claim.kind == "quantity":
        shown = _number(text)
    elif claim.kind == "date":
        shown = _date(text)
    elif claim.kind == "category":
        parts = [names.get(_entity_of(claim, part), part) for part in text.split("+")]
        shown = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    elif claim.kind == "role_holder":
        shown = names.get(text, text)
    else:
        shown = text.replace("_", " ")
    return f"not {shown}" if denied else shown


def _entity_of(claim: Claim, value: str) -> str:
    option = claim.values.get(value)
    return (option.entity if option is not None else None) or value


def _number(text: str) -> str:
    found = _QUANTITY.fullmatch(text)
    if found is None:
        return text
    bound, low, high = found.groups()
    return f"{_BOUNDS[bound]}{_grouped(low)}" + (f"–{_grouped(high)}" if high else "")


def _grouped(number: str) -> str:
    value = float(number)
    return f"{int(value):,}" if value == int(value) else f"{value:,}"


def _date(text: str) -> str:
    bound, text = (text[0], text[1:]) if text[:1] in {"<", ">"} else ("", text)
    words = {"<": "by ", ">": "after ", "": ""}[bound]
    return words + " to ".join(_day(part) for part in text.split("/"))


def _day(text: str) -> str:
    found = re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", text)
    if found is None or not 1 <= int(found[2]) <= 12:
        return text
    month = f"{_MONTHS[int(found[2]) - 1]} {found[1]}"
    return f"{int(found[3])} {month}" if found[3] else month


def _what(change: Change, said: Observation, claim: Claim, names: Mapping[str, str]) -> str:
    """What changed, in the fewest words."""
    old = shown_values(claim, change.old, names, unit=False)
    new = shown_values(claim, change.new, names)
    moved = f"{old} → {new}"
    before = shown_values(claim, change.old, names)
    match change.kind:
        case "first_report":
            text = f"{new} (first report)"
        case "refined":
            text = f"{moved} (more exactly)"
        case "status_regressed":
            text = f"{moved} (a step back)"
        case "denial":
            denied = shown_values(claim, (said.value,), names)
            stands = "" if f"not {said.value}" in change.new or not change.new else f"; {new} stands"
            text = f"{denied} is denied{stands}"
        case "contradiction":
            text = f"contested: {new}"
        case "source_reversed" if change.layer != "overall":
            text = f"{said.speaker or change.holder} now says {new}, before {before}"
        case "silent_edit":
            text = f"{before} was edited into {new}" if change.new else f"{before} was edited out"
        case "retracted" | "deleted":
            gone = "retracted" if change.kind == "retracted" else "deleted with its article"
            text = f"{before} was {gone}" + (f"; {new} stands" if change.new and change.layer == "overall" else "")
        case _:
            text = moved if change.old else new
    return f"{text}, confirmed" if change.confirms is not None else text


def _marks(said: Observation) -> list[Mark]:
    """The words that decided, with offsets in the sentence."""
    return [
        Mark(role=mark.role, start=mark.start - said.start, end=mark.end - said.start)
        for mark in said.marks
        if mark.role in _DECIDED and said.start <= mark.start < mark.end <= said.end
    ]


def _who(said: Observation, outlet: str) -> str:
    chain = [escape(one, _NAME_LIMIT) for one in said.chain]
    if said.speaker is None:
        return f"{outlet} says so itself" + (f", citing {', '.join(chain)}" if chain else "")
    side = f" ({escape(said.speaker_bloc, 60)})" if said.speaker_bloc else ""
    passed_on = f", as {', '.join(chain)} has it" if chain else ""
    return f"Said by {escape(said.speaker, _NAME_LIMIT)}{side}{passed_on}"


def _where(told: Told, source: Source | None, outlet: str, timezone: str) -> str:
    said = told.observation
    place = f"{escape(source.country, 60)} / {escape(source.bloc, 60)}" if source else "–"
    language = _LANGUAGES.get(said.language) or escape(said.language, 20)
    when = shown_time(said.published, timezone) if said.published else f"seen {shown_time(said.observed_at, timezone)}"
    title = link(told.link, told.title or told.link or "the article", _TITLE_LIMIT)
    return f"{outlet} · {place} · {language} · {when} · {title}"


def _how_sure(change: Change) -> str:
    if change.kind in {"silent_edit", "retracted", "deleted", "contradiction"} or change.confirmed < 1:
        return ""
    return "1 source so far" if change.confirmed == 1 else f"{change.confirmed} independent sources"


def _others(told: Told, claim: Claim, names: Mapping[str, str], sources: Mapping[str, Source]) -> list[str]:
    """Who says what now, outlets and sides: those first who say otherwise."""
    new = tuple(told.change.new)
    lines = []
    for layer, head in (("source", "Others"), ("bloc", "By side")):
        groups: dict[tuple[str, ...], list[str]] = {}
        held = _current(told.beliefs, layer)
        for holder in sorted(held, key=lambda one: (sources[one].tier if one in sources else 9, one)):
            if layer == "source" and holder == told.observation.source_id:
                continue
            name = sources[holder].name if layer == "source" and holder in sources else holder
            groups.setdefault(held[holder], []).append(escape(name, 60))
        if layer == "bloc" and len(groups) < 2:
            continue
        parts = []
        for values in sorted(groups, key=lambda one: (one == new, -len(groups[one]), one)):
            who = groups[values]
            more = f" and {len(who) - NAMED} more" if len(who) > NAMED else ""
            still = "still " if layer == "source" and values != new and values == tuple(told.change.old) else ""
            shown = escape(shown_values(claim, values, names), _NAME_LIMIT)
            parts.append(f"{still}{shown}: {', '.join(who[:NAMED])}{more}")
        if parts:
            line = f"{head}: {' · '.join(parts)}"
            lines.append(line if len(line) <= _LINE_LIMIT else f"{line[:_LINE_LIMIT].rpartition(' · ')[0]} · …")
    return lines


def _current(beliefs: Sequence[Belief], layer: str) -> dict[str, tuple[str, ...]]:
    """What each holder of a layer believes now."""
    newest: dict[str, Belief] = {}
    for belief in beliefs:
        known = newest.get(belief.holder)
        if belief.layer == layer and (
            known is None or (known.valid_from, known.version) < (belief.valid_from, belief.version)
        ):
            newest[belief.holder] = belief
    return {
        holder: tuple(f"not {value}" for value in belief.values) if belief.polarity == "-" else belief.values
        for holder, belief in newest.items()
        if belief.values
    }


def _fallback(headline: str, sentence: str, outlet: str, address: str | None) -> str:
    """For notifications, screen readers, and if Slack should refuse the blocks."""
    text = "\n".join([f"{headline} ({outlet})", sentence]).strip().replace("://", "꞉//")
    target = safe_link(address)
    return f"{text}\n<{target}>" if target and len(text) + len(target) < _TEXT_LIMIT else text
