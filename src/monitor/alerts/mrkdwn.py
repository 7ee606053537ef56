"""Slack's mark-up ("mrkdwn") made from text that came from outside: harmless, and never longer than allowed.

mrkdwn has no escape for its own `*`, `_`, `~` and backtick, so in outside text they are replaced by their
mathematical or modifier look-alikes; `&`, `<`, `>` become entities, which also disarms `<!channel>`, `<@user>` and
links. Text objects are sent with `verbatim`, so Slack makes no links or mentions of its own from what is left.
All lengths are in code points of the finished, escaped text; a cut never splits an entity.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

_LOOK_ALIKES = {"*": "∗", "~": "∼", "`": "ˋ"}
# Inside a word (cn_state) Slack leaves it alone too.
_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# `:name:` would turn into an emoji; after a digit it is a time of day (12:30:45).
_EMOJI = re.compile(r"(?<![0-9]):(?=[a-z0-9_+'-]+:)", re.IGNORECASE)
# Sent with `verbatim` these are plain words already; this holds where a text has no such switch (notifications).
_BROADCAST = re.compile(r"@(?=(?:channel|here|everyone|group)\b)", re.IGNORECASE)
_MAX_COMBINING = 3
"""Marks stacked on one letter; living scripts need at most three, more would paint over the neighbouring lines."""
_ZERO_WIDTH_SPACE = "\u200b"
_MAX_LINK = 1_500

ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of outside text, bold or not."""

    text: str
    bold: bool = False


def clean(text: str) -> str:
    """`text` without anything invisible or unprintable: controls, format characters (zero-width, right-to-left
    overrides), surrogates and private use go, each run of white space becomes one space."""
    kept: list[str] = []
    combining = 0
    for char in text:
        category = unicodedata.category(char)
        if char.isspace() or category in {"Zs", "Zl", "Zp"}:
            if not kept or kept[-1] != " ":
                kept.append(" ")
            combining = 0
        elif category in {"Cc", "Cf", "Cs", "Co", "Cn"}:
            continue
        elif category in {"Mn", "Me"}:
            combining += 1
            if combining <= _MAX_COMBINING:
                kept.append(char)
        else:
            combining = 0
            kept.append(char)
    return "".join(kept)


def escape(text: str, limit: int) -> str:
    """Outside text as mrkdwn that shows exactly its words; at most `limit` code points, cut with an ellipsis."""
    return _at_line_start(_cut(_tokens(text), limit))


def render(pieces: Iterable[Piece], limit: int) -> str:
    """Pieces of one line as mrkdwn with the bold ones bold; at most `limit` code points, cut with an ellipsis.

    Slack sees bold only between word boundaries, which Chinese has none of and an inflected ending may lack; a
    zero-width space on the outer side of the asterisks makes one.
    """
    parts: list[str] = []
    used = 0
    pending = [piece for piece in pieces if piece.text]
    for at, piece in enumerate(pending):
        tokens = _tokens(piece.text)
        if tokens[:1] == [" "] and _ends_in_space(parts):
            tokens = tokens[1:]  # a run of white space that two pieces share is one space too
        lead, core, trail = _split_spaces(tokens) if piece.bold else ([], tokens, [])
        bold = piece.bold and bool(core)
        frame = 4 if bold else 0
        # One code point stays free for the ellipsis unless this is the end.
        room = limit - used - frame - (0 if at == len(pending) - 1 else 1)
        whole = sum(map(len, tokens))
        if whole > room:
            cut = _cut(tokens, limit - used)
            parts.append(cut or ELLIPSIS)
            break
        text = "".join(core)
        if bold:
            before = "" if lead or _ends_in_space(parts) else _ZERO_WIDTH_SPACE
            following = "" if at == len(pending) - 1 else pending[at + 1].text
            after = "" if trail or not following or following[0].isspace() else _ZERO_WIDTH_SPACE
            text = f"{before}*{text}*{after}"
        parts.append("".join(lead) + text + "".join(trail))
        used += whole + frame
    return _at_line_start("".join(parts))


def safe_link(url: str | None) -> str | None:
    """`url` ready to stand in `<url|label>`, escaped; None where it is not http(s), carries a user name (which can
    pass for a host), or is too long to be one."""
    if not url:
        return None
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host or "@" in parts.netloc:
        return None
    if any(char.isspace() or unicodedata.category(char)[0] == "C" for char in parts.netloc):
        return None
    # Everything that could end or split the link, or deceive, percent-encoded; existing escapes stay.
    encoded = quote(parts.geturl(), safe="%/:=&?#+!$,;'@()[]~-._", errors="replace").replace("&", "&amp;")
    return encoded if len(encoded) <= _MAX_LINK else None


def link(url: str | None, label: str, limit: int) -> str:
    """`<url|label>` with the label escaped and at most `limit` code points, or only the label without a usable URL."""
    shown = escape(label, limit)
    target = safe_link(url)
    return f"<{target}|{shown}>" if target and shown else shown


def _tokens(text: str) -> list[str]:
    """The escaped text in pieces that must not be cut: a character or an entity each."""
    cleaned = _BROADCAST.sub("＠", _EMOJI.sub("꞉", _UNDERSCORE.sub("ˍ", clean(text))))
    return [_ENTITIES.get(char) or _LOOK_ALIKES.get(char) or char for char in cleaned]


def _ends_in_space(parts: list[str]) -> bool:
    return not parts or parts[-1].endswith(" ")


def _split_spaces(tokens: list[str]) -> tuple[list[str], list[str], list[str]]:
    start = 1 if tokens[:1] == [" "] else 0
    end = len(tokens) - 1 if len(tokens) > start and tokens[-1] == " " else len(tokens)
    return tokens[:start], tokens[start:end], tokens[end:]


def _cut(tokens: list[str], limit: int) -> str:
    """At most `limit` code points of whole tokens, with an ellipsis where something is missing."""
    if sum(map(len, tokens)) <= limit:
        return "".join(tokens)
    kept: list[str] = []
    room = limit - len(ELLIPSIS)
    for token in tokens:
        room -= len(token)
        if room < 0:
            break
        kept.append(token)
    return "".join(kept).rstrip(" ") + ELLIPSIS if limit >= len(ELLIPSIS) else ""


def _at_line_start(line: str) -> str:
    """Slack takes an escaped `>` at the start of a line for a quotation too."""
    line = line.strip(" ")
    return f"›{line[4:]}" if line.startswith("&gt;") else line
