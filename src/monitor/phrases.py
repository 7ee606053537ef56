"""Where the aliases of a watchlist occur in a text. Pure.

An automaton over the folded text says in one pass which words of which aliases occur at all; in nearly every article
that is the end of it. Only for aliases all of whose words are there is the text searched for the phrase itself, with
word boundaries, Russian endings, capitals and whatever may stand between the words. Both steps cut text by script, not
by a language's tokenizer: an English article that quotes Chinese, or a page whose language is declared wrong, match
like any other.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Literal

import ahocorasick_rs

from monitor.language import HAN, Folded, Span, fold, russian_forms, tokens
from monitor.watchlist import Phrase, Word, parse_alias

FieldName = Literal["title", "text"]


@dataclass(frozen=True, slots=True)
class Group:
    """Aliases that mean the same: an entity's, or the words of one rule. Entities compete: the longest alias wins."""

    name: str
    aliases: tuple[str, ...]
    competes: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """An alias of a group at a place; the offsets are code points of the original field. `side` tells the two phrases
    of `a ~ b` apart, each of which is a hit of its own: 0 the first, 1 the second."""

    field: FieldName
    start: int
    end: int
    alias: str
    group: str
    side: int = 0


@dataclass(frozen=True, slots=True)
class Loss:
    """A place that looks like an alias and does not count, with the reason as a sentence."""

    hit: Hit
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """All hits of each group, in the order of the text (the title first), and what did not count."""

    hits: Mapping[str, tuple[Hit, ...]]
    losses: tuple[Loss, ...]


MAX_HITS = 300
"""Places of one alias in one field that are looked at: enough for any article, and a bound for hostile ones."""
PAIR_TOKENS = 8
"""Words that may stand between the two sides of `a ~ b`; two Chinese characters count as one word."""
PAIR_CHARS = 400
"""Code points that so many words take at most."""

# -- phrases as patterns ----------------------------------------------------------------------------------------------

_LETTER = rf"[^\W_{HAN}]"
_SEPARATOR = r"[\s\-_\"'\u2010-\u2015\u2018-\u201f\u00ab\u00bb\u2039\u203a\u00b7\u2022\u30fb\u2212]"
_BARE = re.compile(_SEPARATOR)
_BEFORE = {
    "letters": re.compile(rf"(?<!{_LETTER})"),
    "digits": re.compile(rf"(?<!{_LETTER})(?<!\d[.,])"),
    "han": re.compile(""),
}


def _pattern(phrase: Phrase) -> re.Pattern[str]:
    """A pattern for the phrase over folded text; linear in the text, whatever it holds. `_BEFORE` says where it may
    begin: a pattern that starts with letters, not with a condition, is searched for ten times as fast."""
    last = phrase.words[-1]
    parts = []
    for before, word in zip((None, *phrase.words), phrase.words, strict=False):
        if before is not None:
            apart = before.kind == word.kind  # two words need something between them; a word and a number do not
            between = f"(?:{_SEPARATOR}|[{re.escape(word.gap)}])" if word.gap else _SEPARATOR
            parts.append(between + ("{1,4}" if apart else "{0,4}"))
        forms = "|".join(re.escape(form) for form in sorted(_forms(phrase, word), key=len, reverse=True))
        parts.append(f"(?:{forms})" + (f"{_LETTER}*" if word.prefix else ""))
    parts.append({"letters": rf"(?!{_LETTER})", "digits": rf"(?!{_LETTER}|[.,]\d|\s?%)", "han": ""}[last.kind])
    return re.compile("".join(parts))


def _forms(phrase: Phrase, word: Word) -> frozenset[str]:
    inflects = word.kind == "letters" and "а" <= word.text[0] <= "я" and len(word.text) > 1
    if not inflects or word.prefix or phrase.exact or phrase.capitals:
        return frozenset({word.text})
    return russian_forms(word.text)


def _as_written(phrase: Phrase, original: str) -> str | None:
    """Why `original`, whose folded form fits the phrase, does not count, or None when it does."""
    if phrase.capitals:
        length = len(_BARE.sub("", phrase.written.replace("*", "")))
        letters = _BARE.sub("", original)[:length]
        return None if letters == letters.upper() else "is not in capitals"
    if phrase.exact and all(word.kind != "han" for word in phrase.words):
        exact = _bare(original) == _bare(phrase.written)
        return None if exact else f'is not exactly "{phrase.written}"'
    return None


def _bare(text: str) -> str:
    return _BARE.sub("", unicodedata.normalize("NFKC", text))


# -- the automaton ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Clue:
    """A string whose presence, with these borders, is needed for a word of a phrase."""

    word: int
    left: bool
    right: bool


def _clue_words(phrase: Phrase) -> list[int]:
    """Indices of the (at most two) words that are looked for first: the longest, as likely the rarest."""
    telling = [index for index, word in enumerate(phrase.words) if len(word.text) >= (2 if word.kind == "han" else 3)]
    if not telling:
        return list(range(len(phrase.words)))
    return sorted(
        telling, key=lambda index: -len(phrase.words[index].text) * (1 + (phrase.words[index].kind == "han"))
    )[:2]


def _shortest(forms: Iterable[str]) -> list[str]:
    """Of `forms`, those that begin with no other: where any form is, one of these is."""
    kept: list[str] = []
    for form in sorted(forms, key=len):
        if not any(form.startswith(other) for other in kept):
            kept.append(form)
    return kept


class Finder:
    """Finds the aliases of some groups. Built once, used for every article; safe to share between threads."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self._competing = frozenset(group.name for group in groups if group.competes)
        self._groups_of: dict[str, list[str]] = defaultdict(list)
        for group in groups:
            for alias in group.aliases:
                self._groups_of[alias].append(group.name)
        self._order = {alias: index for index, alias in enumerate(self._groups_of)}
        self._needs: dict[str, frozenset[int]] = {}
        self._aliases_of: dict[int, list[str]] = defaultdict(list)
        clues: dict[str, list[_Clue]] = defaultdict(list)
        ids: dict[tuple[frozenset[str], bool, bool], int] = {}
        for alias in self._groups_of:
            needs: set[int] = set()
            for phrase in parse_alias(alias).phrases:
                for index in _clue_words(phrase):
                    needs.add(self._add_clues(phrase, index, clues, ids))
            self._needs[alias] = frozenset(needs)
            for word in needs:
                self._aliases_of[word].append(alias)
        self._clues = list(clues.values())
        self._automaton = ahocorasick_rs.AhoCorasick(list(clues)) if clues else None

    @staticmethod
    def _add_clues(
        phrase: Phrase,
        index: int,
        clues: dict[str, list[_Clue]],
        ids: dict[tuple[frozenset[str], bool, bool], int],
    ) -> int:
        """Register the strings of one word; the same word of several aliases is registered once."""
        word = phrase.words[index]
        forms = _forms(phrase, word)
        before = phrase.words[index - 1].kind if index else word.kind
        after = phrase.words[index + 1].kind if index + 1 < len(phrase.words) else word.kind
        left = word.kind == "letters" == before
        right = word.kind == "letters" == after and len(forms) == 1 and not word.prefix
        known = ids.setdefault((forms, left, right), len(ids))
        for form in _shortest(forms):
            clue = _Clue(known, left, right)
            if clue not in clues[form]:
                clues[form].append(clue)
        return known

    def candidates(self, *folded: str) -> frozenset[str]:
        """The aliases all of whose words occur in one of the folded texts taken together; never lacks one that
        `find` would find there."""
        if self._automaton is None:
            return frozenset()
        words: set[int] = set()
        settled: set[int] = set()  # strings that have told all they can: most come again and again
        for text in folded:
            for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
                if index in settled:
                    continue
                is_settled = True
                for clue in self._clues[index]:
                    if clue.word in words:
                        continue
                    if (clue.left and start and _is_letter(text[start - 1])) or (
                        clue.right and end < len(text) and _is_letter(text[end])
                    ):
                        is_settled = False
                    else:
                        words.add(clue.word)
                if is_settled:
                    settled.add(index)
        return frozenset(alias for word in words for alias in self._aliases_of[word] if self._needs[alias] <= words)

    def groups(self, aliases: Iterable[str]) -> frozenset[str]:
        """The groups that any of `aliases` belongs to."""
        return frozenset(group for alias in aliases for group in self._groups_of[alias])

    def find(self, fields: Mapping[FieldName, tuple[str, Folded]], candidates: frozenset[str]) -> Found:
        """Every place of the candidate aliases in the fields, each given as it is and folded."""
        losses: list[Loss] = []
        hits: list[Hit] = []
        ordered = sorted(candidates, key=self._order.__getitem__)  # the watchlist's order decides between equals
        for field, (original, folded) in fields.items():
            rivals: list[Hit] = []
            for alias in ordered:
                places, wrong = _places(alias, original, folded)
                blamed = self._groups_of[alias][0]
                losses += [Loss(Hit(field, *span, alias, blamed), reason) for span, reason in wrong]
                for side, (start, end) in places:
                    for group in self._groups_of[alias]:
                        one = Hit(field, start, end, alias, group, side)
                        (rivals if group in self._competing and "~" not in alias else hits).append(one)
            winners, beaten = _longest(rivals)
            hits += winners
            losses += beaten
        by_group: dict[str, dict[tuple[FieldName, int, int, str], Hit]] = defaultdict(dict)
        for hit in sorted(hits, key=lambda hit: (hit.field != "title", hit.start, -hit.end)):
            pair = f"{hit.side}{hit.alias}" if "~" in hit.alias else ""  # one word may belong to several pairs
            by_group[hit.group].setdefault((hit.field, hit.start, hit.end, pair), hit)
        return Found({name: tuple(places.values()) for name, places in by_group.items()}, tuple(losses))


def _is_letter(char: str) -> bool:
    """Whether `char` continues a word of an alphabet."""
    return char < "\u2e80" and char.isalnum()


@cache
def _compiled(alias: str) -> tuple[tuple[Phrase, re.Pattern[str]], ...]:
    return tuple((phrase, _pattern(phrase)) for phrase in parse_alias(alias).phrases)


def _places(alias: str, original: str, folded: Folded) -> tuple[list[tuple[int, Span]], list[tuple[Span, str]]]:
    """Where the alias occurs, with the side of a pair, and where something does that differs in a way that counts,
    with the reason."""
    sides: list[list[Span]] = []
    wrong: list[tuple[Span, str]] = []
    for phrase, pattern in _compiled(alias):
        places = []
        for found in islice(_search(pattern, _BEFORE[phrase.words[0].kind], folded.text), MAX_HITS):
            start, end = folded.span(*found)
            if (reason := _as_written(phrase, original[start:end])) is None:
                places.append((start, end))
            else:
                wrong.append(((start, end), reason))
        sides.append(places)
    return ([(0, span) for span in sides[0]] if len(sides) == 1 else list(_pairs(original, *sides))), wrong


def _search(pattern: re.Pattern[str], before: re.Pattern[str], text: str) -> Iterator[Span]:
    """Where the phrase occurs with nothing in front that would make its first word longer."""
    position = 0
    while found := pattern.search(text, position):
        if before.match(text, found.start()):
            yield found.span()
            position = found.end()
        else:
            position = found.start() + 1


def _pairs(original: str, ones: list[Span], others: list[Span]) -> Iterator[tuple[int, Span]]:
    """Each of `ones` with the nearest of `others` before and after it, where near enough and in one paragraph."""
    starts = [start for start, _ in others]
    for start, end in ones:
        after = bisect_left(starts, end)
        for index in (after - 1, after):
            if not 0 <= index < len(others):
                continue
            other = others[index]
            gap = (other[1], start) if other[0] < start else (end, other[0])
            if gap[0] <= gap[1] <= gap[0] + PAIR_CHARS and _is_narrow(original[gap[0] : gap[1]]):
                yield 0, (start, end)
                yield 1, other


def _is_narrow(gap: str) -> bool:
    """Whether what stands between the two sides of a pair is on one line and few enough words."""
    return "\n" not in gap and Ruler(gap).tokens(0, len(gap)) <= PAIR_TOKENS


def _longest(rivals: list[Hit]) -> tuple[list[Hit], list[Loss]]:
    """Of hits that overlap, the longest wins; the same span may be several entities'."""
    taken: list[tuple[int, int, Hit]] = []  # sorted and free of overlaps
    winners: list[Hit] = []
    losses: list[Loss] = []
    for hit in sorted(rivals, key=lambda hit: (hit.start - hit.end, hit.start)):
        index = bisect_right(taken, hit.start, key=lambda one: one[0])
        around = taken[max(0, index - 1) : index + 1]
        winner = next((one[2] for one in around if one[0] < hit.end and hit.start < one[1]), None)
        if winner is None:
            insort(taken, (hit.start, hit.end, hit), key=lambda one: one[0])
            winners.append(hit)
        elif (winner.start, winner.end) == (hit.start, hit.end):
            winners.append(hit)
        elif winner.group != hit.group:
            losses.append(Loss(hit, f'is part of "{winner.alias}" ({winner.group})'))
    return winners, losses


class Ruler:
    """Measures a text in words; a Chinese character counts as half a word."""

    def __init__(self, text: str) -> None:
        self._starts: list[int] = []
        self._sums = [0.0]
        for start, _ in tokens(text):
            self._starts.append(start)
            self._sums.append(self._sums[-1] + (0.5 if "\u2e80" <= text[start] <= "\ufaff" else 1.0))

    def tokens(self, start: int, end: int) -> float:
        """How many words begin in `start:end`."""
        return self._sums[bisect_left(self._starts, end)] - self._sums[bisect_left(self._starts, start)]


def folded_fields(title: str, text: str) -> dict[FieldName, tuple[str, Folded]]:
    """Both fields of an article, as they are and folded."""
    return {"title": (title, fold(title)), "text": (text, fold(text))}
