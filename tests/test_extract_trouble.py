import pytest

from monitor.extract.skim import skim_page
from monitor.extract.trouble import page_trouble, weight, without_offers
from monitor.model import PageStatus
from page_samples import LINK, html_of, page, wrapped


def trouble(body: bytes, *, is_article: bool = False, final_url: str = LINK) -> PageStatus:
    skim = skim_page(body, charset=None, url=final_url)
    return page_trouble(skim, skim.main_text, page=page(final_url=final_url), is_article=is_article)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("english", "fetched"), ("chinese", "fetched"), ("russian", "fetched"), ("live_blog", "fetched"),
        ("gallery", "fetched"), ("video", "fetched"), ("amp", "fetched"), ("script_with_text", "fetched"),
        ("paywall", "paywall"), ("script_only", "script_only"), ("cookie_wall", "blocked"), ("robot_check", "blocked"),
    ],
)  # fmt: skip
def test_tells_articles_from_what_stands_in_their_place(name: str, status: str) -> None:
    assert trouble(html_of(name)) == status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Полный текст доступен только подписчикам. Оформите подписку.", "paywall"),
        ("订阅后继续阅读全文", "paywall"),
        ("登入後閱讀全文", "paywall"),
        ("This article is for subscribers only.", "paywall"),
        ("请启用 JavaScript 后继续", "script_only"),
        ("Мы и наши партнёры храним файлы cookie. Нужно ваше согласие. Принять все", "blocked"),
        ("我们使用 Cookie。请阅读隐私政策。接受全部", "blocked"),
    ],
)
def test_in_three_languages(text: str, status: str) -> None:
    assert trouble(wrapped(f"<script src=a.js></script><p>{text}</p>"), is_article=True) == status


def test_a_long_article_is_one_whatever_else_the_page_offers() -> None:
    line = "<p>Another paragraph tells something about cookies, your consent and our partners in the new law.</p>"
    head = "<title>Attention required</title>"
    assert trouble(wrapped(f"<article>{line * 30}</article><p>Subscribe to continue reading.</p>", head)) == "fetched"


def test_a_short_article_on_cookies_is_no_question_about_them() -> None:
    text = "The regulator fined two firms over cookies. Consent had been asked for in a way that nobody could refuse. "
    body = wrapped(f"<article><h1>Two firms fined over cookies</h1><p>{text * 3}</p></article>")
    assert trouble(body, is_article=True) == "fetched"


def test_a_redirect_to_the_front_page_is_not_the_article() -> None:
    front = wrapped("".join(f"<p>Headline number {i} of the day and a line about it.</p>" for i in range(50)))
    assert trouble(front, final_url="https://www.paper.example.com/") == "not_found"
    assert trouble(front, final_url="https://www.paper.example.com/?p=12") == "fetched"


def test_chinese_characters_weigh_more() -> None:
    assert weight("abc") == 3
    assert weight("中文a") == 7


def test_offers_are_cut_from_a_teaser() -> None:
    assert without_offers("The beginning.\nSubscribe to continue reading.\nAlready a subscriber?") == "The beginning."
