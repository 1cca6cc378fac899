"""Every recorded answer of FMP is parsed or classed, and its numbers are the ones a plain reading finds."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import Malformed, RateLimited
from trend_platform.providers.fmp.classing import classifier
from trend_platform.providers.fmp.parsing import read_days, read_dividends, read_quotes, read_splits
from trend_platform.providers.http import HttpAnswer
from trend_platform_tests.recorded.answers import recorded_answers

pytestmark = pytest.mark.recorded

AAPL = Instrument(7, "AAPL", AssetClass.STOCK, "XNYS")
DAYS, SPLITS = "stable_historical-price-eod-full__AAPL.json", "stable_splits__AAPL.json"
PAID = "stable_dividends__AAPL_limit1.json"
QUOTES = ("stable_quote__AAPL.json", "v3_quote__AAPL_2023.json")
OLD_DAYS = "v3_historical-price-full__AAPL.json"


@pytest.fixture
def answers(shared_data: Path) -> dict[str, HttpAnswer]:
    return recorded_answers(shared_data, "fmp")


@pytest.mark.parametrize("is_daily", [True, False])
def test_each_answer_has_its_class(answers: dict[str, HttpAnswer], is_daily: bool) -> None:
    classify = classifier(is_daily=is_daily)
    waits: dict[str, float | None] = {}
    for name, answer in answers.items():
        error = classify(answer)
        if error is not None:
            assert isinstance(error, RateLimited), name
            waits[name] = error.retry_after_seconds
    told = {name: json.loads(answer.body) for name, answer in answers.items() if "HTTP429" in name}
    assert len(told) == 3
    assert waits == {name: document["X-Rate-Limit-Retry-After-Milliseconds"] / 1000 for name, document in told.items()}


def test_days_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer]) -> None:
    rows = json.loads(answers[DAYS].body)[::-1]
    days = read_days(answers[DAYS].document, "AAPL")
    names = ("open", "high", "low", "close", "volume")
    assert days.select(names).rows() == [tuple(row[name] for name in names) for row in rows]
    assert days["opened_at"].to_list() == [datetime.fromisoformat(row["date"]).replace(tzinfo=UTC) for row in rows]


def test_what_it_calls_vwap_is_the_mean_of_four_prices_and_is_not_taken(answers: dict[str, HttpAnswer]) -> None:
    for row in json.loads(answers[DAYS].body):
        assert row["vwap"] == pytest.approx(sum(row[name] for name in ("open", "high", "low", "close")) / 4, abs=1e-4)
    assert "vwap" not in read_days(answers[DAYS].document, "AAPL").columns


def test_splits_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer]) -> None:
    rows = json.loads(answers[SPLITS].body)[::-1]
    told = [(7, date.fromisoformat(row["date"]), row["numerator"] / row["denominator"], "fmp") for row in rows]
    assert read_splits(answers[SPLITS].document, AAPL).rows() == told


def test_dividends_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer]) -> None:
    told = [
        (7, date.fromisoformat(row["date"]), row["dividend"], "USD", "fmp") for row in json.loads(answers[PAID].body)
    ]
    assert read_dividends(answers[PAID].document, AAPL).rows() == told
    for name, answer in answers.items():
        if name != PAID:
            with pytest.raises(Malformed):
                read_dividends(answer.document, AAPL)


@pytest.mark.parametrize("name", QUOTES)
def test_quotes_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer], name: str) -> None:
    (told,) = json.loads(answers[name].body)
    at = datetime.fromtimestamp(told["timestamp"], UTC)
    read = read_quotes(answers[name].document, {"AAPL": AAPL})
    assert read.rows() == [(7, at, told["price"], told["previousClose"])]


def test_the_days_of_the_withdrawn_api_have_another_shape(answers: dict[str, HttpAnswer]) -> None:
    with pytest.raises(Malformed, match="expected a list of objects"):
        read_days(answers[OLD_DAYS].document, "AAPL")


def test_everything_else_is_refused_as_days_as_splits_and_as_quotes(answers: dict[str, HttpAnswer]) -> None:
    assert {DAYS, SPLITS, *QUOTES, OLD_DAYS} <= answers.keys()
    for name, answer in answers.items():
        if name != DAYS:
            with pytest.raises(Malformed):
                read_days(answer.document, "AAPL")
        if name != SPLITS:
            with pytest.raises(Malformed):
                read_splits(answer.document, AAPL)
        if name not in QUOTES and "profile" not in name:
            with pytest.raises(Malformed):
                read_quotes(answer.document, {"AAPL": AAPL})


def test_a_profile_has_a_price_without_a_time(answers: dict[str, HttpAnswer]) -> None:
    # Not asked for prices; a price without its own time would be refused by name.
    (row,) = read_quotes(answers["v3_profile__AAPL.json"].document, {"AAPL": AAPL}).to_dicts()
    assert row["quoted_at"] is None
