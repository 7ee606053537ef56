"""What makes two addresses the same article, what a page may say about its own, and which addresses may be asked."""

from ipaddress import ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.urls import (
    MAX_URL_CHARS,
    canonical_of_page,
    canonical_url,
    host_of,
    is_front_page,
    is_public,
    shown_url,
    site_of,
)

ARTICLE = "https://example.com/news/summit-ends-in-samarkand-1234"


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/news/summit-ends-in-samarkand-1234",
        "HTTPS://WWW.Example.COM:443/news/summit-ends-in-samarkand-1234/",
        "https://example.com./news/summit-ends-in-samarkand-1234",
        "  https://example.com/news/\n summit-ends-in-samarkand-1234".replace("\n ", "\n"),
        "https:\\\\example.com\\news\\summit-ends-in-samarkand-1234",
        "https://example.com//news/./politics/../summit%2Dends-in-samarkand-1234#comments",
        f"{ARTICLE}?utm_source=rss&utm_medium=feed&utm_campaign=all",
        f"{ARTICLE}?at_medium=RSS&at_campaign=KARANGA",
        f"{ARTICLE}?fbclid=x&amp;gclid=y&ns_mchannel=rss&ito=1490&ocid=a&cmpid=b&smid=c&xtor=RSS-1&spm=d.e&icid=f",
        f"{ARTICLE}?from=rss&ref=twitter&source=rss_world&via=telegram",
        f"{ARTICLE}#xtor=RSS-3",
        f"{ARTICLE};jsessionid=1A2B3C",
        "https://m.example.com/news/summit-ends-in-samarkand-1234",
        "https://mobile.example.com/news/summit-ends-in-samarkand-1234?mode=mobile",
        "http://wap.example.com/news/summit-ends-in-samarkand-1234",
        "https://amp.example.com/news/summit-ends-in-samarkand-1234",
        f"{ARTICLE}/amp",
        f"{ARTICLE}/amp/",
        f"{ARTICLE}.amp",
        f"{ARTICLE}?amp",
        f"{ARTICLE}?amp=1",
        f"{ARTICLE}?outputType=amp",
        "https://example.com/news/amp/summit-ends-in-samarkand-1234",
        "https://example.com/amp/news/summit-ends-in-samarkand-1234",
        "https://example-com.cdn.ampproject.org/c/s/www.example.com/news/summit-ends-in-samarkand-1234/amp/",
        "https://example-com.cdn.ampproject.org/v/s/amp.example.com/news/summit-ends-in-samarkand-1234?amp_js_v=0.1",
        "https://www.google.com/amp/s/www.example.com/news/amp/summit-ends-in-samarkand-1234",
        "https://www.google.co.uk/amp/s/example.com/news/summit-ends-in-samarkand-1234",
        "https://www.google.com/url?rct=j&sa=t&url=https://example.com/news/summit-ends-in-samarkand-1234&ct=ga",
        "https://www.bing.com/news/apiclick.aspx?tid=1&url=https%3a%2f%2fexample.com%2fnews%2fsummit-ends-in-samarkand-1234",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.com%2Fnews%2Fsummit-ends-in-samarkand-1234%3Ffbclid%3Dz",
        "//example.com/news/summit-ends-in-samarkand-1234",
    ],
)
def test_addresses_of_one_article_are_one(address: str) -> None:
    assert canonical_url(address) == ARTICLE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.com/?p=1", "https://example.com/?p=2"),
        ("https://example.com/story.php?id=1", "https://example.com/story.php?id=2"),
        ("https://example.com/a?story=x", "https://example.com/a?story=y"),
        ("https://example.com/a?ref=1001", "https://example.com/a?ref=1002"),
        ("https://example.com/a?from=17", "https://example.com/a?from=18"),
        ("https://example.com/a?cid=1", "https://example.com/a?cid=2"),
        ("https://example.com/A", "https://example.com/a"),
        ("https://news.example.com/a", "https://example.com/a"),
        ("https://example.com:8443/a", "https://example.com/a"),
        ("http://127.0.1.1:8900/a", "http://127.0.1.2:8900/a"),
        ("https://example.com/#!/a", "https://example.com/#!/b"),
        ("https://example.com/#/news/1", "https://example.com/#/news/2"),
        ("https://example.com/a%2Fb", "https://example.com/a/b"),
        ("https://one.blogspot.com/a", "https://two.blogspot.com/a"),
    ],
)
def test_different_articles_stay_different(one: str, other: str) -> None:
    assert canonical_url(one) != canonical_url(other)


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("https://example.com", "https://example.com/"),
        ("https://example.com/index.html?", "https://example.com/"),
        ("https://example.com/news/index.php?id=7", "https://example.com/news?id=7"),
        ("https://example.com/story.amp.html", "https://example.com/story.html"),
        ("https://example.com/amp/", "https://example.com/amp"),
        ("https://example.com/amp/guitars", "https://example.com/amp/guitars"),
        ("https://m.com/a", "https://m.com/a"),
        ("https://www.gov.cn/a", "https://www.gov.cn/a"),
        ("https://m.github.io/a", "https://m.github.io/a"),
        ("https://en.m.wikipedia.org/wiki/Samarkand", "https://en.wikipedia.org/wiki/Samarkand"),
        ("https://example.com/?b=2&a=1&b=1", "https://example.com/?a=1&b=2&b=1"),
        ("https://example.com/новости?q=мир и", "https://example.com/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8?q=%D0%BC%D0%B8%D1%80+%D0%B8"),
        ("https://пример.рф/а", "https://xn--e1afmkfd.xn--p1ai/%D0%B0"),
        ("https://EXAMPLE。com/100%", "https://example.com/100%25"),
        ("http://127.0.1.1:8900/wire/3.html", "http://127.0.1.1:8900/wire/3.html"),
        ("http://[::1]:80/a", "http://[::1]/a"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0x7f.0.0.01/", "http://127.0.0.1/"),
    ],
)  # fmt: skip
def test_the_form_of_a_canonical_address(address: str, canonical: str) -> None:
    assert canonical_url(address) == canonical


@pytest.mark.parametrize(
    "address",
    [
        "", " ", "news/1", "mailto:a@example.com", "javascript:alert(1)", "ftp://example.com/a", "data:text/html,x",
        "https://", "https:///", "https://user:secret@example.com/", "https://example.com@127.0.0.1/", "https://a b/",
        "https://example.com:99999/", "https://example.com:8a/", "https://[::1/", "https://[fe80::1%25eth0]/",
        "https://exa mple.com/", "https://-/", "https://a..b/", "https://" + "a" * 64 + ".com/", "https://300.1.1.1/",
        "https://example.com/" + "a" * MAX_URL_CHARS, "https://\u0000.com/", "https://\ud800.com/",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_none(address: str) -> None:
    assert canonical_url(address) is None


def test_relative_addresses_need_a_base() -> None:
    assert canonical_url("../b?x=1", base="https://example.com/news/a/") == "https://example.com/news/b?x=1"
    assert canonical_url("/b", base="http://127.0.1.3:8900/feed.xml") == "http://127.0.1.3:8900/b"
    assert canonical_url("//example.org/b", base="http://example.com/") == "https://example.org/b"
    assert canonical_url("/b", base="not an address") is None


HOSTS = [
    "example.com",
    "www.m.amp.example.co.uk",
    "cdn.ampproject.org",
    "google.com",
    "127.0.0.1:80",
    "[::1]",
    "пример.рф",
]
PIECES = [
    "/",
    "//",
    "amp",
    "/amp/",
    ".amp",
    "index.html",
    "..",
    "%2e",
    "%2E%2e/",
    "%",
    "%41",
    "%2541",
    "?",
    "&",
    "&amp;",
    "amp;",
    "=",
    "#",
    "#!",
    "#/",
    ";jsessionid=1",
    "utm_source=x",
    "id=1",
    "url",
    "?url=",
    "http://",
    "https://example.com/",
    "a-b-1",
    "c/s/",
    "l.php",
    "新闻",
    " ",
    "+",
    "\\",
    "@",
    ":",
    "\ud800",
    "ref=rss",
]
hostile = st.one_of(
    st.text(max_size=80),
    st.builds(
        lambda scheme, host, parts: scheme + host + "".join(parts),
        st.sampled_from(["https://", "http://", "//", "HTTP:\\\\", "https:/"]),
        st.one_of(st.sampled_from(HOSTS), st.text(max_size=12)),
        st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=10),
    ),
)


@given(hostile, st.one_of(st.none(), hostile))
@example("https://example.com/amp/index.html/amp/index.html", None)
@example("https://example.com/?b&amp;amp;a=1&amp;amp", None)
@example("https://google.com/url?url=https://google.com/url?url=https://example.com/", None)
@example("https://a.cdn.ampproject.org/c/a.cdn.ampproject.org/c/", None)
def test_whatever_comes_the_answer_is_canonical_or_none(address: str, base: str | None) -> None:
    canonical = canonical_url(address, base)
    if canonical is not None:
        assert canonical.isascii()
        assert canonical.startswith(("https://", "http://"))
        assert canonical_url(canonical) == canonical
        assert host_of(canonical)
        assert site_of(canonical)
    host_of(address)
    site_of(address)


@given(hostile, st.lists(hostile, max_size=3))
def test_whatever_a_page_declares_its_address_stays_on_its_site(page: str, declared: list[str]) -> None:
    canonical = canonical_of_page(page, declared)
    if canonical_url(page) is not None:
        assert site_of(canonical) == site_of(canonical_url(page) or "")
        assert canonical_of_page(page, declared) == canonical
    else:
        assert canonical == page


@pytest.mark.parametrize(
    ("page", "declared", "believed"),
    [
        pytest.param(f"{ARTICLE}?page=1", [ARTICLE], ARTICLE, id="the plain case"),
        pytest.param(f"{ARTICLE}/print", [f"{ARTICLE}?utm_source=x"], ARTICLE, id="of a print version"),
        pytest.param(
            "https://example.com/a-b-c-1", ["/news/a-b-c-1"], "https://example.com/news/a-b-c-1", id="relative"
        ),
        pytest.param(
            "https://m.example.com/1234.html",
            ["https://news.example.com/x/1234"],
            "https://news.example.com/x/1234",
            id="another host of the site",
        ),
        pytest.param(
            ARTICLE, ["", "javascript:", ARTICLE + "-b", ARTICLE + "-c"], ARTICLE + "-b", id="the first usable"
        ),
        pytest.param(
            "https://example-com.cdn.ampproject.org/c/s/example.com/amp/a-b-1",
            ["https://example.com/n/a-b-1"],
            "https://example.com/n/a-b-1",
            id="out of an AMP cache",
        ),
        pytest.param(
            "https://example.com/news/short",
            ["https://example.com/world/short"],
            "https://example.com/world/short",
            id="moved section",
        ),
        pytest.param(
            "https://example.com/?p=7", ["https://example.com/a-b-c"], "https://example.com/a-b-c", id="permalink"
        ),
        pytest.param(
            "https://example.com/view?id=7",
            ["https://example.com/view?id=7&lang=ru"],
            "https://example.com/view?id=7&lang=ru",
            id="with a parameter",
        ),
    ],
)
def test_a_declared_address_is_believed(page: str, declared: list[str], believed: str) -> None:
    assert canonical_of_page(page, declared) == believed


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param("https://other.example.net/news/summit-ends-in-samarkand-1234", id="another site"),
        pytest.param("https://example.com.evil.example/news/summit-ends-in-samarkand-1234", id="a look-alike site"),
        pytest.param("https://example.com/", id="the front page"),
        pytest.param("https://www.example.com", id="the front page under www"),
        pytest.param("https://example.com/news/", id="its section"),
        pytest.param("https://example.com/politics", id="another section"),
        pytest.param("https://example.com/2022/09/15", id="the day's page"),
        pytest.param("https://user@example.com/news/summit-ends", id="malformed"),
        pytest.param("undefined", id="a word"),
        pytest.param("{{ canonical_url }}", id="an unfilled template"),
    ],
)
def test_a_declared_address_is_not_believed(declared: str) -> None:
    assert canonical_of_page(ARTICLE, [declared]) == ARTICLE


def test_an_address_without_the_parameter_that_names_the_article_is_not_believed() -> None:
    page = "https://example.com/story.php?id=7"
    assert canonical_of_page(page, ["https://example.com/story.php"]) == page


def test_a_front_page_may_call_itself_so() -> None:
    assert canonical_of_page("https://example.com/", ["https://www.example.com/"]) == "https://example.com/"


def test_hosts_and_sites() -> None:
    assert host_of("https://WWW.News.Example.co.uk:8080/a") == "www.news.example.co.uk"
    assert site_of("https://WWW.News.Example.co.uk:8080/a") == "example.co.uk"
    assert host_of("http://[::1]:80/") == "::1"
    assert host_of("http://127.0.1.7:8900/x") == site_of("http://127.0.1.7:8900/x") == "127.0.1.7"
    assert site_of("http://localhost/") == "localhost"
    assert host_of("nonsense") is site_of("nonsense") is None


PRIVATE = [
    "127.0.0.1",
    "127.255.0.9",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.170",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "192.88.99.1",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "::8.8.8.8",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "2002:7f00:1::",
    "2002:808:808::",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "3fff::1",
    "4000::1",
    "",
    "localhost",
    "example.com",
    "1.2.3",
    "0x7f.1",
    "2606:4700::1%eth0",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_the_guard_blocks_what_is_outside_the_public_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "1.1.1.1", "100.128.0.1", "172.32.0.1", "223.255.255.255", "2606:4700:4700::1111", "[2a00:1450::1]",
     "::ffff:8.8.8.8", "64:ff9b::808:808"],
)  # fmt: skip
def test_the_guard_lets_the_public_internet_through(address: str) -> None:
    assert is_public(address)


def test_the_guard_lets_allowed_networks_through() -> None:
    allow = (ip_network("127.0.0.0/8"), ip_network("fd00::/8"))
    assert is_public("127.0.1.3", allow)
    assert is_public("::ffff:127.0.1.3", allow)
    assert is_public("fd00::7", allow)
    assert not is_public("10.0.0.1", allow)
    assert not is_public("::1", allow)


@given(st.ip_addresses())
def test_the_guard_is_never_laxer_than_the_standard_library(address: object) -> None:
    from ipaddress import IPv6Address, ip_address

    ip = ip_address(str(address))
    if is_public(str(ip)):
        assert ip.is_global or (isinstance(ip, IPv6Address) and (ip.ipv4_mapped or str(ip).startswith("64:ff9b::")))
        assert not ip.is_multicast


# ---- the front page, and what can be shown -----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.com", True),
        ("https://example.com/", True),
        ("HTTP://example.com:8080//#top", True),
        ("https://example.com/?", True),
        ("https://example.com/?p=1", False),
        ("https://example.com/#!/news/1", False),
        ("https://example.com/news/", False),
        ("", False),
    ],
)
def test_a_front_page_has_neither_path_nor_query(url: str, expected: bool) -> None:
    assert is_front_page(url) is expected


@given(st.text())
def test_any_address_can_be_shown(text: str) -> None:
    shown = shown_url(text)
    assert shown.isprintable()
    assert " " not in shown
    assert shown_url(shown) == shown
