"""Who says what in a Chinese sentence of either script: patterns over simplified characters, in their places. Pure.

The subject of a verb of saying is looked for in the clause before it: what stands before the first adverbial, without
the office. A source with 据, 根据 or 援引 passes on what follows.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from monitor.claims.speech import chinese_words as words
from monitor.claims.speech.names import CHINESE_TITLES, chinese_name, is_chinese_person
from monitor.claims.speech.sayings import Kind, Saying, Sense, Stand, apart, turned
from monitor.claims.speech.verbs import CHINESE, CHINESE_FREE, CHINESE_NOUNS
from monitor.language import Span, fold_text

MAX_NAME = 45
"""Characters of a speaker with offices and all; what is longer is a clause."""


class _Text(NamedTuple):
    """A sentence within its text, in simplified characters at the same offsets."""

    text: str
    folded: str
    start: int
    end: int
    names: frozenset[str]


@lru_cache(maxsize=4_096)
def _simple(char: str) -> str:
    folded = fold_text(char)
    return folded if len(folded) == 1 else char


@lru_cache(maxsize=64)
def _simplified(sentence: str) -> str:
    return "".join(map(_simple, sentence))


@lru_cache(maxsize=8)
def _folded(names: frozenset[str]) -> frozenset[str]:
    return frozenset(map(fold_text, names))


def _read(text: str, sentence: Span, names: frozenset[str]) -> _Text:
    """The sentence without its dateline."""
    start, end = sentence
    folded = " " * start + _simplified(text[start:end])
    found = words.DATELINE.match(folded, start, min(end, start + 80))
    return _Text(text, folded, min(found.end(), end) if found else start, end, _folded(names))


def sayings(text: str, sentence: Span, names: frozenset[str] = frozenset()) -> list[Saying]:
    """Everything that somebody is said to say in the sentence, and who. `names` are names known to be somebody's."""
    one = _read(text, sentence, names)
    sources = [*_sources(one)]
    taken = [saying.cue for saying in sources]
    verbs = [saying for saying in _verbs(one) if not any(a < saying.cue[1] and saying.cue[0] < b for a, b in taken)]
    return [*_colon(one), *sources, *_side_by_side(one, verbs), *_hearsay(one)]


# -- sources: 据, 根据, 援引 ------------------------------------------------------------------------------------------


def _sources(one: _Text) -> Iterator[Saying]:
    for pattern, cited in ((words.SOURCE, False), (words.BASED_ON, False), (words.CITING, True), (words.VIEW, False)):
        for found in pattern.finditer(one.folded, one.start, one.end):
            begin, end = found.span("who")
            if cut := words.CUT.search(one.folded, begin + 1, end):
                end = cut.start()
            if inner := words.CITES.search(one.folded, begin, end):
                end = inner.start()
            ruled = pattern is words.BASED_ON and words.AGREED.search(one.folded, begin, found.start("how"))
            where = _name(one, begin, end)
            if where is None or ruled:
                continue
            after = _content_start(one, found.end())
            contents = ((after, one.end),) if after < one.end - 1 else ((one.start, found.start()),)
            if cited and (citer := _subject(one, _clause_start(one, found.start()), found.start(), None)) is not None:
                yield Saying(speaker=one.text[slice(*citer[0])], where=citer[0], cue=found.span(), contents=contents,
                             pronoun=citer[1])  # fmt: skip
            sense: Sense = words.VERBS.get(found["how"], "states")
            yield Saying(speaker=one.text[slice(*where)], where=where, cue=found.span(), contents=contents,
                         kind="according_to", sense=sense, cited=cited)  # fmt: skip


def _hearsay(one: _Text) -> Iterator[Saying]:
    for found in words.HEARSAY.finditer(one.folded, one.start, one.end):
        after = _content_start(one, found.end())
        if after < one.end:
            yield _nobody(found.span(), (after, one.end), "hearsay")


def _content_start(one: _Text, at: int) -> int:
    while at < one.end and (one.folded[at] in "，,：:、" or one.folded[at].isspace()):
        at += 1
    return at


# -- verbs ------------------------------------------------------------------------------------------------------------


def _verbs(one: _Text) -> Iterator[Saying]:
    false = [found.span() for found in words.FALSE.finditer(one.folded, one.start, one.end)]
    previous: Saying | None = None
    at = one.start
    while found := words.VERB.search(one.folded, at, one.end):
        at = found.end()
        if any(begin < found.end() and found.start() < end for begin, end in false):
            continue
        saying = _of_verb(one, found, previous)
        if saying is not None:
            previous = saying
            yield saying


def _of_verb(one: _Text, verb: re.Match[str], previous: Saying | None) -> Saying | None:
    content = _told_from(one, verb)
    if content is None:
        return None
    word, begin = verb[0], _clause_start(one, verb.start())
    for inner in words.STRONG.finditer(one.folded, begin, verb.start()):
        begin = inner.end()  # 表示俄方赞赏……: the subject of the second verb
    impersonal = word in words.EXPECTED and words.IMPERSONAL.match(one.folded, verb.end(), one.end)
    if impersonal and not _can_speak(one.folded[begin : verb.start()]):  # 客流量预计将达……: nobody in particular
        return _nobody(verb.span(), (begin, one.end), "predicts")
    subject = _subject(one, begin, verb.start(), previous)
    if subject is None and word[:2] in CHINESE_NOUNS and len(word) > 2 and begin == verb.start():
        subject = (verb.start(), verb.start() + 2), "thing"  # 报道称: of a report named before
    if subject is not None and word in words.PRAISE and one.folded[slice(*subject[0])].endswith(("方", "我们", "们")):
        return None  # 中方赞赏: one side thanks the other in somebody's speech
    contents = _contents(one, begin, content)
    back = not contents and begin == one.start
    if subject is None or not (contents or back):
        return None
    where, pronoun = subject
    negation = words.NEGATION.search(one.folded, begin, verb.start())
    negated, sense = turned(negation is not None, words.VERBS[word])
    quoted = back or any(
        one.folded[start] in words.OPENS or one.folded[end - 1] in words.CLOSES for start, end in contents
    )
    kind: Kind = "direct" if quoted else "indirect"
    return Saying(speaker=one.text[slice(*where)], where=where, cue=verb.span(), contents=contents, kind=kind,
                  sense=sense, negated=negated, pronoun=pronoun, back=back)  # fmt: skip


def _told_from(one: _Text, verb: re.Match[str]) -> int | None:
    """Where what is said begins after the verb, None where the word is a noun or tells a deed."""
    word = verb[0]
    told = (words.TOLD_PAPER if word in words.TELLS else words.TOLD).match(one.folded, verb.end(), one.end)
    if told is None and word in CHINESE and word not in CHINESE_FREE:
        return None
    if word in CHINESE_NOUNS and words.AS_NOUN.search(one.folded, one.start, verb.start()):
        return None
    if word in {"显示", "表明"} and not words.DOCUMENT.search(
        one.folded, _clause_start(one, verb.start()), verb.start()
    ):
        return None
    return _content_start(one, told.end() if told is not None else verb.end())


def _contents(one: _Text, begin: int, content: int) -> tuple[Span, ...]:
    """What stands after the verb and, where there is nothing or a quotation ends, what stands before its clause."""
    rest = one.folded[content : one.end].strip(words.END)
    spans = [(content, one.end)] if rest else []
    if begin > one.start and (not rest or one.folded[begin - 1] in words.CLOSES):
        spans.append((one.start, begin))
    return tuple(spans)


def _nobody(cue: Span, contents: Span, sense: Sense) -> Saying:
    return Saying(speaker=None, where=None, cue=cue, contents=(contents,), sense=sense, weak=True)


def _can_speak(subject: str) -> bool:
    by_end = subject.endswith(CHINESE_TITLES) or words.BODY_END.search(subject) is not None
    return by_end or words.PRONOUN.fullmatch(subject) is not None


def _clause_start(one: _Text, at: int) -> int:
    """Where the clause begins that ends at `at`; marks within brackets and names in quotation marks do not count."""
    begin = at
    while begin > one.start:
        char = one.folded[begin - 1]
        if char in "”」』" and (opening := _short_quotation(one, begin - 1)) is not None:
            begin = opening
        elif char in "）)":
            opening = max(one.folded.rfind("（", one.start, begin), one.folded.rfind("(", one.start, begin))
            begin = opening if opening >= 0 else begin - 1
        elif char in words.BREAK or (char == " " and _parts_clauses(one, begin - 1)):
            break
        else:
            begin -= 1
    return begin


def _parts_clauses(one: _Text, at: int) -> bool:
    """Whether a space parts two clauses of a headline, and not two Latin words."""
    after = one.folded[at + 1 : at + 2]
    return at > one.start and not one.folded[at - 1].isascii() and not after.isascii()


def _short_quotation(one: _Text, close: int) -> int | None:
    """Where a quotation of a few characters, as of a name, that closes there opens; None for anybody's words."""
    mark = {"”": "“", "」": "「", "』": "『"}[one.folded[close]]
    opening = one.folded.rfind(mark, max(one.start, close - 14), close)
    if opening < 0 or re.search("[，,。！？；]", one.folded[opening:close]):
        return None
    return opening


def _subject(one: _Text, begin: int, end: int, previous: Saying | None) -> tuple[Span, Stand | None] | None:
    """The place of the name of who speaks, from the clause `begin:end` before the verb or the clauses before that."""
    bare = words.LEADING.sub("", words.OPENING.sub("", one.folded[begin:end], count=1), count=1)
    if not bare.strip() and previous is not None and previous.where is not None and previous.covers((end, end + 1)):
        return previous.where, previous.pronoun  # ……表示，……，但否认……
    for _ in range(4):
        if (found := _subject_within(one, begin, end)) is not None:
            return found
        rest = one.folded[begin:end]
        if re.match(r"\s*(?:并|还|又|也|同时|且)", rest) and previous is not None and previous.where is not None:
            return previous.where, previous.pronoun
        if begin <= one.start or one.folded[begin - 1] not in "，,":
            break
        # 普京接受采访时，对……表示: the subject stands in a clause before
        begin, end = _clause_start(one, begin - 1), begin - 1
        if re.match(r"据|根据|如果|虽然", one.folded[begin:end]):
            break
    return None


def _subject_within(one: _Text, begin: int, end: int) -> tuple[Span, Stand | None] | None:
    for pattern in (words.OPENING, words.LEADING):
        if found := pattern.match(one.folded, begin, end):
            begin = found.end()
    phrase = one.folded[begin:end]
    if (found := words.PRONOUN.match(phrase)) and (found[0] != "其" or len(phrase) == 1 or words.CUT.match(phrase, 1)):
        return (begin, begin + found.end()), _stands_for(found[0])
    if re.match(words.PREPOSITION, phrase):  # 在会见记者时，普京说: behind the place or time the subject may follow
        place = words.PLACE_END.match(one.folded, begin, end)
        return _subject_within(one, place.end(), end) if place is not None and place.end() < end else None
    if not phrase or words.NO_SUBJECT.match(phrase):
        return None
    stop = _noun_end(one, begin, end)
    if found := words.PLAIN_DOCUMENT.fullmatch(one.folded, begin, stop):
        # 报道说: a text that was named before; bare figures name nobody
        return ((begin, stop), "thing") if found[0] not in words.FIGURES else None
    if words.SOMEBODY.fullmatch(one.folded, begin, stop):  # 有知情人士
        begin += 1
    elif phrase.startswith("有") and not phrase.startswith(("有关", "有色")):
        return None
    where = _name(one, begin, stop)
    return (where, None) if where is not None else None


def _stands_for(pronoun: str) -> Stand:
    if pronoun in {"他们", "她们", "双方"}:
        return "many"
    return "person" if pronoun in {"他", "她"} or pronoun.endswith(("人", "员", "士", "家")) else "thing"


def _noun_end(one: _Text, begin: int, end: int) -> int:
    """Where the noun that begins a clause ends: before an adverb, a preposition, a deed or its own document."""
    if words.NAME_LIKE_ADVERB.fullmatch(one.folded, begin, end):
        return end
    stops = [
        found.start() for pattern in (words.CUT, words.MEETING) if (found := pattern.search(one.folded, begin + 1, end))
    ]
    stop = min([end, *stops])
    document = words.DOCUMENT.search(one.folded, begin + 1, stop)
    return document.start() if document is not None and document.start() - begin >= 2 else stop


def _name(one: _Text, begin: int, end: int) -> Span | None:
    if begin >= end or end - begin > MAX_NAME or one.folded[begin:end] in words.NOBODY:
        return None
    where = chinese_name(one.text, one.folded, begin, end, one.names)
    who = one.folded[slice(*where)]
    return where if any(char.isalpha() for char in who) and who not in words.NOBODY else None


def _side_by_side(one: _Text, verbs: list[Saying]) -> Iterator[Saying]:
    """The sayings of one sentence side by side: A说……，B说…… is no chain, unless B follows A's verb at once."""
    for index, saying in enumerate(verbs):
        reports = words.REPORTS.search(one.folded, *saying.cue) is not None
        for later in verbs[index + 1 :]:
            begin = _clause_start(one, later.cue[0])
            between = one.folded[saying.cue[1] : begin].strip("，,：:“「 ")
            if not reports and later.where not in {saying.where, None} and len(between) >= 6:
                yield apart(saying, begin)
                break
        else:
            yield saying


# -- headlines --------------------------------------------------------------------------------------------------------


def _colon(one: _Text) -> Iterator[Saying]:
    """普京：…… and 外交部：……, as headlines and transcripts have it."""
    found = re.compile("[：:]").search(one.folded, one.start, min(one.end, one.start + 24))
    if found is None or found.end() >= one.end or re.match(r"\d", one.folded[found.end() : found.end() + 1]):
        return
    before = one.folded[one.start : found.start()]
    if re.search("[，,。；“「]", before) or words.VERB.search(before[-2:]) or words.LABEL.search(before):
        return
    where = _name(one, one.start, found.start())
    if where is None:
        return
    who = one.folded[slice(*where)]
    if who in one.names or _is_somebody(who) or where[0] > one.start:
        yield Saying(speaker=one.text[slice(*where)], where=where, cue=found.span(), contents=((found.end(), one.end),),
                     kind="direct")  # fmt: skip


def _is_somebody(who: str) -> bool:
    if who.endswith(CHINESE_TITLES) or words.BODY_END.search(who) or is_chinese_person(who):
        return True
    return 2 <= len(who) <= 8 and words.TRANSLITERATION.issuperset(who) and not words.COUNTRY.search(who)


def runs_on(text: str, sentence: Span) -> bool:
    """Whether a sentence without words of saying can be more of what somebody said in the sentence before it."""
    one = _read(text, sentence, frozenset())
    plain = one.folded[one.start : one.end]
    if re.search("我", plain) and not re.search("我[国军省市]|自我", plain):
        return True
    return not words.NARRATES.match(plain) and words.RUNS_ON.search(plain) is not None


def last_person(text: str, sentence: Span, names: frozenset[str] = frozenset()) -> Span | None:
    """The person who begins the sentence, or the last of `names` in it."""
    one = _read(text, sentence, names)
    stop = re.compile(f"[{words.BREAK}]").search(one.folded, one.start, one.end)
    subject = _subject_within(one, one.start, stop.start() if stop else one.end)
    if subject is not None and subject[1] is None:
        who = one.folded[slice(*subject[0])]
        if who in one.names or is_chinese_person(who) or words.TRANSLITERATION.issuperset(who.replace("·", "")):
            return subject[0]
    places = [(one.folded.rfind(name, one.start, one.end), len(name)) for name in one.names if name]
    return max(((at, at + length) for at, length in places if at >= 0), default=None)
