"""Providers of candles within a day, each with one trait of its own, around the simulated one."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

import polars as pl

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Transient
from trend_platform.providers.base import Answer, CandleRequest, Provider


class Renamed:
    """The simulated provider under a name of its own, and what it was asked for."""

    def __init__(self, provider: Provider, name: str) -> None:
        self._provider, self.name = provider, name
        self.asked: list[CandleRequest] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._provider, name)

    async def candles(self, request: CandleRequest) -> Answer:
        self.asked.append(request)
        answer = await self._provider.candles(request)
        return replace(answer, candles=self.kept(answer.candles.with_columns(pl.lit(self.name).alias("provider"))))

    def kept(self, candles: pl.DataFrame) -> pl.DataFrame:
        return candles


class Young(Renamed):
    """It has candles from one instant up to another, and says nothing of how far it reaches."""

    def __init__(self, provider: Provider, since: datetime, until: datetime | None = None, name: str = "young") -> None:
        super().__init__(provider, name)
        self.since, self.until = since, until

    def kept(self, candles: pl.DataFrame) -> pl.DataFrame:
        inside = candles.filter(pl.col("opened_at") >= self.since)
        return inside.filter(pl.col("opened_at") < self.until) if self.until else inside


class Shallow(Renamed):
    """It reaches back to an instant, and says so."""

    def __init__(self, provider: Provider, since: datetime, name: str = "shallow") -> None:
        super().__init__(provider, name)
        self.since = since

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime:  # noqa: ARG002
        return self.since


class Forgetful(Renamed):
    """It leaves out single candles."""

    def __init__(self, provider: Provider, stamps: Collection[datetime], name: str = "forgetful") -> None:
        super().__init__(provider, name)
        self.stamps = list(stamps)

    def kept(self, candles: pl.DataFrame) -> pl.DataFrame:
        stamps = pl.DataFrame({"opened_at": self.stamps}, schema={"opened_at": candles.schema["opened_at"]})
        return candles.join(stamps, on="opened_at", how="anti", maintain_order="left")


class Failing(Renamed):
    """It fails for everything that begins at an instant or later."""

    def __init__(self, provider: Provider, since: datetime, name: str = "failing") -> None:
        super().__init__(provider, name)
        self.since = since

    async def candles(self, request: CandleRequest) -> Answer:
        if request.interval.start >= self.since:
            self.asked.append(request)
            raise Transient(self.name, "no answer")
        return await super().candles(request)
