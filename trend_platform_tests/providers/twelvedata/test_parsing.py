"""What is made of Twelve Data's rows of text, and how another market's shares are told from the asked ones."""

from datetime import UTC, datetime, timedelta

import pytest

from trend_platform.domain.candles import Basis
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.stamped import Origin
from trend_platform.providers.twelvedata.parsing import parse_series

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AAPL = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")
EUR = Instrument(5, "EUR-USD", AssetClass.FOREX, "24/5")
META = {"symbol": "AAPL", "interval": "1day", "exchange_timezone": "America/New_York", "exchange": "NASDAQ"}


def _origin(instrument: Instrument = AAPL, timeframe: Timeframe = Timeframe.D1, basis: Basis = Basis.RAW) -> Origin:
    return Origin("twelvedata", instrument, timeframe, basis, timedelta(hours=4), NOW)


def _row(at: object, **values: object) -> dict[str, object]:
    prices = {"open": "1.00000", "high": "2.50000", "low": "0.50000", "close": "2.00000"}
    return {"datetime": at, **prices, "volume": "100", **values}


def _series(*rows: object, **meta: object) -> dict[str, object]:
    return {"meta": {**META, **meta}, "values": list(rows), "status": "ok"}


def test_text_becomes_numbers_and_a_date_the_session() -> None:
    (row,) = parse_series(_series(_row("2026-11-18")), _origin()).candles.to_dicts()
    assert (row["open"], row["high"], row["low"], row["close"], row["volume"]) == (1.0, 2.5, 0.5, 2.0, 100.0)
    assert (row["opened_at"], row["is_final"], row["basis"]) == (datetime(2026, 11, 18, tzinfo=UTC), True, "raw")


def test_bars_within_the_day_are_in_the_zone_that_was_asked() -> None:
    document = _series(_row("2026-11-18 14:30:00"), interval="5min")
    (stamp,) = parse_series(document, _origin(timeframe=Timeframe.M5)).candles["opened_at"]
    assert stamp == datetime(2026, 11, 18, 14, 30, tzinfo=UTC)


def test_currencies_have_no_volume() -> None:
    row = _row("2026-11-18 14:00:00")
    del row["volume"]
    document = {"meta": {"symbol": "EUR/USD", "interval": "1h", "currency_base": "Euro"}, "values": [row]}
    assert parse_series(document, _origin(EUR, Timeframe.H1)).candles["volume"].to_list() == [None]


def test_the_basis_is_what_was_asked_for() -> None:
    candles = parse_series(_series(_row("2026-11-18")), _origin(basis=Basis.SPLIT)).candles
    assert candles["basis"].to_list() == ["split"]


def test_text_that_is_no_number_is_no_price_and_a_row_without_a_time_is_set_aside() -> None:
    parsed = parse_series(_series(_row("soon"), _row("2026-11-18", open="n/a", volume=None), "odd"), _origin())
    assert parsed.candles.select("open", "close", "volume").rows() == [(None, 2.0, None)]
    assert parsed.rejected.height == 2


def test_another_symbols_bars_are_refused() -> None:
    with pytest.raises(Malformed, match="'MSFT' where those of 'AAPL'"):
        parse_series(_series(symbol="MSFT"), _origin())


@pytest.mark.parametrize("meta", [{"interval": "1week"}, {"interval": None}, {"indicator": {"name": "SMA"}}])
def test_another_length_and_an_indicator_are_no_candles(meta: dict[str, object]) -> None:
    with pytest.raises(GranularityMismatch, match="where 1d ones were asked"):
        parse_series(_series(_row("2026-11-18"), **meta), _origin())


def test_the_same_symbol_on_another_market_is_ambiguous_and_both_are_named() -> None:
    document = _series(exchange="BCBA", exchange_timezone="America/Argentina/Buenos_Aires")
    with pytest.raises(Malformed, match=r"ambiguous.*BCBA.*Buenos_Aires.*XNYS.*New_York"):
        parse_series(document, _origin())


@pytest.mark.parametrize(
    "document", [[], {}, {"meta": META}, {"values": []}, {"meta": META, "values": {}}, {"price": "146.55000"}]
)
def test_an_answer_without_bars_is_malformed(document: object) -> None:
    with pytest.raises(Malformed, match="holds no bars"):
        parse_series(document, _origin())
