"""The contract of `Economy`, passed by every store."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from trend_platform.domain.economy import OBSERVATION_KEY, EconomicSeries, change_between, empty_observations
from trend_platform.storage.base import PriceKind, Storage
from trend_platform_tests.contracts.conftest import OpenStorage
from trend_platform_tests.storage.reading_frames import NOON, believed, vintages

JULY, OCTOBER = date(2026, 7, 1), date(2026, 10, 1)
TOLD, REVISED = date(2026, 10, 29), date(2026, 11, 25)
GDP = EconomicSeries("fred", "GDP")
NOTHING = empty_observations()


def test_at_first_there_is_nothing(storage: Storage) -> None:
    assert storage.economy.series() == ()
    assert_frame_equal(storage.economy.observations("fred", "GDP"), NOTHING)


def test_a_series_and_its_vintages_come_back_as_they_were(storage: Storage) -> None:
    about = EconomicSeries(
        *("fred", "GDP", "Gross 'Domestic' %s Product", "Billions", "Q", "GDP"),
        *((TOLD, REVISED), OCTOBER, REVISED, NOON),
    )
    rows = vintages(
        (JULY, TOLD, REVISED - timedelta(days=1), 1.5), believed(JULY, REVISED, 1.6), believed(OCTOBER, TOLD, None)
    )
    storage.economy.write(about, rows, NOTHING)
    assert storage.economy.series() == (about,)
    assert_frame_equal(storage.economy.observations("fred", "GDP"), rows)


def test_series_are_kept_apart_by_id_and_by_provider(storage: Storage) -> None:
    for provider, series in (("fredgraph", "GDP"), ("fred", "UNRATE"), ("fred", "GDP")):
        rows = vintages(believed(JULY, TOLD, 1.0), series=series, provider=provider)
        storage.economy.write(EconomicSeries(provider, series), rows, NOTHING)
    known = [(one.series, one.provider) for one in storage.economy.series()]
    assert known == [("GDP", "fred"), ("GDP", "fredgraph"), ("UNRATE", "fred")]
    assert storage.economy.observations("fredgraph", "GDP")["provider"].to_list() == ["fredgraph"]


def test_what_is_known_of_a_series_is_replaced_as_a_whole(storage: Storage) -> None:
    storage.economy.write(replace(GDP, title="old", release_days=(TOLD,), checked_at=NOON), NOTHING, NOTHING)
    storage.economy.write(GDP, NOTHING, NOTHING)
    assert storage.economy.series() == (GDP,)


def test_a_vintage_with_the_same_key_is_replaced_and_others_stay(storage: Storage) -> None:
    storage.economy.write(GDP, vintages(believed(JULY, TOLD, 1.0), believed(OCTOBER, TOLD, 2.0)), NOTHING)
    ended = vintages((JULY, TOLD, REVISED, 1.0), fetched_at=NOON + timedelta(hours=1))
    storage.economy.write(GDP, ended, NOTHING)
    found = storage.economy.observations("fred", "GDP")
    assert found["realtime_end"].to_list() == [REVISED, date(9999, 12, 31)]
    assert found["fetched_at"].to_list() == [NOON + timedelta(hours=1), NOON]


def test_what_says_the_same_leaves_the_row_alone(storage: Storage) -> None:
    rows = vintages(believed(JULY, TOLD, 1.0), believed(OCTOBER, TOLD, None))
    storage.economy.write(GDP, rows, NOTHING)
    again = rows.with_columns(fetched_at=NOON + timedelta(days=1))
    change = change_between(storage.economy.observations("fred", "GDP"), again)
    assert (change.rows.height, change.inserted, change.changed, change.unchanged) == (0, 0, 0, 2)
    storage.economy.write(GDP, again, change.gone)
    assert_frame_equal(storage.economy.observations("fred", "GDP"), rows)


def test_vintages_that_are_gone_go_unless_they_are_written(storage: Storage) -> None:
    rows = vintages(believed(JULY, TOLD, 1.0), believed(OCTOBER, TOLD, 2.0))
    storage.economy.write(GDP, rows, NOTHING)
    storage.economy.write(GDP, vintages(believed(JULY, TOLD, 3.0)), rows.select(OBSERVATION_KEY))
    assert storage.economy.observations("fred", "GDP").select("observed_on", "value").rows() == [(JULY, 3.0)]


def test_many_vintages_are_written_at_once(storage: Storage) -> None:
    rows = vintages(*(believed(date(1950, 1, 1) + timedelta(days=n), TOLD, n / 7) for n in range(20_000)))
    storage.economy.write(GDP, rows, NOTHING)
    assert_frame_equal(storage.economy.observations("fred", "GDP"), rows)


DAYS = st.integers(0, 20).map(lambda days: date(2026, 1, 1) + timedelta(days=days))
BELIEFS = st.lists(
    st.tuples(st.sampled_from([JULY, OCTOBER]), DAYS, st.integers(0, 10), st.sampled_from([1.0, 2.0, None])),
    unique_by=lambda row: (row[0], row[1]),
    max_size=8,
)


@pytest.mark.parametrize("rounds", [3])
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_after_any_change_the_store_says_what_was_told_last(
    open_storage: OpenStorage, data: st.DataObject, rounds: int
) -> None:
    economy = open_storage(PriceKind.REAL).economy
    for _ in range(rounds):
        told = vintages(*((on, day, day + timedelta(days=more), value) for on, day, more, value in data.draw(BELIEFS)))
        change = change_between(economy.observations("fred", "GDP"), told)
        assert change.inserted + change.changed + change.unchanged == told.height
        economy.write(GDP, change.rows, change.gone)
        stored = economy.observations("fred", "GDP")
        assert (
            stored.join(told, on=[*OBSERVATION_KEY, "realtime_end", "value"], how="semi", nulls_equal=True).height
            == told.height
        )
        assert change_between(stored, told).rows.is_empty()
