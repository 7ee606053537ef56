"""Reads each number of a sentence with its unit or noun, comparator and rate, and drops what is no quantity. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from monitor import units
from monitor.claims.values import dates, numerals
from monitor.claims.values import quantity_words as words
from monitor.claims.values.counted import Noun, noun_at
from monitor.claims.values.digits import Number
from monitor.claims.values.shares import find_shares
from monitor.claims.values.unit_names import Found, unit_at, unit_before
from monitor.language import Folded, Span
from monitor.model import Comparator
from monitor.units import Unit


@dataclass(slots=True)
class Reading:
    """A number with what belongs to it, before it is linked with its neighbours. Offsets of the folded text."""

    start: int
    end: int
    low: float
    high: float | None
    comparator: Comparator
    unit: Unit | None
    noun: Noun | None
    number: Number
    is_delta: bool = False
    is_shared: bool = False
    is_usable: bool = True
    """False for numbers that are quantities only as part of a range or of another's neighbourhood."""
    previous: "Reading | None" = None

    @property
    def is_bare(self) -> bool:
        """Whether the number has neither unit nor noun."""
        return self.unit is None and self.noun is None


def read(folded: Folded, original: str) -> list[Reading]:
    """The numbers of a folded text (`numerals.prepare`) that are quantities, or may be ends of ranges."""
    text = folded.text
    readings = list(_shares(text))
    masks = [found.span() for found in words.MASKED.finditer(text)] + [(one.start, one.end) for one in readings]
    years: set[Span] = set()
    if dates.has_date(original):
        for value in dates.scan(folded, original, _ANY_DAY):
            span = (value.start, value.end)
            if value.precision == "year" and text[value.start : value.end].isdecimal():
                years.add(span)  # a unit behind makes it a number after all
            else:
                masks.append(span)
    for number in _outside(numerals.scan(text), sorted(masks)):
        one = _reading(number, folded, original, is_year=(number.start, number.end) in years)
        if one is not None:
            readings.append(one)
    return _apart(readings)


_ANY_DAY = date(2000, 1, 1)
"""Where a date stands does not depend on the reference."""


def _outside(numbers: list[Number], masks: Sequence[Span]) -> Iterator[Number]:
    """The numbers that overlap no mask; both are sorted."""
    at = reach = 0
    for number in numbers:
        while at < len(masks) and masks[at][0] < number.end:
            reach = max(reach, masks[at][1])
            at += 1
        if reach <= number.start:
            yield number


def _apart(readings: list[Reading]) -> list[Reading]:
    """In the order of the text and without overlaps: a number inside another's unit goes, a noun gives way."""
    apart: list[Reading] = []
    for one in sorted(readings, key=lambda one: (one.start, -one.end)):
        if apart and one.start < apart[-1].end:
            last = apart[-1]
            if one.number.start < last.end and last.noun is None:
                continue
            last.end, last.noun = one.start, None
        apart.append(one)
    return apart


def _shares(text: str) -> Iterator[Reading]:
    per_cent = units.unit("%")
    for share in find_shares(text):
        number = Number(share.start, share.end, share.per_cent, share.high, share.comparator, form="words")
        comparator = _comparator(number, text, share.start, share.end)
        yield Reading(
            share.start,
            share.end,
            share.per_cent,
            share.high,
            comparator,
            per_cent,
            None,
            number,
            is_delta=_is_delta(per_cent, text, share.start, share.end),
        )


def _reading(number: Number, folded: Folded, original: str, *, is_year: bool) -> Reading | None:
    """The number with what belongs to it; None where it is no quantity."""
    text = folded.text
    measure = _measure_before(number, text) or _measure_after(number, text)
    start, end, unit = measure.start, measure.end, measure.unit
    if unit is None:
        has_noun = measure.noun is not None
        if not has_noun and _JOINED.match(text, end):
            return None
        if is_year or _is_numbering(number, folded, original, has_noun=has_noun):
            return None
    else:
        unit, end = _rate(unit, text, start, end)
    factor = measure.factor
    if factor != 1:
        number = replace(number, scale=factor)
    comparator = _comparator(number, text, start, end)
    is_delta = _is_delta(unit, text, start, end)
    if (unit is None or unit.dimension in _SIGNED) and (sign := _MINUS.search(text[max(0, start - 6) : start])):
        factor, start = -factor, start - len(sign[0])
    ends = [float(f"{value * factor:.15g}") for value in (number.value, number.high) if value is not None]
    return Reading(
        start,
        end,
        min(ends),
        max(ends) if len(ends) > 1 else None,
        comparator,
        unit,
        measure.noun,
        number,
        is_delta=is_delta,
        is_usable=_is_usable(number, unit, measure.noun) and text[max(0, measure.start - 1) : measure.start] != "每",
    )


_JOINED = re.compile("[a-z]|[-‐](?!to-)[a-zа-я]")
_MINUS = re.compile(r"(?:\b(?:minus|минус) |零下|负|(?:^|(?<=[ (]))[-−‐–])$")
_SIGNED = frozenset({"temperature", "percent", "percentage points", "angle", "money"})

# -- units ------------------------------------------------------------------------------------------------------------


class _Measure(NamedTuple):
    """The span of a number with its unit or noun, and a factor that belongs to the number ("$5m")."""

    start: int
    end: int
    unit: Unit | None = None
    noun: Noun | None = None
    factor: float = 1.0


_MONEY_SCALE = re.compile(r" ?(?:(m|mn|mln)|(b|bn|bln)|(t|tn|trn|tr)|(k))(?![a-z0-9])")
_LEAD = re.compile(r"\.? ?[-‐]?(?=[^\s\d])")
_MILLIONS_OF = frozenset({"mass", "volume", "area", "money"})


def _measure_before(number: Number, text: str) -> _Measure | None:
    prefix = unit_before(text, number.start, number.end)
    if prefix is None:
        return None
    unit, start, end = prefix
    if unit.dimension == "money" and (found := _MONEY_SCALE.match(text, end)):
        return _Measure(start, found.end(), unit, factor=(1e6, 1e9, 1e12, 1e3)[(found.lastindex or 1) - 1])
    return _Measure(start, end, unit)


def _measure_after(number: Number, text: str) -> _Measure:
    start, end = number.start, number.end
    lead = _LEAD.match(text, end)
    if lead is None:
        return _Measure(start, end)
    found = unit_at(text, lead.end())
    if found is not None and found.unit.dimension != "count":
        name = text[lead.end() : found.end]
        if name == "m" and not lead[0] and (million := _millions(number, text, found)):
            return million
        is_word = _is_word(number, name, text, found.end)
        return _Measure(start, end) if is_word else _Measure(start, found.end, found.unit)
    counted = noun_at(text, end, number.value)
    if counted is None:
        return _Measure(start, end)
    unit, noun = counted
    return _Measure(start, noun[1], unit, noun if unit is None or unit.dimension == "count" else None)


def _millions(number: Number, text: str, metre: Found) -> _Measure | None:
    """The m of "5m people" or "3m tonnes", which are no metres."""
    lead = _LEAD.match(text, metre.end)
    then = unit_at(text, lead.end()) if lead else None
    if then is not None and then.unit.dimension in _MILLIONS_OF:
        return _Measure(number.start, then.end, then.unit, factor=1e6)
    counted = noun_at(text, metre.end, number.value)
    if counted is not None:
        return _Measure(number.start, counted[1][1], counted[0], counted[1], factor=1e6)
    return None


_AMBIGUOUS_HAN = frozenset("方级度节升克周日年分位票国点")
"""One-character units that small Chinese numerals form words with (三方, 一级, 一周)."""
_EARTHQUAKE = re.compile("震|толч|магнитуд|землетряс")


def _is_word(number: Number, name: str, text: str, end: int) -> bool:
    """Whether what looks like a unit is none: 三方, 一级, "5 won", a level of anything but an earthquake."""
    if name == "级" or name.startswith("балл"):
        return _EARTHQUAKE.search(text, max(0, number.start - 40), end + 20) is None
    if number.form == "han" and name in _AMBIGUOUS_HAN:
        return number.end - number.start == 1 and not (name == "年" and text[end : end + 1] in "来后前内多")
    return number.value < {"won": 100, "度": 4}.get(name, 0)


def _rate(unit: Unit, text: str, start: int, end: int) -> tuple[Unit, int]:
    """The rate that `unit` is part of ("a year", 每天, "за баррель"), and where it ends; else the unit itself."""
    if unit.is_rate or unit.dimension in _NO_RATES:
        return unit, end
    below: str | None = None
    if found := words.PER_WORD.match(text, end):
        below = next(name for name, value in found.groupdict().items() if value).rstrip("_")
        end = found.end()
    elif (found := words.PER.match(text, end)) and (per := _denominator(text, found.end(), unit)):
        below, end = per
    elif found := words.PER_BEFORE.search(text[max(0, start - 40) : start]):
        below = words.PER_CHINESE[found["zh"]] if found["zh"] else "yr" if found["yr"] else "d"
    return (units.unit(f"{unit.name}/{below}") if below else unit), end


_NO_RATES = frozenset(
    {"percent", "percentage points", "time", "ratio", "temperature", "magnitude", "angle"}
)  # fmt: skip
"""Dimensions that are not given by time: "7.5 % a year" is an interest rate, in per cent."""
_PRICED = frozenset({"volume", "mass", "energy", "area", "length"})


def _denominator(text: str, at: int, unit: Unit) -> tuple[str, int] | None:
    found = words.PERIOD.match(text, at)
    if found and not ("a" <= text[found.end() : found.end() + 1] <= "я"):
        return found.lastgroup or "", found.end()
    other = unit_at(text, at)
    if other and (other.unit.dimension == "time" or (unit.dimension == "money" and other.unit.dimension in _PRICED)):
        return other.unit.name, other.end
    return None


# -- comparators, and what is no quantity -----------------------------------------------------------------------------


def _comparator(number: Number, text: str, start: int, end: int) -> Comparator:
    before = text[max(0, start - 36) : start]
    if words.LESS_BEFORE.search(before):
        return "lt"
    if words.ABOUT_BEFORE.search(before):
        return "approx"
    if words.GREATER_BEFORE.search(before):
        return "gt"
    if words.UP_TO_RUSSIAN.search(before) and not words.CHANGE.search(text[max(0, start - 90) : start]):
        return "lt"
    behind: tuple[tuple[re.Pattern[str], Comparator], ...] = (
        (words.GREATER_AFTER, "gt"),
        (words.LESS_AFTER, "lt"),
        (words.ABOUT_AFTER, "approx"),
    )
    for pattern, comparator in behind:
        if pattern.match(text, number.end) or pattern.match(text, end):
            return comparator
    return number.comparator


def _is_delta(unit: Unit | None, text: str, start: int, end: int) -> bool:
    """Whether something changes by so much: "rose by 5 bcm", "fell 1.4%"; not where it grew so much over the year."""
    before = text[max(0, start - 60) : start]
    moved = unit is not None and unit.dimension in _MOVED and words.MOVED_BEFORE.search(before) is not None
    if not moved and words.DELTA_BEFORE.search(before) is None:
        return False
    return not (words.YEAR_ON_YEAR_BEFORE.search(before) or words.YEAR_ON_YEAR_AFTER.match(text, end))


_MOVED = frozenset({"percent", "percentage points", "money"})


def _is_numbering(number: Number, folded: Folded, original: str, *, has_noun: bool) -> bool:
    """Whether digits without a unit number something or belong to a name: "page 5", "Siberia 2", 二十大, a year."""
    text = folded.text
    if words.NOT_A_COUNT_AFTER.match(text, number.end):
        return True
    if number.form != "digits" or number.scale > 1:
        return False
    before = text[max(0, number.start - 24) : number.start]
    if words.MODEL_BEFORE.search(before) or words.NOT_A_COUNT_BEFORE.search(before):
        return True
    if not text[number.start : number.end].isdecimal():
        return False
    is_year = number.end - number.start == 4 and 1900 <= number.value <= 2050
    return is_year or _is_mark(number, text) or _is_part_of_name(number, before, folded, original, has_noun=has_noun)


_AGE_BEFORE = re.compile("[a-zа-я], $")


def _is_mark(number: Number, text: str) -> bool:
    """Whether a number is a reference in brackets, the number of a list's item, or an age between commas."""
    before, after = text[max(0, number.start - 1) : number.start], text[number.end : number.end + 1]
    is_item = not before and after in {".", ")"}
    is_age = number.value < 120 and _AGE_BEFORE.search(text[max(0, number.start - 4) : number.start]) and after == ","
    return number.value < 1000 and (is_item or bool(is_age) or (before in {"(", "["} and after in {")", "]", ","}))


def _is_part_of_name(number: Number, before: str, folded: Folded, original: str, *, has_noun: bool) -> bool:
    """Whether a word with a capital letter stands right before the number: "Siberia 2"."""
    found = words.NAME_BEFORE.search(before)
    if found is None or found[1] in words.FUNCTION_WORDS or found[1] >= "\u2e80":
        return False
    if number.value > 2050 or (has_noun and number.value >= 20) or _RANGE_AFTER.match(folded.text, number.end):
        return False
    at = number.start - len(before) + found.start(1)
    return original[folded.span(at, at + 1)[0]].isupper()


_RANGE_AFTER = re.compile(r"[-‐–—−]\d")


def _is_usable(number: Number, unit: Unit | None, noun: Noun | None) -> bool:
    """Whether a number is a quantity on its own: 五 and "one" need a unit, 五百亿 and "two hundred" do not."""
    if unit is not None:
        return not (number.form == "words" and number.value == 1 and unit.dimension in {"time", "ratio"})
    if number.form == "digits":
        return True
    if number.form == "han":
        is_measured = noun is not None and noun[2][0] in words.CLASSIFIERS and number.value > 1
        return is_measured or number.scale >= 1e4 or number.value >= 1e4
    return number.value > 1 if noun is not None else number.scale >= 100 or number.value > 20
