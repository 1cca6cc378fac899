"""Claims of speed, each measured beside its limit or its peer; `make bench` runs them all."""
