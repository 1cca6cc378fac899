"""Every recorded answer of Yahoo is parsed or classed, and its numbers are the ones a plain reading finds."""

import io
import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any  # the plain reading is of plain JSON
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from trend_platform.domain.candles import Basis
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Blocked, GranularityMismatch, Malformed, NothingThere, ProviderError, RateLimited
from trend_platform.providers.base import Capabilities
from trend_platform.providers.http import HttpAnswer
from trend_platform.providers.pausing import Pause
from trend_platform.providers.yahoo.chart import Bars, read_bars, read_chart
from trend_platform.providers.yahoo.classing import Patience, classifier
from trend_platform.providers.yahoo.dividends import read_dividends
from trend_platform_tests.recorded.answers import recorded_answers

pytestmark = pytest.mark.recorded

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CAPABILITIES = Capabilities(frozenset(), frozenset(), Basis.RAW)
LONG = "v8_finance_chart__AAPL_includePrePost=False_interval=1d_period1=1598220000_period2=1635980400.json.gz"
MINUTES = {"1m": Timeframe.M1, "1h": Timeframe.H1}
KINDS = {"CRYPTOCURRENCY": AssetClass.CRYPTO, "CURRENCY": AssetClass.FOREX, "INDEX": AssetClass.INDEX}
REFUSED: dict[str, type[ProviderError]] = {
    "ERROR__HTTP429_Edge_Too_Many_Requests.txt": RateLimited,
    "html_consent_page__getCrumb-quote-AAPL-consent-final-redirect.html.html": Blocked,
    "v10_quoteSummary_HTTP404__quoteSummary-assetProfile-ADH.json": NothingThere,
    "v8_finance_chart__HTTP404_3690_includePrePost=False_interval=1d_period1=1626840000_period2=1628862.json": NothingThere,
}


def _charts(shared_data: Path) -> dict[str, HttpAnswer]:
    answers = recorded_answers(shared_data, "yahoo")
    return {name: one for name, one in answers.items() if name.startswith("v8_") and name not in REFUSED}


def _read(answer: HttpAnswer, timeframe: Timeframe) -> Bars:
    meta = json.loads(answer.body)["chart"]["result"][0]["meta"]
    kind = KINDS.get(meta["instrumentType"], AssetClass.STOCK)
    calendars = {AssetClass.CRYPTO: "24/7", AssetClass.FOREX: "24/5"}
    instrument = Instrument(1, meta["symbol"], kind, calendars.get(kind, "XNYS"))
    chart = read_chart(answer.document, instrument, meta["symbol"])
    return read_bars(chart, instrument, timeframe, chart.splits, CAPABILITIES, NOW)


def _plain_days(result: dict[str, Any]) -> dict[date, tuple[list[float | None], float | None]]:
    # Adjusted prices of each day, the last row of it, and the factor of the splits after it.
    zone = ZoneInfo(result["meta"]["exchangeTimezoneName"])
    splits = [
        (datetime.fromtimestamp(one["date"], zone).date(), one["numerator"] / one["denominator"])
        for one in result.get("events", {}).get("splits", {}).values()
    ]
    (quote,) = result["indicators"]["quote"]
    days: dict[date, tuple[list[float | None], float | None]] = {}
    for number, stamp in enumerate(result.get("timestamp", [])):
        day = datetime.fromtimestamp(stamp, zone).date()
        prices = [quote[name][number] if name in quote else None for name in ("open", "high", "low", "close")]
        factor = 1.0
        for first, ratio in splits:
            factor *= ratio if first > day else 1.0
        if any(price is not None for price in prices):
            volume = quote["volume"][number] if "volume" in quote else None
            days[day] = ([price and price * factor for price in prices], volume and volume / factor)
    return days


def test_every_success_is_recognised_and_every_refusal_has_its_class(shared_data: Path) -> None:
    answers = recorded_answers(shared_data, "yahoo")
    assert set(REFUSED) <= set(answers)
    for name, answer in answers.items():
        # The CSV files are those of a download that has ended in 2024: prose, where JSON is expected.
        expected = Blocked if name.endswith(".csv") else REFUSED.get(name, type(None))
        assert type(classifier(Patience(Pause()))(answer)) is expected, name


def test_days_are_what_a_plain_reading_finds(shared_data: Path) -> None:
    count = 0
    for name, answer in _charts(shared_data).items():
        result = json.loads(answer.body)["chart"]["result"][0]
        if result["meta"]["dataGranularity"] != "1d":
            continue
        candles, plain = _read(answer, Timeframe.D1).candles, _plain_days(result)
        assert [at.date() for at in candles["opened_at"]] == sorted(plain), name
        for row in candles.iter_rows(named=True):
            prices, volume = plain[row["opened_at"].date()]
            for read, told in zip((row["open"], row["high"], row["low"], row["close"]), prices, strict=True):
                assert (read is None) == (told is None), name
                assert read is None or told is None or abs(read - told) <= max(1.2e-4, abs(told) * 6e-5), (name, row)
            if row["volume"] is not None:
                assert volume is not None
                assert abs(row["volume"] - volume) <= 0.5, name
        count += candles.height
    assert count > 16_000


def test_dividends_are_the_ones_that_were_paid(shared_data: Path) -> None:
    # Apple paid 1.05 dollars of 2.65 on its old shares in 2012 and 0.82 before the split of 2020; adjusted it looks like pennies.
    answer = _charts(shared_data)[LONG]
    share = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")
    chart = read_chart(answer.document, share, "AAPL")
    paid = {day: amount for _, day, amount, _, _ in read_dividends(chart, 1).iter_rows()}
    told = json.loads(answer.body)["chart"]["result"][0]["events"]["dividends"]
    assert len(paid) == len(told) > 30
    assert (paid[date(2020, 8, 7)], paid[date(2012, 8, 9)], paid[date(2021, 8, 6)]) == (0.82, 2.65, 0.22)


def test_prices_of_2022_have_two_decimals_again(shared_data: Path) -> None:
    candles = _read(_charts(shared_data)[LONG], Timeframe.D1).candles.filter(pl.col("opened_at").dt.year() >= 2021)
    for name in ("open", "high", "low", "close"):
        in_cents = (candles[name] * 100).round(6)
        whole = (in_cents - in_cents.round(0)).abs() < 1e-6
        assert whole.sum() > 0.98 * whole.len(), name


def test_restored_prices_of_apple_are_the_ones_that_were_traded(shared_data: Path) -> None:
    # Another source (QuantConnect's Lean) has them as they were traded, through three of the five splits.
    with zipfile.ZipFile(shared_data / "market/lean/equity/usa/daily/aapl.zip") as archive:
        text = archive.read("aapl.csv")
    columns = ["at", "open", "high", "low", "close", "volume"]
    traded = pl.read_csv(io.BytesIO(text), has_header=False, new_columns=columns).select(
        pl.col("at").str.slice(0, 8).str.to_date("%Y%m%d").alias("day"),
        (pl.col("close") / 10_000).alias("traded"),
        pl.col("volume").alias("traded_volume"),
    )
    restored = _read(_charts(shared_data)[LONG], Timeframe.D1).candles.with_columns(
        pl.col("opened_at").dt.date().alias("day")
    )
    both = restored.join(traded, on="day")
    off = (both["close"] - both["traded"]).abs()
    assert both.height > 5_800
    assert (off < both["traded"] * 0.01).sum() > 0.99 * both.height
    lately = both["day"] >= date(2014, 6, 9)
    # Both count the day's shares, of slightly different venues: a volume left adjusted would be four times as large.
    volumes = both.filter(lately)["volume"] / both.filter(lately)["traded_volume"]
    assert (off.filter(lately) < 1e-9).sum() > 0.98 * volumes.len()
    assert volumes.is_between(0.5, 2.0).sum() > 0.99 * volumes.len()
    for eve in (date(2005, 2, 25), date(2014, 6, 6), date(2020, 8, 28)):
        (row,) = both.filter(pl.col("day") == eve).iter_rows(named=True)
        assert abs(row["close"] - row["traded"]) < 0.021, eve


@pytest.mark.parametrize("granularity", sorted(MINUTES))
def test_bars_within_the_day_begin_where_candles_do(shared_data: Path, granularity: str) -> None:
    seen = 0
    for name, answer in _charts(shared_data).items():
        result = json.loads(answer.body)["chart"]["result"][0]
        if result["meta"]["dataGranularity"] != granularity:
            continue
        bars = _read(answer, MINUTES[granularity])
        stamps = result.get("timestamp", [])
        (quote,) = result["indicators"]["quote"]
        zone = ZoneInfo("America/New_York")
        on_time = {
            stamp: quote["close"][number]
            for number, stamp in enumerate(stamps)
            if quote["close"][number] is not None
            and (local := datetime.fromtimestamp(stamp, zone)).second == 0
            and local.minute % 60 == (30 if granularity == "1h" else local.minute)
            and (9, 30) <= (local.hour, local.minute) < (16, 0)
        }
        assert [round(at.timestamp()) for at in bars.candles["opened_at"]] == list(on_time), name
        closes = list(on_time.values())
        assert all(abs(read - told) < 0.005 for read, told in zip(bars.candles["close"], closes, strict=True)), name
        seen += bars.candles.height
    assert seen > 500


def test_weeks_and_months_are_no_days(shared_data: Path) -> None:
    others = 0
    for answer in _charts(shared_data).values():
        if json.loads(answer.body)["chart"]["result"][0]["meta"]["dataGranularity"] in {"1wk", "1mo", "3mo"}:
            others += 1
            with pytest.raises(GranularityMismatch):
                _read(answer, Timeframe.D1)
    assert others >= 7


def test_everything_else_is_refused_as_a_chart(shared_data: Path) -> None:
    share = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")
    quotes = [
        one for name, one in recorded_answers(shared_data, "yahoo").items() if name.startswith("v7_finance_quote")
    ]
    assert len(quotes) == 6
    for answer in quotes:
        with pytest.raises(Malformed):
            read_chart(answer.document, share, "AAPL")
