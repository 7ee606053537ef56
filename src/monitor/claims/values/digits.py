"""Numbers as records, numbers in digits, and digits that are no numbers but parts of names. Pure."""

import re
from dataclasses import dataclass
from typing import Literal

from monitor.model import Comparator


@dataclass(frozen=True, slots=True)
class Number:
    """A number and where it stands.

    `comparator` is what the numeral itself says: `gt` for 50余万, `approx` for 十来, `range` for 三四十 (up to `high`).
    `vague`: only the order of magnitude is given ("tens of thousands", 数百, "сотни"). `scale` is the worth of the last
    scale word (1e9 in "50 billion"), which a neighbour without one may share.
    """

    start: int
    end: int
    value: float
    high: float | None = None
    comparator: Comparator = "eq"
    vague: bool = False
    scale: float = 1.0
    form: Literal["digits", "words", "han"] = "digits"

    @property
    def approximate(self) -> bool:
        """Whether the numeral gives no exact value."""
        return self.vague or self.comparator != "eq"


# -- digits -----------------------------------------------------------------------------------------------------------

DIGITS = r"\d{1,3}(?:(?P<sep>[ ,.'’])\d{3})(?:(?P=sep)\d{3})*(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
"""Digits with separators of thousands and decimals, as a pattern with the group `sep`."""
_RUSSIAN_SCALE = re.compile(r" ?(?:тыс|млн|млрд|трлн|милли|трилли)")


def digits_value(found: re.Match[str], text: str) -> float:
    """What a match of `DIGITS` is worth: separators of thousands removed, a comma read as it is meant.

    1,234 and 300.000 are thousands, 1.234 and 0,125 are not, nor is a comma before a Russian scale word (1,234 млрд).
    """
    written, separator = found[0], found["sep"]
    if separator is None:
        return float(written.replace(",", "."))
    groups = written.split(separator)
    if len(groups) == 2 and separator in ",." and groups[1].isdigit():
        is_decimal = (separator == "." and groups[1] != "000") or groups[0] == "0"
        if is_decimal or (separator == "," and _RUSSIAN_SCALE.match(text, found.end())):
            return float(f"{groups[0]}.{groups[1]}")
    return float(written.replace(separator, "").replace(",", "."))


# -- names and ordinals -----------------------------------------------------------------------------------------------

_PART_BEFORE = re.compile(r"(?:[a-zа-я_#№@\\]|[a-zа-я][-‐–]|(?<=[a-z]{2})\d[-‐]|\d[.:/⁄]|第|no\. ?|№ )$")
_ORDINAL_AFTER = re.compile(
    r"(?:st|nd|rd|th)\b|[-‐](?:й|го|му|м|я|е|ой|ю|ом|ый|ого|ым|х)(?![а-я])|(?:st|nd|rd|th)(?=[\u3400-\u9fff])"
    r"|[a-z](?=[\d-])|[.:/⁄]\d|号|號"
)


def is_name(text: str, start: int, end: int) -> bool:
    """Whether the digits `start:end` belong to a name, an ordinal, a clock time or a longer string."""
    if _ORDINAL_AFTER.match(text, end):
        return True
    before = text[max(0, start - 4) : start]
    return bool(before) and _PART_BEFORE.search(before) is not None
