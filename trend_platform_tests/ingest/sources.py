"""Sources that tell what a test wrote down, and remember what they were asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from trend_platform.domain.economy import EconomicSeries
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.news import told_articles
from trend_platform.domain.posts import told_posts
from trend_platform.errors import ProviderError
from trend_platform.providers.sources import EconomicAnswer, NewsAnswer, PostAnswer, Price


@dataclass
class EconomicTeller:
    """Tells frames by series; an error is raised."""

    told: dict[str, pl.DataFrame | ProviderError]
    name: str = "fred"
    has_vintages: bool = True
    about: dict[str, EconomicSeries] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_closed: bool = False

    async def series(self, series: str) -> EconomicAnswer:
        self.asked.append(series)
        told = self.told[series]
        if isinstance(told, ProviderError):
            told.calls = 1
            raise told
        return EconomicAnswer(self.about.get(series, EconomicSeries(self.name, series)), told, 4)

    async def close(self) -> None:
        self.is_closed = True


@dataclass
class NewsTeller:
    """Tells the same articles whenever it is asked."""

    name: str
    told: pl.DataFrame | ProviderError
    failures: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[tuple[str, ...], datetime]] = field(default_factory=list)
    is_closed: bool = False

    async def articles(self, instruments: Sequence[Instrument], since: datetime) -> NewsAnswer:
        self.asked.append((tuple(one.symbol for one in instruments), since))
        if isinstance(self.told, ProviderError):
            self.told.calls = 2
            raise self.told
        return NewsAnswer(self.told, 1, self.failures)

    async def close(self) -> None:
        self.is_closed = True


@dataclass
class SocialTeller:
    """Tells posts by topic; nothing of others."""

    told: dict[str, pl.DataFrame | ProviderError]
    name: str = "stocktwits"
    price: Price | None = None
    asked: list[tuple[str, datetime]] = field(default_factory=list)
    is_closed: bool = False

    def topics(self, instruments: Sequence[Instrument]) -> Sequence[str]:
        return [one.symbol for one in instruments]

    async def posts(self, topic: str, since: datetime) -> PostAnswer:
        self.asked.append((topic, since))
        told = self.told.get(topic, told_posts([]))
        if isinstance(told, ProviderError):
            told.calls = 1
            raise told
        return PostAnswer(told, 1)

    async def close(self) -> None:
        self.is_closed = True


def article(url: str, title: str, at: datetime, provider: str = "gdelt", **columns: object) -> pl.DataFrame:
    """One article as told."""
    row = {"provider": provider, "url": url, "title": title, "summary": "", "publisher": "", "symbols": []}
    return told_articles([{**row, "published_at": at, **columns}])


def said(post_id: str, text: str, at: datetime, provider: str = "stocktwits", **columns: object) -> pl.DataFrame:
    """One post as told."""
    row = {"provider": provider, "post_id": post_id, "url": "", "text": text, "symbols": [], "stance": None}
    return told_posts([{**row, "likes": None, "replies": None, "posted_at": at, **columns}])
