"""How two values of one claim stand to each other."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims_book import make_claim, say
from monitor.changes.compare import baseline_value, merged, read, relation, value_of


@pytest.mark.parametrize(
    ("old", "new", "tolerance", "expected"),
    [
        ("50", "50", "5%", "same"),
        ("50", "52.5", "5%", "same"),
        ("50", "52.6", "5%", "other"),
        ("50", "38", "5%", "other"),
        ("300000", "318000", "10%", "same"),
        ("80", "83", 3, "same"),
        ("80", "84", 3, "other"),
        (">50000", "50000", "5%", "same"),
        (">50000", "55000", "5%", "finer"),
        (">50000", "140000", "5%", "other"),
        ("<300000", "300000", "5%", "same"),
        ("<300000", "250000", "5%", "finer"),
        ("50000", ">50000", "5%", "same"),
        ("45..50", "48", "5%", "finer"),
        ("45..50", "45..50", "5%", "same"),
        ("45..60", "50..55", "5%", "finer"),
        ("45..60", "48", "20%", "finer"),
        ("50", "45..50", "5%", "implied"),
        ("45..50", "40..47", "1%", "implied"),
        ("45..50", "60..70", "5%", "other"),
        ("0", "0", "5%", "same"),
        ("-5", "-5.1", "5%", "same"),
        ("not 50", "not 50", "5%", "same"),
        ("not 50", "50", "5%", "other"),
        ("50", "not 38", "5%", "other"),
    ],
)
def test_quantities(old: str, new: str, tolerance: Any, expected: str) -> None:
    claim = make_claim(tolerance=tolerance)
    assert relation(claim, read("quantity", old), read("quantity", new)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("2022-10", "2022-10", "same"),
        ("2022-10", "2022-10-16", "finer"),
        ("2022-10-16", "2022-10", "implied"),
        ("2022-10", "2022-11", "other"),
        ("2022-10-16", "2022-10-17", "other"),
        ("2022", "2022-Q4", "finer"),
        ("2022-H2", "2022-Q4", "finer"),
        ("2022-H1", "2022-Q4", "other"),
        ("2022-Q4", "2022-12-31", "finer"),
        ("2022-Q4", "2023-01", "other"),
        ("2022-W37", "2022-09-15", "finer"),
        ("2022-W37", "2022-09-19", "other"),
        ("2022-09", "2022-W39", "implied"),  # of which two days lie in October
        ("2022-09-15/2022-09-16", "2022-09-15", "finer"),
        ("<2022-10", "2022-09", "finer"),
        (">2022-10", "2022-09", "other"),
    ],
)
def test_dates(old: str, new: str, expected: str) -> None:
    assert relation(make_claim("date"), read("date", old), read("date", new)) == expected


@pytest.mark.parametrize("text", ["soon", "2022-13", "2022-02-30", "2022-W60", "202", ""])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        value_of(say(text, kind="date").observation)


@pytest.mark.parametrize(
    ("kind", "old", "new", "expected"),
    [
        ("status", "in_talks", "memorandum", "other"),
        ("status", "memorandum", "in_talks", "implied"),
        ("status", "not signed", "memorandum", "other"),
        ("stance", "supports", "neutral", "other"),
        ("stance", "supports", "supports", "same"),
        ("category", "CNY+RUB", "RUB", "implied"),
        ("category", "CNY", "CNY+RUB", "other"),
        ("category", "CNY", "USD", "other"),
        ("role_holder", "Ana Petrova", "Petrova", "same"),
        ("role_holder", "Петрова", "Ана ПЕТРОВА", "same"),
        ("role_holder", "Ana Petrova", "Ana Novak", "other"),
        ("role_holder", "栗战书", "栗戰書", "same"),
    ],
)
def test_words(kind: Any, old: str, new: str, expected: str) -> None:
    claim = make_claim(kind, several=True) if kind == "category" else make_claim(kind)
    assert relation(claim, read(kind, old), read(kind, new)) == expected


def test_of_one_value_at_a_time_a_part_is_another() -> None:
    assert relation(make_claim("category"), read("category", "CNY+RUB"), read("category", "RUB")) == "other"


def test_of_several_values_only_what_is_named_as_replaced_goes() -> None:
    claim = make_claim("category", several=True)
    old, new = read("category", "CNY+USD"), read("category", "RUB")
    assert merged(claim, old, new, None).text == "CNY+RUB+USD"
    assert merged(claim, old, new, read("category", "USD")).text == "CNY+RUB"
    assert merged(make_claim("category"), old, new, None).text == "RUB"


def test_baselines() -> None:
    range_ = make_claim(start=[45, 50], baseline={"comparator": "range"}).baseline
    more = make_claim(start=50000, baseline={"comparator": "gt"}).baseline
    denied = make_claim("stance", "supports", baseline={"polarity": "-"}).baseline
    assert range_ is not None
    assert more is not None
    assert denied is not None
    assert baseline_value("quantity", range_).shown == "45..50"
    assert baseline_value("quantity", more).shown == ">50000"
    assert baseline_value("stance", denied).shown == "not supports"


NUMBERS = st.floats(min_value=-1e12, max_value=1e12, allow_nan=False).map(lambda number: round(number, 3))
COMPARATORS = st.sampled_from(["eq", "approx", "gt", "lt"])


@given(NUMBERS, st.none() | NUMBERS, COMPARATORS, st.booleans())
def test_a_value_is_read_back_from_its_text(low: float, high: float | None, comparator: str, denied: bool) -> None:
    sign = "-" if denied else "+"
    observed = say((low, high) if high is not None else low, comparator="range" if high else comparator, polarity=sign)
    value = value_of(observed.observation)
    assert read("quantity", value.shown) == value


@given(NUMBERS, NUMBERS, COMPARATORS, COMPARATORS)
def test_every_value_is_the_same_as_itself_and_what_differs_differs_both_ways(
    one: float, other: float, first: str, second: str
) -> None:
    claim = make_claim(tolerance=0)
    left, right = value_of(say(one, comparator=first).observation), value_of(say(other, comparator=second).observation)
    assert relation(claim, left, left) == "same"
    assert (relation(claim, left, right) == "other") == (relation(claim, right, left) == "other")
