"""Content-Encoding taken off piece by piece, with a limit on what comes out. Pure.

However much the input would unpack to, no more than `limit` bytes of output, and one, are ever held.
"""

import zlib
from typing import Protocol

import brotli  # type: ignore[import-untyped]  # ships no types

ACCEPT_ENCODING = "gzip, deflate, br"
"""What `BodyDecoder` understands."""

_MAX_CODINGS = 3
_MAX_MEMBERS = 1_000


class TooMuchOutput(ValueError):
    """A body decodes to more than the limit."""


class BrokenEncoding(ValueError):
    """A body is not encoded as its Content-Encoding says, or breaks off."""


class BodyDecoder:
    """Takes a body's Content-Encoding off piece by piece, and stops at `limit` bytes of output.

    Understands gzip (several members, garbage after them), deflate (with and without zlib header), Brotli and up to
    three of them on top of each other. A body that is declared gzip but plainly is not, and codings that do not exist
    (`utf-8`, `none`), pass through. `feed` and `finish` raise TooMuchOutput and BrokenEncoding.
    """

    def __init__(self, content_encoding: str, limit: int) -> None:
        names = [name.strip().lower() for name in content_encoding.split(",")]
        names = [
            name for name in names if name in {"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress"}
        ]
        if len(names) > _MAX_CODINGS:
            raise BrokenEncoding(f"{len(names)} content encodings on top of each other")
        self._stages: list[_Stage] = []
        for name in reversed(names):
            match name:
                case "gzip" | "x-gzip" | "deflate":
                    self._stages.append(_Zlib(gzip="gzip" in name, limit=limit))
                case "br":
                    self._stages.append(_Brotli(limit))
                case _:
                    raise BrokenEncoding(f"content encoding {name!r}, which was not asked for")
        self._limit = limit
        self._produced = 0

    @property
    def is_identity(self) -> bool:
        """Whether there is nothing to decode."""
        return not self._stages

    def feed(self, data: bytes) -> bytes:
        """What `data`, the next bytes as sent, adds to the body."""
        for stage in self._stages:
            data = stage.feed(data)
        self._produced += len(data)
        if self._produced > self._limit:
            raise TooMuchOutput
        return data

    def finish(self) -> bytes:
        """What the end of the input adds to the body."""
        rest = b""
        for stage in self._stages:
            rest = (stage.feed(rest) if rest else b"") + stage.finish()
        self._produced += len(rest)
        if self._produced > self._limit:
            raise TooMuchOutput
        return rest


class _Stage(Protocol):
    """One coding to take off."""

    def feed(self, data: bytes) -> bytes: ...
    def finish(self) -> bytes: ...


class _Zlib:
    """gzip or deflate."""

    def __init__(self, *, gzip: bool, limit: int) -> None:
        self._gzip = gzip
        self._left = limit + 1
        self._pending = b""
        self._members = 0
        self._inflater: zlib._Decompress | None = None
        self._rest_is: str | None = None  # `plain` or `padding`

    def feed(self, data: bytes) -> bytes:
        parts: list[bytes] = []
        while data and self._rest_is is None:  # ends: each round takes bytes off `data`
            if self._inflater is None:
                data = self._pending + data
                self._pending = b""
                if len(data) < 2:
                    self._pending = data
                    return b"".join(parts)
                self._begin_member(data)
                if self._inflater is None:
                    break
            parts.append(self._inflate(data))
            data = b""
            if self._inflater.eof:
                data = self._inflater.unused_data
                self._inflater = None
                if not self._gzip:
                    self._rest_is = "padding"
        if self._rest_is == "plain":
            parts.append(data)
        return b"".join(parts)

    def _begin_member(self, data: bytes) -> None:
        if self._gzip and data[:2] != b"\x1f\x8b":
            self._rest_is = "padding" if self._members else "plain"
            return
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise BrokenEncoding(f"more than {_MAX_MEMBERS} gzip members")
        self._inflater = zlib.decompressobj(31 if self._gzip else 15 if _has_zlib_header(data) else -15)

    def _inflate(self, data: bytes) -> bytes:
        assert self._inflater is not None  # noqa: S101 - for the type checker
        try:
            out = self._inflater.decompress(data, self._left)
        except zlib.error as error:
            raise BrokenEncoding(f"broken compression ({error})") from None
        self._left -= len(out)
        if self._left <= 0:
            raise TooMuchOutput
        return out

    def finish(self) -> bytes:
        if self._inflater is not None:
            raise BrokenEncoding("the compressed body breaks off")
        pending, self._pending = self._pending, b""
        return b"" if self._members else pending


def _has_zlib_header(data: bytes) -> bool:
    return data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0


class _Brotli:
    """Brotli."""

    def __init__(self, limit: int) -> None:
        self._left = limit + 1
        self._decoder = brotli.Decompressor()
        self._fed = False

    def feed(self, data: bytes) -> bytes:
        self._fed = self._fed or bool(data)
        parts: list[bytes] = []
        try:
            while True:  # ends: each round produces output, of which there is at most `limit`, or is the last
                parts.append(self._decoder.process(data, output_buffer_limit=min(self._left, 1 << 20)))
                self._left -= len(parts[-1])
                if self._left <= 0:
                    raise TooMuchOutput
                data = b""
                if self._decoder.can_accept_more_data() or not parts[-1]:
                    break
        except brotli.error as error:
            raise BrokenEncoding(f"broken compression ({error})") from None
        return b"".join(parts)

    def finish(self) -> bytes:
        if self._fed and not self._decoder.is_finished():
            raise BrokenEncoding("the compressed body breaks off")
        return b""


def decode_body(raw: bytes, content_encoding: str, limit: int) -> bytes:
    """The whole of `raw` with its Content-Encoding taken off. Raises TooMuchOutput and BrokenEncoding."""
    decoder = BodyDecoder(content_encoding, limit)
    return raw if decoder.is_identity and len(raw) <= limit else decoder.feed(raw) + decoder.finish()
