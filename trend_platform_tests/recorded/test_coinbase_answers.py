"""Every recorded answer of Coinbase is parsed or classed, and its numbers are the ones a plain reading finds."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed, ProviderError
from trend_platform.providers.coinbase.candles import parse_candles
from trend_platform.providers.coinbase.classing import classify
from trend_platform.providers.coinbase.last_trades import read_ticker
from trend_platform.providers.coinbase.products import product_of
from trend_platform.providers.http import HttpAnswer
from trend_platform_tests.recorded.answers import recorded_answers

pytestmark = pytest.mark.recorded

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BTC = Instrument(7, "BTC-USD", AssetClass.CRYPTO, "24/7")
CANDLES = {
    "products_candles__BTC-EUR_recent.json": Timeframe.D1,
    "products_candles__BTC-USD_1m_2018-02-01.json": Timeframe.M1,
}
TICKERS = {"products_ticker__btc-usd.json", "advanced_http_product__fixture.json"}
REFUSED: dict[str, type[ProviderError]] = {"ERROR__HTTP400_granularity_300.json": Malformed}


@pytest.fixture
def answers(shared_data: Path) -> dict[str, HttpAnswer]:
    return recorded_answers(shared_data, "coinbase")


def test_every_success_is_recognised_and_every_refusal_has_its_class(answers: dict[str, HttpAnswer]) -> None:
    assert CANDLES.keys() | TICKERS | REFUSED.keys() <= answers.keys()
    for name, answer in answers.items():
        assert type(classify(answer)) is REFUSED.get(name, type(None)), name


@pytest.mark.parametrize("name", CANDLES)
def test_candles_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer], name: str) -> None:
    candles = parse_candles(answers[name].document, BTC, CANDLES[name], NOW).candles
    plain = sorted(json.loads(answers[name].body))
    assert candles.select("open", "high", "low", "close", "volume").rows() == [
        (opened, high, low, close, volume) for _, low, high, opened, close, volume in plain
    ]
    assert [int(stamp.timestamp()) for stamp in candles["opened_at"]] == [row[0] for row in plain]
    assert all(
        low <= min(o, c) <= max(o, c) <= high for o, high, low, c in candles[["open", "high", "low", "close"]].rows()
    )


def test_minutes_are_no_days(answers: dict[str, HttpAnswer]) -> None:
    with pytest.raises(GranularityMismatch):
        parse_candles(answers["products_candles__BTC-USD_1m_2018-02-01.json"].document, BTC, Timeframe.D1, NOW)
    with pytest.raises(GranularityMismatch):
        parse_candles(answers["products_candles__BTC-EUR_recent.json"].document, BTC, Timeframe.M1, NOW)


def test_a_ticker_is_what_a_plain_reading_finds(answers: dict[str, HttpAnswer]) -> None:
    told = json.loads(answers["products_ticker__btc-usd.json"].body)
    (row,) = read_ticker(told, BTC).to_dicts()
    numbers = {name: float(told[name]) for name in ("price", "bid", "ask", "size")}
    assert row == {"instrument_id": 7, "quoted_at": datetime.fromisoformat(told["time"]), **numbers}


def test_a_product_of_the_other_api_has_a_price_without_a_time(answers: dict[str, HttpAnswer]) -> None:
    (row,) = read_ticker(answers["advanced_http_product__fixture.json"].document, BTC).to_dicts()
    assert (row["price"], row["quoted_at"]) == (68923.67, None)


def test_product_ids_are_canonical_symbols(answers: dict[str, HttpAnswer]) -> None:
    products = json.loads(answers["products__.json"].body)
    assert len(products) > 300
    for one in products:
        symbol = f"{one['base_currency']}-{one['quote_currency']}"
        assert product_of(Instrument(1, symbol, AssetClass.CRYPTO, "24/7")) == one["id"]


def test_everything_else_is_refused_as_candles_and_as_tickers(answers: dict[str, HttpAnswer]) -> None:
    for name, answer in answers.items():
        if name not in CANDLES:
            with pytest.raises(Malformed):
                parse_candles(answer.document, BTC, Timeframe.M1, NOW)
        if name not in TICKERS:
            with pytest.raises(Malformed):
                read_ticker(answer.document, BTC)
