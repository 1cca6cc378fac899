"""Whether Polygon's markets trade, and when they will not: `/v1/marketstatus/now` and `/v1/marketstatus/upcoming`.

Now: `{"market": "open|extended-hours|closed", "serverTime", "exchanges": {...}, "currencies": {"crypto", "fx"}}`. Upcoming: a
bare array of `{exchange, name, date, status, open, close}`; a day that is closed has neither `open` nor `close`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType

from trend_platform.domain.instruments import AssetClass
from trend_platform.errors import Malformed
from trend_platform.providers.http import HttpClient
from trend_platform.providers.polygon.classing import NAME
from trend_platform.providers.reference import MarketPhase, MarketStatus, SpecialDay, SpecialDays
from trend_platform.providers.traffic import counting

_PHASES = MappingProxyType(
    {"open": MarketPhase.OPEN, "extended-hours": MarketPhase.EXTENDED, "closed": MarketPhase.CLOSED}
)


async def fetch_status(client: HttpClient) -> MarketStatus:
    """Fetch which markets trade now.

    Raises:
        ProviderError: The call failed for good.
    """
    answer = await client.get("/v1/marketstatus/now")
    with counting(answer.calls):
        status = read_status(answer.document)
    return MarketStatus(status.told_at, status.phases, answer.calls)


async def fetch_special_days(client: HttpClient) -> SpecialDays:
    """Fetch the holidays and half days that lie ahead.

    Raises:
        ProviderError: The call failed for good.
    """
    answer = await client.get("/v1/marketstatus/upcoming")
    with counting(answer.calls):
        return SpecialDays(read_special_days(answer.document), answer.calls)


def read_status(document: object) -> MarketStatus:
    """Return what an answer says of the markets.

    Raises:
        Malformed: It says nothing, or in words that are not known.
    """
    if not isinstance(document, Mapping) or "market" not in document:
        raise Malformed(NAME, "the answer tells no market: expected an object with `market` and `serverTime`")
    pairs = document.get("currencies")
    pairs = pairs if isinstance(pairs, Mapping) else {}
    told = dict.fromkeys((AssetClass.STOCK, AssetClass.ETF), document["market"])
    told |= {
        kind: pairs[name] for kind, name in ((AssetClass.CRYPTO, "crypto"), (AssetClass.FOREX, "fx")) if name in pairs
    }
    unknown = sorted({str(phase) for phase in told.values()} - _PHASES.keys())
    if unknown:
        raise Malformed(NAME, f"a market is said to be {unknown[0]!r}; known are {', '.join(_PHASES)}")
    return MarketStatus(
        _instant(document.get("serverTime")), {kind: _PHASES[str(phase)] for kind, phase in told.items()}
    )


def read_special_days(document: object) -> tuple[SpecialDay, ...]:
    """Return the special days an answer tells, sorted by day and venue.

    Raises:
        Malformed: It is no list of them.
    """
    if not isinstance(document, list):
        raise Malformed(NAME, "the answer tells no special days: expected a list")
    days = [_special_day(row) for row in document]
    return tuple(sorted(days, key=lambda one: (one.day, one.venue)))


def _special_day(row: object) -> SpecialDay:
    if not isinstance(row, Mapping) or not {"exchange", "date", "status"} <= row.keys():
        raise Malformed(NAME, "a special day has no exchange, date or status")
    try:
        day = date.fromisoformat(str(row["date"]))
    except ValueError:
        raise Malformed(NAME, f"a special day is dated {str(row['date'])[:20]!r}") from None
    hours = (None, None) if row["status"] == "closed" else (_instant(row.get("open")), _instant(row.get("close")))
    return SpecialDay(str(row["exchange"]), day, str(row.get("name", "")), *hours)


def _instant(text: object) -> datetime:
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise Malformed(NAME, f"{str(text)[:40]!r} is no time with its zone")
    return instant
