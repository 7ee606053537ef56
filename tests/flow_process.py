"""One run of all stages, as the target of a process that a test may kill."""

import logging
from datetime import timedelta
from multiprocessing.connection import Connection

import structlog

from monitor.pipeline import fetch as fetch_stage
from monitor.pipeline import poll as poll_stage
from monitor.pipeline import under_way
from monitor.pipeline.run import Run
from monitor.settings import Settings


def run_flow(settings: Settings, told: Connection) -> None:
    """Go through the flow until nothing waits, telling each stage's name as it ends, and at last how it went.

    Errors are logged to a file beside the home. What a killed process had claimed is free again after half a second,
    and no page is blamed: so many processes are killed as they begin that it is often the same page they were at.
    """
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.WriteLoggerFactory((settings.home.parent / "errors.log").open("a")),
    )
    poll_stage.LEASE_S = 0.5
    fetch_stage.RETRY_PAUSE = timedelta()
    under_way.DEATHS = 1_000
    run = Run(settings)
    for counts in run.round(until_done=True):
        told.send(counts.stage)
    told.send("done" if not run.failures else "failed: see errors.log")
