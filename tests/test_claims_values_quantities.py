"""Quantities in three languages.

What is expected is written as: `>` more than or at least, `<` less than or at most, `~` about, `+` a change by so much,
`..` a range, `?` an order of magnitude only, the unit or the noun in quotes, `(was …)` the value replaced.
"""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.claims.values.quantities import Quantity, find_quantities, in_unit


def form(one: Quantity) -> str:
    sign = {"gt": ">", "lt": "<", "approx": "~"}.get(one.comparator, "")
    high = "" if one.high is None else f"..{one.high:.15g}"
    of = f" {one.unit.name}" if one.unit else f' "{one.noun[2]}"' if one.noun else ""
    previous = "" if one.previous is None else f" (was {one.previous:.15g})"
    return f"{'+' if one.delta else ''}{sign}{one.low:.15g}{high}{'?' if one.vague else ''}{of}{previous}"


ENGLISH = [
    # units, scales, rates
    ("The line will carry 50 billion cubic metres of gas a year.", "50000000000 m3/yr"),
    ("It is built for 50 bcm.", "50 bcm"),
    ("It is built for 50bcm annually.", "50 bcm/yr"),
    ("Output was 1.5 million barrels per day, or 1.5 million bpd.", "1500000 bbl/d; 1500000 bbl/d"),
    ("The field gives 100 mcm/day.", "100 mcm/d"),
    ("They seized 2,300 square miles.", "2300 mi2"),
    ("They seized 6,000 sq. km in a week.", "6000 km2"),
    ("Fire burned 12,000 hectares of forest.", "12000 ha"),
    ("A four thousand three hundred kilometre border.", "4300 km"),
    ("A 2,600-kilometre pipeline.", "2600 km"),
    ("The reactor has 1,200 megawatts.", "1200 MW"),
    ("They shipped 3m tonnes of grain.", "3000000 t"),
    ("She won the 100m race.", "100 m"),
    ("It was minus 5 degrees Celsius.", "-5 °C"),
    ("A magnitude 7.8 earthquake struck.", "7.8 magnitude"),
    ("A 6.4-magnitude tremor followed.", "6.4 magnitude"),
    ("The storm moved at 120 km/h.", "120 km/h"),
    ("Winds of 60 mph are likely.", "60 mile/h"),
    # comparators
    ("More than 50,000 troops took part.", ">50000 person"),
    ("At least 312 people died.", ">312 person"),
    ("No fewer than 40 houses burned.", ">40 building"),
    ("Up to 300,000 reservists will go.", "<300000 person"),
    ("As many as 1.2 million men may be drafted.", "<1200000 person"),
    ("Fewer than 20 members voted.", "<20 person"),
    ("Nearly 200 were hurt.", "~200"),
    ("Some 8,000 sq km were taken.", "~8000 km2"),
    ("About 85% of grain is homegrown.", "~85 %"),
    ("Around a dozen ships left.", "~12 ship"),
    ("He expects 300 or more guests.", ">300"),
    ("Exceeding 40 billion euros.", ">40000000000 EUR"),
    ("The toll passed 500+ overnight.", ">500"),
    ("No more than 5 per cent.", "<5 %"),
    # ranges and replacement
    ("It carries 45-50 bcm.", "45..50 bcm"),
    ("It carries between 45 and 50 billion cubic meters.", "45000000000..50000000000 m3"),
    ("It carries from 38 to 50 bcm.", "38..50 bcm"),
    ("50-60 thousand soldiers are there.", "50000..60000 person"),
    ("Two or three days are left.", "2..3 d"),
    ("Prices range from $85 to $90 a barrel.", "85..90 USD/bbl"),
    ("Capacity was cut from 50 bcm to 35 bcm.", "35 bcm (was 50)"),
    ("Capacity was raised from 38 to 50 bcm a year.", "50 bcm/yr (was 38)"),
    ("The rate rose from 7.5% to 8%.", "8 % (was 7.5)"),
    ("The rate rose by 25 basis points to 4.75%.", "+25 bp; 4.75 %"),
    ("Sales fell by 5% to 7.5%.", "+5 %; 7.5 %"),
    ("They agreed on 35 bcm instead of 50.", "35 bcm (was 50)"),
    ("Exports reached 98 bcm, up from 38 bcm.", "98 bcm (was 38)"),
    ("The fleet lost another 12 ships.", "+12 ship"),
    ("Oil dropped from $90 a barrel to $85.", "85 USD/bbl (was 90)"),
    # elided units
    ("The first line carries 38 bcm, compared with 50 last year.", "38 bcm; 50 bcm"),
    ("They carry 38 and 50 bcm respectively.", "38 bcm; 50 bcm"),
    ("Debt was $10 billion; now it is 12 billion.", "10000000000 USD; 12000000000 USD"),
    # money
    ("A US$50bn deal.", "50000000000 USD"),
    ("A €5m fine and a £3 million grant.", "5000000 EUR; 3000000 GBP"),
    ("It costs $300 per thousand cubic metres.", "300 USD/1000m3"),
    ("They paid 500 million yuan and RMB 20 million.", "500000000 CNY; 20000000 CNY"),
    ("A cap of $60 a barrel.", "60 USD/bbl"),
    ("He owes 50 billion Russian roubles.", "50000000000 RUB"),
    # counts and nouns
    ("300,000 more Russian reserve troops", "300000 person"),
    ("5,000 weapons units, 140 aircraft and 60 warships", '5000 "weapons units"; 140 aircraft; 60 ship'),
    ("half a million people", "500000 person"),
    ("thousands of soldiers", ">1000? person"),
    ("50 member states", "50 country"),
    ("1,000 maintenance and cleaning workers", "1000 person"),
    ("1 man and 2 women", "1 person; 2 person"),
    ("300 of its guards", "300 person"),
    ("three ballistic missiles", "3 missile"),
    # shares
    ("Half of the oil is imported.", "50 %"),
    ("Two thirds of voters agreed.", "66.6667 %"),
    ("More than a third of them left.", ">33.3333 %"),
    ("One in five said no.", "20 %"),
    ("80 per cent, 80 percent, 80 pct", "80 %; 80 %; 80 %"),
    ("It grew by 3 percentage points.", "+3 pp"),
    # no quantities
    ("The 20th congress opens on October 16, 2022 at 12:30.", ""),
    ("In 2014 and by 2030.", ""),
    ("Su-35 and F-16 jets at the G20.", ""),
    ("Vostok 2022 and Siberia 2 and Phase 3.", ""),
    ("See page 5 of resolution 2231 (17) and item 4.", ""),
    ("They won 3:1 and then 4-2.", ""),
    ("Call +7 495 123-45-67 or 555-12-34.", ""),
    ("Read https://example.org/2022/50-bcm or ask 50@example.org.", ""),
    ("A 5-member team of 35-year-old men.", "35 yr"),
    ("One of the best; no one; someone.", ""),
    ("Article 5 of the treaty.", ""),
    ("She spoke at 10 a.m. and 6pm.", ""),
    ("The 2022 budget, the 1990s.", ""),
    # whole sentences
    (
        "The death toll from the 6.8-magnitude quake climbed to 2,012, with 2,059 people injured, state TV said.",
        "6.8 magnitude; 2012; 2059 person",
    ),
    ("The death toll has risen from 1,037 to more than 2,000.", "2000 (was 1037)"),
    ("At least 17 killed and 52 wounded in shelling.", ">17 person; 52 person"),
    ("The central bank raised its key rate by half a percentage point to 5.25 per cent.", "+0.5 pp; 5.25 %"),
    (
        "The Bank of England kept rates at 5.25%, while the Fed lifted its target range to 5.25%-5.5%.",
        "5.25 %; 5.25..5.5 %",
    ),
    ("Inflation slowed to 3.2% in July from 4.9% a month earlier.", "3.2 % (was 4.9)"),
    ("Unemployment fell from 7.9 percent in June to 7.5 percent in July.", "7.5 % (was 7.9)"),
    ("Turnout was 67.3%, down from 71% four years ago.", "67.3 % (was 71)"),
    ("GDP shrank 2.1% year-on-year in the second quarter.", "2.1 %"),
    ("He won 52.1% of the vote against 47.9% for his rival.", "52.1 %; 47.9 %"),
    ("Brent crude fell $1.20, or 1.4%, to $84.30 a barrel by 1015 GMT.", "+1.2 USD; 1.4 %; 84.3 USD/bbl"),
    ("The EU will provide €50bn over four years, of which €33bn in loans.", "50000000000 EUR; >4 yr; 33000000000 EUR"),
    ("Gas flows through the route dropped to 33 million cubic metres per day from 72 mcm.", "33 mcm/d (was 72)"),
    ("Some 1.3 million barrels a day will be cut until the end of December.", "~1300000 bbl/d"),
    ("The dam, 30 metres high and 3.2 km long, holds 18 cubic kilometres of water.", "30 m; 3.2 km; 18 km3"),
    ("About 17,000 people were evacuated from 80 towns and villages.", '~17000 person; 80 "towns"'),
    ("More than two dozen countries pledged 1.5 billion euros.", ">24 country; 1500000000 EUR"),
    ("Two-thirds of the 450 deputies backed the bill; 301 voted for, 12 against.", "66.6667 %; 450 person; 301; 12"),
    ("The parliament voted 301-12 in favour.", ""),
    ("The price will not exceed 80 rubles per litre.", "<80 RUB/l"),
    ("The company has 11,000 employees in 40 countries.", "11000 person; 40 country"),
    ("Temperatures reached 45.2 degrees Celsius on July 24, the hottest since 1980.", "45.2 °C"),
    ("The ship is 300 metres long and carries 20,000 containers.", '300 m; 20000 "containers"'),
    ("The first of 31 Abrams tanks arrived.", "31 tank"),
    ("Between 200,000 and 250,000 residents left.", "200000..250000 person"),
    ("The army now numbers 1.15 million, up from 1.01 million.", "1150000 (was 1010000)"),
    ("The dollar rose above 100 rubles for the first time since March 2022.", ">100 RUB"),
    ("Wheat exports will total 44-45 million tonnes.", "44000000..45000000 t"),
    ("The pipeline, with a planned annual capacity of 50 bn cu m, is 2,594 km long.", "50000000000 m3; 2594 km"),
    ("Deliveries last year totalled 15.4 Bcm, versus a contractual 15 Bcm.", "15.4 bcm; 15 bcm"),
    ("The project costs an estimated $13.6-billion.", "~13600000000 USD"),
    ("Four-day talks ended on Friday, 22 September 2023.", "4 d"),
    ("Russia has mobilised 80% of the planned 300,000.", "80 %; 300000"),
]
CHINESE = [
    ("年输气量为500亿立方米。", "50000000000 m3"),
    ("年輸氣量約為500億立方公尺。", "~50000000000 m3"),
    ("每年输送五百亿立方米天然气。", "50000000000 m3/yr"),
    ("每年向中国供应500亿立方米。", "50000000000 m3/yr"),
    ("日产1000万桶/日。", "10000000 bbl/d"),
    ("将征召30万预备役人员。", "300000 person"),
    ("已动员三十多万人。", ">300000 person"),
    ("逾50万名士兵", ">500000 person"),
    ("多达120万人", "<1200000 person"),
    ("5万多名军人、140架飞机和60艘军舰", ">50000 person; 140 aircraft; 60 ship"),
    ("8名男子和一名女子", "8 person; 1 person"),
    ("三四十万人", "300000..400000 person"),
    ("数十万难民", ">100000? person"),
    ("至少5000人死亡，1.2万人受伤。", ">5000 person; 12000 person"),
    ("死亡人数升至312人。", "312 person"),
    ("一百多个国家", ">100 country"),
    ("失去6000多平方公里占领区", ">6000 km2"),
    ("过火面积达1.2万公顷。", "12000 ha"),
    ("全长约2600公里。", "~2600 km"),
    ("发生7.8级地震。", "7.8 magnitude"),
    ("地震震级为里氏6.5级。", "6.5 magnitude"),
    ("八成石油依赖进口。", "80 %"),
    ("近八成受访者", "~80 %"),
    ("七八成的企业", "70..80 %"),
    ("三成五的选民", "35 %"),
    ("对外依存度达到80％。", "80 %"),
    ("百分之八十", "80 %"),
    ("百分之3.5", "3.5 %"),
    ("三分之二的代表", "66.6667 %"),
    ("一半的粮食", "50 %"),
    ("过半数选民", ">50 %"),
    ("约85%", "~85 %"),
    ("不到5%", "<5 %"),
    ("上调25个基点至4.75%", "+25 bp; 4.75 %"),
    ("下降3个百分点", "+3 pp"),
    ("1.5万亿元", "1500000000000 CNY"),
    ("500億美元", "50000000000 USD"),
    ("每桶60美元", "60 USD/bbl"),
    ("200亿卢布", "20000000000 RUB"),
    ("气温零下15摄氏度", "-15 °C"),
    ("从500亿立方米增至600亿立方米", "60000000000 m3 (was 50000000000)"),
    ("由50降至35", "35 (was 50)"),
    ("将产能从50亿立方米提高到约60亿立方米", "6000000000 m3 (was 5000000000)"),
    ("利率由7.5%下调至7%", "7 % (was 7.5)"),
    ("以35亿立方米取代50亿立方米", "3500000000 m3 (was 5000000000)"),
    ("45至50亿立方米", "4500000000..5000000000 m3"),
    ("300亿到400亿元", "30000000000..40000000000 CNY"),
    ("50～60公里", "50..60 km"),
    ("增加10亿立方米", "+1000000000 m3"),
    ("超过20万人", ">200000 person"),
    ("不超过30万", "<300000"),
    ("30万人左右", "~300000 person"),
    ("300人以上", ">300 person"),
    ("两管共输气1000亿。", "100000000000"),
    ("二十大、第20届、十九届四中全会", ""),
    ("中共二十大将于2022年10月16日召开。", ""),
    ("2022年和10月16日上午10点", ""),
    ("三方会谈、一级战备、进一步统一", ""),
    ("西伯利亚力量2号和12号线", ""),
    ("比分为3:1。", ""),
    ("这是一个万一的问题，十分重要。", ""),
    # whole sentences
    ("地震造成的死亡人数升至2012人，另有2059人受伤，其中1404人伤势严重。", "2012 person; 2059 person; 1404 person"),
    ("截至9月20日，已有超过1.8万人感染，累计死亡35例。", ">18000 person; 35 case"),
    ("央行宣布将1年期LPR下调10个基点至3.35%。", "1 yr; +10 bp; 3.35 %"),
    ("美联储将联邦基金利率目标区间上调75个基点到3%至3.25%之间。", "+75 bp; 3..3.25 %"),
    ("7月份CPI同比上涨2.7%，涨幅比上月扩大0.2个百分点。", "2.7 %; +0.2 pp"),
    ("上半年国内生产总值562642亿元，同比增长2.5%。", "56264200000000 CNY; 2.5 %"),
    ("今年前8个月，中俄贸易额达1172亿美元，同比增长31.4%。", "8 month; 117200000000 USD; 31.4 %"),
    ("中国1至8月从俄罗斯进口原油5600多万吨。", ">56000000 t"),
    ("该管道全长2600公里，年输气量可达500亿立方米。", "2600 km; 50000000000 m3"),
    ("乌军称已收复逾8000平方公里土地。", ">8000 km2"),
    ("来自15个国家的2000多名代表出席，会期为3天。", "15 country; >2000 person; 3 d"),
    ("事故造成至少三十人死亡、五十余人受伤、十余人失踪。", ">30 person; >50 person; >10 person"),
    ("消息人士说，动员人数可能高达100万，甚至120万。", "1000000; 1200000"),
    ("选举投票率为67.5%，他以52.1%对47.9%获胜。", "67.5 %; 52.1 %; 47.9 %"),
    ("布伦特原油期货跌1.2美元，收于每桶84.3美元。", "+1.2 USD; 84.3 USD/bbl"),
    ("人民币兑美元汇率跌破7.2，创14年新低。", "7.2; 14 yr"),
    ("一架波音737客机坠毁，机上132人全部遇难。", "1 aircraft; 132 person"),
    ("军舰10余艘、飞机60多架次越过中线。", ">10 ship; >60 aircraft"),
    ("日本东北部海域发生里氏7.4级强震，震源深度60公里。", "7.4 magnitude; 60 km"),
    ("二〇二二年九月二十日，第七十七届联合国大会一般性辩论开幕。", ""),
    ("会议将于下月中旬举行，最迟不晚于11月底。", ""),
    ("據報導，俄軍損失約5000輛坦克和裝甲車。", "~5000 tank"),
    ("三分之一的受访者表示支持，近半数反对。", "33.3333 %; ~50 %"),
    ("公司裁员约1.1万人，占员工总数的13%。", "~11000 person; 13 %"),
    ("双方签署20多项协议，总价值约150亿美元。", '>20 "项协议"; ~15000000000 USD'),
    ("预计到2030年，年均增速为5%左右。", "~5 %"),
    ("电价上调至每千瓦时0.55元。", "0.55 CNY/kWh"),
    ("超八成企业认为，至少需要两三年时间。", ">80 %; 2..3 yr"),
    ("台湾新增确诊病例4.6万例。", "46000 case"),
    ("粮食产量6.8亿吨，比上年增加74亿斤。", "680000000 t; +7400000000 jin"),
    ("4月1日起，供气价格从每千立方米250美元涨到280美元。", "280 USD/1000m3 (was 250)"),
]
RUSSIAN = [
    ("Газопровод сможет поставлять 50 млрд кубометров газа в год.", "50000000000 m3/yr"),
    ("Мощность — около 50 млрд куб. м в год.", "~50000000000 m3/yr"),
    ("Добыча — 1,5 млн баррелей в сутки.", "1500000 bbl/d"),
    ("Потеряли шесть тысяч квадратных километров.", "6000 km2"),
    ("Площадь 12 тыс. га и 300 кв. км.", "12000 ha; 300 km2"),
    ("Протяжённость трассы — 2600 км.", "2600 km"),
    ("Будут призваны 300 тысяч резервистов.", "300000 person"),
    ("Призовут до 300 тысяч человек.", "<300000 person"),
    ("Мощность сократят до 35 млрд кубометров.", "35000000000 m3"),
    ("Сообщения о призыве миллиона резервистов.", "1000000 person"),
    ("Призваны уже более двухсот тысяч человек.", ">200000 person"),
    ("Погибли не менее 5 тыс. человек.", ">5000 person"),
    ("Не более 40 депутатов.", "<40 person"),
    ("Свыше полутора тысяч домов.", ">1500 building"),
    ("Почти 300 тысяч военнослужащих", "~300000 person"),
    ("60 боевых кораблей и 140 самолётов", "60 ship; 140 aircraft"),
    ("Двое погибших и пятеро раненых.", "2 person; 5 person"),
    ("десятки тысяч российских военных", ">10000? person"),
    ("тысяча новых и старых танков", "1000 tank"),
    ("300 тыс. и более", ">300000"),
    ("100 тысяч с лишним рублей", ">100000"),
    ("Зависимость достигла 80%.", "80 %"),
    ("Около 85 процентов, остальные 15% импортируются.", "~85 %; 15 %"),
    ("5-процентный рост", "5 %"),
    ("Половина избирателей и две трети депутатов.", "50 %; 66.6667 %"),
    ("Выросла на 10%.", "+10 %"),
    ("Ставку повысили до 7,5% годовых.", "7.5 %"),
    ("Ставку повысили на 25 базисных пунктов.", "+25 bp"),
    ("Ставку снизили с 7,5% до 7%.", "7 % (was 7.5)"),
    ("Поставки вырастут с 38 до 44 млрд кубометров.", "44000000000 m3 (was 38000000000)"),
    ("Мощность — от 45 до 50 млрд кубометров.", "45000000000..50000000000 m3"),
    ("45–50 млрд рублей", "45000000000..50000000000 RUB"),
    ("между 45 и 50 км", "45..50 km"),
    ("35 млрд вместо 50 млрд кубометров", "35000000000 m3 (was 50000000000)"),
    ("38 млрд кубометров, а не 50 млрд.", "38000000000 m3 (was 50000000000)"),
    ("Мощность составит 50 млрд.", "50000000000"),
    ("Первая даёт 38 млрд кубометров, вторая даст 50 млрд.", "38000000000 m3; 50000000000 m3"),
    ("60 долларов за баррель", "60 USD/bbl"),
    ("$300 за тысячу кубометров", "300 USD/1000m3"),
    ("2 млрд юаней и 5 млн евро", "2000000000 CNY; 5000000 EUR"),
    ("1 млн 200 тыс. рублей", "1200000 RUB"),
    ("300 000 человек", "300000 person"),
    ("Землетрясение магнитудой 7,8.", "7.8 magnitude"),
    ("Температура минус 15 градусов.", "-15 °C"),
    ("Мощность 1200 МВт.", "1200 MW"),
    ("Увеличились в 3 раза.", "3 times"),
    ("XX съезд, 20-й съезд, Восток-2022, Су-35.", ""),
    ("Открылся 8 ноября 2012 года в 12:30.", ""),
    ("Дом 5, стр. 12, статья 20.", ""),
    ("«Сила Сибири — 2» и «Северный поток 1»", ""),
    ("Счёт 3:1, телефон +7 (495) 123-45-67.", ""),
    ("Один из лучших.", ""),
    # whole sentences
    (
        "Число погибших в результате землетрясения выросло до 2012 человек, ещё 2059 получили ранения.",
        "2012 person; +2059",
    ),
    ("Не менее семнадцати человек погибли и 52 пострадали при обстреле.", '>17 person; 52 "пострадали"'),
    ("ЦБ повысил ключевую ставку на 0,5 п.п. — до 7,5% годовых.", "+0.5 pp; 7.5 %"),
    ("Годовая инфляция замедлилась до 13,68% с 14,3% в августе.", "13.68 % (was 14.3)"),
    ("Курс доллара превысил 60 рублей впервые с июля.", ">60 RUB"),
    ("Цена нефти Brent упала на 1,2 доллара, до 84,3 доллара за баррель.", "+1.2 USD; 84.3 USD/bbl"),
    ("Проектная мощность — 38 млрд кубометров газа в год, длина — более 3 тыс. км.", "38000000000 m3/yr; >3000 km"),
    ("Указ вступает в силу с 21 сентября 2022 года.", ""),
    ("Мобилизации подлежат 300 тыс. резервистов, или около 1% мобилизационного ресурса.", "300000 person; ~1 %"),
    ("По данным издания, речь идёт о миллионе человек.", "1000000 person"),
    ("Потери составили 5937 человек, заявил министр.", "5937 person"),
    ("Освобождено более 8 тысяч квадратных километров территории.", ">8000 km2"),
    ("Проголосовали 87,99% избирателей; явка превысила 75 процентов.", "87.99 %; >75 %"),
    ("Депутаты приняли закон 412 голосами «за» при одном «против».", "412 vote"),
    ("Сумма контракта — от полутора до двух миллиардов евро.", "1500000000..2000000000 EUR"),
    ("Стоимость проекта оценивается в $13,6 млрд, срок — пять лет.", "13600000000 USD; 5 yr"),
    ("К концу 2024 года поставки вырастут в полтора раза.", "1.5 times"),
    ("На 20 сентября выявлено 51 269 новых случаев.", "51269 case"),
    ("До 1 октября уехало порядка 200–250 тысяч россиян.", "200000..250000 person"),
    ("Температура поднялась до +45 градусов, ночью — до −5.", "45 °C; -5"),
    ("Трое детей и двое взрослых госпитализированы.", "3 person; 2 person"),
    ("Каждый пятый россиянин; один из пяти; три четверти опрошенных.", "20 %; 75 %"),
    ("Во вторник, 20 сентября, в 15:00 мск.", ""),
    ("В первой половине октября; в двадцатых числах; на днях.", ""),
    ("В январе—августе 2022 года импорт сократился на треть.", "+33.3333 %"),
    ("Газопровод пройдёт через три страны на 2594 км.", "3 country; 2594 km"),
    ("Зарплата — 195 тыс. рублей в месяц.", "195000 RUB/month"),
    ("Расход — 100 млн куб. м в сутки.", "100000000 m3/d"),
    ("Он осуждён на 22 года, ему 52 года.", "22 yr; 52 yr"),
    ("Вместо 300 тысяч призовут 500 тысяч.", "500000 (was 300000)"),
    ("Мощность увеличат с нынешних 38 до 50 млрд кубометров в год.", "50000000000 m3/yr (was 38000000000)"),
    ("Ранее сообщалось о 50 млрд кубометров, теперь — о 35 млрд.", "50000000000 m3; 35000000000 m3"),
]


@pytest.mark.parametrize(("text", "expected"), [*ENGLISH, *CHINESE, *RUSSIAN])
def test_quantities_are_read(text: str, expected: str) -> None:
    assert "; ".join(map(form, find_quantities(text))) == expected


@pytest.mark.parametrize(
    ("text", "noun"),
    [
        ("300,000 more Russian reserve troops will come", "more Russian reserve troops"),
        ("5,000 weapons units, including tanks", "weapons units"),
        ("5万多名軍人參加", "名軍人"),
        ("30万预备役人员，", "预备役人员"),
        ("60 боевых кораблей вышли", "боевых кораблей"),
        ("50 billion cubic metres of gas", None),
    ],
)
def test_the_noun_reaches_from_the_first_adjective_to_what_is_counted(text: str, noun: str | None) -> None:
    (one,) = find_quantities(text)
    assert (one.noun and one.noun[2]) == noun
    if one.noun:
        assert text[one.noun[0] : one.noun[1]] == one.noun[2]


def test_spans_hold_the_value_and_what_it_replaces() -> None:
    text = "Die ﬁnal ﬁgure: cut from 50 bcm to 35 bcm a year."
    (one,) = find_quantities(text)
    assert text[one.start : one.end] == "35 bcm a year"
    assert one.previous_span is not None
    assert text[slice(*one.previous_span)] == "50 bcm"


def test_a_shared_unit_is_marked() -> None:
    one, other = find_quantities("Первая даёт 38 млрд кубометров, вторая даст 50 млрд.")
    assert (one.shared_unit, other.shared_unit) == (False, True)


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("50 billion cubic metres a year", "bcm/yr", "50 bcm/yr"),
        ("50 bcm", "bcm/yr", "50 bcm/yr"),
        ("100 million cubic metres a day", "bcm/yr", "36.5 bcm/yr"),
        ("cut from 50 bcm to 35 bcm a year", "bcm/yr", "35 bcm/yr (was 50)"),
        ("between 45 and 50 bcm", "m3/yr", "45000000000..50000000000 m3/yr"),
        ("2,300 square miles", "km2", "5956.97265377 km2"),
        ("140 aircraft", "count", "140 aircraft"),
        ("5,000 weapons units", "count", "5000 count"),
        ("50 bcm a year", "bcm", None),
        ("140 aircraft", "ship", None),
        ("5,000 weapons units", "person", None),
        ("$50 billion", "bcm/yr", None),
        ("50 billion", "bcm/yr", None),
        ("7 km", "%", None),
    ],
)
def test_a_quantity_is_given_in_the_unit_asked_for(text: str, unit: str, expected: str | None) -> None:
    (one,) = find_quantities(text)
    asked = in_unit(one, unit)
    assert (asked and form(asked)) == expected


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("составит 50 млрд.", "bcm/yr", 50.0),
        ("down to 35", "bcm/yr", 35.0),
        ("6 тысяч", "km2", 6000.0),
        ("300 тысяч", "person", 300000.0),
        ("5 млн", "%", None),
    ],
)
def test_a_number_alone_may_stand_in_the_unit_asked_for(text: str, unit: str, expected: float | None) -> None:
    (one,) = find_quantities(text)
    asked = in_unit(one, unit, elided=True)
    assert (asked and asked.low) == expected


_WORDS = """
0 7 50 300,000 1.5 2022 , . - – : % $ € ( ) from to between and about up by per a half of million bcm km people
troops Siberia 从 至 到 增至 约 亿 万 名 人 立方米 成 三分之 每年 美元 第 年 от до с
на около млрд тыс. кубометров в год человек не менее ½ ３
"""
PIECES = st.sampled_from([*_WORDS.split(), " ", "\u00a0", "\n"])


@given(
    st.one_of(
        st.text(max_size=80), st.lists(PIECES, max_size=30).map(" ".join), st.lists(PIECES, max_size=30).map("".join)
    )
)
@settings(max_examples=300, deadline=None)
def test_any_text_gives_ordered_quantities_within_it(text: str) -> None:
    end = 0
    for one in find_quantities(text):
        assert end <= one.start < one.end <= len(text)
        assert one.high is None or one.high >= one.low
        assert one.noun is None or one.start <= one.noun[0] < one.noun[1] <= len(text)
        if one.unit is not None:
            assert in_unit(one, one.unit) is not None
        end = one.end


@pytest.mark.parametrize(
    "junk",
    [
        "1",
        "5 km ",
        "1-",
        "from 5 to ",
        "a",
        "一",
        "约5万",
        "a@",
        "5 a b c ",
        "с 5 до ",
        "5:5",
        "50 billion ",
        "http://",
        "三分之",
        "(5",
    ],
)
def test_long_junk_takes_linear_time(junk: str) -> None:
    text = junk * (10_000 // len(junk))
    begun = time.process_time()
    find_quantities(text)
    assert time.process_time() - begun < 5


def test_a_sentence_without_numerals_costs_microseconds() -> None:
    text = "Talks on the new pipeline are continuing, but the price remains a sticking point, the ministry says."
    find_quantities(text)
    begun = time.process_time()
    for _ in range(1000):
        find_quantities(text)
    assert time.process_time() - begun < 0.2
