"""Outside text in Slack's mark-up: the words stay, what could format, link, mention or overflow does not."""

import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.mrkdwn import Piece, clean, escape, link, render, safe_link

HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("*_~`<>&|:@!#\n\t \u202e\u200b\u2066\x1b\x07\ud800\u0301習近平Ж"), st.characters()
    ),
    max_size=300,
)
STRAY_ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")


@pytest.mark.parametrize(
    ("outside", "shown"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        (
            "<!channel> <@U1> <https://evil.example|bank>",
            "&lt;!channel&gt; &lt;@U1&gt; &lt;https://evil.example|bank&gt;",
        ),
        ("*bold* ~gone~ `code`", "∗bold∗ ∼gone∼ ˋcodeˋ"),
        ("_italic_ but snake_case", "ˍitalicˍ but snake_case"),
        ("@channel and @Here, mail@example.org", "＠channel and ＠Here, mail@example.org"),
        (":fire: at 12:30:45", "꞉fire: at 12:30:45"),
        ("> a quotation", "› a quotation"),
        ("right\u202eleft zero\u200bwidth bell\x07 esc\x1b[31m", "rightleft zerowidth bell esc[31m"),
        ("  two\n\nlines\t", "two lines"),
        ("Ё" + "\u0301" * 50, "Ё" + "\u0301" * 3),
    ],
)
def test_outside_text_shows_its_words_and_does_nothing(outside: str, shown: str) -> None:
    assert escape(outside, 500) == shown


def test_a_cut_never_splits_an_entity() -> None:
    assert escape("&&&&", 20) == "&amp;" * 4
    assert escape("&&&&", 19) == "&amp;" * 3 + "…"
    assert escape("&&&&", 5) == "…"


@given(HOSTILE, st.integers(min_value=1, max_value=200))
def test_escaped_text_is_harmless_and_within_its_limit(outside: str, limit: int) -> None:
    shown = escape(outside, limit)
    assert len(shown) <= limit
    assert not set("<>*~`\n\u202e\u200b\x1b") & set(shown)
    assert not STRAY_ENTITY.search(shown)
    assert not shown.startswith("&gt;")
    shown.encode("utf-8")


@given(st.lists(st.builds(Piece, HOSTILE, st.booleans()), max_size=8), st.integers(min_value=10, max_value=400))
def test_rendered_pieces_have_balanced_bold_and_keep_their_limit(pieces: list[Piece], limit: int) -> None:
    shown = render(pieces, limit)
    assert len(shown) <= limit
    assert shown.count("*") % 2 == 0
    assert all(bold.strip() == bold != "" for bold in re.findall(r"\*([^*]*)\*", shown))
    assert not set("<>~`\n\u202e\x1b") & set(shown)
    assert not STRAY_ENTITY.search(shown)


@given(HOSTILE)
def test_cleaning_twice_changes_nothing(outside: str) -> None:
    assert clean(clean(outside)) == clean(outside)


def test_bold_in_chinese_gets_the_word_boundaries_that_slack_needs() -> None:
    pieces = [Piece("昨天"), Piece("习近平", bold=True), Piece("会见"), Piece("普京", bold=True), Piece("。")]
    assert render(pieces, 200) == "昨天\u200b*习近平*\u200b会见\u200b*普京*\u200b。"


def test_bold_between_spaces_needs_none() -> None:
    pieces = [Piece("Then "), Piece("Xi ", bold=True), Piece(" met "), Piece("Putin", bold=True)]
    assert render(pieces, 200) == "Then *Xi* met *Putin*"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.com/a?b=1&c=2", "https://example.com/a?b=1&amp;c=2"),
        ("https://example.com/a|b>c<d e", "https://example.com/a%7Cb%3Ec%3Cd%20e"),
        ("https://example.com/習", "https://example.com/%E7%BF%92"),
        ("https://example.com/%E7%BF%92", "https://example.com/%E7%BF%92"),
        ("javascript:alert(1)", None),
        ("ftp://example.com/", None),
        ("https://bank.example@evil.example/", None),
        ("https://example.com:port/", None),
        ("https:///path", None),
        ("/relative", None),
        ("https://example.com/" + "a" * 3000, None),
        ("", None),
        (None, None),
    ],
)
def test_only_plain_web_addresses_become_links(url: str | None, target: str | None) -> None:
    assert safe_link(url) == target


@given(st.one_of(HOSTILE, HOSTILE.map(lambda rest: "https://example.com/" + rest)), HOSTILE)
def test_a_link_is_one_link_or_none(url: str, label: str) -> None:
    shown = link(url, label, 100)
    assert shown.count("<") == shown.count(">") <= 1
    if shown.startswith("<"):
        target = unescape(shown[1:].split("|", 1)[0])
        assert urlsplit(target).scheme in {"http", "https"}
        assert not re.search(r"[\s|<>]", target)


def test_a_label_without_an_address_is_shown_alone() -> None:
    assert link("javascript:x", "Words & words", 100) == "Words &amp; words"
