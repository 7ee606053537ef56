"""The `monitor` command: one module a command group, assembled here.

Exit status: 0 done, 1 found trouble, 2 used wrongly.
"""

import sys

import typer

from monitor.errors import MonitorError

app = typer.Typer(
    name="monitor",
    help="A news monitor: follows topics across feeds, keeps the evidence, tells in Slack.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Entry point: what the user can mend is told in a sentence, everything else surfaces as a traceback."""
    try:
        app()
    except MonitorError as error:
        print(f"monitor: {error}", file=sys.stderr)
        sys.exit(1)
