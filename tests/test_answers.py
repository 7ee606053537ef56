"""What answers mean: their headers, whether there is a page, and whether to ask again."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.answers import (
    LONGEST_WAIT_S,
    Answer,
    charset_of,
    http_date,
    media_type,
    page_status_of,
    page_status_of_error,
    retry_after_s,
)
from monitor.errors import AddressBlocked, BodyTooLarge, FetchError, FetchTimeout, RobotsDisallowed

NOW = datetime(2022, 9, 15, 12, 0, tzinfo=UTC)
URL = "https://example.com/news/1"
PAGE = b"<!DOCTYPE html><html><body><p>Talks in Samarkand</p></body></html>"


def answer(status: int = 200, body: bytes = PAGE, content_type: str | None = "text/html") -> Answer:
    headers = {} if content_type is None else {"content-type": content_type}
    return Answer(url=URL, final_url=URL, status=status, headers=headers, body=body, fetched_at=NOW)


@pytest.mark.parametrize(
    ("status", "page_status", "again"),
    [
        (200, "fetched", False),
        (203, "fetched", False),
        (401, "failed", False),
        (402, "paywall", False),
        (403, "failed", False),
        (404, "not_found", False),
        (408, "failed", True),
        (410, "not_found", False),
        (429, "failed", True),
        (451, "not_found", False),
        (418, "failed", False),
        (500, "failed", True),
        (503, "failed", True),
        (501, "failed", False),
        (304, "failed", False),
        (302, "failed", False),
        (520, "failed", True),
    ],
)
def test_what_each_status_means(status: int, page_status: str, again: bool) -> None:
    found, sentence, retryable = page_status_of(answer(status))
    assert (found, retryable) == (page_status, again)
    assert (sentence is None) == (found == "fetched")
    assert sentence is None or (URL in sentence and str(status) in sentence)


@pytest.mark.parametrize("text", ["Subscribe to read on", "Оформите подписку", "请订阅后继续阅读"])
@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_that_speaks_of_subscribing_is_a_paywall(status: int, text: str) -> None:
    assert page_status_of(answer(status, PAGE + text.encode()))[0] == "paywall"


@pytest.mark.parametrize(
    ("content_type", "body", "page_status"),
    [
        ("text/html; charset=gb2312", PAGE, "fetched"),
        ("application/xhtml+xml", b"<?xml version='1.0'?><html/>", "fetched"),
        (None, b"\n  <html><p>x", "fetched"),
        ("text/plain", PAGE, "fetched"),
        ("application/octet-stream", b"\xef\xbb\xbf" + PAGE, "fetched"),
        ("text/html; charset=utf-16", PAGE.decode().encode("utf-16"), "fetched"),
        ("text/html", b"just words", "fetched"),
        ("text/html", b"%PDF-1.7 ...", "not_html"),
        ("text/html", b"\x89PNG\r\n", "not_html"),
        ("text/html", b"PK\x03\x04", "not_html"),
        ("text/html", b'{"title": "x"}', "not_html"),
        ("text/plain", b"just words", "not_html"),
        ("application/json", b"{}", "not_html"),
        ("video/mp4", b"\x00\x00\x00 ftypisom", "not_html"),
        ("application/xml", b"<?xml version='1.0'?><rss><description><p>x</p></description></rss>", "not_html"),
        ("text/html", b"", "failed"),
        ("text/html", b"  \r\n", "failed"),
    ],
)
def test_a_page_is_what_is_one_not_what_is_called_one(content_type: str | None, body: bytes, page_status: str) -> None:
    assert page_status_of(answer(200, body, content_type))[0] == page_status


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RobotsDisallowed("x", url=URL), ("disallowed", "x", False)),
        (AddressBlocked("x", url=URL), ("blocked", "x", False)),
        (BodyTooLarge("x", url=URL), ("too_large", "x", False)),
        (FetchTimeout("x", url=URL, retryable=True), ("timeout", "x", True)),
        (FetchError("x", url=URL, retryable=True), ("failed", "x", True)),
    ],
)
def test_what_each_failure_means(error: FetchError, expected: tuple[str, str, bool]) -> None:
    assert page_status_of_error(error) == expected


def test_content_types() -> None:
    assert media_type("Text/HTML; charset=UTF-8") == "text/html"
    assert media_type("text/html;") == "text/html"
    assert media_type("html") is media_type("") is media_type(None) is None
    assert charset_of('text/html; Charset="windows-1251"') == "windows-1251"
    assert charset_of("text/html; charset=hex") is charset_of("text/html; charset=undefined") is None
    assert charset_of("text/html; charset=martian") is charset_of("text/html") is charset_of(None) is None
    assert answer(content_type="text/html; charset=gb18030").charset == "gb18030"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("Thu, 15 Sep 2022 12:01:00 GMT", 60.0),
        ("Thu, 15 Sep 2022 12:01:00", 60.0),
        ("Thu, 15 Sep 2022 14:01:00 +0200", 60.0),
        ("0.5", 0.5),
        ("0", None),
        ("Thu, 15 Sep 2022 11:00:00 GMT", None),
        ("Thu, 15 Sep 99999 12:00:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -1200", None),
        ("1 Jan 0001 00:00:00 +1400", None),
        ("1 99999999999999999999 2022 12:00 GMT", None),
        ("Sun, 99 Foo 0000", None),
        ("nan", None),
        ("1e9", None),
        ("soon", None),
        ("", None),
        ("-5", None),
        ("9" * 300, LONGEST_WAIT_S),
        ("9" * 400, None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after_s({"retry-after": value}, NOW) == seconds


DATES = st.from_regex(r"(Thu, )?-?[0-9]{1,20} (Jan|Sep|Dec|x)[a-z]* -?[0-9]{1,20} [0-9:]{1,12} ?([+-][0-9]{1,20}|GMT)?")


@given(DATES)
def test_no_date_is_too_absurd(text: str) -> None:
    moment = http_date(text)
    assert moment is None or moment.tzinfo is UTC
    assert (retry_after_s({"retry-after": text}, NOW) or 1.0) <= LONGEST_WAIT_S


@given(st.text(max_size=60), st.integers(100, 599), st.binary(max_size=80))
def test_whatever_the_headers_and_body_there_is_a_status(header: str, status: int, body: bytes) -> None:
    made = answer(status, body, header)
    assert page_status_of(made)[0] in {"fetched", "failed", "paywall", "not_found", "not_html"}
    retry_after_s({"retry-after": header}, NOW)
    if made.charset is not None:
        body.decode(made.charset, "replace")
