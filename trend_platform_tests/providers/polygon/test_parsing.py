"""Polygon's bars made candles: days of New York and of UTC, odd rows, other tickers, other lengths."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.polygon.parsing import Parsed, parse_aggregates, parse_grouped

NOW = datetime(2024, 3, 12, 21, tzinfo=UTC)
NONE = timedelta(0)
AAPL = Instrument(7, "AAPL", AssetClass.STOCK, "XNYS")
BTC = Instrument(8, "BTC-USD", AssetClass.CRYPTO, "24/7")


def _ms(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000  # type: ignore[arg-type,misc]  # year to minute


def _bar(stamp: object, **other: object) -> dict[str, object]:
    return {"t": stamp, "o": 1.0, "h": 2.0, "l": 0.5, "c": 1.5, "v": 10, "vw": 1.2, "n": 3, **other}


def _parse(
    rows: list[object],
    instrument: Instrument = AAPL,
    timeframe: Timeframe = Timeframe.D1,
    other: dict[str, object] | None = None,
) -> Parsed:
    ticker = "AAPL" if instrument is AAPL else "X:BTCUSD"
    document = {"ticker": ticker, "resultsCount": len(rows), "results": rows, "status": "OK", **(other or {})}
    return parse_aggregates(document, instrument, timeframe, NOW, NONE)


def test_a_day_of_shares_is_its_session_on_both_sides_of_daylight_saving() -> None:
    # The clocks went forward on 10 March 2024: midnight New York was 05:00 UTC before and 04:00 UTC after.
    candles = _parse([_bar(_ms(2024, 3, 8, 5)), _bar(_ms(2024, 3, 11, 4)), _bar(_ms(2024, 3, 12, 4))]).candles
    assert candles["opened_at"].dt.date().to_list() == [date(2024, 3, 8), date(2024, 3, 11), date(2024, 3, 12)]
    assert candles["opened_at"].dt.hour().unique().to_list() == [0]


def test_a_candle_is_final_when_its_session_is_over_and_settled() -> None:
    rows: list[object] = [_bar(_ms(2024, 3, 11, 4)), _bar(_ms(2024, 3, 12, 4))]
    assert _parse(rows).candles["is_final"].to_list() == [True, True]
    document = {"ticker": "AAPL", "resultsCount": 2, "results": rows}
    later = parse_aggregates(document, AAPL, Timeframe.D1, NOW, timedelta(hours=2))
    assert later.candles["is_final"].to_list() == [True, False]


def test_a_day_of_crypto_is_utc_and_another_midnight_is_noticed() -> None:
    assert _parse([_bar(_ms(2024, 3, 11))], BTC).candles["opened_at"][0] == midnight(date(2024, 3, 11))
    with pytest.raises(GranularityMismatch):
        _parse([_bar(_ms(2024, 3, 11, 4))], BTC)


def test_hours_where_days_were_asked_are_noticed() -> None:
    with pytest.raises(GranularityMismatch, match="another length"):
        _parse([_bar(_ms(2024, 3, 11, hour)) for hour in (14, 15, 16)])


@pytest.mark.parametrize(("instrument", "hour"), [(AAPL, 4), (BTC, 0)])
def test_days_where_minutes_were_asked_are_noticed(instrument: Instrument, hour: int) -> None:
    with pytest.raises(GranularityMismatch, match="another length"):
        _parse([_bar(_ms(2024, 3, day, hour)) for day in (11, 12, 13)], instrument, Timeframe.M1)


@pytest.mark.parametrize("other", [{"results": None}, {}])
def test_no_trades_are_an_empty_answer(other: dict[str, object]) -> None:
    parsed = _parse([], other=other)
    assert (parsed.candles.height, parsed.rejected.height) == (0, 0)


def test_another_tickers_bars_are_refused() -> None:
    with pytest.raises(Malformed, match="'MSFT' where those of 'AAPL'"):
        _parse([_bar(_ms(2024, 3, 11, 4))], other={"ticker": "MSFT"})


def test_bars_of_nobody_are_refused() -> None:
    with pytest.raises(Malformed):
        parse_aggregates({"resultsCount": 1, "results": [_bar(1)]}, AAPL, Timeframe.D1, NOW, NONE)


@pytest.mark.parametrize("document", [[], {}, {"results": []}, {"resultsCount": 1, "results": {"T": "AAPL"}}, None, 5])
def test_what_holds_no_bars_is_refused(document: object) -> None:
    with pytest.raises(Malformed, match="holds no bars"):
        parse_aggregates(document, AAPL, Timeframe.D1, NOW, NONE)


@pytest.mark.parametrize("stamp", [None, "noon", 10**18, [1]])
def test_a_row_without_a_time_costs_only_itself(stamp: object) -> None:
    parsed = _parse([_bar(_ms(2024, 3, 11, 4)), _bar(stamp), _bar(_ms(2024, 3, 12, 4))])
    assert parsed.candles.height == 2
    assert parsed.rejected["rule"].to_list() == ["unreadable_row"]
    assert "row 1" in parsed.rejected["reason"][0]


def test_a_price_that_was_not_sent_is_null_and_not_judged_here() -> None:
    bar = _bar(_ms(2024, 3, 11, 4))
    del bar["n"], bar["vw"]
    row = _parse([{**bar, "o": None}]).candles.row(0, named=True)
    assert (row["open"], row["close"], row["vwap"], row["trade_count"]) == (None, 1.5, None, None)


def test_a_grouped_day_takes_its_date_from_the_request() -> None:
    stamp = _ms(2024, 3, 11, 20)
    rows = [_bar(stamp, T="MSFT"), _bar(stamp, T="AAPL", c=9.0), _bar(stamp, T="ZZZ")]
    document = {"resultsCount": 3, "results": rows, "status": "OK"}
    candles = parse_grouped(document, {"AAPL": AAPL}, midnight(date(2024, 3, 11)), NOW, NONE)
    assert candles.select("instrument_id", "opened_at", "close").rows() == [(7, midnight(date(2024, 3, 11)), 9.0)]


def test_the_candle_frame_is_sorted_even_if_the_answer_is_not() -> None:
    candles = _parse([_bar(_ms(2024, 3, 12, 4)), _bar(_ms(2024, 3, 11, 4))]).candles
    assert candles["opened_at"].is_sorted()
    assert candles["volume"].dtype == pl.Float64
