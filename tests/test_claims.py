"""Which sentences speak of a claim, what they say of it, and why others do not.

The claims here are of subjects that the shipped watchlist does not know: a dam, a strait, a bank's rate, an election.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.claims.observer import MAX_OBSERVATIONS, Observer, Seen
from monitor.model import Observation
from monitor.watchlist import Watchlist

ENTITIES: dict[str, Any] = {
    "halden": {
        "type": "facility",
        "en": ["Halden Dam", "Halden"],
        "zh-Hans": ["哈尔登大坝"],
        "ru": ["плотина Хальден", "Хальденская плотина"],
    },
    "morven": {"type": "facility", "en": ["Morven Dam", "Morven"], "zh-Hans": ["莫文大坝"], "ru": ["плотина Морвен"]},
    "quake": {"type": "event", "en": ["earthquake", "quake"], "zh-Hans": ["地震"], "ru": ["землетрясение"]},
    "ecb": {
        "type": "organisation",
        "en": ["European Central Bank", "ECB"],
        "zh-Hans": ["欧洲央行"],
        "ru": ["ЕЦБ", "Европейский центральный банк"],
    },
    "fed": {"type": "organisation", "en": ["Federal Reserve", "Fed"], "zh-Hans": ["美联储"], "ru": ["ФРС"]},
    "norway": {"type": "place", "en": ["Norway", "Oslo"], "zh-Hans": ["挪威"], "ru": ["Норвегия", "Осло"]},
    "iceland": {"type": "place", "en": ["Iceland"], "zh-Hans": ["冰岛"], "ru": ["Исландия"]},
    "denmark": {"type": "place", "en": ["Denmark"], "zh-Hans": ["丹麦"], "ru": ["Дания"]},
    "lagarde": {"type": "person", "en": ["Christine Lagarde", "Lagarde"], "zh-Hans": ["拉加德"], "ru": ["Лагард"]},
}

CLAIMS: dict[str, dict[str, Any]] = {
    "output": {
        "kind": "quantity",
        "subject": "halden",
        "also_called": {"en": ["the dam", "the plant"], "zh-Hans": ["该大坝"], "ru": ["станция"]},
        "rivals": ["morven"],
        "quantity": {"unit": "MW", "at_least": 10, "at_most": 5000},
    },
    "toll": {
        "kind": "quantity",
        "subject": "quake",
        "cues": {"en": ["killed", "died", "death toll"], "zh-Hans": ["死亡", "遇难"], "ru": ["погиб*"]},
        "quantity": {"unit": "person"},
    },
    "rate": {
        "kind": "quantity",
        "subject": "ecb",
        "cues": {"en": ["rate", "rates"], "zh-Hans": ["利率"], "ru": ["ставк*"]},
        "rivals": ["fed"],
        "quantity": {"unit": "%", "at_most": 25},
    },
    "opening": {
        "kind": "date",
        "subject": "halden",
        "cues": {"en": ["open", "opens", "opened", "inaugurat*", "postpon*"], "zh-Hans": ["启用"], "ru": ["откро*"]},
        "date": {"earliest": "2024-01-01", "latest": "2030-12-31"},
        "not_dated": {"en": ["close", "closes", "closed"], "zh-Hans": ["关闭"], "ru": ["закро*"]},
    },
    "permit": {
        "kind": "status",
        "subject": "halden",
        "rivals": ["morven"],
        "ladder": [
            "planned",
            {"talks": {"en": ["talks", "negotiat*"], "zh-Hans": ["谈判"], "ru": ["переговор*"]}},
            {"signed": {"en": ["sign* ~ contract"], "zh-Hans": ["签署 ~ 合同"], "ru": ["подпис* ~ контракт*"]}},
        ],
    },
    "stand": {
        "kind": "stance",
        "subject": "norway",
        "target": ["iceland"],
        "stances": {
            "backs": {
                "en": ["back* ~ Iceland", "support* ~ Iceland"],
                "zh-Hans": ["支持 ~ 冰岛"],
                "ru": ["поддерж* ~ Исландия"],
            },
            "neutral": {"en": ["neutral"], "zh-Hans": ["保持中立"], "ru": ["нейтралитет"]},
        },
    },
    "currency": {
        "kind": "category",
        "subject": "norway",
        "cues": {"en": ["pay*", "settle*"], "zh-Hans": ["支付"], "ru": ["плат*", "расчет*"]},
        "several": True,
        "values": {
            "EUR": {"en": ["euro", "euros"], "zh-Hans": ["欧元"], "ru": ["евро"]},
            "USD": {"en": ["dollar*"], "zh-Hans": ["美元"], "ru": ["доллар*"]},
        },
        "old_after": {"en": ["instead of"], "zh-Hans": ["而不是"], "ru": ["вместо"]},
    },
    "visit": {
        "kind": "category",
        "subject": "lagarde",
        "cues": {"en": ["visit*", "travel*"], "zh-Hans": ["访问"], "ru": ["посет*"]},
        "values": {"IS": {"entity": "iceland"}, "DK": {"entity": "denmark"}},
    },
    "president": {
        "kind": "role_holder",
        "role": {
            "en": ["president of the European Central Bank", "ECB president"],
            "zh-Hans": ["欧洲央行行长"],
            "ru": ["глава ЕЦБ"],
        },
    },
}  # fmt: skip


def _watchlist(claims: dict[str, dict[str, Any]]) -> Watchlist:
    topic = {"id": "any_topic", "name": "Any", "channel": "any", "match": {"text": ["nothing of this"]}}
    rows = [{"id": name, "topic": "any_topic", "says": name, **claim} for name, claim in claims.items()]
    return Watchlist.model_validate({"version": 1, "entities": ENTITIES, "topics": [topic], "claims": rows})


OBSERVER = Observer(_watchlist(CLAIMS))
DAY = datetime(2025, 3, 10, 12, tzinfo=UTC)


def observed(claim: str, text: str, *, title: str = "", language: str = "en") -> list[Observation]:
    found = OBSERVER.observe(title=title, text=text, language=language, published=DAY)
    return [one for one in found if one.claim_id == claim]


def one_of(claim: str, text: str, **more: str) -> Observation:
    (found,) = observed(claim, text, **more)
    return found


def refused(claim: str, text: str, *, title: str = "") -> str:
    """Why nothing was taken, as one string."""
    seen: tuple[Seen, ...] = OBSERVER.explain(title=title, text=text, published=DAY, claim_id=claim)
    assert all(one.observation is None for one in seen)
    return "; ".join(why for one in seen for why in one.refusals)


# -- a value, its subject and its rivals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Halden Dam will produce 300 megawatts.", "300"),
        ("Halden will produce 0.3 GW, more than the 250 MW of Morven.", "300"),
        ("Morven Dam has 250 MW, while Halden is to have 300 MW.", "300"),
        ("Morven produces 250 MW. Halden produces 300 MW.", "300"),
        ("哈尔登大坝装机容量为300兆瓦。", "300"),
        ("莫文大坝装机250兆瓦，而哈尔登大坝为300兆瓦。", "300"),
        ("Мощность Хальденской плотины составит 300 МВт.", "300"),
        ("Плотина Морвен даёт 250 МВт, а плотина Хальден — 300 МВт.", "300"),
    ],
)
def test_a_number_belongs_to_the_nearest_of_subject_and_rivals(text: str, value: str) -> None:
    assert one_of("output", text).value == value


@pytest.mark.parametrize(
    "text",
    [
        "Morven Dam will produce 300 MW, unlike Halden.",
        "Halden Dam and Morven Dam together produce 550 MW.",
        "Halden Dam is 300 metres long.",
        "Halden Dam will raise its output by 50 MW.",
        "Halden Dam produced 9,000 MW in a dream.",
        "哈尔登大坝和莫文大坝合计550兆瓦。",
        "Halden and Morven will produce 550 MW.",
        "Exports of power will reach 900 MW once Halden Dam is running.",
    ],
)
def test_numbers_that_are_not_the_subjects_are_left(text: str) -> None:
    assert observed("output", text) == []


def test_a_share_of_somebody_elses_total_is_the_subjects_own() -> None:
    text = "Halden Dam produces 300 MW of electric power, about one-third of the total power that the region uses."
    assert one_of("output", text).value == "300"


def test_ranges_comparators_and_replaced_values_are_kept() -> None:
    both = one_of("output", "Halden Dam will produce between 280 and 320 MW.")
    assert (both.number, both.number_hi, both.comparator) == (280, 320, "range")
    assert one_of("output", "Halden Dam will produce more than 300 MW.").comparator == "gt"
    cut = one_of("output", "The output of Halden Dam was cut from 300 MW to 250 MW.")
    assert (cut.value, cut.previous) == ("250", "300")


def test_a_part_is_not_the_whole() -> None:
    found = observed("toll", "The earthquake killed 1,200 people, including 300 children.")
    assert [one.value for one in found] == ["1200"]


def test_what_somebody_sends_is_not_the_whole() -> None:
    claims = {"crews": {"kind": "quantity", "subject": "quake", "quantity": {"unit": "person"}}}
    observer = Observer(_watchlist(claims))
    assert observer.observe(title="", text="Norway sent 60 people to the site of the earthquake.") == ()
    assert len(observer.observe(title="", text="The earthquake left 60 people homeless.")) == 1


def test_an_event_may_be_named_after_what_it_did() -> None:
    assert one_of("toll", "Some 1,200 people have died since the earthquake struck.").value == "1200"


def test_a_number_without_a_unit_counts_beside_its_cue() -> None:
    assert one_of("toll", "The earthquake's death toll rose to 1,200.").value == "1200"


def test_an_order_of_magnitude_is_no_number() -> None:
    assert "order of magnitude" in refused("toll", "The earthquake killed thousands of people.")


# -- a subject that is carried ----------------------------------------------------------------------------------------


def test_a_subject_is_carried_from_the_title_or_three_sentences_back() -> None:
    carried = one_of("output", "Work goes on. The dam will produce 300 MW.", title="Halden takes shape")
    assert carried.carried
    near = one_of("output", "Halden grows. It rains. It snows. The dam will produce 300 MW.")
    assert near.carried
    assert observed("output", "Halden grows. One. Two. Three. The dam will produce 300 MW.") == []


def test_a_carried_subject_has_to_be_taken_up() -> None:
    assert "nothing here" in refused("output", "A factory nearby needs 300 MW.", title="Halden takes shape")
    assert one_of("output", "It will produce 300 MW.", title="Halden takes shape").carried


def test_a_rival_named_since_takes_the_place_of_the_subject() -> None:
    assert observed("output", "Halden grows. So does Morven. The dam will produce 300 MW.") == []


def test_what_is_sure_is_told_from_what_is_carried() -> None:
    direct = one_of("output", "Halden Dam will produce 300 MW.")
    carried = one_of("output", "The dam will produce 300 MW.", title="Halden takes shape")
    assert direct.confidence > carried.confidence


# -- the other kinds --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Halden Dam opens on 5 May.", "2025-05-05"),
        ("Halden Dam will open in June.", "2025-06"),
        ("The opening of Morven is on 1 April; Halden will open on 5 May and close on 9 May.", "2025-05-05"),
        ("The inauguration of Halden was postponed until July.", "2025-07"),
        ("哈尔登大坝将于5月5日启用。", "2025-05-05"),
        ("Плотина Хальден откроется 5 мая.", "2025-05-05"),
    ],
)
def test_a_date_stands_with_its_cue(text: str, value: str) -> None:
    assert one_of("opening", text).value == value


def test_a_closing_date_is_no_opening_date() -> None:
    assert observed("opening", "Halden Dam will be closed on 9 May.") == []


@pytest.mark.parametrize(
    ("text", "value", "polarity"),
    [
        ("Talks on Halden Dam continue.", "talks", "+"),
        ("The two companies signed a contract for Halden Dam.", "signed", "+"),
        ("After long talks the contract for Halden Dam was signed.", "signed", "+"),
        ("The companies have yet to sign the contract for Halden Dam.", "signed", "-"),
        ("The companies delayed signing the contract for Halden Dam.", "signed", "-"),
        ("双方尚未签署哈尔登大坝合同。", "signed", "-"),
        ("Контракт по плотине Хальден так и не подписан.", "signed", "-"),
    ],
)
def test_of_several_steps_the_furthest_counts(text: str, value: str, polarity: str) -> None:
    found = one_of("permit", text)
    assert (found.value, found.polarity) == (value, polarity)


def test_a_rivals_step_is_not_the_subjects() -> None:
    assert "belongs to" in refused("permit", "They signed a contract for Morven, not far from Halden.")


@pytest.mark.parametrize(
    ("text", "value", "polarity"),
    [
        ("Norway backs Iceland in the dispute.", "backs", "+"),
        ("Norway does not support Iceland.", "backs", "-"),
        ("Oslo remains neutral between Iceland and Denmark.", "neutral", "+"),
        ("挪威支持冰岛。", "backs", "+"),
        ("Норвегия не поддерживает Исландию.", "backs", "-"),
    ],
)
def test_a_stance_is_the_subjects_towards_the_target(text: str, value: str, polarity: str) -> None:
    found = one_of("stand", text)
    assert (found.value, found.polarity) == (value, polarity)


@pytest.mark.parametrize(
    "text",
    ["Denmark backs Iceland, Norway said.", "Iceland, backed by Denmark, met Norway.", "挪威感谢支持渔业的冰岛朋友。"],
)
def test_what_others_stand_for_is_not_the_subjects_stance(text: str) -> None:
    assert observed("stand", text) == []


@pytest.mark.parametrize(
    ("text", "value", "previous"),
    [
        ("Norway pays in euros.", "EUR", None),
        ("Norway pays in euros and dollars.", "EUR+USD", None),
        ("Norway will settle in euros instead of dollars.", "EUR", "USD"),
        ("Norway switched payments from dollars to euros.", "EUR", "USD"),
        ("挪威用欧元支付，而不是美元。", "EUR", "USD"),
        ("Норвегия платит в евро вместо долларов.", "EUR", "USD"),
        ("Норвегия перевела расчёты с долларов на евро.", "EUR", "USD"),
    ],
)
def test_a_category_has_new_and_old_values(text: str, value: str, previous: str | None) -> None:
    found = one_of("currency", text)
    assert (found.value, found.previous) == (value, previous)


def test_a_country_in_somebodys_title_is_no_destination() -> None:
    assert one_of("visit", "Lagarde will visit Denmark, she told Iceland's president.").value == "DK"
    assert "whose office" in refused("visit", "Lagarde visited the president of Iceland.")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Christine Lagarde, president of the European Central Bank, spoke.", "lagarde"),
        ("ECB president Christine Lagarde spoke.", "lagarde"),
        ("Joachim Nagel was appointed president of the European Central Bank.", "Joachim Nagel"),
        ("欧洲央行行长拉加德表示，通胀放缓。", "lagarde"),
        ("Глава ЕЦБ Кристин Лагард выступила.", "lagarde"),
    ],
)
def test_a_holder_stands_beside_the_post(text: str, value: str) -> None:
    assert one_of("president", text).value == value


@pytest.mark.parametrize(
    "text",
    [
        "The former president of the European Central Bank, Mario Draghi, spoke.",
        "The vice president of the European Central Bank, Luis de Guindos, spoke.",
        "The president of the European Central Bank spoke on Monday.",
    ],
)
def test_former_and_deputy_holders_do_not_count(text: str) -> None:
    assert observed("president", text) == []


# -- who says it ------------------------------------------------------------------------------------------------------


def test_the_speaker_is_named_with_entity_and_marks() -> None:
    found = one_of("rate", "The ECB will raise its rate to 4%, Christine Lagarde said.")
    assert (found.speaker, found.speaker_entity, found.modality) == ("Christine Lagarde", "lagarde", "planned")
    marked = {(one.role, found.sentence[one.start : one.end]) for one in found.marks}
    assert {("value", "4%"), ("cue", "rate"), ("subject", "ECB"), ("modality", "will")} <= marked
    assert ("speaker", "Christine Lagarde") in marked


def test_the_outlet_speaks_where_nobody_is_named() -> None:
    assert one_of("rate", "The ECB raised its rate to 4%.").speaker is None


# -- the record -------------------------------------------------------------------------------------------------------


def test_offsets_are_those_of_the_field() -> None:
    title, text = "ＥＣＢ： the rate is 4%", "Иначе.\n  The ECB's rate ﬁnally is 3%, not 5%."
    for one in OBSERVER.observe(title=title, text=text, language="en", published=DAY):
        source = title if one.field == "title" else text
        assert source[one.start : one.end] == one.sentence
        assert all(one.start <= mark.start < mark.end <= one.end for mark in one.marks)
        (value, *_) = (source[mark.start : mark.end] for mark in one.marks if mark.role == "value")
        assert value.startswith(one.value)


def test_the_same_article_gives_the_same_records() -> None:
    def again() -> tuple[Observation, ...]:
        observer = Observer(_watchlist(CLAIMS))
        return observer.observe(
            title="Halden", text="Halden Dam opens on 5 May.", published=DAY, revision_id="r", observed_at=DAY
        )

    assert again() == again()
    assert len({one.observation_id for one in again()}) == len(again())


def test_an_article_of_the_claims_subject_is_observed_whatever_its_topic() -> None:
    assert OBSERVER.could_observe("Halden Dam opens on 5 May.")
    assert not OBSERVER.could_observe("Nothing of the kind opens on 5 May.")
    assert not OBSERVER.could_observe("")


def test_there_is_a_limit_to_what_one_article_says() -> None:
    text = "\n".join(f"Halden Dam will produce {number} MW." for number in range(10, 10 + 2 * MAX_OBSERVATIONS))
    assert len(OBSERVER.observe(title="", text=text)) == MAX_OBSERVATIONS


# -- explanations -----------------------------------------------------------------------------------------------------


def test_an_explanation_names_subject_words_and_rule() -> None:
    (seen,) = OBSERVER.explain(title="", text="The ECB raised its rate to 4%.", claim_id="rate")
    assert seen.subject == '"ECB" names the subject'
    assert seen.found == '"4%" is 4 %, near "rate"'


@pytest.mark.parametrize(
    ("claim", "text", "why"),
    [
        ("rate", "The ECB met. The Fed's rate is 5%.", "Fed"),
        ("rate", "The ECB keeps its rate at 40%.", "at_least and at_most"),
        ("rate", "The ECB will look at the rate again.", "no value"),
        ("stand", "Norway supports fishing.", ""),
        ("output", "Morven and Halden Dam have a combined output of 550 MW.", "several together"),
        ("president", "The president of the European Central Bank spoke.", "no name"),
        ("opening", "Halden Dam opened on 5 May 1999.", "earliest and latest"),
    ],
)
def test_what_was_not_taken_is_explained(claim: str, text: str, why: str) -> None:
    assert why in refused(claim, text)


# -- hostile text -----------------------------------------------------------------------------------------------------

_PIECES = st.sampled_from(
    ["Halden Dam", "Morven", "ECB", "the dam", "300 MW", "4%", "300", "rate", "will", "not", "if", "said", "，", "。",
     ". ", ", ", "“", "”", "：", "签署", "合同", "哈尔登大坝", "将", "不", "плотина Хальден", "не", "5 May", "2025",
     "—", "\n", "\u200b", "\ud800", "Norway", "backs", "Iceland", "president of the European Central Bank", "(", ")",
     "?", "…", "ﬁ", "１２", "/", "://"]
)  # fmt: skip
_HOSTILE = st.lists(st.one_of(_PIECES, st.text(max_size=3)), max_size=40).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(_HOSTILE, _HOSTILE)
def test_no_text_breaks_it(title: str, text: str) -> None:
    found = OBSERVER.observe(title=title, text=text, language="und", published=DAY)
    assert not found or OBSERVER.could_observe(f"{title}\n{text}")
    for one in found:
        source = title if one.field == "title" else text
        assert source[one.start : one.end] == one.sentence
        assert all(one.start <= mark.start < mark.end <= one.end for mark in one.marks if mark.role != "speaker")
    OBSERVER.explain(title=title, text=text, published=DAY)


def test_long_hostile_texts_take_bounded_time() -> None:
    for piece in (
        "Halden Dam 300 MW ",
        "Halden, ",
        "if not ",
        "ECB rate 4% and ",
        "哈尔登大坝签署",
        "не ",
        "(",
        "Halden Dam 300 MW. ",
    ):
        started = datetime.now(UTC)
        OBSERVER.observe(title="Halden", text=piece * (60_000 // len(piece)), language="en")
        assert (datetime.now(UTC) - started).total_seconds() < 20, piece
