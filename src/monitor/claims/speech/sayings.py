"""What attribution is made of: one saying (who, by which words, about what) and the answer for one place. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from monitor.language import Span
from monitor.model import Modality, Polarity

Kind = Literal["direct", "indirect", "according_to"]
Sense = Literal["states", "supposes", "predicts", "promises", "denies", "doubts", "hearsay"]
"""What the words of saying do to what is said: `supposes` (believes, estimates, suggests), `promises` (vows, plans to),
`hearsay` (reportedly, 据传): passed on by nobody in particular."""
Stand = Literal["person", "thing", "many"]
"""What a pronoun may stand for: he, it (a body, a text), they."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """Words by which somebody is said to say something, and the places of what is said.

    `speaker` is the cleaned name, None for hearsay; `where` its span. `pronoun` tells that `speaker` only stands for
    somebody named before. `cited` marks the source behind another speaker ("Reuters, citing officials"). `contents`
    are the spans that are said, none where they lie in a neighbouring sentence; `back` marks words that speak of the
    sentence before ("Об этом сообщил …"). `weak` marks hearsay that counts only where nobody else speaks, `outer` a
    source named after all the rest ("X said A, according to Y"), who passes on even what others say.
    """

    speaker: str | None
    where: Span | None
    cue: Span
    contents: tuple[Span, ...]
    kind: Kind = "indirect"
    sense: Sense = "states"
    negated: bool = False
    pronoun: Stand | None = None
    cited: bool = False
    back: bool = False
    weak: bool = False
    outer: bool = False

    def covers(self, place: Span) -> bool:
        """Whether what is said holds `place` (its beginning decides), or `place` is the verb itself: "denied"."""
        if self.contents and self.cue[0] <= place[0] < self.cue[1]:
            return True
        return any(start <= place[0] < end for start, end in self.contents)

    @property
    def extent(self) -> int:
        """How many code points are said: of two sayings that hold a place, the shorter one stands inside."""
        return sum(end - start for start, end in self.contents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Who says what stands at a place of a sentence.

    `speaker` is as written, without titles (in Russian in the nominative), None where only the outlet speaks; `start`
    and `end` are where that name was read, in the text given (perhaps in an earlier sentence), 0 and 0 without one;
    `cue` is the span of the deciding words. `chain` holds who passed it on, the nearest first. `sense` tells what the
    words of saying do to what is said, `negated` that somebody did *not* say it ("never said that", "declined to
    confirm"): then nobody is the speaker.
    """

    speaker: str | None = None
    start: int = 0
    end: int = 0
    cue: Span | None = None
    chain: tuple[str, ...] = ()
    kind: Kind | None = None
    sense: Sense = "states"
    negated: bool = False

    @property
    def outlet_itself(self) -> bool:
        """Whether nobody but the outlet speaks."""
        return self.speaker is None

    @property
    def polarity(self) -> Polarity:
        """`-` where what is said is denied by the very words of saying, or said not to have been said."""
        return "-" if (self.sense == "denies") != self.negated else "+"

    @property
    def modality(self) -> Modality | None:
        """What the words of saying alone make of what is said, None where they change nothing."""
        hints: dict[Sense, Modality] = {
            "supposes": "hedged", "predicts": "hedged", "doubts": "hedged", "hearsay": "hedged", "promises": "planned",
        }  # fmt: skip
        return hints.get(self.sense)


def turned(negated: bool, sense: Sense) -> tuple[bool, Sense]:
    """A negation that does not take back the saying: who does not believe denies, who does not rule out supposes."""
    if negated and sense in {"supposes", "predicts"}:
        return False, "denies"
    if negated and sense == "denies":
        return False, "supposes"
    return negated, sense


def apart(saying: Saying, begin: int) -> Saying:
    """The saying without what stands from `begin` on, where somebody else speaks beside it."""
    return replace(saying, contents=tuple((start, min(end, begin)) for start, end in saying.contents if start < begin))


def choose(sayings: Iterable[Saying], place: Span) -> list[Saying]:
    """The sayings that hold `place`, from the innermost, whose speaker says it, to the outermost."""
    holding = [one for one in sayings if one.covers(place)]
    strong = [one for one in holding if not one.weak] or holding
    # A cited source stands behind whoever cites it; of the others the one that says least else is nearest.
    return sorted(strong, key=lambda one: (not one.cited, one.outer, one.extent, one.cue[0]))
