"""The web interface in a browser, as a user of `make up` meets it: login, DAGs and their documentation, assets."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from newsroom_stories import WELL
from running_stack import RunningStack, wait_until

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.stack,
    pytest.mark.browser,
    pytest.mark.xdist_group("stack"),
    pytest.mark.timeout(600),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium was found: apt-get install chromium"),
]

PATIENCE_MS = 60_000
"""What is awaited takes a second; on a machine that does other things as well it may take longer."""

NAMES = ("Ingest: fetch, analyse, load", "Poll feeds (safety net)", "Send alerts", "Maintain the archive")


@pytest.fixture(scope="module")
def stack(shared_stack: RunningStack) -> RunningStack:
    """The running stack, with a day's work behind it."""
    wait_until("the archive is there", (shared_stack.home / "archive.duckdb").exists, 240)
    shared_stack.wait_for_alerts([shared_stack.newsroom.publish(WELL[0], "sco")], 240)
    return shared_stack


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Chromium's sandbox does not work for root, as in a container.
        arguments = ["--no-sandbox"] if os.getuid() == 0 else []
        expect.set_options(timeout=PATIENCE_MS)
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=[*arguments, "--disable-dev-shm-usage"])
        yield started
        started.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console and the pages' requests complained of."""
    return []


@pytest.fixture
def page(browser: Browser, stack: RunningStack, complaints: list[str]) -> Iterator[Page]:
    """A page of a browser that is logged in with the password that `monitor up` prints."""
    found = re.search(r"Login: +(\S+) / (\S+)", stack.told)
    assert found, stack.told
    address = re.search(r"Airflow: (http://\S+)", stack.told)
    assert address, stack.told
    context = browser.new_context(viewport={"width": 1440, "height": 900}, base_url=address[1])
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    opened.on("console", lambda message: _note(message, complaints))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto("/")
    opened.locator("input[name=username]").fill(found[1])
    opened.locator("input[name=password]").fill(found[2])
    opened.locator("button[type=submit]").click()
    opened.wait_for_url(lambda url: "/login" not in url)
    yield opened
    context.close()


def _note(message: ConsoleMessage, complaints: list[str]) -> None:
    # Before the login the interface asks for its configuration and is refused: Airflow's own way to find out.
    is_before_login = "401" in message.text and message.location["url"].endswith("/ui/config")
    if message.type == "error" and not is_before_login:
        complaints.append(f"{message.location['url']}: {message.text}")


def test_the_dags_have_readable_names(page: Page, complaints: list[str], tmp_path: Path) -> None:
    page.goto("/dags")
    for name in NAMES:
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    expect(page).to_have_title("Dags - News monitor")
    page.screenshot(path=tmp_path / "dags.png")
    assert complaints == []


def test_a_dag_says_what_it_does_and_what_to_do_when_it_is_red(
    page: Page, complaints: list[str], tmp_path: Path
) -> None:
    page.goto("/dags/ingest")
    page.get_by_role("button", name="Dag Docs").click()
    expect(page.get_by_text("When it is red").first).to_be_visible()
    page.screenshot(path=tmp_path / "documentation.png")
    assert complaints == []


def test_runs_are_green_and_their_tasks_can_be_looked_at(
    page: Page, complaints: list[str], tmp_path: Path, stack: RunningStack
) -> None:
    done = next(run for run in stack.dag_runs("ingest") if run["state"] == "success")
    page.goto(f"/dags/ingest/runs/{done['dag_run_id']}")
    for task in ("fetch", "analyse", "load"):
        expect(page.get_by_text(task, exact=False).first).to_be_visible()
    page.screenshot(path=tmp_path / "run.png")
    assert complaints == []


def test_a_tasks_log_ends_with_a_line_of_counts(
    page: Page, complaints: list[str], tmp_path: Path, stack: RunningStack
) -> None:
    done = next(run for run in stack.dag_runs("ingest") if run["state"] == "success")
    page.goto(f"/dags/ingest/runs/{done['dag_run_id']}/tasks/load")
    expect(page.get_by_text(re.compile(r"load: \d+ polls, \d+ entries, \d+ articles")).first).to_be_visible()
    page.screenshot(path=tmp_path / "log.png")
    assert complaints == []


def test_the_assets_lead_from_one_dag_to_the_next(page: Page, complaints: list[str], tmp_path: Path) -> None:
    page.goto("/assets")
    for name in ("feed_entries", "archive", "outbox"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    page.get_by_text("outbox", exact=True).first.click()
    graph = page.locator(".react-flow")
    expect(graph).to_be_visible()
    for name in (*NAMES[:3], "feed_entries", "archive"):
        expect(graph.get_by_text(name, exact=True).first).to_be_visible()
    page.wait_for_timeout(1_000)  # the graph moves into its place
    page.screenshot(path=tmp_path / "assets.png")
    assert complaints == []
