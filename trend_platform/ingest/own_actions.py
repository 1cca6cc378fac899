"""Actions that a person says: splits and dividends nobody tells, changes of symbol, delistings; and taking them back.

They are believed against any provider. A change of symbol keeps the instrument's number, so that its whole history is served under
the new symbol and the old one leads to it; a delisting ends what the calendar expects.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from trend_platform.domain.actions import ACTION_KEY, ACTION_SCHEMA, ActionKind, empty_actions
from trend_platform.domain.claims import BY_HAND
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.ranges import HISTORICAL_RANGES
from trend_platform.errors import UsageError
from trend_platform.ingest.actions import SHARES
from trend_platform.ingest.delistings import end_lifetime
from trend_platform.ingest.keeping import refresh_touched
from trend_platform.ingest.series import refresh_series
from trend_platform.ingest.workshop import Workshop

_EMPTY: Final = empty_actions()


@dataclass(frozen=True, slots=True)
class OwnAction:
    """What a person says.

    Attributes:
        kind: What happened.
        ex_date: The first session on which it holds.
        ratio: Of a split: new shares per old one.
        amount: Of a dividend: cash per share.
        currency: Of a dividend.
        symbol: Of a change of symbol: the new one, canonical.
        remark: Anything else.
    """

    kind: ActionKind
    ex_date: date
    ratio: float | None = None
    amount: float | None = None
    currency: str | None = None
    symbol: str | None = None
    remark: str = ""


def say_action(workshop: Workshop, instrument: Instrument, action: OwnAction) -> Instrument:
    """Keep an action, let it have its effect, and write the hot series that change; return the instrument as it is then.

    Raises:
        UsageError: It does not fit the instrument, or the new symbol is another one's in the universe; nothing is kept.
        UnavailableError: The database does not answer.
    """
    if instrument.asset_class not in SHARES and action.kind in {ActionKind.SPLIT, ActionKind.DIVIDEND}:
        raise UsageError(f"{instrument.symbol} is {instrument.asset_class.value}: only shares and funds split or pay")
    after = _renamed(workshop, instrument, action.symbol) if action.symbol else instrument
    if action.kind is ActionKind.DELISTING:
        after = end_lifetime(workshop, after, action.ex_date)
    detail = instrument.symbol if action.kind is ActionKind.SYMBOL_CHANGE else action.remark
    row = {
        "instrument_id": instrument.instrument_id,
        "kind": action.kind.value,
        "ex_date": action.ex_date,
        "ratio": action.ratio,
        "amount": action.amount,
        "currency": action.currency,
        "detail": detail,
        "provider": BY_HAND,
        "fetched_at": workshop.clock.now(),
    }
    kept = pl.DataFrame([row], schema=ACTION_SCHEMA)
    workshop.storage.actions.record(kept, _EMPTY)
    _refresh(workshop, after, kept)
    return after


def take_back(workshop: Workshop, instrument: Instrument, kind: ActionKind, ex_date: date) -> Instrument:
    """Drop an action, whoever told it, and undo its effect; return the instrument as it is then.

    Raises:
        UsageError: There is none, or the former symbol is another one's by now; nothing is dropped.
    """
    known = workshop.storage.actions.of([instrument.instrument_id])
    mine = known.filter((pl.col("kind") == kind.value) & (pl.col("ex_date") == ex_date))
    if mine.is_empty():
        raise UsageError(
            f"no {kind.value} of {instrument.symbol} is known for {ex_date}; see `trend actions list {instrument.symbol}`"
        )
    after = instrument
    if kind is ActionKind.SYMBOL_CHANGE:
        after = _renamed(workshop, instrument, str(mine["detail"][0]))
    if kind is ActionKind.DELISTING:
        after = end_lifetime(workshop, instrument, None)
    workshop.storage.actions.record(_EMPTY, mine.select(ACTION_KEY))
    _refresh(workshop, after, mine)
    return after


def _renamed(workshop: Workshop, instrument: Instrument, symbol: str) -> Instrument:
    after = workshop.storage.universe.rename(instrument.symbol, symbol)
    workshop.cache.forget([instrument.symbol])
    return after


def _refresh(workshop: Workshop, instrument: Instrument, actions: pl.DataFrame) -> None:
    if actions["kind"][0] == ActionKind.SPLIT.value:
        refresh_touched(workshop, [instrument], actions)
    elif actions["kind"][0] == ActionKind.SYMBOL_CHANGE.value:
        refresh_series(workshop, [instrument], HISTORICAL_RANGES)
