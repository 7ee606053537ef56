"""What the poller remembers of a feed from one poll to the next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from monitor.model import Feed

FeedStatus = Literal["ok", "failing", "dead", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What the poller remembers of a feed. `url` is its identity, as declared.

    `etag`, `last_modified` and `body_hash` are of the last body that was read; `full_at` is when it came. `moved_to`
    is where permanent redirects have led `moves_seen` times in a row; requests go there once that is often enough.
    `arrivals` are the times at which new entries came in the last week, oldest first. `failures` counts those in a row
    since `failing_since`. `first_ok_at` is None until the feed was read once: what it holds then is old news. `memory`
    is the parser's of the items it has read.
    """

    url: str
    source_id: str
    next_poll_at: datetime
    language: str = "und"
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    full_at: datetime | None = None
    moved_to: str | None = None
    moves_seen: int = 0
    interval_s: float = 0.0
    ttl_s: float | None = None
    arrivals: tuple[datetime, ...] = ()
    first_ok_at: datetime | None = None
    last_ok_at: datetime | None = None
    last_poll_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    status: FeedStatus = "ok"
    error: str | None = None
    memory: bytes = b""

    @property
    def is_first_poll(self) -> bool:
        """Whether the feed was never read: what it holds now is old news."""
        return self.first_ok_at is None

    @property
    def feed(self) -> Feed:
        """The feed as declared."""
        return Feed(url=self.url, source_id=self.source_id, language=self.language)


def new_state(feed: Feed, now: datetime) -> FeedState:
    """The state of a feed that was never asked: due at once."""
    return FeedState(url=feed.url, source_id=feed.source_id, language=feed.language, next_poll_at=now)
