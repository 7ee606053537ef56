"""DAG `send_alerts`: from the outbox to Slack."""

from datetime import timedelta

from airflow.sdk import dag, task
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from monitor.trigger import OUTBOX, warn_of_stall

DOC = """
### What it does
Runs as soon as alerts were queued; for those that had to wait, `poll_feeds` wakes it when they are due, at most five
minutes later. Each alert is told once: before a message leaves, the attempt is on record; after an unclear answer the
message is looked up in Slack by its metadata before it is sent again. Without `SLACK_BOT_TOKEN` alerts are printed in
the log and kept as not sent. A run that finds nothing due is skipped.

### When it is red
* Some alerts could not be sent; all others were. The log names what Slack said and what to do (`invalid_auth`: the
  token; `channel_not_found`, `not_in_channel`: invite the bot or mend the channel in `watchlist.yaml`). Alerts wait in
  the outbox (`SELECT * FROM alert_status`) and are tried again ever less often, with a red run each time while it
  lasts; `monitor send` tries them at once.
"""


@dag(
    dag_id="send_alerts",
    dag_display_name="Send alerts",
    description="Tells in Slack what is new",
    doc_md=DOC,
    schedule=[OUTBOX],
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
        """Send what is due in the outbox."""
        from monitor.pipeline.send import AlertsWait, send, told
        from monitor.settings import load_settings

        try:
            counts = send(load_settings())
        except AlertsWait as trouble:  # the outbox knows when to try again; Airflow's retries would only hurry it
            raise AirflowFailException(str(trouble)) from None
        if not told(counts):
            raise AirflowSkipException("no alert is due")
        return counts.counts

    send()


send_alerts()
