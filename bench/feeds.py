"""Feed parsing: `parse_feed`, all of it (reading, dates, plain text, canonical links, keys), against plain feedparser.

The feeds are those of the corpus that real sites served or could have: reader's and miniflux's, and each outlet of
three recorded newsrooms as its feed stood four times in the recording, 30 items each, as RSS, Atom and JSON Feed.

    MONITOR_CORPUS=… python bench/feeds.py
"""

import gzip
import io
import json
import warnings
from collections import Counter
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape

import feedparser

from measure import compare, corpus
from monitor.errors import FeedUnreadable
from monitor.feeds import parse_feed
from monitor.model import Feed

ITEMS = 30
NEWSROOMS = ("samarkand-2022-09", "siberia-2023-05", "polls-2026-01")
NOW = datetime(2026, 11, 1, tzinfo=UTC)
Row = dict[str, str]


def recorded_feeds() -> tuple[list[bytes], list[bytes]]:
    """XML feeds (RSS and Atom by turns) and JSON Feeds of the recorded newsrooms."""
    xml: list[bytes] = []
    as_json: list[bytes] = []
    for name in NEWSROOMS:
        outlets: dict[str, list[Row]] = {}
        with gzip.open(corpus("newsroom") / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                outlets.setdefault(row["outlet"], []).append(row)
        for outlet, rows in sorted(outlets.items()):
            for number in range(4):
                start = number * len(rows) // 4
                part = rows[start : start + ITEMS]
                xml.append((_rss, _atom)[len(xml) % 2](outlet, part))
                as_json.append(_json_feed(outlet, part))
    return xml, as_json


def _when(row: Row) -> datetime:
    text = row["published"] or row["seen_at"]
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return NOW
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _rss(outlet: str, rows: list[Row]) -> bytes:
    items = "".join(
        f"<item><title>{escape(row['title'] or '')}</title><link>{escape(row['url'])}</link>"
        f'<guid isPermaLink="false">{escape(row["id"])}</guid><pubDate>{format_datetime(_when(row))}</pubDate>'
        f"<dc:creator>{outlet}</dc:creator><description>{escape((row['html'] or '')[:1500])}</description></item>"
        for row in rows
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>{outlet}</title><link>https://{outlet}.example/</link>{items}</channel></rss>"
    ).encode()


def _atom(outlet: str, rows: list[Row]) -> bytes:
    entries = "".join(
        f'<entry><title>{escape(row["title"] or "")}</title><link rel="alternate" href="{escape(row["url"])}"/>'
        f"<id>{escape(row['id'])}</id><published>{_when(row).isoformat()}</published>"
        f"<updated>{_when(row).isoformat()}</updated><author><name>{outlet}</name></author>"
        f'<summary type="html">{escape((row["html"] or "")[:1500])}</summary></entry>'
        for row in rows
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>{outlet}</title>'
        f'<link href="https://{outlet}.example/"/><updated>2026-01-01T00:00:00Z</updated>{entries}</feed>'
    ).encode()


def _json_feed(outlet: str, rows: list[Row]) -> bytes:
    items = [
        {
            "id": row["id"],
            "url": row["url"],
            "title": row["title"],
            "content_html": (row["html"] or "")[:1500],
            "date_published": _when(row).isoformat(),
        }
        for row in rows
    ]
    document = {"version": "https://jsonfeed.org/version/1.1", "title": outlet, "items": items}
    return json.dumps(document, ensure_ascii=False).encode()


def library_feeds() -> list[bytes]:
    """The feeds of reader and miniflux that are feeds."""
    folders = (corpus("feeds") / "reader", corpus("feeds") / "miniflux" / "parser")
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in {".xml", ".rss", ".atom"})
    return [path.read_bytes() for path in files]


def ours(bodies: list[bytes]) -> Counter[str]:
    """How many entries each reader read."""
    feed = Feed(url="https://feeds.example.org/all.xml", source_id="bench")
    read: Counter[str] = Counter()
    for body in bodies:
        try:
            parsed = parse_feed(body, feed=feed, content_type="application/xml", seen_at=NOW)
        except FeedUnreadable:
            continue
        read[parsed.parser] += len(parsed.entries)
    return read


def next_bodies(bodies: list[bytes]) -> list[tuple[bytes, bytes]]:
    """For each feed, what the parser remembers of it, and the feed as it stands one new item later."""
    feed = Feed(url="https://feeds.example.org/all.xml", source_id="bench")
    pairs = []
    for number, body in enumerate(bodies):
        memory = parse_feed(body, feed=feed, content_type="application/xml", seen_at=NOW).memory
        link = f"https://news.example.org/new/{number}"
        item = f"<item><title>A new item</title><link>{link}</link><guid>{link}</guid></item>"
        entry = f'<entry><title>A new item</title><link href="{link}"/><id>{link}</id></entry>'
        later = body.replace(b"<item>", item.encode() + b"<item>", 1).replace(
            b"<entry>", entry.encode() + b"<entry>", 1
        )
        pairs.append((memory, later))
    return pairs


def ours_again(pairs: list[tuple[bytes, bytes]]) -> int:
    """How many new entries were found."""
    feed = Feed(url="https://feeds.example.org/all.xml", source_id="bench")
    return sum(
        len(parse_feed(body, feed=feed, content_type="application/xml", seen_at=NOW, memory=memory).entries)
        for memory, body in pairs
    )


def plain_feedparser(bodies: list[bytes]) -> int:
    return sum(
        len(feedparser.parse(io.BytesIO(body), response_headers={"content-type": "application/xml"}).entries)
        for body in bodies
    )


def main() -> None:
    warnings.simplefilter("ignore", DeprecationWarning)
    recorded, as_json = recorded_feeds()
    for title, bodies, aim in (
        ("feeds, recorded newsrooms", recorded, 15.0),
        ("feeds, reader and miniflux", library_feeds(), 15.0),
    ):
        entries = plain_feedparser(bodies)
        compare(
            title,
            ("parse_feed", lambda bodies=bodies: ours(bodies)),  # type: ignore[misc]  # mypy infers no default
            ("feedparser", lambda bodies=bodies: plain_feedparser(bodies)),  # type: ignore[misc]  # as above
            entries,
            "entries",
            aim=aim,
        )
        print(f"{'':<28} {len(bodies)} feeds; entries by reader: {dict(ours(bodies))}")
    again = next_bodies(recorded)
    later = [body for _, body in again]
    assert ours_again(again) == len(again)
    compare(
        "one new item in 30",
        ("parse_feed with its memory", lambda: ours_again(again)),
        ("feedparser", lambda: plain_feedparser(later)),
        plain_feedparser(later),
        "entries",
        aim=15.0,
    )
    json_entries = sum(ours(as_json).values())
    compare(
        "JSON Feed (no baseline)",
        ("parse_feed, JSON Feed", lambda: ours(as_json)),
        ("parse_feed, the same as XML", lambda: ours(recorded)),
        json_entries,
        "entries",
    )


if __name__ == "__main__":
    main()
