"""Pages to and from WARC files: as they came, readable by others, whole or not at all, and whatever is damaged."""

import gzip
import io
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator as ReferenceReader
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter as ReferenceWriter

from monitor.answers import Answer
from monitor.errors import MonitorError
from monitor.model import WarcRef
from monitor.warc import StoredPage, copy_records, read_all, read_page, write_warc

AT = datetime(2022, 9, 15, 12, 30, 1, 250_000, tzinfo=UTC)
HTML = "<html><p>Встреча в Самарканде завершилась.</p></html>".encode()


def answer(url: str = "https://example.com/news/1", body: bytes = HTML, **more: Any) -> Answer:
    made: dict[str, Any] = {
        "url": url,
        "final_url": url,
        "status": 200,
        "headers": {"content-type": "text/html; charset=utf-8"},
        "raw_headers": (
            (b"Content-Type", b"text/html; charset=utf-8"),
            (b"Set-Cookie", b"a=1"),
            (b"Set-Cookie", b"b=2"),
        ),
        "request_headers": (("Host", "example.com"), ("User-Agent", "claim-monitor")),
        "body": body,
        "fetched_at": AT,
        "ip": "93.184.215.14",
    } | more
    return Answer(**made)


def gzipped(url: str = "https://example.com/news/2") -> Answer:
    packed = gzip.compress(HTML)
    raw_headers = (
        (b"Content-Type", b"text/html; charset=utf-8"),
        (b"Content-Encoding", b"gzip"),
        (b"Transfer-Encoding", b"chunked"),
    )
    headers = {name.decode().lower(): value.decode() for name, value in raw_headers}
    return answer(url, raw_body=packed, raw_headers=raw_headers, headers=headers)


def reference_records(path: Path) -> list[tuple[str, dict[str, str], list[tuple[str, str]], bytes]]:
    """Type, headers, HTTP headers and payload of each record, as warcio reads them, digests checked."""
    found = []
    with path.open("rb") as file:
        for record in ReferenceReader(file, check_digests="raise"):
            payload = record.raw_stream.read()
            http = record.http_headers.headers if record.http_headers else []
            found.append((record.rec_type, dict(record.rec_headers.headers), http, payload))
    return found


def test_pages_come_back_as_they_were_written(tmp_path: Path) -> None:
    answers = [answer(), gzipped(), answer("https://example.com/3", b"x" * 300_000)]
    refs = write_warc(tmp_path / "warc/landing/a.warc.gz", tmp_path, answers)
    assert [ref.file for ref in refs] == ["warc/landing/a.warc.gz"] * 3
    for given_answer, ref in zip(answers, refs, strict=True):
        page = read_page(tmp_path, ref)
        assert (page.url, page.status, page.body) == (given_answer.final_url, 200, given_answer.body)
        assert (page.fetched_at, page.offset, page.sha256) == (AT, ref.offset, ref.sha256)
        assert (page.content_type, page.charset) == ("text/html", "utf-8")
    assert [page.body for page in read_all(tmp_path / "warc/landing/a.warc.gz")] == [one.body for one in answers]


def test_other_tools_read_our_files_and_find_the_digests_right(tmp_path: Path) -> None:
    write_warc(tmp_path / "a.warc.gz", tmp_path, [answer(), gzipped()])
    records = reference_records(tmp_path / "a.warc.gz")
    assert [kind for kind, *_ in records] == ["warcinfo", "response", "request", "response", "request"]
    _, headers, http, payload = records[1]
    assert headers["WARC-Target-URI"] == "https://example.com/news/1"
    assert headers["WARC-Date"] == "2022-09-15T12:30:01.250000Z"
    assert headers["WARC-IP-Address"] == "93.184.215.14"
    assert headers["WARC-Payload-Digest"].startswith("sha256:")
    assert ("Set-Cookie", "a=1") in http
    assert ("Set-Cookie", "b=2") in http
    assert payload == HTML
    assert records[2][1]["WARC-Concurrent-To"] == headers["WARC-Record-ID"]
    assert ("User-Agent", "claim-monitor") in records[2][2]


def test_a_body_stays_in_its_content_encoding_and_chunking_is_renamed(tmp_path: Path) -> None:
    write_warc(tmp_path / "a.warc.gz", tmp_path, [gzipped()])
    _, _, http, payload = reference_records(tmp_path / "a.warc.gz")[1]
    assert gzip.decompress(payload) == HTML
    assert dict(http)["Content-Encoding"] == "gzip"
    assert dict(http)["X-Crawler-Transfer-Encoding"] == "chunked"
    assert dict(http)["Content-Length"] == str(len(payload))


def test_a_decoded_body_says_so(tmp_path: Path) -> None:
    [ref] = write_warc(
        tmp_path / "a.warc.gz",
        tmp_path,
        [answer(raw_headers=((b"Content-Encoding", b"br"), (b"Content-Length", b"9")))],
    )
    _, _, http, payload = reference_records(tmp_path / "a.warc.gz")[1]
    assert payload == HTML
    assert dict(http) == {
        "X-Crawler-Content-Encoding": "br",
        "X-Crawler-Content-Length": "9",
        "Content-Length": str(len(HTML)),
    }
    assert read_page(tmp_path, ref).body == HTML


def test_matched_pages_are_copied_with_their_requests(tmp_path: Path) -> None:
    bodies = [b"<html>%d" % n for n in range(5)]
    answers = [
        answer(f"https://example.com/{n}", body, request_headers=() if n == 3 else (("A", "b"),))
        for n, body in enumerate(bodies)
    ]
    refs = write_warc(tmp_path / "warc/landing/a.warc.gz", tmp_path, answers)
    wanted = [refs[4], refs[1], refs[3]]
    copied = copy_records(tmp_path, wanted, tmp_path / "warc/kept/b.warc.gz")
    (tmp_path / "warc/landing/a.warc.gz").unlink()
    assert [read_page(tmp_path, ref).body for ref in copied] == [bodies[4], bodies[1], bodies[3]]
    assert [ref.sha256 for ref in copied] == [ref.sha256 for ref in wanted]
    kinds = [kind for kind, *_ in reference_records(tmp_path / "warc/kept/b.warc.gz")]
    assert kinds == ["warcinfo", "response", "request", "response", "request", "response"]


@given(
    st.lists(st.tuples(st.binary(max_size=12), st.binary(max_size=24)), max_size=5),
    st.text(max_size=12),
    st.text(max_size=20),
    st.binary(max_size=200),
)
def test_nothing_from_outside_can_add_a_header_or_a_record(
    raw_headers: list[tuple[bytes, bytes]], reason: str, path: str, body: bytes
) -> None:
    import tempfile

    evil = (b"X", b"1\r\nX-Injected: yes\r\n\r\nWARC/1.1\r\nWARC-Type: response")
    url = "https://example.com/" + path + "\r\nWARC-Type: metadata"
    made = answer(
        url,
        body,
        raw_headers=(*raw_headers, evil),
        reason=reason + "\r\nX-Injected: yes",
        request_headers=(("Host", "a\r\nX: y"),),
    )
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        [ref] = write_warc(home / "a.warc.gz", home, [made])
        assert read_page(home, ref).body == body
        records = [kind for kind, headers, *_ in reference_records(home / "a.warc.gz") if headers]
    assert records == ["warcinfo", "response", "request"]


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    def answers() -> Iterable[Answer]:
        yield answer()
        raise RuntimeError("in between")

    with pytest.raises(RuntimeError):
        write_warc(tmp_path / "warc" / "a.warc.gz", tmp_path, answers())
    assert list((tmp_path / "warc").iterdir()) == []


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "warc").write_text("a file where the folder should be")
    with pytest.raises(MonitorError, match="cannot be written"):
        write_warc(tmp_path / "warc" / "a.warc.gz", tmp_path, [answer()])


def test_a_page_that_is_not_there_is_told(tmp_path: Path) -> None:
    [ref] = write_warc(tmp_path / "a.warc.gz", tmp_path, [answer()])
    size = (tmp_path / "a.warc.gz").stat().st_size
    for broken, what in [
        (WarcRef(file="gone.warc.gz", offset=0, sha256=ref.sha256), "is gone"),
        (WarcRef(file=ref.file, offset=ref.offset, sha256="0" * 64), "not the one with digest"),
        (WarcRef(file=ref.file, offset=ref.offset + 3, sha256=ref.sha256), "cannot be read"),
        (WarcRef(file=ref.file, offset=0, sha256=ref.sha256), "cannot be read"),
        (WarcRef(file=ref.file, offset=size, sha256=ref.sha256), "nothing is there"),
    ]:
        with pytest.raises(MonitorError, match=what):
            read_page(tmp_path, broken)
        with pytest.raises(MonitorError, match=what):
            copy_records(tmp_path, [broken], tmp_path / "kept.warc.gz")
    assert not (tmp_path / "kept.warc.gz").exists()


def test_files_of_other_tools_are_read(tmp_path: Path) -> None:
    path = tmp_path / "theirs.warc.gz"
    chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(HTML), HTML)
    cases: list[tuple[list[tuple[str, str]], bytes]] = [
        ([("Content-Type", "text/html")], HTML),
        ([("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")], gzip.compress(HTML)),
        ([("Transfer-Encoding", "chunked")], chunked),
        ([("Content-Encoding", "gzip")], HTML),  # stored decoded, the header left as it was
        ([("X-Crawler-Content-Encoding", "gzip"), ("Content-Length", str(len(HTML)))], HTML),
    ]
    with path.open("wb") as file:
        writer = ReferenceWriter(file, gzip=True, warc_version="1.0")
        writer.write_record(writer.create_warcinfo_record("x", {"software": "theirs"}))
        for number, (headers, payload) in enumerate(cases):
            http = StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1")
            url = f"http://example.com/{number}"
            writer.write_record(
                writer.create_warc_record(url, "response", payload=io.BytesIO(payload), http_headers=http)
            )
        writer.write_record(
            writer.create_warc_record("http://example.com/x", "resource", payload=io.BytesIO(b"not HTTP"))
        )
    pages = list(read_all(path))
    assert [page.body for page in pages] == [HTML] * len(cases)
    assert [page.url for page in pages] == [f"http://example.com/{number}" for number in range(len(cases))]
    plain = tmp_path / "plain.warc"
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    assert [page.body for page in read_all(plain)] == [HTML] * len(cases)


def test_a_stored_bomb_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.warc.MAX_BODY_BYTES", 100_000)
    bomb = gzip.compress(b"\0" * 1_000_000)
    headers = ((b"Content-Encoding", b"gzip"),)
    refs = write_warc(
        tmp_path / "a.warc.gz", tmp_path, [answer(raw_body=bomb, raw_headers=headers), answer("https://example.com/2")]
    )
    assert [page.url for page in read_all(tmp_path / "a.warc.gz")] == ["https://example.com/2"]
    with pytest.raises(MonitorError, match="decodes to more than 100000 bytes"):
        read_page(tmp_path, refs[0])


def test_a_file_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    refs = write_warc(
        tmp_path / "a.warc.gz", tmp_path, [answer(f"https://example.com/{n}", os.urandom(9_000)) for n in range(3)]
    )
    whole = (tmp_path / "a.warc.gz").read_bytes()
    for cut in (refs[2].offset, refs[2].offset + 50, refs[2].offset + 5_000):
        (tmp_path / "cut.warc.gz").write_bytes(whole[:cut])
        assert [page.url for page in read_all(tmp_path / "cut.warc.gz")] == [
            "https://example.com/0",
            "https://example.com/1",
        ]


def test_damage_in_one_place_loses_no_more_than_the_rest(tmp_path: Path) -> None:
    refs = write_warc(
        tmp_path / "a.warc.gz", tmp_path, [answer(f"https://example.com/{n}", os.urandom(9_000)) for n in range(3)]
    )
    damaged = bytearray((tmp_path / "a.warc.gz").read_bytes())
    damaged[refs[1].offset + 4_000] ^= 0xFF
    (tmp_path / "a.warc.gz").write_bytes(damaged)
    assert [page.url for page in read_all(tmp_path / "a.warc.gz")][:1] == ["https://example.com/0"]
    assert isinstance(read_page(tmp_path, refs[2]), StoredPage)
    with pytest.raises(MonitorError):
        read_page(tmp_path, refs[1])


@given(st.binary(max_size=400))
def test_whatever_a_file_holds_reading_it_ends(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for name, data in {
            "plain.warc": content,
            "packed.warc.gz": gzip.compress(b"WARC/1.0\r\nWARC-Type: response\r\n" + content),
        }.items():
            (Path(folder) / name).write_bytes(data)
            assert list(read_all(Path(folder) / name)) == []


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(MonitorError, match="cannot be opened"):
        list(read_all(tmp_path / "none.warc.gz"))
