"""An archive in memory for tests of what is believed: it keeps what was decided and gives the ledgers that the real
one would give."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.changes import Dated, Decision, Ledger, Outlets, belief_filter, decide, rebuild
from monitor.changes.telling import HELD
from monitor.model import Belief, Change, Observation, Source, Withdrawal, key
from monitor.watchlist import Claim

NOON = datetime(2022, 9, 15, 12, tzinfo=UTC)

_BLOCKS: dict[str, dict[str, Any]] = {
    "quantity": {"quantity": {"unit": "bcm/yr"}},
    "date": {"date": {"earliest": "2022-01-01", "latest": "2023-12-31"}},
    "status": {"ladder": ["proposed", "in_talks", "memorandum", {"signed": "signed"}, {"built": "built"}]},
    "stance": {"stances": {"supports": "supports", "neutral": "neutral", "opposes": "opposes"}},
    "category": {"values": {name: name.lower() * 2 for name in ("RUB", "CNY", "USD", "EUR")}},
    "role_holder": {"role": "chair"},
}


def minutes(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def make_claim(kind: str = "quantity", start: Any = None, **more: Any) -> Claim:
    """A claim of a kind, with the value it starts from."""
    given: dict[str, Any] = {"id": "a_claim", "topic": "t", "kind": kind, "says": "it is so", "subject": "s"}
    if start is not None:
        given["baseline"] = {"value": start, "as_of": "2022-09-01"} | more.pop("baseline", {})
    return Claim.model_validate(given | _BLOCKS[kind] | more)


def make_source(name: str, **more: Any) -> Source:
    fixed: dict[str, Any] = {
        "name": name.title(),
        "country": "uz",
        "language": "en",
        "bloc": "neutral",
        "family": name,
        "tier": 2,
        "feeds": (),
    }
    return Source(id=name, **fixed | more)


SOURCES = [
    *(make_source(name) for name in ("ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen")),
    make_source("bee_tv", family="bee"),
    make_source("wire", tier=1),
]


def say(value: Any, at: float = 0, by: str = "ant", **more: Any) -> Dated:
    """An observation, `at` minutes after noon, by an outlet. A range is a tuple; `-` before a value denies it."""
    low, high = value if isinstance(value, tuple) else (value, None)
    text = str(low)
    denied = isinstance(low, str) and low.startswith("-")
    fixed: dict[str, Any] = {
        "claim_id": "a_claim",
        "kind": "quantity",
        "article_id": f"{by} {at}",
        "source_id": by,
        "value": text.removeprefix("-"),
        "polarity": "-" if denied else "+",
        "comparator": "range" if high is not None else "eq",
        "number_hi": high,
        "field": "text",
        "start": 0,
        "end": 9,
        "sentence": f"{by} says {text} at {at}.",
        "language": "en",
        "published": minutes(at),
        "observed_at": minutes(at),
        "extractor": "test",
        "watchlist_hash": "w",
    }
    given = fixed | more
    given.setdefault("revision_id", given["article_id"])
    if given["kind"] == "quantity":
        given["number"] = float(given["value"])
    if given.get("speaker") and "speaker_entity" not in given:
        given["speaker_entity"] = given["speaker"].lower()
    identity = key(
        *(
            str(given[name])
            for name in ("article_id", "revision_id", "value", "polarity", "start", "speaker_entity")
            if name in given
        )
    )
    return Dated(Observation(observation_id=f"{by} {text} {at} {identity[:4]}", **given), minutes(at))


def retold(one: Dated, by: str, at: float, **more: Any) -> Dated:
    """The same observation, word for word, in another outlet."""
    told = one.observation
    given = {"sentence": told.sentence, "kind": told.kind} | more
    return say(told.value, at, by, **given)


@dataclass
class Book:
    """What the archive holds of one claim."""

    claim: Claim
    sources: list[Source] = field(default_factory=lambda: list(SOURCES))
    dated: list[Dated] = field(default_factory=list)
    withdrawals: list[Withdrawal] = field(default_factory=list)
    beliefs: list[Belief] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.add(rebuild(self.claim, self.ledger(), outlets=self.outlets, watchlist_hash="w"))

    @property
    def outlets(self) -> Outlets:
        return Outlets({source.id: source for source in self.sources})

    def ledger(self, since: datetime | None = None) -> Ledger:
        """What the archive would read for observations from `since` on."""
        if since is None:
            return Ledger(
                after=tuple(self.dated), withdrawals=tuple(self.withdrawals), beliefs=tuple(self.beliefs),
                changes=tuple(self.changes),
            )  # fmt: skip
        return Ledger(
            since=since,
            before=tuple(self._latest_articles(since)),
            after=tuple(one for one in self.dated if one.at >= since),
            withdrawals=tuple(self.withdrawals),
            beliefs=tuple(self._beliefs(since)),
            changes=tuple(self._changes(since)),
        )

    def _latest_articles(self, since: datetime) -> Iterable[Dated]:
        modalities, aspects = belief_filter(self.claim)
        counted = [
            one
            for one in self.dated
            if one.at < since and one.observation.modality in modalities and one.observation.aspect in aspects
        ]
        latest: dict[tuple[object, ...], datetime] = {}
        for one in counted:
            place = _place(one)
            latest[place] = max(one.at, latest.get(place, one.at))
        wanted = {(one.observation.source_id, one.at) for one in counted if latest[_place(one)] == one.at}
        return [one for one in counted if (one.observation.source_id, one.at) in wanted]

    def _beliefs(self, since: datetime) -> Iterable[Belief]:
        newest: dict[tuple[str, str, datetime], Belief] = {}
        for one in sorted(self.beliefs, key=lambda one: one.version):
            newest[one.layer, one.holder, one.valid_from] = one
        last: dict[tuple[str, str], datetime] = {}
        for layer, holder, at in newest:
            if at < since:
                last[layer, holder] = max(at, last.get((layer, holder), at))
        return [
            one
            for (layer, holder, at), one in newest.items()
            if layer == "overall" or at >= since or last[layer, holder] == at
        ]

    def _changes(self, since: datetime) -> Iterable[Change]:
        last: dict[str | None, Change] = {}
        for one in sorted(self.changes, key=lambda one: (one.occurred_at, one.change_id)):
            if one.layer == "overall" and one.suppressed in {None, *HELD}:
                last[one.suppressed] = one
        recent = [one for one in self.changes if one.occurred_at >= since]
        return {one.change_id: one for one in (*last.values(), *recent)}.values()

    def hear(self, *new: Dated, old_news: Iterable[str] = (), lost: Iterable[Withdrawal] = ()) -> list[Change]:
        """Take in what is new, in one batch, and return the changes; all that is recorded stays recorded."""
        lost = list(lost)
        said = {one.observation.observation_id: one for one in self.dated}
        since = min([one.at for one in new] + [one.at for one in lost], default=None)
        known = {one.observation.observation_id for one in self.dated}
        fresh = [one for one in new if one.observation.observation_id not in known]
        decision = decide(
            self.claim, self.ledger(since), new, outlets=self.outlets, watchlist_hash="w", old_news=set(old_news),
            lost=[(gone, said[gone.observation_id]) for gone in lost],
        )  # fmt: skip
        self.dated += {one.observation.observation_id: one for one in fresh}.values()
        self.withdrawals += lost
        return self.add(decision)

    def add(self, decision: Decision) -> list[Change]:
        ids = {one.belief_id for one in self.beliefs}
        assert not ids & {one.belief_id for one in decision.beliefs}, "a belief was decided twice"
        self.beliefs += decision.beliefs
        known = {one.change_id for one in self.changes}
        added = [one for one in decision.changes if one.change_id not in known]
        self.changes += added
        return added

    def told(self) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
        """All that was told, in order."""
        return [(one.kind, one.old, one.new) for one in self.changes if one.suppressed is None]

    def believed(self, layer: str = "overall", holder: str = "", at: datetime | None = None) -> tuple[str, ...]:
        """What is believed at a moment (None: now), as known now."""
        events = [
            one
            for one in self.beliefs
            if (one.layer, one.holder) == (layer, holder) and (at is None or one.valid_from <= at)
        ]
        if not events:
            return ()
        newest = max(events, key=lambda one: (one.valid_from, one.version))
        return tuple(f"not {one}" for one in newest.values) if newest.polarity == "-" else newest.values


def _place(one: Dated) -> tuple[object, ...]:
    told = one.observation
    return told.source_id, told.speaker_entity, told.speaker, told.chain, told.polarity
