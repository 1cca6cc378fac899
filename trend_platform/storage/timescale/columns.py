"""Columns that many tables of the market have; a call makes a new one. The tables are in `tables`."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Double, ForeignKey, Integer, Text


def code(name: str, *, primary_key: bool = False) -> Column[str]:
    """Return a column for short words out of a small set, compared byte by byte: no locale has a say in a key."""
    return Column(name, Text(collation="C"), nullable=False, primary_key=primary_key)


def instant(name: str, *, nullable: bool = False) -> Column[datetime]:
    """Return a column for an instant."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def instrument(*, primary_key: bool = False) -> Column[int]:
    """Return the column `instrument_id` that refers to the table `instruments`."""
    return Column(
        "instrument_id", Integer, ForeignKey("instruments.instrument_id"), primary_key=primary_key, nullable=False
    )


def candle_values() -> list[Column[Any]]:
    """Return the columns of what a candle says, and who said it when."""
    return [
        Column("open", Double, nullable=False),
        Column("high", Double, nullable=False),
        Column("low", Double, nullable=False),
        Column("close", Double, nullable=False),
        Column("volume", Double),
        Column("vwap", Double),
        Column("trade_count", BigInteger),
        code("provider"),
        code("basis"),
        Column("is_final", Boolean, nullable=False),
        instant("fetched_at"),
    ]
