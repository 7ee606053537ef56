"""The whole flow, killed at any moment and started again: each entry is archived once, each alert reaches Slack once.

The newsroom, a site that links to its articles, and Slack live in this process; the flow runs in processes that are
killed with SIGKILL, between stages and within them, at moments drawn from a seed.
"""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from fake_slack import TOKEN, FakeSlack
from flow_process import run_flow
from flow_world import ON_NOTHING, ON_PIPELINE, Item, Site, make_settings, names
from monitor.archive import Archive
from monitor.model import WarcRef, utc_now
from monitor.replay import Newsroom, Outlet, Recording
from monitor.settings import Settings
from monitor.urls import canonical_url
from monitor.warc import read_page

_FORKS = get_context("forkserver")
"""Each process is forked from one that has loaded the libraries: killing twenty costs no twenty starts of Python."""
_FORKS.set_forkserver_preload(["__main__", "flow_preload"])

STAGES = 6


class Press:
    """What is published: by outlets, in four formats, and by a site whose feed links to the outlets' pages."""

    def __init__(self, newsroom: Newsroom, digest: Site) -> None:
        self._newsroom, self._digest = newsroom, digest
        self.urls: set[str] = set()
        self.on_topic: set[str] = set()
        self.entries = 0
        digest.feeds["/feed.xml"] = []

    def publish(self, *, on_topic: bool, digested: bool) -> None:
        number = len(self.urls)
        outlet = list(self._newsroom.recording.outlets)[number % len(self._newsroom.recording.outlets)]
        text = [ON_PIPELINE if on_topic else ON_NOTHING, f"This is report {number}, and the {number}th of them."]
        link = self._newsroom.publish(outlet, f"story-{number}", f"Report {number} of the day", text)
        url = canonical_url(link)
        assert url is not None
        self.urls.add(url)
        self.entries += 1 + digested
        if on_topic:
            self.on_topic.add(url)
        if digested:
            item = Item(f"{link}?utm_source=digest", f"Digest: report {number}", published=utc_now())
            self._digest.feeds["/feed.xml"].insert(0, item)


@contextmanager
def newsroom() -> Iterator[Newsroom]:
    """Four outlets without articles, served from a thread."""
    begin = datetime(2022, 9, 15, tzinfo=UTC)
    outlets = {name: Outlet(id=name, name=name.title(), feed=name) for name in ("rss", "atom", "json", "rdf")}
    recording = Recording(title="Crashes", start=begin, end=begin, outlets=outlets, articles={})
    served = Newsroom(recording, shift=True)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(served.__aenter__(), loop).result(10)
    try:
        yield served
    finally:
        asyncio.run_coroutine_threadsafe(served.__aexit__(None, None, None), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class Flow:
    """Starts runs of the flow, and kills them."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self._settings = settings
        self._random = random.Random(seed)  # noqa: S311 - moments, no secrets
        self.killed_after: Counter[str] = Counter()

    def start(self) -> tuple[ForkServerProcess, Connection]:
        ours, theirs = _FORKS.Pipe(duplex=False)
        process = _FORKS.Process(target=run_flow, args=(self._settings, theirs), daemon=True)
        process.start()
        theirs.close()
        return process, ours

    def complete(self) -> str:
        """One run that nobody kills; what it said last."""
        process, told = self.start()
        said = "nothing"
        while told.poll(60):
            try:
                said = str(told.recv())
            except EOFError:
                break
        process.join(10)
        return said

    def killed(self, side_by_side: int = 1) -> int:
        """Start some runs at once and kill each a moment after one of its stages; how many had not ended by then."""
        runs = [self.start() for _ in range(side_by_side)]
        return sum(self._kill(process, told) for process, told in runs)

    def _kill(self, process: ForkServerProcess, told: Connection) -> bool:
        stage = "start"
        try:
            for _ in range(self._random.randrange(STAGES)):
                if not told.poll(30):
                    break
                stage = str(told.recv())
            time.sleep(self._random.uniform(0, 0.08))
        except EOFError:
            pass
        alive = process.is_alive()
        process.kill()
        process.join(10)
        told.close()
        self.killed_after[stage] += alive
        return alive


@pytest.mark.parametrize(("seed", "side_by_side", "kills"), [(1, 1, 15), (2, 2, 10)], ids=["one", "two at once"])
def test_whatever_is_killed_everything_is_archived_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, side_by_side: int, kills: int
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))  # where the first of the processes finds its preload
    with newsroom() as outlets, Site("localhost") as digest, FakeSlack(("siberia",), burst_window_s=0) as slack:
        settings = make_settings(tmp_path, SLACK_BOT_TOKEN=TOKEN, SLACK_API_URL=slack.url, fetch_budget_s=5)
        feeds = f"  - {{id: digest, feeds: ['{digest.url('/feed.xml')}']}}\n"
        settings.sources_file.write_text(outlets.sources_yaml() + feeds, encoding="utf-8")
        press, flow = Press(outlets, digest), Flow(settings, seed)
        assert flow.complete() == "done", errors(tmp_path)  # the first poll finds empty feeds
        done = 0
        for round_ in range(4 * kills):
            press.publish(on_topic=True, digested=round_ % 2 == 0)
            press.publish(on_topic=False, digested=round_ % 3 == 0)
            done += flow.killed(side_by_side)
            if done >= kills:
                break
        assert done >= kills
        assert len(flow.killed_after) >= 4, flow.killed_after
        time.sleep(0.6)  # until the leases of those that were killed have run out
        for _ in range(3):
            assert flow.complete() == "done", errors(tmp_path)
        told = slack.alert_ids()
        assert_archived_once(settings, press)
        assert len(told) == len(set(told))
        assert len(told) == len(press.on_topic)
    stages = names(settings, "polls", "entries", "retries", "pages", "analysed")
    assert stages == []
    assert not (settings.spool_dir / "quarantine").exists(), errors(tmp_path)


def errors(folder: Path) -> str:
    return (folder / "errors.log").read_text(encoding="utf-8")


def assert_archived_once(settings: Settings, press: Press) -> None:
    with Archive(settings).read() as con:
        urls = [url for (url,) in con.execute("SELECT url FROM articles").fetchall()]
        entries = con.execute("SELECT count(*), count(DISTINCT entry_id) FROM entries").fetchall()
        matched = con.execute(
            "SELECT DISTINCT a.url, r.warc_file, r.warc_offset, r.warc_sha256 FROM articles a "
            "JOIN revisions r USING (article_id) JOIN matches m USING (revision_id)"
        ).fetchall()
        alerted = con.execute("SELECT article_id FROM alerts").fetchall()
    assert sorted(urls) == sorted(press.urls)
    assert entries == [(press.entries, press.entries)]
    assert {url for url, *_ in matched} == press.on_topic
    assert len(alerted) == len(set(alerted)) == len(press.on_topic)
    for _, file, offset, sha256 in matched:
        assert ON_PIPELINE.encode() in read_page(settings.home, WarcRef(file=file, offset=offset, sha256=sha256)).body
