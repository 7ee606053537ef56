"""All stages one after the other in this process, for use without Airflow."""

from collections.abc import Iterator

from monitor.model import Counts
from monitor.pipeline.analyse import analyse
from monitor.pipeline.fetch import fetch, retry_pages
from monitor.pipeline.load import load
from monitor.pipeline.poll import poll
from monitor.pipeline.send import send
from monitor.pipeline.upkeep import publish
from monitor.settings import Settings


def run_once(settings: Settings) -> Iterator[Counts]:
    """Go through the flow once, yielding what each stage did as it ends."""
    yield poll(settings)
    yield fetch(settings)
    yield retry_pages(settings)
    yield analyse(settings)
    yield load(settings)
    yield send(settings)
    publish(settings)
