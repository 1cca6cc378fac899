"""Economic series: due ones are asked for, vintages are kept, a stand-in serves under its own name."""

from datetime import UTC, date, datetime, timedelta

import orjson
import polars as pl
import pytest

from trend_platform.domain.economy import FOREVER, EconomicSeries
from trend_platform.errors import AuthFailed, NothingThere, Transient, UnavailableError, UsageError
from trend_platform.ingest.economy import due_series, refresh_economy
from trend_platform.ingest.economy_outcome import EconomyOutcome
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.providers.sources import ReadySources
from trend_platform_tests.ingest.desk import Desk
from trend_platform_tests.ingest.sources import EconomicTeller
from trend_platform_tests.storage.reading_frames import believed, vintages

DAY = timedelta(days=1)
JULY, OCTOBER = date(2025, 7, 1), date(2025, 10, 1)
TOLD, REVISED = date(2026, 1, 29), date(2026, 2, 26)
GDP = vintages((JULY, TOLD, REVISED - DAY, 1.0), believed(JULY, REVISED, 1.5), believed(OCTOBER, REVISED, 2.0))


@pytest.fixture
def desk() -> Desk:
    return Desk()


def refresh(
    desk: Desk, *tellers: EconomicTeller, series: tuple[str, ...] = ("GDP",), force: bool = False
) -> EconomyOutcome:
    workshop = shop(desk, *tellers)
    outcome = drive(workshop, refresh_economy(workshop, series, force=force))
    assert outcome.adds_up, outcome.as_dict()
    return outcome


def shop(desk: Desk, *tellers: EconomicTeller) -> Workshop:
    sources = ReadySources(economic_sources=tellers)
    return Workshop(desk.storage, desk.cache, desk.prices, (), desk.clock, sources=sources)


def graphs(**told: pl.DataFrame) -> EconomicTeller:
    return EconomicTeller(dict(told), name="fredgraph", has_vintages=False)


def test_every_vintage_is_stored_and_the_series_knows_how_far(desk: Desk) -> None:
    fred = EconomicTeller({"GDP": GDP})
    (stored,) = refresh(desk, fred).stored
    assert (stored.inserted, stored.newest_observation, stored.newest_vintage) == (3, OCTOBER, REVISED)
    assert desk.storage.economy.observations("fred", "GDP").equals(GDP)
    (about,) = desk.storage.economy.series()
    assert about.checked_at == desk.clock.now()
    assert fred.is_closed


def test_what_was_told_before_is_not_written_again(desk: Desk) -> None:
    refresh(desk, EconomicTeller({"GDP": GDP}))
    again = GDP.with_columns(fetched_at=pl.lit(desk.clock.now()).dt.cast_time_unit("us"))
    (stored,) = refresh(desk, EconomicTeller({"GDP": again}), force=True).stored
    assert (stored.received, stored.inserted, stored.changed, stored.unchanged) == (3, 0, 0, 3)
    assert desk.storage.economy.observations("fred", "GDP").equals(GDP)


def test_a_revision_ends_the_old_belief_and_begins_a_new_one(desk: Desk) -> None:
    refresh(desk, EconomicTeller({"GDP": vintages(believed(JULY, TOLD, 1.0))}))
    (stored,) = refresh(desk, EconomicTeller({"GDP": GDP}), force=True).stored
    assert (stored.inserted, stored.changed) == (2, 1)


def test_a_series_that_is_not_due_is_not_asked_for_and_leaves_no_record(desk: Desk) -> None:
    refresh(desk, EconomicTeller({"GDP": GDP}))
    fred = EconomicTeller({"GDP": GDP})
    outcome = refresh(desk, fred)
    assert (outcome.asked, fred.asked, list(outcome.waiting)) == ((), [], ["GDP"])
    assert len(desk.storage.runs.latest(9)) == 1
    desk.clock.advance(DAY)
    assert refresh(desk, fred).asked == ("GDP",)


def test_it_is_due_again_on_the_day_of_its_release(desk: Desk) -> None:
    release = EconomicSeries("fred", "GDP", frequency="Q", release_days=(REVISED, date(2026, 3, 26)))
    refresh(desk, EconomicTeller({"GDP": GDP}, about={"GDP": release}))
    sources = shop(desk, EconomicTeller({}))
    desk.clock.instant = datetime(2026, 3, 11, tzinfo=UTC)
    assert due_series(sources, ["gdp"]) == {"GDP": datetime(2026, 3, 11, 22, 30, tzinfo=UTC)}  # a week is over
    refresh(desk, EconomicTeller({"GDP": GDP}, about={"GDP": release}), force=True)
    desk.clock.instant = datetime(2026, 3, 20, tzinfo=UTC)
    refresh(desk, EconomicTeller({"GDP": GDP}, about={"GDP": release}), force=True)
    assert due_series(sources, ["GDP"]) == {"GDP": datetime(2026, 3, 26, 12, tzinfo=UTC)}


def test_without_vintages_a_changed_value_begins_on_the_day_it_is_seen(desk: Desk) -> None:
    first = vintages(believed(JULY, TOLD, 1.0), believed(OCTOBER, TOLD, 2.0), provider="fredgraph")
    refresh(desk, graphs(GDP=first))
    desk.clock.advance(2 * DAY)
    (stored,) = refresh(desk, graphs(GDP=first.with_columns(value=pl.Series([1.0, 2.5])))).stored
    assert (stored.received, stored.inserted, stored.changed, stored.unchanged) == (2, 1, 0, 1)
    rows = desk.storage.economy.observations("fredgraph", "GDP")
    assert rows.filter(observed_on=OCTOBER).select("realtime_start", "realtime_end", "value").rows() == [
        (date(2026, 3, 4), date(2026, 3, 5), 2.0),
        (date(2026, 3, 6), FOREVER, 2.5),
    ]


def test_a_source_that_fails_is_replaced_by_the_next_under_its_own_name(desk: Desk) -> None:
    broken = EconomicTeller({"GDP": AuthFailed("fred", "bad key; check FRED_API_KEY")})
    shadow = graphs(GDP=vintages(believed(JULY, TOLD, 1.0), provider="fredgraph"))
    outcome = refresh(desk, broken, shadow)
    assert [(one.provider, one.kind, one.served_by) for one in outcome.failures] == [
        ("fred", "AuthFailed", "fredgraph")
    ]
    assert (outcome.calls, outcome.missing) == ({"fred": 1, "fredgraph": 4}, {})
    assert desk.storage.economy.observations("fred", "GDP").is_empty()


def test_a_stand_in_is_not_asked_each_hour_while_the_other_fails(desk: Desk) -> None:
    broken = EconomicTeller({"GDP": Transient("fred", "away")})
    shadow = graphs(GDP=vintages(believed(JULY, TOLD, 1.0), provider="fredgraph"))
    for _ in range(30):
        outcome = refresh(desk, broken, shadow)
        desk.clock.advance(timedelta(hours=1))
    assert (len(broken.asked), len(shadow.asked)) == (30, 2)
    assert outcome.stored[0].received == 0


def test_a_series_nobody_knows_is_missing_with_the_reason_and_others_are_stored(desk: Desk) -> None:
    fred = EconomicTeller({"GDPX": NothingThere("fred", "The series does not exist."), "GDP": GDP})
    shadow = graphs()
    outcome = refresh(desk, fred, shadow, series=("GDPX", "GDP"))
    assert outcome.missing == {"GDPX": "fred: The series does not exist."}
    assert [one.series for one in outcome.stored] == ["GDP"]
    assert shadow.asked == []


def test_a_run_is_recorded_with_its_outcome(desk: Desk) -> None:
    refresh(desk, EconomicTeller({"GDP": GDP}))
    (record,) = desk.storage.runs.latest(1)
    assert (record.kind, record.status) == ("economic", "done")
    assert orjson.loads(record.plan) == {"series": ["GDP"]}
    assert orjson.loads(record.outcome)["stored"][0]["newest_vintage"] == "2026-02-26"


def test_without_a_source_it_says_why(desk: Desk) -> None:
    with pytest.raises(UsageError, match="is at hand: prices are simulated here"):
        refresh(desk)


def test_a_database_that_goes_away_fails_the_run_and_closes_the_source(desk: Desk) -> None:
    class Away(EconomicTeller):
        async def series(self, series: str) -> None:
            raise UnavailableError(f"the database does not answer: {series}")

    fred = Away({})
    with pytest.raises(UnavailableError):
        refresh(desk, fred)
    assert desk.storage.runs.latest(1)[0].status == "failed"
    assert fred.is_closed
