"""Every error this platform raises on purpose, grouped by what the caller does next.

    TrendError
    ├── ConfigurationError       fix a setting or an argument, then call again
    │   ├── UsageError           the arguments of this one call do not fit together
    │   └── SimulatedDataRefused simulated and real prices were about to meet in one database
    ├── UnavailableError         a service of ours (database, Redis, a port, the disk) does not answer
    ├── PlanRefused              the work cannot finish as asked; the message says what would
    └── ProviderError            one provider, one request
        ├── WaitError            ask the same provider again, later
        │   ├── RateLimited      after `retry_after_seconds`
        │   ├── QuotaExhausted   after `retry_after_seconds`, usually hours: use another provider now
        │   ├── Transient        5xx, timeout, connection lost, body cut short
        │   └── CircuitOpen      not asked: it failed too often a moment ago
        ├── NextProviderError    this provider will not serve this request: ask the next one
        │   ├── AuthFailed       the key is missing or wrong
        │   ├── NotEntitled      the plan behind the key does not include it
        │   ├── BeyondDepth      older than the provider reaches
        │   ├── Blocked          a bot wall, a geographic refusal, HTML instead of data
        │   ├── Malformed        an answer that is not what the contract says
        │   ├── GranularityMismatch  candles of another timeframe than was asked
        │   └── BasisMismatch    prices on another basis than the series has
        └── NothingThere         a fact, not a failure: the provider knows no such symbol

Each message says what was found, what was expected and what to do. No message carries a secret.
"""


class TrendError(Exception):
    """Any error raised on purpose by this platform."""


class ConfigurationError(TrendError):
    """A setting or an argument is wrong; the message names it and says what fits."""


class UsageError(ConfigurationError):
    """The arguments of this call do not fit together; nothing was done."""


class SimulatedDataRefused(ConfigurationError):
    """Simulated candles were about to be written beside real ones, or the reverse."""


class UnavailableError(TrendError):
    """A service this platform needs does not answer; the message names it and the remedy."""


class PlanRefused(TrendError):
    """The plan cannot finish as asked; the message says which part and what would."""


class ProviderError(TrendError):
    """One request to one provider failed.

    Attributes:
        provider: Name of the provider, such as `polygon`.
        calls: Calls made before giving up, set by whoever made them.
    """

    def __init__(self, provider: str, message: str) -> None:
        super().__init__(provider, message)
        self.provider = provider
        self.calls = 0

    def __str__(self) -> str:
        return f"{self.provider}: {self.args[1]}"


class WaitError(ProviderError):
    """The same request may succeed later.

    Attributes:
        retry_after_seconds: What the provider asked for, in seconds; `None` if it said nothing usable.
    """

    def __init__(self, provider: str, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(provider, message)
        self.retry_after_seconds = retry_after_seconds


class RateLimited(WaitError):
    """Too many requests in a short window."""


class QuotaExhausted(WaitError):
    """The daily or monthly allowance is used up: another provider serves until it resets."""


class Transient(WaitError):
    """A fault that usually passes: 5xx, a timeout, a lost connection, a body cut short."""


class CircuitOpen(WaitError):
    """Nothing was sent: the provider failed too often a moment ago and is left alone until a probe finds it well."""


class NextProviderError(ProviderError):
    """This provider will not serve this request, now or later: ask the next one."""


class AuthFailed(NextProviderError):
    """The credential is missing, unknown or disabled."""


class NotEntitled(NextProviderError):
    """The plan behind the credential does not include this data."""


class BeyondDepth(NextProviderError):
    """The provider does not reach back this far."""


class Blocked(NextProviderError):
    """A bot wall, a geographic refusal or a page for people came instead of data."""


class Malformed(NextProviderError):
    """The answer does not have the shape its contract promises."""


class GranularityMismatch(NextProviderError):
    """The provider answered candles of another timeframe than was asked."""


class BasisMismatch(NextProviderError):
    """The provider's prices are split-adjusted and the series is raw: the two are not mixed."""


class NothingThere(ProviderError):
    """The provider knows no such symbol: a fact about the provider, not a failure."""
