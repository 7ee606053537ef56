"""The analyse stage: every page becomes an article, exactly where a topic may match, and no page holds up another."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from flow_world import ON_NOTHING, ON_PIPELINE, Answer, Site, entry, make_settings, names, spooled
from monitor.extract.skim import skim_page
from monitor.model import AnalysedPage, Article, Page
from monitor.pipeline import analyse as analyse_module
from monitor.pipeline.analyse import AnalysisCrashed, analyse, analyse_in_parallel
from monitor.pipeline.fetch import fetch
from monitor.pipeline.under_way import DEATHS, UnderWay
from monitor.settings import Settings
from monitor.spool import list_batches, lock_batch, read_batch, write_batch
from monitor.warc import read_page

FEED_TEXT = "What the feed itself says of the Amber Pipeline in a sentence."


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as one:
        yield one


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path)


def fetched(settings: Settings, site: Site, *slugs: str, summary: str = "") -> list[Page]:
    """Pages of the site, in the spool."""
    write_batch(settings.spool_dir, "entries", "poll", [entry(site.url(f"/{s}"), summary=summary) for s in slugs])
    fetch(settings)
    return spooled(settings, "pages", Page)


def articles(settings: Settings) -> dict[str, Article]:
    """The analysed articles by the last part of their address."""
    found = [one.article for one in spooled(settings, "analysed", AnalysedPage)]
    return {str(one.url).rsplit("/", 1)[1]: one for one in found if one is not None}


def test_only_pages_that_may_be_on_a_topic_are_extracted_exactly(settings: Settings, site: Site) -> None:
    site.publish("on", ON_PIPELINE)
    site.publish("off", ON_NOTHING)
    fetched(settings, site, "on", "off")
    assert analyse(settings).counts == {
        "articles": 2,
        "extracted": 1,
        "matched": 1,
        "observed": 0,
        "known": 0,
        "crashed": 0,
    }
    found = articles(settings)
    assert {slug: one.text_origin for slug, one in found.items()} == {"on": "extracted", "off": "skim"}
    assert ON_PIPELINE in found["on"].text
    assert ON_NOTHING in found["off"].text
    (match,) = [match for one in spooled(settings, "analysed", AnalysedPage) for match in one.matches]
    assert match.topic_id == "pipeline"
    assert {piece.text for piece in match.evidence} == {"Amber Pipeline"}
    assert names(settings, "pages") == []


def test_what_only_the_feed_says_counts_as_well(settings: Settings, site: Site) -> None:
    site.pages["/short"] = Answer(b"<html><body><p>Loading ...</p></body></html>")
    fetched(settings, site, "short", summary=FEED_TEXT)
    assert analyse(settings).counts["matched"] == 1


CLAIM = """\
version: 1
entities:
  library: {type: organisation, en: [town library]}
topics:
  - {id: books, name: {en: Books}, channel: books, match: {text: {en: [book fair]}}}
claims:
  - id: room
    topic: books
    kind: quantity
    says: {en: The town library has room for 500 people}
    subject: library
    quantity: {unit: person}
"""


def test_what_is_said_of_a_claim_is_observed_and_kept_whatever_the_topic(settings: Settings, site: Site) -> None:
    (settings.config / "watchlist.yaml").write_text(CLAIM, encoding="utf-8")
    site.publish("says", "The town library will have room for 700 people, the mayor said on Tuesday.")
    site.publish("off", ON_NOTHING)
    fetched(settings, site, "says", "off")

    assert analyse(settings).counts == {
        "articles": 2, "extracted": 1, "matched": 0, "observed": 1, "known": 0, "crashed": 0,
    }  # fmt: skip

    (one,) = [one for one in spooled(settings, "analysed", AnalysedPage) if one.observations]
    (seen,) = one.observations
    assert one.article is not None
    assert (seen.claim_id, seen.value, seen.modality, seen.speaker) == ("room", "700", "planned", "the mayor")
    assert (seen.article_id, seen.revision_id) == (one.article.article_id, one.article.revision_id)
    assert one.article.text[seen.start : seen.end] == seen.sentence
    assert one.article.warc is not None
    assert one.article.warc.file.startswith("warc/kept/")
    off = articles(settings)["off"]
    assert off.text_origin == "skim"


def test_evidence_is_kept_apart_and_can_be_read(settings: Settings, site: Site) -> None:
    site.publish("on", ON_PIPELINE)
    site.publish("off", ON_NOTHING)
    before = {page.requested_url: page.warc for page in fetched(settings, site, "on", "off")}
    analyse(settings)
    found = articles(settings)
    kept = found["on"].warc
    assert kept is not None
    assert kept.file.startswith("warc/kept/")
    assert found["off"].warc == before[site.url("/off")]
    for path in (settings.warc_dir / "landing").rglob("*.warc.gz"):
        path.unlink()
    assert read_page(settings.home, kept).body == site.pages["/on"].body


def test_named_batches_only(settings: Settings, site: Site) -> None:
    for slug in ("one", "two"):
        site.publish(slug)
        fetched(settings, site, slug)
    first, second = names(settings, "pages")
    assert analyse(settings, [second]).counts["articles"] == 1
    assert names(settings, "pages") == [first]


def test_a_batch_that_somebody_works_on_is_left_alone(settings: Settings, site: Site) -> None:
    site.publish("one")
    fetched(settings, site, "one")
    with lock_batch(list_batches(settings.spool_dir, "pages")[0]):
        assert not any(analyse(settings).counts.values())
    assert analyse(settings).counts["articles"] == 1


def test_side_by_side_in_several_processes(settings: Settings, site: Site) -> None:
    for number in range(3):
        site.publish(f"story{number}", ON_PIPELINE)
        fetched(settings, site, f"story{number}")
    seen: list[tuple[int, int]] = []
    counts = analyse_in_parallel(settings, 2, progress=lambda done, of: seen.append((done, of))).counts
    assert counts == {"articles": 3, "extracted": 3, "matched": 3, "observed": 0, "known": 0, "crashed": 0}
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert analyse_in_parallel(settings, 2).counts["articles"] == 0


def test_a_page_that_breaks_the_analysis_holds_up_no_other(
    settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.publish("bad", ON_NOTHING)
    site.publish("good", ON_PIPELINE)
    fetched(settings, site, "bad", "good", summary=FEED_TEXT)
    real = skim_page

    def breaks(body: bytes, **more: Any) -> object:
        if b"Report bad" in body:
            raise RecursionError("too deep")
        return real(body, **more)

    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(analyse_module, "skim_page", breaks)
        with pytest.raises(AnalysisCrashed, match="1 pages broke the analysis"):
            analyse(settings)
    assert any(line["event"] == "page broke the analysis" for line in logs)
    found = articles(settings)
    assert (found["good"].text_origin, found["good"].page_status) == ("extracted", "fetched")
    assert (found["bad"].text_origin, found["bad"].page_status) == ("feed", "failed")
    assert found["bad"].text == FEED_TEXT
    assert len(list((settings.spool_dir / "quarantine").iterdir())) == 1
    assert not any(analyse(settings).counts.values())  # the retry is green


def test_even_the_feeds_text_may_break_without_stopping_the_rest(
    settings: Settings, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.publish("one")
    site.publish("two")
    fetched(settings, site, "one", "two")

    def breaks(*_: object, **__: object) -> None:
        raise ValueError("always")

    with monkeypatch.context() as patch:
        patch.setattr(analyse_module, "skim_page", breaks)
        patch.setattr(analyse_module, "article_from_feed", breaks)
        with pytest.raises(AnalysisCrashed):
            analyse(settings)
    assert names(settings, "pages", "analysed") == []
    (kept,) = (settings.spool_dir / "quarantine").iterdir()
    assert len(read_batch(kept, Page).items) == 2


def test_a_page_whose_bytes_are_gone_is_told_by_the_feed(settings: Settings, site: Site) -> None:
    site.publish("one", ON_PIPELINE)
    site.publish("two", ON_PIPELINE)
    fetched(settings, site, "one", summary=FEED_TEXT)
    for path in settings.warc_dir.rglob("*.warc.gz"):
        path.unlink()
    fetched(settings, site, "two")
    with capture_logs() as logs:
        assert analyse(settings).counts["matched"] == 2
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["stored page cannot be read"]
    found = articles(settings)
    assert (found["one"].text, found["one"].page_status, found["one"].warc) == (FEED_TEXT, "failed", None)
    assert found["two"].text_origin == "extracted"


def test_a_damaged_batch_is_set_aside_and_its_sound_pages_go_on(settings: Settings, site: Site) -> None:
    site.publish("one")
    site.publish("two")
    fetched(settings, site, "one", "two")
    (path,) = list_batches(settings.spool_dir, "pages")
    path.write_bytes(path.read_bytes()[:-30])
    with capture_logs() as logs:
        assert analyse(settings).counts["articles"] == 1
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["spool batch is damaged"]
    assert len(list((settings.spool_dir / "quarantine").iterdir())) == 1


# -- pages that kill -------------------------------------------------------------------------------------------------

KILLER = """
import os, signal, sys
from monitor.pipeline import analyse as module
from monitor.pipeline import under_way
from monitor.settings import load_settings
under_way.DEATHS = 2
real = module.skim_page
def skim_page(body, **more):
    if b"Report killer" in body:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(body, **more)
module.skim_page = skim_page
module.analyse(load_settings())
"""


def test_a_page_that_kills_its_reader_is_not_read_for_ever(settings: Settings, site: Site) -> None:
    for slug in ("before", "killer", "after"):
        site.publish(slug, ON_PIPELINE)
    fetched(settings, site, "before", "killer", "after", summary=FEED_TEXT)
    environment = {**os.environ, "MONITOR_HOME": str(settings.home), "MONITOR_CONFIG": str(settings.config)}

    def run() -> int:
        command = [sys.executable, "-c", KILLER]
        return subprocess.run(command, env=environment, check=False, timeout=60).returncode  # noqa: S603 - our own

    assert [run(), run()] == [-signal.SIGKILL, -signal.SIGKILL]
    assert run() == 1  # AnalysisCrashed: somebody should know
    found = articles(settings)
    assert {slug: one.text_origin for slug, one in found.items()} == {
        "before": "extracted",
        "killer": "feed",
        "after": "extracted",
    }
    assert list((settings.spool_dir / "pages").iterdir()) == []


def test_what_was_under_way_at_a_death_is_counted_by_page(tmp_path: Path) -> None:
    batch = tmp_path / "batch.2.jsonl"
    for _ in range(DEATHS):
        with suppress(KeyboardInterrupt), UnderWay(batch) as run:
            assert run.begin("a")
            assert run.begin("b")
            raise KeyboardInterrupt
    with UnderWay(batch) as run:
        assert run.begin("a")
        assert not run.begin("b")
    with UnderWay(batch) as run:  # a run that ended well is no death
        assert run.begin("a")
    run.forget()
    assert list(tmp_path.iterdir()) == []


def test_an_entry_of_a_known_article_is_passed_on(settings: Settings, site: Site) -> None:
    site.publish("one")
    (page,) = fetched(settings, site, "one")
    write_batch(settings.spool_dir, "pages", "fetch", [replace(page, warc=None, status="known", known_article_id="a")])
    assert analyse(settings).counts == {
        "articles": 1,
        "extracted": 0,
        "matched": 0,
        "observed": 0,
        "known": 1,
        "crashed": 0,
    }
    assert [one.article_id for one in spooled(settings, "analysed", AnalysedPage) if one.article is None] == ["a"]
