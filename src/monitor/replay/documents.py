"""The documents that a recorded outlet serves: feeds in four formats, and pages with the usual clutter. Pure.

Pages carry what real ones do around the text: navigation, a cookie notice, headlines of other articles, share links,
metadata in three dialects. What a reader must not take for the article is there to be left out.
"""

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from html import escape

from monitor.replay.recording import Outlet


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An article as it is shown now: addresses are absolute, times are those given to readers."""

    guid: str
    url: str
    title: str
    paragraphs: tuple[str, ...]
    authors: tuple[str, ...]
    published: datetime
    modified: datetime
    image_url: str
    video: bool


CONTENT_TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
    "json": "application/feed+json",
}


def render_feed(outlet: Outlet, home: str, items: Sequence[Item], notice: str) -> bytes:
    """The outlet's feed in its format and encoding; JSON is always UTF-8."""
    if outlet.feed == "json":
        return _json_feed(outlet, home, items, notice)
    render = {"rss": _rss, "atom": _atom, "rdf": _rdf}[outlet.feed]
    text = f'<?xml version="1.0" encoding="{outlet.encoding}"?>\n{render(outlet, home, items, notice)}\n'
    return text.encode(outlet.encoding, "xmlcharrefreplace")


def _rss(outlet: Outlet, home: str, items: Sequence[Item], notice: str) -> str:
    rows = "\n".join(
        f"<item><title>{escape(item.title)}</title><link>{escape(item.url)}</link>"
        f'<guid isPermaLink="false">{escape(item.guid)}</guid><pubDate>{format_datetime(item.published)}</pubDate>'
        f"<dc:creator>{escape(', '.join(item.authors))}</dc:creator>"
        f"<description>{escape(_lead(item))}</description>{_enclosure(item)}</item>"
        for item in items
    )
    return (
        '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>\n'
        f"<title>{escape(outlet.name)}</title><link>{escape(home)}</link>"
        f"<description>{escape(notice)}</description><language>{escape(outlet.language)}</language>\n"
        f"{rows}\n</channel></rss>"
    )


def _atom(outlet: Outlet, home: str, items: Sequence[Item], notice: str) -> str:
    newest = max((item.modified for item in items), default=None)
    rows = "\n".join(
        f'<entry><title>{escape(item.title)}</title><link rel="alternate" href="{escape(item.url)}"/>'
        f"<id>{escape(item.guid)}</id><published>{_iso(item.published)}</published>"
        f"<updated>{_iso(item.modified)}</updated>"
        + "".join(f"<author><name>{escape(author)}</name></author>" for author in item.authors)
        + f'<summary type="text">{escape(_lead(item))}</summary></entry>'
        for item in items
    )
    updated = f"<updated>{_iso(newest)}</updated>" if newest else ""
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{escape(outlet.language)}">\n'
        f"<title>{escape(outlet.name)}</title><subtitle>{escape(notice)}</subtitle><id>{escape(home)}</id>{updated}"
        f'<link href="{escape(home)}"/>\n{rows}\n</feed>'
    )


def _rdf(outlet: Outlet, home: str, items: Sequence[Item], notice: str) -> str:
    listed = "".join(f'<rdf:li rdf:resource="{escape(item.url)}"/>' for item in items)
    rows = "\n".join(
        f'<item rdf:about="{escape(item.url)}"><title>{escape(item.title)}</title><link>{escape(item.url)}</link>'
        f"<description>{escape(_lead(item))}</description><dc:date>{_iso(item.published)}</dc:date></item>"
        for item in items
    )
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<channel rdf:about="{escape(home)}"><title>{escape(outlet.name)}</title><link>{escape(home)}</link>'
        f"<description>{escape(notice)}</description><items><rdf:Seq>{listed}</rdf:Seq></items></channel>\n"
        f"{rows}\n</rdf:RDF>"
    )


def _json_feed(outlet: Outlet, home: str, items: Sequence[Item], notice: str) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "home_page_url": home,
        "description": notice,
        "language": outlet.language,
        "items": [
            {
                "id": item.guid,
                "url": item.url,
                "title": item.title,
                "summary": _lead(item),
                "content_html": "".join(f"<p>{escape(text)}</p>" for text in item.paragraphs[:2]),
                "date_published": _iso(item.published),
                "date_modified": _iso(item.modified),
                "authors": [{"name": author} for author in item.authors],
                "image": item.image_url,
            }
            for item in items
        ],
    }
    return json.dumps(document, ensure_ascii=False).encode()


def _enclosure(item: Item) -> str:
    return f'<enclosure url="{escape(item.image_url)}" type="image/png" length="70"/>'


def _lead(item: Item) -> str:
    return item.paragraphs[0]


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a page that belong to no article."""

    sections: tuple[str, ...]
    cookies: str
    accept: str
    most_read: str
    more: str
    share: str
    newsletter: str
    footer: str


_WORDS = {
    "en": _Words(
        ("Home", "World", "Business", "Culture", "Sport"),
        "We and our partners use cookies to measure our audience. You can change your choice at any time.",
        "Accept all",
        "Most read",
        "More on this subject",
        "Share this article",
        "The morning letter: five stories in your inbox before breakfast. Subscribe for free.",
        "Terms of use · Privacy · Contact · All rights reserved",
    ),
    "zh": _Words(
        ("首页", "国际", "财经", "文化", "体育"),
        "本网站使用 Cookie 统计访问情况，您可以随时更改设置。",
        "全部接受",
        "热门文章",
        "相关阅读",
        "分享本文",
        "订阅每日简报，清晨五条要闻送到邮箱。",
        "使用条款 · 隐私政策 · 联系我们 · 版权所有",
    ),
    "zh-Hant": _Words(
        ("首頁", "國際", "財經", "文化", "體育"),
        "本網站使用 Cookie 統計瀏覽情形，您可隨時變更設定。",
        "全部接受",
        "熱門文章",
        "相關閱讀",
        "分享本文",
        "訂閱每日簡報，清晨五則要聞送到信箱。",
        "使用條款 · 隱私政策 · 聯絡我們 · 版權所有",
    ),
    "ru": _Words(
        ("Главная", "Мир", "Экономика", "Культура", "Спорт"),
        "Сайт использует файлы cookie, чтобы считать посетителей. Выбор можно изменить в любой момент.",
        "Принять всё",
        "Самое читаемое",
        "Ещё по теме",
        "Поделиться",
        "Утреннее письмо: пять новостей до завтрака. Подписка бесплатная.",
        "Правила сайта · Персональные данные · Контакты · Все права защищены",
    ),
}


def render_page(outlet: Outlet, home: str, item: Item, others: Sequence[Item], notice: str) -> bytes:
    """The page of one article, in the outlet's encoding; `others` give their headlines to the margins."""
    words = _WORDS.get(outlet.language) or _WORDS.get(outlet.language.partition("-")[0]) or _WORDS["en"]
    nav = "".join(f'<li><a href="{escape(home)}section/{n}">{name}</a></li>' for n, name in enumerate(words.sections))
    most_read = _headlines(others[:6])
    related = _headlines(others[6:9])
    body = "\n".join(f"<p>{escape(text)}</p>" for text in item.paragraphs)
    byline = escape(", ".join(item.authors))
    footage = (
        f'<video controls poster="{escape(item.image_url)}"><source src="{escape(home)}video/clip.mp4" '
        'type="video/mp4"></video>'
        if item.video
        else ""
    )
    text = f"""<!DOCTYPE html>
<html lang="{escape(outlet.language)}">
<head>
{_metadata(outlet, item)}
</head>
<body>
<div class="demo-notice" role="note">{escape(notice)}</div>
<div id="cookie-banner" class="cookie-consent"><p>{words.cookies}</p><button>{words.accept}</button></div>
<header><a class="logo" href="{escape(home)}">{escape(outlet.name)}</a><nav><ul>{nav}</ul></nav></header>
<main>
<article>
<h1>{escape(item.title)}</h1>
<div class="byline"><span class="author">{byline}</span>
<time datetime="{_iso(item.published)}">{_iso(item.published)}</time></div>
<figure><img src="{escape(item.image_url)}" alt="" width="800" height="450"></figure>{footage}
<div class="article-body">
{body}
</div>
<div class="share"><span>{words.share}</span> <a href="#">Mail</a> <a href="#">Link</a></div>
</article>
<section class="related"><h2>{words.more}</h2><ul>{related}</ul></section>
</main>
<aside class="sidebar"><h2>{words.most_read}</h2><ol>{most_read}</ol>
<form class="newsletter"><p>{words.newsletter}</p><input type="email"><button>OK</button></form></aside>
<footer><p>{words.footer}</p><p>{escape(outlet.name)} · {escape(outlet.site)}</p></footer>
<script>window.dataLayer = window.dataLayer || [];</script>
</body>
</html>
"""
    return text.encode(outlet.encoding, "xmlcharrefreplace")


def _metadata(outlet: Outlet, item: Item) -> str:
    linked = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": item.title,
        "datePublished": _iso(item.published),
        "dateModified": _iso(item.modified),
        "author": [{"@type": "Organization", "name": author} for author in item.authors],
        "publisher": {"@type": "Organization", "name": outlet.name},
        "mainEntityOfPage": item.url,
    }
    video = f'<meta property="og:video" content="{escape(item.url)}#video">\n' if item.video else ""
    # In a script element only "<" can end it early.
    script = json.dumps(linked, ensure_ascii=False).replace("<", "\\u003c")
    return f"""<meta charset="{outlet.encoding}">
<title>{escape(item.title)} | {escape(outlet.name)}</title>
<meta name="description" content="{escape(_lead(item))}">
<link rel="canonical" href="{escape(item.url)}">
<meta property="og:type" content="article">
<meta property="og:title" content="{escape(item.title)}">
<meta property="og:site_name" content="{escape(outlet.name)}">
<meta property="og:url" content="{escape(item.url)}">
<meta property="og:image" content="{escape(item.image_url)}">
{video}<meta property="article:published_time" content="{_iso(item.published)}">
<meta property="article:modified_time" content="{_iso(item.modified)}">
<script type="application/ld+json">{script}</script>"""


def render_missing(outlet: Outlet, status: int, notice: str) -> bytes:
    """A page for an address without an article: 404 never there, 410 deleted."""
    title = "404 Not found" if status == 404 else "410 Gone"
    text = (
        f'<!DOCTYPE html><html lang="{escape(outlet.language)}"><head><meta charset="{outlet.encoding}">'
        f"<title>{title}</title></head><body><h1>{title}</h1><p>{escape(notice)}</p></body></html>"
    )
    return text.encode(outlet.encoding, "xmlcharrefreplace")


def _png() -> bytes:
    """A grey picture of one pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\x80")) + chunk(b"IEND", b"")
    )


PIXEL = _png()


def _headlines(items: Sequence[Item]) -> str:
    return "".join(f'<li><a href="{escape(item.url)}">{escape(item.title)}</a></li>' for item in items)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
