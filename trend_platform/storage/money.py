"""Whether an expense fits an allowance: one rule for every purse. Sums of cents are compared with a little room for rounding."""

from typing import Final

from trend_platform.storage.readings import Allowance

_ROUNDING: Final = 1e-9


def fits(spent_today: float, spent_this_month: float, dollars: float, allowance: Allowance) -> bool:
    """Return whether spending `dollars` more keeps to the allowance of the day and of the month."""
    daily, monthly = spent_today + dollars, spent_this_month + dollars
    return daily <= allowance.daily + _ROUNDING and monthly <= allowance.monthly + _ROUNDING
