"""The sources of economic series, news and posts by name. Each one's modules are loaded when it is opened and not before.

A source takes part if it is enabled and has the key it needs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from trend_platform.domain.clock import Clock
from trend_platform.providers.sharing import Shared, sharing
from trend_platform.providers.sources import EconomicSource, NewsSource, Reading, SocialSource
from trend_platform.providers.wiring import key_of
from trend_platform.settings import ProviderSettings, Settings, SourcesSettings


def known_sources() -> tuple[str, ...]:
    """Return the names of all sources, as in the settings."""
    return tuple(name for name in SourcesSettings.model_fields if name != "symbols_per_run")


@dataclass(frozen=True, slots=True)
class ConfiguredSources:
    """The sources that the settings allow.

    Attributes:
        settings: What the user set.
        clock: The time.
        transport: The network; the real one by default.
        shared: What the clients of this process share; by default nothing.
    """

    settings: Settings
    clock: Clock
    transport: httpx.AsyncBaseTransport | None = None
    shared: Shared | None = None

    def names(self, reading: Reading) -> tuple[str, ...]:
        """Return who would be asked: of economic series the preferred one first, of news those that name symbols."""
        of, finnhub = self.settings.sources, self.settings.providers.finnhub
        ready = {
            Reading.ECONOMIC: {"fred": _has_key(of.fred), "fredgraph": of.fred.enabled},
            Reading.NEWS: {
                "finnhub": of.finnhub.enabled and _has_key(finnhub),
                "yahoo_rss": of.yahoo_rss.enabled,
                "newsapi": _has_key(of.newsapi),
                "gdelt": of.gdelt.enabled,
            },
            Reading.SOCIAL: {
                "stocktwits": of.stocktwits.enabled,
                "reddit_rss": of.reddit_rss.enabled,
                "x": _has_key(of.x),
            },
        }
        return tuple(name for name, is_ready in ready[reading].items() if is_ready)

    def economic(self) -> tuple[EconomicSource, ...]:
        """Return FRED, with its keyless shadow behind it."""
        with self._sharing():
            return tuple(self._economic(name) for name in self.names(Reading.ECONOMIC))

    def news(self) -> tuple[NewsSource, ...]:
        """Return the sources of news."""
        with self._sharing():
            return tuple(self._news(name) for name in self.names(Reading.NEWS))

    def social(self) -> tuple[SocialSource, ...]:
        """Return the sources of posts that are enabled; X only with a token."""
        with self._sharing():
            return tuple(self._social(name) for name in self.names(Reading.SOCIAL))

    def _economic(self, name: str) -> EconomicSource:
        from trend_platform.providers.fred.source import open_fred, open_fred_graphs  # noqa: PLC0415  see the charter

        opened = open_fred if name == "fred" else open_fred_graphs
        return opened(self.settings.sources.fred, self.clock, self.transport)

    def _news(self, name: str) -> NewsSource:
        of = self.settings.sources
        if name == "finnhub":
            from trend_platform.providers.finnhub.news import open_finnhub_news  # noqa: PLC0415  see the charter

            return open_finnhub_news(self.settings.providers.finnhub, self.clock, self.transport)
        if name == "yahoo_rss":
            from trend_platform.providers.yahoo_rss.source import open_yahoo_rss  # noqa: PLC0415

            return open_yahoo_rss(of.yahoo_rss, self.clock, self.transport)
        if name == "newsapi":
            from trend_platform.providers.newsapi.source import open_newsapi  # noqa: PLC0415

            return open_newsapi(of.newsapi, self.clock, self.transport)
        from trend_platform.providers.gdelt.source import open_gdelt  # noqa: PLC0415

        return open_gdelt(of.gdelt, self.clock, self.transport)

    def _social(self, name: str) -> SocialSource:
        of = self.settings.sources
        if name == "stocktwits":
            from trend_platform.providers.stocktwits.source import open_stocktwits  # noqa: PLC0415  see the charter

            return open_stocktwits(of.stocktwits, self.clock, self.transport)
        if name == "reddit_rss":
            from trend_platform.providers.reddit_rss.source import open_reddit_rss  # noqa: PLC0415

            return open_reddit_rss(of.reddit_rss, self.clock, self.transport)
        from trend_platform.providers.x.source import open_x  # noqa: PLC0415

        return open_x(of.x, self.clock, self.transport)

    @contextmanager
    def _sharing(self) -> Iterator[None]:
        if self.shared is None:
            yield
            return
        with sharing(self.shared):
            yield


def _has_key(settings: ProviderSettings) -> bool:
    return settings.enabled and key_of(settings) is not None
