"""What every provider can be told. A pure model: reading the environment is `platform`'s."""

from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode


class ProviderSettings(BaseModel):
    """What every provider can be told.

    Attributes:
        needs: The settings without which it cannot be asked.
        by_name_only: Whether it takes part only where the user's own order names it.
        enabled: Whether the provider takes part at all.
        base_url: Where its API lives, without a trailing slash.
        api_key: The credential; sent in a header, never in a URL.
        api_keys: Further credentials of the same kind, which take turns with `api_key`; several with commas.
        rate_per_minute: Calls per minute allowed to this platform; `None` takes the provider's default.
        timeout_seconds: Limit of one attempt, from connect to the last byte.
        max_attempts: Attempts of one request before it counts as failed.
        max_wait_seconds: The longest wait between two attempts; a longer `Retry-After` gives up instead.
        concurrency: Requests under way at once.
        hedge_after_seconds: When an answer takes longer, somebody else is asked as well and the first answer counts; `None`
            never does that.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    needs: ClassVar[tuple[str, ...]] = ()
    by_name_only: ClassVar[bool] = False

    enabled: bool = True
    base_url: str = ""
    api_key: SecretStr | None = None
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    rate_per_minute: float | None = Field(default=None, gt=0)
    timeout_seconds: float = Field(default=30.0, gt=0)
    max_attempts: int = Field(default=5, ge=1)
    max_wait_seconds: float = Field(default=60.0, ge=0)
    concurrency: int = Field(default=8, ge=1)
    hedge_after_seconds: float | None = Field(default=None, gt=0)

    @field_validator("api_keys", mode="before")
    @classmethod
    def _split_keys(cls, keys: object) -> object:
        if not isinstance(keys, str):
            return keys
        found = tuple(key.strip() for key in keys.split(",") if key.strip())
        if any(mark in key for key in found for mark in " \"'[]"):
            raise ValueError("expected keys with commas between them, each without blanks, quotes and brackets")
        return found

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _check_first_key(self) -> Self:
        if self.api_keys and self.api_key is None:
            raise ValueError("api_keys are further keys: name the first one as api_key")
        return self

    @property
    def lacks(self) -> tuple[str, ...]:
        """Return the settings it needs that are not set."""
        return tuple(name for name in self.needs if not getattr(self, name))

    @property
    def is_ready(self) -> bool:
        """Whether it is enabled and has what it needs."""
        return self.enabled and not self.lacks
