"""Airflow's home: secrets and passwords."""

from pathlib import Path

from monitor.settings import Settings
from monitor.stack.airflow_home import component_environment, passwords


def test_secrets_and_passwords_are_made_once_and_kept(tmp_path: Path) -> None:
    settings = Settings.model_validate({"home": tmp_path})
    first = component_environment(settings, {})
    assert len(first["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 64
    words = passwords(settings)
    assert set(words) == {"admin", "viewer"}
    assert component_environment(settings, {}) == first
    assert passwords(settings) == words


def test_the_admins_password_can_be_chosen(tmp_path: Path) -> None:
    settings = Settings.model_validate({"home": tmp_path})
    component_environment(settings, {})
    viewer = passwords(settings)["viewer"]
    component_environment(settings, {"MONITOR_ADMIN_PASSWORD": "correct horse"})
    assert passwords(settings) == {"admin": "correct horse", "viewer": viewer}


def test_two_homes_have_different_secrets(tmp_path: Path) -> None:
    made = [component_environment(Settings.model_validate({"home": tmp_path / name}), {}) for name in ("one", "two")]
    assert made[0]["AIRFLOW__API_AUTH__JWT_SECRET"] != made[1]["AIRFLOW__API_AUTH__JWT_SECRET"]
    assert made[0]["AIRFLOW__CORE__FERNET_KEY"] != made[1]["AIRFLOW__CORE__FERNET_KEY"]
