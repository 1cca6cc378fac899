"""The contract of `Quotes`, passed by every store."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from trend_platform.domain.intervals import midnight
from trend_platform.domain.quotes import QUOTE_KEY, QUOTE_SCHEMA, as_quotes, empty_quotes
from trend_platform.errors import SimulatedDataRefused
from trend_platform.storage.base import PriceKind, Storage
from trend_platform_tests.contracts.conftest import OpenStorage
from trend_platform_tests.storage.quote_frames import OPENED, quotes

MINUTE = timedelta(minutes=1)
# What a store may be asked to forget falls on whole days: a store may keep the rest of a day.
MAY_6, MAY_7, MAY_8 = (midnight(date(2024, 5, day)) for day in (6, 7, 8))


def test_of_no_quotes_nothing_is_stored_or_found(storage: Storage) -> None:
    assert storage.quotes.add(empty_quotes()) == 0
    assert_frame_equal(storage.quotes.latest([1, 2]), empty_quotes())
    assert_frame_equal(storage.quotes.latest([]), empty_quotes())
    assert storage.quotes.forget_before(MAY_8) == 0


def test_a_quote_comes_back_as_it_was(storage: Storage) -> None:
    full = quotes(1, at=OPENED + timedelta(microseconds=1), previous_close=9.75, bid=10.4, ask=10.6, size=200.0)
    bare = quotes(2, provider="coingecko")
    half = quotes(3, bid=0.000001)
    given = as_quotes(pl.concat([full, bare, half]))
    assert storage.quotes.add(given) == 3
    assert_frame_equal(storage.quotes.latest([3, 2, 1]), given)


def test_only_instruments_that_were_asked_for_are_found_and_each_once(storage: Storage) -> None:
    storage.quotes.add(quotes(1, 2, 3))
    assert storage.quotes.latest([3, 1, 3, 99])["instrument_id"].to_list() == [1, 3]


def test_a_known_quote_is_left_alone_and_not_counted(storage: Storage) -> None:
    storage.quotes.add(quotes(1))
    assert storage.quotes.add(quotes(1, 2, price=99.0, fetched_at=OPENED + MINUTE)) == 1
    assert storage.quotes.latest([1, 2])["price"].to_list() == [10.5, 99.0]


def test_the_same_instant_of_two_providers_is_two_quotes(storage: Storage) -> None:
    storage.quotes.add(quotes(1, provider="polygon"))
    assert storage.quotes.add(quotes(1, provider="coingecko", price=11.0)) == 1
    assert storage.quotes.latest([1])["provider"].to_list() == ["polygon"]


def test_the_newest_is_the_one_quoted_last_whoever_gave_it_and_whenever_it_came(storage: Storage) -> None:
    storage.quotes.add(quotes(1, at=OPENED + MINUTE, provider="coingecko", price=12.0))
    storage.quotes.add(quotes(1, provider="polygon", fetched_at=OPENED + 5 * MINUTE))
    assert storage.quotes.latest([1])["price"].to_list() == [12.0]


def test_the_newest_is_found_however_long_ago_it_was(storage: Storage) -> None:
    for day in (1, 40, 90):
        storage.quotes.add(quotes(1, 2, at=OPENED - timedelta(days=day), price=float(day)))
    storage.quotes.add(quotes(2, price=5.0))
    assert storage.quotes.latest([1, 2])["price"].to_list() == [1.0, 5.0]


def test_old_quotes_go_and_young_ones_stay(storage: Storage) -> None:
    for at in (MAY_6, MAY_7 - timedelta(microseconds=1), MAY_7, MAY_8):
        storage.quotes.add(quotes(1, at=at))
    assert storage.quotes.forget_before(MAY_7) == 2
    assert storage.quotes.forget_before(MAY_7) == 0
    assert storage.quotes.add(quotes(1, at=MAY_7)) == 0
    assert storage.quotes.add(quotes(1, at=MAY_6)) == 1


def test_the_newest_quote_of_an_instrument_stays_however_old_it_is(storage: Storage) -> None:
    long_gone = quotes(1, at=MAY_6 + MINUTE, previous_close=9.0)
    for at in (MAY_6, MAY_6 + MINUTE):
        storage.quotes.add(quotes(1, 2, at=at, previous_close=9.0))
    storage.quotes.add(quotes(2, at=MAY_7))
    assert storage.quotes.forget_before(MAY_8) == 3
    assert_frame_equal(storage.quotes.latest([1]), long_gone)
    assert storage.quotes.latest([2])["quoted_at"].to_list() == [MAY_7]
    assert storage.quotes.forget_before(MAY_8) == 0


def test_of_two_newest_of_the_same_instant_the_one_that_is_shown_stays(storage: Storage) -> None:
    for provider in ("polygon", "coingecko"):
        storage.quotes.add(quotes(1, at=MAY_6, provider=provider))
    shown = storage.quotes.latest([1])
    assert storage.quotes.forget_before(MAY_7) == 1
    assert_frame_equal(storage.quotes.latest([1]), shown)


def test_simulated_quotes_and_real_ones_never_meet(open_storage: OpenStorage) -> None:
    real = open_storage(PriceKind.REAL)
    with pytest.raises(SimulatedDataRefused, match="simulated"):
        real.quotes.add(pl.concat([quotes(1), quotes(2, provider="simulated")]))
    assert real.quotes.latest([1, 2]).is_empty()


def test_a_simulated_database_takes_simulated_quotes_only(open_storage: OpenStorage) -> None:
    simulated = open_storage(PriceKind.SIMULATED)
    assert simulated.quotes.add(quotes(1, provider="simulated")) == 1
    with pytest.raises(SimulatedDataRefused, match="polygon"):
        simulated.quotes.add(quotes(1))


MOMENTS = st.tuples(
    st.integers(1, 3),
    st.sampled_from(["coingecko", "polygon"]),
    st.integers(0, 4 * 24).map(lambda hours: datetime(2024, 5, 5, tzinfo=UTC) + timedelta(hours=hours)),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_added_and_forgotten_the_newest_of_each_stays_and_the_counts_add_up(
    open_storage: OpenStorage, data: st.DataObject
) -> None:
    storage = open_storage(PriceKind.REAL)
    model: set[tuple[int, str, datetime]] = set()
    for _ in range(data.draw(st.integers(1, 3))):
        moments = sorted(data.draw(st.sets(MOMENTS, min_size=1, max_size=12)))
        frame = pl.DataFrame(moments, schema={name: QUOTE_SCHEMA[name] for name in QUOTE_KEY}, orient="row")
        assert storage.quotes.add(as_quotes(frame.with_columns(price=1.0, fetched_at=MAY_8))) == len(
            set(moments) - model
        )
        model |= set(moments)
        instant = data.draw(st.sampled_from([MAY_6, MAY_7, MAY_8]))
        last = {one: max((at, who) for of, who, at in model if of == one) for one in {key[0] for key in model}}
        kept = {key for key in model if key[2] >= instant or (key[2], key[1]) == last[key[0]]}
        assert storage.quotes.forget_before(instant) == len(model) - len(kept)
        model = kept
        found = storage.quotes.latest([1, 2, 3])
        assert set(found.select(QUOTE_KEY).iter_rows()) == {(one, who, at) for one, (at, who) in last.items()}
