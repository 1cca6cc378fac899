"""Every recorded answer of Alpha Vantage is parsed or classed, and its numbers are the ones a plain reading finds."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import AuthFailed, Blocked, Malformed, NotEntitled, ProviderError, RateLimited
from trend_platform.providers.alphavantage.classing import classify
from trend_platform.providers.alphavantage.parsing import Pair, read_days
from trend_platform.providers.alphavantage.quotes import read_global_quote, read_rate
from trend_platform.providers.http import HttpAnswer
from trend_platform_tests.recorded.answers import recorded_answers

pytestmark = pytest.mark.recorded

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NETFLIX = Instrument(7, "NFLX", AssetClass.STOCK, "XNYS")
DAYS: dict[str, tuple[str | None, Pair | None]] = {
    "TIME_SERIES_DAILY__MSFT.json": ("MSFT", None),
    "TIME_SERIES_DAILY__TSLA.json": ("TSLA", None),
    "TIME_SERIES_DAILY_ADJUSTED_IBM__partial.json": ("IBM", None),
    "DIGITAL_CURRENCY_DAILY_BTC_AUD__partial.json": (None, ("BTC", "AUD")),
    "FX_DAILY__from_symbol=CHF_outputsize=full_to_symbol=USD.json": (None, ("CHF", "USD")),
}
RATES = {
    "CURRENCY_EXCHANGE_RATE__from_currency=EUR_to_currency=USD.json": "EUR-USD",
    "CURRENCY_EXCHANGE_RATE__from_currency=GBP_to_currency=EUR.json": "GBP-EUR",
    "demo_CURRENCY_EXCHANGE_RATE.json": "USD-JPY",
}
QUOTE = "GLOBAL_QUOTE__NFLX.json"
REFUSED: dict[str, type[ProviderError]] = {
    "PREMIUM_Information__outputsize=full_symbol=GME.json": NotEntitled,
    "RATE_LIMIT_Note__symbol=TSLA.json": RateLimited,
    "TIME_SERIES_DAILY__IBM_no_apikey.json": AuthFailed,
}


@pytest.fixture
def answers(shared_data: Path) -> dict[str, HttpAnswer]:
    return recorded_answers(shared_data, "alphavantage")


def _currency(symbol: str) -> Instrument:
    return Instrument(4, symbol, AssetClass.FOREX, "24/5")


def test_each_answer_has_its_class(answers: dict[str, HttpAnswer]) -> None:
    # CSV is told where `datatype=csv` is asked, which is never done here.
    tables = dict.fromkeys((name for name in answers if name.endswith(".csv")), Blocked)
    found = {name: type(error) for name, answer in answers.items() if (error := classify(answer)) is not None}
    assert len(tables) > 20
    assert found == {**REFUSED, **tables}


@pytest.mark.parametrize("name", DAYS)
def test_days_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer], name: str) -> None:
    document = json.loads(answers[name].body)
    (series,) = (value for key, value in document.items() if key != "Meta Data")
    days = read_days(answers[name].document, *DAYS[name])
    told = [
        (
            datetime.fromisoformat(day).replace(tzinfo=UTC),
            *(float(row[f"{n}. {field}"]) for n, field in enumerate(("open", "high", "low", "close"), 1)),
            float(row.get("6. volume") or row["5. volume"]) if len(row) > 4 else None,
        )
        for day, row in sorted(series.items())
    ]
    assert days.select("opened_at", "open", "high", "low", "close", "volume").rows() == told


def test_days_of_something_else_are_refused(answers: dict[str, HttpAnswer]) -> None:
    for name, (symbol, _) in DAYS.items():
        other: tuple[str | None, Pair | None] = ("MMM", None) if symbol else (None, ("BTC", "USD"))
        with pytest.raises(Malformed, match="were asked"):
            read_days(answers[name].document, *other)


@pytest.mark.parametrize("name", RATES)
def test_rates_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer], name: str) -> None:
    told = json.loads(answers[name].body)["Realtime Currency Exchange Rate"]
    (row,) = read_rate(answers[name].document, _currency(RATES[name])).to_dicts()
    assert row == {
        "instrument_id": 4,
        "quoted_at": datetime.fromisoformat(f"{told['6. Last Refreshed']}+00:00"),
        "price": float(told["5. Exchange Rate"]),
        "previous_close": None,
        "bid": float(told["8. Bid Price"]),
        "ask": float(told["9. Ask Price"]),
    }


def test_a_quote_is_what_a_plain_reading_finds(answers: dict[str, HttpAnswer]) -> None:
    told = json.loads(answers[QUOTE].body)["Global Quote"]
    (row,) = read_global_quote(answers[QUOTE].document, NETFLIX, NOW).to_dicts()
    assert (row["price"], row["previous_close"]) == (float(told["05. price"]), float(told["08. previous close"]))
    assert row["quoted_at"] == datetime(2025, 1, 21, 21, tzinfo=UTC)


def test_everything_else_is_refused_as_days_and_as_prices(answers: dict[str, HttpAnswer]) -> None:
    assert {*DAYS, *RATES, QUOTE, *REFUSED} <= answers.keys()
    for name, answer in answers.items():
        if name.endswith(".csv"):
            continue
        if name not in DAYS:
            with pytest.raises(Malformed):
                read_days(answer.document)
        if name not in RATES:
            with pytest.raises(Malformed):
                read_rate(answer.document, _currency("EUR-USD"))
        if name != QUOTE:
            with pytest.raises(Malformed):
                read_global_quote(answer.document, NETFLIX, NOW)
