"""How dates are written in English, Chinese and Russian: patterns over folded text. Pure.

Groups: y year, ys shift of the year, m month, ms shift of the month or season, d day, m2 and d2 the end of a range,
part of the period, q quarter, h half, season, shift and unit of a period ("next week"), n how many units, dir before or
after now, rel a day named from today, wd weekday, ws shift of its week.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """A way to write a date; `needs`: one of these stands in every text that can match, which spares the search."""

    needs: tuple[str, ...]
    regex: re.Pattern[str]


def _pattern(needs: str, regex: str) -> Pattern:
    return Pattern(tuple(needs.split()), re.compile(regex))


_Y = r"(?P<y>(?:19|20)\d\d)(?!\d|-?[a-z]|[.,:]\d)"
_TO = r" ?[-‐–—−~] ?"
_D = r"(?:0?[1-9]|[12]\d|3[01])"
_M = r"(?:0?[1-9]|1[0-2])"

NUMERIC = (
    _pattern(
        "- / .",
        rf"(?<![\d.,/-])(?P<y>(?:19|20)\d\d)(?P<sep>[-/.])(?P<m>{_M})(?P=sep)(?P<d>{_D})(?![\d/-]|[.,]\d)",
    ),
    _pattern(".", rf"(?<![\d.,])(?P<d>{_D})\.(?P<m>{_M})\.(?P<y>(?:19|20)\d\d)(?!\d|[.,]\d)"),
    _pattern("/", rf"(?<![\d/])(?P<m>{_M})/(?P<d>{_D})/(?P<y>(?:19|20)\d\d)(?![\d/])"),
    _pattern("/", rf"(?<![\d/])(?P<d>{_D})/(?P<m>{_M})/(?P<y>(?:19|20)\d\d)(?![\d/])"),
)

# -- English ----------------------------------------------------------------------------------------------------------

_EN_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_EN_MONTH = (
    r"\b(?P<m>january|february|march|april|may|june|july|august|september|october|november|december"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)(?:\.|\b))(?![a-z])"
)
_EN_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_EN_DAY_2 = r"(?P<d2>\d{1,2})(?:st|nd|rd|th)?"
_EN_OF_YEAR = rf"(?:{_Y}|(?P<ys>this|last|next|that|the same) year)"
_EN_YEAR = rf"(?:,? (?:of |in )?{_EN_OF_YEAR})?"
_EN_PART = r"(?:(?:the )?(?P<part>early|mid|late|start|beginning|middle|end)(?: in | of |-| ))?"
_EN_COUNT = r"(?P<n>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten)"
_EN_WEEKDAY = r"(?P<wd>monday|tuesday|wednesday|thursday|friday|saturday|sunday)"

ENGLISH = (
    _pattern(
        _EN_MONTHS,
        rf"(?:the )?(?<![\d.,])\b{_EN_DAY}(?:(?:{_TO}| to | and | or ){_EN_DAY_2})?,? (?:of )?{_EN_MONTH}{_EN_YEAR}",
    ),
    _pattern(
        _EN_MONTHS,
        rf"{_EN_MONTH} (?:the )?{_EN_DAY}(?:(?:{_TO}| to | through | until | and ){_EN_DAY_2}(?! ?(?:%|percent)))?"
        rf"(?![\d:]|[,.]\d|-[a-z]){_EN_YEAR}",
    ),
    _pattern(
        _EN_MONTHS,
        rf"{_EN_MONTH}(?:{_TO}| to | through | until ){_EN_MONTH.replace('<m>', '<m2>')}{_EN_YEAR}",
    ),
    _pattern(_EN_MONTHS, rf"\b{_EN_PART}(?:(?P<ms>this|last|next|the previous|the coming) )?{_EN_MONTH}{_EN_YEAR}"),
    _pattern(
        "today tonight yesterday tomorrow",
        r"\b(?P<rel>the day after tomorrow|the day before yesterday|today|tonight|yesterday|tomorrow)\b(?!['’]s)",
    ),
    _pattern(
        "week month year quarter",
        rf"\b{_EN_PART}(?:the )?(?P<shift>this|last|next|current|coming|previous|the)(?: calendar)?"
        r" (?P<unit>week|month|year|quarter)(?:end)?\b(?!-old|s)",
    ),
    _pattern("year-end year‐end", r"\b(?P<unit>year)[-‐](?P<part>end)\b"),
    _pattern(
        "ago earlier later time now",
        rf"\b{_EN_COUNT} (?P<unit>day|week|month|year)s?['’]?(?:s['’]?)? (?P<dir>ago|earlier|from now|time|later)\b",
    ),
    _pattern("day", rf"\b(?:(?P<ws>this|last|next|the previous|this coming) )?{_EN_WEEKDAY}\b"),
    _pattern(
        "quarter",
        r"\b(?P<q>first|second|third|fourth|1st|2nd|3rd|4th)[- ]quarter"
        rf"(?:,? (?:of |in )?(?:{_EN_OF_YEAR}|the year))?",
    ),
    _pattern("half", rf"\b(?P<h>first|second)[- ]half,? (?:of )?(?:the )?(?:{_EN_OF_YEAR}|year)"),
    _pattern("q1 q2 q3 q4", rf"\bq(?P<q>[1-4]) ?(?:of )?{_Y}"),
    _pattern("h1 h2", rf"\bh(?P<h>[12]) ?(?:of )?{_Y}"),
    _pattern(
        "spring summer autumn fall winter",
        rf"\b{_EN_PART}(?:(?P<ms>this|last|next) (?:coming )?)?(?P<season>spring|summer|autumn|fall|winter)\b"
        rf"(?:,? (?:of )?{_EN_OF_YEAR})?",
    ),
    _pattern(
        "19 20",
        rf"\b(?:(?P<part>early|mid|late|end)[- ]|(?:the )?(?P<part2>start|beginning|middle|end) of )?{_Y}",
    ),
    _pattern("on", rf"\bon the {_EN_DAY}\b(?<=[a-z])(?! [a-z]+ (?:anniversary|congress|session|meeting|summit))"),
)

# -- Russian ----------------------------------------------------------------------------------------------------------

_RU_MONTHS = "янв фев мар апр май мая мае маю июн июл авг сен окт ноя дек"
_RU_MONTH = (
    r"(?P<m>январ[ьяеюи]м?|феврал[ьяеюи]м?|март(?:а|е|у|ом)?|апрел[ьяеюи]м?|ма(?:й|я|е|ю|ем)|июн[ьяеюи]м?|июл[ьяеюи]м?"
    r"|август(?:а|е|у|ом)?|сентябр[ьяеюи]м?|октябр[ьяеюи]м?|ноябр[ьяеюи]м?|декабр[ьяеюи]м?"
    r"|(?:янв|фев|апр|авг|сен|окт|ноя|дек)(?:\.|\b))(?![а-я])"
)
_RU_THIS = (
    r"(?:эт(?:от|ого|ом|ой|у|о|им)|текущ(?:ей|ем|его|ую)|нынешн(?:ей|ем|его|юю)|сего|прошл(?:ой|ом|ого|ую|ый|ое|ым)"
    r"|минувш(?:ей|ем|его|ую|ий|ее|им)|позапрошл(?:ом|ого)|предыдущ(?:ей|ем|его)|следующ(?:ей|ем|его|ую|ий|ее|им)"
    r"|будущ(?:ей|ем|его|ую|ий|ее|им)|ближайш(?:ей|ую|ий|ее)|то(?:го|м) же)"
)
_RU_SUFFIX = r"(?:-?(?:го|м|му|й))?(?: ?(?:года|году|годом|год|гг?\b\.?))?"
_RU_YEAR = rf"(?:,? (?:{_Y}{_RU_SUFFIX}|(?:в )?(?P<ys>{_RU_THIS}) год[ау]))?"
_RU_PART = r"(?P<part>начал[еауо]|середин[еуаы]|кон(?:це|ца|цу|ец)) "
_RU_COUNT = r"(?P<n>\d{1,3}|один|одну|два|две|три|четыре|пять|шесть|семь|восемь|девять|десять)"
_RU_UNIT = r"(?P<unit>дн[яей]{1,2}|день|сут[а-я]{1,3}|недел[а-я]|месяц[а-я]{0,2}|года?|лет)"
_RU_ORDINAL = r"перв(?:ом|ого|ый)|втор(?:ом|ого|ой)|трет(?:ьем|ьего|ий)|четверт(?:ом|ого|ый)|iv|i{1,3}|[1-4]"

RUSSIAN = (
    _pattern(
        _RU_MONTHS,
        r"(?<![\d.,])\b(?P<d>\d{1,2})(?:[-‐]?(?:го|е|ого|му))?"
        rf"(?:(?:{_TO}| и | по | до )(?P<d2>\d{{1,2}})(?:[-‐]?(?:го|е))?)? {_RU_MONTH}{_RU_YEAR}",
    ),
    _pattern(_RU_MONTHS, rf"\b{_RU_MONTH}(?:{_TO}| по | до ){_RU_MONTH.replace('<m>', '<m2>')}{_RU_YEAR}"),
    _pattern(_RU_MONTHS, rf"\b(?:{_RU_PART})?(?:(?P<ms>{_RU_THIS}) )?{_RU_MONTH}{_RU_YEAR}"),
    _pattern("сегодня вчера завтра", r"\b(?P<rel>послезавтра|позавчера|сегодня|вчера|завтра)\b"),
    _pattern(
        "недел месяц год квартал",
        rf"\b(?:{_RU_PART})?(?P<shift>{_RU_THIS}) (?P<unit>недел[еюия]|месяц[еа]?|год[ау]?|квартал[еа]?)\b",
    ),
    _pattern("года месяца недели квартала", rf"\b{_RU_PART}(?P<unit>года|месяца|недели|квартала)\b"),
    _pattern("назад", rf"\b{_RU_COUNT} {_RU_UNIT} (?P<dir>(?:тому )?назад)\b"),
    _pattern("назад", r"\b(?P<unit>неделю|месяц|год|день) (?P<dir>назад)\b"),
    _pattern("через", rf"\b(?P<dir>через) (?:{_RU_COUNT} )?{_RU_UNIT}\b"),
    _pattern(
        "среду вторник понедельник четверг пятницу субботу воскресенье",
        rf"\b(?:(?P<ws>{_RU_THIS}) )?(?P<wd>понедельник|вторник|среду|четверг|пятницу|субботу|воскресенье)\b",
    ),
    _pattern("квартал", rf"\b(?P<q>{_RU_ORDINAL})(?:[-‐](?:й|м|го|ом))? квартал[еау]?{_RU_YEAR}"),
    _pattern("полугоди", rf"\b(?P<h>{_RU_ORDINAL})(?:[-‐](?:м|го|е))? полугоди[иея]{_RU_YEAR}"),
    _pattern(
        "весной летом осенью зимой", rf"\b(?:(?P<ms>{_RU_THIS}) )?(?P<season>весной|летом|осенью|зимой)\b{_RU_YEAR}"
    ),
    _pattern("19 20", rf"\b(?:{_RU_PART})?{_Y}{_RU_SUFFIX}"),
    _pattern("числа", r"(?<!\d)(?P<d>\d{1,2})(?:[-‐]го)? числа\b"),
)

# -- Chinese ----------------------------------------------------------------------------------------------------------

_ZH_NUMBER = r"(?:[12]\d|3[01]|0?[1-9]|[二三]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|[一二三四五六七八九])"
_ZH_MONTH_NUMBER = r"(?:1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九])"
_ZH_YEAR = r"(?:(?P<y>(?:19|20)\d\d|[一二][九零〇○][零〇○一二三四五六七八九]{2}) ?年|(?P<ys>[今明去前后同本当翌])年)"
_ZH_DAY = rf"(?<!\d)(?P<d>{_ZH_NUMBER}) ?[日号](?!本[^周月])"
_ZH_UNTIL = rf"(?: ?[至到‐–—~、和-] ?(?:(?P<m2>{_ZH_MONTH_NUMBER})月)?(?P<d2>{_ZH_NUMBER}) ?[日号])?"
_ZH_PART = r"(?P<part>上旬|中旬|下旬|初|底|末|中(?![国方央俄美]))"

CHINESE = (
    _pattern(
        "月",
        rf"(?:{_ZH_YEAR}的?)?(?<!\d)(?P<m>{_ZH_MONTH_NUMBER}) ?月(?![薪球亮光])份?(?:{_ZH_DAY}{_ZH_UNTIL}|{_ZH_PART})?",
    ),
    _pattern(
        "月",
        rf"(?:{_ZH_YEAR}的?)?(?<!\d)(?P<m>{_ZH_MONTH_NUMBER}) ?月?份?[至到‐–—~-](?P<m2>{_ZH_MONTH_NUMBER}) ?月份?"
        r"(?![\d薪])",
    ),
    _pattern("月", rf"(?P<ms>本|这个|这|上个|上|下个|下|当|次)月(?:{_ZH_DAY}{_ZH_UNTIL}|{_ZH_PART})?"),
    _pattern("日", rf"(?<![月\d.第])(?P<d>[12]\d|3[01]|[1-9]) ?日(?![本元圆军媒方籍产均益夜]){_ZH_UNTIL}"),
    _pattern("天 日 晚 晨", r"(?P<rel>今天|今日(?!俄)|今晚|今晨|昨天|昨日|昨晚|明天|明日|明晚|后天|前天)"),
    _pattern(
        "年",
        rf"{_ZH_YEAR}(?:的?(?:(?P<h>[上下])半年|第?(?P<q>[一二三四1-4])季度|(?P<season>[春夏秋冬])[天季]?(?![节运])"
        r"|年?(?P<part>[初底末内中](?![国方俄美共]))))?",
    ),
    _pattern("季度", r"第?(?P<q>[一二三四1-4])季度"),
    _pattern("半年", r"(?P<h>[上下])半年"),
    _pattern("年", r"(?P<unit>年)(?P<part>[底末内初尾])"),
    _pattern("春 夏 秋 冬", r"(?P<ms>[今明去])年?的?(?P<season>[春夏秋冬])"),
    _pattern("周 星期 礼拜", r"(?P<ws>本|这个?|上个?|下个?)?(?:周|星期|礼拜)(?P<wd>[一二三四五六日天])(?![年月届])"),
    _pattern("周 星期 礼拜", r"(?P<shift>本|这个?|上个?|下个?)(?P<unit>周|星期|礼拜)末?"),
    _pattern(
        "前 后",
        r"(?<![\d.第])(?P<n>\d{1,3}|[一二两三四五六七八九十]) ?(?P<unit>天|周|个?星期|个月|年)[之以]?(?P<dir>[前后])"
        "(?![所进往])",
    ),
)
