"""FMP's rows: two names for a price, the newest first, spin-offs among splits, zeros and strangers among quotes."""

from datetime import UTC, date, datetime

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import Malformed
from trend_platform.providers.fmp.parsing import read_days, read_quotes, read_splits
from trend_platform.providers.fmp.symbols import canonical_of, symbol_of

SHARE = Instrument(7, "BRK.B", AssetClass.STOCK, "XNYS")
DAY = {
    "symbol": "BRK-B",
    "date": "2026-11-19",
    "open": 1,
    "high": 4.0,
    "low": 0.5,
    "close": 2,
    "volume": 9,
    "vwap": 1.9,
}
RAW = {"symbol": "BRK-B", "date": "2026-11-19", "adjOpen": 1, "adjHigh": 4, "adjLow": 0.5, "adjClose": 2, "volume": 9}


@pytest.mark.parametrize("row", [DAY, RAW], ids=["full", "non-split-adjusted"])
def test_a_price_has_two_names(row: dict[str, object]) -> None:
    days = read_days([row], "BRK-B")
    assert days.select("open", "high", "low", "close", "volume").rows() == [(1.0, 4.0, 0.5, 2.0, 9.0)]
    assert days["opened_at"].to_list() == [datetime(2026, 11, 19, tzinfo=UTC)]


def test_days_come_newest_first_and_leave_oldest_first() -> None:
    told = [{**DAY, "date": f"2026-11-{day}"} for day in (19, 18, 17)]
    assert read_days(told, "BRK-B")["date"].to_list() == ["2026-11-17", "2026-11-18", "2026-11-19"]


def test_no_rows_are_no_days() -> None:
    assert read_days([], "ZZZ").height == 0


def test_one_odd_row_costs_itself_only() -> None:
    read = read_days(["n/a", {"date": "2026-11-18"}, {**DAY, "close": "high", "date": "soon"}, DAY], "BRK-B")
    assert read.select("opened_at", "open", "close").rows() == [
        (datetime(2026, 11, 19, tzinfo=UTC), 1.0, 2.0),
        (None, 1.0, None),
        (datetime(2026, 11, 18, tzinfo=UTC), None, None),
        (None, None, None),
    ]


@pytest.mark.parametrize(
    ("document", "match"),
    [
        ({"historical": []}, "expected a list of objects"),
        ([1, 2], "expected a list of objects"),
        ([{"date": "2026-11-19", "price": 1}], "found date, price"),
        ([{**DAY, "symbol": "MSFT"}], "days of MSFT where those of BRK-B were asked"),
    ],
)
def test_anything_else_is_malformed(document: object, match: str) -> None:
    with pytest.raises(Malformed, match=match):
        read_days(document, "BRK-B")


def test_spin_offs_are_no_splits_and_stock_dividends_are() -> None:
    rows = [
        {"date": "2024-06-10", "numerator": 10, "denominator": 1, "splitType": "stock-split"},
        {"date": "2023-01-04", "numerator": 1281, "denominator": 1000, "splitType": "spin-off"},
        {"date": "2021-05-03", "numerator": 51, "denominator": 50, "splitType": "stock-dividend"},
        {"date": "2011-08-02", "numerator": 1, "denominator": 8, "splitType": None},
        {"date": "2005-02-28", "numerator": 3, "denominator": 2},
    ]
    assert read_splits(rows, SHARE).rows() == [
        (7, date(2005, 2, 28), 1.5, "fmp"),
        (7, date(2011, 8, 2), 0.125, "fmp"),
        (7, date(2021, 5, 3), 1.02, "fmp"),
        (7, date(2024, 6, 10), 10.0, "fmp"),
    ]


def test_splits_that_make_no_sense_are_left_out() -> None:
    sound = {"date": "2024-06-10", "numerator": 10, "denominator": 1}
    odd = [
        {**sound, "denominator": 0},
        {**sound, "numerator": 0},
        {**sound, "date": "soon"},
        {**sound, "numerator": None},
    ]
    assert read_splits([*odd, "n/a"], SHARE).height == 0
    assert read_splits([], SHARE).height == 0
    with pytest.raises(Malformed, match="holds no splits"):
        read_splits([{"date": "2024-06-10", "dividend": 1}], SHARE)


def test_quotes_of_strangers_are_left_out_and_a_zero_is_no_price() -> None:
    at = datetime(2026, 11, 19, 21, tzinfo=UTC)
    told = {"symbol": "BRK-B", "price": 500.5, "previousClose": 499.5, "timestamp": int(at.timestamp())}
    rows = [told, {**told, "symbol": "MSFT"}]
    assert read_quotes(rows, {"BRK-B": SHARE}).rows() == [(7, at, 500.5, 499.5)]
    zero = {**told, "price": 0, "previousClose": 0, "timestamp": 0}
    assert read_quotes([zero], {"BRK-B": SHARE}).rows() == [(7, None, None, None)]
    assert read_quotes([], {"BRK-B": SHARE}).height == 0
    with pytest.raises(Malformed, match="holds no quotes"):
        read_quotes([{"symbol": "BRK-B"}], {"BRK-B": SHARE})


@pytest.mark.parametrize(
    ("symbol", "kind", "spelt"),
    [
        ("BRK.B", AssetClass.STOCK, "BRK-B"),
        ("SPY", AssetClass.ETF, "SPY"),
        ("BTC-USD", AssetClass.CRYPTO, "BTCUSD"),
        ("BTC-USDT", AssetClass.CRYPTO, "BTCUSDT"),
        ("EUR-USD", AssetClass.FOREX, "EURUSD"),
        ("^GSPC", AssetClass.INDEX, "^GSPC"),
    ],
)
def test_symbols_are_spelt_and_read_back(symbol: str, kind: AssetClass, spelt: str) -> None:
    assert symbol_of(Instrument(1, symbol, kind, "XNYS")) == spelt
    assert canonical_of(spelt, kind) == symbol


def test_what_it_cannot_spell_is_not_served() -> None:
    assert symbol_of(Instrument(1, "GC=F", AssetClass.COMMODITY, "XNYS")) is None
    assert symbol_of(Instrument(1, "BTC", AssetClass.CRYPTO, "24/7")) is None
    assert canonical_of("BTCZZZ", AssetClass.CRYPTO) is None
