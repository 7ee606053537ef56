"""An alert in the terminal, as Slack would show it: for the demo, and for alerts that have no token to be sent with.

What came from outside cannot drive the terminal: everything that is printed loses its control characters first,
and links go out only as the http(s) addresses that `mrkdwn.safe_link` lets through.
"""

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.box import ROUNDED
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.panel import Panel
from rich.style import Style
from rich.text import Text

from monitor.alerts.mrkdwn import clean, safe_link
from monitor.model import Alert

_PANEL_WIDTH = 100
_PART = re.compile(
    r"<(?P<url>https?://[^<>|]+)(?:\|(?P<label>[^<>]*))?>"
    r"|<!date\^-?\d+\^[^<>|]*\|(?P<date>[^<>]*)>"
    r"|(?P<star>\*)"
    r"|(?P<plain>[^<*]+|<)"
)


@dataclass(frozen=True, slots=True)
class AlertView:
    """What `render_alert` returns: a rich renderable. Links are clickable in a terminal, written out elsewhere."""

    alert: Alert

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the message in a panel under its channel's name."""
        lines = list(_message(self.alert, clickable=console.is_terminal))
        title = Text(f"#{clean(self.alert.channel).lstrip('#')}", style="bold")
        width = min(options.max_width, _PANEL_WIDTH)
        yield Panel(Group(*lines), title=title, title_align="left", box=ROUNDED, border_style="dim", width=width)


def render_alert(alert: Alert) -> AlertView:
    """`alert` as Slack would show it, to be printed with `rich`."""
    return AlertView(alert)


def _message(alert: Alert, *, clickable: bool) -> Iterator[Text]:
    blocks = _blocks(alert)
    if not blocks:
        yield mrkdwn_text(alert.text, clickable=clickable)
    for block in blocks:
        kind = block.get("type")
        if kind == "section":
            yield mrkdwn_text(_content(block.get("text")), clickable=clickable)
        elif kind == "header":
            yield Text(clean(_content(block.get("text"))), style="bold")
        elif kind == "context":
            elements = [mrkdwn_text(_content(element), clickable=clickable) for element in block.get("elements") or []]
            line = Text("  ").join(elements)
            line.stylize_before("dim")
            yield line


def _blocks(alert: Alert) -> list[dict[str, Any]]:
    try:
        blocks = json.loads(alert.blocks)
    except ValueError:
        return []
    return [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []


def _content(text: object) -> str:
    return str(text.get("text") or "") if isinstance(text, dict) else ""


def mrkdwn_text(content: str, *, clickable: bool) -> Text:
    """Slack's mrkdwn, as far as our messages use it (bold, links, dates, entities), as rich text."""
    shown = Text()
    bold = False
    for part in _PART.finditer(content):
        if part["star"]:
            bold = not bold
            continue
        style = Style(bold=bold or None)
        if part["url"]:
            target = safe_link(html.unescape(part["url"]))
            address = html.unescape(target) if target else None
            label = _plain(part["label"]) or address or ""
            if address and clickable:
                style += Style(link=address, color="blue")
            shown.append(label, style=style)
            if address and not clickable and label != address:
                shown.append(f" ({address})")
        else:
            shown.append(_plain(part["date"] if part["date"] is not None else part["plain"]), style=style)
    return shown


def _plain(text: str | None) -> str:
    """The words themselves: entities resolved, nothing invisible left but line ends."""
    return "\n".join(clean(html.unescape(line)) for line in (text or "").split("\n"))
