"""CoinGecko: daily candles of crypto, added up from hourly points, or the provider's own on a paid plan."""
