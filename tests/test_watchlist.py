"""watchlist.yaml: what it declares, what is refused with its line, its schema and its hash."""

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from monitor.errors import ConfigError
from monitor.watchlist import Watchlist, doubts, load_watchlist, parse_alias, schema_text, watchlist_schema

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "config" / "watchlist.yaml"

SMALL = """\
version: 1
entities:
  panda:
    type: organisation
    en: [Panda Bank]
    zh-Hans: [熊猫银行]
topics:
  - id: panda_bank
    name: {en: Panda Bank, ru: Панда-банк}
    channel: "#panda"
    match:
      any:
        - panda
        - near: {unit: sentence, of: [panda, {text: {en: [loan*]}}]}
      none:
        - text: [zoo]
"""


def write(folder: Path, content: str) -> Path:
    file = folder / "watchlist.yaml"
    file.write_text(content, encoding="utf-8")
    return file


def problems(folder: Path, content: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_watchlist(write(folder, content))
    return [line.split("watchlist.yaml:", 1)[1] for line in str(caught.value).splitlines()]


def plain(content: str) -> Any:
    """The file as an editor's schema check sees it: dates are text."""
    return json.loads(json.dumps(YAML(typ="safe").load(content), default=str))


def test_the_shipped_watchlist_has_the_four_topics_and_their_channels() -> None:
    watchlist = load_watchlist(SHIPPED)

    assert {topic.id: topic.channel for topic in watchlist.topics} == {
        "xi_putin": "xi-putin",
        "ps2": "siberia",
        "sco": "sco",
        "congress20": "congress",
    }
    assert all(set(topic.name) == {"en", "zh-Hans", "zh-Hant", "ru"} for topic in watchlist.topics)
    assert list(doubts(watchlist)) == []


def test_a_small_watchlist_loads_typed(tmp_path: Path) -> None:
    watchlist = load_watchlist(write(tmp_path, SMALL))

    topic = watchlist.topics[0]
    assert topic.channel == "panda"  # the # is the reader's, not Slack's
    assert topic.title() == "Panda Bank"
    assert topic.title("ru") == "Панда-банк"
    assert topic.title("zh") == "Panda Bank"
    assert (topic.threshold, topic.weights.title, topic.weights.lead, topic.weights.body) == (1, 3, 2, 1)
    assert watchlist.entities["panda"].aliases == ("Panda Bank", "熊猫银行")
    assert topic.match.any is not None
    assert topic.match.any[0].entity == "panda"


def test_a_loaded_watchlist_cannot_be_changed_and_can_be_a_key(tmp_path: Path) -> None:
    watchlist = load_watchlist(write(tmp_path, SMALL))

    with pytest.raises(ValueError, match="frozen"):
        watchlist.topics[0].threshold = 2
    assert {watchlist: 1}[load_watchlist(write(tmp_path, SMALL))] == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("        - panda\n", "        - pandas\n", 13, 'no entity "pandas" is defined; did you mean "panda"?'),
        ("[Panda Bank]", '["...", Panda]', 5, "nothing is left of it once punctuation is taken out"),
        ("[Panda Bank]", '["pa*"]', 5, "three letters or more before *"),
        ("[Panda Bank]", '["pan*da"]', 5, "* may only end a word"),
        ("[Panda Bank]", '["=Panda*"]', 5, "use one of them"),
        ("[Panda Bank]", '["a ~ b ~ c"]', 5, "more than one ~"),
        ("[Panda Bank]", '["a ~"]', 5, "~ needs a phrase on each side"),
        ("[Panda Bank]", '["Panda|Bank"]', 5, "these are no regular expressions"),
        ("[Panda Bank]", "[20]", 5, "must be text, not 20"),
        ("    en: [Panda Bank]\n    zh-Hans: [熊猫银行]\n", "", 3, "an entity without aliases"),
        ("zh-Hans: [熊猫银行]", "zh_hans: [熊猫银行]", 6, 'unknown key; did you mean "zh-Hans"?'),
        ("{en: Panda Bank, ru: Панда-банк}", "{english: Panda Bank}", 9, "allowed: en, zh-Hans, zh-Hant, ru"),
        ("{en: [loan*]}", "{de: [Kredit]}", 14, "allowed: en, zh-Hans, zh-Hant, ru"),
        ("unit: sentence", "unit: line", 14, '"line" is not known; allowed: sentence, paragraph, tokens'),
        ("unit: sentence", "unit: tokens", 14, "needs how many: `within: 10`"),
        ("unit: sentence", "unit: sentence, within: 3", 14, "only goes with unit: tokens"),
        ("of: [panda, {text: {en: [loan*]}}]", "of: [panda]", 14, "allowed: 2 or more"),
        ("of: [panda, ", "of: [{all: [panda]}, ", 14, "all cannot stand inside near; allowed: entity, text, any"),
        ("{text: {en: [loan*]}}", "{}", 14, "an empty rule; allowed: one of entity, text, any, all, near"),
        ("- text: [zoo]", "- text: []", 16, "empty; allowed: 1 or more"),
        ("      none:", "      entity: panda\n      none:", None, "entity and any side by side"),
        ('"#panda"', '"#Panda Bank"', 10, "is no Slack channel; allowed: a name of lower-case letters"),
        ("panda_bank", "Panda Bank", 8, "is no id; allowed: lower-case letters, digits and _"),
        ("  panda:", "  Panda-1:", 3, "is no id"),
        ("version: 1", "version: 2", 1, "allowed: 1"),
        (
            "version: 1",
            "version: 1\nclaim: []",
            2,
            'unknown key; did you mean "claims"? allowed: claims, entities, topics, version',
        ),
        ("    match:", "    threshold: much\n    match:", 11, 'must be a number, not "much"'),
        ("    match:", "    threshold: 0\n    match:", 11, "greater than 0"),
        ("    match:", "    entity_types: {panda: [BANK]}\n    match:", 11, "allowed: PERSON"),
        ("    match:", "    entity_types: {bear: [ORG]}\n    match:", 11, 'no entity "bear" is defined'),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_is_allowed(
    tmp_path: Path, old: str, new: str, line: int | None, said: str
) -> None:
    assert old in SMALL
    found = problems(tmp_path, SMALL.replace(old, new))

    assert any(said in problem and (line is None or problem.startswith(f"{line}:")) for problem in found), found


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    bad = SMALL.replace("- panda\n", "- bear\n").replace(
        "[zoo]", "[zoo]\n  - {id: panda_bank, name: Twice, channel: x, match: panda}"
    )

    found = problems(tmp_path, bad)

    assert len(found) == 2
    assert 'no entity "bear"' in found[0]
    assert 'the id "panda_bank" is given twice' in found[1]
    assert "(see line 8)" in found[1]


def test_a_rule_may_be_an_entity_alone_and_words_need_no_language(tmp_path: Path) -> None:
    simple = SMALL[: SMALL.index("    match:")] + "    match: panda\n"
    assert load_watchlist(write(tmp_path, simple)).topics[0].match.entity == "panda"

    words = SMALL[: SMALL.index("    match:")] + "    match: {text: Panda Bank}\n"
    assert load_watchlist(write(tmp_path, words)).topics[0].match.text == {"en": ("Panda Bank",)}


def test_an_alias_is_read_as_the_guide_says() -> None:
    exact, capitals, plain = (parse_alias(alias).phrases[0] for alias in ("=Xi", "SCO", "Sco"))
    assert (exact.exact, capitals.capitals, plain.exact, plain.capitals) == (True, True, False, False)
    assert not parse_alias("上合组织").phrases[0].capitals
    assert [word.text for word in parse_alias("西伯利亞力量2號").phrases[0].words] == ["西伯利亚力量", "2", "号"]
    assert [word.prefix for word in parse_alias("sign* contract").phrases[0].words] == [True, False]
    assert [phrase.written for phrase in parse_alias("visit* ~ Moscow").phrases] == ["visit*", "Moscow"]


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_an_alias_or_a_sentence_about_it(written: str) -> None:
    try:
        alias = parse_alias(written)
    except ValueError:
        return
    assert all(phrase.words for phrase in alias.phrases)


def test_the_hash_follows_what_matches_and_nothing_else(tmp_path: Path) -> None:
    base = load_watchlist(write(tmp_path, SMALL)).hash

    for old, new in (("Панда-банк", "Банк"), ("#panda", "#bank"), ("version: 1", "# a comment\nversion: 1")):
        assert load_watchlist(write(tmp_path, SMALL.replace(old, new))).hash == base
    for old, new in (
        ("loan*", "debt*"),
        ("Panda Bank]", "Panda Banks]"),
        ("    match:", "    threshold: 2\n    match:"),
    ):
        assert load_watchlist(write(tmp_path, SMALL.replace(old, new))).hash != base


def test_what_is_hardly_meant_is_doubted() -> None:
    topic = {"id": "t", "name": "T", "channel": "c", "match": "a", "threshold": 50}
    watchlist = Watchlist.model_validate(
        {
            "version": 1,
            "entities": {"a": {"en": ["Рutin"]}, "b": {"en": ["Panda"]}, "c": {"en": ["panda"]}},
            "topics": [topic],
        }
    )

    first, second, third = doubts(watchlist)

    assert "mixes Latin and Cyrillic" in first
    assert '"panda" is a name of b too' in second
    assert "no text can reach the threshold 50" in third


def test_the_published_schema_is_current_and_takes_the_shipped_file() -> None:
    published = ROOT / "config" / "schema" / "watchlist.schema.json"
    assert published.read_text(encoding="utf-8") == schema_text(), "run `monitor watchlist schema` again"

    jsonschema.validate(plain(SHIPPED.read_text(encoding="utf-8")), watchlist_schema())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("channel:", "chanel:"),
        ("unit: sentence", "unit: line"),
        ("text: {en:", "text: {english:"),
        ("version: 1", "version: 3"),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(old: str, new: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plain(SMALL.replace(old, new)), watchlist_schema())
