"""NewsAPI: articles of many publishers by search; a day late on the free plan."""
