"""The recording of the demo: invented outlets on example domains, in three languages, over one week."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from monitor.replay import Newsroom, Recording, demo_recording, load_recording
from monitor.replay.documents import CONTENT_TYPES


@pytest.fixture(scope="module")
def recording() -> Recording:
    return load_recording(demo_recording())


def test_it_is_a_week_of_september_2022(recording: Recording) -> None:
    assert recording.start >= datetime(2022, 9, 12, tzinfo=UTC)
    assert recording.end <= datetime(2022, 9, 22, tzinfo=UTC)
    assert recording.end - recording.start <= timedelta(days=7, hours=12)
    for article in recording.articles.values():
        assert recording.start < article.published < recording.end
        assert [version.at for version in article.versions] == sorted(version.at for version in article.versions)


def test_about_forty_short_articles_in_three_languages_and_both_scripts(recording: Recording) -> None:
    languages = Counter(recording.outlets[article.outlet].language for article in recording.articles.values())
    assert 40 <= sum(languages.values()) <= 50
    assert languages["en"] >= 12
    assert languages["ru"] >= 10
    assert languages["zh"] >= 6
    assert languages["zh-Hant"] >= 5
    for article in recording.articles.values():
        for version in article.versions:
            assert 3 <= len(version.paragraphs) <= 6
            assert len("".join(version.paragraphs)) >= 250


def test_the_outlets_are_invented(recording: Recording) -> None:
    for outlet in recording.outlets.values():
        assert outlet.site.endswith(".example")
    text = demo_recording().read_text(encoding="utf-8")
    assert not re.search(r"https?://", text)


def test_nobody_is_quoted(recording: Recording) -> None:
    """Quotation marks hold names only: whoever is real is paraphrased."""
    for article in recording.articles.values():
        for version in article.versions:
            for quoted in re.findall(r"[“«「《]([^”»」》]*)[”»」》]", " ".join((version.title, *version.paragraphs))):
                assert len(quoted) <= 24


def test_it_has_copies_edits_and_a_deletion(recording: Recording) -> None:
    articles = recording.articles
    copies = [article for article in articles.values() if article.copy_of]
    assert len(copies) >= 3
    for copy in copies:
        outlet, _, name = str(copy.copy_of).partition("/")
        original = articles[outlet, name]
        assert original.published < copy.published
        assert copy.outlet != outlet
    assert sum(len(article.versions) > 1 for article in articles.values()) >= 2
    assert sum(article.deleted_at is not None for article in articles.values()) >= 1


def test_a_number_changes_and_another_is_added_without_a_word(recording: Recording) -> None:
    pipeline = recording.articles["meridian-gas", "second-line-mongolia"].versions
    assert "38 billion" in " ".join(pipeline[0].paragraphs)
    assert "50 billion" in " ".join(pipeline[1].paragraphs)
    order = recording.articles["beregovoy-listok", "chastichnaya-mobilizatsiya"].versions
    assert order[0].title == order[1].title
    assert "300 тысяч" not in " ".join(order[0].paragraphs)
    assert "300 тысяч" in " ".join(order[1].paragraphs)


def test_feeds_come_in_every_format_and_in_old_encodings(recording: Recording) -> None:
    outlets = recording.outlets.values()
    assert {outlet.feed for outlet in outlets} == set(CONTENT_TYPES)
    assert {outlet.encoding for outlet in outlets} == {"utf-8", "gb18030", "windows-1251"}


async def test_every_page_says_that_it_is_a_demonstration(recording: Recording) -> None:
    words = {"en": "Demonstration text", "zh": "演示文本", "zh-Hant": "示範文本", "ru": "Демонстрационный текст"}
    async with Newsroom(recording, speed=0, start=recording.end) as newsroom, aiohttp.ClientSession() as http:
        seen = 0
        for outlet in recording.outlets.values():
            for item in newsroom.visible(outlet.id):
                async with http.get(item.url) as answer:
                    page = (await answer.read()).decode(outlet.encoding)
                assert words[outlet.language] in page
                assert item.paragraphs[-1][:40] in page.replace("&#x27;", "'").replace("&quot;", '"')
                seen += 1
            async with http.get(newsroom.feed_url(outlet.id)) as answer:
                assert words[outlet.language] in (await answer.read()).decode(outlet.encoding)
    assert seen == len(recording.articles) - 1
