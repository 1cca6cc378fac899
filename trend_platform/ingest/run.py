"""The run: a plan is executed, holes go to the next provider, and an outcome says what became of everything.

Resume is not a mode: what is stored and accounted for is not asked again, so a run after a crash is just a run.
"""

import logging
from datetime import datetime

import orjson

from trend_platform.domain.capability import Capability, history_of
from trend_platform.errors import PlanRefused, TrendError
from trend_platform.ingest.accounts import series_accounts
from trend_platform.ingest.asking import Asker
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.outaging import name_outages
from trend_platform.ingest.outcome import Failure, Outcome
from trend_platform.ingest.plan import Plan
from trend_platform.ingest.prepare import Prepared, prepare
from trend_platform.ingest.reconcile import reconcile
from trend_platform.ingest.rounds import Rounds
from trend_platform.ingest.scorebook import Scorebook
from trend_platform.ingest.splits import refresh_splits
from trend_platform.ingest.tally import OnProgress, Tally
from trend_platform.ingest.unserved import account_for_refused, account_for_unserved
from trend_platform.ingest.workshop import Workshop

log = logging.getLogger(__name__)


async def run(
    workshop: Workshop, wanted: Wanted, kind: str = "backfill", on_progress: OnProgress | None = None
) -> Outcome:
    """Plan, fetch, judge, store and account for what is wanted.

    Args:
        workshop: The ports.
        wanted: Series and days.
        kind: What the run is recorded as.
        on_progress: Told after each batch.

    Returns:
        The outcome; failures of providers are in it, not raised.

    Raises:
        UsageError: No provider is at hand.
        PlanRefused: The plan cannot finish within the policy's limits; nothing was asked.
        UnavailableError: The database went away; what was committed before stays, the next run completes it.
    """
    prepared = prepare(workshop, wanted)
    runs, clock = workshop.storage.runs, workshop.clock
    started_at = clock.now()
    run_id = runs.start(kind, orjson.dumps(plan_as_dict(prepared.plan)).decode(), started_at)
    tally, book = Tally(on_progress), Scorebook()
    try:
        await _execute(workshop, run_id, prepared, tally, book)
        await reconcile(workshop, prepared, book, tally)
        outcome = _outcome(workshop, run_id, kind, prepared, tally, started_at)
        workshop.storage.scores.add(book.take(), clock.now(), workshop.policy.half_life)
    except TrendError as error:
        runs.finish(run_id, "failed", orjson.dumps({"error": str(error)}).decode(), clock.now())
        raise
    runs.finish(run_id, "done", orjson.dumps(outcome.as_dict()).decode(), clock.now())
    return outcome


def plan_as_dict(plan: Plan) -> dict[str, object]:
    """Return a plan as plain values: what each provider will be asked, and what no provider can serve."""
    return {
        "calls": sum(call.calls for call in plan.calls),
        "candles": plan.candles,
        "providers": [
            {
                "provider": estimate.provider,
                "calls": estimate.calls,
                "candles": estimate.candles,
                "minutes": estimate.minutes,
                "quota": estimate.quota,
            }
            for estimate in plan.estimates
        ],
        "unserved": {need.instrument.symbol: [str(span) for span in need.spans] for need in plan.unserved},
    }


async def _execute(workshop: Workshop, run_id: int, prepared: Prepared, tally: Tally, book: Scorebook) -> None:
    began = workshop.clock.now()
    _tell_policy(run_id, prepared)
    account_for_unserved(workshop, run_id, prepared)
    asker = Asker(workshop, history_of(prepared.wanted.timeframe), book)
    rounds = Rounds(asker, run_id, prepared, tally)
    if prepared.plan.calls:
        await refresh_splits(Asker(workshop, Capability.SPLITS, book), prepared, tally)
    try:
        await rounds.run()
    except PlanRefused as refusal:
        # The first choice has been served; a fallback that cannot finish leaves its holes in the account.
        log.warning("run %d: no fallback: %s", run_id, refusal)
        tally.failures["fallback", 0] = Failure("fallback", "plan", "PlanRefused", str(refusal))
    tally.failures |= account_for_refused(workshop, run_id, prepared, rounds.open)
    wanted = prepared.wanted
    name_outages(workshop, run_id, wanted.timeframe, wanted.instruments, tally.lacking, began)


def _tell_policy(run_id: int, prepared: Prepared) -> None:
    for provider, candles in prepared.replaced.items():
        log.info(
            "run %d: %d candles of %s are asked again, because a better provider is back", run_id, candles, provider
        )
    for provider, candles in prepared.kept.items():
        log.info("run %d: %d candles of %s are kept, although a better provider is back", run_id, candles, provider)


def _outcome(
    workshop: Workshop, run_id: int, kind: str, prepared: Prepared, tally: Tally, started_at: datetime
) -> Outcome:
    wanted = prepared.wanted
    return Outcome(
        run_id=run_id,
        kind=kind,
        prices=workshop.storage.market.kind,
        ranges=tuple(range_.value for range_ in wanted.ranges),
        as_of=wanted.as_of,
        asked=prepared.plan.candles,
        received=tally.received,
        upserted=tally.upserted,
        rejected=tally.rejected,
        calls=dict(tally.calls),
        accounts=series_accounts(workshop, wanted, prepared.offers),
        failures=tally.all_failures(),
        warnings=dict(tally.warnings),
        replaced=prepared.replaced,
        seconds=(workshop.clock.now() - started_at).total_seconds(),
        timeframe=wanted.timeframe,
    )
