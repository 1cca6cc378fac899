"""The two APIs of CryptoCompare: what each is asked, what is made up in its answers, what is of another kind."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.cryptocompare.dialects import DataApi, Dialect, MinApi, Pair

NEW, OLD = DataApi("cadli"), MinApi("CCCAGG")
BTC: Pair = ("BTC", "USD")
START = datetime(2026, 11, 18, tzinfo=UTC)
SECONDS = int(START.timestamp())
WINDOW = Interval(START, START + timedelta(hours=3))
COIN = Instrument(3, "BTC-USD", AssetClass.CRYPTO, "24/7")


def _new(rows: list[object]) -> object:
    return {"Data": rows, "Err": {}}


def _old(rows: list[object]) -> object:
    return {"Response": "Success", "Data": {"Aggregated": False, "Data": rows}}


def _oldest(rows: list[object]) -> object:
    return {"Response": "Success", "Aggregated": False, "Data": rows}


def _row(hour: int, *, volume: float = 3.0, high: float = 2.0, price: float = 2.0) -> dict[str, object]:
    prices = {"open": price, "high": high, "low": price, "close": price}
    stamp = SECONDS + hour * 3600
    upper = {name.upper(): value for name, value in prices.items()}
    return {"time": stamp, "TIMESTAMP": stamp, **prices, **upper, "volumefrom": volume, "VOLUME": volume}


both = pytest.mark.parametrize(
    ("dialect", "told"), [(NEW, _new), (OLD, _old), (OLD, _oldest)], ids=["new", "old", "oldest"]
)
Tell = Callable[[list[object]], object]


def test_a_window_is_asked_by_its_last_second_and_its_length() -> None:
    path, params = NEW.history(BTC, Timeframe.H1, WINDOW)
    assert path == "/index/cc/v1/historical/hours"
    last = SECONDS + 3 * 3600 - 1
    assert params == {
        "market": "cadli",
        "instrument": "BTC-USD",
        "aggregate": 1,
        "fill": "false",
        "groups": "ID,OHLC,VOLUME",
        "limit": 3,
        "to_ts": last,
    }
    path, params = OLD.history(BTC, Timeframe.H1, WINDOW)
    assert path == "/data/v2/histohour"
    assert params == {"fsym": "BTC", "tsym": "USD", "e": "CCCAGG", "aggregate": 1, "limit": 3, "toTs": last}


@pytest.mark.parametrize(
    ("timeframe", "new", "old"),
    [
        (Timeframe.M1, "/index/cc/v1/historical/minutes", "/data/v2/histominute"),
        (Timeframe.D1, "/index/cc/v1/historical/days", "/data/v2/histoday"),
    ],
)
def test_each_length_has_a_path(timeframe: Timeframe, new: str, old: str) -> None:
    assert NEW.history(BTC, timeframe, WINDOW)[0] == new
    assert OLD.history(BTC, timeframe, WINDOW)[0] == old


def test_less_than_one_candle_is_asked_as_one() -> None:
    _, params = NEW.history(BTC, Timeframe.D1, WINDOW)
    assert params["limit"] == 1


@both
def test_candles_are_read(dialect: Dialect, told: Tell) -> None:
    read = dialect.read_history(told([_row(0), _row(1, high=2.5)]), BTC, Timeframe.H1)
    assert read.select("opened_at", "open", "high", "low", "close", "volume").rows() == [
        (START, 2.0, 2.0, 2.0, 2.0, 3.0),
        (START + timedelta(hours=1), 2.0, 2.5, 2.0, 2.0, 3.0),
    ]


@both
def test_what_nobody_traded_was_made_up_and_zeros_are_before_the_listing(dialect: Dialect, told: Tell) -> None:
    rows: list[object] = [_row(0, volume=0, price=0, high=0), _row(1, volume=0), _row(2, volume=0, high=2.5), _row(3)]
    read = dialect.read_history(told(rows), BTC, Timeframe.H1)
    # The third moved: it was no filling, whatever its volume says.
    assert read["opened_at"].dt.hour().to_list() == [2, 3]


@both
def test_a_volume_that_is_not_told_makes_no_candle_up(dialect: Dialect, told: Tell) -> None:
    row = {name: value for name, value in _row(0).items() if name.lower() not in {"volume", "volumefrom"}}
    assert dialect.read_history(told([row]), BTC, Timeframe.H1)["volume"].to_list() == [None]


@both
def test_one_odd_row_costs_itself_only(dialect: Dialect, told: Tell) -> None:
    late = {**_row(0), "time": 10**14, "TIMESTAMP": 10**14}
    read = dialect.read_history(told(["n/a", _row(0), late]), BTC, Timeframe.H1)
    assert read["opened_at"].to_list() == [None, START, None]


@both
def test_candles_that_begin_elsewhere_are_of_another_length(dialect: Dialect, told: Tell) -> None:
    with pytest.raises(GranularityMismatch, match="do not begin where 1d ones do"):
        dialect.read_history(told([_row(0), _row(1)]), BTC, Timeframe.D1)


def test_the_new_one_names_unit_and_instrument() -> None:
    hour = {**_row(0), "UNIT": "HOUR", "INSTRUMENT": "BTC-USD"}
    assert NEW.read_history(_new([hour]), BTC, Timeframe.H1).height == 1
    with pytest.raises(GranularityMismatch, match="candles of a DAY"):
        NEW.read_history(_new([{**hour, "UNIT": "DAY"}]), BTC, Timeframe.H1)
    with pytest.raises(Malformed, match="candles of ETH-USD where those of BTC-USD"):
        NEW.read_history(_new([{**hour, "INSTRUMENT": "ETH-USD"}]), BTC, Timeframe.H1)


def test_the_old_one_says_when_candles_are_added_up() -> None:
    for document in ({"Aggregated": True, "Data": []}, {"Data": {"Aggregated": True, "Data": []}}):
        with pytest.raises(GranularityMismatch, match="added up"):
            OLD.read_history(document, BTC, Timeframe.H1)


@both
def test_no_candles_are_none(dialect: Dialect, told: Tell) -> None:
    assert dialect.read_history(told([]), BTC, Timeframe.H1).height == 0


@pytest.mark.parametrize("document", [[], {}, {"Data": None}, {"Data": {}}, {"Data": [1]}, {"Data": [{"x": 1}]}])
@pytest.mark.parametrize("dialect", [NEW, OLD])
def test_anything_else_is_malformed(dialect: Dialect, document: object) -> None:
    with pytest.raises(Malformed, match="holds no candles"):
        dialect.read_history(document, BTC, Timeframe.H1)
    if document != {"Data": {}}:
        with pytest.raises(Malformed, match="holds no prices"):
            dialect.read_latest(document, {COIN: BTC})


def test_latest_prices_carry_their_own_time_and_what_is_absent_is_null() -> None:
    other = Instrument(4, "ZZZ-EUR", AssetClass.CRYPTO, "24/7")
    wanted: dict[Instrument, Pair] = {COIN: BTC, other: ("ZZZ", "EUR")}
    new = {"Data": {"BTC-USD": {"VALUE": 90_000.5, "VALUE_LAST_UPDATE_TS": SECONDS}}}
    old = {"RAW": {"BTC": {"USD": {"PRICE": 90_000.5, "LASTUPDATE": SECONDS}}, "ZZZ": {"USD": {"PRICE": 1}}}}
    for read in (NEW.read_latest(new, wanted), OLD.read_latest(old, wanted)):
        assert read.rows() == [(3, 90_000.5, START), (4, None, None)]
    assert NEW.latest(wanted.values()) == (
        "/index/cc/v1/latest/tick",
        {"market": "cadli", "instruments": "BTC-USD,ZZZ-EUR"},
    )
    assert OLD.latest(wanted.values()) == (
        "/data/pricemultifull",
        {"fsyms": "BTC,ZZZ", "tsyms": "USD,EUR", "e": "CCCAGG"},
    )


@pytest.mark.parametrize("price", [0, None, "90000", True])
def test_what_is_no_price_is_none(price: object) -> None:
    told = {"Data": {"BTC-USD": {"VALUE": price, "VALUE_LAST_UPDATE_TS": SECONDS}}}
    assert NEW.read_latest(told, {COIN: BTC})["price"].to_list() == [None]
