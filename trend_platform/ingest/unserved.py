"""Needs that no provider at hand can serve are part of the account as well, with the reason why."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from trend_platform.domain.coverage import Ledger
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.ingest.account import unserved
from trend_platform.ingest.basis import mismatch
from trend_platform.ingest.holes import Observation
from trend_platform.ingest.needs import Need
from trend_platform.ingest.outcome import Failure
from trend_platform.ingest.plan import Offer
from trend_platform.ingest.prepare import Prepared
from trend_platform.ingest.workshop import Workshop


def account_for_unserved(workshop: Workshop, run_id: int, prepared: Prepared) -> None:
    """Record why the plan's unserved needs are not asked: nobody reaches back that far, or nobody serves the symbol."""
    now = workshop.clock.now()
    needs = [settled for need in prepared.plan.unserved if (settled := _settled(need, prepared.offers, now)).spans]
    if not needs:
        return
    ids = [need.instrument.instrument_id for need in needs]
    with workshop.storage.market.begin(run_id) as transaction:
        transaction.lock(ids)
        before = transaction.ledgers(ids, prepared.wanted.timeframe)
        after = dict(before)
        for need in needs:
            one = need.instrument.instrument_id
            stored = transaction.stored_opens([one], need.timeframe, need.hull)["opened_at"].cast(pl.Int64).to_numpy()
            for span in need.spans:
                seen = _observation(need, span, prepared, now)
                reached = any(offer.serves(need.instrument, need.timeframe) for offer in prepared.offers)
                after[one] = unserved(seen, after[one], stored, workshop.policy.belief, is_too_old=reached)
        transaction.replace_ledgers(prepared.wanted.timeframe, before, after)


def account_for_refused(
    workshop: Workshop, run_id: int, prepared: Prepared, open_: Mapping[int, Spans]
) -> Mapping[tuple[str, int], Failure]:
    """Say of what is still open who was not asked for it because of the basis: in the evidence of its gaps, and as failures."""
    timeframe = prepared.wanted.timeframe
    refusing = [offer for offer in prepared.offers if offer.mismatched & open_.keys()]
    ids = sorted({one for offer in refusing for one in offer.mismatched & open_.keys()})
    if not ids:
        return {}
    with workshop.storage.market.begin(run_id) as transaction:
        transaction.lock(ids)
        before = transaction.ledgers(ids, timeframe)
        after = {one: _with_refusals(one, ledger, open_[one], refusing) for one, ledger in before.items()}
        transaction.replace_ledgers(timeframe, before, after)
    symbols = {one.instrument_id: one.symbol for one in prepared.wanted.instruments}
    return {
        (offer.provider, one): Failure(symbols[one], offer.provider, "BasisMismatch", str(mismatch(offer)))
        for offer in refusing
        for one in ids
        if one in offer.mismatched
    }


def _with_refusals(one: int, ledger: Ledger, open_: Spans, refusing: Sequence[Offer]) -> Ledger:
    said = [str(mismatch(offer)) for offer in refusing if one in offer.mismatched]
    gaps = []
    for gap in ledger.gaps:
        new = [words for words in said if words not in gap.evidence]
        is_mine = Spans((gap.interval,)) & open_ and not gap.reason.explains
        gaps.append(replace(gap, evidence="; ".join([gap.evidence, *new])) if new and is_mine else gap)
    return replace(ledger, gaps=tuple(gaps))


def _settled(need: Need, offers: tuple[Offer, ...], now: datetime) -> Need:
    # What a provider will serve once it has settled is late, not missing.
    serving = [offer.capabilities for offer in offers if offer.serves(need.instrument, need.timeframe)]
    waits = min((one.settling(need.timeframe) for one in serving), default=timedelta(0))
    until = need.calendar.closed_until(need.timeframe, now - waits)
    return need.within(Spans((Interval(need.hull.start, max(need.hull.start, until)),)))


def _observation(need: Need, span: Interval, prepared: Prepared, now: datetime) -> Observation:
    one = need.instrument.instrument_id
    serving = [offer for offer in prepared.offers if offer.serves(need.instrument, need.timeframe)]
    reaches = [(offer.provider, reach) for offer in serving if (reach := offer.reaches[one])]
    told = [f"{provider} reaches back to {reach:%Y-%m-%d}" for provider, reach in reaches]
    evidence = "; ".join([*told, *(str(mismatch(offer)) for offer in prepared.offers if one in offer.mismatched)])
    provider = reaches[0][0] if reaches else "none"
    asked = f"{need.timeframe} candles of {need.instrument.symbol}"
    nobody = f"no provider at hand serves {asked}: {', '.join(o.provider for o in prepared.offers)}"
    nothing = Interval(span.start, span.start)
    return Observation(need.instrument, need.timeframe, provider, span, nothing, span.end, now, evidence or nobody)
