"""Russian words with their readings, for the patterns of speech. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from monitor.language import russian_readings

_WORD = re.compile(r"(?:[А-ЯЁA-Z]\.\s?){0,3}[^\W_]+(?:[-–'’][^\W_]+)*")
_INITIALS = re.compile(r"^(?:[А-ЯЁA-Z]\.\s?)+")
_BOUND = re.compile(r"[,;:!?…()\[\]]|(?<!\w)[-–—]|[-–—](?!\w)|[.»”\"]\s*[«“]|\.\s")
MAX_WORDS = 150
"""Words of a sentence that are read; what is longer is a list."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word: its place, whether a comma or the like stands before it, and whether quotation marks open there."""

    text: str
    start: int
    end: int
    bounded: bool
    quoted: bool

    @property
    def folded(self) -> str:
        """Lower case, ё as е."""
        return self.text.lower().replace("ё", "е")

    @property
    def readings(self) -> Sequence[Any]:
        """What the dictionary makes of it, the likeliest first; nothing for Latin letters and numbers."""
        return russian_readings(self.bare.lower().replace("ё", "е")) if self.is_cyrillic else ()

    @property
    def bare(self) -> str:
        """The word without initials: Путин of В. Путин."""
        return _INITIALS.sub("", self.text)

    @property
    def is_capital(self) -> bool:
        """Whether it begins with a capital, as names do."""
        return self.text[0].isupper()

    @property
    def is_acronym(self) -> bool:
        """Whether all of it is capitals: МИД, РФ."""
        return len(self.text) > 1 and self.text.isupper()

    @property
    def is_cyrillic(self) -> bool:
        """Whether it is a word of Cyrillic letters."""
        return "а" <= self.folded[0] <= "я"

    @property
    def is_name(self) -> bool:
        """Whether it looks like a part of a person's name: capitalised, and a name in the dictionary or unknown."""
        if not self.is_capital or self.is_acronym or not self.is_cyrillic or self.quoted:
            return False
        grammemes = [reading.tag for reading in self.readings]
        if any("Name" in tag or "Surn" in tag or "Patr" in tag for tag in grammemes):
            return True
        return not any("Geox" in tag or "Orgn" in tag for tag in grammemes) and not self.readings[0].is_known

    def reading(self, parts: Sequence[str]) -> Any | None:  # noqa: ANN401  pymorphy3 is untyped
        """Its likeliest reading as one of the parts of speech, where that is likely at all."""
        return next((one for one in self.readings[:4] if str(one.tag.POS) in parts and one.score > 0.1), None)

    def in_case(self, case: str, parts: Sequence[str] = ("NOUN", "NPRO")) -> Any | None:  # noqa: ANN401
        """Its likeliest reading in a case (`gent` holds its second form too); names first where it is capitalised."""
        found = [one for one in self.readings if str(one.tag.case) in _CASES[case] and str(one.tag.POS) in parts]
        if self.is_capital and not self.is_acronym:
            found.sort(key=lambda one: not ("Surn" in one.tag or "Name" in one.tag or "Patr" in one.tag))
        return found[0] if found else None


_CASES = {"nomn": {"nomn"}, "gent": {"gent", "gen2"}, "accs": {"accs"}, "loct": {"loct", "loc2"}, "ablt": {"ablt"},
          "datv": {"datv"}}  # fmt: skip


def read_words(text: str, start: int, end: int) -> Sequence[Word]:
    """The words of `text[start:end]`."""
    words: list[Word] = []
    last = start
    for found in _WORD.finditer(text, start, end):
        gap = text[last : found.start()]
        words.append(Word(found[0], found.start(), found.end(), not words or _BOUND.search(gap) is not None,
                          text[found.start() - 1 : found.start()] in {"«", "“", '"', "„"}))  # fmt: skip
        last = found.end()
        if len(words) >= MAX_WORDS:
            break
    return words
