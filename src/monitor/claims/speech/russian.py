"""Who says what in a Russian sentence: patterns over words with their cases, and names put into the nominative. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.claims.speech.russian_names import Noun, noun_before, noun_phrase, place_name
from monitor.claims.speech.russian_words import Word, read_words
from monitor.claims.speech.sayings import Kind, Saying, Sense, Stand
from monitor.claims.speech.verbs import RUSSIAN, RUSSIAN_NEEDS_CLAUSE, word_set
from monitor.language import Span

_HINTS = re.compile(
    r" [—–-] |слов|данны|мнени|информаци|сведени|оценк|ссылк|ссыла|соглас|верси|подсчет|подсчёт|прогноз|убежд|:|"
    r"ска[зж]|гов|заяв|сообщ|отме[тч]|подч[её]рк|добав|поясн|объя|расска|уточн|утвержд|пи[сш]|переда|указ|призна|"
    r"подтвер|напомн|предупре|констат|информ|доложи|докладыв|отве[тч]|коммент|раскр|выска|выра[зж]|деклар|провозгл|подел|"
    r"изве[сщ]|оповес|резюм|завер|обвин|настаив|сосла|публик|цитир|привод|акцент|анонс|повтор|парир|рапорт|посет|жал|"
    r"свидет|назва|назыв|заме[тч]|оцен|отчита|пока[зж]|счит|полаг|дума|предпол|допус|допущ|подозр|посчит|намек|наде|подсч|сч[её]л|вер|"
    r"прогноз|предск|ожида|предр|предв|обещ|клял|угро|пригро|гарант|обяз|опров|отриц|отверг|дезав|исключ|усомн|сомнев",
    re.IGNORECASE,
)
_FRAMES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), case)
    for pattern, case in (
        (r"\b(?:по|со)\s+(?:\w+\s+)?словам?\b", "gent"),
        (r"\bпо\s+(?:(?:последним|предварительным|официальным|имеющимся|новым|свежим|первым|уточн[её]нным)\s+)?"
         r"(?:данным|сведениям|информации|оценк(?:е|ам)|подсч[её]там|версии|прогноз(?:у|ам)|расч[её]там|мнению|утверждению|"
         r"утверждениям|признанию|заявлению|сообщению|сообщениям|свидетельству|убеждению)\b", "gent"),
        (r"\bсогласно\s+(?:(?:последним|предварительным|официальным)\s+)?"
         r"(?:данным|сведениям|информации|оценк(?:е|ам)|подсч[её]там|прогноз(?:у|ам)|заявлению|сообщению|отч[её]ту|докладу|опросу)\b", "gent"),
        (r"\bсо\s+ссылкой\s+на\b", "accs"),
        (r"\bссылаясь\s+на\b", "accs"),
        (r"\bсославшись\s+на\b", "accs"),
        (r"\bс\s+точки\s+зрения\b", "gent"),
        (r"\bв\s+(?:заявлении|сообщении|отч[её]те|докладе|пресс-релизе|сводке|релизе)\b", "gent"),
    )
)  # fmt: skip
_CITING = re.compile("ссыл|сосл", re.IGNORECASE)
_DOCUMENT = re.compile(r"^в\s", re.IGNORECASE)
_HIS = re.compile(r"\s+(?P<who>его|е[её]|их)\b(?!\s+(?:пресс|представител|источник|коллег))", re.IGNORECASE)
_OWN = re.compile(r"\b(?:по|с)\s+(?P<who>его|е[её]|их)\s+(?:собственн\w+\s+)?"
                  r"(?:словам|мнению|данным|оценк(?:е|ам)|информации|сведениям|утверждению|признанию|подсч[её]там|версии|прогноз(?:у|ам)|"
                  r"точки\s+зрения)\b", re.IGNORECASE)  # fmt: skip
_HEARSAY = re.compile(
    r"\b(?:утвержда(?:ется|лось)|предполагается|ожидается|по\s+(?:некоторым|неофициальным|непроверенным|неподтвержд[её]нным)\s+"
    r"(?:данным|сведениям|оценкам|информации)|по\s+слухам|ходят\s+слухи|якобы)\b",
    re.IGNORECASE,
)
_SAID_IT = re.compile(r"\s*об\s+этом\s+(?:говорится|сообщается)\b", re.IGNORECASE)
_LIE = re.compile(r"\b(?:ложью|фейком|неправдой|вымыслом|вбросом|выдумкой|не\s+соответствующ\w+|недостоверн\w+)\b", re.IGNORECASE)
_ABOUT_IT = re.compile(r"\b(?:об?\s+(?:этом|том|ч[её]м)|так|такое\s+(?:мнение|заявление)|это|с\s+таким\s+заявлением)\b", re.IGNORECASE)
_PRONOUNS: dict[str, Stand] = {"он": "person", "она": "person", "его": "person", "ее": "person", "они": "many",
                               "их": "many", "оно": "thing"}  # fmt: skip
_SELF = word_set("я мы ты вы это кто что все всё никто некто тот те такой сам один")
_LABEL = re.compile(
    r"видео|фото|эксклюзив|прямая|трансляц|срочно|главное|итог|дата|время|место|источник$|тема|справка|смотрите|анонс|обзор|мнение|"
    r"репортаж|интервью|аналитик[аи]$|новост|война|саммит|кризис|выбор|конфликт|хроник|онлайн|подробност|коротко|вопрос|ответ|как|что|почему|"
    r"зачем|где|когда|часть|глава\s+\d|пример|внимание|важно|автор|рейтинг",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    start: int
    end: int
    words: Sequence[Word]


def sayings(text: str, sentence: Span) -> list[Saying]:
    """Everything that somebody is said to say in the sentence, and who, in the nominative."""
    start, end = sentence
    if not _HINTS.search(text, start, end):
        return []
    one = _Sentence(text, start, end, read_words(text, start, end))
    frames = [*_own(one), *_frames(one)]
    verbs = [saying for index in range(len(one.words)) for saying in _of_verb(one, index)]
    return [*_colon(one), *frames, *_apart(verbs), *_hearsay(one)]


# -- frames: по словам, со ссылкой на -----------------------------------------------------------------------------------


def _frames(one: _Sentence) -> Iterator[Saying]:
    for pattern, case in _FRAMES:
        for found in pattern.finditer(one.text, one.start, one.end):
            if _HIS.match(one.text, found.end(), one.end):
                where = _HIS.match(one.text, found.end(), one.end)
                assert where is not None  # noqa: S101
                yield _said_by_pronoun(one, found.span(), where.span("who"))
                continue
            noun = noun_phrase(one.text, one.words, found.end(), one.end, case)
            if noun is None:
                continue
            if _DOCUMENT.match(found[0]) and not re.search("говорится|сообщается|отмечается|утверждается", one.text[one.start : one.end]):
                continue
            back = _SAID_IT.match(one.text, one.start, one.end) is not None
            contents = () if back else _around(one, (found.start(), noun.end))
            yield Saying(speaker=noun.name, where=(noun.start, noun.end), cue=found.span(), contents=contents, back=back,
                         kind="according_to", sense=_frame_sense(found[0]), cited=_CITING.search(found[0]) is not None)  # fmt: skip


def _own(one: _Sentence) -> Iterator[Saying]:
    for found in _OWN.finditer(one.text, one.start, one.end):
        yield _said_by_pronoun(one, found.span(), found.span("who"))


def _said_by_pronoun(one: _Sentence, cue: Span, where: Span) -> Saying:
    who = one.text[slice(*where)]
    stand = _PRONOUNS.get(who.lower().replace("ё", "е"), "person")
    nominative = {"его": "он", "ее": "она", "их": "они"}[who.lower().replace("ё", "е")]
    return Saying(speaker=nominative, where=where, cue=cue, contents=_around(one, (cue[0], max(cue[1], where[1]))),
                  kind="according_to", sense=_frame_sense(one.text[slice(*cue)]), pronoun=stand)  # fmt: skip


def _frame_sense(words: str) -> Sense:
    lowered = words.lower()
    if "прогноз" in lowered:
        return "predicts"
    return "supposes" if re.search("мнени|оцен|убежден|точки|подсч", lowered) else "states"


def _around(one: _Sentence, inside: Span) -> tuple[Span, ...]:
    return tuple(span for span in ((one.start, inside[0]), (inside[1], one.end)) if span[0] < span[1])


def _hearsay(one: _Sentence) -> Iterator[Saying]:
    for found in _HEARSAY.finditer(one.text, one.start, one.end):
        yield Saying(speaker=None, where=None, cue=found.span(), contents=_around(one, found.span()), sense="hearsay", weak=True)


# -- verbs ------------------------------------------------------------------------------------------------------------


def _of_verb(one: _Sentence, index: int) -> Iterator[Saying]:
    word = one.words[index]
    reading = word.reading(("VERB",))
    if reading is None:
        return
    infinitive = reading.normal_form.replace("ё", "е")
    sense = RUSSIAN.get(infinitive)
    if sense is None or reading.tag.mood == "impr" or reading.tag.person in {"1per", "2per"}:
        return
    negated = index > 0 and one.words[index - 1].folded in {"не", "никогда"}
    first, last = _clause(one, index)
    opens = _opens(one, index, first)
    found = _find_subject(one, index, first, last, reading, opens)
    if found is None:
        return
    noun, pronoun = found
    contents, back = _contents(one, index, noun, first, last)
    clause = _has_clause(one, index, noun) or back
    if not contents and not back:
        return
    if infinitive in {"назвать", "называть"} and _LIE.search(one.text, word.end, one.words[last].end):
        sense, clause = "denies", True
    if infinitive in RUSSIAN_NEEDS_CLAUSE and not clause and not opens:
        return
    if negated and sense in {"supposes", "predicts"}:
        negated, sense = False, "denies"
    kind: Kind = "direct" if re.search("[«»“”\"]", one.text[one.start : one.end]) and _is_direct(one, contents) else "indirect"
    yield Saying(speaker=noun.name, where=(noun.start, noun.end), cue=(word.start, word.end), contents=contents, kind=kind,
                 sense=sense, negated=negated, pronoun=pronoun, back=back)  # fmt: skip


def _clause(one: _Sentence, index: int) -> tuple[int, int]:
    """The first and the last word of the clause around a word; quotation marks around a name do not bound it."""
    first = index
    while first > 0 and not one.words[first].bounded:
        first -= 1
    last = index
    while last + 1 < len(one.words) and not one.words[last + 1].bounded:
        last += 1
    return first, last


def _opens(one: _Sentence, index: int, first: int) -> bool:
    """Whether the verb opens its clause: ", сообщил Песков", "как сообщает ТАСС", "Об этом заявил Песков"."""
    before = one.text[one.words[first].start : one.words[index].start]
    before = re.sub(r"\b(?:не|и|а|но|как|вот\s+что|ранее|также|также|тогда|уже|сегодня|вчера|сейчас|при\s+этом)\b", " ", before, flags=re.IGNORECASE)
    before = _ABOUT_IT.sub(" ", before)
    if not re.search(r"\w", before):
        return True
    # "Об этом в Ашхабаде заявил глава МИД": only places and times stand before
    return _ABOUT_IT.search(one.text[one.words[first].start : one.words[index].start]) is not None


def _find_subject(
    one: _Sentence, index: int, first: int, last: int, reading: Any, opens: bool  # noqa: ANN401
) -> tuple[Noun, Stand | None] | None:
    verb = one.words[index]
    limit = one.words[last].end
    sides = ("right", "left") if opens else ("left", "right")
    for side in sides:
        if side == "right":
            words = one.words[index + 1 : last + 1]
            stop = next((word.start for word in words if word.folded in {"что", "о", "об", "будто"} and side == "right"), limit)
            after = verb.end
        else:
            words, stop, after = one.words[first:index], verb.start, one.words[first].start
        if (pronoun := _pronoun(words, stop)) is not None:
            return pronoun
        if any(word.folded in _SELF and word.end <= stop for word in words):
            return None
        noun = noun_before(one.text, one.words, after, stop, reading)
        if side == "right" and not opens and reading.tag.number == "plur":
            # "В Минобороны сообщили данные": what stands after is what they tell
            place = place_name(one.text, one.words[first:index])
            noun = place or noun
        if noun is not None:
            return noun, None
    return _further(one, index, first, last, reading)


def _further(one: _Sentence, index: int, first: int, last: int, reading: Any) -> tuple[Noun, Stand | None] | None:  # noqa: ANN401
    """Subjects that do not stand in the verb's clause in the nominative: "в Кремле заявили", "который сообщил"."""
    if reading.tag.number == "plur" and (noun := place_name(one.text, one.words[first : last + 1])) is not None:
        return noun, None
    if first > 0 and one.words[first].folded in {"который", "которая", "которое", "которые"}:
        before = one.words[first - 1]
        begin = first - 1
        while begin > 0 and not one.words[begin].bounded:
            begin -= 1
        for start in range(begin, first):
            noun = noun_phrase(one.text, one.words, one.words[start].start, before.end, None)
            if noun is not None and noun.end >= before.end:
                return noun, None
        return None
    # "министр, выступая в парламенте, заявил": over a clause of a participle
    begin = first
    for _ in range(2):
        if begin == 0:
            break
        stop = one.words[begin - 1].end
        begin -= 1
        while begin > 0 and not one.words[begin].bounded:
            begin -= 1
        if (pronoun := _pronoun(one.words[begin : begin + 3], stop)) is not None:
            return pronoun
        noun = noun_before(one.text, one.words, one.words[begin].start, stop, reading)
        if noun is not None:
            return noun, None
    return None


def _pronoun(words: Sequence[Word], stop: int) -> tuple[Noun, Stand | None] | None:
    for word in words:
        if word.end > stop:
            break
        if word.folded in {"он", "она", "они", "оно"}:
            return Noun(word.text, word.start, word.end), _PRONOUNS[word.folded]
    return None


def _contents(one: _Sentence, index: int, noun: Noun, first: int, last: int) -> tuple[tuple[Span, ...], bool]:
    """What is said, and whether it is the sentence before ("Об этом сообщил X.")."""
    verb = one.words[index]
    begin, end = one.words[first].start, max(one.words[last].end, noun.end if noun.start >= one.words[first].start else 0)
    before = one.text[one.start : begin].strip(" ,—–-«»\"“”")
    inside = one.text[begin : verb.start]
    after = one.text[end : one.end].strip(" .,—–-!»«\"“”…")
    about = _ABOUT_IT.search(inside)
    if re.match(r"о\s+том,\s+(?:что|как)\b", one.text[one.start : begin], re.IGNORECASE):
        return ((one.start, begin),), False  # "О том, что …, X заявил"
    if about is not None and not before:
        return ((end, one.end),) if after.startswith((":", "«")) else (), True
    if _has_clause(one, index, noun):
        return ((max(verb.end, noun.end if noun.start > verb.start and noun.end < one.end else 0), one.end),), False
    if before and _opens(one, index, first):
        return _around(one, (begin, end)), False
    if not before and re.match(r"\s*как\b", inside, re.IGNORECASE):
        return ((end, one.end),), False
    if noun.start > verb.end and not before and re.search(r"\w", inside):
        return ((one.start, verb.start),), False  # "Эту линию подтвердил Лавров"
    return ((verb.end, one.end),) if one.text[verb.end : one.end].strip(" .!?…»”\"") else (), False


def _has_clause(one: _Sentence, index: int, noun: Noun) -> bool:
    """Whether what is said follows: ", что …", ": …", "о том, что"."""
    at = max(one.words[index].end, noun.end if noun.start > one.words[index].start else 0)
    rest = one.text[at : min(one.end, at + 120)]
    return re.match(r"[^.!?»]{0,110}?(?:,\s*(?:что|будто|чтобы)\b|:\s)", rest) is not None


def _is_direct(one: _Sentence, contents: tuple[Span, ...]) -> bool:
    return any(re.search(r"^[\s:,]*[«“\"]|[»”\"][\s,—–-]*$", one.text[start:end]) for start, end in contents)


def _apart(verbs: list[Saying]) -> Iterator[Saying]:
    """Side by side in one sentence ("A заявил, что …, а B сообщил, что …") nobody passes on what the other says."""
    for index, saying in enumerate(verbs):
        later = next((other for other in verbs[index + 1 :] if other.where != saying.where and other.where is not None), None)
        if later is None or later.where is None or not saying.contents or later.contents == saying.contents:
            yield saying
            continue
        begin = min(later.where[0], later.cue[0])
        nested = begin - saying.cue[1] < 40 or saying.contents[0][0] < saying.cue[0]
        contents = saying.contents if nested else tuple((a, min(b, begin)) for a, b in saying.contents if a < begin)
        yield Saying(**{**{name: getattr(saying, name) for name in saying.__slots__}, "contents": contents})


# -- headlines, names -------------------------------------------------------------------------------------------------


def _colon(one: _Sentence) -> Iterator[Saying]:
    """ "Песков: сроков пока нет" and "Минобороны: …"."""
    dash = max(one.text.rfind(mark, one.start, one.end) for mark in (" — ", " – ", " - "))
    if dash > one.start + 20 and one.end - dash < 50 and one.text[one.end - 1].isalnum():  # "Город освобожден — Генштаб"
        noun = noun_phrase(one.text, one.words, dash + 3, one.end, "nomn")
        whole = noun is not None and noun.end == one.end
        if noun is not None and whole and (noun.person or noun.body or not one.text[dash + 3].islower()):
            yield Saying(speaker=noun.name, where=(noun.start, noun.end), cue=(dash, dash + 3), contents=((one.start, dash),))
    colon = re.compile(r":\s").search(one.text, one.start, min(one.end, one.start + 70))
    if colon is None:
        return
    before = one.text[one.start : colon.start()]
    if (comma := before.find(", ")) > 0 and one.text[colon.end()] in "«“\"":
        before = before[:comma]  # "Владимир Пронин, консул в Таиланде: «…"
    if _LABEL.search(before) or len(before.split()) > 7 or re.search(r"(?<!\b[А-ЯЁA-Z])[.,;!?]", before):
        return
    if any(word.reading(("VERB", "INFN", "PRTS")) for word in one.words if word.end <= colon.start()):
        return
    noun = noun_phrase(one.text, one.words, one.start, one.start + len(before), "nomn")
    if noun is not None and (noun.person or noun.body or one.text[noun.start : noun.end].isupper()):
        yield Saying(speaker=noun.name, where=(noun.start, noun.end), cue=colon.span(),
                     contents=((colon.end(), one.end),), kind="direct")  # fmt: skip


def last_person(text: str, sentence: Span) -> Span | None:
    """The last person named in the sentence."""
    words = read_words(text, *sentence)
    last = None
    for word in words:
        if word.is_name and (last is None or word.start >= last[1]):
            noun = noun_phrase(text, words, word.start, sentence[1], None)
            if noun is not None and noun.person:
                last = noun.start, noun.end
    return last
