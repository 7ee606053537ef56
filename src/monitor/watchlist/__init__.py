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
from monitor.watchlist.aliases import FROZEN, Alias, Id, Phrase, Texts, Word, at_least, parse_alias
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
        problems = [*_nameless(self.entities), *_undefined(self), *_twice(self.topics)]
        if problems:
            raise Problems(problems)
        return self

    def __hash__(self) -> int:
        # pydantic's own would try to hash the dictionaries inside.
        return hash(self.hash)

    @cached_property
    def hash(self) -> str:
        """32 hexadecimal digits over everything that decides what matches and how it scores.

        Names, channels, notes, comments and the order of keys and entities do not count.
        """
        said = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        for entity in said.get("entities", {}).values():
            entity.pop("note", None)
        for topic in said["topics"]:
            for key in ("name", "channel", "note"):
                topic.pop(key, None)
        said["topics"] = sorted(said["topics"], key=lambda topic: topic["id"])
        text = json.dumps(said, sort_keys=True, ensure_ascii=False)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _nameless(entities: dict[str, Entity]) -> Iterator[Problem]:
    for name, entity in entities.items():
        if not entity.aliases:
            text = "an entity without aliases; allowed: en, zh-Hans, zh-Hant, ru, each a list of names"
            yield Problem(("entities", name), text)


def _undefined(watchlist: Watchlist) -> Iterator[Problem]:
    known = list(watchlist.entities)
    for index, topic in enumerate(watchlist.topics):
        named: Iterable[tuple[KeyPath, str]] = topic.match.entities()
        for path, entity in (*((("match", *path), entity) for path, entity in named),
                             *((("entity_types", entity), entity) for entity in topic.entity_types)):  # fmt: skip
            if entity not in watchlist.entities:
                text = (
                    f'no entity "{entity}" is defined; {did_you_mean(entity, known)}'
                    f"allowed: {', '.join(known) or 'none yet'} (words to look for go under text:)"
                )
                yield Problem(("topics", index, *path), text)


def _twice(topics: tuple[Topic, ...]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, topic in enumerate(topics):
        if topic.id in first:
            text = f'the id "{topic.id}" is given twice; each topic needs its own'
            yield Problem(("topics", index, "id"), text, see=("topics", first[topic.id], "id"))
        first.setdefault(topic.id, index)


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


def doubts(watchlist: Watchlist) -> Iterator[str]:
    """What is allowed and yet hardly meant: words that mix alphabets, names that two entities claim, idle rules."""
    owners: dict[str, str] = {}
    for name, entity in watchlist.entities.items():
        for alias in entity.aliases:
            if mixed := re.search(r"\b\w*(?:[a-z][а-яё]|[а-яё][a-z])\w*\b", alias, re.IGNORECASE):
                yield f'entities.{name}: "{mixed[0]}" mixes Latin and Cyrillic letters that look alike'
            other = owners.setdefault(fold_text(alias), name)
            if other != name:
                yield f'entities.{name}: "{alias}" is a name of {other} too; both will match'
    for topic in watchlist.topics:
        highest = topic.weights.title + topic.weights.lead + 3 * topic.weights.body
        if topic.threshold > highest:
            yield f"topics {topic.id}: no text can reach the threshold {topic.threshold:g} (at most {highest:g})"
