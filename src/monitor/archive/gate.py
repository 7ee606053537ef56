"""The gate in front of the archive file: one writer or many readers, among all processes of the monitor.

DuckDB lets one process write or several read, and refuses everybody else at once. Two lock files beside the archive
make that a queue: whoever comes takes `turn`, waits with it for `gate` (shared to read, exclusive to write), and only
then lets the next one queue. A waiting writer holds `turn`, so that a stream of readers cannot starve it.

The locks are flock(2): they end with the process that holds them, however that ends.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.errors import ArchiveError

POLL_S = 0.005


@contextmanager
def pass_gate(file: Path, *, exclusive: bool, timeout_s: float) -> Iterator[None]:
    """Hold the gate of the archive `file` inside the block, alone when `exclusive`.

    Raises ArchiveError with the holder's process id when it does not open within `timeout_s` seconds, and when the
    lock files cannot be made.
    """
    deadline = time.monotonic() + timeout_s
    gate = _open(file.with_name(file.name + ".gate"))
    try:
        turn = _open(file.with_name(file.name + ".turn"))
        try:
            _take(turn, fcntl.LOCK_EX, deadline, file, timeout_s)
            _take(gate, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH, deadline, file, timeout_s)
        finally:
            os.close(turn)
        yield
    finally:
        os.close(gate)


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise ArchiveError(
            f"The archive's lock file {path} cannot be opened: {error.strerror}. Check that the folder is on a local "
            "disk with space left and belongs to you."
        ) from error


def _take(descriptor: int, kind: int, deadline: float, file: Path, timeout_s: float) -> None:
    """Take the lock by asking again and again: a blocking flock would know no time-out."""
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise ArchiveError(
                    f"The archive {file} was busy for {timeout_s:g} s{_holders(descriptor)}. Nothing is lost: try "
                    "again when that process is done, or end it if it hangs."
                ) from None
            time.sleep(POLL_S)
        else:
            return


def _holders(descriptor: int) -> str:
    """` (held by process 12, 34)`, from Linux's list of locks; empty where there is none."""
    inode = str(os.fstat(descriptor).st_ino)
    try:
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return ""
    fields = [line.split() for line in lines if "->" not in line]
    found = sorted({field[4] for field in fields if field[1] == "FLOCK" and field[5].rpartition(":")[2] == inode})
    return f" (held by process {', '.join(found)})" if found else ""
