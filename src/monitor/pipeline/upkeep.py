"""Upkeep: the published copy, the pruning of pages that matched nothing, and what would else grow without end."""

import time
from datetime import datetime
from pathlib import Path

import structlog

from monitor.archive import Archive
from monitor.model import Counts
from monitor.settings import Settings
from monitor.spool import list_batches

log = structlog.get_logger()

KEEP_DAYS = 30
"""How long logs, and the notes on hosts and their robots.txt, are kept after they were last written."""


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


def clean(settings: Settings) -> Counts:
    """Delete what is older than 30 days and tells nothing any more: polls without news in the archive, logs of tasks
    and DAG files, notes on hosts and their robots.txt that nobody has written since."""
    before = time.time() - KEEP_DAYS * 86_400
    logs, state = settings.home / "logs", settings.state_dir
    counts = Counts(
        stage="clean",
        counts={
            "polls": Archive(settings).prune_polls() if settings.archive_file.exists() else 0,
            "logs": sum(_delete_old(logs / name, before) for name in ("tasks", "dag_files")),
            "notes": sum(_delete_old(state / name, before) for name in ("hosts", "robots")),
        },
    )
    log.info(str(counts))
    return counts


def _delete_old(folder: Path, before: float) -> int:
    """Delete files in and below `folder` last written before `before`, and folders that are then empty."""
    deleted = 0
    for path in sorted(folder.rglob("*"), reverse=True):  # what a folder holds comes before the folder
        try:
            if path.lstat().st_mtime >= before and not path.is_dir():
                continue
            if path.is_symlink() or not path.is_dir():
                path.unlink()
                deleted += 1
            elif path.stat().st_mtime < before and not any(path.iterdir()):
                path.rmdir()
        except OSError as error:  # somebody was quicker, or it is not ours: the others go all the same
            log.warning("an old file stays", path=str(path), problem=str(error))
    return deleted
