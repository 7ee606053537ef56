"""A small chart for the terminal: what was reported over time, one mark a report, and the line of what was believed.

Pure: it gives lines of text. Levels (numbers, days, or rows of words) go up, time goes to the right.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

from rich.cells import cell_len, set_cell_size
from rich.text import Text

ASIDE = 3
"""Columns that a mark moves aside at most so as not to cover another."""
LABEL_WIDTH = 24
"""Cells that the words of the upright axis take at most."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One report: from `low` to `high` (the same, but for ranges) at a moment, drawn as `mark`."""

    at: datetime
    low: float
    high: float
    mark: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What was believed from a moment on: several levels where it was contested, none where nothing was."""

    since: datetime
    levels: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Pen:
    """The characters to draw with."""

    line: str = "─"
    span: str = "│"
    axis: str = "┤"
    bare: str = "│"
    corner: str = "└"
    floor: str = "─"
    ellipsis: str = "…"


PLAIN = Pen("-", "|", "+", "|", "+", "-", "~")


def draw(
    spots: Sequence[Spot],
    lines: Sequence[Line],
    *,
    labels: Sequence[tuple[float, str]],
    width: int,
    height: int,
    logarithmic: bool = False,
    pen: Pen = PLAIN,
) -> list[Text]:
    """The chart as lines of at most `width` cells: `height` rows, and two for the time.

    `labels` are levels with their words, the most important first: each gets its row unless one before it has taken
    that. A mark that would cover another stands up to `ASIDE` columns beside it. Without spots there is no chart.
    """
    if not spots:
        return []
    words_width = min(LABEL_WIDTH, max((cell_len(words) for _, words in labels), default=0), max(4, width // 3))
    columns = max(8, width - words_width - 2)
    scale = math.log10 if logarithmic else float
    levels = [scale(level) for spot in spots for level in (spot.low, spot.high)]
    levels += [scale(level) for level, _ in labels]
    bottom, top = min(levels), max(levels)
    first, last = min(spot.at for spot in spots), max(spot.at for spot in spots)

    def row(level: float) -> int:
        place = (top - scale(level)) / (top - bottom) if top > bottom else 0.5
        return min(height - 1, max(0, round(place * (height - 1))))

    def column(at: datetime) -> int:
        place = (at - first) / (last - first) if last > first else 0.5
        return min(columns - 1, max(0, round(place * (columns - 1))))

    grid = [[(" ", "")] * columns for _ in range(height)]
    _draw_lines(grid, [(column(line.since), [row(level) for level in line.levels]) for line in lines], pen)
    for spot in spots:
        _draw_spot(grid, spot, column(spot.at), (row(spot.low), row(spot.high)), pen)
    words: dict[int, str] = {}
    for level, text in labels:
        words.setdefault(row(level), text)
    drawn = []
    for number, cells in enumerate(grid):
        label = _fitted(words.get(number, ""), words_width, pen.ellipsis)
        drawn.append(Text(f"{label} {pen.axis if number in words else pen.bare}"))
        for style, run in groupby(cells, key=itemgetter(1)):
            drawn[-1].append("".join(character for character, _ in run), style)
        drawn[-1].rstrip()
    drawn.append(Text(" " * (words_width + 1) + pen.corner + pen.floor * columns))
    drawn.append(Text(" " * (words_width + 2) + _times(first, last, columns)))
    return drawn


Grid = list[list[tuple[str, str]]]


def _draw_lines(grid: Grid, steps: Sequence[tuple[int, list[int]]], pen: Pen) -> None:
    ends = (*(begin for begin, _ in steps[1:]), len(grid[0]))
    for (begin, rows), end in zip(steps, ends, strict=False):  # without steps there is an end too many
        for row in rows:
            for column in range(begin, end):
                grid[row][column] = (pen.line, "dim")


def _draw_spot(grid: Grid, spot: Spot, column: int, rows: tuple[int, int], pen: Pen) -> None:
    low, high = rows
    empty, last = {" ", pen.line}, len(grid[0]) - 1
    sideways = [column + step * sign for step in range(ASIDE + 1) for sign in (1, -1)]
    tried = [place for place in sideways if 0 <= place <= last]
    free = (place for place in tried if all(grid[row][place][0] in empty for row in range(high, low + 1)))
    place = next(free, column)
    for row in range(high + 1, low):
        grid[row][place] = (pen.span, spot.style)
    grid[low][place] = grid[high][place] = (spot.mark, spot.style)


def _fitted(words: str, width: int, ellipsis: str) -> str:
    """`words` to the right of `width` cells, cut where they are wider."""
    if cell_len(words) > width:
        words = set_cell_size(words, width - 1).rstrip() + ellipsis
    return " " * (width - cell_len(words)) + words


def _times(first: datetime, last: datetime, columns: int) -> str:
    """The first and the last moment, as far as they have to be told apart, under the ends of the axis."""
    form = "%Y-%m-%d" if last - first >= timedelta(days=3) else "%Y-%m-%d %H:%M"
    begin, end = first.strftime(form), last.strftime(form)
    if begin == end:
        return begin.center(columns).rstrip() if len(begin) <= columns else ""
    if len(begin) + len(end) + 2 > columns:
        begin, end = first.strftime("%m-%d"), last.strftime("%m-%d")
    gap = columns - len(begin) - len(end)
    return begin + " " * gap + end if gap > 0 else ""
