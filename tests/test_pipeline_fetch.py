"""The fetch stage: one attempt and a few more for each page; whatever happens, each entry is a page or waits."""

import asyncio
import gzip
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from flow_world import HANG, LONG_AGO, ON_PIPELINE, Answer, Site, entry, ids, make_settings, names, page, spooled
from monitor.archive import Archive
from monitor.errors import ArchiveError, MonitorError
from monitor.fetch import HttpClient
from monitor.model import AnalysedPage, Entry, Page, PageStatus, utc_now
from monitor.pipeline import fetch as fetch_module
from monitor.pipeline.analyse import analyse
from monitor.pipeline.fetch import Job, after_failure, fetch, group_jobs, retry_pages, waiting_pages
from monitor.pipeline.load import load
from monitor.settings import Settings
from monitor.spool import lock_batch, write_batch
from monitor.warc import read_page

NOW = LONG_AGO


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as one:
        yield one


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = make_settings(tmp_path)
    made.sources_file.write_text("sources: []\n", encoding="utf-8")
    return made


def wait_in_spool(settings: Settings, *entries: Entry) -> Path:
    return write_batch(settings.spool_dir, "entries", "poll", entries)


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def pages(settings: Settings) -> list[Page]:
    return spooled(settings, "pages", Page)


def left(settings: Settings) -> list[Entry]:
    return spooled(settings, "entries", Entry)


# -- decisions -------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.booleans()), max_size=12))
def test_each_entry_is_in_one_job_and_each_address_is_one(drawn: list[tuple[str, str, bool]]) -> None:
    entries = [entry(f"https://o.example/{at}", feed=feed, first_poll=first) for feed, at, first in drawn]
    jobs = group_jobs(entries)
    assert ids(one for job in jobs for one in job.entries) == sorted({one.entry_id for one in entries})
    assert len({job.entries[0].url for job in jobs}) == len(jobs)
    assert [job.alertable for job in jobs] == sorted((job.alertable for job in jobs), reverse=True)


def test_forms_of_one_address_are_one_job() -> None:
    links = (
        "http://o.example/a?utm_source=rss",
        "http://o.example/a/amp",
        "http://o.example/a",
    )
    (job,) = group_jobs(entry(link, feed=f"https://f.example/{at}") for at, link in enumerate(links))
    assert job.link == links[0]
    assert len(job.entries) == 3


def test_entries_without_an_address_are_jobs_of_their_own() -> None:
    assert len(group_jobs([entry(None, feed="https://f.example/1"), entry(None, feed="https://f.example/2")])) == 2


def failed(
    attempts: int, *, http_status: int | None = None, retryable: bool = True, age: timedelta = timedelta()
) -> Any:
    job = Job((entry("https://o.example/a", attempts=attempts, seen_at=NOW - age),))
    return after_failure(job, NOW, status="failed", error="it broke", retryable=retryable, http_status=http_status)


def test_pauses_grow_and_the_third_failure_is_the_last() -> None:
    (first,), (second,) = failed(0).again, failed(1).again
    assert (first.attempts, first.not_before) == (1, NOW + timedelta(minutes=1))
    assert (second.attempts, second.not_before) == (2, NOW + timedelta(minutes=4))
    assert failed(2).again == ()
    assert (failed(2).page.status, failed(2).page.error) == ("failed", "it broke")


def test_what_cannot_work_later_is_not_tried_again() -> None:
    assert failed(0, retryable=False).page.status == "failed"


def test_a_host_that_asks_for_a_pause_gets_it_without_counting() -> None:
    (again,) = failed(2, http_status=429).again
    assert (again.attempts, again.not_before) == (2, NOW + timedelta(minutes=4))
    assert failed(2, http_status=429, age=timedelta(hours=7)).page is not None


# -- pages -----------------------------------------------------------------------------------------------------------


def test_a_page_is_kept_as_it_came(settings: Settings, site: Site) -> None:
    site.publish("one", ON_PIPELINE)
    wait_in_spool(settings, entry(site.url("/one")))
    assert fetch(settings).counts == {"fetched": 1, "known": 0, "from_feed": 0, "again": 0}
    (one,) = pages(settings)
    assert (one.status, one.http_status, one.charset) == ("fetched", 200, "utf-8")
    assert one.warc is not None
    assert read_page(settings.home, one.warc).body == site.pages["/one"].body
    assert names(settings, "entries", "retries") == []


def test_two_feeds_with_one_article_are_one_request_article_and_alert(settings: Settings, site: Site) -> None:
    settings.sources_file.write_text("sources: []\n", encoding="utf-8")
    site.publish("one", ON_PIPELINE)
    wait_in_spool(settings, entry(site.url("/one?utm_source=rss"), feed="https://a.example/feed"))
    wait_in_spool(settings, entry(site.url("/one?fbclid=7"), feed="https://b.example/feed"))
    assert fetch(settings).counts["fetched"] == 1
    assert site.asked("/one") == 1
    analyse(settings)
    assert load(settings).counts == {
        "polls": 0,
        "entries": 2,
        "articles": 1,
        "matches": 1,
        "observations": 0,
        "changes": 0,
        "alerts": 1,
    }


def test_a_mobile_page_that_names_its_desktop_form_is_the_same_article(settings: Settings, site: Site) -> None:
    site.publish("one", ON_PIPELINE)
    site.pages["/mobile/one"] = page("Report one", ON_PIPELINE, canonical=site.url("/one"))
    wait_in_spool(
        settings,
        entry(site.url("/one"), title="Report one"),
        entry(site.url("/mobile/one"), title="Report one", feed="https://b.example/feed"),
    )
    assert fetch(settings).counts["fetched"] == 2
    analyse(settings)
    assert load(settings).counts == {
        "polls": 0,
        "entries": 2,
        "articles": 1,
        "matches": 1,
        "observations": 0,
        "changes": 0,
        "alerts": 1,
    }


def test_an_article_that_is_archived_is_not_asked_for_again(settings: Settings, site: Site) -> None:
    site.publish("one")
    wait_in_spool(settings, entry(site.url("/one"), feed="https://a.example/feed"))
    fetch(settings)
    analyse(settings)
    load(settings)
    wait_in_spool(settings, entry(site.url("/one?utm_medium=x"), feed="https://b.example/feed"))
    assert fetch(settings).counts == {"fetched": 0, "known": 1, "from_feed": 0, "again": 0}
    assert site.asked("/one") == 1
    assert pages(settings)[0].known_article_id is not None
    analyse(settings)
    assert load(settings).counts["entries"] == 1


def test_what_a_new_feed_held_is_still_told_when_a_feed_we_follow_brings_it(settings: Settings, site: Site) -> None:
    site.publish("one", ON_PIPELINE)

    def goes_through(feed: str, *, first_poll: bool) -> tuple[int, int]:
        wait_in_spool(settings, entry(site.url("/one"), feed=feed, first_poll=first_poll))
        fetched = fetch(settings).counts["fetched"]
        analyse(settings)
        return fetched, load(settings).counts["alerts"]

    assert goes_through("https://added.example/feed", first_poll=True) == (1, 0)
    assert goes_through("https://added.example/second", first_poll=True) == (0, 0)
    assert goes_through("https://followed.example/feed", first_poll=False) == (1, 1)
    assert goes_through("https://third.example/feed", first_poll=False) == (0, 0)


def test_entries_that_are_archived_leave_the_spool(settings: Settings, site: Site) -> None:
    site.publish("one")
    for _ in range(2):
        wait_in_spool(settings, entry(site.url("/one")))
        fetch(settings)
        analyse(settings)
        load(settings)
    assert site.asked("/one") == 1
    assert names(settings, "entries", "pages") == []


ODD: dict[PageStatus, Answer] = {
    "paywall": Answer(b"<html><body>Subscribe to read on</body></html>", 403),
    "not_found": Answer(b"<html><body>Not here</body></html>", 404),
    "not_html": Answer(b"%PDF-1.7 ...", headers={"Content-Type": "application/pdf"}),
    "blocked": Answer(b"", 302, {"Location": "http://169.254.169.254/latest/meta-data/"}),
    "too_large": Answer(
        gzip.compress(b" " * 3_000_000), headers={"Content-Type": "text/html", "Content-Encoding": "gzip"}
    ),
    "disallowed": Answer(b"<html>never seen</html>"),
    "failed": Answer(b"", 418),
}


def test_a_page_that_cannot_be_had_leaves_the_feeds_text(tmp_path: Path, site: Site) -> None:
    settings = make_settings(tmp_path, max_body_bytes=1_000_000)
    site.pages["/robots.txt"] = Answer(b"User-agent: *\nDisallow: /disallowed", headers={"Content-Type": "text/plain"})
    site.pages |= {f"/{status}": answer for status, answer in ODD.items()}
    wait_in_spool(settings, entry(None), *(entry(site.url(f"/{status}")) for status in ODD))
    assert fetch(settings).counts == {"fetched": 0, "known": 0, "from_feed": len(ODD) + 1, "again": 0}
    found = {page.requested_url: page for page in pages(settings)}
    assert found.pop(None).status == "no_link"
    assert {str(url).rsplit("/", 1)[1]: page.status for url, page in found.items()} == {str(s): s for s in ODD}
    assert all(page.error for page in found.values())
    assert site.asked("/disallowed") == 0
    analyse(settings)
    articles = [one.article for one in spooled(settings, "analysed", AnalysedPage)]
    assert {(one.text_origin, one.text) for one in articles if one} == {
        ("feed", "What the feed itself says of the Amber Pipeline in a sentence.")
    }
    assert {one.page_status for one in articles if one} == {*ODD, "no_link"}


def test_what_fails_goes_to_the_patient_lane_and_ends_with_the_feeds_text(
    settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_module, "RETRY_PAUSE", timedelta())
    site.pages["/busy"] = Answer(b"", 503)
    wait_in_spool(settings, entry(site.url("/busy")))
    assert fetch(settings).counts["again"] == 1
    assert retry_pages(settings).counts == {"fetched": 0, "known": 0, "from_feed": 0, "again": 1}
    assert retry_pages(settings).counts == {"fetched": 0, "known": 0, "from_feed": 1, "again": 0}
    assert site.asked("/busy") == 3
    assert [(page.status, page.http_status) for page in pages(settings)] == [("failed", 503)]


def test_what_is_not_due_is_left_as_it_is(settings: Settings, site: Site) -> None:
    site.publish("one")
    later = entry(site.url("/one"), attempts=1, not_before=utc_now() + timedelta(minutes=1))
    path = write_batch(settings.spool_dir, "retries", "again", [later])
    assert not any(retry_pages(settings).counts.values())
    assert names(settings, "retries") == [path.name]
    due = entry(site.url("/one?id=2"), attempts=1, not_before=utc_now())
    write_batch(settings.spool_dir, "retries", "again", [due])
    assert retry_pages(settings).counts["fetched"] == 1
    assert spooled(settings, "retries", Entry) == [later]


def test_too_many_requests_is_no_failure_of_the_page(settings: Settings, site: Site) -> None:
    site.pages["/one"] = Answer(b"", 429, {"Retry-After": "120"})
    wait_in_spool(settings, entry(site.url("/one"), attempts=2))
    assert fetch(settings).counts["again"] == 1
    (again,) = spooled(settings, "retries", Entry)
    assert again.attempts == 2
    write_batch(settings.spool_dir, "entries", "poll", [entry(site.url("/other"))])
    assert fetch(settings).counts["again"] == 1
    assert site.asked("/other") == 0  # the host was left alone


# -- time ------------------------------------------------------------------------------------------------------------


def test_what_the_budget_leaves_waits_and_nothing_is_lost(tmp_path: Path, site: Site) -> None:
    settings = make_settings(tmp_path, fetch_budget_s=0.3, host_delay_s=0.15)
    all_entries = []
    for number in range(8):
        site.publish(f"story{number}")
        all_entries.append(entry(site.url(f"/story{number}"), first_poll=True))
    wait_in_spool(settings, *all_entries)
    runs = 0
    while left(settings):
        assert fetch(settings).counts["fetched"]
        done = [one for page in pages(settings) for one in page.entries]
        assert ids([*done, *left(settings)]) == ids(all_entries)
        runs += 1
    assert runs > 1
    assert all(one.attempts == 0 for page in pages(settings) for one in page.entries)


def test_a_run_ends_with_the_news_and_leaves_what_nobody_waits_for(tmp_path: Path, site: Site) -> None:
    settings = make_settings(tmp_path, host_delay_s=0.3)
    old = [entry(site.url(f"/old{number}"), first_poll=True) for number in range(20)]
    wait_in_spool(settings, *old, entry(site.url("/news")))
    fetch(settings)
    assert pages(settings)[0].requested_url == site.url("/news")
    assert len(left(settings)) > 10


def test_until_done_means_everything(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings(tmp_path, fetch_budget_s=0.05)
    monkeypatch.setattr(fetch_module, "BATCHES_HELD", 3)
    monkeypatch.setattr(fetch_module, "PAGES_A_BATCH", 2)
    for number in range(7):
        site.publish(f"story{number}")
        wait_in_spool(settings, entry(site.url(f"/story{number}"), first_poll=number > 3))
    seen: list[tuple[int, int]] = []
    total = 0
    while names(settings, "entries"):
        counts = fetch(settings, until_done=True, progress=lambda done, of: seen.append((done, of))).counts
        assert counts["fetched"] in {3, 1}  # no more batches are held than allowed
        total += counts["fetched"]
    assert total == 7
    assert all(done <= of for done, of in seen)


def test_a_host_that_hangs_costs_the_others_nothing(
    settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_module, "QUICK_ATTEMPT_S", 0.4)
    site.publish("one")
    with Site("localhost") as slow:
        slow.pages["/slow"] = slow.pages["/slower"] = HANG
        wait_in_spool(settings, entry(slow.url("/slow")), entry(slow.url("/slower")), entry(site.url("/one")))
        assert fetch(settings).counts == {"fetched": 1, "known": 0, "from_feed": 0, "again": 2}
    (only,) = pages(settings)
    assert only.requested_url == site.url("/one")
    assert [one.attempts for one in spooled(settings, "retries", Entry)] == [1, 1]


def test_finished_pages_are_written_out_by_size_as_well(
    settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_module, "BYTES_A_BATCH", 100)
    for slug in ("one", "two", "three"):
        site.publish(slug)
    wait_in_spool(settings, *(entry(site.url(f"/{slug}")) for slug in ("one", "two", "three")))
    fetch(settings)
    assert len(pages(settings)) == 3
    assert len(names(settings, "pages")) > 1


# -- trouble ---------------------------------------------------------------------------------------------------------


def test_a_batch_that_somebody_works_on_is_left_alone(settings: Settings, site: Site) -> None:
    site.publish("one")
    path = wait_in_spool(settings, entry(site.url("/one")))
    before = open_files()
    with lock_batch(path) as ours:
        assert ours
        assert not any(fetch(settings).counts.values())
        with ExitStack() as held:
            lane = fetch_module._Lane(settings, "entries", held)
            for _ in range(20):
                assert lane.take_new_batches() == []
            assert open_files() <= before + 2
    assert site.requests == []
    assert names(settings, "entries") == [path.name]


def test_a_damaged_batch_is_set_aside_and_its_sound_entries_are_fetched(settings: Settings, site: Site) -> None:
    site.publish("one")
    path = wait_in_spool(settings, entry(site.url("/one")), entry(site.url("/two")))
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(lines[0] + b"\n" + lines[1][:40])
    hopeless = wait_in_spool(settings, entry(site.url("/three")))
    hopeless.write_bytes(b"\x00\xff")
    with capture_logs() as logs:
        assert fetch(settings).counts["fetched"] == 1
    assert sum(line["event"] == "spool batch is damaged" for line in logs) == 2
    assert names(settings, "entries") == []
    assert len(list((settings.spool_dir / "quarantine").iterdir())) == 2


def test_an_archive_that_is_busy_costs_no_entry(
    settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise ArchiveError("busy")

    monkeypatch.setattr(Archive, "known_articles", busy)
    wanted = entry(site.url("/one"))
    wait_in_spool(settings, wanted)
    with pytest.raises(ArchiveError):
        fetch(settings)
    assert ids(left(settings)) == [wanted.entry_id]


def test_a_full_disk_costs_no_entry(settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MonitorError("the disk is full")

    site.publish("one")
    wanted = entry(site.url("/one"))
    wait_in_spool(settings, wanted)
    with monkeypatch.context() as patch:
        patch.setattr(fetch_module, "write_warc", full)
        with pytest.raises(MonitorError, match="disk is full"):
            fetch(settings)
    assert ids(left(settings)) == [wanted.entry_id]
    assert fetch(settings).counts["fetched"] == 1


def test_an_address_that_breaks_the_client_holds_up_no_other(
    settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = HttpClient.get

    async def breaks(self: HttpClient, url: str, **more: Any) -> Any:
        if url.endswith("/bad"):
            raise ZeroDivisionError("a bug")
        return await real(self, url, **more)

    monkeypatch.setattr(HttpClient, "get", breaks)
    site.publish("good")
    wait_in_spool(settings, entry(site.url("/bad")), entry(site.url("/good")))
    assert fetch(settings).counts == {"fetched": 1, "known": 0, "from_feed": 0, "again": 1}


async def test_an_interrupted_run_keeps_what_is_done_and_leaves_the_rest(settings: Settings, site: Site) -> None:
    site.publish("one")
    site.pages["/robots.txt"] = Answer(b"", 404)
    with Site("localhost") as slow:
        slow.pages["/slow"] = HANG
        hanging = entry(slow.url("/slow"))
        wait_in_spool(settings, hanging, entry(site.url("/one")))
        run = asyncio.create_task(fetch_module._run_lane(settings, "entries", limit_s=30, budget_s=30))
        for _ in range(500):
            await asyncio.sleep(0.02)
            if slow.asked("/slow") and site.asked("/one"):
                break
        await asyncio.sleep(0.3)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
    assert [page.requested_url for page in pages(settings)] == [site.url("/one")]
    assert left(settings) == [hanging]


def test_waiting_batches_are_dealt_out_to_as_many_groups_as_there_are_workers(settings: Settings) -> None:
    paths = [write_batch(settings.spool_dir, "pages", "fetch", []).name for _ in range(5)]
    assert waiting_pages(settings, groups=2) == [paths[0::2], paths[1::2]]
    assert waiting_pages(settings, groups=9) == [[name] for name in paths]
