"""Dates in English, Chinese and Russian, absolute and relative, as periods with a precision. Pure, linear in the text.

A date without a year is the one nearest to the reference date; words of the future ("will", 将, "состоится") make a
coming one likelier, their lack one that is over.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Literal

from monitor.claims.values import date_words as words
from monitor.claims.values.counted import noun_at
from monitor.claims.values.date_patterns import CHINESE, ENGLISH, NUMERIC, RUSSIAN, Pattern
from monitor.claims.values.numerals import prepare
from monitor.claims.values.periods import Parts, Precision, in_month_of, period, until
from monitor.language import Folded

Bound = Literal["by", "from"]


@dataclass(frozen=True, slots=True)
class DateValue:
    """A date of some precision and where it stands.

    `iso` names the period: `2022`, `2022-H1`, `2022-Q3`, `2022-10`, `2022-W38`, `2022-10-16`; seasons go by their
    months, `2022-09/2022-11`. `earliest` and `latest` are its first and last day, narrowed by "early", "mid", "late",
    月底. `until` is the last day or month of a range ("October 16-22"). `bound` tells "by" (until, before, 前) and
    "from" (since, after, 以来) from the date itself. `relative`: it needed the reference date, be it for the year.
    """

    start: int
    end: int
    iso: str
    precision: Precision
    relative: bool
    earliest: date
    latest: date
    until: str | None = None
    bound: Bound | None = None


def find_dates(text: str, *, reference: date) -> list[DateValue]:
    """The dates of `text`, in order, none overlapping another; those that do not exist (31 June) are left out."""
    if not has_date(text):
        return []
    folded = prepare(text)
    return [
        replace(value, start=start, end=end)
        for value in scan(folded, text, reference)
        for start, end in [folded.span(value.start, value.end)]
    ]


_HINT = re.compile(r"[\d年月日天晚周季春夏秋冬]|星期|礼拜|禮拜")
_STEMS = tuple(
    {need for one in (*ENGLISH, *RUSSIAN) for need in one.needs if len(need) > 2} - {"now", "day"}
    | {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "from now"}
)


def has_date(text: str) -> bool:
    """Whether `text` may hold a date; quick, and never wrong when it says no."""
    if _HINT.search(text):
        return True
    lowered = text.lower()
    return any(stem in lowered for stem in _STEMS)


# -- finding ----------------------------------------------------------------------------------------------------------


def scan(folded: Folded, original: str, reference: date) -> list[DateValue]:
    """The dates of a folded text (`numerals.prepare`), with its offsets; `original` tells May from may."""
    text = folded.text
    patterns = [*NUMERIC] if _NUMERIC_HINT.search(text) else []
    for hint, ways in _BY_SCRIPT:
        if hint.search(text):
            patterns += ways
    candidates: list[DateValue] = []
    for pattern in patterns:
        if any(need in text for need in pattern.needs):
            candidates += _read(pattern, folded, original, reference)
    return _of_named_month(_without_weekdays([one for one in _longest(candidates) if one.iso], text), text)


_NUMERIC_HINT = re.compile(r"\d[-/.]\d")
_BY_SCRIPT: tuple[tuple[re.Pattern[str], tuple[Pattern, ...]], ...] = (
    (re.compile(r"[a-z]|(?:19|20)\d\d"), ENGLISH),
    (re.compile("[а-я]"), RUSSIAN),
    (re.compile("[\u3400-\u9fff]"), CHINESE),
)


def _read(pattern: Pattern, folded: Folded, original: str, reference: date) -> Iterator[DateValue]:
    """What matches one pattern; a day that does not exist has an empty `iso`: nothing inside it is a date either."""
    text = folded.text
    for found in pattern.regex.finditer(text):
        parts: Parts = {name: value for name, value in found.groupdict().items() if value is not None}
        if not (_is_meant(parts, text, found.start(), found.end()) and _is_capital(parts, found, folded, original)):
            continue
        start, end = found.span()
        bound = _bound(text, start, end)
        whole = period(parts, reference, is_future=bound == "by" or _looks_ahead(text, start, end))
        if whole is None:
            yield DateValue(start, end, "", "day", False, reference, reference)
        else:
            last = until(parts, whole.earliest)
            yield DateValue(start, end, whole.iso, whole.precision, "y" not in parts, *whole[2:], last, bound)


def _is_meant(parts: Parts, text: str, start: int, end: int) -> bool:
    """Whether words that can be a date are one: no bare year in a name, no fall of a man, no "the week"."""
    before = text[max(0, start - 14) : start]
    named = parts.keys()
    if named == {"y"}:
        return end - start > len(parts["y"]) or _is_year(text, before, end)
    if parts.get("shift") == "the":
        return "part" in named
    if "season" in named and parts["season"].isascii():
        return bool(named & {"y", "ys", "ms", "part"}) or words.IN_SEASON.search(before) is not None
    month = parts.get("m", "").rstrip(".")
    if month in words.SHORT_MONTHS:
        return bool(named & {"d", "y"})
    if month.isascii() and month.isalpha() and not named & {"y", "ys", "d", "part", "ms"}:
        is_short = len(month) <= 4 and month not in {"may", "june", "july"}
        is_also_a_word = month in {"may", "march", "april", "june", "august"}
        return not is_short and (not is_also_a_word or words.IN_MONTH.search(before) is not None)
    return True


def _is_year(text: str, before: str, end: int) -> bool:
    """Whether a bare year is one: what stands before it says so, and it counts nothing ("to 2012 people")."""
    if words.IN_YEAR.search(before) is None:
        return False
    counted = None if _IN.search(before) else noun_at(text, end, 2000)
    return counted is None or counted[0] is None


_IN = re.compile(r"\b(?:in|since|в|с) $")


def _is_capital(parts: Parts, found: re.Match[str], folded: Folded, original: str) -> bool:
    """Whether an English month is written as one: May, not may."""
    month = parts.get("m", "")
    if not (month.isascii() and month[:1].isalpha()) or month in {"october", "november", "december"}:
        return True
    return not original[folded.span(found.start("m"), found.end("m"))[0]].islower()


def _bound(text: str, start: int, end: int) -> Bound | None:
    before = text[max(0, start - 16) : start]
    if words.BY_AFTER.match(text, end) or words.BY.search(before):
        return "by"
    if words.FROM_AFTER.match(text, end) or words.FROM.search(before):
        return "from"
    return None


def _looks_ahead(text: str, start: int, end: int) -> bool:
    """Whether the words around speak of what is to come, and the date is not that of the saying ("said on Monday")."""
    before = text[max(0, start - 80) : start]
    if words.SAID.search(before[-40:]):
        return False
    return words.FUTURE.search(before) is not None or words.FUTURE.search(text, end, end + 30) is not None


def _longest(candidates: list[DateValue]) -> list[DateValue]:
    """Of dates that overlap the longest, then the first found; in the order of the text."""
    taken: list[DateValue] = []
    for one in sorted(candidates, key=lambda value: (value.start, -value.end)):
        if not taken or one.start >= taken[-1].end:
            taken.append(one)
        elif one.end - one.start > taken[-1].end - taken[-1].start:
            taken[-1] = one
    return taken


def _without_weekdays(values: list[DateValue], text: str) -> list[DateValue]:
    """Without the days of the week beside a day of the month: "Friday, 22 September", 16日(周日)."""
    doubled: set[int] = set()
    for first, second in pairwise(values):
        is_day = first.precision == second.precision == "day"
        if is_day and _BESIDE.fullmatch(text, first.end, second.start):
            weekdays = [one for one in (first, second) if _WEEKDAY.search(text, one.start, one.end)]
            doubled.update(one.start for one in weekdays if len(weekdays) == 1)
    return [one for one in values if one.start not in doubled]


_WEEKDAY = re.compile("monday|tuesday|wednesday|thursday|friday|saturday|sunday|周|星期|礼拜"
                      "|понедельник|вторник|среду|четверг|пятниц|суббот|воскресенье")  # fmt: skip
_BESIDE = re.compile(r",? ?\(?|,? (?:the|on) ")


def _of_named_month(values: list[DateValue], text: str) -> list[DateValue]:
    """Lone days of the month (16日) belong to the month named before them in the text, else they stay as they are."""
    month: date | None = None
    placed = []
    for value in values:
        written = text[value.start : value.end]
        if month is not None and _LONE_DAY.fullmatch(written):
            day = in_month_of(value.earliest, month)
            if day is not None:
                placed.append(replace(value, iso=day.iso, earliest=day.earliest, latest=day.latest))
            continue
        if "月" in written:
            month = value.earliest.replace(day=1)
        placed.append(value)
    return placed


_LONE_DAY = re.compile(r"\d{1,2} ?日")
