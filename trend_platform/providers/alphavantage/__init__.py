"""Alpha Vantage: the last hundred days of shares, coins and currencies, at 25 calls a day."""
