"""One product's candles, window by window: `[[seconds, LOW, HIGH, OPEN, CLOSE, volume], ...]`, newest first.

A window of more than 300 candles is refused as a whole, never shortened. A length without trades has no row. Without both of
its bounds a request is answered with the newest candles, so both are always sent.
"""

from datetime import datetime, timedelta

from trend_platform.domain.calendars import from_us
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.arrays import SECOND_US, Layout, next_stamp, parse_arrays
from trend_platform.providers.coinbase.classing import NAME
from trend_platform.providers.coinbase.products import product_of
from trend_platform.providers.http import HttpClient
from trend_platform.providers.paging import Page
from trend_platform.providers.stamped import Stamped
from trend_platform.providers.traffic import counting

CANDLES_PER_CALL = 300
# Trades of the last second are counted by then.
SETTLES = timedelta(minutes=1)
GRANULARITIES = {
    Timeframe.M1: 60,
    Timeframe.M5: 300,
    Timeframe.M15: 900,
    Timeframe.H1: 3_600,
    Timeframe.D1: 86_400,
}
LAYOUT = Layout(NAME, ("low", "high", "open", "close", "volume"), SECOND_US, frozenset(GRANULARITIES), SETTLES)
_SECOND = timedelta(seconds=1)


class Product:
    """Asks for the candles of one product.

    Args:
        client: Asks Coinbase.
        clock: The time.
        instrument: Whose candles.
        timeframe: The length of the candles.
    """

    def __init__(self, client: HttpClient, clock: Clock, instrument: Instrument, timeframe: Timeframe) -> None:
        self._client, self._clock = client, clock
        self._instrument, self._timeframe = instrument, timeframe
        self._path = f"/products/{product_of(instrument)}/candles"

    async def window(self, window: Interval) -> Page:
        """Fetch the candles stamped in a window of at most 300."""
        start = from_us(next_stamp(window, self._timeframe))
        # The end lies within the last candle: it comes whether that bound counts as included or not.
        end = max(window.end, start + _SECOND) - _SECOND
        params: dict[str, str | int] = {
            "granularity": GRANULARITIES[self._timeframe],
            "start": _iso(start),
            "end": _iso(end),
        }
        answer = await self._client.get(self._path, params)
        with counting(answer.calls):
            parsed = parse_candles(answer.document, self._instrument, self._timeframe, self._clock.now())
        return Page(parsed.candles, None, answer.calls, parsed.rejected)


def parse_candles(document: object, instrument: Instrument, timeframe: Timeframe, now: datetime) -> Stamped:
    """Read the candles of one product.

    Raises:
        Malformed: The document holds no candles.
        GranularityMismatch: They are not as long as was asked.
    """
    return parse_arrays(document, LAYOUT, instrument, timeframe, now)


def _iso(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
