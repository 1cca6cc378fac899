"""The minute loop as people run it: all services up, 500 prices a minute, a backfill of 505 symbols beside it, on two cores.

A provider answers after 150 ms. Measured are whole ticks, from the sensor's look to the last of 500 keys in Redis, what all
processes of a run cost, and what a run leaves in Dagster's database. It takes as many minutes as there are ticks.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

import psutil
import psycopg
import redis
from dagster import EventLogEntry
from dagster._core.scheduler.instigation import TickData
from dagster._serdes import deserialize_value

from trend_platform.local import connections, ports
from trend_platform.local.dagster_api import DagsterApi
from trend_platform.local.dagster_programs import SERVICES
from trend_platform.local.dagster_run import FINISHED, Launch, Progress, launch, watch
from trend_platform.local.home import Home
from trend_platform.settings import Mode, Settings
from trend_platform.storage.redis.keys import SIMULATED_PRICES_CHANNEL
from trend_platform_tests import services
from trend_platform_tests.benchmarks.figure import Figure
from trend_platform_tests.benchmarks.peers.month import DAYS, RUNS_A_DAY, live_a_month

PRICES, STOCKS, TICKS, QUIET_MINUTES = 500, 505, 12, 3
ANSWER_SECONDS = 0.15
TICK_LIMIT_SECONDS, CPU_LIMIT_SECONDS, RUN_LIMIT_KB = 3.0, 1.5, 26.0
REFRESH_LIMIT_SECONDS = 0.5
# What ordinary in_process runs of Dagster take in a month that nobody purges: 26 kB each.
MONTH_LIMIT_MIB = 26 * DAYS * RUNS_A_DAY / 1024


@dataclass
class _Loop:
    # One home with everything running on two cores, and what was seen of it.
    settings: Settings
    env: dict[str, str]
    arrivals: list[float] = field(default_factory=list)

    def trend(self, *words: str) -> str:
        trend = Path(sys.executable).parent / "trend"
        done = subprocess.run([str(trend), *words], env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"trend {' '.join(words[:3])} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout


def measure(_found: services.Services) -> list[Figure]:
    """Return ticks, costs and growth of the loop against their limits."""
    with tempfile.TemporaryDirectory() as folder, _two_cores(), _running(Path(folder)) as loop:
        at = connections.resolve(loop.settings)
        threading.Thread(target=_listen, args=(loop, at.redis_url.get_secret_value()), daemon=True).start()
        api = DagsterApi(f"http://127.0.0.1:{loop.settings.webserver_port}")
        stop = threading.Event()
        backfill = threading.Thread(target=_backfill, args=(api, stop))
        backfill.start()
        _wait_for_ticks(loop, 1)
        beside = _seconds_to_fresh(loop, at.dagster_database_url.get_secret_value(), TICKS)
        stop.set()
        backfill.join()
        _wait_for_ticks(loop, 1)
        dagster_url = at.dagster_database_url.get_secret_value()
        cpu = _cpu_of_a_run(loop, dagster_url)
        refresh = _refresh_seconds(dagster_url)
        month = live_a_month(dagster_url, datetime(2026, 1, 1, tzinfo=UTC))
    return [
        Figure(
            f"tick to {PRICES} keys fresh, p95 of {TICKS}, a backfill of {STOCKS} beside",
            1000 * quantiles(beside, n=20)[-1],
            1000 * TICK_LIMIT_SECONDS,
            "ms",
            "limit",
            at_most=1.0,
        ),
        Figure("CPU of a minute run, all processes", 1000 * cpu, 1000 * CPU_LIMIT_SECONDS, "ms", "limit", at_most=1.0),
        Figure(
            f"refresh of {PRICES} prices inside the job, beyond the provider's answer",
            1000 * (refresh - ANSWER_SECONDS),
            1000 * REFRESH_LIMIT_SECONDS,
            "ms",
            "limit",
            at_most=1.0,
        ),
        Figure(
            f"growth of Dagster's database by {DAYS * RUNS_A_DAY:,} runs of a month, purged nightly",
            month.growth / 2**20,
            MONTH_LIMIT_MIB,
            "MiB",
            "unpurged",
            at_most=0.2,
        ),
        Figure("Dagster's database per run", month.per_run / 1000, RUN_LIMIT_KB, "kB", "in_process run", at_most=1.0),
    ]


@contextmanager
def _two_cores() -> Iterator[None]:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:2])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def _running(folder: Path) -> Iterator[_Loop]:
    free = [ports.pick_free() for _ in range(6)]
    names = ("webserver_port", "database_port", "redis_port", "etl_port", "realtime_port", "runs_port")
    settings = Settings(home=folder / "home", mode=Mode.SIMULATED, **dict(zip(names, free, strict=True)))
    env = {
        **os.environ,
        "TREND_HOME": str(settings.home),
        "TREND_MODE": "simulated",
        "TREND_UNIVERSE": "SPY",
        "TREND_PROVIDERS__SIMULATED__LATENCY_SECONDS": str(ANSWER_SECONDS),
        **{f"TREND_{name.upper()}": str(port) for name, port in zip(names, free, strict=True)},
    }
    loop = _Loop(settings, env)
    try:
        loop.trend("up")
        loop.trend("instruments", "add", *_stocks())
        loop.trend("overview", "add", *_coins())
        yield loop
    finally:
        loop.trend("down")


def _stocks() -> list[str]:
    return [f"S{chr(65 + one // 26 % 26)}{chr(65 + one % 26)}{'AB'[one // 676]}" for one in range(STOCKS)]


def _coins() -> list[str]:
    # Always open, so that the figure can be had on a Sunday.
    return [f"C{chr(65 + one // 26 % 26)}{chr(65 + one % 26)}-USD" for one in range(PRICES)]


def _listen(loop: _Loop, url: str) -> None:
    # Until the cache is shut down with everything else.
    with suppress(redis.ConnectionError), redis.Redis.from_url(url).pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe(SIMULATED_PRICES_CHANNEL)
        for message in channel.listen():
            if isinstance(message, dict):
                loop.arrivals.append(time.time())


def _wait_for_ticks(loop: _Loop, count: int) -> None:
    give_up = time.monotonic() + 120 + 75 * count
    wanted = len(loop.arrivals) + count * PRICES
    while len(loop.arrivals) < wanted:
        if time.monotonic() > give_up:
            raise RuntimeError(f"no prices came: {len(loop.arrivals)} so far, {wanted} expected")
        time.sleep(0.2)


def _backfill(api: DagsterApi, stop: threading.Event) -> None:
    # Asked again and again: as long as ticks are measured, a backfill is at work.
    config = {"ops": {"historical_candles": {"config": {"refresh": True, "symbols": _stocks()}}}}
    while not stop.is_set():
        run_id = launch(api, Launch("weekly_history", first_partition="3Y", last_partition="MAX", config=config))
        ended = watch(api, run_id, _ignore, 1800)
        if ended.status not in FINISHED - {"FAILURE"}:
            raise RuntimeError(f"the backfill beside failed: {ended.fault}")


def _ignore(_progress: Progress) -> None:
    return None


def _seconds_to_fresh(loop: _Loop, dagster_url: str, count: int) -> list[float]:
    first = len(loop.arrivals)
    began = time.time()
    _wait_for_ticks(loop, count)
    batches = loop.arrivals[first : first + count * PRICES]
    last = [max(batches[at : at + PRICES]) for at in range(0, len(batches), PRICES)]
    looks = _ticks(dagster_url, began - 60)
    return [moment - max(look for look in looks if look < moment) for moment in last]


def _ticks(dagster_url: str, since: float) -> list[float]:
    query = "SELECT tick_body FROM job_ticks WHERE status = 'SUCCESS' AND extract(epoch FROM timestamp) > %s"
    with psycopg.connect(dagster_url) as connection:
        ticks = [deserialize_value(body, TickData) for (body,) in connection.execute(query, [since]).fetchall()]
    return sorted(one.timestamp for one in ticks if one.instigator_name == "latest_price_sensor")


def _cpu_of_a_run(loop: _Loop, dagster_url: str) -> float:
    # Minutes with runs against as many without: looks, heartbeats and the rest that never sleeps are in both.
    began, cpu, runs = time.monotonic(), _cpu(loop), _runs(dagster_url)
    _wait_for_ticks(loop, QUIET_MINUTES)
    lasted, with_runs, made = time.monotonic() - began, _cpu(loop) - cpu, _runs(dagster_url) - runs
    loop.trend("overview", "remove", *_coins())
    time.sleep(2)
    cpu, runs = _cpu(loop), _runs(dagster_url)
    time.sleep(lasted)
    if _runs(dagster_url) - runs:
        raise RuntimeError("runs were made although nothing was on a list")
    return (with_runs - (_cpu(loop) - cpu)) / max(1, made)


def _cpu(loop: _Loop, *names: str) -> float:
    registry = Home.of(loop.settings).registry
    found = [registry.running(name) for name in names or ("database", "redis", *SERVICES)]
    return sum(_tree_cpu(process) for process in found if process)


def _tree_cpu(process: psutil.Process) -> float:
    family = [process, *process.children(recursive=True)]
    total = 0.0
    for one in family:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _refresh_seconds(dagster_url: str) -> float:
    # The job says itself how long the use case took, as metadata of each materialization.
    query = "SELECT event FROM event_logs WHERE dagster_event_type = 'ASSET_MATERIALIZATION' AND asset_key = %s ORDER BY id DESC LIMIT 5"
    with psycopg.connect(dagster_url) as connection:
        events = [event for (event,) in connection.execute(query, ['["latest_prices"]']).fetchall()]
    return median(map(_seconds_of, events))


def _seconds_of(event: str) -> float:
    recorded = deserialize_value(event, EventLogEntry).asset_materialization
    assert recorded is not None
    return float(str(recorded.metadata["seconds"].value))


def _runs(dagster_url: str) -> int:
    with psycopg.connect(dagster_url) as connection:
        row = connection.execute("SELECT count(*) FROM runs").fetchone()
    assert row is not None
    return int(row[0])
