"""The trigger that watches the feeds, and the decision when to wake the flow."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import cast

import pytest
from airflow.triggers.base import TriggerEvent

from fake_slack import FakeSlack
from monitor.model import Entry
from monitor.pipeline.poll import REMIND_S, WakeUps
from monitor.replay import Newsroom, load_recording
from monitor.spool import list_batches, read_batch, remove_batch
from monitor.trigger import FEED_ENTRIES, FeedTrigger, warn_of_stall

RECORDING = """\
{"kind": "recording", "start": "2026-01-05T12:00Z", "end": "2026-01-05T12:00Z"}
{"kind": "outlet", "id": "steppe-wire", "name": "Steppe Wire"}
{"kind": "publish", "at": "2026-01-05", "outlet": "steppe-wire", "article": "a", "title": "A", "paragraphs": ["A"]}
"""


class TestWakeUps:
    """Each case: what waits and when; whether `ingest` is woken."""

    @pytest.mark.parametrize(
        ("steps", "woken"),
        [
            pytest.param([((), 0)], [False], id="nothing waits"),
            pytest.param([(("a",), 0)], [True], id="something waits"),
            pytest.param([(("a",), 0), (("a",), 1)], [True, False], id="not taken up yet"),
            pytest.param([(("a",), 0), (("a", "b"), 1)], [True, False], id="more came, the run on its way finds it"),
            pytest.param([(("a",), 0), (("b",), 1)], [True, True], id="taken up, and more came since"),
            pytest.param([(("a",), 0), ((), 1), (("b",), 2)], [True, False, True], id="done, then more"),
            pytest.param(
                [(("a",), 0), (("a",), REMIND_S - 1), (("a",), REMIND_S)], [True, False, True], id="a wake-up was lost"
            ),
            pytest.param(
                [(("a",), 0), (("a", "b"), REMIND_S), (("b",), REMIND_S + 1)],
                [True, True, False],
                id="the reminder covers what came meanwhile",
            ),
            pytest.param(
                [(("a", "b"), 0), (("b",), 1), (("b", "c"), 2), (("c",), 3)],
                [True, False, False, True],
                id="taken up in parts",
            ),
        ],
    )
    def test_once_for_what_waits_and_again_when_it_was_lost(
        self, steps: list[tuple[tuple[str, ...], float]], woken: list[bool]
    ) -> None:
        wake_ups = WakeUps()
        assert [wake_ups.is_due(waiting, at) for waiting, at in steps] == woken

    def test_the_clock_may_begin_anywhere(self) -> None:
        assert WakeUps().is_due(["a"], -1e9)


@pytest.fixture
async def newsroom(tmp_path: Path) -> AsyncIterator[Newsroom]:
    (tmp_path / "recording.jsonl").write_text(RECORDING)
    async with Newsroom(load_recording(tmp_path / "recording.jsonl"), speed=1, shift=True) as served:
        yield served


@pytest.fixture
def home(tmp_path: Path, newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A monitor that follows the newsroom, by its environment: all that a trigger is given."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sources.yaml").write_text(newsroom.sources_yaml())
    for name, value in {
        "HOME": str(tmp_path / "var"),
        "CONFIG": str(tmp_path / "config"),
        "ALLOW_NETWORKS": "127.0.0.0/8",
        "POLL_MIN_S": "0.2",
        "POLL_MAX_S": "0.3",
        "HOST_DELAY_S": "0",
    }.items():
        monkeypatch.setenv(f"MONITOR_{name}", value)
    return tmp_path / "var"


def new_trigger() -> FeedTrigger:
    return FeedTrigger()  # type: ignore[no-untyped-call]  # Airflow's own


def watching() -> AsyncGenerator[TriggerEvent]:
    return cast("AsyncGenerator[TriggerEvent]", new_trigger().run())


async def payload_of_next(events: AsyncGenerator[TriggerEvent], seconds: float = 20) -> dict[str, int]:
    event = await asyncio.wait_for(anext(events), seconds)
    payload: dict[str, int] = event.payload
    return payload


def take_up(home: Path) -> list[Entry]:
    """What `ingest` does first: takes what waits."""
    entries: list[Entry] = []
    for path in list_batches(home / "spool", "entries"):
        entries += read_batch(path, Entry).items
        remove_batch(path)
    return entries


class TestFeedTrigger:
    def test_it_is_named_by_its_class_alone_so_that_edits_never_make_it_anew(self) -> None:
        assert new_trigger().serialize() == ("monitor.trigger.FeedTrigger", {})
        assert [watcher.name for watcher in FEED_ENTRIES.watchers] == ["due_feeds"]

    async def test_it_fires_when_what_an_outlet_published_is_on_disk(self, home: Path, newsroom: Newsroom) -> None:
        async with aclosing(watching()) as events:
            assert (await payload_of_next(events))["new"] == 1
            assert [entry.title for entry in take_up(home)] == ["A"]
            newsroom.publish("steppe-wire", "just-in", "Just in", ["News."])
            payload = await payload_of_next(events)
            assert (payload["new"], payload["batches"]) == (1, 1)
            assert [(entry.title, entry.first_poll) for entry in take_up(home)] == [("Just in", False)]

    async def test_its_event_carries_counts_only(self, home: Path) -> None:
        async with aclosing(watching()) as events:
            payload = await payload_of_next(events)
        assert len(take_up(home)) == 1
        assert set(payload) == {"polled", "new", "failed", "batches"}
        assert all(isinstance(value, int) for value in payload.values())

    async def test_an_edit_of_the_sources_works_while_it_runs(self, home: Path, newsroom: Newsroom) -> None:
        sources = home.parent / "config" / "sources.yaml"
        good = sources.read_text()
        sources.write_text("sources: []\n", encoding="utf-8")
        events = watching()
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(1)
        assert not waiting.done()
        sources.write_text(good)
        payload: dict[str, int] = (await asyncio.wait_for(waiting, 20)).payload
        assert payload["new"] == 1
        await events.aclose()
        assert len(newsroom.log) >= 1

    async def test_it_goes_on_after_trouble(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("monitor.pipeline.poll._PAUSE_AFTER_TROUBLE_S", 0.1)
        sources = home.parent / "config" / "sources.yaml"
        good = sources.read_text()
        sources.write_text("sources: [")  # unusable, and no good copy yet
        events = watching()
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.5)
        assert not waiting.done()
        sources.write_text(good)
        assert (await asyncio.wait_for(waiting, 20)).payload["new"] == 1
        await events.aclose()

    async def test_started_anew_it_wakes_for_what_still_waits(self, home: Path) -> None:
        async with aclosing(watching()) as events:
            await payload_of_next(events)
        async with aclosing(watching()) as events:
            payload = await payload_of_next(events)
        assert (payload["new"], payload["batches"]) == (0, 1)
        assert len(take_up(home)) == 1


class TestStall:
    async def test_operators_are_told_in_their_channel(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with FakeSlack() as slack:
            for name, value in {
                "MONITOR_HOME": str(tmp_path),
                "MONITOR_OPS_CHANNEL": "ops",
                "SLACK_BOT_TOKEN": slack.token,
                "SLACK_API_URL": slack.url,
            }.items():
                monkeypatch.setenv(name, value)
            await warn_of_stall("ingest", context={"dag_run": "…"})
            [message] = slack.messages
        assert message["channel_name"] == "ops"
        assert "ingest has not finished in time" in message["text"]
        assert "Open the DAG ingest" in str(message["blocks"])

    async def test_without_a_channel_it_is_logged_and_nothing_breaks(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("MONITOR_HOME", str(tmp_path))
        monkeypatch.delenv("MONITOR_OPS_CHANNEL", raising=False)
        await warn_of_stall("send_alerts")
