"""Claims in the archive: what was said is kept, what is known is read back, and the questions are answered."""

import random
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive_samples import alert, page
from claims_book import SOURCES, Book, make_claim, make_source, minutes, say
from monitor.archive import Archive, ClaimRecords
from monitor.changes import Ledger
from monitor.model import Delivery, Mark, Withdrawal
from monitor.settings import Settings


@pytest.fixture(scope="module")
def empty_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Archive(Settings(home=tmp_path_factory.mktemp("empty")))
    with made.write():
        pass
    return made.file


@pytest.fixture
def archive(tmp_path: Path, empty_archive: Path) -> Archive:
    shutil.copy(empty_archive, tmp_path)
    return Archive(Settings(home=tmp_path), timeout_s=10)


def load(archive: Archive, book: Book, **more: Any) -> Any:
    """Everything the book holds."""
    claimed = ClaimRecords(
        claims=[book.claim],
        observations=book.dated,
        beliefs=book.beliefs,
        changes=book.changes,
        withdrawals=book.withdrawals,
    )
    given: dict[str, Any] = {"polls": [], "pages": [], "sources": book.sources, "alerts": [], "claimed": claimed}
    return archive.load_batch(**given | more)


def ask(archive: Archive, sql: str) -> list[tuple[Any, ...]]:
    with archive.read() as con:
        return con.execute(sql).fetchall()


def pipeline_book() -> Book:
    """A capacity that was 50, is reported as 38 by two, and still as 50 by others."""
    claim = make_claim(
        start=50, id="capacity", says={"en": "The line carries 50 bcm a year"}, baseline={"source": "a note"}
    )
    book = Book(claim, sources=[make_source("ant", bloc="west"), make_source("bee", bloc="east"), make_source("cat")])
    same: dict[str, Any] = {"claim_id": "capacity", "unit": "bcm/yr"}
    book.hear(say(50, -120, "bee", speaker="the ministry", speaker_bloc="ru", **same))
    book.hear(say(50, -60, "cat", **same))
    book.hear(say(38, 0, "ant", sentence="It will carry 38 bcm.", **same))
    book.hear(say(38, 30, "cat", previous="50", **same))
    book.hear(say(45, 40, "bee", modality="hedged", **same))
    return book


def test_what_is_written_is_counted_once(archive: Archive) -> None:
    book = pipeline_book()
    first, again = load(archive, book), load(archive, book)
    assert (first.observations, first.beliefs, first.changes) == (5, len(book.beliefs), len(book.changes))
    assert (again.observations, again.beliefs, again.changes) == (0, 0, 0)


def test_observations_come_back_as_they_went_in(archive: Archive) -> None:
    mark = Mark(role="value", start=3, end=5)
    one = say(
        (45, 50), 3, chain=("Yak", "officials"), marks=(mark,), aspect="capacity", unit="bcm/yr", language="zh",
        sentence="管道每年可输送450至500亿立方米天然气。", carried=True, confidence=0.5, speaker="Works",
    )  # fmt: skip
    book = Book(make_claim())
    book.hear(one)
    load(archive, book)
    claim = make_claim(tolerance=1)  # another rule: everything is read
    facts = archive.claim_facts([], [claim])
    assert facts.ledgers[claim.id].after == (one,)
    assert facts.changed == {claim.id}


def as_sets(ledger: Ledger) -> dict[str, Any]:
    return {
        "since": ledger.since,
        "before": set(ledger.before),
        "after": set(ledger.after),
        "beliefs": set(ledger.beliefs),
        "changes": set(ledger.changes),
        "withdrawals": set(ledger.withdrawals),
    }


@pytest.mark.parametrize("seed", range(6))
def test_a_ledger_holds_what_new_observations_can_touch_and_no_more(archive: Archive, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    book = Book(make_claim(start=50, cool_down="10m"))
    for number in range(40):
        speaker = rng.choice([None, "Works", "Office"])
        book.hear(
            say(
                rng.choice([50, 38, 45, "-38"]),
                rng.randint(0, 30),
                rng.choice(["ant", "bee", "bee_tv", "cat"]),
                start=number,
                modality=rng.choice(["asserted", "planned", "hedged"]),
                aspect=rng.choice([None, None, "so_far"]),
                **({"speaker": speaker, "speaker_bloc": "ru"} if speaker else {}),
            )
        )
    gone = rng.choice(book.dated).observation
    lost = Withdrawal(
        observation_id=gone.observation_id,
        claim_id="a_claim",
        article_id=gone.article_id,
        reason="deleted",
        at=minutes(31),
    )
    book.hear(lost=[lost])
    load(archive, book)
    for at in (0, 12, 30, 60):
        new = say(99, at, "dog")
        facts = archive.claim_facts([new.observation, book.dated[0].observation], [book.claim])
        assert facts.new == (new,)
        assert as_sets(facts.ledgers["a_claim"]) == as_sets(book.ledger(minutes(at)))


def test_only_the_claims_that_are_touched_are_read(archive: Archive) -> None:
    book = Book(make_claim(start=50))
    book.hear(say(38))
    load(archive, book)
    other = replace(say(7).observation, claim_id="undeclared", observation_id="x")
    facts = archive.claim_facts([other], [book.claim])
    assert ([one.observation.observation_id for one in facts.new], facts.ledgers, facts.changed) == (
        ["x"],
        {},
        frozenset(),
    )


def test_what_was_edited_into_an_article_counts_from_when_it_was_seen(archive: Archive) -> None:
    load(archive, Book(make_claim()), pages=[page("1", "a", fetched_at=minutes(1))])
    seen: dict[str, Any] = {"article_id": "article-1", "observed_at": minutes(60), "published": minutes(-5)}
    edited = say(38, 60, revision_id="revision-1b", **seen).observation
    same = say(45, 60, revision_id="revision-1a", **seen).observation
    new = archive.claim_facts([edited, same], [make_claim()]).new
    assert [(one.observation.value, one.at) for one in new] == [("38", minutes(60)), ("45", minutes(-5))]


def test_a_date_in_the_future_is_not_believed(archive: Archive) -> None:
    one = replace(say(38, 0).observation, published=minutes(999))
    assert archive.claim_facts([one], [make_claim()]).new[0].at == minutes(0)


# The mirror of the watchlist


def test_claims_follow_the_watchlist(archive: Archive) -> None:
    ladder = make_claim("status", "in_talks", id="contract")
    for claims in ([make_claim(start=50), ladder], [make_claim(start=51)]):
        archive.load_batch(polls=[], pages=[], sources=[], alerts=[], claimed=ClaimRecords(claims=claims))
    assert ask(archive, "SELECT claim_id, kind, baseline, unit, declared FROM claims ORDER BY claim_id") == [
        ("a_claim", "quantity", "51", "bcm/yr", True),
        ("contract", "status", "in_talks", None, False),
    ]
    assert ask(archive, "SELECT steps FROM claims WHERE claim_id = 'contract'") == [
        (["proposed", "in_talks", "memorandum", "signed", "built"],)
    ]


def test_an_unchanged_watchlist_is_not_written_again_and_an_empty_one_retires_all(archive: Archive) -> None:
    def load_claims(*claims: Any) -> list[tuple[Any, ...]]:
        archive.load_batch(polls=[], pages=[], sources=[], alerts=[], claimed=ClaimRecords(claims=claims))
        return ask(archive, "SELECT claim_id, declared, changed_at FROM claims")

    assert load_claims(make_claim("status")) == load_claims(make_claim("status"))
    assert [declared for _, declared, _ in load_claims()] == [False]


# Questions


def test_who_first_said_50(archive: Archive) -> None:
    load(archive, pipeline_book())
    asked = "SELECT outlet, speaker, first_said, behind_first FROM who_said WHERE said = '50' ORDER BY first_said"
    first, second = ask(archive, asked)
    assert first[:3] == ("Bee", "the ministry", minutes(-120))
    assert (second[0], second[3]) == ("Cat", minutes(60) - minutes(0))


def test_who_still_says_38_and_who_50(archive: Archive) -> None:
    load(archive, pipeline_book())
    asked = "SELECT value, outlet, since, last_said, is_believed FROM who_still_says ORDER BY value, outlet"
    assert ask(archive, asked) == [
        ("38", "Ant", minutes(0), minutes(0), True),
        ("38", "Cat", minutes(30), minutes(30), True),
        ("50", "Bee", minutes(-120), minutes(-120), False),
    ]


def test_what_was_believed_on_a_day_as_it_is_known_now_and_as_it_was_known_then(archive: Archive) -> None:
    book = Book(make_claim(start=50))
    book.hear(say(38, 60))
    load(archive, book)
    known_before = datetime.now(UTC)
    book.hear(say(45, 30, "bee"))
    load(archive, book)

    def believed(moment: datetime, known: datetime) -> Any:
        asked = f"SELECT believed FROM beliefs_on('{moment}', '{known}') WHERE layer = 'overall'"  # noqa: S608
        return [value for (value,) in ask(archive, asked)]

    now = datetime.now(UTC)
    assert believed(minutes(45), now) == [["45"]]
    assert believed(minutes(45), known_before) == [["50"]]
    assert believed(minutes(90), now) == believed(minutes(90), known_before) == [["38"]]
    assert believed(datetime(2022, 8, 1, tzinfo=UTC), now) == []


def test_the_history_of_a_claim_in_stretches(archive: Archive) -> None:
    load(archive, pipeline_book())
    assert ask(archive, "SELECT value, valid_from, valid_until FROM claim_history ORDER BY valid_from") == [
        ("50", datetime(2022, 9, 1, tzinfo=UTC), minutes(0)),
        ("38", minutes(0), None),
    ]


def test_what_is_believed_now_in_every_layer(archive: Archive) -> None:
    load(archive, pipeline_book())
    asked = "SELECT layer, holder_name, value, support FROM current_beliefs ORDER BY layer, holder_name"
    assert ask(archive, asked) == [
        ("bloc", "neutral", "38", 1),
        ("bloc", "ru", "50", 1),
        ("bloc", "west", "38", 1),
        ("overall", "", "38", 2),
        ("source", "Ant", "38", 1),
        ("source", "Bee", "50", 1),
        ("source", "Cat", "38", 1),
    ]


def test_changes_with_what_was_said(archive: Archive) -> None:
    load(archive, pipeline_book())
    asked = (
        "SELECT kind, old, new, confirmed, is_confirmation, outlet FROM claim_changes WHERE told ORDER BY occurred_at"
    )
    assert ask(archive, asked) == [
        ("value_changed", "50", "38", 1, False, "Ant"),
        ("value_changed", "50", "38", 2, True, "Cat"),
    ]
    asked = "SELECT suppressed FROM claim_changes WHERE NOT told AND layer = 'overall' ORDER BY occurred_at"
    assert ask(archive, asked) == [("reaffirmed",), ("reaffirmed",), ("hedged",)]


def test_denials_ranges_and_what_was_given_up(archive: Archive) -> None:
    book = Book(make_claim(), sources=SOURCES)
    said = [
        say((45, 50), 0, "ant"),
        say(38, 1, "bee", comparator="gt"),
        say("-38", 2, "cat"),
        say((0.5, 1.25), 3, "dog"),
    ]
    book.hear(*said)
    gone = said[0].observation
    book.hear(
        lost=[
            Withdrawal(
                observation_id=gone.observation_id,
                claim_id="a_claim",
                article_id=gone.article_id,
                reason="deleted",
                at=minutes(9),
            )
        ]
    )
    load(archive, book)
    assert ask(archive, "SELECT said FROM who_said ORDER BY first_said") == [
        ("45..50",),
        (">38",),
        ("not 38",),
        ("0.5..1.25",),
    ]
    assert ask(archive, "SELECT outlet, value FROM who_still_says ORDER BY outlet") == [
        ("Bee", ">38"), ("Cat", "not 38"), ("Dog", "0.5..1.25"),
    ]  # fmt: skip


def test_the_worked_questions_of_the_handbook_are_answered(archive: Archive) -> None:
    load(archive, pipeline_book())
    handbook = (Path(__file__).parent.parent / "docs" / "archive.md").read_text(encoding="utf-8")
    section = handbook.partition("## Claims: who said it first")[2].replace("ps2_capacity", "capacity")
    first_said, still_say, believed, otherwise, history, *_ = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
    now_known, then_known = believed.split(";")[:2]
    assert [row[0] for row in ask(archive, first_said)] == ["Bee", "Cat"]
    assert [row[0] for row in ask(archive, still_say)] == ["Cat", "Ant"]
    assert [row[:2] for row in ask(archive, now_known)] == [("capacity", ["50"])]
    assert ask(archive, then_known) == [], "it was recorded only just now"
    assert ask(archive, otherwise) == [("capacity", "50", "east", ["Bee"])]
    assert [(row[0], row[3], row[5]) for row in ask(archive, history)] == [
        ("50", None, None),
        ("38", "value_changed", "Ant"),
    ]


# Threads


def test_a_thread_is_known_by_the_first_alert_with_its_key_that_a_channel_took(archive: Archive) -> None:
    names = ["rejected", "first", "second", "elsewhere", "other"]
    key: dict[str, Any] = {
        "thread_key": "claim capacity",
        "kind": "claim_change",
        "claim_id": "capacity",
        "channel": "gas",
    }
    alerts = [alert(name, **key) for name in names[:3]]
    alerts += [alert("elsewhere", **key | {"channel": "numbers"}), alert("other", **key | {"thread_key": "claim x"})]
    load(archive, Book(make_claim()), alerts=alerts)
    events = [
        Delivery(alert_id=f"alert-{name}", at=minutes(at), outcome="sent", attempt=1, ts=f"{at}.0")
        for at, name in enumerate(names)
    ]
    archive.record_deliveries([replace(events[0], outcome="rejected"), *events[1:4]])
    assert archive.threads(["claim capacity", "claim x"]) == {
        ("gas", "claim capacity"): "1.0",
        ("numbers", "claim capacity"): "3.0",
    }
    assert {one.thread_key for one, _ in archive.pending_alerts()} == {"claim capacity", "claim x"}


def test_that_a_claim_changed_does_not_count_as_having_told_the_article(archive: Archive) -> None:
    told = [alert("1"), alert("2", kind="claim_change", claim_id="capacity")]
    load(archive, Book(make_claim()), alerts=told)
    assert archive.alerted_topics(["article-1", "article-2"]) == {"article-1": frozenset({"sco"})}


def test_titles_and_addresses_of_articles(archive: Archive) -> None:
    load(archive, Book(make_claim()), pages=[page("1"), page("1", "b", fetched_at=minutes(60)), page("2", url=None)])
    assert archive.article_links(["article-1", "article-2", "article-3"]) == {
        "article-1": ("Title 1b", "https://herald.example/1"),
        "article-2": ("Title 2a", None),
    }
