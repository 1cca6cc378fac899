"""What FMP is asked: which endpoint for which basis, windows of five years, splits of shares, quotes one by one or many."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import httpx
import orjson
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import AuthFailed, BeyondDepth, Malformed, NothingThere, UsageError
from trend_platform.providers.base import CandleRequest, Route
from trend_platform.providers.fmp.provider import Fmp, open_fmp
from trend_platform.settings import FmpSettings
from trend_platform_tests.providers.network import KEY

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHARE = Instrument(7, "BRK.B", AssetClass.STOCK, "XNYS")
COIN = Instrument(3, "BTC-USD", AssetClass.CRYPTO, "24/7")
DAYS = days(date(2026, 11, 17), date(2026, 11, 19))


class Fake(httpx.AsyncBaseTransport):
    """Answers every request by a function of its query."""

    def __init__(self, answer: Callable[[httpx.QueryParams], object]) -> None:
        self._answer = answer
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        told = self._answer(request.url.params)
        return told if isinstance(told, httpx.Response) else httpx.Response(200, content=orjson.dumps(told))


def _open(answer: Callable[[httpx.QueryParams], object], **settings: object) -> tuple[Fmp, Fake]:
    fake = Fake(answer)
    told = {"api_key": SecretStr(KEY), "rate_per_minute": 1e6, "max_attempts": 1, **settings}
    return open_fmp(FmpSettings.model_validate(told), ManualClock(NOW), fake), fake


def _ask(instrument: Instrument, first: date, last: date) -> CandleRequest:
    return CandleRequest(Route.BY_SYMBOL, (instrument,), Timeframe.D1, days(first, last))


def _row(day: str, symbol: str = "BRK-B") -> dict[str, object]:
    return {"symbol": symbol, "date": day, "open": 1, "high": 4, "low": 0.5, "close": 2, "volume": 9, "vwap": 1.875}


def test_without_a_key_the_variable_is_named() -> None:
    with pytest.raises(AuthFailed, match="FMP_API_KEY"):
        open_fmp(FmpSettings(), ManualClock(NOW))


@pytest.mark.parametrize(
    ("instrument", "basis", "path"),
    [
        (SHARE, "raw", "/stable/historical-price-eod/non-split-adjusted"),
        (SHARE, "split", "/stable/historical-price-eod/full"),
        (COIN, "raw", "/stable/historical-price-eod/full"),
    ],
)
async def test_only_shares_have_an_endpoint_for_each_basis(instrument: Instrument, basis: str, path: str) -> None:
    provider, fake = _open(lambda params: [_row("2026-11-18", params["symbol"])], basis=basis)
    answer = await provider.candles(_ask(instrument, date(2026, 11, 17), date(2026, 11, 19)))
    assert fake.asked[0].url.path == path
    assert fake.asked[0].headers["apikey"] == KEY
    assert dict(fake.asked[0].url.params) == {
        "symbol": provider.symbol_of(instrument),
        "from": "2026-11-17",
        "to": "2026-11-19",
    }
    assert answer.candles["basis"].to_list() == [basis]
    assert answer.candles["vwap"].to_list() == [None]


async def test_long_intervals_are_asked_in_windows_of_five_years_that_end_today() -> None:
    provider, fake = _open(lambda _: [])
    await provider.candles(_ask(SHARE, date(2015, 1, 2), date(2027, 6, 1)))
    windows = [(request.url.params["from"], request.url.params["to"]) for request in fake.asked]
    assert windows == [("2015-01-02", "2020-01-01"), ("2020-01-02", "2025-01-01"), ("2025-01-02", "2026-11-20")]


async def test_todays_row_is_forming() -> None:
    provider, _ = _open(lambda _: [_row("2026-11-20"), _row("2026-11-19")])
    candles = (await provider.candles(_ask(SHARE, date(2026, 11, 19), date(2026, 11, 20)))).candles
    assert candles["is_final"].to_list() == [True, False]


async def test_a_row_without_a_date_is_set_aside() -> None:
    provider, _ = _open(lambda _: [_row("2026-11-19"), _row("soon")])
    answer = await provider.candles(_ask(SHARE, date(2026, 11, 17), date(2026, 11, 19)))
    assert (answer.candles.height, answer.rejected["rule"].to_list()) == (1, ["unreadable_row"])
    assert '"date":"soon"' in answer.rejected["payload"][0]


async def test_the_free_plan_reaches_five_years_back_and_another_as_far_as_is_set() -> None:
    provider, _ = _open(lambda _: [])
    assert provider.reach(SHARE, Timeframe.D1, NOW) == datetime(2021, 11, 21, tzinfo=UTC)
    assert _open(lambda _: [], history_years=None)[0].reach(SHARE, Timeframe.D1, NOW) is None


async def test_what_the_plan_does_not_reach_is_not_absent() -> None:
    said = b"Premium Query Parameter: This value set for 'from' is not available under your current subscription"
    provider, _ = _open(lambda _: httpx.Response(402, content=said))
    with pytest.raises(BeyondDepth):
        await provider.candles(_ask(SHARE, date(2010, 1, 4), date(2010, 1, 8)))


def test_the_free_plans_limits_are_declared_and_a_paid_one_has_no_day() -> None:
    free, paid = (_open(lambda _: [], rate_per_minute=rate)[0].capabilities.quotas for rate in (None, 280))
    assert [(quota.weight, quota.period_seconds) for quota in free] == [(5, 1), (250, 86_400)]
    assert [(quota.weight, quota.period_seconds) for quota in paid] == [(5, 1), (280, 60)]


async def test_other_lengths_routes_and_spellings_are_refused_without_a_call() -> None:
    provider, fake = _open(lambda _: [])
    for route, timeframe in ((Route.BY_SYMBOL, Timeframe.H1), (Route.BY_SESSION, Timeframe.D1)):
        with pytest.raises(UsageError):
            await provider.candles(CandleRequest(route, (SHARE,), timeframe, DAYS))
    with pytest.raises(NothingThere, match="cannot spell"):
        await provider.candles(_ask(Instrument(5, "BTC", AssetClass.CRYPTO, "24/7"), date(2026, 11, 17), NOW.date()))
    assert fake.asked == []


async def test_splits_are_asked_of_shares_only_and_cut_to_the_interval() -> None:
    told = [{"date": day, "numerator": 50, "denominator": 1} for day in ("2026-11-20", "2026-11-19", "2010-01-21")]
    provider, fake = _open(lambda _: told)
    answer = await provider.splits([SHARE, COIN], DAYS)
    assert [request.url.params["symbol"] for request in fake.asked] == ["BRK-B"]
    assert answer.splits.rows() == [(7, date(2026, 11, 19), 50.0, "fmp")]
    assert answer.calls == 1
    assert (await provider.splits([COIN], DAYS)).calls == 0


async def test_two_instruments_with_one_spelling_are_an_error_that_names_both() -> None:
    fund = Instrument(9, "BTCUSD", AssetClass.ETF, "XNYS")
    at = int((NOW - timedelta(hours=16)).timestamp())
    provider, fake = _open(lambda params: [{"symbol": params["symbol"], "price": 1.5, "timestamp": at}])
    answer = await provider.quotes([SHARE, COIN, fund])
    assert len(fake.asked) == 1
    assert answer.quotes["instrument_id"].to_list() == [7]
    assert answer.failures.keys() == {3, 9}
    assert isinstance(answer.failures[3], Malformed)
    assert "BTC-USD (crypto) and BTCUSD (etf)" in str(answer.failures[3])


async def test_with_batch_quotes_fifty_are_asked_at_once() -> None:
    at = int((NOW - timedelta(hours=16)).timestamp())

    def told(params: httpx.QueryParams) -> object:
        return [{"symbol": one, "price": 1.5, "timestamp": at} for one in params["symbols"].split(",")]

    provider, fake = _open(told, batch_quotes=True)
    shares = [Instrument(number, f"S{number}", AssetClass.STOCK, "XNYS") for number in range(1, 61)]
    assert (await provider.quotes(shares)).quotes.height == 60
    assert [request.url.path for request in fake.asked] == ["/stable/batch-quote"] * 2
    assert [len(request.url.params["symbols"].split(",")) for request in fake.asked] == [50, 10]
