"""Which coin a symbol means. Ticker symbols are not unique here, so the well-known ones are pinned and the rest looked up.

Of several coins with one symbol somebody has to choose, and is told the candidates, the largest first: the largest of today
need not be the one of tomorrow, and two coins must never make one series.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.symbols import FIAT
from trend_platform.errors import Malformed, NothingThere, ProviderError
from trend_platform.providers import spelling
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
# As many as one page of markets holds, and one address.
_RANKED = 250


def pair_of(instrument: Instrument) -> tuple[str, str] | None:
    """Return base and quote of a pair CoinGecko can price, such as `("BTC", "USD")`; `None` for anything else."""
    pair = spelling.pair_of(instrument)
    return pair if pair is not None and pair[1] in _QUOTES else None


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
        self._unclear = dict[str, str]()

    def known(self, base: str) -> str | None:
        """Return the id of a coin that needs no look-up."""
        return self._known.get(base)

    async def find(self, base: str) -> tuple[str, int]:
        """Return the id of a coin, and the calls that finding it took.

        Raises:
            NothingThere: No coin has that symbol.
            Malformed: Several coins have it, or an answer cannot be read.
        """
        known = self._known.get(base)
        if known is not None:
            return known, 0
        listed, calls = await self._list()
        ids = listed.get(base.lower(), ())
        if not ids:
            raise _counted(NothingThere(NAME, f"no coin has the symbol {base}"), calls)
        if len(ids) > 1:
            with counting(calls):
                raise await self._unclear_symbol(base, ids)
        self._known[base] = ids[0]
        return ids[0], calls

    async def unique(self) -> tuple[Mapping[str, str], int, int]:
        """Return the id of each symbol that names one coin, how many coins have none of their own, and the calls it took.

        Raises:
            ProviderError: The list did not come.
        """
        listed, calls = await self._list()
        told = {symbol.upper(): ids[0] for symbol, ids in listed.items() if len(ids) == 1}
        every = {coin for ids in listed.values() for coin in ids}
        chosen = {symbol: coin for symbol, coin in self._known.items() if coin in every}
        found = {**told, **chosen}
        return found, len(every) - len(set(found.values())), calls

    async def find_all(self, bases: Iterable[str]) -> Found:
        """Return the ids of several coins, and why there are none of the others; the list is asked for once at most, and one ranking for each unclear symbol."""
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
                calls += error.calls
        return Found(ids, errors, calls)

    async def _unclear_symbol(self, base: str, ids: Sequence[str]) -> ProviderError:
        # Ranked once: asking again each minute would cost a call each.
        calls = 0
        if base not in self._unclear:
            params: dict[str, str | int] = {"vs_currency": "usd", "ids": ",".join(ids[:_RANKED]), "per_page": _RANKED}
            answer = await self._client.get("/coins/markets", params)
            calls = answer.calls
            with counting(calls):
                valued = [coin for coin in read_markets(answer.document) if coin in ids]
            self._unclear[base] = _candidates(base, [*valued, *(coin for coin in ids if coin not in valued)])
        return _counted(Malformed(NAME, self._unclear[base]), calls)

    async def _list(self) -> tuple[Mapping[str, tuple[str, ...]], int]:
        if self._listed is not None:
            return self._listed, 0
        answer = await self._client.get("/coins/list")
        with counting(answer.calls):
            self._listed = read_list(answer.document)
        return self._listed, answer.calls


def read_list(document: object) -> Mapping[str, tuple[str, ...]]:
    """Return the ids of a `/coins/list` answer by their lower-case symbol.

    Raises:
        Malformed: The document is no list of coins.
    """
    if not isinstance(document, list):
        raise Malformed(NAME, "the list of coins is no list")
    found: dict[str, tuple[str, ...]] = {}
    for coin in document:
        if isinstance(coin, dict) and coin.get("id") and coin.get("symbol"):
            symbol = str(coin["symbol"]).lower()
            found[symbol] = (*found.get(symbol, ()), str(coin["id"]))
    return found


def read_markets(document: object) -> list[str]:
    """Return the ids of the coins in a `/coins/markets` answer that have a market value, the largest first.

    Raises:
        Malformed: The document holds no markets.
    """
    if not isinstance(document, list) or not all(isinstance(row, dict) and "market_cap" in row for row in document):
        raise Malformed(NAME, "the answer holds no markets: expected a list of objects with an `id` and a `market_cap`")
    values = {str(row.get("id")): row["market_cap"] for row in document}
    valued = {coin: value for coin, value in values.items() if isinstance(value, (int, float)) and value > 0}
    return sorted(valued, key=lambda coin: -valued[coin])


def _counted(error: ProviderError, calls: int) -> ProviderError:
    error.calls = calls
    return error


def _candidates(base: str, ids: Sequence[str]) -> str:
    some = ", ".join(ids[:_SHOWN]) + (", ..." if len(ids) > _SHOWN else "")
    return (
        f"{len(ids)} coins have the symbol {base} (the largest first: {some}): "
        f'choose one in providers.coingecko.ids, {base} = "..."'
    )
