"""Building the models in a world's database, and reading what they hold."""

import json
from collections.abc import Sequence
from datetime import date

import polars as pl
import psycopg
from polars.testing import assert_frame_equal
from psycopg import sql
from pydantic import SecretStr

from trend_platform.local import dbt_run
from trend_platform_tests.dbt_project import reference

EXACT, CLOSE = 1e-12, 1e-9


def build(database_url: str, as_of: date, *options: str, verb: str = "build") -> dict[str, dbt_run.Built]:
    """Build the models as of a day; every one of them and every test must be good."""
    day = ["--vars", json.dumps({"as_of": as_of.isoformat()})]
    done = dbt_run.build(SecretStr(database_url), [*day, *options], verb)
    assert [(one.name, one.message) for one in done if not one.is_good] == []
    return {one.name: one for one in done}


def read(connection: psycopg.Connection, model: str, columns: Sequence[str], order: Sequence[str]) -> pl.DataFrame:
    """Return columns of a model, with the symbol where the model has only the instrument."""
    source = sql.Identifier("analytics", model)
    joined = sql.SQL("" if model in SYMBOLS else " JOIN market.instruments USING (instrument_id)")
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    cursor = connection.execute(sql.SQL("SELECT {} FROM {}{}").format(names, source, joined))
    frame = pl.DataFrame(cursor.fetchall(), schema=list(columns), orient="row", infer_schema_length=None)
    return frame.sort(order)


SYMBOLS = {"range_performance", "trend_signals", "market_overview", "data_coverage"}


def assert_models_equal_reference(connection: psycopg.Connection, as_of: date) -> None:
    """Compare returns, weeks, months, performance and trends with the Polars computation."""
    candles = reference.adjusted_candles(connection, as_of)
    returns = reference.returns(candles)
    _same(
        connection,
        "daily_returns",
        returns,
        ("previous_session", "close", "previous_close", "simple_return", "log_return"),
        "session",
    )
    for model, every in (("weekly_candles", "1w"), ("monthly_candles", "1mo")):
        values = ("sessions", "open", "high", "low", "close", "volume")
        _same(connection, model, reference.period_candles(candles, every), values, "period_start")
    performance = ("sessions", "total_return", "volatility", "max_drawdown")
    _same(connection, "range_performance", reference.performance(returns, as_of), performance, "range")
    signals = reference.signals(returns)
    _same(connection, "trend_signals", signals, [name for name in signals.columns if name != "symbol"])


def _same(
    connection: psycopg.Connection, model: str, expected: pl.DataFrame, values: Sequence[str], *keys: str
) -> None:
    columns = ["symbol", *keys, *values]
    found = read(connection, model, columns, ["symbol", *keys])
    wanted = expected.select(columns).sort("symbol", *keys)
    assert found.height == wanted.height > 0
    assert_frame_equal(found.cast(dict(wanted.schema.items())), wanted, check_exact=False, rel_tol=CLOSE, abs_tol=EXACT)
