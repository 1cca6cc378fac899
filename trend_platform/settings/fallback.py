"""How providers stand in for each other. A pure model: reading the environment is `platform`'s."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class ReplacePolicy(StrEnum):
    """What happens to candles of a lesser provider when a better one is back."""

    KEEP = "keep"
    PREFER_FIRST = "prefer_first"


class Ordering(StrEnum):
    """Who says in which order providers are asked: the user, or what was seen of them lately."""

    SETTINGS = "settings"
    SCORECARD = "scorecard"


class FallbackSettings(BaseModel):
    """When a provider is left alone, how its scores fade, and how much is compared with another one's.

    Attributes:
        failures: So many failures in a row, and a provider that somebody else can stand in for is left alone.
        rest_seconds: For how long, the first time; each further time in a row twice as long.
        longest_rest_seconds: What the doubling ends at.
        half_life_hours: How long until what was seen of a provider counts half as much.
        reconcile_share: The share of series of which a second provider is asked, to compare what both say; 0 compares none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    failures: int = Field(default=5, ge=1)
    rest_seconds: float = Field(default=30.0, gt=0)
    longest_rest_seconds: float = Field(default=900.0, gt=0)
    half_life_hours: float = Field(default=72.0, gt=0)
    reconcile_share: float = Field(default=0.01, ge=0, le=1)
