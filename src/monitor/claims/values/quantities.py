"""Quantities in English, Chinese and Russian: numbers with units, ranges, comparators, replaced values. Pure.

Not quantities: dates and years, ordinals, clock times, scores, telephone numbers, numbers of pages and of names.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from monitor import units
from monitor.claims.values import dates, numerals
from monitor.claims.values import quantity_words as words
from monitor.claims.values.counted import Noun, noun_at
from monitor.claims.values.digits import Number
from monitor.claims.values.unit_names import unit_at, unit_before
from monitor.language import Folded, Span
from monitor.model import Comparator
from monitor.units import Unit


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity and where it stands; a range is one quantity from `low` to `high`.

    `unit` is None for counts of what the table of units does not know (`noun` says what is counted) and for numbers
    without either. `noun` reaches from the first adjective or measure word to the noun. "Cut from 50 to 35" is 35
    with `previous` 50, which stands at `previous_span` and is no quantity of its own. `shared_unit`: the unit was
    elided and is a neighbour's. `delta`: by how much something changed. `vague`: only the order of magnitude is
    given. `scale` is the worth of the number's last scale word, 1 without one.
    """

    start: int
    end: int
    low: float
    high: float | None = None
    comparator: Comparator = "eq"
    unit: Unit | None = None
    noun: Noun | None = None
    previous: float | None = None
    previous_span: Span | None = None
    shared_unit: bool = False
    delta: bool = False
    vague: bool = False
    scale: float = 1.0

    @property
    def dimension(self) -> str | None:
        """The unit's dimension, None without a unit."""
        return self.unit.dimension if self.unit else None


def find_quantities(text: str) -> list[Quantity]:
    """The quantities of `text` (a sentence, at most a paragraph), in order, none overlapping another."""
    if not numerals.has_numeral(text):
        return []
    folded = numerals.prepare(text)
    return [_mapped(one.as_quantity(), folded, text) for one in _linked(_read(folded, text), folded.text)]


_SPOKEN = {"mcm": "m3", "bcm": "m3", "tcm": "m3", "1000m3": "m3", "bcf": "ft3", "tcf": "ft3"}
"""Units with a scale word in their names: who leaves out the unit of "50 billion" means the plain one."""


def in_unit(quantity: Quantity, to: Unit | str, *, elided: bool = False) -> Quantity | None:
    """`quantity` in the unit that a claim asks for, None where it measures something else.

    Where a rate by time is asked for, an amount without a time is one ("50 bcm" for bcm/yr: nobody says it twice).
    `count` takes any count. With `elided`, a number without unit and noun is taken to be in the unit asked for.
    """
    unit = units.unit(to) if isinstance(to, str) else to
    source = quantity.unit
    above, _, below = unit.name.partition("/")
    amount = units.unit(above) if below and units.unit(below).dimension == "time" else unit
    if source is None:
        if unit.name == "count" and (quantity.noun is not None or elided):
            return replace(quantity, unit=unit)
        if not elided or quantity.noun is not None or (quantity.scale >= 1e3 and unit.dimension.startswith("percent")):
            return None
        source = units.unit(_SPOKEN.get(amount.name, amount.name)) if quantity.scale >= 1e3 else amount
    elif unit.name == "count" and source.dimension == "count":
        return quantity
    target = unit if source.base == unit.base else amount
    if source.base != target.base:
        return None

    def converted(value: float | None) -> float | None:
        return None if value is None else units.convert(value, source, target)

    low = units.convert(quantity.low, source, target)
    return replace(quantity, low=low, high=converted(quantity.high), previous=converted(quantity.previous), unit=unit)


# -- reading: each number with its unit, noun and comparator ----------------------------------------------------------


@dataclass(slots=True)
class _Read:
    """A number with what belongs to it, before it is linked with its neighbours. Offsets of the folded text."""

    start: int
    end: int
    low: float
    high: float | None
    comparator: Comparator
    unit: Unit | None
    noun: Noun | None
    number: Number
    delta: bool = False
    shared: bool = False
    is_usable: bool = True
    """False for numbers that are quantities only as part of a range or of another's neighbourhood."""
    previous: "_Read | None" = None

    @property
    def is_bare(self) -> bool:
        return self.unit is None and self.noun is None

    def as_quantity(self) -> Quantity:
        old = self.previous
        return Quantity(
            self.start, self.end, self.low, self.high, self.comparator, self.unit, self.noun, old.low if old else None,
            (old.start, old.end) if old else None, self.shared, self.delta, self.number.vague, self.number.scale,
        )  # fmt: skip


def _mapped(quantity: Quantity, folded: Folded, original: str) -> Quantity:
    """`quantity` with offsets of the original text."""
    start, end = folded.span(quantity.start, quantity.end)
    noun = quantity.noun
    if noun is not None:
        first, last = folded.span(noun[0], noun[1])
        noun = (first, last, original[first:last])
    previous = folded.span(*quantity.previous_span) if quantity.previous_span else None
    return replace(quantity, start=start, end=end, noun=noun, previous_span=previous)


def _read(folded: Folded, original: str) -> list[_Read]:
    text = folded.text
    fractions = list(_fractions(text))
    masks = [found.span() for found in words.MASKED.finditer(text)]
    masks += [(one.start, one.end) for one in fractions]
    years: set[Span] = set()
    if dates.has_date(original):
        for value in dates.scan(folded, original, _ANY_DAY):
            span = (value.start, value.end)
            years.add(span) if value.end - value.start == 4 else masks.append(span)
    masks.sort()
    read: list[_Read] = []
    for number in _outside(numerals.scan(text), masks):
        one = _with_unit(number, folded, original, is_year=(number.start, number.end) in years)
        if one is not None and not (read and one.start < read[-1].end):
            read.append(one)
    apart: list[_Read] = []
    for one in sorted(read + fractions, key=lambda one: one.start):
        if apart and one.start < apart[-1].end:
            apart[-1].end, apart[-1].noun = one.start, None
        apart.append(one)
    return apart


_ANY_DAY = date(2000, 1, 1)
"""Where a date stands does not depend on the reference."""


def _outside(numbers: list[Number], masks: Sequence[Span]) -> Iterator[Number]:
    """The numbers that overlap no mask; both are sorted."""
    at = 0
    reach = 0
    for number in numbers:
        while at < len(masks) and masks[at][0] < number.end:
            reach = max(reach, masks[at][1])
            at += 1
        if reach <= number.start:
            yield number


def _with_unit(number: Number, folded: Folded, original: str, *, is_year: bool) -> _Read | None:
    """The number with its unit or noun; None where it is no quantity."""
    text = folded.text
    start, end, value = number.start, number.end, number.value
    factor = 1.0
    unit: Unit | None = None
    noun: Noun | None = None
    if prefix := unit_before(text, start, end):
        unit, start, end = prefix
        if unit.dimension == "money" and (found := _MONEY_SCALE.match(text, end)):
            factor, end = _MONEY_SCALES[found[1]], found.end()
    else:
        unit, noun, end, factor = _unit_after(number, text)
    if unit is None:
        after = text[end : end + 1]
        if (after.isascii() and after.isalpha() or _JOINED.match(text, end)) and not noun:
            return None
        if is_year or _is_numbering(number, folded, original, has_noun=noun is not None):
            return None
    elif unit.dimension != "percent":
        unit, end = _rate(unit, text, start, end)
    comparator = _comparator(number, text, start, end)
    delta = words.DELTA_BEFORE.search(text[max(0, start - 60) : start]) is not None
    if (unit is None or unit.dimension in _SIGNED) and (sign := _MINUS.search(text[max(0, start - 6) : start])):
        factor, start = -factor, start - len(sign[0])
    low = float(f"{value * factor:.15g}")
    high = None if number.high is None else float(f"{number.high * factor:.15g}")
    if factor > 1:
        number = replace(number, scale=factor)
    usable = _is_usable(number, unit, noun)
    return _Read(start, end, low, high, comparator, unit, noun, number, delta=delta, is_usable=usable)


_JOINED = re.compile("[-‐](?!to-)[a-zа-я]")
_MINUS = re.compile(r"(?:\b(?:minus|минус) |零下|负|(?:^|(?<=[ (]))[-−‐–](?=$))$")
_SIGNED = frozenset({"temperature", "percent", "percentage points", "angle", "money"})
_MONEY_SCALE = re.compile(r" ?(m|mn|mln|b|bn|bln|t|tn|trn|tr|k)(?![a-z0-9])")
_MONEY_SCALES = {"m": 1e6, "mn": 1e6, "mln": 1e6, "b": 1e9, "bn": 1e9, "bln": 1e9, "t": 1e12, "tn": 1e12, "trn": 1e12,
                 "tr": 1e12, "k": 1e3}  # fmt: skip
_LEAD = re.compile(r"\.? ?[-‐]?(?=[^\s\d])")
_AMBIGUOUS_HAN = frozenset("方级度节升克周日年分位票国点")
"""One-character units that small Chinese numerals form words with (三方, 一级, 一周)."""


def _unit_after(number: Number, text: str) -> tuple[Unit | None, Noun | None, int, float]:
    """The unit or noun after a number, where both end, and a factor that belongs to the number."""
    end = number.end
    lead = _LEAD.match(text, end)
    if lead is None:
        return None, None, end, 1.0
    at = lead.end()
    found = unit_at(text, at)
    if found is not None and found.unit.dimension != "count":
        name = text[at : found.end]
        if name == "m" and at == end and (rest := _LEAD.match(text, found.end)):
            then = unit_at(text, rest.end())
            million = noun_at(text, found.end, number.value)
            if then is not None and then.unit.dimension in {"mass", "volume", "area", "money"}:
                return then.unit, None, then.end, 1e6
            if million is not None and million[0] is not None:
                return *million, million[1][1], 1e6
        if not _is_word(number, name, text, found.end):
            return found.unit, None, found.end, 1.0
        return None, None, end, 1.0
    counted = noun_at(text, end, number.value)
    if counted is None:
        return None, None, end, 1.0
    unit, noun = counted
    if unit is not None and unit.dimension != "count":
        return unit, None, noun[1], 1.0
    return unit, noun, noun[1], 1.0


def _is_word(number: Number, name: str, text: str, end: int) -> bool:
    """Whether what looks like a unit is part of a word: 三方, 一级, "5 won", 7级 of anything but an earthquake."""
    if name == "级" or name.startswith("балл"):
        return not re.search("震|толч|магнитуд", text[max(0, number.start - 40) : end + 20])
    if name == "won":
        return number.value < 100
    if name in {"секунд", "с"}:
        return False
    if number.form == "han" and name in _AMBIGUOUS_HAN:
        return number.end - number.start == 1 and not (name == "年" and text[end : end + 1] in "来后前内多")
    if name == "度":
        return number.value < 4
    return name in {"国", "日"} and number.form == "han"


def _is_numbering(number: Number, folded: Folded, original: str, *, has_noun: bool) -> bool:
    """Whether digits without a unit number something or belong to a name: "page 5", "Siberia 2", 二十大, a year."""
    text = folded.text
    if words.NOT_A_COUNT_AFTER.match(text, number.end) or _is_mark(number, text):
        return True
    if number.form != "digits" or number.scale > 1:
        return False
    is_whole = text[number.start : number.end].isdecimal()
    if is_whole and number.end - number.start == 4 and 1900 <= number.value <= 2100:
        return True
    before = text[max(0, number.start - 24) : number.start]
    if words.NOT_A_COUNT_BEFORE.search(before) and not has_noun:
        return True
    if not is_whole or number.value > 2100 or _RANGE_AFTER.match(text, number.end):
        return False
    found = words.NAME_BEFORE.search(before)
    if found is None or found[1] in words.FUNCTION_WORDS or found[1] >= "\u2e80":
        return False
    at = number.start - len(before) + found.start(1)
    return original[folded.span(at, at + 1)[0]].isupper() and (not has_noun or number.value < 20)


_RANGE_AFTER = re.compile("[-‐–—−]\\d")


def _is_mark(number: Number, text: str) -> bool:
    """Whether a number is a reference in brackets or the number of a list's item."""
    if number.form != "digits" or number.scale > 1 or number.value > 1000:
        return False
    before, after = text[max(0, number.start - 1) : number.start], text[number.end : number.end + 1]
    return (before in {"(", "["} and after in {")", "]", ","}) or (not before and after in {".", ")"})


def _is_usable(number: Number, unit: Unit | None, noun: Noun | None) -> bool:
    """Whether a number is a quantity on its own: 五 and "one" need a unit, 五百亿 and "two hundred" do not."""
    if unit is not None:
        return not (number.form == "words" and number.value == 1 and unit.dimension in {"time", "ratio"})
    if number.form == "digits":
        return True
    if number.form == "han":
        has_measure = noun is not None and noun[2][0] in words.CLASSIFIERS and number.value > 1
        return number.scale >= 1e4 or number.value >= 1e4 or has_measure
    return number.value > 1 if noun is not None else number.scale >= 100 or number.value > 20


def _comparator(number: Number, text: str, start: int, end: int) -> Comparator:
    before = text[max(0, start - 36) : start]
    if words.LESS_BEFORE.search(before):
        return "lt"
    if words.ABOUT_BEFORE.search(before):
        return "approx"
    if words.GREATER_BEFORE.search(before) and not before.endswith(("от ", "ниже ")):
        return "gt"
    if words.UP_TO_RUSSIAN.search(before) and not words.CHANGE.search(text[max(0, start - 90) : start]):
        return "lt"
    for at in {number.end, end}:
        if words.GREATER_AFTER.match(text, at):
            return "gt"
        if words.LESS_AFTER.match(text, at):
            return "lt"
        if words.ABOUT_AFTER.match(text, at):
            return "approx"
    return number.comparator


def _rate(unit: Unit, text: str, start: int, end: int) -> tuple[Unit, int]:
    """The rate that `unit` is part of ("a year", 每天, "за баррель"), and where it ends; else the unit itself."""
    if unit.is_rate or unit.dimension in {"time", "ratio", "percentage points", "temperature", "magnitude", "angle"}:
        return unit, end
    below: str | None = None
    if found := words.PER_WORD.match(text, end):
        below = next(name for name, value in found.groupdict().items() if value).rstrip("_")
        end = found.end()
    elif (found := words.PER.match(text, end)) and (per := _denominator(text, found.end(), unit)):
        below, end = per
    elif found := words.PER_BEFORE.search(text[max(0, start - 30) : start]):
        below = words.PER_CHINESE[found["zh"]] if found["zh"] else "yr" if found["yr"] else "d"
    return (units.unit(f"{unit.name}/{below}") if below else unit), end


def _denominator(text: str, at: int, unit: Unit) -> tuple[str, int] | None:
    if found := words.PERIOD.match(text, at):
        name = found.lastgroup or ""
        if not text[found.end() : found.end() + 1].isalpha() or text[found.end()] >= "\u2e80":
            return name, found.end()
    other = unit_at(text, at)
    if other and unit.dimension == "money" and other.unit.dimension in {"volume", "mass", "energy", "area", "length"}:
        return other.unit.name, other.end
    if other and other.unit.dimension == "time":
        return other.unit.name, other.end
    return None


def _fractions(text: str) -> Iterator[_Read]:
    """Shares in words as per cent: "two thirds", "half of", "one in five", 八成, 三分之一, "половина"."""
    if not words.FRACTION_HINT.search(text):
        return
    for pattern in words.FRACTIONS:
        for found in pattern.finditer(text):
            span = words.share(found)
            if span is None:
                continue
            low, high = span
            start, end = found.span()
            number = Number(start, end, low, high, "range" if high else "eq", form="words")
            comparator = _comparator(number, text, start, end)
            if found[0].startswith(("过半", "大半")) or "多成" in found[0]:
                comparator = "gt"
            yield _Read(start, end, low, high, comparator, units.unit("%"), None, number)


# -- linking: ranges, replaced values, shared units -------------------------------------------------------------------


def _linked(read: list[_Read], text: str) -> Iterator[_Read]:
    """The quantities that remain when ranges and replaced values are one, and elided units are filled in."""
    linked: list[_Read] = []
    for one in read:
        if linked and (joined := _joined(linked[-1], one, text)) is not None:
            linked[-1] = joined
        else:
            linked.append(one)
    _share_scale(linked)
    return (one for one in linked if one.is_usable)


def _joined(one: _Read, other: _Read, text: str) -> _Read | None:
    """Both as one quantity: a range, or a value with the one it replaces; None where they stay two."""
    if other.start - one.end > 60 or one.previous is not None:
        return None
    gap = text[one.end : other.start]
    before = text[max(0, one.start - 30) : one.start]
    if words.BETWEEN.search(before) and words.AND.fullmatch(gap) and _share(one, other):
        return _range(one, other) if one.low < other.low else None
    if _is_replaced(before, gap, text, one, other) and _share(one, other):
        other.previous, other.comparator = one, other.number.comparator
        return other
    is_open = one.high is None and other.high is None and one.comparator != "range"
    if words.DASH.fullmatch(gap) and one.is_bare and other.is_bare and one.low >= other.low:
        one.is_usable = other.is_usable = False  # a score
    if words.TO.fullmatch(gap) and is_open and not (one.delta and gap.isascii()):
        return _range(one, other) if _scaled(one, other) < other.low and _share(one, other) else None
    if words.OR.fullmatch(gap) and one.is_bare and is_open and other.low - one.low == 1 and other.low <= 10:
        return _range(one, other) if _share(one, other) else None
    if found := words.INSTEAD_OF.fullmatch(gap):
        if words.IS_PREVIOUS.search(found[0]) and _share(one, other):
            one.previous = other
            return one
        _share(one, other)
    elif words.SHARES_UNIT.fullmatch(gap) and one.is_bare and other.unit is not None and one.number.form == "digits":
        _share(one, other)
    return None


def _is_replaced(before: str, gap: str, text: str, one: _Read, other: _Read) -> bool:
    """Whether `one` is the old value and `other` the new: "cut from 50 to 35", 从50增至60, "с 50 до 35"."""
    if words.CHANGE_TO.fullmatch(gap) and (words.FROM.search(before) or _is_same_kind(one, other)):
        return True
    if not words.FROM.search(before) or not (words.TO.fullmatch(gap) or _LATER_TO.fullmatch(gap)):
        return False
    if words.FROM_CHANGES.search(before):
        return other.unit is None or other.unit.dimension != "time"
    around = text[max(0, one.start - 70) : one.start] + gap + " " + text[other.end : other.end + 30]
    return words.CHANGE.search(around) is not None


_LATER_TO = re.compile(r"[^.;:!?。]{0,40}? (?:to|down to|up to|до)(?: about| around| nearly| some| примерно| около)? ")


def _is_same_kind(one: _Read, other: _Read) -> bool:
    return one.unit is not None and other.unit is not None and one.unit.base == other.unit.base


def _scaled(one: _Read, other: _Read) -> float:
    """The value of `one` with the scale word of `other`, where it shares it: 38 in "from 38 to 44 billion"."""
    scale = other.number.scale
    if one.number.scale > 1 or scale <= 1 or not one.is_bare or one.low * scale > 50 * other.low or one.low <= 0:
        return one.low
    # 500 to 2 thousand: the plain value is the nearer one.
    plain, shared = other.low / one.low, other.low / (one.low * scale)
    return one.low * scale if max(shared, 1 / shared) < max(plain, 1 / plain) else one.low


def _share(one: _Read, other: _Read) -> bool:
    """Let one of two neighbours take the unit that the other has alone; False where they are of different kinds."""
    if not one.is_bare and not other.is_bare:
        same = one.unit == other.unit if one.unit is None or other.unit is None else one.unit.base == other.unit.base
        if not same and one.unit and other.unit:
            same = one.unit.base.split("/")[0] == other.unit.base.split("/")[0]
            for taker, giver in ((one, other), (other, one)):
                if same and giver.unit and taker.unit and giver.unit.is_rate and not taker.unit.is_rate:
                    taker.unit = units.unit(f"{taker.unit.name}/{giver.unit.name.partition('/')[2]}")
        if same and one.unit and other.unit and one.unit != other.unit and one.unit.base == other.unit.base:
            one.low, one.unit = units.convert(one.low, one.unit, other.unit), other.unit
        return same
    giver, taker = (one, other) if other.is_bare and not one.is_bare else (other, one)
    if taker is one:
        one.low = float(f"{_scaled(one, other):.15g}")
    elif taker.number.scale <= 1 < giver.number.scale and taker.number.form == "digits":
        scaled = taker.low * giver.number.scale
        taker.low = scaled if scaled < 50 * giver.low else taker.low
    if not giver.is_bare:
        taker.unit, taker.noun, taker.shared = giver.unit, giver.noun, True
    taker.is_usable = giver.is_usable = giver.is_usable or taker.is_usable
    return True


def _range(one: _Read, other: _Read) -> _Read:
    return replace(other, start=one.start, low=one.low, high=other.low, comparator="range", is_usable=True)


def _share_scale(linked: list[_Read]) -> None:
    """A number with a scale word and no unit takes that of the nearest with the same scale: "…, а не 38 млрд."."""
    for index, one in enumerate(linked):
        if not one.is_bare or one.number.scale < 1e3:
            continue
        near = sorted((abs(other - index), other > index, other) for other in range(len(linked)) if other != index)[:6]
        for _, _, other in near:
            neighbour = linked[other]
            if neighbour.unit is not None and neighbour.number.scale == one.number.scale and not neighbour.shared:
                one.unit, one.shared = neighbour.unit, True
                break
