"""`monitor observe` and `monitor explain` of claims, as a program and a person use them."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from monitor.cli import claims, explain

WATCHLIST = """\
version: 1
entities:
  dam: {type: facility, en: [Halden Dam]}
  norway: {type: place, bloc: western, en: [Norway]}
topics:
  - {id: dams, name: {en: Dams}, channel: dams, match: dam}
  - {id: trade, name: {en: Trade}, channel: trade, match: {text: [trade]}}
claims:
  - id: output
    topic: dams
    kind: quantity
    says: {en: Halden Dam has 300 MW}
    subject: dam
    quantity: {unit: MW, at_most: 5000}
  - id: opening
    topic: dams
    kind: date
    says: {en: Halden Dam opens in May}
    subject: dam
    cues: {en: [opens, open]}
    date: {earliest: 2020-01-01, latest: 2030-12-31}
  - id: currency
    topic: trade
    kind: category
    says: {en: Norway pays in euros}
    subject: norway
    cues: {en: [pays]}
    several: true
    values: {EUR: {en: [euros]}, USD: {en: [dollars]}}
"""

app = typer.Typer()
app.command("observe")(claims.observe)
app.command("explain")(explain.explain)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "watchlist.yaml").write_text(WATCHLIST, encoding="utf-8")
    monkeypatch.setenv("MONITOR_CONFIG", str(tmp_path))
    monkeypatch.setenv("MONITOR_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "200")


def run(*arguments: str, given: str = "") -> Any:  # click's Result
    return CliRunner().invoke(app, arguments, input=given)


def lines(*items: object) -> str:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in items)


def answers(result: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


# -- observe ----------------------------------------------------------------------------------------------------------


def test_observe_answers_each_line_with_what_it_says() -> None:
    text = "Halden Dam will produce between 280 and 320 MW, Norway said."
    result = run("observe", "--jsonl", given=lines({"id": 1, "title": "", "text": text, "lang": "en"}))
    assert result.exit_code == 0
    assert answers(result) == [
        {
            "id": 1,
            "observations": [
                {
                    "claim": "output",
                    "kind": "quantity",
                    "value": [280, 320],
                    "value_hi": 320,
                    "comparator": "range",
                    "unit": "MW",
                    "aspect": "target",
                    "previous": None,
                    "polarity": "+",
                    "modality": "planned",
                    "attribution": "Norway",
                    "entity": "norway",
                    "bloc": "western",
                    "chain": [],
                    "field": "text",
                    "sentence": text,
                    "start": 0,
                    "end": len(text),
                    "carried": False,
                }
            ],
        }
    ]


def test_values_are_numbers_dates_and_lists() -> None:
    given = lines(
        {"id": "a", "title": "Halden Dam has 300.5 MW", "text": ""},
        {"id": "b", "title": "", "text": "Halden Dam opens next month.", "published": "2025-03-10"},
        {"id": "c", "title": "", "text": "Norway pays in euros."},
        {"id": "d", "title": "Nothing", "text": None},
    )
    found = answers(run("observe", "--jsonl", given=given))
    assert [[one["value"] for one in each["observations"]] for each in found] == [[300.5], ["2025-04"], [["EUR"]], []]


def test_dates_count_from_when_the_item_was_published() -> None:
    text = {"title": "", "text": "Halden Dam opens on 5 May."}
    given = lines(
        *({"id": when, **text, "published": when} for when in ("2021-02-01", "2022-02-01T10:00:00+05:00")),
        {"id": "mail", **text, "published": "Tue, 01 Feb 2023 10:00:00 GMT"},
    )
    found = answers(run("observe", "--jsonl", given=given))
    assert [each["observations"][0]["value"] for each in found] == ["2021-05-05", "2022-05-05", "2023-05-05"]


def test_faulty_lines_are_named_and_left_out() -> None:
    good = {"id": "good", "title": "Halden Dam has 300 MW"}
    given = "no json\n" + lines(good, {"id": 2, "text": 7}, {"id": 3, "published": "yesterday"}, ["list"])
    result = run("observe", "--jsonl", given=given)
    assert result.exit_code == 1
    assert [one["id"] for one in answers(result)] == ["good"]
    assert "line 1: not JSON" in result.stderr
    assert '"text" must be text' in result.stderr
    assert '"published" must be a date' in result.stderr
    assert "4 lines left out" in result.stderr


def test_observe_wants_jsonl() -> None:
    assert run("observe").exit_code == 2


# -- explain ----------------------------------------------------------------------------------------------------------


def test_explain_shows_subject_value_mood_and_speaker() -> None:
    result = run("explain", "--text", "Halden Dam will not produce 300 MW, Norway said.", "--claim", "output")
    assert result.exit_code == 0
    assert "output: 1 observation" in result.stdout
    assert '"Halden Dam" names the subject' in result.stdout
    assert '"300 MW" is 300 MW' in result.stdout
    assert 'denied, planned, by "will", "not"' in result.stdout
    assert "Norway (norway, western)" in result.stdout


def test_explain_shows_why_a_sentence_was_not_taken() -> None:
    result = run("explain", "--text", "Halden Dam will produce 9,000 MW.", "--topic", "dams")
    assert "output: nothing is said of it" in result.stdout
    assert "lies outside at_least and at_most" in result.stdout
    assert "opening: its subject and its words do not occur together" in result.stdout
    assert "currency" not in result.stdout


def test_explain_as_json_holds_topics_and_claims() -> None:
    text = "Halden Dam opens on 5 May."
    (found,) = answers(run("explain", "--text", text, "--published", "2025-03-10", "--json"))
    assert {one["topic_id"] for one in found["topics"]} == {"dams", "trade"}
    (seen,) = [one for one in found["claims"] if one["observation"]]
    assert (seen["claim"], seen["observation"]["value"], seen["sentence"]) == ("opening", "2025-05-05", text)


@pytest.mark.parametrize("arguments", [("--claim", "unknown"), ("--topic", "unknown"), ("--published", "someday")])
def test_what_is_asked_for_has_to_be_there(arguments: tuple[str, str]) -> None:
    result = run("explain", "--text", "Halden Dam opens.", *arguments)
    assert result.exit_code == 2
    assert "unknown" in result.stderr or "someday" in result.stderr


def test_hostile_text_is_shown_harmlessly() -> None:
    result = run("explain", "--text", "Halden Dam has 300 MW\x1b[31m.", "--claim", "output")
    assert "\x1b[31m" not in result.stdout
