"""`monitor poll | fetch | analyse | load | send | run`: the stages of the flow, by hand and without Airflow."""

import json
import time
from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console

from monitor.model import Counts
from monitor.settings import Settings, load_settings

Json = Annotated[bool, typer.Option("--json", help="Print the counts as one JSON object.")]


def poll(as_json: Json = False) -> None:
    """Poll the feeds that are due; new entries wait in the spool."""
    from monitor.pipeline.poll import poll as stage

    _run(stage, as_json)


def fetch(as_json: Json = False) -> None:
    """Fetch the pages of waiting entries into WARC files, then those that are due for another attempt."""
    from monitor.pipeline.fetch import fetch as stage
    from monitor.pipeline.fetch import retry_pages

    def both(settings: Settings) -> Counts:
        first, again = stage(settings), retry_pages(settings)
        return Counts(stage="fetch", counts={name: first.counts[name] + again.counts[name] for name in first.counts})

    _run(both, as_json)


def analyse(
    as_json: Json = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes to work in.")] = 1,
) -> None:
    """Skim, extract and match the pages that wait in the spool."""
    from monitor.pipeline.analyse import analyse as stage
    from monitor.pipeline.analyse import analyse_in_parallel

    _run(stage if workers == 1 else lambda settings: analyse_in_parallel(settings, workers), as_json)


def load(as_json: Json = False) -> None:
    """Merge what was analysed into the archive and queue alerts."""
    from monitor.pipeline.load import load as stage

    _run(stage, as_json)


def send(as_json: Json = False) -> None:
    """Send waiting alerts to Slack; without a token they are shown here and kept as not sent."""
    from monitor.cli.alert_view import render_alert
    from monitor.pipeline.send import send_or_return

    def by_hand(settings: Settings) -> Counts:
        counts, not_sent = send_or_return(settings, knock=True)
        for alert in not_sent:
            Console(stderr=True).print(render_alert(alert))
        return counts

    _run(by_hand, as_json)


def run(
    once: Annotated[bool, typer.Option("--once", help="Go through all stages once and end.")] = False,
    every: Annotated[float, typer.Option(min=1, help="Otherwise: seconds between two rounds.")] = 10.0,
) -> None:
    """All stages one after the other, without Airflow: until interrupted, or once."""
    from monitor.pipeline.run import run_once

    settings, console = load_settings(), Console(stderr=True)
    while True:
        for counts in run_once(settings):
            console.print(str(counts), highlight=False)
        if once:
            return
        time.sleep(every)


def _run(stage: Callable[[Settings], Counts], as_json: bool) -> None:
    counts = stage(load_settings())
    print(json.dumps(counts.counts) if as_json else counts)
