"""How a provider's settings become its HTTP client: one limiter, one policy, one place."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

import httpx
from pydantic import SecretStr

from trend_platform.domain.budgets import Window
from trend_platform.domain.clock import Clock
from trend_platform.errors import AuthFailed, ConfigurationError
from trend_platform.providers.base import Quota
from trend_platform.providers.credentials import Credential, spares
from trend_platform.providers.http import Classify, HttpClient, HttpPolicy
from trend_platform.providers.limits import BudgetLimiter
from trend_platform.providers.patience import Patience
from trend_platform.providers.sharing import Shared, in_force
from trend_platform.settings import ProviderSettings

# Calls that leave a window apart may arrive a little closer together.
_MARGIN_SECONDS = 0.25
# An allowance of a longer window is used up or not; between two calls nothing need lie.
_STRICT_SECONDS = 60.0
# A strict quota refuses for longer: there, the first wait grows to the time between two calls.
_SHORTEST_FIRST_WAIT_SECONDS, _LONGEST_FIRST_WAIT_SECONDS = 0.25, 15.0


def key_of(settings: ProviderSettings) -> str | None:
    """Return the credential without the blanks and line breaks that come with copying; `None` if there is none."""
    return next(iter(keys_of(settings)), None)


def needed_key(provider: str, settings: ProviderSettings, variable: str) -> str:
    """Return the credential of a provider that serves nobody without one.

    Args:
        provider: Its name.
        settings: What the user set.
        variable: The environment variable that sets it, for the error.

    Raises:
        AuthFailed: There is none; the message says how to set it.
    """
    key = key_of(settings)
    if key is None:
        raise AuthFailed(provider, f"there is no key: set {variable} to the one of your account")
    return key


def keys_of(settings: ProviderSettings) -> list[str]:
    """Return all credentials that take turns, each once, without the blanks that come with copying."""
    told = [*([settings.api_key] if settings.api_key else []), *settings.api_keys]
    keys = (secret.get_secret_value().strip() for secret in told)
    return list(dict.fromkeys(key for key in keys if key))


def open_client(
    provider: str,
    settings: ProviderSettings,
    classify: Classify,
    quotas: Sequence[Quota],
    clock: Clock,
    *,
    headers: Mapping[str, str] | None = None,
    secrets: Mapping[str, SecretStr] | None = None,
    secret_params: Mapping[str, SecretStr] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> HttpClient:
    """Return a client that keeps `quotas` and is as patient as `settings` say; nothing is sent yet.

    Raises:
        ConfigurationError: The base URL is no address, or several credentials are named where they cannot take turns.
        AuthFailed: A credential cannot be sent.
    """
    windows = [quota for quota in quotas if quota.period_seconds <= _STRICT_SECONDS]
    between = max((quota.period_seconds / quota.weight for quota in windows), default=0.0)
    policy = HttpPolicy(
        timeout_seconds=settings.timeout_seconds,
        max_attempts=settings.max_attempts,
        first_wait_seconds=min(max(between, _SHORTEST_FIRST_WAIT_SECONDS), _LONGEST_FIRST_WAIT_SECONDS),
        max_wait_seconds=settings.max_wait_seconds,
        concurrency=settings.concurrency,
    )
    first = Credential(secrets or {}, secret_params or {})
    others = _others(provider, first, settings)
    shared = in_force()
    policy = patient(policy, shared.patience)
    return HttpClient(
        provider,
        settings.base_url,
        classify,
        _limiter(provider, settings, [first, *others], quotas, shared),
        clock,
        policy=policy,
        headers=headers,
        secrets=secrets,
        secret_params=secret_params,
        spares=others,
        archive=shared.archive,
        transport=transport,
    )


def patient(policy: HttpPolicy, patience: Patience) -> HttpPolicy:
    """Return the policy with what somebody has said for this run alone."""
    said = {field.name: getattr(patience, field.name) for field in fields(patience)}
    return replace(policy, **{name: value for name, value in said.items() if value is not None})


def _others(provider: str, first: Credential, settings: ProviderSettings) -> list[Credential]:
    keys = keys_of(settings)
    if len(keys) > 1 and len(first.secrets) > 1:
        raise ConfigurationError(
            f"providers.{provider}.api_keys names further keys, but a credential of {provider} has {len(first.secrets)} parts, "
            "and those do not take turns: leave one api_key"
        )
    return spares(first, keys) if first.secrets else []


def _limiter(
    provider: str,
    settings: ProviderSettings,
    credentials: Sequence[Credential],
    quotas: Sequence[Quota],
    shared: Shared,
) -> BudgetLimiter:
    tightest = {quota.period_seconds: quota for quota in sorted(quotas, key=lambda quota: -quota.weight)}
    windows = [Window(quota.weight, quota.period_seconds, _MARGIN_SECONDS) for quota in tightest.values()]
    if not shared.is_metered:
        windows = []
    names = [one.fingerprint(settings.base_url) for one in credentials]
    budget = shared.budgets.of(provider, names, windows) if shared.budgets and windows else None
    limiter = BudgetLimiter(
        provider,
        windows,
        credentials=len(credentials),
        local=shared.local.of(provider, names, windows),
        shared=budget,
        longest_rest_seconds=patient(
            HttpPolicy(max_wait_seconds=settings.max_wait_seconds), shared.patience
        ).max_wait_seconds,
        notice=shared.notice,
    )
    shared.limiters.setdefault(provider, []).append(limiter)
    return limiter
