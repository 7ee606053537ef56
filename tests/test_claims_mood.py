"""Whether a sentence affirms, denies, plans, supposes, makes conditional or asks: a table in three languages."""

import pytest

from monitor.claims.clauses import Clauses, plain
from monitor.claims.lexicon import find_words
from monitor.claims.modality import aspect, modality
from monitor.claims.negation import denials, is_denied
from monitor.model import ClaimKind, Modality, Polarity


def read(sentence: str, focus: str, kind: ClaimKind = "status") -> tuple[Polarity, Modality]:
    clauses = Clauses(sentence)
    start = sentence.index(focus)
    span = (start, start + len(focus))
    return ("-" if is_denied(denials(clauses, span, kind)) else "+"), modality(clauses, span).modality


@pytest.mark.parametrize(
    ("sentence", "focus", "polarity", "mood"),
    [
        # asserted
        ("Norway signed the treaty.", "signed the treaty", "+", "asserted"),
        ("Norway has signed the treaty.", "signed the treaty", "+", "asserted"),
        ("The bridge was opened in May.", "opened in May", "+", "asserted"),
        ("The bridge opens on 5 May.", "opens on 5 May", "+", "asserted"),
        ("双方签署了条约。", "签署了条约", "+", "asserted"),
        ("大桥设计能力为每天一万辆。", "一万辆", "+", "asserted"),
        ("Стороны подписали договор.", "подписали договор", "+", "asserted"),
        ("Мост рассчитан на 10 тысяч машин.", "10 тысяч машин", "+", "asserted"),
        # planned
        ("Norway will sign the treaty.", "sign the treaty", "+", "planned"),
        ("Norway plans to sign the treaty.", "sign the treaty", "+", "planned"),
        ("Norway is set to sign the treaty.", "sign the treaty", "+", "planned"),
        ("The bridge would carry 10,000 cars.", "10,000 cars", "+", "planned"),
        ("双方将签署条约。", "签署条约", "+", "planned"),
        ("双方计划下月签署条约。", "签署条约", "+", "planned"),
        ("大桥建成后每天可通行一万辆。", "一万辆", "+", "planned"),
        ("Стороны подпишут договор.", "подпишут договор", "+", "planned"),
        ("Мост будет открыт в мае.", "открыт в мае", "+", "planned"),
        ("Стороны намерены подписать договор.", "подписать договор", "+", "planned"),
        # hedged
        ("Norway may sign the treaty.", "sign the treaty", "+", "hedged"),
        ("Norway reportedly signed the treaty.", "signed the treaty", "+", "hedged"),
        ("Norway is expected to sign the treaty.", "sign the treaty", "+", "hedged"),
        ("There is speculation that Norway signed the treaty.", "signed the treaty", "+", "hedged"),
        ("Norway could sign the treaty, analysts said.", "sign the treaty", "+", "hedged"),
        ("Norway signed the treaty, an expert believes.", "signed the treaty", "+", "hedged"),
        ("双方可能签署条约。", "签署条约", "+", "hedged"),
        ("有传言称双方签署了条约。", "签署了条约", "+", "hedged"),
        ("双方或将签署条约。", "签署条约", "+", "hedged"),
        ("Стороны могут подписать договор.", "подписать договор", "+", "hedged"),
        ("Договор, вероятно, подписан.", "подписан", "+", "hedged"),
        ("Договор может быть подписан в мае.", "Договор может быть подписан", "+", "hedged"),
        ("Якобы подписан договор.", "подписан договор", "+", "hedged"),
        # conditional
        ("If it rains, the bridge will open in May.", "open in May", "+", "conditional"),
        ("The bridge will open in May unless it rains.", "open in May", "+", "conditional"),
        ("如果下雨，大桥将于五月开放。", "五月开放", "+", "conditional"),
        ("Если пойдёт дождь, мост откроется в мае.", "откроется в мае", "+", "conditional"),
        # questions
        ("Will Norway sign the treaty?", "sign the treaty", "+", "question"),
        ("They were asked whether Norway will sign the treaty.", "sign the treaty", "+", "question"),
        ("挪威会签署条约吗？", "签署条约", "+", "question"),
        ("不清楚挪威是否签署条约。", "签署条约", "+", "question"),
        ("Подпишет ли Норвегия договор?", "договор", "+", "question"),
        ("Norway signed the treaty, and one question was left: who paid?", "signed the treaty", "+", "asserted"),
        # denied
        ("Norway did not sign the treaty.", "sign the treaty", "-", "asserted"),
        ("Norway never signed the treaty.", "signed the treaty", "-", "asserted"),
        ("Norway has yet to sign the treaty.", "sign the treaty", "-", "asserted"),
        ("Norway failed to sign the treaty.", "sign the treaty", "-", "asserted"),
        ("No treaty was signed.", "treaty was signed", "-", "asserted"),
        ("Norway denied that it had signed the treaty.", "signed the treaty", "-", "asserted"),
        ("Norway denied reports that it will sign the treaty.", "sign the treaty", "-", "planned"),
        ("Reports that Norway signed the treaty are untrue.", "signed the treaty", "-", "asserted"),
        ("Norway signed the treaty, which Oslo denied.", "signed the treaty", "-", "asserted"),
        ("Norway has never said that it signed the treaty.", "signed the treaty", "-", "asserted"),
        ("Contrary to reports that Norway signed the treaty, talks go on.", "signed the treaty", "-", "asserted"),
        ("Norway delayed signing the treaty.", "signing the treaty", "-", "asserted"),
        ("双方尚未签署条约。", "签署条约", "-", "asserted"),
        ("双方没有签署条约。", "签署条约", "-", "asserted"),
        ("挪威否认将签署条约。", "签署条约", "-", "planned"),
        ("挪威签署条约的说法不实。", "签署条约", "-", "asserted"),
        ("挪威推迟签署条约。", "签署条约", "-", "asserted"),
        ("Стороны не подписали договор.", "подписали договор", "-", "asserted"),
        ("Договор пока не подписан.", "Договор пока не подписан", "-", "asserted"),
        ("Осло опроверг сообщения о подписании договора.", "подписании договора", "-", "asserted"),
        # what only looks like a denial
        ("Norway signed not only the treaty but a loan.", "the treaty", "+", "asserted"),
        ("Norway is not at war, but signed the treaty.", "signed the treaty", "+", "asserted"),
        ("Norway did not deny signing the treaty.", "signing the treaty", "+", "asserted"),
        ("The bridge carries no fewer than 10,000 cars.", "10,000 cars", "+", "asserted"),
        ("大桥通行不少于一万辆。", "一万辆", "+", "asserted"),
        ("双方不仅签署了条约。", "签署了条约", "+", "asserted"),
        ("Мост пропускает не менее 10 тысяч машин.", "10 тысяч машин", "+", "asserted"),
        ("Стороны подписали не только договор.", "договор", "+", "asserted"),
        # what only looks like a future
        ("挪威将条约的期限延长至五年。", "五年", "+", "asserted"),
        ("将军签署了条约。", "签署了条约", "+", "asserted"),
        ("May the fourth was when Norway signed the treaty.", "signed the treaty", "+", "asserted"),
        ("The planned bridge carries 10,000 cars.", "10,000 cars", "+", "asserted"),
    ],
)
def test_polarity_and_modality(sentence: str, focus: str, polarity: Polarity, mood: Modality) -> None:
    assert read(sentence, focus) == (polarity, mood)


def test_a_postponed_date_is_still_a_date() -> None:
    assert read("The opening was postponed until May.", "until May", "date")[0] == "+"
    assert read("The opening was postponed until May.", "opening", "status")[0] == "-"


def test_of_two_clauses_each_has_its_own_mood() -> None:
    sentence = "Iceland signed in March, while Norway may sign in May."
    assert read(sentence, "signed in March") == ("+", "asserted")
    assert read(sentence, "sign in May") == ("+", "hedged")


@pytest.mark.parametrize(
    ("sentence", "focus", "wanted"),
    [
        ("The line has a capacity of 50 bcm.", "50 bcm", "capacity"),
        ("管道设计输气能力为500亿立方米。", "500亿立方米", "capacity"),
        ("Трубопровод рассчитан на 50 млрд кубометров.", "50 млрд кубометров", "capacity"),
        ("So far 200,000 men have been called up.", "200,000 men", "so_far"),
        ("已有20万人入伍。", "20万人", "so_far"),
        ("Призваны уже 200 тысяч человек.", "200 тысяч человек", "so_far"),
        ("They will call up 300,000 men.", "300,000 men", "target"),
        ("They called up 300,000 men.", "300,000 men", None),
    ],
)
def test_a_number_may_be_a_capacity_a_target_or_so_far(sentence: str, focus: str, wanted: str | None) -> None:
    clauses = Clauses(sentence)
    span = (sentence.index(focus), sentence.index(focus) + len(focus))
    assert aspect(clauses, span, modality(clauses, span).modality) == wanted


def test_folding_a_sentence_moves_no_character() -> None:
    for text in ("ＡＢＣ ﬁne «Ёлка» 習近平", "a\u0301b\u200bc", "ßẞ İ", "\ud800x"):
        assert len(plain(text)) == len(text)
    assert plain("ＡＢＣ Ё 習") == "abc е 习"


def test_the_longest_phrase_at_a_place_decides() -> None:
    (only,) = find_words("that is not clear")
    assert only.sorts == {"hedge"}
    assert find_words("not only") == []
