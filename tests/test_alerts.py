"""Which articles are told, where, and what the message says."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fake_slack import block_faults, text_faults
from monitor.alerts import new_article_alerts, operations_alert
from monitor.alerts.blocks import EXCERPT_WINDOW
from monitor.model import Alert, AnalysedPage, Article, Entry, Evidence, Match, PageStatus, Source

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY_S = 86_400.0


@dataclass(frozen=True)
class Topic:
    name: Mapping[str, str]
    channel: str


TOPICS = {
    "xi_putin": Topic({"en": "Xi–Putin", "ru": "Си и Путин"}, "xi-putin"),
    "ps2": Topic({"en": "Power of Siberia 2"}, "siberia"),
    "sco": Topic({"en": "Shanghai Cooperation Organisation"}, "siberia"),
}
SOURCE = Source(
    id="demo", name="The Demo Times", country="KZ", language="en", bloc="cn_state", family="demo", tier=2, feeds=()
)


def article(title: str = "Leaders meet", text: str = "Xi met Putin. They talked.", **more: Any) -> Article:
    given: dict[str, Any] = {
        "article_id": "a1",
        "revision_id": "r1",
        "url": "https://example.com/a1",
        "source_id": "demo",
        "title": title,
        "text": text,
        "text_origin": "extracted",
        "language": "en",
        "entry_ids": ("e1",),
        "first_poll": False,
        "seen_at": NOW,
        "fetched_at": NOW,
        "published": NOW - timedelta(minutes=5),
    }
    return Article(**given | more)


def hit(article: Article, word: str, field: str = "text", nth: int = 0) -> Evidence:
    content = getattr(article, field)
    start = [found.start() for found in re.finditer(re.escape(word), content)][nth]
    return Evidence(field=field, start=start, end=start + len(word), text=word, alias=word)  # type: ignore[arg-type]


def match(article: Article, topic: str, *evidence: Evidence) -> Match:
    return Match(
        article_id=article.article_id,
        revision_id=article.revision_id,
        topic_id=topic,
        score=1.0,
        evidence=evidence,
        watchlist_hash="w",
    )


def page(article: Article, *matches: Match, entries: tuple[Entry, ...] = ()) -> AnalysedPage:
    return AnalysedPage(article_id=article.article_id, entries=entries, article=article, matches=matches)


def on(topic: str = "xi_putin", **more: Any) -> AnalysedPage:
    """A page on one topic."""
    made = article(**more)
    return page(made, match(made, topic, hit(made, "Xi"), hit(made, "Putin")))


@dataclass(frozen=True)
class Ask:
    """A call of `new_article_alerts` with everything ordinary."""

    known: frozenset[str] = frozenset()
    alerted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    max_age_s: float | None = DAY_S
    first_poll: bool = False

    def __call__(self, *pages: AnalysedPage) -> list[Alert]:
        return new_article_alerts(
            pages,
            settled_article_ids=self.known,
            alerted=self.alerted,
            sources={"demo": SOURCE},
            topics=TOPICS,
            now=NOW,
            max_age_s=self.max_age_s,
            alert_first_poll=self.first_poll,
        )


alerts_for = Ask()


def texts(alert: Alert) -> list[str]:
    """The text of each section, then of each context element."""
    blocks = json.loads(alert.blocks)
    shown = [block["text"]["text"] for block in blocks if block["type"] == "section"]
    return shown + [part["text"] for block in blocks if block["type"] == "context" for part in block["elements"]]


# Which articles are told


def test_a_new_article_on_a_topic_is_told_in_the_channel_of_the_topic() -> None:
    (alert,) = alerts_for(on())
    assert (alert.channel, alert.article_id, alert.topics, alert.kind) == (
        "xi-putin",
        "a1",
        ("xi_putin",),
        "new_article",
    )


def test_an_article_on_no_topic_is_not_told() -> None:
    assert alerts_for(page(article())) == []


def test_topics_that_share_a_channel_share_an_alert_and_others_get_their_own() -> None:
    made = article(text="Xi told the SCO about Power of Siberia 2.")
    words = {"xi_putin": "Xi", "ps2": "Power of Siberia 2", "sco": "SCO"}
    found = alerts_for(page(made, *(match(made, topic, hit(made, word)) for topic, word in words.items())))
    assert [(alert.channel, alert.topics) for alert in found] == [
        ("xi-putin", ("xi_putin",)),
        ("siberia", ("ps2", "sco")),
    ]
    assert "Power of Siberia 2 · Shanghai Cooperation Organisation" in texts(found[1])[0]


def test_the_key_says_what_is_told_and_where() -> None:
    assert alerts_for(on())[0].alert_id == alerts_for(on(title="Other words"))[0].alert_id
    assert alerts_for(on())[0].alert_id != alerts_for(on("ps2"))[0].alert_id
    assert alerts_for(on())[0].alert_id != alerts_for(on(article_id="a2"))[0].alert_id


def test_what_a_feed_held_when_first_asked_is_not_told_unless_wished() -> None:
    assert alerts_for(on(first_poll=True)) == []
    assert len(Ask(first_poll=True)(on(first_poll=True))) == 1


def test_an_article_new_at_one_feed_is_told_even_if_another_was_just_added() -> None:
    assert len(alerts_for(on(first_poll=True), on(first_poll=False))) == 1


@pytest.mark.parametrize(
    ("published", "told"),
    [
        (NOW - timedelta(hours=23), True),
        (NOW - timedelta(hours=25), False),
        (datetime(2019, 5, 1, tzinfo=UTC), False),
        (None, True),
        (NOW + timedelta(hours=3), True),
    ],
)
def test_old_dates_are_not_told_and_missing_dates_count_as_new(published: datetime | None, told: bool) -> None:
    assert bool(alerts_for(on(published=published))) is told


def test_without_a_limit_old_articles_are_told() -> None:
    assert len(Ask(max_age_s=None)(on(published=datetime(2022, 9, 15, tzinfo=UTC)))) == 1


def test_age_counts_from_when_the_entry_turned_up_so_that_a_pause_of_the_monitor_loses_nothing() -> None:
    seen = NOW - timedelta(days=3)
    assert len(alerts_for(on(seen_at=seen, published=seen - timedelta(hours=1)))) == 1


def test_a_fresh_date_in_the_feed_outweighs_an_old_one_on_the_page() -> None:
    entry = Entry(
        entry_id="e", feed_url="f", source_id="demo", seen_at=NOW, title="t", published=NOW - timedelta(minutes=1)
    )
    made = article(published=datetime(2020, 1, 1, tzinfo=UTC))
    assert len(alerts_for(page(made, match(made, "xi_putin", hit(made, "Xi")), entries=(entry,)))) == 1


def test_an_article_that_the_archive_has_is_not_told_again() -> None:
    assert Ask(known=frozenset({"a1"}))(on()) == []
    assert alerts_for(AnalysedPage(article_id="a1", entries=())) == []


def test_topics_already_told_are_left_out() -> None:
    assert Ask(alerted={"a1": frozenset({"xi_putin"})})(on()) == []


def test_an_article_met_twice_in_a_batch_is_told_once() -> None:
    assert len(alerts_for(on(), on(revision_id="r2"))) == 1


def test_a_topic_that_left_the_watchlist_meanwhile_is_not_told() -> None:
    assert alerts_for(on("gone")) == []


def test_alerts_come_oldest_first_and_keep_that_order_by_time() -> None:
    pages = [on(article_id=f"a{n}", published=NOW - timedelta(minutes=n)) for n in range(5)]
    found = alerts_for(*pages)
    assert [alert.article_id for alert in found] == ["a4", "a3", "a2", "a1", "a0"]
    assert sorted(found, key=lambda alert: alert.created_at) == found


# What the message says


def test_the_message_leads_with_the_headline_then_topics_sentence_and_origin() -> None:
    headline, sentence, origin = texts(alerts_for(on())[0])
    assert headline == "*<https://example.com/a1|Leaders meet>*\nXi–Putin"
    assert sentence == "*Xi* met *Putin*\u200b."
    stamp = int((NOW - timedelta(minutes=5)).timestamp())
    assert origin == (
        "The Demo Times · KZ / cn_state · English · "
        f"<!date^{stamp}^{{date_short_pretty}} {{time}}|2026-03-01 11:55 UTC>"
    )


def test_the_text_for_notifications_says_topic_headline_and_outlet() -> None:
    alert = alerts_for(on())[0]
    assert alert.text.startswith("Xi–Putin: Leaders meet (The Demo Times)\n*Xi* met *Putin*")
    assert alert.text.endswith("<https://example.com/a1>")


def test_the_sentence_is_the_one_that_shows_most_of_what_decided() -> None:
    made = article(text="Xi spoke first. It rained.\nLater Xi met Putin there. Putin left.")
    found = alerts_for(page(made, match(made, "xi_putin", hit(made, "Xi"), hit(made, "Xi", nth=1), hit(made, "Putin"))))
    assert texts(found[0])[1] == "Later *Xi* met *Putin* there."


def test_evidence_in_two_sentences_shows_both() -> None:
    made = article(text="Xi arrived. It rained. Putin was there.")
    found = alerts_for(page(made, match(made, "xi_putin", hit(made, "Xi"), hit(made, "Putin"))))
    assert texts(found[0])[1:3] == ["*Xi* arrived.", "*Putin* was there."]


def test_each_topic_of_the_channel_gets_its_sentence() -> None:
    made = article(text="The SCO met. It rained. Power of Siberia 2 was discussed.")
    pages = page(made, match(made, "ps2", hit(made, "Power of Siberia 2")), match(made, "sco", hit(made, "SCO")))
    assert texts(alerts_for(pages)[0])[1:3] == ["The *SCO* met.", "*Power of Siberia 2* was discussed."]


def test_chinese_sentences_are_told_in_chinese_with_bold_that_slack_shows() -> None:
    made = article(title="会晤", text="前一句。习近平会见了普京，并谈到合作。后一句。", language="zh")
    found = alerts_for(page(made, match(made, "xi_putin", hit(made, "习近平"), hit(made, "普京"))))
    assert texts(found[0])[1] == "*习近平*\u200b会见了\u200b*普京*\u200b，并谈到合作。"
    assert " · Chinese · " in texts(found[0])[2]


def test_a_hit_in_the_title_alone_shows_the_title_bold_and_the_first_sentence() -> None:
    made = article(title="Xi to meet Putin", text="The talks are planned for Friday. More follows.")
    found = alerts_for(page(made, match(made, "xi_putin", hit(made, "Xi", "title"), hit(made, "Putin", "title"))))
    assert texts(found[0])[1:3] == ["*Xi* to meet *Putin*", "The talks are planned for Friday."]


def test_a_long_sentence_is_cut_around_its_first_hit() -> None:
    made = article(text="word " * 300 + "then Xi met Putin and " + "more " * 300 + "end.")
    found = alerts_for(page(made, match(made, "xi_putin", hit(made, "Xi"), hit(made, "Putin"))))
    sentence = texts(found[0])[1]
    assert sentence.startswith("…word")
    assert "then *Xi* met *Putin* and" in sentence
    assert sentence.endswith("…")
    assert len(sentence) < EXCERPT_WINDOW + 20


def test_evidence_that_does_not_say_what_it_points_to_emboldens_nothing() -> None:
    made = article()
    wrong = replace(hit(made, "Xi"), start=3, end=5)
    found = alerts_for(page(made, match(made, "xi_putin", wrong)))
    assert texts(found[0])[1] == "Xi met Putin."


def test_an_article_from_the_feed_alone_says_so_and_why() -> None:
    shown = texts(alerts_for(on(text_origin="feed", page_status="paywall"))[0])
    assert "from the feed only: paywall" in shown


@pytest.mark.parametrize("status", get_args(PageStatus))
def test_every_page_that_could_not_be_had_has_its_reason(status: PageStatus) -> None:
    shown = texts(alerts_for(on(text_origin="feed", page_status=status))[0])
    (why,) = [line for line in shown if line.startswith("from the feed only")]
    assert why == "from the feed only" if status in {"fetched", "known"} else why.startswith("from the feed only: ")


def test_pictures_and_video_are_marked() -> None:
    shown = texts(alerts_for(on(image_urls=("https://example.com/i.jpg",), has_video=True))[0])
    assert shown[-1] == "📷 photo · 🎬 video"


def test_an_article_without_link_title_or_date_is_told_with_what_there_is() -> None:
    (alert,) = alerts_for(on(url=None, title="", published=None))
    assert texts(alert)[0] == "*Xi met Putin. They talked.*\nXi–Putin"
    assert "seen <!date^" in texts(alert)[2]


def test_times_for_other_readers_are_in_the_configured_zone() -> None:
    (alert,) = new_article_alerts(
        [on()],
        settled_article_ids=(),
        alerted={},
        sources={},
        topics=TOPICS,
        now=NOW,
        max_age_s=None,
        alert_first_poll=False,
        timezone="Asia/Almaty",
    )
    assert "|2026-03-01 16:55 +05>" in texts(alert)[-1]


def test_hostile_words_stay_words() -> None:
    made = article(
        title="*URGENT* <!channel> <https://evil.example|click>\n> quoted",
        text="Xi & Putin ```signed``` <@U123> \u202egnp.exe @here.",
        url="https://example.com/a|b>c",
    )
    (alert,) = alerts_for(page(made, match(made, "xi_putin", hit(made, "Xi"), hit(made, "Putin"))))
    headline, sentence, _ = texts(alert)
    assert headline.startswith(
        "*<https://example.com/a%7Cb%3Ec|∗URGENT∗ &lt;!channel&gt; &lt;https://evil.example|click"
    )
    assert sentence == "*Xi* &amp; *Putin* ˋˋˋsignedˋˋˋ &lt;@U123&gt; gnp.exe ＠here."


def test_slack_is_told_to_make_no_links_or_mentions_of_its_own() -> None:
    for block in json.loads(alerts_for(on())[0].blocks):
        for text in [block["text"]] if "text" in block else block["elements"]:
            assert text["verbatim"] is True


HOSTILE = st.text(alphabet=st.one_of(st.sampled_from("*_~`<>&|:@!# .\n\u202e\u200b習"), st.characters()), max_size=120)
LONG = st.builds(lambda part, times: part * times, HOSTILE, st.sampled_from([1, 1, 40]))


def word_hits(content: str, field: str, cuts: Sequence[int]) -> list[Evidence]:
    places = sorted({cut % (len(content) + 1) for cut in cuts})
    return [
        Evidence(field=field, start=a, end=b, text=content[a:b], alias=content[a:b])  # type: ignore[arg-type]
        for a, b in pairwise(places)
    ]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    title=LONG,
    text=LONG,
    url=st.one_of(st.none(), HOSTILE, HOSTILE.map(lambda rest: "https://example.com/" + rest)),
    outlet=HOSTILE,
    topic=HOSTILE,
    cuts=st.lists(st.integers(min_value=0, max_value=5_000), max_size=8),
)
def test_whatever_comes_from_outside_the_message_is_one_that_slack_takes(
    *, title: str, text: str, url: str | None, outlet: str, topic: str, cuts: list[int]
) -> None:
    made = article(title=title, text=text, url=url)
    evidence = [*word_hits(title, "title", cuts), *word_hits(text, "text", cuts)]
    (alert,) = new_article_alerts(
        [page(made, match(made, "t", *evidence))],
        settled_article_ids=(),
        alerted={},
        sources={"demo": replace(SOURCE, name=outlet)},
        topics={"t": Topic({"en": topic}, "c")},
        now=NOW,
        max_age_s=None,
        alert_first_poll=False,
    )
    assert block_faults(json.loads(alert.blocks)) == []
    assert text_faults({"type": "mrkdwn", "text": alert.text}, "text", 4_000) == []
    alert.blocks.encode("utf-8")
    for shown in texts(alert):
        assert shown.count("*") % 2 == 0
        assert not set("~`\u202e\x1b") & set(re.sub(r"<https?://[^<>|]*", "", shown, flags=re.IGNORECASE))


# The monitor's own trouble


def test_trouble_is_told_once_a_day() -> None:
    def told(at: datetime, detail: str = "config/watchlist.yaml:12: no such key") -> Alert:
        return operations_alert("The watchlist has a mistake", detail, channel="ops", now=at)

    assert told(NOW).alert_id == told(NOW + timedelta(hours=3)).alert_id
    assert told(NOW).alert_id != told(NOW + timedelta(days=1)).alert_id
    assert told(NOW).alert_id != told(NOW, "another line").alert_id


def test_trouble_is_shown_line_by_line_and_harmless() -> None:
    alert = operations_alert("A feed died", "https://x.example/<!channel>\n\nsecond *line*", channel="ops", now=NOW)
    assert alert.kind == "operations"
    assert texts(alert)[:2] == ["⚠️ *A feed died*", "https://x.example/&lt;!channel&gt;\nsecond ∗line∗"]


def test_trouble_of_any_length_fits() -> None:
    alert = operations_alert("&" * 500, "\n".join(["&" * 2_000] * 50), channel="ops", now=NOW)
    assert block_faults(json.loads(alert.blocks)) == []
