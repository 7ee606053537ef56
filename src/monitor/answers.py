"""What a web server answered, and what it means for a page. Pure; no network.

The bytes are kept as they came (`Answer.raw_body`, still gzip, deflate or Brotli), because that is the evidence that
goes into WARC; `Answer.body` is what they decode to.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from monitor.errors import AddressBlocked, BodyTooLarge, FetchError, FetchTimeout, RobotsDisallowed
from monitor.model import PageStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One final HTTP answer, whatever its status, after redirects.

    `url` is the address as asked for, `final_url` the one that answered. `permanent_url` is `final_url` where all
    redirects on the way were permanent (301, 308), else None. `headers` has lower-case names, several values of one
    name joined with `, `. `body` is decoded; `raw_body` is what was sent (without chunking), None where that is the
    same. `raw_headers` and `request_headers` are names and values as sent. `ip` is the server's address.
    """

    url: str
    final_url: str
    permanent_url: str | None = None
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    raw_body: bytes | None = None
    raw_headers: tuple[tuple[bytes, bytes], ...] = ()
    request_headers: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    http_version: str = "1.1"
    ip: str | None = None
    duration_ms: int = field(default=0, compare=False)

    @property
    def content_type(self) -> str | None:
        """The media type without parameters, lower case; None where there is none."""
        return media_type(self.headers.get("content-type"))

    @property
    def charset(self) -> str | None:
        """The character set that the Content-Type header names, None where it names none that Python knows."""
        return charset_of(self.headers.get("content-type"))


LONGEST_WAIT_S = 604_800.0
"""A week: no Retry-After is taken for more."""

# ---- headers -----------------------------------------------------------------------------------------------------
_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_SECONDS = re.compile(r"[0-9]{1,300}(?:\.[0-9]{1,20})?", re.ASCII)
_NOT_FOR_TEXT = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape"})
_MEDIA_TYPE = re.compile(r"\s*([a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,80})\s*(?:[;,]|$)", re.IGNORECASE)


def media_type(content_type: str | None) -> str | None:
    """The media type of a Content-Type header, lower case without parameters; None where it is missing or garbled."""
    match = _MEDIA_TYPE.match(content_type or "")
    return match[1].lower() if match else None


def charset_of(content_type: str | None) -> str | None:
    """The character set of a Content-Type header as written, None where Python knows none of that name."""
    match = _CHARSET.search(content_type or "")
    if match is None:
        return None
    try:
        b"a".decode(match[1])
    except (LookupError, UnicodeError):  # unknown, or no character set at all (`hex`)
        return None
    return None if match[1].lower().replace("-", "_") in _NOT_FOR_TEXT else match[1]


def http_date(text: str) -> datetime | None:
    """The moment (UTC) that a header gives as a date, None where it gives none that exists. Whatever the text."""
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that a Retry-After header asks us to wait from `now`, given as a number or as a date.

    At most LONGEST_WAIT_S; None where the header is missing, garbled or asks for no wait. Never raises.
    """
    value = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        seconds = float(value)
    elif (until := http_date(value)) is not None:
        seconds = (until - now).total_seconds()
    else:
        return None
    return min(seconds, LONGEST_WAIT_S) if seconds > 0 else None


# ---- what it means for a page ------------------------------------------------------------------------------------
_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
_UNTOLD_TYPES = frozenset({"text/plain", "text/xml", "application/xml", "application/octet-stream", "unknown/unknown"})
_HTML_START = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|title|meta|article|div|p|h1|table|script)\b", re.IGNORECASE
)
_OTHER_START = re.compile(
    rb"%PDF-|\x89PNG|\xff\xd8\xff|GIF8|PK\x03\x04|RIFF|\x1f\x8b|\x00\x00\x00.ftyp|OggS|ID3|<\?xml[^>]*>\s*<(?:rss|feed)\b|\{\s*\"",
    re.DOTALL,
)
_PAYWALL = re.compile(
    rb"paywall|subscribe|subscription|subscriber|isAccessibleForFree|"
    + "подписк|подписаться|订阅|訂閱|会员|會員".encode(),
    re.IGNORECASE,
)
_TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524, 525, 527, 530})


def page_status_of(answer: Answer) -> tuple[PageStatus, str | None, bool]:
    """What an answer means for a page: its status, a sentence where there is no page, and whether to ask again.

    `paywall` is 402, and 401 and 403 whose page speaks of subscribing; `not_found` is 404, 410 and 451 (kept from us
    by law); `not_html` goes by what the body is rather than by what it is called. Whether a page that came has any
    text is for the extraction to say.
    """
    code = answer.status
    if 200 <= code < 300:
        return _status_of_body(answer)
    status: PageStatus = "failed"
    if code == 402 or (code in {401, 403} and _PAYWALL.search(answer.body[:200_000])):
        status, why = "paywall", ": it is for subscribers"
    elif code in {404, 410}:
        status, why = "not_found", ": there is no such page"
    elif code == 451:
        status, why = "not_found", ": the page is withheld for legal reasons"
    elif code in {401, 403}:
        why = ": the site refuses us"
    else:
        why = ": trouble on its side" if code in _TEMPORARY else ""
    return status, f"{_named(answer)} answered {code} {answer.reason}".rstrip() + why, code in _TEMPORARY


def _status_of_body(answer: Answer) -> tuple[PageStatus, str | None, bool]:
    kind = answer.content_type
    start = answer.body[:2_048].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\0", b"")
    if not start:
        return "failed", f"{_named(answer)} answered {answer.status} with an empty page", answer.status == 200
    if kind in _HTML_TYPES and not _OTHER_START.match(start):
        return "fetched", None, False
    if (kind is None or kind in _UNTOLD_TYPES) and _HTML_START.search(start) and not _OTHER_START.match(start):
        return "fetched", None, False
    return "not_html", f"{_named(answer)} answered with {kind or 'something'} that is no web page", False


def page_status_of_error(error: FetchError) -> tuple[PageStatus, str, bool]:
    """The same for a request that brought no answer."""
    statuses: dict[type[FetchError], PageStatus] = {
        RobotsDisallowed: "disallowed",
        AddressBlocked: "blocked",
        BodyTooLarge: "too_large",
        FetchTimeout: "timeout",
    }
    return statuses.get(type(error), "failed"), str(error), error.retryable


def _named(answer: Answer) -> str:
    return answer.final_url if len(answer.final_url) <= 200 else answer.final_url[:199] + "…"
