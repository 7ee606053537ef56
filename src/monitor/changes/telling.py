"""Which changes are told, and why the others are not. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.changes.beliefs import OVERALL, Holder
from monitor.changes.ledger import Ledger
from monitor.changes.overall import CONFIRMED_BY
from monitor.changes.state import Outcome, State
from monitor.changes.support import Dated
from monitor.model import Change, key
from monitor.watchlist import Claim

HELD = frozenset({"cool_down", "unconfirmed"})
"""Reasons for which a change is told later, if it still holds then."""

_MOVED = frozenset({None, "old", "late", "repeated", *HELD})
"""What is suppressed of changes that moved the belief all the same; others only would have."""


@dataclass(kw_only=True)
class Teller:
    """Makes changes of outcomes.

    `new` are the observations (ids) that were not known, `old_news` those of them that are believed but told to
    nobody. `frontier` is the newest moment that was known before, `before` the overall belief until now, `now` what
    each holder believes henceforth.
    """

    claim: Claim
    ledger: Ledger
    dated: Mapping[str, Dated]
    new: Collection[str]
    old_news: Collection[str]
    frontier: datetime | None
    before: State
    now: Mapping[Holder, State]
    watchlist_hash: str

    def __post_init__(self) -> None:
        overall = [one for one in self.ledger.changes if one.layer == "overall"]
        self._told = max((one for one in overall if one.suppressed is None), key=_moment, default=None)
        held = max((one for one in overall if one.suppressed in HELD), key=_moment, default=None)
        newer = held is not None and (self._told is None or _moment(held) > _moment(self._told))
        self._held = held.suppressed if held is not None and newer else None
        self._present = self.now.get(OVERALL, State())
        self._present_moved = _sight(self.before) != _sight(self._present)

    def tell(self, outcomes: Sequence[Outcome]) -> tuple[Change, ...]:
        """One change for each outcome of a new observation, and those of older ones that news brings about."""
        recorded = {
            (one.observation_id, one.layer, one.holder, one.old, one.new)
            for one in self.ledger.changes
            if one.suppressed in _MOVED
        }
        last_move = max((at for at, one in enumerate(outcomes) if one.moved), default=-1)
        changes: list[Change] = []
        for at, outcome in enumerate(outcomes):
            again = (outcome.observation_id, outcome.layer, outcome.holder, outcome.old, outcome.new) in recorded
            if outcome.observation_id in self.new or (outcome.moved and self._present_moved and not again):
                changes.append(self._note(self._change(outcome, is_last=at == last_move)))
        return (*changes, *self._confirmed_by_earlier(outcomes))

    def _note(self, change: Change) -> Change:
        if change.layer == "overall" and change.suppressed is None:
            self._told, self._held = change, None
        elif change.layer == "overall" and change.suppressed in HELD:
            self._held = change.suppressed
        return change

    def _change(self, outcome: Outcome, *, is_last: bool) -> Change:
        told = self._told
        cooling = told is not None and outcome.at - told.occurred_at < self.claim.cool_down
        reason = outcome.reason
        if reason is None:
            reason = self._no_news(outcome, is_last=is_last)
            if reason is None and outcome.moved and told is not None and outcome.new == told.new:
                if self._unconfirmed(outcome.new, outcome.confirmed):
                    return self._confirmation(outcome)
                reason = "repeated"
            if reason is None and cooling:
                reason = "cool_down"
        elif reason == "reaffirmed" and told is not None and not self._is_old(outcome):
            if outcome.confirms and self._unconfirmed(outcome.new, outcome.confirmed):
                return self._confirmation(outcome)
            due = outcome.confirms if self._held == "unconfirmed" else self._held is not None and not cooling
            if due and told.new != outcome.new:
                later = replace(self._made(outcome), kind="value_changed", old=told.new)
                return replace(later, change_id=_id(later, None))
        plain = self._made(outcome)
        return replace(plain, suppressed=reason, change_id=_id(plain, reason))

    def _no_news(self, outcome: Outcome, *, is_last: bool) -> str | None:
        """Why a change is no news, whatever it says; None where it is."""
        if self._is_old(outcome):
            return "old"
        if self.frontier is None or outcome.at >= self.frontier:
            return None
        if outcome.moved:
            over = not (is_last and self._present_moved)
        elif outcome.layer == "overall":
            over = self._present.shown != outcome.old
        else:
            over = self.now.get((outcome.layer, outcome.holder), State()).shown != outcome.new
        return "late" if over else None

    def _is_old(self, outcome: Outcome) -> bool:
        causes = [outcome.observation_id] if outcome.observation_id in self.new else self.new
        return all(one in self.old_news for one in causes)

    def _unconfirmed(self, new: tuple[str, ...], confirmed: int) -> bool:
        """Whether what was told last waits for the confirmation that it now has."""
        told = self._told
        if told is None or told.new != new or told.confirms is not None:
            return False
        return told.confirmed < CONFIRMED_BY <= confirmed

    def _confirmation(self, outcome: Outcome) -> Change:
        told = self._told
        assert told is not None  # noqa: S101 - the caller asked
        change = replace(self._made(outcome), kind=told.kind, old=told.old, new=told.new, confirms=told.change_id)
        return replace(change, change_id=_id(change, None))

    def _confirmed_by_earlier(self, outcomes: Sequence[Outcome]) -> tuple[Change, ...]:
        """The confirmation of what was told by an article that is older than what it confirms."""
        if not self._unconfirmed(self._present.shown, self._present.support):
            return ()
        cause = next(
            (
                one
                for one in outcomes
                if one.observation_id in self.new
                and one.new == self._present.shown
                and one.reason in (None, "reaffirmed")
                and not self._is_old(one)
            ),
            None,
        )
        if cause is None or self._told is None or cause.observation_id == self._told.observation_id:
            return ()
        return (self._note(self._confirmation(replace(cause, confirmed=self._present.support))),)

    def _made(self, outcome: Outcome) -> Change:
        return make_change(self.claim, outcome, self.dated[outcome.observation_id], None, self.watchlist_hash)


def make_change(claim: Claim, outcome: Outcome, dated: Dated, suppressed: str | None, watchlist_hash: str) -> Change:
    """The change that `outcome` is."""
    change = Change(
        change_id="",
        claim_id=claim.id,
        kind=outcome.kind,
        layer=outcome.layer,
        holder=outcome.holder,
        old=outcome.old,
        new=outcome.new,
        observation_id=outcome.observation_id,
        article_id=dated.observation.article_id,
        occurred_at=outcome.at,
        confirmed=outcome.confirmed,
        suppressed=suppressed,
        watchlist_hash=watchlist_hash,
    )
    return replace(change, change_id=_id(change, suppressed))


def _id(change: Change, suppressed: str | None) -> str:
    what = (change.claim_id, change.kind, change.layer, change.holder, change.observation_id)
    return key("change", *what, *change.old, "->", *change.new, str(change.confirmed), suppressed)


def _moment(change: Change) -> tuple[datetime, str]:
    return change.occurred_at, change.change_id


def _sight(state: State) -> tuple[tuple[str, ...], bool, bool]:
    """What a reader sees of a belief."""
    return state.shown, state.contested, state.settled
