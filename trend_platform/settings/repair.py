"""How gaps are repaired without being told to. A pure model: reading the environment is `platform`'s."""

from pydantic import BaseModel, ConfigDict, Field


class RepairSettings(BaseModel):
    """What the sensor may do about gaps that are due.

    Attributes:
        enabled: Whether gaps are repaired by themselves.
        calls_per_day: Calls that repairs may make in a day (UTC); those a person starts count as well, and are not limited.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    calls_per_day: int = Field(default=200, ge=0)
