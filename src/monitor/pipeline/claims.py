"""What a batch says of claims: beliefs and changes, decided before the batch is written, by the one loader."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from monitor.alerts.claims import Told, claim_change_alert
from monitor.archive import Archive, ClaimRecords
from monitor.changes import Dated, Ledger, Outlets, decide, rebuild
from monitor.model import Alert, AnalysedPage, Article, Belief, Change, Source, utc_now
from monitor.settings import Settings
from monitor.watchlist import Watchlist

log = structlog.get_logger()


@dataclass(frozen=True)
class Claimed:
    """What to write of a batch, with the changes that are to be told and the ledgers of their claims, up to date."""

    records: ClaimRecords = field(default_factory=ClaimRecords)
    told: tuple[Change, ...] = ()
    ledgers: Mapping[str, Ledger] = field(default_factory=dict)


def decide_claims(
    archive: Archive,
    pages: Sequence[AnalysedPage],
    *,
    settings: Settings,
    watchlist: Watchlist,
    sources: Sequence[Source],
) -> Claimed:
    """The new observations of a batch, and what they change.

    Beliefs of claims whose rules were edited are made anew first, marked as rebuilt and told to nobody.
    """
    observed = [one for page in pages for one in page.observations]
    facts = archive.claim_facts(observed, watchlist.claims)
    outlets = Outlets({source.id: source for source in sources})
    old_news = _old_news(pages, facts.new, settings)
    beliefs: list[Belief] = []
    changes: list[Change] = []
    ledgers: dict[str, Ledger] = {}
    for claim in watchlist.claims:
        ledger = facts.ledgers.get(claim.id)
        if ledger is None:
            continue
        if claim.id in facts.changed:
            anew = rebuild(claim, ledger, outlets=outlets, watchlist_hash=watchlist.hash)
            ledger = _with(ledger, anew.beliefs, anew.changes)
            beliefs += anew.beliefs
            changes += anew.changes
            log.info("beliefs of a claim were made anew", claim=claim.id, beliefs=len(anew.beliefs))
        said = [one for one in facts.new if one.observation.claim_id == claim.id]
        decision = decide(claim, ledger, said, outlets=outlets, watchlist_hash=watchlist.hash, old_news=old_news)
        beliefs += decision.beliefs
        changes += decision.changes
        ledgers[claim.id] = _with(ledger, decision.beliefs, decision.changes)
    records = ClaimRecords(claims=watchlist.claims, observations=facts.new, beliefs=beliefs, changes=changes)
    return Claimed(records, tuple(change for change in changes if change.suppressed is None), ledgers)


def claim_alerts(
    claimed: Claimed,
    pages: Sequence[AnalysedPage],
    archive: Archive,
    *,
    settings: Settings,
    watchlist: Watchlist,
    sources: Sequence[Source],
) -> list[Alert]:
    """The alerts for the changes that are to be told, in the order in which they came about."""
    if not claimed.told:
        return []
    claims = {claim.id: claim for claim in watchlist.claims}
    topics = {topic.id: topic for topic in watchlist.topics}
    names = {name: entity.aliases[0] for name, entity in watchlist.entities.items()}
    observations = {
        one.observation.observation_id: one.observation
        for one in (
            *claimed.records.observations,
            *(dated for ledger in claimed.ledgers.values() for dated in (*ledger.before, *ledger.after)),
        )
    }
    links = {page.article_id: (page.article.title, page.article.link) for page in pages if page.article is not None}
    missing = {change.article_id for change in claimed.told} - links.keys()
    links |= archive.article_links(missing) if missing else {}
    now = utc_now()
    alerts: list[Alert] = []
    for change in sorted(claimed.told, key=lambda one: one.occurred_at):
        claim = claims[change.claim_id]
        title, link = links.get(change.article_id, ("", None))
        told = Told(
            change=change,
            observation=observations[change.observation_id],
            title=title,
            link=link,
            beliefs=claimed.ledgers[claim.id].beliefs,
        )
        alerts.append(
            claim_change_alert(
                told,
                claim=claim,
                topic=topics[claim.topic],
                names=names,
                sources={source.id: source for source in sources},
                now=now + timedelta(microseconds=len(alerts)),  # the order in which they are sent
                timezone=settings.timezone,
            )
        )
    return alerts


def _with(ledger: Ledger, beliefs: Sequence[Belief], changes: Sequence[Change]) -> Ledger:
    return replace(ledger, beliefs=(*ledger.beliefs, *beliefs), changes=(*ledger.changes, *changes))


def _old_news(pages: Sequence[AnalysedPage], new: Sequence[Dated], settings: Settings) -> Collection[str]:
    """The observations (ids) of articles that are new to us, not to the world: a feed held them when it was first
    asked, or they are dated longer ago than is told."""
    old = {
        page.article.revision_id for page in pages if page.article is not None and _is_old(page, page.article, settings)
    }
    return {one.observation.observation_id for one in new if one.observation.revision_id in old}


def _is_old(page: AnalysedPage, article: Article, settings: Settings) -> bool:
    if article.first_poll and not settings.alert_first_poll:
        return True
    dates: list[datetime | None] = [article.published, *(entry.published for entry in page.entries)]
    known = [date for date in dates if date is not None]
    if settings.alert_max_age_s is None or not known:
        return False
    return article.seen_at - max(known) > timedelta(seconds=settings.alert_max_age_s)
