"""An alert in the terminal looks as in Slack, and outside text cannot drive the terminal."""

import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from monitor.alerts import operations_alert
from monitor.alerts.mrkdwn import Piece, escape, link, render
from monitor.cli.alert_view import mrkdwn_text, render_alert
from monitor.model import Alert

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def alert(*blocks: dict[str, Any], text: str = "fallback", channel: str = "xi-putin") -> Alert:
    return Alert(
        alert_id="a", kind="new_article", created_at=AT, channel=channel, text=text, blocks=json.dumps(list(blocks))
    )


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def context(*texts: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text} for text in texts]}


def printed(given: Alert, *, terminal: bool = False, width: int = 100) -> str:
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=width, color_system="standard" if terminal else None)
    console.print(render_alert(given))
    return file.getvalue()


MESSAGE = alert(
    section("*<https://example.com/a?b=1&amp;c=2|Leaders &amp; guests>*\nXi–Putin"),
    section("昨天\u200b*习近平*\u200b会见了\u200b*普京*\u200b。"),
    context("Demo Times · <!date^1772366400^{date_short_pretty} {time}|2026-03-01 12:00 UTC>", "🎬 video"),
)


def test_all_of_the_message_is_shown_under_its_channel() -> None:
    shown = printed(MESSAGE)
    for words in (
        "#xi-putin",
        "Leaders & guests",
        "Xi–Putin",
        "昨天习近平会见了普京。",
        "2026-03-01 12:00 UTC",
        "🎬 video",
    ):
        assert words in shown
    assert not set("*<>") & set(shown)
    assert "\u200b" not in shown


def test_a_file_gets_the_address_a_terminal_gets_a_link() -> None:
    assert "Leaders & guests (https://example.com/a?b=1&c=2)" in printed(MESSAGE)
    shown = printed(MESSAGE, terminal=True)
    assert re.search(r"\x1b\]8;[^;]*;https://example\.com/a\?b=1&c=2\x1b\\", shown)
    assert "(https://" not in shown


def test_what_decided_is_bold_and_the_origin_dim() -> None:
    shown = printed(MESSAGE, terminal=True)
    assert "\x1b[1m习近平\x1b[0m" in shown
    assert re.search(r"\x1b\[2mDemo Times", shown)


def test_square_brackets_are_words_and_no_markup_of_rich() -> None:
    assert "[bold]not bold[/bold] [link=x]" in printed(alert(section("[bold]not bold[/bold] [link=x]")))


@pytest.mark.parametrize("blocks", ["", "no JSON", "{}", "[1]"])
def test_without_usable_blocks_the_text_is_shown(blocks: str) -> None:
    given = Alert(alert_id="a", kind="new_article", created_at=AT, channel="c", text="the *words*", blocks=blocks)
    assert "the words" in printed(given)


def test_the_monitors_own_trouble_is_shown_too() -> None:
    shown = printed(operations_alert("A feed died", "https://example.com/feed: gone", channel="ops", now=AT))
    assert "#ops" in shown
    assert "A feed died" in shown


def test_a_narrow_terminal_is_enough() -> None:
    assert all(len(line) <= 30 for line in printed(alert(section("word " * 40)), width=30).splitlines())


HOSTILE = st.text(
    alphabet=st.one_of(st.sampled_from("\x1b]\x07\x9b\x9d[;m8\\<>*&|\n"), st.characters(exclude_categories=["Cs"])),
    max_size=80,
)


@given(HOSTILE, HOSTILE, st.booleans())
def test_nothing_from_outside_reaches_the_terminal_as_a_control(first: str, second: str, terminal: bool) -> None:
    given = alert(section(first), section(f"<https://example.com/{second}|{first}>"), context(second), channel=first)
    shown = printed(given, terminal=terminal)
    shown = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b\x07]*\x1b\\", "", shown)  # what rich itself writes
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", shown)


@given(st.text(max_size=60), st.text(max_size=60))
def test_the_words_that_go_in_are_the_words_that_are_shown(first: str, second: str) -> None:
    content = render([Piece(first), Piece(second, bold=True)], 2_000)
    assert mrkdwn_text(content, clickable=True).plain == _as_words(content)
    label = link("https://example.com/", first, 500)
    if label.startswith("<"):
        assert mrkdwn_text(label, clickable=True).plain == _as_words(escape(first, 500))


def _as_words(content: str) -> str:
    for entity, char in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        content = content.replace(entity, char)
    return content.replace("*", "").replace("\u200b", "")
