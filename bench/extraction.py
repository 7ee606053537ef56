"""Exact extraction: our two levels of trafilatura against its default, on two sets of real pages.

Ours is told the length of the rough text, because every page has been skimmed by then; what the skim itself costs is
measured by bench/skim.py and printed here beside it. Comments of readers are no part of an article, so ours leaves
them out; the default without them is listed as well, because that alone changes the quality.

    MONITOR_CORPUS=… python bench/extraction.py [--sample N]
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial

import trafilatura

from measure import compare, cpu_seconds
from monitor.extract import exact_text
from monitor.extract.skim import page_html, skim_page
from pages import Quality, RealPage, article_pages, sample_option, segment_pages, segment_quality, shingle_quality

Texts = list[str]
Metric = Callable[[Sequence[RealPage], Sequence[str]], Quality]


def ours(prepared: list[tuple[str, int]], texts: Texts) -> None:
    texts[:] = [exact_text(html, rough_chars) for html, rough_chars in prepared]


def default(prepared: list[tuple[str, int]], texts: Texts, *, comments: bool = True) -> None:
    texts.clear()
    for html, _ in prepared:
        document = trafilatura.bare_extraction(html, include_comments=comments)
        texts.append(getattr(document, "text", None) or "")


def measure_set(title: str, pages: list[RealPage], metric: Metric) -> None:
    prepared, before = [], cpu_seconds()
    for page in pages:
        skim = skim_page(page.body, charset=None, url=page.url)
        prepared.append((page_html(page.body, skim.encoding), len(skim.main_text)))
    skimming = cpu_seconds() - before
    found: dict[str, Texts] = {"ours": [], "default": [], "default, no comments": []}
    default(prepared, found["default, no comments"], comments=False)
    compare(
        title,
        ("fast, default where it is short", partial(ours, prepared, found["ours"])),
        ("trafilatura default", partial(default, prepared, found["default"])),
        len(pages),
        "pages",
        rounds=2,
        aim=1.1,
    )
    print(f"{'':<28} the skim before it: {1000 * skimming / len(pages):.1f} CPU-ms a page")
    quality = {name: metric(pages, texts) for name, texts in found.items()}
    for name, value in quality.items():
        print(f"{'':<28} {name:<24} {value}")
    for name in ("default", "default, no comments"):
        difference = quality["ours"].f1 - quality[name].f1
        print(f"{'':<28} F1 of ours minus {name}: {difference:+.4f}  (aim: at least -.001)")


def main() -> None:
    sample = sample_option("Exact extraction against trafilatura's default.")
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    measure_set("(a) whole articles", article_pages(sample), shingle_quality)
    measure_set("(b) segments", segment_pages(sample), segment_quality)


if __name__ == "__main__":
    main()
