"""Names that several modules of this folder need: asset keys, the pools that let one run of a kind work at a time, the docs page."""

import dagster as dg

ECONOMIC_OBSERVATIONS = dg.AssetKey("economic_observations")
NEWS_ARTICLES = dg.AssetKey("news_articles")
SOCIAL_POSTS = dg.AssetKey("social_posts")

ECONOMIC_POOL, NEWS_POOL, SOCIAL_POOL = "economic_sources", "news_sources", "social_sources"

GROUP = "readings"
DOCS = "docs/how-to/economic-and-news.md"
