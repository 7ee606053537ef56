"""The archive: everything once, whatever happens, and readable by anybody."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from archive_samples import NOON, a_claim_that_changed, alert, article, entry, match, minutes, page, poll, source
from monitor.archive import Archive, Identity, database, sql_files
from monitor.archive.database import SqlFile
from monitor.archive.publish import Copied, is_due
from monitor.archive.retention import expired_days
from monitor.errors import ArchiveError
from monitor.model import AnalysedPage, Delivery, Evidence, utc_now
from monitor.settings import Settings
from monitor.spool import list_batches, write_batch


@pytest.fixture(scope="session")
def empty_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Archive(Settings(home=tmp_path_factory.mktemp("empty")))
    with made.write():
        pass
    return made.file


@pytest.fixture
def archive(tmp_path: Path, empty_archive: Path) -> Archive:
    shutil.copy(empty_archive, tmp_path)
    return Archive(Settings(home=tmp_path), timeout_s=10)


@pytest.fixture
def new_archive(tmp_path: Path) -> Archive:
    return Archive(Settings(home=tmp_path), timeout_s=10)


def load(archive: Archive, *pages: AnalysedPage, **more: Any) -> Any:
    return archive.load_batch(**{"polls": [], "pages": pages, "sources": [source()], "alerts": []} | more)


def ask(archive: Archive, sql: str) -> list[tuple[Any, ...]]:
    with archive.read() as con:
        return con.execute(sql).fetchall()


def rows(archive: Archive, view: str) -> list[dict[str, Any]]:
    with archive.read() as con:
        found = con.execute(f"SELECT * FROM {view}")  # noqa: S608 - our own names
        return [dict(zip([column[0] for column in found.description], row, strict=True)) for row in found.fetchall()]


A_DELIVERY = "INSERT INTO deliveries (alert_id, occurred_at, outcome, attempt) VALUES ('x', now(), 'sent', 1)"


# Loading


def test_a_batch_is_loaded_and_loading_it_again_changes_nothing(new_archive: Archive) -> None:
    batch = {
        "polls": [poll(0), poll(5)],
        "pages": [page("1", topics=("sco", "ps2")), page("2")],
        "alerts": [alert("1")],
    }

    first = load(new_archive, **batch)
    again = load(new_archive, **batch)

    assert (first.polls, first.entries, first.articles, first.revisions, first.matches, first.alerts) == (
        2, 2, 2, 2, 2, 1,
    )  # fmt: skip
    assert (again.polls, again.entries, again.articles, again.revisions, again.matches, again.alerts) == (
        0, 0, 0, 0, 0, 0,
    )  # fmt: skip


def test_duplicates_within_a_batch_are_stored_once(archive: Archive) -> None:
    done = load(archive, page("1", topics=("sco",)), page("1", topics=("sco",)), polls=[poll(0), poll(0)])
    assert (done.polls, done.entries, done.articles, done.revisions, done.matches) == (1, 1, 1, 1, 1)


def test_a_known_article_gets_further_entries_and_revisions(archive: Archive) -> None:
    load(archive, page("1", "a"))
    known = AnalysedPage(article_id="article-1", entries=(entry("other feed"),))
    done = load(archive, known, page("1", "b", fetched_at=minutes(60)))

    assert (done.entries, done.articles, done.revisions) == (1, 0, 1)
    assert ask(archive, "SELECT DISTINCT article_id FROM entries") == [("article-1",)]


def test_a_new_watchlist_adds_its_matches_to_an_old_revision(archive: Archive) -> None:
    one = article("1")
    old, new = match("sco", one), match("sco", one, watchlist_hash="watchlist-2", score=9)
    load(archive, AnalysedPage(article_id="article-1", entries=(), article=one, matches=(old,)))
    load(archive, AnalysedPage(article_id="article-1", entries=(), article=one, matches=(old, new)))

    assert ask(archive, "SELECT watchlist_hash FROM matches ORDER BY ALL") == [("watchlist-1",), ("watchlist-2",)]
    [on_topic] = rows(archive, "topic_articles")
    assert on_topic["score"] == 9


def test_values_come_back_as_they_went_in(archive: Archive) -> None:
    text = "习近平在撒马尔罕\nНефть и газ \x00 \U0001f6e2 'quoted'"
    one = article("1", text=text, authors=("甲", "Б"), image_urls=("https://x.example/1.png",), modified=minutes(7.5))
    evidence = Evidence(field="text", start=0, end=3, text="习近平", alias="习近平", entity="xi", rule="any[1].all[0]")
    load(
        archive,
        AnalysedPage(
            article_id="article-1", entries=(), article=one, matches=(match("sco", one, evidence=(evidence,)),)
        ),
    )

    [stored] = rows(archive, "revisions")
    assert stored["text"] == text
    assert stored["authors"] == ["甲", "Б"]
    assert stored["modified"] == minutes(7.5)
    assert ask(archive, "SELECT evidence[1].entity, evidence[1].start, evidence[1].end FROM matches") == [("xi", 0, 3)]


def test_times_are_moments_whatever_zone_a_tool_is_set_to(archive: Archive) -> None:
    load(archive, page("1"))
    archive.publish()
    with duckdb.connect(str(archive.published_file), read_only=True) as con:
        con.execute("SET TimeZone = 'Asia/Tashkent'")
        assert con.execute("SELECT seen_at::VARCHAR FROM articles").fetchall() == [("2022-09-15 17:00:00+05",)]
        assert con.execute("SELECT seen_at < now() FROM articles").fetchall() == [(True,)]


def test_a_failed_block_leaves_nothing_behind(archive: Archive) -> None:
    def fail() -> None:
        with archive.write() as con:
            con.execute(A_DELIVERY)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert ask(archive, "SELECT count(*) FROM deliveries") == [(0,)]


# The mirror of the configuration


def test_sources_and_feeds_follow_the_configuration(archive: Archive) -> None:
    load(archive, sources=[source("herald"), source("tribune")])
    load(archive, sources=[source("herald", tier=1, feeds=("https://herald.example/new",))])

    assert ask(archive, "SELECT source_id, tier, declared FROM sources ORDER BY ALL") == [
        ("herald", 1, True),
        ("tribune", 2, False),
    ]
    assert ask(archive, "SELECT feed_url, declared FROM feeds ORDER BY ALL") == [
        ("https://herald.example/new", True),
        ("https://herald.example/rss", False),
        ("https://tribune.example/rss", False),
    ]


def test_a_source_that_comes_back_is_declared_again(archive: Archive) -> None:
    for sources in ([source("herald"), source("tribune")], [source("herald")], [source("herald"), source("tribune")]):
        load(archive, sources=sources)
    assert ask(archive, "SELECT source_id, declared FROM sources ORDER BY ALL") == [("herald", True), ("tribune", True)]


def test_no_list_of_sources_retires_none(archive: Archive) -> None:
    load(archive)
    load(archive, sources=[])
    assert ask(archive, "SELECT declared FROM sources") == [(True,)]


def test_an_unchanged_configuration_is_not_written_again(archive: Archive) -> None:
    load(archive)
    before = ask(archive, "FROM sources")
    load(archive)
    assert ask(archive, "FROM sources") == before


# Looking up


def test_an_article_is_settled_once_a_feed_that_was_followed_already_has_brought_it(archive: Archive) -> None:
    brought = [
        AnalysedPage(article_id="article-1", entries=(entry(str(nth), first_poll=nth < 3),)) for nth in (1, 2, 3)
    ]
    for nth, one in enumerate(brought, 1):
        load(archive, one)
        assert archive.settled_articles(["article-1"]) == ({"article-1"} if nth == 3 else set())


def test_lookups_find_what_is_there_and_nothing_else(archive: Archive) -> None:
    load(
        archive, page("1"), page("2"), alerts=[alert("1", ("sco",)), alert("9", ("ps2", "sco"), article_id="article-1")]
    )

    assert archive.known_entries(["entry-1", "entry-7"]) == {"entry-1"}
    assert archive.known_article_ids(["article-2", "article-7"]) == {"article-2"}
    assert archive.settled_articles(["article-2", "article-7"]) == {"article-2"}
    addresses = ["https://herald.example/1", "https://herald.example/2?from=feed", "https://herald.example/7"]
    assert archive.known_articles(addresses) == {addresses[0]: "article-1", addresses[1]: "article-2"}
    assert archive.alerted_topics(["article-1", "article-2"]) == {"article-1": frozenset({"sco", "ps2"})}


def test_lookups_in_an_archive_that_does_not_exist_yet_find_nothing(new_archive: Archive) -> None:
    assert new_archive.known_entries(iter(["x"])) == set()
    assert new_archive.known_articles([]) == {}
    assert new_archive.pending_alerts() == []


def delivery(name: str, outcome: Any, attempt: int = 1, **more: Any) -> Delivery:
    return Delivery(alert_id=f"alert-{name}", outcome=outcome, attempt=attempt, **{"at": minutes(3)} | more)


def test_alerts_are_pending_until_they_are_sent_found_or_shown(archive: Archive) -> None:
    names = ["new", "attempted", "retry", "unclear", "rejected", "sent", "found", "not_sent"]
    load(archive, alerts=[alert(name, created_at=minutes(i)) for i, name in enumerate(names)])
    archive.record_deliveries([delivery(name, "attempted") for name in names[1:7]])
    archive.record_deliveries([delivery(name, name, at=minutes(4), retry_at=minutes(9)) for name in names[2:]])

    pending = archive.pending_alerts()

    assert [one.alert_id.removeprefix("alert-") for one, _ in pending] == names[:5]
    assert [[event.outcome for event in events] for _, events in pending] == [
        [],
        ["attempted"],
        ["attempted", "retry"],
        ["attempted", "unclear"],
        ["attempted", "rejected"],
    ]
    first_alert, _ = pending[0]
    assert first_alert == alert("new", created_at=minutes(0))
    _, (_, retry) = pending[2]
    assert retry == delivery("retry", "retry", at=minutes(4), retry_at=minutes(9))
    assert retry.at.tzinfo is UTC


def test_the_same_delivery_twice_is_one(archive: Archive) -> None:
    load(archive, alerts=[alert("1")])
    for _ in range(2):
        archive.record_deliveries([delivery("1", "attempted"), delivery("1", "attempted")])
    assert ask(archive, "SELECT count(*) FROM deliveries") == [(1,)]


# Views


def test_alert_status_tells_where_an_alert_stands_even_when_the_clock_was_set_back(archive: Archive) -> None:
    load(archive, alerts=[alert("1"), alert("2")])
    archive.record_deliveries(
        [
            delivery("1", "attempted", 1, at=minutes(10)),
            delivery("1", "retry", 1, at=minutes(10), retry_at=minutes(11), error="rate_limited"),
            delivery("1", "attempted", 2, at=minutes(-60)),
            delivery("1", "sent", 2, at=minutes(-60), ts="1.2"),
        ]
    )
    status = {row["alert_id"]: row for row in rows(archive, "alert_status")}
    one = status["alert-1"]
    assert (one["status"], one["attempts"], one["ts"], one["error"], one["retry_at"]) == ("sent", 2, "1.2", None, None)
    assert status["alert-2"]["status"] == "waiting"


def test_articles_latest_shows_the_newest_revision_with_its_outlet(archive: Archive) -> None:
    load(archive, page("1", "a"))
    load(archive, page("1", "b", fetched_at=minutes(60)))
    [one] = rows(archive, "articles_latest")
    assert (one["outlet"], one["title"], one["revisions"]) == ("Herald", "Title 1b", 2)


def test_an_exact_text_of_the_same_bytes_supersedes_the_rough_one(archive: Archive) -> None:
    load(archive, page("1", "rough", text_origin="skim"))
    load(archive, page("1", "exact", text_origin="extracted"))
    [one] = rows(archive, "articles_latest")
    assert one["text_origin"] == "extracted"


def test_topic_articles_and_coverage(archive: Archive) -> None:
    tribune = source("tribune", bloc="western")
    load(
        archive,
        page("1", topics=("sco", "ps2"), published=minutes(-30)),
        page("2", topics=("sco",), source_id="tribune", published=None),
        page("3"),
        sources=[source(), tribune],
    )
    on_topic = rows(archive, "topic_articles")
    assert sorted((row["topic_id"], row["title"], row["bloc"]) for row in on_topic) == [
        ("ps2", "Title 1a", "central_asian"),
        ("sco", "Title 1a", "central_asian"),
        ("sco", "Title 2a", "western"),
    ]
    coverage = {(row["topic_id"], row["outlet"]): row for row in rows(archive, "outlet_coverage")}
    assert coverage["sco", "Herald"]["first_report"] == minutes(-30)
    assert coverage["sco", "Tribune"]["first_report"] == NOON


def test_feed_health_counts_failures_since_the_last_success(archive: Archive) -> None:
    day = 24 * 60
    load(
        archive,
        polls=[
            poll(0, new=30),
            poll(1 * day, new=4, faulty=9),
            poll(2 * day, new=6, faulty=2),
            poll(2 * day + 1, outcome="not_modified", status=304),
            poll(2 * day + 2, outcome="failed", status=None, error="no answer"),
            poll(2 * day + 3, outcome="unreadable", error="no feed"),
        ],
        sources=[source(), source("silent")],
    )
    health = {row["source_id"]: row for row in rows(archive, "feed_health")}
    herald = health["herald"]
    assert (herald["last_outcome"], herald["last_error"], herald["failures_in_a_row"]) == ("unreadable", "no feed", 2)
    assert herald["last_ok_at"] == minutes(2 * day + 1)
    assert (herald["faulty_items"], health["silent"]["faulty_items"]) == (2, 0)
    assert herald["entries_per_day"] == 5.0
    assert (health["silent"]["last_outcome"], health["silent"]["failures_in_a_row"]) == ("never polled", 0)


def test_old_polls_that_tell_nothing_are_dropped(archive: Archive) -> None:
    def outcomes() -> list[tuple[Any, ...]]:
        return ask(archive, "SELECT outcome, new FROM polls ORDER BY polled_at")

    day, same = 24 * 60, {"outcome": "not_modified"}
    now = (utc_now() - NOON).total_seconds() / 60
    old = [poll(0, new=3), poll(1, **same), poll(2, **same), poll(3, new=1), poll(4, new=1), poll(5, outcome="failed")]
    young = [poll(int(now) - 29 * day + at, **same) for at in range(3)]
    other = [poll(at, feed_url="https://tribune.example/rss", **same) for at in (1, 2)]
    load(archive, polls=[*old, *young, *other])
    assert archive.prune_polls() == 2
    assert archive.prune_polls() == 0
    assert sorted(outcomes()) == sorted(
        [("new", 3), ("not_modified", 0), ("new", 1), ("new", 1), ("failed", 0)] + [("not_modified", 0)] * 4
    )


def test_an_archive_has_an_identity_that_grows(archive: Archive, tmp_path: Path) -> None:
    first = archive.identity()
    load(archive, page("1"))
    load(archive, page("1"))
    assert archive.identity() == Identity(first.archive_id, first.generation + 1)
    other = Archive(Settings(home=tmp_path / "other"))
    assert other.identity().archive_id != first.archive_id


def test_latency_measures_each_hop(archive: Archive) -> None:
    load(archive, page("1"), alerts=[alert("1")])
    archive.record_deliveries([delivery("1", "attempted"), delivery("1", "sent")])
    [one] = rows(archive, "latency")
    hops = ("published_to_seen_s", "seen_to_fetched_s", "fetched_to_queued_s", "queued_to_sent_s", "seen_to_sent_s")
    assert [one[hop] for hop in hops] == [300, 60, 60, 60, 180]


def test_every_named_query_runs(archive: Archive) -> None:
    load(
        archive,
        page("1", topics=("sco",)),
        page("1", "b", fetched_at=minutes(9)),
        polls=[poll()],
        alerts=[alert("1")],
        claimed=a_claim_that_changed(),
    )
    archive.record_deliveries([delivery("1", "sent")])
    with archive.read() as con:
        for query in sql_files("queries"):
            assert con.execute(query.text).fetchall(), query.name
            assert query.title.endswith("."), query.name


# The schema


def test_the_archive_explains_itself(archive: Archive) -> None:
    load(archive)
    assert (
        ask(archive, "SELECT table_name FROM duckdb_tables() WHERE comment IS NULL AND database_name = 'archive'") == []
    )
    assert ask(archive, "SELECT view_name FROM duckdb_views() WHERE comment IS NULL AND NOT internal") == []


def test_the_file_is_compact_and_opens_in_older_versions(archive: Archive) -> None:
    rng = random.Random(3)  # noqa: S311
    words = [rng.randbytes(rng.randint(1, 4)).hex() for _ in range(3000)]
    load(archive, *(page(str(n), text=" ".join(rng.choices(words, k=200))) for n in range(300)))
    [(version,)] = ask(archive, "SELECT tags['storage_version'] FROM duckdb_databases() WHERE path IS NOT NULL")
    assert version.startswith("v1.2.0")
    # DuckDB estimates both from samples drawn at random; never as it is, and never the DICT_FSST that is slow to write.
    stored = "FROM pragma_storage_info('revisions') WHERE column_name = 'text' AND segment_type = 'VARCHAR'"
    assert ask(archive, f"SELECT sum(count) FILTER (compression IN ('ZSTD', 'FSST')) >= 150 {stored}") == [(True,)]


def test_the_schema_keeps_to_what_every_catalog_can() -> None:
    for kind in ("migrations", "views"):
        for file in sql_files(kind):
            statements = re.sub(r"--.*|'(?:[^']|'')*'", "", file.text)
            forbidden = r"\b(PRIMARY KEY|UNIQUE|CHECK|REFERENCES|INDEX|SEQUENCE|GENERATED|ENUM|COLLATE|RETURNING)\b"
            assert not re.search(forbidden, statements, re.IGNORECASE), file.name


def test_migrations_are_applied_once_and_recorded(new_archive: Archive) -> None:
    load(new_archive)
    before = ask(new_archive, "SELECT version, applied_at FROM schema_migrations")
    load(new_archive)
    assert ask(new_archive, "SELECT version, applied_at FROM schema_migrations") == before
    expected = {one.name for one in sql_files("migrations")} | {f"views/{one.name}" for one in sql_files("views")}
    assert {version for version, _ in before} == expected


@contextmanager
def further_sql(monkeypatch: pytest.MonkeyPatch, kind: str, *files: SqlFile) -> Iterator[None]:
    real = database.sql_files
    with monkeypatch.context() as patch:
        patch.setattr(database, "sql_files", lambda asked: (*real(asked), *files) if asked == kind else real(asked))
        yield


def test_an_older_archive_is_brought_up_to_date_when_it_is_read(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(archive, page("1"))
    added = SqlFile("9000_notes", "CREATE TABLE notes (text VARCHAR); INSERT INTO notes VALUES ('hello')", "sha")
    with further_sql(monkeypatch, "migrations", added):
        assert ask(archive, "SELECT text FROM notes") == [("hello",)]
        assert ask(archive, "SELECT count(*) FROM articles") == [(1,)]


def test_a_migration_that_fails_leaves_no_part_of_itself(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    load(archive)
    broken = SqlFile("9000_broken", "CREATE TABLE half (a INT); SELECT * FROM nowhere", "sha")
    with further_sql(monkeypatch, "migrations", broken), pytest.raises(duckdb.CatalogException):
        load(archive)
    assert ask(archive, "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'half'") == [(0,)]


def test_a_changed_view_is_renewed(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    load(archive)
    for answer in ("1", "2"):
        view = SqlFile("answer", f"-- Says {answer}.\nCREATE OR REPLACE VIEW answer AS SELECT {answer} AS a;", answer)
        with further_sql(monkeypatch, "views", view):
            assert ask(archive, "FROM answer") == [(int(answer),)]
            assert ask(archive, "SELECT comment FROM duckdb_views() WHERE view_name = 'answer'") == [
                (f"Says {answer}.",)
            ]


def test_an_archive_of_a_newer_version_is_refused_in_a_sentence(archive: Archive) -> None:
    with archive.write() as con:
        con.execute("INSERT INTO schema_migrations VALUES ('9999_future', 'x', now())")
    for use in (lambda: load(archive), lambda: archive.known_entries(["x"])):
        with pytest.raises(ArchiveError, match=r"newer version of the monitor \(its migration 9999_future"):
            use()


def test_a_migration_that_was_edited_later_is_refused_in_a_sentence(archive: Archive) -> None:
    with archive.write() as con:
        con.execute("UPDATE schema_migrations SET sha256 = 'other' WHERE version = '0001_flow'")
    with pytest.raises(ArchiveError, match=r"0001_flow\.sql was edited after it had been applied"):
        load(archive)


def test_a_file_that_is_no_archive_is_told_and_left_alone(archive: Archive) -> None:
    archive.file.write_text("not a database, but somebody's file, long enough to be read as one" * 100)
    with pytest.raises(ArchiveError, match="is no DuckDB file"):
        load(archive)
    assert archive.file.read_text().startswith("not a database")


# Several processes

PRELUDE = """
import sys, time
from pathlib import Path
from archive_samples import *
from monitor.archive import Archive
from monitor.settings import Settings
archive = Archive(Settings(home=Path(sys.argv[1])), timeout_s=30)
"""


@contextmanager
def running(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Another Python process; ends with the block."""
    process = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def say(process: subprocess.Popen[str], text: str) -> None:
    assert process.stdin is not None
    process.stdin.write(text + "\n")
    process.stdin.flush()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_writers_and_readers_of_several_processes_take_turns(archive: Archive, tmp_path: Path) -> None:
    load(archive)
    writer = PRELUDE + (
        "for n in range(4):\n"
        "    archive.load_batch(polls=[], pages=[page(f'{sys.argv[2]}-{n}')], sources=[], alerts=[])\n"
        "    archive.known_entries(['x'])\n"
        "print('done')"
    )
    with running(writer, tmp_path, "a") as a, running(writer, tmp_path, "b") as b:
        assert [line(process) for process in (a, b)] == ["done"] * 2
    assert ask(archive, "SELECT count(*), count(DISTINCT article_id) FROM articles") == [(8, 8)]


def test_a_busy_archive_names_who_holds_it(archive: Archive, tmp_path: Path) -> None:
    load(archive)
    holder = PRELUDE + "with archive.read():\n    print('held', flush=True)\n    time.sleep(60)"
    with running(holder, tmp_path) as process:
        assert line(process) == "held"
        assert archive.known_entries(["x"]) == set(), "readers do not exclude each other"
        impatient = Archive(Settings(home=tmp_path), timeout_s=0.2)
        with pytest.raises(ArchiveError, match=rf"busy for 0\.2 s \(held by process {process.pid}\)"):
            load(impatient)
        process.send_signal(signal.SIGKILL)
        load(archive, page("1"))  # the lock ended with its holder


def test_a_waiting_writer_goes_before_later_readers(archive: Archive, tmp_path: Path) -> None:
    load(archive)
    reader = PRELUDE + (
        "import threading\n"
        "def read():\n"
        "    end = time.monotonic() + 20\n"
        "    while time.monotonic() < end:\n"
        "        with archive.read(): time.sleep(0.05)\n"
        "threading.Thread(target=read).start()\n"
        "time.sleep(0.03)\n"  # their times overlap, so that one of them always reads
        "print('ready', flush=True)\n"
        "read()\n"
    )
    with running(reader, tmp_path) as readers:
        assert line(readers) == "ready"
        began = time.monotonic()
        load(archive, page("1"))
        assert time.monotonic() - began < 8
    assert archive.known_article_ids(["article-1"]) == {"article-1"}


def test_a_program_that_opened_the_archive_past_the_gate_is_named(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(archive)
    monkeypatch.setattr(database, "OUTSIDE_LOCK_S", 0.2)
    shell = "import duckdb, sys, time\ncon = duckdb.connect(sys.argv[1])\nprint('open', flush=True)\ntime.sleep(60)"
    with running(shell, archive.file) as process:
        assert line(process) == "open"
        with pytest.raises(ArchiveError, match=rf"open in .*\(process {process.pid}\).*waits in the spool"):
            load(archive, page("1"))
    load(archive, page("1"))
    assert archive.known_article_ids(["article-1"]) == {"article-1"}


LOADERS = (
    PRELUDE
    + """
import os
from monitor.model import AnalysedPage
from monitor.spool import list_batches, read_batch, remove_batch

def load_all():
    for number, path in enumerate(list_batches(Path(sys.argv[1]) / "spool", "analysed")):
        pages = read_batch(path, AnalysedPage).items
        alerts = [alert(one.article_id) for one in pages if one.matches]
        archive.load_batch(polls=[], pages=pages, sources=[source()], alerts=alerts)
        remove_batch(path)
        if number % 4 == 1:
            archive.publish(on_demand=True)

# Each line starts a loader in a process of its own; forked, because importing everything anew takes a second.
while sys.stdin.readline():
    child = os.fork()
    if child == 0:
        load_all()
        os._exit(0)
    print(child, flush=True)
    sys.stdin.readline()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
)


def test_a_loader_killed_again_and_again_loads_everything_once(archive: Archive, tmp_path: Path) -> None:
    rng = random.Random(5)  # noqa: S311
    for batch in range(8):
        pages = [page(f"{batch}-{n}", topics=("sco",) if n == 0 else ()) for n in range(50)]
        write_batch(tmp_path / "spool", "analysed", "test", pages)

    statuses = []
    with running(LOADERS, tmp_path) as loaders:
        for _ in range(6):
            say(loaders, "start")
            child = int(line(loaders))
            time.sleep(rng.uniform(0.01, 0.3))
            os.kill(child, signal.SIGKILL)  # its parent has not reaped it yet: the id is still its own
            say(loaders, "reap")
            statuses.append(int(line(loaders)))
        for order in ("start", "reap"):
            say(loaders, order)
        line(loaders)
        assert line(loaders) == "0"

    assert statuses.count(-signal.SIGKILL) >= 2
    assert list_batches(tmp_path / "spool", "analysed") == []
    for table, column, expected in (
        ("articles", "article_id", 400),
        ("entries", "entry_id", 400),
        ("revisions", "revision_id", 400),
        ("matches", "revision_id", 8),
        ("alerts", "alert_id", 8),
    ):
        counted = ask(archive, f"SELECT count(*), count(DISTINCT {column}) FROM {table}")  # noqa: S608
        assert counted == [(expected, expected)], table


def test_a_disk_that_is_full_loses_nothing(archive: Archive, tmp_path: Path) -> None:
    load(archive, page("0"))
    full = PRELUDE + (
        "import resource, signal\n"
        "from monitor.errors import ArchiveError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "size = archive.file.stat().st_size + 20_000\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))\n"
        "import random\n"
        "pages = [page(str(n), text=random.randbytes(2000).hex()) for n in range(300)]\n"
        "try:\n"
        "    archive.load_batch(polls=[], pages=pages, sources=[], alerts=[])\n"
        "except ArchiveError as error:\n"
        "    print('told:', error)\n"
    )
    with running(full, tmp_path) as process:
        assert line(process).startswith(f"told: The archive {archive.file}")
    load(archive, *(page(str(n)) for n in range(300)))
    assert ask(archive, "SELECT count(*), count(DISTINCT article_id) FROM articles") == [(300, 300)]


def test_a_full_disk_is_called_by_its_name() -> None:
    error = duckdb.IOException('IO Error: Could not write file "x": No space left on device')
    assert "The disk is full" in database._sentence(error, Path("archive.duckdb"))


# The published copy


def test_the_copy_opens_beside_the_writer_and_keeps_its_state(archive: Archive) -> None:
    load(archive, page("1"))
    assert archive.publish()
    with duckdb.connect(str(archive.published_file), read_only=True) as reader:
        load(archive, page("2"))
        assert archive.publish(on_demand=True)
        assert reader.execute("SELECT count(*) FROM articles").fetchall() == [(1,)]
    with archive.read_published() as con:
        assert con.execute("SELECT title FROM articles_latest ORDER BY ALL").fetchall() == [
            ("Title 1a",),
            ("Title 2a",),
        ]


def test_a_copy_is_made_only_when_something_changed_and_not_too_often(archive: Archive) -> None:
    load(archive, page("1"))
    assert archive.publish()
    assert archive.behind_since() is None
    assert not archive.publish(on_demand=True), "nothing changed"
    load(archive, page("2"))
    assert archive.behind_since() is not None
    assert not archive.publish(), "a moment ago"
    assert archive.publish(on_demand=True)
    archive.published_file.unlink()
    assert archive.publish()


@pytest.mark.parametrize(
    ("changed", "age_s", "took_s", "in_passing", "on_demand"),
    [
        (False, 1e6, 1, False, False),
        (True, 29, 1, False, True),
        (True, 31, 1, True, True),
        (True, 59, 3, False, False),
        (True, 61, 3, True, True),
        (True, -5, 3, True, True),  # the clock was set back
    ],
)
def test_when_a_copy_is_due(
    tmp_path: Path, *, changed: bool, age_s: float, took_s: float, in_passing: bool, on_demand: bool
) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    stat = file.stat()
    last = Copied(mtime_ns=stat.st_mtime_ns - changed, size=stat.st_size, at=1000.0, seconds=took_s)
    assert is_due(last, stat, 1000.0 + age_s, on_demand=False) is in_passing
    assert is_due(last, stat, 1000.0 + age_s, on_demand=True) is on_demand


def test_the_log_of_a_killed_writer_is_in_the_copy(archive: Archive, tmp_path: Path) -> None:
    load(archive)
    killed = (
        "import duckdb, os, sys\n"
        "con = duckdb.connect()\n"
        "con.execute(f\"ATTACH '{sys.argv[1]}' AS archive\")\n"
        "con.execute('USE archive')\n"
        "con.execute(sys.argv[2])\n"
        "print('written', flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    with running(killed, archive.file, A_DELIVERY) as process:
        assert line(process) == "written"
        process.wait()
    assert (tmp_path / "archive.duckdb.wal").exists()
    assert archive.publish(on_demand=True)
    with archive.read_published() as con:
        assert con.execute("SELECT count(*) FROM deliveries").fetchall() == [(1,)]


def test_leftovers_of_a_killed_copier_are_swept(archive: Archive) -> None:
    load(archive)
    archive.published_file.parent.mkdir()
    left = archive.published_file.with_name(".archive.duckdb.1.tmp")
    left.write_text("half")
    assert archive.publish()
    assert not left.exists()


def test_a_copy_that_fails_is_told_and_the_last_one_stays(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    load(archive, page("1"))
    archive.publish()
    load(archive, page("2"))
    monkeypatch.setattr("monitor.archive.publish._COPY", "raise OSError(28, 'No space left on device')")
    with pytest.raises(ArchiveError, match=r"could not be made: .*No space left on device.*last copy is kept"):
        archive.publish(on_demand=True)
    with archive.read_published() as con:
        assert con.execute("SELECT count(*) FROM articles").fetchall() == [(1,)]


# Pages as they came


def warc(home: Path, name: str) -> Path:
    path = home / "warc" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return path


def test_old_landing_pages_go_and_kept_ones_stay(archive: Archive, tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    old = warc(tmp_path, f"landing/{today - timedelta(days=16)}/a.warc.gz")
    young = warc(tmp_path, f"landing/{today - timedelta(days=13)}/a.warc.gz")
    kept = warc(tmp_path, f"kept/{today - timedelta(days=400)}/a.warc.gz")
    odd = warc(tmp_path, "landing/notes/a.warc.gz")

    assert archive.prune_warc() == 1
    assert not old.parent.exists()
    assert young.exists()
    assert kept.exists()
    assert odd.exists()


def test_pages_that_wait_in_the_spool_are_not_pruned(archive: Archive, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    waiting = warc(tmp_path, f"landing/{(now - timedelta(days=20)).date()}/a.warc.gz")
    older = warc(tmp_path, f"landing/{(now - timedelta(days=30)).date()}/a.warc.gz")
    assert archive.prune_warc(pending_since=now - timedelta(days=20)) == 1
    assert waiting.exists()
    assert not older.exists()


def test_a_day_expires_when_its_last_moment_does() -> None:
    names = ["2022-09-01", "2022-09-02", "notes", "2022-13-45"]
    assert expired_days(names, datetime(2022, 9, 16, tzinfo=UTC), 14) == ["2022-09-01"]


# The handbook

HANDBOOK = Path(__file__).parent.parent / "docs" / "archive.md"


def test_the_handbook_names_every_table_view_and_query(archive: Archive) -> None:
    handbook = HANDBOOK.read_text(encoding="utf-8")
    names = ask(
        archive,
        "SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views() WHERE NOT internal "
        "UNION SELECT function_name FROM duckdb_functions() WHERE database_name = 'archive' AND NOT internal",
    )
    for (name,) in names:
        assert f"`{name}`" in handbook
    for query in sql_files("queries"):
        assert f"`@{query.name}`" in handbook


def test_every_example_of_the_handbook_runs(archive: Archive) -> None:
    load(archive, page("1", topics=("xi_putin", "ps2")), claimed=a_claim_that_changed())
    examples = re.findall(r"```sql\n(.*?)```", HANDBOOK.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 5
    with archive.read() as con:
        for example in examples:
            con.execute(example).fetchall()


def test_threads_of_one_process_read_side_by_side(archive: Archive) -> None:
    load(archive, page("1"))
    with archive.read() as one:
        with archive.read() as two:
            assert two.execute("SELECT count(*) FROM articles").fetchall() == [(1,)]
        assert one.execute("SELECT count(*) FROM articles").fetchall() == [(1,)]
