"""Finnhub: latest prices of US shares and funds; daily candles where the plan has them."""
