"""How long things are kept: pages in warc/landing/ some days, in warc/kept/ for good; polls without news 30 days."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from monitor.archive.database import Connection
from monitor.errors import ArchiveError

POLLS_KEEP = timedelta(days=30)


def expired_days(names: list[str], now: datetime, keep_days: float) -> list[str]:
    """Those folder names that are a day (`2022-09-15`, UTC) whose last moment lies more than `keep_days` back."""
    return [name for name in names if (end := _end_of_day(name)) and end + timedelta(days=keep_days) <= now]


def prune_warc(warc_dir: Path, *, now: datetime, keep_days: float, pending_since: datetime | None = None) -> int:
    """Delete the WARC files in `warc_dir`/landing that are older than `keep_days`, and return how many.

    `pending_since` is when the oldest batch in the spool was written: what it points to may still be read, so nothing
    of that day or later goes. Anything that is not a day's folder of WARC files is left alone. Raises ArchiveError
    when a file cannot be deleted.
    """
    landing = warc_dir / "landing"
    if not landing.is_dir():
        return 0
    names = sorted(item.name for item in landing.iterdir() if item.is_dir() and not item.is_symlink())
    until = None if pending_since is None else pending_since.astimezone(UTC).date().isoformat()
    deleted = 0
    for name in expired_days(names, now, keep_days):
        if until is not None and name >= until:
            break
        try:
            for file in (landing / name).glob("*.warc.gz"):
                file.unlink(missing_ok=True)
                deleted += 1
            if not any((landing / name).iterdir()):
                (landing / name).rmdir()
        except OSError as error:
            raise ArchiveError(
                f"Old pages in {landing / name} could not be deleted: {error.strerror}. Fix the folder's permissions."
            ) from error
    return deleted


def prune_polls(con: Connection, now: datetime) -> int:
    """Delete polls older than POLLS_KEEP without news and with the outcome of the one before; return how many."""
    counted = con.execute(
        "DELETE FROM polls WHERE poll_id IN (SELECT poll_id FROM polls WHERE polled_at < $until QUALIFY new = 0 AND "
        "outcome = lag(outcome) OVER (PARTITION BY feed_url ORDER BY polled_at, poll_id))",
        {"until": now - POLLS_KEEP},
    ).fetchone()
    return int(counted[0]) if counted else 0


def _end_of_day(name: str) -> datetime | None:
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return datetime.combine(day, time.min, UTC) + timedelta(days=1)
