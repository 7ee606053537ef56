"""Quantities in English, Chinese and Russian: numbers with units, ranges, comparators, replaced values. Pure.

Not quantities: dates and years, ordinals, clock times, scores, telephone numbers, numbers of pages and of names.
"""

from dataclasses import dataclass, replace

from monitor import units
from monitor.claims.values.counted import Noun
from monitor.claims.values.linking import linked
from monitor.claims.values.numerals import has_numeral, prepare
from monitor.claims.values.readings import Reading, read
from monitor.language import Folded, Span
from monitor.model import Comparator
from monitor.units import Unit


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity and where it stands; a range is one quantity from `low` to `high`.

    `unit` is None for counts of what the table of units does not know (`noun` says what is counted) and for numbers
    without either. `noun` reaches from the first adjective or measure word to the noun. "Cut from 50 to 35" is 35
    with `previous` 50, which stands at `previous_span` and is no quantity of its own. `shared_unit`: the unit was
    elided and is a neighbour's. `delta`: by how much something changed. `vague`: only the order of magnitude is
    given. `scale` is the worth of the number's last scale word, 1 without one.
    """

    start: int
    end: int
    low: float
    high: float | None = None
    comparator: Comparator = "eq"
    unit: Unit | None = None
    noun: Noun | None = None
    previous: float | None = None
    previous_span: Span | None = None
    shared_unit: bool = False
    delta: bool = False
    vague: bool = False
    scale: float = 1.0

    @property
    def dimension(self) -> str | None:
        """The unit's dimension, None without a unit."""
        return self.unit.dimension if self.unit else None


def find_quantities(text: str) -> list[Quantity]:
    """The quantities of `text` (a sentence, at most a paragraph), in order, none overlapping another."""
    if not has_numeral(text):
        return []
    folded = prepare(text)
    return [_quantity(one, folded, text) for one in linked(read(folded, text), folded.text)]


def _quantity(one: Reading, folded: Folded, original: str) -> Quantity:
    """What was read, with offsets of the original text."""
    start, end = folded.span(one.start, one.end)
    noun, old = one.noun, one.previous
    if noun is not None:
        first, last = folded.span(noun[0], noun[1])
        noun = (first, last, original[first:last])
    return Quantity(
        start=start,
        end=end,
        low=one.low,
        high=one.high,
        comparator=one.comparator,
        unit=one.unit,
        noun=noun,
        previous=old.low if old else None,
        previous_span=folded.span(old.start, old.end) if old else None,
        shared_unit=one.is_shared,
        delta=one.is_delta,
        vague=one.number.vague,
        scale=one.number.scale,
    )


_SPOKEN = {"mcm": "m3", "bcm": "m3", "tcm": "m3", "1000m3": "m3", "bcf": "ft3", "tcf": "ft3"}
"""Units with a scale word in their names: who leaves out the unit of "50 billion" means the plain one."""


def in_unit(quantity: Quantity, to: Unit | str, *, elided: bool = False) -> Quantity | None:
    """`quantity` in the unit that a claim asks for, None where it measures something else.

    Where a rate by time is asked for, an amount without a time is one ("50 bcm" for bcm/yr: nobody says it twice).
    `count` takes any count. With `elided`, a number without unit and noun is taken to be in the unit asked for.
    """
    unit = units.unit(to) if isinstance(to, str) else to
    source = quantity.unit
    above, _, below = unit.name.partition("/")
    amount = units.unit(above) if below and units.unit(below).dimension == "time" else unit
    if source is None:
        if unit.name == "count" and (quantity.noun is not None or elided):
            return replace(quantity, unit=unit)
        if not elided or quantity.noun is not None or (quantity.scale >= 1e3 and unit.dimension.startswith("percent")):
            return None
        source = units.unit(_SPOKEN.get(amount.name, amount.name)) if quantity.scale >= 1e3 else amount
    elif unit.name == "count" and source.dimension == "count":
        return quantity
    target = unit if source.base == unit.base else amount
    if source.base != target.base:
        return None

    def converted(value: float | None) -> float | None:
        return None if value is None else units.convert(value, source, target)

    low = units.convert(quantity.low, source, target)
    return replace(quantity, low=low, high=converted(quantity.high), previous=converted(quantity.previous), unit=unit)
