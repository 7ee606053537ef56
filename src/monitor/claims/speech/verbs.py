"""Words of saying in English, Chinese and Russian, by what they do to what is said. Data; nothing here decides."""

from collections.abc import Mapping

from monitor.claims.speech.sayings import Sense


def word_set(words: str) -> frozenset[str]:
    """The words of a table."""
    return frozenset(words.split())


def _by_word(table: Mapping[Sense, str]) -> dict[str, Sense]:
    return {word: sense for sense, words in table.items() for word in words.split()}


# -- English ----------------------------------------------------------------------------------------------------------

_ENGLISH: dict[Sense, str] = {
    "states": """
        say tell add rule note state explain stress emphasise emphasize remark comment observe write tweet post report
        announce declare assert claim allege maintain insist argue contend confirm reveal disclose acknowledge admit
        concede warn indicate show find recall reiterate repeat conclude describe complain joke testify
        inform brief reply respond answer agree affirm reaffirm proclaim cite quote caution highlight underline
        underscore outline accuse assure praise hail
        laud criticise criticize applaud call detail put
    """,
    "supposes": "suggest believe think estimate reckon imply hint speculate suspect calculate assess assume fear",
    "predicts": "predict forecast project expect anticipate foresee",
    "promises": "promise pledge vow threaten swear",
    "denies": "deny refute rebut reject dismiss dispute disavow contradict debunk",
    "doubts": "doubt question",
}
_IRREGULAR = {
    "say": "says said saying", "tell": "tells told telling", "write": "writes wrote written writing",
    "show": "shows showed shown showing", "find": "finds found finding", "think": "thinks thought thinking",
    "put": "puts put putting", "foresee": "foresees foresaw foreseen foreseeing",
    "swear": "swears swore sworn swearing",
    "deny": "denies denied denying", "reply": "replies replied replying", "testify": "testifies testified testifying",
    "admit": "admits admitted admitting", "imply": "implies implied implying", "rebut": "rebuts rebutted rebutting",
    "forecast": "forecasts forecast forecasted forecasting", "quote": "quotes quoted quoting",
}  # fmt: skip


def _forms(lemma: str) -> list[str]:
    if lemma in _IRREGULAR:
        return [lemma, *_IRREGULAR[lemma].split()]
    stem = lemma.removesuffix("e")
    third = lemma + ("es" if lemma.endswith(("s", "sh", "ch")) else "s")
    return [lemma, third, stem + "ed", stem + "ing"]


ENGLISH: dict[str, tuple[str, Sense]] = {
    form: (lemma, sense) for sense, words in _ENGLISH.items() for lemma in words.split() for form in _forms(lemma)
}
"""Every form of a verb of saying: its lemma and sense."""

ENGLISH_PARTICLES: dict[tuple[str, str], Sense] = {
    ("point", "out"): "states", ("spell", "out"): "states", ("make", "clear"): "states", ("rule", "out"): "denies",
    ("play", "down"): "doubts", ("set", "out"): "states", ("go", "on"): "states",
}  # fmt: skip
"""Verbs that mean saying only with their particle."""

ENGLISH_NEEDS_CLAUSE = word_set("""
    find show think believe agree indicate suggest expect fear suspect assume imply hint observe note recall conclude
    doubt question answer respond reply complain joke assure add outline detail agree rule hint highlight underline
    underscore
    reckon
""")  # fmt: skip
"""Say something only with a clause after (or before) them: "found 5 bodies" tells a deed."""

ENGLISH_OF_TEXTS = frozenset(["show", "find", "indicate"])
"""What figures, polls and reports do; of people these verbs tell deeds."""

ENGLISH_INVERTS = word_set("""
    say add report write warn claim note explain declare announce argue recall observe remark comment joke conclude
    insist complain confirm reply predict acknowledge admit estimate
""")  # fmt: skip
"""Verbs that news puts before their subject: "…, said Peskov"."""

# -- Chinese ----------------------------------------------------------------------------------------------------------

_CHINESE: dict[Sense, str] = {
    "states": """
        表示 指出 宣布 强调 透露 声称 宣称 报道 报导 说 称 警告 承认 证实 坦言 重申 介绍 通报 回应 解释 补充 写道
        提到 谈到 披露 声明 告诉 直言 公布 显示 表明 说道 讲到 认定 确认 阐述 评论 评价 回答 答复 明确 主张 通知
        爆料 发文 发帖 发推 表态 喊话 反驳说 转述 指 续指 续称 又称 还称 又说 还说 曝光 通告 申明 阐明 感叹 直指
        建议 提议 呼吁 回忆 感慨 汇报 报告 说明 指控 指责 告知 发布 公告 介绍说 话 坚称 辩称 谎称 自称 写到 提及
        介绍称 赞赏 称赞 赞扬 批评
    """,
    "supposes": "不排除 认为 估计 估算 推测 猜测 相信 判断 暗示 分析 怀疑 评估 估",
    "predicts": "预测 预计 预期 预料 预言 预判 预估 料",
    "promises": "承诺 保证 誓言 扬言 威胁要 威胁将 许诺",
    "denies": "否认 否定 驳斥 反驳 辟谣 澄清 批驳",
    "doubts": "质疑 存疑",
}
CHINESE = _by_word(_CHINESE)

CHINESE_FREE = word_set("""
    说 称 表示 指出 宣布 否认 透露 认为 预计 预测 证实 承认 警告 强调 声称 宣称 报道 报导 质疑 承诺 披露 重申 估计
    坚称 辩称 确认 显示
    表明 又称 还称 驳斥 扬言 誓言 威胁要 威胁将 指控 谎称 自称 保证 料 推测 估算 相信 怀疑 批驳 反驳 辟谣 坦言 直言
    又说 还说 赞赏 称赞 赞扬 批评
    不排除 预估 预料 建议 提议 续称 介绍说 介绍称 主张 暗示 否定 说道
""")  # fmt: skip
"""Verbs that what is said may follow at once; the others need a comma or a colon, or they are something else."""

CHINESE_NOUNS = word_set("""
    分析 说明 声明 主张 判断 预期 评估 报告 公告 通知 建议 评论 估计 承诺 预测 报道 报导 介绍 解释 回应 推测 猜测
    汇报 保证 警告 预判
    评价 答复 回答 指控 指责 质疑 提议 通报 呼吁
""")  # fmt: skip
"""Verbs that are nouns as well: after 的 or 进行 they say nothing."""

CHINESE_NOT_SAYING = word_set("""
    称为 称号 名称 职称 简称 全称 俗称 称作 号称 (?<!总)统称 堪称 称霸 称职 称谓 对称 昵称 称呼 著称 所称
    第.人称 称得上 被称 据称 小说 说服 学说 说法 传说 据说 可以说 应该说 来说 说到底 再说 比如说 或者说 演说 说是
    来讲 话说 说起 不用说 所说 说成 虽说 解说 游说 说话 说过的 说的 说不 说明书 要说 就是说 按理说 指导 指挥 指数
    指标 指定 指向 指引 指针 指责声 手指 所指 是指 指的是 指战员 指南 指示 指令 指派 资料 材料 原料 燃料 塑料 不料
    饮料 预料之 料理 照料 肥料 估值 显示屏 显示器 显示出 电话 通话 对话 谈话 讲话 话题 神话 话语 童话 会话 热话
    报告会 报告厅 报告文学 新闻报道 相关报道 的报道 报道的 宣布会 评论员 评论人 分析师 分析人士 分析家 发布会 公告栏
    声明中 承诺书 报道员 新闻发布 认定书 解释权 通报会 通知书 说明会 表示感谢 表示祝贺 表示欢迎 表示慰问 表示哀悼
    表示敬意 表示问候 表示谢意 表示同情 表示热烈 表示衷心 表示诚挚 表示崇高 报道《 报道的 表示赞赏 表示高度 表示不满
    表示遗憾 表示愤怒 表示悼念
""")
"""Words that hold a verb of saying and are something else."""

# -- Russian ----------------------------------------------------------------------------------------------------------

_RUSSIAN: dict[Sense, str] = {
    "states": """
        сказать говорить заявить заявлять сообщить сообщать отметить отмечать подчеркнуть подчеркивать добавить
        добавлять пояснить пояснять объяснить объяснять рассказать рассказывать объявить объявлять уточнить
        уточнять
        утверждать написать писать передать передавать указать указывать признать признавать признаться
        подтвердить подтверждать напомнить напоминать предупредить предупреждать предупреждать констатировать
        проинформировать информировать доложить докладывать ответить отвечать прокомментировать комментировать
        раскрыть раскрывать высказаться высказать выразить декларировать провозгласить
        поделиться известить оповестить резюмировать заверить заверять обвинить обвинять настаивать сослаться
        опубликовать публиковать констатировать процитировать цитировать приводить акцентировать анонсировать
        повторить парировать рапортовать отрапортовать посетовать пожаловаться свидетельствовать назвать называть
        похвалить хвалить раскритиковать критиковать заметить замечать оценить оценивать отчитаться показать показывать
    """,
    "supposes": """
        считать полагать думать предположить предполагать допустить допускать подозревать посчитать намекнуть
        намекать надеяться подсчитать счесть верить
    """,
    "predicts": "прогнозировать спрогнозировать предсказать предсказывать ожидать предрекать предвидеть",
    "promises": "пообещать обещать поклясться пригрозить угрожать гарантировать обязаться",
    "denies": "опровергнуть опровергать отрицать отвергнуть отвергать дезавуировать исключить исключать",
    "doubts": "усомниться сомневаться",
}
RUSSIAN = _by_word(_RUSSIAN)
"""Verbs of saying by their infinitive, ё as е."""

RUSSIAN_NEEDS_CLAUSE = word_set("""
    передать передавать указать указывать показать показывать назвать называть выразить опубликовать публиковать
    приводить оценить оценивать заметить замечать повторить раскрыть раскрывать думать верить ожидать считать
    допустить допускать признать признавать надеяться свидетельствовать подозревать обязаться исключить исключать
    отметить отмечать говорить писать написать отвечать ответить
""")  # fmt: skip
"""Say something only with a clause or as an insertion: "передал оружие", "отметили праздник" tell deeds."""

RUSSIAN_OF_TEXTS = frozenset(["показать", "показывать", "свидетельствовать"])
"""What figures and reports do; of anything else these verbs tell what is to be seen."""
