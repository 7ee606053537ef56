"""Loading beforehand what the stages load: libraries, dictionaries, the configuration, what reads articles.

A process that is forked from a warm one has all of it at once, and shares the memory. Cold, the stages of one article
spend three CPU-seconds on loading and a tenth of that on the article.
"""

import gc

from monitor.extract import article_from_page
from monitor.extract.skim import skim_page
from monitor.model import Entry, Page, utc_now
from monitor.pipeline import fetch, load, poll, send  # noqa: F401  loading them is what this is for
from monitor.pipeline.analyse import readers_for
from monitor.pipeline.config import current_sources
from monitor.settings import Settings

_ENGLISH = """The harbour office has counted the ships of the week, and there were more of them than in the week before.
It is the first time in a year that the quay was full, and the office asks for a second crane."""
_TEXTS = (
    _ENGLISH,
    "港务局统计了本周进港的船只，数量比上一周有所增加，码头工人因此加班到深夜。",
    "Портовое управление подсчитало суда за неделю, и оказалось, что их было больше, чем неделей раньше.",
)


def warm_up(settings: Settings) -> None:
    """Load everything now. Raises ConfigError where the configuration cannot be used."""
    current_sources(settings)
    readers = readers_for(settings)
    # What is loaded at its first use is found by using it: all but the model that tells rarer languages apart, which
    # takes as much memory as all the rest together.
    for text in _TEXTS:
        article = article_from_page(_page(), _body(text), skim=skim_page(_body(text), charset=None, url=""), exact=True)
        readers.matcher.could_match(text)
        readers.matcher.match(title=article.title, text=article.text, language=article.language)
        readers.observer.could_observe(text)
    # What is here to stay need not be looked through again, and is not touched in the processes that share it.
    gc.collect()
    gc.freeze()


def _page() -> Page:
    now = utc_now()
    entry = Entry(entry_id="", feed_url="", source_id="", seen_at=now, title="")
    return Page(page_id="", entries=(entry,), requested_url=None, final_url=None, fetched_at=now, status="fetched")


def _body(text: str) -> bytes:
    return f"<html><head><title>{text}</title></head><body><article><p>{text}</p></article></body></html>".encode()
