"""How fresh the rows are: the newest price and candles of each instrument, held against what its market promises by now.

Computed from rows alone: no run is asked whether it went well. What should be there is said in `expected`; a candle whose
absence the ledger explains is not stale.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.candle_freshness import CandleLook, look_at_candles
from trend_platform.ingest.expected import FreshnessLimits, price_expected
from trend_platform.ingest.workshop import Workshop
from trend_platform.wording import counted

# So many stale symbols of a kind are named in a sentence.
_NAMED = 5


class What(StrEnum):
    """What can be fresh or stale."""

    LATEST_PRICE = "latest_price"
    HOURLY_CANDLES = "hourly_candles"
    DAILY_CANDLES = "daily_candles"

    @property
    def words(self) -> str:
        """Return it in words, in the plural."""
        return {What.LATEST_PRICE: "latest prices"}.get(self, self.value.replace("_", " "))


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh one thing of one instrument is.

    Attributes:
        what: The latest price, the hourly candles of the 1D chart, or the daily candles.
        symbol: The instrument.
        expected_at: The time a price should have at least, or the stamp of the newest candle that should be there; `None` if
            nothing is expected.
        found_at: The newest price's own time, or the newest candle's stamp; `None` if there is none.
        is_stale: Whether what is expected is not there.
        reason: Why it is stale, or why something that is not there is no fault; empty if all is well.
    """

    what: What
    symbol: str
    expected_at: datetime | None
    found_at: datetime | None
    is_stale: bool
    reason: str = ""


def freshness(
    workshop: Workshop, instruments: Sequence[Instrument], limits: FreshnessLimits | None = None
) -> tuple[Freshness, ...]:
    """Return how fresh the latest price, the hourly and the daily candles of each instrument are, in that order.

    With providers at hand only what they serve is expected, when they serve it; without any (a reader's workshop) everything
    is. What has never been there is stale from the first moment its market was open long enough.
    """
    limits = limits or replace(FreshnessLimits(), price=workshop.policy.quotes.stale_after)
    return (
        *_prices(workshop, instruments, limits),
        *_candles(What.HOURLY_CANDLES, look_at_candles(workshop, instruments, Timeframe.H1, limits)),
        *_candles(What.DAILY_CANDLES, look_at_candles(workshop, instruments, Timeframe.D1, limits)),
    )


def worst(found: Iterable[Freshness]) -> Freshness | None:
    """Return the stale one whose newest data is oldest, one without any first; `None` if all are fresh."""
    stale = [one for one in found if one.is_stale]
    return min(stale, key=lambda one: (one.found_at is not None, one.found_at, one.symbol), default=None)


def sentence(found: Sequence[Freshness]) -> str:
    """Return in a sentence how fresh things of one kind are: how many are stale, the worst first, and why."""
    stale = sorted(
        (one for one in found if one.is_stale), key=lambda one: (one.found_at is not None, one.found_at, one.symbol)
    )
    if not stale:
        return (
            f"all {found[0].what.words} are fresh ({counted(len(found), 'instrument')})"
            if found
            else "nothing is looked at"
        )
    named = "; ".join(f"{one.symbol}: {one.reason}" for one in stale[:_NAMED])
    more = f"; and {len(stale) - _NAMED:,} more" if len(stale) > _NAMED else ""
    return f"{stale[0].what.words} of {len(stale):,} of {counted(len(found), 'instrument')} are stale: {named}{more}"


def instant_words(instant: datetime | None) -> str:
    """Return an instant as sentences show it, `never` if there is none."""
    return "never" if instant is None else f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def _prices(workshop: Workshop, instruments: Sequence[Instrument], limits: FreshnessLimits) -> Iterator[Freshness]:
    now = workshop.clock.now()
    newest = workshop.storage.quotes.latest([one.instrument_id for one in instruments])
    quoted: Mapping[int, datetime] = dict(newest.select("instrument_id", "quoted_at").iter_rows())
    names = {one.calendar for one in instruments}
    expected = {name: price_expected(get_calendar(name), now, limits) for name in names}
    is_open = {name: get_calendar(name).is_open(now - limits.price) for name in names}
    for one in instruments:
        found = quoted.get(one.instrument_id)
        yield _price(workshop, one, expected[one.calendar], found, was_open=is_open[one.calendar])


def _price(
    workshop: Workshop, instrument: Instrument, expected: datetime | None, found: datetime | None, *, was_open: bool
) -> Freshness:
    fresh = Freshness(What.LATEST_PRICE, instrument.symbol, expected, found, is_stale=False)
    if expected is None or (found is not None and found >= expected):
        return fresh
    if expected not in instrument.lifetime:
        return replace(
            fresh, expected_at=None, reason=f"{instrument.symbol} was not listed at {instant_words(expected)}"
        )
    if workshop.providers and not any(
        instrument.asset_class in provider.capabilities.quotes and provider.symbol_of(instrument) is not None
        for provider in workshop.providers
    ):
        return replace(
            fresh, expected_at=None, reason=f"no provider at hand gives latest prices of {instrument.symbol}"
        )
    if found is None and not was_open:
        return replace(fresh, reason="no price yet; its market has not been open for long enough")
    why = "there is no price yet" if found is None else f"the newest price is of {instant_words(found)}"
    return replace(fresh, is_stale=True, reason=f"{why}, one of {instant_words(expected)} or later is expected")


def _candles(what: What, looks: Iterable[CandleLook]) -> Iterator[Freshness]:
    return (Freshness(what, one.symbol, one.expected_at, one.found_at, one.is_stale, one.reason) for one in looks)
