"""When a hole is the venue's, and what is no witness of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.coverage import BeliefPolicy, Gap, GapReason, Ledger, Span, observe
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.outages import Venue, holes, outages
from trend_platform.ingest.outaging import name_outages
from trend_platform.ingest.universe import add_symbols
from trend_platform.storage.coverage import AskedSeries
from trend_platform_tests.ingest.floor import Floor

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = Interval(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
MINUTE = timedelta(minutes=1)
Place = tuple[int, int, GapReason]
HOLE: Place = (0, 100, GapReason.UNKNOWN)


class Exchange:
    """Ledgers of one day of minutes, each gap as minutes from noon."""

    def __init__(self, *symbols: str, provider: str = "bitfinex") -> None:
        self.floor, self.provider = Floor(), provider
        self.markets = add_symbols(self.floor.storage.universe, symbols)
        self.lacking: dict[int, frozenset[str]] = {}

    def knows(self, number: int, *places: Place, span: Interval = DAY, provider: str = "") -> None:
        one, now, said = self.markets[number].instrument_id, self.floor.clock.now(), provider or self.provider
        gaps = tuple(
            Gap(
                one,
                Timeframe.M1,
                Interval(NOON + start * MINUTE, NOON + end * MINUTE),
                end - start,
                reason,
                said,
                "seen",
                1,
                now,
                now,
                now,
            )
            for start, end, reason in places
        )
        with self.floor.storage.market.begin(0) as transaction:
            ledger = Ledger((Span(one, Timeframe.M1, span, said, now),), gaps)
            transaction.replace_ledgers(Timeframe.M1, {}, {one: ledger})

    def named(self) -> list[tuple[str, int, int]]:
        """Name outages; return symbol, begin and end of each."""
        found = name_outages(
            self.floor.workshop(), 1, Timeframe.M1, self.markets, self.lacking, self.floor.clock.now() - MINUTE
        )
        symbols = {one.instrument_id: one.symbol for one in self.markets}
        return [(symbols[one.instrument_id], minutes(one.interval.start), minutes(one.interval.end)) for one in found]

    def reasons(self, number: int) -> list[tuple[str, int]]:
        one = self.markets[number].instrument_id
        return [
            (gap.reason.value, gap.missing) for gap in self.floor.storage.market.ledgers([one], Timeframe.M1)[one].gaps
        ]


def minutes(instant: datetime) -> int:
    return (instant - NOON) // MINUTE


def test_a_hole_that_no_market_of_the_exchange_traded_through_is_its_outage_with_evidence():
    exchange = Exchange("BTC-USD", "ETH-USD")
    exchange.knows(0, HOLE)
    exchange.knows(1, (-3, 97, GapReason.UNKNOWN))
    assert exchange.named() == [("BTC-USD", 0, 100), ("ETH-USD", -3, 97)]
    assert exchange.reasons(0) == [("venue_outage", 100)]
    (gap,) = exchange.floor.storage.market.ledgers([1], Timeframe.M1)[1].gaps
    assert gap.evidence == "seen; no other market of bitfinex has its 100 candles: absent there as well ETH-USD (97)"


def test_a_witness_may_have_been_silent_for_its_own_usual_reasons():
    exchange = Exchange("BTC-USD", "ETH-USD")
    exchange.knows(0, HOLE)
    exchange.knows(1, (-2, 40, GapReason.NO_TRADES), (40, 101, GapReason.NO_TRADES))
    assert exchange.named() == [("BTC-USD", 0, 100)]
    assert exchange.reasons(1) == [("no_trades", 42), ("no_trades", 61)]


@pytest.mark.parametrize(
    "places",
    [
        pytest.param([], id="it traded all the time"),
        pytest.param([(0, 80, GapReason.UNKNOWN)], id="it traded in a fifth of it"),
        pytest.param([(-500, 600, GapReason.UNKNOWN)], id="it had been silent all day"),
        pytest.param([(0, 100, GapReason.FETCH_FAILED)], id="nobody got an answer"),
        pytest.param([(0, 100, GapReason.REJECTED)], id="its candles were set aside"),
    ],
)
def test_what_is_no_witness(places: Sequence[Place]):
    exchange = Exchange("BTC-USD", "ETH-USD")
    exchange.knows(0, HOLE)
    exchange.knows(1, *places)
    assert "BTC-USD" not in {symbol for symbol, *_ in exchange.named()}
    assert exchange.reasons(0) == [("unknown", 100)]


def test_one_market_alone_proves_nothing():
    exchange = Exchange("BTC-USD")
    exchange.knows(0, HOLE)
    assert exchange.named() == []


def test_a_market_of_another_exchange_or_another_time_is_no_witness():
    exchange = Exchange("BTC-USD", "ETH-USD", "LTC-USD")
    exchange.knows(0, HOLE)
    exchange.knows(1, HOLE, provider="coinbase")
    exchange.knows(2, span=Interval(DAY.start, NOON + 50 * MINUTE))
    assert exchange.named() == []


def test_three_markets_must_all_have_stood_still():
    exchange = Exchange("BTC-USD", "ETH-USD", "LTC-USD")
    for number in (0, 1):
        exchange.knows(number, HOLE)
    exchange.knows(2)
    assert exchange.named() == []


def test_a_hole_that_an_answer_ended_in_is_whole():
    exchange = Exchange("BTC-USD", "ETH-USD")
    exchange.knows(0, (0, 2, GapReason.NO_TRADES), (2, 100, GapReason.UNKNOWN))
    exchange.knows(1, HOLE)
    assert ("BTC-USD", 0, 100) in exchange.named()
    assert exchange.reasons(0) == [("venue_outage", 2), ("venue_outage", 98)]


def test_of_listed_instruments_one_provider_is_not_believed_and_two_are():
    exchange = Exchange("AAPL", "MSFT", provider="tiingo")
    opened = Interval(NOON.replace(hour=14, minute=30), NOON.replace(hour=21))
    for number in (0, 1):
        exchange.knows(number, (200, 260, GapReason.UNKNOWN), span=opened)
    assert exchange.named() == []
    exchange.lacking = {one.instrument_id: frozenset({"polygon", "tiingo"}) for one in exchange.markets}
    assert [symbol for symbol, *_ in exchange.named()] == ["AAPL", "MSFT"]
    (gap,) = exchange.floor.storage.market.ledgers([1], Timeframe.M1)[1].gaps
    assert gap.evidence.endswith(
        "no other market of XNYS has its 60 candles, by polygon and tiingo: absent there as well MSFT (60)"
    )


def test_what_was_looked_at_before_the_run_keeps_its_reason():
    exchange = Exchange("BTC-USD", "ETH-USD")
    for number in (0, 1):
        exchange.knows(number, HOLE)
    exchange.floor.clock.advance(timedelta(hours=1))
    assert exchange.named() == []


def test_looking_at_one_market_again_takes_no_outage_back():
    now = datetime(2026, 3, 3, tzinfo=UTC)
    place = Interval(NOON, NOON + 100 * MINUTE)
    out = Gap(1, Timeframe.M1, place, 100, GapReason.VENUE_OUTAGE, "a", "all stood still", 1, NOON, NOON, NOON)
    seen = Gap(1, Timeframe.M1, place, 100, GapReason.UNKNOWN, "a", "again", 1, now, now, now)
    again = observe(seen, [out], BeliefPolicy())
    assert (again.reason, again.evidence, again.is_believed, again.attempts) == (
        GapReason.VENUE_OUTAGE,
        "all stood still",
        True,
        2,
    )


def test_of_no_gaps_there_are_no_holes():
    floor = Floor()
    gaps = floor.storage.coverage.gaps(AskedSeries([1]))
    venue = Venue({1: Instrument(1, "BTC-USD", AssetClass.CRYPTO, "24/7")}, Timeframe.M1, gaps, pl.DataFrame(), {})
    assert outages(holes(gaps), venue) == []
