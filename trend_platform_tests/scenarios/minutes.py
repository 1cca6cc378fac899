"""The minute loop over a world: the real sensors at an injected clock, and their runs executed in this process.

Workshops are opened anew for each tick and run, by the composition root, as in production: only the clock, the provider's
faults and what happens while it thinks are a scenario's own.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import dagster as dg
import orjson
import psycopg
import redis
from dagster._daemon.types import DaemonHeartbeat
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.coverage import Gap
from trend_platform.domain.quotes import LatestPrice
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.build import open_workshop
from trend_platform.ingest.price_json import read_price_json
from trend_platform.ingest.workshop import Workshop
from trend_platform.observability.messenger import AppriseMessenger
from trend_platform.orchestration.realtime.definitions import build_defs
from trend_platform.orchestration.realtime.sensors import alert_sensor, hourly_candles_sensor, latest_price_sensor
from trend_platform.providers.base import Provider
from trend_platform.providers.simulated.provider import SimulatedProvider
from trend_platform.settings import AlertSettings, FaultSettings, Settings, SimulatedSettings
from trend_platform.storage.redis.keys import SIMULATED_PRICES_CHANNEL
from trend_platform.storage.timescale.check import check_ledger
from trend_platform_tests.world import ALL_TIME, World

BEAT = timedelta(seconds=10)


@dataclass
class WorldWorkshops:
    """What the sensors and runs of a world work with.

    Attributes:
        world: The world.
        faults: What goes wrong at the provider.
        meanwhile: What happens, once, while the provider thinks about its next answer.
        channels: Where messages to people go.
    """

    world: World
    faults: tuple[FaultSettings, ...] = ()
    meanwhile: Callable[[], None] | None = None
    channels: tuple[str, ...] = ()

    @property
    def clock(self) -> ManualClock:
        return self.world.clock

    def settings(self) -> Settings:
        return Settings(alerts=AlertSettings(urls=tuple(map(SecretStr, self.channels))))

    def open(self, provider: str | None = None) -> AbstractContextManager[Workshop]:
        return self._opened(provider, ready=(self._simulated(),))

    def read(self) -> AbstractContextManager[Workshop]:
        return self._opened(None, ready=())

    def dagster_database(self) -> SecretStr:
        raise AssertionError("no scenario purges Dagster's own database")

    def messenger(self) -> AppriseMessenger:
        return AppriseMessenger(self.settings().alerts.urls)

    @contextmanager
    def _opened(self, provider: str | None, ready: tuple[Provider, ...]) -> Iterator[Workshop]:
        database, cache, kind = SecretStr(self.world.database_url), SecretStr(self.world.redis_url), self.world.kind
        with open_workshop(self.settings(), database, cache, kind, self.clock, provider, ready) as workshop:
            yield workshop

    def _simulated(self) -> Provider:
        settings = SimulatedSettings(faults=self.faults, max_attempts=2, max_wait_seconds=0.01, latency_seconds=0.001)
        return SimulatedProvider(settings, self.clock, sleep=self._think)

    async def _think(self, _seconds: float) -> None:
        happens, self.meanwhile = self.meanwhile, None
        if happens:
            happens()


class Hour(NamedTuple):
    """An hourly candle, as far as scenarios look at it."""

    opened_at: datetime
    close: float
    is_final: bool


class Chart(NamedTuple):
    """A 1D chart: its day and its hours."""

    day: date
    hours: tuple[Hour, ...]


@dataclass(frozen=True)
class Ran:
    """One run that a sensor asked for.

    Attributes:
        key: Its run key.
        result: What became of it.
    """

    key: str
    result: dg.ExecuteInProcessResult

    @property
    def shown(self) -> Mapping[str, object]:
        """What a person sees of it in Dagster."""
        (event,) = self.result.get_asset_materialization_events()
        return {name: value.value for name, value in event.materialization.metadata.items()}

    @property
    def check(self) -> dg.AssetCheckEvaluation:
        (found,) = self.result.get_asset_check_evaluations()
        return found

    @property
    def failure(self) -> str:
        (failed,) = (event for event in self.result.all_events if event.is_step_failure)
        data = failed.step_failure_data
        assert data.user_failure_data is not None
        return str(data.user_failure_data.description)


@dataclass
class Sensor:
    """A sensor with its cursor; what it asks for is run at once.

    Attributes:
        definition: The sensor.
        loop: The loop it belongs to.
        cursor: What it remembers.
        keys: The run keys it asked for so far.
    """

    definition: dg.SensorDefinition
    loop: "MinuteLoop"
    cursor: str | None = None
    keys: list[str] = field(default_factory=list)

    def tick(self) -> Ran | str:
        """Look once; return the run that came of it, or why none did."""
        resources = {"workshops": self.loop.workshops}
        with dg.build_sensor_context(self.loop.instance, cursor=self.cursor, resources=resources) as context:
            data = self.definition.evaluate_tick(context)
        self.cursor = data.cursor or self.cursor
        if not data.run_requests:
            return str(data.skip_message)
        (request,) = data.run_requests
        assert request.run_key not in self.keys, "the daemon would drop this run: its key was used before"
        self.keys.append(str(request.run_key))
        job = self.loop.defs.resolve_job_def(str(self.definition.job_name))
        result = job.execute_in_process(
            run_config=dict(request.run_config), instance=self.loop.instance, raise_on_error=False
        )
        return Ran(self.keys[-1], result)

    def run(self) -> Ran:
        """Look once; there must be a run."""
        ran = self.tick()
        assert isinstance(ran, Ran), ran
        return ran


class MinuteLoop:
    """The sensors over a world, and what readers and rows say of it.

    Attributes:
        world: The world; its clock is the time.
        workshops: What everything works with.
        instance: Dagster.
        prices: The sensor of latest prices.
        charts: The sensor of hourly candles.
        alerts: The sensor that tells people.
    """

    def __init__(self, world: World, instance: dg.DagsterInstance) -> None:
        self.world, self.instance = world, instance
        self.workshops = WorldWorkshops(world)
        self.defs = build_defs({"workshops": self.workshops})
        self.prices = Sensor(latest_price_sensor, self)
        self.charts = Sensor(hourly_candles_sensor, self)
        self.alerts = Sensor(alert_sensor, self)

    def activate(self, *symbols: str) -> None:
        """Put symbols on the overview, with the days of a week."""
        instruments = self.world.add(*symbols)
        self.world.backfill(Range.D7, *symbols)
        self.world.storage.interests.show(instruments)

    def stand_at(self, instant: datetime) -> None:
        self.world.clock.instant = instant

    def every_beat_until(self, end: datetime) -> None:
        """Let both loops look every ten seconds, as the daemon does, until `end`."""
        while self.world.clock.now() <= end:
            self.prices.tick()
            self.charts.tick()
            self.world.clock.advance(BEAT)

    def expire(self) -> None:
        """Let all keys outlive their time, which in Valkey is the machine's."""
        with redis.Redis.from_url(self.world.redis_url) as valkey:
            valkey.flushdb()

    def price(self, symbol: str) -> LatestPrice:
        """Return the latest price that lies in Valkey."""
        found = read_price_json(symbol, self.world.prices.get([symbol])[symbol])
        assert isinstance(found, LatestPrice), found
        return found

    def chart(self, symbol: str) -> Chart:
        """Return the 1D chart that lies in Valkey."""
        payload = self.world.cache.get(symbol, Range.D1)
        assert payload is not None
        found = orjson.loads(payload)
        assert (found["symbol"], found["range"], found["timeframe"]) == (symbol, "1D", "1h")
        hours = tuple(
            Hour(datetime.fromisoformat(one["opened_at"]), one["close"], one["is_final"]) for one in found["candles"]
        )
        return Chart(date.fromisoformat(found["as_of"]), hours)

    def quoted(self, symbol: str) -> list[datetime]:
        """Return the times of all quotes in the database, whoever gave them."""
        one = self.world.instrument(symbol).instrument_id
        with psycopg.connect(self.world.database_url) as connection:
            rows = connection.execute(
                "SELECT quoted_at FROM market.quotes WHERE instrument_id = %s ORDER BY quoted_at", [one]
            )
            return [quoted_at.astimezone(UTC) for (quoted_at,) in rows]

    def hours(self, symbol: str) -> tuple[Hour, ...]:
        """Return all hourly candles in the database."""
        one = self.world.instrument(symbol).instrument_id
        rows = self.world.storage.market.candles([one], Timeframe.H1, ALL_TIME)
        return tuple(Hour(*row) for row in rows.select("opened_at", "close", "is_final").iter_rows())

    def hourly_gaps(self, symbol: str) -> tuple[Gap, ...]:
        """Return what the ledger says is missing of the hours."""
        one = self.world.instrument(symbol).instrument_id
        return self.world.storage.market.ledgers([one], Timeframe.H1)[one].gaps

    def check_books(self) -> None:
        """The ledgers say what the rows say."""
        universe = self.world.storage.universe.instruments()
        for timeframe in (Timeframe.H1, Timeframe.D1):
            assert check_ledger(self.world.storage.database, universe, timeframe) == ()


@contextmanager
def watched_loop(world: World) -> Iterator[MinuteLoop]:
    """Open the loop on a Dagster that keeps ticks, whose daemons have just beaten: what the alert sensor looks at."""
    with dg.instance_for_test() as instance:
        for kind in instance.get_required_daemon_types():
            instance.add_daemon_heartbeat(DaemonHeartbeat(datetime.now(UTC).timestamp(), kind, "one", None))
        yield MinuteLoop(world, instance)


@contextmanager
def listening(redis_url: str) -> Iterator[list[dict[str, object]]]:
    """Collect the simulated prices that are published; complete when the context ends."""
    heard: list[dict[str, object]] = []
    with redis.Redis.from_url(redis_url) as valkey, valkey.pubsub(ignore_subscribe_messages=True) as line:
        line.subscribe(SIMULATED_PRICES_CHANNEL)
        while line.get_message(timeout=1) is not None:
            pass
        yield heard
        while message := line.get_message(timeout=0.1):
            heard.append(orjson.loads(message["data"]))
