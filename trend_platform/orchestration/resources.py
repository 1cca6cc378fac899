"""What assets, checks, sensors and ops work with: a workshop, opened when it is needed and closed right after.

Nothing is opened, and no setting is read, before a run or a tick asks; drivers and providers load then, not with this
module, which the light code location imports. Tests put a source of their own in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

import dagster as dg

from trend_platform.domain.clock import Clock, SystemClock

if TYPE_CHECKING:
    from pydantic import SecretStr

    from trend_platform.ingest.alerts import Messenger
    from trend_platform.ingest.workshop import Workshop
    from trend_platform.settings import Settings


class WorkshopSource(Protocol):
    """Whoever can open a workshop."""

    @property
    def clock(self) -> Clock:
        """Return the time, for those who ask before they open anything."""
        ...

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

    def read(self) -> AbstractContextManager[Workshop]:
        """Open a workshop without providers, for those who only look at what is stored.

        Raises:
            UnavailableError: The database does not answer or is not migrated.
            ConfigurationError: A setting does not fit.
        """
        ...

    def market_database(self) -> SecretStr:
        """Return the URL of the market's database, for programs of others that work in it.

        Raises:
            UnavailableError: A local server is needed and `trend up` has not started it.
            ConfigurationError: A URL in the settings is none.
        """
        ...

    def dagster_database(self) -> SecretStr:
        """Return the URL of Dagster's own database.

        Raises:
            UnavailableError: A local server is needed and `trend up` has not started it.
            ConfigurationError: A URL in the settings is none.
        """
        ...

    def messenger(self) -> Messenger:
        """Return whoever tells people of incidents."""
        ...


class ConnectedWorkshops:
    """The databases and providers of the settings, or those that `trend up` started on this machine."""

    @property
    def clock(self) -> Clock:
        """Return the machine's clock."""
        return SystemClock()

    def settings(self) -> Settings:
        """Return what the user set."""
        from trend_platform.settings import load_settings  # noqa: PLC0415  see the charter

        return load_settings()

    def open(self, provider: str | None = None) -> AbstractContextManager[Workshop]:
        """Open a workshop; its connections close when the context ends.

        Raises:
            UnavailableError: The database does not answer or is not migrated.
            ConfigurationError: A setting or the provider's name does not fit.
        """
        return self._opened(provider, is_reader=False)

    def read(self) -> AbstractContextManager[Workshop]:
        """Open a workshop without providers; its connections close when the context ends.

        Raises:
            UnavailableError: The database does not answer or is not migrated.
            ConfigurationError: A setting does not fit.
        """
        return self._opened(None, is_reader=True)

    def market_database(self) -> SecretStr:
        """Return the URL of the market's database in the mode in force.

        Raises:
            UnavailableError: A local server is needed and `trend up` has not started it.
            ConfigurationError: A URL in the settings is none.
        """
        from trend_platform.local.connections import resolve  # noqa: PLC0415  see the charter

        return resolve(self.settings()).database_url

    def dagster_database(self) -> SecretStr:
        """Return the URL of Dagster's own database, beside the market's.

        Raises:
            UnavailableError: A local server is needed and `trend up` has not started it.
            ConfigurationError: A URL in the settings is none.
        """
        from trend_platform.local.connections import resolve  # noqa: PLC0415  see the charter

        return resolve(self.settings()).dagster_database_url

    def messenger(self) -> Messenger:
        """Return whoever tells people, over the channels of the settings."""
        from trend_platform.observability.messenger import AppriseMessenger  # noqa: PLC0415  see the charter

        return AppriseMessenger(self.settings().alerts.urls)

    @contextmanager
    def _opened(self, provider: str | None, *, is_reader: bool) -> Iterator[Workshop]:
        from trend_platform.ingest.build import open_workshop  # noqa: PLC0415  see the charter
        from trend_platform.local.connections import resolve  # noqa: PLC0415
        from trend_platform.settings import Mode  # noqa: PLC0415
        from trend_platform.storage.base import PriceKind  # noqa: PLC0415

        settings = self.settings()
        at = resolve(settings)
        kind = PriceKind.SIMULATED if at.mode is Mode.SIMULATED else PriceKind.REAL
        ready = () if is_reader else None
        with open_workshop(settings, at.database_url, at.redis_url, kind, provider=provider, ready=ready) as workshop:
            yield workshop


workshops = dg.ResourceDefinition(
    lambda _: ConnectedWorkshops(),
    description="The database, the cache and the providers of the settings; opened when a run needs them, never before.",
)
