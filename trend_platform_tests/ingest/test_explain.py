from datetime import UTC, date, datetime

import pytest

from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.explain import explain
from trend_platform.settings import FaultSettings
from trend_platform_tests.ingest.desk import Desk

FAULTS = (
    FaultSettings(kind="hole", symbol="AAPL", start="2026-02-10", end="2026-02-11"),
    FaultSettings(kind="close_above_high", symbol="AAPL", start="2026-02-12", end="2026-02-13"),
)


@pytest.fixture(scope="module")
def desk() -> Desk:
    desk = Desk()
    desk.add("AAPL")
    desk.backfill(Range.M1, faults=FAULTS)
    return desk


@pytest.mark.parametrize(
    ("day", "verdict"),
    [
        (9, "stored, final: simulated sent it"),
        (10, "missing, unknown (provisional, 1 look)"),
        (12, "missing, rejected"),
        (14, "no candle is expected there"),
    ],
)
def test_each_candle_or_its_absence_is_explained_in_a_sentence(desk: Desk, day: int, verdict: str):
    workshop = desk.workshop()
    found = explain(workshop, workshop.select(["AAPL"])[0], Timeframe.D1, datetime(2026, 2, day, 15, tzinfo=UTC))
    assert found.verdict.startswith(verdict)


def test_a_holiday_inside_a_gap_is_explained_by_the_calendar_first():
    desk = Desk()
    desk.add("AAPL")
    hole = FaultSettings(kind="hole", symbol="AAPL", start="2024-07-03", end="2024-07-06")
    desk.backfill(Range.M1, faults=(hole,), as_of=date(2024, 7, 31))
    workshop = desk.workshop()
    found = explain(workshop, workshop.select(["AAPL"])[0], Timeframe.D1, datetime(2024, 7, 4, tzinfo=UTC))
    assert found.gap
    assert found.gap.missing == 2
    assert found.verdict == "no candle is expected there: XNYS holds no session on 2024-07-04"


def test_a_candle_that_was_never_asked_for_says_what_to_run(desk: Desk):
    workshop = desk.workshop()
    found = explain(workshop, workshop.select(["AAPL"])[0], Timeframe.D1, datetime(2020, 2, 10, tzinfo=UTC))
    assert "trend backfill" in found.verdict


def test_a_candle_that_was_set_aside_shows_the_row_and_the_rule(desk: Desk):
    workshop = desk.workshop()
    found = explain(workshop, workshop.select(["AAPL"])[0], Timeframe.D1, datetime(2026, 2, 12, tzinfo=UTC))
    assert found.quarantined["rule"].to_list() == ["close_outside"]
