"""DAG `poll_feeds`: the safety net under the feed trigger."""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.exceptions import AirflowSkipException

from monitor.trigger import FEED_ENTRIES, OUTBOX, warn_of_stall

DOC = """
### What it does
Every five minutes. **poll** asks the feeds that are due: usually none, because the trigger behind the asset
`feed_entries` polls all the time. **retry_pages** fetches, with patience, the pages that did not come at the first
attempt. When the spool then holds anything that waits, **wake_ingest** wakes `ingest`. **wake_sender** wakes
`send_alerts` when alerts that had to wait are due. A task that found nothing to do is skipped.

### When it is red
* **poll** does more than a few feeds each time: the triggerer is down. `monitor status` says so; `make up` starts it.
* A failing feed never turns it red: see `monitor status` or `SELECT * FROM feed_health`.
"""


@dag(
    dag_id="poll_feeds",
    dag_display_name="Poll feeds (safety net)",
    description="Polls what the trigger missed, fetches again what did not come, wakes who has work",
    doc_md=DOC,
    schedule=CronTriggerTimetable("*/5 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=15),
    default_args={
        "retries": 2,
        "retry_delay": timedelta(seconds=10),
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(minutes=8),
    },
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(minutes=14),
        callback=AsyncCallback(warn_of_stall, kwargs={"stage": "poll_feeds"}),
    ),
    tags=["newsroom", "flow"],
)
def poll_feeds() -> None:
    """The sweep; see DOC."""

    @task
    def poll() -> dict[str, int]:
        """Poll the feeds that are due."""
        from monitor.pipeline.poll import poll
        from monitor.settings import load_settings

        counts = poll(load_settings()).counts
        if not any(counts.values()):
            raise AirflowSkipException("no feed is due")
        return counts

    @task(trigger_rule="all_done")
    def retry_pages() -> dict[str, int]:
        """Fetch pages that timed out or failed before."""
        from monitor.pipeline.fetch import retry_pages
        from monitor.settings import load_settings

        counts = retry_pages(load_settings()).counts
        if not any(counts.values()):
            raise AirflowSkipException("no page waits for another attempt")
        return counts

    @task(trigger_rule="all_done", outlets=[FEED_ENTRIES])
    def wake_ingest() -> None:
        """Wake `ingest` when anything waits in the spool."""
        from monitor.pipeline.status import work_waits
        from monitor.settings import load_settings

        if not work_waits(load_settings()):
            raise AirflowSkipException("the spool is empty")

    # Beside the others: a page that is waited for must not keep an alert waiting.
    @task(outlets=[OUTBOX])
    def wake_sender() -> None:
        """Wake `send_alerts` when alerts are due."""
        from monitor.pipeline.send import alerts_are_due
        from monitor.settings import load_settings

        if not alerts_are_due(load_settings()):
            raise AirflowSkipException("no alert is due")

    poll() >> retry_pages() >> wake_ingest()
    wake_sender()


poll_feeds()
