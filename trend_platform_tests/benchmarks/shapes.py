"""A page of candles in the shape of each provider, made here, and how that provider's own code makes candles of it.

Pages are as long as the longest the provider tells, but no shorter than some thousand candles; they are bytes, so that reading the
JSON is part of what is measured.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import orjson
import polars as pl

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import Basis
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.alpaca.bars import read_page
from trend_platform.providers.alphavantage.parsing import read_days as alphavantage_days
from trend_platform.providers.base import Capabilities
from trend_platform.providers.binance.klines import parse_candles as binance_candles
from trend_platform.providers.bitfinex.pages import parse_candles as bitfinex_candles
from trend_platform.providers.coinbase.candles import parse_candles as coinbase_candles
from trend_platform.providers.coingecko.bodies import daily_bodies, read_bodies
from trend_platform.providers.cryptocompare.dialects import DataApi
from trend_platform.providers.finnhub.parsing import read_candles as finnhub_candles
from trend_platform.providers.fmp.parsing import read_days as fmp_days
from trend_platform.providers.http import HttpAnswer
from trend_platform.providers.kraken.candles import parse_candles as kraken_candles
from trend_platform.providers.nasdaq_data_link.parsing import candle_columns, read_dataset
from trend_platform.providers.polygon.envelope import envelope, rows
from trend_platform.providers.polygon.parsing import BAR_SCHEMA, parse_aggregates
from trend_platform.providers.records import candle_frame
from trend_platform.providers.stamped import Origin, stamped
from trend_platform.providers.tiingo.parsing import parse_days as tiingo_days
from trend_platform.providers.twelvedata.parsing import parse_series
from trend_platform.providers.yahoo.chart import read_bars, read_chart

ARRAYS_PER_SECOND, OBJECTS_PER_SECOND = 1_000_000, 400_000
# Coinbase tells 300 candles a page and CoinGecko 180: at that length it is the page that costs, whatever it holds.
_FEW = 2000
_NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
_COIN = Instrument(1, "BTC-USD", AssetClass.CRYPTO, "24/7")
_SHARE = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")
_SETTLES = timedelta(hours=4)
_ABLE = Capabilities(frozenset(), frozenset(), Basis.RAW)

Candle = tuple[datetime, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Shape:
    """One provider's page.

    Attributes:
        provider: Whose shape it is.
        body: The page.
        candles: How many candles it holds.
        per_second: How many candles of that shape must be made in a second.
        parse: Makes the candle frame of the page.
    """

    provider: str
    body: bytes
    candles: int
    per_second: int
    parse: Callable[[HttpAnswer], pl.DataFrame]


def shapes() -> Iterator[Shape]:
    """Yield a page of each provider that tells candles."""
    yield from _arrays()
    yield from _objects()


def _arrays() -> Iterator[Shape]:
    def array(provider: str, document: object, count: int, parse: Callable[[HttpAnswer], pl.DataFrame]) -> Shape:
        return Shape(provider, orjson.dumps(document), count, ARRAYS_PER_SECOND, parse)

    minutes = _minutes(1000)
    klines = [[_ms(at), *map(str, candle), _ms(at) + 59_999, "1.5", 42, "1", "1", "0"] for at, *candle in minutes]
    yield array("binance", klines, 1000, _minutes_of(binance_candles))
    many = _minutes(10_000)
    yield array(
        "bitfinex", [[_ms(at), o, c, h, low, v] for at, o, h, low, c, v in many], 10_000, _minutes_of(bitfinex_candles)
    )
    few = _minutes(_FEW)[::-1]
    yield array(
        "coinbase",
        [[_ms(at) // 1000, low, h, o, c, v] for at, o, h, low, c, v in few],
        _FEW,
        _minutes_of(coinbase_candles),
    )
    newest = [[_ms(at) // 1000, *map(str, one), "1.5", "9.5", 7] for at, *one in _minutes(720)]
    # Kraken tells the mean price before the volume.
    kraken = {"error": [], "result": {"XXBTZUSD": [[*row[:5], row[6], row[5], 7] for row in newest], "last": 1}}
    yield array("kraken", kraken, 720, _minutes_of(kraken_candles))
    closes = [[_ms(at) + 86_400_000, o, h, low, c] for at, o, h, low, c, _ in _coin_days(_FEW)]
    yield array("coingecko", closes, _FEW, _coingecko)
    sessions = _sessions(5000)
    yield array("yahoo", _yahoo_document(sessions), 5000, _yahoo)
    columns = list(zip(*sessions, strict=True))
    finnhub = {"s": "ok", "t": [_ms(at) // 1000 for at in columns[0]], **dict(zip("ohlcv", columns[1:], strict=True))}
    yield array("finnhub", finnhub, 5000, lambda answer: _dated(finnhub_candles(answer.document), "finnhub"))
    told = [[at.date().isoformat(), *one] for at, *one in sessions]
    dataset = {"column_names": ["Date", "Open", "High", "Low", "Close", "Volume"], "data": told}
    yield array("nasdaq_data_link", {"dataset": dataset}, 5000, _nasdaq_data_link)


def _objects() -> Iterator[Shape]:
    def objects(provider: str, document: object, count: int, parse: Callable[[HttpAnswer], pl.DataFrame]) -> Shape:
        return Shape(provider, orjson.dumps(document), count, OBJECTS_PER_SECOND, parse)

    minutes = _minutes(50_000)
    polygon = [_named(("o", "h", "l", "c", "v"), one) | {"vw": 1.5, "t": _ms(at), "n": 9} for at, *one in minutes]
    envelope_ = {"ticker": "X:BTCUSD", "resultsCount": len(polygon), "status": "OK"}
    yield objects("polygon", {**envelope_, "results": polygon}, 50_000, _polygon)
    bars = [
        _named(("o", "h", "l", "c", "v"), one) | {"t": _iso(at), "vw": 1.5, "n": 9} for at, *one in _minutes(10_000)
    ]
    yield objects("alpaca", {"bars": {"BTC/USD": bars}, "next_page_token": None}, 10_000, _alpaca)
    names = ("open", "high", "low", "close", "volume")
    sessions = _sessions(5000)
    whole = [
        {
            "date": f"{_iso(at)[:-1]}.000Z",
            **_named(names, one),
            **_named(("adjOpen", "adjHigh", "adjLow", "adjClose"), one),
        }
        | {"adjVolume": 1, "divCash": 0.0, "splitFactor": 1.0}
        for at, *one in sessions
    ]
    yield objects("tiingo", whole, 5000, lambda answer: tiingo_days(answer.document, _origin("tiingo")).candles)
    texts = [{"datetime": at.date().isoformat(), **_named(names, map(str, one))} for at, *one in sessions]
    meta = {"symbol": "AAPL", "interval": "1day", "exchange_timezone": "America/New_York", "currency": "USD"}
    yield objects("twelvedata", {"meta": meta, "values": texts, "status": "ok"}, 5000, _twelvedata)
    numbered = [f"{number}. {name}" for number, name in enumerate(names, 1)]
    by_day = {at.date().isoformat(): _named(numbered, map(str, one)) for at, *one in sessions[::-1]}
    about = {"2. Symbol": "AAPL", "5. Time Zone": "US/Eastern"}
    yield objects("alphavantage", {"Meta Data": about, "Time Series (Daily)": by_day}, 5000, _alphavantage)
    dated = [
        {"symbol": "AAPL", "date": at.date().isoformat(), **_named(names, one), "change": 0, "vwap": 1.5}
        for at, *one in sessions[:1250][::-1]
    ]
    yield objects("fmp", dated, 1250, lambda answer: _dated(fmp_days(answer.document, "AAPL"), "fmp"))
    hours = [
        {"UNIT": "HOUR", "TIMESTAMP": _ms(at) // 1000, "TYPE": "1", "MARKET": "cadli", "INSTRUMENT": "BTC-USD"}
        | _named(tuple(map(str.upper, names)), one)
        | {"QUOTE_VOLUME": 1.5, "FIRST_MESSAGE_TIMESTAMP": _ms(at) // 1000}
        for at, *one in _hours(2000)
    ]
    yield objects("cryptocompare", {"Data": hours, "Err": {}}, 2000, _cryptocompare)


def _minutes_of(parse: Callable[..., object]) -> Callable[[HttpAnswer], pl.DataFrame]:
    def candles(answer: HttpAnswer) -> pl.DataFrame:
        made: pl.DataFrame = parse(answer.document, _COIN, Timeframe.M1, _NOW).candles  # type: ignore[attr-defined]  # all four return it
        return made

    return candles


def _origin(provider: str, instrument: Instrument = _SHARE, timeframe: Timeframe = Timeframe.D1) -> Origin:
    return Origin(provider, instrument, timeframe, Basis.RAW, _SETTLES, _NOW)


def _dated(columns: pl.DataFrame, provider: str) -> pl.DataFrame:
    return stamped(columns, _origin(provider)).candles


def _coingecko(answer: HttpAnswer) -> pl.DataFrame:
    bodies = read_bodies(answer.document)
    return daily_bodies(bodies, 1, Interval(datetime(2010, 1, 1, tzinfo=UTC), _NOW), _ABLE, _NOW)


def _yahoo_document(sessions: Sequence[Candle]) -> object:
    opened, high, low, close, volume = (list(column) for column in list(zip(*sessions, strict=True))[1:])
    calendar = get_calendar("XNYS")
    opens = calendar.opens[-len(sessions) :] // 1_000_000
    meta = {
        "currency": "USD",
        "symbol": "AAPL",
        "instrumentType": "EQUITY",
        "priceHint": 2,
        "dataGranularity": "1d",
        "exchangeTimezoneName": "America/New_York",
    }
    quote = {"open": opened, "high": high, "low": low, "close": close, "volume": volume}
    result = {
        "meta": meta,
        "timestamp": opens.tolist(),
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": close}]},
    }
    return {"chart": {"error": None, "result": [result]}}


def _yahoo(answer: HttpAnswer) -> pl.DataFrame:
    chart = read_chart(answer.document, _SHARE, "AAPL")
    return read_bars(chart, _SHARE, Timeframe.D1, chart.splits, _ABLE, _NOW).candles


def _nasdaq_data_link(answer: HttpAnswer) -> pl.DataFrame:
    return _dated(candle_columns(read_dataset(answer.document), {}), "nasdaq_data_link")


def _polygon(answer: HttpAnswer) -> pl.DataFrame:
    columns = rows(answer, BAR_SCHEMA)
    return parse_aggregates(envelope(answer), _COIN, Timeframe.M1, _NOW, _SETTLES, columns).candles


def _alpaca(answer: HttpAnswer) -> pl.DataFrame:
    page = read_page(answer.document, {"BTC/USD": _COIN}, Timeframe.M1, _NOW)
    return candle_frame(
        page.columns,
        timeframe=Timeframe.M1,
        provider="alpaca",
        basis=Basis.RAW,
        calendar=get_calendar("24/7"),
        settles_after=_SETTLES,
        now=_NOW,
    )


def _twelvedata(answer: HttpAnswer) -> pl.DataFrame:
    return parse_series(answer.document, _origin("twelvedata")).candles


def _alphavantage(answer: HttpAnswer) -> pl.DataFrame:
    return _dated(alphavantage_days(answer.document, "AAPL"), "alphavantage")


def _cryptocompare(answer: HttpAnswer) -> pl.DataFrame:
    columns = DataApi("cadli").read_history(answer.document, ("BTC", "USD"), Timeframe.H1)
    return stamped(columns, _origin("cryptocompare", _COIN, Timeframe.H1)).candles


def _named(names: Sequence[str], values: object) -> dict[str, object]:
    return dict(zip(names, values, strict=False))  # type: ignore[call-overload]  # any iterable of numbers or texts


def _minutes(count: int) -> list[Candle]:
    return _walk([datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=one) for one in range(count)])


def _hours(count: int) -> list[Candle]:
    return _walk([datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=one) for one in range(count)])


def _coin_days(count: int) -> list[Candle]:
    return _walk([datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=one) for one in range(count)])


def _sessions(count: int) -> list[Candle]:
    opens = get_calendar("XNYS").candle_opens(Timeframe.D1, Interval(datetime(2004, 1, 1, tzinfo=UTC), _NOW))
    return _walk([datetime.fromtimestamp(one / 1_000_000, UTC) for one in opens[-count:].tolist()])


def _walk(stamps: Sequence[datetime]) -> list[Candle]:
    drawn = np.random.default_rng(3)
    closes = np.round(100 * np.exp(np.cumsum(drawn.normal(0, 0.001, len(stamps)))), 2).tolist()
    return [
        (at, one, round(one * 1.01, 2), round(one * 0.99, 2), one, 1234.5)
        for at, one in zip(stamps, closes, strict=True)
    ]


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
