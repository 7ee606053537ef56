"""The floor under which observing must not fall, on sentences written for this project: see bench/claims.py.

claims_gold.jsonl: eighteen claims of the shipped watchlist, three languages, with sentences that say nothing of any.
claims_traps.jsonl: what is easily got wrong, as totals of several pipelines, contingents, rivals, delays and denials.
"""

import sys
from functools import cache
from pathlib import Path

import pytest

from monitor.claims.observer import Observer
from monitor.watchlist import load_watchlist

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "bench"))  # the benchmarks are programs in a folder, not an installed package

from claims import FIELDS, Result, Sentence, evaluate, read_labels, wilson  # noqa: E402


@cache
def sentences() -> list[Sentence]:
    data = ROOT / "tests" / "data"
    return [one for name in ("gold", "traps") for one in read_labels(data / f"claims_{name}.jsonl", None)]


@cache
def result() -> Result:
    claims = frozenset(claim for one in sentences() for claim in one.expected)
    return evaluate(Observer(load_watchlist(ROOT / "config" / "watchlist.yaml")), sentences(), claims)


@pytest.mark.parametrize("heading", ["all", "en", "zh", "ru"])
def test_detection_keeps_its_precision_and_recall(heading: str) -> None:
    score = result().scores[heading]
    assert score.expected > 20
    assert score.hits / score.observed >= 0.98, result().misses
    assert score.hits / score.expected >= 0.97, result().misses


@pytest.mark.parametrize(
    ("field", "floor"), [("value", 0.98), ("polarity", 0.97), ("modality", 0.95), ("attribution", 0.9)]
)
def test_what_is_detected_is_read_right(field: str, floor: float) -> None:
    score = result().scores["all"]
    assert field in FIELDS
    assert score.right[field] / score.hits >= floor, result().misses


def test_intervals_are_wilsons() -> None:
    low, high = wilson(9, 10)
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)
    assert wilson(0, 0) == (0.0, 1.0)
