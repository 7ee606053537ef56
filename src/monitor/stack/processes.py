"""Processes and ports of this machine: whose they are, how they are ended.

A process belongs to a stack when its environment names the stack's MONITOR_HOME, or when a process that does is its
ancestor. That outlives every crash, needs no pid file, and never means another program that was given an old pid.
Which component it belongs to is told by its session, which each component begins and all that descends from it keeps.
"""

import os
import re
import socket
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from monitor.stack.airflow_env import COMPONENTS, MARKER

_COMPONENT = re.compile(rf"\bairflow ({'|'.join(name.replace('-', '[-_]') for name in COMPONENTS)})\b")


def stack_processes(home: Path) -> dict[psutil.Process, str]:
    """The live processes of the stack of `home`, each with its component's name.

    The name is "" for the process manager, and for what has outlived its component. This process and its ancestors
    are never among them.
    """
    found = _of_stack(home)
    names = {process.pid: _component(process) for process in found}
    return {process: names.get(_session(process), "") for process in found}


def orphans(home: Path) -> list[psutil.Process]:
    """Processes of the stack whose component is gone: each component leads a session of its own."""
    found = _of_stack(home)
    alive = {process.pid for process in found} | _spared()
    return [process for process in found if _session(process) not in alive]


def _of_stack(home: Path) -> list[psutil.Process]:
    wanted, spared = str(home), _spared()
    found = {process: None for process in psutil.process_iter() if _environment(process).get(MARKER) == wanted}
    for process in list(found):
        with suppress(psutil.Error):
            found |= {child: None for child in process.children(recursive=True) if is_alive(child)}
    return [process for process in found if process.pid not in spared]


def _spared() -> set[int]:
    return {os.getpid(), *(process.pid for process in psutil.Process().parents())}


def _session(process: psutil.Process) -> int:
    try:
        return os.getsid(process.pid)
    except OSError:
        return 0


def _component(process: psutil.Process) -> str:
    """The component that the process is by its command line."""
    with suppress(psutil.Error):
        if found := _COMPONENT.search(" ".join(process.cmdline())):
            return found[1].replace("_", "-")
    return ""


def stop_processes(processes: Iterable[psutil.Process], *, grace_s: float) -> int:
    """End the processes: asked to first, killed after `grace_s` seconds. Returns how many there were.

    Only leaders of process groups are asked, because they end their own workers in good order.
    """
    alive = [process for process in processes if is_alive(process)]
    leaders = [process for process in alive if _leads_group(process)]
    for process in leaders:
        with suppress(psutil.Error):
            process.terminate()
    _wait(leaders, grace_s)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    _wait(alive, 5)
    return len(alive)


def is_alive(process: psutil.Process) -> bool:
    """Whether the process runs; one that has ended and only waits to be collected by its parent does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def memory_bytes(process: psutil.Process) -> int:
    """Memory of a process; pages it shares are divided among those who share them (where the system can tell)."""
    try:
        if psutil.LINUX:
            return int(process.memory_full_info().pss)
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def listener(port: int) -> psutil.Process | None:
    """The process that listens on the port, where the system tells us."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
            with suppress(psutil.Error):
                return psutil.Process(connection.pid) if connection.pid else None
    return None


def describe_listener(port: int) -> str:
    """Who listens on the port, in words: `python3 (pid 123, the stack of /srv/var)`, or `another program`."""
    process = listener(port)
    if process is None:
        return "another program"
    with suppress(psutil.Error):
        home = _environment(process).get(MARKER)
        return f"{process.name()} (pid {process.pid}{f', the stack of {home}' if home else ''})"
    return f"pid {process.pid}"


def _wait(processes: Iterable[psutil.Process], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    waited_for = list(processes)
    while any(is_alive(process) for process in waited_for) and time.monotonic() < deadline:
        time.sleep(0.1)


def _environment(process: psutil.Process) -> Mapping[str, str]:
    try:
        return process.environ() if is_alive(process) else {}
    except (psutil.Error, OSError):
        return {}


def _leads_group(process: psutil.Process) -> bool:
    try:
        return os.getpgid(process.pid) == process.pid
    except ProcessLookupError:
        return False
