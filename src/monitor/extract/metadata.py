"""What a page says about itself, made usable: JSON-LD, dates, author names, image addresses.

All of it was written by strangers: values may be missing, wrong, of any type, endless or hostile. Nothing here raises
because of them.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from urllib.parse import urljoin, urlsplit

MAX_IMAGES = 10
MAX_AUTHORS = 10
_MAX_JSON_CHARS = 1_000_000
_MAX_NODES = 2_000

# schema.org: what may be an article, and where its text may stand.
_ARTICLE_TYPES = re.compile(r"(?i)(article|posting|report|review)$")
_TEXT_KEYS = frozenset({
    "headline", "alternativeheadline", "name", "description", "abstract", "articlebody", "reviewbody", "text",
    "caption", "transcript", "recipeinstructions",
})  # fmt: skip
_TAG = re.compile(r"<[^<>]{0,2000}>")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment as a page states it. `exact` when it came with a time of day and a zone; else the zone is guessed as
    UTC, or only the day is known."""

    at: datetime
    exact: bool


@dataclass(frozen=True, slots=True)
class LinkedData:
    """The facts of a page's JSON-LD.

    `body` is the article's text, `texts` are all texts, whichever node they belong to; `free` is False where the
    publisher marks the article as not accessible for free.
    """

    headline: str | None = None
    body: str = ""
    published: Stamp | None = None
    modified: Stamp | None = None
    authors: tuple[str, ...] = ()
    site: str | None = None
    image_urls: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    free: bool | None = None
    has_video: bool = False


def read_linked_data(scripts: Iterable[str]) -> LinkedData:
    """The facts of the JSON-LD in `scripts` (the contents of its script elements).

    The first article-like node that states a fact is believed. A script that is no valid JSON goes into `texts` as it
    is, because its words may still be the article's.
    """
    nodes: list[dict[str, object]] = []
    texts: list[str] = []
    for script in scripts:
        script = script[:_MAX_JSON_CHARS]  # noqa: PLW2901 - the same script, cut
        try:
            nodes += _nodes(json.loads(script, strict=False))
        except (ValueError, RecursionError):
            texts.append(plain_text(script.replace("\\n", "\n").replace('\\"', '"')))
    for node in nodes:
        values = [value for key, value in node.items() if key.lower() in _TEXT_KEYS]
        texts += [plain_text(text) for value in values for text in _texts(value)]
    articles = [node for node in nodes if _is_a(node, _ARTICLE_TYPES)]
    return LinkedData(
        headline=next((plain_text(text) for node in articles for text in _texts(node.get("headline"))), None),
        body=max(
            (plain_text(text) for node in articles for text in _texts(node.get("articleBody"))), key=len, default=""
        ),
        published=next(_stamps(articles, "datePublished"), None),
        modified=next(_stamps(articles, "dateModified"), None),
        authors=next((names for node in articles if (names := tuple(_names(node.get("author"))))), ()),
        site=next((name for node in articles for name in _names(node.get("publisher"))), None),
        image_urls=tuple(url for node in articles for url in _addresses(node.get("image"))),
        texts=tuple(dict.fromkeys(text for text in texts if text)),
        free=next((free for node in articles if (free := _truth(node.get("isAccessibleForFree"))) is not None), None),
        has_video=any(_is_a(node, re.compile("VideoObject$")) for node in nodes),
    )


def _nodes(value: object) -> list[dict[str, object]]:
    """All objects in a JSON value, outer ones first, without recursion and bounded."""
    found: list[dict[str, object]] = []
    queue = [value]
    for item in queue:
        if len(queue) > 20 * _MAX_NODES or len(found) >= _MAX_NODES:
            break
        if isinstance(item, dict):
            found.append(item)
            queue += [part for part in item.values() if isinstance(part, dict | list)]
        elif isinstance(item, list):
            queue += [part for part in item if isinstance(part, dict | list)]
    return found


def _is_a(node: dict[str, object], types: re.Pattern[str]) -> bool:
    return any(types.search(text) for text in _texts(node.get("@type")))


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str) and text.strip()]


def _stamps(nodes: list[dict[str, object]], key: str) -> Iterator[Stamp]:
    return (stamp for node in nodes for text in _texts(node.get(key)) if (stamp := parse_stamp(text)))


def _names(value: object) -> Iterator[str]:
    """Names of persons or organisations, given as strings or as objects with a name."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield from _texts(item.get("name"))
        elif isinstance(item, str) and item.strip():
            yield item


def _addresses(value: object) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield from _texts(item.get("url") or item.get("contentUrl"))
        elif isinstance(item, str):
            yield item


def _truth(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def plain_text(text: str) -> str:
    """`text` without tags and entities (JSON-LD and meta tags hold both, escaped up to twice)."""
    if "&" in text:
        text = unescape(text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    return unescape(text) if "&" in text else text


# ---- dates -------------------------------------------------------------------------------------------------------
_CHINESE_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日(?:\s*(\d{1,2})[:：时時](\d{1,2}))?")
_LOOSE_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_BASIC_ZONE = re.compile(r"([+-]\d{2})(\d{2})$")
_EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(minutes=5)
"""How far a clock elsewhere may be ahead of ours before its time counts as in the future."""
_BELIEVED_APART = timedelta(days=2)


def parse_stamp(text: str) -> Stamp | None:
    """The moment that a date in a page's metadata states; None where it is none or before 1995.

    Read are ISO 8601 with its common misspellings, RFC 2822, Unix time in seconds or milliseconds, and Chinese dates.
    """
    text = text.strip()[:64]
    try:
        stamp = _iso(text) or _unix(text) or _chinese(text) or _rfc2822(text)
    except (ValueError, OverflowError):
        return None
    return stamp if stamp and stamp.at >= _EARLIEST else None


def _iso(text: str) -> Stamp | None:
    try:
        at = datetime.fromisoformat(_BASIC_ZONE.sub(r"\1:\2", text.replace(" +", "+")))
    except ValueError:
        return _from_numbers(_LOOSE_DATE.match(text))
    if at.tzinfo is None:
        return Stamp(at.replace(tzinfo=UTC), exact=False)
    return Stamp(at.astimezone(UTC), exact=True) if len(text) > 10 else None


def _unix(text: str) -> Stamp | None:
    if not re.fullmatch(r"1\d{9}(\d{3})?", text):
        return None
    return Stamp(datetime.fromtimestamp(int(text[:10]), UTC), exact=True)


def _chinese(text: str) -> Stamp | None:
    return _from_numbers(_CHINESE_DATE.match(text))


def _rfc2822(text: str) -> Stamp | None:
    at = parsedate_to_datetime(text)
    return Stamp(at.replace(tzinfo=UTC), exact=False) if at.tzinfo is None else Stamp(at.astimezone(UTC), exact=True)


def _from_numbers(match: re.Match[str] | None) -> Stamp | None:
    if match is None:
        return None
    numbers = [int(part or 0) for part in match.groups(default="0")]
    year, month, day, hour, minute, second = (*numbers, 0)[:6]
    return Stamp(datetime(year, month, day, hour, minute, second, tzinfo=UTC), exact=False)


def choose_published(page: Stamp | None, feed: datetime | None, fetched_at: datetime) -> datetime | None:
    """When the article was published, from what its page and its feed say; None when neither says anything usable.

    Nothing later than `fetched_at` is believed. A page's date counts where it is exact (time and zone) and within two
    days of the feed's: dates in templates are off by years, and a date without time or zone is a guess where the feed
    gives the moment. Without a feed's date the page's is taken as it is.
    """
    latest = fetched_at + CLOCK_SKEW
    if feed is not None and not _EARLIEST <= feed <= latest:
        feed = None
    if page is None or page.at > latest:
        return feed and min(feed, fetched_at)
    if feed is None or (page.exact and abs(page.at - feed) <= _BELIEVED_APART):
        return min(page.at, fetched_at)
    return min(feed, fetched_at)


def choose_modified(
    page: Stamp | None, feed: datetime | None, published: datetime | None, fetched_at: datetime
) -> datetime | None:
    """When the article was last changed, if that is after its publication and not in the future."""
    for at in (page.at if page and page.exact else None, feed):
        if at is not None and at <= fetched_at + CLOCK_SKEW and (published is None or at > published):
            return min(at, fetched_at)
    return None


# ---- authors -----------------------------------------------------------------------------------------------------
_BYLINE = re.compile(
    r"^(?:by|written by|words by|text by|story by|posted by|author|von|par|por|автор[ы]?|текст|"
    r"作者|记者|記者|文|撰文|编辑|編輯|责任编辑|責任編輯)(?:\s*[:：/／]\s*|\s+)",
    re.IGNORECASE,
)
_BETWEEN_AUTHORS = re.compile(r"\s*(?:[;；,，、|/&\n]|\band\b|\bи\b)\s*")
_ADDRESS = re.compile(r"\S*(?:https?:|www\.|@)\S*|\([^()]{0,80}\)", re.IGNORECASE)
_AFTER_NAME = re.compile(r"\s+(?:published|updated|posted|contributor|опубликовано)\b.*", re.IGNORECASE)
_NO_NAME = re.compile(r"\.(?:com|org|net|ru|cn)\b|[<>{}=\[\]]|\d{3}", re.IGNORECASE)


def clean_authors(names: Iterable[str]) -> tuple[str, ...]:
    """Names of people or desks, each once, at most `MAX_AUTHORS`: no "By", addresses, e-mails or sentences."""
    found: dict[str, str] = {}
    for text in names:
        for part in _BETWEEN_AUTHORS.split(_ADDRESS.sub(" ", plain_text(text)[:500])):
            name = _AFTER_NAME.sub("", _BYLINE.sub("", " ".join(part.split()))).strip(" .:·•-–—*\"'()")
            if 2 <= len(name) <= 60 and len(name.split()) <= 6 and not _NO_NAME.search(name):
                found.setdefault(name.casefold(), name)
    return tuple(list(found.values())[:MAX_AUTHORS])


# ---- images ------------------------------------------------------------------------------------------------------
_NO_PICTURE = re.compile(r"(?i)(?:\b|_)(?:logo|icon|sprite|pixel|spacer|blank|avatar|placeholder|1x1)s?(?:\b|_)|\.svg$")


def clean_images(addresses: Iterable[str], base: str | None) -> tuple[str, ...]:
    """Absolute http(s) addresses of pictures, each once, at most `MAX_IMAGES`; logos, icons and pixels are left out."""
    found: dict[str, None] = {}
    for address in addresses:
        address = address.strip()[:2_000]  # noqa: PLW2901 - the same address, cut
        try:
            url = urljoin(base, address) if base else address
            parts = urlsplit(url)
        except ValueError:
            continue
        if address and parts.scheme in {"http", "https"} and parts.netloc and " " not in url:
            if not _NO_PICTURE.search(parts.path):
                found[url] = None
            if len(found) == MAX_IMAGES:
                break
    return tuple(found)
