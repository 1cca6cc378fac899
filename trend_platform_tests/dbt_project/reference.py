"""What the models should hold, computed anew with Polars from the stored candles: no SQL, and nothing of the platform."""

from datetime import date, timedelta

import polars as pl
import psycopg

MONTHS = {"1M": 1, "3M": 3, "6M": 6, "1Y": 12, "3Y": 36, "5Y": 60}
PER_YEAR = {"24/7": 365, "24/5": 260}
_CANDLES = """
    SELECT symbol, asset_class, calendar, (opened_at AT TIME ZONE 'UTC')::date AS session, open, high, low, close, volume,
        basis, (fetched_at AT TIME ZONE 'UTC')::date AS fetched_on
    FROM market.candles_daily JOIN market.instruments USING (instrument_id)
    WHERE timeframe = '1d' AND is_final AND opened_at <= %s
"""
_SPLITS = """
    SELECT symbol, ex_date, ratio FROM market.corporate_actions JOIN market.instruments USING (instrument_id)
    WHERE kind = 'split' AND ex_date <= %s
"""


def adjusted_candles(connection: psycopg.Connection, as_of: date) -> pl.DataFrame:
    """Return final candles on the share count of `as_of`: each split divides the prices that came before it."""
    candles = _frame(connection.execute(_CANDLES, (as_of,)))
    splits = _frame(connection.execute(_SPLITS, (as_of,)))
    prices = ("open", "high", "low", "close")
    for symbol, ex_date, ratio in splits.iter_rows():
        known = (pl.col("basis") == "split") & (pl.col("fetched_on") >= ex_date)
        hit = (pl.col("symbol") == symbol) & (pl.col("session") < ex_date) & ~known
        candles = candles.with_columns(
            *(pl.when(hit).then(pl.col(name) / ratio).otherwise(pl.col(name)).alias(name) for name in prices),
            pl.when(hit).then(pl.col("volume") * ratio).otherwise(pl.col("volume")).alias("volume"),
        )
    return candles.sort("symbol", "session")


def returns(candles: pl.DataFrame) -> pl.DataFrame:
    """Return `previous_session`, `previous_close` and the returns of each session."""
    before = pl.col("close").shift(1).over("symbol")
    return candles.with_columns(
        pl.col("session").shift(1).over("symbol").alias("previous_session"),
        before.alias("previous_close"),
        (pl.col("close") / before - 1).alias("simple_return"),
        (pl.col("close") / before).log().alias("log_return"),
    )


def period_candles(candles: pl.DataFrame, every: str) -> pl.DataFrame:
    """Return candles of weeks (`1w`) or months (`1mo`)."""
    return (
        candles.group_by("symbol", pl.col("session").dt.truncate(every).alias("period_start"))
        .agg(
            pl.len().alias("sessions"),
            pl.col("open").first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume").sum(),
        )
        .sort("symbol", "period_start")
    )


def starts(as_of: date) -> dict[str, date]:
    """Return the first day of each range that ends with `as_of`."""
    after = pl.Series([as_of + timedelta(days=1)])
    by_months = {name: after.dt.offset_by(f"-{count}mo")[0] for name, count in MONTHS.items()}
    return {
        **by_months,
        "7D": as_of - timedelta(days=6),
        "YTD": date(as_of.year, 1, 1),
        "MAX": date(1962, 1, 2),
    }


def performance(made: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return the performance of each symbol over each range, from frame `returns`."""
    found = []
    for name, start in starts(as_of).items():
        for (symbol,), rows in made.filter(pl.col("session") >= start).group_by("symbol", maintain_order=True):
            first = rows["previous_close"][0]
            path = pl.concat([pl.Series([rows["close"][0] if first is None else first]), rows["close"]])
            logs = rows["log_return"].drop_nulls()
            daily = logs.std()
            found.append(
                {
                    "symbol": symbol,
                    "range": name,
                    "sessions": rows.height,
                    "total_return": path[-1] / path[0] - 1,
                    "volatility": None if daily is None else daily * PER_YEAR.get(rows["calendar"][0], 252) ** 0.5,
                    "max_drawdown": (path / path.cum_max() - 1)[1:].min(),
                }
            )
    return pl.DataFrame(found).sort("symbol", "range")


def signals(made: pl.DataFrame) -> pl.DataFrame:
    """Return where each symbol stands in its last session, from frame `returns`."""
    return pl.concat([_signal(rows) for _, rows in made.group_by("symbol", maintain_order=True)])


def _signal(rows: pl.DataFrame) -> pl.DataFrame:
    close = pl.col("close")
    averaged = rows.with_columns(
        *(close.rolling_mean(n).alias(f"sma_{n}") for n in (20, 50, 200)),
        *(close.ewm_mean(span=n, adjust=False).alias(f"ema_{n}") for n in (20, 50, 200)),
        *((close / close.shift(n) - 1).alias(f"momentum_{n}") for n in (20, 50, 200)),
    )
    pairs = [("close", "sma_20"), ("close", "sma_50"), ("close", "sma_200")]
    pairs += [("sma_20", "sma_50"), ("sma_50", "sma_200"), ("ema_20", "ema_50")]
    votes = sum(((pl.col(one) - pl.col(other)).sign() for one, other in pairs), start=pl.lit(0.0))
    directed = averaged.with_columns(votes.alias("votes")).with_columns(
        pl.when(pl.col("votes").is_null())
        .then(pl.lit("unknown"))
        .when(pl.col("votes") >= 4)
        .then(pl.lit("up"))
        .when(pl.col("votes") <= -4)
        .then(pl.lit("down"))
        .otherwise(pl.lit("sideways"))
        .alias("direction")
    )
    last, direction = directed.row(-1, named=True), directed["direction"].to_list()
    place = len(direction) - 1
    while place and direction[place - 1] == last["direction"]:
        place -= 1
    kept = [f"{kind}_{n}" for kind in ("sma", "ema", "momentum") for n in (20, 50, 200)]
    side = (directed["sma_50"] - directed["sma_200"]).sign().to_list()
    crossed = [at for at in range(1, len(side)) if side[at - 1] is not None and side[at] != side[at - 1]]
    return pl.DataFrame(
        {
            "symbol": [last["symbol"]],
            **{name: [last[name]] for name in kept},
            "direction": [last["direction"]],
            "strength": [None if last["votes"] is None else abs(last["votes"]) / 6],
            "since": [rows["session"][place]],
            "slow_cross": [("golden" if side[-1] > 0 else "death") if crossed else None],
            "slow_cross_on": [rows["session"][crossed[-1]] if crossed else None],
        },
        schema_overrides={**dict.fromkeys(kept, pl.Float64), "slow_cross": pl.String, "slow_cross_on": pl.Date}
        | {"strength": pl.Float64},
    )


def _frame(cursor: psycopg.Cursor) -> pl.DataFrame:
    names = [column.name for column in cursor.description or ()]
    texts = {name: pl.String for name in names if name in {"symbol", "asset_class", "calendar", "basis"}}
    days = {name: pl.Date for name in names if name in {"session", "fetched_on", "ex_date"}}
    kinds = {name: texts.get(name, days.get(name, pl.Float64)) for name in names}
    return pl.DataFrame(cursor.fetchall(), schema=kinds, orient="row")
