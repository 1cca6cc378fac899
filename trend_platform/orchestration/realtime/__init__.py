"""The code location `realtime`: light, so that it starts fast and restarts alone."""
