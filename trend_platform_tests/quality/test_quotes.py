"""Judgement on latest prices: what is set aside and why, what confirms a jump, what is old."""

from datetime import UTC, datetime, timedelta

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA
from trend_platform.domain.quotes import QUOTE_SCHEMA, as_quotes, empty_quotes
from trend_platform.quality.quotes import (
    KNOWN_SCHEMA,
    LOOK_SCHEMA,
    QuoteLimits,
    QuoteVerdict,
    empty_looks,
    judge_quotes,
    jumps_of,
    stale_quotes,
)

NOW = datetime(2026, 11, 20, 15, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIMITS = QuoteLimits()


def quote(price: float | None, at: datetime | None = NOW, one: int = 1, provider: str = "polygon") -> pl.DataFrame:
    row = {"instrument_id": one, "provider": provider, "quoted_at": at, "price": price, "fetched_at": NOW}
    return as_quotes(pl.DataFrame([row], schema={name: QUOTE_SCHEMA[name] for name in row}))


def known(price: float, at: datetime | None = NOW - MINUTE, one: int = 1) -> pl.DataFrame:
    return pl.DataFrame([(one, price, at)], schema=KNOWN_SCHEMA, orient="row")


def look(price: float, at: datetime, provider: str = "polygon") -> pl.DataFrame:
    return pl.DataFrame([(1, provider, at, price)], schema=LOOK_SCHEMA, orient="row")


def judge(
    quotes: pl.DataFrame, compared: pl.DataFrame | None = None, looks: pl.DataFrame | None = None
) -> QuoteVerdict:
    compared = KNOWN_SCHEMA.to_frame() if compared is None else compared
    return judge_quotes(quotes, compared, empty_looks() if looks is None else looks, NOW, LIMITS)


def test_a_newer_price_near_the_known_one_is_believed():
    verdict = judge(quote(101.0), known(100.0))
    assert verdict.accepted.equals(quote(101.0))
    assert verdict.unchanged.is_empty()
    assert verdict.rejected.is_empty()


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf"), None])
def test_what_is_no_price_is_set_aside(price: float | None):
    verdict = judge(quote(price), known(100.0))
    assert verdict.rejected["rule"].to_list() == ["price_not_positive"]
    assert verdict.accepted.is_empty()


@pytest.mark.parametrize(("ahead", "is_believed"), [(5, True), (5.000001, False), (3600, False)])
def test_a_quote_may_be_ahead_of_our_clock_by_a_little(ahead: float, is_believed: bool):
    verdict = judge(quote(100.0, NOW + timedelta(seconds=ahead)))
    assert verdict.accepted.height == is_believed
    assert verdict.rejected["rule"].to_list() == [] if is_believed else ["quote_in_future"]


def test_a_quote_without_a_time_is_set_aside_and_not_dated_now():
    verdict = judge(quote(100.0, None))
    assert verdict.rejected.select("rule", "opened_at").rows() == [("quote_in_future", None)]
    assert "nothing" in verdict.rejected["reason"][0]


@pytest.mark.parametrize("price", [150.0, 50.0, 149.0])
def test_up_to_the_limit_a_move_is_believed_at_first_sight(price: float):
    assert judge(quote(price), known(100.0)).accepted.height == 1


@pytest.mark.parametrize("price", [150.1, 49.9, 10_000.0, 1.0])
def test_a_jump_is_set_aside_whole_with_a_sentence(price: float):
    verdict = judge(quote(price), known(100.0))
    row = verdict.rejected.row(0, named=True)
    assert (row["rule"], row["timeframe"], row["opened_at"]) == ("price_jump", "quote", NOW)
    assert f"the price {price} is {abs(price - 100):.1f} % away from the last known one, 100.0" in row["reason"]
    assert orjson.loads(row["payload"])["price"] == price
    assert verdict.rejected.schema == QUARANTINE_SCHEMA


def test_a_jump_is_set_aside_against_a_close_as_well():
    assert judge(quote(200.0), known(100.0, at=None)).rejected["rule"].to_list() == ["price_jump"]


def test_the_next_look_confirms_a_jump():
    assert judge(quote(201.0), known(100.0, NOW - 2 * MINUTE), look(200.0, NOW - MINUTE)).accepted.height == 1


def test_a_look_that_says_something_else_confirms_nothing():
    assert judge(quote(220.0), known(100.0, NOW - 2 * MINUTE), look(200.0, NOW - MINUTE)).rejected.height == 1


def test_the_same_quote_told_twice_confirms_nothing():
    assert judge(quote(200.0), known(100.0), look(200.0, NOW)).rejected.height == 1


def test_another_provider_confirms_at_once():
    assert judge(quote(199.0), known(100.0), look(200.0, NOW, "coingecko")).accepted.height == 1


def test_looks_are_not_in_a_row_if_a_believed_price_came_in_between():
    verdict = judge(quote(200.0), known(100.0, NOW - MINUTE), look(200.0, NOW - 2 * MINUTE))
    assert verdict.rejected["rule"].to_list() == ["price_jump"]


@pytest.mark.parametrize("behind", [timedelta(0), MINUTE])
def test_a_quote_that_is_not_newer_is_no_news_and_no_error_whatever_it_says(behind: timedelta):
    verdict = judge(quote(500.0, NOW - behind), known(100.0, NOW))
    assert (verdict.unchanged.height, verdict.accepted.height, verdict.rejected.height) == (1, 0, 0)


def test_the_last_jump_of_each_instrument_is_read_back_from_what_was_set_aside():
    first, second = judge(quote(200.0, NOW - MINUTE), known(1.0, None)), judge(quote(210.0), known(1.0, None))
    other = judge(quote(-5.0, one=2))
    looks = jumps_of(pl.concat([first.rejected, second.rejected, other.rejected]))
    assert looks.rows() == [(1, "polygon", NOW, 210.0)]
    assert looks.schema == LOOK_SCHEMA


prices = st.sampled_from([100.0, 101.0, 0.0, 100_000.0, None])
times = st.sampled_from([None, *(NOW + nth * MINUTE for nth in (-2, -1, 0, 1))])


@given(st.lists(st.tuples(prices, times), max_size=8), st.lists(st.tuples(prices, times), max_size=8))
def test_no_quote_is_lost_and_none_is_counted_twice(
    rows: list[tuple[float, datetime]], before: list[tuple[float, datetime]]
):
    quotes = pl.concat([empty_quotes(), *(quote(price, at, one) for one, (price, at) in enumerate(rows))])
    compared = pl.concat([KNOWN_SCHEMA.to_frame(), *(known(p or 1.0, at, one) for one, (p, at) in enumerate(before))])
    verdict = judge(quotes, compared)
    parts = (verdict.accepted, verdict.unchanged, verdict.rejected)
    ids = [one for part in parts for one in part["instrument_id"]]
    assert sorted(ids) == list(range(len(rows)))
    assert verdict.rejected["rule"].null_count() == verdict.rejected["reason"].null_count() == 0
    # Judging what was believed again changes nothing.
    assert judge(verdict.accepted, compared).accepted.equals(verdict.accepted)


APPLE = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")
BITCOIN = Instrument(2, "BTC-USD", AssetClass.CRYPTO, "24/7")


@pytest.mark.parametrize(
    ("now", "age_seconds", "is_stale"),
    [
        ("2026-11-20T15:03:00", 180, False),
        ("2026-11-20T15:03:00", 181, True),
        ("2026-11-20T14:32:00", 64_000, False),  # open for two minutes: nothing may have traded yet
        ("2026-11-20T14:33:00", 64_000, True),
        ("2026-11-20T21:00:00", 600, False),  # closed
        ("2026-11-21T15:03:00", 64_000, False),  # Saturday
    ],
)
def test_a_quote_is_stale_only_where_its_open_market_does_not_explain_its_age(
    now: str, age_seconds: int, is_stale: bool
):
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    quoted_at = at - timedelta(seconds=age_seconds)
    found = stale_quotes(quote(100.0, quoted_at), [APPLE], at, LIMITS)
    assert found == ({1: quoted_at} if is_stale else {})


def test_a_coin_is_stale_at_any_hour():
    at = datetime(2026, 11, 22, 0, 1, tzinfo=UTC)
    rows = pl.concat([quote(100.0, at - timedelta(minutes=4), one) for one in (1, 2)])
    assert set(stale_quotes(rows, [APPLE, BITCOIN], at, LIMITS)) == {2}
