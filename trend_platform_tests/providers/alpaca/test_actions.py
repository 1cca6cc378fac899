"""Splits and dividends out of Alpaca's corporate actions: which day they hold from, what they tell, and pages."""

from datetime import UTC, date, datetime

import httpx
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.errors import Malformed, Transient
from trend_platform.providers.alpaca.provider import Alpaca, open_alpaca
from trend_platform.providers.reference import TellsDividends
from trend_platform.settings import AlpacaSettings
from trend_platform_tests.providers.serving import Serve, Serving

AAPL, GE = (Instrument(n, s, AssetClass.STOCK, "XNYS") for n, s in enumerate(("AAPL", "GE"), 1))
BTC = Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")
YEARS = days(date(2020, 1, 1), date(2021, 12, 31))
FORWARD = {"symbol": "AAPL", "ex_date": "2020-08-31", "payable_date": "2020-08-28", "new_rate": 4, "old_rate": 1}
REVERSE = {"symbol": "GE", "ex_date": "2021-08-02", "new_rate": 1, "old_rate": 8}


def _open(serve: Serve) -> tuple[Alpaca, Serving]:
    serving = Serving(serve)
    keys = {"api_key": SecretStr("i"), "secret_key": SecretStr("s")}
    settings = AlpacaSettings.model_validate(
        {"base_url": "http://alpaca.test", "rate_per_minute": 1e6, "max_attempts": 1, **keys}
    )
    return open_alpaca(settings, ManualClock(datetime(2026, 11, 20, tzinfo=UTC)), serving), serving


def _page(token: str | None = None, **kinds: object) -> tuple[int, object]:
    return 200, {"corporate_actions": kinds, "next_page_token": token}


async def test_both_kinds_tell_new_shares_for_old_and_hold_from_the_ex_date() -> None:
    provider, serving = _open(lambda _: _page(forward_splits=[FORWARD], reverse_splits=[REVERSE]))
    answer = await provider.splits([GE, AAPL, BTC], YEARS)
    assert answer.splits.rows() == [(1, date(2020, 8, 31), 4.0, "alpaca"), (2, date(2021, 8, 2), 0.125, "alpaca")]
    asked = dict(serving.asked[0].url.params)
    assert (asked["symbols"], asked["types"]) == ("GE,AAPL", "forward_split,reverse_split")
    # The dates are those of processing: a week later, and an `ex_date` beyond the interval is left out.
    assert (asked["start"], asked["end"]) == ("2020-01-01", "2022-01-07")
    assert answer.calls == 1


async def test_splits_come_in_pages() -> None:
    def serve(request: httpx.Request) -> tuple[int, object]:
        is_last = request.url.params.get("page_token") == "two"
        return _page(reverse_splits=[REVERSE]) if is_last else _page("two", forward_splits=[FORWARD])

    answer = await _open(serve)[0].splits([AAPL, GE], YEARS)
    assert (answer.calls, answer.splits["instrument_id"].to_list()) == (2, [1, 2])


async def test_pages_that_go_round_in_a_circle_are_no_answer() -> None:
    provider, serving = _open(lambda _: _page("again", forward_splits=[FORWARD]))
    with pytest.raises(Malformed, match="in a circle") as caught:
        await provider.splits([AAPL], YEARS)
    assert caught.value.calls == len(serving.asked) == 2


async def test_a_later_page_that_fails_is_an_error_with_all_calls() -> None:
    provider, _ = _open(lambda request: (500, {}) if "page_token" in request.url.params else _page("two"))
    with pytest.raises(Transient) as caught:
        await provider.splits([AAPL], YEARS)
    assert caught.value.calls == 2


@pytest.mark.parametrize(
    "row",
    [
        {**FORWARD, "symbol": "MSFT"},
        {**FORWARD, "ex_date": "soon"},
        {**FORWARD, "ex_date": "2019-12-31"},
        {**FORWARD, "ex_date": "2022-01-03"},
        {**FORWARD, "old_rate": 0},
        {**FORWARD, "new_rate": None},
        "odd",
    ],
)
async def test_rows_without_sense_or_beside_the_question_are_left_out(row: object) -> None:
    provider, _ = _open(lambda _: _page(forward_splits=[row, FORWARD]))
    assert (await provider.splits([AAPL], YEARS)).splits["ex_date"].to_list() == [date(2020, 8, 31)]


async def test_crypto_has_nothing_to_ask_for() -> None:
    provider, serving = _open(lambda _: _page())
    assert (await provider.splits([BTC], YEARS)).calls == 0
    assert (await provider.dividends([BTC], YEARS)).calls == 0
    assert serving.asked == []


@pytest.mark.parametrize("document", [[], {}, {"corporate_actions": []}])
async def test_an_answer_without_actions_is_malformed(document: object) -> None:
    provider, _ = _open(lambda _: (200, document))
    for ask in (provider.splits, provider.dividends):
        with pytest.raises(Malformed, match="no corporate actions") as caught:
            await ask([AAPL], YEARS)
        assert caught.value.calls == 1


async def test_dividends_are_asked_half_a_year_further_because_they_are_processed_when_they_are_paid() -> None:
    quarter = days(date(2020, 1, 1), date(2020, 3, 31))
    paid = {"symbol": "AAPL", "ex_date": "2020-02-07", "process_date": "2020-02-13", "rate": 0.77, "special": False}
    later = {**paid, "ex_date": "2020-05-08", "rate": 0.82}
    provider, serving = _open(lambda _: _page(cash_dividends=[paid, later]))
    answer = await provider.dividends([GE, AAPL], quarter)
    assert answer.dividends.rows() == [(1, date(2020, 2, 7), 0.77, "USD", "alpaca")]
    asked = dict(serving.asked[0].url.params)
    assert (asked["types"], asked["start"], asked["end"]) == ("cash_dividend", "2020-01-01", "2020-09-27")
    assert isinstance(provider, TellsDividends)
    assert provider.capabilities.has_dividends


async def test_a_special_dividend_of_the_same_day_is_added_although_it_is_on_another_page() -> None:
    regular = {"symbol": "GE", "ex_date": "2020-02-07", "rate": 0.5, "special": False}

    def serve(request: httpx.Request) -> tuple[int, object]:
        is_last = request.url.params.get("page_token") == "two"
        special = {**regular, "rate": 1.25, "special": True}
        return (
            _page(cash_dividends=[special])
            if is_last
            else _page("two", cash_dividends=[regular, {**regular, "rate": 0}])
        )

    answer = await _open(serve)[0].dividends([GE], YEARS)
    assert (answer.calls, answer.dividends.rows()) == (2, [(2, date(2020, 2, 7), 1.75, "USD", "alpaca")])
