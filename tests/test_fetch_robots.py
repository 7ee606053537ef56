"""robots.txt: read once a day a site, shared through the disk, and what holds while it cannot be had."""

import asyncio
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import FetchError
from monitor.fetch.robots import FRESH_S, STALE_S, Robots, RobotsUnreachable

SITE = "https://news.example"
RULES = b"User-agent: *\nDisallow: /private\nCrawl-delay: 3\n"


class Web:
    """Answers for robots.txt, and which were asked for."""

    def __init__(self, status: int = 200, body: bytes = RULES) -> None:
        self.status, self.body = status, body
        self.asked: list[str] = []

    async def load(self, url: str) -> tuple[int, bytes]:
        self.asked.append(url)
        await asyncio.sleep(0)
        if self.status == 0:
            raise FetchError("cannot connect", url=url, retryable=True)
        return self.status, self.body


def robots(folder: Path, web: Web) -> Robots:
    return Robots(folder, "claim-monitor", web.load)


def age(folder: Path, seconds: float) -> None:
    for path in folder.iterdir():
        os.utime(path, (time.time() - seconds, time.time() - seconds))


async def test_rules_are_read_once_however_many_ask(tmp_path: Path) -> None:
    web = Web()
    ours = robots(tmp_path, web)
    found = await asyncio.gather(*(ours.rules(f"{SITE}/{n}") for n in range(10)))
    assert web.asked == [f"{SITE}/robots.txt"]
    assert found[0].allows(f"{SITE}/public")
    assert not found[0].allows(f"{SITE}/private/1")
    assert found[0].crawl_delay_s == 3


async def test_each_scheme_host_and_port_has_its_own(tmp_path: Path) -> None:
    web = Web()
    ours = robots(tmp_path, web)
    for site in (SITE, "http://news.example", "https://news.example:8443", "https://www.news.example"):
        await ours.rules(f"{site}/a")
    assert len(web.asked) == 4


async def test_other_processes_find_them_on_disk_for_a_day(tmp_path: Path) -> None:
    await robots(tmp_path, Web()).rules(SITE)
    web = Web(body=b"")
    assert not (await robots(tmp_path, web).rules(f"{SITE}/a")).allows(f"{SITE}/private")
    assert robots(tmp_path, web).known(SITE) is not None
    assert web.asked == []
    age(tmp_path, FRESH_S + 1)
    assert robots(tmp_path, web).known(SITE) is None
    assert (await robots(tmp_path, web).rules(f"{SITE}/a")).allows(f"{SITE}/private")
    assert len(web.asked) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_where_there_is_none_everything_is_allowed(tmp_path: Path, status: int) -> None:
    rules = await robots(tmp_path, Web(status, RULES)).rules(SITE)
    assert rules.allows(f"{SITE}/private")
    assert rules.crawl_delay_s == 0


@pytest.mark.parametrize("status", [0, 429, 500, 503])
async def test_while_it_cannot_be_had_nothing_is_known_and_the_site_is_not_pestered(
    tmp_path: Path, status: int
) -> None:
    web = Web(status)
    ours = robots(tmp_path, web)
    for _ in range(3):
        with pytest.raises(RobotsUnreachable):
            await ours.rules(SITE)
    assert len(web.asked) == 1


async def test_after_a_minute_it_is_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.fetch.robots.RETRY_S", 0.0)
    web = Web(503)
    ours = robots(tmp_path, web)
    with pytest.raises(RobotsUnreachable, match="503"):
        await ours.rules(SITE)
    web.status = 200
    assert not (await ours.rules(SITE)).allows(f"{SITE}/private")


async def test_older_rules_hold_on_for_a_month(tmp_path: Path) -> None:
    await robots(tmp_path, Web()).rules(SITE)
    age(tmp_path, FRESH_S + 10)
    web = Web(503)
    ours = robots(tmp_path, web)
    for _ in range(3):
        assert not (await ours.rules(SITE)).allows(f"{SITE}/private")
    assert len(web.asked) == 1
    age(tmp_path, STALE_S + 10)
    with pytest.raises(RobotsUnreachable):
        await robots(tmp_path, Web(503)).rules(SITE)


async def test_only_the_first_500_kib_count(tmp_path: Path) -> None:
    body = b"User-agent: *\nDisallow: /a\n" + b"#" * 600_000 + b"\nDisallow: /b\n"
    rules = await robots(tmp_path, Web(body=body)).rules(SITE)
    assert not rules.allows(f"{SITE}/a")
    assert rules.allows(f"{SITE}/b")


async def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert not (await robots(tmp_path / "file", Web()).rules(SITE)).allows(f"{SITE}/private")


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_whatever_it_holds_there_are_rules(body: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for content in (body, b"User-agent: *\nDisallow: " + body, b"User-agent: *\nCrawl-delay: " + body):
            rules = asyncio.run(robots(Path(folder), Web(body=content)).rules(SITE))
            rules.allows(f"{SITE}/a")
            assert rules.crawl_delay_s >= 0
            age(Path(folder), FRESH_S + 1)
