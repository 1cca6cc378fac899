"""Kraken: the newest 720 candles of each length and tickers of its own market in crypto, without a key."""
