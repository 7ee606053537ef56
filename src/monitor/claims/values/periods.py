"""What the parts of a written date mean: a period with its name, first and last day. Pure."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Literal, NamedTuple

from monitor.claims.values import date_words as words

Precision = Literal["year", "half", "season", "quarter", "month", "week", "day"]
Parts = dict[str, str]
"""The groups of `date_patterns` that a written date fills."""


class Period(NamedTuple):
    """A period; `iso` as in `dates.DateValue`."""

    iso: str
    precision: Precision
    earliest: date
    latest: date


def period(parts: Parts, reference: date, *, is_future: bool) -> Period | None:
    """The period that the parts name, seen from `reference`; None where no such day exists.

    `is_future`: the text speaks of what is to come, which decides the year that it leaves out.
    """
    try:
        whole = _by_name(parts, reference, is_future=is_future)
        if whole is None:
            whole = _by_numbers(parts, reference, is_future=is_future)
        part = words.PARTS.get(parts.get("part", parts.get("part2", "")))
        return _narrowed(part, whole) if part is not None else whole
    except (ValueError, OverflowError, KeyError):
        return None


def until(parts: Parts, first: date) -> str | None:
    """The last day or month of a range that begins on `first`, where the parts name one."""
    if not parts.keys() & {"d2", "m2"}:
        return None
    try:
        month = _month_number(parts["m2"]) if "m2" in parts else first.month
        if "d2" not in parts:
            return _month(first.year + (month < first.month), month).iso if month != first.month else None
        last = date(first.year + (month < first.month), month, _number(parts["d2"]))
    except (ValueError, KeyError):
        return None
    return last.isoformat() if last > first else None


def in_month_of(day: date, of: date) -> Period | None:
    """The day of `day` in the month of `of`; None where that month is too short."""
    if day.day > monthrange(of.year, of.month)[1]:
        return None
    return _day(of.replace(day=day.day))


def _by_name(parts: Parts, reference: date, *, is_future: bool) -> Period | None:
    """Today, so many days ago, Monday, last spring."""
    if "rel" in parts:
        return _day(reference + timedelta(days=words.DAYS[parts["rel"]]))
    if "dir" in parts:
        return _distant(parts, reference)
    if "wd" in parts:
        return _weekday(parts, reference, is_future=is_future)
    if "season" in parts:
        return _season(parts, reference, is_future=is_future)
    return None


def _by_numbers(parts: Parts, reference: date, *, is_future: bool) -> Period:
    """Quarters and halves, days and months, this and the next week, years."""
    year = _year(parts, reference)
    if "q" in parts:
        return _months(year or reference.year, "Q", _number(parts["q"]))
    if "h" in parts:
        return _months(year or reference.year, "H", _number(parts["h"]))
    if parts.keys() & {"m", "d", "ms"}:
        return _in_month(parts, year, reference, is_future=is_future)
    if "unit" in parts:
        shift = parts.get("shift", "this")
        return _shifted(_unit(parts["unit"]), 0 if shift == "the" else _shift(shift), reference)
    if year is None:
        raise ValueError("a date without any part that names it")
    return _whole_year(year)


# -- periods ----------------------------------------------------------------------------------------------------------


def _day(day: date) -> Period:
    return Period(day.isoformat(), "day", day, day)


def _week(day: date) -> Period:
    year, week, weekday = day.isocalendar()
    monday = day - timedelta(days=weekday - 1)
    return Period(f"{year:04d}-W{week:02d}", "week", monday, monday + timedelta(days=6))


def _month(year: int, month: int) -> Period:
    last = date(year, month, monthrange(year, month)[1])
    return Period(f"{year:04d}-{month:02d}", "month", last.replace(day=1), last)


def _months(year: int, kind: Literal["Q", "H"], number: int) -> Period:
    """A quarter or a half of a year."""
    months = 3 if kind == "Q" else 6
    first, last = _month(year, (number - 1) * months + 1), _month(year, number * months)
    return Period(f"{year:04d}-{kind}{number}", "quarter" if kind == "Q" else "half", first.earliest, last.latest)


def _whole_year(year: int) -> Period:
    return Period(f"{year:04d}", "year", date(year, 1, 1), date(year, 12, 31))


def _narrowed(part: str, whole: Period) -> Period:
    """The first, middle or last third of a period; of a year its first three, middle four or last three months."""
    earliest, latest = whole.earliest, whole.latest
    if whole.precision == "day":
        return whole
    if whole.precision == "year":
        year = earliest.year
        ends = {
            "early": (earliest, date(year, 3, 31)),
            "mid": (date(year, 5, 1), date(year, 8, 31)),
            "late": (date(year, 10, 1), latest),
        }[part]
        return whole._replace(earliest=ends[0], latest=ends[1])
    third = timedelta(days=max(1, ((latest - earliest).days + 1) // 3))
    if part == "early":
        return whole._replace(latest=earliest + third - timedelta(days=1))
    if part == "late":
        return whole._replace(earliest=min(latest, earliest + 2 * third))
    return whole._replace(earliest=earliest + third, latest=earliest + 2 * third - timedelta(days=1))


# -- the words of dates -----------------------------------------------------------------------------------------------


def _unit(word: str) -> str:
    return words.UNITS.get(word) or words.UNITS[word[:3]]


def _shift(word: str) -> int:
    """By how much "last", 去, "прошлого" shift a period; "the previous" by its last word, "того же" by its first."""
    if word in words.SHIFTS:
        return words.SHIFTS[word]
    return words.SHIFTS[word.rsplit(" ", 1)[-1] if word.isascii() else word.split(" ", 1)[0]]


_HAN_DIGITS = str.maketrans("零〇○一二三四五六七八九", "000123456789")


def _year(parts: Parts, reference: date) -> int | None:
    if "y" in parts:
        return int(parts["y"].translate(_HAN_DIGITS))
    return reference.year + _shift(parts["ys"]) if "ys" in parts else None


def _number(written: str) -> int:
    """A number up to 31 in digits, Chinese characters or the ordinals of quarters."""
    if written.isdecimal():
        return int(written)
    tens, ten, ones = written.replace("廿", "二十").partition("十")
    if not ten:
        return words.NUMBERS[written]
    return 10 * (words.NUMBERS[tens] if tens else 1) + (words.NUMBERS[ones] if ones else 0)


# -- from the reference date ------------------------------------------------------------------------------------------


def _in_month(parts: Parts, year: int | None, reference: date, *, is_future: bool) -> Period:
    day = _number(parts["d"]) if "d" in parts else None
    shift = _shift(parts["ms"]) if "ms" in parts else None
    if "m" not in parts and shift is not None:
        return _dated(*_month_after(reference, shift), day)
    if "m" not in parts:
        return _day(_nearest([_month_after(reference, by) for by in (-1, 0, 1)], day, reference, is_future=True))
    month = _month_number(parts["m"])
    if year is None and shift is not None:
        year = reference.year + _passed(month, reference, shift)
    elif year is None:
        last = _month_number(parts["m2"]) if "m2" in parts and day is None else month  # January to August: by its end
        months = [(reference.year + by, last) for by in (-1, 0, 1)]
        year = _nearest(months, day, reference, is_future=is_future).year - (last < month)
    return _dated(year, month, day)


def _month_number(written: str) -> int:
    return words.MONTHS.get(written[:3]) or _number(written)


def _dated(year: int, month: int, day: int | None) -> Period:
    return _month(year, month) if day is None else _day(date(year, month, day))


def _month_after(reference: date, shift: int) -> tuple[int, int]:
    year, month = divmod(reference.year * 12 + reference.month - 1 + shift, 12)
    return year, month + 1


def _passed(month: int, reference: date, shift: int) -> int:
    """Years to add for "last October", "next October"."""
    if shift < 0:
        return -1 if month >= reference.month else 0
    return 1 if shift > 0 and month <= reference.month else 0


def _nearest(months: list[tuple[int, int]], day: int | None, reference: date, *, is_future: bool) -> date:
    """The nearest of the days, or of the middles of months; the present month is the nearest of all.

    What lies against the direction of the text counts as two or three times as far.
    """
    if day is None and (reference.year, reference.month) in months:
        return reference.replace(day=15)
    days = [date(*month, day or 15) for month in months if (day or 15) <= monthrange(*month)[1]]

    def distance(one: date) -> int:
        ahead = (one - reference).days
        return ahead * (1 if is_future else 2) if ahead >= 0 else -ahead * (3 if is_future else 1)

    return min(days, key=distance)


def _shifted(unit: str, shift: int, reference: date) -> Period:
    """This, the last or the next day, week, month, quarter or year."""
    if unit == "day":
        return _day(reference + timedelta(days=shift))
    if unit == "week":
        return _week(reference + timedelta(weeks=shift))
    if unit == "month":
        return _month(*_month_after(reference, shift))
    if unit == "quarter":
        year, quarter = divmod(reference.year * 4 + (reference.month - 1) // 3 + shift, 4)
        return _months(year, "Q", quarter + 1)
    return _whole_year(reference.year + shift)


def _distant(parts: Parts, reference: date) -> Period:
    """So many days, weeks, months or years ago or from now."""
    count = _number(parts.get("n", "1")) if parts.get("n") != "两" else 2
    is_later = parts["dir"] in {"later", "from now", "time", "через", "后"}
    return _shifted(_unit(parts["unit"]), count if is_later else -count, reference)


def _weekday(parts: Parts, reference: date, *, is_future: bool) -> Period:
    """Monday: the last or, where the text looks ahead, the next; "next Monday" is next week's, 上周一 last week's."""
    number = words.WEEKDAYS[parts["wd"][:3]]
    monday = reference - timedelta(days=reference.weekday())
    which = parts.get("ws", "")
    if which.startswith(("last", "the previous")):
        back = (reference.weekday() - number) % 7 or 7
        return _day(reference - timedelta(days=back))
    if which:
        return _day(monday + timedelta(days=number, weeks=_shift(which)))
    ahead = (number - reference.weekday()) % 7
    return _day(reference + timedelta(days=ahead if is_future or ahead == 0 else ahead - 7))


def _season(parts: Parts, reference: date, *, is_future: bool) -> Period:
    first = words.SEASONS[parts["season"][:3]]
    year = _year(parts, reference)
    if year is None and "ms" in parts:
        shift = _shift(parts["ms"])
        year = reference.year + (shift if parts["ms"] >= "\u2e80" else _passed(first, reference, shift))
    elif year is None:
        months = [(reference.year + by, first) for by in (-1, 0, 1)]
        year = _nearest(months, None, reference, is_future=is_future).year
    start, end = _month(year, first), _month(*_month_after(date(year, first, 1), 2))
    return Period(f"{start.iso}/{end.iso}", "season", start.earliest, end.latest)
