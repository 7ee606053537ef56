"""Which page was being analysed when a process died, so that a page that kills its reader is not read for ever.

A page can kill or hang the process that reads it (a fault in a parser written in C, memory without end). Its batch
stays in the spool and would kill the next run as well. So each page's id is noted beside the batch before it is read,
and what a death leaves there is counted.
"""

import os
from collections import Counter
from pathlib import Path
from typing import Self

DEATHS = 8
"""A page that was under way this many times when a process died is not read again: a page that kills costs that many
runs, and a machine that is switched off and on a few times at the wrong moment blames none."""


class UnderWay:
    """The note beside one batch, a context manager around the work on its pages."""

    def __init__(self, batch: Path) -> None:
        # The spool's own rule for temporary files: one that outlives its batch is swept.
        self._file = batch.with_name(f".{batch.name}.under-way.tmp")

    def __enter__(self) -> Self:
        self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._earlier = os.pread(self._descriptor, 1 << 20, 0)
        self._deaths = Counter(self._earlier.decode("ascii", "replace").split())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is None:
            os.ftruncate(self._descriptor, len(self._earlier))
        os.close(self._descriptor)

    @property
    def is_suspect(self) -> bool:
        """Whether a process died over this batch before."""
        return bool(self._deaths)

    def begin(self, page_id: str) -> bool:
        """Note that `page_id` is read from now on; False when it should not be, after what it did before."""
        if self._deaths[page_id] >= DEATHS:
            return False
        os.pwrite(self._descriptor, f"{page_id}\n".encode(), len(self._earlier))
        return True

    def forget(self) -> None:
        """The batch is done."""
        self._file.unlink(missing_ok=True)
