"""The first reading of a page: one fast parse that tells whether an exact one is worth its cost.

`Skim.visible_text` holds nearly every word that the exact extraction could put into title or text (bench/skim.py
measures it), so what finds nothing in it need not be extracted; `Skim.main_text` is the rough text that such a page
is kept with. The parser is resiliparse's (Lexbor), about ten times as fast as an exact extraction.
"""

import re
from dataclasses import dataclass, field
from html import unescape
from itertools import accumulate, islice

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from monitor.extract.charset import MAX_PAGE_BYTES, decode_page
from monitor.extract.metadata import LinkedData, Stamp, parse_stamp, plain_text, read_linked_data

SKIM_VERSION = "skim 1"
"""Kept with each article that has a rough text; raised when the same page would give another text."""

MAX_VISIBLE_CHARS = 2_000_000
_MAX_HEAD_TAGS = 1_000
_MAX_SCRIPTS = 10
_MAX_META_CHARS = 5_000

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f]")

# An element inside another costs resiliparse's main-content search time in the square of the depth, and attributes
# of one element cost parsers time in the square of their number. No real page comes near these limits.
_MAX_DEPTH = 1_000
_FEW_TAGS = 4_000
_OPENING_OR_CLOSING = re.compile(r"<(/?)[a-zA-Z]")
_NESTING_TAG = re.compile(
    r"<(/?)(?!(?:br|img|input|meta|link|source|hr|wbr|p|li|option|td|tr|th|dd|dt)\b)[a-zA-Z]", re.IGNORECASE
)
_LONG_TAG = 20_000
_MANY_WORDS = 2_000

_AMP_PLAYERS = ("<amp-video", "<amp-youtube", "<amp-brightcove")
_PLAYER = re.compile(
    r"[^<>]{0,500}(?:youtube(?:-nocookie)?\.com/embed|player\.vimeo\.com|rutube\.ru/play|vk(?:video)?\.(?:com|ru)/video_ext|"
    r"player\.bilibili\.com|v\.qq\.com|dailymotion\.com/embed|ok\.ru/videoembed)"
)
_MAX_FRAMES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Skim:
    """What one fast parse tells of a page.

    `titles` are what the page calls itself, best first (og:title, its only h1, JSON-LD's headline, title), as it
    wrote them. `visible_text` is everything that a reader or the exact extraction could find, in lines, with the
    texts of meta tags and JSON-LD at the end; `main_text` is the rough article, paragraphs separated by a newline.
    `declared_urls` are the addresses the page gives as its own, most trusted first. `language` is what the page
    declares, not to be believed. `free` is False where the publisher says that it is not accessible for free.
    `shown_chars` counts what a browser without scripts would show. `encoding` is the codec that read the bytes; where
    they are no HTML, `is_html` is False and everything else is empty.
    """

    url: str
    encoding: str
    titles: tuple[str, ...] = ()
    description: str = ""
    main_text: str = ""
    visible_text: str = field(default="", repr=False)
    declared_urls: tuple[str, ...] = ()
    language: str | None = None
    published: Stamp | None = None
    modified: Stamp | None = None
    authors: tuple[str, ...] = ()
    site: str | None = None
    image_urls: tuple[str, ...] = ()
    has_video: bool = False
    has_scripts: bool = False
    free: bool | None = None
    shown_chars: int = 0
    is_html: bool = True

    @property
    def title(self) -> str:
        """What the page calls itself; empty where it says nothing."""
        return next(iter(self.titles), "")


def skim_page(body: bytes, *, charset: str | None, url: str) -> Skim:
    """Skim the page that came from `url` (after redirects); `charset` is what the HTTP header declares, if anything.

    Never raises because of what the page holds.
    """
    html, encoding = decode_page(body, charset)
    if not _looks_like_html(html):
        return Skim(url=url, encoding=encoding, is_html=False)
    html = without_endless_tags(html)
    try:
        return _skim_tree(HTMLTree.parse(html), html, url, encoding)
    except (ValueError, RuntimeError):  # what resiliparse raises for a document that it cannot hold
        return Skim(url=url, encoding=encoding, is_html=False)


def page_html(body: bytes, encoding: str) -> str:
    """The mark-up of a page as it was skimmed; `encoding` is the skim's."""
    html = body[:MAX_PAGE_BYTES].decode(encoding, "replace").removeprefix("\ufeff").replace("\x00", "")
    return without_endless_tags(html)


def _looks_like_html(html: str) -> bool:
    """False for PDFs, images and other binary data that a server calls HTML, and for text without any tag."""
    start = html[:4_000].lstrip()
    binary = start.startswith(("%PDF", "PK\x03\x04", "\ufffdPNG", "GIF8")) or start.count("\ufffd") > len(start) // 10
    return not binary and "<" in html


def _skim_tree(tree: HTMLTree, html: str, url: str, encoding: str) -> Skim:
    meta, links = _head(tree)
    linked = _linked_data(tree, html)
    visible = extract_plain_text(
        tree, preserve_formatting=True, list_bullets=False, form_fields=True, noscript=True, hidden_elements=True,
        skip_elements=("rt", "rp"),
    )  # fmt: skip
    if is_too_deep(html):
        main = visible
    else:
        main = extract_plain_text(
            tree, preserve_formatting=True, main_content=True, list_bullets=False, alt_texts=False, comments=False,
            post_meta=False, skip_elements=("rt", "rp", "figcaption", "button"),
        )  # fmt: skip
    main = clean_text(main)
    if len(linked.body) > 2 * len(main):
        main = clean_text(linked.body)  # pages drawn by script that carry their text for search engines
    titles = _titles(tree, meta, linked)
    description = _first(meta, "og:description", "description", "twitter:description")
    said = (*titles, description, *(_first(meta, name) for name in ("twitter:title", "news_keywords")), *linked.texts)
    root = tree.document.document_element if tree.document else None
    return Skim(
        url=url,
        encoding=encoding,
        titles=titles,
        description=description,
        main_text=main,
        visible_text="\n".join((visible, *said))[:MAX_VISIBLE_CHARS],
        declared_urls=tuple(dict.fromkeys([*links.get("canonical", ()), *meta.get("og:url", ())])),
        language=(root and root.get_attribute("lang")) or _first(meta, "og:locale", "content-language") or None,
        published=_stamp(meta, _PUBLISHED) or linked.published or _marked_up_date(tree, html),
        modified=_stamp(meta, _MODIFIED) or linked.modified,
        authors=(*linked.authors, *meta.get("author", ()), *meta.get("article:author", ())),
        site=_first(meta, "og:site_name", "application-name") or linked.site,
        image_urls=tuple(one for name in _IMAGES for one in meta.get(name, ())) + linked.image_urls,
        has_video=_has_video(meta, html) or linked.has_video,
        has_scripts="<script" in html,
        free=linked.free,
        shown_chars=len(clean_text(visible[:4_000])),
    )  # fmt: skip


# ---- text --------------------------------------------------------------------------------------------------------
def clean_text(text: str) -> str:
    """`text` as paragraphs separated by one newline, without blanks in a row, invisible or control characters."""
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    if _CONTROL.search(text):
        text = _CONTROL.sub(" ", text)
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def is_too_deep(html: str) -> bool:
    """Whether elements may be nested too deeply to search for the main content in bounded time.

    Overestimates: elements that are never closed count as open to the end.
    """
    if html.count("<") < _FEW_TAGS:
        return False
    # In SVG and MathML any name nests; elsewhere these close themselves.
    pattern = _OPENING_OR_CLOSING if "<svg" in html or "<math" in html else _NESTING_TAG
    return max(accumulate(-1 if closing else 1 for closing in pattern.findall(html)), default=0) > _MAX_DEPTH


def without_endless_tags(html: str) -> str:
    """`html` without tags of thousands of attributes, which no page has and parsers take minutes for."""
    step = _LONG_TAG // 2
    if all(html.find(">", start, start + step) >= 0 for start in range(0, len(html) - step, step)):
        return html
    pieces = html.split(">")
    for i, piece in enumerate(pieces):
        if len(piece) >= _LONG_TAG:
            start = piece.rfind("<")
            if piece[start + 1 : start + 2].isalpha() and len(piece[start:].split()) > _MANY_WORDS:
                pieces[i] = piece[:start] + "<span"
    return ">".join(pieces)


# ---- head --------------------------------------------------------------------------------------------------------
_PUBLISHED = ("article:published_time", "og:article:published_time", "datepublished", "pubdate", "publishdate",
              "publish_date", "parsely-pub-date", "sailthru.date", "dc.date.issued", "dcterms.created", "date",
              "og:published_time", "mediator_published_time", "cxenseparse:recs:publishtime", "ptime",
              "apub:time", "weibo: article:create_at")  # fmt: skip
_MODIFIED = ("article:modified_time", "og:updated_time", "datemodified", "lastmod", "last-modified", "dcterms.modified")
_IMAGES = ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src")
_FALLBACK = {  # what to look for in the body where the parser has closed the head early
    "og:title": 'meta[property="og:title"]',
    "og:url": 'meta[property="og:url"]',
    "og:description": 'meta[property="og:description"]',
    "og:image": 'meta[property="og:image"]',
    "og:site_name": 'meta[property="og:site_name"]',
    "article:published_time": 'meta[property="article:published_time"]',
}


_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_HEAD_TAG = re.compile(r"""<(meta|link)\b([^>"]*(?:"[^"]*"[^>"]*)*)>""")
_ATTRIBUTE = re.compile(r'''([^\s=">]+)="([^"]*)"''')
_META_NAMES = ("property", "name", "itemprop", "http-equiv")


def _head(tree: HTMLTree) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Meta tags by lower-case name, and links by relation, in the order of the page.

    Read from the head as the parser writes it out, in one spelling, because to ask the parser's elements one by one
    costs as much as to parse the page.
    """
    meta: dict[str, list[str]] = {}
    links: dict[str, list[str]] = {}
    head = _COMMENT.sub("", tree.head.html) if tree.head else ""
    for tag in islice(_HEAD_TAG.finditer(head), _MAX_HEAD_TAGS):
        _add_tag(meta if tag[1] == "meta" else links, tag[1], dict(_ATTRIBUTE.findall(tag[2])))
    if "og:title" not in meta and tree.document:
        for selector in _FALLBACK.values():
            found = tree.document.query_selector(selector)
            if found is None:
                break
            _add_tag(meta, "meta", {name: found.get_attribute(name) or "" for name in ("content", *_META_NAMES)})
    if "canonical" not in links and tree.document:
        found = tree.document.query_selector('link[rel="canonical"]')
        if found is not None:
            _add_tag(links, "link", {"rel": "canonical", "href": found.get_attribute("href") or ""})
    return meta, links


def _add_tag(found: dict[str, list[str]], name: str, attributes: dict[str, str]) -> None:
    value = attributes.get("content" if name == "meta" else "href", "")[:_MAX_META_CHARS].strip()
    if not value:
        return
    value = unescape(value) if "&" in value else value
    if name == "meta":
        keys = [attributes[one].strip().lower() for one in _META_NAMES if attributes.get(one)]
    else:
        keys = attributes.get("rel", "").lower().split()
    for key in keys:
        found.setdefault(key, []).append(value)


def _first(meta: dict[str, list[str]], *names: str) -> str:
    return next((plain_text(meta[name][0]).strip() for name in names if name in meta), "")


def _stamp(meta: dict[str, list[str]], names: tuple[str, ...]) -> Stamp | None:
    return next((stamp for name in names for text in meta.get(name, ()) if (stamp := parse_stamp(text))), None)


def _marked_up_date(tree: HTMLTree, html: str) -> Stamp | None:
    """The date in microdata or in the first time element of the body."""
    if tree.document is None or ("datePublished" not in html and "<time" not in html):
        return None
    for selector in ('[itemprop~="datePublished"]', "time[datetime]"):
        found = tree.document.query_selector(selector)
        if found is not None:
            text = found.get_attribute("datetime") or found.get_attribute("content") or found.text or ""
            if stamp := parse_stamp(text):
                return stamp
    return None


def _titles(tree: HTMLTree, meta: dict[str, list[str]], linked: LinkedData) -> tuple[str, ...]:
    found = [_first(meta, "og:title", "twitter:title"), _only_heading(tree), linked.headline or "", tree.title or ""]
    lines = (" ".join(clean_text(plain_text(title)[:_MAX_META_CHARS]).split()) for title in found)
    return tuple(dict.fromkeys(line for line in lines if line))


def _only_heading(tree: HTMLTree) -> str:
    """The h1 of a page that has one; several head sections or teasers."""
    if tree.document is None:
        return ""
    headings = tree.document.get_elements_by_tag_name("h1")
    return (headings[0].text or "") if len(headings) == 1 else ""


def _linked_data(tree: HTMLTree, html: str) -> LinkedData:
    if "ld+json" not in html or tree.document is None:
        return LinkedData()
    scripts = []
    for element in tree.document.query_selector_all('script[type="application/ld+json" i]'):
        scripts.append(element.text or "")
        if len(scripts) == _MAX_SCRIPTS:
            break
    return read_linked_data(scripts)


def _has_video(meta: dict[str, list[str]], html: str) -> bool:
    if not meta.keys().isdisjoint({"og:video", "og:video:url", "og:video:secure_url", "twitter:player"}):
        return True
    if _first(meta, "og:type").startswith("video") or "<video" in html:
        return True
    if "<amp-" in html[:100_000] and any(tag in html for tag in _AMP_PLAYERS):
        return True
    start = 0
    for _ in range(_MAX_FRAMES):
        start = html.find("<iframe", start) + 1
        if start == 0:
            break
        if _PLAYER.match(html, start):
            return True
    return False
