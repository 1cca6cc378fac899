from datetime import UTC, date, datetime, timedelta

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.needs import Need
from trend_platform.ingest.outcome import Failure
from trend_platform.ingest.plan import Estimate, Plan, PlannedCall
from trend_platform.ingest.tally import Progress
from trend_platform.orchestration.etl.progress import ProgressLog, failure_lines, plan_lines
from trend_platform.providers.base import CandleRequest, Route

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
WEEK = days(date(2026, 11, 16), date(2026, 11, 20))
AAPL = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")


def test_five_hundred_quick_requests_make_eleven_lines() -> None:
    lines: list[str] = []
    log = ProgressLog(lines.append, ManualClock(NOW))
    for done in range(1, 501):
        log(Progress(done, 500, done * 1254, "polygon"))
    assert len(lines) == 11
    assert lines[-1] == "500/500 requests, 627,000 candles, polygon answered last"


def test_a_slow_run_says_something_every_five_seconds() -> None:
    lines: list[str] = []
    clock = ManualClock(NOW)
    log = ProgressLog(lines.append, clock)
    for done in range(1, 7):
        log(Progress(done, 1000, done, "polygon"))
        clock.advance(timedelta(seconds=2.5))
    assert len(lines) == 3


def test_holes_that_go_to_further_providers_are_said_at_once() -> None:
    lines: list[str] = []
    log = ProgressLog(lines.append, ManualClock(NOW))
    log(Progress(10, 10, 100, "polygon"))
    log(Progress(11, 13, 105, "files"))
    assert "holes are left: 3 more requests go to further providers" in lines


def test_the_plan_is_said_before_it_is_carried_out() -> None:
    call = PlannedCall("polygon", CandleRequest(Route.BY_SYMBOL, (AAPL,), Timeframe.D1, WEEK), 1, 5)
    plan = Plan((call,), (Estimate("polygon", 505, 633_270, 101.0, "5 calls per minute"),))
    assert list(plan_lines(plan)) == [
        "plan: polygon, 505 calls for 633,270 candles, about 101.0 minutes, bound by 5 calls per minute"
    ]


def test_an_empty_plan_says_why() -> None:
    assert next(plan_lines(Plan())).startswith("nothing to ask: all that is wanted is stored")


def test_what_nobody_serves_is_named() -> None:
    lines = list(plan_lines(Plan(unserved=(Need(AAPL, Timeframe.D1, (WEEK,)),))))
    assert lines[-1] == "no provider at hand serves AAPL in [2026-11-16, 2026-11-21)"


def test_failures_are_told_with_who_served_instead_and_cut() -> None:
    failures = [Failure(f"S{n}", "polygon", "Transient", "polygon: 500", "files" if n else "") for n in range(25)]
    lines = list(failure_lines(failures))
    assert lines[0] == "S0: polygon: 500 (Transient); nobody served it"
    assert lines[1] == "S1: polygon: 500 (Transient); files served it instead"
    assert lines[-1] == "and 5 more; the metadata of this run lists them"
