"""Outlets and their feeds: sources.yaml to typed sources, and edits of that file that keep its comments.

What the fields mean, and which blocs and tiers there are, is explained to users in docs/sources.md.
"""

import io
import ipaddress
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import tldextract
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from monitor.errors import ConfigError
from monitor.model import Feed, Source
from monitor.yamlconfig import Problem, did_you_mean, load_yaml, write_atomically

UNKNOWN_COUNTRY = "ZZ"
"""ISO 3166-1 leaves it to users; here it says that nobody has told us."""
UNKNOWN_BLOC = "unknown"
MAX_URL = 2_000


def _feed_url(value: object) -> object:
    """An address as it can be polled. Raises ValueError with what is wrong."""
    if not isinstance(value, str):
        return value
    url = value.strip()
    if len(url) > MAX_URL or any(char.isspace() or not char.isprintable() for char in url):
        raise ValueError("a feed's URL has no spaces or control characters and is shorter than 2,000 characters")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f'"{url[:80]}" is no URL: {error}') from None
    if parts.scheme.lower() not in {"http", "https"} or not host:
        raise ValueError(f'"{url[:80]}" is no feed URL; allowed: an absolute http:// or https:// address')
    if parts.username or parts.password:
        raise ValueError("a user name or password in a URL would end up in logs; leave it out")
    return url


def _language(value: object) -> object:
    """`zh-Hant` is `zh`: which script a text uses is detected, not declared."""
    if not isinstance(value, str):
        return "und" if value is None else value
    return re.split(r"[-_]", value.strip().lower(), maxsplit=1)[0] or "und"


def _upper(value: object) -> object:
    return value.strip().upper() or UNKNOWN_COUNTRY if isinstance(value, str) else value or UNKNOWN_COUNTRY


def _bloc(value: object) -> object:
    return value or UNKNOWN_BLOC


FeedUrl = Annotated[
    str, BeforeValidator(_feed_url), Field(json_schema_extra={"format": "uri", "pattern": "^https?://"})
]


class SourceEntry(BaseModel):
    """One outlet."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="Source")

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] = Field(
        description="Short name, unique in the file and never changed: letters, digits, '.', '_', '-'."
    )
    name: str | None = Field(default=None, max_length=200, description="As readers know the outlet. Default: the id.")
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$"), BeforeValidator(_upper)] = Field(
        default=UNKNOWN_COUNTRY,
        description="Where it is edited, ISO 3166-1 alpha-2 (UN for the United Nations, ZZ: unknown).",
    )
    language: Annotated[str, Field(pattern=r"^([a-z]{2}|und)$"), BeforeValidator(_language)] = Field(
        default="und", description="What it is written in, ISO 639-1 (en, zh, ru); a hint, the language is detected."
    )
    bloc: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$"), BeforeValidator(_bloc)] = Field(
        default=UNKNOWN_BLOC, description="The side it speaks from; one of the keys of `blocs` where the file has them."
    )
    family: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] | None = Field(
        default=None, description="Publisher group: two outlets of one family are one voice. Default: the id."
    )
    tier: Literal[1, 2, 3, 4] = Field(
        default=4, description="1 agency, record or official text; 2 own reporting; 3 specialist; 4 anything else."
    )
    feeds: tuple[FeedUrl, ...] = Field(min_length=1, description="Addresses of its feeds, as the outlet gives them.")


class SourcesFile(BaseModel):
    """The outlets that are followed, and the feeds of each."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="sources.yaml")

    blocs: dict[str, str] | None = Field(
        default=None, description="The blocs that sources may name, each with what it means. Without it any name goes."
    )
    sources: tuple[SourceEntry, ...] = Field(description="The outlets.")


def load_sources(path: Path) -> tuple[Source, ...]:
    """The outlets that `path` declares, in its order.

    Raises ConfigError with one line a problem (file, line, what is wrong, what is allowed); the same id or the same
    feed in two places names both lines.
    """
    file = load_yaml(path, SourcesFile, check=_across_entries)
    return tuple(_source(entry) for entry in file.sources)


def feeds_of(sources: Iterable[Source]) -> tuple[Feed, ...]:
    """Every feed of `sources`, each once."""
    return tuple(
        Feed(url=url, source_id=source.id, language=source.language) for source in sources for url in source.feeds
    )


def sources_schema() -> str:
    """The JSON Schema of sources.yaml, for editors."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **SourcesFile.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def feed_key(url: str) -> str:
    """What makes two feed addresses the same feed: scheme, letter case of the host and default port do not count."""
    parts = urlsplit(url.strip())
    port = f":{parts.port}" if parts.port not in {None, 80, 443} else ""
    return f"{(parts.hostname or '').lower()}{port}{parts.path or '/'}{'?' + parts.query if parts.query else ''}"


def _source(entry: SourceEntry) -> Source:
    return Source(
        id=entry.id,
        name=entry.name or entry.id,
        country=entry.country,
        language=entry.language,
        bloc=entry.bloc,
        family=entry.family or entry.id,
        tier=entry.tier,
        feeds=entry.feeds,
    )


def _across_entries(data: object) -> Iterator[Problem]:
    """Problems that only several entries together make. `data` may have any shape."""
    if not isinstance(data, Mapping) or not isinstance(data.get("sources"), list):
        return
    blocs = data.get("blocs")
    known = [*(str(name) for name in blocs), UNKNOWN_BLOC] if isinstance(blocs, Mapping) else []
    ids: dict[str, int] = {}
    feeds: dict[str, tuple[str | int, ...]] = {}
    for index, entry in enumerate(data["sources"]):
        if not isinstance(entry, Mapping):
            continue
        yield from _same_id(index, entry.get("id"), ids)
        bloc = entry.get("bloc")
        if known and isinstance(bloc, str) and bloc not in known:
            text = f'"{bloc[:60]}" is not one of the blocs; {did_you_mean(bloc, known)}allowed: {", ".join(known)}'
            yield Problem(("sources", index, "bloc"), text)
        urls = entry.get("feeds")
        for number, url in enumerate(urls if isinstance(urls, list) else ()):
            yield from _same_feed(("sources", index, "feeds", number), url, feeds)


def _same_id(index: int, name: object, ids: dict[str, int]) -> Iterator[Problem]:
    if not isinstance(name, str):
        return
    folded = name.lower()
    if folded in ids:
        yield Problem(
            ("sources", index, "id"), f'"{name[:60]}" is used twice; ids are unique', see=("sources", ids[folded], "id")
        )
    else:
        ids[folded] = index


def _same_feed(path: tuple[str | int, ...], url: object, feeds: dict[str, tuple[str | int, ...]]) -> Iterator[Problem]:
    if not isinstance(url, str):
        return
    try:
        key = feed_key(str(_feed_url(url)))
    except ValueError:  # told by the field's own check
        return
    if key in feeds:
        yield Problem(path, f'"{url[:80]}" is declared twice; one feed belongs to one source', see=feeds[key])
    else:
        feeds[key] = path


# -- guesses for what nobody declared --------------------------------------------------------------------------------

_LANGUAGE_OF_COUNTRY = {"CN": "zh", "TW": "zh", "HK": "zh", "RU": "ru", "GB": "en", "US": "en", "AU": "en", "IE": "en"}
_COUNTRY_OF_SUFFIX = {"uk": "GB", "gov": "US", "mil": "US"}
_NO_COUNTRY = frozenset({"eu", "io", "tv", "me", "co", "ai", "cc", "ws", "fm", "ly", "to"})
_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
"""Reads the list of public suffixes that comes with the package; never the network."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A source with what was declared, and the names of the fields that are guesses."""

    source: Source
    guessed: tuple[str, ...]


def complete_source(feeds: Sequence[str], declared: Mapping[str, str | None], taken: Iterable[str] = ()) -> Completed:
    """A whole source from its feeds and whatever else is known (`id`, `name`, `country`, `language`, `bloc`,
    `family`, `tier`); an id that is guessed keeps clear of the ids `taken`.

    Raises ConfigError when something declared is not allowed.
    """
    given = {field: value.strip() for field, value in declared.items() if value is not None and value.strip()}
    domain, suffix = _domain(feeds[0]) if feeds else ("", "")
    name = given.get("name") or domain
    country = given.get("country", "").upper() or _country(suffix)
    guess = {
        "id": _free((_slug(name) if name.isascii() else "") or _slug(domain) or "source", taken),
        "name": name,
        "country": country,
        "language": _LANGUAGE_OF_COUNTRY.get(country, "und"),
        "bloc": UNKNOWN_BLOC,
        "family": _slug(domain) or "unknown",
        "tier": "4",
    }
    fields: dict[str, Any] = {**guess, **given}
    if fields["tier"].isdigit():
        fields["tier"] = int(fields["tier"])
    entry = {**fields, "feeds": list(feeds)}
    with tempfile.TemporaryDirectory() as folder:
        # Through the file's own loader, so that a field is refused in the same words wherever it is declared.
        path = Path(folder) / "source.yaml"
        path.write_bytes(json.dumps({"sources": [entry]}, ensure_ascii=False).encode("utf-8", "replace"))
        try:
            (source,) = load_sources(path)
        except ConfigError as error:
            lines = [line.partition("sources[0].")[2] or line for line in str(error).split("\n")]
            raise ConfigError("\n".join(lines)) from None
    return Completed(source, tuple(field for field in guess if field not in given))


def _domain(url: str) -> tuple[str, str]:
    """The registered domain of `url` and its public suffix; for an address without one the host as it is."""
    host = (urlsplit(url).hostname or "").lower()
    try:
        return str(ipaddress.ip_address(host)), ""
    except ValueError:
        found = _extract(host)
        return (found.top_domain_under_public_suffix or host, found.suffix)


def _country(suffix: str) -> str:
    last = suffix.rpartition(".")[2]
    if last in _COUNTRY_OF_SUFFIX:
        return _COUNTRY_OF_SUFFIX[last]
    return last.upper() if len(last) == 2 and last.isascii() and last not in _NO_COUNTRY else UNKNOWN_COUNTRY


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60]


def _free(name: str, taken: Iterable[str]) -> str:
    used = {other.lower() for other in taken}
    number = 2
    free = name
    while free in used:
        free, number = f"{name}-{number}", number + 1
    return free


# -- edits that keep the file's comments -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Added:
    """What an edit did: ids of new sources, ids of sources that got feeds, and how many feeds were there already."""

    new: tuple[str, ...]
    extended: tuple[str, ...]
    known_feeds: int


def add_sources(path: Path, additions: Sequence[Completed], *, dry_run: bool = False) -> Added:
    """Append sources to the file at `path`; its comments and layout stay, guesses are marked `# guessed`.

    Feeds that the file has already are left out. A source whose id was declared and exists gets the new feeds. The
    result is checked before the file is replaced, in one step; with `dry_run` nothing is written. A missing file is
    created. Raises ConfigError when the file is, or would become, unusable.
    """
    before = path.read_bytes() if path.exists() else b"sources:\n"
    existing = load_sources(path) if path.exists() else ()
    feeds = {feed_key(url) for source in existing for url in source.feeds}
    ids = {source.id.lower(): index for index, source in enumerate(existing)}
    yaml = _round_trip(before)
    document = yaml.load(before.decode("utf-8-sig"))
    new: list[str] = []
    extended: list[str] = []
    known = 0
    for addition in additions:
        source = addition.source
        fresh = [url for url in source.feeds if feed_key(url) not in feeds]
        known += len(source.feeds) - len(fresh)
        feeds |= {feed_key(url) for url in fresh}
        if not fresh:
            continue
        if document["sources"] is None:
            document["sources"] = CommentedSeq()
        index = ids.get(source.id.lower())
        if index is not None and "id" not in addition.guessed:
            document["sources"][index]["feeds"].extend(fresh)
            extended.append(source.id)
        else:
            name = _free(source.id, ids)
            document["sources"].append(_entry(source, name, fresh, addition.guessed))
            ids[name.lower()] = len(document["sources"]) - 1
            new.append(name)
    if new or extended:
        _replace(path, before, _dump(yaml, document), dry_run=dry_run)
    return Added(tuple(new), tuple(dict.fromkeys(extended)), known)


def _entry(source: Source, name: str, feeds: Sequence[str], guessed: Sequence[str]) -> CommentedMap:
    entry = CommentedMap()
    for field, value in (
        ("id", name),
        ("name", source.name),
        ("country", source.country),
        ("language", source.language),
        ("bloc", source.bloc),
        ("family", source.family),
        ("tier", source.tier),
    ):
        entry[field] = value
        if field in guessed:
            entry.yaml_add_eol_comment("guessed", field)
    entry["feeds"] = CommentedSeq(feeds)
    return entry


def _round_trip(raw: bytes) -> YAML:
    """A reader and writer that indents lists as the file does."""
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 100_000
    found = re.search(rb"^sources:[^\n]*\n(?:[ ]*(?:#[^\n]*)?\n)*([ ]*)- ", raw, re.MULTILINE)
    offset = len(found.group(1)) if found else 0
    yaml.indent(mapping=2, sequence=offset + 2, offset=offset)
    return yaml


def _dump(yaml: YAML, document: object) -> bytes:
    text = io.StringIO()
    yaml.dump(document, text)
    return text.getvalue().encode()


def _replace(path: Path, before: bytes, after: bytes, *, dry_run: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        trial = Path(folder) / path.name
        trial.write_bytes(after)
        try:
            load_sources(trial)
        except ConfigError as error:
            raise ConfigError(f"{path}: not changed, because it would become unusable:\n{error}") from None
    if dry_run:
        return
    if path.exists() and path.read_bytes() != before:
        raise ConfigError(f"{path}: somebody else changed it at the same moment; nothing was written, try again.")
    write_atomically(path, after)
