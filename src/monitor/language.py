"""Text in English, Chinese and Russian: folding with a way back, languages, sentences, tokens, Russian forms. Pure.

Nothing here reads or writes files of ours; dictionaries and models of the libraries load on first use.
"""

import copy
import re
import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from monitor.model import Language

Span = tuple[int, int]
"""Start and end offset in code points; the end is exclusive."""

# -- folding ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text and the way back: which code points of the original each of its code points came from.

    `starts` and `ends` are None where folding kept every code point in its place, as it does for most texts.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def span(self, start: int, end: int) -> Span:
        """The span of the original that the non-empty span `start:end` of the folded text came from."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """`text` as matching sees it: NFKC, case folded, traditional Chinese as simplified, ё as е.

    Invisible characters (soft hyphens, zero-width spaces, direction marks) and stress marks over Cyrillic are left
    out, lone surrogates become U+FFFD. Folding a folded text changes nothing.

    Traditional characters are mapped one by one, not by OpenCC's phrases, so that a name folds to the same characters
    alone and in the middle of a text.
    """
    if text.isascii():
        return Folded(text.lower())
    tables = _tables()
    notable = set(tables.notable.findall(text))
    if notable and not tables.irregular.isdisjoint(notable):
        return _fold_irregular(text)
    return Folded(_fold_regular(text, notable))


def fold_text(text: str) -> str:
    """`fold(text).text`, for words of the watchlist."""
    return fold(text).text


@dataclass(frozen=True, slots=True)
class _Tables:
    irregular: frozenset[str]
    """Whatever does not fold to exactly one code point, alone, in its place."""
    irregular_pattern: re.Pattern[str]
    marks: frozenset[str]
    """Irregular characters that attach to the one before them."""
    special: dict[str, str]
    """Regular characters for which case folding alone is not enough, and what they fold to."""
    notable: re.Pattern[str]
    """Finds irregular and special characters in one pass (and some others beyond the Basic Multilingual Plane)."""


_INVISIBLE = frozenset(
    chr(point)
    for first, last in ((0xAD, 0xAD), (0x180E, 0x180E), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F),
                        (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xE0000, 0xE01EF))
    for point in range(first, last + 1)
)  # fmt: skip
_STRESS = dict.fromkeys(map(ord, "\u0300\u0301"))
_MAX_MARKS = 30
"""Marks on one character that are normalised together (the Stream-Safe Text Format's limit): reordering thousands
takes quadratic time, and nobody writes them in good faith."""


@cache
def _tables() -> _Tables:
    """Which characters fold in a special or irregular way. Computed, so that it fits Python's Unicode and OpenCC."""
    # Unified ideographs, Hangul syllables, private use and the unassigned planes fold to themselves.
    candidates = _characters((0x80, 0x3400), (0xA000, 0xAC00), (0xD7A4, 0xD800), (0xF900, 0x20000), (0x2F800, 0x2FA20),
                             (0xE0000, 0xE01F0))  # fmt: skip
    marks = set(_characters((0x1160, 0x1200), (0xD7B0, 0xD800)))  # of Hangul: vowels and finals compose
    marks.update(char for char in candidates if unicodedata.category(char) in {"Mn", "Mc", "Me"})
    irregular = marks | _INVISIBLE | set(_characters((0xD800, 0xE000)))
    special = _simplified_characters()
    for char in candidates:
        if char in irregular:
            continue
        once = unicodedata.normalize("NFKC", char).casefold()
        once = special.get(once, "е" if once == "ё" else once)
        again = unicodedata.normalize("NFKC", once).casefold()
        if len(once) != 1 or once in marks or once != again:
            irregular.add(char)
        elif once != char.casefold():
            special[char] = once
    return _Tables(
        irregular=frozenset(irregular),
        irregular_pattern=_any_of(irregular),
        marks=frozenset(marks),
        special=special,
        notable=_any_of([*irregular, *special]),
    )


def _any_of(characters: Iterable[str]) -> re.Pattern[str]:
    """A pattern that finds all of `characters`, quickly.

    Those of the Basic Multilingual Plane become one bitmap. Others would be compared one by one with every character
    of every text, so only a few ranges that hold them are named.
    """
    inside = sorted(char for char in characters if char < "\U00010000")
    ranges: list[list[int]] = []
    for point in sorted(ord(char) for char in characters if char >= "\U00010000"):
        if ranges and point < ranges[-1][1] + 0x1000:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    beyond = "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
    return re.compile("[" + re.escape("".join(inside)) + beyond + "]")


def _characters(*ranges: Span) -> list[str]:
    return [chr(point) for first, end in ranges for point in range(first, end)]


def _simplified_characters() -> dict[str, str]:
    """OpenCC's traditional-to-simplified conversion of single characters."""
    import opencc  # noqa: PLC0415  loads a shared library that plain English never needs

    han = _characters((0x3400, 0x4DC0), (0x4E00, 0xA000), (0x20000, 0x2F800))
    converted = opencc.OpenCC("t2s").convert("\n".join(han)).split("\n")
    changed = {old: new for old, new in zip(han, converted, strict=True) if old != new and len(new) == 1}
    for old, new in changed.items():  # a chain (A to B to C) is followed to its end, or folding twice would differ
        end = new
        while end in changed and changed[end] != old:
            end = changed[end]
        changed[old] = end
    return {old: new for old, new in changed.items() if old != new}


def _fold_regular(text: str, notable: set[str]) -> str:
    """Fold a text of characters each of which folds to exactly one; `notable` are those that may be special."""
    special = _tables().special
    folded = text.casefold()
    for char in notable & special.keys():
        # Few different ones occur in any text, and replacing them runs at the speed of memory.
        folded = folded.replace(char.casefold(), special[char])
    return folded


def _fold_irregular(text: str) -> Folded:
    """Fold piece by piece: regular runs at once, each irregular character with the marks that follow it."""
    tables = _tables()
    parts: list[str] = []
    starts, ends = array("L"), array("L")
    done = 0

    def take_run(end: int) -> None:
        nonlocal done
        if end > done:
            run = text[done:end]
            parts.append(_fold_regular(run, set(tables.notable.findall(run))))
            starts.extend(range(done, end))
            ends.extend(range(done + 1, end + 1))
            done = end

    for found in tables.irregular_pattern.finditer(text):
        at = found.start()
        if at < done:
            continue
        # A mark belongs to the character before it, unless that one is folded already.
        first = at - 1 if text[at] in tables.marks and at > done else at
        take_run(first)
        done = at + 1
        while done < len(text) and done - first < _MAX_MARKS and text[done] in tables.marks:
            done += 1
        piece = _fold_piece(text[first:done])
        parts.append(piece)
        starts.extend([first] * len(piece))
        ends.extend([done] * len(piece))
    take_run(len(text))
    return Folded("".join(parts), starts, ends)


def _fold_piece(piece: str) -> str:
    if "Ѐ" <= piece[0] <= "ӿ":
        piece = piece[0] + piece[1:].translate(_STRESS)
    piece = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in piece if char not in _INVISIBLE)
    for _ in range(3):  # case folding may need normalising again; nothing needs a third round
        again = unicodedata.normalize("NFKC", piece).casefold()
        if again == piece:
            break
        piece = again
    piece = "".join(char for char in piece if char not in _INVISIBLE)
    return _fold_regular(piece, set(piece))


# -- languages --------------------------------------------------------------------------------------------------------

_LANGUAGES_OF: dict[str, tuple[Language, ...]] = {
    "cyrillic": ("ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn", "tg"),
    "latin": ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sv", "tr", "id", "vi", "uz", "az"),
    "other": (),
}
_SAMPLE = 1_500
"""Code points that are looked at: more does not change the answer."""
_MIN_LETTERS = 12
"""Fewer letters than this say nothing about the language of an alphabet (one Han character says enough)."""
_LETTERS = re.compile(
    r"(?P<han>[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)|(?P<kana>[\u3041-\u30fa]+)|(?P<hangul>[\uac00-\ud7a3]+)"
    r"|(?P<cyrillic>[\u0400-\u052f]+)|(?P<latin>[A-Za-z\u00c0-\u024f]+)|(?P<other>[^\W\d_])"
)
_RUSSIAN = re.compile("[ыэё]", re.IGNORECASE)
_NOT_RUSSIAN = re.compile("[іїєґўәғқңөұүһђјљњћџѓќѕӣӯҳҷ]", re.IGNORECASE)


def detect(text: str, hint: Language = "und") -> Language:
    """The language of `text`: ISO 639-1, `und` where there is too little to tell.

    The script decides between Chinese, Japanese, Korean and the alphabets; py3langid, limited to a few languages of
    that alphabet, does the rest, so that Ukrainian, Bulgarian or Kazakh are not taken for Russian. `hint`, the
    declared language, counts only where the text is too short to speak for itself and its script does not speak
    against it.
    """
    sample = text[:_SAMPLE]
    count = dict.fromkeys(_LETTERS.groupindex, 0)
    for found in _LETTERS.finditer(sample):
        count[str(found.lastgroup)] += found.end() - found.start()
    # A Han character or a Hangul syllable says about as much as two letters.
    weight = {**count, "han": 2 * (count["han"] + count["kana"]), "hangul": 2 * count["hangul"], "kana": 0}
    script = max(weight, key=lambda name: weight[name])
    if weight[script] == 0:
        return "und"
    if script == "han":
        return "ja" if count["kana"] > 0.1 * (count["han"] + count["kana"]) else "zh"
    if script == "hangul":
        return "ko"
    return _detect_in_alphabet(sample, script, hint.lower().replace("_", "-").split("-")[0], weight[script])


def _detect_in_alphabet(sample: str, script: str, hint: Language, letters: int) -> Language:
    known = _LANGUAGES_OF[script]
    foreign = script == "cyrillic" and len(_NOT_RUSSIAN.findall(sample)) > 0.01 * letters
    if foreign and hint == "ru":
        hint = "und"
    if letters < _MIN_LETTERS:
        return hint if hint in known else "und"
    # Without a letter of another language, a text with ы, э or ё is Russian: Bulgarian and Macedonian have none.
    if script == "cyrillic" and not foreign and _RUSSIAN.search(sample):
        return "ru"
    if script == "latin" and _is_plainly_english(sample):
        return "en"
    ranked = [str(name) for name, _ in _identifier(script).rank(sample)]
    if letters < 4 * _MIN_LETTERS and known and not foreign:  # a headline of names: the likelier languages first
        return next((name for name in (hint, known[0]) if name in ranked[:4]), ranked[0])
    return ranked[0]


_ENGLISH = frozenset(["the", "of", "and", "to", "in", "a", "is", "that", "for", "was", "on", "it", "with", "as", "by"])


def _is_plainly_english(sample: str) -> bool:
    """Whether so much of a text is the commonest words of English, with enough of "the", that it needs no model.

    On 1,214 real pages of some thirty languages it never said yes where py3langid says no, and it spared the model,
    which takes a second and 76 MiB, on 92 in 100 of the English ones.
    """
    words = re.findall("[a-z']+", sample.casefold())
    common = [word for word in words if word in _ENGLISH]
    # Seven different ones, so that the title of an English book does not make a review of it English.
    is_varied = len(words) >= 30 and len(set(common)) >= 7
    return is_varied and len(common) >= 0.15 * len(words) and common.count("the") >= 0.02 * len(words)


@cache
def _identifier(script: str) -> Any:  # noqa: ANN401  py3langid is untyped
    """py3langid limited to the languages of a script; the copies share the model's arrays."""
    identifier = copy.copy(_all_languages())
    identifier.set_languages(_LANGUAGES_OF[script] or None)
    return identifier


@cache
def _all_languages() -> Any:  # noqa: ANN401  py3langid is untyped
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  a second to load, for alphabets only

    return LanguageIdentifier.from_model_file(MODEL_FILE)


# -- paragraphs, sentences, tokens ------------------------------------------------------------------------------------

_LINE = re.compile(r"[^\n\r\u2029]+")
_SENTENCE_END = re.compile(
    r"(?P<han>[。！？!?…]*[。！？]+[”’」』）》\")]*)"
    r"|(?P<mark>[.!?…]+[\"'”’»)\]]*)(?=\s|$|[\u3400-\u9fff])"
)
_ABBREVIATIONS = frozenset(
    re.findall(
        r"\S+",
        """
        mr mrs ms dr prof sen rep gen col lt sgt capt adm gov pres st vs no nos fig vol approx est dept
        jan feb mar apr jun jul aug sept oct nov dec
        им гг гл ул пр просп пл пос обл р-н акад проф гос зам ген полк см ср напр т.е т.к т.н и.о тыс руб млн млрд трлн
        янв февр авг сент окт нояб дек св рис стр
        """,
    )
)
"""Those after which a sentence practically never ends."""
_WORD_BEFORE = re.compile(r"[^\s(«„“\"'\[]*$")


def paragraphs(text: str) -> list[Span]:
    """The spans of the lines that hold anything, without the white space around them."""
    spans = []
    for found in _LINE.finditer(text):
        line = found[0]
        start, held = found.start() + len(line) - len(line.lstrip()), len(line.strip())
        if held:
            spans.append((start, start + held))
    return spans


def sentences(text: str) -> list[Span]:
    """The spans of the sentences of `text` in English, Chinese or Russian, mixed as they come; none crosses a line."""
    return [span for start, end in paragraphs(text) for span in _sentences_of_line(text, start, end)]


def _sentences_of_line(text: str, start: int, end: int) -> Iterator[Span]:
    begin = start
    for found in _SENTENCE_END.finditer(text, start, end):
        if found["mark"] is not None and not _ends_sentence(text, begin, found, end):
            continue
        yield begin, found.end()
        begin = found.end()
        while begin < end and text[begin].isspace():
            begin += 1
    if begin < end:
        yield begin, end


def _ends_sentence(text: str, begin: int, found: re.Match[str], end: int) -> bool:
    """Whether the full stop (or the like) that was found ends the sentence that began at `begin`."""
    after = text[found.end() : min(end, found.end() + 40)].lstrip(" \t\u00a0\"'“”«»([—–-")
    if not after or after[0].islower():
        return not after
    if not found["mark"].startswith(".") or found["mark"].startswith(".."):
        return True
    before = _WORD_BEFORE.search(text, max(begin, found.start() - 30), found.start())
    word = before[0].lower() if before else ""
    if word == "г":  # a year's г. may end a sentence, though hardly right after an opening date; a city's never does
        so_far = text[begin : found.start()]
        return bool(re.search(r"\d\s?г$", so_far)) and len(so_far.split()) > 5
    if re.fullmatch(r"(?:[a-zа-я]\.)+[a-zа-я]", word):
        # U.S., т.д.: the sentence ends only where a new one plainly starts (`The`), not before a name (`President`).
        return word in _MAY_END and _OPENERS.match(after) is not None
    initial = len(word) == 1 and word.isalpha()
    return not initial and word not in _ABBREVIATIONS


_MAY_END = frozenset({"u.s", "u.k", "u.n", "e.u", "a.m", "p.m", "т.д", "т.п", "д.р"})
_OPENERS = re.compile(
    r"(?:the|an?|in|on|at|it|he|she|they|we|this|that|these|but|and|both|its|his|her|as|after|[а-я]+)\b", re.IGNORECASE
)

HAN = r"\u2e80-\u303f\u3041-\u312f\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Characters written without spaces between words, for use inside a regular expression's class."""
_TOKEN = re.compile(rf"[{HAN}]|[^\W_{HAN}]+(?:['’\-][^\W_{HAN}]+)*")


def tokens(text: str) -> list[Span]:
    """The spans of the words of `text`; each Chinese character is one."""
    return [found.span() for found in _TOKEN.finditer(text) if text[found.start()].isalnum()]


# -- Russian ----------------------------------------------------------------------------------------------------------


@cache
def _morphology() -> Any:  # noqa: ANN401  pymorphy3 is untyped
    import pymorphy3  # noqa: PLC0415  a fifth of a second to load, for Russian only

    return pymorphy3.MorphAnalyzer()


@lru_cache(maxsize=10_000)
def russian_readings(word: str) -> tuple[Any, ...]:
    """What a Russian word, in lower case, may be: pymorphy3's parses, the likeliest first."""
    return tuple(_morphology().parse(word))


@lru_cache(maxsize=10_000)
def russian_forms(word: str) -> frozenset[str]:
    """All inflected forms, folded, of a Russian word as a watchlist writes it: mostly in the nominative.

    Where the word can be a nominative, only those readings count (`Путин` the name, not the genitive of `путина`, the
    fishing season); a surname keeps its gender. Words that the dictionary lacks are inflected like their look-alikes.
    """
    readings = [reading for reading in _morphology().parse(word.lower()) if reading.score > 0.01]
    nominative = [one for one in readings if one.tag.case == "nomn" or one.tag.POS in {"INFN", "ADJS", "NPRO"}]
    known = [one for one in nominative or readings if one.is_known] or nominative or readings
    forms = {fold_text(word)}
    for reading in known:
        surname = "Surn" in reading.tag and reading.tag.gender is not None
        for form in reading.lexeme:
            if not surname or form.tag.gender in {None, reading.tag.gender}:
                forms.add(fold_text(form.word))
    return frozenset(forms)


@lru_cache(maxsize=10_000)
def russian_tense(word: str) -> str | None:
    """`past`, `present` or `future` where the likeliest reading of a Russian word is a finite verb, else None.

    The future is the perfective's (`составит`), which no auxiliary shows.
    """
    reading = _morphology().parse(word.lower())[0]
    if reading.tag.POS != "VERB" or not reading.is_known:
        return None
    return {"past": "past", "pres": "present", "futr": "future"}.get(str(reading.tag.tense))
