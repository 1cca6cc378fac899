"""CryptoCompare, named CoinDesk Data since 2025: candles and latest prices of coins, for paying customers."""
