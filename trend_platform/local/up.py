"""`trend up`: every service in the state that is wanted, then the caller's own steps, told as events.

Each step may be called again; what is done already takes no time, so a second `up` takes seconds and an
interrupted one is completed by the next. What does not belong here: migrations, universes and backfills;
they come as steps, because this package knows nothing of the market. Nor how events are shown.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

from trend_platform.errors import UnavailableError
from trend_platform.local import disk, mode, outside, postgres, servers, urls
from trend_platform.local.connections import Connections, derive, local_database_url, local_redis_url
from trend_platform.local.dagster_programs import Layout
from trend_platform.local.dagster_services import run_dagster, webserver_url
from trend_platform.local.home import Home
from trend_platform.settings import Mode, Settings


class Kind(StrEnum):
    """What an event tells."""

    STARTED = "started"
    NOTE = "note"
    PROGRESS = "progress"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Event:
    """Something to show.

    Attributes:
        step: Title of the step it belongs to.
        kind: What it tells.
        text: In words; empty for a start.
        done: For progress: how much.
        total: For progress: of how much; 0 if nobody knows.
        seconds: For the end of a step: how long it took.
    """

    step: str
    kind: Kind
    text: str = ""
    done: int = 0
    total: int = 0
    seconds: float = 0.0


Report = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """What a step of the caller gets to work with.

    Attributes:
        settings: The settings, mode included.
        connections: The URLs in force.
        webserver_url: The Dagster UI, without a trailing slash.
        note: Shows a sentence.
        progress: Shows how far the step is: done, total (0 if unknown), words.
    """

    settings: Settings
    connections: Connections
    webserver_url: str
    note: Callable[[str], None]
    progress: Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the caller.

    Attributes:
        title: For the user, such as `migrations`.
        run: Does it, or sees that it is done; returns what was done, in words.
    """

    title: str
    run: Callable[[Stage], str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What `up` does beyond the services themselves.

    Attributes:
        before_dagster: Steps between the servers and Dagster, such as migrations.
        after_dagster: Steps once Dagster serves, such as the first backfill.
        layout: Where Dagster's files and code are.
        tuning: Settings of the local database server.
    """

    before_dagster: Sequence[Step] = ()
    after_dagster: Sequence[Step] = ()
    layout: Layout = field(default_factory=Layout)
    tuning: Mapping[str, str] = field(default_factory=lambda: postgres.SAFE)


def up(settings: Settings, report: Report, plan: Plan | None = None, chosen_mode: Mode | None = None) -> Connections:
    """Bring everything up and return where it is.

    Args:
        settings: What the user set.
        report: Gets events as they happen.
        plan: The caller's own steps.
        chosen_mode: A mode to decide anew for, remembered for later commands; `auto` decides afresh.

    Raises:
        UnavailableError: A service cannot be had; the message says why and what to do.
        ConfigurationError: A setting does not fit.
    """
    plan = plan or Plan()
    home = Home.of(settings)
    home.create()
    with home.locked(), disk.full_disk_explained(home.root):
        settings = _choose_mode(settings, home, chosen_mode)
        found = _have_servers(settings, home, report, plan)
        _take(plan.before_dagster, settings, found, report)
        _tell(report, "dagster", lambda: run_dagster(settings, home, found, plan.layout, _notes(report, "dagster")))
        _take(plan.after_dagster, settings, found, report)
    return found


def _have_servers(settings: Settings, home: Home, report: Report, plan: Plan) -> Connections:
    if settings.database_url is None:
        say = _notes(report, "database")
        _tell(report, "database", lambda: servers.run_database(settings, home, say, plan.tuning))
    if settings.redis_url is None:
        _tell(report, "redis", lambda: servers.run_redis(settings, home))
    found = _connections(settings, home)
    if settings.database_url is not None:
        _tell(report, "database", lambda: outside.prepare_database(found, _notes(report, "database")))
    if settings.redis_url is not None:
        _tell(report, "redis", lambda: outside.check_redis(found.redis_url))
    _tell(report, "mode", lambda: f"{found.mode.value}: {found.mode_reason}")
    return found


def _connections(settings: Settings, home: Home) -> Connections:
    ours = local_database_url(home)
    database = ours if settings.database_url is None else urls.check_database_url(settings.database_url)
    redis = local_redis_url(home) if settings.redis_url is None else urls.check_redis_url(settings.redis_url)
    if database is None or redis is None:
        raise UnavailableError(
            f"the local services of {home.root} were stopped while they started: run `trend up` again"
        )
    return derive(database, redis, mode.settle(settings, home), is_local=database == ours)


def _choose_mode(settings: Settings, home: Home, chosen: Mode | None) -> Settings:
    if chosen is None:
        return settings
    if chosen is Mode.AUTO:
        mode.forget(home)
    else:
        decision = mode.Decision(chosen, f"chosen with `trend up --mode {chosen.value}`", is_chosen=True)
        mode.remember(home, decision, datetime.now(UTC))
    return settings.model_copy(update={"mode": chosen})


def _take(steps: Sequence[Step], settings: Settings, found: Connections, report: Report) -> None:
    for step in steps:
        stage = Stage(
            settings, found, webserver_url(settings), _notes(report, step.title), _progress(report, step.title)
        )
        _tell(report, step.title, partial(step.run, stage))


def _progress(report: Report, title: str) -> Callable[[int, int, str], None]:
    return lambda done, total, text: report(Event(title, Kind.PROGRESS, text, done, total))


def _notes(report: Report, title: str) -> Callable[[str], None]:
    return lambda text: report(Event(title, Kind.NOTE, text))


def _tell(report: Report, title: str, work: Callable[[], str]) -> None:
    began = time.monotonic()
    report(Event(title, Kind.STARTED))
    text = work()
    report(Event(title, Kind.DONE, text, seconds=time.monotonic() - began))
