"""Rolling up real minutes: Bitfinex of 2014 and 2016 to every timeframe, Coinbase and the NYSE beside their own days."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from trend_platform.domain.candles import as_candles
from trend_platform.domain.rollup import coarser, roll_up
from trend_platform.domain.timeframes import Timeframe
from trend_platform.quality.consistency import CONTINUOUS, SESSION, Identity, check_identity
from trend_platform_tests.domain.rolling import FETCHED, at, setting

pytestmark = pytest.mark.recorded

M1, H1, D1 = Timeframe.M1, Timeframe.H1, Timeframe.D1


def framed(rows: pl.DataFrame, timeframe: Timeframe = M1) -> pl.DataFrame:
    said = {
        "instrument_id": 1, "timeframe": timeframe.value, "provider": "recorded", "basis": "raw", "is_final": True,
        "fetched_at": FETCHED,
    }  # fmt: skip
    return as_candles(rows.with_columns(pl.lit(value).alias(name) for name, value in said.items()))


def bitfinex(folder: Path, name: str) -> pl.DataFrame:
    columns = ["at", "open", "close", "high", "low", "volume"]
    rows = pl.read_csv(folder / "market" / "bitfinex_1m" / name, has_header=False, new_columns=columns)
    stamp = pl.col("at").cast(pl.Datetime("ms")).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return framed(rows.with_columns(opened_at=stamp).drop("at").unique("opened_at").sort("opened_at"))


def lean(path: Path, day: str, scale: float, zone: str) -> pl.DataFrame:
    """Minutes of one day: milliseconds since midnight in the venue's zone, open, high, low, close, volume."""
    columns = ["at", "open", "high", "low", "close", "volume"]
    rows = pl.read_csv(_unzipped(path), has_header=False, new_columns=columns)
    local = pl.lit(at(day)).dt.replace_time_zone(None) + pl.duration(milliseconds="at")
    stamp = local.dt.replace_time_zone(zone).dt.convert_time_zone("UTC")
    prices = (pl.col(name) / scale for name in ("open", "high", "low", "close"))
    return framed(rows.with_columns(stamp.dt.cast_time_unit("us").alias("opened_at"), *prices).drop("at"))


def lean_days(path: Path, scale: float) -> pl.DataFrame:
    columns = ["day", "open", "high", "low", "close", "volume"]
    rows = pl.read_csv(_unzipped(path), has_header=False, new_columns=columns)
    stamp = pl.col("day").str.to_datetime("%Y%m%d %H:%M", time_unit="us", time_zone="UTC")
    prices = (pl.col(name) / scale for name in ("open", "high", "low", "close"))
    return framed(rows.with_columns(stamp.alias("opened_at"), *prices).drop("day"), D1)


def _unzipped(path: Path) -> io.BytesIO:
    with zipfile.ZipFile(path) as archive:
        return io.BytesIO(archive.read(archive.namelist()[0]))


@pytest.mark.parametrize("name", ["BTCUSD_1m_2014.csv.gz", "BTCUSD_1m_2016.csv.gz", "ETHUSD_1m_2016.csv.gz"])
def test_a_year_of_bitfinex_is_what_polars_makes_of_it(shared_data: Path, name: str) -> None:
    minutes = bitfinex(shared_data, name)
    made = roll_up(minutes, coarser(M1), setting())
    for target, rolled in made.items():
        # Independent of calendars: round the clock, windows of time are the candles.
        peer = minutes.group_by_dynamic("opened_at", every=target.value, start_by="window").agg(
            pl.col("open").first(), pl.col("high").max(), pl.col("low").min(), pl.col("close").last(),
            pl.col("volume").sum(), pl.len().cast(pl.Int32).alias("parts"),
        )  # fmt: skip
        ours = rolled.candles.select(peer.columns)
        assert ours.drop("volume").equals(peer.drop("volume")), target
        assert ((ours["volume"] - peer["volume"]).abs() <= 1e-9 * peer["volume"]).all(), target
        assert rolled.candles["volume"].sum() == pytest.approx(minutes["volume"].sum())


def test_what_bitfinex_did_not_send_in_2016_is_seen_in_every_timeframe(shared_data: Path) -> None:
    minutes = bitfinex(shared_data, "BTCUSD_1m_2016.csv.gz")
    days = roll_up(minutes, [D1], setting())[D1].candles
    assert set(days["expected"]) == {1440}
    # Out from 2016-08-02 for 7.9 days: none of the days in between is made up, and the two at the edges are partial.
    outage = days.filter(pl.col("opened_at").is_between(at("2016-08-02"), at("2016-08-10"), closed="both"))
    assert outage["opened_at"].to_list() == [at("2016-08-02"), at("2016-08-10")]
    assert not outage["is_complete"].any()
    missing = days["expected"].sum() - days["parts"].sum()
    assert missing == days.height * 1440 - minutes.height


def test_the_minutes_of_coinbase_add_up_to_its_days(shared_data: Path) -> None:
    folder = shared_data / "market" / "lean" / "crypto" / "coinbase"
    files = sorted((folder / "minute" / "btcusd").glob("*_trade.zip"))
    minutes = pl.concat(lean(file, f"{file.name[:4]}-{file.name[4:6]}-{file.name[6:8]}", 1.0, "UTC") for file in files)
    rolled = roll_up(minutes.sort("opened_at"), [D1], setting())[D1].candles
    both = rolled.join(lean_days(folder / "daily" / "btcusd_trade.zip", 1.0), on="opened_at", suffix="_own")
    assert both.height == len(files)
    differing = [
        (day, name)
        for name in ("open", "high", "low", "close")
        for day, ours, own in both.select("opened_at", name, f"{name}_own").rows()
        if abs(ours - own) > CONTINUOUS.price * own
    ]
    assert differing == []


@pytest.mark.parametrize("symbol", ["aapl", "bac", "spy", "ibm", "goog"])
def test_the_minutes_of_a_session_add_up_to_its_day(shared_data: Path, symbol: str) -> None:
    folder = shared_data / "market" / "lean" / "equity" / "usa"
    files = sorted((folder / "minute" / symbol).glob("*_trade.zip"))
    minutes = pl.concat(
        lean(file, f"{file.name[:4]}-{file.name[4:6]}-{file.name[6:8]}", 10_000.0, "America/New_York") for file in files
    ).sort("opened_at")
    rolled = roll_up(minutes, [D1], setting("XNYS"))[D1].candles
    both = rolled.join(lean_days(folder / "daily" / f"{symbol}.zip", 10_000.0), on="opened_at", suffix="_own")
    assert rolled.height == len(files)
    assert both.height >= len(files) - 1, "the days end in March 2021"
    for name in ("open", "high", "low", "close"):
        off = (both[name] / both[f"{name}_own"] - 1).abs()
        assert off.max() <= SESSION.price, (name, both.select("opened_at", name, f"{name}_own", off))


def test_a_wrong_clock_is_found_in_real_hours(shared_data: Path) -> None:
    # The hours of Bitfinex, cut into days of UTC and, by a wrong clock, into days of Hong Kong.
    hours = roll_up(bitfinex(shared_data, "BTCUSD_1m_2016.csv.gz"), [H1], setting())[H1].candles
    hours = hours.filter(pl.col("opened_at") < at("2016-06-01"))
    own = roll_up(hours, [D1], setting())[D1].candles
    wrong = hours.with_columns(pl.col("opened_at") + timedelta(hours=8))

    def reroll(offset: timedelta) -> pl.DataFrame:
        return roll_up(wrong.with_columns(pl.col("opened_at") + offset), [D1], setting())[D1].candles

    found = check_identity(own[1:-1], reroll(timedelta(0)), CONTINUOUS, reroll)
    assert (found.verdict, found.offset) == (Identity.SHIFTED, timedelta(hours=-8))
    right = check_identity(own, roll_up(hours, [D1], setting())[D1].candles, CONTINUOUS, reroll)
    assert right.verdict is Identity.AGREE
