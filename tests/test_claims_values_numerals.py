"""Numbers in three languages: `text` holds them in the given order and form, and no others."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.claims.values.digits import Number
from monitor.claims.values.numerals import find_numbers, has_numeral


def form(number: Number) -> str:
    """`>` more than, `~` about, `..` range, `?` only the order of magnitude."""
    sign = {"gt": ">", "approx": "~", "lt": "<"}.get(number.comparator, "")
    high = "" if number.high is None else f"..{number.high:.15g}"
    return f"{sign}{number.value:.15g}{high}{'?' if number.vague else ''}"


ENGLISH = [
    ("fifty", "50"),
    ("twenty-five ships", "25"),
    ("a hundred and five villages", "105"),
    ("two hundred and fifty thousand", "250000"),
    ("four thousand three hundred kilometres", "4300"),
    ("1.2 million voters and 300,000 guests", "1200000 300000"),
    ("3 million 200 thousand", "3200000"),
    ("half a million", "500000"),
    ("two and a half million", "2500000"),
    ("a dozen, two dozen", "12 24"),
    ("tens of thousands", ">10000?"),
    ("hundreds of thousands of people", ">100000?"),
    ("several thousand", ">1000?"),
    ("a few hundred", ">100?"),
    ("50bn and 300k and 1.5tn", "50000000000 300000 1500000000000"),
    ("12,345,678.9", "12345678.9"),
    ("1’000’000 francs", "1000000"),
    ("30\u00a0000 and 45\u202f000", "30000 45000"),
    ("300.000", "300000"),
    ("7.125", "7.125"),
    ("0,125", "0.125"),
    ("three to four", "3 4"),
    ("twelve hundred", "1200"),
    ("Su-35, F-16, G20 and Covid-19", ""),
    ("the 20th, 1st and 3rd", ""),
    ("a million-strong crowd", "1000000"),
    ("version 3.11.2 of RFC9110", ""),
    ("at 12:30", ""),
    ("someone often wanted attention", ""),
]
CHINESE = [
    ("五百亿", "50000000000"),
    ("500亿", "50000000000"),
    ("五百億", "50000000000"),
    ("1.5万亿", "1500000000000"),
    ("两万五千", "25000"),
    ("两万五", "25000"),
    ("三千零五十", "3050"),
    ("一百零五", "105"),
    ("三百五", "350"),
    ("2万5000", "25000"),
    ("1亿2000万", "120000000"),
    ("三十多万", ">300000"),
    ("50余万", ">500000"),
    ("五万多", ">50000"),
    ("300多", ">300"),
    ("十几", ">10"),
    ("十来个", "~10"),
    ("数十万", ">100000?"),
    ("几千", ">1000?"),
    ("上万", ">10000?"),
    ("三四十万", "300000..400000"),
    ("七八百", "700..800"),
    ("四点五万", "45000"),
    ("１２万", "120000"),
    ("5,000", "5000"),
    ("38，500", "38 500"),
    ("3 万", "30000"),
    ("二〇二二", "2022"),
    ("壹佰貳拾", "120"),
    ("第二十", ""),
    ("第20", ""),
    ("二号线", "2"),
    ("12号线", ""),
    ("兩百", "200"),
]
RUSSIAN = [
    ("пятьдесят", "50"),
    ("двести тысяч", "200000"),
    ("более двухсот тысяч", "200000"),
    ("сто двадцать пять тысяч триста", "125300"),
    ("полтора миллиона", "1500000"),
    ("два с половиной миллиона", "2500000"),
    ("полмиллиона", "500000"),
    ("около тысячи", "1000"),
    ("тысячи", ">1000?"),
    ("десятки тысяч", ">10000?"),
    ("несколько тысяч", ">1000?"),
    ("миллиона", "1000000"),
    ("50 млрд", "50000000000"),
    ("300 тыс.", "300000"),
    ("1,5 млн", "1500000"),
    ("1,234 млрд", "1234000000"),
    ("1 млн 200 тыс.", "1200000"),
    ("две сотни", "200"),
    ("полтора десятка", "15"),
    ("трёх тысяч", "3000"),
    ("четырёхсот", "400"),
    ("двое", "2"),
    ("300 000", "300000"),
    ("20-й и 15-го", ""),
    ("Су-35 и Ту-160М", ""),
    ("в 90-х", ""),
    ("сторона, стоит, пятница, семья", ""),
]


@pytest.mark.parametrize(("text", "expected"), [*ENGLISH, *CHINESE, *RUSSIAN])
def test_numbers_are_read(text: str, expected: str) -> None:
    assert " ".join(map(form, find_numbers(text))) == expected


def test_a_number_stands_where_it_is_written() -> None:
    text = "Sie sagt: ﬁve, nein ３００ 亿 und fifty-one."
    assert [text[number.start : number.end] for number in find_numbers(text)] == ["ﬁve", "３００ 亿", "fifty-one"]


def test_scale_words_are_remembered() -> None:
    assert [number.scale for number in find_numbers("50 billion, 38, 五百亿, 300 тыс.")] == [1e9, 1, 1e8, 1e3]


_WORDS = """
0 7 12 300 1,000 , . - : half a one two twenty hundred thousand million of and several dozen 二 两 十 百
千 万 亿 点 几 多 余 数 半 第 成 分之 三 сто двести тысяч миллиона полтора с половиной млн тыс . ½ ３ ， Ⅷ ٣
"""
NUMERAL_WORDS = st.sampled_from([*_WORDS.split(), " ", "\u00a0", "\n"])


@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(NUMERAL_WORDS, max_size=25).map("".join),
        st.lists(NUMERAL_WORDS, max_size=25).map(" ".join),
    )
)
@settings(max_examples=300, deadline=None)
def test_any_text_gives_ordered_numbers_within_it(text: str) -> None:
    numbers = find_numbers(text)
    ends = [0]
    for number in numbers:
        assert ends[-1] <= number.start < number.end <= len(text)
        assert number.high is None or number.high >= number.value
        ends.append(number.end)
    if numbers:
        assert has_numeral(text)


@pytest.mark.parametrize(
    "junk", ["1", "1,", "1 000 ", "一", "万", "1.5万", "two ", "two-", "thousand and ", "тысяч ", "1-", "几", "点一"]
)
def test_long_junk_takes_linear_time(junk: str) -> None:
    text = junk * (40_000 // len(junk))
    begun = time.process_time()
    find_numbers(text)
    assert time.process_time() - begun < 3
