"""The skim: does it lose a match, and what does it cost against extracting every page?

For each page of both sets, trafilatura's default title and text are matched, and the skim is asked whether it could
have known. Few of these pages are about the real watchlist's topics, so a second watchlist is drawn from the pages'
own texts: a few hundred phrases of two or three words (four characters in Chinese and Japanese), a topic each. For
that one, not only must the page pass: every single phrase that matches in the exact text is looked for in the skim's.
A phrase that is in the exact text only because trafilatura put the end of one block and the beginning of another on
one line is no phrase of the page; such are listed as "across blocks".

    MONITOR_CORPUS=… python bench/skim.py [--sample N] [--phrases N]
"""

import argparse
import logging
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import trafilatura

from measure import compare
from monitor.extract.charset import decode_page
from monitor.extract.skim import Skim, clean_text, skim_page
from monitor.language import detect
from monitor.topics import Matcher
from monitor.watchlist import Rule, Topic, Watchlist, load_watchlist
from pages import RealPage, article_pages, segment_pages

_WORDS = re.compile(r"[^\W\d_]{3,}")
_EASTERN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{6,}")
CONFIG = Path(__file__).parent.parent / "config" / "watchlist.yaml"


def drawn_watchlist(pages: Sequence[RealPage], number: int) -> Watchlist:
    """A topic a phrase, the phrases drawn from what people marked as the pages' text."""
    chance = random.Random(20)
    segments = [line for page in pages for text in page.wanted for line in text.splitlines()]
    chance.shuffle(segments)
    phrases: dict[str, None] = {}
    for segment in segments:
        words = _WORDS.findall(segment)
        if eastern := _EASTERN.search(segment):
            phrases[eastern[0][:4]] = None
        elif len(words) > 3:
            start, length = chance.randrange(len(words) - 3), chance.choice((2, 3))
            phrase = " ".join(words[start : start + length])
            if re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", segment):
                phrases[phrase] = None
        if len(phrases) == number:
            break
    topics = tuple(
        Topic(id=f"phrase_{i}", name={"en": phrase}, channel="bench", match=Rule(text={"en": (phrase,)}))
        for i, phrase in enumerate(phrases)
    )
    return Watchlist(version=1, topics=topics)


def exact(page: RealPage) -> tuple[str, str]:
    """Title and text as trafilatura gives them by default, with metadata."""
    document = trafilatura.bare_extraction(decode_page(page.body, None)[0], with_metadata=True)
    return getattr(document, "title", None) or "", getattr(document, "text", None) or ""


def known_text(skim: Skim) -> str:
    """Everything that the skim knows of a page, as the flow hands it to the prefilter, without the feed's part."""
    return "\n".join((*skim.titles, skim.description, skim.visible_text))


def skim_all(pages: Sequence[RealPage], matcher: Matcher) -> None:
    for page in pages:
        matcher.could_match(known_text(skim_page(page.body, charset=None, url=page.url)))


def exact_all(pages: Sequence[RealPage], found: list[tuple[str, str]]) -> None:
    found[:] = [exact(page) for page in pages]


def lost_matches(
    pages: Sequence[RealPage], found: Sequence[tuple[str, str]], matcher: Matcher
) -> tuple[int, list[str], list[str]]:
    """How many (page, topic) pairs match in the exact texts; pages lost, because the prefilter says no to the skim
    of a page that matches; and single topics lost on pages that pass. One line each."""
    names = {topic.id: topic.title() for topic in matcher.watchlist.topics}
    matched, lost_pages, lost_topics = 0, [], []
    for page, (title, text) in zip(pages, found, strict=True):
        topics = {one.topic_id for one in matcher.match(title=title, text=text, language=detect(text))}
        matched += len(topics)
        if not topics:
            continue
        skim = skim_page(page.body, charset=None, url=page.url)
        known = known_text(skim)
        if not matcher.could_match(known):
            lost_pages.append(f"{page.url}: {sorted(names[topic] for topic in topics)}")
        for topic in sorted(topics - {one.topic_id for one in matcher.match(title="", text=clean_text(known))}):
            reason = "" if _in_one_block(names[topic], page, skim.encoding) else "across blocks: "
            lost_topics.append(f"{page.url}: {names[topic]!r}, {reason}{_context(names[topic], text)}")
    return matched, lost_pages, lost_topics


def _in_one_block(phrase: str, page: RealPage, encoding: str) -> bool:
    """Whether the phrase stands in the page's mark-up with nothing but white space or inline tags between its words."""
    inline = r"(?:\s|&nbsp;|</?(?:a|b|i|em|strong|span|u|font|mark|cite)\b[^<>]*>)+"
    pattern = inline.join(re.escape(word) for word in phrase.split())
    return re.search(pattern, page.body.decode(encoding, "replace"), re.IGNORECASE) is not None


def _context(phrase: str, text: str) -> str:
    found = re.search(r"\s+".join(map(re.escape, phrase.split())), text, re.IGNORECASE)
    return repr(text[max(0, found.start() - 40) : found.end() + 40]) if found else ""


def footprint() -> None:
    """What a process costs that never meets a page on a topic, and one that does (a fresh process each)."""
    for name, extra in (
        ("skim only", ""),
        ("and trafilatura", "from monitor.extract import exact_text; exact_text(html.decode(), 10_000);"),
    ):
        program = (
            "import time, sys, psutil; before = time.process_time();"
            "import monitor.extract; from monitor.extract.skim import skim_page;"
            "html = b'<html><title>t</title><body><article>' + b'<p>Some words of a text.</p>' * 200;"
            f"skim_page(html, charset=None, url='https://example.com/');{extra}"
            "spent = time.process_time() - before;"
            "loaded = 'trafilatura' in sys.modules;"
            "memory = psutil.Process().memory_info().rss / 2**20;"
            "print(f'{spent:.2f} CPU-s to the first page, {memory:.0f} MiB, trafilatura loaded: {loaded}')"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - ours
        print(f"{'a process: ' + name:<28} {done.stdout.strip()}")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, metavar="N", help="measure N pages of each set instead of all")
    parser.add_argument("--phrases", type=int, default=500, metavar="N", help="size of the drawn watchlist")
    options = parser.parse_args()
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    real = Matcher(load_watchlist(CONFIG))
    losses = 0
    for title, pages in (
        ("(a) whole articles", article_pages(options.sample)),
        ("(b) segments", segment_pages(options.sample)),
    ):
        found: list[tuple[str, str]] = []
        drawn = Matcher(drawn_watchlist(pages, options.phrases))
        compare(
            title,
            ("skim and prefilter", partial(skim_all, pages, real)),
            ("trafilatura default, metadata", partial(exact_all, pages, found)),
            len(pages),
            "pages",
            rounds=1,
        )
        for name, matcher in (("real watchlist", real), ("drawn phrases", drawn)):
            matched, lost_pages, lost_topics = lost_matches(pages, found, matcher)
            losses += len(lost_pages)
            lost = f"{len(lost_pages)} pages (aim 0), {len(lost_topics)} single matches"
            print(f"{'':<28} {name}: {matched} matches in exact texts; lost by the skim: {lost}")
            for line in (*lost_pages, *lost_topics):
                print(f"{'':<28}   {line}")
    footprint()
    return 1 if losses else 0


if __name__ == "__main__":
    sys.exit(main())
