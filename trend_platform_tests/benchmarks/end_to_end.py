"""Five years of 505 symbols over local HTTP, judged and stored, beside dlt's rest_api source merging the same answers.

The server runs in a process of its own and answers from bodies serialised beforehand. Both sides load into empty
databases of one server, take turns, and are timed without their imports; medians.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from pydantic import SecretStr

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.ranges import Range
from trend_platform.providers.registry import open_provider
from trend_platform.settings import PolygonSettings, ProvidersSettings
from trend_platform.storage.base import PriceKind
from trend_platform_tests import services
from trend_platform_tests.benchmarks.figure import Figure
from trend_platform_tests.benchmarks.market import AS_OF, FIRST, daily_candles, symbols
from trend_platform_tests.world import open_world

ROUNDS = 3
_PEER = Path(__file__).parent / "peers" / "dlt_rest.py"


def measure(found: services.Services) -> list[Figure]:
    """Return the ratio of our rows per second to the peer's."""
    ours: list[float] = []
    peers: list[float] = []
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as base_url:
        for number in range(ROUNDS):
            database = services.create_database(found, f"bench_e2e_{number}")
            ours.append(_ours(base_url, database, found.redis_url(60)))
            peers.append(_peer(base_url, services.create_database(found, f"bench_dlt_{number}")))
    return [
        Figure(
            "end to end over HTTP, judged and stored", median(ours), median(peers), "rows/s", "dlt merge", at_least=10
        )
    ]


def _ours(base_url: str, database_url: str, redis_url: str) -> float:
    world = open_world(database_url, redis_url, PriceKind.REAL)
    try:
        world.add(*symbols())
        get_calendar("XNYS")
        settings = PolygonSettings(base_url=base_url, api_key=SecretStr("bench"), rate_per_minute=1_000_000)
        provider = open_provider(
            "polygon", ProvidersSettings(polygon=settings), ManualClock(datetime(2026, 1, 5, tzinfo=UTC))
        )
        began = time.perf_counter()
        outcome = world.backfill(Range.Y5, providers=(provider,), as_of=AS_OF)
        seconds = time.perf_counter() - began
    finally:
        world.close()
    if outcome.upserted.inserted != daily_candles().height:
        raise AssertionError(
            f"stored {outcome.upserted.inserted} of {daily_candles().height} candles: {outcome.failures[:3]}"
        )
    return outcome.received / seconds


def _peer(base_url: str, database_url: str) -> float:
    python = services.CHECKOUT / ".venv" / ".peers" / "bin" / "python"
    if not python.exists():
        raise FileNotFoundError(f"{python} is missing: `make bench` prepares it with `.ci/environment peers`")
    arguments = [base_url, database_url, FIRST.isoformat(), AS_OF.isoformat(), *symbols()]
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"HOME": folder, "RUNTIME__DLTHUB_TELEMETRY": "false"}
        done = subprocess.run(
            [python, _PEER, *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
        )
    report = json.loads(done.stdout.splitlines()[-1])
    if report["rows"] != daily_candles().height:
        raise AssertionError(f"the peer stored {report['rows']} of {daily_candles().height} candles")
    return float(report["rows"] / report["seconds"])


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    daily_candles().write_parquet(folder / "candles.parquet")
    command = [sys.executable, "-m", "trend_platform_tests.servers.polygon_server"]
    with subprocess.Popen(
        [*command, "--candles", str(folder / "candles.parquet")], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            yield f"http://127.0.0.1:{server.stdout.readline().rsplit(' ', 1)[-1].strip()}"
        finally:
            server.terminate()
