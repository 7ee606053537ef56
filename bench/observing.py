"""What observing claims adds to the cost of an article: python bench/observing.py [--sample N].

Over all articles, most of which are on no topic: pages of both sets of real pages through the analyse stage, with the
shipped watchlist and with the same without its claims; on them observing is the prefilter, and the exact extraction of
the pages that a claim alone asks for. Over those that are on a topic or say something of a claim: matching alone, and
matching with observing, on the collected texts; English sentences are parsed for who says what.
"""

import argparse
import gc
import gzip
import json
import logging
import statistics
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from measure import compare, corpus
from monitor.claims.observer import Observer
from monitor.model import Entry, Page, utc_now
from monitor.pipeline.analyse import analyse_page
from monitor.topics import Matcher
from monitor.watchlist import Watchlist, load_watchlist
from pages import RealPage, article_pages, segment_pages

CONFIG = Path(__file__).parent.parent / "config" / "watchlist.yaml"
MORE = 1.20
"""What an article may cost over all, against one without claims."""
MILLISECONDS = 40.0
"""What observing may cost an article that has topics or observations."""


def analyse_all(pages: Sequence[RealPage], matcher: Matcher, observer: Observer) -> None:
    now = utc_now()
    for number, page in enumerate(pages):
        entry = Entry(entry_id=str(number), feed_url="", source_id="", seen_at=now, title="", link=page.url)
        analyse_page(
            Page(
                page_id=str(number),
                entries=(entry,),
                requested_url=page.url,
                final_url=page.url,
                fetched_at=now,
                status="fetched",
            ),
            page.body,
            matcher,
            observer,
        )


def over_all(watchlist: Watchlist, pages: Sequence[RealPage]) -> float:
    """How many times as much an article costs with claims."""
    plain = watchlist.model_copy(update={"claims": ()})
    plain.__dict__.pop("hash", None)
    sides = [(Matcher(one), Observer(one)) for one in (watchlist, plain)]
    for matcher, observer in sides:
        analyse_all(pages, matcher, observer)  # patterns are compiled at their first use, once a process
    gc.collect()
    gc.freeze()  # as in the process that the stages are forked from
    ratio = compare(
        "all articles",
        ("with claims", partial(analyse_all, pages, *sides[0])),
        ("without", partial(analyse_all, pages, *sides[1])),
        len(pages),
        "pages",
        rounds=2,
    )
    print(f"{'':<28} observing adds {100 * (1 / ratio - 1):.1f} % (aim at most {100 * (MORE - 1):.0f} %)")
    return 1 / ratio


def over_those_that_match(watchlist: Watchlist, sample: int) -> float:
    """The mean milliseconds that observing takes an article on a topic or with an observation."""
    matcher, observer = Matcher(watchlist), Observer(watchlist)
    spent: list[float] = []
    found = 0
    for path in sorted(corpus("text").glob("*_on_topic.jsonl.gz")):
        lines = gzip.decompress(path.read_bytes()).splitlines()
        for row in map(json.loads, lines[:: max(1, len(lines) // sample)]):
            title, text = row["title"] or "", row["text"] or ""
            matches = matcher.match(title=title, text=text, language=row["lang"])
            before = time.process_time()
            observations = observer.observe(title=title, text=text, language=row["lang"])
            if matches or observations:
                spent.append(1000 * (time.process_time() - before))
                found += len(observations)
    spent = spent[1:]  # the first one loads what is loaded at its first use
    mean, high = statistics.mean(spent), statistics.quantiles(spent, n=20)[-1]
    print(f"{'on a topic, or observed':<28} {len(spent)} articles, {found} observations")
    print(f"{'':<28} observing takes {mean:.1f} ms on average (aim {MILLISECONDS:.0f}), 95 % below {high:.1f}, "
          f"at most {max(spent):.0f}")  # fmt: skip
    return mean


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--sample", type=int, default=200, metavar="N", help="pages of each set, texts of each language"
    )
    options = parser.parse_args()
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    watchlist = load_watchlist(CONFIG)
    ratio = over_all(watchlist, [*article_pages(options.sample), *segment_pages(options.sample)])
    mean = over_those_that_match(watchlist, options.sample)
    return 0 if ratio <= MORE and mean <= MILLISECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
