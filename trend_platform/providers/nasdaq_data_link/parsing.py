"""From Nasdaq Data Link's rows, arrays under a list of column names, to columns of candles.

A dataset: `{"dataset": {"column_names": ["Date", ...], "data": [[...]], "newest_available_date": "2018-03-27"}}`. A table:
`{"datatable": {"columns": [{"name": "date"}], "data": [[...]]}, "meta": {"next_cursor_id": null}}`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from trend_platform.domain.candles import Basis
from trend_platform.errors import Malformed
from trend_platform.providers.nasdaq_data_link.classing import NAME
from trend_platform.providers.records import typed_series
from trend_platform.providers.stamped import day_of_text

_REQUIRED = ("date", "open", "high", "low", "close")
_NUMBERS = ("open", "high", "low", "close", "volume")
# Sharadar's price tables tell the close as it was traded beside prices that are all adjusted for splits.
_UNADJUSTED_CLOSE = "closeunadj"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows under their names.

    Attributes:
        names: Names of the columns, as the provider spells them.
        rows: The rows.
        newest: The last day the dataset has at all; `None` where it is not told.
        cursor: What asks for the following page of a table; `None` on the last one.
    """

    names: tuple[str, ...]
    rows: Sequence[object]
    newest: date | None = None
    cursor: str | None = None


def read_dataset(document: object) -> Rows:
    """Return the rows of a dataset.

    Raises:
        Malformed: The document holds none.
    """
    held = document.get("dataset") if isinstance(document, Mapping) else None
    names, rows = (held.get("column_names"), held.get("data")) if isinstance(held, Mapping) else (None, None)
    if not isinstance(held, Mapping) or not isinstance(names, list) or not isinstance(rows, list):
        raise Malformed(NAME, "the answer holds no dataset: expected `dataset` with `column_names` and `data`")
    return Rows(tuple(map(str, names)), rows, _day(held.get("newest_available_date")))


def read_table(document: object) -> Rows:
    """Return the rows of one page of a table.

    Raises:
        Malformed: The document holds none.
    """
    held = document.get("datatable") if isinstance(document, Mapping) else None
    named, rows = (held.get("columns"), held.get("data")) if isinstance(held, Mapping) else (None, None)
    if not isinstance(document, Mapping) or not isinstance(named, list) or not isinstance(rows, list):
        raise Malformed(NAME, "the answer holds no table: expected `datatable` with `columns` and `data`")
    meta = document.get("meta")
    cursor = meta.get("next_cursor_id") if isinstance(meta, Mapping) else None
    names = tuple(str(each.get("name", "")) if isinstance(each, Mapping) else str(each) for each in named)
    return Rows(names, rows, cursor=str(cursor) if cursor else None)


def candle_columns(found: Rows, named: Mapping[str, str], basis: Basis = Basis.RAW) -> pl.DataFrame:
    """Return `opened_at`, prices, volume where there is one, and `date` as it was sent, in the rows' order.

    Rows that are shorter or longer than the names are kept with nulls.

    Args:
        found: The rows.
        named: Which column holds which field, where it is not named like it.
        basis: What the user says that the prices mean.

    Raises:
        Malformed: There is no date or no price under the names that are known, or the prices are on another basis.
    """
    _check_basis(found.names, named, basis)
    places = _places(found.names, named)
    width = len(found.names)
    rows = [row if isinstance(row, list) and len(row) == width else [None] * width for row in found.rows]
    values = list(zip(*rows, strict=True)) or [()] * width
    texts = _texts(values[places["date"]])
    numbers = [typed_series(name, values[places[name]], pl.Float64()) for name in _NUMBERS if name in places]
    return pl.DataFrame([texts, *numbers]).with_columns(day_of_text("date").alias("opened_at"))


def _check_basis(names: Sequence[str], named: Mapping[str, str], basis: Basis) -> None:
    lower = {name.lower() for name in names}
    mixed = named.get("close", "").lower() == _UNADJUSTED_CLOSE
    if _UNADJUSTED_CLOSE in lower and (basis is Basis.RAW or mixed):
        raise Malformed(
            NAME,
            f"its open, high, low and close are adjusted for splits, since there is a {_UNADJUSTED_CLOSE} beside them: set "
            "providers.nasdaq_data_link.basis to split, and leave its columns as they are named",
        )


def _places(names: Sequence[str], named: Mapping[str, str]) -> dict[str, int]:
    lower = [name.lower() for name in names]
    wanted = {name: named.get(name, name).lower() for name in (*_REQUIRED, "volume")}
    places = {name: lower.index(told) for name, told in wanted.items() if told in lower}
    missing = [name for name in _REQUIRED if name not in places]
    if missing:
        raise Malformed(
            NAME,
            f"there is no column for {', '.join(missing)} among {', '.join(names)[:120]}: say which it is in "
            "providers.nasdaq_data_link.columns",
        )
    return places


def _texts(values: Iterable[object]) -> pl.Series:
    return pl.Series("date", [value if isinstance(value, str) else None for value in values], dtype=pl.String)


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None
