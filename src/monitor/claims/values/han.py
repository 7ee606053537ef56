"""Chinese numerals, also mixed with digits (1.5万亿, 2万5000), in folded text. Pure."""

import re
from typing import Literal

from monitor.claims.values.digits import DIGITS, Number, digits_value
from monitor.model import Comparator

_DIGIT_CHARS = ("〇零○", "一壹", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
_HAN_DIGITS = {char: value for value, chars in enumerate(_DIGIT_CHARS) for char in chars}
_HAN_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_HAN_SCALES = {"万": 1e4, "亿": 1e8, "兆": 1e12}
_UNITS = frozenset([*_HAN_TENS, *_HAN_SCALES])
_MORE = frozenset("多余几")
_SOME = frozenset("数几上")
_ZERO = re.compile("[零〇○0]")
_MAX_DIGITS = 20
_DIGITS = re.compile(DIGITS)
HAN_NUMERALS = "".join([*_HAN_DIGITS, *_UNITS])
"""The characters numerals are written with."""
CONTINUES_DIGITS = re.compile(rf" ?(?=[{''.join(_UNITS)}多余几来])")
"""What makes digits the beginning of a Chinese numeral."""


def han_number(text: str, start: int) -> Number | None:
    """The Chinese numeral (or digits with Chinese scale words) that begins at `start`; None where there is none."""
    if text.startswith(("零下", "零部件", "零售", "千瓦", "千米", "千克", "百分"), start):
        return None
    han = _Han(text, start)
    while (following := han.take()) is not None:
        han.at = following
    return han.number()


class _Han:
    """The numeral read so far, low and high end together: 三四十万 is 30 to 40万."""

    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.start = self.at = start
        self.total = [0.0, 0.0]
        """Of 亿 and above."""
        self.section = [0.0, 0.0]
        self.pending: list[float] | None = None
        """Digits that wait for their unit."""
        self.is_single = False
        """Whether `pending` is one Chinese digit, which after a unit stands for the next lower one (两万五)."""
        self.last = self.scale = 1.0
        self.is_more = self.is_some = self.is_vague = False

    def take(self) -> int | None:
        """Take in what stands at `at`; where it ends, or None where the numeral does."""
        char = self.text[self.at : self.at + 1]
        if char in _HAN_DIGITS:
            return self._take_digits() if self.pending is None and not self.is_more else None
        if char in _HAN_TENS:
            return self._take_unit(_HAN_TENS[char])
        if char in _HAN_SCALES:
            return self._take_scale(_HAN_SCALES[char])
        if char.isascii() and char.isdecimal():
            return self._take_arabic()
        return self._take_mark(char)

    def _take_arabic(self) -> int | None:
        found = _DIGITS.match(self.text, self.at)
        if found is None or self.pending is not None or self.is_more:
            return None
        self.pending, self.is_single = [digits_value(found, self.text)] * 2, False
        return found.end()

    def _take_digits(self) -> int:
        """A run of Chinese digits: one digit, a range (三四), or digit by digit (二〇二二), also with a fraction."""
        end = self._run_end(self.at)
        run = [_HAN_DIGITS[char] for char in self.text[self.at : end]]
        if len(run) == 2 and run[1] == run[0] + 1 and run[0] > 0:
            self.pending = [float(run[0]), float(run[1])]
        else:
            self.pending = [float("".join(map(str, run)))] * 2
        self.is_single = len(run) == 1
        if self.text[end : end + 1] == "点" and (last := self._run_end(end + 1)) > end + 1:
            fraction = "".join(str(_HAN_DIGITS[char]) for char in self.text[end + 1 : last])
            self.pending, self.is_single = [self.pending[0] + float(f"0.{fraction}")] * 2, False
            return last
        return end

    def _run_end(self, at: int) -> int:
        end = at
        while end - at < _MAX_DIGITS and self.text[end : end + 1] in _HAN_DIGITS:
            end += 1
        return end

    def _take_unit(self, unit: float) -> int | None:
        if self.pending is None and any(self.section) and unit >= self.last:
            return None
        factor = self.pending or [1.0, 1.0]
        self.section = [one + unit * other for one, other in zip(self.section, factor, strict=True)]
        self.pending, self.last = None, unit
        return self.at + 1

    def _take_scale(self, scale: float) -> int | None:
        amount = [one + other for one, other in zip(self.section, self.pending or [0.0, 0.0], strict=True)]
        if self.text.startswith("兆瓦", self.at):
            return None
        if not any(amount):
            if not any(self.total) or scale <= self.last:
                return None
            amount, self.total = self.total, [0.0, 0.0]
        if scale == 1e4:
            self.section = [one * scale for one in amount]
        else:
            self.total = [one + scale * other for one, other in zip(self.total, amount, strict=True)]
            self.section = [0.0, 0.0]
        self.scale = scale * self.last if self.last == 1e4 and scale > self.last else scale  # 万亿
        self.pending, self.last = None, scale
        return self.at + 1

    def _take_mark(self, char: str) -> int | None:
        """ "Several" before a unit (数十), "more than" or "about" after one (多, 余, 几, 来), a space after digits."""
        is_first = self.at == self.start
        before, after = self.text[self.at - 1 : self.at], self.text[self.at + 1 : self.at + 2]
        if char in _SOME and is_first and after in _UNITS:
            self.is_vague, self.pending = True, [1.0, 1.0]
        elif char in _MORE and not is_first and not self.is_more and not (char == "多" and after in {"于", "少"}):
            self.is_more = True
        elif char == "来" and not is_first and before in _HAN_TENS and after != "自":
            self.is_some = True
        elif not (char == " " and before.isdigit() and after in _UNITS):
            return None
        return self.at + 1

    def number(self) -> Number | None:
        """The number that was read."""
        written = self.text[self.start : self.at]
        pending = self.pending or [0.0, 0.0]
        worth = self.last / 10 if self.is_single and self.last >= 100 else 1
        low, high = (
            float(f"{total + section + digits * worth:.15g}")
            for total, section, digits in zip(self.total, self.section, pending, strict=True)
        )
        if not written or (low == 0 and not _ZERO.search(written)):
            return None
        comparator: Comparator = "approx" if self.is_some else "eq"
        if high > low:
            comparator = "range"
        elif self.is_more or self.is_vague:
            comparator = "gt"
        form: Literal["digits", "han"] = "digits" if written[0].isdecimal() else "han"
        return Number(
            self.start, self.at, low, high if high > low else None, comparator, self.is_vague, self.scale, form
        )
