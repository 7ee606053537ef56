"""Where a sentence falls into parts: clauses and the chunks between commas, in English, Chinese and Russian. Pure.

No parser: the words and marks at which one statement ends and the next begins are few, and they suffice to tell which
of two numbers belongs to which of two names, and how far a "not" or an "if" reaches.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from monitor.claims.lexicon import Found, find_words
from monitor.language import HAN, Span, fold, tokens

Opener = Literal["start", "comma", "contrast", "relative", "complement"]
"""How a chunk begins: after a comma; with a word that sets it against what came before (but, while, 而, а); as a clause
about something (which, after, который); or as what somebody says, thinks or denies (that, что)."""

WEIGHT: dict[Opener, float] = {"start": 0, "comma": 2, "contrast": 12, "relative": 8, "complement": 6}
"""What a border between two places adds to their distance, in words."""

_NOT_IN_NUMBER = r"(?<!\d),|,(?!\d)"
_BORDERS = re.compile(
    rf"""
    (?P<contrast>
        [;；]
      | \s[\u2013\u2014-]\s(?!\d) | \u2014\u2014
      | \b(?:whereas|while|but|however|although|though|compared\ (?:to|with)|as\ opposed\ to)\b
      | (?<![反从])而(?![且已言是])|但是|但(?!凡)|不过(?=[,，])|然而|虽然|尽管|相比之下
      | (?:(?<=[\s,])|^)(?:а|но|однако|хотя|зато|тогда\ как|в\ то\ время\ как|при\ этом)(?=[\s,])
    )
  | (?P<relative>
        \b(?:which|who|whose|whom|where|because|after|before|since|when|unless|if|once)\b
      | (?<!\bmany\ )(?<!\bmuch\ )(?<!\bwell\ )(?<!\bsuch\ )(?<!\bfew\ )\bas\b
        (?!\ (?:of|many|much|well|part|a|an|the|early|late|soon|few|high|low|little|long|far|to
          |(?:[\w-]+\ )?(?:secretary|chair\w*|president|premier|minister|chief|head|director|governor|commander))\b)
      | 因为|由于|此前|随着
      | (?:(?<=[\s,])|^)(?:котор\w+|потому\ что|так\ как|поскольку|после\ того|перед\ тем|когда|если|пока(?!\ не)|где
          |чтобы|с\ тех\ пор)(?=[\s,])
    )
  | (?P<complement> \bthat\b(?!'s) | (?:(?<=[\s,])|^)(?:что|будто|якобы)(?=[\s,]) | [:：](?!\d) )
  | (?P<comma> {_NOT_IN_NUMBER} | [()\[\]]
      | \band\ (?=(?:will|would|has|have|had|is|are|was|were|may|might|could|can|plans?|intends?|expects?|hopes?|it|he
          |she|they|that)\b) )
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a sentence that no comma or conjunction divides; offsets in the sentence."""

    start: int
    end: int
    opener: Opener


class Clauses:
    """One sentence, divided. Offsets are the sentence's; `plain` is its text folded without moving a character."""

    def __init__(self, sentence: str) -> None:
        self.text = sentence
        self.plain = plain(sentence)

    @cached_property
    def chunks(self) -> tuple[Chunk, ...]:
        """The parts in order; together they cover the sentence."""
        chunks: list[Chunk] = []
        start, opener = 0, "start"
        for found in _BORDERS.finditer(self.plain):
            kind = found.lastgroup or "comma"
            if self.plain[start : found.start()].strip():
                chunks.append(Chunk(start, found.start(), opener))  # type: ignore[arg-type]
                start, opener = found.start(), kind
            elif WEIGHT[kind] >= WEIGHT[opener]:  # type: ignore[index]
                opener = kind  # ", but": the stronger of two borders in a row
        chunks.append(Chunk(start, len(self.plain), opener))  # type: ignore[arg-type]
        return tuple(chunks)

    @cached_property
    def words(self) -> tuple[Found, ...]:
        """The words in it that deny, plan, suppose, make conditional or ask."""
        found = find_words(self.plain)
        # May the month is no verb.
        return tuple(one for one in found if not (self.text[one.start : one.end] == "May" and one.start > 0))

    def chunk_at(self, offset: int) -> int:
        """The index of the chunk that holds `offset`."""
        return max(0, bisect_right(self.chunks, offset, key=lambda chunk: chunk.start) - 1)

    def clause_at(self, offset: int) -> Span:
        """The span of the clause that holds `offset`: chunks joined over commas. A relative clause ends at a comma,
        after which the clause that it interrupts goes on."""
        chunks, at = self.chunks, self.chunk_at(offset)
        if chunks[at].opener == "relative":
            return chunks[at].start, chunks[at].end
        first = at
        while first > 0 and chunks[first].opener == "comma":
            if chunks[first - 1].opener == "relative":
                if first - 1 == 0 or first - 1 < 1:
                    break
                first -= 1  # the interruption stays inside: `clause_text` leaves it out
            first -= 1
        last = at
        while last + 1 < len(chunks) and chunks[last + 1].opener == "comma":
            last += 1
        return chunks[first].start, chunks[last].end

    def in_one_clause(self, one: int, other: int) -> bool:
        """Whether no conjunction stands between two places."""
        first, last = sorted((self.chunk_at(one), self.chunk_at(other)))
        return all(chunk.opener == "comma" for chunk in self.chunks[first + 1 : last + 1])

    def distance(self, one: Span, other: Span) -> float:
        """How far apart two places are: words between them, and more for each border."""
        first, last = sorted((one, other))
        if first[1] >= last[0]:
            return 0.0
        words = self._count(first[1], last[0])
        borders = self.chunks[self.chunk_at(max(first[0], first[1] - 1)) + 1 : self.chunk_at(last[0]) + 1]
        return words + sum(WEIGHT[chunk.opener] for chunk in borders)

    def words_between(self, first_end: int, last_start: int) -> float:
        """Words in a stretch of the sentence; a Chinese character counts as half a word."""
        return self._count(first_end, last_start) if first_end < last_start else 0.0

    def _count(self, start: int, end: int) -> float:
        starts, sums = self._ruler
        return sums[bisect_right(starts, end - 1)] - sums[bisect_right(starts, start - 1)]

    @cached_property
    def _ruler(self) -> tuple[list[int], list[float]]:
        starts, sums = [], [0.0]
        for start, _ in tokens(self.plain):
            starts.append(start)
            sums.append(sums[-1] + (0.5 if _HAN.match(self.plain, start) else 1.0))
        return starts, sums


_HAN = re.compile(f"[{HAN}]")


def plain(text: str) -> str:
    """`text` folded as for matching, with every character still in its place."""
    folded = fold(text)
    if folded.starts is None:
        return folded.text
    kept = list(text)
    for at, char in zip(folded.starts, folded.text, strict=True):
        kept[at] = char
    return "".join(kept)
