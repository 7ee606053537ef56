"""Upkeep of the archive: the published copy and the pruning of pages that matched nothing."""

from datetime import datetime

import structlog

from monitor.archive import Archive
from monitor.model import Counts
from monitor.settings import Settings
from monitor.spool import list_batches

log = structlog.get_logger()


def publish(settings: Settings) -> bool:
    """Copy the archive for other tools; False when nothing changed since the last copy."""
    copied = Archive(settings).publish()
    log.info("publish: copied" if copied else "publish: nothing new")
    return copied


def prune(settings: Settings) -> Counts:
    """Delete pages that matched nothing and are older than `settings.warc_keep_days`, but none still to be analysed."""
    waiting = list_batches(settings.spool_dir, "pages")
    pending_since = datetime.fromisoformat(waiting[0].name.split("-", 1)[0]) if waiting else None
    counts = Counts(stage="prune", counts={"files": Archive(settings).prune_warc(pending_since=pending_since)})
    log.info(str(counts))
    return counts
