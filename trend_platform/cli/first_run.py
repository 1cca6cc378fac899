"""What `trend up` adds to the services: databases migrated, a universe, an overview, a first history fetched by Dagster.

Each step sees for itself whether it is done, so that a second `trend up` passes through in no time. How steps are
shown is the verb's business.
"""

from collections.abc import Sequence

from pydantic import SecretStr

from trend_platform.cli.outcome_report import recorded_outcome, show_outcome
from trend_platform.cli.output import Output
from trend_platform.cli.prices import price_kind
from trend_platform.cli.session import MachineSession
from trend_platform.domain.clock import SystemClock
from trend_platform.domain.ranges import Range
from trend_platform.domain.symbols import canonical_symbol
from trend_platform.errors import UnavailableError
from trend_platform.ingest.build import open_workshop
from trend_platform.ingest.universe import ensure_universe
from trend_platform.ingest.upkeep import SHORT_LIVED
from trend_platform.ingest.workshop import Workshop
from trend_platform.local import dbt, urls
from trend_platform.local.connections import Connections
from trend_platform.local.dagster_api import DagsterApi
from trend_platform.local.dagster_run import Launch, Progress, launch, watch
from trend_platform.local.up import Plan, Stage, Step
from trend_platform.settings import Mode
from trend_platform.storage.base import PriceKind
from trend_platform.storage.runs import RunRecord
from trend_platform.storage.timescale.migrate import migrate
from trend_platform.wording import counted

# The ranges of the nightly job, in partition order; a first history of a year is there in a minute.
FIRST_RANGES = (Range.D7, Range.M1, Range.M3, Range.M6, Range.YTD, Range.Y1)
_JOB = "daily_history"
_LIMIT_SECONDS = 3600.0
# Two assets record each range.
_MATERIALIZATIONS = 2 * len(FIRST_RANGES)


def first_run_plan() -> Plan:
    """Return the steps of `trend up` beyond the services themselves."""
    return Plan(
        before_dagster=(
            Step("migrations", _migrate),
            Step("universe", _fill_universe),
            Step("overview", _fill_overview),
            Step("models", _prepare_models),
        ),
        after_dagster=(Step("first history", _first_history),),
    )


def show_last_outcome(out: Output) -> None:
    """Show the outcome of the last history run that finished, from its record; nothing where none was recorded."""
    with MachineSession().workshop(ready=()) as workshop:
        record = _last_history(workshop)
    outcome = recorded_outcome(record) if record else None
    if outcome:
        show_outcome(out, outcome)


def _migrate(stage: Stage) -> str:
    done = [(kind, migrate(url, kind)) for url, kind in _databases(stage.connections)]
    applied = [f"{kind.value}: {', '.join(one.applied)}" for kind, one in done if one.applied]
    return "; ".join([*applied, str(done[0][1].features)])


def _databases(found: Connections) -> list[tuple[SecretStr, PriceKind]]:
    # A server of our own holds both databases from the start; elsewhere the other one comes with its mode.
    if not found.is_local:
        return [(found.database_url, price_kind(found.mode))]
    simulated = urls.with_database(found.base_database_url, f"{urls.database_of(found.base_database_url)}_simulated")
    return [(found.base_database_url, PriceKind.REAL), (simulated, PriceKind.SIMULATED)]


def _fill_universe(stage: Stage) -> str:
    found = stage.connections
    kind = price_kind(found.mode)
    with open_workshop(stage.settings, found.database_url, found.redis_url, kind, ready=()) as workshop:
        instruments = ensure_universe(workshop.storage.universe, stage.settings.universe)
    return counted(len(instruments), "instrument")


def _fill_overview(stage: Stage) -> str:
    # Without anything on any list the minute loop would have nothing to do, and no price would ever be there.
    found = stage.connections
    kind = price_kind(found.mode)
    with open_workshop(stage.settings, found.database_url, found.redis_url, kind, ready=()) as workshop:
        return fill_overview(workshop, stage.settings.universe)


def fill_overview(workshop: Workshop, symbols: Sequence[str]) -> str:
    """Put the default symbols that are kept here on the overview where no list holds anything; return what was done."""
    interests = workshop.storage.interests
    if interests.overview() or interests.watchlists() or interests.portfolios():
        return f"{counted(len(interests.active()), 'instrument')} kept fresh by the minute"
    wanted = {canonical_symbol(symbol) for symbol in symbols}
    shown = [one for one in workshop.storage.universe.instruments() if one.symbol in wanted]
    interests.show(shown)
    if not shown:
        return "empty, and nothing is kept fresh: `trend overview add SPY BTC-USD`"
    return f"{counted(len(shown), 'instrument')}, the default ones, kept fresh by the minute"


def _prepare_models(_stage: Stage) -> str:
    # Parsed here and not by each process of Dagster; done already unless this is the first start after a change.
    dbt.prepared()
    return "prepared; built after each history run"


def _first_history(stage: Stage) -> str:
    done = _finished_run(stage)
    if done:
        return f"there already, since {done.started_at:%Y-%m-%d %H:%M} UTC"
    if stage.connections.mode is Mode.SIMULATED:
        stage.note(f"simulated prices: {stage.connections.mode_reason}")
    api = DagsterApi(stage.webserver_url)
    run_id = launch(api, Launch(_JOB, first_partition=FIRST_RANGES[0].value, last_partition=FIRST_RANGES[-1].value))

    def on_progress(progress: Progress) -> None:
        stage.progress(progress.materializations, _MATERIALIZATIONS, progress.message or progress.status.lower())

    result = watch(api, run_id, on_progress, _LIMIT_SECONDS)
    if result.status != "SUCCESS":
        raise UnavailableError(f"the first backfill ended as {result.status}: {result.fault}; look at {result.url}")
    return f"fetched by Dagster: {result.url}"


def _finished_run(stage: Stage) -> RunRecord | None:
    found = stage.connections
    kind = price_kind(found.mode)
    with open_workshop(stage.settings, found.database_url, found.redis_url, kind, SystemClock(), ready=()) as workshop:
        return _last_history(workshop)


def _last_history(workshop: Workshop) -> RunRecord | None:
    # The minute loop records runs of its own, many of them, between two of history.
    recorded = workshop.storage.runs.latest(50, besides=SHORT_LIVED)
    return next((one for one in recorded if one.status == "done"), None)
