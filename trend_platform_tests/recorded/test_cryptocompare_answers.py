"""Every recorded answer of CryptoCompare is parsed or classed, and its numbers are the ones a plain reading finds."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed, QuotaExhausted
from trend_platform.providers.cryptocompare.classing import classify
from trend_platform.providers.cryptocompare.dialects import DataApi, MinApi, Pair
from trend_platform.providers.http import HttpAnswer
from trend_platform_tests.recorded.answers import recorded_answers

pytestmark = pytest.mark.recorded

BITCOIN: Pair = ("BTC", "USD")
NEW, OLD = DataApi("cadli"), MinApi("CCCAGG")
LENGTHS = {
    "days": Timeframe.D1,
    "hours": Timeframe.H1,
    "day": Timeframe.D1,
    "hour": Timeframe.H1,
    "minute": Timeframe.M1,
}
LATEST = "min-api_data_pricemultifull__fsyms=BTC_tsyms=USD.json"
# One price of many exchanges under the same name: of no coin that was asked.
AVERAGE = "min-api_data_generateAvg__e=Coinbase_fsym=BTC_tsym=USD.json"


@pytest.fixture
def answers(shared_data: Path) -> dict[str, HttpAnswer]:
    return recorded_answers(shared_data, "cryptocompare")


def _new_history(answers: dict[str, HttpAnswer]) -> dict[str, tuple[Pair, Timeframe]]:
    found = {name: re.search(r"historical_(\w+)__instrument=(\w+)-(\w+?)_limit", name) for name in answers}
    return {name: ((match[2], match[3]), LENGTHS[match[1]]) for name, match in found.items() if match}


def _old_history(answers: dict[str, HttpAnswer]) -> dict[str, Timeframe]:
    found = {name: re.search(r"data_histo([a-z]+)__", name) for name in answers}
    return {name: LENGTHS[match[1]] for name, match in found.items() if match}


def test_each_answer_has_its_class(answers: dict[str, HttpAnswer]) -> None:
    found = {name: error for name, answer in answers.items() if (error := classify(answer)) is not None}
    assert list(found) == ["ERROR__rate_limit_type99.json"]
    (error,) = found.values()
    # More calls made than the plan has in a month: no wait of minutes helps.
    assert isinstance(error, QuotaExhausted)
    assert error.retry_after_seconds == 86_400


def test_candles_of_the_new_api_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer]) -> None:
    history = _new_history(answers)
    assert len(history) == 7
    for name, (pair, timeframe) in history.items():
        rows = json.loads(answers[name].body)["Data"]
        traded = [row for row in rows if row["VOLUME"] > 0]
        read = NEW.read_history(answers[name].document, pair, timeframe)
        names = ("open", "high", "low", "close", "volume")
        assert read.select(names).rows() == [tuple(row[field.upper()] for field in names) for row in traded], name
        assert [int(at.timestamp()) for at in read["opened_at"]] == [row["TIMESTAMP"] for row in traded]


def test_hours_in_which_nothing_was_traded_were_made_up_and_left_out(answers: dict[str, HttpAnswer]) -> None:
    (name,) = (name for name in answers if name.endswith(".gz"))
    rows = json.loads(answers[name].body)["Data"]
    made_up = [row for row in rows if "FIRST_MESSAGE_TIMESTAMP" not in row]
    assert len(made_up) == 617
    assert {(row["VOLUME"], row["HIGH"] - row["LOW"]) for row in made_up} == {(0, 0)}
    read = NEW.read_history(answers[name].document, BITCOIN, Timeframe.H1)
    assert not {row["TIMESTAMP"] for row in made_up} & {int(at.timestamp()) for at in read["opened_at"]}


def test_candles_of_another_pair_or_length_are_refused(answers: dict[str, HttpAnswer]) -> None:
    for name, (pair, timeframe) in _new_history(answers).items():
        with pytest.raises(Malformed, match="where those of DOGE-USD were asked"):
            NEW.read_history(answers[name].document, ("DOGE", "USD"), timeframe)
        with pytest.raises(GranularityMismatch):
            NEW.read_history(answers[name].document, pair, Timeframe.M1)


def test_candles_of_the_old_api_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer]) -> None:
    history = {name: each for name, each in _old_history(answers).items() if "aggregate=2" not in name}
    assert len(history) == 8
    for name, timeframe in history.items():
        rows = json.loads(answers[name].body)["Data"]
        read = OLD.read_history(answers[name].document, BITCOIN, timeframe)
        names = ("open", "high", "low", "close", "volumefrom")
        told = [tuple(float(row[field]) for field in names) for row in rows]
        assert read.select("open", "high", "low", "close", "volume").rows() == told, name
        assert [int(at.timestamp()) for at in read["opened_at"]] == [row["time"] for row in rows]


def test_two_days_or_minutes_in_one_candle_are_refused(answers: dict[str, HttpAnswer]) -> None:
    added_up = {name: each for name, each in _old_history(answers).items() if "aggregate=2" in name}
    assert len(added_up) == 2
    for name, timeframe in added_up.items():
        with pytest.raises(GranularityMismatch, match="added up"):
            OLD.read_history(answers[name].document, BITCOIN, timeframe)


def test_a_latest_price_is_what_a_plain_reading_finds(answers: dict[str, HttpAnswer]) -> None:
    told = json.loads(answers[LATEST].body)["RAW"]["BTC"]["USD"]
    coin = Instrument(3, "BTC-USD", AssetClass.CRYPTO, "24/7")
    read = OLD.read_latest(answers[LATEST].document, {coin: BITCOIN})
    assert read.rows() == [(3, told["PRICE"], datetime.fromtimestamp(told["LASTUPDATE"], UTC))]
    assert OLD.read_latest(answers[AVERAGE].document, {coin: BITCOIN})["price"].to_list() == [None]


def test_everything_else_is_refused_as_candles_and_as_prices(answers: dict[str, HttpAnswer]) -> None:
    coin = Instrument(3, "BTC-USD", AssetClass.CRYPTO, "24/7")
    known = {*_new_history(answers), *_old_history(answers)}
    for name, answer in answers.items():
        if name not in known:
            for dialect in (NEW, OLD):
                with pytest.raises(Malformed):
                    dialect.read_history(answer.document, BITCOIN, Timeframe.D1)
        if name not in {LATEST, AVERAGE}:
            with pytest.raises(Malformed):
                OLD.read_latest(answer.document, {coin: BITCOIN})
