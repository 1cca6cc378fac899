"""The `Universe` port in memory; a removed instrument keeps its id."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

from trend_platform.domain.instruments import Instrument


@dataclass(slots=True)
class MemoryUniverse:
    """The instruments a store knows."""

    _known: dict[str, Instrument] = field(default_factory=dict)
    _removed: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def instruments(self) -> tuple[Instrument, ...]:
        """Return all of them, by symbol."""
        with self._lock:
            return tuple(self._known[symbol] for symbol in sorted(self._known.keys() - self._removed))

    def known(self) -> dict[int, Instrument]:
        """Return all by id, removed ones included."""
        with self._lock:
            return {one.instrument_id: one for one in self._known.values()}

    def add(self, instruments: Sequence[Instrument]) -> tuple[Instrument, ...]:
        """Store instruments by symbol and return them with their ids, in the order given."""
        with self._lock:
            for one in instruments:
                known = self._known.get(one.symbol)
                instrument_id = known.instrument_id if known else len(self._known) + 1
                self._known[one.symbol] = replace(one, instrument_id=instrument_id)
                self._removed.discard(one.symbol)
            return tuple(self._known[one.symbol] for one in instruments)

    def remove(self, symbols: Sequence[str]) -> int:
        """Take instruments out of the universe; return how many were in it."""
        with self._lock:
            present = (self._known.keys() - self._removed) & set(symbols)
            self._removed |= present
        return len(present)
