"""`monitor claims`: what people see of the ledger, on whatever terminal, and what programs read of it."""

import json
import re
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from archive_samples import source
from claims_book import Book, make_claim, minutes, say
from ledger_samples import books, fill, sentence
from monitor.archive import Archive, ClaimRecords
from monitor.cli import ledger
from monitor.cli.ledger_words import change_words
from monitor.errors import ArchiveError
from monitor.model import ChangeKind
from monitor.settings import Settings

app = typer.Typer()
app.add_typer(ledger.app, name="claims")

WATCHLIST = """
version: 1
entities:
  ferry: {type: facility, en: [ferry line]}
topics:
  - id: ferry
    name: Ferry
    channel: "#ferry"
    match: {text: {en: [ferry]}}
claims:
  - id: ferry_capacity
    topic: ferry
    kind: quantity
    says:
      en: The new ferry line will carry 50,000 passengers a year
      zh-Hans: 新轮渡航线每年将运送五万名旅客
      ru: Новая паромная линия будет перевозить 50 тысяч пассажиров в год
    subject: ferry
    quantity: {unit: person/yr, at_least: 1}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MONITOR_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("MONITOR_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("MONITOR_TIMEZONE", "Asia/Tashkent")
    for name in ("MONITOR_ARCHIVE", "COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "watchlist.yaml").write_text(WATCHLIST, encoding="utf-8")
    return tmp_path / "var"


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("ledger")
    archive = Archive(Settings(home=home))
    fill(archive, books())
    archive.publish()
    return home


@pytest.fixture
def archive(home: Path, filled: Path) -> Archive:
    shutil.copytree(filled, home)
    return Archive(Settings(home=home))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["claims", *arguments])


def ask(*arguments: str) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def rows(*arguments: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ask(*arguments).splitlines()]


def unstyled(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def load(home: Path, *some: Book) -> Archive:
    archive = Archive(Settings(home=home))
    fill(archive, list(some))
    return archive


# The list


@pytest.mark.usefixtures("archive")
def test_the_list_has_a_row_a_claim_under_its_topic() -> None:
    lines = ask().splitlines()
    assert [line.split("  ")[0] for line in lines if not line.startswith(" ")] == [
        "claim", "ferry", "money", "(5 claims, 1 contested; times in Asia/Tashkent)",
    ]  # fmt: skip
    [contract] = [line for line in lines if "ferry_contract" in line]
    assert contract.split() == ["ferry_contract", "signed", "2022-09-15", "3", "9", "denial", "2022-09-16"]


@pytest.mark.usefixtures("archive")
def test_what_is_contested_lists_all_values_and_what_nobody_reported_says_so() -> None:
    text = " ".join(ask().split())
    assert re.search(r"ferry_capacity contested: 60,000 or .*38,000 person/yr", text)
    [captain] = [line for line in ask().splitlines() if "ferry_captain" in line]
    assert captain.split() == ["ferry_captain", "nothing", "-", "0", "0", "-"]


def test_a_baseline_is_marked_and_an_archive_without_reports_says_what_to_do(home: Path) -> None:
    load(home, Book(make_claim(start=50)))
    out = ask()
    assert "50 bcm/yr (baseline)" in out
    assert "Nothing was reported of it yet. `monitor watchlist backtest`" in out


def test_reports_that_confirm_a_baseline_are_counted(home: Path) -> None:
    book = Book(make_claim(start=50))
    book.hear(say(50, 0, "ant"), say(50, 1, "bee"), say(50, 2, "cat"))
    load(home, book)
    [row] = rows("--json")
    assert (row["believed"], row["is_baseline"], row["support"], row["observations"]) == (["50"], True, 3, 3)


def test_too_few_reports_are_marked(home: Path) -> None:
    book = Book(make_claim(min_sources=3))
    book.hear(say(38, 0, "ant"))
    load(home, book)
    assert "38 bcm/yr (unconfirmed)" in ask()


@pytest.mark.usefixtures("archive")
def test_one_topic_and_a_topic_that_is_not_there() -> None:
    assert [row["claim"] for row in rows("--topic", "money", "--json")] == ["ferry_captain", "ferry_payment"]
    result = run("--topic", "fery")
    assert result.exit_code == 2
    assert 'did you mean "ferry"?' in " ".join(result.output.split())


@pytest.mark.usefixtures("archive")
def test_programs_read_one_object_a_claim() -> None:
    by_id = {row["claim"]: row for row in rows("--json")}
    assert by_id["ferry_contract"] | {"known_since": None} == {
        "claim": "ferry_contract",
        "topic": "ferry",
        "statement": "The contract for the ferries",
        "kind": "status",
        "unit": None,
        "observations": 9,
        "outlets": 7,
        "last_said": "2022-09-17T17:00:00+05:00",
        "last_change": "denial",
        "last_change_at": "2022-09-16T17:00:00+05:00",
        "believed": ["signed"],
        "contested": False,
        "settled": True,
        "is_baseline": False,
        "support": 3,
        "since": "2022-09-15T17:00:00+05:00",
        "known_since": None,
    }
    assert by_id["ferry_captain"]["believed"] == []


def test_an_archive_without_claims_says_where_they_come_from(home: Path) -> None:
    load(home)
    for command in ([], ["as-of", "2022-09-15"]):
        assert "The archive knows no claims." in ask(*command)
    assert rows("--json") == []


def test_without_an_archive_it_says_what_to_do(home: Path) -> None:
    for command in ([], ["show", "x"], ["as-of", "2022-09-15"]):
        result = run(*command)
        assert isinstance(result.exception, ArchiveError)
        assert "There is no archive yet" in str(result.exception)
    assert not home.exists()


@pytest.mark.usefixtures("archive")
def test_options_of_a_command_stand_after_it() -> None:
    assert run("--json", "show", "ferry_capacity").exit_code == 2


def test_the_answer_is_current_though_it_comes_from_the_copy(archive: Archive) -> None:
    ask()
    fill(archive, [*books(), Book(make_claim(id="new_one", start=1))])
    assert "new_one" in ask()


# One claim


@pytest.mark.usefixtures("archive")
def test_a_claim_is_shown_in_its_languages_with_baseline_and_rules() -> None:
    head = ask("show", "ferry_capacity").split("\n\n")[0]
    assert head.splitlines() == [
        "ferry_capacity  quantity in person/yr, topic ferry",
        "  [en] The new ferry line will carry 50,000 passengers a year",
        "  [zh-Hans] 新轮渡航线每年将运送五万名旅客",
        "  [ru] Новая паромная линия будет перевозить 50 тысяч пассажиров в год",
        "baseline: 50,000 person/yr, as of 2022-09-01 (the line's prospectus)",
        "rules: believed once 1 independent source reports it, the same within 5%",
    ]


@pytest.mark.usefixtures("archive")
def test_a_watchlist_that_cannot_be_read_leaves_the_statement_of_the_archive(tmp_path: Path) -> None:
    (tmp_path / "config" / "watchlist.yaml").write_text("claims: [", encoding="utf-8")
    assert "[en] The new ferry line will carry" in ask("show", "ferry_capacity")


@pytest.mark.usefixtures("archive")
def test_beliefs_of_all_sides_and_outlets_are_aligned_whatever_the_script() -> None:
    lines = ask("show", "ferry_capacity").split("\n\n")[1].splitlines()
    at = cell_len(lines[0][: lines[0].index("since")])
    for line in lines:
        if (found := line.find(" 2022-")) >= 0:
            assert cell_len(line[: found + 1]) == at, line
    assert [line.split("  ")[0] for line in lines if line[0] != " "] == [
        "Believed now", "all in all", "by side", "by outlet",
    ]  # fmt: skip
    assert any("海港日报 (cn_state)" in line and "60,000 person/yr" in line for line in lines)


@pytest.mark.usefixtures("archive")
def test_each_change_stands_over_its_sentence() -> None:
    lines = ask("show", "ferry_contract").splitlines()
    at = next(number for number, line in enumerate(lines) if " denial " in line)
    assert lines[at].split("  ") == [
        "2022-09-16 17:00",
        "denial",
        *[""] * 4,
        " signed -> not signed",
        "",
        "海港日报 (cn_state)",
    ]
    assert lines[at + 1].strip() == "[zh] asserted by 港务局 (cn_state): 港务局*否认已签署*合同。"


@pytest.mark.usefixtures("archive")
def test_what_was_not_told_says_why_and_what_was_taken_back_when() -> None:
    out = ask("show", "ferry_contract")
    assert "[en] hedged, not told (hedged): The contract may soon be *signed*." in out
    assert "[ru] asserted, deleted 2022-09-17: Стороны подписали *меморандум*." in out


@pytest.mark.usefixtures("archive")
def test_reports_of_what_is_believed_already_are_counted_and_shown_when_asked_for() -> None:
    assert "(3 reports that say what was believed already: --all shows them)" in ask("show", "ferry_contract")
    assert "reaffirmed" not in ask("show", "ferry_contract")
    assert ask("show", "ferry_contract", "--all").count("reaffirmed") == 6  # the kind, and why it was not told


@pytest.mark.usefixtures("archive")
def test_who_still_says_otherwise() -> None:
    still = ask("show", "ferry_contract").partition("Others still say\n")[2].splitlines()
    assert [re.split(r"\s{2,}", line) for line in still[0:3:2]] == [
        ["not signed", "海港日报 (cn_state)", "last 2022-09-16 17:00"],
        ["memorandum", "Волна (ru_exile)", "last 2022-09-09 21:48"],
    ]


@pytest.mark.usefixtures("archive")
def test_since_leaves_out_what_came_before() -> None:
    out = ask("show", "ferry_capacity", "--since", "2022-09-18")
    assert "2022-09-19 17:00  contradiction" in out
    assert "Ada Lind" not in out
    assert "Nothing was reported since 2023-01-01." in ask("show", "ferry_capacity", "--since", "2023-01-01")
    assert run("show", "ferry_capacity", "--since", "soon").exit_code == 2


@pytest.mark.usefixtures("archive")
def test_a_day_begins_at_midnight_of_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    last = "2022-09-17 21:48"  # of a change, in Tashkent: 16:48 UTC
    assert last[:10] in ask("show", "ferry_capacity", "--since", "2022-09-17")
    monkeypatch.setenv("MONITOR_TIMEZONE", "Pacific/Kiritimati")
    assert "2022-09-18 06:48  value changed" in ask("show", "ferry_capacity", "--since", "2022-09-18")


@pytest.mark.usefixtures("archive")
def test_an_unknown_id_is_answered_with_the_nearest() -> None:
    result = run("show", "fery_capacity")
    assert result.exit_code == 2
    assert 'did you mean "ferry_capacity"?' in " ".join(result.output.replace("│", "").split())


@pytest.mark.usefixtures("archive")
def test_a_claim_without_reports_says_what_to_do() -> None:
    assert "Nothing was reported of it yet." in ask("show", "ferry_captain")


def test_a_claim_that_left_the_watchlist_can_still_be_looked_at(archive: Archive) -> None:
    archive.load_batch(polls=[], pages=[], sources=[], alerts=[], claimed=ClaimRecords(claims=[make_claim()]))
    assert "ferry_capacity" not in ask()
    assert "no longer in watchlist.yaml" in ask("show", "ferry_capacity")
    assert "ferry_capacity" in ask("as-of", "2022-09-10")


@pytest.mark.usefixtures("archive")
def test_programs_read_all_of_a_claim() -> None:
    [row] = rows("show", "ferry_contract", "--json")
    assert row["says"] == {"en": "The contract for the ferries"}
    assert row["baseline"]["value"] == "in_talks"
    assert [one["holder"] for one in row["beliefs"] if one["layer"] == "bloc"] == [
        "cn_state", "neutral", "western", "ru_exile",
    ]  # fmt: skip
    denial = next(one for one in row["changes"] if one["kind"] == "denial")
    report = denial["report"]
    [mark] = report["marks"]
    assert report["sentence"][mark["start"] : mark["end"]] == "否认已签署"
    assert len(row["reports"]) == 9
    assert [one["holder_name"] for one in row["still"]] == ["海港日报", "Волна"]


def test_many_changes_are_cut_to_the_newest(home: Path) -> None:
    book = Book(make_claim(start=1))
    for number in range(70):
        book.hear(say(round(1000 * 1.1**number), number, "ant"))
    load(home, book)
    out = ask("show", "a_claim")
    assert "(10 earlier changes: --all shows them)" in out
    assert "ant says 2358 at 9." not in out
    assert "ant says 2594 at 10." in out
    assert "ant says 2358 at 9." in ask("show", "a_claim", "--all")


# The chart


@pytest.mark.usefixtures("archive")
def test_numbers_are_drawn_to_scale_with_a_mark_a_report() -> None:
    chart = ask("show", "ferry_capacity").partition("Reported over time, in person/yr\n")[2].split("\n\n")
    assert [line.partition(" +")[0].strip() for line in chart[0].splitlines() if " +" in line] == [
        "60,000", "50,000", "45,000", "38,000", "",
    ]  # fmt: skip
    assert chart[1].startswith("A western 8   B cn_state 5   C ru_state 3   D neutral 2   E ru_exile 2   a hedged")
    for mark, count in {"A": 7, "B": 5, "C": 3, "D": 2, "E": 2, "a": 2}.items():  # a range has a mark at either end
        assert chart[0].count(mark) == count, mark


@pytest.mark.usefixtures("archive")
def test_a_status_has_a_row_a_step() -> None:
    chart = ask("show", "ferry_contract").partition("Reported over time\n")[2].split("\n\n")[0]
    names = [line.partition(" +")[0].strip() for line in chart.splitlines()][:6]
    assert names == ["built", "signed", "not signed", "memorandum", "in_talks", "proposed"]


@pytest.mark.usefixtures("archive")
def test_dates_and_values_that_hold_together_are_drawn_too() -> None:
    assert re.search(r"\n +2023-08 \+", ask("show", "ferry_opening"))
    chart = ask("show", "ferry_payment").partition("Reported over time\n")[2].splitlines()
    assert {line[:3]: line[3:].count("B") for line in chart[:3]} == {"CNY": 1, "USD": 0, "RUB": 1}


def test_outlets_have_the_marks_where_all_are_of_one_side_and_many_share_one(home: Path) -> None:
    book = Book(make_claim("role_holder", id="chair"))
    for number, by in enumerate(("ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen", "wire")):
        book.hear(say(f"Name {number % 2}", number, by, claim_id="chair", kind="role_holder"))
    load(home, book)
    out = ask("show", "chair")
    assert "A Ant 1   B Bee 1" in out or re.search(r"A \w+ 1   B \w+ 1", out)
    assert "X others 2" in out


def test_numbers_far_apart_stand_on_a_logarithmic_scale_and_nonsense_is_left_out(home: Path) -> None:
    book = Book(make_claim("date", id="opening"))
    book.hear(say("2023-02-30", 0, claim_id="opening", kind="date"))
    tall = Book(make_claim(id="toll"))
    tall.hear(say(3, 0, claim_id="toll"), say("-5", 1, "bee", claim_id="toll"), say(40_000, 2, "cat", claim_id="toll"))
    load(home, book, tall)
    assert "Reported over time" not in ask("show", "opening")
    out = ask("show", "toll")
    assert "logarithmic scale" in out
    assert "1 report not drawn (denials, rare values)" in out


# Looks


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("width", [30, 71, 72, 160])
@pytest.mark.parametrize(
    "command", [[], ["show", "ferry_capacity"], ["show", "ferry_opening"], ["as-of", "2022-09-16"]]
)
def test_no_line_is_wider_than_the_terminal(width: int, command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    if width > 71:
        monkeypatch.setenv("FORCE_COLOR", "1")
    for line in unstyled(ask(*command)).splitlines():
        assert cell_len(line) <= width, line


@pytest.mark.usefixtures("archive")
@pytest.mark.parametrize("command", [[], ["show", "ferry_capacity"], ["as-of", "2022-09-16"]])
def test_piped_output_is_plain_and_fits_100_columns(command: list[str]) -> None:
    out = ask(*command)
    assert "\x1b" not in out
    assert not set(out) & set("→–…●○■─┤│└★▲◆")
    assert max(map(cell_len, out.splitlines())) <= 100
    assert all(line == line.rstrip() for line in out.splitlines())


@pytest.mark.usefixtures("archive", "terminal")
def test_a_terminal_gets_colours_signs_and_bold_words() -> None:
    out = ask("show", "ferry_contract")
    assert "\x1b[1m否认已签署\x1b[0m" in out
    assert "in_talks → memorandum" in unstyled(out)
    assert "■ cn_state 2" in unstyled(out)
    assert "*" not in unstyled(out)


@pytest.mark.usefixtures("archive", "terminal")
def test_a_terminal_without_styles_gets_asterisks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    out = ask("show", "ferry_contract")
    assert "\x1b" not in out
    assert "*否认已签署*" in out


@pytest.mark.usefixtures("archive")
def test_on_a_narrow_terminal_facts_stand_under_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "45")
    assert "ferry_contract\n  believed now: signed\n  since: 2022-09-15\n  sources: 3\n" in ask()
    expected = "2022-09-16 17:00  denial\n  signed -> not signed, 海港日报 (cn_state)\n  [zh] asserted by 港务局"
    assert expected in ask("show", "ferry_contract")


@pytest.mark.parametrize("is_terminal", [False, True])
def test_nothing_from_outside_commands_the_terminal(
    home: Path, monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    if is_terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
    evil = "\x1b]0;owned\x07\x1b[2J\u202e[red]evil[/red]\r\n\x9b31m"
    book = Book(make_claim("role_holder", id="chair"), sources=[replace(source("ant"), name=f"Ant{evil}", bloc=evil)])
    hostile: dict[str, Any] = {"claim_id": "chair", "kind": "role_holder", "speaker": f"Me{evil}", "speaker_bloc": evil}
    hostile |= sentence(f"{evil} {'long ' * 400}chair {evil}", "chair") | {"language": evil, "chain": (evil,)}
    book.hear(say(f"Chair{evil}", 0, **hostile), say(f"Other{evil}", 1, "bee", **hostile))
    load(home, book)
    for command in ([], ["show", "chair", "--all"], ["as-of", "2022-09-16"], ["show", "chair", "--json"]):
        out = unstyled(ask(*command))
        assert not set(out) & {"\x1b", "\x07", "\u202e", "\x9b", "\r"}, command
        assert "evil" in out
    assert "[red]evil[/red]" in out
    shown = ask("show", "chair")
    assert "*chair*" in shown or "\x1b[1mchair" in shown
    assert "long " * 120 not in " ".join(shown.split())


def test_marks_that_overlap_or_lie_outside_do_no_harm(home: Path) -> None:
    book = Book(make_claim())
    one = say(38, 0, **sentence("It is 38 bcm.", "38", "38 bcm", "It", offset=50))
    marks = (*one.observation.marks, replace(one.observation.marks[0], start=-9, end=999_999))
    book.hear(one, replace(one, observation=replace(one.observation, observation_id="x", marks=marks, source_id="bee")))
    load(home, book)
    out = ask("show", "a_claim", "--all")
    assert "*It* is *38 bcm*." in out
    assert "*It is 38 bcm.*" in out


# The handbook


def test_the_handbook_explains_every_kind_of_change() -> None:
    handbook = (Path(__file__).parent.parent / "docs" / "claims.md").read_text(encoding="utf-8")
    for kind in get_args(ChangeKind):
        assert change_words(kind).removeprefix("status ") in handbook, kind
    assert "status advanced" in handbook


# As of


def test_what_was_believed_on_a_day_as_it_is_known_now_or_was_then(home: Path) -> None:
    book = Book(make_claim(start=50))
    book.hear(say(38, 60))
    load(home, book)
    [row] = rows("as-of", "2022-09-14", "--json")
    assert (row["layer"], row["believed"], row["is_baseline"]) == ("overall", ["50"], True)
    out = ask("as-of", "2022-09-15")
    assert "Believed at the end of 2022-09-15, as known now:" in out
    assert re.search(r"a_claim +38 bcm/yr +2022-09-15 18:00 +1 ", out)
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    assert "Nothing was known at the end of 2022-09-16" in ask("as-of", "2022-09-15", "--known", "2022-09-16")
    assert "38 bcm/yr" in ask("as-of", "2022-09-15", "--known", f"{int(today[:4]) + 1}{today[4:-2]}01")
    assert ask("as-of", "2022-08-01") == "Nothing was believed yet at the end of 2022-08-01.\n"


def test_what_came_in_late_counts_only_when_it_was_known(home: Path) -> None:
    book = Book(make_claim(start=50))
    book.hear(say(38, 60))
    archive = load(home, book)
    with archive.write() as con:
        for table in ("beliefs", "changes", "observations"):
            con.execute(f"UPDATE {table} SET recorded_at = TIMESTAMPTZ '2022-09-16 00:00:00Z'")  # noqa: S608
    book.hear(say(45, 30, "bee"), say(45, -3000, "cat"))
    load(home, book)
    assert [row["believed"] for row in rows("as-of", "2022-09-14", "--json") if row["layer"] == "overall"] == [["45"]]
    then = rows("as-of", "2022-09-14", "--known", "2022-09-20", "--json")
    assert [row["believed"] for row in then] == [["50"]]


def test_the_end_of_a_day_is_the_readers(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book(make_claim(start=50))
    book.hear(say(38, 8 * 60))  # 20:00 UTC, one o'clock of the next day in Tashkent
    assert book.dated[0].at == minutes(480)
    load(home, book)
    for zone, value in (("Asia/Tashkent", ["50"]), ("UTC", ["38"])):
        monkeypatch.setenv("MONITOR_TIMEZONE", zone)
        overall = [row for row in rows("as-of", "2022-09-15", "--json") if row["layer"] == "overall"]
        assert [row["believed"] for row in overall] == [value], zone
