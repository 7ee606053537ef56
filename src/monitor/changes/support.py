"""Which reports are independent of one another: an outlet, its publisher's other outlets, those that only cite it, and
copies of one wire story count once. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import combinations

from monitor.changes.compare import Value, previous_of, value_of
from monitor.language import fold_text
from monitor.model import Observation, Source

COPY_CONTAINMENT = 0.85
"""So large a share of the shorter sentence's pieces must stand in the other for a copy: copies of a wire story share
.94, stories that were written anew .55 to .69."""
COPY_PIECE = 5
"""Characters of a piece."""
COPY_MIN_WEIGHT = 60
"""Sentences shorter than this may agree by chance; a Chinese character counts for three letters."""
COMPARED = 40
"""Reports of one value that are compared with one another for copies: the first ones; by then it is well supported."""

UNKNOWN_TIER = 4


@dataclass(frozen=True, slots=True)
class Dated:
    """An observation and the moment from which on it counts: when it was published, else when it was seen; for what
    was edited into an article later, when that was seen."""

    observation: Observation
    at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """An observation that can be believed: what it says, who says it and through whom.

    `origin` is whom it counts for: the publisher, or the outlet that it cites. `voice` is the speaker, or the origin
    where the outlet itself speaks. `bloc` is the side of the voice, None where that is not known.
    """

    observation: Observation
    at: datetime
    value: Value
    previous: Value | None
    origin: str
    voice: str
    bloc: str | None
    named: bool
    tier: int


@dataclass(frozen=True)
class Outlets:
    """What the configuration says of outlets. An outlet that it does not know is a family of its own."""

    sources: Mapping[str, Source]
    _families: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names: dict[str, str] = {}
        for source in self.sources.values():
            for name in (source.name, source.id):
                names.setdefault(_plain(name), source.family)
        object.__setattr__(self, "_families", names)

    def family(self, source_id: str) -> str:
        """The publisher of an outlet."""
        source = self.sources.get(source_id)
        return source.family if source is not None else source_id

    def tier(self, source_id: str) -> int:
        """The declared rank of an outlet, 1 to 4."""
        source = self.sources.get(source_id)
        return source.tier if source is not None else UNKNOWN_TIER

    def origin(self, observation: Observation) -> str:
        """Whom a report counts for: the outlet that it cites, as far as one is named, else its own publisher."""
        for cited in (*observation.chain, observation.speaker):
            if cited and (family := self._families.get(_plain(cited))) is not None:
                return family
        if observation.chain:
            return f"cited: {_plain(observation.chain[-1])}"
        return self.family(observation.source_id)

    def report(self, dated: Dated) -> Report:
        """What `dated` reports. Raises ValueError where its value cannot be read."""
        one = dated.observation
        origin = self.origin(one)
        is_outlet = one.speaker is not None and _plain(one.speaker) in self._families
        speaker = "" if is_outlet else one.speaker_entity or _plain(one.speaker or "")
        source = self.sources.get(one.source_id)
        own_bloc = source.bloc if source is not None else None
        return Report(
            observation=one,
            at=dated.at,
            value=value_of(one),
            previous=previous_of(one),
            origin=origin,
            voice=speaker or origin,
            bloc=one.speaker_bloc if one.speaker is not None else own_bloc,
            named=bool(speaker),
            tier=self.tier(one.source_id),
        )


def independent(reports: Sequence[Report]) -> int:
    """How many of `reports` came about without one another."""
    leads = list(range(len(reports)))

    def lead(at: int) -> int:
        while leads[at] != at:
            at = leads[at]
        return at

    for (one, first), (other, second) in combinations(enumerate(reports[:COMPARED]), 2):
        if first.origin == second.origin or is_copy(first, second):
            leads[lead(other)] = lead(one)
    origins = {report.origin for report in reports[COMPARED:]} - {report.origin for report in reports[:COMPARED]}
    return sum(leads[at] == at for at in range(min(len(reports), COMPARED))) + len(origins)


def is_copy(one: Report, other: Report) -> bool:
    """Whether two reports share their sentence, word for word or nearly so."""
    first, second = _pieces(one.observation.sentence), _pieces(other.observation.sentence)
    shorter = min(len(first), len(second))
    return shorter > 0 and len(first & second) >= COPY_CONTAINMENT * shorter


def why_not_counted(report: Report, others: Iterable[Report], outlets: Outlets) -> str:
    """Why `report` adds no support to `others`, which say the same, as a word: it is a `copy`, an `echo` (it cites
    another), of the same `family`, or there are too few yet (`min_sources`)."""
    for other in others:
        if other.origin == report.origin and other.observation.source_id != report.observation.source_id:
            own = outlets.family(report.observation.source_id) == report.origin
            return "family" if own and outlets.family(other.observation.source_id) == report.origin else "echo"
        if other.origin != report.origin and is_copy(report, other):
            return "copy"
    return "min_sources"


@lru_cache(maxsize=2048)
def _pieces(sentence: str) -> frozenset[str]:
    """All runs of COPY_PIECE characters of the letters and digits; none of a sentence too short to be recognised."""
    plain = re.sub(r"[\W_]+", "", fold_text(sentence))
    if sum(3 if char > "\u2e7f" else 1 for char in plain) < COPY_MIN_WEIGHT:
        return frozenset()
    return frozenset(plain[at : at + COPY_PIECE] for at in range(len(plain) - COPY_PIECE + 1))


@lru_cache(maxsize=4096)
def _plain(name: str) -> str:
    """A name for comparing: folded, without article and punctuation."""
    return " ".join(re.findall(r"\w+", fold_text(name).removeprefix("the ")))
