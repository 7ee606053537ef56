"""Which of the titles that page and feed give an article is its headline."""

import re
import unicodedata
from collections.abc import Sequence

MAX_TITLE_CHARS = 500

# What stands between a headline and the outlet's name. A hyphen needs blanks around it, an underscore none.
_SEPARATOR = re.compile(r"\s+[|–—\-·•:»/]{1,2}\s+|\s*[|｜_]\s*")
_OUTLET_WORD = re.compile(
    r"(?:网|網|報|报|社|台|臺|新闻|新聞|频道|頻道|在线|門戶|日报|news|times|post|daily|online|\.[a-z]{2,5}|"
    r"новости|газета|агентство|информ)$",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")


def choose_title(page_titles: Sequence[str], feed_title: str, *, site: str | None, host: str | None) -> str:
    """The headline: `page_titles` are the page's own, best first, `feed_title` is the feed's, empty if it has none.

    The page's wording is preferred to the feed's, which may be cut or older, but only where it is certain to be the
    article's: it resembles the feed's title, or two places of the page say the same. Pages that show something else
    (a section, a question about cookies) thus never rename an article. The outlet's name is cut off the end.
    Empty only if nobody gives a title.
    """
    whole = [" ".join(title.split()) for title in page_titles if title.split()]
    feed_title = " ".join(feed_title.split())
    short = [without_outlet(title, [*whole, feed_title], site=site, host=host) for title in whole]
    feed_short = without_outlet(feed_title, whole, site=site, host=host)
    alike = next((title for title in short if feed_short and resembles(title, feed_short)), None)
    twice = next((title for i, title in enumerate(short) if any(resembles(title, two) for two in short[i + 1 :])), None)
    chosen = alike or twice or feed_short or feed_title or next(iter([*short, *whole]), "")
    return chosen if len(chosen) <= MAX_TITLE_CHARS else chosen[: MAX_TITLE_CHARS - 1].rstrip() + "…"


def without_outlet(title: str, others: Sequence[str], *, site: str | None, host: str | None) -> str:
    """`title` without the outlet's name (and section) at its end.

    Cut is what follows a separator, if the part before it is one of the `others` as a whole, or if the rest names the
    site, its host, or an outlet by its last word.
    """
    known = {_letters(other) for other in others} - {_letters(title)}
    names = {_letters(site or ""), *(_letters(label) for label in (host or "").split(".")[:-1])} - {
        "",
        "www",
        "com",
        "co",
    }
    for cut in _SEPARATOR.finditer(title):
        before, rest = title[: cut.start()].strip(), title[cut.end() :].strip()
        if len(before) < 4:
            continue
        if _letters(before) in known:
            return before
        words = {word.casefold() for word in _WORD.findall(rest)}
        named = _letters(rest) in names or bool(words & names) or any(len(n) > 3 and n in _letters(rest) for n in names)
        if len(rest) <= 60 and (named or _OUTLET_WORD.search(rest)) and len(rest) < len(before) + 10:
            return before
    return title


def resembles(one: str, two: str) -> bool:
    """Whether two titles word one headline: one holds the other, or over half of their letter pairs agree."""
    a, b = _letters(one), _letters(two)
    if not a or not b:
        return False
    if min(len(a), len(b)) >= 8 and (a in b or b in a):
        return True
    pairs_a, pairs_b = {a[i : i + 2] for i in range(len(a))}, {b[i : i + 2] for i in range(len(b))}
    return 2 * len(pairs_a & pairs_b) > 0.55 * (len(pairs_a) + len(pairs_b))


def _letters(text: str) -> str:
    """Letters and digits only, folded: what two spellings of a headline have in common."""
    return "".join(_WORD.findall(unicodedata.normalize("NFKC", text[:1_000]).casefold())).replace("_", "")
