"""What flows between the stages: one frozen dataclass a stage.

    Source, Feed -> Poll, Entry -> Page -> Article, Match, Observation -> Belief, Change -> Alert -> Delivery

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


ClaimKind = Literal["quantity", "date", "status", "stance", "category", "role_holder"]
Comparator = Literal["eq", "approx", "gt", "lt", "range"]
Polarity = Literal["+", "-"]
Modality = Literal["asserted", "planned", "hedged", "conditional", "question"]
Aspect = Literal["target", "so_far", "capacity", "actual", "contingent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place of a sentence that decided an observation: offsets in the same field as the observation's."""

    role: Literal["value", "cue", "subject", "speaker", "polarity", "modality", "previous"]
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one sentence of one revision says about one claim, and who says it.

    `value` is canonical text: a number without superfluous digits in the claim's `unit`, an ISO date of whatever
    precision (`2022-10`), the id of a step, stance or value (several joined by `+`, sorted), or a person's entity id
    or name. `number` and `number_hi` hold quantities (`number_hi` the upper end of a range). `previous` is the value
    said to be replaced ("cut from 50 to 35"), in the form of `value`. A denied value has `polarity` `-`.
    `speaker` is as written, None where only the outlet speaks; `chain` holds who passed it on, the nearest first.
    `field`, `start` and `end` are the sentence's span, `marks` what decided. `carried`: the subject stands in the
    title or an earlier sentence. `published` is the source's date, `observed_at` when we saw it.
    """

    observation_id: str
    claim_id: str
    kind: ClaimKind
    article_id: str
    revision_id: str
    source_id: str
    value: str
    number: float | None = None
    number_hi: float | None = None
    comparator: Comparator = "eq"
    unit: str | None = None
    aspect: Aspect | None = None
    previous: str | None = None
    polarity: Polarity = "+"
    modality: Modality = "asserted"
    speaker: str | None = None
    speaker_entity: str | None = None
    speaker_bloc: str | None = None
    chain: tuple[str, ...] = ()
    field: Literal["title", "text"]
    start: int
    end: int
    sentence: str
    marks: tuple[Mark, ...] = ()
    language: Language
    carried: bool = False
    confidence: float = 1.0
    published: datetime | None = None
    observed_at: datetime
    extractor: str
    watchlist_hash: str


BeliefLayer = Literal["overall", "bloc", "source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """What was believed of a claim from `valid_from` on, until the next belief of the same claim, layer and holder.

    `holder` is empty for `overall`, else the bloc or the source. `values` holds one value, several where the claim is
    `contested`, none where the belief was given up. `settled` tells what enough independent reports support (or the
    baseline) from what is only listed for want of better. `support` counts independent reports; `observation_ids` are
    the newest that support it. `valid_from` is when the news was published (or seen), `recorded_at` when we knew.
    `version` counts the accounts of one moment: an article that comes in late can change what was believed then.
    """

    belief_id: str
    claim_id: str
    layer: BeliefLayer
    holder: str
    values: tuple[str, ...]
    polarity: Polarity = "+"
    contested: bool = False
    settled: bool = True
    support: int
    observation_ids: tuple[str, ...]
    valid_from: datetime
    version: int = 1
    rebuilt: bool = False
    watchlist_hash: str


ChangeKind = Literal[
    "first_report",
    "value_changed",
    "refined",
    "status_advanced",
    "status_regressed",
    "source_reversed",
    "silent_edit",
    "denial",
    "contradiction",
    "retracted",
    "deleted",
    "reaffirmed",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A claim that is no longer what it was, seen in `observation_id`; told when `suppressed` is None.

    `suppressed` says as a word why nobody is alerted (`hedged`, `tolerance`, `min_sources`, `cool_down`, `copy`,
    `reaffirmed`, `rebuilt`, `old`, …); `confirmed` is the number of independent sources behind `new`. `confirms` is
    the change, told before, that a second independent source now confirms. Values that are denied read `not VALUE`.
    """

    change_id: str
    claim_id: str
    kind: ChangeKind
    layer: BeliefLayer
    holder: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    observation_id: str
    article_id: str
    occurred_at: datetime
    confirmed: int = 1
    confirms: str | None = None
    suppressed: str | None = None
    watchlist_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """An observation that its outlet took back: it `edited` the article to say something else, `retracted` it by an
    edit that says nothing of the claim any more, or `deleted` the article."""

    observation_id: str
    claim_id: str
    article_id: str
    reason: Literal["edited", "retracted", "deleted"]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysedPage:
    """What `analyse` made of one page: the article, None where it is `known`, the topics it is on and what it says of
    claims (most: none)."""

    article_id: str
    entries: tuple[Entry, ...]
    article: Article | None = None
    matches: tuple[Match, ...] = ()
    observations: tuple[Observation, ...] = ()


AlertKind = Literal["new_article", "claim_change", "operations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A message to be told once, ready to send.

    `alert_id` is the key of what it says and where, so the same news cannot queue twice. `channel` is a Slack channel
    name or id. `text` is the plain fallback, `blocks` the Block Kit JSON (a list). `topics`, `article_id` and
    `claim_id` say what it is about. Alerts of one channel with the same `thread_key` stand in one thread, which the
    first of them begins; `broadcast` shows the later ones in the channel, too.
    """

    alert_id: str
    kind: AlertKind
    created_at: datetime
    channel: str
    text: str
    blocks: str
    article_id: str | None = None
    topics: tuple[str, ...] = ()
    claim_id: str | None = None
    thread_key: str | None = None
    broadcast: bool = False


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
