"""The DAGs as Airflow reads them: what each declares, and how little it costs to read their files."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[1]

READ = """
import json, sys, time
from airflow.dag_processing.dagbag import DagBag
import monitor.trigger
begun = time.process_time()
bag = DagBag(sys.argv[1])
spent = time.process_time() - begun

def assets(found):
    return sorted(getattr(one, "uri", None) or one.name for one in found)

def condition(timetable):
    wanted = getattr(timetable, "asset_condition", None)
    return [] if wanted is None else assets(wanted.objects)

def cron(timetable):
    timed = getattr(timetable, "timetable", timetable)
    return getattr(timed, "expression", None)

print(json.dumps({
    "errors": bag.import_errors,
    "cpu_s": spent,
    "modules": sorted(sys.modules),
    "dags": {dag.dag_id: {
        "doc": dag.doc_md, "description": dag.description, "name": dag.dag_display_name, "tags": sorted(dag.tags),
        "max_active_runs": dag.max_active_runs, "catchup": dag.catchup,
        "limit_s": dag.dagrun_timeout and dag.dagrun_timeout.total_seconds(),
        "deadlines_s": [alert.interval.total_seconds() for alert in dag.deadline or ()],
        "cron": cron(dag.timetable), "assets": condition(dag.timetable),
        "tasks": {task.task_id: {
            "doc": task.doc_md or task.python_callable.__doc__, "retries": task.retries, "pool": task.pool,
            "limit_s": task.execution_timeout and task.execution_timeout.total_seconds(),
            "pause_s": task.retry_delay.total_seconds(), "outlets": assets(task.outlets),
            "downstream": sorted(task.downstream_task_ids), "mapped": task.is_mapped,
        } for task in dag.tasks},
    } for dag in bag.dags.values()},
}))
"""

DAGS = ("clean_up", "ingest", "maintain_archive", "poll_feeds", "send_alerts")
ENTRIES, ARCHIVE, OUTBOX = "monitor://spool/entries", "monitor://archive/", "monitor://archive/outbox"


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Airflow finds in dags/, in a process of its own that has loaded nothing else."""
    home = tmp_path_factory.mktemp("airflow")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "MONITOR"))} | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "PYTHONPATH": str(PROJECT / "src"),
    }
    done = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", READ, str(PROJECT / "dags")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_every_file_is_read_without_an_error(read: dict[str, Any]) -> None:
    assert read["errors"] == {}
    assert tuple(sorted(read["dags"])) == DAGS
    assert {path.stem for path in (PROJECT / "dags").glob("*.py")} == set(DAGS)


@pytest.mark.parametrize("dag_id", DAGS)
class TestEveryDag:
    def test_says_to_people_what_it_is(self, read: dict[str, Any], dag_id: str) -> None:
        dag = read["dags"][dag_id]
        assert "### What it does" in dag["doc"]
        assert "### When it is red" in dag["doc"]
        assert dag["name"] != dag_id
        assert dag["description"]
        assert "newsroom" in dag["tags"]
        assert all(task["doc"] for task in dag["tasks"].values())

    def test_runs_once_at_a_time_and_never_for_a_past_that_nobody_waits_for(
        self, read: dict[str, Any], dag_id: str
    ) -> None:
        dag = read["dags"][dag_id]
        assert dag["max_active_runs"] == 1
        assert not dag["catchup"]

    def test_tries_again_and_ends_in_time(self, read: dict[str, Any], dag_id: str) -> None:
        dag = read["dags"][dag_id]
        for task in dag["tasks"].values():
            assert task["retries"] >= 2
            assert task["pause_s"] <= 30
            assert 0 < task["limit_s"] < dag["limit_s"]

    def test_a_stall_of_the_flow_is_told_before_the_run_is_given_up(self, read: dict[str, Any], dag_id: str) -> None:
        dag = read["dags"][dag_id]
        if "flow" in dag["tags"]:
            assert dag["deadlines_s"]
            assert all(0 < seconds < dag["limit_s"] for seconds in dag["deadlines_s"])


def test_the_assets_lead_from_the_feeds_to_slack(read: dict[str, Any]) -> None:
    dags = read["dags"]
    assert dags["ingest"]["assets"] == [ENTRIES]
    assert dags["ingest"]["cron"] is None
    assert dags["ingest"]["tasks"]["load"]["outlets"] == ["alerts_queued", ARCHIVE]
    assert dags["send_alerts"]["assets"] == [OUTBOX]
    assert dags["poll_feeds"]["tasks"]["wake_ingest"]["outlets"] == [ENTRIES]
    assert dags["poll_feeds"]["tasks"]["wake_sender"]["outlets"] == [OUTBOX]


def test_whoever_wakes_the_sender_waits_for_nobody(read: dict[str, Any]) -> None:
    tasks = read["dags"]["poll_feeds"]["tasks"]
    assert not any("wake_sender" in task["downstream"] for task in tasks.values())


def test_the_clock_backs_up_what_the_assets_may_miss(read: dict[str, Any]) -> None:
    assert {name: dag["cron"] for name, dag in read["dags"].items()} == {
        "clean_up": "17 3 * * *",
        "ingest": None,
        "maintain_archive": "*/10 * * * *",
        "poll_feeds": "*/5 * * * *",
        "send_alerts": None,
    }


def test_ingest_is_three_tasks_and_one_that_runs_only_to_fail(read: dict[str, Any]) -> None:
    tasks = read["dags"]["ingest"]["tasks"]
    assert {name: task["downstream"] for name, task in tasks.items()} == {
        "fetch": ["analyse"],
        "analyse": ["load"],
        "load": ["not_loaded"],
        "not_loaded": [],
    }
    assert [name for name, task in tasks.items() if task["mapped"]] == ["analyse", "not_loaded"]


def test_whoever_holds_the_archive_for_long_takes_its_one_slot(read: dict[str, Any]) -> None:
    writers = {
        f"{dag_id}.{name}"
        for dag_id, dag in read["dags"].items()
        for name, task in dag["tasks"].items()
        if task["pool"] == "archive"
    }
    assert writers == {"ingest.load", "maintain_archive.publish"}


def test_the_trigger_behind_the_feeds_is_never_cleaned_away() -> None:
    text = (PROJECT / "dags" / "clean_up.py").read_text(encoding="utf-8")
    (tables,) = re.findall(r"AIRFLOW_TABLES = \((.*?)\)", text, re.DOTALL)
    assert "dag_run" in tables
    assert "trigger" not in tables
    assert re.search(r'"--tables",\s+AIRFLOW_TABLES', text)


def test_reading_the_files_is_cheap(read: dict[str, Any]) -> None:
    heavy = {"aiohttp", "duckdb", "feedparser", "lxml", "pyarrow", "resiliparse", "slack_sdk", "spacy", "trafilatura"}
    assert heavy & set(read["modules"]) == set()
    assert not any(name.startswith("monitor.pipeline") for name in read["modules"])
    assert read["cpu_s"] < 1.0
