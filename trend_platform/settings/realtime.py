"""How the minute loop behaves: what it believes, how long its traces are kept, and who is told when it fails."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import NoDecode


class AlertSettings(BaseModel):
    """Who is told when something goes wrong, and when it is over.

    Attributes:
        urls: Where to, as Apprise writes it: `jsons://host/path` posts to a webhook, `slack://...` or the address of a Slack
            incoming webhook, `mailto://...`, and some hundred more. They hold credentials. None: nobody is told, the
            incidents are still kept.
        quiet_seconds: How long something must be wrong before anybody is told.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    urls: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    quiet_seconds: float = Field(default=0.0, ge=0)

    @field_validator("urls", mode="before")
    @classmethod
    def _split_urls(cls, urls: object) -> object:
        if isinstance(urls, str):
            return tuple(url for url in urls.split() if url)
        return urls


class RetentionSettings(BaseModel):
    """How long what is written by the minute is kept; history itself is never dropped.

    Attributes:
        quotes_days: Quotes; the newest one of each instrument stays.
        minute_runs_days: Dagster runs and events of the minute lanes.
        run_records_days: Records of ingest runs of the minute lanes.
        incidents_days: Incidents that are over.
        news_days: News articles, by when they were published.
        social_days: Social posts, by when they were posted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    quotes_days: int = Field(default=30, ge=1)
    minute_runs_days: int = Field(default=2, ge=1)
    run_records_days: int = Field(default=30, ge=1)
    incidents_days: int = Field(default=365, ge=1)
    news_days: int = Field(default=365, ge=1)
    social_days: int = Field(default=30, ge=1)


class RealtimeSettings(BaseModel):
    """How the minute loop judges what it gets.

    Attributes:
        stale_after_seconds: How old the newest quote of an open market may be before it counts as stale.
        jump_percent: A price further than this from the last known one is set aside until a second look confirms it.
        ahead_seconds: How far a quote's own time may lie in the future before it is set aside.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stale_after_seconds: float = Field(default=180.0, gt=0)
    jump_percent: float = Field(default=50.0, gt=0)
    ahead_seconds: float = Field(default=5.0, ge=0)
