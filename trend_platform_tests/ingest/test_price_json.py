"""The JSON of a latest price: what is written is read back the same, and nothing else is believed."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.quotes import LatestPrice
from trend_platform.ingest.price_json import price_json, read_price_json
from trend_platform.ingest.reads import ReadKind

PRICE = LatestPrice("AAPL", 270.5, 1.25, 0.464, datetime(2026, 11, 20, 15, 3, 0, 123456, tzinfo=UTC), "polygon")

numbers = st.floats(allow_nan=False, allow_infinity=False)
instants = st.integers(0, 2**51).map(lambda us: datetime.fromtimestamp(us / 1e6, UTC))
prices = st.builds(LatestPrice, st.just("AAPL"), numbers, st.none() | numbers, st.none() | numbers, instants, st.text())


@given(prices)
def test_what_is_written_is_read_back_the_same(price: LatestPrice):
    assert read_price_json("AAPL", price_json(price)) == price


def test_the_keys_are_those_readers_rely_on():
    assert orjson.loads(price_json(PRICE)) == {
        "symbol": "AAPL",
        "price": 270.5,
        "change": 1.25,
        "change_percent": 0.464,
        "quoted_at": "2026-11-20T15:03:00.123456Z",
        "provider": "polygon",
    }


def test_another_symbols_price_is_foreign():
    assert read_price_json("MSFT", price_json(PRICE)) is ReadKind.FOREIGN


@pytest.mark.parametrize("payload", [b"", b"{", b"null", b"[]", b"1", b"\xff\xfe", b"{}", price_json(PRICE)[:-1]])
def test_what_is_no_price_is_corrupt(payload: bytes):
    assert read_price_json("AAPL", payload) is ReadKind.CORRUPT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("symbol", 7), ("price", None), ("price", "270"), ("price", True), ("change", "1"), ("change_percent", [])),
        *(("quoted_at", None), ("quoted_at", "today"), ("quoted_at", "2026-11-20T15:03:00"), ("provider", None)),
        ("bid", 1.0),
    ],
)
def test_a_value_of_another_shape_is_corrupt(name: str, value: object):
    document = {**orjson.loads(price_json(PRICE)), name: value}
    assert read_price_json("AAPL", orjson.dumps(document)) is ReadKind.CORRUPT


@given(st.recursive(st.none() | st.booleans() | numbers | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["symbol", "price", "change", "change_percent", "quoted_at", "provider"]), inner)))  # fmt: skip
def test_no_json_whatever_breaks_a_reader(document: object):
    assert isinstance(read_price_json("AAPL", orjson.dumps(document)), ReadKind)
