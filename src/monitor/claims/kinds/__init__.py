"""What a sentence says of a claim, a module a kind: each is a function of a `Case` that gives drafts and refusals."""

from collections.abc import Callable, Sequence

from monitor.claims.case import Case, Findings
from monitor.claims.kinds.category import find_category
from monitor.claims.kinds.dates import find_date, holds_date
from monitor.claims.kinds.quantity import find_quantity, holds_quantity
from monitor.claims.kinds.role_holder import find_role_holder
from monitor.claims.kinds.stance import find_stance
from monitor.claims.kinds.status import find_status
from monitor.model import ClaimKind
from monitor.watchlist import Claim

FINDERS: dict[ClaimKind, Callable[[Case], Findings]] = {
    "quantity": find_quantity,
    "date": find_date,
    "status": find_status,
    "stance": find_stance,
    "category": find_category,
    "role_holder": find_role_holder,
}

_WINDOW = 700
"""Characters on each side of a claim's words that its number may stand in, and how many ends of lines: in a page's
text a line is a block, in an article's a paragraph."""
_LINES = 3
_WINDOWS = 25
"""Places that are looked at; where more could hold the claim, one is taken to."""


def could_hold_value(claim: Claim, text: str, places: Sequence[int]) -> bool:
    """Whether near one of the places (sorted) stands what the claim asks for; of a number, one of its unit."""
    holds = {"quantity": holds_quantity, "date": holds_date}.get(claim.kind)
    if holds is None or len(places) > _WINDOWS:
        return bool(places)
    done = 0
    for place in places:
        if place >= done:
            before = text[max(0, place - _WINDOW) : place].split("\n")[-_LINES:]
            after = text[place : place + _WINDOW].split("\n")[:_LINES]
            done = place + len(after[0]) // 2
            if holds(claim, "\n".join(before) + "\n".join(after)):
                return True
    return False
