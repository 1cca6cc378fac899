"""The rounds of a run: the plan is asked, what it leaves open is planned with the next providers, until nobody is left.

A provider that was left alone has answered nothing: once nobody else has what is missing, it is tried again, one time.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from trend_platform.domain.intervals import Spans
from trend_platform.domain.scores import ScoreKey
from trend_platform.errors import CircuitOpen
from trend_platform.ingest.asking import Asker
from trend_platform.ingest.edging import asked_in_parts, name_edges
from trend_platform.ingest.fallback import besides, next_needs
from trend_platform.ingest.fetch import fetch_and_write
from trend_platform.ingest.plan import Plan, make_plan
from trend_platform.ingest.prepare import Prepared
from trend_platform.ingest.questions import Questions
from trend_platform.ingest.tally import Tally
from trend_platform.ingest.write import Fetched, Written

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Rounds:
    """The calls of one run.

    Attributes:
        asker: Asks, and notes what is seen.
        run_id: The run's number.
        prepared: The plan, and what it was made from.
        tally: Counts.
        open: Per instrument id, what nobody is left to be asked for.
        is_halted: Whether a call failed and the policy is to ask nothing more then.
    """

    asker: Asker
    run_id: int
    prepared: Prepared
    tally: Tally
    open: dict[int, Spans] = field(default_factory=dict)
    is_halted: bool = False
    _refused: frozenset[tuple[str, int]] = frozenset()
    _not_asked: set[tuple[str, int]] = field(default_factory=set)
    _is_last_lap: bool = False

    async def run(self) -> None:
        """Ask until everything is settled or nobody is left.

        Raises:
            PlanRefused: What is left open cannot be asked within the policy's limits; the rounds before are stored.
            UnavailableError: The database went away.
        """
        await self._ask(self.prepared.plan)
        waiting = {(provider, one) for provider, one in self._not_asked if one in self.open}
        if waiting and not self.is_halted and await self._is_back({provider for provider, _ in waiting}):
            self._refused -= waiting
            self._not_asked.clear()
            # Whoever is asked after all has not failed yet.
            for pair in waiting:
                self.tally.failures.pop(pair, None)
            self._is_last_lap = True
            still_open, self.open = self.open, {}
            await self._ask(self._plan(still_open))

    async def _ask(self, plan: Plan) -> None:
        while plan.calls and not self.is_halted:
            left_open = await self._round(plan)
            self._refused |= left_open.keys()
            plan = self._plan(besides(left_open, self.prepared.again))
            for need in plan.unserved:
                one = need.instrument.instrument_id
                self.open[one] = self.open.get(one, Spans()) | Spans(need.spans)

    async def _round(self, plan: Plan) -> Mapping[tuple[str, int], Spans]:
        workshop, tally = self.asker.workshop, self.tally
        tally.total += len(plan.calls)
        began = workshop.clock.now()
        names = ", ".join(one.provider for one in plan.estimates)
        log.info("run %d: %d requests to %s", self.run_id, len(plan.calls), names)
        # Who was only left alone can still be asked, once: until then nobody goes on asking one who fails.
        refused = self._refused if self._is_last_lap else self._refused - self._not_asked
        questions = Questions(self.asker, self.prepared.offers, refused)
        timeframe = self.prepared.wanted.timeframe
        self.is_halted = not await fetch_and_write(workshop, self.run_id, timeframe, plan.calls, questions, self._take)
        tally.calls.update(questions.lost)
        left_open = tally.take_left_open()
        in_parts = asked_in_parts(plan.calls) if timeframe.is_intraday else frozenset()
        if not in_parts and not (timeframe.is_intraday and left_open):
            return left_open
        left_open = {**dict.fromkeys(in_parts, Spans()), **left_open}
        return await asyncio.to_thread(name_edges, workshop, self.run_id, self.prepared.wanted, left_open, began)

    def _take(self, batch: Sequence[Fetched], written: Written) -> None:
        self.tally.take(batch, written)
        for fetched in batch:
            provider, answer = fetched.call.provider, fetched.answer
            ids = [one.instrument_id for one in fetched.call.request.instruments]
            if isinstance(answer.failure, CircuitOpen):
                self._not_asked.update((provider, one) for one in ids)
            else:
                self._score(fetched, sum(written.left_out.get((provider, one), 0) for one in ids))

    def _score(self, fetched: Fetched, left_out: int) -> None:
        # Counted for the first instrument's class: a call that mixes classes is rare, and its rows need no second look.
        asset_class = fetched.call.request.instruments[0].asset_class
        key = ScoreKey(fetched.call.provider, self.asker.capability, asset_class)
        self.asker.book.counted(key, expected=fetched.answer.candles.height + left_out, missing=left_out)

    def _plan(self, open_: Mapping[int, Spans]) -> Plan:
        workshop, wanted = self.asker.workshop, self.prepared.wanted
        needs = next_needs(open_, wanted.instruments, wanted.timeframe)
        return make_plan(needs, self.prepared.offers, workshop.clock.now(), workshop.policy.limits, self._refused)

    async def _is_back(self, providers: Collection[str]) -> bool:
        workshop = self.asker.workshop
        now = workshop.clock.now()
        resting = workshop.breakers.resting(list(providers), self.asker.capability, now)
        if not resting.keys() >= set(providers):
            return True
        seconds = (min(trip.until for trip in resting.values()) - now).total_seconds()
        if seconds > workshop.policy.return_seconds:
            return False
        log.info("run %d: waiting %.1f s for %s", self.run_id, seconds, ", ".join(sorted(resting)))
        await asyncio.sleep(seconds)
        return True
