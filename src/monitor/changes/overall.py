"""What is believed of a claim when all outlets are heard, report by report. Pure.

The newest value that enough independent reports support is believed. Four things temper that:

    a replaced value that is repeated      comes back when as many outlets repeat it as stand behind the newer one;
                                           where those are two or more, both then stand side by side, contested
    two sides that say different things    are a contradiction, not a change: nobody has changed their mind
    a denial                               moves what a single outlet said; what is confirmed becomes contested
    two values in one article              support neither, unless two speakers are named for them

What is contested ends when one value is repeated by three and the others by nobody, or has nobody left who says it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from monitor.changes.compare import Value, merged, rank, relation
from monitor.changes.standing import Standing
from monitor.changes.state import LISTED, Outcome, State
from monitor.changes.support import Outlets, Report, independent, why_not_counted
from monitor.model import ChangeKind
from monitor.watchlist import Claim

CONFIRMED_BY = 2
"""So many independent sources confirm a change that was told when the first one had it."""
PLENTY = 3
"""So many independent reports decide what smaller numbers leave open."""
_DENIABLE = frozenset({"status", "stance", "category"})
"""Kinds of which a denial alone says something: that a number is not 35 tells nothing of what it is."""


@dataclass
class Overall:
    """The overall belief of one claim while reports come in.

    `past` are the values that were ever believed, each time with the moment when that began, the present ones last.
    """

    claim: Claim
    outlets: Outlets
    standing: Standing
    state: State = field(default_factory=State)
    past: list[tuple[Value, datetime]] = field(default_factory=list)
    _prior: dict[str, Report] = field(default_factory=dict)
    """What each voice said before the article that is heard."""
    _held: list[Report] = field(default_factory=list)
    """What the same origin reported before it."""
    _entered: tuple[datetime, State, list[tuple[Value, datetime]]] | None = None
    """The present moment, with what was believed when it began."""

    def hear(self, reports: Sequence[Report], torn: frozenset[str]) -> list[Outcome]:
        """What the reports of one article do, in order; `torn` are those (observation ids) that support nothing."""
        self._prior = dict(self.standing.voices)
        origins = {report.origin for report in reports}
        self._held = [one for origin in origins for one in self.standing.of(origin)]
        denied_before = {
            report.value: independent(self.standing.behind(report.value, since=self.state.since))
            for report in reports
            if report.value.denied
        }
        self.standing.take(reports, torn)
        outcomes = []
        for report in reports:
            if report.value.denied:
                outcomes.append(self._denied(report, denied_before[report.value]))
            elif report.observation.observation_id in torn:
                outcomes.append(self._torn(report))
            else:
                outcomes.append(self._asserted(report))
        return outcomes

    def said_before(self, voice: str) -> Report | None:
        """What a voice said before the article that was heard last."""
        return self._prior.get(voice)

    def would_be(self, value: Value) -> tuple[ChangeKind, tuple[str, ...]]:
        """What kind of change `value` would be if it were believed, and to what."""
        known = any(relation(self.claim, one, value) in ("same", "implied") for one in self.state.values)
        if known and self.state.settled:
            return "reaffirmed", self.state.shown
        if value.denied:
            return "denial", (value.shown,)
        if not self.state.settled:
            return "first_report", (value.shown,)
        return self._kind(self.state.values[0], value), (value.shown,)

    def start(self, value: Value, previous: Value | None, at: datetime) -> None:
        """Begin with the baseline, whatever was believed before."""
        if previous is not None:
            self.past.append((previous, datetime.min.replace(tzinfo=UTC)))
        self._move((value,), at)
        self.state = replace(self.state, support=0, observation_ids=())

    def lose(self, report: Report, kind: ChangeKind, at: datetime, *, stood: bool) -> Outcome:
        """What it does that an outlet has taken `report` back. `standing` has forgotten it; `stood` says whether it
        was still the outlet's latest."""
        old, state = self.state.shown, self.state
        moved = False
        if (
            stood
            and state.settled
            and state.support
            and not state.contested
            and self._is(state.values[0], report.value)
        ):
            left = self.standing.behind(state.values[0])
            if not left:
                moved = True
                value = self._fallback(state.values[0])
                if value is None:
                    self.state = State(since=at)
                else:
                    self._move((value,), at)
        elif stood and state.contested and (left_over := self._left(state.values)) != state.values and left_over:
            moved = True
            self._move(left_over, at)
        return Outcome(
            observation_id=report.observation.observation_id,
            at=at,
            kind=kind,
            old=old if moved else (report.value.shown,),
            new=self.state.shown if moved else (),
            confirmed=self.state.support,
            moved=moved,
        )

    # -- assertions

    def _asserted(self, report: Report) -> Outcome:
        if not self.state.settled:
            return self._settle(report)
        if len(self.state.values) > 1:
            return self._against_several(report)
        believed = self.state.values[0]
        how = relation(self.claim, believed, report.value)
        if how == "implied" and self._replaces(report, believed):
            how = "other"  # "back to talks from the signed contract"
        if how in ("same", "implied"):
            return self._reaffirmed(report, believed)
        if how == "finer":
            support = independent(self.standing.behind(report.value))
            if support < self.claim.min_sources:
                return self._too_few(report, "refined", (report.value,))
            return self._moved(report, "refined", (report.value,))
        return self._challenge(report, believed)

    def _settle(self, report: Report) -> Outcome:
        """Nothing is settled yet: the first value with enough reports is, else all that is said is listed."""
        values = self.standing.values()
        backed = {value: self.standing.behind(value) for value in values}
        enough = [value for value in values if independent(backed[value]) >= self.claim.min_sources]
        if enough:
            own = next((value for value in enough if self._is(value, report.value)), enough[0])
            chosen = max(enough, key=lambda value: value.low) if self.claim.growing else own
            if self.claim.ladder:
                chosen = enough[0]
            return self._moved(report, "first_report", (chosen,), support=independent(backed[chosen]))
        if not report.value.denied:
            listed = tuple(values[:LISTED])
            newest = [one for value in listed for one in backed[value]]
            self.state = State(
                values=listed,
                contested=len(listed) > 1,
                support=max((independent(backed[value]) for value in listed), default=0),
                observation_ids=_newest(newest or [report]),
                since=self.state.since if self.state.values == listed else report.at,
            )
        return self._too_few(report, "first_report", (report.value,), old=())

    def _challenge(self, report: Report, believed: Value) -> Outcome:
        """Something else than what is believed."""
        value = report.value
        kind = self._kind(believed, value)
        knowingly = self._knowingly(report, believed)
        falls = self.claim.growing and not believed.denied and value.low < believed.low
        repeated = self._began(value) is not None
        if falls and not knowingly:
            backing = [
                one for one in self.standing.behind(value, since=self.state.since) if one.value.low < believed.low
            ]
            if independent(backing) < max(self.claim.min_sources, CONFIRMED_BY, min(self._count(believed), PLENTY)):
                return self._recorded(report, kind, (value,), "stale", independent(backing))
        elif repeated and not knowingly:
            return self._return(report, believed, kind)
        if independent(self.standing.behind(value)) < self.claim.min_sources:
            return self._too_few(report, kind, (value,))
        if self._contradicts(report, believed):
            return self._moved(report, "contradiction", (believed, value))
        return self._moved(report, kind, (merged(self.claim, believed, value, report.previous),))

    def _return(self, report: Report, believed: Value, kind: ChangeKind) -> Outcome:
        """A value that was believed before is said again."""
        value = report.value
        support, against = self._count(value), self._count(believed, besides=value)
        denials = self.standing.behind(value.but_denied(not value.denied), since=self._began(value))
        needed = max(self.claim.min_sources, against, independent(denials) + 1 if denials else 0)
        if support < needed:
            return self._recorded(report, kind, (value,), "stale", support)
        if against >= CONFIRMED_BY or self._contradicts(report, believed):
            return self._moved(report, "contradiction", (believed, value), support=support)
        outcome = self._moved(report, kind, (value,), support=support)
        return outcome if support >= CONFIRMED_BY else replace(outcome, reason="unconfirmed")

    def _against_several(self, report: Report) -> Outcome:
        """A report while values are contested: it may decide between them, or bring another."""
        values = self.state.values
        matching = next((one for one in values if relation(self.claim, one, report.value) in ("same", "finer")), None)
        if matching is not None:
            return self._takes_side(report, matching)
        if any(relation(self.claim, one, report.value) == "implied" for one in values):
            return self._recorded(report, "reaffirmed", values, "reaffirmed")
        stale = self._began(report.value) is not None
        support = self._count(report.value)
        if stale and support < max(PLENTY, self.claim.min_sources):
            return self._recorded(report, "value_changed", (report.value,), "stale", support)
        if support < self.claim.min_sources:
            return self._too_few(report, "value_changed", (report.value,))
        own = self._own_side(report, values)
        new = tuple(report.value if one is own else one for one in values) if own is not None else (report.value,)
        return self._moved(report, "value_changed", new)

    def _takes_side(self, report: Report, matching: Value) -> Outcome:
        """One of the contested values is said again."""
        values, since = self.state.values, self.state.since
        others = tuple(one for one in values if one is not matching)
        silent = not any(self.standing.behind(one, since=since) for one in others)
        if silent and independent(self.standing.behind(matching, since=since)) >= max(PLENTY, self.claim.min_sources):
            return self._moved(report, "value_changed", (matching,))
        left = self._left(others)
        if left != others:
            return self._moved(report, "source_reversed", tuple(one for one in values if one in (matching, *left)))
        return self._recorded(report, "reaffirmed", values, "reaffirmed")

    def _torn(self, report: Report) -> Outcome:
        """One of two values that an article gives without saying which holds."""
        known = next((one for one in self.state.values if self._is(one, report.value)), None)
        if known is not None:
            return self._recorded(report, "reaffirmed", self.state.values, "reaffirmed")
        if not self.state.settled:
            return self._settle(report)
        kind = self._kind(self.state.values[0], report.value) if self.state.values else "first_report"
        return self._recorded(report, kind, (report.value,), "two_values")

    # -- denials

    def _denied(self, report: Report, before: int) -> Outcome:
        """A denial; `before` counts the independent ones of the same value since it is believed."""
        values, value = self.state.values, report.value
        if any(relation(self.claim, one, value) == "same" for one in values):
            return self._against_several(report) if len(values) > 1 else self._reaffirmed(report, value)
        if not self.state.settled:
            support = independent(self.standing.behind(value))
            alone = self.claim.kind in _DENIABLE and not self.standing.asserted
            if alone and support >= self.claim.min_sources:
                return self._moved(report, "first_report", (value,))
            return self._recorded(report, "denial", (value,), "not_believed", support)
        what = value.but_denied(False)
        believed = next((one for one in values if not one.denied and self._is(one, what)), None)
        if believed is None:
            return self._recorded(report, "denial", (value,), "not_believed")
        return self._denies(report, believed, before)

    def _denies(self, report: Report, believed: Value, before: int) -> Outcome:
        """What is believed is denied."""
        value = report.value
        support = independent(self.standing.behind(value, since=self.state.since))
        if support < self.claim.min_sources:
            return self._too_few(report, "denial", (value,))
        told = before >= self.claim.min_sources
        confirmed = self._count(believed)
        if not self.state.contested:
            if self.state.support and confirmed < CONFIRMED_BY and not self._contradicts(report, believed):
                instead = self._fallback(believed)
                return self._moved(report, "denial", (value if instead is None else instead,), support=support)
            if support >= max(self.claim.min_sources, min(confirmed, PLENTY)):
                return self._moved(report, "contradiction" if told else "denial", (believed, value), support=support)
        return self._recorded(report, "denial", (value,), "repeated" if told else None, support)

    # -- what decides

    def _is(self, believed: Value, value: Value) -> bool:
        return relation(self.claim, believed, value) == "same"

    def _began(self, value: Value) -> datetime | None:
        """When `value` was first believed; None where it never was."""
        return min((at for one, at in self.past if self._is(one, value)), default=None)

    def _count(self, value: Value, *, besides: Value | None = None) -> int:
        """The independent reports behind `value`; of one that was replaced by a newer one, only those made since.
        Those that stand behind `besides` as well are left out."""
        began = self._began(value)
        newer = (
            [] if began is None else [first for one, _ in self.past if (first := self._began(one)) and first > began]
        )
        behind = self.standing.behind(value, since=max(newer, default=None))
        if besides is not None:
            others = {one.origin for one in self.standing.behind(besides)}
            behind = [one for one in behind if one.origin not in others]
        return independent(behind)

    def _replaces(self, report: Report, believed: Value) -> bool:
        """Whether the report says itself that it replaces what is believed."""
        return report.previous is not None and relation(self.claim, believed, report.previous) == "same"

    def _knowingly(self, report: Report, believed: Value) -> bool:
        """Whether who says it knows of the present value: it is named as replaced, or the speaker said it before."""
        prior = self._prior.get(report.voice)
        same_voice = report.named and prior is not None and self._is(believed, prior.value)
        return same_voice or self._replaces(report, believed)

    def _contradicts(self, report: Report, believed: Value) -> bool:
        """Whether one side says otherwise while named speakers of another side stand by what is believed."""
        if not report.named or report.bloc is None:
            return False
        sides = {one.bloc for one in self.standing.speakers_of(believed) if one.voice != report.voice}
        prior = self._prior.get(report.voice)
        same_mind = prior is None or not self._is(believed, prior.value)
        return bool(sides) and report.bloc not in sides and same_mind

    def _own_side(self, report: Report, values: Sequence[Value]) -> Value | None:
        """The one of contested values that the speaker's own side said so far."""
        if not report.named or report.bloc is None:
            return None
        said = [one.value for one in self._prior.values() if one.named and one.bloc == report.bloc]
        return next((value for value in values if any(self._is(value, one) for one in said)), None)

    def _left(self, values: Sequence[Value]) -> tuple[Value, ...]:
        """Those of `values` that anybody still says."""
        return tuple(one for one in values if self.standing.behind(one) or self.standing.speakers_of(one))

    def _fallback(self, lost: Value) -> Value | None:
        """What to believe instead of `lost`: another value with enough reports, else what was believed before it."""
        for value in self.standing.values():
            other = not self._is(lost, value) and relation(self.claim, value, lost) != "finer"
            if other and independent(self.standing.behind(value)) >= self.claim.min_sources:
                return value
        return next((value for value, _ in reversed(self.past) if not self._is(lost, value)), None)

    def _kind(self, old: Value, new: Value) -> ChangeKind:
        if self.claim.kind != "status":
            return "value_changed"
        return "status_advanced" if rank(self.claim, new) > rank(self.claim, old) else "status_regressed"

    # -- what comes of it

    def _move(self, values: tuple[Value, ...], at: datetime) -> None:
        if self._entered is None or self._entered[0] != at:
            self._entered = (at, self.state, list(self.past))
        # What held for no time at all, because another report of the same moment replaced it, was never believed.
        _, before, past = self._entered
        self.past = [*past, *((value, at) for value in values)]
        backing = [one for value in values for one in self.standing.behind(value)]
        support = self._count(values[0]) if len(values) == 1 else independent(backing)
        self.state = State(
            values=values,
            contested=len(values) > 1,
            settled=True,
            support=support,
            observation_ids=_newest(backing),
            since=at,
        )
        if before.settled and before.shown == self.state.shown:
            self.past, self.state = past, replace(self.state, since=before.since)

    def _moved(
        self, report: Report, kind: ChangeKind, values: tuple[Value, ...], *, support: int | None = None
    ) -> Outcome:
        old = self.state.shown if self.state.settled else ()
        count = independent(self.standing.behind(report.value)) if support is None else support
        self._move(values, report.at)
        if kind != "denial":  # of several values that hold together, hardly anybody names all
            self.state = replace(self.state, support=max(self.state.support, count))
        return self._outcome(report, kind, old, self.state.shown, confirmed=count, moved=True)

    def _reaffirmed(self, report: Report, believed: Value) -> Outcome:
        support = self._count(believed)
        shown = self.state.shown
        if 1 <= self.state.support < CONFIRMED_BY <= support:
            newest = _newest(self.standing.behind(believed))
            self.state = replace(self.state, support=support, observation_ids=newest)
            return self._outcome(
                report, "reaffirmed", shown, shown, confirmed=support, reason="reaffirmed", confirms=True
            )
        return self._outcome(report, "reaffirmed", shown, shown, confirmed=support, reason="reaffirmed")

    def _too_few(
        self, report: Report, kind: ChangeKind, values: tuple[Value, ...], *, old: tuple[str, ...] | None = None
    ) -> Outcome:
        others = [one for one in self._held if self._is(one.value, report.value)]
        others += [one for one in self.standing.behind(report.value) if one.origin != report.origin]
        why = why_not_counted(report, others, self.outlets)
        shown = tuple(value.shown for value in values)
        old = self.state.shown if old is None else old
        count = independent(self.standing.behind(report.value))
        return self._outcome(report, kind, old, shown, confirmed=count, reason=why)

    def _recorded(
        self,
        report: Report,
        kind: ChangeKind,
        values: Sequence[Value],
        reason: str | None,
        confirmed: int | None = None,
    ) -> Outcome:
        count = independent(self.standing.behind(report.value)) if confirmed is None else confirmed
        shown = tuple(value.shown for value in values)
        return self._outcome(report, kind, self.state.shown, shown, confirmed=count, reason=reason)

    def _outcome(
        self,
        report: Report,
        kind: ChangeKind,
        old: tuple[str, ...],
        new: tuple[str, ...],
        *,
        confirmed: int,
        reason: str | None = None,
        moved: bool = False,
        confirms: bool = False,
    ) -> Outcome:
        return Outcome(
            observation_id=report.observation.observation_id,
            at=report.at,
            kind=kind,
            old=old,
            new=new,
            confirmed=confirmed,
            reason=reason,
            moved=moved,
            confirms=confirms,
        )


def _newest(reports: Sequence[Report]) -> tuple[str, ...]:
    newest = sorted(reports, key=lambda one: (one.at, one.observation.observation_id), reverse=True)
    return tuple(dict.fromkeys(one.observation.observation_id for one in newest))[:LISTED]
