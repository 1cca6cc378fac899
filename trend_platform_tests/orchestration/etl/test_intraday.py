"""Candles within a day in real Dagster runs over a store in memory, and when their runs are launched."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from trend_platform.domain.intervals import Spans, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.candle_fetch import INTRADAY
from trend_platform.ingest.universe import add_symbols
from trend_platform.orchestration.etl.definitions import build_defs
from trend_platform.orchestration.etl.intraday.partitions import (
    DAYS_AND_TIMEFRAMES,
    blocks_of_keys,
    blocks_of_tags,
    key_of,
    tags_for_block,
)
from trend_platform.orchestration.etl.intraday.sensors import intraday_candles_sensor
from trend_platform.settings import FaultSettings, IntradaySettings, Settings
from trend_platform_tests.orchestration.workshops import MemoryWorkshops, Ran

# Friday, half an hour after New York's close and more: the clock of the workshops stands at 22:00 UTC.
FRIDAY, THURSDAY = date(2026, 11, 20), date(2026, 11, 19)
ASSET = "intraday_candles"


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def workshops() -> MemoryWorkshops:
    found = MemoryWorkshops()
    found.activate("SPY", "BTC-USD")
    return found


def launch(
    workshops: MemoryWorkshops,
    instance: dg.DagsterInstance,
    first: date = FRIDAY,
    timeframe: Timeframe = Timeframe.H1,
    through: Timeframe | None = None,
    **config: object,
) -> Ran:
    job = build_defs({"workshops": workshops}).resolve_job_def("intraday_history")
    result = job.execute_in_process(
        instance=instance,
        tags=tags_for_block(first, FRIDAY, timeframe, through),
        run_config={"ops": {ASSET: {"config": config}}},
        raise_on_error=False,
    )
    return Ran(instance, result)


def shown(ran: Ran, day: date, timeframe: Timeframe) -> Mapping[str, object]:
    return {name: value.value for name, value in ran.materializations(ASSET)[key_of(day, timeframe)].items()}


def test_days_by_timeframes_are_the_partitions_and_one_run_serves_a_block() -> None:
    node = build_defs().get_repository_def().asset_graph.get(dg.AssetKey(ASSET))
    assert node.partitions_def == DAYS_AND_TIMEFRAMES
    assert node.backfill_policy == dg.BackfillPolicy.single_run()
    first, *_ = DAYS_AND_TIMEFRAMES.get_partition_keys(current_time=datetime(2010, 1, 1, 12, tzinfo=UTC))
    assert first == "2010-01-01|1m"
    assert len(DAYS_AND_TIMEFRAMES.get_partition_keys(current_time=datetime(2010, 1, 3, 12, tzinfo=UTC))) == 3 * 7


def test_a_run_of_a_block_asks_once_for_each_timeframe_and_each_partition_carries_its_own_counts(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    ran = launch(workshops, instance, THURSDAY, Timeframe.M30, Timeframe.H1)
    assert ran.result.success
    blocks = {(day, one) for day in (THURSDAY, FRIDAY) for one in (Timeframe.M30, Timeframe.H1)}
    assert set(ran.materializations(ASSET)) == {key_of(*block) for block in blocks}
    assert len(workshops.asked) == 2 * 2
    # A session of New York has 13 half hours, 7 hours; a day of Bitcoin 48 and 24, of which Friday's last two hours are open.
    assert shown(ran, THURSDAY, Timeframe.M30)["expected"] == 13 + 48
    assert shown(ran, THURSDAY, Timeframe.H1)["expected"] == 7 + 24
    friday = shown(ran, FRIDAY, Timeframe.H1)
    assert friday["expected"] == friday["stored"] == friday["dagster/partition_row_count"] == 7 + 22
    assert friday["verdict"] == "29 of 29 expected candles are stored; nothing is unexplained"
    assert "SIMULATED" in str(friday["prices"])
    assert ran.check("intraday_is_explained").passed
    assert ran.check("outcome_adds_up").passed


def test_every_timeframe_within_a_day_can_be_materialized(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    ran = launch(workshops, instance, FRIDAY, Timeframe.M1, Timeframe.H12)
    counts = {one: shown(ran, FRIDAY, one)["stored"] for one in INTRADAY}
    spy = {"1m": 390, "5m": 78, "15m": 26, "30m": 13, "1h": 7, "4h": 2, "12h": 1}
    bitcoin = {"1m": 1320, "5m": 264, "15m": 88, "30m": 44, "1h": 22, "4h": 5, "12h": 1}
    assert counts == {one: spy[one] + bitcoin[one] for one in spy}


def test_what_is_stored_is_not_asked_again_unless_it_is_to_be_refreshed(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    launch(workshops, instance, symbols=["SPY"])
    workshops.asked.clear()
    assert shown(launch(workshops, instance, symbols=["SPY"]), FRIDAY, Timeframe.H1)["calls"] == 0
    assert not workshops.asked
    ran = launch(workshops, instance, symbols=["SPY"], refresh=True)
    assert "| unchanged | 7 |" in str(shown(ran, FRIDAY, Timeframe.H1)["outcome of the run"])


def test_holes_are_in_the_metadata_of_their_day_and_in_the_check(instance: dg.DagsterInstance) -> None:
    fault = FaultSettings(kind="hole", symbol="SPY", start="2026-11-19", end="2026-11-20")
    workshops = MemoryWorkshops(faults=(fault,))
    workshops.activate("SPY", "BTC-USD")
    ran = launch(workshops, instance, THURSDAY)
    thursday = shown(ran, THURSDAY, Timeframe.H1)
    assert (thursday["unexplained missing"], shown(ran, FRIDAY, Timeframe.H1)["unexplained missing"]) == (7, 0)
    assert thursday["verdict"] == "24 of 31 expected candles are stored, 7 missing unexplained (SPY)"
    assert "| SPY | 2026-11-19 14:30 |" in str(thursday["top holes"])
    check = ran.check("intraday_is_explained")
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "| 2026-11-19\\|1h | 31 | 24 | 0 | 7 | SPY |" in str(check.metadata["days that lack candles"].value)


def test_the_check_alone_looks_at_the_last_days_of_what_is_active_and_says_what_was_never_asked(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    launch(workshops, instance, symbols=["SPY"])
    defs = build_defs({"workshops": workshops})
    key = dg.AssetCheckKey(dg.AssetKey(ASSET), "intraday_is_explained")
    job = defs.resolve_implicit_global_asset_job_def().get_subset(asset_check_selection={key}, asset_selection=set())
    ran = Ran(instance, job.execute_in_process(instance=instance))
    check = ran.check("intraday_is_explained")
    assert not check.passed
    assert str(check.description).startswith("16 partitions: ")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"symbols": ["APPL"]}, "APPL is not in the universe"),
        ({"provider": "bloomberg"}, "provider 'bloomberg' is not at hand here"),
    ],
)
def test_bad_config_fails_at_once_with_a_sentence_that_helps(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance, config: dict[str, object], words: str
) -> None:
    ran = launch(workshops, instance, **config)
    assert words in ran.failure(ASSET)
    assert not workshops.asked


def test_without_anything_active_a_run_says_what_to_do(instance: dg.DagsterInstance) -> None:
    ran = launch(MemoryWorkshops(), instance)
    assert "trend overview add SPY BTC-USD" in ran.failure(ASSET)


def test_intraday_runs_wait_for_each_other_and_not_for_the_daily_history() -> None:
    pools = {node.name: node.pools for node in build_defs().resolve_job_def("intraday_history").all_node_defs}
    assert pools[ASSET] == {"market_intraday"}


def test_keys_and_tags_mean_the_same_block() -> None:
    tags = tags_for_block(THURSDAY, FRIDAY, Timeframe.M1, Timeframe.M5)
    whole = Spans((days(THURSDAY, FRIDAY),))
    assert blocks_of_tags(tags) == {Timeframe.M1: whole, Timeframe.M5: whole}
    assert blocks_of_tags({"dagster/partition": "2026-11-20|12h"}) == {Timeframe.H12: Spans((days(FRIDAY, FRIDAY),))}
    keys = [key_of(day, one) for day in (FRIDAY, THURSDAY) for one in (Timeframe.M5, Timeframe.M1)]
    assert blocks_of_keys(keys) == blocks_of_tags(tags)
    apart = blocks_of_keys([key_of(FRIDAY, Timeframe.M1), key_of(THURSDAY - timedelta(days=1), Timeframe.M1)])
    assert len(apart[Timeframe.M1]) == 2
    assert blocks_of_tags({}) == {}


class Clockwork:
    """The sensor, tick by tick."""

    def __init__(self, workshops: MemoryWorkshops) -> None:
        self.workshops, self.cursor, self.runs = workshops, None, 0

    def tick(self, at: str) -> list[dg.RunRequest] | str:
        self.workshops.clock.instant = datetime.fromisoformat(at).replace(tzinfo=UTC)
        context = dg.build_sensor_context(cursor=self.cursor)
        result = intraday_candles_sensor(context, workshops=self.workshops)
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor if result.cursor is not None else self.cursor
        return list(result.run_requests or ()) or str(result.skip_reason.skip_message if result.skip_reason else "")


@pytest.fixture
def clockwork(workshops: MemoryWorkshops) -> Clockwork:
    return Clockwork(workshops)


def stretch(request: dg.RunRequest) -> tuple[str, str]:
    return tuple(request.tags[f"dagster/asset_partition_range_{end}"] for end in ("start", "end"))


def test_after_each_close_one_run_for_each_timeframe_asks_for_the_session_and_the_one_before(
    clockwork: Clockwork,
) -> None:
    assert "XNYS closes at Fri 2026-11-20 21:00 UTC, served 30 minutes later" in clockwork.tick("2026-11-20T21:20")
    runs = clockwork.tick("2026-11-20T21:31")
    assert [one.run_key for one in runs] == [f"intraday:XNYS:2026-11-20T21:00Z:{one}" for one in ("1m", "1h")]
    assert stretch(runs[0]) == ("2026-11-19|1m", "2026-11-20|1m")
    assert runs[0].run_config == {"ops": {ASSET: {"config": {"symbols": ["SPY"]}}}}
    assert "24/7 closes at Sat 2026-11-21 00:00 UTC" in clockwork.tick("2026-11-20T21:36")


def test_crypto_is_asked_each_day_and_the_weekend_has_no_session(clockwork: Clockwork) -> None:
    clockwork.tick("2026-11-21T00:31")
    saturday = clockwork.tick("2026-11-22T00:31")
    assert {one.run_config["ops"][ASSET]["config"]["symbols"][0] for one in saturday} == {"BTC-USD"}
    assert stretch(saturday[0]) == ("2026-11-20|1m", "2026-11-21|1m")


def test_a_half_day_is_served_after_its_own_close(clockwork: Clockwork) -> None:
    clockwork.tick("2026-11-27T18:20")
    (minutes, _) = clockwork.tick("2026-11-27T18:31")
    # The day after Thanksgiving; the session before it is Wednesday's.
    assert minutes.run_key == "intraday:XNYS:2026-11-27T18:00Z:1m"
    assert stretch(minutes) == ("2026-11-25|1m", "2026-11-27|1m")


def test_closes_that_were_slept_over_are_caught_up_by_one_run(clockwork: Clockwork) -> None:
    clockwork.tick("2026-11-17T21:20")
    runs = clockwork.tick("2026-11-20T21:40")
    of_spy = [one for one in runs if one.tags["trend/calendar"] == "XNYS"]
    assert [stretch(one) for one in of_spy] == [
        ("2026-11-16|1m", "2026-11-20|1m"),
        ("2026-11-16|1h", "2026-11-20|1h"),
    ]


def test_a_database_that_is_away_costs_no_close(clockwork: Clockwork) -> None:
    clockwork.tick("2026-11-20T21:20")
    clockwork.workshops.away = 1
    assert "tried again at the next look" in clockwork.tick("2026-11-20T21:31")
    assert len(clockwork.tick("2026-11-20T21:36")) == 2


def test_the_settings_choose_the_timeframes_and_the_wait(workshops: MemoryWorkshops) -> None:
    workshops.chosen = Settings(intraday=IntradaySettings(timeframes="5m, 5m", minutes_after_close=0))
    clockwork = Clockwork(workshops)
    clockwork.tick("2026-11-20T20:59")
    assert [one.run_key[-2:] for one in clockwork.tick("2026-11-20T21:01")] == ["5m"]
    workshops.chosen = Settings(intraday=IntradaySettings(timeframes=""))
    assert "intraday.timeframes names none" in Clockwork(workshops).tick("2026-11-20T21:01")


def test_without_anything_active_nothing_is_launched() -> None:
    workshops = MemoryWorkshops()
    add_symbols(workshops.storage.universe, ["SPY"])
    assert "nothing is on a list" in Clockwork(workshops).tick("2026-11-20T21:31")


def test_what_the_sensor_asks_for_can_be_run(
    clockwork: Clockwork, workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    clockwork.tick("2026-11-20T21:20")
    runs = clockwork.tick("2026-11-20T21:31")
    assert not isinstance(runs, str)
    job = build_defs({"workshops": workshops}).resolve_job_def("intraday_history")
    result = job.execute_in_process(instance=instance, tags=runs[1].tags, run_config=runs[1].run_config)
    assert result.success
    assert shown(Ran(instance, result), FRIDAY, Timeframe.H1)["stored"] == 7
