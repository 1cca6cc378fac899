"""Latest prices out of Alpaca's snapshots: which feed, whose time, and what is no price."""

from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import Malformed, Transient
from trend_platform.providers.alpaca.provider import Alpaca, open_alpaca
from trend_platform.settings import AlpacaSettings
from trend_platform_tests.providers.serving import Serve, Serving

NOW = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
AAPL, BRK = (Instrument(n, s, AssetClass.STOCK, "XNYS") for n, s in enumerate(("AAPL", "BRK.B"), 1))
BTC = Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")
SNAPSHOT = {
    "latestTrade": {"p": 172.5, "t": "2026-11-20T18:29:58.123456789Z", "s": 3, "x": "V"},
    "latestQuote": {"bp": 172.4, "ap": 0, "bs": 1, "as": 0},
    "dailyBar": {"c": 172.5},
    "prevDailyBar": {"c": 171.0},
}


def _open(serve: Serve, **settings: object) -> tuple[Alpaca, Serving]:
    serving = Serving(serve)
    keys = {"api_key": SecretStr("i"), "secret_key": SecretStr("s")}
    chosen = {"base_url": "http://alpaca.test", "rate_per_minute": 1e6, "max_attempts": 1, **keys, **settings}
    return open_alpaca(AlpacaSettings.model_validate(chosen), ManualClock(NOW), serving), serving


async def test_a_price_is_the_last_trade_with_its_own_time_and_an_empty_side_of_the_book_is_none() -> None:
    provider, serving = _open(lambda _: (200, {"AAPL": SNAPSHOT}))
    (row,) = (await provider.quotes([AAPL])).quotes.to_dicts()
    assert serving.paths == ["/v2/stocks/snapshots?symbols=AAPL&feed=iex"]
    assert (row["price"], row["size"], row["bid"], row["ask"]) == (172.5, 3.0, 172.4, None)
    assert row["quoted_at"] == datetime(2026, 11, 20, 18, 29, 58, 123456, tzinfo=UTC)


@pytest.mark.parametrize(("feed", "previous"), [("iex", None), ("delayed_sip", 171.0), ("sip", 171.0)])
async def test_a_previous_close_is_that_of_the_whole_tape_or_none(feed: str, previous: float | None) -> None:
    provider, serving = _open(lambda _: (200, {"AAPL": SNAPSHOT}), quote_feed=feed)
    assert (await provider.quotes([AAPL])).quotes["previous_close"].to_list() == [previous]
    assert serving.asked[0].url.params["feed"] == feed


async def test_shares_and_crypto_are_a_call_each() -> None:
    def serve(request: httpx.Request) -> tuple[int, object]:
        is_coin = "crypto" in request.url.path
        return 200, {"snapshots": {"BTC/USD": SNAPSHOT}} if is_coin else {"AAPL": SNAPSHOT, "BRK.B": SNAPSHOT}

    provider, serving = _open(serve)
    answer = await provider.quotes([BTC, BRK, AAPL])
    assert sorted(serving.paths) == [
        "/v1beta3/crypto/us/snapshots?symbols=BTC/USD",
        "/v2/stocks/snapshots?symbols=BRK.B,AAPL&feed=iex",
    ]
    assert (answer.calls, answer.quotes["instrument_id"].to_list(), answer.failures) == (2, [1, 2, 9], {})


async def test_a_symbol_that_spoils_the_call_is_nothing_there_and_the_others_are_asked_again() -> None:
    def serve(request: httpx.Request) -> tuple[int, object]:
        is_spoilt = "BRK.B" in request.url.params["symbols"]
        return (400, {"message": "invalid symbol: BRK.B"}) if is_spoilt else (200, {"AAPL": SNAPSHOT})

    provider, _ = _open(serve)
    answer = await provider.quotes([BRK, AAPL])
    assert (answer.nothing_there, answer.quotes["instrument_id"].to_list(), answer.calls) == ({2}, [1], 2)


@pytest.mark.parametrize("told", [{}, {"BRK.B": None}, {"BRK.B": {"latestTrade": None, "dailyBar": {"c": 1.0}}}])
async def test_a_symbol_without_a_trade_is_nothing_there(told: dict[str, object]) -> None:
    provider, _ = _open(lambda _: (200, {"AAPL": SNAPSHOT, **told}))
    answer = await provider.quotes([AAPL, BRK])
    assert (answer.nothing_there, answer.failures) == ({2}, {})


async def test_a_price_without_its_time_fails_alone() -> None:
    timeless = {**SNAPSHOT, "latestTrade": {"p": 172.5}}
    provider, _ = _open(lambda _: (200, {"AAPL": SNAPSHOT, "BRK.B": timeless}))
    answer = await provider.quotes([AAPL, BRK])
    assert isinstance(answer.failures[2], Malformed)
    assert answer.quotes["instrument_id"].to_list() == [1]


async def test_a_market_that_fails_costs_the_other_nothing() -> None:
    provider, _ = _open(lambda request: (500, {}) if "crypto" in request.url.path else (200, {"AAPL": SNAPSHOT}))
    answer = await provider.quotes([AAPL, BTC])
    assert isinstance(answer.failures[9], Transient)
    assert answer.quotes["instrument_id"].to_list() == [1]


@pytest.mark.parametrize("document", [[], {"AAPL": 172.5}, {"snapshots": []}])
async def test_an_answer_without_snapshots_is_malformed(document: object) -> None:
    provider, _ = _open(lambda _: (200, document))
    with pytest.raises(Malformed, match="no snapshots"):
        await provider.quotes([AAPL])
