"""Candles within a day: the asset `intraday_candles`, by day and timeframe, its check, its job and its sensor."""
