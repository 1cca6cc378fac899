"""Binance's spot market, without a key: candles and latest prices of pairs of coins."""
