"""What an incremental run leaves behind is what a full refresh makes: after late data, corrections, deletions and splits."""

from collections.abc import Callable
from datetime import date

import psycopg
import pytest
from psycopg import sql

from trend_platform.domain.ranges import Range
from trend_platform_tests.dbt_project.models import assert_models_equal_reference, build
from trend_platform_tests.world import World, world

__all__ = ["world"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

AS_OF = date(2026, 3, 4)
INCREMENTAL = ("daily_returns", "weekly_candles", "monthly_candles")
MODELS = (*INCREMENTAL, "split_factors", "range_performance", "trend_signals", "market_overview", "market_breadth", "data_coverage")  # fmt: skip
Change = Callable[[psycopg.Connection], None]

_OF = "instrument_id = (SELECT instrument_id FROM market.instruments WHERE symbol = {symbol})"


def run(connection: psycopg.Connection, statement: str, symbol: str) -> None:
    done = connection.execute(sql.SQL(statement + _OF).format(symbol=sql.Literal(symbol)))
    assert done.rowcount > 0, statement


def rows(connection: psycopg.Connection, model: str) -> list[tuple[object, ...]]:
    table = sql.Identifier("analytics", model)
    return connection.execute(sql.SQL("SELECT t::text FROM {table} AS t ORDER BY 1").format(table=table)).fetchall()


def written(connection: psycopg.Connection, model: str) -> dict[object, str]:
    """Return the transaction that wrote each row: a row that is written again has another one."""
    table = sql.Identifier("analytics", model)
    key = "session" if model == "daily_returns" else "period_start"
    query = sql.SQL("SELECT instrument_id, {key}, xmin::text FROM {table}").format(key=sql.Identifier(key), table=table)
    return {tuple(row[:2]): row[2] for row in connection.execute(query)}


def rewritten(connection: psycopg.Connection, before: dict[object, str], model: str) -> int:
    after = written(connection, model)
    return sum(before.get(key) != writer for key, writer in after.items())


@pytest.fixture
def connection(world: World):
    with psycopg.connect(world.database_url, autocommit=True) as opened:
        opened.execute("DROP SCHEMA IF EXISTS analytics CASCADE")
        yield opened


def late_2019(world: World) -> None:
    """AAPL's 2019 comes only now, in 2026: its candles were all later than that."""
    world.backfill(Range.MAX, "AAPL", as_of=date(2019, 12, 31))


def test_everything_that_can_happen_to_history_ends_as_a_full_refresh_would(world: World, connection) -> None:
    world.add("AAPL", "SPY", "BTC-USD", "MSFT")
    world.backfill(Range.Y5, "AAPL", "SPY", "BTC-USD", "MSFT")
    build(world.database_url, AS_OF)
    first = {model: written(connection, model) for model in INCREMENTAL}
    untouched = {key for key in first["daily_returns"] if key[0] == world.instrument("MSFT").instrument_id}

    late_2019(world)
    run(connection, "UPDATE market.candles_daily SET close = low WHERE opened_at = '2024-05-07' AND ", "SPY")
    run(connection, "DELETE FROM market.candles_daily WHERE opened_at >= '2023-02-01' AND opened_at < '2023-04-01' AND ", "BTC-USD")  # fmt: skip
    connection.execute(
        "INSERT INTO market.corporate_actions (instrument_id, kind, ex_date, ratio, provider) "
        "SELECT instrument_id, 'split', '2022-06-06', 20, 'simulated' FROM market.instruments WHERE symbol = 'SPY'"
    )
    build(world.database_url, AS_OF)

    after = {model: rows(connection, model) for model in MODELS}
    again = {model: written(connection, model) for model in INCREMENTAL}
    assert min(day for _, day in again["daily_returns"]) < date(2019, 1, 3)
    assert {again["daily_returns"][key] == first["daily_returns"][key] for key in untouched} == {True}
    assert_models_equal_reference(connection, AS_OF)

    build(world.database_url, AS_OF, "--full-refresh")
    for model in MODELS:
        assert after[model] == rows(connection, model), model
    assert rewritten(connection, again["daily_returns"], "daily_returns") == len(again["daily_returns"])


def test_a_correction_costs_the_rows_it_changes_and_nothing_costs_nothing(world: World, connection) -> None:
    world.add("SPY")
    world.backfill(Range.Y1, "SPY")
    build(world.database_url, AS_OF, "--select", "split_factors", *INCREMENTAL, verb="run")
    before = {model: written(connection, model) for model in INCREMENTAL}
    build(world.database_url, AS_OF, "--select", *INCREMENTAL, verb="run")
    assert {rewritten(connection, before[model], model) for model in INCREMENTAL} == {0}

    run(connection, "UPDATE market.candles_daily SET close = low WHERE opened_at = '2025-06-10' AND ", "SPY")
    build(world.database_url, AS_OF, "--select", *INCREMENTAL, verb="run")
    counts = {model: rewritten(connection, before[model], model) for model in INCREMENTAL}
    # The close of a Tuesday: its return and the next one; no week or month ends with it.
    assert counts == {"daily_returns": 2, "weekly_candles": 0, "monthly_candles": 0}
