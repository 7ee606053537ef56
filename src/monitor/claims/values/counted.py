"""What a number counts: the noun after it, adjectives between, in English, Chinese and Russian. Pure."""

import re

from monitor.claims.values import quantity_words as words
from monitor.claims.values.unit_names import unit_at
from monitor.units import Unit

Noun = tuple[int, int, str]
"""Start, end and text of the words that say what is counted, adjectives and measure words included."""

_MAX_WORDS = 4
_MAX_HAN = 8
_WORD = re.compile(r"[a-z][a-z'’]*(?:[-‐][a-z]+)*|[а-я]+(?:[-‐][а-я]+)*")
_OF = re.compile(r" of (?:(?:the|its|their|his|her|our|these|those|all) )?")
_INVARIANT = words.word_set(
    """aircraft troops personnel people men women children dead killed injured wounded missing staff servicemen police
    casualties fatalities deputies mercenaries companies countries enterprises servicewomen"""
)
_PLURAL = re.compile(r"[a-z'’-]*(?:[^su]s|men|people|children|aircraft|troops|personnel|units|buses)")
_MODIFIER = re.compile(r"(?:[a-z'’-]+ )*[a-z'’-]*(?:[^s]|ss)|(?:[а-я-]+ )*[а-я-]+(?:ых|их)")
_VERB = re.compile(r"[а-я]{2,20}(?:ут|ют|ится|утся|лись|лось|лась|лся|ены|аны|ать|ить|еть|ться)\b")
_ADJECTIVE = re.compile(
    r"more|extra|additional|further|other|us|new|[a-z]+(?:an|ese|ish|al|ic)|[а-я]+(?:ых|их|ого|ой|ая|ые|ие|ный|ский)"
)


def noun_at(text: str, at: int, value: float) -> tuple[Unit | None, Noun] | None:
    """The noun after a number that ends at `at`, with its unit where the table of units knows it."""
    if text[at : at + 1] == " " and text[at + 1 : at + 2] >= "\u3400":
        at += 1
    if text[at : at + 1] >= "\u3400":
        return _han_noun(text, at)
    if found := _OF.match(text, at):
        if value == 1:
            return None  # "one of many customers"
        at = found.end()
    elif text[at : at + 2] in {". ", "- ", "‐ "}:
        at += 2
    elif text[at : at + 1] in {" ", "-", "‐"}:
        at += 1
    else:
        return None
    return _alphabet_noun(text, at, value, is_joined=text[at - 1] in "-‐")


def _alphabet_noun(text: str, at: int, value: float, *, is_joined: bool) -> tuple[Unit | None, Noun] | None:
    start = at
    ends: list[int] = []
    is_list = False  # behind "and" only a known noun counts: "1,000 maintenance and cleaning workers"
    for index in range(_MAX_WORDS):
        found = _WORD.match(text, at)
        if found is None:
            break
        if known := _known_noun(text, at, value, is_joined=is_joined, after=text[start : at - 1] if index else ""):
            return known[0], (start, known[1], text[start : known[1]])
        if found[0] in words.STOP:
            if found[0] not in {"and", "и"} or not ends or is_list or not _MODIFIER.fullmatch(text, start, ends[-1]):
                break
            is_list = True
        elif not is_list:
            ends.append(found.end())
        at = found.end() + 1
        if text[at - 1 : at] != " ":
            break
    return None if is_joined else _unknown_noun(text, start, ends)


def _known_noun(text: str, at: int, value: float, *, is_joined: bool, after: str) -> tuple[Unit, int] | None:
    """The unit whose name stands at `at` as a whole word, and its end: a counted noun, or any behind one adjective."""
    known = unit_at(text, at)
    if known is None or text[known.end : known.end + 1].isalpha():
        return None
    if known.unit.dimension != "count" and not _ADJECTIVE.fullmatch(after):
        return None
    name = text[at : known.end]
    return (known.unit, known.end) if _is_plural(name, value) and not (is_joined and name.isascii()) else None


def _is_plural(name: str, value: float) -> bool:
    """Whether an English noun can follow the number; a singular one is part of the next ("50 member states")."""
    return not name.isascii() or value == 1 or name in _INVARIANT or name.endswith(("s", "men", "people"))


def _unknown_noun(text: str, start: int, ends: list[int]) -> tuple[None, Noun] | None:
    if not ends:
        return None
    if text[start] < "\u0400":
        last = 0
        begin = start
        for end in ends:
            if _PLURAL.fullmatch(text, begin, end):
                last = end
            begin = end + 1
        return (None, (start, last, text[start:last])) if last else None
    if _VERB.match(text, start):
        return None
    end = ends[min(1, len(ends) - 1)]
    return None, (start, end, text[start:end])


def _han_noun(text: str, at: int) -> tuple[Unit | None, Noun] | None:
    end = at
    while end < len(text) and end - at < _MAX_HAN and text[end] >= "\u3400" and text[end] not in words.HAN_STOP:
        end += 1
    if cut := words.AFTER_NOUN.search(text, at, end):
        end = cut.start()
    if end == at:
        return None
    noun = (at, end, text[at:end])
    for begin in range(at, min(at + 4, end)):
        known = unit_at(text, begin)
        if known is not None and known.unit.dimension == "count" and (begin == at or known.end - begin > 1):
            last = max(end, known.end)
            return known.unit, (at, last, text[at:last])
    return None, noun
