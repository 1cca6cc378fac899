from trend_platform_tests.cli.conftest import Trend, answer_of, simulated_session


def test_a_plan_is_a_table_of_who_is_asked_and_what_it_takes(trend: Trend) -> None:
    code, out, _ = trend("plan", "1Y")
    assert code == 0
    assert "1Y of 3 instruments as of 2026-03-04" in out
    assert "simulated   by symbol" in out
    assert "SIMULATED PRICES" in out


def test_a_plan_as_json_has_calls_by_provider_and_by_route(trend: Trend) -> None:
    answer = answer_of(trend("plan", "1M", "AAPL", "--json"))
    assert answer["prices"] == "simulated"
    assert answer["ranges"] == ["1M"]
    assert answer["as_of"] == "2026-03-04"
    assert answer["routes"] == [
        {"provider": "simulated", "route": "by_symbol", "calls": 1, "candles": answer["candles"]}
    ]
    assert set(answer) == {
        "prices", "ranges", "as_of", "instruments", "calls", "candles", "providers", "unserved", "routes", "replaced"
    }  # fmt: skip


def test_a_plan_asks_nothing(trend: Trend) -> None:
    before = answer_of(trend("plan", "1Y", "--json"))
    assert answer_of(trend("plan", "1Y", "--json")) == before


def test_what_is_stored_needs_no_plan(trend: Trend) -> None:
    trend("backfill", "1M", "--as-of", "2026-03-03")
    _, out, _ = trend("plan", "1M", "--as-of", "2026-03-03")
    assert "Nothing needs to be asked" in out


def test_a_refresh_plans_what_is_stored(trend: Trend) -> None:
    trend("backfill", "1M", "--as-of", "2026-03-03")
    answer = answer_of(trend("plan", "1M", "--as-of", "2026-03-03", "--refresh", "--json"))
    assert answer["candles"]


def test_an_unknown_symbol_is_answered_with_what_it_may_have_meant(trend: Trend) -> None:
    code, out, err = trend("plan", "1Y", "APPL")
    assert (code, out) == (2, "")
    assert err == "trend: APPL is not in the universe; did you mean AAPL?\n"


def test_an_empty_universe_says_how_to_fill_it(trend: Trend) -> None:
    code, _, err = trend("plan", "1Y", on=simulated_session(symbols=()))
    assert code == 2
    assert "trend instruments add" in err


def test_a_future_day_is_refused(trend: Trend) -> None:
    code, _, err = trend("plan", "1Y", "--as-of", "2026-03-05")
    assert code == 2
    assert "lies in the future: today is 2026-03-04" in err


def test_a_provider_of_other_prices_is_refused_with_the_setting_to_change(trend: Trend) -> None:
    code, _, err = trend("plan", "1Y", "--provider", "polygon")
    assert code == 2
    assert "TREND_MODE=live" in err
