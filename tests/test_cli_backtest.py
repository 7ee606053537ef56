"""`monitor watchlist backtest`: what claims would have found in an archive, for people and for programs."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from archive_samples import article, page, source
from monitor.archive import Archive
from monitor.cli import watchlist as commands
from monitor.errors import ArchiveError
from monitor.model import AnalysedPage
from monitor.settings import Settings, load_settings

app = typer.Typer()
app.add_typer(commands.app, name="watchlist")

WATCHLIST = """\
version: 1
entities:
  bridge: {type: facility, en: [Lake Bridge], ru: [Озерный мост], zh-Hans: [湖桥]}
topics:
  - {id: roads, name: Roads, channel: roads, match: bridge}
claims:
  - id: bridge_length
    topic: roads
    kind: quantity
    says: The Lake Bridge is 900 m long
    subject: bridge
    cues: {en: [long]}
    quantity: {unit: m, at_least: 100}
    baseline: {value: 900, as_of: 2022-09-01}
  - id: bridge_status
    topic: roads
    kind: status
    says: The Lake Bridge is open
    subject: bridge
    ladder:
      - planned
      - open: {en: [opened], ru: [открыт], zh-Hans: [通车]}
"""
STORIES = {
    1: ("en", "A bridge", "The Lake Bridge is 900 metres long.\nIt has not rained."),
    2: ("ru", "Новости", "Озерный мост открыт."),
    3: ("en", "The Lake Bridge", "It will be about 1,100 metres long, the mayor said."),
    4: ("en", "Weather", "It rained 900 metres away."),
}


def story(day: int) -> AnalysedPage:
    language, title, text = STORIES[day]
    made = article(
        str(day), title=title, text=text, language=language, published=datetime(2022, 9, day, 12, tzinfo=UTC)
    )
    return AnalysedPage(article_id=made.article_id, entries=(), article=made)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    config = tmp_path / "config"
    config.mkdir()
    (config / "watchlist.yaml").write_text(WATCHLIST, encoding="utf-8")
    monkeypatch.setenv("MONITOR_CONFIG", str(config))
    monkeypatch.setenv("MONITOR_HOME", str(tmp_path / "var"))
    monkeypatch.delenv("MONITOR_ARCHIVE", raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


@pytest.fixture
def archive() -> Archive:
    made = Archive(load_settings())
    made.load_batch(polls=[], pages=[story(day) for day in STORIES], sources=[source()], alerts=[])
    return made


def run(*arguments: str) -> Any:  # click's Result
    return CliRunner().invoke(app, ["watchlist", "backtest", *arguments])


def answer(*arguments: str) -> dict[str, Any]:
    result = run("--json", *arguments)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.usefixtures("archive")
def test_every_observation_is_listed_with_its_sentence_and_what_it_says() -> None:
    found = answer()

    assert found["articles"] == 4
    length, status, planned = found["observations"]
    assert (length["claim"], length["value"], length["unit"]) == ("bridge_length", "900", "m")
    assert (length["outlet"], length["published"]) == ("Herald", "2022-09-01T12:00:00+00:00")
    assert length["sentence"] == STORIES[1][2][length["start"] : length["end"]]
    assert (status["claim"], status["value"], status["polarity"]) == ("bridge_status", "open", "+")
    assert (planned["value"], planned["comparator"], planned["modality"]) == ("1100", "approx", "planned")
    assert (planned["attribution"], planned["carried"]) == ("the mayor", True)
    assert found["claims"]["bridge_length"] == {
        "observations": 2,
        "articles": 2,
        "outlets": 1,
        "values": {"900 m": 1, "≈ 1100 m": 1},
    }


@pytest.mark.usefixtures("archive")
def test_one_claim_alone_and_only_what_is_new() -> None:
    assert {one["claim"] for one in answer("--claim", "bridge_status")["observations"]} == {"bridge_status"}
    late = answer("--since", "2022-09-02")
    assert (late["articles"], [one["value"] for one in late["observations"]]) == (3, ["open", "1100"])


@pytest.mark.usefixtures("archive")
def test_people_get_a_table_and_counts() -> None:
    result = run()

    assert result.exit_code == 0, result.output
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == "bridge_length: The Lake Bridge is 900 m long"
    assert "2022-09-01 Herald 900 m asserted The Lake Bridge is 900 metres long." in lines
    assert "2 observations in 2 articles of 1 outlet: 900 m × 1, ≈ 1100 m × 1" in lines
    assert lines[-1] == "3 observations in 4 articles read"


@pytest.mark.usefixtures("archive")
def test_a_long_list_is_cut_to_the_newest() -> None:
    result = run("--limit", "1", "--claim", "bridge_length")

    assert "The Lake Bridge is 900 metres long." not in result.stdout
    assert "the newest 1 of 2; --limit 0 lists all" in result.stdout


@pytest.mark.usefixtures("archive")
def test_an_edit_is_tried_before_it_is_in_force(tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    longer = WATCHLIST.replace("at_least: 100}", "at_least: 1000}").replace("value: 900", "value: 1000")
    other.write_text(longer, encoding="utf-8")

    assert [one["value"] for one in answer(str(other))["observations"]] == ["open", "1100"]


def test_what_comes_from_outside_cannot_drive_the_terminal(home: Path) -> None:
    evil = article("9", title="[red]", text="\x1b[2JThe Lake Bridge is [b]950[/b] metres long.", published=None)
    made = Archive(Settings(home=home / "var"))
    pages = [AnalysedPage(article_id=evil.article_id, entries=(), article=evil), page("8")]
    made.load_batch(polls=[], pages=pages, sources=[source(name="herald")], alerts=[])

    result = run("--claim", "bridge_length")

    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.stdout


@pytest.mark.usefixtures("archive")
def test_used_wrongly(home: Path) -> None:
    result = run("--claim", "bridge_lenght")
    assert result.exit_code == 2
    assert 'did you mean "bridge_length"?' in " ".join(result.output.split())
    assert run("--since", "yesterday").exit_code == 2
    (home / "config" / "watchlist.yaml").write_text(WATCHLIST.partition("claims:")[0], encoding="utf-8")
    assert run().exit_code == 2


def test_without_an_archive_it_says_what_to_do() -> None:
    result = run()
    assert result.exit_code == 1
    assert isinstance(result.exception, ArchiveError)
    assert "There is no archive yet" in str(result.exception)
