"""`monitor doctor`: looks at everything the monitor needs and says what to do. Changes nothing."""

import importlib.metadata
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from monitor.archive import Archive
from monitor.errors import ConfigError, MonitorError, SlackError
from monitor.model import Alert
from monitor.settings import Settings
from monitor.slack import SlackSender
from monitor.sources import load_sources
from monitor.stack import LEAST_FREE_BYTES, status
from monitor.stack.airflow_env import proxy_variables
from monitor.stack.airflow_home import project_folder
from monitor.stack.processes import describe_listener, is_free
from monitor.watchlist import load_watchlist

Verdict = Literal["ok", "warning", "problem"]

COMFORTABLE_FREE_BYTES = 5_000_000_000
"""Below this much free disk the doctor warns: pages of some days take a few gigabytes."""
_EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Finding:
    """What one check found."""

    subject: str
    verdict: Verdict
    said: str
    remedy: str = ""
    """What to do; empty where there is nothing to do."""


def examine(settings: Settings) -> list[Finding]:
    """All checks, in an order that puts causes before effects. One that breaks is a finding, not the end."""
    checks: tuple[Callable[[Settings], Iterable[Finding]], ...] = (
        _python,
        _packages,
        _home,
        _disk,
        _clock,
        _network,
        _configuration,
        _slack,
        _archive,
        _stack,
    )
    findings: list[Finding] = []
    for check in checks:
        try:
            findings += check(settings)
        except Exception as error:  # noqa: BLE001  a check that breaks must not hide what the others find
            subject = check.__name__.lstrip("_")
            said = f"could not be checked: {type(error).__name__}: {error}"
            findings.append(Finding(subject, "problem", said, "this is a defect of the monitor: please report it"))
    return findings


def _python(_: Settings) -> Iterator[Finding]:
    said = f"{'.'.join(map(str, sys.version_info[:3]))}, {sys.executable}"
    if sys.prefix == sys.base_prefix:
        yield Finding("Python", "warning", f"{said}, outside a virtual environment", "use the .venv of `make install`")
    else:
        yield Finding("Python", "ok", said)


def _packages(_: Settings) -> Iterator[Finding]:
    lock = project_folder() / "requirements.lock"
    wanted = locked_versions(lock.read_text(encoding="utf-8"))
    missing, other = [], []
    for name, version in wanted.items():
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
            continue
        if found != version:
            other.append(f"{name} {found} instead of {version}")
    if missing or other:
        shown = [*(f"{name} is missing" for name in missing), *other]
        more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
        said = f"not as in requirements.lock: {'; '.join(shown[:5])}{more}"
        yield Finding("packages", "problem", said, "run `make install`")
    else:
        yield Finding("packages", "ok", f"{len(wanted)} as in requirements.lock")


def locked_versions(lock: str) -> dict[str, str]:
    """Name and version of each package that a lock file asks for on this machine (markers are heeded)."""
    versions: dict[str, str] = {}
    for line in lock.splitlines():
        found = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^ ;\\]+)\s*(?:;\s*([^\\]+))?", line)
        if found and (found[3] is None or Marker(found[3].strip()).evaluate()):
            versions[canonicalize_name(found[1])] = found[2]
    return versions


def _home(settings: Settings) -> Iterator[Finding]:
    folder = settings.home
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        said = f"{settings.home} cannot be written ({error.strerror})"
        yield Finding("MONITOR_HOME", "problem", said, "change the folder's owner, or set MONITOR_HOME to another one")
    else:
        yield Finding("MONITOR_HOME", "ok", f"{settings.home} can be written")


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    said = f"{free / 1e9:,.1f} GB free below {folder}"
    remedy = "free some space, or set MONITOR_HOME to a folder on another disk"
    if free < LEAST_FREE_BYTES:
        yield Finding("disk", "problem", said, remedy)
    elif free < COMFORTABLE_FREE_BYTES:
        yield Finding("disk", "warning", said, remedy)
    else:
        yield Finding("disk", "ok", said)


def _clock(settings: Settings) -> Iterator[Finding]:
    now = datetime.now(UTC)
    if now < _EARLIEST:
        said = f"the clock says {now:%Y-%m-%d %H:%M} UTC"
        yield Finding("clock", "problem", said, "set the clock; times of articles and certificates depend on it")
    elif (settings.home / "run").exists() and (newest := _newest(settings.home)) > time.time() + 120:
        said = f"files of MONITOR_HOME were written {timedelta(seconds=int(newest - time.time()))} in the future"
        yield Finding("clock", "warning", said, "set the clock, as with `timedatectl set-ntp true`")
    else:
        yield Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC")
    zone = ZoneInfo(settings.timezone)
    yield Finding("time zone", "ok", f"{settings.timezone}: now {now.astimezone(zone):%H:%M}")


def _network(settings: Settings) -> Iterator[Finding]:
    if settings.contact is None:
        said = "sites that are asked for feeds and pages are not told whom to turn to"
        yield Finding("contact", "warning", said, "set MONITOR_CONTACT to your web page or mail address")
    else:
        yield Finding("contact", "ok", f"sites see {settings.user_agent!r}")
    if names := proxy_variables(os.environ):
        said = (
            f"{', '.join(names)} is set, and not used for feeds and pages: they are asked directly, because the "
            "guard against addresses outside the public internet has to see the address that is connected to"
        )
        yield Finding("proxy", "warning", said, "let this machine reach the web directly; only Slack goes by the proxy")


def _newest(home: Path) -> float:
    return max((path.stat().st_mtime for path in (home / "run").iterdir()), default=0)


def _configuration(settings: Settings) -> Iterator[Finding]:
    try:
        sources = load_sources(settings.sources_file)
    except ConfigError as error:
        yield Finding("sources.yaml", "problem", str(error), "mend the line named; the last good version goes on")
    else:
        feeds = sum(len(source.feeds) for source in sources)
        yield Finding("sources.yaml", "ok", f"{len(sources)} sources, {feeds} feeds")
    try:
        watchlist = load_watchlist(settings.watchlist_file)
    except ConfigError as error:
        yield Finding("watchlist.yaml", "problem", str(error), "mend the line named; the last good version goes on")
    else:
        yield Finding("watchlist.yaml", "ok", f"{len(watchlist.topics)} topics")


def _slack(settings: Settings) -> Iterator[Finding]:
    if settings.slack_bot_token is None:
        yield Finding("Slack", "warning", "no SLACK_BOT_TOKEN: alerts are shown, not sent", "set it to have them sent")
        return
    sender = SlackSender(settings, timeout_s=10)
    try:
        yield Finding("Slack", "ok", sender.check())
    except SlackError as error:
        yield Finding("Slack", "problem", f"{error.code}: {error}", "set SLACK_BOT_TOKEN to a bot token (xoxb-…)")
        return
    for channel in _channels(settings):
        try:
            # Reading the history is what the sender does after an unclear answer, so it must work before one.
            sender.find([_probe(channel)], datetime.now(UTC))
        except SlackError as error:
            remedy = "invite the app there, or put the channel right in watchlist.yaml"
            yield Finding(f"Slack {channel}", "problem", f"{error.code}: {error}", remedy)
        else:
            yield Finding(f"Slack {channel}", "ok", "can be read")


def _channels(settings: Settings) -> list[str]:
    channels = [settings.ops_channel]
    with suppress(ConfigError):  # told by the check of the configuration
        channels += [topic.channel for topic in load_watchlist(settings.watchlist_file).topics]
    return list(dict.fromkeys(channel for channel in channels if channel))


def _probe(channel: str) -> Alert:
    now = datetime.now(UTC)
    return Alert(alert_id="doctor", kind="new_article", created_at=now, channel=channel, text="", blocks="[]")


def _archive(settings: Settings) -> Iterator[Finding]:
    if not settings.archive_file.exists():
        yield Finding("archive", "ok", f"{settings.archive_file} is made with the first news")
        return
    try:
        Archive(settings).known_entries(["doctor"])
    except MonitorError as error:
        remedy = f"see docs/operations.md, “Restore”; the published copy is {settings.published_file}"
        yield Finding("archive", "problem", str(error), remedy)
    else:
        size = settings.archive_file.stat().st_size
        yield Finding("archive", "ok", f"{settings.archive_file} opens, {size / 1e6:,.1f} MB")


def _stack(settings: Settings) -> Iterator[Finding]:
    seen = status(settings)
    if seen.leftovers:
        said = f"{seen.leftovers} processes of a stack that crashed"
        yield Finding("stack", "problem", said, "`monitor up` starts it anew, `monitor down` ends them")
    elif not seen.is_up:
        host = os.environ.get("AIRFLOW__API__HOST", "127.0.0.1")
        if is_free(host, settings.port):
            yield Finding("stack", "ok", f"not running; port {settings.port} is free")
        else:
            said = f"not running, and port {settings.port} is in use by {describe_listener(settings.port)}"
            yield Finding("stack", "problem", said, "end that program, or set MONITOR_PORT to another port")
    elif seen.problems:
        yield Finding("stack", "problem", "; ".join(seen.problems), f"look at {settings.home / 'logs'}")
    else:
        yield Finding("stack", "ok", f"running at {seen.url}, {seen.memory_bytes / 2**20:,.0f} MiB")
