"""The process manager behind `monitor up`: supervisor, its configuration made from the Procfile, its control socket.

What supervisor 4.3 does, read in its source, and why the configuration is as it is:
groups are stopped one after the other, highest priority first (`Supervisor.runforever`), so the scheduler is a group
of its own at the top and the rest one group that stops together; `stopasgroup` stays off so that each component ends
its own workers in order, `killasgroup` takes the whole process group after `stopwaitsecs`; a process that ends before
`startsecs` is started again after 1, 2, 3, … seconds (`Subprocess.change_state`), one that ends later at once. Paths
reach it through `%(ENV_…)s`, never as text, so no character in a path can change the meaning of the configuration.
"""

import hashlib
import http.client
import os
import re
import stat
import tempfile
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import StackError

STOP_WAIT_S = 15
"""How long a component may take to end after SIGTERM before its process group is killed."""

_LONGEST_SOCKET_PATH = 95  # the system allows 103 to 107 bytes, and supervisor first binds the name plus ".<pid>"
_FIRST_TO_STOP = "scheduler"


@dataclass(frozen=True)
class ManagedProcess:
    """What the process manager knows of a component."""

    name: str
    state: str
    """Supervisor's word: STARTING, RUNNING, BACKOFF, STOPPING, EXITED, FATAL, STOPPED."""
    pid: int | None
    uptime_s: int
    error: str


def read_procfile(path: Path) -> dict[str, str]:
    """Name and command of each process.

    Raises StackError where the file is missing or a line is not `name: command`.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise StackError(f"{path} cannot be read ({error.strerror}): run `monitor` from a full checkout") from error
    commands = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = re.fullmatch(r"([A-Za-z0-9_-]+):\s*(\S.*)", line.strip())
        if not found:
            raise StackError(f"{path}:{number}: {line!r} is not of the form `name: command`")
        commands[found[1]] = found[2]
    return commands


def supervisor_config(commands: Mapping[str, str]) -> str:
    """Supervisor's configuration file for the commands; the paths come from the environment of `socket_variables`."""
    rest = [name for name in commands if name != _FIRST_TO_STOP]
    parts = [_SUPERVISORD]
    parts += [_program(name, command) for name, command in commands.items()]
    if rest:
        parts.append(f"[group:rest]\nprograms={','.join(rest)}\npriority=100\n")
    return "\n".join(parts)


def manager_environment(home: Path) -> dict[str, str]:
    """The variables that the configuration's paths are made from."""
    return {
        "MONITOR_LOG_DIR": str(home / "logs"),
        # Supervisor expands the log file of a program twice.
        "MONITOR_LOG_DIR_TWICE": str(home / "logs").replace("%", "%%"),
        "MONITOR_RUN_DIR": str(home / "run"),
        "MONITOR_SOCKET": str(socket_path(home)),
    }


def socket_path(home: Path) -> Path:
    """The control socket: HOME/run/supervisor.sock, or a short one in the temporary folder where that is too long.

    Raises StackError where somebody else owns the temporary folder's entry.
    """
    path = home / "run" / "supervisor.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"monitor-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise StackError(f"{folder} exists but is not ours alone: remove it, or choose a shorter MONITOR_HOME")
    return folder / "supervisor.sock"


def forget_socket(home: Path) -> None:
    """Remove what a process manager that is gone left of its control socket."""
    path = socket_path(home)
    path.unlink(missing_ok=True)
    if path.parent != home / "run":
        path.parent.rmdir()


def managed_processes(home: Path) -> tuple[ManagedProcess, ...] | None:
    """The components as the process manager sees them; None when no process manager answers."""
    answer = _call(home, "getAllProcessInfo")
    if answer is None:
        return None
    return tuple(
        ManagedProcess(
            name=info["name"],
            state=info["statename"],
            pid=info["pid"] or None,
            uptime_s=max(0, info["now"] - info["start"]) if info["pid"] else 0,
            error=info["spawnerr"],
        )
        for info in answer
    )


def _call(home: Path, method: str) -> Any:  # noqa: ANN401  XML-RPC answers are whatever was sent
    from supervisor.xmlrpc import SupervisorTransport  # noqa: PLC0415 - installed with Airflow only

    path = socket_path(home)
    if not path.exists():
        return None
    transport = SupervisorTransport(None, None, f"unix://{path}")
    try:
        # The address is only a name here: the transport connects to the socket.
        proxy = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
        return getattr(proxy.supervisor, method)()
    except (OSError, http.client.HTTPException, xmlrpc.client.Error):
        return None
    finally:
        transport.close()


def _program(name: str, command: str) -> str:
    priority = 900 if name == _FIRST_TO_STOP else 100
    return _PROGRAM.format(name=name, command=command.replace("%", "%%"), priority=priority, wait=STOP_WAIT_S)


_SUPERVISORD = """\
; Made from the Procfile by `monitor up`; edit that instead.
[supervisord]
nodaemon=true
silent=true
logfile=%(ENV_MONITOR_LOG_DIR)s/supervisord.log
logfile_maxbytes=5MB
logfile_backups=2
pidfile=%(ENV_MONITOR_RUN_DIR)s/supervisord.pid
childlogdir=%(ENV_MONITOR_LOG_DIR)s

[unix_http_server]
file=%(ENV_MONITOR_SOCKET)s
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
"""

_PROGRAM = """\
[program:{name}]
command={command}
priority={priority}
autorestart=true
startsecs=30
startretries=1000
stopwaitsecs={wait}
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile=%(ENV_MONITOR_LOG_DIR_TWICE)s/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""
