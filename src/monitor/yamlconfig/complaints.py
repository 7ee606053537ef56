"""What pydantic finds wrong, as problems with the place in the file and a sentence."""

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import pydantic

from monitor.yamlconfig.problems import KeyPath, Problem, Problems, describe, did_you_mean, shorten

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "mapping_type": "a mapping (key: value)",
}


def problems_of(error: pydantic.ValidationError, model: type[pydantic.BaseModel], data: object) -> Iterator[Problem]:
    """The problems in `data` that kept it from being a `model`, from its own validators too."""
    problems: list[tuple[Problem, bool]] = []
    for detail in error.errors(include_url=False):
        path = _data_path(detail["loc"], data, missing=detail["type"] == "missing")
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, Problems):
            for inner in cause.problems:
                see = None if inner.see is None else (*path, *inner.see)
                problems.append((Problem((*path, *inner.path), inner.text, see), False))
            continue
        of_union = len(path) < len(detail["loc"]) and detail["type"] != "missing"
        # pydantic counts only the items that passed, so a list of bad items is also told to be too short.
        shape = (of_union and detail["type"] in _EXPECTED) or detail["type"] == "too_short"
        problems.append((Problem(path, _sentence(detail, path, model)), shape))
    for problem, shape in problems:
        deeper = any(
            len(other.path) > len(problem.path) and other.path[: len(problem.path)] == problem.path
            for other, _ in problems
        )
        # Of a union, only the alternative that came furthest is worth telling; likewise what lies inside a list.
        if not (shape and deeper):
            yield problem


def _data_path(loc: tuple[str | int, ...], data: object, *, missing: bool) -> KeyPath:
    """`loc` without the names of union members, which are no part of the file; of a missing key the last part stays."""
    path: list[str | int] = []
    here = data
    for index, part in enumerate(loc):
        if isinstance(here, Mapping):
            known = part in here
        else:
            known = isinstance(here, list) and isinstance(part, int) and 0 <= part < len(here)
        if known:
            here = typing.cast("Any", here)[part]
        elif not (missing and index == len(loc) - 1):
            continue
        path.append(part)
    return tuple(path)


def _sentence(detail: Any, path: KeyPath, model: type[pydantic.BaseModel]) -> str:  # noqa: ANN401  pydantic's own dict
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind in _EXPECTED:
        return f"must be {_EXPECTED[kind]}, not {describe(value)}"
    match kind:
        case "extra_forbidden":
            allowed = sorted(_keys_at(model, path[:-1]))
            text = f"unknown key; {did_you_mean(path[-1], allowed)}allowed: {', '.join(allowed) or 'none here'}"
        case "missing":
            allowed = sorted(_keys_at(model, path[:-1]))
            text = f"is missing; allowed here: {', '.join(allowed)}" if allowed else "is missing"
        case "literal_error" | "enum":
            allowed = [name.strip().strip("'") for name in str(context["expected"]).replace(" or ", ", ").split(", ")]
            text = f"{shorten(value)} is not known; {did_you_mean(value, allowed)}allowed: {', '.join(allowed)}"
        case "too_short":
            text = f"must have at least {context['min_length']}, not {context['actual_length']}"
        case "string_pattern_mismatch":
            text = f"{shorten(value)} does not fit; allowed: {_description_at(model, path) or context['pattern']}"
        case "value_error" | "assertion_error":
            text = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
        case _:
            text = f"{str(detail['msg']).removeprefix('Input ')} (it is {shorten(value)})"
    return text


def _description_at(model: type[pydantic.BaseModel], path: KeyPath) -> str:
    """What the model says of the field at `path`; empty where it says nothing."""
    possible: list[object] = [model]
    for part in path[:-1]:
        possible = [inner for outer in possible for inner in _inside(outer, part)]
    for kind in (each for one in possible for each in _alternatives(one)):
        if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
            info = kind.model_fields.get(str(path[-1])) if path else None
            if info is not None and info.description:
                return info.description
    return ""


def _keys_at(model: type[pydantic.BaseModel], path: KeyPath) -> set[str]:
    """The keys that the models possible at `path` know."""
    possible: list[object] = [model]
    for part in path:
        possible = [inner for outer in possible for inner in _inside(outer, part)]
    names: set[str] = set()
    for kind in (each for one in possible for each in _alternatives(one)):
        if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
            names |= {str(info.alias or name) for name, info in kind.model_fields.items()}
    return names


def _inside(annotation: object, part: str | int) -> Iterator[object]:
    for kind in _alternatives(annotation):
        if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel):
            for name, info in kind.model_fields.items():
                if part in {name, info.alias}:
                    yield info.annotation
        elif args := typing.get_args(kind):
            yield args[-1] if args[-1] is not Ellipsis else args[0]


def _alternatives(annotation: object) -> Iterator[object]:
    """The members of a union, flattened; Annotated and named types are looked through."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        yield from _alternatives(typing.get_args(annotation)[0])
    elif origin in {typing.Union, types.UnionType}:
        for member in typing.get_args(annotation):
            yield from _alternatives(member)
    elif hasattr(annotation, "__value__"):
        yield from _alternatives(annotation.__value__)
    else:
        yield annotation
