"""Text from outside, fit for a terminal: the one way in which the commands print it, and the log tells it.

A feed's error, an outlet's name or a headline may hold escape sequences that a terminal obeys, or characters that
reorder and hide what stands beside them. Here they are shown as signs. JSON keeps them, written as escapes.
"""

import json
import re
import sys
from io import StringIO
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, WrappedLogger

# What a terminal may obey, what may reorder or hide text, and lone surrogates, which no terminal can be sent.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb]"
)

_OF_PYTHON = ("exc_info", "stack")
"""What a log line holds on several lines: the error, which `harmless_traceback` renders, and where it was told."""


def harmless(text: str) -> str:
    """`text` from outside, on one line: control characters and those that reorder or hide text are shown as signs
    instead of being obeyed."""
    return _UNSAFE.sub(_sign, text)


def harmless_lines(text: str) -> str:
    """Like `harmless`, but ends of lines stay; for messages that stand on several lines and quote what is outside."""
    return "\n".join(map(harmless, text.split("\n")))


def harmless_json(value: object, *, indent: int | None = None) -> str:
    """JSON for a pipe or a screen: the same value when read, without a character that a terminal obeys."""
    written = json.dumps(value, ensure_ascii=False, indent=indent)
    # JSON itself escapes C0 controls only; the same escape is right for all others, which stand in strings alone.
    return _UNSAFE.sub(lambda found: found[0] if found[0] == "\n" else f"\\u{ord(found[0]):04x}", written)


def tell(text: object, *, error: bool = False) -> None:
    """Print a message that may quote what is outside."""
    print(harmless_lines(str(text)), file=sys.stderr if error else sys.stdout, flush=True)


def harmless_event(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A structlog processor: makes each value harmless and one line, so that none can pose as a line of the log."""
    return {name: value if name in _OF_PYTHON else _harmless_value(value) for name, value in event.items()}


def harmless_traceback(out: TextIO, error: ExcInfo) -> None:
    """A structlog exception formatter: without the values of variables, which belong to whoever the monitor works for,
    and with the message, which may quote what is outside, made harmless."""
    written = StringIO()
    structlog.dev.plain_traceback(written, error)
    out.write(harmless_lines(written.getvalue()))


def _harmless_value(value: Any) -> Any:  # noqa: ANN401 - a log line may hold anything
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return harmless(value if isinstance(value, str) else repr(value))


def _sign(found: re.Match[str]) -> str:
    character = found[0]
    if character in "\n\r\u2028\u2029":
        return "↵"
    if character == "\t":
        return " "
    return f"\\u{ord(character):04x}" if ord(character) > 0x1F else chr(0x2400 + ord(character))
