"""Splits come before candles: the rules judge jumps by them, and readers adjust by them."""

from datetime import timedelta

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.errors import NothingThere, ProviderError
from trend_platform.ingest.outcome import Failure
from trend_platform.ingest.prepare import Prepared
from trend_platform.ingest.tally import Tally
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.base import Provider

# A split can become known late: each run looks this far back before the days it asks for.
LOOK_BACK = timedelta(days=30)
_SPLITTING = frozenset({AssetClass.STOCK, AssetClass.ETF})


async def refresh_splits(workshop: Workshop, run_id: int, prepared: Prepared, tally: Tally) -> None:
    """Fetch and store the splits of every instrument a planned call asks for, from the provider it asks.

    A provider that cannot tell its splits is recorded as a failure; its candles are still worth having.
    """
    for provider in workshop.providers:
        if provider.capabilities.has_splits:
            await _refresh_from(provider, workshop, run_id, prepared, tally)


async def _refresh_from(provider: Provider, workshop: Workshop, run_id: int, prepared: Prepared, tally: Tally) -> None:
    calls = [call for call in prepared.plan.calls if call.provider == provider.name]
    asked = {one.instrument_id: one for call in calls for one in call.request.instruments}
    instruments: list[Instrument] = [one for one in asked.values() if one.asset_class in _SPLITTING]
    if not instruments:
        return
    start = min(call.request.interval.start for call in calls) - LOOK_BACK
    interval = Interval(start, max(start, workshop.clock.now()))
    try:
        answer = await provider.splits(instruments, interval)
    except NothingThere as fact:
        tally.calls[provider.name] += fact.calls
        return
    except ProviderError as error:
        tally.calls[provider.name] += error.calls
        tally.failures[f"{provider.name} splits", 0] = Failure(
            "splits", provider.name, type(error).__name__, str(error)
        )
        return
    tally.calls[provider.name] += answer.calls
    if answer.splits.height:
        with workshop.storage.market.begin(run_id) as transaction:
            transaction.add_splits(answer.splits)
