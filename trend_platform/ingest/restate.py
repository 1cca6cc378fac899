"""Restatements: the recent tail of what is stored is asked again of whoever served it, and what has changed is measured.

A changed final candle keeps its old values as a revision, by the normal way of storing; here it is decided what is asked
again, and how much of it providers took back. Nobody is asked for a row that another one served.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from trend_platform.domain.candles import CANDLE_KEY, PRICES
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.candle_fetch import OnStep, fetch_candles, wanted_between
from trend_platform.ingest.restated_alarms import METRIC
from trend_platform.ingest.workshop import Workshop
from trend_platform.settings import RestateSettings
from trend_platform.storage.base import Market
from trend_platform.storage.changes import compare
from trend_platform.storage.measures import Metric

KIND: Final = "restate"
"""What these runs are recorded as."""

# A price that is written in another way, as 10.1 for 10.1000001, is no other price.
_SAME: Final = 1e-9
_NAMED: Final = 10

Windows = Mapping[Instrument, Interval]


@dataclass(frozen=True, slots=True)
class Restated:
    """What one provider took back of one timeframe.

    Attributes:
        provider: Who was asked again.
        timeframe: For candles of which length.
        compared: Final candles that were stored, and were asked again with an answer.
        changed: How many of them have other values now.
        repriced: How many of these have another open, high, low or close.
        largest: The largest change of a close among them, as a share.
        symbols: Where prices changed, those that changed most first; ten at most.
        run_ids: The ingest runs that asked; revisions carry their numbers.
        is_alarming: Whether more changed than the policy takes for usual.
        failed: Symbols that the provider did not answer for.
    """

    provider: str
    timeframe: Timeframe
    compared: int
    changed: int = 0
    repriced: int = 0
    largest: float = 0.0
    symbols: tuple[str, ...] = ()
    run_ids: tuple[int, ...] = ()
    is_alarming: bool = False
    failed: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Return the share of the compared candles whose prices changed."""
        return self.repriced / self.compared if self.compared else 0.0

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return {
            "provider": self.provider,
            "timeframe": self.timeframe.value,
            "compared": self.compared,
            "changed": self.changed,
            "repriced": self.repriced,
            "share": self.share,
            "largest": self.largest,
            "symbols": list(self.symbols),
            "run_ids": list(self.run_ids),
            "is_alarming": self.is_alarming,
            "failed": list(self.failed),
        }


@dataclass(frozen=True, slots=True)
class Restatement:
    """What asking again brought.

    Attributes:
        answers: One for each provider and timeframe.
        absent: Providers that served a part of the tail and are not at hand: nobody can ask them again.
    """

    answers: tuple[Restated, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def has_failures(self) -> bool:
        """Whether a provider did not answer for a symbol."""
        return any(one.failed for one in self.answers)


async def restate(
    workshop: Workshop,
    policy: RestateSettings,
    instruments: Sequence[Instrument],
    timeframes: Iterable[Timeframe],
    on_step: OnStep | None = None,
) -> Restatement:
    """Ask again for the tail of every series, as far back as the policy says, and measure what changed.

    Args:
        workshop: The ports.
        policy: How far back, by provider and timeframe, and how much change is usual.
        instruments: Whose candles.
        timeframes: Of which lengths.
        on_step: Told after each batch.

    Raises:
        PlanRefused: A plan cannot finish within the policy's limits; what was asked before it is stored.
        UnavailableError: The database went away; what was committed before stays.
    """
    at_hand = {one.name for one in workshop.providers}
    answers: list[Restated] = []
    absent: set[str] = set()
    for timeframe in timeframes:
        for provider, pieces in _tail(workshop, policy, instruments, timeframe).items():
            if provider not in at_hand:
                absent.add(provider)
                continue
            only = workshop.with_provider(provider)
            found = [await _asked(only, timeframe, windows, on_step) for windows in pieces]
            answers.append(_judged(_together(provider, timeframe, found), policy))
    now = workshop.clock.now()
    workshop.storage.metrics.add([_metric(one, now) for one in answers if one.compared])
    return Restatement(tuple(answers), tuple(sorted(absent)))


def _tail(
    workshop: Workshop, policy: RestateSettings, instruments: Sequence[Instrument], timeframe: Timeframe
) -> dict[str, list[dict[Instrument, Interval]]]:
    # Per provider, what it served of the tail; where others served a part between, in several rounds of one window each.
    now = workshop.clock.now()
    ledgers = workshop.storage.market.ledgers([one.instrument_id for one in instruments], timeframe)
    rounds: dict[str, list[dict[Instrument, Interval]]] = {}
    for instrument in instruments:
        served: dict[str, list[Interval]] = defaultdict(list)
        for span in ledgers[instrument.instrument_id].spans:
            days = timedelta(days=policy.days_of(span.provider, timeframe.value))
            if days and span.interval.end > now - days:
                served[span.provider].append(span.interval & Interval(now - days, now))
        for provider, intervals in served.items():
            mine = rounds.setdefault(provider, [])
            for number, interval in enumerate(Spans.of(intervals)):
                mine.extend([{}] if number == len(mine) else [])
                mine[number][instrument] = interval
    return rounds


@dataclass(frozen=True, slots=True)
class _Found:
    # One round: final candles before, and those of them that say something else now, with both closes.
    compared: int
    changed: pl.DataFrame
    run_id: int
    failed: frozenset[str]
    names: Mapping[int, str]


async def _asked(workshop: Workshop, timeframe: Timeframe, windows: Windows, on_step: OnStep | None) -> _Found:
    market = workshop.storage.market
    before = _stored(market, timeframe, windows)
    hull = Interval(min(one.start for one in windows.values()), max(one.end for one in windows.values()))
    wanted = wanted_between(tuple(windows), timeframe, hull, refresh=True)
    wanted = replace(wanted, windows={one.instrument_id: window for one, window in windows.items()})
    (outcome,) = (await fetch_candles(workshop, [wanted], on_step, KIND)).outcomes
    failed = frozenset(failure.symbol for failure in outcome.failures)
    answered = [one.instrument_id for one in windows if one.symbol not in failed]
    before = before.filter(pl.col("is_final") & pl.col("instrument_id").is_in(answered))
    corrected = compare(_stored(market, timeframe, windows), before).corrected
    changed = corrected.join(before, on=CANDLE_KEY, suffix="_before")
    return _Found(before.height, changed, outcome.run_id, failed, {one.instrument_id: one.symbol for one in windows})


def _stored(market: Market, timeframe: Timeframe, windows: Windows) -> pl.DataFrame:
    hull = Interval(min(one.start for one in windows.values()), max(one.end for one in windows.values()))
    rows = market.candles([one.instrument_id for one in windows], timeframe, hull)
    bounds = pl.DataFrame(
        [(one.instrument_id, window.start, window.end) for one, window in windows.items()],
        schema={"instrument_id": pl.Int32(), "since": rows.schema["opened_at"], "until": rows.schema["opened_at"]},
        orient="row",
    )
    inside = pl.col("opened_at").is_between("since", "until", closed="left")
    return rows.join(bounds, on="instrument_id", maintain_order="left").filter(inside).select(rows.columns)


def _together(provider: str, timeframe: Timeframe, found: Sequence[_Found]) -> Restated:
    changed = pl.concat(one.changed for one in found)
    off = pl.max_horizontal((pl.col(name) / pl.col(f"{name}_before") - 1).abs() for name in PRICES)
    repriced = changed.with_columns(off.alias("off")).filter(~(pl.col("off") <= _SAME))
    closes = repriced.select((pl.col("close") / pl.col("close_before") - 1).abs().max()).item()
    most = (
        repriced.group_by("instrument_id")
        .agg(pl.col("off").max())
        .sort("off", "instrument_id", descending=[True, False])
    )
    names = {number: symbol for one in found for number, symbol in one.names.items()}
    return Restated(
        provider,
        timeframe,
        sum(one.compared for one in found),
        changed.height,
        repriced.height,
        float(closes or 0.0),
        tuple(names[one] for one in most["instrument_id"].head(_NAMED)),
        tuple(one.run_id for one in found),
        failed=tuple(sorted(frozenset[str]().union(*(one.failed for one in found)))),
    )


def _judged(answer: Restated, policy: RestateSettings) -> Restated:
    is_alarming = answer.repriced >= policy.alert_candles and answer.share > policy.alert_share
    return replace(answer, is_alarming=is_alarming)


def _metric(answer: Restated, now: datetime) -> Metric:
    return Metric(now, METRIC, answer.share, None, answer.timeframe, answer.as_dict())
