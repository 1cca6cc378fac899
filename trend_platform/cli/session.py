"""What the verbs work with on this machine: settings, URLs, the clock and the workshop; tests put another one in its place.

Nothing is opened, and nothing heavy imported, before a verb asks for it, so that a verb which needs no database works
without one and answers at once.
"""

from __future__ import annotations

import warnings
from contextlib import AbstractContextManager
from datetime import date
from typing import TYPE_CHECKING, Protocol

import typer

from trend_platform.cli.output import Output
from trend_platform.domain.clock import Clock, SystemClock
from trend_platform.settings import Settings, load_settings

if TYPE_CHECKING:
    from trend_platform.ingest.workshop import Workshop
    from trend_platform.local.connections import Connections
    from trend_platform.providers.base import Provider
    from trend_platform.providers.patience import Patience


class Session(Protocol):
    """What a verb may ask for."""

    @property
    def settings(self) -> Settings:
        """Return the settings.

        Raises:
            ConfigurationError: One of them does not fit.
        """
        ...

    @property
    def clock(self) -> Clock:
        """Return the clock."""
        ...

    @property
    def connections(self) -> Connections:
        """Return where the services are, and which prices are kept.

        Raises:
            UnavailableError: Nothing has been started here yet.
        """
        ...

    def workshop(
        self,
        provider: str | None = None,
        ready: tuple[Provider, ...] | None = None,
        patience: Patience | None = None,
    ) -> AbstractContextManager[Workshop]:
        """Open the workshop; connections close with the context.

        Args:
            provider: Put only this provider at hand; a name whose prices do not belong here is refused.
            ready: Put exactly these providers at hand; none of them for verbs that only read.
            patience: How providers are asked again, where that is not left to their settings.

        Raises:
            UnavailableError: The database does not answer or is not migrated.
            ConfigurationError: A provider is not known or lacks a setting.
        """
        ...


class MachineSession:
    """The session of this machine: settings from file and environment, services as `trend up` remembers them."""

    def __init__(self) -> None:
        self._clock = SystemClock()

    @property
    def clock(self) -> Clock:
        """Return the machine's own clock."""
        return self._clock

    @property
    def settings(self) -> Settings:
        """Return the settings of this process; a hint about one of them goes to stderr."""
        with warnings.catch_warnings(record=True) as hints:
            warnings.simplefilter("always")
            settings = load_settings()
        for hint in hints:
            Output().remark(f"trend: {hint.message}", "yellow")
        return settings

    @property
    def connections(self) -> Connections:
        """Return where the services are."""
        from trend_platform.local.connections import resolve  # noqa: PLC0415  not every verb needs the services

        return resolve(self.settings)

    def workshop(
        self,
        provider: str | None = None,
        ready: tuple[Provider, ...] | None = None,
        patience: Patience | None = None,
    ) -> AbstractContextManager[Workshop]:
        """Open the workshop on this machine's database and cache."""
        from trend_platform.cli.prices import price_kind, refuse_other_prices  # noqa: PLC0415  nor Polars
        from trend_platform.ingest.build import open_workshop  # noqa: PLC0415  nor the database's libraries
        from trend_platform.providers.registry import provider_named  # noqa: PLC0415

        found = self.connections
        kind = price_kind(found.mode)
        if provider is not None and ready is None:
            provider = provider_named(provider)
        refuse_other_prices(provider, kind)
        return open_workshop(
            self.settings, found.database_url, found.redis_url, kind, self.clock, provider, ready, patience
        )


def session_of(ctx: typer.Context) -> Session:
    """Return the session a verb was called with, this machine's own where nobody gave one."""
    given: Session | None = ctx.obj
    return MachineSession() if given is None else given


def today(session: Session) -> date:
    """Return the present day in UTC."""
    return session.clock.now().date()
