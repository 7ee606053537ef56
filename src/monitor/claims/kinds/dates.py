"""Date: when something happens, as far as the sentence says it, near the claim's cue."""

from monitor.claims.binding import bound_elsewhere, missing_link, spoken_of_elsewhere
from monitor.claims.case import Case, Draft, Findings, Refusal, marked, nearest, reach, union
from monitor.claims.values.dates import DateValue, find_dates
from monitor.language import Span
from monitor.model import utc_now
from monitor.watchlist import Claim
from monitor.watchlist.claims import DateRange

_CUE_REACH = 12
"""Words between a date and the cue that makes it the claim's; a conjunction between them counts as many."""


def find_date(case: Case) -> Findings:
    """A draft for each date that may be the claim's; the engine takes the one with the least weight."""
    findings: Findings = []
    cues = case.places(case.prepared.cues)
    for one in find_dates(case.text, reference=case.reference):
        span = (one.start, one.end)
        wanted = case.prepared.claim.date
        if wanted is not None and not _within(one, wanted):
            findings.append(Refusal(span, f"{one.iso} lies outside earliest and latest"))
            continue
        cue = nearest(case, span, cues)
        if cue is not None and case.clauses.distance(cue.span, span) > _CUE_REACH:
            findings.append(Refusal(span, f'"{case.written(span)}" is too far from "{case.written(cue.span)}"'))
            continue
        checks = (
            bound_elsewhere(case, span),
            spoken_of_elsewhere(case, span),
            missing_link(case, span),
            _dated(case, span, cue.span if cue else None),
        )
        refusal = next((found for found in checks if found is not None), None)
        if refusal is not None:
            findings.append(refusal)
            continue
        mine = nearest(case, span, case.subject.places)
        apart = reach(case, span, cue.span) if cue else 0.0
        findings.append(
            Draft(
                value=one.iso,
                value_span=span,
                focus=union([span, cue.span]) if cue and case.clauses.in_one_clause(cue.start, span[0]) else span,
                marks=marked("value", span) + marked("cue", cue.span if cue else None),
                weight=apart + (reach(case, span, mine.span) / 2 if mine else 10),
                why=f'"{case.written(span)}" is {one.iso}' + (f', near "{case.written(cue.span)}"' if cue else ""),
            )
        )
    return findings


def holds_date(claim: Claim, text: str) -> bool:
    """Whether a stretch of text holds a date that could be the claim's, whenever it was written."""
    wanted = claim.date
    if wanted is None:
        return False
    today = utc_now().date()
    near = wanted.earliest.year <= today.year + 2  # a date without a year is of a year that has been, or is near
    return any(near if one.relative else _within(one, wanted) for one in find_dates(text, reference=today))


def _within(one: DateValue, wanted: DateRange) -> bool:
    size = len(one.iso)
    return str(wanted.earliest)[:size] <= one.iso <= str(wanted.latest)[:size]


def _dated(case: Case, span: Span, cue: Span | None) -> Refusal | None:
    """Words of `not_dated` that stand nearer to the date than the cue: a closing, not an opening."""
    for place in case.places(case.prepared.not_dated):
        if cue is not None and 0 <= place.start - cue[1] <= 1:
            continue  # "postponed until"
        apart = case.clauses.distance(place.span, span)
        if apart <= 8 and (cue is None or apart < case.clauses.distance(cue, span)):
            return Refusal(span, f'"{case.written(place.span)}" (not_dated) is what happens on "{case.written(span)}"')
    return None
