from pathlib import Path

from trend_platform_tests.cli.conftest import Trend, answer_of, simulated_session
from trend_platform_tests.cli.shop_session import session_at
from trend_platform_tests.ingest.shop import Shop


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
        "prices", "ranges", "as_of", "instruments", "calls", "candles", "providers", "unserved", "routes", "replaced",
        "quotas",
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


def test_a_plan_tells_what_is_left_of_each_quota_and_what_it_takes(trend: Trend, tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    session = session_at(shop, with_keys=("first-k3y", "second-k3y"))
    (quota,) = answer_of(trend("plan", "7D", "--json", on=session))["quotas"]
    assert (quota["provider"], quota["takes"]) == ("polygon", 2)
    assert [(one["credential"], one["weight"], one["period_seconds"], one["left"]) for one in quota["windows"]] == [
        (1, 5, 60, 5),
        (2, 5, 60, 5),
    ]
    _, out, _ = trend("plan", "7D", on=session)
    assert "5 per minute" in out
    assert "k3y" not in out


def test_a_plan_asks_nothing_of_a_quota(trend: Trend, tmp_path: Path) -> None:
    session = session_at(Shop(tmp_path), with_keys=("k",))
    first = answer_of(trend("plan", "7D", "--json", on=session))
    assert answer_of(trend("plan", "7D", "--json", on=session)) == first


def test_providers_without_quotas_show_none(trend: Trend) -> None:
    assert answer_of(trend("plan", "1M", "--json"))["quotas"] == []
    assert "Quotas" not in trend("plan", "1M")[1]
