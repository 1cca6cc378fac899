"""Faults that can be planted in the simulated provider: which, whom they strike, and when they heal.

Holds the closed set of kinds, the plan that counts strikes, and what spoiled candles look like. How a fault looks on
the wire (status codes, cut bodies, timeouts) lives in `transport`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import polars as pl

from trend_platform.domain.calendars import to_us
from trend_platform.domain.candles import PRICES
from trend_platform.domain.intervals import Interval, midnight
from trend_platform.errors import ConfigurationError
from trend_platform.settings import FaultSettings


class FaultKind(StrEnum):
    """What can go wrong, by name."""

    HOLE = "hole"
    UNIT_100X = "unit_100x"
    CLOSE_ABOVE_HIGH = "close_above_high"
    SHIFTED_STAMPS = "shifted_stamps"
    OTHER_SYMBOL = "other_symbol"
    FLAT_WITH_VOLUME = "flat_with_volume"
    WRONG_GRANULARITY = "wrong_granularity"
    DUPLICATE_ROW = "duplicate_row"
    STALE = "stale"
    LATE_PAGE = "late_page"
    PAGE_FAILS = "page_fails"
    HTTP_429 = "http_429"
    HTTP_500 = "http_500"
    TIMEOUT = "timeout"
    CUT_JSON = "cut_json"
    HTML_200 = "html_200"
    UNKNOWN_SYMBOL = "unknown_symbol"
    SPLIT_UNTOLD = "split_untold"
    ZERO_PRICE = "zero_price"
    QUOTE_100X = "quote_100x"
    FUTURE_QUOTE = "future_quote"
    STALE_QUOTE = "stale_quote"
    MISSING_SYMBOL = "missing_symbol"


WIRE_FAULTS = frozenset(
    {
        *(FaultKind.HTTP_429, FaultKind.HTTP_500, FaultKind.TIMEOUT, FaultKind.CUT_JSON, FaultKind.HTML_200),
        FaultKind.UNKNOWN_SYMBOL,
    }
)
"""They strike whole calls, whatever page."""

PAGE_FAULTS = frozenset({FaultKind.PAGE_FAILS, FaultKind.LATE_PAGE})
"""They strike pages after the first one."""

ROW_FAULTS = frozenset(
    {
        *(FaultKind.HOLE, FaultKind.UNIT_100X, FaultKind.CLOSE_ABOVE_HIGH, FaultKind.SHIFTED_STAMPS),
        *(FaultKind.FLAT_WITH_VOLUME, FaultKind.DUPLICATE_ROW, FaultKind.STALE),
    }
)
"""They change candles stamped in their window."""

QUOTE_FAULTS = frozenset(
    {
        *(FaultKind.ZERO_PRICE, FaultKind.QUOTE_100X, FaultKind.FUTURE_QUOTE, FaultKind.STALE_QUOTE),
        *(FaultKind.MISSING_SYMBOL, FaultKind.UNKNOWN_SYMBOL),
    }
)
"""They change latest prices, or leave them out."""

SOURCE_FAULTS = frozenset({FaultKind.OTHER_SYMBOL, FaultKind.WRONG_GRANULARITY})
"""They bring candles that were not asked for."""


UNBOUNDED = Interval(midnight(date(1900, 1, 1)), midnight(date(2200, 1, 1)))
"""The window of a fault whose settings name no day."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One planted fault.

    Attributes:
        kind: What goes wrong.
        symbol: Whom it strikes; `None` strikes all.
        window: The days it strikes.
        times: Strikes against one symbol until it is healed there; `None` never heals.
        retry_after: What the `Retry-After` header of a 429 says; `None` sends none.
        other: Whose candles `other_symbol` brings.
    """

    kind: FaultKind
    symbol: str | None
    window: Interval
    times: int | None
    retry_after: str | None
    other: str


class FaultPlan:
    """The planted faults and how often each has struck.

    A fault heals per symbol, so that what is struck does not depend on the order of concurrent calls.
    """

    def __init__(self, faults: Iterable[FaultSettings]) -> None:
        """Read the faults from their settings.

        Raises:
            ConfigurationError: A kind or a day cannot be read.
        """
        self._faults = tuple(_planted(fault) for fault in faults)
        self._struck: Counter[tuple[int, str]] = Counter()

    def strike(self, kinds: Iterable[FaultKind], symbol: str, interval: Interval) -> tuple[Fault, ...]:
        """Return the faults of `kinds` that strike now; each counts as one strike against `symbol`."""
        if not self._faults:
            return ()
        due = self.looming(kinds, symbol, interval)
        self._struck.update((self._faults.index(fault), symbol) for fault in due)
        return due

    def looming(self, kinds: Iterable[FaultKind], symbol: str, interval: Interval) -> tuple[Fault, ...]:
        """Return the faults of `kinds` that would strike, without a strike."""
        wanted = frozenset(kinds)
        return tuple(
            fault
            for index, fault in enumerate(self._faults)
            if fault.kind in wanted
            and fault.symbol in {None, symbol}
            and fault.window & interval
            and (fault.times is None or self._struck[index, symbol] < fault.times)
        )


def spoiled(candles: pl.DataFrame, fault: Fault, *, intraday: bool) -> pl.DataFrame:
    """Return `candles` as a fault of `ROW_FAULTS` leaves them."""
    struck = pl.col("opened_at").is_between(to_us(fault.window.start), to_us(fault.window.end), closed="left")
    match fault.kind:
        case FaultKind.HOLE:
            return candles.filter(~struck)
        case FaultKind.DUPLICATE_ROW:
            return pl.concat([candles, candles.filter(struck).head(1)]).sort("opened_at", maintain_order=True)
        case FaultKind.FLAT_WITH_VOLUME:
            return _standing_still(candles, struck, dict.fromkeys(PRICES, "close"))
        case FaultKind.STALE:
            return _standing_still(candles, struck, {name: name for name in candles.columns if name != "opened_at"})
        case _:
            changed = _changed_columns(fault.kind, intraday=intraday)
            return candles.with_columns(
                pl.when(struck).then(value).otherwise(pl.col(name)).alias(name) for name, value in changed.items()
            )


def _changed_columns(kind: FaultKind, *, intraday: bool) -> dict[str, pl.Expr]:
    match kind:
        case FaultKind.UNIT_100X:
            return {name: pl.col(name) * 100 for name in (*PRICES, "vwap")}
        case FaultKind.CLOSE_ABOVE_HIGH:
            return {"close": (pl.col("high") * 1.05).round(5)}
        case FaultKind.SHIFTED_STAMPS:
            # A day stamped with New York's midnight instead of UTC's; a minute stamped with its middle.
            return {"opened_at": pl.col("opened_at") + (30_000_000 if intraday else 5 * 3_600_000_000)}
        case _:
            return {}


def _standing_still(candles: pl.DataFrame, struck: pl.Expr, source: dict[str, str]) -> pl.DataFrame:
    # Every struck row repeats the last row before the window, or the first struck one where there is none.
    hit = candles.select(struck).to_series()
    if not hit.any():
        return candles
    last = candles.row(max((hit.arg_max() or 0) - 1, 0), named=True)
    return candles.with_columns(
        pl.when(struck).then(pl.lit(last[old])).otherwise(pl.col(name)).alias(name) for name, old in source.items()
    )


def _planted(settings: FaultSettings) -> Fault:
    try:
        start = midnight(date.fromisoformat(settings.start)) if settings.start else UNBOUNDED.start
        end = midnight(date.fromisoformat(settings.end)) if settings.end else UNBOUNDED.end
        window = Interval(start, end)
        kind = FaultKind(settings.kind)
    except (ValueError, ConfigurationError) as error:
        raise ConfigurationError(
            f"providers.simulated.faults: {error}; kinds are {', '.join(FaultKind)}, days are like 2024-05-31"
        ) from None
    other = settings.other or ("QQQ" if settings.symbol == "SPY" else "SPY")
    return Fault(kind, settings.symbol, window, settings.times, settings.retry_after, other)
