"""How runs of the minute and hourly lanes reach a process that has everything loaded already."""
