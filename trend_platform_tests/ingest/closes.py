"""Daily candles in one line: stored closes to compare latest prices with."""

from collections.abc import Mapping
from datetime import date, datetime

import polars as pl

from trend_platform.domain.candles import Basis, as_candles
from trend_platform.domain.intervals import midnight
from trend_platform.storage.base import Market


def store_closes(
    market: Market,
    instrument_id: int,
    closes: Mapping[date, float],
    *,
    provider: str = "polygon",
    basis: Basis = Basis.RAW,
    is_final: bool = True,
    fetched_at: datetime | None = None,
) -> None:
    """Store a daily candle of each day, flat at its close."""
    rows = [
        {
            "instrument_id": instrument_id,
            "timeframe": "1d",
            "opened_at": midnight(day),
            **dict.fromkeys(("open", "high", "low", "close"), close),
            "provider": provider,
            "basis": basis.value,
            "is_final": is_final,
            "fetched_at": fetched_at or midnight(day),
        }
        for day, close in closes.items()
    ]
    with market.begin(1) as transaction:
        transaction.upsert(as_candles(pl.DataFrame(rows)))
