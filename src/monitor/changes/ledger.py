"""What the archive knows of a claim when something new comes in, and how its beliefs have to be corrected. Pure.

Beliefs are events that are only added. Of a holder's events, the one with the latest `valid_from` up to a moment, in
its newest version, is what was believed at that moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from monitor.changes.beliefs import OVERALL, Holder, Start, baseline_at
from monitor.changes.compare import Value, read
from monitor.changes.state import State
from monitor.changes.support import Dated
from monitor.model import Belief, Change, Withdrawal, key
from monitor.watchlist import Claim


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """What the archive knows of one claim, as far as observations from `since` on can touch it (None: all of it).

    `before` are the articles older than `since` that hold the latest of each outlet and speaker, whole; `after` is
    everything since. `beliefs` are all overall ones, and of other holders those since and the last before, of each
    moment the newest version. `changes` are those since, the last one told and the last one in a cool-down.
    """

    since: datetime | None = None
    before: tuple[Dated, ...] = ()
    after: tuple[Dated, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    beliefs: tuple[Belief, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass
class Stored:
    """The beliefs of a ledger: each holder's state just before `since`, and its events from then on."""

    before: dict[Holder, State]
    events: dict[Holder, list[tuple[datetime, State]]]
    versions: dict[tuple[Holder, datetime], int]
    past: list[tuple[Value, datetime]]

    @classmethod
    def of(cls, claim: Claim, ledger: Ledger) -> "Stored":
        """What `ledger` holds."""
        stored = cls({}, {}, {}, [])
        begins = baseline_at(claim)
        if claim.baseline is not None and begins is not None and ledger.since is not None and begins < ledger.since:
            previous = claim.baseline.previous_text
            if previous is not None:
                stored.past.append((read(claim.kind, previous), datetime.min.replace(tzinfo=UTC)))
        newest: dict[tuple[Holder, datetime], Belief] = {}
        for belief in ledger.beliefs:
            place = ((belief.layer, belief.holder), belief.valid_from)
            if place not in newest or newest[place].version < belief.version:
                newest[place] = belief
        for (holder, at), belief in sorted(newest.items(), key=lambda item: item[0][1]):
            stored.versions[holder, at] = belief.version
            state = _state(claim, belief)
            if ledger.since is not None and at < ledger.since:
                before = stored.before.get(holder, State())
                if holder == OVERALL and state.settled and (before.shown != state.shown or not before.settled):
                    stored.past.extend((value, at) for value in state.values)
                same_run = before.shown == state.shown and before.settled == state.settled and before.values
                stored.before[holder] = replace(state, since=before.since) if same_run else state
            else:
                stored.events.setdefault(holder, []).append((at, state))
        return stored

    def start(self, ledger: Ledger) -> Start:
        """Where a history from the ledger's `since` on begins."""
        gone = {one.observation_id for one in ledger.withdrawals if ledger.since is not None and one.at < ledger.since}
        return Start(before=ledger.before, withdrawn=frozenset(gone), states=self.before, past=self.past)

    def last(self, holder: Holder) -> State:
        """What is believed now."""
        events = self.events.get(holder)
        return events[-1][1] if events else self.before.get(holder, State())

    def differences(
        self,
        claim: Claim,
        states: Mapping[Holder, Sequence[tuple[datetime, State]]],
        watchlist_hash: str,
        *,
        rebuilt: bool,
    ) -> tuple[Belief, ...]:
        """The beliefs to add, so that at each moment the newest version says what `states` say."""
        added: list[Belief] = []
        for holder in sorted({*states, *self.events}):
            old, new = dict(self.events.get(holder, ())), dict(states.get(holder, ()))
            told = wanted = self.before.get(holder, State())
            for at in sorted({*old, *new}):
                wanted = new.get(at, wanted)
                told = old.get(at, told)
                if told.same_as(wanted):
                    continue
                told = wanted
                version = self.versions.get((holder, at), 0) + 1
                belief = _belief(claim, holder, at, wanted, version=version)
                added.append(replace(belief, watchlist_hash=watchlist_hash, rebuilt=rebuilt))
        return tuple(added)


def _state(claim: Claim, belief: Belief) -> State:
    values = tuple(read(claim.kind, shown) for shown in belief.values)
    if belief.polarity == "-":
        values = tuple(value.but_denied() for value in values)
    return State(
        values=values,
        contested=belief.contested,
        settled=belief.settled,
        support=belief.support,
        observation_ids=belief.observation_ids,
        since=belief.valid_from,
    )


def _belief(claim: Claim, holder: Holder, at: datetime, state: State, *, version: int) -> Belief:
    denied = len(state.values) == 1 and state.values[0].denied
    return Belief(
        belief_id=key("belief", claim.id, *holder, at.isoformat(), str(version)),
        claim_id=claim.id,
        layer=holder[0],
        holder=holder[1],
        values=(state.values[0].text,) if denied else state.shown,
        polarity="-" if denied else "+",
        contested=state.contested,
        settled=state.settled,
        support=state.support,
        observation_ids=state.observation_ids,
        valid_from=at,
        version=version,
        watchlist_hash="",
    )
