"""The market in TimescaleDB, or in plain PostgreSQL tables where the extension is missing."""
