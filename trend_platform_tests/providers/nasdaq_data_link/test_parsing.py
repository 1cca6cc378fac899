"""Nasdaq Data Link's rows under names: which column is which, days as text, rows of another length; and its codes."""

from datetime import UTC, date, datetime

import pytest

from trend_platform.domain.candles import Basis
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import Malformed
from trend_platform.providers.nasdaq_data_link.codes import (
    canonical_of,
    dataset_path,
    is_table,
    symbol_of,
    table_path,
)
from trend_platform.providers.nasdaq_data_link.parsing import Rows, candle_columns, read_dataset, read_table

NAMES = ("Date", "Open", "High", "Low", "Close", "Volume", "Ex-Dividend", "Split Ratio", "Adj. Open")
ROW = ["2018-03-27", 173.68, 175.15, 166.92, 168.34, 38_962_839.0, 0.0, 1.0, 173.68]
DATASET, TABLE = "WIKI/{symbol}", "SHARADAR/SEP"


def test_a_dataset_names_its_columns_and_its_last_day() -> None:
    held = {"column_names": list(NAMES), "data": [ROW], "newest_available_date": "2018-03-27"}
    assert read_dataset({"dataset": held}) == Rows(NAMES, [ROW], date(2018, 3, 27))
    assert read_dataset({"dataset": {**held, "newest_available_date": None}}).newest is None


@pytest.mark.parametrize("cursor", ["abc=", None, ""])
def test_a_table_names_its_columns_and_what_asks_for_the_next_page(cursor: str | None) -> None:
    table = {
        "columns": [{"name": "ticker", "type": "text"}, {"name": "date", "type": "Date"}],
        "data": [["A", "2026-11-19"]],
    }
    read = read_table({"datatable": table, "meta": {"next_cursor_id": cursor}})
    assert read == Rows(("ticker", "date"), [["A", "2026-11-19"]], cursor=cursor or None)


@pytest.mark.parametrize(
    "document", [[], {}, {"dataset": {}}, {"datatable": {"columns": []}}, {"dataset": {"data": []}}]
)
def test_anything_else_is_malformed(document: object) -> None:
    with pytest.raises(Malformed, match="holds no dataset"):
        read_dataset(document)
    with pytest.raises(Malformed, match="holds no table"):
        read_table(document)


def test_columns_are_found_by_their_names_whatever_their_case_and_order() -> None:
    read = candle_columns(Rows(NAMES[::-1], [ROW[::-1]]), {})
    assert read.select("open", "high", "low", "close", "volume").rows() == [
        (173.68, 175.15, 166.92, 168.34, 38_962_839.0)
    ]
    assert read["opened_at"].to_list() == [datetime(2018, 3, 27, tzinfo=UTC)]


def test_the_setting_says_which_column_is_which() -> None:
    rows = Rows(("Trade Date", "O", "H", "L", "Settle"), [["2018-03-27", 1, 4, 0.5, 2]])
    named = {"date": "Trade Date", "open": "O", "high": "H", "low": "L", "close": "settle"}
    read = candle_columns(rows, named)
    assert read.select("open", "high", "low", "close").rows() == [(1.0, 4.0, 0.5, 2.0)]
    assert "volume" not in read.columns
    with pytest.raises(Malformed, match=r"no column for date, open.*providers.nasdaq_data_link.columns"):
        candle_columns(rows, {})


def test_rows_of_another_length_and_odd_values_cost_themselves_only() -> None:
    rows = Rows(NAMES[:5], [["2018-03-27", 1, 4, 0.5, 2], ["2018-03-26", 1], "n/a", [5, "x", None, "0.5", 2]])
    read = candle_columns(rows, {})
    assert read.select("opened_at", "open", "high", "low", "close").rows() == [
        (datetime(2018, 3, 27, tzinfo=UTC), 1.0, 4.0, 0.5, 2.0),
        (None, None, None, None, None),
        (None, None, None, None, None),
        (None, None, None, 0.5, 2.0),
    ]


SEP = Rows(
    ("date", "open", "high", "low", "close", "volume", "closeadj", "closeunadj"), [["2020-08-28", 1, 4, 1, 2, 9, 2, 8]]
)


def test_a_table_with_a_close_as_it_was_traded_has_adjusted_prices_beside_it() -> None:
    assert candle_columns(SEP, {}, Basis.SPLIT)["close"].to_list() == [2.0]
    with pytest.raises(Malformed, match=r"nasdaq_data_link\.basis to split"):
        candle_columns(SEP, {}, Basis.RAW)


@pytest.mark.parametrize("basis", Basis)
def test_a_candle_of_two_bases_is_refused(basis: Basis) -> None:
    with pytest.raises(Malformed, match="adjusted for splits"):
        candle_columns(SEP, {"close": "closeunadj"}, basis)


def test_no_rows_are_no_candles() -> None:
    assert candle_columns(Rows(NAMES, []), {}).height == 0


def test_a_code_with_a_place_for_the_symbol_is_a_dataset_and_another_a_table() -> None:
    share = Instrument(1, "BRK.B", AssetClass.STOCK, "XNYS")
    assert (is_table(DATASET), is_table(TABLE)) == (False, True)
    assert symbol_of(share, DATASET) == "BRK_B"
    assert symbol_of(share, TABLE) == "BRK.B"
    assert symbol_of(Instrument(1, "BTC-USD", AssetClass.CRYPTO, "24/7"), TABLE) is None
    assert [canonical_of(each) for each in ("BRK_B", "BRK.B", "brk-b")] == ["BRK.B"] * 3
    assert dataset_path("BRK_B", DATASET) == "/datasets/WIKI/BRK_B.json"
    assert table_path(TABLE) == "/datatables/SHARADAR/SEP.json"
