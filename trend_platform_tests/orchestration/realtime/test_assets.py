"""The realtime assets in real Dagster runs over a store in memory and the simulated provider."""

from collections.abc import Iterator

import dagster as dg
import pytest

from trend_platform.domain.ranges import Range
from trend_platform.settings import FaultSettings
from trend_platform_tests.orchestration.realtime.clockwork import run_job, utc
from trend_platform_tests.orchestration.workshops import MemoryWorkshops

OPEN = utc(11, 20, 16, 5, 30)
LATEST, HOURLY = "refresh_latest_prices", "refresh_hourly_candles"


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def workshops() -> MemoryWorkshops:
    made = MemoryWorkshops()
    made.clock.instant = OPEN
    made.activate("AAPL", "SPY", "BTC-USD")
    return made


def test_a_run_makes_the_prices_of_all_active_symbols_hot(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    ran = run_job(workshops, instance, LATEST)
    assert ran.result.success
    assert set(workshops.prices.get(["AAPL", "SPY", "BTC-USD"])) == {"AAPL", "SPY", "BTC-USD"}
    (shown,) = ran.materializations("latest_prices").values()
    assert (shown["asked"].value, shown["fresh"].value, shown["missing"].value) == (3, 3, 0)
    assert shown["verdict"].value == "3 new and 0 unchanged prices of 3 instruments; nothing is missing"
    assert "| simulated | 3 | 1 |" in str(shown["refreshed"].value)
    assert "SIMULATED" in str(shown["prices"].value)


def test_what_is_well_takes_no_table(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    (shown,) = run_job(workshops, instance, LATEST).materializations("latest_prices").values()
    assert [name for name, value in shown.items() if isinstance(value, dg.MarkdownMetadataValue)] == ["refreshed"]


def test_a_sensors_config_takes_only_markets_that_traded(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    workshops.clock.instant = utc(11, 21, 16, 5)
    run_job(workshops, instance, LATEST, {"traded_since": "2026-11-21T16:04:00+00:00"})
    assert workshops.quoted == [("BTC-USD",)]


def test_newcomers_come_on_top_whether_their_market_is_open_or_not(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    workshops.clock.instant = utc(11, 21, 16, 5)
    run_job(workshops, instance, LATEST, {"symbols": ["SPY"], "traded_since": "2026-11-21T16:04:00+00:00"})
    assert {symbol for call in workshops.quoted for symbol in call} == {"SPY", "BTC-USD"}


def test_named_symbols_are_refreshed_alone(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    run_job(workshops, instance, LATEST, {"symbols": ["spy"]})
    assert workshops.quoted == [("SPY",)]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"symbols": ["APPL"]}, "APPL is not in the universe; did you mean AAPL?"),
        ({"traded_since": "now"}, "traded_since 'now' is no time with a zone"),
    ],
)
def test_bad_config_fails_with_a_sentence_that_helps(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance, config: dict[str, object], words: str
) -> None:
    assert words in run_job(workshops, instance, LATEST, config).failure("latest_prices")


@pytest.mark.parametrize(("job", "asset"), [(LATEST, "latest_prices"), (HOURLY, "hourly_candles")])
def test_nothing_active_says_how_to_change_that(instance: dg.DagsterInstance, job: str, asset: str) -> None:
    assert "trend overview add AAPL BTC-USD" in run_job(MemoryWorkshops(), instance, job).failure(asset)


@pytest.mark.parametrize(("job", "asset"), [(LATEST, "latest_prices"), (HOURLY, "hourly_candles")])
def test_a_database_that_is_away_fails_the_run_at_once_since_the_next_one_comes_soon(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance, job: str, asset: str
) -> None:
    workshops.away = 1
    ran = run_job(workshops, instance, job)
    assert ran.failure(asset) == "the database does not answer: run `trend up`"
    assert not any(event.is_step_up_for_retry for event in ran.result.all_events)


def test_a_provider_that_fails_is_an_outcome_with_a_table_and_a_check_that_fails(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    workshops.faults = (FaultSettings(kind="http_500"),)
    ran = run_job(workshops, instance, LATEST)
    assert ran.result.success
    (shown,) = ran.materializations("latest_prices").values()
    assert shown["missing"].value == 3
    assert "AAPL" in str(shown["verdict"].value)
    table = str(shown["who was not served"].value)
    assert table.count("\n") == 2, table
    assert "| AAPL, BTC-USD, SPY | 3 | simulated |" in table or "| AAPL, SPY, BTC-USD | 3 | simulated |" in table
    assert not ran.check("latest_prices_are_fresh").passed


def test_a_run_reports_its_check_as_one_event_without_a_step(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    ran = run_job(workshops, instance, LATEST)
    check = ran.check("latest_prices_are_fresh")
    assert check.passed
    assert check.description == "all latest prices are fresh (3 instruments)"
    steps = {event.step_key for event in ran.result.all_events if event.step_key}
    assert steps == {"latest_prices"}
    key = dg.AssetCheckKey(dg.AssetKey("latest_prices"), "latest_prices_are_fresh")
    assert instance.get_latest_asset_check_evaluation_record(key) is not None


def test_a_run_makes_the_charts_of_the_session_hot_and_accounts_for_every_hour(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    ran = run_job(workshops, instance, HOURLY)
    assert ran.result.success
    assert workshops.cache.get("AAPL", Range.D1)
    (shown,) = ran.materializations("hourly_candles").values()
    # 09:30 is over and 10:30 forms in New York; of Bitcoin's 24 hours one forms.
    assert shown["expected"].value == shown["stored"].value
    assert shown["unexplained missing"].value == 0
    assert ran.check("hourly_candles_are_fresh").passed


def test_hours_that_are_missing_are_a_table_with_their_hours(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    workshops.faults = (FaultSettings(kind="http_500", symbol="AAPL"),)
    ran = run_job(workshops, instance, HOURLY)
    (shown,) = ran.materializations("hourly_candles").values()
    assert "| AAPL | 11-20 14:30 |" in str(shown["holes"].value)
    assert not ran.check("hourly_candles_are_fresh").passed
