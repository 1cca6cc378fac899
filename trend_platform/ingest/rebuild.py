"""Everything readers find in the cache, written anew from the database: after Redis was lost, or to be sure.

Nobody outside is asked. Readers get right answers without it, only slower.
"""

from dataclasses import dataclass

from trend_platform.domain.ranges import HISTORICAL_RANGES
from trend_platform.ingest.changes import latest_prices
from trend_platform.ingest.day_chart import put_day_charts
from trend_platform.ingest.price_json import price_json
from trend_platform.ingest.series import refresh_series
from trend_platform.ingest.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was written anew.

    Attributes:
        series: Range series, of every instrument of the universe.
        hourly: Hourly charts, of the active instruments.
        prices: Latest prices, of every instrument that was ever quoted.
        skipped: What the cache did not take because it is down.
    """

    series: int
    hourly: int
    prices: int
    skipped: int


def rebuild_cache(workshop: Workshop) -> Rebuilt:
    """Write all series, charts and prices to the cache, from the database alone.

    Raises:
        UnavailableError: The database does not answer.
    """
    universe = workshop.storage.universe.instruments()
    prices, skipped_prices = _put_prices(workshop)
    hourly, skipped_hourly = put_day_charts(workshop, workshop.storage.interests.active())
    series, skipped_series = refresh_series(workshop, universe, HISTORICAL_RANGES)
    return Rebuilt(series, hourly, prices, skipped_prices + skipped_hourly + skipped_series)


def _put_prices(workshop: Workshop) -> tuple[int, int]:
    universe = workshop.storage.universe.instruments()
    newest = workshop.storage.quotes.latest([one.instrument_id for one in universe])
    prices = latest_prices(workshop.storage.market, universe, newest)
    skipped = workshop.prices.put({price.symbol: price_json(price) for price in prices}) if prices else 0
    return len(prices) - skipped, skipped
