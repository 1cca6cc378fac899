from datetime import UTC, date, datetime, timedelta

import orjson
import pytest

from trend_platform.domain.coverage import GapReason
from trend_platform.domain.ranges import HISTORICAL_RANGES, Range
from trend_platform.errors import PlanRefused, SimulatedDataRefused, UnavailableError, UsageError
from trend_platform.ingest.backfill import wanted_of
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.plan import PlanLimits
from trend_platform.ingest.run import run
from trend_platform.ingest.tally import Progress
from trend_platform.ingest.workshop import IngestPolicy, Workshop, drive
from trend_platform.settings import FaultSettings
from trend_platform.storage.base import PriceKind, Upsert
from trend_platform.storage.memory import open_memory
from trend_platform_tests.ingest.desk import AS_OF, Desk


def failures_of_candles(outcome: Outcome) -> list[tuple[str, str]]:
    return [(one.symbol, one.kind) for one in outcome.failures if one.symbol != "splits"]


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.add("AAPL", "MSFT", "BTC-USD")
    return desk


def test_all_ranges_together_are_fetched_once(desk: Desk):
    everything = desk.backfill(*HISTORICAL_RANGES).outcome
    other = Desk()
    other.add("AAPL", "MSFT", "BTC-USD")
    longest = other.backfill(Range.MAX).outcome
    assert (everything.received, everything.calls) == (longest.received, longest.calls)
    assert everything.adds_up


def test_the_outcome_is_recorded_with_its_plan(desk: Desk):
    outcome = desk.backfill(Range.M1).outcome
    (record,) = desk.storage.runs.latest(1)
    assert (record.run_id, record.kind, record.status) == (outcome.run_id, "backfill", "done")
    assert orjson.loads(record.outcome) == orjson.loads(orjson.dumps(outcome.as_dict()))
    assert orjson.loads(record.plan)["calls"] == outcome.calls["simulated"] - 1


def test_progress_is_told_until_everything_is_done(desk: Desk):
    told: list[Progress] = []
    outcome = desk.backfill(Range.M1, on_progress=told.append).outcome
    assert (told[-1].done, told[-1].total, told[-1].candles) == (3, 3, outcome.received)


def test_a_symbol_the_provider_does_not_know_is_a_failure_of_that_symbol_alone(desk: Desk):
    outcome = desk.backfill(Range.M1, faults=(FaultSettings(kind="unknown_symbol", symbol="MSFT"),)).outcome
    assert failures_of_candles(outcome) == [("MSFT", "NothingThere")]
    assert {one.symbol: one.unexplained > 0 for one in outcome.accounts} == {
        "AAPL": False,
        "MSFT": True,
        "BTC-USD": False,
    }


@pytest.mark.parametrize("kind", ["http_429", "http_500", "timeout", "cut_json"])
def test_a_fault_that_passes_costs_a_call_and_nothing_else(desk: Desk, kind: str):
    clean = desk.backfill(Range.M1, symbols=("MSFT",)).outcome
    outcome = desk.backfill(
        Range.M1, symbols=("AAPL",), faults=(FaultSettings(kind=kind, symbol="AAPL", times=1),)
    ).outcome
    assert (outcome.failures, outcome.unexplained_missing) == ((), 0)
    assert outcome.calls["simulated"] == clean.calls["simulated"] + 1


@pytest.mark.parametrize(
    ("kind", "error"),
    [("http_429", "RateLimited"), ("http_500", "Transient"), ("timeout", "Transient"), ("html_200", "Blocked")],
)
def test_a_fault_that_stays_is_named_and_its_candles_are_missing_without_excuse(desk: Desk, kind: str, error: str):
    outcome = desk.backfill(Range.M1, faults=(FaultSettings(kind=kind, symbol="AAPL"),)).outcome
    assert failures_of_candles(outcome) == [("AAPL", error)]
    assert outcome.missing == {GapReason.FETCH_FAILED: 22}


def test_a_plan_that_cannot_finish_asks_nothing_and_records_nothing(desk: Desk):
    desk.policy = IngestPolicy(limits=PlanLimits(minutes=-1))
    with pytest.raises(PlanRefused):
        desk.backfill(Range.M1)
    assert desk.storage.runs.latest(1) == ()


def test_no_provider_at_hand_says_what_to_set(desk: Desk):
    workshop = Workshop(desk.storage, desk.cache, desk.prices, (), desk.clock)
    with pytest.raises(UsageError, match="POLYGON_API_KEY"):
        drive(workshop, run(workshop, wanted_of(workshop, [Range.M1], [], AS_OF)))


def test_simulated_prices_never_enter_a_database_of_real_ones_and_the_run_is_recorded_as_failed():
    desk = Desk(storage=open_memory(PriceKind.REAL))
    desk.add("AAPL")
    with pytest.raises(SimulatedDataRefused):
        desk.backfill(Range.M1)
    assert desk.storage.runs.latest(1)[0].status == "failed"


def test_small_batches_and_one_writer_give_the_same_outcome(desk: Desk):
    other = Desk(policy=IngestPolicy(writers=1, batch_candles=1))
    other.add("AAPL", "MSFT", "BTC-USD")
    small, large = other.backfill(Range.Y1).outcome.as_dict(), desk.backfill(Range.Y1).outcome.as_dict()
    assert small | {"seconds": 0} == large | {"seconds": 0}


def test_a_database_that_goes_away_ends_the_run_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    def away(*_: object) -> None:
        raise UnavailableError("the database went away")

    monkeypatch.setattr(type(desk.storage.market), "begin", away)
    with pytest.raises(UnavailableError):
        desk.backfill(Range.M1)
    assert desk.storage.runs.latest(1)[0].status == "failed"


def test_a_refresh_asks_again_and_counts_what_is_unchanged(desk: Desk):
    first = desk.backfill(Range.M1).outcome
    again = desk.backfill(Range.M1, refresh=True).outcome
    assert again.upserted == Upsert(unchanged=first.upserted.inserted)


def test_a_candle_stored_while_it_formed_is_missing_once_it_is_over_and_could_not_be_asked_again(desk: Desk):
    desk.clock.instant = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
    desk.backfill(Range.M1, symbols=("AAPL",), as_of=date(2026, 3, 3))
    desk.clock.advance(timedelta(hours=8))
    fault = FaultSettings(kind="http_500")
    outcome = desk.backfill(Range.M1, symbols=("AAPL",), as_of=date(2026, 3, 3), faults=(fault,)).outcome
    assert (outcome.adds_up, outcome.missing) == (True, {GapReason.UNKNOWN: 1})
