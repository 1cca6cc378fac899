"""How a provider's settings become its HTTP client: one limiter, one policy, one place."""

from collections.abc import Mapping, Sequence

import httpx
from pydantic import SecretStr

from trend_platform.domain.clock import Clock
from trend_platform.providers.base import Quota
from trend_platform.providers.http import Classify, HttpClient, HttpPolicy
from trend_platform.providers.limits import SlidingWindowLimiter
from trend_platform.settings import ProviderSettings

# Calls that leave a window apart may arrive a little closer together.
_MARGIN_SECONDS = 0.25
# A strict quota refuses for longer: there, the first wait grows to the time between two calls.
_SHORTEST_FIRST_WAIT_SECONDS, _LONGEST_FIRST_WAIT_SECONDS = 0.25, 15.0


def key_of(settings: ProviderSettings) -> str | None:
    """Return the credential without the blanks and line breaks that come with copying; `None` if there is none."""
    key = settings.api_key.get_secret_value().strip() if settings.api_key else ""
    return key or None


def open_client(
    provider: str,
    settings: ProviderSettings,
    classify: Classify,
    quotas: Sequence[Quota],
    clock: Clock,
    *,
    secrets: Mapping[str, SecretStr] | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> HttpClient:
    """Return a client that keeps `quotas` and is as patient as `settings` say; nothing is sent yet."""
    between = max((quota.period_seconds / quota.weight for quota in quotas), default=0.0)
    policy = HttpPolicy(
        timeout_seconds=settings.timeout_seconds,
        max_attempts=settings.max_attempts,
        first_wait_seconds=min(max(between, _SHORTEST_FIRST_WAIT_SECONDS), _LONGEST_FIRST_WAIT_SECONDS),
        max_wait_seconds=settings.max_wait_seconds,
        concurrency=settings.concurrency,
    )
    limiter = SlidingWindowLimiter(quotas, margin_seconds=_MARGIN_SECONDS)
    return HttpClient(
        provider, settings.base_url, classify, limiter, clock, policy=policy, secrets=secrets, transport=transport
    )
