"""Locks between processes that end with their process, however that ends."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def sole_holder(lock_file: Path, *, wait_s: float) -> Iterator[bool]:
    """Whether this process alone is inside such a block; waits up to `wait_s` seconds for another to leave.

    The lock is the kernel's and ends with the process, also at kill -9; the file stays.
    """
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("a") as handle:
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    yield False
                    return
                time.sleep(0.05)
            else:
                yield True  # closing the file gives the lock back
                return
