"""Finds the names of units in folded text, next to a number. Pure."""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from monitor import units
from monitor.units import Unit


@dataclass(frozen=True, slots=True)
class Found:
    """A unit and the end of its name."""

    unit: Unit
    end: int


@cache
def _after() -> dict[str, tuple[re.Pattern[str], tuple[str, ...]]]:
    """By first character: a pattern of the names that begin with it, longest first, and the unit of each group."""
    by_first: dict[str, list[units.Name]] = defaultdict(list)
    for name in units.names():
        if not name.is_prefix:
            by_first[name.text[0]].append(name)
    compiled = {}
    for first, names in by_first.items():
        ordered = list({name.text: name for name in sorted(names, key=lambda name: -len(name.text))}.values())
        pattern = "|".join(f"({_regex(name.text)})" for name in ordered)
        compiled[first] = re.compile(pattern), tuple(name.unit for name in ordered)
    return compiled


def _regex(name: str) -> str:
    pattern = re.escape(name).replace(r"\(s\)", "s?").replace(r"\(es\)", "(?:es)?").replace(r"\*", "[a-zа-я]{0,12}")
    pattern = pattern.replace(r"\ ", r"\.?[ \-‐]?")
    last = name.rstrip("*)")[-1]
    if last.isascii() and last.isalnum():
        return pattern + "(?![a-z0-9])"
    return pattern + "(?![а-я])" if "а" <= last <= "я" else pattern


@cache
def _before() -> dict[str, tuple[units.Name, ...]]:
    """By last character: the names that stand before the number, longest first."""
    by_last: dict[str, list[units.Name]] = defaultdict(list)
    for name in units.names():
        if name.is_prefix:
            by_last[name.text[-1]].append(name)
    return {
        last: tuple(sorted(names, key=lambda name: (-len(name.text), -len(name.suffix))))
        for last, names in by_last.items()
    }


def unit_at(text: str, at: int) -> Found | None:
    """The unit whose name begins at `at`, the longest name winning."""
    entry = _after().get(text[at : at + 1])
    if entry is None:
        return None
    found = entry[0].match(text, at)
    if found is None or found.lastindex is None:
        return None
    return Found(units.unit(entry[1][found.lastindex - 1]), found.end())


def unit_before(text: str, start: int, end: int) -> tuple[Unit, int, int] | None:
    """The unit written before the number `start:end` ("$50", 百分之八十), with the span of both together."""
    at = start - 1 if text[start - 1 : start] == " " else start
    for name in _before().get(text[max(0, at - 1) : at], ()):
        begin = at - len(name.text)
        if begin < 0 or not text.startswith(name.text, begin) or not text.startswith(name.suffix, end):
            continue
        first = name.text[0]
        if begin and first.isalpha() and first < "\u2e80" and text[begin - 1].isalpha() and text[begin - 1] < "\u2e80":
            continue
        return units.unit(name.unit), begin, end + len(name.suffix)
    return None
