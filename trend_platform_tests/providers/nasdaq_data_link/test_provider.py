"""What Nasdaq Data Link is asked: datasets and tables, pages in no order, and datasets that are no longer kept up."""

from datetime import UTC, date, datetime

import pytest
from pydantic import SecretStr, ValidationError

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import (
    AuthFailed,
    BeyondDepth,
    ConfigurationError,
    Malformed,
    NotEntitled,
    NothingThere,
    UsageError,
)
from trend_platform.providers.base import CandleRequest, Route
from trend_platform.providers.nasdaq_data_link.provider import NasdaqDataLink, open_nasdaq_data_link
from trend_platform.settings import NasdaqDataLinkSettings
from trend_platform_tests.providers.exchanges import Exchange
from trend_platform_tests.providers.network import KEY

NOW = datetime(2018, 4, 12, 12, tzinfo=UTC)
SHARE = Instrument(7, "BRK.B", AssetClass.STOCK, "XNYS")
NAMES = ("Date", "Open", "High", "Low", "Close", "Volume")
DATASET, TABLE = "WIKI/{symbol}", "SHARADAR/SEP"


def _open(*documents: object, code: str = DATASET, **settings: object) -> tuple[NasdaqDataLink, Exchange]:
    exchange = Exchange(*documents)
    told = {"api_key": SecretStr(KEY), "code": code, "rate_per_minute": 1e6, "max_attempts": 1, **settings}
    return open_nasdaq_data_link(NasdaqDataLinkSettings.model_validate(told), ManualClock(NOW), exchange), exchange


def _row(day: str) -> list[object]:
    return [day, 1.0, 4.0, 0.5, 2.0, 9]


def _dataset(*told: str, newest: str | None = None) -> object:
    return {"dataset": {"column_names": NAMES, "data": [_row(day) for day in told], "newest_available_date": newest}}


def _table(*told: str, cursor: str | None = None) -> object:
    columns = [{"name": name.lower()} for name in NAMES]
    table = {"columns": columns, "data": [_row(day) for day in told]}
    return {"datatable": table, "meta": {"next_cursor_id": cursor}}


def _ask(first: date, last: date) -> CandleRequest:
    return CandleRequest(Route.BY_SYMBOL, (SHARE,), Timeframe.D1, days(first, last))


def test_without_a_key_or_without_a_code_the_setting_is_named() -> None:
    with pytest.raises(AuthFailed, match="NASDAQ_DATA_LINK_API_KEY"):
        open_nasdaq_data_link(NasdaqDataLinkSettings(code=DATASET), ManualClock(NOW))
    with pytest.raises(ConfigurationError, match=r"providers\.nasdaq_data_link\.code"):
        _open({}, code="")


@pytest.mark.parametrize("code", ["WIKI", "WIKI/A/B", "../x", "WIKI/{symbol}?a=b"])
def test_a_code_that_is_none_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        NasdaqDataLinkSettings(code=code)


async def test_a_dataset_is_asked_with_both_ends_and_the_key_in_a_header() -> None:
    provider, exchange = _open(_dataset("2018-03-26", "2018-03-27"))
    answer = await provider.candles(_ask(date(2018, 3, 26), date(2018, 3, 27)))
    (asked,) = exchange.asked
    assert asked.url.path == "/api/v3/datasets/WIKI/BRK_B.json"
    assert dict(asked.url.params) == {"start_date": "2018-03-26", "end_date": "2018-03-27", "order": "asc"}
    assert asked.headers["x-api-token"] == KEY
    assert answer.candles.select("close", "volume", "basis").rows() == [(2.0, 9.0, "raw")] * 2
    assert answer.evidence == "WIKI/{symbol}: 2 rows"


async def test_the_basis_is_what_the_user_says_of_the_dataset() -> None:
    provider, _ = _open(_dataset("2018-03-27"), basis="split")
    answer = await provider.candles(_ask(date(2018, 3, 26), date(2018, 3, 27)))
    assert answer.candles["basis"].to_list() == ["split"]


async def test_a_table_is_asked_by_ticker_and_its_pages_are_one_answer_in_any_order() -> None:
    provider, exchange = _open(_table("2018-03-28", "2018-03-26", cursor="abc="), _table("2018-03-27"), code=TABLE)
    answer = await provider.candles(_ask(date(2018, 3, 26), date(2018, 3, 28)))
    first, second = (dict(request.url.params) for request in exchange.asked)
    asked = {"ticker": "BRK.B", "date.gte": "2018-03-26", "date.lte": "2018-03-28", "qopts.per_page": "10000"}
    assert first == asked
    assert second == {**asked, "qopts.cursor_id": "abc="}
    assert answer.candles["opened_at"].dt.day().to_list() == [26, 27, 28]
    assert answer.calls == 2


async def test_a_table_whose_pages_do_not_end_is_malformed() -> None:
    provider, exchange = _open(_table("2018-03-28", cursor="abc="), code=TABLE)
    with pytest.raises(Malformed, match="page 100 of SHARADAR/SEP is not the last one") as caught:
        await provider.candles(_ask(date(2018, 3, 26), date(2018, 3, 28)))
    assert caught.value.calls == len(exchange.asked) == 100


async def test_days_after_the_end_of_a_dataset_are_not_days_without_trades() -> None:
    provider, _ = _open(_dataset("2018-03-26", "2018-03-27", newest="2018-03-27"))
    answer = await provider.candles(_ask(date(2018, 3, 26), date(2018, 4, 6)))
    assert answer.candles.height == 2
    assert answer.answered == days(date(2018, 3, 26), date(2018, 3, 27))
    assert isinstance(answer.failure, BeyondDepth)
    assert "WIKI/{symbol} ends on 2018-03-27" in str(answer.failure)


async def test_only_days_after_the_end_of_a_dataset_are_beyond_it() -> None:
    provider, _ = _open(_dataset(newest="2018-03-27"))
    with pytest.raises(BeyondDepth) as caught:
        await provider.candles(_ask(date(2018, 4, 2), date(2018, 4, 6)))
    assert caught.value.calls == 1


@pytest.mark.parametrize(
    ("newest", "last", "is_whole"),
    [
        # Good Friday 2018 was the 30th of March: nothing is missing until Monday's candle is asked.
        ("2018-03-29", date(2018, 4, 1), True),
        ("2018-03-29", date(2018, 4, 2), False),
        # At noon UTC of the 12th the session of the 11th has closed and may not be there yet.
        ("2018-04-10", date(2018, 4, 12), True),
        ("2018-04-09", date(2018, 4, 12), False),
    ],
)
async def test_a_dataset_ends_where_a_settled_session_is_missing(newest: str, last: date, is_whole: bool) -> None:
    provider, _ = _open(_dataset("2018-03-29", newest=newest))
    answer = await provider.candles(_ask(date(2018, 3, 29), last))
    assert (answer.failure is None) is is_whole


async def test_other_lengths_routes_and_kinds_are_refused_without_a_call() -> None:
    provider, exchange = _open({})
    interval = Interval(datetime(2018, 3, 26, tzinfo=UTC), datetime(2018, 3, 27, tzinfo=UTC))
    for route, timeframe in ((Route.BY_SYMBOL, Timeframe.H1), (Route.BY_SESSION, Timeframe.D1)):
        with pytest.raises(UsageError):
            await provider.candles(CandleRequest(route, (SHARE,), timeframe, interval))
    coin = Instrument(3, "BTC-USD", AssetClass.CRYPTO, "24/7")
    with pytest.raises(NothingThere):
        await provider.candles(CandleRequest(Route.BY_SYMBOL, (coin,), Timeframe.D1, interval))
    with pytest.raises(NotEntitled, match="no latest prices"):
        await provider.quotes([SHARE])
    assert (await provider.splits([SHARE], interval)).calls == 0
    assert exchange.asked == []


def test_the_limits_of_an_account_are_declared_and_one_of_the_users_is_added() -> None:
    quotas = _open({}, rate_per_minute=None)[0].capabilities.quotas
    assert [(quota.weight, quota.period_seconds) for quota in quotas] == [(270, 10), (1_800, 600), (45_000, 86_400)]
    assert _open({}, rate_per_minute=60)[0].capabilities.quotas[0].weight == 60
