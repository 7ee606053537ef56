"""How the watchlist writes names and words: aliases with their small notation, by language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema

from monitor.language import HAN, fold_text


@dataclass(frozen=True, slots=True)
class Word:
    """One piece of a phrase, folded: a run of letters, of digits, or of Chinese characters.

    `gap` is the punctuation that the alias has in front of it (the point of `Mr. Xi`).
    """

    text: str
    kind: Literal["letters", "digits", "han"]
    prefix: bool = False
    gap: str = ""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that follow one another. `exact` asks for the very letters of `written`, `capitals` for capitals only."""

    written: str
    words: tuple[Word, ...]
    exact: bool = False
    capitals: bool = False


@dataclass(frozen=True, slots=True)
class Alias:
    """One alias as the watchlist writes it: a phrase, or two (`a ~ b`) that stand close together in any order."""

    written: str
    phrases: tuple[Phrase, ...]


_PIECE = re.compile(rf"(?P<han>[{HAN}]+)|(?P<digits>\d+)|(?P<letters>[^\W\d_{HAN}]+)")
_NO_SYMBOLS = re.compile(r"[|\\^${}\[\]]")
_MAX_ALIAS = 200


def parse_alias(written: str) -> Alias:
    """The alias that `written` stands for: `phrase`, `=Exact`, `word*`, `a ~ b`, ALL-CAPS.

    Raises ValueError with a sentence that says what is wrong and what to write instead.
    """
    if len(written) > _MAX_ALIAS:
        raise ValueError(f"an alias of more than {_MAX_ALIAS} characters; allowed: names and short phrases")
    if found := _NO_SYMBOLS.search(written):
        raise ValueError(
            f'"{found[0]}" means nothing in an alias (these are no regular expressions); write two aliases'
        )
    sides = written.split("~")
    if len(sides) > 2:
        raise ValueError("more than one ~; allowed: two phrases, `a ~ b`")
    if len(sides) == 2 and not all(side.strip() for side in sides):
        raise ValueError("~ needs a phrase on each side: `a ~ b`")
    phrases = tuple(_parse_phrase(side.strip()) for side in sides)
    if all(_is_slight(phrase) for phrase in phrases):
        raise ValueError(f'"{phrases[0].written}" alone is in nearly every text; allowed: two characters or more')
    return Alias(written, phrases)


def _is_slight(phrase: Phrase) -> bool:
    """Whether it is a single digit or Chinese character, which needs company (`力挺 ~ 俄`)."""
    return len(phrase.words) == 1 and phrase.words[0].kind != "letters" and len(phrase.words[0].text) < 2


def _parse_phrase(written: str) -> Phrase:
    exact = written.startswith("=")
    plain = written.removeprefix("=").strip()
    if exact and "*" in plain:
        raise ValueError("= asks for the exact form, * for any ending; use one of them")
    for star in re.finditer(r"\*", plain):
        if not re.search(r"[^\W_]$", plain[: star.start()]) or re.match(r"[^\W_]", plain[star.end() :]):
            raise ValueError("* may only end a word: `negotiat*`")
    words: list[Word] = []
    for part in re.findall(r"[^*]+\*?", plain):
        folded = fold_text(part.removesuffix("*"))
        done = 0
        for found in _PIECE.finditer(folded):
            last = found.end() == len(folded)
            kind: Any = found.lastgroup
            prefix = part.endswith("*") and last and kind != "han"
            words.append(Word(found[0], kind, prefix, gap="".join(folded[done : found.start()].split())))
            done = found.end()
    if not words:
        raise ValueError("nothing is left of it once punctuation is taken out; allowed: words")
    for word in words:
        if word.prefix and len(word.text) < 3:
            raise ValueError(f'"{word.text}*" fits nearly any word; allowed: three letters or more before *')
    letters = re.sub(r"[\W\d_]", "", plain)
    capitals = not exact and len(letters) > 1 and letters == letters.upper() != letters.lower()
    return Phrase(plain, tuple(words), exact, capitals)


def _checked_alias(written: str) -> str:
    parse_alias(written)
    return written


def _checked_id(value: str) -> str:
    if not re.match(_ID, value):
        raise ValueError(f'"{value}" is no id; allowed: lower-case letters, digits and _, a letter first, at most 60')
    return value


# -- as fields of the file --------------------------------------------------------------------------------------------

LanguageCode = Literal["en", "zh-Hans", "zh-Hant", "ru"]
_ID = r"^[a-z][a-z0-9_]{0,59}$"
Id = Annotated[str, AfterValidator(_checked_id), WithJsonSchema({"type": "string", "pattern": _ID})]
AliasText = Annotated[str, AfterValidator(_checked_alias)]
FROZEN = ConfigDict(frozen=True, extra="forbid")


def at_least(number: int) -> BeforeValidator:
    """Counts the items as they stand in the file; pydantic's own check would count the valid ones only."""

    def check(value: object) -> object:
        if isinstance(value, list | tuple | dict) and len(value) < number:
            raise ValueError(f"{'empty' if not value else 'too short'}; allowed: {number} or more")
        return value

    return BeforeValidator(check)


def _one_language(value: object) -> object:
    """`text: [a, b]` and `text: a` are allowed where the script alone tells the language."""
    if isinstance(value, str):
        return {"en": [value]}
    return {"en": value} if isinstance(value, list) else value


def _by_language(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a mapping from language codes to what `schema` describes."""
    properties = dict.fromkeys(("en", "zh-Hans", "zh-Hant", "ru"), schema)
    return {"type": "object", "properties": properties, "additionalProperties": False, "minProperties": 1}


WORDS_SCHEMA = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_NAME_SCHEMA = {"type": "string", "minLength": 1}
TEXTS_SCHEMA = {"anyOf": [{"type": "string"}, WORDS_SCHEMA, _by_language(WORDS_SCHEMA)]}
Texts = Annotated[
    dict[LanguageCode, Annotated[tuple[AliasText, ...], at_least(1)]],
    BeforeValidator(_one_language),
    WithJsonSchema(TEXTS_SCHEMA),
]
Names = Annotated[
    dict[LanguageCode, Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]],
    BeforeValidator(lambda value: {"en": value} if isinstance(value, str) else value),
    at_least(1),
    WithJsonSchema({"anyOf": [_NAME_SCHEMA, _by_language(_NAME_SCHEMA)]}),
]


def words_of(texts: Mapping[LanguageCode, tuple[AliasText, ...]] | None) -> tuple[str, ...]:
    """The phrases of all languages, each once; none for None."""
    return tuple(dict.fromkeys(phrase for some in (texts or {}).values() for phrase in some))
