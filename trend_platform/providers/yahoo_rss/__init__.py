"""Headlines of Yahoo Finance as RSS, by symbol: no key, no promise."""
