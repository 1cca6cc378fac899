"""Every recorded answer of Kraken is parsed or classed, and its numbers are the ones a plain reading finds."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Malformed
from trend_platform.providers.http import HttpAnswer
from trend_platform.providers.kraken.candles import parse_candles
from trend_platform.providers.kraken.classing import classify
from trend_platform.providers.kraken.pairs import by_own_name, canonical_of, own_names, short_name_of
from trend_platform.providers.kraken.tickers import read_tickers
from trend_platform_tests.recorded.answers import recorded_answers

pytestmark = pytest.mark.recorded

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOLD = datetime(2026, 11, 20, 11, 59, tzinfo=UTC)
CANDLES = "0_public_OHLC__XBTUSDT_60m_2024-05-24.json"
TICKERS = {
    "0_public_Ticker__XChange_example.json": ("XXBTZEUR", "BTC-EUR"),
    "0_public_Ticker__pair=BCHEUR.json": ("BCHEUR", "BCH-EUR"),
}
PAIRS = ("0_public_AssetPairs.json", "0_public_AssetPairs__all.json", "0_public_asset_pairs__2025.json")


@pytest.fixture
def answers(shared_data: Path) -> dict[str, HttpAnswer]:
    return recorded_answers(shared_data, "kraken")


def _pair(symbol: str, number: int = 7) -> Instrument:
    return Instrument(number, symbol, AssetClass.CRYPTO, "24/7")


def test_every_success_is_recognised(answers: dict[str, HttpAnswer]) -> None:
    assert {CANDLES, *TICKERS, *PAIRS} <= answers.keys()
    assert {name: classify(answer) for name, answer in answers.items()} == dict.fromkeys(answers)


def test_candles_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer]) -> None:
    candles = parse_candles(answers[CANDLES].document, _pair("BTC-USDT"), Timeframe.H1, NOW).candles
    plain = json.loads(answers[CANDLES].body)["result"]["XBTUSDT"]
    columns = ("open", "high", "low", "close", "vwap", "volume", "trade_count")
    assert candles.select(columns).rows() == [(*map(float, row[1:7]), row[7]) for row in plain]
    assert [int(stamp.timestamp()) for stamp in candles["opened_at"]] == [row[0] for row in plain]


def test_the_last_row_was_not_final_when_it_was_recorded(answers: dict[str, HttpAnswer]) -> None:
    document = json.loads(answers[CANDLES].body)
    last = document["result"]["XBTUSDT"][-1][0]
    recorded_at = datetime.fromtimestamp(last + 1800, UTC)
    candles = parse_candles(document, _pair("BTC-USDT"), Timeframe.H1, recorded_at).candles
    assert candles["is_final"].to_list() == [True] * (candles.height - 1) + [False]
    assert document["result"]["last"] == last - 3600


def test_candles_of_another_pair_are_refused(answers: dict[str, HttpAnswer]) -> None:
    with pytest.raises(Malformed, match="XBTUSDT where one of"):
        parse_candles(answers[CANDLES].document, _pair("BTC-USD"), Timeframe.H1, NOW)


@pytest.mark.parametrize("name", TICKERS)
def test_tickers_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer], name: str) -> None:
    own, symbol = TICKERS[name]
    told = json.loads(answers[name].body)["result"][own]
    (row,) = read_tickers(answers[name].document, [_pair(symbol), _pair("BTC-CHF", 8)], TOLD).to_dicts()
    prices = {column: float(told[key][0]) for column, key in (("price", "c"), ("bid", "b"), ("ask", "a"))}
    assert row == {"instrument_id": 7, "quoted_at": TOLD, **prices}


def test_every_listed_pair_is_found_under_its_own_name_and_under_no_other(answers: dict[str, HttpAnswer]) -> None:
    for name in PAIRS:
        listed = {own: pair for own, pair in json.loads(answers[name].body)["result"].items() if "wsname" in pair}
        instruments = {
            own: _pair(canonical_of(pair["wsname"]) or "", n) for n, (own, pair) in enumerate(listed.items())
        }
        assert by_own_name(listed, instruments.values()) == instruments
        for own, pair in listed.items():
            assert short_name_of(instruments[own]) == pair["altname"]


def test_pairs_of_the_first_years_are_found_too(answers: dict[str, HttpAnswer]) -> None:
    # In 2017 the list had no `wsname`; base and quote are told by the names of assets, dark pools end in `.d`.
    listed = json.loads(answers["0_public_AssetPairs.json"].body)["result"]
    plain = {own: (pair["base"], pair["quote"]) for own, pair in listed.items() if not own.endswith(".d")}
    assert len(plain) > 40
    for own, (base, quote) in plain.items():
        codes = [name[1:] if len(name) == 4 and name[0] in "XZ" else name for name in (base, quote)]
        assert own in own_names(_pair(canonical_of("/".join(codes)) or "")), own


def test_everything_else_is_refused_as_candles_and_as_tickers(answers: dict[str, HttpAnswer]) -> None:
    for name, answer in answers.items():
        if name != CANDLES:
            with pytest.raises(Malformed):
                parse_candles(answer.document, _pair("BCH-EUR"), Timeframe.H1, NOW)
        if name not in TICKERS:
            with pytest.raises(Malformed):
                read_tickers(answer.document, [_pair("BCH-EUR")], TOLD)
