"""Polygon's `next_url`: a whole address of another page, read so that the key goes to no other host.

It carries either of the provider's two host names, sometimes a port, sometimes an `apiKey`. Only its path and query are
kept; the client sends them to the base URL.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit

from trend_platform.errors import Malformed
from trend_platform.providers.polygon.classing import NAME

_HOSTS = frozenset({"api.massive.com", "api.polygon.io"})


def next_path(document: object, base_url: str) -> str | None:
    """Return path and query of the next page, `None` on the last one.

    Raises:
        Malformed: The address is none, or names a host that is neither the provider's nor the base URL's.
    """
    address = document.get("next_url") if isinstance(document, dict) else None
    if not address:
        return None
    base, parts = urlsplit(base_url), urlsplit(str(address))
    if parts.hostname not in {*_HOSTS, base.hostname}:
        raise Malformed(NAME, f"the next page is said to be at {parts.hostname or 'no host'}; no key is sent there")
    path = parts.path if parts.hostname in _HOSTS else parts.path.removeprefix(base.path)
    if not path.startswith("/"):
        raise Malformed(NAME, "the next page's address has no path")
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "apiKey"]
    return f"{path}?{urlencode(query)}" if query else path
