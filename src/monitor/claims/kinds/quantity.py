"""Quantity: a number in the claim's unit, near its cue and nearer to its subject than to any rival.

A number of the right sort may still speak of something else: of several things together, of a part, of a difference,
of what somebody contributes. Words say so, and each such refusal is a sentence for explanations.
"""

import re
from collections.abc import Callable, Sequence

from monitor.claims.binding import bound_elsewhere, follows_apart, joined, missing_link
from monitor.claims.case import Case, Draft, Findings, Refusal, marked, nearest, reach, union
from monitor.claims.reading import Place
from monitor.claims.values.quantities import Quantity, find_quantities, in_unit
from monitor.language import Span
from monitor.units import unit
from monitor.watchlist import Claim
from monitor.watchlist.claims import canonical

_CUE_REACH = 14
"""Words between a number and the cue that makes it the claim's."""
_TOTAL_REACH = 20
"""Words between "together" and a number of several together."""
_GREAT = 1e6
"""The scale word (million) from which on a number may do without a unit of measure."""
_BESIDE = 6
"""Words between a cue and a number that has neither unit nor noun of its own: "300,000 will be called up"."""

_TOGETHER = re.compile(
    r"\b(?:combined|together|altogether|jointly|in\ total|both\ (?:pipe)?lines?|all\ (?:pipe)?lines|aggregate|overall"
    r"|(?<!of\sthe\s)total)\b"  # "a third of the total that goes elsewhere" is no total of this
    r"|共(?=[计有约达输供]|\d)|合计|总计|总共|合共|加起来|总量|总输|总供|两[条管线]|双管|三[条管线]|均为|各为"
    r"|(?<!\w)(?:суммарн\w+|в\s+сумме|вместе|совокупн\w+|в\s+общей\s+сложности|обе|оба|обоим|обеим"
    r"|общ(?:ий|ая|ие|его|ей|ую)\s+(?:объем\w*|мощност\w+|экспорт\w*|постав\w+))(?!\w)"
)
_PART = re.compile(
    r"(?:\bincluding|\bamong\s+(?:them|which)|\bof\s+(?:whom|which|those|these)|\bout\s+of\s+which|其中(?:包括|有)?|包括|в\s+том\s+числе|из\s+них|из\s+которых|включая)\W*(?:\w+\W+){0,3}$"
)
_CONTRIBUTED = re.compile(
    r"\b(?:sen(?:t|d|ds|ding)|dispatch\w*|deploy\w*|contribut\w*|provid\w*)\b|派出|派遣|派|选派|(?<!\w)(?:направ|отправ|выдел|прислал|послал)\w*"
)


def find_quantity(case: Case) -> Findings:
    """A draft for each number that may be the claim's; the engine takes the one with the least weight."""
    findings: Findings = []
    asked = case.prepared.claim.quantity
    every = find_quantities(case.text) if asked is not None else []
    cues = case.places(case.prepared.cues)
    for one in every:
        span = (one.start, one.end)
        cue = nearest(case, span, cues)
        quantity = _measured(case, one, cue)
        if asked is None or quantity is None:
            continue
        if not all(asked.plausible(value) for value in (quantity.low, quantity.high) if value is not None):
            findings.append(Refusal(span, f'"{case.written(span)}" lies outside at_least and at_most'))
            continue
        refusal = _refusal(case, one, cue, every)
        findings.append(refusal or _draft(case, quantity, cue))
    return findings


def holds_quantity(claim: Claim, text: str) -> bool:
    """Whether a stretch of text holds a number that could be the claim's, whatever stands around it."""
    asked = claim.quantity
    if asked is None:
        return False
    for one in find_quantities(text):
        wanted = "count" if asked.counted is not None else asked.unit
        quantity = in_unit(one, wanted, elided=_may_elide(asked.unit, one))
        if quantity is not None and asked.plausible(quantity.low):
            return True
    return False


def _may_elide(asked: str, one: Quantity) -> bool:
    """Whether a number without a unit may be in the one asked for: what is counted, or "50 billion" of anything."""
    return unit(asked).dimension == "count" or one.scale >= _GREAT


def _measured(case: Case, one: Quantity, cue: Place | None) -> Quantity | None:
    """The number in the claim's unit; None where it measures something else. One without a unit counts beside a cue."""
    asked = case.prepared.claim.quantity
    if asked is None:
        return None
    if asked.counted is not None:
        return in_unit(one, "count", elided=True) if _is_counted(case, one) else None
    beside = cue is not None and case.clauses.distance(cue.span, (one.start, one.end)) <= _BESIDE
    return in_unit(one, asked.unit, elided=beside and _may_elide(asked.unit, one))


def _refusal(case: Case, one: Quantity, cue: Place | None, every: Sequence[Quantity]) -> Refusal | None:
    """Why a number of the right sort is not the claim's."""
    span = (one.start, one.end)
    if one.vague:
        return Refusal(span, f'"{case.written(span)}" is an order of magnitude, not a number')
    if one.delta and one.previous is None and not _is_a_batch(case, one):
        return Refusal(span, f'"{case.written(span)}" is a difference, not the whole')
    checks: tuple[Callable[[], Refusal | None], ...] = (
        lambda: _without(case, span),
        lambda: bound_elsewhere(case, span, [(other.start, other.end) for other in every]),
        lambda: missing_link(case, span),
        lambda: _too_far(case, span, cue),
        lambda: _of_another(case, span),
        lambda: _of_several(case, span),
        lambda: _of_a_part(case, one, every),
        lambda: _contributed(case, span),
    )
    return next((found for check in checks if (found := check()) is not None), None)


def _is_a_batch(case: Case, one: Quantity) -> bool:
    """Whether "a further 300,000 men" is the number of a deed ("called up"), not an addition to a running count."""
    claim = case.prepared.claim
    before = case.clauses.plain[max(0, one.start - 4) : one.start]
    return not claim.growing and one.dimension == "count" and not before.endswith(("by ", " на "))


def _draft(case: Case, one: Quantity, cue: Place | None) -> Draft:
    span = (one.start, one.end)
    mine = nearest(case, span, case.subject.places)
    weight = (reach(case, span, cue.span) if cue else 0) + (reach(case, span, mine.span) / 2 if mine else 10)
    joined = cue is not None and case.clauses.in_one_clause(cue.start, span[0])
    measured_in = case.prepared.claim.quantity.unit if case.prepared.claim.quantity else ""
    shown = canonical(one.low) + (f"–{canonical(one.high)}" if one.high is not None else "")
    return Draft(
        value=canonical(one.low),
        number=one.low,
        number_hi=one.high,
        comparator=one.comparator,
        previous=None if one.previous is None else canonical(one.previous),
        value_span=span,
        focus=union([span, cue.span]) if cue and joined else span,
        marks=marked("value", span) + marked("cue", cue.span if cue else None) + marked("previous", one.previous_span),
        weight=weight,
        why=f'"{case.written(span)}" is {shown} {measured_in}' + (f', near "{case.written(cue.span)}"' if cue else ""),
    )


def _is_counted(case: Case, one: Quantity) -> bool:
    """Whether one of the words for what is counted stands in the quantity or right after it."""
    for place in case.places(case.prepared.counted):
        if place.start < one.end and place.end > one.start:
            return True
        if (
            place.start >= one.end
            and case.clauses.words_between(one.end, place.start) <= 3
            and _together(case, one.end, place)
        ):
            return True
    return False


def _together(case: Case, end: int, place: Place) -> bool:
    return case.clauses.chunk_at(max(0, end - 1)) == case.clauses.chunk_at(place.start)


def _without(case: Case, span: Span) -> Refusal | None:
    """Words of `without` near the number, in its part of the sentence, or nearer to it than the subject."""
    for place in case.places(case.prepared.without):
        mine = nearest(case, span, case.subject.places)
        apart = case.clauses.distance(place.span, span)
        if apart <= 4 or (apart <= 12 and (mine is None or apart < case.clauses.distance(mine.span, span))):
            return Refusal(
                span, f'"{case.written(place.span)}" (without) near "{case.written(span)}" speaks of something else'
            )
    return None


def _too_far(case: Case, span: Span, cue: Place | None) -> Refusal | None:
    if not case.prepared.cues or cue is None:
        return None
    if case.clauses.distance(cue.span, span) <= _CUE_REACH:
        return None
    return Refusal(span, f'"{case.written(span)}" is too far from "{case.written(cue.span)}"')


def _of_another(case: Case, span: Span) -> Refusal | None:
    """A number in a clause of its own, before the subject is named, where there are rivals. An event may follow: what
    it did is counted "since the quake"."""
    has_rivals = bool(case.prepared.claim.rivals or case.prepared.rivals_text)
    is_event = any(
        case.entities[place.group].type == "event" for place in case.subject.places if place.group in case.entities
    )
    return follows_apart(case, span) if has_rivals and not is_event else None


def _of_several(case: Case, span: Span) -> Refusal | None:
    """A total of the subject and others; asked only of claims that have rivals, for a total may be the claim's own."""
    if not case.prepared.claim.rivals and not case.prepared.rivals_text:
        return None
    written = case.written(span)
    start, end = case.clauses.clause_at(span[0])
    chunk = case.clauses.chunk_at(span[0])
    own = any(case.clauses.chunk_at(place.start) == chunk for place in case.subject.places)
    for found in _TOGETHER.finditer(case.clauses.plain, start, end):
        elsewhere = own and case.clauses.chunk_at(found.start()) != chunk  # "100 in total, of which A has 50"
        if not elsewhere and case.clauses.distance(found.span(), span) <= _TOTAL_REACH:
            return Refusal(span, f'"{case.written(found.span())}": "{written}" is of several together')
    for rival in case.rivals:
        for mine in case.subject.places:
            both = union([rival.span, mine.span])
            if joined(case, rival, mine) and case.clauses.in_one_clause(both[0], span[0]):
                return Refusal(span, f'"{written}" is of "{case.written(both)}" together')
    return None


def _of_a_part(case: Case, one: Quantity, others: Sequence[Quantity]) -> Refusal | None:
    span = (one.start, one.end)
    if not _PART.search(case.clauses.plain[max(0, one.start - 60) : one.start]):
        return None
    for other in others:
        if other.end <= one.start and other.unit == one.unit and other.low > one.low:
            whole = case.written((other.start, other.end))
            return Refusal(span, f'"{case.written(span)}" is a part of "{whole}"')
    return None


def _contributed(case: Case, span: Span) -> Refusal | None:
    """What somebody sends to the subject is that one's contingent; asked of what is counted only."""
    quantity = case.prepared.claim.quantity
    if quantity is None or unit(quantity.unit).dimension != "count":
        return None
    start, end = case.clauses.clause_at(span[0])
    for found in _CONTRIBUTED.finditer(case.clauses.plain, start, end):
        sent_by_it = any(start <= place.start < found.start() for place in case.subject.places)
        if found.end() <= span[0] and not sent_by_it and case.clauses.distance(found.span(), span) <= 16:
            return Refusal(span, f'"{case.written(found.span())}": "{case.written(span)}" is a contingent')
    return None
