"""The words that deny, plan, suppose, make conditional or ask, in English, Chinese and Russian, and where they stand.

One table a script. A line says what its phrases do, an indented one goes on with the one above; the longest phrase at
a place wins, so that lines marked `-` keep "not only" from denying and 将军 (general) from being a future. `x*` stands
for any ending, `…` for up to five words in between. Phrases are folded: lower case, simplified, е for ё.

    not        denies what follows in its chunk         hedge   supposes, wherever in the clause
    undone     the same, said of what did not happen    may     supposes what its verb says
    delayed    says that a step is put off              will    plans what its verb says
    denied     denies all that follows                  plan    the same; what is planned stands behind it
    contrary   denies what the chunk refers to          did     asserts what its verb says
    verdict    denies what stands before                if      makes conditional
                                                        whether asks
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

Sort = Literal[
    "not", "undone", "delayed", "denied", "contrary", "verdict", "hedge", "may", "will", "plan", "did", "if", "whether"
]
Script = Literal["latin", "han", "cyrillic"]

_LATIN = """
not | not, n't, n’t, never, cannot, can't, can’t, won't, won’t, no longer, none of, neither, nor, no one, nobody,
    nothing, no, unsigned
- | not only, not just, not merely, not simply, not least, not to mention, not until, not later than, not less than,
    not more than, not fewer than, not earlier than, not exactly, not far, not surprising*, not unlike,
    not long after, not long before, not because, no later than, no less than, no more than, no fewer than,
    no earlier than, no doubt, no matter, no sooner, no surprise, no secret, whether or not, if not, never before,
    never mind, n't only, n't just, n’t only, n’t just, why not, not even half, not counting
undone | yet to, fail to, fails to, failed to, failing to, failure to, refuse* to, refusing to, refusal to,
    declin* to, without, stop short of, stops short of, stopped short of, stopping short of, fell short of, unable to,
    unwilling to, rule out, ruled out, rules out, ruling out, avoid, avoids, avoided, avoiding, abstain*,
    remains to be, still to be, hold* off, held off, holding off, hold* out on, held out on, reluctant to
delayed | delay, delays, delayed, delaying, postpon*, put off, puts off, cancel*, scrap, scraps, scrapped, abandon*,
    shelv*, suspend*, halt, halts, halted, block, blocks, blocked, stall*
denied | deny, denies, denied, denying, denial, denials, refut*, rebut*, debunk*, disputed that, disputes that,
    disputed reports, reject* … report*, reject* … claim*, reject* … rumo*, reject* … allegation*,
    reject* … suggestion*, reject* … speculation, reject* … accusation*, dismiss* … report*, dismiss* … claim*,
    dismiss* … rumo*, dismiss* … allegation*, dismiss* … suggestion*, dismiss* … speculation, dismiss* … accusation*,
    dismissed as
- | denied access, denied entry, denied visa, denied visas
contrary | contrary to, despite reports, despite earlier reports, despite claims, despite speculation, despite rumo*
verdict | is not true, are not true, was not true, untrue, is false, are false, was false, were false, as false,
    as fake, is fake, unfounded, baseless, groundless, nonsense, is a lie, as a lie, are lies, is a fabrication,
    fabricated, do not correspond to, does not correspond to reality, do not correspond to reality
not hedge | unlikely
hedge | warn* … against, warning* against, concern that, concerns that, amid concerns, amid fears, amid warnings,
    not clear, not sure, not known, not certain, not necessarily, not ruled out, not rule out, n't rule out,
    n’t rule out, cannot confirm, not confirm, not confirmed, not verify, not be verified, not be confirmed,
    not independently verify, cannot verify, could not be ruled out, cannot rule out, cannot be ruled out, unclear,
    uncertain, unconfirmed, unverified, reportedly, allegedly, purportedly, supposedly, apparently, apparent, rumo*,
    speculat*, likely, probab*, possible, possibly, possibility, perhaps, maybe, potentially, estimate, estimates,
    estimated, estimating, predict*, forecast*, believ*, think, thinks, thinking, thought to, suspect, suspects,
    suspected, suggest, suggests, suggested, suggesting, appear to, appears to, appeared to, seem, seems, seemed,
    considering, mull*, weighing, hint, hints, hinted, is said to, are said to, expect, expects, expected, expecting,
    expectation*, poised to, seen as, viewed as, assumes, assumed, assuming that, in theory, theoretically, guess*,
    fear that, fears that
- | suspected of, unexpected*, seen as a, think tank, think tanks, think-tank, think-tanks
may | may, might, could, may have, might have, could have
will | will, shall, will have, would have, shall have, 'll, ’ll, would, 'd be, ’d be, going to, is to, are to,
    set to, is due to, are due to, was due to,
    is due in, slated, scheduled, about to, gearing up to, has to, have to, must
- | free will, political will, the will, at will, good will, will of, his will, their will, willing to accept,
    must-see
plan | plan to, plans to, planned to, planning to, plan* … to, intend* to, intention to, aim to, aims to, aimed to,
    aiming to, hope to, hopes to, hoped to, hoping to, want to, wants to, wanted to, wanting to, seek to, seeks to,
    seeking to, wish to, wishes to, prepare to, prepares to, preparing to, prepared to, ready to, willing to, vow to,
    vows to, vowed to, vowing to, pledge to, pledges to, pledged to, pledging to, promise to, promises to,
    promised to, propose to, proposes to, proposed to, proposal to, order to, orders to, ordered to, order* … to be,
    need to, needs to, needed to, keen to, eager to, determined to, looking to, looks to, urge* … to, call* on … to,
    asked … to, move to, moves to, decision to, decided to, plan for, plans for, plan of, proposal for, target of,
    is planned, are planned, was planned, were planned, be planned, is envisaged, are envisaged, is foreseen,
    are projected, ahead of, on the eve of, announcing the, announces the
- | in order to, planned capacity, hopes that, in plans
did | has, have, had, 've, ’ve, was, were, did, already
if | if, unless, provided that, in the event, in case, were to, assuming, only if, as long as
- | as if, even if, asked if, what if
whether | whether, asked if, ask if, asks if
"""

_CYRILLIC = """
not | не, нет, ни разу, никогда, отсутств*, нельзя, ни один, ни одного, ни одной
- | не только, не менее, не более, не меньше, не больше, не раньше, не ранее, не позднее, не позже, не случайно,
    не просто, не очень, не раз, чуть не, едва не, не считая, не секрет, нет сомнений, не сомнева*, не так давно,
    не знает, не знают, не сто*, не впервые
undone | без подписания, без заключения, без объявления, без поддержки, отказал*, отказыва*, отказ от, отменил*,
    отменен*, отменя*, сорва*, не удал*, провалил*
delayed | отложи*, отложен*, откладыва*, перенес*, приостан*, затягива*, затянул*
denied | опроверг*, опровержени*, отрица*, отверг, отвергл*, отверга*, назва* … фейк*, назва* … ложью,
    назва* … неправдой
contrary | вопреки сообщени*, вопреки слух*, вопреки утверждени*, вопреки заявлени*
verdict | не соответств* действительности, неправд*, фейк*, это ложь, не является правдой, недостоверн*
hedge | не исключ*, не ясно, неясно, не известно, неизвестно, не подтвержд*, не подтверди*, не подтвержден*, возможно,
    вероятно, вероятн*, предположительно, якобы, видимо, похоже, наверное, скорее всего, по слухам, по некоторым,
    по неподтвержденн*, по предварительн*, по оценк*, предположи*, предполага*, полага*, считает, считают, думает,
    думают, оценивает, оценивают, оценил*, оценивается, слух*, прогноз*, спрогноз*, кажется, рассматрива*, ожида*, бы,
    допусти*, допуска*, надежд*
may | может быть, может, могут, мог, могла, могло, могли, можем
will | будет, будут, буду, будем, предстоит, должен, должн*, должен был, должна была, должно было,
    должны были
- | должност*
plan | планиру*, запланир*, план, планы, планах, планов, планы по, намерен*, намерева*, собира*, хочет, хотят, хотел*,
    надее*, рассчитывает, рассчитывают, рассчитываем, готов, готова, готовы, готовится, готовятся, обеща*, пообеща*,
    цель, целью, стрем*, необходимо, потребу*, поруч*, предложи*, предлага*, решил*, распоряди*, приказа*, накануне,
    в преддверии, перед визитом
did | уже, был, была, было, были
if | если, в случае, при условии, при реализации, при подписании, при строительстве, в случае если
- | если не, если бы не
whether | ли
"""

_HAN = """
not | 从未, 从来没, 尚未, 并未, 仍未, 还未, 迄未, 未曾, 未能, 未有, 并没, 还没, 没有, 没能, 没, 未, 并不, 绝不, 决不,
    毫不, 不, 并非, 绝非, 不是, 无意, 拒绝, 无法, 不再
- | 不仅, 不只, 不但, 不断, 不久, 不过, 不管, 不论, 不同, 不少, 不足, 不及, 不到, 不满, 不如, 不料, 不得不, 不超过,
    不低于, 不高于, 不少于, 不多于, 不可避免, 不容, 不愧, 不结盟, 不对抗, 不针对, 不扩散, 互不, 不安, 不良, 不利,
    不当, 不错, 不幸, 不力, 不法, 不友好, 不单, 不光, 不约而同, 不远, 不变, 不可或缺, 不可分割, 不懈, 不朽, 不解,
    不禁, 不由, 不凡, 密不可分, 坚定不移, 无不, 不妨, 不平, 不设, 未来, 未婚, 未成年, 未雨, 是不是, 没收, 没落, 不等,
    不稳, 不分, 不知, 不遗余力, 不折不扣, 坚持不, 不忘, 不拔
undone | 搁置, 取消, 放弃, 叫停, 避免, 无果, 中止, 流产, 失败
delayed | 推迟, 延迟, 延后, 拖延, 推延, 延期, 暂缓, 暂停
denied | 否认, 驳斥, 辟谣, 否定, 反驳
verdict | 不实, 不属实, 谣言, 不是事实, 并非事实, 纯属虚构, 纯属捏造, 纯属谣, 虚假消息, 虚假信息, 虚假报道, 假新闻,
    与事实不符
not hedge | 不太可能, 不大可能, 不可能
hedge | 可能, 或许, 也许, 或将, 据传, 传言, 传闻, 盛传, 据称, 恐怕, 恐将, 疑似, 估计, 估算, 大概率, 猜测, 推测, 预测,
    未经证实, 未获证实, 无法证实, 没有证实, 未证实, 未确认, 没有确认, 无法确认, 无法核实, 不排除, 似乎, 看来, 据信,
    认为, 或达, 或超过, 或会, 或于, 或在, 或被, 或由, 或推迟, 或签, 有望, 尚不清楚, 不清楚, 不确定, 不一定, 未必,
    未知, 未定, 不明, 不能排除, 考虑, 预计, 预期, 预料, 料将, 疑
- | 可能性, 质疑, 疑问, 疑虑, 毫无疑问, 无疑, 疑难, 嫌疑, 怀疑论
will | 将, 将会, 会
- | 将军, 将士, 将近, 将领, 将来, 将信将疑, 将帅, 峰会, 大会, 会议, 开会, 机会, 社会, 协会, 委员会, 议会, 国会, 晚会,
    宴会, 聚会, 集会, 记者会, 发布会, 理事会, 董事会, 工会, 教会, 学会, 联合会, 商会, 展会, 博览会, 年会, 例会, 全会,
    会上, 会晤, 会见, 会谈, 会面, 会员, 会后, 会场, 安理会, 常委会, 研讨会, 座谈会, 音乐会, 奥运会, 世博会, 进博会,
    会同, 会长, 会计, 会合, 参会, 与会, 会徽, 会歌, 会期, 会址, 会务, 招待会, 欢迎会, 总会, 分会, 青奥会, 亚运会,
    残奥会, 冬奥会, 双奥, 论坛会, 交易会, 常务会, 政协会, 两会, 体会, 领会, 误会, 约会, 会心, 都会, 会意, 会堂,
    执委会, 组委会, 人大常委会, 会客, 普习会, 习普会, 拜会, 会签, 会展, 会商, 碰头会
plan | 计划, 拟, 打算, 准备, 即将, 可望, 有意, 力争, 争取, 希望, 期待, 承诺, 目标, 建成后, 投产后, 完工后, 落成后,
    有待, 要求, 呼吁, 需要, 建议, 提议, 前夕
- | 拟人, 拟定, 计划生育, 模拟, 比拟, 虚拟
did | 已, 曾, 了, 目前为止, 迄今
- | 已知, 已故, 曾祖, 曾孙, 了解, 为了, 除了, 了如, 了不, 了却
if | 如果, 假如, 倘若, 一旦, 要是, 只要, 除非, 假设, 若
- | 若干, 若无, 倘若无, 若非, 宛若, 比若, 般若
whether | 是否, 会不会, 能否, 有没有, 可否, 能不能, 要不要
"""


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase of the lexicon in a text, and what it does."""

    start: int
    end: int
    sorts: frozenset[Sort]


def find_words(plain: str) -> list[Found]:
    """The phrases of the lexicon in a folded sentence, in its order, none overlapping another."""
    pattern, sorts = _compiled(script_of(plain))
    found = []
    for one in pattern.finditer(plain):
        does = sorts[int(str(one.lastgroup)[1:])]
        if does:
            found.append(Found(one.start(), one.end(), does))
    return found


_HAN_LETTER, _CYRILLIC_LETTER, _LATIN_LETTER = (
    re.compile(r"[\u3400-\u9fff]"),
    re.compile(r"[\u0400-\u04ff]"),
    re.compile("[a-z]"),
)


def script_of(plain: str) -> Script:
    """The script whose words decide in a folded sentence, by the letters there are."""
    han, cyrillic = len(_HAN_LETTER.findall(plain)), len(_CYRILLIC_LETTER.findall(plain))
    latin = len(_LATIN_LETTER.findall(plain))
    if 4 * han > latin + cyrillic:  # a Chinese character says as much as several letters
        return "han"
    return "cyrillic" if 2 * cyrillic > latin else "latin"


@cache
def _compiled(script: Script) -> tuple[re.Pattern[str], list[frozenset[Sort]]]:
    """One pattern of all phrases, the longest first, a group for each that says what it does."""
    table = {"latin": _LATIN, "cyrillic": _CYRILLIC, "han": _HAN}[script]
    phrases: list[tuple[str, frozenset[Sort]]] = []
    for line in table.strip().replace("\n    ", " ").splitlines():  # an indented line continues the one above
        head, _, tail = line.partition(" | ")
        does = frozenset(sort for sort in get_args(Sort) if sort in head.split())
        phrases += [(phrase.strip(), does) for phrase in tail.split(",")]
    phrases.sort(key=lambda one: -len(one[0]))
    parts: dict[bool, list[str]] = {True: [], False: []}
    for index, (phrase, _) in enumerate(phrases):
        bound = script != "han" and phrase[0].isalpha() and not phrase.startswith(("n't", "n’t"))
        parts[bound].append(f"(?P<p{index}>{_pattern(phrase, script)})")
    whole = [rf"(?<!\w)(?:{'|'.join(parts[True])})"] if parts[True] else []
    return re.compile("|".join([*whole, *parts[False]])), [does for _, does in phrases]


def _pattern(phrase: str, script: Script) -> str:
    if script == "han":
        return re.escape(phrase)
    gap = r"(?:[^\W\d_]+\W{1,2}){0,5}?"
    body = ""
    for word in phrase.split():
        body += r"\s+" if body and not body.endswith(gap) else ""
        body += gap if word == "…" else re.escape(word).replace(r"\*", r"\w*")
    return body + ("" if phrase.endswith("*") else r"(?!\w)")
