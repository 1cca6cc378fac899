"""The sources of economic series, news and posts by name. Each one's modules are loaded when it is opened and not before.

A source takes part if it is enabled and has the key it needs.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType

import httpx

from trend_platform.domain.clock import Clock
from trend_platform.providers.sharing import Shared, sharing
from trend_platform.providers.sources import EconomicSource, NewsSource, Reading, SocialSource, TakesKey
from trend_platform.providers.wiring import key_of
from trend_platform.settings import ProviderSettings, Settings, SourcesSettings, variable_of

_log = logging.getLogger(__name__)

# The setting that holds the key of each source that is asked with one.
_KEYS = MappingProxyType(
    {
        "fred": "sources.fred.api_key",
        "finnhub": "providers.finnhub.api_key",
        "newsapi": "sources.newsapi.api_key",
        "x": "sources.x.api_key",
    }
)
_ENABLE = MappingProxyType(
    {
        Reading.ECONOMIC: "set TREND_SOURCES__FRED__ENABLED=true",
        Reading.NEWS: "set TREND_SOURCES__GDELT__ENABLED=true, or enable another one under `sources`",
        Reading.SOCIAL: "set TREND_SOURCES__STOCKTWITS__ENABLED=true, or enable another one under `sources`",
    }
)


def known_sources() -> tuple[str, ...]:
    """Return the names of all sources, as in the settings."""
    return tuple(name for name in SourcesSettings.model_fields if name != "symbols_per_run")


@dataclass(frozen=True, slots=True)
class SourceStanding:
    """One source by what the settings say of it.

    Attributes:
        name: Its name.
        reading: What it tells.
        is_enabled: Whether it may be asked.
        key_variable: The environment variable of the key it is asked with; empty if it needs none.
        has_key: Whether that key is set.
    """

    name: str
    reading: Reading
    is_enabled: bool
    key_variable: str = ""
    has_key: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether it would be asked."""
        return self.is_enabled and (self.has_key or not self.key_variable)

    @property
    def why_not(self) -> str:
        """Return why it would not be asked, and what helps; empty if it would."""
        if not self.is_enabled:
            return "not enabled"
        return "" if self.is_ready else f"lacks {self.key_variable}"


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
        return tuple(one.name for one in self.standings() if one.reading is reading and one.is_ready)

    def standings(self) -> tuple[SourceStanding, ...]:
        """Return how each source stands, asked or not, in the order in which they are asked."""
        of, finnhub = self.settings.sources, self.settings.providers.finnhub
        return (
            _standing("fred", Reading.ECONOMIC, of.fred),
            _standing("fredgraph", Reading.ECONOMIC, of.fred),
            _standing("finnhub", Reading.NEWS, finnhub, is_enabled=of.finnhub.enabled and finnhub.enabled),
            _standing("yahoo_rss", Reading.NEWS, of.yahoo_rss),
            _standing("newsapi", Reading.NEWS, of.newsapi),
            _standing("gdelt", Reading.NEWS, of.gdelt),
            _standing("stocktwits", Reading.SOCIAL, of.stocktwits),
            _standing("reddit_rss", Reading.SOCIAL, of.reddit_rss),
            _standing("x", Reading.SOCIAL, of.x),
        )

    def why_none(self, reading: Reading) -> str:
        """Return why nobody would be asked, and what helps; one that is enabled and lacks its key first."""
        mine = [one for one in self.standings() if one.reading is reading]
        lacking = [f"{one.name} is enabled and {one.why_not}" for one in mine if one.is_enabled and not one.is_ready]
        return "; ".join([*lacking, f"{'or' if lacking else 'none is enabled:'} {_ENABLE[reading]}"])

    def opened_to_try(self, name: str) -> TakesKey:
        """Return a source that is asked with a key, ready to be asked whether it takes it; whoever asks closes it.

        Raises:
            ProviderError: It has no key.
        """
        from trend_platform.providers.finnhub.news import open_finnhub_news  # noqa: PLC0415  see the charter
        from trend_platform.providers.fred.source import open_fred  # noqa: PLC0415
        from trend_platform.providers.newsapi.source import open_newsapi  # noqa: PLC0415
        from trend_platform.providers.x.source import open_x  # noqa: PLC0415

        of, clock, network = self.settings.sources, self.clock, self.transport
        openers: Mapping[str, Callable[[], TakesKey]] = {
            "fred": lambda: open_fred(of.fred, clock, network),
            "finnhub": lambda: open_finnhub_news(self.settings.providers.finnhub, clock, network),
            "newsapi": lambda: open_newsapi(of.newsapi, clock, network),
            "x": lambda: open_x(of.x, clock, network),
        }
        with self._sharing():
            return openers[name]()

    def economic(self) -> tuple[EconomicSource, ...]:
        """Return FRED, with its keyless shadow behind it."""
        with self._sharing():
            return tuple(self._economic(name) for name in self.names(Reading.ECONOMIC))

    def news(self) -> tuple[NewsSource, ...]:
        """Return the sources of news."""
        with self._sharing():
            return tuple(self._news(name) for name in self.names(Reading.NEWS))

    def social(self) -> tuple[SocialSource, ...]:
        """Return the sources of posts that are enabled; X only with a token, and where it has none that is logged."""
        for one in self.standings():
            if one.reading is Reading.SOCIAL and one.is_enabled and not one.is_ready:
                _log.warning("%s is enabled and is not asked: it %s", one.name, one.why_not)
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


def _standing(
    name: str, reading: Reading, settings: ProviderSettings, *, is_enabled: bool | None = None
) -> SourceStanding:
    enabled = settings.enabled if is_enabled is None else is_enabled
    variable = variable_of(_KEYS[name]) if name in _KEYS else ""
    return SourceStanding(name, reading, enabled, variable, key_of(settings) is not None)
