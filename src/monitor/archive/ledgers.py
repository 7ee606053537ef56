"""What the archive knows of claims, as deciding about new observations needs it (`monitor.changes.Ledger`).

Of the claims that are touched, what was said since the oldest new observation is read, and the latest of each outlet
and speaker before: that many rows stay the same however large the archive grows.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from monitor.archive.database import Connection
from monitor.archive.tables import keys_table
from monitor.changes import Dated, Ledger, belief_filter, rules_hash, said_at
from monitor.changes.telling import HELD
from monitor.model import Belief, Change, Mark, Observation, Withdrawal
from monitor.watchlist import Claim

_OBSERVED = (
    "observation_id, claim_id, kind, article_id, revision_id, source_id, value, number, number_hi, comparator, unit, "
    "aspect, previous, polarity, modality, speaker, speaker_entity, speaker_bloc, chain, field, sentence_start, "
    "sentence_end, sentence, marks, language, carried, confidence, published, observed_at, extractor, watchlist_hash, "
    "said_at"
)
_COUNTED = "list_contains(modalities, modality) AND list_contains(aspects, coalesce(aspect, ''))"
_OLDEST = "(SELECT min(coalesce(since, '-infinity'::TIMESTAMPTZ)) FROM wanted)"
"""Lets DuckDB skip what is older than all that is wanted without looking at it."""

# Narrow columns tell what is wanted; only of that the sentences are read.
_BEFORE = f"""
WITH latest AS (
    SELECT claim_id, source_id, max(said_at) AS said_at
    FROM observations
    JOIN wanted ON wanted_id = claim_id
    WHERE said_at < since AND {_COUNTED}
    GROUP BY claim_id, source_id, speaker_entity, speaker, chain, polarity
)
SELECT {_OBSERVED}
FROM observations
SEMI JOIN latest USING (claim_id, source_id, said_at)
JOIN wanted ON wanted_id = claim_id
WHERE {_COUNTED}
"""  # noqa: S608 - our own names
_AFTER = f"""
SELECT {_OBSERVED}
FROM observations
JOIN wanted ON wanted_id = claim_id
WHERE said_at >= {_OLDEST} AND (since IS NULL OR said_at >= since)
"""  # noqa: S608 - our own names
_BELIEFS = """
WITH accounts AS (
    SELECT beliefs.*, coalesce(valid_from >= since, true) AS is_after
    FROM beliefs
    JOIN wanted ON wanted_id = claim_id
    QUALIFY row_number() OVER (PARTITION BY claim_id, layer, holder, valid_from ORDER BY version DESC) = 1
)
SELECT
    belief_id, claim_id, layer, holder, believed, polarity, contested, settled, support, observation_ids, valid_from,
    version, rebuilt, watchlist_hash
FROM accounts
QUALIFY is_after OR layer = 'overall'
    OR row_number() OVER (PARTITION BY claim_id, layer, holder, is_after ORDER BY valid_from DESC) = 1
"""
_CHANGED = (
    "change_id, claim_id, kind, layer, holder, old, new, observation_id, article_id, occurred_at, confirmed, confirms, "
    "suppressed, watchlist_hash"
)
_CHANGES = f"""
SELECT {_CHANGED}
FROM changes
JOIN wanted ON wanted_id = claim_id
WHERE occurred_at >= {_OLDEST} AND (since IS NULL OR occurred_at >= since)
UNION
SELECT {_CHANGED}
FROM changes
JOIN wanted ON wanted_id = claim_id
WHERE layer = 'overall' AND (suppressed IS NULL OR list_contains($held, suppressed))
QUALIFY row_number() OVER (PARTITION BY claim_id, suppressed ORDER BY occurred_at DESC, change_id DESC) = 1
"""  # noqa: S608 - our own names
_WITHDRAWALS = """
SELECT observation_id, claim_id, article_id, reason, withdrawn_at
FROM withdrawals
JOIN wanted ON wanted_id = claim_id
"""


@dataclass(frozen=True)
class ClaimFacts:
    """What the archive says to a batch of observations.

    `new` are those that it lacks, of declared claims and others, with the moments from which on they count. `changed`
    are the claims (ids) that are new or whose rules are others than those by which their beliefs were made; their
    ledgers hold everything, those of the other touched claims what new observations can touch.
    """

    new: tuple[Dated, ...]
    changed: frozenset[str]
    ledgers: Mapping[str, Ledger]


def claim_facts(con: Connection, observed: Sequence[Observation], claims: Sequence[Claim]) -> ClaimFacts:
    """Which of `observed` are new, and what is known of the claims (of `claims`) that they touch."""
    rules = dict(con.execute("SELECT claim_id, rules_hash FROM claims WHERE declared").fetchall())
    changed = frozenset(claim.id for claim in claims if rules.get(claim.id) != rules_hash(claim))
    lacking = _lacking(con, observed)
    later = _later_revisions(con, lacking)
    new = tuple(Dated(one, said_at(one, edited_in=one.revision_id in later)) for one in lacking)
    declared = {claim.id: claim for claim in claims}
    wanted: dict[str, datetime | None] = dict.fromkeys(changed)
    for dated in sorted(new, key=lambda one: one.at):
        if dated.observation.claim_id in declared:
            wanted.setdefault(dated.observation.claim_id, dated.at)
    found = _ledgers(con, [(declared[claim_id], since) for claim_id, since in wanted.items()]) if wanted else {}
    return ClaimFacts(new, changed, found)


def _lacking(con: Connection, observed: Sequence[Observation]) -> list[Observation]:
    """Those of `observed`, each once, that are not archived."""
    if not observed:
        return []
    con.register("wanted", keys_table("wanted_id", (one.observation_id for one in observed)))
    found = con.execute(
        "SELECT observation_id FROM observations SEMI JOIN wanted ON observation_id = wanted_id"
    ).fetchall()
    con.unregister("wanted")
    known = {observation_id for (observation_id,) in found}
    unique = {one.observation_id: one for one in observed}
    return [one for one in unique.values() if one.observation_id not in known]


def _later_revisions(con: Connection, observed: Sequence[Observation]) -> set[str]:
    """Those revisions (ids) of `observed` whose article was archived in an earlier one."""
    if not observed:
        return set()
    wanted = {
        "wanted_article": pa.array([one.article_id for one in observed], pa.string()),
        "wanted_revision": pa.array([one.revision_id for one in observed], pa.string()),
        "wanted_at": pa.array([one.observed_at for one in observed], pa.timestamp("us", tz="UTC")),
    }
    con.register("wanted", pa.table(wanted))
    found = con.execute(
        "SELECT DISTINCT wanted_revision FROM wanted JOIN revisions ON article_id = wanted_article "
        "WHERE revision_id <> wanted_revision AND fetched_at < wanted_at"
    ).fetchall()
    con.unregister("wanted")
    return {revision_id for (revision_id,) in found}


def _ledgers(con: Connection, wanted: Sequence[tuple[Claim, datetime | None]]) -> dict[str, Ledger]:
    """The ledger of each claim from its moment on (None: all of it), by claim id."""
    con.register("wanted", _wanted_table(wanted))
    parts: dict[str, dict[str, list[Any]]] = {claim.id: defaultdict(list) for claim, _ in wanted}
    for name, statement in (("before", _BEFORE), ("after", _AFTER)):
        for columns in con.execute(statement).fetchall():
            dated = _dated(columns)
            parts[dated.observation.claim_id][name].append(dated)
    for columns in con.execute(_BELIEFS).fetchall():
        belief = _belief(columns)
        parts[belief.claim_id]["beliefs"].append(belief)
    for columns in con.execute(_CHANGES, {"held": sorted(HELD)}).fetchall():
        change = _change(columns)
        parts[change.claim_id]["changes"].append(change)
    for observation_id, claim_id, article_id, reason, at in con.execute(_WITHDRAWALS).fetchall():
        parts[claim_id]["withdrawals"].append(
            Withdrawal(
                observation_id=observation_id, claim_id=claim_id, article_id=article_id, reason=reason, at=_utc(at)
            )
        )
    con.unregister("wanted")
    return {
        claim.id: Ledger(since=since, **{name: tuple(rows) for name, rows in parts[claim.id].items()})
        for claim, since in wanted
    }


def _wanted_table(wanted: Sequence[tuple[Claim, datetime | None]]) -> pa.Table:
    filters = [belief_filter(claim) for claim, _ in wanted]
    texts = pa.list_(pa.string())
    return pa.table(
        {
            "wanted_id": pa.array([claim.id for claim, _ in wanted], pa.string()),
            "since": pa.array([since for _, since in wanted], pa.timestamp("us", tz="UTC")),
            "modalities": pa.array([list(modalities) for modalities, _ in filters], texts),
            "aspects": pa.array([[aspect or "" for aspect in aspects] for _, aspects in filters], texts),
        }
    )


def _dated(row: Sequence[Any]) -> Dated:
    *columns, said_at = row
    names = _OBSERVED.replace("sentence_start", "start").replace("sentence_end", "end").split(", ")
    given = dict(zip(names, columns, strict=False))
    given["chain"] = tuple(given["chain"])
    given["marks"] = tuple(Mark(**mark) for mark in given["marks"])
    given["published"] = None if given["published"] is None else _utc(given["published"])
    given["observed_at"] = _utc(given["observed_at"])
    return Dated(Observation(**given), _utc(said_at))


def _belief(row: Sequence[Any]) -> Belief:
    (
        belief_id, claim_id, layer, holder, believed, polarity, contested, settled, support, observation_ids,
        valid_from, version, rebuilt, watchlist_hash,
    ) = row  # fmt: skip
    return Belief(
        belief_id=belief_id,
        claim_id=claim_id,
        layer=layer,
        holder=holder,
        values=tuple(believed),
        polarity=polarity,
        contested=contested,
        settled=settled,
        support=support,
        observation_ids=tuple(observation_ids),
        valid_from=_utc(valid_from),
        version=version,
        rebuilt=rebuilt,
        watchlist_hash=watchlist_hash,
    )


def _change(row: Sequence[Any]) -> Change:
    (
        change_id, claim_id, kind, layer, holder, old, new, observation_id, article_id, occurred_at, confirmed,
        confirms, suppressed, watchlist_hash,
    ) = row  # fmt: skip
    return Change(
        change_id=change_id,
        claim_id=claim_id,
        kind=kind,
        layer=layer,
        holder=holder,
        old=tuple(old),
        new=tuple(new),
        observation_id=observation_id,
        article_id=article_id,
        occurred_at=_utc(occurred_at),
        confirmed=confirmed,
        confirms=confirms,
        suppressed=suppressed,
        watchlist_hash=watchlist_hash,
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)  # DuckDB hands out pytz zones
