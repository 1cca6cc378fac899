"""The contract of `Market` for candles, passed by every store."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.candles import CANDLE_SCHEMA, as_candles, empty_candles
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import SimulatedDataRefused, UsageError
from trend_platform.storage.base import PriceKind, Storage, Upsert
from trend_platform_tests.contracts.conftest import OpenStorage
from trend_platform_tests.storage.candle_frames import ALL, FIRST, candles, later


def put(storage: Storage, frame: pl.DataFrame, run_id: int = 1) -> Upsert:
    with storage.market.begin(run_id) as transaction:
        transaction.lock(frame["instrument_id"].unique().to_list())
        return transaction.upsert(frame)


def get(storage: Storage, *instrument_ids: int, timeframe: Timeframe = Timeframe.D1, interval: Interval = ALL):
    return storage.market.candles(instrument_ids, timeframe, interval)


def test_an_empty_store_answers_with_empty_candle_frames(storage: Storage) -> None:
    assert get(storage, 1, 2).equals(empty_candles())
    assert get(storage, 1, 2).schema == CANDLE_SCHEMA
    assert get(storage).schema == CANDLE_SCHEMA


def test_what_was_stored_comes_back_as_it_was(storage: Storage) -> None:
    frame = candles(2, 1)
    assert put(storage, frame) == Upsert(inserted=6)
    assert get(storage, 1, 2).equals(frame)
    assert get(storage, 1, 2).schema == CANDLE_SCHEMA


def test_nulls_bases_and_providers_are_kept_row_by_row(storage: Storage) -> None:
    frame = as_candles(
        candles(1, count=8).with_columns(
            volume=pl.Series([None, 1.5, 0.0, None, 2.5, 3.5, None, 4.5]),
            vwap=pl.Series([None, None, None, 9.25, None, None, 9.5, 9.75]),
            trade_count=pl.Series([None, 3, None, 2**40, None, None, None, 0]),
            provider=pl.Series(["a", "files", "files", "a", "köln", "a", "a", "files"]),
            basis=pl.Series(["raw", "split", "raw", "raw", "split", "raw", "raw", "raw"]),
            is_final=pl.Series([True] * 7 + [False]),
        )
    )
    put(storage, frame)
    assert get(storage, 1).equals(frame)
    assert put(storage, later(frame)) == Upsert(unchanged=8)
    assert get(storage, 1).equals(frame)


def test_an_interval_is_half_open(storage: Storage) -> None:
    put(storage, candles(1, count=5))
    found = get(storage, 1, interval=Interval(FIRST + timedelta(days=1), FIRST + timedelta(days=3)))
    assert found["opened_at"].to_list() == [FIRST + timedelta(days=1), FIRST + timedelta(days=2)]


def test_candles_before_1970_and_before_2000_keep_their_time(storage: Storage) -> None:
    frame = candles(1, first=datetime(1962, 1, 2, tzinfo=UTC))
    put(storage, frame)
    assert get(storage, 1).equals(frame)


def test_timeframes_do_not_meet(storage: Storage) -> None:
    daily, weekly, hourly = candles(1), candles(1, timeframe="1w"), candles(1, timeframe="1h", count=30)
    for frame in (daily, weekly, hourly):
        put(storage, frame)
    assert get(storage, 1).equals(daily)
    assert get(storage, 1, timeframe=Timeframe.W1).equals(weekly)
    assert get(storage, 1, timeframe=Timeframe.H1).equals(hourly)
    assert get(storage, 1, timeframe=Timeframe.M1).is_empty()


def test_storing_nothing_stores_nothing(storage: Storage) -> None:
    with storage.market.begin(1) as transaction:
        assert transaction.upsert(empty_candles()) == Upsert()


def test_candles_of_two_timeframes_are_refused(storage: Storage) -> None:
    both = pl.concat([candles(1), candles(1, timeframe="1w")])
    with storage.market.begin(1) as transaction, pytest.raises(UsageError, match="one timeframe"):
        transaction.upsert(both)


def test_the_same_again_changes_nothing_not_even_when_it_was_fetched(storage: Storage) -> None:
    frame = candles(1, 2)
    put(storage, frame)
    assert put(storage, later(frame)) == Upsert(unchanged=6)
    assert get(storage, 1, 2).equals(frame)


def test_another_provider_that_says_the_same_changes_nothing(storage: Storage) -> None:
    frame = candles(1)
    put(storage, frame)
    assert put(storage, later(frame, provider="tiingo")) == Upsert(unchanged=3)
    assert get(storage, 1)["provider"].unique().to_list() == ["polygon"]


@pytest.mark.parametrize(
    ("column", "value"),
    [("close", 99.0), ("volume", None), ("volume", 0.0), ("vwap", 5.5), ("trade_count", 7), ("basis", "split")],
)
def test_any_other_value_of_a_final_candle_is_a_correction_with_a_revision(
    storage: Storage, column: str, value: object
) -> None:
    frame = candles(1)
    put(storage, frame)
    changed = later(frame.slice(1, 1), **{column: value}, provider="tiingo")
    assert put(storage, later(frame).update(changed, on=["opened_at"], include_nulls=True), run_id=7) == Upsert(
        corrected=1, unchanged=2
    )
    assert get(storage, 1).slice(1, 1).equals(changed)
    old = storage.market.revisions(1, Timeframe.D1, ALL)
    assert old.drop("revised_at", "run_id").equals(frame.slice(1, 1))
    assert old["run_id"].to_list() == [7]
    assert old["revised_at"].to_list() == changed["fetched_at"].to_list()


def test_revisions_of_a_candle_come_oldest_first_and_only_its_own(storage: Storage) -> None:
    frame = candles(1, 2)
    put(storage, frame)
    put(storage, later(frame, close=20.0))
    put(storage, later(later(frame), close=30.0))
    found = storage.market.revisions(1, Timeframe.D1, Interval(FIRST, FIRST + timedelta(days=1)))
    assert found["close"].to_list() == [11.0, 20.0]
    assert found["instrument_id"].to_list() == [1, 1]
    assert found["revised_at"].is_sorted()
    assert storage.market.revisions(1, Timeframe.W1, ALL).is_empty()


def test_a_forming_candle_that_changes_or_ends_is_completed_without_a_revision(storage: Storage) -> None:
    forming = candles(1, count=2, is_final=False)
    assert put(storage, forming) == Upsert(inserted=2)
    changed = later(forming, close=50.0)
    assert put(storage, changed) == Upsert(completed=2)
    final = later(changed, is_final=True)
    assert put(storage, final) == Upsert(completed=2)
    assert get(storage, 1).equals(final)
    assert storage.market.revisions(1, Timeframe.D1, ALL).is_empty()


def test_a_forming_candle_that_says_the_same_is_unchanged(storage: Storage) -> None:
    forming = candles(1, is_final=False)
    put(storage, forming)
    assert put(storage, later(forming)) == Upsert(unchanged=3)


def test_a_final_candle_is_never_overwritten_by_a_forming_one(storage: Storage) -> None:
    final = candles(1)
    put(storage, final)
    assert put(storage, later(final, is_final=False, close=99.0)) == Upsert(unchanged=3)
    assert get(storage, 1).equals(final)


def test_old_history_beside_stored_candles_is_inserted_and_the_overlap_compared(storage: Storage) -> None:
    put(storage, candles(1, count=4, first=FIRST))
    wide = candles(1, 2, count=10, first=FIRST - timedelta(days=3))
    stored = get(storage, 1)
    kept = wide.join(stored, on=["instrument_id", "opened_at"], how="anti")
    same = pl.concat([kept, stored.with_columns(pl.col("fetched_at") + timedelta(hours=1))])
    assert put(storage, as_candles(same)) == Upsert(inserted=16, unchanged=4)
    assert get(storage, 1, 2).drop("close").equals(wide.drop("close"))


def test_new_corrected_completed_and_unchanged_add_up_in_one_upsert(storage: Storage) -> None:
    before = pl.concat([candles(1, count=4), candles(2, count=1, is_final=False)])
    put(storage, before)
    after = pl.concat(
        [later(before.slice(0, 3)), later(before.slice(3, 1), close=1.5), later(before.slice(4, 1), close=2.5)]
    )
    after = as_candles(pl.concat([after, candles(3, count=2)]))
    found = put(storage, after)
    assert found == Upsert(inserted=2, corrected=1, completed=1, unchanged=3)
    assert found.rows == after.height


def test_candles_in_no_order_are_stored_all_the_same(storage: Storage) -> None:
    frame = candles(*range(1, 60), count=20)
    put(storage, frame.gather_every(2))
    shuffled = frame.sample(fraction=1, shuffle=True, seed=1)
    assert put(storage, shuffled) == Upsert(inserted=frame.height // 2, unchanged=frame.height // 2)
    assert get(storage, *range(1, 60)).equals(frame)


def test_a_read_of_many_pieces_is_one_candle_frame(storage: Storage) -> None:
    frame = candles(*range(1, 8), count=30, first=datetime(1990, 1, 1, tzinfo=UTC))
    put(storage, frame)
    everything = Interval(datetime(1, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC))
    assert get(storage, *range(7, 0, -1), interval=everything).equals(frame)


def test_an_intraday_series_longer_than_one_piece_is_compared_whole(storage: Storage) -> None:
    frame = pl.concat(
        [candles(1, timeframe="1m", count=3), candles(1, timeframe="1m", count=3, first=FIRST + timedelta(days=90))]
    )
    put(storage, frame)
    wide = as_candles(pl.concat([frame, candles(1, timeframe="1m", count=2, first=FIRST + timedelta(days=60))]))
    with storage.market.begin(1) as transaction:
        assert transaction.upsert(wide) == Upsert(inserted=2, unchanged=6)
        assert transaction.stored_opens([1], Timeframe.M1, ALL).height == 8
    assert get(storage, 1, timeframe=Timeframe.M1).equals(wide)


def test_a_transaction_that_fails_leaves_nothing(storage: Storage) -> None:
    put(storage, candles(1))

    def write_and_fail() -> None:
        with storage.market.begin(1) as transaction:
            transaction.upsert(candles(1, 2, count=6, close=77.0))
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power"):
        write_and_fail()
    assert get(storage, 1, 2).equals(candles(1))
    assert storage.market.revisions(1, Timeframe.D1, ALL).is_empty()


def test_candles_become_visible_when_the_transaction_ends(storage: Storage) -> None:
    with storage.market.begin(1) as transaction:
        transaction.upsert(candles(1))
        assert get(storage, 1).is_empty()
    assert get(storage, 1).height == 3


def test_stored_opens_know_what_this_transaction_wrote_and_what_was_there(storage: Storage) -> None:
    put(storage, candles(1, 4, count=2))
    put(storage, candles(1, count=1, first=FIRST + timedelta(days=30)))
    wanted = Interval(FIRST, FIRST + timedelta(days=31))
    with storage.market.begin(1) as transaction:
        transaction.upsert(candles(1, 2, count=2, first=FIRST + timedelta(days=5)))
        found = transaction.stored_opens([2, 1, 4, 9], Timeframe.D1, wanted)
        narrow = transaction.stored_opens([1], Timeframe.D1, days(FIRST.date(), FIRST.date()))
        elsewhere = transaction.stored_opens([1], Timeframe.W1, wanted)
    assert found.schema == pl.Schema({name: CANDLE_SCHEMA[name] for name in ("instrument_id", "opened_at")})
    assert [(one, (at - FIRST).days) for one, at in found.iter_rows()] == [
        *((1, day) for day in (0, 1, 5, 6, 30)),
        (2, 5),
        (2, 6),
        (4, 0),
        (4, 1),
    ]
    assert narrow.rows() == [(1, FIRST)]
    assert elsewhere.is_empty()


def test_stored_opens_after_an_overlapping_upsert_are_the_union(storage: Storage) -> None:
    put(storage, candles(1, count=6))
    with storage.market.begin(1) as transaction:
        transaction.upsert(
            as_candles(pl.concat([candles(1, count=1), candles(1, count=1, first=FIRST + timedelta(days=8))]))
        )
        found = transaction.stored_opens([1], Timeframe.D1, ALL)
    assert [(at - FIRST).days for at in found["opened_at"]] == [0, 1, 2, 3, 4, 5, 8]


def test_recent_are_the_last_few_before_a_time_of_each_instrument(storage: Storage) -> None:
    put(storage, candles(1, 2, count=5))
    found = storage.market.recent([2, 1, 3], Timeframe.D1, FIRST + timedelta(days=3), 2)
    expected = candles(1, 2, count=5).filter(
        pl.col("opened_at").is_between(FIRST + timedelta(days=1), FIRST + timedelta(days=2))
    )
    assert found.equals(expected)
    assert storage.market.recent([1], Timeframe.D1, FIRST, 2).equals(empty_candles())
    assert storage.market.recent([1], Timeframe.H1, FIRST + timedelta(days=3), 2).is_empty()


def test_candles_are_counted_in_each_series_own_window(storage: Storage) -> None:
    put(storage, candles(1, 2, count=5))
    windows = {1: days(FIRST.date(), FIRST.date()), 2: ALL, 3: ALL, 4: Interval(FIRST, FIRST)}
    assert storage.market.count_candles(Timeframe.D1, windows) == {1: 1, 2: 5, 3: 0, 4: 0}
    assert storage.market.count_candles(Timeframe.H1, {1: ALL}) == {1: 0}
    assert storage.market.count_candles(Timeframe.D1, {}) == {}


@pytest.mark.parametrize(("kind", "provider"), [(PriceKind.REAL, "simulated"), (PriceKind.SIMULATED, "polygon")])
def test_simulated_and_real_prices_never_meet(open_storage: OpenStorage, kind: PriceKind, provider: str) -> None:
    storage = open_storage(kind)
    assert storage.market.kind is kind
    mixed = as_candles(candles(1, count=2).with_columns(provider=pl.Series(["simulated", "polygon"])))
    for frame in (candles(1, provider=provider), mixed):
        with pytest.raises(SimulatedDataRefused, match=kind.value):
            put(storage, frame)
    assert get(storage, 1).is_empty()


def test_simulated_prices_fit_into_a_store_of_theirs(open_storage: OpenStorage) -> None:
    storage = open_storage(PriceKind.SIMULATED)
    assert put(storage, candles(1, provider="simulated")) == Upsert(inserted=3)
