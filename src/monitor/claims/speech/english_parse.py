"""Dependency paths of an English sentence: who is the subject of a verb of saying, and which words are said. Pure.

Labels are those of spaCy's English models (ClearNLP's dependencies, Penn's tags). Spans are of the parsed sentence.
"""

from collections.abc import Iterator
from typing import Any, TypeAlias

from monitor.claims.speech import english_words as words
from monitor.claims.speech.sayings import Sense
from monitor.claims.speech.verbs import (
    ENGLISH,
    ENGLISH_NEEDS_CLAUSE,
    ENGLISH_OF_TEXTS,
    ENGLISH_PARTICLES,
)
from monitor.language import Span

Token: TypeAlias = Any
"""A spaCy token; the library is untyped."""

_STEPS = 6
"""Verbs that are climbed for a subject: coordination and participles of real sentences need three."""


def end_of(token: Token) -> int:
    """The offset after the token."""
    return int(token.idx) + len(token.text)


def extent(token: Token) -> Span:
    """The span of the token with all that depends on it."""
    return int(token.left_edge.idx), end_of(token.right_edge)


def without(whole: Span, own: Span) -> tuple[Span, ...]:
    """What is left of `whole` before and after `own`."""
    return tuple(span for span in ((whole[0], own[0]), (own[1], whole[1])) if span[0] < span[1])


def child_of(token: Token, *labels: str) -> Token | None:
    """The first child with one of the labels."""
    return next((child for child in token.children if child.dep_ in labels), None)


def saying_verb(token: Token) -> tuple[str, Sense] | None:
    """Lemma and sense of a verb of saying, particles included ("pointed out"); None for other words."""
    if not token.tag_.startswith("VB"):
        return None
    for (verb, particle), sense in ENGLISH_PARTICLES.items():
        if token.lower_.startswith(verb[:3]) and any(
            child.lower_ == particle and child.dep_ in {"prt", "advmod", "ccomp", "acomp", "oprd"}
            for child in token.children
        ):
            return verb, sense
    # "writes off", "calls up", "puts down" are deeds
    return None if child_of(token, "prt") is not None else ENGLISH.get(token.lower_)


def is_passive(token: Token) -> bool:
    """Whether a participle says what is said, not who says: "was told", "a report denied by"."""
    if token.tag_ != "VBN":
        return False
    if child_of(token, "auxpass", "nsubjpass", "agent") is not None:
        return True
    return token.dep_ == "acl" and child_of(token, "aux") is None


def is_aside(token: Token) -> bool:
    """ "A, X said, B" and "as X said"."""
    if token.dep_ == "parataxis":
        return True
    marked = any(child.dep_ in {"mark", "advmod"} and child.lower_ == "as" for child in token.children)
    return token.dep_ == "advcl" and marked and child_of(token, "ccomp") is None


def is_negated(token: Token) -> bool:
    """Whether somebody does *not* say it: "never said", "declined to confirm"."""
    if any(child.lower_ in words.NEGATIONS for child in token.lefts):
        return True
    if token.dep_ in {"xcomp", "conj"} and token.head.lower_ in words.REFUSALS:
        return True
    return token.dep_ == "xcomp" and any(child.lower_ in words.NEGATIONS for child in token.head.lefts)


def needs_clause(token: Token) -> bool:
    """Whether the verb says something only with a clause, and has none: "found by passers-by"."""
    lemma = ENGLISH.get(token.lower_, ("",))[0]
    return lemma in ENGLISH_NEEDS_CLAUSE | ENGLISH_OF_TEXTS and child_of(token, "ccomp", "xcomp") is None


def tells(token: Token, lemma: str, subject: Token) -> bool:
    """Whether the verb tells here that somebody says something, not that they do it."""
    clauses = [child for child in token.children if child.dep_ in {"ccomp", "xcomp"}]
    finite = any(child.dep_ == "ccomp" for child in clauses)
    if (
        (lemma in ENGLISH_NEEDS_CLAUSE and not finite and not is_aside(token))
        or (lemma in words.PRESUPPOSES and any(_asks(one) for one in clauses))
        or (lemma in ENGLISH_OF_TEXTS and subject.lower_ not in words.TEXTS)
        or (lemma == "put" and not any(one.dep_ == "prep" and one.lower_ == "at" for one in token.rights))
    ):
        return False
    if lemma == "claim" and any(child.lower_ in {"life", "lives", "victims", "toll"} for child in token.rights):
        return False
    if token.tag_ == "VB" and any(child.tag_ == "TO" for child in token.children):
        return token.head.lower_ in words.REFUSALS | words.ACTED
    if token.tag_ == "VBG" and token.dep_ == "advcl" and lemma in words.READINGS:
        return False
    if lemma == "call":
        return _calls(token, finite)
    return not (lemma in words.ORDERS and clauses and all(one.dep_ == "xcomp" and one.tag_ == "VB" for one in clauses))


def _asks(clause: Token) -> bool:
    return clause.left_edge.lower_ in words.QUESTIONS


def _calls(token: Token, finite: bool) -> bool:
    """ "calls it a lie", "calls it 'a lie'", not "called up reservists"."""
    particle = any(child.dep_ in {"prt", "prep"} and child.lower_ != "as" for child in token.children)
    after = [one for one in token.subtree if one.i > token.i]
    return not particle and (finite or any(one.dep_ == "oprd" or one.tag_ == "``" for one in after))


def subject_of(token: Token) -> Token | None:
    """The noun that says what the verb says, through participles, relative clauses and coordination; None without."""
    for _ in range(_STEPS):
        for child in token.children:
            if child.dep_ in {"nsubj", "nsubjpass"} and child.i < token.i + 8:
                relative = child.lower_ in {"who", "which", "that"} and token.dep_ == "relcl"
                return token.head if relative else child
        if token.dep_ == "acl":
            return token.head
        if token.dep_ not in {"conj", "xcomp", "advcl", "pcomp", "prep", "ccomp", "relcl", "dep"}:
            return None
        if token.dep_ in {"ccomp", "relcl"} and token.tag_ not in {"VBG", "VBN", "VB"}:
            return None
        aside = token.tag_ == "VBG" and token.dep_ == "advcl" and token.i > 0 and token.nbor(-1).text == ","
        token = token.head
        if aside and token.dep_ == "ccomp" and saying_verb(token.head) is not None:
            token = token.head  # "X warned that A has an effect, saying B": X says it, not A
    return None


def contents_of(token: Token, subject: Token) -> tuple[Span, ...]:
    """What the verb says: clauses and objects of it, or the sentence around an insertion."""
    if is_aside(token):
        head = token.head
        while head.dep_ in {"ccomp", "xcomp"} and head.head is not head:
            head = head.head
        return without(extent(head), extent(token))
    spans = list(_before(token, subject))
    # "said Peskov": what follows the name tells about him
    begin = end_of(token) if subject.i < token.i else end_of(subject.right_edge)
    end = _said_until(token, subject)
    if end > begin:
        spans.append((begin, end))
    return tuple(spans)


def _before(token: Token, subject: Token) -> Iterator[Span]:
    """What is said before the verb, but for what "and" joins to it: "A, and X said B"."""
    joined = [child.i for child in token.lefts if child.dep_ == "cc" and child.i < subject.i]
    for child in token.lefts:
        if child is subject or child.dep_ not in {"ccomp", "parataxis", "dobj", "dep"}:
            continue
        if not any(child.i < at for at in joined) and child.right_edge.lower_ not in {"and", "but", "while", "as"}:
            yield extent(child)


def _said_until(token: Token, subject: Token) -> int:
    """Where what follows the verb ends, or the narrator speaks again."""
    end = end_of(token.right_edge)
    for child in token.rights:
        if child is not subject and child.dep_ in {"advcl", "conj"} and _narrates(child):
            end = min(end, int(child.left_edge.idx))
    for one in token.subtree:
        reads = one.tag_ == "VBG" and one.dep_ == "advcl" and one.i > token.i + 1 and one.nbor(-1).text == ","
        if reads and ENGLISH.get(one.lower_, ("",))[0] in words.READINGS:
            end = min(end, int(one.idx))
    return end


def _narrates(clause: Token) -> bool:
    """Whether a clause after the saying is the narrator's: "…, while", or "…, but" with a subject of its own."""
    if clause.dep_ == "advcl":
        return any(one.dep_ in {"mark", "advmod"} and one.lower_ in words.APART for one in clause.children)
    but = any(one.dep_ == "cc" and one.lower_ in {"but", "yet"} for one in clause.head.children)
    return but and child_of(clause, "nsubj", "nsubjpass") is not None


def owner_of(noun: Token) -> Token | None:
    """X of "X's statement", "data from X", "a statement by X", "a report published by X"."""
    if (owner := child_of(noun, "poss")) is not None:
        return None if owner.tag_ == "PRP$" else owner
    for child in noun.children:
        if child.dep_ == "prep" and child.lower_ in {"by", "from"}:
            return child_of(child, "pobj")
        if child.dep_ == "acl" and child.lower_ in words.ISSUED and (agent := child_of(child, "agent")) is not None:
            return child_of(agent, "pobj")
    return None


def phrase_of(noun: Token) -> Span:
    """The noun phrase: what stands before the noun, and after it prepositions and appositions, but no clauses."""
    first = noun.left_edge
    # The parser hangs a figure or a clause on the wrong side at times: a phrase does not begin before a comma.
    for one in noun.doc[noun.left_edge.i : noun.i]:
        if (one.tag_ in {",", ":"} and one.head.i >= noun.i) or one.tag_ in {"VBD", "VBZ", "VBP", "MD"}:
            first = noun.doc[one.i + 1]
    end = end_of(_last_of_phrase(noun))
    for one in noun.subtree:  # "the head of the firm, which …"
        if one.dep_ == "relcl" and noun.idx < one.idx < end:
            end = min(end, int(one.left_edge.idx))
    return int(first.idx), end


def _last_of_phrase(noun: Token) -> Token:
    last = noun
    for child in noun.rights:
        described = child.dep_ == "acl" and child.lower_ in {"briefed", "familiar", "involved", "based", "affiliated"}
        if child.dep_ in {"relcl", "acl", "advcl"} and not described:
            break
        if child.dep_ == "prep" and child.lower_ in {"on", "during", "after", "before", "since", "as", "according"}:
            break
        if described or child.dep_ in {"prep", "appos", "amod", "cc", "conj", "compound", "flat", "nmod"}:
            last = child.right_edge
    return last
