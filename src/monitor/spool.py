"""Finished batches on disk, between the stages.

    write_batch -> list_batches -> lock_batch -> read_batch -> (the next stage's work) -> remove_batch

A batch is a file of JSON lines, one record of `model` each, in `SPOOL/<stage>/`. It appears whole or not at all
(written under a temporary name, fsynced, renamed), is worked on by one process at a time (`lock_batch`), and goes only
when what was made of it is safe elsewhere. So a process killed at any moment loses nothing; at worst a batch is worked
on twice, and every later step knows by key what it already has.

A file's name is `<time>-<name>-<token>.<items>.jsonl`: names sort by age, and the number of items tells a cut-off file.
"""

import fcntl
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, get_args

import msgspec

from monitor.errors import MonitorError
from monitor.model import utc_now

T = TypeVar("T")

Stage = Literal["polls", "entries", "retries", "pages", "analysed"]

STALE_TMP_S = 3600.0
"""A temporary file this old belongs to a process that is gone."""

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_ITEMS = re.compile(r"\.(\d+)\.jsonl\Z")


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """What a batch file holds: the readable items, and in `problem` a sentence when that is not all of it.

    A file with a problem is kept in SPOOL/quarantine; the caller works on `items` and removes the batch as usual.
    """

    path: Path
    items: list[T]
    problem: str | None = None


def write_batch(spool_dir: Path, stage: Stage, name: str, items: Iterable[object]) -> Path:
    """Write `items` as one batch of `stage` and return its path; when this returns, the batch survives a power cut.

    `name` tells a person what made the batch (letters, digits, `_` and `-`). Raises MonitorError with a sentence when
    the disk is full or the folder cannot be written; no part of the batch is then left behind.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"batch name {name!r} may hold letters, digits, '_' and '-' only")
    folder = spool_dir / stage
    stem = f"{utc_now():%Y%m%dT%H%M%S%fZ}-{name}-{secrets.token_hex(3)}"
    tmp = folder / f".{stem}.tmp"
    try:
        _make_folder(folder)
        count = _write_lines(tmp, items)
        path = folder / f"{stem}.{count}.jsonl"
        tmp.rename(path)
        _sync_folder(folder)
    except OSError as error:
        _discard(tmp)
        raise MonitorError(
            f"The batch {stem} could not be written to {folder}: {error.strerror or error}. "
            "Free some space or fix the folder's permissions; what the batch is made from is kept and tried again."
        ) from error
    except BaseException:
        _discard(tmp)
        raise
    return path


def list_batches(spool_dir: Path, stage: Stage) -> list[Path]:
    """The finished batches of `stage`, oldest first; temporary files that a killed process left are swept out."""
    folder = spool_dir / stage
    try:
        found = list(os.scandir(folder))
    except FileNotFoundError:
        return []
    oldest = time.time() - STALE_TMP_S
    for item in found:
        if item.name.endswith(".tmp"):
            _sweep(Path(item.path), oldest)
    return sorted(folder / item.name for item in found if not item.name.startswith(".") and _ITEMS.search(item.name))


def count_items(path: Path) -> int:
    """How many items the batch at `path` was written with, read from its name alone."""
    found = _ITEMS.search(path.name)
    return int(found[1]) if found else 0


@contextmanager
def lock_batch(path: Path) -> Iterator[bool]:
    """Hold the batch for this process: True inside the block when it is ours, False when somebody else works on it
    or has finished and removed it. The lock ends with the block or with the process, however that ends."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        yield _lock_now(descriptor) and _is_still(path, descriptor)
    finally:
        os.close(descriptor)


def read_batch(path: Path, item_type: type[T]) -> Batch[T]:
    """The items of the batch at `path`.

    Trouble with the file is a value, not an exception: lines that are no `item_type` are left out, the whole file is
    kept in SPOOL/quarantine, and `problem` says so, so that one bad line never stops the rest. Raises MonitorError
    when the disk does not let us read it: what it holds is then still unknown, and it must not be removed.
    """
    decoder = msgspec.json.Decoder(item_type)
    items: list[T] = []
    faults: list[str] = []
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise MonitorError(
            f"{path} could not be read: {error.strerror or error}. It is kept and tried again."
        ) from error
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            items.append(decoder.decode(line))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            faults.append(f"line {number}: {error}")
    missing = count_items(path) - len(items) - len(faults)
    if missing > 0:
        faults.append(f"{missing} lines are missing at the end")
    if not faults:
        return Batch(path, items)
    kept = set_aside(path)
    return Batch(path, items, f"{len(faults)} faults in batch {path.name} ({faults[0]}); the file is kept as {kept}")


def remove_batch(path: Path) -> None:
    """Take a batch away once what was made of it is safe; harmless when it is gone already."""
    path.unlink(missing_ok=True)


def set_aside(path: Path) -> Path:
    """Keep a second name for the batch at `path` in SPOOL/quarantine, for a person to look at, and return it.

    A link, so that a crash in between loses nothing and a second try changes nothing.
    """
    kept = path.parent.parent / "quarantine" / f"{path.parent.name}-{path.name}"
    _make_folder(kept.parent)
    if not kept.exists():
        kept.hardlink_to(path)
        _sync_folder(kept.parent)
    return kept


def retry_quarantine(spool_dir: Path) -> list[Path]:
    """Put every batch in SPOOL/quarantine back where it was set aside, and return their paths there.

    What cannot be used is set aside again, and what was used already is known by key. Other files are left alone.
    """
    back: list[Path] = []
    for kept in sorted((spool_dir / "quarantine").glob("*-*.jsonl")):
        stage, _, name = kept.name.partition("-")
        if stage not in get_args(Stage) or not _ITEMS.search(name):
            continue
        path = spool_dir / stage / name
        _make_folder(path.parent)
        if path.exists():
            kept.unlink()  # set aside and not taken away yet: two names of one file
        else:
            kept.rename(path)
        back.append(path)
    for folder in {path.parent for path in back}:
        _sync_folder(folder)
    return back


def _write_lines(tmp: Path, items: Iterable[object]) -> int:
    encoder = msgspec.json.Encoder()
    count = 0
    with tmp.open("xb") as file:
        for item in items:
            file.write(_encode(encoder, item) + b"\n")
            count += 1
        file.flush()
        os.fsync(file.fileno())
    return count


def _discard(tmp: Path) -> None:
    with suppress(OSError):  # the folder itself may be what is wrong; a stale file is swept later
        tmp.unlink()


def _encode(encoder: msgspec.json.Encoder, item: object) -> bytes:
    try:
        return encoder.encode(item)
    except UnicodeEncodeError:  # half a surrogate pair, as JSON feeds can smuggle in: no UTF-8 can hold it
        return encoder.encode(_without_surrogates(msgspec.to_builtins(item)))


def _without_surrogates(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {name: _without_surrogates(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(inner) for inner in value]
    return value


def _lock_now(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether `path` still names the file we locked: its former holder may have removed it while we opened it."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _sweep(tmp: Path, oldest: float) -> None:
    try:
        if tmp.stat().st_mtime < oldest:
            tmp.unlink()
    except FileNotFoundError:
        pass  # its writer finished, or another process swept it


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
