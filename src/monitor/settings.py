"""Settings: the environment, typed. Configuration files are read by `watchlist` and `sources`."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from monitor import __version__
from monitor.errors import ConfigError

Network = IPv4Network | IPv6Network

# What a header can carry in its brackets: no spaces, no brackets, ASCII only.
_WEB_ADDRESS = re.compile(r"https?://[!-'*-~]+")
_MAIL_ADDRESS = re.compile(r"(mailto:)?[!-'*-?A-~]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")
_RESERVED = re.compile(r"(.*\.)?example(\.(com|net|org))?")
"""Hosts that stand in examples only (RFC 2606): nobody can be reached there."""


class Settings(BaseSettings):
    """What the environment says; a variable that is set to nothing counts as unset.

    Paths are absolute once loaded; times are in seconds.
    """

    model_config = SettingsConfigDict(
        env_prefix="MONITOR_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # one of them is the token
    )

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
    contact: str | None = None
    """A web page or mail address at which the owner of a site reaches whoever runs this; part of the User-Agent."""
    timezone: str = "UTC"
    """Time zone in which times are shown to people (IANA name)."""

    poll_min_s: float = Field(default=60, gt=0)
    """No feed is asked more often than this, however busy it is."""
    poll_max_s: float = Field(default=1_800, gt=0, validate_default=True)
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
            try:
                return tuple(ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
            except ValueError as error:
                raise ValueError(f"{error}; allowed: networks, comma-separated, such as 127.0.0.0/8,fd00::/8") from None
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no such time zone; allowed: an IANA name such as Asia/Almaty, or UTC") from None
        return value

    @field_validator("contact")
    @classmethod
    def _reachable(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not (_WEB_ADDRESS.fullmatch(value) or _MAIL_ADDRESS.fullmatch(value)):
            raise ValueError("allowed: an address (https://…) or a mail address at which you can be reached, in ASCII")
        host = (urlsplit(value).hostname or "") if "://" in value else value.rpartition("@")[2]
        if not host or _RESERVED.fullmatch(host.lower()):
            raise ValueError("nobody can be reached there; allowed: your own web page or mail address")
        return value

    @field_validator("poll_max_s")
    @classmethod
    def _at_least_the_shortest(cls, value: float, info: ValidationInfo) -> float:
        least = info.data.get("poll_min_s", value)
        if value < least:
            raise ValueError(f"allowed: MONITOR_POLL_MIN_S ({least:g}) or more")
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _base_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("allowed: a base address such as https://slack.com/api/")
        return value if value.endswith("/") else f"{value}/"

    @field_validator("slack_bot_token")
    @classmethod
    def _fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[!-~]+", value.get_secret_value()):
            raise ValueError("allowed: a bot token (xoxb-…), without spaces or anything around it")
        return value

    @field_validator("alert_max_age_s", mode="before")
    @classmethod
    def _none_means_no_limit(cls, value: object) -> object:
        return None if isinstance(value, str) and value.strip().lower() == "none" else value

    @field_validator("home", "config", "archive")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        try:
            return None if value is None else value.expanduser().absolute()
        except RuntimeError as error:  # ~nobody
            raise ValueError(f"{error} Allowed: a folder or file") from None

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
        return f"claim-monitor/{__version__}" + (f" (+{self.contact})" if self.contact else "")


def load_settings() -> Settings:
    """Settings from the environment.

    Raises ConfigError with one line a variable that says what it holds and what is allowed.
    """
    try:
        return Settings()
    except ValidationError as error:
        lines = []
        for detail in error.errors(include_url=False, include_context=False):
            name = str(detail["loc"][0]) if detail["loc"] else "?"
            variable = name if name.isupper() else f"MONITOR_{name.upper()}"
            shown = "" if variable == "SLACK_BOT_TOKEN" else f" ({detail['input']!r})"
            lines.append(f"{variable}{shown}: {detail['msg'].removeprefix('Value error, ')}")
        raise ConfigError("environment: " + "; ".join(lines)) from None
