"""What waits, what is unwell: read from the spool, the poller's memory and the archive; changes nothing."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from monitor.archive import Archive
from monitor.errors import ConfigError, MonitorError
from monitor.feed_store import FeedStore
from monitor.model import utc_now
from monitor.pipeline.config import config_problems
from monitor.settings import Settings
from monitor.spool import Stage, count_items, list_batches

POLLS_WAIT = timedelta(minutes=15)
"""Records of polls without news go to the archive with the next news, or after this long."""

RUN_TAKES = timedelta(seconds=60)
"""A batch that waits longer than this within a run was left behind by one."""

STAGES: tuple[Stage, ...] = ("polls", "entries", "retries", "pages", "analysed")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStatus:
    """How the flow does: feeds by state, items that wait in the spool by stage, alerts not sent, edits that were not
    taken over, and a sentence for anything else that somebody should see."""

    feeds: Mapping[str, int]
    spool: Mapping[str, int]
    unsent_alerts: int
    config_errors: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def work_waits(settings: Settings) -> bool:
    """Whether `ingest` has something to do."""
    stages: tuple[Stage, ...] = ("entries", "pages", "analysed")
    return any(list_batches(settings.spool_dir, stage) for stage in stages) or bool(left_behind(settings))


def left_behind(settings: Settings) -> list[Path]:
    """Batches behind the entries that nobody has taken up in time, as after a run that was killed; and records of polls
    that waited long enough for news to go with."""
    limits: dict[Stage, timedelta] = {"pages": RUN_TAKES, "analysed": RUN_TAKES, "polls": POLLS_WAIT}
    return [
        path
        for stage, limit in limits.items()
        for path in list_batches(settings.spool_dir, stage)[:1]
        if _age(path) > limit
    ]


def status_of_flow(settings: Settings) -> FlowStatus:
    """The state of everything between the feeds and Slack."""
    problems: list[str] = []
    try:
        config_errors = tuple(config_problems(settings))
    except ConfigError as error:
        config_errors = (str(error),)
    feeds: Counter[str] = Counter()
    if (settings.state_dir / "feeds.sqlite").exists():
        with FeedStore(settings.state_dir / "feeds.sqlite") as store:
            health = store.feed_health()
        feeds.update(feed.status for feed in health)
        problems += [
            f"feed {feed.url} is {feed.status}: {feed.error}" for feed in health if feed.status in ("dead", "gone")
        ]
    unsent = 0
    if settings.archive_file.exists():
        try:
            unsent = len(Archive(settings).pending_alerts())
        except MonitorError as error:
            problems.append(str(error))
    quarantined = len(list((settings.spool_dir / "quarantine").glob("*")))
    if quarantined:
        problems.append(
            f"{quarantined} damaged batches lie in {settings.spool_dir / 'quarantine'}; look at them, then delete"
        )
    return FlowStatus(
        feeds=dict(feeds),
        spool={stage: sum(map(count_items, list_batches(settings.spool_dir, stage))) for stage in STAGES},
        unsent_alerts=unsent,
        config_errors=config_errors,
        problems=tuple(problems),
    )


def _age(path: Path) -> timedelta:
    """How long ago the batch was written; nothing where it was taken away just now."""
    try:
        return timedelta(seconds=utc_now().timestamp() - path.stat().st_mtime)
    except FileNotFoundError:
        return timedelta()
