"""What is believed of a claim, and which changes are told: each kind once, each reason for silence once."""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claims_book import SOURCES, Book, make_claim, make_source, minutes, retold, say
from monitor.changes import Dated, rebuild, rules_hash
from monitor.model import Change, Withdrawal
from monitor.watchlist import Claim

WIRE = "The new line will carry thirty-eight billion cubic metres of gas a year over the steppe, the company said."


def one(changes: list[Change], **wanted: Any) -> Change:
    """The only change of the whole (or of `wanted`) in a batch."""
    found = [
        c for c in changes if all(getattr(c, name) == value for name, value in ({"layer": "overall"} | wanted).items())
    ]
    assert len(found) == 1, changes
    return found[0]


def told(changes: list[Change]) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(c.kind, c.old, c.new) for c in changes if c.suppressed is None]


# Each kind of change


def status(value: str, at: float = 0, by: str = "ant", **more: Any) -> Dated:
    return say(value, at, by, kind="status", **more)


def stance(value: str, at: float = 0, by: str = "ant", **more: Any) -> Dated:
    return say(value, at, by, kind="stance", **more)


TOLD: dict[str, tuple[Claim, list[Dated], tuple[str, tuple[str, ...], tuple[str, ...]]]] = {
    "the first report of a claim without a baseline": (
        make_claim(),
        [say(38)],
        ("first_report", (), ("38",)),
    ),
    "another number": (make_claim(start=50), [say(38)], ("value_changed", ("50",), ("38",))),
    "another date": (
        make_claim("date", "2022-10"),
        [say("2022-11", kind="date")],
        ("value_changed", ("2022-10",), ("2022-11",)),
    ),
    "a finer date within the known month": (
        make_claim("date", "2022-10"),
        [say("2022-10-16", kind="date", modality="planned")],
        ("refined", ("2022-10",), ("2022-10-16",)),
    ),
    "a number within the known range": (
        make_claim(start=[45, 60], baseline={"comparator": "range"}),
        [say(48)],
        ("refined", ("45..60",), ("48",)),
    ),
    "a step further": (
        make_claim("status", "in_talks"),
        [status("memorandum")],
        ("status_advanced", ("in_talks",), ("memorandum",)),
    ),
    "a step back, said to be one": (
        make_claim("status", "signed"),
        [status("in_talks", previous="signed")],
        ("status_regressed", ("signed",), ("in_talks",)),
    ),
    "another stance": (
        make_claim("stance", "supports"),
        [stance("neutral")],
        ("value_changed", ("supports",), ("neutral",)),
    ),
    "other values of a category, in the place of the one named": (
        make_claim("category", "USD", several=True),
        [say("CNY+RUB", kind="category", previous="USD")],
        ("value_changed", ("USD",), ("CNY+RUB",)),
    ),
    "one more value of a category": (
        make_claim("category", ["CNY", "RUB"], several=True),
        [say("EUR", kind="category")],
        ("value_changed", ("CNY+RUB",), ("CNY+EUR+RUB",)),
    ),
    "another person": (
        make_claim("role_holder", "Ana Petrova"),
        [say("Li Wei", kind="role_holder")],
        ("value_changed", ("Ana Petrova",), ("Li Wei",)),
    ),
    "the denial of what one outlet said": (
        make_claim(start=50),
        [say(38), say("-38", 1, "bee", speaker="Works", speaker_bloc="ru")],
        ("denial", ("38",), ("50",)),
    ),
    "the denial of what is known from the baseline": (
        make_claim("stance", "supports"),
        [stance("-supports")],
        ("denial", ("supports",), ("supports", "not supports")),
    ),
    "a first report that is a denial": (
        make_claim("stance"),
        [stance("-supports")],
        ("first_report", (), ("not supports",)),
    ),
    "what was denied, asserted": (
        make_claim("stance", "supports", baseline={"polarity": "-"}),
        [stance("supports")],
        ("value_changed", ("not supports",), ("supports",)),
    ),
    "two sides that contradict each other": (
        make_claim(),
        [
            say(100, 0, speaker="Kyiv", speaker_bloc="ua"),
            say(6, 1, "bee", speaker="Moscow", speaker_bloc="ru"),
        ],
        ("contradiction", ("100",), ("100", "6")),
    ),
    "a speaker's change of mind that the whole belief does not follow": (
        make_claim(start=50, min_sources=1),
        [
            say(50, 0, speaker="Works", speaker_bloc="ru"),
            say(38, 1, "bee"),
            say(38, 2, "cat"),
            say(38, 3, "dog", speaker="Works", speaker_bloc="ru"),
        ],
        ("source_reversed", ("50",), ("38",)),
    ),
    "a growing count that jumps": (
        make_claim(start=100, growing=True),
        [say(140)],
        ("value_changed", ("100",), ("140",)),
    ),
    "a growing count that drops, said to be corrected": (
        make_claim(start=100, growing=True),
        [say(60, previous="100")],
        ("value_changed", ("100",), ("60",)),
    ),
}


@pytest.mark.parametrize("case", TOLD)
def test_each_kind_of_change_is_told(case: str) -> None:
    claim, said, expected = TOLD[case]
    book = Book(claim)
    for step in said:
        changes = book.hear(step)
    assert told(changes) == [expected]


# Each reason for silence

SILENT: dict[str, tuple[Claim, list[Dated], str]] = {
    "hedged": (make_claim(start=50), [say(38, modality="hedged")], "hedged"),
    "conditional": (make_claim(start=50), [say(38, modality="conditional")], "conditional"),
    "a plan is no step": (make_claim("status", "in_talks"), [status("signed", modality="planned")], "planned"),
    "a plan is no holder of a post": (
        make_claim("role_holder", "Ana"),
        [say("Li Wei", kind="role_holder", modality="planned")],
        "planned",
    ),
    "so far is not the target": (make_claim(start=300), [say(200, aspect="so_far")], "aspect"),
    "a contingent is not the whole": (make_claim(start=50), [say(2, aspect="contingent")], "aspect"),
    "the target of a count that grows is another thing": (
        make_claim(start=100, growing=True),
        [say(900, aspect="target")],
        "aspect",
    ),
    "the same again": (make_claim(start=50), [say(50)], "reaffirmed"),
    "within the tolerance": (make_claim(start=50, tolerance="5%"), [say(52)], "reaffirmed"),
    "about the same": (make_claim(start=50), [say(50, comparator="approx")], "reaffirmed"),
    "a coarser date": (make_claim("date", "2022-10-16"), [say("2022-10", kind="date")], "reaffirmed"),
    "a step that was passed": (make_claim("status", "memorandum"), [status("in_talks")], "reaffirmed"),
    "some of the known values": (
        make_claim("category", ["CNY", "RUB"], several=True),
        [say("CNY", kind="category")],
        "reaffirmed",
    ),
    "the same person by a part of the name": (
        make_claim("role_holder", "Ana Petrova"),
        [say("Petrova", kind="role_holder")],
        "reaffirmed",
    ),
    "a growing count that grows a little": (
        make_claim(start=100, growing=True, tolerance="20%"),
        [say(115)],
        "reaffirmed",
    ),
    "a lower number than a growing count has reached": (make_claim(start=100, growing=True), [say(70)], "stale"),
    "one source of the two that are asked for": (make_claim(start=50, min_sources=2), [say(38)], "min_sources"),
    "the same outlet again": (make_claim(start=50, min_sources=2), [say(38), say(38, 1)], "min_sources"),
    "another outlet of the publisher": (
        make_claim(start=50, min_sources=2),
        [say(38, 0, "bee"), say(38, 1, "bee_tv")],
        "family",
    ),
    "an outlet that cites the other": (
        make_claim(start=50, min_sources=2),
        [say(38, 0, "ant"), say(38, 1, "bee", chain=("the Ant",))],
        "echo",
    ),
    "an outlet whose only source is the other": (
        make_claim(start=50, min_sources=2),
        [say(38, 0, "ant"), say(38, 1, "bee", speaker="Ant")],
        "echo",
    ),
    "two outlets that cite a third, which nobody follows": (
        make_claim(start=50, min_sources=2),
        [say(38, 0, "ant", chain=("Daily Yak",)), say(38, 1, "bee", chain=("Daily Yak",))],
        "echo",
    ),
    "a copy of a wire story": (
        make_claim(start=50, min_sources=2),
        [say(38, sentence=WIRE), say(38, 1, "bee", sentence=f"{WIRE[:-1]} on Monday.")],
        "copy",
    ),
    "a value that was replaced, repeated": (
        make_claim(start=50),
        [say(38), say(38, 1, "bee"), say(50, 2, "cat")],
        "stale",
    ),
    "a replaced value comes back through one outlet": (
        make_claim(start=50),
        [say(38), say(50, 1, "bee")],
        "unconfirmed",
    ),
    "two values in one article": (
        make_claim(start=50),
        [say(38, article_id="x"), say(45, article_id="x", start=9)],
        "two_values",
    ),
    "the denial of what nobody believes": (make_claim(start=50), [say("-38")], "not_believed"),
    "a denial again": (
        make_claim("status", "signed"),
        [
            *(status("signed", at, by) for at, by in enumerate(("ant", "bee", "elk"))),
            status("-signed", 3, "cat"),
            status("-signed", 4, "dog"),
        ],
        "repeated",
    ),
    "a value that cannot be read": (make_claim("date", "2022-10"), [say("soon", kind="date")], "unreadable"),
}


@pytest.mark.parametrize("case", SILENT)
def test_each_reason_for_silence(case: str) -> None:
    claim, said, reason = SILENT[case]
    book = Book(claim)
    if case == "two values in one article":
        changes = book.hear(*said)
        assert {change.suppressed for change in changes} == {reason}
        return
    for step in said:
        changes = book.hear(step)
    assert one(changes).suppressed == reason
    assert not told(changes)


def test_a_question_leaves_no_trace_in_beliefs_and_changes() -> None:
    book = Book(make_claim(start=50))
    assert book.hear(say(38, modality="question")) == []
    assert book.believed() == ("50",)


def test_each_observation_has_exactly_one_change_of_the_whole() -> None:
    book = Book(make_claim(start=50))
    said = [
        say(38),
        say(38, 1, "bee", modality="hedged"),
        say(50, 2, "cat"),
        say("-38", 3, "dog"),
        say(38, 3, "dog", start=20),
    ]
    book.hear(*said)
    per_observation = Counter(c.observation_id for c in book.changes if c.layer == "overall")
    assert set(per_observation) == {dated.observation.observation_id for dated in said}
    assert set(per_observation.values()) == {1}


# How many must say so


def test_a_change_waits_for_the_second_independent_source() -> None:
    book = Book(make_claim(start=300, min_sources=2, tolerance="10%"))
    book.hear(say(1000))
    assert book.believed() == ("300",)
    assert told(book.hear(say(1000, 1, "bee"))) == [("value_changed", ("300",), ("1000",))]
    assert one(book.changes, suppressed=None).confirmed == 2


def test_a_change_told_with_one_source_is_told_again_when_a_second_confirms_it_and_then_no_more() -> None:
    book = Book(make_claim(start=50))
    first = one(book.hear(say(38)))
    assert (first.confirmed, first.confirms) == (1, None)
    assert not told(book.hear(say(38, 1, "ant")))
    assert not told(book.hear(say(38, 2, "bee", chain=("Ant",))))
    second = one(book.hear(say(38, 3, "cat")))
    assert (second.kind, second.old, second.new, second.confirmed) == ("value_changed", ("50",), ("38",), 2)
    assert second.confirms == first.change_id
    assert not told(book.hear(say(38, 4, "dog")))


def test_an_article_that_is_older_than_what_was_told_confirms_it_too() -> None:
    book = Book(make_claim(start=50))
    first = one(book.hear(say(38, 10)))
    (again,) = [change for change in book.hear(say(38, 5, "bee")) if change.suppressed is None]
    assert (again.confirms, again.confirmed) == (first.change_id, 2)


def test_a_second_source_that_is_older_than_the_first_settles_it_too() -> None:
    book = Book(make_claim(start=50, min_sources=2))
    book.hear(say(38, 30))
    assert told(book.hear(say(38, 0, "bee"))) == [("value_changed", ("50",), ("38",))]
    assert (book.believed(), book.believed(at=minutes(20))) == (("38",), ("50",))
    assert not told(book.hear(say(38, 10, "cat")))


def test_a_growing_count_is_as_large_as_enough_sources_say() -> None:
    book = Book(make_claim(growing=True, min_sources=2, start=100))
    book.hear(say(400), say(250, 1, "bee"))
    assert book.believed() == ("250",), "both say at least that"


def test_without_enough_for_any_all_values_are_listed_as_contested() -> None:
    book = Book(make_claim(min_sources=2))
    book.hear(say(38))
    (listed,) = [belief for belief in book.beliefs if belief.layer == "overall"]
    assert (listed.values, listed.contested, listed.settled, listed.support) == (("38",), False, False, 1)
    book.hear(say(50, 1, "bee"))
    belief = [b for b in book.beliefs if b.layer == "overall"][-1]
    assert (belief.values, belief.contested, belief.settled) == (("50", "38"), True, False)
    assert told(book.hear(say(38, 2, "cat"))) == [("first_report", (), ("38",))]


# Disputes


def test_a_wrong_report_is_put_right_when_others_repeat_the_known_value() -> None:
    book = Book(make_claim(start=50))
    book.hear(say(38))
    book.hear(say(50, 1, "bee"))
    book.hear(say(50, 2, "cat"))
    assert book.told() == [("value_changed", ("50",), ("38",)), ("value_changed", ("38",), ("50",))]
    assert book.believed() == ("50",)


def test_a_true_change_survives_what_others_repeat_meanwhile() -> None:
    book = Book(make_claim(start=50))
    for step in (say(38), say(50, 1, "bee"), say(38, 2, "cat"), say(38, 3, "dog"), say(50, 4, "elk")):
        book.hear(step)
    assert book.believed() == ("38",)
    assert [change.confirms is not None for change in book.changes if change.suppressed is None] == [False, True]


def test_two_values_that_both_have_their_outlets_are_contested_once_and_then_silent() -> None:
    book = Book(make_claim(start=50))
    for step in (say(38), say(38, 1, "bee"), say(50, 2, "cat"), say(50, 3, "dog")):
        changes = book.hear(step)
    assert told(changes) == [("contradiction", ("38",), ("38", "50"))]
    for at, by in enumerate(("ant", "cat", "bee", "dog"), 4):
        assert not told(book.hear(say(38 if by in ("ant", "bee") else 50, at, by)))


def test_what_is_contested_ends_when_only_one_value_is_repeated() -> None:
    book = Book(make_claim(start=50))
    book.hear(say(38), say(38, 1, "bee"), say(50, 2, "cat"), say(50, 3, "dog"))
    for at, by in enumerate(("elk", "fox", "gnu"), 4):
        changes = book.hear(say(38, at, by))
    assert told(changes) == [("value_changed", ("38", "50"), ("38",))]


def test_a_side_that_gives_in_ends_the_contradiction() -> None:
    book = Book(make_claim())
    book.hear(say(100, speaker="Kyiv", speaker_bloc="ua"))
    book.hear(say(6, 1, speaker="Moscow", speaker_bloc="ru"))
    changes = book.hear(say(100, 2, speaker="Moscow", speaker_bloc="ru"))
    assert one(changes, suppressed=None).new == ("100",)
    assert book.believed("bloc", "ru") == ("100",)


def test_a_side_that_corrects_its_number_stays_a_side() -> None:
    book = Book(make_claim())
    book.hear(say(100, speaker="Kyiv", speaker_bloc="ua"))
    book.hear(say(6, 1, "bee", speaker="Moscow", speaker_bloc="ru"))
    book.hear(say(9, 2, "cat", speaker="Moscow", speaker_bloc="ru"))
    assert book.believed() == ("100", "9")


def test_another_speaker_of_the_same_side_is_no_contradiction() -> None:
    book = Book(make_claim())
    book.hear(say(50, speaker="Minister", speaker_bloc="ru"))
    assert one(book.hear(say(38, 1, "bee", speaker="Works", speaker_bloc="ru"))).kind == "value_changed"


def test_two_speakers_in_one_article_contradict_each_other() -> None:
    book = Book(make_claim())
    book.hear(
        say(100, article_id="x", speaker="Kyiv", speaker_bloc="ua"),
        say(6, article_id="x", start=50, speaker="Moscow", speaker_bloc="ru"),
    )
    assert book.believed() == ("100", "6")


def test_what_an_article_says_to_be_replaced_does_not_hold() -> None:
    book = Book(make_claim())
    book.hear(say(50, article_id="x"), say(38, article_id="x", start=50, previous="50"))
    assert book.believed() == ("38",)


def test_what_is_confirmed_is_contested_by_enough_denials_only() -> None:
    book = Book(make_claim("status", "in_talks"))
    book.hear(status("signed"), status("signed", 1, "bee"))
    assert told(book.hear(status("-signed", 2, "cat"))) == [("denial", ("signed",), ("not signed",))]
    assert book.believed() == ("signed",)
    book.hear(status("-signed", 3, "dog"))
    assert book.believed() == ("signed", "not signed")


def test_a_value_that_was_denied_does_not_come_back_by_repetition() -> None:
    book = Book(make_claim("status", "in_talks"))
    book.hear(status("signed"), status("-signed", 1, "bee"), status("signed", 2))
    assert book.believed() == ("in_talks",)
    book.hear(status("signed", 3, "cat"))
    assert book.believed() == ("signed",)


# Time


def test_an_older_article_that_comes_in_later_does_not_change_the_present_but_the_past() -> None:
    book = Book(make_claim(start=50))
    book.hear(say(38, 60))
    changes = book.hear(say(45, 30, "bee"))
    assert (book.believed(), one(changes).suppressed) == (("38",), "late")
    assert book.believed(at=minutes(45)) == ("45",)
    assert book.believed(at=minutes(10)) == ("50",)


def test_a_late_article_that_repeats_what_was_replaced_later_changes_nothing() -> None:
    book = Book(make_claim(start=50))
    book.hear(say(50, 60))
    changes = book.hear(say(38, 30, "bee"))
    assert (book.believed(), told(changes)) == (("50",), [])
    assert book.believed(at=minutes(45)) == ("38",)


def test_what_was_believed_as_known_then_stays_on_record() -> None:
    book = Book(make_claim(start=50))
    book.hear(say(38, 60))
    known_then = list(book.beliefs)
    book.hear(say(45, 30, "bee"))
    assert book.beliefs[: len(known_then)] == known_then
    newest = [belief for belief in book.beliefs if belief.layer == "overall" and belief.valid_from == minutes(60)]
    assert [belief.version for belief in newest] == [1]


def test_of_two_at_the_same_moment_the_better_outlet_has_the_last_word() -> None:
    for order in permutations([say(38, 0, "wire"), say(45, 0, "ant")]):
        book = Book(make_claim(start=50))
        for step in order:
            book.hear(step)
        assert book.believed() == ("38",)


def test_old_news_is_believed_as_of_its_date_and_told_to_nobody() -> None:
    book = Book(make_claim(start=50))
    old = say(38, -600)
    changes = book.hear(old, old_news=[old.observation.observation_id])
    assert (one(changes).suppressed, book.believed()) == ("old", ("38",))
    assert not told(book.hear(say(38, 1, "bee")))


def test_the_baseline_is_believed_from_its_day_on_whatever_older_articles_say() -> None:
    book = Book(make_claim(start=50))
    book.hear(say(38, -60 * 24 * 30))
    assert book.believed() == ("50",)
    assert book.believed(at=minutes(-60 * 24 * 20)) == ("38",)


def test_a_change_in_the_cool_down_is_told_when_that_is_over_if_it_still_holds() -> None:
    book = Book(make_claim(start=50, cool_down="6h"))
    book.hear(say(38))
    assert one(book.hear(say(60, 10, "bee", previous="38"))).suppressed == "cool_down"
    assert not told(book.hear(say(60, 20, "cat")))
    changes = book.hear(say(60, 60 * 7, "dog"))
    assert told(changes) == [("value_changed", ("38",), ("60",))]
    assert not told(book.hear(say(60, 60 * 8, "elk")))


def test_what_goes_back_within_the_cool_down_is_never_told() -> None:
    book = Book(make_claim(start=50, cool_down="6h"))
    for step in (say(38), say(60, 10, "bee", previous="38"), say(38, 20, "cat", previous="60"), say(38, 600, "dog")):
        book.hear(step)
    assert {change.new for change in book.changes if change.suppressed is None} == {("38",)}


# What is taken back


def withdrawn(dated: Dated, at: float, reason: Any) -> Withdrawal:
    one = dated.observation
    return Withdrawal(
        observation_id=one.observation_id,
        claim_id="a_claim",
        article_id=one.article_id,
        reason=reason,
        at=minutes(at),
    )


@pytest.mark.parametrize(("reason", "kind"), [("retracted", "retracted"), ("deleted", "deleted")])
def test_what_only_a_withdrawn_article_said_is_believed_no_more(reason: str, kind: str) -> None:
    book = Book(make_claim(start=50))
    said = say(38)
    book.hear(said)
    assert told(book.hear(lost=[withdrawn(said, 9, reason)])) == [(kind, ("38",), ("50",))]
    assert book.believed() == ("50",)
    assert book.believed("source", "ant") == ()


def test_what_others_say_too_outlives_a_deleted_article() -> None:
    book = Book(make_claim(start=50))
    said = say(38)
    book.hear(said, say(38, 1, "bee"))
    changes = book.hear(lost=[withdrawn(said, 9, "deleted")])
    assert [(c.kind, c.layer, c.holder, c.old) for c in changes if c.suppressed is None] == [
        ("deleted", "source", "ant", ("38",))
    ]
    assert book.believed() == ("38",)


def test_a_silent_edit_is_told_with_what_stood_there_before() -> None:
    book = Book(make_claim(start=50, min_sources=2))
    before = say(38, article_id="x")
    after = say(45, 9, article_id="x", revision_id="x2")
    book.hear(before)
    changes = book.hear(after, lost=[withdrawn(before, 9, "edited")])
    assert [(c.kind, c.old, c.new) for c in changes if c.kind == "silent_edit"] == [("silent_edit", ("38",), ("45",))]


def test_what_was_taken_back_twice_is_taken_back_once() -> None:
    book = Book(make_claim(start=50))
    said = say(38)
    book.hear(said)
    gone = withdrawn(said, 9, "deleted")
    book.hear(lost=[gone])
    assert book.hear(lost=[gone]) == []


# Rules


def test_after_a_change_of_rules_beliefs_are_rebuilt_marked_and_nobody_is_told() -> None:
    book = Book(make_claim(start=50, min_sources=2))
    book.hear(say(38))
    book.claim = make_claim(start=50)
    decision = rebuild(book.claim, book.ledger(), outlets=book.outlets, watchlist_hash="w2")
    changes = book.add(decision)
    assert [(c.old, c.new, c.suppressed) for c in changes] == [(("50",), ("38",), "rebuilt")]
    assert all(belief.rebuilt for belief in decision.beliefs)
    assert book.believed() == ("38",)
    assert told(book.hear(say(38, 1, "bee"))) == []


def test_rebuilding_under_the_same_rules_changes_nothing() -> None:
    book = Book(make_claim(start=50))
    book.hear(say(38), say(45, 1, "bee"), say("-45", 2, "cat"))
    again = rebuild(book.claim, book.ledger(), outlets=book.outlets, watchlist_hash="w2")
    assert (again.beliefs, again.changes) == ((), ())


def test_only_what_decides_beliefs_is_in_the_hash_of_the_rules() -> None:
    plain = make_claim(start=50)
    assert rules_hash(plain) == rules_hash(
        make_claim(start=50, says="otherwise put", cues="carry", channel="c", cool_down="1h")
    )
    others = [
        make_claim(start=51),
        make_claim(start=50, tolerance=1),
        make_claim(start=50, min_sources=2),
        make_claim(),
    ]
    assert rules_hash(plain) not in {rules_hash(other) for other in others}


# The layers


def test_each_outlet_and_each_side_has_its_own_belief() -> None:
    book = Book(make_claim(start=50), sources=[make_source("ant", bloc="west"), make_source("bee", bloc="east")])
    book.hear(say(38), say(50, 1, "bee", speaker="Works", speaker_bloc="ru"))
    assert book.believed("source", "ant") == ("38",)
    assert book.believed("source", "bee") == ("50",)
    assert (book.believed("bloc", "west"), book.believed("bloc", "east"), book.believed("bloc", "ru")) == (
        ("38",),
        (),
        ("50",),
    )


def test_a_speaker_whose_side_is_unknown_speaks_for_none() -> None:
    book = Book(make_claim(start=50))
    book.hear(say(38, speaker="an analyst"))
    assert book.believed("bloc", "neutral") == ()


# A story, told as it came in


def test_thirty_observations_of_one_number_and_what_is_told_of_them() -> None:
    book = Book(make_claim(start=300_000, tolerance="10%", min_sources=2, quantity={"unit": "person"}))
    minister = {"speaker": "the minister", "speaker_bloc": "ru"}
    quiet = [
        say(300_000, 0, "ant", **minister),
        say(300_000, 1, "bee", **minister),
        say(300_000, 2, "cat", modality="planned"),
        say(300_000, 3, "dog", comparator="lt"),
        say(300_000, 4, "elk", comparator="approx"),
        say(1_000_000, 5, "fox", modality="hedged", speaker="an exiled paper", speaker_bloc="exile"),
        say(1_000_000, 6, "gnu", modality="hedged", chain=("an exiled paper",)),
        say("-1000000", 7, "ant", speaker="the spokesman", speaker_bloc="ru"),
        say("-1000000", 8, "bee", speaker="the spokesman", speaker_bloc="ru", modality="planned"),
        say(1_000_000, 9, "hen", modality="question"),
        say(300_000, 10, "bee_tv"),
        say(25_000_000, 11, "cat", modality="conditional"),
        say(1_200_000, 12, "fox", comparator="lt", modality="hedged"),
        say(300_000, 13, "gnu"),
        say(200_000, 14, "ant", aspect="so_far", comparator="gt", **minister),
        say(200_000, 15, "dog", aspect="so_far", comparator="gt", **minister),
        say(82_000, 16, "elk", aspect="contingent"),
        say(300_000, 17, "cat", sentence=WIRE),
        say(300_000, 18, "dog", sentence=WIRE),
        say(318_000, 19, "hen", **minister),
        say((300_000, 320_000), 20, "gnu"),
        say(1_000_000, 21, "fox"),
        say(300_000, 22, "fox"),
        say(218_000, 23, "bee", aspect="so_far", **minister),
        say(300_000, 24, "elk", **minister),
    ]  # fmt: skip
    for step in quiet:
        assert not told(book.hear(step)), step
    assert book.believed() == ("300000",)

    news = [
        say(500_000, 30, "ant", sentence=WIRE),
        say(500_000, 31, "bee", sentence=WIRE),
        say(500_000, 32, "bee_tv"),
        say(500_000, 33, "wire"),
        say(500_000, 34, "cat"),
    ]
    heard = [told(book.hear(step)) for step in news]
    assert heard == [[], [], [("value_changed", ("300000",), ("500000",))], [], []]
    assert (len(quiet) + len(news), len(book.told())) == (30, 1)
    reasons = Counter(change.suppressed for change in book.changes if change.layer == "overall")
    assert {reason for reason in reasons if reason} == {
        "reaffirmed", "hedged", "not_believed", "conditional", "aspect", "min_sources", "copy",
    }  # fmt: skip


# Whatever comes, in whatever order

KINDS: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "quantity": ({"start": 50}, [50, 51, 38, 45, (40, 60), "-38", "-50"]),
    "quantity, two sources": ({"start": 50, "min_sources": 2}, [50, 38, 45, "-38"]),
    "quantity, nothing known": ({"min_sources": 2}, [50, 38, "-38"]),
    "quantity, growing": ({"start": 10, "growing": True, "min_sources": 2}, [10, 20, 15, 40, "-20"]),
    "date": ({"start": "2022-10"}, ["2022-10", "2022-10-16", "2022-11", "-2022-11"]),
    "status": ({"start": "in_talks"}, ["in_talks", "memorandum", "signed", "-signed", "-memorandum"]),
    "stance": ({"start": "supports"}, ["supports", "neutral", "opposes", "-supports", "-neutral"]),
    "category": ({"start": ["CNY"], "several": True}, ["CNY", "RUB", "CNY+RUB", "USD", "-USD"]),
}
SPEAKERS = st.sampled_from(
    [None, ("Works", "ru"), ("Office", "ru"), ("Depot", "cn"), ("an analyst", None), ("Ant", None)]
)


@st.composite
def sequences(draw: st.DrawFn) -> tuple[Claim, list[Dated]]:
    name = draw(st.sampled_from(sorted(KINDS)))
    options, values = KINDS[name]
    kind = name.partition(",")[0]
    said: dict[str, Dated] = {}
    for number in range(draw(st.integers(1, 9))):
        speaker = draw(SPEAKERS)
        by = draw(st.sampled_from(["ant", "bee", "bee_tv", "cat", "dog", "unknown"]))
        at = draw(st.integers(0, 6))
        one = say(
            draw(st.sampled_from(values)),
            at,
            by,
            kind=kind,
            start=number,
            modality=draw(st.sampled_from(["asserted", "asserted", "planned", "hedged"])),
            **({} if speaker is None else {"speaker": speaker[0], "speaker_bloc": speaker[1]}),
            **({"chain": ("Daily Yak",)} if draw(st.integers(0, 5)) == 0 else {}),
            **({"sentence": WIRE} if draw(st.integers(0, 3)) == 0 else {}),
        )
        said[one.observation.observation_id] = one
    options = options | {"several": True} if kind == "category" else options
    return make_claim(kind, **options), list(said.values())


def final(book: Book) -> dict[tuple[str, str], Any]:
    """The newest belief of every holder."""
    newest: dict[tuple[str, str], Any] = {}
    for belief in sorted(book.beliefs, key=lambda one: (one.valid_from, one.version)):
        newest[belief.layer, belief.holder] = (
            belief.values,
            belief.polarity,
            belief.contested,
            belief.settled,
            belief.support,
        )
    return newest


def timeline(book: Book) -> dict[tuple[str, str], list[Any]]:
    """What is believed at each moment, as known now."""
    newest = {}
    for belief in sorted(book.beliefs, key=lambda one: (one.valid_from, one.version)):
        newest[belief.layer, belief.holder, belief.valid_from] = (
            belief.values,
            belief.polarity,
            belief.contested,
            belief.settled,
            belief.support,
        )
    lines: dict[tuple[str, str], list[Any]] = {}
    for (layer, holder, at), state in sorted(newest.items()):
        line = lines.setdefault((layer, holder), [])
        if not line or line[-1][1] != state:
            line.append((at, state))
    return lines


@settings(max_examples=70, deadline=None)
@given(sequences(), st.randoms(use_true_random=False))
def test_the_order_in_which_articles_are_loaded_decides_nothing(
    case: tuple[Claim, list[Dated]], rng: random.Random
) -> None:
    claim, said = case
    at_once, in_turn, shuffled = Book(claim), Book(claim), Book(claim)
    at_once.hear(*said)
    for step in sorted(said, key=lambda dated: dated.at):
        in_turn.hear(step)
    mixed = list(said)
    rng.shuffle(mixed)
    while mixed:
        size = rng.randint(1, len(mixed))
        shuffled.hear(*mixed[:size])
        mixed = mixed[size:]
    assert final(at_once) == final(shuffled)
    assert timeline(at_once) == timeline(in_turn) == timeline(shuffled)


@settings(max_examples=70, deadline=None)
@given(sequences())
def test_the_same_observation_twice_changes_nothing(case: tuple[Claim, list[Dated]]) -> None:
    claim, said = case
    book = Book(claim)
    book.hear(*said)
    beliefs, changes = list(book.beliefs), list(book.changes)
    assert book.hear(*said) == []
    for step in said:
        assert book.hear(step) == []
    assert (book.beliefs, book.changes) == (beliefs, changes)
    assert len({change.change_id for change in changes}) == len(changes)


@settings(max_examples=70, deadline=None)
@given(sequences())
def test_rebuilding_gives_what_was_decided_step_by_step(case: tuple[Claim, list[Dated]]) -> None:
    claim, said = case
    book = Book(claim)
    for step in said:
        book.hear(step)
    assert rebuild(claim, book.ledger(), outlets=book.outlets, watchlist_hash="w").beliefs == ()


@settings(max_examples=50, deadline=None)
@given(sequences())
def test_nothing_that_copies_hedges_asks_or_repeats_is_told(case: tuple[Claim, list[Dated]]) -> None:
    claim, said = case
    book = Book(claim)
    book.hear(*said)
    tellings = len(book.told())
    quiet = []
    for step in said:
        later = timedelta(hours=1)
        base = step.observation
        modalities: list[Any] = ["hedged", "conditional", "question"]
        for number, modality in enumerate(modalities):
            copy = replace(
                base, observation_id=f"{base.observation_id} {number}", modality=modality, article_id=f"{number}"
            )
            quiet.append(Dated(copy, step.at + later))
    book.hear(*quiet)
    assert len(book.told()) == tellings


def test_a_copied_story_is_told_once_however_many_run_it() -> None:
    book = Book(make_claim(start=50, min_sources=1))
    first = say(38, sentence=WIRE)
    book.hear(first)
    for at, source in enumerate(SOURCES[1:], 1):
        assert not told(book.hear(retold(first, source.id, at))), source.id
