"""Who says what in a Russian sentence: patterns over words with their cases; speakers in the nominative. Pure.

A frame ("по словам X", "со ссылкой на X") names its source in an oblique case. A verb of saying has its subject after
it where it opens its clause (", сообщил X", "об этом заявил X"), else before it, else in "в X заявили".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.claims.speech.russian_names import Noun, noun_before, noun_phrase, place_name
from monitor.claims.speech.russian_patterns import (
    ABOUT_IT,
    BEFORE_VERB,
    CITING,
    CLAUSE_AHEAD,
    DIRECT,
    FRAMES,
    HEARSAY,
    HINTS,
    HIS,
    IN_DOCUMENT,
    LABEL,
    LIE,
    NO_SUBJECT,
    OWN,
    PRONOUNS,
    SAID_IT,
    SAYS_IN_DOCUMENT,
    SUPPOSED,
    TEXTS,
    THAT_FIRST,
)
from monitor.claims.speech.russian_words import Word, read_words
from monitor.claims.speech.sayings import Kind, Saying, Sense, Stand, apart, turned
from monitor.claims.speech.verbs import RUSSIAN, RUSSIAN_NEEDS_CLAUSE, RUSSIAN_OF_TEXTS
from monitor.language import Span

Subject = tuple[Noun, Stand | None]


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    start: int
    end: int
    words: Sequence[Word]

    @property
    def whole(self) -> str:
        return self.text[self.start : self.end]

    def around(self, inside: Span) -> tuple[Span, ...]:
        """What stands before and after `inside`."""
        return tuple(span for span in ((self.start, inside[0]), (inside[1], self.end)) if span[0] < span[1])

    def clause_start(self, index: int) -> int:
        """The first word of the clause of a word."""
        while index > 0 and not self.words[index].bounded:
            index -= 1
        return index

    def clause_end(self, index: int) -> int:
        """The last word of the clause of a word."""
        while index + 1 < len(self.words) and not self.words[index + 1].bounded:
            index += 1
        return index


def sayings(text: str, sentence: Span, names: frozenset[str] = frozenset()) -> list[Saying]:
    """Everything that somebody is said to say in the sentence, and who. `names` are names known to be somebody's."""
    start, end = sentence
    if not HINTS.search(text, start, end):
        return []
    one = _Sentence(text, start, end, read_words(text, start, end))
    verbs = [saying for index in range(len(one.words)) for saying in _of_verb(one, index)]
    return [*_dash(one), *_colon(one, names), *_own(one), *_frames(one), *_side_by_side(verbs), *_hearsay(one)]


# -- frames: по словам, со ссылкой на ---------------------------------------------------------------------------------


def _frames(one: _Sentence) -> Iterator[Saying]:
    for pattern, case in FRAMES:
        for found in pattern.finditer(one.text, one.start, one.end):
            if his := HIS.match(one.text, found.end(), one.end):
                yield _said_by_pronoun(one, found.span(), his.span("who"))
                continue
            if IN_DOCUMENT.match(found[0]) and not SAYS_IN_DOCUMENT.search(one.whole):
                continue
            noun = noun_phrase(one.text, one.words, found.end(), one.end, case)
            if noun is None:
                continue
            back = SAID_IT.match(one.whole) is not None
            contents = () if back else one.around((found.start(), noun.end))
            cited, sense = CITING.search(found[0]) is not None, _frame_sense(found[0])
            yield Saying(speaker=noun.name, where=(noun.start, noun.end), cue=found.span(), contents=contents,
                         kind="according_to", sense=sense, cited=cited, back=back)  # fmt: skip


def _own(one: _Sentence) -> Iterator[Saying]:
    """ "по его словам"."""
    for found in OWN.finditer(one.text, one.start, one.end):
        yield _said_by_pronoun(one, found.span(), found.span("who"))


def _said_by_pronoun(one: _Sentence, cue: Span, where: Span) -> Saying:
    nominative = {"его": "он", "ее": "она", "их": "они"}[_folded(one.text[slice(*where)])]
    contents, sense = one.around((cue[0], max(cue[1], where[1]))), _frame_sense(one.text[slice(*cue)])
    return Saying(speaker=nominative, where=where, cue=cue, contents=contents, kind="according_to", sense=sense,
                  pronoun=PRONOUNS[nominative])  # fmt: skip


def _frame_sense(words: str) -> Sense:
    if "прогноз" in words.lower():
        return "predicts"
    return "supposes" if SUPPOSED.search(words) else "states"


def _hearsay(one: _Sentence) -> Iterator[Saying]:
    for found in HEARSAY.finditer(one.text, one.start, one.end):
        contents = one.around(found.span())
        yield Saying(speaker=None, where=None, cue=found.span(), contents=contents, sense="hearsay", weak=True)


def _folded(word: str) -> str:
    return word.lower().replace("ё", "е")


# -- verbs ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Verb:
    """A verb of saying in its clause, from the word `first` to the word `last`."""

    one: _Sentence
    index: int
    first: int
    last: int
    reading: Any

    @property
    def word(self) -> Word:
        return self.one.words[self.index]

    @property
    def before(self) -> str:
        """What stands before it in its clause."""
        return self.one.text[self.one.words[self.first].start : self.word.start]

    @property
    def opens(self) -> bool:
        """Whether it opens its clause, places and times aside: ", сообщил Песков", "Об этом в Риме заявил Лавров"."""
        bare = ABOUT_IT.sub(" ", BEFORE_VERB.sub(" ", self.before))
        return not re.search(r"\w", bare) or ABOUT_IT.search(self.before) is not None

    @property
    def is_plural(self) -> bool:
        return str(self.reading.tag.number) == "plur"


def _of_verb(one: _Sentence, index: int) -> Iterator[Saying]:
    word = one.words[index]
    reading = word.reading(("VERB",))
    if reading is None or reading.tag.mood == "impr" or reading.tag.person in {"1per", "2per"}:
        return
    infinitive = reading.normal_form.replace("ё", "е")
    if infinitive not in RUSSIAN:
        return
    verb = _Verb(one, index, one.clause_start(index), one.clause_end(index), reading)
    subject = _subject(verb)
    if subject is None:
        return
    noun, pronoun = subject
    if infinitive in RUSSIAN_OF_TEXTS and not noun.person and not TEXTS.search(noun.name):
        return
    contents, back = _contents(verb, noun)
    lie = infinitive in {"назвать", "называть"} and LIE.search(one.text, word.end, one.words[verb.last].end)
    told = back or _has_clause(verb, noun) or (verb.opens and infinitive not in {"назвать", "называть"})
    needs = infinitive in RUSSIAN_NEEDS_CLAUSE and not (lie or told)
    if needs or not (contents or back):
        return
    negated = index > 0 and one.words[index - 1].folded in {"не", "никогда"}
    negated, sense = turned(negated, "denies" if lie else RUSSIAN[infinitive])
    kind: Kind = "direct" if any(DIRECT.search(one.text[start:end]) for start, end in contents) else "indirect"
    yield Saying(speaker=noun.name, where=(noun.start, noun.end), cue=(word.start, word.end), contents=contents,
                 kind=kind, sense=sense, negated=negated, pronoun=pronoun, back=back)  # fmt: skip


def _subject(verb: _Verb) -> Subject | None:
    """Who says it: in the verb's clause, on the likelier side first, else further away."""
    one = verb.one
    for side in ("right", "left") if verb.opens else ("left", "right"):
        if side == "right":
            words, after = one.words[verb.index + 1 : verb.last + 1], verb.word.end
            stop = next(
                (word.start for word in words if word.folded in {"что", "о", "об", "будто"}), one.words[verb.last].end
            )
        else:
            words, after, stop = one.words[verb.first : verb.index], one.words[verb.first].start, verb.word.start
        if (pronoun := _pronoun(words, stop)) is not None:
            return pronoun
        if any(word.folded in NO_SUBJECT and word.end <= stop for word in words):
            return None
        noun = noun_before(one.text, one.words, after, stop, verb.reading)
        if side == "right" and not verb.opens and verb.is_plural:
            # "В Минобороны сообщили данные": what stands after is what they tell
            noun = place_name(one.text, one.words[verb.first : verb.index]) or noun
        if noun is not None:
            return noun, None
    if verb.first > 0 and one.words[verb.first].folded.startswith("котор"):
        return _antecedent(verb)
    if verb.is_plural and (place := place_name(one.text, one.words[verb.first : verb.last + 1])) is not None:
        return place, None
    return _over_a_clause(verb)


def _antecedent(verb: _Verb) -> Subject | None:
    """Whom "который" takes up: the noun right before it, in any case."""
    before = verb.one.words[verb.first - 1]
    for start in range(verb.one.clause_start(verb.first - 1), verb.first):
        noun = noun_phrase(verb.one.text, verb.one.words, verb.one.words[start].start, before.end, None)
        if noun is not None and noun.end >= before.end:
            return noun, None
    return None


def _over_a_clause(verb: _Verb) -> Subject | None:
    """The subject of "министр, выступая в парламенте, заявил": one or two clauses before."""
    one, begin = verb.one, verb.first
    for _ in range(2):
        if begin == 0:
            return None
        stop = one.words[begin - 1].end
        begin = one.clause_start(begin - 1)
        if (pronoun := _pronoun(one.words[begin : begin + 3], stop)) is not None:
            return pronoun
        noun = noun_before(one.text, one.words, one.words[begin].start, stop, verb.reading)
        if noun is not None:
            return noun, None
    return None


def _pronoun(words: Sequence[Word], stop: int) -> Subject | None:
    for word in words:
        if word.end <= stop and word.folded in PRONOUNS:
            return Noun(word.text, word.start, word.end), PRONOUNS[word.folded]
    return None


def _contents(verb: _Verb, noun: Noun) -> tuple[tuple[Span, ...], bool]:
    """What is said, and whether it is the sentence before ("Об этом сообщил X.")."""
    one, word = verb.one, verb.word
    begin, end = one.words[verb.first].start, max(one.words[verb.last].end, noun.end)
    first = not one.text[one.start : begin].strip(' ,—–-«»"“”')
    if THAT_FIRST.match(one.text[one.start : begin]):
        return ((one.start, begin),), False  # "О том, что …, X заявил"
    if first and ABOUT_IT.search(verb.before):
        after = one.text[end : one.end].strip(' .,—–-!»"”…')
        return (((end, one.end),) if after.startswith((":", "«", "“")) else ()), True
    if _has_clause(verb, noun):
        return ((max(word.end, noun.end if word.end < noun.end < one.end else 0), one.end),), False
    if verb.opens and (not first or re.match(r"\s*как\b", verb.before, re.IGNORECASE)):
        return one.around((begin, end)), False
    if noun.start > word.end and first and re.search(r"\w", verb.before):
        return ((one.start, word.start),), False  # "Эту линию подтвердил Лавров"
    rest = one.text[word.end : one.end].strip(' .!?…»”"')
    return (((word.end, one.end),) if rest else ()), False


def _has_clause(verb: _Verb, noun: Noun) -> bool:
    """Whether what is said follows: ", что …", ": …", "о том, что"."""
    at = noun.end if noun.start > verb.word.start else verb.word.end
    return CLAUSE_AHEAD.match(verb.one.text, at, min(verb.one.end, at + 120)) is not None


def _side_by_side(verbs: list[Saying]) -> Iterator[Saying]:
    """Side by side in one sentence ("A заявил, что …, а B сообщил, что …") nobody passes on what the other says."""
    for index, saying in enumerate(verbs):
        later = next((other for other in verbs[index + 1 :] if other.where not in {saying.where, None}), None)
        if later is None or later.where is None or not saying.contents or later.contents == saying.contents:
            yield saying
            continue
        begin = min(later.where[0], later.cue[0])
        nested = begin - saying.cue[1] < 40 or saying.contents[0][0] < saying.cue[0]
        yield saying if nested else apart(saying, begin)


# -- headlines, names -------------------------------------------------------------------------------------------------


def _dash(one: _Sentence) -> Iterator[Saying]:
    """ "Город освобожден — Генштаб"."""
    dash = max(one.text.rfind(mark, one.start, one.end) for mark in (" — ", " – ", " - "))
    if dash <= one.start + 20 or one.end - dash >= 50 or not one.text[one.end - 1].isalnum():
        return
    noun = noun_phrase(one.text, one.words, dash + 3, one.end, "nomn")
    if noun is None or noun.end != one.end or not (noun.person or noun.body or not one.text[dash + 3].islower()):
        return
    yield Saying(speaker=noun.name, where=(noun.start, noun.end), cue=(dash, dash + 3), contents=((one.start, dash),))


def _colon(one: _Sentence, names: frozenset[str]) -> Iterator[Saying]:
    """ "Песков: сроков пока нет" and "Минобороны: …"."""
    colon = re.compile(r":\s").search(one.text, one.start, min(one.end, one.start + 70))
    if colon is None:
        return
    before = one.text[one.start : colon.start()]
    comma = before.find(", ")
    if comma > 0 and one.text[colon.end() : colon.end() + 1] in {"«", "“", '"'}:
        before = before[:comma]  # "Сергей Лавров, министр иностранных дел: «…"
    if LABEL.search(before) or len(before.split()) > 7 or re.search(r"(?<!\b[А-ЯЁA-Z])[.,;!?]", before):
        return
    if any(word.reading(("VERB", "INFN", "PRTS")) for word in one.words if word.end <= colon.start()):
        return
    noun = noun_phrase(one.text, one.words, one.start, one.start + len(before), "nomn")
    if noun is not None and (noun.person or noun.body or noun.name in names or noun.name.isupper()):
        yield Saying(speaker=noun.name, where=(noun.start, noun.end), cue=colon.span(),
                     contents=((colon.end(), one.end),), kind="direct")  # fmt: skip


def last_person(text: str, sentence: Span) -> Span | None:
    """The last person named in the sentence."""
    words = read_words(text, *sentence)
    last = None
    for word in words:
        if word.is_name and (last is None or word.start >= last[1]):
            noun = noun_phrase(text, words, word.start, sentence[1], None)
            if noun is not None and noun.person:
                last = noun.start, noun.end
    return last
