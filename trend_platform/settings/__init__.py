"""The settings: what a person can set, by file and environment.

`platform` reads them and is the only module that knows the environment; `providers` and `realtime` are parts of it. What
does not belong here: decisions made from settings; those live with the code that uses them.
"""

from trend_platform.settings.platform import CONFIG_FILE, KEY_NAMES, Mode, Settings, config_file, load_settings
from trend_platform.settings.provider import ProviderSettings
from trend_platform.settings.providers import (
    CoinGeckoSettings,
    FaultSettings,
    FilesSettings,
    PolygonSettings,
    ProvidersSettings,
    ReplacePolicy,
    SimulatedSettings,
)
from trend_platform.settings.realtime import AlertSettings, RealtimeSettings, RetentionSettings

__all__ = [
    "CONFIG_FILE",
    "KEY_NAMES",
    "AlertSettings",
    "CoinGeckoSettings",
    "FaultSettings",
    "FilesSettings",
    "Mode",
    "PolygonSettings",
    "ProviderSettings",
    "ProvidersSettings",
    "RealtimeSettings",
    "ReplacePolicy",
    "RetentionSettings",
    "Settings",
    "SimulatedSettings",
    "config_file",
    "load_settings",
]
