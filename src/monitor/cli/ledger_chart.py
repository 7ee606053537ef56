"""What was reported of a claim over time, as a chart: which marks, which levels, and the key to both. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

from monitor.changes.compare import read
from monitor.cli.chart import PLAIN, Line, Pen, Spot, draw
from monitor.cli.ledger_words import Look, Row, counted, report_value, value_text
from monitor.cli.terminal import harmless

GROUPS = 7
"""Sides, or outlets, that have a mark of their own; the rest share one."""
ROWS = 12
"""Rows of words at most; what was said least often is left out, and counted."""
TALLEST = 10
"""Rows of a chart of numbers at most."""
WIDEST = 100
LOG_FROM = 50
"""Numbers that differ by such a factor stand on a logarithmic scale."""

_FANCY = ("●○", "■□", "▲△", "◆◇", "★☆", "▼▽", "♦♢", "•◦")
_PLAIN = ("Aa", "Bb", "Cc", "Dd", "Ee", "Ff", "Gg", "Xx")
_STYLES = ("cyan", "magenta", "green", "yellow", "red", "blue", "bright_cyan", "white")
_UNSURE = {"hedged", "conditional"}


@dataclass(frozen=True, slots=True)
class _Level:
    low: float
    high: float
    words: str


def report_chart(claim: Row, reports: Sequence[Row], history: Sequence[Row], order: Sequence[str], look: Look) -> Text:
    """The chart of `reports` with its key; an empty text where nothing can be drawn.

    Numbers and days are drawn to scale; anything else has a row a value, in the `order` of its ladder or stances, the
    last on top. Questions are left out.
    """
    kind = claim["kind"]
    said = [one for one in reports if one["modality"] != "question"]
    levels: dict[str, _Level]
    if kind in ("quantity", "date"):
        positive = [one for one in said if one["polarity"] == "+"]
        levels = _measured(kind, {report_value(one) for one in positive}, look)
    else:
        levels = _ranked(kind, Counter(value for one in said for value in _parts(kind, one)), order, look)
    groups = _groups(said)
    spots = [
        Spot(one["said_at"], level.low, level.high, _mark(one, groups, look), _STYLES[groups[_group(one, groups)]])
        for one in said
        for value in _parts(kind, one)
        if (level := levels.get(value)) is not None
    ]
    if not spots:
        return Text()
    lines = _lines(kind, history, levels, look)
    numbers = [number for spot in spots for number in (spot.low, spot.high)]
    is_log = kind == "quantity" and min(numbers) > 0 and max(numbers) / min(numbers) >= LOG_FROM
    labels = _labels(kind, spots, levels)
    drawn = draw(
        spots,
        lines,
        labels=labels,
        width=min(look.width, WIDEST),
        height=min(TALLEST, max(3, 2 * len(labels) - 1)) if kind in ("quantity", "date") else len(labels),
        logarithmic=is_log,
        pen=Pen() if look.fancy else PLAIN,
    )
    shown = {id(one) for one in said for value in _parts(kind, one) if value in levels}
    notes = [*(["logarithmic scale"] if is_log else []), *_left_out(len(said) - len(shown))]
    return Text("\n").join([*drawn, Text(), *_key(said, groups, notes, look)])


def _measured(kind: str, values: set[str], look: Look) -> dict[str, _Level]:
    """Where numbers or dates stand; those that make no sense are left out."""
    levels = {}
    for shown in sorted(values):
        try:
            value = read("quantity" if kind == "quantity" else "date", shown)
        except (ValueError, OverflowError):
            continue
        low, high = value.low, value.high
        if kind == "quantity" and shown[:1] in "<>":  # the number that was given, not how far it may reach
            low = high = value.low if shown[0] == ">" else value.high
        levels[shown] = _Level(low, high, value_text(shown, kind, None, look))
    return levels


def _ranked(kind: str, counts: Counter[str], order: Sequence[str], look: Look) -> dict[str, _Level]:
    """A row a value: in the given order, then as often as they were said; denials stand under what they deny."""
    common = {value for value, _ in counts.most_common(ROWS)}
    if len(order) <= ROWS - 2:
        common |= {one for one in order if counts}
    known = [one for one in order if one in common]
    bases = [one.removeprefix("not ") for one, _ in counts.most_common() if one in common]
    rows = [*reversed(list(dict.fromkeys(one for one in bases if one not in known))), *known]
    both = [one for base in rows for one in (f"not {base}", base) if one in common]
    return {one: _Level(at, at, value_text(one, kind, None, look)) for at, one in enumerate(both)}


def _labels(kind: str, spots: Sequence[Spot], levels: dict[str, _Level]) -> list[tuple[float, str]]:
    if kind not in ("quantity", "date"):
        return [(level.low, level.words) for level in levels.values()]
    often = Counter((spot.low, spot.high) for spot in spots)
    words = {(level.low, level.high): level.words for level in reversed(levels.values())}
    # Exact values before ranges, whose words would stand at neither end.
    ordered = sorted(often, key=lambda ends: (ends[0] != ends[1] and kind == "quantity", -often[ends], ends))
    return [((low + high) / 2, words[low, high]) for low, high in ordered]


def _lines(kind: str, history: Sequence[Row], levels: dict[str, _Level], look: Look) -> list[Line]:
    """What was believed; values that nobody reported in the time that is drawn only where they are within it."""
    lines = []
    for one in history:
        shown = [part for value in one["believed"] for part in (value.split("+") if kind == "category" else [value])]
        if kind in ("quantity", "date"):
            known = levels | _measured(kind, {value for value in shown if not value.startswith("not ")}, look)
        else:
            known = levels
        places = [known[value] for value in shown if value in known] if one["settled"] else []
        low = min((level.low for level in levels.values()), default=0)
        high = max((level.high for level in levels.values()), default=0)
        within = tuple((at.low + at.high) / 2 for at in places if low <= (at.low + at.high) / 2 <= high)
        lines.append(Line(one["valid_from"], within))
    return lines


def _parts(kind: str, report: Row) -> list[str]:
    """The values that a report puts a mark at: one, or each of several that hold together."""
    if kind != "category":
        return [report_value(report)]
    denial = "not " if report["polarity"] == "-" else ""
    return [denial + one for one in report["value"].split("+")]


def _side(report: Row) -> str:
    return str(report["speaker_bloc"] or report["outlet_bloc"] or "side unknown")


def _groups(reports: Sequence[Row]) -> dict[str, int]:
    """The sides that report, the most frequent first; the outlets, where all are of one side. Which mark each has."""
    sides = Counter(map(_side, reports))
    names = sides if len(sides) > 1 else Counter(one["outlet"] for one in reports)
    return {name: min(at, GROUPS) for at, (name, _) in enumerate(names.most_common())}


def _group(report: Row, groups: dict[str, int]) -> str:
    return _side(report) if _side(report) in groups else str(report["outlet"])


def _mark(report: Row, groups: dict[str, int], look: Look) -> str:
    pair = (_FANCY if look.fancy else _PLAIN)[groups[_group(report, groups)]]
    return pair[1] if report["modality"] in _UNSURE else pair[0]


def _left_out(number: int) -> list[str]:
    return [f"{counted(number, 'report')} not drawn (denials, rare values)"] if number else []


def _key(reports: Sequence[Row], groups: dict[str, int], notes: Sequence[str], look: Look) -> list[Text]:
    """Which mark is whose, how many of each, and what else has to be known, as lines that fit."""
    counts = Counter(_group(one, groups) for one in reports)
    marks = _FANCY if look.fancy else _PLAIN
    parts = [
        Text.assemble((marks[at][0], _STYLES[at]), f" {harmless(name)} {counts[name]:,}")
        for name, at in groups.items()
        if at < GROUPS
    ]
    rest = sum(counts[name] for name, at in groups.items() if at == GROUPS)
    if rest:
        parts.append(Text.assemble((marks[GROUPS][0], _STYLES[GROUPS]), f" others {rest:,}"))
    if any(one["modality"] in _UNSURE for one in reports):
        hollow = marks[0][1]
        parts.append(Text(f"{hollow} hedged", "dim"))
    parts.append(Text(f"{'─' if look.fancy else '-'} believed", "dim"))
    parts += [Text(note, "dim") for note in notes]
    lines = [Text()]
    for part in parts:
        if lines[-1].plain and cell_len(lines[-1].plain) + 3 + cell_len(part.plain) > look.width:
            lines.append(Text())
        if lines[-1].plain:
            lines[-1].append("   ")
        lines[-1].append_text(part)
    return lines
