import pytest

from monitor import units
from monitor.language import fold_text


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [
        (50e9, "m3", "bcm", 50),
        (100, "mcm/d", "bcm/yr", 36.5),
        (1.5e6, "bbl/d", "bbl/yr", 547.5e6),
        (2300, "mi2", "km2", 5956.97265377),
        (6000, "km2", "ha", 600_000),
        (10, "mu", "m2", 6666.66666667),
        (3000, "kW", "MW", 3),
        (25, "bp", "pp", 0.25),
        (5, "permille", "%", 0.5),
        (50, "°F", "°C", 10),
        (-40, "°C", "°F", -40),
        (300, "K", "°C", 26.85),
        (90, "km/h", "m/s", 25),
        (2, "week", "d", 14),
        (36, "h", "d", 1.5),
        (12, "person", "person", 12),
    ],
)
def test_a_value_converts_within_its_dimension(value: float, unit: str, to: str, expected: float) -> None:
    assert units.convert(value, unit, to) == pytest.approx(expected, rel=1e-9)


def test_scale_words_leave_no_rounding_error() -> None:
    assert units.convert(50e9, "m3/yr", "bcm/yr") == 50.0
    assert units.convert(0.3, "tcm", "bcm") == 300.0


@pytest.mark.parametrize(
    ("unit", "to"), [("bcm", "km2"), ("USD", "CNY"), ("person", "ship"), ("bcm/yr", "bcm"), ("%", "pp"), ("t", "m3")]
)
def test_what_measures_something_else_does_not_convert(unit: str, to: str) -> None:
    with pytest.raises(ValueError, match="cannot be converted"):
        units.convert(1, unit, to)


@pytest.mark.parametrize("name", ["bcm/year", "bcm/yr", "bcm/y"])
def test_a_rate_is_named_in_several_ways(name: str) -> None:
    assert units.unit(name).name == "bcm/yr"
    assert units.unit(name).is_rate


@pytest.mark.parametrize("name", ["furlong", "", "bcm/", "/yr", "bcm/yr/d", "°F/d"])
def test_an_unknown_unit_is_told_with_those_known(name: str) -> None:
    with pytest.raises(ValueError, match=r"unknown unit .*; known: m3, mcm, bcm"):
        units.unit(name)


def test_every_known_unit_is_one() -> None:
    assert len(set(units.known_units())) == len(units.known_units()) > 80
    for name in units.known_units():
        assert units.convert(1, name, units.unit(name).base.partition("/")[0] if "/" not in name else name) is not None


def test_the_names_are_written_as_text_is_folded() -> None:
    assert [name.text for name in units.names() if fold_text(name.text) != name.text] == []
    assert {name.unit for name in units.names()} <= set(units.known_units()) | {"km/h", "mile/h"}
