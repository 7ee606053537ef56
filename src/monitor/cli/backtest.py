"""`monitor watchlist backtest`: what the claims of a watchlist would have found in the archive."""

from collections import Counter
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from monitor.cli.terminal import harmless, harmless_json
from monitor.errors import ArchiveError
from monitor.settings import load_settings

if TYPE_CHECKING:  # pydantic, the archive and the observer load when the command runs
    from monitor.archive import Archive
    from monitor.claims.observer import Observer
    from monitor.model import Observation
    from monitor.watchlist import Watchlist

_ARTICLES = """
SELECT article_id, revision_id, source_id, coalesce(outlet, source_id) AS outlet, language, title, text,
    coalesce(published, seen_at) AS published, fetched_at
FROM articles_latest
WHERE coalesce(published, seen_at) >= CAST($since AS TIMESTAMPTZ)
ORDER BY published, article_id
"""
_COUNT = "SELECT count(*) FROM articles_latest WHERE coalesce(published, seen_at) >= CAST($since AS TIMESTAMPTZ)"
_EVER = "0001-01-01"


@dataclass(frozen=True, slots=True)
class Row:
    """An observation with the outlet and the time that the article was published (or, without that, seen)."""

    outlet: str
    published: datetime
    observation: "Observation"


@dataclass
class Backtest:
    """What was found, the oldest first, and in how many articles it was looked for."""

    articles: int = 0
    rows: list[Row] = field(default_factory=list)

    def counts(self, claim_id: str) -> dict[str, Any]:
        """How often each value was observed of a claim, in how many articles and outlets."""
        rows = [row for row in self.rows if row.observation.claim_id == claim_id]
        values = Counter(shown_value(row.observation) for row in rows)
        return {
            "observations": len(rows),
            "articles": len({row.observation.article_id for row in rows}),
            "outlets": len({row.outlet for row in rows}),
            "values": dict(values.most_common()),
        }


def backtest(
    file: Annotated[
        Path | None, typer.Argument(help="The watchlist file; default: watchlist.yaml in MONITOR_CONFIG.")
    ] = None,
    *,
    claim: Annotated[str | None, typer.Option(help="Only this claim.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only articles published on this day (UTC) or later.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=0, help="How many observations a claim are listed, the newest; 0 for all.")
    ] = 40,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: JSON on standard output.")] = False,
) -> None:
    """Show what the claims of the watchlist, as it stands, would have found in the archive.

    Reads the newest revision of every article; stores and tells nothing.
    """
    from monitor.archive import Archive
    from monitor.claims.observer import Observer
    from monitor.watchlist import load_watchlist

    settings = load_settings()
    watchlist = _only(load_watchlist(file or settings.watchlist_file), claim)
    archive = Archive(settings)
    if not archive.file.exists():
        raise ArchiveError(f"There is no archive yet at {archive.file}. Start the monitor, or `monitor run --once`.")
    archive.publish(on_demand=True)
    first = since.replace(tzinfo=UTC).isoformat() if since is not None else _EVER
    console = Console(stderr=True)
    columns = (TextColumn("Reading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Reading", total=None)
        found = Backtest()
        with closing(observe_archive(archive, Observer(watchlist), first)) as steps:
            for done, total, rows in steps:
                found.articles = done
                found.rows += rows
                bar.update(task, completed=done, total=total)
    if as_json:
        print(harmless_json(_as_json(found, watchlist)))
    else:
        _show(found, watchlist, limit)


def _only(watchlist: "Watchlist", claim: str | None) -> "Watchlist":
    """The watchlist with one claim, or with all of them for None."""
    known = [one.id for one in watchlist.claims]
    if not known:
        raise typer.BadParameter("the watchlist has no claims", param_hint="backtest")
    if claim is None:
        return watchlist
    if claim not in known:
        from monitor.yamlconfig import did_you_mean

        hint = f'no claim "{claim}"; {did_you_mean(claim, known)}there are: {", ".join(known)}'
        raise typer.BadParameter(hint, param_hint="--claim")
    return watchlist.model_copy(update={"claims": tuple(one for one in watchlist.claims if one.id == claim)})


def observe_archive(
    archive: "Archive", observer: "Observer", since: str
) -> Generator[tuple[int, int, list[Row]], None, None]:
    """Article by article of the published copy, the oldest first: how many are read, of how many, and what was found.

    `since` is a date or time in ISO 8601.
    """
    from monitor.archive.query import run_query

    with run_query(archive, _COUNT, timezone="UTC", parameters={"since": since}) as result:
        total = int(next(result.rows)[0])
    with run_query(archive, _ARTICLES, timezone="UTC", parameters={"since": since}) as result:
        for done, row in enumerate(result.rows, start=1):
            article = dict(zip(result.columns, row, strict=True))
            if not observer.could_observe(f"{article['title']}\n{article['text']}"):
                yield done, total, []
                continue
            observations = observer.observe(
                title=article["title"],
                text=article["text"],
                language=article["language"],
                published=article["published"],
                article_id=article["article_id"],
                revision_id=article["revision_id"],
                source_id=article["source_id"],
                observed_at=article["fetched_at"],
            )
            yield done, total, [Row(article["outlet"], article["published"], one) for one in observations]


def shown_value(one: "Observation") -> str:
    """A value as people read it: `> 50 bcm/yr`, `45–50 %`, `2022-10`, with `not` where it is denied."""
    from monitor.watchlist.claims import canonical

    signs = {"approx": "≈ ", "gt": "> ", "lt": "< "}
    value = one.value if one.number is None else canonical(one.number)
    if one.number_hi is not None:
        value += f"–{canonical(one.number_hi)}"
    unit = f" {one.unit}" if one.unit and one.number is not None else ""
    before = f" (before: {one.previous})" if one.previous else ""
    return f"{'not ' if one.polarity == '-' else ''}{signs.get(one.comparator, '')}{value}{unit}{before}"


def _as_json(found: Backtest, watchlist: "Watchlist") -> dict[str, Any]:
    rows = [
        {
            "claim": row.observation.claim_id,
            "published": row.published.isoformat(),
            "outlet": row.outlet,
            "article_id": row.observation.article_id,
            "value": row.observation.value,
            "value_hi": row.observation.number_hi,
            "comparator": row.observation.comparator,
            "unit": row.observation.unit,
            "previous": row.observation.previous,
            "polarity": row.observation.polarity,
            "modality": row.observation.modality,
            "attribution": row.observation.speaker,
            "sentence": row.observation.sentence,
            "start": row.observation.start,
            "end": row.observation.end,
            "carried": row.observation.carried,
        }
        for row in found.rows
    ]
    claims = {claim.id: found.counts(claim.id) for claim in watchlist.claims}
    return {"articles": found.articles, "claims": claims, "observations": rows}


def _show(found: Backtest, watchlist: "Watchlist", limit: int) -> None:
    console = Console(highlight=False)
    for claim in watchlist.claims:
        counts = found.counts(claim.id)
        console.print(Text(f"{claim.id}: {harmless(claim.title())}", style="bold"))
        if not counts["observations"]:
            console.print(Text("  nothing", style="dim"))
            continue
        rows = [row for row in found.rows if row.observation.claim_id == claim.id]
        chosen = rows[-limit:] if limit else rows
        console.print(_table(chosen))
        if len(chosen) < len(rows):
            console.print(Text(f"  the newest {len(chosen)} of {len(rows)}; --limit 0 lists all", style="dim"))
        values = ", ".join(f"{harmless(value)} × {count}" for value, count in counts["values"].items())
        console.print(
            Text(f"  {_many(len(rows), 'observation')} in {_many(counts['articles'], 'article')} of ")
            + Text(f"{_many(counts['outlets'], 'outlet')}: {values}")
        )
    total = _many(len(found.rows), "observation")
    console.print(Text(f"{total} in {_many(found.articles, 'article')} read", style="bold"))


def _table(rows: list[Row]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim")
    for name in ("date", "outlet", "value", "said", "by"):
        table.add_column(name, no_wrap=name == "date")
    table.add_column("sentence", ratio=1)
    for row in rows:
        one = row.observation
        cells = (
            f"{row.published:%Y-%m-%d}",
            row.outlet,
            shown_value(one),
            one.modality,
            one.speaker or "",
            " ".join(one.sentence.split()),
        )
        table.add_row(*(Text(harmless(cell)) for cell in cells))
    return table


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
