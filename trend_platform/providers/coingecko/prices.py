"""CoinGecko's latest prices: `/simple/price`, `{"bitcoin": {"usd": 1.0, "last_updated_at": seconds}}`, many coins a call.

A coin it does not know is silently absent. It tells no close of a session before, no bid and no ask.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.quotes import empty_quotes
from trend_platform.errors import Malformed, NothingThere, ProviderError
from trend_platform.providers.base import QuoteAnswer
from trend_platform.providers.coingecko.classing import NAME
from trend_platform.providers.coingecko.ids import CoinIds, pair_of
from trend_platform.providers.http import HttpClient
from trend_platform.providers.quoting import ask_parts, check_kinds, in_parts, read_rows
from trend_platform.providers.traffic import counting

QUOTED = frozenset({AssetClass.CRYPTO})
COINS_PER_CALL = 250
_ROW = pl.Schema({"instrument_id": pl.Int32(), "price": pl.Float64(), "at": pl.Int64()})
# Seconds of the year 5138: a larger stamp is in another unit and means nothing.
_MOST_SECONDS = 10**11


class Prices:
    """Asks for the prices of coins, in all the currencies that are wanted at once.

    Args:
        client: The one that sends the key.
        ids: Knows which coin a symbol means.
        clock: The time.
    """

    def __init__(self, client: HttpClient, ids: CoinIds, clock: Clock) -> None:
        self._client, self._ids, self._clock = client, ids, clock

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices of pairs, each coin once.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is no crypto.
        """
        check_kinds(NAME, instruments, QUOTED)
        pairs = {one: pair for one in instruments if (pair := pair_of(one)) is not None}
        found = await self._ids.find_all(base for base, _ in pairs.values())
        holders: dict[str, list[Instrument]] = {}
        for one, (base, _) in pairs.items():
            if base in found.ids:
                holders.setdefault(found.ids[base], []).append(one)
        errors = {one.instrument_id: found.errors[base] for one, (base, _) in pairs.items() if base in found.errors}
        parts = [[one for coin in part for one in holders[coin]] for part in in_parts(holders, COINS_PER_CALL)]
        unpriced = {one.instrument_id for one in instruments if one not in pairs}
        return await ask_parts(parts, self._ask, _known(unpriced, errors, found.calls))

    async def _ask(self, part: Sequence[Instrument]) -> QuoteAnswer:
        pairs = {one: pair for one in part if (pair := pair_of(one)) is not None}
        wanted = {one: (self._ids.known(base) or base, currency.lower()) for one, (base, currency) in pairs.items()}
        answer = await self._client.get(
            "/simple/price",
            {
                "ids": ",".join(dict.fromkeys(coin for coin, _ in wanted.values())),
                "vs_currencies": ",".join(sorted({currency for _, currency in wanted.values()})),
                "include_last_updated_at": "true",
                "include_24hr_vol": "false",
                "precision": "full",
            },
        )
        with counting(answer.calls):
            rows = read_prices(answer.document, wanted)
        return read_rows(NAME, rows, part, self._clock.now(), answer.calls)


def read_prices(document: object, wanted: Mapping[Instrument, tuple[str, str]]) -> pl.DataFrame:
    """Return `instrument_id`, `price` and `quoted_at` (UTC) of what a `/simple/price` answer holds.

    Args:
        document: The answer's JSON.
        wanted: Coin and currency of each instrument, as CoinGecko spells them: `("bitcoin", "usd")`.

    Raises:
        Malformed: The document holds no prices.
    """
    if not isinstance(document, Mapping):
        raise Malformed(NAME, "the answer holds no prices: expected an object with one object for each coin")
    rows = []
    for one, (coin, currency) in wanted.items():
        told = document.get(coin, {})
        if not isinstance(told, Mapping):
            raise Malformed(NAME, f"the answer holds no prices: expected an object under {coin!r}")
        rows.append((one.instrument_id, _number(told.get(currency)), _seconds(told.get("last_updated_at"))))
    table = pl.DataFrame(rows, schema=_ROW, orient="row", strict=False)
    return table.select("instrument_id", "price", (pl.col("at") * 1_000_000).cast(INSTANT).alias("quoted_at"))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _seconds(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 0 < number < _MOST_SECONDS else None


def _known(unpriced: set[int], errors: Mapping[int, ProviderError], calls: int) -> QuoteAnswer:
    # A symbol that no coin has is a fact; one of several coins, or a list that did not come, is a failure.
    absent = {one for one, error in errors.items() if isinstance(error, NothingThere)}
    failures = {one: error for one, error in errors.items() if one not in absent}
    return QuoteAnswer(empty_quotes(), calls, frozenset(unpriced | absent), failures)
