"""Settings: the environment, typed. Configuration files are read by `watchlist` and `sources`."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from monitor import __version__
from monitor.errors import ConfigError

Network = IPv4Network | IPv6Network


class Settings(BaseSettings):
    """What the environment says. Paths are absolute once loaded; times are in seconds."""

    model_config = SettingsConfigDict(env_prefix="MONITOR_", frozen=True, extra="ignore", populate_by_name=True)

    home: Path = Path("var")
    """Everything the monitor writes: archive, spool, WARC files, logs, Airflow's home."""
    config: Path = Path("config")
    """The folder of sources.yaml and watchlist.yaml."""
    archive: Path | None = None
    """The DuckDB file; default HOME/archive.duckdb."""
    port: int = Field(default=8080, ge=1, le=65535)
    """Of Airflow's web interface, on loopback."""
    allow_networks: Annotated[tuple[Network, ...], NoDecode] = ()
    """Networks outside the public internet that may be fetched, comma-separated (`127.0.0.0/8`)."""
    contact: str = "https://example.org/claim-monitor"
    """Where the operator of a site can complain; part of the User-Agent."""
    timezone: str = "UTC"
    """Time zone in which times are shown to people (IANA name)."""

    poll_min_s: float = Field(default=60, gt=0)
    """No feed is asked more often than this, however busy it is."""
    poll_max_s: float = Field(default=1_800, gt=0)
    """No healthy feed is asked less often than this."""
    poll_concurrency: int = Field(default=64, ge=1)
    host_delay_s: float = Field(default=1.0, ge=0)
    """Pause between two requests to one host; robots.txt Crawl-delay may lengthen it."""
    fetch_concurrency: int = Field(default=32, ge=1)
    fetch_budget_s: float = Field(default=20, gt=0)
    """How long one run of the fetch stage goes on; what is left waits in the spool."""
    request_timeout_s: float = Field(default=30, gt=0)
    max_body_bytes: int = Field(default=10_000_000, gt=0)
    """Of one answer, after decompression."""
    max_redirects: int = Field(default=5, ge=0)

    alert_max_age_s: float | None = Field(default=86_400, gt=0)
    """Entries that a source dated longer ago than this are archived without an alert; `none` for replays."""
    alert_first_poll: bool = False
    """Whether what a feed already held when it was first asked is alerted."""
    ops_channel: str | None = None
    """Slack channel for the monitor's own trouble (a bad edit, a dead feed); without one it is only logged."""
    warc_keep_days: float = Field(default=14, gt=0)
    """How long pages that matched nothing are kept."""

    slack_bot_token: SecretStr | None = Field(default=None, validation_alias="SLACK_BOT_TOKEN")
    slack_api_url: str = Field(default="https://slack.com/api/", validation_alias="SLACK_API_URL")

    @field_validator("allow_networks", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
        return value

    @field_validator("alert_max_age_s", mode="before")
    @classmethod
    def _none_means_no_limit(cls, value: object) -> object:
        return None if isinstance(value, str) and value.strip().lower() == "none" else value

    @field_validator("slack_bot_token", "ops_channel", "archive", mode="before")
    @classmethod
    def _empty_means_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("home", "config", "archive")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    @property
    def archive_file(self) -> Path:
        """The DuckDB file that the one writer writes."""
        return self.archive or self.home / "archive.duckdb"

    @property
    def published_file(self) -> Path:
        """The read-only copy for every tool that is not ours."""
        return self.home / "published" / "archive.duckdb"

    @property
    def spool_dir(self) -> Path:
        """Finished batches between the stages."""
        return self.home / "spool"

    @property
    def warc_dir(self) -> Path:
        """Pages as they came."""
        return self.home / "warc"

    @property
    def state_dir(self) -> Path:
        """Working memory: the poller's, and the last good configuration."""
        return self.home / "state"

    @property
    def sources_file(self) -> Path:
        """The outlets and their feeds."""
        return self.config / "sources.yaml"

    @property
    def watchlist_file(self) -> Path:
        """The topics."""
        return self.config / "watchlist.yaml"

    @property
    def user_agent(self) -> str:
        """Sent with every request."""
        return f"claim-monitor/{__version__} (+{self.contact})"


def load_settings() -> Settings:
    """Settings from the environment.

    Raises ConfigError with one line a variable that says what it holds and what is allowed.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = []
        for detail in error.errors():
            name = str(detail["loc"][0]) if detail["loc"] else "?"
            variable = name if name.isupper() else f"MONITOR_{name.upper()}"
            shown = "" if variable == "SLACK_BOT_TOKEN" else f" ({detail['input']!r})"
            lines.append(f"{variable}{shown}: {detail['msg']}")
        raise ConfigError("environment: " + "; ".join(lines)) from None
