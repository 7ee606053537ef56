"""YAML text to plain data that knows its lines."""

import typing
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.resolver import implicit_resolvers

from monitor.errors import ConfigError
from monitor.yamlconfig.problems import KeyPath, shorten

MAX_BYTES = 2_000_000
"""No configuration file is larger; a parser written in Python needs some ten seconds for this much."""
MAX_NODES = 200_000
"""Values after aliases are followed: more is an alias bomb."""
MAX_DEPTH = 60
_CORE = "tag:yaml.org,2002:"


@dataclass
class Document:
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


def read_bytes(path: Path, name: str) -> bytes:
    """The file's bytes. Raises ConfigError, with `name` for the file, when there are none or too many."""
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


def read_document(path: Path, name: str) -> Document:
    """The file's data with its lines. Raises ConfigError when it is no single YAML document in UTF-8."""
    raw = read_bytes(path, name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"{name}:{line}: byte 0x{raw[error.start]:02x} is not UTF-8; save the file as UTF-8."
        ) from None
    node = _compose(text, name)
    document = Document()
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
        raise ConfigError(f"{name}:1: cannot be read as YAML ({type(error).__name__}: {shorten(error)}).") from None
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


def _build(node: Node, path: KeyPath, document: Document, above: tuple[int, ...]) -> object:
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
        document.problems.append((path, line, f"the tag {shorten(tag)} is not used here; remove it."))
        return None
    above = (*above, id(node))
    if isinstance(node, SequenceNode | yaml.SequenceNode):
        return [_build(item, (*path, index), document, above) for index, item in enumerate(node.value)]
    if isinstance(node, MappingNode | yaml.MappingNode):
        return _build_mapping(node, path, document, above)
    return _scalar(node, tag[len(_CORE) :])


def _build_mapping(node: MappingNode, path: KeyPath, document: Document, above: tuple[int, ...]) -> dict[str, object]:
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
            text = f"the key {shorten(key)} is given twice (see line {first[key]}); keep one."
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
