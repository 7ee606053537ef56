"""Turns at a host: kept within a process and between processes, given back when a process dies."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monitor.fetch.politeness import MAX_PAUSE_S, HostPaused, HostTurns

HOLDER = """
import fcntl, os, sys, time
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


async def starts(turns: HostTurns, host: str, times: int) -> list[float]:
    found = []

    async def one() -> None:
        async with turns.turn(host, 1):
            found.append(time.monotonic())

    await asyncio.gather(*(one() for _ in range(times)))
    return found


async def test_turns_are_handed_out_with_the_pause_between(tmp_path: Path) -> None:
    first, second, third = await starts(HostTurns(tmp_path, 0.1, 32), "a.example", 3)
    assert second - first > 0.09
    assert third - second > 0.09


async def test_hosts_do_not_wait_for_each_other(tmp_path: Path) -> None:
    turns = HostTurns(tmp_path, 5, 32)
    began = time.monotonic()
    await asyncio.gather(*(starts(turns, f"{n}.example", 1) for n in range(20)))
    assert time.monotonic() - began < 2


async def test_two_users_of_one_folder_never_ask_at_once(tmp_path: Path) -> None:
    inside = 0
    most = 0

    async def one(turns: HostTurns) -> None:
        nonlocal inside, most
        async with turns.turn("a.example", 1):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.02)
            inside -= 1

    await asyncio.gather(
        *(one(turns) for turns in (HostTurns(tmp_path, 0, 32), HostTurns(tmp_path, 0, 32)) for _ in range(3))
    )
    assert most == 1


async def test_a_turn_comes_back_when_its_process_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "a.example")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:  # noqa: ASYNC220, S603 - our own script
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        waiting = asyncio.create_task(starts(HostTurns(tmp_path, 0, 32), "a.example", 1))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        holder.kill()
        assert len(await asyncio.wait_for(waiting, 5)) == 1


async def test_a_cancelled_turn_is_given_back(tmp_path: Path) -> None:
    turns = HostTurns(tmp_path, 0, 32)

    async def hold() -> None:
        async with turns.turn("a.example", 1):
            await asyncio.sleep(60)

    holding, waiting = asyncio.create_task(hold()), asyncio.create_task(hold())
    await asyncio.sleep(0.05)
    holding.cancel()
    waiting.cancel()
    await asyncio.gather(holding, waiting, return_exceptions=True)
    assert len(await asyncio.wait_for(starts(turns, "a.example", 1), 2)) == 1


async def test_who_waits_takes_no_place_of_those_who_run(tmp_path: Path) -> None:
    turns = HostTurns(tmp_path, 0, 2)

    async def hold(host: str, seconds: float) -> str:
        async with turns.turn(host, 1):
            await asyncio.sleep(seconds)
            return host

    waiting = [asyncio.create_task(hold("stuck.example", 60)) for _ in range(10)]
    await asyncio.sleep(0.02)
    many = await asyncio.wait_for(asyncio.gather(*(hold(f"{n}.example", 0) for n in range(300))), 10)
    assert len(many) == 300
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_pause_that_a_host_asked_for_holds_for_all(tmp_path: Path) -> None:
    async with HostTurns(tmp_path, 0, 32).turn("a.example", 1) as turn:
        turn.pause(10 * MAX_PAUSE_S)
    with pytest.raises(HostPaused) as caught:
        await starts(HostTurns(tmp_path, 0, 32), "a.example", 1)
    assert MAX_PAUSE_S - 5 < caught.value.seconds <= MAX_PAUSE_S


async def test_a_crawl_delay_only_lengthens(tmp_path: Path) -> None:
    turns = HostTurns(tmp_path, 0.1, 32)
    turns.lengthen("a.example", 0.01)
    turns.lengthen("b.example", 0.3)
    first, second = await starts(turns, "a.example", 2)
    assert second - first > 0.09
    first, second = await starts(turns, "b.example", 2)
    assert second - first > 0.28


@pytest.mark.parametrize("content", [b"", b"garbage", b"nan", b"\xff" * 40, b"-1e300", b"inf", b"99999999999"])
async def test_a_damaged_file_stops_nobody(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.example").write_bytes(content)
    assert len(await asyncio.wait_for(starts(HostTurns(tmp_path, 0, 32), "a.example", 1), 2)) == 1


async def test_without_a_folder_turns_are_kept_within_the_process(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    first, second = await starts(HostTurns(tmp_path / "file", 0.1, 32), "a.example", 2)
    assert second - first > 0.09
