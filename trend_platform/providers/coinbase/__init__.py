"""Coinbase Exchange: candles and last trades of its own market in crypto, without a key."""
