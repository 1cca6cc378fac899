"""Coinbase's products. Their ids are the canonical symbols themselves, `BTC-USD`, so there is nothing to translate."""

from trend_platform.domain.instruments import Instrument
from trend_platform.providers.spelling import pair_of


def product_of(instrument: Instrument) -> str | None:
    """Return the id of the product with that pair, `None` for anything that is no pair of crypto."""
    return None if pair_of(instrument) is None else instrument.symbol
