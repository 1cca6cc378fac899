"""The simulated provider: a market made from a seed, answering real bytes over an in-process transport."""
