"""The pace of providers: a rate by the minute, spread evenly over its seconds, and the wait for an allowance of the day."""

from datetime import datetime, timedelta, tzinfo

from trend_platform.providers.base import Quota


def by_the_second(rate_per_minute: float) -> Quota:
    """Return the quota of a rate that may not be spent in one go: so many calls a second, or one in so many seconds."""
    per_second = rate_per_minute / 60.0
    return Quota(per_second, 1.0) if per_second >= 1 else Quota(1.0, 1.0 / per_second)


def seconds_to_midnight(now: datetime, zone: tzinfo) -> float:
    """Return how long it is until the next midnight of a zone, when allowances of a day begin anew, in seconds."""
    tomorrow = (now.astimezone(zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (tomorrow.astimezone(now.tzinfo) - now).total_seconds()
