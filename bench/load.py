"""Loading analysed articles into the archive against inserting them row by row, and what a larger archive costs.

    python bench/load.py [articles in the larger archive, default 100000]

Both sides write the same rows into the same schema: entries, articles, revisions and the matches of one article in
50, each of about 5 KB of text, in one transaction, and write the checkpoint.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from measure import compare
from monitor.archive import Archive
from monitor.archive.load import prepare
from monitor.model import AnalysedPage, Article, Entry, Evidence, Match, Poll, Source, WarcRef, key
from monitor.settings import Settings

ARTICLES = 2_000
BATCH = 10_000
START = datetime(2022, 9, 15, tzinfo=UTC)
SOURCES = [
    Source(
        id=f"outlet{n}", name=f"Outlet {n}", country="xx", language="en", bloc="western", family=f"f{n}", tier=2,
        feeds=(f"https://outlet{n}.example/rss",),
    )
    for n in range(60)
]  # fmt: skip


def vocabulary(rng: random.Random) -> list[str]:
    """Made-up words with frequencies as in a language, so that compression has its usual work."""
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 10))) for _ in range(20_000)]
    return rng.choices(words, weights=[1 / (rank + 5) for rank in range(len(words))], k=200_000)


def pages(rng: random.Random, words: list[str], first: int, number: int, length: int) -> list[AnalysedPage]:
    """`number` analysed pages, each with one entry, of about `length` characters; one in 50 on a topic."""
    return [page(rng, words, index, length) for index in range(first, first + number)]


def page(rng: random.Random, words: list[str], index: int, length: int) -> AnalysedPage:
    """The analysed page number `index`."""
    begin = rng.randrange(len(words) - length)
    text = " ".join(words[begin : begin + length // 5])
    source = SOURCES[index % len(SOURCES)]
    url = f"https://{source.id}.example/2022/09/15/{'-'.join(words[begin : begin + 8])}-{index}"
    article_id, seen = key(url), START + timedelta(seconds=index)
    entry = Entry(
        entry_id=key(url, "entry"), feed_url=source.feeds[0], source_id=source.id, seen_at=seen, title=text[:70],
        link=url, url=url, guid=url, summary=text[:300], published=seen,
    )  # fmt: skip
    article = Article(
        article_id=article_id, revision_id=key(url, text), url=url, source_id=source.id, title=text[:70], text=text,
        text_origin="skim", language="en", entry_ids=(entry.entry_id,), first_poll=False, seen_at=seen,
        fetched_at=seen, published=seen, extractor="bench",
        warc=WarcRef(file=f"warc/landing/2022-09-15/{index // 50}.warc.gz", offset=index, sha256=key(text) * 2),
    )  # fmt: skip
    evidence = tuple(Evidence(field="text", start=n, end=n + 4, text=text[n : n + 4], alias="x") for n in range(5))
    match = Match(
        article_id=article_id, revision_id=article.revision_id, topic_id="sco", score=1, evidence=evidence,
        watchlist_hash="h",
    )  # fmt: skip
    return AnalysedPage(
        article_id=article_id, entries=(entry,), article=article, matches=(match,) if index % 50 == 0 else ()
    )


def poll(index: int) -> Poll:
    """A poll that found something."""
    now = START + timedelta(seconds=index)
    return Poll(
        poll_id=key(str(index)), feed_url=SOURCES[0].feeds[0], source_id=SOURCES[0].id, polled_at=now, outcome="new",
        next_poll_at=now,
    )  # fmt: skip


def fresh_archives(folder: Path) -> Iterator[Archive]:
    """Empty archives with the schema in place, one after the other."""
    for number in count():
        archive = Archive(Settings(home=folder / str(number)))
        with archive.write():
            pass
        yield archive


def in_bulk(archives: Iterator[Archive], batch: list[AnalysedPage]) -> None:
    """As the load stage does it."""
    archive = next(archives)
    done = archive.load_batch(polls=[], pages=batch, sources=[], alerts=[])
    assert done.articles == len(batch)


def row_by_row(archives: Iterator[Archive], batch: list[AnalysedPage]) -> None:
    """The same rows with executemany."""
    prepared = prepare(polls=[], pages=batch, sources=[], alerts=[])
    with next(archives).write() as con:
        for rows in prepared.rows:
            values = [[*row.values(), *([START] if rows.recorded else [])] for row in rows.table.to_pylist()]
            names = [*rows.table.column_names, *(["recorded_at"] if rows.recorded else [])]
            if values:
                marks = ", ".join("?" * len(names))
                con.executemany(f"INSERT INTO {rows.target} ({', '.join(names)}) VALUES ({marks})", values)  # noqa: S608 - own names


def timed(title: str, work: Callable[[], object]) -> None:
    """Print what `work` takes: the median of 5, wall time."""
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    print(f"  {title:<58} {sorted(taken)[2] * 1000:>8.0f} ms", flush=True)


def larger_archive(folder: Path, rng: random.Random, words: list[str], articles: int) -> None:
    """What each access costs when the archive is large."""
    archive = Archive(Settings(home=folder))
    wait = []
    began = time.perf_counter()
    for first in range(0, articles, BATCH):
        batch = pages(rng, words, first, min(BATCH, articles - first), 2_500)
        before = time.perf_counter()
        archive.load_batch(polls=[], pages=batch, sources=SOURCES, alerts=[])
        wait.append(time.perf_counter() - before)
    size = archive.file.stat().st_size / 1e6
    print(
        f"archive of {articles:,} articles, {size:,.0f} MB, made in {time.perf_counter() - began:.0f} s "
        f"(loads of {BATCH:,}: longest {max(wait):.1f} s)"
    )
    known = rng.sample(range(articles), 100)
    urls = [
        one.article.url for index in known for one in pages(random.Random(index), words, index, 1, 100) if one.article
    ]
    ids = [key(url or "") for url in urls]
    entry_ids = [key(url, "entry") for url in urls]
    timed("known_entries of 100", lambda: archive.known_entries(entry_ids))
    timed("known_articles of 100 addresses", lambda: archive.known_articles([url for url in urls if url]))
    timed("known_article_ids of 100", lambda: archive.known_article_ids(ids))
    timed("alerted_topics of 100", lambda: archive.alerted_topics(ids))
    timed("pending_alerts", archive.pending_alerts)
    numbers = count(articles)
    timed(
        "load_batch of 50 articles and 50 polls",
        lambda: archive.load_batch(
            polls=[poll(next(numbers)) for _ in range(50)],
            pages=pages(rng, words, next(numbers) * 100, 50, 5_000),
            sources=SOURCES,
            alerts=[],
        ),
    )
    began = time.perf_counter()
    assert archive.publish(on_demand=True)
    print(f"  {'publish':<58} {(time.perf_counter() - began) * 1000:>8.0f} ms")
    timed("publish, nothing new", lambda: archive.publish(on_demand=True))


def main() -> None:
    """Print both parts."""
    larger = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    rng = random.Random(7)
    words = vocabulary(rng)
    batch = pages(rng, words, 0, ARTICLES, 5_000)
    with tempfile.TemporaryDirectory() as name:
        archives = fresh_archives(Path(name) / "fresh")
        compare(
            f"load {ARTICLES} articles",
            ("load_batch", lambda: in_bulk(archives, batch)),
            ("executemany", lambda: row_by_row(archives, batch)),
            ARTICLES,
            "articles",
            aim=15,
        )
        larger_archive(Path(name) / "larger", rng, words, larger)


if __name__ == "__main__":
    main()
