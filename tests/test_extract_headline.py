import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.extract.headline import MAX_TITLE_CHARS, choose_title, resembles, without_outlet


@pytest.mark.parametrize(
    ("title", "site", "host", "headline"),
    [
        ("Ferry returns to the river | Harbour Courier", "Harbour Courier", "hc.example", "Ferry returns to the river"),
        (
            "Ferry returns to the river - Travel - Harbour Courier",
            "Harbour Courier",
            None,
            "Ferry returns to the river",
        ),
        ("Ferry returns to the river - Courier", None, "www.courier.example", "Ferry returns to the river"),
        ("Новый вокзал откроют в августе — Степная газета", "Степная газета", None, "Новый вокзал откроют в августе"),
        ("跨河大桥提前三个月通车_江岸新闻网", None, None, "跨河大桥提前三个月通车"),
        ("Talks on gas - and on wheat - begin", "Courier", "courier.example", "Talks on gas - and on wheat - begin"),
        ("Low-cost night trains", None, None, "Low-cost night trains"),
        ("Moscow–Beijing line reopens", None, None, "Moscow–Beijing line reopens"),
    ],
)
def test_the_outlets_name_is_cut_off(title: str, site: str | None, host: str | None, headline: str) -> None:
    assert without_outlet(title, [], site=site, host=host) == headline


def test_any_suffix_goes_where_another_place_has_the_bare_headline() -> None:
    assert (
        without_outlet("Ferry returns | Some long motto of a site", ["Ferry returns"], site=None, host=None)
        == "Ferry returns"
    )


def test_the_pages_wording_is_preferred_to_a_cut_one_of_the_feed() -> None:
    title = choose_title(
        ["Ferry returns to the river after eleven years"], "Ferry returns to the river…", site=None, host=None
    )
    assert title == "Ferry returns to the river after eleven years"


def test_the_heading_that_agrees_with_the_feed_wins_over_one_made_for_social_media() -> None:
    titles = ["You will not believe what floats again", "Ferry returns to the river"]
    assert choose_title(titles, "Ferry returns to the river", site=None, host=None) == "Ferry returns to the river"


def test_a_new_headline_is_believed_where_the_page_says_it_twice() -> None:
    titles = ["Ferry sinks on its first day", "Ferry sinks on its first day | Courier"]
    assert choose_title(titles, "Crossing opens with a fair", site=None, host=None) == "Ferry sinks on its first day"


def test_a_page_that_shows_something_else_does_not_rename_the_article() -> None:
    assert choose_title(["Before you continue"], "Ferry returns", site=None, host=None) == "Ferry returns"


def test_without_a_feed_the_page_speaks() -> None:
    assert choose_title(["", "Ferry returns | Courier"], "", site="Courier", host=None) == "Ferry returns"
    assert choose_title([], "", site=None, host=None) == ""


def test_wordings_of_one_headline_resemble_each_other() -> None:
    assert resembles("Night trains to run all winter", "Night trains will run all winter")
    assert resembles("跨河大桥提前三个月通车", "跨河大橋提前三個月通车")
    assert not resembles("Night trains to run all winter", "Market hall gets a new roof")
    assert not resembles("", "x")


@given(st.lists(st.text(max_size=60), max_size=4), st.text(max_size=60), st.none() | st.text(max_size=10))
def test_a_title_is_never_lost_and_never_endless(titles: list[str], feed: str, site: str | None) -> None:
    title = choose_title(titles, feed, site=site, host="www.paper.example")
    assert len(title) <= MAX_TITLE_CHARS
    assert bool(title) == any(one.split() for one in [*titles, feed])
