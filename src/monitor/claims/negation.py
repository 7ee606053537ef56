"""Whether a sentence affirms or denies what a place in it says, and the words that decide. Pure.

Words that deny differ in how far they reach: a "not" over the rest of its chunk, a denial ("denied reports that …")
over all that follows until a contrast, a verdict ("… is untrue") back over what precedes it.
"""

import re
from dataclasses import dataclass
from typing import Literal

from monitor.claims.clauses import Clauses
from monitor.claims.lexicon import Found
from monitor.language import Span
from monitor.model import ClaimKind

Reach = Literal["not", "undone", "delayed", "denied", "contrary", "verdict"]
_REACHES: tuple[Reach, ...] = ("not", "undone", "delayed", "denied", "contrary", "verdict")


@dataclass(frozen=True, slots=True)
class Denial:
    """A word that denies the place that was asked about."""

    start: int
    end: int
    reach: Reach


_UNDOABLE: frozenset[ClaimKind] = frozenset({"status", "stance", "category", "role_holder"})
"""Kinds of which a delay says that they are not so; a date that is postponed is still a date."""
_NEAR_DATE = 4
"""Words between a "not" and a date: "did not offer ideas in his opening speech on Sunday" denies no date."""
_NEAR_DELAY = 6
_SAYING = re.compile(
    r"\b(?:say|says|said|saying|claim\w*|state[sd]?|confirm\w*|believ\w+|think\w*|thought|expect\w*|mean[st]?|evidence|sign"
    r"|announc\w+|indicat\w+|true|case|sure|certain|promis\w+|guarantee\w*)\W*$"
    r"|(?:говор|утвержд|счита|дума|заявля|подтвержд|значит|ожида|обеща)\w*\W*$|(?:правда|доказательств\w*)\W*$"
)
"""How a chunk ends whose "not" goes on into what follows: "has never said that …"."""
_AFTERWARDS = re.compile(
    r"(?:which|that|this|was|were|been|being|is|are|reports?|予以|加以|表示|均|已|遭|被|一律|坚决)\W*(?:\w+\W+)?$|(?:сообщени|информаци|слух|данны)\w+"
)


def denials(clauses: Clauses, focus: Span, kind: ClaimKind) -> tuple[Denial, ...]:
    """The words that deny the focus: an odd number of sorts of them makes its polarity negative (`is_denied`)."""
    return tuple(one for one in _candidates(clauses.words) if _reaches(one, clauses, focus, kind))


def is_denied(found: tuple[Denial, ...]) -> bool:
    """A "not" and a denial of it affirm; two of one sort ("neither … nor", "никогда не") are one."""
    inner = any(one.reach in {"not", "undone", "delayed"} for one in found)
    outer = any(one.reach in {"denied", "contrary", "verdict"} for one in found)
    return inner != outer


def _candidates(words: tuple[Found, ...]) -> list[Denial]:
    found: list[Denial] = []
    for one in words:
        reach = next((reach for reach in _REACHES if reach in one.sorts), None)
        if reach is None:
            continue
        if reach == "denied" and found and found[-1].reach == "not" and one.start - found[-1].end < 4:
            found.pop()  # "did not deny" says nothing either way
            continue
        found.append(Denial(one.start, one.end, reach))
    return found


def _reaches(one: Denial, clauses: Clauses, focus: Span, kind: ClaimKind) -> bool:
    here, there = clauses.chunk_at(one.start), clauses.chunk_at(focus[0])
    last = max(there, clauses.chunk_at(max(focus[0], focus[1] - 1)))
    between = {chunk.opener for chunk in clauses.chunks[min(here, there) + 1 : max(here, last) + 1]}
    before = one.start < focus[1]
    apart = clauses.distance((one.start, one.end), focus)
    match one.reach:
        case "contrary":
            return before and between <= {"complement"}
        case "denied":
            return "contrast" not in between and (before or _ends_with_it(one, clauses))
        case "verdict":
            return "contrast" not in between and (not before or "complement" in between)
        case "delayed":
            return kind in _UNDOABLE and here in range(there, last + 1) and apart <= _NEAR_DELAY
        case _:
            if not before:  # "подписанного контракта пока нет": there is none of what stands before
                return clauses.plain[one.start : one.end] == "нет" and there <= here <= last
            far = kind == "date" and apart > _NEAR_DATE
            return not far and (there <= here <= last or _goes_on(here, there, clauses))


def _goes_on(here: int, there: int, clauses: Clauses) -> bool:
    """Whether a "not" of the chunk before is one of saying, thinking or being true that the focus follows."""
    if here != there - 1 or clauses.chunks[there].opener != "complement":
        return False
    return _SAYING.search(clauses.plain, clauses.chunks[here].start, clauses.chunks[here].end) is not None


def _ends_with_it(one: Denial, clauses: Clauses) -> bool:
    """Whether a denial that comes last is one of what stands before it: "…, which the Kremlin denied"."""
    lead = clauses.plain[max(0, one.start - 20) : one.start]
    tail = clauses.plain[one.end : one.end + 12].strip()
    open_end = tail.startswith(("by ", ".", ",", "。", "в ")) or not tail
    return open_end and _AFTERWARDS.search(lead) is not None
