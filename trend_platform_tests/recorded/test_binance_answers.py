"""Every recorded answer of Binance is parsed or classed, and its numbers are the ones a plain reading finds."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed, ProviderError, UsageError
from trend_platform.providers.binance.classing import classify
from trend_platform.providers.binance.klines import parse_candles
from trend_platform.providers.binance.symbols import canonical_of
from trend_platform.providers.binance.tickers import read_pairs, read_tickers
from trend_platform.providers.http import HttpAnswer
from trend_platform_tests.recorded.answers import recorded_answers

pytestmark = pytest.mark.recorded

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BITCOIN = Instrument(1, "BTC-USD", AssetClass.CRYPTO, "24/7")
# The futures answer 200 with a code below zero inside: an error, although its status says otherwise.
REFUSED: dict[str, type[ProviderError]] = {
    "dapi_v1_klines__endTime=1577836800000_interval=1d_limit=1000_startTime=1546300800000_symbol=BTCU.json": Malformed
}
LENGTHS = {"interval=1d": Timeframe.D1, "interval=5m": Timeframe.M5, "interval=1m": Timeframe.M1}


@pytest.fixture
def answers(shared_data: Path) -> dict[str, HttpAnswer]:
    return recorded_answers(shared_data, "binance")


def _klines(answers: dict[str, HttpAnswer]) -> dict[str, HttpAnswer]:
    return {name: answer for name, answer in answers.items() if "_klines__" in name and name not in REFUSED}


def _timeframe(name: str) -> Timeframe:
    return next(timeframe for part, timeframe in LENGTHS.items() if part in name)


def test_every_success_is_recognised_and_every_refusal_has_its_class(answers: dict[str, HttpAnswer]) -> None:
    assert len(answers) >= 40
    assert set(REFUSED) <= set(answers)
    for name, answer in answers.items():
        assert type(classify(answer)) is REFUSED.get(name, type(None)), name


def test_klines_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer]) -> None:
    found = _klines(answers)
    assert len(found) >= 11
    for name, answer in found.items():
        candles = parse_candles(answer.document, BITCOIN, _timeframe(name), NOW).candles
        plain = json.loads(answer.body)
        assert [round(at.timestamp() * 1000) for at in candles["opened_at"]] == [row[0] for row in plain], name
        for place, column in enumerate(("open", "high", "low", "close", "volume"), start=1):
            assert candles[column].to_list() == [float(row[place]) for row in plain], (name, column)
        assert candles["trade_count"].to_list() == [row[8] for row in plain], name
        assert candles["is_final"].all()


def test_a_mean_price_lies_between_low_and_high(answers: dict[str, HttpAnswer]) -> None:
    # Of the futures settled in coins (dapi), volume is in contracts: their turnover is no price.
    for name, answer in _klines(answers).items():
        candles = parse_candles(answer.document, BITCOIN, _timeframe(name), NOW).candles
        inside = (candles["vwap"] >= candles["low"] * 0.9999) & (candles["vwap"] <= candles["high"] * 1.0001)
        assert inside.all() or name.startswith("dapi"), name


def test_candles_of_another_length_are_noticed(answers: dict[str, HttpAnswer]) -> None:
    for name, answer in _klines(answers).items():
        with pytest.raises(GranularityMismatch):
            parse_candles(answer.document, BITCOIN, Timeframe.H4, NOW)
        assert name


def test_tickers_are_what_a_plain_reading_finds_and_closed_pairs_have_no_price(answers: dict[str, HttpAnswer]) -> None:
    found = {name: answer for name, answer in answers.items() if "_ticker_24hr_" in name}
    assert len(found) == 4
    for name, answer in found.items():
        plain = json.loads(answer.body)
        told = {row["symbol"]: row for row in (plain if isinstance(plain, list) else [plain])}
        holders = {
            symbol: [Instrument(number, f"{symbol}-USD", AssetClass.CRYPTO, "24/7")]
            for number, symbol in enumerate(told)
        }
        rows = read_tickers(answer.document, holders)
        assert rows["price"].to_list() == [float(row["lastPrice"]) or None for row in told.values()], name
        assert rows["bid"].to_list() == [float(row["bidPrice"]) or None for row in told.values()], name
        assert [round(at.timestamp() * 1000) for at in rows["quoted_at"]] == [row["closeTime"] for row in told.values()]


def test_the_time_of_a_ticker_is_the_pairs_own(answers: dict[str, HttpAnswer]) -> None:
    # Of 595 pairs asked at once, the quiet ones are minutes and the closed ones days behind the busy ones.
    plain = json.loads(answers["api_v1_ticker_24hr__api.binance.com.json"].body)
    stamps = sorted(row["closeTime"] for row in plain if float(row["lastPrice"]) > 0)
    assert stamps[-1] - stamps[0] > 60_000


def test_every_listed_pair_is_read_right_or_named_as_ambiguous(answers: dict[str, HttpAnswer]) -> None:
    pairs = read_pairs(answers["api_v3_exchangeInfo__all.json.gz"].document)
    assert len(pairs) > 1500
    assert {canonical_of(symbol, pairs) for symbol in pairs} == {"-".join(pair) for pair in pairs.values()}
    readings = {symbol: _reading(symbol) for symbol in pairs}
    for symbol, pair in pairs.items():
        assert "-".join(pair) in readings[symbol], symbol
    ambiguous = [symbol for symbol, pair in pairs.items() if readings[symbol] != "-".join(pair)]
    assert 0 < len(ambiguous) < 30


def _reading(symbol: str) -> str:
    try:
        return canonical_of(symbol)
    except UsageError as error:
        return str(error)


def test_everything_else_is_refused_as_candles(answers: dict[str, HttpAnswer]) -> None:
    for name in answers.keys() - _klines(answers).keys():
        with pytest.raises(Malformed):
            parse_candles(answers[name].document, BITCOIN, Timeframe.D1, NOW)
