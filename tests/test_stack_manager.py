"""The process manager: what its children become, and how they end. The rest of it is seen in test_stack."""

import sys
from collections.abc import Callable

import pytest

pytest.importorskip("supervisor")

from monitor.stack import manager


def ends(status: object) -> Callable[[], None]:
    def program() -> None:
        raise SystemExit(status)

    return program


@pytest.mark.parametrize(("status", "code"), [(None, 0), (0, 0), (3, 3), ("no such command", 1)])
def test_a_component_ends_with_the_status_of_its_program(
    status: object, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert manager._exit_code_of(ends(status)) == code
    assert capsys.readouterr().err == ("no such command\n" if isinstance(status, str) else "")


def test_a_program_that_returns_has_gone_well() -> None:
    assert manager._exit_code_of(lambda: None) == 0


def test_an_exception_is_told_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def program() -> None:
        raise LookupError("no such table")

    assert manager._exit_code_of(program) == 1
    assert "Traceback" in (told := capsys.readouterr().err)
    assert "LookupError: no such table" in told


class TestExecve:
    @pytest.fixture
    def became(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, object]]:
        found: list[tuple[str, object]] = []
        monkeypatch.setattr(manager, "_become_component", lambda arguments, _: found.append(("forked", arguments)))
        monkeypatch.setattr("os.execve", lambda filename, *_: found.append(("executed", filename)))
        return found

    def test_a_component_of_airflow_is_run_in_the_forked_process(self, became: list[tuple[str, object]]) -> None:
        argv = ["monitor", "airflow", "scheduler", "--skip-serve-logs"]
        manager.ForkingOptions().execve("/srv/.venv/bin/monitor", argv, {})
        assert became[0] == ("forked", ["scheduler", "--skip-serve-logs"])

    def test_any_other_program_is_executed(self, became: list[tuple[str, object]]) -> None:
        for argv in ([sys.executable, "airflow"], ["monitor", "status"]):
            manager.ForkingOptions().execve(f"/srv/bin/{argv[0].rpartition('/')[2]}", argv, {})
        assert [how for how, _ in became] == ["executed", "executed"]
