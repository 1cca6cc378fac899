"""Each provider's way of reading its answers, for any body: who classes it, and the readers of what is asked of that provider.

A reader returns how many rows it made of a body and raises a `ProviderError` where the body is none of its kind. What was
asked is taken from the body or the file's name, so that one table can hold every recorded answer against every reader.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from types import MappingProxyType

import polars as pl

from trend_platform.domain.candles import Basis
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch
from trend_platform.providers.alphavantage import classing as alphavantage
from trend_platform.providers.alphavantage import parsing as alphavantage_days
from trend_platform.providers.alphavantage import quotes as alphavantage_quotes
from trend_platform.providers.base import Capabilities
from trend_platform.providers.binance import classing as binance
from trend_platform.providers.binance import klines as binance_candles
from trend_platform.providers.binance import tickers as binance_tickers
from trend_platform.providers.bitfinex import classing as bitfinex
from trend_platform.providers.bitfinex import pages as bitfinex_candles
from trend_platform.providers.bitfinex import pairs as bitfinex_pairs
from trend_platform.providers.bitfinex import tickers as bitfinex_tickers
from trend_platform.providers.coinbase import candles as coinbase_candles
from trend_platform.providers.coinbase import classing as coinbase
from trend_platform.providers.coinbase import last_trades as coinbase_tickers
from trend_platform.providers.coingecko import bodies, ids, points, prices
from trend_platform.providers.coingecko import classing as coingecko
from trend_platform.providers.cryptocompare import classing as cryptocompare
from trend_platform.providers.cryptocompare.dialects import DataApi, MinApi
from trend_platform.providers.finnhub import classing as finnhub
from trend_platform.providers.finnhub import news as finnhub_news
from trend_platform.providers.finnhub import parsing as finnhub_parsing
from trend_platform.providers.fmp import classing as fmp
from trend_platform.providers.fmp import parsing as fmp_parsing
from trend_platform.providers.fred import classing as fred
from trend_platform.providers.fred import parsing as fred_parsing
from trend_platform.providers.http import Classify, HttpAnswer
from trend_platform.providers.kraken import candles as kraken_candles
from trend_platform.providers.kraken import classing as kraken
from trend_platform.providers.kraken import pairs as kraken_pairs
from trend_platform.providers.kraken import tickers as kraken_tickers
from trend_platform.providers.newsapi import classing as newsapi
from trend_platform.providers.newsapi import source as newsapi_source
from trend_platform.providers.pausing import Pause
from trend_platform.providers.polygon import classing as polygon
from trend_platform.providers.polygon import dividends, hours, listing, parsing, snapshots, splits, symbols
from trend_platform.providers.stamped import Origin, Stamped
from trend_platform.providers.tiingo import classing as tiingo
from trend_platform.providers.tiingo import parsing as tiingo_parsing
from trend_platform.providers.tiingo import quotes as tiingo_quotes
from trend_platform.providers.twelvedata import classing as twelvedata
from trend_platform.providers.twelvedata import parsing as twelvedata_parsing
from trend_platform.providers.twelvedata import quotes as twelvedata_quotes
from trend_platform.providers.yahoo import chart as yahoo_chart
from trend_platform.providers.yahoo import classing as yahoo
from trend_platform.providers.yahoo import spark as yahoo_spark

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_CLOCK = ManualClock(NOW)
_NONE = timedelta(0)
_CRYPTO = "24/7"
_LENGTHS = (Timeframe.D1, Timeframe.H1, Timeframe.M15, Timeframe.M5, Timeframe.M1)

Reader = Callable[[HttpAnswer, str], int]


@dataclass(frozen=True, slots=True)
class Tongue:
    """How one provider's answers are read.

    Attributes:
        classify: What is wrong with an answer, `None` if it is a success.
        readers: What can be read of a success, by what it is called here.
    """

    classify: Classify
    readers: Mapping[str, Reader]


def _coin(symbol: str, number: int = 1) -> Instrument:
    return Instrument(number, symbol, AssetClass.CRYPTO, _CRYPTO)


def _share(symbol: str) -> Instrument:
    return Instrument(1, symbol, AssetClass.STOCK, "XNYS")


def _of_any_length(parse: Callable[[Timeframe], int], lengths: Iterable[Timeframe] = _LENGTHS) -> int:
    # The longest length that fits is the one that was told: minutes are no hours, though hours may begin where minutes do.
    for timeframe in lengths:
        try:
            return parse(timeframe)
        except GranularityMismatch as error:
            refused = error
    raise refused


def _word(name: str, pattern: str, otherwise: str) -> str:
    found = re.search(pattern, name)
    return found[1] if found else otherwise


def _strings(document: object, key: str) -> list[str]:
    rows = document if isinstance(document, list) else [document]
    return [str(row[key]) for row in rows if isinstance(row, dict) and key in row]


# --- Alpha Vantage


def _alphavantage_days(answer: HttpAnswer, name: str) -> int:
    del name
    return alphavantage_days.read_days(answer.document).height


def _alphavantage_rate(answer: HttpAnswer, name: str) -> int:
    del name
    document = answer.document
    told = document.get("Realtime Currency Exchange Rate", {}) if isinstance(document, dict) else {}
    base, quote = told.get("1. From_Currency Code", "EUR"), told.get("3. To_Currency Code", "USD")
    return alphavantage_quotes.read_rate(document, Instrument(1, f"{base}-{quote}", AssetClass.FOREX, "24/5")).height


def _alphavantage_quote(answer: HttpAnswer, name: str) -> int:
    return alphavantage_quotes.read_global_quote(answer.document, _share(_word(name, r"__(\w+)\.", "AAPL")), NOW).height


# --- exchanges


def _exchange_candles(
    parse: Callable[[object, Instrument, Timeframe, datetime], Stamped], pair: str = "BTC-USD"
) -> Reader:
    def read(answer: HttpAnswer, name: str) -> int:
        del name
        return _of_any_length(lambda timeframe: parse(answer.document, _coin(pair), timeframe, NOW).candles.height)

    return read


def _binance_tickers(answer: HttpAnswer, name: str) -> int:
    del name
    document = answer.document
    holders = {symbol: [_coin(f"{symbol}-USD", n)] for n, symbol in enumerate(_strings(document, "symbol"))}
    return binance_tickers.read_tickers(document, holders)["price"].drop_nulls().len()


def _binance_pairs(answer: HttpAnswer, name: str) -> int:
    del name
    return len(binance_tickers.read_pairs(answer.document))


def _bitfinex_tickers(answer: HttpAnswer, name: str) -> int:
    del name
    document = answer.document
    rows = document if isinstance(document, list) else []
    told = [row[0] for row in rows if isinstance(row, list) and row and isinstance(row[0], str)]
    spelt = {symbol: bitfinex_pairs.canonical_of(symbol) for symbol in told}
    asked = {symbol: _coin(pair, n) for n, (symbol, pair) in enumerate(spelt.items()) if pair}
    return bitfinex_tickers.read_tickers(document, asked, NOW).height


def _coinbase_ticker(answer: HttpAnswer, name: str) -> int:
    del name
    # A price without its own time is none.
    return coinbase_tickers.read_ticker(answer.document, _coin("BTC-USD"))["quoted_at"].drop_nulls().len()


def _kraken_candles(answer: HttpAnswer, name: str) -> int:
    return _exchange_candles(kraken_candles.parse_candles, _kraken_pair(name))(answer, name)


def _kraken_tickers(answer: HttpAnswer, name: str) -> int:
    return kraken_tickers.read_tickers(answer.document, [_coin(_kraken_pair(name))], NOW).height


def _kraken_pairs(answer: HttpAnswer, name: str) -> int:
    del name
    result = answer.document.get("result") if isinstance(answer.document, dict) else None
    listed = {own: pair for own, pair in (result or {}).items() if isinstance(pair, dict) and "altname" in pair}
    spelt = {own: kraken_pairs.canonical_of(str(pair.get("wsname", ""))) for own, pair in listed.items()}
    return len(kraken_pairs.by_own_name(listed, [_coin(pair) for pair in spelt.values() if pair])) if listed else 0


def _kraken_pair(name: str) -> str:
    spelt = {"XBTUSDT": "BTC-USDT", "BCHEUR": "BCH-EUR"}
    return next((pair for own, pair in spelt.items() if own in name), "BTC-EUR")


# --- CoinGecko


def _coingecko_points(answer: HttpAnswer, name: str) -> int:
    del name
    return points.read_points(answer.document).height


def _coingecko_bodies(answer: HttpAnswer, name: str) -> int:
    del name
    return bodies.read_bodies(answer.document).height


def _coingecko_prices(answer: HttpAnswer, name: str) -> int:
    del name
    document = answer.document
    told = document.items() if isinstance(document, dict) else ()
    wanted = {
        _coin(f"{coin}-{currency}", n): (coin, currency)
        for n, (coin, row) in enumerate(told)
        for currency in (row if isinstance(row, dict) else {"usd": None})
        if len(currency) == 3
    }
    return prices.read_prices(document, wanted)["price"].drop_nulls().len()


def _coingecko_markets(answer: HttpAnswer, name: str) -> int:
    del name
    return len(ids.read_markets(answer.document))


def _coingecko_list(answer: HttpAnswer, name: str) -> int:
    del name
    return sum(map(len, ids.read_list(answer.document).values()))


# --- CryptoCompare


def _new_history(answer: HttpAnswer, name: str) -> int:
    pair = _word(name, r"instrument=(\w+-\w+?)_limit", "BTC-USD").split("-")
    read = partial(DataApi("cadli").read_history, answer.document, (pair[0], pair[1]))
    return _of_any_length(lambda timeframe: read(timeframe).height, (Timeframe.D1, Timeframe.H1, Timeframe.M1))


def _old_history(answer: HttpAnswer, name: str) -> int:
    del name
    read = partial(MinApi("CCCAGG").read_history, answer.document, ("BTC", "USD"))
    return _of_any_length(lambda timeframe: read(timeframe).height, (Timeframe.D1, Timeframe.H1, Timeframe.M1))


def _old_latest(answer: HttpAnswer, name: str) -> int:
    del name
    told = MinApi("CCCAGG").read_latest(answer.document, {_coin("BTC-USD"): ("BTC", "USD")})
    return told["price"].drop_nulls().len()


# --- Finnhub, FMP


def _finnhub_candles(answer: HttpAnswer, name: str) -> int:
    del name
    return finnhub_parsing.read_candles(answer.document).height


def _finnhub_quote(answer: HttpAnswer, name: str) -> int:
    del name
    return finnhub_parsing.read_quote(answer.document, _share("AAPL"))["price"].drop_nulls().len()


def _finnhub_news(answer: HttpAnswer, name: str) -> int:
    del name
    return finnhub_news.read_news(answer).height


def _fmp_days(answer: HttpAnswer, name: str) -> int:
    del name
    return fmp_parsing.read_days(answer.document, "AAPL").height


def _fmp_splits(answer: HttpAnswer, name: str) -> int:
    del name
    return fmp_parsing.read_splits(answer.document, _share("AAPL")).height


def _fmp_dividends(answer: HttpAnswer, name: str) -> int:
    del name
    return fmp_parsing.read_dividends(answer.document, _share("AAPL")).height


def _fmp_quotes(answer: HttpAnswer, name: str) -> int:
    del name
    told = fmp_parsing.read_quotes(answer.document, {"AAPL": _share("AAPL")})
    return told["quoted_at"].drop_nulls().len()


# --- economy and news


def _fred_observations(answer: HttpAnswer, name: str) -> int:
    series = _word(name, r"series_id=(\w+?)[-_.]", "GDP")
    return fred_parsing.read_observations(answer.document, series, NOW)[0].height


def _fred_series(answer: HttpAnswer, name: str) -> int:
    return len(fred_parsing.read_about(answer.document, _word(name, r"series_id=(\w+?)[-_.]", "GDP")).series)


def _fred_release(answer: HttpAnswer, name: str) -> int:
    del name
    return len(fred_parsing.read_release(answer.document) or ())


def _fred_release_days(answer: HttpAnswer, name: str) -> int:
    del name
    return len(fred_parsing.read_release_days(answer.document))


def _newsapi_articles(answer: HttpAnswer, name: str) -> int:
    del name
    return newsapi_source.read_articles(answer.document).height


# --- Polygon


def _polygon_instrument(document: object) -> Instrument:
    ticker = str(document.get("ticker") or "AAPL") if isinstance(document, dict) else "AAPL"
    kinds = {"X": AssetClass.CRYPTO, "C": AssetClass.FOREX, "I": AssetClass.INDEX}
    kind = kinds.get(ticker.partition(":")[0], AssetClass.STOCK) if ":" in ticker else AssetClass.STOCK
    calendars = {AssetClass.CRYPTO: _CRYPTO, AssetClass.FOREX: "24/5"}
    return Instrument(1, symbols.canonical_of(ticker) or ticker, kind, calendars.get(kind, "XNYS"))


def _polygon_candles(answer: HttpAnswer, name: str) -> int:
    del name
    document = answer.document
    instrument = _polygon_instrument(document)
    return _of_any_length(
        lambda timeframe: parsing.parse_aggregates(document, instrument, timeframe, NOW, _NONE).candles.height
    )


def _polygon_session(answer: HttpAnswer, name: str) -> int:
    del name
    document = answer.document
    rows = document.get("results") if isinstance(document, dict) else None
    shares = {ticker: _share(ticker) for ticker in _strings(rows, "T")} or {"AAPL": _share("AAPL")}
    return parsing.parse_grouped(document, shares, datetime(2005, 4, 4, tzinfo=UTC), NOW, _NONE).height


def _of_tickers(read: Callable[[object, Mapping[str, Instrument]], pl.DataFrame]) -> Reader:
    def reader(answer: HttpAnswer, name: str) -> int:
        del name
        document = answer.document
        return read(
            document, {ticker: _share(ticker) for ticker in _strings(_rows("results")(document), "ticker")}
        ).height

    return reader


def _rows(key: str) -> Callable[[object], object]:
    return lambda document: document.get(key) if isinstance(document, dict) else None


def _polygon_snapshots(answer: HttpAnswer, name: str) -> int:
    del name
    document = answer.document
    asked = {ticker: _share(ticker) for ticker in _strings(_rows("tickers")(document), "ticker")}
    return snapshots.read_snapshots(document, asked)["price"].drop_nulls().len()


def _polygon_listing(answer: HttpAnswer, name: str) -> int:
    del name
    kinds: Iterable[AssetClass] = (AssetClass.STOCK, AssetClass.ETF)
    return sum(listing.read_listing(answer.document, kind)[0].height for kind in kinds)


def _polygon_status(answer: HttpAnswer, name: str) -> int:
    del name
    return len(hours.read_status(answer.document).phases)


def _polygon_special_days(answer: HttpAnswer, name: str) -> int:
    del name
    return len(hours.read_special_days(answer.document))


# --- Tiingo, Twelve Data, Yahoo


def _tiingo_origin(symbol: str, timeframe: Timeframe = Timeframe.D1) -> Origin:
    kind = AssetClass.CRYPTO if "-" in symbol else AssetClass.STOCK
    return Origin(
        "tiingo", Instrument(1, symbol, kind, _CRYPTO if "-" in symbol else "XNYS"), timeframe, Basis.RAW, _NONE, NOW
    )


def _tiingo_days(answer: HttpAnswer, name: str) -> int:
    del name
    candles = tiingo_parsing.parse_days(answer.document, _tiingo_origin("GOOGL")).candles
    return candles["close"].drop_nulls().len()


def _tiingo_bars(answer: HttpAnswer, name: str) -> int:
    del name

    def parse(timeframe: Timeframe) -> int:
        candles = tiingo_parsing.parse_bars(answer.document, _tiingo_origin("GOOGL", timeframe)).candles
        return candles["close"].drop_nulls().len()

    return _of_any_length(parse, (Timeframe.H1, Timeframe.M30, Timeframe.M15, Timeframe.M5, Timeframe.M1))


def _tiingo_coins(answer: HttpAnswer, name: str) -> int:
    del name
    document = answer.document
    rows = document if isinstance(document, list) else [document]
    tickers = _strings(document, "ticker") or ["btcusd"]
    return sum(
        tiingo_parsing.parse_coin([row] if rows else document, ticker, _tiingo_origin("BTC-USD")).candles.height
        for row, ticker in zip(rows, tickers, strict=False)
    )


def _tiingo_lasts(answer: HttpAnswer, name: str) -> int:
    del name
    return tiingo_quotes.read_lasts(answer.document, {"googl": _share("GOOGL")}).height


def _tiingo_tops(answer: HttpAnswer, name: str) -> int:
    del name
    pairs = {"btcusd": _coin("BTC-USD"), "fldcbtc": _coin("FLDC-BTC", 2)}
    return tiingo_quotes.read_tops(answer.document, pairs)["price"].drop_nulls().len()


def _twelvedata_series(answer: HttpAnswer, name: str) -> int:
    symbol = _word(name, r"__([A-Z]+)_", "AAPL")
    return _of_any_length(
        lambda timeframe: (
            twelvedata_parsing.parse_series(
                answer.document, Origin("twelvedata", _share(symbol), timeframe, Basis.SPLIT, _NONE, NOW)
            ).candles.height
        )
    )


def _twelvedata_quotes(answer: HttpAnswer, name: str) -> int:
    asked = {_word(name, r"__([A-Z]+)_", "AAPL"): _share(_word(name, r"__([A-Z]+)_", "AAPL"))}
    told = twelvedata_quotes.by_symbol(answer.document, asked)
    return twelvedata_quotes.read_quotes(told, asked)["price"].drop_nulls().len()


_YAHOO_KINDS = MappingProxyType(
    {"CRYPTOCURRENCY": AssetClass.CRYPTO, "CURRENCY": AssetClass.FOREX, "INDEX": AssetClass.INDEX}
)


def _yahoo_chart(answer: HttpAnswer, name: str) -> int:
    del name
    document = answer.document
    results = document.get("chart", {}).get("result") if isinstance(document, dict) else None
    meta = results[0]["meta"] if results else {"symbol": "AAPL"}
    kind = _YAHOO_KINDS.get(str(meta.get("instrumentType")), AssetClass.STOCK)
    calendars = {AssetClass.CRYPTO: _CRYPTO, AssetClass.FOREX: "24/5"}
    instrument = Instrument(1, meta["symbol"], kind, calendars.get(kind, "XNYS"))
    chart = yahoo_chart.read_chart(document, instrument, meta["symbol"])
    able = Capabilities(frozenset(), frozenset(), Basis.RAW)
    return _of_any_length(
        lambda timeframe: yahoo_chart.read_bars(chart, instrument, timeframe, chart.splits, able, NOW).candles.height
    )


def _yahoo_sparks(answer: HttpAnswer, name: str) -> int:
    del name
    return yahoo_spark.read_sparks(answer.document, {"AAPL": _share("AAPL")}).height


TONGUES: Mapping[str, Tongue] = MappingProxyType(
    {
        "alphavantage": Tongue(
            alphavantage.classify,
            {"days": _alphavantage_days, "rate": _alphavantage_rate, "quote": _alphavantage_quote},
        ),
        "binance": Tongue(
            binance.classify,
            {
                "candles": _exchange_candles(binance_candles.parse_candles),
                "tickers": _binance_tickers,
                "pairs": _binance_pairs,
            },
        ),
        "bitfinex": Tongue(
            bitfinex.classify,
            {"candles": _exchange_candles(bitfinex_candles.parse_candles), "tickers": _bitfinex_tickers},
        ),
        "coinbase": Tongue(
            coinbase.classify,
            {"candles": _exchange_candles(coinbase_candles.parse_candles), "ticker": _coinbase_ticker},
        ),
        "coingecko": Tongue(
            coingecko.classify,
            {
                "points": _coingecko_points,
                "bodies": _coingecko_bodies,
                "prices": _coingecko_prices,
                "markets": _coingecko_markets,
                "list": _coingecko_list,
            },
        ),
        "cryptocompare": Tongue(
            cryptocompare.classify,
            {"history": _new_history, "older history": _old_history, "older latest": _old_latest},
        ),
        "finnhub": Tongue(
            finnhub.classify, {"candles": _finnhub_candles, "quote": _finnhub_quote, "news": _finnhub_news}
        ),
        "fmp": Tongue(
            fmp.classifier(is_daily=True),
            {"days": _fmp_days, "splits": _fmp_splits, "dividends": _fmp_dividends, "quotes": _fmp_quotes},
        ),
        "fred": Tongue(
            fred.classify,
            {
                "observations": _fred_observations,
                "series": _fred_series,
                "release": _fred_release,
                "release days": _fred_release_days,
            },
        ),
        "kraken": Tongue(
            kraken.classify, {"candles": _kraken_candles, "tickers": _kraken_tickers, "pairs": _kraken_pairs}
        ),
        "newsapi": Tongue(newsapi.classify, {"articles": _newsapi_articles}),
        "polygon": Tongue(
            polygon.classifier(_CLOCK),
            {
                "candles": _polygon_candles,
                "session": _polygon_session,
                "snapshots": _polygon_snapshots,
                "splits": _of_tickers(splits.read_splits),
                "dividends": _of_tickers(dividends.read_dividends),
                "listing": _polygon_listing,
                "status": _polygon_status,
                "special days": _polygon_special_days,
            },
        ),
        "tiingo": Tongue(
            tiingo.classifier(_CLOCK),
            {
                "days": _tiingo_days,
                "bars": _tiingo_bars,
                "coins": _tiingo_coins,
                "lasts": _tiingo_lasts,
                "tops": _tiingo_tops,
            },
        ),
        "twelvedata": Tongue(
            twelvedata.classifier(_CLOCK), {"series": _twelvedata_series, "quotes": _twelvedata_quotes}
        ),
        "yahoo": Tongue(yahoo.classifier(yahoo.Patience(Pause())), {"chart": _yahoo_chart, "sparks": _yahoo_sparks}),
    }
)
"""By provider, as the manifest names them."""
