"""The ledger in words: values, kinds of change, and sentences with the words that decided. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.cells import cell_len
from rich.text import Text

from monitor.cli.terminal import harmless

Row = Mapping[str, Any]
"""A row of a query, by column."""

QUOTED = 500
"""Characters of a sentence that are shown at most, around the words that decided."""
_DECIDING = {"value", "previous", "cue", "polarity", "modality"}
"""Roles of the marks that are shown bold; subject and speaker are told apart already."""
_SIGNS = {">": "> ", "<": "< "}
_SCALES = ((1e12, " tn"), (1e9, " bn"))


@dataclass(frozen=True, slots=True)
class Look:
    """How to show: in how many cells, with the signs of a terminal or plain characters, with styles or without."""

    width: int
    fancy: bool
    styled: bool

    @property
    def arrow(self) -> str:
        """Between what was and what is."""
        return "→" if self.fancy else "->"

    @property
    def dash(self) -> str:
        """Between the ends of a range."""
        return "–" if self.fancy else "-"

    @property
    def ellipsis(self) -> str:
        """Where something is left out."""
        return "…" if self.fancy else "..."

    @property
    def is_narrow(self) -> bool:
        """Whether columns do not fit beside one another."""
        return self.width < 72


def value_text(shown: str, kind: str, unit: str | None, look: Look) -> str:
    """A value as beliefs and changes name it (`>50000`, `45..50`, `not signed`), for people: `> 50,000 person`."""
    bare = _bare(shown, kind, look)
    return f"{bare} {harmless(unit)}" if unit and unit != "count" and kind == "quantity" else bare


def values_text(values: Sequence[str], kind: str, unit: str | None, look: Look) -> str:
    """Several values that stand side by side, with the unit once."""
    *others, last = values or ("nothing",)
    return " or ".join(
        [*(_bare(one, kind, look) for one in others), value_text(last, kind, unit, look) if values else last]
    )


def belief_text(belief: Row, kind: str, unit: str | None, look: Look) -> Text:
    """What is believed, with what has to be known of it: contested, the baseline, or reported by too few."""
    words = values_text(belief["believed"], kind, unit, look)
    if not belief["settled"]:
        return Text.assemble(words, (" (unconfirmed)", "dim"))
    if belief["contested"]:
        lead = "contested: " if belief["layer"] == "overall" else "both: "
        return Text.assemble((lead, "yellow"), words)
    if belief["is_baseline"]:
        return Text.assemble(words, (" (baseline)", "dim"))
    return Text(words, style="bold" if belief["layer"] == "overall" else "")


def report_value(report: Row) -> str:
    """What a report says, in the form in which beliefs name it."""
    sign = {"gt": ">", "lt": "<"}.get(report["comparator"], "")
    high = report["number_hi"]
    text = report["value"] if high is None or high == report["number"] else f"{report['value']}..{high:.15g}"
    return f"{'not ' if report['polarity'] == '-' else ''}{sign if high is None else ''}{text}"


def change_words(kind: str, confirms: str | None = None) -> str:
    """A kind of change; `confirmed` where a second independent source says what was told already."""
    return "confirmed" if confirms is not None else kind.replace("_", " ")


def how_said(report: Row) -> str:
    """How it is said and by whom, with side and whoever passed it on; nobody is named where only the outlet speaks."""
    if report["speaker"] is None:
        return str(report["modality"])
    side = f" ({report['speaker_bloc']})" if report["speaker_bloc"] else ""
    chain = f", via {', '.join(report['chain'])}" if report["chain"] else ""
    return harmless(f"{report['modality']} by {report['speaker']}{side}{chain}")


def outlet_text(name: str, bloc: str | None) -> str:
    """An outlet with its side."""
    return harmless(f"{name} ({bloc})" if bloc else name)


def marked_sentence(report: Row, look: Look) -> Text:
    """The sentence on one line, the words that decided in bold, or between asterisks where nothing can be bold."""
    sentence: str = report["sentence"]
    spans = _spans(report["marks"] or (), report["sentence_start"], len(sentence))
    begin, end = _excerpt(len(sentence), spans[0][0] if spans else 0)
    text, at = Text(look.ellipsis if begin else ""), begin
    for start, stop in spans:
        if not begin <= start < stop <= end:
            continue
        text.append(_flat(sentence[at:start]))
        marked = _flat(sentence[start:stop])
        text.append(marked if look.styled else f"*{marked}*", "bold" if look.styled else "")
        at = stop
    text.append(_flat(sentence[at:end]))
    text.append(look.ellipsis if end < len(sentence) else "")
    return text


def day(moment: datetime | None) -> str:
    """The day of a moment, which is in the reader's zone already."""
    return "" if moment is None else moment.strftime("%Y-%m-%d")


def minute(moment: datetime | None) -> str:
    """Day and time of a moment, which is in the reader's zone already."""
    return "" if moment is None else moment.strftime("%Y-%m-%d %H:%M")


def counted(number: int, what: str) -> str:
    """`1 source`, `3 sources`."""
    return f"{number:,} {what}{'s' * (number != 1)}"


def aligned(rows: Sequence[Sequence[Text]], width: int, gap: int = 2) -> list[Text]:
    """One line a row, its cells under one another in at most `width` cells; the widest columns give way."""
    widths = [max(cell_len(cell.plain) for cell in column) for column in zip(*rows, strict=True)]
    while sum(widths) + gap * (len(widths) - 1) > width and max(widths) > 1:
        widths[widths.index(max(widths))] -= 1
    lines = []
    for row in rows:
        line = Text()
        for cell, room in zip(row, widths, strict=True):
            fitted = cell.copy()
            fitted.truncate(room, overflow="ellipsis", pad=True)
            line.append_text(fitted)
            line.append(" " * gap)
        line.rstrip()
        lines.append(line)
    return lines


def wrapped(text: Text, width: int, indent: int) -> list[Text]:
    """`text` in lines of at most `width` cells, each indented. Breaks at spaces and beside wide characters, which
    rich's own wrapping takes for one long word."""
    room = max(4, width - indent)
    breaks: list[int] = []
    begin = last = used = 0
    for at, character in enumerate(text.plain):
        cells = cell_len(character)
        if used + cells > room and character != " ":
            begin = last if last > begin else at
            breaks.append(begin)
            used = cell_len(text.plain[begin:at])
        used += cells
        if character == " " or (cells == 2 and text.plain[at + 1 : at + 2] not in _CLOSING):
            last = at + 1
    lines = []
    for line in text.divide(breaks):
        line.rstrip()
        lines.append(Text(" " * indent).append_text(line))
    return lines


_CLOSING = frozenset("，。、；：！？）》」』”’.,;:!?)")
"""What stays with the character before it."""


def _bare(shown: str, kind: str, look: Look) -> str:
    denial = "not " if shown.startswith("not ") else ""
    text = shown.removeprefix("not ")
    if kind == "quantity":
        sign, text = (text[0], text[1:]) if text[:1] in _SIGNS else ("", text)
        text = _SIGNS.get(sign, "") + look.dash.join(_number(part) for part in text.split(".."))
    elif kind == "date":
        text = text.replace("/", " to ")
    elif kind == "category":
        text = text.replace("+", " + ")
    return denial + harmless(text)


def _number(text: str) -> str:
    """A number with its thousands apart, in billions where that is shorter; anything else as it is."""
    try:
        number = float(text)
    except ValueError:
        return text
    for scale, word in _SCALES:
        short = f"{number / scale:g}"
        if abs(number) >= scale and float(short) * scale == number:
            return short + word
    return f"{number:,.15g}"


def _spans(marks: Sequence[Row], offset: int, length: int) -> list[tuple[int, int]]:
    """The deciding places within the sentence, in order, those that touch as one."""
    found = sorted(
        (max(0, mark["start"] - offset), min(length, mark["end"] - offset))
        for mark in marks
        if mark["role"] in _DECIDING
    )
    merged: list[tuple[int, int]] = []
    for start, stop in found:
        if start >= stop:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _excerpt(length: int, first: int) -> tuple[int, int]:
    """Which part of a sentence of `length` is shown so that `first` is in it."""
    if length <= QUOTED:
        return 0, length
    begin = min(max(0, first - QUOTED // 3), length - QUOTED)
    return begin, begin + QUOTED


def _flat(text: str) -> str:
    """`text` on one line; line ends within a sentence are spaces."""
    return harmless(text.replace("\r\n", " ").replace("\n", " ").replace("\t", " "))
