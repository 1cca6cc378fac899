"""Every recorded answer of Twelve Data is parsed or classed, and its numbers are the ones a plain reading finds."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any  # the plain reading is of plain JSON

import pytest

from trend_platform.domain.candles import Basis
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Blocked, GranularityMismatch, Malformed, ProviderError, RateLimited
from trend_platform.providers.http import HttpAnswer
from trend_platform.providers.quoting import read_rows
from trend_platform.providers.stamped import Origin
from trend_platform.providers.twelvedata.classing import classifier
from trend_platform.providers.twelvedata.parsing import parse_series
from trend_platform.providers.twelvedata.quotes import by_symbol, read_quotes
from trend_platform.providers.twelvedata.symbols import canonical_of, ticker_of
from trend_platform_tests.recorded.answers import recorded_answers

pytestmark = pytest.mark.recorded

NOW = datetime(2026, 11, 20, 12, 0, 40, tzinfo=UTC)
IBM = Instrument(7, "IBM", AssetClass.STOCK, "XNYS")
AAPL = Instrument(8, "AAPL", AssetClass.STOCK, "XNYS")
SERIES, QUOTE = "time_series__IBM_2021-07-01.json", "quote__IBM_2021-07-01.json"
COINS, FOUND = "cryptocurrencies__2021.csv", "symbol_search__2021.json"
INDICATORS = ("bollinger_bands__2025.json", "relative_strength_index__2025.json", "simple_moving_average__2025.json")
REFUSED: dict[str, type[ProviderError]] = {
    "ERROR__code429_credits.json": RateLimited,
    "bad_request_error__HTTP400.json": Malformed,
    # Tables are never asked for: one in JSON's place is a wrong address.
    COINS: Blocked,
    "price__IBM_2021-07-01.csv": Blocked,
}


@pytest.fixture
def answers(shared_data: Path) -> dict[str, HttpAnswer]:
    return recorded_answers(shared_data, "twelvedata")


def _origin(instrument: Instrument = IBM, timeframe: Timeframe = Timeframe.D1) -> Origin:
    return Origin("twelvedata", instrument, timeframe, Basis.SPLIT, timedelta(hours=4), NOW)


def _plain(answer: HttpAnswer) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answer.body)
    return document


def test_every_success_is_recognised_and_every_refusal_has_its_class(answers: dict[str, HttpAnswer]) -> None:
    assert {*REFUSED, SERIES, QUOTE, FOUND, *INDICATORS} <= answers.keys()
    for name, answer in answers.items():
        assert type(classifier(ManualClock(NOW))(answer)) is REFUSED.get(name, type(None)), name


def test_used_up_credits_come_back_with_the_minute_also_with_status_200(answers: dict[str, HttpAnswer]) -> None:
    body = answers["ERROR__code429_credits.json"].body
    for status in (200, 429):
        error = classifier(ManualClock(NOW))(HttpAnswer(status, {}, body))
        assert isinstance(error, RateLimited)
        assert error.retry_after_seconds == 21.0
        assert "current limit being 8" in str(error)


def test_days_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer]) -> None:
    parsed = parse_series(answers[SERIES].document, _origin())
    # It was asked without an order: the newest come first.
    plain = _plain(answers[SERIES])["values"][::-1]
    columns = ("open", "high", "low", "close", "volume")
    told = parsed.candles.sort("opened_at")
    assert told.select(columns).rows() == [tuple(float(row[name]) for name in columns) for row in plain]
    assert [at.date().isoformat() for at in told["opened_at"]] == [row["datetime"] for row in plain]
    assert (len(plain), parsed.rejected.height) == (30, 0)


def test_days_of_another_share_or_length_are_refused(answers: dict[str, HttpAnswer]) -> None:
    with pytest.raises(Malformed, match="'IBM' where those of 'AAPL'"):
        parse_series(answers[SERIES].document, _origin(AAPL))
    with pytest.raises(GranularityMismatch, match="'1day' bars where 1m ones"):
        parse_series(answers[SERIES].document, _origin(timeframe=Timeframe.M1))


@pytest.mark.parametrize("name", INDICATORS)
def test_indicators_are_no_candles_although_they_look_like_them(answers: dict[str, HttpAnswer], name: str) -> None:
    with pytest.raises(GranularityMismatch):
        parse_series(answers[name].document, _origin(AAPL, Timeframe.M1))


def test_a_quote_is_what_a_plain_reading_finds_and_without_its_time_no_price(answers: dict[str, HttpAnswer]) -> None:
    asked = {"IBM": IBM}
    rows = read_quotes(by_symbol(answers[QUOTE].document, asked), asked)
    plain = _plain(answers[QUOTE])
    assert rows.row(0, named=True) == {
        "instrument_id": 7,
        "price": float(plain["close"]),
        "quoted_at": None,
        "previous_close": float(plain["previous_close"]),
    }
    # `last_quote_at` came after 2021; today's open is not taken for it.
    read = read_rows("twelvedata", rows, [IBM], NOW, 1)
    assert isinstance(read.failures[7], Malformed)
    timed = {**plain, "last_quote_at": 1_625_169_600}
    assert read_quotes({"IBM": timed}, asked)["quoted_at"].to_list() == [datetime(2021, 7, 1, 20, tzinfo=UTC)]


def test_one_symbol_is_several_shares_elsewhere_and_only_new_yorks_is_taken(answers: dict[str, HttpAnswer]) -> None:
    found = [row for row in _plain(answers[FOUND])["data"] if row["symbol"] == "IBM"]
    abroad = [row for row in found if row["exchange_timezone"] != "America/New_York"]
    assert len(abroad) == 5
    for row in abroad:
        meta = {"symbol": "IBM", "interval": "1day", **row}
        with pytest.raises(Malformed, match="ambiguous"):
            parse_series({"meta": meta, "values": []}, _origin())


def test_every_listed_pair_is_spelt_as_it_is_listed(answers: dict[str, HttpAnswer]) -> None:
    listed = [row["symbol"] for row in csv.DictReader(io.StringIO(answers[COINS].body.decode()), delimiter=";")]
    assert len(listed) > 2_000
    for ticker in listed:
        assert ticker_of(Instrument(1, canonical_of(ticker), AssetClass.CRYPTO, "24/7")) == ticker


def test_everything_else_is_refused_as_candles_and_as_quotes(answers: dict[str, HttpAnswer]) -> None:
    for name, answer in answers.items():
        if name.endswith(".csv"):
            continue
        if name not in {SERIES, *INDICATORS}:
            with pytest.raises(Malformed, match="holds no bars"):
                parse_series(answer.document, _origin())
        if name != QUOTE:
            with pytest.raises(Malformed, match="no quotes"):
                by_symbol(answer.document, {"IBM": IBM})
