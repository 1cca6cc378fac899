"""Sparks in both of Yahoo's shapes."""

from datetime import UTC, datetime

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import Malformed
from trend_platform.providers.yahoo.spark import read_sparks

AT = 1_763_672_340
SHARES = {name: Instrument(number, name, AssetClass.STOCK, "XNYS") for number, name in enumerate(("AAA", "BBB"))}


def test_the_price_is_the_last_close_that_is_there_with_its_own_stamp() -> None:
    spark = {"timestamp": [AT, AT + 60, AT + 120], "close": [10.0, 118.69000244140625, None], "previousClose": 9.5}
    rows = read_sparks({"AAA": spark, "ZZZ": spark}, SHARES)
    assert rows.rows() == [(0, 118.69, datetime.fromtimestamp(AT + 60, UTC), 9.5)]


def test_the_older_shape_tells_the_markets_price_and_time() -> None:
    meta = {"regularMarketPrice": 10.4, "regularMarketTime": AT + 5, "chartPreviousClose": 10.0}
    response = {"meta": meta, "timestamp": [AT], "indicators": {"quote": [{"close": [10.1]}]}}
    document = {"spark": {"result": [{"symbol": "BBB", "response": [response]}], "error": None}}
    assert read_sparks(document, SHARES).rows() == [(1, 10.4, datetime.fromtimestamp(AT + 5, UTC), 10.0)]


def test_the_older_shape_without_the_markets_price_has_its_closes() -> None:
    response = {"meta": {}, "timestamp": [AT], "indicators": {"quote": [{"close": [10.1]}]}}
    document = {"spark": {"result": [{"symbol": "BBB", "response": [response]}], "error": None}}
    assert read_sparks(document, SHARES).rows() == [(1, 10.1, datetime.fromtimestamp(AT, UTC), None)]


def test_a_symbol_without_a_close_has_no_price() -> None:
    spark = {"timestamp": [AT], "close": [None], "previousClose": 9.5}
    assert read_sparks({"AAA": spark}, SHARES)["price"].to_list() == [None]


@pytest.mark.parametrize("document", [[], {"AAA": 7}, {"AAA": {"close": [1.0]}}])
def test_what_is_no_spark_is_refused(document: object) -> None:
    with pytest.raises(Malformed, match="holds no sparks"):
        read_sparks(document, SHARES)


def test_nobody_known_is_no_row() -> None:
    assert read_sparks({}, SHARES).is_empty()
    assert read_sparks({"spark": {"result": None, "error": None}}, SHARES).is_empty()
