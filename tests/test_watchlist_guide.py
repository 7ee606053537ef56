"""docs/watchlist.md: every example loads, and the worked claims find in their sentences what the guide promises."""

import re
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from monitor.claims.observer import Observer
from monitor.model import ClaimKind, Observation
from monitor.watchlist import Claim, Watchlist, doubts, load_watchlist

GUIDE = (Path(__file__).parents[1] / "docs" / "watchlist.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
WORLD = next(text for text in EXAMPLES if text.startswith("topics:"))


def whole(example: str) -> str:
    """The example as a file of its own: what the guide says to put it beside is put beside it."""
    if example.startswith("version:"):
        return example
    if example.startswith(("entities:", "claims:")):
        return f"version: 1\n{WORLD}{example}"
    if example.startswith("topics:"):
        return f"version: 1\n{example}"
    topic = (
        "version: 1\nentities: {anklia_port: {en: [Anklia Port]}}\ntopics:\n  - id: t\n    name: T\n    channel: c\n"
    )
    rules = "" if "match:" in example else "    match: anklia_port\n"
    return topic + textwrap.indent(textwrap.dedent(example), "    ") + rules


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_is_a_watchlist_without_doubts(tmp_path: Path, example: str) -> None:
    file = tmp_path / "watchlist.yaml"
    file.write_text(whole(example), encoding="utf-8")

    assert list(doubts(load_watchlist(file))) == []


def worked() -> dict[str, tuple[Watchlist, Claim]]:
    found = {}
    for example in EXAMPLES:
        if "\nclaims:" in f"\n{example}":
            data: Any = YAML(typ="safe").load(whole(example))
            watchlist = Watchlist.model_validate(data)
            found[watchlist.claims[0].id] = (watchlist, watchlist.claims[0])
    return found


WORKED = worked()


def test_there_is_a_worked_example_of_each_kind_in_about_ten_lines() -> None:
    kinds: set[ClaimKind] = {claim.kind for _, claim in WORKED.values()}
    assert kinds == {"quantity", "date", "status", "stance", "category", "role_holder"}
    for example in EXAMPLES:
        if "claims:" in example:
            assert len(example.partition("claims:")[2].splitlines()) <= 15


def promised() -> list[tuple[str, str, str]]:
    """Claim, sentence and what the guide says it gives, from the table below each worked example."""
    rows = []
    for part in GUIDE.split("```yaml\n")[1:]:
        example, _, below = part.partition("```")
        if claim := re.search(r"^  - id: (\w+)\n    topic: world", example, re.MULTILINE):
            table = below.strip().partition("\n\n")[0]
            rows += [(claim[1], *row) for row in re.findall(r"^\| \*(.+?)\* \| (.+?) \|$", table, re.MULTILINE)]
    return rows


def told(one: Observation) -> str:
    """An observation in the words of the guide's tables."""
    value = f"not {one.value}" if one.polarity == "-" else one.value
    extra = ", or more" if one.comparator == "gt" else ""
    return value + extra + (f", before {one.previous}" if one.previous else "")


@pytest.mark.parametrize(("claim", "sentence", "gives"), promised())
def test_a_worked_example_finds_what_the_guide_promises(claim: str, sentence: str, gives: str) -> None:
    language = "zh" if re.search("[一-鿿]", sentence) else "ru" if re.search("[а-я]", sentence) else "en"
    observer = Observer(WORKED[claim][0])
    found = observer.observe(title="", text=sentence, language=language, published=datetime(2026, 3, 2, tzinfo=UTC))

    assert [told(one) for one in found] == [gives.partition(", a finer")[0]]
