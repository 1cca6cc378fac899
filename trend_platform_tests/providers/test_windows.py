"""Windows of time as pages: each holds at most so many candles, and together they are the interval."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import empty_candles
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.paging import Page
from trend_platform.providers.windows import Windows

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
EXPECTED = partial(get_calendar("24/7").candle_opens, Timeframe.H1)


class Asked:
    """Remembers the windows that were asked."""

    def __init__(self) -> None:
        self.windows: list[Interval] = []

    async def __call__(self, window: Interval) -> Page:
        self.windows.append(window)
        return Page(empty_candles(), note=f"window {len(self.windows)}")


async def _walked(interval: Interval, most: int) -> list[Interval]:
    asked = Asked()
    windows = Windows(asked, EXPECTED, most)
    page = await windows.first(interval)
    while page.next_token is not None:
        page = await windows.following(page.next_token)
    assert page.note == f"window {len(asked.windows)}"
    return asked.windows


def _hours(windows: list[Interval]) -> Iterator[int]:
    return (len(EXPECTED(window)) for window in windows)


@given(hours=st.integers(0, 50), minutes=st.integers(0, 59), most=st.integers(1, 20))
async def test_windows_join_to_the_interval_and_none_is_too_long(hours: int, minutes: int, most: int) -> None:
    interval = Interval(START, START + hours * HOUR + timedelta(minutes=minutes))
    windows = await _walked(interval, most)
    assert (windows[0].start, windows[-1].end) == (interval.start, interval.end)
    assert [window.start for window in windows[1:]] == [window.end for window in windows[:-1]]
    assert all(count <= most for count in _hours(windows))
    assert all(count == most for count in _hours(windows[:-1]))


async def test_sessions_without_candles_take_no_window_of_their_own() -> None:
    asked = Asked()
    sessions = partial(get_calendar("XNYS").candle_opens, Timeframe.D1)
    windows = Windows(asked, sessions, 5)
    # Five sessions from Monday to Friday, and the weekend after them.
    page = await windows.first(Interval(datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 12, tzinfo=UTC)))
    assert (page.next_token, len(asked.windows)) == (None, 1)
