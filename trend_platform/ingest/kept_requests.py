"""What providers were asked for, kept beside their answers, so that the answers can be read again as answers to that.

Plain values and back; nothing is kept where answers are not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.base import Answer, CandleRequest, Provider, Route, SplitAnswer

_SPLITS = "splits"


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """One request as it was made.

    Attributes:
        provider: Who was asked.
        route: By symbol or by session; `None` where splits were asked for.
        symbols: Whose candles or splits.
        timeframe: The length of the candles.
        interval: Candles stamped, or splits of sessions, inside it.
        asked_at: When it was asked.
        at: When the answer was complete.
    """

    provider: str
    route: Route | None
    symbols: tuple[str, ...]
    timeframe: Timeframe
    interval: Interval
    asked_at: datetime
    at: datetime


async def candles_of(workshop: Workshop, provider: Provider, request: CandleRequest) -> Answer:
    """Ask for candles, and keep what was asked where answers are kept.

    Raises:
        ProviderError: Nothing usable came.
    """
    asked_at = workshop.clock.now()
    try:
        return await provider.candles(request)
    finally:
        symbols = tuple(one.symbol for one in request.instruments)
        at, timeframe = workshop.clock.now(), request.timeframe
        _keep(workshop, KeptRequest(provider.name, request.route, symbols, timeframe, request.interval, asked_at, at))


async def splits_of(
    workshop: Workshop, provider: Provider, instruments: Sequence[Instrument], interval: Interval
) -> SplitAnswer:
    """Ask for splits, and keep what was asked where answers are kept.

    Raises:
        ProviderError: Nothing usable came.
    """
    asked_at = workshop.clock.now()
    try:
        return await provider.splits(instruments, interval)
    finally:
        symbols, at = tuple(one.symbol for one in instruments), workshop.clock.now()
        _keep(workshop, KeptRequest(provider.name, None, symbols, Timeframe.D1, interval, asked_at, at))


def request_of(entry: Mapping[str, object]) -> KeptRequest:
    """Return what the archive kept of a request.

    Raises:
        UsageError: The archive is damaged there.
    """
    try:
        return KeptRequest(
            str(entry["provider"]),
            None if entry["route"] == _SPLITS else Route(str(entry["route"])),
            _texts(entry["symbols"]),
            Timeframe(str(entry["timeframe"])),
            Interval(_instant(entry["start"]), _instant(entry["end"])),
            _instant(entry["asked_at"]),
            _instant(entry["at"]),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise UsageError(f"the archive holds a request that cannot be read ({error}): {str(entry)[:120]}") from None


def _keep(workshop: Workshop, asked: KeptRequest) -> None:
    archive = workshop.shared.archive
    if archive is None:
        return
    told = {
        "provider": asked.provider,
        "route": _SPLITS if asked.route is None else asked.route.value,
        "symbols": list(asked.symbols),
        "timeframe": asked.timeframe.value,
        "start": asked.interval.start.isoformat(),
        "end": asked.interval.end.isoformat(),
        "asked_at": asked.asked_at.isoformat(),
    }
    # One line appended, not worth a thread.
    archive.keep_request(asked.at, told)


def _instant(value: object) -> datetime:
    return datetime.fromisoformat(str(value))


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise TypeError("symbols are no list")
    return tuple(str(one) for one in value)
