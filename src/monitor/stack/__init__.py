"""The local stack: Airflow's components under a process manager, on embedded defaults; its start, stop and state.

Everything it writes is below MONITOR_HOME, so two stacks with different MONITOR_HOME and MONITOR_PORT live side by
side. Nothing of it needs root, a service or another program than Python.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import psutil

from monitor.errors import StackError
from monitor.settings import Settings
from monitor.stack.airflow_env import COMPONENTS, MARKER, AirflowSecrets, airflow_environment, health_url
from monitor.stack.airflow_home import (
    component_environment,
    plain_disk_errors,
    prepare,
    project_folder,
    read_json,
    require_airflow,
    tail,
    write_private,
)
from monitor.stack.processes import (
    describe_listener,
    is_alive,
    is_free,
    memory_bytes,
    stack_processes,
    stop_processes,
)
from monitor.stack.supervise import (
    STOP_WAIT_S,
    ManagedProcess,
    forget_socket,
    managed_processes,
    manager_environment,
    read_procfile,
    supervisor_config,
)

LEAST_FREE_BYTES = 500_000_000
"""Disk space below which the stack is not started: a database that runs full in the middle is worse."""

_STARTED_IN_VAIN = 3


@dataclass(frozen=True)
class Component:
    """One of Airflow's processes, with everything below it."""

    name: str
    state: str
    """`running`, `restarting`, `stopping` or `stopped`."""
    pid: int | None = None
    uptime_s: int = 0
    memory_bytes: int = 0
    healthy: bool = False
    """Whether Airflow itself says that it works (its heart beat lately)."""
    error: str = ""


@dataclass(frozen=True)
class StackStatus:
    """What runs of the stack of one MONITOR_HOME."""

    url: str
    """Of the web interface; also when it doesn't answer."""
    components: tuple[Component, ...]
    """Empty when nothing was started."""
    memory_bytes: int
    """Of all processes, the process manager included."""
    leftovers: int
    """Processes that a crashed process manager left behind."""

    @property
    def is_up(self) -> bool:
        """Whether a process manager keeps the components running."""
        return bool(self.components)

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong, a sentence each."""
        if self.leftovers:
            return (f"the process manager is gone, {self.leftovers} processes of it are left: run `monitor up` again",)
        if not self.is_up:
            return ("the stack is not running: start it with `monitor up`",)
        return tuple(
            f"{component.name} is {component.state if component.state != 'running' else 'running but not healthy'}"
            f"{f' ({component.error})' if component.error else ''}: see its log"
            for component in self.components
            if component.state != "running" or not component.healthy
        )


def up(
    settings: Settings,
    say: Callable[[str], None],
    waiting: Callable[[tuple[str, ...]], None],
    *,
    timeout_s: float = 180,
    given: Mapping[str, str] = os.environ,
) -> bool:
    """Start the stack where it doesn't run, and wait until Airflow says that all components are healthy.

    Returns False when it already ran.
    `waiting` is told, twice a second, what is still waited for. Raises StackError with a sentence for the user.
    """
    require_airflow()
    commands = read_procfile(project_folder() / "Procfile")
    with plain_disk_errors(settings.home), _one_at_a_time(settings):
        already_up = managed_processes(settings.home) is not None
        if already_up:
            _refuse_other_port(settings)
        elif left := stack_processes(settings.home):
            say(f"Ending {len(left)} processes that an earlier run left behind …")
            _stop_all(settings.home, lambda _: None)
        since = None
        if not already_up:
            _require_space(settings.home)
            _require_port(settings, given)
            prepare(settings, say, given)
            since = datetime.now(UTC)
            _start_manager(settings, commands, given)
            write_private(_record(settings), json.dumps({"port": settings.port, "since": since.isoformat()}))
    _wait_until_healthy(settings, since=since, waiting=waiting, timeout_s=timeout_s, given=given)
    return not already_up


def down(settings: Settings, waiting: Callable[[int], None] = lambda _: None) -> int:
    """Stop everything this stack started and nothing else; returns how many processes that were.

    The scheduler first, then the rest; what has not ended after 15 seconds is killed. Works after any crash, and when
    nothing runs. `waiting` is told how many processes are left.
    """
    if not settings.home.is_dir():
        return 0
    with _one_at_a_time(settings):
        count = _stop_all(settings.home, waiting)
        forget_socket(settings.home)
        _record(settings).unlink(missing_ok=True)
        return count


def status(settings: Settings, given: Mapping[str, str] = os.environ) -> StackStatus:
    """Look at the stack without touching it."""
    port = _recorded_port(settings)
    processes = stack_processes(settings.home) if settings.home.is_dir() else {}
    managed = managed_processes(settings.home)
    memory = {process: memory_bytes(process) for process in processes}
    health = component_health(settings.model_copy(update={"port": port}), given, since=None) if managed else {}
    by_name: dict[str, int] = {}
    for process, name in processes.items():
        by_name[name] = by_name.get(name, 0) + memory[process]
    if managed is None and not processes and "AIRFLOW__CORE__EXECUTION_API_SERVER_URL" in given:
        return _status_elsewhere(settings, given)
    return StackStatus(
        url=f"http://127.0.0.1:{port}",
        components=tuple(
            Component(
                name=process.name,
                state=_STATES.get(process.state, "stopped"),
                pid=process.pid,
                uptime_s=process.uptime_s,
                memory_bytes=by_name.get(process.name, 0),
                healthy=health.get(process.name, False),
                error=process.error if process.pid is None else "",
            )
            for process in managed or ()
        ),
        memory_bytes=sum(memory.values()),
        leftovers=len(processes) if managed is None else 0,
    )


def _status_elsewhere(settings: Settings, given: Mapping[str, str]) -> StackStatus:
    """Of components that something else runs, as in containers: all there is to know is their health."""
    health = component_health(settings, given, since=None)
    return StackStatus(
        url=given.get("AIRFLOW__API__BASE_URL", f"http://127.0.0.1:{settings.port}"),
        components=tuple(Component(name=name, state="running", healthy=healthy) for name, healthy in health.items()),
        memory_bytes=0,
        leftovers=0,
    )


def component_health(
    settings: Settings, given: Mapping[str, str] = os.environ, *, since: datetime | None
) -> dict[str, bool]:
    """Which components Airflow's API says are healthy; all False when the API doesn't answer within 10 seconds.

    With `since`, a heart that last beat before that time doesn't count: it was an earlier run's.
    """
    placeholder = AirflowSecrets("", "", "")
    added = airflow_environment(settings, placeholder, project=Path(), given=given)
    answer = _ask(health_url({**given, **added}))
    if answer is None:
        return dict.fromkeys(COMPONENTS, False)
    health = {"api-server": answer.get("metadatabase", {}).get("status") == "healthy"}
    for name in COMPONENTS[1:]:
        key = name.replace("-", "_")
        told = answer.get(key) or {}
        beat = told.get(f"latest_{key}_heartbeat")
        fresh = since is None or (beat is not None and datetime.fromisoformat(beat) >= since)
        health[name] = told.get("status") == "healthy" and fresh
    return health


_STATES = {"RUNNING": "running", "STARTING": "running", "BACKOFF": "restarting", "STOPPING": "stopping"}


def _start_manager(settings: Settings, commands: Mapping[str, str], given: Mapping[str, str]) -> None:
    run = settings.home / "run"
    config = run / "supervisord.conf"
    write_private(config, supervisor_config(commands))
    bin_folder = str(Path(sys.executable).parent)
    environment = {
        **component_environment(settings, given),  # the components are forked from the manager
        **manager_environment(settings.home),
        MARKER: str(settings.home),
        "PATH": f"{bin_folder}:{given.get('PATH', os.defpath)}",
    }
    errors = settings.home / "logs" / "supervisord.err"
    with errors.open("wb") as output:
        # A session of its own: closing the terminal or Ctrl-C in it doesn't reach the stack.
        manager = subprocess.Popen(  # noqa: S603  our own interpreter
            [sys.executable, "-m", "monitor.stack.manager", "-n", "-c", str(config)],
            env=environment,
            cwd=str(project_folder()),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + 30
    while managed_processes(settings.home) is None:
        if manager.poll() is not None or time.monotonic() > deadline:
            raise StackError(f"the process manager does not start; {errors}:\n{tail(errors)}")
        time.sleep(0.1)


def _wait_until_healthy(
    settings: Settings,
    *,
    since: datetime | None,
    waiting: Callable[[tuple[str, ...]], None],
    timeout_s: float,
    given: Mapping[str, str],
) -> None:
    deadline = time.monotonic() + timeout_s
    pids: dict[str, set[int]] = {}
    pending: tuple[str, ...] = COMPONENTS
    while time.monotonic() < deadline:
        managed = managed_processes(settings.home)
        if managed is None:
            raise StackError("the process manager ended, by `monitor down` or a kill: run `monitor up` again")
        _refuse_failing(settings, managed, pids)
        health = component_health(settings, given, since=since)
        pending = tuple(name for name in COMPONENTS if not health[name])
        if not pending:
            return
        waiting(pending)
        time.sleep(0.5)
    raise StackError(
        f"not healthy after {timeout_s:.0f} s: {', '.join(pending)}. It goes on starting in the background: look at "
        f"{settings.home / 'logs'} and `monitor status`, or stop it with `monitor down`"
    )


def _refuse_failing(settings: Settings, managed: tuple[ManagedProcess, ...], pids: dict[str, set[int]]) -> None:
    for process in managed:
        seen = pids.setdefault(process.name, set())
        if process.pid:
            seen.add(process.pid)
        if len(seen) >= _STARTED_IN_VAIN or process.state == "FATAL":
            with _one_at_a_time(settings):
                _stop_all(settings.home, lambda _: None)
            log = settings.home / "logs" / f"{process.name}.log"
            raise StackError(f"{process.name} ends again and again; the end of {log}:\n{tail(log)}")


def _stop_all(home: Path, waiting: Callable[[int], None]) -> int:
    """The process manager stops its children in order; whoever it no longer looks after is ended here."""
    first = stack_processes(home)
    managers = [process for process, component in first.items() if not component and _is_manager(process)]
    for manager in managers:
        with suppress(psutil.Error):
            manager.terminate()
    # The manager waits for the scheduler, then for the rest, then kills; and needs a moment itself.
    deadline = time.monotonic() + (2 * STOP_WAIT_S + 5 if managers else 0)
    while time.monotonic() < deadline and any(is_alive(manager) for manager in managers):
        waiting(len(stack_processes(home)))
        time.sleep(0.3)
    # Without its manager a component has lost its log, and with that its way to end in good order.
    grace_s = STOP_WAIT_S if managers else 4
    seen = set(first)
    for chosen in ("scheduler", None):
        left = stack_processes(home)
        seen |= set(left)
        stop_processes((p for p, name in left.items() if chosen in (None, name)), grace_s=grace_s)
    if left := stack_processes(home):  # started while the others were being ended
        stop_processes(left, grace_s=0)
    if left := stack_processes(home):
        raise StackError(f"these processes could not be ended: {', '.join(str(process.pid) for process in left)}")
    return len(seen)


def _is_manager(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return "monitor.stack.manager" in process.cmdline()
    return False


def _require_space(home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(home).free
    if free < LEAST_FREE_BYTES:
        raise StackError(
            f"only {free // 1_000_000} MB are free on the disk of {home}, at least {LEAST_FREE_BYTES // 1_000_000} MB "
            "are needed: free some, or set MONITOR_HOME to a folder on another disk"
        )


def _require_port(settings: Settings, given: Mapping[str, str]) -> None:
    host = given.get("AIRFLOW__API__HOST", "127.0.0.1")
    if not is_free(host, settings.port):
        raise StackError(
            f"port {settings.port} is in use by {describe_listener(settings.port)}: end that program, or choose "
            f"another port, as in `MONITOR_PORT={_next_free(host, settings.port)} make up`"
        )


def _next_free(host: str, port: int) -> int:
    return next((other for other in range(port + 1, min(port + 100, 65536)) if is_free(host, other)), 8081)


def _refuse_other_port(settings: Settings) -> None:
    port = _recorded_port(settings)
    if port != settings.port:
        raise StackError(
            f"the stack of {settings.home} already runs, on port {port}: stop it first with `monitor down`, or set "
            "another MONITOR_HOME for a second one"
        )


def _record(settings: Settings) -> Path:
    return settings.home / "run" / "stack.json"


def _recorded_port(settings: Settings) -> int:
    port = (read_json(_record(settings)) or {}).get("port")
    return port if isinstance(port, int) else settings.port


def _ask(url: str) -> dict[str, dict[str, str]] | None:
    # No proxy: the address is one of our own. urllib keeps the stack free of the flow's HTTP client.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as answer:
            loaded = json.load(answer)
    except (OSError, ValueError, HTTPException):
        return None
    return loaded if isinstance(loaded, dict) else None


@contextmanager
def _one_at_a_time(settings: Settings) -> Iterator[None]:
    """`up` and `down` of one stack wait for each other."""
    (settings.home / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.home / "run" / "stack.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
