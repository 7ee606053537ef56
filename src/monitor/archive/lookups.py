"""What the stages ask the archive before they act. Each reads key columns only, never bodies."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from monitor.archive.database import Connection
from monitor.archive.tables import keys_table
from monitor.model import Alert, Delivery


@dataclass(frozen=True, slots=True)
class Identity:
    """Which archive it is, and how many batches brought it something new."""

    archive_id: str
    generation: int


def identity(con: Connection) -> Identity:
    """The identity of the archive."""
    [(archive_id, generation)] = con.execute("SELECT archive_id::VARCHAR, generation FROM archive_identity").fetchall()
    return Identity(archive_id, generation)


def known_keys(con: Connection, table: str, column: str, keys: Iterable[str]) -> set[str]:
    """Those of `keys` that stand in `column` of `table`."""
    con.register("wanted", keys_table("wanted_key", keys))
    found = con.execute(
        f"SELECT DISTINCT {column} FROM {table} SEMI JOIN wanted ON {column} = wanted_key"  # noqa: S608 - our own names
    ).fetchall()
    return {key for (key,) in found}


def settled_articles(con: Connection, article_ids: Iterable[str]) -> set[str]:
    """Those of `article_ids` that are no news any more, whoever brings them: a feed that was followed already has.

    An article that only feeds held when they were first asked is archived without an alert, because it may be old.
    When it then turns up in a feed that is followed, that is the news of it.
    """
    con.register("wanted", keys_table("wanted_id", article_ids))
    found = con.execute(
        "SELECT DISTINCT article_id FROM entries SEMI JOIN wanted ON article_id = wanted_id WHERE NOT first_poll"
    ).fetchall()
    return {article_id for (article_id,) in found}


def known_articles(con: Connection, urls: Iterable[str]) -> dict[str, str]:
    """The article of each canonical URL that the archive knows, as an article's own address or an entry's."""
    con.register("wanted", keys_table("wanted_url", urls))
    found = con.execute(
        "SELECT url, article_id, 0 AS rank, recorded_at FROM articles SEMI JOIN wanted ON url = wanted_url "
        "UNION ALL "
        "SELECT url, article_id, 1 AS rank, recorded_at FROM entries SEMI JOIN wanted ON url = wanted_url "
        "ORDER BY rank, recorded_at, article_id"
    ).fetchall()
    articles: dict[str, str] = {}
    for url, article_id, _, _ in found:
        articles.setdefault(url, article_id)
    return articles


def alerted_topics(con: Connection, article_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """The topics that each of these articles has been alerted for, or is queued for; without those that never were."""
    con.register("wanted", keys_table("wanted_id", article_ids))
    found = con.execute(
        "SELECT article_id, topics FROM alerts SEMI JOIN wanted ON article_id = wanted_id WHERE kind = 'new_article'"
    ).fetchall()
    topics: dict[str, set[str]] = defaultdict(set)
    for article_id, told in found:
        topics[article_id].update(told)
    return {article_id: frozenset(told) for article_id, told in topics.items()}


def threads(con: Connection, thread_keys: Iterable[str]) -> dict[tuple[str, str], str]:
    """Slack's timestamp of the message that began each thread: of the first alert with the key that was delivered to a
    channel. By channel and key."""
    con.register("wanted", keys_table("wanted_key", thread_keys))
    found = con.execute(
        "SELECT channel, thread_key, min_by(ts, (occurred_at, alert_id)) FROM alerts "
        "SEMI JOIN wanted ON thread_key = wanted_key JOIN deliveries USING (alert_id) "
        "WHERE outcome IN ('sent', 'found') AND ts IS NOT NULL GROUP BY channel, thread_key"
    ).fetchall()
    return {(channel, thread_key): ts for channel, thread_key, ts in found}


def pending_alerts(con: Connection) -> list[tuple[Alert, list[Delivery]]]:
    """Alerts that are neither sent nor shown, oldest first, each with its deliveries so far in order."""
    con.execute(
        "CREATE OR REPLACE TEMP TABLE pending AS "
        "SELECT * FROM alerts ANTI JOIN "
        "(SELECT alert_id FROM deliveries WHERE outcome IN ('sent', 'found', 'not_sent')) AS final USING (alert_id)"
    )
    deliveries: dict[str, list[Delivery]] = defaultdict(list)
    rows = con.execute(
        "SELECT alert_id, occurred_at, outcome, attempt, channel_id, ts, error, retry_at "
        "FROM deliveries SEMI JOIN pending USING (alert_id) ORDER BY attempt, outcome <> 'attempted', occurred_at"
    ).fetchall()
    for alert_id, at, outcome, attempt, channel_id, ts, error, retry_at in rows:
        deliveries[alert_id].append(
            Delivery(
                alert_id=alert_id,
                at=_utc(at),
                outcome=outcome,
                attempt=attempt,
                channel_id=channel_id,
                ts=ts,
                error=error,
                retry_at=None if retry_at is None else _utc(retry_at),
            )
        )
    alerts = con.execute(
        "SELECT alert_id, kind, created_at, channel, text, blocks, article_id, topics, claim_id, thread_key, "
        "coalesce(broadcast, false) "
        "FROM pending ORDER BY created_at, alert_id"
    ).fetchall()
    return [(_alert(row), deliveries[row[0]]) for row in alerts]


def _alert(row: tuple[Any, ...]) -> Alert:
    alert_id, kind, created_at, channel, text, blocks, article_id, topics, claim_id, thread_key, broadcast = row
    return Alert(
        alert_id=alert_id,
        kind=kind,
        created_at=_utc(created_at),
        channel=channel,
        text=text,
        blocks=blocks,
        article_id=article_id,
        topics=tuple(topics),
        claim_id=claim_id,
        thread_key=thread_key,
        broadcast=broadcast,
    )


def article_links(con: Connection, article_ids: Iterable[str]) -> dict[str, tuple[str, str | None]]:
    """Title, in its newest revision, and address of each of these articles that is archived."""
    con.register("wanted", keys_table("wanted_id", article_ids))
    found = con.execute(
        "SELECT article_id, max_by(revisions.title, (fetched_at, revisions.recorded_at)), "
        "any_value(coalesce(link, articles.url)) "
        "FROM articles SEMI JOIN wanted ON articles.article_id = wanted_id JOIN revisions USING (article_id) "
        "GROUP BY article_id"
    ).fetchall()
    return {article_id: (title, link) for article_id, title, link in found}


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)  # DuckDB hands out pytz zones
