"""Which instruments a text is about, from how it names them: `$AAPL`, `(NASDAQ: AAPL)`, the name of a company or a coin.

A bare word is no mention: half of all tickers are words (`IT`, `ALL`, `ON`). Better a story without a tag than with a wrong one.
"""

import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from trend_platform.domain.instruments import AssetClass, Instrument

# What people call the instruments of the default universe, for those that were added without a name.
KNOWN_AS: Final = MappingProxyType(
    {
        "AAPL": ("Apple",),
        "GOOGL": ("Alphabet", "Google"),
        "MSFT": ("Microsoft",),
        "AMZN": ("Amazon",),
        "TSLA": ("Tesla",),
        "NVDA": ("Nvidia", "NVIDIA"),
        "META": ("Meta Platforms", "Facebook"),
        "BTC-USD": ("Bitcoin", "bitcoin"),
        "ETH-USD": ("Ethereum", "ethereum"),
    }
)

_CASHTAG: Final = re.compile(r"(?<![\w$])\$([A-Z]{1,6}(?:\.[A-Z]{1,2})?)(?![\w.]*\w)")
_LISTED: Final = re.compile(
    r"\((?:NASDAQ|Nasdaq|NasdaqGS|NYSE|NYSEARCA|NYSE Arca|NYSE American|AMEX|CBOE)\s*:\s*([A-Z]{1,6}(?:\.[A-Z]{1,2})?)\)"
)
_LEGAL_FORM: Final = re.compile(
    r",?\s+(?:Incorporated|Inc|Corporation|Corp|Company|Co|Limited|Ltd|PLC|plc|N\.?V|S\.?A|SE|AG|Holdings?|Group)\.?$"
)
_SHORTEST_NAME: Final = 4


class Mentions:
    """Finds mentions of some instruments in texts.

    Args:
        instruments: Those that can be found; others are not.
    """

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        self._by_ticker: dict[str, str] = {}
        self._by_name: dict[str, str] = {}
        for one in instruments:
            base = one.symbol.partition("-")[0] if one.asset_class is AssetClass.CRYPTO else one.symbol
            self._by_ticker.setdefault(base, one.symbol)
            for name in (short_name(one.name), *KNOWN_AS.get(one.symbol, ())):
                if len(name) >= _SHORTEST_NAME:
                    self._by_name.setdefault(name, one.symbol)
        # The longest name wins where one begins with another.
        names = "|".join(map(re.escape, sorted(self._by_name, key=len, reverse=True)))
        self._names = re.compile(rf"(?<!\w)(?:{names})(?!\w)") if names else None

    def in_text(self, text: str) -> list[str]:
        """Return the canonical symbols a text mentions, in alphabetical order."""
        tickers = [found for each in (_CASHTAG, _LISTED) for found in each.findall(text)]
        found = {self._by_ticker[ticker] for ticker in tickers if ticker in self._by_ticker}
        if self._names is not None:
            found |= {self._by_name[name] for name in self._names.findall(text)}
        return sorted(found)


def short_name(name: str) -> str:
    """Return a company's name without its legal form: `Apple Inc.` becomes `Apple`."""
    bare = name.strip()
    while (shorter := _LEGAL_FORM.sub("", bare)) != bare:
        bare = shorter
    return bare
