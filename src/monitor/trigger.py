"""What Airflow schedules by: the three assets of the flow, the trigger that watches the feeds, the deadline's callback.

The only module of the package that imports Airflow; it is loaded by every DAG file and by the triggerer, so nothing
else is imported before it is needed.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import structlog
from airflow.sdk import Asset, AssetAlias, AssetWatcher
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

log = structlog.get_logger()


class FeedTrigger(BaseEventTrigger):
    """Polls due feeds in the triggerer and fires when the spool holds news.

    It takes no arguments: Airflow makes a trigger anew only when its arguments change, so sources and watchlist are
    read from their files as it runs, and an edit works without a restart. What was polled is on disk before the
    event is fired; an event is only a wake-up, and one that is lost is made up for by `poll_feeds`.
    """

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class path and no arguments."""
        return "monitor.trigger.FeedTrigger", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield one event, with counts only, each time `ingest` has something new to do; for ever."""
        from monitor.pipeline.poll import watch
        from monitor.settings import load_settings

        async for wake_up in watch(load_settings()):
            yield TriggerEvent(wake_up)  # type: ignore[no-untyped-call]  # Airflow's own


FEED_ENTRIES = Asset(
    name="feed_entries",
    uri="monitor://spool/entries",
    group="newsroom",
    watchers=[AssetWatcher(name="due_feeds", trigger=FeedTrigger())],  # type: ignore[no-untyped-call]  # Airflow's own
)
"""New entries wait in the spool."""

ARCHIVE = Asset(name="archive", uri="monitor://archive", group="newsroom")
"""Articles were added to the archive."""

OUTBOX = Asset(name="outbox", uri="monitor://archive/outbox", group="newsroom")
"""Alerts wait in the archive to be sent."""

ALERTS_QUEUED = AssetAlias("alerts_queued", group="newsroom")
"""Under this name `load` says that the outbox changed, and only when it did."""


async def warn_of_stall(stage: str, **_: object) -> None:
    """Tell the operators that a stage has not finished in time: in the triggerer's log, and in Slack where they
    declared a channel for it. Called by Airflow when a DAG run misses its deadline."""
    from monitor.pipeline.send import tell_operators
    from monitor.settings import load_settings

    advice = f"Open the DAG {stage} in Airflow and read the log of its last run."
    log.error("stage stalled", stage=stage, advice=advice)
    await asyncio.to_thread(tell_operators, load_settings(), f"{stage} has not finished in time", advice)
