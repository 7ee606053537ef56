"""Stance: where the subject stands towards the target. Only who stands in front of the words takes the stance."""

from monitor.claims.binding import bound_elsewhere, missing_link, other_agent, spoken_of_elsewhere
from monitor.claims.case import Case, Draft, Findings, Refusal, nearest, reach


def find_stance(case: Case) -> Findings:
    """A draft for each stance whose words stand in the sentence and belong to the subject."""
    findings: Findings = []
    for name in case.prepared.claim.stances:
        for place in case.options(case.prepared.options[name]):
            checks = (
                check(case, place.span) for check in (bound_elsewhere, spoken_of_elsewhere, missing_link, other_agent)
            )
            refusal: Refusal | None = next((one for one in checks if one is not None), None)
            if refusal is not None:
                findings.append(refusal)
                continue
            mine = nearest(case, place.span, case.subject.places)
            findings.append(
                Draft(
                    value=name,
                    value_span=place.span,
                    focus=place.span,
                    marks=(("value", place.span),),
                    weight=reach(case, place.span, mine.span) if mine else 20.0,
                    why=f'"{case.written(place.span)}" ({place.alias}) says the stance {name}',
                )
            )
    return findings
