"""Five years of 505 symbols where the preferred provider is dead, beside the same run where it is not there at all.

The one that serves is a server in Polygon's shape in a process of its own; the dead one is an address where nobody listens, or
a server that answers 503. Both runs load into empty databases of one server and take turns; medians.
"""

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import httpx
from pydantic import SecretStr

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.ranges import Range
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import PolygonSettings, ProvidersSettings, TiingoSettings
from trend_platform.storage.base import PriceKind
from trend_platform_tests import services
from trend_platform_tests.benchmarks.end_to_end import serving
from trend_platform_tests.benchmarks.figure import Figure
from trend_platform_tests.benchmarks.market import AS_OF, daily_candles, symbols
from trend_platform_tests.servers.daily_books import Line
from trend_platform_tests.world import open_world

ROUNDS = 3
MOST = 1.3
_CLOCK = ManualClock(datetime(2026, 1, 5, tzinfo=UTC))
_UNAVAILABLE = httpx.Response(503, content=b"Service Unavailable")


def measure(found: services.Services) -> list[Figure]:
    """Return what a dead first provider costs, as a ratio to the run without it."""
    healthy, refused, unavailable = [], [], []
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as base_url:
        for number in range(ROUNDS):
            url = services.create_database(found, f"bench_fallback_{number}")
            healthy.append(_seconds(url, found.redis_url(61), _alive(base_url)))
            refused.append(_seconds(url, found.redis_url(61), _dead("http://127.0.0.1:9"), _alive(base_url)))
            dead = _dead("http://tiingo.test", Line(lambda _: _UNAVAILABLE))
            unavailable.append(_seconds(url, found.redis_url(61), dead, _alive(base_url)))
    return [
        Figure(f"505 symbols, the first provider {how}", median(took), median(healthy), "s", "without it", at_most=MOST)
        for how, took in (("refuses connections", refused), ("answers 503", unavailable))
    ]


def _alive(base_url: str) -> Provider:
    settings = PolygonSettings(base_url=base_url, api_key=SecretStr("bench"), rate_per_minute=1_000_000)
    return open_provider("polygon", ProvidersSettings(polygon=settings), _CLOCK)


def _dead(base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> Provider:
    # As patient as it is by default: five attempts, with growing waits between them.
    settings = TiingoSettings(
        base_url=base_url, api_key=SecretStr("bench"), calls_per_hour=1e9, calls_per_day=1e9, symbols_per_month=None
    )
    return open_provider("tiingo", ProvidersSettings(tiingo=settings), _CLOCK, transport)


def _seconds(database_url: str, redis_url: str, *providers: Provider) -> float:
    world = open_world(database_url, redis_url, PriceKind.REAL)
    try:
        world.add(*symbols())
        get_calendar("XNYS")
        began = time.perf_counter()
        outcome = world.backfill(Range.Y5, providers=providers, as_of=AS_OF)
        seconds = time.perf_counter() - began
    finally:
        world.close()
    if outcome.upserted.inserted != daily_candles().height or set(outcome.calls) - {"tiingo"} != {"polygon"}:
        raise AssertionError(f"stored {outcome.upserted.inserted} of {daily_candles().height}: {outcome.failures[:3]}")
    return seconds
