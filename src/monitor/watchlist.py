"""watchlist.yaml: the topics to follow and the names they go by, typed and frozen; its JSON Schema.

The guide to the format is docs/watchlist.md. Nothing here looks at articles: `phrases` finds aliases in a text and
`topics` applies the rules.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from monitor.language import HAN, fold_text
from monitor.yamlconfig import KeyPath, Problem, Problems, did_you_mean, load_yaml

# -- aliases ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """One piece of a phrase, folded: a run of letters, of digits, or of Chinese characters.

    `gap` is the punctuation that the alias has in front of it (the point of `Mr. Xi`).
    """

    text: str
    kind: Literal["letters", "digits", "han"]
    prefix: bool = False
    gap: str = ""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow one another. `exact` asks for the very letters of `written`, `capitals` for capitals only."""

    written: str
    words: tuple[Word, ...]
    exact: bool = False
    capitals: bool = False


@dataclass(frozen=True, slots=True)
class Alias:
    """One alias as the watchlist writes it: a phrase, or two (`a ~ b`) that stand close together in any order."""

    written: str
    phrases: tuple[Phrase, ...]


_PIECE = re.compile(rf"(?P<han>[{HAN}]+)|(?P<digits>\d+)|(?P<letters>[^\W\d_{HAN}]+)")
_NO_SYMBOLS = re.compile(r"[|\\^${}\[\]]")
_MAX_ALIAS = 200


def parse_alias(written: str) -> Alias:
    """The alias that `written` stands for: `phrase`, `=Exact`, `word*`, `a ~ b`, ALL-CAPS.

    Raises ValueError with a sentence that says what is wrong and what to write instead.
    """
    if len(written) > _MAX_ALIAS:
        raise ValueError(f"an alias of more than {_MAX_ALIAS} characters; allowed: names and short phrases")
    if found := _NO_SYMBOLS.search(written):
        raise ValueError(
            f'"{found[0]}" means nothing in an alias (these are no regular expressions); write two aliases'
        )
    sides = written.split("~")
    if len(sides) > 2:
        raise ValueError("more than one ~; allowed: two phrases, `a ~ b`")
    if len(sides) == 2 and not all(side.strip() for side in sides):
        raise ValueError("~ needs a phrase on each side: `a ~ b`")
    return Alias(written, tuple(_parse_phrase(side.strip()) for side in sides))


def _parse_phrase(written: str) -> Phrase:
    exact = written.startswith("=")
    plain = written.removeprefix("=").strip()
    if exact and "*" in plain:
        raise ValueError("= asks for the exact form, * for any ending; use one of them")
    for star in re.finditer(r"\*", plain):
        if not re.search(r"[^\W_]$", plain[: star.start()]) or re.match(r"[^\W_]", plain[star.end() :]):
            raise ValueError("* may only end a word: `negotiat*`")
    words: list[Word] = []
    for part in re.findall(r"[^*]+\*?", plain):
        folded = fold_text(part.removesuffix("*"))
        done = 0
        for found in _PIECE.finditer(folded):
            last = found.end() == len(folded)
            kind: Any = found.lastgroup
            prefix = part.endswith("*") and last and kind != "han"
            words.append(Word(found[0], kind, prefix, gap="".join(folded[done : found.start()].split())))
            done = found.end()
    if not words:
        raise ValueError("nothing is left of it once punctuation is taken out; allowed: words")
    for word in words:
        if word.prefix and len(word.text) < 3:
            raise ValueError(f'"{word.text}*" fits nearly any word; allowed: three letters or more before *')
    if len(words) == 1 and words[0].kind != "letters" and len(words[0].text) < 2:
        raise ValueError(f'"{plain}" alone is in nearly every text; allowed: two characters or more')
    letters = re.sub(r"[\W\d_]", "", plain)
    capitals = not exact and len(letters) > 1 and letters == letters.upper() != letters.lower()
    return Phrase(plain, tuple(words), exact, capitals)


def _checked_alias(written: str) -> str:
    parse_alias(written)
    return written


def _checked_id(value: str) -> str:
    if not re.match(_ID, value):
        raise ValueError(f'"{value}" is no id; allowed: lower-case letters, digits and _, a letter first, at most 60')
    return value


# -- the file ---------------------------------------------------------------------------------------------------------

LanguageCode = Literal["en", "zh-Hans", "zh-Hant", "ru"]
_ID = r"^[a-z][a-z0-9_]{0,59}$"
Id = Annotated[str, AfterValidator(_checked_id), WithJsonSchema({"type": "string", "pattern": _ID})]
AliasText = Annotated[str, AfterValidator(_checked_alias)]
Unit = Literal["sentence", "paragraph", "tokens"]
EntityLabel = Literal[
    "PERSON", "NORP", "FAC", "ORG", "GPE", "LOC", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW", "LANGUAGE"
]

_FROZEN = ConfigDict(frozen=True, extra="forbid")


class Entity(BaseModel):
    """Somebody or something with the names it goes by. Entities that no topic uses are look-alikes: their longer
    names keep shorter ones from matching inside them."""

    model_config = _FROZEN

    type: Literal["person", "organisation", "place", "event", "facility", "look-alike"] | None = None
    note: str = ""
    en: tuple[AliasText, ...] = ()
    zh_hans: tuple[AliasText, ...] = Field(default=(), alias="zh-Hans")
    zh_hant: tuple[AliasText, ...] = Field(default=(), alias="zh-Hant")
    ru: tuple[AliasText, ...] = ()

    @property
    def aliases(self) -> tuple[str, ...]:
        """All aliases as written, each once."""
        return tuple(dict.fromkeys((*self.en, *self.zh_hans, *self.zh_hant, *self.ru)))


def _at_least(number: int) -> BeforeValidator:
    """Counts the items as they stand in the file; pydantic's own check would count the valid ones only."""

    def check(value: object) -> object:
        if isinstance(value, list | tuple | dict) and len(value) < number:
            raise ValueError(f"{'empty' if not value else 'too short'}; allowed: {number} or more")
        return value

    return BeforeValidator(check)


def _one_language(value: object) -> object:
    """`text: [a, b]` and `text: a` are allowed where the script alone tells the language."""
    if isinstance(value, str):
        return {"en": [value]}
    return {"en": value} if isinstance(value, list) else value


def _by_language(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a mapping from language codes to what `schema` describes."""
    properties = dict.fromkeys(("en", "zh-Hans", "zh-Hant", "ru"), schema)
    return {"type": "object", "properties": properties, "additionalProperties": False, "minProperties": 1}


_WORDS_SCHEMA = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_NAME_SCHEMA = {"type": "string", "minLength": 1}
Texts = Annotated[
    dict[LanguageCode, Annotated[tuple[AliasText, ...], _at_least(1)]],
    BeforeValidator(_one_language),
    WithJsonSchema({"anyOf": [{"type": "string"}, _WORDS_SCHEMA, _by_language(_WORDS_SCHEMA)]}),
]
Names = Annotated[
    dict[LanguageCode, Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]],
    BeforeValidator(lambda value: {"en": value} if isinstance(value, str) else value),
    _at_least(1),
    WithJsonSchema({"anyOf": [_NAME_SCHEMA, _by_language(_NAME_SCHEMA)]}),
]


class Near(BaseModel):
    """All of `of` in one sentence, in one paragraph, or with at most `within` words between the first and the last."""

    model_config = _FROZEN

    unit: Unit
    within: Annotated[int, Field(ge=1, le=200)] | None = None
    of: Annotated[tuple["Rule", ...], _at_least(2)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = []
        if self.unit == "tokens" and self.within is None:
            problems.append(Problem((), "unit: tokens needs how many: `within: 10`"))
        if self.unit != "tokens" and self.within is not None:
            problems.append(Problem(("within",), "only goes with unit: tokens"))
        for index, rule in enumerate(self.of):
            problems += [
                Problem(("of", index, *path), f"{kind} cannot stand inside near; allowed: entity, text, any")
                for path, kind in rule.unfit_for_near()
            ]
        if problems:
            raise Problems(problems)
        return self


class Rule(BaseModel):
    """One condition (exactly one of entity, text, any, all, near), unless something of `none` occurs.

    An entity's id alone stands for the rule that it occurs.
    """

    model_config = _FROZEN

    entity: str | None = None
    text: Texts | None = None
    any: Annotated[tuple["Rule", ...], _at_least(1)] | None = None
    all: Annotated[tuple["Rule", ...], _at_least(1)] | None = None
    near: Near | None = None
    none: Annotated[tuple["Rule", ...], _at_least(1)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _names_an_entity(cls, value: object) -> object:
        return {"entity": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        reference = handler(core_schema)
        definition = handler.resolve_ref_schema(reference)
        rule = dict(definition)
        definition.clear()
        definition["anyOf"] = [{"type": "string", "description": "The id of an entity."}, rule]
        return reference

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        given = [name for name in ("entity", "text", "any", "all", "near") if getattr(self, name) is not None]
        if not given:
            raise ValueError("an empty rule; allowed: one of entity, text, any, all, near (and none beside it)")
        if len(given) > 1:
            both = " and ".join(given)
            raise ValueError(f"{both} side by side; put them as two items under all (both) or any (one of them)")
        if self.text is not None and not self.text:
            raise ValueError("text without words; allowed: en, zh-Hans, zh-Hant, ru, each a list of phrases")
        return self

    def unfit_for_near(self) -> Iterator[tuple[KeyPath, str]]:
        """Where, inside, conditions stand that have no single place in a text."""
        for kind in ("all", "near", "none"):
            if getattr(self, kind) is not None:
                yield (kind,), kind
        for index, rule in enumerate(self.any or ()):
            for path, kind in rule.unfit_for_near():
                yield ("any", index, *path), kind

    def entities(self) -> Iterator[tuple[KeyPath, str]]:
        """Every entity named inside, with the path to its name."""
        if self.entity is not None:
            yield ("entity",), self.entity
        for name in ("any", "all", "none"):
            for index, rule in enumerate(getattr(self, name) or ()):
                for path, entity in rule.entities():
                    yield (name, index, *path), entity
        for index, rule in enumerate(self.near.of if self.near is not None else ()):
            for path, entity in rule.entities():
                yield ("near", "of", index, *path), entity


class Weights(BaseModel):
    """What a mention adds to the score by its place: in the title, in the lead, in each of up to three later
    paragraphs."""

    model_config = _FROZEN

    title: float = Field(default=3.0, ge=0)
    lead: float = Field(default=2.0, ge=0)
    body: float = Field(default=1.0, ge=0)


def _channel(value: str) -> str:
    name = value.removeprefix("#")
    if not re.fullmatch(r"[\w-]{1,80}", name) or (name != name.lower() and not re.fullmatch(r"[CG][A-Z0-9]{8,}", name)):
        raise ValueError(
            f'"{value}" is no Slack channel; allowed: a name of lower-case letters, digits, - and _, or a channel id'
        )
    return name


class Topic(BaseModel):
    """A subject to follow: what an article must say, how prominently, and the Slack channel that is told."""

    model_config = _FROZEN

    id: Id
    name: Names
    channel: Annotated[str, AfterValidator(_channel)]
    note: str = ""
    match: Rule
    weights: Weights = Weights()
    threshold: float = Field(default=1.0, gt=0)
    entity_types: dict[str, Annotated[tuple[EntityLabel, ...], _at_least(1)]] = Field(default_factory=dict)

    def title(self, language: str = "en") -> str:
        """The topic's name in `language` (`zh` finds either script), else in English, else in any."""
        wanted = (language, "zh-Hans" if language == "zh" else language, "en", *self.name)
        return next(self.name[code] for code in wanted if code in self.name)


class Watchlist(BaseModel):
    """The whole file."""

    model_config = _FROZEN

    version: Literal[1]
    entities: dict[Id, Entity] = Field(default_factory=dict)
    topics: Annotated[tuple[Topic, ...], _at_least(1)]

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
