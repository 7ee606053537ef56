"""Whom a Russian noun phrase names: the person in it, or the phrase itself, in the nominative. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from monitor.claims.speech.russian_words import Word
from monitor.claims.speech.verbs import word_set

_KINDS = word_set("""
    газета агентство издание телеканал журнал портал сайт компания корпорация госкорпорация концерн радиостанция
    телекомпания холдинг информагентство канал радио организация движение группировка интернет-издание медиагруппа
    еженедельник таблоид телерадиокомпания госкомпания фирма банк
""")  # fmt: skip
"""Words that say what a body is: "газета «Известия»" is Известия."""
_OPEN_ENDED = word_set(
    "источник представитель собеседник чиновник эксперт посол постпред человек специалист "
    "лицо житель "

                        "аналитик депутат сенатор делегат спецпредставитель")  # fmt: skip
"""Nouns to whose sense a preposition belongs: "источник в правительстве"."""
_BODIES = re.compile(
    r"мин(?:истерств|обор|фин|здрав|энерго|пром|эконом|юст|обр|сельхоз|транс)|пресс-служб|"
    r"правительств|ведомств|служб|генштаб|"
    r"штаб|парламент|банк|суд|комитет|совет|комисси|агентств|власт|полици|"
    r"источник|эксперт|аналитик|"
    r"министр|президент|премьер|глав|посол|посольств|представител|газет|сми|оон|центр|"
    r"институт|мэр|губернатор|цб",
    re.IGNORECASE,
)
_NO_PLACE = word_set("""
    интервью ход эфир связь год месяц время рамка комментарий соцсеть беседа заявление сообщение выступление речь
    канал
    твиттер ответ январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь неделя день начало
    конец
    середина частность целое последний очередь итог свет брифинг пресс-конференция встреча саммит заседание
    конференция
    переговоры съезд совещание телеграм-канал статья послание обращение форум понедельник вторник среда четверг
    пятница
    суббота воскресенье сеть телеграм прошлое декларация доклад пост случай том это
""")  # fmt: skip
"""Places of "в …" that speak of where and when something is said, not of who says it."""
_COUNTING = word_set("несколько двое трое четверо ряд большинство многие пять десятки сотни")
_STOP = ("VERB", "INFN", "GRND", "PRTS", "ADVB", "CONJ", "PRCL", "PRED", "COMP", "PREP", "INTJ")
_DAYS = word_set("сегодня вчера завтра ранее позднее накануне утром днем вечером ночью также тоже уже еще")


@dataclass(frozen=True, slots=True)
class Noun:
    """Somebody named: the name in the nominative, and where it was read."""

    name: str
    start: int
    end: int
    person: bool = False
    body: bool = False


def noun_phrase(text: str, words: Sequence[Word], start: int, end: int, case: str | None) -> Noun | None:
    """Whom the phrase at `start` names that stands in `case` (None: in any), up to a comma or whatever ends it."""
    run = [word for word in words if start <= word.start and word.end <= end]
    for index, word in enumerate(run):
        if index and word.bounded:
            run = run[:index]
            break
    cases = [case] if case is not None else ["nomn", "gent", "ablt", "datv", "accs", "loct"]
    for one in cases:
        head = _head(run, one)
        if head is None:
            continue
        run = run[: _extent(text, run, head)]
        return _named(text, run, head, one)
    return None


def noun_before(text: str, words: Sequence[Word], start: int, end: int, verb: Any) -> Noun | None:  # noqa: ANN401
    """The subject of `verb` in the nominative among the words between `start` and `end`, or None."""
    run = [word for word in words if start <= word.start and word.end <= end]
    index = 0
    while index < len(run):
        word = run[index]
        if _is(word, "PREP"):
            index += 1
            if index < len(run) and run[index].folded in {
                "этом",
                "том",
                "это",
                "чем",
            }:  # "Об этом Владимир Путин сказал"
                index += 1
                continue
            while index < len(run) - 1 and _reads(run[index], ("ADJF", "PRTF", "NUMR")):
                index += 1
            index += 1
            # what follows the object in the genitive belongs to it, too
            while (
                index < len(run)
                and (_only_oblique(run[index]) or run[index].is_acronym)
                and not _is(run[index], "PREP")
            ):
                index += 1
            continue
        if word.folded in _COUNTING and (noun := noun_phrase(text, words, run[index].end, end, None)) is not None:
            return Noun(text[word.start : noun.end], word.start, noun.end)  # несколько источников
        noun = noun_phrase(text, words, word.start, end, "nomn") if _agrees(run, index, verb) else None
        if noun is not None and not any(_is_object(one) for one in run[index:] if one.end <= noun.end and noun.person):
            return _with_others(text, words, noun, end, verb)
        index += 1
    return None


def _with_others(text: str, words: Sequence[Word], noun: Noun, end: int, verb: Any) -> Noun:  # noqa: ANN401
    """ "Путин и Си заявили": both, where the verb asks for more than one."""
    joined = re.compile(r"\s+и\s+").match(text, noun.end, end) if verb.tag.number == "plur" else None
    other = noun_phrase(text, words, joined.end(), end, "nomn") if joined is not None else None
    if other is None:
        return noun
    return Noun(f"{noun.name} и {other.name}", noun.start, other.end, noun.person, noun.body)


def place_name(text: str, words: Sequence[Word]) -> Noun | None:
    """Кремль of "в Кремле заявили", МИД РФ of "сообщили в МИД РФ"."""
    for index, word in enumerate(words[:-1]):
        if word.folded not in {"в", "во", "на"}:
            continue
        noun = noun_phrase(text, words, words[index + 1].start, words[-1].end, "loct")
        if noun is None:
            continue
        head = _head([one for one in words if one.start >= words[index + 1].start], "loct")
        first = words[index + 1 + (head or 0)] if index + 1 + (head or 0) < len(words) else words[index + 1]
        reading = first.in_case("loct") or first.in_case("accs")
        lemma = reading.normal_form if reading is not None else first.folded
        if (
            lemma not in _NO_PLACE
            and not first.text[0].isdigit()
            and first.folded not in {"telegram", "twitter", "facebook"}
        ):
            return noun
    return None


# -- the phrase -------------------------------------------------------------------------------------------------------


def _head(run: Sequence[Word], case: str) -> int | None:
    """The index of the noun that stands in `case`, after its adjectives."""
    for index, word in enumerate(run):
        if _is(word, "PREP") or word.folded in _DAYS:
            return None
        noun = word.in_case(case)
        adjective = word.in_case(case, ("ADJF", "PRTF", "NUMR"))
        if noun is not None and (
            adjective is None or noun.score >= adjective.score or index == len(run) - 1 or word.is_name
        ):
            return None if "NPRO" in noun.tag and index == 0 else index
        if adjective is not None:
            if index + 1 == len(run) or not (
                run[index + 1].in_case(case)
                or run[index + 1].in_case(case, ("ADJF", "PRTF"))
                or _foreign(run[index + 1])
            ):
                return index if word.is_capital or "Subx" in adjective.tag or adjective.tag.number == "plur" else None
            continue
        if _foreign(word) or word.is_name:
            return index
        return None
    return None


def _foreign(word: Word) -> bool:
    """Latin names and acronyms have no case."""
    return word.is_acronym or (not word.is_cyrillic and word.is_capital)


def _extent(text: str, run: Sequence[Word], head: int) -> int:
    """How many words of the run belong to the noun at `head`."""
    open_ended = any(one.normal_form in _OPEN_ENDED for one in run[head].readings[:3])
    index = head + 1
    while index < len(run):
        word = run[index]
        if (
            _is(word, "PREP")
            and open_ended
            and index + 1 < len(run)
            and word.folded in {"в", "во", "из", "от", "при", "на", "по"}
        ):
            inner = run[index + 1 :]
            case = "gent" if word.folded in {"из", "от"} else "datv" if word.folded == "по" else "loct"
            first = _head(inner, case)
            if first is None:
                break
            return index + 1 + _extent(text, inner, first)
        if word.is_capital or word.quoted or _inside_quotes(text, run, index):
            index += 1
            continue
        if any(_is(word, part) for part in _STOP) or word.folded in _DAYS or word.text[0].isdigit():
            break
        if word.in_case("gent", ("NOUN", "ADJF", "PRTF", "NUMR")) is None and not _instrumental(run, index, head):
            break
        index += 1
    return index


def _instrumental(run: Sequence[Word], index: int, head: int) -> bool:
    del head
    return index > 0 and run[index].in_case("ablt") is not None and run[index - 1].folded in {"с", "со"}


def _inside_quotes(text: str, run: Sequence[Word], index: int) -> bool:
    between = text[run[0].start - 1 if run[0].start else 0 : run[index].start]
    return between.count("«") > between.count("»")


def _named(text: str, run: Sequence[Word], head: int, case: str) -> Noun:
    """The person at the end of the phrase, the name after a word like газета, or the whole phrase."""
    first = len(run)
    while first > 0 and run[first - 1].is_capital and run[first - 1].is_cyrillic and not run[first - 1].is_acronym:
        if run[first - 1].quoted or _inside_quotes(text, run, first - 1):
            break
        first -= 1
    # "главы МИД России Сергея Лаврова": a country, or an adjective that opens the sentence, begins no name
    while (
        first < len(run)
        and not run[first].is_name
        and (first > head or first < len(run) - 1)
        and not _begins_name(run, first)
    ):
        first += 1
    people = run[first:]
    if people and (any(word.is_name for word in people)) and first >= min(head, len(run) - 1):
        return _person(people, case)
    quoted = next(
        (
            index
            for index, word in enumerate(run)
            if index > head and (word.quoted or (not word.is_cyrillic and word.is_capital))
        ),
        None,
    )
    if quoted is not None and any(one.normal_form in _KINDS for one in run[head].readings[:2]) and quoted <= head + 2:
        name = text[run[quoted].start : run[-1].end]
        return Noun(_bare(name), run[quoted].start, run[-1].end, body=True)
    begin, end = run[0].start, run[-1].end
    reading = run[head].in_case(case)
    gender = str(reading.tag.gender) if reading is not None and reading.tag.number != "plur" else None
    name, at = "", begin
    for index, word in enumerate(run[: head + 1]):
        parts = ("NOUN", "NPRO") if index == head else ("ADJF", "PRTF", "NUMR")
        name += text[at : word.start] + _nominative(word, case, parts, gender)
        at = word.end
    name += text[at:end]
    if text[begin - 1 : begin] in {"«", "“", '"'} and text[end : end + 1] in {"»", "”", '"'}:
        name = name.strip('«»“”"')
    elif name.count("«") > name.count("»") and text[end : end + 1] == "»":
        name, end = name + "»", end + 1
    return Noun(name, begin, end, body=_BODIES.search(run[head].text) is not None or run[head].is_acronym)


def _begins_name(run: Sequence[Word], index: int) -> bool:
    """Си of "Си Цзиньпин": a short word that a name follows, and no country."""
    word = run[index]
    if index + 1 >= len(run) or not run[index + 1].is_name:
        return False
    known = any("Geox" in one.tag for one in word.readings) or word.in_case("gent", ("ADJF",)) is not None
    return not known and len(word.text) <= 5 and not any(str(one.tag.POS) == "ADJF" for one in word.readings[:1])


def _person(people: Sequence[Word], case: str) -> Noun:
    gender = None
    for word in people:
        reading = word.in_case(case)
        if reading is not None and ("Name" in reading.tag or "Patr" in reading.tag):
            gender = reading.tag.gender
            break
    name = " ".join(_nominative(word, case, ("NOUN", "ADJF"), gender) for word in people)
    return Noun(name, people[0].start, people[-1].end, person=True)


def _nominative(word: Word, case: str, parts: Sequence[str], gender: str | None) -> str:
    """The word in the nominative of its own number; as it is where it is that already or has no cases."""
    if case == "nomn" or not word.is_cyrillic or word.is_acronym:
        return word.text
    readings = [
        one for one in word.readings if str(one.tag.case) in {case, case[:3] + "2"} and str(one.tag.POS) in parts
    ]
    if word.is_capital:
        readings.sort(key=lambda one: not ("Surn" in one.tag or "Name" in one.tag or "Patr" in one.tag))
        readings = [one for one in readings if one.tag.number != "plur"] or readings
    if gender is not None:
        readings = [one for one in readings if one.tag.gender in {gender, None}] or readings
    elif word.is_capital:  # a surname alone: "по словам Новака", hardly a woman's
        readings.sort(key=lambda one: one.tag.gender != "masc")
    if not readings:
        return word.text
    wanted = {"nomn", str(readings[0].tag.number or "sing")}
    formed = readings[0].inflect(wanted) or readings[0].inflect({"nomn"})
    initials = word.text[: len(word.text) - len(word.bare)]
    return initials + _as_written(formed.word, word.bare) if formed is not None else word.text


def _as_written(form: str, written: str) -> str:
    if not written[0].isupper():
        return form
    return "-".join(part[:1].upper() + part[1:] if old[:1].isupper() else part
                    for part, old in zip(form.split("-"), written.split("-"), strict=False))  # fmt: skip


def _bare(name: str) -> str:
    return name.strip('«»“”" ')


# -- words ------------------------------------------------------------------------------------------------------------


def _is(word: Word, part: str) -> bool:
    return bool(word.readings) and str(word.readings[0].tag.POS) == part


def _reads(word: Word, parts: Sequence[str]) -> bool:
    return any(str(one.tag.POS) in parts for one in word.readings[:3])


def _only_oblique(word: Word) -> bool:
    """Whether a word can be no subject: it has cases, and none of them is the nominative."""
    cases = {str(one.tag.case) for one in word.readings if one.tag.case is not None and one.score > 0.05}
    return bool(cases) and "nomn" not in cases


def _is_object(word: Word) -> bool:
    """Whether a name stands in a case of an object: "Джо Байдена предупреждают". (Чжаньшу only looks like a dative.)"""
    return word.is_name and _only_oblique(word) and word.folded.endswith(("а", "я", "ого", "его", "ом", "ым"))


def _agrees(run: Sequence[Word], index: int, verb: Any) -> bool:  # noqa: ANN401
    """Whether the phrase that begins at `index` can be the subject of `verb`: in the nominative, of its number."""
    word = run[index]
    if word.folded in _DAYS or word.text[0].isdigit() or word.folded.startswith("котор"):
        return False
    if _foreign(word) or (word.quoted and word.is_capital):
        return True
    plural = verb.tag.number == "plur"
    for reading in word.readings:
        if str(reading.tag.case) != "nomn" or reading.score < 0.02:
            continue
        if str(reading.tag.POS) not in {"NOUN", "ADJF", "PRTF", "NUMR"}:
            continue
        if (reading.tag.number == "plur") == plural and _gender_fits(run, index, reading, verb):
            return True
        if plural and str(reading.tag.POS) == "NOUN" and any(one.folded == "и" for one in run[index + 1 :]):
            return True
    return word.is_name and not _only_oblique(word)


def _gender_fits(run: Sequence[Word], index: int, reading: Any, verb: Any) -> bool:  # noqa: ANN401
    gender = verb.tag.gender
    if gender is None or reading.tag.gender in {gender, None} or "Fixd" in reading.tag:
        return True
    # "министр сообщила": an office of masculine gender, held by a woman
    return "anim" in reading.tag and gender == "femn" and index < len(run)
