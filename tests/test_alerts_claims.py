"""What a message about a changed claim says, and in which order."""

import json
from dataclasses import replace
from typing import Any

import pytest

from claims_book import NOON, SOURCES, Book, make_claim, say
from fake_slack import block_faults, text_faults
from monitor.alerts.claims import Told, claim_change_alert, claim_label, shown_values
from monitor.changes import Dated
from monitor.model import Alert, Mark
from monitor.watchlist import Claim, Topic

TOPIC = Topic.model_validate({"id": "line", "name": "The Line", "channel": "gas", "match": {"text": "line"}})
NAMES = {"ana": "Ana Petrova", "kz": "Kazakhstan"}


def claim_of(kind: str = "quantity", start: Any = None, **more: Any) -> Claim:
    return make_claim(kind, start, **{"id": "line_capacity", "topic": "line"} | more)


def alerts_of(claim: Claim, *said: Dated, **more: Any) -> list[Alert]:
    """The alerts for what is told while `said` comes in, one after another."""
    book = Book(claim)
    alerts = []
    for step in said:
        dated = replace(step, observation=replace(step.observation, claim_id=claim.id))
        for change in book.hear(dated):
            if change.suppressed is None:
                told = Told(
                    change=change,
                    observation=dated.observation,
                    title=more.get("title", "Gas news"),
                    link=more.get("link", "https://ant.example/1"),
                    beliefs=book.beliefs,
                )
                sources = {source.id: source for source in SOURCES}
                alerts.append(
                    claim_change_alert(told, claim=claim, topic=TOPIC, names=NAMES, sources=sources, now=NOON)
                )
    return alerts


def texts(alert: Alert) -> list[str]:
    blocks = json.loads(alert.blocks)
    assert block_faults(blocks) == []
    assert text_faults({"type": "mrkdwn", "text": alert.text}, "text", 40_000) == []
    shown = [block["text"]["text"] for block in blocks if block["type"] == "section"]
    return shown + [part["text"] for block in blocks if block["type"] == "context" for part in block["elements"]]


def lead(alert: Alert) -> str:
    return texts(alert)[0].strip("*").removeprefix("The Line, capacity: ")


def test_a_message_leads_with_what_changed_then_the_sentence_then_who_said_it_and_what_the_others_say() -> None:
    sentence = "Мощность составит 38 млрд кубометров, сообщило министерство."
    start = sentence.index("38")
    said = say(
        38, 0, speaker="министерство", speaker_bloc="ru_state", sentence=sentence, language="ru", start=100, end=160,
        marks=(
            Mark(role="subject", start=100, end=108),
            Mark(role="value", start=100 + start, end=100 + start + len("38 млрд кубометров")),
        ),
    )  # fmt: skip
    *_, alert = alerts_of(claim_of(start=50), say(50, -9, "bee"), say(50, -8, "cat"), said)
    what, quoted, who, where, sure, others, sides = texts(alert)
    assert what == "*The Line, capacity: 50 → 38 bcm/yr*"
    assert quoted.replace("\u200b", "") == "“Мощность составит *38 млрд кубометров*, сообщило министерство.”"
    assert who == "Said by министерство (ru_state)"
    assert where.startswith("Ant · uz / neutral · Russian · <!date^")
    assert where.endswith("<https://ant.example/1|Gas news>")
    assert sure == "1 source so far"
    assert others == "Others: still 50 bcm/yr: Bee, Cat"
    assert sides == "By side: 50 bcm/yr: neutral · 38 bcm/yr: ru_state"
    assert alert.text == f"The Line, capacity: 50 → 38 bcm/yr (Ant)\n{quoted.strip('“”')}\n<https://ant.example/1>"


LEADS: dict[str, tuple[Claim, list[Dated], str]] = {
    "first report": (claim_of(), [say(38)], "38 bcm/yr (first report)"),
    "refined": (
        claim_of("date", "2022-10"),
        [say("2022-10-16", kind="date")],
        "October 2022 → 16 October 2022 (more exactly)",
    ),
    "advanced": (claim_of("status", "in_talks"), [say("memorandum", kind="status")], "in talks → memorandum"),
    "regressed": (
        claim_of("status", "signed"),
        [say("in_talks", kind="status", previous="signed")],
        "signed → in talks (a step back)",
    ),
    "denied, and what stands": (
        claim_of(start=50),
        [say(38), say("-38", 1, "bee")],
        "38 bcm/yr is denied; 50 bcm/yr stands",
    ),
    "denied, and contested": (
        claim_of("stance", "supports"),
        [say("-supports", kind="stance", speaker="Office", speaker_bloc="x")],
        "supports is denied",
    ),
    "contradicted": (
        claim_of(quantity={"unit": "person"}),
        [say(100_000, speaker="A", speaker_bloc="a"), say(6000, 1, "bee", speaker="B", speaker_bloc="b")],
        "contested: 100,000 or 6,000 people",
    ),
    "values": (
        claim_of("category", "USD", several=True),
        [say("CNY+RUB", kind="category", previous="USD")],
        "USD → CNY and RUB",
    ),
    "a person of the watchlist": (
        claim_of("role_holder", "Li Wei"),
        [say("ana", kind="role_holder")],
        "Li Wei → Ana Petrova",
    ),
    "what was denied": (
        claim_of("stance", "supports", baseline={"polarity": "-"}),
        [say("supports", kind="stance")],
        "not supports → supports",
    ),
    "per cent": (claim_of(start=80, quantity={"unit": "%"}), [say(40, comparator="gt")], "80 → more than 40%"),
    "a range": (claim_of(start=50), [say((20.5, 30), comparator="range")], "50 → 20.5–30 bcm/yr"),
}


@pytest.mark.parametrize("case", LEADS)
def test_what_each_kind_of_change_leads_with(case: str) -> None:
    claim, said, expected = LEADS[case]
    assert lead(alerts_of(claim, *said)[-1]) == expected


def test_a_speakers_change_of_mind_names_the_speaker() -> None:
    works = {"speaker": "Works", "speaker_bloc": "ru"}
    said = [say(50, 0, **works), say(38, 1, "bee"), say(38, 2, "cat"), say(38, 3, "dog", **works)]
    assert lead(alerts_of(claim_of(start=50), *said)[-1]) == "Works now says 38 bcm/yr, before 50 bcm/yr"


def test_a_confirmation_goes_to_the_thread_only_and_says_how_many() -> None:
    first, second = alerts_of(claim_of(start=50), say(38), say(38, 1, "bee"))
    assert (first.broadcast, second.broadcast) == (True, False)
    assert lead(second) == "50 → 38 bcm/yr, confirmed"
    assert "2 independent sources" in texts(second)
    assert "Dog says so itself" not in texts(second)


def test_all_alerts_of_a_claim_share_a_thread_and_go_to_its_channel_or_its_topics() -> None:
    first, second = alerts_of(claim_of(start=50), say(38), say(60, 1, "bee"))
    assert first.thread_key == second.thread_key
    assert first.alert_id != second.alert_id
    assert (first.kind, first.channel, first.claim_id, first.topics) == (
        "claim_change",
        "gas",
        "line_capacity",
        ("line",),
    )
    assert alerts_of(claim_of(start=50, channel="numbers"), say(38))[0].channel == "numbers"


def test_the_same_change_is_the_same_alert() -> None:
    assert alerts_of(claim_of(start=50), say(38)) == alerts_of(claim_of(start=50), say(38))


def test_who_passed_it_on_is_named() -> None:
    (alert,) = alerts_of(claim_of(start=50), say(38, speaker="officials", chain=("the Yak",)))
    assert "Said by officials, as the Yak has it" in texts(alert)
    (alert,) = alerts_of(claim_of(start=50), say(38, chain=("the Yak",)))
    assert "Ant says so itself, citing the Yak" in texts(alert)


def test_many_others_are_counted() -> None:
    said = [say(50, number, by) for number, by in enumerate(("bee", "cat", "dog", "elk", "fox", "gnu", "hen"))]
    *_, alert = alerts_of(claim_of(start=50), *said, say(38, 60))
    assert "Others: still 50 bcm/yr: Bee, Cat, Dog, Elk, Fox and 2 more" in texts(alert)


def test_a_claim_is_called_by_its_topic_where_its_id_says_so_else_by_its_statement() -> None:
    assert claim_label(claim_of(), TOPIC) == "The Line, capacity"
    assert claim_label(claim_of(id="other", says="The line is long"), TOPIC) == "The line is long"


def test_values_are_written_as_people_write_them() -> None:
    dates = claim_of("date")
    assert shown_values(dates, ["2022-10-06"], {}) == "6 October 2022"
    assert shown_values(dates, ["2022", "2022-W38"], {}) == "2022 or 2022-W38"
    assert shown_values(dates, ["<2022-10"], {}) == "by October 2022"
    assert shown_values(dates, ["2022-09-15/2022-09-16"], {}) == "15 September 2022 to 16 September 2022"
    assert shown_values(claim_of(), ["not 1500000"], {}) == "not 1,500,000 bcm/yr"
    assert shown_values(claim_of(), ["<300000"], {}) == "up to 300,000 bcm/yr"
    assert shown_values(claim_of(), [], {}) == "nothing"
    trips = claim_of("category", values={"KZ": {"entity": "kz"}, "UZ": "uzbekistan"})
    assert shown_values(trips, ["KZ+UZ"], NAMES) == "Kazakhstan and UZ"


def test_hostile_words_stay_words() -> None:
    nasty = "<!channel> *bold* & <https://evil.example|x> @here \u202e" + "x" * 9_000
    (alert,) = alerts_of(
        claim_of(start=50, says=nasty[:200], id="other"),
        say(
            38,
            speaker=nasty,
            chain=(nasty,),
            sentence=nasty,
            language=nasty,
            marks=(Mark(role="value", start=0, end=5),),
        ),
        title=nasty,
        link="javascript:alert(1)",
    )
    shown = " ".join(texts(alert))
    assert "<!channel>" not in shown + alert.text
    assert "javascript" not in shown + alert.text
    assert len(alert.text) < 4_000
