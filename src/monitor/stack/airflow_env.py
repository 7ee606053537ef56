"""The environment of Airflow's components: settings in, variables out. Pure.

The same function serves `make up`, the containers and `monitor airflow …`, so they cannot drift apart. What the user
has set wins: any `AIRFLOW__SECTION__KEY` (also as `…_CMD` or `…_SECRET`) that is already in the environment is left
alone, which is how another database or executor is chosen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from monitor.settings import Settings

MARKER = "MONITOR_STACK"
"""In the environment of every process of a stack: the absolute MONITOR_HOME it belongs to."""

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")
"""Airflow's four processes, by the names of their sub-commands."""


@dataclass(frozen=True)
class AirflowSecrets:
    """What Airflow's components share to trust one another; made once per MONITOR_HOME."""

    jwt_secret: str = field(repr=False)
    api_secret_key: str = field(repr=False)
    fernet_key: str = field(repr=False)


def airflow_home(settings: Settings) -> Path:
    """Airflow's own folder: metadata database, secrets, passwords of the web interface."""
    return settings.home / "airflow"


def passwords_file(settings: Settings) -> Path:
    """The web interface's users and their passwords, a JSON object; readable by its owner only."""
    return airflow_home(settings) / "passwords.json"


def metadata_file(settings: Settings) -> Path:
    """Airflow's metadata where no other database is configured."""
    return airflow_home(settings) / "airflow.db"


def airflow_environment(
    settings: Settings, secrets: AirflowSecrets, *, project: Path, given: Mapping[str, str], cores: int = 2
) -> dict[str, str]:
    """The variables to add to `given` (the present environment) for a component of Airflow.

    `project` is the folder that holds dags/ and plugins/, `cores` the processors of the machine. Nothing the user has
    set for Airflow is overruled.
    """
    additions = {
        "AIRFLOW_HOME": str(airflow_home(settings)),
        "MONITOR_HOME": str(settings.home),
        "MONITOR_CONFIG": str(settings.config),
        "MONITOR_PORT": str(settings.port),
        "PYTHONPATH": _prepended(str(project / "src"), given.get("PYTHONPATH", "")),
    }
    if settings.archive is not None:
        additions["MONITOR_ARCHIVE"] = str(settings.archive)
    defaults = _processes() | _core(settings, secrets, project, cores) | _api(settings, secrets) | _pace()
    additions |= {key: value for key, value in defaults.items() if not _is_given(key, given)}
    # Airflow hides its database from tasks; the one that deletes old rows of it finds it here.
    database = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
    if address := additions.get(database) or given.get(database):
        additions["MONITOR_AIRFLOW_DATABASE"] = address
    return additions | _direct_hosts(additions, given)


def health_url(environment: Mapping[str, str]) -> str:
    """Where the components' health can be asked, as seen from a component with this environment."""
    parts = urlsplit(environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"])
    path = parts.path.rstrip("/").removesuffix("/execution")
    return f"{parts.scheme}://{parts.netloc}{path}/api/v2/monitor/health"


def proxy_variables(environment: Mapping[str, str]) -> list[str]:
    """The variables that name a proxy for the web."""
    wanted = {"http_proxy", "https_proxy", "all_proxy"}
    return sorted(name for name, value in environment.items() if value and name.lower() in wanted)


def _core(settings: Settings, secrets: AirflowSecrets, project: Path, cores: int) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(project / "plugins"),
        "AIRFLOW__CORE__EXECUTOR": "monitor.executor.LocalExecutor",
        # A task a core to analyse, and one that sends meanwhile.
        "AIRFLOW__CORE__PARALLELISM": str(min(max(cores, 2) + 1, 9)),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__FERNET_KEY": secrets.fernet_key,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,viewer:viewer",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords_file(settings)),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{settings.port}/execution/",
        # Forked workers share the scheduler's memory; Python 3.14 would start each anew.
        "AIRFLOW__CORE__MP_START_METHOD": "fork",
        # Task logs are read from the shared disk, and no server for them listens on all addresses (its address
        # cannot be configured). Without a host name the interface does not go looking for such a server.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "builtins.str",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{metadata_file(settings)}",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(settings.home / "logs" / "tasks"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(settings.home / "logs" / "dag_files"),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
    }


def _api(settings: Settings, secrets: AirflowSecrets) -> dict[str, str]:
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",  # Airflow's default is all addresses
        "AIRFLOW__API__PORT": str(settings.port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{settings.port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__INSTANCE_NAME": "News monitor",
        "AIRFLOW__API__SECRET_KEY": secrets.api_secret_key,
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.jwt_secret,
    }


def _pace() -> dict[str, str]:
    return {
        # At the default of 5 s a fifth of the tasks hold their slot 5 s too long.
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        # After a kill -9 the next scheduler takes over what the last one left within half a minute, not five.
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "20",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        # Likewise the triggers of a triggerer that was killed; its heart beats each 5 s.
        "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "20",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    }


def _processes() -> dict[str, str]:
    return {
        "PYTHONUNBUFFERED": "1",
        # Airflow renames its processes by overwriting argv; this keeps the environment behind it readable, by which
        # `monitor down` knows what belongs to it.
        "SPT_NOENV": "1",
        # glibc keeps an arena a thread; two are enough, and idle memory is smaller.
        "MALLOC_ARENA_MAX": "2",
        # Work is spread over processes; threads inside numpy would only fight for the same cores.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def _is_given(key: str, given: Mapping[str, str]) -> bool:
    return any(name in given for name in (key, f"{key}_CMD", f"{key}_SECRET"))


def _prepended(first: str, rest: str) -> str:
    others = [part for part in rest.split(":") if part and part != first]
    return ":".join([first, *others])


def _direct_hosts(additions: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """NO_PROXY with the components' own host, so that a proxy for the web is not asked for it."""
    key = "AIRFLOW__CORE__EXECUTION_API_SERVER_URL"
    host = urlsplit(given.get(key, additions.get(key, ""))).hostname or "127.0.0.1"
    value = given.get("NO_PROXY") or given.get("no_proxy") or ""
    known = [part.strip() for part in value.split(",") if part.strip()]
    hosts = ",".join([*known, *(name for name in dict.fromkeys((host, "127.0.0.1", "localhost")) if name not in known)])
    return {"NO_PROXY": hosts, "no_proxy": hosts}
