"""Answers about latest prices on their way to the readers: judged, stored, and only then written to the cache.

Everything here blocks; it knows storage and cache, and asks no provider.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import Aside
from trend_platform.domain.quotes import LatestPrice
from trend_platform.ingest.changes import latest_prices, on_share_count_of, previous_closes
from trend_platform.ingest.price_json import price_json
from trend_platform.ingest.workshop import Workshop
from trend_platform.quality.quotes import (
    KNOWN_SCHEMA,
    QuoteVerdict,
    empty_looks,
    judge_quotes,
    jumps_of,
    stale_quotes,
)

# A jump may wait this long for the look that confirms it: over a weekend with a holiday on either side.
_LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the quotes of some answers.

    Attributes:
        served: Ids of the instruments whose quote was believed, new or not.
        fresh: Quotes that are new in the database.
        rejected: Quotes set aside, a quarantine frame.
        prices: What readers get now of each served instrument: the newest stored quote, whoever gave it.
        stale: Per served id whose newest quote is older than its open market explains, that quote's time.
        cache_skipped: Prices the cache did not take because it is down.
    """

    served: frozenset[int]
    fresh: int
    rejected: pl.DataFrame
    prices: tuple[LatestPrice, ...]
    stale: Mapping[int, datetime]
    cache_skipped: int


def settle(
    workshop: Workshop,
    instruments: Sequence[Instrument],
    known: pl.DataFrame,
    quotes: pl.DataFrame,
    run_id: Callable[[], int],
) -> Settled:
    """Judge and store quotes, then refresh the prices readers get of them.

    Args:
        workshop: The ports.
        instruments: The instruments that were asked for.
        known: The newest stored quote of each, from before the question.
        quotes: What came, a quote frame, at most one row per instrument.
        run_id: Gives the number of the run's record, which is made when it is first needed.

    Raises:
        UnavailableError: The database does not answer; the cache is as it was.
        SimulatedDataRefused: The prices do not belong into this database.
    """
    verdict = judged(workshop, instruments, known, quotes)
    if verdict.rejected.height:
        with workshop.storage.market.begin(run_id()) as transaction:
            transaction.quarantine(verdict.rejected)
    fresh = workshop.storage.quotes.add(verdict.accepted) if verdict.accepted.height else 0
    served = frozenset([*verdict.accepted["instrument_id"], *verdict.unchanged["instrument_id"]])
    mine = [one for one in instruments if one.instrument_id in served]
    newest = workshop.storage.quotes.latest([one.instrument_id for one in mine])
    prices = latest_prices(workshop.storage.market, mine, newest)
    skipped = workshop.prices.put({price.symbol: price_json(price) for price in prices}) if prices else 0
    stale = stale_quotes(newest, mine, workshop.clock.now(), workshop.policy.quotes)
    return Settled(served, fresh, verdict.rejected, prices, stale, skipped)


def judged(
    workshop: Workshop, instruments: Sequence[Instrument], known: pl.DataFrame, quotes: pl.DataFrame
) -> QuoteVerdict:
    """Return the verdict on quotes; earlier jumps are looked up only where there is a jump to be confirmed."""
    now, limits, market = workshop.clock.now(), workshop.policy.quotes, workshop.storage.market
    compared = _compared_with(workshop, instruments, known, quotes)
    verdict = judge_quotes(quotes, compared, empty_looks(), now, limits)
    jumps = jumps_of(verdict.rejected)["instrument_id"].to_list()
    if not jumps:
        return verdict
    lately = Interval(now - _LOOK_BACK, now + limits.ahead + timedelta(seconds=1))
    looks = jumps_of(market.quarantined(jumps, Aside.QUOTE, lately))
    return judge_quotes(quotes, compared, looks, now, limits)


def _compared_with(
    workshop: Workshop, instruments: Sequence[Instrument], known: pl.DataFrame, quotes: pl.DataFrame
) -> pl.DataFrame:
    # The last known quote; of an instrument that was never quoted, the close before.
    market = workshop.storage.market
    timed = quotes.drop_nulls("quoted_at")
    quoted = on_share_count_of(market, instruments, known.join(timed, on="instrument_id", how="semi"), timed)
    unquoted = timed.join(known, on="instrument_id", how="anti")
    closes = previous_closes(market, instruments, unquoted) if unquoted.height else None
    parts = [KNOWN_SCHEMA.to_frame(), quoted.select("instrument_id", known_price="price", known_at="quoted_at")]
    if closes is not None:
        parts.append(
            closes.select("instrument_id", known_price="close", known_at=pl.lit(None, KNOWN_SCHEMA["known_at"]))
        )
    return pl.concat(parts)
