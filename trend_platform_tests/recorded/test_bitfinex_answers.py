"""Every recorded answer of Bitfinex is parsed or classed, and its numbers are the ones a plain reading finds."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed, ProviderError, RateLimited
from trend_platform.providers.bitfinex.classing import classify
from trend_platform.providers.bitfinex.pages import parse_candles
from trend_platform.providers.bitfinex.pairs import canonical_of, symbol_of
from trend_platform.providers.bitfinex.tickers import read_tickers
from trend_platform.providers.http import HttpAnswer
from trend_platform_tests.recorded.answers import recorded_answers

pytestmark = pytest.mark.recorded

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOLD = datetime(2019, 11, 1, 3, 12, 15, tzinfo=UTC)
BTC = Instrument(7, "BTC-USD", AssetClass.CRYPTO, "24/7")
TICKERS = {"v2_tickers__symbols=ALL.json", "v2_tickers__symbols=tBTCF0_USTF0.json"}
# Arrays that begin with a symbol and are wide enough: they tell no asked pair.
ALIKE = {"v2_status__deriv_keys=ALL.json"}
REFUSED: dict[str, type[ProviderError]] = {
    "ERROR__HTTP429_ERR_RATE_LIMIT_v1.json": RateLimited,
    "ERROR__Ratelimit_message.json": RateLimited,
}


@pytest.fixture
def answers(shared_data: Path) -> dict[str, HttpAnswer]:
    return recorded_answers(shared_data, "bitfinex")


def _pair(number: int, symbol: str) -> Instrument:
    return Instrument(number, symbol, AssetClass.CRYPTO, "24/7")


def test_every_success_is_recognised_and_every_refusal_has_its_class(answers: dict[str, HttpAnswer]) -> None:
    assert TICKERS | REFUSED.keys() <= answers.keys()
    for name, answer in answers.items():
        assert type(classify(answer)) is REFUSED.get(name, type(None)), name


def test_candles_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer]) -> None:
    recorded = {name: answer for name, answer in answers.items() if "candles" in name}
    assert len(recorded) == 10
    for name, answer in recorded.items():
        parsed = parse_candles(answer.document, BTC, Timeframe.M1, NOW)
        plain = sorted(json.loads(answer.body))
        assert parsed.candles.select("open", "close", "high", "low", "volume").rows() == [
            tuple(row[1:]) for row in plain
        ], name
        assert [round(stamp.timestamp() * 1000) for stamp in parsed.candles["opened_at"]] == [row[0] for row in plain]
        assert (parsed.candles["high"] >= parsed.candles["low"]).all()
        assert parsed.rejected.is_empty()


def test_minutes_are_no_days(answers: dict[str, HttpAnswer]) -> None:
    with pytest.raises(GranularityMismatch):
        parse_candles(
            answers["v2_candles_trade_1m_hist__tBTCUSD_2019-04-15_00-00-00.json"].document, BTC, Timeframe.D1, NOW
        )


def test_tickers_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer]) -> None:
    answer = answers["v2_tickers__symbols=ALL.json"]
    told = [row for row in json.loads(answer.body) if row[0].startswith("t")]
    asked = {row[0]: _pair(number, canonical_of(row[0]) or "") for number, row in enumerate(told)}
    rows = read_tickers(answer.document, asked, TOLD).sort("instrument_id")
    plain = [(number, TOLD, row[7], row[1], row[3]) for number, row in enumerate(told) if row[8]]
    assert len(plain) > 200
    assert rows.select("instrument_id", "quoted_at", "price", "bid", "ask").rows() == plain


def test_listed_pairs_are_spelt_as_they_are_listed(answers: dict[str, HttpAnswer]) -> None:
    (listed,) = json.loads(answers["v2_conf_pub_list_pair_exchange__all.json"].body)
    read_back = {name: symbol_of(_pair(1, canonical_of(f"t{name}") or "")) for name in listed}
    assert {name: spelt for name, spelt in read_back.items() if spelt != f"t{name}"} == {}


def test_derivatives_are_no_pairs(answers: dict[str, HttpAnswer]) -> None:
    (listed,) = json.loads(answers["v2_conf_pub_list_pair_future__all.json"].body)
    assert {canonical_of(f"t{name}") for name in listed} == {None}


def test_everything_else_is_refused_as_candles_and_as_tickers(answers: dict[str, HttpAnswer]) -> None:
    for name, answer in answers.items():
        is_empty = answer.document == []
        if "candles" not in name:
            with pytest.raises(Malformed):
                parse_candles(answer.document, BTC, Timeframe.M1, NOW)
        if name in ALIKE:
            assert read_tickers(answer.document, {"tBTCUSD": BTC}, TOLD).is_empty()
        elif name not in TICKERS and not is_empty:
            with pytest.raises(Malformed):
                read_tickers(answer.document, {"tBTCUSD": BTC}, TOLD)
