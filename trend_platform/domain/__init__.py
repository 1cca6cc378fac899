"""Pure values and rules of the market: no socket, no clock, no environment, no storage."""
