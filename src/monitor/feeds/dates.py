"""Dates as feeds write them, to UTC.

feedparser's readers decide, with four additions, each for dates it drops or gets wrong by hours:

- zones it does not know and so takes for UTC (`MSK`, `CET`, `JST`, `+03`, …);
- Chinese (`2022年9月15日 16:30`) and Russian (`15 сентября 2022, 16:30`) dates;
- `CST` in a Chinese feed is China's time, not Chicago's;
- a date without a zone in a Chinese or Russian feed is Beijing's or Moscow's time, not UTC.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from feedparser.datetimes import _parse_date as _read_with_feedparser

_MAX_CHARS = 100
_EARLIEST_YEAR = 1990  # no article on the web is older; 0001, 1970 and 1980 are empty fields of some database

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
    "dec": 12, "янв": 1, "фев": 2, "мар": 3, "апр": 4, "мая": 5, "май": 5, "июн": 6, "июл": 7, "авг": 8, "сен": 9,
    "окт": 10, "ноя": 11, "дек": 12,
}  # fmt: skip
_ZONES_H = {
    "": 0.0, "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "met": 1, "cest": 2,
    "mest": 2, "eet": 2, "eest": 3, "msk": 3, "мск": 3, "msd": 4, "ist": 5.5, "hkt": 8, "sgt": 8, "jst": 9, "kst": 9,
    "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "ast": -4, "adt": -3, "est": -5, "edt": -4, "cst": -6, "cdt": -5,
    "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
_LOCAL_H = {"zh": 8.0, "ru": 3.0}

_RFC822 = re.compile(
    r"(?:[^\W\d]+\.?,?\s*)?(\d{1,2})[\s-]+([^\W\d]{3})[^\W\d]*\.?,?[\s-]+(\d{4}|\d\d)(?:\s+г\.)?"
    r"(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d))?(?:\.\d+)?)?\s*(.*)",
    re.DOTALL,
)
_CHINESE = re.compile(
    r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日?\s*"
    r"(?:(?:星期|周)\S\s*)?(?:(上午|下午|晚上)\s*)?(?:(\d{1,2})[:：时時](\d{1,2})(?:[:：分](\d{1,2}))?)?"
)
_ISO_DATE_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ]+(\d\d:\d\d(?::\d\d)?)(\.\d+)?\s*(Z|[+-]\d\d(?::?\d\d)?)?", re.IGNORECASE
)
_OFFSET = re.compile(r"(?:gmt|utc)?\s*([+-])(\d{1,2}):?(\d\d)?\b")


@lru_cache(maxsize=4096)
def read_date(text: str, language: str) -> datetime | None:
    """The moment `text` names, in UTC; None where it names none, or one before 1990 or out of range.

    `language` is the feed's, ISO 639-1; it decides where a date without a zone belongs.
    """
    text = text.strip()
    if not text or len(text) > _MAX_CHARS:
        return None
    local_h = _LOCAL_H.get(language, 0.0)
    try:
        moment = _read_iso(text, local_h) or _read_rfc822(text, language) or _read_chinese(text) or _read_other(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment is not None and moment.year >= _EARLIEST_YEAR else None


def from_feedparser(parsed: object) -> datetime | None:
    """feedparser's nine numbers as a moment in UTC; None for nothing, or out of range."""
    if not isinstance(parsed, tuple) or len(parsed) < 6:
        return None
    try:
        moment = _moment(*parsed[:6])
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.year >= _EARLIEST_YEAR else None


def _read_iso(text: str, local_h: float) -> datetime | None:
    found = _ISO_DATE_TIME.fullmatch(text)
    if found is None:
        return None
    day, time, _, zone = found.groups()
    moment = datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=UTC)
    if zone is None:
        return _utc(moment, local_h)
    return _utc(moment, 0.0 if zone in "Zz" else _offset_h(zone) or 0.0)


def _read_rfc822(text: str, language: str) -> datetime | None:
    found = _RFC822.fullmatch(text)
    if found is None:
        return None
    day, month_name, year_text, hour, minute, second, zone = found.groups()
    month = _MONTHS.get(month_name.lower())
    if month is None:
        return None
    year = int(year_text)
    if len(year_text) == 2:
        year += 1900 if year >= 90 else 2000
    if hour == "24":  # written for midnight at the end of the day
        midnight = _moment(year, month, int(day), 0, int(minute), int(second or 0))
        return _utc(midnight + timedelta(days=1), _zone_h(zone, language))
    moment = _moment(year, month, int(day), int(hour or 0), int(minute or 0), min(int(second or 0), 59))
    return _utc(moment, _zone_h(zone, language))


def _zone_h(zone: str, language: str) -> float:
    zone = zone.strip(" \t\r\n()").lower().removeprefix("etc/")
    if not zone:
        return _LOCAL_H.get(language, 0.0)
    if zone == "cst" and language == "zh":
        return 8.0
    offset = _offset_h(zone)
    return offset if offset is not None else _ZONES_H.get(zone.split()[0].strip("()"), 0.0)


def _offset_h(zone: str) -> float | None:
    found = _OFFSET.match(zone)
    if found is None:
        return None
    sign, hours, minutes = found.groups()
    offset = int(hours) + int(minutes or 0) / 60
    return -offset if sign == "-" else offset


def _read_chinese(text: str) -> datetime | None:
    found = _CHINESE.match(text)
    if found is None:
        return None
    year, month, day, half, hour, minute, second = found.groups()
    hours = int(hour or 0)
    if half in {"下午", "晚上"} and hours < 12:
        hours += 12
    return _utc(_moment(int(year), int(month), int(day), hours, int(minute or 0), int(second or 0)), _LOCAL_H["zh"])


def _read_other(text: str) -> datetime | None:
    return from_feedparser(_read_with_feedparser(text))


def _moment(*parts: int) -> datetime:
    """The moment that year, month, day, hour, minute and second name in UTC."""
    year, month, day, hour, minute, second = parts
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def _utc(moment: datetime, offset_h: float) -> datetime:
    """`moment`, read as if in UTC, for a clock `offset_h` hours ahead of it; an offset that no place has is a slip."""
    return moment - timedelta(hours=offset_h) if offset_h and abs(offset_h) <= 15 else moment
