"""The settings: what a person can set, by file and environment.

`platform` reads them and is the only module that knows the environment; `providers` and `realtime` are parts of it. What
does not belong here: decisions made from settings; those live with the code that uses them.
"""

from trend_platform.settings.archive import ArchiveSettings
from trend_platform.settings.fallback import FallbackSettings, Ordering, ReplacePolicy
from trend_platform.settings.intraday import IntradaySettings
from trend_platform.settings.keyed_providers import AlpacaSettings, TiingoSettings, TwelveDataSettings
from trend_platform.settings.keyless_providers import BinanceSettings, YahooSettings
from trend_platform.settings.metered_providers import (
    AlphaVantageSettings,
    CryptoCompareSettings,
    FinnhubSettings,
    FmpSettings,
    NasdaqDataLinkSettings,
)
from trend_platform.settings.platform import (
    CONFIG_FILE,
    KEY_NAMES,
    Mode,
    Settings,
    config_file,
    load_settings,
    variable_of,
)
from trend_platform.settings.provider import ProviderSettings
from trend_platform.settings.providers import (
    BitfinexSettings,
    CoinbaseSettings,
    CoinGeckoSettings,
    FaultSettings,
    FilesSettings,
    KrakenSettings,
    PolygonSettings,
    ProvidersSettings,
    SimulatedSettings,
)
from trend_platform.settings.realtime import AlertSettings, RealtimeSettings, RetentionSettings
from trend_platform.settings.restate import RestateSettings
from trend_platform.settings.sources import (
    FinnhubNewsSettings,
    FredSettings,
    GdeltSettings,
    NewsApiSettings,
    RedditRssSettings,
    SourcesSettings,
    StocktwitsSettings,
    XSettings,
    YahooRssSettings,
)

__all__ = [
    "CONFIG_FILE",
    "KEY_NAMES",
    "AlertSettings",
    "AlpacaSettings",
    "AlphaVantageSettings",
    "ArchiveSettings",
    "BinanceSettings",
    "BitfinexSettings",
    "CoinGeckoSettings",
    "CoinbaseSettings",
    "CryptoCompareSettings",
    "FallbackSettings",
    "FaultSettings",
    "FilesSettings",
    "FinnhubNewsSettings",
    "FinnhubSettings",
    "FmpSettings",
    "FredSettings",
    "GdeltSettings",
    "IntradaySettings",
    "KrakenSettings",
    "Mode",
    "NasdaqDataLinkSettings",
    "NewsApiSettings",
    "Ordering",
    "PolygonSettings",
    "ProviderSettings",
    "ProvidersSettings",
    "RealtimeSettings",
    "RedditRssSettings",
    "ReplacePolicy",
    "RestateSettings",
    "RetentionSettings",
    "Settings",
    "SimulatedSettings",
    "SourcesSettings",
    "StocktwitsSettings",
    "TiingoSettings",
    "TwelveDataSettings",
    "XSettings",
    "YahooRssSettings",
    "YahooSettings",
    "config_file",
    "load_settings",
    "variable_of",
]
