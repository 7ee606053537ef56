"""Records to fill an archive with, for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from claims_book import Book, make_claim, say
from monitor.archive import ClaimRecords
from monitor.model import Alert, AnalysedPage, Article, Entry, Evidence, Match, Poll, Source

NOON = datetime(2022, 9, 15, 12, tzinfo=UTC)


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def source(name: str = "herald", **more: Any) -> Source:
    fixed: dict[str, Any] = {
        "name": name.title(),
        "country": "uz",
        "language": "en",
        "bloc": "central_asian",
        "family": name,
        "tier": 2,
        "feeds": (f"https://{name}.example/rss",),
    }
    return Source(id=name, **fixed | more)


def entry(name: str = "1", **more: Any) -> Entry:
    fixed: dict[str, Any] = {
        "feed_url": "https://herald.example/rss",
        "source_id": "herald",
        "seen_at": NOON,
        "title": f"Entry {name}",
        "url": f"https://herald.example/{name}?from=feed",
    }
    return Entry(entry_id=f"entry-{name}", **fixed | more)


def article(name: str = "1", revision: str = "a", **more: Any) -> Article:
    fixed: dict[str, Any] = {
        "url": f"https://herald.example/{name}",
        "source_id": "herald",
        "title": f"Title {name}{revision}",
        "text": f"Text {name} in revision {revision}.",
        "text_origin": "extracted",
        "language": "en",
        "entry_ids": (f"entry-{name}",),
        "first_poll": False,
        "seen_at": NOON,
        "fetched_at": minutes(1),
        "published": minutes(-5),
        "extractor": "test 1",
    }
    return Article(article_id=f"article-{name}", revision_id=f"revision-{name}{revision}", **fixed | more)


def match(topic: str, of: Article, **more: Any) -> Match:
    evidence = Evidence(field="text", start=0, end=4, text=of.text[:4], alias="text", rule="any[0]")
    fixed: dict[str, Any] = {"score": 2.5, "evidence": (evidence,), "watchlist_hash": "watchlist-1"}
    return Match(article_id=of.article_id, revision_id=of.revision_id, topic_id=topic, **fixed | more)


def page(name: str = "1", revision: str = "a", topics: tuple[str, ...] = (), **more: Any) -> AnalysedPage:
    one = article(name, revision, **more)
    return AnalysedPage(
        article_id=one.article_id,
        entries=(entry(name, source_id=one.source_id),),
        article=one,
        matches=tuple(match(topic, one) for topic in topics),
    )


def poll(number: int = 0, **more: Any) -> Poll:
    fixed: dict[str, Any] = {
        "feed_url": "https://herald.example/rss",
        "source_id": "herald",
        "polled_at": minutes(number),
        "outcome": "new",
        "status": 200,
        "next_poll_at": minutes(number + 5),
    }
    fixed |= more
    return Poll(poll_id=f"{fixed['feed_url']} {number}", **fixed)


def alert(name: str = "1", topics: tuple[str, ...] = ("sco",), **more: Any) -> Alert:
    fixed: dict[str, Any] = {
        "kind": "new_article",
        "created_at": minutes(2),
        "channel": "#news",
        "text": f"News {name}",
        "blocks": "[]",
        "article_id": f"article-{name}",
    }
    return Alert(alert_id=f"alert-{name}", topics=topics, **fixed | more)


def a_claim_that_changed() -> ClaimRecords:
    """A claim whose baseline was 50 until one outlet reported 38."""
    book = Book(make_claim(start=50))
    book.hear(say(50, -60, "bee"), say(38, 0, "ant"))
    return ClaimRecords(claims=[book.claim], observations=book.dated, beliefs=book.beliefs, changes=book.changes)
