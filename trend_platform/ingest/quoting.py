"""Asking for latest prices: who can be asked for which instrument, in the user's order, and one question at a time limit.

What comes is handed on as it came; judging and storing it is `settling`'s.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.quotes import empty_quotes
from trend_platform.errors import NothingThere, ProviderError, Transient
from trend_platform.providers.base import Provider, QuoteAnswer


@dataclass(frozen=True, slots=True)
class Answered:
    """One question and its answer.

    Attributes:
        provider: Who was asked.
        instruments: What for.
        answer: What came; a provider that raised an error has answered with a failure of every instrument.
    """

    provider: Provider
    instruments: tuple[Instrument, ...]
    answer: QuoteAnswer


def askable(providers: Sequence[Provider], instrument: Instrument) -> tuple[Provider, ...]:
    """Return the providers that give latest prices of an instrument, the preferred one first."""
    return tuple(
        provider
        for provider in providers
        if instrument.asset_class in provider.capabilities.quotes and provider.symbol_of(instrument) is not None
    )


def questions(chains: Mapping[Instrument, Sequence[Provider]]) -> list[tuple[Provider, tuple[Instrument, ...]]]:
    """Return whom to ask for what, one question per provider: each instrument's first provider is asked."""
    asked: dict[str, tuple[Provider, list[Instrument]]] = {}
    for instrument, chain in chains.items():
        if chain:
            asked.setdefault(chain[0].name, (chain[0], []))[1].append(instrument)
    return [(provider, tuple(instruments)) for provider, instruments in asked.values()]


async def ask(provider: Provider, instruments: tuple[Instrument, ...], within_seconds: float) -> Answered:
    """Ask one provider; its errors become part of the answer, and so does silence of `within_seconds`."""
    try:
        async with asyncio.timeout(within_seconds):
            answer = await provider.quotes(instruments)
    except TimeoutError:
        late = Transient(provider.name, f"no latest prices within {within_seconds:g} s; the next minute asks again")
        answer = _failed(late, instruments)
    except ProviderError as error:
        answer = _failed(error, instruments)
    return Answered(provider, instruments, answer)


def _failed(error: ProviderError, instruments: Sequence[Instrument]) -> QuoteAnswer:
    ids = [one.instrument_id for one in instruments]
    if isinstance(error, NothingThere):
        return QuoteAnswer(empty_quotes(), error.calls, nothing_there=frozenset(ids))
    return QuoteAnswer(empty_quotes(), error.calls, failures=dict.fromkeys(ids, error))
