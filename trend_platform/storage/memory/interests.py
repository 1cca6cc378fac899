"""The `Interests` port in memory: lists of instrument ids, shown with what the universe says of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from trend_platform.domain.instruments import Instrument
from trend_platform.storage.changes import check_known
from trend_platform.storage.memory.universe import MemoryUniverse
from trend_platform.storage.realtime import Holding


@dataclass(slots=True)
class MemoryInterests:
    """What people look at.

    Attributes:
        universe: The instruments the lists are made of.
    """

    universe: MemoryUniverse
    _watchlists: dict[str, tuple[int, ...]] = field(default_factory=dict)
    _portfolios: dict[str, dict[int, Holding]] = field(default_factory=dict)
    _overview: tuple[int, ...] = ()
    _lock: Lock = field(default_factory=Lock)

    def active(self) -> tuple[Instrument, ...]:
        """Return the union of all lists without instruments that left the universe, by symbol."""
        with self._lock:
            wanted = {*self._overview}.union(*self._watchlists.values(), *self._portfolios.values())
        return tuple(one for one in self.universe.instruments() if one.instrument_id in wanted)

    def watchlists(self) -> Mapping[str, tuple[Instrument, ...]]:
        """Return all watchlists by name, each in the order it was filled."""
        with self._lock:
            return {name: self._shown(ids) for name, ids in sorted(self._watchlists.items())}

    def watch(self, name: str, instruments: Sequence[Instrument]) -> int:
        """Append instruments to a watchlist, which is made if need be; return how many were new to it.

        Raises:
            UsageError: The store does not know an instrument.
        """
        with self._lock:
            before = self._watchlists.get(name, ())
            after = self._appended(before, instruments)
            if after:
                self._watchlists[name] = after
        return len(after) - len(before)

    def unwatch(self, name: str, symbols: Sequence[str] = ()) -> int:
        """Take symbols off a watchlist, all of them if none is named; return how many went."""
        with self._lock:
            before = self._watchlists.pop(name, ())
            after = self._left(before, symbols)
            if after:
                self._watchlists[name] = after
        return len(before) - len(after)

    def portfolios(self) -> Mapping[str, tuple[Holding, ...]]:
        """Return all portfolios by name, holdings by symbol."""
        with self._lock:
            known = self.universe.known()
            return {
                name: tuple(
                    sorted(
                        (Holding(known[one], held.quantity, held.cost) for one, held in holdings.items()),
                        key=lambda held: held.instrument.symbol,
                    )
                )
                for name, holdings in sorted(self._portfolios.items())
            }

    def hold(self, name: str, holdings: Sequence[Holding]) -> None:
        """Put holdings into a portfolio, which is made if need be; one of the same instrument is replaced.

        Raises:
            UsageError: The store does not know an instrument.
        """
        with self._lock:
            check_known([held.instrument for held in holdings], self.universe.known())
            if holdings:
                given = {held.instrument.instrument_id: held for held in holdings}
                self._portfolios[name] = self._portfolios.get(name, {}) | given

    def release(self, name: str, symbols: Sequence[str] = ()) -> int:
        """Take symbols out of a portfolio, all of them if none is named; return how many went."""
        with self._lock:
            before = self._portfolios.pop(name, {})
            after = {one: before[one] for one in self._left(before, symbols)}
            if after:
                self._portfolios[name] = after
        return len(before) - len(after)

    def overview(self) -> tuple[Instrument, ...]:
        """Return the market overview list in the order it was filled."""
        with self._lock:
            return self._shown(self._overview)

    def show(self, instruments: Sequence[Instrument]) -> int:
        """Append instruments to the overview; return how many were new to it.

        Raises:
            UsageError: The store does not know an instrument.
        """
        with self._lock:
            before = self._overview
            self._overview = self._appended(before, instruments)
            return len(self._overview) - len(before)

    def hide(self, symbols: Sequence[str] = ()) -> int:
        """Take symbols off the overview, all of them if none is named; return how many went."""
        with self._lock:
            before = self._overview
            self._overview = self._left(before, symbols)
            return len(before) - len(self._overview)

    def _appended(self, before: tuple[int, ...], instruments: Sequence[Instrument]) -> tuple[int, ...]:
        check_known(instruments, self.universe.known())
        return tuple(dict.fromkeys((*before, *(one.instrument_id for one in instruments))))

    def _left(self, before: Iterable[int], symbols: Sequence[str]) -> tuple[int, ...]:
        known = self.universe.known()
        return tuple(one for one in before if symbols and known[one].symbol not in symbols)

    def _shown(self, ids: Iterable[int]) -> tuple[Instrument, ...]:
        known = self.universe.known()
        return tuple(known[one] for one in ids)
