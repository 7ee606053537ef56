"""Records as Arrow tables, column for column as sql/migrations/ declares them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import pyarrow as pa

from monitor.changes import Dated, rules_hash
from monitor.changes.compare import baseline_value
from monitor.model import (
    Alert,
    AnalysedPage,
    Article,
    Belief,
    Change,
    Delivery,
    Entry,
    Evidence,
    Match,
    Poll,
    Source,
    Withdrawal,
)
from monitor.watchlist import Claim

T = TypeVar("T")

_TEXT, _FLAG, _INT, _LONG, _REAL = pa.string(), pa.bool_(), pa.int32(), pa.int64(), pa.float64()
_TIME = pa.timestamp("us", tz="UTC")
_DAY = pa.date32()
_TEXTS = pa.list_(_TEXT)
_MARKS = pa.list_(pa.struct([("role", _TEXT), ("start", _INT), ("end", _INT)]))
_EVIDENCE = pa.list_(
    pa.struct(
        [
            ("field", _TEXT),
            ("start", _INT),
            ("end", _INT),
            ("text", _TEXT),
            ("alias", _TEXT),
            ("entity", _TEXT),
            ("rule", _TEXT),
        ]
    )
)

Columns = dict[str, tuple[pa.DataType, Callable[[Any], Any]]]
"""For each column its type and how to take its value from a record."""


def _same(**types: pa.DataType) -> Columns:
    """Columns that are named as the record's fields."""

    def getter(name: str) -> Callable[[Any], Any]:
        return lambda record: getattr(record, name)

    return {name: (kind, getter(name)) for name, kind in types.items()}


_POLLS = _same(
    poll_id=_TEXT, feed_url=_TEXT, source_id=_TEXT, polled_at=_TIME, outcome=_TEXT, status=_INT, entries=_INT,
    new=_INT, faulty=_INT, bytes=_LONG, duration_ms=_LONG, parser=_TEXT, error=_TEXT, next_poll_at=_TIME,
)  # fmt: skip
_ENTRIES = _same(
    feed_url=_TEXT, source_id=_TEXT, seen_at=_TIME, title=_TEXT, link=_TEXT, url=_TEXT, guid=_TEXT, summary=_TEXT,
    content=_TEXT, authors=_TEXTS, published=_TIME, updated=_TIME, language=_TEXT, image_urls=_TEXTS, has_video=_FLAG,
    first_poll=_FLAG,
)  # fmt: skip
_ARTICLES = _same(
    article_id=_TEXT, url=_TEXT, link=_TEXT, source_id=_TEXT, published=_TIME, seen_at=_TIME, first_poll=_FLAG
)
_REVISIONS = _same(
    revision_id=_TEXT, article_id=_TEXT, title=_TEXT, text=_TEXT, text_origin=_TEXT, language=_TEXT, authors=_TEXTS,
    published=_TIME, modified=_TIME, site=_TEXT, image_urls=_TEXTS, has_video=_FLAG, fetched_at=_TIME,
    page_status=_TEXT,
) | {
    "warc_file": (_TEXT, lambda article: article.warc and article.warc.file),
    "warc_offset": (_LONG, lambda article: article.warc and article.warc.offset),
    "warc_sha256": (_TEXT, lambda article: article.warc and article.warc.sha256),
} | _same(extractor=_TEXT)  # fmt: skip
_MATCHES = (
    _same(article_id=_TEXT, revision_id=_TEXT, topic_id=_TEXT, score=_REAL)
    | {"evidence": (_EVIDENCE, lambda match: [_evidence(one) for one in match.evidence])}
    | _same(watchlist_hash=_TEXT)
)
_ALERTS = _same(
    alert_id=_TEXT, kind=_TEXT, created_at=_TIME, channel=_TEXT, text=_TEXT, blocks=_TEXT, article_id=_TEXT,
    topics=_TEXTS, claim_id=_TEXT, thread_key=_TEXT, broadcast=_FLAG,
)  # fmt: skip
_DELIVERIES = {"alert_id": (_TEXT, lambda one: one.alert_id), "occurred_at": (_TIME, lambda one: one.at)} | _same(
    outcome=_TEXT, attempt=_INT, channel_id=_TEXT, ts=_TEXT, error=_TEXT, retry_at=_TIME
)
_SOURCES = {"source_id": (_TEXT, lambda source: source.id)} | _same(
    name=_TEXT, country=_TEXT, language=_TEXT, bloc=_TEXT, family=_TEXT, tier=_INT
)

_CLAIMS = {
    "claim_id": (_TEXT, lambda claim: claim.id),
    "topic_id": (_TEXT, lambda claim: claim.topic),
    "kind": (_TEXT, lambda claim: claim.kind),
    "statement": (_TEXT, lambda claim: claim.title()),
    "unit": (_TEXT, lambda claim: claim.quantity and claim.quantity.unit),
    "steps": (_TEXTS, lambda claim: [step.id for step in claim.ladder]),
    "baseline": (_TEXT, lambda claim: claim.baseline and baseline_value(claim.kind, claim.baseline).shown),
    "baseline_as_of": (_DAY, lambda claim: claim.baseline and claim.baseline.as_of),
    "baseline_speaker": (_TEXT, lambda claim: (claim.baseline and claim.baseline.speaker) or None),
    "baseline_source": (_TEXT, lambda claim: (claim.baseline and claim.baseline.source) or None),
    "min_sources": (_INT, lambda claim: claim.min_sources),
    "tolerance": (_TEXT, lambda claim: str(claim.tolerance)),
    "growing": (_FLAG, lambda claim: claim.growing),
    "rules_hash": (_TEXT, rules_hash),
}
_OBSERVATIONS = _same(
    observation_id=_TEXT, claim_id=_TEXT, kind=_TEXT, article_id=_TEXT, revision_id=_TEXT, source_id=_TEXT, value=_TEXT,
    number=_REAL, number_hi=_REAL, comparator=_TEXT, unit=_TEXT, aspect=_TEXT, previous=_TEXT, polarity=_TEXT,
    modality=_TEXT, speaker=_TEXT, speaker_entity=_TEXT, speaker_bloc=_TEXT, chain=_TEXTS, field=_TEXT,
) | {
    "sentence_start": (_INT, lambda one: one.start),
    "sentence_end": (_INT, lambda one: one.end),
    "sentence": (_TEXT, lambda one: one.sentence),
    "marks": (_MARKS, lambda one: [{"role": mark.role, "start": mark.start, "end": mark.end} for mark in one.marks]),
} | _same(
    language=_TEXT, carried=_FLAG, confidence=_REAL, published=_TIME, observed_at=_TIME, extractor=_TEXT,
    watchlist_hash=_TEXT,
)  # fmt: skip
_BELIEFS = (
    _same(belief_id=_TEXT, claim_id=_TEXT, layer=_TEXT, holder=_TEXT)
    | {"believed": (_TEXTS, lambda belief: belief.values)}
    | _same(
        polarity=_TEXT, contested=_FLAG, settled=_FLAG, support=_INT, observation_ids=_TEXTS, valid_from=_TIME,
        version=_INT, rebuilt=_FLAG, watchlist_hash=_TEXT,
    )
)  # fmt: skip
_CHANGES = _same(
    change_id=_TEXT, claim_id=_TEXT, kind=_TEXT, layer=_TEXT, holder=_TEXT, old=_TEXTS, new=_TEXTS,
    observation_id=_TEXT, article_id=_TEXT, occurred_at=_TIME, confirmed=_INT, confirms=_TEXT, suppressed=_TEXT,
    watchlist_hash=_TEXT,
)  # fmt: skip
_WITHDRAWALS = _same(observation_id=_TEXT, claim_id=_TEXT, article_id=_TEXT, reason=_TEXT) | {
    "withdrawn_at": (_TIME, lambda one: one.at)
}


def polls_table(polls: Iterable[Poll]) -> pa.Table:
    """Rows of `polls`, one a poll_id."""
    return _table(_POLLS, _unique(polls, lambda poll: poll.poll_id))


def entries_table(pages: Sequence[AnalysedPage]) -> pa.Table:
    """Rows of `entries`, one an entry_id, each with the article it led to."""
    pairs = _unique(
        ((entry, page.article_id) for page in pages for entry in page.entries), lambda pair: pair[0].entry_id
    )
    entries: list[Entry] = [entry for entry, _ in pairs]
    table = _table(_ENTRIES, entries)
    ids = pa.array([entry.entry_id for entry in entries], _TEXT)
    articles = pa.array([article_id for _, article_id in pairs], _TEXT)
    return table.add_column(0, "entry_id", ids).add_column(1, "article_id", articles)


def articles_table(pages: Sequence[AnalysedPage]) -> pa.Table:
    """Rows of `articles`, one an article_id."""
    return _table(_ARTICLES, _unique(_articles(pages), lambda article: article.article_id))


def revisions_table(pages: Sequence[AnalysedPage]) -> pa.Table:
    """Rows of `revisions`, one a revision_id."""
    return _table(_REVISIONS, _unique(_articles(pages), lambda article: article.revision_id))


def matches_table(pages: Sequence[AnalysedPage]) -> pa.Table:
    """Rows of `matches`, one a revision, topic and watchlist."""
    matches: Iterable[Match] = (match for page in pages for match in page.matches)
    return _table(_MATCHES, _unique(matches, lambda one: (one.revision_id, one.topic_id, one.watchlist_hash)))


def alerts_table(alerts: Iterable[Alert]) -> pa.Table:
    """Rows of `alerts`, one an alert_id."""
    return _table(_ALERTS, _unique(alerts, lambda alert: alert.alert_id))


def deliveries_table(deliveries: Iterable[Delivery]) -> pa.Table:
    """Rows of `deliveries`, one an event."""
    return _table(_DELIVERIES, _unique(deliveries, lambda one: (one.alert_id, one.attempt, one.outcome, one.at)))


def sources_table(sources: Iterable[Source]) -> pa.Table:
    """Rows of `sources` without their state, one a source_id."""
    return _table(_SOURCES, _unique(sources, lambda source: source.id))


def feeds_table(sources: Iterable[Source]) -> pa.Table:
    """Rows of `feeds` without their state, one a feed_url."""
    pairs = _unique(((url, source.id) for source in sources for url in source.feeds), lambda pair: pair[0])
    return pa.table({"feed_url": [url for url, _ in pairs], "source_id": [owner for _, owner in pairs]}, _FEEDS)


def claims_table(claims: Iterable[Claim]) -> pa.Table:
    """Rows of `claims` without their state, one a claim_id."""
    return _table(_CLAIMS, _unique(claims, lambda claim: claim.id))


def observations_table(dated: Iterable[Dated]) -> pa.Table:
    """Rows of `observations`, one an observation_id."""
    unique = _unique(dated, lambda one: one.observation.observation_id)
    table = _table(_OBSERVATIONS, [one.observation for one in unique])
    return table.append_column("said_at", pa.array([one.at for one in unique], _TIME))


def beliefs_table(beliefs: Iterable[Belief]) -> pa.Table:
    """Rows of `beliefs`, one a belief_id."""
    return _table(_BELIEFS, _unique(beliefs, lambda belief: belief.belief_id))


def changes_table(changes: Iterable[Change]) -> pa.Table:
    """Rows of `changes`, one a change_id."""
    return _table(_CHANGES, _unique(changes, lambda change: change.change_id))


def withdrawals_table(withdrawals: Iterable[Withdrawal]) -> pa.Table:
    """Rows of `withdrawals`, one an observation_id."""
    return _table(_WITHDRAWALS, _unique(withdrawals, lambda one: one.observation_id))


_FEEDS = pa.schema([("feed_url", _TEXT), ("source_id", _TEXT)])


def keys_table(name: str, keys: Iterable[str]) -> pa.Table:
    """One column `name` of different keys, to look up."""
    return pa.table({name: pa.array(list(dict.fromkeys(keys)), _TEXT)})


def _articles(pages: Iterable[AnalysedPage]) -> Iterable[Article]:
    return (page.article for page in pages if page.article is not None)


def _unique(records: Iterable[T], key: Callable[[T], object]) -> list[T]:
    """The first record of each key, in order."""
    first: dict[object, T] = {}
    for record in records:
        first.setdefault(key(record), record)
    return list(first.values())


def _table(columns: Columns, records: Sequence[Any]) -> pa.Table:
    return pa.table(
        {name: pa.array([value(record) for record in records], kind) for name, (kind, value) in columns.items()}
    )


def _evidence(one: Evidence) -> dict[str, object]:
    return {
        "field": one.field,
        "start": one.start,
        "end": one.end,
        "text": one.text,
        "alias": one.alias,
        "entity": one.entity,
        "rule": one.rule,
    }
