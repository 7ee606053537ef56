"""What is wrong with a configuration file, at which place, in words for its author."""

import difflib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

KeyPath = tuple[str | int, ...]

_SHOWN = 60


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


def did_you_mean(value: object, allowed: Sequence[str]) -> str:
    """`did you mean "x"? ` when one of `allowed` is close to `value`, else nothing."""
    close = difflib.get_close_matches(str(value).casefold(), [name.casefold() for name in allowed], n=1)
    match = next((name for name in allowed if close and name.casefold() == close[0]), None)
    return f'did you mean "{match}"? ' if match is not None else ""


def shown_path(path: Path) -> str:
    """Relative to the working directory where it lies below it, so that an editor's terminal can open it."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  resolve() would replace symbolic links the user knows by name
    here = Path.cwd()
    return str(absolute.relative_to(here)) if absolute.is_relative_to(here) else str(path)


def path_prefix(path: KeyPath) -> str:
    """`topics[3].name: `, to begin a sentence with; nothing for the whole file."""
    shown = ""
    for part in path:
        shown += f"[{part}]" if isinstance(part, int) else (f".{_key(part)}" if shown else _key(part))
    return f"{shown}: " if shown else ""


def _key(name: str) -> str:
    return name if name.isprintable() and len(name) <= _SHOWN else shorten(name)


def shorten(value: object) -> str:
    """`value` on one short, printable line."""
    if isinstance(value, str | int | float | bool | None):
        shown = repr(value) if not isinstance(value, str) else f'"{value}"'
    else:
        shown = str(value) if isinstance(value, BaseException) else describe(value)
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in shown)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"


def describe(value: object) -> str:
    """What kind of thing `value` is, or itself where it is plain."""
    match value:
        case None:
            return "nothing"
        case Mapping():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return shorten(value)
