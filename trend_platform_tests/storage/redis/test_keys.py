"""Keys are told apart by their names alone."""

from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.ranges import Range
from trend_platform.storage.redis.keys import price_key, series_key, symbol_of_price, symbol_of_series

SYMBOLS = st.text(min_size=1)


@given(symbol=SYMBOLS, range_=st.sampled_from(Range))
def test_the_key_of_a_series_names_its_symbol(symbol: str, range_: Range) -> None:
    assert symbol_of_series(series_key(symbol, range_)) == symbol
    assert symbol_of_price(series_key(symbol, range_)) is None


@given(symbol=SYMBOLS)
def test_the_key_of_a_price_names_its_symbol(symbol: str) -> None:
    assert symbol_of_price(price_key(symbol)) == symbol
    assert symbol_of_series(price_key(symbol)) is None


@given(key=st.text() | st.from_regex(r"\A(asset_data|hourly_data|latest_price):\w*(:\w*)?\Z"))
def test_a_key_is_ours_only_if_we_would_write_it(key: str) -> None:
    series, price = symbol_of_series(key), symbol_of_price(key)
    assert series is None or key in {series_key(series, range_) for range_ in Range}
    assert price is None or key == price_key(price)
