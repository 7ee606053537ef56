"""What is believed at a moment, and what an observation did to it."""

from dataclasses import dataclass
from datetime import datetime

from monitor.changes.compare import Value
from monitor.model import BeliefLayer, ChangeKind

LISTED = 10
"""At most so many values, and observations, of one belief are listed."""


@dataclass(frozen=True, slots=True)
class State:
    """What is believed from `since` on: one value, several where they are `contested`, none where nothing is.

    `settled` tells what enough reports support (or the baseline) from what is only listed. `support` counts the
    independent reports, of which `observation_ids` are the newest.
    """

    values: tuple[Value, ...] = ()
    contested: bool = False
    settled: bool = False
    support: int = 0
    observation_ids: tuple[str, ...] = ()
    since: datetime | None = None

    @property
    def shown(self) -> tuple[str, ...]:
        """The values as beliefs and changes name them."""
        return tuple(value.shown for value in self.values)

    def same_as(self, other: "State") -> bool:
        """Whether both say the same to whoever asks."""
        mine = (self.shown, self.contested, self.settled, self.support)
        return mine == (other.shown, other.contested, other.settled, other.support)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one observation did. `reason` says why nobody need hear of it; `moved` that the overall belief changed;
    `confirms` that it is the second independent source of what is believed already."""

    observation_id: str
    at: datetime
    kind: ChangeKind
    old: tuple[str, ...]
    new: tuple[str, ...]
    confirmed: int = 0
    reason: str | None = None
    moved: bool = False
    confirms: bool = False
    layer: BeliefLayer = "overall"
    holder: str = ""
