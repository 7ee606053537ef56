"""Numbers in English, Chinese and Russian, in digits and in words. Pure and linear in the length of the text.

Ordinals ("20th", 第三, "20-й"), names that hold digits ("Su-35", "G20") and the like are no numbers here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Literal

from monitor.language import Folded, fold
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

# -- words ------------------------------------------------------------------------------------------------------------


def _words(text: str, kind: str) -> dict[str, tuple[str, float]]:
    """`word|form=value …` as a dictionary."""
    pairs = (pair.split("=") for pair in text.split())
    return {form: (kind, float(value)) for forms, value in pairs for form in forms.split("|")}


_ATOMS: dict[str, tuple[str, float]] = {
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
        """тысяча|тысячу|тысячей|тысяче=1e3 миллион|миллиона|миллиону|миллионом=1e6 миллиард|миллиарда|миллиардом=1e9
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
_ONE_BEFORE = re.compile(r"\b(?:около|более|больше|менее|меньше|порядка|до|свыше|почти|чуть|с|от|из|примерно) $")
_NAMED = {"тысячи", "сотни", "тыс", "млн", "млрд", "трлн", "bn", "mn", "mln", "bln", "tn", "trn", "trln", "k", "mio"}

# -- digits -----------------------------------------------------------------------------------------------------------

DIGITS = r"\d{1,3}(?:([ ,.'’])\d{3})(?:\1\d{3})*(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?"
_DIGITS = re.compile(DIGITS)
_HAN_DIGITS = {char: value for value, chars in enumerate(("〇零○", "一壹", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒",
                                                          "八捌", "九玖")) for char in chars}  # fmt: skip
_HAN_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_HAN_SCALES = {"万": 1e4, "亿": 1e8, "兆": 1e12}
_MORE = frozenset("多余几")
_HAN = "".join([*_HAN_DIGITS, *_HAN_TENS, *_HAN_SCALES])
_TOKEN = re.compile(rf"(?P<digits>{DIGITS.replace(chr(92) + '1', '(?P=sep)').replace('([', '(?P<sep>[')})"
                    rf"|(?P<han>[{_HAN}数几上][{_HAN}多余几来点.\d]*)|(?P<word>[a-zа-я]+)")  # fmt: skip
_AFTER_DIGITS = re.compile(rf" ?(?=[{''.join([*_HAN_TENS, *_HAN_SCALES])}多余几来])")
_NUMERAL = re.compile(rf"[\d{_HAN}萬億兩幾數几数贰貳參叁半过過倍½¼¾⅓⅔]")
_LETTERS = re.compile("[a-zа-яё]+")
_WORDS = frozenset(
    [*_ATOMS, *"third thirds quarter fifth fifths sixth seventh eighth ninth tenth halves fourth".split()]
    + "половина половины половину половине половиной треть трети третей четверть четверти".split()
    + "трёх трём трёмя тремя четырёх четырём трёхсот четырёхсот тремстам".split()
)


def has_numeral(text: str) -> bool:
    """Whether `text` may hold a number; quick, and never wrong when it says no."""
    return _NUMERAL.search(text) is not None or not _WORDS.isdisjoint(_LETTERS.findall(text.lower()))


def _digits(found: re.Match[str], text: str) -> float:
    """What digits are worth: separators of thousands removed, a comma read as it is meant."""
    written = found[0]
    separator = found["sep"] if "sep" in found.re.groupindex else found[1]
    if separator is None:
        return float(written.replace(",", "."))
    groups = written.split(separator)
    if len(groups) == 2 and separator in ",." and "." not in groups[1] and "," not in groups[1]:
        # 1,234 and 1.234: thousands after a comma, decimals after a point or before a Russian scale word.
        is_decimal = separator == "." and groups[1] != "000" or groups[0] == "0"
        if is_decimal or (separator == "," and _RUSSIAN_SCALE.match(text, found.end())):
            return float(f"{groups[0]}.{groups[1]}")
    return float(written.replace(separator, "").replace(",", "."))


_RUSSIAN_SCALE = re.compile(r" ?(?:тыс|млн|млрд|трлн|милли|трилли)")

# -- names and ordinals -----------------------------------------------------------------------------------------------

_PART_BEFORE = re.compile(r"(?:[a-zа-я_#№@\\]|[a-zа-я][-‐–]|(?<=[a-z]{2})\d[-‐]|\d[.:/⁄]|第|no\. ?|№ )$")
_ORDINAL_AFTER = re.compile(
    r"(?:st|nd|rd|th)\b|[-‐](?:й|го|му|м|я|е|ой|ю|ом|ый|ого|ым|х)(?![а-я])|(?:st|nd|rd|th)(?=[\u3400-\u9fff])"
    r"|[a-z](?=[\d-])|[.:/⁄]\d|号|號"
)


def _is_name(text: str, start: int, end: int) -> bool:
    """Whether the digits `start:end` belong to a name, an ordinal, a clock time or a longer string."""
    if _ORDINAL_AFTER.match(text, end):
        return True
    before = text[max(0, start - 4) : start]
    return bool(before) and _PART_BEFORE.search(before) is not None


# -- the scan ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Atom:
    start: int
    end: int
    kind: str
    value: float
    word: str


def scan(text: str) -> list[Number]:
    """The numbers of a folded text (`prepare`)."""
    numbers: list[Number] = []
    chain: list[_Atom] = []
    skip = 0
    for found in _TOKEN.finditer(text):
        start = found.start()
        if start < skip:
            continue
        if (word := found["word"]) is not None:
            atom = _ATOMS.get(word)
            if atom is not None:
                _link(chain, _Atom(start, found.end(), *atom, word), text, numbers)
            continue
        is_digits = found["digits"] is not None
        if not is_digits or _AFTER_DIGITS.match(text, found.end()):
            number = _han_number(text, start)
            skip = number.end if number else found.end()
            if number and not (is_digits and _is_name(text, start, number.end)) and text[start - 1 : start] != "第":
                numbers.append(number)
            if number or not is_digits:
                continue
        if _is_name(text, start, found.end()):
            continue
        _link(chain, _Atom(start, found.end(), "digits", _digits(found, text), found[0]), text, numbers)
    _close(chain, text, numbers)
    numbers = [number for number in numbers if isfinite(number.value) and isfinite(number.high or 0.0)]
    return sorted(numbers, key=lambda number: number.start)


def _link(chain: list[_Atom], atom: _Atom, text: str, numbers: list[Number]) -> None:
    """Add `atom` to the chain of words that make one number, or close the chain and begin another."""
    if chain and (len(chain) > 12 or atom.start - chain[-1].end > 7 or text[chain[-1].end : atom.start] not in _GAPS):
        _close(chain, text, numbers)
    chain.append(atom)


def _close(chain: list[_Atom], text: str, numbers: list[Number]) -> None:
    """Turn the chain into as many numbers as it holds, and empty it."""
    at = 0
    while at < len(chain):
        number, used = _compose(chain, at, text)
        if number is not None:
            numbers.append(number)
        at += used
    chain.clear()


def _compose(chain: list[_Atom], first: int, text: str) -> tuple[Number | None, int]:
    """The number that begins at `chain[first]`, and of how many atoms it is made (at least 1)."""
    total, current = 0.0, 0.0
    below, last_scale = inf, inf  # what may still be added is less than these
    vague = False
    scale = 1.0
    used = 0
    for atom in chain[first:]:
        gap = text[chain[first + used - 1].end : atom.start] if used else ""
        previous = chain[first + used - 1].kind if used else ""
        if atom.kind in {"digits", "unit"}:
            if used and (atom.value >= below or gap not in {" ", "-", "‐", " and "} or previous == "fraction"):
                break
            if used and atom.kind == "digits" and (gap != " " or previous not in {"scale", "one scale", "many"}):
                break
            current += atom.value
            below = _room(atom)
        elif atom.kind == "fraction":
            if used and gap not in {" and a ", " с "}:
                break
            current += atom.value
            below = 0
        elif atom.kind == "some":
            if used:
                break
            vague, current, below = True, atom.value, 0
        else:
            if used and gap not in {"", " ", "-", "‐", " a ", " of ", " of a "}:
                break
            if gap in {" of ", " of a "} and previous not in {"many", "fraction", "some"}:
                break
            if not used and not _may_begin(atom, text):
                break
            if atom.kind == "many" and not used and not _is_one(atom, text):
                vague = True
            if atom.value == 100 and atom.kind == "scale":
                current, below, scale = max(current, 1) * 100, 100, 100
            elif atom.value > last_scale and not current:
                total, last_scale, below, scale = total * atom.value, atom.value, atom.value, atom.value
            elif atom.value < last_scale:
                total += (current or 1) * atom.value
                current, last_scale, below, scale = 0.0, atom.value, atom.value, atom.value
            else:
                break
        used += 1
    if not used or (used == 1 and chain[first].kind in {"fraction", "some"}):
        return None, max(used, 1)
    atoms = chain[first : first + used]
    start = atoms[0].start - (2 if atoms[0].kind == "scale" or atoms[0].word in {"few", "couple", "quarter"} else 0)
    form: Literal["digits", "words"] = "digits" if atoms[0].kind == "digits" else "words"
    value = float(f"{total + current:.15g}")
    comparator: Comparator = "gt" if vague else "eq"
    return Number(max(start, 0), atoms[-1].end, value, None, comparator, vague, scale, form), used


def _room(atom: _Atom) -> float:
    """What may follow a number word must be less than this: "twenty" leaves room for "five", 200 for 30."""
    if atom.kind == "digits" or atom.value % 1:
        return 0
    for power in (100, 10):
        if atom.value >= 2 * power and atom.value % power == 0 or atom.value == power == 100:
            return power
    return 0


def _may_begin(atom: _Atom, text: str) -> bool:
    """Whether a scale word without a number before it is one: "a million", "миллион", "thousands", not "million-strong"."""
    if atom.kind != "scale":
        return atom.word not in {"тыс", "млн", "млрд", "трлн"} or text[: atom.start].rstrip().endswith(
            ("около", "почти")
        )
    return text[max(0, atom.start - 3) : atom.start].lstrip() == "a " and atom.word not in _NAMED


def _is_one(atom: _Atom, text: str) -> bool:
    """Whether a Russian form that may be plural is the genitive of one: "около тысячи"."""
    return (
        atom.word in {"тысячи", "сотни"} and _ONE_BEFORE.search(text[max(0, atom.start - 12) : atom.start]) is not None
    )


# -- Chinese ----------------------------------------------------------------------------------------------------------


class _Han:
    """The numeral read so far, low and high end together (三四十万 is 30 to 40万)."""

    def __init__(self) -> None:
        self.total = [0.0, 0.0]
        self.section = [0.0, 0.0]
        self.pending: list[float] | None = None
        self.is_single = False
        """Whether `pending` is one Chinese digit, which after a unit stands for the next lower one (两万五)."""
        self.last = 1.0
        self.scale = 1.0

    def take_unit(self, unit: float) -> bool:
        if self.pending is None and any(self.section) and unit >= self.last:
            return False
        factor = self.pending or [1.0, 1.0]
        self.section = [one + unit * other for one, other in zip(self.section, factor, strict=True)]
        self.pending, self.last = None, unit
        return True

    def take_scale(self, scale: float) -> bool:
        amount = [one + other for one, other in zip(self.section, self.pending or [0.0, 0.0], strict=True)]
        if not any(amount):
            if not any(self.total) or scale <= self.last:
                return False
            amount, self.total = self.total, [0.0, 0.0]
        if scale == 1e4:
            self.section = [one * scale for one in amount]
        else:
            self.total = [one + scale * other for one, other in zip(self.total, amount, strict=True)]
            self.section = [0.0, 0.0]
        self.pending, self.last, self.scale = None, scale, max(scale, self.scale if scale == self.last else scale)
        return True

    def value(self) -> tuple[float, float]:
        pending = self.pending or [0.0, 0.0]
        worth = self.last / 10 if self.is_single and self.last >= 100 else 1
        low, high = (t + s + p * worth for t, s, p in zip(self.total, self.section, pending, strict=True))
        return float(f"{low:.15g}"), float(f"{high:.15g}")


def _han_number(text: str, start: int) -> Number | None:  # noqa: C901, PLR0912  one character after the other
    """The Chinese numeral (or digits with Chinese scale words) that begins at `start`."""
    if text.startswith(("零下", "零部件", "零售"), start):
        return None
    han = _Han()
    more = some = vague = False
    at = start
    if text[at] in "数几上":
        at += 1
        vague = True
        if text[at : at + 1] not in _HAN_TENS and text[at : at + 1] not in _HAN_SCALES:
            return None
        han.pending = [1.0, 1.0]
    while at < len(text):
        char = text[at]
        if (
            char == " "
            and at > start
            and text[at - 1].isdigit()
            and text[at + 1 : at + 2] in {*_HAN_TENS, *_HAN_SCALES}
        ):
            at += 1
            continue
        if char.isdecimal() and char.isascii():
            found = _DIGITS.match(text, at)
            if han.pending is not None or more or found is None:
                break
            han.pending, han.is_single = [_digits(found, text)] * 2, False
            at = found.end()
        elif char in _HAN_DIGITS:
            if han.pending is not None or more:
                break
            at = _take_digits(text, at, han)
        elif char in _HAN_TENS:
            if not han.take_unit(_HAN_TENS[char]):
                break
            at += 1
        elif char in _HAN_SCALES:
            if text.startswith("兆瓦", at) or not han.take_scale(_HAN_SCALES[char]):
                break
            at += 1
        elif char in _MORE and at > start and not more:
            if char == "多" and text[at + 1 : at + 2] in {"于", "少"}:
                break
            more = True
            at += 1
        elif char == "来" and at > start and text[at - 1] in _HAN_TENS and text[at + 1 : at + 2] != "自":
            some = True
            at += 1
        else:
            break
    low, high = han.value()
    if at == start or (low == 0 and "零" not in text[start:at] and "0" not in text[start:at]):
        return None
    comparator: Comparator = "range" if high > low else "gt" if more or vague else "approx" if some else "eq"
    form: Literal["digits", "han"] = "digits" if text[start].isdecimal() else "han"
    return Number(start, at, low, high if high > low else None, comparator, vague, han.scale, form)


def _take_digits(text: str, at: int, han: _Han) -> int:
    """Read a run of Chinese digits into `han.pending`: one digit, a range (三四), or digit by digit (二〇二二)."""
    end = at
    while end < len(text) and text[end] in _HAN_DIGITS and end - at < 20:
        end += 1
    run = [_HAN_DIGITS[char] for char in text[at:end]]
    follows_zero = len(run) > 1 and run[0] == 0
    if len(run) == 2 and run[1] == run[0] + 1 and run[0] > 0:
        han.pending = [float(run[0]), float(run[1])]
    else:
        han.pending = [float("".join(map(str, run)))] * 2
    han.is_single = len(run) == 1 and not follows_zero
    if text[end : end + 1] == "点" and text[end + 1 : end + 2] in _HAN_DIGITS:
        begin = end = end + 1
        while end < len(text) and text[end] in _HAN_DIGITS and end - begin < 20:
            end += 1
        fraction = float("0." + "".join(str(_HAN_DIGITS[char]) for char in text[begin:end]))
        han.pending, han.is_single = [han.pending[0] + fraction] * 2, False
    return end


def numbers_between(numbers: list[Number], start: int, end: int) -> Iterator[Number]:
    """Those of `numbers` that lie within `start:end`."""
    return (number for number in numbers if start <= number.start and number.end <= end)
