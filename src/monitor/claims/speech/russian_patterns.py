"""Words and patterns that Russian attribution goes by, other than its verbs. Data; nothing here decides."""

import re

from monitor.claims.speech.sayings import Stand
from monitor.claims.speech.verbs import word_set

HINTS = re.compile(
    r" [—–-] |:|слов|данны|мнени|информаци|сведени|оценк|ссылк|ссыла|соглас|верси|подсчет|подсчёт|прогноз|убежд|"
    r"ска[зж]|гов|заяв|сообщ|отме[тч]|подч[её]рк|добав|поясн|объя|расска|уточн|утвержд|пи[сш]|переда|указ|призна|"
    r"подтвер|напомн|предупре|констат|информ|доложи|докладыв|отве[тч]|коммент|раскр|выска|выра[зж]|деклар|провозгл|"
    r"подел|изве[сщ]|оповес|резюм|завер|обвин|настаив|сосла|публик|цитир|привод|акцент|анонс|повтор|парир|рапорт|посет|"
    r"жал|свидет|назва|назыв|заме[тч]|оцен|отчита|пока[зж]|счит|полаг|дума|предпол|допус|допущ|подозр|посчит|намек|"
    r"наде|подсч|сч[её]л|вер|предск|ожида|предр|предв|обещ|клял|угро|пригро|гарант|обяз|опров|отриц|отверг|дезав|"
    r"исключ|усомн|сомнев",
    re.IGNORECASE,
)
"""Without any of these there is nothing to look for."""

_LATEST = r"(?:(?:последн|предварительн|официальн|имеющ|нов|свеж|перв|уточн[её]нн)\w+\s+)?"
_TOLD = r"(?:данным|сведениям|информации|подсч[её]там|прогноз(?:у|ам)|оценк(?:е|ам)|заявлению|сообщению|сообщениям)"
FRAMES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(?:по|со)\s+(?:\w+\s+)?словам?\b", re.IGNORECASE), "gent"),
    (
        re.compile(
            rf"\bпо\s+{_LATEST}(?:{_TOLD}|версии|расч[её]там|мнению|утверждени(?:ю|ям)|признанию|свидетельству|"
            r"убеждению)\b",
            re.IGNORECASE,
        ),
        "gent",
    ),
    (re.compile(rf"\bсогласно\s+{_LATEST}(?:{_TOLD}|отч[её]ту|докладу|опросу)\b", re.IGNORECASE), "gent"),
    (re.compile(r"\b(?:со\s+ссылкой|ссылаясь|сославшись)\s+на\b", re.IGNORECASE), "accs"),
    (re.compile(r"\bс\s+точки\s+зрения\b", re.IGNORECASE), "gent"),
    (
        re.compile(r"\bв\s+(?:заявлении|сообщении|отч[её]те|докладе|пресс-релизе|сводке|релизе)\b", re.IGNORECASE),
        "gent",
    ),
)
"""Words that name a source, with the case it stands in."""
CITING = re.compile("ссыл|сосл", re.IGNORECASE)
SUPPOSED = re.compile("мнени|оцен|убежден|точки|подсч", re.IGNORECASE)
IN_DOCUMENT = re.compile(r"в\s", re.IGNORECASE)
SAYS_IN_DOCUMENT = re.compile("говорится|сообщается|отмечается|утверждается", re.IGNORECASE)
SAID_IT = re.compile(r"\s*об\s+этом\s+(?:говорится|сообщается)\b", re.IGNORECASE)
"""Speaks of the sentence before."""
HIS = re.compile(r"\s+(?P<who>его|е[её]|их)\b(?!\s+(?:пресс|представител|источник|коллег))", re.IGNORECASE)
OWN = re.compile(
    r"\b(?:по|с)\s+(?P<who>его|е[её]|их)\s+(?:собственн\w+\s+)?"
    rf"(?:словам|мнению|{_TOLD}|утверждению|признанию|версии|точки\s+зрения)\b",
    re.IGNORECASE,
)
"""по его словам."""

HEARSAY = re.compile(
    r"\b(?:утвержда(?:ется|лось)|предполагается|ожидается|по\s+(?:некоторым|неофициальным|непроверенным|"
    r"неподтвержд[её]нным)\s+(?:данным|сведениям|оценкам|информации)|по\s+слухам|ходят\s+слухи|якобы)\b",
    re.IGNORECASE,
)

ABOUT_IT = re.compile(
    r"\b(?:об?\s+(?:этом|том|ч[её]м)|так|такое\s+(?:мнение|заявление)|это|с\s+таким\s+заявлением)\b", re.IGNORECASE
)
"""What a verb says stands before: "Об этом сообщил X"."""
THAT_FIRST = re.compile(r"о\s+том,\s+(?:что|как)\b", re.IGNORECASE)
BEFORE_VERB = re.compile(
    r"\b(?:не|и|а|но|как|вот\s+что|ранее|также|тогда|уже|сегодня|вчера|сейчас|при\s+этом)\b", re.IGNORECASE
)
"""What may stand before a verb that opens its clause."""
CLAUSE_AHEAD = re.compile(r"»?[^.!?»]{0,110}?(?:,\s*(?:что|будто|чтобы)\b|:\s)")
DIRECT = re.compile(r"^[\s:,]*[«“\"]|[»”\"][\s,—–-]*$")
LIE = re.compile(
    r"\b(?:ложью|фейком|неправдой|вымыслом|вбросом|выдумкой|не\s+соответствующ\w+|недостоверн\w+)\b", re.IGNORECASE
)
"""What denies: "назвал ложью"."""

PRONOUNS: dict[str, Stand] = {"он": "person", "она": "person", "они": "many", "оно": "thing"}
NO_SUBJECT = word_set("я мы ты вы это кто что все всё никто некто тот те такой сам один")
"""What stands where a subject stands and names nobody else."""
TEXTS = re.compile(
    r"опрос|данн|исследовани|анализ|расследовани|экспертиз|статистик|доклад|отч[её]т|проверк", re.IGNORECASE
)
"""What shows something."""
LABEL = re.compile(
    r"видео|фото|эксклюзив|прямая|трансляц|срочно|главное|итог|дата|время|место|источник$|тема|справка|смотрите|анонс|"
    r"обзор|мнение|репортаж|интервью|аналитик[аи]$|новост|война|саммит|кризис|выбор|конфликт|хроник|онлайн|подробност|"
    r"коротко|вопрос|ответ|как|что|почему|зачем|где|когда|часть|глава\s+\d|пример|внимание|важно|автор|рейтинг",
    re.IGNORECASE,
)
"""What stands before a colon and says nothing."""
