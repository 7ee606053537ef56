"""What the readers of the feed formats hand over: a document and its items, before they become entries."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

MAX_ITEMS = 50_000
"""As many as a sitemap may list. What goes beyond is counted as faulty: it is no feed, it is an attack."""


@dataclass(slots=True, kw_only=True)
class Item:
    """One item as its document says it; filled in while the document is read.

    `title`, `summary` and `content` are as written, with mark-up where the `_is_html` beside them says so. `link` and
    `image_urls` may still be relative (to `Document.base`). `published` and `updated` are in UTC and not yet judged.
    `digest` is of the item's bytes, where the reader sees them.
    """

    title: str = ""
    title_is_html: bool = False
    link: str | None = None
    guid: str | None = None
    summary: str = ""
    summary_is_html: bool = False
    content: str = ""
    content_is_html: bool = False
    authors: list[str] = field(default_factory=list)
    published: datetime | None = None
    updated: datetime | None = None
    language: str | None = None
    image_urls: list[str] = field(default_factory=list)
    has_video: bool = False
    digest: bytes | None = None


@dataclass(slots=True, kw_only=True)
class Document:
    """A feed as read. `parser` names the reader; `ttl_s` is how long the feed itself says it stays as it is.

    `link` is the page the feed belongs to, `faulty` counts items that could not be read at all. `known_ids` are the
    ids of items that were left unread because they are, byte for byte, as they were; `known_digests` their digests.
    """

    parser: str
    items: list[Item] = field(default_factory=list)
    title: str = ""
    link: str | None = None
    language: str | None = None
    ttl_s: float | None = None
    faulty: int = 0
    known_ids: list[str] = field(default_factory=list)
    known_digests: list[bytes] = field(default_factory=list)


DateReader = Callable[[str], datetime | None]
"""Reads a date as feeds write them (`feed_dates.read_date`, bound to the feed's language)."""


def stated_ttl_s(ttl: str | None) -> float | None:
    """Seconds a feed asks to be left alone, from RSS's `ttl` in minutes; None for none, zero, or more than a year."""
    text = (ttl or "").strip()
    minutes = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return minutes * 60.0 if 0 < minutes <= 525_600 else None
