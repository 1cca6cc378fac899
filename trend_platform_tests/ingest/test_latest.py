"""A refresh of latest prices: asked in one call, judged, stored, then put before readers; and an account that adds up."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trend_platform.domain.actions import SPLIT_SCHEMA
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.quarantine import Aside
from trend_platform.domain.quotes import empty_quotes
from trend_platform.errors import AuthFailed, ProviderError, QuotaExhausted, Transient, UnavailableError, UsageError
from trend_platform.ingest.latest import LatestOutcome, refresh_latest
from trend_platform.ingest.price_json import read_price_json
from trend_platform.ingest.workshop import IngestPolicy, drive
from trend_platform.providers.base import Provider
from trend_platform.storage.base import PriceKind, Storage
from trend_platform.storage.memory import open_memory
from trend_platform_tests.ingest.closes import store_closes
from trend_platform_tests.ingest.desk import Desk
from trend_platform_tests.ingest.teller import Teller, Told, forever, utc

NOW = utc("2026-11-20T15:03:00")
Answers = list[tuple[ProviderError | None, tuple[Told | None, ...]]]
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@dataclass
class Minute(Desk):
    """A desk at which minutes pass: AAPL, MSFT and BTC-USD are watched."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    storage: Storage = field(default_factory=lambda: open_memory(PriceKind.REAL))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.add("AAPL", "MSFT", "BTC-USD")

    def teller(self, name: str = "polygon", **prices: float) -> Teller:
        told = {symbol.replace("_", "-"): Told(price, self.clock.now() - SECOND) for symbol, price in prices.items()}
        return Teller(self.clock, name, told)

    def close(self, symbol: str, day: date, close: float) -> None:
        store_closes(self.storage.market, self.one(symbol).instrument_id, {day: close})

    def refresh(self, *providers: Provider, symbols: tuple[str, ...] = ()) -> LatestOutcome:
        workshop = self.workshop(*providers)
        outcome = drive(workshop, refresh_latest(workshop, workshop.select(symbols)))
        assert outcome.adds_up, outcome
        return outcome

    def cached(self, symbol: str) -> float | None:
        payload = self.prices.get([symbol]).get(symbol)
        price = read_price_json(symbol, payload) if payload else None
        return getattr(price, "price", None)

    def stored(self, symbol: str) -> dict[str, object]:
        return self.storage.quotes.latest([self.one(symbol).instrument_id]).row(0, named=True)

    def one(self, symbol: str) -> Instrument:
        return self.workshop().select([symbol])[0]

    def aside(self) -> pl.DataFrame:
        ids = [one.instrument_id for one in self.storage.universe.instruments()]
        return self.storage.market.quarantined(ids, Aside.QUOTE, days(date(2026, 1, 1), date(2027, 1, 1)))


@pytest.fixture
def desk() -> Minute:
    return Minute()


def test_one_call_refreshes_what_is_stored_and_what_readers_get(desk: Minute):
    teller = desk.teller(AAPL=270.0, MSFT=480.0, BTC_USD=88_000.0)
    outcome = desk.refresh(teller)
    assert (outcome.asked, outcome.fresh, outcome.unchanged, dict(outcome.calls)) == (3, 3, 0, {"polygon": 1})
    assert [sorted(asked) for asked in teller.asked] == [["AAPL", "BTC-USD", "MSFT"]]
    assert desk.stored("AAPL")["price"] == 270.0
    assert desk.stored("AAPL")["quoted_at"] == NOW - SECOND
    assert desk.cached("BTC-USD") == 88_000.0
    assert {orjson.loads(told)["symbol"] for told in desk.prices.published} == {"AAPL", "MSFT", "BTC-USD"}
    assert [price.symbol for price in outcome.prices] == ["AAPL", "BTC-USD", "MSFT"]


def test_a_price_without_a_trade_since_is_unchanged_and_its_key_lives_on(desk: Minute):
    teller = desk.teller(AAPL=270.0)
    desk.refresh(teller, symbols=("AAPL",))
    desk.clock.advance(MINUTE)
    again = Teller(desk.clock, "polygon", {"AAPL": Told(270.0, NOW - SECOND)})
    outcome = desk.refresh(again, symbols=("AAPL",))
    assert (outcome.fresh, outcome.unchanged) == (0, 1)
    assert desk.cached("AAPL") == 270.0


def test_an_older_quote_changes_nothing(desk: Minute):
    desk.refresh(desk.teller(AAPL=270.0), symbols=("AAPL",))
    late = Teller(desk.clock, "polygon", {"AAPL": Told(269.0, NOW - MINUTE)})
    assert desk.refresh(late, symbols=("AAPL",)).unchanged == 1
    assert desk.cached("AAPL") == 270.0


def test_a_clean_refresh_leaves_no_record(desk: Minute):
    desk.refresh(desk.teller(AAPL=270.0, MSFT=480.0, BTC_USD=88_000.0))
    assert desk.storage.runs.latest(5) == ()


def test_what_one_provider_fails_to_give_the_next_one_does_and_rows_say_who(desk: Minute):
    first, second = desk.teller("polygon", MSFT=480.0), desk.teller("coingecko", AAPL=270.0, MSFT=1.0)
    first.failures["AAPL"] = Transient("polygon", "the line broke")
    outcome = desk.refresh(first, second, symbols=("AAPL", "MSFT"))
    assert second.asked == [("AAPL",)]
    assert desk.stored("AAPL")["provider"] == "coingecko"
    assert desk.stored("MSFT")["provider"] == "polygon"
    assert [(one.symbol, one.kind, one.served_by) for one in outcome.failures] == [("AAPL", "Transient", "coingecko")]
    assert outcome.missing == {}


def test_a_provider_that_fails_altogether_costs_nothing_where_another_serves(desk: Minute):
    down = desk.teller("down")
    down.error = QuotaExhausted("down", "the day's calls are used up")
    down.error.calls = 2
    outcome = desk.refresh(down, desk.teller(AAPL=270.0, MSFT=480.0, BTC_USD=88_000.0))
    assert (outcome.fresh, dict(outcome.calls)) == (3, {"down": 2, "polygon": 1})
    record = desk.storage.runs.latest(1)[0]
    assert (record.kind, record.status) == ("latest", "done")
    (failure,) = orjson.loads(record.outcome)["failures"]
    assert (failure["kind"], failure["provider"], failure["symbol"]) == (
        "QuotaExhausted",
        "down",
        "AAPL, BTC-USD, MSFT",
    )


def test_the_record_of_a_bad_minute_stays_small(desk: Minute):
    desk.add(*(f"S{chr(65 + nth // 26)}{chr(65 + nth % 26)}" for nth in range(400)))
    down = desk.teller()
    down.error = Transient("polygon", "no route to the market")
    outcome = desk.refresh(down)
    assert len(outcome.failures) == len(outcome.missing) == 403
    assert len(desk.storage.runs.latest(1)[0].outcome) < 1500


def test_nobody_serving_is_missing_with_what_each_provider_said(desk: Minute):
    first, second = desk.teller("one"), desk.teller("two")
    first.error = AuthFailed("one", "the key is not known")
    outcome = desk.refresh(first, second, symbols=("AAPL",))
    assert outcome.missing == {"AAPL": "one: the key is not known; two: has no price of it"}


def test_a_kind_that_nobody_quotes_is_missing_and_nobody_is_asked_for_it(desk: Minute):
    teller = desk.teller(BTC_USD=88_000.0)
    teller.classes = frozenset({AssetClass.CRYPTO})
    outcome = desk.refresh(teller, symbols=("AAPL", "BTC-USD"))
    assert teller.asked == [("BTC-USD",)]
    assert outcome.missing == {"AAPL": "no provider at hand gives latest prices of it: polygon"}


def test_no_instrument_asks_nothing(desk: Minute):
    teller = desk.teller()
    workshop = desk.workshop(teller)
    assert drive(workshop, refresh_latest(workshop, ())).asked == 0
    assert teller.asked == []


def test_no_provider_at_hand_is_said(desk: Minute):
    bare = replace(desk.workshop(), providers=())
    with pytest.raises(UsageError, match="no provider is at hand"):
        drive(bare, refresh_latest(bare, bare.select(["AAPL"])))


def test_a_jump_is_set_aside_and_the_next_minute_confirms_it(desk: Minute):
    desk.refresh(desk.teller(AAPL=270.0), symbols=("AAPL",))
    desk.clock.advance(MINUTE)
    first = desk.refresh(desk.teller(AAPL=27.0), symbols=("AAPL",))
    assert [(one.symbol, one.provider, one.rule) for one in first.rejected] == [("AAPL", "polygon", "price_jump")]
    assert first.missing == {"AAPL": "polygon: its price was set aside by price_jump"}
    assert desk.stored("AAPL")["price"] == 270.0
    assert orjson.loads(desk.aside()["payload"][0])["price"] == 27.0
    desk.clock.advance(MINUTE)
    assert desk.refresh(desk.teller(AAPL=27.5), symbols=("AAPL",)).fresh == 1
    assert desk.cached("AAPL") == 27.5


def test_a_jump_that_goes_back_was_none(desk: Minute):
    for price, fresh in ((270.0, 1), (27_000.0, 0), (271.0, 1), (27_100.0, 0)):
        outcome = desk.refresh(desk.teller(AAPL=price), symbols=("AAPL",))
        assert outcome.fresh == fresh
        desk.clock.advance(MINUTE)
    assert desk.aside().height == 2


def test_the_same_jump_told_again_stays_aside_once(desk: Minute):
    desk.refresh(desk.teller(AAPL=270.0), symbols=("AAPL",))
    desk.clock.advance(MINUTE)
    stuck = Told(27.0, desk.clock.now())
    for _ in range(3):
        outcome = desk.refresh(Teller(desk.clock, "polygon", {"AAPL": stuck}), symbols=("AAPL",))
        assert len(outcome.rejected) == 1
        desk.clock.advance(MINUTE)
    assert desk.aside().height == 1


def test_a_second_provider_confirms_a_jump_at_once(desk: Minute):
    desk.refresh(desk.teller(AAPL=270.0), symbols=("AAPL",))
    desk.clock.advance(MINUTE)
    outcome = desk.refresh(desk.teller("one", AAPL=27.0), desk.teller(AAPL=27.1), symbols=("AAPL",))
    assert (outcome.fresh, len(outcome.rejected)) == (1, 1)
    assert desk.stored("AAPL")["price"] == 27.1


def test_a_second_provider_that_contradicts_a_jump_is_believed(desk: Minute):
    desk.refresh(desk.teller(AAPL=270.0), symbols=("AAPL",))
    desk.clock.advance(MINUTE)
    outcome = desk.refresh(desk.teller("one", AAPL=27_000.0), desk.teller(AAPL=270.5), symbols=("AAPL",))
    assert outcome.missing == {}
    assert desk.cached("AAPL") == 270.5


def test_a_known_split_explains_a_jump_from_its_own_session_on(desk: Minute):
    desk.clock.instant = utc("2026-11-19T20:59:30")
    desk.refresh(desk.teller(AAPL=270.0), symbols=("AAPL",))
    split = pl.DataFrame([(desk.one("AAPL").instrument_id, date(2026, 11, 20), 10.0, "x")], SPLIT_SCHEMA, orient="row")
    with desk.storage.market.begin(1) as transaction:
        transaction.add_splits(split)
    desk.clock.instant = utc("2026-11-20T00:30:00")  # an evening trade in New York, still of the session before
    assert desk.refresh(desk.teller(AAPL=27.0), symbols=("AAPL",)).fresh == 0
    desk.clock.instant = NOW
    assert desk.refresh(desk.teller(AAPL=24.0), symbols=("AAPL",)).fresh == 1


def test_a_first_quote_is_compared_with_the_close_before(desk: Minute):
    desk.close("AAPL", date(2026, 11, 19), 270.0)
    outcome = desk.refresh(desk.teller(AAPL=27_000.0), symbols=("AAPL",))
    assert [one.rule for one in outcome.rejected] == ["price_jump"]
    outcome = desk.refresh(desk.teller("coingecko", AAPL=272.7), symbols=("AAPL",))
    assert outcome.prices[0].change_percent == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("told", "rule"),
    [(Told(0.0, NOW), "price_not_positive"), (Told(270.0, NOW + MINUTE), "quote_in_future")],
)
def test_a_quote_that_cannot_be_is_set_aside_alone(desk: Minute, told: Told, rule: str):
    teller = desk.teller(MSFT=480.0, BTC_USD=88_000.0)
    teller.prices["AAPL"] = told
    outcome = desk.refresh(teller)
    assert outcome.fresh == 2
    assert [one.rule for one in outcome.rejected] == [rule]
    assert desk.cached("AAPL") is None
    assert orjson.loads(desk.storage.runs.latest(1)[0].outcome)["set_aside"] == 1


def test_a_price_that_stands_still_while_the_market_trades_is_told_as_stale(desk: Minute):
    old = NOW - timedelta(minutes=10)
    teller = Teller(desk.clock, "polygon", {"AAPL": Told(270.0, old), "BTC-USD": Told(9.0, NOW)})
    outcome = desk.refresh(teller, symbols=("AAPL", "BTC-USD"))
    assert outcome.stale == {"AAPL": old}
    assert outcome.fresh == 2
    assert desk.refresh(Teller(desk.clock, "polygon", {"AAPL": Told(270.0, old)}), symbols=("AAPL",)).stale == {
        "AAPL": old
    }


def test_a_cache_that_is_down_is_counted_and_fails_nothing(desk: Minute):
    desk.prices.is_down = True
    outcome = desk.refresh(desk.teller(AAPL=270.0), symbols=("AAPL",))
    assert (outcome.fresh, outcome.cache_skipped) == (1, 1)
    assert desk.stored("AAPL")["price"] == 270.0


def test_readers_get_nothing_that_is_not_stored(desk: Minute):
    workshop = desk.workshop(desk.teller(AAPL=270.0))
    gone = replace(workshop, storage=replace(workshop.storage, quotes=_Gone()))
    with pytest.raises(UnavailableError):
        drive(gone, refresh_latest(gone, gone.select(["AAPL"])))
    assert desk.prices.published == []


async def test_a_slow_provider_delays_its_own_instruments_only(desk: Minute):
    async def until_apple_is_there() -> None:
        while desk.cached("AAPL") is None:  # noqa: ASYNC110  another thread puts it there
            await asyncio.sleep(0.001)

    fast, slow = desk.teller("fast", AAPL=270.0, MSFT=480.0), desk.teller(BTC_USD=88_000.0)
    fast.classes, slow.before = frozenset({AssetClass.STOCK}), until_apple_is_there
    workshop = desk.workshop(fast, slow)
    async with asyncio.timeout(5):
        outcome = await refresh_latest(workshop, workshop.select([]))
    assert outcome.fresh == 3


def test_a_provider_that_does_not_answer_is_given_up_and_the_next_one_asked(desk: Minute):
    desk.policy = IngestPolicy(quotes_within_seconds=0.02)
    silent = desk.teller("silent")
    silent.before = forever
    outcome = desk.refresh(silent, desk.teller(AAPL=270.0), symbols=("AAPL",))
    assert outcome.fresh == 1
    assert [(one.kind, one.served_by) for one in outcome.failures] == [("Transient", "polygon")]
    assert "within 0.02 s" in outcome.failures[0].message


def test_the_outcome_is_plain_values(desk: Minute):
    old = NOW - timedelta(minutes=10)
    teller = Teller(desk.clock, "polygon", {"AAPL": Told(270.0, old), "MSFT": Told(0.0, NOW)})
    told = orjson.loads(orjson.dumps(desk.refresh(teller).as_dict()))
    assert told["stale"] == {"AAPL": old.isoformat()}
    assert told["rejected"][0]["symbol"] == "MSFT"
    assert set(told["missing"]) == {"MSFT", "BTC-USD"}


TIMES = (NOW, NOW - MINUTE, NOW + 9 * MINUTE, None)
TOLD = st.none() | st.builds(Told, st.sampled_from([100.0, 101.0, 0.0, 10_000.0]), st.sampled_from(TIMES))
ERRORS = st.sampled_from([None, None, Transient("x", "broke"), QuotaExhausted("x", "no more")])
ANSWERS = st.lists(st.tuples(ERRORS, st.tuples(TOLD, TOLD, TOLD)), min_size=1, max_size=3)


@settings(max_examples=60)
@given(st.lists(ANSWERS, min_size=1, max_size=3))
def test_whatever_providers_do_everything_adds_up_and_readers_get_what_is_stored(minutes: list[Answers]):
    desk = Minute()
    for answers in minutes:
        named = zip(("polygon", "coingecko", "third"), answers, strict=False)
        tellers = [Teller(desk.clock, name, _by_symbol(told), error=error) for name, (error, told) in named]
        outcome = desk.refresh(*tellers)
        assert set(outcome.missing) | {price.symbol for price in outcome.prices} == {"AAPL", "MSFT", "BTC-USD"}
        for price in outcome.prices:
            stored = desk.stored(price.symbol)
            assert stored["price"] == price.price == desk.cached(price.symbol)
            assert stored["quoted_at"] <= desk.clock.now() + 5 * SECOND
        desk.clock.advance(MINUTE)


def _by_symbol(told: tuple[Told | None, ...]) -> dict[str, Told]:
    return {symbol: one for symbol, one in zip(("AAPL", "MSFT", "BTC-USD"), told, strict=True) if one}


class _Gone:
    def add(self, quotes: pl.DataFrame) -> int:
        raise UnavailableError(f"the database does not answer; {quotes.height} quotes are not stored")

    def latest(self, instrument_ids: Sequence[int]) -> pl.DataFrame:
        return empty_quotes().filter(pl.col("instrument_id").is_in(instrument_ids))

    def forget_before(self, instant: datetime) -> int:
        raise UnavailableError(f"the database does not answer; nothing before {instant} is forgotten")
