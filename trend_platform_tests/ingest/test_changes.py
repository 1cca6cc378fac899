"""What a latest price is compared with: the close of the session before its own, on its own share count."""

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl
import pytest

from trend_platform.domain.actions import SPLIT_SCHEMA
from trend_platform.domain.candles import Basis
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.quotes import LatestPrice, as_quotes
from trend_platform.ingest.changes import latest_prices, on_share_count_of, previous_closes, sessions_of
from trend_platform.storage.base import Market
from trend_platform.storage.memory import open_memory
from trend_platform_tests.ingest.builders import coin, stock
from trend_platform_tests.ingest.closes import store_closes
from trend_platform_tests.ingest.teller import utc

APPLE, BITCOIN = stock(1, "AAPL"), coin(2)
THURSDAY, FRIDAY = date(2026, 11, 19), date(2026, 11, 20)


@pytest.fixture
def market() -> Market:
    return open_memory().market


def quoted(*rows: tuple[int, str, float, float | None]) -> pl.DataFrame:
    columns = ("instrument_id", "quoted_at", "price", "previous_close")
    told = [dict(zip(columns, (one, utc(at), price, before), strict=True)) for one, at, price, before in rows]
    frame = pl.DataFrame(told).with_columns(
        pl.lit("polygon").alias("provider"), pl.col("quoted_at").alias("fetched_at")
    )
    return as_quotes(frame)


def split(market: Market, ex_date: date, ratio: float) -> None:
    with market.begin(1) as transaction:
        transaction.add_splits(pl.DataFrame([(1, ex_date, ratio, "x")], SPLIT_SCHEMA, orient="row"))


def price(market: Market, instrument: Instrument, at: str, value: float, before: float | None = None) -> LatestPrice:
    (told,) = latest_prices(market, [instrument], quoted((instrument.instrument_id, at, value, before)))
    return told


@pytest.mark.parametrize(
    ("calendar", "at", "session", "before"),
    [
        ("XNYS", "2026-11-20T15:00:00", "2026-11-20", "2026-11-19"),
        ("XNYS", "2026-11-20T09:00:00", "2026-11-20", "2026-11-19"),  # before the open: the session about to begin
        ("XNYS", "2026-11-21T00:30:00", "2026-11-20", "2026-11-19"),  # 19:30 in New York, the session that has ended
        ("XNYS", "2026-11-22T15:00:00", "2026-11-20", "2026-11-19"),  # Sunday
        ("XNYS", "2026-11-27T15:00:00", "2026-11-27", "2026-11-25"),  # the session before Thanksgiving
        (
            "XNYS",
            "2026-03-09T04:30:00",
            "2026-03-09",
            "2026-03-06",
        ),  # 00:30 in New York, in summer time since yesterday
        ("XTKS", "2026-11-20T00:30:00", "2026-11-20", "2026-11-19"),
        ("XASX", "2026-11-19T23:30:00", "2026-11-20", "2026-11-19"),  # Sydney opens on the evening before, UTC
        ("24/7", "2026-11-22T00:00:01", "2026-11-22", "2026-11-21"),
        ("24/5", "2026-11-22T22:00:00", "2026-11-20", "2026-11-19"),
    ],
)
def test_a_quote_belongs_to_the_session_of_its_local_day(calendar: str, at: str, session: str, before: str):
    one = Instrument(7, "ONE", AssetClass.STOCK, calendar)
    found = sessions_of([one], quoted((7, at, 1.0, None)))
    assert found.rows() == [(7, date.fromisoformat(session), date.fromisoformat(before))]


def test_before_a_calendar_begins_there_is_no_session():
    found = sessions_of([BITCOIN], quoted((2, "1960-01-01T00:00:00", 1.0, None), (3, "2026-11-20T00:00:00", 1.0, None)))
    assert found.rows() == [(2, None, None)]


def test_a_change_is_against_the_close_of_the_session_before(market: Market):
    store_closes(market, 1, {date(2026, 11, 18): 100.0, THURSDAY: 200.0, FRIDAY: 300.0})
    told = price(market, APPLE, "2026-11-20T15:00:00", 210.0, before=999.0)
    assert (told.change, told.change_percent) == (10.0, 5.0)
    weekend = price(market, APPLE, "2026-11-21T15:00:00", 300.0)
    assert weekend.change == 100.0


def test_a_coin_is_compared_with_the_day_before_in_utc(market: Market):
    store_closes(market, 2, {date(2026, 11, 21): 50.0, date(2026, 11, 22): 60.0})
    assert price(market, BITCOIN, "2026-11-22T00:00:05", 55.0).change == 5.0


@pytest.mark.parametrize("is_there", [False, True])
def test_without_that_final_close_the_providers_own_counts(market: Market, is_there: bool):
    store_closes(market, 1, {date(2026, 11, 18): 100.0})
    if is_there:
        store_closes(market, 1, {THURSDAY: 150.0}, is_final=False)
    assert price(market, APPLE, "2026-11-20T15:00:00", 210.0, before=200.0).change == 10.0


@pytest.mark.parametrize("before", [None, 0.0, -3.0])
def test_a_change_that_is_not_known_is_none(market: Market, before: float | None):
    told = price(market, APPLE, "2026-11-20T15:00:00", 210.0, before)
    assert (told.change, told.change_percent) == (None, None)


def test_the_close_before_is_on_the_share_count_of_the_quotes_session(market: Market):
    store_closes(market, 1, {THURSDAY: 200.0})
    split(market, FRIDAY, 4.0)
    split(market, date(2026, 11, 23), 10.0)  # announced, moves nothing yet
    assert price(market, APPLE, "2026-11-20T15:00:00", 51.0).change == 1.0


def test_a_close_that_came_adjusted_is_not_adjusted_twice(market: Market):
    store_closes(market, 1, {THURSDAY: 50.0}, basis=Basis.SPLIT, fetched_at=utc("2026-11-20T14:00:00"))
    split(market, FRIDAY, 4.0)
    assert price(market, APPLE, "2026-11-20T15:00:00", 51.0).change == 1.0


def test_prices_come_in_the_order_asked_and_only_of_what_was_quoted(market: Market):
    rows = quoted((1, "2026-11-20T15:00:00", 1.0, None), (2, "2026-11-20T15:00:00", 2.0, None))
    assert [one.symbol for one in latest_prices(market, [BITCOIN, stock(9), APPLE], rows)] == ["BTC-USD", "AAPL"]
    assert latest_prices(market, [APPLE], rows.clear()) == ()


def test_quotes_of_far_apart_sessions_each_find_their_own_close(market: Market):
    days = {stock(nth): date(2026, month, 10) for nth, month in enumerate((3, 6, 9, 11), start=1)}
    for one, day in days.items():
        store_closes(market, one.instrument_id, {day: 10.0 * one.instrument_id})
    rows = quoted(*((one.instrument_id, f"{day:%Y-%m}-11T17:00:00", 1.0, None) for one, day in days.items()))
    closes = previous_closes(market, list(days), rows)
    assert dict(closes.iter_rows()) == {1: 10.0, 2: 20.0, 3: 30.0, 4: 40.0}


def test_a_known_quote_is_brought_onto_the_share_count_of_a_later_one(market: Market):
    split(market, FRIDAY, 4.0)
    known = quoted((1, "2026-11-19T20:00:00", 200.0, None), (2, "2026-11-19T20:00:00", 7.0, None))

    def brought(at: Sequence[str]) -> dict[int, float]:
        later = quoted(*((nth, one, 1.0, None) for nth, one in enumerate([*at, "2027-01-04T15:00:00"], start=1)))
        later = later.head(len(at))
        rows = on_share_count_of(market, [APPLE, BITCOIN], known, later)
        return dict(rows.select("instrument_id", "price").iter_rows())

    assert brought(["2026-11-20T15:00:00", "2026-11-20T15:00:00"]) == {1: 50.0, 2: 7.0}
    assert brought(["2026-11-20T00:30:00"]) == {1: 200.0, 2: 7.0}  # still the session before
    assert brought([]) == {1: 200.0, 2: 7.0}


def test_a_market_without_splits_is_left_as_it_is(market: Market):
    known = quoted((1, "2026-11-19T20:00:00", 200.0, None))
    assert on_share_count_of(market, [APPLE], known, known).equals(known)
    assert isinstance(known["quoted_at"][0], datetime)
