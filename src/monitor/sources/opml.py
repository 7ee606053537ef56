"""OPML, the format in which feed readers exchange subscriptions: bytes to outlines, sources to bytes.

What OPML has no attribute for (country, bloc, family, tier, the source's id) goes into attributes of our own
namespace, which other readers ignore, so that nothing is lost on the way out and back in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from monitor.errors import ConfigError
from monitor.model import Source

NAMESPACE = "https://example.org/claim-monitor/opml"
MAX_BYTES = 20_000_000
MAX_DEPTH = 100
_OWN = ("id", "name", "country", "bloc", "family", "tier")


@dataclass(frozen=True, slots=True)
class Outline:
    """The feeds of one source, with those of its fields that the file gives (`name`, `language`, `country`, …)."""

    feeds: tuple[str, ...]
    fields: dict[str, str]


def read_opml(raw: bytes, name: str) -> tuple[Outline, ...]:
    """The subscriptions in `raw`, however deep they are nested; outlines of one source are put together.

    Nothing is ever loaded from elsewhere, and a document type (the place of entities) is refused. `name` is the
    file's, for errors. Raises ConfigError when `raw` is no OPML.
    """
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{name}: larger than {MAX_BYTES // 1_000_000} MB, which no list of feeds needs.")
    reader = _Reader(name)
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = reader.refuse_doctype
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        raise ConfigError(f"{name}:{error.lineno}: not well-formed XML: {expat.ErrorString(error.code)}.") from None
    except (LookupError, ValueError) as error:
        raise ConfigError(f"{name}:1: an encoding that cannot be read ({error}); save it as UTF-8.") from None
    return reader.outlines()


def write_opml(sources: Iterable[Source], title: str = "Sources") -> bytes:
    """`sources` as OPML 2.0: a folder a bloc, an outline a feed."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<opml version="2.0" xmlns:monitor={quoteattr(NAMESPACE)}>',
        f"  <head><title>{_escape(title)}</title></head>",
        "  <body>",
    ]
    for bloc, members in groupby(sources, key=lambda source: source.bloc):
        lines.append(f"    <outline text={_attribute(bloc)}>")
        lines += [f"      {_feed_outline(source, url)}" for source in members for url in source.feeds]
        lines.append("    </outline>")
    lines += ["  </body>", "</opml>", ""]
    return "\n".join(lines).encode()


class _Reader:
    """Collects outlines while the parser walks; keeps no tree, so that depth and size cost nothing."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.depth = 0
        self.rows: list[tuple[str, dict[str, str]]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth == 1 and tag.lower() != "opml":
            raise ConfigError(f"{self.name}: this is no OPML; the first element is <{tag[:40]}>.")
        if self.depth > MAX_DEPTH:
            raise ConfigError(f"{self.name}: outlines nested more than {MAX_DEPTH} deep.")
        if tag.lower() != "outline":
            return
        folded = {key.lower(): value.strip() for key, value in attributes.items()}
        url = folded.get("xmlurl", "")
        if url:
            self.rows.append((url, _fields(folded)))

    def end(self, _tag: str) -> None:
        self.depth -= 1

    def refuse_doctype(self, *_: object) -> None:
        raise ConfigError(f"{self.name}: has a document type (<!DOCTYPE …>), which OPML does not need; remove it.")

    def outlines(self) -> tuple[Outline, ...]:
        feeds: dict[str, list[str]] = {}
        fields: dict[str, dict[str, str]] = {}
        for number, (url, row) in enumerate(self.rows):
            owner = row.get("id") or f"\0{number}"
            feeds.setdefault(owner, [])
            if url not in feeds[owner]:
                feeds[owner].append(url)
            fields.setdefault(owner, row)
        return tuple(Outline(tuple(urls), fields[owner]) for owner, urls in feeds.items())


def _fields(attributes: dict[str, str]) -> dict[str, str]:
    found = {field: attributes.get(f"monitor:{field}", "") for field in _OWN}
    found["name"] = found["name"] or attributes.get("title", "") or attributes.get("text", "")
    found["language"] = attributes.get("language", "")
    return {field: value for field, value in found.items() if value}


def _feed_outline(source: Source, url: str) -> str:
    attributes = {
        "type": "rss",
        "text": source.name,
        "title": source.name,
        "xmlUrl": url,
        "language": source.language,
        "monitor:id": source.id,
        "monitor:name": source.name,
        "monitor:country": source.country,
        "monitor:bloc": source.bloc,
        "monitor:family": source.family,
        "monitor:tier": str(source.tier),
    }
    return "<outline " + " ".join(f"{key}={_attribute(value)}" for key, value in attributes.items()) + "/>"


def _attribute(value: str) -> str:
    return quoteattr(_printable(value), {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def _escape(value: str) -> str:
    return _printable(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _printable(value: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(
        char for char in value if char >= " " and not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff"
    )
