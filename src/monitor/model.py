"""What flows between the stages: one frozen dataclass a stage.

    Source, Feed -> Poll, Entry -> Page -> Article, Match -> Alert -> Delivery

Every record is immutable and has a key made from its content (`key`), so that a stage can run again without harm.
All times are aware datetimes in UTC; two kinds are kept apart: what the source says (`published`, `modified`) and
what we saw (`polled_at`, `seen_at`, `fetched_at`, `created_at`). All spans are offsets in Unicode code points.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Literal

Language = str
"""ISO 639-1 code, lower case (`en`, `zh`, `ru`, …); `und` where it could not be told."""


def key(*parts: str | None) -> str:
    """The key of what `parts` say: 32 hexadecimal digits of BLAKE2b over the length-prefixed parts.

    Length prefixes keep `("ab", "c")` and `("a", "bc")` apart; None and the empty string differ.
    """
    digest = blake2b(digest_size=16)
    for part in parts:
        raw = b"" if part is None else part.encode("utf-8", "surrogatepass")
        digest.update((-1 if part is None else len(raw)).to_bytes(8, "big", signed=True) + raw)
    return digest.hexdigest()


def utc_now() -> datetime:
    """The present moment in UTC, the only clock that production code reads."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An outlet as declared in sources.yaml.

    `bloc` groups speakers and outlets by side (`cn_state`, `ru_exile`, `western`, …), `family` is the publisher
    group (two outlets of one family count once), `tier` ranks 1 (agency or paper of record) to 4 (anything else).
    """

    id: str
    name: str
    country: str
    language: Language
    bloc: str
    family: str
    tier: int
    feeds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """One address to poll, of one source. The URL as declared is the feed's identity, also after a 301."""

    url: str
    source_id: str
    language: Language = "und"


PollOutcome = Literal["new", "unchanged", "not_modified", "moved", "gone", "failed", "unreadable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One request for a feed and what came of it.

    `new` entries were not seen before at this feed; `entries` counts all in the document, `faulty` the items besides
    them that could not be used. `outcome`: `new` or
    `unchanged` after a 200, `not_modified` after a 304 or the same body, `moved` when a permanent redirect was
    followed for the first time, `gone` after a 410, `failed` for network and other HTTP trouble, `unreadable` when
    the body was no feed. `error` is a sentence. `next_poll_at` is when the feed is due again.
    """

    poll_id: str
    feed_url: str
    source_id: str
    polled_at: datetime
    outcome: PollOutcome
    status: int | None = None
    entries: int = 0
    new: int = 0
    bytes: int = 0
    duration_ms: int = 0
    parser: str | None = None
    error: str | None = None
    next_poll_at: datetime
    faulty: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a feed, as first seen.

    `url` is canonical (`urls.canonical_url`) and None where the item has no usable link; `link` is the address to
    fetch: absolute, as the feed gave it. `summary` and `content` are plain text without mark-up (`content` where the
    feed carries the whole article). `published` is what the feed says, None where it says nothing usable or a date
    in the future. `first_poll` marks entries that were already there when we first asked the feed: archived,
    never alerted. `not_before` and `attempts` belong to the fetch stage's retries.
    """

    entry_id: str
    feed_url: str
    source_id: str
    seen_at: datetime
    title: str
    link: str | None = None
    url: str | None = None
    guid: str | None = None
    summary: str = ""
    content: str = ""
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    language: Language = "und"
    image_urls: tuple[str, ...] = ()
    has_video: bool = False
    first_poll: bool = False
    attempts: int = 0
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcRef:
    """Where the bytes of a page lie: file relative to MONITOR_HOME, offset of the response record, its payload's
    SHA-256 in hexadecimal."""

    file: str
    offset: int
    sha256: str


PageStatus = Literal[
    "fetched",
    "known",
    "no_link",
    "disallowed",
    "blocked",
    "paywall",
    "not_found",
    "not_html",
    "too_large",
    "timeout",
    "script_only",
    "failed",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What came of fetching one address, for one or more entries that point to it.

    `status` is `fetched` when there is an HTML body in WARC, `known` when the archive already has the article
    (`known_article_id`) and nothing was asked; anything else says why there is no body, and the article is made from
    the feed's own text. `final_url` is the address after redirects.
    """

    page_id: str
    entries: tuple[Entry, ...]
    requested_url: str | None
    final_url: str | None
    fetched_at: datetime
    status: PageStatus
    http_status: int | None = None
    content_type: str | None = None
    charset: str | None = None
    warc: WarcRef | None = None
    known_article_id: str | None = None
    error: str | None = None


TextOrigin = Literal["extracted", "skim", "feed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article in one revision, whatever feeds and addresses it was met through.

    `article_id` is the key of its canonical URL (or of the entry, without one), `revision_id` that of article, title
    and normalised text. `text` holds paragraphs separated by one newline, without boilerplate. `text_origin`:
    `extracted` (trafilatura, exact), `skim` (rough main text of a page that matches no topic), `feed` (the feed's
    own text, because of `page_status`). `language` is detected. `url` is canonical, for comparing; `link` is the
    address that opens the article. `published` falls back from the page to the feed.
    """

    article_id: str
    revision_id: str
    url: str | None
    source_id: str
    title: str
    text: str
    text_origin: TextOrigin
    language: Language
    entry_ids: tuple[str, ...]
    first_poll: bool
    seen_at: datetime
    fetched_at: datetime
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    modified: datetime | None = None
    site: str | None = None
    image_urls: tuple[str, ...] = ()
    has_video: bool = False
    page_status: PageStatus = "fetched"
    link: str | None = None
    warc: WarcRef | None = None
    extractor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why a topic matched at one place: `getattr(article, field)[start:end] == text`.

    `alias` is the alias as the watchlist writes it, `entity` its entity where it belongs to one, `rule` the path of
    the rule that used it (`any[0].near`).
    """

    field: Literal["title", "text"]
    start: int
    end: int
    text: str
    alias: str
    entity: str | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A topic that an article's revision is on, with the score and the evidence for it."""

    article_id: str
    revision_id: str
    topic_id: str
    score: float
    evidence: tuple[Evidence, ...]
    watchlist_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysedPage:
    """What `analyse` made of one page: the article, None where it is `known`, and the topics it is on (most: none)."""

    article_id: str
    entries: tuple[Entry, ...]
    article: Article | None = None
    matches: tuple[Match, ...] = ()


AlertKind = Literal["new_article", "operations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message to be told once, ready to send.

    `alert_id` is the key of what it says and where, so the same news cannot queue twice. `channel` is a Slack channel
    name or id. `text` is the plain fallback, `blocks` the Block Kit JSON (a list). `topics` and `article_id` say what
    it is about.
    """

    alert_id: str
    kind: AlertKind
    created_at: datetime
    channel: str
    text: str
    blocks: str
    article_id: str | None = None
    topics: tuple[str, ...] = ()


DeliveryOutcome = Literal["attempted", "sent", "found", "retry", "unclear", "rejected", "not_sent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event in the life of an alert; the newest says where it stands.

    `attempted` is written before a message leaves (so that a crash in between is known as unclear), then `sent`,
    `found` (an earlier unclear attempt had arrived after all), `retry` (Slack said no for now; `retry_at`),
    `unclear` (no usable answer: look it up before sending again), `rejected` (will not work until the configuration
    changes) or `not_sent` (no token: shown instead). `ts` is Slack's message timestamp.
    """

    alert_id: str
    at: datetime
    outcome: DeliveryOutcome
    attempt: int = 0
    channel_id: str | None = None
    ts: str | None = None
    error: str | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What a stage did, for its one summary line: `Counts("fetch", {"fetched": 12, "failed": 1})`."""

    stage: str
    counts: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.stage}: " + ", ".join(f"{value} {name}" for name, value in self.counts.items())
