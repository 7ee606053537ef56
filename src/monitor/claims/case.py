"""One sentence looked at for one claim: what the kinds are given and what they answer. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from monitor.claims.clauses import Clauses
from monitor.claims.cues import Prepared
from monitor.claims.modality import Mood, modality
from monitor.claims.negation import Denial, denials, is_denied
from monitor.claims.reading import Place, Reading, Sentence, Subject
from monitor.language import Span
from monitor.model import Comparator, Polarity
from monitor.watchlist import Entity

Role = Literal["value", "cue", "subject", "previous"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a sentence says of a claim, before it is asked who says it. `focus` is the stretch whose polarity and
    modality count, `value_span` the value itself; spans are offsets in the sentence. `weight` ranks drafts of one
    sentence: the least counts. `why` is a sentence for explanations."""

    value: str
    value_span: Span
    focus: Span
    why: str
    number: float | None = None
    number_hi: float | None = None
    comparator: Comparator = "eq"
    previous: str | None = None
    marks: tuple[tuple[Role, Span], ...] = ()
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something in a sentence that looked like the claim was not taken."""

    span: Span
    why: str


Findings = list[Draft | Refusal]


_INVITED_BY = re.compile(r"(?:\binvitation\s+of|приглашению)\W+(?:\w+\W+){0,3}$|应\S{0,8}$")
_INVITES = re.compile(r"['’]s\s+invitation|\S{0,4}邀请")


@dataclass(frozen=True)
class Case:
    """A sentence that may speak of a claim, with what stands for its subject there."""

    prepared: Prepared
    reading: Reading
    sentence: Sentence
    subject: Subject
    reference: date
    entities: Mapping[str, Entity]

    @property
    def clauses(self) -> Clauses:
        """The sentence, divided."""
        return self.sentence.clauses

    @property
    def text(self) -> str:
        """The sentence as written."""
        return self.sentence.text

    def places(self, *groups: str) -> tuple[Place, ...]:
        """Where words of the groups stand in the sentence; empty names are skipped."""
        return self.reading.places((group for group in groups if group), self.sentence)

    def options(self, group: str) -> tuple[Place, ...]:
        """Where words of a step, stance or value stand, except inside a name of the subject ("Central Television")."""
        names = self.subject.places
        return tuple(
            place
            for place in self.places(group)
            if not any(one.start <= place.start and place.end <= one.end and one.span != place.span for one in names)
        )

    @property
    def rivals(self) -> tuple[Place, ...]:
        """Where the sentence names what carries the same sort of value as the subject; not who only invites."""
        places = self.places(*self.prepared.claim.rivals, self.prepared.rivals_text)
        return tuple(place for place in places if not self.is_host(place))

    def is_host(self, place: Place) -> bool:
        """Whether a name is only that of who invites: "at the invitation of X", 应X邀请."""
        before = self.clauses.plain[max(0, place.start - 30) : place.start]
        after = self.clauses.plain[place.end : place.end + 14]
        return _INVITED_BY.search(before) is not None or _INVITES.match(after) is not None

    def polarity(self, focus: Span) -> tuple[Polarity, tuple[Denial, ...]]:
        """Whether the sentence affirms the focus, with the words that deny it."""
        found = denials(self.clauses, focus, self.prepared.claim.kind)
        return ("-" if is_denied(found) else "+"), found

    def mood(self, focus: Span) -> Mood:
        """What the sentence does with the focus."""
        return modality(self.clauses, focus)

    def written(self, span: Span) -> str:
        """The words at a place, for explanations."""
        return self.text[span[0] : span[1]]


def union(spans: Iterable[Span]) -> Span:
    """The stretch from the first to the last of some spans."""
    every = list(spans)
    return min(start for start, _ in every), max(end for _, end in every)


def nearest(case: Case, to: Span, places: Sequence[Place]) -> Place | None:
    """The nearest of some places; one that comes before is preferred to one as far behind."""
    return min(places, key=lambda place: reach(case, to, place.span), default=None)


def reach(case: Case, to: Span, place: Span) -> float:
    """The distance from a place to a value, a little more where it follows the value."""
    return case.clauses.distance(place, to) + (0.5 if place[0] > to[0] else 0.0)


def marked(role: Role, *spans: Span | None) -> tuple[tuple[Role, Span], ...]:
    """Marks of one role for those places that there are."""
    return tuple((role, span) for span in spans if span is not None)
