"""Errors the monitor raises on purpose.

    MonitorError                  anything a user can be told about in one sentence
    ├── ConfigError               a configuration file or an environment variable is unusable
    ├── FetchError                a URL could not be had; carries the URL
    │   ├── AddressBlocked        the address is not on the public internet and not allowed
    │   ├── BodyTooLarge          more bytes, or more bytes after decompression, than allowed
    │   ├── FetchTimeout          the server took too long
    │   ├── HostResting           the host asked for a pause that is not over; nothing was asked
    │   └── RobotsDisallowed      robots.txt asks us to stay away
    ├── FeedUnreadable            the bytes are no feed; carries the feed's URL
    ├── MemoryFileError           the poller's memory cannot be read or written
    ├── ArchiveError              the archive cannot be opened or written
    ├── SlackError                Slack did not take a message
    └── StackError                the local stack cannot be started or stopped

Expected trouble with one item (a feed, a page, an alert) is a value in that item's record, so that it never sinks
the batch; these exceptions cross function borders only where a caller turns them into such a value or into a
sentence for the user. Anything else that is raised is a bug and surfaces.
"""


class MonitorError(Exception):
    """Root of the tree. `str(error)` is a sentence for the user: what happened, where, and what to do."""


class ConfigError(MonitorError):
    """A configuration file or environment variable is unusable; the message names file, line and what is allowed."""


class FetchError(MonitorError):
    """A URL could not be had.

    `status` is the HTTP status where there was an answer; `retryable` says whether the same request may work later.
    """

    def __init__(self, message: str, *, url: str, status: int | None = None, retryable: bool = False) -> None:
        super().__init__(message)
        self.url = url
        self.status = status
        self.retryable = retryable


class AddressBlocked(FetchError):
    """The address is outside the public internet and MONITOR_ALLOW_NETWORKS does not name it."""


class BodyTooLarge(FetchError):
    """The answer is larger than allowed, as sent or after decompression."""


class FetchTimeout(FetchError):
    """The server took too long to connect, to answer or to finish; may be tried again."""


class HostResting(FetchError):
    """The host asked to be left alone (Retry-After) for `wait_s` seconds more, so nothing was asked."""

    def __init__(self, message: str, *, url: str, wait_s: float) -> None:
        super().__init__(message, url=url, status=429, retryable=True)
        self.wait_s = wait_s


class RobotsDisallowed(FetchError):
    """The site's robots.txt disallows the URL for our User-Agent."""


class FeedUnreadable(MonitorError):
    """The bytes that came from a feed's address are no feed."""

    def __init__(self, message: str, *, url: str) -> None:
        super().__init__(message)
        self.url = url


class MemoryFileError(MonitorError):
    """The poller's memory, state/feeds.sqlite, cannot be read or written: locked, full disk, no permission."""


class ArchiveError(MonitorError):
    """The archive cannot be opened, read or written."""


class SlackError(MonitorError):
    """Slack did not take a message.

    `code` is Slack's own error name (`channel_not_found`), `http_NNN`, `timeout` or `connection`.
    """

    def __init__(self, message: str, *, code: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after_s = retry_after_s


class StackError(MonitorError):
    """The local stack cannot be started or stopped."""
