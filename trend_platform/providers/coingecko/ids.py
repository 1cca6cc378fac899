"""Which coin a symbol means. Ticker symbols are not unique here, so the well-known ones are pinned and the rest looked up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.symbols import FIAT
from trend_platform.errors import Malformed, NothingThere, ProviderError
from trend_platform.providers.coingecko.classing import NAME
from trend_platform.providers.http import HttpClient
from trend_platform.providers.traffic import counting

PINNED = MappingProxyType(
    {
        "BTC": "bitcoin",
        "ETH": "ethereum",
        "USDT": "tether",
        "USDC": "usd-coin",
        "BNB": "binancecoin",
        "SOL": "solana",
        "XRP": "ripple",
        "ADA": "cardano",
        "DOGE": "dogecoin",
        "TRX": "tron",
        "AVAX": "avalanche-2",
        "DOT": "polkadot",
        "LINK": "chainlink",
        "POL": "polygon-ecosystem-token",
        "LTC": "litecoin",
        "BCH": "bitcoin-cash",
        "XLM": "stellar",
        "XMR": "monero",
        "ETC": "ethereum-classic",
        "ATOM": "cosmos",
        "UNI": "uniswap",
        "AAVE": "aave",
        "NEAR": "near",
        "ALGO": "algorand",
        "FIL": "filecoin",
        "DAI": "dai",
        "SHIB": "shiba-inu",
        "TON": "the-open-network",
        "SUI": "sui",
        "HBAR": "hedera-hashgraph",
    }
)
_QUOTES = frozenset({*FIAT, "BTC", "ETH"})
_SHOWN = 5


def pair_of(instrument: Instrument) -> tuple[str, str] | None:
    """Return base and quote of a pair CoinGecko can price, such as `("BTC", "USD")`; `None` for anything else."""
    base, dash, quote = instrument.symbol.partition("-")
    is_priced = instrument.asset_class is AssetClass.CRYPTO and dash and quote in _QUOTES
    return (base, quote) if is_priced else None


@dataclass(frozen=True, slots=True)
class Found:
    """What came of looking for several coins.

    Attributes:
        ids: CoinGecko's ids by symbol.
        errors: Why there is none, by symbol.
        calls: Calls that were made.
    """

    ids: Mapping[str, str]
    errors: Mapping[str, ProviderError]
    calls: int


class CoinIds:
    """Finds the id of a coin: the user's own choice, the pinned ones, then the list of all coins, fetched once.

    Args:
        client: Asked for the list of all coins.
        chosen: Ids by symbol, as the user set them.
    """

    def __init__(self, client: HttpClient, chosen: Mapping[str, str]) -> None:
        self._client = client
        self._known = {**PINNED, **{symbol.upper(): coin for symbol, coin in chosen.items()}}
        self._listed: Mapping[str, tuple[str, ...]] | None = None

    def known(self, base: str) -> str | None:
        """Return the id of a coin that needs no look-up."""
        return self._known.get(base)

    async def find(self, base: str) -> tuple[str, int]:
        """Return the id of a coin, and the calls that finding it took.

        Raises:
            NothingThere: No coin has that symbol.
            Malformed: Several coins have it, or the list cannot be read.
        """
        known = self._known.get(base)
        if known is not None:
            return known, 0
        listed, calls = await self._list()
        ids = listed.get(base.lower(), ())
        if len(ids) == 1:
            self._known[base] = ids[0]
            return ids[0], calls
        error = _none(base) if not ids else _many(base, ids)
        error.calls = calls
        raise error

    async def find_all(self, bases: Iterable[str]) -> Found:
        """Return the ids of several coins, and why there are none of the others; the list is asked for once at most."""
        wanted = dict.fromkeys(bases)
        calls = 0
        if not self._known.keys() >= wanted.keys():
            try:
                _, calls = await self._list()
            except ProviderError as error:
                known = {base: self._known[base] for base in wanted if base in self._known}
                return Found(known, {base: error for base in wanted if base not in known}, error.calls)
        ids, errors = dict[str, str](), dict[str, ProviderError]()
        for base in wanted:
            try:
                ids[base], _ = await self.find(base)
            except ProviderError as error:
                errors[base] = error
        return Found(ids, errors, calls)

    async def _list(self) -> tuple[Mapping[str, tuple[str, ...]], int]:
        if self._listed is not None:
            return self._listed, 0
        answer = await self._client.get("/coins/list")
        with counting(answer.calls):
            self._listed = _by_symbol(answer.document)
        return self._listed, answer.calls


def _by_symbol(document: object) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(document, list):
        raise Malformed(NAME, "the list of coins is no list")
    found: dict[str, tuple[str, ...]] = {}
    for coin in document:
        if isinstance(coin, dict) and coin.get("id") and coin.get("symbol"):
            symbol = str(coin["symbol"]).lower()
            found[symbol] = (*found.get(symbol, ()), str(coin["id"]))
    return found


def _none(base: str) -> NothingThere:
    return NothingThere(NAME, f"no coin has the symbol {base}")


def _many(base: str, ids: tuple[str, ...]) -> Malformed:
    some = ", ".join(ids[:_SHOWN]) + (", ..." if len(ids) > _SHOWN else "")
    return Malformed(
        NAME, f'{len(ids)} coins have the symbol {base} ({some}): choose one in providers.coingecko.ids, {base} = "..."'
    )
