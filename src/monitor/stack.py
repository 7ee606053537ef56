"""The local stack: Airflow's components under a process manager, on embedded defaults; its start, stop and state.

Everything it writes is below MONITOR_HOME, so two stacks with different MONITOR_HOME and MONITOR_PORT live side by
side. Nothing of it needs root, a service or another program than Python.
"""

import errno
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import psutil

from monitor.airflow_env import (
    COMPONENTS,
    MARKER,
    AirflowSecrets,
    airflow_environment,
    airflow_home,
    health_url,
    metadata_file,
    passwords_file,
)
from monitor.errors import StackError
from monitor.processes import (
    COMPONENT,
    describe_listener,
    is_alive,
    is_free,
    memory_bytes,
    stack_processes,
    stop_processes,
)
from monitor.settings import Settings
from monitor.supervise import (
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

_POOLS = {"archive": (1, "The one writer of the archive")}
_STARTED_IN_VAIN = 3


@dataclass(frozen=True)
class Component:
    """One of Airflow's processes, with everything below it."""

    name: str
    state: str
    """`running`, `starting`, `restarting`, `stopping` or `stopped`."""
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


def project_folder() -> Path:
    """The checkout: the folder of dags/, plugins/ and the Procfile.

    Raises StackError where the package was installed without one.
    """
    folder = Path(__file__).resolve().parents[2]
    if not (folder / "Procfile").is_file():
        raise StackError(f"no Procfile in {folder}: the stack runs from a checkout of the project (see the README)")
    return folder


def component_environment(settings: Settings, given: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The whole environment of an Airflow process of this stack: `given` and what `airflow_environment` adds.

    Makes the stack's secrets and the web interface's passwords where they are missing.
    """
    _make_folders(settings)
    added = airflow_environment(settings, _secrets(settings), project=project_folder(), given=given)
    environment = {key: value for key, value in given.items() if key != "PYTHONDONTWRITEBYTECODE"} | added
    _ensure_passwords(environment)
    return environment


def run_airflow(settings: Settings, arguments: list[str], given: Mapping[str, str] = os.environ) -> None:
    """Become `airflow …` in the stack's environment; does not return.

    As a component under the process manager, first end what a killed predecessor of the same name left behind: its
    workers would otherwise wait for it for ever, or do the same work a second time.
    """
    _require_airflow()
    environment = component_environment(settings, given)
    if arguments and given.get(COMPONENT) == arguments[0] and given.get(MARKER) == str(settings.home):
        left = [process for process, name in stack_processes(settings.home).items() if name == arguments[0]]
        stop_processes(left, grace_s=2)
    os.execve(sys.executable, [sys.executable, "-m", "airflow", *arguments], environment)  # noqa: S606  no shell wanted


def prepare(settings: Settings, say: Callable[[str], None], given: Mapping[str, str] = os.environ) -> None:
    """Make folders, secrets and passwords, bring Airflow's database to this version and make its pools.

    The database is left alone when it was prepared by this version before. Raises StackError.
    """
    _require_airflow()
    with _plain_disk_errors(settings.home):
        environment = component_environment(settings, given)
        stamp = airflow_home(settings) / "prepared.json"
        state = _database_state(environment)
        if _is_ours(settings, environment) and metadata_file(settings).exists() and _read_json(stamp) == state:
            return
        say("Preparing Airflow's database …")
        _run_to_end(settings, environment, ["db", "migrate"])
        for pool, (slots, description) in _POOLS.items():
            _run_to_end(settings, environment, ["pools", "set", pool, str(slots), description])
        _write_private(stamp, json.dumps(state))


def up(
    settings: Settings,
    say: Callable[[str], None],
    waiting: Callable[[tuple[str, ...]], None],
    *,
    timeout_s: float = 180,
    given: Mapping[str, str] = os.environ,
) -> bool:
    """Start the stack and wait until Airflow says that all components are healthy. False when it already ran.

    `waiting` is told, twice a second, what is still waited for. Raises StackError with a sentence for the user.
    """
    _require_airflow()
    commands = read_procfile(project_folder() / "Procfile")
    with _plain_disk_errors(settings.home), _one_at_a_time(settings):
        if managed_processes(settings.home) is not None:
            _refuse_other_port(settings)
            return False
        if left := stack_processes(settings.home):
            say(f"Ending {len(left)} processes that an earlier run left behind …")
            _stop_all(settings.home, lambda _: None)
        _require_space(settings.home)
        _require_port(settings, given)
        prepare(settings, say, given)
        started_at = datetime.now(UTC)
        manager = _start_manager(settings, commands, given)
        _write_private(_record(settings), json.dumps({"port": settings.port, "since": started_at.isoformat()}))
    _wait_until_healthy(settings, manager, since=started_at, waiting=waiting, timeout_s=timeout_s, given=given)
    return True


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
    """Which components Airflow's API says are healthy; all False when the API doesn't answer within 3 seconds.

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


def passwords(settings: Settings) -> dict[str, str]:
    """The web interface's users and their passwords."""
    return {str(user): str(word) for user, word in (_read_json(passwords_file(settings)) or {}).items()}


_STATES = {"RUNNING": "running", "STARTING": "running", "BACKOFF": "restarting", "STOPPING": "stopping"}


def _require_airflow() -> None:
    if importlib.util.find_spec("airflow") is None:
        raise StackError("Airflow is not installed here: run `make up`, which installs everything and starts the stack")


def _make_folders(settings: Settings) -> None:
    for folder, mode in ((settings.home, 0o755), (settings.home / "logs", 0o755), (airflow_home(settings), 0o700)):
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    (settings.home / "run").mkdir(mode=0o700, exist_ok=True)


def _secrets(settings: Settings) -> AirflowSecrets:
    """The stack's secrets; the first of several processes that ask at once makes them for all."""
    path = airflow_home(settings) / "secrets.json"
    if not path.exists():
        made = {
            "jwt_secret": secrets.token_urlsafe(64),
            "api_secret_key": secrets.token_urlsafe(64),
            "fernet_key": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        }
        _write_private(path, json.dumps(made), replace=False)
    known = _read_json(path) or {}
    try:
        return AirflowSecrets(**{name: str(known[name]) for name in ("jwt_secret", "api_secret_key", "fernet_key")})
    except KeyError:
        raise StackError(
            f"{path} is damaged: remove it and new secrets are made; connections stored in Airflow are then unreadable"
        ) from None


def _ensure_passwords(environment: Mapping[str, str]) -> None:
    """Give each user of the web interface a password; Airflow itself would print those it makes into its log."""
    path = Path(environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    known = _read_json(path) or {}
    users = [user.split(":")[0].strip() for user in environment["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"].split(",")]
    wanted = {user: secrets.token_urlsafe(12) for user in users} | known
    if chosen := environment.get("MONITOR_ADMIN_PASSWORD"):
        wanted["admin"] = chosen
    if wanted != known:
        _write_private(path, json.dumps(wanted) + "\n", replace=path.exists())


def _is_ours(settings: Settings, environment: Mapping[str, str]) -> bool:
    return environment.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN") == f"sqlite:///{metadata_file(settings)}"


def _database_state(environment: Mapping[str, str]) -> dict[str, str]:
    address = environment.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "")
    return {
        "airflow": importlib.metadata.version("apache-airflow-core"),
        "database": hashlib.sha256(address.encode()).hexdigest(),
        "pools": json.dumps(_POOLS),
    }


def _run_to_end(settings: Settings, environment: Mapping[str, str], arguments: list[str]) -> None:
    log = settings.home / "logs" / "prepare.log"
    with log.open("ab") as output:
        done = subprocess.run(  # noqa: S603  our own interpreter and fixed arguments
            [sys.executable, "-m", "airflow", *arguments],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise StackError(f"`airflow {' '.join(arguments[:2])}` failed; the end of {log}:\n{_tail(log)}")


def _start_manager(settings: Settings, commands: Mapping[str, str], given: Mapping[str, str]) -> psutil.Popen:
    run = settings.home / "run"
    config = run / "supervisord.conf"
    _write_private(config, supervisor_config(commands))
    bin_folder = str(Path(sys.executable).parent)
    environment = {
        **{key: value for key, value in given.items() if key != "PYTHONDONTWRITEBYTECODE"},
        **manager_environment(settings.home),
        MARKER: str(settings.home),
        "MONITOR_HOME": str(settings.home),
        "MONITOR_CONFIG": str(settings.config),
        "MONITOR_PORT": str(settings.port),
        "PATH": f"{bin_folder}:{given.get('PATH', os.defpath)}",
        "SPT_NOENV": "1",
    }
    environment.pop(COMPONENT, None)
    with (settings.home / "logs" / "supervisord.err").open("wb") as output:
        # A session of its own: closing the terminal or Ctrl-C in it doesn't reach the stack.
        return psutil.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(config)],
            env=environment,
            cwd=str(project_folder()),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_healthy(
    settings: Settings,
    manager: psutil.Popen,
    *,
    since: datetime,
    waiting: Callable[[tuple[str, ...]], None],
    timeout_s: float,
    given: Mapping[str, str],
) -> None:
    deadline = time.monotonic() + timeout_s
    pids: dict[str, set[int]] = {}
    pending: tuple[str, ...] = COMPONENTS
    while time.monotonic() < deadline:
        if manager.poll() is not None:
            raise StackError(f"the process manager ended at once:\n{_tail(settings.home / 'logs' / 'supervisord.err')}")
        _refuse_failing(settings, managed_processes(settings.home) or (), pids)
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
            raise StackError(f"{process.name} ends again and again; the end of {log}:\n{_tail(log)}")


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
        return "supervisor.supervisord" in process.cmdline()
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
    port = (_read_json(_record(settings)) or {}).get("port")
    return port if isinstance(port, int) else settings.port


def _ask(url: str) -> dict[str, dict[str, str]] | None:
    # No proxy: the address is one of our own. urllib keeps the stack free of the flow's HTTP client.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(url, timeout=3) as answer:
            loaded = json.load(answer)
    except (OSError, ValueError, HTTPException):
        return None
    return loaded if isinstance(loaded, dict) else None


def _read_json(path: Path) -> dict[str, object] | None:
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return loaded if isinstance(loaded, dict) else None


def _write_private(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a file that only its owner can read, whole or not at all; without `replace` an existing one is kept."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if replace:
        temporary.replace(path)
        return
    with suppress(FileExistsError):
        path.hardlink_to(temporary)
    temporary.unlink()


def _tail(path: Path, lines: int = 12) -> str:
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"


@contextmanager
def _one_at_a_time(settings: Settings) -> Iterator[None]:
    """`up` and `down` of one stack wait for each other."""
    (settings.home / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.home / "run" / "stack.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _plain_disk_errors(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StackError(f"the disk of {home} is full: free some space and run the command again") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            place = error.filename or home
            raise StackError(f"{place} cannot be written: change its owner, or set MONITOR_HOME elsewhere") from error
        raise
