"""Precision and recall of the shipped watchlist, a topic and language: python bench/topics.py [--misses].

Two kinds of labels, never mixed. `read`: topics_gold.jsonl, read item by item; `about` counts as on topic, `none` as
off, and `mention`, which may be either, is left out. `weak`: the files of text/, labelled by regular expressions; one
passing mention makes an article positive there, and stories that name one leader only are negative, so both figures
are lower bounds. The rules were developed on weakly labelled items with even ids; only odd ones are counted here
(`--half even` shows the others). With `--misses` every miss and false hit is listed.
"""

import argparse
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from measure import corpus
from monitor.topics import Matcher
from monitor.watchlist import load_watchlist

WATCHLIST = Path(__file__).parents[1] / "config" / "watchlist.yaml"
TOPICS = {"xi_putin": "xi_putin", "pos2": "ps2", "sco": "sco", "cpc20": "congress20"}
AIM = 0.95


@dataclass(frozen=True)
class Item:
    """A labelled text. `labels` says for each topic id whether the text is on it; topics left open are missing."""

    id: str
    language: str
    title: str
    text: str
    labels: dict[str, bool]


def read_labels(path: Path) -> Iterator[Item]:
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        gold = {TOPICS[name]: label for name, label in row["gold"].items() if name in TOPICS}
        labels = {topic: gold.get(topic, "none") == "about" for topic in TOPICS.values()
                  if gold.get(topic, "none") != "mention"}  # fmt: skip
        yield Item(row["id"], row["lang"], row["title"] or "", row["text"] or "", labels)


def weak_labels(folder: Path, half: str) -> Iterator[Item]:
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                if half != "all" and int(row["id"], 16) % 2 != (half == "odd"):
                    continue
                on = {TOPICS[name] for name in row["topics_weak"] if name in TOPICS}
                labels = {topic: topic in on for topic in TOPICS.values()}
                yield Item(row["id"], row["lang"], row["title"] or "", row["text"] or "", labels)


def measure(name: str, items: list[Item], matcher: Matcher, *, misses: bool) -> None:
    counts: Counter[tuple[str, str, bool, bool]] = Counter()
    wrong: list[str] = []
    for item in items:
        found = {match.topic_id: match for match in matcher.match(title=item.title, text=item.text)}
        for topic, on in item.labels.items():
            counts[topic, item.language, on, topic in found] += 1
            if on != (topic in found):
                why = ", ".join(one.text for one in found[topic].evidence[:4]) if topic in found else ""
                kind = "miss " if on else "false"
                wrong.append(f"  {kind} {topic:<11} {item.language} {item.id}  {item.title[:90]}  {why}")
    print(f"\n{name}: {len(items)} items")
    print(f"  {'topic':<11} {'':<3} {'on':>5} {'hit':>5} {'miss':>5} {'false':>5}  precision  recall")
    for topic in TOPICS.values():
        for language in ("en", "zh", "ru"):
            hit, miss, false = (counts[topic, language, *key] for key in ((True, True), (True, False), (False, True)))
            precision = f"{hit / (hit + false):.3f}" if hit + false else "-"
            recall = f"{hit / (hit + miss):.3f}" if hit + miss else "-"
            low = [value for value in (precision, recall) if value != "-" and float(value) < AIM]
            note = f"  below the aim of {AIM}" if low else ""
            numbers = f"{hit + miss:>5} {hit:>5} {miss:>5} {false:>5}  {precision:>9}  {recall:>6}"
            print(f"  {topic:<11} {language:<3} {numbers}{note}")
    if misses:
        print("\n".join(wrong))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--misses", action="store_true", help="list every miss and false hit")
    parser.add_argument("--half", choices=("odd", "even", "all"), default="odd", help="of the weakly labelled items")
    parser.add_argument("--labels", choices=("read", "weak", "both"), default="both")
    arguments = parser.parse_args()
    matcher = Matcher(load_watchlist(WATCHLIST))
    if arguments.labels != "weak":
        gold = list(read_labels(corpus("topics_gold.jsonl")))
        measure("read labels (topics_gold.jsonl)", gold, matcher, misses=arguments.misses)
    if arguments.labels != "read":
        weak = list(weak_labels(corpus("text"), arguments.half))
        measure(f"weak labels (text/, ids {arguments.half})", weak, matcher, misses=arguments.misses)


if __name__ == "__main__":
    main()
