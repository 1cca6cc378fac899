"""Gaps in Dagster: the daily look for what is missing, the proof of the ledger, and repairs within a budget."""
