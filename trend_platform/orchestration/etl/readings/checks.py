"""Asset checks of this folder: they read the database as it is, so each can be run again on its own from the asset's page."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

import dagster as dg

from trend_platform.domain.economy import overlapping
from trend_platform.ingest.releases import is_overdue, next_look
from trend_platform.orchestration.etl.readings.keys import ECONOMIC_OBSERVATIONS, NEWS_ARTICLES, SOCIAL_POSTS
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.orchestration.tables import markdown, some

NEWS_COME_WITHIN: Final = timedelta(hours=6)
"""Without a new story for longer than this something is wrong, weekends and nights included."""

_SHOWN = 50

ADDS_UP: Mapping[dg.AssetKey, dg.AssetCheckSpec] = MappingProxyType(
    {
        key: dg.AssetCheckSpec(
            "outcome_adds_up", asset=key, description="Everything that came in the run is accounted for."
        )
        for key in (ECONOMIC_OBSERVATIONS, NEWS_ARTICLES, SOCIAL_POSTS)
    }
)


def adds_up(asset: dg.AssetKey, *, sums: bool) -> dg.AssetCheckResult:
    """Judge an outcome by its sums; one that does not hold is a bug of the platform, not of the data."""
    return dg.AssetCheckResult(
        passed=sums,
        asset_key=asset,
        check_name="outcome_adds_up",
        severity=dg.AssetCheckSeverity.ERROR,
        description="all sums hold" if sums else "a sum does not hold: please report it with the metadata of the run",
    )


@dg.asset_check(
    asset=ECONOMIC_OBSERVATIONS,
    description="Each series of the settings was looked at when its release was due; the metadata says when the next look is.",
)
def releases_are_stored(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Warn of series that nobody has told although they were due a day ago."""
    wanted = workshops.settings().sources.fred.series
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        known, now = workshop.storage.economy.series(), workshop.clock.now()
    told = [one for one in known if one.series in wanted]
    kept = {one.series for one in told if not is_overdue(one, now)}
    late = [series for series in wanted if series not in kept]
    rows = [
        (one.series, one.provider, one.newest_observation, one.newest_vintage, one.checked_at, next_look(one, now))
        for one in told
    ]
    return dg.AssetCheckResult(
        passed=not late,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"overdue or never told: {some(late)}" if late else f"{len(wanted)} series are up to date",
        metadata={
            "overdue": ", ".join(late) or "none",
            "series": dg.MetadataValue.md(
                markdown(("series", "source", "newest period", "newest vintage", "looked at", "next look"), rows)
            ),
        },
    )


@dg.asset_check(
    asset=ECONOMIC_OBSERVATIONS,
    description="Of one period one value is believed on one day: no two vintages overlap.",
)
def vintages_do_not_overlap(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Fail if two vintages of a period overlap in time."""
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        economy = workshop.storage.economy
        frames = [economy.observations(one.provider, one.series) for one in economy.series()]
    faults = [row for frame in frames for row in overlapping(frame).iter_rows()]
    return dg.AssetCheckResult(
        passed=not faults,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{sum(frame.height for frame in frames):,} vintages of {len(frames)} series, {len(faults)} overlap",
        metadata={
            "overlapping": dg.MetadataValue.md(
                markdown(("source", "series", "period", "believed from"), faults[:_SHOWN]) if faults else "none"
            )
        },
    )


@dg.asset_check(asset=NEWS_ARTICLES, description="News keep coming: the newest story came a few hours ago at most.")
def news_keep_coming(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Warn if no story came for hours."""
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        latest = workshop.storage.news.latest((), _SHOWN)["fetched_at"].to_list()
        now = workshop.clock.now()
    newest = max(latest, default=None)
    return dg.AssetCheckResult(
        passed=newest is not None and now - newest <= NEWS_COME_WITHIN,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"the newest story came {newest:%Y-%m-%d %H:%M} UTC" if newest else "no story was ever stored",
    )


@dg.asset_check(asset=NEWS_ARTICLES, description="No address stands in more than one story.")
def stories_are_told_once(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Fail if an address stands in more than one story."""
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        repeated = workshop.storage.news.repeated()
    return dg.AssetCheckResult(
        passed=not repeated,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{len(repeated)} addresses stand in more than one story"
        if repeated
        else "each address stands once",
        metadata={"repeated": ", ".join(repeated[:_SHOWN]) or "none"},
    )


@dg.asset_check(
    asset=SOCIAL_POSTS, description="No more was spent on posts today and this month than the settings allow."
)
def allowance_is_kept(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Fail if more money was spent than allowed."""
    allowed = workshops.settings().sources.x
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        today = workshop.clock.now().date()
        daily = workshop.storage.purse.spent("x", [today])
        monthly = workshop.storage.purse.spent("x", _days_of_month(today))
    return dg.AssetCheckResult(
        passed=daily <= allowed.daily_dollars + 1e-6 and monthly <= allowed.monthly_dollars + 1e-6,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"x: ${daily:.3f} of ${allowed.daily_dollars:g} today, ${monthly:.3f} of ${allowed.monthly_dollars:g} this month",
        metadata={"dollars today": daily, "dollars this month": monthly},
    )


def _days_of_month(day: date) -> list[date]:
    return [day.replace(day=1) + timedelta(days=ahead) for ahead in range(day.day)]
