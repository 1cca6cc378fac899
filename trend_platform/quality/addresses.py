"""One address for one article: what campaigns and feeds add to an address says nothing about the article."""

from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

_TRACKING: Final = frozenset(
    {
        *("gclid", "fbclid", "msclkid", "yclid", "mc_cid", "mc_eid", "igshid", "cmpid", "cmp", "ncid", "sref", "smid"),
        *(".tsrc", "tsrc", "guccounter", "guce_referrer", "guce_referrer_sig", "soc_src", "soc_trk", "ref", "ref_src"),
        *("src", "mod", "partner", "taid", "yptr", "siteid"),
    }
)
_DEFAULT_PORTS: Final = (None, 80, 443)


def canonical_url(url: str) -> str | None:
    """Return the one address of an article, `None` if it is no address on the web.

    The scheme becomes https, the host lower case; fragment, default port, tracking parameters and a final slash go; the other
    parameters stand in alphabetical order.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or "." not in host:
        return None
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _tracks(name)]
    place = host if port in _DEFAULT_PORTS else f"{host}:{port}"
    path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~-._")
    return urlunsplit(("https", place, path, urlencode(sorted(kept)), ""))


def _tracks(name: str) -> bool:
    return name.lower().startswith("utm_") or name.lower() in _TRACKING
