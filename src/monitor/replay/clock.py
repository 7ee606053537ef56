"""The clock of a replay: which recorded moment it is, and which date a recorded moment is shown with. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.model import utc_now


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From wall time `wall` on, recorded time runs from `recorded` at `speed` recorded seconds a second."""

    wall: datetime
    recorded: datetime
    speed: float
    until: datetime | None = None
    """Recorded time at which the stretch ended; None for the one that runs."""


class Clock:
    """Recorded time over wall time; it can be set, and runs at any speed, zero included."""

    def __init__(
        self, start: datetime, *, speed: float, shift: bool, wall_clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._wall_clock = wall_clock
        self._shift = shift
        self._stretches = [_Stretch(wall_clock(), start, speed)]

    @property
    def speed(self) -> float:
        """Recorded seconds a second."""
        return self._stretches[-1].speed

    def now(self) -> datetime:
        """The recorded moment, UTC."""
        running = self._stretches[-1]
        return running.recorded + (self._wall_clock() - running.wall) * running.speed

    def set(self, recorded: datetime | None = None, *, speed: float | None = None) -> None:
        """Go on from `recorded` (default: from now) at `speed` (default: unchanged)."""
        now = self.now()
        self._stretches[-1] = replace(self._stretches[-1], until=now)
        self._stretches.append(_Stretch(self._wall_clock(), recorded or now, self.speed if speed is None else speed))

    def shown(self, moment: datetime) -> datetime:
        """The date that readers see for a recorded moment.

        The recorded one, or, with `shift`, the wall time at which the moment came: what was there before the start
        keeps its distance to the start, and what a jump of the clock skipped came when it jumped.
        """
        if not self._shift:
            return moment
        first = self._stretches[0]
        if moment < first.recorded:
            return first.wall - (first.recorded - moment)
        for stretch in self._stretches:
            if stretch.until is None or moment <= stretch.until:
                ahead = max(timedelta(0), moment - stretch.recorded)
                return stretch.wall + (ahead / stretch.speed if stretch.speed else timedelta(0))
        return self._stretches[-1].wall
