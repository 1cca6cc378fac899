"""The simulated market by the day: sessions with open, high, low, close, volume, and the splits between them.

Log prices are whole numbers of 1e-12 summed from the anchor day outwards, so any part of a path is exactly the same
however it is asked. Prices are raw: they jump on the day of a split. The inside of a session lives in `intraday`.
"""

from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
import polars as pl

from trend_platform.domain.calendars import DAY_US, TradingCalendar, from_us, to_us
from trend_platform.domain.intervals import Interval, midnight
from trend_platform.providers.simulated.profiles import ANCHOR, Profile
from trend_platform.providers.simulated.randomness import Floats, Ints, bell_at, stream_key, uniform_at

_LOG_UNIT = 1e-12
_REGIME_DAYS = 90
_RATIOS = (2.0, 3.0, 4.0, 5.0, 10.0, 20.0)
_SPLITS_ABOVE, _JOINS_BELOW, _JOINED = 2.2, 0.08, 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Log prices of consecutive sessions relative to the anchor day's close, as if no split had ever been.

    Attributes:
        stamps: Midnight UTC of each session's date, microseconds.
        opens: Log price at the open, in units of 1e-12.
        closes: Log price at the close, in units of 1e-12.
        turbulence: Deviation of each day's log return.
    """

    stamps: Ints
    opens: Ints
    closes: Ints
    turbulence: Floats

    def within(self, start: int, end: int) -> "Path":
        """Return the sessions stamped in `[start, end)`, bounds in microseconds."""
        part = slice(*np.searchsorted(self.stamps, (start, end)).tolist())
        return Path(self.stamps[part], self.opens[part], self.closes[part], self.turbulence[part])


@dataclass(frozen=True, slots=True)
class Split:
    """One split: from the session of `ex_date` on, one old share is `ratio` new ones."""

    ex_date: date
    ratio: float


def path_to_anchor(profile: Profile, calendar: TradingCalendar, interval: Interval) -> Path:
    """Return the path over the sessions of `interval` and all between it and the anchor day."""
    anchor = int(np.searchsorted(calendar.sessions, to_us(midnight(ANCHOR))))
    first = min(int(np.searchsorted(calendar.sessions, to_us(interval.start))), anchor)
    last = max(int(np.searchsorted(calendar.sessions, to_us(interval.end))), anchor + 1)
    stamps = calendar.sessions[first:last]
    days = stamps // DAY_US
    turbulence = _turbulence(profile, days)
    overnight = _steps(profile, "overnight", days, turbulence * profile.overnight, 0.0)
    inside = _steps(profile, "inside", days, turbulence * np.sqrt(1 - profile.overnight**2), profile.drift)
    closes = np.cumsum(overnight + inside)
    closes -= closes[anchor - first]
    return Path(stamps, closes - inside, closes, turbulence)


def splits_on(profile: Profile, path: Path) -> tuple[Split, ...]:
    """Return the splits on a path that touches the anchor day, oldest first.

    Once a year a company looks at its price: far above what it likes it splits, far below it joins shares. Seen
    backwards from the anchor the same rule says where a split must have been.
    """
    if not profile.has_splits:
        return ()
    checks = _yearly_checks(profile, path)
    anchor = to_us(midnight(ANCHOR))
    before = _walk(path, [index for index in reversed(checks) if path.stamps[index] <= anchor], forward=False)
    after = _walk(path, [index for index in checks if path.stamps[index] > anchor], forward=True)
    return (*reversed(before), *after)


def share_factors(stamps: Ints, splits: tuple[Split, ...]) -> Floats:
    """Return by what a price on the anchor day's share count must be multiplied to be raw on each of `stamps`."""
    anchor = to_us(midnight(ANCHOR))
    factors = np.ones(len(stamps))
    for split in splits:
        effective = to_us(midnight(split.ex_date))
        if effective <= anchor:
            factors[stamps < effective] *= split.ratio
        else:
            factors[stamps >= effective] /= split.ratio
    return factors


def daily_frame(profile: Profile, path: Path, splits: tuple[Split, ...]) -> pl.DataFrame:
    """Return the finished candles of a path: `opened_at` (microseconds, i64), prices, volume, vwap, trade_count."""
    draw = partial(_draw, profile, path.stamps // DAY_US)
    factor = profile.level * share_factors(path.stamps, splits)
    reach = path.turbulence * 0.6
    top = np.maximum(path.opens, path.closes) * _LOG_UNIT + np.abs(draw("high")) * reach
    bottom = np.minimum(path.opens, path.closes) * _LOG_UNIT - np.abs(draw("low")) * reach
    logs = {"open": path.opens * _LOG_UNIT, "high": top, "low": bottom, "close": path.closes * _LOG_UNIT}
    prices = {name: ticks(profile, np.exp(log) * factor) for name, log in logs.items()}
    move = np.abs(path.closes - path.opens) * _LOG_UNIT / profile.volatility
    money = profile.turnover * np.exp(0.35 * draw("volume") + 0.4 * np.minimum(move, 6.0))
    middle = sum(prices.values()) / 4
    volume = np.maximum(np.round(money / middle, profile.volume_decimals), 1.0)
    return pl.DataFrame(
        {
            "opened_at": path.stamps,
            **prices,
            "volume": volume,
            "vwap": np.round(middle, profile.decimals + 2),
            "trade_count": 1 + (money / 12_000).astype(np.int64),
        }
    )


def close_before(profile: Profile, path: Path, splits: tuple[Split, ...], session: int) -> float | None:
    """Return the close of the session before `session` (its stamp, microseconds) counted in that session's shares.

    `None` if the path begins with `session`.
    """
    place = int(np.searchsorted(path.stamps, session))
    if place == 0:
        return None
    factor = profile.level * share_factors(path.stamps[place : place + 1], splits)
    return float(ticks(profile, np.exp(path.closes[place - 1 : place] * _LOG_UNIT) * factor)[0])


def ticks(profile: Profile, prices: Floats) -> Floats:
    """Return prices rounded to the instrument's decimals, never below its smallest step."""
    rounded: Floats = np.maximum(np.round(prices, profile.decimals), 10.0**-profile.decimals)
    return rounded


def _draw(profile: Profile, places: Ints, stream: str) -> Floats:
    return bell_at(stream_key(profile.key, stream), places)


def _steps(profile: Profile, stream: str, days: Ints, deviation: Floats, drift: float) -> Ints:
    returns = _draw(profile, days, stream) * deviation + drift
    whole: Ints = np.rint(returns / _LOG_UNIT).astype(np.int64)
    return whole


def _turbulence(profile: Profile, days: Ints) -> Floats:
    # Quiet and wild quarters run into each other; a few days are far wilder than their quarter. Together: fat tails.
    block, within = np.divmod(days, _REGIME_DAYS)
    quarters = np.arange(int(block[0]), int(block[-1]) + 2)
    mood = 0.55 + uniform_at(stream_key(profile.key, "mood"), quarters) ** 2 * 1.2
    now, then = mood[block - block[0]], mood[block - block[0] + 1]
    regime = now + (then - now) * (within / _REGIME_DAYS)
    luck = uniform_at(stream_key(profile.key, "surprise"), days)
    surprise = np.where(luck < 0.015, 3.2, np.where(luck < 0.08, 1.8, 0.85))
    scaled: Floats = profile.volatility * regime * surprise
    return scaled


def _yearly_checks(profile: Profile, path: Path) -> list[int]:
    years = path.stamps.astype("datetime64[us]").astype("datetime64[Y]")
    candidates = np.arange(years[0], years[-1] + 1)
    within = uniform_at(stream_key(profile.key, "split day"), candidates.astype(np.int64))
    days = candidates.astype("datetime64[D]") + (20 + within * 300).astype(np.int64)
    found = np.searchsorted(path.stamps, days.astype("datetime64[us]").astype(np.int64))
    # The session before a check must be on the path, and the check's own day too.
    return [int(index) for index in found if 0 < index < len(path.stamps)]


def _walk(path: Path, checks: list[int], *, forward: bool) -> list[Split]:
    factor, splits = 1.0, []
    for index in checks:
        # Today's price over the one the company likes; looking back, what today's shares would have cost then.
        excess = float(np.exp(path.closes[index - 1] * _LOG_UNIT)) * factor
        ratio = _ratio(excess if forward else 1 / excess)
        if ratio != 1.0:
            splits.append(Split(from_us(path.stamps[index]).date(), ratio))
            factor = factor / ratio if forward else factor * ratio
    return splits


def _ratio(excess: float) -> float:
    if excess > _SPLITS_ABOVE:
        return min(_RATIOS, key=lambda ratio: abs(ratio - excess))
    return _JOINED if excess < _JOINS_BELOW else 1.0
