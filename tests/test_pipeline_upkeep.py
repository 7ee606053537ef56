"""Upkeep: a copy of the archive for others, and no more pages, polls and logs than are needed."""

import os
from datetime import timedelta
from pathlib import Path

import archive_samples as samples
from flow_world import make_settings
from monitor.archive import Archive
from monitor.model import utc_now
from monitor.pipeline.upkeep import clean, prune, publish
from monitor.settings import Settings
from monitor.spool import write_batch


def page_of_day(settings: Settings, days_ago: float) -> Path:
    day = utc_now() - timedelta(days=days_ago)
    path = settings.warc_dir / "landing" / f"{day:%Y-%m-%d}" / "120000-abc.warc.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"page")
    return path


def test_the_copy_is_made_when_something_changed(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    Archive(settings).load_batch(polls=[], pages=[samples.page("1")], sources=[], alerts=[])
    assert publish(settings)
    assert not publish(settings)
    with Archive(settings).read_published() as con:
        assert con.execute("SELECT count(*) FROM articles").fetchone() == (1,)


def test_old_pages_go_and_newer_ones_and_kept_ones_stay(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, warc_keep_days=3)
    old, new = page_of_day(settings, 5), page_of_day(settings, 1)
    kept = settings.warc_dir / "kept" / "2022-09-15" / "x.warc.gz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"page")
    assert prune(settings).counts == {"files": 1}
    assert [path.exists() for path in (old, new, kept)] == [False, True, True]


def test_pages_that_wait_to_be_analysed_stay(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, warc_keep_days=3)
    path = write_batch(settings.spool_dir, "pages", "fetch", [])
    begun = utc_now() - timedelta(days=6)
    path.rename(path.with_name(f"{begun:%Y%m%dT%H%M%S%fZ}-fetch-abcdef.0.jsonl"))
    before, after = page_of_day(settings, 8), page_of_day(settings, 5)
    assert prune(settings).counts == {"files": 1}
    assert [path.exists() for path in (before, after)] == [False, True]


def test_what_nobody_needs_after_a_month_goes(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    polls = [samples.poll(at, outcome="not_modified") for at in range(3)]
    Archive(settings).load_batch(polls=polls, pages=[], sources=[], alerts=[])
    month_ago = (utc_now() - timedelta(days=31)).timestamp()
    names = ("logs/tasks/dag_id=x/run/a.log", "logs/dag_files/b.log", "state/hosts/a.example", "state/robots/a.example")
    old, new = [[settings.home / (name + end) for name in names] for end in ("", ".new")]
    untouched = [settings.home / "logs" / "scheduler.log", settings.state_dir / "watchlist.yaml"]
    for path in (*old, *new, *untouched):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
        if path not in new:
            os.utime(path, (month_ago, month_ago))
    empty = settings.home / "logs/tasks/dag_id=gone"
    empty.mkdir()
    os.utime(empty, (month_ago, month_ago))
    assert clean(settings).counts == {"polls": 2, "logs": 2, "notes": 2}
    assert [path.exists() for path in (*old, empty)] == [False] * 5
    assert all(path.exists() for path in (*new, *untouched))
    assert clean(settings).counts == {"polls": 0, "logs": 0, "notes": 0}
