"""Measuring the data's quality: each series and day gets its score from what is stored, missing, set aside and found.

What was measured is kept in `data_quality_metrics`, one row per series and day: measuring again replaces it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from trend_platform.domain.actions import DIVIDEND_SCHEMA, ActionKind, split_adjusted
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import CANDLE_KEY
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, Spans, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.workshop import Workshop
from trend_platform.quality.anomalies import WINDOW, with_surprises
from trend_platform.quality.dividends import DIVIDEND_FINDINGS, judge_dividends
from trend_platform.quality.scoring import DEDUCTIONS, SeriesDays, day_scores
from trend_platform.storage.measures import Metric
from trend_platform.storage.quarantine import Chosen

METRIC: Final = "data_quality"
"""What a score is called in `data_quality_metrics`."""

LOW: Final = 80.0
"""A score below this deserves a look."""

_LENGTHS: Final = {
    Timeframe.D1: timedelta(days=2),
    Timeframe.W1: timedelta(days=7),
    Timeframe.MO1: timedelta(days=31),
}
_AT_ONCE: Final = 50  # instruments that are read together, which bounds memory
_WITH_VOLUME: Final = frozenset({AssetClass.STOCK, AssetClass.ETF, AssetClass.CRYPTO})


@dataclass(frozen=True, slots=True)
class Measured:
    """The scores of one series.

    Attributes:
        instrument: The instrument.
        timeframe: The timeframe.
        scores: Its days, by day (`SCORE_SCHEMA`); none where nothing is known of the series.
    """

    instrument: Instrument
    timeframe: Timeframe
    scores: pl.DataFrame

    @property
    def mean(self) -> float | None:
        """Return the mean score, `None` without a day."""
        return float(self.scores["score"].sum()) / self.scores.height if self.scores.height else None

    @property
    def worst(self) -> Mapping[str, object]:
        """Return the last of the worst days; empty where there is none."""
        return next(iter(self.scores.sort("score", "day", descending=[False, True]).head(1).to_dicts()), {})

    @property
    def low(self) -> int:
        """Return how many days score low."""
        return self.scores.filter(pl.col("score") < LOW).height


def measure_quality(
    workshop: Workshop, instruments: Sequence[Instrument], timeframe: Timeframe, first: date, last: date
) -> tuple[Measured, ...]:
    """Score each series from `first` to `last` and keep the scores.

    Only days that somebody has been asked for and that are over are scored: what nobody wanted is not missing.
    """
    found: list[Measured] = []
    for at in range(0, len(instruments), _AT_ONCE):
        found += _measured(workshop, instruments[at : at + _AT_ONCE], timeframe, days(first, last))
    now = workshop.clock.now()
    workshop.storage.metrics.add(
        [
            Metric(now, METRIC, row["score"], one.instrument.instrument_id, timeframe, details_of(row), row["day"])
            for one in found
            for row in one.scores.iter_rows(named=True)
        ]
    )
    return tuple(found)


def details_of(row: Mapping[str, object]) -> dict[str, object]:
    """Return what explains a score, as plain values: the counts, and what each part takes off where it does."""
    names = ("expected", "stored", "explained", "waiting", "surprise_of", "surprise_by", "doubts")
    return {
        **{name: row[name] for name in names if row[name] is not None},
        "taken_off": {name: row[name] for name in DEDUCTIONS if row[name]},
    }


def words_of(row: Mapping[str, object]) -> str:
    """Return in words what a score has lost points for."""
    words = {
        "missing": f"{_number(row, 'expected') - _number(row, 'stored') - _number(row, 'explained')} of {row['expected']} missing",
        "set_aside": f"{row['waiting']} set aside and waiting",
        "surprise": f"{row['surprise_of']} {_shown(row['surprise_by'])} times as far from the usual as usual",
        "volume": "volumes are not told",
        "dividend": f"{row['doubts']}",
    }
    return "; ".join(text for name, text in words.items() if row[name]) or "nothing is wrong"


def _number(row: Mapping[str, object], name: str) -> int:
    value = row[name]
    return value if isinstance(value, int) else 0


def _shown(value: object) -> str:
    return f"{value:.0f}" if isinstance(value, float) else str(value)


def _measured(
    workshop: Workshop, instruments: Sequence[Instrument], timeframe: Timeframe, window: Interval
) -> list[Measured]:
    market, ids = workshop.storage.market, [one.instrument_id for one in instruments]
    splits, ledgers = market.splits(ids), market.ledgers(ids, timeframe)
    stored = market.candles(ids, timeframe, Interval(window.start - _before(timeframe), window.end))
    seen = with_surprises(split_adjusted(stored, splits))
    asides = workshop.storage.quarantine.rows(Chosen(instrument_ids=ids, timeframe=timeframe.value, undecided=True))
    waiting = asides.join(stored, on=CANDLE_KEY, how="anti").unique(CANDLE_KEY, maintain_order=True)
    doubts = _doubts(workshop, ids, stored, splits, timeframe)
    return [
        Measured(one, timeframe, day_scores(_days(workshop, one, timeframe, window, ledger, (seen, waiting, doubts))))
        for one, ledger in ((one, ledgers[one.instrument_id]) for one in instruments)
    ]


def _before(timeframe: Timeframe) -> timedelta:
    # The yardstick of the first day: so many candles before it, and more for weekends and holidays.
    if timeframe.is_intraday:
        return max(timedelta(days=7), 2 * WINDOW * timeframe.step)
    return WINDOW * _LENGTHS[timeframe]


def _days(
    workshop: Workshop,
    instrument: Instrument,
    timeframe: Timeframe,
    window: Interval,
    ledger: Ledger,
    frames: tuple[pl.DataFrame, ...],
) -> SeriesDays:
    seen, waiting, doubts = (one.filter(pl.col("instrument_id") == instrument.instrument_id) for one in frames)
    calendar, asked = get_calendar(instrument.calendar), ledger.covered.hull
    end = min(window.end, asked.end, calendar.closed_until(timeframe, workshop.clock.now())) if asked else window.start
    start = max(window.start, asked.start) if asked else window.start
    return SeriesDays(
        calendar.candle_opens(timeframe, Interval(start, max(start, end))),
        Spans.of(gap.interval for gap in ledger.gaps if gap.reason.explains),
        seen,
        waiting,
        doubts,
        instrument.asset_class in _WITH_VOLUME and bool(seen["volume"].is_not_null().any()),
    )


def _doubts(
    workshop: Workshop, ids: Sequence[int], stored: pl.DataFrame, splits: pl.DataFrame, timeframe: Timeframe
) -> pl.DataFrame:
    if timeframe is not Timeframe.D1:
        return DIVIDEND_FINDINGS.to_frame()
    actions = workshop.storage.actions.of(ids)
    dividends = actions.filter(pl.col("kind") == ActionKind.DIVIDEND.value).select(DIVIDEND_SCHEMA.names())
    return judge_dividends(dividends, stored, splits)
