"""The models against an independent computation: on simulated prices with splits, and on five years of real ones."""

from datetime import date

import psycopg
import pytest

from trend_platform.domain.ranges import HISTORICAL_RANGES, Range, range_window
from trend_platform_tests.dbt_project import reference
from trend_platform_tests.dbt_project.models import assert_models_equal_reference, build
from trend_platform_tests.world import World, world

__all__ = ["world"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

AS_OF = date(2026, 3, 4)


def split(connection: psycopg.Connection, symbol: str, day: date, ratio: float) -> None:
    connection.execute(
        "INSERT INTO market.corporate_actions (instrument_id, kind, ex_date, ratio, provider) "
        "SELECT instrument_id, 'split', %s, %s, 'simulated' FROM market.instruments WHERE symbol = %s "
        "ON CONFLICT DO NOTHING",
        (day, ratio, symbol),
    )


def test_models_of_simulated_prices_equal_a_computation_that_knows_nothing_of_them(world: World) -> None:
    world.add("AAPL", "SPY", "BTC-USD", "EUR-USD")
    world.backfill(Range.Y5, "AAPL", "SPY", "BTC-USD", "EUR-USD")
    with psycopg.connect(world.database_url, autocommit=True) as connection:
        split(connection, "SPY", date(2023, 5, 2), 3.0)
        split(connection, "SPY", date(2024, 6, 3), 0.1)
        split(connection, "SPY", date(2031, 1, 2), 7.0)
        # These came split-adjusted before the second split: only that one applies to them.
        connection.execute(
            "UPDATE market.candles_daily SET basis = 'split', fetched_at = '2023-12-01' FROM market.instruments i "
            "WHERE i.instrument_id = candles_daily.instrument_id AND symbol = 'SPY' AND opened_at < '2022-06-01'"
        )
        build(world.database_url, AS_OF, "--full-refresh")
        assert_models_equal_reference(connection, AS_OF)


def test_the_reference_knows_the_ranges_of_the_platform() -> None:
    starts = reference.starts(AS_OF)
    assert starts == {range_.value: range_window(range_, AS_OF).start.date() for range_ in HISTORICAL_RANGES}
