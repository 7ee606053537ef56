"""`monitor match`, `monitor explain` and `monitor watchlist` as a program and a person use them."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from monitor.archive import Archive
from monitor.cli import explain
from monitor.cli import watchlist as commands
from monitor.model import AnalysedPage, Article
from monitor.settings import load_settings

ROOT = Path(__file__).parents[1]
MONITOR = [sys.executable, "-c", "from monitor.cli import main; main()"]

app = typer.Typer()
app.command("match")(commands.match)
app.command("explain")(explain.explain)
app.add_typer(commands.app, name="watchlist")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MONITOR_CONFIG", str(ROOT / "config"))
    monkeypatch.setenv("MONITOR_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "200")


def run(*arguments: str, given: bytes | str = b"") -> Any:  # click's Result
    return CliRunner().invoke(app, arguments, input=given)


def answers(result: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


# -- match ------------------------------------------------------------------------------------------------------------


def test_match_answers_each_line_with_its_topics() -> None:
    item = {"id": "a", "title": "О «Силе Сибири-2»", "text": "Xi Jinping met Putin.", "lang": "ru", "url": "ignored"}

    result = run("match", "--jsonl", given=json.dumps(item, ensure_ascii=False) + "\n")

    assert result.exit_code == 0
    assert answers(result) == [
        {
            "id": "a",
            "topics": [
                {
                    "topic": "xi_putin",
                    "score": 2.0,
                    "evidence": [
                        {"field": "text", "start": 0, "end": 10, "text": "Xi Jinping", "alias": "Xi Jinping"},
                        {"field": "text", "start": 15, "end": 20, "text": "Putin", "alias": "Putin"},
                    ],
                },
                {
                    "topic": "ps2",
                    "score": 3.0,
                    "evidence": [
                        {"field": "title", "start": 3, "end": 16, "text": "Силе Сибири-2", "alias": "Сила Сибири 2"}
                    ],
                },
            ],
        }
    ]


def test_match_takes_missing_and_null_fields_and_any_id() -> None:
    lines = [
        '{"id": 7}',
        '{"title": null, "text": null, "lang": null}',
        '{"id": {"a": [1]}, "text": "SCO summit"}',
        "",
        "  ",
    ]

    result = run("match", "--jsonl", given="\n".join(lines))

    assert result.exit_code == 0
    assert [answer["id"] for answer in answers(result)] == [7, None, {"a": [1]}]
    assert [len(answer["topics"]) for answer in answers(result)] == [0, 0, 1]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (b"oops", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"title": 5}', '"title" must be text or null, not int'),
        (b'{"text": ["a"]}', '"text" must be text or null, not list'),
        (b'{"text": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_goes_on(bad: bytes, said: str) -> None:
    result = run("match", "--jsonl", given=b'\xef\xbb\xbf{"id": 1}\n' + bad + b'\n{"id": 3}\n')

    assert result.exit_code == 1
    assert [answer["id"] for answer in answers(result)] == [1, 3]
    assert "line 2: " in result.stderr
    assert said in result.stderr or "nested too deeply" in result.stderr


def test_match_answers_a_lone_surrogate_as_it_came() -> None:
    result = run("match", "--jsonl", given='{"id": "\\ud800", "text": "SCO\\ud800 summit"}\n')
    assert result.exit_code == 0
    assert answers(result)[0]["id"] == "\ud800"


def test_match_without_jsonl_is_used_wrongly() -> None:
    result = run("match")
    assert result.exit_code == 2
    assert "--jsonl" in result.stderr


def test_match_streams_line_by_line() -> None:
    with subprocess.Popen([*MONITOR, "match", "--jsonl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(3):
            process.stdin.write(b'{"id": %d}\n' % number)
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {"id": number, "topics": []}
        process.stdin.close()
        assert process.wait(30) == 0


def test_a_broken_watchlist_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("version: 1\ntopics: []\n")

    done = subprocess.run(  # noqa: S603
        [*MONITOR, "match", "--jsonl", "--watchlist", str(file)],
        input=b"",
        capture_output=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 1
    assert b"broken.yaml:2: topics: empty; allowed: 1 or more" in done.stderr


# -- explain ----------------------------------------------------------------------------------------------------------


def test_explain_shows_the_places_and_what_is_missing() -> None:
    result = run("explain", "--title", "Talks", "--text", "Putin spoke of the SCO v. IBM case.", "--topic", "sco")

    assert result.exit_code == 0
    assert "sco: not on topic, score 0 of 1 needed" in result.stdout
    assert "does not occur" in result.stdout
    assert 'did not count: SCO, which is part of "SCO v. IBM" (sco_lookalikes)' in result.stdout


def test_explain_reads_a_file_whose_first_line_is_the_title(tmp_path: Path) -> None:
    file = tmp_path / "story.txt"
    file.write_text("Samarkand\nThe SCO summit opened.\n", encoding="utf-8")

    result = run("explain", str(file))

    assert "sco: on topic, score 2 of 1 needed (lead 2)" in result.stdout
    assert "SCO summit in text 4–14: The [SCO summit] opened." in result.stdout


def test_explain_in_json_for_each_line() -> None:
    result = run("explain", "--jsonl", "--json", "--topic", "sco", given='{"id": 1, "text": "SCO summit"}\n{"id": 2}\n')

    first, second = answers(result)
    assert (first["id"], first["topics"][0]["matched"]) == (1, True)
    assert (second["id"], second["topics"][0]["matched"]) == (2, False)
    assert second["topics"][0]["outcome"]["why_not"] == "none of these holds"


def test_explain_of_an_archived_article_by_its_address() -> None:
    now = datetime(2022, 9, 15, 12, tzinfo=UTC)
    article = Article(
        article_id="a" * 32,
        revision_id="b" * 32,
        url="https://news.example/1",
        source_id="one",
        title="Samarkand",
        text="The SCO summit opened.",
        text_origin="extracted",
        language="en",
        entry_ids=(),
        first_poll=False,
        seen_at=now,
        fetched_at=now,
    )
    page = AnalysedPage(article_id=article.article_id, entries=(), article=article)
    Archive(load_settings()).load_batch(polls=[], pages=[page], sources=[], alerts=[])

    by_address = run("explain", "--article", "https://news.example/1", "--topic", "sco")
    unknown = run("explain", "--article", "https://news.example/2")

    assert "sco: on topic" in by_address.stdout
    assert unknown.exit_code == 1
    assert "has no article" in str(unknown.exception)


def test_what_comes_from_outside_cannot_drive_the_terminal() -> None:
    result = run("explain", "--title", "\x1b[2J[red]SCO summit[/red]", "--topic", "sco")
    assert "\x1b" not in result.stdout
    assert "[red]" in result.stdout


@pytest.mark.parametrize("arguments", [(), ("--text", "a", "--jsonl"), ("--text", "a", "--topic", "none_such")])
def test_explain_used_wrongly(arguments: tuple[str, ...]) -> None:
    assert run("explain", *arguments).exit_code == 2


# -- watchlist --------------------------------------------------------------------------------------------------------


def test_check_says_what_is_followed() -> None:
    result = run("watchlist", "check")

    assert result.exit_code == 0
    assert "4 topics" in result.stdout
    assert "ps2: Power of Siberia 2 -> #siberia" in result.stdout


def test_check_names_every_mistake(tmp_path: Path) -> None:
    file = tmp_path / "watchlist.yaml"
    file.write_text("version: 1\ntopics:\n  - {id: a, name: A, channel: a, match: nobody}\n")

    for_people, for_programs = run("watchlist", "check", str(file)), run("watchlist", "check", str(file), "--json")

    assert (for_people.exit_code, for_programs.exit_code) == (1, 1)
    assert 'watchlist.yaml:3: topics[0].match.entity: no entity "nobody" is defined' in for_people.stderr
    assert not answers(for_programs)[0]["ok"]


def test_check_in_json() -> None:
    (answer,) = answers(run("watchlist", "check", "--json"))
    assert answer["ok"]
    assert {topic["id"] for topic in answer["topics"]} == {"xi_putin", "ps2", "sco", "congress20"}


def test_schema_is_the_published_one() -> None:
    published = (ROOT / "config" / "schema" / "watchlist.schema.json").read_text(encoding="utf-8")
    assert run("watchlist", "schema").stdout == published


# -- the guide --------------------------------------------------------------------------------------------------------


def test_the_examples_of_the_guide_work(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "watchlist.md").read_text(encoding="utf-8")
    example = guide.split("```yaml\nversion: 1", 1)[1].split("```", 1)[0]
    file = tmp_path / "watchlist.yaml"
    file.write_text("version: 1" + example, encoding="utf-8")

    assert run("watchlist", "check", str(file)).exit_code == 0
    given = guide.split("```json\n", 1)[1].split("```", 1)[0]
    (answer,) = answers(run("match", "--jsonl", "--watchlist", str(file), given=given))
    wanted = json.loads(guide.split("```json\n", 2)[2].split("```", 1)[0])
    assert answer == wanted
