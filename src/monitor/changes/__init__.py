"""From observations to beliefs, and to changes that are worth telling. Pure.

    compare     values of each kind: the same, finer, something else; the order of a ladder
    support     which reports are independent of one another
    standing    what each outlet and each speaker says now
    state       what is believed at a moment, and what an observation did to it
    overall     what is believed when all are heard
    beliefs     the history of a claim, in three layers
    ledger      what the archive knows of a claim, and how its beliefs are corrected
    telling     which changes are told
    revisions   what an outlet took back by editing or deleting an article

`decide` takes what the archive knows of a claim and what is new, and gives the beliefs and changes to add. Each new
observation, questions apart, has one change that says what it did: most are suppressed, with the reason as a word.

    hedged, conditional, planned, aspect      recorded, not believed
    unreadable, two_values, not_believed      tells nothing: no value, one of two, the denial of what nobody believes
    reaffirmed, repeated                      is believed already, or was what was told last
    min_sources, copy, family, echo           too few independent reports; why this one adds none
    stale                                     a value that was replaced, merely repeated
    outlet, overall                           a source changed its mind: an outlet, or told as the change of the whole
    old, late, rebuilt                        no news: published long ago, of a time that is over, other rules
    cool_down                                 too soon after the last; told later if it still holds then
    unconfirmed                               back to a replaced value by one outlet; told once a second one says so
"""

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from monitor.changes.beliefs import OVERALL, follow
from monitor.changes.ledger import Ledger, Stored
from monitor.changes.standing import belief_filter
from monitor.changes.state import Outcome, State
from monitor.changes.support import Dated, Outlets
from monitor.changes.telling import Teller, make_change
from monitor.model import Belief, Change, Observation, Withdrawal
from monitor.watchlist import Claim

__all__ = ["Dated", "Decision", "Ledger", "Outlets", "belief_filter", "decide", "rebuild", "rules_hash", "said_at"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What to add to the archive."""

    beliefs: tuple[Belief, ...] = ()
    changes: tuple[Change, ...] = ()


def rules_hash(claim: Claim) -> str:
    """32 hexadecimal digits over all that decides what is believed of a claim once its observations are made."""
    rules = {
        "kind": claim.kind,
        "ladder": [step.id for step in claim.ladder],
        "several": claim.several,
        "growing": claim.growing,
        "tolerance": str(claim.tolerance),
        "min_sources": claim.min_sources,
        "baseline": claim.baseline and claim.baseline.model_dump(mode="json", exclude={"source", "speaker"}),
    }
    text = json.dumps(rules, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def said_at(observation: Observation, *, edited_in: bool = False) -> datetime:
    """From when on `observation` counts: when it was published, as far as that is known and not in the future, else
    when it was seen. What was edited into an article later counts from when that was seen."""
    if edited_in or observation.published is None:
        return observation.observed_at
    return min(observation.published, observation.observed_at)


def decide(
    claim: Claim,
    ledger: Ledger,
    new: Iterable[Dated],
    *,
    outlets: Outlets,
    watchlist_hash: str,
    old_news: Collection[str] = (),
    lost: Iterable[tuple[Withdrawal, Dated]] = (),
) -> Decision:
    """What `new` observations change, and what was `lost` because its outlet took it back. What the ledger has already
    counts for nothing.

    `old_news` are observations (ids) that are believed as of their date but told to nobody. None of `new`, and no
    withdrawal, may be older than `ledger.since`.
    """
    known = {one.observation.observation_id for one in ledger.after}
    fresh = list({one.observation.observation_id: one for one in new}.values())
    fresh = [one for one in fresh if one.observation.observation_id not in known]
    taken_back = {one.observation_id for one in ledger.withdrawals}
    gone = [(one, dated) for one, dated in lost if one.observation_id not in taken_back]
    if not fresh and not gone:
        return Decision()
    stored = Stored.of(claim, ledger)
    withdrawn = [one for one in ledger.withdrawals if ledger.since is None or one.at >= ledger.since]
    history = follow(
        claim,
        outlets,
        stored.start(ledger),
        [*ledger.after, *fresh],
        [*withdrawn, *(withdrawal for withdrawal, _ in gone)],
        since=ledger.since,
        taken_back=[dated for _, dated in gone],
    )
    dated = (*ledger.before, *ledger.after, *(dated for _, dated in gone))
    teller = Teller(
        claim=claim,
        ledger=ledger,
        dated={one.observation.observation_id: one for one in (*dated, *fresh)},
        new={one.observation.observation_id for one in fresh} | {one.observation_id for one, _ in gone},
        old_news=frozenset(old_news),
        frontier=max((one.at for one in dated), default=None),
        before=stored.last(OVERALL),
        now=stored.before | {holder: events[-1][1] for holder, events in history.states.items()},
        watchlist_hash=watchlist_hash,
    )
    beliefs = stored.differences(claim, history.states, watchlist_hash, rebuilt=False)
    return Decision(beliefs, teller.tell(history.outcomes))


def rebuild(claim: Claim, ledger: Ledger, *, outlets: Outlets, watchlist_hash: str) -> Decision:
    """The beliefs that differ under the claim's present rules, marked as rebuilt, from a ledger of everything.

    A change of the present overall belief is recorded, and told to nobody.
    """
    stored = Stored.of(claim, ledger)
    history = follow(claim, outlets, stored.start(ledger), ledger.after, ledger.withdrawals)
    beliefs = stored.differences(claim, history.states, watchlist_hash, rebuilt=True)
    before, states = stored.last(OVERALL), history.states.get(OVERALL)
    after = states[-1][1] if states else State()
    if not before.values or before.shown == after.shown or not after.observation_ids:
        return Decision(beliefs)
    dated = {one.observation.observation_id: one for one in ledger.after}
    cause = dated[after.observation_ids[0]]
    outcome = Outcome(
        observation_id=cause.observation.observation_id,
        at=states[-1][0] if states else cause.at,
        kind="value_changed",
        old=before.shown,
        new=after.shown,
        confirmed=after.support,
    )
    return Decision(beliefs, (make_change(claim, outcome, cause, "rebuilt", watchlist_hash),))
