"""From outlets to Slack through the whole running stack: what is published is archived once and told once.

One stack serves all of these tests. The eventful minute below is lived through once, and then looked at from several
sides: kills of every process, trouble at the outlets and in Slack, and edits of the configuration come while outlets
go on publishing.
"""

import itertools
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from monitor.replay import FAULTS
from newsroom_stories import FAULTY, LATER, TOPICS, WELL, Story
from running_stack import RunningStack, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

PATIENCE_S = 240
"""What is awaited comes in seconds; on a machine that does other things as well it may take longer."""

NEW_TOPIC = """
  - id: river_fair
    name: {en: River fair}
    channel: xi-putin
    match: {any: [{text: {en: [Quillford river fair]}}]}
"""


@pytest.fixture(scope="module")
def stack(shared_stack: RunningStack) -> RunningStack:
    """The running stack, once it has read what the feeds held at first."""
    wait_until("the archive is there", (shared_stack.home / "archive.duckdb").exists, PATIENCE_S)
    wanted = len(shared_stack.newsroom.first_urls)
    query = "SELECT count(*) AS n FROM articles WHERE first_poll"
    wait_until("first articles", lambda: shared_stack.sql(query)[0]["n"] >= wanted, PATIENCE_S, every_s=2)
    return shared_stack


class TestQuietDay:
    def test_what_a_feed_held_when_first_asked_is_archived_and_not_told(self, stack: RunningStack) -> None:
        rows = stack.sql("SELECT url, first_poll FROM articles")
        first = {row["url"] for row in rows if row["first_poll"]}
        assert first == stack.newsroom.first_urls
        assert not first & {url for url, _ in stack.alerts()}

    def test_news_in_three_languages_is_told_in_its_channel_and_other_news_is_not(self, stack: RunningStack) -> None:
        stories = [stack.newsroom.publish(outlet, topic) for outlet, topic in zip(WELL, itertools.cycle(TOPICS))]
        others = [stack.newsroom.publish(outlet) for outlet in WELL[:3]]
        for story in (*stories[:2], others[0]):
            stack.newsroom.aggregator.list_story(story)
        stack.wait_for_alerts(stories, PATIENCE_S)
        stack.wait_until_quiet(PATIENCE_S)
        assert_archived_once(stack, [*stories, *others])
        assert_told_once(stack, [*stories, *others])

    def test_runs_are_few_and_none_is_red(self, stack: RunningStack) -> None:
        before = len(stack.dag_runs("ingest"))
        stack.wait_for_alerts([stack.newsroom.publish(WELL[0], "sco")], PATIENCE_S)
        stack.wait_until_quiet(PATIENCE_S)
        assert 1 <= len(stack.dag_runs("ingest")) - before <= 2
        for dag_id in ("ingest", "send_alerts", "poll_feeds", "maintain_archive"):
            assert {run["state"] for run in stack.dag_runs(dag_id)} <= {"success", "running", "queued"}


@dataclass
class Minute:
    """What happened in the eventful minute."""

    stream: list[Story] = field(default_factory=list)
    """Published by outlets that are well, all the time."""
    behind_fault: dict[str, Story] = field(default_factory=dict)
    """By fault: published by the outlet that has it, found in its feed when it is well again."""
    linked_fault: dict[str, Story] = field(default_factory=dict)
    """By fault: published likewise, and listed by the aggregator at once."""
    on_new_topic: list[Story] = field(default_factory=list)
    of_new_outlet: list[Story] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)

    @property
    def all_stories(self) -> list[Story]:
        faulty = [*self.behind_fault.values(), *self.linked_fault.values()]
        return [*self.stream, *faulty, *self.on_new_topic, *self.of_new_outlet]


@pytest.fixture(scope="module")
def minute(stack: RunningStack) -> Minute:
    """The eventful minute, lived through, and all that was to come of it having come."""
    lived = Minute()
    began = time.monotonic()
    _trouble_at_outlets_and_in_the_configuration(stack, lived)
    _trouble_in_slack_and_kills(stack, lived)
    lived.of_new_outlet.append(stack.newsroom.publish(LATER, "ps2"))
    lived.on_new_topic.append(stack.newsroom.publish(WELL[0], "river_fair"))
    stack.let_time_pass()
    # Pages that did not come are tried again after a minute, by the safety net.
    time.sleep(max(0.0, 62 - (time.monotonic() - began)))
    stack.wait_until_quiet(PATIENCE_S)
    stack.let_time_pass()
    stack.play("poll_feeds")
    wait_until("all is archived", lambda: not _missing(stack, lived.all_stories), PATIENCE_S, every_s=2)
    stack.wait_until_quiet(PATIENCE_S)
    stack.run("send", timeout_s=120)  # the operator has put right what Slack rejected
    stack.wait_for_alerts(lived.all_stories, PATIENCE_S)
    return lived


def _trouble_at_outlets_and_in_the_configuration(stack: RunningStack, lived: Minute) -> None:
    for kind, outlet in zip(FAULTS, FAULTY, strict=True):
        stack.newsroom.set_fault(outlet, kind)
        lived.linked_fault[kind] = stack.newsroom.publish(outlet, "ps2")
        lived.behind_fault[kind] = stack.newsroom.publish(outlet, "congress20")
        stack.newsroom.aggregator.list_story(lived.linked_fault[kind])
    good = {
        stack.config / "sources.yaml": stack.newsroom.sources_yaml(later=True),
        stack.config / "watchlist.yaml": stack.watchlist.replace("\nclaims:\n", f"{NEW_TOPIC}\nclaims:\n", 1),
    }
    for path, text in good.items():
        path.write_text(text, encoding="utf-8")
    settled = [lived.linked_fault[kind] for kind in ("gone", "garbage", "bomb", "redirect")]
    _publish_until(
        lambda: not _missing(stack, settled, only="all-in-one") and stack.newsroom.is_asked(LATER), stack, lived
    )
    for path, text in good.items():
        path.write_text(f"{text}\nfoo: [\n", encoding="utf-8")
    _publish_until(lambda: len(_told_operators(stack, _BAD_EDIT)) >= 2, stack, lived)
    for path, text in good.items():
        path.write_text(text, encoding="utf-8")
    for outlet in FAULTY:
        stack.newsroom.set_fault(outlet, "none")


def _trouble_in_slack_and_kills(stack: RunningStack, lived: Minute) -> None:
    def kill(what: str) -> None:
        lived.killed[what] += stack.kill(what, within_s=30)

    events: list[Callable[[], None]] = [
        lambda: stack.slack.fault("error", 2),
        lambda: kill("task"),
        lambda: stack.slack.fault("lost"),
        lambda: kill("scheduler"),
        lambda: stack.slack.fault("late", 2, seconds=2),
        lambda: stack.slack.fault("refused"),
        lambda: kill("triggerer"),
        lambda: stack.slack.fault("garbage"),
        lambda: stack.slack.fault("gateway"),
        lambda: kill("dag-processor"),
        lambda: stack.slack.fault("slow", 2, seconds=3),
        lambda: kill("worker"),
        lambda: stack.slack.fault("ratelimited", 2, seconds=2),
        lambda: kill("api-server"),
        lambda: stack.slack.fault("invalid_auth"),
        lambda: kill("task"),
        lambda: stack.slack.fault("channel_not_found"),
    ]
    for event in events:
        _publish(stack, lived)
        event()
        time.sleep(0.8)


def _publish(stack: RunningStack, lived: Minute) -> None:
    count = len(lived.stream)
    topic = (*TOPICS, None)[count % 4]
    lived.stream.append(stack.newsroom.publish(WELL[count % len(WELL)], topic))


def _publish_until(condition: Callable[[], object], stack: RunningStack, lived: Minute) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"not after {PATIENCE_S} s"
        _publish(stack, lived)
        time.sleep(0.8)


class TestEventfulMinute:
    def test_every_kind_of_process_was_killed(self, minute: Minute) -> None:
        assert set(minute.killed) == {"scheduler", "triggerer", "dag-processor", "api-server", "task", "worker"}

    def test_everything_published_is_archived_once(self, stack: RunningStack, minute: Minute) -> None:
        assert_archived_once(stack, minute.all_stories)

    def test_everything_on_a_topic_is_told_once(self, stack: RunningStack, minute: Minute) -> None:
        assert_told_once(stack, minute.all_stories)

    def test_all_components_came_back_by_themselves(self, stack: RunningStack, minute: Minute) -> None:
        assert minute.killed
        for name in ("scheduler", "triggerer", "dag-processor", "api-server"):
            assert stack.run("health", name) == f"{name}: healthy\n"

    def test_a_page_that_could_not_be_had_leaves_the_feeds_own_text_marked_as_such(
        self, stack: RunningStack, minute: Minute
    ) -> None:
        rows = stack.sql("SELECT url, text_origin, page_status FROM articles_latest")
        found = {row["url"]: (row["text_origin"], row["page_status"]) for row in rows}
        assert {kind: found[story.url] for kind, story in minute.linked_fault.items()} == {
            "gone": ("feed", "not_found"),
            "error": ("extracted", "fetched"),
            "slow": ("extracted", "fetched"),
            "hang": ("extracted", "fetched"),
            "garbage": ("feed", "not_html"),
            "bomb": ("feed", "too_large"),
            "redirect": ("feed", "blocked"),
        }

    def test_a_bad_edit_is_reported_where_it_is_and_the_last_good_version_goes_on(
        self, stack: RunningStack, minute: Minute
    ) -> None:
        told = _told_operators(stack, _BAD_EDIT)
        assert minute.stream
        assert len(told) == 2
        for name in ("watchlist", "sources"):
            assert any(re.search(rf"{name}\.yaml\W[0-9]+", text) for text in told)

    def test_an_outlet_that_says_its_feed_is_gone_is_reported(self, stack: RunningStack, minute: Minute) -> None:
        assert "gone" in minute.behind_fault
        assert len(_told_operators(stack, "outlet-gone")) == 1

    def test_failed_attempts_were_made_up_for_and_are_on_record(self, stack: RunningStack, minute: Minute) -> None:
        faults = Counter(call["fault"] for call in stack.slack.calls() if call["fault"])
        assert minute.killed
        assert set(faults) >= {"error", "lost", "late", "refused", "garbage", "gateway", "slow", "ratelimited"}
        [row] = stack.sql("SELECT count(*) AS n FROM alert_status WHERE status NOT IN ('sent', 'found')")
        assert row["n"] == 0


def test_in_the_end_nothing_is_in_the_archive_twice_and_nothing_else_was_told(stack: RunningStack) -> None:
    stack.wait_until_quiet(PATIENCE_S)
    assert_archived_once(stack, stack.newsroom.stories)
    assert_told_once(stack, stack.newsroom.stories)
    expected = {story.told for story in stack.newsroom.stories} - {None}
    assert set(stack.alerts()) == expected
    about_articles = sum(stack.alerts().values())
    assert len(stack.slack.messages()) == about_articles + len(stack.slack.messages("ops"))


# ---- what is expected ------------------------------------------------------------------------------------------------
_BAD_EDIT = "the last good version goes on"


def _told_operators(stack: RunningStack, words: str) -> list[str]:
    """The messages to the operators that hold `words`."""
    told = [str(message["blocks"]) for message in stack.slack.messages("ops")]
    return [text for text in told if words in text]


def _missing(stack: RunningStack, stories: list[Story], only: str | None = None) -> set[tuple[str, str]]:
    missing = _expected_entries(stack, stories) - set(_entries(stack))
    return {(outlet, url) for outlet, url in missing if only in (None, outlet)}


def _expected_entries(stack: RunningStack, stories: list[Story]) -> set[tuple[str, str]]:
    listed = {("all-in-one", url) for url in stack.newsroom.aggregator.listed} & {
        ("all-in-one", s.url) for s in stories
    }
    return {(story.outlet, story.url) for story in stories} | listed


def _entries(stack: RunningStack) -> Counter[tuple[str, str]]:
    """How often each entry is in the archive: (outlet, address without parameters)."""
    rows = stack.sql("SELECT source_id, link FROM entries")
    return Counter((row["source_id"], row["link"].partition("?")[0]) for row in rows)


def assert_archived_once(stack: RunningStack, stories: list[Story]) -> None:
    entries = _entries(stack)
    assert {entry: entries[entry] for entry in _expected_entries(stack, stories) if entries[entry] != 1} == {}
    articles = Counter(row["url"] for row in stack.sql("SELECT url FROM articles"))
    assert {story.url: articles[story.url] for story in stories if articles[story.url] != 1} == {}


def assert_told_once(stack: RunningStack, stories: list[Story]) -> None:
    alerts = stack.alerts()
    assert {story.told: alerts[story.told] for story in stories if story.told and alerts[story.told] != 1} == {}
    silent = {story.url for story in stories if story.told is None}
    assert {url for url, _ in alerts} & silent == set()
