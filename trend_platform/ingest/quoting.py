"""Asking for latest prices: who can be asked for which instrument, in the user's order, and one question at a time limit.

What comes is handed on as it came; judging and storing it is `settling`'s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.quotes import empty_quotes
from trend_platform.errors import NothingThere, ProviderError
from trend_platform.ingest.asking import Asker
from trend_platform.ingest.ordering import Ranking
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


@dataclass(frozen=True, slots=True)
class Question:
    """One question for latest prices.

    Attributes:
        provider: Who is asked.
        instruments: What for.
        is_replaceable: Whether somebody else can be asked for any of it.
    """

    provider: Provider
    instruments: tuple[Instrument, ...]
    is_replaceable: bool = False


def askable(providers: Sequence[Provider], instrument: Instrument, ranking: Ranking) -> tuple[Provider, ...]:
    """Return the providers that give latest prices of an instrument, the preferred one first."""
    by_name = {provider.name: provider for provider in providers}
    return tuple(
        by_name[name]
        for name in ranking.of(instrument.asset_class)
        if instrument.asset_class in by_name[name].capabilities.quotes
        and by_name[name].symbol_of(instrument) is not None
    )


def questions(chains: Mapping[Instrument, Sequence[Provider]]) -> list[Question]:
    """Return whom to ask for what, one question per provider: each instrument's first provider is asked."""
    asked: dict[str, list[Instrument]] = {}
    for instrument, chain in chains.items():
        if chain:
            asked.setdefault(chain[0].name, []).append(instrument)
    return [
        Question(chains[mine[0]][0], tuple(mine), any(len(chains[one]) > 1 for one in mine)) for mine in asked.values()
    ]


async def ask(asker: Asker, question: Question, within_seconds: float) -> Answered:
    """Ask one provider; its errors become part of the answer, and so does silence of `within_seconds`."""
    provider, instruments = question.provider, question.instruments
    try:
        answer = await asker.quotes(provider, instruments, within_seconds, is_replaceable=question.is_replaceable)
    except ProviderError as error:
        answer = _failed(error, instruments)
    return Answered(provider, instruments, answer)


def _failed(error: ProviderError, instruments: Sequence[Instrument]) -> QuoteAnswer:
    ids = [one.instrument_id for one in instruments]
    if isinstance(error, NothingThere):
        return QuoteAnswer(empty_quotes(), error.calls, nothing_there=frozenset(ids))
    return QuoteAnswer(empty_quotes(), error.calls, failures=dict.fromkeys(ids, error))
