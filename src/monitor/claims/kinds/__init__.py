"""What a sentence says of a claim, a module a kind: each is a function of a `Case` that gives drafts and refusals."""

from collections.abc import Callable

from monitor.claims.case import Case, Findings
from monitor.claims.kinds.category import find_category
from monitor.claims.kinds.dates import find_date
from monitor.claims.kinds.quantity import find_quantity
from monitor.claims.kinds.role_holder import find_role_holder
from monitor.claims.kinds.stance import find_stance
from monitor.claims.kinds.status import find_status
from monitor.model import ClaimKind

FINDERS: dict[ClaimKind, Callable[[Case], Findings]] = {
    "quantity": find_quantity,
    "date": find_date,
    "status": find_status,
    "stance": find_stance,
    "category": find_category,
    "role_holder": find_role_holder,
}
