"""What every provider can be told. A pure model: reading the environment is `platform`'s."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class ProviderSettings(BaseModel):
    """What every provider can be told.

    Attributes:
        enabled: Whether the provider takes part at all.
        base_url: Where its API lives, without a trailing slash.
        api_key: The credential; sent in a header, never in a URL.
        rate_per_minute: Calls per minute allowed to this platform; `None` takes the provider's default.
        timeout_seconds: Limit of one attempt, from connect to the last byte.
        max_attempts: Attempts of one request before it counts as failed.
        max_wait_seconds: The longest wait between two attempts; a longer `Retry-After` gives up instead.
        concurrency: Requests under way at once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    base_url: str = ""
    api_key: SecretStr | None = None
    rate_per_minute: float | None = Field(default=None, gt=0)
    timeout_seconds: float = Field(default=30.0, gt=0)
    max_attempts: int = Field(default=5, ge=1)
    max_wait_seconds: float = Field(default=60.0, ge=0)
    concurrency: int = Field(default=8, ge=1)

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return url.rstrip("/")
