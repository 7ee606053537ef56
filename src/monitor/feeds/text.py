"""The small pieces of mark-up that feeds carry, to plain text. Every pattern is linear: the input is hostile."""

import re
from contextlib import suppress
from html import unescape

from feedparser.api import StrictFeedParser

_BLOCKS = [
    "address", "article", "aside", "blockquote", "br", "center", "dd", "div", "dl", "dt", "fieldset", "figcaption",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "iframe", "li", "main", "nav", "ol",
    "p", "pre", "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "video",
]  # fmt: skip
# What a tag leaves behind: a block its line break, anything else nothing.
_SEPARATORS = {name: "\n" for block in _BLOCKS for name in (block, block.upper(), block.capitalize())}
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)[^<>]*>|<[!?][^<>]*>")
_IMAGE = re.compile(r"""<img\s(?:[^<>]*?\s)?src\s*=\s*["']?([^"'\s<>]+)""", re.IGNORECASE)
_VIDEO = re.compile(
    r"""<video[\s>]|<iframe\s[^<>]*?(?:youtube(?:-nocookie)?\.com|youtu\.be|vimeo\.com|rutube\.ru)/""", re.IGNORECASE
)
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
# Documents that call their encoding Latin-1 but are Windows-1252 carry its quotation marks as C1 controls.
_WINDOWS_1252 = {chr(code): bytes([code]).decode("windows-1252", "ignore") for code in range(0x80, 0xA0)}
_UNSEEN = (
    ("<!--", "-->"),
    ("<script", "</script>"),
    ("<SCRIPT", "</SCRIPT>"),
    ("<style", "</style>"),
    ("<STYLE", "</STYLE>"),
)


def plain_line(text: str, *, is_html: bool) -> str:
    """`text` on one line: entities resolved, mark-up stripped where `is_html`, white space folded."""
    return " ".join(_stripped(text, is_html=is_html).split())


def plain_paragraphs(text: str, *, is_html: bool) -> str:
    """`text` as paragraphs, one a line: each block element of HTML, or each line of plain text, makes its own."""
    stripped = _stripped(text, is_html=is_html)
    if "\n" not in stripped:
        return " ".join(stripped.split())
    return "\n".join(folded for line in stripped.split("\n") if (folded := " ".join(line.split())))


def images_in(html: str) -> list[str]:
    """Addresses of the images in a piece of HTML, as written."""
    return [unescape(address) for address in _IMAGE.findall(html)] if "<img" in html or "<IMG" in html else []


def has_video_in(html: str) -> bool:
    """Whether a piece of HTML shows a video: a <video> element or a known player in a frame."""
    return ("<video" in html or "<iframe" in html) and _VIDEO.search(html) is not None


def looks_like_html(text: str) -> bool:
    """Whether a field that should be plain text holds HTML, as feedparser guesses it."""
    return ("<" in text or "&" in text) and bool(StrictFeedParser.looks_like_html(text))


def repaired(text: str) -> str:
    """`text` with the two commonest slips of encoding undone, and without what no text may hold.

    As feedparser does it: UTF-8 that was taken for Latin-1 and encoded again, and Windows-1252 under the name of
    Latin-1. Lone surrogates, which JSON can spell, become U+FFFD; control characters go.
    """
    if not text.isascii():
        with suppress(UnicodeError):  # it holds other letters, or is Latin-1 after all: the usual case
            text = text.encode("latin-1").decode("utf-8")
    return _UNWANTED.sub(_replacement, text) if _UNWANTED.search(text) else text


def _replacement(found: re.Match[str]) -> str:
    char = found.group()
    return "\ufffd" if "\ud800" <= char <= "\udfff" else _WINDOWS_1252.get(char, "")


def _stripped(text: str, *, is_html: bool) -> str:
    text = repaired(text)
    if is_html and "<" in text:
        for opening, closing in _UNSEEN:
            if opening in text:
                text = _without(text, opening, closing)
        pieces = _TAG.split(text)
        names = pieces[1::2]
        if not _SEPARATORS.keys().isdisjoint(names):  # in HTML only tags break lines
            pieces = _TAG.split(text.replace("\n", " ").replace("\r", " "))
        pieces[1::2] = [_SEPARATORS.get(name, "") for name in names]
        text = "".join(pieces)
    return unescape(text) if "&" in text else text


def _without(text: str, opening: str, closing: str) -> str:
    """`text` without what lies from each `opening` to the next `closing`; without one, to the end."""
    kept = []
    position = 0
    while (start := text.find(opening, position)) >= 0:
        kept.append(text[position:start])
        end = text.find(closing, start)
        if end < 0:
            return " ".join(kept)
        position = end + len(closing)
    return " ".join([*kept, text[position:]])
