"""Every recorded answer of Tiingo is parsed or classed, and its numbers are the ones a plain reading finds."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any  # the plain reading is of plain JSON

import pytest

from trend_platform.domain.candles import Basis
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Blocked, GranularityMismatch, Malformed, NotEntitled, ProviderError
from trend_platform.providers.http import HttpAnswer
from trend_platform.providers.stamped import Origin, Stamped
from trend_platform.providers.tiingo.classing import classifier
from trend_platform.providers.tiingo.parsing import parse_bars, parse_coin, parse_days, read_splits
from trend_platform.providers.tiingo.quotes import read_lasts, read_tops
from trend_platform.providers.tiingo.symbols import canonical_of, ticker_of
from trend_platform_tests.recorded.answers import recorded_answers

pytestmark = pytest.mark.recorded

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
GOOGL = Instrument(7, "GOOGL", AssetClass.STOCK, "XNYS")
PAIRS = {
    "btcusd": Instrument(8, "BTC-USD", AssetClass.CRYPTO, "24/7"),
    "fldcbtc": Instrument(9, "FLDC-BTC", AssetClass.CRYPTO, "24/7"),
}
DAYS = (
    "tiingo_daily_GOOGL__prices_endDate=2015-01-05_format=json_resampleFreq=daily_startDate=2015-01-01.json",
    "tiingo_daily_GOOGL__prices_format=json_resampleFreq=daily.json",
)
WEEKS = (
    "tiingo_daily_AAPL__prices_endDate=2018-01-19_format=json_resampleFreq=weekly_startDate=2018-01-05.json",
    "tiingo_daily_GOOGL__prices_endDate=2018-01-19_format=json_resampleFreq=weekly_startDate=2018-01-05.json",
)
BARS = "iex_GOOGL_prices__endDate=2018-01-02_format=json_resampleFreq=30Min_startDate=2018-01-02.json"
COINS = "tiingo_crypto_prices__endDate=2019-05-02_includeRawExchangeData=True_resampleFreq=1day_startDate=2019-.json"
TOPS = "tiingo_crypto_top__includeRawExchangeData=True_tickers=btcusd_fldcbtc.json"
PAIR_LIST = "tiingo_crypto__format=json_tickers=btcusd_fldcbtc.json"
SHARE_LISTS = ("supported_tickers_zip__supported_tickers.zip-3.zip", "supported_tickers_zip__supported_tickers.zip.zip")
NO_NEWS = "tiingo_news_bulk_download__HTTP403_1.json"
# Successes of what is never asked for: the description of a share, news, the statements of a company.
OTHERS = (
    "tiingo_daily_GOOGL__.json",
    "tiingo_fundamentals_GOOGL__statements_asReported=false_endDate=2020-4-1_format=json_startDate=2020-1-1.json",
    "tiingo_fundamentals_GOOGL__statements_asReported=true_endDate=2020-4-1_format=json_startDate=2020-1-1.json",
    "tiingo_news__endDate=2017-08-31_limit=1_offset=0_onlyWithTickers=False_sortBy=publishedDate_s.json",
)


@pytest.fixture
def answers(shared_data: Path) -> dict[str, HttpAnswer]:
    return recorded_answers(shared_data, "tiingo")


def _origin(instrument: Instrument = GOOGL, timeframe: Timeframe = Timeframe.D1) -> Origin:
    return Origin("tiingo", instrument, timeframe, Basis.RAW, timedelta(hours=4), NOW)


def _plain(answer: HttpAnswer) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(answer.body)
    return rows


def _assert_plain(parsed: Stamped, plain: list[dict[str, Any]]) -> None:
    prices = ("open", "high", "low", "close")
    told = [tuple(row[name] for name in prices) for row in plain]
    assert parsed.candles.select(prices).rows() == told
    stamps = [datetime.fromisoformat(row["date"]) for row in plain]
    assert parsed.candles["opened_at"].to_list() == stamps
    assert (parsed.candles.height > 0, parsed.rejected.height) == (True, 0)


def test_every_success_is_recognised_and_every_refusal_has_its_class(answers: dict[str, HttpAnswer]) -> None:
    known = {*DAYS, *WEEKS, BARS, COINS, TOPS, PAIR_LIST, *SHARE_LISTS, NO_NEWS, *OTHERS}
    assert {name for name in answers if not name.endswith(".csv")} == known
    for name, answer in answers.items():
        expected: type[ProviderError | None] = type(None)
        if name.endswith((".csv", ".zip")):
            # JSON is asked for: a table or an archive in its place is a wrong address.
            expected = Blocked
        elif name == NO_NEWS:
            expected = NotEntitled
        assert type(classifier(ManualClock(NOW))(answer)) is expected, name


@pytest.mark.parametrize("name", DAYS)
def test_days_are_the_raw_ones_a_plain_reading_finds(answers: dict[str, HttpAnswer], name: str) -> None:
    plain = _plain(answers[name])
    parsed = parse_days(answers[name].document, _origin())
    _assert_plain(parsed, plain)
    assert parsed.candles["volume"].to_list() == [row["volume"] for row in plain]
    assert read_splits(answers[name].document, GOOGL).is_empty() == all(row["splitFactor"] == 1 for row in plain)


def test_the_same_days_as_a_table_have_the_same_values(answers: dict[str, HttpAnswer]) -> None:
    table = DAYS[0].replace("format=json", "format=csv").removesuffix("json") + "csv"
    rows = list(csv.DictReader(io.StringIO(answers[table].body.decode())))
    candles = parse_days(answers[DAYS[0]].document, _origin()).candles
    assert [at.date().isoformat() for at in candles["opened_at"]] == [row["date"] for row in rows]
    assert candles["close"].to_list() == [float(row["close"]) for row in rows]


@pytest.mark.parametrize("name", WEEKS)
def test_weeks_are_no_days(answers: dict[str, HttpAnswer], name: str) -> None:
    with pytest.raises(GranularityMismatch, match="closer than five days"):
        parse_days(answers[name].document, _origin())


def test_bars_of_iex_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer]) -> None:
    parsed = parse_bars(answers[BARS].document, _origin(timeframe=Timeframe.M30))
    _assert_plain(parsed, _plain(answers[BARS]))
    assert parsed.candles["volume"].null_count() == parsed.candles.height
    with pytest.raises(GranularityMismatch):
        parse_bars(answers[BARS].document, _origin(timeframe=Timeframe.H1))


@pytest.mark.parametrize("ticker", PAIRS)
def test_bars_of_crypto_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer], ticker: str) -> None:
    (told,) = (row for row in _plain(answers[COINS]) if row["ticker"] == ticker)
    parsed = parse_coin([told], ticker, _origin(PAIRS[ticker]))
    _assert_plain(parsed, told["priceData"])
    plain = [(row["volume"], row["tradesDone"]) for row in told["priceData"]]
    assert parsed.candles.select("volume", "trade_count").rows() == plain
    with pytest.raises(Malformed, match=f"where those of {ticker} were asked"):
        parse_coin(answers[COINS].document, ticker, _origin(PAIRS[ticker]))


def test_last_prices_of_crypto_are_what_a_plain_reading_finds(answers: dict[str, HttpAnswer]) -> None:
    rows = read_tops(answers[TOPS].document, PAIRS).sort("instrument_id")
    plain = {row["ticker"]: row["topOfBookData"][0] for row in _plain(answers[TOPS])}
    tops = [plain[ticker] for ticker in PAIRS]
    assert rows["price"].to_list() == [top["lastPrice"] for top in tops]
    assert rows["size"].to_list() == [top["lastSize"] for top in tops]
    times = [datetime.fromisoformat(top["lastSaleTimestamp"]) for top in tops]
    assert rows["quoted_at"].to_list() == times
    # The best of many books, some of them days old: bid and ask cross, and are not taken.
    assert any(top["bidPrice"] is not None and top["bidPrice"] > top["askPrice"] for top in tops)
    assert {"bid", "ask"} & set(rows.columns) == set()


def test_every_listed_pair_and_share_is_spelt_as_it_is_listed(answers: dict[str, HttpAnswer]) -> None:
    for row in _plain(answers[PAIR_LIST]):
        symbol = f"{row['baseCurrency']}-{row['quoteCurrency']}".upper()
        assert canonical_of(row["ticker"], AssetClass.CRYPTO) == symbol
        assert ticker_of(Instrument(1, symbol, AssetClass.CRYPTO, "24/7")) == row["ticker"]
    for name in SHARE_LISTS:
        with zipfile.ZipFile(io.BytesIO(answers[name].body)) as archive:
            listed = list(csv.DictReader(io.StringIO(archive.read("supported_tickers.csv").decode())))
        assert listed
        for row in listed:
            share = Instrument(1, canonical_of(row["ticker"], AssetClass.STOCK) or "", AssetClass.STOCK, "XNYS")
            assert ticker_of(share) == row["ticker"].lower()


def test_everything_else_is_refused_as_candles_and_has_no_prices(answers: dict[str, HttpAnswer]) -> None:
    for name in (*OTHERS, PAIR_LIST, COINS, TOPS):
        document = answers[name].document
        if isinstance(document, list):
            # Lists of other things: no row becomes a candle with a price.
            candles = parse_days(document, _origin()).candles
            assert (
                candles.select("open", "high", "low", "close").null_count().sum_horizontal().sum() == 4 * candles.height
            )
            assert read_lasts(document, {"googl": GOOGL})["instrument_id"].is_empty()
        else:
            for parse in (parse_days, parse_bars):
                with pytest.raises(Malformed):
                    parse(document, _origin())
