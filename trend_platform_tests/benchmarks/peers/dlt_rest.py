"""The peer of the end-to-end benchmark: dlt's own rest_api source, merged into the same server.

Runs in an environment of its own, because the platform does not depend on dlt. Prints rows and seconds as JSON.

Usage: python dlt_rest.py BASE_URL DATABASE_URL START END SYMBOL...
"""

import json
import sys
import tempfile
import time

import dlt
from dlt.sources.rest_api import rest_api_resources


def candles_source(base_url: str, start: str, end: str, symbols: list[str]) -> list[object]:
    """Return the resources: the list of symbols, and their daily candles by symbol."""

    @dlt.resource(name="symbols", selected=False)
    def listed() -> object:
        yield [{"symbol": symbol} for symbol in symbols]

    return rest_api_resources(
        {
            "client": {"base_url": base_url, "auth": {"type": "bearer", "token": "bench"}},
            "resource_defaults": {"write_disposition": "merge", "parallelized": True},
            "resources": [
                listed(),
                {
                    "name": "candles",
                    "primary_key": ["_symbols_symbol", "t"],
                    "include_from_parent": ["symbol"],
                    "endpoint": {
                        "path": f"v2/aggs/ticker/{{resources.symbols.symbol}}/range/1/day/{start}/{end}",
                        "params": {"adjusted": "false", "limit": 50000, "sort": "asc"},
                        "data_selector": "results",
                        "paginator": "single_page",
                    },
                },
            ],
        }
    )


def main() -> None:
    """Load once and report."""
    base_url, database_url, start, end, *symbols = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            "peer", pipelines_dir=folder, destination=dlt.destinations.postgres(database_url), dataset_name="peer_dlt"
        )
        began = time.monotonic()
        pipeline.run(candles_source(base_url, start, end, symbols))
        seconds = time.monotonic() - began
        with pipeline.sql_client() as client:
            rows = client.execute_sql("SELECT count(*) FROM candles")[0][0]
    json.dump({"rows": rows, "seconds": seconds, "dlt": dlt.__version__}, sys.stdout)


if __name__ == "__main__":
    main()
