"""Shares in words, as per cent: "two thirds", "half of", "one in five", 八成, 三分之一, "половина". Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.model import Comparator


@dataclass(frozen=True, slots=True)
class Share:
    """A share and where it stands; `high` is the upper end of a range (七八成)."""

    start: int
    end: int
    per_cent: float
    high: float | None = None
    comparator: Comparator = "eq"


_HINT = re.compile(
    "成|分之|半|half|third|quarter|fifth|sixth|seventh|eighth|ninth|tenth| in | out of |половин|трет|четверт|[ыт]ых"
    "|кажд"
)
_PARTS = {
    "half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10,
}  # fmt: skip
_COUNTS = {
    word: number
    for number, words in enumerate(
        ("", "a one одна одной одну", "two две двух", "three три трех", "four четыре четырех", "five пять", "six шесть",
         "seven семь", "eight восемь", "nine девять", "ten")
    )
    for word in words.split()
}  # fmt: skip
_SMALL = "one|two|three|four|five|six|seven|eight|nine|ten"
_NO_SHARE = (
    "million|billion|trillion|thousand|hundred|dozen|of a (?:million|billion)|time|term|year|round|day|century|country"
    "|party|man|person|week|month|quarter|place|and|a "
)
_HALF = re.compile(
    r"(?<!first )(?<!second )(?<!latter )\bhalf(?= of\b| the\b| its\b| their\b| his\b| her\b)"
    r"|(?<!первой )(?<!второй )(?<!первая )(?<!вторая )(?<!первую )(?<!вторую )\bполовин(?:а|ы|у|е|ой)\b"
    "|(?P<over>过半数?|大半)|一半(?!导)|半数"
)
_ENGLISH = re.compile(rf"\b(a|{_SMALL})[ -]({'|'.join(_PARTS)})s?\b(?! (?:{_NO_SHARE}))")
_ONE_IN = re.compile(
    rf"\b({_SMALL}|\d) (?:in|out of)(?: every)? ({_SMALL}|\d{{1,4}})\b"
    r"(?! ?(?:%|percent|per cent|million|billion|days|years|weeks|months|hours))"
)
_RUSSIAN_PARTS = {"трет": 3, "четверт": 4, "пят": 5, "шест": 6, "седьм": 7, "восьм": 8, "девят": 9, "десят": 10}
_RUSSIAN = re.compile(
    r"\b(?:(одна|одной|одну|две|двух|три|трех|четыре|четырех|пять|семь|девять) )?"
    r"(трети|третей|четверти|четвертей|пятых|шестых|седьмых|восьмых|девятых|десятых|треть|четверть)\b"
    r"(?! (?:века|финала|часа|заседани))"
)
_EVERY = re.compile(
    r"\bкажд(?:ый|ая|ое|ого|ой|ому) (втор|трет|четв|пят|шест|седьм|восьм|девят|десят)[а-я]{2,3}\b"
    "(?! (?:день|год|раз|час))"
)
_DIGITS = "〇一二三四五六七八九"
_TENTHS = re.compile(
    r"(\d(?:\.\d)?|[一二两三四五六七八九]{1,2})(多)?成(?![为功立员本年果都交长熟绩品千群分吉就人语])([一二三四五六七八九半])?"
)
_PART_OF = re.compile(
    r"(?<![万亿百千\d])(\d{1,9}|[一二两三四五六七八九十]{1,3})分之(\d{1,9}|[一二两三四五六七八九十]{1,3})(?![十百千万\d点])"
)


def find_shares(text: str) -> Iterator[Share]:
    """The shares in a folded text; 百分之八十 is no share in words but a number in per cent."""
    if not _HINT.search(text):
        return
    for found in _HALF.finditer(text):
        yield Share(*found.span(), 50.0, comparator="gt" if found["over"] else "eq")
    for found in _ENGLISH.finditer(text):
        yield from _ratio(found, _COUNTS[found[1]], _PARTS[found[2]])
    for found in _ONE_IN.finditer(text):
        yield from _ratio(found, *(int(one) if one.isdecimal() else _COUNTS[one] for one in found.groups()))
    for found in _RUSSIAN.finditer(text):
        if found[1] or found[2] in {"треть", "четверть"}:
            part = next(number for stem, number in _RUSSIAN_PARTS.items() if found[2].startswith(stem))
            yield from _ratio(found, _COUNTS[found[1] or "one"], part)
    for found in _EVERY.finditer(text):
        yield from _ratio(found, 1, {**_RUSSIAN_PARTS, "втор": 2, "четв": 4}[found[1]])
    for found in _PART_OF.finditer(text):
        yield from _ratio(found, _han(found[2]), _han(found[1]))
    yield from _tenths(text)


def _ratio(found: re.Match[str], above: int, below: int) -> Iterator[Share]:
    if 0 < above <= below:
        yield Share(*found.span(), float(f"{100 * above / below:.6g}"))


def _tenths(text: str) -> Iterator[Share]:
    """三成五 is 35 per cent, 七八成 is 70 to 80."""
    for found in _TENTHS.finditer(text):
        written, more, rest = found.groups()
        ones = 5 if rest == "半" else _DIGITS.index(rest) if rest else 0
        digits = [float(written)] if written[0].isdigit() else [float(_han(digit)) for digit in written]
        low, high = (float(f"{10 * digit + ones:.6g}") for digit in (digits[0], digits[-1]))
        if low <= high <= 100:
            comparator: Comparator = "range" if high > low else "gt" if more else "eq"
            yield Share(*found.span(), low, high if high > low else None, comparator)


def _han(written: str) -> int:
    """A number up to 99 in Chinese, or digits."""
    if written.isdecimal():
        return int(written)
    tens, ten, ones = written.replace("两", "二").partition("十")
    if not ten:
        return _DIGITS.find(written.replace("两", "二")[-1])
    return 10 * (_DIGITS.find(tens[-1]) if tens else 1) + (_DIGITS.find(ones[0]) if ones else 0)
