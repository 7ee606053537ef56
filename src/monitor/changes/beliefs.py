"""A claim's beliefs through time, in three layers, from what was said in the order in which it was said. Pure.

    source    what each outlet said last
    bloc      what each side said last, through its speakers or its outlets
    overall   what is believed when all are heard (`overall`)

The order is that of publication, so the result does not depend on when an article was loaded. A history can begin
anywhere: `Start` is all that has to be known of what was before.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time

from monitor.changes.compare import Value, baseline_value, rank, read, relation
from monitor.changes.overall import Overall
from monitor.changes.standing import Standing, articles, in_order, unbelievable
from monitor.changes.state import LISTED, Outcome, State
from monitor.changes.support import Dated, Outlets, Report
from monitor.model import BeliefLayer, ChangeKind, Observation, Withdrawal
from monitor.watchlist import Claim

Holder = tuple[BeliefLayer, str]
"""Whose belief it is: a layer, and the outlet or the side; empty for `overall`."""

OVERALL: Holder = ("overall", "")

_TAKEN_BACK: Mapping[str, ChangeKind] = {"edited": "silent_edit", "retracted": "retracted", "deleted": "deleted"}
_TOO_FEW = frozenset({"min_sources", "copy", "family", "echo", "two_values"})


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where a history begins.

    `before` are the articles that hold the latest of each outlet and speaker, whole; `withdrawn` what was taken back
    of them by then. `past` are the values that were believed overall by then, each time with when that began.
    """

    before: Sequence[Dated] = ()
    withdrawn: frozenset[str] = frozenset()
    states: Mapping[Holder, State] = field(default_factory=dict)
    past: Sequence[tuple[Value, datetime]] = ()


@dataclass
class History:
    """What came of it: each holder's states with the moments from which they hold, and what each observation did."""

    states: dict[Holder, list[tuple[datetime, State]]] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)


def baseline_at(claim: Claim) -> datetime | None:
    """The moment from which on the claim's baseline holds: the beginning of its day, in UTC."""
    return None if claim.baseline is None else datetime.combine(claim.baseline.as_of, time.min, UTC)


def follow(
    claim: Claim,
    outlets: Outlets,
    start: Start,
    dated: Iterable[Dated],
    withdrawals: Iterable[Withdrawal] = (),
    *,
    since: datetime | None = None,
    taken_back: Iterable[Dated] = (),
) -> History:
    """The history of `claim` from `since` on (None: from the beginning), in which `dated` was said and some of what
    was said was taken back. `taken_back` is what the withdrawals that shall have outcomes are of."""
    known = {one.observation.observation_id: one for one in taken_back}
    run = _Run(claim, outlets, start)
    begins = baseline_at(claim)
    steps: list[tuple[datetime, int, object]] = [
        (group[0].at, 1, group) for group in articles(in_order(dated, outlets))
    ]
    steps += [(one.at, 2, one) for one in sorted(withdrawals, key=lambda one: (one.at, one.observation_id))]
    if begins is not None and (since is None or begins >= since):
        steps.append((begins, 0, None))
    steps.sort(key=lambda step: step[:2])
    for at, _, what in steps:
        if what is None:
            run.begin(at)
        elif isinstance(what, Withdrawal):
            run.withdraw(what, known.get(what.observation_id))
        elif isinstance(what, list):
            run.hear(what)
    return run.history


class _Run:
    def __init__(self, claim: Claim, outlets: Outlets, start: Start) -> None:
        self.claim, self.outlets = claim, outlets
        self.history = History()
        self._moved: set[tuple[str, datetime]] = set()
        standing = Standing(claim)
        for group in articles(in_order(start.before, outlets)):
            reports = _read(claim, outlets, group).reports
            standing.take(reports, _torn(claim, reports))
        for observation_id in start.withdrawn:
            standing.withdraw(observation_id)
        self.states: dict[Holder, State] = dict(start.states)
        self.overall = Overall(claim, outlets, standing, self.states.get(OVERALL, State()), list(start.past))

    def begin(self, at: datetime) -> None:
        """The baseline."""
        baseline = self.claim.baseline
        assert baseline is not None  # noqa: S101 - the caller asked when it begins
        previous = None if baseline.previous_text is None else read(self.claim.kind, baseline.previous_text)
        self.overall.start(baseline_value(self.claim.kind, baseline), previous, at)
        self._note(OVERALL, at, self.overall.state)

    def hear(self, group: Sequence[Dated]) -> None:
        """What one article says."""
        read_out = _read(self.claim, self.outlets, group)
        reports, at = read_out.reports, group[0].at
        torn = _torn(self.claim, reports)
        for report, why in read_out.unbelieved:
            kind, new = self.overall.would_be(report.value)
            self._record(report.observation, at, kind, new, why)
        for one in read_out.unreadable:
            self._record(one, at, "reaffirmed", (one.value,), "unreadable")
        outcomes = self.overall.hear(reports, torn) if reports else []
        if any(outcome.moved for outcome in outcomes):
            self._moved.add((group[0].observation.article_id, at))
        self.history.outcomes += [*outcomes, *self._reversals(reports, torn, outcomes)]
        self._note(OVERALL, at, self.overall.state)
        holders: dict[Holder, list[Report]] = {}
        for report in reports:
            holders.setdefault(("source", report.observation.source_id), []).append(report)
            if report.bloc is not None:
                holders.setdefault(("bloc", report.bloc), []).append(report)
        for holder, said in holders.items():
            self._note(holder, at, _latest(self.claim, self.states.get(holder), said, at))

    def withdraw(self, withdrawal: Withdrawal, dated: Dated | None) -> None:
        """An outlet takes back what it said."""
        report = self.overall.standing.withdraw(withdrawal.observation_id)
        if dated is not None and (said := _read(self.claim, self.outlets, [dated]).reports):
            outcome = self.overall.lose(
                said[0], _TAKEN_BACK[withdrawal.reason], withdrawal.at, stood=report is not None
            )
            if not outcome.moved:
                now = [
                    one.value.shown
                    for one in self.overall.standing.of(said[0].origin)
                    if one.observation.article_id == withdrawal.article_id
                ]
                told = (withdrawal.article_id, withdrawal.at) in self._moved
                source_id = dated.observation.source_id
                outcome = replace(
                    outcome,
                    layer="source",
                    holder=source_id,
                    new=tuple(dict.fromkeys(now)),
                    reason="overall" if told else None,
                )
            self.history.outcomes.append(outcome)
        elif report is not None:
            self.overall.lose(report, _TAKEN_BACK[withdrawal.reason], withdrawal.at, stood=True)
        self._note(OVERALL, withdrawal.at, self.overall.state)
        for holder, state in list(self.states.items()):
            if holder != OVERALL and withdrawal.observation_id in state.observation_ids:
                self._note(holder, withdrawal.at, State(since=withdrawal.at))

    def _reversals(self, reports: Sequence[Report], torn: frozenset[str], outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Speakers and outlets that say something else than they did. What only goes on (a step further, a count that
        has grown, one more of several) is no reversal."""
        if self.claim.several or self.claim.kind == "status":
            return []
        found: dict[str, Outcome] = {}
        for report, outcome in zip(reports, outcomes, strict=True):
            prior = self.overall.said_before(report.voice)
            if prior is None or report.value.denied or report.observation.observation_id in torn:
                continue
            grown = self.claim.growing and report.value.low > prior.value.low
            if grown or relation(self.claim, prior.value, report.value) != "other" or report.voice in found:
                continue
            if any(one.moved for one in outcomes):
                reason: str | None = "overall"
            elif not report.named:
                reason = "outlet"
            else:
                reason = outcome.reason if outcome.reason in _TOO_FEW else None
            found[report.voice] = replace(
                outcome,
                kind="source_reversed",
                old=(prior.value.shown,),
                new=(report.value.shown,),
                reason=reason,
                moved=False,
                confirms=False,
                layer="source" if report.bloc is None or not report.named else "bloc",
                holder=report.bloc if report.named and report.bloc is not None else report.observation.source_id,
            )
        return list(found.values())

    def _record(self, one: Observation, at: datetime, kind: ChangeKind, new: tuple[str, ...], reason: str) -> None:
        old = self.overall.state.shown
        outcome = Outcome(observation_id=one.observation_id, at=at, kind=kind, old=old, new=new, reason=reason)
        self.history.outcomes.append(outcome)

    def _note(self, holder: Holder, at: datetime, state: State | None) -> None:
        before = self.states.get(holder, State())
        if state is None or state.same_as(before):
            return
        self.states[holder] = state
        events = self.history.states.setdefault(holder, [])
        if events and events[-1][0] == at:
            events.pop()
        events.append((at, state))


@dataclass
class _ReadOut:
    """An article's observations of a claim: what can be believed, what is only recorded and why, what makes no sense.
    Questions are left out."""

    reports: list[Report] = field(default_factory=list)
    unbelieved: list[tuple[Report, str]] = field(default_factory=list)
    unreadable: list[Observation] = field(default_factory=list)


def _read(claim: Claim, outlets: Outlets, group: Sequence[Dated]) -> _ReadOut:
    found = _ReadOut()
    for dated in group:
        why = unbelievable(claim, dated.observation)
        if why == "question":
            continue
        try:
            report = outlets.report(dated)
        except (ValueError, OverflowError):  # a date that does not exist, a number that is none
            found.unreadable.append(dated.observation)
            continue
        if why is None:
            found.reports.append(report)
        else:
            found.unbelieved.append((report, why))
    if claim.several:
        found.reports = _joined(found.reports)
    if claim.growing or claim.ladder:  # the most that an article says is what it says
        found.reports.sort(key=lambda one: (one.value.low, rank(claim, one.value)), reverse=True)
    return found


def _latest(claim: Claim, old: State | None, reports: Sequence[Report], at: datetime) -> State | None:
    """What a holder says after an article; None where that is what it said before."""
    asserted = [report for report in reports if not report.value.denied]
    values: list[Value] = []
    for report in asserted or reports:
        at_same = next((n for n, one in enumerate(values) if relation(claim, one, report.value) != "other"), None)
        if at_same is None:
            values.append(report.value)
        elif relation(claim, values[at_same], report.value) == "finer":
            values[at_same] = report.value
    if claim.ladder or claim.growing:
        values = values[:1]
    known = old is not None and len(old.values) == len(values) == 1
    if old is not None and known and relation(claim, old.values[0], values[0]) in ("same", "implied"):
        return None
    return State(
        values=tuple(values[:LISTED]),
        contested=len(values) > 1,
        settled=True,
        support=1,
        observation_ids=tuple(report.observation.observation_id for report in (asserted or reports)[:LISTED]),
        since=at,
    )


def _torn(claim: Claim, reports: Sequence[Report]) -> frozenset[str]:
    """The observations that contradict one another within an article, so that nobody can tell which one it means.

    Two named speakers may. What another report says to be replaced is the one that does not hold, and what a named
    speaker says goes before what stands beside it unattributed.
    """
    asserted = [report for report in reports if not report.value.denied]
    if claim.ladder or claim.several or claim.growing or len(asserted) < 2:
        return frozenset()
    replaced = [report.previous for report in asserted if report.previous is not None]
    over = {
        one.observation.observation_id
        for one in asserted
        if any(relation(claim, value, one.value) == "same" for value in replaced)
    }
    torn = set(over)
    for one in asserted:
        for other in asserted:
            if relation(claim, one.value, other.value) != "other" or relation(claim, other.value, one.value) != "other":
                continue
            if other.observation.observation_id in over or one.observation.observation_id in over:
                continue
            if one.voice == other.voice or (not one.named and other.named):
                torn.add(one.observation.observation_id)
    return frozenset(torn)


def _joined(reports: Sequence[Report]) -> list[Report]:
    """Where several values hold together, all that an article asserts is one value."""
    parts = frozenset(part for report in reports if not report.value.denied for part in report.value.parts)
    whole = Value("+".join(sorted(parts)), parts=parts)
    return [report if report.value.denied else replace(report, value=whole) for report in reports]
