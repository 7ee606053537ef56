"""Pieces of messages that all alerts are made of: Block Kit, excerpts with the words that decided, times."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from slack_sdk.models.blocks import Block, ContextBlock, MarkdownTextObject, SectionBlock

from monitor.alerts.mrkdwn import ELLIPSIS, Piece

__all__ = ["Block", "context", "dump", "excerpt", "section", "shown_time"]

EXCERPT_WINDOW = 400
"""Code points shown of a sentence, around its first hit."""
EXCERPT_BEFORE = 120


class Place(Protocol):
    """Where in a text something stands, in code points."""

    @property
    def start(self) -> int:
        """The first."""

    @property
    def end(self) -> int:
        """The one after the last."""


def excerpt(text: str, span: tuple[int, int], hits: Sequence[Place]) -> list[Piece]:
    """`text[span]`, cut to EXCERPT_WINDOW around its first hit, with the hits in it bold."""
    start, end = span
    marks = sorted((max(hit.start, start), min(hit.end, end)) for hit in hits if hit.start < end and hit.end > start)
    left, right = _window(text, start, end, marks[0][0] if marks else start)
    pieces = [Piece(ELLIPSIS)] if left > start else []
    at = left
    for mark_start, mark_end in marks:
        if mark_end <= at or mark_start >= right:
            continue
        pieces.append(Piece(text[at : max(mark_start, at)]))
        pieces.append(Piece(text[max(mark_start, at) : min(mark_end, right)], bold=True))
        at = min(mark_end, right)
    pieces.append(Piece(text[at:right]))
    if right < end:
        pieces.append(Piece(ELLIPSIS))
    return pieces


def _window(text: str, start: int, end: int, hit: int) -> tuple[int, int]:
    if end - start <= EXCERPT_WINDOW:
        return start, end
    left = max(start, min(hit - EXCERPT_BEFORE, end - EXCERPT_WINDOW))
    if left > start and (space := text.find(" ", left, min(left + 20, hit))) >= 0:
        left = space + 1  # begin with a whole word where there are spaces
    right = min(end, left + EXCERPT_WINDOW)
    if right < end and (space := text.rfind(" ", right - 20, right)) > hit:
        right = space
    return left, right


def shown_time(moment: datetime, timezone: str) -> str:
    """Slack shows it in the reader's own zone; the fallback is in `timezone`."""
    try:
        local = moment.astimezone(ZoneInfo(timezone))
    except (ZoneInfoNotFoundError, ValueError):
        local = moment.astimezone(UTC)
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{local:%Y-%m-%d %H:%M %Z}>"


def section(text: str) -> SectionBlock:
    """A section of mrkdwn."""
    return SectionBlock(text=MarkdownTextObject(text=text, verbatim=True))


def context(texts: Sequence[str]) -> ContextBlock:
    """A line of small print, one element a text."""
    return ContextBlock(elements=[MarkdownTextObject(text=text, verbatim=True) for text in texts])


def dump(blocks: Sequence[Block]) -> str:
    """Block Kit JSON; slack_sdk checks lengths and kinds on the way."""
    return json.dumps([block.to_dict() for block in blocks], ensure_ascii=False)
