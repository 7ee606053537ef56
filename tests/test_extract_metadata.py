import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.extract.metadata import (
    MAX_AUTHORS,
    MAX_IMAGES,
    Stamp,
    choose_modified,
    choose_published,
    clean_authors,
    clean_images,
    parse_stamp,
    plain_text,
    read_linked_data,
)

FETCHED = datetime(2022, 9, 20, 12, tzinfo=UTC)
FEED = datetime(2022, 9, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "at", "exact"),
    [
        ("2022-09-15T10:20:00+08:00", datetime(2022, 9, 15, 2, 20, tzinfo=UTC), True),
        ("2022-09-15T10:20:00+0800", datetime(2022, 9, 15, 2, 20, tzinfo=UTC), True),
        ("2022-09-15T10:20:00.123Z", datetime(2022, 9, 15, 10, 20, 0, 123000, tzinfo=UTC), True),
        ("2022-09-15 10:20:00 +0300", datetime(2022, 9, 15, 7, 20, tzinfo=UTC), True),
        ("Thu, 15 Sep 2022 10:20:00 GMT", datetime(2022, 9, 15, 10, 20, tzinfo=UTC), True),
        ("1663237200", datetime(2022, 9, 15, 10, 20, tzinfo=UTC), True),
        ("1663237200000", datetime(2022, 9, 15, 10, 20, tzinfo=UTC), True),
        ("2022-09-15", datetime(2022, 9, 15, tzinfo=UTC), False),
        ("2022-09-15 10:20", datetime(2022, 9, 15, 10, 20, tzinfo=UTC), False),
        ("2022/9/5 8:05", datetime(2022, 9, 5, 8, 5, tzinfo=UTC), False),
        ("2022年9月15日 10:20", datetime(2022, 9, 15, 10, 20, tzinfo=UTC), False),
    ],
)
def test_reads_the_dates_that_pages_carry(text: str, at: datetime, exact: bool) -> None:
    assert parse_stamp(text) == Stamp(at, exact)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "0000-00-00", "2022-13-45", "1970-01-01T00:00:00Z", "99999999999999", "{{date}}"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_stamp(text) is None


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    stamp = parse_stamp(text)
    assert stamp is None or stamp.at.tzinfo is UTC


def test_an_exact_date_near_the_feeds_is_believed() -> None:
    at = FEED - timedelta(hours=10)
    assert choose_published(Stamp(at, exact=True), FEED, FETCHED) == at


@pytest.mark.parametrize(
    "page",
    [
        Stamp(FEED - timedelta(days=900), exact=True),  # a template's date
        Stamp(FEED.replace(hour=0), exact=False),  # only the day
        Stamp(FETCHED + timedelta(hours=2), exact=True),  # local time that calls itself UTC
        None,
    ],
)
def test_else_the_feeds_date_stands(page: Stamp | None) -> None:
    assert choose_published(page, FEED, FETCHED) == FEED


def test_without_a_feeds_date_the_pages_is_taken() -> None:
    assert choose_published(Stamp(FEED.replace(hour=0), exact=False), None, FETCHED) == FEED.replace(hour=0)
    assert choose_published(None, None, FETCHED) is None


@given(
    st.none() | st.builds(Stamp, st.datetimes(timezones=st.just(UTC)), exact=st.booleans()),
    st.none() | st.datetimes(timezones=st.just(UTC)),
)
def test_nothing_is_published_in_the_future(page: Stamp | None, feed: datetime | None) -> None:
    published = choose_published(page, feed, FETCHED)
    assert published is None or published <= FETCHED
    modified = choose_modified(page, feed, published, FETCHED)
    assert modified is None or (modified <= FETCHED and (published is None or modified >= published))


@pytest.mark.parametrize(
    ("given_names", "cleaned"),
    [
        (["By Transport Desk"], ("Transport Desk",)),
        (["Автор: Отдел новостей"], ("Отдел новостей",)),
        (["记者：新闻部"], ("新闻部",)),
        (["City Desk and Sports Desk", "city desk"], ("City Desk", "Sports Desk")),
        (["City Desk (desk@paper.example)"], ("City Desk",)),
        (["https://www.facebook.com/paper", "@paper", "desk@paper.example"], ()),
        (["News <b>Desk</b>"], ("News Desk",)),
        (["City Desk Published 10:20"], ("City Desk",)),
        (["This is not a name but a whole sentence about something else"], ()),
    ],
)
def test_author_names_are_cleaned(given_names: list[str], cleaned: tuple[str, ...]) -> None:
    assert clean_authors(given_names) == cleaned


def test_authors_and_images_are_capped() -> None:
    assert len(clean_authors([f"Desk {chr(65 + i)}" for i in range(26)])) == MAX_AUTHORS
    assert len(clean_images([f"https://a.example/{i}.jpg" for i in range(50)], None)) == MAX_IMAGES


def test_images_are_absolute_http_addresses_of_pictures() -> None:
    addresses = ["/a.jpg", "//cdn.example/b.jpg", "c.jpg", "data:image/gif;base64,AA", "javascript:x()", "/logo.png",
                 "ftp://x.example/d.jpg", "http://[bad/e.jpg", "", "/a.jpg"]  # fmt: skip
    assert clean_images(addresses, "https://site.example/news/1") == (
        "https://site.example/a.jpg",
        "https://cdn.example/b.jpg",
        "https://site.example/news/c.jpg",
    )


def test_linked_data_is_found_wherever_it_is_nested() -> None:
    article = {"@type": ["Thing", "NewsArticle"], "headline": "H &amp; M", "datePublished": "2022-09-15T10:20:00Z",
               "author": [{"name": "City Desk"}, "Sports Desk"], "isAccessibleForFree": "False",
               "articleBody": "<p>Text</p>",
               "image": {"url": "https://a.example/1.jpg"}, "publisher": {"name": "Paper"}}  # fmt: skip
    linked = read_linked_data([json.dumps({"@graph": [{"@type": "WebSite"}, {"mainEntity": article}]})])
    assert linked.headline == "H & M"
    assert linked.published == Stamp(datetime(2022, 9, 15, 10, 20, tzinfo=UTC), exact=True)
    assert linked.authors == ("City Desk", "Sports Desk")
    assert linked.site == "Paper"
    assert linked.free is False
    assert linked.body.strip() == "Text"
    assert linked.image_urls == ("https://a.example/1.jpg",)


@pytest.mark.parametrize(
    "script",
    [
        '{"headline": "Broken',
        "[" * 100_000,
        "null",
        '{"@type": 5, "author": 7}',
        '{"@type": "NewsArticle", "author": [[[]]], "image": [null, 3], "datePublished": {"a": 1}}',
    ],
)
def test_no_linked_data_is_too_broken(script: str) -> None:
    read_linked_data([script])


def test_words_of_broken_linked_data_are_kept() -> None:
    assert "Broken headline" in " ".join(read_linked_data(['{"headline": "Broken headline", "x": }']).texts)


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["@type", "@graph", "author", "name", "headline", "image", "url", "datePublished"]),
        inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@given(_json)
def test_any_json_is_survived(value: object) -> None:
    read_linked_data([json.dumps(value)])


def test_plain_text_unfolds_doubly_escaped_markup() -> None:
    assert plain_text("a &amp;amp; b &lt;b&gt;c&lt;/b&gt;").split() == ["a", "&", "b", "c"]
