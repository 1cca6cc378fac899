"""What the rules find in real series that somebody has corrected: each fault is where the two of a pair differ.

No fault is listed by hand, and no file has a threshold of its own. Series without a fault are the controls.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from trend_platform.domain.actions import DIVIDEND_SCHEMA, SPLIT_SCHEMA
from trend_platform.domain.candles import as_candles, empty_candles
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.quality.dividends import judge_dividends
from trend_platform.quality.judge import Surroundings, judge
from trend_platform.quality.rules.integrity import INTEGRITY

NOW = datetime(2026, 11, 20, tzinfo=UTC)
PRICES = ("open", "high", "low", "close")
ANY = Instrument(1, "ANY", AssetClass.STOCK, "24/7")
CORRECTED = "corrected series"
CLEAN = "clean controls"
_TIMEFRAMES = {"1d": Timeframe.D1, "1wk": Timeframe.W1, "15m": Timeframe.M15}


@dataclass
class Kind:
    """What became of one kind of fault.

    Attributes:
        faults: How many there are.
        missed: Those that no rule saw: file and first day.
        rows: Of faults of candles, how many candles are wrong.
        rows_struck: How many of these were set aside themselves, not only one beside them.
    """

    faults: int = 0
    missed: list[str] = field(default_factory=list)
    rows: int = 0
    rows_struck: int = 0

    @property
    def recall(self) -> float:
        return 1 - len(self.missed) / self.faults


@dataclass
class Controls:
    """What was looked at that has no fault, and what was said of it all the same."""

    looked_at: int = 0
    alarms: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return len(self.alarms) / self.looked_at


@dataclass
class Found:
    """Everything measured, by kind of fault and of control."""

    kinds: dict[str, Kind] = field(default_factory=lambda: defaultdict(Kind))
    candles: dict[str, Controls] = field(default_factory=lambda: defaultdict(Controls))
    dividends: dict[str, Controls] = field(default_factory=lambda: defaultdict(Controls))

    @property
    def recall(self) -> float:
        faults = sum(kind.faults for kind in self.kinds.values())
        return 1 - sum(len(kind.missed) for kind in self.kinds.values()) / faults


def measure(folder: Path) -> Found:
    """Judge all series of the folder, and hold what is said against the corrections."""
    found = Found()
    for path in sorted(path for path in folder.iterdir() if "-fixed" not in path.name):
        name, broken = path.name.partition(".")[0], read(path)
        timeframe = next(each for word, each in _TIMEFRAMES.items() if f"-{word}-" in name)
        pairs = sorted(folder.glob(f"{name}-fixed.csv*"))
        if not pairs:
            _control(found, CLEAN, name, broken, timeframe)
            continue
        fixed = read(pairs[0])
        _control(found, CORRECTED, name, fixed, timeframe)
        _candle_faults(found, name, broken, fixed, timeframe)
        if timeframe is Timeframe.D1:
            _dividend_faults(found, name, broken, fixed)
    return found


def read(path: Path) -> pl.DataFrame:
    """Return a file as columns: `at` (UTC; of days and weeks their date), prices, `adjusted`, `volume`, `dividend`, `split`."""
    lines = pl.read_csv(path, infer_schema_length=None)
    is_days = "15m" not in path.name
    text = pl.col(lines.columns[0])
    at = (
        text.str.slice(0, 10).str.to_datetime(time_unit="us", time_zone="UTC")
        if is_days
        else text.str.to_datetime(time_unit="us", time_zone="UTC")
    )
    named = {"adjusted": "Adj Close", "volume": "Volume", "dividend": "Dividends", "split": "Stock Splits"}
    columns = {name: name.capitalize() for name in PRICES} | named
    return lines.select(
        at.alias("at"), *(pl.col(old).cast(pl.Float64).alias(new) for new, old in columns.items())
    ).sort("at")


def struck_candles(series: pl.DataFrame, timeframe: Timeframe) -> pl.DataFrame:
    """Return the candles set aside (`at`, `rule`) with the splits of the file known."""
    splits = series.filter(pl.col("split") > 0).select(
        pl.lit(1).alias("instrument_id"), pl.col("at").dt.date().alias("ex_date"), pl.col("split").alias("ratio"),
        pl.lit("yahoo").alias("provider"),
    )  # fmt: skip
    surroundings = Surroundings({1: ANY}, empty_candles(), splits.cast(SPLIT_SCHEMA), timeframe, NOW)
    rejected = judge(candles_of(series, timeframe), surroundings).rejected
    return rejected.select(pl.col("opened_at").alias("at"), "rule")


def candles_of(series: pl.DataFrame, timeframe: Timeframe = Timeframe.D1) -> pl.DataFrame:
    said = {"instrument_id": 1, "timeframe": timeframe.value, "provider": "yahoo", "basis": "split", "is_final": True}
    told = [pl.lit(value).alias(name) for name, value in said.items()]
    return as_candles(series.with_columns(pl.col("at").alias("opened_at"), pl.lit(NOW).alias("fetched_at"), *told))


def struck_dividends(series: pl.DataFrame) -> pl.DataFrame:
    """Return what is said of the dividends of a daily series, Yahoo's own adjusted closes beside them."""
    told = series.filter(pl.col("dividend") > 0).select(
        pl.lit(1).alias("instrument_id"), pl.col("at").dt.date().alias("ex_date"), pl.col("dividend").alias("amount"),
        pl.lit("").alias("currency"), pl.lit("yahoo").alias("provider"),
    )  # fmt: skip
    adjusted = series.select(
        pl.lit(1, pl.Int32).alias("instrument_id"), pl.col("at").alias("opened_at"), adjusted_close="adjusted"
    )
    splits = pl.DataFrame(schema=SPLIT_SCHEMA)
    return judge_dividends(told.cast(DIVIDEND_SCHEMA), candles_of(series), splits, adjusted)


def _control(found: Found, what: str, name: str, series: pl.DataFrame, timeframe: Timeframe) -> None:
    # A row that contradicts itself is a fault the correction left in, and no false alarm.
    plain = {rule.id for rule in INTEGRITY}
    struck = struck_candles(series, timeframe).filter(~pl.col("rule").is_in(plain))
    found.candles[what].looked_at += series.height
    found.candles[what].alarms += [f"{name} {at:%Y-%m-%d} {rule}" for at, rule in struck.iter_rows()]
    if timeframe is Timeframe.D1:
        said = struck_dividends(series).group_by("ex_date", maintain_order=True).first()
        found.dividends[what].looked_at += series.filter(pl.col("dividend") > 0).height
        found.dividends[what].alarms += [
            f"{name} {day} {rule}" for day, rule in said.select("ex_date", "rule").iter_rows()
        ]


def _candle_faults(found: Found, name: str, broken: pl.DataFrame, fixed: pl.DataFrame, timeframe: Timeframe) -> None:
    # A run of wrong candles is one fault. Seen alone, a series that changes its level does not tell on which side it is
    # wrong: the candle next to the run counts as well.
    kind = "candle in another unit" if "100x" in name else "candle not adjusted for a split"
    pair = broken.join(fixed, on="at", suffix="_right").with_row_index()
    is_wrong = pl.any_horizontal((pl.col(one) / pl.col(f"{one}_right") - 1).abs() > 1e-3 for one in PRICES)
    wrong = pair.filter(is_wrong)["index"].to_list()
    levels = struck_candles(broken, timeframe).filter(
        pl.col("rule").is_in(["unit_100x", "spike", "unexplained_jump", "unadjusted_for_split"])
    )
    struck = set(pair.join(levels, on="at")["index"].to_list())
    for start, end in _runs(wrong):
        found.kinds[kind].faults += 1
        found.kinds[kind].rows += end + 1 - start
        found.kinds[kind].rows_struck += len(struck & set(range(start, end + 1)))
        if not struck & set(range(start - 1, end + 2)):
            found.kinds[kind].missed.append(f"{name} {pair['at'][start]:%Y-%m-%d}")


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    starts = [one for one in numbers if one - 1 not in numbers]
    ends = [one for one in numbers if one + 1 not in numbers]
    return zip(starts, ends, strict=True)


def _dividend_faults(found: Found, name: str, broken: pl.DataFrame, fixed: pl.DataFrame) -> None:
    days = set(struck_dividends(broken)["ex_date"].to_list())
    steps = [_with_steps(one) for one in (broken, fixed)]
    pair = steps[0].join(steps[1], on="at", suffix="_right").filter(pl.col("dividend") > 0)
    for at, told, right, step, step_right in pair.select(
        "at", "dividend", "dividend_right", "step", "step_right"
    ).iter_rows():
        if kind := _kind(told, right, step, step_right):
            found.kinds[kind].faults += 1
            if at.date() not in days:
                found.kinds[kind].missed.append(f"{name} {at:%Y-%m-%d}")


def _with_steps(series: pl.DataFrame) -> pl.DataFrame:
    factor = pl.col("adjusted") / pl.col("close")
    return series.drop_nulls("close").with_columns(step=1 - factor.shift(1) / factor)


def _kind(told: float, right: float, step: float, step_right: float) -> str:
    if abs(told / right - 1) > 1e-3 if right else True:
        times = told / right if right else 0.0
        return {100: "dividend a hundredfold", 0.01: "dividend a hundredth"}.get(
            round(times, 4), "dividend of another amount or day"
        )
    return "adjustment missing or wrong" if abs(step - step_right) > 0.05 * step_right else ""
