"""New articles on a topic, and the monitor's own trouble, as Slack messages (Block Kit). Pure: decides and writes.

An article is told once a channel, with all its topics that go there. It is not told when it was at a feed already
when the feed was first asked, when its source dates it longer ago than the limit, or when the archive has it from a
feed that was followed already.
All that comes from outside goes through `mrkdwn`.
"""

import bisect
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from monitor.alerts.blocks import Block, context, dump, excerpt, section, shown_time
from monitor.alerts.mrkdwn import Piece, escape, link, render, safe_link
from monitor.language import sentences
from monitor.model import Alert, AnalysedPage, Article, Evidence, Language, Match, PageStatus, Source, key

MAX_EXCERPTS = 3

_SECTION_LIMIT = 1_400  # of 3,000: leaves room for a count in UTF-16 units, should Slack count so
_HEADLINE_LIMIT = 700
_NAMES_LIMIT = 500
_NAME_LIMIT = 200
_TEXT_LIMIT = 3_000

_LANGUAGE_NAMES = {"en": "English", "zh": "Chinese", "ru": "Russian", "und": "language unknown"}
_BLOC_UNKNOWN = "–"
_WHY_FEED_ONLY: dict[PageStatus, str] = {
    "known": "",
    "fetched": "",
    "no_link": "the entry has no link",
    "disallowed": "robots.txt disallows the page",
    "blocked": "the site refused the page",
    "paywall": "paywall",
    "not_found": "the page is gone",
    "not_html": "the link is no web page",
    "too_large": "the page is too large",
    "timeout": "the page took too long",
    "script_only": "the page is drawn by script",
    "failed": "the page could not be had",
}


class AlertTopic(Protocol):
    """What an alert needs of a topic of the watchlist."""

    @property
    def name(self) -> Mapping[Language, str]:
        """Its name in each language that has one."""

    @property
    def channel(self) -> str:
        """The Slack channel, by name or id, that its alerts go to."""


def new_article_alerts(
    pages: Sequence[AnalysedPage],
    *,
    settled_article_ids: Iterable[str],
    alerted: Mapping[str, frozenset[str]],
    sources: Mapping[str, Source],
    topics: Mapping[str, AlertTopic],
    now: datetime,
    max_age_s: float | None,
    alert_first_poll: bool,
    timezone: str = "UTC",
) -> list[Alert]:
    """The alerts for a batch of analysed pages, oldest article first.

    `settled_article_ids` are no news any more (`Archive.settled_articles`), `alerted` holds topics already told
    (article id -> topic ids).
    `max_age_s` None means no limit; an article without a date counts as new. `timezone` is for readers whose program
    does not show times in their own zone (IANA name).
    """
    settled = frozenset(settled_article_ids)
    versions: dict[str, list[AnalysedPage]] = {}
    for page in pages:
        if page.article is not None and page.article_id not in settled:
            versions.setdefault(page.article_id, []).append(page)
    chosen = [
        max(group, key=lambda page: len(page.matches))
        for group in versions.values()
        if _is_news(group, max_age_s=max_age_s, alert_first_poll=alert_first_poll)
    ]
    alerts: list[Alert] = []
    for page in sorted(chosen, key=_moment):
        for channel, matches in _by_channel(page, alerted.get(page.article_id, frozenset()), topics).items():
            # A microsecond apart, so that the order in which they are sent is the order in which they were written.
            at = now + timedelta(microseconds=len(alerts))
            alerts.append(
                _article_alert(page, channel, matches, sources=sources, topics=topics, now=at, timezone=timezone)
            )
    return alerts


def operations_alert(title: str, detail: str, *, channel: str, now: datetime) -> Alert:
    """The monitor's own trouble (a bad edit of the watchlist, a dead feed), told once a day while it lasts."""
    lines = [escape(line, 280) for line in detail.splitlines()[:10]]
    headline = escape(title, _NAME_LIMIT)
    blocks: list[Block] = [section(f"⚠️ *{headline}*")]
    if any(lines):
        blocks.append(section("\n".join(line for line in lines if line)))
    blocks.append(context(["from the monitor itself"]))
    return Alert(
        alert_id=key("operations", channel, title, detail, now.astimezone(UTC).date().isoformat()),
        kind="operations",
        created_at=now,
        channel=channel,
        text=f"⚠️ {headline}",
        blocks=dump(blocks),
    )


def _is_news(versions: Sequence[AnalysedPage], *, max_age_s: float | None, alert_first_poll: bool) -> bool:
    """Whether an article, met in one batch in one or more versions, is new to the world rather than only to us."""
    articles = [page.article for page in versions if page.article is not None]
    if not alert_first_poll and all(article.first_poll for article in articles):
        return False
    if max_age_s is None:
        return True
    # The feed's date as well as the page's: one of them is often only a day, or that of a template. And the moment
    # that counts is when the entry turned up, so that what waited while the monitor was down is still told.
    dates = [article.published for article in articles] + [e.published for page in versions for e in page.entries]
    known = [date for date in dates if date is not None]
    seen = min(article.seen_at for article in articles)
    return not known or seen - max(known) <= timedelta(seconds=max_age_s)


def _moment(page: AnalysedPage) -> tuple[datetime, str]:
    article = page.article
    if article is None:
        return datetime.min.replace(tzinfo=UTC), page.article_id
    return article.published or article.seen_at, page.article_id


def _by_channel(
    page: AnalysedPage, alerted: frozenset[str], topics: Mapping[str, AlertTopic]
) -> dict[str, dict[str, Match]]:
    """Channel -> topic id -> match, without what was told and without topics that the watchlist no longer has."""
    channels: dict[str, dict[str, Match]] = {}
    for match in page.matches:
        if match.topic_id in topics and match.topic_id not in alerted:
            channels.setdefault(topics[match.topic_id].channel, {}).setdefault(match.topic_id, match)
    return channels


def _article_alert(
    page: AnalysedPage,
    channel: str,
    matches: Mapping[str, Match],
    *,
    sources: Mapping[str, Source],
    topics: Mapping[str, AlertTopic],
    now: datetime,
    timezone: str,
) -> Alert:
    article = page.article
    assert article is not None  # noqa: S101 - the caller chose pages that hold one
    source = sources.get(article.source_id)
    outlet = escape((source.name if source else "") or article.source_id, _NAME_LIMIT)
    names = " · ".join(escape(_name(topics[topic]), _NAME_LIMIT) for topic in matches)
    names = names if len(names) <= _NAMES_LIMIT else f"{len(matches)} topics"
    title = _headline(article)
    lines = [render(pieces, _SECTION_LIMIT) for pieces in _excerpts(article, matches)]
    lines = [line for line in lines if line]
    blocks: list[Block] = [section(f"*{link(article.link or article.url, title, _HEADLINE_LIMIT)}*\n{names}")]
    blocks += [section(line) for line in lines]
    blocks.append(context(_origin(article, source, outlet, timezone)))
    return Alert(
        alert_id=key("new_article", article.article_id, channel, *sorted(matches)),
        kind="new_article",
        created_at=now,
        channel=channel,
        text=_fallback(article, title, outlet, names, lines),
        blocks=dump(blocks),
        article_id=article.article_id,
        topics=tuple(sorted(matches)),
    )


def _headline(article: Article) -> str:
    """The title; without one the beginning of the text, or the address."""
    if escape(article.title, _HEADLINE_LIMIT):
        return article.title
    begin = article.text.lstrip()[:120]
    return begin if escape(begin, _HEADLINE_LIMIT) else article.url or "(without a title)"


def _name(topic: AlertTopic) -> str:
    names = topic.name
    return names.get("en") or next((name for name in names.values() if name), "") or topic.channel


def _excerpts(article: Article, matches: Mapping[str, Match]) -> list[list[Piece]]:
    """What matched, in the article's own words: the sentences that show each topic best, hits bold.

    A topic is shown by as few sentences as hold two different words of its evidence (or the only one). A topic that
    only the title hits is shown by the title; then the first sentence follows, so that there is something to read.
    """
    hits = {topic: _valid(article, match.evidence) for topic, match in matches.items()}
    spans = sentences(article.text)
    starts = [start for start, _ in spans]
    # Per sentence: what it shows, as (topic, word) pairs.
    shown_by: dict[int, set[tuple[str, str]]] = {}
    for topic, evidence in hits.items():
        for hit in evidence:
            if hit.field == "text" and (at := bisect.bisect_right(starts, hit.start) - 1) >= 0:
                shown_by.setdefault(at, set()).add((topic, hit.entity or hit.alias.casefold()))
    chosen = _choose_sentences(shown_by)
    in_text = {topic for pairs in shown_by.values() for topic, _ in pairs}
    excerpts: list[list[Piece]] = []
    title_hits = [hit for topic, found in hits.items() if topic not in in_text for hit in found if hit.field == "title"]
    if title_hits:
        excerpts.append(excerpt(article.title, (0, len(article.title)), title_hits))
    marks = [hit for found in hits.values() for hit in found if hit.field == "text"]
    excerpts += [excerpt(article.text, spans[at], marks) for at in chosen]
    if not chosen and spans:
        excerpts.append(excerpt(article.text, spans[0], []))
    return excerpts


def _choose_sentences(shown_by: Mapping[int, set[tuple[str, str]]]) -> list[int]:
    """As few sentences as show each topic by two words (or its only one), at most MAX_EXCERPTS; in reading order."""
    words: dict[str, set[str]] = {}
    for pairs in shown_by.values():
        for topic, word in pairs:
            words.setdefault(topic, set()).add(word)
    needed = {topic: min(2, len(found)) for topic, found in words.items()}
    seen: set[tuple[str, str]] = set()
    chosen: list[int] = []

    def shown(pairs: set[tuple[str, str]]) -> int:
        return sum(min(count, sum(topic == found for found, _ in pairs)) for topic, count in needed.items())

    def gain(at: int) -> tuple[int, int, int]:
        return shown(seen | shown_by[at]), len(shown_by[at]), -at

    while len(chosen) < min(MAX_EXCERPTS, len(shown_by)) and shown(seen) < sum(needed.values()):
        best = max((at for at in shown_by if at not in chosen), key=gain)
        chosen.append(best)
        seen |= shown_by[best]
    return sorted(chosen)


def _valid(article: Article, evidence: Sequence[Evidence]) -> list[Evidence]:
    """Evidence whose span holds what it says; anything else would embolden the wrong words."""
    fields = {"title": article.title, "text": article.text}
    return [e for e in evidence if 0 <= e.start < e.end and fields[e.field][e.start : e.end] == e.text]


def _origin(article: Article, source: Source | None, outlet: str, timezone: str) -> list[str]:
    """The context line: who, from where, in which language, when; then what to know about the copy we have."""
    place = f"{escape(source.country, 60)} / {escape(source.bloc, 60)}" if source else _BLOC_UNKNOWN
    language = _LANGUAGE_NAMES.get(article.language) or escape(article.language, 20)
    when = (
        shown_time(article.published, timezone)
        if article.published
        else f"seen {shown_time(article.seen_at, timezone)}"
    )
    notes = [f"{outlet} · {place} · {language} · {when}"]
    if article.text_origin == "feed" or article.page_status not in {"fetched", "known"}:
        why = _WHY_FEED_ONLY[article.page_status]
        notes.append(f"from the feed only{': ' if why else ''}{why}")
    marks = (["📷 photo"] if article.image_urls else []) + (["🎬 video"] if article.has_video else [])
    return notes + ([" · ".join(marks)] if marks else [])


def _fallback(article: Article, title: str, outlet: str, names: str, lines: Sequence[str]) -> str:
    """For notifications, screen readers, and if Slack should refuse the blocks."""
    first = f"{names}: {escape(title, _HEADLINE_LIMIT)} ({outlet})"
    text = "\n".join([first, *lines[:1]]).replace("://", "꞉//")
    target = safe_link(article.link or article.url)
    return f"{text}\n<{target}>" if target and len(text) + len(target) < _TEXT_LIMIT else text
