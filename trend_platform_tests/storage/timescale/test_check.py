"""The ledger against the rows."""

from datetime import date, timedelta

import psycopg

from trend_platform.domain.coverage import Gap, GapReason, Ledger, Span
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.timescale.check import check_ledger
from trend_platform.storage.timescale.store import TimescaleStorage
from trend_platform_tests.storage.candle_frames import FETCHED, candles

TEN_DAYS = days(date(2024, 1, 1), date(2024, 1, 10))
TWO_DAYS = days(date(2024, 1, 9), date(2024, 1, 10))


def coin_with_eight_of_ten_days(storage: TimescaleStorage, missing: int) -> Instrument:
    (coin,) = storage.universe.add([Instrument(0, "BTC-USD", AssetClass.CRYPTO, "24/7")])
    one = coin.instrument_id
    gap = Gap(
        one,
        Timeframe.D1,
        TWO_DAYS,
        missing,
        GapReason.UNKNOWN,
        "polygon",
        "",
        1,
        FETCHED,
        FETCHED,
        FETCHED + timedelta(1),
    )
    with storage.market.begin(1) as transaction:
        transaction.upsert(candles(one, count=8))
        span = Span(one, Timeframe.D1, TEN_DAYS, "polygon", FETCHED)
        transaction.replace_ledgers(Timeframe.D1, {}, {one: Ledger((span,), (gap,) if missing else ())})
    return coin


def test_a_ledger_that_agrees_has_no_differences(timescale: TimescaleStorage) -> None:
    coin = coin_with_eight_of_ten_days(timescale, missing=2)
    assert check_ledger(timescale.database, [coin], Timeframe.D1) == ()
    assert check_ledger(timescale.database, [coin], Timeframe.W1) == ()
    assert check_ledger(timescale.database, [], Timeframe.D1) == ()


def test_a_hole_nobody_knows_of_is_found(timescale: TimescaleStorage) -> None:
    coin = coin_with_eight_of_ten_days(timescale, missing=0)
    (found,) = check_ledger(timescale.database, [coin], Timeframe.D1)
    assert (found.symbol, found.interval, found.expected, found.stored) == ("BTC-USD", TEN_DAYS, 10, 8)
    assert "accounts for 10 candles, 8 are stored" in str(found)


def test_rows_that_vanished_are_found(timescale: TimescaleStorage, database_url: str) -> None:
    coin = coin_with_eight_of_ten_days(timescale, missing=2)
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM market.candles_daily WHERE opened_at >= '2024-01-07'")
    (found,) = check_ledger(timescale.database, [coin], Timeframe.D1)
    assert (found.expected, found.stored) == (8, 6)
