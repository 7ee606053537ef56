"""Pages to and from WARC files (ISO 28500, WARC/1.1), the format of web archives: any of their viewers opens them.

A page is a `response` record (the answer as it came: headers, and the body still in its Content-Encoding) and a
`request` record that belongs to it, each a gzip member of its own, so that a page can be read from its offset. Only
chunking is gone, which no longer describes the bytes: Transfer-Encoding is kept as X-Crawler-Transfer-Encoding, and
Content-Length says what is there; where only the decoded body is known, Content-Encoding is renamed likewise. Common
Crawl does the same, so its CC-NEWS files and ours are read by the same code.

Digests are SHA-256 in base32, over the payload (the body as stored) and over the whole block. A file appears under its
name when it is complete and on disk, or not at all.
"""

import base64
import io
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from http.client import responses
from pathlib import Path
from typing import BinaryIO, Self
from uuid import uuid4

import structlog
from fastwarc import ArchiveIterator, GzipWriter, WarcRecordType
from fastwarc.warc import WarcRecord

from monitor import __version__
from monitor.answers import Answer, charset_of, media_type
from monitor.decoding import BrokenEncoding, TooMuchOutput, decode_body
from monitor.errors import MonitorError
from monitor.model import WarcRef, utc_now

log = structlog.get_logger()

_UNREADABLE = (ValueError, OSError, EOFError, RuntimeError)  # what fastwarc raises on damage

MAX_BODY_BYTES = 64_000_000
"""Larger bodies, as stored or decoded, are not read: what we store is smaller, other people's files may be traps."""

_COMPRESSION = 5
_DESCRIBES_TRANSFER = frozenset({"transfer-encoding", "content-length"})
_LINE_BREAKS = re.compile(rb"[\r\n\0]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPage:
    """A page out of a WARC file.

    `body` is decoded, `headers` have lower-case names, `fetched_at` is the record's date. `offset` is where its
    record begins (in the file as it is, compressed), `sha256` is that of the payload as stored, as in WarcRef.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    offset: int
    sha256: str

    @property
    def content_type(self) -> str | None:
        """The media type without parameters, lower case."""
        return media_type(self.headers.get("content-type"))

    @property
    def charset(self) -> str | None:
        """The character set that the server declared, where Python knows it."""
        return charset_of(self.headers.get("content-type"))


# ---- writing -----------------------------------------------------------------------------------------------------
def write_warc(path: Path, home: Path, answers: Iterable[Answer]) -> list[WarcRef]:
    """Write `answers` to the new file `path` below `home`; the reference of each, in order.

    Raises MonitorError where the disk does not take it; then there is no file.
    """
    refs: list[WarcRef] = []
    with _Draft(path) as draft:
        draft.write(_warcinfo(path.name))
        for answer in answers:
            payload = answer.body if answer.raw_body is None else answer.raw_body
            record_id = f"<urn:uuid:{uuid4()}>"
            offset = draft.write(_response(answer, payload, record_id))
            if answer.request_headers:
                draft.write(_request(answer, record_id))
            refs.append(WarcRef(file=_relative(path, home), offset=offset, sha256=sha256(payload).hexdigest()))
    return refs


def copy_records(home: Path, refs: Iterable[WarcRef], target: Path) -> list[WarcRef]:
    """Copy the records of `refs`, with their requests, to the new file `target` below `home`; their new references.

    The bytes of each record stay as they are, record ids and dates included. Raises MonitorError where a record is
    not there or the disk does not take it; then there is no file.
    """
    copied: list[WarcRef] = []
    with _Draft(target) as draft:
        draft.write(_warcinfo(target.name))
        for ref in refs:
            response, request = _record_members(home, ref)
            offset = draft.append(response)
            if request:
                draft.append(request)
            copied.append(WarcRef(file=_relative(target, home), offset=offset, sha256=ref.sha256))
    return copied


class _Draft:
    """A gzip file under a temporary name that gets its own when all is written and on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._temporary.open("wb")
        except OSError as error:
            raise _cannot_write(self._path, error) from error
        return self

    def write(self, record: bytes) -> int:
        """Append one record as a gzip member of its own; the offset where it begins."""
        member = io.BytesIO()
        with GzipWriter(member, compression_level=_COMPRESSION) as packer:
            packer.write(record)
        return self.append(member.getvalue())

    def append(self, member: bytes) -> int:
        """Append bytes that are compressed already."""
        offset = self._file.tell()
        try:
            self._file.write(member)
        except OSError as error:
            raise _cannot_write(self._path, error) from error
        return offset

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())
            self._file.close()
            if kind is None:
                self._temporary.replace(self._path)
                _sync_folder(self._path.parent)
        except OSError as trouble:
            raise _cannot_write(self._path, trouble) from trouble
        finally:
            self._temporary.unlink(missing_ok=True)


def _cannot_write(path: Path, error: OSError) -> MonitorError:
    return MonitorError(
        f"{path}: pages cannot be written ({error.strerror or error}); check the disk's space and rights"
    )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _relative(path: Path, home: Path) -> str:
    return path.absolute().relative_to(home.absolute()).as_posix()


def _warcinfo(name: str) -> bytes:
    fields = f"software: claim-monitor/{__version__}\r\nformat: WARC File Format 1.1\r\n"
    headers = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", f"<urn:uuid:{uuid4()}>"),
        ("WARC-Date", _warc_date(utc_now())),
        ("WARC-Filename", name),
        ("Content-Type", "application/warc-fields"),
    ]
    return _record(headers, fields.encode())


def _response(answer: Answer, payload: bytes, record_id: str) -> bytes:
    headers = [
        ("WARC-Type", "response"),
        ("WARC-Record-ID", record_id),
        ("WARC-Date", _warc_date(answer.fetched_at)),
        ("WARC-Target-URI", answer.final_url),
        *([("WARC-IP-Address", answer.ip)] if answer.ip else []),
        ("WARC-Payload-Digest", _digest(payload)),
        ("Content-Type", "application/http;msgtype=response"),
    ]
    return _record(headers, _http_head(answer, len(payload)) + payload)


def _http_head(answer: Answer, length: int) -> bytes:
    """Status line and headers as they came, except those that describe bytes which are not there any more."""
    encoded = answer.raw_body is not None
    raw_headers = answer.raw_headers or tuple((name.encode(), value.encode()) for name, value in answer.headers.items())
    reason = answer.reason or responses.get(answer.status, "")
    lines = [f"HTTP/{answer.http_version} {answer.status} {reason}".encode("utf-8", "replace")]
    for name, value in raw_headers:
        lower = name.decode("latin-1").strip().lower()
        renamed = lower in _DESCRIBES_TRANSFER or (lower == "content-encoding" and not encoded)
        lines.append((b"X-Crawler-" if renamed else b"") + name + b": " + value)
    lines.append(b"Content-Length: %d" % length)
    return b"".join(_one_line(line) + b"\r\n" for line in lines) + b"\r\n"


def _request(answer: Answer, response_id: str) -> bytes:
    path = re.sub(r"^https?://[^/?#]*", "", answer.final_url) or "/"
    lines = [f"GET {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in answer.request_headers]
    block = b"".join(_one_line(line.encode("utf-8", "replace")) + b"\r\n" for line in lines) + b"\r\n"
    headers = [
        ("WARC-Type", "request"),
        ("WARC-Record-ID", f"<urn:uuid:{uuid4()}>"),
        ("WARC-Concurrent-To", response_id),
        ("WARC-Date", _warc_date(answer.fetched_at)),
        ("WARC-Target-URI", answer.final_url),
        ("Content-Type", "application/http;msgtype=request"),
    ]
    return _record(headers, block)


def _record(headers: list[tuple[str, str]], block: bytes) -> bytes:
    headers = [*headers, ("WARC-Block-Digest", _digest(block)), ("Content-Length", str(len(block)))]
    head = b"".join(_one_line(f"{name}: {value}".encode("utf-8", "replace")) + b"\r\n" for name, value in headers)
    return b"WARC/1.1\r\n" + head + b"\r\n" + block + b"\r\n\r\n"


def _one_line(line: bytes) -> bytes:
    """No header from outside may begin another one."""
    return _LINE_BREAKS.sub(b" ", line)


def _digest(data: bytes) -> str:
    return "sha256:" + base64.b32encode(sha256(data).digest()).decode()


def _warc_date(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# ---- reading -----------------------------------------------------------------------------------------------------
def read_page(home: Path, ref: WarcRef) -> StoredPage:
    """The page that `ref` points to. Raises MonitorError where the file or the record is gone or damaged."""
    path = home / ref.file
    with _reading(path, ref), path.open("rb") as file:
        file.seek(ref.offset)
        record = next(iter(ArchiveIterator(file, parse_http=False)), None)
        if record is None:
            raise ValueError("nothing is there")
        page = _stored_page(record, ref.offset)
        if page.sha256 != ref.sha256:
            raise ValueError(f"it is not the one with digest {ref.sha256}")
        return page


def read_all(path: Path) -> Iterator[StoredPage]:
    """All pages of a WARC file, ours or anyone's (CC-NEWS, warcio, Heritrix), plain or compressed.

    Records that cannot be read are left out and logged; a file that breaks off gives what came before. Raises
    MonitorError where the file cannot be opened.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise MonitorError(f"{path}: the WARC file cannot be opened ({error.strerror or error})") from error
    with file:
        records = iter(ArchiveIterator(file, record_types=WarcRecordType.response, parse_http=False))
        while True:  # ends with the file or at the first damage that hides where the next record begins
            try:
                record = next(records)
            except StopIteration:
                return
            except _UNREADABLE as error:
                log.warning("WARC file is damaged; the rest of it is not read", file=str(path), problem=str(error))
                return
            try:
                if record.is_http:
                    yield _stored_page(record, record.stream_pos)
            except _UNREADABLE as error:
                log.warning("page in WARC file left out", file=str(path), offset=record.stream_pos, problem=str(error))


def _stored_page(record: WarcRecord, offset: int) -> StoredPage:
    """The page in a response record. Raises ValueError where it is larger than we read, or no answer."""
    if record.content_length > MAX_BODY_BYTES:
        raise ValueError(f"larger than {MAX_BODY_BYTES} bytes")
    record.parse_http()
    http = record.http_headers
    if http is None or http.status_code is None or record.record_date is None:
        raise ValueError("no dated HTTP answer")
    length = record.content_length
    payload = record.reader.read()
    if len(payload) != length:
        raise ValueError("the record breaks off")
    headers: dict[str, str] = {}
    for name, value in http.to_tuples():
        name = name.lower()  # noqa: PLW2901 - the same name, folded
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    body = _dechunked(payload) if "chunked" in headers.get("transfer-encoding", "").lower() else payload
    try:
        body = decode_body(body, headers.get("content-encoding", ""), MAX_BODY_BYTES)
    except TooMuchOutput:
        raise ValueError(f"decodes to more than {MAX_BODY_BYTES} bytes") from None
    except BrokenEncoding:
        # Crawlers that store decoded bodies do not all rename the header.
        body = payload
    url = (record.headers.get("WARC-Target-URI") or "").strip("<>")  # WARC/1.0 allowed the brackets
    return StoredPage(
        url=url,
        status=http.status_code,
        headers=headers,
        body=body,
        fetched_at=record.record_date.astimezone(UTC),
        offset=offset,
        sha256=sha256(payload).hexdigest(),
    )


def _dechunked(payload: bytes) -> bytes:
    """A chunked body put together; as it is where it is not chunked after all (many crawlers keep the header)."""
    parts: list[bytes] = []
    at = 0
    while True:  # ends: each round moves on, or returns
        end = payload.find(b"\r\n", at, at + 1_024)
        size = payload[at:end].partition(b";")[0].strip() if end >= 0 else b""
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", size):
            return payload
        length = int(size, 16)
        if length == 0:
            return b"".join(parts)
        begin = end + 2
        if payload[begin + length : begin + length + 2] != b"\r\n":
            return payload
        parts.append(payload[begin : begin + length])
        at = begin + length + 2


def _record_members(home: Path, ref: WarcRef) -> tuple[bytes, bytes]:
    """The gzip member of a response record and of the request that follows it, if any, as they lie in the file."""
    path = home / ref.file
    with _reading(path, ref), path.open("rb") as file:
        response, record = _member_at(file, ref.offset)
        if record is None:
            raise ValueError("nothing is there")
        record_id = record.headers.get("WARC-Record-ID")
        if _stored_page(record, ref.offset).sha256 != ref.sha256:
            raise ValueError(f"it is not the one with digest {ref.sha256}")
        request, following = _member_at(file, ref.offset + len(response))
        belongs = following is not None and following.headers.get("WARC-Concurrent-To") == record_id
        return response, request if belongs else b""


def _member_at(file: BinaryIO, offset: int) -> tuple[bytes, WarcRecord | None]:
    """The bytes of the gzip member at `offset`, and the record in it; nothing at the end of the file."""
    file.seek(offset)
    inflater = zlib.decompressobj(31)
    packed: list[bytes] = []
    plain: list[bytes] = []
    size = 0
    while not inflater.eof:
        chunk = file.read(1 << 16)
        if not chunk:
            if packed:
                raise ValueError("the file breaks off")
            return b"", None
        packed.append(chunk)
        plain.append(inflater.decompress(chunk, MAX_BODY_BYTES - size + 1))
        size += len(plain[-1])
        if size > MAX_BODY_BYTES:
            raise ValueError(f"larger than {MAX_BODY_BYTES} bytes")
    member = b"".join(packed)
    member = member[: len(member) - len(inflater.unused_data)]
    return member, next(iter(ArchiveIterator(io.BytesIO(b"".join(plain)), parse_http=False)), None)


@contextmanager
def _reading(path: Path, ref: WarcRef) -> Iterator[None]:
    """Turns what can go wrong with one stored page into a MonitorError that names it."""
    try:
        yield
    except FileNotFoundError:
        raise MonitorError(f"{path}: the file with the stored page is gone") from None
    except (*_UNREADABLE, zlib.error) as error:
        raise MonitorError(f"{path}, offset {ref.offset}: the stored page cannot be read: {error}") from error
