"""Matching at 2 % hits: prefilter and match, against spaCy's PhraseMatcher on everything: python bench/matching.py.

Some 200 names of the shipped watchlist in three languages, and real articles of which one in fifty names one of them.
The baseline tokenizes each text with the blank pipeline of its own language, as it must to find Chinese and Russian,
and looks for the same names by their lower-case tokens. It knows no Russian endings, no traditional characters and no
capitals, so it does less.
"""

import gzip
import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import spacy
from spacy.matcher import PhraseMatcher

from measure import compare, corpus
from monitor.language import Folded, fold
from monitor.topics import Matcher
from monitor.watchlist import Watchlist, load_watchlist

WATCHLIST = Path(__file__).parents[1] / "config" / "watchlist.yaml"
LANGUAGES = {"en": "en_rss", "zh": "zh_cctv", "ru": "ru_1tv"}
TEXTS = 300
HITS = 6
REPEATS = 20
"""How often the texts are gone through: the clock of CPU time is coarse."""
AIM = 12
Text = tuple[str, str, str]


def phrases() -> dict[str, list[str]]:
    """Plain names of the watchlist's entities by language, about 200 in all."""
    entities = load_watchlist(WATCHLIST).entities.values()
    names = {
        "en": [name for entity in entities for name in entity.en],
        "zh": [name for entity in entities for name in (*entity.zh_hans, *entity.zh_hant)],
        "ru": [name for entity in entities for name in entity.ru],
    }
    plain = {code: [name for name in some if not set(name) & set("=*~")] for code, some in names.items()}
    return {code: some[:67] for code, some in plain.items()}


def read(kind: str, code: str) -> list[Text]:
    with gzip.open(corpus("text") / f"{LANGUAGES[code]}_{kind}.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = map(json.loads, lines)
        texts = [(code, row["title"] or "", row["text"] or "") for row in rows]
    # Many items are a feed's leads; pages, which is what is matched, are longer. So the longest come first.
    return sorted(texts, key=lambda one: -len(one[2]))


def mixed(could_match: Callable[[str], bool]) -> list[Text]:
    """`TEXTS` articles, a third in each language, `HITS` of them naming one of the phrases, spread evenly."""
    chosen: list[Text] = []
    for code in LANGUAGES:
        hits = (one for one in read("on_topic", code) if could_match(f"{one[1]}\n{one[2]}"))
        others = (one for kind in ("off_topic", "near_miss") for one in read(kind, code))
        chosen += islice(hits, HITS // 3)
        chosen += islice((one for one in others if not could_match(f"{one[1]}\n{one[2]}")), (TEXTS - HITS) // 3)
    return [chosen[index * 337 % len(chosen)] for index in range(len(chosen))]  # 337 and 300 share no factor


def main() -> None:
    names = phrases()
    rule = {"text": {"en": names["en"], "zh-Hans": names["zh"], "ru": names["ru"]}}
    topic = {"id": "all", "name": "All", "channel": "all", "match": rule}
    matcher = Matcher(Watchlist.model_validate({"version": 1, "topics": [topic]}))
    once = mixed(matcher.could_match)
    texts = once * REPEATS
    pipelines = {code: spacy.blank(code) for code in LANGUAGES}
    by_language = {code: PhraseMatcher(nlp.vocab, attr="LOWER") for code, nlp in pipelines.items()}
    for code, nlp in pipelines.items():
        by_language[code].add("names", [nlp.make_doc(name) for some in names.values() for name in some])

    def ours() -> int:
        found = 0
        for code, title, text in texts:
            if matcher.could_match(f"{title}\n{text}"):
                found += bool(matcher.match(title=title, text=text, language=code))
        return found

    def baseline() -> int:
        return sum(bool(by_language[code](pipelines[code].make_doc(f"{title}\n{text}"))) for code, title, text in texts)

    def prefiltered() -> int:
        """spaCy too, but only where our prefilter hit."""
        found = 0
        for code, title, text in texts:
            whole = f"{title}\n{text}"
            found += matcher.could_match(whole) and bool(by_language[code](pipelines[code].make_doc(whole)))
        return found

    def folding() -> list[Folded]:
        return [fold(f"{title}\n{text}") for _, title, text in texts]

    size = sum(len(title) + len(text) for _, title, text in texts) // len(texts)
    count = sum(map(len, names.values()))
    print(
        f"{len(once)} texts of {size} characters, {count} names; found: ours {ours() // REPEATS}, "
        f"PhraseMatcher {baseline() // REPEATS}"
    )
    compare("matching at 2 % hits", ("could_match, match", ours), ("PhraseMatcher on all", baseline), len(texts),
            "texts", rounds=5, aim=AIM)  # fmt: skip
    compare("matching only the hits", ("could_match, match", ours), ("could_match, PhraseMatcher", prefiltered),
            len(texts), "texts")  # fmt: skip
    compare("of it, folding", ("could_match, match", ours), ("fold alone", folding), len(texts), "texts")


if __name__ == "__main__":
    main()
