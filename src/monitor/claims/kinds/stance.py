"""Stance: where the subject stands towards the target. Only who stands in front of the words takes the stance."""

from monitor.claims.binding import bound_elsewhere, follows_apart, missing_link, other_agent, spoken_of_elsewhere
from monitor.claims.case import Case, Draft, Findings, Refusal, marked, nearest, reach
from monitor.claims.reading import Place


def find_stance(case: Case) -> Findings:
    """A draft for each stance whose words stand in the sentence and belong to the subject."""
    findings: Findings = []
    for name in case.prepared.claim.stances:
        for place in case.options(case.prepared.options[name]):
            checks = (bound_elsewhere, spoken_of_elsewhere, missing_link, other_agent, follows_apart)
            refusals = (check(case, place.head) for check in checks)
            refusal = next((one for one in refusals if one is not None), None) or _target_acts(case, place)
            if refusal is not None:
                findings.append(refusal)
                continue
            mine = nearest(case, place.span, case.subject.places)
            findings.append(
                Draft(
                    value=name,
                    value_span=place.span,
                    focus=place.span,
                    marks=marked("value", place.span),
                    weight=reach(case, place.span, mine.span) if mine else 20.0,
                    why=f'"{case.written(place.span)}" ({place.alias}) says the stance {name}',
                )
            )
    return findings


def _target_acts(case: Case, place: Place) -> Refusal | None:
    """支持……的俄罗斯 are the Russians who support."""
    if place.tail is None or place.tail < place.head or case.text[place.tail[0] - 1] != "的":
        return None
    return Refusal(place.span, f'"{case.written(place.span)}" is said of "{case.written(place.tail)}" itself')
