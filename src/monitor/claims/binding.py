"""What a place in a sentence belongs to: the claim's subject, or what carries the same sort of thing. Pure."""

import re
from collections.abc import Sequence

from monitor.claims.case import Case, Refusal, nearest, reach
from monitor.claims.lexicon import script_of
from monitor.claims.reading import Place
from monitor.language import Span

_PRONOUN = re.compile(
    r"\b(?:it|its|it['’]s|they|their|this|these|he|she|him|his|her|them|the\ (?:latter|two|country|pair|sides?))\b"
    r"|[它他她其该此这我您]|双方|两国|(?<!\w)(?:он|она|оно|они|его|ее|их|этот|эта|это|этого|этой|стороны|сторон|страна|страны)(?!\w)"
)
_BOTH = re.compile(r"^\W*(?:and|as well as|with|together with|和|与|及|以及|同|跟|и|с|вместе с)?\W*$")


def bound_elsewhere(case: Case, at: Span, others: Sequence[Span] = ()) -> Refusal | None:
    """Why what stands at a place is not the subject's: something else that could carry it stands nearer.

    A rival behind a comma that has a value of its own (one of `others`) there does not count: "…, unlike B with 55".
    """
    rivals = [place for place in case.rivals if not _is_served(case, place, at, others)]
    if case.prepared.claim.kind not in {"quantity", "date"} and _acts(case, at):
        rivals = [place for place in rivals if place.start < at[1] or _in_one_chunk(case, at[1] - 1, place.start)]
    rival = nearest(case, at, rivals)
    mine = nearest(case, at, case.subject.places)
    if rival is not None and rival.end <= at[0] and _is_only_cue(case):
        return Refusal(at, f'"{case.written(rival.span)}", a rival, is whose "{case.written(at)}" it is')
    if rival is not None and (mine is None or reach(case, at, rival.span) < reach(case, at, mine.span)):
        return Refusal(at, f'"{case.written(at)}" belongs to "{case.written(rival.span)}", a rival that stands nearer')
    return None


def _is_only_cue(case: Case) -> bool:
    """Whether only the claim's own cues name the subject ("call up" of a mobilisation): whose, that leaves open."""
    cues = case.places(case.prepared.cues)
    places = case.subject.places
    return bool(places) and all(any(cue.start <= one.start < cue.end for cue in cues) for one in places)


def _acts(case: Case, at: Span) -> bool:
    """Whether the subject stands in front, in the same clause: then who follows behind a comma does something else."""
    mine = (place for place in case.subject.places if place.end <= at[0])
    return any(case.clauses.in_one_clause(place.start, at[0]) for place in mine)


def _in_one_chunk(case: Case, one: int, other: int) -> bool:
    return case.clauses.chunk_at(one) == case.clauses.chunk_at(other)


def _is_served(case: Case, rival: Place, at: Span, others: Sequence[Span]) -> bool:
    chunk = case.clauses.chunk_at(rival.start)
    if rival.start < at[1] or chunk == case.clauses.chunk_at(at[0]):
        return False
    return any(other != at and case.clauses.chunk_at(other[0]) == chunk for other in others)


def spoken_of_elsewhere(case: Case, at: Span) -> Refusal | None:
    """Why a place is out: words of `without` stand in the same clause."""
    for place in case.places(case.prepared.without):
        if case.clauses.in_one_clause(place.start, at[0]) or case.clauses.distance(place.span, at) <= 3:
            return Refusal(at, f'"{case.written(place.span)}" (without) says that it speaks of something else')
    return None


def missing_link(case: Case, at: Span) -> Refusal | None:
    """Why a subject that only an earlier sentence names is not what this one speaks of.

    Where the claim says how its subject is taken up (`also_called`), that or a pronoun is asked for; and so it is of
    what somebody does, for whoever does it would be named. Chinese leaves pronouns out.
    """
    subject, prepared = case.subject, case.prepared
    if not subject.carried or subject.places:
        return None
    is_deed = prepared.claim.kind in {"stance", "category", "status"} and script_of(case.clauses.plain) != "han"
    if not prepared.also_called and not is_deed:
        return None
    start, _ = case.clauses.clause_at(at[0])
    if _PRONOUN.search(case.clauses.plain, start, max(at)):
        return None
    return Refusal(
        at, f"{subject.named} names the subject, but nothing here (also_called, a pronoun) takes it up again"
    )


def follows_apart(case: Case, at: Span) -> Refusal | None:
    """Why a subject that only comes later, in a clause of its own, is not what is spoken of: unless a pronoun here
    stands for it."""
    mine = case.subject.places
    if not mine or any(place.start <= at[0] or case.clauses.in_one_clause(place.start, at[0]) for place in mine):
        return None
    start, _ = case.clauses.clause_at(at[0])
    if _PRONOUN.search(case.clauses.plain, start, at[0]):
        return None
    return Refusal(at, f'"{case.written(mine[0].span)}" only follows, in a clause of its own')


def other_agent(case: Case, at: Span) -> Refusal | None:
    """Why not the subject but another of its sort does or says it: that one stands nearer in front.

    The target may stand in between ("China on Ukraine remains neutral"), unless the subject only follows.
    """
    subjects = case.prepared.claim.subject
    types = {case.entities[name].type for name in subjects if case.entities[name].type}
    values = set(case.prepared.options.values())
    others = [name for name, one in case.entities.items() if one.type in types and name not in {*subjects, *values}]
    agents = [place for place in case.places(*others) if place.end <= at[0] and not case.is_host(place)]
    agents = [place for place in agents if case.clauses.in_one_clause(place.start, at[0])]
    mine = [place for place in case.subject.places if place.end <= at[0]]
    own = max(mine, key=lambda place: place.end, default=None)
    if own is not None and case.clauses.in_one_clause(own.start, at[0]):
        agents = [place for place in agents if place.group not in case.prepared.claim.target]
    if not agents:
        return None
    other = max(agents, key=lambda place: place.end)
    if own is not None and (own.end > other.start or joined(case, own, other)):
        return None
    return Refusal(at, f'"{case.written(other.span)}" stands before "{case.written(at)}", and does or says it')


def joined(case: Case, one: Place, other: Place) -> bool:
    """Whether two names are coordinated: "Xi and Putin"."""
    first, last = sorted((one.span, other.span))
    return _BOTH.match(case.clauses.plain[first[1] : last[0]]) is not None
