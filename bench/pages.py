"""The two sets of real pages that extraction is measured on, and the metric that belongs to each.

(a) article-extraction-benchmark: whole article bodies. The texts are compared as bags of shingles of four tokens;
    precision and recall are averaged over the pages, F1 is made of the two averages.
(b) trafilatura's own evaluation pages: a few segments that must, and must not, be in the text of each page, counted
    over all pages.
"""

import argparse
import gzip
import json
import random
import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from measure import corpus

_TOKEN = re.compile(r"\w+")
_SHINGLE = 4


@dataclass(frozen=True, slots=True)
class RealPage:
    """A page as it came, with what its text must and must not hold; set (a) has one whole text in `wanted`."""

    url: str
    body: bytes
    wanted: tuple[str, ...]
    unwanted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quality:
    """How good a set of texts is, 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def __str__(self) -> str:
        return f"precision {self.precision:.4f}  recall {self.recall:.4f}  F1 {self.f1:.4f}"


def article_pages(sample: int | None) -> list[RealPage]:
    """Set (a)."""
    folder = corpus("pages/aeb")
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    pages = [
        RealPage(row["url"], gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes()), (row["articleBody"],))
        for name, row in sorted(truth.items())
    ]
    return _sampled(pages, sample)


def segment_pages(sample: int | None) -> list[RealPage]:
    """Set (b)."""
    folder = corpus("pages/trafilatura")
    pages = []
    for url, row in sorted(json.loads((folder / "evaldata.json").read_text(encoding="utf-8")).items()):
        for part in ("cache", "eval"):
            path = folder / part / f"{row['file']}.gz"
            if path.exists():
                body = gzip.decompress(path.read_bytes())
                pages.append(RealPage(url, body, tuple(row.get("with", ())), tuple(row.get("without", ()))))
                break
    return _sampled(pages, sample)


def _sampled(pages: list[RealPage], sample: int | None) -> list[RealPage]:
    return pages if sample is None or sample >= len(pages) else random.Random(1).sample(pages, sample)


def shingle_quality(pages: Sequence[RealPage], texts: Sequence[str]) -> Quality:
    """The metric of set (a)."""
    precisions, recalls = [], []
    for page, text in zip(pages, texts, strict=True):
        true, found = _shingles(page.wanted[0]), _shingles(text)
        both = (true & found).total()
        if found:
            precisions.append(both / found.total())
        if true:
            recalls.append(both / true.total())
    return Quality(statistics.mean(precisions), statistics.mean(recalls))


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall(text)
    return Counter(tuple(tokens[i : i + _SHINGLE]) for i in range(max(1, len(tokens) - _SHINGLE + 1)) if tokens)


def segment_quality(pages: Sequence[RealPage], texts: Sequence[str]) -> Quality:
    """The metric of set (b)."""
    right = wrong = missed = 0
    for page, text in zip(pages, texts, strict=True):
        present = sum(segment in text for segment in page.wanted)
        right += present
        missed += len(page.wanted) - present
        wrong += sum(segment in text for segment in page.unwanted)
    return Quality(right / max(1, right + wrong), right / max(1, right + missed))


def sample_option(description: str) -> int | None:
    """The `--sample N` of a benchmark: only N pages of each set."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--sample", type=int, metavar="N", help="measure N pages of each set instead of all")
    number: int | None = parser.parse_args().sample
    return number
