"""The spool: batches appear whole, are worked on once at a time, and nothing in them is ever lost."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.errors import MonitorError
from monitor.model import (
    AnalysedPage,
    Article,
    Entry,
    Evidence,
    Match,
    Page,
    Poll,
    WarcRef,
)
from monitor.spool import (
    count_items,
    list_batches,
    lock_batch,
    read_batch,
    remove_batch,
    retry_quarantine,
    set_aside,
    write_batch,
)

NOON = datetime(2022, 9, 15, 12, 0, 0, 123456, tzinfo=UTC)


def entry(name: str = "a", **more: Any) -> Entry:
    fixed: dict[str, Any] = {"feed_url": "http://f.test/rss", "source_id": "s", "seen_at": NOON, "title": name}
    return Entry(entry_id=name, **fixed | more)


def test_a_batch_is_read_as_it_was_written(tmp_path: Path) -> None:
    items = [entry("a", authors=("甲", "乙"), published=NOON), entry("б", summary='line one\nline "two"\u2028\x00')]

    path = write_batch(tmp_path, "entries", "poll", items)

    assert list_batches(tmp_path, "entries") == [path]
    batch = read_batch(path, Entry)
    assert batch.items == items
    assert batch.problem is None
    assert count_items(path) == 2


def test_nested_records_keep_their_types_and_times_their_zone(tmp_path: Path) -> None:
    article = Article(
        article_id="x", revision_id="r", url=None, source_id="s", title="t", text="a\nb", text_origin="extracted",
        language="en", entry_ids=("a",), first_poll=False, seen_at=NOON, fetched_at=NOON,
        warc=WarcRef(file="warc/a.warc.gz", offset=7, sha256="00"),
    )  # fmt: skip
    evidence = Evidence(field="text", start=0, end=1, text="a", alias="a")
    match = Match(article_id="x", revision_id="r", topic_id="sco", score=1.5, evidence=(evidence,), watchlist_hash="h")
    analysed = AnalysedPage(article_id="x", entries=(entry(),), article=article, matches=(match,))

    [back] = read_batch(write_batch(tmp_path, "analysed", "a", [analysed]), AnalysedPage).items

    assert back == analysed
    assert back.article is not None
    assert back.article.seen_at.tzinfo == UTC


def test_times_of_other_zones_are_the_same_moment_again(tmp_path: Path) -> None:
    beijing = NOON.astimezone(timezone(timedelta(hours=8)))
    [back] = read_batch(write_batch(tmp_path, "entries", "a", [entry(published=beijing)]), Entry).items
    assert back.published == NOON


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(alphabet=st.characters(exclude_categories=())), max_size=4))
def test_any_text_survives_and_half_surrogates_are_replaced(tmp_path: Path, titles: list[str]) -> None:
    path = write_batch(tmp_path, "entries", "any", [entry(title=title) for title in titles])
    batch = read_batch(path, Entry)
    assert batch.problem is None
    for title, item in zip(titles, batch.items, strict=True):
        if any(0xD800 <= ord(character) < 0xE000 for character in title):
            item.title.encode()
        else:
            assert item.title == title


def test_batches_are_listed_oldest_first(tmp_path: Path) -> None:
    paths = [write_batch(tmp_path, "polls", name, []) for name in ("z", "a", "m")]
    assert list_batches(tmp_path, "polls") == paths
    assert list_batches(tmp_path, "pages") == []


def test_temporary_files_are_no_batches_and_old_ones_are_swept(tmp_path: Path) -> None:
    write_batch(tmp_path, "pages", "a", [])
    young, old = tmp_path / "pages" / ".young.tmp", tmp_path / "pages" / ".old.tmp"
    for file in (young, old):
        file.write_text("{")
    two_hours_ago = time.time() - 7200
    os.utime(old, (two_hours_ago, two_hours_ago))

    assert len(list_batches(tmp_path, "pages")) == 1
    assert young.exists()
    assert not old.exists()


def test_a_bad_line_is_reported_and_kept_and_the_others_are_read(tmp_path: Path) -> None:
    path = write_batch(tmp_path, "entries", "a", [entry("a"), entry("b"), entry("c")])
    lines = path.read_bytes().split(b"\n")
    lines[1] = b'{"entry_id": 3}\xff'
    path.write_bytes(b"\n".join(lines))

    batch = read_batch(path, Entry)

    assert [item.entry_id for item in batch.items] == ["a", "c"]
    assert batch.problem is not None
    assert "line 2" in batch.problem
    remove_batch(path)
    [kept] = (tmp_path / "quarantine").iterdir()
    assert kept.read_bytes() == b"\n".join(lines)
    assert str(kept) in batch.problem


@pytest.mark.parametrize("keep", [0, 10, -1, -50])
def test_a_cut_off_batch_is_noticed(tmp_path: Path, keep: int) -> None:
    path = write_batch(tmp_path, "entries", "a", [entry("a"), entry("b")])
    whole = path.read_bytes()
    path.write_bytes(whole[:keep])

    batch = read_batch(path, Entry)

    if keep == -1:  # only the last line's end is gone: every item is there
        assert len(batch.items) == 2
        assert batch.problem is None
    else:
        assert len(batch.items) < 2
        assert batch.problem is not None


def test_reading_a_broken_batch_twice_changes_nothing(tmp_path: Path) -> None:
    path = write_batch(tmp_path, "entries", "a", [entry()])
    path.write_bytes(b"\x00\x01")
    assert read_batch(path, Entry) == read_batch(path, Entry)
    assert len(list((tmp_path / "quarantine").iterdir())) == 1


def test_what_was_set_aside_can_be_tried_again(tmp_path: Path) -> None:
    gone = write_batch(tmp_path, "analysed", "a", [entry("a")])
    still_there = write_batch(tmp_path, "retries", "b", [entry("b")])
    for path in (gone, still_there):
        set_aside(path)
    remove_batch(gone)
    (tmp_path / "quarantine" / "notes-of-mine.txt").write_text("looked at it")
    (tmp_path / "quarantine" / "nostage-x.1.jsonl").write_text("{}")

    assert retry_quarantine(tmp_path) == [gone, still_there]

    assert [item.entry_id for item in read_batch(gone, Entry).items] == ["a"]
    assert list_batches(tmp_path, "retries") == [still_there]
    assert sorted(path.name for path in (tmp_path / "quarantine").iterdir()) == [
        "nostage-x.1.jsonl",
        "notes-of-mine.txt",
    ]
    assert retry_quarantine(tmp_path) == []


def test_records_of_an_older_version_without_newer_fields_are_read(tmp_path: Path) -> None:
    path = write_batch(tmp_path, "pages", "a", [])
    path = path.rename(path.with_name(path.name.replace(".0.", ".1.")))
    path.write_text(
        '{"page_id":"p","entries":[],"requested_url":null,"final_url":null,"fetched_at":"2022-09-15T12:00:00Z",'
        '"status":"no_link","a_field_of_the_future":1}\n'
    )
    [page] = read_batch(path, Page).items
    assert page.warc is None


LOCKER = """
import sys
from pathlib import Path
from monitor.spool import lock_batch
with lock_batch(Path(sys.argv[1])) as ours:
    print(ours)
"""


def test_a_locked_batch_is_left_to_its_holder(tmp_path: Path) -> None:
    path = write_batch(tmp_path, "polls", "a", [])
    with lock_batch(path) as ours:
        assert ours
        with lock_batch(path) as second:
            assert not second
        other = subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", LOCKER, str(path)], capture_output=True, text=True, check=True
        )
        assert other.stdout == "False\n"
    with lock_batch(path) as ours:
        assert ours


def test_a_finished_batch_cannot_be_locked(tmp_path: Path) -> None:
    path = write_batch(tmp_path, "polls", "a", [])
    remove_batch(path)
    remove_batch(path)
    with lock_batch(path) as ours:
        assert not ours


def test_nothing_is_left_behind_when_an_item_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        write_batch(tmp_path, "polls", "a", [object()])
    assert list((tmp_path / "polls").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where a folder belongs")
    with pytest.raises(MonitorError, match=r"could not be written to .*spool/polls"):
        write_batch(tmp_path / "spool", "polls", "a", [])


def test_a_batch_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="batch name"):
        write_batch(tmp_path, "polls", "../../etc/passwd", [])


def test_a_killed_writer_leaves_whole_batches_only(tmp_path: Path) -> None:
    writer = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from monitor.model import Poll
from monitor.spool import write_batch
now = datetime.now(UTC)
for number in range(100_000):
    polls = [Poll(poll_id=f"{number}-{i}", feed_url="u", source_id="s", polled_at=now, outcome="new", next_poll_at=now)
             for i in range(200)]
    print(write_batch(Path(sys.argv[1]), "polls", "w", polls).name, flush=True)
"""
    acknowledged: set[str] = set()
    for pause in (0.02, 0.05, 0.11):
        process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", writer, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        acknowledged.add(process.stdout.readline().strip())
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        acknowledged.update(line.strip() for line in process.stdout.readlines() if line.endswith(".jsonl\n"))
        process.wait()
        process.stdout.close()

    batches = list_batches(tmp_path, "polls")

    assert acknowledged <= {path.name for path in batches}
    for path in batches:
        batch = read_batch(path, Poll)
        assert batch.problem is None
        assert len(batch.items) == 200
