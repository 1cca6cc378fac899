"""A session of real prices on a shop: polygon is at hand, its answers are archived."""

from dataclasses import replace

from pydantic import SecretStr

from trend_platform.providers.registry import open_provider
from trend_platform.settings import Mode, Settings
from trend_platform_tests.cli.sessions import GivenSession
from trend_platform_tests.ingest.shop import Shop


def session_at(shop: Shop, with_keys: tuple[str, ...] = ()) -> GivenSession:
    """Return a session on the shop's market; with keys, on the free plan of polygon."""
    providers = shop.settings
    if with_keys:
        first, *others = map(SecretStr, with_keys)
        told = {"api_key": first, "api_keys": tuple(others), "rate_per_minute": None}
        providers = providers.model_copy(update={"polygon": providers.polygon.model_copy(update=told)})
    workshop = shop.workshop()
    polygon = open_provider("polygon", providers, shop.clock, shared=workshop.shared)
    return GivenSession(replace(workshop, providers=(polygon,)), Settings(providers=providers), mode=Mode.LIVE)
