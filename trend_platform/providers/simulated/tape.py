"""The simulated provider's latest prices, as its server tells them: columns, as the planted faults leave them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from trend_platform.domain.calendars import get_calendar, to_us
from trend_platform.domain.intervals import Interval
from trend_platform.providers.simulated.faults import QUOTE_FAULTS, UNBOUNDED, Fault, FaultKind, FaultPlan
from trend_platform.providers.simulated.lately import LastTrade, last_trade
from trend_platform.providers.simulated.market import Listing
from trend_platform.providers.simulated.profiles import Profile, profile_of

TAPE_COLUMNS = ("symbol", "quoted_at", "price", "previous_close", "bid", "ask", "size")
"""What an answer of `/v1/quotes` holds; `quoted_at` in milliseconds since the epoch."""

_LEFT_OUT = frozenset({FaultKind.MISSING_SYMBOL, FaultKind.UNKNOWN_SYMBOL})
_AHEAD_US = int(timedelta(hours=1) / timedelta(microseconds=1))


def tell_quotes(
    seed: int, listings: Iterable[Listing], faults: FaultPlan, today: Interval, now: int
) -> dict[str, object]:
    """Return the last trade of each listing before `now` (microseconds) as columns; one that never traded is left out.

    Args:
        seed: The market's.
        listings: Whose prices were asked.
        faults: What goes wrong.
        today: The UTC day of `now`; faults strike by the day.
        now: The present instant.
    """
    columns: dict[str, list[object]] = {name: [] for name in TAPE_COLUMNS}
    for listing in listings:
        profile = profile_of(seed, listing.symbol, listing.asset_class)
        planted = faults.strike(QUOTE_FAULTS, listing.symbol, today)
        trade = last_trade(profile, get_calendar(listing.calendar), _frozen(planted, today, now))
        if trade is not None and not any(fault.kind in _LEFT_OUT for fault in planted):
            row = _row(listing.symbol, profile, _spoiled(trade, planted))
            for name, value in zip(TAPE_COLUMNS, row, strict=True):
                columns[name].append(value)
    return dict(columns)


def _row(symbol: str, profile: Profile, trade: LastTrade) -> tuple[object, ...]:
    tick = 10.0**-profile.decimals
    bid, ask = (round(max(trade.price + side * tick, tick), profile.decimals) for side in (-1, 1))
    return symbol, trade.traded_at // 1000, trade.price, trade.previous_close, bid, ask, trade.size


def _frozen(planted: Iterable[Fault], today: Interval, now: int) -> int:
    # Time stands still with the day on which the fault begins; one without a first day begins today.
    for fault in planted:
        if fault.kind is FaultKind.STALE_QUOTE:
            return to_us(today.start if fault.window.start == UNBOUNDED.start else fault.window.start)
    return now


def _spoiled(trade: LastTrade, planted: Iterable[Fault]) -> LastTrade:
    for fault in planted:
        match fault.kind:
            case FaultKind.ZERO_PRICE:
                trade = replace(trade, price=0.0)
            case FaultKind.QUOTE_100X:
                trade = replace(trade, price=trade.price * 100)
            case FaultKind.FUTURE_QUOTE:
                trade = replace(trade, traded_at=trade.traded_at + _AHEAD_US)
            case _:
                pass
    return trade
