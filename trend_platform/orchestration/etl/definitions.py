"""The code location `etl`, put together: every asset, check, job, schedule and resource it has, by name."""

from collections.abc import Mapping

import dagster as dg

from trend_platform.local.dbt import prepared, project_folder
from trend_platform.orchestration.etl.actions.assets import corporate_actions
from trend_platform.orchestration.etl.actions.checks import actions_are_agreed, splits_are_seen
from trend_platform.orchestration.etl.actions.jobs import check_new_splits, refresh_corporate_actions
from trend_platform.orchestration.etl.actions.schedules import corporate_actions_schedule
from trend_platform.orchestration.etl.actions.sensors import new_split_sensor
from trend_platform.orchestration.etl.assets import historical_candles, instruments, range_series
from trend_platform.orchestration.etl.checks import candles_are_sound, coverage_is_explained, series_match_database
from trend_platform.orchestration.etl.gaps.assets import candle_gaps
from trend_platform.orchestration.etl.gaps.checks import gaps_are_explained, ledger_equals_rows
from trend_platform.orchestration.etl.gaps.jobs import detect_gaps, repair_gaps
from trend_platform.orchestration.etl.gaps.schedules import candle_gaps_schedule
from trend_platform.orchestration.etl.gaps.sensors import repair_gaps_sensor
from trend_platform.orchestration.etl.intraday.assets import intraday_candles
from trend_platform.orchestration.etl.intraday.checks import intraday_is_explained
from trend_platform.orchestration.etl.intraday.jobs import intraday_history
from trend_platform.orchestration.etl.intraday.sensors import intraday_candles_sensor
from trend_platform.orchestration.etl.jobs import daily_history, maintenance, weekly_history
from trend_platform.orchestration.etl.models.assets import model_assets
from trend_platform.orchestration.etl.models.jobs import refresh_models
from trend_platform.orchestration.etl.models.sensors import models_sensor
from trend_platform.orchestration.etl.quality.assets import data_quality
from trend_platform.orchestration.etl.quality.checks import quarantine_is_decided, scores_are_high
from trend_platform.orchestration.etl.quality.jobs import score_quality
from trend_platform.orchestration.etl.quality.schedules import score_quality_schedule
from trend_platform.orchestration.etl.readings.assets import economic_observations, news_articles, social_posts
from trend_platform.orchestration.etl.readings.checks import (
    allowance_is_kept,
    news_keep_coming,
    releases_are_stored,
    stories_are_told_once,
    vintages_do_not_overlap,
)
from trend_platform.orchestration.etl.readings.jobs import (
    refresh_economic_observations,
    refresh_news_articles,
    refresh_social_posts,
)
from trend_platform.orchestration.etl.readings.schedules import (
    economic_observations_schedule,
    news_articles_schedule,
    social_posts_schedule,
)
from trend_platform.orchestration.etl.restating.checks import restatements_are_few
from trend_platform.orchestration.etl.restating.jobs import restate_candles
from trend_platform.orchestration.etl.restating.schedules import restate_candles_schedule
from trend_platform.orchestration.etl.rollups.assets import rolled_candles
from trend_platform.orchestration.etl.rollups.checks import rollup_identity
from trend_platform.orchestration.etl.rollups.jobs import check_rollups, refresh_rollups
from trend_platform.orchestration.etl.rollups.schedules import check_rollups_schedule
from trend_platform.orchestration.etl.rollups.sensors import rolled_candles_sensor
from trend_platform.orchestration.etl.schedules import (
    daily_history_schedule,
    maintenance_schedule,
    weekly_history_schedule,
)
from trend_platform.orchestration.pieces import Pieces, definitions_of
from trend_platform.orchestration.resources import workshops

PIECES = Pieces(
    assets={
        "instruments": instruments,
        "corporate_actions": corporate_actions,
        "historical_candles": historical_candles,
        "range_series": range_series,
        "intraday_candles": intraday_candles,
        "rolled_candles": rolled_candles,
        "data_quality": data_quality,
        "candle_gaps": candle_gaps,
        "economic_observations": economic_observations,
        "news_articles": news_articles,
        "social_posts": social_posts,
        "models": model_assets(project_folder(), prepared()),
    },
    checks={
        "coverage_is_explained": coverage_is_explained,
        "candles_are_sound": candles_are_sound,
        "restatements_are_few": restatements_are_few,
        "series_match_database": series_match_database,
        "actions_are_agreed": actions_are_agreed,
        "splits_are_seen": splits_are_seen,
        "intraday_is_explained": intraday_is_explained,
        "rollup_identity": rollup_identity,
        "gaps_are_explained": gaps_are_explained,
        "ledger_equals_rows": ledger_equals_rows,
        "scores_are_high": scores_are_high,
        "quarantine_is_decided": quarantine_is_decided,
        "releases_are_stored": releases_are_stored,
        "vintages_do_not_overlap": vintages_do_not_overlap,
        "news_keep_coming": news_keep_coming,
        "stories_are_told_once": stories_are_told_once,
        "allowance_is_kept": allowance_is_kept,
    },
    jobs={
        "daily_history": daily_history,
        "weekly_history": weekly_history,
        "intraday_history": intraday_history,
        "maintenance": maintenance,
        "restate_candles": restate_candles,
        "refresh_corporate_actions": refresh_corporate_actions,
        "check_new_splits": check_new_splits,
        "refresh_rollups": refresh_rollups,
        "check_rollups": check_rollups,
        "score_quality": score_quality,
        "detect_gaps": detect_gaps,
        "repair_gaps": repair_gaps,
        "refresh_economic_observations": refresh_economic_observations,
        "refresh_news_articles": refresh_news_articles,
        "refresh_social_posts": refresh_social_posts,
        "refresh_models": refresh_models,
    },
    schedules={
        "daily_history_schedule": daily_history_schedule,
        "weekly_history_schedule": weekly_history_schedule,
        "maintenance_schedule": maintenance_schedule,
        "restate_candles_schedule": restate_candles_schedule,
        "corporate_actions_schedule": corporate_actions_schedule,
        "check_rollups_schedule": check_rollups_schedule,
        "score_quality_schedule": score_quality_schedule,
        "candle_gaps_schedule": candle_gaps_schedule,
        "economic_observations_schedule": economic_observations_schedule,
        "news_articles_schedule": news_articles_schedule,
        "social_posts_schedule": social_posts_schedule,
    },
    sensors={
        "intraday_candles_sensor": intraday_candles_sensor,
        "models_sensor": models_sensor,
        "new_split_sensor": new_split_sensor,
        "rolled_candles_sensor": rolled_candles_sensor,
        "repair_gaps_sensor": repair_gaps_sensor,
    },
    resources={"workshops": workshops},
)


def build_defs(overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """Return the definitions of the location, with pieces replaced by name.

    Args:
        overrides: Assets by key, checks, jobs and schedules by name, resources by the parameter that asks for them;
            `{"workshops": ...}` gives every asset and check other databases and providers.

    Raises:
        UsageError: An override names no piece of this location.
    """
    return definitions_of(PIECES, overrides)


defs = build_defs()
