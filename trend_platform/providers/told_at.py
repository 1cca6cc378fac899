"""When a provider told something, by its own words: for answers whose rows carry no time of their own.

The `Date` header is written by whoever made the answer, and caches keep it. Our own clock is never asked.
"""

from collections.abc import Mapping
from datetime import datetime

from trend_platform.providers.instants import instant_of_date


def told_at(headers: Mapping[str, str]) -> datetime | None:
    """Return when an answer was made, to the second (RFC 9110, section 6.6.1); `None` if it does not say so.

    Args:
        headers: Headers by lower-case name.
    """
    return instant_of_date(headers.get("date", ""))
