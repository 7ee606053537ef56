"""The process manager as a program: supervisor, with Airflow loaded once and its components forked from it.

    python -m monitor.stack.manager -n -c HOME/run/supervisord.conf

Started one by one, each of Airflow's components loads the same hundred megabytes of code. Forked from a process that
has them, they share that memory, and are there sooner. Supervisor asks its options for every system call, so all it
takes is to answer two of them otherwise: where it would execute `monitor airflow …`, that runs in the forked process.
"""

import gc
import importlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from setproctitle import setproctitle
from supervisor.options import ServerOptions
from supervisor.supervisord import go

from monitor.stack.processes import orphans, stop_processes

_SHARED = (
    "airflow.__main__",
    "airflow.models",
    "airflow.serialization.definitions.dag",
    "airflow.jobs.scheduler_job_runner",
    "airflow.jobs.triggerer_job_runner",
    "airflow.dag_processing.manager",
    "airflow.executors.base_executor",
    "airflow.timetables.assets",
    "airflow.providers.standard.operators.python",
    "fastapi",
)
"""What at least two components load."""


class ForkingOptions(ServerOptions):  # type: ignore[misc]  # supervisor is untyped
    """Supervisor's options and system calls, but that Airflow's components are not executed anew."""

    def setpgrp(self) -> None:
        """In a new child: lead a session, by which all that descends from it can be told (`processes`)."""
        os.setsid()

    def execve(self, filename: str, argv: Sequence[str], env: dict[str, str]) -> None:
        """In a new child: become the program; does not return."""
        if Path(filename).name == "monitor" and argv[1:2] == ["airflow"]:
            _become_component(list(argv[2:]), env)
        super().execve(filename, argv, env)


def main() -> None:
    """Load what the components share, then manage them until told to end."""
    for name in _SHARED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what the collector never looks at stays shared
    options = ForkingOptions()
    options.realize(sys.argv[1:])
    options.first, options.test = True, False
    go(options)


def _become_component(arguments: list[str], env: dict[str, str]) -> NoReturn:
    """Run `airflow …` here; first end what a killed predecessor left: its workers would wait for it for ever, or do
    the same work a second time."""
    setproctitle(" ".join(["airflow", *arguments]))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGCHLD, signal.SIGUSR2):
        signal.signal(number, signal.SIG_DFL)  # supervisor's handlers; Airflow sets its own
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(env)
    stop_processes(orphans(Path(os.environ["MONITOR_HOME"])), grace_s=2)
    sys.argv = ["airflow", *arguments]
    os._exit(_exit_code_of(importlib.import_module("airflow.__main__").main))


def _exit_code_of(program: Callable[[], None]) -> int:
    """Run the program to its end, which must not be in supervisor's code: the status its process is to end with."""
    code = 1
    try:
        program()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
    except BaseException:  # noqa: BLE001  told as the interpreter tells it; then the process ends
        sys.excepthook(*sys.exc_info())
    sys.stdout.flush()
    sys.stderr.flush()
    return code


if __name__ == "__main__":
    main()
