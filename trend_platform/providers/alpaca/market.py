"""One market's candles: from its bars, walked page by page, to candle frames and to where each instrument's answer ends.

A market is instruments of one calendar that are all shares or all crypto. Symbols Alpaca refuses are left out and the others
asked again. What the plan does not give yet is not asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

from trend_platform.domain.calendars import Instants, from_us, get_calendar, to_us
from trend_platform.domain.candles import Basis, empty_candles
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import empty_quarantine
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import ProviderError
from trend_platform.providers.alpaca.bars import BarsPage, read_page
from trend_platform.providers.alpaca.classing import NAME, UnknownSymbols
from trend_platform.providers.alpaca.symbols import SHARES
from trend_platform.providers.alpaca.walking import Walked, walk_bars
from trend_platform.providers.http import HttpClient
from trend_platform.providers.records import candle_frame
from trend_platform.providers.stamped import inside
from trend_platform.providers.summing import clock_base, summed, whole_candles
from trend_platform.providers.traffic import counting
from trend_platform.settings import AlpacaSettings

LENGTHS = {
    Timeframe.M1: "1Min",
    Timeframe.M5: "5Min",
    Timeframe.M15: "15Min",
    Timeframe.M30: "30Min",
    Timeframe.H1: "1Hour",
    Timeframe.H4: "4Hour",
    Timeframe.H12: "12Hour",
    Timeframe.D1: "1Day",
}
"""The name of each length of bars."""

ROWS_PER_PAGE = 10_000
"""Bars one page holds at most, over all of its symbols."""

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Part:
    """What one market answered.

    Attributes:
        candles: Candle frame.
        ends: Per instrument id, where the answer ends for it; one that is missing was not answered.
        calls: Attempts made.
        rejected: Quarantine frame.
        nothing_there: Ids of instruments Alpaca does not know.
        failure: Why not all of it was answered; `None` if it was.
        evidence: What was observed.
    """

    candles: pl.DataFrame
    ends: Mapping[int, datetime]
    calls: int = 0
    rejected: pl.DataFrame = field(default_factory=empty_quarantine)
    nothing_there: frozenset[int] = frozenset()
    failure: ProviderError | None = None
    evidence: str = ""


class Market:
    """Asks for the bars of one market.

    Args:
        client: The one that sends the credential.
        settings: What the user set.
        clock: The time.
        instruments: The instruments by Alpaca's symbol; at least one.
        timeframe: The length of the candles.
        settles_after: How long after its close a candle may still change.
    """

    def __init__(
        self,
        client: HttpClient,
        settings: AlpacaSettings,
        clock: Clock,
        instruments: Mapping[str, Instrument],
        timeframe: Timeframe,
        settles_after: timedelta,
    ) -> None:
        self._client, self._settings, self._clock = client, settings, clock
        self._instruments, self._timeframe, self._settles = dict(instruments), timeframe, settles_after
        first = next(iter(self._instruments.values()))
        self._is_shares, self._calendar = first.asset_class in SHARES, get_calendar(first.calendar)
        is_coin_day = timeframe is Timeframe.D1 and not self._is_shares
        self._base = Timeframe.H1 if is_coin_day else clock_base(timeframe, self._calendar)
        self._now = clock.now()

    async def candles(self, interval: Interval) -> Part:
        """Fetch the candles stamped in `interval`; a failure is part of the answer."""
        whole = whole_candles(interval, self._timeframe, self._calendar)
        asked = Interval(whole.start, max(whole.start, min(whole.end, self._latest)))
        unknown: dict[int, datetime] = {}
        calls = 0
        while self._instruments and asked:
            ids = [self._instruments[ticker].instrument_id for ticker in sorted(self._instruments)]
            try:
                walked = await walk_bars(self._ask, ids, asked, self._expected)
            except UnknownSymbols as fact:
                calls += fact.calls
                refused = fact.symbols & self._instruments.keys()
                if not refused:
                    return Part(empty_candles(), unknown, calls, failure=fact)
                unknown |= {self._instruments.pop(ticker).instrument_id: interval.end for ticker in refused}
            except ProviderError as error:
                return Part(empty_candles(), unknown, calls + error.calls, failure=error)
            else:
                return self._part(walked, interval, unknown, calls)
        known = {one.instrument_id: asked.end for one in self._instruments.values()}
        note = "" if asked else f"nothing asked: the plan's prices end {self._settings.delay_minutes:g} minutes ago"
        return Part(empty_candles(), known | unknown, calls, nothing_there=frozenset(unknown), evidence=note)

    @property
    def _latest(self) -> datetime:
        # A minute later than the plan allows, and the whole call is refused. Crypto and IEX come at once.
        delay = self._settings.delay_minutes if self._is_shares and self._settings.feed == "sip" else 0.0
        return self._now - timedelta(minutes=delay)

    def _expected(self, interval: Interval) -> Instants:
        return self._calendar.candle_opens(self._base, interval)

    async def _ask(self, ids: Sequence[int], interval: Interval, token: str | None) -> BarsPage:
        wanted = frozenset(ids)
        asked = {ticker: one for ticker, one in self._instruments.items() if one.instrument_id in wanted}
        params: dict[str, str | int] = {
            "symbols": ",".join(sorted(asked)),
            "timeframe": LENGTHS[self._base],
            "start": f"{interval.start:%Y-%m-%dT%H:%M:%SZ}",
            "end": f"{interval.end - _TICK:%Y-%m-%dT%H:%M:%SZ}",
            "limit": ROWS_PER_PAGE,
            "sort": "asc",
        }
        path = "/v1beta3/crypto/us/bars"
        if self._is_shares:
            path = "/v2/stocks/bars"
            params |= {"adjustment": "raw", "feed": self._settings.feed}
        if token is not None:
            params["page_token"] = token
        answer = await self._client.get(path, params)
        with counting(answer.calls):
            return read_page(answer.document, asked, self._base, self._now, answer.calls)

    def _part(self, walked: Walked, interval: Interval, unknown: Mapping[int, datetime], calls: int) -> Part:
        bars = candle_frame(
            walked.columns,
            timeframe=self._base,
            provider=NAME,
            basis=Basis.RAW,
            calendar=self._calendar,
            settles_after=self._settles,
            now=self._now,
        )
        candles = inside(summed(bars, self._timeframe, self._calendar, self._now - self._settles), interval)
        ends = {one: min(end, interval.end) for one, end in walked.ends.items()}
        if walked.failure is not None:
            ends = {one: self._last_whole(Interval(interval.start, end), interval) for one, end in ends.items()}
            candles = _before(candles, ends)
        return Part(
            candles,
            ends | dict(unknown),
            calls + walked.calls,
            walked.rejected,
            frozenset(unknown),
            walked.failure,
            walked.evidence,
        )

    def _last_whole(self, answered: Interval, interval: Interval) -> datetime:
        # A candle that is added up and lacks the bars of a page that failed is no candle.
        opens = self._calendar.candle_opens(self._timeframe, answered)
        if self._base is self._timeframe or answered.end == interval.end or not len(opens):
            return answered.end
        is_whole = self._calendar.candle_closes(self._timeframe, opens[-1:])[0] <= to_us(answered.end)
        return answered.end if is_whole else from_us(opens[-1])


def _before(candles: pl.DataFrame, ends: Mapping[int, datetime]) -> pl.DataFrame:
    bounds = pl.DataFrame(
        {"instrument_id": list(ends), "end": list(ends.values())},
        schema={"instrument_id": pl.Int32(), "end": candles.schema["opened_at"]},
    )
    kept = candles.join(bounds, on="instrument_id", how="inner", maintain_order="left")
    return kept.filter(pl.col("opened_at") < pl.col("end")).drop("end")
