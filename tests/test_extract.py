import gzip
import json
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.extract import article_from_feed, article_from_page, revision_key, searchable_text
from monitor.extract.skim import skim_page
from monitor.model import key
from page_samples import ENTRY, FETCHED, FOLDER, LINK, article, html_of, page, text_of, wrapped
from test_extract_skim import HOSTILE, TAGS

SENTENCE = "The ferry across the lower river will carry passengers again from Monday, the port authority said. "
STORY = "".join(f"<p>{SENTENCE}It crosses {i} times a day.</p>" for i in range(2, 12))
PAGE = wrapped(
    f"<article><h1>Ferry returns to the river</h1>{STORY}</article>", "<title>Ferry returns to the river</title>"
)


# ---- text ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_exact_text_is_the_article_and_nothing_else(path: object) -> None:
    name = getattr(path, "stem", "")
    found = article(html_of(name))
    assert found.text == text_of(name)
    assert found.text_origin == "extracted"
    assert found.extractor.startswith("trafilatura ")


def test_a_page_that_matches_no_topic_keeps_its_rough_text() -> None:
    found = article(html_of("english"), exact=False)
    assert found.text_origin == "skim"
    assert found.extractor == "skim 1"
    assert found.text.startswith("The ferry across the lower river")
    assert found.title == article(html_of("english")).title


@pytest.mark.parametrize(
    "above", ["<p>2022年09月15日 10:20 来源：江岸新闻网</p>", "<p>新闻部 2022-09-15 10:20 江岸</p>"]
)
def test_text_is_paragraphs_without_headline_date_line_or_credits(above: str) -> None:
    below = "<p>责任编辑：新闻部</p>"
    sentences = "".join(
        f"<p>大桥通车后第{i}天，两岸之间的车程由四十分钟缩短到八分钟，市交通局说这是一个好消息。</p>"
        for i in range(1, 9)
    )
    body = wrapped(f"<article><h1>跨河大桥提前通车</h1><p>跨河大桥提前通车</p>{above}{sentences}{below}</article>")
    for exact in (True, False):
        lines = article(body, page(title="跨河大桥提前通车"), exact=exact).text.split("\n")
        assert lines[0].startswith("大桥通车后第1天")
        assert lines[-1].startswith("大桥通车后第8天")


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("gb18030", "chinese"), ("utf-16", "chinese"), ("windows-1251", "russian"), ("koi8-r", "russian")],
)
def test_the_encoding_makes_no_other_revision(encoding: str, name: str) -> None:
    body = html_of(name).decode().replace("utf-8", encoding).encode(encoding, "xmlcharrefreplace")
    assert article(body, page(charset="iso-8859-1")).revision_id == article(html_of(name)).revision_id


# ---- where the page shows no article -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "status"),
    [("script_only", "script_only"), ("cookie_wall", "blocked"), ("robot_check", "blocked")],
)
@pytest.mark.parametrize("exact", [True, False])
def test_the_feeds_text_stands_in_for_a_page_without_article(name: str, status: str, exact: bool) -> None:
    of = page(
        final_url="https://login.paper.example.com/check?x=1",
        title="Ferry returns",
        summary=SENTENCE,
        authors=("Desk",),
    )
    found = article(html_of(name), of, exact=exact)
    assert found.page_status == status
    assert found.text_origin == "feed"
    assert found.text == SENTENCE.strip()
    assert found.title == "Ferry returns"
    assert found.url == "https://paper.example.com/2022/09/some-article"
    assert found.authors == ("Desk",)


def test_a_teaser_before_a_paywall_is_kept_unless_the_feed_says_more() -> None:
    title = "What the new port contract says"
    teaser = article(html_of("paywall"), page(title=title, summary="Short."))
    assert (teaser.page_status, teaser.text_origin, teaser.text) == ("paywall", "extracted", text_of("paywall"))
    fuller = article(html_of("paywall"), page(title=title, content=SENTENCE * 5))
    assert (fuller.page_status, fuller.text_origin, fuller.text) == ("paywall", "feed", (SENTENCE * 5).strip())


def test_a_feed_that_carries_the_whole_article_beats_a_page_that_carries_its_beginning() -> None:
    found = article(
        wrapped(f"<article><p>{SENTENCE * 3}</p></article>"), page(title="Ferry", content=f"{SENTENCE * 5}\n" * 4)
    )
    assert (found.text_origin, found.page_status) == ("feed", "failed")


def test_a_short_article_is_one_where_the_feed_says_less() -> None:
    found = article(wrapped("<article><p>The ferry sank.</p></article>"), page(title="Ferry sank", summary="It sank."))
    assert (found.text, found.page_status) == ("The ferry sank.", "fetched")


def test_bytes_that_are_no_html_leave_the_feeds_text() -> None:
    found = article(b"%PDF-1.7", page(title="Report", summary=SENTENCE))
    assert (found.page_status, found.text_origin, found.text) == ("not_html", "feed", SENTENCE.strip())


def test_a_page_that_was_never_had_is_told_by_its_feed() -> None:
    of = replace(
        page(title="Ferry returns | Paper", content=f"{SENTENCE}\n\n{SENTENCE}", image_urls=("/a.jpg",)),
        status="timeout",
    )
    found = article_from_feed(of)
    assert found.page_status == "timeout"
    assert found.text == f"{SENTENCE.strip()}\n{SENTENCE.strip()}"
    assert found.extractor == "feed"
    assert found.language == "en"
    assert found.image_urls == ("https://www.paper.example.com/a.jpg",)


def test_an_entry_without_a_link_is_an_article_of_its_own() -> None:
    entry = replace(ENTRY, link=None, url=None, title="T")
    one = replace(page(), entries=(entry,), requested_url=None, final_url=None, status="no_link")
    found = article_from_feed(one)
    assert found.url is None
    assert found.article_id == key("article", "entry-1")
    assert found.article_id != article_from_feed(replace(one, entries=(replace(entry, entry_id="entry-2"),))).article_id


def test_an_entry_without_a_title_is_called_by_its_first_line() -> None:
    found = article_from_feed(page(summary="First line.\nSecond."))
    assert found.title == "First line."


# ---- identity ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "link",
    [
        LINK, f"{LINK}?utm_source=rss&fbclid=1", "http://paper.example.com/2022/09/some-article/", f"{LINK}/amp",
        "https://m.paper.example.com/2022/09/some-article", f"{LINK}#comments",
    ],
)  # fmt: skip
def test_one_article_by_whatever_address(link: str) -> None:
    assert article(PAGE, page(link)).article_id == key("article", "https://paper.example.com/2022/09/some-article")


def test_an_amp_page_is_its_article() -> None:
    found = article(html_of("amp"), page("https://amp.railpost.example.com/travel/x.amp"))
    assert found.url == "https://railpost.example.com/travel/night-trains-to-run-all-winter"


def test_a_page_that_names_another_site_as_its_own_is_not_believed() -> None:
    body = PAGE.replace(b"</head>", b'<link rel="canonical" href="https://elsewhere.example.org/copied"></head>')
    assert article(body).url == "https://paper.example.com/2022/09/some-article"


def test_an_article_met_through_several_feeds_is_one() -> None:
    second = replace(
        ENTRY, entry_id="entry-2", source_id="other", title="Ferry returns", seen_at=FETCHED.replace(hour=9)
    )
    of = page(first_poll=True)
    found = article(PAGE, replace(of, entries=(*of.entries, second)))
    assert found.entry_ids == ("entry-1", "entry-2")
    assert found.source_id == "paper"
    assert found.seen_at == FETCHED.replace(hour=9)
    assert not found.first_poll


def test_trivial_differences_make_no_revision() -> None:
    one = revision_key("a", "“Ferry” returns – today", "First  line.\nSecond\u00a0line’s end…")
    assert revision_key("a", '"Ferry" returns - today', "First line.\n\nSecond li\u00adne's end...\u200b") == one
    assert revision_key("a", "Ferry", "１２ boats") == revision_key("a", "Ferry", "12 boats")


@pytest.mark.parametrize(
    "other", [("a", "T", "50 bcm"), ("a", "T2", "38 bcm"), ("b", "T", "38 bcm"), ("a", "T", "38 Bcm")]
)
def test_real_differences_make_one(other: tuple[str, str, str]) -> None:
    assert revision_key(*other) != revision_key("a", "T", "38 bcm")


# ---- metadata ------------------------------------------------------------------------------------------------------
def test_metadata_of_an_exact_article() -> None:
    link = "https://www.harbour-courier.example.com/2022/09/ferry-returns?utm_medium=rss"
    found = article(html_of("english"), page(link, title="Ferry returns to the lower river after eleven years"))
    assert found.title == "Ferry returns to the lower river after eleven years"
    assert found.url == "https://harbour-courier.example.com/2022/09/ferry-returns"
    assert found.authors == ("Transport Desk",)
    assert found.published == datetime(2022, 9, 14, 7, 30, tzinfo=UTC)
    assert found.modified == datetime(2022, 9, 14, 10, 5, tzinfo=UTC)
    assert found.site == "Harbour Courier"
    assert found.language == "en"
    assert found.image_urls == ("https://www.harbour-courier.example.com/media/ferry-1200.jpg",)
    assert not found.has_video


@pytest.mark.parametrize(("name", "language"), [("english", "en"), ("chinese", "zh"), ("russian", "ru")])
def test_the_language_is_detected_not_believed(name: str, language: str) -> None:
    body = html_of(name).replace(f'lang="{language}'.encode(), b'lang="de')
    assert article(body, page(language="fr")).language == language


def test_images_of_a_gallery_are_absolute_and_without_pixels_or_logos() -> None:
    assert article(html_of("gallery"), page("https://site.example/news/gallery")).image_urls == (
        "https://img.harbour-courier.example.com/kites/01.jpg",
        "https://site.example/kites/02.jpg",
        "https://site.example/news/kites/03.jpg",
    )


def test_video_is_noticed_on_the_page_and_in_the_feed() -> None:
    assert article(html_of("video")).has_video
    assert article(PAGE, page(has_video=True)).has_video
    assert not article(PAGE).has_video


def test_the_feeds_date_stands_against_a_templates() -> None:
    stale = PAGE.replace(b"</head>", b'<meta property="article:published_time" content="2015-01-01T00:00:00Z"></head>')
    feed = datetime(2022, 10, 1, 9, tzinfo=UTC)
    assert article(stale, page(published=feed)).published == feed
    assert article(stale, page()).published == datetime(2015, 1, 1, tzinfo=UTC)


def test_whatever_can_be_in_title_or_text_is_searched_before() -> None:
    of = page(title="Feed title", summary="feed summary", content="feed content")
    for name in ("english", "script_with_text", "paywall", "cookie_wall"):
        skim = skim_page(html_of(name), charset=None, url=LINK)
        known = " ".join(searchable_text(of, skim).split())
        found = article_from_page(of, html_of(name), skim=skim, exact=True)
        assert found.title in known
        for line in found.text.split("\n"):
            assert line in known


# ---- real pages ----------------------------------------------------------------------------------------------------
def test_quality_on_real_pages_stays_above_a_floor() -> None:
    folder = Path(os.environ.get("MONITOR_CORPUS", "")) / "pages" / "aeb"
    if "MONITOR_CORPUS" not in os.environ or not folder.exists():
        pytest.skip("MONITOR_CORPUS does not point to the corpus of real pages")
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    shares = []
    for name in sorted(truth)[::8]:
        body = gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes())
        got, wanted = Counter(article(body).text.split()), Counter(truth[name]["articleBody"].split())
        shares.append(2 * (got & wanted).total() / (got.total() + wanted.total()))
    assert sum(shares) / len(shares) > 0.93


# ---- hostile pages -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_are_articles_in_bounded_time(name: str) -> None:
    before = time.process_time()
    found = article(("<html><body>" + HOSTILE[name]).encode(), page(title="Some title", summary="Some summary."))
    assert time.process_time() - before < 15
    assert found.title == "Some title"


def test_too_much_markup_keeps_the_rough_text() -> None:
    found = article(wrapped("<article>" + "<p>some <b>words</b> here</p>" * 20_000 + "</article>"))
    assert found.text_origin == "skim"


def test_an_error_inside_the_extraction_keeps_the_rough_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RecursionError("deep inside")

    monkeypatch.setattr("trafilatura.bare_extraction", broken)
    found = article(PAGE)
    assert found.text_origin == "skim"
    assert found.text.startswith("The ferry")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(TAGS), max_size=50), st.binary(max_size=20))
def test_no_tangle_of_tags_breaks_the_extraction(tags: list[str], junk: bytes) -> None:
    found = article("".join(tags).encode() + junk, page(title="Some title", summary="Some summary."))
    assert found.title
    found.text.encode("utf-8")
    assert "\n\n" not in found.text


def test_nothing_is_logged_and_nothing_is_asked_of_the_network() -> None:
    program = (
        "import socket\n"
        "def refuse(*a, **k): raise SystemExit('network')\n"
        "socket.socket.connect = refuse; socket.getaddrinfo = refuse\n"
        "from page_samples import article, html_of\n"
        "article(html_of('english')); article(b'<p>'); article(html_of('script_only'))\n"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=FOLDER.parent.parent
    )
    assert (done.stdout, done.stderr) == ("", "")
