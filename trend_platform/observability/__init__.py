"""How the platform tells people about itself: messages to the channels they read. What is worth telling is decided in `ingest`."""
