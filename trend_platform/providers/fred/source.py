"""FRED as a source of economic series: which calls make a series with all its vintages, and its keyless shadow.

Parsing and classing have files of their own.
"""

from datetime import date, timedelta

import httpx
import polars as pl
from pydantic import SecretStr

from trend_platform.domain.clock import Clock
from trend_platform.domain.economy import FOREVER, EconomicSeries, joined_vintages
from trend_platform.errors import AuthFailed, Malformed, ProviderError
from trend_platform.providers.base import Quota
from trend_platform.providers.fred.classing import GRAPH_NAME, NAME, TooManyVintages, classify, classify_graph
from trend_platform.providers.fred.parsing import (
    read_about,
    read_graph,
    read_observations,
    read_release,
    read_release_days,
)
from trend_platform.providers.http import HttpAnswer, HttpClient
from trend_platform.providers.sources import EconomicAnswer
from trend_platform.providers.traffic import counting
from trend_platform.providers.wiring import key_of, open_client
from trend_platform.settings import FredSettings

_EVER = date(1776, 7, 4)
_OLDEST_VINTAGE = date(1927, 1, 1)
_PAGE = 100_000
_SHORTEST_STRETCH = timedelta(days=60)
# 120 a minute are allowed; the files behind graphs promise nothing.
_PER_MINUTE, _GRAPHS_PER_MINUTE = 110.0, 12.0


def open_fred(settings: FredSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> "Fred":
    """Return the source, ready to be asked; nothing is sent yet.

    Raises:
        AuthFailed: There is no key.
    """
    key = key_of(settings)
    if key is None:
        raise AuthFailed(NAME, "there is no key: set FRED_API_KEY, or go without vintages")
    quotas = (Quota(settings.rate_per_minute or _PER_MINUTE, 60.0),)
    secrets = {"api_key": SecretStr(key)}
    return Fred(open_client(NAME, settings, classify, quotas, clock, secret_params=secrets, transport=transport), clock)


def open_fred_graphs(
    settings: FredSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "FredGraphs":
    """Return the keyless source, ready to be asked; nothing is sent yet."""
    quotas = (Quota(settings.rate_per_minute or _GRAPHS_PER_MINUTE, 60.0),)
    there = settings.model_copy(update={"base_url": settings.graph_url})
    return FredGraphs(open_client(GRAPH_NAME, there, classify_graph, quotas, clock, transport=transport), clock)


class Fred:
    """Series with all their vintages and the days of their releases.

    Args:
        client: The one that sends the key.
        clock: The time.
    """

    def __init__(self, client: HttpClient, clock: Clock) -> None:
        self._client, self._clock = client, clock

    @property
    def name(self) -> str:
        """Return `fred`."""
        return NAME

    @property
    def has_vintages(self) -> bool:
        """Return that it has."""
        return True

    async def series(self, series: str) -> EconomicAnswer:
        """Fetch a series: what it is, when it is released, everything that was ever published of it.

        Without a calendar of releases the series is still good; then it has no release days.

        Raises:
            ProviderError: The series itself could not be had.
        """
        answer = await self._ask("/series", series_id=series)
        calls = answer.calls
        with counting(calls):
            about = read_about(answer.document, series)
            about, made = await self._with_releases(about)
            calls += made
        with counting(calls):
            parts, made = await self._vintages(series, _EVER, FOREVER)
        return EconomicAnswer(about, joined_vintages(parts), calls + made)

    async def try_key(self) -> None:
        """Ask what one series is; one call.

        Raises:
            ProviderError: The key was refused, or nothing usable came.
        """
        await self._ask("/series", series_id="GDP")

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _with_releases(self, about: EconomicSeries) -> tuple[EconomicSeries, int]:
        calls = 0
        try:
            answer = await self._ask("/series/release", series_id=about.series)
            calls += answer.calls
            release = read_release(answer.document)
            if release is None:
                return about, calls
            number, name = release
            dates = await self._ask(
                "/release/dates",
                release_id=str(number),
                include_release_dates_with_no_data="true",  # those to come are among them
                sort_order="desc",
                limit="1000",
            )
            days = read_release_days(dates.document)
            return _released(about, name, days), calls + dates.calls
        except ProviderError as error:
            return about, calls + error.calls

    async def _vintages(self, series: str, start: date, end: date) -> tuple[list[pl.DataFrame], int]:
        try:
            return await self._pages(series, start, end)
        except TooManyVintages as error:
            # Rows are clipped to what is asked for; `joined_vintages` makes them whole again.
            first, last = max(start, _OLDEST_VINTAGE), min(end, self._clock.now().date())
            if last - first < _SHORTEST_STRETCH:
                raise
            middle = first + (last - first) / 2
            early, calls = await self._vintages(series, start, middle)
            late, more = await self._vintages(series, middle + timedelta(days=1), end)
            return [*early, *late], error.calls + calls + more

    async def _pages(self, series: str, start: date, end: date) -> tuple[list[pl.DataFrame], int]:
        pages: list[pl.DataFrame] = []
        calls = read = 0
        while True:
            with counting(calls):
                answer = await self._ask(
                    "/series/observations",
                    series_id=series,
                    realtime_start=start.isoformat(),
                    realtime_end=end.isoformat(),
                    limit=str(_PAGE),
                    offset=str(read),
                )
            calls += answer.calls
            with counting(calls):
                page, count = read_observations(answer.document, series, self._clock.now())
            pages.append(page)
            read += page.height
            if read >= count:
                return pages, calls
            if page.is_empty():
                error = Malformed(NAME, f"told {count} observations of {series} and gave {read}")
                error.calls = calls
                raise error

    async def _ask(self, path: str, **params: str) -> HttpAnswer:
        return await self._client.get(path, {**params, "file_type": "json"})


class FredGraphs:
    """The values FRED shows today, without a key: undocumented, and without vintages or release days.

    Args:
        client: Asks.
        clock: The time.
    """

    def __init__(self, client: HttpClient, clock: Clock) -> None:
        self._client, self._clock = client, clock

    @property
    def name(self) -> str:
        """Return `fredgraph`."""
        return GRAPH_NAME

    @property
    def has_vintages(self) -> bool:
        """Return that it has none."""
        return False

    async def series(self, series: str) -> EconomicAnswer:
        """Fetch what a series shows today.

        Raises:
            ProviderError: Nothing usable came.
        """
        answer = await self._client.get("/fredgraph.csv", {"id": series})
        now = self._clock.now()
        with counting(answer.calls):
            observations = read_graph(answer.body, series, now, now.date())
        return EconomicAnswer(EconomicSeries(GRAPH_NAME, series), observations, answer.calls)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()


def _released(about: EconomicSeries, name: str, days: tuple[date, ...]) -> EconomicSeries:
    return EconomicSeries(about.provider, about.series, about.title, about.units, about.frequency, name, days)
