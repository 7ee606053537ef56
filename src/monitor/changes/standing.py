"""What each outlet and each speaker says at one moment: the latest of each. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.changes.compare import Value, rank, relation
from monitor.changes.support import Dated, Outlets, Report
from monitor.model import Aspect, Modality, Observation
from monitor.watchlist import Claim

PLANS_COUNT = frozenset({"quantity", "date", "category", "stance"})
"""Kinds of claims that a plan is enough for: a step is reached, and a post held, only when it is so."""


def belief_filter(claim: Claim) -> tuple[tuple[Modality, ...], tuple[Aspect | None, ...]]:
    """The modalities and aspects that can be believed of a claim; all else is recorded only.

    What was reached so far is not the target, and a contingent is not the whole; of a count that grows, what was
    reached so far is the very thing.
    """
    modalities: tuple[Modality, ...] = ("asserted", "planned") if claim.kind in PLANS_COUNT else ("asserted",)
    aspects: tuple[Aspect | None, ...] = (None, "capacity", "actual", "so_far" if claim.growing else "target")
    return modalities, aspects


def unbelievable(claim: Claim, observation: Observation) -> str | None:
    """Why `observation` is not believed whoever says it, as a word; None where it can be."""
    modalities, aspects = belief_filter(claim)
    if observation.modality not in modalities:
        return observation.modality
    return "aspect" if observation.aspect not in aspects else None


def in_order(dated: Iterable[Dated], outlets: Outlets) -> list[Dated]:
    """By time; of what was said at the same moment the better outlet comes last, so that its word stands."""
    return sorted(
        dated,
        key=lambda one: (
            one.at,
            -outlets.tier(one.observation.source_id),
            one.observation.article_id,
            one.observation.field != "title",
            one.observation.start,
            one.observation.observation_id,
        ),
    )


def articles(dated: Sequence[Dated]) -> Iterator[list[Dated]]:
    """What each article says at one moment, of `dated` in order."""
    group: list[Dated] = []
    for one in dated:
        if group and (group[0].at, group[0].observation.article_id) != (one.at, one.observation.article_id):
            yield group
            group = []
        group.append(one)
    if group:
        yield group


@dataclass
class Standing:
    """The latest of each origin, for assertions and denials apart, and of each voice, in the order of reports."""

    claim: Claim
    asserted: dict[str, list[Report]] = field(default_factory=dict)
    denied: dict[str, list[Report]] = field(default_factory=dict)
    voices: dict[str, Report] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    """Observations that their outlet has taken back."""
    torn: frozenset[str] = frozenset()
    """Observations of articles that give two values without saying which holds."""

    def take(self, reports: Sequence[Report], torn: frozenset[str] = frozenset()) -> None:
        """Note what one article says; the observations in `torn` support nothing."""
        self.torn |= torn
        for report in reports:
            if report.observation.observation_id in self.withdrawn:
                continue
            side = self.denied if report.value.denied else self.asserted
            held = side.get(report.origin, [])
            same_article = held and _article(held[0]) == _article(report)
            side[report.origin] = [*held, report] if same_article else [report]
            if not report.value.denied:
                self.voices[report.voice] = report

    def withdraw(self, observation_id: str) -> Report | None:
        """Forget an observation; returns what it said where that still stood."""
        self.withdrawn.add(observation_id)
        gone = None
        for side in (self.asserted, self.denied):
            for origin, reports in list(side.items()):
                kept = [one for one in reports if one.observation.observation_id != observation_id]
                gone = next((one for one in reports if one not in kept), gone)
                if kept:
                    side[origin] = kept
                else:
                    del side[origin]
        for voice, report in list(self.voices.items()):
            if report.observation.observation_id == observation_id:
                del self.voices[voice]
        return gone

    def behind(self, value: Value, *, since: datetime | None = None) -> list[Report]:
        """The reports, one an origin and oldest first, that stand behind `value`; only those later than `since`.

        Whoever says more stands behind less, too: of a count that only grows, a ladder, a set of values.
        """
        side = self.denied if value.denied else self.asserted
        found = []
        for origin, reports in side.items():
            backing = next((one for one in reversed(reports) if self._backs(one, value)), None)
            if backing is None or (since is not None and backing.at <= since) or self._taken_back(origin, backing):
                continue
            found.append(backing)
        return sorted(found, key=lambda one: (one.at, one.observation.observation_id))

    def of(self, origin: str) -> list[Report]:
        """What an origin reports now."""
        return [*self.asserted.get(origin, ()), *self.denied.get(origin, ())]

    def values(self) -> list[Value]:
        """All different values that are asserted now: the newest first, of a ladder the highest."""
        reports = [one for held in self.asserted.values() for one in held]
        reports.sort(
            key=lambda one: (rank(self.claim, one.value), one.at, one.observation.observation_id), reverse=True
        )
        different: list[Value] = []
        for report in reports:
            if all(relation(self.claim, value, report.value) == "other" for value in different):
                different.append(report.value)
        return different

    def speakers_of(self, value: Value) -> list[Report]:
        """What named speakers with a known side say now, where it is `value`."""
        return [one for one in self.voices.values() if one.named and one.bloc is not None and self._backs(one, value)]

    def _backs(self, report: Report, value: Value) -> bool:
        if report.observation.observation_id in self.torn:
            return False
        if relation(self.claim, value, report.value) in ("same", "finer"):
            return True
        if value.denied or report.value.denied:
            return False
        if self.claim.growing:
            return report.value.low >= value.low
        if self.claim.several:
            return report.value.parts >= value.parts
        return bool(self.claim.ladder) and rank(self.claim, report.value) > rank(self.claim, value)

    def _taken_back(self, origin: str, backing: Report) -> bool:
        """Whether the origin has since denied what it asserted, or asserted what it denied."""
        other = self.asserted if backing.value.denied else self.denied
        opposite = backing.value.but_denied(not backing.value.denied)
        return any(
            one.at > backing.at and relation(self.claim, opposite, one.value) == "same" for one in other.get(origin, [])
        )


def _article(report: Report) -> tuple[datetime, str]:
    return report.at, report.observation.article_id
