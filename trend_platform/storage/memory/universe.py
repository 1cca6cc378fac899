"""The `Universe` port in memory; a removed instrument keeps its id."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.symbols import cannot_rename


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

    def rename(self, symbol: str, to: str) -> Instrument:
        """Give an instrument another symbol; one that holds it and is no longer in the universe gets the old one.

        Raises:
            UsageError: `symbol` is not in the universe, or `to` is.
        """
        with self._lock:
            present = self._known.keys() - self._removed
            if symbol not in present or to in present:
                raise cannot_rename(symbol, to, is_known=symbol in present)
            mine, other = self._known.pop(symbol), self._known.pop(to, None)
            self._removed.discard(to)
            self._known[to] = replace(mine, symbol=to)
            if other is not None:
                self._known[symbol] = replace(other, symbol=symbol)
                self._removed.add(symbol)
            return self._known[to]

    def remove(self, symbols: Sequence[str]) -> int:
        """Take instruments out of the universe; return how many were in it."""
        with self._lock:
            present = (self._known.keys() - self._removed) & set(symbols)
            self._removed |= present
        return len(present)
