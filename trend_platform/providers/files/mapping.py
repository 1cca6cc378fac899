"""Which column of a file holds what: by the user's mapping first, by the names people use otherwise.

Knows names only; values are read in `rows` and `stamps`.
"""

from collections.abc import Mapping, Sequence

from trend_platform.errors import ConfigurationError

REQUIRED = ("opened_at", "open", "high", "low", "close")
NUMBERS = ("open", "high", "low", "close", "volume", "vwap", "trade_count")

# Names seen in the wild, in the order they are preferred; compared without case and surrounding blanks.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "opened_at": ("opened_at", "date", "datetime", "timestamp", "time", "open_time", "ts"),
    "symbol": ("symbol", "ticker", "name", "instrument"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c"),
    "volume": ("volume", "vol", "v"),
    "vwap": ("vwap", "vw"),
    "trade_count": ("trade_count", "trades", "n"),
}


def mapped_columns(found: Sequence[str], configured: Mapping[str, str], file: str) -> dict[str, str]:
    """Return for each field of a candle the column that holds it; fields the file lacks are left out.

    Raises:
        ConfigurationError: A configured field or column does not exist, or a field that every candle needs is nowhere.
    """
    unknown = sorted(set(configured) - set(_NAMES))
    if unknown:
        raise ConfigurationError(
            f"providers.files.columns names {', '.join(unknown)}, which no candle has; fields are {', '.join(_NAMES)}"
        )
    absent = {field: column for field, column in configured.items() if column not in found}
    if absent:
        wanted = ", ".join(f"{field} = {column!r}" for field, column in absent.items())
        raise ConfigurationError(f"{file} has no column for {wanted}; it has {_listed(found)}")
    columns = {field: column for field in _NAMES if (column := configured.get(field) or _guess(field, found))}
    missing = [field for field in REQUIRED if field not in columns]
    if missing:
        raise ConfigurationError(
            f"{file} has no column that looks like {', '.join(missing)}; it has {_listed(found)}: "
            "say which is which in providers.files.columns"
        )
    return columns


def _guess(field: str, found: Sequence[str]) -> str | None:
    plain = {column.strip().lower(): column for column in reversed(found)}
    return next((plain[name] for name in _NAMES[field] if name in plain), None)


def _listed(found: Sequence[str]) -> str:
    return ", ".join(repr(column) for column in found) or "no columns"
