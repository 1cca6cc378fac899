"""Rolling one instrument up: which sessions and periods its touched windows reach, and which of its sources wins there.

A source is a stored timeframe. Of a candle that several of them could make, the complete one is kept, of several complete
ones that of the finest source; a week or month prefers stored days, which are the venue's own, to days rolled up.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import polars as pl

from trend_platform.domain.actions import splits_known_by
from trend_platform.domain.calendars import Instants, TradingCalendar, from_us, get_calendar, to_us
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.rollup import Rolled, Setting, coarser, empty_rolled, roll_up
from trend_platform.domain.rollup_layout import lay_out
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.base import Market
from trend_platform.storage.rollups import Restored, RollupTransaction
from trend_platform.storage.touches import absent_by

_PERIODS: Final = (Timeframe.W1, Timeframe.MO1)
_INTRADAY: Final = tuple(length for length in Timeframe if length.is_intraday)

# Half a million candles of one minute, around the clock: what is rolled up at once, to bound memory.
_SESSIONS_AT_ONCE: Final = 350

# A session may begin on the day before its date.
_SLACK: Final = timedelta(days=2)


@dataclass(slots=True)
class Series:
    """One instrument while it is rolled up.

    Attributes:
        market: Its candles and ledgers.
        instrument: The instrument.
        now: The time.
        restored: What became of its rolled-up candles, by timeframe.
        refused: How many candles were not made because their parts stand on different bases, by timeframe.
    """

    market: Market
    instrument: Instrument
    now: datetime
    restored: dict[Timeframe, Restored] = field(default_factory=dict)
    refused: dict[Timeframe, int] = field(default_factory=dict)
    _absent: dict[Timeframe, Spans] = field(default_factory=dict)

    @property
    def calendar(self) -> TradingCalendar:
        """Return its calendar."""
        return get_calendar(self.instrument.calendar)

    def refresh(self, rollup: RollupTransaction) -> None:
        """Roll up again whatever a touched window reaches."""
        reached: list[Interval] = [*rollup.touched.get(Timeframe.D1, Spans())]
        touched = {length: spans for length, spans in rollup.touched.items() if length.is_intraday}
        for first, last in self._sessions(touched.values()):
            sessions = Interval(from_us(self.calendar.sessions[first]), from_us(self.calendar.sessions[last] + 1))
            self._refresh_sessions(rollup, touched, sessions, first, last)
            reached.append(sessions)
        for target in _PERIODS:
            for window in self._periods(target, Spans.of(reached)):
                self._refresh_periods(rollup, target, window)

    def _refresh_sessions(
        self,
        rollup: RollupTransaction,
        touched: Mapping[Timeframe, Spans],
        sessions: Interval,
        first: int,
        last: int,
    ) -> None:
        window = Interval(from_us(self.calendar.opens[first]), from_us(self.calendar.closes[last]))
        finest = min((one for one, spans in touched.items() if spans & Spans((window,))), key=_INTRADAY.index)
        targets = [one for one in coarser(finest) if one not in _PERIODS]
        made = [self._rolled(source, targets, window) for source in _INTRADAY]
        for target in targets:
            place = window if target.is_intraday else sessions
            self._keep(rollup, target, place, [one[target] for one in made if target in one])

    def _refresh_periods(self, rollup: RollupTransaction, target: Timeframe, window: Interval) -> None:
        stored = self.market.candles([self.instrument.instrument_id], Timeframe.D1, window)
        made = [roll_up(stored, [target], self.setting(Timeframe.D1, window))]
        days = rollup.candles(Timeframe.D1, window)
        for source in (one for one in _INTRADAY if one.value in days["source"]):
            mine = days.filter(pl.col("source") == source.value)
            made.append(roll_up(mine, [target], self.setting(source, window)))
        self._keep(rollup, target, window, [one[target] for one in made])

    def _rolled(self, source: Timeframe, targets: Sequence[Timeframe], window: Interval) -> Mapping[Timeframe, Rolled]:
        mine = [one for one in targets if one in coarser(source)]
        candles = self.market.candles([self.instrument.instrument_id], source, window) if mine else None
        if candles is None or candles.is_empty():
            return {}
        return roll_up(candles, mine, self.setting(source, window))

    def _keep(self, rollup: RollupTransaction, target: Timeframe, window: Interval, made: Sequence[Rolled]) -> None:
        candles = chosen([one.candles for one in made])
        stored = rollup.replace(target, window, candles)
        refused = pl.concat([one.refused for one in made]) if made else pl.Series(dtype=candles["opened_at"].dtype)
        lost = refused.filter(~refused.is_in(candles["opened_at"].implode())).n_unique()
        self.restored[target] = self.restored.get(target, Restored()) + stored
        self.refused[target] = self.refused.get(target, 0) + lost

    def setting(self, source: Timeframe, window: Interval) -> Setting:
        """Return what is known of the series when candles of `source` in `window` are rolled up."""
        one = self.instrument.instrument_id
        splits = splits_known_by(self.market.splits([one]), self.now)
        return Setting(self.calendar, self.now, self.instrument.lifetime, self._absent_stamps(source, window), splits)

    def _absent_stamps(self, source: Timeframe, window: Interval) -> Instants:
        one = self.instrument.instrument_id
        if source not in self._absent:
            self._absent[source] = absent_by(self.market.ledgers([one], source)[one])
        gaps = self._absent[source]
        reach = self.calendar.candle_opens(source, Interval(window.start - _SLACK, window.end + _SLACK))
        if not gaps:
            return reach[:0]
        starts = np.array([to_us(gap.start) for gap in gaps])
        ends = np.array([to_us(gap.end) for gap in gaps])
        place = np.maximum(starts.searchsorted(reach, side="right") - 1, 0)
        return reach[(starts[place] <= reach) & (reach < ends[place])]

    def _sessions(self, touched: Iterable[Spans]) -> Iterator[tuple[int, int]]:
        # First and last session of each stretch of sessions that touched windows reach, not too long each.
        reached: set[int] = set()
        for window in (window for spans in touched for window in spans):
            low = int(self.calendar.closes.searchsorted(to_us(window.start), side="right"))
            high = int(self.calendar.opens.searchsorted(to_us(window.end), side="left"))
            reached.update(range(low, high))
        ordered = np.array(sorted(reached), dtype=np.int64)
        for run in np.split(ordered, np.flatnonzero(np.diff(ordered) != 1) + 1):
            for at in range(0, len(run), _SESSIONS_AT_ONCE):
                part = run[at : at + _SESSIONS_AT_ONCE]
                yield int(part[0]), int(part[-1])

    def _periods(self, target: Timeframe, reached: Spans) -> Spans:
        windows: list[Interval] = []
        for span in reached:
            layout = lay_out(self.calendar, Timeframe.D1, target, to_us(span.start), to_us(span.end) - 1)
            meets = layout.ends > to_us(span.start)
            windows += [
                Interval(from_us(begin), from_us(end))
                for begin, end in zip(layout.begins[meets], layout.ends[meets], strict=True)
            ]
        return Spans.of(windows)


def chosen(made: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return for each stamp the best of the candles made of it: the complete one, then the fullest, then the first named."""
    ranked = [frame.with_columns(pl.lit(nth).alias("rank")) for nth, frame in enumerate(made) if frame.height]
    if not ranked:
        return empty_rolled()
    fullness = pl.col("parts") / pl.col("expected").clip(1)
    ordered = pl.concat(ranked).sort(
        "opened_at", "is_complete", fullness, "rank", descending=[False, True, True, False]
    )
    return ordered.unique("opened_at", keep="first", maintain_order=True).drop("rank")
