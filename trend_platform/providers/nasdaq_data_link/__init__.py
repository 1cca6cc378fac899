"""Nasdaq Data Link, once Quandl: daily candles of datasets and tables that a user names."""
