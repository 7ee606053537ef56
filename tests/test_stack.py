"""`monitor up`, `down`, `status` on a whole Airflow: what is started, what survives, what is left."""

import errno
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from monitor.errors import StackError
from monitor.settings import Settings
from monitor.stack import StackStatus, component_health, down, status, up
from monitor.stack.airflow_env import COMPONENTS, MARKER
from monitor.stack.airflow_home import passwords
from monitor.stack.processes import stack_processes, stop_processes

MONITOR = Path(sys.executable).with_name("monitor")

DAG = """
from airflow.sdk import dag, task

@dag(schedule=None)
def greeting():
    @task
    def greet():
        print("good morning")

    greet()

greeting()
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Stack:
    """A stack of its own, with a DAG of its own, in a temporary folder."""

    home: Path
    port: int
    dags: Path

    @property
    def settings(self) -> Settings:
        return Settings.model_validate({"home": self.home, "port": self.port})

    def run(self, *arguments: str, timeout: float = 200, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("AIRFLOW", "MONITOR_", "SLACK"))
            },
            "MONITOR_HOME": str(self.home),
            "MONITOR_PORT": str(self.port),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "COLUMNS": "200",
            **variables,
        }
        return subprocess.run(  # noqa: S603  our own command
            [str(MONITOR), *arguments], env=environment, capture_output=True, text=True, timeout=timeout, check=False
        )

    def up(self) -> None:
        done = self.run("up")
        assert done.returncode == 0, done.stdout + done.stderr

    def call(self, path: str, body: object = None, token: str | None = None) -> Any:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=data, headers=headers)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return json.load(answer)

    def log_in(self) -> str:
        body = {"username": "admin", "password": passwords(self.settings)["admin"]}
        return str(self.call("/auth/token", body)["access_token"])


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack").resolve()
    (folder / "dags").mkdir()
    (folder / "dags" / "greeting.py").write_text(DAG)
    made = Stack(home=folder / "var", port=free_port(), dags=folder / "dags")
    try:
        yield made
    finally:
        with suppress(Exception):
            made.run("down", timeout=60)
        stop_processes(stack_processes(made.home), grace_s=0)


@pytest.fixture
def running(started: Stack) -> Stack:
    """The stack, running; `up` does nothing where it already does."""
    started.up()
    return started


def wait_for(what: str, condition: Callable[[], bool], seconds: float = 200) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds:.0f} s still not: {what}"
        time.sleep(0.7)


def one_component_each(seen: StackStatus) -> dict[str, int]:
    return {component.name: component.pid or 0 for component in seen.components}


whole_airflow = [pytest.mark.stack, pytest.mark.xdist_group("stack")]


class TestRunning:
    pytestmark = whole_airflow

    def test_up_prints_address_login_logs_and_whether_slack_is_set(self, running: Stack) -> None:
        told = running.run("up")
        assert told.returncode == 0
        assert "Already running" in told.stdout
        assert f"http://127.0.0.1:{running.port}" in told.stdout
        assert f"admin / {passwords(running.settings)['admin']}" in told.stdout
        assert str(running.home / "logs") in told.stdout
        assert "no SLACK_BOT_TOKEN is set" in told.stdout

    def test_all_components_run_and_airflow_finds_them_healthy(self, running: Stack) -> None:
        seen = status(running.settings)
        assert {component.name for component in seen.components} == set(COMPONENTS)
        assert seen.problems == ()
        assert component_health(running.settings, {}, since=None) == dict.fromkeys(COMPONENTS, True)
        assert running.run("health", "scheduler").stdout == "scheduler: healthy\n"
        assert all(component.memory_bytes > 20e6 for component in seen.components)

    def test_an_idle_stack_stays_below_800_mib(self, running: Stack) -> None:
        assert status(running.settings).memory_bytes / 2**20 < 800

    def test_it_listens_on_loopback_only(self, running: Stack) -> None:
        pids = {process.pid for process in stack_processes(running.home)}
        addresses = {
            c.laddr.ip for c in psutil.net_connections("tcp") if c.pid in pids and c.status == "LISTEN" and c.laddr
        }
        assert addresses == {"127.0.0.1"}

    def test_another_port_is_refused_while_it_runs(self, running: Stack) -> None:
        told = running.run("up", MONITOR_PORT=str(free_port()))
        assert told.returncode == 1
        assert f"already runs, on port {running.port}" in told.stderr

    def test_secrets_are_in_one_private_file_and_in_no_log_config_or_command_line(self, running: Stack) -> None:
        kept = {"secrets.json", "passwords.json"}
        words = [
            str(word).encode()
            for name in kept
            for word in json.loads((running.home / "airflow" / name).read_text()).values()
        ]
        for path in running.home.rglob("*"):
            if path.is_file() and path.name not in kept:
                raw = path.read_bytes()
                assert not any(word in raw for word in words), path
        for name in kept:
            assert stat.S_IMODE((running.home / "airflow" / name).stat().st_mode) == 0o600
        lines = [" ".join(process.cmdline()).encode() for process in stack_processes(running.home)]
        assert lines
        assert not any(word in line for word in words for line in lines)

    def test_a_dag_runs_and_its_log_can_be_read(self, running: Stack) -> None:
        token = running.log_in()
        wait_for("the DAG is parsed", lambda: running.call("/api/v2/dags", token=token)["total_entries"] == 1)
        run = running.call("/api/v2/dags/greeting/dagRuns", {"logical_date": None}, token)["dag_run_id"]
        where = f"/api/v2/dags/greeting/dagRuns/{run}"
        wait_for("the run ends", lambda: running.call(where, token=token)["state"] in {"success", "failed"})
        assert running.call(where, token=token)["state"] == "success"
        log = json.dumps(running.call(f"{where}/taskInstances/greet/logs/1", token=token))
        assert "good morning" in log
        assert "Could not read" not in log

    def test_each_component_killed_is_started_again_and_its_orphans_are_ended(self, running: Stack) -> None:
        before = one_component_each(status(running.settings))
        old = set(stack_processes(running.home))
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)

        def all_new_and_healthy() -> bool:
            seen = status(running.settings)
            now = one_component_each(seen)
            return not seen.problems and all(now[name] not in {0, before[name]} for name in before)

        wait_for("all components run anew", all_new_and_healthy)
        kept = [
            process
            for process in old & set(stack_processes(running.home))
            if "monitor.stack.manager" not in process.cmdline()
        ]
        assert kept == []

    def test_down_of_another_home_leaves_this_one_alone(self, running: Stack, tmp_path: Path) -> None:
        before = one_component_each(status(running.settings))
        told = running.run("down", MONITOR_HOME=str(tmp_path))
        assert told.returncode == 0
        assert "Nothing was running" in told.stdout
        assert one_component_each(status(running.settings)) == before

    def test_up_after_the_process_manager_was_killed_starts_afresh(self, running: Stack) -> None:
        _kill_manager(running.home)
        assert "the process manager is gone" in status(running.settings).problems[0]
        old = set(stack_processes(running.home))
        told = running.run("up")
        assert told.returncode == 0, told.stderr
        assert "that an earlier run left behind" in told.stdout
        assert not old & set(stack_processes(running.home))
        assert status(running.settings).problems == ()

    def test_down_after_the_process_manager_was_killed_stops_everything_of_this_stack_only(
        self, running: Stack
    ) -> None:
        stranger = psutil.Popen(
            [sys.executable, "-c", "import time; time.sleep(60)"], env={**os.environ, MARKER: str(running.home / "not")}
        )
        try:
            _kill_manager(running.home)
            told = running.run("down")
            assert told.returncode == 0, told.stderr
            assert "Stopped" in told.stdout
            assert stack_processes(running.home) == {}
            assert stranger.is_running()
            again = running.run("down")
            assert (again.returncode, again.stdout) == (0, "Nothing was running.\n")
            assert status(running.settings).problems == ("the stack is not running: start it with `monitor up`",)
        finally:
            stranger.kill()
            stranger.wait()


def _kill_manager(home: Path) -> None:
    managers = [process for process in stack_processes(home) if "monitor.stack.manager" in process.cmdline()]
    assert len(managers) == 1
    managers[0].kill()
    wait_for("the process manager is gone", lambda: not managers[0].is_running())


class TestRefusals:
    """`monitor up` says in a sentence what keeps it from starting, and starts nothing."""

    def test_a_port_in_use_is_named_with_who_uses_it(self, tmp_path: Path) -> None:
        with socket.socket() as server:
            server.bind(("127.0.0.1", 0))
            server.listen()
            port = server.getsockname()[1]
            told = Stack(home=tmp_path / "var", port=port, dags=tmp_path).run("up")
        assert told.returncode == 1
        assert f"port {port} is in use by" in told.stderr
        assert f"(pid {os.getpid()})" in told.stderr
        assert "MONITOR_PORT=" in told.stderr
        assert stack_processes(tmp_path / "var") == {}

    def test_a_nearly_full_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        usage = namedtuple("usage", "total used free")  # noqa: PYI024  as shutil's
        monkeypatch.setattr("monitor.stack.shutil.disk_usage", lambda _: usage(10**9, 10**9 - 7, 7))
        with pytest.raises(StackError, match=r"only 0 MB are free on the disk of .*MONITOR_HOME"):
            self._up(tmp_path)

    def test_a_disk_that_runs_full_while_starting(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("monitor.stack._require_space", full)
        with pytest.raises(StackError, match="is full: free some space"):
            self._up(tmp_path)

    def test_a_home_that_cannot_be_made(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def denied(self: Path, *_: object, **__: object) -> None:
            raise PermissionError(errno.EACCES, "Permission denied", str(self))

        monkeypatch.setattr(Path, "mkdir", denied)
        with pytest.raises(StackError, match="cannot be written: change its owner, or set MONITOR_HOME"):
            self._up(tmp_path)

    def test_without_airflow(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("monitor.stack.airflow_home.importlib.util.find_spec", lambda _: None)
        with pytest.raises(StackError, match="run `make up`"):
            self._up(tmp_path)

    def test_damaged_secrets(self, tmp_path: Path) -> None:
        (tmp_path / "airflow").mkdir()
        (tmp_path / "airflow" / "secrets.json").write_text("{")
        with pytest.raises(StackError, match=r"secrets.json is damaged: remove it"):
            self._up(tmp_path)

    def _up(self, home: Path) -> None:
        settings = Settings.model_validate({"home": home, "port": free_port()})
        up(settings, lambda _: None, lambda _: None, given={})


def test_down_without_a_home_does_nothing(tmp_path: Path) -> None:
    settings = Settings.model_validate({"home": tmp_path / "never"})
    assert down(settings) == 0
    assert not settings.home.exists()
