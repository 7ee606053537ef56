"""What the words of dates mean in English, Chinese and Russian, and what stands around dates. Pure.

Keys are beginnings of words (three letters, or a whole Chinese word) where forms vary, else whole words.
"""

import re


def _numbered(*rows: str, first: int = 1) -> dict[str, int]:
    """The words of each row with the number of the row."""
    return {word: number for number, row in enumerate(rows, first) for word in row.split()}


MONTHS = _numbered(
    "jan янв", "feb фев", "mar мар", "apr апр", "may май мая мае маю", "jun июн", "jul июл", "aug авг", "sep сен",
    "oct окт", "nov ноя", "dec дек",
)  # fmt: skip
SHORT_MONTHS = frozenset(("янв", "фев", "апр", "авг", "сен", "окт", "ноя", "дек"))
"""Abbreviations that need a day or a year beside them."""
WEEKDAYS = _numbered(
    "mon пон 一", "tue вто 二", "wed сре 三", "thu чет 四", "fri пят 五", "sat суб 六", "sun вос 日 天", first=0
)
SEASONS = {**dict.fromkeys(("spr", "вес", "春"), 3), **dict.fromkeys(("sum", "лет", "夏"), 6),
           **dict.fromkeys(("aut", "fal", "осе", "秋"), 9), **dict.fromkeys(("win", "зим", "冬"), 12)}  # fmt: skip
"""The month a season begins in."""
UNITS = {
    "day": "day", "дне": "day", "дня": "day", "ден": "day", "сут": "day", "天": "day", "日": "day",
    "wee": "week", "нед": "week", "周": "week", "星期": "week", "个星期": "week", "礼拜": "week",
    "mon": "month", "мес": "month", "个月": "month", "月": "month", "qua": "quarter", "ква": "quarter",
    "yea": "year", "год": "year", "лет": "year", "年": "year",
}  # fmt: skip
DAYS = {
    "today": 0, "tonight": 0, "yesterday": -1, "tomorrow": 1, "the day after tomorrow": 2,
    "the day before yesterday": -2, "сегодня": 0, "вчера": -1, "завтра": 1, "послезавтра": 2, "позавчера": -2,
    "今天": 0, "今日": 0, "今晚": 0, "今晨": 0, "昨天": -1, "昨日": -1, "昨晚": -1, "明天": 1, "明日": 1, "明晚": 1,
    "后天": 2, "前天": -2,
}  # fmt: skip
SHIFTS = _numbered(
    "前 позапрошлом позапрошлого",
    "last previous 去 上 上个 прошлом прошлой прошлого прошлую прошлый прошлое прошлым минувшем минувшей минувшего"
    " минувшую минувший минувшее минувшим предыдущем предыдущего предыдущей",
    "this current that the same 今 本 这 这个 当 同 этот эту этой этом этого эта это этим текущем текущей текущего"
    " текущую нынешнем нынешнего нынешней нынешнюю сей сего том того",
    "next coming upcoming 明 下 下个 次 翌 следующем следующей следующего следующую следующий следующее следующим"
    " будущем будущего будущей будущую будущий будущее будущим ближайшей ближайшую ближайший ближайшее",
    "后",
    first=-2,
)
"""By how many periods "last", 去, "следующего" differ from the present one."""
NUMBERS = {
    **_numbered(
        "first 1st i one a an один одну первом первого первый 一",
        "second 2nd ii two два две втором второго второй 二 两",
        "third 3rd iii three три третьем третьего третий 三",
        "fourth 4th iv four четыре четвертом четвертого четвертый 四",
        "five пять 五", "six шесть 六", "seven семь 七", "eight восемь 八", "nine девять 九", "ten десять 十",
    ),
    "上": 1, "下": 2,
}  # fmt: skip
PARTS = {
    **dict.fromkeys(("early", "start", "beginning", "начале", "начала", "началу", "начало", "初", "上旬"), "early"),
    **dict.fromkeys(("mid", "middle", "середине", "середины", "середину", "середина", "中", "中旬"), "mid"),
    **dict.fromkeys(("late", "end", "конце", "конца", "концу", "конец", "底", "末", "下旬", "尾", "内"), "late"),
}

# -- around dates -----------------------------------------------------------------------------------------------------

BY = re.compile(
    r"(?:\b(?:by|before|until|till|(?:no|not) later than|not before|к|ко|до|не позднее|не позже)(?: the)? |[至到])$"
)
FROM = re.compile(r"(?:\b(?:since|from|after|starting|с|со|после|начиная с|от)(?: the)? |[自从])$")
BY_AFTER = re.compile(r" ?(?:之前|以前|前)(?![往\d一二两三四五六七八九十])")
FROM_AFTER = re.compile(" ?(?:之后|以后|以来|起|后(?!天))")
FUTURE = re.compile(
    r"\b(?:will|would|shall|plans?|planned|scheduled|expected|due|going to|set to|to be|next|upcoming|intends?|hopes?"
    r"|буд(?:ет|ут|у)|планиру\w{2,4}|намерен\w*|ожида\w{2,5}|состоится|состоятся|пройд[еу]т|откроется|должн?\w{0,2}"
    r"|предстоит|запланирован\w*|назначен\w*|начнется|завершится|ближайш\w+|следующ\w+)\b|将|拟|计划|预计|定于|预定|料"
)
"""Words that speak of what is to come."""
SAID = re.compile(
    r"\b(?:said|told|reported|announced|added|wrote|tweeted|stated"
    r"|(?:сообщи|заяви|сказа|отмети|написа|рассказа|объяви)л[аи]?)\b[^,;]{0,20}$|(?:说|表示|称|宣布|指出|报道)$"
)
"""Before a date: it is the date of the saying."""
IN_YEAR = re.compile(
    r"(?:\b(?:in|by|since|until|till|before|after|from|during|through|to|of|for|and|years?|than|between|around|fiscal"
    r"|calendar|в|с|к|до|по|за|на|от|и|после|около)(?: the| about| around| circa)? |[(（]|(?<=\d)[-‐–—/])$"
)
"""What stands before a bare year that is one, and no part of a name ("Vostok 2022") nor a count."""
IN_SEASON = re.compile(r"\b(?:in|by|since|until|during|before|after|of)(?: the)? $")
IN_MONTH = re.compile(r"\b(?:in|of|by|since|until|till|from|to|before|after|during|through|for|and|between|mid)[ -]$")
"""What stands before the months that are first names and verbs as well."""
