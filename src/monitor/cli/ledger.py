"""`monitor claims`: the ledger of what is said, what is believed, and how that changed, for people to look at."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Self
from zoneinfo import ZoneInfo

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from monitor.cli.ledger_words import Look, Row, counted, minute, report_value
from monitor.cli.query import open_copy, plain
from monitor.cli.terminal import harmless, harmless_json, harmless_lines
from monitor.errors import ArchiveError, ConfigError
from monitor.settings import Settings, load_settings

if TYPE_CHECKING:  # every `monitor` command loads this module; the archive and the watchlist only this one needs
    from monitor.archive import Archive
    from monitor.cli.ledger_view import Page
    from monitor.watchlist import Claim

PIPED_WIDTH = 100
"""Cells of a line where nobody says how many there are."""
SHOWN = 60
"""Changes of a claim that are shown unless all are asked for."""
_EVER = "infinity"

app = typer.Typer()

JsonOption = Annotated[bool, typer.Option("--json", help="For programs: JSON on standard output.")]
TopicOption = Annotated[str | None, typer.Option(help="Only the claims of this topic.")]


@app.callback(invoke_without_command=True)
def claims(context: typer.Context, *, topic: TopicOption = None, as_json: JsonOption = False) -> None:
    """Look at the ledger: what is believed of each claim now, since when, by how many sources, what changed last.

    `monitor claims show ID` shows one with its history, `monitor claims as-of DAY` what was believed then.
    """
    if context.invoked_subcommand is not None:
        if topic is not None or as_json:
            raise typer.BadParameter(f"write the options after `{context.invoked_subcommand}`")
        return
    with _Ledger.open() as ledger:
        known = ledger.claims(topic)
        beliefs = {one["claim_id"]: one for one in ledger.beliefs() if one["layer"] == "overall"}
        if as_json:
            _print_json(_claim_row(one) | _belief_row(beliefs.get(one["claim_id"])) for one in known)
            return
        from monitor.cli.ledger_view import NO_REPORTS, claims_table

        console, look = _console()
        if not known:
            _no_claims(console)
            return
        _show(console, [claims_table(known, beliefs, look)])
        contested = sum(one["contested"] for one in beliefs.values())
        facts = [counted(len(known), "claim"), *([f"{contested} contested"] if contested else [])]
        _show(console, [Text(f"({', '.join(facts)}; times in {ledger.zone})", "dim")])
        if not any(one["observations"] for one in known):
            _show(console, [Text(NO_REPORTS.format(what="them" if len(known) > 1 else "it"))])


@app.command()
def show(
    claim_id: Annotated[str, typer.Argument(metavar="ID", help="The claim's id, as `monitor claims` lists it.")],
    *,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what was reported on this day or later.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All changes, also reports that say what was believed already.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show one claim: what is believed by whom, what was reported over time, each change with its sentence.

    A report counts for the side of its speaker, or of its outlet where that is not known.
    """
    with _Ledger.open() as ledger:
        claim = ledger.claim(claim_id)
        first = None if since is None else since.replace(tzinfo=ZoneInfo(ledger.zone))
        page = _page(ledger, claim, first, everything=everything)
        if as_json:
            _print_json([_page_row(page)])
            return
        from monitor.cli.ledger_view import claim_page

        console, look = _console()
        _show(console, claim_page(page, look))


@app.command("as-of")
def as_of(
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="DAY", help="The day, as in 2022-09-15.")],
    *,
    known: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="As it was known at the end of this day, without what came in later."),
    ] = None,
    topic: TopicOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what was believed at the end of a day, as it is known now, or as it was known on another day."""
    with _Ledger.open() as ledger:
        moment = _end_of(day, ledger.zone)
        known_at = None if known is None else _end_of(known, ledger.zone)
        claims_then = ledger.claims(topic, declared_only=False)
        ids = {one["claim_id"] for one in claims_then}
        found = [one for one in ledger.beliefs(moment, known_at) if one["claim_id"] in ids]
        if as_json:
            kinds = {one["claim_id"]: one for one in claims_then}
            _print_json(
                {"claim": one["claim_id"], "unit": kinds[one["claim_id"]]["unit"]} | _holder_row(one) for one in found
            )
            return
        from monitor.cli.ledger_view import past_table

        overall = {one["claim_id"]: one for one in found if one["layer"] == "overall"}
        console, look = _console()
        if not claims_then:
            _no_claims(console)
        elif not overall:
            _show(console, [Text(_nothing_then(ledger, moment, known_at))])
        else:
            as_known = "now" if known_at is None else f"at the end of {known_at:%Y-%m-%d}"
            _show(console, [Text(f"Believed at the end of {moment:%Y-%m-%d}, as known {as_known}:")])
            _show(console, [past_table(claims_then, overall, look)])
            _show(console, [Text(f"({counted(len(overall), 'claim')}; times in {ledger.zone})", "dim")])


# -- reading ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Ledger:
    """The claims' part of the published copy, with times in the reader's zone."""

    archive: "Archive"
    settings: Settings
    behind: datetime | None

    @classmethod
    def open(cls) -> "_Ledger":
        """The ledger of the configured archive, as new as it can be had."""
        settings = load_settings()
        archive, behind = open_copy(settings)
        return cls(archive, settings, behind)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.behind is not None:
            typer.echo(
                f"monitor: the archive has changed since this copy of it was made at {self.behind:%H:%M:%S} UTC",
                err=True,
            )

    @property
    def zone(self) -> str:
        return self.settings.timezone

    def ask(self, query: str, **parameters: str) -> list[dict[str, Any]]:
        """The rows of a file of sql/ledger/."""
        from monitor.archive import sql_files
        from monitor.archive.query import run_query

        text = next(one.text for one in sql_files("ledger") if one.name == query)
        try:
            with run_query(self.archive, text, timezone=self.zone, parameters=parameters) as result:
                return [dict(zip(result.columns, row, strict=True)) for row in result.rows]
        except ArchiveError as error:  # DuckDB quotes values, which come from outside
            raise ArchiveError(harmless_lines(str(error))) from error

    def claims(self, topic: str | None, *, declared_only: bool = True) -> list[dict[str, Any]]:
        """The claims, of one topic or of all. Raises BadParameter for a topic that has none."""
        every = [one for one in self.ask("claims") if one["declared"] or not declared_only]
        if topic is None:
            return every
        found = [one for one in every if one["topic_id"] == topic]
        if not found:
            topics = list(dict.fromkeys(one["topic_id"] for one in every))
            raise typer.BadParameter(_unknown("claim of a topic", topic, topics), param_hint="--topic")
        return found

    def claim(self, claim_id: str) -> dict[str, Any]:
        """One claim, also one that was taken out of the watchlist. Raises BadParameter for one that never was."""
        every = self.ask("claims")
        found = next((one for one in every if one["claim_id"] == claim_id), None)
        if found is None:
            ids = [one["claim_id"] for one in every]
            raise typer.BadParameter(_unknown("claim", claim_id, ids), param_hint="ID")
        return found

    def beliefs(
        self, moment: datetime | None = None, known: datetime | None = None, claim_id: str = ""
    ) -> list[dict[str, Any]]:
        """What was believed at a moment as it was known at another (None: now), in every layer."""
        at = _EVER if moment is None else moment.isoformat()
        known_at = _EVER if known is None else known.isoformat()
        return self.ask("beliefs", moment=at, known=known_at, claim=claim_id)

    def declared(self, claim_id: str) -> "Claim | None":
        """The claim as watchlist.yaml has it; None where that does not have it, or cannot be read."""
        from monitor.watchlist import load_watchlist

        try:
            watchlist = load_watchlist(self.settings.watchlist_file)
        except ConfigError:  # what is in the archive can be looked at all the same
            return None
        return next((one for one in watchlist.claims if one.id == claim_id), None)


def _page(ledger: _Ledger, claim: dict[str, Any], first: datetime | None, *, everything: bool) -> "Page":
    from monitor.cli.ledger_view import Page

    claim_id = claim["claim_id"]
    declared = ledger.declared(claim_id)
    beliefs = ledger.beliefs(claim_id=claim_id)
    reports = ledger.ask("reports", claim=claim_id)
    by_id = {one["observation_id"]: one for one in reports}
    changes = [
        one | {"report": by_id.get(one["observation_id"])}
        for one in ledger.ask("changes", claim=claim_id)
        if first is None or one["occurred_at"] >= first
    ]
    repeats = sum(map(_is_repeat, changes))
    # What an outlet changed its mind about is told as the change of the whole where it is one.
    news = [one for one in changes if not _is_repeat(one) and one["suppressed"] != "overall"]
    shown = changes if everything else news[-SHOWN:]
    return Page(
        claim=claim,
        says={"en": claim["statement"]} if declared is None else dict(declared.says.items()),
        beliefs=beliefs,
        history=ledger.ask("history", claim=claim_id),
        reports=[one for one in reports if first is None or one["said_at"] >= first],
        changes=shown,
        left_out=0 if everything else repeats,
        earlier=max(0, len(news) - len(shown)),
        still=_still(beliefs, reports, declared),
        order=claim["steps"] or (list(declared.stances) or list(declared.values) if declared else []),
        since=first,
        zone=ledger.zone,
    )


def _is_repeat(change: Row) -> bool:
    return change["kind"] == "reaffirmed" and change["confirms"] is None


def _still(beliefs: Sequence[Row], reports: Sequence[Row], claim: "Claim | None") -> list[dict[str, Any]]:
    """What outlets said last, where that is something else than what is believed; the latest first."""
    overall = next((one for one in beliefs if one["layer"] == "overall"), None)
    if overall is None:
        return []
    counted_reports = [one for one in reports if one["modality"] in ("asserted", "planned") and not one["withdrawn"]]
    last = {(one["source_id"], report_value(one)): one for one in counted_reports}
    of_source = {one["source_id"]: one for one in counted_reports}
    found = []
    for held in beliefs:
        if held["layer"] != "source" or _agree(overall["believed"], held["believed"], claim):
            continue
        said = (last.get((held["holder"], value)) for value in held["believed"])
        report = next((one for one in said if one is not None), of_source.get(held["holder"]))
        found.append({**held, "report": report})
    return sorted(found, key=lambda one: one["report"]["said_at"] if one["report"] else one["since"], reverse=True)


def _agree(believed: Sequence[str], held: Sequence[str], claim: "Claim | None") -> bool:
    """Whether an outlet says what is believed, or nothing against it."""
    from monitor.changes.compare import read, relation

    if claim is not None:
        try:
            values = [read(claim.kind, one) for one in believed]
            return all(
                any(relation(claim, value, read(claim.kind, one)) != "other" for value in values) for one in held
            )
        except ValueError:  # the claim was of another kind when this was reported
            pass
    return {part for one in held for part in one.split("+")} <= {part for one in believed for part in one.split("+")}


def _unknown(what: str, name: str, known: Sequence[str]) -> str:
    from monitor.yamlconfig import did_you_mean

    return f'no {what} "{harmless(name)}"; {did_you_mean(name, known)}there are: {", ".join(known) or "none yet"}'


def _end_of(day: datetime, zone: str) -> datetime:
    """The last moment of a day in the reader's zone."""
    return (day + timedelta(days=1)).replace(tzinfo=ZoneInfo(zone)) - timedelta(microseconds=1)


def _nothing_then(ledger: _Ledger, moment: datetime, known: datetime | None) -> str:
    """Why nothing was believed then, in a sentence."""
    beliefs = ledger.beliefs()
    if not beliefs:
        return "The archive holds no belief of any claim yet: nothing was reported, and no claim has a baseline."
    recorded = min(one["known_since"] for one in beliefs)
    if known is not None and recorded > known:
        return (
            f"Nothing was known at the end of {known:%Y-%m-%d}: the archive has recorded these claims since "
            f"{minute(recorded)} only. Without --known it shows what is known now of that day."
        )
    return f"Nothing was believed yet at the end of {moment:%Y-%m-%d}."


# -- showing ----------------------------------------------------------------------------------------------------------


def _console() -> tuple[Console, Look]:
    console = Console(highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPED_WIDTH
    fancy = console.is_terminal and console.encoding.startswith("utf")
    return console, Look(max(20, console.width), fancy, console.color_system is not None)


def _show(console: Console, parts: Iterable[RenderableType]) -> None:
    """Print without the blanks at the ends of lines with which tables fill them."""
    for part in parts:
        with console.capture() as captured:
            console.print(part)
        console.file.write("".join(f"{line.rstrip(' ')}\n" for line in captured.get().split("\n")[:-1]))


def _no_claims(console: Console) -> None:
    text = "The archive knows no claims. They stand in watchlist.yaml, under `claims:`; the next `monitor load` takes "
    _show(console, [Text(text + "them over. docs/watchlist.md says how to write one.")])


def _print_json(rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        typer.echo(harmless_json(plain(dict(row))))


def _claim_row(claim: Row) -> dict[str, Any]:
    names = ("statement", "kind", "unit", "observations", "outlets", "last_said", "last_change", "last_change_at")
    return {"claim": claim["claim_id"], "topic": claim["topic_id"]} | {name: claim[name] for name in names}


def _belief_row(belief: Row | None) -> dict[str, Any]:
    names = ("believed", "contested", "settled", "is_baseline", "support", "since", "known_since")
    empty: dict[str, Any] = dict.fromkeys(names) | {"believed": [], "support": 0}
    return empty if belief is None else {name: belief[name] for name in names}


def _holder_row(belief: Row) -> dict[str, Any]:
    return {name: belief[name] for name in ("layer", "holder", "holder_name")} | _belief_row(belief)


def _report_row(report: Row | None) -> dict[str, Any] | None:
    if report is None:
        return None
    first = report["sentence_start"]
    marks = [one | {"start": one["start"] - first, "end": one["end"] - first} for one in report["marks"] or ()]
    return {name: value for name, value in report.items() if name not in ("sentence_start", "marks")} | {"marks": marks}


def _page_row(page: "Page") -> dict[str, Any]:
    baseline = {name.removeprefix("baseline_"): value for name, value in page.claim.items() if "baseline_" in name}
    return _claim_row(page.claim) | {
        "says": dict(page.says),
        "declared": page.claim["declared"],
        "baseline": None if page.claim["baseline"] is None else {"value": page.claim["baseline"]} | baseline,
        "beliefs": [_holder_row(one) for one in page.beliefs],
        "changes": [dict(one) | {"report": _report_row(one["report"])} for one in page.changes],
        "reports": [_report_row(one) for one in page.reports],
        "still": [_holder_row(one) | {"report": _report_row(one["report"])} for one in page.still],
    }
