"""The `Economy` port in memory: one observation frame per series, replaced as a whole."""

from dataclasses import dataclass, field
from threading import Lock

import polars as pl

from trend_platform.domain.economy import OBSERVATION_KEY, EconomicSeries, as_observations, empty_observations

_Key = tuple[str, str]


@dataclass(slots=True)
class MemoryEconomy:
    """Economic series with every vintage of their observations."""

    _about: dict[_Key, EconomicSeries] = field(default_factory=dict)
    _vintages: dict[_Key, pl.DataFrame] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def series(self) -> tuple[EconomicSeries, ...]:
        """Return all that were ever stored, by their id and provider."""
        with self._lock:
            return tuple(self._about[key] for key in sorted(self._about))

    def observations(self, provider: str, series: str) -> pl.DataFrame:
        """Return all vintages of a series as an observation frame."""
        return self._vintages.get((series, provider), empty_observations())

    def write(self, about: EconomicSeries, rows: pl.DataFrame, gone: pl.DataFrame) -> None:
        """Make what was learned of a series the truth."""
        key = (about.series, about.provider)
        with self._lock:
            dropped = gone.join(rows, on=OBSERVATION_KEY, how="anti")
            kept = self.observations(about.provider, about.series).join(dropped, on=OBSERVATION_KEY, how="anti")
            fresh = rows.join(kept, on=[*OBSERVATION_KEY, "realtime_end", "value"], how="anti", nulls_equal=True)
            kept = kept.join(fresh, on=OBSERVATION_KEY, how="anti")
            self._vintages[key] = as_observations(pl.concat([kept, fresh]))
            self._about[key] = about
