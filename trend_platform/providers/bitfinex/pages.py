"""One pair's candles in pages of 10,000: `[[ms, open, CLOSE, HIGH, LOW, volume], ...]`, the oldest first with `sort=1`.

Lengths without trades have no row. Pages count rows, so one reaches as far as its rows do; the last one is short and reaches
near the end, and a short one that does not is followed up once.
"""

from datetime import datetime, timedelta

from trend_platform.domain.calendars import from_us, to_us
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.arrays import MILLISECOND_US, Layout, parse_arrays
from trend_platform.providers.bitfinex.classing import NAME
from trend_platform.providers.bitfinex.pairs import symbol_of
from trend_platform.providers.http import HttpClient
from trend_platform.providers.paging import Page
from trend_platform.providers.stamped import Stamped
from trend_platform.providers.traffic import counting

CANDLES_PER_CALL = 10_000
SETTLES = timedelta(minutes=1)
# By name on the wire; 3 hours, 6 hours, 7 days and longer ones are not asked.
LENGTHS = {
    Timeframe.M1: "1m",
    Timeframe.M5: "5m",
    Timeframe.M15: "15m",
    Timeframe.M30: "30m",
    Timeframe.H1: "1h",
    Timeframe.H12: "12h",
    Timeframe.D1: "1D",
}
LAYOUT = Layout(NAME, ("open", "close", "high", "low", "volume"), MILLISECOND_US, frozenset(LENGTHS), SETTLES)
# A short page that ends further from the end than this was cut, or trade stopped; asking once more tells which.
_NEAR = timedelta(days=1)


class Pages:
    """The pages of one pair's candles; the token of a page is the first millisecond it may hold.

    Args:
        client: Asks Bitfinex.
        clock: The time.
        instrument: Whose candles.
        timeframe: The length of the candles.
    """

    def __init__(self, client: HttpClient, clock: Clock, instrument: Instrument, timeframe: Timeframe) -> None:
        self._client, self._clock = client, clock
        self._instrument, self._timeframe = instrument, timeframe
        self._path = f"/candles/trade:{LENGTHS[timeframe]}:{symbol_of(instrument)}/hist"
        self._end_us = 0

    async def first(self, interval: Interval) -> Page:
        """Fetch the page that an interval begins with."""
        self._end_us = to_us(interval.end)
        return await self.following(str(-(-to_us(interval.start) // MILLISECOND_US)))

    async def following(self, token: str) -> Page:
        """Fetch the page that begins with a millisecond."""
        # Both bounds are included.
        last_ms = -(-self._end_us // MILLISECOND_US) - 1
        query: dict[str, str | int] = {"limit": CANDLES_PER_CALL, "start": token, "end": last_ms, "sort": 1}
        answer = await self._client.get(self._path, query)
        with counting(answer.calls):
            now = self._clock.now()
            parsed = parse_candles(answer.document, self._instrument, self._timeframe, now)
        return Page(parsed.candles, self._following(parsed, now), answer.calls, parsed.rejected)

    def _following(self, parsed: Stamped, now: datetime) -> str | None:
        count = parsed.candles.height + parsed.rejected.height
        if not parsed.candles.height:
            return None
        last_us = to_us(parsed.candles["opened_at"][-1])
        is_near = from_us(last_us) >= min(from_us(self._end_us), now) - _NEAR
        is_last = count < CANDLES_PER_CALL and is_near
        return None if is_last else str(last_us // MILLISECOND_US + 1)


def parse_candles(document: object, instrument: Instrument, timeframe: Timeframe, now: datetime) -> Stamped:
    """Read the candles of one pair, in whichever order they come.

    Raises:
        Malformed: The document holds no candles.
        GranularityMismatch: They are not as long as was asked.
    """
    return parse_arrays(document, LAYOUT, instrument, timeframe, now)
