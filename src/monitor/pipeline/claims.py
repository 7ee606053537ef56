"""What a batch says of claims: beliefs and changes, decided before the batch is written, by the one loader."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from monitor.archive import Archive, ClaimRecords
from monitor.changes import Dated, Ledger, Outlets, decide, rebuild
from monitor.model import AnalysedPage, Article, Belief, Change, Source
from monitor.settings import Settings
from monitor.watchlist import Watchlist

log = structlog.get_logger()


@dataclass(frozen=True)
class Claimed:
    """What to write of a batch, with the changes that are to be told and the beliefs of the claims they are of."""

    records: ClaimRecords
    told: tuple[Change, ...] = ()
    ledgers: Mapping[str, Ledger] | None = None


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
