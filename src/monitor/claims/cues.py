"""Which words of a watchlist's claims are looked for, and which claims an article could say something about. Pure.

Every list of words of a claim is a group for the `Finder` (`ps2_capacity:cues`); entities are groups of their own.
An automaton over the folded text tells which groups occur at all; a claim is looked at only when its subject occurs
and, beside it, the words without which no sentence can speak of it.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from monitor.phrases import Group
from monitor.watchlist import Claim, Watchlist
from monitor.watchlist.aliases import Texts

REACH = 600
"""Characters of a page within which the words of one sentence stand, whatever an extraction leaves out between them."""
CARRIED = 5_000
"""The same for a sentence and the three before it."""
TITLES = 3_000
"""Characters at both ends of what is known of a page that hold its titles: the page's come first, the feed's last."""


@dataclass(frozen=True)
class Prepared:
    """A claim with the names of its groups; those it does not use are empty. `options` are the steps, stances or
    values by id, each with its group."""

    claim: Claim
    cues: str = ""
    also_called: str = ""
    with_: str = ""
    without: str = ""
    rivals_text: str = ""
    counted: str = ""
    not_dated: str = ""
    old_after: str = ""
    role: str = ""
    options: Mapping[str, str] = ()  # type: ignore[assignment]

    @cached_property
    def needed(self) -> tuple[tuple[str, ...], ...]:
        """Sets of groups, of each of which one must occur in a sentence (or the title) that speaks of the claim."""
        sets: list[tuple[str, ...]] = [(name,) for name in (self.cues, self.with_, self.role) if name]
        if self.options:
            sets.append(tuple(self.options.values()))
        if self.claim.target:
            sets.append(self.claim.target)
        return tuple(sets)

    @cached_property
    def anchors(self) -> tuple[str, ...]:
        """The groups of which each sentence that speaks of the claim holds one: the options, the role, else the cues.
        None where the claim has no words but its subject's: then any sentence near the subject may do."""
        if self.options:
            return tuple(self.options.values())
        return tuple(name for name in (self.role, self.cues) if name)[:1]

    @cached_property
    def groups(self) -> frozenset[str]:
        """All groups of words of the claim's own."""
        own = (self.cues, self.also_called, self.with_, self.without, self.rivals_text, self.counted, self.not_dated)
        every = (*own, self.old_after, self.role, *self.options.values())
        return frozenset(name for name in every if name)

    def named_by(self, present: frozenset[str]) -> bool:
        """Whether the claim's subject (or its words, where it has none) is among the groups that occur."""
        heads = self.claim.subject or self.anchors
        return (all if self.claim.subject_all else any)(name in present for name in heads)

    def possible(self, present: frozenset[str]) -> bool:
        """Whether a sentence could speak of the claim where only groups of `present` occur."""
        return all(any(name in present for name in names) for names in self.needed)

    def possible_places(self, starts: Callable[[str], list[int]], length: int) -> list[int]:
        """Where in a text all that a sentence needs stands near enough for one; `starts` gives the places of a group,
        in order, and is asked for no more than it takes.

        The subject, the target and `with` may stand some sentences before, or in the title, which is near one of the
        ends of what is known of a page.
        """
        subject = self.claim.subject
        loose = {subject, (self.with_,), self.claim.target} - {()}
        places: dict[tuple[str, ...], list[int]] = {}
        for names in (*([subject] if subject else []), *self.needed):
            each = [starts(name) for name in names]
            if not (all if names == subject and self.claim.subject_all else any)(each):
                return []
            places[names] = sorted(start for some in each for start in some)
        near = [some for names, some in places.items() if names not in loose] or [places[subject]]
        found = [start for start in near[0] if all(_has_near(start, others, REACH) for others in near[1:])]
        for names in loose & places.keys():
            named = places[names]
            if named[0] > TITLES and named[-1] < length - TITLES:
                found = [start for start in found if _has_near(start, named, CARRIED)]
        return found


def _has_near(start: int, others: list[int], reach: int) -> bool:
    at = bisect_left(others, start - reach)
    return at < len(others) and others[at] <= start + reach


def prepare(watchlist: Watchlist) -> tuple[tuple[Prepared, ...], tuple[Group, ...], tuple[Group, ...]]:
    """The claims made ready; the groups of entities; the groups of the claims' own words."""
    entities = tuple(Group(name, entity.aliases, competes=True) for name, entity in watchlist.entities.items())
    words: list[Group] = []
    return tuple(_prepare(claim, words) for claim in watchlist.claims), entities, tuple(words)


def _prepare(claim: Claim, words: list[Group]) -> Prepared:
    def group(name: str, texts: Texts | None) -> str:
        if texts is None:
            return ""
        words.append(Group(f"{claim.id}:{name}", aliases_of(texts), competes=False))  # ids hold no colon
        return words[-1].name

    return Prepared(
        claim,
        cues=group("cues", claim.cues),
        also_called=group("also_called", claim.also_called),
        with_=group("with", claim.with_),
        without=group("without", claim.without),
        rivals_text=group("rivals_text", claim.rivals_text),
        counted=group("counted", claim.quantity.counted if claim.quantity else None),
        not_dated=group("not_dated", claim.not_dated),
        old_after=group("old_after", claim.old_after),
        role=group("role", claim.role),
        options={name: entity or group(f"option {name}", texts) for name, entity, texts in _options(claim)},
    )


def _options(claim: Claim) -> Iterator[tuple[str, str | None, Texts | None]]:
    for step in claim.ladder:
        if step.cues:
            yield step.id, None, step.cues
    for name, texts in claim.stances.items():
        yield name, None, texts
    for name, value in claim.values.items():
        yield name, value.entity, value.texts


def aliases_of(texts: Texts) -> tuple[str, ...]:
    """The aliases of all languages, each once: every one is looked for in every text."""
    return tuple(dict.fromkeys(alias for some in texts.values() for alias in some))
