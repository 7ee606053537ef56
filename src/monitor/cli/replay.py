"""`monitor replay` and `monitor demo`: a recorded newsroom on loopback."""

import asyncio
import contextlib
import signal
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import ConfigError
from monitor.settings import load_settings
from monitor.yamlconfig import write_atomically

if TYPE_CHECKING:  # the web server is loaded by its commands only
    from monitor.replay import Newsroom, Recording


def replay(  # noqa: PLR0917  typer reads options from the signature
    recording: Annotated[
        Path | None, typer.Argument(help="A recording, .jsonl or .jsonl.gz; default: the one of the demo.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8900,
    speed: Annotated[
        float, typer.Option(min=0, max=1e7, help="Recorded seconds a second; at 0 the clock stands.")
    ] = 3600,
    start: Annotated[str | None, typer.Option(help="Recorded time to begin with, such as 2022-09-15T12:00Z.")] = None,
    now: Annotated[bool, typer.Option("--now", help="Date everything by the moment at which it appears.")] = False,
    sources: Annotated[
        Path | None, typer.Option("--sources", help="Write a sources.yaml for the replayed feeds to this file.")
    ] = None,
    one_address: Annotated[
        bool, typer.Option("--one-address", help="All outlets on 127.0.0.1, told apart by path.")
    ] = False,
) -> None:
    """Serve a recorded newsroom on loopback, in time. Runs until interrupted; see docs/replay.md."""
    from monitor.replay import Newsroom, demo_recording, load_recording
    from monitor.replay.recording import parse_time

    if sources is not None:
        refuse_foreign(sources)
    chosen = load_recording(recording or demo_recording())
    try:
        begin = parse_time(start) if start else None
    except ValueError as error:
        raise typer.BadParameter(f"--start: {error}") from None
    newsroom = Newsroom(chosen, port=port, speed=speed, start=begin, shift=now, own_addresses=not one_address)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(newsroom, chosen, sources))


def demo(
    pace: Annotated[float, typer.Option(min=1, help="Seconds in which the recorded week goes by.")] = 75,
) -> None:
    """Show all of it without internet: recorded news, replayed on loopback, and the alerts that come of it."""
    from rich.console import Console

    from monitor.cli.alert_view import render_alert
    from monitor.demo import failure, quiet_logs, run_demo, show_result

    quiet_logs()
    console = Console()
    result = run_demo(load_settings(), console=console, render_alert=render_alert, pace_s=pace)
    show_result(result, console)
    trouble = failure(result)
    if trouble is not None:
        raise trouble


async def _serve(newsroom: "Newsroom", recording: "Recording", sources: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with newsroom:
        if sources is not None:
            write_sources(sources, newsroom.sources_yaml())
            print(f"sources: {sources}", flush=True)
        print(
            f"{recording.title}: {len(recording.outlets)} outlets, {len(recording.articles)} articles, recorded time "
            f"{_minute(newsroom.clock.now())} to {_minute(recording.end)}.\n"
            f"Index: {newsroom.index_url}feeds.json\n"
            "To follow it: MONITOR_ALLOW_NETWORKS=127.0.0.0/8, and a sources.yaml from "
            f"{newsroom.index_url}sources.yaml",
            flush=True,
        )
        await stop.wait()


def write_sources(file: Path, text: str) -> None:
    """Write the sources of the replayed feeds. Raises ConfigError rather than replace a file that is somebody's own."""
    refuse_foreign(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, text.encode())
    except OSError as error:
        raise ConfigError(f"{file}: cannot be written: {error.strerror or error}.") from None


def refuse_foreign(file: Path) -> None:
    """Raise ConfigError when `file` is there and was not written by a replay."""
    from monitor.replay import SOURCES_MARK

    try:
        known = file.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror or error}.") from None
    if known.strip() and not known.startswith(SOURCES_MARK.encode()):
        raise ConfigError(f"{file}: not written by a replay, so it is not replaced; name another file for --sources.")


def _minute(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes").replace("+00:00", "Z")
