"""Refreshing corporate actions: splits, dividends and delistings from whoever tells them, a second opinion on new ones, hot series anew.

Nothing stored is rewritten: prices stay as they came, and readers adjust by what is known. What is believed where providers
disagree is decided in `domain.claims`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import orjson
import polars as pl

from trend_platform.domain.actions import ActionKind, as_actions, empty_actions
from trend_platform.domain.capability import Capability
from trend_platform.domain.claims import RECENT, Asked
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.errors import NothingThere, ProviderError, TrendError, UsageError
from trend_platform.ingest.action_outcome import ActionsOutcome, ActionsTally
from trend_platform.ingest.asking import Asker
from trend_platform.ingest.delistings import fitting, looking_gone, settle_lifetimes
from trend_platform.ingest.keeping import changed_splits, coming_into_force, keep_told, refresh_touched
from trend_platform.ingest.scorebook import Scorebook
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.base import Provider
from trend_platform.providers.reference import TellsDelistings, TellsDividends

SHARES: Final = frozenset({AssetClass.STOCK, AssetClass.ETF})
"""The kinds of instruments that split and pay."""

KINDS: Final = (ActionKind.SPLIT, ActionKind.DIVIDEND)
"""What providers are asked for of every share; delistings only of those that look gone. Changes of symbol a person says."""

AHEAD: Final = timedelta(days=90)
"""So far ahead announced actions are asked for."""

RUN_KIND: Final = "actions"
BEGINNING: Final = date(1962, 1, 2)
"""The first day of anything that is known of US shares."""


@dataclass(frozen=True, slots=True)
class WantedActions:
    """What is asked for.

    Attributes:
        instruments: Whose actions; those that are no shares are passed over.
        since: First day asked for; the last weeks if `None`.
        has_history: Whether all there is is asked of those of whom nothing of a kind is known, and of all where nothing is
            known of anybody.
        has_witness: Whether a second provider is asked about instruments with something new in the last weeks.
    """

    instruments: Sequence[Instrument]
    since: date | None = None
    has_history: bool = False
    has_witness: bool = True


async def refresh_actions(workshop: Workshop, wanted: WantedActions) -> ActionsOutcome:
    """Ask for splits, dividends and delistings, keep what is new, record who disputes it, write the hot series that change.

    Delistings are asked of shares that look gone; one that is kept ends what is expected of the instrument.

    Returns:
        The outcome; failures of providers are in it, not raised.

    Raises:
        UsageError: Nobody at hand tells splits or dividends.
        UnavailableError: The database went away; what was kept before stays.
    """
    if not any(_tells(one, kind) for one in workshop.providers for kind in KINDS):
        at_hand = ", ".join(one.name for one in workshop.providers) or "none"
        raise UsageError(f"no provider at hand tells splits or dividends; at hand: {at_hand}; see `trend sources`")
    runs, clock, book = workshop.storage.runs, workshop.clock, Scorebook()
    shares = tuple(one for one in wanted.instruments if one.asset_class in SHARES)
    started_at = clock.now()
    run_id = runs.start(RUN_KIND, orjson.dumps({"instruments": len(shares)}).decode(), started_at)
    tally = ActionsTally()
    try:
        gone = looking_gone(workshop, shares)
        round_ = _Round(Asker(workshop, Capability.SPLITS, book), wanted, tally, gone)
        for kind in KINDS:
            await round_.ask(kind, shares)
        await round_.ask(ActionKind.DELISTING, [one for one in shares if one.instrument_id in gone])
        moved = pl.concat([changed_splits(tally.settled), coming_into_force(workshop, shares)])
        tally.series = refresh_touched(workshop, shares, moved)
        workshop.storage.scores.add(book.take(), clock.now(), workshop.policy.half_life)
    except TrendError as error:
        runs.finish(run_id, "failed", orjson.dumps({"error": str(error)}).decode(), clock.now())
        raise
    outcome = tally.outcome(run_id, len(shares), (clock.now() - started_at).total_seconds())
    runs.finish(run_id, "done", orjson.dumps(outcome.as_dict()).decode(), clock.now())
    return outcome


@dataclass(frozen=True, slots=True)
class _Round:
    asker: Asker
    wanted: WantedActions
    tally: ActionsTally
    gone: Mapping[int, date]
    _first: dict[int, str] = field(default_factory=dict)

    async def ask(self, kind: ActionKind, shares: Sequence[Instrument]) -> None:
        """Ask for one kind: the first who can tell of each instrument, then a second one of what is new."""
        self._first.clear()
        for first_day, some in self._since(kind, shares).items():
            left = {one.instrument_id: one for one in some}
            for provider in self._order():
                await self._ask_one(provider, kind, tuple(left.values()), first_day)
                left = {one: share for one, share in left.items() if one not in self._first}
        if any(_tells(one, kind) for one in self.asker.workshop.providers):
            self.tally.untold[kind] = sum(one.instrument_id not in self._first for one in shares)
        if self.wanted.has_witness:
            await self._ask_witnesses(kind, shares)

    def _order(self) -> list[Provider]:
        workshop = self.asker.workshop
        names = workshop.ranking(Capability.SPLITS).of(AssetClass.STOCK)
        return sorted((one for one in workshop.providers if one.name in names), key=lambda one: names.index(one.name))

    def _since(self, kind: ActionKind, shares: Sequence[Instrument]) -> dict[date, list[Instrument]]:
        workshop, since = self.asker.workshop, self.wanted.since
        if kind is ActionKind.DELISTING:
            return {BEGINNING: list(shares)} if shares else {}
        first = since or workshop.clock.now().date() - RECENT
        known = workshop.storage.actions.of([one.instrument_id for one in shares])
        told = set(known.filter(pl.col("kind") == kind.value)["instrument_id"])
        is_whole = since is None and (self.wanted.has_history or not told)
        parts: dict[date, list[Instrument]] = {}
        for one in shares:
            is_new = is_whole and one.instrument_id not in told
            parts.setdefault(BEGINNING if is_new else first, []).append(one)
        return parts

    async def _ask_one(
        self, provider: Provider, kind: ActionKind, shares: Sequence[Instrument], first_day: date
    ) -> None:
        served = [one for one in shares if _serves(provider, kind, one)]
        if not served:
            return
        workshop = self.asker.workshop
        last = workshop.clock.now().date() + AHEAD
        asked = Asked(kind, provider.name, frozenset(one.instrument_id for one in served), first_day, last)
        told = await self._told(provider, served, asked)
        if told is not None:
            settled = keep_told(workshop, told, asked)
            if kind is ActionKind.DELISTING:
                settle_lifetimes(workshop, served, settled)
            self.tally.settled.append(settled)
            self._first.update(dict.fromkeys(asked.instrument_ids, provider.name))

    async def _told(self, provider: Provider, shares: Sequence[Instrument], asked: Asked) -> pl.DataFrame | None:
        # The provider's answer as an action frame; nothing where it did not answer.
        now = self.asker.workshop.clock.now()
        try:
            told, calls = await self._answer(provider, shares, asked)
        except NothingThere as fact:
            self.tally.calls[provider.name] += fact.calls
            return empty_actions()
        except ProviderError as error:
            self.tally.failed(asked.kind, provider.name, error)
            return None
        self.tally.calls[provider.name] += calls
        self.tally.told[asked.kind] += told.height
        return as_actions(told, asked.kind, now)

    async def _answer(self, provider: Provider, shares: Sequence[Instrument], asked: Asked) -> tuple[pl.DataFrame, int]:
        # The frame of its kind, and the calls it took.
        inside = days(asked.first, asked.last)
        if asked.kind is ActionKind.SPLIT:
            splits = await self.asker.splits(provider, shares, inside, is_replaceable=True)
            return splits.splits, splits.calls
        if asked.kind is ActionKind.DELISTING:
            assert isinstance(provider, TellsDelistings)  # noqa: S101  `_serves` has looked
            ends = await self.asker.delistings(provider, provider.name, shares)
            return fitting(ends.delistings, self.gone), ends.calls
        assert isinstance(provider, TellsDividends)  # noqa: S101  `_serves` has looked
        dividends = await self.asker.dividends(provider, provider.name, shares, inside)
        return dividends.dividends, dividends.calls

    async def _ask_witnesses(self, kind: ActionKind, shares: Sequence[Instrument]) -> None:
        since = self.asker.workshop.clock.now().date() - RECENT
        fresh = pl.concat([empty_actions(), *(one.added for one in self.tally.settled)])
        is_new = (pl.col("kind") == kind.value) & (pl.col("ex_date") >= since)
        new = set(fresh.filter(is_new)["instrument_id"])
        doubted = {one.instrument_id: one for one in shares if one.instrument_id in new}
        tellers, before = dict(self._first), set(doubted)
        for provider in self._order():
            if (provider.name, kind) in self.tally.failures:
                continue
            mine = tuple(
                one for number, one in doubted.items() if number in before and tellers.get(number) != provider.name
            )
            self._first.clear()
            await self._ask_one(provider, kind, mine, since)
            before -= self._first.keys()


def _tells(provider: Provider, kind: ActionKind) -> bool:
    able = provider.capabilities
    if kind is ActionKind.SPLIT:
        return able.has_splits
    if kind is ActionKind.DELISTING:
        return able.has_delistings and isinstance(provider, TellsDelistings)
    return able.has_dividends and isinstance(provider, TellsDividends)


def _serves(provider: Provider, kind: ActionKind, instrument: Instrument) -> bool:
    is_known = instrument.asset_class in provider.capabilities.asset_classes
    return is_known and _tells(provider, kind) and provider.symbol_of(instrument) is not None
