"""What comes from outside cannot drive the terminal: not through a table, a message, JSON or a log line."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from monitor.cli.terminal import harmless, harmless_event, harmless_json, harmless_lines
from monitor.model import Feed, Poll, utc_now
from monitor.polling.store import FeedStore, PollResult

MONITOR = Path(sys.executable).with_name("monitor")
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe [/bold] [red]"


def monitor(*arguments: object, **variables: object) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "COLUMNS": "200"}
    environment |= {name: str(value) for name, value in variables.items()}
    return subprocess.run(  # noqa: S603  our own command
        [str(MONITOR), *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@given(st.text())
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    assert not any(ord(sign) < 0x20 or 0x7F <= ord(sign) < 0xA0 for sign in harmless(text))
    assert not OBEYED.search(harmless_lines(text))
    harmless(text).encode("utf-8")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_harmless_stays_as_it_is_and_json_says_the_same(text: str) -> None:
    assert harmless(harmless(text)) == harmless(text)
    assert harmless_lines("Новости 新闻 – news\nzwei") == "Новости 新闻 – news\nzwei"
    written = harmless_json({"text": [text]}, indent=2)
    assert json.loads(written) == {"text": [text]}
    assert not OBEYED.search(written)


def test_a_lone_surrogate_can_be_written() -> None:
    assert json.loads(harmless_json("\ud800").encode()) == "\ud800"


def test_a_log_line_cannot_be_forged_and_keeps_numbers_and_the_error() -> None:
    error = ValueError("x")
    event = {"event": "page\x1b[2J", "url": "a\n2022 [error] forged", "count": 3, "odd": [HOSTILE], "exc_info": error}
    told = harmless_event(None, "error", event)
    assert told["event"] == "page\u241b[2J"
    assert told["url"] == "a↵2022 [error] forged"
    assert (told["count"], told["exc_info"]) == (3, error)
    assert not OBEYED.search(told["odd"])


def test_the_command_logs_nothing_that_a_terminal_obeys() -> None:
    program = f"""
import structlog
from monitor import cli
def command():
    structlog.get_logger().warning("feed failed", error={HOSTILE!r})
    try:
        raise ValueError({HOSTILE!r})
    except ValueError:
        structlog.get_logger().exception("bug")
    raise cli.MonitorError({HOSTILE!r})
cli.app = command
cli.main()
"""
    done = subprocess.run(  # noqa: S603  our own interpreter
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "feed failed" in done.stderr
    assert "Traceback" in done.stderr
    assert done.stderr.count("owned") == 3
    assert not OBEYED.search(done.stderr)


def test_status_tells_a_feeds_error_without_obeying_it(tmp_path: Path) -> None:
    now = utc_now()
    with FeedStore(tmp_path / "state" / "feeds.sqlite") as store:
        store.sync([Feed(url="https://a.example/feed", source_id="a")], now)
        (state,) = store.claim_due(now, 1, 60)
        gone = replace(state, status="gone", error=HOSTILE)
        poll = Poll(poll_id="p", feed_url=state.url, source_id="a", polled_at=now, outcome="gone", next_poll_at=now)
        store.commit([PollResult(state=gone, poll=poll, entry_ids=())], now)
    for arguments in (["status"], ["status", "--json"]):
        done = monitor(*arguments, MONITOR_HOME=tmp_path, MONITOR_CONFIG=Path(__file__).parents[1] / "config")
        assert "gone feed" in done.stdout, done.stderr
        assert "owned" in done.stdout
        assert not OBEYED.search(done.stdout + done.stderr)


def test_sources_with_mark_up_and_escapes_in_their_names_are_listed_and_imported(tmp_path: Path) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text(
        'sources:\n  - id: a\n    name: "Eve \\e[2J [/bold] [red]News"\n    feeds: [https://a.example/feed]\n'
    )
    for arguments in (["list"], ["list", "--json"], ["check"]):
        where = [file] if arguments == ["check"] else ["--file", file]
        done = monitor("sources", *arguments, *where)
        assert not OBEYED.search(done.stdout + done.stderr)
        assert "Traceback" not in done.stderr
    done = monitor("sources", "list", "--file", file)
    assert "[/bold] [red]News" in done.stdout, done.stderr
    opml = tmp_path / "in.opml"
    opml.write_text('<opml><outline text="Eve &#x9b;2J" xmlUrl="feed://a"/></opml>')
    done = monitor("sources", "import", opml, "--file", file)
    assert "left out: Eve" in done.stderr
    assert not OBEYED.search(done.stdout + done.stderr)
