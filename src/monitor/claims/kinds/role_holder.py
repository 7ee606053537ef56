"""Role holder: whose name stands beside the words of a post, as a title, an apposition, by a copula or an appointment.

The holder is an entity of the watchlist where one is named there, else the name as written.
"""

import re
from collections.abc import Iterator

from monitor.claims.binding import spoken_of_elsewhere
from monitor.claims.case import Case, Draft, Findings, Refusal, union
from monitor.claims.reading import Place
from monitor.claims.speech.names import is_chinese_person, is_name
from monitor.language import Span

_REACH = 60
"""Code points on each side of the post in which a name may stand."""

_EN_NAME = r"[A-Z][\w'’-]+(?:\s+(?:[A-Z]\.|[A-Z][\w'’-]+|al|bin|de|del|der|van|von|la|le)){0,3}"
_RU_NAME = r"[А-ЯЁ][а-яё-]+(?:\s+[А-ЯЁ](?:[а-яё-]+|\.)){0,2}"
_NAME = rf"(?P<name>{_EN_NAME}|{_RU_NAME})"
_ZH_NAME = r"(?P<name>[\u4e00-\u9fff]{1,6}(?:·[\u4e00-\u9fff]{1,6}){1,3}|[\u4e00-\u9fff]{2,4})"

_BEFORE = re.compile(
    _NAME + r"(?:['’]s)?\s*(?:"
    r",\s*(?:(?:who|который|которая)\s+(?:is|was|является|занимает\s+пост)\s+)?|\(|\s[—–-]\s"
    r"|\s+(?:is|was|are|will\s+be|became|becomes|remains|serves?\s+as|served\s+as|took\s+(?:over|office)\s+as|acts\s+as|in\s+(?:his|her)\s+(?:role|capacity)\s+as"
    r"|(?:has\s+been|was|is|to\s+be|will\s+be|been)\s+(?:re-?)?(?:appointed|named|elected|chosen|confirmed|sworn\s+in|made|installed)(?:\s+(?:as|to\s+be))?"
    r"|as|является|стал\w*|остается|назначен\w*|избран\w*|переизбран\w*|утвержден\w*|занял\w*\s+пост|занимает\s+пост|вступил\w*\s+в\s+должность|на\s+пост(?:у)?)\s+"
    r")\s*(?:(?:the|a|an|new|current|incumbent|then|next|as|China['’]s|its|their|нов\w+|нынешн\w+|действующ\w+)\s+)*$"
)
_AFTER = re.compile(
    r"^\s*(?:(?:of|for)\s+(?:the\s+)?[A-Z][\w'’]*(?:\s+[A-Z][\w'’]*){0,3})?\s*"
    r"(?:,\s*|:\s*|\s[—–-]\s|\s+(?:is|was|стал\w*|является|назначен\w*|избран\w*)\s+)?(?:Mr\.?|Mrs\.?|Ms\.?|Dr\.?|г-н|господин\w*)?\s*"
    + _NAME
)
_ZH_AFTER = re.compile(
    r"^\s*(?:是|为|由|:|、|,)?\s*"
    r"(?P<name>[\u4e00-\u9fff]{1,6}(?:·[\u4e00-\u9fff]{1,6}){1,3}"
    r"|[\u4e00-\u9fff]{2,3}?(?=[在对与和同向会说称表指强出访率主应于当就,。、;:”“」(（\s]|$)|[\u4e00-\u9fff]{2,3})"
)
_ZH_BEFORE = re.compile(
    _ZH_NAME + r"\s*(?:当选|连任|再次当选|担任|出任|就任|接任|继任|任|为|是|被任命为|被选为|获选为|获任命为"
    r"|全票当选|成为|,)\s*(?:新任|新一届|现任|新|下一任|十[一二三四五]届)*$"
)
_ZH_TITLED = re.compile(r"(?P<name>[\u4e00-\u9fff]{3})$")
"""栗战书委员长: a full name right before a short title; whether it is one is asked of its surname."""
_NOT_NOW = re.compile(
    r"\b(?:former|ex|then|late|outgoing|vice|deputy|acting\s+deputy|assistant|onetime|previous|retired)[\s-]+(?:\w+\s+)?$"
    r"|(?:前|原|时任|副|已故|前任)$|(?<!\w)(?:бывш\w+|экс-|вице-|заместител\w+|тогдашн\w+|замглавы)\s*(?:\w+\s+)?$"
)
_SPEECH_WORDS = frozenset(
    ["the", "a", "an", "on", "in", "at", "he", "she", "it", "they", "this", "that", "mr", "mrs", "ms", "dr"]
)


def find_role_holder(case: Case) -> Findings:
    """A draft for each post in the sentence beside which a holder's name stands."""
    findings: Findings = []
    for place in case.places(case.prepared.role):
        lead = case.clauses.plain[max(0, place.start - 24) : place.start]
        if found := _NOT_NOW.search(lead):
            findings.append(
                Refusal(place.span, f'"{found[0].strip()} {case.written(place.span)}" is not the post, or not now')
            )
            continue
        if (elsewhere := spoken_of_elsewhere(case, place.span)) is not None:
            findings.append(elsewhere)
            continue
        holder = _holder(case, place)
        if holder is None:
            findings.append(Refusal(place.span, f'no name stands beside "{case.written(place.span)}"'))
            continue
        value, span = holder
        findings.append(
            Draft(
                value=value,
                value_span=span,
                focus=union([span, place.span]),
                marks=(("value", span), ("cue", place.span)),
                weight=case.clauses.distance(span, place.span),
                why=f'"{case.written(span)}" stands beside "{case.written(place.span)}"',
            )
        )
    return findings


def _holder(case: Case, place: Place) -> tuple[str, Span] | None:
    """The holder's entity id, or name, and where it stands."""
    candidates = list(_beside(case.text, place))
    persons = [name for name, entity in case.entities.items() if entity.type in {"person", None, ""}]
    known = case.places(*(case.prepared.claim.subject or persons))
    for span in candidates:
        for one in known:
            if one.start < span[1] and span[0] < one.end and not (one.start < place.end and place.start < one.end):
                return one.group, one.span
    if case.prepared.claim.subject:
        return None  # the claim asks only whether one of its subjects holds the post
    for span in candidates:
        if _is_person(case.text[slice(*span)]):
            return case.text[slice(*span)], span
    return None


def _beside(text: str, place: Place) -> Iterator[Span]:
    """Spans of what looks like a name in the right place, the likeliest first."""
    before = text[max(0, place.start - _REACH) : place.start]
    after = text[place.end : place.end + _REACH]
    base = place.start - len(before)
    for pattern, where, offset in (
        (_AFTER, after, place.end),
        (_BEFORE, before, base),
        (_ZH_AFTER, after, place.end),
        (_ZH_BEFORE, before, base),
        (_ZH_TITLED, before, base),
    ):
        if found := pattern.search(where):
            yield offset + found.start("name"), offset + found.end("name")


def _is_person(name: str) -> bool:
    if re.search(r"[\u4e00-\u9fff]", name):
        return is_chinese_person(name)
    words = name.split()
    return len(words) >= 2 and is_name(name) and words[0].lower() not in _SPEECH_WORDS
