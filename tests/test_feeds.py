"""Feeds to entries: every format, every encoding, what real feeds get wrong, and bytes that mean harm."""

import contextlib
import gzip
import io
import json
import os
import re
import time
import warnings
from calendar import timegm
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import FeedUnreadable
from monitor.feeds import MAX_FEEDPARSER_BYTES, ParsedFeed, parse_feed
from monitor.feeds.dates import read_date
from monitor.feeds.text import plain_line, plain_paragraphs
from monitor.feeds.xml import NotOrdinary, read_ordinary
from monitor.model import Entry, Feed

SEEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEED = Feed(url="https://news.example/feeds/all.xml", source_id="news")


def parse(body: bytes | str, *, content_type: str | None = None, feed: Feed = FEED, **more: Any) -> ParsedFeed:
    raw = body.encode() if isinstance(body, str) else body
    return parse_feed(raw, feed=feed, content_type=content_type, seen_at=SEEN, **more)


def rss(*items: str, head: str = "", root: str = 'version="2.0"') -> str:
    body = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?><rss {root}><channel><title>News</title>{head}{body}</channel></rss>'


def one(body: bytes | str, **more: Any) -> Entry:
    (entry,) = parse(body, **more).entries
    return entry


LINKED = "<title>A title</title><link>https://news.example/a</link>"


# ---- formats -----------------------------------------------------------------------------------------------------
def test_rss_2() -> None:
    parsed = parse(
        rss(
            "<title>Pipeline talks &amp;amp; trade</title><link>https://news.example/a?utm_source=rss</link>"
            '<guid isPermaLink="false">id-1</guid><pubDate>Sun, 01 Mar 2026 13:00:00 +0300</pubDate>'
            "<dc:creator>Jane Roe</dc:creator><author>desk@news.example (The Desk)</author>"
            "<description>&lt;p&gt;First &lt;b&gt;part&lt;/b&gt;.&lt;/p&gt;&lt;p&gt;Second.&lt;/p&gt;</description>"
            "<content:encoded><![CDATA[<h2>Head</h2><p>Whole\n text</p><img src='/i.jpg'><script>bad()</script>]]>"
            "</content:encoded>"
            '<enclosure url="https://news.example/v.mp4" type="video/mp4" length="1"/>',
            head="<link>https://news.example/</link><language>en-GB</language><ttl>30</ttl>",
            root='version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
            ' xmlns:content="http://purl.org/rss/1.0/modules/content/"',
        )
    )
    assert (parsed.title, parsed.language, parsed.ttl_s, parsed.parser) == ("News", "en", 1800, "libxml2")
    (entry,) = parsed.entries
    assert entry == Entry(
        entry_id=entry.entry_id,
        feed_url=FEED.url,
        source_id="news",
        seen_at=SEEN,
        title="Pipeline talks & trade",
        link="https://news.example/a?utm_source=rss",
        url="https://news.example/a",
        guid="id-1",
        summary="First part.\nSecond.",
        content="Head\nWhole text",
        authors=("Jane Roe", "The Desk"),
        published=datetime(2026, 3, 1, 10, tzinfo=UTC),
        language="en",
        image_urls=("https://news.example/i.jpg",),
        has_video=True,
    )


def test_atom() -> None:
    entry = one(
        """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ru" xml:base="https://news.example/blog/">
        <title>Новости</title><entry><title type="html">Газ &amp;lt; нефть &lt;i&gt;вчера&lt;/i&gt;</title>
        <link rel="self" href="self.xml"/><link rel="alternate" type="text/html" href="a.html"/>
        <id>tag:news.example,2026:1</id><published>2026-03-01T10:00:00Z</published>
        <updated>2026-03-01T11:00:00+00:00</updated><author><name>Иван</name></author>
        <summary>Лид</summary><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Раз</p><p>Два</p></div>
        </content></entry></feed>"""
    )
    assert (entry.title, entry.link, entry.guid) == (
        "Газ < нефть вчера",
        "https://news.example/blog/a.html",
        "tag:news.example,2026:1",
    )
    assert (entry.summary, entry.content, entry.authors, entry.language) == ("Лид", "Раз\nДва", ("Иван",), "ru")
    assert entry.published == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert entry.updated == datetime(2026, 3, 1, 11, tzinfo=UTC)


@pytest.mark.parametrize(("host", "path"), [("purl.org", "rss/1.0/"), ("my.netscape.com", "rdf/simple/0.9/")])
def test_rdf(host: str, path: str) -> None:
    namespace = f"http://{host}/{path}"
    parsed = parse(
        f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="{namespace}"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title></channel>
        <item rdf:about="https://news.example/a"><title>A title</title><link>https://news.example/a</link>
        <dc:date>2026-03-01T10:00+00:00</dc:date></item></rdf:RDF>"""
    )
    (entry,) = parsed.entries
    assert (entry.title, entry.guid, parsed.parser) == ("A title", "https://news.example/a", "libxml2")
    assert entry.published == datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("version", ["0.91", "0.92", "2.0", "9"])
def test_every_rss_version(version: str) -> None:
    assert one(rss(LINKED, root=f'version="{version}"')).title == "A title"


def test_a_youtube_channel() -> None:
    entry = one(
        """<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" xmlns:media="http://search.yahoo.com/mrss/"
        xmlns="http://www.w3.org/2005/Atom"><title>Channel</title><entry><id>yt:video:abc</id>
        <yt:videoId>abc</yt:videoId><title>A briefing</title>
        <link rel="alternate" href="https://www.youtube.com/watch?v=abc"/><author><name>Channel</name></author>
        <published>2026-03-01T10:00:00+00:00</published><media:group><media:title>A briefing</media:title>
        <media:content url="https://www.youtube.com/v/abc" type="application/x-shockwave-flash"/>
        <media:thumbnail url="https://i.ytimg.com/vi/abc/hqdefault.jpg" width="480"/>
        <media:description>What was said.
        Line two.</media:description></media:group></entry></feed>"""
    )
    assert (entry.title, entry.summary) == ("A briefing", "What was said.\nLine two.")
    assert entry.has_video
    assert entry.image_urls == ("https://i.ytimg.com/vi/abc/hqdefault.jpg",)


def test_a_json_feed() -> None:
    parsed = parse(
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "title": "News",
                "home_page_url": "https://news.example/",
                "language": "zh-Hans",
                "items": [
                    {
                        "id": 7,
                        "url": "/a",
                        "title": "标题",
                        "content_html": "<p>正文</p>",
                        "summary": "摘要",
                        "date_published": "2026-03-01T18:00:00+08:00",
                        "authors": [{"name": "王"}],
                        "image": "https://news.example/i.png",
                        "attachments": [{"url": "https://news.example/v", "mime_type": "video/mp4"}],
                    },
                    "not an item",
                    {"id": "3", "title": 1000, "url": 1.2, "content_html": True, "authors": "x", "attachments": [1]},
                ],
            }
        )
    )
    (entry,) = parsed.entries
    assert (entry.guid, entry.title, entry.link) == ("7", "标题", "https://news.example/a")
    assert (entry.summary, entry.content, entry.authors, entry.language) == ("摘要", "正文", ("王",), "zh")
    assert (entry.published, entry.has_video) == (datetime(2026, 3, 1, 10, tzinfo=UTC), True)
    assert (parsed.parser, parsed.faulty) == ("json", 2)


def test_a_news_sitemap() -> None:
    entry = one(
        """<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
        xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
        xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"
        xmlns:video="http://www.google.com/schemas/sitemap-video/1.1">
        <url><loc>https://news.example/a</loc><news:news><news:publication><news:name>News</news:name>
        <news:language>ru</news:language></news:publication><news:publication_date>2026-03-01T10:00:00Z
        </news:publication_date><news:title>Заголовок</news:title></news:news>
        <image:image><image:loc>https://news.example/i.jpg</image:loc></image:image>
        <video:video><video:title>Другое</video:title></video:video></url></urlset>"""
    )
    assert (entry.title, entry.link, entry.language) == ("Заголовок", "https://news.example/a", "ru")
    assert (entry.published, entry.has_video) == (datetime(2026, 3, 1, 10, tzinfo=UTC), True)
    assert entry.image_urls == ("https://news.example/i.jpg",)


def test_a_plain_sitemap_gives_links_and_dates() -> None:
    parsed = parse(
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://news.example/a</loc>'
        "<lastmod>2026-02-28</lastmod></url><url><loc> </loc></url></urlset>"
    )
    (entry,) = parsed.entries
    assert (entry.title, entry.link) == ("", "https://news.example/a")
    assert entry.published == datetime(2026, 2, 28, tzinfo=UTC)
    assert (parsed.parser, parsed.faulty) == ("sitemap", 1)


def test_a_sitemap_that_is_a_gzip_file_is_unpacked_to_the_limit() -> None:
    document = (
        b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        b"<url><loc>https://news.example/a</loc></url></urlset>"
    )
    packed = gzip.compress(document)
    assert one(packed, content_type="application/x-gzip").link == "https://news.example/a"
    assert one(packed, max_bytes=len(document)).link == "https://news.example/a"
    with pytest.raises(FeedUnreadable, match="unpacks to more than"):
        parse(packed, max_bytes=len(document) - 1)
    with pytest.raises(FeedUnreadable, match="damaged gzip"):
        parse(packed[:-12])


def test_an_index_of_sitemaps_says_what_to_do_instead() -> None:
    with pytest.raises(FeedUnreadable, match="index of sitemaps: declare the sitemaps") as caught:
        parse("<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap/></sitemapindex>")
    assert caught.value.url == FEED.url
    assert FEED.url in str(caught.value)


# ---- encodings ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("encoding", "title"),
    [
        ("gb2312", "习近平会见普京"),
        ("gbk", "習近平會見普京"),
        ("gb18030", "习近平会见普京"),
        ("big5", "習近平會見普京"),
        ("koi8-r", "Встреча в Пекине"),
        ("windows-1251", "Встреча в Пекине"),
        ("iso-8859-5", "Встреча в Пекине"),
        ("shift_jis", "首脳会談"),
        ("euc-jp", "首脳会談"),
        ("euc-kr", "정상회담"),
        ("utf-16", "Встреча 会晤"),
        ("utf-8", "Встреча 会晤"),
    ],
)
def test_the_declared_charset_decides(encoding: str, title: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><item><title>{title}</title>'
    body = (declared + "<link>https://news.example/a</link></item></channel></rss>").encode(encoding)
    assert one(body, content_type="application/rss+xml").title == title


def test_the_header_overrules_the_declaration() -> None:
    body = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><item><title>Пекин</title></item>'
    raw = (body + "</channel></rss>").encode("windows-1251")
    assert one(raw, content_type="application/xml; charset=windows-1251").title == "Пекин"


def test_utf_8_under_the_name_of_latin_1_is_mended() -> None:
    body = rss("<title>Встреча в Пекине</title>").replace("?>", ' encoding="iso-8859-1"?>', 1)
    assert one(body.encode()).title == "Встреча в Пекине"


def test_one_text_cut_inside_a_character_does_not_garble_the_others() -> None:
    body = (
        rss("<title>会晤会晤会晤</title><description>会晤会晤X</description>")
        .encode()
        .replace("晤X".encode(), b"\xe6\x99")
    )
    entry = one(body)
    assert (entry.title, entry.summary) == ("会晤会晤会晤", "会晤会\ufffd")


# ---- text --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a &lt; b &gt; c", "a < b > c"),
        ("&lt;b&gt;Bold&lt;/b&gt; move", "Bold move"),
        ("<![CDATA[Tom &amp; Jerry]]>", "Tom & Jerry"),
        ("Tom &amp;#8217;s", "Tom ’s"),
        ("two\n   lines\t here", "two lines here"),
        ("Plain &lt;unknowntag&gt; stays", "Plain <unknowntag> stays"),
        ("Wide\u00a0space\u3000here", "Wide space here"),
    ],
)
def test_titles_are_plain_text_on_one_line(written: str, shown: str) -> None:
    assert one(rss(f"<title>{written}</title>")).title == shown


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p>\n<p>Two\nlines</p>", "One\nTwo lines"),
        ("a<br/>b<br>c", "a\nb\nc"),
        ("<ul><li>x</li><li>y</li></ul>", "x\ny"),
        ("in<b>li</b>ne", "inline"),
        ("<!-- <p>no</p> -->yes<style>p{}</style><script>no()</script>", "yes"),
        ("no end <!-- ever", "no end"),
        ("1 < 2 &amp; 3 > 2", "1 < 2 & 3 > 2"),
        ("x<a href='?a>b'>y</a>", "xb'>y"),
        ("", ""),
    ],
)
def test_html_becomes_paragraphs(html: str, text: str) -> None:
    assert plain_paragraphs(html, is_html=True) == text


@given(text=st.text(max_size=300), is_html=st.booleans())
def test_any_text_becomes_text_that_can_be_stored(text: str, is_html: bool) -> None:
    for shown in (plain_line(text, is_html=is_html), plain_paragraphs(text, is_html=is_html)):
        shown.encode()
        assert "\x00" not in shown
        assert "  " not in shown
        assert shown == shown.strip()


def test_an_entry_without_a_title_is_named_by_its_first_words() -> None:
    entry = one(rss("<description>" + "word " * 60 + "</description><link>https://news.example/a</link>"))
    assert entry.title.startswith("word word")
    assert entry.title.endswith("word…")
    assert len(entry.title) <= 121


# ---- links -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("item", "head", "link"),
    [
        ("<link>/a</link>", "", "https://news.example/a"),
        ("<link>a.html</link>", "<link>https://news.example/</link>", "https://news.example/feeds/a.html"),
        ("<link>a.html</link>", "<link>https://outlet.example/world/</link>", "https://outlet.example/world/a.html"),
        ('<link xml:base="https://other.example/x/">a</link>', "", "https://other.example/x/a"),
        ("<link>//cdn.example/a</link>", "", "https://cdn.example/a"),
        ("<guid>https://news.example/g</guid>", "", "https://news.example/g"),
        ('<guid isPermaLink="false">https://news.example/g</guid>', "", None),
        ("<link>javascript:alert(1)</link>", "", None),
        ("<link>mailto:desk@news.example</link>", "", None),
        ("<link>https://news.example/?a=1&amp;amp;b=2</link>", "", "https://news.example/?a=1&b=2"),
        ("<link>\n https://news.example/a \n</link>", "", "https://news.example/a"),
        ("<link>http://[broken/</link>", "", None),
    ],
)
def test_links_are_absolute_or_absent(item: str, head: str, link: str | None) -> None:
    entry = one(rss(f"<title>T</title>{item}", head=head))
    assert entry.link == link
    assert (entry.url is None) == (link is None)


def test_relative_links_belong_to_the_address_the_feed_came_from() -> None:
    entry = one(rss("<title>T</title><link>a</link>"), base_url="https://moved.example/rss/")
    assert entry.link == "https://moved.example/rss/a"


# ---- dates -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Sun, 01 Mar 2026 10:00:00 GMT", "und", "2026-03-01T10:00:00"),
        ("Sun, 1 Mar 26 10:00 EST", "und", "2026-03-01T15:00:00"),
        ("01 Mar 2026 10:00:00 +0530", "und", "2026-03-01T04:30:00"),
        ("Sun, 01 Mar 2026 13:00:00 MSK", "und", "2026-03-01T10:00:00"),
        ("Sun, 01 March 2026 10:00:00 UTC+8", "und", "2026-03-01T02:00:00"),
        ("Sun, 01 Mar 2026 10:00:00 CST", "und", "2026-03-01T16:00:00"),
        ("Sun, 01 Mar 2026 10:00:00 CST", "zh", "2026-03-01T02:00:00"),
        ("Sun, 01 Mar 2026 24:00:00 GMT", "und", "2026-03-02T00:00:00"),
        ("Вс, 01 мар 2026 13:00:00 +0300", "ru", "2026-03-01T10:00:00"),
        ("1 марта 2026 г., 13:00", "ru", "2026-03-01T10:00:00"),
        ("2026年3月1日 18:00", "zh", "2026-03-01T10:00:00"),
        ("2026年3月1日 下午6:00:05", "zh", "2026-03-01T10:00:05"),
        ("2026-03-01T10:00:00.123Z", "und", "2026-03-01T10:00:00"),
        ("2026-03-01T18:00:00+0800", "und", "2026-03-01T10:00:00"),
        ("2026-03-01 18:00:00", "zh", "2026-03-01T10:00:00"),
        ("2026-03-01 13:00", "ru", "2026-03-01T10:00:00"),
        ("2026-03-01 10:00:00", "und", "2026-03-01T10:00:00"),
        ("2026-03-01", "und", "2026-03-01T00:00:00"),
        ("Sun Mar  1 10:00:00 2026", "und", "2026-03-01T10:00:00"),
        ("1970-01-01T00:00:00Z", "und", None),
        ("Mon, 01 Jan 0001 00:00:00 +0000", "und", None),
        ("31 Feb 2026 10:00:00 GMT", "und", None),
        ("yesterday", "und", None),
        ("9" * 5000, "und", None),
        ("", "und", None),
    ],
)
def test_dates_as_feeds_write_them(text: str, language: str, expected: str | None) -> None:
    moment = read_date(text, language)
    assert (None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S")) == expected


@given(text=st.one_of(st.text(max_size=40), st.from_regex(r"[0-9:TZ+ ,-]{1,30}"), st.datetimes().map(str)))
def test_no_text_is_a_date_outside_the_age_of_the_web(text: str) -> None:
    moment = read_date(text, "zh")
    assert moment is None or (moment.tzinfo is UTC and moment.year >= 1990)


@pytest.mark.parametrize(
    ("ahead", "published"),
    [
        (timedelta(minutes=-1), SEEN - timedelta(minutes=1)),
        (timedelta(minutes=5), SEEN),
        (timedelta(hours=23), SEEN),
        (timedelta(days=2), None),
        (timedelta(days=3650), None),
    ],
)
def test_a_date_in_the_future_is_skew_or_no_date(ahead: timedelta, published: datetime | None) -> None:
    entry = one(rss(LINKED + f"<pubDate>{(SEEN + ahead).isoformat()}</pubDate>"))
    assert entry.published == published


# ---- identity ----------------------------------------------------------------------------------------------------
def test_an_entry_is_the_same_when_only_tracking_parameters_change() -> None:
    first = one(rss("<title>A</title><link>https://news.example/a?utm_source=x</link>"))
    second = one(rss("<title>A, edited</title><link>https://news.example/a?utm_source=y</link>"))
    assert first.entry_id == second.entry_id


def test_one_id_for_several_articles_makes_several_entries() -> None:
    items = [f"<title>{n}</title><guid isPermaLink='false'>1</guid><link>https://news.example/{n}</link>" for n in "ab"]
    assert len(parse(rss(*items)).entries) == 2


def test_the_front_page_is_no_article_s_page() -> None:
    entry = one(rss("<title>a</title><link>https://news.example/</link>"))
    assert (entry.link, entry.url) == (None, None)


def test_entries_without_id_and_link_are_told_apart_by_title_and_date() -> None:
    same = "<title>Briefing</title><pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate>"
    parsed = parse(rss("<title>Briefing</title>", "<title>Other</title>", same, same))
    assert (len(parsed.entries), parsed.duplicates) == (3, 1)


def test_articles_that_all_link_to_the_front_page_are_told_apart() -> None:
    items = [f"<title>{n}</title><link>https://news.example/</link>" for n in "ab"]
    assert len(parse(rss(*items)).entries) == 2


def test_an_item_that_is_listed_twice_is_one_entry() -> None:
    parsed = parse(rss(LINKED, LINKED + "<description>again</description>"))
    assert (len(parsed.entries), parsed.duplicates) == (1, 1)


def test_the_same_entry_in_two_feeds_has_two_ids() -> None:
    other = Feed(url="https://news.example/other.xml", source_id="news")
    assert one(rss(LINKED)).entry_id != one(rss(LINKED), feed=other).entry_id


# ---- language ----------------------------------------------------------------------------------------------------
def test_the_declared_language_of_the_feed_stands_unless_an_item_has_its_own() -> None:
    body = rss(LINKED, head="<language>en-us</language>")
    assert one(body).language == "en"
    assert one(body, feed=Feed(url=FEED.url, source_id="s", language="zh")).language == "zh"
    own = body.replace("<item>", "<item xml:lang='ru'>")
    assert one(own, feed=Feed(url=FEED.url, source_id="s", language="zh")).language == "ru"


# ---- memory ------------------------------------------------------------------------------------------------------
def test_items_that_have_not_changed_are_not_read_again() -> None:
    first = parse(rss(LINKED, "<title>Old</title><link>https://news.example/old</link>"))
    new = "<title>New</title><link>https://news.example/new</link>"
    edited = LINKED.replace("A title", "Another title")
    again = parse(rss(new, edited, "<title>Old</title><link>https://news.example/old</link>"), memory=first.memory)
    assert [entry.title for entry in again.entries] == ["New", "Another title"]
    assert set(first.entry_ids) < set(again.entry_ids)
    assert len(again.entry_ids) == 3
    third = parse(rss(new, edited), memory=again.memory)
    assert third.entries == ()
    assert set(third.entry_ids) == {entry.entry_id for entry in again.entries}


@pytest.mark.parametrize("memory", [b"", b"x", b"\x00" * 24, b"\xff" * 4800])
def test_a_memory_that_is_none_does_no_harm(memory: bytes) -> None:
    assert len(parse(rss(LINKED), memory=memory).entries) == 1


# ---- broken ------------------------------------------------------------------------------------------------------
def test_a_broken_document_is_read_by_feedparser() -> None:
    parsed = parse(rss(LINKED + "<description>A & B <br> C</description>"))
    assert (parsed.parser, len(parsed.entries)) == ("feedparser", 1)
    assert parsed.entries[0].title == "A title"


def test_a_large_broken_document_is_read_all_the_same() -> None:
    items = [f"<title>{n} & {n}</title><link>https://news.example/{n}</link>" + "<x>y</x>" * 20 for n in range(6000)]
    body = rss(*items).encode()
    assert len(body) > MAX_FEEDPARSER_BYTES
    parsed = parse(body)
    assert parsed.parser == "libxml2, recovered"
    assert len(parsed.entries) == 6000


def test_ten_thousand_items() -> None:
    items = [f"<title>Title {n}</title><link>https://news.example/{n}</link>" for n in range(10_000)]
    assert len(parse(rss(*items)).entries) == 10_000


def test_one_bad_item_does_not_sink_the_rest() -> None:
    parsed = parse(rss("", LINKED, "<guid></guid>", "<title>B</title><pubDate>never</pubDate>"))
    assert [entry.title for entry in parsed.entries] == ["A title", "B"]
    assert parsed.faulty == 2


HOSTILE = {
    "nothing": b"",
    "white space": b" \n" * 1000,
    "a web page": b"<!DOCTYPE html><html><body><p>Not found</p></body></html>",
    "garbage": bytes(range(256)) * 400,
    "zeros": b"\x00" * 100_000,
    "plain text": b"Service unavailable",
    "JSON that is no feed": b'{"error": "no"}',
    "a JSON list": b"[1, 2]",
    "deep JSON": b'{"items":' + b"[" * 200_000,
    "deep XML": b"<rss><channel>" + b"<a>" * 100_000,
    "broken sitemap": b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>",
    "deep sitemap": b"<urlset>" + b"<url>" * 100_000,
    "items beyond number": b"<rss><channel>" + b"<item/>" * 1_400_000 + b"</channel></rss>",
    "many entities": b"<!DOCTYPE r [" + b"<!ENTITY a 'b'>" * 5_000 + b"]><rss/>",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_feed_is_said_in_a_sentence_that_names_the_feed(body: bytes) -> None:
    with pytest.raises(FeedUnreadable) as caught:
        parse(body)
    assert caught.value.url == FEED.url
    assert str(caught.value).startswith(f"{FEED.url} holds no feed that can be read: ")
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 1000


def test_entities_are_neither_expanded_nor_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    for declaration, reference in (
        (f'<!ENTITY l0 "ha">{laughs}', "&l11;"),
        (f'<!ENTITY x SYSTEM "{secret.as_uri()}">', "&x;"),
        (f'<!ENTITY % p SYSTEM "{secret.as_uri()}"> %p;', "text"),
    ):
        started = time.process_time()
        body = f"<!DOCTYPE rss [{declaration}]>" + rss(f"<title>A {reference}</title>")[21:]
        try:
            titles = [entry.title for entry in parse(body).entries]
        except FeedUnreadable:
            titles = []
        assert time.process_time() - started < 5
        assert all("SECRET" not in title and len(title) < 200 for title in titles)


BOMBS = {
    "unclosed tags": b"<rss version='2.0'><channel><item><title>" + b"<" * 100_000,
    "ampersands": b"<rss version='2.0'><channel><item><title>" + b"&" * 100_000,
    "attributes": b"<rss version='2.0'><channel><item>" + b"<a " * 40_000,
    "comments": b"<rss version='2.0'><channel>" + b"<!--" * 200_000,
    "open tags in HTML": rss("<description>" + "&lt;a " * 50_000 + "</description>").encode(),
    "open comments in HTML": rss("<description>" + "&lt;!-- --" * 50_000 + "</description>").encode(),
    "open images in HTML": rss("<description>" + "&lt;img " * 50_000 + "</description>").encode(),
    "open scripts in HTML": rss("<description>" + "&lt;script " * 50_000 + "</description>").encode(),
    "a title of a megabyte": rss("<title>" + "x " * 500_000 + "</title>").encode(),
    "a date of a megabyte": rss(LINKED + "<pubDate>" + "1 " * 500_000 + "</pubDate>").encode(),
    "a link of a megabyte": rss("<title>T</title><link>https://a.example/" + "a" * 1_000_000 + "</link>").encode(),
    "an author of a megabyte": rss(LINKED + "<author>" + "a@" * 500_000 + "</author>").encode(),
    "ten megabytes of unclosed tags": b"<rss version='2.0'><channel><item><title>" + b"<" * 10_000_000,
    "a hundred thousand empty items": b"<rss version='2.0'><channel>" + b"<item/>" * 150_000 + b"</channel></rss>",
}


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS.keys())
def test_nothing_takes_long(body: bytes) -> None:
    started = time.process_time()
    with contextlib.suppress(FeedUnreadable):
        parse(body)
    assert time.process_time() - started < 15


FRAGMENTS = st.sampled_from(
    [
        *(b"<rss version='2.0'>", b"<channel>", b"<item>", b"</item>", b"<title>", b"</title>", b"<link>", b"</link>"),
        *(b"<feed xmlns='http://www.w3.org/2005/Atom'>", b"<entry>", b"</entry>", b"<link href='x'/>", b"<![CDATA["),
        *(b"]]>", b"<!--", b"-->", b"<urlset><url><loc>", b'{"items": [', b'{"id": 1, "url": "http://a/"}', b"]}"),
        *(b"&#xD800;", b"&#0;", b"&amp;", b"<?xml version='1.0' encoding='utf-16'?>", b"<?xml encoding='rot13'?>"),
        *(b"\xff\xfe", b"\xef\xbb\xbf", b"\x00", b"\xd0", b"<content type='xhtml'>", b"<guid isPermaLink='true'>"),
        *(b"</guid>", b"<pubDate>", b"xml:base='http://[/'", b"</rss>", b"</channel>", b"</content>"),
    ]
)


@given(parts=st.lists(st.one_of(FRAGMENTS, st.binary(max_size=12)), max_size=40), header=st.text(max_size=30))
def test_any_bytes_make_entries_or_feed_unreadable(parts: list[bytes], header: str) -> None:
    body = b"".join(parts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        entries: tuple[Entry, ...] = ()
        with contextlib.suppress(FeedUnreadable):
            entries = parse(body, content_type=header).entries
    for entry in entries:
        assert entry.title or entry.link or entry.summary or entry.content
        json.dumps([entry.title, entry.link, entry.summary, entry.content, entry.guid], ensure_ascii=False).encode()


# ---- the corpus --------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def corpus() -> Path:
    root = os.environ.get("MONITOR_CORPUS")
    if not root or not (Path(root) / "feeds").is_dir():
        pytest.skip("set MONITOR_CORPUS to the corpus folder to hold the fast reader against feedparser on real feeds")
    return Path(root) / "feeds"


def corpus_feeds(corpus: Path) -> Iterator[tuple[Path, bytes, str | None]]:
    for path in sorted(corpus.rglob("*")):
        if path.suffix not in {".xml", ".rss", ".atom"} or not path.is_file():
            continue
        body = path.read_bytes()
        declared = re.search(rb"Content-type:\s*(.*)", body[:3000], re.IGNORECASE)
        header = declared[1].decode("latin-1").strip() if declared and "feedparser" in path.parts else None
        yield path, body, header


def as_feedparser_reads_it(body: bytes, content_type: str | None) -> list[tuple[str, str | None, str | None, Any]]:
    """Title, link, guid and date of each entry, with all of feedparser's own resolving and sanitising."""
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = feedparser.parse(
            io.BytesIO(body), response_headers={"content-type": content_type or "application/xml"}
        )
    for entry in parsed.entries:
        detail = entry.get("title_detail") or {}
        title = plain_line(entry.get("title", ""), is_html=detail.get("type", "text/html") != "text/plain")
        moments = [dict.get(entry, f"{name}_parsed") for name in ("published", "updated", "created")]
        parts = next((moment for moment in moments if moment), None)
        published = None if parts is None or parts[0] < 1990 else datetime.fromtimestamp(timegm(parts), UTC)
        try:
            link = urljoin(FEED.url, entry["link"]) if entry.get("link") else None
        except ValueError:
            link = None
        rows.append((title, link, entry.get("id") or None, published))
    return rows


def test_the_fast_reader_agrees_with_feedparser_on_every_feed_of_the_corpus_that_it_takes(corpus: Path) -> None:
    taken = entries = 0
    differences = []
    in_utc = partial(read_date, language="und")
    for path, body, header in corpus_feeds(corpus):
        charset = re.search(r"charset=\W*([\w.-]+)", header or "")
        try:
            document = read_ordinary(body, charset=charset[1] if charset else None, read_date=in_utc)
        except NotOrdinary:
            continue
        taken += 1
        theirs = as_feedparser_reads_it(body, header)
        ours = []
        for item in document.items:
            try:
                link = urljoin(FEED.url, item.link) if item.link else None
            except ValueError:
                link = None
            ours.append((plain_line(item.title, is_html=item.title_is_html), link, item.guid or None, item.published))
        entries += len(ours)
        differences += [(path.name, mine, its) for mine, its in zip(ours, theirs, strict=True) if mine != its]
    assert differences == []
    assert taken > 700
    assert entries > 900


def test_every_feed_of_the_corpus_is_read_or_refused_with_a_sentence(corpus: Path) -> None:
    read = refused = 0
    for path, body, header in corpus_feeds(corpus):
        try:
            parsed = parse(body, content_type=header)
        except FeedUnreadable:
            refused += 1
            entries = 0
        else:
            read += 1
            entries = len(parsed.entries) + parsed.faulty + parsed.duplicates
        assert entries >= len(as_feedparser_reads_it(body, header)), path
    assert read > 1900
    assert refused < 200
