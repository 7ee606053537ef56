"""Which reports count as independent."""

from typing import Any

import pytest

from claims_book import SOURCES, make_source, say
from monitor.changes.support import Outlets, independent, is_copy

OUTLETS = Outlets({source.id: source for source in SOURCES})
LONG = (
    "Gazprom and its partner signed a binding memorandum on the second line across Mongolia on Tuesday, officials said."
)
CHINESE = "俄罗斯国防部长周三在电视讲话中表示，将在全国范围内征召三十万预备役人员参加这次军事行动。"


def count(*reports: Any) -> int:
    return independent([OUTLETS.report(one) for one in reports])


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([], 0),
        ([say(38, 0, "ant")], 1),
        ([say(38, 0, "ant"), say(38, 1, "ant")], 1),
        ([say(38, 0, "ant"), say(38, 0, "bee")], 2),
        ([say(38, 0, "bee"), say(38, 0, "bee_tv")], 1),
        ([say(38, 0, "ant"), say(38, 0, "bee", speaker="Ant")], 1),
        ([say(38, 0, "ant"), say(38, 0, "bee", chain=("The Ant", "officials"))], 1),
        ([say(38, 0, "ant", chain=("Yak",)), say(38, 0, "bee", chain=("the yak",))], 1),
        ([say(38, 0, "ant", speaker="Works"), say(38, 0, "bee", speaker="Works")], 2),
        ([say(38, 0, "ant", sentence=LONG), say(38, 0, "bee", sentence=LONG)], 1),
        ([say(38, 0, "ant", sentence=LONG), say(38, 0, "bee", sentence=LONG.replace("Tuesday", "Wednesday"))], 1),
        ([say(38, 0, "ant", sentence="It is 38."), say(38, 0, "bee", sentence="It is 38.")], 2),
        ([say(38, 0, "ant", sentence=CHINESE), say(38, 0, "bee", sentence=CHINESE.replace("周三", "星期三"))], 1),
        ([say(38, 0, "strange"), say(38, 0, "stranger")], 2),
    ],
)
def test_how_many_are_independent(reports: list[Any], expected: int) -> None:
    assert count(*reports) == expected
    assert count(*reversed(reports)) == expected


def test_independence_passes_through_copies_and_families() -> None:
    chain = [
        say(38, 0, "ant", sentence=LONG),
        say(38, 0, "bee", sentence=LONG),
        say(38, 0, "bee_tv"),
        say(38, 0, "cat"),
    ]
    assert count(*chain) == 2


def test_many_reports_are_counted_by_publisher() -> None:
    assert count(*(say(38, at, f"outlet {at % 70}") for at in range(140))) == 70


def test_independent_reports_of_one_event_are_no_copies() -> None:
    other = "The Russian company and CNPC agreed in writing on the pipeline through Mongolia, its head told reporters."
    assert not is_copy(OUTLETS.report(say(38, sentence=LONG)), OUTLETS.report(say(38, 0, "bee", sentence=other)))


def test_who_speaks_and_for_which_side() -> None:
    outlets = Outlets({"ant": make_source("ant", bloc="west")})
    own = outlets.report(say(38))
    named = outlets.report(say(38, speaker="Minister", speaker_bloc="ru"))
    unknown = outlets.report(say(38, speaker="an analyst"))
    itself = outlets.report(say(38, 0, "bee", speaker="the Ant"))
    assert [(one.voice, one.bloc, one.named) for one in (own, named, unknown, itself)] == [
        ("ant", "west", False),
        ("minister", "ru", True),
        ("an analyst", None, True),
        ("ant", None, False),
    ]
