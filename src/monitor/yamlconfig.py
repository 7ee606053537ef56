"""YAML configuration: parse, check against a pydantic model, and name file and line for every problem.

The file is composed into ruamel's nodes, which know their lines, and never into Python objects by tag. Plain data is
built from the nodes here, so that a duplicate key, a tag, or an alias that would grow without bound is a sentence for
the user and nothing worse.
"""

import difflib
import hashlib
import os
import tempfile
import types
import typing
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import pydantic
import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.resolver import implicit_resolvers

from monitor.errors import ConfigError

T = TypeVar("T")
M = TypeVar("M", bound=pydantic.BaseModel)
KeyPath = tuple[str | int, ...]

MAX_BYTES = 2_000_000
"""No configuration file is larger; a parser written in Python needs some ten seconds for this much."""
MAX_NODES = 200_000
"""Values after aliases are followed: more is an alias bomb."""
MAX_DEPTH = 60
_SHOWN = 60
_CORE = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place of the data: `path` leads there (`("sources", 3, "tier")`), `see` to a second place
    that the sentence speaks of (the other of two duplicates) and whose line is added."""

    path: KeyPath
    text: str
    see: KeyPath | None = None


class Problems(ValueError):
    """Several problems at once, for a model's own validator to raise; paths are relative to that model."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.text for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Loaded(Generic[T]):
    """A configuration in force. `error` is set when the file as it stands is unusable and `value` is its last good
    version; `sha256` is that of the bytes `value` was made from, in hexadecimal."""

    value: T
    error: ConfigError | None
    sha256: str


def load_yaml(path: Path, model: type[M], *, check: Callable[[object], Iterable[Problem]] | None = None) -> M:
    """The file at `path` as an instance of `model`.

    `check` sees the plain data, whatever shape it has, and adds problems that only several entries together make
    (duplicates), so that they are told in the same go.

    Raises ConfigError with one line a problem, `file:line: path: what is wrong; allowed: ...`, all problems at once.
    """
    name = _shown_path(path)
    document = _read_document(path, name)
    found = [(line, f"{name}:{line}: {_prefix(at)}{text}") for at, line, text in document.problems]
    extra = list(check(document.data)) if check is not None else []
    try:
        instance = model.model_validate(document.data)
    except pydantic.ValidationError as error:
        extra += _problems_of(error, model, document.data)
        instance = None
    for problem in extra:
        line = document.line(problem.path)
        also = f" (see line {document.line(problem.see)})" if problem.see is not None else ""
        found.append((line, f"{name}:{line}: {_prefix(problem.path)}{problem.text}{also}"))
    if found or instance is None:
        raise ConfigError("\n".join(dict.fromkeys(text for _, text in sorted(found, key=lambda item: item[0]))))
    return instance


def last_good(path: Path, state_dir: Path, load: Callable[[Path], T]) -> Loaded[T]:
    """What `load(path)` gives, or, when it raises ConfigError, what the last version that it took gives.

    A version that loads is copied to `state_dir/config/` (atomically, only when it changed). A bad edit therefore
    changes nothing but `error`, also after a restart.

    Raises ConfigError when the file is bad and no good copy of it exists or works any more.
    """
    copy = state_dir / "config" / path.name
    try:
        value, raw = _load_stable(path, load)
    except ConfigError as error:
        try:
            return Loaded(load(copy), error, hashlib.sha256(copy.read_bytes()).hexdigest())
        except (ConfigError, OSError):
            raise error from None
    if not copy.is_file() or copy.read_bytes() != raw:
        write_atomically(copy, raw)
    return Loaded(value, None, hashlib.sha256(raw).hexdigest())


def write_atomically(path: Path, raw: bytes) -> None:
    """Replace `path` by `raw`: a reader sees the old bytes or the new ones, also after a crash. Keeps the mode."""
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def did_you_mean(value: object, allowed: Sequence[str]) -> str:
    """`did you mean "x"? ` when one of `allowed` is close to `value`, else nothing."""
    close = difflib.get_close_matches(str(value).casefold(), [name.casefold() for name in allowed], n=1)
    match = next((name for name in allowed if close and name.casefold() == close[0]), None)
    return f'did you mean "{match}"? ' if match is not None else ""


def _load_stable(path: Path, load: Callable[[Path], T]) -> tuple[T, bytes]:
    """The value and the very bytes it was made from, also while somebody saves the file."""
    for _ in range(3):
        before = _read(path, _shown_path(path))
        value = load(path)
        if _read(path, _shown_path(path)) == before:
            return value, before
    raise ConfigError(f"{_shown_path(path)}: the file kept changing while it was read; try again.")


# -- text to data with lines -----------------------------------------------------------------------------------------


@dataclass
class _Document:
    """Plain data, the line of each path, and what was wrong with the YAML itself."""

    data: object = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    problems: list[tuple[KeyPath, int, str]] = field(default_factory=list)
    nodes: int = 0

    def line(self, path: KeyPath) -> int:
        """The line of `path`, or of the nearest place above it that exists."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _TooMuch(Exception):
    """The document grows beyond MAX_NODES."""


def _read(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"{name}: there is no such file; create it or point MONITOR_CONFIG to its folder.") from None
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read: {error.strerror or error}.") from None
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{name}: larger than {MAX_BYTES // 1_000_000} MB, which no configuration needs.")
    return raw


def _read_document(path: Path, name: str) -> _Document:
    raw = _read(path, name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"{name}:{line}: byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8."
        ) from None
    node = _compose(text, name)
    document = _Document()
    if node is None:
        raise ConfigError(f"{name}:1: the file is empty.")
    try:
        document.data = _build(node, (), document, ())
    except _TooMuch:
        raise ConfigError(
            f"{name}:1: more than {MAX_NODES:,} values once aliases (*name) are followed; write less."
        ) from None
    return document


class _QuickLoader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]  # PyYAML is untyped
    """libyaml's parser with ruamel's notion of plain values (YAML 1.2), where `no` is a country and not false."""


for _versions, _tag, _pattern, _first in implicit_resolvers:
    if (1, 2) in _versions:
        _QuickLoader.add_implicit_resolver(_tag, _pattern, _first)


def _compose_quickly(text: str) -> Any:  # noqa: ANN401  PyYAML is untyped; its nodes are like ruamel's
    """The root node by libyaml, some fifty times as fast, for every process reads the files; None for whatever is not
    plain and valid, which is then composed again by ruamel, for its messages."""
    if text.startswith("%") or "\n%" in text:  # a directive may ask for another version of YAML
        return None
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_QuickLoader):  # libyaml's composer does not survive very deep nesting
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                return None
        return yaml.compose(text, Loader=_QuickLoader)
    except (yaml.YAMLError, ValueError):
        return None


def _compose(text: str, name: str) -> Node | None:
    """The root node. Raises ConfigError for anything that is no single YAML document."""
    if (quick := _compose_quickly(text)) is not None:
        return typing.cast("Node", quick)
    slow = YAML(typ="safe", pure=True)
    slow.max_depth = MAX_DEPTH
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a reused anchor is legal
            node: Node | None = slow.compose(text)
    except ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise ConfigError(f"{name}:{line}: control character U+{ord(text[error.position]):04X}; remove it.") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise ConfigError(f"{name}:{line}: {_yaml_trouble(error, text, line)}") from None
    except (YAMLError, RecursionError, ValueError, AssertionError, LookupError, TypeError, AttributeError) as error:
        # The parser trips over some malformed input with errors of Python's own.
        raise ConfigError(f"{name}:1: cannot be read as YAML ({type(error).__name__}: {_shorten(error)}).") from None
    return node


def _yaml_trouble(error: MarkedYAMLError, text: str, line: int) -> str:
    """The parser's message as a sentence, with advice for the usual slips."""
    lines = text.split("\n")
    source = lines[line - 1] if line <= len(lines) else ""
    if "maximum depth" in str(error.problem):
        return f"nested more than {MAX_DEPTH} deep."
    if "another document" in str(error.problem):
        return "a second document starts here (---); one file holds one document."
    if "\t" in source[: len(source) - len(source.lstrip())] or "'\\t'" in str(error.problem):
        return "a tab where YAML wants spaces; indent with spaces."
    parts = [str(part).strip().rstrip(".") for part in (error.context, error.problem) if part]
    return "not valid YAML: " + (", ".join(parts) or "unknown trouble").replace("\n", " ") + "."


def _build(node: Node, path: KeyPath, document: _Document, above: tuple[int, ...]) -> object:
    """Plain data of `node`; notes the line of every path and whatever is wrong on the way."""
    document.nodes += 1
    if document.nodes > MAX_NODES:
        raise _TooMuch
    line = node.start_mark.line + 1
    document.lines.setdefault(path, line)
    if id(node) in above:
        document.problems.append((path, line, "an alias (*name) that contains itself; write the value out."))
        return None
    tag = str(node.tag or "")
    if not tag.startswith(_CORE) or tag[len(_CORE) :] not in _TAGS:
        document.problems.append((path, line, f"the tag {_shorten(tag)} is not used here; remove it."))
        return None
    above = (*above, id(node))
    if isinstance(node, SequenceNode | yaml.SequenceNode):
        return [_build(item, (*path, index), document, above) for index, item in enumerate(node.value)]
    if isinstance(node, MappingNode | yaml.MappingNode):
        return _build_mapping(node, path, document, above)
    return _scalar(node, tag[len(_CORE) :])


def _build_mapping(node: MappingNode, path: KeyPath, document: _Document, above: tuple[int, ...]) -> dict[str, object]:
    data: dict[str, object] = {}
    first: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode | yaml.ScalarNode):
            document.problems.append((path, line, "a key must be plain text, not a list or a mapping."))
            continue
        key = str(key_node.value)
        if str(key_node.tag) == f"{_CORE}merge":
            document.problems.append((path, line, "merge keys (<<) are not used here; write the keys out."))
            continue
        if key in first:
            text = f"the key {_shorten(key)} is given twice (see line {first[key]}); keep one."
            document.problems.append((path, line, text))
            continue
        first[key] = line
        document.lines[(*path, key)] = line
        data[key] = _build(value_node, (*path, key), document, above)
    return data


_TAGS = frozenset({"str", "int", "float", "bool", "null", "seq", "map", "timestamp", "value"})


def _scalar(node: Node, kind: str) -> object:
    """YAML 1.2's core types; a date stays text, and so does a number that Python would not read the same way."""
    text = str(node.value)
    plain = text.replace("_", "")
    try:
        match kind:
            case "null":
                return None
            case "bool":
                return text.casefold() == "true"
            case "int":
                sign, digits = (plain[0], plain[1:]) if plain[:1] in "+-" else ("", plain)
                base = {"0x": 16, "0o": 8, "0b": 2}.get(digits[:2].lower(), 10)
                return int(sign + digits, base) if base == 10 else int(f"{sign}{digits}", 0)
            case "float":
                return float(plain.lower().replace(".inf", "inf").replace(".nan", "nan"))
    except ValueError:
        return text
    return text


# -- the model's complaints as sentences -----------------------------------------------------------------------------

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


def _problems_of(error: pydantic.ValidationError, model: type[pydantic.BaseModel], data: object) -> Iterator[Problem]:
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
        return f"must be {_EXPECTED[kind]}, not {_describe(value)}"
    match kind:
        case "extra_forbidden":
            allowed = sorted(_keys_at(model, path[:-1]))
            text = f"unknown key; {did_you_mean(path[-1], allowed)}allowed: {', '.join(allowed) or 'none here'}"
        case "missing":
            allowed = sorted(_keys_at(model, path[:-1]))
            text = f"is missing; allowed here: {', '.join(allowed)}" if allowed else "is missing"
        case "literal_error" | "enum":
            allowed = [name.strip().strip("'") for name in str(context["expected"]).replace(" or ", ", ").split(", ")]
            text = f"{_shorten(value)} is not known; {did_you_mean(value, allowed)}allowed: {', '.join(allowed)}"
        case "too_short":
            text = f"must have at least {context['min_length']}, not {context['actual_length']}"
        case "string_pattern_mismatch":
            text = f"{_shorten(value)} does not fit; allowed: {_description_at(model, path) or context['pattern']}"
        case "value_error" | "assertion_error":
            text = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
        case _:
            text = f"{str(detail['msg']).removeprefix('Input ')} (it is {_shorten(value)})"
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


# -- wording ---------------------------------------------------------------------------------------------------------


def _shown_path(path: Path) -> str:
    """Relative to the working directory where it lies below it, so that an editor's terminal can open it."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  resolve() would replace symbolic links the user knows by name
    here = Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(path)


def _prefix(path: KeyPath) -> str:
    shown = ""
    for part in path:
        shown += f"[{part}]" if isinstance(part, int) else (f".{_key(part)}" if shown else _key(part))
    return f"{shown}: " if shown else ""


def _key(name: str) -> str:
    return name if name.isprintable() and len(name) <= _SHOWN else _shorten(name)


def _shorten(value: object) -> str:
    if isinstance(value, str | int | float | bool | None):
        shown = repr(value) if not isinstance(value, str) else f'"{value}"'
    else:
        shown = str(value) if isinstance(value, BaseException) else _describe(value)
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in shown)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"


def _describe(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return _shorten(value)
