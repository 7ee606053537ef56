"""The fast reader: ordinary RSS, RDF and Atom with libxml2, exactly as feedparser would read them, or not at all.

It reads only documents whose meaning is plain: well-formed, without a DOCTYPE, with the elements where the formats put
them. For these it follows feedparser's rules element by element (which of several links counts, when a guid is a
link, what is HTML). Anything else raises `NotOrdinary`, and feedparser reads the document: it decides what is right.
Tests hold the two against each other over thousands of feeds.

General fast parsers were tried in front of feedparser: fastfeedparser 0.6.5 takes the first of several links where
feedparser takes the last, knows neither `xml:base` nor the type of a title, reads dates out of guids and mends broken
documents by guessing, so what it read could not be told from what it guessed.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from types import MappingProxyType
from urllib.parse import urljoin

from feedparser.api import StrictFeedParser
from lxml import etree

from monitor.feeds.items import MAX_ITEMS, DateReader, Document, Item, stated_ttl_s
from monitor.feeds.text import looks_like_html

_ATOM = "http://www.w3.org/2005/Atom"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XML = "{http://www.w3.org/XML/1998/namespace}"
DIGEST_BYTES = 8
_ITEM_NAMES = frozenset({"item", "entry"})

_DECLARATION = re.compile(rb"\s*<\?xml[^>]*?\?>")
_DECLARED_ENCODING = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["'][^>]*?\?>""")
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00", b"<\x00", b"\x4c\x6f\xa7\x94")
_SLASHES = re.compile(r"^([A-Za-z][A-Za-z0-9+-.]*://)/+")
_REFERENCE_LEFT = re.compile(r"&([A-Za-z0-9_]+);")
_HTML_TYPES = frozenset({"html", "xhtml", "text/html", "application/xhtml+xml"})
_XHTML_TYPES = frozenset({"xhtml", "application/xhtml+xml"})
_TEXT_TYPES = frozenset({"text", "plain", "text/plain"})


class NotOrdinary(Exception):
    """The document is not one that this reader reads; says nothing about whether it is a feed."""


class Excessive(NotOrdinary):
    """Hundreds of elements in one another, or items beyond number: no feed, and nothing to hand to a slower reader."""


def read_ordinary(
    body: bytes,
    *,
    charset: str | None,
    read_date: DateReader,
    known: Mapping[bytes, str] = MappingProxyType({}),
    recover: bool = False,
) -> Document:
    """Read an ordinary RSS, RDF or Atom document.

    `charset` is the HTTP header's. `known` maps the digests of items read before to their ids; these are left unread.
    `recover` reads what it can of a document that is not well-formed, for those too large to be left to feedparser.
    Raises NotOrdinary, with the reason.
    """
    data = _as_utf8(body, charset)
    count = data.count(b"<item") + data.count(b"<entry")
    if count > 4 * MAX_ITEMS:
        raise Excessive(f"it has {count:,} items")
    root = _parse(data, recover=recover)
    name = _name(str(root.tag), root.prefix)
    if root.tag == f"{{{_ATOM}}}feed":
        version, parent = "atom", root
    elif name in {"rss", "rdf_rdf"}:
        version, parent = "rss", _channel_of(root)
    else:
        raise NotOrdinary(f"the root element is {root.tag!r}")
    reader = _Reader(version, read_date, has_base=b"base=" in data)
    document = Document(parser="libxml2, recovered" if recover else "libxml2")
    items = _read_head(reader, document, root, parent)
    if not recover and sum(1 for _ in root.iter("{*}item", "{*}entry")) != len(items):
        raise NotOrdinary("items lie where the format has none")
    bases = reader.bases(None, root) if parent is root else reader.bases(reader.bases(None, root), parent)
    language = _language_of(root)
    if not items:
        raise NotOrdinary("there are no items")
    document.faulty = max(0, len(items) - MAX_ITEMS)
    for element in items[:MAX_ITEMS]:
        digest = blake2b(etree.tostring(element, with_tail=False), digest_size=DIGEST_BYTES).digest()
        if (entry_id := known.get(digest)) is not None:
            document.known_ids.append(entry_id)
            document.known_digests.append(digest)
            continue
        item = reader.read_item(element, bases, language)
        item.digest = digest
        document.items.append(item)
    return document


# ---- bytes -------------------------------------------------------------------------------------------------------
def _as_utf8(body: bytes, charset: str | None) -> bytes:
    """The document in UTF-8 without a declaration, by the charset it declares: HTTP header, XML declaration, UTF-8."""
    if body.startswith(_WIDE):
        raise NotOrdinary("the encoding has two bytes a character or more")
    has_mark = body.startswith(b"\xef\xbb\xbf")
    if has_mark:
        body = body[3:]
    found = _DECLARED_ENCODING.match(body)
    declared = (charset or (found[1].decode("ascii") if found else None) or "utf-8").lower()
    if declared in {"gb2312", "gbk", "x-gbk"}:
        declared = "gb18030"  # which contains the other two, and is what they usually are
    declaration = _DECLARATION.match(body)
    data = body[declaration.end() :] if declaration else body
    if declared in {"utf-8", "utf8"} or (declared in {"us-ascii", "ascii"} and data.isascii()):
        return _mended_utf8(data)
    if has_mark:
        raise NotOrdinary(f"it is marked as UTF-8 but declared as {declared}")
    try:
        return data.decode(declared).encode()
    except (LookupError, UnicodeError) as error:
        raise NotOrdinary(f"it cannot be decoded as {declared}") from error


def _mended_utf8(data: bytes) -> bytes:
    """`data` where it is UTF-8; mended where texts in it were cut inside a character, as careless servers do.

    feedparser takes the whole document for Windows-1252 then, which garbles every Russian and Chinese title in it.
    """
    try:
        data.decode()
    except UnicodeDecodeError as error:
        text = data.decode("utf-8", "replace")
        broken = text.count("\ufffd")
        if sum(not char.isascii() for char in text) < 10 * broken:
            raise NotOrdinary("it is no UTF-8") from error
        return text.encode()
    return data


def _parse(data: bytes, *, recover: bool) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        collect_ids=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if "xcessive depth" in str(error):
            raise Excessive("its elements lie too deep in one another") from error
        raise NotOrdinary(f"it is not well-formed: {error}") from error
    if root is None:
        raise NotOrdinary("there is no XML in it")
    if root.getroottree().docinfo.internalDTD is not None and not recover:
        raise NotOrdinary("it has a DOCTYPE")
    return root


# ---- names -------------------------------------------------------------------------------------------------------
_PREFIXES: dict[str, str] = {uri.lower(): prefix for uri, prefix in StrictFeedParser.namespaces.items()}


@lru_cache(maxsize=4096)
def _name(tag: str, prefix: str | None) -> str:
    """An element's name as feedparser calls it: `dc_date` for {http://purl.org/dc/elements/1.1/}date."""
    namespace, _, local = tag.rpartition("}")
    namespace = namespace.removeprefix("{").lower()
    local = local.lower()
    if not namespace:
        return local
    if "backend.userland.com/rss" in namespace:
        return local
    known = _PREFIXES.get(namespace, prefix.lower() if prefix else "?")
    return f"{known}_{local}" if known else local


def _text(element: etree._Element) -> str:
    text = element.text
    return text.strip() if text else ""


def _attribute(element: etree._Element, *names: str) -> str | None:
    """The first of the attributes `names` (lower case) that `element` has, whatever the case of its letters."""
    attributes = element.attrib
    for name in names:
        value = attributes.get(name)
        if value is not None:
            return str(value)
    for name in names:
        for key, value in attributes.items():
            if str(key).lower() == name:
                return str(value)
    return None


def _language_of(element: etree._Element) -> str | None:
    return element.get(f"{_XML}lang") or element.get("lang")


def _joined(base: str | None, address: str) -> str:
    """`address` against `base`, as feedparser joins them."""
    if "///" in address:
        address = _SLASHES.sub(r"\1", address)
    if not base or (address.startswith(("http://", "https://")) and "[" not in address):
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return ""


def _channel_of(root: etree._Element) -> etree._Element:
    for child in root:
        if isinstance(child.tag, str) and _name(child.tag, child.prefix) == "channel":
            return child
    raise NotOrdinary("there is no channel")


# ---- the head of the document ------------------------------------------------------------------------------------
def _read_head(
    reader: "_Reader", document: Document, root: etree._Element, parent: etree._Element
) -> list[etree._Element]:
    """Fill in what the feed says of itself; the elements of its items, in document order."""
    items = []
    said: dict[str, str] = {}
    children = [*parent, *(root if parent is not root else ())]
    for child in children:
        if not isinstance(child.tag, str):
            raise NotOrdinary("there is an entity reference")
        name = _name(child.tag, child.prefix)
        if name in _ITEM_NAMES:
            items.append(child)
        elif name == "title" and "title" not in said:
            text, is_html = reader.content(child, is_html=False)
            document.title = said["title"] = text
            if is_html:
                said["title_is_html"] = "yes"
        elif name == "link" and _is_page_link(child):
            said.setdefault("link", _attribute(child, "href") or _text(child))
        elif name in {"language", "dc_language", "ttl"}:
            said.setdefault(name, _text(child))
    document.link = said.get("link") or None
    document.language = said.get("language") or said.get("dc_language") or _language_of(root)
    document.ttl_s = stated_ttl_s(said.get("ttl"))
    return items


def _is_page_link(element: etree._Element) -> bool:
    return (_attribute(element, "rel") or "alternate").lower() == "alternate" and len(element) == 0


# ---- items -------------------------------------------------------------------------------------------------------
class _Reader:
    """Reads items of one document. `version` decides what feedparser guesses: in Atom a title's type is believed."""

    def __init__(self, version: str, read_date: DateReader, *, has_base: bool) -> None:
        self.guesses = version != "atom"
        self.read_date = read_date
        self.has_base = has_base

    def bases(self, base: str | None, element: etree._Element) -> str | None:
        if not self.has_base:
            return None
        own = element.get(f"{_XML}base") or element.get("base")
        return _joined(base, own) if own else base

    def read_item(self, element: etree._Element, base: str | None, language: str | None) -> Item:
        item = Item(language=_language_of(element) or language)
        base = self.bases(base, element)
        about = element.get(f"{{{_RDF}}}about")
        if about:
            item.guid = about
        state = _State(item, base)
        for child in element:
            self.read_child(state, child)
        item.published = state.published or item.updated or state.created
        return item

    def read_child(self, state: "_State", child: etree._Element) -> None:
        tag = child.tag
        if not isinstance(tag, str):
            raise NotOrdinary("there is an entity reference")
        name = _name(tag, child.prefix)
        handler = _HANDLERS.get(name)
        if handler is not None:
            handler(self, state, name, child)
        elif name in _NEVER_ORDINARY or name.startswith("?_"):
            raise NotOrdinary(f"an item holds {name}")
        elif len(child) and any(self._matters(inner) for inner in child.iterdescendants()):
            raise NotOrdinary(f"{name} holds elements of an item")

    @staticmethod
    def _matters(element: etree._Element) -> bool:
        return not isinstance(element.tag, str) or _name(element.tag, element.prefix) in _HANDLERS

    def content(self, element: etree._Element, *, is_html: bool) -> tuple[str, bool]:
        """The text of an element and whether it is HTML, by its type, its default, or feedparser's guess."""
        declared = (_attribute(element, "type") or "").lower() if element.attrib else ""
        if (element.get("mode") if element.attrib else None) == "base64":
            raise NotOrdinary("there is text in base64")
        if len(element):
            if any(not isinstance(inner.tag, str) for inner in element.iter()):
                raise NotOrdinary("there is an entity reference")
            if declared not in _XHTML_TYPES:
                raise NotOrdinary("there is mark-up in a text")
            inner = "".join(str(etree.tostring(part, encoding="unicode", method="html")) for part in element)
            return (element.text or "") + inner, True
        text = _text(element)
        if declared in _HTML_TYPES:
            return text, True
        if declared and declared not in _TEXT_TYPES:
            raise NotOrdinary(f"there is content of the type {declared}")
        if declared in _TEXT_TYPES:
            is_html = False
        return text, is_html or (self.guesses and looks_like_html(text))


class _State:
    """Where the reading of one item stands."""

    __slots__ = ("base", "created", "item", "published", "title_settled")

    def __init__(self, item: Item, base: str | None) -> None:
        self.item = item
        self.base = base
        self.title_settled = False
        self.published: datetime | None = None
        self.created: datetime | None = None


_Handler = Callable[..., None]  # (reader, state, name, element)


def _on_title(reader: _Reader, state: _State, name: str, element: etree._Element) -> None:
    text, is_html = reader.content(element, is_html=False)
    if state.title_settled or (name == "media_title" and not text):
        return
    state.item.title, state.item.title_is_html = text, is_html
    state.title_settled = bool(text) and name != "media_title"


def _on_link(reader: _Reader, state: _State, _: str, element: etree._Element) -> None:
    base = reader.bases(state.base, element)
    if not element.attrib:
        if len(element):
            raise NotOrdinary("a link holds elements")
        address = _joined(base, _text(element))
        if "&" in address:
            address = _REFERENCE_LEFT.sub(r"&\1", address.replace("&amp;", "&"))
        state.item.link = address
        return
    href = _attribute(element, "url", "uri", "href")
    rel = (_attribute(element, "rel") or "alternate").lower()
    kind = (_attribute(element, "type") or ("text/html" if rel != "self" else "")).lower()
    if not href:
        raise NotOrdinary("a link with attributes has no address among them")
    if rel == "alternate" and kind in _HTML_TYPES:
        state.item.link = _joined(base, href)
    elif rel == "enclosure":
        _add_media(state.item, href, kind, "")


def _on_id(reader: _Reader, state: _State, _: str, element: etree._Element) -> None:
    if len(element):
        raise NotOrdinary("an id holds elements")
    value = _text(element)
    is_link = not element.attrib or (_attribute(element, "ispermalink") or "true") == "true"
    if is_link and value:
        value = _joined(reader.bases(state.base, element), value)
    state.item.guid = value
    if is_link and state.item.link is None:
        state.item.link = value


def _on_date(reader: _Reader, state: _State, name: str, element: etree._Element) -> None:
    if len(element):
        raise NotOrdinary("a date holds elements")
    moment = reader.read_date(_text(element))
    if name in _PUBLISHED:
        state.published = moment
    elif name in _UPDATED:
        state.item.updated = moment
    else:
        state.created = moment


def _on_summary(reader: _Reader, state: _State, name: str, element: etree._Element) -> None:
    text, is_html = reader.content(element, is_html=name in _HTML_SUMMARIES)
    if not state.item.summary:
        state.item.summary, state.item.summary_is_html = text, is_html


def _on_content(reader: _Reader, state: _State, name: str, element: etree._Element) -> None:
    text, is_html = reader.content(element, is_html=name == "content_encoded")
    if len(text) > len(state.item.content):
        state.item.content, state.item.content_is_html = text, is_html


def _on_author(_: _Reader, state: _State, __: str, element: etree._Element) -> None:
    names = [child for child in element if isinstance(child.tag, str) and _name(child.tag, None) == "name"]
    text = _text(names[0] if names else element)
    if text:
        state.item.authors.append(text)


def _on_language(_: _Reader, state: _State, __: str, element: etree._Element) -> None:
    state.item.language = _text(element) or state.item.language


def _on_media(reader: _Reader, state: _State, name: str, element: etree._Element) -> None:
    address = _attribute(element, "url", "href") or ""
    if name == "media_thumbnail":
        _add_media(state.item, address, "image/", "")
    elif name != "media_group":
        _add_media(state.item, address, _attribute(element, "type") or "", _attribute(element, "medium") or "")
    for child in element:
        reader.read_child(state, child)


def _on_video(_: _Reader, state: _State, __: str, ___: etree._Element) -> None:
    state.item.has_video = True


def _on_picture(_: _Reader, state: _State, __: str, element: etree._Element) -> None:
    _add_media(state.item, _attribute(element, "href", "url") or "", "image/", "")


def _on_nested(_: _Reader, state: _State, name: str, element: etree._Element) -> None:
    """<source> and <image>: what lies in them is another thing's; feedparser forgets the title it has seen."""
    if name == "image" and len(element):
        raise NotOrdinary("an item holds an image with elements of its own")
    state.title_settled = False


def _add_media(item: Item, address: str, kind: str, medium: str) -> None:
    kind, medium = kind.lower(), medium.lower()
    if medium == "video" or kind.startswith("video/") or kind == "application/x-shockwave-flash":
        item.has_video = True
    elif address and (medium == "image" or kind.startswith("image/")):
        item.image_urls.append(address.strip())


_PUBLISHED = frozenset({"pubdate", "published", "issued", "dcterms_issued"})
_UPDATED = frozenset({"updated", "modified", "lastbuilddate", "dc_date", "dcterms_modified"})
_CREATED = frozenset({"created", "dcterms_created"})
_HTML_SUMMARIES = frozenset({"description", "dc_description", "media_description"})
_NEVER_ORDINARY = frozenset(
    {"item", "entry", "body", "xhtml_body", "fullitem", "abstract", "textinput", "svg", "channel", "feed", "rss"}
)
_HANDLERS: dict[str, _Handler] = {
    **dict.fromkeys(("title", "dc_title", "media_title"), _on_title),
    "link": _on_link,
    **dict.fromkeys(("guid", "id"), _on_id),
    **dict.fromkeys((*_PUBLISHED, *_UPDATED, *_CREATED), _on_date),
    **dict.fromkeys((*_HTML_SUMMARIES, "summary", "itunes_summary"), _on_summary),
    **dict.fromkeys(("content", "content_encoded"), _on_content),
    **dict.fromkeys(("author", "dc_creator", "dc_author", "itunes_author"), _on_author),
    **dict.fromkeys(("language", "dc_language"), _on_language),
    **dict.fromkeys(("media_group", "media_content", "media_thumbnail", "enclosure"), _on_media),
    **dict.fromkeys(("media_player", "yt_videoid"), _on_video),
    "itunes_image": _on_picture,
    **dict.fromkeys(("source", "image"), _on_nested),
}
