"""Tiingo's splits and dividends, which stand in the days of a share: a call for each share, whichever of the two is asked."""

from collections.abc import Sequence

import polars as pl

from trend_platform.domain.actions import empty_dividends, empty_splits
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.errors import NothingThere
from trend_platform.providers.base import SplitAnswer
from trend_platform.providers.http import HttpClient
from trend_platform.providers.reference import DividendAnswer, dividend_frame, split_frame
from trend_platform.providers.tiingo.allowance import MonthlySymbols
from trend_platform.providers.tiingo.classing import NAME
from trend_platform.providers.tiingo.days import dates_of, path_of_days
from trend_platform.providers.tiingo.parsing import read_dividends, read_splits
from trend_platform.providers.tiingo.symbols import SHARES, ticker_of
from trend_platform.providers.traffic import counting


class Actions:
    """Asks for what happened to shares.

    Args:
        client: The one that sends the key.
        symbols: Counts the distinct symbols of the month.
    """

    def __init__(self, client: HttpClient, symbols: MonthlySymbols) -> None:
        self._client, self._symbols = client, symbols

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:
        """Fetch the splits of shares and funds whose first session lies in `interval`.

        Raises:
            ProviderError: A call failed for good.
        """
        documents, calls = await self._days(instruments, interval)
        with counting(calls):
            splits = pl.concat([empty_splits(), *(read_splits(days, one) for one, days in documents)])
        return SplitAnswer(split_frame(splits, NAME, interval), calls)

    async def dividends(self, instruments: Sequence[Instrument], interval: Interval) -> DividendAnswer:
        """Fetch the dividends of shares and funds whose first session without them lies in `interval`.

        Raises:
            ProviderError: A call failed for good.
        """
        documents, calls = await self._days(instruments, interval)
        with counting(calls):
            dividends = pl.concat([empty_dividends(), *(read_dividends(days, one) for one, days in documents)])
        return DividendAnswer(dividend_frame(dividends, NAME, interval), calls)

    async def _days(
        self, instruments: Sequence[Instrument], interval: Interval
    ) -> tuple[list[tuple[Instrument, object]], int]:
        documents: list[tuple[Instrument, object]] = []
        calls = 0
        for one in instruments:
            ticker = ticker_of(one)
            if one.asset_class not in SHARES or ticker is None:
                continue
            try:
                with counting(calls):
                    self._symbols.admit(ticker)
                    answer = await self._client.get(path_of_days(ticker), dates_of(interval))
            except NothingThere as fact:
                calls = fact.calls
            else:
                calls += answer.calls
                documents.append((one, answer.document))
        return documents, calls
