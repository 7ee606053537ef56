"""How every benchmark here measures: two ways of doing the same work, in turn, in one run; CPU-seconds; a ratio.

CPU time of this process and its children, not wall time, because shared machines are noisy; the best of `rounds` is
kept for each side, and the two sides alternate so that a slow spell hits both.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path


def cpu_seconds() -> float:
    """User and system seconds of this process and of its finished children."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def compare(
    title: str,
    ours: tuple[str, Callable[[], object]],
    baseline: tuple[str, Callable[[], object]],
    units: int,
    unit: str,
    *,
    rounds: int = 3,
    aim: float | None = None,
) -> float:
    """Print one aligned row and return how many times as fast ours is: units per CPU-second, best of `rounds`."""
    best: dict[str, float] = {}
    for _ in range(rounds):
        for name, work in (ours, baseline):
            before = cpu_seconds()
            work()
            best[name] = min(best.get(name, float("inf")), cpu_seconds() - before)
    rate = {name: units / max(seconds, 1e-9) for name, seconds in best.items()}
    ratio = rate[ours[0]] / rate[baseline[0]]
    wanted = f"  (aim {aim:g})" if aim is not None else ""
    print(f"{title:<28} {ours[0]:<34} {rate[ours[0]]:>12,.1f} {unit}/CPU-s", flush=True)
    print(f"{'':<28} {baseline[0]:<34} {rate[baseline[0]]:>12,.1f} {unit}/CPU-s  ratio {ratio:.2f}{wanted}", flush=True)
    return ratio


def corpus(part: str) -> Path:
    """The folder `part` of the corpus that MONITOR_CORPUS points to; ends the program with a sentence without it."""
    root = os.environ.get("MONITOR_CORPUS")
    if not root or not (Path(root) / part).exists():
        sys.exit(f"This benchmark reads {part!r} of a corpus of real pages: set MONITOR_CORPUS to the corpus folder.")
    return Path(root) / part
