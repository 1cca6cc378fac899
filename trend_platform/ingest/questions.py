"""The questions of one round of a run: each is asked of the planned provider, or, where hedged and late, of another one too.

An answer is checked to be what was asked for before anything is made of it: the timeframe, the basis and the provider's
name are told by each row, and none of them changes silently.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from trend_platform.domain.intervals import Spans
from trend_platform.errors import GranularityMismatch, Malformed, PlanRefused, ProviderError
from trend_platform.ingest.asking import Asker
from trend_platform.ingest.hedging import first_usable
from trend_platform.ingest.needs import need_in
from trend_platform.ingest.plan import Offer, PlannedCall, make_plan
from trend_platform.ingest.write import Fetched, no_answer
from trend_platform.providers.base import Answer, Provider

Refused = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Questions:
    """Asks planned calls.

    Attributes:
        asker: Asks, and notes what is seen.
        offers: What the providers at hand offer.
        refused: Pairs of provider and instrument id that are not to be asked again in this run.
        lost: Calls made for answers that came too late, by provider.
    """

    asker: Asker
    offers: Sequence[Offer]
    refused: Refused
    lost: Counter[str] = field(default_factory=Counter)

    async def ask(self, call: PlannedCall) -> list[Fetched]:
        """Return what came of a call, or of those that stood in for it; errors are part of it."""
        after = self.asker.workshop.policy.hedges.get(call.provider)
        if after is None:
            return [await self._ask(call)]
        instead = self._stand_ins(call)
        if not instead:
            return [await self._ask(call)]
        return await first_usable(lambda: self._ask_all([call]), lambda: self._ask_all(instead), _is_whole, after)

    async def _ask_all(self, calls: Sequence[PlannedCall]) -> list[Fetched]:
        try:
            return list(await asyncio.gather(*map(self._ask, calls)))
        except asyncio.CancelledError:
            self.lost.update(call.provider for call in calls)
            raise

    async def _ask(self, call: PlannedCall) -> Fetched:
        workshop = self.asker.workshop
        provider = next(one for one in workshop.providers if one.name == call.provider)
        try:
            answer = await self.asker.candles(provider, call.request, is_replaceable=self._is_replaceable(call))
            _check(provider, call, answer)
        except ProviderError as error:
            answer = no_answer(call, error)
        return Fetched(call, answer, workshop.clock.now())

    def _is_replaceable(self, call: PlannedCall) -> bool:
        return any(
            offer.serves(instrument, call.request.timeframe)
            for offer in self._others(call)
            for instrument in call.request.instruments
            if (offer.provider, instrument.instrument_id) not in self.refused
        )

    def _others(self, call: PlannedCall) -> list[Offer]:
        return [offer for offer in self.offers if offer.provider != call.provider]

    def _stand_ins(self, call: PlannedCall) -> Sequence[PlannedCall]:
        # What somebody else would be asked for the same; nothing unless all of it can be had elsewhere.
        asked, workshop = call.request, self.asker.workshop
        needs = [need_in(one, asked.timeframe, Spans((asked.interval,))) for one in asked.instruments]
        try:
            plan = make_plan(
                [need for need in needs if need.spans],
                self._others(call),
                workshop.clock.now(),
                workshop.policy.limits,
                self.refused,
            )
        except PlanRefused:
            return ()
        return () if plan.unserved else plan.calls


def _is_whole(fetched: Sequence[Fetched]) -> bool:
    return all(one.answer.failure is None and not one.answer.nothing_there for one in fetched)


def _check(provider: Provider, call: PlannedCall, answer: Answer) -> None:
    wanted, able = call.request.timeframe, provider.capabilities
    for label, expected in (("timeframe", wanted.value), ("basis", able.basis.value), ("provider", provider.name)):
        # Asked of every answer: one column after the other, since whole rows cost twenty times as much to tell apart.
        came = next((value for value in answer.candles[label].unique() if value != expected), expected)
        if came != expected:
            error = _mislabelled(provider.name, label, expected, came)
            error.calls = answer.calls
            raise error


def _mislabelled(provider: str, label: str, expected: str, came: str) -> ProviderError:
    if label == "timeframe":
        return GranularityMismatch(provider, f"{expected} candles were asked for, and {came} ones came")
    if label == "basis":
        return Malformed(provider, f"its prices are {expected}, and {came} ones came; nothing of it is stored")
    return Malformed(provider, f"rows that say they are of {came!r} came; nothing of it is stored")
