"""Who says what in a Chinese sentence of either script: patterns over simplified characters, kept in their places. Pure.

The subject of a verb of saying is looked for in the clause before it: what stands before the first adverbial, without
the office. A source with 据, 根据 or 援引 passes on what follows.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from monitor.claims.speech.names import CHINESE_TITLES, chinese_name, is_chinese_person
from monitor.claims.speech.sayings import Kind, Saying, Sense, Stand
from monitor.claims.speech.verbs import CHINESE, CHINESE_FREE, CHINESE_NOT_SAYING, CHINESE_NOUNS, word_set
from monitor.language import Span, fold_text

_BREAK = "，,；;：:。！？!?“”「」『』\n\r\u3000—"
_VERBS = {word + more: sense for word, sense in CHINESE.items() for more in ("", "说", "称", "道", "指出", "指")}
_VERB = re.compile("|".join(sorted(map(re.escape, _VERBS), key=len, reverse=True)))
_FALSE = re.compile("|".join(CHINESE_NOT_SAYING))

_TIME = (
    r"(?:当地时间|北京时间|莫斯科时间)?(?:\d{1,4}年)?(?:\d{1,2}月)?\d{1,2}[日号](?:[上下]午|晚间?|凌晨|早些时候)?|"
    r"同一?[天日]|今[天日早晚]|昨[天日晚]|前天|当[天日晚]|日前|近日|近来|最近|周[一二三四五六日]|星期[一二三四五六日天]|[上下]周.?|本周.?|"
    r"(?:早些|稍早)时候|此前|随后|稍后|此间|事后|会后|当地时间|[上下]午|晚间|凌晨|\d{1,2}月|去年|今年|本月|上月|目前|刚刚"
)
_PREPOSITION = (
    r"(?<![存现正潜所好内旨])在(?!野|线)|(?<![针反面相核应])对(?!外|话|口|手|岸)|(?<![方动走趋倾])向(?!导)|"
    r"(?<![关对至由终基])于(?!都|是)|就(?!业)|(?:通过|针对|面对|根据|按照|关于|作为|围绕|借|受访|接受|应询|应邀|出席|当面|谈到|谈及|"
    r"回应|被问|率团|致电|会见|会晤|主持|访问|抵达|前往|参加|利用|以(?=.{1,12}(?:身份|名义|方式)))"
)
_COMMON = (
    r"高度|赞赏|感谢|祝贺|欢迎|支持|参观|听取|回顾|阐述|积极|热烈|代表(?!团|处|$|大会)|率领|总结|充分|期待|愿(?=.)|希望|十分|非常|很高兴|赞同|完全|视察|考察|结束|"
    r"会谈时|会见时|来到|陪同"
)
_ADVERB = (
    r"还(?!债)|也(?!门)|则|又|再次|再度|再|多次|明确|公开|进一步|特别|一致|坚决|首次|同时|均|(?<![首成])都|普遍|当面|最后|最新|予以|"
    r"曾$|已|将|一直|始终|反复|罕见|高调|直接|正式|突然|一再|共同|联合(?!国|早报|会|社|军|参)|分别|相继|纷纷|没有|没|从未|并未|"
    r"尚未|未|不愿|拒绝|不(?=.?$)|并|更|却|率先|接着|继续|强烈|严正|郑重|坚定|如此|这样|主动|当场|私下|早前|昨|立即|即|只|仅|如是"
)
_DEED = r"发表|发布|发出|发文|发推|发帖|发函|援引|引述|引用|撰文|表态|致信|致辞|讲话|公布|出具|提交|宣读|转发|刊文|刊登|签署"
_CUT = re.compile(f"{_TIME}|{_PREPOSITION}|{_ADVERB}|{_DEED}|{_COMMON}")
_OPENING = re.compile(
    r"(?:但是?|而且?|不过|此外|同时|另外|另据|其中|随后|对此|因此|然而|此前|并且?|据此|所以|虽然|尽管|如果|因为|由于|此次|与此同时|会上|会后|"
    rf"会谈中|目前|那么|当时|至于|反观|至此|事实上|实际上|一方面|另一方面|有关|{_TIME}|[“”「」『』、，\s])+"
)
_PLACE_END = re.compile(r".{2,40}?(?:的?时候?|期间|[会议谈访]中|[会谈议坛动式]上|之后|以来|[^前背幕今最]后|[^以之目]前|之际|中(?!国|方|央|东|共))(?:，|,)?")
_AS_NOUN = re.compile(r"(?:的|进行|[作做]出|签署|发表|提出|予以|接受|给予|[和与等于]|这一|[该此一]份?|有关|各[类项]|视为|要求.{0,8}|好于|低于|高于|重大|联合|署名)$")
_LEADING = re.compile(r"(?:还|也(?!门)|则|又|再次|一致|普遍|专门|特别是?|均|同样|最后|首先|其次|再|仍然?|依然|一再|多次|明确|公开|并|纷纷)+")
_NEGATION = re.compile(r"(?:没有?|从未|并未|尚未|未|拒绝|不愿|不肯|不予|从来没有?|从不|不)(?:公开|明确|正式|具体|对外|曾|能|予|就此)*$")
_DOCUMENT = re.compile(
    r"(?:(?:日前|今天|最新|近日)?(?:发布|公布|发表|提供|出炉|汇编|发出|做出)?的?(?:一[份项篇]|最新|初步|有关|官方|联合|书面|年度|统计|"
    r"调查|监测|评估|分析|研究|经济|民意|内部|相关|新闻|专题)*"
    r"(?:数据|报告|声明|公报|文章|消息|通报|公告|社论|评论|报道|报导|民调|调查|研究|统计|文件|白皮书|简报|通告|新闻稿|指数))$"
)
_PLAIN_DOCUMENT = re.compile(r"(?:该|这[份篇则项]|联合|上述|此)?(?:数据|报告|声明|公报|文章|消息|通报|公告|社论|评论|报道|报导|调查|研究|统计)")
_PRONOUN = re.compile(r"(?:该名?(?:发言人|官员|负责人|人士|消息人士|专家|议员)|他们|她们|他|她|其|该[报社台网站机构公司部组织委会局]{1,2}|双方|对方)")
_NOBODY = word_set("有人 有 我 我们 你 你们 您 这 那 这些 如果 所以 谁 什么 可以 不能 应该 换句话 也就是 老实 一般来 媒体 有媒体 "
                    "有报道 有消息 有传言 有传闻 有评论 有分析 外界 人们 大家 传言 传闻 消息 据 数据 统计 统计数据 网传 坊间 是 "
                    "有观点 有舆论 舆论")  # fmt: skip
_HEARSAY = re.compile(
    r"据[称传]|(?:有|坊间|网上|网络|外界|市场)?(?:传言|传闻|猜测)(?:称|说|指|认为|盛传)?(?!的)|外界(?:普遍)?(?:猜测|盛?传|认为)(?!的)|网传|盛传|有传(?!统|媒)|疑似"
)
_SOURCE = re.compile(
    rf"(?<![根依证数占凭割])(?:另|又|而)?据(?!点|守|此|为|理|悉|了解|说|传)(?P<who>[^{_BREAK}]{{2,40}}?)"
    r"(?P<how>报道|报导|消息|透露|介绍|[宣声]?称|统计|估计|估算|预测|预计|数据|显示|通报|公布|发布|披露|证实|表示|说法|说|指出|测算|分析|"
    r"公告|调查|研究|报告|声明|推算|(?=援引|引述|引用|转引))"
)
_BASED_ON = re.compile(
    rf"(?:根据|依据|按照?|依照)(?P<who>[^{_BREAK}]{{2,40}}?)(?:的|发布的|公布的|提供的|最新)*"
    r"(?P<how>数据|统计|报告|说法|消息|报道|报导|资料|估计|预测|调查|民调|估算|通报|推算|透露|介绍|表示|指出|披露|报道|(?<![总])称)"
)
_CITING = re.compile(
    rf"(?:援引|引述|引用|转引)(?P<who>[^{_BREAK}]{{2,40}}?)(?:的话|的消息|的说法|的报道|的数据|的数字|的观点|的分析|的估计|的声明|消息|报道)?"
    rf"(?:报道|报导|评价|进一步|则)*(?P<how>指出|报道|报导|称|说|表示|显示|透露|证实|指|(?=[{_BREAK}]))"
)
_VIEW = re.compile(rf"(?:在|按照?)(?P<who>[^{_BREAK}]{{2,24}}?)(?P<how>看来|的说法|的话说)")
_DATELINE = re.compile(
    r"\s*(?:【[^】]{1,20}】\s*)*(?:(?:[^\s，。：:（）()]{2,12})?(?:消息|讯|电)\s*[（(][^（）()]{1,20}[）)]\s*[:：]?|"
    r"[（(][^（）()]{0,30}[电讯][）)]|[^\s，。：]{2,20}\d{1,2}日[电讯]\s*(?:[（(][^（）()]{1,20}[）)])?|本[报刊台][^，。：\s]{0,12}[讯电]\s*[：:]?)\s*"
)
_LABEL = re.compile(
    r"快讯|独家|视频|图集|直播|评论$|社论|综述|专访|观察|述评|焦点|热点|专题|最新|突发|深度|分析$|解读|新闻|特写|消息|通讯|编者按|背景|数据|"
    r"时间|地点|来源|作者|责编|编辑|摄影|图[片为]?|注|战争|冲突|危机|峰会|疫情|大选|选举|第.|[0-9]|问|答|一是|二是|三是|如下|包括|认为$|指出$|表示$|说$|"
    r"强调$|称$|导语|摘要|关键词|附|链接|延伸阅读|主题|标题|话题|原标题|题"
)
_BODY_END = re.compile(
    r"(?:部|社|厅|局|会|方|媒|署|院|行|军|办|处|委|联|台|报|官方|公司|集团|组织|机构|当局|政府|警方|军方|白宫|宫|智库|团体|网|所|高层|人士|盟)$"
)
_TRANSLITERATION = frozenset(
    "阿埃艾安奥巴拜班贝本比别宾波伯博布查茨达戴丹道德登迪蒂丁杜顿多厄恩尔法菲费芬弗夫福盖戈格根古哈海汉赫亨胡霍基吉加贾杰金京卡凯坎考科克肯"
    "库奎拉莱赖兰朗劳勒雷里利连列林龙隆卢鲁伦罗洛马迈麦曼梅门米密莫默姆穆纳奈南内尼涅诺努欧帕派潘佩彭皮平蓬普奇契恰钱乔切琴让热瑞若萨塞桑瑟沙"
    "绍舍申圣施什史舒斯苏索塔泰坦汤特滕提图托瓦万威维韦温文沃乌武西希夏香谢辛休许雅亚扬耶伊因尤约泽扎詹珍朱佐祖拿仑逊逖茜娜娅莎莉妮丽琳玛"
)
_COUNTRY = re.compile(
    r"(?:俄罗斯|乌克兰|白俄罗斯|德国|法国|美国|英国|中国|日本|韩国|朝鲜|印度|伊朗|伊拉克|以色列|巴勒斯坦|土耳其|意大利|西班牙|波兰|巴西|埃及|"
    r"沙特|叙利亚|阿富汗|古巴|芬兰|瑞典|挪威|丹麦|荷兰|比利时|加拿大|澳大利亚|新西兰|蒙古|越南|泰国|欧盟|欧洲|亚洲|非洲|基辅|莫斯科|"
    r"[\u4e00-\u9fff]{1,5}斯坦|[\u4e00-\u9fff]{1,3}[国洲市省州])$"
)


class _Text(NamedTuple):
    """A sentence within its text, in simplified characters at the same offsets."""

    text: str
    folded: str
    start: int
    end: int
    names: frozenset[str]


@lru_cache(maxsize=4_096)
def _simple(char: str) -> str:
    folded = fold_text(char)
    return folded if len(folded) == 1 else char


@lru_cache(maxsize=64)
def _simplified(sentence: str) -> str:
    return "".join(map(_simple, sentence))


@lru_cache(maxsize=8)
def _folded(names: frozenset[str]) -> frozenset[str]:
    return frozenset(map(fold_text, names))


def _read(text: str, sentence: Span, names: frozenset[str]) -> _Text:
    start, end = sentence
    folded = " " * start + _simplified(text[start:end])
    return _Text(text, folded, start, end, _folded(names))


def sayings(text: str, sentence: Span, names: frozenset[str] = frozenset()) -> list[Saying]:
    """Everything that somebody is said to say in the sentence, and who. `names` are names known to be somebody's."""
    one = _read(text, sentence, names)
    if found := _DATELINE.match(one.folded, one.start, min(one.end, one.start + 80)):
        one = one._replace(start=min(found.end(), one.end))
    sources = [*_sources(one)]
    taken = [saying.cue for saying in sources]
    verbs = [saying for saying in _verbs(one) if not any(a < saying.cue[1] and saying.cue[0] < b for a, b in taken)]
    return [*_colon(one), *sources, *_apart(one, verbs), *_hearsay(one)]


# -- sources: 据, 根据, 援引 ---------------------------------------------------------------------------------------------


def _sources(one: _Text) -> Iterator[Saying]:
    for pattern, cited in ((_SOURCE, False), (_BASED_ON, False), (_CITING, True), (_VIEW, False)):
        for found in pattern.finditer(one.folded, one.start, one.end):
            begin, end = found.span("who")
            if cut := _CUT.search(one.folded, begin + 1, end):
                end = cut.start()
            if inner := re.search(r"援引|引述|引用|转引", one.folded[begin:end]):
                end = begin + inner.start()
            who = one.folded[begin:end]
            if pattern is _BASED_ON and re.search("签署|签订|达成|通过|协议", one.folded[begin : found.start("how")]):
                continue
            if not who or who in _NOBODY or (pattern is _BASED_ON and re.search("法律|规定|协议|合同|计划|要求", who)):
                continue
            where = _name(one, begin, end)
            if where is None:
                continue
            after = _content_start(one, found.end())
            before = one.start if after >= one.end - 1 else after
            contents = ((before, found.start()),) if after >= one.end - 1 else ((after, one.end),)
            if cited and (citer := _subject(one, _clause_start(one, found.start()), found.start(), None)) is not None:
                yield Saying(speaker=one.text[slice(*citer[0])], where=citer[0], cue=found.span(), contents=contents,
                             pronoun=citer[1])  # fmt: skip
            sense: Sense = _VERBS.get(found["how"], "states")
            yield Saying(speaker=one.text[slice(*where)], where=where, cue=found.span(), contents=contents,
                         kind="according_to", sense=sense, cited=cited)  # fmt: skip


def _hearsay(one: _Text) -> Iterator[Saying]:
    for found in _HEARSAY.finditer(one.folded, one.start, one.end):
        after = _content_start(one, found.end())
        if after < one.end:
            yield Saying(speaker=None, where=None, cue=found.span(), contents=((after, one.end),), sense="hearsay", weak=True)


def _content_start(one: _Text, at: int) -> int:
    while at < one.end and (one.folded[at] in "，,：:、" or one.folded[at].isspace()):
        at += 1
    return at


# -- verbs ------------------------------------------------------------------------------------------------------------


def _verbs(one: _Text) -> Iterator[Saying]:
    false = [found.span() for found in _FALSE.finditer(one.folded, one.start, one.end)]
    previous: Saying | None = None
    at = one.start
    while found := _VERB.search(one.folded, at, one.end):
        at = found.end()
        if any(begin < found.end() and found.start() < end for begin, end in false):
            continue
        saying = _of_verb(one, found, previous)
        if saying is not None:
            previous = saying
            yield saying


def _of_verb(one: _Text, verb: re.Match[str], previous: Saying | None) -> Saying | None:
    word = verb[0]
    free = word in CHINESE_FREE or word not in CHINESE
    after = verb.end()
    told = re.compile(r"(?:了|过|道|着)?(?:(?:[^，,：:。“]{0,10}(?:记者|媒体|社|报|议员|法庭|集团|电视台)|《[^》]{1,20}》))?(?=[，,：:。！“「『]|$)").match(
        one.folded, after, one.end
    )  # fmt: skip
    if word in CHINESE_NOUNS and _AS_NOUN.search(one.folded, one.start, verb.start()):
        return None
    tail = one.folded[after : one.end].strip("。！!”」』\"' …")
    if told is None and not free:
        return None
    begin = _clause_start(one, verb.start())
    if word in _EXPECTED and _IMPERSONAL.match(one.folded, after, one.end) and not _can_speak(one.folded[begin : verb.start()]):
        # 客流量预计将达……: nobody in particular expects it
        return Saying(speaker=None, where=None, cue=verb.span(), contents=((begin, one.end),), sense="predicts", weak=True)
    subject = _subject(one, begin, verb.start(), previous)
    if subject is None and word[:2] in CHINESE_NOUNS and len(word) > 2 and begin == verb.start():
        subject = (verb.start(), verb.start() + 2), "thing"  # 报道称: of a report named before
    if subject is None:
        return None
    where, pronoun = subject
    if word in {"显示", "表明"} and not _DOCUMENT.search(one.folded, begin, verb.start()):
        return None
    content = _content_start(one, told.end() if told is not None else after)
    contents: list[Span] = []
    if tail and content < one.end:
        contents.append((content, one.end))
    quote_before = begin > one.start and one.folded[begin - 1] in "”」』"
    if (not tail or quote_before) and begin > one.start:
        contents.append((one.start, begin))
    back = not contents and begin == one.start
    if not contents and not back:
        return None
    negated = _NEGATION.search(one.folded, begin, verb.start()) is not None
    sense = _VERBS[word]
    if negated and sense in {"supposes", "predicts"}:
        negated, sense = False, "denies"
    quoted = quote_before or back or one.folded[contents[0][0]] in "“「『" or (content < one.end and one.folded[content] in "“「『")
    kind: Kind = "direct" if quoted else "indirect"
    return Saying(speaker=one.text[slice(*where)], where=where, cue=verb.span(), contents=tuple(contents), kind=kind,
                  sense=sense, negated=negated, pronoun=pronoun, back=back)  # fmt: skip


def _clause_start(one: _Text, at: int) -> int:
    """Where the clause begins that ends at `at`; marks within brackets and names in quotation marks do not count."""
    begin = at
    while begin > one.start:
        char = one.folded[begin - 1]
        if char in "”」』" and (opening := _short_quotation(one, begin - 1)) is not None:
            begin = opening
        elif char in "）)":
            opening = max(one.folded.rfind("（", one.start, begin), one.folded.rfind("(", one.start, begin))
            begin = opening if opening >= 0 else begin - 1
        elif char in _BREAK or (char == " " and _apart_by_space(one, begin - 1)):
            break
        else:
            begin -= 1
    return begin


_EXPECTED = frozenset(["预计", "预料", "估计", "料", "预估"])
_IMPERSONAL = re.compile(r"将|会|可|达|于|在|超|\d|今年|明年|到|最|耗|需|还将?|有望|从|增|下降|上涨|[一二三四五六七八九十]")


def _can_speak(subject: str) -> bool:
    return subject.endswith(CHINESE_TITLES) or _BODY_END.search(subject) is not None or bool(_PRONOUN.fullmatch(subject))


def _apart_by_space(one: _Text, at: int) -> bool:
    """Whether a space parts two clauses of a headline, and not two Latin words."""
    after = one.folded[at + 1 : at + 2]
    return at > one.start and not one.folded[at - 1].isascii() and not after.isascii()


def _short_quotation(one: _Text, close: int) -> int | None:
    """Where a quotation of a few characters, as of a name, that closes there opens; None for anybody's words."""
    mark = {"”": "“", "」": "「", "』": "『"}[one.folded[close]]
    opening = one.folded.rfind(mark, max(one.start, close - 14), close)
    if opening < 0 or re.search("[，,。！？；]", one.folded[opening:close]):
        return None
    return opening


def _subject(one: _Text, begin: int, end: int, previous: Saying | None) -> tuple[Span, Stand | None] | None:
    """The place of the name of who speaks, from the clause `begin:end` before the verb or the clauses before that."""
    bare = _LEADING.sub("", _OPENING.sub("", one.folded[begin:end], count=1), count=1)
    if not bare.strip() and previous is not None and previous.where is not None and previous.covers((end - 1, end)):
        return previous.where, previous.pronoun  # ……表示，……，但否认……
    for _ in range(4):
        if (found := _subject_within(one, begin, end)) is not None:
            return found
        rest = one.folded[begin:end]
        if re.match(r"\s*(?:并|还|又|也|同时|且)", rest) and previous is not None and previous.where is not None:
            return previous.where, previous.pronoun
        if begin <= one.start or one.folded[begin - 1] not in "，,":
            break
        # 普京接受采访时，对……表示: the subject stands in a clause before
        begin, end = _clause_start(one, begin - 1), begin - 1
        if re.match(r"据|根据|如果|虽然", one.folded[begin:end]):
            break
    return None


def _subject_within(one: _Text, begin: int, end: int) -> tuple[Span, Stand | None] | None:
    if opening := _OPENING.match(one.folded, begin, end):
        begin = opening.end()
    if leading := _LEADING.match(one.folded, begin, end):
        begin = leading.end()
    phrase = one.folded[begin:end]
    if not phrase or re.match("另?据|根据", phrase):
        return None
    if found := _PRONOUN.match(phrase):
        stand: Stand = "person" if found[0] in {"他", "她"} or re.search("人$|员$|士$|家$", found[0]) else "many" if found[0] in {"他们", "她们", "双方"} else "thing"
        if found[0] != "其" or _CUT.match(phrase, 1) or len(phrase) == 1:
            return (begin, begin + found.end()), stand
    if re.match(_PREPOSITION, phrase):
        place = _PLACE_END.match(one.folded, begin, end)
        if place is None or place.end() >= end:
            return None
        return _subject_within(one, place.end(), end)
    cut = _CUT.search(one.folded, begin + 1, end)
    meeting = re.search(r"(?<=..)[与同和跟][^在接]{2,20}(?:时|后|中|期间|上)(?:$|[，,])", phrase)
    stop = min([end, *([cut.start()] if cut else []), *([begin + meeting.start()] if meeting else [])])
    if found := _PLAIN_DOCUMENT.fullmatch(one.folded, begin, stop):
        # 报道说: a text that was named before; bare figures name nobody
        return None if re.fullmatch("数据|统计|调查|研究|消息", found[0]) else ((begin, stop), "thing")
    if document := _DOCUMENT.search(one.folded, begin + 1, stop):
        stop = document.start() if document.start() - begin >= 2 else stop
    if re.match(r"有.{0,12}(?:人士|官员|专家|分析师|学者|媒体人|外交官|消息源)$", one.folded[begin:stop]):
        begin += 1
    who = one.folded[begin:stop]
    if not who or who in _NOBODY or len(who) > 45 or re.match(r"[我你您这那谁]|有(?!关|色)|是|可以|应", who):
        return None
    where = _name(one, begin, stop)
    return (where, None) if where is not None else None


def _name(one: _Text, begin: int, end: int) -> Span | None:
    where = chinese_name(one.text, one.folded, begin, end, one.names)
    who = one.folded[slice(*where)]
    if not who or not any(char.isalpha() for char in who) or who in _NOBODY:
        return None
    return where


def _apart(one: _Text, verbs: list[Saying]) -> Iterator[Saying]:
    """The sayings of one sentence side by side: A说……，B说…… is no chain, unless B follows A's verb at once."""
    for index, saying in enumerate(verbs):
        contents = list(saying.contents)
        for later in verbs[index + 1 :]:
            if later.where is None or saying.where == later.where:
                continue
            begin = _clause_start(one, later.cue[0])
            between = one.folded[saying.cue[1] : begin].strip("，,：:“「 ")
            if len(between) >= 6 and not re.search(r"报道|报导", one.folded[slice(*saying.cue)]):
                contents = [(a, min(b, begin)) for a, b in contents if a < begin]
                break
        yield Saying(**{**{name: getattr(saying, name) for name in saying.__slots__}, "contents": tuple(contents)})


# -- headlines --------------------------------------------------------------------------------------------------------


def _colon(one: _Text) -> Iterator[Saying]:
    """普京：…… and 外交部：……, as headlines and transcripts have it."""
    found = re.compile("[：:]").search(one.folded, one.start, min(one.end, one.start + 24))
    if found is None or found.end() >= one.end or re.match(r"\d", one.folded[found.end() : found.end() + 1]):
        return
    before = one.folded[one.start : found.start()]
    if re.search("[，,。；“「]", before) or _VERB.search(before[-2:]) or _LABEL.search(before):
        return
    where = _name(one, one.start, found.start())
    if where is None:
        return
    who = one.folded[slice(*where)]
    if who in one.names or _is_somebody(who) or where[0] > one.start:
        yield Saying(speaker=one.text[slice(*where)], where=where, cue=found.span(), contents=((found.end(), one.end),),
                     kind="direct")  # fmt: skip


def _is_somebody(who: str) -> bool:
    if who.endswith(CHINESE_TITLES) or _BODY_END.search(who) or is_chinese_person(who):
        return True
    return 2 <= len(who) <= 8 and all(char in _TRANSLITERATION for char in who) and not _COUNTRY.search(who)


_RUNS_ON = re.compile(
    "我|愿|希望|要(?!求)|应[当该]?|必须|必将|相信|预祝|祝贺|感谢|支持|欢迎|反对|坚持|推动|加强|深化|值得|期待|将继续|共同|坚定|不断|双方"
)
_NARRATES = re.compile(
    rf"(?:{_TIME}|会谈|会见|仪式|会议|论坛|峰会|欢迎仪式|专机|电子屏|据|图|记者)|.{{0,40}}(?:陪同|步入|合影|检阅|鸣放|乘车|乘专机|等参加|参加会见|出席了|"
    "举行了|会见了|签署了|抵达.{0,10}机场|离开|前来迎接|进行了|并致辞|主持会议)"
)


def runs_on(text: str, sentence: Span) -> bool:
    """Whether a sentence without words of saying can be more of what somebody said in the sentence before it."""
    one = _read(text, sentence, frozenset())
    plain = one.folded[one.start : one.end]
    if re.search("我", plain) and not re.search("我[国军省市]|自我", plain):
        return True
    return not _NARRATES.match(plain) and _RUNS_ON.search(plain) is not None


def last_person(text: str, sentence: Span, names: frozenset[str] = frozenset()) -> Span | None:
    """The person who begins the sentence, or the last of `names` in it."""
    one = _read(text, sentence, names)
    if found := _DATELINE.match(one.folded, one.start, min(one.end, one.start + 80)):
        one = one._replace(start=min(found.end(), one.end))
    stop = re.compile(f"[{_BREAK}]").search(one.folded, one.start, one.end)
    subject = _subject_within(one, one.start, stop.start() if stop else one.end)
    if subject is not None and subject[1] is None:
        who = one.folded[slice(*subject[0])]
        if who in one.names or is_chinese_person(who) or all(char in _TRANSLITERATION or char == "·" for char in who):
            return subject[0]
    places = [(at, at + len(name)) for name in one.names if name and (at := one.folded.rfind(name, one.start, one.end)) >= 0]
    return max(places, default=None)
