"""monitor sql: what people and programs get to see, and what neither can do."""

import csv
import io
import json
import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from archive_samples import page, source
from monitor.archive import Archive, sql_files
from monitor.cli.query import plain, shown, sql
from monitor.errors import ArchiveError, MonitorError
from monitor.settings import Settings

app = typer.Typer()
app.command()(sql)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MONITOR_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("MONITOR_ARCHIVE", raising=False)
    monkeypatch.delenv("MONITOR_TIMEZONE", raising=False)
    return tmp_path / "var"


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of an archive with three articles and its published copy, to be copied."""
    home = tmp_path_factory.mktemp("filled")
    made = Archive(Settings(home=home))
    made.load_batch(
        polls=[],
        pages=[
            page("1", topics=("sco",), title="Samarkand summit"),
            page("2", topics=("sco",), title="撒马尔罕峰会", language="zh"),
            page("3", title="\x1b[2J\x1b]0;owned\x07Weather\u202eevil"),
        ],
        sources=[source()],
        alerts=[],
    )
    made.publish()
    return home


@pytest.fixture
def archive(home: Path, filled: Path) -> Archive:
    shutil.copytree(filled, home)
    return Archive(Settings(home=home))


def run(*arguments: object, **more: Any) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments], **more)


def ask(*arguments: object, **more: Any) -> str:
    result = run(*arguments, **more)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.usefixtures("archive")
def test_a_table_is_aligned_whatever_the_script() -> None:
    lines = ask("SELECT title, language FROM articles_latest WHERE article_id <> 'article-3' ORDER BY 2").splitlines()
    header, english, chinese, footer = (line.rstrip() for line in lines)
    assert cell_len(header[: header.index("language")]) == cell_len(english[: english.index("en")])
    assert cell_len(header[: header.index("language")]) == cell_len(chinese[: chinese.index("zh")])
    assert footer == "(2 rows)"


@pytest.mark.usefixtures("archive")
def test_json_is_one_object_a_row_with_lists_and_times() -> None:
    [line] = ask("--json", "SELECT title, evidence, seen_at FROM topic_articles WHERE language = 'zh'").splitlines()
    row = json.loads(line)
    assert row["title"] == "撒马尔罕峰会"
    assert row["evidence"][0]["end"] == 4
    assert row["seen_at"] == "2022-09-15T12:00:00+00:00"


@pytest.mark.usefixtures("archive")
def test_json_names_each_column_once() -> None:
    assert json.loads(ask("--json", "SELECT 1 AS a, 2 AS a, 'nan'::DOUBLE AS b")) == {"a": 1, "a_2": 2, "b": None}


@pytest.mark.usefixtures("archive")
def test_csv_has_a_header_and_survives_newlines_and_quotes() -> None:
    out = ask("--csv", """SELECT E'a "b",\nc' AS text, NULL AS nothing, [1, 2] AS list""")
    assert list(csv.reader(io.StringIO(out))) == [["text", "nothing", "list"], ['a "b",\nc', "", "[1, 2]"]]


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("form", [[], ["--wide"], ["--json"]])
def test_a_title_cannot_command_the_terminal(form: list[str]) -> None:
    out = ask(*form, "SELECT title FROM articles_latest WHERE title LIKE '%Weather%'")
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\u202e" not in out
    assert "Weather" in out


@pytest.mark.usefixtures("archive")
def test_an_error_cannot_command_the_terminal_either() -> None:
    result = run("SELECT CAST(title AS INTEGER) FROM articles_latest WHERE title LIKE '%Weather%'")
    assert isinstance(result.exception, ArchiveError)
    assert "Weather" in str(result.exception)
    assert "\x1b" not in str(result.exception)


@pytest.mark.usefixtures("archive")
def test_times_are_shown_in_the_time_zone_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_TIMEZONE", "Asia/Tashkent")
    out = ask("SELECT seen_at FROM articles LIMIT 1")
    assert "2022-09-15 17:00:00" in out
    assert "times in Asia/Tashkent" in out
    monkeypatch.setenv("MONITOR_TIMEZONE", "Asia/Atlantis")
    with pytest.raises(MonitorError, match="MONITOR_TIMEZONE"):
        run("SELECT 1", catch_exceptions=False)


@pytest.mark.usefixtures("archive")
def test_long_text_is_cut_unless_wide_is_asked_for() -> None:
    long = "SELECT repeat('word ', 200) AS text"
    assert "…" in ask(long)
    assert "word " * 199 in ask("--wide", long)


@pytest.mark.usefixtures("archive")
def test_a_table_shows_some_rows_and_says_so() -> None:
    assert "(first 500 rows; --limit 0 shows all)" in ask("SELECT * FROM range(501)")
    assert "(501 rows)" in ask("--limit", 0, "SELECT * FROM range(501)")
    assert len(ask("--json", "SELECT * FROM range(501)").splitlines()) == 501


def test_the_answer_is_current_though_it_comes_from_the_copy(archive: Archive) -> None:
    assert json.loads(ask("--json", "SELECT count(*) AS n FROM articles")) == {"n": 3}
    archive.load_batch(polls=[], pages=[page("4")], sources=[], alerts=[])
    assert json.loads(ask("--json", "SELECT count(*) AS n FROM articles")) == {"n": 4}
    assert archive.published_file.exists()


def test_live_reads_the_archive_itself(archive: Archive) -> None:
    archive.published_file.unlink()
    assert json.loads(ask("--live", "--json", "SELECT count(*) AS n FROM articles")) == {"n": 3}
    assert not archive.published_file.exists()


def test_a_copy_that_cannot_be_renewed_is_used_and_its_age_told(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("SELECT 1")
    archive.load_batch(polls=[], pages=[page("4")], sources=[], alerts=[])
    monkeypatch.setattr("monitor.archive.publish._COPY", "raise OSError(28, 'No space left on device')")
    result = run("--json", "SELECT count(*) AS n FROM articles")
    assert json.loads(result.stdout) == {"n": 3}
    assert "could not be renewed" in result.stderr
    assert "the archive has changed since" in result.stderr


@pytest.mark.usefixtures("archive")
def test_named_queries_are_listed_and_run() -> None:
    listed = ask("--list")
    for query in sql_files("queries"):
        assert f"@{query.name}" in listed
    assert "Herald" in ask("@coverage")
    result = run("@nonsense")
    assert result.exit_code == 2
    assert "@coverage" in result.output


@pytest.mark.usefixtures("archive")
def test_sql_comes_from_a_file_or_standard_input_and_takes_parameters(tmp_path: Path) -> None:
    file = tmp_path / "question.sql"
    file.write_text("SELECT title FROM articles_latest\nWHERE language = $lang -- 中文\n", encoding="utf-8")
    assert json.loads(ask("--json", "--file", file, "-p", "lang=zh")) == {"title": "撒马尔罕峰会"}
    assert json.loads(ask("--json", "-", input="SELECT 1 AS a")) == {"a": 1}


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize(
    "arguments", [[], ["SELECT 1", "--file", "x.sql"], ["SELECT 1", "--json", "--csv"], ["SELECT $a", "-p", "a"]]
)
def test_wrong_use_ends_with_2(arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.usefixtures("archive")
def test_a_mistake_shows_the_place() -> None:
    with pytest.raises(ArchiveError, match=r'(?s)"titel" not found.*LINE 1: SELECT titel FROM articles_latest.*\^'):
        run("SELECT titel FROM articles_latest", catch_exceptions=False)


def test_without_an_archive_it_says_what_to_do(home: Path) -> None:
    with pytest.raises(ArchiveError, match="There is no archive yet"):
        run("SELECT 1", catch_exceptions=False)
    assert not home.exists()


FORBIDDEN = (
    "DELETE FROM articles",
    "INSERT INTO deliveries (alert_id, occurred_at, outcome, attempt) VALUES ('x', now(), 'sent', 1)",
    "DROP TABLE articles",
    "CREATE TABLE mine (a INT)",
    "SELECT 1; DELETE FROM articles; SELECT 2",
    "COPY articles TO '{out}'",
    "SELECT * FROM read_text('/etc/hostname')",
    "ATTACH '{archive}' AS other",
    "SET enable_external_access = true",
    "INSTALL httpfs",
    "EXPORT DATABASE '{out}'",
    "SELECT * FROM archive",
)


@pytest.mark.parametrize("where", [[], ["--live"]])
def test_nothing_can_be_written_and_no_file_read(archive: Archive, tmp_path: Path, where: list[str]) -> None:
    for statement in FORBIDDEN:
        text = statement.format(out=tmp_path / "out", archive=archive.file)
        result = run(*where, text)
        assert isinstance(result.exception, ArchiveError), (text, result.output)
        assert not (tmp_path / "out").exists(), text
    assert archive.known_article_ids(["article-1"]) == {"article-1"}


@pytest.mark.usefixtures("archive")
def test_files_opens_one_folder_for_exports(tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    ask("--files", folder, f"COPY articles_latest TO '{folder}/titles.parquet'")
    assert "撒马尔罕峰会" in ask("--files", folder, f"FROM '{folder}/titles.parquet'")
    result = run("--files", folder, f"COPY (SELECT 1) TO '{tmp_path}/elsewhere.csv'")
    assert isinstance(result.exception, ArchiveError)


@pytest.mark.usefixtures("archive")
def test_files_never_opens_the_folder_of_the_archive(home: Path) -> None:
    for folder in (home, home.parent, home / "published"):
        folder.mkdir(exist_ok=True)
        assert run("--files", folder, "SELECT 1").exit_code == 2


@pytest.mark.parametrize(
    ("value", "text", "for_json"),
    [
        (None, "NULL", None),
        (True, "true", True),
        (0.1 + 0.2, "0.3", 0.1 + 0.2),
        (Decimal("1.50"), "1.50", 1.5),
        (datetime(2022, 9, 15, 12, 0, 1, 5, tzinfo=UTC), "2022-09-15 12:00:01", "2022-09-15T12:00:01.000005+00:00"),
        (date(2022, 9, 15), "2022-09-15", "2022-09-15"),
        (timedelta(days=-1, hours=-2), "-1 d 02:00:00", -93600.0),
        (timedelta(minutes=3), "00:03:00", 180.0),
        (b"\x01\xff", "01ff", "01ff"),
        ([1, None, "a\nb"], "[1, NULL, a↵b]", [1, None, "a\nb"]),
        ({"end": [2]}, "{end: [2]}", {"end": [2]}),
    ],
)
def test_values(value: object, text: str, for_json: object) -> None:
    assert shown(value) == text
    assert plain(value) == for_json
