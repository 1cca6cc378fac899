"""Yahoo's dividends: `{"events": {"dividends": {"...": {"date", "amount"}}}}`, adjusted as its prices are and restored as they are.

A dividend is stamped with the opening of the first session without it.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime

import numpy as np
import polars as pl

from trend_platform.providers.reference import dividend_frame
from trend_platform.providers.stamped import FAR_SECONDS
from trend_platform.providers.yahoo.chart import Chart
from trend_platform.providers.yahoo.classing import NAME
from trend_platform.providers.yahoo.restoring import factors_of, restored_prices

_MOST_DECIMALS = 6


def read_dividends(chart: Chart, instrument_id: int) -> pl.DataFrame:
    """Return the dividend frame of a chart that reaches the present; entries that make no sense are left out.

    Args:
        chart: As `read_chart` returns it: it must name every split since the dividends it tells.
        instrument_id: Whose chart it is.
    """
    events = chart.result.get("events")
    told = events.get("dividends") if isinstance(events, Mapping) else None
    entries = told.values() if isinstance(told, Mapping) else ()
    paid = [one for entry in entries if (one := _paid(entry, chart)) is not None]
    days = np.array([day for day, _ in paid], dtype="datetime64[D]")
    amounts = restored_prices(np.array([amount for _, amount in paid]), factors_of(days, chart.splits), _MOST_DECIMALS)
    columns = pl.DataFrame(
        {"instrument_id": [instrument_id] * len(paid), "ex_date": [day for day, _ in paid], "amount": amounts},
        schema={"instrument_id": pl.Int32(), "ex_date": pl.Date(), "amount": pl.Float64()},
    )
    return dividend_frame(columns.with_columns(pl.lit(_currency(chart)).alias("currency")), NAME)


def _paid(entry: object, chart: Chart) -> tuple[date, float] | None:
    at, amount = (entry.get("date"), entry.get("amount")) if isinstance(entry, Mapping) else (None, None)
    if not isinstance(at, (int, float)) or not isinstance(amount, (int, float)) or abs(at) >= FAR_SECONDS:
        return None
    return datetime.fromtimestamp(at, UTC).astimezone(chart.zone).date(), float(amount)


def _currency(chart: Chart) -> str:
    meta = chart.result.get("meta")
    return str(meta.get("currency") or "USD").upper() if isinstance(meta, Mapping) else "USD"
