"""Units: one table of what quantities are measured in, with the names they go by in English, Chinese and Russian. Pure.

A unit is named as people write it (`bcm`, `km2`, `%`, `person`, `USD`); any two make a rate (`bcm/yr`, `bbl/d`,
`USD/bbl`). Values convert between units of one dimension; a year has 365 days, as contracts of supply count it.
"""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit; `value * factor + offset` is the same in `base`, its dimension's base unit.

    Each currency and each kind of thing counted (`person`, `ship`) is its own base: nothing converts one into another.
    """

    name: str
    dimension: str
    base: str
    factor: float = 1.0
    offset: float = 0.0

    @property
    def is_rate(self) -> bool:
        """Whether it is so much for each unit of something, mostly of time."""
        return "/" in self.name


# name | dimension | in base units | names in English, Chinese (simplified), Russian; the base unit of each dimension
# stands first in it. In names: `x*` any further letters, `x(s)` optional letters, `_` the number, where the unit
# stands before it. All are folded (lower case, simplified, е for ё). A space also stands for ". ", "-" or nothing.
_TABLE = """
m3 | volume | 1 | cubic metre(s), cubic meter(s), cu m, m3, m^3 | 立方米, 立方公尺, 方 | кубометр*, кубическ* метр*,
    куб м, кубов, куб метр*, м3
mcm | volume | 1e6 | mcm, mmcm, mcum |
bcm | volume | 1e9 | bcm, bcum |
tcm | volume | 1e12 | tcm |
1000m3 | volume | 1e3 | thousand cubic metre(s), thousand cubic meter(s), 1,000 cubic metre(s), 1,000 cubic
    meter(s), 1000 cubic metre(s), 1000 cubic meter(s) | 千立方米, 1000立方米 | тысяч* кубометр*, тыс кубометр*, тыс
    куб м, тыс кубов, 1000 кубометр*, 1000 куб м, 1 тыс куб м, 1 тыс кубометр*
km3 | volume | 1e9 | cubic kilometre(s), cubic kilometer(s), km3 | 立方公里, 立方千米 | кубическ* километр*, куб км
l | volume | 1e-3 | litre(s), liter(s) | 公升, 升 | литр*
bbl | volume | 0.158987294928 | barrel(s), bbl(s) | 桶 | баррел*, барр
gal | volume | 0.003785411784 | gallon(s) | 加仑 | галлон*
ft3 | volume | 0.028316846592 | cubic foot, cubic feet, cu ft | 立方英尺 | кубическ* фут*
bcf | volume | 28316846.592 | bcf |
tcf | volume | 28316846592 | tcf |
m2 | area | 1 | square metre(s), square meter(s), sq m, m2, sqm | 平方米, 平方公尺, 平米 | квадратн* метр*, кв м, кв
    метр*, м2
km2 | area | 1e6 | square kilometre(s), square kilometer(s), square km(s), sq km(s), sq kilometre(s), sq
    kilometer(s), km2, sqkm | 平方公里, 平方千米, 平方千公尺 | квадратн* километр*, кв км, кв километр*, км2
ha | area | 1e4 | hectare(s), ha | 公顷 | гектар*, га
acre | area | 4046.8564224 | acre(s) | 英亩 | акр*
mu | area | 666.6666666666667 | mu of land | 亩 |
mi2 | area | 2589988.110336 | square mile(s), sq mile(s), sq mi | 平方英里 | квадратн* мил*, кв мил*
m | length | 1 | metre(s), meter(s), m | 公尺, 米 | метр, метра, метров, метры, метрах, метром, метрами, метровый,
    метровая, метровой, м
km | length | 1e3 | kilometre(s), kilometer(s), km(s) | 公里, 千米 | километр*, км
cm | length | 1e-2 | centimetre(s), centimeter(s), cm | 厘米, 公分 | сантиметр*, см
mm | length | 1e-3 | millimetre(s), millimeter(s), mm | 毫米 | миллиметр*, мм
mile | length | 1609.344 | mile(s) | 英里 | миля, миль, мили, милях, милю
nmi | length | 1852 | nautical mile(s), nmi | 海里 | морск* мил*
ft | length | 0.3048 | foot, feet, ft | 英尺 | фут, фута, футов
in | length | 0.0254 | inch(es) | 英寸 | дюйм*
kg | mass | 1 | kilogram(s), kilogramme(s), kilo(s), kg(s) | 公斤, 千克 | килограмм*, кг
t | mass | 1e3 | tonne(s), ton(s), metric ton(s), metric tonne(s), t | 吨, 公吨 | тонн*, т
g | mass | 1e-3 | gram(s), gramme(s) | 克 | грамм, грамма, граммов
jin | mass | 0.5 | jin | 市斤, 斤 |
lb | mass | 0.45359237 | pound weight, lb(s) | 磅 | фунтов веса
kt | mass | 1e6 | kiloton(s), kilotonne(s) | 千吨 | килотонн*
Mt | mass | 1e9 | megaton(s), megatonne(s) | 百万吨 | мегатонн*
oz | mass | 0.028349523125 | ounce(s) | 盎司 | унци*
W | power | 1 | watt(s) | 瓦, 瓦特 | ватт*, вт
kW | power | 1e3 | kilowatt(s), kw | 千瓦 | киловатт*, квт
MW | power | 1e6 | megawatt(s), mw | 兆瓦 | мегаватт*, мвт
GW | power | 1e9 | gigawatt(s), gw | 吉瓦 | гигаватт*, гвт
kWh | energy | 1 | kilowatt hour(s), kwh | 千瓦时, 度电 | киловатт час*, квт ч, квт·ч, квтч
MWh | energy | 1e3 | megawatt hour(s), mwh | 兆瓦时 | мегаватт час*, мвт ч, мвт·ч
GWh | energy | 1e6 | gigawatt hour(s), gwh | 吉瓦时 | гигаватт час*, гвт ч, гвт·ч
TWh | energy | 1e9 | terawatt hour(s), twh | 太瓦时 | тераватт час*, твт ч, твт·ч
MMBtu | energy | 293.07107017 | mmbtu, million btu, million british thermal unit(s) | 百万英热单位, 百万英热 | млн
    бте, млн btu, миллион бте
d | time | 1 | day(s) | 天, 日 | день, дня, дней, дням, днями, днях, сутки, суток, сут
h | time | 0.041666666666666664 | hour(s), hr(s) | 小时, 个小时, 钟头 | час, часа, часов, часам, часами
min | time | 0.0006944444444444445 | minute(s), min(s) | 分钟 | минут, минуты, минуту, мин
s | time | 1.1574074074074073e-05 | second(s), sec(s) | 秒, 秒钟 | секунд, секунды, секунду, сек
week | time | 7 | week(s) | 周, 星期, 个星期, 礼拜, 个礼拜 | недель, недели, неделю, недел*
month | time | 30.416666666666668 | month(s) | 个月 | месяц, месяца, месяцев, мес
yr | time | 365 | year(s), yr(s) | 年 | год, года, лет, годам, годы, летний, летняя, летней, летнего
decade | time | 3650 | decade(s) | 个年代 | десятилетие, десятилетия, десятилетий
% | percent | 1 | %, percent, per cent, pct, prc | %, 百分之_, 百分比 | %, процент, процента, процентов, процентам,
    процентами, проц, процентный, процентная, процентное, процентной, процентного, %-ный, %-ная, %-ное, %-ной,
    %-ного
permille | percent | 0.1 | ‰, per mille | ‰, 千分之_ | ‰, промилле
pp | percentage points | 1 | percentage point(s), percent point(s), ppt(s), pp | 个百分点, 百分点 | процентн*
    пункт*, п п, пп
bp | percentage points | 0.01 | basis point(s), bp(s), bps | 个基点, 基点 | базисн* пункт*, б п
times | ratio | 1 | times, fold | 倍 | раз, раза, кратный, кратное, кратная
°C | temperature | 1 | °c, degree(s) celsius, degree(s) centigrade, celsius | °c, 摄氏度, 摄氏_度, 摄氏_ | °c, °,
    градус* цельсия, градус*
°F | temperature | 0.5555555555555556 -17.77777777777778 | °f, degree(s) fahrenheit, fahrenheit | °f, 华氏度,
    华氏_度 | °f, градус* фаренгейта
K | temperature | 1 -273.15 | kelvin(s) | 开尔文 | кельвин*
deg | angle | 1 | degree(s), ° | 度 |
magnitude | magnitude | 1 | magnitude, magnitude _, magnitude of _, magnitude-_ | 级, 里氏_级, 里氏_, 规模_, 矩震级_
    | магнитуд*, магнитудой _, магнитуда _, магнитуду _, магнитудой в _, магнитуда составила _, балл, балла, баллов
knot | speed | 1 | knot(s) | 节 | узлов, узла
"""

# code | English | Chinese | Russian; as above, and worth 1 of itself. `100 CODE` names a hundredth.
_CURRENCIES = """
USD | us dollar(s), u.s. dollar(s), american dollar(s), dollar(s), usd, usd _, us$ _, u.s.$ _, $ _, $, usd$ _,
    buck(s) | 美元, 美金, 美刀, us$_, $_ | доллар*, долл, $, $ _
EUR | euro(s), eur, eur _, € _, € | 欧元, €_ | евро, €, € _
GBP | pound(s) sterling, british pound(s), sterling, pound(s), gbp, £ _, £ | 英镑, £_ | фунт* стерлингов, фунт*, £
CNY | chinese yuan, yuan, renminbi, rmb, cny, rmb _, cny _, yuan _, cn¥ _, ¥ _ | 元人民币, 元, 块钱, 人民币_,
    人民币_元, ¥_ | юан*, китайск* юан*
RUB | russian rouble(s), russian ruble(s), rouble(s), ruble(s), rub, rub _, rur, ₽ _, ₽ | 卢布, 俄罗斯卢布 | рубл*,
    российск* рубл*, руб, р, ₽
JPY | japanese yen, yen, jpy, jpy _, jp¥ _ | 日元, 日圆 | иен*, йен*, японск* иен*
HKD | hong kong dollar(s), hkd, hk$ _, hkd _ | 港元, 港币 | гонконгск* доллар*
TWD | taiwan dollar(s), new taiwan dollar(s), twd, nt$ _, ntd | 新台币_, 新台币_元, 台币, 新台币, 元新台币 |
    тайваньск* доллар*
KRW | south korean won, korean won, won, krw | 韩元, 韩圆 | вон, воны
INR | indian rupee(s), rupee(s), inr, ₹ _, rs _ | 卢比, 印度卢比 | рупи*
TRY | turkish lira(s), lira(s), lire, ₺ _ | 里拉, 土耳其里拉 | лир, лиры, турецк* лир*
UAH | ukrainian hryvnia(s), hryvnia(s), hryvnya(s), uah, ₴ _ | 格里夫纳, 格里夫尼亚 | гривен, гривны, гривна,
    гривн*, грн
KZT | kazakh tenge(s), tenge(s), kzt, ₸ _ | 坚戈 | тенге, ₸
CHF | swiss franc(s), franc(s), chf | 瑞士法郎, 瑞郎, 法郎 | швейцарск* франк*, франк*
CAD | canadian dollar(s), cad, c$ _, ca$ _ | 加元 | канадск* доллар*
AUD | australian dollar(s), aud, a$ _, au$ _ | 澳元, 澳币 | австралийск* доллар*
SGD | singapore dollar(s), sgd, s$ _ | 新元, 新加坡元 | сингапурск* доллар*
BRL | brazilian real(s), reais, brl, r$ _ | 雷亚尔 | реал*
MXN | mexican peso(s), peso(s) | 比索 | песо
IRR | iranian rial(s), rial(s) | 里亚尔, 伊朗里亚尔 | риал*
SAR | saudi riyal(s), riyal(s) | 沙特里亚尔 | саудовск* риал*
AED | uae dirham(s), dirham(s), aed | 迪拉姆 | дирхам*
ILS | israeli shekel(s), shekel(s), ₪ _ | 谢克尔 | шекел*
PLN | polish zloty(s), zloty(s), zlotys, pln | 兹罗提 | злотых, злотый, злоты*
MNT | mongolian tugrik(s), tugrik(s) | 图格里克 | тугрик*
UZS | uzbek sum, uzbek soum(s) | 苏姆 | узбекск* сум*
BYN | belarusian rouble(s), belarusian ruble(s) | 白俄罗斯卢布 | белорусск* рубл*
"""

# name | English | Chinese: measure words and nouns | Russian: what is counted, as nouns; adjectives may stand before.
_COUNTED = """
person | person(s), people(s), man, men, women, woman, child, children, soldier(s), troop(s), serviceman,
    servicemen, servicewomen, service member(s), serviceperson(s), military personnel, personnel, reservist(s),
    reserve(s), conscript(s), recruit(s), draftee(s), volunteer(s), mercenary, mercenaries, fighter(s), militant(s),
    officer(s), guard(s), civilian(s), casualty, casualties, fatality, fatalities, death(s), dead, killed, injured,
    wounded, missing, injury, injuries, victim(s), survivor(s), refugee(s), migrant(s), resident(s), inhabitant(s),
    citizen(s), national(s), worker(s), employee(s), staff, patient(s), prisoner(s), hostage(s), detainee(s),
    protester(s), protestor(s), demonstrator(s), delegate(s), deputy, deputies, lawmaker(s), member(s),
    participant(s), student(s), pupil(s), passenger(s), tourist(s), visitor(s), voter(s), customer(s), user(s),
    evacuee(s), girl(s), boy(s), adult(s), teenager(s), pilot(s), sailor(s), policeman, policemen, firefighter(s),
    rescuer(s), miner(s), nurse(s), teacher(s), farmer(s), official(s), diplomat(s), doctor(s), journalist(s),
    expert(s), scientist(s) | 人, 名, 位, 人次, 人口, 预备役人员, 预备役, 后备军人, 后备役, 后备兵, 军人, 军队,
    士兵, 官兵, 兵力, 部队, 大军, 民众, 平民, 难民, 居民, 工人, 员工, 党员, 代表, 学生, 民兵, 将士, 灾民 | человек,
    человека, людей, людям, людьми, люди, мужчин*, женщин*, детей, ребенка, ребенок, солдат*, военнослужащ*,
    военных, военные, резервист*, призывник*, мобилизованн*, новобранц*, доброволец, добровольц*, наемник*, боевик*,
    боец, бойца, бойцов, офицер*, гражданск* лиц*, лиц, погибш*, убит*, ранен*, пострадавш*, пропавш*, жертв,
    жертвы, беженц*, мигрант*, жител*, граждан, гражданин*, россиян*, сотрудник*, работник*, рабочих, пациент*,
    пленн*, военнопленн*, заложник*, задержанн*, протестующ*, демонстрант*, делегат*, депутат*, участник*, студент*,
    школьник*, пассажир*, турист*, избирател*, эвакуированн*, врач*, пилот*, моряк*, спасател*, пожарн*, шахтер*,
    учител*, взросл*, девоч*, мальчик*, подростк*, чиновник*, дипломат*, полицейск*, журналист*, специалист*
aircraft | aircraft, airplane(s), aeroplane(s), plane(s), warplane(s), fighter jet(s), jet(s), bomber(s) | 架, 架次
    | самолет*, летательн* аппарат*, истребител*, бомбардировщик*
helicopter | helicopter(s) | 架直升机 | вертолет*
drone | drone(s), unmanned aerial vehicle(s), uav(s) | 架无人机 | беспилотник*, дрон*, бпла
ship | ship(s), warship(s), vessel(s), boat(s), naval vessel(s), tanker(s), submarine(s), carrier(s) | 艘, 艘军舰 |
    корабл*, судов, суда, судна, катер*, танкер*, подводн* лод*
tank | tank(s) | 辆坦克 | танк, танка, танков
vehicle | vehicle(s), car(s), truck(s), armoured vehicle(s), armored vehicle(s), bus(es) | 辆 | автомобил*, машин*,
    бронемашин*, грузовик*, автобус*
missile | missile(s), rocket(s) | 枚, 枚导弹, 发火箭弹 | ракет*
case | case(s), infection(s) | 例, 宗 | случа*, заражени*
building | building(s), house(s), home(s), apartment(s) | 栋, 幢, 座建筑 | здани*, дом, дома, домов
country | country, countries, nation(s), state(s) | 个国家 | стран, страны, страна, государств*
company | company, companies, firm(s), enterprise(s) | 家, 家公司, 家企业 | компани*, предприяти*, фирм*
vote | vote(s), ballot(s) | 票, 张选票 | голос, голоса, голосов, голосами
seat | seat(s) | 席, 个席位 | мест, места, мандат*
"""


@dataclass(frozen=True, slots=True)
class Name:
    """A way to write a unit; `before` and `after` surround the number where the unit stands before it."""

    unit: str
    text: str
    is_prefix: bool = False
    suffix: str = ""


def _rows(table: str) -> list[list[str]]:
    """The rows of a table, as lists of cells; an indented line continues the one above."""
    lines = table.strip().replace("\n    ", " ").splitlines()
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def _names(unit: str, cells: list[str]) -> list[Name]:
    names = []
    for text in (one.strip() for cell in cells for one in cell.split(", ") if one.strip()):
        if "_" in text:
            before, _, after = text.partition("_")
            names.append(Name(unit, before.strip(), is_prefix=True, suffix=after.strip()))
        else:
            names.append(Name(unit, text))
    return names


@cache
def _units() -> dict[str, Unit]:
    table: dict[str, Unit] = {}
    bases: dict[str, str] = {}
    for name, dimension, worth, *_ in _rows(_TABLE):
        factor, *offset = map(float, worth.split())
        table[name] = Unit(name, dimension, bases.setdefault(dimension, name), factor, *offset)
    table |= {code: Unit(code, "money", code) for code, *_ in _rows(_CURRENCIES)}
    table |= {name: Unit(name, "count", name) for name, *_ in _rows(_COUNTED)}
    return {**table, "count": Unit("count", "count", "count")}


@cache
def names() -> tuple[Name, ...]:
    """All names of all units, in the table's order."""
    named = [(name, cells) for name, _, _, *cells in _rows(_TABLE)]
    named += [(name, cells) for name, *cells in (*_rows(_CURRENCIES), *_rows(_COUNTED), *_rows(_RATES))]
    return tuple(name for unit_name, cells in named for name in _names(unit_name, cells))


_RATES = """
bcm/yr | bcma, bcm/y, bcmy |  |
bbl/d | bpd, b/d, bopd |  | б/с
km/h | kph, kmh | 迈 |
mile/h | mph |  |
"""
"""Rates that have names of their own, as above."""
_COMMON_RATES = ("bcm/yr", "mcm/d", "bbl/d", "t/yr", "km/h", "m/s", "USD/yr", "USD/bbl", "USD/1000m3", "person/d")
_SPELLINGS = {"km²": "km2", "m²": "m2", "m³": "m3", "percent": "%", "persons": "person", "people": "person",
              "year": "yr", "y": "yr", "a": "yr", "day": "d", "hour": "h", "tonne": "t", "barrel": "bbl",
              "hectare": "ha", "sq mile": "mi2", "C": "°C", "F": "°F", "ships": "ship", "tanks": "tank",
              "percentage point": "pp", "percentage points": "pp", "points": "pp"}  # fmt: skip


def known_units() -> tuple[str, ...]:
    """The names of all units, with the common rates; any two units make a further rate, `a/b`."""
    return (*_units(), *_COMMON_RATES)


@cache
def unit(name: str) -> Unit:
    """The unit of that name, or the rate of two (`bcm/yr`). Raises ValueError that says what is known."""
    spelled = _SPELLINGS.get(name.strip(), name.strip())
    if spelled in _units():
        return _units()[spelled]
    above, slash, below = spelled.partition("/")
    if slash and "/" not in below:
        one, other = unit(above), unit(below)
        if not one.offset and not other.offset:
            per = f"{one.dimension} per {other.dimension}"
            return Unit(f"{one.name}/{other.name}", per, f"{one.base}/{other.base}", one.factor / other.factor)
    raise ValueError(f"unknown unit {name!r}; known: {', '.join(known_units())}")


def convert(value: float, unit_of: Unit | str, to: Unit | str) -> float:
    """`value` in another unit of the same dimension. Raises ValueError where the units measure different things.

    The result is rounded to 12 significant digits, so that 50 billion cubic metres are exactly 50 bcm.
    """
    one = unit(unit_of) if isinstance(unit_of, str) else unit_of
    other = unit(to) if isinstance(to, str) else to
    if one.base != other.base:
        raise ValueError(f"{one.name} ({one.dimension}) cannot be converted to {other.name} ({other.dimension})")
    if one == other:
        return value
    return float(f"{(value * one.factor + one.offset - other.offset) / other.factor:.12g}")
