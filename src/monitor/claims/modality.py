"""Whether a sentence asserts, plans, supposes, makes conditional or asks what a place in it says. Pure.

Of verbs that say what will or may be, the one nearest to the place counts; words like "reportedly" count anywhere in
the clause, and so do "if" and "whether" in what leads to it. "Would carry 50 bcm" is a plan, as "will" is.
"""

import re
from dataclasses import dataclass

from monitor.claims.clauses import Clauses
from monitor.claims.lexicon import Found, Sort, script_of
from monitor.language import Span, russian_tense
from monitor.model import Aspect, Modality

_VERBS: frozenset[Sort] = frozenset({"may", "will", "plan", "did"})
_WORD_RU = re.compile(r"[а-я]{3,}")
_OBJECT_MARKER = re.compile(
    r"将(?!会|于|在|把|被|从|由|以|向|与|和|同|对|就|不|再|可|继续|进一步|大幅|逐步|分|达|提|增|减|削|扩|降|上|下|改|推|延).{1,30}?"
    r"(?:削减|减少|减|增加|增|提高|提升|扩大|上调|下调|降低|降|改|推迟|延|定|列|视|作|送|运|交|调整?).{0,4}?(?:至|到|为|成|在|于|给|后)"
)
"""将 before a noun marks the object of what was done to it, as 把 does; before a verb it is the future."""
_ASKING = re.compile(r"[??]['\"”’»」』)\s]*$|(?<!要)吗\W*$")
_TAIL = re.compile(
    r"predict|estimat|believ|forecast|suggest|speculat|reportedly|allegedly|apparently|预测|推测|估计|猜测|прогноз|предпол"
    r"|полага|считает|оцени|вероятно|возможно|видимо"
)
"""Hedges that may follow what they hedge."""

_MOODS: tuple[tuple[Sort, Modality], ...] = (("whether", "question"), ("if", "conditional"), ("hedge", "hedged"))
_ADJUNCT = re.compile(r"(?:期间|之际|前夕|之前|之时|时)\W*$")
"""How a Chinese chunk ends that only says when the next one happens."""

_SO_FAR = re.compile(
    r"\bso\ far\b|\balready\b|\bto\ date\b|\buntil\ now\b|\bas\ of\b|\bha(?:ve|s|d)\ (?:already\ |now\ |since\ )?been\b"
    r"|已|迄今|目前为止|(?<!\w)уже(?!\w)|(?<!\w)на\ (?:данный\ момент|сегодня\w*)|(?<!\w)к\ настоящему"
)
_CAPACITY = re.compile(
    r"\bcapacit\w+|\bdesigned\b|\bthroughput\b|能力|设计|输气量|年输|产能|容量|(?<!\w)мощност\w+|(?<!\w)рассчитан\w*|(?<!\w)пропускн\w+"
)
_TARGET = re.compile(r"\btarget\w*|\bgoals?\b|\bquota\w*|目标|指标|(?<!\w)цел[ьиею]\w*")


@dataclass(frozen=True, slots=True)
class Mood:
    """The modality of a place in a sentence and the word that decided it, if one did."""

    modality: Modality
    mark: Span | None = None


def modality(clauses: Clauses, focus: Span) -> Mood:
    """What the sentence does with the focus: question before condition before hedge before plan before assertion."""
    found = _markers(clauses)
    asking = _ASKING.search(clauses.plain)
    if asking is not None and focus[1] > _question_start(clauses):
        return Mood("question", (asking.start(), asking.start() + 1))
    for marker, mood in _MOODS:
        for one in found:
            if marker in one.sorts and _governs(one, clauses, focus):
                return Mood(mood, (one.start, one.end))
    verb = _deciding_verb(found, clauses, focus)
    if verb is None or "did" in verb.sorts:
        return Mood("asserted")
    return Mood("hedged" if "may" in verb.sorts else "planned", (verb.start, verb.end))


def aspect(clauses: Clauses, focus: Span, mood: Modality) -> Aspect | None:
    """Which of several numbers of one thing is meant: what it is built for, what is wanted, what there is so far."""
    start, end = clauses.clause_at(focus[0])
    clause = clauses.plain[start : max(end, focus[1])]
    if _CAPACITY.search(clause):
        return "capacity"
    if mood == "asserted" and _SO_FAR.search(clause):
        return "so_far"
    return "target" if mood == "planned" or _TARGET.search(clause) else None


def _question_start(clauses: Clauses) -> int:
    """Where the question begins in a sentence that ends with one: after the last colon or dash."""
    return max((chunk.start for chunk in clauses.chunks if clauses.plain[chunk.start] in ":—–"), default=0)


def _markers(clauses: Clauses) -> list[Found]:
    """The words of the lexicon, and for Russian the finite verbs, whose tense says the same."""
    found = list(clauses.words)
    script = script_of(clauses.plain)
    if script == "han":
        objects = [one.start() for one in _OBJECT_MARKER.finditer(clauses.plain)]
        return [one for one in found if one.start not in objects]
    if script == "cyrillic":
        known = {at for one in found for at in range(one.start, one.end)}
        for word in _WORD_RU.finditer(clauses.plain):
            tense = russian_tense(word[0]) if word.start() not in known else None
            if tense is not None:
                found.append(Found(*word.span(), frozenset({"will" if tense == "future" else "did"})))
        found.sort(key=lambda one: one.start)
    return found


def _governs(one: Found, clauses: Clauses, focus: Span) -> bool:
    """Whether a word that needs no verb reaches the focus."""
    here, there = clauses.chunk_at(one.start), clauses.chunk_at(focus[0])
    last = max(there, clauses.chunk_at(max(focus[0], focus[1] - 1)))
    between = [chunk.opener for chunk in clauses.chunks[min(here, there) + 1 : max(here, last) + 1]]
    if "whether" in one.sorts:
        return one.start < focus[1] and there <= here <= last
    if "contrast" in between:
        return False
    if "if" in one.sorts:
        return True
    if here in range(there, last + 1):
        return one.start < focus[1] or _TAIL.match(clauses.plain, one.start) is not None
    if one.start < focus[0]:
        return "relative" not in between
    tail = clauses.chunks[here]
    return _TAIL.match(clauses.plain, one.start) is not None and clauses.words_between(tail.start, tail.end) <= 8


def _deciding_verb(found: list[Found], clauses: Clauses, focus: Span) -> Found | None:
    """The verb that the focus depends on: one inside it, else the nearest before, else one that follows at once."""
    start, end = clauses.clause_at(focus[0])
    chunk = clauses.chunks[clauses.chunk_at(max(focus[0], focus[1] - 1))]
    if _ADJUNCT.search(clauses.plain, chunk.start, chunk.end):
        focus = focus[0], chunk.end  # "during the visit, he will": the clause it leads to says when
        first_verb = next((one for one in found if one.sorts & _VERBS - {"did"} and one.start >= chunk.start), None)
        if first_verb is not None:
            return first_verb
    verbs = [one for one in found if one.sorts & _VERBS and start <= one.start]
    inside = [one for one in verbs if focus[0] <= one.start < focus[1]]
    if inside:
        return inside[0]
    before = [one for one in verbs if one.start < focus[0]]
    if before:
        return before[-1]
    after = [one for one in verbs if focus[1] <= one.start < max(end, focus[1])]
    first = clauses.words_between(clauses.chunks[clauses.chunk_at(focus[0])].start, focus[0]) <= 4
    if after and first and clauses.chunk_at(after[0].start) == clauses.chunk_at(focus[1] - 1):
        return after[0]
    return _leading_verb(found, clauses, focus)


def _leading_verb(found: list[Found], clauses: Clauses, focus: Span) -> Found | None:
    """The future of what leads to the clause: "this will ensure that he is elected"."""
    at = clauses.chunk_at(focus[0])
    if at == 0 or clauses.chunks[at].opener != "complement" or clauses.plain[clauses.chunks[at].start] in ":：":
        return None
    leading = clauses.chunks[at - 1]
    verbs = [one for one in found if one.sorts & _VERBS and leading.start <= one.start < leading.end]
    return verbs[-1] if verbs and verbs[-1].sorts & {"will", "may"} else None
