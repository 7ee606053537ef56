"""DAG `ingest`: from entries in the spool to articles in the archive."""

import os
from datetime import timedelta

from airflow.sdk import dag, task
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.sdk.execution_time.context import OutletEventAccessors

from monitor.trigger import ALERTS_QUEUED, ARCHIVE, FEED_ENTRIES, OUTBOX, warn_of_stall

DOC = """
### What it does
Runs when feeds brought something new. **fetch** gets the pages, politely, into WARC files; **analyse** (one mapped task
a batch) skims each page, extracts those that may be on a topic and matches them; **load** writes everything to the
archive in one transaction and queues alerts in the same transaction.

Each task ends its log with one line of counts. What passes between the tasks lies in `spool/`; XCom carries names and
counts only.

### When it is red
* **fetch**: read the log's last lines. Pages that cannot be had never turn it red, so it is the disk, the spool
  (`monitor status`) or a bug.
* **analyse**: a page broke the extraction. It was archived with the feed's own text and set aside in
  `spool/quarantine/`; the retry is green. Please report the page.
* **load**: the archive could not be written. The message names the process that holds the file; close it. Nothing is
  lost: the spool keeps every batch until it is in the archive.
* **not_loaded**: something could not be loaded, all else was. The message says what and where it is kept, the log of
  **load** why. `monitor retry-quarantine` puts back what was set aside, once it can be loaded.

Clearing a run is always safe: every stage can run again without doing anything twice.
"""


@dag(
    dag_id="ingest",
    dag_display_name="Ingest: fetch, analyse, load",
    description="From new feed entries to articles in the archive",
    doc_md=DOC,
    schedule=[FEED_ENTRIES],
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=30),
    default_args={
        "retries": 3,
        "retry_delay": timedelta(seconds=5),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=2),
        "execution_timeout": timedelta(minutes=10),
    },
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(minutes=20),
        callback=AsyncCallback(warn_of_stall, kwargs={"stage": "ingest"}),
    ),
    tags=["newsroom", "flow"],
)
def ingest() -> None:
    """The flow of one run; see DOC."""

    @task
    def fetch() -> list[list[str]]:
        """Fetch the pages of waiting entries; return the waiting batches' names in at most as many groups as cores."""
        from monitor.pipeline.fetch import fetch, waiting_pages
        from monitor.pipeline.status import work_waits
        from monitor.settings import load_settings

        settings = load_settings()
        fetch(settings)
        if not work_waits(settings):
            raise AirflowSkipException("the spool is empty")
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()  # macOS lacks it
        return waiting_pages(settings, groups=cores or 1)

    @task(map_index_template="{{ batch_names }}")
    def analyse(batches: list[str]) -> dict[str, int]:
        """Analyse some batches of pages."""
        from airflow.sdk import get_current_context

        from monitor.pipeline.analyse import analyse
        from monitor.settings import load_settings

        get_current_context()["batch_names"] = ", ".join(batches)  # type: ignore[typeddict-unknown-key]  # Airflow's own way to name a mapped task
        return analyse(load_settings(), batches).counts

    # The alias lets the task name the outbox as changed only when it queued alerts, without a further task's delay.
    @task(pool="archive", trigger_rule="none_failed", outlets=[ARCHIVE, ALERTS_QUEUED])
    def load(*, outlet_events: OutletEventAccessors) -> list[str]:
        """Merge every analysed batch into the archive; queue alerts and wake `send_alerts` where there are any. Returns
        what could not be loaded: only a task that succeeds wakes anybody, so another one fails for it."""
        from monitor.pipeline.load import LoadCrashed, load
        from monitor.settings import load_settings

        trouble: list[str] = []
        try:
            counts = load(load_settings()).counts
        except LoadCrashed as crash:
            counts, trouble = crash.counts.counts, [str(crash)]
        if not any(counts.values()) and not trouble:
            raise AirflowSkipException("nothing was analysed")
        if counts["alerts"]:
            outlet_events[ALERTS_QUEUED].add(OUTBOX, extra={"alerts": counts["alerts"]})
        return trouble

    @task
    def not_loaded(sentence: str) -> None:
        """Fail, once and without another try, for what could not be loaded; without trouble it is never started."""
        raise AirflowFailException(sentence)

    loaded = load()  # type: ignore[call-arg]  # Airflow passes outlet_events
    analyse.expand(batches=fetch()) >> loaded
    not_loaded.expand(sentence=loaded)


ingest()
