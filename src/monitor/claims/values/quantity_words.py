"""Words around quantities in English, Chinese and Russian, as patterns over folded text. Pure.

Those whose names end in BEFORE are searched in the few words before a number, those in AFTER matched behind it.
"""

import re


def _phrases(text: str) -> str:
    """`one | other …` over several lines, as alternatives of a pattern."""
    return "(?:" + "|".join(" ".join(phrase.split()) for phrase in text.split("|")) + ")"


def word_set(text: str) -> frozenset[str]:
    """The words of `text`."""
    return frozenset(text.split())


# -- comparators ------------------------------------------------------------------------------------------------------

_THE = r"(?: (?:the|a|an|some|to|of))? ?$"
_MORE = _phrases(
    r"""more than | over | above | at least | exceed(?:s|ed|ing)? | (?:no|not) (?:fewer|less) than | upwards? of
    | in excess of | beyond | surpass(?:es|ed|ing)? | (?:a )?minimum(?: of)? | topp?(?:ed|ing|s) | greater than
    | higher than | north of | well over | as few as"""
)
_MORE_RU = _phrases(
    r"""более(?: чем)? | больше(?: чем)? | свыше | не менее(?: чем)? | не меньше(?: чем)? | как минимум
    | по меньшей мере | по крайней мере | минимум | превы(?:шает|шают|сила|сил|сило|сили|сит|шать|сить|шала|шал)
    | превышающ[а-я]{2,3} | выше"""
)
_MORE_ZH = "超过|超出|超|逾|多于|至少|最少|不少于|不低于|不下于|不下|高于|大于|突破|起码"
GREATER_BEFORE = re.compile(rf"(?:\b{_MORE}{_THE}|\b{_MORE_RU} (?:в )?$|(?:{_MORE_ZH})(?:了|为|有)? ?$|[>≥≧] ?$)")
_LESS = _phrases(
    r"""(?:not|n't) exceed(?:ing)? | up to | as (?:many|much|high) as | at most
    | (?:no|not) (?:more|greater|higher) than | under | below | (?<!no )(?<!not )(?:less|fewer) than
    | (?:a )?maximum(?: of)? | lower than | within"""
)
_LESS_RU = _phrases(
    r"""не более(?: чем)? | не больше(?: чем)? | (?<!не )менее(?: чем)? | (?<!не )меньше(?: чем)? | максимум | ниже
    | не превы[шс][а-я]{1,5} | в пределах"""
)
_LESS_ZH = "至多|最多|多达|不超过|不高于|不多于|不到|未到|少于|低于|不足|未满|小于"
LESS_BEFORE = re.compile(rf"(?:\b{_LESS}{_THE}|\b{_LESS_RU} (?:в )?$|(?:{_LESS_ZH})(?:了|有)? ?$|[<≤≦] ?$)")
UP_TO_RUSSIAN = re.compile(r"\bдо $")
_ABOUT = _phrases(
    r"""about | around | roughly | approximately | approx\.? | some | nearly | almost | close to | circa | c\.
    | (?:an? )?estimated | in the region of | close on | just under | just over | near"""
)
_ABOUT_RU = _phrases(
    """около | порядка | примерно | приблизительно | почти | где-то | едва ли не | ориентировочно | без малого
    | чуть более | чуть больше | чуть менее | чуть меньше | чуть выше | чуть ниже"""
)
_ABOUT_ZH = "大约|大概|约|大致|将近|接近|近|差不多|几乎|左右|估计"
ABOUT_BEFORE = re.compile(rf"(?:\b{_ABOUT}{_THE}|\b{_ABOUT_RU} (?:в )?$|(?:{_ABOUT_ZH})(?:为|有|合|达|是)? ?$|[~≈] ?$)")
GREATER_AFTER = re.compile(
    r"\+(?!\d)| ?(?:or|and) (?:more|above|over)\b|\.? (?:и|или) (?:более|больше|выше)\b| с (?:лишним|небольшим)\b"
    "|以上|之上|有余|开外"
)
LESS_AFTER = re.compile(r" ?or (?:less|fewer|below|under)\b| и (?:менее|меньше|ниже)\b|以下|以内|之内")
ABOUT_AFTER = re.compile(r" or (?:so|thereabouts)\b|,? give or take|左右|上下|前后(?=[,。的])")

# -- ranges and replacement -------------------------------------------------------------------------------------------

_CHANGES_EN = _phrases(
    r"""cut | rais | increas | reduc | lower | ris(?:e|es|ing|en)\b | rose | f[ae]ll | gr[eo]w | drop | expand | climb
    | jump | slash | revis | chang | surg | shr[aiu]nk | widen | boost | doubl | declin | slid | slip | plung | plummet
    | soar | advanc | trim | downgrad | upgrad | halv | scal | narrow | tripl | edg | dip | went | mov | bring | brought
    | slow | eas(?:e|es|ed|ing)\b | accelerat | weaken | adjust | push | swell | replac | correct | updat
    | shift | switch | up\b | down\b"""
)
_CHANGES_RU = _phrases(
    """увелич | сокра[тщ] | сни[зж] | выр[ао]с | возрос | возраст | повы[сш] | доведен | довест | довел | расшир | урез
    | упа[лдс] | пада | рост | раст[еу] | подня[лт] | опусти | уменьш | изменил | пересмотр | скоррект | подскоч | рухн
    | замедл | ускор | обвал | смести | перен[ео]с | подорожа | подешеве | нараст | наращ | сжа"""
)
_CHANGES_ZH = "增|减|升|降|提高|上调|下调|改|缩|扩|涨|跌|调整|下修|上修|攀|跃|变|修正|翻"
CHANGE = re.compile(rf"\b(?:{_CHANGES_EN}|{_CHANGES_RU})|{_CHANGES_ZH}")
"""Stems of words by which a value becomes another."""
_CHANGE_TO_ZH = (
    "增加?|减少?|升|降低?|提高|提升|上升|下降|上调|下调|改|缩减|缩小|扩大|上涨|涨|跌|下跌|调整|下修|上修|攀升|跃升|变|修正"
    "|扩充|增长|翻"
)
CHANGE_TO = re.compile(rf"[^。;!?]{{0,6}}?(?:{_CHANGE_TO_ZH})了?(?:至|到|为|成)(?:约|大约|近|逾|超过)? ?")
"""What stands between an old and a new value in Chinese."""
BETWEEN = re.compile(r"(?:\bbetween(?: about| around)?|\bмежду|介于|在) ?$")
AND = re.compile(r" (?:and|и) | ?[与和] ?")
TO = re.compile(
    r"(?: ?[-‐–—−~〜∼] ?| ?[至到] ?)(?:about |around )?|,? (?:to|through)(?: about| around| some| nearly| almost)? "
    r"|,? до(?: примерно| около)? "
)
DASH = re.compile("[-‐–—−]")
OR = re.compile(r" or | или |、?或者?")
_ABOUT_NEXT = r"(?: (?:about|around|some|nearly|almost|roughly|more than|over|примерно|около|почти))?"
FROM = re.compile(
    rf"\b(?:from|от|с|со){_ABOUT_NEXT}"
    "(?: the (?:planned|previous|current|original)| [а-я]{3,20}(?:ых|их|его|ого))? ?$"
    "|[从由自](?:(?:原来|此前|之前|原先|目前|现在|原计划|原定)的?|约|大约)? ?$"
)
FROM_CHANGES = re.compile(r"\b(?:с|со)(?: примерно| около| почти| [а-я]{3,20}(?:ых|их|его|ого))? $")
"""The Russian "from" that opens a change, where "от" opens a range."""
LATER_TO = re.compile(rf"[^.;:!?。]{{0,40}}? (?:to|down to|up to|до){_ABOUT_NEXT} ")
INSTEAD_OF = re.compile(
    r"(?: [a-z0-9'-]+){0,6},? (?:up |down )?from(?: the)?(?: previous| planned| earlier| about)? "
    r"|,? (?:instead of|rather than|and not|not|compared (?:with|to)|versus|vs\.?|against)(?: the)?"
    r"(?: previous| planned| earlier| originally planned| initial)? "
    r"|,? (?:вместо|а не|против|по сравнению с|взамен|с|со)"
    "(?: прежних| ранее| ранее заявленных| запланированных| нынешних)? "
    r"|[,;、]? ?(?:而非|而不是|取代|代替)(?:此前的?|原来的?|原先的?)? ?"
)
"""Stands between a value and another that it replaces or is held against; `IS_PREVIOUS` tells them apart."""
IS_PREVIOUS = re.compile(r"instead|rather|not\b|from| со? |вместо|взамен|а не|而|取代|代替")
INSTEAD_BEFORE = re.compile(r"\b(?:instead of|вместо)(?: the)?(?: planned| previous| [а-я]{3,20}(?:ых|их))? $")
"""Before an old value that the new one follows: "instead of 50, it will carry 35"."""
NEW_BEFORE = re.compile(r"\b(?:to|at|of|до)(?: about| around| nearly| some| примерно| около)? $")
"""Before a value that "from" opposes to the old one: "slowed to 3.2% in July from 4.9%"."""
SHARES_UNIT = re.compile(r" (?:and|or) |, | (?:и|или) |[、和与或,]|,? (?:but|а|но) (?:not|не) ")
_MUCH = r"(?: (?:about|around|some|nearly|almost|roughly|over|more than|at least|up to|as much as|a further|another))?"
_MUCH_RU = r"(?: (?:около|почти|примерно|целых|более чем|более|еще|дополнительные))?"
DELTA_BEFORE = re.compile(
    rf"\b{_CHANGES_EN}[a-z]*(?: [a-z]+){{0,3}} by{_MUCH} $|\b(?:another|an? (?:additional|extra|further)|additional) $"
    rf"|\b{_CHANGES_RU}[а-я]*(?: [а-я]+){{0,3}} на{_MUCH_RU} $|\bеще(?: на)? $"
    "|(?:增加|减少|增长|下降|提高|降低|上涨|下跌|上升|提升|增|减|涨|跌|上调|下调|新增|扩大|收窄|回落|放缓|加快|缩小|缩窄)了?"
    "(?:约|大约|近|逾|超过)? ?$"
)
MOVED_BEFORE = re.compile(
    r"\b(?:rose|ris(?:es|en|ing)|fell|fall(?:s|en|ing)|grew|grow(?:s|n|ing)|climbed|slid|slipped|jumped|surged|plunged"
    r"|plummeted|soared|shrank|declined|gained|tumbled|dipped|advanced|dropped|up|down)"
    r"(?: (?:about|around|some|nearly|almost|roughly|over|more than|another|a further|as much as))? $"
)
"""Before a share or a sum: by so much ("fell 1.4%")."""
_YEARS = "year[- ](?:on|over)[- ]year|(?:from |than )?a year (?:ago|earlier)|в годовом выражении|год к году"
YEAR_ON_YEAR_AFTER = re.compile(rf"(?: [a-zа-я'’-]{{1,20}}){{0,4}},? (?:{_YEARS})|\([^)]{{0,12}}(?:{_YEARS})")
YEAR_ON_YEAR_BEFORE = re.compile(rf"(?:[同环]比[^,。;]{{0,6}}|(?:{_YEARS})[^,;]{{0,20}})$")
"""A growth over the year is itself what is told, no difference."""

# -- rates ------------------------------------------------------------------------------------------------------------

_OF_WHAT = r"(?: of(?: (?!in\b|on\b|over\b|within\b|for\b|during\b)[a-z'-]{1,30}){1,3}| worth of [a-z'-]{1,30})?"
PER = re.compile(
    rf"(?: ?/ ?|{_OF_WHAT} (?:per|an?|each|every) |(?: [а-я-]{{1,30}}){{0,3}}? (?:в|за|за каждый|за каждую) "
    r"| ?[/每] ?)(?=[a-z0-9а-я\u3400-\u9fff])"
)
PER_WORD = re.compile(
    rf"{_OF_WHAT},? (?:(?P<yr>annually|yearly|p\.a\.)|(?P<d>daily)|(?P<week>weekly)|(?P<month>monthly)|(?P<h>hourly))\b"
    r"|(?: [а-я-]{1,30}){0,2}? (?:(?P<yr_>ежегодно)|(?P<d_>ежедневно|ежесуточно)|(?P<month_>ежемесячно))\b"
)
PER_BEFORE = re.compile(
    r"每(?P<zh>年|天|日|月|周|星期|小时|桶|吨|千立方米|1000立方米|千方|千瓦时|公斤|度|平方米|平方公里|秒|分钟)[^,。;:、\d]{0,12}$"
    r"|\b(?P<yr>ежегодно|annually|each year|every year|yearly)(?: [a-zа-я]{1,30}){0,3} $"
    r"|\b(?P<d>ежедневно|ежесуточно|every day|each day|daily)(?: [a-zа-я]{1,30}){0,3} $"
)
PER_CHINESE = {
    "年": "yr", "天": "d", "日": "d", "月": "month", "周": "week", "星期": "week", "小时": "h", "桶": "bbl", "吨": "t",
    "千立方米": "1000m3", "1000立方米": "1000m3", "千方": "1000m3", "千瓦时": "kWh", "公斤": "kg",
    "度": "kWh", "平方米": "m2", "平方公里": "km2", "秒": "s",
    "分钟": "min",
}  # fmt: skip
PERIOD = re.compile(
    r"(?P<yr>year|annum|yr\b|y\b|год(?:у)?\b|г\b|年)|(?P<d>day|d\b|сутки|день|сут\b|天|日)|(?P<month>month|месяц|мес\b|月)"
    r"|(?P<week>week|неделю)|(?P<h>hour|hr\b|h\b|час\b|ч\b|小时)|(?P<min>minute|минуту|分钟)"
    r"|(?P<s>second|s\b|секунду|с\b|сек\b|秒)"
)

# -- nouns ------------------------------------------------------------------------------------------------------------

STOP = word_set(
    """a an the and or but nor in on at to from by with without for of as than that which who whom whose where when
    while if is are was were be been being has have had having do does did will would shall should can could may
    might must not no it its they their them he she his her we our you your this these those there here about over
    under after before since until through during into between against among per each every said says say told
    reported including because so such also only just both either still already yet then however off up down out
    away long wide tall high deep old ago took take takes taking went go goes going came left remain remained
    remains stood stand died die dies и или а но в во на с со из к ко у о об от до по за при для без под над между
    через про как что это этот эта эти был была было были будет будут есть не ни же ли бы то так также уже еще если
    чтобы когда где который которая которые которых его ее их он она они мы вы сообщил сообщила сообщили заявил
    заявила заявили сказал составит составил составила составляет сможет могут может погибли погиб ранены получили
    стали стал участвовали участвуют году года вместо против около более менее больше меньше почти свыше раньше
    позже годовых"""
)
"""Words that end what is counted."""
AFTER_NOUN = re.compile("左右|以上|以下|以内|上下|之多|之上|开外|有余")
CLASSIFIERS = "个件台座起套间条张项次只头匹棵支发部份所轮场批队类种颗根块片层户口挺门辆艘架枚名位人家例栋幢票席"
HAN_STOP = frozenset(
    "增减升降改取代缩扩涨跌达占超较比同由从,。;:、!?()「」“”\"'的在和与及或被将已了是为有向到至于对把这该其因后前时中外内参接以"
    "并而也都还正曾可能会要"
)

# -- what is no quantity ----------------------------------------------------------------------------------------------

_NUMBERED = _phrases(
    r"""pages? | pp? | nos? | items? | points? | articles? | section | chapters? | paragraphs? | resolution | figure |
    room | flight | channel | route | phase | stage | level | line | number | rule | table | volume | vol | issue |
    episode | season | part | version | type | class | model | apollo | boeing | airbus | unit | grade | age | aged
    | top | стр | страниц[аеуы] | стать[яеию] | ст | пункт[аеу]? | п | глав[аеуы] | рис | рейс[аеу]? | дом[аеу]? | д
    | кв | номер[аеу]? | том | часть | канал[еау]? | в возрасте"""
)
NOT_A_COUNT_BEFORE = re.compile(rf"(?:\b{_NUMBERED}\.? ?|№ ?|[#@] ?|第 ?)$")
MODEL_BEFORE = re.compile("(?:波音|空客|苏|歼|运|轰|米格|图|伊尔) ?[-‐]?$")
NOT_A_COUNT_AFTER = re.compile(
    r"[»”]|[届期](?!间|待)|大(?=[的会后前以期,。召、 」])|中全会|号|楼|路|线|世纪|式|型|维|级?联赛"
    r"|点(?=钟|整|半|\d)|:\d"
)
NAME_BEFORE = re.compile(r"([^\W\d_][^\W\d_'’-]*)[»\"”’')]{0,2} ?(?:[-‐–—] ?)?$")
FUNCTION_WORDS = STOP | word_set(
    """around some nearly almost least most more many few another above roughly approximately all plus killing what how
    even against via total overall altogether всего только лишь порядка итого после перед все ранее сейчас теперь"""
)
"""Words with a capital letter before a number that make it no name ("About 300")."""
MASKED = re.compile(
    r"https?://[^\s]{1,300}|www\.[^\s]{1,300}|[^\s@]{1,64}@[^\s@]{1,100}\.[a-z]{2,}"
    r"|\+\d[\d ()\-‐]{8,20}|\d{1,6}(?:[-‐]\d{1,6}){2,8}"
    r"|\d{1,2}:\d{2}(?::\d{2})?(?: ?[ap]\.?m\b)?|\b\d{1,2}(?:[.:]\d\d)? ?[ap]\.?m\b\.?"
    r"|\d{1,2} ?[点时](?:\d{1,2}分|整|半|钟|许)?(?=[,。、;在许至到整半 ]|$)"
    r"|\b\d{4} (?:gmt|utc|msk|мск)\b|[上下]午[一二三四五六七八九十两]{1,3}[点时](?:半|[一二三四五六七八九十]{1,3}分)?"
    r"|\b(?:в|к|до|с|после|около) \d{1,2} час(?:ов|а)? (?:утра|вечера|дня|ночи|по)\b|\bв \d{1,2}\.\d\d\b"
    r"|\d{1,4}/\d{1,4}(?:/\d{1,4})?|(?<!\d)\d{1,3}:\d{1,3}(?!\d)"
)
"""Addresses, telephone numbers, clock times, scores."""
