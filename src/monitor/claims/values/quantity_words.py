"""Words around quantities in English, Chinese and Russian: comparators, ranges, replacement, rates, fractions. Pure."""

import re

# -- comparators: matched at the end of what stands before a number, or at the start of what follows -------------------

_THE = r"(?: (?:the|a|an|some|to|of))? ?$"
GREATER_BEFORE = re.compile(
    r"(?:\b(?:more than|over|above|at least|exceed(?:s|ed|ing)?|(?:no|not) (?:fewer|less) than|upwards? of|in excess of|beyond"
    r"|surpass(?:es|ed|ing)?|(?:a )?minimum (?:of )?|topp?(?:ed|ing|s)|greater than|higher than|north of|well over"
    rf"|as few as){_THE}"
    r"|\b(?:более(?: чем)?|больше(?: чем)?|свыше|не менее(?: чем)?|не меньше(?: чем)?|как минимум|по меньшей мере"
    r"|по крайней мере|минимум|превы(?:шает|шают|сила|сил|сило|сили|сит|шать|сить|шала|шал|шающ[а-я]{2,3})|выше|от) (?:в )?$"
    r"|(?:超过|超出|超|逾|多于|至少|最少|不少于|不低于|不下于|不下|高于|大于|突破|起码|>|≥|≧)(?:了|为|有)? ?$|[>≥] ?$)"
)
LESS_BEFORE = re.compile(
    r"(?:\b(?:up to|as (?:many|much|high) as|at most|(?:no|not) (?:more|greater|higher) than|under|below|(?<!no )(?<!not )(?:less|fewer) than"
    rf"|(?:a )?maximum (?:of )?|lower than|within){_THE}"
    r"|\b(?:не более(?: чем)?|не больше(?: чем)?|(?<!не )менее(?: чем)?|(?<!не )меньше(?: чем)?|максимум|ниже|не превы[шс][а-я]{1,5}"
    r"|в пределах) (?:в )?$"
    r"|(?:至多|最多|多达|不超过|不高于|不多于|不到|未到|少于|低于|不足|未满|小于|以内的?|≤|≦)(?:了|有)? ?$|[<≤] ?$)"
)
UP_TO_RUSSIAN = re.compile(r"\bдо $")
ABOUT_BEFORE = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx\.?|some|nearly|almost|close to|circa|c\.|an? estimated|estimated"
    r"|in the region of|somewhere|close on|or so|just under|just over|near"
    rf"){_THE}|\b(?:около|порядка|примерно|приблизительно|почти|где-то|едва ли не|ориентировочно|без малого|чуть более"
    r"|чуть больше|чуть менее|чуть меньше|чуть выше|чуть ниже|приблизительно) (?:в )?$"
    r"|(?:大约|大概|约|约为|约有|约合|大致|将近|接近|近|差不多|几乎|左右|估计)(?:为|有|达|是)? ?$|[~≈] ?$)"
)
GREATER_AFTER = re.compile(
    r"\+(?!\d)| ?(?:or|and) (?:more|above|over)\b|\.? (?:и|или) (?:более|больше|выше)\b| с (?:лишним|небольшим)\b|以上|之上|有余|开外"
)
LESS_AFTER = re.compile(r" ?or (?:less|fewer|below|under)\b| и (?:менее|меньше|ниже)\b|以下|以内|之内")
ABOUT_AFTER = re.compile(r" or (?:so|thereabouts)\b|,? give or take|左右|上下|前后(?=[,。的])")

# -- ranges and replacement -------------------------------------------------------------------------------------------

BETWEEN = re.compile(r"(?:\bbetween(?: about| around)?|\bмежду|介于|在) ?$")
AND = re.compile(r" (?:and|и) | ?[与和] ?")
TO = re.compile(
    r"(?: ?[-‐–—−~〜∼] ?| ?(?:至|到|~) ?)(?:about |around )?|,? (?:to|through)(?: about| around| some| nearly| almost)? |,? до(?: примерно| около)? "
)
DASH = re.compile("[-‐–—−]")
OR = re.compile(r"(?: or | или )|、?或者?")
FROM = re.compile(
    r"\b(?:from|от|с|со)(?: about| around| some| nearly| almost| roughly| more than| over| примерно| около| почти| the (?:planned|previous|current|original))? ?$|[从由自](?:原来的?|此前的?|之前的?|原先的?|目前的?|现在的?|原计划的?|原定的?|约|大约)? ?$"
)
FROM_CHANGES = re.compile(r"\b(?:с|со)(?: примерно| около| почти)? $")
_CHANGES_EN = (
    r"(?:cut|rais|increas|reduc|lower|ris(?:e|es|ing|en)\b|rose|f[ae]ll|gr[eo]w|drop|expand|climb|jump|slash|revis|chang"
    r"|surg|shr[aiu]nk|widen|boost|doubl|declin|slid|slip|plung|plummet|soar|advanc|trim|downgrad|upgrad|halv|scal|narrow"
    r"|tripl|edg|dip|went|mov|bring|brought|adjust|push|swell|replac|correct|updat|shift|switch|up\b|down\b)"
)
_CHANGES_RU = (
    r"(?:увелич|сокра[тщ]|сни[зж]|выр[ао]с|возрос|возраст|повы[сш]|доведен|довест|довел|расшир|урез|упа[лдс]|пада|рост"
    r"|раст[еу]|подня[лт]|опусти|уменьш|изменил|пересмотр|скоррект|подскоч|рухн|обвал|смести|перен[ео]с|подорожа"
    r"|подешеве|нараст|наращ|сжа)"
)
_CHANGES_ZH = "增|减|升|降|提高|上调|下调|改|缩|扩|涨|跌|调整|下修|上修|攀|跃|变|修正|翻"
CHANGE = re.compile(rf"\b(?:{_CHANGES_EN}|{_CHANGES_RU})|{_CHANGES_ZH}")
CHANGE_TO = re.compile(
    r"[^。;!?]{0,6}?(?:增加?|减少?|升|降低?|提高|提升|上升|下降|上调|下调|改|缩减|缩小|扩大|上涨|涨|跌|下跌|调整|下修|上修|攀升|跃升|变|修正|扩充|增长|翻)(?:了)?"
    r"(?:至|到|为|成)(?:约|大约|近|逾|超过)? ?"
)
INSTEAD_OF = re.compile(
    r"(?: [a-z0-9'-]+){0,6},? (?:up|down) from(?: the)?(?: previous| planned| earlier| about)? |,? (?:instead of|rather than|and not|not|compared (?:with|to)|versus|vs\.?|against|from)(?: the)?"
    r"(?: previous| planned| earlier| originally planned| initial)? "
    r"|,? (?:вместо|а не|против|по сравнению с|взамен)(?: прежних| ранее| ранее заявленных| запланированных| нынешних)? "
    r"|[,;、]? ?(?:而非|而不是|取代|代替)(?:此前的?|原来的?|原先的?)? ?"
)
IS_PREVIOUS = re.compile(r"instead|rather|not\b|up from|down from|а не|вместо|взамен|而|取代|代替|(?<!compared )from")
SHARES_UNIT = re.compile(r" (?:and|or) |, | (?:и|или) |[、和与或,]|,? (?:but|а|но) (?:not|не) ")
_MUCH = r"(?: (?:about|around|some|nearly|almost|roughly|over|more than|at least|up to|as much as|another|a further|an additional))?"
_MUCH_RU = r"(?: (?:около|почти|примерно|целых|более чем|более|еще|дополнительные))?"
DELTA_BEFORE = re.compile(
    rf"\b{_CHANGES_EN}[a-z]*(?: [a-z]+){{0,3}} by{_MUCH} $|\b(?:another|an? (?:additional|extra|further)|additional) $"
    rf"|\b{_CHANGES_RU}[а-я]*(?: [а-я]+){{0,3}} на{_MUCH_RU} $|\bеще(?: на)? $"
    r"|(?:增加|减少|增长|下降|提高|降低|上涨|下跌|上升|提升|增|减|涨|跌|上调|下调|新增)了?(?:约|大约|近|逾|超过)? ?$"
)

# -- rates ------------------------------------------------------------------------------------------------------------

_OF_WHAT = r"(?: of (?:(?!in\b|on\b|over\b|within\b|for\b|during\b)[a-z'-]+ ?\b){1,3}| worth of [a-z'-]+)?"
PER = re.compile(
    rf"(?: ?/ ?|{_OF_WHAT} (?:per|an?|each|every) |(?: [а-я-]+){{0,3}}? (?:в|за|на один|на|каждый|каждую) | ?[/／每] ?)(?=[a-z0-9а-я\u3400-\u9fff])"
)
PER_WORD = re.compile(
    rf"{_OF_WHAT},? (?:(?P<yr>annually|yearly|p\.a\.|per annum)|(?P<d>daily)|(?P<week>weekly)|(?P<month>monthly)|(?P<h>hourly))\b"
    r"|(?: [а-я-]+){0,2}? (?:(?P<yr_>ежегодно)|(?P<d_>ежедневно|ежесуточно)|(?P<month_>ежемесячно)|(?P<week_>еженедельно))\b"
)
PER_BEFORE = re.compile(
    r"(?:每|平均每)(?P<zh>年|天|日|月|周|星期|小时|桶|吨|千立方米|千方|公斤|度|平方米|平方公里|秒|分钟)[^,。;:、\d]{0,12}$"
    r"|\b(?P<yr>ежегодно|annually|each year|every year|yearly)(?: [a-zа-я]+){0,3} $"
    r"|\b(?P<d>ежедневно|ежесуточно|every day|each day|daily)(?: [a-zа-я]+){0,3} $"
)
PER_CHINESE = {"年": "yr", "天": "d", "日": "d", "月": "month", "周": "week", "星期": "week", "小时": "h", "桶": "bbl",
               "吨": "t", "千立方米": "1000m3", "千方": "1000m3", "公斤": "kg", "度": "kWh", "平方米": "m2",
               "平方公里": "km2", "秒": "s", "分钟": "min"}  # fmt: skip
PERIOD = re.compile(
    r"(?P<yr>year|annum|yr\b|y\b|год(?:у)?\b|г\b|年)|(?P<d>day|d\b|сутки|день|сут\b|天|日)|(?P<month>month|месяц|мес\b|月)|(?P<week>week|неделю)"
    r"|(?P<h>hour|hr\b|h\b|час\b|ч\b|小时)|(?P<min>minute|минуту|分钟)|(?P<s>second|s\b|секунду|с\b|сек\b|秒)"
)

# -- fractions --------------------------------------------------------------------------------------------------------

_PARTS = {"half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4,
          "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "seventh": 7, "eighth": 8, "eighths": 8, "ninth": 9,
          "tenth": 10, "tenths": 10}  # fmt: skip
_COUNTS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_ENGLISH = re.compile(
    rf"\b(?P<one>half)(?= of\b| the\b| its\b| their\b| his\b)|\b(?:(?P<n>{'|'.join(_COUNTS)})[ -])(?P<d>{'|'.join(_PARTS)})\b(?! (?:million|billion|trillion|thousand|hundred|dozen|of a (?:million|billion)|time|term|year|round|day|century|country|party|man|person|week|month|quarter|place|and|a ))"
    r"|\b(?P<in1>one|two|three|four|five|six|seven|eight|nine|\d) (?:in|out of)(?: every)? (?P<in2>two|three|four|five|six|seven|eight|nine|ten|\d{1,4})\b(?! ?(?:%|percent|per cent|million|billion|days|years|weeks|months|hours))"
)
_RUSSIAN_PARTS = {"трет": 3, "четверт": 4, "пят": 5, "шест": 6, "седьм": 7, "восьм": 8, "девят": 9, "десят": 10}
_RUSSIAN_COUNTS = {"одна": 1, "одной": 1, "одну": 1, "две": 2, "двух": 2, "три": 3, "трех": 3, "четыре": 4, "четырех": 4, "пять": 5, "семь": 7, "девять": 9}  # fmt: skip
_RUSSIAN = re.compile(
    r"\b(?P<half>половин(?:а|ы|у|е|ой))\b"
    rf"|\b(?P<rn>{'|'.join(_RUSSIAN_COUNTS)}) (?P<rd>трети|третей|четверти|четвертей|пятых|шестых|седьмых|восьмых|девятых|десятых)\b"
    r"|\b(?P<rone>треть|четверть)\b(?! (?:века|финала|часа|заседани))"
)
_ZH_NUMBER = r"(?:\d+(?:\.\d+)?|[一二两三四五六七八九十百零〇]+)"
_CHINESE = re.compile(
    rf"(?<![万亿百千])(?P<zd>{_ZH_NUMBER})分之(?P<zn>{_ZH_NUMBER}(?:点[一二三四五六七八九零]+)?)"
    rf"|(?P<tenths>\d(?:\.\d)?|[一二两三四五六七八九]{{1,2}})(?P<more>多)?成(?![为功立员本年果都交长熟绩品千群分吉就人语])(?P<half10>[一二三四五六七八九半])?"
    r"|(?P<zhalf>一半(?!导)|半数|过半数|过半|大半)"
)
FRACTION_HINT = re.compile(
    "成|分之|半|half|third|quarter|fifth|sixth|seventh|eighth|ninth|tenth| in | out of |половин|трет|четверт|[ыт]ых"
)
FRACTIONS = (_ENGLISH, _RUSSIAN, _CHINESE)
ENGLISH_PARTS, ENGLISH_COUNTS = _PARTS, _COUNTS
RUSSIAN_PARTS, RUSSIAN_COUNTS = _RUSSIAN_PARTS, _RUSSIAN_COUNTS

# -- nouns and what is no quantity ------------------------------------------------------------------------------------

STOP = frozenset(
    """a an the and or but nor in on at to from by with without for of as than that which who whom whose where when while if
    is are was were be been being has have had having do does did will would shall should can could may might must not no
    it its they their them he she his her we our you your this these those there here about over under after before since
    until through during into between against among per each every said says say told reported including because so such
    also only just both either still already yet then however off up down out away long wide tall high deep old ago took
    take takes taking went go went come came left remain remained remains stood stand died die dies injured_
    и или а но в во на с со из к ко у о об от до по за при для без под над между через про как что это этот эта эти был
    была было были будет будут есть не ни же ли бы то так также уже еще если чтобы когда где который которая которые
    которых его ее их он она они мы вы сообщил сообщила сообщили заявил заявила заявили сказал составит составил
    составила составляет сможет могут может погибли погиб ранены получили стали стал участвовали участвуют году года вместо против
    около более менее больше меньше почти свыше раньше позже годовых""".split()
)
AFTER_NOUN = re.compile("左右|以上|以下|以内|上下|之多|之上|开外|有余")
CLASSIFIERS = "个件台座起套间条张项次只头匹棵支发部份所轮场批队类种颗根块片层户口挺门辆艘架枚名位人家例栋幢票席"
HAN_STOP = frozenset(
    "增减升降改取代缩扩涨跌达占超较比同由从,。;:、!?()「」“”\"'的在和与及或被将已了是为有从向到至于对把这该其因后前时中外内参到接以并而也都还正曾可能会要"
)
NOT_A_COUNT_BEFORE = re.compile(
    r"(?:\b(?:pages?|pp?|nos?|items?|points?|articles?|section|chapters?|paragraphs?|resolution|figure|room|flight|channel|route|phase|stage|level"
    r"|line|number|rule|table|volume|vol|issue|episode|season|part|version|type|class|model|apollo|boeing|airbus|unit|grade|age|aged|top"
    r"|стр|страниц[аеуы]|стать[яеию]|ст|пункт[аеу]?|п|глав[аеуы]|рис|рейс[аеу]?|дом[аеу]?|д|кв|номер[аеу]?|том|часть|канал[еау]?|в возрасте)"
    r"\.? ?|№ ?|[#@] ?|第 ?|\$?\d+ ?x ?)$"
)
NOT_A_COUNT_AFTER = re.compile(
    r"[»”]|[届期](?!间|待)|大(?=[的会后前以期,。召、 」])|中全会|号|楼|路|线|世纪|式|型|维|岁?级?联赛|点(?=钟|整|半|\d)|:\d"
)
NAME_BEFORE = re.compile(r"([^\W\d_][^\W\d_'’-]*)[»\"”’')]{0,2} ?(?:[-‐–—] ?)?$")
FUNCTION_WORDS = frozenset(
    """about around over some nearly almost only just at in on of by for to from with more than least most up as many few
    and or but the another between under above after before since roughly approximately the these those all our its their
    with plus including while when if that killing with they we you he she it there here what how who where was were is are
    had has have not no yes so also even still least into against per via total overall altogether
    около более свыше до от с в на за по из для и или а но почти примерно всего еще уже только лишь не менее больше меньше
    порядка итого при под через после перед между как что это этот их его все ранее сейчас теперь погибли ранены""".split()
)
MASKED = re.compile(
    r"https?://[^\s]{1,300}|www\.[^\s]{1,300}|[^\s@]{1,64}@[^\s@]{1,100}\.[a-z]{2,}"
    r"|\+\d[\d ()\-‐]{8,20}|\d{1,6}(?:[-‐]\d{1,6}){2,8}"
    r"|\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\b)?|\b\d{1,2}(?:[.:]\d\d)? ?[ap]\.?m\b\.?"
    r"|\d{1,2} ?[点时](?:\d{1,2}分|整|半|钟|许)?(?=[,。、;在许至到整半 ]|$)|[上下]午[一二三四五六七八九十两]{1,3}[点时](?:半|[一二三四五六七八九十]{1,3}分)?"
    r"|\b(?:в|к|до|с|после|около) \d{1,2} час(?:ов|а)? (?:утра|вечера|дня|ночи|по)\b|\bв \d{1,2}\.\d\d\b"
    r"|\d{1,4}/\d{1,4}(?:/\d{1,4})?|(?<!\d)\d{1,3}:\d{1,3}(?!\d)"
)


def share(found: re.Match[str]) -> tuple[float, float | None] | None:
    """The per cent that a match of `FRACTIONS` means, with the upper end of a range (七八成)."""
    groups = {name: value for name, value in found.groupdict().items() if value}
    if groups.keys() & {"one", "half", "zhalf"}:
        return 50.0, None
    if "in1" in groups:
        return _ratio(_small(groups["in1"]), _small(groups["in2"]))
    if "d" in groups:
        return _ratio(ENGLISH_COUNTS[groups["n"]], ENGLISH_PARTS[groups["d"]])
    if "rone" in groups:
        return _ratio(1, 3 if groups["rone"] == "треть" else 4)
    if "rn" in groups:
        part = next(value for stem, value in RUSSIAN_PARTS.items() if groups["rd"].startswith(stem))
        return _ratio(RUSSIAN_COUNTS[groups["rn"]], part)
    return _chinese_share(groups)


def _chinese_share(groups: dict[str, str]) -> tuple[float, float | None] | None:
    if "tenths" in groups:
        written = groups["tenths"]
        more = groups.get("half10", "")
        rest = 5.0 if more == "半" else float(_small(more)) if more else 0.0
        if written[0].isdigit():
            return float(f"{10 * float(written) + rest:.12g}"), None
        digits = [_small(char) for char in written]
        return 10.0 * digits[0] + rest, 10.0 * digits[1] + rest if len(digits) > 1 else None
    above, below = (_value(groups[name]) for name in ("zn", "zd"))
    return _ratio(above, below)


def _ratio(above: float, below: float) -> tuple[float, None] | None:
    if below <= 0 or above > below * 10:
        return None
    return float(f"{100 * above / below:.6g}"), None


def _small(written: str) -> int:
    if written.isdigit():
        return int(written)
    words = [*ENGLISH_COUNTS, "ten"]
    if written in words:
        return words.index(written)
    return "〇一二三四五六七八九".find(written.replace("两", "二"))


def _value(written: str) -> float:
    from monitor.claims.values.numerals import scan  # noqa: PLC0415

    numbers = scan(written)
    return numbers[0].value if numbers else 0.0
