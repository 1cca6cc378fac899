"""The orders a person can set name the capabilities and asset classes there are, and reach the use cases as they were set."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from trend_platform.domain.capability import Capability
from trend_platform.domain.instruments import AssetClass
from trend_platform.ingest import build
from trend_platform.settings import FallbackSettings, PolygonSettings, ProvidersSettings, Settings
from trend_platform.storage.base import PriceKind


def test_every_capability_and_class_may_have_an_order():
    names = [str(one) for one in Capability]
    names += [f"{capability}.{asset_class}" for capability in Capability for asset_class in AssetClass]
    orders = dict.fromkeys(names, ("polygon",))
    assert ProvidersSettings(orders=orders).orders == orders


@pytest.mark.parametrize("name", ["daily", "latest.", "latest.gold", ".crypto", "latest.crypto.x", "latestcrypto"])
def test_an_order_for_something_else_is_refused(name: str):
    with pytest.raises(ValidationError):
        ProvidersSettings(orders={name: ("polygon",)})


def test_whom_an_order_of_its_own_names_is_at_hand_too_and_by_its_own_name():
    settings = Settings(providers=ProvidersSettings(order=("Massive",), orders={"latest.crypto": ("coinbase",)}))
    assert build.provider_names(settings, PriceKind.REAL) == ("polygon", "coinbase")
    policy = build._policy(settings).order
    assert (policy.general, policy.special) == (("polygon",), {"latest.crypto": ("coinbase",)})


def test_what_is_set_reaches_the_use_cases():
    fallback = FallbackSettings(
        failures=3, rest_seconds=60, longest_rest_seconds=30, half_life_hours=1, reconcile_share=0.5
    )
    polygon = PolygonSettings(hedge_after_seconds=2.5)
    settings = Settings(providers=ProvidersSettings(fallback=fallback, polygon=polygon, ordering="scorecard"))
    policy, breakers = build._policy(settings), build._breaker_policy(settings)
    assert (policy.hedges, policy.half_life, policy.reconcile_share) == ({"polygon": 2.5}, timedelta(hours=1), 0.5)
    assert policy.order.by_scores
    # A rest that is longer than the longest one is the longest one.
    assert (breakers.failures, breakers.rest, breakers.longest_rest) == (3, timedelta(minutes=1), timedelta(minutes=1))
