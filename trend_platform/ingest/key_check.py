"""Whether a provider takes its key: one cheap question about something every provider of that kind knows.

It spends one call of the provider's quota, so nobody is asked unless a person wants to know.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from time import perf_counter
from typing import Final

from trend_platform.domain.budgets import Standing
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import AuthFailed, BeyondDepth, NotEntitled, NothingThere, ProviderError
from trend_platform.providers.base import CandleRequest, Provider, Route
from trend_platform.providers.sources import TakesKey
from trend_platform.wording import span_named

PATIENCE_SECONDS: Final = 15.0
"""How long an answer is waited for, in seconds."""

_KNOWN: Final = (
    Instrument(1, "AAPL", AssetClass.STOCK, "XNYS"),
    Instrument(2, "SPY", AssetClass.ETF, "XNYS"),
    Instrument(3, "BTC-USD", AssetClass.CRYPTO, "24/7"),
    Instrument(4, "EUR-USD", AssetClass.FOREX, "24/7"),
)


class KeyState(StrEnum):
    """What is known of a key."""

    NOT_NEEDED = "not_needed"
    MISSING = "missing"
    PRESENT = "present"
    VALID = "valid"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class KeyCheck:
    """What was found about one provider's key.

    Attributes:
        state: What is known of it; `unknown` where the provider could not say.
        detail: In words; never the key.
    """

    state: KeyState
    detail: str = ""

    @property
    def words(self) -> str:
        """Return it as people read it."""
        name = self.state.value.replace("_", " ")
        return f"{name}: {self.detail}" if self.detail else name


async def check_key(provider: Provider, clock: Clock, standings: Sequence[Standing] = ()) -> KeyCheck:
    """Ask a provider one question and return what its answer says about the key; never raises a provider's error.

    Args:
        provider: Who is asked.
        clock: The time.
        standings: What is left of its quotas; where they are used up, nothing is sent.
    """
    known = next((one for one in _KNOWN if _serves(provider, one)), None)
    if known is None:
        return KeyCheck(KeyState.UNKNOWN, "it serves nothing that could be asked for")
    return await _asked(lambda: _ask(provider, known, clock), known.symbol, standings)


async def check_source_key(source: TakesKey, standings: Sequence[Standing] = ()) -> KeyCheck:
    """Ask a source of readings one question; as `check_key` otherwise."""
    return await _asked(source.try_key, "what was asked for", standings)


async def _asked(ask: Callable[[], Awaitable[None]], what: str, standings: Sequence[Standing]) -> KeyCheck:
    if used_up := _used_up(standings):
        return KeyCheck(KeyState.UNKNOWN, f"nothing was sent: {used_up}; ask again later")
    began = perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await ask()
    except TimeoutError:
        return KeyCheck(KeyState.UNKNOWN, f"no answer within {PATIENCE_SECONDS:g} s")
    except ProviderError as error:
        return _judged(error, what)
    return KeyCheck(KeyState.VALID, f"answered in {perf_counter() - began:.2f} s")


def _used_up(standings: Sequence[Standing]) -> str:
    # Of every credential some window is spent for longer than an answer is waited for.
    spent = {one.credential: one for one in standings if one.left < 1 and _lasts(one) > PATIENCE_SECONDS}
    if not spent or {one.credential for one in standings} != set(spent):
        return ""
    first = next(iter(spent.values()))
    if first.rests_seconds > PATIENCE_SECONDS:
        return f"it refused before and is left alone for another {first.rests_seconds:,.0f} s"
    window = first.window
    return f"its quota of {window.weight:,g} per {span_named(window.period_seconds)} is used up"


def _lasts(standing: Standing) -> float:
    return standing.rests_seconds or standing.window.period_seconds


def _judged(error: ProviderError, what: str) -> KeyCheck:
    if isinstance(error, AuthFailed):
        return KeyCheck(KeyState.REFUSED, str(error))
    if isinstance(error, NotEntitled | BeyondDepth):
        return KeyCheck(KeyState.VALID, f"taken, but its plan lacks {what}: {error}")
    if isinstance(error, NothingThere):
        return KeyCheck(KeyState.VALID, f"taken, and {what} is not known there")
    return KeyCheck(KeyState.UNKNOWN, str(error))


def _serves(provider: Provider, instrument: Instrument) -> bool:
    able = provider.capabilities
    return instrument.asset_class in able.asset_classes | able.quotes and provider.symbol_of(instrument) is not None


async def _ask(provider: Provider, instrument: Instrument, clock: Clock) -> None:
    able, now = provider.capabilities, clock.now()
    if instrument.asset_class in able.quotes:
        answer = await provider.quotes([instrument])
        for error in answer.failures.values():
            raise error
        return
    timeframe = next(one for one in (Timeframe.D1, *Timeframe) if one in able.timeframes)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    window = Interval(midnight - timedelta(days=10), midnight - timedelta(days=3))
    candles = await provider.candles(CandleRequest(Route.BY_SYMBOL, (instrument,), timeframe, window))
    if candles.failure is not None:
        raise candles.failure
