"""Nasdaq Data Link as a provider: datasets by symbol, tables by ticker. Parsing, codes and classing have files of their own."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import httpx
import polars as pl
from pydantic import SecretStr

from trend_platform.domain.actions import empty_splits
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import Basis
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import (
    BeyondDepth,
    ConfigurationError,
    Malformed,
    NotEntitled,
    NothingThere,
)
from trend_platform.providers.asked import one_asked
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Quota, QuoteAnswer, SplitAnswer
from trend_platform.providers.http import HttpClient
from trend_platform.providers.nasdaq_data_link.classing import NAME, classify
from trend_platform.providers.nasdaq_data_link.codes import SERVED, dataset_path, is_table, symbol_of, table_path
from trend_platform.providers.nasdaq_data_link.parsing import candle_columns, read_dataset, read_table
from trend_platform.providers.stamped import Origin, inside, last_day, stamped
from trend_platform.providers.traffic import HttpMetrics, counting
from trend_platform.providers.wiring import needed_key, open_client
from trend_platform.settings import NasdaqDataLinkSettings
from trend_platform.wording import counted

# With a key: https://docs.data.nasdaq.com/docs/rate-limits-1
_QUOTAS = (Quota(270.0, 10.0), Quota(1_800.0, 600.0), Quota(45_000.0, 86_400.0))
_ROWS_PER_PAGE = 10_000
_MOST_PAGES = 100
_SETTLES = timedelta(hours=12)
_DAY = timedelta(days=1)


def open_nasdaq_data_link(
    settings: NasdaqDataLinkSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "NasdaqDataLink":
    """Return the provider, ready to be asked; nothing is sent yet.

    Raises:
        AuthFailed: There is no key.
        ConfigurationError: The settings name no dataset and no table.
    """
    key = needed_key(NAME, settings, "NASDAQ_DATA_LINK_API_KEY")
    if not settings.code:
        raise ConfigurationError(
            f"{NAME} needs to be told where candles are: set providers.{NAME}.code to a dataset such as WIKI/{{symbol}}, or to a "
            "table such as SHARADAR/SEP"
        )
    quotas = (Quota(settings.rate_per_minute, 60.0), *_QUOTAS) if settings.rate_per_minute else _QUOTAS
    secrets = {"X-Api-Token": SecretStr(key)}
    client = open_client(NAME, settings, classify, quotas, clock, secrets=secrets, transport=transport)
    return NasdaqDataLink(client, settings, quotas, clock)


class NasdaqDataLink:
    """Daily candles of shares and funds, on the basis the user says the dataset or table has.

    Args:
        client: The one that sends the key.
        settings: What the user set.
        quotas: The limits the client keeps, for the planner.
        clock: The time.
    """

    def __init__(
        self, client: HttpClient, settings: NasdaqDataLinkSettings, quotas: tuple[Quota, ...], clock: Clock
    ) -> None:
        self._client, self._settings, self._clock = client, settings, clock
        self._capabilities = Capabilities(
            asset_classes=SERVED,
            timeframes=frozenset({Timeframe.D1}),
            basis=Basis(settings.basis),
            quotas=quotas,
            concurrency=settings.concurrency,
            seconds_per_call=0.5,
            settles_after=_SETTLES,
            serves_forming=False,
        )

    @property
    def name(self) -> str:
        """Return `nasdaq_data_link`."""
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can be asked."""
        return self._capabilities

    @property
    def metrics(self) -> HttpMetrics:
        """Return what was sent and received so far."""
        return self._client.metrics

    def symbol_of(self, instrument: Instrument) -> str | None:
        """Return the provider's spelling, `None` for what it does not serve."""
        return symbol_of(instrument, self._settings.code)

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return `None`: what is there is there from the listing on."""
        return None

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch the daily candles of one share or fund.

        Where a dataset says itself that it ends before the asked interval does, the answer ends there.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: The request is not one that `capabilities` allows.
        """
        instrument = one_asked(NAME, self._capabilities, request)
        symbol = self.symbol_of(instrument)
        if symbol is None:
            raise NothingThere(NAME, f"{instrument.symbol} is {instrument.asset_class}, of which it has no candles")
        ask = self._table if is_table(self._settings.code) else self._dataset
        columns, newest, calls = await ask(symbol, request.interval)
        ended = self._ended(newest, request)
        if ended is not None and midnight(newest or date.max) < request.interval.start:
            ended.calls = calls
            raise ended
        origin = Origin(NAME, instrument, request.timeframe, self._capabilities.basis, _SETTLES, self._clock.now())
        made = stamped(columns, origin)
        answered = request.interval
        if ended is not None and newest is not None:
            answered = Interval(answered.start, midnight(newest) + _DAY)
        return Answer(
            inside(made.candles, answered),
            answered,
            calls,
            made.rejected,
            failure=ended,
            evidence=f"{self._settings.code}: {counted(columns.height, 'row')}",
        )

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:  # noqa: ARG002
        """Return no splits: a dataset of candles tells none."""
        return SplitAnswer(empty_splits(), 0)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:  # noqa: ARG002
        """Refuse: a day's close is no latest price.

        Raises:
            NotEntitled: Always.
        """
        raise NotEntitled(NAME, "datasets hold days and no latest prices; ask another provider for them")

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _dataset(self, symbol: str, interval: Interval) -> tuple[pl.DataFrame, date | None, int]:
        params = {"start_date": interval.start.date().isoformat(), "end_date": last_day(interval), "order": "asc"}
        answer = await self._client.get(dataset_path(symbol, self._settings.code), params)
        with counting(answer.calls):
            found = read_dataset(answer.document)
            return candle_columns(found, self._settings.columns, self._capabilities.basis), found.newest, answer.calls

    async def _table(self, symbol: str, interval: Interval) -> tuple[pl.DataFrame, date | None, int]:
        # A table is in no promised order: all its pages are one answer.
        day = self._settings.columns.get("date", "date")
        params = {"ticker": symbol, f"{day}.gte": interval.start.date().isoformat(), f"{day}.lte": last_day(interval)}
        frames, calls, cursor = list[pl.DataFrame](), 0, ""
        while len(frames) < _MOST_PAGES:
            paged: dict[str, str | int] = {**params, "qopts.per_page": _ROWS_PER_PAGE}
            with counting(calls):
                answer = await self._client.get(
                    table_path(self._settings.code), paged | ({"qopts.cursor_id": cursor} if cursor else {})
                )
            calls += answer.calls
            with counting(calls):
                found = read_table(answer.document)
                frames.append(candle_columns(found, self._settings.columns, self._capabilities.basis))
            if found.cursor is None:
                return pl.concat(frames), None, calls
            cursor = found.cursor
        error = Malformed(NAME, f"page {_MOST_PAGES} of {self._settings.code} is not the last one")
        error.calls = calls
        raise error

    def _ended(self, newest: date | None, request: CandleRequest) -> BeyondDepth | None:
        # A dataset that is no longer kept up must not turn what it lacks into days without trades.
        if newest is None:
            return None
        (instrument,) = request.instruments
        settled = self._clock.now() - _SETTLES - _DAY
        after = midnight(newest) + _DAY
        missing = Interval(after, max(after, min(request.interval.end, settled)))
        opens = get_calendar(instrument.calendar).candle_opens(request.timeframe, missing)
        if not len(opens):
            return None
        return BeyondDepth(NAME, f"{self._settings.code} ends on {newest}, and days after it were asked")
