"""The chart of reports over time: every mark in its place, whatever the numbers, and never too wide."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from monitor.cli.chart import PLAIN, Line, Pen, Spot, draw

NOON = datetime(2022, 9, 15, 12, tzinfo=UTC)


def at(day: float) -> datetime:
    return NOON + timedelta(days=day)


def spot(day: float, level: float, mark: str = "A", high: float | None = None) -> Spot:
    return Spot(at(day), level, level if high is None else high, mark)


def plain(spots: list[Spot], lines: list[Line] | None = None, **more: object) -> list[str]:
    given: dict[str, object] = {"labels": [(one.low, f"{one.low:g}") for one in spots], "width": 30, "height": 5}
    return [line.plain for line in draw(spots, lines or [], **given | more)]  # type: ignore[arg-type]


def test_higher_is_higher_and_later_is_to_the_right() -> None:
    assert plain([spot(0, 10), spot(5, 20), spot(10, 50)]) == [
        "50 +                         A",
        "   |",
        "   |",
        "20 +            A",
        "10 +A",
        "   +--------------------------",
        "    2022-09-15      2022-09-25",
    ]


def test_the_line_of_what_was_believed_steps_and_ends() -> None:
    lines = [Line(at(-9), (10,)), Line(at(5), (50, 10)), Line(at(8), ())]
    drawn = plain([spot(0, 10), spot(10, 50)], lines, height=3)
    assert drawn[0] == "50 +            --------     A"
    assert drawn[2] == "10 +A-------------------"


def test_a_range_is_drawn_from_end_to_end() -> None:
    assert [row[4:5] for row in plain([spot(0, 10, "A", 50), spot(1, 10, "B")])[:5]] == ["A", "|", "|", "|", "A"]


def test_marks_stand_aside_rather_than_cover_one_another() -> None:
    drawn = plain([spot(0, 10, mark) for mark in "ABC"] + [spot(10, 10, "Z")], height=1)
    assert drawn[0] == "10 +ABC                      Z"


def test_a_crowd_covers_the_last_place_and_stays_within_the_frame() -> None:
    drawn = plain([spot(0, 10)] * 50 + [spot(10, 10)] * 50, height=1)
    assert max(map(len, drawn)) <= 30


def test_one_moment_and_one_value_stand_in_the_middle() -> None:
    drawn = plain([spot(0, 7)], height=3)
    assert drawn[1].startswith("7 +")
    assert drawn[1].index("A") in range(14, 18)
    assert drawn[-1].strip() == "2022-09-15 12:00"


def test_a_logarithmic_scale_keeps_small_numbers_apart() -> None:
    spots = [spot(0, 1), spot(5, 100), spot(10, 10_000)]
    assert [row for row, line in enumerate(plain(spots, logarithmic=True)[:5]) if "A" in line] == [0, 2, 4]
    assert [row for row, line in enumerate(plain(spots)[:5]) if "A" in line] == [0, 4]


def test_the_first_label_has_its_row_and_long_ones_are_cut_by_cells() -> None:
    spots = [spot(0, 0), spot(1, 1)]
    drawn = plain(spots, labels=[(0, "签署了一份非常长的合同草案"), (0, "second"), (1, "up")], height=2, width=24)
    assert "second" not in "".join(drawn)
    assert drawn[1].startswith(" 签署了~ +")
    assert {cell_len(line[: line.index("+")]) for line in drawn[:2]} == {9}


def test_without_reports_there_is_no_chart() -> None:
    assert draw([], [], labels=[], width=80, height=5) == []


@pytest.mark.parametrize("pen", [PLAIN, Pen()])
@given(
    spots=st.lists(
        st.builds(
            spot,
            st.floats(-1e4, 1e4),
            st.floats(0.001, 1e15),
            st.sampled_from("AbX●"),
            st.none() | st.floats(0.001, 1e15),
        ),
        min_size=1,
        max_size=30,
    ),
    words=st.text(st.characters(exclude_categories=["C", "Z", "M"]), max_size=40),
    width=st.integers(16, 200),
    height=st.integers(1, 12),
    logarithmic=st.booleans(),
)
def test_it_always_fits(  # noqa: PLR0917 - as the strategies name them
    pen: Pen, spots: list[Spot], words: str, width: int, height: int, logarithmic: bool
) -> None:
    lines = [Line(spots[0].at, (spots[0].low,))]
    labels = [(spots[0].low, words)]
    drawn = draw(spots, lines, labels=labels, width=width, height=height, logarithmic=logarithmic, pen=pen)
    assert len(drawn) == height + 2
    assert max(cell_len(line.plain) for line in drawn) <= width
    marks = {one.mark for one in spots}
    assert any(mark in line.plain for line in drawn[:height] for mark in marks)
