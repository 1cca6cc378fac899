"""Financial Modeling Prep, its stable API: daily candles, splits and latest prices."""
