"""Folding and its way back, languages, sentences, Russian forms."""

import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.language import detect, fold, fold_text, paragraphs, russian_forms, sentences, tokens

AWKWARD = (
    "ﬁ㎞Ⅱ½…ǆİß２Ａー\u00ad\u200b\u200d\ufe0f\u0301\u0308\u0345"
    "ёЁйи\u0306習臺乾ᄀ\u1161\u11a8각Ω\ud800\U0001f600\U0002f800 \nЯ"
)
texts = st.text(alphabet=st.one_of(st.characters(), st.sampled_from(AWKWARD)), max_size=60)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Putin MEETS", "putin meets"),
        ("Ёлка в Орле", "елка в орле"),
        ("е\u0308лка", "елка"),  # the mark as a character of its own
        ("и\u0306од", "йод"),
        ("Си\u0301ла", "сила"),  # a stress mark
        ("習近平與普亭", "习近平与普亭"),
        ("上海合作組織", "上海合作组织"),
        ("ＳＣＯ２０２２", "sco2022"),
        ("50㎞", "50km"),
        ("ﬁnance", "finance"),
        ("Pu\u00adtin", "putin"),  # a soft hyphen
        ("上合\u200b组织", "上合组织"),  # a zero-width space
        ("a\ud800b", "a\ufffdb"),
        ("Straße", "strasse"),
        ("한\u1100\u1161\u11a8", "한각"),
        ("", ""),
    ],
)
def test_folding_makes_variants_equal(written: str, folded: str) -> None:
    assert fold(written).text == folded


def test_a_span_of_the_folded_text_leads_back_to_the_characters_it_came_from() -> None:
    text = "５０㎞ до Си\u0301лы Сиби\u00adри"
    folded = fold(text)

    start = folded.text.index("силы сибири")
    first, last = folded.span(start, start + len("силы сибири"))

    assert text[first:last] == "Си\u0301лы Сиби\u00adри"
    kilometre = folded.text.index("km")
    assert text[slice(*folded.span(kilometre, kilometre + 1))] == "㎞"


def test_texts_that_keep_their_length_need_no_map() -> None:
    for text in ("Putin said: “no”.", "Путин, «Газпром» и ёлка", "習近平：你好！（北京）"):
        folded = fold(text)
        assert folded.starts is None
        assert len(folded.text) == len(text)


@settings(deadline=None)  # the tables of folding load on first use
@given(texts)
def test_every_folded_character_has_its_place_in_order(text: str) -> None:
    folded = fold(text)

    spans = [folded.span(index, index + 1) for index in range(len(folded.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[0] <= after[0] and before[1] <= after[1] for before, after in pairwise(spans))


@settings(deadline=None)
@given(texts)
def test_each_piece_of_the_original_folds_to_its_piece_of_the_folded_text(text: str) -> None:
    folded = fold(text)

    for index, char in enumerate(folded.text):
        start, end = folded.span(index, index + 1)
        assert char in fold(text[start:end]).text


@settings(deadline=None)
@given(texts)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@settings(deadline=None)
@given(texts, texts)
def test_folding_does_not_depend_on_what_stands_around(before: str, after: str) -> None:
    # A name found alone is found in any text: no phrase rules, no context.
    assert fold(f"{before} 上海合作組織 {after}").text.count("上海合作组织") >= 1


@settings(deadline=None)
@given(st.text(max_size=80))
def test_folding_is_compatibility_normalisation_and_case_folding_where_nothing_else_applies(text: str) -> None:
    plain = "".join(char for char in text if unicodedata.category(char) not in {"Cf", "Cs", "Mn", "Mc", "Me"})
    if any("\u2e80" <= char <= "\ufaff" or char >= "\U00010000" or char in "ёЁ" for char in plain):
        return
    assert unicodedata.normalize("NFKC", fold(plain).text).casefold() == fold(plain).text


def test_thousands_of_marks_on_one_letter_take_no_quadratic_time() -> None:
    started = time.process_time()
    fold("a" + "\u0316\u0301" * 200_000)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("President Xi Jinping arrived in Samarkand on Thursday.", "en"),
        ("习近平抵达撒马尔罕", "zh"),
        ("習近平抵達撒馬爾罕", "zh"),
        ("Председатель КНР прибыл в Самарканд, чтобы встретиться с главой государства.", "ru"),
        ("Президент Росії прибув до Самарканда, щоб зустрітися з главою держави.", "uk"),
        ("Президентът на Русия пристигна в Самарканд за среща с китайския лидер.", "bg"),
        ("Қазақстан Президенті Самарқанд қаласына келді, кездесу өтті.", "kk"),
        ("Le président chinois est arrivé jeudi à Samarcande pour un sommet.", "fr"),
        ("プーチン大統領はサマルカンドに到着した。", "ja"),
        ("푸틴 대통령이 사마르칸트에 도착했다.", "ko"),
        ("12 : 30", "und"),
        ("Xi", "und"),
        ("", "und"),
    ],
)
def test_the_text_itself_says_its_language(text: str, language: str) -> None:
    assert detect(text) == language


def test_plain_english_needs_no_model_and_english_words_in_another_language_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    english = (
        "The leaders of the two countries met on Friday in a city by the sea, and it was said that they agreed. " * 3
    )
    german = (
        "Der Präsident sprach von „The Art of the Deal“ und von der Zukunft des Handels mit China und Russland. " * 3
    )

    def loaded(_: str) -> object:
        raise AssertionError("the model was asked for")

    assert detect(german) == "de"
    monkeypatch.setattr("monitor.language._identifier", loaded)
    assert detect(english, hint="ru") == "en"
    with pytest.raises(AssertionError, match="was asked for"):
        detect(german)


def test_a_declared_language_counts_only_where_the_text_is_too_short() -> None:
    assert detect("Putin", hint="en-GB") == "en"
    assert detect("Путин", hint="ru_RU") == "ru"
    assert detect("Путин", hint="en") == "und"
    assert detect("Росії", hint="ru") == "und"
    assert detect("习近平抵达撒马尔罕", hint="en") == "zh"
    assert detect("Le président chinois est arrivé jeudi à Samarcande pour un sommet.", hint="en") == "fr"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Mr. Xi met Gen. Li in the U.S. on Jan. 5. They spoke of 3.5 bcm. Then they left.",
            ["Mr. Xi met Gen. Li in the U.S. on Jan. 5.", "They spoke of 3.5 bcm.", "Then they left."],
        ),
        ("He is in the U.S. The talks ended.", ["He is in the U.S.", "The talks ended."]),
        ("The U.S. President spoke.", ["The U.S. President spoke."]),
        ("“No!” he said. “Why?” She left.", ["“No!” he said.", "“Why?”", "She left."]),
        ("他说：“好。”他走了。「不！」她说。", ["他说：“好。”", "他走了。", "「不！」", "她说。"]),
        ("价格是3.5元。是吗？是的", ["价格是3.5元。", "是吗？", "是的"]),
        (
            "16 сентября 2022 г. Путин прибыл в г. Самарканд. Встреча прошла в тёплой обстановке в 2022 г. "  # noqa: ISC004
            "Об этом сообщил А. С. Иванов, т.е. докладчик.",
            [
                "16 сентября 2022 г. Путин прибыл в г. Самарканд.",
                "Встреча прошла в тёплой обстановке в 2022 г.",
                "Об этом сообщил А. С. Иванов, т.е. докладчик.",
            ],
        ),
        ("Поставки — 50 млрд. Кубометров меньше.", ["Поставки — 50 млрд. Кубометров меньше."]),
        ("One line\nanother line\n\n  third.  ", ["One line", "another line", "third."]),
        ("", []),
        ("...", ["..."]),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


@settings(deadline=None)
@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(".!?。！？”」 \nгU")), max_size=120))
def test_sentences_cover_everything_but_white_space_in_order(text: str) -> None:
    spans = sentences(text)

    assert all(start < end for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    covered = "".join(text[start:end] for start, end in spans)
    assert "".join(covered.split()) == "".join(text.split())


def test_paragraphs_are_the_lines_that_hold_something() -> None:
    text = "  one \n\n\ttwo\r\nthree"
    assert [text[start:end] for start, end in paragraphs(text)] == ["one", "two", "three"]


def test_a_chinese_character_is_a_token_and_a_hyphenated_word_is_one() -> None:
    text = "上合 summit of pro-Moscow MPs, 2022年"
    assert [text[start:end] for start, end in tokens(text)] == [
        "上", "合", "summit", "of", "pro-Moscow", "MPs", "2022", "年",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("Сила", "сила силы силе силу силой силою"),
        ("Путин", "путин путина путину путиным путине"),
        ("Цзиньпин", "цзиньпин цзиньпина цзиньпину цзиньпином цзиньпине"),
        ("Шанхайская", "шанхайская шанхайской шанхайскую"),
        ("съезд", "съезд съезда съезду съездом съезде"),
        ("Россия", "россия россии россию россией"),
        ("ШОС", "шос"),
    ],
)
def test_all_cases_of_a_russian_word_are_known(word: str, forms: str) -> None:
    assert set(forms.split()) <= russian_forms(fold_text(word))


def test_a_name_is_not_inflected_as_the_common_noun_it_looks_like() -> None:
    assert "путинами" not in russian_forms("путин")  # of путина, the fishing season
    assert "путиной" not in russian_forms("путин")
