"""Entities, the rules that combine them, and topics: what an article must say."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from monitor.watchlist.aliases import FROZEN, AliasText, Id, Names, Texts, at_least
from monitor.yamlconfig import KeyPath, Problem, Problems

Unit = Literal["sentence", "paragraph", "tokens"]
EntityLabel = Literal[
    "PERSON", "NORP", "FAC", "ORG", "GPE", "LOC", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW", "LANGUAGE"
]


class Entity(BaseModel):
    """Somebody or something with the names it goes by. Entities that no topic uses are look-alikes: their longer
    names keep shorter ones from matching inside them. `bloc` is the side that speaks through it, as in sources.yaml."""

    model_config = FROZEN

    type: Literal["person", "organisation", "place", "event", "facility", "look-alike"] | None = None
    bloc: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")] | None = None
    note: str = ""
    en: tuple[AliasText, ...] = ()
    zh_hans: tuple[AliasText, ...] = Field(default=(), alias="zh-Hans")
    zh_hant: tuple[AliasText, ...] = Field(default=(), alias="zh-Hant")
    ru: tuple[AliasText, ...] = ()

    @property
    def aliases(self) -> tuple[str, ...]:
        """All aliases as written, each once."""
        return tuple(dict.fromkeys((*self.en, *self.zh_hans, *self.zh_hant, *self.ru)))


class Near(BaseModel):
    """All of `of` in one sentence, in one paragraph, or with at most `within` words between the first and the last."""

    model_config = FROZEN

    unit: Unit
    within: Annotated[int, Field(ge=1, le=200)] | None = None
    of: Annotated[tuple["Rule", ...], at_least(2)]

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

    model_config = FROZEN

    entity: str | None = None
    text: Texts | None = None
    any: Annotated[tuple["Rule", ...], at_least(1)] | None = None
    all: Annotated[tuple["Rule", ...], at_least(1)] | None = None
    near: Near | None = None
    none: Annotated[tuple["Rule", ...], at_least(1)] | None = None

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

    model_config = FROZEN

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


Channel = Annotated[str, AfterValidator(_channel)]


class Topic(BaseModel):
    """A subject to follow: what an article must say, how prominently, and the Slack channel that is told."""

    model_config = FROZEN

    id: Id
    name: Names
    channel: Channel
    note: str = ""
    match: Rule
    weights: Weights = Weights()
    threshold: float = Field(default=1.0, gt=0)
    entity_types: dict[str, Annotated[tuple[EntityLabel, ...], at_least(1)]] = Field(default_factory=dict)

    def title(self, language: str = "en") -> str:
        """The topic's name in `language` (`zh` finds either script), else in English, else in any."""
        wanted = (language, "zh-Hans" if language == "zh" else language, "en", *self.name)
        return next(self.name[code] for code in wanted if code in self.name)
