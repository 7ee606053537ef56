"""watchlist.yaml: the topics and claims to follow and the names they go by, typed and frozen; its JSON Schema.

The guide to the format is docs/watchlist.md. Nothing here looks at articles: `phrases` finds aliases in a text,
`topics` applies the rules, `claims` reads what is said.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from monitor.language import fold_text
from monitor.watchlist.aliases import FROZEN, Alias, Id, Phrase, Texts, Word, at_least, parse_alias, words_of
from monitor.watchlist.claims import Baseline, Claim, DateRange, Quantity, Step, Value
from monitor.watchlist.rules import Entity, Near, Rule, Topic, Weights
from monitor.yamlconfig import KeyPath, Problem, Problems, did_you_mean, load_yaml

__all__ = [
    "Alias",
    "Baseline",
    "Claim",
    "DateRange",
    "Entity",
    "Near",
    "Phrase",
    "Quantity",
    "Rule",
    "Step",
    "Texts",
    "Topic",
    "Value",
    "Watchlist",
    "Weights",
    "Word",
    "doubts",
    "load_watchlist",
    "parse_alias",
    "schema_text",
    "watchlist_schema",
    "words_of",
]


class Watchlist(BaseModel):
    """The whole file."""

    model_config = FROZEN

    version: Literal[1]
    entities: dict[Id, Entity] = Field(default_factory=dict)
    topics: Annotated[tuple[Topic, ...], at_least(1)]
    claims: tuple[Claim, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = [
            *_nameless(self.entities),
            *_undefined(self),
            *_twice("topics", (topic.id for topic in self.topics)),
            *_twice("claims", (claim.id for claim in self.claims)),
            *_strange_topics(self),
        ]
        if problems:
            raise Problems(problems)
        return self

    def __hash__(self) -> int:
        # pydantic's own would try to hash the dictionaries inside.
        return hash(self.hash)

    @cached_property
    def hash(self) -> str:
        """32 hexadecimal digits over everything that decides what matches, how it scores and what is observed.

        Names, statements, channels, notes, comments and the order of keys and entities do not count.
        """
        said = self._said()
        said["topics"] = sorted(said["topics"], key=lambda topic: topic["id"])
        said["claims"] = sorted(said["claims"], key=lambda claim: claim["id"])
        return _digest(said)

    def claim_hash(self, claim_id: str) -> str:
        """Like `hash`, over all that decides what is observed and believed of one claim: the claim and all entities,
        for the names of any may hide another's. Raises KeyError when there is no such claim."""
        said = self._said()
        claims = {claim["id"]: claim for claim in said["claims"]}
        return _digest({"claim": claims[claim_id], "entities": said["entities"]})

    def _said(self) -> dict[str, Any]:
        """The file as plain data without what is only for reading."""
        said = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        for entity in said.setdefault("entities", {}).values():
            entity.pop("note", None)
        for kind in ("topics", "claims"):
            for one in said.setdefault(kind, []):
                for key in ("name", "says", "channel", "note", "cool_down"):
                    one.pop(key, None)
        return said


def _digest(said: object) -> str:
    text = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _nameless(entities: dict[str, Entity]) -> Iterator[Problem]:
    for name, entity in entities.items():
        if not entity.aliases:
            text = "an entity without aliases; allowed: en, zh-Hans, zh-Hant, ru, each a list of names"
            yield Problem(("entities", name), text)


def _undefined(watchlist: Watchlist) -> Iterator[Problem]:
    """Entities that a topic or a claim names and nobody has defined."""
    known = list(watchlist.entities)
    named: list[tuple[KeyPath, str]] = []
    for index, topic in enumerate(watchlist.topics):
        named += [(("topics", index, "match", *path), entity) for path, entity in topic.match.entities()]
        named += [(("topics", index, "entity_types", entity), entity) for entity in topic.entity_types]
    for index, claim in enumerate(watchlist.claims):
        named += [(("claims", index, *path), entity) for path, entity in claim.entities()]
    for path, entity in named:
        if entity not in watchlist.entities:
            where = (
                "words to look for go under text:" if path[0] == "topics" else "words go under cues:, with:, without:"
            )
            yield Problem(
                path,
                f'no entity "{entity}" is defined; {did_you_mean(entity, known)}'
                f"allowed: {', '.join(known) or 'none yet'} ({where})",
            )


def _strange_topics(watchlist: Watchlist) -> Iterator[Problem]:
    """Topics of claims that do not exist, and ids that a topic and a claim share."""
    topics = {topic.id: index for index, topic in enumerate(watchlist.topics)}
    for index, claim in enumerate(watchlist.claims):
        if claim.topic not in topics:
            text = f'no topic "{claim.topic}" is defined; {did_you_mean(claim.topic, list(topics))}'
            yield Problem(("claims", index, "topic"), f"{text}allowed: {', '.join(topics)}")
        if claim.id in topics:
            text = f'"{claim.id}" is the id of a topic too; a claim needs its own'
            yield Problem(("claims", index, "id"), text, see=("topics", topics[claim.id], "id"))


def _twice(name: str, ids: Iterable[str]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, one in enumerate(ids):
        if one in first:
            text = f'the id "{one}" is given twice; each {name.removesuffix("s")} needs its own'
            yield Problem((name, index, "id"), text, see=(name, first[one], "id"))
        first.setdefault(one, index)


def load_watchlist(path: Path) -> Watchlist:
    """The watchlist in the file at `path`.

    Raises ConfigError with one line a problem: file, line, what is wrong, what is allowed.
    """
    return load_yaml(path, Watchlist)


def watchlist_schema() -> dict[str, Any]:
    """The JSON Schema of the file (draft 2020-12), for editors that check while one types."""
    schema = Watchlist.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "watchlist.yaml"}


def schema_text() -> str:
    """The JSON Schema as it is published in config/schema/watchlist.schema.json."""
    return json.dumps(watchlist_schema(), ensure_ascii=False, indent=2) + "\n"


_MIXED = re.compile(r"\b\w*(?:[a-z][а-яё]|[а-яё][a-z])\w*\b", re.IGNORECASE)


def doubts(watchlist: Watchlist) -> Iterator[str]:
    """What is allowed and yet hardly meant: words that mix alphabets, names that two entities claim, idle rules."""
    owners: dict[str, str] = {}
    for name, entity in watchlist.entities.items():
        for alias in entity.aliases:
            if mixed := _MIXED.search(alias):
                yield f'entities.{name}: "{mixed[0]}" mixes Latin and Cyrillic letters that look alike'
            other = owners.setdefault(fold_text(alias), name)
            if other != name:
                yield f'entities.{name}: "{alias}" is a name of {other} too; both will match'
    for topic in watchlist.topics:
        highest = topic.weights.title + topic.weights.lead + 3 * topic.weights.body
        if topic.threshold > highest:
            yield f"topics {topic.id}: no text can reach the threshold {topic.threshold:g} (at most {highest:g})"
    for claim in watchlist.claims:
        yield from _doubts_of(claim)


def _doubts_of(claim: Claim) -> Iterator[str]:
    for alias in claim.words():
        if mixed := _MIXED.search(alias):
            yield f'claims {claim.id}: "{mixed[0]}" mixes Latin and Cyrillic letters that look alike'
    if both := set(claim.subject) & set(claim.rivals):
        yield f"claims {claim.id}: {', '.join(sorted(both))} is both subject and rival; no value can be told apart"
    if claim.quantity is not None and claim.cues is None and claim.quantity.is_open:
        yield f"claims {claim.id}: takes any {claim.quantity.unit} near the subject; cues, counted or a range help"
    if claim.kind == "date" and claim.cues is None:
        yield f"claims {claim.id}: takes any date near the subject; cues (opens, starts) help"
