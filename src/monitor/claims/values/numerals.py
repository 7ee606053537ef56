"""Numbers in English, Chinese and Russian, in digits and in words. Pure and linear in the length of the text.

Ordinals ("20th", 第三, "20-й"), names that hold digits ("Su-35", "G20") and the like are no numbers here.
"""

import re
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Literal

from monitor.claims.values.digits import DIGITS, Number, digits_value, is_name
from monitor.claims.values.han import CONTINUES_DIGITS, HAN_NUMERALS, han_number
from monitor.language import Folded, fold

# -- words ------------------------------------------------------------------------------------------------------------

_Kind = Literal["digits", "unit", "fraction", "scale", "one scale", "many", "some"]
"""unit: "seven", "двести"; fraction: "half"; scale: "thousand"; one scale: "миллион", one without a number before;
many: "thousands", "тысяч"; some: "several"."""


def _words(text: str, kind: _Kind) -> dict[str, tuple[_Kind, float]]:
    """`form|form=value …` as a dictionary."""
    pairs = (pair.split("=") for pair in text.split())
    return {form: (kind, float(value)) for forms, value in pairs for form in forms.split("|")}


_ATOMS: dict[str, tuple[_Kind, float]] = {
    **_words(
        """zero=0 one=1 two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12 thirteen=13
        fourteen=14 fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19 twenty=20 thirty=30 forty=40 fifty=50
        sixty=60 seventy=70 eighty=80 ninety=90
        ноль|нуля=0 один|одна|одно|одного|одной|одну|одним|одному=1 два|две|двух|двум|двумя|двое|двоих=2
        три|трех|трем|тремя|трое|троих=3 четыре|четырех|четырем|четырьмя|четверо|четверых=4
        пять|пяти|пятью|пятеро|пятерых=5 шесть|шести|шестью|шестеро|шестерых=6 семь|семи|семью|семеро|семерых=7
        восемь|восьми|восемью=8 девять|девяти|девятью=9 десять|десяти|десятью=10 одиннадцать|одиннадцати=11
        двенадцать|двенадцати=12 тринадцать|тринадцати=13 четырнадцать|четырнадцати=14 пятнадцать|пятнадцати=15
        шестнадцать|шестнадцати=16 семнадцать|семнадцати=17 восемнадцать|восемнадцати=18 девятнадцать|девятнадцати=19
        двадцать|двадцати|двадцатью=20 тридцать|тридцати|тридцатью=30 сорок|сорока=40
        пятьдесят|пятидесяти|пятьюдесятью=50 шестьдесят|шестидесяти|шестьюдесятью=60
        семьдесят|семидесяти|семьюдесятью=70 восемьдесят|восьмидесяти=80 девяносто|девяноста=90 сто|ста=100
        двести|двухсот|двумстам|двумястами=200 триста|трехсот|тремстам|тремястами=300
        четыреста|четырехсот|четырьмястами=400 пятьсот|пятисот|пятьюстами=500 шестьсот|шестисот|шестьюстами=600
        семьсот|семисот|семьюстами=700 восемьсот|восьмисот=800 девятьсот|девятисот=900
        полтора|полторы|полутора=1.5 полмиллиона=5e5 полумиллиона=5e5 полмиллиарда=5e8 полтысячи=500 полсотни=50
        полутысячи=500 полутора=1.5""",
        "unit",
    ),
    **_words("half=0.5 половиной=0.5 quarter=0.25 quarters=0.25", "fraction"),
    **_words(
        """hundred=100 thousand=1e3 million=1e6 billion=1e9 trillion=1e12 dozen=12 lakh=1e5 crore=1e7 bn=1e9 bln=1e9
        mn=1e6 mln=1e6 tn=1e12 trn=1e12 trln=1e12 k=1e3 mio=1e6""",
        "scale",
    ),
    **_words("hundreds=100 thousands=1e3 millions=1e6 billions=1e9 trillions=1e12 dozens=12 scores=20 tens=10", "many"),
    **_words(
        """тысяча|тысячу|тысячей|тысяче=1e3 миллион|миллиона|миллиону|миллионом|миллионе=1e6
        миллиард|миллиарда|миллиардом|миллиарде=1e9
        миллиарду=1e9 триллион|триллиона|триллиону|триллионом=1e12 сотня|сотню=100 десяток|десятка=10 дюжина|дюжину=12
        тыс=1e3 млн=1e6 млрд=1e9 трлн=1e12""",
        "one scale",
    ),
    **_words(
        """тысячи|тысяч|тысячам|тысячами|тысячах=1e3 миллионы|миллионов|миллионам|миллионами=1e6
        миллиарды|миллиардов|миллиардам|миллиардами=1e9 триллионы|триллионов=1e12 сотни|сотен|сотнями|сотням=100
        десятки|десятков|десятками|десяткам=10 дюжины|дюжин=12""",
        "many",
    ),
    **_words("several=1 few=1 несколько=1 нескольких=1 несколькими=1 couple=2 пара|пару|пары=2", "some"),
}
_GAPS = frozenset({"", " ", "-", "‐", " and ", " and a ", " a ", " с ", " of ", " of a "})
"""What may stand between two words of one number."""
_ARTICLE = re.compile(r" an?(?= [a-z])")
_MAX_WORDS = 12
_NEEDS_NUMBER = frozenset({"тыс", "млн", "млрд", "трлн", "bn", "bln", "mn", "mln", "mio", "tn", "trn", "trln", "k"})
_MAY_BE_ONE = frozenset({"тысячи", "сотни"})
_OF_ONE = re.compile(r"\b(?:около|более|больше|менее|меньше|порядка|до|свыше|почти|чуть|с|от|из|примерно) $")

# -- finding ----------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    rf"(?P<digits>{DIGITS})|(?P<han>(?:[{HAN_NUMERALS}]|[数几上](?=[十百千万亿]))[{HAN_NUMERALS}多余几来点.\d]*)|(?P<word>[a-zа-я]+)"
)
_NUMERAL = re.compile(rf"[\d{HAN_NUMERALS}萬億兩幾數几数贰貳參叁半过過倍½¼¾⅓⅔]")
_LETTERS = re.compile("[a-zа-яё]+")
_HINTS = frozenset(
    _LETTERS.findall(
        """third thirds quarter quarters fourth fourths fifth fifths sixth sixths seventh eighth eighths ninth tenth
        tenths halves половина половины половину половине половиной треть трети третей четверть четверти четвертей
        каждый каждая каждое каждого каждой каждому трёх трём тремя четырёх четырём трёхсот четырёхсот"""
    )
) | frozenset(_ATOMS)


def has_numeral(text: str) -> bool:
    """Whether `text` may hold a number or a share in words; quick, and never wrong when it says no."""
    return _NUMERAL.search(text) is not None or not _HINTS.isdisjoint(_LETTERS.findall(text.lower()))


def find_numbers(text: str) -> list[Number]:
    """The numbers of `text`, in order, none overlapping another."""
    if not has_numeral(text):
        return []
    folded = prepare(text)
    return [
        replace(number, start=start, end=end)
        for number in scan(folded.text)
        for start, end in [folded.span(number.start, number.end)]
    ]


def prepare(text: str) -> Folded:
    """`text` folded, its full-width commas kept from turning into the commas inside numbers."""
    if "，" in text:
        text = _FULL_WIDTH_COMMA.sub("；", text)
    return fold(text)


_FULL_WIDTH_COMMA = re.compile("(?<![０-９])，|，(?![０-９])")


@dataclass(frozen=True, slots=True)
class _Atom:
    """A word of a number, or digits."""

    start: int
    end: int
    kind: _Kind
    value: float
    word: str


def scan(text: str) -> list[Number]:
    """The numbers of a folded text (`prepare`)."""
    numbers: list[Number] = []
    chain: list[_Atom] = []
    done = 0
    for found in _TOKEN.finditer(text):
        start, end = found.span()
        if start < done:
            continue
        if (word := found["word"]) is not None:
            if (known := _ATOMS.get(word)) is not None:
                _link(chain, _Atom(start, end, *known, word), text, numbers)
            continue
        is_digits = found["digits"] is not None
        if not is_digits or CONTINUES_DIGITS.match(text, end):
            number = han_number(text, start)
            done = number.end if number else end
            if number and text[start - 1 : start] != "第" and not (is_digits and is_name(text, start, number.end)):
                numbers.append(number)
        elif not is_name(text, start, end):
            _link(chain, _Atom(start, end, "digits", digits_value(found, text), found[0]), text, numbers)
    _close(chain, text, numbers)
    numbers = [number for number in numbers if isfinite(number.value) and isfinite(number.high or 0.0)]
    return sorted(numbers, key=lambda number: number.start)


def _link(chain: list[_Atom], atom: _Atom, text: str, numbers: list[Number]) -> None:
    """Add `atom` to the chain of words that make one number, or close the chain and begin another."""
    if chain:
        gap = text[chain[-1].end : min(atom.start, chain[-1].end + 8)]
        if len(chain) >= _MAX_WORDS or gap not in _GAPS or atom.start - chain[-1].end != len(gap):
            _close(chain, text, numbers)
    chain.append(atom)


def _close(chain: list[_Atom], text: str, numbers: list[Number]) -> None:
    """Turn the chain into as many numbers as it holds, and empty it."""
    at = 0
    while at < len(chain):
        spoken = _Spoken(text)
        for atom in chain[at:]:
            if not spoken.take(atom):
                break
        if (number := spoken.number()) is not None:
            numbers.append(number)
        at += max(1, len(spoken.atoms))
    chain.clear()


class _Spoken:
    """A number in words (or digits and scale words), taken in word by word."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.atoms: list[_Atom] = []
        self.total = self.current = 0.0
        self.below = self.last_scale = inf
        """What may still be added is less than `below`, a further scale word less than `last_scale`."""
        self.is_vague = False
        self.scale = 1.0

    def take(self, atom: _Atom) -> bool:
        """Add a word; False where it belongs to another number."""
        last = self.atoms[-1] if self.atoms else None
        gap = self.text[last.end : atom.start] if last else ""
        if atom.kind in {"digits", "unit"}:
            taken = self._take_unit(atom, last, gap)
        elif atom.kind in {"fraction", "some"}:
            taken = last is None or (atom.kind == "fraction" and gap in {" and a ", " с "})
            if taken:
                self.current, self.below = self.current + atom.value, 0
                self.is_vague = self.is_vague or atom.kind == "some"
        else:
            taken = self._may_scale(atom, last, gap) and self._take_scale(atom)
        if taken:
            self.atoms.append(atom)
        return taken

    def _take_unit(self, atom: _Atom, last: _Atom | None, gap: str) -> bool:
        if last is not None:
            if atom.value >= self.below or last.kind == "fraction" or gap not in {" ", "-", "‐", " and "}:
                return False
            if atom.kind == "digits" and (gap != " " or last.kind not in {"scale", "one scale", "many"}):
                return False
        self.current += atom.value
        self.below = _room(atom)
        return True

    def _may_scale(self, atom: _Atom, last: _Atom | None, gap: str) -> bool:
        if last is None:
            before = self.text[max(0, atom.start - 12) : atom.start]
            self.is_vague = atom.kind == "many" and not (atom.word in _MAY_BE_ONE and _OF_ONE.search(before))
            # "a million" and "миллион" are one, the hundred of "in hundred ways" is none.
            return atom.word not in _NEEDS_NUMBER and (atom.kind != "scale" or before[-3:].lstrip() == "a ")
        if gap in {" of ", " of a "}:
            return last.kind in {"many", "fraction", "some"}
        return gap in {"", " ", "-", "‐", " a "}

    def _take_scale(self, atom: _Atom) -> bool:
        if atom.value == 100 and atom.kind == "scale":
            self.current, self.below, self.scale = max(self.current, 1) * 100, 100, 100
            return True
        if atom.value > self.last_scale and not self.current:
            self.total *= atom.value  # two hundreds of thousands
        elif atom.value < self.last_scale:
            self.total += (self.current or 1) * atom.value
        else:
            return False
        self.current = 0.0
        self.last_scale = self.below = self.scale = atom.value
        return True

    def number(self) -> Number | None:
        """The number that was taken in; None for a fraction or a "several" alone, but "half a" (day) is one."""
        if not self.atoms:
            return None
        first, end = self.atoms[0], self.atoms[-1].end
        if len(self.atoms) == 1 and first.kind in {"fraction", "some"}:
            article = _ARTICLE.match(self.text, end) if first.kind == "fraction" else None
            if article is None:
                return None
            end = article.end()
        has_article = first.kind == "scale" or first.word in {"few", "couple", "quarter"}
        start = (
            first.start - 2 if has_article and self.text[max(0, first.start - 2) : first.start] == "a " else first.start
        )
        return Number(
            start,
            end,
            float(f"{self.total + self.current:.15g}"),
            comparator="gt" if self.is_vague else "eq",
            vague=self.is_vague,
            scale=self.scale,
            form="digits" if first.kind == "digits" else "words",
        )


def _room(atom: _Atom) -> float:
    """What may follow a number word must be less than this: "twenty" leaves room for "five", 200 for 30."""
    if atom.kind == "digits" or atom.value % 1:
        return 0
    for power in (100, 10):
        if (atom.value >= 2 * power and atom.value % power == 0) or atom.value == power == 100:
            return power
    return 0
