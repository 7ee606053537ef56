"""Patterns of English news: datelines, "Peskov: no date", "…, the ministry said.", where a parser goes astray. Pure."""

import re
from collections.abc import Iterator, Sequence

from monitor.claims.speech.names import english_name, is_name, trim
from monitor.claims.speech.sayings import Kind, Saying, Sense, Stand
from monitor.claims.speech.verbs import ENGLISH, ENGLISH_INVERTS, ENGLISH_NEEDS_CLAUSE, ENGLISH_NEEDS_NUMBER, ENGLISH_OF_TEXTS
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
_LABELS = frozenset("""
    war live watch video exclusive analysis opinion breaking update updates news crisis explained explainer briefing
    review listen photos pictures gallery interview comment editorial podcast factbox timeline profile q&a report
    conflict talks summit election elections latest today politics business sport football world cup covid
    coronavirus pandemic markets weather invasion attack attacks offensive economy sanctions deal exercise exercises
    mobilisation mobilization breakingviews note notes source sources photo read more vs v related advertisement
    investigation special feature deaths total result results population capacity date time place where when what
    why how who background context key points day part chapter section question answer subject re correction
""".split())  # fmt: skip
_ROLES = frozenset("""
    minister ministry official officials spokesman spokeswoman spokesperson source sources report reports analyst
    analysts police president government kremlin governor mayor agency media expert experts army military un envoy
    survey poll study premier pm regulator court union adviser economist economists mp ambassador chief diplomat
    officials' lawmaker lawmakers data paper newspaper tv
""".split())  # fmt: skip
_AFTER = re.compile(
    r"\s*(?:(?:to|told)\s+(?:reporters|journalists|lawmakers|parliament|[\w' ]{1,30})|(?:him|her|them|us|me|reporters)|"
    r"(?:late|early|last|earlier|later|yesterday|today|this)\b[\w\s]{0,25}|"
    r"(?:on|in|at|during|after|before|via|through|over|by|from|as|of|since|when|about|for|with)\s[^,;]{1,120}|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b[^,;]{0,40}|there|here|again|also|,\s*(?:adding|citing|quoting|without|"
    r"speaking|referring|according)\b.*)?(?:\s*,\s*(?:adding|citing|quoting|without|speaking|referring|according|"
    r"in|at|on|as)\b.*)?\s*[.!\"”’']*\s*",
    re.DOTALL,
)
_PRONOUNS: dict[str, Stand] = {"he": "person", "she": "person", "it": "thing", "they": "many"}
_FINITE = frozenset(["VBD", "VBZ", "VBP", "MD"])


def may_hold(sentence: str) -> bool:
    """Whether anything in the sentence could be a word of saying."""
    return _HINTS.search(sentence) is not None


def body(text: str, sentence: Span) -> Span:
    """The sentence without a dateline: "MOSCOW, Sept 20 (Reuters) - "."""
    start, end = sentence
    if found := _DATELINE.match(text, start, min(end, start + 120)):
        return min(found.end(), end), end
    return start, end


def colons(text: str, sentence: Span) -> Iterator[Saying]:
    """ "Peskov: no date for talks" and "No date for talks: Peskov"."""
    start, end = sentence
    found = re.compile(r":\s+(?!http)").search(text, start, min(end, start + 80))
    if found is not None:
        before = english_name(text, start, found.start())
        name = text[slice(*before)]
        words = name.lower().split()
        role = 0 < len(words) <= 3 and words[-1] in _ROLES and words[-1] not in _LABELS
        titled = before[0] > start
        named = is_name(name) and len(words) <= 4 and "of" not in words and (titled or _speaks(words, text[found.end() : end]))
        if (named or role) and not _is_label(words) and text[start : found.start()].count(" ") < 8:
            cue = (found.start(), found.start() + 1)
            yield Saying(speaker=name, where=before, cue=cue, contents=((found.end(), end),), kind="direct")
    last = text.rfind(": ", start, end)
    last = max(last, text.rfind(" - ", start, end), text.rfind(" – ", start, end), text.rfind(" — ", start, end))
    if last > start and end - last < 50 and last - start > 20 and text[end - 1] not in '.!?"”':
        where = english_name(text, last + 2, end)
        name = text[slice(*where)]
        words = name.lower().split()
        if 0 < len(words) <= 4 and (is_name(name) or words[-1] in _ROLES) and not _is_label(words):
            yield Saying(speaker=name, where=where, cue=(last, last + 2), contents=((start, last),), kind="indirect")


def _speaks(words: Sequence[str], said: str) -> bool:
    """Whether a bare name before a colon speaks, and is no heading: places head, and a heading heads no sentence."""
    if words[-1] in _PLACES or len(said.split()) < 3:
        return False
    return re.match(r"[\"“‘']|[a-z]|I\b|We\b", said) is not None or re.search(_VERBAL, said) is not None


_VERBAL = (
    r"\b(?:is|are|was|were|will|would|has|have|had|can|could|may|might|must|should|do|does|did|won't|not|\w+ed|lost|took|"
    r"began|won|made|left|gave|set|cut|hit|ready|no)\b"
)
_PLACES = frozenset("""
    russia ukraine china us usa uk eu nato britain france germany italy spain poland japan india iran iraq israel gaza
    syria turkey korea taiwan mongolia kazakhstan uzbekistan belarus moscow beijing kyiv washington london brussels
    europe africa asia america australia canada mexico brazil hungary serbia crimea donbas kherson kharkiv kosovo georgia
    armenia azerbaijan pakistan afghanistan sudan egypt samarkand tv youtube facebook twitter instagram patreon
""".split())  # fmt: skip


def _is_label(words: Sequence[str]) -> bool:
    parts = [part for word in words for part in re.split(r"[-/]", word)]
    return any(part.strip("'’s") in _LABELS or part in _LABELS or part[:1].isdigit() for part in parts)


_CUT = re.compile(r"[,;]|[”\"’'](?=\s)|\s[-–—]+\s")


def closing(text: str, sentence: Span, tags: Sequence[tuple[int, str]]) -> Iterator[Saying]:
    """ "…, the ministry said on Friday." and "…," said Peskov: the last clause, a name with a verb of saying.

    `tags` are Penn tags by offset.
    """
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
        if tag and tag not in {"VBD", "VBZ", "VBN", "VBP"}:
            continue
        cut = _last_cut(text, start, at)
        if cut is None:
            continue
        yield from _closing_at(text, (start, end), (at, after), cut, known, tags)


def _last_cut(text: str, start: int, at: int) -> Span | None:
    """The last mark before the verb after which its clause may begin."""
    cut = None
    for found in _CUT.finditer(text, start, at):
        cut = found.span()
    return cut


def _closing_at(
    text: str, sentence: Span, verb: Span, cut: Span, known: tuple[str, Sense], tags: Sequence[tuple[int, str]]
) -> Iterator[Saying]:
    lemma, sense = known
    start, end = sentence
    before = text[cut[1] : verb[0]]
    contents = ((start, cut[0]),)
    if len(text[start : cut[0]].split()) < 3 and text[cut[0]] not in '”"':
        return  # "On Friday, Peskov said" opens a sentence
    if before.strip():
        if not _AFTER.fullmatch(text, verb[1], end):
            return
        aux = re.search(r"\b(?:has|have|had|also|later|earlier|has also|have also)\s*$", before)
        stop = cut[1] + aux.start() if aux else verb[0]
        between = [tag for offset, tag in tags if cut[1] <= offset < stop]
        if any(tag in _FINITE or tag in {"VBG", "IN", "TO"} and index == 0 for index, tag in enumerate(between)):
            return
        if re.match(
            r"\s*(?:who|which|that|as|and|but|while|after|when|because|where|if|though|although|what|whom|to|not)\b",
            before,
        ):
            return
        where = english_name(text, cut[1], verb[0])
    else:
        if lemma not in ENGLISH_INVERTS or verb[1] >= end or (tags and not _inverted(text, verb[1], tags)):
            return
        stop = _name_end(text, verb[1], end)
        if any(tag in _FINITE for offset, tag in tags if verb[1] <= offset < stop):
            return
        where = english_name(text, verb[1], stop)
    if lemma in ENGLISH_NEEDS_NUMBER | ENGLISH_OF_TEXTS or (lemma in ENGLISH_NEEDS_CLAUSE and not before.strip()):
        return
    name = text[slice(*where)]
    if not name or len(name.split()) > 14 or not name[0].isalnum():
        return
    lower = name.lower()
    if lower in {"i", "we", "you", "that", "this", "which", "what", "there"}:
        return
    kind: Kind = "direct" if re.search(r"[”\"’'][\s,]*$", text[start : cut[1]]) else "indirect"
    yield Saying(speaker=name, where=where, cue=verb, contents=contents, kind=kind, sense=sense,
                 pronoun=_PRONOUNS.get(lower))  # fmt: skip


def _inverted(text: str, at: int, tags: Sequence[tuple[int, str]]) -> bool:
    """Whether a name or an article follows the verb: ", said Peskov"."""
    following = next(((offset, tag) for offset, tag in tags if offset >= at and text[offset].isalnum()), None)
    return following is not None and following[1] in {"NNP", "NNPS", "DT", "NN", "NNS", "PRP", "JJ", "CD"}


def _name_end(text: str, start: int, end: int) -> int:
    found = re.compile(
        r"\s(?:on|in an?|at|during|after|before|told|to|who|when|as|via|last|late|early|yesterday|today|adding|this)\b|[.;!]\s|[.!]$|[“\"]"
    ).search(text, start, end)
    return found.start() if found else end


__all__ = ["body", "closing", "colons", "may_hold", "trim"]
