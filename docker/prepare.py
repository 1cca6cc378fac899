#!/usr/bin/env python
"""What has to be done once before the services of compose.yaml start: databases, schemas, a universe, an overview.

Decides as well whether prices are live or simulated, and remembers it for the other containers. Safe to repeat: each
`docker compose up` does. What does not belong here: anything `trend up` does not do too.
"""

import sys

from dagster import DagsterInstance

from trend_platform.cli.exits import report_trend_error
from trend_platform.cli.first_run import first_run_plan
from trend_platform.cli.output import Output
from trend_platform.errors import TrendError
from trend_platform.local.connections import resolve
from trend_platform.local.outside import check_redis, prepare_database
from trend_platform.local.up import Stage
from trend_platform.settings import load_settings


def prepare(out: Output) -> None:
    """Bring the databases to what this version needs; what is done already takes no time.

    Raises:
        UnavailableError: A server does not answer, or gives the role too few rights.
        ConfigurationError: A setting does not fit.
    """
    settings = load_settings()
    found = resolve(settings)
    out.say(f"mode: {found.mode.value}: {found.mode_reason}")
    out.say(f"database: {prepare_database(found, out.say)}")
    out.say(f"redis: {check_redis(found.redis_url)}")
    stage = Stage(settings, found, webserver_url="", note=out.say, progress=lambda _done, _total, text: out.say(text))
    for step in first_run_plan().before_dagster:
        out.say(f"{step.title}: {step.run(stage)}")
    with DagsterInstance.get() as instance:
        instance.upgrade(out.say)
    out.say("dagster: its tables are there")


def main() -> int:
    """Prepare everything and return the exit code."""
    try:
        prepare(Output())
    except TrendError as error:
        return report_trend_error(error, as_json=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
