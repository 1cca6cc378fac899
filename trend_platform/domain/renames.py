"""Symbols that instruments once had: who is meant by one that nobody has any more. Pure."""

from collections.abc import Iterable

import polars as pl

from trend_platform.domain.actions import ActionKind
from trend_platform.domain.instruments import Instrument


def former_symbols(actions: pl.DataFrame, instruments: Iterable[Instrument]) -> dict[str, Instrument]:
    """Return instruments by the symbols they once had; of several that had one, the last to give it up.

    Args:
        actions: Action frame; changes of symbol among it count.
        instruments: Those that may be meant.
    """
    by_id = {one.instrument_id: one for one in instruments}
    changes = actions.filter(pl.col("kind") == ActionKind.SYMBOL_CHANGE.value).sort("ex_date")
    rows = changes.select("detail", "instrument_id").iter_rows()
    return {symbol: by_id[one] for symbol, one in rows if one in by_id}
