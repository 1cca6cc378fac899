"""The code location `realtime`, put together: every asset, check, job, sensor and resource it has, by name.

It holds what runs by the minute and must therefore start fast: nothing here, nor what it imports, may import Polars, pandas, a
calendar or a driver while the module loads; `trend_platform_tests/orchestration/test_locations.py` watches that.
"""

from collections.abc import Mapping

import dagster as dg

from trend_platform.orchestration.pieces import Pieces, definitions_of
from trend_platform.orchestration.realtime.assets import hourly_candles, latest_prices
from trend_platform.orchestration.realtime.checks import hourly_candles_are_fresh, latest_prices_are_fresh
from trend_platform.orchestration.realtime.jobs import refresh_hourly_candles, refresh_latest_prices
from trend_platform.orchestration.realtime.sensors import alert_sensor, hourly_candles_sensor, latest_price_sensor
from trend_platform.orchestration.resources import workshops

PIECES = Pieces(
    assets={"latest_prices": latest_prices, "hourly_candles": hourly_candles},
    checks={
        "latest_prices_are_fresh": latest_prices_are_fresh,
        "hourly_candles_are_fresh": hourly_candles_are_fresh,
    },
    jobs={"refresh_latest_prices": refresh_latest_prices, "refresh_hourly_candles": refresh_hourly_candles},
    sensors={
        "latest_price_sensor": latest_price_sensor,
        "hourly_candles_sensor": hourly_candles_sensor,
        "alert_sensor": alert_sensor,
    },
    resources={"workshops": workshops},
)


def build_defs(overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """Return the definitions of the location, with pieces replaced by name.

    Args:
        overrides: Assets by key, checks, jobs and sensors by name, resources by the parameter that asks for them;
            `{"workshops": ...}` gives everything other databases, providers, channels and another clock.

    Raises:
        UsageError: An override names no piece of this location.
    """
    return definitions_of(PIECES, overrides)


defs = build_defs()
