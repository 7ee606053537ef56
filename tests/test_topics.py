"""Which topics a text is on, with exact evidence; traps; rules, scores and explanations."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Evidence
from monitor.phrases import folded_fields
from monitor.topics import Explanation, Matcher, Outcome, TopicMatch
from monitor.watchlist import Watchlist, load_watchlist

ROOT = Path(__file__).parents[1]
LABELLED = [json.loads(line) for line in (ROOT / "tests/data/topics.jsonl").read_text(encoding="utf-8").splitlines()]
SHIPPED = Matcher(load_watchlist(ROOT / "config" / "watchlist.yaml"))
FLOOR = 0.95


def matcher(rule: object, *, entities: dict[str, Any] | None = None, **topic: object) -> Matcher:
    """A matcher with one topic, `t`."""
    entry = {"id": "t", "name": "T", "channel": "c", "match": rule, **topic}
    return Matcher(Watchlist.model_validate({"version": 1, "entities": entities or {}, "topics": [entry]}))


def found(one: Matcher, text: str, title: str = "") -> list[str]:
    """The texts of the evidence; checks on the way that the prefilter agrees and each span is exact."""
    matches = one.match(title=title, text=text)
    assert one.could_match(f"{title}\n{text}") or not matches
    for evidence in (piece for match in matches for piece in match.evidence):
        assert {"title": title, "text": text}[evidence.field][evidence.start : evidence.end] == evidence.text
    return [piece.text for match in matches for piece in match.evidence]


# -- quality of the shipped watchlist ---------------------------------------------------------------------------------


def test_labelled_sentences_keep_their_quality() -> None:
    on = hit = false = 0
    wrong = []
    for row in LABELLED:
        topics = {match.topic_id for match in SHIPPED.match(title=row["title"], text=row["text"])}
        on += len(row["on"])
        hit += len(topics & set(row["on"]))
        false += len(topics - set(row["on"]))
        if topics != set(row["on"]):
            wrong.append((row["id"], row["title"], sorted(topics), row["on"]))

    assert len(LABELLED) >= 60
    assert hit / on >= FLOOR, wrong
    assert hit / (hit + false) >= FLOOR, wrong


@pytest.mark.parametrize("row", LABELLED, ids=lambda row: str(row["id"]))
def test_the_prefilter_never_misses_what_the_matcher_finds(row: dict[str, Any]) -> None:
    if SHIPPED.match(title=row["title"], text=row["text"]):
        assert SHIPPED.could_match(f"{row['title']}\n{row['text']}")
        assert SHIPPED.could_match(f"Menu · Home\n{row['text']}\n{row['title']}\nfooter")  # as on the whole page


@pytest.mark.parametrize(
    "mention",
    [
        *("Сила Сибири 2", "Силы Сибири 2", "Силе Сибири 2", "Силу Сибири 2", "Силой Сибири 2", "Силою Сибири 2"),
        *("СИЛЫ СИБИРИ-2", "«Силы Сибири» — 2", "Сила Сибири-2", "«Силой Сибири-2»", "«Силу Сибири» 2"),
        *("Силы Сибири II", "второй Силы Сибири", "вторую «Силу Сибири»", "Союза Восток", "«Союзом Восток»"),
    ],
)
def test_russian_names_are_found_in_every_case(mention: str) -> None:
    matches = SHIPPED.match(title="", text=f"Речь шла о {mention}, сказал он.")
    assert [match.topic_id for match in matches] == ["ps2"]


@pytest.mark.parametrize(
    "leader", ["Си Цзиньпин", "Си Цзиньпина", "Си Цзиньпину", "Си Цзиньпином", "Си Цзиньпине", "Си"]
)
@pytest.mark.parametrize("other", ["Путин", "Путина", "Путину", "Путиным", "Путине", "Владимиром Путиным"])
def test_every_case_of_both_leaders(leader: str, other: str) -> None:
    topics = {match.topic_id for match in SHIPPED.match(title=f"{leader} — {other}", text="")}
    assert topics == {"xi_putin"}


# -- aliases ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alias", "text", "expected"),
    [
        ("panda bank", "The Panda  Bank's pandas bank", ["Panda  Bank"]),
        ("panda bank", "The panda-bank and “panda” bank", ["panda-bank", "panda” bank"]),
        ("panda bank", "pandabank, panda, bank; xpanda bank; panda banks", []),
        ("loan*", "Loans, loaned, loan; aloan", ["Loans", "loaned", "loan"]),
        ("sign* contract", "signed contract, signing contracts", ["signed contract"]),
        ("=Xi", "Xi, XI, xi, taxi, Xi's", ["Xi", "Xi"]),
        ("SCO", "SCO sco Sco SCOPE SCO's 在SCO峰会", ["SCO", "SCO", "SCO"]),
        ("Mr. Xi", "Mr. Xi and Mr Xi", ["Mr. Xi", "Mr Xi"]),
        ("Siberia 2", "Siberia 2, Siberia2, Siberia-2; Siberia 25, Siberia 2,000, Siberia 2.5, Siberia 2 %",
         ["Siberia 2", "Siberia2", "Siberia-2"]),
        ("上合组织", "在上合组织峰会上，上合組織", ["上合组织", "上合組織"]),
        ("西伯利亚力量2", "“西伯利亚力量”2号、西伯利亞力量-2", ["西伯利亚力量”2", "西伯利亞力量-2"]),
        ("20大", "中共20大，第120大，2.20大", ["20大"]),
        ("Саммит", "саммиты, саммитом, Саммита, саммитный", ["саммиты", "саммитом", "Саммита"]),
        ("=Си", "Си, си, Сибирь", ["Си"]),
        ("ёлка", "Елку, ёлкой", ["Елку", "ёлкой"]),
        ("ＳＣＯ", "ＳＣＯ SCO sco", ["ＳＣＯ", "SCO"]),
        ("putin", "Pu\u00adtin and ＰＵＴＩＮ", ["Pu\u00adtin", "ＰＵＴＩＮ"]),
        ("visit* ~ Moscow", "He visits old friends in Moscow.", ["visits", "Moscow"]),
        ("visit* ~ Moscow", "Moscow awaits his visit.", ["Moscow", "visit"]),
        ("visit* ~ Moscow", "He visits a b c d e f g h i Moscow.", []),
        ("visit* ~ Moscow", "He visits.\nMoscow waits.", []),
        ("签署 ~ 合同", "签署了一份为期三十年的供气合同", ["签署", "合同"]),
    ],
)  # fmt: skip
def test_what_an_alias_finds(alias: str, text: str, expected: list[str]) -> None:
    assert found(matcher({"text": [alias]}), text) == expected


def test_the_longest_name_wins_across_entities() -> None:
    entities = {
        "two": {"en": ["Power of Siberia 2"], "ru": ["Сила Сибири 2"]},
        "one": {"en": ["Power of Siberia"], "ru": ["Сила Сибири"]},
    }
    one, two = (matcher(name, entities=entities) for name in ("one", "two"))

    assert found(one, "Power of Siberia 2 and Power of Siberia") == ["Power of Siberia"]
    assert found(two, "Power of Siberia 2 and Power of Siberia") == ["Power of Siberia 2"]
    assert found(one, "О «Силе Сибири-2» и только") == []


def test_a_look_alike_keeps_a_name_from_matching_inside_it() -> None:
    entities = {"congress": {"zh-Hans": ["二十大"]}, "holders": {"zh-Hans": ["前二十大", "二十大股东"]}}

    assert found(matcher("congress", entities=entities), "前二十大股东学习二十大精神") == ["二十大"]


def test_words_of_a_rule_do_not_compete_with_names() -> None:
    entities = {"line": {"en": ["Siberia gas pipeline"]}}
    assert found(matcher({"text": ["pipeline"]}, entities=entities), "the Siberia gas pipeline") == ["pipeline"]


def test_the_declared_language_does_not_matter() -> None:
    mixed = "The paper wrote: 习近平会见普京. По словам ТАСС, это визит Си Цзиньпина в Москву."
    for language in ("en", "zh", "ru", "fr", "und"):
        matches = SHIPPED.match(title="", text=mixed, language=language)
        assert [match.topic_id for match in matches] == ["xi_putin"]
        assert {"习近平", "普京", "Си Цзиньпина"} <= {one.text for one in matches[0].evidence}


# -- rules ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        ({"all": [{"text": "a1"}, {"text": "b1"}]}, "a1\nb1", True),
        ({"all": [{"text": "a1"}, {"text": "b1"}]}, "a1", False),
        ({"any": [{"text": "a1"}, {"text": "b1"}]}, "b1", True),
        ({"text": "a1", "none": [{"text": "zoo"}]}, "a1 zoo", False),
        ({"text": "a1", "none": [{"text": "zoo"}]}, "a1 zoos", True),
        ({"any": [{"text": "a1", "none": [{"text": "zoo"}]}, {"text": "b1"}]}, "a1 b1 zoo", True),
        ({"near": {"unit": "sentence", "of": [{"text": "a1"}, {"text": "b1"}]}}, "a1 met b1. End.", True),
        ({"near": {"unit": "sentence", "of": [{"text": "a1"}, {"text": "b1"}]}}, "An a1. The b1.", False),
        ({"near": {"unit": "paragraph", "of": [{"text": "a1"}, {"text": "b1"}]}}, "An a1. The b1.", True),
        ({"near": {"unit": "paragraph", "of": [{"text": "a1"}, {"text": "b1"}]}}, "An a1.\nThe b1.", False),
        ({"near": {"unit": "tokens", "within": 3, "of": [{"text": "a1"}, {"text": "b1"}]}}, "a1 x y z b1", True),
        ({"near": {"unit": "tokens", "within": 2, "of": [{"text": "a1"}, {"text": "b1"}]}}, "a1 x y z b1", False),
        ({"near": {"unit": "tokens", "within": 2, "of": [{"text": "a1"}, {"text": "b1"}, {"text": "c1"}]}},
         "a1 x x x b1 c1 x a1", True),
        ({"near": {"unit": "tokens", "within": 2, "of": [{"text": "签署"}, {"text": "合同"}]}}, "签署这份大合同", True),
        ({"near": {"unit": "sentence", "of": [{"any": [{"text": "a1"}, {"text": "b1"}]}, {"text": "c1"}]}}, "c1 b1",
         True),
    ],
)  # fmt: skip
def test_rules(rule: object, text: str, expected: bool) -> None:
    assert bool(found(matcher(rule), text)) == expected


def test_title_and_text_are_no_neighbours() -> None:
    rule = {"near": {"unit": "sentence", "of": [{"text": "a1"}, {"text": "b1"}]}}
    assert found(matcher(rule), "b1", title="a1") == []


def test_evidence_names_rule_alias_and_entity() -> None:
    one = matcher({"any": ["bank", {"text": ["loan*"]}]}, entities={"bank": {"en": ["Panda Bank"]}})

    (match,) = one.match(title="Loans", text="of the Panda Bank")

    assert match.evidence == (
        Evidence(field="title", start=0, end=5, text="Loans", alias="loan*", rule="match.any[1].text"),
        Evidence(
            field="text", start=7, end=17, text="Panda Bank", alias="Panda Bank", entity="bank", rule="match.any[0]"
        ),
    )


# -- score ------------------------------------------------------------------------------------------------------------

BODY = "One.\nTwo.\n"


@pytest.mark.parametrize(
    ("title", "text", "score"),
    [
        ("panda panda", "", 3),
        ("", "A panda. Panda!", 2),
        ("panda", "panda", 5),
        ("", BODY + "A panda and a panda.", 1),
        ("", BODY + "panda\npanda", 2),
        ("", BODY + "panda\n" * 9, 3),
        ("panda", "panda\n" * 9, 8),
        ("", "1. One. Two. Three. Four. Five. Six. Seven panda.", 1),  # past the lead in a text of one paragraph
    ],
)
def test_score_by_place(title: str, text: str, score: float) -> None:
    (match,) = matcher({"text": "panda"}).match(title=title, text=text)
    assert match.score == score


def test_a_topic_matches_from_its_threshold_on_and_with_its_weights() -> None:
    strict = matcher({"text": "panda"}, threshold=2)
    assert not found(strict, BODY + "panda")
    assert found(strict, BODY + "panda\npanda")
    assert found(strict, "panda")

    titles_only = matcher({"text": "panda"}, weights={"title": 1, "lead": 0, "body": 0})
    assert not found(titles_only, "panda")
    assert found(titles_only, "", title="panda")


def test_in_all_the_first_item_is_what_counts() -> None:
    one = matcher({"all": [{"text": "panda"}, {"text": "China"}]})
    (match,) = one.match(title="China", text=BODY + "A panda.")
    assert match.score == 1


def test_an_entity_type_may_add_to_the_score_and_never_take_away() -> None:
    entities = {"sco": {"en": ["Shanghai Cooperation Organization"]}}
    agreeing = matcher("sco", entities=entities, entity_types={"sco": ["ORG"]})
    doubting = matcher("sco", entities=entities, entity_types={"sco": ["PERSON"]})
    text = "Leaders of the Shanghai Cooperation Organization met in Samarkand."

    assert [match.score for match in agreeing.match(title="", text=text, language="en")] == [2.5]
    assert [match.score for match in doubting.match(title="", text=text, language="en")] == [2]
    assert [match.score for match in agreeing.match(title="", text=text, language="ru")] == [2]


# -- explanations -----------------------------------------------------------------------------------------------------


def outcomes(outcome: Outcome) -> Iterator[Outcome]:
    yield outcome
    for child in (*outcome.children, *outcome.blocked_by):
        yield from outcomes(child)


def explain(one: Matcher, title: str, text: str) -> Explanation:
    return one.explain(title=title, text=text)[0]


def test_explain_says_what_is_missing() -> None:
    explanation = explain(matcher({"all": [{"text": "panda"}, {"text": "bamboo"}]}), "", "A panda.")

    assert not explanation.matched
    assert explanation.outcome.why_not == "missing: text (bamboo)"
    assert [one.holds for one in explanation.outcome.children] == [True, False]
    assert explanation.outcome.children[0].places[0][0].alias == "panda"


def test_explain_says_what_blocked_it() -> None:
    explanation = explain(matcher({"text": "panda", "none": [{"text": "zoo"}]}), "", "A panda in the zoo.")

    assert explanation.outcome.why_not == "blocked by none"
    assert [one.places[0][0].alias for one in explanation.outcome.blocked_by] == ["zoo"]


def test_explain_says_that_words_are_too_far_apart() -> None:
    rule = {"near": {"unit": "sentence", "of": [{"text": "panda"}, {"text": "bamboo"}]}}
    explanation = explain(matcher(rule), "", "A panda. Some bamboo.")
    assert explanation.outcome.why_not == "all occur, but never within one sentence"


def test_explain_shows_places_that_nearly_counted() -> None:
    entities = {"one": {"en": ["Power of Siberia", "PS"]}, "two": {"en": ["Power of Siberia 2"]}}
    explanation = explain(matcher("one", entities=entities), "", "Power of Siberia 2, ps")

    assert {(loss.hit.alias, loss.reason) for loss in explanation.losses} == {
        ("Power of Siberia", 'is part of "Power of Siberia 2" (two)'),
        ("PS", "is not in capitals"),
    }


def test_explain_says_when_only_the_score_is_too_low() -> None:
    explanation = explain(matcher({"text": "panda"}, threshold=3), "", "A panda.")

    assert (explanation.matched, explanation.outcome.holds) == (False, True)
    assert (explanation.score, explanation.threshold, explanation.parts) == (2, 3, {"lead": 2})


@pytest.mark.parametrize("row", LABELLED[::5], ids=lambda row: str(row["id"]))
def test_explain_agrees_with_match(row: dict[str, Any]) -> None:
    matches = {match.topic_id: match.score for match in SHIPPED.match(title=row["title"], text=row["text"])}
    explained = {
        one.topic_id: one.score for one in SHIPPED.explain(title=row["title"], text=row["text"]) if one.matched
    }
    assert explained == matches


# -- hostile input ----------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *("Xi", "Putin", "习近平", "普丁", "Си Цзиньпином", "Путину", "SCO", "summit", "上合组织", "二十大", "股东"),
        *("Силы Сибири", "2", "Power of Siberia", "20th Party Congress", "China", "visits", "Moscow", "Xi'an", "IBM"),
        *("е\u0308", "㎞", "ﬁ", "\u00ad", "\u200b", "\ud800", "İ", "\n", ". ", " ", "-", "«", "”"),
    ]
)
hostile = st.lists(st.one_of(PIECES, st.text(max_size=4)), max_size=30).map("".join)


@settings(deadline=None, max_examples=300)
@given(hostile, hostile)
def test_the_prefilter_loses_nothing_against_a_search_for_every_alias(title: str, text: str) -> None:
    finder = SHIPPED._finder
    fields = folded_fields(title, text)
    everything = frozenset(finder._groups_of)

    candidates = finder.candidates(*(folded.text for _, folded in fields.values()))

    assert finder.find(fields, candidates).hits == finder.find(fields, everything).hits


@settings(deadline=None, max_examples=300)
@given(hostile, hostile)
def test_evidence_is_always_the_exact_text(title: str, text: str) -> None:
    matches = SHIPPED.match(title=title, text=text)

    assert SHIPPED.could_match(f"{title}\n{text}") or not matches
    for match in matches:
        assert match.evidence
        for one in match.evidence:
            assert {"title": title, "text": text}[one.field][one.start : one.end] == one.text
            assert one.text
        assert len({(one.field, one.start) for one in match.evidence}) == len(match.evidence)
    assert [one.topic_id for one in SHIPPED.explain(title=title, text=text) if one.matched] == [
        match.topic_id for match in matches
    ]


def test_a_text_of_nothing_but_names_is_bounded_in_time_and_evidence() -> None:
    text = "Xi Putin SCO summit 习近平 普京 二十大 Сила Сибири 2 visit Moscow China\n" * 20_000
    started = time.process_time()

    matches = SHIPPED.match(title=text[:5_000], text=text)

    assert {match.topic_id for match in matches} == {"xi_putin", "ps2", "sco", "congress20"}
    assert all(len(match.evidence) <= 100 for match in matches)
    assert time.process_time() - started < 20


def test_separators_without_end_take_linear_time() -> None:
    started = time.process_time()
    SHIPPED.match(title="", text="Сила" + " -«" * 300_000 + "Сибири Power of" + " " * 300_000 + "Siberia 2 SCO summit")
    assert time.process_time() - started < 10


def test_nothing_is_on_no_topic() -> None:
    empty: tuple[TopicMatch, ...] = ()
    assert SHIPPED.match(title=None, text=None) == empty
    assert SHIPPED.match(title="", text="") == empty
    assert not SHIPPED.could_match("")


def test_the_prefilter_looks_past_what_a_page_puts_between_two_paragraphs() -> None:
    advertisement = "Subscribe to our newsletter\n" * 60
    assert SHIPPED.could_match(f"Xi Jinping flew to Samarkand.\n{advertisement}Vladimir Putin was waiting there.")


def test_the_prefilter_is_not_fooled_by_names_far_apart_on_a_page() -> None:
    elsewhere = "A column about gardens, hedges and the weather.\n" * 200
    assert not SHIPPED.could_match(f"Xi Jinping opened a library.\n{elsewhere}Most read: Putin buys a boat.")


def test_the_prefilter_takes_one_line_for_near_however_long_it_is() -> None:
    assert SHIPPED.could_match("Xi Jinping " + "and so on " * 1_000 + "met Vladimir Putin")
