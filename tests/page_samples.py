"""Pages of our own writing, and the records around them, for the tests of skim and extraction."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from monitor.extract import article_from_page
from monitor.extract.skim import skim_page
from monitor.model import Article, Entry, Page
from monitor.urls import canonical_url

FOLDER = Path(__file__).parent / "data" / "pages"
FETCHED = datetime(2022, 10, 1, 12, tzinfo=UTC)
LINK = "https://www.paper.example.com/2022/09/some-article"

ENTRY = Entry(
    entry_id="entry-1",
    feed_url="https://www.paper.example.com/rss",
    source_id="paper",
    seen_at=FETCHED,
    title="",
    link=LINK,
    url=canonical_url(LINK),
)


def html_of(name: str) -> bytes:
    return (FOLDER / f"{name}.html").read_bytes()


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip()


def page(link: str = LINK, *, final_url: str | None = None, charset: str | None = None, **entry: object) -> Page:
    """A fetched page for one entry; `entry` changes the entry's fields."""
    first = replace(ENTRY, link=link, url=canonical_url(link), **entry)  # type: ignore[arg-type]
    return Page(
        page_id="page-1",
        entries=(first,),
        requested_url=link,
        final_url=final_url or link,
        fetched_at=FETCHED,
        status="fetched",
        charset=charset,
    )


def article(body: bytes, of: Page | None = None, *, exact: bool = True) -> Article:
    """Skimmed and extracted as the analyse stage does it."""
    of = of or page()
    skim = skim_page(body, charset=of.charset, url=of.final_url or "")
    return article_from_page(of, body, skim=skim, exact=exact)


def wrapped(body: str, head: str = "") -> bytes:
    return f"<!doctype html><html><head><meta charset=utf-8>{head}</head><body>{body}</body></html>".encode()
