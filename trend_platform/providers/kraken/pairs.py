"""How Kraken spells pairs, both ways. Requests take the short name, `XBTUSD`; answers use Kraken's own, `XXBTZUSD`.

Bitcoin is XBT and Dogecoin XDG. Assets of the first years have own names with an X (coins) or a Z (currencies) in front, and
the pairs of that time are made of those; later pairs are made of short names. That table is closed: `AssetPairs`, whose
`wsname` tells base and quote, was compared with it.
"""

from collections.abc import Iterable
from itertools import product
from types import MappingProxyType

from trend_platform.domain.instruments import Instrument
from trend_platform.errors import Malformed
from trend_platform.providers.kraken.classing import NAME
from trend_platform.providers.spelling import pair_of

_CODES = MappingProxyType({"BTC": "XBT", "DOGE": "XDG"})
_SYMBOLS = MappingProxyType({code: symbol for symbol, code in _CODES.items()})
_OLD_COINS = ("ETC", "ETH", "ICN", "LTC", "MLN", "NMC", "REP", "XBT", "XDG", "XLM", "XMR", "XRP", "XVN", "ZEC")
_OLD_CURRENCIES = ("AUD", "CAD", "EUR", "GBP", "JPY", "KRW", "USD")
_OLD_NAMES = MappingProxyType(
    {**{coin: f"X{coin}" for coin in _OLD_COINS}, **{currency: f"Z{currency}" for currency in _OLD_CURRENCIES}}
)


def short_name_of(instrument: Instrument) -> str | None:
    """Return how Kraken is asked for a pair: `XBTUSD` for `BTC-USD`; `None` for anything that is no pair of crypto."""
    codes = _codes(instrument)
    return "".join(codes) if codes else None


def canonical_of(wsname: str) -> str | None:
    """Return the canonical symbol of a pair as `wsname` in `AssetPairs` tells it: `BTC-USD` for `XBT/USD`; `None` if it is none."""
    base, slash, quote = wsname.partition("/")
    return f"{_SYMBOLS.get(base, base)}-{_SYMBOLS.get(quote, quote)}" if slash and base and quote else None


def own_names(instrument: Instrument) -> frozenset[str]:
    """Return the names under which Kraken may answer for a pair: `XBTUSD` and `XXBTZUSD` and what lies between."""
    codes = _codes(instrument) or ()
    spellings = [{code, _OLD_NAMES.get(code, code)} for code in codes]
    return frozenset("".join(names) for names in product(*spellings)) if spellings else frozenset()


def by_own_name(names: Iterable[str], instruments: Iterable[Instrument]) -> dict[str, Instrument]:
    """Return the asked instruments by the names under which an answer tells them; those it does not tell are left out.

    Raises:
        Malformed: A name could be two of them, or one of them has two names; the message names both.
    """
    told, found = frozenset(names), dict[str, Instrument]()
    for one in instruments:
        mine = sorted(own_names(one) & told)
        if len(mine) > 1:
            raise Malformed(NAME, f"the answer tells {one.symbol} twice, as {' and '.join(mine)}")
        for name in mine:
            other = found.setdefault(name, one)
            if other.instrument_id != one.instrument_id:
                raise Malformed(
                    NAME, f"{name} in the answer could be {other.symbol} or {one.symbol}: ask for one of them"
                )
    return found


def _codes(instrument: Instrument) -> tuple[str, str] | None:
    pair = pair_of(instrument)
    # XBT and XDG are Kraken's own codes and no canonical symbols.
    if pair is None or set(pair) & _SYMBOLS.keys():
        return None
    base, quote = pair
    return _CODES.get(base, base), _CODES.get(quote, quote)
