"""Who a speaker is: the watchlist's entity, and the bloc that speaks through them. Pure.

An entity is the speaker where its name is all of the speaker, articles, titles and "spokesman for" aside. The bloc is
the entity's; else that of the outlet of this name; else, for an office of a country ("Russian officials"), the
country's, as the watchlist's places have it. "Russian analysts" and "men in Kyiv" speak for no bloc.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from monitor.language import fold, fold_text, russian_forms
from monitor.model import Source
from monitor.phrases import Finder, Group, Hit
from monitor.watchlist import Entity


class Resolved(NamedTuple):
    """The entity that speaks and the bloc it speaks for, each None where it cannot be told."""

    entity: str | None
    bloc: str | None


NOBODY = Resolved(None, None)

_EXTRAS = re.compile(
    r"(?:\b(?:the|a|an|its|mr|mrs|ms|dr|senior|top|chief|official|officials|spokes(?:man|"
    r"woman|person|people)|spokespersons|for|of|at|in|from|"
    r"representatives?|deputy|president|foreign|defen[cs]e|prime|minister|news|agency|newspaper|"
    r"statement|state|run|leader|"
    r"официальный|представител[ьи]|пресс-служба|пресс-секретарь|агентство|газета|издание|"
    r"президент|министр|глава|заместитель)\b|"
    r"发言人|新闻|官方|通讯社|负责人|总统|主席|总理|外长|防长|先生|女士|官员|报道|'s|’s|[\s,.\"'«»“”「」《》()—–-])+"
)
"""What may stand beside an entity's name in a speaker without making them somebody else; over folded text."""
_OFFICE = re.compile(
    r"\b(?:officials?|authorit(?:y|ies)|government|administration|ministry|minister|president|"
    r"presidency|parliament|lawmakers?|senators?|army|"
    r"military|forces|troops|navy|air force|general staff|command|commanders?|generals?|"
    r"spokes(?:man|woman|person)|envoys?|ambassadors?|embassy|"
    r"diplomats?|delegation|intelligence|security services?|police|prosecutors?|investigators?|"
    r"regulators?|central bank|"
    r"state (?:media|tv|television|news)|leader|leadership|side|council|duma|governor|"
    r"власт\w*|правительств\w*|министерств\w*|министр\w*|мид|минобороны|минфин\w*|президент\w*|"
    r"парламент\w*|депутат\w*|"
    r"арми\w*|военны\w*|войск\w*|генштаб\w*|командовани\w*|посол|посольств\w*|дипломат\w*|"
    r"делегаци\w*|разведк\w*|полици\w*|"
    r"прокуратур\w*|центробанк\w*|официальн\w*|чиновник\w*|ведомств\w*|лидер\w*|руководств\w*|"
    r"сторон\w*|глава|губернатор\w*|"
    r"представител\w*|госсми)\b|官[员方]|政府|当局|外交部|国防部|商务部|财政部|军方|总统|"
    r"主席|总理|首相|外长|防长|部长|发言人|大使|使馆|议会|议员|国会|"
    r"情报|警方|检方|央行|代表团|领导人|国务院|官媒|方面|[一-鿿]方$|[一-鿿]军$",
)
"""Words for offices that speak for a country; over folded text."""
_NOT_OFFICIAL = re.compile(
    r"\b(?:opposition|exiled?|former|ex-|jailed|dissidents?|critics?|rebels?|independent|"
    r"оппозици\w*|бывш\w*|экс-\w+|независим\w*)|"
    r"反对派|前(?:总统|总理|外长|官员|部长|首相)|流亡|异见"
)
_ARTICLE = re.compile(
    r"^(?:the|a|an|newspaper|(?:news )?agency|broadcaster|агентство|газета|издание|телеканал|журнал|портал|радио)\s+"
)
_NOT_NAME = re.compile(r"[\"'«»“”„「」《》]+")


class Speakers:
    """The watchlist's entities and the outlets, ready to be recognised as speakers. Building one reads all aliases, so
    keep it; safe between threads."""

    def __init__(self, entities: Mapping[str, Entity], sources: Iterable[Source] = ()) -> None:
        self._entities = dict(entities)
        groups = [Group(name, entity.aliases, competes=True) for name, entity in self._entities.items()]
        self._finder = Finder(groups)
        self._exact: dict[str, str] = {}
        for name, entity in self._entities.items():
            for alias in entity.aliases:
                self._exact.setdefault(_plain(alias.lstrip("=")), name)
        self._outlets: dict[str, str] = {}
        for source in sources:
            for name in (source.name, source.id):
                self._outlets.setdefault(_plain(name), source.bloc)
        self._resolve = lru_cache(maxsize=1_000)(self._looked_up)

    def resolve(self, speaker: str | None) -> Resolved:
        """Who the speaker is and for whom they speak; both None where nobody is named or nobody known."""
        return NOBODY if not speaker or not speaker.strip() else self._resolve(speaker[:300])

    def _looked_up(self, speaker: str) -> Resolved:
        plain = _plain(speaker)
        if (name := self._exact.get(plain)) is not None:
            return Resolved(name, self._entities[name].bloc or self._outlets.get(plain))
        hits = self._hits(speaker)
        whole = next((hit for hit in hits if self._is_all(speaker, hit)), None)
        if whole is not None:
            return Resolved(whole.group, self._entities[whole.group].bloc or self._outlets.get(plain))
        if plain in self._outlets:
            return Resolved(None, self._outlets[plain])
        return Resolved(None, self._bloc_of_parts(speaker, hits))

    def _hits(self, speaker: str) -> list[Hit]:
        folded = fold(speaker)
        found = self._finder.find({"text": (speaker, folded)}, self._finder.candidates(folded.text))
        hits = [hit for places in found.hits.values() for hit in places if "~" not in hit.alias]
        return sorted(hits, key=lambda hit: (hit.start, -hit.end))

    def _is_all(self, speaker: str, hit: Hit) -> bool:
        """Whether nothing but titles and the like stands beside the entity's name."""
        if self._entities[hit.group].type == "look-alike":
            return False
        rest = fold_text(speaker[: hit.start] + " " + speaker[hit.end :])
        if self._entities[hit.group].type == "place":  # "Moscow", never "officials in Moscow"
            return not _NOT_NAME.sub("", rest).strip(" .,'’s") or rest.strip() in {"the", "方面"}
        return not rest.strip() or _EXTRAS.fullmatch(rest) is not None

    def _bloc_of_parts(self, speaker: str, hits: list[Hit]) -> str | None:
        folded = fold_text(speaker)
        if _NOT_OFFICIAL.search(folded):
            return None
        known = [self._entities[hit.group] for hit in hits if self._entities[hit.group].bloc is not None]
        bodies = [entity for entity in known if entity.type in {"person", "organisation"}]
        if bodies:
            return bodies[0].bloc
        places = [entity for entity in known if entity.type == "place"]
        return places[0].bloc if places and _OFFICE.search(folded) else None


def resolve(speaker: str | None, entities: Mapping[str, Entity], sources: Iterable[Source] = ()) -> Resolved:
    """`Speakers(entities, sources).resolve(speaker)`, for a single question."""
    return Speakers(entities, sources).resolve(speaker)


def same_speaker(one: str | None, other: str | None) -> bool:
    """Whether two names are the same but for articles, quotation marks, letter case, script and Russian cases."""
    if one is None or other is None:
        return one is other
    first, second = _plain(one).split(), _plain(other).split()
    return len(first) == len(second) and all(map(_same_word, first, second))


def _same_word(one: str, other: str) -> bool:
    if one == other:
        return True
    cyrillic = "а" <= one[:1] <= "я" and "а" <= other[:1] <= "я"
    return cyrillic and not russian_forms(one).isdisjoint(russian_forms(other))


def _plain(name: str) -> str:
    """Folded, without an article, a word like агентство and quotation marks."""
    folded = _NOT_NAME.sub("", fold_text(name.replace("’", "'"))).strip()
    return _ARTICLE.sub("", " ".join(folded.split()))
