"""The running stack that tests of several files share: started for the first of them, ended after the last."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from running_stack import RunningStack

_open = pytest.StashKey[ExitStack]()
_FIXTURE = "shared_stack"


@pytest.fixture(scope="session")
def shared_stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """One stack for all tests that only look at it from outside and count their own articles."""
    with ExitStack() as stack:
        request.config.stash[_open] = stack
        yield stack.enter_context(RunningStack(tmp_path_factory.mktemp("running")))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those tests stand together, so that no second Airflow runs meanwhile."""
    items.sort(key=_uses_stack)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """End the stack as soon as no test that follows uses it, not only with the session."""
    if _uses_stack(item) and not (nextitem is not None and _uses_stack(nextitem)):
        item.config.stash.get(_open, ExitStack()).close()


def _uses_stack(item: pytest.Item) -> bool:
    return _FIXTURE in getattr(item, "fixturenames", ())
