"""The jobs of this folder: one for each asset, checks included."""

import dagster as dg

from trend_platform.orchestration.etl.jobs import tags_of
from trend_platform.orchestration.etl.readings.keys import ECONOMIC_OBSERVATIONS, NEWS_ARTICLES, SOCIAL_POSTS

refresh_economic_observations = dg.define_asset_job(
    "refresh_economic_observations",
    selection=dg.AssetSelection.assets(ECONOMIC_OBSERVATIONS),
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=1),
    description="Look at the economic series whose release is due.",
)
refresh_news_articles = dg.define_asset_job(
    "refresh_news_articles",
    selection=dg.AssetSelection.assets(NEWS_ARTICLES),
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=1),
    description="Ask all sources of news.",
)
refresh_social_posts = dg.define_asset_job(
    "refresh_social_posts",
    selection=dg.AssetSelection.assets(SOCIAL_POSTS),
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=1),
    description="Ask the sources of social posts that are enabled.",
)
