"""One article as claims are looked for in it: sentences, the places of the watchlist's words in each, and what an
earlier sentence was about. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from monitor.claims.clauses import Clauses
from monitor.claims.cues import Prepared
from monitor.language import Span, sentences
from monitor.phrases import FieldName, Found, Hit

CARRIED_SENTENCES = 3
"""How many sentences back a subject may have been named."""
FRAMED_SENTENCES = 40
"""Sentences at the beginning of a text that a subject in its title may be carried to without a word of the claim."""
MAX_SENTENCE = 1_200
"""Code points; a longer run without a full stop is a list or a table, and nothing is read out of it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where words of a claim stand in a sentence, with offsets in the sentence. For `a ~ b` it spans both; `head` and
    `tail` are then the places of the first and of the second phrase, as the watchlist writes them."""

    start: int
    end: int
    group: str
    alias: str
    head: Span
    tail: Span | None = None

    @property
    def span(self) -> Span:
        """Both offsets."""
        return self.start, self.end


@dataclass(frozen=True)
class Sentence:
    """A sentence of a field. `index` counts from 0 in the text; the title's are -1."""

    field: FieldName
    start: int
    end: int
    index: int
    clauses: Clauses

    @property
    def text(self) -> str:
        """The sentence as written."""
        return self.clauses.text


@dataclass(frozen=True, slots=True)
class Subject:
    """What in a sentence stands for the claim's subject. `places` is empty where only an earlier sentence names it;
    `named` is where that was, for explanations."""

    places: tuple[Place, ...]
    carried: bool = False
    named: str = ""


@dataclass
class Reading:
    """An article, the hits in it, and its sentences."""

    title: str
    text: str
    found: Found
    _clauses: dict[tuple[FieldName, int], Sentence] = field(default_factory=dict)
    _starts: dict[str, list[tuple[bool, int]]] = field(default_factory=dict)

    @cached_property
    def _spans(self) -> dict[FieldName, list[Span]]:
        return {"title": sentences(self.title), "text": sentences(self.text)}

    def sentences_of(self, prepared: Prepared) -> Iterator[Sentence]:
        """The sentences that may speak of a claim, the title's first: those with its words, or, where it has none but
        its subject's, those with a digit or a numeral that the subject may be carried to."""
        if prepared.anchors:
            wanted = {(hit.field, self._at(hit)) for hit in self._every_hit(prepared.anchors)}
        else:
            wanted = {
                (hit.field, at)
                for hit in self._every_hit((*prepared.claim.subject, prepared.also_called))
                for at in range(self._at(hit), self._at(hit) + CARRIED_SENTENCES + 1)
                if at < len(self._spans[hit.field])
            }
            if any(hit.field == "title" for hit in self._every_hit(prepared.claim.subject)):
                wanted |= {("text", at) for at in range(min(FRAMED_SENTENCES, len(self._spans["text"])))}
        for name, at in sorted(wanted, key=lambda one: (one[0] != "title", one[1])):
            start, end = self._spans[name][at]
            sentence = self._sentence(name, at) if end - start <= MAX_SENTENCE else None
            if sentence is not None and "://" not in sentence.text:  # an address says nothing, whatever its words
                yield sentence

    def _every_hit(self, groups: Iterable[str]) -> Iterator[Hit]:
        for group in groups:
            yield from self.found.hits.get(group, ())

    def _at(self, hit: Hit) -> int:
        return max(0, bisect_right(self._spans[hit.field], hit.start, key=lambda span: span[0]) - 1)

    def _sentence(self, name: FieldName, at: int) -> Sentence:
        known = self._clauses.get((name, at))
        if known is None:
            start, end = self._spans[name][at]
            text = (self.title if name == "title" else self.text)[start:end]
            known = Sentence(name, start, end, at if name == "text" else -1, Clauses(text))
            self._clauses[name, at] = known
        return known

    def previous(self, sentence: Sentence, count: int = CARRIED_SENTENCES) -> list[Span]:
        """The spans of up to `count` sentences before this one in its field, the earliest first."""
        spans = self._spans[sentence.field]
        at = bisect_left(spans, (sentence.start, sentence.end))
        return spans[max(0, at - count) : at]

    # -- words of a claim -----------------------------------------------------------------------------------------

    def places(self, groups: Iterable[str], sentence: Sentence) -> tuple[Place, ...]:
        """Where words of the groups stand in a sentence, in its order; of `a ~ b` both sides in one clause."""
        places: list[Place] = []
        for group in groups:
            hits = self._hits(group, sentence.field == "text", sentence.start, sentence.end)
            pairs: dict[str, list[Hit]] = {}
            for hit in hits:
                if "~" in hit.alias:
                    pairs.setdefault(hit.alias, []).append(hit)
                elif hit.end <= sentence.end:
                    span = hit.start - sentence.start, hit.end - sentence.start
                    places.append(Place(*span, group, hit.alias, head=span))
            for both in pairs.values():
                places += _joined(both, sentence, group)
        return tuple(sorted(set(places), key=lambda place: (place.start, -place.end)))

    def named_in(self, groups: Iterable[str], field: FieldName, start: int, end: int) -> Hit | None:
        """The last hit of the groups in a stretch of a field."""
        hits = [hit for group in groups for hit in self._hits(group, field == "text", start, end)]
        return max(hits, key=lambda hit: hit.start, default=None)

    def _hits(self, group: str, in_text: bool, start: int, end: int) -> Sequence[Hit]:
        hits = self.found.hits.get(group, ())
        if not hits:
            return ()
        starts = self._starts.get(group)
        if starts is None:
            starts = self._starts[group] = [(hit.field == "text", hit.start) for hit in hits]
        return hits[bisect_left(starts, (in_text, start)) : bisect_left(starts, (in_text, end))]

    # -- the subject ----------------------------------------------------------------------------------------------

    def subject(self, prepared: Prepared, sentence: Sentence) -> Subject | None:
        """What stands for the claim's subject in the sentence; None where nothing does, or something else took its
        place since it was named."""
        claim = prepared.claim
        if not claim.subject:
            return Subject(())
        direct = self.places(claim.subject, sentence)
        named = {place.group for place in direct}
        if direct and (not claim.subject_all or named >= set(claim.subject)):
            return Subject(direct)
        where = self._named_before(prepared, sentence, frozenset(claim.subject) - named)
        if where is None:
            return None
        other = self.places((prepared.also_called,), sentence) if prepared.also_called else ()
        return Subject(tuple(sorted((*direct, *other), key=lambda place: place.start)), carried=True, named=where)

    def _named_before(self, prepared: Prepared, sentence: Sentence, missing: frozenset[str]) -> str | None:
        """Where the subject was named last, if nothing else of its sort was named since."""
        claim = prepared.claim
        rivals = (*claim.rivals, prepared.rivals_text)
        left = set(missing)
        if sentence.field == "text":
            for back, (start, end) in enumerate(reversed(self.previous(sentence)), start=1):
                hit = self.named_in(missing, "text", start, end)
                rival = self.named_in(rivals, "text", start, end)
                if rival is not None and (hit is None or hit.start < rival.start):
                    return None
                if hit is not None:
                    left = left - {name for name in left if self.named_in((name,), "text", start, end)}
                    if not claim.subject_all or not left:
                        return "the sentence before" if back == 1 else f"{back} sentences before"
            left = {name for name in left if self.named_in((name,), "title", 0, len(self.title)) is None}
            if (not left) if claim.subject_all else len(left) < len(missing):
                return "the title"
        return None


def _joined(hits: Sequence[Hit], sentence: Sentence, group: str) -> Iterator[Place]:
    """Each hit of the first side of `a ~ b` with the nearest of the second, where no conjunction divides them."""
    inside = [hit for hit in hits if hit.end <= sentence.end]
    others = [hit for hit in inside if hit.side == 1]
    for one in inside:
        if one.side == 0 and others:
            other = min(others, key=lambda hit: abs(hit.start - one.start))
            start, end = min(one.start, other.start) - sentence.start, max(one.end, other.end) - sentence.start
            if sentence.clauses.in_one_clause(start, max(start, end - 1)):
                head, tail = ((hit.start - sentence.start, hit.end - sentence.start) for hit in (one, other))
                yield Place(start, end, group, one.alias, head, tail)
