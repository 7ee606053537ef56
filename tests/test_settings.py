"""Settings: what each variable means, what it is without one, and what is said about one that cannot be used."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from monitor.errors import ConfigError
from monitor.settings import Settings, load_settings

HERE = Path.cwd()
# variable -> (field, default, what it is set to, the value that gives)
VARIABLES: dict[str, tuple[str, object, str, object]] = {
    "MONITOR_HOME": ("home", HERE / "var", "elsewhere", HERE / "elsewhere"),
    "MONITOR_CONFIG": ("config", HERE / "config", "/etc/monitor", Path("/etc/monitor")),
    "MONITOR_ARCHIVE": ("archive", None, "~/news.duckdb", Path.home() / "news.duckdb"),
    "MONITOR_PORT": ("port", 8080, "9090", 9090),
    "MONITOR_ALLOW_NETWORKS": ("networks", [], "127.0.0.0/8, fd00::/8", ["127.0.0.0/8", "fd00::/8"]),
    "MONITOR_CONTACT": ("contact", None, "https://news.kz/bot", "https://news.kz/bot"),
    "MONITOR_TIMEZONE": ("timezone", "UTC", "Asia/Almaty", "Asia/Almaty"),
    "MONITOR_POLL_MIN_S": ("poll_min_s", 60, "1.5", 1.5),
    "MONITOR_POLL_MAX_S": ("poll_max_s", 1800, "3600", 3600),
    "MONITOR_POLL_CONCURRENCY": ("poll_concurrency", 64, "8", 8),
    "MONITOR_HOST_DELAY_S": ("host_delay_s", 1, "0", 0),
    "MONITOR_FETCH_CONCURRENCY": ("fetch_concurrency", 32, "4", 4),
    "MONITOR_FETCH_BUDGET_S": ("fetch_budget_s", 20, "60", 60),
    "MONITOR_REQUEST_TIMEOUT_S": ("request_timeout_s", 30, "10", 10),
    "MONITOR_MAX_BODY_BYTES": ("max_body_bytes", 10_000_000, "1000", 1000),
    "MONITOR_MAX_REDIRECTS": ("max_redirects", 5, "0", 0),
    "MONITOR_ALERT_MAX_AGE_S": ("alert_max_age_s", 86_400, "none", None),
    "MONITOR_ALERT_FIRST_POLL": ("alert_first_poll", False, "true", True),
    "MONITOR_OPS_CHANNEL": ("ops_channel", None, "ops", "ops"),
    "MONITOR_WARC_KEEP_DAYS": ("warc_keep_days", 14, "30", 30),
    "SLACK_BOT_TOKEN": ("token", None, "xoxb-1-secret", "xoxb-1-secret"),
    "SLACK_API_URL": ("slack_api_url", "https://slack.com/api/", "http://127.0.0.1:1/api", "http://127.0.0.1:1/api/"),
}


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def held(settings: Settings, field: str) -> Any:
    if field == "networks":
        return [str(network) for network in settings.allow_networks]
    if field == "token":
        return settings.slack_bot_token and settings.slack_bot_token.get_secret_value()
    return getattr(settings, field)


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_variable(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    field, default, given, value = VARIABLES[variable]
    assert held(load_settings(), field) == default
    monkeypatch.setenv(variable, "")
    assert held(load_settings(), field) == default, "set to nothing is unset"
    monkeypatch.setenv(variable, given)
    assert held(load_settings(), field) == value


def test_no_setting_is_left_out_here() -> None:
    named = {f"MONITOR_{name.upper()}" for name in Settings.model_fields if not name.startswith("slack_")}
    assert named | {"SLACK_BOT_TOKEN", "SLACK_API_URL"} == set(VARIABLES)


@pytest.mark.parametrize(
    ("variable", "given", "allowed"),
    [
        ("MONITOR_PORT", "0", "greater than or equal to 1"),
        ("MONITOR_PORT", "http", "integer"),
        ("MONITOR_ALLOW_NETWORKS", "loopback", "127.0.0.0/8"),
        ("MONITOR_TIMEZONE", "Asia/Atlantis", "an IANA name such as Asia/Almaty, or UTC"),
        ("MONITOR_TIMEZONE", "../../etc/passwd", "an IANA name"),
        ("MONITOR_CONTACT", "me", "a mail address"),
        ("MONITOR_CONTACT", "https://news.kz/bot) (x", "https://"),
        ("MONITOR_CONTACT", "https://news.kz/\r\nX: y", "https://"),
        ("MONITOR_CONTACT", "https://", "https://"),
        ("MONITOR_CONTACT", "https://example.org/claim-monitor", "your own"),
        ("MONITOR_CONTACT", "you@mail.example", "your own"),
        ("MONITOR_POLL_MIN_S", "-1", "greater than 0"),
        ("MONITOR_POLL_MAX_S", "30", "MONITOR_POLL_MIN_S (60) or more"),
        ("MONITOR_POLL_MAX_S", "inf", "finite"),
        ("MONITOR_HOST_DELAY_S", "nan", "finite"),
        ("MONITOR_ALERT_MAX_AGE_S", "never", "number"),
        ("MONITOR_ALERT_FIRST_POLL", "perhaps", "boolean"),
        ("MONITOR_HOME", "~nobody-of-this-name/var", "a folder"),
        ("SLACK_API_URL", "slack.com", "https://slack.com/api/"),
    ],
)
def test_an_error_names_the_variable_and_what_is_allowed(
    variable: str, given: str, allowed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, given)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    told = str(caught.value)
    assert re.search(rf"{variable} \(.*\): ", told), told
    assert allowed in told


def test_all_errors_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_PORT", "x")
    monkeypatch.setenv("MONITOR_TIMEZONE", "x")
    with pytest.raises(ConfigError, match=r"MONITOR_PORT.*MONITOR_TIMEZONE"):
        load_settings()


def test_the_token_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-secret")
    settings = load_settings()
    assert "secret" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1-secret # mine")
    with pytest.raises(ConfigError, match="SLACK_BOT_TOKEN: allowed: a bot token") as caught:
        load_settings()
    assert "secret" not in str(caught.value)
    with pytest.raises(ValidationError) as raw:
        Settings()
    assert "secret" not in str(raw.value)


@pytest.mark.parametrize("contact", ["https://news.kz/bot?a=1", "mailto:desk@news.kz", "desk+bot@news.kz"])
def test_sites_are_told_whom_to_turn_to(contact: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert re.fullmatch(r"claim-monitor/[0-9.]+", load_settings().user_agent)
    monkeypatch.setenv("MONITOR_CONTACT", contact)
    assert load_settings().user_agent.endswith(f" (+{contact})")


def test_the_folders_below_home() -> None:
    settings = Settings(home=Path("/srv/var"))
    assert settings.archive_file == Path("/srv/var/archive.duckdb")
    assert Settings(home=Path("/srv/var"), archive=Path("/data/a.duckdb")).archive_file == Path("/data/a.duckdb")
    assert settings.published_file == Path("/srv/var/published/archive.duckdb")
    assert settings.sources_file == HERE / "config" / "sources.yaml"
