"""Twelve Data: candles and quotes of US shares, currencies and crypto, for one credit a symbol."""
