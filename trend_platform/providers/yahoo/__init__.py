"""Yahoo Finance, unofficial and without a key: charts with their splits, and the latest prices of many symbols."""
