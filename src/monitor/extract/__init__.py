"""Pages and feed entries to Articles.

A page that may be on a topic is extracted exactly, with trafilatura; any other keeps the rough text of its skim. A
page that shows no article (drawn by script, a question about cookies, a teaser before a paywall) leaves the article
with the feed's own text, marked as such. Nothing here asks the network, and no page, however hostile, raises.
"""

import logging
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from types import ModuleType
from typing import Any

from monitor.extract.headline import choose_title, resembles
from monitor.extract.metadata import Stamp, choose_modified, choose_published, clean_authors, clean_images, parse_stamp
from monitor.extract.skim import SKIM_VERSION, Skim, clean_text, page_html
from monitor.extract.trouble import page_trouble, weight, without_offers
from monitor.language import detect
from monitor.model import Article, Entry, Page, PageStatus, TextOrigin, key
from monitor.urls import canonical_of_page, canonical_url, host_of

MAX_TEXT_CHARS = 1_000_000
_MAX_EXACT_CHARS = 3_000_000
_MAX_EXACT_TAGS = 15_000
"""Pages with more mark-up keep their rough text, because trafilatura takes time in the square of some of it."""

# trafilatura's fast mode is enough unless it found little, as such or for a page with so much rough text; chosen and
# measured with bench/extraction.py.
_FAST_ENOUGH = 400
_FAST_SHARE = 0.5

_LITTLE_TEXT = 200
"""Less (a Chinese character counts as three) is not taken for an article where the feed says more."""
_FEED_HAS_MORE = 2.5
"""How many times as long as the page's text the feed's must be to be taken for the whole of a cut article."""


def searchable_text(page: Page, skim: Skim) -> str:
    """Everything that could end up in the article's title or text, whichever way it is extracted."""
    feed = (part for entry in page.entries for part in (entry.title, entry.summary, entry.content))
    return "\n".join((*skim.titles, skim.description, skim.visible_text, *feed))


def article_from_page(page: Page, body: bytes, *, skim: Skim, exact: bool) -> Article:
    """The article on the page whose bytes are `body`: extracted with trafilatura if `exact`, else as skimmed.

    Where the page shows no article, or much less of it than the feed, the text is the feed's and `page_status` says
    why. `url` is the page's canonical address, unless the page is evidently another than the one asked for.
    """
    feed_title = _feed_title(page.entries)
    found = _extract(body, skim, page.fetched_at) if exact and skim.is_html else None
    text = found.text if found else skim.main_text
    origin: TextOrigin = "extracted" if found else "skim"
    is_article = not feed_title or any(resembles(title, feed_title) for title in skim.titles)
    status: PageStatus = page_trouble(skim, text, page=page, is_article=is_article)
    if status in {"not_html", "script_only", "blocked", "not_found"}:
        return article_from_feed(replace(page, status=status))
    if status == "paywall":
        text = without_offers(text)
    feed_text = _feed_text(page.entries)
    if _feed_is_better(text, feed_text, status):
        text, origin = feed_text, "feed"
        status = "failed" if status == "fetched" else status
    url = _page_url(page, skim) if is_article or status == "fetched" else _entry_url(page)
    title = choose_title(skim.titles, feed_title, site=skim.site, host=host_of(skim.url))
    base = page.final_url or page.requested_url
    feed_published = min((entry.published for entry in page.entries if entry.published), default=None)
    feed_updated = max((entry.updated for entry in page.entries if entry.updated), default=None)
    published = choose_published(skim.published or (found.day if found else None), feed_published, page.fetched_at)
    images = (*skim.image_urls, *(found.images if found else ()), *_feed_images(page.entries))
    return _article(
        page,
        url=url,
        title=title,
        text=text,
        origin=origin,
        status=status,
        hint=skim.language,
        authors=clean_authors((found and found.authors) or skim.authors or _feed_authors(page.entries)),
        published=published,
        modified=choose_modified(skim.modified, feed_updated, published, page.fetched_at),
        site=_site_name(skim.site or (found.site if found else None), host_of(skim.url)),
        image_urls=clean_images(images, base),
        has_video=skim.has_video or any(entry.has_video for entry in page.entries),
        extractor=found.extractor if found and origin == "extracted" else SKIM_VERSION if origin == "skim" else "feed",
    )


def article_from_feed(page: Page) -> Article:
    """The article as the feed's own text tells it, for a page that could not be had or shows no article.

    `page_status` carries `page.status`. `url` is the entry's canonical address, not where the request was redirected:
    pages for signing in or consenting stand for many articles.
    """
    published = min((entry.published for entry in page.entries if entry.published), default=None)
    updated = max((entry.updated for entry in page.entries if entry.updated), default=None)
    published = choose_published(None, published, page.fetched_at)
    return _article(
        page,
        url=_entry_url(page),
        title=choose_title((), _feed_title(page.entries), site=None, host=host_of(page.requested_url or "")),
        text=_feed_text(page.entries),
        origin="feed",
        status=page.status,
        hint=None,
        authors=clean_authors(_feed_authors(page.entries)),
        published=published,
        modified=choose_modified(None, updated, published, page.fetched_at),
        site=None,
        image_urls=clean_images(_feed_images(page.entries), page.requested_url),
        has_video=any(entry.has_video for entry in page.entries),
        extractor="feed",
    )


def revision_key(article_id: str, title: str, text: str) -> str:
    """The key of what an article says in one revision.

    Differences that no reader sees make none: white space, invisible characters, forms of one letter (NFKC), and the
    typographic forms of quotation marks, dashes and dots.
    """
    return key("revision", article_id, _comparable(title), _comparable(text))


def _article(  # the fields that both origins share
    page: Page, *, url: str | None, title: str, text: str, origin: TextOrigin, status: PageStatus, hint: str | None,
    authors: tuple[str, ...], published: datetime | None, modified: datetime | None, site: str | None,
    image_urls: tuple[str, ...], has_video: bool, extractor: str,
) -> Article:  # fmt: skip
    first = page.entries[0]
    # What the request led to opens for readers too, unless it is another page than the article's.
    link = page.final_url if url is not None and url != _entry_url(page) else first.link
    text = _body(clean_text(text[:MAX_TEXT_CHARS]), title)
    title = title or _first_line(text)
    article_id = key("article", url if url is not None else first.entry_id)
    declared = hint or next((entry.language for entry in page.entries if entry.language != "und"), "und")
    return Article(
        article_id=article_id,
        revision_id=revision_key(article_id, title, text),
        url=url,
        source_id=first.source_id,
        title=title,
        text=text,
        text_origin=origin,
        language=detect(f"{title}\n{text}", declared),
        entry_ids=tuple(dict.fromkeys(entry.entry_id for entry in page.entries)),
        first_poll=all(entry.first_poll for entry in page.entries),
        seen_at=min(entry.seen_at for entry in page.entries),
        fetched_at=page.fetched_at,
        authors=authors,
        published=published,
        modified=modified,
        site=site,
        image_urls=image_urls,
        has_video=has_video,
        page_status=status,
        link=link or first.link,
        warc=page.warc,
        extractor=extractor,
    )


# ---- trafilatura -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, kw_only=True)
class _Exact:
    """What trafilatura found. `day` is the day of publication as its heuristics guess it."""

    text: str
    extractor: str
    authors: tuple[str, ...] = ()
    site: str | None = None
    day: Stamp | None = None
    images: tuple[str, ...] = ()


def exact_text(html: str, rough_chars: int) -> str:
    """trafilatura's text of a page, as paragraphs on lines of their own; empty where it finds none.

    `rough_chars` is the length of the page's rough main text. Its fast mode runs first; its default, slower and more
    thorough, only where that looks too short. Pages with little rough text get the default at once.
    """
    tree = _trafilatura().load_html(html)
    return "" if tree is None else _tree_text(tree, rough_chars)


def _tree_text(tree: Any, rough_chars: int) -> str:  # noqa: ANN401  lxml's elements carry no usable types
    def text_of(*, fast: bool) -> str:
        document = _trafilatura().bare_extraction(tree, fast=fast, include_comments=False, deduplicate=False)
        return (document.text or "") if document is not None else ""

    if rough_chars >= _FAST_ENOUGH:
        text = text_of(fast=True)
        if len(text) >= max(_FAST_ENOUGH, _FAST_SHARE * rough_chars):
            return text
    return text_of(fast=False)


def _extract(body: bytes, skim: Skim, fetched_at: datetime) -> _Exact | None:
    """What trafilatura finds on the page; None where it finds no text, or the page is too large for it."""
    html = page_html(body, skim.encoding)
    if len(html) > _MAX_EXACT_CHARS or html.count("<") > 2 * _MAX_EXACT_TAGS:
        return None
    library = _trafilatura()
    try:
        tree = library.load_html(html)
        text = clean_text(_tree_text(tree, len(skim.main_text))) if tree is not None else ""
        if not text:
            return None
        said = library.extract_metadata(tree, skim.url, _date_options(fetched_at), extensive=False)
        images = _pictures(tree)
    except Exception:  # noqa: BLE001  any error inside three libraries, on a page of a stranger's making: skim's text stays
        return None
    return _Exact(
        text=text,
        extractor=f"trafilatura {library.__version__}",
        authors=tuple(said.author.split(";")) if said.author else (),
        site=said.sitename,
        day=parse_stamp(said.date) if said.date else None,
        images=(*([said.image] if said.image else ()), *images),
    )


def _date_options(fetched_at: datetime) -> dict[str, object]:
    return {"original_date": True, "extensive_search": False, "max_date": fetched_at.strftime("%Y-%m-%d")}


def _pictures(tree: Any) -> tuple[str, ...]:  # noqa: ANN401  lxml's elements carry no usable types
    """Addresses of the images in the article, as written, those that scripts load later first."""
    found = []
    for image in tree.xpath("//article//img | //main//img | //figure//img")[:50]:
        address = next((image.get(name) for name in ("data-src", "data-original", "src") if image.get(name)), None)
        if address and not address.startswith("data:") and not re.fullmatch(r"\d{1,2}", image.get("width") or ""):
            found.append(address)
    return tuple(found)


@cache
def _trafilatura() -> ModuleType:
    """trafilatura, imported with the first page that may be on a topic. It logs each page it cannot read: not news."""
    import trafilatura  # noqa: PLC0415  half a second and 60 MB that most processes never need

    for name in ("trafilatura", "htmldate", "courlan", "charset_normalizer"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return trafilatura


# ---- the feed's side ---------------------------------------------------------------------------------------------
def _feed_title(entries: Sequence[Entry]) -> str:
    return next((entry.title.strip() for entry in entries if entry.title.strip()), "")


def _feed_text(entries: Sequence[Entry]) -> str:
    """The longest text that a feed gives: the content where there is one, else the summary."""
    return max((clean_text(entry.content or entry.summary) for entry in entries), key=len, default="")


def _feed_authors(entries: Sequence[Entry]) -> tuple[str, ...]:
    return next((entry.authors for entry in entries if entry.authors), ())


def _feed_images(entries: Sequence[Entry]) -> tuple[str, ...]:
    return tuple(image for entry in entries for image in entry.image_urls)


def _feed_is_better(text: str, feed_text: str, status: PageStatus) -> bool:
    if len(feed_text) <= len(text):
        return False
    return status == "paywall" or weight(text) < _LITTLE_TEXT or len(feed_text) > _FEED_HAS_MORE * len(text)


# ---- small decisions ---------------------------------------------------------------------------------------------
def _page_url(page: Page, skim: Skim) -> str | None:
    address = page.final_url or page.requested_url
    return canonical_of_page(address, skim.declared_urls) if address else _entry_url(page)


def _entry_url(page: Page) -> str | None:
    for address in (*(entry.url or entry.link for entry in page.entries), page.requested_url):
        if address and (url := canonical_url(address)):
            return url
    return None


def _site_name(name: str | None, host: str | None) -> str | None:
    """The outlet's name; none where a template or a heuristic left an address or a notice in its place."""
    name = " ".join((name or "").split()).lstrip("@")
    is_address = name.lower().startswith(("http", "www.")) or (host or "").endswith(name.lower())
    return None if is_address or name.lower().startswith(("copyright", "©")) else name[:100]


# A line of its own, at either end of the text, that tells when, by whom or from where, and nothing of the news.
_CREDIT = re.compile(
    r"[\[(（【]?\s*(?:(?:19|20)\d{2}\s*[年./-]\s*\d{1,2}\s*[月./-]|\d{1,2}[./]\d{1,2}[./](?:19|20)\d{2}|\d{1,2}:\d{2}\b|"
    r"(?:来源|來源|责任编辑|責任編輯|编辑|編輯|作者|记者|記者|字号|发布时间|時間|时间)\s*[:：]|"
    r"(?:by|published|updated|posted|last updated|source|photo|author|опубликовано|обновлено|автор|источник|фото|текст)"
    r"(?:\s*:|\s+(?-i:[A-ZА-ЯЁ\d])))",
    re.IGNORECASE,
)
_TIMESTAMP = re.compile(r"(?:19|20)\d{2}\s?[-年./]\s?\d{1,2}\s?[-月./]\s?\d{1,2}日?[ T,]\s*\d{1,2}:\d{2}")
_ENDS_SENTENCE = re.compile(r"[.!?。！？…][\"'”’»)）]?$")
_MAX_CREDIT_CHARS = 80


def _body(text: str, title: str) -> str:
    """`text` without what pages put around it: the headline once more, and lines of credits at both ends."""
    lines = text.split("\n")
    same = _comparable(title).casefold()
    for i in reversed(range(min(3, len(lines) - 1))):
        if same and _comparable(lines[i]).casefold() == same and all(len(above) < 60 for above in lines[:i]):
            del lines[: i + 1]
            break
    for end in (0, 0, 0, -1, -1):
        if len(lines) > 1 and _is_credit(lines[end]):
            del lines[end]
    return "\n".join(lines) or text


def _is_credit(line: str) -> bool:
    if len(line) > _MAX_CREDIT_CHARS or _ENDS_SENTENCE.search(line):
        return False
    return _CREDIT.match(line) is not None or _TIMESTAMP.search(line) is not None


def _first_line(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= 120 else line[:119].rstrip() + "…"


_TYPOGRAPHY = str.maketrans(
    {**dict.fromkeys("“”„«»″", '"'), **dict.fromkeys("‘’‚‛′`´", "'"), **dict.fromkeys("‐‑‒–—―−", "-")}
)


def _comparable(text: str) -> str:
    return " ".join(clean_text(unicodedata.normalize("NFKC", text)).translate(_TYPOGRAPHY).split())
