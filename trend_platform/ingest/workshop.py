"""The workshop: the ports and policies that every use case works with, joined in `build` and nowhere else."""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

from trend_platform.domain.capability import Capability
from trend_platform.domain.clock import Clock
from trend_platform.domain.coverage import BeliefPolicy
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.renames import former_symbols
from trend_platform.domain.symbols import canonical_symbol, unknown_symbol
from trend_platform.errors import UsageError
from trend_platform.ingest.breaker import Breakers
from trend_platform.ingest.ordering import OrderPolicy, Ranking, ranking
from trend_platform.ingest.plan import PlanLimits
from trend_platform.ingest.reads import ReadTally
from trend_platform.providers.base import Provider
from trend_platform.providers.sharing import Shared
from trend_platform.providers.sources import ReadySources, Sources
from trend_platform.quality.quotes import QuoteLimits
from trend_platform.settings import ReplacePolicy
from trend_platform.storage.archive.files import FileArchive
from trend_platform.storage.base import SeriesCache, Storage
from trend_platform.storage.realtime import PriceCache

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class IngestPolicy:
    """How an ingest behaves where a person may differ.

    Attributes:
        belief: When an absence is believed, and for how long.
        limits: What a plan may take before it is refused.
        replacing: What happens to candles of a lesser provider when a better one is back.
        writers: Batches that are judged and stored at once.
        batch_candles: Candles in one database transaction, roughly.
        context_candles: Stored candles of each series that the rules see before new ones.
        quotes: What is believed of a latest price.
        quotes_within_seconds: How long one provider may take to answer for latest prices before the next one is asked; all
            of a minute's questions should fit into the minute.
        answers_days: How long archived answers of providers are kept, in days.
        order: In which order providers are asked.
        hedges: After how many seconds somebody else is asked as well, by provider; nobody is for one that is not named.
        half_life: How long until what was seen of a provider counts half as much.
        reconcile_share: The share of series of which a second provider is asked, to compare what both say.
        fails_fast: Whether the first call that fails is the last one, instead of a hole that others are asked for.
        return_seconds: How long a run waits, once, for a provider that is left alone, where nobody else has what is missing.
    """

    belief: BeliefPolicy = BeliefPolicy()
    limits: PlanLimits = PlanLimits()
    replacing: ReplacePolicy = ReplacePolicy.KEEP
    writers: int = 1
    batch_candles: int = 60_000
    context_candles: int = 30
    quotes: QuoteLimits = field(default_factory=QuoteLimits)
    quotes_within_seconds: float = 20.0
    answers_days: int = 30
    order: OrderPolicy = field(default_factory=OrderPolicy)
    hedges: Mapping[str, float] = field(default_factory=dict)
    half_life: timedelta = timedelta(hours=72)
    reconcile_share: float = 0.0
    return_seconds: float = 30.0
    fails_fast: bool = False


@dataclass(frozen=True, slots=True)
class Workshop:
    """What use cases work with.

    Attributes:
        storage: The database.
        cache: Hot series for readers.
        prices: Hot latest prices for readers.
        providers: The providers at hand, the preferred one first.
        clock: The time.
        policy: How an ingest behaves.
        reads: How reads through the cache went so far.
        shared: What the providers at hand share with those of other processes: the budgets of their credentials, and the
            archive where answers are kept.
        archive: The answers kept so far, whether further ones are or not; `None` where there is no place for them.
        sources: Those of economic series, news and posts; none where prices are simulated.
    """

    storage: Storage
    cache: SeriesCache
    prices: PriceCache
    providers: tuple[Provider, ...]
    clock: Clock
    policy: IngestPolicy = IngestPolicy()
    reads: ReadTally = field(default_factory=ReadTally)
    shared: Shared = field(default_factory=Shared)
    archive: FileArchive | None = None
    breakers: Breakers = field(default_factory=Breakers)
    sources: Sources = field(default_factory=ReadySources)

    def select(self, symbols: Sequence[str]) -> tuple[Instrument, ...]:
        """Return the instruments of these symbols, all of the universe if none is named.

        A symbol that nobody has any more means who had it last.

        Raises:
            UsageError: A symbol is not in the universe, or the universe is empty.
        """
        known = {instrument.symbol: instrument for instrument in self.storage.universe.instruments()}
        if not known:
            raise UsageError("the universe is empty: add symbols with `trend instruments add AAPL BTC-USD`")
        wanted = dict.fromkeys(canonical_symbol(symbol) for symbol in symbols) or known
        if wanted.keys() - known.keys():
            actions = self.storage.actions.of([one.instrument_id for one in known.values()])
            known = {**former_symbols(actions, known.values()), **known}
        for symbol in wanted:
            if symbol not in known:
                raise unknown_symbol(symbol, list(known))
        return tuple(dict.fromkeys(known[symbol] for symbol in wanted))

    def ranking(self, capability: Capability) -> Ranking:
        """Return the order in which the providers at hand are asked for something.

        Raises:
            UnavailableError: The scorecard says the order, and the database does not answer.
        """
        order = self.policy.order
        scores = self.storage.scores.all(self.clock.now(), self.policy.half_life) if order.by_scores else {}
        return ranking(capability, [provider.name for provider in self.providers], order, scores)

    def with_provider(self, name: str | None) -> "Workshop":
        """Return the workshop with only that provider at hand; all of them if `name` is `None`.

        Raises:
            UsageError: It is not at hand.
        """
        if name is None:
            return self
        chosen = tuple(provider for provider in self.providers if provider.name == name)
        if not chosen:
            at_hand = ", ".join(provider.name for provider in self.providers) or "none"
            raise UsageError(f"provider {name!r} is not at hand here; at hand: {at_hand}")
        return replace(self, providers=chosen)


def drive(workshop: Workshop, work: Coroutine[None, None, Result]) -> Result:
    """Run one asynchronous use case to its end in an event loop of its own, then close the providers.

    Connections belong to the loop they were opened in, so a workshop is driven once.
    """

    async def to_the_end() -> Result:
        try:
            return await work
        finally:
            for provider in workshop.providers:
                await provider.close()

    return asyncio.run(to_the_end())
