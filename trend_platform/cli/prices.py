"""Which prices are kept here, real or simulated: never mixed, and simulated ones said loudly and in the same words everywhere."""

from trend_platform.cli.output import Output
from trend_platform.errors import UsageError
from trend_platform.settings import Mode
from trend_platform.storage.base import PriceKind

SIMULATED = (
    "SIMULATED PRICES: made up on this machine, no market's. "
    "For real ones set a key such as POLYGON_API_KEY, then run `trend up --mode live`."
)


def say_simulated(out: Output, kind: PriceKind) -> None:
    """Say that prices are simulated where they are; real ones need no word."""
    if kind is PriceKind.SIMULATED:
        out.say(SIMULATED, "bold magenta")


def price_kind(mode: Mode) -> PriceKind:
    """Return which prices are kept in a resolved mode."""
    return PriceKind.SIMULATED if mode is Mode.SIMULATED else PriceKind.REAL


def refuse_other_prices(provider: str | None, kind: PriceKind) -> None:
    """Refuse a provider whose prices do not belong to those kept here, before anything is asked.

    Raises:
        UsageError: A real provider is named where simulated prices are kept, or the reverse.
    """
    if provider is None or (provider == "simulated") == (kind is PriceKind.SIMULATED):
        return
    other = Mode.LIVE if kind is PriceKind.SIMULATED else Mode.SIMULATED
    raise UsageError(
        f"prices kept here are {kind.value} ones, and {provider!r} brings others, which have a database of their own: "
        f'set TREND_MODE={other.value} (or mode = "{other.value}" in trend_platform.toml) for this and later commands'
    )
