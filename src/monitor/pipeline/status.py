"""What waits, what is unwell: read from the spool, the poller's memory and the archive.

Asking moves no news on. But it goes through the doors that everybody uses, which tidy up as they open: stale temporary
files are swept, a good edit of the configuration is remembered, a broken memory of the poller is set aside, an older
archive is brought up to date.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from monitor.errors import MonitorError
from monitor.model import utc_now
from monitor.pipeline.config import config_problems
from monitor.polling.store import FeedStore
from monitor.settings import Settings
from monitor.spool import Stage, count_items, list_batches

POLLS_WAIT = timedelta(minutes=15)
"""Records of polls without news go to the archive with the next news, or after this long."""

RUN_TAKES = timedelta(seconds=60)
"""A batch that waits longer than this within a run was left behind by one."""

STAGES: tuple[Stage, ...] = ("polls", "entries", "retries", "pages", "analysed")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStatus:
    """How the flow does: items that wait in the spool by stage, feeds by state, alerts by where they stand, and one
    sentence for everything that is wrong, bad edits of the configuration included."""

    backlog: Mapping[str, int]
    feeds: Mapping[str, int]
    alerts: Mapping[str, int]
    problems: tuple[str, ...] = ()


def work_waits(settings: Settings) -> bool:
    """Whether `ingest` has something to do, by the spool alone."""
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
    """The state of everything between the feeds and Slack.

    Makes neither an archive nor a memory of the poller where there is none. Trouble of any part is one of `problems`.
    """
    # The triggerer imports this module for `left_behind` and has no use for 70 MiB of DuckDB and Arrow.
    from monitor.archive import Archive  # noqa: PLC0415 - said above

    problems = config_problems(settings)
    feeds: Counter[str] = Counter()
    memory = settings.state_dir / "feeds.sqlite"
    if memory.exists():
        with FeedStore(memory) as store:
            health = store.feed_health()
        feeds.update(feed.status for feed in health)
        problems += [f"{feed.status} feed: {feed.error}" for feed in health if feed.status in ("dead", "gone")]
    alerts: Counter[str] = Counter()
    if settings.archive_file.exists():
        try:
            pending = Archive(settings).pending_alerts()
        except MonitorError as error:
            problems.append(str(error))
        else:
            alerts.update(deliveries[-1].outcome if deliveries else "queued" for _, deliveries in pending)
            newest = [deliveries[-1] for _, deliveries in pending if deliveries]
            problems += sorted({f"alert not sent: {last.error}" for last in newest if last.outcome == "rejected"})
    quarantine = settings.spool_dir / "quarantine"
    damaged = len(list(quarantine.glob("*")))
    if damaged:
        problems.append(
            f"{damaged} batches could not be used in full and are kept in {quarantine}, perhaps as the only copy: "
            "`monitor retry-quarantine` tries them again, as after an update or when a disk is mended"
        )
    return FlowStatus(
        backlog={stage: sum(map(count_items, list_batches(settings.spool_dir, stage))) for stage in STAGES},
        feeds=dict(feeds),
        alerts=dict(alerts),
        problems=tuple(problems),
    )


def _age(path: Path) -> timedelta:
    """How long ago the batch was written; nothing where it was taken away just now."""
    try:
        return timedelta(seconds=utc_now().timestamp() - path.stat().st_mtime)
    except FileNotFoundError:
        return timedelta()
