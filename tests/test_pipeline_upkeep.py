"""Upkeep: a copy of the archive for others, and no more pages than are needed."""

from datetime import timedelta
from pathlib import Path

import archive_samples as samples
from flow_world import make_settings
from monitor.archive import Archive
from monitor.model import utc_now
from monitor.pipeline.upkeep import prune, publish
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
