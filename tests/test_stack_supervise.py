"""The process manager's configuration, made from the Procfile."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from monitor.errors import StackError
from monitor.stack.airflow_env import COMPONENTS
from monitor.stack.airflow_home import project_folder
from monitor.stack.supervise import (
    forget_socket,
    managed_processes,
    manager_environment,
    read_procfile,
    socket_path,
    supervisor_config,
)


def test_the_procfile_names_airflows_four_components() -> None:
    commands = read_procfile(project_folder() / "Procfile")
    assert tuple(commands) == COMPONENTS
    assert all(command.startswith(f"monitor airflow {name}") for name, command in commands.items())


def test_comments_and_empty_lines_of_a_procfile_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("# what runs\n\nweb: serve --port 1:2\n")
    assert read_procfile(tmp_path / "Procfile") == {"web": "serve --port 1:2"}


def test_a_faulty_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("web: serve\nworker\n")
    with pytest.raises(StackError, match=r"Procfile:2: 'worker' is not of the form `name: command`"):
        read_procfile(tmp_path / "Procfile")


def test_a_missing_procfile_is_told(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="run `monitor` from a full checkout"):
        read_procfile(tmp_path / "Procfile")


def test_the_socket_moves_where_its_path_would_be_too_long(tmp_path: Path) -> None:
    assert socket_path(Path("/srv/var")) == Path("/srv/var/run/supervisor.sock")
    long = tmp_path / ("d" * 120)
    assert len(os.fsencode(socket_path(long))) < 100
    assert socket_path(long) == socket_path(long)
    assert socket_path(long).parent.stat().st_mode & 0o777 == 0o700
    folder = socket_path(long).parent
    forget_socket(long)
    assert not folder.exists()


def test_without_a_process_manager_nothing_answers(tmp_path: Path) -> None:
    assert managed_processes(tmp_path) is None


@pytest.mark.parametrize("name", ["plain", "with space; 100% #1 'quoted'"])
def test_supervisor_runs_what_the_procfile_says_and_stops_the_scheduler_first(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    for folder in ("run", "logs"):
        (home / folder).mkdir(parents=True)
    sleep = f"{sys.executable} -c \"import time; print('100%', flush=True); time.sleep(60)\""
    config = home / "run" / "supervisord.conf"
    config.write_text(supervisor_config({"api-server": sleep, "scheduler": sleep, "triggerer": sleep}))
    manager = psutil.Popen(
        [sys.executable, "-m", "monitor.stack.manager", "-n", "-c", str(config)],
        env={**os.environ, **manager_environment(home), "AIRFLOW_HOME": str(tmp_path / "airflow")},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        pids = _wait_for_pids(home, 3)
        assert set(pids) == {"api-server", "scheduler", "triggerer"}
        psutil.Process(pids["triggerer"]).kill()
        manager.terminate()
        manager.wait(timeout=20)
    finally:
        for process in (*manager.children(recursive=True), manager) if manager.is_running() else ():
            process.kill()
        forget_socket(home)
    log = (home / "logs" / "supervisord.log").read_text()
    assert log.index("stopped: scheduler") < log.index("stopped: api-server")
    assert (home / "logs" / "scheduler.log").read_text() == "100%\n"


def _wait_for_pids(home: Path, count: int) -> dict[str, int]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = {process.name: process.pid for process in managed_processes(home) or () if process.pid}
        logs = [home / "logs" / f"{name}.log" for name in found]
        if len(found) == count and all(log.exists() and log.read_text() for log in logs):
            return found
        time.sleep(0.1)
    raise AssertionError("supervisor did not start its processes within 20 s")
