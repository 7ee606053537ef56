"""What articles say about the watchlist's claims: who says that what is how much, when, how far, or by whom. Pure.

    could_observe   prefilter: two automaton passes over folded text; False means that no claim can be spoken of
    observe         one Observation a claim and sentence
    explain         the same, with the reason for each sentence that looked like a claim and was not taken

A sentence speaks of a claim when it holds the claim's words, and what stands for its subject: a name, or, where the
title or one of the three sentences before names it, words that take it up. Numbers, dates and values are bound to the
nearest of the subject and its rivals (`binding`); negation and mood are read from the clause (`negation`, `modality`);
who says it comes from `speech`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache

from monitor.claims.case import Case, Draft, Refusal
from monitor.claims.cues import Prepared, prepare
from monitor.claims.kinds import FINDERS, could_hold_value
from monitor.claims.modality import Mood, aspect
from monitor.claims.negation import Denial
from monitor.claims.reading import CARRIED_SENTENCES, Reading, Sentence
from monitor.claims.speakers import Speakers
from monitor.claims.speech import Attribution, attribute
from monitor.language import Folded, Span, fold
from monitor.model import Language, Mark, Observation, Source, key, utc_now
from monitor.phrases import MAX_HITS, FieldName, Finder, folded_fields
from monitor.watchlist import Watchlist

EXTRACTOR = "claims-1"
"""The version of the rules in this package; observations carry it, so that a change of rules can be told from news."""
MAX_OBSERVATIONS = 200
"""Observations of one article that are kept: many times what any has."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One sentence as one claim saw it: what was found there, or why nothing was taken."""

    claim_id: str
    sentence: str
    field: FieldName
    start: int
    end: int
    subject: str
    """What stands for the subject, as a sentence."""
    observation: Observation | None = None
    found: str = ""
    """Which words decided, as a sentence."""
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Article:
    title: str
    text: str
    language: Language
    reference: date
    article_id: str
    revision_id: str
    source_id: str
    published: datetime | None
    observed_at: datetime


class Observer:
    """A watchlist's claims made ready; building one takes a fraction of a second, so keep it. Safe between threads."""

    def __init__(self, watchlist: Watchlist, sources: Iterable[Source] = ()) -> None:
        self.watchlist = watchlist
        self._speakers = Speakers(watchlist.entities, sources)
        self._claims, entities, words = prepare(watchlist)
        self._finder = Finder([*entities, *words])
        # Nearly all articles name no claim's subject (or post, where a claim has none): that is found out first.
        heads = {name for one in self._claims for name in one.claim.subject or one.anchors}
        self._heads = Finder([group for group in (*entities, *words) if group.name in heads])
        self._names = tuple(
            dict.fromkeys(
                alias
                for entity in watchlist.entities.values()
                if entity.type in {"person", "organisation"}
                for alias in entity.aliases
                if "~" not in alias and "*" not in alias
            )
        )

    def could_observe(self, text: str, folded: Folded | None = None) -> bool:
        """Whether an article that is part of this text (title included) could say something of a claim; False is
        certain. `folded` is `fold(text)`, where it is known already."""
        folded = folded or fold(text)
        possible, aliases = self._possible(folded)
        if not possible:
            return False
        by_group: dict[str, list[str]] = {}
        for alias in aliases:
            for group in self._finder.groups((alias,)):
                by_group.setdefault(group, []).append(alias)

        crowded = False  # a word stood so often that not all its places were looked at

        @cache
        def starts(group: str) -> list[int]:
            nonlocal crowded
            found = self._finder.find({"text": (text, folded)}, frozenset(by_group.get(group, ())))
            places = [hit.start for hit in found.hits.get(group, ())]
            crowded = crowded or len(places) >= MAX_HITS
            return places

        could = any(could_hold_value(one.claim, text, one.possible_places(starts, len(text))) for one in possible)
        return could or crowded

    def observe(
        self,
        *,
        title: str,
        text: str,
        language: Language = "und",
        published: datetime | None = None,
        article_id: str = "",
        revision_id: str = "",
        source_id: str = "",
        observed_at: datetime | None = None,
    ) -> tuple[Observation, ...]:
        """What the article says of the claims, in its order, the title first. Dates like "next month" count from
        `published`, else from `observed_at`, else from now."""
        observed = observed_at or utc_now()
        reference = (published or observed).astimezone(UTC).date()
        article = _Article(title, text, language, reference, article_id, revision_id, source_id, published, observed)
        seen = (one.observation for one in self._look(article, self._claims) if one.observation is not None)
        every = sorted(seen, key=lambda one: (one.field != "title", one.start, one.claim_id))
        return tuple(every[:MAX_OBSERVATIONS])

    def explain(
        self,
        *,
        title: str,
        text: str,
        language: Language = "und",
        published: datetime | None = None,
        claim_id: str | None = None,
    ) -> tuple[Seen, ...]:
        """Every sentence that holds words of a claim beside its subject, with what was found or why not; for one
        claim, or all."""
        now = utc_now()
        reference = (published or now).astimezone(UTC).date()
        article = _Article(title, text, language, reference, "", "", "", published, now)
        claims = [one for one in self._claims if claim_id in {None, one.claim.id}]
        return tuple(self._look(article, claims))

    # -- one article ----------------------------------------------------------------------------------------------

    def _possible(self, *folded: Folded) -> tuple[list[Prepared], frozenset[str]]:
        """The claims of which the texts could speak by the words that occur, and the aliases that do."""
        texts = [one.text for one in folded]
        heads = self._heads.groups(self._heads.candidates(*texts))
        claims = [one for one in self._claims if one.named_by(heads)]
        if not claims:
            return [], frozenset()
        aliases = self._finder.candidates(*texts)
        present = self._finder.groups(aliases)
        return [one for one in claims if one.possible(present)], aliases

    def _look(self, article: _Article, claims: Sequence[Prepared]) -> Iterator[Seen]:
        fields = folded_fields(article.title, article.text)
        possible, aliases = self._possible(*(folded for _, folded in fields.values()))
        possible = [one for one in possible if one in claims] if len(claims) < len(self._claims) else possible
        if not possible:
            return
        wanted = {name for one in possible for name in one.groups} | self.watchlist.entities.keys()
        aliases = frozenset(alias for alias in aliases if self._finder.groups((alias,)) & wanted)
        reading = Reading(article.title, article.text, self._finder.find(fields, aliases))
        for prepared in possible:
            for sentence in reading.sentences_of(prepared):
                yield self._see(prepared, reading, sentence, article)

    def _see(self, prepared: Prepared, reading: Reading, sentence: Sentence, article: _Article) -> Seen:
        """What one sentence says of one claim."""
        claim = prepared.claim

        def nothing(subject: str, *reasons: str) -> Seen:
            return Seen(
                claim.id, sentence.text, sentence.field, sentence.start, sentence.end, subject, refusals=reasons
            )

        subject = reading.subject(prepared, sentence)
        if subject is None:
            names = " or ".join(claim.subject)
            return nothing("", f"nothing here stands for {names}, and neither title nor a sentence before hands it on")
        case = Case(prepared, reading, sentence, subject, article.reference, self.watchlist.entities)
        about = _about(case)
        if prepared.cues and not case.places(prepared.cues):
            return nothing(about, "none of the cues occurs")
        for name, groups in (("with", (prepared.with_,)), ("target", claim.target)):
            needed = [group for group in groups if group]
            if needed and not case.places(*needed) and not _named_around(case, needed):
                return nothing(about, f"none of the words of `{name}` occurs, here or in the title")
        if claim.kind in {"status", "date", "category"} and prepared.without and sentence.field == "text":
            framed = reading.named_in((prepared.without,), "title", 0, len(article.title))
            if framed is not None:
                return nothing(about, f'"{article.title[framed.start : framed.end]}" (without) in the title')
        findings = FINDERS[claim.kind](case)
        refusals = tuple(one.why for one in findings if isinstance(one, Refusal))
        drafts = [one for one in findings if isinstance(one, Draft)]
        if not drafts:
            return nothing(about, *(refusals or ("it holds no value of the claim's sort",)))
        best = min(drafts, key=lambda draft: (draft.weight, draft.value_span))
        others = tuple(
            f"{one.why}: but another stands nearer, or is further on" for one in drafts if one.value != best.value
        )
        observation = self._observation(case, best, article)
        return Seen(
            claim.id,
            sentence.text,
            sentence.field,
            sentence.start,
            sentence.end,
            about,
            observation,
            best.why,
            refusals + others,
        )

    def _observation(self, case: Case, draft: Draft, article: _Article) -> Observation:
        claim, sentence = case.prepared.claim, case.sentence
        said = self._attribution(case, draft, article)
        polarity, denials = case.polarity(draft.focus)
        mood = case.mood(draft.focus)
        if mood.modality == "asserted" and said.modality is not None:
            mood = Mood(said.modality)  # "X believes that …": the words of saying alone suppose or promise
        who = self._speakers.resolve(said.speaker)
        return Observation(
            observation_id=key(
                article.revision_id,
                claim.id,
                sentence.field,
                str(sentence.start),
                draft.value,
                EXTRACTOR,
                self.watchlist.hash,
            ),
            claim_id=claim.id,
            kind=claim.kind,
            article_id=article.article_id,
            revision_id=article.revision_id,
            source_id=article.source_id,
            value=draft.value,
            number=draft.number,
            number_hi=draft.number_hi,
            comparator=draft.comparator,
            unit=claim.quantity.unit if claim.quantity else None,
            aspect=aspect(case.clauses, draft.focus, mood.modality) if claim.kind == "quantity" else None,
            previous=draft.previous,
            polarity=polarity,
            modality=mood.modality,
            speaker=said.speaker,
            speaker_entity=who.entity,
            speaker_bloc=who.bloc,
            chain=said.chain,
            field=sentence.field,
            start=sentence.start,
            end=sentence.end,
            sentence=sentence.text,
            marks=_marks(case, draft, denials, mood.mark, said),
            language=article.language,
            carried=case.subject.carried,
            confidence=_confidence(case),
            published=article.published,
            observed_at=article.observed_at,
            extractor=EXTRACTOR,
            watchlist_hash=self.watchlist.hash,
        )

    def _attribution(self, case: Case, draft: Draft, article: _Article) -> Attribution:
        """Who says it; in a headline too, whose colon and dash speech knows."""
        sentence = case.sentence
        whole = article.title if sentence.field == "title" else article.text
        focus = (sentence.start + draft.value_span[0], sentence.start + draft.value_span[1])
        return attribute(
            whole,
            (sentence.start, sentence.end),
            focus,
            language=article.language,
            previous=case.reading.previous(sentence),
            names=self._names,
        )


def _named_around(case: Case, groups: Sequence[str]) -> bool:
    """Whether the title or the sentence before has words of the groups; where the subject is carried, one of three."""
    reading, sentence = case.reading, case.sentence
    spans = reading.previous(sentence, CARRIED_SENTENCES if case.subject.carried else 1)
    return reading.named_in(groups, "title", 0, len(reading.title)) is not None or any(
        reading.named_in(groups, sentence.field, start, end) is not None for start, end in spans
    )


def _about(case: Case) -> str:
    """What stands for the subject, as a sentence."""
    subject = case.subject
    if not case.prepared.claim.subject:
        return "the claim has no subject of its own"
    shown = ", ".join(dict.fromkeys(f'"{case.written(place.span)}"' for place in subject.places))
    if not subject.carried:
        return f"{shown} names the subject"
    return f"{subject.named} names the subject" + (f", and {shown} takes it up" if shown else "")


def _marks(
    case: Case, draft: Draft, denials: tuple[Denial, ...], mood: Span | None, said: Attribution
) -> tuple[Mark, ...]:
    """The places that decided, with offsets in the field."""
    sentence = case.sentence
    marks = [Mark(role=role, start=start, end=end) for role, (start, end) in draft.marks]
    marks += [Mark(role="subject", start=place.start, end=place.end) for place in case.subject.places]
    marks += [Mark(role="polarity", start=one.start, end=one.end) for one in denials]
    if mood is not None:
        marks.append(Mark(role="modality", start=mood[0], end=mood[1]))
    if said.speaker and sentence.start <= said.start < said.end <= sentence.end:
        marks.append(Mark(role="speaker", start=said.start - sentence.start, end=said.end - sentence.start))
    ordered = sorted(set(marks), key=lambda one: (one.start, one.end, one.role))
    return tuple(replace(one, start=one.start + sentence.start, end=one.end + sentence.start) for one in ordered)


def _confidence(case: Case) -> float:
    """How sure it is that the sentence speaks of the claim: less where its subject had to be carried."""
    if not case.subject.carried:
        return 1.0
    return 0.8 if case.subject.places else 0.6
