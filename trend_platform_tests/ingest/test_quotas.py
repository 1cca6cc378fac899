"""What is left of quotas beside what a plan takes; weights of calls count."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from trend_platform.ingest.plan import Estimate, Plan
from trend_platform.ingest.quotas import quotas_left
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.registry import open_provider
from trend_platform.settings import ProvidersSettings
from trend_platform_tests.ingest.shop import Shop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    shop = Shop(tmp_path)
    empty = shop.workshop()
    names = ("binance", "simulated")
    providers = tuple(open_provider(name, ProvidersSettings(), shop.clock, shared=empty.shared) for name in names)
    return replace(empty, providers=providers)


def test_a_plan_takes_the_weight_of_its_calls(workshop: Workshop) -> None:
    plan = Plan(estimates=(Estimate("binance", 100, 100_000, 1.0, ""),))
    (left,) = asyncio.run(quotas_left(workshop, plan))
    assert (left.provider, left.takes) == ("binance", 200)
    (window,) = left.as_dict()["windows"]
    assert (window["weight"], window["left"], window["used"], window["rests_seconds"]) == (4800, 4800, 0, 0)


def test_a_plan_that_asks_nobody_takes_nothing(workshop: Workshop) -> None:
    (left,) = asyncio.run(quotas_left(workshop, Plan()))
    assert left.takes == 0
