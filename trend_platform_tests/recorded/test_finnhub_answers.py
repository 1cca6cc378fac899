"""Every recorded answer of Finnhub is parsed or classed, and its numbers are the ones a plain reading finds."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import GranularityMismatch, Malformed, NotEntitled, RateLimited
from trend_platform.providers.finnhub.classing import classify
from trend_platform.providers.finnhub.parsing import read_candles, read_quote
from trend_platform.providers.http import HttpAnswer
from trend_platform_tests.recorded.answers import recorded_answers

pytestmark = pytest.mark.recorded

AAPL = Instrument(7, "AAPL", AssetClass.STOCK, "XNYS")
QUOTES = ("capture_2026__quote-AAPL.json", "quote__symbol=AAPL.json")
UNKNOWN = "capture_2026__quote-unknown.json"
HOURS = "stock_candle__AAPL_60m_2020-07-02.json"
ONE = "stock_candle__BAD_MSFT_60m_close_above_high_a.json"
EMPTY = "stock_candle__no_data_SPY_2021.json"
REFUSED = {
    "ERROR__HTTP429_remaining_limit_2021.json": RateLimited,
    "capture_2026__HTTP403_candle-AAPL.json": NotEntitled,
}


@pytest.fixture
def answers(shared_data: Path) -> dict[str, HttpAnswer]:
    return recorded_answers(shared_data, "finnhub")


def test_each_answer_has_its_class(answers: dict[str, HttpAnswer]) -> None:
    found = {name: type(error) for name, answer in answers.items() if (error := classify(answer)) is not None}
    assert found == REFUSED


@pytest.mark.parametrize("name", QUOTES)
def test_quotes_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer], name: str) -> None:
    told = json.loads(answers[name].body)
    (row,) = read_quote(answers[name].document, AAPL).to_dicts()
    assert row == {
        "instrument_id": 7,
        "quoted_at": datetime.fromtimestamp(told["t"], UTC),
        "price": told["c"],
        "previous_close": told["pc"],
    }


def test_the_zeros_of_an_unknown_symbol_are_no_price(answers: dict[str, HttpAnswer]) -> None:
    assert read_quote(answers[UNKNOWN].document, AAPL).row(0) == (7, None, None, None)


def test_one_candle_is_what_a_plain_reading_finds_and_is_not_judged_here(answers: dict[str, HttpAnswer]) -> None:
    # Its close lies above its high: the rules set it aside, not the parser.
    told = json.loads(answers[ONE].body)
    (row,) = read_candles(answers[ONE].document).to_dicts()
    assert [row[name] for name in ("t", "open", "high", "low", "close", "volume")] == [told[k][0] for k in "tohlcv"]
    assert row["opened_at"] == datetime(2020, 3, 24, tzinfo=UTC)
    assert row["close"] > row["high"]


def test_no_data_is_no_candle(answers: dict[str, HttpAnswer]) -> None:
    assert read_candles(answers[EMPTY].document).height == 0


def test_hours_are_not_taken_for_days(answers: dict[str, HttpAnswer]) -> None:
    with pytest.raises(GranularityMismatch):
        read_candles(answers[HOURS].document)


def test_everything_else_is_refused_as_candles_and_as_quotes(answers: dict[str, HttpAnswer]) -> None:
    assert {*QUOTES, UNKNOWN, HOURS, ONE, EMPTY, *REFUSED} <= answers.keys()
    for name, answer in answers.items():
        if name not in {HOURS, ONE, EMPTY}:
            with pytest.raises(Malformed):
                read_candles(answer.document)
        if name not in {*QUOTES, UNKNOWN}:
            with pytest.raises(Malformed):
                read_quote(answer.document, AAPL)
