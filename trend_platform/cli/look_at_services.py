"""A look at what holds and brings prices: the mode, the database, the cache, the providers at hand."""

from collections.abc import Iterator

from trend_platform.cli.findings import Finding, broken, looked_at, note, ok
from trend_platform.cli.prices import price_kind
from trend_platform.cli.session import Session
from trend_platform.errors import TrendError
from trend_platform.ingest.build import provider_names
from trend_platform.local import urls
from trend_platform.local.connections import Connections
from trend_platform.providers.base import Capabilities
from trend_platform.providers.registry import open_provider
from trend_platform.settings import KEY_NAMES, Mode, ProviderSettings, ProvidersSettings
from trend_platform.storage.base import PriceKind
from trend_platform.storage.redis.connection import ping
from trend_platform.storage.timescale.database import connect
from trend_platform.storage.timescale.deployment import price_kind as price_kind_of
from trend_platform.storage.timescale.features import features
from trend_platform.storage.timescale.migrate import pending


def look_at_services(session: Session) -> tuple[list[Finding], PriceKind | None]:
    """Return what is found, and which prices are kept here where that is known."""
    try:
        connections = session.connections
    except TrendError as error:
        return [broken("services", str(error))], None
    kind = price_kind(connections.mode)
    findings = [
        *looked_at("mode", lambda: _mode(connections)),
        *looked_at("database", lambda: _database(connections)),
        *looked_at("cache", lambda: [ok("cache", f"{ping(connections.redis_url)} answers")]),
        *(finding for name in provider_names(session.settings, kind) for finding in _provider(session, name)),
    ]
    if not provider_names(session.settings, kind):
        findings.append(
            broken("providers", "none is at hand: set a key such as POLYGON_API_KEY, or TREND_MODE=simulated")
        )
    return findings, kind


def _mode(connections: Connections) -> Iterator[Finding]:
    found = f"{connections.mode.value}: {connections.mode_reason}"
    if connections.mode is Mode.SIMULATED:
        yield note("prices", f"SIMULATED, made up on this machine ({connections.mode_reason})")
    else:
        yield ok("prices", found)


def _database(connections: Connections) -> Iterator[Finding]:
    place = urls.address(connections.database_url)
    database = connect(connections.database_url)
    try:
        able = features(database)
        yield ok("database", f"{place}: {able}") if able.timescaledb else note("database", f"{place}: {able}")
        with database.begin() as connection:
            lacking = pending(connection)
            if lacking:
                yield broken("schema", f"lacks {', '.join(lacking)}: run `trend db migrate`")
                return
            held = price_kind_of(connection)
        yield from _held(held, price_kind(connections.mode))
    finally:
        database.close()


def _held(held: PriceKind, wanted: PriceKind) -> Iterator[Finding]:
    if held is wanted:
        yield ok("schema", f"current; the database holds {held.value} prices")
    else:
        yield broken(
            "schema", f"the database holds {held.value} prices, and {wanted.value} ones are meant: see TREND_MODE"
        )


def _provider(session: Session, name: str) -> list[Finding]:
    what = f"provider {name}"
    try:
        provider = open_provider(name, session.settings.providers, session.clock)
    except TrendError as error:
        return [note(what, str(error))]
    return [ok(what, f"{_key(session.settings.providers, name)}{_terms(provider.capabilities)}")]


def _key(settings: ProvidersSettings, name: str) -> str:
    takes_key = any(f"__{name}__" in setting for setting in KEY_NAMES.values())
    if not takes_key:
        return ""
    mine = getattr(settings, name, None)
    has_key = isinstance(mine, ProviderSettings) and mine.api_key is not None
    return "with a key; " if has_key else "without a key; "


def _terms(able: Capabilities) -> str:
    quotas = " and ".join(f"{quota.weight:g} calls per {quota.period_seconds:g} s" for quota in able.quotas)
    classes = ", ".join(sorted(one.value for one in able.asset_classes))
    return f"{classes}; prices {able.basis.value}; {quotas or 'no quota'}"
