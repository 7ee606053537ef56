"""Who a speaker is and for whom they speak, as tables over a small watchlist and a few outlets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.claims.speakers import NOBODY, Speakers, resolve, same_speaker
from monitor.model import Source
from monitor.watchlist import Entity


def entity(**fields: object) -> Entity:
    return Entity.model_validate(fields)


ENTITIES = {
    "peskov": entity(type="person", bloc="ru_state", en=["Dmitry Peskov", "Peskov"], ru=["Дмитрий Песков", "Песков"],
                     **{"zh-Hans": ["佩斯科夫"]}),
    "xi": entity(type="person", bloc="cn_state", en=["Xi Jinping", "=Xi"], ru=["Си Цзиньпин"],
                 **{"zh-Hans": ["习近平"]}),
    "kremlin": entity(type="organisation", bloc="ru_state", en=["Kremlin"], ru=["Кремль"]),
    "cn_mfa": entity(type="organisation", bloc="cn_state", en=["Chinese Foreign Ministry"], ru=["МИД Китая"],
                     **{"zh-Hans": ["中国外交部"]}),
    "russia": entity(type="place", bloc="ru_state", en=["Russia", "Russian", "Moscow"],
                     ru=["Россия", "российский", "РФ"], **{"zh-Hans": ["俄罗斯", "俄方"]}),
    "ukraine": entity(type="place", bloc="ua", en=["Ukraine", "Ukrainian"], ru=["Украина", "украинский"],
                      **{"zh-Hans": ["乌克兰"]}),
    "north_korea": entity(type="place", en=["North Korea"]),
    "xinhua": entity(type="organisation", en=["Xinhua"], ru=["Синьхуа"], **{"zh-Hans": ["新华社"]}),
}  # fmt: skip


def outlet(source_id: str, name: str, bloc: str) -> Source:
    return Source(id=source_id, name=name, country="ZZ", language="en", bloc=bloc, family=source_id, tier=1, feeds=())


OUTLETS = [outlet("reuters", "Reuters", "western"), outlet("guardian", "The Guardian", "western"),
           outlet("ria", "РИА Новости", "ru_state"), outlet("ap", "Associated Press", "western"),
           outlet("xinhua-en", "Xinhua", "cn_state")]  # fmt: skip


@pytest.fixture(scope="module")
def speakers() -> Speakers:
    return Speakers(ENTITIES, OUTLETS)


@pytest.mark.parametrize(
    ("speaker", "entity_id", "bloc"),
    [
        # an entity's name, whatever stands around it
        ("Dmitry Peskov", "peskov", "ru_state"),
        ("Песков", "peskov", "ru_state"),
        ("佩斯科夫", "peskov", "ru_state"),
        ("習近平", "xi", "cn_state"),
        ("the Kremlin", "kremlin", "ru_state"),
        ("a Kremlin spokesman", "kremlin", "ru_state"),
        ("a spokesman for the Chinese Foreign Ministry", "cn_mfa", "cn_state"),
        ("中国外交部发言人", "cn_mfa", "cn_state"),
        ("официальный представитель МИД Китая", "cn_mfa", "cn_state"),
        ("Кремле", "kremlin", "ru_state"),
        # countries: the place itself, or its offices
        ("Moscow", "russia", "ru_state"),
        ("North Korea", "north_korea", None),
        ("Russian officials", None, "ru_state"),
        ("officials in Moscow", None, "ru_state"),
        ("the Russian defence ministry", None, "ru_state"),
        ("Ukraine's ambassador to Russia", None, "ua"),
        ("российские власти", None, "ru_state"),
        ("украинские военные", None, "ua"),
        ("乌克兰军方", None, "ua"),
        ("Russian analysts", None, None),
        ("Russian men", None, None),
        ("the Russian opposition's leader", None, None),
        ("a former Russian minister", None, None),
        # outlets
        ("Reuters", None, "western"),
        ("the Guardian", None, "western"),
        ("AP", None, "western"),
        ("РИА «Новости»", None, "ru_state"),
        ("агентство Reuters", None, "western"),
        ("Xinhua", "xinhua", "cn_state"),
        # nobody known
        ("Professor Zhang", None, None),
        ("the ministry", None, None),
        ("Xiang", None, None),
        ("xi", "xi", "cn_state"),
        ("", None, None),
        ("  ", None, None),
        (None, None, None),
    ],
)
def test_a_speaker_is_resolved(
    speakers: Speakers, speaker: str | None, entity_id: str | None, bloc: str | None
) -> None:
    assert tuple(speakers.resolve(speaker)) == (entity_id, bloc)


def test_a_single_question_needs_no_preparation() -> None:
    assert resolve("Peskov", ENTITIES) == ("peskov", "ru_state")
    assert resolve("Reuters", {}, OUTLETS) == (None, "western")
    assert resolve("Reuters", {}) == NOBODY


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("The Kremlin", "the Kremlin", True),
        ("Новака", "Новак", True),
        ("Дмитрия Пескова", "Дмитрий Песков", True),
        ("諾瓦克", "诺瓦克", True),
        ("Russia’s defense minister", "Russia's defense minister", True),
        ("«Газпром»", "Газпром", True),
        ("Peskov", "Lavrov", False),
        ("Песков", "Лавров", False),
        ("Dmitry Peskov", "Peskov", False),
        (None, "Peskov", False),
        (None, None, True),
    ],
)
def test_two_spellings_are_one_speaker(one: str | None, other: str | None, same: bool) -> None:
    assert same_speaker(one, other) is same
    assert same_speaker(other, one) is same


@given(st.text(max_size=80))
def test_any_text_is_resolved_to_something_declared(text: str) -> None:
    found = resolve(text, ENTITIES, OUTLETS)
    assert found.entity is None or found.entity in ENTITIES
    assert found.bloc in {None, "ru_state", "cn_state", "ua", "western"}
