"""Which column is what: guessed by name, told by settings, and a plain word where neither helps."""

import pytest

from trend_platform.errors import ConfigurationError
from trend_platform.providers.files.mapping import mapped_columns

PRICES = ["open", "high", "low", "close"]


@pytest.mark.parametrize("time", ["date", "Date", "DATETIME", "Timestamp", "time", " Date "])
@pytest.mark.parametrize("symbol", ["symbol", "Ticker", "Name"])
def test_columns_are_found_by_the_names_people_use(time: str, symbol: str):
    found = [time, *(name.title() for name in PRICES), "Volume", symbol, "Adj Close"]
    columns = mapped_columns(found, {}, "a.csv")
    assert (columns["opened_at"], columns["symbol"], columns["volume"]) == (time, symbol, "Volume")
    assert "vwap" not in columns


def test_what_is_configured_goes_before_what_is_guessed():
    columns = mapped_columns(["date", "settled", *PRICES, "Adj Close"], {"close": "Adj Close"}, "a.csv")
    assert (columns["close"], columns["opened_at"]) == ("Adj Close", "date")


def test_a_wrong_mapping_lists_the_columns_there_are():
    with pytest.raises(ConfigurationError, match=r"opened_at = 'day'; it has 'Date', 'open', 'high', 'low', 'close'"):
        mapped_columns(["Date", *PRICES], {"opened_at": "day"}, "a.csv")


def test_a_missing_column_lists_the_columns_there_are():
    with pytest.raises(
        ConfigurationError, match=r"a\.csv has no column that looks like opened_at, close; it has 'when'"
    ):
        mapped_columns(["when", "open", "high", "low"], {}, "a.csv")


def test_a_field_no_candle_has_is_named():
    with pytest.raises(ConfigurationError, match="names colour, which no candle has"):
        mapped_columns(["date", *PRICES], {"colour": "date"}, "a.csv")
