"""A look at what holds and brings prices: the mode, the database, the cache, the providers at hand."""

from collections.abc import Iterator
from contextlib import suppress

from trend_platform.cli.findings import Finding, State, broken, looked_at, note, ok
from trend_platform.cli.look_at_minutes import look_at_minutes
from trend_platform.cli.prices import price_kind
from trend_platform.cli.session import Session
from trend_platform.domain.instruments import Instrument
from trend_platform.errors import TrendError
from trend_platform.ingest.build import provider_names
from trend_platform.local import urls
from trend_platform.local.connections import Connections
from trend_platform.providers.base import Capabilities, Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import KEY_NAMES, Mode, ProviderSettings, ProvidersSettings
from trend_platform.storage.base import PriceKind
from trend_platform.storage.redis.connection import ping
from trend_platform.storage.timescale.database import connect
from trend_platform.storage.timescale.deployment import price_kind as price_kind_of
from trend_platform.storage.timescale.features import features
from trend_platform.storage.timescale.migrate import pending
from trend_platform.wording import counted, span_named

# So many symbols are named.
_NAMED = 8


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
        *looked_at("cache", lambda: [_cache(connections)]),
        *_providers(session, kind),
    ]
    if kind is PriceKind.REAL and all(finding.state is not State.BROKEN for finding in findings):
        findings += looked_at("universe", lambda: _universe(session))
    if all(finding.state is not State.BROKEN for finding in findings):
        findings += looked_at("freshness", lambda: look_at_minutes(session))
    return findings, kind


def _providers(session: Session, kind: PriceKind) -> Iterator[Finding]:
    names = provider_names(session.settings, kind)
    for name in names:
        yield _provider(session, name)
    if not names:
        yield broken("providers", "none is at hand: set a key such as POLYGON_API_KEY, or TREND_MODE=simulated")


def _universe(session: Session) -> Iterator[Finding]:
    with session.workshop(ready=()) as workshop:
        instruments = workshop.storage.universe.instruments()
    if not instruments:
        yield note("universe", "empty: `trend up` fills it, `trend instruments add AAPL BTC-USD` adds to it")
        return
    at_hand = [*_opened(session)]
    alone = [one.symbol for one in instruments if not any(_serves(provider, one) for provider in at_hand)]
    if alone:
        some = ", ".join(alone[:_NAMED]) + (f" and {len(alone) - _NAMED} more" if len(alone) > _NAMED else "")
        yield note(
            "universe",
            f"no provider at hand serves {some}: at night nothing will be fetched for them; set a key such as "
            "POLYGON_API_KEY or providers.files.path, or take them out with `trend instruments remove`",
        )
    else:
        yield ok("universe", f"{counted(len(instruments), 'instrument')}, each served by a provider at hand")


def _opened(session: Session) -> Iterator[Provider]:
    # One that cannot be opened is a finding of its own.
    for name in provider_names(session.settings, PriceKind.REAL):
        with suppress(TrendError):
            yield open_provider(name, session.settings.providers, session.clock)


def _serves(provider: Provider, instrument: Instrument) -> bool:
    able = provider.capabilities
    return instrument.asset_class in able.asset_classes and provider.symbol_of(instrument) is not None


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


def _cache(connections: Connections) -> Finding:
    return ok("cache", f"{urls.address(connections.redis_url)}: {ping(connections.redis_url)} answers")


def _held(held: PriceKind, wanted: PriceKind) -> Iterator[Finding]:
    if held is wanted:
        yield ok("schema", f"current; the database holds {held.value} prices")
    else:
        yield broken(
            "schema", f"the database holds {held.value} prices, and {wanted.value} ones are meant: see TREND_MODE"
        )


def _provider(session: Session, name: str) -> Finding:
    what = f"provider {name}"
    try:
        provider = open_provider(name, session.settings.providers, session.clock)
    except TrendError as error:
        return note(what, str(error))
    return ok(what, f"{_key(session.settings.providers, name)}{_terms(provider.capabilities)}")


def _key(settings: ProvidersSettings, name: str) -> str:
    takes_key = any(f"__{name}__" in setting for setting in KEY_NAMES.values())
    if not takes_key:
        return ""
    mine = getattr(settings, name, None)
    has_key = isinstance(mine, ProviderSettings) and mine.api_key is not None
    return "with a key; " if has_key else "without a key; "


def _terms(able: Capabilities) -> str:
    quotas = " and ".join(
        f"{quota.weight:g} {'call' if quota.weight == 1 else 'calls'} per {span_named(quota.period_seconds)}"
        for quota in able.quotas
    )
    classes = ", ".join(sorted(one.value for one in able.asset_classes))
    return f"{classes}; prices {able.basis.value}; {quotas or 'no quota'}"
