"""The ledger on a terminal: the table of claims, the page of one, and what was believed on a day. Pure.

Each function gives what rich prints; nothing here asks the archive.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from monitor.cli.ledger_chart import report_chart
from monitor.cli.ledger_words import (
    Look,
    Row,
    aligned,
    belief_text,
    change_words,
    counted,
    day,
    how_said,
    marked_sentence,
    minute,
    outlet_text,
    value_text,
    values_text,
    wrapped,
)
from monitor.cli.terminal import harmless

NO_REPORTS = (
    "Nothing was reported of {what} yet. `monitor watchlist backtest` looks through the articles that are there, "
    "`monitor explain FILE --claim ID` says why a text was not taken, docs/watchlist.md how a claim is written."
)
_BAD_NEWS = {"contradiction", "denial", "retracted", "deleted", "status_regressed"}
_INDENT = 18
"""Cells before a sentence, under the columns after the time."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """All that is shown of one claim. `changes` and `still` are rows with the report that they rest on."""

    claim: Row
    says: Mapping[str, str]
    beliefs: Sequence[Row]
    history: Sequence[Row]
    reports: Sequence[Row]
    changes: Sequence[Row]
    left_out: int
    earlier: int
    still: Sequence[Row]
    order: Sequence[str]
    since: datetime | None
    zone: str


def claims_table(claims: Sequence[Row], beliefs: Mapping[str, Row], look: Look) -> RenderableType:
    """One row a claim: what is believed, since when, on how much, and what changed last."""
    header = ["claim", "believed now", "since", "sources", "reports", "last change"]
    return _by_topic(claims, header, lambda claim: _overview(claim, beliefs.get(claim["claim_id"]), look), look)


def past_table(claims: Sequence[Row], beliefs: Mapping[str, Row], look: Look) -> RenderableType:
    """One row a claim of which something was believed: what, since when, on how much, and since when that is known."""
    header = ["claim", "believed", "since", "sources", "known since"]
    chosen = [claim for claim in claims if claim["claim_id"] in beliefs]
    return _by_topic(chosen, header, lambda claim: _past(claim, beliefs[claim["claim_id"]], look), look)


def _overview(claim: Row, belief: Row | None, look: Look) -> list[Text]:
    change = f"{change_words(claim['last_change'])} {day(claim['last_change_at'])}" if claim["last_change"] else "-"
    if belief is None:
        return [Text("nothing", "dim"), Text("-"), Text("0"), Text(f"{claim['observations']:,}"), Text(change)]
    return [
        belief_text(belief, claim["kind"], claim["unit"], look),
        Text(day(belief["since"])),
        Text(str(belief["support"])),
        Text(f"{claim['observations']:,}"),
        Text(change, "red" if claim["last_change"] in _BAD_NEWS else ""),
    ]


def _past(claim: Row, belief: Row, look: Look) -> list[Text]:
    return [
        belief_text(belief, claim["kind"], claim["unit"], look),
        Text(minute(belief["since"])),
        Text(str(belief["support"])),
        Text(minute(belief["known_since"])),
    ]


def _by_topic(
    claims: Sequence[Row], header: Sequence[str], cells: Callable[[Row], list[Text]], look: Look
) -> RenderableType:
    """The rows under the names of their topics; where they do not fit, the facts of each claim under its id."""
    if look.is_narrow:
        return _stacked(claims, header, cells, look)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in header:
        wraps = name in {"claim", "believed now", "believed"}
        number = name in {"sources", "reports"}
        table.add_column(name, no_wrap=not wraps, overflow="fold", justify="right" if number else "left")
    for topic, group in groupby(claims, key=lambda claim: claim["topic_id"]):
        table.add_row(Text(harmless(topic), "bold cyan"))
        for claim in group:
            table.add_row(Text(f"  {harmless(claim['claim_id'])}"), *cells(claim))
    return table


def _stacked(claims: Sequence[Row], header: Sequence[str], cells: Callable[[Row], list[Text]], look: Look) -> Text:
    lines = []
    for claim in claims:
        lines.append(Text(harmless(claim["claim_id"]), "bold"))
        for name, cell in zip(header[1:], cells(claim), strict=True):
            lines += wrapped(Text.assemble((f"{name}: ", "dim"), cell), look.width, 2)
    return Text("\n").join(lines)


def claim_page(page: Page, look: Look) -> Iterable[RenderableType]:
    """The page of one claim, part by part."""
    yield _heading(page, look)
    yield Text()
    if page.beliefs or page.reports:
        yield from _believed(page, look)
    if not page.reports and not page.changes:
        if page.beliefs:
            yield Text()
        anything = page.claim["observations"] > 0 and page.since is not None
        yield Text(f"Nothing was reported since {day(page.since)}." if anything else NO_REPORTS.format(what="it"))
        return
    chart = report_chart(page.claim, page.reports, page.history, page.order, look)
    if chart.plain:
        yield Text()
        unit = page.claim["unit"] if page.claim["unit"] != "count" else None
        yield Text(f"Reported over time{f', in {unit}' if unit else ''}", "bold")
        yield chart
    yield Text()
    yield from _changes(page, look)
    if page.still:
        yield Text()
        yield Text("Others still say", "bold")
        yield from _still(page, look)
    yield Text(f"({counted(len(page.reports), 'report')}; times in {page.zone})", "dim")


def _heading(page: Page, look: Look) -> Text:
    claim = page.claim
    measure = f" in {claim['unit']}" if claim["unit"] not in (None, "count") else ""
    out = Text.assemble((harmless(claim["claim_id"]), "bold"), f"  {claim['kind'].replace('_', ' ')}{measure}")
    out.append(f", topic {harmless(claim['topic_id'])}")
    if not claim["declared"]:
        out.append("\nno longer in watchlist.yaml; what was reported stays", "yellow")
    for language, statement in page.says.items():
        out.append(f"\n  [{harmless(language)}] ", "dim").append(harmless(statement))
    if claim["baseline"] is not None:
        value = value_text(claim["baseline"], claim["kind"], claim["unit"], look)
        out.append("\nbaseline: ", "dim").append(f"{value}, as of {claim['baseline_as_of']}")
        whence = ", ".join(harmless(claim[name]) for name in ("baseline_speaker", "baseline_source") if claim[name])
        out.append(f" ({whence})" if whence else "")
    rules = [f"believed once {counted(claim['min_sources'], 'independent source')} {_report(claim['min_sources'])} it"]
    if claim["kind"] == "quantity":
        rules.append(f"the same within {claim['tolerance']}")
    if claim["growing"]:
        rules.append("only ever grows")
    return out.append("\nrules: ", "dim").append(", ".join(rules))


def _report(number: int) -> str:
    return "reports" if number == 1 else "report"


_LAYERS = {"overall": "all in all", "bloc": "by side", "source": "by outlet"}


def _believed(page: Page, look: Look) -> Iterable[Text]:
    """What is believed all in all, and what each side and each outlet said last."""
    kind, unit = page.claim["kind"], page.claim["unit"]
    rows = [[Text(name, "bold") for name in ("Believed now", "what", "since", "sources")]]
    if not any(one["layer"] == "overall" for one in page.beliefs):
        rows.append([Text("all in all"), Text("nothing", "dim"), Text(), Text()])
    for layer, group in groupby(page.beliefs, key=lambda one: one["layer"]):
        if layer != "overall":
            rows.append([Text(_LAYERS[layer], "dim"), Text(), Text(), Text()])
        for one in group:
            name = _LAYERS[layer] if layer == "overall" else f"  {outlet_text(one['holder_name'], one['holder_bloc'])}"
            support = f"{one['support']:>7,}" if layer == "overall" else ""
            what = belief_text(one, kind, unit, look)
            rows.append([Text(name), what, Text(minute(one["since"])), Text(support)])
    if look.is_narrow:
        rows = [[*row[:2], Text(row[2].plain[:10] if row[2].plain[:1].isdigit() else row[2].plain)] for row in rows]
    return aligned(rows, look.width)


def _changes(page: Page, look: Look) -> Iterable[Text]:
    """The history: a line a change, and under it the sentence that brought it about."""
    unit = page.claim["unit"] if page.claim["unit"] != "count" else None
    if not page.changes:
        yield Text("No change was reported.")
    else:
        names = ("Published", "change", f"old {look.arrow} new" + (f", {unit}" if unit else ""), "outlet (side)")
        cells = [_change_cells(one, page.claim, look) for one in page.changes]
        header, *lines = aligned([[Text(name, "bold") for name in names], *cells], look.width)
        if look.is_narrow:
            lines = [Text("  ").join(row[:2]) for row in cells]
        else:
            yield header
        said = None
        for row, line, one in zip(cells, lines, page.changes, strict=True):
            yield line
            if look.is_narrow:
                yield from wrapped(Text(", ").join(part for part in row[2:] if part.plain), look.width, 2)
            if one["observation_id"] != said:
                yield from _quote(one, look, 2 if look.is_narrow else _INDENT)
            said = one["observation_id"]
    if page.earlier:
        yield Text(f"({counted(page.earlier, 'earlier change')}: --all shows them)", "dim")
    if page.left_out:
        which = "report that says" if page.left_out == 1 else "reports that say"
        yield Text(f"({page.left_out:,} {which} what was believed already: --all shows them)", "dim")


def _change_cells(one: Row, claim: Row, look: Look) -> list[Text]:
    dim = "dim" if one["suppressed"] is not None else ""
    style = dim or ("red" if one["kind"] in _BAD_NEWS else "green")
    old, new = (values_text(one[name], claim["kind"], None, look) for name in ("old", "new"))
    report = one["report"]
    return [
        Text(minute(one["occurred_at"]), dim),
        Text(change_words(one["kind"], one["confirms"]), style),
        Text(f"{old} {look.arrow} {new}" if one["old"] else new, dim or "bold"),
        Text(outlet_text(report["outlet"], report["outlet_bloc"]) if report else "", dim),
    ]


def _quote(one: Row, look: Look, indent: int) -> Iterable[Text]:
    """The sentence that a change or a belief rests on: language, how and by whom it is said, and whether told."""
    report = one["report"]
    if report is None:
        return
    told = one.get("suppressed")
    facts = [how_said(report)]
    facts += [f"not told ({told})"] if told else []
    facts += [f"{report['withdrawn']} {day(report['withdrawn_at'])}"] if report["withdrawn"] else []
    tag = Text.assemble((f"[{harmless(report['language'])}] {', '.join(facts)}: ", "dim"))
    yield from wrapped(tag.append_text(marked_sentence(report, look)), look.width, indent)


def _still(page: Page, look: Look) -> Iterable[Text]:
    """Outlets whose last word is another than what is believed."""
    rows = []
    for one in page.still:
        report = one["report"]
        last = f"last {minute(report['said_at'])}" if report else f"since {minute(one['since'])}"
        words = values_text(one["believed"], page.claim["kind"], page.claim["unit"], look)
        rows.append([Text(words), Text(outlet_text(one["holder_name"], one["holder_bloc"])), Text(last)])
    lines = [[line] for line in aligned(rows, look.width)]
    if look.is_narrow:
        lines = [wrapped(Text(", ").join(row), look.width, 0) for row in rows]
    for one, some in zip(page.still, lines, strict=True):
        yield from some
        yield from _quote(one, look, 2)
