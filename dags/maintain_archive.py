"""DAG `maintain_archive`: the published copy, and what is no longer needed."""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

DOC = """
### What it does
Every ten minutes. **publish** copies the archive to `var/published/archive.duckdb`, for DBeaver, notebooks and every
other tool: they may keep that file open as long as they like. **prune** deletes pages that matched no topic once they
are older than `MONITOR_WARC_KEEP_DAYS`; pages that matched are kept for good. A task with nothing to do is skipped.

### When it is red
The disk is full, or another tool has opened `var/archive.duckdb` itself: the log names it. Close it there and open the
published copy instead.
"""


@dag(
    dag_id="maintain_archive",
    dag_display_name="Maintain the archive",
    description="Publishes the read-only copy, prunes old pages",
    doc_md=DOC,
    schedule=CronTriggerTimetable("*/10 * * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=30),
    default_args={"retries": 2, "retry_delay": timedelta(seconds=30), "execution_timeout": timedelta(minutes=20)},
    tags=["newsroom", "upkeep"],
)
def maintain_archive() -> None:
    """The upkeep; see DOC."""

    @task(pool="archive")
    def publish() -> None:
        """Copy the archive for other tools when it has changed."""
        from monitor.pipeline.upkeep import publish
        from monitor.settings import load_settings

        if not publish(load_settings()):
            raise AirflowSkipException("nothing changed since the last copy")

    @task
    def prune() -> dict[str, int]:
        """Delete old pages that matched nothing."""
        from monitor.pipeline.upkeep import prune
        from monitor.settings import load_settings

        counts = prune(load_settings()).counts
        if not any(counts.values()):
            raise AirflowSkipException("no page is old enough")
        return counts

    publish()
    prune()


maintain_archive()
