"""From what a person wants to a plan: reads the ledgers, asks the providers what they offer, and plans.

The only place where the pure planner meets the store and the providers; nothing is fetched or written here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from trend_platform.domain.capability import history_of
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Spans
from trend_platform.errors import UsageError
from trend_platform.ingest.basis import of_one_basis
from trend_platform.ingest.fallback import better_now, with_again
from trend_platform.ingest.needs import Need, Wanted, needs_of
from trend_platform.ingest.plan import Offer, Plan, make_plan
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.base import Provider
from trend_platform.settings import ReplacePolicy


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan and what it was made from.

    Attributes:
        wanted: What is wanted, with `MAX` beginning where the providers' reach does.
        offers: What the providers at hand offer, in order.
        needs: What must be asked.
        plan: The calls.
        replaced: Per lesser provider, how many candles are asked again because a better one is back.
        again: Per instrument id, which spans those are: if the better one fails, what is stored of them is as good as before.
        kept: Per lesser provider, how many candles a better one could serve again, and are kept by the policy.
    """

    wanted: Wanted
    offers: tuple[Offer, ...]
    needs: tuple[Need, ...]
    plan: Plan
    replaced: Mapping[str, int]
    again: Mapping[int, Spans] = field(default_factory=dict)
    kept: Mapping[str, int] = field(default_factory=dict)


def prepare(workshop: Workshop, wanted: Wanted) -> Prepared:
    """Return the plan for what is wanted now.

    Raises:
        UsageError: No provider is at hand.
        PlanRefused: The plan cannot finish within the policy's limits.
    """
    wanted, offers = surveyed(workshop, wanted)
    now = workshop.clock.now()
    ids = [instrument.instrument_id for instrument in wanted.instruments]
    ledgers = workshop.storage.market.ledgers(ids, wanted.timeframe)
    offers = of_one_basis(workshop.storage.market, wanted, offers, ledgers, now)
    needs = needs_of(wanted, ledgers, now)
    resting = workshop.breakers.resting([one.provider for one in offers], history_of(wanted.timeframe), now)
    better = better_now(wanted, ledgers, offers, now, resting)
    if workshop.policy.replacing is ReplacePolicy.KEEP:
        plan = make_plan(needs, offers, now, workshop.policy.limits)
        return Prepared(wanted, offers, needs, plan, {}, kept=better.candles)
    again = better.unneeded(needs)
    needs = with_again(wanted, needs, again)
    plan = make_plan(needs, offers, now, workshop.policy.limits)
    return Prepared(wanted, offers, needs, plan, better.candles, again)


def surveyed(workshop: Workshop, wanted: Wanted) -> tuple[Wanted, tuple[Offer, ...]]:
    """Return what is wanted with `MAX` beginning where the providers' reach does, and what they offer, in order.

    Raises:
        UsageError: No provider is at hand.
    """
    if not workshop.providers:
        raise UsageError(
            "no provider is at hand: set a key such as POLYGON_API_KEY, name providers in TREND_PROVIDERS, "
            "or run with TREND_MODE=simulated"
        )
    now = workshop.clock.now()
    order = workshop.ranking(history_of(wanted.timeframe))
    offers = tuple(offer_of(provider, wanted, now, order.places(provider.name)) for provider in workshop.providers)
    return replace(wanted, beginnings=_beginnings(wanted.instruments, offers)), offers


def offer_of(provider: Provider, wanted: Wanted, now: datetime, places: Mapping[AssetClass, int]) -> Offer:
    """Return what a provider offers for the wanted instruments of the classes that it is asked for, as plain values."""
    capabilities = provider.capabilities
    served = [
        instrument
        for instrument in wanted.instruments
        if instrument.asset_class in capabilities.asset_classes & places.keys()
        and provider.symbol_of(instrument) is not None
    ]
    reaches = {one.instrument_id: provider.reach(one, wanted.timeframe, now) for one in served}
    return Offer(provider.name, capabilities, reaches, places)


def _beginnings(instruments: Sequence[Instrument], offers: Sequence[Offer]) -> dict[int, datetime]:
    beginnings: dict[int, datetime] = {}
    for instrument in instruments:
        reaches = [
            offer.reaches[instrument.instrument_id] for offer in offers if instrument.instrument_id in offer.reaches
        ]
        known = [reach for reach in reaches if reach is not None]
        if known and len(known) == len(reaches):
            beginnings[instrument.instrument_id] = min(known)
    return beginnings
