"""Splits come before candles: the rules judge jumps by them, and readers adjust by them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from trend_platform.domain.actions import ActionKind, as_actions
from trend_platform.domain.claims import Asked
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.errors import NothingThere, ProviderError
from trend_platform.ingest.asking import Asker
from trend_platform.ingest.keeping import changed_splits, keep_told
from trend_platform.ingest.outcome import Failure
from trend_platform.ingest.prepare import Prepared
from trend_platform.ingest.tally import Tally
from trend_platform.providers.base import Provider, SplitAnswer

# A split can become known late: each run looks this far back before the days it asks for.
LOOK_BACK = timedelta(days=30)
_SPLITTING = frozenset({AssetClass.STOCK, AssetClass.ETF})


async def refresh_splits(asker: Asker, prepared: Prepared, tally: Tally) -> None:
    """Fetch and store the splits of every instrument a planned call asks for.

    The provider of the candles is asked first, unless the user has put splits into an order of their own; where it cannot
    tell them, the next one is asked. Whoever could not is recorded as a failure; the candles are still worth having.
    """
    by_name = {provider.name: provider for provider in asker.workshop.providers}
    now = asker.workshop.clock.now()
    for first, asked in _asked(prepared).items():
        start = min(call.request.interval.start for call in prepared.plan.calls if call.provider == first) - LOOK_BACK
        interval = Interval(start, max(start, now))
        for chain, instruments in _chains(asker, by_name, first, asked).items():
            for name in chain:
                question = _Question(by_name[name], instruments, interval, is_replaceable=name != chain[-1])
                if await _ask(asker, question, tally):
                    break


@dataclass(frozen=True, slots=True)
class _Question:
    provider: Provider
    instruments: Sequence[Instrument]
    interval: Interval
    is_replaceable: bool


def _asked(prepared: Prepared) -> Mapping[str, Sequence[Instrument]]:
    asked: dict[str, dict[int, Instrument]] = {}
    for call in prepared.plan.calls:
        splitting = [one for one in call.request.instruments if one.asset_class in _SPLITTING]
        asked.setdefault(call.provider, {}).update((one.instrument_id, one) for one in splitting)
    return {provider: tuple(instruments.values()) for provider, instruments in asked.items() if instruments}


def _chains(
    asker: Asker, by_name: Mapping[str, Provider], first: str, instruments: Sequence[Instrument]
) -> Mapping[tuple[str, ...], Sequence[Instrument]]:
    # Whom to ask for which instruments, one after the other until somebody tells.
    order = asker.workshop.ranking(asker.capability)
    chains: dict[tuple[str, ...], list[Instrument]] = {}
    for instrument in instruments:
        names = order.of(instrument.asset_class)
        if not order.is_special(instrument.asset_class):
            names = tuple(dict.fromkeys([first, *names]))
        chain = tuple(name for name in names if _tells(by_name[name], instrument))
        chains.setdefault(chain, []).append(instrument)
    return chains


def _tells(provider: Provider, instrument: Instrument) -> bool:
    able = provider.capabilities
    serves = instrument.asset_class in able.asset_classes and provider.symbol_of(instrument) is not None
    return able.has_splits and serves


async def _ask(asker: Asker, question: _Question, tally: Tally) -> bool:
    # Returns whether it told; that it knows of none is telling.
    name = question.provider.name
    try:
        answer = await asker.splits(
            question.provider, question.instruments, question.interval, is_replaceable=question.is_replaceable
        )
    except NothingThere as fact:
        tally.calls[name] += fact.calls
        return True
    except ProviderError as error:
        tally.calls[name] += error.calls
        tally.failures[f"{name} splits", 0] = Failure("splits", name, type(error).__name__, str(error))
        return False
    tally.calls[name] += answer.calls
    _keep(asker, question, answer)
    return True


def _keep(asker: Asker, question: _Question, answer: SplitAnswer) -> None:
    workshop, inside = asker.workshop, question.interval
    told = as_actions(answer.splits, ActionKind.SPLIT, workshop.clock.now())
    ids = frozenset(one.instrument_id for one in question.instruments)
    last = (inside.end - timedelta(microseconds=1)).date()
    asked = Asked(ActionKind.SPLIT, question.provider.name, ids, inside.start.date(), last)
    touched = set(changed_splits([keep_told(workshop, told, asked)])["instrument_id"])
    if touched:
        # What is hot would be on the old share count; whoever asks reads the database until the ranges are written anew.
        workshop.cache.forget([one.symbol for one in question.instruments if one.instrument_id in touched])
