"""The columns of the tables behind the assets, as Dagster shows them on an asset's page."""

import dagster as dg

_OBSERVATION_COLUMNS = {
    "provider": ("string", "fred, or fredgraph where there is no key"),
    "series": ("string", "FRED's id: GDP, UNRATE, FEDFUNDS, CPIAUCSL"),
    "observed_on": ("date", "first day of the period"),
    "realtime_start": ("date", "first day this value was believed"),
    "realtime_end": ("date", "last day it was; 9999-12-31 while it still is"),
    "value": ("float", "null where none was published"),
    "fetched_at": ("timestamp", "UTC; untouched by a fetch that changed nothing"),
}
_ARTICLE_COLUMNS = {
    "provider": ("string", "who told it first"),
    "url": ("string", "canonical address; each once"),
    "title": ("string", "as told"),
    "summary": ("string", "as told; often empty"),
    "publisher": ("string", "a name or a host"),
    "symbols": ("string[]", "instruments it is about"),
    "also_at": ("string[]", "canonical addresses of its other copies"),
    "sentiment": ("float", "from -1 (bad) to 1 (good): a rule of thumb"),
    "published_at": ("timestamp", "UTC"),
    "fetched_at": ("timestamp", "UTC"),
}
_POST_COLUMNS = {
    "provider": ("string", "stocktwits, reddit_rss or x"),
    "post_id": ("string", "its id there"),
    "url": ("string", "its address"),
    "text": ("string", "what it says; who wrote it is not kept"),
    "symbols": ("string[]", "instruments it is about"),
    "stance": ("string", "bullish or bearish, where the author marked it"),
    "likes": ("int", "when it was first seen; null where the source does not count"),
    "replies": ("int", "when it was first seen; null where the source does not count"),
    "sentiment": ("float", "from -1 (bad) to 1 (good): a rule of thumb"),
    "posted_at": ("timestamp", "UTC"),
    "fetched_at": ("timestamp", "UTC"),
}


def _schema(columns: dict[str, tuple[str, str]]) -> dg.TableSchema:
    return dg.TableSchema([dg.TableColumn(name, kind, what) for name, (kind, what) in columns.items()])


OBSERVATIONS = _schema(_OBSERVATION_COLUMNS)
ARTICLES = _schema(_ARTICLE_COLUMNS)
POSTS = _schema(_POST_COLUMNS)
