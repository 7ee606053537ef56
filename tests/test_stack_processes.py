"""Whose processes are whose, and how they are ended."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from monitor.stack.airflow_env import MARKER
from monitor.stack.processes import (
    describe_listener,
    is_alive,
    is_free,
    listener,
    orphans,
    stack_processes,
    stop_processes,
)

SLEEP = "import time; time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
)


class Starter:
    """Starts processes and ends them with the test."""

    def __init__(self) -> None:
        self.started: list[psutil.Popen] = []

    def __call__(self, code: str, *arguments: str, **variables: str) -> psutil.Popen:
        process = psutil.Popen(
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self.started.append(process)
        return process


@pytest.fixture
def start() -> Iterator[Starter]:
    starter = Starter()
    yield starter
    for process in starter.started:
        for one in (*process.children(recursive=True), process) if process.is_running() else ():
            one.kill()
        process.wait()
        process.stdout.close()


def test_a_stacks_processes_are_known_by_their_environment(start: Starter, tmp_path: Path) -> None:
    ours = start(SLEEP, "airflow scheduler", **{MARKER: str(tmp_path)})
    start(SLEEP, **{MARKER: str(tmp_path / "other")})
    start(SLEEP)
    assert {process.pid: name for process, name in stack_processes(tmp_path).items()} == {ours.pid: "scheduler"}


def test_children_that_dropped_the_environment_belong_to_it_too(start: Starter, tmp_path: Path) -> None:
    child_of = f"c = subprocess.Popen([{sys.executable!r}, '-c', {SLEEP!r}], env={{}})"
    code = f"import subprocess; {child_of}; print(c.pid, flush=True); c.wait()"
    parent = start(code, "airflow triggerer --skip-serve-logs", **{MARKER: str(tmp_path)})
    child = int(parent.stdout.readline())
    found = {process.pid: name for process, name in stack_processes(tmp_path).items()}
    assert found == {parent.pid: "triggerer", child: "triggerer"}


def test_what_outlives_its_component_is_an_orphan(start: Starter, tmp_path: Path) -> None:
    child_of = f"c = subprocess.Popen([{sys.executable!r}, '-c', {SLEEP!r}])"
    code = f"import subprocess; {child_of}; print(c.pid, flush=True); c.wait()"
    parent = start(code, "airflow api_server", **{MARKER: str(tmp_path)})
    child = int(parent.stdout.readline())
    assert orphans(tmp_path) == []
    parent.kill()
    parent.wait()
    left = orphans(tmp_path)
    assert [process.pid for process in left] == [child]
    assert stack_processes(tmp_path) == {left[0]: ""}
    stop_processes(left, grace_s=5)


def test_the_process_that_asks_is_never_among_them(tmp_path: Path) -> None:
    code = f"import pathlib, monitor.stack.processes as p; print(p.stack_processes(pathlib.Path({str(tmp_path)!r})))"
    done = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", code], env={**os.environ, MARKER: str(tmp_path)}, capture_output=True, check=True
    )
    assert done.stdout.strip() == b"{}"


def test_processes_are_asked_to_end_and_killed_when_they_do_not(start: Starter) -> None:
    polite, stubborn = start(SLEEP), start(STUBBORN)
    stubborn.stdout.readline()
    began = time.monotonic()
    assert stop_processes([polite, stubborn], grace_s=0.5) == 2
    assert not is_alive(polite)
    assert not is_alive(stubborn)
    assert time.monotonic() - began < 5


def test_a_process_that_has_ended_is_not_waited_for(start: Starter) -> None:
    process = start("pass")
    while is_alive(process):
        time.sleep(0.01)
    assert stop_processes([process], grace_s=10) == 0


def test_a_port_in_use_is_seen_with_the_process_that_uses_it() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        assert not is_free("127.0.0.1", port)
        found = listener(port)
        assert found is not None
        assert found.pid == os.getpid()
        assert f"pid {os.getpid()}" in describe_listener(port)
    assert is_free("127.0.0.1", port)
    assert describe_listener(port) == "another program"
