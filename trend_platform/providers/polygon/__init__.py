"""Polygon.io, named Massive since October 2025: aggregates, grouped daily and splits."""
