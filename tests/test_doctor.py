"""`monitor doctor`: each thing that can be wrong is named, with what to do."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from fake_slack import TOKEN, FakeSlack
from monitor.doctor import Finding, examine, locked_versions
from monitor.settings import Settings

PROJECT = Path(__file__).resolve().parents[1]
MONITOR = Path(sys.executable).with_name("monitor")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(home: Path, **values: object) -> Settings:
    chosen = {"home": home, "config": PROJECT / "config", "port": free_port(), "slack_bot_token": None, **values}
    return Settings.model_validate(chosen)


def findings(chosen: Settings) -> dict[str, Finding]:
    return {finding.subject: finding for finding in examine(chosen)}


def test_all_is_well_on_a_fresh_machine(tmp_path: Path) -> None:
    found = findings(settings(tmp_path))
    assert {name: finding.said for name, finding in found.items() if finding.verdict == "problem"} == {}
    assert found["Slack"].verdict == "warning"
    assert "alerts are shown, not sent" in found["Slack"].said
    assert all(finding.remedy for finding in found.values() if finding.verdict != "ok")


def test_it_changes_nothing(tmp_path: Path) -> None:
    examine(settings(tmp_path / "home"))
    assert list(tmp_path.iterdir()) == []


def test_bad_configuration_files_are_told_with_file_and_line(tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "config", tmp_path / "config")
    with (tmp_path / "config" / "sources.yaml").open("a") as file:
        file.write("nonsense: 1\n")
    (tmp_path / "config" / "watchlist.yaml").unlink()
    found = findings(settings(tmp_path / "home", config=tmp_path / "config"))
    assert found["sources.yaml"].verdict == "problem"
    assert "sources.yaml:" in found["sources.yaml"].said
    assert "nonsense" in found["sources.yaml"].said
    assert found["watchlist.yaml"].verdict == "problem"


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        stack = findings(settings(tmp_path, port=port))["stack"]
    assert stack.verdict == "problem"
    assert f"port {port} is in use by" in stack.said
    assert str(os.getpid()) in stack.said
    assert "MONITOR_PORT" in stack.remedy


@pytest.mark.parametrize(("free", "verdict"), [(10**8, "problem"), (2 * 10**9, "warning"), (10**11, "ok")])
def test_disk_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, verdict: str) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024  as shutil's
    monkeypatch.setattr("monitor.doctor.shutil.disk_usage", lambda _: usage(10**12, 10**12 - free, free))
    assert findings(settings(tmp_path))["disk"].verdict == verdict


def test_a_home_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    home = findings(settings(tmp_path / "file"))["MONITOR_HOME"]
    assert home.verdict == "problem"
    assert "cannot be written" in home.said


def test_without_a_contact_sites_cannot_turn_to_anybody(tmp_path: Path) -> None:
    contact = findings(settings(tmp_path))["contact"]
    assert (contact.verdict, "MONITOR_CONTACT" in contact.remedy) == ("warning", True)
    contact = findings(settings(tmp_path, contact="https://news.kz/bot"))["contact"]
    assert (contact.verdict, "+https://news.kz/bot" in contact.said) == ("ok", True)


def test_a_proxy_is_said_not_to_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "")
    assert "proxy" not in findings(settings(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@proxy.example:3128")
    proxy = findings(settings(tmp_path))["proxy"]
    assert (proxy.verdict, "HTTPS_PROXY" in proxy.said) == ("warning", True)
    assert "not used for feeds and pages" in proxy.said
    assert "secret" not in proxy.said + proxy.remedy


def test_a_damaged_archive(tmp_path: Path) -> None:
    (tmp_path / "archive.duckdb").write_bytes(b"no database" * 1000)
    archive = findings(settings(tmp_path))["archive"]
    assert archive.verdict == "problem"
    assert "docs/operations.md" in archive.remedy


def test_packages_other_than_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.metadata import PackageNotFoundError, version

    def other(name: str) -> str:
        if name == "aiohttp":
            raise PackageNotFoundError(name)
        return "0.1" if name == "feedparser" else version(name)

    monkeypatch.setattr("monitor.doctor.importlib.metadata.version", other)
    packages = findings(settings(tmp_path))["packages"]
    assert packages.verdict == "problem"
    assert "aiohttp is missing" in packages.said
    assert "feedparser 0.1 instead of" in packages.said
    assert "make install" in packages.remedy


def test_a_check_that_breaks_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("monitor.doctor.locked_versions", broken)
    found = findings(settings(tmp_path))
    assert "RuntimeError: boom" in found["packages"].said
    assert found["stack"].verdict == "ok"


class TestSlack:
    def test_the_token_and_each_channel_are_tried(self, tmp_path: Path) -> None:
        with FakeSlack(channels=("ops",)) as slack:
            found = findings(
                settings(tmp_path, slack_bot_token=slack.token, slack_api_url=slack.url, ops_channel="ops")
            )
            assert slack.messages == []
        assert found["Slack"].verdict == "ok"
        assert found["Slack ops"].verdict == "ok"
        missing = [finding for name, finding in found.items() if name.startswith("Slack ") and name != "Slack ops"]
        assert missing
        assert all("channel_not_found" in finding.said and finding.remedy for finding in missing)

    def test_an_invalid_token_is_told_and_not_shown(self, tmp_path: Path) -> None:
        with FakeSlack(channels=("ops",)) as slack:
            found = findings(settings(tmp_path, slack_bot_token="xoxb-wrong-one", slack_api_url=slack.url))
        assert found["Slack"].verdict == "problem"
        assert "invalid_auth" in found["Slack"].said
        assert "xoxb-wrong-one" not in str(found)
        assert TOKEN not in str(found)


def test_locked_versions_heed_markers_and_extras() -> None:
    lock = (
        "# comment\n"
        "plain==1.0 \\\n    --hash=sha256:00\n"
        "Some_Name[extra]==2.1.post1 \\\n    --hash=sha256:00\n"
        "elsewhere==3 ; sys_platform == 'nowhere' \\\n    --hash=sha256:00\n"
        "here==4 ; python_version >= '3.11' \\\n    --hash=sha256:00\n"
    )
    assert locked_versions(lock) == {"plain": "1.0", "some-name": "2.1.post1", "here": "4"}


@pytest.mark.parametrize(("timezone", "status"), [("UTC", 0), ("Nowhere", 1)])
def test_the_command_ends_with_1_when_there_is_a_problem(tmp_path: Path, timezone: str, status: int) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MONITOR_", "SLACK", "AIRFLOW"))}
    done = subprocess.run(  # noqa: S603  our own command
        [str(MONITOR), "doctor", "--json"],
        env={**kept, "MONITOR_HOME": str(tmp_path), "MONITOR_PORT": str(free_port()), "MONITOR_TIMEZONE": timezone},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stdout + done.stderr
    told = {finding["subject"]: finding["verdict"] for finding in json.loads(done.stdout)}
    assert told["time zone" if status == 0 else "settings"] == ("ok" if status == 0 else "problem")
