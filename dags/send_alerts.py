"""DAG `send_alerts`: from the outbox to Slack."""

from datetime import timedelta

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, dag, task
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.exceptions import AirflowSkipException

from monitor.trigger import OUTBOX, warn_of_stall

DOC = """
### What it does
Runs as soon as alerts were queued, and every five minutes for those that had to wait. Each alert is told once: before
a message leaves, the attempt is on record; after an unclear answer the message is looked up in Slack by its metadata
before it is sent again. Without `SLACK_BOT_TOKEN` alerts are printed in the log and kept as not sent.

### When it is red
* The log names what Slack said and what to do (`invalid_auth`: the token; `channel_not_found`, `not_in_channel`: invite
  the bot or mend the channel in `watchlist.yaml`). Alerts wait in the outbox: `SELECT * FROM alert_status`.
"""


@dag(
    dag_id="send_alerts",
    dag_display_name="Send alerts",
    description="Tells in Slack what is new",
    doc_md=DOC,
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("*/5 * * * *", timezone="UTC"),
        assets=[OUTBOX],
    ),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=15),
    default_args={
        "retries": 3,
        "retry_delay": timedelta(seconds=5),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=2),
        "execution_timeout": timedelta(minutes=5),
    },
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(minutes=14),
        callback=AsyncCallback(warn_of_stall, kwargs={"stage": "send_alerts"}),
    ),
    tags=["newsroom", "flow"],
)
def send_alerts() -> None:
    """The sending; see DOC."""

    # Not in the pool: it waits for Slack most of the time, and its short writes are serialised by the archive's gate.
    @task
    def send() -> dict[str, int]:
        """Send what waits in the outbox."""
        from monitor.pipeline.send import send
        from monitor.settings import load_settings

        counts = send(load_settings()).counts
        if not any(counts.values()):
            raise AirflowSkipException("the outbox is empty")
        return counts

    send()


send_alerts()
