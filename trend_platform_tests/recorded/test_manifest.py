"""Every recorded body of the manifest is classed or read by the provider it belongs to; each one that is neither has a reason.

The table says per provider, by the name of the file, what must become of it. That the values read are the right ones is
held by the tests of each provider; here it counts that no body is left out, and none is taken for what it is not.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from trend_platform.errors import (
    AuthFailed,
    BeyondDepth,
    Blocked,
    GranularityMismatch,
    Malformed,
    NotEntitled,
    NothingThere,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Transient,
)
from trend_platform.providers.http import HttpAnswer
from trend_platform_tests.recorded.answers import recorded_answers
from trend_platform_tests.recorded.reading import TONGUES, Reader

pytestmark = pytest.mark.recorded


@dataclass(frozen=True, slots=True)
class Classed:
    """The body is an error of that class."""

    error: type[ProviderError]


@dataclass(frozen=True, slots=True)
class Read:
    """The body is a success of which that reader makes rows."""

    reader: str


@dataclass(frozen=True, slots=True)
class Empty:
    """The body is a success that says nothing is there, and why that is right."""

    reader: str
    why: str


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The body holds candles of a length that is never asked, and that reader notices."""

    reader: str


@dataclass(frozen=True, slots=True)
class Alike:
    """The body is of an address that is never asked and has the shape of one that is, and why that does no harm."""

    reader: str
    why: str


@dataclass(frozen=True, slots=True)
class Unasked:
    """The body is of an address that is never asked, and why; no reader makes a row of it."""

    why: str


Verdict = Classed | Read | Empty | Mismatch | Alike | Unasked
Table = tuple[tuple[str, Verdict], ...]

_COMPANY = Unasked("figures of a company, not of its prices")
_DEPTH = Unasked("a book or single trades: candles are asked ready-made")
_OTHER_PRICE = Unasked("a price without its time, which would be no quote; the address with the time is asked")
_VENUE = Unasked("lists of venues, kinds or currencies, which nothing here needs")
_FUTURES = Alike("candles", "the futures market, which has a host of its own; only the spot market is asked")

# The first pattern that fits a file's name decides.
EXPECTED: dict[str, Table] = {
    "alphavantage": (
        (r"^PREMIUM_Information", Classed(NotEntitled)),
        (r"^RATE_LIMIT_Note", Classed(RateLimited)),
        (r"no_apikey", Classed(AuthFailed)),
        # Tables come where `datatype=csv` is asked, which is never done: prose, where JSON is expected.
        (r"\.csv$", Classed(Blocked)),
        (r"CURRENCY_EXCHANGE_RATE", Read("rate")),
        (r"^GLOBAL_QUOTE", Read("quote")),
        (r"^(TIME_SERIES_DAILY|DIGITAL_CURRENCY_DAILY|FX_DAILY)", Read("days")),
        (r"INTRADAY", Unasked("premium; bars within the day are asked of providers that give them")),
        (r"REALTIME_BULK_QUOTES", Unasked("premium; the free plan's quote is asked")),
        (r"NEWS_SENTIMENT", Unasked("news are asked of sources that allow more than 25 calls a day")),
        (r"MARKET_STATUS", Unasked("hours come from the calendar")),
        (r"EARNINGS|OVERVIEW|(?i:etf_profile)", _COMPANY),
        (r"ANALYTICS", Unasked("computed by the provider; what is stored are candles")),
    ),
    "binance": (
        # The futures answer 200 with a code below zero inside.
        (r"^dapi_v1_klines__endTime=1577836800000", Classed(Malformed)),
        (r"^[df]api_v1_klines", _FUTURES),
        (r"^fapi_v1_exchangeInfo", Alike("pairs", "the futures market, which has a host of its own")),
        (r"_klines", Read("candles")),
        (r"_ticker_24hr", Read("tickers")),
        (r"_exchangeInfo", Read("pairs")),
        (r"_depth|rades_", _DEPTH),
        (r"ticker_price|avgPrice|bookTicker|premiumIndex|openInterest", _OTHER_PRICE),
    ),
    "bitfinex": (
        (r"^ERROR", Classed(RateLimited)),
        (r"_EMPTY", Empty("candles", "the exchange stood still that day: hours without a trade have no candles")),
        (r"_candles_", Read("candles")),
        (r"_tickers__symbols=ALL", Read("tickers")),
        (r"_tickers__symbols=tBTCF0", Empty("tickers", "a derivative, which is no pair")),
        (r"_book_", _DEPTH),
        (r"_status_|_conf_", _VENUE),
    ),
    "coinbase": (
        (r"^ERROR", Classed(Malformed)),
        (r"^products_candles", Read("candles")),
        (r"^products_ticker", Read("ticker")),
        (r"^advanced_http_product", Empty("ticker", "the other API's product: a price without its time is no quote")),
        (r"^advanced", Unasked("the other API, which needs an account")),
        (r"^products_(book|trades)", _DEPTH),
        (r"^products__", _VENUE),
        (r"^products_stats", _OTHER_PRICE),
    ),
    "coingecko": (
        (r"HTTP500", Classed(Transient)),
        (r"HTTP422", Classed(Malformed)),
        (r"_market_chart_", Read("points")),
        (r"_ohlc", Read("bodies")),
        (r"simple_price", Read("prices")),
        (r"coins_markets", Read("markets")),
        (r"^coins_list", Read("list")),
        (r"key_usage", Unasked("what is left of a paid plan is counted here, and told by its 429s")),
        (r"_history__", Unasked("one price of one day, without open, high and low")),
        (r"^coins_", Unasked("a description of coins, or their tickers on venues that are asked themselves")),
        (r"exchange|derivatives|indexes|global|platforms|trending", _VENUE),
    ),
    "cryptocompare": (
        (r"^ERROR", Classed(QuotaExhausted)),
        (r"^data-api_index_cc", Read("history")),
        (r"aggregate=2", Mismatch("older history")),
        (r"_histo(day|hour|minute)_", Read("older history")),
        (r"_pricemultifull_", Read("older latest")),
        (r"_generateAvg_", Empty("older latest", "a mean of one exchange, of no coin that was asked")),
        (r"_price|_dayAvg", _OTHER_PRICE),
        (r"coindesk_bpi", Unasked("an index that has ended")),
        (r"top_|news_providers", _VENUE),
    ),
    "finnhub": (
        (r"HTTP429", Classed(RateLimited)),
        (r"HTTP403", Classed(NotEntitled)),
        (r"quote-unknown", Empty("quote", "zeros stand for a symbol that is not known")),
        (r"quote", Read("quote")),
        (r"company-news", Read("news")),
        (r"_60m_2020", Mismatch("candles")),
        (r"no_data", Empty("candles", "it says so: `no_data`")),
        (r"^stock_candle", Read("candles")),
        (r"calendar|peers|recommendation|insider|earnings|profile|metric|basic|financials", _COMPANY),
    ),
    "fmp": (
        (r"HTTP429", Classed(RateLimited)),
        (r"^stable_historical-price-eod", Read("days")),
        (r"^stable_splits", Read("splits")),
        (r"_quote__", Read("quotes")),
        (r"^stable_dividends", Read("dividends")),
        (r"^v3_historical-price-full", Unasked("the withdrawn API, in a shape of its own")),
        (r"^v3_", _COMPANY),
    ),
    "fred": (
        (r"\.xml$", Classed(Blocked)),
        (r"^fred_series_observations", Read("observations")),
        (r"^fred_series__", Read("series")),
        (r"^fred_release__", Read("release")),
        (r"^fred_(category_series|tags_series)", Alike("series", "lists of series, which are asked one by one")),
        (r"vintagedates", Unasked("observations carry their vintages themselves")),
        (r"tags|categor|sources|tables|children", Unasked("how FRED orders its series")),
    ),
    "kraken": (
        (r"_OHLC_", Read("candles")),
        (r"_Ticker_", Read("tickers")),
        # In 2017 the list had no `wsname`; it is told by another test.
        (r"AssetPairs\.json", Unasked("a list of the first years, held by the test of Kraken's pairs")),
        (r"AssetPairs__all|asset_pairs", Read("pairs")),
        (r"_Depth_|_Spread_|rades_", _DEPTH),
        (r"_Time_", Unasked("the clock of the exchange; each candle carries its time")),
    ),
    "newsapi": ((r"", Read("articles")),),
    "polygon": (
        (r"^ERROR__HTTP403", Classed(BeyondDepth)),
        (r"^ERROR__HTTP404", Classed(Malformed)),
        (r"HTTP400", Classed(Malformed)),
        (r"HTTP404", Classed(NothingThere)),
        (r"grouped", Read("session")),
        (
            r"_prev[_.]|_AAPL_prev",
            Alike("candles", "the last session, stamped with its close: days are asked as a series"),
        ),
        (r"aggs_ticker", Read("candles")),
        (r"tickers_AAPL\.json$", Unasked("one ticker by its own path, whose row is named otherwise")),
        (r"v2_snapshot", Read("snapshots")),
        (r"v3_reference__dividends", Read("dividends")),
        (r"v3_reference__splits", Read("splits")),
        (r"v3_reference__tickers(_cursor=.*)?\.json$|ticker_query_results", Read("listing")),
        (r"market_?status_upcoming", Read("special days")),
        (r"market_?status", Read("status")),
        (r"v2_reference_(splits|tickers)", Unasked("an older version of an address that is asked")),
        (r"open-close|conversion|last_|v1_last|v3_snapshot", _OTHER_PRICE),
        (r"rades|historic|quotes", _DEPTH),
        (r"news", Unasked("news are asked of sources of their own")),
        (r"daily_open_close", _OTHER_PRICE),
        (r"details|tickers_(AAPL|IBM)|company", _COMPANY),
        (r"locales|markets|types|conditions|exchanges", _VENUE),
    ),
    "tiingo": (
        (r"HTTP403", Classed(NotEntitled)),
        # Tables and archives are never asked for: one in JSON's place is a wrong address.
        (r"\.(csv|zip)$", Classed(Blocked)),
        (r"resampleFreq=weekly", Mismatch("days")),
        (r"^tiingo_daily_\w+__prices", Read("days")),
        (r"^iex_", Read("bars")),
        (r"^tiingo_crypto_prices", Read("coins")),
        (r"^tiingo_crypto_top", Read("tops")),
        (r"^tiingo_crypto__|^tiingo_daily_GOOGL__\.json", Unasked("descriptions; symbols are spelt by rule")),
        (r"fundamentals", _COMPANY),
        (r"news", Unasked("paid; news are asked of sources of their own")),
    ),
    "twelvedata": (
        (r"^ERROR", Classed(RateLimited)),
        (r"^bad_request", Classed(Malformed)),
        (r"\.csv$", Classed(Blocked)),
        (r"^time_series", Read("series")),
        (r"^quote", Read("quotes")),
        (r"bands|index__|average", Mismatch("series")),
        (r"^price|exchange_rate", _OTHER_PRICE),
        (r"api_usage", Unasked("what is left is told in each answer's headers")),
        (r"calendar|earnings|profile|statistics|movers|changes", _COMPANY),
        (r"listings|etfs_list|symbol_search", _VENUE),
    ),
    "yahoo": (
        (r"HTTP429", Classed(RateLimited)),
        (r"consent|\.csv$", Classed(Blocked)),
        (r"HTTP404", Classed(NothingThere)),
        (r"interval=(1wk|1mo|3mo)", Mismatch("chart")),
        (r"AAPL-2025-02-01-to-2025-02-02", Empty("chart", "a Saturday")),
        (r"^v8_finance_chart", Read("chart")),
        (r"^v7_finance_quote", Unasked("needs a session with a cookie; sparks tell latest prices without one")),
    ),
}
STREAMS = "frames of a websocket, which is no answer to a request"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the manifest."""

    provider: str
    name: str
    is_stream: bool


def _entries(shared_data: Path) -> list[Entry]:
    lines = (shared_data / "responses" / "MANIFEST.jsonl").read_text().splitlines()
    told = [json.loads(line) for line in lines]
    return [Entry(one["provider"], Path(one["file"]).name, one["endpoint"].startswith("websocket")) for one in told]


def _verdict(entry: Entry) -> Verdict | None:
    return next((verdict for pattern, verdict in EXPECTED[entry.provider] if re.search(pattern, entry.name)), None)


def _faults(shared_data: Path, provider: str) -> Iterator[str]:
    tongue = TONGUES[provider]
    for name, answer in recorded_answers(shared_data, provider).items():
        verdict, error = _verdict(Entry(provider, name, is_stream=False)), tongue.classify(answer)
        expected = verdict.error if isinstance(verdict, Classed) else type(None)
        if type(error) is not expected:
            yield f"{name}: {error!r} where {verdict} was expected"
        elif not isinstance(verdict, Classed):
            told = {kind: _told(read, answer, name) for kind, read in tongue.readers.items()}
            if not _fits(verdict, told):
                yield f"{name}: {told} where {verdict} was expected"


def _told(read: Reader, answer: HttpAnswer, name: str) -> int | type[ProviderError]:
    # Rows, or the class of the refusal. Anything but a refusal of our own is a fault of the reader.
    try:
        return read(answer, name)
    except ProviderError as refusal:
        return type(refusal)


def _fits(verdict: Verdict | None, told: dict[str, int | type[ProviderError]]) -> bool:
    match verdict:
        case Read(reader) | Alike(reader):
            rows = told[reader]
            return isinstance(rows, int) and rows > 0
        case Empty(reader):
            return told[reader] == 0
        case Mismatch(reader):
            return told[reader] is GranularityMismatch
        case Unasked():
            return all(one == 0 or not isinstance(one, int) for one in told.values())
    return False


def test_every_body_of_the_manifest_has_its_place_in_the_table(shared_data: Path) -> None:
    entries = _entries(shared_data)
    assert len(entries) == 477
    assert {entry.provider for entry in entries} == set(EXPECTED) == set(TONGUES)
    assert [entry for entry in entries if not entry.is_stream and _verdict(entry) is None] == []
    assert sum(entry.is_stream for entry in entries) == 9, STREAMS


def test_no_line_of_the_table_is_idle(shared_data: Path) -> None:
    entries = _entries(shared_data)
    for provider, table in EXPECTED.items():
        deciding = {
            next((pattern for pattern, _ in table if re.search(pattern, entry.name)), None)
            for entry in entries
            if entry.provider == provider and not entry.is_stream
        }
        assert {pattern for pattern, _ in table} - deciding == set(), provider


@pytest.mark.parametrize("provider", EXPECTED)
def test_every_body_is_classed_read_or_left_alone_as_the_table_says(shared_data: Path, provider: str) -> None:
    assert list(_faults(shared_data, provider)) == []


def test_more_than_half_of_the_bodies_are_read_or_classed_and_every_reader_reads_one(shared_data: Path) -> None:
    verdicts = [(entry.provider, _verdict(entry)) for entry in _entries(shared_data) if not entry.is_stream]
    used = [one for one in verdicts if isinstance(one[1], Read | Classed | Empty | Mismatch)]
    assert len(used) > len(verdicts) / 2
    reading = {(provider, verdict.reader) for provider, verdict in verdicts if isinstance(verdict, Read)}
    # Of these no body was recorded.
    unheard = {("tiingo", "lasts"), ("yahoo", "sparks"), ("fred", "release days")}
    assert {(provider, reader) for provider, one in TONGUES.items() for reader in one.readers} - reading == unheard
