"""Links the numbers of a sentence: ranges, replaced values, units that a neighbour leaves out. Pure."""

import re
from collections.abc import Iterator
from dataclasses import replace

from monitor import units
from monitor.claims.values import quantity_words as words
from monitor.claims.values.readings import Reading

_MAX_GAP = 60
_SAME_SIZE = 50
"""Values that differ by more than this factor do not share a scale word."""


def linked(readings: list[Reading], text: str) -> Iterator[Reading]:
    """The quantities that remain when ranges and replaced values are one, and elided units are filled in."""
    kept: list[Reading] = []
    for one in readings:
        joined = _joined(kept[-1], one, text) if kept else None
        if joined is not None:
            kept[-1] = joined
        else:
            kept.append(one)
    _share_scale(kept)
    return (one for one in kept if one.is_usable)


def _joined(one: Reading, other: Reading, text: str) -> Reading | None:
    """Both as one quantity: a range, or a value with the one it replaces; None where they stay two."""
    if other.start - one.end > _MAX_GAP or one.previous is not None:
        return None
    gap = text[one.end : other.start]
    before = text[max(0, one.start - 30) : one.start]
    if _is_replaced(before, gap, text, one, other) and _share(one, other):
        other.previous, other.comparator = one, other.number.comparator
        return other
    if _is_range(before, gap, one, other):
        return _range(one, other) if _scaled(one, other) < other.low and _share(one, other) else None
    if words.INSTEAD_OF.fullmatch(gap) and _is_held_against(before, gap, text, one):
        if _share(one, other) and words.IS_PREVIOUS.search(gap):
            one.previous = other
            return one
    elif words.DASH.fullmatch(gap) and one.is_bare and other.is_bare:
        one.is_usable = other.is_usable = False  # a score: 4-2
    elif words.SHARES_UNIT.fullmatch(gap) and one.is_bare and other.unit is not None and one.number.form == "digits":
        _share(one, other)
    return None


def _is_replaced(before: str, gap: str, text: str, one: Reading, other: Reading) -> bool:
    """Whether `one` is the old value and `other` the new: "cut from 50 to 35", 从50增至60, "с 50 до 35"."""
    if words.INSTEAD_BEFORE.search(before):
        return one.is_bare or _are_alike(one, other)
    if words.CHANGE_TO.fullmatch(gap):
        return _are_alike(one, other) or words.FROM.search(before) is not None
    if not words.FROM.search(before) or not (words.TO.fullmatch(gap) or words.LATER_TO.fullmatch(gap)):
        return False
    if words.FROM_CHANGES.search(before):
        return other.unit is None or other.unit.dimension != "time"
    around = text[max(0, one.start - 70) : one.start] + gap + " " + text[other.end : other.end + 30]
    return words.CHANGE.search(around) is not None


def _is_held_against(before: str, gap: str, text: str, one: Reading) -> bool:
    """Whether the second value is an old or another one; a "from" alone may be a place: "12 ships from 5 ports"."""
    if not _FROM_ALONE.search(gap):
        return True
    return (
        words.NEW_BEFORE.search(before) is not None
        and words.CHANGE.search(text, max(0, one.start - 70), one.start) is not None
    )


_FROM_ALONE = re.compile(r"(?<! up)(?<! down) from\b| со? $")


def _is_range(before: str, gap: str, one: Reading, other: Reading) -> bool:
    """Whether the words say that both are the ends of a range; whether their values agree is another question."""
    if one.high is not None or other.high is not None:
        return False
    if words.TO.fullmatch(gap):
        is_score = words.DASH.fullmatch(gap) is not None and one.is_bare and other.is_bare and one.low >= other.low
        is_aim = one.is_delta and _AIM.search(gap) is not None  # by 5% to 7.5%
        is_open = "до" in gap and words.FROM.search(before) is None
        return not (is_score or is_aim or is_open)
    if words.OR.fullmatch(gap):  # two or three days
        return one.is_bare and other.low - one.low == 1 and other.low <= 10
    return words.AND.fullmatch(gap) is not None and words.BETWEEN.search(before) is not None


_AIM = re.compile("to|до")


def _range(one: Reading, other: Reading) -> Reading:
    return replace(other, start=one.start, low=one.low, high=other.low, comparator="range", is_usable=True)


def _scaled(one: Reading, other: Reading) -> float:
    """The value of `one` with the scale word of `other`, where it shares it: 38 in "from 38 to 44 billion"."""
    scale = other.number.scale
    if one.number.scale > 1 or scale <= 1 or not one.is_bare or not 0 < one.low * scale <= _SAME_SIZE * other.low:
        return one.low
    # 500 to 2 thousand: the plain value is the nearer one.
    plain, shared = other.low / one.low, other.low / (one.low * scale)
    return float(f"{one.low * scale:.15g}") if max(shared, 1 / shared) < max(plain, 1 / plain) else one.low


def _share(one: Reading, other: Reading) -> bool:
    """Let one of two neighbours take the unit and scale that the other has alone; False where they differ in kind."""
    if not one.is_bare and not other.is_bare:
        return _agree(one, other)
    if one.is_bare:
        giver, taker = other, one
        one.low = _scaled(one, other)
    else:
        giver, taker = one, other
        other.low = _scaled(other, one) if other.number.form == "digits" else other.low
    if not giver.is_bare:
        taker.unit, taker.noun, taker.is_shared = giver.unit, giver.noun, True
    taker.is_usable = giver.is_usable = giver.is_usable or taker.is_usable
    return True


def _are_alike(one: Reading, other: Reading) -> bool:
    """Whether both measure the same, be it by different times."""
    if one.unit is None or other.unit is None:
        return False
    return one.unit.base.partition("/")[0] == other.unit.base.partition("/")[0]


def _agree(one: Reading, other: Reading) -> bool:
    """Bring two values of one kind to one unit: "from 50 bcm to 35 bcm a year", "from $90 a barrel to $85"."""
    if one.unit is None or other.unit is None:
        return one.unit == other.unit
    if not _are_alike(one, other):
        return False
    for taker, giver in ((one, other), (other, one)):
        if giver.unit and taker.unit and giver.unit.is_rate and not taker.unit.is_rate:
            taker.unit = units.unit(f"{taker.unit.name}/{giver.unit.name.partition('/')[2]}")
    if one.unit.base != other.unit.base:
        return False
    if one.high is None:
        one.low, one.unit = units.convert(one.low, one.unit, other.unit), other.unit
    return True


def _share_scale(kept: list[Reading]) -> None:
    """A number with a scale word and no unit takes that of the nearest with the same scale: "…, а не 38 млрд."."""
    for index, one in enumerate(kept):
        if not one.is_bare or one.number.scale < 1e3:
            continue
        for other in sorted(range(max(0, index - 3), min(len(kept), index + 4)), key=lambda at: (abs(at - index), at)):
            neighbour = kept[other]
            if neighbour.unit is not None and neighbour.number.scale == one.number.scale and not neighbour.is_shared:
                one.unit, one.is_shared = neighbour.unit, True
                break
