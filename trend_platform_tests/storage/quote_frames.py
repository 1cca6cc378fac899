"""Quote frames for tests of storage."""

from datetime import UTC, datetime, timedelta

import polars as pl

from trend_platform.domain.quotes import as_quotes

OPENED = datetime(2024, 5, 6, 13, 30, tzinfo=UTC)


def quotes(*instrument_ids: int, at: datetime = OPENED, **columns: object) -> pl.DataFrame:
    """A frame of one quote for each instrument; `columns` replace what they say."""
    said = {"provider": "polygon", "quoted_at": at, "price": 10.5, "fetched_at": at + timedelta(seconds=1)}
    frame = pl.DataFrame({"instrument_id": list(instrument_ids)}, schema={"instrument_id": pl.Int32})
    return as_quotes(frame.with_columns(pl.lit(value).alias(name) for name, value in (said | columns).items()))
