"""From Alpaca's snapshots to quotes, in columns: `{"AAPL": {latestTrade, latestQuote, minuteBar, dailyBar, prevDailyBar}}`.

Crypto's stand under `snapshots`. The price is the latest trade's with its own time. A previous close is taken from the
consolidated tape alone: that of IEX is the last trade of a small exchange.
"""

from collections.abc import Mapping

import polars as pl

from trend_platform.domain.instruments import Instrument
from trend_platform.errors import Malformed
from trend_platform.providers.alpaca.classing import NAME
from trend_platform.providers.instants import instants_of_text
from trend_platform.providers.records import typed_columns
from trend_platform.providers.spelling import ids_by

_PARTS: Mapping[str, Mapping[str, str]] = {
    "latestTrade": {"p": "price", "t": "time", "s": "size"},
    "latestQuote": {"bp": "bid", "ap": "ask"},
    "prevDailyBar": {"c": "previous_close"},
}
_NUMBERS = ("price", "size", "bid", "ask", "previous_close")
_ROW = pl.Schema({"ticker": pl.String(), "time": pl.String(), **dict.fromkeys(_NUMBERS, pl.Float64())})


def read_snapshots(document: object, instruments: Mapping[str, Instrument], *, is_consolidated: bool) -> pl.DataFrame:
    """Return a row for each asked symbol of the snapshots.

    Args:
        document: The answer's JSON.
        instruments: The asked instruments by Alpaca's symbol; others are left out.
        is_consolidated: Whether the prices are those of the consolidated tape.

    Raises:
        Malformed: The document holds no snapshots.
    """
    told = document.get("snapshots", document) if isinstance(document, Mapping) else None
    if not isinstance(told, Mapping) or not all(isinstance(each, Mapping | None) for each in told.values()):
        raise Malformed(NAME, "the answer holds no snapshots: expected an object of them by symbol")
    ids = ids_by("ticker", instruments)
    columns = typed_columns([_flat(ticker, each) for ticker, each in told.items()], _ROW)
    found = columns.join(ids, on="ticker", how="inner", maintain_order="left")
    previous = pl.col("previous_close") if is_consolidated else pl.lit(None, dtype=pl.Float64)
    return found.select(
        "instrument_id",
        instants_of_text(found["time"]).alias("quoted_at"),
        *(_known(name) for name in ("price", "size", "bid", "ask")),
        previous.alias("previous_close"),
    )


def _flat(ticker: object, snapshot: object) -> dict[str, object]:
    flat: dict[str, object] = {"ticker": ticker}
    for part, names in _PARTS.items():
        inner = snapshot.get(part) if isinstance(snapshot, Mapping) else None
        if isinstance(inner, Mapping):
            flat |= {name: inner.get(short) for short, name in names.items()}
    return flat


def _known(name: str) -> pl.Expr:
    # One side of an empty book is told as zero.
    return pl.when(pl.col(name) != 0).then(pl.col(name)).alias(name)
