"""Category: which of a few values something has, or several of them; what is said to be given up is the old value."""

import re

from monitor.claims.binding import bound_elsewhere, missing_link, other_agent, spoken_of_elsewhere
from monitor.claims.case import Case, Draft, Findings, Refusal, marked, nearest, union
from monitor.claims.reading import Place

_NEAR = 14
"""Words between a cue and a value; a comma counts as two, a conjunction as many."""
_OFFICE_AFTER = re.compile(
    r"(?:['’]s|s['’])?\s*(?:first\s+|former\s+|new\s+)?(?:president|prime\s+minister|leader|foreign\s+minister|ambassador|counterpart)\b"
    r"|(?:共和国)?(?:总统|总理|外长|首相|议长|国防部长|大使|领导人|真理报|国家通讯社|人民言论报)"
)
_OFFICE_BEFORE = re.compile(
    r"(?:\b(?:president|prime\s+minister|leader|ambassador)\s+of\s+(?:the\s+)?"
    r"|(?<!\w)(?:президент|премьер|лидер|глав|министр|посол|посл)\w*\s+(?:республики\s+)?)$"
)
_FROM = re.compile(r"(?:\bfrom|(?<!\w)(?:с|со|от)|[由从自])\W*(?:[^\W\d]+\W+)?$")
_TO = re.compile(r"^\W*(?:[^\W\d]+\W+){0,2}?(?:\bto\b|\binto\b|(?<!\w)(?:на|в|к)(?!\w)|改|转|换|变|到|至)")
"""Around the old value of "from dollars to yuan", "с долларов на юани", 由美元改为人民币."""
_LISTED = re.compile(r"^\W*(?:and|or|и|или|和|或|及|以及|与|、|,)?\W*$")


def find_category(case: Case) -> Findings:
    """One draft for the values that belong to the subject: all of them where the claim allows several."""
    groups = {group: name for name, group in case.prepared.options.items()}
    cues = case.places(case.prepared.cues)
    findings: Findings = []
    taken: list[Place] = []
    for place in case.places(*groups):
        cue = nearest(case, place.span, cues)
        refusal = (None if _given_up(case, place) else _misplaced(case, place, cue)) or _not_the_subjects(
            case, cue or place
        )
        if refusal is None:
            taken.append(place)
        else:
            findings.append(refusal)
    old = _old_values(case, [*taken])
    new = [place for place in taken if place not in old]
    affirmed = [place for place in new if case.polarity(place.span)[0] == "+"] or new
    if affirmed:
        findings.append(_draft(case, affirmed, old, cues, groups))
    return findings


def _misplaced(case: Case, place: Place, cue: Place | None) -> Refusal | None:
    if cue is not None and case.clauses.distance(cue.span, place.span) > _NEAR:
        return Refusal(place.span, f'"{case.written(place.span)}" is too far from "{case.written(cue.span)}"')
    entity = case.entities.get(place.group)
    if entity is not None and entity.type == "place" and _is_of_an_office(case, place):
        return Refusal(place.span, f'"{case.written(place.span)}" only says whose office it is')
    return None


def _is_of_an_office(case: Case, place: Place) -> bool:
    """Whether a place is part of somebody's title: "Kazakhstan's president", 哈萨克斯坦总统, "президент Казахстана"."""
    before, after = (
        case.clauses.plain[max(0, place.start - 24) : place.start],
        case.clauses.plain[place.end : place.end + 20],
    )
    return _OFFICE_AFTER.match(after) is not None or _OFFICE_BEFORE.search(before) is not None


def _not_the_subjects(case: Case, at: Place) -> Refusal | None:
    checks = [bound_elsewhere, spoken_of_elsewhere, missing_link]
    if any(case.entities[name].type == "person" for name in case.prepared.claim.subject):
        checks.append(other_agent)
    return next((one for check in checks if (one := check(case, at.span)) is not None), None)


def _old_values(case: Case, places: list[Place]) -> list[Place]:
    """Values right after words like "instead of", and those listed with them."""
    old: list[Place] = []
    for place in places:
        said = _given_up(case, place)
        after = case.clauses.plain[place.end : place.end + 30]
        said = said or (
            _FROM.search(case.clauses.plain[max(0, place.start - 20) : place.start]) is not None
            and _TO.match(after) is not None
            and any(other.start > place.end for other in places)
        )
        listed = old and _LISTED.match(case.clauses.plain[old[-1].end : place.start]) is not None
        if said or listed:
            old.append(place)
    return old


def _given_up(case: Case, place: Place) -> bool:
    """Whether words of `old_after` stand right before a value."""
    words = (word for word in case.places(case.prepared.old_after) if word.end <= place.start)
    return any(case.clauses.words_between(word.end, place.start) <= 2 for word in words)


def _draft(case: Case, new: list[Place], old: list[Place], cues: tuple[Place, ...], groups: dict[str, str]) -> Draft:
    claim = case.prepared.claim
    cue = nearest(case, new[0].span, cues)
    if not claim.several:
        new = [min(new, key=lambda place: case.clauses.distance(place.span, cue.span if cue else place.span))]
    spans = [place.span for place in new]
    values = sorted({groups[place.group] for place in new})
    replaced = sorted({groups[place.group] for place in old} - set(values))
    words = ", ".join(f'"{case.written(span)}"' for span in spans)
    return Draft(
        value="+".join(values),
        value_span=union(spans),
        focus=union([spans[0], *([cue.span] if cue else [])]),
        previous="+".join(replaced) or None,
        marks=marked("value", *spans)
        + marked("cue", cue.span if cue else None)
        + marked("previous", *(place.span for place in old)),
        why=f"{words} near {case.written(cue.span) if cue else 'the subject'!r}: {', '.join(values)}",
    )
