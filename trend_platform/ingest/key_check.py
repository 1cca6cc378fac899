"""Whether a provider takes its key: one cheap question about something every provider of that kind knows.

It spends one call of the provider's quota, so nobody is asked unless a person wants to know.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from time import perf_counter
from typing import Final

from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import AuthFailed, BeyondDepth, NotEntitled, NothingThere, ProviderError
from trend_platform.providers.base import CandleRequest, Provider, Route

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


async def check_key(provider: Provider, clock: Clock) -> KeyCheck:
    """Ask a provider one question and return what its answer says about the key; never raises a provider's error."""
    known = next((one for one in _KNOWN if _serves(provider, one)), None)
    if known is None:
        return KeyCheck(KeyState.UNKNOWN, "it serves nothing that could be asked for")
    began = perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await _ask(provider, known, clock)
    except TimeoutError:
        return KeyCheck(KeyState.UNKNOWN, f"no answer within {PATIENCE_SECONDS:g} s")
    except ProviderError as error:
        return _judged(error, known)
    return KeyCheck(KeyState.VALID, f"answered in {perf_counter() - began:.2f} s")


def _judged(error: ProviderError, known: Instrument) -> KeyCheck:
    if isinstance(error, AuthFailed):
        return KeyCheck(KeyState.REFUSED, str(error))
    if isinstance(error, NotEntitled | BeyondDepth):
        return KeyCheck(KeyState.VALID, f"taken, but its plan lacks {known.symbol}: {error}")
    if isinstance(error, NothingThere):
        return KeyCheck(KeyState.VALID, f"taken, and {known.symbol} is not known there")
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
