"""The Makefile, what it installs with, and what continuous integration calls."""

import ast
import base64
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).resolve().parents[1]
INSTALLER = PROJECT / "tools" / "install.py"


@pytest.fixture(scope="module")
def installer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install", INSTALLER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make(*arguments: str) -> str:
    # As a user runs it, also when these tests are themselves run by make, which would then say where it goes.
    left_out = {"MAKELEVEL", "MAKEFLAGS", "MFLAGS"}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    command = ["make", *arguments]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout


class TestMakefile:
    def test_help_lists_every_target(self) -> None:
        found = re.search(r"^\.PHONY: (.*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)
        assert found is not None
        assert set(re.findall(r"^  make ([a-z-]+)", make("help"), re.MULTILINE)) == set(found[1].split())

    def test_up_installs_and_then_starts(self) -> None:
        lines = make("-n", "up").splitlines()
        assert [line for line in lines if "tools/install.py" in line or "monitor up" in line] == [
            next(line for line in lines if line.endswith("tools/install.py")),
            ".venv/bin/monitor up",
        ]

    def test_down_needs_nothing_installed(self) -> None:
        assert "install.py" not in make("-n", "down")

    def test_test_runs_style_types_layers_and_tests(self) -> None:
        told = make("-n", "test")
        assert all(
            word in told for word in ("install.py --dev", "ruff check", "mypy", "lint-imports", "pytest -n auto")
        )

    def test_lock_runs_the_commands_the_locks_were_made_with(self) -> None:
        commands = [" ".join(line.split()) for line in make("-n", "lock").replace("\\\n", " ").splitlines()]
        heads = [
            (PROJECT / name).read_text().splitlines()[1].lstrip("# ")
            for name in ("requirements.lock", "requirements-dev.lock")
        ]
        assert commands == heads

    def test_a_python_that_does_not_exist_is_told(self) -> None:
        done = subprocess.run(
            ["make", "up", "PYTHON=python-of-tomorrow"],  # noqa: S607
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert "Python 3.11 or later is needed and none was found" in done.stderr


class TestRefusals:
    def test_old_pythons_can_read_the_installer_and_are_told(self, installer: ModuleType) -> None:
        ast.parse(INSTALLER.read_text(), feature_version=(3, 4))
        with pytest.raises(installer.Refusal, match=r"Python 3\.11 or later is needed; /usr/bin/python3 is 3\.9"):
            installer.check_python((3, 9, 18), "/usr/bin/python3")
        installer.check_python((3, 11, 0), "/usr/bin/python3")

    def test_a_small_disk(self, installer: ModuleType) -> None:
        with pytest.raises(installer.Refusal, match=r"1\.0 GB of disk are free, the packages need 3\.0 GB"):
            installer.check_space(1e9)
        installer.check_space(4e9)

    def test_a_python_without_venv(self, installer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
        installer.check_venv_module()
        monkeypatch.setitem(sys.modules, "ensurepip", None)
        with pytest.raises(installer.Refusal, match=r"apt install python3\.\d+-venv"):
            installer.check_venv_module()

    def test_an_index_that_cannot_be_reached(self, installer: ModuleType) -> None:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "download",
                "example",
                "--retries",
                "1",
                "--index-url",
                "http://127.0.0.1:9/",
            ],
            env={**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert installer.explain(done.stdout + done.stderr).startswith("the package index cannot be reached")

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ("OSError: [Errno 28] No space left on device", "the disk is full"),
            ("ERROR: No matching distribution found for duckdb==1.5.5", "the index has no duckdb==1.5.5 for Python"),
            ("[Errno 13] Permission denied: '.venv'", "the folder of the project cannot be written"),
            ("ERROR: something new\n", "ERROR: something new (all of it in .venv/install.log)"),
        ],
    )
    def test_other_failures(self, installer: ModuleType, said: str, told: str) -> None:
        assert installer.explain(said).startswith(told)


BACKEND = """
import base64, hashlib, pathlib, zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    files = {
        "tiny_project.pth": "",
        "tiny_project-1.dist-info/METADATA": "Metadata-Version: 2.1\\nName: tiny-project\\nVersion: 1\\n",
        "tiny_project-1.dist-info/WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nTag: py3-none-any\\n",
        "tiny_project-1.dist-info/entry_points.txt": "[console_scripts]\\nmonitor = tiny:main\\n",
    }
    files["tiny_project-1.dist-info/RECORD"] = "".join(f"{name},,\\n" for name in files)
    name = "tiny_project-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A project with one locked package, which an index of one file has."""
    (tmp_path / "tools").mkdir()
    shutil.copy(INSTALLER, tmp_path / "tools" / "install.py")
    wheel = tmp_path / "index" / "tiny-1-py3-none-any.whl"
    wheel.parent.mkdir()
    files = {
        "tiny.py": "def main():\n    print('tiny runs')\n",
        "tiny-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n",
        "tiny-1.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')},\n"
        for name, text in files.items()
    )
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {**files, "tiny-1.dist-info/RECORD": record}.items():
            archive.writestr(name, text)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (tmp_path / "requirements.lock").write_text(f"tiny==1 \\\n    --hash=sha256:{digest}\n")
    (tmp_path / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (tmp_path / "backend.py").write_text(BACKEND)
    return tmp_path


def install(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, project / "tools" / "install.py"],
        env={
            **os.environ,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(project / "index"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


class TestInstaller:
    def test_it_installs_what_the_lock_says_once_and_nothing_else(self, tiny: Path) -> None:
        lock = tiny / "requirements.lock"
        right = lock.read_text()

        lock.write_text(re.sub("sha256:.*", f"sha256:{'0' * 64}", right))
        refused = install(tiny)
        assert refused.returncode == 1
        assert "is not the one that was locked" in refused.stderr
        assert not (tiny / ".venv" / "installed.json").exists()

        lock.write_text(right)
        first = install(tiny)
        assert first.returncode == 0, first.stderr
        assert "Installing 1 packages of requirements.lock" in first.stdout
        told = subprocess.run([tiny / ".venv" / "bin" / "monitor"], capture_output=True, text=True, check=True)  # noqa: S603
        assert told.stdout == "tiny runs\n"
        assert len(list((tiny / ".venv").glob("lib/*/site-packages/__pycache__/tiny.*.pyc"))) == 1

        again = install(tiny)
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "")

        lock.write_text(right + "# changed\n")
        assert "Installing 1 packages" in install(tiny).stdout


class TestContinuousIntegration:
    @pytest.mark.parametrize(
        ("said", "status", "last"),
        [
            ("===== 12 passed, 1 skipped in 3.21s =====", 0, "===== 12 passed, 1 skipped in 3.21s ====="),
            ("== 1 failed, 2 passed in 61.00s (0:01:01) ==", 2, "== 1 failed, 2 passed in 61.00s (0:01:01) =="),
            ("ruff found trouble", 2, "pytest did not run: see above"),
        ],
    )
    def test_it_ends_with_pytests_line_and_the_status_of_make(
        self, tmp_path: Path, said: str, status: int, last: str
    ) -> None:
        for name, body in (("make", f"echo '{said}'; exit {status}"), ("chromium", "exit 0")):
            (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
            (tmp_path / name).chmod(0o755)
        done = subprocess.run(  # noqa: S603
            [PROJECT / ".ci" / "run"],
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status
        assert done.stdout.splitlines()[-1] == last


class TestStamp:
    def test_nothing_counts_as_installed_when_the_python_is_gone(
        self, installer: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        programs = tmp_path / ".venv" / "bin"
        programs.mkdir(parents=True)
        (programs / "monitor").write_text("")
        (programs / "python").symlink_to(sys.executable)
        (tmp_path / ".venv" / "installed.json").write_text('{"requirements.lock": "abc"}')
        assert installer.read_stamp() == {"requirements.lock": "abc"}
        (programs / "python").unlink()
        (programs / "python").symlink_to("/usr/bin/python-of-yesterday")
        assert installer.read_stamp() == {}
