"""The code location `realtime`, put together.

It holds what runs by the minute and must therefore import fast: nothing here, nor what it imports, may import Polars,
pandas or a calendar while the module loads; `trend_platform_tests/orchestration/test_locations.py` watches that.
"""

from collections.abc import Mapping

import dagster as dg

from trend_platform.orchestration.pieces import Pieces, definitions_of

PIECES = Pieces()


def build_defs(overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """Return the definitions of the location, with pieces replaced by name.

    Raises:
        UsageError: An override names no piece of this location.
    """
    return definitions_of(PIECES, overrides)


defs = build_defs()
