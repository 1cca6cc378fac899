"""The columns of the tables behind the assets, as Dagster shows them on an asset's page."""

import dagster as dg

_CANDLE_COLUMNS = {
    "instrument_id": ("int", "the instrument's number"),
    "timeframe": ("string", "length of the candle: 1d, 1w, 1mo"),
    "opened_at": ("timestamp", "UTC; a daily candle of an exchange is stamped at its session's date, midnight"),
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


CANDLES = _schema(_CANDLE_COLUMNS)
ROLLED = _schema(_CANDLE_COLUMNS | _ROLLED_COLUMNS)
INSTRUMENTS_TABLE = _schema(_INSTRUMENT_COLUMNS)
