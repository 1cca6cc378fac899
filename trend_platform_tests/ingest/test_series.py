from datetime import date

import orjson
import pytest

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.ranges import Range, range_window
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.series import refresh_series
from trend_platform_tests.ingest.desk import Desk

TODAY = date(2026, 3, 4)


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.add("AAPL", "NVDA")
    desk.backfill(Range.Y1, as_of=TODAY)
    return desk


def days_of(payload: bytes) -> list[str]:
    return [candle["opened_at"][:10] for candle in orjson.loads(payload)["candles"]]


def test_a_series_holds_the_ranges_sessions_oldest_first(desk: Desk):
    payload = desk.cache.get("AAPL", Range.Y1)
    assert payload is not None
    opens = get_calendar("XNYS").candle_opens(Timeframe.D1, range_window(Range.Y1, TODAY))
    assert len(days_of(payload)) == len(opens)
    assert days_of(payload) == sorted(days_of(payload))
    head = {key: value for key, value in orjson.loads(payload).items() if key != "candles"}
    assert head == {"symbol": "AAPL", "range": "1Y", "timeframe": "1d", "basis": "split", "as_of": "2026-03-04"}


def test_a_symbol_without_candles_has_an_empty_series_and_not_none(desk: Desk):
    desk.add("MSFT")
    refresh_series(desk.workshop(), desk.workshop().select(["MSFT"]), [Range.M1])
    payload = desk.cache.get("MSFT", Range.M1)
    assert payload is not None
    assert days_of(payload) == []


def test_prices_of_a_series_are_on_todays_share_count(desk: Desk):
    desk.add("TSLA")
    desk.backfill(Range.Y5, symbols=("TSLA",), as_of=TODAY)
    tesla = desk.workshop().select(["TSLA"])[0]
    splits = desk.storage.market.splits([tesla.instrument_id])
    closes = [candle["close"] for candle in orjson.loads(desk.cache.get("TSLA", Range.Y5) or b"")["candles"]]
    raw = desk.storage.market.candles([tesla.instrument_id], Timeframe.D1, range_window(Range.Y5, TODAY))["close"]
    ratio = 1.0
    for one in splits.iter_rows(named=True):
        ratio *= one["ratio"] if one["ex_date"] > range_window(Range.Y5, TODAY).start.date() else 1.0
    assert closes[0] == pytest.approx(raw[0] / ratio)
    assert closes[-1] == raw[-1]


def test_a_backfill_of_earlier_days_leaves_the_series_ending_today(desk: Desk):
    desk.backfill(Range.M1, as_of=date(2025, 6, 30))
    assert days_of(desk.cache.get("AAPL", Range.M1) or b"")[-1] == "2026-03-04"
