"""All stages one after the other in this process, for use without Airflow."""

from collections.abc import Callable, Iterator

import structlog

from monitor.errors import MonitorError
from monitor.model import Counts
from monitor.pipeline import is_interrupt
from monitor.pipeline.analyse import analyse
from monitor.pipeline.fetch import fetch, retry_pages
from monitor.pipeline.load import load
from monitor.pipeline.poll import poll
from monitor.pipeline.send import send
from monitor.pipeline.upkeep import publish
from monitor.settings import Settings
from monitor.spool import list_batches

log = structlog.get_logger()

Stage = Callable[[Settings], Counts]


class Run:
    """Goes through the flow; a stage that fails is logged and counted in `failures`, and the others go on."""

    def __init__(self, settings: Settings, *, send: Stage = send) -> None:
        """`send` may be replaced, for a caller that shows what is not sent."""
        self._settings = settings
        self._send = send
        self.failures = 0

    def round(self, *, until_done: bool) -> Iterator[Counts]:
        """Go through the flow, yielding what each stage did as it ends: once, so that the feeds are soon asked again,
        or `until_done`, that is until no new entry waits. Pages that did not come wait for their next attempt."""
        yield from self._do(poll)
        yield from self._do(retry_pages)
        while True:
            progress = 0
            for counts in self._do(fetch):
                progress = sum(counts.counts.values())
                yield counts
            for stage in (analyse, load, self._send):
                yield from self._do(stage)
            if not (until_done and progress and list_batches(self._settings.spool_dir, "entries")):
                break
        for _ in self._do(_publish):
            pass

    def _do(self, stage: Stage) -> Iterator[Counts]:
        name = getattr(stage, "__name__", "stage").strip("_")
        try:
            counts = stage(self._settings)
        except Exception as error:
            if is_interrupt(error):
                raise KeyboardInterrupt from error
            self.failures += 1
            if isinstance(error, MonitorError):
                log.error("stage failed", stage=name, problem=str(error))  # noqa: TRY400 - a sentence for users
            else:
                log.exception("stage broke", stage=name)
        else:
            yield counts


def _publish(settings: Settings) -> Counts:
    return Counts(stage="publish", counts={"copied": publish(settings)})
