"""Bitfinex: candles and tickers of its own market in crypto, without a key."""
