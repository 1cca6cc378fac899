"""CoinGecko's latest prices: what is asked, what is absent, and whose fault that is."""

from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
import orjson
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import Malformed, RateLimited, Transient
from trend_platform.providers.coingecko.prices import read_prices
from trend_platform.providers.coingecko.provider import CoinGecko, open_coingecko
from trend_platform.settings import CoinGeckoSettings

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
AT = 1_795_000_000
BTC, ETH, EURO, TWIN, NONE, ODD = (
    Instrument(number, symbol, AssetClass.CRYPTO, "24/7")
    for number, symbol in enumerate(("BTC-USD", "ETH-USD", "BTC-EUR", "TWIN-USD", "NONE-USD", "BTC-XYZ"), 1)
)
LISTED = [{"id": "a-twin", "symbol": "twin"}, {"id": "b-twin", "symbol": "twin"}]
PRICED = {"bitcoin": {"usd": 91_000.123456789, "eur": 84_000, "last_updated_at": AT}}
Answers = Mapping[str, tuple[int, object]]


class Recorder(httpx.AsyncBaseTransport):
    def __init__(self, answers: Answers) -> None:
        self._answers = {
            "/coins/list": (200, LISTED),
            "/simple/price": (200, PRICED),
            "/coins/markets": (200, []),
            **answers,
        }
        self.asked: list[httpx.URL] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        status, document = self._answers[request.url.path]
        return httpx.Response(status, content=orjson.dumps(document))


def _open(answers: Answers | None = None) -> tuple[CoinGecko, Recorder]:
    recorder = Recorder(answers or {})
    settings = CoinGeckoSettings(base_url="http://coingecko.test", rate_per_minute=1e6, max_attempts=1)
    return open_coingecko(settings, ManualClock(NOW), recorder), recorder


async def test_a_coin_is_asked_once_for_all_its_currencies() -> None:
    provider, recorder = _open()
    answer = await provider.quotes([BTC, EURO])
    (asked,) = recorder.asked
    assert dict(asked.params) == {
        "ids": "bitcoin",
        "vs_currencies": "eur,usd",
        "include_last_updated_at": "true",
        "include_24hr_vol": "false",
        "precision": "full",
    }
    at = datetime.fromtimestamp(AT, UTC)
    assert answer.quotes.select("instrument_id", "price", "quoted_at", "previous_close").rows() == [
        (1, 91_000.123456789, at, None),
        (3, 84_000.0, at, None),
    ]


async def test_a_coin_that_is_silently_missing_is_nothing_there() -> None:
    provider, _ = _open()
    answer = await provider.quotes([BTC, ETH])
    assert (answer.nothing_there, answer.quotes["instrument_id"].to_list()) == (frozenset({2}), [1])


async def test_a_symbol_of_several_coins_fails_alone_and_one_of_none_is_a_fact() -> None:
    provider, recorder = _open()
    answer = await provider.quotes([TWIN, BTC, NONE, ODD])
    assert answer.quotes["instrument_id"].to_list() == [1]
    assert answer.nothing_there == {NONE.instrument_id, ODD.instrument_id}
    assert "a-twin, b-twin" in str(answer.failures[TWIN.instrument_id])
    paths = [url.path for url in recorder.asked]
    assert paths == ["/coins/list", "/coins/markets", "/simple/price"]
    assert answer.calls == 3
    assert (await provider.quotes([TWIN, BTC, NONE, ODD])).calls == 1


async def test_a_list_of_coins_that_does_not_come_costs_the_unknown_ones_only_and_is_asked_once() -> None:
    provider, recorder = _open({"/coins/list": (500, {})})
    answer = await provider.quotes([BTC, TWIN, NONE])
    assert answer.quotes["instrument_id"].to_list() == [1]
    assert {type(error) for error in answer.failures.values()} == {Transient}
    assert set(answer.failures) == {4, 5}
    assert [url.path for url in recorder.asked] == ["/coins/list", "/simple/price"]


async def test_a_price_without_its_time_is_malformed() -> None:
    provider, _ = _open({"/simple/price": (200, {"bitcoin": {"usd": 91_000}})})
    with pytest.raises(Malformed, match="BTC-USD comes without its time") as caught:
        await provider.quotes([BTC])
    assert caught.value.calls == 1


@pytest.mark.parametrize("stamp", [0, -5, AT * 1_000_000, "soon", None, True])
def test_a_stamp_in_no_unit_we_know_is_no_time(stamp: object) -> None:
    rows = read_prices({"bitcoin": {"usd": 1.0, "last_updated_at": stamp}}, {BTC: ("bitcoin", "usd")})
    assert rows.select("price", "quoted_at").rows() == [(1.0, None)]


@pytest.mark.parametrize("told", [{}, {"usd": None}, {"usd": "n/a"}])
def test_a_coin_without_a_price_has_none(told: dict[str, object]) -> None:
    rows = read_prices({"bitcoin": {**told, "last_updated_at": AT}}, {BTC: ("bitcoin", "usd")})
    assert rows["price"].to_list() == [None]


async def test_an_error_inside_a_200_has_its_class() -> None:
    document = {"status": {"error_code": 429, "error_message": "You've exceeded the Rate Limit."}}
    provider, _ = _open({"/simple/price": (200, document)})
    with pytest.raises(RateLimited):
        await provider.quotes([BTC])


@pytest.mark.parametrize("document", [[], {"bitcoin": 5}])
def test_anything_else_is_malformed(document: object) -> None:
    with pytest.raises(Malformed, match="holds no prices"):
        read_prices(document, {BTC: ("bitcoin", "usd")})
