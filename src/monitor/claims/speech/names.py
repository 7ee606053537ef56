"""Who is meant: the name inside the words that stand where a speaker stands, without titles. English and Chinese. Pure.

"Kremlin spokesman Dmitry Peskov" is Dmitry Peskov, "Professor Zhang" and "the ministry" stay as they are.
"""

import re

from monitor.claims.speech.verbs import word_set
from monitor.language import Span

# -- English ----------------------------------------------------------------------------------------------------------

OFFICES = word_set("""
    president vice-president minister premier chancellor secretary chief head ceo chairman chairwoman chairperson
    chair
    director governor gov mayor ambassador envoy adviser advisor aide analyst economist senator sen rep representative
    congressman congresswoman mp lawmaker leader commander commissioner expert researcher scientist coach editor
    correspondent journalist reporter commentator critic historian spokesman spokeswoman spokesperson official
    attorney
    prosecutor judge lawyer negotiator activist author candidate captain founder owner executive manager strategist
    professor scholar diplomat politician oligarch billionaire blogger host presenter writer veteran boss fellow
    co-founder colleague counterpart speaker deputy whip mr mrs ms physicist virologist epidemiologist specialist star
    player striker manager singer actor actress dictator
""")  # fmt: skip
"""Words before a name that say what somebody is; they are no part of the name."""
_KINDS = word_set("""
    outlet newspaper paper agency newswire website site broadcaster channel magazine daily tabloid tank thinktank
    company firm giant network station watchdog charity bank lender group operator producer company's party body
    weekly
    regulator publication portal programme program
""")  # fmt: skip
"""Words before a name that say what a body is, in lower case: "the outlet Novaya Gazeta"."""
COURTESY = word_set("""
    professor prof dr doctor sir lady lord dame prince princess king queen pope general gen colonel col major maj
    admiral
    captain lieutenant lt sergeant saint judge justice bishop archbishop father sister
""")  # fmt: skip
"""Titles that stay where only a surname follows: "Professor Zhang"."""
_BODY = word_set("""
    ministry duma staff council bank office department court parliament government service agency committee party
    force
    forces army navy house assembly commission authority centre center institute university union command congress
    guard administration directorate bureau police senate cabinet foundation association fund academy exchange
""")  # fmt: skip
_OF_OFFICE = re.compile(
    r"\b(?:Secretary|Minister|Chief|Chair|Chairman|Director|President|Head|Leader|Speaker|Chancellor|Commander)\s+"
    r"(?:of|for)\s+(?:the\s+)?(?:State|Defen[cs]e|Foreign Affairs|Staff|Finance|Interior|Exchequer|Energy|Health|House|"
    r"Treasury|Justice|Commerce|Army|Navy|Air Force|Commons|[A-Z]\w+ Affairs)\s+(?=[A-Z])"
)
_WORD = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*['’]?\.?|&")
_PARTICLES = word_set("de da di du la le van von der den al el bin ibn ben abu y of and & for")
_NOT_LAST = frozenset(["of", "and", "&", "for"])
_EDGE = " \t\n\u00a0,;:-–—\"'“”‘’«»„()[]…"
_LEADING = re.compile(
    r"(?:(?:and|but|as|while|then|also|however|meanwhile|though|although|because|when|earlier|later|yet|so|that|"
    r"yesterday|today)\b[\s,]*)+",
    re.IGNORECASE,
)
_DAYS = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_TRAILING = re.compile(
    rf"[\s,]+(?:(?:on|last|late|early)\s+)*(?:{_DAYS}|today|yesterday|earlier|later|also|has|have|had|recently|reportedly"
    r"|who|which)\b.*$"
)


def trim(text: str, start: int, end: int) -> Span:
    """The span without white space, quotation marks and punctuation at its edges."""
    while start < end and text[start] in _EDGE:
        start += 1
    while end > start and text[end - 1] in _EDGE:
        end -= 1
    return start, end


def english_name(text: str, start: int, end: int) -> Span:
    """The place of the name within the noun phrase `text[start:end]`; all of it where it holds no name of its own."""
    start, end = trim(text, start, end)
    if lead := _LEADING.match(text, start, end):
        start = lead.end()
    if tail := _TRAILING.search(text, start, end):
        end = tail.start()
    parts = _parts(text, start, end)
    if not parts:
        return start, end
    first = _without_titles(text, *parts[0])
    if len(parts) > 1 and not is_name(text[slice(*first)]):
        # "the Kremlin's spokesman, Dmitry Peskov": the name is the apposition. A list ("a, b and c") has no such part.
        other = _without_titles(text, *parts[1])
        words = text[slice(*other)].split()
        listed = any(re.match(r"\s*(?:and|or)\b", text[one[0] : one[1]]) for one in parts[1:])
        if is_name(text[slice(*other)]) and 1 < len(words) < 7 and not listed:
            return other
    return first


def _parts(text: str, start: int, end: int) -> list[Span]:
    """The phrase cut at commas, dashes and brackets."""
    spans, begin = [], start
    for found in re.finditer(r"[,;()\[\]–—]|\s-\s", text[start:end]):
        before = text[start : start + found.start()]
        if before.count("“") > before.count("”"):  # the author of “Eat, Pray, Love”
            continue
        spans.append(trim(text, begin, start + found.start()))
        begin = start + found.end()
    spans.append(trim(text, begin, end))
    return [span for span in spans if span[0] < span[1]]


def is_name(phrase: str) -> bool:
    """Whether every word of `phrase` is capitalised but for particles ("Ursula von der Leyen")."""
    words = [found[0] for found in _WORD.finditer(phrase)]
    if not words or words[0].lower() in {"the", "a", "an", "his", "her", "their", "its", "some", "many"}:
        return False
    return words[0][0].isupper() and all(word[0].isupper() or word.lower() in _PARTICLES for word in words)


def _without_titles(text: str, start: int, end: int) -> Span:
    if found := _OF_OFFICE.search(text, start, end):
        return trim(text, found.end(), end)
    words = [(one.start(), one.end()) for one in _WORD.finditer(text, start, end)]
    lowered = [text[a:b].lower().rstrip(".").removesuffix("'s").removesuffix("’s") for a, b in words]
    last = -1
    for index, word in enumerate(lowered[:-1]):
        is_kind = word in _KINDS and text[words[index][0]].islower()
        parts = word.split("-")
        if word in OFFICES or parts[-1] in OFFICES or is_kind or word in COURTESY:
            last = index
    if last >= 0:
        begin = words[last + 1][0]
        rest = text[begin:end]
        single = len(rest.split()) == 1
        possessive = text[words[last][0] : words[last][1]].endswith(("'s", "’s"))
        if is_name(rest) and lowered[-1] not in _NOT_LAST and not possessive:
            # "General Motors", "Professor Zhang": one word alone after such a title is not enough.
            return (words[last][0], end) if single and lowered[last] in COURTESY else (begin, end)
    return _without_owner(text, start, end)


def _without_owner(text: str, start: int, end: int) -> Span:
    """ "Russia's Vladimir Putin" is Vladimir Putin, "Russia's State Duma" stays."""
    if found := re.match(r"[A-Z][\w.]*(?:['’]s|s['’])\s+(?=[A-Z])", text[start:end]):
        rest = text[start + found.end() : end]
        words = rest.split()
        if is_name(rest) and len(words) <= 3 and not any(word.lower().rstrip("s") in _BODY for word in words):
            return start + found.end(), end
    return start, end


# -- Chinese ----------------------------------------------------------------------------------------------------------

CHINESE_TITLES = tuple(
    sorted(
        word_set("""
            总统 主席 总理 部长 副部长 外长 防长 财长 发言人 书记 总书记 秘书长 大使 议长 委员长 首相 国务卿 顾问 助理
            教授 专家 分析师 州长 市长 省长 县长 司令 局长 院长 会长 理事长 董事长 总裁 负责人 官员 记者 代表 成员
            议员
            大臣 女士 先生 博士 学者 研究员 经济学家 主任 副主任 主管 领导人 领袖 国王 女王 王储 特使 特派员 行政长官
            参谋长 上将 中将 少将 将军 上校 元首 外交大臣 首席执行官 首席经济学家 评论员 评论人 媒体人 时评人 主持人
            作者 律师 检察长 法官 院士 所长 校长 处长 司长 厅长 高级代表 总干事 署长 总监 经理 新闻秘书 秘书 同志
            副总统
            副总理 副主席 副总裁 总管 团长 站长 研究所所长 馆长 政委 委员 党魁 领导者 创始人 行长 台长 报社 电视台
            通讯社
        """),
        key=len,
        reverse=True,
    )
)
"""Words for an office, a profession or a body, the longest first; a name may follow or stand before them."""
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金"
    "石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温习栗耿华汪季谌郇"
)
_CHINESE_PERSON = re.compile(rf"[{SURNAMES}][\u4e00-\u9fff]{{1,2}}")
_TITLE_AT = re.compile("|".join(CHINESE_TITLES))


def chinese_name(text: str, folded: str, start: int, end: int, known: frozenset[str] = frozenset()) -> Span:
    """The place of the name within the noun phrase, with `folded` the text in simplified characters, offset by offset.

    `known` are names, in simplified characters, that somebody is sure of.
    """
    start, end = _trim_chinese(text, start, end)
    phrase = folded[start:end]
    if phrase.endswith("》") and "《" in phrase:  # 英国《卫报》
        return start + phrase.rfind("《") + 1, end - 1
    bare = next((phrase[: -len(title)] for title in CHINESE_TITLES if phrase.endswith(title)), "")
    if bare in known:
        return start, start + len(bare)
    # the longest known name at the end, where nothing or an office stands before it
    for at in range(len(phrase)):
        if phrase[at:] in known and (at == 0 or phrase[:at].endswith(CHINESE_TITLES)):
            return start + at, end
    titles = list(_TITLE_AT.finditer(phrase))
    if not titles:
        return start, end
    last = titles[-1]
    if last.end() == len(phrase):
        before = phrase[: last.start()]
        # 习近平主席 without the office; 习主席, 俄罗斯总统 as they are
        return (start, start + len(before)) if is_chinese_person(before) else (start, end)
    return _after_title(phrase, titles, start, end)


def _after_title(phrase: str, titles: list[re.Match[str]], start: int, end: int) -> Span:
    for title in reversed(titles):
        rest = phrase[title.end() :].lstrip("、 “\"'")
        if 2 <= len(rest) <= 20 and not re.search(
            r"[的和与及]|部$|局$|院$|会$|方面$|处$|室$|团$|称$|们$|会议$|办公室$|团队$|府$", rest
        ):
            return end - len(rest), end
    return start, end


def is_chinese_person(phrase: str) -> bool:
    """Whether a phrase has the shape of a person's name: a Chinese surname with one or two characters, or a dot."""
    return "·" in phrase or bool(_CHINESE_PERSON.fullmatch(phrase))


_CHINESE_EDGE = " \t\u3000，,。：:；;、“”\"'「」『』（）()【】《》—-·"


def _trim_chinese(text: str, start: int, end: int) -> Span:
    """Without marks at the edges, but for a pair that belongs to a name: 《华盛顿邮报》."""
    while start < end and text[start] in _CHINESE_EDGE and not (text[start] == "《" and "》" in text[start:end]):
        start += 1
    while end > start and text[end - 1] in _CHINESE_EDGE and not (text[end - 1] == "》" and "《" in text[start:end]):
        end -= 1
    return start, end
