"""When to ask a feed again: decisions after an answer or a failure. Pure; the clock is an argument.

A feed that was read is due again after

    max(what its pace calls for, what it asks for itself)      kept within poll_min_s … poll_max_s

- *Its pace*: a tenth of the mean time between the entries of the last week, so that on average an entry is found
  within a twentieth of that time. News comes in bursts, so a feed that has just published is asked again soon: not
  later than after half the time since. A feed with nothing in a week is asked ever less often.
- *What it asks for*: RSS `ttl`, `Cache-Control: max-age` and `Expires` are honoured up to an hour, or poll_max_s where
  that is less; what goes beyond is the default of some software that no editor chose, and a monitor that waited for
  it would miss what it is for. `sy:updatePeriod` says how often a site publishes, which we measure ourselves.
  `Retry-After` is honoured in full, on any answer, up to a week.

A feed that cannot be read is asked again after 5 minutes (less where poll_min_s is below one), doubling up to a day;
after DEAD_AFTER failures and a week it counts as dead and is asked daily, then weekly; after a 410 the same at once.
It is never dropped, and one good answer restores it. All waits are spread by a tenth, by a hash of address and
failures: the same input gives the same answer, yet feeds that failed together do not come back together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.answers import http_date, retry_after_s
from monitor.model import Poll, PollOutcome, key
from monitor.polling.state import FeedState, FeedStatus
from monitor.settings import Settings

WEEK_S = 604_800.0
DAY_S = 86_400.0
STATED_CAP_S = 3600.0
"""Longest wait that a feed's own `ttl`, `max-age` or `Expires` can bring about."""
DEAD_AFTER = 12
"""Failures in a row, over at least DEAD_AFTER_S, after which a feed counts as dead."""
DEAD_AFTER_S = WEEK_S
FIRST_RETRY_S = 300.0
FULL_GET_EVERY_S = DAY_S
"""A feed that only ever answered 304 for this long is asked without validators: some servers answer 304 for ever."""
MAX_ARRIVALS = 500
REDIRECTS_TO_BELIEVE = 3
"""A permanent redirect is remembered once it led to the same place this many polls in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRequest:
    """How to ask a feed: the address, and the validators to send."""

    url: str
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAnswer:
    """What came back, as far as decisions need it.

    `headers` have lower-case names. `permanent_url` is where 301 and 308 alone led, None without. For a body that was
    read: `body_hash`, its `size` in bytes, the number of `entries` in it and of `faulty` items besides, how many
    entries are `new` here, when those say they were `published`, the parser's name, its `memory` and the feed's own
    `ttl_s`. A body with the hash of the last one need not be read. `error` is a sentence when the body was no feed.
    """

    status: int
    headers: Mapping[str, str]
    at: datetime
    duration_ms: int = 0
    permanent_url: str | None = None
    body_hash: str | None = None
    size: int = 0
    entries: int = 0
    new: int = 0
    faulty: int = 0
    published: tuple[datetime, ...] = ()
    parser: str | None = None
    memory: bytes | None = None
    ttl_s: float | None = None
    error: str | None = None


def request_for(state: FeedState, now: datetime) -> FeedRequest:
    """What to ask for: conditionally, unless a day has passed since the last body; at the address it moved to.

    While it fails at the address it moved to, every other request goes to the declared one, without the validators
    that the other gave. A failure alone is no reason to ask for the whole body: a server in trouble has enough to do.
    """
    moved = state.moved_to is not None and state.moves_seen >= REDIRECTS_TO_BELIEVE
    is_elsewhere = moved and state.failures % 2 == 1
    url = state.moved_to if moved and state.moved_to and not is_elsewhere else state.url
    is_stale = state.full_at is None or (now - state.full_at).total_seconds() >= FULL_GET_EVERY_S
    if is_stale or is_elsewhere:
        return FeedRequest(url=url, etag=None, last_modified=None)
    return FeedRequest(url=url, etag=state.etag, last_modified=state.last_modified)


def after_answer(state: FeedState, answer: FeedAnswer, settings: Settings) -> tuple[FeedState, Poll]:
    """What to remember and to record after an answer of any status."""
    if answer.status == 410:
        return _after_gone(state, answer, settings)
    if answer.status != 304 and not 200 <= answer.status < 300:
        sentence = f"{state.url} answered with status {answer.status}{_meaning(answer.status)}."
        return _after_trouble(state, answer, settings, outcome="failed", sentence=sentence)
    if answer.error is not None:
        return _after_trouble(state, answer, settings, outcome="unreadable", sentence=answer.error)
    if answer.status == 304 and state.first_ok_at is None:
        sentence = f"{state.url} answered 304 although nothing was ever read from it."
        return _after_trouble(state, answer, settings, outcome="failed", sentence=sentence)
    return _after_success(state, answer, settings)


def after_failure(
    state: FeedState,
    *,
    at: datetime,
    error: str,
    settings: Settings,
    status: int | None = None,
    duration_ms: int = 0,
) -> tuple[FeedState, Poll]:
    """What to remember and to record when no answer came, or none that may be used.

    `error` says why (FetchError's sentence); the feed's address is put before it where it is missing.
    """
    sentence = error if state.url in error else f"{state.url}: {error}"
    answer = FeedAnswer(status=status or 0, headers={}, at=at, duration_ms=duration_ms)
    return _after_trouble(state, answer, settings, outcome="failed", sentence=sentence)


def put_off(state: FeedState, now: datetime, wait_s: float, settings: Settings) -> FeedState:
    """What to remember of a feed that was not asked, because its host wants to be left alone for `wait_s` seconds.

    It is due when that is over; nothing is known of the feed itself, so nothing else changes.
    """
    return replace(state, next_poll_at=now + timedelta(seconds=max(_spread(wait_s, state, settings), wait_s)))


def freshness_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds for which the answer says it stays fresh: `Cache-Control: max-age`, else `Expires`; None without."""
    directives = [part.strip().lower() for part in headers.get("cache-control", "").split(",")]
    if "no-cache" in directives or "no-store" in directives:
        return None
    for directive in directives:
        name, _, value = directive.partition("=")
        value = value.strip().strip('"')
        if name.strip() == "max-age":
            return float(value[:9]) or None if value.isascii() and value.isdigit() else None
    moment = http_date(headers.get("expires", ""))
    sent = http_date(headers.get("date", "")) or now
    return (moment - sent).total_seconds() if moment is not None and moment > sent else None


def pace_s(arrivals: Sequence[datetime], now: datetime, *, known_since: datetime | None) -> float:
    """Seconds between two polls that the arrivals of the last week call for.

    A tenth of their mean distance (over the time we know the feed, where that is shorter), and not more than half the
    time since the newest, so that a feed that has just published is asked again soon.
    """
    recent = [at for at in arrivals if 0 <= (now - at).total_seconds() <= WEEK_S]
    if not recent:
        quiet = (now - max(arrivals, default=known_since or now)).total_seconds()
        return max(quiet, 3600.0) / 10
    known_s = WEEK_S if known_since is None else (now - known_since).total_seconds()
    mean = min(WEEK_S, max(known_s, 3600.0)) / len(recent)
    since_newest = (now - max(recent)).total_seconds()
    return min(mean / 10, since_newest / 2)


# ---- the three ends ----------------------------------------------------------------------------------------------
def _after_success(state: FeedState, answer: FeedAnswer, settings: Settings) -> tuple[FeedState, Poll]:
    now = answer.at
    is_304 = answer.status == 304
    is_same = not is_304 and answer.body_hash is not None and answer.body_hash == state.body_hash
    state, has_moved = _after_redirect(state, answer)
    is_first = state.first_ok_at is None
    # What a feed holds when first asked came at times that only its dates tell.
    fresh = sorted(at for at in answer.published if at <= now) if is_first else [now] * answer.new
    arrivals = tuple(at for at in (*state.arrivals, *fresh) if (now - at).total_seconds() <= WEEK_S)[-MAX_ARRIVALS:]
    ttl_s = state.ttl_s if is_304 or is_same else answer.ttl_s
    first_ok_at = state.first_ok_at or now
    known_since = min(first_ok_at, *arrivals, first_ok_at)
    pace = pace_s(arrivals or state.arrivals[-1:], now, known_since=known_since)
    wait_s = _wait_s(pace, asked_s=_asked_s(ttl_s, answer, settings), settings=settings)
    wait_s = max(_spread(wait_s, state, settings), retry_after_s(answer.headers, now) or 0.0)
    outcome: PollOutcome = "not_modified" if is_304 or is_same else "new" if answer.new else "unchanged"
    if has_moved:
        outcome = "moved"
    has_body = not is_304
    state = replace(
        state,
        etag=answer.headers.get("etag") or (state.etag if is_304 else None),
        last_modified=answer.headers.get("last-modified") or (state.last_modified if is_304 else None),
        body_hash=answer.body_hash if has_body else state.body_hash,
        full_at=now if has_body else state.full_at,
        interval_s=wait_s,
        ttl_s=ttl_s,
        arrivals=arrivals or state.arrivals[-1:],
        first_ok_at=first_ok_at,
        last_ok_at=now,
        memory=answer.memory if answer.memory is not None else state.memory,
    )
    state = _polled(state, now, wait_s, failures=0, failing_since=None, status="ok", error=None)
    return state, _poll(state, answer, outcome)


def _after_gone(state: FeedState, answer: FeedAnswer, settings: Settings) -> tuple[FeedState, Poll]:
    failures, since = state.failures + 1, state.failing_since or answer.at
    sentence = f"{state.url} answered 410: its publisher says it is gone for good. Look for its successor."
    wait_s = _spread(_dead_wait_s(since, answer.at), state, settings)
    state = _polled(state, answer.at, wait_s, failures=failures, failing_since=since, status="gone", error=sentence)
    return state, _poll(state, answer, "gone", error=sentence)


def _after_trouble(
    state: FeedState, answer: FeedAnswer, settings: Settings, *, outcome: PollOutcome, sentence: str
) -> tuple[FeedState, Poll]:
    failures, since = state.failures + 1, state.failing_since or answer.at
    is_dead = failures >= DEAD_AFTER and (answer.at - since).total_seconds() >= DEAD_AFTER_S
    status: FeedStatus = "gone" if state.status == "gone" else "dead" if is_dead else "failing"
    if status == "failing":
        first_s = max(settings.poll_min_s, min(FIRST_RETRY_S, settings.poll_min_s * 5))
        wait_s = min(first_s * 2 ** min(failures - 1, 20), DAY_S)
    else:
        wait_s = _dead_wait_s(since, answer.at)
    if outcome == "unreadable":  # or a 304 could confirm what was no feed
        state = replace(state, etag=None, last_modified=None)
    wait_s = max(_spread(wait_s, state, settings), retry_after_s(answer.headers, answer.at) or 0.0)
    state = _polled(state, answer.at, wait_s, failures=failures, failing_since=since, status=status, error=sentence)
    return state, _poll(state, answer, outcome, error=sentence)


def _polled(
    state: FeedState,
    now: datetime,
    wait_s: float,
    *,
    failures: int,
    failing_since: datetime | None,
    status: FeedStatus,
    error: str | None,
) -> FeedState:
    return replace(
        state,
        last_poll_at=now,
        next_poll_at=now + timedelta(seconds=wait_s),
        failures=failures,
        failing_since=failing_since,
        status=status,
        error=error,
    )


def _poll(state: FeedState, answer: FeedAnswer, outcome: PollOutcome, *, error: str | None = None) -> Poll:
    return Poll(
        poll_id=key(state.url, answer.at.isoformat()),
        feed_url=state.url,
        source_id=state.source_id,
        polled_at=answer.at,
        outcome=outcome,
        status=answer.status or None,
        entries=answer.entries,
        new=answer.new,
        faulty=answer.faulty,
        bytes=answer.size,
        duration_ms=answer.duration_ms,
        parser=answer.parser,
        error=error,
        next_poll_at=state.next_poll_at,
    )


# ---- pieces ------------------------------------------------------------------------------------------------------
def _after_redirect(state: FeedState, answer: FeedAnswer) -> tuple[FeedState, bool]:
    """Count a permanent redirect; forget one that no longer holds. Whether it was believed just now."""
    target = answer.permanent_url
    believed = state.moves_seen >= REDIRECTS_TO_BELIEVE
    if target is None or target == state.url:
        if believed and state.failures % 2 == 0:
            return state, False  # asked at its new address, which answers
        return replace(state, moved_to=None, moves_seen=0), False
    seen = state.moves_seen + 1 if target == state.moved_to else 1
    return replace(state, moved_to=target, moves_seen=seen), seen == REDIRECTS_TO_BELIEVE


def _meaning(status: int) -> str:
    if status in {401, 402, 403, 451}:
        return ": it refuses us; it may want a browser, a subscription or another network"
    if status == 404:
        return ": there is nothing at that address; look for where the feed has gone"
    if status == 429:
        return ": it wants fewer requests, and gets them"
    return ": its server has trouble" if status >= 500 else ""


def _asked_s(ttl_s: float | None, answer: FeedAnswer, settings: Settings) -> float:
    asked = max(ttl_s or 0.0, freshness_s(answer.headers, answer.at) or 0.0)
    return min(asked, STATED_CAP_S, settings.poll_max_s)


def _wait_s(pace: float, *, asked_s: float, settings: Settings) -> float:
    longest = max(settings.poll_max_s, settings.poll_min_s)
    return min(max(pace, asked_s, settings.poll_min_s), longest)


def _dead_wait_s(since: datetime, now: datetime) -> float:
    """Daily in the first month, then ever less often, to weekly."""
    days = (now - since).total_seconds() / DAY_S
    return DAY_S * min(max(days / 15, 1.0), 7.0)


def _spread(wait_s: float, state: FeedState, settings: Settings) -> float:
    """`wait_s`, up to a tenth longer, by a hash of the address and what happened; never beyond poll_max_s when ok."""
    fraction = int(key(state.url, str(state.failures), str(state.last_poll_at))[:8], 16) / 0xFFFFFFFF
    spread = wait_s * (1 + fraction / 10)
    return min(spread, settings.poll_max_s) if wait_s <= settings.poll_max_s else spread
