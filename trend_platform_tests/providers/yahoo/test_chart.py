"""Charts in Yahoo's shapes, with each of their quirks."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from trend_platform.domain.candles import CANDLE_SCHEMA, Basis
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.base import Capabilities
from trend_platform.providers.yahoo.chart import Bars, read_bars, read_chart

NOW = datetime(2024, 3, 8, 18, tzinfo=UTC)
SHARE = Instrument(7, "AAPL", AssetClass.STOCK, "XNYS")
CAPABILITIES = Capabilities(
    frozenset(),
    frozenset(),
    Basis.RAW,
    settles_after=timedelta(hours=2),
    settles_within_day=timedelta(minutes=20),
)
NAMES = ("open", "high", "low", "close")


def _at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def _document(
    stamps: Sequence[object] | None, rows: Sequence[Sequence[object]], meta: Mapping[str, object] | None = None
) -> dict[str, object]:
    told = {
        "symbol": "AAPL",
        "currency": "USD",
        "exchangeTimezoneName": "America/New_York",
        "priceHint": 2,
        "dataGranularity": "1d",
    }
    quote = {name: [row[place] for row in rows] for place, name in enumerate((*NAMES, "volume"))} if rows else {}
    result: dict[str, object] = {"meta": {**told, **(meta or {})}, "indicators": {"quote": [quote]}}
    if stamps is not None:
        result["timestamp"] = stamps
    return {"chart": {"result": [result], "error": None}}


def _read(
    document: object, timeframe: Timeframe = Timeframe.D1, instrument: Instrument = SHARE, ticker: str = "AAPL"
) -> Bars:
    chart = read_chart(document, instrument, ticker)
    return read_bars(chart, instrument, timeframe, chart.splits, CAPABILITIES, NOW)


FLAT = (1.0, 1.0, 1.0, 1.0, 5)


def test_a_day_is_the_sessions_date_on_both_sides_of_daylight_saving() -> None:
    bars = _read(_document([_at("2024-03-07T14:30"), _at("2024-07-05T13:30")], [FLAT, FLAT]))
    assert [at.date() for at in bars.candles["opened_at"]] == [date(2024, 3, 7), date(2024, 7, 5)]
    assert bars.candles.schema == CANDLE_SCHEMA


def test_a_day_east_of_greenwich_is_its_own_date() -> None:
    meta = {"symbol": "BHP.AX", "currency": "AUD", "exchangeTimezoneName": "Australia/Sydney"}
    bhp = Instrument(8, "BHP.AX", AssetClass.STOCK, "XASX")
    bars = _read(_document([_at("2024-03-06T23:00")], [FLAT], meta), instrument=bhp, ticker="BHP.AX")
    assert bars.candles["opened_at"][0].date() == date(2024, 3, 7)


def test_the_present_instant_is_the_days_latest_word() -> None:
    stamps = [_at("2024-03-07T14:30"), _at("2024-03-08T14:30"), _at("2024-03-08T17:59:58")]
    bars = _read(_document(stamps, [FLAT, FLAT, (1.0, 2.0, 1.0, 1.5, 9)]))
    assert bars.candles.select("close", "volume", "is_final").rows() == [(1.0, 5.0, True), (1.5, 9.0, False)]


def test_within_a_day_the_present_instant_and_the_close_begin_no_candle() -> None:
    # As recorded: half past each hour, the moment of the close at 16:00, and the instant of asking.
    stamps = [_at(f"2024-03-07T{hour}:30") for hour in range(14, 21)] + [_at("2024-03-07T21:00")]
    stamps += [_at("2024-03-08T14:30"), _at("2024-03-08T15:12:03")]
    bars = _read(_document(stamps, [FLAT] * len(stamps), {"dataGranularity": "1h"}), Timeframe.H1)
    assert (bars.candles.height, bars.strays) == (8, 2)
    assert bars.candles["opened_at"][0] == datetime(2024, 3, 7, 14, 30, tzinfo=UTC)


def test_a_bar_within_the_day_settles_sooner_than_the_day() -> None:
    stamps = [_at("2024-03-08T17:38"), _at("2024-03-08T17:39"), _at("2024-03-08T17:40")]
    bars = _read(_document(stamps, [FLAT] * 3, {"dataGranularity": "1m"}), Timeframe.M1)
    assert bars.candles["is_final"].to_list() == [True, True, False]


def test_rows_of_nothing_are_left_out_and_rows_of_something_are_kept() -> None:
    rows = [(None, None, None, None, None), (None, None, None, 1.5, None)]
    bars = _read(_document([_at("2024-03-06T14:30"), _at("2024-03-07T14:30")], rows))
    assert bars.candles.select(*NAMES, "volume").rows() == [(None, None, None, 1.5, None)]


def test_a_chart_without_time_stamps_is_an_empty_answer() -> None:
    bars = _read(_document(None, []))
    assert (bars.candles.height, bars.rejected.height) == (0, 0)


def test_a_row_without_a_readable_time_is_set_aside_alone() -> None:
    bars = _read(_document([None, _at("2024-03-07T14:30"), 10**14], [FLAT, FLAT, FLAT]))
    assert (bars.candles.height, bars.rejected.height) == (1, 2)


def test_one_odd_value_costs_its_own_field_only() -> None:
    bars = _read(_document([_at("2024-03-06T14:30"), _at("2024-03-07T14:30")], [("x", 1.0, 1.0, 1.0, 5), FLAT]))
    assert bars.candles["open"].to_list() == [None, 1.0]
    assert bars.candles["close"].to_list() == [1.0, 1.0]


@pytest.mark.parametrize("currency", ["GBp", "ZAc", "ILA"])
def test_hundredths_of_a_currency_are_refused(currency: str) -> None:
    with pytest.raises(Malformed, match=f"in {currency}, hundredths"):
        _read(_document([_at("2024-03-07T14:30")], [FLAT], {"currency": currency}))


def test_another_symbols_chart_is_refused() -> None:
    with pytest.raises(Malformed, match="bars of 'MSFT' where those of 'AAPL'"):
        _read(_document([_at("2024-03-07T14:30")], [FLAT], {"symbol": "MSFT"}))


def test_bars_of_another_length_are_refused_by_name_and_by_their_stamps() -> None:
    with pytest.raises(GranularityMismatch, match="bars of 1wk"):
        _read(_document([_at("2024-03-07T14:30")], [FLAT], {"dataGranularity": "1wk"}))
    stamps = [_at(f"2024-03-07T15:{minute}") for minute in (11, 12, 13, 14)]
    with pytest.raises(GranularityMismatch, match="4 of 4 bars"):
        _read(_document(stamps, [FLAT] * 4, {"dataGranularity": "1h"}), Timeframe.H1)


def test_columns_that_do_not_fit_are_refused() -> None:
    with pytest.raises(Malformed, match="do not fit its 1 time stamps"):
        _read(_document([_at("2024-03-07T14:30")], [FLAT, FLAT]))


def test_a_chart_without_a_zone_is_refused() -> None:
    with pytest.raises(Malformed, match="names no time zone"):
        _read(_document([_at("2024-03-07T14:30")], [FLAT], {"exchangeTimezoneName": "Nowhere/Land"}))


def test_a_coins_volume_is_a_turnover_and_left_out() -> None:
    coin = Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")
    meta = {"symbol": "BTC-USD", "exchangeTimezoneName": "UTC"}
    bars = _read(_document([_at("2024-03-07T00:00")], [FLAT], meta), instrument=coin, ticker="BTC-USD")
    assert bars.candles["volume"].to_list() == [None]


def test_a_split_that_is_announced_moves_nothing_yet() -> None:
    document = _document([_at("2024-03-07T14:30")], [FLAT])
    inner = document["chart"]
    assert isinstance(inner, dict)
    at = _at("2024-03-11T13:30")
    inner["result"][0]["events"] = {"splits": {"a": {"date": at, "numerator": 4, "denominator": 1}}}
    assert _read(document).candles["close"].to_list() == [1.0]
