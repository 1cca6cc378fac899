"""From settings to a client: keys that take turns, what clients share, and what is refused before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
import pytest
from pydantic import SecretStr

from trend_platform.domain.budgets import Window
from trend_platform.domain.clock import ManualClock
from trend_platform.errors import AuthFailed, ConfigurationError, QuotaExhausted, Transient
from trend_platform.providers.base import Quota
from trend_platform.providers.budgets import Budget, LocalBudget
from trend_platform.providers.http import HttpClient, HttpPolicy
from trend_platform.providers.patience import Patience
from trend_platform.providers.sharing import Shared, in_force, sharing
from trend_platform.providers.wiring import key_of, keys_of, needed_key, open_client, patient
from trend_platform.settings import ProviderSettings
from trend_platform_tests.providers.network import NOW, Reply, Script, classify

OK: Reply = (200, {}, b'{"a": 1}')
FIVE = (Quota(5, 60.0),)


@dataclass
class Opened:
    """Opens budgets of this process and remembers which."""

    opened: list[tuple[str, Sequence[str], Sequence[Window]]] = field(default_factory=list)

    def of(self, provider: str, credentials: Sequence[str], windows: Sequence[Window]) -> Budget:
        self.opened.append((provider, credentials, windows))
        return LocalBudget(windows, len(credentials))


def settings(*keys: str, **options: object) -> ProviderSettings:
    first, *others = keys or ("",)
    told = {"base_url": "http://fake.test", "api_key": first or None, "api_keys": tuple(others), **options}
    return ProviderSettings.model_validate(told)


def opened(told: ProviderSettings, transport: httpx.AsyncBaseTransport, quotas: Sequence[Quota] = FIVE) -> HttpClient:
    key = key_of(told)
    secrets = {"Authorization": SecretStr(f"Bearer {key}")} if key else None
    return open_client("fake", told, classify, quotas, ManualClock(NOW), secrets=secrets, transport=transport)


def keys_sent(script: Script) -> list[str]:
    return [request.headers["Authorization"].removeprefix("Bearer ") for request in script.requests]


def test_keys_are_taken_without_blanks_and_each_once() -> None:
    assert keys_of(settings("k1\n", "k2", " k1 ", "k2")) == ["k1", "k2"]
    assert keys_of(settings()) == []
    assert key_of(settings()) is None


async def test_several_keys_take_turns_and_serve_more_than_one_could() -> None:
    script = Script([OK])
    client = opened(settings("k1", "k2", "k3"), script)
    for _ in range(15):
        await client.get("/x")
    assert sorted(keys_sent(script)) == sorted(["k1", "k2", "k3"] * 5)


async def test_a_key_that_is_refused_rests_and_another_one_asks_at_once() -> None:
    script = Script([(429, {"Retry-After": "30"}, b"{}"), OK])
    client = opened(settings("k1", "k2", max_wait_seconds=1), script)
    assert (await client.get("/x")).calls == 2
    for _ in range(3):
        await client.get("/x")
    refused, *served = keys_sent(script)
    assert refused not in served
    assert len(set(served)) == 1


async def test_a_key_whose_allowance_is_used_up_leaves_the_others_to_serve() -> None:
    script = Script([(429, {"Retry-After": "86400"}, b"{}"), OK])
    client = opened(settings("k1", "k2"), script)
    assert (await client.get("/x")).calls == 2


async def test_when_every_key_is_used_up_it_is_said() -> None:
    script = Script([(429, {"Retry-After": "86400"}, b"{}")])
    with pytest.raises(QuotaExhausted, match="used up"):
        await opened(settings("k1", "k2", max_attempts=5), script).get("/x")
    assert sorted(keys_sent(script)) == ["k1", "k2"]


def test_credentials_of_several_parts_do_not_take_turns() -> None:
    both = {"id": SecretStr("k1"), "secret": SecretStr("s")}
    with pytest.raises(ConfigurationError, match=r"providers\.fake\.api_keys .* leave one api_key") as caught:
        open_client("fake", settings("k1", "k2"), classify, FIVE, ManualClock(NOW), secrets=both)
    assert "k2" not in str(caught.value)


def test_a_key_that_is_needed_and_missing_is_an_error_that_names_its_variable() -> None:
    assert needed_key("p", settings("k"), "P_API_KEY") == "k"
    for told in (settings(), settings(" ")):
        with pytest.raises(AuthFailed, match="p: there is no key: set P_API_KEY"):
            needed_key("p", told, "P_API_KEY")


def test_clients_opened_side_by_side_share_budgets_under_fingerprints() -> None:
    budgets = Opened()
    with sharing(Shared(budgets)):
        opened(settings("k1", "k2"), Script([OK]))
        opened(settings("k1"), Script([OK]))
    (first, second) = budgets.opened
    assert first[1][0] == second[1][0]
    assert len(first[1]) == 2
    assert "k1" not in repr(budgets.opened)
    assert [window.period_seconds for window in first[2]] == [60.0]


def test_of_two_quotas_for_one_period_the_tighter_one_is_kept() -> None:
    budgets = Opened()
    with sharing(Shared(budgets)):
        opened(settings("k1"), Script([OK]), (Quota(5, 60.0), Quota(3, 60.0), Quota(9, 60.0)))
    ((_, _, windows),) = budgets.opened
    assert [window.weight for window in windows] == [3]


async def test_what_is_left_is_told_per_provider() -> None:
    shared = Shared()
    with sharing(shared):
        client = opened(settings("k1"), Script([OK]))
    await client.get("/x", weight=2)
    (standing,) = await shared.standing("fake")
    assert (standing.used, standing.left) == (2, 3)
    assert await shared.standing("other") == []


async def test_where_nothing_is_metered_nothing_is_spent() -> None:
    shared = Shared(Opened(), is_metered=False)
    with sharing(shared):
        client = opened(settings("k1"), Script([OK]), (Quota(1, 60.0),))
    for _ in range(3):
        await client.get("/x")
    assert await shared.standing("fake") == []


def test_sharing_ends_with_its_block() -> None:
    outer, inner = Shared(), Shared()
    with sharing(outer):
        with sharing(inner):
            assert in_force() is inner
        assert in_force() is outer
    assert in_force().budgets is None


def test_what_was_said_of_patience_replaces_the_settings_and_the_rest_stays() -> None:
    policy = HttpPolicy(timeout_seconds=7, max_attempts=5, first_wait_seconds=1, max_wait_seconds=60)
    assert patient(policy, Patience()) == policy
    said = patient(policy, Patience(max_attempts=1, jitter_seconds=0.5))
    assert said == HttpPolicy(
        timeout_seconds=7, max_attempts=1, first_wait_seconds=1, max_wait_seconds=60, jitter_seconds=0.5
    )


@pytest.mark.parametrize("attempts", [1, 3])
async def test_a_client_opened_under_patience_asks_as_often_as_was_said(attempts: int) -> None:
    script = Script([(500, {}, b"{}")] * 3)
    patience = Patience(max_attempts=attempts, first_wait_seconds=0.0, max_wait_seconds=0.0, jitter_seconds=0.0)
    with sharing(Shared(patience=patience)):
        client = opened(settings(max_attempts=2), script, ())
    with pytest.raises(Transient):
        await client.get("/x")
    assert len(script.requests) == attempts
