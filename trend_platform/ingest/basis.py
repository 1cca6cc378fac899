"""A series keeps its basis: split-adjusted prices do not fill the holes of a raw series.

Raw prices may continue a split-adjusted series, since each row says what it means and reading goes by that; the reverse is
refused, and said. Providers that can restore raw prices from their own splits do so themselves and are raw here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from trend_platform.domain.candles import Basis
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import BasisMismatch
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.plan import Offer, preferred
from trend_platform.storage.base import Market

# What never splits means the same on either basis.
_SPLITTING = frozenset({AssetClass.STOCK, AssetClass.ETF})


def of_one_basis(
    market: Market, wanted: Wanted, offers: tuple[Offer, ...], ledgers: Mapping[int, Ledger], now: datetime
) -> tuple[Offer, ...]:
    """Return the offers without split-adjusted prices for series that are raw.

    A series is raw if its last stored candle is, or if nothing is stored and its preferred provider is. A provider that is
    alone at hand, or that has brought a part of the series before, changes nothing and is not refused.
    """
    if len(offers) < 2 or all(offer.capabilities.basis is Basis.RAW for offer in offers):
        return offers
    shares = [one for one in wanted.instruments if one.asset_class in _SPLITTING]
    stored = market.recent([one.instrument_id for one in shares], wanted.timeframe, now, 1)
    bases = dict(stored.select("instrument_id", "basis").iter_rows())
    raw = [one for one in shares if _basis(one, wanted, offers, bases) is Basis.RAW]
    return tuple(_without(offer, raw, ledgers) for offer in offers)


def mismatch(offer: Offer) -> BasisMismatch:
    """Return why a provider of split-adjusted prices is not asked for a raw series."""
    return BasisMismatch(
        offer.provider,
        "not asked, since its prices are split-adjusted and the series is raw: the two are not mixed in one series",
    )


def _basis(instrument: Instrument, wanted: Wanted, offers: Sequence[Offer], bases: Mapping[int, str]) -> Basis | None:
    stored = bases.get(instrument.instrument_id)
    if stored is not None:
        return Basis(stored)
    serving = (one for one in preferred(offers, instrument) if one.serves(instrument, wanted.timeframe))
    first = next(serving, None)
    return first.capabilities.basis if first else None


def _without(offer: Offer, raw: Sequence[Instrument], ledgers: Mapping[int, Ledger]) -> Offer:
    if offer.capabilities.basis is Basis.RAW:
        return offer
    refused = frozenset(
        one.instrument_id
        for one in raw
        if one.instrument_id in offer.reaches
        and not any(span.provider == offer.provider for span in ledgers.get(one.instrument_id, Ledger()).spans)
    )
    reaches = {one: reach for one, reach in offer.reaches.items() if one not in refused}
    return replace(offer, reaches=reaches, mismatched=refused)
