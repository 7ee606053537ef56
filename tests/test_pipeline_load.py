"""The load stage: everything is archived once, and told once where it is news."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

import archive_samples as samples
from flow_world import ON_PIPELINE, entry, follow, make_settings, names
from monitor import cli
from monitor.archive import Archive
from monitor.errors import ArchiveError
from monitor.model import Alert, AnalysedPage, Counts, Feed, Page, key, utc_now
from monitor.pipeline import load as load_module
from monitor.pipeline.analyse import analyse_page, matcher_for
from monitor.pipeline.config import current_watchlist
from monitor.pipeline.load import LoadCrashed, load
from monitor.polling.state import new_state
from monitor.polling.store import FeedStore, PollResult
from monitor.settings import Settings
from monitor.spool import list_batches, remove_batch, set_aside, write_batch

BOTH = f"{ON_PIPELINE} The gas talks went on. Delegates left for the Lakeside Summit."


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = make_settings(tmp_path)
    follow(made, "https://outlet.example/feed")
    return made


def analysed(settings: Settings, slug: str, text: str = ON_PIPELINE, **more: Any) -> AnalysedPage:
    """An article that only its feed tells, through the real analysis."""
    one = entry(f"https://outlet.example/{slug}", **{"title": f"Report {slug}", "summary": text} | more)
    page = Page(
        page_id=key(slug),
        entries=(one,),
        requested_url=one.link,
        final_url=None,
        fetched_at=utc_now(),
        status="timeout",
    )
    return analyse_page(page, None, matcher_for(current_watchlist(settings).value))


def wait_in_spool(settings: Settings, *pages: AnalysedPage) -> Path:
    return write_batch(settings.spool_dir, "analysed", "analyse", pages)


def alerts(settings: Settings) -> list[Alert]:
    return [alert for alert, _ in Archive(settings).pending_alerts()]


# -- once ------------------------------------------------------------------------------------------------------------


def test_polls_and_pages_are_archived_and_news_is_queued(settings: Settings) -> None:
    write_batch(settings.spool_dir, "polls", "poll", [samples.poll(1), samples.poll(2)])
    wait_in_spool(settings, analysed(settings, "one"), analysed(settings, "two", "Nothing of note."))
    assert load(settings).counts == {
        "polls": 2,
        "entries": 2,
        "articles": 2,
        "matches": 1,
        "observations": 0,
        "changes": 0,
        "alerts": 1,
    }
    assert names(settings, "polls", "analysed") == []
    (alert,) = alerts(settings)
    assert (alert.channel, alert.topics) == ("siberia", ("pipeline",))
    assert not any(load(settings).counts.values())


def test_a_batch_that_is_loaded_twice_changes_nothing(settings: Settings) -> None:
    page = analysed(settings, "one")
    for _ in range(2):
        wait_in_spool(settings, page)
        write_batch(settings.spool_dir, "polls", "poll", [samples.poll(1)])
        counts = load(settings).counts
    assert not any(counts.values())
    assert len(alerts(settings)) == 1


def test_dying_between_commit_and_removal_changes_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def die(_: Path) -> None:
        raise Killed

    wait_in_spool(settings, analysed(settings, "one"))
    with monkeypatch.context() as patch:
        patch.setattr(load_module, "remove_batch", die)
        with pytest.raises(Killed):
            load(settings)
    assert len(names(settings, "analysed")) == 1
    assert not any(load(settings).counts.values())
    assert (len(alerts(settings)), names(settings, "analysed")) == (1, [])


def test_an_archive_that_cannot_be_written_keeps_the_spool(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise ArchiveError("the disk is full")

    wait_in_spool(settings, analysed(settings, "one"))
    with monkeypatch.context() as patch:
        patch.setattr(Archive, "load_batch", full)
        with pytest.raises(ArchiveError):
            load(settings)
    assert len(names(settings, "analysed")) == 1
    assert load(settings).counts["alerts"] == 1


def test_many_batches_are_many_transactions(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_module, "BATCHES_A_TRANSACTION", 2)
    for number in range(5):
        wait_in_spool(settings, analysed(settings, f"story{number}"))
    seen: list[tuple[int, int]] = []
    assert load(settings, progress=lambda done, of: seen.append((done, of))).counts["articles"] == 5
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_two_at_once_tell_one_article_once(settings: Settings) -> None:
    wait_in_spool(settings, analysed(settings, "one"))
    wait_in_spool(settings, analysed(settings, "one", BOTH, feed="https://other.example/feed"))
    found: list[Counts] = []
    threads = [threading.Thread(target=lambda: found.append(load(settings))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts.counts["articles"] for counts in found) == 1
    channels = [alert.channel for alert in alerts(settings)]
    assert len(channels) == len(set(channels))


# -- what is told ----------------------------------------------------------------------------------------------------


def test_several_topics_are_one_alert_a_channel(settings: Settings) -> None:
    wait_in_spool(settings, analysed(settings, "one", BOTH))
    load(settings)
    assert {(alert.channel, alert.topics) for alert in alerts(settings)} == {
        ("siberia", ("gas", "pipeline")),
        ("sco", ("summit",)),
    }


def test_an_article_that_is_archived_is_not_told_when_a_second_feed_brings_it(settings: Settings) -> None:
    wait_in_spool(settings, analysed(settings, "one"))
    load(settings)
    wait_in_spool(settings, analysed(settings, "one", BOTH, feed="https://other.example/feed"))
    assert load(settings).counts["alerts"] == 0


def test_what_was_archived_only_because_a_feed_was_new_is_told_when_another_brings_it(settings: Settings) -> None:
    wait_in_spool(settings, analysed(settings, "one", first_poll=True))
    assert load(settings).counts["alerts"] == 0
    wait_in_spool(settings, analysed(settings, "one", feed="https://other.example/feed"))
    assert load(settings).counts["alerts"] == 1
    wait_in_spool(settings, analysed(settings, "one", feed="https://third.example/feed"))
    assert load(settings).counts["alerts"] == 0
    assert len(alerts(settings)) == 1


def test_what_a_feed_held_when_first_asked_is_archived_only(settings: Settings) -> None:
    wait_in_spool(settings, analysed(settings, "one", first_poll=True))
    assert load(settings).counts == {
        "polls": 0,
        "entries": 1,
        "articles": 1,
        "matches": 1,
        "observations": 0,
        "changes": 0,
        "alerts": 0,
    }


def test_old_news_is_archived_only_unless_age_does_not_count(settings: Settings, tmp_path: Path) -> None:
    yesterday = utc_now() - timedelta(hours=30)
    wait_in_spool(settings, analysed(settings, "one", published=yesterday))
    assert load(settings).counts["alerts"] == 0
    replayed = make_settings(tmp_path, alert_max_age_s=None)
    wait_in_spool(replayed, analysed(replayed, "two", published=yesterday))
    assert load(replayed).counts["alerts"] == 1


# -- trouble ---------------------------------------------------------------------------------------------------------


def test_a_record_that_cannot_be_loaded_is_set_aside_and_all_others_are_loaded(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Archive.load_batch

    def breaks(self: Archive, **more: Any) -> Any:
        if any("bad" in str(page.article_id and page.entries[0].link) for page in more["pages"]):
            raise OverflowError("a bug")
        return real(self, **more)

    monkeypatch.setattr(Archive, "load_batch", breaks)
    write_batch(settings.spool_dir, "polls", "poll", [samples.poll(1)])
    wait_in_spool(settings, *(analysed(settings, slug) for slug in ("a", "b", "bad", "c")))
    wait_in_spool(settings, analysed(settings, "d"))
    with capture_logs(), pytest.raises(LoadCrashed, match="1 records could not be loaded"):
        load(settings)
    assert len(alerts(settings)) == 4
    assert names(settings, "polls", "analysed") == []
    assert len(list((settings.spool_dir / "quarantine").iterdir())) == 1
    assert not any(load(settings).counts.values())


ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from flow_world import make_settings
from monitor.errors import ArchiveError
from monitor.pipeline.load import load
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, 8_000))  # the log of the transaction does not fit
try:
    load(make_settings(Path(sys.argv[1])))
except ArchiveError as error:
    print("told:", error)
"""


def test_a_full_disk_at_the_end_of_the_transaction_keeps_every_batch(settings: Settings, tmp_path: Path) -> None:
    write_batch(settings.spool_dir, "polls", "poll", [samples.poll(0)])
    load(settings)
    write_batch(settings.spool_dir, "polls", "poll", [samples.poll(at) for at in range(1, 301)])
    waiting = names(settings, "polls")
    done = subprocess.run(  # noqa: S603 - our own lines above
        [sys.executable, "-c", ON_A_FULL_DISK, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"told: The archive {settings.archive_file}" in done.stdout, done.stderr
    assert names(settings, "polls") == waiting
    assert not (settings.spool_dir / "quarantine").exists()
    assert load(settings).counts["polls"] == 300


def test_a_fault_in_every_record_is_a_fault_of_the_loading_and_keeps_every_batch(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise OverflowError("a bug")

    write_batch(settings.spool_dir, "polls", "poll", [samples.poll(1)])
    wait_in_spool(settings, *(analysed(settings, f"story{number}") for number in range(20)))
    with monkeypatch.context() as patch:
        patch.setattr(load_module, "_alerts", lambda *given: breaks() if given[2] else [])
        with (
            capture_logs(),
            pytest.raises(LoadCrashed, match=r"Nothing of 20 records in .*analysed could be loaded") as told,
        ):
            load(settings)
    assert told.value.counts.counts["polls"] == 1
    assert (names(settings, "polls"), len(names(settings, "analysed"))) == ([], 1)
    assert not (settings.spool_dir / "quarantine").exists()
    assert load(settings).counts["articles"] == 20


def test_a_few_bad_records_are_found_among_many(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Archive.load_batch

    def breaks(self: Archive, **more: Any) -> Any:
        if any(poll.error == "bad" for poll in more["polls"]):
            raise OverflowError("a bug")
        return real(self, **more)

    monkeypatch.setattr(Archive, "load_batch", breaks)
    bad = range(10)  # side by side, and more than are tried before it looks hopeless
    polls = [samples.poll(at, error="bad" if at in bad else None) for at in range(40)]
    write_batch(settings.spool_dir, "polls", "poll", polls)
    with capture_logs(), pytest.raises(LoadCrashed, match="10 records could not be loaded"):
        load(settings)
    with Archive(settings).read() as con:
        assert con.execute("SELECT count(*) FROM polls").fetchone() == (30,)


def test_a_batch_that_the_disk_does_not_give_stays_and_the_others_are_loaded(settings: Settings) -> None:
    first = wait_in_spool(settings, analysed(settings, "one"))
    wait_in_spool(settings, analysed(settings, "two"))
    sound = first.read_bytes()
    first.unlink()
    first.mkdir()  # reading it is an OSError, also for root
    with pytest.raises(LoadCrashed, match="could not be read") as told:
        load(settings)
    assert told.value.counts.counts["articles"] == 1
    assert names(settings, "analysed") == [first.name]
    first.rmdir()
    first.write_bytes(sound)
    assert load(settings).counts["articles"] == 1


def test_what_was_set_aside_is_loaded_once_it_can_be(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in {"MONITOR_HOME": settings.home, "MONITOR_CONFIG": settings.config}.items():
        monkeypatch.setenv(variable, str(value))
    set_aside(wait_in_spool(settings, analysed(settings, "one")))
    remove_batch(list_batches(settings.spool_dir, "analysed")[0])
    done = CliRunner().invoke(cli.app, ["retry-quarantine"])
    assert (done.exit_code, "1 batches wait" in done.output) == (0, True)
    assert load(settings).counts["alerts"] == 1


def test_a_damaged_batch_is_set_aside_and_its_sound_records_are_loaded(settings: Settings) -> None:
    path = wait_in_spool(settings, analysed(settings, "one"), analysed(settings, "two"))
    path.write_bytes(path.read_bytes()[:-20])
    assert load(settings).counts["articles"] == 1
    assert len(list((settings.spool_dir / "quarantine").iterdir())) == 1
    assert list_batches(settings.spool_dir, "analysed") == []


def test_hostile_text_is_archived_as_it_is(settings: Settings) -> None:
    nasty = "Amber Pipeline \x00 \ud83d \u202e '; DROP TABLE articles; -- 𝔊 " + "x" * 100_000
    early = datetime(1, 1, 2, tzinfo=UTC)
    wait_in_spool(settings, analysed(settings, "one", nasty, title=nasty, guid=nasty, authors=(nasty,)))
    wait_in_spool(settings, analysed(settings, "two", published=early, updated=datetime.max.replace(tzinfo=UTC)))
    assert load(settings).counts["articles"] == 2


def test_a_bad_edit_is_told_to_the_operators_once_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings(tmp_path, ops_channel="ops")
    follow(settings, "https://outlet.example/feed")
    wait_in_spool(settings, analysed(settings, "one"))
    load(settings)
    settings.watchlist_file.write_text("version: 1\ntopics: oops\n", encoding="utf-8")
    today = utc_now()
    for at in (today, today, today + timedelta(days=1)):
        monkeypatch.setattr(load_module, "utc_now", lambda at=at: at)
        wait_in_spool(settings, analysed(settings, f"story{at}"))  # the last good version goes on
        load(settings)
    told = [alert for alert in alerts(settings) if alert.kind == "operations"]
    assert [alert.channel for alert in told] == ["ops", "ops"]
    assert "topics: must be a list" in told[0].blocks
    assert {alert.kind for alert in alerts(settings)} == {"operations", "new_article"}


def poll_result(url: str, entry_ids: Sequence[str] = (), **more: Any) -> PollResult:
    state = replace(new_state(Feed(url=url, source_id="outlet0"), utc_now()), last_poll_at=utc_now(), **more)
    return PollResult(state=state, poll=samples.poll(1, feed_url=url), entry_ids=entry_ids)


def test_an_archive_from_a_backup_makes_the_poller_begin_anew(settings: Settings, tmp_path: Path) -> None:
    feed = Feed(url="https://outlet.example/feed", source_id="outlet0")
    wait_in_spool(settings, analysed(settings, "one"))
    load(settings)
    backup = shutil.copy(settings.archive_file, tmp_path / "backup")
    wait_in_spool(settings, analysed(settings, "two"))
    load(settings)
    with FeedStore(settings.state_dir / "feeds.sqlite") as store:
        store.sync([feed], utc_now())
        seen = poll_result(feed.url, [key("a")], first_ok_at=utc_now(), body_hash="x")
        store.commit([seen], utc_now())

        load(settings)
        assert store.unseen({feed.url: [key("a")]})[feed.url] == frozenset()

        shutil.copy(backup, settings.archive_file)
        load(settings)
        assert store.unseen({feed.url: [key("a")]})[feed.url] == {key("a")}
        store.commit([seen], utc_now())  # was on its way meanwhile
        (state,) = store.claim_due(utc_now(), 9, 60)
        assert (state.is_first_poll, state.body_hash) == (True, None)

        store.commit([seen], utc_now())
        load(settings)  # forgets once
        assert store.unseen({feed.url: [key("a")]})[feed.url] == frozenset()
        settings.archive_file.unlink()
        load(settings)
        assert store.unseen({feed.url: [key("a")]})[feed.url] == {key("a")}


def test_a_feed_that_turns_dead_or_gone_is_told_to_the_operators_once(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, ops_channel="ops")
    follow(settings, "https://outlet.example/feed", "https://other.example/feed")
    since = utc_now() - timedelta(days=5)
    with FeedStore(settings.state_dir / "feeds.sqlite") as store:
        urls = {"https://outlet.example/feed": "dead", "https://other.example/feed": "failing"}
        store.sync([Feed(url=url, source_id="outlet0") for url in urls], since)
        for error in ("no answer", "another answer"):
            store.commit(
                [
                    poll_result(url, status=status, failing_since=since, error=f"{url}: {error}")
                    for url, status in urls.items()
                ],
                utc_now(),
            )
            write_batch(settings.spool_dir, "polls", "poll", [samples.poll(1)])
            load(settings)
    (told,) = alerts(settings)
    assert (told.channel, told.kind, "https://outlet.example/feed: no answer" in told.blocks) == (
        "ops",
        "operations",
        True,
    )


def test_the_outlets_of_the_configuration_are_mirrored(settings: Settings) -> None:
    write_batch(settings.spool_dir, "polls", "poll", [samples.poll(1)])
    load(settings)

    def declared() -> Sequence[tuple[str, bool]]:
        with Archive(settings).read() as con:
            return con.execute("SELECT source_id, declared FROM sources ORDER BY source_id").fetchall()

    assert declared() == [("outlet0", True)]
