"""From a page in bytes to candles, in each provider's shape, beside the limit for it and beside `orjson.loads` alone.

The best of several rounds counts, since nothing but the processor is at work; the second figure has no limit: it tells what
share of the time is left for what the JSON means.
"""

import time
from collections.abc import Callable

import orjson

from trend_platform.providers.http import HttpAnswer
from trend_platform_tests import services
from trend_platform_tests.benchmarks.figure import Figure
from trend_platform_tests.benchmarks.shapes import Shape, shapes

_SECONDS_EACH = 0.6


def measure(_found: services.Services) -> list[Figure]:
    """Return two figures of each shape: candles a second against the limit, and against the JSON alone."""
    return [figure for shape in shapes() for figure in _figures(shape)]


def _figures(shape: Shape) -> list[Figure]:
    made = shape.parse(HttpAnswer(200, {}, shape.body)).height
    if made != shape.candles:
        raise AssertionError(f"{shape.provider}: {made} of {shape.candles} candles were made")
    ours = shape.candles / _best(lambda: shape.parse(HttpAnswer(200, {}, shape.body)))
    json_alone = shape.candles / _best(lambda: orjson.loads(shape.body))
    name = f"parse {shape.provider}, {shape.candles:,} candles a page"
    return [
        Figure(name, ours, shape.per_second, "candles/s", "limit", at_least=1.0),
        Figure(name, ours, json_alone, "candles/s", "orjson.loads"),
    ]


def _best(work: Callable[[], object]) -> float:
    work()
    best, until = float("inf"), time.perf_counter() + _SECONDS_EACH
    while time.perf_counter() < until:
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best
