"""Dates in English, Chinese and Russian, absolute and relative, as periods with a precision. Pure, linear in the text.

A date without a year is the one nearest to the reference date; words of the future ("will", 将, "состоится") make a
coming one likelier, their lack one that is over.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from monitor.claims.values import date_words as words
from monitor.claims.values.numerals import prepare
from monitor.language import Folded

Precision = Literal["decade", "year", "half", "season", "quarter", "month", "week", "day"]


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
    bound: Literal["by", "from"] | None = None


def find_dates(text: str, *, reference: date) -> list[DateValue]:
    """The dates of `text`, in order, none overlapping another; those that do not exist (31 June) are left out."""
    if not has_date(text):
        return []
    folded = prepare(text)
    found = scan(folded, text, reference)
    return [
        replace(value, start=start, end=end) for value in found for start, end in [folded.span(value.start, value.end)]
    ]


_HINT = re.compile(r"[\d年月日天晚周季春夏秋冬]|星期|礼拜")
_STEMS = tuple(
    {need for one in (*words.ENGLISH, *words.RUSSIAN) for need in one.needs if not need[0].isdigit()} - {"the", "day", "now"}
)  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def has_date(text: str) -> bool:
    """Whether `text` may hold a date; quick, and never wrong when it says no."""
    if _HINT.search(text):
        return True
    lowered = text.lower()
    return any(stem in lowered for stem in _STEMS) or any(day in lowered for day in _DAYS)


# -- finding ----------------------------------------------------------------------------------------------------------


def scan(folded: Folded, original: str, reference: date) -> list[DateValue]:
    """The dates of a folded text (`prepare`), with its offsets; `original` tells May from may."""
    text = folded.text
    groups: list[tuple[words.Pattern, ...]] = [words.NUMERIC] if re.search(r"\d[-/.]\d", text) else []
    groups += [words.ENGLISH] if re.search("[a-z]", text) or re.search(r"(?:19|20)\d\d", text) else []
    groups += [words.RUSSIAN] if re.search("[а-я]", text) else []
    groups += [words.CHINESE] if re.search("[\u3400-\u9fff]", text) else []
    candidates: list[DateValue] = []
    for patterns in groups:
        for pattern in patterns:
            if any(need in text for need in pattern.needs):
                candidates += _read(pattern, folded, original, reference)
    return _near_month([one for one in _longest(candidates) if one.iso], text)


def _read(pattern: words.Pattern, folded: Folded, original: str, reference: date) -> Iterator[DateValue]:
    text = folded.text
    for found in pattern.regex.finditer(text):
        parts = {name: value for name, value in found.groupdict().items() if value is not None}
        if not _is_date(parts, found, folded, original):
            continue
        start, end = found.span()
        while text[start] == " ":
            start += 1
        end -= len(found[0]) - len(found[0].rstrip(" ,"))
        bound = _bound(text, start, end)
        period = _period(parts, reference, is_future=bound == "by" or _looks_ahead(text, start, end))
        if period is None:  # no such day: nothing smaller inside is a date either
            yield DateValue(start, end, "", "day", False, reference, reference)
            continue
        iso, precision, earliest, latest = period
        part = words.PARTS.get(_first(parts, "part", "part2") or "")
        if part is not None:
            earliest, latest = _narrowed(part, precision, earliest, latest)
        yield DateValue(start, end, iso, precision, "y" not in parts, earliest, latest, _until(parts, earliest), bound)


def _looks_ahead(text: str, start: int, end: int) -> bool:
    """Whether the words around a date speak of what is to come, and the date is not of the saying ("said on Monday")."""
    before = text[max(0, start - 80) : start]
    if words.SAID.search(before[-40:]):
        return False
    return words.FUTURE.search(before) is not None or words.FUTURE.search(text, end, end + 30) is not None


def _first(parts: dict[str, str], *names: str) -> str | None:
    return next((parts[name] for name in names if name in parts), None)


def _is_date(parts: dict[str, str], found: re.Match[str], folded: Folded, original: str) -> bool:
    """Whether a match is a date: not the verbs may and march, no bare year inside a name, no lone short name."""
    text = folded.text
    if parts.keys() <= {"y", "part", "part2"} and "y" in parts and not {"part", "part2"} & parts.keys():
        tail = found[0][len(parts["y"]) :]
        return bool(tail) or words.IN_YEAR.search(text[max(0, found.start() - 14) : found.start()]) is not None
    if "m" in parts and parts["m"].isascii() and parts["m"][0].isalpha():
        at = folded.span(found.start("m"), found.end("m"))[0]
        if original[at].islower() and not (parts["m"] in {"october", "november", "december"}):
            return False
        if {"y", "ys", "d", "part", "ms"} & parts.keys():
            return True
        if len(parts["m"]) <= 5 and parts["m"] not in {"may", "june", "july", "march", "april"}:
            return False
        if parts["m"] in {"may", "march", "april", "june", "august"}:  # also first names and verbs
            return _MONTH_BEFORE.search(text[max(0, found.start() - 12) : found.start()]) is not None
    if parts.get("shift") == "the" and "part" not in parts:
        return False  # "the week"
    if "season" in parts and parts["season"].isascii() and not parts.keys() & {"y", "ys", "ms", "part"}:
        return _SEASON_BEFORE.search(text[max(0, found.start() - 12) : found.start()]) is not None
    if "m" in parts and parts["m"].rstrip(".") in words.SHORT_MONTHS:
        return "d" in parts or "y" in parts
    if "d" in parts and not parts.keys() & {"m", "ms"} and parts["d"].isdigit() and found[0].endswith("号"):
        return False
    return True


_SEASON_BEFORE = re.compile(r"\b(?:in|by|since|until|during|before|after|of)(?: the)? $")
_MONTH_BEFORE = re.compile(
    r"\b(?:in|of|by|since|until|till|from|to|before|after|during|through|for|and|between|mid)[ -]$"
)


def _bound(text: str, start: int, end: int) -> Literal["by", "from"] | None:
    before = text[max(0, start - 16) : start]
    if words.BY_AFTER.match(text, end) or words.BY.search(before):
        return "by"
    if words.FROM_AFTER.match(text, end) or words.FROM.search(before):
        return "from"
    return None


def _longest(candidates: list[DateValue]) -> list[DateValue]:
    """Of dates that overlap the longest, then the first found; in the order of the text."""
    taken: list[DateValue] = []
    end = -1
    for one in sorted(candidates, key=lambda value: (value.start, -value.end)):
        if one.start >= end:
            taken.append(one)
        elif one.end - one.start > taken[-1].end - taken[-1].start:
            taken[-1] = one
        end = taken[-1].end
    return taken


def _near_month(values: list[DateValue], text: str) -> list[DateValue]:
    """Lone days of the month (16日) belong to the month named before them in the text, else they stay as they are."""
    month: date | None = None
    placed = []
    for value in values:
        written = text[value.start : value.end]
        if month is not None and value.precision == "day" and _LONE_DAY.fullmatch(written):
            if value.earliest.day <= monthrange(month.year, month.month)[1]:
                day = month.replace(day=value.earliest.day)
                placed.append(replace(value, iso=day.isoformat(), earliest=day, latest=day))
            continue
        if value.precision in {"day", "month"} and "月" in written:
            month = value.earliest.replace(day=1)
        placed.append(value)
    return placed


_LONE_DAY = re.compile(r"\d{1,2} ?日")

# -- meaning ----------------------------------------------------------------------------------------------------------

_Period = tuple[str, Precision, date, date]


def _period(parts: dict[str, str], reference: date, *, is_future: bool) -> _Period | None:
    """What the words of one date mean; None where no such day exists."""
    try:
        if "rel" in parts:
            return _day(reference + timedelta(days=words.DAYS[parts["rel"]]))
        if "dir" in parts:
            return _distance(parts, reference)
        if "wd" in parts:
            return _weekday(parts, reference, is_future=is_future)
        if "season" in parts:
            return _season(parts, reference, is_future=is_future)
        if "q" in parts or "h" in parts:
            of_year = _year(parts, reference) or reference.year
            kind: Literal["Q", "H"] = "Q" if "q" in parts else "H"
            return _third(of_year, kind, words.NUMBERS[parts["q" if kind == "Q" else "h"]])
        if "m" in parts or "d" in parts or "ms" in parts:
            return _in_month(parts, reference, is_future=is_future)
        if "unit" in parts:
            return _shifted(_unit(parts["unit"]), words.SHIFTS.get(parts.get("shift", "this"), 0), reference)
        year = _year(parts, reference)
        return None if year is None else _whole_year(year)
    except (ValueError, OverflowError, KeyError):
        return None


def _day(day: date) -> _Period:
    return day.isoformat(), "day", day, day


def _month(year: int, month: int) -> _Period:
    return f"{year:04d}-{month:02d}", "month", date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _whole_year(year: int) -> _Period:
    return f"{year:04d}", "year", date(year, 1, 1), date(year, 12, 31)


def _third(year: int, kind: Literal["Q", "H"], number: int) -> _Period:
    months = 3 if kind == "Q" else 6
    last = number * months
    precision: Precision = "quarter" if kind == "Q" else "half"
    return f"{year:04d}-{kind}{number}", precision, date(year, last - months + 1, 1), _month(year, last)[3]


def _unit(word: str) -> str:
    return next((unit for stem, unit in words.UNITS.items() if word.startswith(stem)), "day")


def _shift(word: str) -> int:
    """By how much "last", 去, "прошлого" shift a period; "the previous" by its last word."""
    return words.SHIFTS[word.rsplit(" ", 1)[-1] if word.isascii() else word.split(" ", 1)[0]]


def _year(parts: dict[str, str], reference: date) -> int | None:
    if "y" in parts:
        digits = "".join(
            str("零一二三四五六七八九".find(char)) if char in "零一二三四五六七八九" else "0" if char in "〇○" else char
            for char in parts["y"]
        )
        return int(digits)
    if "ys" in parts:
        return reference.year + _shift(parts["ys"])
    return None


def _number(written: str) -> int:
    """A number up to 31 in digits or Chinese characters."""
    if written.isdigit():
        return int(written)
    tens, ten, ones = written.replace("廿", "二十").partition("十")
    if not ten:
        return words.NUMBERS[written]
    return 10 * (words.NUMBERS[tens] if tens else 1) + (words.NUMBERS[ones] if ones else 0)


def _in_month(parts: dict[str, str], reference: date, *, is_future: bool) -> _Period:
    year = _year(parts, reference)
    day = _number(parts["d"]) if "d" in parts else None
    if "m" not in parts and "ms" in parts:
        return _dated(*_month_after(reference, _shift(parts["ms"])), day)
    if "m" not in parts:
        return _day(_nearest([_month_after(reference, shift) for shift in (-1, 0, 1)], day, reference, is_future=True))
    written = parts["m"]
    month = words.MONTHS[written[:3]] if written[:3] in words.MONTHS else _number(written)
    if year is None and "ms" in parts:
        year = reference.year + _passed(month, reference, _shift(parts["ms"]))
    elif year is None:
        months = [(reference.year + shift, month) for shift in (-1, 0, 1)]
        year = _nearest(months, day, reference, is_future=is_future).year
    return _dated(year, month, day)


def _dated(year: int, month: int, day: int | None) -> _Period:
    return _month(year, month) if day is None else _day(date(year, month, day))


def _month_after(reference: date, shift: int) -> tuple[int, int]:
    year, month = divmod(reference.year * 12 + reference.month - 1 + shift, 12)
    return year, month + 1


def _passed(month: int, reference: date, shift: int) -> int:
    """Years to add for "last October", "next October"."""
    if shift == 0:
        return 0
    return (-1 if month >= reference.month else 0) if shift < 0 else (1 if month <= reference.month else 0)


def _nearest(months: list[tuple[int, int]], day: int | None, reference: date, *, is_future: bool) -> date:
    """The nearest of the days (or of the middles of months); past and coming ones count by what the text speaks of."""

    def distance(one: date) -> float:
        days = (one - reference).days
        return days * (1 if is_future else 2) if days >= 0 else -days * (3 if is_future else 1)

    days = []
    for year, month in months:
        if (day or 15) <= monthrange(year, month)[1]:
            days.append(date(year, month, day or 15))
    if day is None and reference.replace(day=15) in days:
        return reference.replace(day=15)
    return min(days, key=distance)


def _shifted(unit: str, shift: int, reference: date) -> _Period:
    """This, the last or the next week, month, quarter or year."""
    if unit == "day":
        return _day(reference + timedelta(days=shift))
    if unit == "week":
        return _week(reference + timedelta(weeks=shift))
    if unit == "month":
        return _month(*_month_after(reference, shift))
    if unit == "quarter":
        year, quarter = divmod(reference.year * 4 + (reference.month - 1) // 3 + shift, 4)
        return _third(year, "Q", quarter + 1)
    if unit == "decade":
        first = (reference.year // 10 + shift) * 10
        return f"{first // 10:03d}", "decade", date(first, 1, 1), date(first + 9, 12, 31)
    return _whole_year(reference.year + shift)


def _week(day: date) -> _Period:
    year, week, weekday = day.isocalendar()
    monday = day - timedelta(days=weekday - 1)
    return f"{year:04d}-W{week:02d}", "week", monday, monday + timedelta(days=6)


def _distance(parts: dict[str, str], reference: date) -> _Period:
    """So many days, weeks, months or years ago or from now."""
    written = parts.get("n", "1")
    count = int(written) if written.isdecimal() else words.NUMBERS[written]
    later = parts["dir"] in {"later", "from now", "time", "через", "后"}
    return _shifted(_unit(parts["unit"]), count if later else -count, reference)


def _weekday(parts: dict[str, str], reference: date, *, is_future: bool) -> _Period:
    name = parts["wd"]
    number = words.WEEKDAYS[name if name in words.WEEKDAYS else name[:3]]
    monday = reference - timedelta(days=reference.weekday())
    if "ws" in parts:
        shift = 1 if "coming" in parts["ws"] or parts["ws"].startswith("ближайш") else _shift(parts["ws"])
        if parts["ws"].startswith(("last", "the previous")):
            shift = -1 if number >= reference.weekday() else 0
        return _day(monday + timedelta(days=number, weeks=shift))
    ahead = (number - reference.weekday()) % 7
    return _day(reference + timedelta(days=ahead if is_future or ahead == 0 else ahead - 7))


def _season(parts: dict[str, str], reference: date, *, is_future: bool) -> _Period:
    first = words.SEASONS[parts["season"][:3] if parts["season"][0] < "\u2e80" else parts["season"]]
    year = _year(parts, reference)
    if year is None and "ms" in parts:
        shift = _shift(parts["ms"])
        year = reference.year + (_passed(first, reference, shift) if parts["ms"].isascii() else shift)
    elif year is None:
        year = _nearest(
            [(reference.year + shift, first) for shift in (-1, 0, 1)], None, reference, is_future=is_future
        ).year
    ends = _month_after(date(year, first, 1), 2)
    return f"{year:04d}-{first:02d}/{ends[0]:04d}-{ends[1]:02d}", "season", date(year, first, 1), _month(*ends)[3]


def _narrowed(part: str, precision: Precision, earliest: date, latest: date) -> tuple[date, date]:
    """The first, middle or last third of a period; of a year its first three, middle four or last three months."""
    if precision == "year":
        year = earliest.year
        return {
            "early": (earliest, date(year, 3, 31)),
            "mid": (date(year, 5, 1), date(year, 8, 31)),
            "late": (date(year, 10, 1), latest),
        }[part]
    third = ((latest - earliest).days + 1) // 3
    if third == 0:
        return earliest, latest
    return {
        "early": (earliest, earliest + timedelta(days=third - 1)),
        "mid": (earliest + timedelta(days=third), earliest + timedelta(days=2 * third - 1)),
        "late": (earliest + timedelta(days=2 * third), latest),
    }[part]


def _until(parts: dict[str, str], first: date) -> str | None:
    """The last day of a range of days."""
    if "d2" not in parts:
        return None
    try:
        month = _number(parts["m2"]) if "m2" in parts else first.month
        last = date(first.year + (month < first.month), month, _number(parts["d2"]))
    except (ValueError, KeyError):
        return None
    return last.isoformat() if last > first else None
