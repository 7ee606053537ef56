"""Read a labelled sentence out of the recorded news it was labelled in.

The news text belongs to its outlets, so a row of the label files holds no text: it says where the sentence stands
(file, line, field, code points) and the SHA-256 of what must stand there. This module defines that place exactly.
"""

import functools
import gzip
import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

CONTEXT_SENTENCES = 3
"""How many sentences before the labelled one its reader saw, beside the title."""

_LINE_TAG = re.compile(r"<\s*/?\s*(?:br|p|div|li|h[1-6])\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Gen|Lt|Col|Sen|Rep|Gov|St|No|vs|Jan|Feb|Aug|Sept|Oct|Nov|Dec|approx|им|гг?|тыс|млн|млрд|руб|куб|ул|др)"
    r"|\b[A-ZА-ЯЁ](?:\.[A-ZА-ЯЁ])*)\.$"
)
_BOUNDARY = re.compile(
    r"\s*\n\s*"  # a new line always ends a sentence
    r"|(?<=[。！？])[”’」』）】》\"]*\s*(?![”’」』）】》\"])"
    r"|(?<=[.!?…])[\"'»”’)\]]*\s+(?=[^\w]*[A-ZА-ЯЁ0-9])"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A labelled sentence, with what its reader had before their eyes.

    `before` holds the last sentences before it in the same field, the nearest last; it is empty in a title.
    `ref_date` is the day the entry was published, which "next month" counts from (as the feed gave it, no time zone).
    """

    text: str
    title: str
    before: tuple[str, ...]
    ref_date: date


class LabelError(ValueError):
    """The recorded news does not hold the sentence a row refers to."""


def plain_text(markup: str) -> str:
    """The text of a feed entry's summary: tags of lines and paragraphs become new lines, other tags nothing.

    Entities are decoded after the tags are gone and white space at both ends is cut. Labels refer to the result by
    code points, therefore this must never change.
    """
    return html.unescape(_TAG.sub("", _LINE_TAG.sub("\n", markup))).strip()


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """The sentences of a text by code points, without the white space around them."""
    spans: list[tuple[int, int]] = []
    start = 0
    for boundary in _BOUNDARY.finditer(text):
        closing = len(boundary.group()) - len(boundary.group().lstrip("”’」』）】》\"'»)]"))
        end = boundary.start() + closing
        if "\n" not in boundary.group() and _ABBREVIATION.search(text, start, end):
            continue
        if text[start:end].strip():
            spans.append((start, end))
        start = boundary.end()
    if text[start:].strip():
        spans.append((start, len(text)))
    return [_trimmed(text, first, last) for first, last in spans]


def read_sentence(corpus: Path, row: Mapping[str, Any]) -> Sentence:
    """The sentence a label row refers to, read from the folder of recorded news.

    Raises:
        LabelError: there is no such line in the file, or other text stands there.
    """
    lines = _lines(corpus / row["file"])
    if not 0 <= row["item"] < len(lines):
        raise LabelError(f"{row['id']}: {row['file']} has {len(lines)} lines, none numbered {row['item']} from 0")
    entry = json.loads(lines[row["item"]])
    title = entry.get("title") or ""
    field = title if row["field"] == "title" else _text_of(entry)
    found = field[row["start"] : row["end"]]
    if hashlib.sha256(found.encode()).hexdigest() != row["sha256"]:
        raise LabelError(f"{row['id']}: {row['file']}, line {row['item']} from 0, holds other text than was labelled")
    ahead = field[: row["start"]]
    before = [ahead[start:end] for start, end in sentence_spans(ahead)][-CONTEXT_SENTENCES:]
    return Sentence(found, title, tuple(before), date.fromisoformat(row["ref_date"]))


def published_day(entry: Mapping[str, Any]) -> str:
    """The day an entry was published as its feed said it (of a text: its date), or else was seen; ISO 8601."""
    return str(entry.get("published") or entry.get("date") or entry.get("seen_at") or "")[:10]


def _text_of(entry: Mapping[str, Any]) -> str:
    """A recorded feed entry has its summary or body as `html`, a collected text is plain already."""
    return plain_text(entry["html"] or "") if "html" in entry else entry.get("text") or ""


@functools.lru_cache(maxsize=16)
def _lines(path: Path) -> list[bytes]:
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes()).splitlines()
    return path.read_bytes().splitlines()


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - (len(piece) - len(piece.rstrip()))
