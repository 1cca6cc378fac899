"""Every recorded answer of CoinGecko is parsed or classed, and its numbers are the ones a plain reading finds."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trend_platform.domain.candles import Basis
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.errors import GranularityMismatch, Malformed, ProviderError, Transient
from trend_platform.providers.base import Capabilities
from trend_platform.providers.coingecko.bodies import daily_bodies, read_bodies
from trend_platform.providers.coingecko.classing import classify
from trend_platform.providers.coingecko.ids import PINNED, read_markets
from trend_platform.providers.coingecko.points import daily_candles, read_points
from trend_platform.providers.coingecko.prices import read_prices
from trend_platform.providers.http import HttpAnswer

pytestmark = pytest.mark.recorded

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVER = Interval(datetime(2010, 1, 1, tzinfo=UTC), NOW)
CAPABILITIES = Capabilities(frozenset(), frozenset(), Basis.RAW)

POINTS = {
    "coins_bitcoin_market_chart__days=90_interval=daily_vs_currency=usd.json",
    "coins_bitcoin_market_chart__days=MOCK_DAYS_vs_currency=usd.json",
}
BODIES = {"coins_bitcoin_ohlc__days=7_vs_currency=usd.json", "client_sample_coins_ohlc.json"}
REFUSED: dict[str, type[ProviderError]] = {
    "coins_bitcoin_ohlc__HTTP500.json": Transient,
    "exchanges_binance_volume_chart__HTTP422.json": Malformed,
    "simple_price__HTTP422.json": Malformed,
}


def _answers(shared_data: Path) -> dict[str, HttpAnswer]:
    folder = shared_data / "responses"
    entries = [json.loads(line) for line in (folder / "MANIFEST.jsonl").read_text().splitlines()]
    return {
        Path(entry["file"]).name: HttpAnswer(int(entry["http_status"]), {}, (folder / entry["file"]).read_bytes())
        for entry in entries
        if entry["provider"] == "coingecko"
    }


def test_every_success_is_recognised_and_every_refusal_has_its_class(shared_data: Path) -> None:
    answers = _answers(shared_data)
    assert POINTS | BODIES | set(REFUSED) <= set(answers)
    for name, answer in answers.items():
        assert type(classify(answer)) is REFUSED.get(name, type(None)), name


@pytest.mark.parametrize("name", sorted(POINTS))
def test_points_are_what_a_plain_reading_finds_and_daily_ones_make_no_days(shared_data: Path, name: str) -> None:
    answer = _answers(shared_data)[name]
    plain = json.loads(answer.body)["prices"]
    points = read_points(answer.document)
    assert points.rows() == [(stamp * 1000, price) for stamp, price in plain]
    with pytest.raises(GranularityMismatch, match=r"24\.00 hours apart"):
        daily_candles(points, 1, EVER, CAPABILITIES, NOW)


@pytest.mark.parametrize("name", sorted(BODIES))
def test_bodies_are_what_a_plain_reading_finds_and_four_hours_make_no_days(shared_data: Path, name: str) -> None:
    answer = _answers(shared_data)[name]
    plain = json.loads(answer.body)
    bodies = read_bodies(answer.document)
    assert bodies.rows() == [(stamp * 1000, *prices) for stamp, *prices in plain]
    with pytest.raises(GranularityMismatch, match=r"4\.00 hours apart"):
        daily_bodies(bodies, 1, EVER, CAPABILITIES, NOW)


def test_prices_are_what_a_plain_reading_finds_and_carry_a_time_only_where_one_is_told(shared_data: Path) -> None:
    prices = {name: answer for name, answer in _answers(shared_data).items() if "simple_price" in name}
    sound = {name: answer for name, answer in prices.items() if name not in REFUSED}
    assert len(sound) >= 12
    for name, answer in sound.items():
        plain = json.loads(answer.body)
        told = [(coin, key, value) for coin, row in plain.items() for key, value in row.items() if len(key) == 3]
        wanted = {
            Instrument(number, f"{coin}-{currency}", AssetClass.CRYPTO, "24/7"): (coin, currency)
            for number, (coin, currency, _) in enumerate(told)
        }
        rows = read_prices(answer.document, wanted)
        assert rows["price"].to_list() == [value for _, _, value in told], name
        stamps = [plain[coin].get("last_updated_at") for coin, _, _ in told]
        assert [at and round(at.timestamp()) for at in rows["quoted_at"]] == stamps, name


def test_markets_are_ranked_as_a_plain_reading_ranks_them(shared_data: Path) -> None:
    markets = {name: answer for name, answer in _answers(shared_data).items() if "coins_markets" in name}
    assert len(markets) >= 6
    for name, answer in markets.items():
        plain = [row for row in json.loads(answer.body) if row["market_cap"]]
        ranked = [row["id"] for row in sorted(plain, key=lambda row: -row["market_cap"])]
        assert read_markets(answer.document) == ranked, name


def test_everything_else_is_refused_as_markets(shared_data: Path) -> None:
    for name, answer in _answers(shared_data).items():
        if "coins_markets" not in name:
            with pytest.raises(Malformed):
                read_markets(answer.document)


def test_everything_else_is_refused_as_candles(shared_data: Path) -> None:
    for name, answer in _answers(shared_data).items():
        if name not in POINTS:
            with pytest.raises(Malformed):
                read_points(answer.document)
        if name not in BODIES:
            with pytest.raises(Malformed):
                read_bodies(answer.document)


def test_pinned_ids_are_the_ones_the_list_of_coins_has_for_their_symbols(shared_data: Path) -> None:
    listed = {coin["id"]: coin["symbol"] for coin in json.loads(_answers(shared_data)["coins_list-2.json"].body)}
    old_enough = {symbol: coin for symbol, coin in PINNED.items() if coin in listed}
    assert len(old_enough) >= 20
    assert {coin: listed[coin].upper() for coin in old_enough.values()} == {c: s for s, c in old_enough.items()}
