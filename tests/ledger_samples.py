"""A made-up ledger: a ferry line that is planned, reported by eleven outlets in three languages."""

from dataclasses import replace
from typing import Any

from claims_book import Book, make_claim, make_source, say
from monitor.archive import Archive, ClaimRecords
from monitor.changes import Dated
from monitor.model import Mark, Source, Withdrawal

DAY = 1440


def _outlet(name: str, shown: str, **more: Any) -> Source:
    return replace(make_source(name, **more), name=shown)


SOURCES = [
    _outlet("courier", "Harbour Courier", bloc="western"),
    _outlet("gazette", "Coast Gazette", bloc="western"),
    _outlet("dispatch", "The Dispatch", bloc="western"),
    _outlet("haibao", "海港日报", bloc="cn_state", language="zh"),
    _outlet("wanbao", "海岸晚报", bloc="cn_state", language="zh"),
    _outlet("vestnik", "Морской вестник", bloc="ru_state", language="ru"),
    _outlet("volna", "Волна", bloc="ru_exile", language="ru"),
    _outlet("island", "Island Wire", bloc="neutral"),
]

_SENTENCES = {
    "en": "The line will carry {value} passengers a year, {speaker} said.",
    "zh": "{speaker}表示，这条航线每年可运送{value}名旅客。",
    "ru": "Линия будет перевозить {value} пассажиров в год, сообщает {speaker}.",
}
_PORT = {"speaker": "港务局", "speaker_bloc": "cn_state"}
_LANGUAGE = {"haibao": "zh", "wanbao": "zh", "vestnik": "ru", "volna": "ru"}


def sentence(text: str, *words: str, offset: int = 0, role: Any = "value") -> dict[str, Any]:
    """A sentence and marks at `words` of it, as an observation has them."""
    marks = tuple(
        Mark(role=role, start=offset + text.index(word), end=offset + text.index(word) + len(word)) for word in words
    )
    return {"sentence": text, "marks": marks, "start": offset, "end": offset + len(text)}


def carries(value: int, day: float, by: str, speaker: str | None = None, bloc: str | None = None, **more: Any) -> Dated:
    language = _LANGUAGE.get(by, "en")
    written = f"{value:,}" if language == "en" else str(value)
    text = _SENTENCES[language].format(value=written, speaker=speaker or "it").replace(", it said", "")
    given = {"claim_id": "ferry_capacity", "unit": "person/yr", "language": language, "speaker": speaker}
    given |= {"speaker_bloc": bloc, **sentence(text, written)}
    return say(value, day * DAY, by, **given | more)


def status(step: str, day: float, by: str, text: str, *words: str, **more: Any) -> Dated:
    given = {"claim_id": "ferry_contract", "kind": "status", "language": _LANGUAGE.get(by, "en")}
    return say(step, day * DAY, by, **given | sentence(text, *words, offset=120, role="cue") | more)


def books() -> list[Book]:
    """Five claims: a number that changes and is doubted, a ladder, a date, currencies, and one nobody spoke of."""
    capacity = Book(
        make_claim(
            id="ferry_capacity", topic="ferry", start=50_000, quantity={"unit": "person/yr"}, min_sources=1,
            baseline={"as_of": "2022-09-01", "source": "the line's prospectus"},
            says={
                "en": "The new ferry line will carry 50,000 passengers a year",
                "zh-Hans": "新轮渡航线每年将运送五万名旅客",
                "ru": "Новая паромная линия будет перевозить 50 тысяч пассажиров в год",
            },
        ),
        sources=SOURCES,
    )  # fmt: skip
    for one in (
        carries(50_000, -9, "courier"),
        carries(50_000, -8.5, "haibao", "港务局", "cn_state"),
        carries(50_000, -8, "vestnik", "Министерство транспорта", "ru_state"),
        carries(50_000, -7, "island"),
        carries(45_000, -5, "gazette", modality="hedged"),
        carries(50_000, -4, "wanbao"),
        carries(38_000, -2, "courier", "Ada Lind", previous="50000"),
        carries(38_000, -1.9, "dispatch", "Ada Lind"),
        carries(38_000, -1.8, "volna"),
        carries(50_000, -1.5, "vestnik", "Министерство транспорта", "ru_state"),
        carries(38_000, -1, "island"),
        carries(50_000, -0.5, "haibao", "港务局", "cn_state"),
        carries(38_000, 0, "gazette"),
        carries(38_000, 0.3, "gazette", modality="conditional"),
        say(
            (35_000, 40_000), 1 * DAY, "dispatch", claim_id="ferry_capacity", unit="person/yr",
            **sentence("Between 35,000 and 40,000 are expected.", "35,000", "40,000"),
        ),
        carries(60_000, 2.2, "wanbao", "海事局局长", "cn_state"),
        carries(60_000, 2.4, "haibao", "港务局", "cn_state"),
        carries(38_000, 3, "volna"),
        carries(38_000, 4, "courier"),
        carries(60_000, 5, "vestnik"),
    ):  # fmt: skip
        capacity.hear(one)
    return [capacity, _contract(), _opening(), _payment(), _captain()]


def _contract() -> Book:
    claim = make_claim("status", "in_talks", id="ferry_contract", topic="ferry", says="The contract for the ferries")
    book = Book(claim, sources=SOURCES)
    for one in (
        status("in_talks", -9, "courier", "Talks on the contract go on.", "Talks"),
        status("in_talks", -7, "haibao", "双方仍在就合同进行谈判。", "谈判", speaker="外交部", speaker_bloc="cn_state"),
        status("memorandum", -6, "vestnik", "Стороны подписали меморандум.", "меморандум"),
        status("memorandum", -5.8, "volna", "Меморандум подписан, говорят в порту.", "Меморандум"),
        status("signed", -3, "gazette", "The contract may soon be signed.", "signed", modality="hedged"),
        status("signed", 0, "courier", "The contract was signed on Thursday.", "was signed"),
        status("signed", 0.2, "island", "Both sides have signed.", "have signed"),
        status("-signed", 1, "haibao", "港务局否认已签署合同。", "否认已签署", **_PORT),
        status("signed", 2, "dispatch", "It was signed last week, a minister said.", "signed", speaker="a minister"),
    ):
        book.hear(one)
    gone = book.dated[2].observation
    book.hear(lost=[
        Withdrawal(observation_id=gone.observation_id, claim_id=claim.id, article_id=gone.article_id, reason="deleted",
                   at=book.dated[-1].at)
    ])  # fmt: skip
    return book


def _opening() -> Book:
    book = Book(make_claim("date", id="ferry_opening", topic="ferry", says="The line opens"), sources=SOURCES)
    for value, day, by in (
        ("2023-05", -9, "courier"), ("2023-05", -8, "haibao"), ("2023-05-12", -3, "island"),
        ("2023-08", 1, "vestnik"), ("2023-08", 1.5, "volna"), ("2023-05-12", 2, "courier"),
    ):  # fmt: skip
        given = {"claim_id": "ferry_opening", "kind": "date", "language": _LANGUAGE.get(by, "en")}
        book.hear(say(value, day * DAY, by, **given, **sentence(f"It opens in {value}.", value)))
    return book


def _payment() -> Book:
    claim = make_claim("category", "USD", id="ferry_payment", topic="money", says="Paid in", several=True)
    book = Book(claim, sources=SOURCES)
    for value, day, by in (("USD", -4, "courier"), ("CNY+RUB", 1, "haibao"), ("CNY", 2, "vestnik")):
        given = {"claim_id": "ferry_payment", "kind": "category", "language": _LANGUAGE.get(by, "en")}
        book.hear(say(value, day * DAY, by, **given, **sentence(f"Paid in {value}.", value)))
    return book


def _captain() -> Book:
    return Book(make_claim("role_holder", id="ferry_captain", topic="money", says="The captain"), sources=SOURCES)


def fill(archive: Archive, some: list[Book]) -> None:
    """Load what the books hold."""
    claimed = ClaimRecords(
        claims=[book.claim for book in some],
        observations=[one for book in some for one in book.dated],
        beliefs=[one for book in some for one in book.beliefs],
        changes=[one for book in some for one in book.changes],
        withdrawals=[one for book in some for one in book.withdrawals],
    )
    archive.load_batch(polls=[], pages=[], sources=SOURCES, alerts=[], claimed=claimed)
