"""What an outlet took back, and what comes of it."""

from dataclasses import replace
from typing import Any

from claims_book import Book, make_claim, minutes, say
from monitor.changes import Dated
from monitor.changes.revisions import deleted, edited


def article(value: Any, at: float = 0, revision: str = "a", **more: Any) -> Dated:
    return say(value, at, article_id="x", revision_id=f"x{revision}", **more)


def test_what_the_new_revision_says_too_is_not_taken_back() -> None:
    assert edited([article(38)], [article(38, 9, "b", start=40).observation], minutes(9)) == []


def test_another_number_in_the_place_of_the_old_one_is_an_edit() -> None:
    old = article(38)
    ((lost, of),) = edited([old], [article(45, 9, "b").observation], minutes(9))
    assert (lost.reason, lost.observation_id, lost.at, of) == (
        "edited",
        old.observation.observation_id,
        minutes(9),
        old,
    )


def test_saying_it_less_surely_is_an_edit() -> None:
    ((lost, _),) = edited([article(38)], [article(38, 9, "b", modality="hedged").observation], minutes(9))
    assert lost.reason == "edited"


def test_silence_on_the_claim_is_a_retraction_whatever_is_said_of_others() -> None:
    other = replace(article(7, 9, "b").observation, claim_id="other")
    ((lost, _),) = edited([article(38)], [other], minutes(9))
    assert lost.reason == "retracted"


def test_a_silent_edit_is_told_and_believed_from_when_it_was_seen() -> None:
    book = Book(make_claim(start=50))
    old, new = article(38), article(45, 60, "b")
    book.hear(old)
    book.hear(new, lost=[lost for lost, _ in edited([old], [new.observation], minutes(60))])
    assert [change.kind for change in book.changes if change.suppressed is None] == ["value_changed", "value_changed"]
    (edit,) = [change for change in book.changes if change.kind == "silent_edit"]
    assert (edit.old, edit.new, edit.suppressed) == (("38",), ("45",), "overall")
    assert (book.believed(at=minutes(30)), book.believed()) == (("38",), ("45",))


def test_a_hedge_edited_in_takes_the_belief_back() -> None:
    book = Book(make_claim(start=50))
    old, new = article(38), article(38, 60, "b", modality="hedged")
    book.hear(old)
    changes = book.hear(new, lost=[lost for lost, _ in edited([old], [new.observation], minutes(60))])
    told = [(change.kind, change.old, change.new) for change in changes if change.suppressed is None]
    assert told == [("silent_edit", ("38",), ("50",))]


def test_a_deleted_article_takes_back_all_it_said() -> None:
    book = Book(make_claim(start=50))
    said = [article(38), article("-50", start=50)]
    book.hear(*said)
    book.hear(lost=[lost for lost, _ in deleted(said, minutes(60))])
    assert book.believed() == ("50",)
    assert book.told()[-1] == ("deleted", ("38",), ("50",))
