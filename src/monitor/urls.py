"""Addresses: what makes two of them the same article, and which of them may be asked at all. Pure; no network.

`canonical_url` is an article's identity, so it folds whatever does not change what is read:

- http and https, default ports, `www.`, mobile hosts (`m.`, `mobile.`, `wap.`, `touch.`) and AMP (`amp.` hosts, `/amp`
  segments, `.amp.html`, `?amp=1`, Google's and Bing's AMP caches) are one; the result is https without `www.`;
- IP addresses and hosts with a port of their own keep their scheme, because there the two are different servers;
- links that only wrap another address (Google Alerts, Bing News, Facebook) are unwrapped;
- tracking parameters go, all others stay (`id=`, `p=`, `story=`), in the order of their names;
- trailing slashes, index pages, session ids, dot segments, percent-encoding and IDNA are normalised;
- fragments go, except `#!…` and `#/…`, which name the article on pages that are drawn by script.

So the result need not be an address that answers (a site may exist only under `www.`): fetch and show the link as the
feed gave it. courlan's normaliser was tried first: it drops parameters that identify articles (`cid`, `source`, any
name that begins with `ref`), keeps both schemes and knows neither AMP nor mobile hosts.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote_from_bytes, unquote, urljoin

import idna
from tldextract import TLDExtract

from monitor.settings import Network

MAX_URL_CHARS = 8_192
"""Longer strings are no addresses of articles."""

_ABSOLUTE = re.compile(r"(https?):[/\\]{2,}([^/\\?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.IGNORECASE | re.DOTALL)
_FRONT_PAGE = re.compile(r"https?://[^/?#]*/*\??(?:#(?![!/]).*)?", re.IGNORECASE | re.DOTALL)
_REMOVED_ANYWHERE = {ord(char): None for char in "\t\r\n"}
_STRIPPED = "".join(map(chr, range(0x21))) + "\x7f\u200b\u2060\ufeff"
_DEFAULT_PORT = {"http": "80", "https": "443"}

# ---- parameters --------------------------------------------------------------------------------------------------
_TRACKING_PREFIXES = (
    "__hs", "__twitter", "_ga", "_hs", "_openstat", "amp_", "at_", "cm_", "cmp_", "dm_i", "echobox", "fb_", "ga_",
    "gs_", "hsa_", "int_cmp", "itm_", "matomo_", "mc_", "mkt_", "mtm_", "ncid", "ns_", "oly_", "piwik_", "pk_",
    "ref_", "s_cid", "sailthru", "sc_c", "scm", "share_", "spm", "trk_", "utm_", "vero_", "vnewstat", "wt.", "wt_",
    "yclid",
)  # fmt: skip
_TRACKING = frozenset({
    "__source", "_branch_match_id", "_r_", "_source_id", "aspsessionid", "at_campaign", "at_medium", "chksm",
    "cid_source", "cmp", "cmpcontid", "cmpid", "cndid", "dclid", "dicbo", "ef_id", "epik", "esrc", "fbclid",
    "feed_id", "feedtype", "ftag", "gbraid", "gclid", "gclsrc", "guccounter", "guce_referrer", "guce_referrer_sig",
    "ic_cmp", "icid", "igsh", "igshid", "intcid", "intcmp", "isappinstalled", "ito", "jsessionid", "li_fat_id",
    "mbid", "mibextid", "msclkid", "nlid", "ns_campaign", "ns_linkname", "ns_mchannel", "ns_source", "nsukey",
    "ocid", "outputtype", "partner_id", "pass_ticket", "phpsessid", "ref_src", "referer", "referrer", "reflink_id",
    "refsrc", "rsf", "rss", "rss_id", "rssfeed", "s_kwcid", "session_id", "sessionid", "shareid", "sharetoken",
    "smid", "smprod", "smtyp", "sr_share", "sref", "srnd", "taid", "tpcc", "traffic_source", "tse_id", "ttclid",
    "twclid", "usqp", "wbraid", "wpisrc", "wprss", "wpsrc", "wxshare_count", "xtor", "yclid", "ysclid",
})  # fmt: skip
_AMP_PARAMETERS = frozenset({"amp", "isamp", "is_amp", "ampmode", "amp_html"})
# Names that mean something only together with their value: `from=rss` tells where the reader came from, `from=17` may
# be part of what is read.
_SOMETIMES_TRACKING = frozenset({
    "campaign", "channel", "f", "feed", "format", "fr", "from", "medium", "mod", "mode", "origin", "output",
    "partner", "ref", "s", "share", "source", "src", "traffic", "type", "utm", "via", "view",
})  # fmt: skip
_TRACKING_VALUES = frozenset({
    "amp", "atom", "baidu", "bing", "dzen", "email", "facebook", "fb", "feed", "feedburner", "feeds", "flipboard",
    "google", "google_news", "googlenews", "groupmessage", "homepage", "instagram", "linkedin", "mail", "mobile",
    "msn", "newsfeed", "newsletter", "odnoklassniki", "ok", "pocket", "push", "pushnotification", "qq", "qzone",
    "reddit", "rss", "rss2", "rss2.0", "rss_feed", "rssfeed", "share", "singlemessage", "social", "socialflow",
    "telegram", "tg", "timeline", "tme", "toutiao", "tw", "twitter", "viber", "vk", "vkontakte", "wap", "wechat",
    "weibo", "weixin", "whatsapp", "x", "yandex", "yandex_news", "yandexnews", "youtube", "yxnews", "zen",
})  # fmt: skip

# ---- paths -------------------------------------------------------------------------------------------------------
_PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9._~!$&'()*+,=:@-]*)*")
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9._~!$'()*,=:@/?&-]*")
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})|%")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_FOLDABLE = re.compile(r"amp|/index\.|/default\.", re.IGNORECASE)
_INDEX_PAGE = re.compile(r"/(?:index|default)\.(?:[sx]?html?|php\d?|aspx?|jsp|cgi|cfm)$", re.IGNORECASE)
_AMP_SUFFIX = re.compile(r"(?<=[^/])\.amp(?=\.html?$|$)", re.IGNORECASE)
_AMP_CACHE_PATH = re.compile(r"/(?:amp|[acvi](?=/s/))/(s/)?([^/]+\..+)", re.IGNORECASE | re.DOTALL)

# Hosts (registrable domain), path and parameter of links that only carry another address.
_WRAPPERS = {
    ("google", "/url"): ("url", "q"),
    ("bing", "/news/apiclick.aspx"): ("url",),
    ("facebook", "/l.php"): ("u",),
    ("vk", "/away.php"): ("to",),
    ("t", "/iv"): ("url",),
    ("zhihu", "/"): ("target",),
}

# ---- hosts -------------------------------------------------------------------------------------------------------
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_FOLDED_LABELS = frozenset({"www", "m", "mobile", "wap", "amp", "touch"})
# Private suffixes count (two blogs of one blogspot.com are two sites); the list is the one inside the package.
_suffixes = TLDExtract(cache_dir=None, suffix_list_urls=(), include_psl_private_domains=True)


def canonical_url(url: str, base: str | None = None) -> str | None:
    """The one address of what `url` points to, resolved against `base`; None when it is no http(s) address.

    None also for addresses with a user name or password, with a host or port that cannot be, and for strings longer
    than `MAX_URL_CHARS`. Never raises, whatever the string; `canonical_url(canonical_url(u)) == canonical_url(u)`.
    """
    while True:  # ends: each unwrapped address is shorter than the one it was in
        parts = _split(url, base)
        if parts is None:
            return None
        scheme, host, port, path, query, fragment = parts
        host = _folded_host(host)
        if not port and not _is_ip(host):
            scheme = "https"
        path = _canonical_path(path)
        query = _canonical_query(query) if query else ""
        inner = _wrapped_url(host, path, query)
        if inner is None:
            break
        url, base = inner, None
    if _FOLDABLE.search(path):
        path = _unfolded_path(path)
    if fragment[:1] in {"!", "/"} and len(fragment) > 1:
        fragment = "#" + _percent_normal(fragment, safe="/?!$&'()*+,;=:@")
    else:
        fragment = ""
    return f"{scheme}://{host}{port}{path or '/'}{'?' + query if query else ''}{fragment}"


def canonical_of_page(page_url: str, declared: Iterable[str]) -> str:
    """The canonical address of a page fetched from `page_url` that declares `declared` about itself.

    `declared` holds the values of rel=canonical and og:url in the order of the page, relative or absolute. The first
    plausible one is believed: one on the same registrable site (for a page out of an AMP cache: the publisher's) that
    does not lead from an article to the front page or a section, and does not drop the parameter that says which
    article it is. Otherwise, as when templates are wrong, it is `canonical_url(page_url)`.
    """
    page = canonical_url(page_url)
    if page is None:
        return page_url
    for address in declared:
        address = address.strip()  # noqa: PLW2901 - the same address, cleaned
        candidate = canonical_url(address, base=page_url) if _DECLARED.fullmatch(address) else None
        if candidate is not None and _is_plausible(page, candidate):
            return candidate
    return page


def host_of(url: str) -> str | None:
    """The host that is asked for `url`: lower case, IDNA, without port or brackets; None when there is none."""
    parts = _split(url, None)
    return parts[1].strip("[]") if parts else None


def site_of(url: str) -> str | None:
    """The registrable domain of `url` (`news.bbc.co.uk` -> `bbc.co.uk`); the host itself where it has none."""
    host = host_of(url)
    return None if host is None else _registrable(host) or host


def shown_url(url: str) -> str:
    """`url` with white space, controls and other unprintable characters percent-encoded, so that it can be logged and
    put into a sentence. A header's bytes that were no UTF-8 (lone surrogates, by `surrogateescape`) keep their value.
    """
    if url.isprintable() and " " not in url:
        return url
    return "".join(
        char if char.isprintable() and char != " " else quote_from_bytes(_bytes_of(char), safe="") for char in url
    )


def _bytes_of(char: str) -> bytes:
    errors = "surrogateescape" if "\udc80" <= char <= "\udcff" else "replace"
    return char.encode("utf-8", errors)


def is_front_page(url: str) -> bool:
    """Whether `url` is that of a whole site: an address with neither path nor query, so that of no article."""
    return _FRONT_PAGE.fullmatch(url) is not None


def is_public(address: str, allow: Sequence[Network] = ()) -> bool:
    """Whether the IP address `address` may be connected to: on the public internet, or in one of `allow`.

    Addresses that carry an IPv4 address in IPv6 (mapped, and NAT64's well-known prefix, through which IPv6-only
    networks reach IPv4) are judged by it. What is no IP address is not public.
    """
    try:
        ip = ip_address(address.strip("[]"))
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if any(ip in network for network in allow if isinstance(network, IPv6Network)):
            return True
        if ip.scope_id is not None:
            return False
        embedded = ip.ipv4_mapped or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        if embedded is None:
            return ip in _GLOBAL_UNICAST and not any(ip in network for network in _SPECIAL_IPV6)
        ip = embedded
    if any(ip in network for network in allow if isinstance(network, IPv4Network)):
        return True
    return not any(ip in network for network in _SPECIAL_IPV4)


_NAT64 = IPv6Network("64:ff9b::/96")
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# The IANA special-purpose address registries (RFC 6890 and its updates): all that is not globally reachable, and
# 6to4 and its anycast relay, which are retired (RFC 7526) and lead to whatever IPv4 address they hold.
_SPECIAL_IPV4 = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_SPECIAL_IPV6 = tuple(
    ip_network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)  # fmt: skip


# ---- splitting ---------------------------------------------------------------------------------------------------
def _split(url: str, base: str | None) -> tuple[str, str, str, str, str, str] | None:
    """Scheme, host, port (`:8080` or empty), path, query and fragment of an absolute http(s) address, or None."""
    url = url.strip(_STRIPPED)
    if len(url) > MAX_URL_CHARS:
        return None
    url = url.translate(_REMOVED_ANYWHERE)
    match = _ABSOLUTE.fullmatch(url)
    if match is None:
        if base is None and not url.startswith("//"):
            return None
        try:
            match = _ABSOLUTE.fullmatch(urljoin(base or "https://x/", url.replace("\\", "/")))
        except ValueError:
            return None
        if match is None or len(match.group()) > MAX_URL_CHARS:
            return None
    scheme, authority, path, query, fragment = match.groups(default="")
    scheme = scheme.lower()
    host, port = _host_and_port(authority, _DEFAULT_PORT[scheme])
    return None if host is None else (scheme, host, port, path, query, fragment)


@lru_cache(maxsize=16_384)
def _host_and_port(authority: str, default_port: str) -> tuple[str | None, str]:
    """Host (lower case, IDNA, IPv6 in brackets) and port (`:8080`, empty for the default); host None: unusable."""
    if authority.startswith("["):
        literal, bracket, port = authority[1:].partition("]")
        if not bracket or (port and not port.startswith(":")):
            return None, ""
        try:
            host: str | None = f"[{IPv6Address(literal)}]" if "%" not in literal else None
        except ValueError:
            return None, ""
        port = port[1:]
    else:
        name, _, port = authority.partition(":")
        host = _normal_host(name)
    if host is None or not (port == "" or (port.isascii() and port.isdigit() and int(port) <= 65_535)):
        return None, ""
    port = port.lstrip("0")
    return host, "" if port in {"", default_port} else f":{port}"


def _normal_host(name: str) -> str | None:
    """A host name in lower-case ASCII (IDNA), or an IPv4 address in dotted form; None when it can be neither."""
    if len(name) > 253:
        return None
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True, transitional=False).decode("ascii")
        except (UnicodeError, IndexError):
            return None
    name = name.lower().removesuffix(".")
    if not _HOST.fullmatch(name):
        return None
    last = name.rpartition(".")[2]
    if last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last):
        return _ipv4(name)
    return name


def _ipv4(name: str) -> str | None:
    """The dotted form of an IPv4 address in any form that resolvers accept (`2130706433`, `0x7f.1`, `0177.0.0.1`)."""
    numbers = []
    for part in name.split("."):
        base = 16 if part.startswith("0x") else 8 if part.startswith("0") and part != "0" else 10
        try:
            numbers.append(int(part[2:] or "0", 16) if base == 16 else int(part, base))
        except ValueError:
            return None
    *head, tail = numbers
    if len(numbers) > 4 or any(number > 255 for number in head) or tail >= 256 ** (5 - len(numbers)):
        return None
    return str(IPv4Address(sum(number << 24 - 8 * i for i, number in enumerate(head)) + tail))


# ---- hosts -------------------------------------------------------------------------------------------------------
@lru_cache(maxsize=16_384)
def _registrable(host: str) -> str:
    """The registrable domain of a host name, empty for IP addresses, public suffixes and single labels."""
    return "" if _is_ip(host) else _suffixes(host).top_domain_under_public_suffix


def _is_ip(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2].isdigit()


@lru_cache(maxsize=16_384)
def _folded_host(host: str) -> str:
    """`host` without labels that only say how it is shown (`www`, `m`, `amp` …), as long as a real site is left."""
    site = _registrable(host)
    if not site:
        return host
    subdomain = host.removesuffix(site).rstrip(".")
    kept = [label for label in subdomain.split(".") if label and label not in _FOLDED_LABELS]
    return ".".join([*kept, site])


# ---- paths -------------------------------------------------------------------------------------------------------
def _canonical_path(path: str) -> str:
    """A path that begins with a slash and ends without, or is empty: normal encoding, no dots, no session."""
    path = path.rstrip("/")
    if not _PLAIN_PATH.fullmatch(path):
        path = _percent_normal(path.replace("\\", "/"), safe="/!$&'()*+,;=:@")
        path = _SESSION_IN_PATH.sub("", path)
        path = _without_dots(path)
    return path


def _without_dots(path: str) -> str:
    """Dot segments resolved (RFC 3986, 5.2.4) and empty segments dropped."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    return "".join(f"/{segment}" for segment in kept)


def _unfolded_path(path: str) -> str:
    """The path of the article itself, given that of its AMP version or of its folder's index page."""
    while True:  # ends: each round shortens the path or is the last
        before = path
        path = _INDEX_PAGE.sub("", path)
        path = _AMP_SUFFIX.sub("", path)
        segments = path.split("/")[1:]
        others = [segment for segment in segments if segment.lower() not in {"amp", "amp.html"}]
        # A folder `/amp/` elsewhere than at the end is dropped only where an article's name follows: `/amp/` may be
        # a section on amplifiers.
        at_end = len(others) < len(segments) and segments[-1].lower() in {"amp", "amp.html"}
        if others and len(others) < len(segments) and (at_end or _looks_like_article("/" + others[-1])):
            path = "/" + "/".join(others)
        if path == before:
            return path


def _percent_normal(text: str, safe: str) -> str:
    """`text` with unreserved characters decoded, everything else outside `safe` encoded as UTF-8, `%` in upper case."""

    def escape(match: re.Match[str]) -> str:
        if match[1] is None:
            return "%25"
        byte = int(match[1], 16)
        return chr(byte) if byte in _UNRESERVED else f"%{match[1].upper()}"

    text = _PERCENT.sub(escape, text)
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe=safe + "%~")


# ---- parameters --------------------------------------------------------------------------------------------------
def _canonical_query(query: str) -> str:
    """The parameters that may identify an article, sorted by name."""
    if not _PLAIN_QUERY.fullmatch(query):
        query = _percent_normal(query.replace(" ", "+").replace("%20", "+"), safe="/?!$&'()*+,;=:@")
    kept = []
    for piece in query.split("&"):
        while piece.startswith("amp;"):  # `&amp;` out of badly escaped feeds
            piece = piece[4:]  # noqa: PLW2901 - the same piece, shortened
        name, _, value = piece.partition("=")
        if name and not _is_tracking(name.lower(), value):
            kept.append((name, piece))
    return "&".join(piece for _, piece in sorted(kept, key=lambda pair: pair[0]))


def _is_tracking(name: str, value: str) -> bool:
    """Whether a parameter says where the reader came from, or how the page is to look, rather than what it is."""
    if name in _TRACKING or name in _AMP_PARAMETERS or name.startswith(_TRACKING_PREFIXES):
        return True
    return name in _SOMETIMES_TRACKING and (value.lower() in _TRACKING_VALUES or value.lower().startswith("rss"))


def _wrapped_url(host: str, path: str, query: str) -> str | None:
    """The address that an AMP cache or a redirecting link carries, or None; the arguments are canonical."""
    site = _registrable(host)
    name = site.partition(".")[0]
    if site in {"ampproject.org", "bing-amp.com"} or (name == "google" and path.startswith("/amp/")):
        match = _AMP_CACHE_PATH.fullmatch(path)
        target = f"http{'s' if match[1] else ''}://{match[2]}{'?' + query if query else ''}" if match else None
        return target if target and _split(target, None) else None
    for parameter in _WRAPPERS.get((name, path or "/"), ()):
        for piece in query.split("&"):
            if piece.startswith(parameter + "="):
                target = unquote(piece[len(parameter) + 1 :], errors="surrogateescape")
                if target.lower().startswith(("http://", "https://")) and _split(target, None):
                    return target
    return None


# ---- plausibility of a declared address --------------------------------------------------------------------------
_DATE_SEGMENT = re.compile(r"\d{1,4}|(?:19|20)\d{2}-?\d{2}(?:-?\d{2})?")
# An address or a path from the root; what else templates leave there (`undefined`, `{{ url }}`) is none.
_DECLARED = re.compile(r"(?:https?:)?/[^\s{}<>\"]*", re.IGNORECASE)
_PAGE_SUFFIX = re.compile(r"\.(?:[sx]?html?|php\d?|aspx?|jsp|cgi|do)$", re.IGNORECASE)


def _looks_like_article(path: str) -> bool:
    """Whether the last segment of `path` names one article rather than a section, a day or a script."""
    last = unquote(_PAGE_SUFFIX.sub("", path.rpartition("/")[2]))
    if not last or _DATE_SEGMENT.fullmatch(last):
        return False
    return any(char.isdigit() for char in last) or last.count("-") + last.count("_") >= 2 or len(last) >= 18


def _is_plausible(page: str, candidate: str) -> bool:
    """Whether `candidate` can be the same article as `page`; both are canonical."""
    if candidate == page:
        return True
    if site_of(candidate) != site_of(page):
        return False
    page_path, page_query = _path_and_query(page)
    path, query = _path_and_query(candidate)
    if path == "/" and not query:
        return False
    if page_query and not query and not _looks_like_article(path):
        return False  # the page is told apart by a parameter that the declared address lacks
    if _looks_like_article(path) or query:
        return True
    return not _looks_like_article(page_path) and not page_path.startswith(path.rstrip("/") + "/")


def _path_and_query(canonical: str) -> tuple[str, str]:
    address, _, query = canonical.partition("?")
    return "/" + address.split("/", 3)[3], query
