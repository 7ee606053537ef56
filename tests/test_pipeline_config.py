"""The configuration in force: read anew each time; a bad edit changes nothing but what is told."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from flow_world import follow, make_settings
from monitor.errors import ConfigError
from monitor.pipeline.config import config_problems, current_sources, current_watchlist


def test_an_edit_is_in_force_at_once(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    follow(settings, "https://a.example/feed")
    assert [source.feeds for source in current_sources(settings).value] == [("https://a.example/feed",)]
    follow(settings, "https://b.example/feed")
    assert [source.feeds for source in current_sources(settings).value] == [("https://b.example/feed",)]
    assert config_problems(settings) == []


def test_a_bad_edit_is_logged_and_the_last_good_version_is_in_force(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    good = current_watchlist(settings).value
    settings.watchlist_file.write_text("version: 1\ntopics:\n  - {id: x, chanel: c}\n", encoding="utf-8")
    with capture_logs() as logs:
        loaded = current_watchlist(settings)
    assert loaded.value.hash == good.hash
    assert "watchlist.yaml:3" in str(loaded.error)
    assert [line["log_level"] for line in logs] == ["error"]
    follow(settings, "https://a.example/feed")
    assert len(config_problems(settings)) == 1


def test_a_file_that_was_never_good_is_an_error(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    with pytest.raises(ConfigError, match=r"sources\.yaml"):
        current_sources(settings)
    assert len(config_problems(settings)) == 1
