"""The whole monitor, running: Airflow's components, a replayed newsroom and a Slack, all on loopback.

    with RunningStack(folder) as stack:
        story = stack.newsroom.publish("steppe-wire", topic="ps2")
        stack.wait_for_alerts([story])

For tests that look at it from outside, as a user does, and for bench/latency.py. `monitor up` and `monitor down` are
run as a user runs them; whatever is left is ended, also after a failure.
"""

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from fake_slack import TOKEN
from monitor.settings import Settings
from monitor.stack.airflow_env import passwords_file
from monitor.stack.processes import stack_processes, stop_processes
from newsroom_stories import ReplayedNewsroom, Story

PROJECT = Path(__file__).resolve().parents[1]
MONITOR = Path(sys.executable).with_name("monitor")
_LINK = re.compile(r"<(http://127\.[^|>]+)[|>]")


def free_port() -> int:
    """A port of loopback on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(what: str, condition: Callable[[], object], seconds: float, every_s: float = 0.5) -> None:
    """Return as soon as `condition` holds; AssertionError with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"after {seconds:.0f} s still not: {what}"
        time.sleep(every_s)


def _get_json(url: str, body: object = None, token: str | None = None, *, post: bool = False) -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = json.dumps(body or {}).encode() if post else None
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310  an address of our own
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)


class SlackProcess:
    """The fake Slack in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603  our own program
            [sys.executable, str(PROJECT / "tests" / "fake_slack.py")], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()

    def fault(self, kind: str, count: int = 1, seconds: float = 1.0) -> None:
        """The next `count` messages go wrong in this way."""
        self._ask(f"/_fault?kind={kind}&count={count}&seconds={seconds}", post=True)

    def messages(self, channel: str | None = None) -> list[dict[str, Any]]:
        """Everything that Slack took, in order."""
        found: list[dict[str, Any]] = self._ask(f"/_messages{f'?channel={channel}' if channel else ''}")
        return found

    def calls(self) -> list[dict[str, Any]]:
        """Every call that was made, and what came of it."""
        found: list[dict[str, Any]] = self._ask("/_calls")
        return found

    def _ask(self, path: str, *, post: bool = False) -> Any:
        return _get_json(self.url.removesuffix("/api/") + path, post=post)


class RunningStack:
    """A stack in `folder`; a context manager. `start_s` is how long `monitor up` took."""

    def __init__(self, folder: Path, *, variables: Mapping[str, str] | None = None) -> None:
        self.folder = folder.resolve()
        self.home, self.config, self.port = self.folder / "var", self.folder / "config", free_port()
        self._variables = dict(variables or {})
        self._cleanup = ExitStack()
        self._token: str | None = None
        self.start_s = 0.0

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._cleanup.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cleanup.close()

    def _start(self) -> None:
        self.newsroom = ReplayedNewsroom(self.folder)
        self._cleanup.callback(self.newsroom.close)
        self.slack = SlackProcess()
        self._cleanup.callback(self.slack.close)
        self.config.mkdir(parents=True)
        (self.config / "sources.yaml").write_text(self.newsroom.sources_yaml(), encoding="utf-8")
        self.watchlist = (PROJECT / "config" / "watchlist.yaml").read_text(encoding="utf-8")
        (self.config / "watchlist.yaml").write_text(self.watchlist, encoding="utf-8")
        self.environment = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("AIRFLOW", "MONITOR", "SLACK"))
            },
            "MONITOR_HOME": str(self.home),
            "MONITOR_CONFIG": str(self.config),
            "MONITOR_PORT": str(self.port),
            "MONITOR_ALLOW_NETWORKS": "127.0.0.0/8",
            "MONITOR_POLL_MIN_S": "1",
            "MONITOR_POLL_MAX_S": "2",
            "MONITOR_HOST_DELAY_S": "0.05",
            "MONITOR_REQUEST_TIMEOUT_S": "12",
            "MONITOR_ALERT_MAX_AGE_S": "none",
            "MONITOR_OPS_CHANNEL": "ops",
            "SLACK_BOT_TOKEN": TOKEN,
            "SLACK_API_URL": self.slack.url,
            "COLUMNS": "200",
            **self._variables,
        }
        self._cleanup.callback(self._end)
        begun = time.monotonic()
        self.told = self.run("up", timeout_s=200)
        self.start_s = time.monotonic() - begun

    def _end(self) -> None:
        try:
            self.run("down", timeout_s=60)
        finally:
            stop_processes(stack_processes(self.home), grace_s=0)

    # ---- as a user uses it -----------------------------------------------------------------------------------------
    def run(self, *arguments: str, timeout_s: float = 60) -> str:
        """What `monitor …` prints; AssertionError when it fails."""
        done = subprocess.run(  # noqa: S603  our own command
            [str(MONITOR), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert done.returncode == 0, f"monitor {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def sql(self, query: str) -> list[dict[str, Any]]:
        """The rows that `monitor sql` answers."""
        return [json.loads(line) for line in self.run("sql", "--json", query).splitlines()]

    @property
    def settings(self) -> Settings:
        """Settings with the stack's paths."""
        return Settings.model_validate({"home": self.home, "config": self.config, "port": self.port})

    # ---- what arrived ----------------------------------------------------------------------------------------------
    def alerts(self) -> Counter[tuple[str, str]]:
        """How often each article was told: (address without parameters, channel) of every message about one."""
        told: Counter[tuple[str, str]] = Counter()
        for message in self.slack.messages():
            links = _LINK.findall(json.dumps(message["blocks"], ensure_ascii=False))
            if links:
                told[links[0].partition("?")[0], message["channel_name"]] += 1
        return told

    def wait_for_alerts(self, stories: Iterable[Story], seconds: float = 60) -> None:
        """Return when each of `stories` was told at least once."""
        wanted = {story.told for story in stories if story.told}
        try:
            wait_until("all alerts in Slack", lambda: not wanted - set(self.alerts()), seconds)
        except AssertionError as error:
            missing = sorted(wanted - set(self.alerts()))
            raise AssertionError(f"{error}; missing {len(missing)} of {len(wanted)}: {missing}") from None

    def wait_until_quiet(self, seconds: float = 60) -> None:
        """Return when nothing waits in the spool and no flow is running."""
        wait_until("quiet", self._is_quiet, seconds, every_s=1)

    def _is_quiet(self) -> bool:
        spool = self.home / "spool"
        waiting = [path for stage in ("entries", "pages", "analysed") for path in (spool / stage).glob("*")]
        return not waiting and not any(run["end_date"] is None for run in self.dag_runs("ingest"))

    # ---- Airflow ---------------------------------------------------------------------------------------------------
    def api(self, path: str, body: object = None) -> Any:
        """Ask Airflow's API; with `body`, post it."""
        base = f"http://127.0.0.1:{self.port}"
        if self._token is None:
            words = {"username": "admin", "password": self.password}
            self._token = str(_get_json(f"{base}/auth/token", words, post=True)["access_token"])
        return _get_json(f"{base}/api/v2{path}", body, self._token, post=body is not None)

    @property
    def password(self) -> str:
        """The admin's."""
        return str(json.loads(passwords_file(self.settings).read_text())["admin"])

    def dag_runs(self, dag_id: str) -> list[dict[str, Any]]:
        """The DAG's runs, newest first; none while the API is away."""
        try:
            found: list[dict[str, Any]] = self.api(f"/dags/{dag_id}/dagRuns?order_by=-run_after&limit=100")["dag_runs"]
        except OSError:
            return [{"end_date": None, "state": "unknown"}]
        return found

    def all_dag_runs(self, dag_id: str) -> list[dict[str, Any]]:
        """All runs of the DAG, oldest first."""
        runs: list[dict[str, Any]] = []
        while True:
            page = self.api(f"/dags/{dag_id}/dagRuns?order_by=run_after&limit=100&offset={len(runs)}")
            runs += page["dag_runs"]
            if not page["dag_runs"] or len(runs) >= page["total_entries"]:
                return runs

    def play(self, dag_id: str) -> None:
        """Start a run, as with the button in the interface."""
        self.api(f"/dags/{dag_id}/dagRuns", {"logical_date": None})

    # ---- what goes wrong -------------------------------------------------------------------------------------------
    def kill(self, what: str, within_s: float = 0.0) -> bool:
        """Kill -9 one process: a component, `worker` (which looks after a task) or `task` (which does the work).

        False where there was no such process within `within_s` seconds.
        """
        deadline = time.monotonic() + within_s
        while True:
            for victim in self._processes_of(what):
                with suppress(psutil.Error):
                    victim.kill()
                    return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.1)

    def _processes_of(self, what: str) -> list[psutil.Process]:
        component = "scheduler" if what in {"worker", "task"} else what
        manager = int((self.home / "run" / "supervisord.pid").read_text())
        with suppress(psutil.Error):
            mains = [main for main in psutil.Process(manager).children() if component in _command_of(main)]
            if component == what:
                return mains
            workers = [worker for main in mains for worker in main.children()]
            return workers if what == "worker" else [task for worker in workers for task in worker.children()]
        return []

    def let_time_pass(self) -> None:
        """Make every feed due now and no host ask for a pause, as if the hours that were to be waited had passed.

        The triggerer remembers pauses as well, until it is started again.
        """
        with closing(sqlite3.connect(self.home / "state" / "feeds.sqlite", timeout=20)) as memory, memory:
            memory.execute("UPDATE feeds SET next_poll_at = 0")
        for path in (self.home / "state" / "hosts").iterdir():
            path.write_text("")


def _command_of(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline()).replace("_", "-")
    return ""
