"""Scenarios 6, 12, 18 and 20 within the day: minutes of half days, of old years and of a session's last moment."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.calendars import from_us, get_calendar
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.coverage import Gap
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.candle_fetch import INTRADAY, fetch_candles, wanted_between
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.plan import PlanLimits
from trend_platform.ingest.rollup import refresh_rollups
from trend_platform.ingest.workshop import IngestPolicy, drive
from trend_platform.providers.base import Provider
from trend_platform.storage.base import Upsert
from trend_platform.storage.timescale.check import check_ledger
from trend_platform_tests.ingest.within_day import Forgetful
from trend_platform_tests.world import World, connect_world

JANUARY_2019 = days(date(2019, 1, 1), date(2019, 1, 31))
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fetch(
    world: World, symbol: str, interval: Interval, *providers: Provider, timeframe: Timeframe = Timeframe.M1
) -> Outcome:
    workshop = world.workshop(*providers)
    wanted = wanted_between(workshop.select([symbol]), timeframe, interval)
    (outcome,) = drive(workshop, fetch_candles(workshop, [wanted])).outcomes
    assert outcome.adds_up, outcome.as_dict()
    return outcome


def stored(world: World, symbol: str, interval: Interval, timeframe: Timeframe = Timeframe.M1) -> pl.DataFrame:
    return world.storage.market.candles([world.instrument(symbol).instrument_id], timeframe, interval)


def gaps(world: World, symbol: str) -> Sequence[Gap]:
    one = world.instrument(symbol).instrument_id
    return world.storage.market.ledgers([one], Timeframe.M1)[one].gaps


def leaving_out(world: World, stamps: Iterable[datetime]) -> Provider:
    return Forgetful(world.simulated(), list(stamps), name="simulated")


# Black Friday of 2025 closed at 13:00 New York (18:00 UTC); summer time begins on 2026-03-08 and 2026-02-16 is a holiday.
HALF_DAY = days(date(2025, 11, 28), date(2025, 11, 28))


def test_a_minute_after_the_early_close_is_no_gap_and_the_minute_before_it_is_one(world: World):
    world.add("AAPL")
    last, after = utc("2025-11-28 17:59"), utc("2025-11-28 18:01")
    outcome = fetch(world, "AAPL", HALF_DAY, leaving_out(world, [last, after]))
    assert (outcome.expected, outcome.stored) == (210, 209)
    (gap,) = gaps(world, "AAPL")
    assert (gap.interval.start, gap.missing) == (last, 1)


@pytest.mark.parametrize(
    ("first", "last", "opens", "minutes"),
    [
        ("2026-02-13", "2026-02-17", ("14:30", "14:30"), 780),
        ("2026-03-06", "2026-03-09", ("14:30", "13:30"), 780),
        ("2025-10-31", "2025-11-03", ("13:30", "14:30"), 780),
        ("2025-11-26", "2025-11-28", ("14:30", "14:30"), 600),
    ],
    ids=["a holiday", "summer time begins", "summer time ends", "a half day after a holiday"],
)
def test_holidays_and_changes_of_the_clock_are_no_gaps(
    world: World, first: str, last: str, opens: tuple[str, str], minutes: int
):
    world.clock.instant = utc("2026-04-01 00:00")
    world.add("AAPL")
    span = days(date.fromisoformat(first), date.fromisoformat(last))
    outcome = fetch(world, "AAPL", span)
    stamps = stored(world, "AAPL", span)["opened_at"].to_list()
    assert (outcome.expected, outcome.stored, gaps(world, "AAPL")) == (minutes, minutes, ())
    begins = [at for before, at in zip([None, *stamps], stamps, strict=False) if before is None or at - before > MINUTE]
    assert [f"{at:%H:%M}" for at in begins] == list(opens)


@pytest.mark.parametrize("timeframe", INTRADAY)
@pytest.mark.parametrize(("day", "closes"), [("2025-11-26", "21:00"), ("2025-11-28", "18:00")], ids=["full", "half"])
def test_the_last_candle_of_a_session_is_final_at_the_close_and_no_tick_is_waited_for(
    world: World, timeframe: Timeframe, day: str, closes: str
):
    world.add("AAPL")
    session = days(date.fromisoformat(day), date.fromisoformat(day))
    at_close = utc(f"{day} {closes}")
    world.clock.instant = at_close - timedelta(seconds=20)
    before = fetch(world, "AAPL", session, timeframe=timeframe)
    assert stored(world, "AAPL", session, timeframe)["is_final"].to_list()[-1] is False
    world.clock.instant = at_close
    outcome = fetch(world, "AAPL", session, timeframe=timeframe)
    candles = stored(world, "AAPL", session, timeframe)
    opens = get_calendar("XNYS").candle_opens(timeframe, session)
    assert candles["opened_at"].to_list() == [from_us(at) for at in opens]
    assert candles["is_final"].all()
    assert (before.stored, outcome.stored, outcome.upserted) == (len(opens) - 1, len(opens), Upsert(completed=1))
    world.clock.advance(timedelta(hours=9))
    assert fetch(world, "AAPL", session, timeframe=timeframe).calls == {}


def test_2019_is_backfilled_while_live_minutes_are_appended_to_the_same_series(world: World):
    world.policy = replace(IngestPolicy(), limits=PlanLimits(candles_per_request=5_000), batch_candles=5_000)
    world.add("BTC-USD")
    lived = Interval(world.clock.now() - timedelta(hours=1), world.clock.now() + timedelta(hours=2))
    with ThreadPoolExecutor(2) as pool:
        old = pool.submit(in_a_process_of_its_own, world, JANUARY_2019)
        live = pool.submit(live_minutes, world, lived)
        backfilled, appended = old.result(), live.result()
    minutes_of_2019, minutes_lived = (stored(world, "BTC-USD", span) for span in (JANUARY_2019, lived))
    assert (backfilled, minutes_of_2019.height, minutes_of_2019["is_final"].all()) == (44_640, 44_640, True)
    assert appended == minutes_lived.filter("is_final").height == 180
    assert gaps(world, "BTC-USD") == ()
    bitcoin = world.instrument("BTC-USD")
    assert check_ledger(world.storage.database, [bitcoin], Timeframe.M1) == ()
    refresh_rollups(world.workshop())
    hours = world.storage.rollups.candles([bitcoin.instrument_id], Timeframe.H1, JANUARY_2019)
    assert (hours.height, hours["is_complete"].all()) == (744, True)
    assert hours["volume"].sum() == pytest.approx(minutes_of_2019["volume"].sum())


def in_a_process_of_its_own(world: World, interval: Interval) -> int:
    with closing(connect_world(world.database_url, world.redis_url)) as other:
        other.policy = world.policy
        return fetch(other, "BTC-USD", interval).upserted.inserted


def live_minutes(world: World, interval: Interval) -> int:
    # Every ten minutes, whatever has closed since; the last look is at a full hour.
    with closing(connect_world(world.database_url, world.redis_url)) as other:
        other.clock = ManualClock(interval.start + timedelta(hours=1))
        outcome = fetch(other, "BTC-USD", Interval(interval.start, other.clock.now()))
        while other.clock.now() < interval.end:
            other.clock.advance(10 * MINUTE)
            outcome = fetch(other, "BTC-USD", Interval(interval.start, min(interval.end, other.clock.now())))
        return outcome.stored


def test_a_backfill_of_minutes_that_was_cut_off_goes_on_where_it_was(world: World):
    world.policy = replace(IngestPolicy(), limits=PlanLimits(candles_per_request=5_000), batch_candles=5_000)
    world.add("BTC-USD")
    with pytest.raises(Gone):
        cut_off(world)
    kept = stored(world, "BTC-USD", JANUARY_2019).height
    outcome = fetch(world, "BTC-USD", JANUARY_2019)
    assert 0 < kept < 44_640
    assert (outcome.received, outcome.stored) == (44_640 - kept, 44_640)


class Gone(Exception):
    """Whoever ran it."""


def cut_off(world: World) -> None:
    # After three batches the one who runs it is gone, in the middle of the fourth.
    workshop = world.workshop()
    wanted = wanted_between(workshop.select(["BTC-USD"]), Timeframe.M1, JANUARY_2019)
    steps: list[int] = []

    def on_step(*_: object) -> None:
        steps.append(1)
        if len(steps) == 3:
            raise Gone

    drive(workshop, fetch_candles(workshop, [wanted], on_step))
