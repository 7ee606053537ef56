import re
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.extract import exact_text
from monitor.extract.metadata import Stamp
from monitor.extract.skim import Skim, clean_text, is_too_deep, page_html, skim_page, without_endless_tags
from page_samples import FOLDER, html_of, text_of, wrapped

URL = "https://www.paper.example.com/2022/09/some-article"


def skim(body: bytes, charset: str | None = None) -> Skim:
    return skim_page(body, charset=charset, url=URL)


def words(text: str) -> list[str]:
    return re.findall(r"\w", text) if re.search("[\u4e00-\u9fff]", text) else re.findall(r"\w+", text)


def test_finds_what_a_page_says_about_itself() -> None:
    page = skim(html_of("english"))
    assert page.titles == (
        "Ferry returns to the lower river after eleven years",
        "Ferry returns to the lower river after eleven years | Harbour Courier",
    )
    assert page.description == "The crossing opens on Monday with two boats and a timetable of forty trips a day."
    assert page.declared_urls == (
        "https://www.harbour-courier.example.com/2022/09/ferry-returns?utm_source=feed",
        "https://www.harbour-courier.example.com/2022/09/ferry-returns",
    )
    assert page.language == "en"
    assert page.published == Stamp(datetime(2022, 9, 14, 7, 30, tzinfo=UTC), exact=True)
    assert page.modified == Stamp(datetime(2022, 9, 14, 10, 5, tzinfo=UTC), exact=True)
    assert page.site == "Harbour Courier"
    assert page.authors == ("By Transport Desk",)
    assert not page.has_video
    assert page.free is None


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.stem)
def test_the_visible_text_holds_every_word_of_the_exact_one(path: object) -> None:
    name = getattr(path, "stem", "")
    seen = words(clean_text(skim(html_of(name)).visible_text))
    runs = {tuple(seen[i : i + 3]) for i in range(len(seen))}
    for line in text_of(name).split("\n"):
        wanted = words(line)
        missing = [wanted[i : i + 3] for i in range(len(wanted) - 2) if tuple(wanted[i : i + 3]) not in runs]
        assert not missing


@pytest.mark.parametrize("name", ["english", "chinese", "russian", "amp", "live_blog", "gallery"])
def test_the_rough_text_is_mostly_the_article(name: str) -> None:
    rough, exact = set(words(skim(html_of(name)).main_text)), set(words(text_of(name)))
    assert len(rough & exact) > 0.95 * len(exact)
    assert len(rough - exact) < 0.35 * len(rough)


@pytest.mark.parametrize(
    "body",
    [
        "<noscript><p>hidden words here</p></noscript>",
        "<details><summary>More</summary>hidden words here</details>",
        "<p>hid&shy;den wo&shy;rds here</p>",
        "<p>hidden <b>words</b> <i>here</i></p>",
        "<img alt='hidden words here' src=a.jpg>",
        '<script type="application/ld+json">{"@type":"NewsArticle","articleBody":"<p>hidden words here</p>"}</script>',
        '<script type="application/ld+json">{"headline":"hidden words here", broken}</script>',
        "<table><tr><td>hidden words here</td></tr></table>",
        "<textarea>hidden words here</textarea>",
        "<p>hid\u200bden words\u00a0here</p>",
        "<ruby>hidden words here<rt>reading</rt></ruby>",
    ],
)
def test_words_that_are_easily_missed_are_in_the_visible_text(body: str) -> None:
    seen = clean_text(skim(wrapped(f"<p>Some other text of the page.</p>{body}")).visible_text)
    assert "hidden words here" in seen


def test_ruby_does_not_split_words() -> None:
    page = wrapped("<p><ruby>長江<rt>ちょうこう</rt></ruby><ruby>大橋<rt>おおはし</rt></ruby>が開通した</p>")
    assert "長江大橋が開通した" in skim(page).visible_text


def test_a_head_that_ends_early_is_searched_on_in_the_body() -> None:
    head = "<title>T</title><div>oops</div>"
    meta = '<meta property="og:title" content="The headline"><meta property="og:url" content="https://a.example/1">'
    page = skim(f"<html><head>{head}{meta}<link rel=canonical href=/x></head><body><p>x</p></body></html>".encode())
    assert page.titles[0] == "The headline"
    assert page.declared_urls == ("/x", "https://a.example/1")


@pytest.mark.parametrize(
    "body",
    [
        "<video src=a.mp4></video>",
        '<iframe width=1 src="https://www.youtube-nocookie.com/embed/x"></iframe>',
        '<iframe src="//rutube.ru/play/embed/1"></iframe>',
        '<iframe src="https://player.bilibili.com/player.html?aid=1"></iframe>',
        '<script type="application/ld+json">{"@type":"NewsArticle","video":{"@type":"VideoObject"}}</script>',
    ],
)
def test_video_is_noticed(body: str) -> None:
    assert skim(wrapped(body)).has_video
    assert not skim(wrapped("<iframe src='https://maps.example/embed'></iframe>")).has_video


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("russian", "windows-1251"),
        ("russian", "koi8-r"),
        ("chinese", "gb18030"),
        ("chinese", "utf-16"),
        ("english", "cp1252"),
    ],
)
@pytest.mark.parametrize("header", [None, "utf-8", "iso-8859-1"])
def test_the_encoding_does_not_matter(name: str, encoding: str, header: str | None) -> None:
    whole = skim(html_of(name))
    recoded = html_of(name).decode().replace('charset="utf-8"', f'charset="{encoding}"')
    other = skim(recoded.encode(encoding, "xmlcharrefreplace"), header)
    assert other.main_text == whole.main_text
    assert other.titles == whole.titles


def test_the_exact_extraction_reads_the_same_characters() -> None:
    body = html_of("russian").decode().encode("koi8-r", "xmlcharrefreplace")
    page = skim(body)
    assert exact_text(page_html(body, page.encoding), len(page.main_text)).startswith("Новый железнодорожный вокзал")


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


@pytest.mark.parametrize("body", [b"", b"   ", b"%PDF-1.7 <<", PNG, b"plain text", bytes(5000)])
def test_what_is_no_html_says_so(body: bytes) -> None:
    page = skim(body)
    assert not page.is_html
    assert page.visible_text == ""


def test_clean_text_is_paragraphs_and_nothing_else() -> None:
    assert clean_text(" a\u00a0 b\t\r\n\n \u2028c\x00\u200bd\u00ad \n") == "a b\nc d"
    assert clean_text("") == ""


@given(st.text(max_size=200))
def test_clean_text_is_idempotent(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert "\n\n" not in cleaned
    assert cleaned == cleaned.strip()


_TAGS_IN_ONE_WORD = """
<p> </p> <div> </div> <b> <table> <td> <svg> <script> </script> <!-- --> <title> </title> <ruby><rt> &amp; &#0; &#xD800;
<![CDATA[ слово 中文 <template> <noscript> <body> <head> <frameset> {"@type": <h1> <article> </article> <option>
"""
TAGS = [
    *_TAGS_IN_ONE_WORD.split(),
    *("<a href='", "'>", "<meta charset=gb2312>", "<link rel=canonical href=x>", "\x00"),
    '<script type="application/ld+json">',
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(TAGS), max_size=60), st.binary(max_size=20))
def test_no_tangle_of_tags_breaks_the_skim(tags: list[str], junk: bytes) -> None:
    page = skim("".join(tags).encode() + junk)
    page.visible_text.encode("utf-8")
    page.main_text.encode("utf-8")


HOSTILE = {
    "deep": "<div>" * 100_000 + "end",
    "deep links": "<a href=x><div>" * 20_000 + "end",
    "deep in svg": "<svg>" + "<tr>" * 50_000 + "end",
    "attributes": "<div " + " ".join(f"a{i}=1" for i in range(100_000)) + ">end</div>",
    "open comments": "<!--" * 200_000,
    "brackets": "<" * 1_000_000,
    "quotes": '<a href="x>' * 100_000,
    "nested json": '<script type="application/ld+json">' + "[" * 200_000 + "</script>end",
    "many scripts": '<script type="application/ld+json">{}</script>' * 5_000 + "end",
    "spaces": "<p>" + "\u00a0\n " * 500_000 + "end",
    "metas": "<meta name=a content=b>" * 50_000 + "end",
    "entities": "&amp;&#x41;" * 300_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_cost_bounded_time(name: str) -> None:
    before = time.process_time()
    skim(("<html><body>" + HOSTILE[name]).encode())
    assert time.process_time() - before < 8


def test_only_pages_deeper_than_any_real_one_count_as_too_deep() -> None:
    assert is_too_deep("<div>" * 5_000)
    assert is_too_deep("<svg>" + "<tr>" * 5_000)
    assert not is_too_deep("<div>" * 300 + "</div>" * 300 + "<p>x<br><img src=a>" * 3_000)
    assert not is_too_deep("<ul>" + "<li>x" * 9_000 + "</ul>")


def test_only_endless_tags_are_cut() -> None:
    long_value = f'<div data-x="{"a" * 50_000}">text</div>'
    assert without_endless_tags(long_value) == long_value
    script = "<script>var x = '" + "word " * 10_000 + "'</script>"
    assert without_endless_tags(script) == script
    endless = "<p>a<div " + " ".join(f"a{i}" for i in range(10_000)) + ">b</div>"
    assert without_endless_tags(endless) == "<p>a<span>b</div>"


def test_a_process_that_only_skims_never_loads_trafilatura() -> None:
    program = (
        "import sys, monitor.extract; from monitor.extract.skim import skim_page;"
        "skim_page(b'<html><p>text</p>', charset=None, url='https://a.example/');"
        "sys.exit('trafilatura' in sys.modules or 'lxml' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603
