"""Readers of the formats besides ordinary RSS and Atom: feedparser for the odd ones, JSON Feed, sitemaps."""

import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import feedparser
from lxml import etree

from monitor.feeds.dates import from_feedparser
from monitor.feeds.items import MAX_ITEMS, DateReader, Document, Item, stated_ttl_s

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_MAX_DEPTH = 200
_ENTITY_DECLARATION = re.compile(rb"<!ENTITY", re.IGNORECASE)


class NoFeed(Exception):
    """The bytes are no feed of this format; `str(error)` says why, to follow a colon."""


# ---- feedparser --------------------------------------------------------------------------------------------------
def read_with_feedparser(body: bytes, *, content_type: str | None, read_date: DateReader) -> Document:
    """Read any feed that feedparser can read, however broken. Raises NoFeed.

    Neither sanitised nor resolved: all mark-up is stripped later, and links are resolved there as well.
    """
    if len(_ENTITY_DECLARATION.findall(body, 0, 100_000)) > 500:
        raise NoFeed("it declares hundreds of entities, as only attacks do")
    try:
        parsed = feedparser.parse(
            io.BytesIO(body),
            response_headers={"content-type": content_type or "application/xml"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # its loose parser raises whatever broken input makes it
        raise NoFeed(f"feedparser gives up on it ({type(error).__name__}: {error})") from error
    head = parsed.feed
    if not parsed.entries and not parsed.get("version"):
        raise NoFeed(_complaint(parsed.get("bozo_exception")))
    document = Document(
        parser="feedparser",
        title=_string(head.get("title")),
        link=_string(head.get("link")) or None,
        language=_string(head.get("language")) or None,
        ttl_s=stated_ttl_s(_string(head.get("ttl"))),
    )
    for entry in parsed.entries:
        document.items.append(_item_of_feedparser(entry, read_date))
    return document


def _complaint(error: object) -> str:
    return f"no known feed format, and not well-formed ({error})" if error else "no known feed format"


def _item_of_feedparser(entry: dict[str, Any], read_date: DateReader) -> Item:
    title, title_is_html = _detail(entry, "title")
    summary, summary_is_html = _detail(entry, "summary")
    item = Item(
        title=title,
        title_is_html=title_is_html,
        link=_string(entry.get("link")) or None,
        guid=_string(entry.get("id")) or None,
        summary=summary,
        summary_is_html=summary_is_html,
        authors=[name for author in _dicts(entry.get("authors")) if (name := _string(author.get("name")))],
        language=_string((entry.get("title_detail") or {}).get("language")) or None,
        has_video="media_player" in entry or "yt_videoid" in entry,
    )
    for content in _dicts(entry.get("content")):
        value = _string(content.get("value"))
        if len(value) > len(item.content):
            item.content, item.content_is_html = value, content.get("type") in _HTML_TYPES
    if item.content == item.summary:  # feedparser's stand-in for a missing summary
        item.summary = ""
    published, updated, created = (_date(entry, name, read_date) for name in ("published", "updated", "created"))
    item.published, item.updated = published or updated or created, updated
    _add_media_of_feedparser(item, entry)
    return item


def _detail(entry: dict[str, Any], name: str) -> tuple[str, bool]:
    detail = entry.get(f"{name}_detail") or {}
    return _string(entry.get(name)), detail.get("type", "text/html") in _HTML_TYPES


def _date(entry: dict[str, Any], name: str, read_date: DateReader) -> datetime | None:
    # Plain dict access: feedparser's own answers with `published` when asked for a missing `updated`.
    if not dict.__contains__(entry, name):
        return from_feedparser(dict.get(entry, f"{name}_parsed"))
    return read_date(_string(dict.get(entry, name))) or from_feedparser(dict.get(entry, f"{name}_parsed"))


def _add_media_of_feedparser(item: Item, entry: dict[str, Any]) -> None:
    enclosures = [link for link in _dicts(entry.get("links")) if link.get("rel") == "enclosure"]
    for media in [*enclosures, *_dicts(entry.get("media_content"))]:
        kind, medium = _string(media.get("type")).lower(), _string(media.get("medium")).lower()
        address = _string(media.get("href") or media.get("url"))
        if medium == "video" or kind.startswith("video/") or kind == "application/x-shockwave-flash":
            item.has_video = True
        elif address and (medium == "image" or kind.startswith("image/")):
            item.image_urls.append(address)
    for picture in [*_dicts(entry.get("media_thumbnail")), *_dicts([entry.get("image")])]:
        if address := _string(picture.get("url") or picture.get("href")):
            item.image_urls.append(address)


# ---- JSON Feed ---------------------------------------------------------------------------------------------------
def read_json_feed(body: bytes, *, read_date: DateReader) -> Document:
    """Read a JSON Feed 1.0 or 1.1; fields of the wrong type are left out, items that are no object are faulty.

    Raises NoFeed.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NoFeed(f"it begins like JSON but is none ({error})") from error
    items = data.get("items") if isinstance(data, dict) else None
    if not isinstance(items, list):
        raise NoFeed("it is JSON, but no JSON Feed: it has no list of items")
    document = Document(
        parser="json",
        title=_string(data.get("title")),
        link=_string(data.get("home_page_url")) or None,
        language=_string(data.get("language")) or None,
    )
    document.faulty = max(0, len(items) - MAX_ITEMS)
    for raw in items[:MAX_ITEMS]:
        if isinstance(raw, dict):
            document.items.append(_item_of_json(raw, read_date))
        else:
            document.faulty += 1
    return document


def _item_of_json(raw: dict[str, Any], read_date: DateReader) -> Item:
    html, text = _string(raw.get("content_html")), _string(raw.get("content_text"))
    guid = raw.get("id")
    published, modified = (read_date(_string(raw.get(name))) for name in ("date_published", "date_modified"))
    item = Item(
        title=_string(raw.get("title")),
        link=_string(raw.get("url")) or _string(raw.get("external_url")) or None,
        # The format wants strings and tells readers to take numbers as such.
        guid=str(guid) if isinstance(guid, str | int | float) and not isinstance(guid, bool) and str(guid) else None,
        summary=_string(raw.get("summary")),
        content=html or text,
        content_is_html=bool(html),
        published=published or modified,
        updated=modified,
        language=_string(raw.get("language")) or None,
    )
    authors = _dicts(raw.get("authors")) or _dicts([raw.get("author")])
    item.authors = [name for author in authors if (name := _string(author.get("name")))]
    item.image_urls = [address for name in ("image", "banner_image") if (address := _string(raw.get(name)))]
    for attachment in _dicts(raw.get("attachments")):
        kind, address = _string(attachment.get("mime_type")).lower(), _string(attachment.get("url"))
        item.has_video = item.has_video or kind.startswith("video/")
        if address and kind.startswith("image/"):
            item.image_urls.append(address)
    return item


def _string(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _dicts(value: object) -> list[dict[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


# ---- sitemaps ----------------------------------------------------------------------------------------------------
def read_sitemap(body: bytes, *, read_date: DateReader) -> Document:
    """Read a sitemap, of news (`news:news`) or plain. Raises NoFeed, also for an index of sitemaps.

    A plain sitemap gives no titles: its entries have their link and `lastmod` only.
    """
    document = Document(parser="sitemap")
    try:
        for _, element in _sitemap_elements(body):
            name = _local(element)
            if name == "sitemapindex":
                raise NoFeed("it is an index of sitemaps: declare the sitemaps it lists that hold news, one by one")
            if name == "url" and _local(element.getparent()) == "urlset":
                if len(document.items) < MAX_ITEMS:
                    document.items.append(_item_of_sitemap(element, read_date))
                else:
                    document.faulty += 1
                element.clear()
    except etree.XMLSyntaxError as error:
        if not document.items:
            raise NoFeed(f"it is a sitemap, but not well-formed ({error})") from error
        document.faulty += 1  # what came before the damage is good
    if document.items and document.items[0].language:
        document.language = document.items[0].language
    return document


def _sitemap_elements(body: bytes) -> Iterator[tuple[str, etree._Element]]:
    return etree.iterparse(
        io.BytesIO(body), events=("end",), resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )


def _local(element: etree._Element | None) -> str:
    return element.tag.rpartition("}")[2] if element is not None and isinstance(element.tag, str) else ""


def _item_of_sitemap(url: etree._Element, read_date: DateReader) -> Item:
    item = Item()
    for element in url.iterdescendants():
        name, parent, text = _local(element), _local(element.getparent()), (element.text or "").strip()
        match parent, name:
            case "url", "loc":
                item.link = text or None
            case "url", "lastmod":
                item.updated = read_date(text)
            case "news", "title":
                item.title = text
            case "news", "publication_date":
                item.published = read_date(text)
            case "publication", "language":
                item.language = text or None
            case "image", "loc":
                item.image_urls.append(text)
            case "video", "title":
                item.title = item.title or text
            case "video", "description":
                item.summary = text
            case "video", "publication_date":
                item.published = item.published or read_date(text)
            case "url", "video":
                item.has_video = True
    item.published = item.published or item.updated
    return item
