"""Claims in watchlist.yaml: what they declare, what is refused with its line, their hashes and their schema."""

import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from monitor.errors import ConfigError
from monitor.model import ClaimKind
from monitor.watchlist import Claim, Value, Watchlist, doubts, load_watchlist, watchlist_schema, words_of
from monitor.watchlist.claims import canonical

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "config" / "watchlist.yaml"
DRAFTED = {
    "ps2_capacity", "ps2_contract", "gas_payment_currency", "ru_reservists", "cn_oil_dependence",
    "cn_food_selfsufficiency", "ru_land_lost", "vostok_troops", "vostok_aircraft", "vostok_warships",
    "congress20_opening", "cn_supports_russia", "xi_trip_destination", "xi_putin_agreements",
    "state_media_showed_meeting", "xi_third_term", "nk_arms_to_russia", "npc_chair",
}  # fmt: skip

HEAD = """\
version: 1
entities:
  bridge: {type: facility, en: [Lake Bridge]}
  ferry: {type: facility, en: [Lake Ferry]}
  lake: {type: place, en: [Great Lake]}
topics:
  - id: roads
    name: Roads
    channel: roads
    match: bridge
claims:
"""
LENGTH = """\
  - id: bridge_length
    topic: roads
    kind: quantity
    says: The Lake Bridge is 900 m long
    subject: bridge
    cues: [long, length]
    rivals: [ferry]
    quantity: {unit: m, at_least: 100, at_most: 5000}
    baseline: {value: 900, as_of: 2026-01-01}
"""
OPENING = """\
  - id: bridge_opening
    topic: roads
    kind: date
    says: The Lake Bridge opens in 2027
    subject: [bridge]
    cues: [open*]
    date: {earliest: 2026-01-01, latest: 2029-12-31}
    baseline: {value: 2027-06, as_of: 2026-01-01}
"""
STATUS = """\
  - id: bridge_status
    topic: roads
    kind: status
    says: {en: The Lake Bridge is open}
    subject: bridge
    ladder:
      - planned
      - built: {en: [built]}
      - open: [opened, in use]
    baseline: {value: planned, as_of: 2026-01-01}
"""
COLOURS = """\
  - id: bridge_colour
    topic: roads
    kind: category
    says: The Lake Bridge is red
    subject: bridge
    several: true
    values:
      red: [red]
      blue: {en: [blue], ru: [синий]}
      as_lake: {entity: lake}
    baseline: {value: [red, blue], previous: as_lake, as_of: 2026-01-01}
"""
STANCE = """\
  - id: lake_on_bridge
    topic: roads
    kind: stance
    says: The Great Lake opposes the bridge
    subject: lake
    target: bridge
    stances: {supports: [support*], opposes: [oppos*]}
    baseline: {value: opposes, polarity: "-", as_of: 2026-01-01}
"""
KEEPER = """\
  - id: bridge_keeper
    topic: roads
    kind: role_holder
    says: Somebody keeps the bridge
    role: [keeper of the bridge]
    baseline: {value: The Ferryman, as_of: 2026-01-01}
"""
ALL = LENGTH + OPENING + STATUS + COLOURS + STANCE + KEEPER


def write(folder: Path, claims: str) -> Path:
    file = folder / "watchlist.yaml"
    file.write_text(HEAD + claims, encoding="utf-8")
    return file


def load(folder: Path, claims: str = ALL) -> Watchlist:
    return load_watchlist(write(folder, claims))


def claim(folder: Path, claims: str) -> Claim:
    return load(folder, claims).claims[0]


def problems(folder: Path, claims: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder, claims)
    return [line.split("watchlist.yaml:", 1)[1] for line in str(caught.value).splitlines()]


# -- what is read -----------------------------------------------------------------------------------------------------


def test_a_claim_of_each_kind_loads_typed(tmp_path: Path) -> None:
    length, opening, status, colours, stance, keeper = load(tmp_path).claims

    assert (length.kind, length.subject, length.rivals) == ("quantity", ("bridge",), ("ferry",))
    assert length.quantity is not None
    assert (length.quantity.unit, length.quantity.at_least, length.quantity.at_most) == ("m", 100, 5000)
    assert (length.quantity.plausible(100), length.quantity.plausible(99)) == (True, False)
    assert opening.date is not None
    assert (opening.date.earliest, opening.date.latest) == (date(2026, 1, 1), date(2029, 12, 31))
    assert [(step.id, words_of(step.cues)) for step in status.ladder] == [
        ("planned", ()),
        ("built", ("built",)),
        ("open", ("opened", "in use")),
    ]
    assert colours.values["as_lake"] == Value(entity="lake")
    assert words_of(colours.values["blue"].texts) == ("blue", "синий")
    assert (stance.target, stance.stances["opposes"]) == (("bridge",), {"en": ("oppos*",)})
    assert (keeper.subject, words_of(keeper.role)) == ((), ("keeper of the bridge",))


def test_what_is_not_written_has_a_default(tmp_path: Path) -> None:
    length = claim(tmp_path, LENGTH)

    assert (length.tolerance, length.min_sources, length.cool_down, length.growing) == ("5%", 1, timedelta(), False)
    assert (length.channel, length.several, length.subject_all, length.note) == (None, False, False, "")
    assert (length.title(), length.title("zh")) == ("The Lake Bridge is 900 m long",) * 2


def test_a_baseline_is_in_the_form_of_observations(tmp_path: Path) -> None:
    length, opening, status, colours, stance, keeper = load(tmp_path).claims

    baselines = [one.baseline for one in (length, opening, status, colours, stance, keeper) if one.baseline]
    assert [base.text for base in baselines] == [
        "900", "2027-06", "planned", "blue+red", "opposes", "The Ferryman"
    ]  # fmt: skip
    assert (baselines[3].previous_text, baselines[0].previous_text) == ("as_lake", None)
    assert baselines[4].polarity == "-"
    spanned = claim(tmp_path, LENGTH.replace("value: 900,", "value: [850, 900], comparator: range,"))
    assert spanned.baseline is not None
    assert (spanned.baseline.text, spanned.baseline.values) == ("850", (850, 900))


@pytest.mark.parametrize(
    ("written", "cool_down"),
    [("30s", timedelta(seconds=30)), ("90m", timedelta(minutes=90)), ("6h", timedelta(hours=6)), ("2 d", timedelta(2))],
)
def test_a_cool_down_is_a_number_and_a_letter(tmp_path: Path, written: str, cool_down: timedelta) -> None:
    assert claim(tmp_path, f"{LENGTH}    cool_down: {written}\n").cool_down == cool_down


@pytest.mark.parametrize(
    ("tolerance", "old", "new", "same"),
    [
        ("5%", 50, 52.5, True),
        ("5%", 50, 52.6, False),
        ("5%", 50, 47.5, True),
        ("5%", -50, -52, True),
        ("10%", 300_000, 330_000, True),
        ("3", 80, 83, True),
        ("3", 80, 84, False),
        ("0", 4.5, 4.5, True),
        ("0", 4.5, 4.25, False),
    ],
)
def test_a_tolerance_is_a_share_or_a_number_in_the_unit(
    tmp_path: Path, tolerance: str, old: float, new: float, same: bool
) -> None:
    assert claim(tmp_path, f"{LENGTH}    tolerance: {tolerance}\n").tolerates(old, new) is same


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_canonical_number_is_the_number(value: float) -> None:
    assert float(canonical(value)) == value
    assert not canonical(value).endswith(".0")


def test_units_go_by_the_name_of_the_table(tmp_path: Path) -> None:
    written = LENGTH.replace("unit: m,", "unit: people,")
    assert claim(tmp_path, written).quantity.unit == "person"  # type: ignore[union-attr]


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "old", "new", "line", "said"),
    [
        (LENGTH, "topic: roads", "topic: road", 13, 'no topic "road" is defined; did you mean "roads"? allowed: roads'),
        (LENGTH, "subject: bridge", "subject: brige", 16, 'no entity "brige" is defined; did you mean "bridge"?'),
        (LENGTH, "rivals: [ferry]", "rivals: [bridge, fery]", 18, 'no entity "fery" is defined'),
        (STANCE, "target: bridge", "target: tower", 17, 'no entity "tower" is defined'),
        (COLOURS, "{entity: lake}", "{entity: sea}", 21, 'no entity "sea" is defined'),
        (LENGTH, "unit: m,", "unit: metre,", 19, '"metre" is no unit that is known'),
        (LENGTH, "unit: m,", "unit: persn,", 19, 'did you mean "person"?'),
        (LENGTH, "at_most: 5000", "at_most: 50", 19, "not above at_least (100)"),
        (LENGTH, "value: 900", "value: 9000", 20, "9000 lies outside at_least and at_most"),
        (LENGTH, "value: 900", "value: long", 20, '"long" is no number'),
        (LENGTH, "value: 900", "value: [800, 900]", 20, "a list needs `several: true`"),
        (LENGTH, "value: 900,", "value: 900, comparator: range,", 20, "comparator: range needs both ends"),
        (LENGTH, "value: 900,", "value: 900, comparator: about,", 20, '"about" is not known; allowed: eq, approx'),
        (LENGTH, "as_of: 2026-01-01", "as_of: yesterday", 20, "valid date"),
        (LENGTH, ", as_of: 2026-01-01", "", 20, "as_of: is missing"),
        (LENGTH, "    quantity: {unit: m, at_least: 100, at_most: 5000}\n", "", 12, "needs `quantity:`"),
        (LENGTH, "    subject: bridge\n", "", 12, "subject is missing"),
        (LENGTH, "kind: quantity", "kind: amount", 14, '"amount" is not known; allowed: quantity, date, status'),
        (LENGTH, "kind: quantity", "kind: date", 19, "only goes with kind: quantity; this claim is of kind date"),
        (LENGTH, "cues:", "cue:", 17, 'unknown key; did you mean "cues"?'),
        (LENGTH, "cues: [long, length]", 'cues: ["lo*"]', 17, "three letters or more before *"),
        (LENGTH, "cues: [long, length]", "cues: {de: [lang]}", 17, "allowed: en, zh-Hans, zh-Hant, ru"),
        (LENGTH, "cues: [long, length]", "cues: []", 17, "empty; allowed: 1 or more"),
        (LENGTH, "    cues:", "    tolerance: much\n    cues:", 17, '"much" is no tolerance'),
        (LENGTH, "    cues:", "    tolerance: -1\n    cues:", 17, '"-1" is no tolerance'),
        (LENGTH, "    cues:", "    cool_down: soon\n    cues:", 17, '"soon" is no duration'),
        (LENGTH, "    cues:", "    min_sources: 0\n    cues:", 17, "greater than or equal to 1"),
        (LENGTH, "    cues:", "    channel: '#My Claims'\n    cues:", 17, "is no Slack channel"),
        (LENGTH, "    cues:", "    subject_all: true\n    cues:", 17, "asks for all of several subjects"),
        (LENGTH, "    cues:", "    several: true\n    cues:", 17, "only goes with kind: category"),
        (LENGTH, "id: bridge_length", "id: Bridge", 12, "is no id"),
        (LENGTH, "id: bridge_length", "id: roads", 12, '"roads" is the id of a topic too'),
        (OPENING, "latest: 2029-12-31", "latest: 2025-12-31", 18, "before earliest (2026-01-01)"),
        (OPENING, "value: 2027-06", "value: 2031-06", 19, "2031-06 lies outside earliest and latest"),
        (OPENING, "value: 2027-06", "value: next year", 19, '"next year" is no date; allowed: 2022, 2022-10'),
        (STATUS, "      - built: {en: [built]}\n      - open: [opened, in use]\n", "", 17, "allowed: 2 or more"),
        (STATUS, "- open: [opened, in use]", "- built: [opened]", 20, 'the step "built" is given twice'),
        (STATUS, "- open: [opened, in use]", '- open: ["op*"]', 20, "three letters or more"),
        (STATUS, "value: planned", "value: opened", 21, '"opened" is not known; did you mean "open"?'),
        (STANCE, "stances: {supports: [support*], opposes: [oppos*]}", "stances: {}", 18, "empty; allowed: 1 or more"),
        (STANCE, "value: opposes", "value: neutral", 19, '"neutral" is not known; allowed: supports, opposes'),
        (COLOURS, "value: [red, blue]", "value: [red, green]", 22, '"green" is not known; allowed: red, blue, as_lake'),
        (COLOURS, "    several: true\n", "", 21, "a list; allowed: one value"),
        (COLOURS, "red: [red]", "red+blue: [red]", 19, "does not fit"),
        (KEEPER, "role:", "roles:", 16, 'unknown key; did you mean "role"?'),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_what_is_allowed(  # noqa: PLR0917
    tmp_path: Path, claims: str, old: str, new: str, line: int, said: str
) -> None:
    assert claims.count(old) == 1
    found = problems(tmp_path, claims.replace(old, new))

    assert any(said in problem and problem.startswith(f"{line}:") for problem in found), found


def test_a_claim_given_twice_is_told_with_the_other_line(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, LENGTH + LENGTH)

    assert 'the id "bridge_length" is given twice; each claim needs its own (see line 12)' in found


def test_all_mistakes_of_all_claims_are_told_at_once(tmp_path: Path) -> None:
    bad = LENGTH.replace("subject: bridge", "subject: brige") + OPENING.replace("[bridge]", "[bridges]")
    assert len(problems(tmp_path, bad)) == 2
    worse = LENGTH.replace("value: 900", "value: 9") + STATUS.replace("value: planned", "value: gone")
    assert len(problems(tmp_path, worse)) == 2


def test_a_single_chinese_character_needs_company(tmp_path: Path) -> None:
    assert claim(tmp_path, LENGTH.replace("[long, length]", '{zh-Hans: ["全长 ~ 米"]}')).cues is not None
    for alone in ("[米]", '["长 ~ 米"]'):
        (found,) = problems(tmp_path, LENGTH.replace("[long, length]", f"{{zh-Hans: {alone}}}"))
        assert "alone is in nearly every text" in found


def test_what_is_hardly_meant_is_doubted(tmp_path: Path) -> None:
    odd = (
        LENGTH.replace("[long, length]", "[lоng]")  # with a Cyrillic о
        .replace("rivals: [ferry]", "rivals: [bridge]")
        .replace("quantity: {unit: m, at_least: 100, at_most: 5000}", "quantity: {unit: m}")
    )
    mixed, both = doubts(load(tmp_path, odd))
    assert "mixes Latin and Cyrillic" in mixed
    assert "bridge is both subject and rival" in both

    (open_number,) = doubts(
        load(tmp_path, odd.replace("    cues: [lоng]\n", "").replace("rivals: [bridge]", "rivals: [ferry]"))
    )
    assert "takes any m near the subject" in open_number
    (open_date,) = doubts(load(tmp_path, OPENING.replace("    cues: [open*]\n", "")))
    assert "takes any date near the subject" in open_date


# -- hashes and schema ------------------------------------------------------------------------------------------------


def test_the_hash_of_a_claim_follows_what_decides_of_it_and_nothing_else(tmp_path: Path) -> None:
    base = load(tmp_path)
    length = base.claim_hash("bridge_length")

    for old, new in (
        ("The Lake Bridge is 900 m long", "It is long"),
        (
            "    cues: [long, length]",
            "    note: a remark\n    channel: bridge\n    cool_down: 1h\n    cues: [long, length]",
        ),
        ("keeper of the bridge", "bridge keeper"),
    ):
        assert load(tmp_path, ALL.replace(old, new)).claim_hash("bridge_length") == length
    for old, new in (("[long, length]", "[long]"), ("value: 900", "value: 901"), ("rivals: [ferry]", "rivals: [lake]")):
        changed = load(tmp_path, ALL.replace(old, new))
        assert changed.claim_hash("bridge_length") != length
        assert changed.claim_hash("bridge_keeper") == base.claim_hash("bridge_keeper")
        assert changed.hash != base.hash
    with pytest.raises(KeyError):
        base.claim_hash("none_such")


def test_claims_may_stand_in_any_order_and_be_keys(tmp_path: Path) -> None:
    base, turned = load(tmp_path, LENGTH + OPENING), load(tmp_path, OPENING + LENGTH)

    assert base.hash == turned.hash
    assert {base.claims[0]: 1}[turned.claims[1]] == 1


def plain(content: str) -> Any:
    """The file as an editor's schema check sees it: dates are text."""
    return json.loads(json.dumps(YAML(typ="safe").load(content), default=str))


def test_the_schema_takes_every_kind() -> None:
    jsonschema.validate(plain(HEAD + ALL), watchlist_schema())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: quantity", "kind: amount"),
        ("cues: [long, length]", "cues: {english: [long]}"),
        ("unit: m,", "units: m,"),
        ("- built: {en: [built]}", "- built: {en: built, fr: bati}"),
        ("{entity: lake}", "{entity: lake, en: [lake]}"),
        ("value: 900,", "value: 900, polarity: no,"),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(tmp_path: Path, old: str, new: str) -> None:
    assert problems(tmp_path, ALL.replace(old, new))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(plain(HEAD + ALL.replace(old, new)), watchlist_schema())


# -- the shipped claims -----------------------------------------------------------------------------------------------


def test_the_shipped_claims_are_of_all_kinds_and_in_three_languages() -> None:
    watchlist = load_watchlist(SHIPPED)
    claims = {one.id: one for one in watchlist.claims}

    assert claims.keys() >= DRAFTED
    assert len(claims) == 24
    own = Counter(one.kind for one in claims.values() if one.id not in DRAFTED)
    assert own.keys() == set(get_args(ClaimKind))
    assert all(one.says.keys() >= {"en", "zh-Hans", "ru"} for one in claims.values())
    assert all(one.baseline is None or one.baseline.source for one in claims.values())


def test_speakers_of_the_shipped_watchlist_stand_on_declared_sides() -> None:
    blocs = YAML(typ="safe").load((ROOT / "config" / "sources.yaml").read_text(encoding="utf-8"))["blocs"]
    used = {entity.bloc for entity in load_watchlist(SHIPPED).entities.values()} - {None}

    assert used <= blocs.keys()
    assert {"cn_state", "ru_state", "ua", "western"} <= used
