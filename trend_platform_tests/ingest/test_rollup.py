"""Rolling up what was touched: everything that a change reaches, nothing else, from the best source there is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.coverage import Gap, GapReason, Ledger, Span
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.rollup import coarser, roll_up
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.rolled_series import chosen
from trend_platform.ingest.rollup import RollupOutcome, refresh_rollups, touch_all
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import Workshop
from trend_platform.storage.base import Storage
from trend_platform.storage.memory import open_memory
from trend_platform.storage.memory_cache import MemorySeriesCache
from trend_platform.storage.memory_prices import MemoryPriceCache
from trend_platform.storage.rollups import Restored
from trend_platform.storage.touches import TOUCHED_SCHEMA
from trend_platform_tests.domain.rolling import LATER, at, minutes, setting
from trend_platform_tests.storage.candle_frames import ALL

M1, M5, M15, M30, H1, H4 = (Timeframe(name) for name in ("1m", "5m", "15m", "30m", "1h", "4h"))
D1, W1, MO1 = Timeframe.D1, Timeframe.W1, Timeframe.MO1


@dataclass
class Mill:
    """A workshop on memory that knows BTC-USD and AAPL and asks nobody."""

    storage: Storage = field(default_factory=open_memory)
    clock: ManualClock = field(default_factory=lambda: ManualClock(LATER))

    def __post_init__(self) -> None:
        self.btc, self.aapl = add_symbols(self.storage.universe, ["BTC-USD", "AAPL"])
        cache, prices = MemorySeriesCache(self.clock), MemoryPriceCache(self.clock)
        self.workshop = Workshop(self.storage, cache, prices, (), self.clock)

    def put(self, instrument: Instrument, *frames: pl.DataFrame) -> None:
        with self.storage.market.begin(1) as transaction:
            for frame in frames:
                transaction.upsert(frame.with_columns(instrument_id=pl.lit(instrument.instrument_id, pl.Int32)))

    def know(self, instrument: Instrument, timeframe: Timeframe, ledger: Ledger) -> None:
        one = instrument.instrument_id
        with self.storage.market.begin(1) as transaction:
            transaction.replace_ledgers(timeframe, transaction.ledgers([one], timeframe), {one: ledger})

    def roll(self, *instruments: Instrument) -> RollupOutcome:
        return refresh_rollups(self.workshop, instruments or None)

    def rolled(self, instrument: Instrument, timeframe: Timeframe, interval: Interval = ALL) -> pl.DataFrame:
        return self.storage.rollups.candles([instrument.instrument_id], timeframe, interval)


@pytest.fixture
def mill() -> Mill:
    return Mill()


def said(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.drop("instrument_id")


def test_everything_coarser_is_made_of_the_minutes(mill: Mill) -> None:
    made = minutes("2024-02-28", "2024-03-12")
    mill.put(mill.btc, made)
    outcome = mill.roll()
    assert outcome.symbols == ("BTC-USD",)
    for target, direct in roll_up(made, coarser(M1), setting()).items():
        assert said(mill.rolled(mill.btc, target)).equals(said(direct.candles)), target
        assert outcome.restored[target].written == direct.candles.height
    assert mill.storage.rollups.touched() == {}
    assert mill.roll() == RollupOutcome()


def test_a_late_candle_of_2019_changes_its_own_periods_and_nothing_else(mill: Mill) -> None:
    old, new = minutes("2019-05-01", "2019-05-08"), minutes("2024-03-01", "2024-03-08")
    late = pl.col("opened_at") == at("2019-05-03T10:07")
    mill.put(mill.btc, old.filter(~late), new)
    mill.roll()
    before = {target: mill.rolled(mill.btc, target) for target in coarser(M1)}
    mill.put(mill.btc, old.filter(late))
    outcome = mill.roll()
    assert outcome.windows == 1
    everything = roll_up(pl.concat([old, new]), coarser(M1), setting())
    for target in coarser(M1):
        after = mill.rolled(mill.btc, target)
        assert said(after).equals(said(everything[target].candles)), target
        changed = after.join(before[target], on=after.columns, how="anti", nulls_equal=True)
        assert changed.height == 1, target
        assert outcome.restored[target].written == 1, target


def test_what_a_provider_sends_again_changes_nothing(mill: Mill) -> None:
    made = minutes("2024-03-01", "2024-03-08")
    mill.put(mill.btc, made)
    mill.roll()
    touch_by_hand = made.filter(pl.col("opened_at") < at("2024-03-02"))
    mill.put(mill.btc, touch_by_hand)
    assert mill.roll().total == Restored()


def test_a_complete_candle_of_a_coarser_source_beats_a_partial_one_of_a_finer(mill: Mill) -> None:
    session = minutes("2024-03-08", "2024-03-09", "XNYS")
    hours = minutes("2024-03-07", "2024-03-09", "XNYS", H1, seed=5)
    mill.put(mill.aapl, session.filter(pl.col("opened_at") < at("2024-03-08T20:00")), hours)
    mill.roll()
    fours = mill.rolled(mill.aapl, H4)
    assert fours.select("opened_at", "source", "is_complete").rows() == [
        (at("2024-03-07T14:30"), "1h", True),
        (at("2024-03-07T18:30"), "1h", True),
        (at("2024-03-08T14:30"), "1m", True),
        (at("2024-03-08T18:30"), "1h", True),
    ]
    assert mill.rolled(mill.aapl, D1)["source"].to_list() == ["1h", "1h"]


def test_of_partial_candles_the_fullest_is_kept() -> None:
    whole = roll_up(minutes("2024-03-08", "2024-03-09"), [H1], setting())[H1].candles.head(3)
    partial = whole.with_columns(is_complete=pl.lit(value=False))
    thin = partial.with_columns(parts=pl.lit(10, pl.Int32), source=pl.lit("1m"))
    thick = partial.with_columns(parts=pl.lit(3, pl.Int32), expected=pl.lit(4, pl.Int32), source=pl.lit("15m"))
    assert chosen([thin, thick])["source"].to_list() == ["15m"] * 3
    assert chosen([thin, thick, whole.tail(1)])["is_complete"].to_list() == [False, False, True]
    assert chosen([whole, whole.with_columns(source=pl.lit("5m"))])["source"].to_list() == ["1m"] * 3


def test_weeks_are_made_of_stored_days_where_there_are_some_else_of_days_rolled_up(mill: Mill) -> None:
    days = minutes("2024-02-26", "2024-03-09", "XNYS", D1)
    mill.put(mill.aapl, days, minutes("2024-03-04", "2024-03-16", "XNYS", M1))
    mill.roll()
    weeks = mill.rolled(mill.aapl, W1)
    assert weeks.select("opened_at", "source", "parts", "is_complete").rows() == [
        (at("2024-02-26"), "1d", 5, True),
        (at("2024-03-04"), "1d", 5, True),
        (at("2024-03-11"), "1m", 1950, True),
    ]
    months = mill.rolled(mill.aapl, MO1)
    assert months.select("source", "parts", "expected", "is_complete").rows() == [
        ("1d", 4, 20, False),
        ("1m", 3900, 7800, False),
    ]


def test_minutes_in_which_nothing_traded_are_not_missed_once_that_is_known(mill: Mill) -> None:
    made = minutes("2024-03-04", "2024-03-05")
    quiet = Interval(at("2024-03-04T10:10"), at("2024-03-04T10:13"))
    mill.put(mill.btc, made.filter(~pl.col("opened_at").is_between(quiet.start, quiet.end, closed="left")))
    mill.roll()
    assert mill.rolled(mill.btc, H1)["is_complete"].to_list() == [True] * 10 + [False] + [True] * 13
    mill.know(mill.btc, M1, ledger(mill.btc, GapReason.VENUE_OUTAGE, quiet))
    assert mill.roll() == RollupOutcome(), "trading halted: what an hour lacks is still lacking"
    mill.know(mill.btc, M1, ledger(mill.btc, GapReason.NO_TRADES, quiet))
    mill.roll()
    for timeframe in (M5, H1, D1):
        assert mill.rolled(mill.btc, timeframe)["is_complete"].all(), timeframe


def test_a_candle_made_while_its_period_ran_is_settled_when_it_is_over(mill: Mill) -> None:
    mill.clock.instant = at("2024-03-05T10:30")
    mill.put(mill.btc, minutes("2024-03-04", "2024-03-05T10:30"))
    mill.roll()
    assert mill.rolled(mill.btc, H1).select("is_final", "is_complete").row(-1) == (False, False)
    mill.clock.instant = at("2024-03-05T11:00")
    assert mill.roll().restored[H1].written == 1
    assert mill.rolled(mill.btc, H1).select("is_final", "is_complete").row(-1) == (True, False)
    mill.clock.instant = at("2024-04-02")
    mill.roll()
    for timeframe in coarser(M1):
        assert mill.rolled(mill.btc, timeframe)["is_final"].all(), timeframe
    assert mill.roll() == RollupOutcome()


def test_candles_whose_parts_stand_on_two_bases_are_refused_and_counted(mill: Mill) -> None:
    first = minutes("2024-03-04", "2024-03-05")
    basis = pl.when(pl.col("opened_at") < at("2024-03-04T12:30")).then(pl.lit("split")).otherwise(pl.lit("raw"))
    mill.put(mill.btc, first.with_columns(basis=basis))
    outcome = mill.roll()
    assert outcome.refused == {("BTC-USD", length): 1 for length in (H1, H4, Timeframe.H12, D1)}
    assert at("2024-03-04T12:00") not in mill.rolled(mill.btc, H1)["opened_at"].to_list()
    assert outcome.as_dict()["refused"][0] == {"symbol": "BTC-USD", "timeframe": "1h", "candles": 1}


def test_candles_that_are_gone_take_their_roll_up_along(mill: Mill) -> None:
    mill.put(mill.btc, minutes("2024-03-04", "2024-03-05"))
    mill.roll()
    mill.storage.market._tables.candles.clear()
    touch_all_of(mill, Interval(at("2024-03-04"), at("2024-03-05")))
    outcome = mill.roll()
    assert all(mill.rolled(mill.btc, target).is_empty() for target in coarser(M1))
    assert outcome.restored[H1] == Restored(removed=24)


def test_everything_can_be_rolled_up_anew(mill: Mill) -> None:
    mill.put(mill.btc, minutes("2024-03-04", "2024-03-05"))
    span = Span(mill.btc.instrument_id, M1, Interval(at("2024-03-04"), at("2024-03-05")), "bitfinex", LATER)
    mill.know(mill.btc, M1, Ledger((span,)))
    mill.roll()
    touch_all(mill.workshop, [mill.btc, mill.aapl])
    assert mill.roll().total.unchanged == sum(mill.rolled(mill.btc, one).height for one in coarser(M1))
    touch_all(mill.workshop, [mill.btc], Timeframe.H1)
    assert mill.roll() == RollupOutcome(), "no hours are stored"


def test_only_the_named_are_rolled_up(mill: Mill) -> None:
    mill.put(mill.btc, minutes("2024-03-04", "2024-03-05"))
    mill.put(mill.aapl, minutes("2024-03-04", "2024-03-05", "XNYS"))
    seen: list[tuple[int, int, str]] = []
    outcome = refresh_rollups(mill.workshop, [mill.aapl], lambda *told: seen.append(told))
    assert outcome.symbols == ("AAPL",)
    assert seen == [(1, 1, "AAPL")]
    assert list(mill.storage.rollups.touched()) == [mill.btc.instrument_id]


def test_twenty_years_of_days_need_no_more_than_their_own_months(mill: Mill) -> None:
    days = minutes("2004-01-01", "2024-01-01", "XNYS", D1)
    mill.put(mill.aapl, days)
    outcome = mill.roll()
    assert set(outcome.restored) == {W1, MO1}
    assert mill.rolled(mill.aapl, MO1)["is_complete"].all()
    assert mill.rolled(mill.aapl, MO1).height == 240
    assert mill.rolled(mill.aapl, W1)["volume"].sum() == days["volume"].sum()


def ledger(instrument: Instrument, reason: GapReason, *gaps: Interval) -> Ledger:
    one = instrument.instrument_id
    return Ledger(
        gaps=tuple(
            Gap(
                one,
                M1,
                gap,
                gap.length // timedelta(minutes=1),
                reason,
                "bitfinex",
                "said",
                2,
                LATER,
                LATER,
                LATER,
                is_believed=True,
            )
            for gap in gaps
        )
    )


def touch_all_of(mill: Mill, window: Interval) -> None:
    rows: Sequence[tuple[int, str, datetime, datetime]] = [(mill.btc.instrument_id, "1m", window.start, window.end)]
    mill.storage.rollups.touch(pl.DataFrame(rows, schema=TOUCHED_SCHEMA, orient="row"))
