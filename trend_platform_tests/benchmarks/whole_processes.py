"""Whole processes against their limits: `trend --help` in time, a MAX run of the user's own files in memory."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from trend_platform_tests import services
from trend_platform_tests.benchmarks.figure import Figure
from trend_platform_tests.benchmarks.market import daily_candles

ROUNDS = 7
HELP_LIMIT_MS, MEMORY_LIMIT_MIB = 400, 600


def measure(found: services.Services) -> list[Figure]:
    """Return the time of `trend --help` and the peak memory of a MAX run, against their limits."""
    url = services.create_database(found, "bench_memory")
    return [
        Figure("trend --help, whole process", _help_ms(), HELP_LIMIT_MS, "ms", "limit", at_most=1.0),
        Figure(
            "memory of a whole MAX run",
            _peak_mib(url, found.redis_url(61)),
            MEMORY_LIMIT_MIB,
            "MiB",
            "limit",
            at_most=1.0,
        ),
    ]


def _help_ms() -> float:
    trend = Path(sys.executable).parent / "trend"
    return 1000 * median(_seconds([str(trend), "--help"]) for _ in range(ROUNDS))


def _seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


def _peak_mib(database_url: str, redis_url: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        daily_candles().write_csv(Path(folder) / "candles.csv")
        command = [
            sys.executable,
            "-m",
            "trend_platform_tests.benchmarks.peers.max_run",
            folder,
            database_url,
            redis_url,
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])
