"""Which dataset or table holds an instrument's candles, by the user's template: `WIKI/{symbol}` or `SHARADAR/SEP`."""

import re

from trend_platform.domain.instruments import AssetClass, Instrument

SERVED = frozenset({AssetClass.STOCK, AssetClass.ETF})
_PLACE = "{symbol}"


def is_table(code: str) -> bool:
    """Return whether a code names one table for all symbols, and no dataset for each."""
    return _PLACE not in code


def symbol_of(instrument: Instrument, code: str) -> str | None:
    """Return the provider's spelling: `BRK_B` in the code of a dataset, `BRK.B` in a table; `None` for other kinds."""
    if instrument.asset_class not in SERVED:
        return None
    return instrument.symbol if is_table(code) else re.sub(r"[.-]", "_", instrument.symbol)


def canonical_of(symbol: str) -> str:
    """Return the canonical symbol of a share as a code or a table spells it."""
    return re.sub(r"[_-]", ".", symbol.upper())


def dataset_path(symbol: str, code: str) -> str:
    """Return the path of a dataset."""
    return f"/datasets/{code.replace(_PLACE, symbol)}.json"


def table_path(code: str) -> str:
    """Return the path of a table."""
    return f"/datatables/{code}.json"
