"""`monitor up | down | status | doctor | health | airflow`: the local stack."""

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.cli.terminal import harmless_json, harmless_lines
from monitor.errors import ConfigError
from monitor.settings import Settings, load_settings

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

if TYPE_CHECKING:  # the stack's libraries are loaded by its commands only
    from monitor.pipeline.status import FlowStatus
    from monitor.stack import StackStatus

_console = Console(highlight=False)


def up(
    timeout: Annotated[float, typer.Option(help="Seconds to wait until all components are healthy.")] = 180,
    only_prepare: Annotated[
        bool, typer.Option("--only-prepare", help="Make Airflow's database, pools and login, and start nothing.")
    ] = False,
) -> None:
    """Start Airflow and follow the news. Does nothing when the stack already runs."""
    from monitor import stack
    from monitor.stack.airflow_home import prepare

    settings = stack_settings()
    if only_prepare:
        prepare(settings, _console.print)
        return
    with _console.status("Starting …") as line:
        started = stack.up(
            settings,
            _console.print,
            lambda names: line.update(f"Starting: waiting for {', '.join(names)} …"),
            timeout_s=timeout,
        )
    _introduce(settings, stack.status(settings).url, "Running." if started else "Already running.")


def down() -> None:
    """Stop everything this stack started, and nothing else."""
    from monitor import stack

    with _console.status("Stopping …") as line:
        count = stack.down(stack_settings(), lambda left: line.update(f"Stopping: {left} processes left …"))
    _console.print(f"Stopped {count} processes." if count else "Nothing was running.")


def status(as_json: Json = False) -> None:
    """Show what runs and how the flow does. Exit status 1 when something is wrong."""
    from monitor import stack
    from monitor.pipeline.status import status_of_flow

    settings = stack_settings()
    seen = stack.status(settings)
    flow = status_of_flow(settings)
    problems = [*seen.problems, *flow.problems]
    if as_json:
        told = {"stack": {**asdict(seen), "is_up": seen.is_up}, "flow": asdict(flow), "problems": problems}
        print(harmless_json(told, indent=2))
    else:
        _print_stack(seen)
        _print_flow(flow)
        for problem in problems:
            _console.print(Text(f"! {harmless_lines(problem)}", style="red"), soft_wrap=True)
    if problems:
        raise typer.Exit(1)


def doctor(as_json: Json = False) -> None:
    """Check everything the monitor needs, and say what to do. Exit status 1 when there is a problem."""
    from monitor.doctor import Finding, examine

    try:
        findings = examine(stack_settings())
    except ConfigError as error:  # without settings there is nothing else to look at
        findings = [Finding("settings", "problem", str(error), "put these variables right, and ask again")]
    if as_json:
        print(harmless_json([asdict(finding) for finding in findings], indent=2))
    else:
        styles = {"ok": "green", "warning": "yellow", "problem": "red"}
        for finding in findings:
            line = Text(f"{finding.verdict:<8}", style=styles[finding.verdict]).append(f" {finding.subject}: ", "bold")
            _console.print(line.append(harmless_lines(finding.said), "default"), soft_wrap=True)
            if finding.remedy:
                _console.print(Text(f"         → {harmless_lines(finding.remedy)}"), soft_wrap=True)
    if any(finding.verdict == "problem" for finding in findings):
        raise typer.Exit(1)


def health(
    component: Annotated[str | None, typer.Argument(help="One component; all four without it.")] = None,
) -> None:
    """Ask Airflow whether its components are healthy; for the health checks of containers."""
    from monitor.stack import component_health
    from monitor.stack.airflow_env import COMPONENTS

    if component is not None and component not in COMPONENTS:
        raise typer.BadParameter(f"{component!r} is none of {', '.join(COMPONENTS)}")
    told = component_health(stack_settings(), since=None)
    for name, healthy in told.items():
        if component in (None, name):
            print(f"{name}: {'healthy' if healthy else 'not healthy'}")
    if not all(healthy for name, healthy in told.items() if component in (None, name)):
        raise typer.Exit(1)


def airflow(context: typer.Context) -> None:
    """Run Airflow's own command in the stack's environment, as in `monitor airflow dags list`."""
    from monitor.stack.airflow_home import run_airflow

    run_airflow(stack_settings(), context.args)


AIRFLOW_CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""For the registration of `airflow`: its arguments and its --help are Airflow's."""


def stack_settings() -> Settings:
    """Settings with symbolic links resolved: one folder is one stack, by whatever path it is named."""
    settings = load_settings()
    return settings.model_copy(update={"home": settings.home.resolve()})


def _introduce(settings: Settings, url: str, first: str) -> None:
    from monitor.stack.airflow_env import passwords_file, proxy_variables
    from monitor.stack.airflow_home import passwords

    known = passwords(settings)
    _console.print(f"{first} Airflow: {url}", style="bold", soft_wrap=True)
    login = f"admin / {known['admin']}" if "admin" in known else "see"
    _console.print(f"Login:  {login}   (passwords: {passwords_file(settings)})", markup=False, soft_wrap=True)
    _console.print(f"Logs:   {settings.home / 'logs'}", markup=False, soft_wrap=True)
    if settings.slack_bot_token is None:
        told = "no SLACK_BOT_TOKEN is set: alerts are kept, not sent; `monitor sql @alerts` shows them"
    else:
        told = "a token is set; `monitor doctor` checks it and the channels"
    _console.print(f"Slack:  {told}", markup=False, soft_wrap=True)
    if settings.contact is None:
        told = "none: set MONITOR_CONTACT to your web page or mail address, which sites are told"
        _console.print(f"Contact: {told}", markup=False, soft_wrap=True)
    if proxy_variables(os.environ):
        told = "not used for feeds and pages, which are asked directly; `monitor doctor` says why"
        _console.print(f"Proxy:  {told}", markup=False, soft_wrap=True)


def _print_stack(seen: "StackStatus") -> None:
    if not seen.is_up:
        return
    table = Table(box=None, pad_edge=False)
    for title in ("component", "state", "healthy", "pid", "up for", "memory"):
        table.add_column(title, justify="right" if title in ("pid", "up for", "memory") else "left")
    for component in seen.components:
        table.add_row(
            component.name,
            component.state,
            "yes" if component.healthy else "no",
            str(component.pid or ""),
            _duration(component.uptime_s),
            _megabytes(component.memory_bytes),
        )
    _console.print(table)
    _console.print(f"Airflow: {seen.url}   memory in all: {_megabytes(seen.memory_bytes)}", soft_wrap=True)


def _print_flow(flow: "FlowStatus") -> None:
    for title, counts in (("Feeds", flow.feeds), ("Waiting", flow.backlog), ("Alerts", flow.alerts)):
        told = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
        _console.print(f"{title + ':':<8} {told or 'none'}", soft_wrap=True)


def _duration(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    return f"{hours // 24}d {hours % 24}h" if hours >= 24 else f"{hours}:{rest // 60:02}:{rest % 60:02}"


def _megabytes(count: int) -> str:
    return f"{count / 2**20:,.0f} MiB"
