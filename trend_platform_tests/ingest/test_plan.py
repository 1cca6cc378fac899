from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trend_platform.domain.coverage import Ledger, Span
from trend_platform.domain.intervals import Spans, days
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import PlanRefused
from trend_platform.ingest.grouping import grouped
from trend_platform.ingest.needs import Need, Wanted, needs_of
from trend_platform.ingest.plan import PlanLimits, make_plan
from trend_platform.providers.base import Route
from trend_platform_tests.ingest.builders import AS_OF, NOW, coin, offer, stock, stocks, wanted


def plan_for(*instruments, ranges, offers, ledgers=None, **options):
    needs = needs_of(wanted(*instruments, ranges=ranges), ledgers or {}, NOW)
    return make_plan(needs, offers, NOW, **options)


def covered(instrument, first: date, last: date, provider: str = "a") -> Ledger:
    return Ledger((Span(instrument.instrument_id, Timeframe.D1, days(first, last), provider, NOW),))


def test_a_backfill_of_many_years_goes_by_symbol():
    universe = stocks(505)
    plan = plan_for(*universe, ranges=(Range.Y5,), offers=[offer("a", *universe, by_session=True)])
    assert {call.request.route for call in plan.calls} == {Route.BY_SYMBOL}
    assert sum(call.calls for call in plan.calls) == 505


def test_the_nightly_increment_of_a_whole_universe_is_one_session_call():
    universe = stocks(505)
    ledgers = {one.instrument_id: covered(one, date(2021, 3, 5), date(2026, 3, 3)) for one in universe}
    plan = plan_for(*universe, ranges=(Range.Y5,), offers=[offer("a", *universe, by_session=True)], ledgers=ledgers)
    assert [(call.request.route, call.calls, call.candles) for call in plan.calls] == [(Route.BY_SESSION, 1, 505)]
    assert plan.calls[0].request.interval == days(AS_OF, AS_OF)


def test_one_new_symbol_beside_a_nightly_increment_is_asked_by_symbol_and_the_rest_by_session():
    universe = stocks(100)
    ledgers = {one.instrument_id: covered(one, date(2021, 3, 5), date(2026, 3, 3)) for one in universe[1:]}
    plan = plan_for(*universe, ranges=(Range.Y5,), offers=[offer("a", *universe, by_session=True)], ledgers=ledgers)
    assert sorted(call.request.route for call in plan.calls) == [Route.BY_SESSION, Route.BY_SYMBOL]


def test_one_symbol_and_one_session_is_asked_by_symbol():
    one = stock(1)
    ledgers = {1: covered(one, date(2026, 2, 1), date(2026, 3, 3))}
    plan = plan_for(one, ranges=(Range.D7,), offers=[offer("a", one, by_session=True)], ledgers=ledgers)
    assert [call.request.route for call in plan.calls] == [Route.BY_SYMBOL]


def test_only_the_older_years_are_asked_when_the_newer_ones_are_stored():
    one = stock(1)
    ledgers = {1: covered(one, date(2021, 1, 1), AS_OF)}
    plan = plan_for(
        one, ranges=(Range.MAX,), offers=[offer("a", one, reach=datetime(2015, 1, 1, tzinfo=UTC))], ledgers=ledgers
    )
    plan_with_reach = plan.calls[0].request.interval
    assert plan_with_reach.end == datetime(2021, 1, 1, tzinfo=UTC)


def test_two_holes_near_each_other_are_asked_in_one_call():
    one = stock(1)
    newer = Span(1, Timeframe.D1, days(date(2026, 2, 10), date(2026, 3, 3)), "a", NOW)
    older = Span(1, Timeframe.D1, days(date(2026, 1, 1), date(2026, 2, 6)), "a", NOW)
    plan = plan_for(one, ranges=(Range.M3,), offers=[offer("a", one)], ledgers={1: Ledger((older, newer))})
    assert len(plan.calls) == 1


def test_a_series_longer_than_a_page_is_estimated_in_pages():
    one = coin(1)
    plan = plan_for(one, ranges=(Range.Y5,), offers=[offer("a", one, candles_per_call=1000)])
    assert sum(call.calls for call in plan.calls) == 2


def test_symbols_are_bundled_as_far_as_a_call_takes_them():
    universe = stocks(130)
    plan = plan_for(
        *universe, ranges=(Range.Y1,), offers=[offer("a", *universe, symbols_per_call=64, candles_per_call=None)]
    )
    assert [len(call.request.instruments) for call in plan.calls] == [64, 64, 2]


def test_what_the_first_provider_does_not_reach_is_planned_with_the_next():
    one = stock(1)
    near, far = offer("near", one, reach=datetime(2024, 1, 2, tzinfo=UTC)), offer("far", one)
    plan = plan_for(one, ranges=(Range.Y5,), offers=[near, far])
    assert {call.provider: call.request.interval.start.year for call in plan.calls} == {"near": 2024, "far": 2021}


def test_what_nobody_reaches_is_unserved_and_not_planned():
    one = stock(1)
    plan = plan_for(one, ranges=(Range.Y5,), offers=[offer("a", one, reach=datetime(2024, 1, 2, tzinfo=UTC))])
    assert [str(span) for need in plan.unserved for span in need.spans] == ["[2021-03-05, 2024-01-02)"]


def test_an_instrument_nobody_serves_is_unserved():
    plan = plan_for(stock(1), coin(2), ranges=(Range.D7,), offers=[offer("a", coin(2))])
    assert [need.instrument.symbol for need in plan.unserved] == ["S1"]


def test_a_provider_without_forming_candles_is_not_asked_for_today():
    one = stock(1)
    late = offer("a", one, serves_forming=False, settles_after=timedelta(hours=8))
    plan = plan_for(one, ranges=(Range.D7,), offers=[late])
    assert plan.calls[0].request.interval.end == datetime(2026, 3, 4, tzinfo=UTC)


def test_minutes_follow_the_quota_and_the_first_window_is_free():
    universe = stocks(12)
    plan = plan_for(*universe, ranges=(Range.Y1,), offers=[offer("a", *universe, per_minute=5)])
    (estimate,) = plan.estimates
    assert (estimate.calls, estimate.minutes, estimate.quota) == (12, 2.0, "5 calls per minute")


def test_one_call_a_minute_is_told_in_the_singular():
    universe = stocks(12)
    plan = plan_for(*universe, ranges=(Range.Y1,), offers=[offer("a", *universe, per_minute=1)])
    assert plan.estimates[0].quota == "1 call per minute"


def test_a_plan_that_cannot_finish_is_refused_with_what_would_help():
    universe = stocks(505)
    with pytest.raises(PlanRefused, match="RATE_PER_MINUTE"):
        plan_for(
            *universe, ranges=(Range.Y1,), offers=[offer("a", *universe, per_minute=5)], limits=PlanLimits(minutes=60)
        )


def test_refused_pairs_go_to_the_next_provider():
    one = stock(1)
    plan = plan_for(one, ranges=(Range.D7,), offers=[offer("a", one), offer("b", one)], refused=frozenset({("a", 1)}))
    assert [call.provider for call in plan.calls] == ["b"]


def test_nothing_needed_is_an_empty_plan():
    one = stock(1)
    plan = plan_for(
        one, ranges=(Range.D7,), offers=[offer("a", one)], ledgers={1: covered(one, date(2026, 1, 1), AS_OF)}
    )
    assert (plan.calls, plan.estimates, plan.unserved) == ((), (), ())


@settings(max_examples=60, deadline=None)
@given(
    holes=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 60)), max_size=4),
    count=st.integers(1, 12),
    per_call=st.sampled_from([None, 40, 50_000]),
    by_session=st.booleans(),
)
def test_every_needed_candle_is_asked_exactly_once_by_any_route(holes, count, per_call, by_session):
    universe = stocks(count)
    start = date(2024, 6, 1)
    spans = Spans.of(days(start + timedelta(days=at), start + timedelta(days=at + length)) for at, length in holes)
    ledger = Ledger(tuple(Span(1, Timeframe.D1, span, "a", NOW) for span in spans))
    needs = needs_of(wanted(*universe, ranges=(Range.Y3,)), {1: ledger}, NOW)
    plan = make_plan(needs, [offer("a", *universe, candles_per_call=per_call, by_session=by_session)], NOW)
    for need in needs:
        one = need.instrument.instrument_id
        asked = Spans.of(
            call.request.interval for call in plan.calls if one in {i.instrument_id for i in call.request.instruments}
        )
        assert not Spans(need.spans) - asked


def minutes_of(*instruments, first: date, last: date, **limits):
    interval = days(first, last)
    windows = {one.instrument_id: interval for one in instruments}
    needs = needs_of(Wanted(instruments, Timeframe.M1, (), last, windows=windows), {}, NOW)
    several = offer("a", *instruments, candles_per_call=10_000, symbols_per_call=100)
    able = replace(several.capabilities, timeframes=frozenset({Timeframe.M1}))
    return make_plan(needs, [replace(several, capabilities=able)], NOW, PlanLimits(**limits))


def test_minutes_of_many_symbols_share_a_request_up_to_what_one_may_bring():
    plan = minutes_of(*stocks(505), first=date(2026, 3, 3), last=date(2026, 3, 3), candles_per_request=20_000)
    # 51 sessions of 390 minutes are 19,890 of them.
    assert [len(call.request.instruments) for call in plan.calls] == [51] * 9 + [46]
    assert all(call.candles <= 20_000 for call in plan.calls)


def test_long_spans_of_minutes_are_asked_symbol_by_symbol():
    plan = minutes_of(*stocks(3), first=date(2026, 1, 2), last=date(2026, 2, 27), candles_per_request=10_000)
    assert {len(call.request.instruments) for call in plan.calls[:3]} == {1}
    assert all(call.candles <= 10_000 for call in plan.calls)
    assert plan.candles == 3 * 390 * 39


def test_a_symbol_that_lacks_other_days_joins_no_request_that_would_grow_too_large():
    early, late = stock(1), coin(2)
    needs = [
        Need(early, Timeframe.M1, (days(date(2026, 1, 2), date(2026, 1, 2)),)),
        Need(late, Timeframe.M1, (days(date(2026, 3, 2), date(2026, 3, 2)),)),
    ]
    able = replace(offer("a", symbols_per_call=100, candles_per_call=None).capabilities)
    assert [len(group) for group in grouped(able, needs, 20_000)] == [1, 1]
    assert [len(group) for group in grouped(able, needs, 200_000)] == [2]
