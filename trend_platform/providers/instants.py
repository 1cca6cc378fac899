"""Instants written as text: ISO 8601 in columns, with `Z` or an offset, to microseconds of UTC, and dates of headers and feeds.

No provider's names here.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import polars as pl

from trend_platform.domain.candles import INSTANT

_ZULU, _OFFSET = "%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%dT%H:%M:%S%.f%#z"


def instants_of_text(text: pl.Series) -> pl.Series:
    """Return the instants a text column names, null where it names none; digits beyond microseconds are dropped."""
    zulu = text.str.to_datetime(_ZULU, time_unit="us", time_zone="UTC", strict=False)
    left = zulu.is_null() & text.is_not_null()
    if not left.any():
        return zulu.cast(INSTANT)
    offset = text.str.to_datetime(_OFFSET, time_unit="us", time_zone="UTC", strict=False)
    return zulu.fill_null(offset).cast(INSTANT)


def instant_of_date(text: str) -> datetime | None:
    """Return the instant a date of mail, feeds or HTTP headers names (RFC 5322), in UTC; `None` if it names none."""
    try:
        instant = parsedate_to_datetime(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
