"""Exact extraction: our two levels of trafilatura against its default, on two sets of real pages.

Ours is told the length of the rough text, because every page has been skimmed by then; what the skim itself costs is
measured by bench/skim.py and printed here beside it. Comments of readers are no part of an article, so ours leaves
them out; the default without them is listed as well, because that alone changes the quality.

    MONITOR_CORPUS=… python bench/extraction.py [--sample N]
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from time import process_time

import trafilatura

from monitor.extract import exact_text
from monitor.extract.skim import page_html, skim_page
from pages import Quality, RealPage, article_pages, sample_option, segment_pages, segment_quality, shingle_quality

ROUNDS = 2
Metric = Callable[[Sequence[RealPage], Sequence[str]], Quality]


def ours(html: str, rough_chars: int) -> str:
    return exact_text(html, rough_chars)


def default(html: str, _: int, *, comments: bool = True) -> str:
    document = trafilatura.bare_extraction(html, include_comments=comments)
    return getattr(document, "text", None) or ""


def timed(ways: Sequence[Callable[[str, int], str]], html: str, rough_chars: int) -> list[tuple[str, float]]:
    """The text each way finds and its CPU time, the best of some rounds in which the ways take turns."""
    results = [("", float("inf"))] * len(ways)
    for _ in range(ROUNDS):
        for i, way in enumerate(ways):
            before = process_time()
            text = way(html, rough_chars)
            results[i] = (text, min(results[i][1], process_time() - before))
    return results


def measure_set(title: str, pages: list[RealPage], metric: Metric) -> None:
    """Turns are taken page by page: a set takes minutes, and a shared machine does not stay as fast for so long."""
    texts: dict[str, list[str]] = {"ours": [], "default": [], "default, no comments": []}
    spent = dict.fromkeys(texts, 0.0)
    ways = (ours, default, partial(default, comments=False))
    skimming = 0.0
    for page in pages:
        before = process_time()
        skim = skim_page(page.body, charset=None, url=page.url)
        skimming += process_time() - before
        results = timed(ways, page_html(page.body, skim.encoding), len(skim.main_text))
        for name, (text, seconds) in zip(texts, results, strict=True):
            texts[name].append(text)
            spent[name] += seconds
    print(f"{title}, {len(pages)} pages; the skim before them: {1000 * skimming / len(pages):.1f} CPU-ms a page")
    quality = {name: metric(pages, found) for name, found in texts.items()}
    for name, seconds in spent.items():
        rate, ratio = len(pages) / max(seconds, 1e-9), spent["default"] / max(seconds, 1e-9)
        change = quality[name].f1 - quality["default"].f1
        print(f"  {name:<22} {rate:>6.1f} pages/CPU-s  ratio {ratio:.2f}  {quality[name]}  ({change:+.4f})")
    print("  aims: ratio 1.1, F1 not more than .001 below the default's", flush=True)


def main() -> None:
    sample = sample_option("Exact extraction against trafilatura's default.")
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    measure_set("(a) whole articles", article_pages(sample), shingle_quality)
    measure_set("(b) segments", segment_pages(sample), segment_quality)


if __name__ == "__main__":
    main()
