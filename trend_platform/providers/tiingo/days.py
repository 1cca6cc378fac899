"""How the days of a share are asked for, be it for their prices or for the splits and dividends that stand in them."""

from trend_platform.domain.intervals import Interval
from trend_platform.providers.http import Params
from trend_platform.providers.stamped import first_midnight, last_day


def path_of_days(ticker: str) -> str:
    """Return where the days of a share are."""
    return f"/tiingo/daily/{ticker}/prices"


def dates_of(interval: Interval) -> Params:
    """Return the query that asks for the days stamped in `interval`.

    Both dates are included; a session that began before the interval is not in it.
    """
    return {
        "startDate": first_midnight(interval.start).date().isoformat(),
        "endDate": last_day(interval),
        "resampleFreq": "daily",
    }
