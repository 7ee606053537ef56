"""Attribution, as tables: a text with the place that is asked about in ⟦…⟧, and who says what stands there."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from monitor.claims.speech import Attribution, attribute
from monitor.language import sentences


def asked(marked: str, language: str = "und", names: tuple[str, ...] = ()) -> Attribution:
    """The attribution of the marked place in its sentence, with all sentences before it at hand."""
    found = re.search("⟦(.+?)⟧", marked)
    assert found is not None
    text = marked.replace("⟦", "").replace("⟧", "")
    focus = (found.start(), found.start() + len(found[1]))
    spans = sentences(text)
    sentence = next(span for span in spans if span[0] <= focus[0] < span[1])
    previous = [span for span in spans if span[1] <= sentence[0]]
    return attribute(text, sentence, focus, language=language, previous=previous, names=names)


def check(marked: str, speaker: str | None) -> None:
    said = asked(marked)
    assert said.speaker == speaker
    text = marked.replace("⟦", "").replace("⟧", "")
    assert said.outlet_itself == (speaker is None)
    assert 0 <= said.start <= said.end <= len(text)
    assert (said.start < said.end) == (speaker is not None)


# -- English ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "speaker"),
    [
        # the order of a newspaper
        ("The pipeline will carry ⟦50⟧ bcm a year, Deputy Prime Minister Alexander Novak said.", "Alexander Novak"),
        ("Rates will rise to ⟦5⟧ percent by June, the central bank said on Thursday.", "the central bank"),
        ("At least ⟦42⟧ people died in the earthquake, a spokesman for the disaster agency told reporters.",
         "a spokesman for the disaster agency"),
        ("The contract has not been ⟦signed⟧, said Kremlin spokesman Dmitry Peskov.", "Dmitry Peskov"),
        ("The contract has not been ⟦signed⟧, said Dmitry Peskov, the Kremlin's spokesman.", "Dmitry Peskov"),
        ("More than ⟦300⟧ houses were destroyed, officials in the province have said.", "officials in the province"),
        ("The toll could reach ⟦1,000⟧, the newspaper Novaya Gazeta reported.", "Novaya Gazeta"),
        ("The congress opens on ⟦October 16⟧, state news agency Xinhua reported on Tuesday.", "Xinhua"),
        ("The bank lent ⟦$20 million⟧, according to a report published by the ministry.", "the ministry"),
        ("Sales fell ⟦8%⟧ in August, analysts have suggested.", "analysts"),
        ("The summit opens on ⟦Friday⟧, the governor's office said in a statement.", "the governor's office"),
        ("The ministry has said in its latest update that ⟦6,000⟧ houses stand empty.", "The ministry"),
        ("⟦Three⟧ ships left the port, the head of the Ukrainian president's office said.",
         "the head of the Ukrainian president's office"),
        # the speaker first
        ("Defence Minister Sergei Shoigu said on Wednesday that ⟦300,000⟧ reservists would be called up.",
         "Sergei Shoigu"),
        ("Ukraine says it has retaken some ⟦8,000⟧ sq km.", "Ukraine"),
        ("The White House said it had lent ⟦three⟧ ships.", "The White House"),
        ("Professor Zhang pointed out that imports have reached ⟦80%⟧.", "Professor Zhang"),
        ("China's leader, Xi Jinping, told the congress that ⟦growth⟧ had slowed.", "Xi Jinping"),
        ("The Kremlin's spokesman, Dmitry Peskov, said there was no date for ⟦talks⟧.", "Dmitry Peskov"),
        ("Speaking in Vladivostok, Li Zhanshu said China ⟦supports⟧ the plan.", "Li Zhanshu"),
        ("Western analysts estimate that only ⟦15,000⟧ soldiers took part.", "Western analysts"),
        ("Secretary of State Antony Blinken confirmed that ⟦two⟧ ships were sold.", "Antony Blinken"),
        ("Nato's secretary general, Jens Stoltenberg, has said he counts on ⟦31⟧ members.", "Jens Stoltenberg"),
        ("Peskov, who said the contract was ⟦signed⟧, left early.", "Peskov"),
        ("General Motors announced it would close ⟦four⟧ plants.", "General Motors"),
        ("US confirms that North Korea has sold ⟦shells⟧.", "US"),
        ("Russia's Gazprom said it shipped ⟦38⟧ bcm.", "Gazprom"),
        ("Russia's State Duma said it had received ⟦12⟧ bills.", "Russia's State Duma"),
        ("Prosecutors alleged that ⟦40⟧ million had been taken.", "Prosecutors"),
        ("The army put the number of losses at ⟦5,937⟧.", "The army"),
        ("Putin announced the call-up of ⟦300,000⟧ reservists.", "Putin"),
        ("The European Commission predicts that prices will rise by ⟦4%⟧.", "The European Commission"),
        ("The union's general secretary told delegates: “We have ⟦50,000⟧ members.”", "The union's general secretary"),
        # according to, citing
        ("According to the finance ministry, the deficit is ⟦3%⟧.", "the finance ministry"),
        ("Therefore, according to Professor Zhang, the chance could increase to ⟦99%⟧.", "Professor Zhang"),
        ("The deal is worth ⟦$400 billion⟧, according to people familiar with the matter.",
         "people familiar with the matter"),
        ("The crash killed ⟦nine⟧ people, according to a statement from the airline.", "the airline"),
        ("They acted according to the plan and delivered ⟦nine⟧ ships.", None),
        ("As the minister put it, the ⟦talks⟧ are over, the ministry said.", "the ministry"),
        # a name with an apposition, a source in the middle, an office that is no name
        ("The flood destroyed ⟦two⟧ bridges, Antony Blinken, head of the delegation, said on Sunday.",
         "Antony Blinken"),
        ("The head of the company, Alexei Miller, has claimed that ⟦two⟧ lines are ready.", "Alexei Miller"),
        ("He would need ⟦50⟧ ships, sources said, and might as well buy them.", "sources"),
        ("More than ⟦21⟧ villages are cut off by snow, state media reports.", "state media"),
        ("The tax of ⟦5%⟧ is void, a Berlin court ruled Tuesday.", "a Berlin court"),
        ("Blinken has warned that the drought has an effect, saying that ⟦50⟧ lakes are dry.", "Blinken"),
        ("Commander who led the fleet calls the plan to sell ⟦40⟧ ships a 'disaster'",
         "Commander who led the fleet"),
        # headlines
        ("Peskov: no date for ⟦talks⟧ on the pipeline", "Peskov"),
        ("Russia to call up ⟦300,000⟧ reservists: Shoigu", "Shoigu"),
        ("Rates will ⟦rise⟧ again, says central bank", "central bank"),
        ("Foreign minister to ⟦attend⟧ the meeting in India: ministry", "ministry"),
        ("Flood live: dam ⟦broken⟧ again, Polish official claims; Canada sends help", "Polish official"),
        ("Putin says ⟦300,000⟧ men will be called up", "Putin"),
        ("Putin praises China's '⟦balanced⟧ position' on the war", "Putin"),
        ("Lula to Scholz: We will study your ⟦offer⟧ on steel", "Lula"),
        ("Brazil and India to ⟦sign⟧ next week, Indian envoy says", "Indian envoy"),
        ("House of Cards: minister shelves ⟦two⟧ plans", None),
        ("Ukraine war live: ⟦50⟧ drones downed", None),
        ("Ukraine: what ⟦two⟧ years of war look like", None),
        ("Facebook: https://example.org/⟦50⟧", None),
        ("MOSCOW, Sept 20 (Reuters) - Russia will call up ⟦300,000⟧ men.", None),
        ("BEIJING (Reuters) - The pipeline will carry ⟦50⟧ bcm, Gazprom said.", "Gazprom"),
        ("The ferry sank with ⟦16⟧ aboard, as reported by local authorities.", "local authorities"),
        ("The oil group Total writes off ⟦four⟧ fields", None),
        ("Iceland: the islands where we can see ⟦two⟧ futures", None),
        # passives
        ("Reporters were told by Dmitry Peskov that the contract was ⟦signed⟧.", "Dmitry Peskov"),
        ("Putin was quoted as saying that ⟦300,000⟧ men would be called up.", "Putin"),
        ("The call-up of ⟦300,000⟧ men announced by Sergei Shoigu has begun.", "Sergei Shoigu"),
        ("Losses are put at ⟦5,000⟧ by western officials.", "western officials"),
        # nobody else
        ("The pipeline will carry ⟦50⟧ bcm a year.", None),
        ("Gazprom and CNPC agreed to switch to ⟦yuan⟧.", None),
        ("Moscow hopes to ⟦sign⟧ the contract by December.", None),
        ("There is speculation that the congress may be postponed until ⟦November⟧.", None),
        ("The minister, who said the talks had failed, visited ⟦three⟧ towns.", None),
        ("After the ministry said talks had failed, ⟦50⟧ people gathered in the square.", None),
        ("The bank said rates would rise, but ⟦three⟧ of its rivals closed branches.", None),
        ("Putin looks to add ⟦300,000⟧ men to the army.", None),
        ("Officers told them to leave ⟦50⟧ houses.", None),
        ("They found ⟦42⟧ bodies in the ruins.", None),
        ("Lula said he had invited Scholz, underlining his ⟦support⟧.", None),
        ("Ferry fire claims ⟦16⟧ lives", None),
        ("A sergeant was found dead in ⟦March⟧ by a passer-by.", None),
        ("The magazine published ⟦140⟧ rules.", None),
        ("Farmers explain how they survive the loss of ⟦3,000⟧ cows.", None),
        ("I was told about ⟦50⟧ ships.", None),
        ("Many reported ⟦cases⟧ were mild.", None),
    ],
)  # fmt: skip
def test_english(marked: str, speaker: str | None) -> None:
    check(marked, speaker)


@pytest.mark.parametrize(
    ("marked", "speaker"),
    [
        ("The ministry said the deficit is 3%, while the central bank expects it to be ⟦4%⟧.", "the central bank"),
        ("The ministry said the deficit is ⟦3%⟧, while the central bank expects it to be 4%.", "The ministry"),
        ("Russia says it lost ⟦5,937⟧ men, but Ukraine claims the figure is 50,000.", "Russia"),
        ("Russia says it lost 5,937 men, but Ukraine claims the figure is ⟦50,000⟧.", "Ukraine"),
        (
            "The rate will rise to ⟦5%⟧, according to the central bank, while the IMF says it will be 6%.",
            "the central bank",
        ),
        ("The rate will rise to 5%, according to the central bank, while the IMF says it will be ⟦6%⟧.", "the IMF"),
        ("佩斯科夫说合同已签署，但米勒表示只签署了⟦备忘录⟧。", "米勒"),
        ("佩斯科夫说合同已经⟦签署⟧，但米勒表示只签署了备忘录。", "佩斯科夫"),
        ("俄称运走⟦12⟧吨粮食 乌称运走20吨", "俄"),
        ("俄称运走12吨粮食 乌称运走⟦20⟧吨", "乌"),
        ("Песков заявил, что контракт ⟦подписан⟧, а Миллер сообщил, что подписан только меморандум.", "Песков"),
        ("Песков заявил, что контракт подписан, а Миллер сообщил, что подписан только ⟦меморандум⟧.", "Миллер"),
    ],
)
def test_of_two_speakers_the_one_whose_clause_holds_the_place(marked: str, speaker: str) -> None:
    check(marked, speaker)


# -- Chinese ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "speaker"),
    [
        ("诺瓦克表示，该管道年输气量为⟦500亿⟧立方米。", "诺瓦克"),
        ("諾瓦克表示，「該管道」年輸氣量約為⟦500億⟧立方公尺。", "諾瓦克"),
        ("俄罗斯国防部长绍伊古21日宣布，将征召⟦30万⟧预备役人员。", "绍伊古"),
        ("俄羅斯國防部長紹伊古宣布將徵召⟦30萬⟧名後備軍人。", "紹伊古"),
        ("已有超过⟦20万⟧人被征召入伍，俄防长说。", "俄防长"),
        ("二十大将于⟦10月16日⟧召开，新华社报道。", "新华社"),
        ("章教授预测，双方可能签署⟦一系列⟧协议。", "章教授"),
        ("双方可能签署⟦一系列⟧协议，章教授预测。", "章教授"),
        ("外交部发言人说，中国保持⟦中立⟧。", "外交部发言人"),
        ("中国外交部发言人毛宁在例行记者会上表示，中方保持⟦中立⟧。", "毛宁"),
        ("习近平主席指出，要⟦支持⟧各国发展。", "习近平"),
        ("习主席强调，要⟦支持⟧各国发展。", "习主席"),
        ("俄罗斯总统普京近日接受媒体采访时说，合同即将⟦签署⟧。", "普京"),
        ("普京在会见记者时，对合作表示满意，称合同已经⟦签署⟧。", "普京"),
        ("在总结工作时，习近平指出，贸易额达到⟦2000亿⟧美元。", "习近平"),
        ("国家统计局今天公布的数据显示，价格同比上涨⟦2.1%⟧。", "国家统计局"),
        ("央行最新数据显示，利率为⟦3.5%⟧。", "央行"),
        ("俄罗斯外交部14日发表声明说，⟦27⟧名外交官离境。", "俄罗斯外交部"),
        ("特朗普政府一名高级官员告诉《华盛顿邮报》，⟦五万⟧人参加了军演。", "特朗普政府一名高级官员"),
        ("有知情人士向路透社透露，合同将于⟦十月⟧签署。", "知情人士"),
        ("巴西总统卢拉说：“我们有⟦50⟧艘船。”", "卢拉"),
        ("美国劳动力市场恶化，经济学家预计失业人数将达⟦2000万⟧。", "经济学家"),
        ("美国能源部长格兰霍姆说，⟦50⟧艘油轮已经启航，并警告说价格还会上涨。", "格兰霍姆"),
        ("肯尼亚总统鲁托表示，赞赏中方采取的⟦三⟧项措施。", "鲁托"),
        ("普京介绍了俄方看法，表示俄方赞赏中方的⟦客观⟧立场。", "普京"),
        ("普京高度赞赏中方的⟦客观⟧立场。", "普京"),
        ("委员长会议建议，常委会审议⟦三⟧项议案。", "委员长会议"),
        ("专家不排除朝鲜⟦出售⟧武器的可能。", "专家"),
        ("法国参议院财政与预算委员会主席雷纳尔在接受采访时表示，已有⟦三⟧家企业退出。", "雷纳尔"),
        ("巴西外交部证实，代表团到访，但否认出售⟦飞机⟧。", "巴西外交部"),
        ("塔方恪守一个原则，坚定认为应有⟦三⟧项安排。", "塔方"),
        # sources
        ("据新华社报道，大会将于⟦10月16日⟧开幕。", "新华社"),
        ("另据巴勒斯坦媒体报道，⟦10⟧人受伤。", "巴勒斯坦媒体"),
        ("据伊拉克军方的情报显示，城内有⟦600⟧名武装人员。", "伊拉克军方的情报"),
        ("根据世卫组织的数据，已有⟦106⟧个国家报告病例。", "世卫组织"),
        ("在分析人士看来，军演约有⟦1.5万⟧人参加。", "分析人士"),
        ("英国《卫报》报道称，⟦50⟧人被捕。", "卫报"),
        ("据媒体报道，⟦50⟧人被捕。", None),
        ("据报道，⟦50⟧人被捕。", None),
        # denials
        ("俄气公司否认将年输气量削减至⟦350亿⟧立方米。", "俄气公司"),
        ("克里姆林宫否认将征召⟦100万⟧预备役人员的报道。", "克里姆林宫"),
        # headlines
        ("普京：西方应承担⟦责任⟧", "普京"),
        ("外交部：中方保持⟦中立⟧", "外交部"),
        ("法国专家：美国提供了⟦50⟧枚导弹", "法国专家"),
        ("俄总统称俄将征召⟦30万⟧人", "俄总统"),
        ("中新社莫斯科9月21日电 俄防长绍伊古称将征召⟦30万⟧人。", "绍伊古"),
        ("央视网消息（新闻联播）：俄将征召⟦30万⟧人。", None),
        ("快讯：俄将征召⟦30万⟧人", None),
        ("乌克兰：⟦50⟧万人停电", None),
        # nobody else
        ("有传言称大会可能推迟到⟦十一月⟧举行。", None),
        ("中国从未表示⟦支持⟧这一行动。", None),
        ("客流量预计将达⟦6.87亿⟧人次。", None),
        ("双方签署了名称相同的⟦两⟧份文件。", None),
        ("央视没有播出⟦会面⟧的画面。", None),
        ("他指导了⟦三⟧次演习。", None),
        ("普京对此表示感谢，⟦50⟧名代表出席。", None),
        ("按照规定，⟦50⟧人获得奖金。", None),
        ("记者看到系列报道《丝路》播出了⟦三⟧集。", None),
    ],
)
def test_chinese(marked: str, speaker: str | None) -> None:
    check(marked, speaker)


def test_known_names_tell_a_name_from_a_country() -> None:
    assert asked("普京总统表示，合同已经⟦签署⟧。").speaker == "普京总统"
    assert asked("普京总统表示，合同已经⟦签署⟧。", names=("普京",)).speaker == "普京"
    assert asked("阿里木：合同已经⟦签署⟧", names=("阿里木",)).speaker == "阿里木"


# -- Russian ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "speaker"),
    [
        ("Контракт пока не ⟦подписан⟧, сообщил Дмитрий Песков.", "Дмитрий Песков"),
        ("Министр обороны Сергей Шойгу заявил, что будут призваны ⟦300⟧ тысяч человек.", "Сергей Шойгу"),
        ("Съезд откроется ⟦16 октября⟧, сообщает Синьхуа.", "Синьхуа"),
        ("По словам Дмитрия Пескова, переговоры продлятся ⟦два⟧ дня.", "Дмитрий Песков"),
        ("По словам официального представителя МИД Марии Захаровой, вышли ⟦два⟧ судна.", "Мария Захарова"),
        ("По словам Новака, мощность составит ⟦50⟧ млрд кубометров.", "Новак"),
        ("По словам премьера, мощность составит ⟦50⟧ млрд кубометров.", "премьер"),
        ("По данным российского министра, мощность составит ⟦50⟧ млрд.", "российский министр"),
        ("Явка, по данным ЦИК на полдень, составила ⟦31⟧ процент.", "ЦИК"),
        ("По мнению экспертов, цена вырастет на ⟦10%⟧.", "эксперты"),
        ("По прогнозу Центробанка, инфляция составит ⟦4%⟧.", "Центробанк"),
        ("Согласно данным министерства, собрано ⟦130⟧ млн тонн.", "министерство"),
        ("Мощность, как сообщил глава компании Алексей Миллер, составит ⟦50⟧ млрд.", "Алексей Миллер"),
        ("Как сообщает пресс-служба правительства, выделено ⟦20⟧ млн рублей.", "пресс-служба правительства"),
        ("Зеленский заявил, что освобождено ⟦6000⟧ кв. км.", "Зеленский"),
        ("Глава немецкого МИД объявил, что закрыто ⟦три⟧ консульства.", "Глава немецкого МИД"),
        ("Дмитрий Медведев на совещании с министрами сообщил, что построено ⟦40⟧ школ.", "Дмитрий Медведев"),
        ("Выступая перед депутатами, Михаил Мишустин заявил, что построено ⟦40⟧ школ.", "Михаил Мишустин"),
        ("Пресс-секретарь президента, Дмитрий Песков, заявил, что контракт ⟦подписан⟧.", "Дмитрий Песков"),
        ("Китай ⟦поддерживает⟧ Россию, заявил Ли Чжаньшу.", "Ли Чжаньшу"),
        ("Джо Байдена предупреждают о ⟦двух⟧ рисках.", None),
        ("В Кремле заявили, что контракт ⟦подписан⟧.", "Кремль"),
        ("Контракт ⟦подписан⟧, заявили в МИД РФ.", "МИД РФ"),
        ("Погибли ⟦42⟧ человека, сообщили в Минобороны.", "Минобороны"),
        ("Призваны ⟦300⟧ тысяч человек, — заявил в среду министр обороны Сергей Шойгу.", "Сергей Шойгу"),
        ("«Газпром» опроверг сокращение поставок до ⟦35⟧ млрд кубометров.", "Газпром"),
        ("Кремль опроверг сообщения о призыве ⟦миллиона⟧ резервистов.", "Кремль"),
        ("Владимир Путин заявил о призыве ⟦300⟧ тысяч резервистов.", "Владимир Путин"),
        ("Газета «Известия» сообщила, что закрыто ⟦три⟧ завода.", "Известия"),
        ("Закрыто ⟦три⟧ завода, пишет The Guardian.", "The Guardian"),
        ("Из ⟦50⟧ заявок, говорят специалисты, хороша половина.", "специалисты"),
        ("Источники Reuters сообщили, что сделка оценена в ⟦20⟧ млрд.", "Источники Reuters"),
        ("Источник в правительстве сообщил, что сделка оценена в ⟦20⟧ млрд.", "Источник в правительстве"),
        ("Сделка оценена в ⟦20⟧ млрд, сообщил источник в правительстве.", "источник в правительстве"),
        ("Аналитики прогнозируют, что ставка вырастет до ⟦8%⟧.", "Аналитики"),
        ("Россия, подчеркнул он, готова поставлять ⟦50⟧ млрд.", "он"),
        ("Владимир Путин и Владимир Зеленский заявили о ⟦двух⟧ договорах.", "Владимир Путин и Владимир Зеленский"),
        ("Несколько источников сообщили о ⟦двух⟧ взрывах.", "Несколько источников"),
        ("Выступила Франция, которая считает, что нарушены ⟦два⟧ договора.", "Франция"),
        ("О том, что нужны ⟦две⟧ больницы, Михаил Мишустин сообщил в Калуге.", "Михаил Мишустин"),
        ("Вот что пишет «Франкфуртер рундшау»: поставлено ⟦40⟧ орудий.", "Франкфуртер рундшау"),
        ("Песков назвал ложью сообщения о призыве ⟦миллиона⟧ человек.", "Песков"),
        (
            "В перерыве форума АТЭС министр торговли сообщил, что подписаны ⟦два⟧ документа.",
            "министр торговли",
        ),
        ("Войска оставили ⟦два⟧ города за неделю — Генштаб", "Генштаб"),
        # headlines
        ("Песков: ⟦контракт⟧ пока не подписан", "Песков"),
        ("В.Путин: построено ⟦40⟧ школ", "В.Путин"),
        ("Минобороны: сбито ⟦12⟧ беспилотников", "Минобороны"),
        ("Саммит в Лиме: ⟦две⟧ страны покинули зал", None),
        ("Неделя моды в Милане: прошло ⟦две⟧ встречи", None),
        # nobody else
        ("Мощность газопровода составит ⟦50⟧ млрд кубометров.", None),
        ("Китай не ⟦поддерживает⟧ эти действия.", None),
        ("Съезд, вероятно, состоится в ⟦ноябре⟧.", None),
        ("В стране отметили ⟦80-летие⟧ войск.", None),
        ("Премьер передал школе ⟦40⟧ компьютеров.", None),
        ("Стороны подписали ⟦меморандум⟧.", None),
        ("Мы, надеемся, построим ⟦40⟧ школ.", None),
        ("По предварительным данным, приедут ⟦10⟧ лидеров.", None),
    ],
)
def test_russian(marked: str, speaker: str | None) -> None:
    check(marked, speaker)


# -- over sentences ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "speaker"),
    [
        # he, it
        ("Dmitry Peskov spoke in Moscow. He said ⟦50⟧ men had left.", "Dmitry Peskov"),
        ("The contract is ready, Peskov said. “We have ⟦50⟧ ships,” he added.", "Peskov"),
        ("The ministry said talks had begun. It said ⟦50⟧ men had left.", "The ministry"),
        ("Nobody came. He said ⟦50⟧ men had left.", "He"),
        ("普京3日在索契出席会议。他表示，合同已经⟦签署⟧。", "普京"),
        ("路透社说，合同已经谈妥。报道称，价格为⟦20亿⟧美元。", "路透社"),
        ("Дмитрий Песков выступил в Москве. По его словам, контракт ⟦подписан⟧.", "Дмитрий Песков"),
        ("Сергей Лавров приехал в Пекин. Он подчеркнул, что подписаны ⟦два⟧ документа.", "Сергей Лавров"),
        ("Мария Захарова провела брифинг. Она сообщила, что высланы ⟦пять⟧ дипломатов.", "Мария Захарова"),
        (
            "Moscow spoke. The head of Gazprom said he had been wrong when he said ⟦50⟧ wells would do.",
            "The head of Gazprom",
        ),
        # quotations over several sentences
        ("“We have a plan. It will bring ⟦50⟧ bcm a year,” Alexander Novak said.", "Alexander Novak"),
        ("“It will bring ⟦50⟧ bcm a year. We have a plan,” Alexander Novak said.", "Alexander Novak"),
        ("Alexander Novak said: “We have a plan. It will bring ⟦50⟧ bcm a year.”", "Alexander Novak"),
        ('"We have a plan," Peskov said. "It will bring ⟦50⟧ bcm every year."', "Peskov"),
        ("普京说：“我们有计划。每年输送⟦500亿⟧立方米。”", "普京"),
        ("“我们有计划。每年输送⟦500亿⟧立方米。”普京说。", "普京"),
        ("«У нас есть план. Он даст ⟦50⟧ млрд кубометров», — сказал Александр Новак.", "Александр Новак"),
        # a speech that runs on
        ("Putin: I think it is needed. We will call up ⟦300,000⟧ men.", "Putin"),
        ("习近平指出，中方愿加强合作。双方要共同⟦支持⟧多边主义。", "习近平"),
        ("习近平指出，中方愿加强合作。19日，⟦50⟧名代表参观了展览。", None),
        ("The ministry said talks had begun. The pipeline carries ⟦50⟧ bcm.", None),
        # the sentence after tells
        ("Построено ⟦40⟧ школ. Об этом сообщил глава ведомства Алексей Миллер.", "Алексей Миллер"),
        ("Построено ⟦40⟧ школ\nОб этом сегодня в Москве заявил Михаил Мишустин.", "Михаил Мишустин"),
        ("Построено ⟦40⟧ школ. Сегодня открылась выставка.", None),
        # a name is no quotation
        ("The “Power of Siberia 2” line will carry ⟦50⟧ bcm. Gazprom said it was ready.", None),
    ],
)
def test_the_sentences_around(marked: str, speaker: str | None) -> None:
    check(marked, speaker)


# -- chains -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "speaker", "chain"),
    [
        ("The deal is worth ⟦$20 billion⟧, the Guardian reported on Friday, citing US officials.",
         "US officials", ("the Guardian",)),
        ("Reuters, citing two sources, said the deal was worth ⟦$20 billion⟧.", "two sources", ("Reuters",)),
        ("The ministry claimed its forces had taken ⟦four⟧ blocks, news agency RIA reported.",
         "The ministry", ("RIA",)),
        ("According to the Guardian, US officials confirmed that ⟦two⟧ ships were sold.",
         "US officials", ("the Guardian",)),
        ("据路透社报道，一位以色列官员证实，以军打击了⟦三⟧个目标。", "一位以色列官员", ("路透社",)),
        ("据路透社援引知情人士的话报道，双方将签署⟦合同⟧。", "知情人士", ("路透社",)),
        ("路透社引述兩名知情人士報導，合約將於⟦10月⟧簽署。", "兩名知情人士", ("路透社",)),
        ("英国《卫报》引述美方官员指，朝鲜正⟦出售⟧武器。", "美方官员", ("卫报",)),
        ("Двое выдворены, ⟦три⟧ дела закрыты, сообщает РИА «Новости» со ссылкой на источник в полиции.",
         "источник в полиции", ("РИА «Новости»",)),
        ("In Beijing, Qin told Scholz that ⟦two⟧ visits were planned, according to the broadcaster CCTV.",
         "Qin", ("CCTV",)),
        ("По данным Reuters, в МИД заявили, что контракт ⟦подписан⟧.", "МИД", ("Reuters",)),
    ],
)  # fmt: skip
def test_a_chain_names_who_passed_it_on(marked: str, speaker: str, chain: tuple[str, ...]) -> None:
    said = asked(marked)
    assert (said.speaker, said.chain) == (speaker, chain)


# -- what the words of saying do --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "speaker", "polarity", "modality"),
    [
        ("The ministry said it sold ⟦50⟧ ships.", "The ministry", "+", None),
        ("North Korea ⟦denied⟧ selling arms to Russia.", "North Korea", "-", None),
        ("North Korea denied selling ⟦arms⟧ to Russia.", "North Korea", "-", None),
        ("The Kremlin dismissed reports that ⟦1 million⟧ men would be called up.", "The Kremlin", "-", None),
        ("Beijing has never said that it ⟦supports⟧ the war.", None, "-", None),
        ("The ministry declined to confirm that ⟦50⟧ ships were sold.", None, "-", None),
        ("Professor Zhang predicted that they would sign ⟦agreements⟧.", "Professor Zhang", "+", "hedged"),
        ("Analysts believe that ⟦50⟧ ships were sold.", "Analysts", "+", "hedged"),
        ("Analysts do not believe that ⟦50⟧ ships were sold.", "Analysts", "-", None),
        ("Putin vowed to send ⟦50⟧ ships.", "Putin", "+", "planned"),
        ("The congress is expected to open on ⟦October 16⟧.", None, "+", "hedged"),
        ("俄气公司否认削减至⟦350亿⟧立方米。", "俄气公司", "-", None),
        ("中國從未表示⟦支持⟧俄羅斯。", None, "-", None),
        ("专家预测价格将上涨⟦5%⟧。", "专家", "+", "hedged"),
        ("美方不认为朝鲜已⟦出售⟧武器。", "美方", "-", None),
        ("有传言称大会可能推迟到⟦十一月⟧。", None, "+", "hedged"),
        ("Кремль опроверг ⟦сделку⟧.", "Кремль", "-", None),
        ("Эксперты считают, что цена вырастет на ⟦5%⟧.", "Эксперты", "+", "hedged"),
        ("Министерство не подтвердило, что продано ⟦50⟧ судов.", None, "-", None),
        ("Эксперты не исключают, что продано ⟦50⟧ судов.", "Эксперты", "+", "hedged"),
        ("Путин пообещал построить ⟦40⟧ школ.", "Путин", "+", "planned"),
    ],
)
def test_denials_doubts_and_predictions_are_told(
    marked: str, speaker: str | None, polarity: str, modality: str | None
) -> None:
    said = asked(marked)
    assert (said.speaker, said.polarity, said.modality) == (speaker, polarity, modality)


@pytest.mark.parametrize(
    ("marked", "kind"),
    [
        ("“We have ⟦50⟧ ships,” Peskov said.", "direct"),
        ("Peskov said they have ⟦50⟧ ships.", "indirect"),
        ("According to Peskov, they have ⟦50⟧ ships.", "according_to"),
        ("普京说：“我们有⟦50⟧艘船。”", "direct"),
        ("据新华社报道，有⟦50⟧艘船。", "according_to"),
        ("«У нас ⟦50⟧ судов», — сказал Песков.", "direct"),
        ("They have ⟦50⟧ ships.", None),
    ],
)
def test_the_kind_of_speech(marked: str, kind: str | None) -> None:
    assert asked(marked).kind == kind


def test_the_script_decides_where_the_declared_language_is_wrong() -> None:
    assert asked("诺瓦克表示，年输气量为⟦500亿⟧立方米。", language="en").speaker == "诺瓦克"
    assert asked("Съезд откроется ⟦16 октября⟧, сообщает Синьхуа.", language="zh").speaker == "Синьхуа"
    assert asked("Peskov said they have ⟦50⟧ ships.", language="ru").speaker == "Peskov"


# -- hostile text -----------------------------------------------------------------------------------------------------

_PIECES = st.sampled_from(
    [
        "said", " he said", ", Peskov said.", "according to ", "“", "”", "«", "»", '"', "：", ": ", "表示",
        "据", "报道，", "称", "习近平", "，", "。", "сообщил ", "по словам ", "В.", "Песков", "его", ", ",
        "\n", "50", " ", "(Reuters) - ", "《", "》", "\u200b", "\ud800", "İ", "ß", "citing ", "- ", "\u0301",
        "который ", "援引", "的话",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(st.text(max_size=120), st.lists(_PIECES, max_size=25).map("".join)), at=st.integers(0, 200),
       language=st.sampled_from(["en", "zh", "ru", "und", "de"]))  # fmt: skip
@example(text="表示", at=0, language="zh")
@example(text=", said", at=0, language="en")
@example(text="по словам", at=0, language="ru")
def test_any_text_gets_an_answer_whose_spans_lie_within_it(text: str, at: int, language: str) -> None:
    spans = sentences(text) or [(0, len(text))]
    sentence = next((span for span in spans if span[0] <= at < span[1]), spans[-1])
    focus = (min(at, len(text)), min(at + 1, len(text)))
    previous = [span for span in spans if span[1] <= sentence[0]]
    said = attribute(text, sentence, focus, language=language, previous=previous)
    assert said.speaker is None or said.speaker.strip()
    assert 0 <= said.start <= said.end <= len(text)
    assert said.cue is None or 0 <= said.cue[0] < said.cue[1] <= len(text)
    assert said.speaker not in said.chain


@pytest.mark.parametrize(
    "piece", ["he said ", "表示，", "сообщил, что ", "“", "according to ", "据", "А.", "，习近平指出"]
)
def test_long_and_repetitive_sentences_are_read_in_bounded_time(piece: str) -> None:
    text = piece * 2_000
    assert attribute(text, (0, len(text)), (10, 12), language="en").start >= 0
