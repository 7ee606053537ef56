"""Which changes of claims a recorded stretch of news tells, and which it keeps to itself, each with its sentence.

To be read one by one: a change is false where its article does not say so. The entries of a recording are analysed as
the feeds gave them (title and text), loaded in their order, a quarter of a day at a time, and nothing is sent.

    MONITOR_CORPUS=… python bench/changes.py samarkand-2022-09 [--all]
"""

import argparse
import gzip
import html
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

from measure import corpus
from monitor.archive import Archive
from monitor.archive.database import Connection
from monitor.model import AnalysedPage, Entry, Page, key
from monitor.pipeline.analyse import analyse_page, matcher_for
from monitor.pipeline.config import current_watchlist
from monitor.pipeline.load import load
from monitor.settings import Settings
from monitor.spool import write_batch

CONFIG = Path(__file__).parents[1] / "config"
STEP = timedelta(hours=6)

CHANGES = """
SELECT c.occurred_at, c.claim_id, c.kind, c.layer, c.holder, c.old, c.new, c.confirmed, c.suppressed,
       o.source_id, o.speaker, o.value, o.polarity, o.modality, o.language, o.sentence
FROM changes AS c LEFT JOIN observations AS o USING (observation_id)
ORDER BY c.occurred_at, c.claim_id
"""


def entries(recording: str) -> Iterator[Entry]:
    """The items of a recording as they turned up."""
    path = corpus("newsroom") / f"{recording}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for row in sorted(rows, key=lambda row: str(row["seen_at"])):
        text = html.unescape(re.sub(r"<[^>]+>", " ", row["html"] or ""))
        yield Entry(
            entry_id=key("entry", row["outlet"], row["id"], row["title"], text),
            feed_url=f"https://{row['outlet']}.example/feed",
            source_id=row["outlet"],
            seen_at=_moment(row["seen_at"]) or datetime.now(UTC),
            title=row["title"] or "",
            link=row["url"],
            url=row["url"],
            summary=text,
            published=_moment(row["published"]),
            language=(row["lang"] or "und")[:2],
        )


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def sources(outlets: set[str]) -> str:
    """sources.yaml for the outlets of a recording; those whose names begin alike are of one publisher."""
    rows = [
        {"id": name, "name": name, "country": "XX", "language": "en", "bloc": "other", "family": name.split("-")[0],
         "tier": 2, "feeds": [f"https://{name}.example/feed"]}
        for name in sorted(outlets)
    ]  # fmt: skip
    return str(yaml.safe_dump({"sources": rows}))


def analysed(entry: Entry, settings: Settings) -> AnalysedPage:
    """What the flow makes of an entry whose page it cannot have."""
    page = Page(
        page_id=key("page", entry.entry_id),
        entries=(entry,),
        requested_url=entry.link,
        final_url=entry.link,
        fetched_at=entry.seen_at,
        status="blocked",
    )
    return analyse_page(page, None, matcher_for(current_watchlist(settings).value))


def main() -> int:
    """Print the changes and how many there were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recording")
    parser.add_argument("--all", action="store_true", help="also the changes that nobody is told")
    arguments = parser.parse_args()
    found = list(entries(arguments.recording))
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config"
        config.mkdir()
        (config / "sources.yaml").write_text(sources({one.source_id for one in found}), encoding="utf-8")
        (config / "watchlist.yaml").write_bytes((CONFIG / "watchlist.yaml").read_bytes())
        settings = Settings(home=Path(folder) / "var", config=config).model_copy(update={"alert_max_age_s": None})
        first = found[0].seen_at
        for step, group in groupby(found, key=lambda one: (one.seen_at - first) // STEP):
            write_batch(settings.spool_dir, "analysed", f"step{step:05}", [analysed(one, settings) for one in group])
            load(settings)
        with Archive(settings).read() as connection:
            rows = _rows(connection)
    told = [row for row in rows if row["suppressed"] is None]
    for row in rows if arguments.all else told:
        print(_line(row))
    print(f"{len(found)} articles, {len(rows)} changes, {len(told)} of them told; load {os.getloadavg()[0]:.1f}")
    return 0


def _rows(connection: Connection) -> list[dict[str, Any]]:
    cursor = connection.execute(CHANGES)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _line(row: dict[str, Any]) -> str:
    what = f"{'|'.join(row['old']) or '–'} → {'|'.join(row['new']) or '–'}"
    who = f"{row['source_id']}{': ' + row['speaker'] if row['speaker'] else ''}"
    why = f"  [{row['suppressed']}]" if row["suppressed"] else ""
    how = f"({row['polarity']} {row['modality']}) {who} ×{row['confirmed']}{why}"
    head = f"{row['occurred_at']:%Y-%m-%d %H:%M} {row['claim_id']:<24} {row['kind']:<16} {what}  {how}"
    return f"{head}\n    {row['language']}: {row['sentence']}"


if __name__ == "__main__":
    sys.exit(main())
