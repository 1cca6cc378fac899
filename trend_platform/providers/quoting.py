"""Latest prices asked in parts: a call that fails costs its own instruments only, and what came is one answer.

Which instruments a call names, and how its answer is read into columns, is each provider's own. No value is judged here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import polars as pl

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.quotes import as_quotes, empty_quotes
from trend_platform.errors import Malformed, NothingThere, ProviderError, UsageError
from trend_platform.providers.base import QuoteAnswer
from trend_platform.providers.spelling import by_spelling

AskPart = Callable[[Sequence[Instrument]], Awaitable[QuoteAnswer]]
"""Asks one call's worth of instruments; raises a `ProviderError` if the call fails for good."""

AskNames = Callable[[Mapping[str, Instrument]], Awaitable[QuoteAnswer]]
"""The same by the provider's spelling of the instruments."""

LONGEST_LIST: Final = 6000
"""Characters a list in a query may have: servers in use take request lines of 8 kB and more."""


def check_kinds(provider: str, instruments: Iterable[Instrument], quoted: frozenset[AssetClass]) -> None:
    """Check that a provider gives latest prices of all `instruments`.

    Raises:
        UsageError: It does not, of one of them.
    """
    for one in instruments:
        if one.asset_class not in quoted:
            kinds = ", ".join(sorted(quoted)) or "nothing"
            raise UsageError(f"{provider} quotes {kinds}; asked was {one.symbol}, which is {one.asset_class}")


def in_parts(names: Iterable[str], most: int | None = None, longest: int = LONGEST_LIST) -> list[list[str]]:
    """Return `names` in order, in parts of at most `most` whose comma-separated lists have at most `longest` characters."""
    parts: list[list[str]] = []
    length = longest
    for name in names:
        length += len(name) + 1
        if length > longest or len(parts[-1]) == most:
            parts.append([])
            length = len(name)
        parts[-1].append(name)
    return parts


async def ask_parts(
    parts: Sequence[Sequence[Instrument]], ask: AskPart, known: QuoteAnswer | None = None
) -> QuoteAnswer:
    """Return what came of asking all parts at once, as one answer.

    Args:
        parts: The instruments of each call.
        ask: Makes one call.
        known: What is known already of instruments in no part, with the calls that took.

    Raises:
        ProviderError: Nothing came of any call, and nothing was known; `calls` counts all of them.
    """
    answers = [*([] if known is None else [known]), *await asyncio.gather(*(_asked(part, ask) for part in parts))]
    calls = sum(answer.calls for answer in answers)
    nothing_there = frozenset[int]().union(*(answer.nothing_there for answer in answers))
    failures = {one: error for answer in answers for one, error in answer.failures.items()}
    quotes = as_quotes(pl.concat([empty_quotes(), *(answer.quotes for answer in answers)]))
    if failures and quotes.is_empty() and not nothing_there:
        error = next(iter(failures.values()))
        error.calls = calls
        raise error
    return QuoteAnswer(quotes, calls, nothing_there, failures)


async def ask_spelt(
    provider: str,
    instruments: Sequence[Instrument],
    quoted: frozenset[AssetClass],
    spell: Callable[[Instrument], str | None],
    most: int | None,
    ask: AskNames,
    market_of: Callable[[Instrument], object] = lambda _: None,
) -> QuoteAnswer:
    """Return what came of asking for instruments by the provider's spelling of them.

    One without a spelling is nothing there, and two that are spelt alike are failures: an answer could not tell them apart.

    Args:
        provider: Name of the provider, for errors.
        instruments: Whose prices are wanted.
        quoted: The kinds it gives prices of.
        spell: Its spelling of an instrument.
        most: Names a call may hold.
        ask: Makes one call.
        market_of: What tells instruments apart that no call may name together; all may by default.

    Raises:
        ProviderError: Nothing usable came of any call.
        UsageError: One of them is of another kind.
    """
    check_kinds(provider, instruments, quoted)
    markets: dict[object, list[Instrument]] = {}
    for one in instruments:
        markets.setdefault(market_of(one), []).append(one)
    all_spelt = [by_spelling(provider, held, spell) for held in markets.values()]
    names = {one.instrument_id: name for spelt in all_spelt for name, one in spelt.found.items()}
    parts = [[spelt.found[name] for name in part] for spelt in all_spelt for part in in_parts(spelt.found, most)]

    async def ask_part(part: Sequence[Instrument]) -> QuoteAnswer:
        return await ask({names[one.instrument_id]: one for one in part})

    unspelt = frozenset[int]().union(*(spelt.unspelt for spelt in all_spelt))
    clashing = {one: error for spelt in all_spelt for one, error in spelt.clashing.items()}
    return await ask_parts(parts, ask_part, QuoteAnswer(empty_quotes(), 0, unspelt, clashing))


def read_rows(
    provider: str, rows: pl.DataFrame, asked: Collection[Instrument], now: datetime, calls: int
) -> QuoteAnswer:
    """Return what one call's rows say of the instruments that were asked.

    An asked instrument without a row or a price is nothing there. A price without its own time is `Malformed`: the time of
    asking is never taken for it.

    Args:
        provider: Name for the `provider` column.
        rows: `instrument_id`, `quoted_at` (UTC), `price`, and where known the other columns of a quote.
        asked: The instruments of the call.
        now: The present instant, for `fetched_at`.
        calls: Attempts that were made.
    """
    priced = rows.filter(pl.col("price").is_not_null()).unique("instrument_id", keep="first", maintain_order=True)
    timed = priced.filter(pl.col("quoted_at").is_not_null()).with_columns(
        pl.lit(provider).alias("provider"), pl.lit(now, dtype=INSTANT).alias("fetched_at")
    )
    found = frozenset(priced["instrument_id"])
    untimed = found - frozenset(timed["instrument_id"])
    failures: dict[int, ProviderError] = {
        one.instrument_id: Malformed(provider, f"the price of {one.symbol} comes without its time")
        for one in asked
        if one.instrument_id in untimed
    }
    absent = frozenset(one.instrument_id for one in asked) - found
    return QuoteAnswer(as_quotes(timed), calls, absent, failures)


async def _asked(part: Sequence[Instrument], ask: AskPart) -> QuoteAnswer:
    ids = [one.instrument_id for one in part]
    try:
        return await ask(part)
    except NothingThere as fact:
        return QuoteAnswer(empty_quotes(), fact.calls, nothing_there=frozenset(ids))
    except ProviderError as error:
        return QuoteAnswer(empty_quotes(), error.calls, failures=dict.fromkeys(ids, error))
