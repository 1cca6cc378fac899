"""Reference data in Polygon's shapes: dividends, tickers on two pages, the market's status. No socket lives here."""

from collections.abc import Mapping

_Rows = list[dict[str, object]]

_DIVIDENDS: _Rows = [
    {"ticker": "AAPL", "ex_dividend_date": "2023-11-10", "cash_amount": 0.24, "currency": "USD", "dividend_type": "CD"},
    {"ticker": "AAPL", "ex_dividend_date": "2024-02-09", "cash_amount": 0.24, "currency": "USD", "dividend_type": "CD"},
    {"ticker": "MSFT", "ex_dividend_date": "2024-03-01", "cash_amount": 3.0, "currency": "EUR", "dividend_type": "CD"},
    {"ticker": "AAPL", "ex_dividend_date": "2024-05-10", "cash_amount": 0.25, "dividend_type": "CD"},
    {"ticker": "AAPL", "ex_dividend_date": "2024-05-10", "cash_amount": 1.0, "currency": "USD", "dividend_type": "SC"},
    {"ticker": "AAPL", "ex_dividend_date": "no date", "cash_amount": 9.0},
    {"ticker": "MSFT", "ex_dividend_date": "2024-04-01", "cash_amount": None},
]
_TICKERS: Mapping[str, _Rows] = {
    "stocks": [
        {"ticker": "AAPL", "name": "Apple Inc.", "type": "CS", "primary_exchange": "XNAS", "active": True},
        {"ticker": "BRK.B", "name": "Berkshire Hathaway", "type": "CS", "primary_exchange": "XNYS", "active": True},
        {"ticker": "KIMpL", "name": "Kimco preferred", "type": "PFD", "primary_exchange": "XNYS", "active": True},
        {"ticker": "AbcD", "name": "of no symbol", "type": "CS", "primary_exchange": "XNYS", "active": True},
        {"ticker": "SPY", "name": "SPDR S&P 500", "type": "ETF", "primary_exchange": "ARCX", "active": True},
    ],
    "crypto": [{"ticker": "X:BTCUSD", "name": "Bitcoin - US Dollar", "market": "crypto", "active": True}],
    "fx": [{"ticker": "C:EURUSD", "name": "Euro - US Dollar", "market": "fx", "active": True}],
    "indices": [{"ticker": "I:SPX", "name": "S&P 500", "market": "indices", "active": True}],
}
_GONE: _Rows = [
    {"ticker": "TWX", "name": "Time Warner", "active": False, "delisted_utc": "2018-06-15T04:00:00Z"},
    {"ticker": "TWX", "name": "an earlier bearer", "active": False, "delisted_utc": "2001-01-12T00:00:00Z"},
    {"ticker": "ALTR", "name": "of no day", "active": False},
    {"ticker": "ALTR", "name": "Altera", "active": False, "delisted_utc": "2015-12-28T05:00:00Z"},
]
_STATUS = {
    "market": "extended-hours",
    "earlyHours": False,
    "afterHours": True,
    "serverTime": "2024-05-02T16:48:08-04:00",
    "exchanges": {"nyse": "extended-hours", "nasdaq": "extended-hours", "otc": "extended-hours"},
    "currencies": {"fx": "closed", "crypto": "open"},
}
_UPCOMING = [
    {
        "exchange": "NYSE",
        "name": "Thanksgiving",
        "date": "2024-11-29",
        "status": "early-close",
        "open": "2024-11-29T14:30:00.000Z",
        "close": "2024-11-29T18:00:00.000Z",
    },
    {"exchange": "NYSE", "name": "Thanksgiving", "date": "2024-11-28", "status": "closed"},
]


def document(path: str, params: Mapping[str, str]) -> object:
    """Return the answer to a path, `None` if it is not one of reference data."""
    match path.strip("/").split("/"):
        case ["v3", "reference", "dividends"]:
            return _page([row for row in _DIVIDENDS if params.get("ticker", row["ticker"]) == row["ticker"]])
        case ["v3", "reference", "tickers"]:
            return _tickers(params)
        case ["v1", "marketstatus", "now"]:
            return _STATUS
        case ["v1", "marketstatus", "upcoming"]:
            return _UPCOMING
    return None


def _tickers(params: Mapping[str, str]) -> object:
    if params.get("active") == "false":
        return _page([row for row in _GONE if row["ticker"] == params["ticker"]])
    # The cursor names the market, as the real one does in a coded form.
    market = params.get("cursor") or params["market"]
    half = (len(_TICKERS[market]) + 1) // 2
    if "cursor" in params or half == len(_TICKERS[market]):
        return _page(_TICKERS[market][half if "cursor" in params else 0 :])
    return {
        **_page(_TICKERS[market][:half]),
        "next_url": f"https://api.polygon.io/v3/reference/tickers?cursor={market}",
    }


def _page(rows: _Rows) -> dict[str, object]:
    return {"status": "OK", "request_id": "r", "results": rows}
