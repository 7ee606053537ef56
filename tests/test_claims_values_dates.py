"""Dates in three languages, seen from Tuesday, 20 September 2022.

What is expected is written as the period's ISO name, `…` the end of a range, `<` by or until, `>` from or since.
"""

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.claims.values.dates import DateValue, find_dates, has_date

TODAY = date(2022, 9, 20)


def form(one: DateValue) -> str:
    bound = {"by": "<", "from": ">", None: ""}[one.bound]
    return bound + one.iso + (f"…{one.until}" if one.until else "")


ENGLISH = [
    ("It opens on October 16.", "2022-10-16"),
    ("It opens on October 16th, 2022.", "2022-10-16"),
    ("It opens on 16 October 2023.", "2023-10-16"),
    ("It opens on the 16th of October.", "2022-10-16"),
    ("It lasts from October 16-22.", ">2022-10-16…2022-10-22"),
    ("It lasts October 16 to 22, 2022.", "2022-10-16…2022-10-22"),
    ("It lasts 16–22 October.", "2022-10-16…2022-10-22"),
    ("On Oct. 16 and Nov. 3.", "2022-10-16 2022-11-03"),
    ("Signed on Sept 2.", "2022-09-02"),
    ("It will be held in October this year.", "2022-10"),
    ("In October last year; next October; last October.", "2021-10 2022-10 2021-10"),
    ("Postponed until November.", "<2022-11"),
    ("It must be ready by March 2024.", "<2024-03"),
    ("In January the strike will begin.", "2023-01"),
    ("In late October or early November.", "2022-10 2022-11"),
    ("By the end of October.", "<2022-10"),
    ("By the end of the year.", "<2022"),
    ("Early next year, at year-end.", "2023 2022"),
    ("In mid-2023 and at the end of 2025.", "2023 2025"),
    ("Since 2014, from 2021 to 2025.", ">2014 >2021 2025"),
    ("In the second quarter of 2023.", "2023-Q2"),
    ("In the first half of 2023; Q3 2024; H1 2025.", "2023-H1 2024-Q3 2025-H1"),
    ("This autumn, last winter, spring 2023.", "2022-09/2022-11 2021-12/2022-02 2023-03/2023-05"),
    ("Next week, last month, this quarter.", "2022-W39 2022-08 2022-Q3"),
    ("Today, yesterday and tomorrow.", "2022-09-20 2022-09-19 2022-09-21"),
    ("The day before yesterday, the day after tomorrow.", "2022-09-18 2022-09-22"),
    ("He said on Wednesday that he will go.", "2022-09-14"),
    ("They will meet on Thursday.", "2022-09-22"),
    ("Last Monday, next Friday.", "2022-09-19 2022-09-30"),
    ("Two weeks ago, three days ago, ten years ago.", "2022-W36 2022-09-17 2012"),
    ("In two weeks' time.", "2022-W40"),
    ("On 2022-10-16 and 2022/10/17.", "2022-10-16 2022-10-17"),
    ("On 10/16/2022 and 16/10/2022.", "2022-10-16 2022-10-16"),
    ("In May; by June; Theresa May said; they may march.", "2022-05 <2023-06"),
    ("March on the capital; the March of the Volunteers.", ""),
    ("The president will march in.", ""),
    ("Let him fall; a second attempt; the week.", ""),
    ("Vostok 2022, Su-35, 20th congress.", ""),
    ("It cost 2022 dollars; 20,000 people.", ""),
    ("June 31 does not exist, February 29, 2023 neither.", ""),
    ("On the 16th it rained.", "2022-09-16"),
    ("Talks ended on Friday, 22 September 2023.", "2023-09-22"),
    ("From January to August, and in October-November.", ">2022-01…2022-08 2022-10…2022-11"),
    ("On the night of 23-24 June.", "2022-06-23…2022-06-24"),
    ("In a Sept. 12 interview.", "2022-09-12"),
    ("Between 2014 and 2022 exports doubled.", "2014 2022"),
    ("It rose to 2012 people.", ""),
    ("He said on Monday that they will meet on Friday.", "2022-09-19 2022-09-23"),
]
CHINESE = [
    ("二十大将于10月16日开幕。", "2022-10-16"),
    ("2022年10月16日", "2022-10-16"),
    ("二〇二二年十月十六日", "2022-10-16"),
    ("10月16日至22日", "2022-10-16…2022-10-22"),
    ("9月30日至10月2日", "2022-09-30…2022-10-02"),
    ("將於今年10月召開", "2022-10"),
    ("今年10月中旬", "2022-10"),
    ("十一月", "2022-11"),
    ("去年12月和明年3月", "2021-12 2023-03"),
    ("下月、上个月、本月底", "2022-10 2022-08 2022-09"),
    ("本月16日", "2022-09-16"),
    ("外交部16日说", "2022-09-16"),
    ("10月16日开幕，22日闭幕", "2022-10-16 2022-10-22"),
    ("当地时间19日", "2022-09-19"),
    ("明年初、去年底、今年年底", "2023 2021 2022"),
    ("年底前完成", "<2022"),
    ("2025年之前", "<2025"),
    ("自2014年以来", ">2014"),
    ("9月1日起", ">2022-09-01"),
    ("到2030年", "<2030"),
    ("第三季度和今年上半年", "2022-Q3 2022-H1"),
    ("2023年第二季度", "2023-Q2"),
    ("今年秋天、明春", "2022-09/2022-11 2023-03/2023-05"),
    ("下周、本周三、上周五", "2022-W39 2022-09-21 2022-09-16"),
    ("下星期一", "2022-09-26"),
    ("今天、昨日、后天", "2022-09-20 2022-09-19 2022-09-22"),
    ("两周前、三天后、五年前", "2022-W36 2022-09-23 2017"),
    ("日本、三个月、二十大、16日元", ""),
    ("第12号和1.5万", ""),
    ("６月３日", "2022-06-03"),
    ("2月30日", ""),
    ("1至8月进口增加", "2022-01…2022-08"),
    ("会议将于下月中旬举行，最迟不晚于11月底。", "2022-10 2022-11"),
    ("4月1日起，截至9月20日", ">2022-04-01 <2022-09-20"),
    ("10月16日（周日）", "2022-10-16"),
]
RUSSIAN = [
    ("Съезд откроется 16 октября.", "2022-10-16"),
    ("8 ноября 2012 года", "2012-11-08"),
    ("16–22 октября", "2022-10-16…2022-10-22"),
    ("с 16 по 22 октября", ">2022-10-16…2022-10-22"),
    ("16-го октября", "2022-10-16"),
    ("в октябре", "2022-10"),
    ("в ноябре 2012 года", "2012-11"),
    ("в сентябре прошлого года", "2021-09"),
    ("в октябре этого года", "2022-10"),
    ("в начале октября, к концу ноября", "2022-10 <2022-11"),
    ("до ноября", "<2022-11"),
    ("до конца года", "<2022"),
    ("к 2030 году", "<2030"),
    ("в 2014 году, с 2015 года", "2014 >2015"),
    ("в конце 2023 года", "2023"),
    ("в следующем году, в прошлом месяце", "2023 2022-08"),
    ("на следующей неделе", "2022-W39"),
    ("осенью, весной 2023 года", "2022-09/2022-11 2023-03/2023-05"),
    ("прошлой зимой", "2021-12/2022-02"),
    ("во втором квартале 2023 года, в первом полугодии", "2023-Q2 2022-H1"),
    ("сегодня, вчера, послезавтра", "2022-09-20 2022-09-19 2022-09-22"),
    ("заявил в среду", "2022-09-14"),
    ("встреча состоится в четверг", "2022-09-22"),
    ("в прошлую пятницу", "2022-09-16"),
    ("две недели назад, через месяц, неделю назад", "2022-W36 2022-10 2022-W37"),
    ("16.10.2022", "2022-10-16"),
    ("в мае; Мартынов; маяк; майор", "2022-05"),
    ("Восток-2022, 20-й съезд, защита среды", ""),
    ("31 июня", ""),
    ("Во вторник, 20 сентября, в 15:00", "2022-09-20"),
    ("В январе—августе 2022 года", "2022-01…2022-08"),
    ("выросло до 2012 человек", ""),
    ("с 21 сентября 2022 года", ">2022-09-21"),
]


@pytest.mark.parametrize(("text", "expected"), [*ENGLISH, *CHINESE, *RUSSIAN])
def test_dates_are_read(text: str, expected: str) -> None:
    assert " ".join(map(form, find_dates(text, reference=TODAY))) == expected


@pytest.mark.parametrize(
    ("text", "precision", "earliest", "latest"),
    [
        ("in late October", "month", date(2022, 10, 21), date(2022, 10, 31)),
        ("10月中旬", "month", date(2022, 10, 11), date(2022, 10, 20)),
        ("by the end of the year", "year", date(2022, 10, 1), date(2022, 12, 31)),
        ("明年初", "year", date(2023, 1, 1), date(2023, 3, 31)),
        ("в середине 2023 года", "year", date(2023, 5, 1), date(2023, 8, 31)),
        ("next week", "week", date(2022, 9, 26), date(2022, 10, 2)),
        ("last winter", "season", date(2021, 12, 1), date(2022, 2, 28)),
        ("Q4 2023", "quarter", date(2023, 10, 1), date(2023, 12, 31)),
        ("on October 16", "day", date(2022, 10, 16), date(2022, 10, 16)),
    ],
)
def test_a_period_has_a_first_and_a_last_day(text: str, precision: str, earliest: date, latest: date) -> None:
    (one,) = find_dates(text, reference=TODAY)
    assert (one.precision, one.earliest, one.latest) == (precision, earliest, latest)


@pytest.mark.parametrize(
    ("text", "relative"), [("October 16, 2022", False), ("October 16", True), ("明年", True), ("2022年", False)]
)
def test_what_needs_the_reference_date_is_relative(text: str, relative: bool) -> None:
    (one,) = find_dates(text, reference=TODAY)
    assert one.relative is relative


def test_a_date_stands_where_it_is_written() -> None:
    text = "Die ﬁnale Fassung: on October 16, 于１０月１６日, 16 октября."
    assert [text[one.start : one.end] for one in find_dates(text, reference=TODAY)] == [
        "October 16",
        "１０月１６日",
        "16 октября",
    ]


_WORDS = """
0 3 16 31 2022 1899 , . - – / may March october Oct. of the end next last this year week quarter ago in by on Monday
fall 年 月 日 今年 下 上 本 周 三 十 底 前 至 октября мая в до конца года прошлого недели назад через с по 19 ３
"""
PIECES = st.sampled_from([*_WORDS.split(), " ", "\u00a0", "\n"])


@given(
    st.one_of(
        st.text(max_size=80), st.lists(PIECES, max_size=30).map(" ".join), st.lists(PIECES, max_size=30).map("".join)
    ),
    st.one_of(st.just(TODAY), st.dates()),
)
@settings(max_examples=300, deadline=None)
def test_any_text_gives_ordered_dates_within_it(text: str, reference: date) -> None:
    end = 0
    found = find_dates(text, reference=reference)
    for one in found:
        assert end <= one.start < one.end <= len(text)
        assert one.earliest <= one.latest
        end = one.end
    if found:
        assert has_date(text)


@pytest.mark.parametrize(
    "junk",
    [
        "1",
        "1.",
        "16 ",
        "октябр",
        "16 октября ",
        "the end of ",
        "10月",
        "上",
        "early ",
        "may ",
        "20222",
        "в начале ",
        "Q1 ",
        "a week",
    ],
)
def test_long_junk_takes_linear_time(junk: str) -> None:
    text = junk * (10_000 // len(junk))
    begun = time.process_time()
    find_dates(text, reference=TODAY)
    assert time.process_time() - begun < 5
