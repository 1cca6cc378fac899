"""Klines in Binance's shape, with each of their quirks."""

from datetime import UTC, datetime

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.binance.klines import parse_candles
from trend_platform.providers.stamped import Stamped

BITCOIN = Instrument(1, "BTC-USD", AssetClass.CRYPTO, "24/7")
HOUR_MS = 3_600_000
START_MS = round(datetime(2024, 3, 7, tzinfo=UTC).timestamp()) * 1000
NOW = datetime(2024, 3, 7, 1, 30, tzinfo=UTC)


def _row(at_ms: object, length_ms: int = HOUR_MS, close: object = "1.5", volume: object = "4.0") -> list[object]:
    ended = at_ms + length_ms - 1 if isinstance(at_ms, int) else None
    return [at_ms, "1.0", "2.0", "0.5", close, volume, ended, "6.0", 17, "1.0", "2.0", "0"]


def _read(rows: object, timeframe: Timeframe = Timeframe.H1) -> Stamped:
    return parse_candles(rows, BITCOIN, timeframe, NOW)


def test_numbers_come_as_text_and_the_mean_price_from_the_turnover() -> None:
    candles = _read([_row(START_MS)]).candles
    values = candles.select("opened_at", "open", "high", "low", "close", "volume", "vwap", "trade_count").row(0)
    assert values == (datetime(2024, 3, 7, tzinfo=UTC), 1.0, 2.0, 0.5, 1.5, 4.0, 1.5, 17)


def test_the_candle_that_forms_is_not_final() -> None:
    candles = _read([_row(START_MS), _row(START_MS + HOUR_MS)]).candles
    assert candles["is_final"].to_list() == [True, False]


def test_an_hour_without_trades_has_no_mean_price() -> None:
    assert _read([_row(START_MS, volume="0.00000000")]).candles["vwap"].to_list() == [None]


def test_an_empty_list_is_an_empty_answer() -> None:
    read = _read([])
    assert (read.candles.height, read.rejected.height) == (0, 0)


def test_rows_that_are_none_are_set_aside_alone() -> None:
    read = _read([_row(START_MS), "x", _row(None), [1, 2], _row(10**15), _row(1e30)])
    assert (read.candles.height, read.rejected.height) == (1, 5)


def test_one_odd_value_costs_its_own_field_only() -> None:
    candles = _read([_row(START_MS, close="n/a"), _row(START_MS + HOUR_MS, close=None, volume=7)]).candles
    assert candles.select("close", "volume").rows() == [(None, 4.0), (None, 7.0)]


def test_candles_of_another_length_are_refused() -> None:
    with pytest.raises(GranularityMismatch, match="1 day, 0:00:00 long where 1h ones"):
        _read([_row(START_MS, 24 * HOUR_MS)])


def test_single_candles_cut_by_an_outage_are_kept() -> None:
    rows = [_row(START_MS, HOUR_MS // 2), _row(START_MS + HOUR_MS)]
    assert _read(rows).candles.height == 2


@pytest.mark.parametrize("document", [{}, {"symbols": []}, None])
def test_what_is_no_list_is_refused(document: object) -> None:
    with pytest.raises(Malformed, match="holds no candles"):
        _read(document)
