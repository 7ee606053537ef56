"""The environment of Airflow's components."""

from pathlib import Path

import pytest

from monitor.settings import Settings
from monitor.stack.airflow_env import AirflowSecrets, airflow_environment, health_url

SECRETS = AirflowSecrets(jwt_secret="j" * 64, api_secret_key="k" * 64, fernet_key="f" * 44)
PROJECT = Path("/srv/project")


def environment(given: dict[str, str] | None = None, **settings: object) -> dict[str, str]:
    chosen = Settings.model_validate({"home": "/srv/var", "port": 8090, **settings})
    return airflow_environment(chosen, SECRETS, project=PROJECT, given=given or {})


def test_everything_listens_on_loopback_only_and_on_the_chosen_port() -> None:
    made = environment()
    assert made["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert made["AIRFLOW__API__PORT"] == "8090"
    assert made["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:8090"
    assert made["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8090/execution/"


def test_everything_airflow_writes_is_below_the_home() -> None:
    made = environment()
    assert made["AIRFLOW_HOME"] == "/srv/var/airflow"
    assert made["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == "sqlite:////srv/var/airflow/airflow.db"
    assert made["AIRFLOW__LOGGING__BASE_LOG_FOLDER"].startswith("/srv/var/logs")


def test_the_dags_and_plugins_are_the_projects() -> None:
    made = environment()
    assert made["AIRFLOW__CORE__DAGS_FOLDER"] == "/srv/project/dags"
    assert made["AIRFLOW__CORE__PLUGINS_FOLDER"] == "/srv/project/plugins"
    assert made["PYTHONPATH"] == "/srv/project/src"


@pytest.mark.parametrize("suffix", ["", "_CMD", "_SECRET"])
def test_what_the_user_has_set_for_airflow_wins(suffix: str) -> None:
    given = {f"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN{suffix}": "theirs", "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor"}
    made = environment(given)
    assert "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in made
    assert "AIRFLOW__CORE__EXECUTOR" not in made
    assert made["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"


@pytest.mark.parametrize(("cores", "slots"), [(1, "3"), (2, "3"), (4, "5"), (64, "9")])
def test_a_task_a_core_can_run_and_one_more(cores: int, slots: str) -> None:
    chosen = Settings.model_validate({"home": "/srv/var"})
    made = airflow_environment(chosen, SECRETS, project=PROJECT, given={}, cores=cores)
    assert made["AIRFLOW__CORE__PARALLELISM"] == slots


def test_components_read_the_same_settings_whatever_folder_they_run_in() -> None:
    made = environment(archive="/data/archive.duckdb", config="/etc/monitor")
    assert made["MONITOR_HOME"] == "/srv/var"
    assert made["MONITOR_CONFIG"] == "/etc/monitor"
    assert made["MONITOR_ARCHIVE"] == "/data/archive.duckdb"
    assert made["MONITOR_PORT"] == "8090"


def test_a_proxy_is_not_asked_for_our_own_addresses() -> None:
    assert environment()["NO_PROXY"] == "127.0.0.1,localhost"
    given = {
        "no_proxy": "corp.example, localhost",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "http://api-server:8080/execution/",
    }
    assert environment(given)["NO_PROXY"] == "corp.example,localhost,api-server,127.0.0.1"


def test_an_existing_pythonpath_is_kept_and_not_lengthened_at_each_call() -> None:
    once = environment({"PYTHONPATH": "/opt/lib"})["PYTHONPATH"]
    assert once == "/srv/project/src:/opt/lib"
    assert environment({"PYTHONPATH": once})["PYTHONPATH"] == once


def test_secrets_do_not_show_in_a_repr() -> None:
    assert "jjj" not in repr(SECRETS)


def test_the_health_address_follows_the_api_servers() -> None:
    assert health_url(environment()) == "http://127.0.0.1:8090/api/v2/monitor/health"
    elsewhere = {"AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "https://news.example/airflow/execution/"}
    assert health_url(elsewhere) == "https://news.example/airflow/api/v2/monitor/health"
