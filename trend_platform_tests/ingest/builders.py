"""Small builders for planning tests: instruments, offers and needs in one line each."""

from datetime import UTC, date, datetime, timedelta

from trend_platform.domain.candles import Basis
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.ranges import HISTORICAL_RANGES, Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.plan import Offer
from trend_platform.providers.base import Capabilities, Quota

NOW = datetime(2026, 3, 4, 22, 0, tzinfo=UTC)
AS_OF = date(2026, 3, 4)


def stock(number: int, symbol: str = "", listed_on: date | None = None) -> Instrument:
    return Instrument(number, symbol or f"S{number}", AssetClass.STOCK, "XNYS", listed_on=listed_on)


def coin(number: int, symbol: str = "BTC-USD") -> Instrument:
    return Instrument(number, symbol, AssetClass.CRYPTO, "24/7")


def stocks(count: int) -> tuple[Instrument, ...]:
    return tuple(stock(number) for number in range(1, count + 1))


def wanted(
    *instruments: Instrument, ranges: tuple[Range, ...] = HISTORICAL_RANGES[:1], refresh: bool = False
) -> Wanted:
    return Wanted(instruments, Timeframe.D1, ranges, AS_OF, refresh)


def offer(
    name: str,
    *instruments: Instrument,
    reach: datetime | None = None,
    by_session: bool = False,
    candles_per_call: int | None = 50_000,
    symbols_per_call: int = 1,
    per_minute: float | None = None,
    serves_forming: bool = True,
    settles_after: timedelta = timedelta(0),
) -> Offer:
    capabilities = Capabilities(
        asset_classes=frozenset(AssetClass),
        timeframes=frozenset({Timeframe.D1}),
        basis=Basis.RAW,
        by_session=frozenset({AssetClass.STOCK}) if by_session else frozenset(),
        symbols_per_call=symbols_per_call,
        candles_per_call=candles_per_call,
        quotas=(Quota(per_minute, 60),) if per_minute else (),
        serves_forming=serves_forming,
        settles_after=settles_after,
    )
    return Offer(name, capabilities, {one.instrument_id: reach for one in instruments})
