"""Loading what is said of claims: recorded once, believed as of its date, decided before it is written."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fake_slack import TOKEN, FakeSlack
from flow_world import entry, follow, make_settings
from monitor.archive import Archive
from monitor.errors import ArchiveError
from monitor.model import AnalysedPage, Page, key, utc_now
from monitor.pipeline import load as load_module
from monitor.pipeline.analyse import analyse_page, matcher_for
from monitor.pipeline.config import current_watchlist
from monitor.pipeline.load import load
from monitor.pipeline.send import send
from monitor.settings import Settings
from monitor.spool import write_batch

WATCHLIST = """\
version: 1
entities:
  amber: {type: facility, en: [Amber Pipeline]}
topics:
  - {id: pipeline, name: {en: The pipeline}, channel: siberia, match: {text: {en: [Amber Pipeline]}}}
claims:
  - id: capacity
    topic: pipeline
    kind: quantity
    says: The Amber Pipeline will carry 50 bcm of gas a year
    subject: amber
    quantity: {unit: bcm/yr}
    min_sources: MIN_SOURCES
    baseline: {value: 50, as_of: 2022-09-01}
"""
FEEDS = tuple(f"https://{name}.example/feed" for name in ("one", "two", "three"))


def write_watchlist(settings: Settings, min_sources: int = 1, extra: str = "") -> None:
    text = WATCHLIST.replace("MIN_SOURCES", str(min_sources)) + extra
    settings.watchlist_file.write_text(text, encoding="utf-8")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = make_settings(tmp_path)
    write_watchlist(made)
    follow(made, *FEEDS)
    return made


def analysed(settings: Settings, bcm: int, outlet: int = 0, *, at: datetime | None = None, **more: Any) -> AnalysedPage:
    """An article about the pipeline, through the real analysis."""
    words = ("plain words", "other words", "a third telling")[outlet]
    text = f"The Amber Pipeline has a capacity of {bcm} bcm of gas a year, in {words}."
    slug = f"https://outlet{outlet}.example/{bcm}/{more.pop('slug', '')}"
    given = {"title": "Gas", "summary": text, "feed": FEEDS[outlet], "source_id": f"outlet{outlet}"}
    one = entry(slug, **given | ({"published": at, "seen_at": at} if at else {}) | more)
    page = Page(
        page_id=key(slug),
        entries=(one,),
        requested_url=one.link,
        final_url=None,
        fetched_at=at or utc_now(),
        status="timeout",
    )
    return analyse_page(page, None, matcher_for(current_watchlist(settings).value))


def take(settings: Settings, *pages: AnalysedPage) -> dict[str, int]:
    write_batch(settings.spool_dir, "analysed", "analyse", pages)
    return {name: count for name, count in load(settings).counts.items() if name in ("observations", "changes")}


def ask(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with Archive(settings).read() as con:
        return con.execute(sql).fetchall()


def believed(settings: Settings) -> list[str]:
    return [value for (value,) in ask(settings, "SELECT value FROM current_beliefs WHERE layer = 'overall'")]


def test_a_change_is_decided_and_written_with_what_says_so(settings: Settings) -> None:
    assert take(settings, analysed(settings, 38)) == {"observations": 1, "changes": 1}
    assert believed(settings) == ["38"]
    (change,) = ask(settings, "SELECT kind, old, new, outlet, sentence FROM claim_changes WHERE told")
    assert change[:4] == ("value_changed", "50", "38", "Outlet 0")
    assert "capacity of 38 bcm" in change[4]


def test_what_is_loaded_twice_changes_nothing(settings: Settings) -> None:
    page = analysed(settings, 38)
    take(settings, page)
    before = [ask(settings, f"FROM {table} ORDER BY ALL") for table in ("observations", "beliefs", "changes")]
    assert take(settings, page) == {"observations": 0, "changes": 0}
    assert [ask(settings, f"FROM {table} ORDER BY ALL") for table in ("observations", "beliefs", "changes")] == before


def test_dying_between_commit_and_removal_changes_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def die(_: Path) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(load_module, "remove_batch", die)
        with pytest.raises(Killed):
            take(settings, analysed(settings, 38))
    assert not any(load(settings).counts.values())
    assert ask(settings, "SELECT count(*) FROM changes WHERE suppressed IS NULL") == [(1,)]


def test_dying_before_the_commit_leaves_all_to_the_next_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise ArchiveError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Archive, "load_batch", full)
        with pytest.raises(ArchiveError):
            take(settings, analysed(settings, 38))
    assert load(settings).counts["changes"] == 1


def test_copies_in_one_batch_and_the_next_are_one_source(settings: Settings) -> None:
    write_watchlist(settings, min_sources=2)
    text = (
        "The Amber Pipeline has a capacity of 38 bcm of gas a year across the great plain, the operator told investors."
    )
    pages = [analysed(settings, 38, outlet, summary=text) for outlet in range(3)]
    assert take(settings, *pages[:2]) == {"observations": 2, "changes": 0}
    assert take(settings, pages[2]) == {"observations": 1, "changes": 0}
    assert believed(settings) == ["50"]
    suppressed = ask(settings, "SELECT suppressed FROM changes WHERE layer = 'overall' ORDER BY occurred_at")
    assert sorted(reason for (reason,) in suppressed) == ["copy", "copy", "min_sources"]


def test_the_second_independent_source_confirms(settings: Settings) -> None:
    assert take(settings, analysed(settings, 38)) == {"observations": 1, "changes": 1}
    assert take(settings, analysed(settings, 38, 1)) == {"observations": 1, "changes": 1}
    assert take(settings, analysed(settings, 38, 2)) == {"observations": 1, "changes": 0}
    assert ask(settings, "SELECT confirmed, is_confirmation FROM claim_changes WHERE told ORDER BY occurred_at") == [
        (1, False),
        (2, True),
    ]


def test_an_older_article_that_comes_in_later_changes_the_past_only(settings: Settings) -> None:
    now = utc_now()
    take(settings, analysed(settings, 38, at=now))
    late = analysed(settings, 45, 1, at=now - timedelta(hours=3))
    assert take(settings, late) == {"observations": 1, "changes": 0}
    assert believed(settings) == ["38"]
    then = now - timedelta(hours=1)
    asked = f"SELECT believed FROM beliefs_on('{then}', now()) WHERE layer = 'overall'"  # noqa: S608
    assert ask(settings, asked) == [(["45"],)]


def test_what_a_feed_held_when_first_asked_is_believed_and_told_to_nobody(settings: Settings) -> None:
    assert take(settings, analysed(settings, 38, first_poll=True)) == {"observations": 1, "changes": 0}
    assert believed(settings) == ["38"]
    assert ask(settings, "SELECT suppressed FROM changes WHERE layer = 'overall'") == [("old",)]


def test_what_was_published_long_ago_is_believed_and_told_to_nobody(settings: Settings, tmp_path: Path) -> None:
    page = analysed(settings, 38, published=utc_now() - timedelta(days=3))
    assert take(settings, page) == {"observations": 1, "changes": 0}
    assert believed(settings) == ["38"]
    replayed = make_settings(tmp_path, alert_max_age_s=None)
    assert take(replayed, analysed(replayed, 30, published=utc_now() - timedelta(days=2)))["changes"] == 1


def test_a_claim_has_its_baseline_before_anybody_spoke_of_it(settings: Settings) -> None:
    take(settings, analysed(settings, 50, title="x", summary="Nothing of note."))
    assert ask(settings, "SELECT value, support, rebuilt, valid_from FROM current_beliefs") == [
        ("50", 0, True, datetime(2022, 9, 1, tzinfo=UTC))
    ]


def test_after_an_edit_of_the_rules_beliefs_are_made_anew_and_nobody_is_told(settings: Settings) -> None:
    write_watchlist(settings, min_sources=2)
    take(settings, analysed(settings, 38))
    assert believed(settings) == ["50"]
    write_watchlist(settings, min_sources=1)
    assert take(settings, analysed(settings, 7, summary="Nothing of note.")) == {"observations": 0, "changes": 0}
    assert believed(settings) == ["38"]
    assert ask(settings, "SELECT DISTINCT rebuilt FROM current_beliefs WHERE layer = 'overall'") == [(True,)]
    rebuilt = ask(settings, "SELECT old, new FROM claim_changes WHERE suppressed = 'rebuilt'")
    assert rebuilt == [("50", "38")]
    assert take(settings, analysed(settings, 8, summary="Nothing of note.")) == {"observations": 0, "changes": 0}
    assert len(ask(settings, "FROM changes WHERE suppressed = 'rebuilt'")) == 1


def test_a_claim_that_left_the_watchlist_keeps_its_history(settings: Settings) -> None:
    now = utc_now()
    late = analysed(settings, 45, 1, at=now)
    take(settings, analysed(settings, 38, at=now - timedelta(hours=1)))
    settings.watchlist_file.write_text(WATCHLIST.partition("claims:")[0], encoding="utf-8")
    assert take(settings, late) == {"observations": 1, "changes": 0}
    assert believed(settings) == []
    assert ask(settings, "SELECT declared FROM claims") == [(False,)]
    write_watchlist(settings)
    take(settings, analysed(settings, 9, summary="Nothing of note."))
    assert believed(settings) == ["45"], "what came in meanwhile counts"


def test_what_nothing_is_said_of_costs_no_look_at_claims(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = Archive.claim_facts

    def counted(*given: Any) -> Any:
        asked.append(1)
        return real(*given)

    monkeypatch.setattr(Archive, "claim_facts", counted)
    monkeypatch.setattr(load_module, "BATCHES_A_TRANSACTION", 1)
    for number in range(3):
        page = analysed(settings, number, summary="Nothing of note.")
        write_batch(settings.spool_dir, "analysed", "analyse", [page])
    load(settings)
    assert len(asked) == 1, "once a run, for edits of the watchlist"


# What is told


def messages(slack: FakeSlack) -> list[tuple[str, bool]]:
    """The first line of each message about a claim, and whether it stands in a thread."""
    return [
        (message["text"].splitlines()[0], "thread_ts" in message)
        for message in slack.messages
        if "The Amber Pipeline will carry" in message["text"]
    ]


def test_changes_are_told_in_one_thread_that_is_found_again_after_a_restart(settings: Settings, tmp_path: Path) -> None:
    with FakeSlack(("siberia",), burst_window_s=0) as slack:
        told = make_settings(tmp_path, SLACK_BOT_TOKEN=TOKEN, SLACK_API_URL=slack.url)
        take(settings, analysed(settings, 38))
        send(told)
        take(settings, analysed(settings, 38, 1))
        take(settings, analysed(settings, 38, 2))
        send(told)
        send(told)
    headline = "The Amber Pipeline will carry 50 bcm of gas a year: 50 → 38 bcm/yr"
    assert messages(slack) == [(f"{headline} (Outlet 0)", False), (f"{headline}, confirmed (Outlet 1)", True)]


def test_a_change_is_told_beside_the_news_of_its_article(settings: Settings) -> None:
    page = analysed(settings, 38)
    write_batch(settings.spool_dir, "analysed", "analyse", [page])
    assert load(settings).counts["alerts"] == 2
    queued = [alert for alert, _ in Archive(settings).pending_alerts()]
    assert [alert.kind for alert in queued] == ["new_article", "claim_change"]
    change = queued[1]
    assert (change.claim_id, change.topics, change.article_id) == ("capacity", ("pipeline",), page.article_id)
    assert page.entries[0].link is not None
    assert page.entries[0].link in change.blocks


def test_a_confirmation_by_an_article_of_an_earlier_batch_has_its_title(settings: Settings) -> None:
    write_watchlist(settings, min_sources=2)
    now = utc_now()
    take(settings, analysed(settings, 38, at=now, title="The decisive report"))
    take(settings, analysed(settings, 38, 1, at=now - timedelta(minutes=30)))
    (alert,) = [alert for alert, _ in Archive(settings).pending_alerts() if alert.kind == "claim_change"]
    assert "The decisive report" in alert.blocks
