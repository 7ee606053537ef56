"""Who says what stands at a place of a sentence, in English, Chinese and Russian. Pure.

`attribute` asks the sentence first (verbs of saying, "according to", a headline's colon), then, where the place stands
in a quotation that the sentence does not account for, its neighbours; and looks up in the sentences before whom "he",
他 or "он" stands for. Where nobody is named the outlet itself speaks.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from monitor.claims.speech import chinese, english, russian
from monitor.claims.speech.sayings import Attribution, Kind, Saying, Sense, choose
from monitor.language import HAN, Span, sentences
from monitor.model import Language

__all__ = ["Attribution", "Kind", "Saying", "Sense", "attribute"]

AHEAD = 700
"""Code points after the sentence that may hold the words of saying of a quotation, or "Об этом заявил …"."""
BACK = 6
"""Sentences before it in which a pronoun's name or a quotation's speaker is looked for."""


def attribute(
    text: str,
    sentence: Span,
    focus: Span,
    *,
    language: Language,
    previous: Sequence[Span] = (),
    names: Iterable[str] = (),
) -> Attribution:
    """Who says what stands at `focus` (the value or cue) in `sentence`, both spans of `text`.

    `previous` are the spans of the sentences before it, in order; `language` is a hint, the script of the sentence
    decides. `names` are names known to be somebody's (aliases of the watchlist's entities), which helps where a script
    has no capitals. To let a title take part, pass title and text joined by a newline.
    """
    reader = _Reader(text, language, _bare(frozenset(names)), tuple(previous)[-BACK:])
    return reader.attribute(sentence, focus)


@lru_cache(maxsize=8)
def _bare(names: frozenset[str]) -> frozenset[str]:
    """Aliases without the watchlist's `=`."""
    return frozenset(name.removeprefix("=") for name in names)


class _Reader:
    """One text, read for one question; remembers what its sentences say."""

    def __init__(self, text: str, language: Language, names: frozenset[str], previous: tuple[Span, ...]) -> None:
        self._text = text
        self._language = language
        self._names = names
        self._previous = previous
        self._known: dict[Span, list[Saying]] = {}

    def attribute(self, sentence: Span, focus: Span) -> Attribution:
        said = choose(self._sayings(sentence), focus)
        if said and not all(one.weak for one in said):
            return self._answer(said, self._previous)
        if (quoted := self._in_quotation(sentence, focus)) is not None:
            return quoted
        if (running := self._running_on(sentence)) is not None and not said:
            return running
        following = self._following(sentence)
        if following and (back := [one for one in self._sayings(following[0]) if one.back]):
            return self._answer([*back, *said], (*self._previous, sentence))
        return self._answer(said, self._previous)

    # -- the sentence -------------------------------------------------------------------------------------------------

    def _sayings(self, sentence: Span) -> list[Saying]:
        if sentence not in self._known:
            script = script_of(self._text[slice(*sentence)], self._language)
            if script == "zh":
                found = chinese.sayings(self._text, sentence, self._names)
            elif script == "ru":
                found = russian.sayings(self._text, sentence, self._names)
            else:
                found = english.sayings(self._text, sentence, self._names)
            self._known[sentence] = found
        return self._known[sentence]

    def _answer(self, said: Sequence[Saying], before: Sequence[Span]) -> Attribution:
        """The innermost saying's speaker, with the others as the chain."""
        if not said:
            return Attribution()
        first = said[0]
        if first.negated or first.speaker is None:
            return Attribution(cue=first.cue, kind=first.kind, sense=first.sense, negated=first.negated)
        named = self._named(first, before)
        chain: list[str] = []
        for other in said[1:]:
            passed = self._named(other, before).speaker
            if passed is not None and not other.negated and passed not in (named.speaker, *chain):
                chain.append(passed)
        where = named.where or (0, 0)
        return Attribution(speaker=named.speaker, start=where[0], end=where[1], cue=first.cue, chain=tuple(chain),
                           kind=first.kind, sense=first.sense)  # fmt: skip

    def _named(self, saying: Saying, before: Sequence[Span]) -> Saying:
        """The saying with the name that its pronoun stands for, where one is found in the sentences before."""
        if saying.pronoun is None:
            return saying
        for other in self._holding(saying):  # "Peskov said he had said so"
            return replace(saying, speaker=other.speaker, where=other.where)
        if (role := self._role_before(saying)) is not None:
            return replace(saying, speaker=self._text[slice(*role)], where=role)
        for sentence in reversed(before):
            for other in reversed(self._sayings(sentence)):
                if (
                    other.pronoun is None
                    and other.speaker is not None
                    and other.where is not None
                    and _fits(saying, other)
                ):
                    return replace(saying, speaker=other.speaker, where=other.where)
            if (where := self._last_named(sentence, saying)) is not None:
                return replace(saying, speaker=self._text[slice(*where)], where=where)
        return saying

    def _holding(self, saying: Saying) -> Iterator[Saying]:
        """Sayings of the same sentence in whose contents a pronoun stands: it takes up their speaker."""
        for found in self._known.values():
            if saying in found:
                yield from (
                    other
                    for other in reversed(found)
                    if other.pronoun is None and other.speaker and saying.where and other.covers(saying.where)
                )

    def _role_before(self, saying: Saying) -> Span | None:
        """Somebody whom the sentence itself speaks of by their role before it says "he": the Russian president."""
        sentence = next((sentence for sentence, found in self._known.items() if saying in found), None)
        if saying.pronoun != "person" or saying.where is None or sentence is None:
            return None
        return english.role_in_front(self._text, (sentence[0], saying.where[0]))

    def _last_named(self, sentence: Span, saying: Saying) -> Span | None:
        """The last person (for "it", nobody) whom a sentence names without letting them speak."""
        if saying.pronoun != "person":
            return None
        script = script_of(self._text[slice(*sentence)], self._language)
        if script == "zh":
            return chinese.last_person(self._text, sentence, self._names)
        if script == "ru":
            return russian.last_person(self._text, sentence)
        return english.last_person(self._text, sentence, self._names)

    # -- its neighbours -----------------------------------------------------------------------------------------------

    def _following(self, sentence: Span) -> list[Span]:
        rest = self._text[sentence[1] : sentence[1] + AHEAD]
        return [(sentence[1] + start, sentence[1] + end) for start, end in sentences(rest)]

    def _in_quotation(self, sentence: Span, focus: Span) -> Attribution | None:
        """The speaker of the quotation that holds the focus, told before it, after it or in its other sentences."""
        start = self._text.rfind("\n", 0, sentence[0]) + 1
        stop = self._text.find("\n", sentence[1])
        stop = min(len(self._text) if stop < 0 else stop, sentence[1] + AHEAD)
        start = max(start, sentence[0] - 4 * AHEAD)
        span = next((one for one in quotations(self._text, start, stop) if one[0] <= focus[0] < one[1]), None)
        if span is None or not _is_speech(self._text, span, sentence):
            return None
        around = [*(one for one in self._previous if one[0] >= start), sentence]
        for one in (*around, *(one for one in self._following(sentence) if one[0] <= span[1])):
            # a sentence that holds the beginning or the end of the quotation, and says whose it is
            for edge in (span[0] + 1, span[1] - 2):
                if one != sentence and one[0] <= edge < one[1] + 2:
                    said = choose(self._sayings(one), (edge, edge)) or choose(self._sayings(one), (one[0], one[0]))
                    if said and not said[0].weak:
                        return self._answer(said, [each for each in self._previous if each[1] <= one[0]])
        after = next((one for one in self._following(sentence) if one[0] >= span[1]), None)
        right_after = after is not None and not self._text[span[1] : after[0]].strip()
        back = [one for one in self._sayings(after) if one.back] if after is not None and right_after else []
        if back:  # “……。”普京说。
            return self._answer([replace(back[0], kind="direct")], self._previous)
        return self._before_quotation(sentence, span)

    def _before_quotation(self, sentence: Span, span: Span) -> Attribution | None:
        """A quotation without words of saying of its own goes on what the sentence before said."""
        if span[0] < sentence[0]:
            return None
        for index in range(len(self._previous) - 1, -1, -1):
            one = self._previous[index]
            said = [each for each in self._sayings(one) if each.speaker is not None and not each.negated]
            if said:
                return self._answer([replace(said[-1], kind="direct")], self._previous[:index])
            if "\n" in self._text[one[1] : sentence[0]] and not self._text[slice(*one)].rstrip().endswith((":", "：")):
                break
        return None

    def _running_on(self, sentence: Span) -> Attribution | None:
        """A speech that runs on over the sentences of a paragraph, as a transcript's or an official report's."""
        chinese_report = script_of(self._text[slice(*sentence)], self._language) == "zh"
        next_start = sentence[0]
        if chinese_report and not chinese.runs_on(self._text, sentence):
            return None
        for index in range(len(self._previous) - 1, -1, -1):
            one = self._previous[index]
            if "\n" in self._text[one[1] : next_start]:
                return None
            next_start = one[0]
            said = [each for each in self._sayings(one) if each.speaker is not None and not each.negated]
            to_end = [
                each for each in said if any(end >= one[1] - 2 and start > each.cue[0] for start, end in each.contents)
            ]
            transcript = any(self._text[each.cue[0]] in ":：" for each in to_end)
            if to_end and (transcript or (chinese_report and to_end[-1].kind != "according_to")):
                return self._answer(to_end[:1] if transcript else to_end[-1:], self._previous[:index])
            if said or (chinese_report and not chinese.runs_on(self._text, one)):
                return None
        return None


def _fits(saying: Saying, other: Saying) -> bool:
    """Whether somebody who spoke before can be "he", "it" or "they"."""
    name = other.speaker or ""
    plural = bool(re.search(r"\w(?:s|и|ы)$|们$|人士$", name.split()[-1] if name.split() else name))
    if saying.pronoun == "many":
        return True
    return saying.pronoun != "person" or not plural or name[:1].isupper()


# -- scripts and quotations -------------------------------------------------------------------------------------------

_HAN = re.compile(f"[{HAN}]")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[A-Za-z]")


def script_of(sentence: str, hint: Language) -> Language:
    """Which of the three languages' words of saying a sentence uses: the script with most letters, a character of
    Chinese counting for three."""
    count = {"zh": 3 * len(_HAN.findall(sentence)), "ru": len(_CYRILLIC.findall(sentence)),
             "en": len(_LATIN.findall(sentence))}  # fmt: skip
    best = max(count, key=lambda name: (count[name], name == hint))
    return best if count[best] else hint


_PAIRS = {"“": "”", "«": "»", "「": "」", "„": "“", "『": "』"}


def quotations(text: str, start: int, end: int) -> list[Span]:
    """The spans within quotation marks, outermost only; a mark that is not closed holds to the end."""
    found: list[Span] = []
    closing = ""
    begin = depth = 0
    for at in range(start, end):
        char = text[at]
        if closing:
            if char == closing and (char != '"' or not _opens(text, at)):
                depth -= 1
                if depth == 0:
                    found.append((begin, at + 1))
                    closing = ""
            elif char != '"' and _PAIRS.get(char) == closing:
                depth += 1
        elif char in _PAIRS or (char == '"' and _opens(text, at)):
            closing, begin, depth = _PAIRS.get(char, '"'), at, 1
    if closing:
        found.append((begin, end))
    return found


def _opens(text: str, at: int) -> bool:
    """Whether a straight quotation mark opens: nothing, white space or a bracket stands before it."""
    return at == 0 or text[at - 1].isspace() or text[at - 1] in "([—–-:,，：“‘'"


def _is_speech(text: str, span: Span, sentence: Span) -> bool:
    """Whether a quotation is somebody's words, not a name or a term: it is long, or crosses sentences."""
    inside = text[slice(*span)]
    long = len(inside.split()) >= 6 or len(_HAN.findall(inside)) >= 12
    return long or span[0] < sentence[0] or span[1] > sentence[1]
