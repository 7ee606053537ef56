"""YAML configuration: parse, check against a pydantic model, and name file and line for every problem.

The file is composed into ruamel's nodes, which know their lines, and never into Python objects by tag. Plain data is
built from the nodes (`documents`), so that a duplicate key, a tag, or an alias that would grow without bound is a
sentence for the user and nothing worse.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import pydantic

from monitor.errors import ConfigError
from monitor.yamlconfig.complaints import problems_of
from monitor.yamlconfig.documents import read_bytes, read_document
from monitor.yamlconfig.problems import KeyPath, Problem, Problems, did_you_mean, path_prefix, shown_path

__all__ = ["KeyPath", "Loaded", "Problem", "Problems", "did_you_mean", "last_good", "load_yaml", "write_atomically"]

T = TypeVar("T")
M = TypeVar("M", bound=pydantic.BaseModel)


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
    name = shown_path(path)
    document = read_document(path, name)
    found = [(line, f"{name}:{line}: {path_prefix(at)}{text}") for at, line, text in document.problems]
    extra = list(check(document.data)) if check is not None else []
    try:
        instance = model.model_validate(document.data)
    except pydantic.ValidationError as error:
        extra += problems_of(error, model, document.data)
        instance = None
    for problem in extra:
        line = document.line(problem.path)
        also = f" (see line {document.line(problem.see)})" if problem.see is not None else ""
        found.append((line, f"{name}:{line}: {path_prefix(problem.path)}{problem.text}{also}"))
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


def _load_stable(path: Path, load: Callable[[Path], T]) -> tuple[T, bytes]:
    """The value and the very bytes it was made from, also while somebody saves the file."""
    for _ in range(3):
        before = read_bytes(path, shown_path(path))
        value = load(path)
        if read_bytes(path, shown_path(path)) == before:
            return value, before
    raise ConfigError(f"{shown_path(path)}: the file kept changing while it was read; try again.")
