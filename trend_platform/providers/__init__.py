"""Outside sources of prices: the port, what every provider shares, and one file or folder per provider."""
