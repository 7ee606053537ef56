"""`monitor sources`: the outlets that are followed."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.cli.terminal import harmless, harmless_json, tell
from monitor.errors import ConfigError
from monitor.model import Source
from monitor.settings import load_settings
from monitor.sources import Added, Completed, add_sources, complete_source, feeds_of, load_sources, sources_schema
from monitor.sources.opml import read_opml, write_opml

app = typer.Typer(help="The outlets that are followed, and their feeds.", no_args_is_help=True)

FileOption = Annotated[
    Path | None, typer.Option("--file", help="The sources file; default: sources.yaml in MONITOR_CONFIG.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="For programs: JSON on standard output.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, write nothing.")]


@app.command("list")
def list_sources(
    file: FileOption = None,
    language: Annotated[str | None, typer.Option(help="Only sources in this language (en, zh, ru).")] = None,
    bloc: Annotated[str | None, typer.Option(help="Only sources of this bloc.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the sources."""
    chosen = [
        source
        for source in load_sources(_file(file))
        if language in {None, source.language} and bloc in {None, source.bloc}
    ]
    if as_json:
        print(harmless_json([asdict(source) for source in chosen], indent=1))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("id", "name", "country", "language", "bloc", "family"):
        table.add_column(column, overflow="fold", no_wrap=column != "name")
    table.add_column("tier", justify="right")
    table.add_column("feeds", justify="right")
    for source in chosen:
        told = (source.id, source.name, source.country, source.language, source.bloc, source.family)
        # Text, because rich reads `[…]` in a plain string as mark-up.
        table.add_row(*(Text(harmless(one)) for one in told), str(source.tier), str(len(source.feeds)))
    # Into a pipe every row stays one line, for grep.
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(table)
    console.print(f"{_count(len(chosen), 'source')}, {_count(len(feeds_of(chosen)), 'feed')}", style="dim")


@app.command()
def add(  # noqa: PLR0917  typer reads options from the signature
    feeds: Annotated[list[str], typer.Argument(help="The feeds of one outlet.", metavar="URL...", show_default=False)],
    file: FileOption = None,
    source_id: Annotated[str | None, typer.Option("--id", help="Short name; an existing one gets the feeds.")] = None,
    name: Annotated[str | None, typer.Option(help="As readers know it.")] = None,
    country: Annotated[str | None, typer.Option(help="ISO 3166-1, two letters.")] = None,
    language: Annotated[str | None, typer.Option(help="ISO 639-1, two letters.")] = None,
    bloc: Annotated[str | None, typer.Option(help="The side it speaks from.")] = None,
    family: Annotated[str | None, typer.Option(help="Publisher group.")] = None,
    tier: Annotated[int | None, typer.Option(min=1, max=4, help="1 agency or record … 4 anything else.")] = None,
    dry_run: DryRunOption = False,
) -> None:
    """Add an outlet. What you do not say is guessed and marked `# guessed` in the file."""
    path = _file(file)
    declared = {
        "id": source_id,
        "name": name,
        "country": country,
        "language": language,
        "bloc": bloc,
        "family": family,
        "tier": None if tier is None else str(tier),
    }
    taken = [source.id for source in load_sources(path)] if path.exists() else []
    addition = complete_source(feeds, declared, taken)
    added = add_sources(path, [addition], dry_run=dry_run)
    _tell(path, added, dry_run=dry_run)
    if added.new and addition.guessed:
        tell(f"Guessed: {', '.join(addition.guessed)}. Put it right in {path}.")


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="Default: sources.yaml in MONITOR_CONFIG.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Read the sources file over; exit status 1 and a line for each problem when it is unusable."""
    path = _file(file)
    try:
        sources = load_sources(path)
    except ConfigError as error:
        problems = str(error).split("\n")
        if as_json:
            print(harmless_json({"file": str(path), "ok": False, "problems": problems}))
        else:
            tell(error, error=True)
            print(f"{_count(len(problems), 'problem')}.", file=sys.stderr)
        raise typer.Exit(1) from None
    feeds = len(feeds_of(sources))
    if as_json:
        print(harmless_json({"file": str(path), "ok": True, "sources": len(sources), "feeds": feeds}))
    else:
        families = len({source.family for source in sources})
        print(f"{path}: good. {_count(len(sources), 'source')} of {families} families, {_count(feeds, 'feed')}.")


@app.command("import")
def import_opml(
    opml: Annotated[Path, typer.Argument(help="The OPML file; - reads standard input.", allow_dash=True)],
    file: FileOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Add the feeds of an OPML file. What it does not say is guessed and marked `# guessed` in the sources file."""
    path = _file(file)
    taken = {source.id for source in load_sources(path)} if path.exists() else set()
    additions: list[Completed] = []
    refused: list[str] = []
    for outline in read_opml(_read(opml), str(opml)):
        try:
            addition = complete_source(outline.feeds, outline.fields, taken)
        except ConfigError as error:
            refused.append(f"{outline.fields.get('name') or outline.feeds[0]}: {'; '.join(str(error).splitlines())}")
            continue
        additions.append(addition)
        taken.add(addition.source.id)
    _tell(path, add_sources(path, additions, dry_run=dry_run), dry_run=dry_run)
    guessed = sum(1 for addition in additions if addition.guessed)
    if guessed:
        print(f"{_count(guessed, 'source')} with guessed fields; look for `# guessed`.")
    for line in refused:
        tell(f"left out: {line}", error=True)
    if refused:
        raise typer.Exit(1)


@app.command("export")
def export_opml(
    target: Annotated[Path | None, typer.Argument(help="Where to write; default: standard output.")] = None,
    file: FileOption = None,
) -> None:
    """Write the sources as OPML, which any feed reader takes; importing it again loses nothing."""
    sources: tuple[Source, ...] = load_sources(_file(file))
    raw = write_opml(sources)
    if target is None or str(target) == "-":
        sys.stdout.buffer.write(raw)
        sys.stdout.buffer.flush()
        return
    try:
        target.write_bytes(raw)
    except OSError as error:
        raise ConfigError(f"{target}: cannot be written: {error.strerror or error}.") from None
    print(f"{target}: {_count(len(sources), 'source')}, {_count(len(feeds_of(sources)), 'feed')}.")


@app.command()
def schema() -> None:
    """Print the JSON Schema of sources.yaml, as published in config/schema/."""
    print(sources_schema(), end="")


def _file(given: Path | None) -> Path:
    return given if given is not None else load_settings().sources_file


def _read(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}.") from None


def _tell(path: Path, added: Added, *, dry_run: bool) -> None:
    would = "would add" if dry_run else "added"
    if added.new:
        tell(f"{path}: {would} {', '.join(added.new)}.")
    if added.extended:
        tell(f"{path}: {would} feeds to {', '.join(added.extended)}.")
    if added.known_feeds:
        print(f"{_count(added.known_feeds, 'feed')} {'was' if added.known_feeds == 1 else 'were'} there already.")
    if not (added.new or added.extended):
        print(f"{path}: nothing to add.")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
