"""FRED: economic series with every value that was ever published; without a key, the values of today."""
