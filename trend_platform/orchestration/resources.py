"""What assets and checks work with: a workshop, opened when a run needs it and closed when it ends.

Nothing is opened, and no setting is read, before a run asks. Tests put a source of their own in its place.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import dagster as dg

from trend_platform.ingest.workshop import Workshop
from trend_platform.settings import Mode, Settings, load_settings
from trend_platform.storage.base import PriceKind


class WorkshopSource(Protocol):
    """Whoever can open a workshop."""

    def settings(self) -> Settings:
        """Return what the user set."""
        ...

    def open(self, provider: str | None = None) -> AbstractContextManager[Workshop]:
        """Open a workshop, with only `provider` at hand if one is named.

        Raises:
            UnavailableError: The database does not answer or is not migrated.
            ConfigurationError: A setting or the provider's name does not fit.
        """
        ...


class ConnectedWorkshops:
    """The databases and providers of the settings, or those that `trend up` started on this machine."""

    def settings(self) -> Settings:
        """Return what the user set."""
        return load_settings()

    @contextmanager
    def open(self, provider: str | None = None) -> Iterator[Workshop]:
        """Open a workshop; its connections close when the context ends.

        Raises:
            UnavailableError: The database does not answer or is not migrated.
            ConfigurationError: A setting or the provider's name does not fit.
        """
        # Drivers and providers load when a run needs them: the code location starts without.
        from trend_platform.ingest.build import open_workshop  # noqa: PLC0415
        from trend_platform.local.connections import resolve  # noqa: PLC0415

        settings = load_settings()
        at = resolve(settings)
        kind = PriceKind.SIMULATED if at.mode is Mode.SIMULATED else PriceKind.REAL
        with open_workshop(settings, at.database_url, at.redis_url, kind, provider=provider) as workshop:
            yield workshop


workshops = dg.ResourceDefinition(
    lambda _: ConnectedWorkshops(),
    description="The database, the cache and the providers of the settings; opened when a run needs them, never before.",
)
