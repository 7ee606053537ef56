"""The demonstration: a recording through the whole flow into the terminal, without internet and without Slack."""

import io
import json
import tempfile
from collections import Counter
from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr
from rich.console import Console

from monitor.demo import DemoResult, failure, run_demo, show_result
from monitor.errors import ConfigError
from monitor.model import Alert
from monitor.replay import demo_recording
from monitor.settings import Settings

CONFIG = Path(__file__).parents[1] / "config"
OUTLETS = {"steppe-wire", "yunan-ribao", "beregovoy-listok"}
ARTICLES = {"xi-arrives-in-kazakhstan", "huijian-pujing", "truba-na-50", "vystavka-1956"}


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Three outlets of the demo's recording with three articles on a topic each, and an unrelated one."""
    rows = [json.loads(line) for line in demo_recording().read_text(encoding="utf-8").splitlines()]
    chosen = [
        row
        for row in rows
        if row["kind"] == "recording"
        or row.get("id") in OUTLETS
        or (row["kind"] == "publish" and row["article"] in ARTICLES and row["outlet"] in OUTLETS)
    ]
    chosen.append(
        {
            "kind": "publish",
            "at": "2022-09-18T12:00Z",
            "outlet": "steppe-wire",
            "article": "fair",
            "title": "Apple fair",
            "paragraphs": ["Forty kinds of apples were shown.", "The best cake won.", "It rained only after noon."],
        }
    )
    path = tmp_path / "recording.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in chosen), encoding="utf-8")
    return path


def test_a_recorded_week_becomes_alerts_and_an_archive(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    # The token and the address must not be used: nothing listens there, and a real message would be worse.
    settings = Settings(config=CONFIG, home=tmp_path / "elsewhere").model_copy(
        update={"slack_bot_token": SecretStr("xoxb-not-to-be-used"), "slack_api_url": "http://127.0.0.1:1/"}
    )
    shown: list[Alert] = []
    console = Console(file=io.StringIO(), width=100)

    def remember(alert: Alert) -> str:
        shown.append(alert)
        return alert.text

    result = run_demo(settings, console=console, render_alert=remember, pace_s=2.0, recording=recording)
    show_result(result, console)

    assert (result.published, result.articles, result.alerts) == (4, 4, len(shown))
    assert Counter(alert.alert_id for alert in shown).most_common(1)[0][1] == 1
    assert {topic for alert in shown for topic in alert.topics} == {"xi_putin", "sco", "congress20", "ps2"}
    assert len({alert.article_id for alert in shown}) == 3
    assert failure(result) is None
    assert not (tmp_path / "elsewhere").exists()

    output = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Xi Jinping lands in Kazakhstan" in output
    assert "习近平在撒马尔罕会见俄罗斯总统普京" in output
    assert "Apple fair" not in output
    assert "SELECT topic_id" in output
    assert f"MONITOR_HOME={result.home}" in output
    with duckdb.connect(str(result.home / "archive.duckdb"), read_only=True) as con:
        texts = dict(con.execute("SELECT title, text FROM revisions").fetchall())
    assert "50 млрд кубометров" in texts["«Сила Сибири — 2»: что известно о трубе на 50 млрд кубометров"]
    assert not any("cookie" in text.lower() or "Демонстрационный" in text for text in texts.values())


def test_a_missing_watchlist_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ConfigError, match=r"watchlist\.yaml"):
        run_demo(Settings(config=tmp_path / "nothing"), console=Console(file=io.StringIO()), render_alert=str)


def test_a_demo_that_shows_nothing_has_failed() -> None:
    assert failure(DemoResult(Path("/tmp/x"), articles=3, published=3, alerts=0, seconds=1.0)) is not None
