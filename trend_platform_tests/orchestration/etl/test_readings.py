"""The assets of economic series, news and posts in real Dagster runs over a store in memory; their checks and schedules."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.economy import EconomicSeries
from trend_platform.errors import NothingThere, RateLimited
from trend_platform.ingest.economy_outcome import EconomyOutcome
from trend_platform.ingest.news import NewsOutcome
from trend_platform.orchestration.etl.definitions import build_defs
from trend_platform.orchestration.etl.readings.metadata import economy_verdict, news_verdict
from trend_platform.orchestration.etl.readings.schedules import (
    economic_observations_schedule,
    news_articles_schedule,
    social_posts_schedule,
)
from trend_platform.providers.sources import ReadySources
from trend_platform.settings import FredSettings, Settings, SourcesSettings
from trend_platform.storage.readings import Allowance
from trend_platform_tests.ingest.sources import EconomicTeller, NewsTeller, SocialTeller, article, said
from trend_platform_tests.orchestration.workshops import NOW, MemoryWorkshops, Ran
from trend_platform_tests.storage.reading_frames import believed, story, vintages

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JULY, TOLD = date(2026, 7, 1), date(2026, 10, 29)
GDP = vintages(believed(JULY, TOLD, 30000.0))
RELEASE = EconomicSeries("fred", "GDP", "Gross Domestic Product", release_days=(TOLD, date(2026, 11, 25)))


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def workshops() -> MemoryWorkshops:
    made = MemoryWorkshops(chosen=Settings(sources=SourcesSettings(fred=FredSettings(series=("GDP",)))))
    made.activate("AAPL", "BTC-USD")
    return made


def run(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance, asset: str, config: Mapping[str, object] | None = None
) -> Ran:
    """Run the job of an asset, checks included."""
    job = build_defs({"workshops": workshops}).resolve_job_def(f"refresh_{asset}")
    given = {"ops": {asset: {"config": dict(config)}}} if config else {}
    return Ran(instance, job.execute_in_process(instance=instance, run_config=given, raise_on_error=False))


def shown(ran: Ran, asset: str) -> Mapping[str, dg.MetadataValue]:
    assert ran.result.success
    return ran.materializations(asset)[None]


def tell_gdp(workshops: MemoryWorkshops, *told: object) -> EconomicTeller:
    teller = EconomicTeller({"GDP": told[0] if told else GDP}, about={"GDP": RELEASE})
    workshops.sources = ReadySources(economic_sources=(teller,))
    return teller


def test_a_due_series_is_stored_and_the_page_says_when_it_is_looked_at_next(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    tell_gdp(workshops)
    ran = run(workshops, instance, "economic_observations")
    page = shown(ran, "economic_observations")
    assert (page["new vintages"].value, page["calls"].value) == (1, 4)
    assert "| GDP | fred | 1 | 0 | 0 | 2026-07-01 | 2026-10-29 | 2026-11-25 12:00 |" in str(page["series"].value)
    assert page["verdict"].value == "1 of 1 due series looked at"
    assert page["docs"].value == "docs/how-to/economic-and-news.md"
    assert ran.check("outcome_adds_up").passed
    assert ran.check("releases_are_stored").passed
    assert ran.check("vintages_do_not_overlap").passed
    assert workshops.storage.economy.observations("fred", "GDP").equals(GDP)


def test_a_series_that_is_not_due_is_left_alone_unless_it_is_forced(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    tell_gdp(workshops)
    run(workshops, instance, "economic_observations")
    teller = tell_gdp(workshops)
    page = shown(run(workshops, instance, "economic_observations"), "economic_observations")
    assert (teller.asked, page["series"].value) == ([], "none was due")
    assert page["verdict"].value == "no release is due; 1 series waits"
    run(workshops, instance, "economic_observations", {"force": True})
    assert teller.asked == ["GDP"]


def test_a_series_nobody_tells_is_named_and_the_check_warns(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    tell_gdp(workshops, NothingThere("fred", "The series does not exist."))
    ran = run(workshops, instance, "economic_observations")
    page = shown(ran, "economic_observations")
    assert "missing: GDP" in str(page["verdict"].value)
    assert "does not exist" in str(page["missing"].value)
    check = ran.check("releases_are_stored")
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.description == "overdue or never told: GDP"


def test_beliefs_that_contradict_each_other_are_an_error(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    tell_gdp(workshops)
    run(workshops, instance, "economic_observations")
    unsound = vintages((JULY, TOLD + DAY, TOLD + 2 * DAY, 1.0))
    about = replace(RELEASE, checked_at=NOW, newest_vintage=TOLD)
    workshops.storage.economy.write(about, unsound, unsound.clear())
    check = run(workshops, instance, "economic_observations").check("vintages_do_not_overlap")
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "2026-10-30" in str(check.metadata["overlapping"].value)


def test_without_a_source_the_run_fails_with_the_setting_to_change(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    ran = run(workshops, instance, "economic_observations")
    assert not ran.result.success
    assert "prices are simulated here" in ran.failure("economic_observations")


def test_news_are_stored_once_and_a_silent_source_is_named(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    told = pl.concat(
        [article("https://a.test/1", "Oil climbs as supply tightens", NOW), article("https://a.test/1", "Same", NOW)]
    )
    silent = NewsTeller("newsapi", RateLimited("newsapi", "100 a day"))
    teller = NewsTeller("gdelt", told)
    workshops.sources = ReadySources(news_sources=(teller, silent))
    ran = run(workshops, instance, "news_articles")
    page = shown(ran, "news_articles")
    assert (page["new stories"].value, page["copies"].value) == (1, 1)
    assert page["verdict"].value == "1 new story in 2 articles; newsapi told nothing"
    assert page["asked for by name"].value == "AAPL, BTC-USD"
    assert "100 a day" in str(page["missing"].value)
    assert all(ran.check(name).passed for name in ("outcome_adds_up", "news_keep_coming", "stories_are_told_once"))
    run(workshops, instance, "news_articles", {"symbols": ["BTC-USD"]})
    assert teller.asked[-1][0] == ("BTC-USD",)


def test_news_that_stop_are_a_warning_and_a_story_told_twice_is_an_error(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    with workshops.storage.news.open_desk() as desk:
        old = NOW - 7 * HOUR
        desk.store(
            pl.concat(
                [story("https://a.test/1", at=old, also_at=["https://a.test/3"]), story("https://a.test/3", at=old)]
            )
        )
    workshops.sources = ReadySources(news_sources=(NewsTeller("gdelt", RateLimited("gdelt", "slow down")),))
    ran = run(workshops, instance, "news_articles")
    assert (ran.check("news_keep_coming").passed, ran.check("stories_are_told_once").passed) == (False, False)
    assert ran.check("stories_are_told_once").metadata["repeated"].value == "https://a.test/3"


def test_posts_are_stored_and_what_they_cost_is_watched(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    teller = SocialTeller({"AAPL": said("1", "up", NOW, symbols=["AAPL"])})
    workshops.sources = ReadySources(social_sources=(teller,))
    ran = run(workshops, instance, "social_posts")
    page = shown(ran, "social_posts")
    assert (page["new posts"].value, page["dollars"].value) == (1, 0.0)
    assert ran.check("allowance_is_kept").passed
    for day in (NOW.date(), NOW.date() - DAY):
        assert workshops.storage.purse.take("x", day, 6.0, Allowance(99.0, 99.0))
    over = run(workshops, instance, "social_posts").check("allowance_is_kept")
    assert (over.passed, over.metadata["dollars this month"].value) == (False, 12.0)


def tick(schedule: dg.ScheduleDefinition, workshops: MemoryWorkshops) -> dg.RunRequest | str:
    context = dg.build_schedule_context(
        scheduled_execution_time=workshops.clock.now().astimezone(UTC), resources={"workshops": workshops}
    )
    data = schedule.evaluate_tick(context)
    return data.run_requests[0] if data.run_requests else str(data.skip_message)


def test_a_release_that_is_due_launches_a_run_for_its_series_alone(workshops: MemoryWorkshops) -> None:
    tell_gdp(workshops)
    request = tick(economic_observations_schedule, workshops)
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "economic_observations:2026-11-20T22:00Z"
    assert request.run_config == {"ops": {"economic_observations": {"config": {"series": ["GDP"]}}}}


def test_until_then_each_tick_says_when_it_is(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    tell_gdp(workshops)
    run(workshops, instance, "economic_observations")
    assert (
        tick(economic_observations_schedule, workshops)
        == "no release is due; the next look is at GDP, 2026-11-25 12:00 UTC"
    )
    workshops.clock.instant = datetime(2026, 11, 25, 13, 5, tzinfo=UTC)
    assert isinstance(tick(economic_observations_schedule, workshops), dg.RunRequest)


def test_ticks_without_a_source_and_without_a_database_are_skips(workshops: MemoryWorkshops) -> None:
    for schedule, what in (
        (economic_observations_schedule, "economic series"),
        (news_articles_schedule, "news articles"),
        (social_posts_schedule, "social posts"),
    ):
        assert f"no source of {what} is at hand: prices are simulated" in str(tick(schedule, workshops))
        workshops.away = 1
        assert "the database does not answer" in str(tick(schedule, workshops))


def test_ticks_of_news_and_posts_launch_a_run_each_slot(workshops: MemoryWorkshops) -> None:
    teller = NewsTeller("gdelt", article("https://a.test/1", "x", NOW))
    workshops.sources = ReadySources(news_sources=(teller,), social_sources=(SocialTeller({}),))
    keys = [tick(news_articles_schedule, workshops), tick(social_posts_schedule, workshops)]
    assert [one.run_key for one in keys if isinstance(one, dg.RunRequest)] == [
        "news_articles:2026-11-20T22:00Z",
        "social_posts:2026-11-20T22:00Z",
    ]


def test_one_run_of_a_kind_asks_at_a_time() -> None:
    loaded = build_defs().get_repository_def()
    pools = {
        asset: {pool for node in loaded.get_job(f"refresh_{asset}").all_node_defs for pool in node.pools}
        for asset in ("economic_observations", "news_articles", "social_posts")
    }
    assert pools == {
        "economic_observations": {"economic_sources"},
        "news_articles": {"news_sources"},
        "social_posts": {"social_sources"},
    }


def test_verdicts_are_sentences() -> None:
    assert economy_verdict(EconomyOutcome(("A", "B"), missing={"A": "x", "B": "y"})).startswith("0 of 2 due series")
    assert news_verdict(NewsOutcome(("a",), received={"a": 1}, duplicates=1)) == "0 new stories in 1 article"


def test_no_key_is_in_what_a_run_shows(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    workshops.chosen = Settings(
        sources=SourcesSettings(fred=FredSettings(series=("GDP",), api_key=SecretStr("s3cret")))
    )
    tell_gdp(workshops)
    assert "s3cret" not in str(shown(run(workshops, instance, "economic_observations"), "economic_observations"))
