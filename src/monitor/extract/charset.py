"""Bytes of a page to text, whatever it declares.

Declarations are wrong often enough (GB18030 sent as UTF-8, windows-1251 as ISO-8859-1, KOI8-R as windows-1251) that
each is only a candidate. Bytes that are valid UTF-8 are UTF-8; otherwise the candidate that gives the least garbled
text wins, and a declaration wins over detection where both read well.
"""

import codecs
import re

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

MAX_PAGE_BYTES = 10_000_000
"""Bytes beyond this are not read; no article is that long."""

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_META_CHARSET = re.compile(rb"""(?:charset\s*=|encoding\s*=)\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""", re.IGNORECASE)
_META_BYTES = 4096
"""Browsers look at 1,024 bytes; pages with a long inline script before the declaration are common."""

# What pages mean by a label, where Python's codec of that name is narrower.
_SUPERSETS = {"gbk": "gb18030", "gb2312": "gb18030", "big5": "big5hkscs", "shift_jis": "cp932", "euc-kr": "cp949"}

# The commonest characters of running Chinese, both scripts: real text has far over a tenth of them, text read with
# the wrong Chinese encoding next to none.
_COMMON_HANZI = frozenset(
    "的一是不了在人有我他这这個个上们們来來到时時大地为為子中你说說生国國年着就那和要她出也得里裡后後自以会會家可下而过過天去能对對"
    "小多然于於心学學么之都好看起发發当當没沒成只如事把还還用第样樣道想作种種开開美总總从從无無情面最女但现現前些所同日手又行意动動"
    "方期它头頭经經长長儿回位分爱愛老因很给給名法间間知世什两兩次使身者被高已其进進此话話常与與活正新月报報电電市部主民主席习習"
)
_SAMPLE_BYTES = 200_000
_CYRILLIC_SLIP = re.compile(r"[а-яё][А-ЯЁ]|[a-z][А-яЁё]|[А-яЁё][a-z]")
_CYRILLIC_CAPITAL = re.compile(r"[А-ЯЁ]")
_CYRILLIC = re.compile(r"[А-яЁё]")
_LATIN_RUN = re.compile(r"[\u00a1-\u00ff]{2,}")
_HANZI = re.compile(r"[\u3400-\u9fff]")
_NOT_TEXT = re.compile(r"[\ufffd\x00-\x08\x0e-\x1f\x80-\x9f\u2500-\u259f\ue000-\uf8ff]")
_OTHER = re.compile(r"[^\x00-\x7f]")


def decode_page(body: bytes, charset: str | None) -> tuple[str, str]:
    """The text of `body` and the Python codec that read it; `charset` is what the HTTP header declares.

    Never fails: what no encoding can read becomes U+FFFD. NUL characters are dropped.
    """
    body = body[:MAX_PAGE_BYTES]
    encoding = _told_by_bytes(body)
    if encoding is None:
        declared = [label for label in (charset, _meta_charset(body)) if label]
        try:
            text, encoding = body.decode("utf-8"), "utf-8"
        except UnicodeDecodeError as error:
            cut = error.reason == "unexpected end of data" and error.end >= len(body) - 3  # within a character
            encoding = "utf-8" if cut else _least_garbled(body, declared)
            text = body.decode(encoding, "replace")
        else:
            if "\x1b" in text[:_META_BYTES] and any("2022" in label for label in declared):
                text, encoding = body.decode("iso2022_jp", "replace"), "iso2022_jp"  # seven-bit, so UTF-8 as well
    else:
        text = body.decode(encoding, "replace")
    text = text.removeprefix("\ufeff")
    return (text.replace("\x00", "") if "\x00" in text else text), encoding


def _told_by_bytes(body: bytes) -> str | None:
    """The encoding where a byte order mark or the zeros of UTF-16 tell it."""
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return encoding
    if b"\x00" not in body[:256]:
        return None
    if body[:2] in {b"<\x00", b"\x00<"}:
        return "utf-16-le" if body[0] else "utf-16-be"
    even, odd = body[:256:2].count(0), body[1:256:2].count(0)
    if max(even, odd) < min(len(body), 256) // 5:
        return None  # not every second byte: just dirt
    return "utf-16-be" if even > odd else "utf-16-le"


def _least_garbled(body: bytes, declared: list[str]) -> str:
    best, least = "utf-8", 2.0
    sample = body if len(body) <= _SAMPLE_BYTES else body[: _SAMPLE_BYTES // 2] + body[-_SAMPLE_BYTES // 2 :]
    for label in (*declared, None, "utf-8"):
        encoding = _codec(label or detect_encoding(body))
        if encoding is None:
            continue
        garbled = garbled_share(sample.decode(encoding, "replace"))
        if garbled < least - 0.01:
            best, least = encoding, garbled
        if least < 0.02:
            break
    return best


def garbled_share(text: str) -> float:
    """The share of the characters outside ASCII that look like text read with the wrong encoding, 0 to 1.

    Counted are characters that no text holds (U+FFFD, controls, private use, box drawing), runs of accented Latin
    letters as left by Cyrillic or Chinese bytes, capitals inside Cyrillic words or nearly everywhere (KOI8-R and
    windows-1251 swap case), words of both alphabets, and half of the Chinese characters where the commonest ones are
    missing.
    """
    others = len(_OTHER.findall(text))
    if not others:
        return 0.0
    bad = 3 * len(_NOT_TEXT.findall(text))
    bad += sum(len(run) for run in _LATIN_RUN.findall(text))
    bad += 4 * len(_CYRILLIC_SLIP.findall(text))
    letters = len(_CYRILLIC.findall(text))
    if len(_CYRILLIC_CAPITAL.findall(text)) > 0.6 * letters:
        bad += letters // 2
    hanzi = _HANZI.findall(text)
    if hanzi and sum(one in _COMMON_HANZI for one in hanzi) < 0.08 * len(hanzi):
        bad += len(hanzi) // 2
    return min(1.0, bad / others)


def _meta_charset(body: bytes) -> str | None:
    match = _META_CHARSET.search(body[:_META_BYTES])
    return match[1].decode("ascii") if match else None


def _codec(label: str | None) -> str | None:
    """The Python codec for a charset label as the WHATWG Encoding Standard reads it; None for an unknown label."""
    name = map_encoding_to_html5(label, fallback_utf8=False) if label else None
    if name is None:
        return None
    name = _SUPERSETS.get(name.lower(), name.lower())
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None
