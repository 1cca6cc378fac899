"""Stocktwits: posts by symbol, some of them marked bullish or bearish by their authors; no key."""
