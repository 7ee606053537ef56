"""What an observation says as a value that can be compared, and how two values of one claim stand to each other. Pure.

A value has one text, by which beliefs and changes name it: `50`, `>50000`, `<300000`, `45..50`, `2022-10-16`,
`memorandum`, `CNY+RUB`, a person; `not memorandum` where it is denied. `read` takes it back from that text.
"""

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal

from monitor.language import fold_text
from monitor.model import ClaimKind, Comparator, Observation
from monitor.watchlist import Baseline, Claim

Relation = Literal["same", "finer", "implied", "other"]
"""How a new value stands to the one believed: the same; narrower and within it; true if the other is, but less; or
something else."""

OPEN_SIDE = 0.25
""""More than 50,000" is taken to reach a quarter above that, "up to 50,000" a quarter below: nobody who has 80,000 in
mind says "more than 50,000"."""
CLOSELY = 0.1
"""A range that is narrower by less than this share says nothing finer."""

_NOT = "not "
_SIGNS: dict[Comparator, str] = {"gt": ">", "lt": "<"}


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a claim. `low` and `high` bound quantities (in the claim's unit) and dates (ordinals of the first
    and the last day); `parts` hold the values of a category, the words of a name; `denied` turns it into its denial."""

    text: str
    low: float = 0.0
    high: float = 0.0
    parts: frozenset[str] = frozenset()
    denied: bool = False

    @property
    def shown(self) -> str:
        """The text by which beliefs and changes name it."""
        return _NOT + self.text if self.denied else self.text

    def but_denied(self, denied: bool = True) -> "Value":
        """The denial of the value, or the value of a denial."""
        return replace(self, denied=denied)


def value_of(observation: Observation) -> Value:
    """What `observation` says, or denies."""
    value = _made(
        observation.kind, observation.value, observation.comparator, observation.number, observation.number_hi
    )
    return value.but_denied(observation.polarity == "-")


def previous_of(observation: Observation) -> Value | None:
    """The value that is said to be replaced."""
    return None if observation.previous is None else read(observation.kind, observation.previous)


def baseline_value(kind: ClaimKind, baseline: Baseline) -> Value:
    """What a claim starts from."""
    numbers = [one for one in baseline.values if isinstance(one, float)]
    high = numbers[-1] if baseline.comparator == "range" and numbers else None
    value = _made(kind, baseline.text, baseline.comparator, numbers[0] if numbers else None, high)
    return value.but_denied(baseline.polarity == "-")


@lru_cache(maxsize=4096)
def read(kind: ClaimKind, shown: str) -> Value:
    """The value that a belief or a change names so."""
    denied = shown.startswith(_NOT)
    text = shown.removeprefix(_NOT)
    comparator: Comparator = next((name for name, sign in _SIGNS.items() if text.startswith(sign)), "eq")
    text = text.lstrip("<>")
    if kind == "quantity":
        low, _, high = text.partition("..")
        return _quantity(float(low), float(high) if high else None, "range" if high else comparator).but_denied(denied)
    return _made(kind, text, comparator, None, None).but_denied(denied)


def number_text(number: float) -> str:
    """A number without superfluous digits."""
    return str(int(number)) if number == int(number) and abs(number) < 1e15 else repr(number)


def relation(claim: Claim, old: Value, new: Value) -> Relation:
    """How `new` stands to `old`, which is believed.

    Denials are the same when what they deny is, and something else otherwise.
    """
    if old.denied or new.denied:
        same = old.denied == new.denied and relation(claim, old.but_denied(False), new.but_denied(False)) == "same"
        return "same" if same else "other"
    if claim.kind == "quantity":
        return _quantities(claim, old, new)
    if claim.kind == "date":
        return _dates(old, new)
    if old.text == new.text or (claim.kind == "role_holder" and _same_name(old.parts, new.parts)):
        return "same"
    less = rank(claim, new) < rank(claim, old) or (claim.several and new.parts < old.parts)
    return "implied" if less else "other"


def rank(claim: Claim, value: Value) -> int:
    """How far up its ladder a step stands, from 0; a denied or unknown step is below all."""
    if value.denied:
        return -1
    return next((at for at, step in enumerate(claim.ladder) if step.id == value.text), -1)


def merged(claim: Claim, old: Value, new: Value, previous: Value | None) -> Value:
    """What is believed once `new` replaces `old`: of a category with several values only what is said to be replaced
    goes, all else holds beside the new ones."""
    if not claim.several or old.denied or new.denied:
        return new
    gone = previous.parts if previous is not None else frozenset()
    kept = (old.parts - gone) | new.parts
    return Value("+".join(sorted(kept)), parts=frozenset(kept))


def _made(kind: ClaimKind, text: str, comparator: Comparator, number: float | None, number_hi: float | None) -> Value:
    if kind == "quantity":
        return _quantity(float(text) if number is None else number, number_hi, comparator)
    if kind == "date":
        first, last = _days(text)
        sign = _SIGNS.get(comparator, "")
        slack = (last - first + 1) * (comparator in _SIGNS)  # "by October" is September or October
        low = first - slack if comparator == "lt" else first
        return Value(sign + text, low, last + slack if comparator == "gt" else last)
    if kind == "category":
        return Value(text, parts=frozenset(text.split("+")))
    if kind == "role_holder":
        return Value(text, parts=frozenset(re.findall(r"\w+", fold_text(text))))
    return Value(text)


def _quantity(number: float, number_hi: float | None, comparator: Comparator) -> Value:
    text, high = number_text(number), number
    if number_hi is not None and number_hi != number:
        return Value(f"{text}..{number_text(number_hi)}", min(number, number_hi), max(number, number_hi))
    low = number
    if comparator == "gt":
        high = number + abs(number) * OPEN_SIDE
    elif comparator == "lt":
        low = number - abs(number) * OPEN_SIDE
    return Value(_SIGNS.get(comparator, "") + text, low, high)


def _quantities(claim: Claim, old: Value, new: Value) -> Relation:
    within = claim.tolerates(old.low, new.low) and claim.tolerates(old.high, new.high)
    if within and new.low <= old.high and old.low <= new.high and new.high - new.low < (old.high - old.low) * CLOSELY:
        # An exact number in the place of a wide range tells more, however wide the tolerance.
        return "same" if _bound(old) == new.low else "finer"
    if within or _bound(old) == _bound(new) is not None:
        return "same"
    near = any(claim.tolerates(one, other) for one in (old.low, old.high) for other in (new.low, new.high))
    if not near and (new.low > old.high or old.low > new.high):
        return "other"
    inside = old.low <= new.low and new.high <= old.high
    if inside and new.high - new.low <= (old.high - old.low) * (1 - CLOSELY):
        return "finer"
    return "implied"


def _bound(value: Value) -> float | None:
    """The number as it was written, of a value that is no range."""
    if ".." in value.text:
        return None
    return value.high if value.text.startswith("<") else value.low


def _same_name(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two names can be one person's: `Zelensky` and `Volodymyr Zelensky`."""
    return bool(one and other) and (one <= other or other <= one)


def _dates(old: Value, new: Value) -> Relation:
    if (old.low, old.high) == (new.low, new.high):
        return "same"
    if new.low > old.high or old.low > new.high:
        return "other"
    return "finer" if old.low <= new.low and new.high <= old.high else "implied"


_DATE = re.compile(r"(\d{4})(?:-(?:H([12])|Q([1-4])|W(\d\d)|(\d\d)(?:-(\d\d))?))?")


def _days(text: str) -> tuple[int, int]:
    """Ordinals of the first and the last day of an ISO date of whatever precision: a year, half (`2022-H1`), quarter
    (`2022-Q4`), month, week (`2022-W38`), day, or a period from one to another (`2022-09-15/2022-09-16`).

    Raises ValueError where it is none of these.
    """
    begin, _, end = text.partition("/")
    if end:
        return _days(begin)[0], _days(end)[1]
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no date")
    year, half, quarter, week, month, day = (int(part) if part else 0 for part in found.groups())
    if week:
        monday = date.fromisocalendar(year, week, 1).toordinal()
        return monday, monday + 6
    if day:
        only = date(year, month, day).toordinal()
        return only, only
    last_month = month or 3 * quarter or 6 * half or 12
    first_month = last_month - (0 if month else 2 if quarter else 5 if half else 11)
    last = date(year, last_month, monthrange(year, last_month)[1])
    return date(year, first_month, 1).toordinal(), last.toordinal()
