"""Checking new splits: the candles on both sides of one are held against what providers tell of the same days now.

What is found is kept as a measurement, and told as a trouble while it is wrong. No stored row changes.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from trend_platform.domain.actions import ActionKind, splits_known_by, splits_of
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.capability import Capability
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import ProviderError
from trend_platform.ingest.asking import Asker
from trend_platform.ingest.scorebook import Scorebook
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.base import CandleRequest, Provider, Route
from trend_platform.quality.split_sides import Sides, SplitVerdict, judge_sides
from trend_platform.storage.measures import Metric

log = logging.getLogger(__name__)

METRIC: Final = "split_check"
"""What the measurements are called; their value is 1 where a split is confirmed, 0 where it is not, 0.5 where nothing can be said."""

CHECKED_FOR: Final = timedelta(days=30)
"""So long after its day a split is new, and one that is wrong is told."""

_AROUND = timedelta(days=15)
_ASKED = 2
_REMEMBERED = 300


@dataclass(frozen=True, slots=True)
class NewSplit:
    """A split to be checked.

    Attributes:
        instrument: Whose.
        ex_date: Its first session.
        ratio: New shares per old one.
    """

    instrument: Instrument
    ex_date: date
    ratio: float


@dataclass(frozen=True, slots=True)
class CheckedSplit:
    """A split and what prices say of it.

    Attributes:
        split: The split.
        sides: The verdict, and what it comes from.
    """

    split: NewSplit
    sides: Sides

    @property
    def words(self) -> str:
        """Return the verdict in a sentence."""
        split, sides = self.split, self.sides
        name = f"the split of {split.instrument.symbol} on {split.ex_date}, {split.ratio:g} for 1,"
        moved = f"prices moved by {sides.moved:.3g}" if sides.moved else "prices of one side are missing"
        off = {**sides.before, **sides.after}
        beside = "; ".join(
            f"{provider}: ours are {sides.before.get(provider, 1):.3g} of theirs before, {sides.after.get(provider, 1):.3g} after"
            for provider in off
        )
        return f"{name} is {sides.verdict.value.replace('_', ' ')}: {moved}{f'; {beside}' if beside else ''}"


def new_splits(workshop: Workshop, instruments: Sequence[Instrument]) -> tuple[NewSplit, ...]:
    """Return the splits of the last weeks that are not confirmed yet, once a session of theirs has closed."""
    now = workshop.clock.now()
    by_id = {one.instrument_id: one for one in instruments}
    known = workshop.storage.actions.of(sorted(by_id))
    is_new = pl.col("ex_date").is_between((now - CHECKED_FOR).date(), now.date())
    splits = splits_of(known.filter((pl.col("kind") == ActionKind.SPLIT.value) & is_new))
    settled = {key for key, one in _last_verdicts(workshop).items() if _verdict(one) is SplitVerdict.CONFIRMED}
    found = (NewSplit(by_id[one], ex_date, ratio) for one, ex_date, ratio, _ in splits.iter_rows())
    return tuple(
        one
        for one in found
        if (one.instrument.instrument_id, one.ex_date.isoformat(), one.ratio) not in settled
        and get_calendar(one.instrument.calendar).closed_until(Timeframe.D1, now).date() > one.ex_date
    )


async def check_splits(workshop: Workshop, splits: Sequence[NewSplit]) -> tuple[CheckedSplit, ...]:
    """Judge splits by what is stored around their day and what providers tell of it now, and record the verdicts.

    Raises:
        UnavailableError: The database went away.
    """
    book, found = Scorebook(), []
    asker = Asker(workshop, Capability.DAILY, book)
    for split in splits:
        checked = CheckedSplit(split, await _sides(asker, split))
        if checked.sides.verdict.is_wrong:
            log.warning("%s", checked.words)
        workshop.storage.metrics.add([_metric(checked, workshop)])
        found.append(checked)
    now, half_life = workshop.clock.now(), workshop.policy.half_life
    workshop.storage.scores.add(book.take(), now, half_life)
    return tuple(found)


def wrong_splits(workshop: Workshop) -> tuple[tuple[str, str], ...]:
    """Return, for each new split that is kept and that prices contradict, `SYMBOL:DATE` and a sentence; the last verdict counts."""
    oldest = (workshop.clock.now() - CHECKED_FOR).date().isoformat()
    wrong = {key: one for key, one in _last_verdicts(workshop).items() if _verdict(one).is_wrong and key[1] >= oldest}
    if not wrong:
        return ()
    kept = splits_of(workshop.storage.actions.of(sorted({one for one, _, _ in wrong})))
    keys = {(one, ex_date.isoformat(), ratio) for one, ex_date, ratio, _ in kept.iter_rows()}
    found = [one.details for key, one in wrong.items() if key in keys]
    return tuple((f"{details['symbol']}:{details['ex_date']}", str(details["words"])) for details in found)


def _last_verdicts(workshop: Workshop) -> dict[tuple[int, str, object], Metric]:
    # By instrument, day and ratio; a split that has changed was not looked at yet.
    last: dict[tuple[int, str, object], Metric] = {}
    for one in workshop.storage.metrics.latest(METRIC, _REMEMBERED):
        last.setdefault((one.instrument_id or 0, str(one.details["ex_date"]), one.details["ratio"]), one)
    return last


def _verdict(metric: Metric) -> SplitVerdict:
    return SplitVerdict(str(metric.details["verdict"]))


async def _sides(asker: Asker, split: NewSplit) -> Sides:
    workshop, one = asker.workshop, split.instrument
    window = days(split.ex_date - _AROUND, min(split.ex_date + _AROUND, workshop.clock.now().date()))
    stored = workshop.storage.market.candles([one.instrument_id], Timeframe.D1, window).filter("is_final")
    splits = splits_known_by(workshop.storage.market.splits([one.instrument_id]), workshop.clock.now())
    told: dict[str, pl.DataFrame] = {}
    for provider in _serving(workshop, one):
        if len(told) == _ASKED:
            break
        try:
            request = CandleRequest(Route.BY_SYMBOL, (one,), Timeframe.D1, window)
            answer = await asker.candles(provider, request, is_replaceable=True)
        except ProviderError as error:
            log.info("%s says nothing of the split of %s: %s", provider.name, one.symbol, error)
        else:
            final = answer.candles.filter(pl.col("is_final") & pl.col("close").is_not_null())
            told[provider.name] = final.unique("opened_at").sort("opened_at")
    return judge_sides(stored, splits, split.ex_date, told)


def _serving(workshop: Workshop, instrument: Instrument) -> list[Provider]:
    names = workshop.ranking(Capability.DAILY).of(instrument.asset_class)
    able = {one.name: one for one in workshop.providers if _can(one, instrument)}
    return [able[name] for name in names if name in able]


def _can(provider: Provider, instrument: Instrument) -> bool:
    able = provider.capabilities
    is_known = instrument.asset_class in able.asset_classes and provider.symbol_of(instrument) is not None
    return is_known and Timeframe.D1 in able.timeframes


def _metric(checked: CheckedSplit, workshop: Workshop) -> Metric:
    split, sides = checked.split, checked.sides
    value = {SplitVerdict.CONFIRMED: 1.0, SplitVerdict.UNKNOWN: 0.5}.get(sides.verdict, 0.0)
    details = {
        "symbol": split.instrument.symbol,
        "ex_date": split.ex_date.isoformat(),
        "ratio": split.ratio,
        "verdict": sides.verdict.value,
        "moved": sides.moved,
        "before": dict(sides.before),
        "after": dict(sides.after),
        "words": checked.words,
    }
    return Metric(workshop.clock.now(), METRIC, value, split.instrument.instrument_id, Timeframe.D1, details)
