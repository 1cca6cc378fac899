"""What is made of Tiingo's rows: the raw prices of days, bars of IEX, bars of crypto, and splits."""

from datetime import UTC, date, datetime, timedelta

import pytest

from trend_platform.domain.candles import Basis
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.stamped import Origin
from trend_platform.providers.tiingo.parsing import parse_bars, parse_coin, parse_days, read_dividends, read_splits

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AAPL = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")
BTC = Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")
_ADJUSTED = {"adjOpen": 0.1, "adjHigh": 0.1, "adjLow": 0.1, "adjClose": 0.1, "adjVolume": 9, "divCash": 0.2}


def _origin(instrument: Instrument = AAPL, timeframe: Timeframe = Timeframe.D1) -> Origin:
    return Origin("tiingo", instrument, timeframe, Basis.RAW, timedelta(hours=4), NOW)


def _row(at: object, **values: object) -> dict[str, object]:
    return {"date": at, "open": 1.0, "high": 2.5, "low": 0.5, "close": 2.0, "volume": 100, **values}


def test_of_raw_and_adjusted_prices_the_raw_ones_are_taken() -> None:
    parsed = parse_days([_row("2026-11-18T00:00:00.000Z", **_ADJUSTED, splitFactor=1.0)], _origin())
    (row,) = parsed.candles.to_dicts()
    assert (row["open"], row["high"], row["low"], row["close"], row["volume"]) == (1.0, 2.5, 0.5, 2.0, 100.0)
    assert (row["basis"], row["is_final"], row["vwap"], row["trade_count"]) == ("raw", True, None, None)


@pytest.mark.parametrize(
    "told", ["2026-11-18T00:00:00.000Z", "2026-11-18T00:00:00+00:00", "2026-11-18", "2026-11-18T00:00:00-05:00"]
)
def test_a_days_date_is_the_sessions_whatever_zone_stands_behind_it(told: str) -> None:
    assert parse_days([_row(told)], _origin()).candles["opened_at"].to_list() == [datetime(2026, 11, 18, tzinfo=UTC)]


def test_weeks_are_no_days() -> None:
    weeks = [_row(f"2026-{day}T00:00:00.000Z") for day in ("10-30", "11-06", "11-13")]
    with pytest.raises(GranularityMismatch, match="closer than five days"):
        parse_days(weeks, _origin())


def test_two_days_far_apart_are_days_all_the_same() -> None:
    rows = [_row("2026-10-30T00:00:00.000Z"), _row("2026-11-06T00:00:00.000Z")]
    assert parse_days(rows, _origin()).candles.height == 2


def test_bars_are_stamped_with_their_open_and_carry_no_volume_of_one_small_exchange() -> None:
    rows = [_row("2026-11-18T14:30:00.000Z"), _row("2026-11-18T14:35:00.000Z")]
    candles = parse_bars(rows, _origin(timeframe=Timeframe.M5)).candles
    assert candles["opened_at"].dt.minute().to_list() == [30, 35]
    assert candles["volume"].to_list() == [None, None]


def test_bars_that_begin_where_none_of_their_length_does_are_of_another() -> None:
    with pytest.raises(GranularityMismatch, match="do not begin where 30m ones do"):
        parse_bars([_row("2026-11-18T14:35:00.000Z")], _origin(timeframe=Timeframe.M30))


def test_crypto_carries_volume_of_the_base_and_its_trades() -> None:
    bars = [_row("2026-11-18T00:00:00+00:00", volumeNotional=5e6, tradesDone=42)]
    (row,) = parse_coin([{"ticker": "btcusd", "priceData": bars}], "btcusd", _origin(BTC)).candles.to_dicts()
    assert (row["volume"], row["trade_count"]) == (100.0, 42)


def test_another_pairs_bars_are_refused() -> None:
    document = [{"ticker": "ethusd", "priceData": [_row("2026-11-18T00:00:00+00:00")]}]
    with pytest.raises(Malformed, match="ethusd where those of btcusd"):
        parse_coin(document, "btcusd", _origin(BTC))


def test_a_pair_that_is_unknown_has_no_rows() -> None:
    assert parse_coin([], "btcusd", _origin(BTC)).candles.height == 0


@pytest.mark.parametrize("document", [{}, {"detail": "x"}, None, [{"ticker": "btcusd", "priceData": None}]])
def test_an_answer_without_rows_is_malformed(document: object) -> None:
    with pytest.raises(Malformed):
        parse_coin(document, "btcusd", _origin(BTC))
    if not isinstance(document, list):
        with pytest.raises(Malformed):
            parse_days(document, _origin())
        with pytest.raises(Malformed):
            parse_bars(document, _origin(timeframe=Timeframe.M1))


def test_a_row_without_a_date_is_set_aside_and_an_odd_price_is_none() -> None:
    rows = [_row(None), "odd", _row("2026-11-18", open="n/a"), _row("2026-11-19", close=None)]
    parsed = parse_days(rows, _origin())
    assert parsed.candles.select("open", "close").rows() == [(None, 2.0), (1.0, None)]
    assert parsed.rejected.height == 2


def test_splits_stand_in_the_days_whose_factor_is_not_one() -> None:
    factors = {"2020-08-28": 1.0, "2020-08-31": 4.0, "2021-08-02": 0.125, "2021-08-03": 0.0, "2021-08-04": None}
    rows = [_row(f"{day}T00:00:00.000Z", splitFactor=factor) for day, factor in factors.items()]
    assert read_splits([*rows, _row(None, splitFactor=2.0)], AAPL).rows() == [
        (1, date(2020, 8, 31), 4.0, "tiingo"),
        (1, date(2021, 8, 2), 0.125, "tiingo"),
    ]


def test_dividends_stand_in_the_days_that_pay() -> None:
    cash = {"2020-08-06": 0.0, "2020-08-07": 0.82, "2020-11-06": 0.205, "2020-11-09": None}
    rows = [_row(f"{day}T00:00:00.000Z", divCash=amount) for day, amount in cash.items()]
    assert read_dividends([*rows, _row(None, divCash=2.0)], AAPL).rows() == [
        (1, date(2020, 8, 7), 0.82, "USD", "tiingo"),
        (1, date(2020, 11, 6), 0.205, "USD", "tiingo"),
    ]
