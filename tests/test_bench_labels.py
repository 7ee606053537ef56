"""The labels of real news refer to sentences by file, line and code points; `read_sentence` finds them again."""

import gzip
import hashlib
import json
import os
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).parents[1] / "bench"
LABELS = BENCH / "labels"
sys.path.insert(0, str(BENCH))  # the benchmarks are programs in a folder, not an installed package

from labels.reading import (  # noqa: E402
    LabelError,
    Sentence,
    plain_text,
    published_day,
    read_sentence,
    sentence_spans,
)


@pytest.fixture
def corpus() -> Path:
    root = os.environ.get("MONITOR_CORPUS")
    if not root:
        pytest.skip("set MONITOR_CORPUS to the folder of recorded news to look the labelled sentences up in it")
    return Path(root)


def recorded(corpus: Path, name: str, *entries: dict[str, Any]) -> None:
    path = corpus / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    path.write_bytes(gzip.compress(lines.encode()))


def row(file: str, item: int, field: str, text: str, wanted: str) -> dict[str, Any]:
    start = text.index(wanted)
    digest = hashlib.sha256(wanted.encode()).hexdigest()
    place = {"file": file, "item": item, "field": field, "start": start, "end": start + len(wanted), "sha256": digest}
    return {"id": "x-1", "ref_date": "2022-09-21", **place}


class TestReadSentence:
    def test_finds_a_sentence_of_a_summary_with_what_stood_before_it(self, tmp_path: Path) -> None:
        html = "<p>One &amp; only. Two came. Three went.</p><p>Four <b>stayed</b>.<br/>Five left.</p>"
        recorded(tmp_path, "feeds/a.jsonl.gz", {"title": "Other", "html": ""}, {"title": "Numbers", "html": html})
        plain = "One & only. Two came. Three went.\n\nFour stayed.\nFive left."
        assert plain_text(html) == plain
        found = read_sentence(tmp_path, row("feeds/a.jsonl.gz", 1, "text", plain, "Five left."))
        assert found == Sentence(
            "Five left.", "Numbers", ("Two came.", "Three went.", "Four stayed."), date(2022, 9, 21)
        )

    def test_finds_a_sentence_of_a_collected_text_as_it_is(self, tmp_path: Path) -> None:
        text = "大坝已建成。水位将升至175米。"
        recorded(tmp_path, "zh.jsonl.gz", {"title": "水库", "text": text})
        found = read_sentence(tmp_path, row("zh.jsonl.gz", 0, "text", text, "水位将升至175米。"))
        assert (found.text, found.before) == ("水位将升至175米。", ("大坝已建成。",))

    def test_a_title_has_nothing_before_it(self, tmp_path: Path) -> None:
        recorded(tmp_path, "ru.jsonl.gz", {"title": "Мост открыт", "text": "Сегодня."})
        found = read_sentence(tmp_path, row("ru.jsonl.gz", 0, "title", "Мост открыт", "Мост открыт"))
        assert (found.text, found.title, found.before) == ("Мост открыт", "Мост открыт", ())

    def test_refuses_other_text_than_was_labelled(self, tmp_path: Path) -> None:
        recorded(tmp_path, "a.jsonl.gz", {"title": "Bridge opens", "text": ""})
        wrong = row("a.jsonl.gz", 0, "title", "Bridge shuts", "Bridge shuts")
        with pytest.raises(LabelError, match=r"x-1: a\.jsonl\.gz, line 0 from 0, holds other text"):
            read_sentence(tmp_path, wrong)

    def test_refuses_a_line_that_is_not_there(self, tmp_path: Path) -> None:
        recorded(tmp_path, "a.jsonl.gz", {"title": "Bridge opens", "text": ""})
        with pytest.raises(LabelError, match="has 1 lines, none numbered 7 from 0"):
            read_sentence(tmp_path, row("a.jsonl.gz", 7, "title", "Bridge opens", "Bridge opens"))


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Mr. Brown spoke. He left.", ["Mr. Brown spoke.", "He left."]),
        ("Рост до 5 млрд. Затем спад.", ["Рост до 5 млрд. Затем спад."]),
        ("“I agree.” She nodded", ["“I agree.”", "She nodded"]),
        ("他说：“同意。”会议结束。", ["他说：“同意。”", "会议结束。"]),
        ("It rose 3.5 per cent", ["It rose 3.5 per cent"]),
        (" \n ", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences


def test_the_day_of_an_entry_is_its_own_date_before_the_day_it_was_seen() -> None:
    assert published_day({"published": "2022-09-21 09:37:28+00:00", "seen_at": "2022-09-22"}) == "2022-09-21"
    assert published_day({"published": None, "seen_at": "2022-09-22 01:00:00"}) == "2022-09-22"


@pytest.mark.parametrize("path", sorted(LABELS.glob("claims_*.jsonl")), ids=lambda path: path.name)
def test_label_rows_are_whole(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert not [one for one, times in Counter(each["id"] for each in rows).items() if times > 1]
    assert sum(each["claim_id"] is None for each in rows) >= 0.4 * len(rows)
    for each in rows:
        assert each["start"] < each["end"]
        assert len(each["sha256"]) == 64
        assert date.fromisoformat(each["ref_date"])
        assert (each["claim_id"] is None) == (each["near_miss"] is not None) == (each["polarity"] is None)
        assert each["modality"] in {"asserted", "planned", "hedged", "conditional", "question", None}
        assert "text" not in each, "the news text stays out of the project"


@pytest.mark.parametrize("path", sorted(LABELS.glob("*.jsonl")), ids=lambda path: path.name)
def test_every_labelled_sentence_is_found_in_the_recorded_news(path: Path, corpus: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        each = json.loads(line)
        if "sha256" in each:
            assert read_sentence(corpus, each).text.strip()


def test_the_seeds_state_each_of_the_eighteen_claims() -> None:
    rows = [json.loads(line) for line in (LABELS / "seeds.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len({each["claim_id"] for each in rows if each["main"]}) == 18
