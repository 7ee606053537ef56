"""DAG `clean_up`: deletes, once a day, what would grow without end."""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

AIRFLOW_TABLES = (
    "asset_event,callback,dag_run,deadline,import_error,job,log,revoked_token,task_instance,task_instance_history,"
    "task_reschedule,xcom"
)
"""Not `trigger`: the one behind the feeds is as old as the installation, and without it nothing is polled."""

DOC = """
### What it does
Once a day, with everything that is older than 30 days. **clean** deletes polls without news from the archive, logs of
tasks and DAG files, and notes on hosts and their robots.txt. **clean_airflow** deletes old runs from Airflow's own
database (`airflow db clean`). A task with nothing to do is skipped.

### When it is red
* **clean**: the archive could not be written. The message names the process that holds the file; close it.
* **clean_airflow**: the log holds what `airflow db clean` said. The next day tries again; until then Airflow's database
  only grows.
"""


@dag(
    dag_id="clean_up",
    dag_display_name="Clean up",
    description="Deletes old polls, logs and runs",
    doc_md=DOC,
    schedule=CronTriggerTimetable("17 3 * * *", timezone="UTC"),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=60),
    default_args={"retries": 2, "retry_delay": timedelta(seconds=30), "execution_timeout": timedelta(minutes=25)},
    tags=["newsroom", "upkeep"],
)
def clean_up() -> None:
    """The cleaning; see DOC."""

    @task
    def clean() -> dict[str, int]:
        """Delete old polls, logs and notes."""
        from monitor.pipeline.upkeep import clean
        from monitor.settings import load_settings

        counts = clean(load_settings()).counts
        if not any(counts.values()):
            raise AirflowSkipException("nothing is old enough")
        return counts

    @task
    def clean_airflow() -> None:
        """Delete old runs from Airflow's database."""
        import os
        import subprocess
        import sys

        from monitor.model import utc_now
        from monitor.pipeline.upkeep import KEEP_DAYS

        # Airflow hides its database from tasks, for good reasons that do not hold for its own command.
        environment = {name: value for name, value in os.environ.items() if name != "AIRFLOW__CORE__SQL_ALCHEMY_CONN"}
        environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = os.environ["MONITOR_AIRFLOW_DATABASE"]
        until = (utc_now() - timedelta(days=KEEP_DAYS)).isoformat()
        command = [
            "db",
            "clean",
            "--tables",
            AIRFLOW_TABLES,
            "--clean-before-timestamp",
            until,
            "--skip-archive",
            "--yes",
        ]
        subprocess.run([sys.executable, "-m", "airflow", *command], env=environment, check=True)  # noqa: S603  ours

    clean()
    clean_airflow()


clean_up()
