"""X: posts by search. Each one that is read costs money."""
