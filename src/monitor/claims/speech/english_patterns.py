"""Patterns of English news: datelines, "Peskov: no date", "…, the ministry said.", where a parser goes astray. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from monitor.claims.speech import english_words as words
from monitor.claims.speech.names import english_name, is_name
from monitor.claims.speech.sayings import Kind, Saying, Sense
from monitor.claims.speech.verbs import ENGLISH, ENGLISH_INVERTS, ENGLISH_OF_TEXTS
from monitor.language import Span

_HINTS = re.compile(
    r"\b(?:according|" + "|".join(sorted(ENGLISH, key=len, reverse=True))
    + r"|points?|pointed|pointing|ruled?|rules|ruling|made|makes?|making|rumou?rs?|speculation|assertion|estimates?)\b",
    re.IGNORECASE,
)  # fmt: skip
_DATELINE = re.compile(
    r"\s*(?:[A-Z][A-Z.' /]{2,40}(?:,\s*(?:[A-Z][\w.]*\s*)?\d{0,2}[^()\n–—-]{0,20})?\s*)?"
    r"(?:\((?:[A-Z][\w. ]{1,30})\)\s*(?:[-–—]+|:)|(?<=[A-Z]{3})\s*(?:--|—|–|\s-)(?=\s))\s*"
)
AFTER = re.compile(
    r"\s*(?:(?:to|told)\s+(?:reporters|journalists|lawmakers|parliament|[\w' ]{1,30})|(?:him|"
    r"her|them|us|me|reporters)|"
    r"(?:late|early|last|earlier|later|yesterday|today|this)\b[\w\s]{0,25}|"
    r"(?:on|in|at|during|after|before|via|through|over|by|from|as|of|since|when|about|for|with|ahead)\s[^,;]{1,120}|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b[^,;]{0,40}|there|here|again|also|,\s*(?:adding|"
    r"citing|quoting|without|"
    r"speaking|referring|according)\b.*)?(?:\s*,\s*(?:adding|citing|quoting|without|speaking|referring|according|"
    r"in|at|on|as|amid|after|before|despite|following|hours|days|while|with|where|which|who)\b.*)?\s*[.!\"”’']*\s*",
    re.DOTALL,
)
_FINITE = frozenset(["VBD", "VBZ", "VBP", "MD"])

Tags: TypeAlias = Sequence[tuple[int, str]]
"""Offsets of words with their Penn tags."""


def may_hold(sentence: str) -> bool:
    """Whether anything in the sentence could be a word of saying."""
    return _HINTS.search(sentence) is not None


def body(text: str, sentence: Span) -> Span:
    """The sentence without a dateline: "MOSCOW, Sept 20 (Reuters) - "."""
    start, end = sentence
    if found := _DATELINE.match(text, start, min(end, start + 120)):
        return min(found.end(), end), end
    return start, end


def colons(text: str, sentence: Span, names: frozenset[str] = frozenset()) -> Iterator[Saying]:
    """ "Peskov: no date for talks" and "No date for talks: Peskov". `names` are names known to be somebody's."""
    start, end = sentence
    if found := _COLON.search(text, start, min(end, start + 80)):
        to = _TO.search(text, start, found.end())  # "Putin to Xi: …"
        where = english_name(text, start, to.start() if to else found.start())
        titled = where[0] > start
        if text[start : found.start()].count(" ") < 8 and (
            _is_role(text[slice(*where)], 3)
            or (
                _is_somebody(text[slice(*where)])
                and (titled or _speaks(text[slice(*where)], text[found.end() : end], names))
            )
        ):
            cue = (found.start(), found.start() + 1)
            yield Saying(
                speaker=text[slice(*where)], where=where, cue=cue, contents=((found.end(), end),), kind="direct"
            )
    last = max(text.rfind(mark, start, end) for mark in (": ", " - ", " – ", " — "))
    if last > start + 20 and end - last < 50 and text[end - 1] not in '.!?"”':
        where = english_name(text, last + 2, end)
        if _is_role(text[slice(*where)], 4) or _is_somebody(text[slice(*where)]):
            yield Saying(speaker=text[slice(*where)], where=where, cue=(last, last + 2), contents=((start, last),))


def _is_role(name: str, longest: int) -> bool:
    parts = name.lower().split()
    return 0 < len(parts) <= longest and parts[-1] in words.ROLES - words.LABELS and not _is_label(parts)


def _is_somebody(name: str) -> bool:
    parts = name.lower().split()
    return is_name(name) and len(parts) <= 4 and "of" not in parts and not _is_label(parts)


def _speaks(name: str, said: str, names: frozenset[str]) -> bool:
    """Whether a bare name before a colon speaks: many headlines begin with what they are about."""
    parts = name.lower().split()
    if parts[-1] in words.COUNTRIES or len(said.split()) < 3:
        return False
    if name in names or (_OWN_WORDS.match(said) and not _HEADED.match(said)):
        return True
    return len(parts) > 1 and _VERBAL.search(said) is not None


_TO = re.compile(r" to (?=[A-Z][\w.]*(?: [A-Z]\w*)?:)")
_COLON = re.compile(r":\s+(?!http)")
_OWN_WORDS = re.compile(r"[\"“‘']|[a-z]|(?:I|We)\b")
_HEADED = re.compile(r"(?:the|an?|how|why|what|where|when|who|which|your|our|their|his|her|its)\b")
"""How a heading goes on after the name of what it is about."""
_VERBAL = re.compile(
    r"\b(?:is|are|was|were|will|would|has|have|had|can|could|may|might|must|should|do|does|"
    r"did|won't|not|\w+ed|lost|took|"
    r"began|won|made|left|gave|set|cut|hit|ready|no)\b"
)


def _is_label(parts: Sequence[str]) -> bool:
    pieces = {piece.strip("'’s") for part in parts for piece in re.split(r"[-/]", part)} | set(parts)
    return not pieces.isdisjoint(words.LABELS) or any(piece[:1].isdigit() for piece in pieces)


_CUT = re.compile(r",(?!\d)|;|[”\"](?=\s)|(?<=[,.!?…])[’'](?=\s)|\s[-–—]+\s")


def closing(text: str, sentence: Span, tags: Tags) -> Iterator[Saying]:
    """ "…, the ministry said on Friday." and "…," said Peskov: the last clause, a name with a verb of saying."""
    start, end = sentence
    if (semicolon := text.find(";", start + 1, end)) > 0:  # headlines in a row
        yield from closing(text, (start, semicolon), tags)
        start = semicolon + 1
    for verb in re.finditer(r"[A-Za-z]+", text[start:end]):
        known = ENGLISH.get(verb[0].lower())
        if known is None or verb.start() < 8 or known[0] in {"cite", "quote"}:
            continue
        at, after = start + verb.start(), start + verb.end()
        tag = next((tag for offset, tag in tags if offset == at), "")
        cut = _last_cut(text, start, at)
        if cut is None:
            continue
        last = not text[after:end].strip(".!? ") and text[cut[0]] in ',”"'  # "…, state media reports"
        if tag and tag not in {"VBD", "VBZ", "VBN", "VBP"} and not (tag == "NNS" and last):
            continue
        yield from _closing_at(text, (start, end), (at, after), cut=cut, known=known, tags=tags)


def _last_cut(text: str, start: int, at: int) -> Span | None:
    """The last mark before the verb after which its clause may begin."""
    cut = None
    for found in _CUT.finditer(text, start, at):
        cut = found.span()
    return cut


def _closing_at(
    text: str, sentence: Span, verb: Span, *, cut: Span, known: tuple[str, Sense], tags: Tags
) -> Iterator[Saying]:
    lemma, sense = known
    start, end = sentence
    if len(text[start : cut[0]].split()) < 3 and text[cut[0]] not in '”"':
        return  # "On Friday, Peskov said" opens a sentence
    inverted = not text[cut[1] : verb[0]].strip()
    if lemma == "put" or lemma in ENGLISH_OF_TEXTS:
        return
    # "A, sources said, B"
    aside = lemma in ENGLISH_INVERTS and text[verb[1] : verb[1] + 1] == "," and not AFTER.fullmatch(text, verb[1], end)
    begin, subject = cut[0], None
    if inverted and lemma in ENGLISH_INVERTS:
        subject = _after(text, verb[1], end, tags)
    elif not inverted:
        subject = _before(text, cut[1], verb, verb[1] if aside else end, tags)
    if subject is None and inverted and text[cut[0]] == "," and AFTER.fullmatch(text, verb[1], end):
        subject = _with_apposition(text, start, cut[0], tags)
        begin = subject[0] - 1 if subject is not None else begin
    if subject is None:
        return
    where = english_name(text, *subject)
    name = text[slice(*where)]
    if not name or len(name.split()) > 14 or not name[0].isalnum() or name.lower() in words.SELF:
        return
    contents = ((start, begin), (verb[1], end)) if aside else ((start, begin),)
    kind: Kind = "direct" if re.search(r"[”\"’'][\s,]*$", text[start : cut[1]]) else "indirect"
    yield Saying(speaker=name, where=where, cue=verb, contents=contents, kind=kind, sense=sense,
                 pronoun=words.PRONOUNS.get(name.lower()))  # fmt: skip


_NO_SUBJECT = re.compile(
    r"\s*(?:who|which|that|as|and|but|while|after|when|because|where|if|though|although|what|whom|to|not)\b"
)
_AUXILIARY = re.compile(r"\b(?:(?:has|have|had)\s+)?(?:has|have|had|also|later|earlier)\s*$")


def _before(text: str, start: int, verb: Span, end: int, tags: Tags) -> Span | None:
    """The subject that stands between the mark and the verb, where nothing but places and times follow the verb."""
    between = text[start : verb[0]]
    if not AFTER.fullmatch(text, verb[1], end) or _NO_SUBJECT.match(between):
        return None
    auxiliary = _AUXILIARY.search(between)
    stop = start + auxiliary.start() if auxiliary else verb[0]
    inside = [tag for offset, tag in tags if start <= offset < stop]
    if not _FINITE.isdisjoint(inside) or (inside and inside[0] in {"VBG", "IN", "TO"}):
        return None
    return start, verb[0]


def _after(text: str, start: int, end: int, tags: Tags) -> Span | None:
    """The subject that stands behind its verb: ", said Peskov"."""
    found = _NAME_END.search(text, start, end)
    stop = found.start() if found else end
    inside = [tag for offset, tag in tags if start <= offset < stop and text[offset].isalnum()]
    if start >= end or not _FINITE.isdisjoint(inside):
        return None
    if tags and (not inside or inside[0] not in {"NNP", "NNPS", "DT", "NN", "NNS", "PRP", "JJ", "CD"}):
        return None
    return start, stop


def _with_apposition(text: str, start: int, end: int, tags: Tags) -> Span | None:
    """The subject of "…, Serhiy Bratchuk, spokesman for the region, said", from its first comma on."""
    middle = text.rfind(",", start, end)
    first = max(text.rfind(",", start, middle), text.rfind("”", start, middle), text.rfind('"', start, middle))
    if middle < 0 or first < 0 or not is_name(text[first + 1 : middle]) or len(text[middle:end].split()) > 14:
        return None
    inside = {tag for offset, tag in tags if first < offset < end}
    return (first + 1, end) if _FINITE.isdisjoint(inside) else None


_NAME_END = re.compile(
    r"\s(?:on|in (?:an?|the|his|her|their|its)|at|during|after|before|told|to|who|when|as|via|last|late|early|"
    r"yesterday|today|adding|this)\b|"
    r"[.;!]\s|[.!]$|[“\"]"
)
