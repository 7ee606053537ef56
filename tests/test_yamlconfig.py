"""A configuration file gives a typed value, or every problem with its line, or the last good version."""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from monitor.errors import ConfigError
from monitor.yamlconfig import Problem, Problems, documents, last_good, load_yaml


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Outlet(Strict):
    id: str
    tier: Literal[1, 2, 3] = 3
    language: Literal["en", "zh", "ru"] = "en"
    feeds: tuple[str, ...] = Field(default=(), strict=False)
    weight: Annotated[float, Field(ge=0, le=1)] = 0.5


class Near(Strict):
    near: list[str]
    within: int = 5


class Config(Strict):
    sources: list[Outlet]
    rule: str | Near | None = None


class Pair(Strict):
    a: int
    b: int

    @model_validator(mode="after")
    def _ordered(self) -> "Pair":
        if self.a > self.b:
            raise Problems([Problem(("a",), "must not exceed b", see=("b",))])
        return self


class Pairs(Strict):
    pairs: list[Pair]


def write(tmp_path: Path, text: str | bytes, name: str = "sources.yaml") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def trouble(path: Path, model: type[BaseModel] = Config) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_yaml(path, model)
    return str(caught.value).replace(str(path.parent) + "/", "").split("\n")


def told(path: Path) -> list[str]:
    """The problems of `path`, none when it loads."""
    try:
        load_yaml(path, Config)
    except ConfigError as error:
        return str(error).split("\n")
    return []


def test_a_good_file_is_a_typed_value(tmp_path: Path) -> None:
    path = write(tmp_path, "# outlets\nsources:\n- id: no\n  tier: 1\n  feeds: [https://a.example/rss]\n")
    config = load_yaml(path, Config)
    assert config.sources == [Outlet(id="no", tier=1, feeds=("https://a.example/rss",))]


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    assert load_yaml(write(tmp_path, b"\xef\xbb\xbfsources:\r\n- id: a\r\n"), Config).sources[0].id == "a"


def test_every_problem_is_told_with_its_line_and_what_is_allowed(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "sources:\n"
        "- id: one\n"
        "  langauge: zh\n"
        "- tier: 4\n"
        "- id: three\n"
        "  language: rus\n"
        "  weight: 2\n"
        "  feeds: https://a.example/rss\n"
        "- just text\n"
        "rules: x\n",
    )
    allowed = "allowed: feeds, id, language, tier, weight"
    assert trouble(path) == [
        f'sources.yaml:3: sources[0].langauge: unknown key; did you mean "language"? {allowed}',
        "sources.yaml:4: sources[1].id: is missing; allowed here: feeds, id, language, tier, weight",
        "sources.yaml:4: sources[1].tier: 4 is not known; allowed: 1, 2, 3",
        'sources.yaml:6: sources[2].language: "rus" is not known; did you mean "ru"? allowed: en, zh, ru',
        "sources.yaml:7: sources[2].weight: should be less than or equal to 1 (it is 2)",
        'sources.yaml:8: sources[2].feeds: must be a list, not "https://a.example/rss"',
        'sources.yaml:9: sources[3]: must be a mapping (key: value), not "just text"',
        'sources.yaml:10: rules: unknown key; did you mean "rule"? allowed: rule, sources',
    ]


def test_of_a_union_the_alternative_that_fits_best_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "sources: []\nrule:\n  near: [a]\n  withn: 3\n")
    assert trouble(path) == ['sources.yaml:4: rule.withn: unknown key; did you mean "within"? allowed: near, within']


def test_a_models_own_validator_can_point_to_two_lines(tmp_path: Path) -> None:
    path = write(tmp_path, "pairs:\n- a: 2\n  b: 1\n- a: 1\n  b: 1\n")
    assert trouble(path, Pairs) == ["sources.yaml:2: pairs[0].a: must not exceed b (see line 3)"]


def test_a_check_over_the_whole_file_is_told_beside_the_other_problems(tmp_path: Path) -> None:
    path = write(tmp_path, "sources:\n- id: a\n- id: a\n  tier: 9\n")

    def check(data: object) -> list[Problem]:
        assert isinstance(data, dict)
        return [Problem(("sources", 1, "id"), '"a" is used twice', see=("sources", 0, "id"))]

    with pytest.raises(ConfigError) as caught:
        load_yaml(path, Config, check=check)
    assert [line.split(": ", 1)[1] for line in str(caught.value).split("\n")] == [
        'sources[1].id: "a" is used twice (see line 2)',
        "sources[1].tier: 9 is not known; allowed: 1, 2, 3",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "sources.yaml:1: the file is empty."),
        ("# only a comment\n", "sources.yaml:1: the file is empty."),
        ("- a\n- b\n", "sources.yaml:1: must be a mapping (key: value), not a list"),
        ("hello\n", 'sources.yaml:1: must be a mapping (key: value), not "hello"'),
        ("sources: []\nsources: []\n", 'sources.yaml:2: the key "sources" is given twice (see line 1); keep one.'),
        ("sources:\n\t- id: a\n", "sources.yaml:2: a tab where YAML wants spaces; indent with spaces."),
        (b"sources:\n- id: \xff\n", "sources.yaml:2: byte 0xff is not UTF-8; save the file as UTF-8."),
        (
            "sources: []\n---\nsources: []\n",
            "sources.yaml:2: a second document starts here (---); one file holds one document.",
        ),
        ("sources:\n- id: a\x00\n", "sources.yaml:2: control character U+0000; remove it."),
        ("a: " + "[" * 5000, "sources.yaml:1: nested more than 60 deep."),
        ("sources: []\n? [a]\n: b\n", "sources.yaml:2: a key must be plain text, not a list or a mapping."),
        (
            "a: &x [*x]\nsources: []\n",
            "sources.yaml:1: a[0]: an alias (*name) that contains itself; write the value out.",
        ),
        (
            "x: &x {id: a}\nsources:\n- <<: *x\n",
            "sources.yaml:3: sources[0]: merge keys (<<) are not used here; write the keys out.",
        ),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_odd_files_give_a_plain_sentence(tmp_path: Path, text: str | bytes, expected: str) -> None:
    assert expected in trouble(write(tmp_path, text))


def test_a_tag_is_refused_and_never_constructed(tmp_path: Path) -> None:
    path = write(tmp_path, 'sources: []\nrule: !!python/object/apply:os.system ["touch owned"]\n')
    assert "the tag" in trouble(path)[0]
    assert "line" not in trouble(path)[0]
    assert not Path("owned").exists()


def test_an_alias_bomb_is_defused(tmp_path: Path) -> None:
    rows = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    rows += [
        f"{name}: &{name} [{', '.join([f'*{below}'] * 10)}]" for below, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    assert "once aliases (*name) are followed" in trouble(write(tmp_path, "\n".join(rows)))[0]


def test_a_plain_alias_works(tmp_path: Path) -> None:
    path = write(tmp_path, "sources:\n- id: a\n  feeds: &f [u]\n- id: b\n  feeds: *f\n")
    assert load_yaml(path, Config).sources[1].feeds == ("u",)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = write(tmp_path, b"#" * (documents.MAX_BYTES + 1))
    assert trouble(path) == ["sources.yaml: larger than 2 MB, which no configuration needs."]


def test_a_missing_file_and_a_folder_are_sentences(tmp_path: Path) -> None:
    assert "no such file" in trouble(tmp_path / "sources.yaml")[0]
    (tmp_path / "dir.yaml").mkdir()
    assert "cannot be read" in trouble(tmp_path / "dir.yaml")[0]


def test_numbers_and_booleans_follow_yaml_1_2(tmp_path: Path) -> None:
    class Free(BaseModel):
        v: list[object]

    path = write(
        tmp_path, "v: [0x1F, 0o17, 010, -3, 1_000, 1.5, .inf, true, no, on, null, 2022-09-15, " + "9" * 5000 + "]\n"
    )
    values = load_yaml(path, Free).v
    assert values[:12] == [31, 15, 10, -3, 1000, 1.5, float("inf"), True, "no", "on", None, "2022-09-15"]
    assert values[12] == "9" * 5000


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.one_of(
        st.binary(max_size=200),
        st.text(alphabet="ab:-[]{}&*!|>'\"?#%@, \n\t<~0", max_size=60).map(lambda text: text.encode()),
    )
)
def test_whatever_the_bytes_are_the_answer_is_a_value_or_a_sentence(tmp_path: Path, raw: bytes) -> None:
    assert all("sources.yaml" in line for line in told(write(tmp_path, raw)))


def test_the_models_error_never_leaks(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_yaml(write(tmp_path, "sources: 1"), Config)
    assert not isinstance(caught.value.__cause__, ValidationError)


class TestLastGood:
    GOOD = "sources:\n- id: a\n"

    def load(self, path: Path) -> Config:
        return load_yaml(path, Config)

    def test_a_good_file_is_used_and_remembered(self, tmp_path: Path) -> None:
        path = write(tmp_path, self.GOOD)
        loaded = last_good(path, tmp_path / "state", self.load)
        assert loaded.value.sources[0].id == "a"
        assert loaded.error is None
        assert loaded.sha256 == hashlib.sha256(self.GOOD.encode()).hexdigest()
        assert (tmp_path / "state" / "config" / "sources.yaml").read_text() == self.GOOD

    def test_a_bad_edit_keeps_the_last_good_version_and_says_so(self, tmp_path: Path) -> None:
        path = write(tmp_path, self.GOOD)
        before = last_good(path, tmp_path / "state", self.load)
        path.write_text("sources:\n- ix: b\n")
        after = last_good(path, tmp_path / "state", self.load)
        assert after.value == before.value
        assert after.sha256 == before.sha256
        assert "sources[0].ix: unknown key" in str(after.error)
        path.write_text("sources:\n- id: c\n")
        mended = last_good(path, tmp_path / "state", self.load)
        assert mended.error is None
        assert mended.value.sources[0].id == "c"

    def test_a_deleted_file_keeps_the_last_good_version(self, tmp_path: Path) -> None:
        path = write(tmp_path, self.GOOD)
        last_good(path, tmp_path / "state", self.load)
        path.unlink()
        assert "no such file" in str(last_good(path, tmp_path / "state", self.load).error)

    def test_without_a_good_version_the_error_is_raised(self, tmp_path: Path) -> None:
        path = write(tmp_path, "sources: 3")
        with pytest.raises(ConfigError, match="must be a list"):
            last_good(path, tmp_path / "state", self.load)

    def test_a_broken_copy_does_not_hide_the_real_error(self, tmp_path: Path) -> None:
        path = write(tmp_path, "sources: 3")
        (tmp_path / "state" / "config").mkdir(parents=True)
        write(tmp_path / "state" / "config", "sources: 4")
        with pytest.raises(ConfigError, match="not 3"):
            last_good(path, tmp_path / "state", self.load)

    def test_an_unchanged_file_is_not_copied_again(self, tmp_path: Path) -> None:
        path = write(tmp_path, self.GOOD)
        last_good(path, tmp_path / "state", self.load)
        copy = tmp_path / "state" / "config" / "sources.yaml"
        inode = copy.stat().st_ino
        last_good(path, tmp_path / "state", self.load)
        assert copy.stat().st_ino == inode
        assert [file.name for file in copy.parent.iterdir()] == ["sources.yaml"]
