"""Random histories of backfills against random faults: whatever goes wrong, the ledger equals the rows."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from trend_platform.domain.calendars import Instants, from_us, get_calendar, to_us
from trend_platform.domain.candles import CANDLE_KEY, CANDLE_VALUES
from trend_platform.domain.coverage import GapReason, Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.backfill import backfill, wanted_of
from trend_platform.ingest.needs import Wanted, needs_of
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.prepare import surveyed
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import IngestPolicy, Workshop, drive
from trend_platform.providers.simulated.faults import FaultKind
from trend_platform.providers.simulated.provider import SimulatedProvider
from trend_platform.settings import FaultSettings, SimulatedSettings
from trend_platform_tests.ingest.desk import Desk

SYMBOLS = ("AAPL", "MSFT", "BTC-USD", "NEWCO")
LISTED_ON = date(2025, 11, 14)
RANGES = (Range.D7, Range.M1, Range.M3, Range.M6, Range.YTD, Range.Y1)
EVERYTHING = days(date(1962, 1, 2), date(2030, 1, 1))
D1 = Timeframe.D1

# Faults that leave a value wrong or a candle out; only these may make a later answer differ from a stored row.
SPOILING = frozenset(FaultKind) - {
    *(FaultKind.HOLE, FaultKind.DUPLICATE_ROW, FaultKind.LATE_PAGE, FaultKind.PAGE_FAILS, FaultKind.UNKNOWN_SYMBOL),
    *(FaultKind.HTTP_429, FaultKind.HTTP_500, FaultKind.TIMEOUT, FaultKind.CUT_JSON, FaultKind.HTML_200),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One run, and how long after the one before it is made."""

    wait: timedelta
    ranges: tuple[Range, ...]
    symbols: tuple[str, ...]
    days_ago: int
    refresh: bool
    faults: tuple[FaultSettings, ...]


@st.composite
def planted(draw: st.DrawFn) -> FaultSettings:
    first = date(2025, 9, 1) + timedelta(days=draw(st.integers(0, 190)))
    return FaultSettings(
        kind=draw(st.sampled_from(FaultKind)).value,
        symbol=draw(st.none() | st.sampled_from(SYMBOLS)),
        start=first.isoformat(),
        end=(first + timedelta(days=draw(st.integers(1, 60)))).isoformat(),
        times=draw(st.none() | st.integers(1, 2)),
        retry_after=draw(st.sampled_from([None, "0", "1", "soon"])),
        other=draw(st.sampled_from([None, "MSFT"])),
    )


STEPS = st.builds(
    Step,
    wait=st.sampled_from([timedelta(hours=hours) for hours in (0, 1, 7, 13, 24, 100, 24 * 31)]),
    ranges=st.lists(st.sampled_from(RANGES), min_size=1, max_size=2, unique=True).map(tuple),
    symbols=st.lists(st.sampled_from(SYMBOLS), max_size=3, unique=True).map(tuple),
    days_ago=st.integers(-2, 40),
    refresh=st.booleans(),
    faults=st.lists(planted(), max_size=3).map(tuple),
)


@dataclass
class Soak:
    """A desk with small pages and small batches, and what it has been through."""

    desk: Desk = field(default_factory=Desk)
    was_spoiled: bool = False

    def __post_init__(self) -> None:
        self.desk.clock.instant = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
        self.desk.policy = IngestPolicy(batch_candles=150)
        add_symbols(self.desk.storage.universe, SYMBOLS, listings={"NEWCO": LISTED_ON})

    def workshop(self, *faults: FaultSettings) -> Workshop:
        planted = SimulatedSettings(faults=faults, max_wait_seconds=0.0, max_attempts=2, candles_per_page=40)
        return self.desk.workshop(SimulatedProvider(planted, self.desk.clock))

    def wanted(self, step: Step) -> Wanted:
        as_of = self.desk.clock.now().date() - timedelta(days=step.days_ago)
        return wanted_of(self.workshop(), step.ranges, step.symbols, as_of, refresh=step.refresh)

    def run(self, step: Step, *faults: FaultSettings) -> Outcome:
        """Make one run and hold everything that is always true against it."""
        self.was_spoiled |= any(fault.kind in SPOILING for fault in faults)
        before, workshop = self.rows(), self.workshop(*faults)
        outcome = drive(workshop, backfill(workshop, self.wanted(step))).outcome
        assert outcome.adds_up, outcome.as_dict()
        assert_kept(before, self.rows(), outcome, may_change=self.was_spoiled)
        for instrument in self.desk.storage.universe.instruments():
            assert_ledger_equals_rows(instrument, self.ledger(instrument), self.stamps(instrument))
        return outcome

    def rows(self) -> pl.DataFrame:
        ids = [one.instrument_id for one in self.desk.storage.universe.instruments()]
        return self.desk.storage.market.candles(ids, D1, EVERYTHING)

    def stamps(self, instrument: Instrument) -> Instants:
        mine = self.rows().filter(pl.col("instrument_id") == instrument.instrument_id)
        return mine["opened_at"].cast(pl.Int64).to_numpy()

    def ledger(self, instrument: Instrument) -> Ledger:
        one = instrument.instrument_id
        return self.desk.storage.market.ledgers([one], D1)[one]

    def assert_asks_only_what_is_due(self, step: Step) -> None:
        """Check what an identical run right away would ask: due gaps, and candles not yet settled."""
        now = self.desk.clock.now()
        wanted, _ = surveyed(self.workshop(), self.wanted(step))
        settled = Wanted(wanted.instruments, D1, wanted.ranges, wanted.as_of, beginnings=wanted.beginnings)
        ledgers = {one.instrument_id: self.ledger(one) for one in wanted.instruments}
        forming = self.rows().filter(~pl.col("is_final"))["opened_at"].cast(pl.Int64).to_numpy()
        for need in needs_of(settled, ledgers, now):
            due = [gap.interval for gap in ledgers[need.instrument.instrument_id].gaps if gap.is_due(now)]
            opens = [need.calendar.candle_opens(D1, span) for span in (*due, *need.spans)]
            known, asked = np.concatenate([forming, *opens[: len(due)]]), np.concatenate(opens[len(due) :])
            closed = asked[asked < to_us(need.calendar.closed_until(D1, now))]
            assert np.isin(closed, known).all(), (need.instrument.symbol, [from_us(one) for one in closed])


def assert_kept(before: pl.DataFrame, after: pl.DataFrame, outcome: Outcome, *, may_change: bool) -> None:
    assert before.join(after, on=CANDLE_KEY, how="anti").is_empty(), "stored candles were lost"
    both = before.filter("is_final").join(after, on=CANDLE_KEY, suffix="_after")
    changed = both.filter(pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_after")) for name in CANDLE_VALUES))
    assert may_change or changed.is_empty(), changed
    assert changed.height <= outcome.upserted.corrected
    assert after.height == before.height + outcome.upserted.inserted


def assert_ledger_equals_rows(instrument: Instrument, ledger: Ledger, stored: Instants) -> None:
    calendar = get_calendar(instrument.calendar)
    assert_apart([span.interval for span in ledger.spans])
    assert_apart([gap.interval for gap in ledger.gaps])
    accounted = [calendar.candle_opens(D1, span.interval) for span in ledger.spans]
    missing = [calendar.candle_opens(D1, gap.interval) for gap in ledger.gaps]
    assert [len(opens) for opens in missing] == [gap.missing for gap in ledger.gaps]
    nothing = np.empty(0, dtype=np.int64)
    spans, gaps = np.concatenate([nothing, *accounted]), np.concatenate([nothing, *missing])
    assert not np.isin(gaps, stored).any(), "a stored candle lies in a gap"
    assert np.isin(np.setdiff1d(spans, gaps), stored).all(), "a candle is accounted for, not stored and in no gap"


def assert_apart(intervals: list[Interval]) -> None:
    assert all(one.end <= two.start for one, two in pairwise(intervals)), intervals


@settings(max_examples=20, derandomize=True, deadline=None, phases=[Phase.generate])
@given(st.lists(STEPS, min_size=1, max_size=4))
def test_whatever_goes_wrong_the_ledger_equals_the_rows_and_clean_runs_heal(steps: list[Step]) -> None:
    soak = Soak()
    for step in steps:
        soak.desk.clock.advance(step.wait)
        soak.run(step, *step.faults)
        soak.assert_asks_only_what_is_due(step)
    last = Step(timedelta(hours=13), (Range.Y1,), (), 0, refresh=False, faults=())
    for _ in range(3):
        soak.desk.clock.advance(last.wait)
        outcome = soak.run(last)
    assert {reason for reason in outcome.missing if not reason.explains} <= {GapReason.REJECTED}
    again = soak.run(last)
    assert again.received <= len(SYMBOLS), "a second run right away asks only candles that are still forming"
