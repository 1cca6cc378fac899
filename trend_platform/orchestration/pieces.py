"""A code location as a set of named pieces, any of which can be replaced: in tests, or in a deployment of one's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Protocol

import dagster as dg

from trend_platform.errors import UsageError


class Named(Protocol):
    """A piece that carries its own name."""

    @property
    def name(self) -> str:
        """Return the name."""
        ...


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of one code location, by name.

    Attributes:
        assets: Assets, by key.
        checks: Asset checks that run on their own, by check name.
        jobs: Jobs.
        schedules: Schedules.
        sensors: Sensors.
        resources: Resources, by the parameter name that asks for them.
    """

    assets: Mapping[str, object] = field(default_factory=dict)
    checks: Mapping[str, object] = field(default_factory=dict)
    jobs: Mapping[str, object] = field(default_factory=dict)
    schedules: Mapping[str, object] = field(default_factory=dict)
    sensors: Mapping[str, object] = field(default_factory=dict)
    resources: Mapping[str, object] = field(default_factory=dict)


def definitions_of(pieces: Pieces, overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """Return the pieces as Dagster definitions, each one replaced by its namesake in `overrides`.

    Runs work in one process unless their job says otherwise: steps here wait for others most of the time, and a process
    per step costs seconds.

    Raises:
        UsageError: An override has no namesake.
    """
    kinds = {kind.name: dict(getattr(pieces, kind.name)) for kind in fields(Pieces)}
    for name, piece in (overrides or {}).items():
        homes = [named for named in kinds.values() if name in named]
        if not homes:
            known = ", ".join(sorted(known for named in kinds.values() for known in named)) or "none"
            raise UsageError(f"{name!r} is no piece of this code location; known: {known}")
        homes[0][name] = piece
    return dg.Definitions(
        assets=list(kinds["assets"].values()),
        asset_checks=list(kinds["checks"].values()),
        jobs=list(kinds["jobs"].values()),
        schedules=list(kinds["schedules"].values()),
        sensors=list(kinds["sensors"].values()),
        resources=kinds["resources"],
        executor=dg.in_process_executor,
    )
