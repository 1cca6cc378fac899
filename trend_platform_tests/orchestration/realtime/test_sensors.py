"""Whole days of ticks by an injected clock: no slot lost, none served twice, late ones caught up once."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import dagster as dg
import pytest

from trend_platform.errors import SimulatedDataRefused
from trend_platform.orchestration.realtime.sensors import hourly_candles_sensor, latest_price_sensor
from trend_platform_tests.orchestration.realtime.clockwork import Clockwork, stamps, utc
from trend_platform_tests.orchestration.workshops import MemoryWorkshops

MINUTE, TEN = timedelta(minutes=1), timedelta(minutes=10)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def latest(instance: dg.DagsterInstance) -> Clockwork:
    return Clockwork(latest_price_sensor, MemoryWorkshops(), instance)


@pytest.fixture
def hourly(instance: dg.DagsterInstance) -> Clockwork:
    return Clockwork(hourly_candles_sensor, MemoryWorkshops(), instance)


def served(work: Clockwork, *symbols: str, at: datetime) -> Clockwork:
    """Let a sensor meet its instruments a minute before `at`, then stand at `at`."""
    work.workshops.activate(*symbols)
    work.workshops.clock.instant = at - timedelta(minutes=1)
    work.tick()
    work.workshops.clock.instant = at
    return work


def config_of(request: dg.RunRequest | str, asset: str = "latest_prices") -> dict[str, object]:
    assert isinstance(request, dg.RunRequest)
    return dict(request.run_config["ops"][asset]["config"])


def test_a_day_of_bitcoin_with_the_end_of_summer_time_loses_no_minute(latest: Clockwork) -> None:
    keys = served(latest, "BTC-USD", at=utc(11, 1, 0, 0)).run_keys_until(utc(11, 2, 0, 0))
    assert keys == stamps("latest", utc(11, 1, 0, 0), utc(11, 1, 23, 59), MINUTE)


def test_a_half_day_is_served_from_its_open_to_its_early_close(latest: Clockwork) -> None:
    keys = served(latest, "AAPL", at=utc(11, 27, 12, 0)).run_keys_until(utc(11, 27, 22, 0))
    assert keys == stamps("latest", utc(11, 27, 14, 30), utc(11, 27, 18, 0), MINUTE)


@pytest.mark.parametrize(("day", "opens", "closes"), [((10, 30), 13, 20), ((11, 2), 14, 21)])
def test_a_session_moves_with_daylight_saving_time(
    latest: Clockwork, day: tuple[int, int], opens: int, closes: int
) -> None:
    keys = served(latest, "AAPL", at=utc(*day, 13, 0)).run_keys_until(utc(*day, 22, 0))
    assert keys == stamps("latest", utc(*day, opens, 30), utc(*day, closes, 0), MINUTE)


def test_a_day_of_charts_is_a_run_every_ten_minutes(hourly: Clockwork) -> None:
    keys = served(hourly, "AAPL", "BTC-USD", at=utc(11, 20, 0, 0)).run_keys_until(utc(11, 21, 0, 0))
    assert keys == stamps("hourly", utc(11, 20, 0, 0), utc(11, 20, 23, 50), TEN)


def test_ten_minutes_late_is_one_run_that_reaches_back_to_the_last_slot(latest: Clockwork) -> None:
    served(latest, "AAPL", at=utc(11, 20, 15, 0, 5)).tick()
    latest.workshops.clock.instant = utc(11, 20, 15, 10, 20)
    request = latest.tick()
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "latest:2026-11-20T15:10Z"
    assert config_of(request) == {"traded_since": "2026-11-20T15:00:00+00:00"}
    assert latest.tick() == "slot 2026-11-20T15:10Z is served"


def test_a_sensor_that_was_late_over_the_close_still_brings_the_last_price(latest: Clockwork) -> None:
    served(latest, "AAPL", at=utc(11, 20, 20, 55)).tick()
    keys = []
    latest.workshops.clock.instant = utc(11, 20, 21, 5)
    keys = latest.run_keys_until(utc(11, 20, 21, 10))
    assert keys == ["latest:2026-11-20T21:05Z"]


def test_a_stopped_market_is_a_skip_that_says_when_it_opens(latest: Clockwork) -> None:
    reason = served(latest, "AAPL", at=utc(11, 21, 15, 0)).tick()
    assert isinstance(reason, str)
    assert "XNYS opens Mon 2026-11-23 14:30 UTC" in reason


def test_one_request_serves_all_that_are_due_whatever_their_calendar(latest: Clockwork) -> None:
    request = served(latest, "AAPL", "SPY", "BTC-USD", at=utc(11, 20, 15, 0)).tick()
    assert config_of(request) == {"traded_since": "2026-11-20T14:59:00+00:00"}


def test_the_first_tick_of_all_asks_for_everything_active(latest: Clockwork) -> None:
    latest.workshops.activate("AAPL", "BTC-USD")
    latest.workshops.clock.instant = utc(11, 21, 15, 0)
    assert config_of(latest.tick()) == {}


@pytest.mark.parametrize("second", [10, 50])
def test_an_instrument_added_is_asked_for_within_the_next_minute_even_if_its_market_is_closed(
    latest: Clockwork, second: int
) -> None:
    served(latest, "BTC-USD", at=utc(11, 21, 15, 0, second)).tick()
    latest.workshops.activate("AAPL")
    latest.workshops.clock.instant = utc(11, 21, 15, 1)
    assert config_of(latest.tick()) == {"symbols": ["AAPL"], "traded_since": "2026-11-21T15:00:00+00:00"}


def test_a_chart_is_made_at_once_for_an_instrument_that_became_active_between_slots(hourly: Clockwork) -> None:
    served(hourly, "AAPL", at=utc(11, 20, 15, 0)).tick()
    hourly.workshops.activate("SPY")
    hourly.workshops.clock.instant = utc(11, 20, 15, 3)
    request = hourly.tick()
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "hourly:2026-11-20T15:03Z:new"
    assert config_of(request, "hourly_candles") == {"symbols": ["SPY"]}
    hourly.workshops.clock.instant = utc(11, 20, 15, 10)
    assert config_of(hourly.tick(), "hourly_candles") == {"traded_since": "2026-11-20T15:00:00+00:00"}


def test_nothing_active_is_a_skip_that_says_how_to_change_that(latest: Clockwork) -> None:
    reason = latest.tick()
    assert isinstance(reason, str)
    assert "watchlist" in reason


def test_no_run_is_launched_while_the_previous_one_is_at_work_and_its_slot_is_served_after(latest: Clockwork) -> None:
    served(latest, "AAPL", at=utc(11, 20, 15, 0))
    run = dg.DagsterRun(
        job_name="refresh_latest_prices", status=dg.DagsterRunStatus.STARTED, tags={"trend/lane": "minute"}
    )
    latest.instance.add_run(run)
    reason = latest.tick()
    assert isinstance(reason, str)
    assert reason.startswith("the previous run is at work since 20")
    assert run.run_id[:8] in reason
    latest.instance.report_run_canceled(run)
    assert isinstance(latest.tick(), dg.RunRequest)


def test_a_run_of_another_lane_delays_nothing(latest: Clockwork) -> None:
    served(latest, "AAPL", at=utc(11, 20, 15, 0))
    latest.instance.add_run(
        dg.DagsterRun(job_name="other", status=dg.DagsterRunStatus.STARTED, tags={"trend/lane": "hourly"})
    )
    assert isinstance(latest.tick(), dg.RunRequest)


def test_a_database_that_is_away_is_a_skip_and_the_slot_is_served_when_it_is_back(latest: Clockwork) -> None:
    served(latest, "AAPL", at=utc(11, 20, 15, 0))
    latest.workshops.away = 1
    reason = latest.tick()
    assert reason == "the database does not answer: run `trend up` (this slot is tried again at the next look)"
    request = latest.tick()
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "latest:2026-11-20T15:00Z"


def test_a_clock_that_is_set_back_stops_nothing(latest: Clockwork) -> None:
    served(latest, "BTC-USD", at=utc(11, 20, 15, 0)).tick()
    latest.workshops.clock.instant = utc(11, 20, 14, 0)
    assert config_of(latest.tick()) == {"traded_since": "2026-11-20T13:59:00+00:00"}


def test_both_run_without_being_switched_on_and_look_often_enough_for_their_slots() -> None:
    for sensor, slot in ((latest_price_sensor, MINUTE), (hourly_candles_sensor, TEN)):
        assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
        assert timedelta(seconds=sensor.minimum_interval_seconds or 0) < slot / 4


def test_a_look_within_a_served_slot_opens_no_database(latest: Clockwork) -> None:
    served(latest, "BTC-USD", at=utc(11, 20, 15, 0)).tick()
    latest.workshops.away = 1
    assert latest.tick() == "slot 2026-11-20T15:00Z is served"
    assert latest.workshops.away == 1


def test_a_stopped_market_is_looked_up_once_a_minute(latest: Clockwork) -> None:
    served(latest, "AAPL", at=utc(11, 21, 15, 0)).tick()
    latest.workshops.away = 1
    assert latest.tick() == "slot 2026-11-21T15:00Z is served"
    latest.workshops.clock.instant = utc(11, 21, 15, 1)
    assert str(latest.tick()).startswith("the database does not answer")


def test_a_mistake_in_the_settings_fails_the_tick(latest: Clockwork, monkeypatch: pytest.MonkeyPatch) -> None:
    served(latest, "AAPL", at=utc(11, 20, 15, 0))

    def refuse(_: MemoryWorkshops) -> None:
        raise SimulatedDataRefused("simulated prices were about to be used")

    monkeypatch.setattr(MemoryWorkshops, "_come_back", refuse)
    with pytest.raises(SimulatedDataRefused):
        latest.tick()
