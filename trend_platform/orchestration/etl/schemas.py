"""The columns of the tables behind the assets, as Dagster shows them on an asset's page."""

from collections.abc import Iterable

import dagster as dg

from trend_platform.domain.timeframes import Timeframe

_CANDLE_COLUMNS = {
    "instrument_id": ("int", "the instrument's number"),
    "timeframe": ("string", "length of the candle: {lengths}"),
    "opened_at": ("timestamp", "UTC; {stamp}"),
    "open": ("float", "first price"),
    "high": ("float", "highest price"),
    "low": ("float", "lowest price"),
    "close": ("float", "last price"),
    "volume": ("float", "shares or units traded; null where the provider does not tell"),
    "vwap": ("float", "volume-weighted average price; null where the provider does not tell"),
    "trade_count": ("int", "number of trades; null where the provider does not tell"),
    "provider": ("string", "who sent it"),
    "basis": ("string", "raw, or split where the provider gives nothing rawer"),
    "is_final": ("bool", "false while the candle is still forming"),
    "fetched_at": ("timestamp", "UTC; when it was fetched, untouched by a fetch that changed nothing"),
}
_DAILY_STAMP = "a daily candle of an exchange is stamped at its session's date, midnight"
_INTRADAY_STAMP = "when it begins, counted from the open of its session: 09:30 in New York is 14:30 in winter"
_ROLLED_COLUMNS = {
    "is_final": ("bool", "whether the period is over"),
    "source": ("string", "timeframe of the candles it was made of"),
    "parts": ("int", "how many of them it has"),
    "expected": ("int", "how many of them the calendar expects"),
    "is_complete": ("bool", "period over, all parts final, and there or known not to have traded"),
}
_INSTRUMENT_COLUMNS = {
    "instrument_id": ("int", "its number, first part of every candle's key"),
    "symbol": ("string", "canonical symbol: AAPL, BRK.B, BTC-USD, EUR-USD"),
    "asset_class": ("string", "stock, etf, crypto, forex, index, commodity"),
    "calendar": ("string", "trading calendar: XNYS, 24/7, 24/5"),
    "listed_on": ("date", "first day it traded, where known"),
    "delisted_on": ("date", "first day it no longer traded, where known"),
}


def _schema(columns: dict[str, tuple[str, str]]) -> dg.TableSchema:
    return dg.TableSchema([dg.TableColumn(name, kind, what) for name, (kind, what) in columns.items()])


def _candles(lengths: Iterable[Timeframe], *stamps: str) -> dict[str, tuple[str, str]]:
    said = {"lengths": ", ".join(lengths), "stamp": "; ".join(stamps)}
    return {name: (kind, what.format(**said)) for name, (kind, what) in _CANDLE_COLUMNS.items()}


_INTRADAY = [one for one in Timeframe if one.is_intraday]
_DAILY = [one for one in Timeframe if not one.is_intraday]
_MADE = [one for one in Timeframe if one is not Timeframe.M1]

CANDLES = _schema(_candles(_DAILY, _DAILY_STAMP))
INTRADAY = _schema(_candles(_INTRADAY, _INTRADAY_STAMP))
ROLLED = _schema(_candles(_MADE, _INTRADAY_STAMP, _DAILY_STAMP) | _ROLLED_COLUMNS)
INSTRUMENTS_TABLE = _schema(_INSTRUMENT_COLUMNS)
