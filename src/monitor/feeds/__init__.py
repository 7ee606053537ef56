"""Bytes of a feed to entries: RSS 0.9x to 2.0, RDF, Atom, JSON Feed, YouTube's channel feeds, sitemaps.

    bytes -> which format -> reader (libxml2, else feedparser) -> Document of Items -> Entries

Pure: no network, no clock. Whatever the bytes are, the answer is entries or FeedUnreadable, in bounded time.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

from monitor.answers import charset_of
from monitor.decoding import BrokenEncoding, TooMuchOutput, decode_body
from monitor.errors import FeedUnreadable
from monitor.feeds.dates import read_date
from monitor.feeds.formats import NoFeed, read_json_feed, read_sitemap, read_with_feedparser
from monitor.feeds.items import DateReader, Document, Item
from monitor.feeds.text import has_video_in, images_in, looks_like_html, plain_line, plain_paragraphs, repaired
from monitor.feeds.xml import DIGEST_BYTES, Excessive, NotOrdinary, read_ordinary
from monitor.model import Entry, Feed, Language, key
from monitor.urls import canonical_url, is_front_page

MAX_FEEDPARSER_BYTES = 1_000_000
"""feedparser needs up to 6 µs a byte of hostile input; larger documents that are broken are read by libxml2."""
FUTURE_TOLERANCE = timedelta(days=1)
"""Dates less than this ahead of the clock are skew or a wrong zone, and taken for now; later ones are no dates."""
MAX_UNPACKED_BYTES = 20_000_000
"""Of a document that is a gzip file, unless the caller says otherwise."""
_GZIP = b"\x1f\x8b"
_MAX_TITLE_CHARS = 1_000
_LEAD_CHARS = 120
_MAX_IMAGES = 10
_MAX_REMEMBERED = 2_000
_RECORD_BYTES = DIGEST_BYTES + 16

_HEAD_BYTES = 4096
_HTML_HEAD = re.compile(rb"\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_FEED_ROOT = re.compile(rb"<(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\b", re.IGNORECASE)
_SITEMAP_ROOT = re.compile(rb"<(?:[\w.-]+:)?(?:urlset|sitemapindex)\b")
_ADDRESS_IN_BRACKETS = re.compile(r"\S+@\S+\s*\((.+)\)")
_ADDRESS = re.compile(r"<?\S+@[\w.-]+>?")
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_].*)?")
_LONG_CODES = {"eng": "en", "zho": "zh", "chi": "zh", "rus": "ru", "kaz": "kk", "uzb": "uz", "kir": "ky", "tgk": "tg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A feed as read. `ttl_s` is how long the feed says it stays as it is (seconds, None where it does not say).

    `parser` names the reader that read it. `faulty` counts items that hold nothing to go by, neither title nor link
    nor text, and those that could not be read; `duplicates` those that repeat an earlier item of the same document.
    `entry_ids` are those of all entries in the document, also of those left out of `entries` because `memory` knew
    them; `memory` is what to hand in with the next answer from this feed.
    """

    entries: tuple[Entry, ...]
    entry_ids: tuple[str, ...]
    parser: str
    title: str = ""
    link: str | None = None
    language: Language = "und"
    ttl_s: float | None = None
    faulty: int = 0
    duplicates: int = 0
    memory: bytes = b""


def parse_feed(
    body: bytes,
    *,
    feed: Feed,
    content_type: str | None,
    seen_at: datetime,
    base_url: str | None = None,
    memory: bytes = b"",
    max_bytes: int = MAX_UNPACKED_BYTES,
) -> ParsedFeed:
    """The entries of the feed `body`, which came with the header `content_type`, in the document's order.

    `base_url` is the address it came from (default: the feed's), for relative links. `memory` is what an earlier
    answer from this feed gave as `ParsedFeed.memory`: items that have not changed since are not read again, which
    makes the usual poll, one new item among thirty, several times as fast; they are in `entry_ids`, not in `entries`.
    Entries are marked neither as new nor as `first_poll`: only the caller knows. A document that is itself a gzip
    file (`sitemap.xml.gz`) is unpacked, to `max_bytes` at most. Raises FeedUnreadable, with a sentence that names the
    feed.
    """
    language = feed.language

    def date(text: str) -> datetime | None:
        return read_date(text, language)

    try:
        document = _read(_unpacked(body, max_bytes), content_type=content_type, read_date=date, known=_recalled(memory))
    except NoFeed as error:
        raise FeedUnreadable(f"{feed.url} holds no feed that can be read: {error}.", url=feed.url) from error
    base = _base_of(document, base_url or feed.url)
    entries: dict[str, Entry] = {}
    faulty = document.faulty
    duplicates = 0
    digests = dict(zip(document.known_digests, document.known_ids, strict=True))
    known_ids = dict.fromkeys(document.known_ids)
    for item in document.items:
        entry = _entry(item, document, feed=feed, base=base, seen_at=seen_at)
        if entry is None:
            faulty += 1
            continue
        if item.digest is not None:
            digests[item.digest] = entry.entry_id
        if entry.entry_id in entries or entry.entry_id in known_ids:
            duplicates += 1
        else:
            entries[entry.entry_id] = entry
    return ParsedFeed(
        entries=tuple(entries.values()),
        entry_ids=(*entries, *known_ids),
        parser=document.parser,
        title=plain_line(document.title, is_html=looks_like_html(document.title)),
        link=document.link,
        language=_language(document.language),
        ttl_s=document.ttl_s,
        faulty=faulty,
        duplicates=duplicates,
        memory=_remembered(digests),
    )


def _unpacked(body: bytes, max_bytes: int) -> bytes:
    if not body.startswith(_GZIP):
        return body
    try:
        return decode_body(body, "gzip", max_bytes)
    except TooMuchOutput:
        raise NoFeed(f"it unpacks to more than {max_bytes:,} bytes") from None
    except BrokenEncoding as error:
        raise NoFeed(f"it is a damaged gzip file ({error})") from error


# ---- which reader ------------------------------------------------------------------------------------------------
def _read(body: bytes, *, content_type: str | None, read_date: DateReader, known: Mapping[bytes, str]) -> Document:
    head = body[:_HEAD_BYTES].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head:
        raise NoFeed("the answer is empty")
    if head.startswith((b"{", b"[")):
        return read_json_feed(body, read_date=read_date)
    root = _SITEMAP_ROOT.search(head)
    if root and not _FEED_ROOT.search(head, 0, root.start()):
        return read_sitemap(body, read_date=read_date)
    if _HTML_HEAD.match(head) and not _FEED_ROOT.search(body, 0, 65_536):
        raise NoFeed("it is a web page; the site may have moved its feed, or want a browser")
    try:
        return read_ordinary(body, charset=charset_of(content_type), read_date=read_date, known=known)
    except Excessive as error:
        raise NoFeed(str(error)) from error
    except NotOrdinary as reason:
        if len(body) > MAX_FEEDPARSER_BYTES:
            return _read_large(body, content_type=content_type, read_date=read_date, reason=reason)
    return read_with_feedparser(body, content_type=content_type, read_date=read_date)


def _read_large(body: bytes, *, content_type: str | None, read_date: DateReader, reason: NotOrdinary) -> Document:
    try:
        return read_ordinary(body, charset=charset_of(content_type), read_date=read_date, recover=True)
    except NotOrdinary as error:
        raise NoFeed(f"it is large ({len(body):,} bytes) and odd: {reason}; {error}") from error


def _recalled(memory: bytes) -> dict[bytes, str]:
    """Digest to entry id, from the records that `_remembered` wrote; nothing from what is no such record."""
    if not memory or len(memory) % _RECORD_BYTES:
        return {}
    return {
        memory[at : at + DIGEST_BYTES]: memory[at + DIGEST_BYTES : at + _RECORD_BYTES].hex()
        for at in range(0, len(memory), _RECORD_BYTES)
    }


def _remembered(digests: dict[bytes, str]) -> bytes:
    pairs = list(digests.items())[:_MAX_REMEMBERED]
    return b"".join(digest + bytes.fromhex(entry_id) for digest, entry_id in pairs)


def _base_of(document: Document, feed_url: str) -> str:
    """What relative links are relative to: the feed's address, or its site's where a service serves the feed for it."""
    if document.link is None or not document.link.startswith(("http://", "https://")):
        return feed_url
    try:
        ours, theirs = urlsplit(feed_url).hostname, urlsplit(document.link).hostname
    except ValueError:
        return feed_url
    return feed_url if not theirs or ours == theirs else document.link


# ---- one entry ---------------------------------------------------------------------------------------------------
def _entry(item: Item, document: Document, *, feed: Feed, base: str, seen_at: datetime) -> Entry | None:
    """The entry an item makes; None when it holds nothing to go by."""
    summary = plain_paragraphs(item.summary, is_html=item.summary_is_html) if item.summary else ""
    content = plain_paragraphs(item.content, is_html=item.content_is_html) if item.content else ""
    title = plain_line(item.title, is_html=item.title_is_html)[:_MAX_TITLE_CHARS]
    link = _absolute(item.link, base)
    url = canonical_url(link) if link else None
    if not (title or url or summary or content):
        return None
    guid = repaired(item.guid) if item.guid else None
    # A link to the front page leads to no article: what the feed says is all there is.
    has_page = url is not None and not _is_front_page(url, document.link)
    return Entry(
        entry_id=_entry_id(feed, document, guid=guid, url=url, title=title or summary or content, item=item),
        feed_url=feed.url,
        source_id=feed.source_id,
        seen_at=seen_at,
        title=title or _lead(summary or content),
        link=link if has_page else None,
        url=url if has_page else None,
        guid=guid,
        summary=summary,
        content=content,
        authors=_authors(item.authors) if item.authors else (),
        published=_plausible(item.published, seen_at),
        updated=_plausible(item.updated, seen_at),
        language=_entry_language(item.language, feed.language, document.language),
        image_urls=_images(item, base),
        has_video=item.has_video or has_video_in(item.content) or has_video_in(item.summary),
    )


def _entry_id(feed: Feed, document: Document, *, guid: str | None, url: str | None, title: str, item: Item) -> str:
    """The key of an entry: the feed, its guid, and what tells apart the articles that share one.

    A guid alone will not do: feeds use one for several articles. So the canonical link goes in, which also makes
    tracking parameters harmless, in a guid that is an address as well. Where there is no link, or it leads to the
    front page, the title and the date as written stand in for it.
    """
    if guid is not None and guid.startswith(("http://", "https://")):
        guid = url if guid == item.link else canonical_url(guid) or guid
    if url is not None and not _is_front_page(url, document.link):
        return key(feed.url, guid, url)
    written = item.published.isoformat() if item.published is not None else None
    return key(feed.url, guid, url, title, written)


def _is_front_page(url: str, site: str | None) -> bool:
    return is_front_page(url) or url == _canonical_site(site)


@lru_cache(maxsize=256)
def _canonical_site(site: str | None) -> str | None:
    return canonical_url(site) if site else None


def _absolute(link: str | None, base: str) -> str | None:
    """`link` as an http(s) address, resolved against `base` where it is relative."""
    if not link:
        return None
    if link.startswith(("http://", "https://")):
        return link if link.isprintable() and " " not in link else repaired(link).strip()
    try:
        joined = urljoin(base, repaired(link).strip())
    except ValueError:
        return None
    return joined if joined.startswith(("http://", "https://")) else None


def _plausible(moment: datetime | None, seen_at: datetime) -> datetime | None:
    if moment is None or moment <= seen_at:
        return moment
    return seen_at if moment - seen_at <= FUTURE_TOLERANCE else None


def _lead(text: str) -> str:
    """What stands in for a missing title: the first line, cut at a word."""
    line = text.split("\n", 1)[0]
    if len(line) <= _LEAD_CHARS:
        return line
    cut = line.rfind(" ", _LEAD_CHARS // 2, _LEAD_CHARS)
    return line[: cut if cut > 0 else _LEAD_CHARS] + "…"


def _authors(written: list[str]) -> tuple[str, ...]:
    """Names without the mail addresses that RSS wants; each once, in order."""
    names: dict[str, None] = {}
    for text in written:
        name = plain_line(text, is_html=False)
        if "@" in name:
            bracketed = _ADDRESS_IN_BRACKETS.fullmatch(name[:500])
            name = bracketed[1].strip() if bracketed else _ADDRESS.sub("", name[:500]).strip(" ()<>")
        if name:
            names[name[:200]] = None
    return tuple(names)


def _images(item: Item, base: str) -> tuple[str, ...]:
    written = [*item.image_urls, *images_in(item.content), *images_in(item.summary)]
    if not written:
        return ()
    return tuple(dict.fromkeys(url for image in written[:50] if (url := _absolute(image, base))))[:_MAX_IMAGES]


@lru_cache(maxsize=1024)
def _language(code: str | None) -> Language:
    """An ISO 639-1 code from what feeds write (`zh-CN`, `ru_RU`, `EN`); `und` for anything else."""
    found = _LANGUAGE.fullmatch(code.strip().lower()[:40]) if code else None
    if found is None:
        return "und"
    return found[1] if len(found[1]) == 2 else _LONG_CODES.get(found[1], "und")


def _entry_language(item: str | None, declared: Language, document: str | None) -> Language:
    """The item's own language, else the one declared in our configuration, else the document's."""
    if item is not None and item != document and (own := _language(item)) != "und":
        return own
    return declared if declared != "und" else _language(document or item)
