"""The `monitor` command: one module a command group, assembled here.

Exit status: 0 done, 1 found trouble, 2 used wrongly. The modules import what a command needs when it runs, so that
`monitor --help` and `monitor match` start quickly.
"""

import logging
import os
import sys

import structlog
import typer

from monitor.cli import claims, explain, flow, ledger, query, replay, sources, stack, watchlist
from monitor.cli.terminal import harmless_event, harmless_traceback, tell
from monitor.errors import MonitorError

app = typer.Typer(
    name="monitor",
    help="A news monitor: follows topics across feeds, keeps the evidence, tells in Slack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_RUN, _FLOW, _ASK, _CONFIG = "Run", "The stages of the flow, by hand", "Ask", "Configure"

for command in (stack.up, stack.down, stack.status, stack.doctor, stack.health, replay.demo, replay.replay):
    app.command(rich_help_panel=_RUN)(command)
app.command(rich_help_panel=_RUN, context_settings=stack.AIRFLOW_CONTEXT, add_help_option=False)(stack.airflow)
for command in (flow.run, flow.poll, flow.fetch, flow.analyse, flow.load, flow.send, flow.retry_quarantine):
    app.command(rich_help_panel=_FLOW)(command)
for command in (query.sql, watchlist.match, claims.observe, explain.explain):
    app.command(rich_help_panel=_ASK)(command)
app.add_typer(ledger.app, name="claims", rich_help_panel=_ASK)
app.add_typer(sources.app, name="sources", rich_help_panel=_CONFIG)
app.add_typer(watchlist.app, name="watchlist", rich_help_panel=_CONFIG)


def main() -> None:
    """Entry point: what the user can mend is told in a sentence, everything else surfaces as a traceback."""
    # Logs go to standard error, so that what a command answers can be piped; each command tells its own summary.
    # The stream is looked up for each line, because a progress bar puts itself in front of it for a while.
    level = logging.getLevelNamesMapping().get(os.environ.get("MONITOR_LOG_LEVEL", "").upper(), logging.WARNING)
    structlog.configure(
        processors=[
            *structlog.get_config()["processors"][:-1],
            harmless_event,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=harmless_traceback),
        ],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    try:
        app()
    except MonitorError as error:
        tell(f"monitor: {error}", error=True)
        sys.exit(1)
    except BrokenPipeError:  # `monitor sql … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
