"""Every recorded answer of Polygon is parsed or classed, and its numbers are the ones a plain reading finds."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from trend_platform.domain.calendars import get_calendar, to_us
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import BeyondDepth, Malformed, NothingThere, ProviderError
from trend_platform.providers.http import HttpAnswer
from trend_platform.providers.polygon.classing import classifier
from trend_platform.providers.polygon.dividends import read_dividends
from trend_platform.providers.polygon.hours import read_special_days, read_status
from trend_platform.providers.polygon.listing import read_listing
from trend_platform.providers.polygon.parsing import parse_aggregates, parse_grouped
from trend_platform.providers.polygon.snapshots import read_snapshots
from trend_platform.providers.polygon.splits import read_splits
from trend_platform.providers.quoting import read_rows

pytestmark = pytest.mark.recorded

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NONE = timedelta(0)
CLASSIFY = classifier(ManualClock(NOW))

CANDLES = {
    "v2_aggs_ticker__AAPL_1day_asc.json": ("AAPL", AssetClass.STOCK, Timeframe.D1, 6),
    "v2_aggs_ticker__AAPL_range_1_day_2019-01-01_2019-02-01_unadjusted=false.json": (
        *("AAPL", AssetClass.STOCK),
        *(Timeframe.D1, 21),
    ),
    "v2_aggs_ticker__C-EURUSD_1day.json": ("EUR-USD", AssetClass.FOREX, Timeframe.D1, 10),
    "v2_aggs_ticker__VERU_minute_1741bars.json": ("VERU", AssetClass.STOCK, Timeframe.M1, 1741),
}
REFUSED: dict[str, type[ProviderError]] = {
    "ERROR__HTTP403_NOT_AUTHORIZED_timeframe_2023.json": BeyondDepth,
    "ERROR__HTTP404_not_found_2020.json": Malformed,
    "v1_open-close__HTTP400_2024-12-02.json": Malformed,
    "v1_open-close__HTTP404_GOOGLE_2024-12-02.json": NothingThere,
}
# Stamped with the close of the session: bars, but not of a series.
PREVIOUS_DAY = {
    "provider_sample_v2_aggs__ticker_AAPL_prev.json",
    "v2_aggs_ticker__AAPL_prev_unadjusted=false.json",
}
GROUPED = "provider_sample_v2_aggs__grouped_locale_us_market_stocks_2005-04-04_adjusted=true.json"
ONE_TICKER = "v2_snapshot_locale__us_markets_stocks_tickers_AAPL.json"
SNAPSHOTS = {
    "provider_sample_v2_snapshot__locale_us_markets_stocks_tickers_index.json": (AssetClass.STOCK, 1),
    "v2_snapshot_locale__global_markets_crypto_tickers.json": (AssetClass.CRYPTO, 168),
    "v2_snapshot_locale__global_markets_crypto_gainers.json": (AssetClass.CRYPTO, 21),
}
DIVIDENDS = "provider_sample_v3_reference__dividends.json"
TICKERS = {
    "provider_sample_v3_reference__tickers.json": AssetClass.STOCK,
    "provider_sample_v3_reference__tickers_cursor=YWN0aXZlPXRydWUmZGF0ZT0yMDIyLTA0LTI3JmxpbWl0PTImb3JkZXI.json": AssetClass.ETF,
}
STATUSES = ("provider_sample_v1_marketstatus__now.json", "client_fixture__market_status.json")
SPECIAL_DAYS = "v1_marketstatus_upcoming.json"
SPLITS = "provider_sample_v3_reference__splits.json"


def _answers(shared_data: Path) -> dict[str, HttpAnswer]:
    folder = shared_data / "responses"
    entries = [json.loads(line) for line in (folder / "MANIFEST.jsonl").read_text().splitlines()]
    return {
        Path(entry["file"]).name: HttpAnswer(int(entry["http_status"]), {}, (folder / entry["file"]).read_bytes())
        for entry in entries
        if entry["provider"] == "polygon"
    }


def _plain(answer: HttpAnswer) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(answer.body)["results"]
    return rows


def _instrument(symbol: str, kind: AssetClass) -> Instrument:
    return Instrument(1, symbol, kind, "24/5" if kind is AssetClass.FOREX else "XNYS")


def test_every_recorded_answer_is_in_one_of_the_tables(shared_data: Path) -> None:
    answers = _answers(shared_data)
    assert len(answers) >= 50
    assert set(CANDLES) | set(REFUSED) | PREVIOUS_DAY | {GROUPED, SPLITS} <= set(answers)


def test_every_success_is_recognised_and_every_refusal_has_its_class(shared_data: Path) -> None:
    for name, answer in _answers(shared_data).items():
        assert type(CLASSIFY(answer)) is REFUSED.get(name, type(None)), name


@pytest.mark.parametrize("name", CANDLES)
def test_candles_are_what_a_plain_reading_finds(shared_data: Path, name: str) -> None:
    symbol, kind, timeframe, count = CANDLES[name]
    answer = _answers(shared_data)[name]
    rows = _plain(answer)
    parsed = parse_aggregates(answer.document, _instrument(symbol, kind), timeframe, NOW, NONE)
    fields = {"o": "open", "h": "high", "l": "low", "c": "close", "v": "volume", "vw": "vwap", "n": "trade_count"}
    assert (parsed.candles.height, parsed.rejected.height) == (count, 0)
    for short, column in fields.items():
        assert parsed.candles[column].to_list() == [row.get(short) for row in rows], column
    stamps = [datetime.fromtimestamp(row["t"] / 1000, UTC) for row in rows]
    if timeframe is Timeframe.D1:
        zone = ZoneInfo("UTC" if kind is AssetClass.FOREX else "America/New_York")
        dates = [stamp.astimezone(zone).date() for stamp in stamps]
        stamps = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in dates]
    assert parsed.candles["opened_at"].to_list() == stamps
    assert parsed.candles["is_final"].all()


def test_a_grouped_day_is_what_a_plain_reading_finds(shared_data: Path) -> None:
    answer = _answers(shared_data)[GROUPED]
    (row,) = _plain(answer)
    day = datetime(2005, 4, 4, tzinfo=UTC)
    candles = parse_grouped(answer.document, {"GIK": _instrument("GIK", AssetClass.STOCK)}, day, NOW, NONE)
    assert candles.select("opened_at", "open", "close").rows() == [(day, row["o"], row["c"])]


def test_splits_are_what_a_plain_reading_finds(shared_data: Path) -> None:
    rows = _plain(_answers(shared_data)[SPLITS])
    instruments = {row["ticker"]: Instrument(n, row["ticker"], AssetClass.STOCK, "XNYS") for n, row in enumerate(rows)}
    splits = read_splits(_answers(shared_data)[SPLITS].document, instruments)
    told = {
        (instruments[row["ticker"]].instrument_id, row["execution_date"], row["split_to"] / row["split_from"])
        for row in rows
    }
    assert {(one, day.isoformat(), ratio) for one, day, ratio, _ in splits.iter_rows()} == told


def test_dividends_are_what_a_plain_reading_finds(shared_data: Path) -> None:
    answer = _answers(shared_data)[DIVIDENDS]
    rows = _plain(answer)
    instruments = {ticker: _instrument(ticker, AssetClass.STOCK) for ticker in {row["ticker"] for row in rows}}
    read = read_dividends(answer.document, instruments)
    told = sorted((row["ex_dividend_date"], row["cash_amount"]) for row in rows)
    assert [(day.isoformat(), amount) for _, day, amount, _, _ in read.iter_rows()] == told
    assert len(told) == 10


@pytest.mark.parametrize("name", TICKERS)
def test_tickers_are_what_a_plain_reading_finds(shared_data: Path, name: str) -> None:
    answer = _answers(shared_data)[name]
    listing, left_out = read_listing(answer.document, TICKERS[name])
    told = [(row["ticker"], row["name"], row["primary_exchange"]) for row in _plain(answer)]
    assert listing.select("symbol", "name", "venue").rows() == told
    assert (len(told), left_out) == (2, 0)


@pytest.mark.parametrize("name", STATUSES)
def test_a_status_is_what_a_plain_reading_finds(shared_data: Path, name: str) -> None:
    answer = _answers(shared_data)[name]
    plain = json.loads(answer.body)
    status = read_status(answer.document)
    words = {"open": "open", "extended-hours": "extended", "closed": "closed"}
    assert status.told_at == datetime.fromisoformat(plain["serverTime"])
    assert status.phases == {
        AssetClass.STOCK: words[plain["market"]],
        AssetClass.ETF: words[plain["market"]],
        AssetClass.CRYPTO: words[plain["currencies"]["crypto"]],
        AssetClass.FOREX: words[plain["currencies"]["fx"]],
    }


def test_special_days_are_what_a_plain_reading_finds_and_what_the_calendar_has(shared_data: Path) -> None:
    answer = _answers(shared_data)[SPECIAL_DAYS]
    plain = json.loads(answer.body)
    told = read_special_days(answer.document)
    assert sorted((row["date"], row["exchange"], row.get("close")) for row in plain if row["status"] == "closed") == [
        (one.day.isoformat(), one.venue, None) for one in told if one.closes_at is None
    ]
    assert len(told) == len(plain)
    calendar = get_calendar("XNYS")
    for one in told:
        if one.venue == "NYSE":
            opens = calendar.candle_opens(Timeframe.D1, days(one.day, one.day))
            assert (len(opens) == 0) == (one.closes_at is None), one
            if one.closes_at is not None:
                assert calendar.candle_closes(Timeframe.D1, opens)[0] == to_us(one.closes_at), one


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_snapshots_are_what_a_plain_reading_finds(shared_data: Path, name: str) -> None:
    kind, count = SNAPSHOTS[name]
    answer = _answers(shared_data)[name]
    told = {row["ticker"]: row for row in json.loads(answer.body)["tickers"]}
    tickers = list(told)
    asked = {ticker: Instrument(n, ticker, kind, "XNYS") for n, ticker in enumerate(tickers)}
    quotes = read_rows("polygon", read_snapshots(answer.document, asked), list(asked.values()), NOW, 1).quotes
    assert quotes.height == len(told) == count
    for number, price, quoted_at, previous in quotes.select(
        "instrument_id", "price", "quoted_at", "previous_close"
    ).iter_rows():
        row = told[tickers[number]]
        stamp = row["lastTrade"]["t"]
        # Milliseconds have 13 digits, nanoseconds 19.
        seconds = stamp / 10 ** (len(str(stamp)) - 10)
        assert (price, previous) == (row["lastTrade"]["p"], row["prevDay"]["c"] or None)
        assert abs(quoted_at.timestamp() - seconds) < 1e-5


def test_a_share_of_which_only_one_was_asked_is_told_with_bid_and_ask(shared_data: Path) -> None:
    # The path of one ticker names the same row `ticker`; a list of one is asked here instead.
    row = json.loads(_answers(shared_data)[ONE_TICKER].body)["ticker"]
    aapl = _instrument("AAPL", AssetClass.STOCK)
    (quote,) = read_snapshots({"status": "OK", "tickers": [row]}, {"AAPL": aapl}).to_dicts()
    assert (quote["price"], quote["bid"], quote["ask"], quote["size"]) == (290.35, 290.05, 290.4, 134.0)
    assert quote["quoted_at"] == datetime(2020, 5, 1, 22, 25, 16, 252176, tzinfo=UTC)
    assert quote["previous_close"] == 293.8


def test_everything_else_is_refused_as_snapshots(shared_data: Path) -> None:
    # A list of reference data names its rows `tickers` too; it carries no price.
    for name, answer in _answers(shared_data).items():
        if "snapshot" not in name and name != "v2_reference_tickers.json":
            with pytest.raises(Malformed):
                read_snapshots(answer.document, {})


def test_everything_else_is_refused_as_candles(shared_data: Path) -> None:
    others = {name: answer for name, answer in _answers(shared_data).items() if name not in {*CANDLES, GROUPED}}
    for answer in others.values():
        with pytest.raises(ProviderError):
            parse_aggregates(answer.document, _instrument("AAPL", AssetClass.STOCK), Timeframe.D1, NOW, NONE)
