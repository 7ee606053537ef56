"""From publication to Slack through the whole running stack: `monitor up` with a replayed newsroom and a fake Slack.

    python bench/latency.py [--count 50] [--seed 1] [--poll 1]

Articles on three topics in three languages are published at irregular distances of 2 to 8 seconds by outlets whose
feeds are asked every `--poll` seconds. For each, what every hop took is read from the archive and from Airflow. The
baseline is the usual way, a DAG that polls by cron each minute and goes on at once: it is given a poll and a flow that
take no time, so its delay is only the wait for the next full minute after each of the same publications.

Wall time matters here, so it depends on what else the machine does: the load is printed beside the figures.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from newsroom_stories import TOPICS, WELL, Story
from running_stack import RunningStack, wait_until

AIM_MEDIAN_S, AIM_P95_S = 8.0, 15.0
HOPS = (
    ("published", "seen", "the poller finds it in the feed"),
    ("seen", "run", "the trigger's event has started a run of ingest"),
    ("run", "fetch starts", "the first task has a process"),
    ("fetch starts", "fetched", "its page is there"),
    ("fetched", "fetch ends", "its batch is in the spool, the task has ended"),
    ("fetch ends", "analyse starts", ""),
    ("analyse starts", "analyse ends", "skimmed, extracted, matched"),
    ("analyse ends", "load starts", ""),
    ("load starts", "queued", "libraries loaded, alert made"),
    ("queued", "load ends", "committed, the task has ended"),
    ("load ends", "send starts", "the outbox's event has started send_alerts"),
    ("send starts", "sent", "Slack has taken it"),
    ("published", "sent", "all"),
)


@dataclass(frozen=True)
class Passage:
    """When an article passed each point, seconds since 1970."""

    story: Story
    at: Mapping[str, float]


def publish_all(stack: RunningStack, count: int, seed: int) -> list[Story]:
    """Publish `count` articles on topics, waiting 2 to 8 seconds after each."""
    chance = random.Random(seed)
    stories = []
    for number in range(count):
        stories.append(stack.newsroom.publish(chance.choice(WELL), TOPICS[number % len(TOPICS)]))
        time.sleep(chance.uniform(2, 8))
    return stories


def passages(stack: RunningStack, stories: Sequence[Story]) -> list[Passage]:
    """What happened when, from the archive, from Slack's own stamps and from Airflow."""
    rows = {row["url"]: row for row in stack.sql("SELECT latency.*, url FROM latency JOIN articles USING (article_id)")}
    sent = {}
    for message in stack.slack.messages():
        alert_id = message["metadata"]["event_payload"].get("alert_id")
        sent[alert_id] = float(message["ts"])
    ingests, sends = _runs(stack, "ingest"), _runs(stack, "send_alerts")
    return [
        Passage(story, _points(story, rows[story.url], sent[rows[story.url]["alert_id"]], ingests, sends))
        for story in stories
    ]


def _points(
    story: Story, row: Mapping[str, Any], sent: float, ingests: Sequence[Any], sends: Sequence[Any]
) -> dict[str, float]:
    queued = _seconds(row["queued_at"])
    ingest = next(run for run in ingests if run["load"][0] <= queued <= run["load"][1])
    send = next(run for run in sends if run["send"][0] <= sent <= run["send"][1])
    return {
        "published": story.at,
        "seen": _seconds(row["seen_at"]),
        "run": ingest["run"][0],
        "fetch starts": ingest["fetch"][0],
        "fetched": _seconds(row["fetched_at"]),
        "fetch ends": ingest["fetch"][1],
        "analyse starts": ingest["analyse"][0],
        "analyse ends": ingest["analyse"][1],
        "load starts": ingest["load"][0],
        "queued": queued,
        "load ends": ingest["load"][1],
        "send starts": send["send"][0],
        "sent": sent,
    }


def _runs(stack: RunningStack, dag_id: str) -> list[dict[str, tuple[float, float]]]:
    """Start and end of each finished run and of each of its tasks (of mapped ones, from the first to the last)."""
    found = []
    for run in stack.all_dag_runs(dag_id):
        if run["state"] != "success":
            continue
        times = {"run": (_seconds(run["start_date"]), _seconds(run["end_date"]))}
        for task in stack.api(f"/dags/{dag_id}/dagRuns/{run['dag_run_id']}/taskInstances")["task_instances"]:
            if task["start_date"] and task["end_date"]:
                start, end = _seconds(task["start_date"]), _seconds(task["end_date"])
                first, last = times.get(task["task_id"], (start, end))
                times[task["task_id"]] = (min(first, start), max(last, end))
        found.append(times)
    return found


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))]


def report(found: Sequence[Passage]) -> float:
    """Print what each hop took; return the median of the whole."""
    print(f"{'from':<16} {'to':<16} {'median':>7} {'95 %':>7}")
    for begin, end, note in HOPS:
        took = [passage.at[end] - passage.at[begin] for passage in found]
        print(f"{begin:<16} {end:<16} {statistics.median(took):>5.1f} s {percentile(took, 0.95):>5.1f} s  {note}")
    whole = [passage.at["sent"] - passage.at["published"] for passage in found]
    cron = [60 - passage.story.at % 60 for passage in found]
    median, late = statistics.median(whole), percentile(whole, 0.95)
    ratio = statistics.median(cron) / median
    print(
        f"publication to Slack: median {median:.1f} s (aim {AIM_MEDIAN_S:g}), 95 % {late:.1f} s (aim {AIM_P95_S:g}), "
        f"{len(found)} articles; a poll each full minute would wait {statistics.median(cron):.1f} s  ratio {ratio:.2f}"
    )
    return median


def measured(stack: RunningStack, work: Callable[[], list[Story]]) -> list[Story]:
    """`work` with the machine's load around it."""
    before = os.getloadavg()[0]
    stories = work()
    stack.wait_for_alerts(stories, 120)
    stack.wait_until_quiet(120)
    print(f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after, on {os.cpu_count()} cores")
    return stories


def main() -> int:
    """Start the stack, publish, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--poll", type=float, default=1.0, help="seconds between two polls of a feed")
    given = parser.parse_args()
    pace = {"MONITOR_POLL_MIN_S": str(given.poll), "MONITOR_POLL_MAX_S": str(given.poll)}
    with tempfile.TemporaryDirectory() as folder, RunningStack(Path(folder), variables=pace) as stack:
        print(f"up in {stack.start_s:.0f} s", flush=True)
        wait_until("an archive", (stack.home / "archive.duckdb").exists, 120)
        stack.wait_until_quiet(120)
        report(passages(stack, measured(stack, lambda: publish_all(stack, given.count, given.seed))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
