"""Locks between processes."""

import subprocess
import sys
from pathlib import Path

from monitor.locks import sole_holder

HOLDING_PROCESS = """
import fcntl, sys, time
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


def test_only_one_holds_it_at_a_time(tmp_path: Path) -> None:
    lock_file = tmp_path / "state" / "send.lock"
    with sole_holder(lock_file, wait_s=0) as first, sole_holder(lock_file, wait_s=0.1) as second:
        assert (first, second) == (True, False)
    with sole_holder(lock_file, wait_s=0) as third:
        assert third


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    lock_file = tmp_path / "send.lock"
    holder = subprocess.Popen(  # noqa: S603 - our own lines above
        [
            sys.executable,
            "-c",
            HOLDING_PROCESS,
            str(lock_file),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with sole_holder(lock_file, wait_s=0) as alone:
        assert not alone
    holder.kill()
    holder.communicate()
    with sole_holder(lock_file, wait_s=1) as alone:
        assert alone
