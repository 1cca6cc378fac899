"""Why a venue is closed on a day, in the words people use for it."""

from datetime import date

WEEKEND = 5


def closure(calendar: str, day: date) -> str:
    """Return why the venue does not trade on `day`: a holiday's name, the weekend, or an unscheduled closure."""
    if day.weekday() >= WEEKEND:
        return "the weekend"
    import exchange_calendars  # noqa: PLC0415  half a second that only a closed day pays

    venue = exchange_calendars.get_calendar(calendar)
    named = venue.regular_holidays.holidays(day.isoformat(), day.isoformat(), return_name=True)
    return str(named.iloc[0]) if len(named) else "an unscheduled closure"
