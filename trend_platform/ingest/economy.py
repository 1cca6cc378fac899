"""Economic series: those whose release is due are asked for, and every vintage of them is kept.

The preferred source is asked first; one that has no vintages stands in for it, under its own name.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import orjson
import polars as pl

from trend_platform.domain.economy import FOREVER, EconomicSeries, change_between, seen_on
from trend_platform.errors import NothingThere, ProviderError, TrendError, UsageError
from trend_platform.ingest.economy_outcome import EconomyOutcome, SeriesStored
from trend_platform.ingest.outcome import Failure
from trend_platform.ingest.releases import next_look
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.sources import EconomicAnswer, EconomicSource, Reading

KIND = "economic"
"""What these runs are recorded as."""


def due_series(workshop: Workshop, series: Sequence[str]) -> dict[str, datetime]:
    """Return, per series, when a look at it is due by what its preferred source told; not later than now means at once.

    Raises:
        UsageError: There is no source.
    """
    names = workshop.sources.names(Reading.ECONOMIC)
    if not names:
        raise UsageError(f"no source of economic series is at hand: {workshop.sources.why_none(Reading.ECONOMIC)}")
    known, now = _known(workshop), workshop.clock.now()
    wanted = dict.fromkeys(one.upper() for one in series)
    return {one: next_look(known.get((names[0], one), EconomicSeries(names[0], one)), now) for one in wanted}


async def refresh_economy(workshop: Workshop, series: Sequence[str], *, force: bool = False) -> EconomyOutcome:
    """Ask for the series that are due and store what was ever published of them; recorded as an ingest run if any is.

    Args:
        workshop: What it works with.
        series: Their ids.
        force: Ask for all of them, due or not.

    Returns:
        The outcome; failures of sources are in it, not raised.

    Raises:
        UsageError: There is no source.
        UnavailableError: The database went away; series stored before stay.
    """
    looks, now = due_series(workshop, series), workshop.clock.now()
    asked = tuple(one for one, at in looks.items() if force or at <= now)
    waiting = {one: at for one, at in looks.items() if one not in asked}
    if not asked:
        return EconomyOutcome((), waiting)
    run_id = workshop.storage.runs.start(KIND, orjson.dumps({"series": asked}).decode(), now)
    refresh = _Refresh(workshop, workshop.sources.economic(), now, is_forced=force)
    try:
        await asyncio.gather(*(refresh.one(series) for series in asked))
    except TrendError as error:
        record = orjson.dumps({"error": str(error)}).decode()
        workshop.storage.runs.finish(run_id, "failed", record, workshop.clock.now())
        raise
    finally:
        for source in refresh.sources:
            await source.close()
    outcome = refresh.outcome(asked, waiting)
    record = orjson.dumps(outcome.as_dict()).decode()
    workshop.storage.runs.finish(run_id, "done", record, workshop.clock.now())
    return outcome


@dataclass(slots=True)
class _Refresh:
    # One refresh under way: what has come of each series so far.
    workshop: Workshop
    sources: tuple[EconomicSource, ...]
    started_at: datetime
    is_forced: bool
    stored: dict[str, SeriesStored] = field(default_factory=dict)
    errors: dict[str, list[ProviderError]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)

    async def one(self, series: str) -> None:
        for position, source in enumerate(self.sources):
            if position and (told := self._told_lately(source, series)):
                self.stored[series] = told
                return
            try:
                answer = await source.series(series)
            except ProviderError as error:
                self.calls[source.name] += error.calls
                self.errors.setdefault(series, []).append(error)
                if isinstance(error, NothingThere):
                    return
                continue
            self.calls[source.name] += answer.calls
            self.stored[series] = _store(self.workshop, source, answer)
            return

    def outcome(self, asked: tuple[str, ...], waiting: dict[str, datetime]) -> EconomyOutcome:
        missing = {one: "; ".join(map(str, self.errors.get(one, ()))) for one in asked if one not in self.stored}
        return EconomyOutcome(
            asked,
            waiting,
            tuple(self.stored[one] for one in asked if one in self.stored),
            missing,
            tuple(self._failure(one, error) for one in asked for error in self.errors.get(one, ())),
            dict(self.calls),
            (self.workshop.clock.now() - self.started_at).total_seconds(),
        )

    def _told_lately(self, source: EconomicSource, series: str) -> SeriesStored | None:
        # Whoever stands in is asked as often as if it stood alone, however often the preferred source fails.
        known = _known(self.workshop).get((source.name, series))
        if self.is_forced or known is None or (at := next_look(known, self.started_at)) <= self.started_at:
            return None
        return SeriesStored(series, source.name, 0, 0, 0, 0, known.newest_observation, known.newest_vintage, at)

    def _failure(self, series: str, error: ProviderError) -> Failure:
        served_by = self.stored[series].provider if series in self.stored else ""
        return Failure(series, error.provider, type(error).__name__, str(error), served_by)


def _store(workshop: Workshop, source: EconomicSource, answer: EconomicAnswer) -> SeriesStored:
    economy, now = workshop.storage.economy, workshop.clock.now()
    about, came = answer.about, answer.observations
    stored = economy.observations(about.provider, about.series)
    told = came if source.has_vintages else seen_on(stored, came, now.date())
    change = change_between(stored, told)
    after = pl.concat([stored, told])
    about = replace(
        about,
        newest_observation=max(after["observed_on"].to_list(), default=None),
        newest_vintage=max(after["realtime_start"].to_list(), default=None),
        checked_at=now,
    )
    economy.write(about, change.rows, change.gone)
    # What a source without vintages replaced ends without having come.
    fresh = change.rows if source.has_vintages else change.rows.filter(pl.col("realtime_end") == FOREVER)
    changed = fresh.height - change.inserted
    return SeriesStored(
        about.series,
        about.provider,
        came.height,
        change.inserted,
        changed,
        came.height - change.inserted - changed,
        about.newest_observation,
        about.newest_vintage,
        next_look(about, now),
    )


def _known(workshop: Workshop) -> dict[tuple[str, str], EconomicSeries]:
    return {(one.provider, one.series): one for one in workshop.storage.economy.series()}
