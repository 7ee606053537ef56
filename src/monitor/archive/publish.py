"""The published copy: the archive as one file that other tools may keep open without blocking the writer.

It is made beside its final name and renamed, so that it is whole at any moment; who has the old one open keeps it.
"""

import fcntl
import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from monitor.errors import ArchiveError

PAUSE_S = 30.0
"""At least so long between two copies."""
MOMENT_S = 2.0
"""A copy that takes less is made for the asking."""
PAUSE_FACTOR = 20.0
"""At least so many times as long as a copy takes: copying a large archive stays below 5 % of the disk's time."""

# In a process of its own: closing a file drops every POSIX lock that the process holds on it, DuckDB's included.
_COPY = """
import os, shutil, sys
source, target = sys.argv[1:]
shutil.copyfile(source, target)
descriptor = os.open(target, os.O_RDONLY)
os.fsync(descriptor)
os.close(descriptor)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What the last copy was made from, and when (seconds since 1970) and how long it took."""

    mtime_ns: int
    size: int
    at: float
    seconds: float


def is_due(last: Copied | None, current: os.stat_result, now: float, *, on_demand: bool) -> bool:
    """Whether a copy of the file with `current` is worth making at `now`: something changed, and the last one is old
    enough. `on_demand`, because a person waits for it, a copy that takes a moment is made at once."""
    if last is None:
        return True
    if is_same(last, current):
        return False
    if on_demand and last.seconds < MOMENT_S:
        return True
    return not 0 <= now - last.at < max(PAUSE_S, PAUSE_FACTOR * last.seconds)


def is_same(last: Copied, current: os.stat_result) -> bool:
    """Whether the archive is as it was when it was copied."""
    return (last.mtime_ns, last.size) == (current.st_mtime_ns, current.st_size)


def last_copy(target: Path) -> Copied | None:
    """What is noted about the copy at `target`; None without a copy or a usable note."""
    try:
        noted = Copied(**json.loads(_note(target).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return noted if target.exists() else None


def copy_file(source: Path, target: Path) -> None:
    """Copy the closed, checkpointed archive `source` to `target`; the caller keeps writers out.

    Raises ArchiveError when it does not work; the old copy then stays.
    """
    began = time.monotonic()
    stat = source.stat()
    tmp = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        result = subprocess.run(  # noqa: S603 - our own interpreter and script
            [sys.executable, "-I", "-S", "-c", _COPY, str(source), str(tmp)],
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            reason = (result.stderr.strip().splitlines() or [f"exit status {result.returncode}"])[-1]
            raise ArchiveError(
                f"The copy {target} could not be made: {reason}. Free some space or fix the folder's permissions; the "
                "last copy is kept."
            )
        tmp.rename(target)
        copied = Copied(mtime_ns=stat.st_mtime_ns, size=stat.st_size, at=time.time(), seconds=time.monotonic() - began)
        note = tmp.with_suffix(".note")
        note.write_text(json.dumps(asdict(copied)), encoding="utf-8")
        note.rename(_note(target))
    finally:
        with suppress(OSError):
            tmp.unlink(missing_ok=True)


class OnlyCopier:
    """Lets one process at a time copy: `with OnlyCopier(target) as ours:`; sweeps what a killed one left."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._descriptor = -1

    def __enter__(self) -> bool:
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            self._descriptor = os.open(self._target.with_name(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise ArchiveError(
                f"The folder {self._target.parent} cannot be written: {error.strerror}. Fix its permissions."
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        for left in self._target.parent.glob(f".{self._target.name}.*.tmp"):
            left.unlink(missing_ok=True)
        return True

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _note(target: Path) -> Path:
    return target.with_suffix(".json")
