"""Looking again at what is stored: is every candle sound, how much was set aside, do hot series say what rows say.

Reads only. It judges by the rules on single candles; suspicions that need neighbours were voiced when the candles came.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import orjson
import polars as pl

from trend_platform.domain.candles import CANDLE_KEY
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.ranges import Range, range_window
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.series import refresh_series
from trend_platform.ingest.workshop import Workshop
from trend_platform.quality.prepared import prepared
from trend_platform.quality.rules.base import RowRule
from trend_platform.quality.rules.integrity import INTEGRITY
from trend_platform.quality.verdict import Surroundings

# So many instruments are read at once, which bounds memory for MAX.
_AT_ONCE = 50
_UNSOUND_SCHEMA = pl.Schema({"symbol": pl.String(), "day": pl.Date(), "rule": pl.String(), "reason": pl.String()})


@dataclass(frozen=True, slots=True)
class Audit:
    """What a second look at stored candles found.

    Attributes:
        looked_at: Candles that were judged again.
        unsound: Stored candles that break a rule: `symbol`, `day`, `rule`, `reason`.
        set_aside: Candles that lie in quarantine and have no good one in their place.
    """

    looked_at: int = 0
    unsound: pl.DataFrame = field(default_factory=_UNSOUND_SCHEMA.to_frame)
    set_aside: int = 0

    @property
    def rejected_share(self) -> float:
        """Return the share of the candles that came and were set aside for good, 0 to 1."""
        return self.set_aside / max(1, self.looked_at + self.set_aside)


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of a comparison of hot series with the rows they were made from.

    Attributes:
        equal: Series that say what the rows say.
        absent: Series the cache does not hold (any more): readers read through.
        differing: Symbol and range of each series that says something else.
    """

    equal: int
    absent: int
    differing: tuple[tuple[str, Range], ...] = ()


def audit(workshop: Workshop, wanted: Wanted) -> Audit:
    """Judge the stored candles of the wanted series again, over the hull of the wanted ranges."""
    windows = [range_window(range_, wanted.as_of) for range_ in wanted.ranges]
    hull = Interval(min(window.start for window in windows), max(window.end for window in windows))
    parts = [
        _audit(workshop, wanted.instruments[at : at + _AT_ONCE], wanted.timeframe, hull)
        for at in range(0, len(wanted.instruments), _AT_ONCE)
    ]
    return Audit(
        sum(part.looked_at for part in parts),
        pl.concat([_UNSOUND_SCHEMA.to_frame(), *(part.unsound for part in parts)]),
        sum(part.set_aside for part in parts),
    )


def compare_series(workshop: Workshop, instruments: Sequence[Instrument], ranges: Sequence[Range]) -> Compared:
    """Compare cached series with what the database gives for the day each of them was made for."""
    keys = [(instrument.symbol, range_) for instrument in instruments for range_ in ranges]
    cached = {key: payload for key in keys if (payload := workshop.cache.get(*key)) is not None}
    made_for = {key: date.fromisoformat(orjson.loads(payload)["as_of"]) for key, payload in cached.items()}
    fresh = _Caught()
    catching = replace(workshop, cache=fresh)
    differing: list[tuple[str, Range]] = []
    for as_of in sorted(set(made_for.values())):
        refresh_series(catching, instruments, ranges, as_of)
        mine = [key for key in cached if made_for[key] == as_of]
        differing += [key for key in mine if cached[key] != fresh.series[key]]
    return Compared(len(cached) - len(differing), len(keys) - len(cached), tuple(differing))


def _audit(workshop: Workshop, instruments: Sequence[Instrument], timeframe: Timeframe, hull: Interval) -> Audit:
    known = {one.instrument_id: one for one in instruments}
    market = workshop.storage.market
    candles = market.candles(list(known), timeframe, hull)
    surroundings = Surroundings(
        known, candles.clear(), market.splits(list(known)).clear(), timeframe, workshop.clock.now()
    )
    quarantined = market.quarantined(list(known), timeframe, hull).unique(CANDLE_KEY)
    unsound = candles if candles.is_empty() else _struck(prepared(candles, surroundings))
    return Audit(
        candles.height,
        _shown(unsound, known),
        quarantined.join(candles, on=CANDLE_KEY, how="anti").height,
    )


def _struck(candles: pl.DataFrame) -> pl.DataFrame:
    return candles.filter(pl.any_horizontal(rule.strikes for rule in INTEGRITY))


def _shown(unsound: pl.DataFrame, known: Mapping[int, Instrument]) -> pl.DataFrame:
    if unsound.is_empty():
        return _UNSOUND_SCHEMA.to_frame()
    return unsound.select(
        pl.col("instrument_id").replace_strict({one: each.symbol for one, each in known.items()}).alias("symbol"),
        pl.col("opened_at").dt.date().alias("day"),
        _rule(INTEGRITY).alias("rule"),
        pl.concat_str([rule.reason for rule in INTEGRITY], separator="; ", ignore_nulls=True).alias("reason"),
    )


def _rule(rules: tuple[RowRule, ...]) -> pl.Expr:
    return pl.coalesce(pl.when(rule.strikes).then(pl.lit(rule.id)) for rule in rules)


@dataclass(slots=True)
class _Caught:
    # A cache that keeps what is put and knows nothing else: catches the series as the database gives them.
    series: dict[tuple[str, Range], bytes] = field(default_factory=dict)

    def get(self, symbol: str, range_: Range) -> bytes | None:
        return self.series.get((symbol, range_))

    def put(self, series: Mapping[tuple[str, Range], bytes]) -> int:
        self.series.update(series)
        return 0

    def forget(self, symbols: Sequence[str]) -> None:
        self.series = {key: payload for key, payload in self.series.items() if key[0] not in symbols}

    def forget_others(self, keep: Collection[str]) -> int:
        before = len(self.series)
        self.series = {key: payload for key, payload in self.series.items() if key[0] in keep}
        return before - len(self.series)
