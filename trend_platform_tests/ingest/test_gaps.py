"""What is missing, found from the ledger; asked again, and taken back."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.coverage import Gap, GapReason, Ledger, Span
from trend_platform.domain.intervals import Interval
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.backfill import wanted_of
from trend_platform.ingest.gaps import Gaps, GapSelection, detect, measured
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.repair import REPAIRABLE, Repaired, calls_left, count_due, plan_repair, repair, undo
from trend_platform.ingest.run import run
from trend_platform.ingest.workshop import drive
from trend_platform.settings import FaultSettings
from trend_platform_tests.ingest.floor import Floor

HOLE = FaultSettings(kind="hole", symbol="BTC-USD", start="2025-10-10", end="2025-10-13")
EVERYTHING = GapSelection()
ALL_TIME = Interval(datetime(2000, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))


@pytest.fixture
def floor() -> Floor:
    made = Floor()
    made.add("AAPL", "BTC-USD")
    return made


def filled(floor: Floor, *faults: FaultSettings, symbols: tuple[str, ...] = ()) -> Outcome:
    workshop = floor.workshop(floor.simulated(*faults))
    return drive(workshop, run(workshop, wanted_of(workshop, [Range.Y1], symbols, None)))


def found(floor: Floor, **selection: object) -> Gaps:
    return detect(floor.workshop(), GapSelection(**selection))  # type: ignore[arg-type]  names are the selection's own


def test_a_hole_is_found_with_reason_and_evidence_and_the_counts_add_up(floor: Floor) -> None:
    filled(floor, HOLE)
    gaps = found(floor)
    (hole,) = gaps.gaps.to_dicts()
    assert (hole["symbol"], hole["missing"], hole["reason"], hole["is_believed"]) == ("BTC-USD", 3, "unknown", False)
    assert (hole["start_at"].date().isoformat(), hole["end_at"].date().isoformat()) == ("2025-10-10", "2025-10-13")
    assert "answered without these candles" in hole["evidence"]
    series = gaps.series
    assert (
        series["expected"] == series["stored"] + series["explained"] + series["unexplained"] + series["never_asked"]
    ).all()
    rows = floor.storage.market.candles([1, 2], Timeframe.D1, ALL_TIME)
    for one, since, until, stored in series.select("instrument_id", "since", "until", "stored").iter_rows():
        inside = rows.filter(
            (pl.col("instrument_id") == one) & pl.col("opened_at").is_between(since, until, closed="left")
        )
        assert inside.height == stored


def test_what_was_never_asked_is_named_as_such(floor: Floor) -> None:
    filled(floor, symbols=("AAPL",))
    gaps = found(floor, start=datetime(2024, 1, 1, tzinfo=UTC), timeframes=(Timeframe.D1,), symbols=("AAPL",))
    (never,) = gaps.gaps.to_dicts()
    assert (never["reason"], never["provider"], never["attempts"]) == ("never_asked", "", None)
    assert never["start_at"] == datetime(2024, 1, 2, tzinfo=UTC)
    assert gaps.unexplained == never["missing"]
    assert found(floor).gaps.is_empty()


def test_a_series_nobody_ever_asked_for_is_not_expected_unless_it_is_named(floor: Floor) -> None:
    filled(floor, symbols=("AAPL",))
    assert found(floor).series["symbol"].to_list() == ["AAPL"]
    named = found(floor, start=datetime(2026, 1, 1, tzinfo=UTC), timeframes=(Timeframe.H1,))
    assert named.series.select("symbol", "stored").rows() == [("AAPL", 0), ("BTC-USD", 0)]


def test_a_selection_is_kept_to(floor: Floor) -> None:
    filled(floor, HOLE)
    assert found(floor, symbols=("AAPL",)).gaps.is_empty()
    assert found(floor, reasons=("no_trades",)).gaps.is_empty()
    assert found(floor, is_unexplained_only=True).gaps.height == 1
    window = {"start": datetime(2025, 10, 11, tzinfo=UTC), "end": datetime(2025, 10, 12, tzinfo=UTC)}
    assert found(floor, **window).gaps["missing"].to_list() == [1]
    with pytest.raises(UsageError, match="'rain' is no reason of a gap"):
        GapSelection(reasons=("rain",))
    with pytest.raises(UsageError, match="does not come after the start"):
        GapSelection(start=window["end"], end=window["start"])


def minutes(floor: Floor, start: datetime, end: datetime, *missing: datetime) -> Gaps:
    """A ledger of AAPL's minutes that knows of these gaps."""
    now, minute = floor.clock.now(), timedelta(minutes=1)
    gaps = tuple(
        Gap(1, Timeframe.M1, Interval(at, at + minute), 1, GapReason.UNKNOWN, "a", "seen", 1, now, now, now)
        for at in missing
    )
    with floor.storage.market.begin(0) as transaction:
        ledger = Ledger((Span(1, Timeframe.M1, Interval(start, end), "a", now),), gaps)
        transaction.replace_ledgers(Timeframe.M1, {}, {1: ledger})
    return found(floor, start=start, end=end)


def test_a_half_day_a_holiday_and_a_change_of_the_clock_make_no_gap(floor: Floor) -> None:
    november = datetime(2025, 11, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)
    gaps = minutes(floor, *november)
    assert (gaps.gaps.height, gaps.series["expected"].to_list()) == (0, [18 * 390 + 210])


def test_on_a_half_day_1259_is_a_gap_and_1301_is_none(floor: Floor) -> None:
    opened = datetime(2025, 11, 28, 14, 30, tzinfo=UTC)
    last, after = datetime(2025, 11, 28, 17, 59, tzinfo=UTC), datetime(2025, 11, 28, 18, 1, tzinfo=UTC)
    gaps = minutes(floor, opened, opened + timedelta(hours=6), last)
    assert gaps.gaps.select("start_at", "missing").rows() == [(last, 1)]
    assert after not in gaps.gaps["start_at"].to_list()


def test_how_complete_everything_is_becomes_a_measurement(floor: Floor) -> None:
    filled(floor, HOLE)
    (metric,) = measured(found(floor))
    assert (metric.metric, metric.timeframe, metric.details["series"]) == ("coverage", Timeframe.D1, 2)
    assert 0.99 < metric.value < 1


def repaired(
    floor: Floor, *faults: FaultSettings, selection: GapSelection = EVERYTHING, most: int | None = None
) -> Repaired:
    workshop = floor.workshop(floor.simulated(*faults))
    return drive(workshop, repair(workshop, plan_repair(workshop, selection, most)))


def test_a_gap_that_is_not_due_is_not_asked_for_unless_it_is_forced(floor: Floor) -> None:
    filled(floor, HOLE)
    plan = plan_repair(floor.workshop(), GapSelection())
    assert (plan.calls, plan.waiting, plan.gaps.height) == (0, 1, 0)
    assert plan_repair(floor.workshop(), GapSelection(), is_forced=True).candles == 3


def test_a_repair_asks_for_the_gaps_alone_and_its_plan_said_so(floor: Floor) -> None:
    filled(floor, HOLE)
    floor.clock.advance(timedelta(hours=13))
    workshop = floor.workshop()
    plan = plan_repair(workshop, GapSelection())
    assert (plan.calls, plan.candles, plan.gaps["missing"].to_list()) == (1, 3, [3])
    done = drive(workshop, repair(workshop, plan))
    assert (dict(done.calls), done.unexplained, done.outcomes[0].received) == ({"simulated": 1}, 0, 3)
    assert found(floor).gaps.is_empty()


def test_a_repair_is_undone_and_can_be_made_again(floor: Floor) -> None:
    filled(floor, HOLE)
    floor.clock.advance(timedelta(hours=13))
    market = floor.storage.market
    before = market.candles([1, 2], Timeframe.D1, ALL_TIME), market.ledgers([1, 2], Timeframe.D1)
    done = repaired(floor)
    assert undo(floor.workshop(), done.repair_id).removed == 3
    assert market.candles([1, 2], Timeframe.D1, ALL_TIME).equals(before[0])
    assert market.ledgers([1, 2], Timeframe.D1) == before[1]
    assert repaired(floor).unexplained == 0


def test_after_a_later_run_an_undo_takes_back_the_repair_alone(floor: Floor) -> None:
    filled(floor, HOLE)
    floor.clock.advance(timedelta(hours=13))
    done = repaired(floor)
    floor.clock.advance(timedelta(days=3))
    filled(floor)
    undo(floor.workshop(), done.repair_id)
    (hole,) = found(floor).gaps.to_dicts()
    assert (hole["reason"], hole["missing"]) == ("unknown", 3)
    assert floor.storage.coverage.differences(floor.storage.universe.instruments()) == ()


def test_a_hole_that_is_there_again_is_believed_and_the_belief_expires(floor: Floor) -> None:
    filled(floor, HOLE)
    floor.clock.advance(timedelta(hours=13))
    repaired(floor, HOLE)
    (believed,) = found(floor).gaps.to_dicts()
    assert (believed["reason"], believed["is_believed"], count_due(floor.workshop())) == ("no_trades", True, 0)
    floor.clock.advance(timedelta(days=31))
    assert count_due(floor.workshop()) == 1
    repaired(floor, selection=REPAIRABLE)
    assert found(floor, reasons=("no_trades",)).gaps.is_empty()


def test_a_repair_keeps_to_its_calls_and_says_what_it_leaves(floor: Floor) -> None:
    filled(floor, symbols=("AAPL",))
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 20, tzinfo=UTC)
    whole = plan_repair(floor.workshop(), GapSelection(("BTC-USD",), (Timeframe.M1,), start, end))
    calls = [call.calls for part in whole.parts for call in part.plan.calls]
    assert len(calls) > 1
    part = plan_repair(floor.workshop(), GapSelection(("BTC-USD",), (Timeframe.M1,), start, end), max(calls))
    assert 0 < part.calls <= max(calls)
    assert part.cut == whole.calls - part.calls
    assert part.parts[0].wanted.parts[2].hull.end == end
    assert plan_repair(floor.workshop(), GapSelection(("BTC-USD",), (Timeframe.M1,), start, end), 0).calls == 0


def test_calls_of_the_day_are_counted_and_start_anew_at_midnight(floor: Floor) -> None:
    filled(floor, HOLE)
    floor.clock.advance(timedelta(hours=13))
    repaired(floor, HOLE)
    assert calls_left(floor.workshop(), 5) == 4
    floor.clock.advance(timedelta(days=1))
    assert calls_left(floor.workshop(), 5) == 5
