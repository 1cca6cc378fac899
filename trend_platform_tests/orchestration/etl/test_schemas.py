"""What an asset's page says of the columns and the tables behind it."""

import dagster as dg
import pytest

from trend_platform.orchestration.etl.definitions import build_defs
from trend_platform_tests.orchestration.workshops import MemoryWorkshops


@pytest.mark.parametrize(
    ("asset", "tables", "lengths"),
    [
        ("historical_candles", "market.candles_daily", "1d, 1w, 1mo"),
        ("intraday_candles", "market.candles_intraday", "1m, 5m, 15m, 30m, 1h, 4h, 12h"),
        ("rolled_candles", "market.rolled_intraday, market.rolled_daily", "5m, 15m, 30m, 1h, 4h, 12h, 1d, 1w, 1mo"),
    ],
)
def test_a_candle_asset_names_its_tables_and_its_own_lengths(asset: str, tables: str, lengths: str) -> None:
    graph = build_defs({"workshops": MemoryWorkshops()}).resolve_asset_graph()
    told = graph.get(dg.AssetKey(asset)).metadata
    assert told["dagster/table_name"] == tables
    (column,) = (one for one in told["dagster/column_schema"].columns if one.name == "timeframe")
    assert column.description == f"length of the candle: {lengths}"
