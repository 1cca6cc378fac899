"""What was asked, for providers that serve histories by symbol: the one instrument of a request, or why it is refused."""

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UsageError
from trend_platform.providers.base import CandleRequest, Capabilities, Route


def one_asked(provider: str, capabilities: Capabilities, request: CandleRequest) -> Instrument:
    """Return the one instrument a request names.

    Raises:
        UsageError: The request is not one that `capabilities` allows.
    """
    check_by_symbol(provider, capabilities, request)
    if len(request.instruments) != 1:
        raise UsageError(f"{provider} serves one instrument a request, asked were {len(request.instruments)}")
    return request.instruments[0]


def check_by_symbol(provider: str, capabilities: Capabilities, request: CandleRequest) -> None:
    """Check that a request asks for the history of instruments, in candles of a length there is.

    Raises:
        UsageError: It does not.
    """
    if request.timeframe not in capabilities.timeframes or request.route is not Route.BY_SYMBOL:
        served = ", ".join(each for each in Timeframe if each in capabilities.timeframes)
        raise UsageError(
            f"{provider} serves {served} candles by symbol, asked were {request.timeframe} ones {request.route}"
        )
