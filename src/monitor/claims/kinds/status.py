"""Status: how far something has come on a ladder of steps. Of several steps in a sentence the furthest counts."""

from monitor.claims.binding import bound_elsewhere, missing_link, spoken_of_elsewhere
from monitor.claims.case import Case, Draft, Findings


def find_status(case: Case) -> Findings:
    """A draft for the furthest step whose words stand in the sentence and belong to the subject."""
    findings: Findings = []
    for rank, step in enumerate(case.prepared.claim.ladder):
        for place in case.options(case.prepared.options.get(step.id, "")):
            checks = (check(case, place.span) for check in (bound_elsewhere, spoken_of_elsewhere, missing_link))
            refusal = next((one for one in checks if one is not None), None)
            findings.append(
                refusal
                or Draft(
                    value=step.id,
                    value_span=place.span,
                    focus=place.span,
                    marks=(("value", place.span),),
                    weight=-rank,
                    why=f'"{case.written(place.span)}" ({place.alias}) says the step {step.id}',
                )
            )
    return findings
