"""Names that several modules of this location need: assets, checks, jobs, and the two loops that keep them fresh."""

from dataclasses import dataclass
from datetime import timedelta

import dagster as dg

from trend_platform.orchestration.launching.lanes import Lane

LATEST_PRICES = dg.AssetKey("latest_prices")
HOURLY_CANDLES = dg.AssetKey("hourly_candles")
LATEST_PRICES_ARE_FRESH = "latest_prices_are_fresh"
HOURLY_CANDLES_ARE_FRESH = "hourly_candles_are_fresh"

GROUP = "realtime"
OWNERS = ["team:market-data"]
DOCS = "docs/how-to/dagster.md"
NEW_YORK = "America/New_York"


@dataclass(frozen=True, slots=True)
class Loop:
    """What comes by the clock: one asset, refreshed once a slot.

    Attributes:
        name: First part of its run keys.
        asset: The asset.
        job: The job that refreshes it.
        lane: The lane its runs are launched in.
        slot: How long a slot is; slots are laid from 1970-01-01T00:00Z on.
    """

    name: str
    asset: dg.AssetKey
    job: str
    lane: Lane
    slot: timedelta


LATEST = Loop("latest", LATEST_PRICES, "refresh_latest_prices", Lane.MINUTE, timedelta(minutes=1))
HOURLY = Loop("hourly", HOURLY_CANDLES, "refresh_hourly_candles", Lane.HOURLY, timedelta(minutes=10))
