"""A provider that tells splits, dividends and delistings, and sells candles on whose raw prices a split shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from trend_platform.domain.actions import DELISTING_SCHEMA, DIVIDEND_SCHEMA, SPLIT_SCHEMA, empty_dividends, empty_splits
from trend_platform.domain.candles import PRICES
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, SplitAnswer
from trend_platform.providers.reference import DelistingAnswer, DividendAnswer
from trend_platform_tests.ingest.stall import Stall


@dataclass
class Registrar(Stall):
    """One provider.

    Attributes:
        split_rows: Instrument, day and ratio of each split it tells.
        paid_rows: Instrument, day and amount of each dividend it tells.
        gone_rows: Instrument and day of each delisting it tells; `None` cannot tell them.
        moved: First day on the new share count, and by what earlier prices are larger.
        questions: What it was asked: kind, symbols, first day.
    """

    split_rows: list[tuple[int, date, float]] = field(default_factory=list)
    paid_rows: list[tuple[int, date, float]] = field(default_factory=list)
    gone_rows: list[tuple[int, date]] | None = None
    moved: tuple[date, float] | None = None
    questions: list[tuple[str, tuple[str, ...], date]] = field(default_factory=list)

    @property
    def capabilities(self) -> Capabilities:
        able = replace(super().capabilities, has_splits=True, has_dividends=True)
        return replace(able, has_delistings=self.gone_rows is not None)

    async def candles(self, request: CandleRequest) -> Answer:
        answer = await super().candles(request)
        if self.moved is None:
            return answer
        day, ratio = self.moved
        factor = pl.when(pl.col("opened_at").dt.date() < day).then(ratio).otherwise(1.0)
        return replace(answer, candles=answer.candles.with_columns(pl.col(name) * factor for name in PRICES))

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:
        rows = [(*row, self.name) for row in await self._inside("splits", self.split_rows, instruments, interval)]
        return SplitAnswer(pl.concat([empty_splits(), pl.DataFrame(rows, schema=SPLIT_SCHEMA, orient="row")]), 1)

    async def dividends(self, instruments: Sequence[Instrument], interval: Interval) -> DividendAnswer:
        inside = await self._inside("dividends", self.paid_rows, instruments, interval)
        rows = [(*row, "USD", self.name) for row in inside]
        return DividendAnswer(
            pl.concat([empty_dividends(), pl.DataFrame(rows, schema=DIVIDEND_SCHEMA, orient="row")]), 1
        )

    async def delistings(self, instruments: Sequence[Instrument]) -> DelistingAnswer:
        self.questions.append(("delistings", tuple(one.symbol for one in instruments), date.min))
        await self._answer()
        ids = {one.instrument_id for one in instruments}
        rows = [(*row, self.name) for row in self.gone_rows or () if row[0] in ids]
        return DelistingAnswer(pl.DataFrame(rows, schema=DELISTING_SCHEMA, orient="row"), len(instruments))

    async def _inside(
        self, what: str, rows: list[tuple[int, date, float]], instruments: Sequence[Instrument], interval: Interval
    ) -> list[tuple[int, date, float]]:
        self.questions.append((what, tuple(one.symbol for one in instruments), interval.start.date()))
        await self._answer()
        ids = {one.instrument_id for one in instruments}
        return [row for row in rows if row[0] in ids and interval.start.date() <= row[1] < interval.end.date()]
