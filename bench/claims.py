"""Precision and recall of observations, by language, kind and field: python bench/claims.py [FILE ...] [--misses].

A row of a label file is what one sentence says of one claim; a row without a claim says that the sentence says nothing
of any. Rows hold their sentence (the written set, in tests/data or the folder MONITOR_WATCHLIST_DATA) or say where in
the corpus it stands (bench/labels, through MONITOR_CORPUS). A claim counts as detected when it is observed in that
sentence at all; value, polarity, modality and attribution are then shares of what was detected. Claims nobody labelled
are left out. Intervals are Wilson's, 95 %.

Without files: the written set and bench/labels/claims_tuned.jsonl, on which the rules were tuned. The untouched set is
named on the command line, once. With `--misses` every miss, false hit and wrong field is listed.
"""

import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from math import sqrt
from pathlib import Path
from typing import Any

from labels.reading import read_sentence
from monitor.claims.observer import Observer
from monitor.claims.speakers import same_speaker
from monitor.model import Observation
from monitor.watchlist import load_watchlist

ROOT = Path(__file__).parents[1]
WATCHLIST = ROOT / "config" / "watchlist.yaml"
WRITTEN = ROOT / "tests" / "data" / "claims_gold.jsonl"
TUNED = ROOT / "bench" / "labels" / "claims_tuned.jsonl"
FIELDS = ("value", "polarity", "modality", "attribution")
TOLERANCE = 0.005
"""A value converted from another unit may differ by its rounding."""


@dataclass(frozen=True)
class Sentence:
    """A labelled sentence with what its reader saw before it, and what it says: claim id to row."""

    id: str
    language: str
    text: str
    title: str
    before: tuple[str, ...]
    reference: date
    is_title: bool
    expected: dict[str, dict[str, Any]]


@dataclass
class Score:
    """Counts of one line of the table."""

    hits: int = 0
    observed: int = 0
    expected: int = 0
    right: Counter[str] = field(default_factory=Counter)


@dataclass
class Result:
    """The scores by heading, and the misses as sentences."""

    scores: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    misses: list[str] = field(default_factory=list)


def wilson(right: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share."""
    if of == 0:
        return 0.0, 1.0
    share = right / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def read_labels(path: Path, corpus: Path | None) -> Iterator[Sentence]:
    """The sentences of a label file, in its order."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            row = json.loads(line)
            rows[row["sent_id"]].append(row)
    for sent_id, some in rows.items():
        first = some[0]
        expected = {row["claim_id"]: row for row in some if row["claim_id"] is not None}
        reference = date.fromisoformat(first["ref_date"])
        if "text" in first:
            context = first.get("context") or ""
            yield Sentence(
                sent_id, first["lang"], first["text"], "", (context,) if context else (), reference, False, expected
            )
            continue
        if corpus is None:
            sys.exit(f"{path.name} points into a corpus of recorded news: set MONITOR_CORPUS to the corpus folder.")
        read = read_sentence(corpus, first)
        is_title = first["field"] == "title"
        yield Sentence(sent_id, first["lang"], read.text, read.title, read.before, reference, is_title, expected)


def observe(observer: Observer, one: Sentence) -> list[Observation]:
    """What is observed in the sentence itself, with the title and the sentences before it there to be read."""
    published = datetime.combine(one.reference, time(12), UTC)
    title, text = (one.text, "") if one.is_title else (one.title, "\n".join((*one.before, one.text)))
    found = observer.observe(title=title, text=text, language=one.language, published=published)
    if one.is_title:
        return list(found)
    start = len(text) - len(one.text)
    return [each for each in found if each.field == "text" and each.end > start]


def evaluate(observer: Observer, sentences: Sequence[Sentence], claims: frozenset[str]) -> Result:
    result = Result()
    for one in sentences:
        by_claim: dict[str, list[Observation]] = defaultdict(list)
        for each in observe(observer, one):
            if each.claim_id in claims:
                by_claim[each.claim_id].append(each)
        for claim_id in by_claim.keys() | one.expected.keys():
            _count(result, one, claim_id, by_claim.get(claim_id, []))
    return result


def _count(result: Result, one: Sentence, claim_id: str, observed: list[Observation]) -> None:
    row = one.expected.get(claim_id)
    kind = row["kind"] if row else observed[0].kind
    scores = [result.scores[name] for name in ("all", one.language, kind)]
    for score in scores:
        score.expected += row is not None
        score.observed += bool(observed)
        score.hits += row is not None and bool(observed)
    shown = f"{one.id} {claim_id}: {one.text}"
    if row is None:
        result.misses.append(
            f"FALSE {shown}\n        took {observed[0].value} {observed[0].polarity}{observed[0].modality}"
        )
    elif not observed:
        result.misses.append(f"MISS  {shown}\n        wanted {row['value']} {row['polarity']}{row['modality']}")
    else:
        best = max(observed, key=lambda each: sum(fields(row, each).values()))
        for name, right in fields(row, best).items():
            for score in scores:
                score.right[name] += right
            if not right:
                result.misses.append(f"{name.upper():5} {shown}\n        {wanted(row, best, name)}")


def fields(row: dict[str, Any], observed: Observation) -> dict[str, bool]:
    """Which fields of an observation are as labelled."""
    return {
        "value": same_value(row["value"], row.get("value_hi"), observed),
        "polarity": row["polarity"] == observed.polarity,
        "modality": row["modality"] == observed.modality,
        "attribution": same_speaker(row["attribution"], observed.speaker),
    }


def wanted(row: dict[str, Any], observed: Observation, name: str) -> str:
    mine = {"attribution": observed.speaker, "value": f"{observed.value} {observed.number_hi or ''}"}
    return f"wanted {row[name]!r}, took {mine.get(name) or getattr(observed, name, None)!r}"


def same_value(labelled: Any, upper: Any, observed: Observation) -> bool:  # noqa: ANN401  a label is plain JSON
    if observed.kind == "quantity":
        numbers = labelled if isinstance(labelled, list) else [labelled] + ([upper] if upper is not None else [])
        mine = [observed.number, observed.number_hi] if observed.number_hi is not None else [observed.number]
        pairs = list(zip(numbers, mine, strict=False))
        return len(numbers) == len(mine) and all(abs(a - (b or 0)) <= TOLERANCE * abs(a) for a, b in pairs)
    if observed.kind == "role_holder":
        return labelled == observed.value or labelled in {
            observed.sentence[one.start - observed.start : one.end - observed.start]
            for one in observed.marks
            if one.role == "value"
        }
    if isinstance(labelled, list):
        return "+".join(sorted(labelled)) == observed.value
    return bool(labelled == observed.value)


def show(title: str, result: Result, sentences: int) -> None:
    print(f"\n{title}: {sentences} sentences")
    print(f"{'':<12} {'precision':>24} {'recall':>24}  " + "  ".join(f"{name:>11}" for name in FIELDS))
    order = ["all", *sorted(name for name in result.scores if name != "all")]
    for name in order:
        score = result.scores[name]
        shares = "  ".join(f"{_share(score.right[one], score.hits):>11}" for one in FIELDS)
        print(f"{name:<12} {_interval(score.hits, score.observed)} {_interval(score.hits, score.expected)}  {shares}")
    if all_of := result.scores.get("all"):
        intervals = ", ".join(f"{one} {_interval(all_of.right[one], all_of.hits).strip()}" for one in FIELDS)
        print(f"{'':<12} of what was detected: {intervals}")


def _share(right: int, of: int) -> str:
    return f"{right / of:.2f} ({right}/{of})" if of else "-"


def _interval(right: int, of: int) -> str:
    low, high = wilson(right, of)
    return f"{(right / of if of else 0):>6.3f} [{low:.2f}–{high:.2f}] {of:>4}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="label files; default: the written and the tuned set")
    parser.add_argument("--misses", action="store_true", help="list every miss, false hit and wrong field")
    options = parser.parse_args()
    data = os.environ.get("MONITOR_WATCHLIST_DATA")
    corpus = Path(os.environ["MONITOR_CORPUS"]) if os.environ.get("MONITOR_CORPUS") else None
    written = Path(data) / "claims_gold.jsonl" if data else WRITTEN
    files = options.files or [path for path in (written, TUNED if corpus else None) if path is not None]
    observer = Observer(load_watchlist(WATCHLIST))
    for path in files:
        sentences = list(read_labels(path, corpus))
        claims = frozenset(claim for one in sentences for claim in one.expected)
        result = evaluate(observer, sentences, claims)
        show(path.name, result, len(sentences))
        if options.misses:
            print("\n".join(sorted(result.misses)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
