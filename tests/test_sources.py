"""sources.yaml: what it declares, what is refused with its line, and edits that keep its comments."""

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from typer.testing import CliRunner

from monitor.cli.sources import app
from monitor.errors import ConfigError
from monitor.model import Feed, Source
from monitor.sources import (
    add_sources,
    complete_source,
    feed_key,
    feeds_of,
    load_sources,
    sources_schema,
)
from monitor.sources.opml import read_opml, write_opml

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "config" / "sources.yaml"

SMALL = """\
# our outlets
blocs:
  east: "The east"   # a comment
sources:
  # the first
  - id: one
    name: Одна газета
    country: ru
    language: ru-RU
    bloc: east
    family: group
    tier: 1
    feeds:
      - https://one.example/rss   # the main feed
      - https://one.example/world
  - id: two
    feeds: [https://two.example/feed?x=1]
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "sources.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return path


def problems(path: Path, text: str) -> list[str]:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_sources(path)
    return [line.partition("sources.yaml:")[2] for line in str(caught.value).split("\n")]


class TestLoading:
    def test_a_source_is_what_it_declares(self, small: Path) -> None:
        assert load_sources(small)[0] == Source(
            id="one",
            name="Одна газета",
            country="RU",
            language="ru",
            bloc="east",
            family="group",
            tier=1,
            feeds=("https://one.example/rss", "https://one.example/world"),
        )

    def test_what_is_not_declared_has_a_default_that_says_so(self, small: Path) -> None:
        two = load_sources(small)[1]
        assert (two.name, two.country, two.language, two.bloc, two.family, two.tier) == (
            "two",
            "ZZ",
            "und",
            "unknown",
            "two",
            4,
        )

    def test_feeds_know_their_source_and_language(self, small: Path) -> None:
        feeds = feeds_of(load_sources(small))
        assert feeds[0] == Feed(url="https://one.example/rss", source_id="one", language="ru")
        assert len(feeds) == 3

    def test_an_empty_list_is_fine(self, tmp_path: Path) -> None:
        path = tmp_path / "sources.yaml"
        path.write_text("sources: []\n")
        assert load_sources(path) == ()

    def test_without_declared_blocs_any_name_goes(self, tmp_path: Path) -> None:
        path = tmp_path / "sources.yaml"
        path.write_text("sources: [{id: a, bloc: martian, feeds: ['http://127.0.1.1:8900/a/feed.xml']}]\n")
        assert load_sources(path)[0].bloc == "martian"


class TestRefusing:
    def test_every_field_says_what_is_allowed(self, tmp_path: Path) -> None:
        found = problems(
            tmp_path / "sources.yaml",
            "sources:\n"
            "- id: a b\n"
            "  tier: 5\n"
            "  contry: RU\n"
            "  feeds: []\n"
            "- id: b\n"
            "  language: russian\n"
            "  feeds: https://a.example/\n"
            "- id: c\n"
            "  feeds: [ftp://a.example/, not a url, 'https://me:secret@a.example/', 'http://[::1', https:///x]\n",
        )
        assert found[0].startswith('2: sources[0].id: "a b" does not fit; allowed: Short name, unique in the file')
        assert found[1] == "3: sources[0].tier: 5 is not known; allowed: 1, 2, 3, 4"
        assert found[2].startswith('4: sources[0].contry: unknown key; did you mean "country"? allowed: bloc, country')
        assert found[3] == "5: sources[0].feeds: must have at least 1, not 0"
        assert found[4].startswith(
            '7: sources[1].language: "russian" does not fit; allowed: What it is written in, ISO 639'
        )
        assert found[5] == '8: sources[1].feeds: must be a list, not "https://a.example/"'
        assert [line.split(": ", 1)[0] for line in found[6:]] == ["10"] * 5
        assert all("secret" not in line for line in found)

    def test_the_same_id_twice_names_both_lines(self, tmp_path: Path) -> None:
        text = "sources:\n- id: a\n  feeds: [http://a.example/]\n- id: A\n  feeds: [http://b.example/]\n"
        assert problems(tmp_path / "sources.yaml", text) == [
            '4: sources[1].id: "A" is used twice; ids are unique (see line 2)'
        ]

    def test_the_same_feed_twice_names_both_lines(self, tmp_path: Path) -> None:
        text = (
            "sources:\n- id: a\n  feeds:\n  - http://a.example/rss\n  - http://c.example/\n"
            "- id: b\n  feeds:\n  - https://A.example:443/rss\n"
        )
        (found,) = problems(tmp_path / "sources.yaml", text)
        assert found.startswith('8: sources[1].feeds[0]: "https://A.example:443/rss" is declared twice; ')
        assert found.endswith(" (see line 4)")

    def test_an_unknown_bloc_is_corrected(self, tmp_path: Path) -> None:
        text = "blocs: {cn_state: x, western: y}\nsources:\n- id: a\n  bloc: westen\n  feeds: [http://a.example/]\n"
        (found,) = problems(tmp_path / "sources.yaml", text)
        assert found.startswith('4: sources[0].bloc: "westen" is not one of the blocs; did you mean "western"? ')
        assert found.endswith("allowed: cn_state, western, unknown")

    @pytest.mark.parametrize("text", ["sources: 1", "sources: [1, [2], {id: 3, feeds: [4, {}]}]", "blocs: 7\nsources:"])
    def test_odd_shapes_are_sentences(self, tmp_path: Path, text: str) -> None:
        assert problems(tmp_path / "sources.yaml", text)


class TestShippedFile:
    def test_it_has_many_real_feeds_in_three_languages(self) -> None:
        sources = load_sources(SHIPPED)
        feeds = feeds_of(sources)
        assert len(feeds) >= 60
        for language in ("en", "zh", "ru"):
            assert sum(feed.language == language for feed in feeds) >= 15
        assert not any(".example" in feed.url or "127.0." in feed.url for feed in feeds)

    def test_every_field_is_declared(self) -> None:
        raw = YAML(typ="safe", pure=True).load(SHIPPED)
        wanted = {"id", "name", "country", "language", "bloc", "family", "tier", "feeds"}
        assert [entry["id"] for entry in raw["sources"] if set(entry) != wanted] == []

    def test_every_bloc_is_used_and_explained(self) -> None:
        blocs = YAML(typ="safe", pure=True).load(SHIPPED)["blocs"]
        assert {source.bloc for source in load_sources(SHIPPED)} == set(blocs)
        text = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
        assert [bloc for bloc in blocs if f"`{bloc}`" not in text] == []

    def test_sister_outlets_are_one_family(self) -> None:
        family = {source.id: source.family for source in load_sources(SHIPPED)}
        for one, other in (
            ("global-times", "peoples-daily-zh"),
            ("ria", "sputnik-globe"),
            ("bbc-zh", "bbc-ru"),
            ("ecns", "chinanews-zh"),
            ("lenta", "gazeta-ru"),
            ("ft", "nikkei-asia"),
        ):
            assert family[one] == family[other]

    def test_the_published_schema_is_current_and_accepts_it(self) -> None:
        published = ROOT / "config" / "schema" / "sources.schema.json"
        assert published.read_text(encoding="utf-8") == sources_schema(), (
            "run: monitor sources schema > config/schema/sources.schema.json"
        )
        raw = YAML(typ="safe", pure=True).load(SHIPPED)
        jsonschema.validate(raw, json.loads(sources_schema()))
        assert SHIPPED.read_text(encoding="utf-8").startswith(
            "# yaml-language-server: $schema=schema/sources.schema.json"
        )

    def test_the_schema_refuses_what_the_loader_refuses(self) -> None:
        schema = json.loads(sources_schema())
        for bad in (
            {"id": "a"},
            {"id": "a b", "feeds": ["http://x/"]},
            {"id": "a", "feeds": ["ftp://x/"]},
            {"id": "a", "tier": 9, "feeds": ["http://x/"]},
            {"id": "a", "feeds": ["http://x/"], "x": 1},
        ):
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate({"sources": [bad]}, schema)


class TestGuessing:
    def test_an_address_alone_makes_a_source_whose_guesses_are_known(self) -> None:
        done = complete_source(["https://www.inform.kz/rss"], {})
        assert (done.source.id, done.source.country, done.source.family) == ("inform-kz", "KZ", "inform-kz")
        assert done.guessed == ("id", "name", "country", "language", "bloc", "family", "tier")

    def test_what_is_declared_is_kept(self) -> None:
        done = complete_source(["https://a.co.uk/rss"], {"name": "The A", "tier": "2", "language": "en-GB"})
        assert (done.source.id, done.source.country, done.source.language, done.source.tier) == ("the-a", "GB", "en", 2)
        assert done.guessed == ("id", "country", "bloc", "family")

    def test_a_guessed_id_keeps_clear_of_those_in_use(self) -> None:
        assert complete_source(["https://a.ru/"], {}, ["a-ru", "A-RU-2"]).source.id == "a-ru-3"

    def test_a_bad_declaration_is_refused_in_the_loaders_words(self) -> None:
        with pytest.raises(ConfigError, match=r"^tier: .*allowed: 1, 2, 3, 4$"):
            complete_source(["https://a.ru/"], {"tier": "9"})


class TestEditing:
    def test_an_added_source_leaves_every_byte_before_it(self, tmp_path: Path) -> None:
        path = tmp_path / "sources.yaml"
        path.write_bytes(SHIPPED.read_bytes())
        added = add_sources(path, [complete_source(["https://new.example/rss"], {"id": "new", "name": "No: 1 # x"})])
        assert added.new == ("new",)
        assert path.read_bytes().startswith(SHIPPED.read_bytes())
        assert load_sources(path)[-1].name == "No: 1 # x"
        assert "country: ZZ  # guessed" in path.read_text(encoding="utf-8")

    def test_a_known_feed_is_not_added_again(self, small: Path) -> None:
        added = add_sources(small, [complete_source(["http://ONE.example/rss"], {})])
        assert (added.new, added.extended, added.known_feeds) == ((), (), 1)
        assert small.read_text(encoding="utf-8") == SMALL

    def test_an_existing_id_gets_the_feeds_and_keeps_its_comments(self, small: Path) -> None:
        added = add_sources(small, [complete_source(["https://one.example/new"], {"id": "one"})])
        assert added.extended == ("one",)
        assert load_sources(small)[0].feeds[-1] == "https://one.example/new"
        assert "# the main feed" in small.read_text(encoding="utf-8")
        assert "# the first" in small.read_text(encoding="utf-8")

    def test_an_edit_that_would_break_the_file_changes_nothing(self, small: Path) -> None:
        with pytest.raises(ConfigError, match=r"not changed.*(\n.*)*is not one of the blocs"):
            add_sources(small, [complete_source(["https://x.example/"], {"bloc": "west"})])
        assert small.read_text(encoding="utf-8") == SMALL

    def test_a_broken_file_is_not_touched(self, small: Path) -> None:
        small.write_text("sources: [")
        with pytest.raises(ConfigError):
            add_sources(small, [complete_source(["https://x.example/"], {})])
        assert small.read_text() == "sources: ["

    def test_a_missing_or_empty_list_is_started(self, tmp_path: Path) -> None:
        for text in (None, "sources: []\n"):
            path = tmp_path / "new" / "sources.yaml"
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text)
            add_sources(path, [complete_source(["https://x.example/"], {"name": "X"})])
            assert [source.id for source in load_sources(path)] == ["x"]

    def test_a_dry_run_writes_nothing(self, small: Path) -> None:
        assert add_sources(small, [complete_source(["https://x.example/"], {})], dry_run=True).new == ("x-example",)
        assert small.read_text(encoding="utf-8") == SMALL


_text = st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)
"""Printable, and without spaces at its ends."""
_slug = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)


@st.composite
def _sources(draw: st.DrawFn) -> tuple[Source, ...]:
    ids = draw(st.lists(_slug, unique=True, max_size=6))
    return tuple(
        Source(
            id=name,
            name=draw(_text),
            country=draw(st.sampled_from(["RU", "CN", "KZ", "ZZ"])),
            language=draw(st.sampled_from(["en", "zh", "ru", "und"])),
            bloc=draw(_slug),
            family=draw(_slug),
            tier=draw(st.integers(1, 4)),
            feeds=tuple(f"https://{name}.example/{n}?a=1&b=%22" for n in range(draw(st.integers(1, 3)))),
        )
        for name in ids
    )


class TestOpml:
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(sources=_sources())
    def test_out_and_back_in_loses_nothing(self, tmp_path: Path, sources: tuple[Source, ...]) -> None:
        outlines = read_opml(write_opml(sources), "x.opml")
        done = [complete_source(outline.feeds, outline.fields) for outline in outlines]
        assert tuple(each.source for each in done) == sources
        assert all(each.guessed == () for each in done)
        path = tmp_path / "sources.yaml"
        path.unlink(missing_ok=True)
        add_sources(path, done)
        assert (load_sources(path) if path.exists() else ()) == sources

    def test_the_shipped_sources_survive_it(self) -> None:
        sources = load_sources(SHIPPED)
        outlines = read_opml(write_opml(sources), "x.opml")
        assert tuple(complete_source(each.feeds, each.fields).source for each in outlines) == sources

    def test_nested_outlines_of_other_readers_are_read(self) -> None:
        raw = """<?xml version='1.0'?><opml version="1.0"><head/><body><outline text="World"><outline text="Asia">
            <outline text="A &amp; B" xmlUrl=" https://a.example/rss "/><outline title="C" xmlURL="https://c.example/"
            language="zh-CN"/></outline></outline><outline text="no feed"/></body></opml>"""
        a, c = read_opml(raw.encode(), "x.opml")
        assert (a.feeds, a.fields) == (("https://a.example/rss",), {"name": "A & B"})
        assert c.fields == {"name": "C", "language": "zh-CN"}

    def test_cyrillic_code_pages_are_read(self) -> None:
        raw = '<?xml version="1.0" encoding="windows-1251"?><opml><outline text="Вести" xmlUrl="http://v.ru/"/></opml>'
        assert read_opml(raw.encode("cp1251"), "x.opml")[0].fields["name"] == "Вести"

    @pytest.mark.parametrize(
        ("raw", "said"),
        [
            (b"", "not well-formed"),
            (b"<opml><body>", "not well-formed"),
            (b"<html></html>", "no OPML"),
            (b'<!DOCTYPE x [<!ENTITY a "aaaa">]><opml>&a;</opml>', "document type"),
            (b'<!DOCTYPE opml SYSTEM "http://127.0.0.1:1/x.dtd"><opml/>', "document type"),
            ('<!DOCTYPE x [<!ENTITY a "a">]><opml/>'.encode("utf-16"), "document type"),
            (b"<opml>" + b"<outline>" * 5000, "nested"),
            (b'<?xml version="1.0" encoding="nonsense"?><opml/>', "encoding"),
        ],
    )
    def test_hostile_files_are_refused_in_a_sentence(self, raw: bytes, said: str) -> None:
        with pytest.raises(ConfigError, match=said):
            read_opml(raw, "x.opml")

    @settings(max_examples=80, deadline=None)
    @given(raw=st.binary(max_size=200))
    def test_any_bytes_give_outlines_or_a_sentence(self, raw: bytes) -> None:
        for body in (raw, b"<opml>" + raw + b"</opml>"):
            try:
                read_opml(body, "x.opml")
            except ConfigError as error:
                told = str(error)
            else:
                told = "x.opml"
            assert "x.opml" in told


class TestCommand:
    run = CliRunner()

    def invoke(self, *arguments: object) -> tuple[int, str]:
        result = self.run.invoke(app, [str(argument) for argument in arguments])
        return result.exit_code, result.output + (str(result.exception) if result.exception else "")

    def test_list_shows_every_source(self, small: Path) -> None:
        status, output = self.invoke("list", "--file", small)
        assert status == 0
        assert "Одна газета" in output
        assert "2 sources, 3 feeds" in output

    def test_list_as_json_can_be_narrowed(self, small: Path) -> None:
        status, output = self.invoke("list", "--file", small, "--json", "--language", "ru")
        assert status == 0
        assert [row["id"] for row in json.loads(output)] == ["one"]

    def test_check_says_good_or_every_line(self, small: Path) -> None:
        assert self.invoke("check", small)[0] == 0
        small.write_text("sources:\n- id: a\n  feds: []\n")
        status, output = self.invoke("check", small)
        assert status == 1
        assert 'sources.yaml:3: sources[0].feds: unknown key; did you mean "feeds"?' in output
        assert "2 problems." in output
        assert json.loads(self.invoke("check", small, "--json")[1].splitlines()[0])["ok"] is False

    def test_add_tells_what_was_guessed(self, small: Path) -> None:
        status, output = self.invoke("add", "https://new.kz/rss", "--file", small, "--name", "New", "--bloc", "east")
        assert status == 0
        assert "added new" in output
        assert "Guessed: id, country, language, family, tier" in output
        assert load_sources(small)[-1].bloc == "east"

    def test_export_and_import_are_inverse(self, small: Path, tmp_path: Path) -> None:
        opml, copy = tmp_path / "out.opml", tmp_path / "copy.yaml"
        assert self.invoke("export", opml, "--file", small)[0] == 0
        assert self.invoke("import", opml, "--file", copy)[0] == 0
        assert load_sources(copy) == load_sources(small)
        status, output = self.invoke("import", opml, "--file", copy)
        assert status == 0
        assert "3 feeds were there already" in output

    def test_one_bad_outline_does_not_stop_the_others(self, tmp_path: Path) -> None:
        opml, path = tmp_path / "in.opml", tmp_path / "sources.yaml"
        opml.write_text(
            '<opml><outline text="bad" xmlUrl="feed://a"/><outline text="good" xmlUrl="http://b.ru/"/></opml>'
        )
        status, output = self.invoke("import", opml, "--file", path)
        assert status == 1
        assert "left out: bad: " in output
        assert [source.id for source in load_sources(path)] == ["good"]


def test_the_key_of_a_feed_ignores_scheme_host_case_and_default_port() -> None:
    assert feed_key("HTTP://A.example:80/Rss?x=1") == feed_key("https://a.example/Rss?x=1")
    assert feed_key("http://a.example:8900/") != feed_key("http://a.example/")
    assert feed_key("http://a.example/rss") != feed_key("http://a.example/RSS")
