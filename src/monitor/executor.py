"""The executor of the stack on one machine: a process of its own for each task, watched.

Airflow's own LocalExecutor keeps workers that wait at one queue. The one that is killed while it waits takes the
queue's lock with it, and no task is ever started again; one that is killed at work is missed only when the heartbeat
of its task runs out. Here the executor sees the end of each process at once, whatever ended it: the task is tried
again after a few seconds, and nothing idle is there to be killed.

A task's process is forked from the scheduler, so what the scheduler has loaded is there at once and its memory is
shared. Therefore all that the stages of the flow need is loaded here beforehand, and again after an edit of the
configuration: without that every task would spend a second or two on it.

Chosen by `AIRFLOW__CORE__EXECUTOR` (see airflow_env), only the scheduler imports it.
"""

import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from airflow.executors.base_executor import BaseExecutor

from monitor.errors import MonitorError
from monitor.pipeline.warm import warm_up
from monitor.settings import load_settings

if TYPE_CHECKING:  # Airflow declares them for type checkers only
    from airflow.executors.workloads import ExecutorWorkload
    from airflow.executors.workloads.types import WorkloadKey

log = structlog.get_logger()

WARM_CHECK_S = 2.0
"""How often to look whether the configuration was edited."""

END_WAIT_S = 8.0
"""How long tasks may go on when the scheduler ends; below what the process manager grants it."""


class LocalExecutor(BaseExecutor):
    """Starts a process for each task (or callback) and reports how it ended.

    Named like Airflow's, because its login module knows by that name that all runs on one machine.
    """

    is_local = True
    supports_callbacks = True
    supports_connection_test = True

    def start(self) -> None:
        """Load what tasks will need; nothing runs yet."""
        self._context = multiprocessing.get_context("fork")
        self._warm: object = None
        self._warm_checked_at = 0.0
        self._keep_warm()
        self._started: dict[WorkloadKey, tuple[ExecutorWorkload, BaseProcess]] = {}

    def sync(self) -> None:
        """Report what has ended since the last time; called several times a second by the scheduler."""
        for key, (workload, process) in list(self._started.items()):
            if not _has_ended(process):
                continue
            # Before the process is collected, so that its number cannot have been given to another.
            _kill_group(process)
            process.join()
            del self._started[key]
            if process.exitcode == 0:
                self.change_state(key, workload.success_state)
            else:
                log.warning("the process of a task ended", task=str(key), exit_code=process.exitcode)
                self.change_state(key, workload.failure_state, info=f"its process ended with {process.exitcode}")
            process.close()
        if time.monotonic() - self._warm_checked_at > WARM_CHECK_S:
            self._keep_warm()

    def end(self) -> None:
        """Wait a little for what runs, then kill it; what was cut off is found in the spool by the next run."""
        deadline = time.monotonic() + END_WAIT_S
        while self._started and time.monotonic() < deadline:
            self.sync()
            time.sleep(0.1)
        self.terminate()

    def terminate(self) -> None:
        """Kill what runs."""
        for _, process in self._started.values():
            _kill_group(process)

    def _keep_warm(self) -> None:
        """Load what tasks need, where that was not done since the configuration last changed."""
        self._warm_checked_at = time.monotonic()
        try:
            settings = load_settings()
            version = [_version(path) for path in (settings.sources_file, settings.watchlist_file)]
            if version != self._warm:
                self._warm = version
                warm_up(settings)
        except MonitorError as error:  # the tasks themselves will say so
            log.warning("tasks start cold: the configuration cannot be used", problem=str(error))
        except Exception:
            log.exception("tasks start cold")  # and that is all: the scheduler must run

    def _process_workloads(self, workload_items: "Sequence[ExecutorWorkload]") -> None:
        for workload in workload_items:
            queues: tuple[dict[Any, Any], ...] = (
                self.queued_tasks,
                self.queued_callbacks,
                self.queued_connection_tests,
            )
            for queue in queues:  # one of them has it
                queue.pop(workload.key, None)
            process = self._context.Process(target=_run, args=(workload,), daemon=False)
            process.start()
            self.running.add(workload.key)
            self._started[workload.key] = (workload, process)
            if workload.running_state is not None:
                self.change_state(workload.key, workload.running_state, remove_running=False)


def _run(workload: "ExecutorWorkload") -> None:
    """In the new process: run the workload; an exception gives an exit code other than 0."""
    # The task itself is a child of this process. In a group of their own both can be ended together.
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    BaseExecutor.run_workload(
        workload,
        proctitle=f"airflow worker -- {workload.display_name}",
        subprocess_logs_to_stdout=True,
    )


def _version(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def _has_ended(process: BaseProcess) -> bool:
    """Whether the process has ended; as a rule it is not collected yet."""
    try:
        return os.waitid(os.P_PID, process.pid or 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:  # collected just now, when another was started
        return True


def _kill_group(process: BaseProcess) -> None:
    """Kill the process with all below it, also where it is dead and has left a task behind."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid or 0, signal.SIGKILL)
