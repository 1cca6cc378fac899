"""Which candles within a day are kept up to date by themselves. A pure model; what it means lives with the sensor."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import NoDecode

WithinDay = Literal["1m", "5m", "15m", "30m", "1h", "4h", "12h"]
"""The timeframes within a day, as the domain has them: settings import nothing of it."""


class IntradaySettings(BaseModel):
    """Which candles within a day are kept up to date for everything active, after each close of its market.

    Attributes:
        timeframes: Their lengths; several with commas. Longer ones are rolled up from minutes; hours are asked besides, to
            hold both against each other.
        minutes_after_close: How long after a close it is asked: most providers have settled a session by then.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    timeframes: Annotated[tuple[WithinDay, ...], NoDecode] = ("1m", "1h")
    minutes_after_close: int = Field(default=30, ge=0)

    @field_validator("timeframes", mode="before")
    @classmethod
    def _split_timeframes(cls, timeframes: object) -> object:
        if isinstance(timeframes, str):
            return tuple(dict.fromkeys(one.strip() for one in timeframes.split(",") if one.strip()))
        return timeframes
