"""Kraken's candles: `{"XXBTZUSD": [[seconds, "open", "high", "low", "close", "vwap", "volume", count], ...], "last": seconds}`.

Always the newest 720 whatever is asked, the last one unfinished, numbers as text. A length without trades has a row with volume
0 at the last price; its vwap of 0 is no price and becomes null. The key is Kraken's own name of the pair.
"""

from datetime import datetime, timedelta

from trend_platform.domain.calendars import from_us, to_us
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import BeyondDepth, Malformed, UsageError
from trend_platform.providers.arrays import SECOND_US, Layout, next_stamp, parse_arrays
from trend_platform.providers.http import HttpClient
from trend_platform.providers.kraken.classing import NAME, result_of
from trend_platform.providers.kraken.pairs import by_own_name, own_names, short_name_of
from trend_platform.providers.paging import Page
from trend_platform.providers.stamped import Stamped, inside
from trend_platform.providers.traffic import counting

DEPTH = 720
SETTLES = timedelta(minutes=1)
MINUTES = {
    Timeframe.M1: 1,
    Timeframe.M5: 5,
    Timeframe.M15: 15,
    Timeframe.M30: 30,
    Timeframe.H1: 60,
    Timeframe.H4: 240,
    Timeframe.D1: 1440,
}
_PLACES = ("open", "high", "low", "close", "vwap", "volume", "trade_count")
LAYOUT = Layout(NAME, _PLACES, SECOND_US, frozenset(MINUTES), SETTLES)


def oldest(timeframe: Timeframe, now: datetime) -> datetime:
    """Return the stamp of the oldest candle that Kraken still tells at `now`, the forming one being the newest."""
    length_us = MINUTES[timeframe] * 60 * SECOND_US
    return from_us((to_us(now) // length_us - (DEPTH - 1)) * length_us)


class Newest:
    """One pair's newest candles, as the one page there is.

    Args:
        client: Asks Kraken.
        clock: The time.
        instrument: Whose candles.
        timeframe: The length of the candles.
    """

    def __init__(self, client: HttpClient, clock: Clock, instrument: Instrument, timeframe: Timeframe) -> None:
        self._client, self._clock = client, clock
        self._instrument, self._timeframe = instrument, timeframe

    async def first(self, interval: Interval) -> Page:
        """Fetch all there is and keep what lies in an interval.

        Raises:
            BeyondDepth: The interval begins before the oldest candle that Kraken still tells.
        """
        self._check_depth(interval, oldest(self._timeframe, self._clock.now()))
        params: dict[str, str | int] = {
            "pair": short_name_of(self._instrument) or "",
            "interval": MINUTES[self._timeframe],
        }
        answer = await self._client.get("/OHLC", params)
        with counting(answer.calls):
            parsed = parse_candles(answer.document, self._instrument, self._timeframe, self._clock.now())
            if parsed.candles.height >= DEPTH:
                # With fewer rows the pair is younger than that, and nothing is missing.
                self._check_depth(interval, from_us(to_us(parsed.candles["opened_at"][0])))
        return Page(inside(parsed.candles, interval), None, answer.calls, parsed.rejected)

    async def following(self, token: str) -> Page:
        """Refuse: no page follows.

        Raises:
            UsageError: Always.
        """
        raise UsageError(f"{NAME} has no second page; asked was the one of {token!r}")

    def _check_depth(self, interval: Interval, reached: datetime) -> None:
        if next_stamp(interval, self._timeframe) < to_us(reached):
            raise BeyondDepth(
                NAME,
                f"tells the newest {DEPTH} {self._timeframe} candles, back to {reached:%Y-%m-%d %H:%M} UTC; "
                f"asked were those from {interval.start:%Y-%m-%d %H:%M} UTC on",
            )


def parse_candles(document: object, instrument: Instrument, timeframe: Timeframe, now: datetime) -> Stamped:
    """Read the candles of one pair.

    Raises:
        Malformed: The document holds no candles, or another pair's.
        GranularityMismatch: They are not as long as was asked.
    """
    return parse_arrays(_series(document, instrument), LAYOUT, instrument, timeframe, now)


def _series(document: object, instrument: Instrument) -> object:
    result = result_of(document)
    names = [name for name in result if name != "last"]
    (name,) = by_own_name(names, [instrument]) or (None,)
    if name is None or len(names) > 1:
        raise Malformed(
            NAME,
            f"the answer holds {', '.join(names[:3]) or 'nothing'} where one of {', '.join(sorted(own_names(instrument)))} was asked",
        )
    return result[name]
