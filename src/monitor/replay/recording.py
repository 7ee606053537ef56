"""What a recording says: outlets, and when each of their articles was published, edited and deleted. Pure."""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, cast

import pydantic
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from monitor.errors import ConfigError

FeedFormat = Literal["rss", "atom", "json", "rdf"]
RESERVED = frozenset({"feeds.json", "sources.yaml", "clock", "fault", "log", "publish", "edit", "delete", "robots.txt"})
"""Names of control addresses, which no outlet may have."""
MAX_BYTES = 500_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One invented outlet: what sources.yaml wants to know of it, and how it serves its feed and pages."""

    id: str
    name: str
    site: str = ""
    language: str = "en"
    country: str = "ZZ"
    bloc: str = "unknown"
    family: str = ""
    tier: int = 4
    feed: FeedFormat = "rss"
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """An article as it stood from `at` on (recorded time, UTC)."""

    at: datetime
    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedArticle:
    """An article with all its versions, the oldest first, and when it was deleted."""

    outlet: str
    article: str
    versions: tuple[Version, ...]
    authors: tuple[str, ...] = ()
    video: bool = False
    copy_of: str | None = None
    deleted_at: datetime | None = None

    @property
    def published(self) -> datetime:
        """When it first appeared, in recorded time."""
        return self.versions[0].at

    def at(self, now: datetime) -> Version | None:
        """The version that stands at `now`; None before it appears and after it was deleted."""
        if self.deleted_at is not None and now >= self.deleted_at:
            return None
        return next((version for version in reversed(self.versions) if version.at <= now), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Outlets by id, articles by (outlet, article) in the order of their appearance, and the time they span.

    `notice` is shown on every page, by language (`zh-Hant` falls back to `zh`, and anything to `en`).
    """

    title: str
    start: datetime
    end: datetime
    outlets: Mapping[str, Outlet]
    articles: Mapping[tuple[str, str], RecordedArticle]
    notice: Mapping[str, str] = field(default_factory=dict)

    def notice_in(self, language: str) -> str:
        """The notice for readers of `language`, empty when the recording has none."""
        return self.notice.get(language) or self.notice.get(language.partition("-")[0]) or self.notice.get("en", "")


# -- the lines of a recording ----------------------------------------------------------------------------------------

_Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]
_Text = Annotated[str, Field(min_length=1, max_length=100_000)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Head(_Line):
    kind: Literal["recording"]
    title: str = "A recording"
    start: datetime | None = None
    end: datetime | None = None
    notice: dict[str, str] = Field(default_factory=dict)


class _OutletLine(_Line):
    kind: Literal["outlet"]
    id: _Slug
    name: _Text
    site: str = ""
    language: str = "en"
    country: str = "ZZ"
    bloc: str = "unknown"
    family: str = ""
    tier: int = Field(default=4, ge=1, le=4)
    feed: FeedFormat = "rss"
    encoding: str = "utf-8"


class _Publish(_Line):
    kind: Literal["publish"]
    at: datetime
    outlet: str
    article: _Slug
    title: _Text
    paragraphs: Annotated[list[_Text], Field(min_length=1)]
    authors: list[str] = Field(default_factory=list)
    video: bool = False
    copy_of: str | None = None


class _Edit(_Line):
    kind: Literal["edit"]
    at: datetime
    outlet: str
    article: str
    title: _Text | None = None
    paragraphs: Annotated[list[_Text], Field(min_length=1)] | None = None


class _Delete(_Line):
    kind: Literal["delete"]
    at: datetime
    outlet: str
    article: str


_AnyLine = TypeAdapter[_Head | _OutletLine | _Publish | _Edit | _Delete](
    Annotated[_Head | _OutletLine | _Publish | _Edit | _Delete, Field(discriminator="kind")]
)


def load_recording(path: Path) -> Recording:
    """The recording at `path`: JSON Lines, also compressed with gzip.

    Raises ConfigError with the number of the first line that is wrong and why.
    """
    head = _Head(kind="recording")
    outlets: dict[str, Outlet] = {}
    articles: dict[tuple[str, str], RecordedArticle] = {}
    for number, raw in _lines(path):
        try:
            line = _AnyLine.validate_json(raw)
            match line:
                case _Head():
                    head = line
                case _OutletLine():
                    _add_outlet(outlets, line)
                case _:
                    apply_event(outlets, articles, line)
        except pydantic.ValidationError as error:
            detail = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in detail["loc"])
            raise ConfigError(f"{path}:{number}: {place + ': ' if place else ''}{detail['msg']}") from None
        except ValueError as error:
            raise ConfigError(f"{path}:{number}: {error}") from None
    if not outlets:
        raise ConfigError(f"{path}: no line declares an outlet, so there is nothing to replay.")
    times = [version.at for article in articles.values() for version in article.versions]
    start = _utc(head.start) if head.start else min(times, default=datetime(1970, 1, 1, tzinfo=UTC))
    end = _utc(head.end) if head.end else max(times, default=start)
    in_order = dict(sorted(articles.items(), key=lambda item: item[1].published))
    return Recording(
        title=head.title, start=start, end=end, outlets=outlets, articles=in_order, notice=dict(head.notice)
    )


def demo_recording() -> Path:
    """The recording that comes with the package."""
    return Path(str(files("monitor") / "demo_data" / "recording.jsonl"))


def apply_event(
    outlets: Mapping[str, Outlet],
    articles: dict[tuple[str, str], RecordedArticle],
    event: "_Publish | _Edit | _Delete",
) -> None:
    """Put one event into `articles`. Raises ValueError when it speaks of an outlet or article that is not there."""
    if event.outlet not in outlets:
        raise ValueError(f'"{event.outlet}" is no outlet of this recording; declare it on a line above')
    place = (event.outlet, event.article)
    known = articles.get(place)
    at = _utc(event.at)
    if isinstance(event, _Publish):
        if known is not None:
            raise ValueError(f'"{event.article}" of "{event.outlet}" was published before; use "kind": "edit"')
        articles[place] = RecordedArticle(
            outlet=event.outlet,
            article=event.article,
            versions=(Version(at=at, title=event.title, paragraphs=tuple(event.paragraphs)),),
            authors=tuple(event.authors),
            video=event.video,
            copy_of=event.copy_of,
        )
        return
    if known is None:
        raise ValueError(f'"{event.outlet}" has no article "{event.article}" on a line above')
    last = known.versions[-1]
    if at < last.at:
        raise ValueError(f"an edit or deletion cannot be older than what it changes ({last.at.isoformat()})")
    if isinstance(event, _Delete):
        articles[place] = replace(known, deleted_at=at)
        return
    paragraphs = last.paragraphs if event.paragraphs is None else tuple(event.paragraphs)
    version = Version(at=at, title=event.title or last.title, paragraphs=paragraphs)
    articles[place] = replace(known, versions=(*known.versions, version))


def event_of(kind: Literal["publish", "edit", "delete"], fields: Mapping[str, object]) -> "_Publish | _Edit | _Delete":
    """An event from a control request. Raises ValueError (pydantic's) with what is wrong."""
    return cast("_Publish | _Edit | _Delete", _AnyLine.validate_python({**fields, "kind": kind}))


def _add_outlet(outlets: dict[str, Outlet], line: _OutletLine) -> None:
    if line.id in outlets:
        raise ValueError(f'the outlet "{line.id}" is declared twice')
    if line.id in RESERVED:
        raise ValueError(f'an outlet cannot be named "{line.id}"')
    try:
        "".encode(line.encoding)
    except LookupError:
        raise ValueError(f'"{line.encoding}" is no encoding that Python knows') from None
    fields = line.model_dump(exclude={"kind"})
    outlets[line.id] = Outlet(**{**fields, "family": line.family or line.id})


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES)
        if raw[:2] == b"\x1f\x8b":
            with gzip.open(path) as unpacked:
                raw = unpacked.read(MAX_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ConfigError(f"{path}: cannot be read: {reason}.") from None
    for number, line in enumerate(raw.split(b"\n"), 1):
        if line.strip():
            yield number, line


def _utc(moment: datetime) -> datetime:
    """Recorded times without a zone are UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_time(text: str) -> datetime:
    """A recorded moment as people type it (`2022-09-15T12:00Z`). Raises ValueError."""
    return _utc(datetime.fromisoformat(text.strip()))


def dump_json(value: object) -> bytes:
    """JSON as the control addresses answer it."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
