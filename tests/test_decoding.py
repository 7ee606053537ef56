"""Content-Encoding comes off piece by piece, never past the limit, and breakage is told."""

import gzip
import tracemalloc
import zlib
from contextlib import suppress
from itertools import pairwise

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decoding import BodyDecoder, BrokenEncoding, TooMuchOutput, decode_body

TEXT = "Саммит в Самарканде. 撒马尔罕峰会。 ".encode() * 40


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


PACKERS = {
    "": bytes,
    "identity": bytes,
    "utf-8": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw_deflate,
    "br": brotli.compress,
    "gzip, deflate": lambda data: zlib.compress(gzip.compress(data)),
    "br, gzip": lambda data: gzip.compress(brotli.compress(data)),
}


@pytest.mark.parametrize("coding", PACKERS)
@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 400), max_size=6))
def test_whatever_the_pieces_the_body_is_the_same(coding: str, data: bytes, cuts: list[int]) -> None:
    packed = PACKERS[coding](data)
    edges = [0, *sorted(min(cut, len(packed)) for cut in cuts), len(packed)]
    decoder = BodyDecoder(coding, 1_000)
    pieces = [decoder.feed(packed[begin:end]) for begin, end in pairwise(edges)]
    assert b"".join(pieces) + decoder.finish() == data


def test_gzip_as_servers_send_it() -> None:
    packed = gzip.compress(TEXT)
    assert decode_body(packed + gzip.compress(b"more"), "gzip", 10_000) == TEXT + b"more"
    assert decode_body(packed + b"\0" * 512, "gzip", 10_000) == TEXT, "padding after the end"
    assert decode_body(b"<html>not packed", "gzip", 10_000) == b"<html>not packed"
    assert decode_body(b"", "gzip", 10_000) == decode_body(b"", "br", 10_000) == b""


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_what_breaks_off_or_is_damaged_is_told(coding: str) -> None:
    packed = PACKERS[coding](TEXT)
    with pytest.raises(BrokenEncoding):
        decode_body(packed[:-6], coding, 10_000)
    with pytest.raises(BrokenEncoding):
        decode_body(packed[:2] + b"\xff" * 50, coding, 10_000)


def test_codings_that_were_not_asked_for_and_towers_of_them_are_told() -> None:
    for coding in ("zstd", "compress", "gzip, gzip, gzip, gzip"):
        with pytest.raises(BrokenEncoding):
            decode_body(b"x", coding, 100)


@pytest.mark.parametrize("coding", PACKERS)
def test_the_limit_is_exact(coding: str) -> None:
    packed = PACKERS[coding](TEXT)
    assert decode_body(packed, coding, max(len(TEXT), 10_000 if "," in coding else 0)) == TEXT
    with pytest.raises(TooMuchOutput):
        decode_body(packed, coding, len(TEXT) - 1)


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(("gzip", gzip.compress(b"\0" * 50_000_000, 9)), id="gzip"),
        pytest.param(("deflate", zlib.compress(b"\0" * 50_000_000, 9)), id="deflate"),
        pytest.param(("br", brotli.compress(b"\0" * 50_000_000, quality=3)), id="brotli"),
        pytest.param(("gzip, gzip", gzip.compress(gzip.compress(b"\0" * 50_000_000, 9), 9)), id="a bomb in a bomb"),
    ],
)
def test_a_bomb_is_never_held(bomb: tuple[str, bytes]) -> None:
    coding, packed = bomb
    tracemalloc.start()
    try:
        with pytest.raises(TooMuchOutput):
            decode_body(packed, coding, 500_000)
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


def test_endless_members_end() -> None:
    with pytest.raises(BrokenEncoding, match="members"):
        decode_body(gzip.compress(b"") * 5_000, "gzip", 100)


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "br", "gzip, br"]))
def test_garbage_is_told_or_passes(data: bytes, coding: str) -> None:
    with suppress(BrokenEncoding, TooMuchOutput):
        assert len(decode_body(data, coding, 1_000)) <= 1_000
