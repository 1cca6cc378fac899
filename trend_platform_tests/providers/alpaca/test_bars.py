"""What is made of a page of Alpaca's bars: whose they are, when they begin, and what is set aside."""

from datetime import UTC, datetime

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.alpaca.bars import read_page

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHARES = {
    "AAPL": Instrument(1, "AAPL", AssetClass.STOCK, "XNYS"),
    "SPY": Instrument(2, "SPY", AssetClass.ETF, "XNYS"),
}
COINS = {"BTC/USD": Instrument(3, "BTC-USD", AssetClass.CRYPTO, "24/7")}


def _bar(at: object, **values: object) -> dict[str, object]:
    return {"t": at, "o": 1, "h": 2.5, "l": 0.5, "c": 2, "v": 100, "n": 3, "vw": 1.75, **values}


def _page(bars: object, token: str | None = None) -> dict[str, object]:
    return {"bars": bars, "next_page_token": token}


def test_rows_keep_the_pages_order_and_say_whose_they_are() -> None:
    bars = {"AAPL": [_bar("2026-11-19T14:30:00Z"), _bar("2026-11-19T14:31:00Z")], "SPY": [_bar("2026-11-19T14:30:00Z")]}
    page = read_page(_page(bars, "QUFQTA=="), SHARES, Timeframe.M1, NOW, calls=2)
    assert page.columns["instrument_id"].to_list() == [1, 1, 2]
    assert (page.held, page.token, page.calls, page.rejected.height) == ((1, 2), "QUFQTA==", 2, 0)
    assert page.columns.drop("instrument_id", "opened_at").row(0, named=True) == {
        "open": 1.0,
        "high": 2.5,
        "low": 0.5,
        "close": 2.0,
        "volume": 100.0,
        "vwap": 1.75,
        "trade_count": 3,
    }


@pytest.mark.parametrize(("at", "day"), [("2026-01-15T05:00:00Z", 15), ("2026-07-15T04:00:00Z", 15)])
def test_a_day_begins_at_midnight_new_york_and_is_stamped_with_its_date(at: str, day: int) -> None:
    (stamp,) = read_page(_page({"AAPL": [_bar(at)]}), SHARES, Timeframe.D1, NOW).columns["opened_at"]
    assert (stamp.hour, stamp.day) == (0, day)


def test_a_day_that_begins_at_another_hour_is_of_another_length() -> None:
    with pytest.raises(GranularityMismatch, match="midnight New York"):
        read_page(_page({"AAPL": [_bar("2026-07-15T05:00:00Z")]}), SHARES, Timeframe.D1, NOW)


def test_a_bar_that_begins_where_none_of_its_length_does_is_of_another_length() -> None:
    with pytest.raises(GranularityMismatch, match="2026-11-19 14:35"):
        read_page(_page({"AAPL": [_bar("2026-11-19T14:35:00Z")]}), SHARES, Timeframe.M30, NOW)


def test_crypto_carries_no_volume_because_it_is_that_of_one_small_exchange() -> None:
    page = read_page(_page({"BTC/USD": [_bar("2026-11-19T14:00:00Z")]}), COINS, Timeframe.H1, NOW)
    assert page.columns.columns == ["open", "high", "low", "close", "instrument_id", "opened_at"]


def test_a_row_without_a_readable_time_is_set_aside_under_its_own_instrument() -> None:
    bars = {"AAPL": [_bar("2026-11-19T14:30:00Z")], "SPY": [_bar("yesterday"), _bar("2026-11-19T14:30:00Z"), "odd"]}
    page = read_page(_page(bars), SHARES, Timeframe.M1, NOW)
    assert page.columns["instrument_id"].to_list() == [1, 2]
    assert page.rejected["instrument_id"].to_list() == [2, 2]
    assert "yesterday" in page.rejected["payload"][0]


def test_an_odd_price_costs_nothing_but_itself() -> None:
    bars = {"AAPL": [_bar("2026-11-19T14:30:00Z", o="n/a", n="many"), _bar("2026-11-19T14:31:00Z")]}
    columns = read_page(_page(bars), SHARES, Timeframe.M1, NOW).columns
    assert columns["open"].to_list() == [None, 1.0]
    assert columns["close"].to_list() == [2.0, 2.0]


@pytest.mark.parametrize("bars", [None, {}, {"AAPL": []}])
def test_no_bars_are_an_empty_page(bars: object) -> None:
    page = read_page(_page(bars), SHARES, Timeframe.M1, NOW)
    assert (page.columns.height, page.token) == (0, None)


@pytest.mark.parametrize(
    ("document", "match"),
    [
        ([], "holds no bars"),
        ({"trades": {}}, "holds no bars"),
        (_page([_bar("2026-11-19T14:30:00Z")]), "lists by symbol"),
        (_page({"AAPL": None}), "lists by symbol"),
        (_page({"MSFT": []}), "MSFT, which nobody asked for"),
    ],
)
def test_anything_else_is_malformed(document: object, match: str) -> None:
    with pytest.raises(Malformed, match=match):
        read_page(document, SHARES, Timeframe.M1, NOW)
