"""What an outlet took back: by editing an article, or by deleting it. Pure.

Give the result to `decide` as `lost`, together with the observations of the new revision.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from monitor.changes.support import Dated
from monitor.model import Observation, Withdrawal

Reason = Literal["edited", "retracted", "deleted"]


def edited(before: Sequence[Dated], after: Iterable[Observation], at: datetime) -> list[tuple[Withdrawal, Dated]]:
    """What of one article's earlier revision, `before`, the later one does not say any more, as was seen `at`.

    `after` are all observations of the later revision, of the same claims by the same rules. A claim that it is silent
    on was retracted; where it says something else of it, or says it less surely, the old words were edited.
    """
    still: dict[str, set[tuple[object, ...]]] = {}
    for one in after:
        still.setdefault(one.claim_id, set()).add(_meaning(one))
    lost = []
    for dated in before:
        said = dated.observation
        if _meaning(said) not in still.get(said.claim_id, ()):
            reason: Reason = "edited" if said.claim_id in still else "retracted"
            lost.append((_withdrawal(said, reason, at), dated))
    return lost


def deleted(said: Iterable[Dated], at: datetime) -> list[tuple[Withdrawal, Dated]]:
    """All that an article said, once it is gone, as was seen `at`."""
    return [(_withdrawal(dated.observation, "deleted", at), dated) for dated in said]


def _meaning(one: Observation) -> tuple[object, ...]:
    return one.value, one.number, one.number_hi, one.comparator, one.polarity, one.modality, one.aspect


def _withdrawal(said: Observation, reason: Reason, at: datetime) -> Withdrawal:
    return Withdrawal(
        observation_id=said.observation_id,
        claim_id=said.claim_id,
        article_id=said.article_id,
        reason=reason,
        at=at,
    )
