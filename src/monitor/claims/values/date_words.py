"""How dates are written in English, Chinese and Russian: patterns over folded text and what their words mean. Pure.

Groups of the patterns: y year, ys shift of the year, m month, ms its shift, d day, m2 and d2 the end of a range, part
of the period, q quarter, h half, season, unit and shift of a period ("next week"), n how many units, dir before or
after now, rel a day named from today, wd weekday, ws its week's shift.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """A way to write a date; `needs`: one of these stands in every text that can match, which spares the search."""

    needs: tuple[str, ...]
    regex: re.Pattern[str]


# -- the words --------------------------------------------------------------------------------------------------------

_MONTH_STEMS = (
    ("jan", "янв"), ("feb", "фев"), ("mar", "мар"), ("apr", "апр"), ("may", "май", "мая", "мае", "маю"), ("jun", "июн"),
    ("jul", "июл"), ("aug", "авг"), ("sep", "сен"), ("oct", "окт"), ("nov", "ноя"), ("dec", "дек"),
)  # fmt: skip
MONTHS = {stem: number for number, stems in enumerate(_MONTH_STEMS, 1) for stem in stems}
SHORT_MONTHS = frozenset("янв фев апр авг сен окт ноя дек".split())
_WEEKDAY_STEMS = ("mon пон 一", "tue вто 二", "wed сре 三", "thu чет 四", "fri пят 五", "sat суб 六", "sun вос 日 天")
WEEKDAYS = {stem: number for number, stems in enumerate(_WEEKDAY_STEMS) for stem in stems.split()}
SEASONS = {
    "spr": 3, "sum": 6, "aut": 9, "fal": 9, "win": 12, "春": 3, "夏": 6, "秋": 9, "冬": 12,
    "вес": 3, "лет": 6, "осе": 9, "зим": 12,
}  # fmt: skip
"""Seasons by the month they begin in."""
UNITS = {
    "day": "day", "wee": "week", "mon": "month", "qua": "quarter", "yea": "year", "дне": "day", "дня": "day",
    "ден": "day", "сут": "day", "нед": "week", "мес": "month", "ква": "quarter", "год": "year", "лет": "year",
    "天": "day", "日": "day", "周": "week", "星期": "week", "个星": "week", "礼拜": "week", "个月": "month", "月": "month",
    "年": "year", "季": "quarter", "decade": "decade",
}  # fmt: skip
DAYS = {
    "today": 0, "tonight": 0, "yesterday": -1, "tomorrow": 1, "the day after tomorrow": 2,
    "the day before yesterday": -2, "сегодня": 0, "вчера": -1, "завтра": 1, "послезавтра": 2, "позавчера": -2,
    "今天": 0, "今日": 0, "今晚": 0, "今晨": 0, "昨天": -1, "昨日": -1, "昨晚": -1, "明天": 1, "明日": 1, "明晚": 1,
    "后天": 2, "前天": -2,
}  # fmt: skip
SHIFTS = {
    **dict.fromkeys("this current 今 本 这 这个 当 этот эту этой этом этого эта текущем текущего текущий нынешнем".split(), 0),
    **dict.fromkeys("нынешнего нынешней сей сего that той том того 同".split(), 0),
    **dict.fromkeys("next coming upcoming 明 下 下个 次 翌 来 следующем следующей следующего следующую следующий".split(), 1),
    **dict.fromkeys("будущем будущего будущей будущую ближайшей ближайшую".split(), 1),
    **dict.fromkeys("last previous 去 上 上个 прошлом прошлой прошлого прошлую прошлый минувшем минувшей минувшего".split(), -1),
    **dict.fromkeys("минувшую предыдущем предыдущего предыдущей".split(), -1),
    "前": -2, "后": 2, "позапрошлом": -2, "позапрошлого": -2,
}  # fmt: skip
NUMBERS = {
    **{word: number for number, words in enumerate(
        ("", "first 1st i one a an один одну первом первого 一 1 первый", "second 2nd ii two два две втором второго 二 两 2 второй",
         "third 3rd iii three три третьем третьего 三 3 третий", "fourth 4th iv four четыре четвертом четвертого 四 4 четвертый",
         "five пять 五", "six шесть 六", "seven семь 七", "eight восемь 八", "nine девять 九", "ten десять 十")
    ) for word in words.split()},
    "上": 1, "下": 2,
}  # fmt: skip
PARTS = {
    **dict.fromkeys("early start beginning начале начала началу начало 初 上旬 начало".split(), "early"),
    **dict.fromkeys("mid middle середине середины середину середина 中 中旬".split(), "mid"),
    **dict.fromkeys("late end конце конца концу конец 底 末 下旬 尾".split(), "late"),
    **dict.fromkeys("year-end 内".split(), "late"),
}

# -- pieces of patterns -----------------------------------------------------------------------------------------------

_Y = r"(?P<y>(?:19|20)\d\d)(?![\d]|-?[a-z]|[.,:]\d)"
_DASH = r" ?[-‐–—−~] ?"

_EN_MONTH = (
    r"\b(?P<m>january|february|march|april|may|june|july|august|september|october|november|december"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)(?:\.|\b))(?![a-z])"
)
_EN_YEAR = rf"(?:,? (?:of |in )?(?:{_Y}|(?P<ys>this|last|next|that|the same) year))?"
_EN_PART = r"(?:(?:the )?(?P<part>early|mid|late|start|beginning|middle|end)(?: in | of |-| ))?"
_EN_SHIFT = r"(?:(?P<ms>this|last|next|the previous|the coming) )?"
_EN_SEASON = r"(?P<season>spring|summer|autumn|fall|winter)"
_EN_WEEKDAY = r"(?P<wd>monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_EN_COUNT = r"(?P<n>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten)"

_RU_MONTH = (
    r"(?P<m>январ[ьяеюи]м?|феврал[ьяеюи]м?|март(?:а|е|у|ом)?|апрел[ьяеюи]м?|ма(?:й|я|е|ю|ем)|июн[ьяеюи]м?|июл[ьяеюи]м?"
    r"|август(?:а|е|у|ом)?|сентябр[ьяеюи]м?|октябр[ьяеюи]м?|ноябр[ьяеюи]м?|декабр[ьяеюи]м?"
    r"|(?:янв|фев|апр|авг|сен|окт|ноя|дек)(?:\.|\b))(?![а-я])"
)
_RU_OF = r"(?:этого|текущего|нынешнего|сего|прошлого|минувшего|позапрошлого|следующего|будущего|того же)"
_RU_IN = r"(?:этом|текущем|нынешнем|прошлом|минувшем|позапрошлом|следующем|будущем|том же)"
_RU_SUFFIX = r"(?:-?(?:го|м|му|й))?(?: ?(?:года|году|годом|год|гг?\b\.?))?"
_RU_YEAR = rf"(?:,? (?:{_Y}{_RU_SUFFIX}|(?:в )?(?P<ys>{_RU_OF}|{_RU_IN}) год[ау]))?"
_RU_PART = r"(?:(?P<part>начал[еауо]|середин[еуаы]|кон(?:це|ца|цу|ец)) )?"

_ZH_NUMBER = r"(?:[12]\d|3[01]|0?[1-9]|[二三]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|[一二三四五六七八九])"
_ZH_YEAR = r"(?:(?P<y>(?:19|20)\d\d|[一二][九零〇○][零〇○一二三四五六七八九]{2}) ?年|(?P<ys>[今明去前后同本当翌])年)"
_ZH_MONTH = r"(?P<m>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九]) ?月"
_ZH_DAY = rf"(?<!\d)(?P<d>{_ZH_NUMBER}) ?[日号](?!本[^周月])"
_ZH_UNTIL = rf"(?: ?(?:至|到|-|‐|–|—|~|、|和) ?(?:(?P<m2>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])月)?(?P<d2>{_ZH_NUMBER}) ?[日号])?"
_ZH_PART = r"(?P<part>上旬|中旬|下旬|初|底|末|中(?!国|方|央|俄|美))"


def _pattern(needs: str, regex: str) -> Pattern:
    return Pattern(tuple(needs.split()), re.compile(regex))


_EN_MONTH_STEMS = "jan feb mar apr may jun jul aug sep oct nov dec"
_RU_MONTH_STEMS = "янв фев мар апр май мая мае маю июн июл авг сен окт ноя дек"
_ISO = r"(?<![\d.,/-])(?P<y>(?:19|20)\d\d)(?P<sep>[-/.])(?P<m>0?[1-9]|1[0-2])(?P=sep)(?P<d>0?[1-9]|[12]\d|3[01])(?![\d/-]|[.,]\d)"

NUMERIC = (
    _pattern("- / .", _ISO),
    _pattern(".", r"(?<![\d.,])(?P<d>0?[1-9]|[12]\d|3[01])\.(?P<m>0[1-9]|1[0-2])\.(?P<y>(?:19|20)\d\d)(?![\d]|[.,]\d)"),
    _pattern("/", r"(?<![\d/])(?P<m>0?[1-9]|1[0-2])/(?P<d>0?[1-9]|[12]\d|3[01])/(?P<y>(?:19|20)\d\d)(?![\d/])"),
    _pattern("/", r"(?<![\d/])(?P<d>0?[1-9]|[12]\d|3[01])/(?P<m>0?[1-9]|1[0-2])/(?P<y>(?:19|20)\d\d)(?![\d/])"),
)

ENGLISH = (
    _pattern(
        _EN_MONTH_STEMS,
        rf"(?:the )?(?<![\d.,])\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:(?:{_DASH}| to | and | or )(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?)?"
        rf",? (?:of )?{_EN_MONTH}{_EN_YEAR}",
    ),
    _pattern(
        _EN_MONTH_STEMS,
        rf"{_EN_MONTH} (?:the )?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:(?:{_DASH}| to | through | until | and )"
        rf"(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?! ?(?:%|percent)))?(?![\d:]|[,.]\d|-[a-z]){_EN_YEAR}",
    ),
    _pattern(_EN_MONTH_STEMS, rf"\b{_EN_PART}{_EN_SHIFT}{_EN_MONTH}{_EN_YEAR}"),
    _pattern("today tonight yesterday tomorrow",
             r"\b(?P<rel>the day after tomorrow|the day before yesterday|today|tonight|yesterday|tomorrow)\b(?!['’]s)"),
    _pattern(
        "week month year quarter",
        rf"\b{_EN_PART}(?:the )?(?P<shift>this|last|next|current|coming|previous|the)(?: calendar)? (?P<unit>week|month|year|quarter)(?:end)?\b"
        r"(?!-old|s)",
    ),
    _pattern("year-end year‐end", r"\b(?P<unit>year)[-‐](?P<part>end)\b"),
    _pattern("ago earlier later time now",
             rf"\b{_EN_COUNT} (?P<unit>day|week|month|year)s?['’]?(?:s['’]?)? (?P<dir>ago|earlier|from now|time|later)\b"),
    _pattern("day", rf"\b(?:(?P<ws>this|last|next|the previous|this coming) )?{_EN_WEEKDAY}\b"),
    _pattern("quarter half", rf"\b(?P<q>first|second|third|fourth|1st|2nd|3rd|4th)[- ](?:quarter)(?:,? (?:of |in )?(?:{_Y}|(?P<ys>this|last|next) year|the year))?"),
    _pattern("half", rf"\b(?P<h>first|second)[- ]half,? (?:of )?(?:the )?(?:{_Y}|(?P<ys>this|last|next) year|year)"),
    _pattern("q1 q2 q3 q4", rf"\bq(?P<q>[1-4]) ?(?:of )?{_Y}"),
    _pattern("h1 h2", rf"\bh(?P<h>[12]) ?(?:of )?{_Y}"),
    _pattern("spring summer autumn fall winter", rf"\b{_EN_PART}(?:(?P<ms>this|last|next) (?:coming )?)?{_EN_SEASON}\b(?:,? (?:of )?(?:{_Y}|(?P<ys>this|last|next) year))?"),
    _pattern(
        "19 20",
        rf"\b(?:(?P<part>early|mid|late|end)[- ]|(?:the )?(?P<part2>start|beginning|middle|end) of )?{_Y}",
    ),
    _pattern("the", r"\bon the (?P<d>\d{1,2})(?:st|nd|rd|th)\b(?! [a-z]+ (?:anniversary|congress|session|meeting|summit))"),
)  # fmt: skip

RUSSIAN = (
    _pattern(
        _RU_MONTH_STEMS,
        rf"(?<![\d.,])\b(?P<d>\d{{1,2}})(?:[-‐]?(?:го|е|ого|му))?(?:(?:{_DASH}| и | по | до )(?P<d2>\d{{1,2}})(?:[-‐]?(?:го|е))?)?"
        rf" {_RU_MONTH}{_RU_YEAR}",
    ),
    _pattern(_RU_MONTH_STEMS, rf"\b{_RU_PART}(?:(?P<ms>этого|текущего|прошлого|следующего|будущего|этом|прошлом|следующем) )?{_RU_MONTH}{_RU_YEAR}"),
    _pattern("сегодня вчера завтра", r"\b(?P<rel>послезавтра|позавчера|сегодня|вчера|завтра)\b"),
    _pattern(
        "недел месяц год квартал",
        rf"\b{_RU_PART}(?P<shift>эт(?:ой|ом|ого|у|от)|текущ(?:ей|ем|его)|нынешн(?:ей|ем|его)|прошл(?:ой|ом|ого|ую|ый)|минувш(?:ей|ем|его|ую)|позапрошл(?:ом|ого)"
        r"|следующ(?:ей|ем|его|ую|ий)|будущ(?:ей|ем|его|ую)|ближайш(?:ей|ую)|предыдущ(?:ей|ем|его))"
        r" (?P<unit>недел[еюия]|месяц[еа]?|год[ау]?|квартал[еа]?)\b",
    ),
    _pattern("года месяца недели квартала десятилетия", r"\b(?P<part>начал[еауо]|середин[еуаы]|кон(?:це|ца|цу|ец)) (?P<unit>года|месяца|недели|квартала)\b"),
    _pattern("назад спустя тому", r"\b(?P<n>\d{1,3}|один|одну|два|две|три|четыре|пять|шесть|семь|восемь|девять|десять) (?P<unit>дн[яей]{1,2}|день|сут[а-я]{1,3}|недел[а-я]|месяц[а-я]{0,2}|год[а]?|лет) (?P<dir>(?:тому )?назад)\b"),
    _pattern("неделю месяц год день", r"\b(?P<unit>неделю|месяц|год) (?P<dir>назад)\b"),
    _pattern("через", r"\b(?P<dir>через) (?:(?P<n>\d{1,3}|один|одну|два|две|три|четыре|пять|шесть|семь|восемь|девять|десять) )?(?P<unit>дн[яей]{1,2}|день|недел[а-я]|месяц[а-я]{0,2}|год[а]?|лет)\b"),
    _pattern("среду вторник понедельник четверг пятницу субботу воскресенье среды вторника понедельника четверга пятницы субботы воскресенья",
             r"\b(?:(?P<ws>эт(?:у|от|о)|прошл(?:ую|ый|ое)|минувш(?:ую|ий|ее)|следующ(?:ую|ий|ее)|будущ(?:ую|ий|ее)|ближайш(?:ую|ий|ее)) )?(?P<wd>понедельник|вторник|среду|четверг|пятницу|субботу|воскресенье)\b"),
    _pattern("квартал", rf"\b(?P<q>перв(?:ом|ого|ый)|втор(?:ом|ого|ой)|трет(?:ьем|ьего|ий)|четверт(?:ом|ого|ый)|iv|i{{1,3}}|[1-4])(?:[-‐](?:й|м|го|ом))? квартал[еау]?{_RU_YEAR}"),
    _pattern("полугоди", rf"\b(?P<h>перв(?:ом|ого|ый)|втор(?:ом|ого|ой)|i{{1,2}}|[12])(?:[-‐](?:м|го|е))? полугоди[иея]{_RU_YEAR}"),
    _pattern("весн лет осен зим", rf"\b(?:(?P<ms>эт(?:ой|им|у)|прошл(?:ой|ым)|минувш(?:ей|им)|следующ(?:ей|им)|будущ(?:ей|им)) )?(?P<season>весной|летом|осенью|зимой)\b{_RU_YEAR}"),
    _pattern("19 20", rf"\b{_RU_PART}{_Y}{_RU_SUFFIX}"),
    _pattern("числа", r"(?<!\d)(?P<d>\d{1,2})(?:[-‐]го)? числа\b"),
)  # fmt: skip

CHINESE = (
    _pattern("月", rf"(?:{_ZH_YEAR}的?)?(?<!\d){_ZH_MONTH}(?![薪球亮光])份?(?:{_ZH_DAY}{_ZH_UNTIL}|{_ZH_PART})?"),
    _pattern("月", rf"(?P<ms>本|这个|这|上个|上|下个|下|当|次)月(?:{_ZH_DAY}{_ZH_UNTIL}|{_ZH_PART})?"),
    _pattern("日", rf"(?<![月\d.第])(?P<d>[12]\d|3[01]|[1-9]) ?日(?![本元圆军媒方籍产均益夜]){_ZH_UNTIL}"),
    _pattern("天 日 晚 晨", r"(?P<rel>今天|今日(?!俄)|今晚|今晨|昨天|昨日|昨晚|明天|明日|明晚|后天|前天)"),
    _pattern("年", rf"{_ZH_YEAR}(?:的?(?:(?P<h>[上下])半年|第?(?P<q>[一二三四1-4])季度|(?P<season>[春夏秋冬])[天季]?(?![节运])|年?(?P<part>[初底末内中](?!国|方|俄|美|共))))?"),
    _pattern("季度", r"第?(?P<q>[一二三四1-4])季度"),
    _pattern("半年", r"(?P<h>[上下])半年"),
    _pattern("年", r"(?P<unit>年)(?P<part>[底末内初尾])"),
    _pattern("今春 今夏 今秋 今冬 明春 明夏 明秋 明冬 去春 去夏 去秋 去冬", r"(?P<ms>[今明去])(?P<season>[春夏秋冬])"),
    _pattern("春 夏 秋 冬", r"(?:今年|(?P<ys>[明去])年)的?(?P<season>[春夏秋冬])[天季]"),
    _pattern("周 星期 礼拜", r"(?P<ws>本|这个?|上个?|下个?)?(?:周|星期|礼拜)(?P<wd>[一二三四五六日天])(?![年月届])"),
    _pattern("周 星期 礼拜", r"(?P<shift>本|这个?|上个?|下个?)(?P<unit>周|星期|礼拜)(?:末)?"),
    _pattern("前 后", r"(?P<n>\d{1,3}|[一二两三四五六七八九十]) ?(?P<unit>天|周|个?星期|个月|年)(?P<dir>[前后])(?![所进往])"),
)  # fmt: skip

BY = re.compile(
    r"(?:\b(?:by|before|until|till|no later than|not later than|not before|к|ко|до|не позднее|не позже)(?: the)? |[至到])$"
)
FROM = re.compile(r"(?:\b(?:since|from|after|starting|с|со|после|начиная с|от)(?: the)? |[自从])$")
BY_AFTER = re.compile("[ ]?(?:之前|以前|前)(?!往)")
FROM_AFTER = re.compile("[ ]?(?:之后|以后|以来|起|后(?!天))")
FUTURE = re.compile(
    r"\b(?:will|would|shall|plans?|planned|scheduled|expected|due|going to|set to|to be|next|upcoming|intends?|hopes?"
    r"|буд(?:ет|ут|у)|планиру\w{2,4}|намерен\w*|ожида\w{2,5}|состоится|состоятся|пройд[еу]т|откроется|должн?\w{0,2}|предстоит"
    r"|запланирован\w*|назначен\w*|начнется|завершится|ближайш\w+|следующ\w+)\b|将|拟|计划|预计|定于|预定|料"
)
SAID = re.compile(
    r"\b(?:said|told|reported|announced|added|wrote|tweeted|stated|(?:сообщи|заяви|сказа|отмети|написа|рассказа|объяви)л[аи]?)\b"
    r"[^,;]{0,20}$|(?:说|表示|称|宣布|指出|报道)$"
)
IN_YEAR = re.compile(
    r"(?:\b(?:in|by|since|until|till|before|after|from|during|through|to|of|for|and|year|than|between|around|в|с|к|до|по|за|на|от|и"
    r"|после|около|fiscal|calendar|years)(?: the| about| around| circa)? |[(（]|(?<=\d)[-‐–—/])$"
)
"""What stands before a bare year that is one, and no part of a name ("Vostok 2022") nor a count."""
