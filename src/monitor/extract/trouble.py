"""Pages that answered but show no article, or only the beginning of one: told by what they say instead."""

import re

from monitor.extract.skim import Skim
from monitor.model import Page, PageStatus
from monitor.urls import is_front_page

_SHORT = 1_500
"""In `weight`: more text than this is an article, whatever else the page says."""
_VERY_SHORT = 200

_NEEDS_SCRIPT = re.compile(
    r"(?:enable|requires?|turn on|activate|need) (?:your )?java ?script|"
    r"java ?script (?:is |to be )?(?:disabled|required|enabled)|"
    r"(?:включите|требуется|отключ[её]н) java ?script|java ?script (?:отключ|выключ)|"
    r"(?:启用|啟用|开启|開啟|打开|允许|支持) ?java ?script|java ?script ?(?:已?被?禁用|已?停用|未启用|未開啟)",
    re.IGNORECASE,
)
_ROBOT_CHECK = re.compile(
    r"just a moment|attention required|access denied|are you (?:a|not a) (?:robot|human)|not a robot|"
    r"verify(?:ing)? (?:that )?you are (?:a )?human|checking your browser|security check|ddos.?guard|captcha|"
    r"проверка браузера|вы не робот|доступ (?:запрещ[её]н|ограничен)|"
    r"安全验证|安全驗證|访问验证|人机验证|请完成验证|验证码",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"accept all|reject all|(?:manage|cookie) (?:options|preferences|settings)|before you continue|our partners|"
    r"your (?:privacy|consent|choices|personal data)|(?:use|store) cookies|cookies on your|(?:cookie|privacy) policy|"
    r"принять вс[её]|файлы cookie|наш\w+ партн[её]р|ваше\w* согласи[ея]|политик\w+ конфиденциальности|"
    r"接受(?:所有|全部)|全部接受|拒绝(?:所有|全部)|我们的合作伙伴|您的隐私|您的隱私|隐私政策|隱私政策|使用 ?cookie",
    re.IGNORECASE,
)
_PAYWALL = re.compile(
    r"subscribe (?:now )?to (?:continue|read|unlock|keep)|(?:for|to) subscribers only|subscriber[- ](?:only|exclusive)|"
    r"already a subscriber\?|(?:log|sign) in to (?:continue|read)|"
    r"to (?:continue|keep) reading|to read the (?:full|rest)|"
    r"this (?:article|content|story) is (?:only )?(?:for|available to) (?:our )?(?:subscribers|members)|"
    r"(?:оформите|купите) подписку|подпишитесь, чтобы|(?:только|доступ\w*) (?:для|по) подпис|"
    r"(?:полн\w+ (?:текст|верси\w+)|материал) доступ\w+ (?:только )?(?:подписчик|по подписк)|"
    r"订阅后|訂閱後|付费(?:阅读|内容|会员)|付費(?:閱讀|內容|會員)|会员(?:专享|可读|专属)|會員(?:專享|限定|專屬)|登录后(?:阅读|查看)|"
    r"登入後(?:閱讀|繼續)|(?:订阅|購買|购买|訂閱)[^。\n]{0,12}(?:继续|繼續|完整|全文)",
    re.IGNORECASE,
)
_HANZI = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


def weight(text: str) -> int:
    """The length of a text in which a Chinese, Japanese or Korean character counts as three letters."""
    return len(text) if text.isascii() else len(text) + 2 * len(_HANZI.findall(text))


def page_trouble(skim: Skim, text: str, *, page: Page, is_article: bool) -> PageStatus:
    """What is wrong with a page as an article, `fetched` where nothing is.

    `text` is what was taken from it, `is_article` whether the page calls itself what the feed calls the article.
    `not_html`: the bytes are something else; `not_found`: the request ended at the front page; `blocked`: a check for
    robots or a question about cookies; `script_only`: drawn by script; `paywall`: not free, or a teaser that says so.
    """
    if not skim.is_html:
        return "not_html"
    if not is_article and is_front_page(page.final_url or "") and not is_front_page(page.requested_url or ""):
        return "not_found"
    size = weight(text)
    return "fetched" if size >= _SHORT else _trouble_of_short_page(skim, text, size, is_article=is_article)


def _trouble_of_short_page(skim: Skim, text: str, size: int, *, is_article: bool) -> PageStatus:
    shown = skim.visible_text[:20_000]
    very_short = size < _VERY_SHORT
    robot_check = (very_short or not is_article) and any(_ROBOT_CHECK.search(title) for title in skim.titles)
    asked = {phrase.casefold() for phrase in _CONSENT.findall(text)}
    consent = len(asked) >= (4 if is_article and size >= 3 * _VERY_SHORT else 3)
    if robot_check or consent:
        return "blocked"
    if skim.free is False or _PAYWALL.search(shown):
        return "paywall"
    if very_short and skim.has_scripts and (_NEEDS_SCRIPT.search(shown) or skim.shown_chars < _VERY_SHORT):
        return "script_only"
    return "blocked" if very_short and _ROBOT_CHECK.search(shown[:1_000]) else "fetched"


def without_offers(text: str) -> str:
    """The beginning of an article without the lines that ask to pay for the rest."""
    return "\n".join(line for line in text.split("\n") if len(line) > _VERY_SHORT or not _PAYWALL.search(line))
