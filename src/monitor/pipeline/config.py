"""The configuration as it stands now: read from its files by every run, so that an edit works without a restart."""

import structlog

from monitor.errors import ConfigError
from monitor.model import Source
from monitor.settings import Settings
from monitor.sources import load_sources
from monitor.watchlist import Watchlist, load_watchlist
from monitor.yamlconfig import Loaded, last_good

log = structlog.get_logger()


def current_sources(settings: Settings) -> Loaded[tuple[Source, ...]]:
    """The outlets; after a bad edit the last good ones, with the error, which is logged each time.

    Raises ConfigError when the file is unusable and there is no good copy.
    """
    loaded = last_good(settings.sources_file, settings.state_dir, load_sources)
    _complain(loaded.error)
    return loaded


def current_watchlist(settings: Settings) -> Loaded[Watchlist]:
    """The topics; after a bad edit the last good ones, with the error, which is logged each time.

    Raises ConfigError when the file is unusable and there is no good copy.
    """
    loaded = last_good(settings.watchlist_file, settings.state_dir, load_watchlist)
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


def _complain(error: ConfigError | None) -> None:
    if error is not None:
        log.error("a bad edit is not in use; the last good version goes on", problems=str(error))
