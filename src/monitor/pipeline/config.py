"""The configuration as it stands now: read from its files by every run, so that an edit works without a restart.

A file that has not changed since this process last read it is not checked again.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import structlog

from monitor.errors import ConfigError
from monitor.model import Source
from monitor.settings import Settings
from monitor.sources import load_sources
from monitor.watchlist import Watchlist, load_watchlist
from monitor.yamlconfig import Loaded, last_good

log = structlog.get_logger()

T = TypeVar("T")

_good: dict[tuple[Path, Path], Loaded[Any]] = {}
"""What was last read without an error, by file and state folder."""


def current_sources(settings: Settings) -> Loaded[tuple[Source, ...]]:
    """The outlets; after a bad edit the last good ones, with the error, which is logged each time.

    Raises ConfigError when the file is unusable and there is no good copy.
    """
    loaded = _current(settings.sources_file, settings.state_dir, load_sources)
    _complain(loaded.error)
    return loaded


def current_watchlist(settings: Settings) -> Loaded[Watchlist]:
    """The topics; after a bad edit the last good ones, with the error, which is logged each time.

    Raises ConfigError when the file is unusable and there is no good copy.
    """
    loaded = _current(settings.watchlist_file, settings.state_dir, load_watchlist)
    _complain(loaded.error)
    return loaded


def config_problems(settings: Settings) -> list[str]:
    """What is wrong with the configuration files now, a text a file; empty when all is well."""
    problems: list[str] = []
    for current in (current_sources, current_watchlist):
        try:
            error = current(settings).error
        except ConfigError as unusable:
            error = unusable
        if error is not None:
            problems.append(str(error))
    return problems


def _current(path: Path, state_dir: Path, load: Callable[[Path], T]) -> Loaded[T]:
    known = _good.get((path, state_dir))
    if known is not None and known.sha256 == _sha256(path) == _sha256(state_dir / "config" / path.name):
        return cast("Loaded[T]", known)
    loaded = last_good(path, state_dir, load)
    if loaded.error is None:
        _good[path, state_dir] = loaded
    return loaded


def _sha256(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _complain(error: ConfigError | None) -> None:
    if error is not None:
        log.error("a bad edit is not in use; the last good version goes on", problems=str(error))
