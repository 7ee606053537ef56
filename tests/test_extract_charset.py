import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.extract.charset import decode_page, garbled_share

RUSSIAN = "<html><body><p>Новый вокзал откроют к началу учебного года, сообщили в городской администрации.</p></body>"
SIMPLIFIED = (
    "<html><body><p>市交通局说，大桥通车后，两岸之间的车程将由四十分钟缩短到八分钟，这是一个好消息。</p></body>"
)
TRADITIONAL = (
    "<html><body><p>市交通局說，大橋通車後，兩岸之間的車程將由四十分鐘縮短到八分鐘，這是一個好消息。</p></body>"
)
WESTERN = "<html><body><p>The café’s “new” menu — naïve, but £20 — was praised in Zürich.</p></body>"

ENCODED = [
    (RUSSIAN, "utf-8"), (RUSSIAN, "windows-1251"), (RUSSIAN, "koi8-r"), (RUSSIAN, "iso-8859-5"), (RUSSIAN, "utf-16"),
    (SIMPLIFIED, "utf-8"), (SIMPLIFIED, "gb18030"), (SIMPLIFIED, "gb2312"), (SIMPLIFIED, "utf-16-le"),
    (TRADITIONAL, "big5"), (TRADITIONAL, "utf-8"), (WESTERN, "windows-1252"), (WESTERN, "utf-8-sig"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "encoding"), ENCODED)
def test_reads_what_the_header_declares_rightly(text: str, encoding: str) -> None:
    assert decode_page(text.encode(encoding), encoding)[0] == text


WRONG = ["utf-8", "iso-8859-1", "windows-1251", "koi8-r", "gb2312", "big5", "no-such-charset"]


@pytest.mark.parametrize(
    ("text", "encoding", "wrong"),
    # A few accented letters in English do not tell windows-1252 from KOI8-R.
    [(*one, wrong) for one in ENCODED for wrong in WRONG if (one[1], wrong) != ("windows-1252", "koi8-r")],
)
def test_a_wrong_declaration_is_found_out(text: str, encoding: str, wrong: str) -> None:
    assert decode_page(text.encode(encoding), wrong)[0] == text


@pytest.mark.parametrize(("text", "encoding"), [(RUSSIAN, "koi8-r"), (SIMPLIFIED, "gbk"), (TRADITIONAL, "big5")])
def test_reads_what_only_the_page_declares(text: str, encoding: str) -> None:
    declared = text.replace(
        "<html>", f'<html><head><meta http-equiv="Content-Type" content="text/html; charset={encoding}">'
    )
    assert decode_page(declared.encode(encoding), None)[0] == declared


def test_the_page_is_believed_where_the_header_is_wrong() -> None:
    declared = RUSSIAN.replace("<html>", "<html><head><meta charset=windows-1251>")
    assert decode_page(declared.encode("windows-1251"), "iso-8859-1")[0] == declared


def test_a_body_cut_within_a_character_stays_utf8() -> None:
    text, encoding = decode_page(SIMPLIFIED.encode()[:61], None)
    assert encoding == "utf-8"
    assert text.startswith("<html><body><p>市交通局说")


def test_one_bad_byte_does_not_turn_a_page_into_another_language() -> None:
    body = (RUSSIAN * 5).encode()
    text, _ = decode_page(body[:40] + b"\xff" + body[40:], "utf-8")
    assert text.count("вокзал") == 5


def test_rare_characters_of_gb18030_under_the_name_of_gb2312() -> None:
    page = SIMPLIFIED.replace("大桥", "㐀𠀀桥")
    assert decode_page(page.encode("gb18030"), "gb2312")[0] == page


def test_seven_bit_japanese_is_decoded_where_declared() -> None:
    page = "<html><p>新しい橋が開通しました</p>"
    assert decode_page(page.encode("iso2022_jp"), "iso-2022-jp")[0] == page


def test_nul_bytes_are_dirt() -> None:
    assert decode_page(b"<html>a\x00b\x00</html>" + b"x" * 300, None)[0].startswith("<html>ab</html>")


def test_right_text_is_not_garbled_and_wrongly_read_text_is() -> None:
    for text in (RUSSIAN, SIMPLIFIED, TRADITIONAL, WESTERN):
        assert garbled_share(text) < 0.05
    assert garbled_share(RUSSIAN.encode("windows-1251").decode("cp1252")) > 0.5
    assert garbled_share(RUSSIAN.encode("koi8-r").decode("windows-1251", "replace")) > 0.2
    assert garbled_share(TRADITIONAL.encode("big5").decode("gb18030", "replace")) > 0.2


@given(st.binary(max_size=400), st.none() | st.text(max_size=20))
def test_any_bytes_become_text(body: bytes, charset: str | None) -> None:
    text, encoding = decode_page(body, charset)
    assert "\x00" not in text
    text.encode("utf-8")
    b"".decode(encoding)
