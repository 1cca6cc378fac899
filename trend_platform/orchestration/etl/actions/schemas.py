"""The columns of the table of corporate actions, as Dagster shows them on the asset's page."""

import dagster as dg

_COLUMNS = {
    "instrument_id": ("int", "the instrument's number"),
    "kind": ("string", "split, dividend, symbol_change, delisting"),
    "ex_date": ("date", "the first session on which it holds"),
    "ratio": ("float", "of a split: new shares per old one"),
    "amount": ("float", "of a dividend: cash per share, on the share count of its day"),
    "currency": ("string", "of a dividend"),
    "detail": ("string", "of a change of symbol: the symbol before"),
    "provider": ("string", "who told it; user where a person did"),
    "fetched_at": ("timestamp", "UTC; when it was told first"),
}

ACTIONS = dg.TableSchema([dg.TableColumn(name, kind, what) for name, (kind, what) in _COLUMNS.items()])
