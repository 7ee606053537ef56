"""Claims: what is said of a subject, and the words by which sentences are known to say it.

A claim is a plain description; `monitor.claims` applies it to articles. Each kind has one block of its own
(`quantity`, `date`, `ladder`, `stances`, `values`, `role`), everything else is shared and has a default.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from monitor.model import ClaimKind, Comparator, Modality, Polarity
from monitor.units import known_units, unit
from monitor.watchlist.aliases import FROZEN, TEXTS_SCHEMA, WORDS_SCHEMA, Id, Names, Texts, at_least, words_of
from monitor.watchlist.rules import Channel
from monitor.yamlconfig import Problem, Problems, did_you_mean

BLOCKS: dict[ClaimKind, str] = {
    "quantity": "quantity",
    "date": "date",
    "status": "ladder",
    "stance": "stances",
    "category": "values",
    "role_holder": "role",
}
"""The one key that each kind needs and no other kind has."""

_ONLY = {
    "not_dated": "date",
    "several": "category",
    "old_after": "category",
    "tolerance": "quantity",
    "growing": "quantity",
}

# -- pieces -----------------------------------------------------------------------------------------------------------

_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_DURATION = re.compile(r"(\d{1,6})\s*([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_NUMBER = re.compile(r"\d+(\.\d+)?")


def _duration(value: object) -> object:
    """`30m`, `6h`, `2d` as a timedelta; 0 for none."""
    if isinstance(value, timedelta):
        return value
    if value == 0 and not isinstance(value, bool):
        return timedelta()
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f'"{value}" is no duration; allowed: a number and s, m, h or d, as in 30m, 6h, 2d')
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])


def _tolerance(value: object) -> object:
    """`5%` or a number in the claim's unit."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.removesuffix("%").strip()):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError(f'"{value}" is no tolerance; allowed: a share as in 5%, or a number in the claim\'s unit')


def _ids(value: object) -> object:
    """One id alone stands for a list of one."""
    return (value,) if isinstance(value, str) else value


EntityIds = Annotated[
    tuple[str, ...],
    BeforeValidator(_ids),
    WithJsonSchema({"anyOf": [{"type": "string"}, WORDS_SCHEMA]}),
]
Duration = Annotated[
    timedelta, BeforeValidator(_duration), WithJsonSchema({"type": ["string", "integer"], "pattern": r"^\d+\s*[smhd]$"})
]
ValueName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,59}$")]


def _unit(value: str) -> str:
    try:
        return unit(value).name
    except ValueError:
        known = known_units()
        text = f'"{value}" is no unit that is known; {did_you_mean(value, known)}allowed: {", ".join(known)}, '
        raise ValueError(text + "a rate of two (bcm/yr, USD/t), and count for whatever `counted` names") from None


class Quantity(BaseModel):
    """What is counted or measured. Values outside `at_least` and `at_most` are not plausible and not taken.

    `counted` are the words for the things counted (soldiers, servicemen); the engine knows none of its own.
    """

    model_config = FROZEN

    unit: Annotated[str, AfterValidator(_unit)]
    at_least: float | None = None
    at_most: float | None = None
    counted: Texts | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.at_least is not None and self.at_most is not None and self.at_least >= self.at_most:
            text = f"not above at_least ({self.at_least:g}); no value would be plausible"
            raise Problems([Problem(("at_most",), text)])
        return self

    @property
    def is_open(self) -> bool:
        """Whether any number in the unit will do."""
        return self.at_least is None and self.at_most is None and self.counted is None

    def plausible(self, value: float) -> bool:
        """Whether `value`, in the claim's unit, lies within the range."""
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


class DateRange(BaseModel):
    """The days, both included, between which a date is plausible."""

    model_config = FROZEN

    earliest: date
    latest: date

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.earliest > self.latest:
            raise Problems([Problem(("latest",), f"before earliest ({self.earliest}); no date would be plausible")])
        return self


class Step(BaseModel):
    """A step of a ladder with the words that say it is reached. In the file: `signed: {en: [...]}`, or `signed` alone
    for a step that only a baseline or the steps around it speak of."""

    model_config = FROZEN

    id: Id
    cues: Texts | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if isinstance(value, str):
            return {"id": value}
        if isinstance(value, dict) and len(value) == 1 and "id" not in value:
            return dict(zip(("id", "cues"), next(iter(value.items())), strict=True))
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        reference = handler(core_schema)
        definition = handler.resolve_ref_schema(reference)
        definition.clear()
        definition["description"] = "A step: its id alone, or its id with the words that say it is reached."
        definition["anyOf"] = [
            {"type": "string"},
            {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": TEXTS_SCHEMA},
        ]
        return reference


class Value(BaseModel):
    """One value of a category: the words for it, or an entity whose names stand for it."""

    model_config = FROZEN

    entity: str | None = None
    texts: Texts | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: object) -> object:
        if isinstance(value, dict) and value.keys() & {"entity", "texts"}:
            return value
        return {"texts": value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        reference = handler(core_schema)
        definition = handler.resolve_ref_schema(reference)
        definition.clear()
        definition["description"] = "The words for it, or an entity whose names stand for it."
        entity = {"type": "object", "properties": {"entity": {"type": "string"}}, "required": ["entity"]}
        definition["anyOf"] = [*TEXTS_SCHEMA["anyOf"], {**entity, "additionalProperties": False}]
        return reference

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.entity is None) == (self.texts is None):
            raise ValueError("allowed: words by language, or `entity:` with an entity's id")
        return self


Scalar = str | float


class Baseline(BaseModel):
    """What was known of the claim when it was written down; changes are told against it.

    `value` is a number, a date as far as it is known (`2022-10`), a step, stance or value, a person; a list where
    a category has several values, or for the two ends of a range. `speaker` and `source` say where it is from.
    """

    model_config = FROZEN

    value: Scalar | tuple[Scalar, ...]
    comparator: Comparator = "eq"
    polarity: Polarity = "+"
    modality: Modality = "asserted"
    previous: Scalar | tuple[Scalar, ...] | None = None
    as_of: date
    speaker: str = ""
    source: str = ""

    @property
    def values(self) -> tuple[Scalar, ...]:
        """The value, or the values, as a tuple."""
        return self.value if isinstance(self.value, tuple) else (self.value,)

    @property
    def text(self) -> str:
        """The value in the form of `Observation.value`."""
        return canonical(self.values[0] if self.comparator == "range" else self.value)

    @property
    def previous_text(self) -> str | None:
        """The value before, in the form of `Observation.value`."""
        return None if self.previous is None else canonical(self.previous)


def canonical(value: Scalar | tuple[Scalar, ...]) -> str:
    """`value` as observations write it: a number without superfluous digits, several values sorted and joined by +."""
    if isinstance(value, tuple):
        return "+".join(sorted({canonical(one) for one in value}))
    if isinstance(value, str):
        return value
    return str(int(value)) if value == int(value) else repr(value)


# -- the claim --------------------------------------------------------------------------------------------------------


class Claim(BaseModel):
    """Something that is said of a subject, and that is told when it is said otherwise."""

    model_config = FROZEN

    id: Id
    topic: str
    kind: ClaimKind
    says: Names
    note: str = ""

    subject: EntityIds = ()
    subject_all: bool = False
    also_called: Texts | None = None
    cues: Texts | None = None
    with_: Texts | None = Field(default=None, alias="with")
    without: Texts | None = None
    rivals: EntityIds = ()
    rivals_text: Texts | None = None
    target: EntityIds = ()

    quantity: Quantity | None = None
    date: DateRange | None = None
    not_dated: Texts | None = None
    ladder: Annotated[tuple[Step, ...], at_least(2)] = ()
    stances: Annotated[dict[Id, Texts], at_least(1)] = Field(default_factory=dict)
    values: Annotated[dict[ValueName, Value], at_least(1)] = Field(default_factory=dict)
    several: bool = False
    old_after: Texts | None = None
    role: Texts | None = None

    baseline: Baseline | None = None
    tolerance: Annotated[str | float, BeforeValidator(_tolerance)] = "5%"
    min_sources: Annotated[int, Field(ge=1, le=100)] = 1
    cool_down: Duration = timedelta()
    growing: bool = False
    channel: Channel | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = [*self._misfits(), *self._bad_ladder(), *self._bad_baseline()]
        if problems:
            raise Problems(problems)
        return self

    def __hash__(self) -> int:
        # pydantic's own would try to hash the dictionaries inside.
        return hash(self.id)

    def title(self, language: str = "en") -> str:
        """The statement in `language` (`zh` finds either script), else in English, else in any."""
        wanted = (language, "zh-Hans" if language == "zh" else language, "en", *self.says)
        return next(self.says[code] for code in wanted if code in self.says)

    def tolerates(self, old: float, new: float) -> bool:
        """Whether `new` counts as the same number as `old`."""
        if isinstance(self.tolerance, str) and self.tolerance.endswith("%"):
            allowed = abs(old) * float(self.tolerance.removesuffix("%")) / 100
        else:
            allowed = float(self.tolerance)
        return abs(new - old) <= allowed * (1 + 1e-9)

    def entities(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every entity that the claim names, with the path to its name."""
        for name in ("subject", "rivals", "target"):
            for index, entity in enumerate(getattr(self, name)):
                yield (name, index), entity
        for name, value in self.values.items():
            if value.entity is not None:
                yield ("values", name, "entity"), value.entity

    def words(self) -> Iterator[str]:
        """Every phrase that the claim looks for, beside the names of entities."""
        texts = [self.also_called, self.cues, self.with_, self.without, self.rivals_text, self.not_dated]
        texts += [self.old_after, self.role, self.quantity.counted if self.quantity else None]
        texts += [*(step.cues for step in self.ladder), *self.stances.values()]
        texts += [value.texts for value in self.values.values()]
        for some in texts:
            yield from words_of(some)

    def _misfits(self) -> Iterator[Problem]:
        """Blocks that are missing or belong to another kind."""
        block = BLOCKS[self.kind]
        if block not in self.model_fields_set or not getattr(self, block):
            yield Problem((), f"kind: {self.kind} needs `{block}:`, which is missing")
        for kind, other in BLOCKS.items():
            if kind != self.kind and other in self.model_fields_set:
                yield Problem(
                    (other,), f"only goes with kind: {kind}; this claim is of kind {self.kind}, with `{block}:`"
                )
        for name, only in _ONLY.items():
            if only != self.kind and name in self.model_fields_set:
                yield Problem((name,), f"only goes with kind: {only}; this claim is of kind {self.kind}")
        if not self.subject and self.kind != "role_holder":
            yield Problem((), "subject is missing: the entity, or entities, that the claim is about")
        if self.subject_all and len(self.subject) < 2:
            yield Problem(("subject_all",), "asks for all of several subjects; there is one or none")

    def _bad_ladder(self) -> Iterator[Problem]:
        seen: dict[str, int] = {}
        for index, step in enumerate(self.ladder):
            if step.id in seen:
                yield Problem(("ladder", index), f'the step "{step.id}" is given twice', see=("ladder", seen[step.id]))
            seen.setdefault(step.id, index)
        if self.ladder and not any(step.cues for step in self.ladder):
            yield Problem(("ladder",), "no step has words that say it is reached; write `signed: {en: [signed]}`")

    def _bad_baseline(self) -> Iterator[Problem]:
        if self.baseline is None:
            return
        base = self.baseline
        for name, value in (("value", base.value), ("previous", base.previous)):
            if value is None:
                continue
            ones = value if isinstance(value, tuple) else (value,)
            ends = self.kind == "quantity" and base.comparator == "range" and name == "value"
            if ends and (len(ones) != 2 or not all(isinstance(one, float) for one in ones) or ones[0] > ones[1]):  # type: ignore[operator]
                yield Problem(("baseline", name), "comparator: range needs both ends, `value: [45, 50]`")
            elif not ones or (isinstance(value, tuple) and not (ends or self.several)):
                yield Problem(("baseline", name), "a list; allowed: one value (a list needs `several: true`)")
            else:
                for one in ones:
                    if (text := self._unfit(one)) is not None:
                        yield Problem(("baseline", name), text)

    def _unfit(self, value: Scalar) -> str | None:
        """Why `value` can be no value of this claim; None when it can."""
        shown = canonical(value)
        if self.kind == "quantity":
            if not isinstance(value, float):
                return f'"{shown}" is no number; allowed: a number in the claim\'s unit'
            if self.quantity is not None and not self.quantity.plausible(value):
                return f"{shown} lies outside at_least and at_most of the claim itself"
        elif self.kind == "date":
            if not _DATE.fullmatch(shown):
                return f'"{shown}" is no date; allowed: 2022, 2022-10, 2022-10-16'
            if self.date is not None and not (str(self.date.earliest)[: len(shown)] <= shown <= str(self.date.latest)):
                return f"{shown} lies outside earliest and latest of the claim itself"
        elif self.kind != "role_holder":
            allowed = {
                "status": [step.id for step in self.ladder],
                "stance": list(self.stances),
                "category": list(self.values),
            }[self.kind]
            if shown not in allowed:
                return f'"{shown}" is not known; {did_you_mean(shown, allowed)}allowed: {", ".join(allowed)}'
        return None
