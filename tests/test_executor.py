"""The executor: every end of a task's process is seen at once, and nothing is left of it."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from airflow.executors.base_executor import BaseExecutor
from airflow.utils.state import TaskInstanceState

from monitor.archive import Archive
from monitor.executor import LocalExecutor
from monitor.pipeline.analyse import matcher_for
from monitor.pipeline.config import current_watchlist
from monitor.settings import Settings, load_settings
from monitor.stack.airflow_env import AirflowSecrets, airflow_environment
from monitor.stack.processes import is_alive

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Workload:
    """What the scheduler hands over, with some work in place of a task."""

    key: str
    work: Callable[[], None]
    display_name: str = "a task"
    success_state: TaskInstanceState = TaskInstanceState.SUCCESS
    failure_state: TaskInstanceState = TaskInstanceState.FAILED
    running_state: None = None

    @property
    def ti(self) -> "Workload":
        return self

    @property
    def priority_weight(self) -> int:
        return 1


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LocalExecutor]:
    def run(workload: Workload, **_: object) -> None:
        workload.work()

    monkeypatch.setattr(BaseExecutor, "run_workload", staticmethod(run))
    monkeypatch.setenv("MONITOR_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("MONITOR_CONFIG", str(tmp_path))
    for name in ("sources.yaml", "watchlist.yaml"):
        shutil.copy(PROJECT / "config" / name, tmp_path)
    made = LocalExecutor(parallelism=2)
    made.start()
    yield made
    made.terminate()


def hand_over(executor: LocalExecutor, *workloads: Workload) -> None:
    for workload in workloads:
        executor.queued_tasks[workload.key] = workload  # type: ignore[index, assignment]
    executor.heartbeat()


def states(executor: LocalExecutor, count: int) -> dict[Any, Any]:
    """What the executor reports once `count` workloads have ended."""
    deadline = time.monotonic() + 20
    while len(executor.event_buffer) < count:
        assert time.monotonic() < deadline
        executor.heartbeat()
        time.sleep(0.02)
    return {key: state for key, (state, _) in executor.get_event_buffer().items()}


def sleep() -> None:
    time.sleep(60)


def fail() -> None:
    os._exit(3)


def leave_a_child(pid_file: Path) -> None:
    if (child := os.fork()) == 0:
        sleep()
    pid_file.write_text(str(child))
    sleep()


def started(executor: LocalExecutor, key: str) -> psutil.Process:
    return psutil.Process(executor._started[key][1].pid)  # type: ignore[index]


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_task_that_ends_well_and_one_that_does_not(executor: LocalExecutor) -> None:
    hand_over(executor, Workload("good", lambda: None), Workload("bad", fail))
    assert states(executor, 2) == {"good": TaskInstanceState.SUCCESS, "bad": TaskInstanceState.FAILED}
    assert executor.running == set()


def test_one_that_was_killed_is_reported_at_once_and_its_slot_is_free_again(executor: LocalExecutor) -> None:
    hand_over(executor, Workload("one", sleep))
    started(executor, "one").kill()
    before = time.monotonic()
    assert states(executor, 1) == {"one": TaskInstanceState.FAILED}
    assert time.monotonic() - before < 2
    hand_over(executor, Workload("next", lambda: None), Workload("and one more", lambda: None))
    assert set(states(executor, 2).values()) == {TaskInstanceState.SUCCESS}


def test_what_a_killed_one_left_behind_is_killed_too(executor: LocalExecutor, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    hand_over(executor, Workload("one", lambda: leave_a_child(pid_file)))
    wait_for(lambda: pid_file.exists() and pid_file.read_text())
    child = psutil.Process(int(pid_file.read_text()))
    started(executor, "one").kill()
    states(executor, 1)
    wait_for(lambda: not is_alive(child))


def test_no_more_run_than_there_are_slots(executor: LocalExecutor, tmp_path: Path) -> None:
    go = tmp_path / "go"

    def wait() -> None:
        while not go.exists():
            time.sleep(0.02)

    hand_over(executor, *(Workload(name, wait) for name in "abc"))
    executor.heartbeat()
    assert len(executor.running) == 2
    assert len(executor.queued_tasks) == 1
    go.touch()
    assert set(states(executor, 3)) == {"a", "b", "c"}


def test_at_the_end_it_waits_a_little_and_then_kills(
    executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("monitor.executor.END_WAIT_S", 0.5)
    done = tmp_path / "done"

    def finish() -> None:
        time.sleep(0.1)
        done.touch()

    hand_over(executor, Workload("short", finish), Workload("long", sleep))
    long = started(executor, "long")
    executor.end()
    assert done.exists()
    wait_for(lambda: not is_alive(long))


def test_an_interrupt_of_the_scheduler_does_not_end_a_task(executor: LocalExecutor) -> None:
    hand_over(executor, Workload("one", lambda: time.sleep(1)))
    process = started(executor, "one")
    wait_for(lambda: os.getpgid(process.pid) == process.pid)
    time.sleep(0.1)
    with suppress(psutil.Error):
        process.send_signal(signal.SIGINT)
    assert states(executor, 1) == {"one": TaskInstanceState.SUCCESS}


class TestWarmth:
    """What tasks need is loaded before they are forked."""

    def test_a_task_finds_everything_loaded(self, executor: LocalExecutor, tmp_path: Path) -> None:
        def work() -> None:
            before = time.process_time()
            settings = load_settings()
            matcher = matcher_for(current_watchlist(settings).value)
            assert matcher.match(title="Power of Siberia 2", text="", language="en")
            assert "trafilatura" in sys.modules
            (tmp_path / "took").write_text(str(time.process_time() - before))

        hand_over(executor, Workload("one", work))
        assert states(executor, 1) == {"one": TaskInstanceState.SUCCESS}
        assert float((tmp_path / "took").read_text()) < 0.1

    def test_it_can_write_the_archive(self, executor: LocalExecutor) -> None:
        def work() -> None:
            archive = Archive(load_settings())
            archive.load_batch(polls=[], pages=[], sources=[], alerts=[])
            assert archive.pending_alerts() == []

        hand_over(executor, *(Workload(name, work) for name in "ab"))
        assert set(states(executor, 2).values()) == {TaskInstanceState.SUCCESS}

    def test_an_edit_is_loaded_while_it_runs(
        self, executor: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("monitor.executor.WARM_CHECK_S", 0.0)
        path = tmp_path / "watchlist.yaml"
        path.write_text(path.read_text().replace("Power of Siberia two", "Quillford river fair"))
        executor.heartbeat()
        built = matcher_for.cache_info().misses
        matcher = matcher_for(current_watchlist(load_settings()).value)
        assert matcher_for.cache_info().misses == built
        assert matcher.match(title="The Quillford river fair opens", text="", language="en")

    @pytest.mark.parametrize("text", ["topics: [", None])
    def test_a_configuration_that_cannot_be_used_only_means_a_cold_start(
        self, executor: LocalExecutor, tmp_path: Path, text: str | None
    ) -> None:
        shutil.rmtree(tmp_path / "var")
        path = tmp_path / "watchlist.yaml"
        path.unlink()
        if text is not None:
            path.write_text(text)
        executor.start()
        hand_over(executor, Workload("one", lambda: None))
        assert states(executor, 1) == {"one": TaskInstanceState.SUCCESS}


def test_the_stack_uses_it_and_a_user_may_choose_another(tmp_path: Path) -> None:
    def chosen(given: dict[str, str]) -> str | None:
        settings = Settings.model_validate({"home": tmp_path})
        return airflow_environment(settings, AirflowSecrets("a", "b", "c"), project=tmp_path, given=given).get(
            "AIRFLOW__CORE__EXECUTOR"
        )

    assert chosen({}) == f"{LocalExecutor.__module__}.{LocalExecutor.__qualname__}"
    assert chosen({"AIRFLOW__CORE__EXECUTOR": "CeleryExecutor"}) is None
