"""What both code locations offer by name; users, schedules and dashboards rely on it."""

import re
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from trend_platform.errors import UsageError
from trend_platform.orchestration.etl import definitions as etl
from trend_platform.orchestration.realtime import definitions as realtime

MODELS = {
    "split_factors",
    "daily_returns",
    "weekly_candles",
    "monthly_candles",
    "range_performance",
    "trend_signals",
    "market_overview",
    "market_breadth",
    "data_coverage",
}
NINE_RANGES = ["7D", "1M", "3M", "6M", "YTD", "1Y", "3Y", "5Y", "MAX"]


def repository(defs: dg.Definitions) -> dg.RepositoryDefinition:
    dg.Definitions.validate_loadable(defs)
    return defs.get_repository_def()


def test_etl_offers_exactly_these_names() -> None:
    loaded = repository(etl.build_defs())
    graph = loaded.asset_graph
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == {
        "instruments",
        "historical_candles",
        "range_series",
        "intraday_candles",
        "rolled_candles",
        "candle_gaps",
        "economic_observations",
        "news_articles",
        "social_posts",
        "data_quality",
        "corporate_actions",
        *MODELS,
    }
    assert jobs_of(loaded) == {
        "daily_history",
        "weekly_history",
        "intraday_history",
        "maintenance",
        "refresh_corporate_actions",
        "check_new_splits",
        "restate_candles",
        "refresh_rollups",
        "check_rollups",
        "detect_gaps",
        "repair_gaps",
        "refresh_economic_observations",
        "refresh_news_articles",
        "refresh_social_posts",
        "score_quality",
        "refresh_models",
    }
    assert {one.name for one in loaded.schedule_defs} == {
        "daily_history_schedule",
        "weekly_history_schedule",
        "maintenance_schedule",
        "corporate_actions_schedule",
        "restate_candles_schedule",
        "check_rollups_schedule",
        "candle_gaps_schedule",
        "economic_observations_schedule",
        "news_articles_schedule",
        "social_posts_schedule",
        "score_quality_schedule",
    }
    assert {one.name for one in loaded.sensor_defs} - {"default_automation_condition_sensor"} == {
        "intraday_candles_sensor",
        "models_sensor",
        "new_split_sensor",
        "rolled_candles_sensor",
        "repair_gaps_sensor",
    }
    told_by_dbt = {key for key in graph.asset_check_keys if key.asset_key.to_user_string() in MODELS}
    assert {key.to_user_string() for key in graph.asset_check_keys - told_by_dbt} == {
        "historical_candles:outcome_adds_up",
        "historical_candles:coverage_is_explained",
        "historical_candles:candles_are_sound",
        "historical_candles:restatements_are_few",
        "range_series:series_match_database",
        "intraday_candles:outcome_adds_up",
        "intraday_candles:intraday_is_explained",
        "rolled_candles:rollup_identity",
        "candle_gaps:gaps_are_explained",
        "candle_gaps:ledger_equals_rows",
        "corporate_actions:actions_are_agreed",
        "corporate_actions:splits_are_seen",
        "economic_observations:outcome_adds_up",
        "economic_observations:releases_are_stored",
        "economic_observations:vintages_do_not_overlap",
        "news_articles:outcome_adds_up",
        "news_articles:news_keep_coming",
        "news_articles:stories_are_told_once",
        "social_posts:outcome_adds_up",
        "social_posts:allowance_is_kept",
        "data_quality:scores_are_high",
        "data_quality:quarantine_is_decided",
    }
    assert set(loaded.get_top_level_resources()) == {"workshops"}


def test_realtime_offers_exactly_these_names() -> None:
    loaded = repository(realtime.build_defs())
    graph = loaded.asset_graph
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == {"latest_prices", "hourly_candles"}
    assert jobs_of(loaded) == {"refresh_latest_prices", "refresh_hourly_candles"}
    assert not loaded.schedule_defs
    assert {one.name for one in loaded.sensor_defs} - {"default_automation_condition_sensor"} == {
        "latest_price_sensor",
        "hourly_candles_sensor",
        "alert_sensor",
    }
    assert {key.to_user_string() for key in graph.asset_check_keys} == {
        "latest_prices:latest_prices_are_fresh",
        "hourly_candles:hourly_candles_are_fresh",
    }
    assert set(loaded.get_top_level_resources()) == {"workshops"}


def jobs_of(loaded: dg.RepositoryDefinition) -> set[str]:
    return {name for name in loaded.job_names if not name.startswith("__")}


@pytest.mark.parametrize(
    ("job", "lane", "seconds"),
    [("refresh_latest_prices", "minute", "120"), ("refresh_hourly_candles", "hourly", "900")],
)
def test_each_realtime_job_has_its_lane_one_step_and_a_time_to_end_by(job: str, lane: str, seconds: str) -> None:
    found = repository(realtime.build_defs()).get_job(job)
    assert found.tags["trend/lane"] == lane
    assert found.tags["dagster/max_runtime"] == seconds
    assert len(list(found.all_node_defs)) == 1
    assert found.executor_def is dg.in_process_executor


def test_no_job_of_etl_is_in_a_lane() -> None:
    loaded = repository(etl.build_defs())
    assert not any("trend/lane" in loaded.get_job(job).tags for job in jobs_of(loaded))


@pytest.mark.parametrize("asset", ["latest_prices", "hourly_candles"])
def test_a_realtime_asset_tells_a_woken_person_what_it_is_and_whose(asset: str) -> None:
    node = repository(realtime.build_defs()).asset_graph.get(dg.AssetKey(asset))
    assert node.description
    assert node.owners == ["team:market-data"]
    assert node.kinds == {"timescaledb", "redis"}
    assert node.freshness_policy_or_from_metadata is not None


@pytest.mark.parametrize("asset", ["historical_candles", "range_series"])
def test_the_nine_ranges_are_the_partitions_and_one_run_serves_them_all(asset: str) -> None:
    node = repository(etl.build_defs()).asset_graph.get(dg.AssetKey(asset))
    assert node.partitions_def is not None
    assert list(node.partitions_def.get_partition_keys()) == NINE_RANGES
    assert node.backfill_policy == dg.BackfillPolicy.single_run()


def test_lineage_runs_from_instruments_to_range_series() -> None:
    graph = repository(etl.build_defs()).asset_graph
    assert {key.to_user_string() for key in graph.get(dg.AssetKey("range_series")).parent_keys} == {
        "historical_candles"
    }
    assert {key.to_user_string() for key in graph.get(dg.AssetKey("historical_candles")).parent_keys} == {"instruments"}


def test_lineage_runs_from_historical_candles_to_every_model() -> None:
    graph = repository(etl.build_defs()).asset_graph
    parents = {name: {key.to_user_string() for key in graph.get(dg.AssetKey(name)).parent_keys} for name in MODELS}
    assert parents["daily_returns"] == {"historical_candles", "split_factors"}
    assert parents["split_factors"] == {"corporate_actions"}
    assert parents["market_breadth"] == {"market_overview"}
    reached, fresh = set[str](), {"historical_candles"}
    while fresh:
        reached |= fresh
        fresh = {name for name, above in parents.items() if above & reached} - reached
    assert MODELS - reached == {"split_factors"}


def test_every_model_has_a_check_a_description_and_described_columns() -> None:
    graph = repository(etl.build_defs()).asset_graph
    for name in MODELS:
        node = graph.get(dg.AssetKey(name))
        schema = node.metadata["dagster/column_schema"]
        assert node.description
        assert node.owners == ["team:market-data"]
        assert node.group_name == "models"
        assert [column.name for column in schema.columns if not column.description or column.type == "?"] == []
        assert any(key.name.startswith(name) for key in node.check_keys)


def test_only_the_soundness_check_blocks_the_hot_series() -> None:
    graph = repository(etl.build_defs()).asset_graph
    # What dbt tests blocks models alone: nothing that is served or fetched comes after them.
    candles = {key for key in graph.asset_check_keys if key.asset_key.to_user_string() not in MODELS}
    blocking = {key.name for key in candles if graph.get_check_spec(key).blocking}
    assert blocking == {"candles_are_sound"}


def test_history_runs_one_at_a_time() -> None:
    pools = {node.name: node.pools for node in repository(etl.build_defs()).get_job("daily_history").all_node_defs}
    assert pools["historical_candles"] == {"market_history"}


def test_dagster_yaml_makes_a_pool_a_lane_for_one_and_frees_the_place_of_a_killed_worker() -> None:
    instance = (Path(__file__).parents[2] / "dagster.yaml").read_text()
    assert re.search(r"^  pools:\n(?:    .*\n)*    default_limit: 1\n", instance, re.MULTILINE)
    assert re.search(r"^  free_slots_after_run_end_seconds: [1-9]\d?\n", instance, re.MULTILINE)


@pytest.mark.parametrize(("job", "hours"), [("daily_history", 4), ("weekly_history", 12)])
def test_jobs_end_in_time_and_are_tried_again_when_their_worker_is_killed(job: str, hours: int) -> None:
    tags = repository(etl.build_defs()).get_job(job).tags
    assert tags["dagster/max_runtime"] == str(hours * 3600)
    assert tags["dagster/max_retries"] == "2"


def test_a_piece_can_be_replaced_by_name() -> None:
    other = object()
    assert etl.build_defs({"workshops": other}).resources == {"workshops": other}


def test_an_override_without_a_namesake_is_refused() -> None:
    with pytest.raises(UsageError, match=r"'workshop' is no piece of this code location; known: .*workshops"):
        etl.build_defs({"workshop": 1})


def imported_by(module: str) -> set[str]:
    code = f"import {module}, sys; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_realtime_imports_nothing_heavy() -> None:
    heavy = {"polars", "pandas", "numpy", "exchange_calendars", "psycopg", "redis", "httpx", "sqlalchemy", "apprise"}
    heavy |= {"dbt", "dagster_dbt", "agate"}
    assert not heavy & imported_by("trend_platform.orchestration.realtime.definitions")


def test_etl_opens_and_loads_no_driver_before_a_run() -> None:
    late = {"pandas", "exchange_calendars", "psycopg", "redis", "trend_platform.local.connections"}
    assert not late & imported_by("trend_platform.orchestration.etl.definitions")
